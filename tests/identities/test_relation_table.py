"""The ledger among all relations: every linear identity is found, and what it does not state is told."""

from __future__ import annotations

from functools import cache

import pytest
from flint import fmpq

import symcur as sc
from symcur import expressions as ex
from symcur.expressions import I, Im, J, P, Re, S, Trace, s, v
from symcur.identities import stated as stated_module
from symcur.identities.exact_rank import echelon
from symcur.identities.relation_table import integrals, tables, terms
from symcur.identities.stated import formal, stated
from symcur.identities.words import Kind

EQUALITIES = [
    pytest.param(equality, id=f"{claim.name}-{j}")
    for claim in sc.claims.CLAIMS
    for j, equality in enumerate(claim.equalities)
    if formal(equality.lhs - equality.rhs)
]
DIPOLES = Kind(("i",), ("s",), 0)
CURVATURES = Kind(("i", "l"), ("s",), 0)


@cache
def small_tables():
    return {table.kind: table for table in tables(longest=3)}


def notes(equalities):
    return [equality.note for equality in equalities]


@pytest.mark.parametrize("equality", EQUALITIES)
def test_every_equality_of_the_ledger_is_found_and_no_other(equality):
    """Among its words, multiplied out; its primitive is found again. What is denied or misprinted is not found."""
    numbers = {}
    for word, value in formal(equality.lhs - equality.rhs).items():
        for unit, number in ((ex.ONE, value.x), (I, value.y)):
            if number:
                numbers[unit * word] = fmpq(int(number.numerator), int(number.denominator))
    axes = tuple(dict.fromkeys(axis for axis, _ in equality.primitive))
    relations = sc.relations([], list(numbers), axes)
    rows = [row[: len(numbers)] for row in relations.coefficients]
    wanted = tuple(numbers[column] for column in relations.columns)
    found = len(echelon([*rows, wanted], range(len(wanted)))) == len(rows)
    assert found == (equality.role in ("claim", "corrected"))


def test_the_quantities_give_the_identities_of_the_paper():
    found = {name for table in (*small_tables().values(), *integrals()) for names in _names(table) for name in names}
    assert found >= {
        "torque-dipole",
        "torque-berry",
        "torque-metric",
        "torque-polarizability",
        "torque-quadrupole",
        "intrinsic-geometry",
        "vanishing-net-flow",
        "circulating-current",
        "insulator-hall",
        "conventional-decomposition",
        "occupation-current",
        "torque-current-not-moment",
        "current-not-circulating",
    }


def _names(table):
    return table.stated.by_claims.values()


def test_what_the_ledger_does_not_state_is_listed():
    known = small_tables()
    assert notes(known[Kind(("i", "l"), (), 0)].stated.new) == ["Omega^{li} = -Omega^{il}"]
    new = notes(known[CURVATURES].stated.new)
    assert new == ["d_i(G^{l tau}) = -2 Omega^{il}s + 2 Omegabar^{ils} + d_l(d^{is})", "W^{lis} = -W^{ils}"]
    assert all(sc.settle(text).outcome == "proved" for text in new)
    assert "m^{li}s = -m^{il}s" in notes(known[CURVATURES.lower(-1)].stated.new)
    assert known[DIPOLES].stated.new == ()


def test_stated_and_new_relations_are_all_there_are():
    for table in small_tables().values():
        found = table.stated
        count = len(found.by_definition) + len(found.by_claims) + len(found.new)
        assert count == len(table.quantities.relations)
        assert table.quantities.certificate
        assert table.words.certificate


def test_every_relation_of_the_quantities_is_proved_as_it_is_typed():
    for table in small_tables().values():
        for equality in table.quantities.relations:
            assert sc.settle(equality.note).outcome == "proved", equality.note


def test_words_are_expressed_by_quantities():
    found = notes(small_tables()[DIPOLES].words.relations)
    assert "Re Tr[P v_i S s] = 1/2 Omega^{i tau}" in found
    assert "Im Tr[P v_i S^2 tau] = -1/2 Omega^{i tau}" in found


def test_a_row_that_is_left_out_of_the_ledger_is_no_longer_stated(monkeypatch):
    relations = sc.relations([], terms(DIPOLES))
    assert notes(stated(relations).by_claims) == ["d_i(s) = Omega^{i tau}", "G^{i tau} = d^{is}"]
    without = [claim for claim in sc.claims.CLAIMS if claim.name != "torque-metric"]
    monkeypatch.setattr(stated_module, "CLAIMS", without)
    found = stated(relations)
    assert notes(found.by_claims) == ["d_i(s) = Omega^{i tau}"]
    assert notes(found.new) == ["G^{i tau} = d^{is}"]
    assert "1 not stated\n  G^{i tau} = d^{is}" in str(found)


def test_an_equality_that_does_not_hold_states_nothing(monkeypatch):
    relations = sc.relations([], terms(DIPOLES))
    wrong = sc.claims.Equality(*(ex.Trace(P * x) for x in (s, s)))
    claim = sc.claims.Claim("wrong", {}, "", equalities=(wrong, _metric(-1)))
    monkeypatch.setattr(stated_module, "CLAIMS", [claim])
    assert stated(relations).by_claims == {}
    monkeypatch.setattr(stated_module, "CLAIMS", [sc.claims.Claim("right", {}, "", equalities=(_metric(1),))])
    assert list(stated(relations).by_claims.values()) == [("right",)]


def _metric(sign):
    metric = sc.quantities.get("torque_metric").expression("l")
    return sc.claims.Equality(metric, sign * sc.quantities.get("s_dipole").expression("l"))


def test_formal_words_know_no_rule():
    assert formal(Trace(P * J("i"))) == formal((Trace(P * v("i") * s) + Trace(P * s * v("i"))) / 2)
    assert formal(Re(I * Trace(P * v("i") * S * s))) == formal(-Im(Trace(P * v("i") * S * s)))
    assert formal(Trace(P * P * s)) != formal(Trace(P * s))
    assert formal(ex.v_band("i") * Trace(P * s)) == formal(Trace(P * s) * ex.v_band("i"))
    assert formal(v("i") * s) != formal(s * v("i"))
    twice = [ex.Derivative(a, ex.Derivative(b, Trace(P * s))) for a, b in (("i", "l"), ("l", "i"))]
    assert formal(twice[0]) == formal(twice[1])
    assert formal(twice[0] - twice[1]) == {}
