"""Results as files: what is written is what is read back, with everything a number needs to be understood."""

from __future__ import annotations

import csv
import json
import pickle
import sys
from dataclasses import replace

import numpy as np
import pytest
import xarray
from full_disk import full_disk

import symcur as sc
from symcur import models, observables
from symcur.observables import FORMATS, Part, conductivity, equilibrium_current, hall_conductivity, write

MU, TEMPERATURE = np.array([-0.5, 0.3]), np.array([0.2, 0.3, 0.4])
META = {"observable": "conductivity", "model": "haldane", "status": "converged", "version": sc.__version__}


@pytest.fixture(name="scan", scope="module")
def _scan():
    return conductivity(models.haldane(t2=0.15), MU, TEMPERATURE, rtol=1e-4).convert("e/8pi")


def test_csv(scan, tmp_path):
    write(scan, tmp_path / "scan.csv")
    lines = (tmp_path / "scan.csv").read_text().splitlines()
    header = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
    assert META.items() <= header.items()
    assert header["unit"] == "e/8pi, s in hbar"
    assert json.loads(header["parameters"])["t2"] == 0.15
    assert header["form"] == scan.form
    table = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert len(table) == len(scan.parts) * len(MU) * len(TEMPERATURE) * 4
    axes = {"x": 0, "y": 1}
    for row in table:
        a, b = (int(np.flatnonzero(x == float(row[name]))[0]) for name, x in (("mu", MU), ("temperature", TEMPERATURE)))
        at = (a, b, *(axes[letter] for letter in row["component"]))
        assert float(row["value"]) == scan.parts[row["part"]].value[at]
        assert float(row["error"]) == scan.parts[row["part"]].error[at]
        assert row["met"] == "True"


def test_json(scan, tmp_path):
    write(scan, str(tmp_path / "scan.json"))
    data = json.loads((tmp_path / "scan.json").read_text())
    assert META.items() <= data.items()
    assert data["unit"] == "e/8pi, s in hbar"
    assert data["parameters"] == scan.parameters
    assert data["indices"] == ["i", "l"]
    assert np.array_equal(data["mu"], MU)
    assert np.array_equal(data["value"], scan.value)
    assert data["met"] == [[True] * 3] * 2
    for name, part in scan.parts.items():
        assert np.array_equal(data["parts"][name]["value"], part.value)
        assert np.array_equal(data["parts"][name]["error"], part.error)


@pytest.mark.parametrize("ending", [".nc", ".zarr"])
def test_labelled_arrays(scan, ending, tmp_path):
    """What any reader of NetCDF and Zarr finds, knowing nothing of symcur."""
    write(scan, tmp_path / f"scan{ending}")
    opened = xarray.load_dataset(tmp_path / f"scan{ending}", **({"consolidated": False} if ending == ".zarr" else {}))
    assert META.items() <= opened.attrs.items()
    assert json.loads(opened.attrs["parameters"]) == scan.parameters
    assert json.loads(opened.attrs["lattice"]) == models.haldane().cell.vectors.tolist()
    assert "t2*" in opened.attrs["H"]
    assert (opened.attrs["rtol"], opened.attrs["date"][:2]) == (1e-4, "20")
    assert opened["value"].dims == ("part", "mu", "temperature", "flow", "field")
    for name, part in scan.parts.items():
        at = {"part": name, "mu": 0.3, "temperature": 0.4, "flow": "x", "field": "y"}
        assert opened["value"].sel(at) == part.value[1, 2, 0, 1]
        assert opened["error"].sel(at) == part.error[1, 2, 0, 1]
    assert opened["value"].attrs["units"] == "e/8pi, s in hbar"
    assert opened["met"].all()


RESULTS = {
    "scan": lambda scan: scan,
    "partly met": lambda scan: replace(scan, met=np.array([[True, False, True], [False, False, True]]), status="tolerance not met"),
    "point, no sum": lambda _: hall_conductivity(models.haldane(), 0.2, 0.3, rtol=1e-2),
    "chain, one index": lambda _: equilibrium_current(models.rice_mele(), [0.2], [0.3, 0.4], rtol=1e-3),
    "checks": lambda _: conductivity(models.kane_mele(), 0.1, 0.3, rtol=1e-2),
    "interrupted": lambda scan: replace(scan, value=scan.value * np.nan, error=scan.error * np.inf, status="interrupted", parts={"intrinsic": Part(scan.value * np.nan, scan.error * np.inf)}),
    "odd texts": lambda scan: replace(scan, model="a\r\nb\\n # c: d\\u000a\x85", remarks=("x\ny", "\u2028", ""), window=-0.0, source={}),
}  # fmt: skip


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("kind", RESULTS)
def test_what_is_loaded_is_what_was_written(scan, kind, ending, tmp_path):
    result = RESULTS[kind](scan)
    write(result, tmp_path / f"result{ending}")
    read = sc.load(tmp_path / f"result{ending}")
    assert read == result
    assert read.source == result.source  # with the date
    assert read.to_dict().keys() == result.to_dict().keys()
    assert [name for name in vars(result) if type(getattr(read, name)) is not type(getattr(result, name))] == []


def test_results_differ_where_a_number_or_a_word_does(scan):
    other = np.nextafter(scan.value, np.inf)
    changed = [{"value": other}, {"parts": scan.parts | {"band": Part(other, scan.error)}}, {"remarks": ("x",)}, {"met": ~scan.met},
               {"mu": scan.mu[:, None]}, {"source": scan.source | {"rtol": 1e-5}}]  # fmt: skip
    assert [replace(scan, **change) == scan for change in changed] == [False] * len(changed)
    assert replace(scan, source=scan.source | {"date": "1999-12-31"}) == scan


CHANGED = {
    "texts": {"sums": 5},
    "numbers": {"window": "x"},
    "counts": {"by_eigenstates": "x"},
    "parameters": {"parameters": {"t": "x"}},
    "remarks": {"remarks": [1]},
    "places": {"temperature": [None, 0.3, 0.4]},
    "status": {"met": [[True, False, True]] * 2},
}


@pytest.mark.parametrize("change", CHANGED)
def test_what_no_result_holds_is_refused(scan, change, tmp_path):
    """What a stranger, or a mistake, has put into a file is said when it is read, not where the result is used."""
    write(scan, tmp_path / "scan.json")
    data = json.loads((tmp_path / "scan.json").read_text())
    (tmp_path / "scan.json").write_text(json.dumps(data | CHANGED[change]))
    with pytest.raises(ValueError, match=r"scan\.json: expected numbers and shapes of a result"):
        sc.load(tmp_path / "scan.json")


@pytest.mark.parametrize("lacking", ["total", "value", "met", "part"])
def test_labelled_arrays_without_what_a_result_has_are_refused(scan, lacking, tmp_path):
    arrays = scan.to_xarray()
    arrays.attrs.pop(lacking, None)
    arrays.drop_vars(lacking, errors="ignore").to_netcdf(tmp_path / "scan.nc", engine="h5netcdf")
    for load in (sc.load, observables.load):
        with pytest.raises(ValueError, match=r"scan\.nc: expected the labelled arrays of a result"):
            load(tmp_path / "scan.nc")


def test_a_table_survives_an_editor_and_deep_nesting_is_refused(scan, tmp_path):
    write(scan, tmp_path / "scan.csv")
    text = (tmp_path / "scan.csv").read_bytes()
    (tmp_path / "scan.csv").write_bytes(text.replace(b"\n", b"\r\n"))  # as editors of Windows have it
    assert sc.load(tmp_path / "scan.csv") == scan
    (tmp_path / "scan.csv").write_bytes(text.replace(b'["i", "l"]', b"[" * 100_000))
    (tmp_path / "scan.json").write_text("[" * 100_000)
    for name in ("scan.csv", "scan.json"):
        with pytest.raises(ValueError, match=f"{name}: expected a result in"):
            sc.load(tmp_path / name)


class Bomb:
    def __reduce__(self):
        return exec, ("raise SystemExit('code in a file has run')",)


def test_no_file_runs_code(tmp_path):
    """A pickle under every name, and where a Zarr group of format 2 may have one; SystemExit would end the tests."""
    bomb, group = pickle.dumps(Bomb()), tmp_path / "bomb.zarr"
    names = [f"bomb{ending}" for ending in FORMATS]
    for name in names:
        if name != group.name:
            (tmp_path / name).write_bytes(bomb)
    (group / "value").mkdir(parents=True)
    about = {
        "shape": [1],
        "chunks": [1],
        "dtype": "|O",
        "filters": [{"id": "pickle", "protocol": 5}],
        "compressor": None,
    }
    about |= {"zarr_format": 2, "fill_value": None, "order": "C"}
    (group / "value" / ".zarray").write_text(json.dumps(about))
    (group / "value" / ".zattrs").write_text(json.dumps({"_ARRAY_DIMENSIONS": ["part"]}))
    (group / "value" / "0").write_bytes(bomb)
    (group / ".zgroup").write_text(json.dumps({"zarr_format": 2}))
    (group / ".zattrs").write_text(json.dumps({"holds": "result"}))
    with pytest.raises(SystemExit, match="has run"):
        pickle.loads(bomb)
    for name in names:
        with pytest.raises(ValueError, match=f"{name}: expected"):
            sc.load(tmp_path / name)


@pytest.mark.parametrize("ending", FORMATS)
def test_an_interrupted_writing_leaves_what_was_there(scan, ending, tmp_path):
    path = tmp_path / f"scan{ending}"
    if ending != ".zarr":
        write(scan, path)
    with full_disk("os.rename" if ending == ".zarr" else "os.replace"), pytest.raises(OSError, match="No space left"):
        write(replace(scan, model="other"), path)
    if ending == ".zarr":
        assert list(tmp_path.iterdir()) == []
    else:
        assert list(tmp_path.iterdir()) == [path]
        assert sc.load(path) == scan


def test_a_zarr_group_is_never_written_over(scan, tmp_path):
    write(scan, tmp_path / "scan.zarr")
    with pytest.raises(ValueError, match=r"path: expected a name that nothing has, got .*scan\.zarr"):
        write(scan, tmp_path / "scan.zarr")


@pytest.mark.parametrize("ending", FORMATS)
def test_the_core_writes_and_reads_what_needs_no_extra(scan, ending, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    path = tmp_path / f"scan{ending}"
    if ending in (".csv", ".json"):
        write(scan, path)
        assert sc.load(path) == scan
    else:
        with pytest.raises(ImportError, match=r"path: expected that xarray, .* pip install 'symcur\[data\]' does"):
            write(scan, path)


def test_what_was_not_computed_is_null_in_json(scan, tmp_path):
    part = observables.Part(np.full(scan.value.shape, np.nan), np.full(scan.value.shape, np.inf))
    stopped = type(scan)(**{**vars(scan), "value": part.value, "error": part.error, "parts": {"intrinsic": part}})
    write(stopped, tmp_path / "stopped.json")

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    data = json.loads((tmp_path / "stopped.json").read_text(), parse_constant=refuse)
    assert data["value"][0][0][0][0] is None
    assert data["parts"]["intrinsic"]["error"][0][0][0][0] is None


def test_the_ending_chooses_the_format(scan, tmp_path):
    with pytest.raises(
        ValueError, match=r"path: expected a name that ends in one of \.csv, \.json, \.nc, \.zarr, got scan\.txt"
    ):
        write(scan, tmp_path / "scan.txt")
    assert list(tmp_path.iterdir()) == []
