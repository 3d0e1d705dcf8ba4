"""``symcur scan`` and ``symcur compute --resume``: what is finished is kept, and what is missing is done."""

from __future__ import annotations

import numpy as np
import pytest
from full_disk import full_disk
from spiral import FILE, scan

import symcur as sc
from symcur.observables.engine import BandValues

SCAN = ("scan", FILE, "equilibrium_current", "--over", "a=0.1,0.2", "--over", "B=0.2:0.6:3")
MAGNONS = ("--temperature", "0.5", "--rtol", "1e-2")
OPTIONS = ("--mu", "0,0.5", "--temperature", "0.3", "--rtol", "1e-3")


@pytest.fixture(name="direct", scope="module")
def _direct():
    return scan(parameters={"a": [0.1, 0.2], "B": np.linspace(0.2, 0.6, 3)})


@pytest.mark.parametrize("ending", [".zarr", ".nc"])
def test_the_file_is_the_scan(symcur, direct, ending, tmp_path):
    file = tmp_path / f"scan{ending}"
    status, out, _ = symcur(*SCAN, *OPTIONS, "-o", str(file))
    assert status == 0
    assert "equilibrium_current of spiral: 2 a x 3 B" in out
    assert "6 converged" in out
    assert f'symcur.load("{file}")' in "".join(out.split("\n"))
    assert sc.load(file).equals(direct)
    assert sc.load(file).attrs == direct.attrs
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("ending", [".zarr", ".nc"])
def test_ctrl_c_and_on(symcur, direct, ending, tmp_path, ctrl_c_after):
    file = tmp_path / f"scan{ending}"
    store = file if ending == ".zarr" else tmp_path / "scan.nc.part"
    ctrl_c_after(150)
    status, out, err = symcur(*SCAN, *OPTIONS, "-o", str(file))
    assert status == 130
    assert "--resume goes on from there" in " ".join(err.split())
    assert "missing" in out
    assert list(tmp_path.iterdir()) == [store]
    kept = int((sc.load(store)["status"] == "converged").sum())
    assert 0 < kept < 6
    status, _, err = symcur(*SCAN, *OPTIONS, "-o", str(file))
    assert (status, "--resume does what is missing of it" in err) == (2, True)
    status, _, err = symcur(*SCAN, "--temperature", "0.4", "-o", str(file), "--resume")
    assert status == 2
    assert "temperature has the values '0.3' instead of '0.4'" in err
    status, out, _ = symcur(*SCAN, *OPTIONS, "-o", str(file), "--resume")
    assert status == 0
    assert sc.load(file).equals(direct)
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_finished_is_not_computed_again(symcur, tmp_path):
    file = tmp_path / "scan.nc"
    file.write_bytes(b"numbers of before")
    status, _, err = symcur(*SCAN, *OPTIONS, "-o", str(file), "--resume")
    assert (status, file.read_bytes()) == (2, b"numbers of before")
    assert "--resume: expected" in err
    assert "which is finished" in " ".join(err.split())


@pytest.mark.slow
def test_processes_and_failures(symcur, tmp_path):
    """Magnons are stable for one sign of the exchange: what fails is said, and is the same from other processes."""
    command = ("scan", "honeycomb_magnons", "thermal_hall", *MAGNONS, "--over", "J=-1,1,2")
    found = []
    for name, more in (("one", ()), ("two", ("--workers", "1", "--chunk", "2"))):
        status, out, _ = symcur(*command, *more, "-o", str(tmp_path / f"{name}.nc"))
        assert status == 1
        assert "1 failed, 2 converged" in out
        assert "J = -1: ValueError: " in out
        found.append(sc.load(tmp_path / f"{name}.nc"))
    assert found[0].identical(found[1])


def test_failures_are_told_apart(symcur, tmp_path):
    """Each by the values of its parameters, with as many digits as that takes, also where values repeat or are paired."""
    command = ("scan", "honeycomb_magnons", "thermal_hall", *MAGNONS, "--paired")
    values = ("--over", "J=-1,-1.00000001,-1", "--over", "D=0.1,0.2,0.3")
    status, out, _ = symcur(*command, *values, "-o", str(tmp_path / "scan.nc"))
    assert status == 1
    for told in ("J = -1, D = 0.1: ", "J = -1.00000001, D = 0.2: ", "J = -1, D = 0.3: "):
        assert f"failed  {told}ValueError: H: expected a positive" in out


def test_a_full_disk_in_the_end_costs_nothing(symcur, direct, tmp_path):
    file = tmp_path / "scan.nc"
    with full_disk("os.fsync"):
        status, out, err = symcur(*SCAN, *OPTIONS, "-o", str(file))
    assert (status, "6 converged" in out) == (2, True)
    assert "No space left" in err
    assert f"What is kept is in {file}.part; --resume goes on from there." in " ".join(err.split())
    assert symcur(*SCAN, *OPTIONS, "-o", str(file), "--resume")[0] == 0
    assert sc.load(file).equals(direct)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--over", "a"), "--over: expected NAME=VALUES"),
        (("--over", "a=0.1", "--over", "a=0.2"), "--over: expected NAME=VALUES with each name once"),
        (("--set", "a=1", "--over", "a=0.1"), "--over: expected parameters that --set does not fix, got a"),
        (("--over", "a=a"), "--over: expected a number, a list"),
        (("--over", "a=0.1", "--workers", "0"), "--workers: expected an integer >= 1"),
        (("--over", "a=0.1", "--workers", "1", "--dask", "x:1"), "--workers: expected either this or --dask"),
        (("--over", "a=0.1", "-o", "scan.csv"), r"--output: expected a name that ends in .zarr or .nc, got scan.csv"),
        (("--over", "a=0.1", "-o", "none/scan.zarr"), "--output: expected an existing directory"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(symcur, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    output = () if "-o" in arguments else ("-o", "scan.zarr")
    status, _, err = symcur("scan", FILE, "equilibrium_current", *arguments, *output)
    assert (status, err.count("\n")) == (2, 1)
    assert message in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("method", "mu", "temperature", "points"), [("mesh", "0", "0.3", 400), ("auto", "1.1", "0", 1000)]
)
def test_a_computation_goes_on(symcur, tmp_path, monkeypatch, ctrl_c_after, method, mu, temperature, points):
    whole, file = tmp_path / "whole.json", tmp_path / "file.json"
    compute = ("compute", "haldane", "conductivity", "--mu", f"{mu},0.1", "--temperature", temperature)
    compute = (*compute, "--method", method, "--rtol", "1e-5")
    assert symcur(*compute, "-o", str(whole))[0] == 0
    ctrl_c_after(points)
    status, _, err = symcur(*compute, "-o", str(file))
    assert status == 130
    assert "--resume goes on from there" in " ".join(err.split())
    assert "--resume goes on from it" in symcur(*compute, "-o", str(file))[2]
    asked, call = [], BandValues.__call__
    monkeypatch.setattr(BandValues, "__call__", lambda bands, k: asked.append(len(k)) or call(bands, k))
    assert symcur(*compute, "-o", str(file), "--resume")[0] == 0
    assert 0 < sum(asked) < sc.load(whole).evaluations
    assert sc.load(file) == sc.load(whole)
    assert not (tmp_path / "file.json.part").exists()
