"""Results as files: what is written is what is read back, with everything a number needs to be understood."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from scipy.io import netcdf_file

import symcur as sc
from symcur import models, observables
from symcur.observables import FORMATS, conductivity, equilibrium_current, hall_conductivity, write

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
    assert "'t2': 0.15" in header["parameters"]
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


def test_netcdf(scan, tmp_path):
    write(scan, tmp_path / "scan.nc")
    with netcdf_file(tmp_path / "scan.nc", mmap=False) as file:
        for key, text in META.items():
            assert getattr(file, key).decode() == text
        assert json.loads(file.parameters.decode()) == scan.parameters
        assert file.dimensions == {"mu": 2, "temperature": 3, "i": 2, "l": 2}
        assert np.array_equal(file.variables["mu"][:], MU)
        assert np.array_equal(file.variables["temperature"][:], TEMPERATURE)
        assert file.variables["met"][:].tolist() == [[1] * 3] * 2
        for name, part in scan.parts.items():
            assert file.variables[name].dimensions == ("mu", "temperature", "i", "l")
            assert file.variables[name].units.decode() == "e/8pi, s in hbar"
            assert np.array_equal(file.variables[name][:], part.value)
            assert np.array_equal(file.variables[f"{name}_error"][:], part.error)


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize(
    "result",
    [
        hall_conductivity(models.haldane(), 0.2, 0.3, rtol=1e-2),  # numbers instead of arrays, no sum
        equilibrium_current(models.rice_mele(), 0.2, [0.3, 0.4], rtol=1e-3),  # one dimension, one index
    ],
    ids=["point", "chain"],
)
def test_single_points_and_other_shapes(result, ending, tmp_path):
    path = tmp_path / f"result{ending}"
    write(result, path)
    value = result.value.reshape(-1)[0]
    if ending == ".nc":
        with netcdf_file(path, mmap=False) as file:
            part = file.variables["band" if "band" in result.parts else "total"]
            assert part.shape == (1, result.temperature.size, *(result.dimension,) * len(result.indices))
            assert part[:].reshape(-1)[0] == value
    elif ending == ".json":
        assert np.reshape(json.loads(path.read_text())["value"], -1)[0] == value
    else:
        last = "band" if "band" in result.parts else "total"
        rows = [line.split(",") for line in path.read_text().splitlines() if f",{last},x" in line]
        assert float(rows[0][4]) == value


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
        ValueError, match=r"path: expected a name that ends in one of \.csv, \.json, \.nc, got scan\.txt"
    ):
        write(scan, tmp_path / "scan.txt")
    assert list(tmp_path.iterdir()) == []
