"""Signs and bases that no spectrum shows, as the docstrings of the models state them."""

from __future__ import annotations

import numpy as np
import pytest

from symcur import models


def lowest_spin(H: np.ndarray) -> np.ndarray:
    """(sigma_x, sigma_y, sigma_z) expectation values in the lowest state of a spin-1/2 Hamiltonian."""
    u = np.linalg.eigh(H)[1][:, 0]
    pauli = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    return np.einsum("a,iab,b->i", u.conj(), pauli, u).real


def test_rashba_lower_band_turns_anticlockwise() -> None:
    """For alpha > 0 and M = 0 the spin of the lower band is z x k/|k|."""
    model = models.rashba(M=0)
    for k in ([0.6, 0.0], [0.0, 0.6], [-0.48, 0.36]):
        expected = np.array([-k[1], k[0], 0]) / 0.6
        np.testing.assert_allclose(lowest_spin(model.matrix("H", k)), expected, atol=1e-12)


def test_altermagnet_spin_up_is_lowered_along_x() -> None:
    """At (pi, 0) spin up lies 4 t_am below spin down, at (0, pi) as far above."""
    for k, splitting in (([np.pi, 0.0], -2.0), ([0.0, np.pi], 2.0)):
        H = models.altermagnet(t_am=0.5).matrix("H", k)
        assert (H[0, 0] - H[1, 1]).real == pytest.approx(splitting)


def test_bhz_inversion_asymmetry_couples_opposite_spins_of_the_two_orbitals() -> None:
    """In the basis (E1+, H1+, E1-, H1-): <E1+|H|H1-> = -Delta_BIA and <H1+|H|E1-> = Delta_BIA."""
    off_diagonal = models.bhz(Delta_BIA=0.3).matrix("H", [0.4, -0.9])[:2, 2:]
    np.testing.assert_allclose(off_diagonal, [[0, -0.3], [0.3, 0]], atol=1e-15)


def test_kagome_electrons_follow_moments_of_positive_chirality() -> None:
    """Without hopping the lowest state of sublattice a points along 90, 210 and 330 degrees in the plane."""
    H = models.kagome_antiferromagnet(J=1.7, t=0).matrix("H", [0.3, 0.2])
    for a, degrees in enumerate((90, 210, 330)):
        spin = lowest_spin(H[2 * a : 2 * a + 2, 2 * a : 2 * a + 2])
        np.testing.assert_allclose(spin, [np.cos(np.radians(degrees)), np.sin(np.radians(degrees)), 0], atol=1e-12)


def test_bilayer_graphene_leaves_one_site_of_each_layer_without_a_partner() -> None:
    """At the zone corner the inner bands sit on A1 at u/2 and B2 at -u/2; B1 and A2 form the dimer."""
    H = models.bilayer_graphene(u=0.2, gamma_1=0.4).matrix("H", [4 * np.pi / 3, 0])
    exact = [[0.1, 0, 0, 0], [0, 0.1, 0.4, 0], [0, 0.4, -0.1, 0], [0, 0, 0, -0.1]]
    np.testing.assert_allclose(H, exact, atol=1e-12)
