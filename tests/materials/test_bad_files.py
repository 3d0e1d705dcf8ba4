"""Damaged, mixed-up and foreign files: one ValueError each, which names the file and what was expected, and nothing else."""

from __future__ import annotations

import bz2
import gzip
import random
import re

import numpy as np
import pytest
import wannier_files as files

from symcur.materials import Material, read, read_functions

MADE = files.calculation()
CELLS, WEIGHTS, H, A = files.hoppings(2)
HR, TB = files.hr(CELLS, WEIGHTS, H), files.tb(CELLS, WEIGHTS, H, A)
CENTRES = np.zeros((2, 3))
WIN = files.win().replace("= 4", "= 2") + "begin atoms_frac\nPt 0 0 0\nend atoms_frac\n"


def write(folder, **contents):
    """Files x_hr.dat, x.eig, ... by keyword "_hr_dat", "eig", ...; returns the first."""
    paths = []
    for name, content in contents.items():
        ending = {
            "hr": "_hr.dat",
            "tb": "_tb.dat",
            "wsvec": "_wsvec.dat",
            "xyz": "_centres.xyz",
            "fmt": ".chk.fmt",
        }.get(name, "." + name)
        paths.append(folder / f"x{ending}")
        paths[-1].write_bytes(content if isinstance(content, bytes) else content.encode())
    return paths[0]


def refused(source, message, **options):
    with pytest.raises(ValueError, match=message) as told:
        read_functions(source, **options)
    return str(told.value)


def line(text, number, change):
    """The text with one line (counted from 1) replaced."""
    rows = text.split("\n")
    rows[number - 1] = change(rows[number - 1])
    return "\n".join(rows)


# -- text --------------------------------------------------------------------------------------------------------------
FIRST = 3 + -(-len(CELLS) // 15) + 1  # the first line of H(R) in _hr.dat


@pytest.mark.parametrize(
    ("damage", "number", "expected"),
    [
        (lambda text: line(text, 2, lambda _: "many"), 2, "the number of Wannier functions"),
        (lambda text: line(text, 2, lambda _: "0"), 2, "the number of Wannier functions, from 1 to"),
        (lambda text: line(text, 3, lambda _: "99999999999"), 3, "the number of R vectors, from 1 to"),
        (lambda text: line(text, 2, lambda _: "3"), None, "R .three integers., two indices, and H_ab.R.: 7 numbers"),
        (lambda text: line(text, 4, lambda row: row.replace("1", "0")), 5, "degeneracies, positive integers"),
        (lambda text: line(text, FIRST + 2, lambda row: row[:-5] + "*****"), FIRST + 2, "7 numbers"),
        (lambda text: line(text, FIRST + 2, lambda row: row + " 1"), FIRST + 2, "7 numbers"),
        (lambda text: line(text, FIRST + 2, lambda row: row[:-9] + "nan"), FIRST + 2, "7 numbers .*, finite"),
        (
            lambda text: line(text, FIRST + 1, lambda row: row[:15] + "    9" + row[20:]),
            FIRST + 1,
            "two indices from 1 to 2",
        ),
        (
            lambda text: line(text, FIRST + 1, lambda row: row[:15] + "    1" + row[20:]),
            FIRST + 1,
            "every pair of indices once",
        ),
        (
            lambda text: line(text, FIRST + 5, lambda row: "   77" + row[5:]),
            FIRST + 5,
            "R, three integers, the same in blocks of 4",
        ),
        (lambda text: text[: len(text) // 2], None, "7 numbers"),
        (lambda text: text + "1 2 3\n", FIRST + 4 * len(CELLS), "the end of the file"),
    ],
)
def test_a_damaged_line_of_hr_is_named(tmp_path, damage, number, expected):
    told = refused(write(tmp_path, hr=damage(HR)), expected, lattice=files.LATTICE, centres=CENTRES)
    found = re.match(r".*x_hr\.dat, line (\d+): expected", told)
    assert found, told
    assert number is None or int(found[1]) == number


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ({"tb": TB.replace("3.00", "3,00", 1)}, r"x_tb\.dat, line 2: expected a primitive vector in Angstrom"),
        ({"tb": HR}, r"x_tb\.dat, line \d+: expected"),
        ({"hr": TB, "win": files.win()}, r"x_hr\.dat, line \d+: expected"),
        ({"tb": TB[: len(TB) * 3 // 4]}, r"x_tb\.dat, line \d+: expected .*end of the file|x_tb\.dat, line \d+"),
        ({"hr": HR, "wout": files.wout(np.zeros((3, 3)))}, r"x\.wout: expected 2 Wannier functions, .* got 3"),
        ({"hr": HR, "win": WIN + "begin projections\nPt:s(u)\nend projections"}, r"x\.win: expected projections at sites"),
        ({"hr": HR, "wout": "no such run"}, r"x\.wout: expected the lines a_1, a_2, a_3"),
        ({"hr": HR, "wout": files.wout(CENTRES).replace("Final", "Last")}, r"x\.wout: expected 'Final State'"),
        ({"hr": HR, "wout": files.wout(CENTRES).replace("spread    2", "spread    3")}, r"x\.wout, line \d+: expected 'WF centre"),
        ({"hr": HR, "wout": files.wout(CENTRES), "win": files.win().replace("cart", "x")}, r"x\.win: expected num_wann = 2"),
        ({"hr": HR, "win": files.win().replace("= 4", "= two")}, r"x\.win: expected num_wann = 1 positive integers, got 'two'"),
        ({"hr": HR, "win": files.win() + "begin atoms_frac\nPt 0 0\nend atoms_frac"}, r"x\.win, line 11: expected an atom"),
        ({"hr": HR, "win": files.win() + "begin atoms_frac\nPt 0 0 0"}, r"x\.win, line \d+: expected 'end atoms_frac'"),
        ({"hr": HR, "win": files.win().replace("bohr", "feet")}, r"x\.win, line 4: expected a vector of three numbers"),
        ({"hr": HR, "xyz": "3\n\nX 0 0 0\n", "win": files.win()}, r"x_centres\.xyz, line \d+: expected a label"),
        ({"hr": HR, "xyz": "1\n\nPt 0 0 0\n", "win": files.win()}, r"x_centres\.xyz: expected lines labelled X"),
        ({"hr": HR, "wsvec": "no", "win": files.win("").replace("= 4", "= 2")}, r"x_wsvec\.dat, line 1: expected .*use_ws_distance"),
        (
            {"hr": HR, "wsvec": "use_ws_distance\n 9 9 9 1 1\n", "win": files.win("").replace("= 4", "= 2")},
            r"x_wsvec\.dat, line 2: expected R and two indices of .*x_hr\.dat, each once",
        ),
        ({"hdf5": b"\x89HDF\r\n\x1a\n" + bytes(200)}, r"x\.hdf5: expected a whole file of TBmodels"),
        ({"hdf5": HR}, r"x\.hdf5: expected an HDF5 file"),
        ({"chk": HR}, r"x\.chk, line 2: expected|x\.chk, line \d+: expected|source: expected the energies"),
    ],
)  # fmt: skip
def test_files_that_do_not_fit_are_named(tmp_path, contents, message):
    refused(write(tmp_path, **contents), message)


def test_a_hamiltonian_that_is_not_hermitian_is_refused(tmp_path):
    wrong = H.copy()
    wrong[3, 0, 1] += 0.1
    told = refused(
        write(tmp_path, hr=files.hr(CELLS, WEIGHTS, wrong)), r"expected H\(-R\) = H\(R\)\^\+", lattice=files.LATTICE
    )
    assert re.search(r"a difference of 0\.0\d+ eV at R = \[", told)
    half = slice(len(CELLS) // 2, None)
    told = refused(
        write(tmp_path, hr=files.hr(CELLS[half], WEIGHTS[half], H[half])),
        r"the file has no R = \[-?\d, -?\d, -?\d\]",
        lattice=files.LATTICE,
    )
    assert "x_hr.dat" in told


def test_lattices_must_agree(tmp_path):
    path = write(tmp_path, tb=TB)
    refused(path, "lattice: expected that of .*x_tb.dat", lattice=files.LATTICE * 1.01)
    refused(path, "lattice: expected as many primitive vectors", lattice=[[1, 2]])
    refused(path, r"expected a lattice of independent vectors|lattice: expected that of", lattice=np.ones((3, 3)))
    write(tmp_path, win=files.win("").replace("= 4", "= 2").replace("5.6", "5.7"))
    refused(path, r"lattice: expected that of")


def test_arguments_that_do_not_fit_are_named(tmp_path):
    path = write(tmp_path, hr=HR)
    with pytest.raises(ValueError, match=r"centres: expected the centres of the 2 Wannier functions, got .*x_hr\.dat"):
        read(path, lattice=files.LATTICE)
    refused(
        path,
        r"centres: expected finite numbers of shape \(2, 3\), got shape \(3, 3\)",
        lattice=files.LATTICE,
        centres=np.eye(3),
    )
    refused(path, r"ties: expected a length", ties=-1)
    with pytest.raises(ValueError, match="level: expected 'tight_binding' or 'projected' or 'full', got 'exact'"):
        read(path, lattice=files.LATTICE, centres=CENTRES, level="exact")
    with pytest.raises(TypeError, match="functions: expected WannierFunctions"):
        Material("x_hr.dat")
    with pytest.raises(ValueError, match="at_one_centre: expected a length"):
        read(path, lattice=files.LATTICE, centres=CENTRES, at_one_centre=float("nan"))


def test_a_block_that_comes_twice_is_refused(tmp_path):
    cell = "begin unit_cell_cart\n1 0 0\n0 1 0\n0 0 1\nend unit_cell_cart\n"
    refused(
        write(tmp_path, hr=HR, win=cell + cell).parent / "x_hr.dat",
        r"x\.win, line 6: expected one block unit_cell_cart",
    )


def test_minimal_distances_that_no_file_holds_are_noted(tmp_path):
    """H(R) is read as it is, which interpolates differently from Wannier90, and says so."""
    for value, noted in (("true", True), ("false", False)):
        path = write(tmp_path, hr=HR, win=WIN + f"use_ws_distance = {value}\n")
        notes = " ".join(read_functions(path, centres=CENTRES).notes)
        assert ("another interpolation than that of Wannier90" in notes) is noted


def test_orbitals_without_atoms_can_stand_at_positions(tmp_path):
    path = write(tmp_path, hr=HR)
    with pytest.raises(ValueError, match="'f=x,y,z' where no atoms are given, got 'A: s'"):
        read(path, lattice=files.LATTICE, centres=CENTRES, s="orbital_z", orbitals="A: s")


def test_sources_that_are_no_files_are_refused(tmp_path):
    path = write(tmp_path, hr=HR)
    refused(tmp_path / "y_hr.dat", "y_hr.dat: expected a file, got nothing of this name", lattice=files.LATTICE)
    refused(tmp_path / "y_hr.dat", "y_hr.dat: expected a file, got nothing of this name")
    refused(tmp_path / "y.chk", "y.chk: expected a file, got nothing of this name")
    refused(tmp_path / "x.cif", "x.cif: expected a name that tells what the file is")
    refused([path, tmp_path / "z_hr.dat"], "one file of each kind")
    refused([path, write(tmp_path, tb=TB)], "one file with the Hamiltonian, .* got .*x_hr.dat and .*x_tb.dat")
    refused([write(tmp_path, win="")], r"got .*x\.win; it holds none, and is read by itself")
    (tmp_path / "d_hr.dat").mkdir()
    refused(tmp_path / "d_hr.dat", "got a directory", lattice=files.LATTICE)
    for wrong in (3, None, [3], b"x_hr.dat"):
        with pytest.raises(TypeError, match="source: expected a path"):
            read_functions(wrong)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_compressed_files_must_be_whole(tmp_path, pack):
    for damaged in (pack(HR.encode())[:-30], pack(HR.encode())[:20] + bytes(40)):
        refused(write(tmp_path, hr=damaged), r"x_hr\.dat: expected a whole compressed file", lattice=files.LATTICE)


# -- checkpoints -------------------------------------------------------------------------------------------------------
WHOLE = {"chk": files.checkpoint(MADE, binary=True), "eig": files.eig(MADE), "spn": files.spn(MADE, binary=True), "nnkp": files.nnkp(MADE)}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"eig": None}, r"source: expected the energies of .*x\.chk, SEED\.eig"),
        ({"eig": files.eig(files.calculation(B=6))}, r"x\.eig, line 6: expected band 1 at k point 2 \(there are 5 bands and 12"),
        ({"eig": files.eig(files.calculation((2, 2, 2)))}, r"x\.eig, line 4[12]: expected a band, .*for 5 bands at 12 k points"),
        ({"spn": files.spn(files.calculation(B=6), binary=True)}, r"x\.spn, record 2: expected 5 bands and 12 k points, .*\[6, 12\]"),
        ({"spn": files.spn(files.calculation(B=6), binary=False)}, r"x\.spn, line 2: expected 5 bands and 12 k points"),
        ({"spn": WHOLE["spn"][:-9]}, r"x\.spn, record 14: expected sigma at k point 12 of 12"),
        ({"spn": WHOLE["spn"] + b"more"}, r"x\.spn, record 15: expected the end of the file"),
        ({"nnkp": files.nnkp(files.calculation((3, 2, 2)))}, r"x\.nnkp: expected"),
        ({"nnkp": files.nnkp(files.calculation(seed=4))}, r"x\.nnkp: expected the neighbours in the order of"),
        ({"nnkp": "begin nnkpts\n 7\n"}, r"x\.nnkp, line 2: expected 12 k points with 12 neighbours"),
        ({"nnkp": None, "mmn": files.mmn(MADE)[:-20]}, r"x\.mmn, line \d+: expected 144 blocks of 26 lines"),
        ({"chk": WHOLE["chk"][:1000]}, r"x\.chk, record \d+: expected .*, got the end of the file"),
        ({"chk": WHOLE["chk"] + b"\0"}, r"x\.chk, record 22: expected the end of the file"),
        ({"chk": b"\x21\0\0\0 and no more"}, r"x\.chk, record 1: expected a comment"),
    ],
)  # fmt: skip
def test_parts_of_a_checkpoint_must_belong_together(tmp_path, change, message):
    contents = {name: content for name, content in (WHOLE | change).items() if content is not None}
    first = write(tmp_path, **contents)
    refused([*tmp_path.iterdir()] if "mmn" in change else first, message)


def test_a_checkpoint_that_is_none_of_wannier_functions_is_refused(tmp_path):
    made = files.calculation()
    made.U[2] *= 1.1
    refused(
        write(tmp_path, **WHOLE | {"chk": files.checkpoint(made, binary=True)}),
        "expected orthonormal Wannier functions",
    )
    made = files.calculation()
    made.k[3] += 0.1
    refused(write(tmp_path, **WHOLE | {"chk": files.checkpoint(made, binary=True)}, ), "k: expected points of the mesh|expected the neighbours")  # fmt: skip
    made = files.calculation()
    made.mesh[:] = 3, 2, 2
    refused(write(tmp_path, **WHOLE | {"chk": files.checkpoint(made, binary=True), "nnkp": ""}), "expected")


# -- anything ----------------------------------------------------------------------------------------------------------
SEEDS = {
    "hr": HR, "tb": TB, "wsvec": "use_ws_distance\n", "xyz": files.xyz(CENTRES), "wout": files.wout(CENTRES), "win": WIN,
    "fmt": files.checkpoint(MADE, binary=False), **WHOLE,
}  # fmt: skip


LATTICES = {"hr": files.LATTICE}


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Bytes changed, cut off, doubled, or nothing but noise."""
    kind = rng.randrange(5)
    if kind == 0:
        return rng.randbytes(rng.randrange(400))
    at = rng.randrange(len(data))
    if kind == 1:
        return data[:at]
    if kind == 2:
        return data[:at] + data[at // 2 :]
    changed = bytearray(data)
    for _ in range(rng.choice((1, 5, 50))):
        changed[rng.randrange(min(len(data), rng.choice((60, 400, len(data)))))] = (
            rng.choice(b"0123456789 .-\n\0\xff*eE") if kind == 3 else rng.randrange(256)
        )
    return bytes(changed)


@pytest.mark.parametrize("kind", SEEDS)
def test_no_file_crashes_deep_inside(tmp_path, kind):
    """Whatever the bytes are, the files are read or there is a ValueError that says where and what was expected."""
    rng = random.Random(kind)
    content = SEEDS[kind] if isinstance(SEEDS[kind], bytes) else SEEDS[kind].encode()
    around = WHOLE if kind in (*WHOLE, "fmt") else {"hr": HR, "win": WIN} if kind != "tb" else {}
    told: list[str] = []
    for number in range(60):
        made = {name: value for name, value in around.items() if not (kind == "fmt" and name == "chk")}
        main = {"fmt": "fmt", "tb": "tb"}.get(kind, next(iter(around), kind))
        folder = tmp_path / str(number)
        folder.mkdir()
        made[kind] = mutated(content, rng)
        path = write(folder, **{main: made.pop(main), **made})
        try:
            read_functions(path, lattice=None if kind in ("win", "wout") else LATTICES.get(main))
        except ValueError as error:
            told.append(str(error))
    assert len(told) > 10
    assert [text for text in told if "expected" not in text or "got" not in text] == []
