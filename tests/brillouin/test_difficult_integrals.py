"""A fixed part of ``difficult_integrals.py``: features between the points of any grid, the true error inside the estimate."""

from __future__ import annotations

import numpy as np
import pytest
from difficult_integrals import difficult_cases


@pytest.mark.slow
def test_the_true_error_of_difficult_integrals_lies_within_the_estimate():
    for kind, result, known in difficult_cases(seed=5, rounds=2):
        known = np.broadcast_to(known, result.value.shape)
        has = ~np.isnan(known)
        assert (np.abs(result.value - known)[has] <= result.error[has]).all(), f"{kind}: {result}, known {known}"
        assert result.converged or kind == "at a van Hove energy", f"{kind}: {result}"
