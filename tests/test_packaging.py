"""What an installed package needs and promises: declared dependencies, Python versions, and nothing that only POSIX has."""

from __future__ import annotations

import errno
import os
import re
import sys
import tomllib
from concurrent.futures import Future
from pathlib import Path

import pytest

import symcur as sc
from symcur import files, observables, plotting, running
from symcur.claims import verification

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TEXTS = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "symcur").rglob("*.py"))}
PACKAGES = {"flint": "python-flint", "distributed": "dask[distributed]", "dask": "dask[distributed]"}
# Imported where the user has them: readers that take objects of these packages, and notebooks.
OF_THE_USER = {"phonopy", "IPython", "ipykernel"}
POSIX = {"fcntl", "termios", "resource", "pwd", "grp", "pty", "tty", "posix", "curses", "readline", "syslog"}
POSIX_CALLS = {
    "fork",
    "forkpty",
    "getuid",
    "geteuid",
    "mkfifo",
    "sysconf",
    "setsid",
    "killpg",
    "uname",
    "alarm",
    "select",
}


IMPORTS = (
    r"^ *import (\w+)[\w.]*(?: as \w+)?(?:  #.*)?$",
    r"^ *from (\w+)[\w.]* import \w",
    r"\bimport_module\(\"(\w+)\"\)",
)


def imported() -> set[str]:
    """The packages that symcur imports anywhere, but for its own and the standard library."""
    return {name for text in TEXTS.values() for line in IMPORTS for name in re.findall(line, text, re.M)} - {"symcur"}


def declared(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w.-]+(\[\w+\])?", text)[0] for text in requirements}


def test_what_is_imported_is_declared_and_nothing_else():
    packages = {PACKAGES.get(name, name) for name in imported() - set(sys.stdlib_module_names) - OF_THE_USER}
    extras = PROJECT["optional-dependencies"]
    optional = set().union(*(declared(extras[name]) for name in ("plot", "materials", "data", "scan")))
    assert packages == declared(PROJECT["dependencies"]) | optional


def test_classifiers_and_changelog_are_of_this_version():
    versions = [text.rpartition(" ")[2] for text in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", text)]
    assert versions[0] == PROJECT["requires-python"].removeprefix(">=")
    assert "Python 3.11 to 3.13" in (ROOT / "docs/release_policy.md").read_text().replace("| Python | ", "Python ")
    assert versions == ["3.11", "3.12", "3.13"]
    latest = re.search(r"^## (\S+),", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)[1]
    assert latest == PROJECT["version"]


# -- other systems -------------------------------------------------------------------------------------------------------
def test_nothing_is_used_that_only_posix_has():
    assert not imported() & POSIX
    for path, text in TEXTS.items():
        assert not set(re.findall(r"\b(?:os|signal)\.(\w+)", text)) & POSIX_CALLS, path
        assert set(re.findall(r"get_context\((.*?)\)", text)) <= {'"spawn"'}, path


def test_text_of_files_has_an_encoding():
    """That of Windows is another one where none is named."""
    for path, text in TEXTS.items():
        assert set(re.findall(r"(?:read|write)_text\((.*?)\)", text)) <= {'encoding="utf-8"'}, path
        assert set(re.findall(r"\bopen\((\".*?\")\)", text)) <= {'"rb"', '"xb"'}, path


def test_a_file_that_another_program_has_open_stays_as_it_was(tmp_path, monkeypatch):
    """Windows refuses to replace it."""
    path = tmp_path / "scan.csv"
    path.write_text("old", encoding="utf-8")

    def refused(source, target):
        raise PermissionError(
            errno.EACCES, "The process cannot access the file because it is being used by another process"
        )

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(OSError, match=r"used by another process; what was there before is whole.*scan\.csv"):
        files.write(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["scan.csv"]


def test_pools_have_no_more_processes_than_windows_waits_for(monkeypatch):
    counts, processes = [], []

    class Pool:
        def __init__(self, count, **_):
            processes.append(count)

        def submit(self, *_):
            settled = Future()
            settled.set_result(None)
            return settled

        def shutdown(self, **_):
            pass

    monkeypatch.setattr(verification, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(os, "cpu_count", lambda: 128)
    claims = tuple(sc.claims.CLAIMS)
    assert len(claims) > 61
    for workers in (-1, 100, 4):
        with verification._elsewhere(claims, None, False, workers):
            counts.append(sum(processes))
            processes.clear()
    assert counts == [61, 61, 4] == [running.MOST_PROCESSES] * 2 + [4]


# -- without what is optional ----------------------------------------------------------------------------------------------
def test_pictures_say_what_they_need(monkeypatch):
    plotting.canvas._picture.cache_clear()
    haldane = sc.models.haldane()
    result = sc.conductivity(haldane, [-0.1, 0.1], 0.2, rtol=0.5)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for draw in (
        lambda: plotting.draw_scan(result),
        lambda: plotting.draw_panels(result),
        lambda: plotting.draw_path(haldane, "energy", points=5),
        lambda: plotting.draw_zone(haldane, "berry_curvature", points=5),
        lambda: plotting.draw_plane(haldane, temperature=0.1, points=5),
        lambda: plotting.draw_phases(lambda model: 1.0, haldane, {"M": [0.0, 0.1], "t2": [0.1, 0.2]}),
        lambda: plotting.draw_slices(lambda mu: plotting.draw_zone(haldane, "energy", mu=mu, points=5), "mu", [0]),
    ):
        with pytest.raises(ImportError, match=r"plotting needs matplotlib: python -m pip install 'symcur\[plot\]'"):
            draw()


def test_results_are_shown_and_written_without_what_is_optional(monkeypatch, tmp_path):
    for name in ("matplotlib", "pandas", "xarray", "h5netcdf", "zarr", "dask", "IPython"):
        monkeypatch.setitem(sys.modules, name, None)
    result = sc.conductivity(sc.models.haldane(), 0.1, 0.2, rtol=0.5)
    assert "<table" in result._repr_html_()
    for name in ("a.csv", "a.json"):
        observables.write(result, tmp_path / name)
        assert sc.load(tmp_path / name) == result
    for refused in (
        lambda: observables.write(result, tmp_path / "a.nc"),
        lambda: sc.load(tmp_path / "a.zarr"),
        lambda: sc.scan("haldane", "conductivity", {"M": [0.0]}, temperature=0.1),
        result.to_xarray,
    ):
        with pytest.raises(ImportError, match=r"pip install 'symcur\[data\]' does"):
            refused()
