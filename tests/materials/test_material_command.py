"""``symcur material`` on a small solid that is written to files: s and p functions with spin-orbit coupling on a simple cubic lattice."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from crystals import atomic_orbitals
from full_disk import full_disk
from wannier_files import hr

import symcur as sc
from symcur.brillouin import Mesh, sweep
from symcur.materials import Material, read_functions
from symcur.observables.windows import WindowedValues

LATTICE = 2.6 * np.eye(3)
ORBITALS = "X: s; p"
WIN = """num_wann = 8
begin unit_cell_cart
2.6 0 0
0 2.6 0
0 0 2.6
end unit_cell_cart
begin atoms_frac
X 0 0 0
end atoms_frac
begin projections
X: s; p
end projections
"""
FAST = ("--mu", "0.3", "--temperature", "1.5", "--mesh", "4", "--rtol", "0.9")


@pytest.fixture(scope="module", name="written")
def _written(tmp_path_factory):
    """X_hr.dat and X.win, with noise of a few meV in every element."""
    folder = tmp_path_factory.mktemp("solid")
    functions, _ = atomic_orbitals(LATTICE, {"X": [[0, 0, 0]]}, ORBITALS)
    near = np.abs(functions.cells).sum(axis=1) <= 1
    cells, H = functions.cells[near], functions.hamiltonian[near]
    noise = np.random.default_rng(0).normal(scale=2e-3, size=H.shape)
    H = H + noise + noise[::-1].swapaxes(1, 2)
    (folder / "X_hr.dat").write_text(hr(cells, np.ones(len(cells), dtype=int), H))
    (folder / "X.win").write_text(WIN)
    return folder


def solid(written, **more):
    return Material(read_functions(written / "X_hr.dat"), **more)


def test_numbers_are_those_of_the_conductivity_with_the_other_sign(symcur, written):
    status, out, err = symcur("material", str(written / "X_hr.dat"), *FAST, "--json")
    assert status == 0
    data = json.loads(out)
    expected = sc.conductivity(solid(written), 0.3, 1.5, method=Mesh(4), rtol=0.9, hall="paper, filled_multiplet")
    scale = sc.observables.units.CONDUCTANCE * 1e8
    for name, part in expected.parts.items():
        np.testing.assert_allclose(data["parts"][name]["value"], -scale * part.value, rtol=1e-13)
    assert set(data["parts"]) == {"conventional", "torque", "band", "dipole", "intrinsic", "filled_multiplet"}
    assert data["unit"] == "(hbar/e) S/cm in the sign of the literature, s in hbar"
    assert "carriers of charge -|e|" in data["convention"]
    assert "8 Wannier functions, 7 R vectors; H(R) is Hermitian to" in err


def test_a_conductivity_of_charge_is_in_siemens_per_centimetre(symcur, written):
    """The charge enters twice: the sign is the paper's, and nothing is counted in hbar."""
    ones = ",".join(8 * ["1"])
    status, out, _ = symcur("material", str(written / "X_hr.dat"), *FAST, "--s", ones, "--json")
    assert status == 0
    data = json.loads(out)
    assert data["unit"] == "S/cm"
    assert "hbar" not in data["convention"]
    expected = sc.conductivity(solid(written, s=np.ones(8)), 0.3, 1.5, method=Mesh(4), rtol=0.9)
    scale = sc.observables.units.CONDUCTANCE * 1e8
    np.testing.assert_allclose(
        data["parts"]["conventional"]["value"], scale * expected.parts["conventional"].value, rtol=1e-13
    )


def test_what_the_files_hold_is_said_before_the_numbers(symcur, written):
    status, out, _ = symcur("material", str(written / "X_hr.dat"), *FAST, "--flow", "x", "--field", "y")
    assert status == 0
    for text in (
        "level tight_binding, 8 Wannier functions",
        "Centres: the sites of the projections",
        "Spin order 'block', as time reversal shows",
        "Space group: Pm-3m (no. 221) with time reversal, 96 operations; H(R) has",
        "(hbar/e) S/cm in the sign of the literature, s in hbar",
        "level tight_binding: position is diagonal",
    ):
        assert text in out
    table = [line for line in out.splitlines() if line.startswith("0.3 ")]
    assert len(table) == 1
    assert table[0].split()[2] == "xy"


def test_symmetry_that_noise_breaks_is_restored(symcur, written):
    """One component stands for all six then."""
    mesh = ("--mesh", "16", "--rtol", "0.9")
    status, out, _ = symcur("material", str(written / "X_hr.dat"), *FAST[:4], *mesh, "--symmetrize", "--json")
    assert status == 0
    data = json.loads(out)
    assert "48 symmetries used" in data["message"]
    value = np.array(data["value"])
    assert abs(value[0, 1]) > 1
    np.testing.assert_allclose(value, value[0, 1] * np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 0]]), atol=1e-6)


def test_what_is_not_broken_is_not_to_be_restored(symcur, written, tmp_path):
    """H(R) of a symmetric crystal, and the same with noise."""
    functions, _ = atomic_orbitals(LATTICE, {"X": [[0, 0, 0]]}, ORBITALS)
    near = np.abs(functions.cells).sum(axis=1) <= 1
    weights = np.ones(near.sum(), dtype=int)
    (tmp_path / "Y_hr.dat").write_text(hr(functions.cells[near], weights, functions.hamiltonian[near]))
    (tmp_path / "Y.win").write_text(WIN)
    _, whole, _ = symcur("material", str(tmp_path / "Y_hr.dat"), *FAST)
    _, broken, _ = symcur("material", str(written / "X_hr.dat"), *FAST)
    assert "96 operations, which H(R) has to 1e-6 eV." in whole
    assert "--symmetrize" not in whole
    assert "--symmetrize restores them" in " ".join(broken.split())


def test_options_given_twice(symcur, written):
    """Energies and temperatures are all taken, of any other option the last."""
    command = (
        "material",
        str(written / "X_hr.dat"),
        "--mesh",
        "3",
        "--mesh",
        "4",
        "--rtol",
        "0.1",
        "--rtol",
        "0.9",
        "--json",
    )
    _, out, _ = symcur(*command, "--mu", "0.3", "--mu", "0.4,0.5", "--temperature", "1.5", "--temperature", "2")
    data = json.loads(out)
    assert (data["mu"], data["temperature"]) == ([0.3, 0.4, 0.5], [1.5, 2.0])
    assert "; 4 points per axis" in data["message"]


def test_lattice_and_centres_are_options_of_pictures_too(symcur, written, tmp_path):
    """Of a file alone; commands without these options name those that have them."""
    alone, picture = tmp_path / "alone_hr.dat", tmp_path / "bands.png"
    alone.write_bytes((written / "X_hr.dat").read_bytes())
    command = ("plot", str(alone), "s_expectation", "--path", "G=0,0,0 X=0,0,1", "--points", "4", "-o", str(picture))
    options = ("--lattice", "2.6,0,0 0,2.6,0 0,0,2.6", "--centres", "0,0,0", "--s", "spin_x", "--spin", "block")
    assert symcur(*command, *options)[0] == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    status, _, err = symcur(*command, *options[:-1], "interlaced")
    assert (status, err.startswith("symcur: spin: expected the order that time reversal shows")) == (2, True)
    status, _, err = symcur("compute", str(alone), "conductivity")
    assert status == 2
    assert err.startswith("symcur: lattice: expected the primitive vectors")
    assert err.endswith("; symcur material and symcur plot have options for it\n")
    for option in ("--lattice", "--centres", "--s", "--spin"):
        status, _, err = symcur("plot", "haldane", "s_dipole", option, "1", "-o", str(picture))
        assert (status, err) == (
            2,
            f"symcur: {option}: expected none for haldane, which is no file of Wannier functions, got '1'\n",
        )


def test_atoms_and_orbitals_stand_in_for_a_win_file(symcur, written, tmp_path):
    alone = tmp_path / "alone_hr.dat"
    alone.write_bytes((written / "X_hr.dat").read_bytes())
    cell = ("--lattice", "2.6,0,0 0,2.6,0 0,0,2.6", "--centres", "0,0,0")
    _, out, _ = symcur("material", str(alone), *FAST, *cell)
    assert "Space group: not looked for" in out
    status, out, _ = symcur(
        "material", str(alone), *FAST, *cell, "--atoms", "X=0,0,0", "--orbitals", ORBITALS, "--s", "orbital_z"
    )
    assert status == 0
    assert "Space group: Pm-3m (no. 221) with time reversal, 96 operations" in out
    assert "s has eigenvalues from -1 to 1." in out


@pytest.mark.slow
def test_scans_and_bands_are_drawn_whatever_the_errors(symcur, written, tmp_path):
    """Four points per axis do not see a Fermi surface at this temperature."""
    scan, bands = tmp_path / "scan.png", tmp_path / "bands.png"
    arguments = ("material", str(written / "X_hr.dat"), "--temperature", "0.01", "--mesh", "4", "--rtol", "0.9")
    status, out, _ = symcur(*arguments, "--energies", "0:0.4:3", "--plot", str(scan), "--flow", "x", "--field", "y")
    assert status == 1
    assert "inf (not met)" in out
    status, _, _ = symcur(*arguments, "--mu", "0.3", "--plot", str(bands), "--path", "G=0,0,0 X=0,0,1.2083")
    assert status == 1
    for k_space in (("--path", "G=0,0,0 X=0,0,1.2083", "--by", "conserved"), ("--plane", "0,0,0 1,0,0 0,1,0")):
        maps = tmp_path / f"{k_space[0]}.png"
        status, _, _ = symcur(*arguments, "--mu", "0.3", "--plot", str(maps), *k_space)
        assert (status, maps.read_bytes()[:4]) == (1, b"\x89PNG")
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in (scan, bands))


def test_pictures_in_k_space_are_one_at_a_time_and_go_to_a_file(symcur, written):
    for options in (
        ("--path", "G=0,0,0 X=0,0,1"),
        ("--plot", "x.png", "--path", "auto", "--plane", "0,0,0 1,0,0 0,1,0"),
    ):
        status, _, err = symcur("material", str(written / "X_hr.dat"), *FAST, *options)
        assert status == 2
        assert "expected --plot FILE and only one of the two" in " ".join(err.split())


# -- interruptions -----------------------------------------------------------------------------------------------------
@pytest.fixture(name="interrupted_after")
def _interrupted_after(monkeypatch, press_ctrl_c):
    """interrupted_after(n): the user presses Ctrl-C when n momenta have been asked for; returns how many have been, as a list."""
    values = WindowedValues.__call__
    monkeypatch.setattr(sweep, "TASKS", 2)  # sums of few momenta, so that there are many

    def choose(points: float) -> list[int]:
        asked: list[int] = []

        def impatient(bands, k):
            if sum(asked) <= points < sum(asked) + len(k):
                press_ctrl_c()
            asked.append(len(k))
            return values(bands, k)

        monkeypatch.setattr(WindowedValues, "__call__", impatient)
        return asked

    return choose


@pytest.mark.slow
def test_an_interrupted_sweep_goes_on_and_ends_with_the_same_file(symcur, written, interrupted_after, tmp_path):
    whole, file, part = (tmp_path / name for name in ("whole.json", "result.json", "result.json.part"))
    command = ("material", str(written / "X_hr.dat"), *FAST, "--memory", "0.5")
    everything = interrupted_after(np.inf)
    assert symcur(*command, "-o", str(whole))[0] == 0
    file.write_text("a good one")
    kept = []
    for points in (50, 30):
        interrupted_after(points)
        status, out, err = symcur(*command, "-o", str(file), "--resume")
        assert status == 130
        assert f"What was summed is in {part}; --resume goes on from there." in " ".join(err.split())
        assert "no file was written" in out + err
        kept.append(part.read_bytes())
    assert kept[0] != kept[1], "the second run went on from the first"

    for more, message in (
        ((), "--resume goes on from it"),
        (("--resume", "--window", "0.01"), "which is of another one"),
    ):
        status, _, err = symcur(*command, "-o", str(file), *more)
        assert status == 2
        assert err.count("\n") == 1
        assert message in err
    for damaged in (kept[1][:-40], b"", kept[1][:200] + b"0" + kept[1][201:]):
        part.write_bytes(damaged)
        status, _, err = symcur(*command, "-o", str(file), "--resume")
        assert status == 2
        assert "result.json.part, which is no such file or damaged" in err
        assert part.read_bytes() == damaged
    assert file.read_text() == "a good one"

    part.write_bytes(kept[1])
    rest = interrupted_after(np.inf)
    assert symcur(*command, "-o", str(file), "--resume")[0] == 0
    assert file.read_bytes() == whole.read_bytes()
    assert 0 < sum(rest) <= sum(everything) - 50
    assert sorted(path.name for path in tmp_path.iterdir()) == ["result.json", "whole.json"]


def test_a_full_disk_costs_neither_the_table_nor_what_was_there(symcur, written, tmp_path):
    """Neither the sums nor the result can be written: the numbers are shown, and both are said."""
    file = tmp_path / "result.json"
    file.write_text("a good one")
    with full_disk("os.fsync"):
        status, out, err = symcur("material", str(written / "X_hr.dat"), *FAST, "-o", str(file), "--resume")
    assert status == 2
    assert f"the sums could not be written to {file}.part (No space left on device" in " ".join(out.split())
    assert "intrinsic" in out
    assert err.endswith(f"No space left on device; what was there before is whole: '{file}'\n")
    assert file.read_text() == "a good one"


# -- bad input ---------------------------------------------------------------------------------------------------------
def _truncated(text):
    return text[: len(text) // 2]


@pytest.mark.parametrize(
    ("files", "arguments", "message"),
    [
        ({"X_hr.dat": _truncated, "X.win": str}, (), r"X_hr\.dat, line \d+: expected "),
        ({"X_hr.dat": lambda text: "no Wannier file at all\n", "X.win": str}, (), r"X_hr\.dat.*: expected "),
        ({"X_hr.dat": lambda text: "\0\1\2" * 99, "X.win": str}, (), r"X_hr\.dat.*: expected "),
        ({"X_hr.dat": str}, (), "lattice: expected the primitive vectors, got .*, which does not hold them"),
        ({"X_hr.dat": str}, ("--lattice", "2.6,0,0 0,2.6,0 0,0,2.6"), "centres: expected the centres of the 8 Wannier"),
        ({"X_hr.dat": str, "X.win": str}, ("--lattice", "2,0,0 0,2,0 0,0,2"), "lattice: expected that of .*X.win"),
        (
            {"X_hr.dat": str, "X.win": lambda text: text.replace("= 8", "= 6")},
            (),
            "X.win: expected num_wann = 8, .*, got 6",
        ),
        (
            {"X_hr.dat": str, "X.win": str},
            ("--spin", "interlaced"),
            "spin: expected the order that time reversal shows in",
        ),
        ({"X_hr.dat": str, "X.win": str}, ("--spin", "upside"), "spin: expected 'block'"),
        (
            {"X_hr.dat": str, "X.win": str},
            ("--spin", "0,1 1,2"),
            "spin: expected 'block'.* that hold each of the 8 functions",
        ),
        (
            {"X_hr.dat": str, "X.win": str},
            ("--level", "projected"),
            "level: expected 'tight_binding', or the position between",
        ),
        (
            {"X_hr.dat": str, "X.win": str},
            ("--level", "exact"),
            "level: expected 'tight_binding' or 'projected' or 'full'",
        ),
        ({"X_hr.dat": str, "X.win": str}, ("--s", "spin"), "s: expected one of spin_x"),
        ({"X_hr.dat": str, "X.win": str}, ("--s", "1,0"), "s: expected .*8"),
        ({"X_hr.dat": str, "X.win": str}, ("--flow", "a"), "--flow: expected x or y or z, got 'a'"),
        ({"X_hr.dat": str, "X.win": str}, ("--temperature", "0"), "method: expected one that can integrate a step"),
        ({"X_hr.dat": str, "X.win": str}, ("--memory", "-1"), "memory: expected a number of bytes"),
        (
            {"X_hr.dat": str, "X.win": str},
            ("--memory", "0.0001"),
            r"memory: expected at least 200000 bytes \(0.2 MB\), got 100",
        ),
        ({"X_hr.dat": str, "X.win": str}, ("--mesh", "1"), "points: expected an integer >= 2"),
        ({"X_hr.dat": str, "X.win": str}, ("--window", "wide"), "--window: expected an energy or auto, got 'wide'"),
        ({"X_hr.dat": str, "X.win": str}, ("--resume",), "--resume: expected -o FILE"),
        (
            {"X_hr.dat": str, "X.win": str},
            ("--plot", "x.png"),
            "--plot: expected --path, --plane, or several values of mu",
        ),
        ({"X_hr.dat": str, "X.win": str}, ("-o", "x.txt"), "--output: expected a name that ends in one of"),
        (
            {"X_hr.dat": str, "X.win": lambda text: text.replace("X: s; p", "X: s; d")},
            ("--symmetrize",),
            "X.win: expected projections for 8 functions, or half of them, got 6",
        ),
        (
            {"X_hr.dat": str, "X.win": str},
            ("--symmetrize", "--orbitals", "X: p; s"),
            "orbitals: expected functions that .* maps",
        ),
        ({"X_hr.dat": str, "X.win": str}, ("--atoms", "X=0,0"), "--atoms: expected 'SPECIES=x,y,z ...', got 'X=0,0'"),
        (
            {"X_hr.dat": str, "X.win": str},
            ("--lattice", "long"),
            "--lattice: expected vectors 'x,y,z x,y,z ...', got 'long'",
        ),
        (
            {"X.win": str},
            (),
            r"source: expected one file with the Hamiltonian, SEED_hr\.dat, .* got X\.win; it holds none",
        ),
        ({"picture.jpg": str}, (), "picture.jpg: expected a name that tells what the file is"),
        ({}, (), "files: expected files that are there, got X_hr.dat"),
    ],
)
def test_bad_input_is_one_line_and_status_2(symcur, written, monkeypatch, tmp_path, files, arguments, message):
    monkeypatch.chdir(tmp_path)
    for name, change in files.items():
        source = written / name
        (tmp_path / name).write_text(change(source.read_text() if source.is_file() else ""))
    named = [name for name in files if name != "X.win"] or list(files) or ["X_hr.dat"]
    status, out, err = symcur(
        "material", *named, "--mu", "0.3", *([] if "--mesh" in arguments else ["--mesh", "2"]), *arguments
    )
    assert status == 2
    assert out == "" or {"--temperature", "--window", "--memory"} & set(arguments)  # known when the files are read
    assert err.count("\n") == 1
    assert err.startswith("symcur: ")
    assert re.search(message, err), err
