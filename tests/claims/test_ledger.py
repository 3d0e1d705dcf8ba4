"""The ledger: every row says what is claimed, where, and with which verdict, and the verdicts come out as recorded."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os

import pytest
from jets import axes_for

from symcur import claims, models, verify
from symcur.claims import CheckResult, Claim, Equality, on_models, verification
from symcur.claims.claim import KINDS
from symcur.cli import main
from symcur.expressions import Im, P, S, Trace, s, tau, v

LEDGER = {claim.name: claim for claim in claims.CLAIMS}
SECTIONS = ["Local densities", "Wave packets", "The torque", "Equilibrium", "Response", "Transport", "The Hall part"]
SECTIONS += ["Magnetic field", "Electric field", "Disorder", "Superconductors", "Bosons", "Twisted bilayers"]
PROVABLE = [name for name, claim in LEDGER.items() if claim.equalities and claim.check is None]
d = Im(Trace(P * v("i") * S * s))


def test_names_are_unique_and_give_the_rows():
    assert claims.names() == list(LEDGER)
    assert len(LEDGER) == len(claims.CLAIMS) >= 14
    for name, claim in LEDGER.items():
        assert claims.get(name) is claim
    with pytest.raises(
        ValueError, match=r"claim: expected one of .*, got 'torque-dipol' \(did you mean torque-dipole\?\)"
    ):
        claims.get("torque-dipol")


def test_the_sections_come_in_the_order_of_the_paper():
    assert list(dict.fromkeys(claim.section for claim in claims.CLAIMS)) == SECTIONS


@pytest.mark.parametrize("name", LEDGER)
def test_every_row_says_what_and_where_and_which_verdict(name):
    claim = LEDGER[name]
    assert claim.text.strip().endswith(".")
    assert claim.section
    assert claim.where
    assert set(claim.where) <= {"A", "B", "C"}
    assert all(place.strip() for place in claim.where.values())
    assert claim.recorded in KINDS
    assert claim.equalities or claim.check or claim.why_open
    assert {equality.role for equality in claim.equalities} <= {"claim", "denied", "printed", "corrected"}
    if claim.recorded == "misprint":
        assert {"printed", "corrected"} <= {equality.role for equality in claim.equalities}
    if claim.recorded == "open":
        assert claim.why_open


@pytest.mark.parametrize("name", PROVABLE)
def test_the_verdict_is_the_recorded_one(name):
    verdict = verify(name, check_models=False)
    assert verdict.kind == LEDGER[name].recorded
    assert verdict.as_recorded
    assert verdict.how
    assert (verdict.name, verdict.where) == (name, LEDGER[name].where)
    assert verdict.seconds > 0
    assert len(verdict.proofs) == len(LEDGER[name].equalities)
    for proof in verdict.proofs:
        untrue = proof.equality.role in ("printed", "denied")
        assert proof.outcome == ("refuted" if untrue else "proved")
        assert (proof.counterexample is not None) == untrue
    plain = json.loads(json.dumps(verdict.to_dict()))
    assert (plain["name"], plain["kind"], plain["recorded"]) == (name, verdict.kind, verdict.claim.recorded)
    assert plain["where"] == dict(LEDGER[name].where)


@pytest.mark.parametrize("name", PROVABLE)
def test_a_perturbed_claim_is_not_what_the_ledger_records(exact_bands, name):
    """Add s_n to the right-hand side of what is asserted, or correct what is printed: the row must turn."""
    claim = LEDGER[name]
    for j, equality in enumerate(claim.equalities):
        if equality.role in ("printed", "denied"):
            changed = dataclasses.replace(equality, lhs=equality.rhs)
            expected = {"failed"}
        else:
            lhs, rhs = equality.lhs, equality.rhs
            is_operator = exact_bands(1, 1, 1, axes=axes_for(lhs)).read(lhs).array.shape[-1] > 1
            changed = dataclasses.replace(equality, rhs=rhs + 3 * lhs + (P * s * P if is_operator else Trace(P * s)))
            expected = {"refuted"}
        perturbed = dataclasses.replace(claim, equalities=(*claim.equalities[:j], changed, *claim.equalities[j + 1 :]))
        verdict = verify(perturbed, check_models=False)
        assert verdict.kind in expected
        assert not verdict.as_recorded


def row(*equalities: Equality, recorded: str = "proved", **more) -> Claim:
    return Claim("mine", {"A": "nowhere"}, "A claim of my own.", recorded=recorded, equalities=equalities, **more)


TRUE, FALSE = Equality(d, d), Equality(d, -d)


@pytest.mark.parametrize(
    ("claim", "kind"),
    [
        (row(TRUE), "proved"),
        (row(FALSE), "refuted"),
        (row(TRUE, FALSE), "refuted"),
        (row(Equality(Trace(P), Trace(P) * Trace(P))), "open"),
        (row(Equality(Trace(s), Trace(s) * 2)), "open"),
        (row(TRUE, Equality(Trace(P), Trace(P) * Trace(P), role="denied")), "open"),
        (row(why_open="needs disorder"), "open"),
        (row(dataclasses.replace(FALSE, role="printed"), dataclasses.replace(TRUE, role="corrected")), "misprint"),
        (row(dataclasses.replace(TRUE, role="printed"), dataclasses.replace(TRUE, role="corrected")), "failed"),
        (row(dataclasses.replace(FALSE, role="printed"), dataclasses.replace(FALSE, role="corrected")), "refuted"),
        (row(dataclasses.replace(FALSE, role="printed")), "refuted"),
        (row(TRUE, dataclasses.replace(FALSE, role="denied")), "proved"),
        (row(TRUE, dataclasses.replace(TRUE, role="denied")), "failed"),
        (row(recorded="confirmed", check=lambda: CheckResult(True, 1e-9, 1e-6, "a number")), "confirmed"),
        (row(recorded="confirmed", check=lambda: CheckResult(False, 1e-3, 1e-6, "a number")), "failed"),
        (row(TRUE, check=lambda: CheckResult(True, 1e-9, 1e-6, "a number")), "proved"),
        (row(TRUE, check=lambda: CheckResult(False, 1e-3, 1e-6, "a number")), "failed"),
        (row(FALSE, check=lambda: CheckResult(True, 1e-9, 1e-6, "a number")), "refuted"),
    ],
)
def test_the_kind_of_a_verdict_follows_from_what_was_found(claim, kind):
    verdict = verify(claim, check_models=False)
    assert verdict.kind == kind
    assert verdict.as_recorded == (kind == claim.recorded)
    if claim.check:
        assert verdict.residual in (1e-9, 1e-3)
        assert verdict.tolerance == 1e-6
    if kind == "refuted":
        assert str(verdict.counterexample) in verdict.how or verdict.counterexample is not None


def test_progress_is_told_and_the_order_is_kept():
    told = []
    names = ["torque-metric", "torque-moment-vanishes"]
    verdicts = claims.verify_all("rashba", names, progress=lambda done, total, name: told.append((done, total, name)))
    assert [verdict.name for verdict in verdicts] == names
    assert told == [(0, 2, names[0]), (1, 2, names[1]), (2, 2, "")]
    assert all(set(verdict.models) == {"rashba"} for verdict in verdicts)
    assert all(verdict.residual < verdict.tolerance == 1e-9 for verdict in verdicts)


def test_the_torque_has_no_moment_in_a_band_on_ones_own_model(lattice_model):
    verdict = verify(row(Equality(Trace(P * tau), 0 * P)), lattice_model(2, 1))
    assert verdict.kind == "proved"
    assert list(verdict.models) == ["random"]


def test_a_claim_of_ones_own_is_known_by_its_name():
    mine = claims.define("mine", {"A": "nowhere"}, "The band moves s by its dipole.", equalities=(TRUE,))
    try:
        assert claims.get("mine") is mine
        assert claims.names()[-1] == "mine"
        assert verify("mine", check_models=False).kind == "proved"
        with pytest.raises(ValueError, match="claim: expected a new name, got 'mine', which is taken"):
            claims.define("mine", {"A": "nowhere"}, "Another.", equalities=(FALSE,))
    finally:
        claims.remove("mine")
    assert "mine" not in claims.names()


def test_ctrl_c_during_the_ledger_holds_the_verdicts_so_far(press_ctrl_c):
    impatient = dataclasses.replace(
        claims.get("torque-metric"), equalities=(), recorded="confirmed", check=press_ctrl_c
    )
    with pytest.raises(KeyboardInterrupt, match="after 1 of 3 claims") as stopped:
        claims.verify_all("rashba", ["torque-dipole", impatient, "torque-berry"])
    assert [verdict.name for verdict in stopped.value.result] == ["torque-dipole"]


NAMES = ("torque-dipole", "torque-berry", "einstein-relation")


def without_time(verdicts):
    rows = [verdict.to_dict() for verdict in verdicts]
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def test_verdicts_do_not_depend_on_the_processes_by_a_single_bit():
    """A claim of one's own has functions, which other processes do not have: it stays here, in its place."""
    own = dataclasses.replace(claims.get("torque-metric"), name="mine")
    given = [NAMES[0], own, *NAMES[1:]]
    alone, together = (claims.verify_all("rashba", given, workers=workers) for workers in (1, 2))
    assert [verdict.name for verdict in together] == ["torque-dipole", "mine", "torque-berry", "einstein-relation"]
    assert without_time(together) == without_time(alone)
    assert [verdict.claim for verdict in together] == [verdict.claim for verdict in alone]
    assert [verdict.checks for verdict in together] == [verdict.checks for verdict in alone]


def test_the_command_and_other_processes_keep_linear_algebra_to_one_core(monkeypatch):
    """How many cores share a matrix shows in the last bits; a number that the user gave stays."""
    threads = "OPENBLAS_NUM_THREADS"
    for given, expected in ((None, "1"), ("3", "3")):
        monkeypatch.setenv(threads, given or "")
        if given is None:
            monkeypatch.delenv(threads)
        with verification._on_one_core():
            assert os.environ[threads] == expected
        assert os.environ.get(threads) == given
        with pytest.raises(SystemExit):
            main(["list", "--help"])
        assert os.environ.get(threads) == given
        with pytest.raises(SystemExit):
            main(["verify", "--help"])
        assert os.environ[threads] == expected


def test_the_order_of_the_claims_changes_no_number():
    """Which of two conjugate traces is made first decides how both are rounded; every comparison makes its own."""
    equalities = [equality for name in ("torque-metric", "torque-berry") for equality in claims.get(name).equalities]
    residual = on_models.residual.__wrapped__
    at = models.kane_mele()
    forth = [residual(equality, at) for equality in equalities]
    back = [residual(equality, at) for equality in reversed(equalities)]
    assert forth == back[::-1]
    assert max(forth) > 0


@pytest.mark.slow
def test_ctrl_c_ends_the_other_processes(press_ctrl_c):
    def impatient(done, total, name):
        if done == 1:
            press_ctrl_c()

    with pytest.raises(KeyboardInterrupt, match=r"after [123] of 3 claims") as stopped:
        claims.verify_all("rashba", NAMES, progress=impatient, workers=2)
    settled = [verdict.name for verdict in stopped.value.result]
    assert settled[0] == "torque-dipole"
    assert settled == [name for name in NAMES if name in settled]  # what others had settled by then is held too
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("workers", [0, -2, True, 1.5, "2"])
def test_a_number_of_processes_is_a_number(workers):
    with pytest.raises(ValueError, match="workers: expected a positive integer or -1"):
        claims.verify_all("rashba", NAMES, workers=workers)
