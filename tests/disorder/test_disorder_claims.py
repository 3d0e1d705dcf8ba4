"""The rows of the ledger on disorder, and their power to tell right from wrong."""

from __future__ import annotations

import numpy as np
import pytest

from symcur import models
from symcur.claims.disorder import CLAIMS
from symcur.claims.disorder_checks import printed_shift
from symcur.claims.engine import Equality, examine
from symcur.claims.verify import verify
from symcur.disorder import FermiSurface, Scattering, transport, white_noise
from symcur.disorder.side_jump import weighted_shift
from symcur.quantities import get


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_the_verdict_is_the_one_recorded(claim):
    verdict = verify(claim, check_models=False)
    assert verdict.as_recorded, (verdict.kind, verdict.how, [item.text for item in verdict.evidence])


def test_the_conventional_occupation_current_alone_is_not_the_drift_current():
    finding = examine(Equality(get("s_current").word(), get("drift_current").word()))
    assert finding.outcome == "refuted"


def test_a_shift_with_the_wrong_sign_of_one_connection_depends_on_the_gauge():
    """s A' in place of s' A' is what a careless reading gives; it differs from the trace formula and between gauges."""
    model, k = models.rashba_dresselhaus(), (np.array([0.5, 1.1]), np.array([0.9, 0.4]))
    surface = FermiSurface(model, 0.0, np.array(k), np.array([0, 1]), np.ones(2))
    scattering = Scattering(surface, white_noise())
    s = surface.quantity("s_expectation")[:, 0]
    right = np.array([weighted_shift(scattering, i, s)[1, 0] for i in range(2)]) / scattering.w.matrix[1, 0]
    printed = printed_shift(model, (0, 1), k, np.eye(2), 3)
    conserved = printed_shift(model, (0, 1), k, np.eye(2), 3, conserved=True)
    np.testing.assert_allclose(printed, right, rtol=1e-7)
    assert np.abs(conserved - right).max() > 0.1 * np.abs(right).max()


def test_kagome_currents_are_invariant_under_the_spin_space_group():
    """J_c^{i s_a l} is the projection of a tensor on the invariants of the joint rotations by 120 degrees.

    A rotation of the lattice by 120 degrees moves sublattice 0 -> 1 -> 2, whose moments turn by +120 degrees: without
    spin-orbit coupling spins may be turned back on their own.
    """
    from symcur.claims.disorder_checks import _spin

    tensor = np.array(
        [
            transport(
                models.kagome_antiferromagnet().replace(s=_spin(a, sites=3)), white_noise(), -2.2, intrinsic=False
            )["occupation"]
            for a in range(3)
        ]
    )
    scale = np.abs(tensor).max()

    def turn(angle):
        c, s = np.cos(angle), np.sin(angle)
        return np.array([[c, -s], [s, c]])

    third = 2 * np.pi / 3
    spin = np.eye(3)
    spin[:2, :2] = turn(third)
    rotated = np.einsum("ab,ij,lm,bjm->ail", spin, turn(third), turn(third), tensor)
    np.testing.assert_allclose(rotated, tensor, atol=1e-10 * scale)
    spin[:2, :2] = turn(-third)
    wrong = np.einsum("ab,ij,lm,bjm->ail", spin, turn(third), turn(third), tensor)
    assert np.abs(wrong - tensor).max() > 0.1 * scale
