"""The checks of the ledger hold and can fail: every row with a numerical check notices physically meaningful faults, and errors of one percent."""

from __future__ import annotations

import dataclasses
import sys

import pytest
from notebooks import SETTLED

from symcur import claims, quantities, verify
from symcur.claims import (
    CheckResult,
    Claim,
    clean_crystal,
    densities,
    equilibrium,
    magnetic_field,
    response,
    transport,
)
from symcur.claims.comparison import Zone
from symcur.claims.faults import attribute, formula, instead, occupied, of_term, opposite, together
from symcur.disorder import rates
from symcur.expressions import P, Trace
from symcur.observables import conductivity

CHECKED = [claim for claim in claims.CLAIMS if claim.check]


@pytest.mark.parametrize("claim", CHECKED, ids=lambda claim: claim.name)
def test_every_check_has_faults(claim):
    assert len(claim.faults) >= 2
    assert all(name.strip() for name in claim.faults)


@pytest.mark.slow_but(
    "side-jump-gauge",
    "layer-hall-symmetry",
    "paper-hall-part-of-a-filled-sea",
    "full-lattice-response",
    "transport-total",
)
@pytest.mark.parametrize(
    "claim", [claim for claim in CHECKED if claim.name not in SETTLED], ids=lambda claim: claim.name
)
def test_what_no_notebook_settles_is_as_recorded(claim):
    verdict = verify(claim, check_models=False)
    assert verdict.as_recorded, (verdict.kind, verdict.how)
    assert all(check.holds and check.residual <= check.tolerance for check in verdict.checks)


@pytest.mark.slow_but(
    "bdg-charge-rho with the opposite sign",
    "bdg-dipole-d with the opposite sign",
    "bdg-source-tau with the opposite sign",
    "bdg-berry-Omega with the opposite sign",
    "intrinsic-conductivity-g with the opposite sign",
    "side-jump-gauge-s taken at the wrong end of the shift",
    "layer-hall-symmetry-the opposite valley not conjugated",
    "magnetization-subtraction-the dipole gradient with the opposite sign",
    "einstein-relation-d x v dropped from m^s",
    "bdg-moment-d x v dropped",
    "canonical-phonon-null-d with the opposite sign",
    "layer-hall-finite-q-W with the opposite sign",
    "paper-hall-part-of-a-filled-sea-Omega s for Omega^{lis}",
    "neel-conserved-limit-Omega^{lis} with the opposite sign",
    "bdg-conventional-current-v s for (1/2){v, s}",
    "berry-instead-of-spin-berry-W with the opposite sign",
    "boson-vanishing-flow-intermediate states of the other norm left out",
    "boson-number-every boson counted at k and at -k",
    "uniform-torque-Omega^{l tau} with the opposite sign",
    "hall-part-freedom-a symmetric a",
    "boson-circulation-d x v dropped from m^s",
)
@pytest.mark.parametrize(
    ("claim", "name"),
    [(claim, name) for claim in CHECKED for name in claim.faults],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_fault_turns_the_check_to_failed(claim, name):
    result = claims.with_fault(claim, name)
    assert not result.holds, (result.residual, result.text)


# -- small mistakes, beside the faults that every check must notice: they share the exact responses -----------------------------------
ONE_PERCENT = [
    (densities.check_variation, "s_dipole"),
    (densities.check_variation, "mixed_berry_curvature"),
    (densities.check_current_density, "s_current"),
    (densities.check_current_density, "s_current_dipole"),
    (densities.check_current_density, "s_berry_curvature"),
    (densities.check_torque_density, "torque_dipole"),
    (densities.check_torque_density, "torque_berry_curvature"),
    (densities.check_torque_density, "torque_quadrupole"),
    (densities.check_torque_density, "torque_polarizability"),
    (densities.check_not_circulating, "orbital_moment"),
    (densities.check_not_circulating, "s_weighted_curvature"),
    (response.check_field_response, "s_berry_curvature"),
    (response.check_field_response, "torque_berry_curvature"),
    (response.check_field_response, "torque_polarizability"),
    (response.check_field_response, "s_current_dipole"),
    (response.check_field_response, "torque_quadrupole"),
    (response.check_connection, "torque_polarizability"),
    (response.check_subtraction, "dipole_gradient"),
    (response.check_einstein, "orbital_moment"),
    (response.check_einstein, "s_weighted_curvature"),
    (clean_crystal.check_clean_kubo, "dipole_gradient"),
    (clean_crystal.check_clean_kubo, "s_berry_curvature"),
    (clean_crystal.check_onsager, "s_weighted_curvature"),
    (clean_crystal.check_onsager, "dipole_gradient"),
    (transport.check_mott, "dipole_gradient"),
    (transport.check_streda_magnetization, "s_weighted_curvature"),
    (equilibrium.check_orbital_magnetization, "orbital_moment"),
    (equilibrium.check_orbital_magnetization, "s_weighted_curvature"),
    (magnetic_field.check_streda_density, "s_weighted_curvature"),
    (magnetic_field.check_density_in_field, "s_weighted_curvature"),
]


@pytest.mark.slow_but(
    "check_not_circulating-s_weighted_curvature",
    "check_field_response-torque_polarizability",
    "check_connection-torque_polarizability",
    "check_subtraction-dipole_gradient",
    "check_einstein-orbital_moment",
    "check_einstein-s_weighted_curvature",
    "check_orbital_magnetization-s_weighted_curvature",
)
@pytest.mark.parametrize(("check", "quantity"), ONE_PERCENT, ids=lambda value: getattr(value, "__name__", value))
def test_a_quantity_off_by_one_percent_is_rejected(monkeypatch, check, quantity):
    honest = Zone.integral

    def off(zone, name, weight, *more):
        terms = [(name, weight), *more]
        return sum(
            (1.01 if expression == quantity else 1.0) * honest(zone, expression, kind) for expression, kind in terms
        )

    monkeypatch.setattr(Zone, "integral", off)
    assert not check().holds


@pytest.mark.slow
def test_maxwell_s_relation_is_tested_by_the_lattice_in_a_field(monkeypatch):
    honest = magnetic_field.magnetization_by_field

    def off(*given):
        value, error = honest(*given)
        return 1.001 * value, error

    monkeypatch.setattr(magnetic_field, "magnetization_by_field", off)
    assert not magnetic_field.check_streda_density().holds
    assert not magnetic_field.check_density_in_field().holds


def test_the_entropy_form_needs_its_second_term(monkeypatch):
    import mpmath

    honest = mpmath.diff
    monkeypatch.setattr(mpmath, "diff", lambda g, T: honest(g, T) * (1 + mpmath.mpf(10) ** -8))
    assert not transport.check_intrinsic_conductivity().holds


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
