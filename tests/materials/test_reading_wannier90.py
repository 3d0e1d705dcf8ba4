"""Files of Wannier90: what is read is what the specification of the format says was written."""

from __future__ import annotations

import bz2
import gzip

import numpy as np
import pytest
import wannier_files as files

from symcur.materials import read_functions

MADE = files.calculation()


def bloch_sum(functions, matrices, fractions):
    """sum_R exp(i k.R) X(R) at k in fractions of the reciprocal vectors."""
    phases = np.exp(2j * np.pi * fractions @ functions.cells.T)
    return np.tensordot(phases, matrices, axes=1)


@pytest.fixture
def folder(tmp_path):
    """A calculation, binary checkpoint, with everything that goes with it."""
    for name, content in {
        "x.chk": files.checkpoint(MADE, binary=True),
        "x.eig": files.eig(MADE).encode(),
        "x.spn": files.spn(MADE, binary=True),
        "x.nnkp": files.nnkp(MADE).encode(),
    }.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize("minimal_distance", [True, False])
def test_functions_of_a_checkpoint_have_the_energies_and_spin_of_its_states(folder, minimal_distance):
    """On the mesh, H(k) = V^+ e V and S(k) = V^+ sigma V / 2, wherever the elements are put."""
    found = read_functions(folder / "x.chk", minimal_distance=minimal_distance)
    V = MADE.states
    H = np.einsum("kna,kn,knb->kab", V.conj(), MADE.energies, V)
    S = np.einsum("kna,knmi,kmb->kabi", V.conj(), MADE.sigma, V) / 2
    assert np.abs(bloch_sum(found, found.hamiltonian, MADE.k) - H).max() < 1e-12
    assert np.abs(bloch_sum(found, found.spin, MADE.k) - S).max() < 1e-12
    np.testing.assert_allclose(found.centres, MADE.centres, atol=1e-12)


def test_position_is_the_finite_difference_of_the_overlaps(folder):
    """A = i sum_b w_b b [M - 1], Hermitian part, with sum_b w_b b_i b_j = delta_ij; weights by an own solution."""
    found = read_functions(folder / "x.chk")
    G = 2 * np.pi * np.linalg.inv(files.LATTICE).T
    b = (MADE.k[MADE.neighbours[0, :, 0]] + MADE.neighbours[0, :, 1:] - MADE.k[0]) @ G
    pairs = [n for n in range(len(b)) if n < np.argmin(np.abs(b + b[n]).sum(axis=1))]  # one of b and -b
    rows = [2 * np.outer(b[n], b[n])[np.triu_indices(3)] for n in pairs]
    w = np.linalg.solve(np.array(rows).T, np.eye(3)[np.triu_indices(3)])
    A = 0
    for weight, n in zip(w, pairs, strict=True):
        for vector in (b[n], -b[n]):
            place = [int(np.argmin(np.abs((MADE.k[row[:, 0]] + row[:, 1:] - k) @ G - vector).sum(axis=1)))
                     for row, k in zip(MADE.neighbours, MADE.k, strict=True)]  # fmt: skip
            M = MADE.M[range(len(MADE.k)), place]
            A = A + 1j * weight * vector * (M - np.eye(4))[..., None]
    A = (A + A.swapaxes(1, 2).conj()) / 2
    assert np.abs(bloch_sum(found, found.position, MADE.k) - A).max() < 1e-11


@pytest.mark.parametrize("change", ["x.chk.fmt", "x.spn", "x.mmn", "big endian", "gz", "bz2"])
def test_formatted_binary_and_compressed_files_hold_the_same(folder, change):
    expected = read_functions(folder / "x.chk")
    name = "x.chk"
    if change == "x.chk.fmt":
        (folder / name).unlink()
        name = "x.chk.fmt"
        (folder / name).write_bytes(files.checkpoint(MADE, binary=False))
    elif change == "x.spn":
        (folder / change).write_bytes(files.spn(MADE, binary=False))
    elif change == "x.mmn":
        (folder / "x.nnkp").unlink()
        (folder / change).write_text(files.mmn(MADE))
    elif change == "big endian":
        (folder / "x.spn").write_bytes(big_endian((folder / "x.spn").read_bytes()))
    else:
        pack = gzip.compress if change == "gz" else bz2.compress
        for path in list(folder.iterdir()):
            path.with_name(f"{path.name}.{change}").write_bytes(pack(path.read_bytes()))
            path.unlink()
        name = f"x.chk.{change}"
    source = folder / name if change != "x.mmn" else [folder / f"x.{ending}" for ending in ("chk", "eig", "spn", "mmn")]
    found = read_functions(source)
    for attribute in ("cells", "hamiltonian", "spin", "position", "centres", "lattice"):
        np.testing.assert_allclose(getattr(found, attribute), getattr(expected, attribute), rtol=0, atol=1e-14)


def big_endian(data: bytes) -> bytes:
    """An .spn file as a machine of the other byte order writes it."""
    out, at = b"", 0
    for number in range(2 + len(MADE.k)):
        size = int.from_bytes(data[at : at + 4], "little")
        raw, mark = data[at + 4 : at + 4 + size], size.to_bytes(4, "big")
        kind = (None, "i4", *["f8"] * len(MADE.k))[number]
        out += mark + (raw if kind is None else np.frombuffer(raw, kind).byteswap().tobytes()) + mark
        at += size + 8
    return out


def test_elements_go_to_the_nearest_of_equal_cells(folder):
    """X_ab(R) of the supercell is where |R + T + r_b - r_a| is smallest, and those equally near share it."""
    ties = 0.3
    found = read_functions(folder / "x.chk", minimal_distance=True, ties=ties)
    V = MADE.states
    on_mesh = np.einsum("kna,kn,knb->kab", V.conj(), MADE.energies, V)
    shifts = (np.array(list(np.ndindex(7, 7, 7))) - 3) * MADE.mesh
    expected: dict[tuple, np.ndarray] = {}
    shared = 0
    for R in np.ndindex(*MADE.mesh):
        X = np.tensordot(np.exp(-2j * np.pi * MADE.k @ R), on_mesh, axes=1) / len(MADE.k)
        for a, b in np.ndindex(4, 4):
            length = np.linalg.norm((R + shifts) @ files.LATTICE + MADE.centres[b] - MADE.centres[a], axis=1)
            near = R + shifts[length <= length.min() + ties]
            shared += len(near) > 1
            for cell in map(tuple, near):
                expected.setdefault(cell, np.zeros((4, 4), dtype=complex))[a, b] = X[a, b] / len(near)
    assert shared > 10
    assert set(map(tuple, found.cells)) == set(expected)
    for cell, matrix in zip(found.cells, found.hamiltonian, strict=True):
        np.testing.assert_allclose(matrix, expected[tuple(cell)], atol=1e-13)


def test_use_ws_distance_is_taken_from_the_input_of_wannier90(folder):
    ours = read_functions(folder / "x.chk")
    (folder / "x.win").write_text(files.win("use_ws_distance = .false."))
    plain = read_functions(folder / "x.chk")
    assert len(plain.cells) != len(ours.cells)
    np.testing.assert_array_equal(plain.cells, read_functions(folder / "x.chk", minimal_distance=False).cells)


# -- text files of H(R) ------------------------------------------------------------------------------------------------
CELLS, WEIGHTS, H, A = files.hoppings()
R_CENTRES = np.random.default_rng(8).uniform(-1, 1, size=(4, 3))
K = np.random.default_rng(9).uniform(size=(5, 3))


def test_degeneracies_divide_the_hamiltonian(tmp_path):
    path = tmp_path / "x_hr.dat"
    path.write_text(files.hr(CELLS, WEIGHTS, H))
    found = read_functions(path, lattice=files.LATTICE, centres=R_CENTRES)
    expected = np.tensordot(np.exp(2j * np.pi * K @ CELLS.T) / WEIGHTS, np.round(H, 6), axes=1)
    assert np.abs(bloch_sum(found, found.hamiltonian, K) - expected).max() < 1e-12
    np.testing.assert_array_equal(found.centres, R_CENTRES)


@pytest.mark.parametrize("written", [files.hr, files.tb])
def test_the_home_cell_has_no_equals(tmp_path, written):
    """R = 0 lies inside the Wigner-Seitz cell of the supercell: another degeneracy is a damaged file, with wrong energies."""
    path = tmp_path / f"x_{written.__name__}.dat"
    path.write_text(written(CELLS, np.where(CELLS.any(axis=1), WEIGHTS, 2), H, *([A] if written is files.tb else [])))
    with pytest.raises(
        ValueError, match=r"1 as the degeneracy of R = 0, which lies inside the Wigner-Seitz cell, got .*2"
    ):
        read_functions(path, lattice=None if written is files.tb else files.LATTICE)


def test_the_position_matrix_of_tb_files_gives_the_centres(tmp_path):
    path = tmp_path / "x_tb.dat"
    path.write_text(files.tb(CELLS, WEIGHTS, H, A))
    found = read_functions(path)
    expected = np.tensordot(np.exp(2j * np.pi * K @ CELLS.T) / WEIGHTS, A, axes=1)
    np.testing.assert_allclose(bloch_sum(found, found.position, K), expected, atol=1e-6)
    here = np.flatnonzero((CELLS == 0).all(axis=1))[0]
    np.testing.assert_allclose(found.centres, A[here].diagonal().real.T, atol=1e-7)
    np.testing.assert_allclose(found.lattice, files.LATTICE)


def test_shifts_of_wsvec_stand_in_the_phases(tmp_path):
    """H_ab(k) = sum_R H_ab(R)/w_R (1/n) sum_T exp(i k.(R + T))."""
    rng = np.random.default_rng(4)
    vectors = np.empty((len(CELLS), 4, 4), dtype=object)
    for n, a, b in np.ndindex(vectors.shape):
        if a <= b:
            vectors[n, a, b] = rng.integers(-2, 3, size=(rng.integers(1, 4), 3))
    for n, a, b in np.ndindex(vectors.shape):
        back = len(CELLS) - 1 - n
        if a == b and n >= back:
            vectors[n, a, a] = -vectors[back, a, a] if n > back else np.zeros((1, 3), dtype=int)
        elif a > b:
            vectors[n, a, b] = -vectors[back, b, a]
    (tmp_path / "x_hr.dat").write_text(files.hr(CELLS, WEIGHTS, H))
    (tmp_path / "x_wsvec.dat").write_text(files.wsvec(CELLS, vectors))
    found = read_functions(tmp_path / "x_hr.dat", lattice=files.LATTICE)
    expected = np.zeros((len(K), 4, 4), dtype=complex)
    for (n, a, b), shifts in np.ndenumerate(vectors):
        phases = np.exp(2j * np.pi * K @ (CELLS[n] + shifts).T).mean(axis=1)
        expected[:, a, b] += phases * np.round(H[n, a, b], 6) / WEIGHTS[n]
    np.testing.assert_allclose(bloch_sum(found, found.hamiltonian, K), expected, atol=1e-12)


@pytest.mark.parametrize("unit", ["Ang", "Bohr"])
def test_lattice_and_centres_are_those_of_the_final_state_in_wout(tmp_path, unit):
    (tmp_path / "x_hr.dat").write_text(files.hr(CELLS, WEIGHTS, H))
    (tmp_path / "x.wout").write_text(files.wout(R_CENTRES, unit))
    found = read_functions(tmp_path / "x_hr.dat")
    np.testing.assert_allclose(found.lattice, files.LATTICE, atol=1e-6)
    np.testing.assert_allclose(found.centres, R_CENTRES, atol=1e-6)


def test_centres_of_xyz_need_to_be_known_as_those_of_the_hamiltonian(tmp_path):
    """translate_home_cell moves them by lattice vectors, which H(R) does not follow."""
    (tmp_path / "x_hr.dat").write_text(files.hr(CELLS, WEIGHTS, H))
    (tmp_path / "x_centres.xyz").write_text(files.xyz(R_CENTRES))
    with pytest.raises(ValueError, match="translate_home_cell"):
        read_functions(tmp_path / "x_hr.dat", lattice=files.LATTICE)
    (tmp_path / "x.win").write_text(files.win("translate_home_cell = .true."))
    with pytest.raises(ValueError, match="translate_home_cell"):
        read_functions(tmp_path / "x_hr.dat")
    (tmp_path / "x.win").write_text(files.win())
    found = read_functions(tmp_path / "x_hr.dat")
    np.testing.assert_allclose(found.centres, R_CENTRES, atol=1e-8)
    np.testing.assert_allclose(found.lattice, files.LATTICE, atol=1e-12)
