"""How long closed forms take: all quantities, from a fresh model."""

from __future__ import annotations

import numpy as np
import pytest

from symcur import models, quantities
from symcur.closed_forms import derive


@pytest.mark.slow_for("haldane", "luttinger", "kane_mele")
@pytest.mark.parametrize("name", ["kane_mele", "haldane", "rashba", "luttinger"])
def test_all_quantities(benchmark, name: str) -> None:
    """Symbolic parameters, with the definitions as SymPy expressions; kane_mele is meant to stay below 5 s."""

    def derive_all(model) -> int:
        return sum(len(derive(model, quantity).compact) for quantity in quantities.names())

    components = benchmark.pedantic(derive_all, setup=lambda: ((models.get(name),), {}), rounds=1)
    assert components > len(quantities.names())


def test_fifty_digits(benchmark) -> None:
    form = derive(models.kane_mele(), "s_berry_curvature")
    assert len(benchmark(form.at, (0.3, 0.4), 1)) == 2


def test_vectorised_evaluation(benchmark) -> None:
    form = derive(models.kane_mele(), "s_berry_curvature")
    k = np.random.default_rng(0).uniform(-3, 3, (1000, 2))
    assert np.isfinite(benchmark(form, k)).all()
