"""Real files: published numbers, and what is found in them. Skipped where the reference data is not there."""

from __future__ import annotations

import numpy as np
import pytest
from crystals import platinum
from reference_materials import data

import symcur as sc
from symcur.materials import Material, read, read_functions

FERMI = 12.6279  # eV, of Fe


@pytest.fixture(scope="module")
def iron():
    """As in the input of Wannier90's tests, use_ws_distance = false."""
    return read_functions([data(f"Fe/Fe.{ending}") for ending in ("chk.fmt.bz2", "eig", "spn", "mmn.bz2", "win")])


def bloch_sum(functions, X, k):
    return np.tensordot(np.exp(1j * k @ (functions.cells @ functions.lattice).T), X, axes=1)


def test_the_spin_moment_of_iron_is_the_published_one(iron):
    """testpostw90_fe_spin of Wannier90: 3.090787 Bohr magnetons on 4^3 points, from S(R)."""
    k = sc.brillouin.LatticeCell(iron.lattice).momenta(4)
    e, u = np.linalg.eigh(bloch_sum(iron, iron.hamiltonian, k))
    S = bloch_sum(iron, iron.spin, k)
    moment = -2 * np.einsum("kn,kan,kabi,kbn->i", e < FERMI, u.conj(), S, u).real / len(k)
    np.testing.assert_allclose(moment, [0, 0, 3.090787], atol=1e-5)


def test_the_anomalous_hall_conductivity_of_iron_is_the_published_one(iron):
    """testpostw90_fe_ahc of Wannier90: 0.0334, 0.0572, 1222.1510 S/cm on 10^3 points, with every term of A(R).

    Omega_ij = d_i A_j - d_j A_i - i[A_i, A_j] within the functions, and the part of v_i = d_i H - i[A_i, H] between bands.
    """
    cell = sc.brillouin.LatticeCell(iron.lattice)
    k, R = cell.momenta(10), iron.cells @ iron.lattice
    H, A = (bloch_sum(iron, X, k) for X in (iron.hamiltonian, iron.position))
    e, u = np.linalg.eigh(H)
    occupied = (e < FERMI).astype(float)

    def rotated(X):
        return u.conj().swapaxes(1, 2) @ X @ u

    with np.errstate(divide="ignore", invalid="ignore"):
        pairs = occupied[:, :, None] * (1 - occupied[:, None, :]) / (e[:, :, None] - e[:, None, :]) ** 2
    pairs[~np.isfinite(pairs)] = 0
    found = []
    for i, j in ((1, 2), (2, 0), (0, 1)):
        dA = bloch_sum(
            iron, 1j * (R[:, i, None, None] * iron.position[..., j] - R[:, j, None, None] * iron.position[..., i]), k
        )
        F = dA - 1j * (A[..., i] @ A[..., j] - A[..., j] @ A[..., i])
        v = [
            rotated(bloch_sum(iron, 1j * R[:, axis, None, None] * iron.hamiltonian, k) - 1j * (A[..., axis] @ H - H @ A[..., axis]))
            for axis in (i, j)
        ]  # fmt: skip
        inside = np.einsum("kn,knn->", occupied, rotated(F)).real
        between = -2 * np.einsum("knm,knm,kmn->", pairs, *v).imag
        found.append((inside + between) / len(k))
    to_si = -(1.602176634e-19**2) / (1.054571817e-34 * cell.volume * 1e-10) / 100  # S/cm
    np.testing.assert_allclose(to_si * np.array(found), [0.0334, 0.0572, 1222.1510], atol=5.1e-5)


def test_iron_is_known_by_its_spin_matrices(iron):
    for s in ("spin_x", "spin_z"):
        material = Material(iron, s)
        np.testing.assert_allclose(np.sort(np.linalg.eigvalsh(material.s)), np.repeat([-0.5, 0.5], 9), atol=1e-3)
    assert (
        "part of the spin matrices between functions at one centre; the largest element left out is 0.0026"
        in material.summary()
    )
    assert "A(R) = <0|r|R> was up to 0.081 Angstrom from Hermitian" in material.summary()


def test_platinum_breaks_time_reversal_as_its_readme_says():
    functions = platinum()
    material = Material(functions)
    assert "Spin order 'block', as time reversal shows" in material.summary()
    assert "|T H(R)* T^-1 - H(R)| is at most 0.055 eV" in material.summary()
    median, most = material.pair_splitting
    assert 0.002 < median < 0.005
    assert most > 0.03
    np.testing.assert_array_equal(material.s.diagonal().real, np.repeat([0.5, -0.5], 9))
    with pytest.raises(
        ValueError, match=r"'block', which breaks it by 0\.055 eV; got 'interlaced', which would break it by 15 eV"
    ):
        Material(functions, spin="interlaced")


def test_platinum_asks_for_what_its_file_lacks():
    path = data("Pt/wannier90_hr.dat.gz")
    with pytest.raises(ValueError, match=r"lattice: expected the primitive vectors, got .*, which does not hold them"):
        read(path)


def test_a_half_set_of_hoppings_is_completed():
    assert len(read_functions(data("InAs/InAs_sym_reference.hdf5")).cells) == 501  # from 251


def test_indium_arsenide_keeps_time_reversal():
    material = read(data("InAs/InAs_sym_reference.hdf5"))
    assert "Spin order 'block', as time reversal shows" in material.summary()
    k = np.random.default_rng(0).uniform(-1, 1, size=(5, 3))
    T = np.kron([[0, 1], [-1, 0]], np.eye(7))
    assert np.abs(T @ material.matrix("H", -k).conj() @ T.T - material.matrix("H", k)).max() < 2e-14
    np.testing.assert_allclose(material.functions.lattice, 3.029 * (np.ones((3, 3)) - np.eye(3)))
    np.testing.assert_allclose(material.centres[4], 0.25 * material.functions.lattice.sum(axis=0))


def test_gallium_arsenide_has_its_centres_in_the_position_matrix():
    material = read(data("GaAs/GaAs_sym_tb.dat.gz"))
    notes = material.summary()
    assert "Spin order 'block', as time reversal shows" in notes
    assert "A(R) = <0|r|R> was up to 0.13 Angstrom from Hermitian" in notes
    bonds = np.linalg.norm(material.centres[:8] - material.centres[8:], axis=1)
    assert bonds.max() < 1e-12  # partners were put together
    np.testing.assert_allclose(material.centres[:4].mean(axis=0), 0, atol=1e-3)  # sp3 around the first atom
    np.testing.assert_allclose(
        material.centres[4:8].mean(axis=0), 1.412, atol=1e-3
    )  # and around a quarter of the diagonal


def test_tbmodels_itself_agrees():
    tbmodels = pytest.importorskip("tbmodels")
    path = data("InAs/InAs_sym_reference.hdf5")
    material = read(path)
    k = np.array([0.1, 0.2, 0.3])
    expected = tbmodels.io.load(str(path)).hamilton(k, convention=1)
    np.testing.assert_allclose(material.matrix("H", k @ material.cell.reciprocal), expected, atol=1e-12)
