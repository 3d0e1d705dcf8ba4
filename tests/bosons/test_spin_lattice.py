"""Spin waves from a spin model: states, energies, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from symcur import bosons
from symcur.bosons import Bond, SpinLattice, exchange_tensor, neighbours
from symcur.bosons.library import TRIANGULAR, kagome_spins

K = np.random.default_rng(3).uniform(-3, 3, size=(5, 2))
FLAT = [[np.cos(t), np.sin(t), 0] for t in np.deg2rad([30, 150, 270])]
KAGOME = [[0, 0], [0.5, 0], [0, 0.5]]


def test_ferromagnet_on_the_square_lattice():
    """-J sum S_i.S_j: omega = 2 J S (2 - cos k_x - cos k_y) + h."""
    bonds = [(0, 0, R, -1.0) for R in ((1, 0), (0, 1))]
    magnet = SpinLattice.of(np.eye(2), [[0, 0]], 1.5, bonds, field=[0, 0, 0.2])
    found = magnet.magnons([[0, 0, 1]]).energies(K)[:, 1]
    np.testing.assert_allclose(found, 3 * (2 - np.cos(K).sum(axis=1)) + 0.2, atol=1e-12)


def test_antiferromagnet_on_the_square_lattice():
    """omega = 4 J S sqrt(1 - ((cos k_x + cos k_y)/2)^2), twice: P. W. Anderson, Phys. Rev. 86, 694 (1952)."""
    a = [[1, 1], [1, -1]]
    bonds = [(i, j, R, 1.0) for i, j, R in neighbours(a, [[0, 0], [0.5, 0.5]], 1.0)]
    assert len(bonds) == 4
    found = SpinLattice.of(a, [[0, 0], [0.5, 0.5]], 0.5, bonds).magnons([[1, 0, 0], [-1, 0, 0]]).energies(K)[:, 2:]
    np.testing.assert_allclose(found, (2 * np.sqrt(1 - (np.cos(K).sum(axis=1) / 2) ** 2))[:, None] * [1, 1], atol=1e-11)


def test_heisenberg_kagome():
    """q = 0 order with a small Dz, which pins the flat band: E = 0 and J S sqrt(2 sum sin^2(k.d)) twice."""
    magnet = kagome_spins(J1=1, J2=0, Dz=-1e-9, Dp=0)
    found = magnet.magnons(FLAT).energies(K)[:, 3:]
    d = np.array([[0.5, 0], [0.25, np.sqrt(3) / 4], [-0.25, np.sqrt(3) / 4]])
    expected = np.sqrt(2 * (np.sin(K @ d.T) ** 2).sum(axis=1))
    assert found[:, 0].max() < 2e-4
    np.testing.assert_allclose(found[:, 1:], expected[:, None] * [1, 1], atol=1e-7)


def test_flat_band_of_kagome_with_dzyaloshinskii_moriya_interaction():
    """J = 1, Dz = -0.08, S = 1: about 0.97, S. Toth, B. Lake, J. Phys. Condens. Matter 27, 166002 (2015), tutorial 9 of SpinW."""
    found = kagome_spins(J1=1, J2=0, Dz=-0.08, Dp=0).magnons(FLAT).energies(K)[:, 3]
    np.testing.assert_allclose(found, 0.972926, atol=1e-6)


def test_jarosite():
    """tan 2 eta gives 2.0850 degrees of canting, and 1.88919, 6.84002, 6.96540 meV at Gamma."""
    values = {"J1": 3.23, "J2": 0.11, "Dz": -0.195, "Dp": 0.218, "spin": 2.5}
    magnet = kagome_spins(**values)
    n = magnet.relaxed(np.add(FLAT, [0, 0, -0.1]))
    np.testing.assert_allclose(np.rad2deg(np.arcsin(n[:, 2])), -2.0850, atol=5e-5)
    np.testing.assert_allclose(
        bosons.kagome_magnons(**values).energies([0, 0])[3:], [1.88919, 6.84002, 6.96540], atol=6e-6
    )


def random_lattice(seed: int) -> SpinLattice:
    generator = np.random.default_rng(seed)
    bonds = [(i, j, R, generator.normal(size=(3, 3))) for i, j, R in neighbours(TRIANGULAR, KAGOME, 0.5)]
    K = generator.normal(size=(3, 3, 3))
    return SpinLattice.of(
        TRIANGULAR, KAGOME, [0.5, 1.0, 1.5], bonds, anisotropy=K + K.swapaxes(-1, -2), field=generator.normal(size=3)
    )


@pytest.mark.parametrize("seed", range(3))
def test_fields_are_slopes_of_the_energy(seed):
    magnet, generator = random_lattice(seed), np.random.default_rng(seed)
    n = generator.normal(size=(3, 3))
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    for site in range(3):
        turn = np.cross(generator.normal(size=3), n[site])  # a rotation of one spin
        step = 1e-5
        moved = [n.copy(), n.copy()]
        for sign, state in zip((1, -1), moved, strict=True):
            state[site] += sign * step * turn
        slope = (magnet.energy(moved[0]) - magnet.energy(moved[1])) / (2 * step)
        assert slope == pytest.approx(magnet.spins[site] * magnet.fields(n)[site] @ turn, abs=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_magnons_at_zero_momentum_are_the_classical_normal_modes(seed):
    """dS_i/dt = -S_i x dE/dS_i, linearised about a minimum by differences: the same frequencies as H(0)."""
    magnet, generator = random_lattice(seed), np.random.default_rng(seed)
    starts = generator.normal(size=(12, 3, 3))
    n = min((magnet.relaxed(start) for start in starts), key=magnet.energy)
    S = magnet.spins[:, None]

    def flow(x: np.ndarray) -> np.ndarray:
        m = x.reshape(3, 3)
        fields = 2 * np.einsum("iab,ib->ia", magnet.anisotropy, S * m) - magnet.field
        for b in magnet.bonds:
            fields[b.i] += b.J @ (S * m)[b.j]
            fields[b.j] += (S * m)[b.i] @ b.J
        return -np.cross(m, fields).ravel()

    step = 1e-6
    jacobian = np.stack(
        [(flow(n.ravel() + step * e) - flow(n.ravel() - step * e)) / (2 * step) for e in np.eye(9)], axis=1
    )
    frequencies = np.sort(np.linalg.eigvals(jacobian).imag)[-3:]
    np.testing.assert_allclose(magnet.magnons(n).energies([0.0, 0.0])[3:], frequencies, rtol=1e-6)


def test_a_state_that_is_not_in_equilibrium_is_refused():
    with pytest.raises(ValueError, match=r"directions: expected spins along the fields.*linear terms do not vanish"):
        kagome_spins().magnons(FLAT)


def test_an_unstable_state_has_no_magnons():
    bonds = [(0, 0, (1,), 1.0)]
    with pytest.raises(ValueError, match="not the ground state"):
        SpinLattice.of([[1.0]], [[0.0]], 1, bonds).magnons([[0, 0, 1]]).energies([1.0])


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"spins": -1}, "spins: expected positive"),
        ({"positions": [[0, 0, 0]]}, "positions: expected shape"),
        ({"bonds": [(0, 1, (1, 0), 1.0)]}, "bonds: expected two different sites"),
        ({"bonds": [(0, 0, (0, 0), 1.0)]}, "bonds: expected two different sites"),
        ({"bonds": [(0, 0, (1,), 1.0)]}, "bonds: expected"),
        ({"anisotropy": [[0, 1, 0], [0, 0, 0], [0, 0, 0]]}, "anisotropy: expected symmetric"),
    ],
)
def test_wrong_spin_models_are_named(change, match):
    arguments = {"lattice": np.eye(2), "positions": [[0, 0]], "spins": 1, "bonds": [(0, 0, (1, 0), 1.0)]} | change
    with pytest.raises(ValueError, match=match):
        SpinLattice.of(**arguments)


def test_bonds_may_be_objects():
    bond = Bond(0, 0, (1, 0), exchange_tensor(-1.0))
    assert SpinLattice.of(np.eye(2), [[0, 0]], 1, [bond]).bonds[0].R == (1, 0)
