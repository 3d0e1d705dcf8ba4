"""What a store holds survives the death of the process at any moment, and belongs to one scan."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import spiral
from full_disk import full_disk
from spiral import SPIRAL

import symcur as sc
from symcur.brillouin import Mesh
from symcur.scans import store as stores

PARAMETERS = {"a": [0.1, 0.2], "B": [0.2, 0.4, 0.6]}
scan = partial(spiral.scan, parameters=PARAMETERS)


@pytest.fixture(name="whole", scope="module")
def _whole():
    return scan()


CALL, KNOWN = sc.observables.Observable.__call__, {}


@pytest.fixture
def asked(monkeypatch):
    """The parameter sets that are asked for from here on; a result that is known is not computed again."""
    found = []

    def counted(observable, *arguments, parameters=None, **options):
        found.append(parameters)
        key = observable.name, repr((arguments, options)), *sorted(parameters.items())
        if key not in KNOWN:
            KNOWN[key] = CALL(observable, *arguments, parameters=parameters, **options)
        return KNOWN[key]

    monkeypatch.setattr(sc.observables.Observable, "__call__", counted)
    return found


TWO = {"parameters": {"a": [0.1], "B": [0.2, 0.4]}}


def moments(tmp_path: Path, monkeypatch) -> list[Path]:
    """The directory of a store as kill -9 would leave it before each renaming of a file or directory, and at the end."""
    found: list[Path] = []
    os_rename = os.rename
    folder = tmp_path / "run"
    folder.mkdir()

    def watched(rename):
        def renaming(*names):
            if rename is os_rename or (folder / "scan.zarr").exists():  # before, there is nothing under that name
                found.append(Path(shutil.copytree(folder, tmp_path / f"moment {len(found)}")))
            return rename(*names)

        return renaming

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", watched(Path.replace))
        patch.setattr(os, "rename", watched(os.rename))
        scan(store=folder / "scan.zarr", **TWO)
    return [*found, folder]


def wrong(found: list[Path]) -> Iterator[str]:
    """The moments after which the same call does not end with the same numbers."""
    whole = scan(**TWO)
    return (place.name for place in found if not scan(store=place / "scan.zarr", **TWO).identical(whole))


def test_death_at_any_moment_costs_at_most_the_point_in_flight(tmp_path, monkeypatch, asked):
    found = moments(tmp_path, monkeypatch)
    partial = [place for place in found if list((place / "scan.zarr").rglob("*.partial"))]
    assert len(partial) == 2 * len(stores.ARRAYS), "each file of each point was written aside and renamed"
    asked.clear()
    assert list(wrong(found)) == []
    created = len(found) - len(partial) - 1
    # Both points where there is no more than the labels, or the first in flight; then one; at the end none; and two for the whole.
    assert len(asked) == 2 * (created + len(stores.ARRAYS)) + len(stores.ARRAYS) + 2


def test_the_moments_notice_a_status_that_is_written_too_early(tmp_path, monkeypatch, asked):
    monkeypatch.setattr(stores, "ARRAYS", ("value", "error", "status", "message"))
    assert next(wrong(moments(tmp_path, monkeypatch)), None) is not None


@pytest.mark.parametrize("lost", ["error", "value"])
def test_numbers_that_the_disk_lost_are_missing(lost, tmp_path, whole, asked):
    """A file that a loss of power has taken, though the status of its point is there."""
    scan(store=tmp_path / "scan.zarr")
    shutil.rmtree(tmp_path / "scan.zarr" / lost / "c" / "1" / "2")
    asked.clear()
    assert (sc.load(tmp_path / "scan.zarr")["status"] == "missing").values.tolist() == [
        [False] * 3,
        [False, False, True],
    ]
    assert scan(store=tmp_path / "scan.zarr").identical(whole)
    assert asked == [{"a": 0.2, "B": 0.6}]


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from spiral import scan
scan(store={store!r}, progress=lambda fraction, message: print(message, flush=True), **{many!r})
"""
MANY = {"parameters": {"a": [0.1, 0.2], "B": np.linspace(0.2, 0.4, 9).tolist()}, "rtol": 1e-2}


def test_kill_9_and_on(tmp_path, asked):
    store = tmp_path / "scan.zarr"
    script = SCRIPT.format(tests=str(Path(__file__).parent), store=str(store), many=MANY)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("3 "):
                process.kill()
                break
        said = 3 + len(process.stdout.read().splitlines())
    assert process.returncode == -signal.SIGKILL
    kept = int((sc.load(store)["status"] != "missing").sum())
    assert said <= kept <= said + 1 < 18, "what was finished is there, and no more than a point was in flight"
    assert scan(store=store, **MANY).identical(scan(**MANY))
    assert len(asked) == 18 - kept + 18


def test_an_interrupted_scan_goes_on_chunk_by_chunk(tmp_path, whole, asked, press_ctrl_c):
    with pytest.raises(sc.Interrupted):
        scan(store=tmp_path / "scan.zarr", chunk=2, progress=lambda *_: press_ctrl_c())
    assert len(asked) == 2
    chunks = scan(store=tmp_path / "scan.zarr", chunk=5)
    assert chunks.identical(whole)
    assert len(asked) == 6
    files = sorted((tmp_path / "scan.zarr" / "status" / "c").rglob("*"))
    assert len([file for file in files if file.is_file()]) == 4, "two chunks of at most two points for each a"


CHANGES = {
    "mu": ({"mu": [0.0, 0.4]}, r"mu has the values '\[0.0, 0.5\]' instead of '\[0.0, 0.4\]'"),
    "one mu": ({"mu": 0.0}, "mu has the values"),
    "temperature": ({"temperature": 0.4}, "temperature has the values '0.3' instead of '0.4'"),
    "tolerance": ({"rtol": 1e-4}, "rtol is '0.001' instead of '0.0001'"),
    "method": ({"method": Mesh(8)}, "method is 'auto' instead of 'Mesh"),
    "form": ({"window": 0.1}, "window is 'null' instead of '0.1'"),
    "values": ({"parameters": {"a": [0.1, 0.2], "B": [0.2, 0.4, 0.7]}}, "B has the values"),
    "pairs": ({"parameters": {"a": [0.1, 0.2, 0.3], "B": [0.2, 0.4, 0.6]}, "paired": True}, "a has the values"),
    "order": ({"parameters": dict(reversed(PARAMETERS.items()))}, "the dimensions are"),
    "fixed": ({"model": SPIRAL.with_values(t=2)}, 'parameters is .* instead of .*"t": 2.0'),
    "s": ({"model": SPIRAL.with_s(1)}, "s is .* instead of"),
    "observable": ({"observable": "conductivity"}, "observable is 'equilibrium_current' instead of 'conductivity'"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_store_of_another_scan_is_refused_and_stays(change, whole, tmp_path, asked):
    path, (other, message) = tmp_path / "scan.zarr", CHANGES[change]
    stores.Table(whole, path, 1)
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    with pytest.raises(ValueError, match=rf"store: expected that of this scan, got .*scan\.zarr, where .*{message}"):
        scan(store=path, **other)
    assert asked == []
    assert {file: file.read_bytes() for file in path.rglob("*") if file.is_file()} == before


def by_functions(t, bent=0.0):
    """A model by functions, which have no text that could be compared; ``bent`` is not seen at J = 0.5 and 0.7."""

    def H(k, J):
        above = J + bent * (J - 0.5) * (J - 0.7)
        return np.array([[above, t * np.exp(0.3j)], [t * np.exp(-0.3j), -J]]) * (2 + np.cos(k))[..., None]

    return sc.Model.from_functions(H, np.diag([1.0, -1.0]), lattice=[[1.0]], parameters={"J": 1.0})


def test_models_by_numbers_are_told_apart_by_their_matrices(tmp_path):
    arguments = {"observable": "equilibrium_current", "parameters": {"J": [0.5, 1.0]}, "temperature": 0.5, "rtol": 1e-2}
    first = sc.scan(by_functions(0.5), **arguments, store=tmp_path / "scan.zarr")
    assert sc.scan(by_functions(0.5 + 1e-14), **arguments, store=tmp_path / "scan.zarr").identical(first)
    with pytest.raises(ValueError, match="where H, s or the metric have other values"):
        sc.scan(by_functions(0.5 + 1e-6), **arguments, store=tmp_path / "scan.zarr")
    arguments["parameters"] = {"J": [0.5, 0.7, 1.0]}
    sc.scan(by_functions(0.5), **arguments, store=tmp_path / "long.zarr")
    with pytest.raises(ValueError, match="where H, s or the metric have other values"):
        sc.scan(by_functions(0.5, bent=0.1), **arguments, store=tmp_path / "long.zarr")


def test_what_is_no_store_is_refused_and_stays(tmp_path):
    for name, make in (("file", Path.touch), ("folder", Path.mkdir)):
        make(tmp_path / name)
        with pytest.raises(
            ValueError, match=r"store: expected the name of a Zarr group|expected a file of labelled arrays"
        ):
            scan(store=tmp_path / name)
    with pytest.raises(ValueError, match="store: expected an existing directory"):
        scan(store=tmp_path / "none" / "scan.zarr")
    sc.observables.write(sc.equilibrium_current(SPIRAL, 0.1, 0.3, rtol=1e-3), tmp_path / "result.zarr")
    with pytest.raises(ValueError, match="expected a scan, got a result"):
        scan(store=tmp_path / "result.zarr")


def test_a_full_disk_ends_no_scan(tmp_path, whole):
    store = tmp_path / "scan.zarr"
    stores.Table(whole, store, 1)
    with (
        full_disk("pathlib.Path.replace"),
        pytest.raises(
            sc.scans.Incomplete,
            match=r"6 of 6 points are finished, 0 of them kept in the store; .* 6 times, first with OSError: .*No space left",
        ) as stopped,
    ):
        scan(store=store)
    assert stopped.value.result.identical(whole)
    assert (sc.load(store)["status"] == "missing").all()
    assert scan(store=store).identical(whole)
