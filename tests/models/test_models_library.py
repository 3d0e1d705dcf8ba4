"""The library as a whole: names, overrides, errors, and that s is conserved nowhere by default."""

from __future__ import annotations

import re

import numpy as np
import pytest

from symcur import models
from symcur.band_structures import Model


def test_names_are_sorted_and_each_is_a_function_of_the_package() -> None:
    assert models.names() == sorted(models.names())
    for name in models.names():
        assert models.get(name).name == name == getattr(models, name)().name


@pytest.mark.parametrize("name", models.names())
def test_every_model_says_where_it_comes_from_and_what_is_known(name: str) -> None:
    model = models.get(name)
    assert re.search(r"\((19|20)\d\d\)", model.reference), "the reference has a year"
    assert len(model.facts) > 40
    assert all(value is not None for value in model.parameters.values()), "library models run without further input"
    if not model.periodic:
        assert re.search(r"(un)?bounded below", model.facts), "a continuum model says whether its bands are bounded"


@pytest.mark.parametrize("name", models.names())
def test_s_is_not_conserved(name: str) -> None:
    model = models.get(name)
    H = model.matrix("H", np.full(model.dimension, 0.7))
    s = model.matrix("s", np.full(model.dimension, 0.7))
    assert np.abs(s @ H - H @ s).max() > 0.05


@pytest.mark.parametrize("name", [name for name in models.names() if not models.get(name).periodic])
def test_continuum_bands_are_bounded_below_where_the_model_says_so(name: str) -> None:
    model = models.get(name)
    direction = np.array([0.48, 0.6, 0.64])[: model.dimension]
    lowest = [np.linalg.eigvalsh(model.matrix("H", k * direction)).min() for k in (30.0, 60.0)]
    assert (lowest[1] > lowest[0] > 0) == ("unbounded below" not in model.facts)


@pytest.mark.parametrize("name", models.names())
def test_a_default_is_overridden_by_name_and_nothing_else_changes(name: str) -> None:
    model = models.get(name)
    for symbol, default in model.parameters.items():
        changed = models.get(name, **{symbol.name: default + 0.25})
        assert isinstance(changed, Model)
        assert changed.parameters == {**model.parameters, symbol: default + 0.25}
        assert (changed.H, changed.s, changed.lattice) == (model.H, model.s, model.lattice)


def test_errors_name_what_is_valid() -> None:
    with pytest.raises(
        ValueError,
        match=r"model: expected one of rashba, .*, haldane, kane_mele, .*got 'kanemele' \(did you mean kane_mele\?\)",
    ):
        models.get("kanemele")
    with pytest.raises(
        ValueError, match=r"parameters: expected some of lambda_R, lambda_SO.* of kane_mele, got lamda_R"
    ):
        models.kane_mele(lamda_R=0.1)
    with pytest.raises(ValueError, match=r"m: expected a positive number, as the symbol is declared, got -1"):
        models.rashba(m=-1)
    with pytest.raises(ValueError, match=r"u: expected a finite real number, got nan"):
        models.get("bilayer_graphene", u=float("nan"))
