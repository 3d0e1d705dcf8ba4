"""What reads the programs of an integral moves it by rounding at most, and is chosen for the time of a check."""

import dataclasses

import numpy as np
import pytest

import symcur as sc
from symcur.claims import verification
from symcur.observables.engine import KERNELS


def test_an_integral_does_not_depend_on_what_reads_its_program():
    pytest.importorskip("heyoka")
    found = {}
    for backend in ("heyoka", "numpy"):
        before = KERNELS.set(backend)
        try:
            found[backend] = sc.conductivity(sc.models.kane_mele(), mu=1.3, temperature=0.1)
        finally:
            KERNELS.reset(before)
    for name in found["numpy"].parts:
        one, other = (result.parts[name].value for result in found.values())
        assert np.abs(one).max() > 1e-3
        assert np.abs(one - other).max() < 1e-12


def test_a_check_has_its_integrals_read_by_numpy_and_leaves_others_alone():
    def check():
        raise ValueError(f"read by {KERNELS.get()}")

    claim = dataclasses.replace(sc.claims.get("torque-metric"), equalities=(), recorded="confirmed", check=check)
    with pytest.raises(ValueError, match="read by numpy"):
        verification.verify(claim, check_models=False)
    assert KERNELS.get() == "auto"
