"""The checks of the ledger can fail: every row with a numerical check notices physically meaningful faults.

One fault of each row, and those that once went unnoticed, run here; ``symcur verify --faults`` runs the whole table.
"""

from __future__ import annotations

import dataclasses
import sys

import pytest

from symcur import claims, quantities, verify
from symcur.claims import CheckResult, Claim
from symcur.claims.faults import attribute, formula, instead, occupied, of_term, opposite, together
from symcur.disorder import rates
from symcur.expressions import P, Trace
from symcur.observables import conductivity

CHECKED = [claim for claim in claims.CLAIMS if claim.check]
ONCE_UNNOTICED = {
    "transport-total": ("-5 J_sj for J_sj", "s taken at the wrong end of the shift", "pi for 2 pi in all rates"),
    "side-jump-current": ("s taken at the wrong end of the shift",),
    "anisotropic-transverse": ("lambda / 2 for lambda",),
    "noncollinear-afm": ("lambda / 2 for lambda",),
    "orbital-magnetization": ("d x v dropped from m^s",),
    "clean-kubo-agreement": ("Omega s with the opposite sign",),
    "thermal-hall-chiral-d": ("Nambu counting 1 for 1/2",),
    "bdg-thermal-current": ("Nambu counting 1 for 1/2",),
}


def chosen() -> list[tuple[Claim, str]]:
    """The first fault of every row, and those that once went unnoticed."""
    return [
        (claim, name)
        for claim in CHECKED
        for name in dict.fromkeys([*list(claim.faults)[:1], *ONCE_UNNOTICED.get(claim.name, ())])
    ]


@pytest.mark.parametrize("claim", CHECKED, ids=lambda claim: claim.name)
def test_every_check_has_faults(claim):
    assert len(claim.faults) >= 2
    assert all(name.strip() for name in claim.faults)


@pytest.mark.parametrize(("claim", "name"), chosen(), ids=lambda value: getattr(value, "name", value))
def test_a_fault_turns_the_check_to_failed(claim, name):
    result = claims.with_fault(claim, name)
    assert not result.holds, (result.residual, result.text)


# -- how faults are injected -------------------------------------------------------------------------------------------
def state() -> list[object]:
    """Everything that a fault may exchange: what the modules hold, and the records of quantities and observables."""
    modules = [vars(module).copy() for name, module in sys.modules.items() if name.startswith("symcur")]
    return [*modules, *(q.definition for q in quantities.QUANTITIES), conductivity.forms]


def test_what_was_injected_is_taken_out_again_each_time():
    shift = rates.shift_rate
    dipole, gradient = (quantities.get(name).expression() for name in ("s_dipole", "dipole_gradient"))
    before = state()
    fault = together(instead(rates.shift_rate, lambda honest: rates.half_shift), opposite("s_dipole"))

    def interrupted() -> None:
        with fault():
            assert rates.shift_rate is rates.half_shift is not shift
            assert sys.modules["symcur.disorder.currents"].shift_rate is rates.half_shift
            assert quantities.get("s_dipole").expression() == -dipole
            assert quantities.get("dipole_gradient").expression() != gradient
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert state() == before


def test_a_formula_changes_wherever_it_is_used():
    gradient = quantities.get("dipole_gradient").expression()
    with formula("s_dipole", lambda honest, i: honest(i) + Trace(P))():
        assert quantities.get("dipole_gradient").expression() != gradient
    assert quantities.get("dipole_gradient").expression() == gradient


def test_terms_weights_and_attributes():
    with of_term(conductivity, "s_dipole", 0.0)():
        factors = [t.factor for t in conductivity.forms["surface"].parts["intrinsic"] if t.quantity == "s_dipole"]
        assert factors == [0.0]
    assert all(t.factor for t in conductivity.forms["surface"].parts["intrinsic"])
    from symcur.brillouin.occupation import occupation

    right = occupation("f", 0.3, 0.0, 1.0), occupation("-df/de", 0.3, 0.0, 1.0)
    with occupied("f", by="-df/de", factor=2.0)():
        assert occupation("f", 0.3, 0.0, 1.0) == 2 * right[1]
    assert occupation("f", 0.3, 0.0, 1.0) == right[0]
    with attribute(rates.Scattering, "accumulated", lambda honest: None)():
        assert rates.Scattering.accumulated is None
    assert callable(rates.Scattering.accumulated)


# -- the verdict -------------------------------------------------------------------------------------------------------
def blind(faults) -> Claim:
    holds = CheckResult(True, 0.0, 1.0, "two numbers that always agree")
    return Claim("mine", {}, "A claim.", recorded="confirmed", check=lambda: holds, faults=faults)


def test_a_check_that_does_not_notice_a_fault_fails():
    mine = blind({"d with the opposite sign": opposite("s_dipole")})
    assert verify(mine, check_models=False).kind == "confirmed"
    verdict = verify(mine, check_models=False, faults=True)
    assert verdict.kind == "failed"
    assert verdict.how == "the check does not notice: d with the opposite sign"
    assert verdict.unnoticed == ["d with the opposite sign"]
    assert verdict.to_dict()["faults"] == {"d with the opposite sign": {"noticed": False, "residual": 0.0}}


def test_the_faults_of_a_row_are_told_by_name():
    verdict = verify("side-jump-gauge", check_models=False, faults=True)
    assert verdict.as_recorded
    assert list(verdict.faults) == list(claims.get("side-jump-gauge").faults)
    assert all(result.residual > 1 for result in verdict.faults.values())
    assert verify("side-jump-gauge", check_models=False).faults == {}
    with pytest.raises(ValueError, match=r"name: expected one of .* for side-jump-gauge, got 'none such'"):
        claims.with_fault("side-jump-gauge", "none such")
    with pytest.raises(ValueError, match=r"name: expected one of \(none\) for mine, got 'x'"):
        claims.with_fault(dataclasses.replace(blind({})), "x")
