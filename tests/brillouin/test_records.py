"""What methods keep in a file of sums and rounds, and the memory that the blocks of a mesh take."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from full_disk import full_disk

from symcur.brillouin import METHODS, LatticeCell, Mesh, integrate, integrate_bands, sweep

SQUARE, CUBE = LatticeCell(np.eye(2)), LatticeCell(np.eye(3))
SCAN = (["f", "-df/de"], np.linspace(-1, 1, 5), 0.3)


def lattice(k, hop=1.0):
    energies = -hop * np.cos(k).sum(axis=-1)[:, None] + np.array([0.0, 0.7])
    return energies, np.stack([energies, np.sin(k[:, :1] + energies)], axis=-1)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    monkeypatch.setattr(sweep, "TASKS", 3)


def stopped_after(points):
    """The lattice until so many momenta have been asked for, then Ctrl-C."""
    asked = [0]

    def bands(k):
        asked[0] += len(k)
        if asked[0] > points:
            raise KeyboardInterrupt
        return lattice(k)

    bands.probe = lattice
    return bands


def counted():
    asked = []

    def bands(k):
        asked.append(len(k))
        return lattice(k)

    bands.probe = lattice
    return bands, asked


@pytest.mark.slow_for("None")
@pytest.mark.parametrize("points", [12, None])
def test_sums_go_on_after_any_number_of_interruptions_and_end_bit_by_bit_the_same(tmp_path, points):
    record, memory, rtol = tmp_path / "sums", 8_000, 1e-9
    whole = integrate_bands(lattice, SQUARE, *SCAN, rtol=rtol, method=Mesh(points, memory=memory))
    part, interruptions = None, 0
    while part is None and interruptions < 40:
        try:
            bands = stopped_after(whole.evaluations / 5)
            part = integrate_bands(bands, SQUARE, *SCAN, rtol=rtol, method=Mesh(points, memory=memory, record=record))
        except KeyboardInterrupt:
            interruptions += 1
            assert record.is_file()
    assert 4 <= interruptions < 40
    for name in ("value", "error", "scale", "met", "status", "message", "evaluations"):
        assert np.array_equal(getattr(part, name), getattr(whole, name)), name
    bands, asked = counted()
    integrate_bands(bands, SQUARE, *SCAN, rtol=rtol, method=Mesh(points, memory=memory, record=record))
    assert sum(asked) == 0, "everything is in the record"


@pytest.mark.parametrize(
    ("method", "temperature", "rtol"),
    [("trapezoid", 0.1, 1e-8), ("patches", 0.0, 1e-6), ("cubature", 0.3, 1e-8), ("auto", 0.02, 1e-4)],
)
def test_rounds_go_on_after_any_number_of_interruptions_and_end_bit_by_bit_the_same(
    tmp_path, method, temperature, rtol
):
    """auto tries the trapezoid rule first, and then patches."""
    scan, record = (["f", "f"], [-0.8, 0.3], temperature), tmp_path / "rounds"
    whole = integrate_bands(lattice, SQUARE, *scan, rtol=rtol, method=method)
    part, interruptions = None, 0
    while part is None and interruptions < 40:
        try:
            bands = stopped_after(whole.evaluations * (0.45 + 0.05 * interruptions))
            part = integrate_bands(bands, SQUARE, *scan, rtol=rtol, method=METHODS.get(method).recorded(record))
        except KeyboardInterrupt:
            interruptions += 1
            assert record.is_file()
    assert 1 <= interruptions < 40
    for name in ("value", "error", "scale", "met", "status", "message", "method", "evaluations"):
        assert np.array_equal(getattr(part, name), getattr(whole, name)), name
    bands, asked = counted()
    integrate_bands(bands, SQUARE, *scan, rtol=rtol, method=METHODS.get(method).recorded(record))
    assert sum(asked) < 0.9 * whole.evaluations
    with pytest.raises(ValueError, match="record: expected the sums of this integral"):
        integrate_bands(lattice, SQUARE, *scan, rtol=rtol / 2, method=METHODS.get(method).recorded(record))


def test_threads_go_on_where_one_stopped(tmp_path):
    record, mesh = tmp_path / "sums", {"points": 20, "memory": 8_000}
    whole = integrate_bands(lattice, SQUARE, *SCAN, rtol=0.5, method=Mesh(**mesh))
    with pytest.raises(KeyboardInterrupt):
        integrate_bands(stopped_after(200), SQUARE, *SCAN, rtol=0.5, method=Mesh(**mesh, record=record))
    bands, asked = counted()
    rest = integrate_bands(bands, SQUARE, *SCAN, rtol=0.5, method=Mesh(**mesh, record=record), workers=2)
    assert np.array_equal(rest.value, whole.value)
    assert 0 < sum(asked) < whole.evaluations - 100


def merged(k):
    return lattice(k)


merged.decided_by = "window 0.01"


@pytest.mark.parametrize(
    "other",
    [
        {"bands": merged},
        {"bands": lambda k: lattice(k, 1 + 1e-15)},
        {"domain": LatticeCell([[1, 0], [0, 1 + 1e-15]])},
        {"weights": ["f", "f"]},
        {"mu": np.linspace(-1, 1, 6)},
        {"temperature": 0.3 + 1e-16},
        {"method": {"points": 14}},
        {"method": {"memory": 20_000}},
    ],
)
def test_a_record_of_another_integral_is_refused_and_stays(tmp_path, other):
    record = tmp_path / "sums"
    same = {"bands": lattice, "domain": SQUARE, "weights": SCAN[0], "mu": SCAN[1], "temperature": SCAN[2]}
    mesh = {"points": 12, "memory": 8_000, "record": record}
    integrate_bands(**same, rtol=0.5, method=Mesh(**mesh))
    before = record.read_bytes()
    changed = Mesh(**(mesh | other.pop("method", {})))
    with pytest.raises(
        ValueError, match=r"record: expected the sums of this integral, got .*sums, which is of another one"
    ):
        integrate_bands(**(same | other), rtol=0.5, method=changed)
    assert record.read_bytes() == before


def test_a_function_has_a_record_too(tmp_path):
    record = tmp_path / "sums"
    for _ in range(2):
        found = integrate(lambda k: np.cos(k[:, 0]) ** 2, CUBE, rtol=1e-6, method=Mesh(6, record=record))
        assert found.value == pytest.approx(0.5)
    with pytest.raises(ValueError, match="of another one"):
        integrate(lambda k: np.sin(k[:, 0]) ** 2, CUBE, rtol=1e-6, method=Mesh(6, record=record))


def test_a_record_that_cannot_be_written_or_read_is_told_before_the_work(tmp_path):
    with pytest.raises(ValueError, match="record: expected an existing directory"):
        Mesh(6, record=tmp_path / "none" / "sums")
    (tmp_path / "sums").write_text("a good file")
    bands, asked = counted()
    with pytest.raises(
        ValueError, match=r"record: expected the sums of an interrupted sweep, got .* no such file or damaged"
    ):
        integrate_bands(bands, SQUARE, *SCAN, rtol=0.5, method=Mesh(6, record=tmp_path / "sums"))
    assert (tmp_path / "sums").read_text() == "a good file"
    assert sum(asked) == 0


def test_a_full_disk_ends_no_sweep_and_keeps_the_record_of_before(tmp_path):
    record, mesh = tmp_path / "sums", {"points": 20, "memory": 8_000}
    with pytest.raises(KeyboardInterrupt):
        integrate_bands(stopped_after(200), SQUARE, *SCAN, rtol=0.5, method=Mesh(**mesh, record=record))
    before = record.read_bytes()
    with full_disk("os.fsync"):
        found = integrate_bands(lattice, SQUARE, *SCAN, rtol=0.5, method=Mesh(**mesh, record=record))
    told = f"the sums could not be written to {record} (No space left on device; what was there before is whole); "
    assert found.message.startswith(told)
    assert [path.name for path in tmp_path.iterdir()] == ["sums"]
    assert record.read_bytes() == before
    with full_disk("os.fsync"), pytest.raises(KeyboardInterrupt, match="could not be written"):
        integrate_bands(stopped_after(250), SQUARE, *SCAN, rtol=0.5, method=Mesh(**mesh, record=record))
    after = integrate_bands(lattice, SQUARE, *SCAN, rtol=0.5, method=Mesh(**mesh, record=record))
    assert np.array_equal(found.value, after.value)
    assert found.message == told + after.message


def bands_of_energy(k):
    return np.arange(9.0) + np.cos(k).sum(axis=1)[:, None]


def many(k):
    energies = bands_of_energy(k)
    return energies, energies[..., None] * np.arange(1.0, 101.0)


many.energies = bands_of_energy


def test_memory_bounds_what_a_block_takes():
    """The values of 100 columns, nine bands and the occupations of 50 mu; the momenta of the mesh themselves come on top."""
    mu, peaks, found = np.linspace(0, 9, 50), [], []
    for memory in (None, 4e6, 1e6):
        tracemalloc.start()
        found.append(integrate_bands(many, CUBE, ["f"] * 100, mu, 0.5, rtol=0.5, method=Mesh(10, memory=memory)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    sums = 8 * 2 * 100 * 50 * 10  # of which some are there at a time
    assert peaks[1] < 4e6 + sums
    assert peaks[2] < 1e6 + sums
    assert peaks[0] > 10e6
    for other in found[1:]:
        np.testing.assert_allclose(other.value, found[0].value, rtol=1e-12, atol=1e-12 * np.abs(found[0].value).max())


@pytest.mark.parametrize("memory", [0, -1.0, np.inf])
def test_memory_is_a_number_of_bytes(memory):
    with pytest.raises(ValueError, match="memory: expected a number of bytes, or None"):
        Mesh(6, memory=memory)
