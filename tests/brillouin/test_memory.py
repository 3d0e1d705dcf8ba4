"""What the arrays of an integral may take and what they took: stated as it is seen by tracemalloc, within the budget, the same numbers."""

import tracemalloc
from threading import Lock
from time import sleep

import numpy as np
import pytest

import symcur as sc
from symcur.brillouin import LatticeCell, Mesh, integrate, integrate_bands
from symcur.brillouin.memory import Memory, pieces

SQUARE = LatticeCell(np.eye(2))
MU = np.linspace(-1.8, 1.8, 300)


def square_lattice(k):
    """One band and twelve values: a scan over many mu makes sums, not samples, large."""
    energy = -np.cos(k).sum(axis=1)[:, None]
    return energy, energy[..., None] * np.arange(1.0, 13.0)


def seen(every=1, **options):
    """The integral at 300 mu, or fewer, and T, and the most that tracemalloc sees of it."""
    scan = {"temperature": 0.5, "rtol": 1e-6, "method": "cubature"} | options
    tracemalloc.start()
    try:
        found = integrate_bands(square_lattice, SQUARE, ["f"] * 12, MU[::every], **scan)
        return found, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def usual():
    seen(rtol=0.1)  # what is loaded when it is first used
    return seen()


@pytest.mark.parametrize("memory", [None, 60e6])
def test_the_stated_memory_is_what_is_taken_and_within_the_budget(usual, memory):
    """Most of it is samples and boxes of the adaptive rule."""
    found, peak = usual if memory is None else seen(memory=memory)
    assert "boxes" in found.message
    assert found.memory == pytest.approx(peak, rel=0.2)
    assert max(found.memory, peak) <= (2e9 if memory is None else memory)
    assert found.converged
    np.testing.assert_allclose(found.value, usual[0].value, rtol=0, atol=1e-12 * found.scale.max())


def test_the_trapezoid_rule_takes_no_more_for_more_momenta():
    few, many = (seen(temperature=T, method="trapezoid", rtol=1e-6) for T in (0.3, 0.05))
    assert many[0].evaluations > 8 * few[0].evaluations
    for found, peak in (few, many):
        assert found.memory == pytest.approx(peak, rel=0.2)


def test_boxes_that_do_not_fit_are_not_made_and_the_status_says_so():
    """At a lower temperature the rule would need many."""
    found, peak = seen(temperature=0.1, memory=60e6)
    assert found.status == "tolerance not met"
    assert "memory of 6e+07 bytes reached" in found.message
    assert max(found.memory, peak) <= 60e6
    exact, _ = seen(temperature=0.1, method="trapezoid")
    assert (np.abs(found.value - exact.value) <= found.error + exact.error).all()


def test_level_sets_of_a_metal_stay_within_the_budget():
    whole, less = (
        seen(every=30, temperature=0.0, rtol=1e-1, method="patches", memory=memory) for memory in (None, 15e6)
    )
    assert max(less[1], less[0].memory) <= 15e6 < whole[0].memory
    np.testing.assert_allclose(less[0].value, whole[0].value, rtol=0, atol=1e-12 * whole[0].scale.max())


@pytest.mark.parametrize(("memory", "together"), [(None, 2), (30e6, 1)])
def test_no_more_threads_work_at_a_time_than_have_room_and_the_numbers_are_the_same(memory, together):
    working, most, lock = [], [], Lock()

    def watched(k):
        with lock:
            working.append(k)
            most.append(len(working))
        sleep(0.005)
        working.pop()
        return square_lattice(k)

    watched.probe = square_lattice
    one, two = (
        integrate_bands(
            bands, SQUARE, ["f"] * 12, MU, 0.5, rtol=1e-6, method="cubature", memory=memory, workers=workers
        )
        for bands, workers in ((square_lattice, 1), (watched, 2))
    )
    assert max(most) == together
    assert np.array_equal(one.value, two.value)
    assert np.array_equal(one.error, two.error)


def test_a_budget_too_small_for_anything_is_refused_with_what_is_needed():
    with pytest.raises(ValueError, match=r"memory: expected at least 200000 bytes \(0.2 MB\), got 1000"):
        integrate_bands(square_lattice, SQUARE, ["f"] * 12, MU, 0.3, rtol=1e-3, memory=1000)


def test_what_is_needed_does_not_grow_with_the_square_of_the_levels():
    """Sizes of the integrand at 3000 levels are added up as they come, where 512 of them would be 150 MB."""
    tracemalloc.start()
    integrate_bands(square_lattice, SQUARE, ["f"] * 12, np.repeat(MU, 10), 0.5, rtol=0.5, method="cubature", memory=4e8)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e8


@pytest.mark.parametrize("unit", [1.0, 1j])
def test_a_function_of_many_components_is_called_with_as_many_momenta_as_fit(unit):
    """Peaks are looked for at thousands of momenta, which took 300 MB whatever the budget."""
    components, calls = unit * np.linspace(1, 2, 4000), []

    def many(k):
        calls.append(len(k))
        return np.exp(np.cos(k).sum(axis=1))[:, None] * components

    def peak_of(memory):
        tracemalloc.start()
        try:
            found = integrate(many, SQUARE, rtol=1e-3, memory=memory)
            return found, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    (whole, most), largest = peak_of(None), max(calls)
    calls.clear()
    less, peak = peak_of(2e7)
    assert max(calls) < 100 < largest
    assert max(peak, less.memory) <= 2e7 < most <= whole.memory
    np.testing.assert_allclose(less.value, whole.value, rtol=1e-12)


def insulator(size):
    """Levels three apart and random hoppings to the nearest neighbours."""
    random = np.random.default_rng(2)
    hoppings = {(0, 0): np.diag(3.0 * np.arange(size))}
    for R in ((1, 0), (0, 1)):
        hoppings[R] = 0.05 * random.normal(size=(size, size))
        hoppings[tuple(-x for x in R)] = hoppings[R].T
    return sc.Model.from_hoppings(hoppings, np.diag(np.arange(1.0, size + 1)), np.eye(2))


@pytest.mark.parametrize(("filling", "temperature"), [(12, 0.0), (12.3, 0.0), (12.3, 0.5)])
def test_a_chemical_potential_stays_within_the_budget(filling, temperature):
    model = insulator(24)

    def peak_of(memory):
        tracemalloc.start()
        try:
            return sc.observables.chemical_potential(model, filling, temperature, memory=memory)[
                0
            ], tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    (whole, most), (less, peak) = peak_of(None), peak_of(2e7)
    assert peak <= 2e7 < most
    np.testing.assert_allclose(less, whole, rtol=1e-12)
    with pytest.raises(
        ValueError, match=r"memory: expected at least .* bytes .*, 2 times what the energies of a mesh take"
    ):
        peak_of(1e6)


def test_a_gap_tells_what_its_search_took():
    found, less = (sc.band_structures.gap(insulator(24), 12, memory=memory) for memory in (None, 2e7))
    assert less.memory <= 2e7 < found.memory
    assert abs(less.mu - found.mu) < 1e-8


@pytest.mark.parametrize("memory", [0, -1.0, np.inf, np.nan, True, "500 MB", 10**400, np.complex128(1e9)])
def test_a_budget_is_a_number_of_bytes(memory):
    with pytest.raises(ValueError, match="memory: expected a number of bytes, or None"):
        integrate(lambda k: np.cos(k[:, 0]) ** 2, SQUARE, rtol=1e-3, memory=memory)
    with pytest.raises(ValueError, match="memory: expected a number of bytes, or None"):
        Mesh(8, memory=memory)


def test_as_many_things_as_fit_and_no_more_threads_than_have_room():
    memory = Memory(1e8, threads=4)
    assert memory.fit(1e7, 50, "a thing") == 5
    assert (memory.at_once, memory.peak) == (1, 5e7)
    assert memory.fit(1e7, 2, "a thing") == 2
    assert memory.at_once == 2
    memory.keep(30_000_000)
    memory.take(6e7)
    assert memory.peak == 9e7
    assert memory.allows(7e7)
    assert not memory.allows(7e7 + 1)
    with pytest.raises(ValueError, match="2 times what boxes take"):
        memory.stay(30_000_000, "boxes")
    with pytest.raises(
        ValueError, match=r"expected at least 120000000 bytes \(120 MB\), 2 times what a thing takes, got 1e\+08"
    ):
        memory.fit(6e7, 1, "a thing")


def test_pieces_hold_everything_once():
    some = pieces(1000, 2**14)
    assert [x for piece in some for x in range(1000)[piece]] == list(range(1000))
    assert {piece.stop - piece.start for piece in some[:-1]} == {16}
    assert len(pieces(3, 2**30)) == 3


def test_a_result_states_its_memory_wherever_it_is_shown(tmp_path):
    haldane = sc.models.haldane()
    result, less = (sc.conductivity(haldane, 0.0, 0.1, rtol=1e-2, memory=memory) for memory in (None, 1e7))
    assert 0 < less.memory <= 1e7
    assert f"arrays of {result.memory / 1e6:.3g} MB" in repr(result)
    assert result.to_dict()["memory"] == result.memory == result.to_xarray().attrs["memory"]
    sc.observables.write(result, tmp_path / "result.csv")
    assert sc.load(tmp_path / "result.csv").memory == result.memory
    np.testing.assert_allclose(less.value, result.value, rtol=0, atol=1e-12)
