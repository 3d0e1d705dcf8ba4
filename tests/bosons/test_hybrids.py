"""Magnon-phonon hybrids and springs, by conservation laws and limits."""

from __future__ import annotations

import numpy as np
import pytest

import symcur as sc
from symcur import bosons
from symcur.bosons import SpinLattice, hybrid, phonons, springs

K = np.random.default_rng(4).uniform(-3, 3, size=(5, 2))
UP = [[0, 0, 1]]
PLANE = np.eye(3)[:, :2]


def torque(model: sc.band_structures.BandStructure) -> float:
    g, H, s = model.metric, model.matrix("H", K), model.matrix("s", K)
    return float(np.abs(s @ g @ H - H @ g @ s).max())


def test_the_total_angular_momentum_is_conserved_where_the_springs_are_isotropic():
    """Rotations of spins and displacements together; neither alone, and not with k_T different from k_L."""
    isotropic = bosons.ferrimagnet_hybrid(k_L=0.7, k_T=0.7)
    assert torque(isotropic) < 1e-14
    assert torque(isotropic.with_values(s="spin")) > 0.05
    assert torque(isotropic.with_values(s="phonon")) > 0.05
    assert torque(isotropic.with_values(k_T=0.5)) > 0.05
    assert abs(sc.evaluate(isotropic, "s_dipole", K)).max() < 1e-12


def test_without_coupling_a_hybrid_is_the_sum_of_its_parts():
    found = {s: bosons.ferrimagnet_hybrid(coupling=0.0, s=s) for s in ("spin", "phonon", "total")}
    integrand = {
        s: sc.thermoelectric.integrand(model, K, temperature=0.7, form="sea")["intrinsic"] for s, model in found.items()
    }
    np.testing.assert_allclose(integrand["spin"] + integrand["phonon"], integrand["total"], atol=1e-10)
    waves = bosons.honeycomb_phonons(raman=0.0, pinning=0.3)
    alone = sc.thermoelectric.integrand(waves, K, temperature=0.7, form="sea")["intrinsic"]
    np.testing.assert_allclose(integrand["phonon"], alone, atol=1e-10)
    magnets = np.setdiff1d(found["spin"].energies(K)[0].round(9), waves.energies(K)[0].round(9))
    assert len(magnets) == 4


def test_one_spin_and_one_oscillator():
    """Ferromagnet in a field h, Einstein oscillators omega_0, coupling g (S^x u_x + S^y u_y): the equations of motion by hand.

    S^+ = sqrt(2S) b precesses as b' = -i (h b + g sqrt(S/2) (u_x + i u_y)), u'' = -omega_0^2 u - g (S^x, S^y): with w = u_x + i u_y,
    and w'' = -omega_0^2 w - g sqrt(2S) b a cubic (h - omega)(omega_0^2 - omega^2) = g^2 S for the frequencies of both signs.
    """
    h, omega_0, g, S = 0.8, 1.1, 0.3, 1.5
    spins = SpinLattice.of(np.eye(2), [[0, 0]], S, [], field=[0, 0, h])
    waves = phonons({(0, 0): omega_0**2 * np.eye(2)}, np.eye(2))
    model = hybrid(spins, UP, waves, [(0, 0, (0, 0), g * PLANE)])
    roots = np.roots([1, -h, -(omega_0**2), h * omega_0**2 - g**2 * S])
    np.testing.assert_allclose(model.energies([0.3, 0.1]), np.sort([*roots, *(-roots)]), atol=1e-12)
    spin = sc.evaluate(model, "s_expectation", [0.3, 0.1])
    np.testing.assert_allclose(np.abs(spin), 1, atol=1e-12)  # each mode carries one quantum of the total
    np.testing.assert_allclose(model.matrix("s", [0.0, 0.0])[:2, :2], -np.eye(2))


def test_phonons_of_the_library_are_taken_with_their_positions():
    """ferrimagnet_hybrid put together from honeycomb_phonons, with a coupling between cells."""
    waves = bosons.honeycomb_phonons(raman=0.0, pinning=0.3)
    lattice = waves.cell.vectors
    bonds = [(0, 1, R, 1.0) for R in ((0, 0), (0, -1), (1, -1))]
    spins = SpinLattice.of(lattice, [[0, 0], [-1 / 3, 2 / 3]], [1, 0.5], bonds, anisotropy=np.diag([0, 0, -0.2]))
    found = [
        hybrid(spins, [[0, 0, 1], [0, 0, -1]], model, [(0, 1, (1, -1), 0.2 * PLANE)]).matrix("H", K)
        for model in (waves, waves.made)
    ]
    np.testing.assert_allclose(found[0], found[1], atol=1e-12)
    step = waves.cell.reciprocal[0]  # in this gauge a shift by a reciprocal vector is a phase of each position
    shifted = hybrid(spins, [[0, 0, 1], [0, 0, -1]], waves, [(0, 1, (1, -1), 0.2 * PLANE)]).energies(K + step)
    np.testing.assert_allclose(
        shifted, hybrid(spins, [[0, 0, 1], [0, 0, -1]], waves, [(0, 1, (1, -1), 0.2 * PLANE)]).energies(K), atol=1e-10
    )


def test_what_pulls_at_the_atoms_is_refused():
    spins = SpinLattice.of(np.eye(2), [[0, 0]], 1, [], field=[0, 0, 1])
    waves = phonons({(0, 0): np.eye(3)}, np.eye(2))
    with pytest.raises(ValueError, match=r"coupling: expected forces of the ordered spins .* add up to zero"):
        hybrid(spins, UP, waves, [(0, 0, (0, 0), np.eye(3))])
    balanced = [(0, 0, (0, 0), np.eye(3)), (0, 0, (1, 0), -np.eye(3))]
    assert hybrid(spins, UP, waves, balanced).size == 8
    for wrong, match in (
        ([(0, 0, (0, 0), np.eye(2))], "coupling: expected G of shape"),
        ([(0, 1, (0, 0), PLANE)], "coupling: expected"),
        ([(1, 0, (0, 0), np.eye(3))], "coupling: expected a site, an atom and a cell"),
    ):
        with pytest.raises(ValueError, match=match):
            hybrid(spins, UP, waves, wrong)
    with pytest.raises(ValueError, match="s: expected 'spin', 'phonon' or 'total', got 'L'"):
        hybrid(spins, UP, waves, balanced, "L")
    with pytest.raises(ValueError, match="phonons: expected those of the lattice"):
        hybrid(spins, UP, phonons({(0, 0): np.eye(2)}, 2 * np.eye(2)), [])


def test_springs_have_no_restoring_force_against_translations():
    """A rigid translation costs nothing, also with different masses: u sqrt(m) is the zero mode of D(0)."""
    masses = np.array([1.0, 2.5])
    bonds = [(0, 1, (0, 0), 1.0, 0.3), (0, 1, (0, -1), 0.8, 0.1), (0, 0, (1, 0), 0.4, 0.0)]
    D = springs([[1, 0], [0.2, 1]], [[0, 0], [0.3, 0.4]], bonds, masses=masses)
    total = sum(D.values())
    moved = np.kron(np.sqrt(masses), [0.6, -0.8])
    np.testing.assert_allclose(total @ moved, 0, atol=1e-14)
    for R, matrix in D.items():
        np.testing.assert_array_equal(matrix, D[tuple(-r for r in R)].T)
    with pytest.raises(ValueError, match="masses: expected positive numbers"):
        springs(np.eye(2), [[0, 0]], [], masses=-1)


def test_phonons_at_the_corner_of_the_honeycomb_are_circular():
    """Threefold symmetry makes modes at K carry whole quanta of sublattice vibrations; opposite at K'. L. Zhang, Q. Niu (2015)."""
    model, corner = bosons.honeycomb_phonons(raman=0.0, pinning=0.1), np.array([4 * np.pi / 3, 0.0])
    L = sc.evaluate(model, "s_expectation", [corner, -corner])[:, 4:]
    np.testing.assert_allclose(L[0], -L[1], atol=1e-9)
    assert sorted(abs(L[0]).round(6))[2:] == [1.0, 1.0]  # only one sublattice moves, in circles
    assert abs(L[0].sum()) < 1e-9
