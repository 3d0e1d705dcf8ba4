"""A scan is the observable at every parameter set, bit by bit, with its labels; what is wrong is said before the work, or at its point."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest
import sympy as sp
from spiral import SPIRAL, scan

import symcur as sc
from symcur.band_structures import Model
from symcur.kernels import compilation

CHAIN = {"rtol": 1e-3, "temperature": 0.3}
spiral = partial(scan, parameters={"a": [0.1, 0.2, 0.3], "B": [0.2, 0.4]})


def test_every_combination_is_the_observable_there():
    found = spiral()
    assert found["value"].dims == ("a", "B", "part", "mu", "i")
    assert found["status"].dims == ("a", "B")
    for a, B in ((0.1, 0.4), (0.3, 0.2)):
        values = {"a": a, "B": B}
        one, at = sc.equilibrium_current(SPIRAL, [0.0, 0.5], parameters=values, **CHAIN), found.sel(values)
        table = one.to_xarray()
        for name in ("value", "error"):
            assert np.array_equal(at[name].transpose(*table[name].dims), table[name])
        assert (at["status"], at["message"]) == (one.status, one.message)
        for key in ("unit", "convention", "form", "sums", "total", "version", "date", "rtol", "atol", "H", "lattice"):
            assert found.attrs[key] == table.attrs[key], key
    assert json.loads(found.attrs["parameters"]) == {"t": 1.0}
    assert (abs(found["value"].sel(part="conventional")) > 1e-6).all()
    total = found.sel(part="total")
    assert (abs(total["value"]) <= total["error"]).all()


def test_pairs_are_the_diagonal():
    values = {"a": [0.1, 0.3], "B": [0.2, 0.4]}
    pairs, square = (spiral(parameters=values, paired=paired) for paired in (True, False))
    assert pairs["a"].dims == pairs["B"].dims == ("point",)
    diagonal = square["value"].values[[0, 1], [0, 1]]
    assert np.array_equal(pairs["value"], diagonal)


def test_words_and_parameters_with_the_name_of_a_label():
    phonons = sc.bosons.get("square_phonons")
    word = next(name for name, value in phonons.arguments()["parameters"].items() if isinstance(value, str))
    kind = phonons.arguments()["parameters"][word]
    found = sc.scan(phonons, "thermal_hall", {word: [kind]}, temperature=0.5, rtol=1e-2)
    assert found[word].values.tolist() == [kind]
    direct = sc.observables.thermal_hall(phonons, 0.0, 0.5, rtol=1e-2)
    assert np.array_equal(found["value"].sel({word: kind, "part": found.attrs["total"]}), direct.value)
    k, mu = sp.symbols("k mu", real=True)
    shifted = Model(sp.Matrix([[-mu - sp.cos(k)]]), 1, k, {mu: 0}, lattice=[[1]])
    moved = sc.scan(shifted, "equilibrium_current", {mu: [0.1, 0.2]}, mu=0.3, **CHAIN)
    assert moved["parameter_mu"].values.tolist() == [0.1, 0.2]
    assert float(moved["mu"]) == 0.3


@pytest.mark.parametrize("names", [[r"\alpha"], ["zarr.json"], ["_nc4_x"], ["a/b"], [".a"], ["mu", "parameter_mu"]])
def test_names_that_no_file_keeps_are_refused(names):
    """What a store would lose, or take for something else, is said before it does."""
    k, *symbols = sp.symbols(["k", *names], real=True)
    model = Model(sp.Matrix([[sum(symbols) * sp.cos(k)]]), 1, k, dict.fromkeys(symbols, 1), lattice=[[1]])
    with pytest.raises(
        ValueError, match=r"parameters: expected (a name that can be the name of a file|each name once)"
    ):
        sc.scan(model, "equilibrium_current", {symbol: [0.1] for symbol in symbols}, **CHAIN)


def test_a_point_that_fails_says_why_and_the_rest_goes_on():
    """Magnons of a ferromagnet are stable for one sign of the exchange."""
    found = sc.scan(
        sc.bosons.get("honeycomb_magnons"), "thermal_hall", {"J": [-1.0, 1.0, 0.5]}, temperature=0.5, rtol=1e-2
    )
    assert found["status"].values.tolist() == ["failed", "converged", "converged"]
    with pytest.raises(ValueError, match="positive") as refused:
        sc.observables.thermal_hall(sc.bosons.get("honeycomb_magnons"), 0.0, 0.5, parameters={"J": -1.0}, rtol=1e-2)
    assert found["message"].sel(J=-1.0) == f"ValueError: {refused.value}"
    assert np.isnan(found["value"].sel(J=-1.0)).all()
    assert np.isinf(found["error"].sel(J=-1.0)).all()
    assert np.isfinite(found["value"].sel(J=[1.0, 0.5])).all()


@pytest.mark.parametrize("trouble", [MemoryError("too large"), OSError(28, "No space left on device")])
def test_what_fails_for_want_of_a_better_machine_is_missing(trouble, monkeypatch):
    """It is no property of the point: another machine may compute it."""

    def fails(*_, parameters, **__):
        raise trouble if parameters["a"] == 0.2 else ValueError("no such state")

    monkeypatch.setattr(sc.observables.Observable, "__call__", fails)
    with pytest.raises(
        sc.scans.Incomplete, match=f"4 of 6 points are finished; .* 2 times, first with {type(trouble).__name__}"
    ) as stopped:
        spiral()
    assert stopped.value.result["status"].values.tolist() == [["failed"] * 2, ["missing"] * 2, ["failed"] * 2]
    assert stopped.value.result["message"].values[0, 0] == "ValueError: no such state"


def test_what_no_tolerance_reaches_is_no_failure():
    found = spiral(parameters={"a": [0.2]}, rtol=1e-12, max_evaluations=40)
    assert found["status"].values.tolist() == ["tolerance not met"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parameters": {"gamma": [1.0]}}, "parameters: expected some of B, a, t of spiral, got gamma"),
        ({"parameters": {}}, "parameters: expected a mapping from names to values"),
        ({"parameters": {"a": 0.1}}, "parameters: expected one or more values of a, a 1D array"),
        ({"parameters": {"a": [np.nan]}}, "parameters: expected finite numbers for a"),
        ({"parameters": {"a": [0.1, 0.2], "B": [0.1]}, "paired": True}, "parameters: expected as many values of each"),
        ({"parameters": {"a": [0.1 + 0.2j]}}, "parameters: expected real numbers or words for a"),
        ({"parameters": {"a": [0.1], sp.Symbol("a"): [0.2]}}, "parameters: expected each name once, got a, a"),
        ({"parameters": dict.fromkeys("aB", np.ones(10**5))}, "parameters: expected a scan of at most 100000000 numbers"),
        ({"observable": 3}, "observable: expected one of conductivity, "),
        ({"window": -1.0}, "window: expected a finite energy >= 0"),
        ({"cutoff": 3.0}, "cutoff: expected None, as a lattice model"),
        ({"domain": 3}, "domain: expected a LatticeCell"),
        ({"method": 3}, "method: expected one of trapezoid, "),
        ({"rtol": 2.0}, "rtol: expected a number between 0 and 1"),
        ({"atol": -1.0}, "atol: expected"),
        ({"max_evaluations": 0}, "max_evaluations: expected"),
        ({"method": "magic"}, "magic"),
        ({"method": sc.brillouin.Mesh(8, record="sums")}, "method: expected one without a record"),
        ({"form": "sea, please"}, "form: expected"),
        ({"hall": "mine"}, "hall: expected"),
        ({"temperature": -1.0}, "temperature: expected numbers >= 0"),
        ({"mu": [[1.0]]}, "mu: expected a finite number or a 1D array"),
        ({"chunk": 0}, "chunk: expected an integer >= 1"),
        ({"executor": 2}, "executor: expected None or what has the method submit"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_all_points_is_said_before_the_work(change, message, monkeypatch):
    monkeypatch.setattr(sc.observables.Observable, "__call__", lambda *_, **__: pytest.fail("the work has begun"))
    with pytest.raises((ValueError, TypeError), match=message):
        spiral(**change)


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "zarr", None)
    with pytest.raises(
        ImportError,
        match=r"scan: expected that xarray, h5netcdf and zarr are installed, which pip install 'symcur\[data\]' does",
    ):
        spiral()


def test_ctrl_c_leaves_what_is_finished(press_ctrl_c):
    def impatient(fraction, message):
        if fraction == 0.5:
            press_ctrl_c()

    with pytest.raises(sc.Interrupted, match="interrupted with 3 of 6 points finished") as stopped:
        spiral(progress=impatient)
    assert stopped.value.result["status"].values.ravel().tolist() == ["converged"] * 3 + ["missing"] * 3


def test_ctrl_c_within_a_point_leaves_that_point_out(ctrl_c_after):
    whole = spiral()
    ctrl_c_after(150)
    with pytest.raises(sc.Interrupted) as stopped:
        spiral()
    found = stopped.value.result
    done = found["status"] == "converged"
    assert 0 < done.sum() < 6
    assert set(found["status"].values.ravel()) == {"converged", "missing"}
    assert np.array_equal(found["value"].where(done), whole["value"].where(done), equal_nan=True)


def test_one_kernel_is_compiled_for_all_values(monkeypatch):
    made = []
    for name, backend in compilation.BACKENDS.items():
        monkeypatch.setitem(
            compilation.BACKENDS, name, lambda *args, backend=backend: made.append(backend) or backend(*args)
        )
    new = SPIRAL.with_parameters(t=sp.Rational(77, 100))
    found = sc.scan(new, "equilibrium_current", {"a": [0.1, 0.2], "B": [0.2, 0.3]}, **CHAIN)
    assert (found["status"] == "converged").all()
    assert len(made) == 1
