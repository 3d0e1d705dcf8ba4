"""Files are written whole or not at all; a name that cannot be written is refused before the work."""

from __future__ import annotations

import os
import resource
import signal
import stat

import numpy as np
import pytest

import symcur as sc
from symcur import files, observables, plotting

OLD = "the old file"


@pytest.fixture(name="limited")
def small_files():
    """limited(bytes): no file may grow beyond; the system stops writing in the middle, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


FILES = [ending for ending in observables.FORMATS if ending != ".zarr"]  # the others are directories


@pytest.fixture(name="scan", scope="module")
def _scan():
    return sc.conductivity(sc.models.rice_mele(), [0.1, 0.2], 0.5, rtol=1e-2)


def writers(scan):
    return {
        "text.html": lambda path: files.write(path, "x" * 10_000),
        **{f"scan{ending}": lambda path: observables.write(scan, path) for ending in FILES},
        "scan.png": lambda path: plotting.save(plotting.draw_scan(scan), path),
    }


@pytest.mark.parametrize("name", ["text.html", *(f"scan{ending}" for ending in FILES), "scan.png"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(scan, name, limited, tmp_path):
    path, write = tmp_path / name, writers(scan)[name]
    path.write_text(OLD)
    limited(200)
    with pytest.raises(OSError, match="what was there before is whole") as failed:
        write(path)
    limited(10**9)
    assert failed.value.filename == str(path)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert path.read_text() == OLD
    write(path)
    assert path.stat().st_size > 200


def test_a_directory_that_fails_leaves_nothing(scan, limited, tmp_path):
    limited(200)
    with pytest.raises(OSError, match="File too large"):
        observables.write(scan, tmp_path / "scan.zarr")
    limited(10**9)
    assert list(tmp_path.iterdir()) == []
    observables.write(scan, tmp_path / "scan.zarr")
    assert sc.load(tmp_path / "scan.zarr") == scan


def test_an_interruption_during_writing_leaves_the_old_file(tmp_path, monkeypatch):
    def interrupted(descriptor):
        raise KeyboardInterrupt

    path = tmp_path / "page.html"
    path.write_text(OLD)
    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write(path, "new")
    assert [file.read_text() for file in tmp_path.iterdir()] == [OLD]


def test_permissions_and_links_stay(tmp_path):
    path, link = tmp_path / "page.html", tmp_path / "link.html"
    path.write_text(OLD)
    path.chmod(0o640)
    link.symlink_to(path)
    files.write(link, "é")
    assert link.is_symlink()
    assert path.read_bytes() == "é".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    plain = tmp_path / "plain"
    plain.touch()
    files.write(tmp_path / "new", b"\x00")
    assert (tmp_path / "new").stat().st_mode == plain.stat().st_mode


def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    files.require_writable("--report", path)
    files.write(path, "new")
    assert os.read(reader, 10) == b"new"
    os.close(reader)
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_names_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "old.csv").touch()

    def refused(path, expected):
        with pytest.raises(ValueError, match=rf"^--output: expected {expected}"):
            files.require_writable("--output", path, (".csv",))

    refused(tmp_path / "x.txt", r"a name that ends in one of \.csv, got ")
    refused(tmp_path / "no" / "x.csv", "an existing directory, got .*no$")
    refused(tmp_path / f"{'x' * 300}.csv", r"a file that can be written, got .*\(File name too long\)")
    (tmp_path / "directory.csv").mkdir()
    refused(tmp_path / "directory.csv", "the name of a file, got the directory")
    files.require_writable("--output", tmp_path / "new.csv", (".csv",))
    files.require_writable("--output", tmp_path / "old.csv")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    refused(tmp_path / "old.csv", "a file that may be written to, got .*old.csv")
    if os.path.isdir("/proc/self"):  # where nobody can make a file, not even the administrator
        refused("/proc/self/x.csv", "a file that can be written, got /proc/self/x.csv")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["directory.csv", "old.csv"]


def test_a_name_of_several_lines_stays_in_the_comment_of_a_csv(scan, tmp_path):
    name = "evil\n1,2,3,4,5,6\r\x85\u2028x"
    observables.write(type(scan)(**{**vars(scan), "model": name}), tmp_path / "scan.csv")
    lines = (tmp_path / "scan.csv").read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("# model: evil\\u000a1,2,3,4,5,6\\u000d") for line in lines) == 1
    table = [line for line in lines if not line.startswith("#")]
    assert len(table) == 1 + len(scan.parts) * np.size(scan.mu)
