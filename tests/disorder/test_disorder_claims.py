"""The claims on disorder, and their power to tell right from wrong."""

from __future__ import annotations

import numpy as np
import sympy as sp

from symcur import models
from symcur.claims import Equality, examine
from symcur.disorder import FermiSurface, Scattering, transport, white_noise
from symcur.disorder.rates import weighted_shift
from symcur.linear_response.finite_differences import side_jump_by_phases
from symcur.models.pauli import sigma_x, sigma_y, sigma_z
from symcur.quantities import get


def test_the_conventional_occupation_current_alone_is_not_the_drift_current():
    proof = examine(Equality(get("s_current").expression(), get("drift_current").expression()))
    assert proof.outcome == "refuted"


def test_a_shift_with_the_wrong_sign_of_one_connection_depends_on_the_gauge():
    """s A' in place of s' A' is what a careless reading gives; it differs from the trace formula and between gauges."""
    model, k = models.rashba_dresselhaus(), (np.array([0.5, 1.1]), np.array([0.9, 0.4]))
    surface = FermiSurface(model, 0.0, np.array(k), np.array([0, 1]), np.ones(2))
    scattering = Scattering(surface, white_noise())
    s = surface.quantity("s_expectation")[:, 0]
    right = np.array([weighted_shift(scattering, i, s)[1, 0] for i in range(2)]) / scattering.w.matrix[1, 0]
    printed = side_jump_by_phases(model, (0, 1), k, np.eye(2), 3)
    conserved = side_jump_by_phases(model, (0, 1), k, np.eye(2), 3, conserved=True)
    np.testing.assert_allclose(printed, right, rtol=1e-7)
    assert np.abs(conserved - right).max() > 0.1 * np.abs(right).max()


def test_kagome_currents_are_invariant_under_the_spin_space_group():
    """J_c^{i s_a l} is the projection of a tensor on the invariants of the joint rotations by 120 degrees.

    A rotation of the lattice by 120 degrees moves sublattice 0 -> 1 -> 2, whose moments turn by +120 degrees: without
    spin-orbit coupling spins may be turned back on their own.
    """
    spins = [sp.kronecker_product(sp.eye(3), sigma) / 2 for sigma in (sigma_x, sigma_y, sigma_z)]
    kagome = [models.kagome_antiferromagnet().with_s(spin) for spin in spins]
    tensor = np.array([transport(model, white_noise(), -2.2, intrinsic=False)["occupation"] for model in kagome])
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
