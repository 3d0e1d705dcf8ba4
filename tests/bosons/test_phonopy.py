"""Phonons from phonopy's force constants: against phonopy itself where it is installed, and against springs."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from symcur import bosons
from symcur.bosons.phonopy_reader import MEV_PER_THZ, MISSING

SPRINGS = {(1, 0, 0): 1.0, (0, 1, 0): 0.8, (0, 0, 1): 0.6}
MASS, FACTOR = 2.0, 15.633302


def cubic(n: int = 4, error: float = 0.0) -> SimpleNamespace:
    """What phonopy knows of one atom in a cubic cell with isotropic springs, in a supercell of n x n x n cells."""
    cells = list(np.ndindex(n, n, n))
    constants = np.zeros((1, len(cells), 3, 3))
    svecs, multiplicities = [], []
    for s, cell in enumerate(cells):
        images = [[r - n, r] if 2 * r == n else [r - n * (2 * r > n)] for r in cell]
        nearest = [(x, y, z) for x in images[0] for y in images[1] for z in images[2]]
        multiplicities.append([(len(nearest), len(svecs))])
        svecs += nearest
        for R, k in SPRINGS.items():
            constants[0, s] -= k * np.eye(3) * ((nearest == [R]) + (nearest == [tuple(-r for r in R)]))
    constants[0, 0] = (2 * sum(SPRINGS.values()) + error) * np.eye(3)
    primitive = SimpleNamespace(
        cell=np.eye(3),
        scaled_positions=np.zeros((1, 3)),
        masses=np.array([MASS]),
        p2s_map=[0],
        s2p_map=[0] * len(cells),
        get_smallest_vectors=lambda: (np.array(svecs, dtype=float), np.array(multiplicities)),
    )
    return SimpleNamespace(
        force_constants=constants, primitive=primitive, unit_conversion_factor=FACTOR, nac_params=None
    )


def test_springs_come_back():
    """omega^2 = sum 2 k_i (1 - cos k_i)/m, three times, in meV; also in a layer, and with an on-site error that the sum rule takes."""
    k = np.random.default_rng(2).uniform(-3, 3, size=(3, 3))
    expected = np.sqrt(2 * (1 - np.cos(k)) @ np.array(list(SPRINGS.values())) / MASS) * FACTOR * MEV_PER_THZ
    for given in (cubic(), cubic(error=0.1)):
        found = bosons.from_phonopy(given).energies(k)[:, 3:]
        np.testing.assert_allclose(found, expected[:, None] * [1, 1, 1], rtol=1e-10)
    flat = bosons.from_phonopy(cubic(), layer=True).energies(k[:, :2])[:, 3:]
    in_plane = np.sqrt(2 * (1 - np.cos(k[:, :2])) @ [1.0, 0.8] / MASS) * FACTOR * MEV_PER_THZ
    np.testing.assert_allclose(flat, in_plane[:, None] * [1, 1, 1], rtol=1e-10)


def test_without_the_sum_rule_the_error_is_a_gap():
    gap = bosons.from_phonopy(cubic(error=0.1), sum_rule=False).energies([0.0, 0.0, 0.0])[3:]
    np.testing.assert_allclose(gap, np.sqrt(0.1 / MASS) * FACTOR * MEV_PER_THZ, rtol=1e-10)
    pinned = bosons.from_phonopy(cubic(), pinning=4.0).energies([0.0, 0.0, 0.0])[3:]
    np.testing.assert_allclose(pinned, 2, rtol=1e-10)


def test_what_cannot_be_read_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"source: expected a file, got .*nothing.yaml"):
        bosons.from_phonopy(tmp_path / "nothing.yaml")
    with pytest.raises(ValueError, match="source: expected a Phonopy object with force constants, got int"):
        bosons.from_phonopy(7)
    polar = cubic()
    polar.nac_params = {"born": 0}
    with pytest.raises(ValueError, match="nonanalytic term"):
        bosons.from_phonopy(polar)
    tilted = cubic()
    tilted.primitive.cell = np.array([[1, 0, 0], [0, 1, 0.2], [0, 0, 1]])
    with pytest.raises(ValueError, match="layer: expected two primitive vectors in the xy plane"):
        bosons.from_phonopy(tilted, layer=True)
    path = tmp_path / "phonopy.yaml"
    path.write_text("")
    monkeypatch.setitem(__import__("sys").modules, "phonopy", None)
    with pytest.raises(ImportError, match=MISSING[:30]):
        bosons.from_phonopy(path)


@pytest.mark.parametrize("compact", [True, False])
def test_frequencies_are_those_of_phonopy(compact, tmp_path):
    """Two atoms in an fcc cell, springs between all atoms and noise; the reference is phonopy's dynamical matrix."""
    phonopy = pytest.importorskip("phonopy", reason="phonopy is not installed")
    from phonopy.structure.atoms import PhonopyAtoms

    positions = [[0, 0, 0], [0.25, 0.25, 0.25]]
    cell = PhonopyAtoms(symbols=["Ga", "As"], scaled_positions=positions, cell=2.8 * (np.ones((3, 3)) - np.eye(3)))
    crystal = phonopy.Phonopy(cell, supercell_matrix=np.diag([2, 2, 2]), primitive_matrix=np.eye(3), log_level=0)
    n = len(crystal.supercell)
    noise = 0.02 * np.random.default_rng(0).normal(size=(n, n, 3, 3))
    noise = noise + noise.swapaxes(2, 3)
    constants = -0.2 * np.eye(3) + noise + noise.swapaxes(0, 1)
    constants[np.arange(n), np.arange(n)] -= constants.sum(axis=1)
    crystal.force_constants = constants
    if compact:
        crystal.force_constants = crystal.force_constants[crystal.primitive.p2s_map]
    q = np.random.default_rng(1).uniform(-0.5, 0.5, size=(4, 3))
    expected = []
    for point in q:
        crystal.dynamical_matrix.run(point)
        squares = np.linalg.eigvalsh(crystal.dynamical_matrix.dynamical_matrix)
        expected.append(np.sqrt(squares) * crystal.unit_conversion_factor * MEV_PER_THZ)
    model = bosons.from_phonopy(crystal, sum_rule=False)  # the noise has no translations
    found = model.energies(q @ model.cell.reciprocal)[:, 6:]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    crystal.save(tmp_path / "phonopy_params.yaml", settings={"force_constants": True})
    again = bosons.from_phonopy(tmp_path / "phonopy_params.yaml", sum_rule=False).energies(q @ model.cell.reciprocal)[
        :, 6:
    ]
    np.testing.assert_allclose(again, expected, rtol=1e-3)
