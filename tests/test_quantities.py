"""The list of quantities: names, indices in the paper's order, symbols, symmetries, and where each is defined."""

from __future__ import annotations

import re

import pytest

from symcur import quantities, settle
from symcur.quantities import Quantity
from symcur.words import Named, Trace, Word, adjoint

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
def test_a_quantity_is_a_word_with_a_symbol_a_unit_and_a_place(name):
    quantity = quantities.get(name)
    assert isinstance(quantity.word(), Word)
    assert quantity.name == name
    assert quantity.unit
    assert quantity.meaning
    assert set(quantity.where) <= {"A", "B", "C"}
    assert set(re.findall(r"<(\w)>", quantity.template)) == set(quantity.indices)
    assert quantities.get(quantity) is quantity
    assert quantity.operator == (name == "interband_torque_dipole")


@pytest.mark.parametrize("name", [name for name in EVERY if not quantities.get(name).operator])
def test_every_traced_quantity_is_real(name):
    word = quantities.get(name).word()
    assert settle(word, adjoint(word)).outcome == "proved"


@pytest.mark.parametrize(
    ("name", "sign"),
    [("berry_curvature", -1), ("s_weighted_curvature", -1), ("orbital_moment", -1), ("torque_quadrupole", 1)],
)
def test_symmetric_and_antisymmetric_tensors(name, sign):
    quantity = quantities.get(name)
    assert settle(quantity.word("i", "l"), sign * quantity.word("l", "i")).outcome == "proved"
    assert settle(quantity.word("i", "l"), -sign * quantity.word("l", "i")).outcome == "refuted"


@pytest.mark.parametrize("name", ["s_berry_curvature", "s_current_dipole", "torque_polarizability", "dipole_gradient"])
def test_tensors_without_symmetry(name):
    quantity = quantities.get(name)
    for sign in (1, -1):
        assert settle(quantity.word("i", "l"), sign * quantity.word("l", "i")).outcome == "refuted"


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
    assert (named.symbol, named.definition) == ("d^{ys}", quantities.get("s_dipole").word(1))


def test_a_wrong_name_or_number_of_axes_is_refused():
    with pytest.raises(ValueError, match=r"quantity: 's_dipol' came \(did you mean s_dipole\?\); valid are energy"):
        quantities.get("s_dipol")
    with pytest.raises(ValueError, match=r"s_dipole: 2 axes came; it has the indices i"):
        quantities.get("s_dipole").word(0, 1)
    with pytest.raises(ValueError, match=r"energy: 1 axes came; it has the indices \(none\)"):
        quantities.get("energy").word(0)


def test_a_quantity_of_ones_own():
    from symcur.words import P, s

    mine = Quantity("fluctuation", (), lambda: Trace(P * s * (1 - P) * s), r"F", "s^2", "s^2 that leaves the band")
    assert mine.symbol() == "F"
    assert settle(mine.word(), adjoint(mine.word())).outcome == "proved"
