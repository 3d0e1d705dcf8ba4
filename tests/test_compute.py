"""``symcur compute`` and ``symcur plot``: tables, files, exit status, errors."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from full_disk import full_disk

import symcur as sc

PNG = b"\x89PNG\r\n\x1a\n"


def rows(out: str) -> list[list[str]]:
    """The rows of numbers in a table."""
    return [line.split() for line in out.splitlines() if re.match(r" *-?\d\S* +\d\S* +[xyz]+ ", line)]


# -- compute -----------------------------------------------------------------------------------------------------------
def test_rashba_parts_in_the_terminal(symcur):
    arguments = ("--mu", "1", "--unit", "e/8pi", "--set", "M=0")
    status, out, err = symcur("compute", "rashba", "conductivity", *arguments)
    assert (status, err) == (0, "")
    heading = re.search(r"^ *mu.*$", out, re.M).group().split()
    assert heading == [
        "mu",
        "T",
        "component",
        "conventional",
        "torque",
        "band",
        "dipole",
        "intrinsic",
        "largest",
        "error",
    ]
    (row,) = [row for row in rows(out) if row[2] == "xy"]
    assert [float(number) for number in row[3:8]] == pytest.approx([1, -1, 1, -1, 0], abs=1e-4)
    for line in (
        "conventional + torque = intrinsic = band + dipole",
        "e/8pi, s in hbar",
        "[i, l] = [flow, field]; hbar = e = k_B = 1 inside",
        "paper: that of the moments Q and chi of wave packets, A (15), C (11)",
        "regular form",
        "m = 1, alpha = 0.7, M = 0",
        "continuum in polar coordinates",
        "converged",
    ):
        assert line in out
    assert max(map(len, out.splitlines())) <= 100


def test_filling_puts_mu_into_the_gap(symcur):
    # Half filling of Kane and Mele's model: -1.027158 in the order of other codes is 1.027158 for sigma^{xy} in e/2pi.
    status, out, _ = symcur("compute", "kane_mele", "conductivity", "--filling", "2", "--unit", "e/2pi")
    assert status == 0
    (row,) = [row for row in rows(out) if row[2] == "xy"]
    assert float(row[0]) == pytest.approx(sc.observables.gap(sc.models.kane_mele(), 2).mu, rel=1e-5)
    assert float(row[3]) == pytest.approx(1.027158, abs=2e-5)


def test_the_search_for_mu_keeps_to_the_budget(symcur):
    status, _, err = symcur("compute", "haldane", "conductivity", "--filling", "1", "--memory", "0.2")
    assert status == 2
    assert "memory: expected at least" in err
    assert "2 times what the energies of a mesh take" in " ".join(err.split())


def test_values_may_be_given_one_by_one(symcur, tmp_path):
    name = tmp_path / "scan.json"
    common = ("compute", "rice_mele", "thermoelectric", "--rtol", "1e-3", "-o", str(name))
    assert symcur(*common, "--temperature", "0.5", "--temperature", "1,2", "--mu", "-1:1:3", "--mu", "1.5")[0] == 0
    data = json.loads(name.read_text())
    assert data["temperature"] == [0.5, 1, 2]
    assert data["mu"] == [-1, 0, 1, 1.5]


def test_scans_write_files_with_units_and_a_picture(symcur, tmp_path):
    names = [tmp_path / f"scan.{ending}" for ending in ("csv", "json", "nc")]
    common = ("compute", "rice_mele", "thermoelectric", "--mu", "-1:1:5", "--temperature", "0.2,0.4", "--rtol", "1e-4")
    for name in names:
        assert symcur(*common, "-o", str(name), "--plot", str(tmp_path / "scan.png"), "--set", "delta=1/4")[0] == 0
    data = json.loads(names[1].read_text())
    assert data["parameters"] == {"Delta": 0.4, "delta": 0.25, "t": 1.0}
    assert data["mu"] == np.linspace(-1, 1, 5).tolist()
    assert data["temperature"] == [0.2, 0.4]
    assert data["unit"] == "k_B s / (hbar length^(D-2))"
    assert data["version"] == sc.__version__
    assert np.shape(data["value"]) == (5, 2, 1, 1)
    expected = sc.thermoelectric(sc.models.rice_mele(delta=0.25), data["mu"], data["temperature"], rtol=1e-4)
    assert np.array_equal(data["value"], expected.value)
    assert [sc.load(name) for name in names] == [expected] * 3
    assert names[0].read_text().count("\n") > 5 * 2 * 5
    assert (tmp_path / "scan.png").read_bytes().startswith(PNG)


def test_options_reach_the_observable(symcur):
    arguments = ("--mu", "0.3", "--temperature", "0.3", "--method", "patches", "--form", "sea", "--workers", "2")
    status, out, _ = symcur("compute", "haldane", "conductivity", *arguments, "--rtol", "1e-3", "--s-unit", "hbar/2")
    assert status == 0
    assert "Fermi sea: every part is a sum over occupied states" in out
    assert "adaptive polynomial patches" in out
    assert "s in hbar/2" in out
    status, out, _ = symcur("compute", "massive_dirac", "hall_conductivity", "--cutoff", "20", "--form", "sea")
    assert status == 0
    assert "bands beyond it are left out" in out


def test_choices_of_the_hall_part_side_by_side(symcur, tmp_path):
    file, csv, picture = tmp_path / "all.json", tmp_path / "one.csv", tmp_path / "one.png"
    arguments = ("compute", "haldane", "conductivity", "--filling", "1", "--rtol", "1e-4", "--unit", "e/2pi")
    status, out, _ = symcur(*arguments, "--hall", "all", "-o", str(file))
    assert status == 0
    assert re.search(r"^ +transverse +-0\.01949", out, re.M)
    assert "hall part  all choices side by side" in out
    data = json.loads(file.read_text())
    assert set(data["parts"]) == {"conventional", *sc.observables.hall.CHOICES}
    status, out, _ = symcur(*arguments, "--hall", "static", "-o", str(csv))
    assert status == 0
    assert "conventional + torque = intrinsic = symmetric + hall" in out
    assert "# hall: static: omega -> 0 before q -> 0" in csv.read_text()
    scan = ("compute", "haldane", "conductivity", "--mu", "0,0.1", "--temperature", "0.3", "--rtol", "1e-2")
    status, _, _ = symcur(*scan, "--hall", "static", "--plot", str(picture))
    assert status == 0
    assert picture.read_bytes().startswith(PNG)
    status, _, err = symcur(*arguments, "--hall", "kubo")
    assert status != 0
    assert "hall: expected one of paper, symmetric_quadrupole" in err


def test_a_filled_lattice_that_answers_is_said(symcur):
    status, out, _ = symcur(
        "compute", "kane_mele", "conductivity", "--filling", "2", "--rtol", "1e-3", "--unit", "e/2pi"
    )
    assert status == 0
    assert "note  with the paper's Hall part the completely filled lattice" in out


def test_three_dimensional_units(symcur):
    arguments = ("--temperature", "0.6", "--rtol", "1e-2", "--unit", "(hbar/e) S/cm", "--lattice-constant", "5")
    status, out, _ = symcur("compute", "weyl", "hall_conductivity", *arguments)
    assert status == 0
    assert "(hbar/e) S/cm, s in hbar" in out
    assert "xx = xy = xz = yx = yy = yz = zx = zy = zz = 0 (3e-10) for mu = 0, T = 0.6\n" in out
    assert rows(out) == []


def test_long_scans_are_cut_in_the_terminal(symcur):
    status, out, _ = symcur(
        "compute", "rashba", "conductivity", "--mu", "0:1:70", "--temperature", "0.5", "--rtol", "1e-2"
    )
    assert status == 0
    assert len(rows(out)) == 60
    assert "... 80 more rows; -o FILE writes all" in out


def test_a_model_of_ones_own(symcur, tmp_path):
    file = tmp_path / "chain.py"
    file.write_text(
        "import sympy as sp, symcur as sc\nk = sp.Symbol('k', real=True)\n"
        "chain = sc.Model([[sp.cos(k), sp.sin(k)], [sp.sin(k), -sp.cos(k)]], s=[[1, 0], [0, -1]], k=k, lattice=[[1]])\n"
    )
    status, out, _ = symcur("compute", str(file), "equilibrium_current", "--temperature", "0.5")
    assert status == 0
    assert "conventional + torque = total" in out


def test_a_missed_tolerance_is_status_1_and_told(symcur, monkeypatch, tmp_path):
    def hurried(*arguments, **options):
        return sc.conductivity(*arguments, **options, max_evaluations=2000)

    monkeypatch.setattr(sc.observables, "get", lambda name: hurried)
    file = tmp_path / "result.json"
    status, out, _ = symcur("compute", "haldane", "conductivity", "--mu", "1.1", "--rtol", "1e-9", "-o", str(file))
    assert status == 1
    assert "tolerance not met" in out
    assert json.loads(file.read_text())["status"] == "tolerance not met"


INTERRUPTED = ("compute", "kane_mele", "conductivity", "--mu", "0.4,1.1", "--rtol", "1e-12", "-o", "scan.json")


def test_interrupting_leaves_what_was_finished(symcur, ctrl_c_after, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "scan.json"
    file.write_text("a good one")
    for name, resume in (("scan.interrupted", ()), ("scan.interrupted-2", ("--resume",))):
        ctrl_c_after(20_000)
        status, out, _ = symcur(*INTERRUPTED, "--plot", "scan.png", *resume)
        assert status == 130
        assert re.search(r"status +interrupted", out)
        assert (
            f"what was finished is in {name}.json and {name}.png; nothing was written to scan.json and scan.png."
            in " ".join(out.split())
        )
        data = json.loads((tmp_path / f"{name}.json").read_text())
        assert data["status"] == "interrupted"
        assert np.isfinite(np.array(data["value"], dtype=float)).all()
        assert (tmp_path / f"{name}.png").read_bytes().startswith(PNG)
    assert file.read_text() == "a good one"
    assert not (tmp_path / "scan.png").exists()
    assert "--resume goes on from it, or remove it" in symcur(*INTERRUPTED)[2]


@pytest.mark.parametrize("points", [1, 100])
def test_interrupting_before_the_first_round_writes_nothing(symcur, ctrl_c_after, monkeypatch, tmp_path, points):
    monkeypatch.chdir(tmp_path)
    ctrl_c_after(points)
    status, out, err = symcur(*INTERRUPTED)
    assert status == 130
    assert "Interrupted before the first complete round; no file was written.\n" in out + err
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_and_the_numbers_are_on_the_screen(symcur, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scan.csv").write_text("a good one")
    arguments = ("--mu", "0:1:70", "--temperature", "0.5", "--rtol", "1e-2", "-o", "scan.csv")
    with full_disk("os.fsync"):
        status, out, err = symcur("compute", "rashba", "conductivity", *arguments)
    assert status == 2
    assert err == "symcur: [Errno 28] No space left on device; what was there before is whole: 'scan.csv'\n"
    assert len(rows(out)) == 140, "what no file holds is not cut"
    assert [file.read_text() for file in tmp_path.iterdir()] == ["a good one"]


# -- plot --------------------------------------------------------------------------------------------------------------
@pytest.mark.slow_for("pdf", "svg")
@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_plot_over_the_zone_and_along_a_path(symcur, tmp_path, ending):
    zone, path = tmp_path / f"zone.{ending}", tmp_path / f"path.{ending}"
    status, out, _ = symcur(
        "plot", "haldane", "berry_curvature", "--component", "xy", "-o", str(zone), "--set", "M=0.1"
    )
    assert status == 0
    assert f"{zone} written" in out
    corners = "G=0,0 K=4.18879,0 M=3.14159,1.8138"
    assert symcur("plot", "haldane", "s_expectation", "--path", corners, "-o", str(path))[0] == 0
    for file in (zone, path):
        assert file.stat().st_size > 3000


# -- errors ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("compute", "haldane", "conductivty"),
            r"observable: expected one of .*, got 'conductivty' \(did you mean conductivity\?\)",
        ),
        (("compute", "haldan", "conductivity"), r"model: expected one of .*, got 'haldan' \(did you mean haldane\?\)"),
        (
            ("compute", "haldane", "conductivity", "--mu", "low"),
            "--mu: expected a number, a list .* or a range .*, got 'low'",
        ),
        (("compute", "haldane", "conductivity", "--mu", "0:1:many"), "--mu: expected .*, got '0:1:many'"),
        (
            ("compute", "haldane", "conductivity", "--mu", "0:1:0"),
            "--mu: expected a number, a list .* at most 10000 values, got '0:1:0'",
        ),
        (
            ("compute", "haldane", "conductivity", "--temperature", "-1"),
            r"temperature: expected numbers >= 0 .*, got -1\.0",
        ),
        (
            ("compute", "haldane", "conductivity", "--set", "mass=1"),
            "parameters: expected some of M, phi, t, t2 of haldane, got mass",
        ),
        (("compute", "haldane", "conductivity", "--set", "M=1e-99999999"), "--set: expected name=number, .*"),
        (("compute", "haldane", "conductivity", "--mu", "0:1e99999999:3"), "--mu: expected a number, a list"),
        (("plot", "haldane", "energy", "--path", "auto", "--mu", "nan"), "mu: expected a finite number, got nan"),
        (("compute", "haldane", "conductivity", "--set", "M=big"), "--set: expected name=number, .*, got 'M=big'"),
        (
            ("compute", "haldane", "conductivity", "--form", "surf"),
            "form: expected 'regular' or 'sea' or 'surface' for conductivity, got 'surf'",
        ),
        (
            ("compute", "haldane", "equilibrium_current", "--form", "regular"),
            "form: expected 'sea' for .*, got 'regular'",
        ),
        (("compute", "haldane", "conductivity", "--method", "fast"), "method: expected one of .*, got 'fast'"),
        (
            ("compute", "haldane", "conductivity", "--filling", "1", "--mu", "0.3"),
            "--filling: expected it in the place of --mu, got both",
        ),
        (
            ("compute", "haldane", "conductivity", "--filling", "2"),
            "filling: expected numbers above 0 and below 2, that of the bands, got 2.0",
        ),
        (
            ("compute", "rashba", "conductivity", "--filling", "1"),
            r"model: expected a lattice model \(.*\), got the continuum model rashba",
        ),
        (
            ("compute", "massive_dirac", "conductivity"),
            "cutoff: expected a momentum, because massive_dirac is not bounded below",
        ),
        (
            ("compute", "massive_dirac", "hall_conductivity", "--cutoff", "9"),
            "form: expected 'sea', .*; got 'regular', which is not defined there",
        ),
        (("compute", "haldane", "conductivity", "--unit", "S"), "unit: expected .*, got 'S'"),
        (
            ("compute", "haldane", "magnetization", "--unit", "e/2pi", "--temperature", "0.5"),
            "unit: expected '1' or 'SI' for magnetization, got 'e/2pi', a unit of conductivity",
        ),
        (
            ("compute", "weyl", "conductivity", "--unit", "(hbar/e) S/cm", "--temperature", "2"),
            "lattice_constant: expected a positive length in Angstrom, got None",
        ),
        (
            ("compute", "haldane", "conductivity", "-o", "x.txt"),
            r"--output: expected a name that ends in one of .*, got x\.txt",
        ),
        (("compute", "haldane", "conductivity", "-o", "no/x.csv"), "--output: expected an existing directory, got no"),
        (
            ("compute", "haldane", "conductivity", "--plot", "x.png"),
            "--plot: expected several values of mu or of temperature, got one of each",
        ),
        (("plot", "haldane", "curvature"), "quantity: expected one of .*, got 'curvature'"),
        (
            ("plot", "haldane", "energy", "-o", "x.gif"),
            r"--output: expected a name that ends in one of \.png, .*, got x\.gif",
        ),
        (("plot", "haldane", "energy", "--band", "2"), "band: expected a whole number from 0 to 1, got 2"),
        (
            ("plot", "haldane", "berry_curvature", "--component", "x"),
            r"component: expected the indices i, l of berry_curvature, got \(0,\)",
        ),
        (
            ("plot", "haldane", "berry_curvature", "--component", "xz"),
            r"component: expected axes from 0 to 1, got \(0, 2\)",
        ),
        (
            ("plot", "haldane", "berry_curvature", "--component", "ab"),
            "--component: expected letters x, y, z, .*, got 'ab'",
        ),
        (("plot", "haldane", "energy", "--path", "G=0,0"), "--path: expected at least two corners, got 'G=0,0'"),
        (("plot", "haldane", "energy", "--path", "G=0,0 K=1"), "--path: expected NAME=kx,ky, got 'K=1'"),
        (("plot", "weyl", "energy"), "model: expected D = 2 for a map of the zone, got weyl with D = 3"),
        (
            ("plot", "haldane", "interband_torque_dipole"),
            "quantity: expected a number per band, got interband_torque_dipole, an operator between bands",
        ),
    ],
)
def test_wrong_input_is_one_line_and_status_2(symcur, monkeypatch, tmp_path, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, out, err = symcur(*arguments)
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert re.search(message, err)
    assert list(tmp_path.iterdir()) == []
