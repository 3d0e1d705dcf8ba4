"""The list of quantities: names, indices in the paper's order, symbols, symmetries, and where each is defined."""

from __future__ import annotations

import re

import numpy as np
import pytest

from symcur import evaluate, models, quantities, settle
from symcur.expressions import Expression, Named, P, Trace, adjoint, s

DESIGN = {
    "energy": (),
    "velocity": ("i",),
    "s_expectation": (),
    "s_current": ("i",),
    "berry_curvature": ("i", "l"),
    "s_berry_curvature": ("l", "i"),
    "s_dipole": ("i",),
    "s_current_dipole": ("l", "i"),
    "torque_dipole": ("i",),
    "torque_berry_curvature": ("i",),
    "torque_metric": ("i",),
    "torque_polarizability": ("i", "l"),
    "torque_quadrupole": ("i", "l"),
    "orbital_moment": ("l", "i"),
    "dipole_gradient": ("i", "l"),
    "s_weighted_curvature": ("i", "l"),
    "drift_current": ("i",),
    "mixed_berry_curvature": ("i",),
    "mixed_metric": ("i",),
    "interband_torque_dipole": ("i",),
}
EVERY = quantities.names()


def test_the_list_holds_every_quantity_of_the_theory_with_its_indices():
    for name, indices in DESIGN.items():
        assert name in EVERY
        assert quantities.get(name).indices == indices
    assert len(set(EVERY)) == len(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_a_quantity_is_an_expression_with_a_symbol_a_unit_and_a_place(name):
    quantity = quantities.get(name)
    assert isinstance(quantity.expression(), Expression)
    assert quantity.name == name
    assert quantity.unit
    assert quantity.meaning
    assert set(quantity.where) <= {"A", "B", "C"}
    assert set(re.findall(r"<(\w)>", quantity.template)) == set(quantity.indices)
    assert quantities.get(quantity) is quantity
    assert quantity.operator == (name == "interband_torque_dipole")


@pytest.mark.parametrize("name", [name for name in EVERY if not quantities.get(name).operator])
def test_every_traced_quantity_is_real(name):
    expression = quantities.get(name).expression()
    assert settle(expression, adjoint(expression)).outcome == "proved"


@pytest.mark.parametrize(
    ("name", "sign"),
    [("berry_curvature", -1), ("s_weighted_curvature", -1), ("orbital_moment", -1), ("torque_quadrupole", 1)],
)
def test_symmetric_and_antisymmetric_tensors(name, sign):
    quantity = quantities.get(name)
    assert settle(quantity.expression("i", "l"), sign * quantity.expression("l", "i")).outcome == "proved"
    assert settle(quantity.expression("i", "l"), -sign * quantity.expression("l", "i")).outcome == "refuted"


@pytest.mark.parametrize("name", ["s_berry_curvature", "s_current_dipole", "torque_polarizability", "dipole_gradient"])
def test_tensors_without_symmetry(name):
    quantity = quantities.get(name)
    for sign in (1, -1):
        assert settle(quantity.expression("i", "l"), sign * quantity.expression("l", "i")).outcome == "refuted"


def test_components_run_through_all_axes_last_index_fastest():
    assert quantities.get("berry_curvature").components(2) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert quantities.get("s_dipole").components(3) == [(0,), (1,), (2,)]
    assert quantities.get("energy").components(3) == [()]


def test_symbols_carry_the_axes_in_the_papers_order():
    assert quantities.get("s_berry_curvature").symbol() == r"\Omega^{lis}"
    assert quantities.get("s_berry_curvature").symbol(0, 1) == r"\Omega^{xys}"
    assert quantities.get("dipole_gradient").symbol(0, 2) == r"\partial_{k_{z}} d^{xs}"
    named = quantities.get("s_dipole").named(1)
    assert isinstance(named, Named)
    assert (named.symbol, named.definition) == ("d^{ys}", quantities.get("s_dipole").expression(1))


def test_a_wrong_name_or_number_of_axes_is_refused():
    with pytest.raises(
        ValueError, match=r"quantity: expected one of energy, .*, got 's_dipol' \(did you mean s_dipole\?\)"
    ):
        quantities.get("s_dipol")
    with pytest.raises(ValueError, match=r"s_dipole: expected one axis for each of the indices i, got 2"):
        quantities.get("s_dipole").expression(0, 1)
    with pytest.raises(ValueError, match=r"energy: expected one axis for each of the indices \(none\), got 1"):
        quantities.get("energy").expression(0)


def test_a_quantity_of_ones_own_is_known_by_its_name():
    def fluctuation():
        return Trace(P * s * (1 - P) * s)

    mine = quantities.define("fluctuation", (), fluctuation, r"F", "s^2", "s^2 that leaves the band")
    try:
        assert quantities.get("fluctuation") is mine
        assert quantities.names()[-1] == "fluctuation"
        assert mine.symbol() == "F"
        assert settle(mine.expression(), adjoint(mine.expression())).outcome == "proved"
        model, k = models.rashba(), [0.3, 0.2]
        s_n = evaluate(model, "s_expectation", k)
        assert np.allclose(evaluate(model, "fluctuation", k), 1 / 4 - s_n**2)
        with pytest.raises(ValueError, match="quantity: expected a new name, got 'fluctuation', which is taken"):
            quantities.define("fluctuation", (), fluctuation, r"F", "s^2", "the same again")
    finally:
        quantities.remove("fluctuation")
    assert "fluctuation" not in quantities.names()
