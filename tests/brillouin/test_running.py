"""Workers, progress and interruption."""

from __future__ import annotations

import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from known_integrals import chern_insulator

from symcur import models
from symcur.brillouin import Interrupted, LatticeCell, Plane, integrate, integrate_bands
from symcur.observables import conductivity

SQUARE = LatticeCell(np.eye(2))


def bands(k):
    return chern_insulator(1.9)(k)


def wavy(k):
    return np.exp(np.cos(k) @ [3.0, 2.0])


def backwards(task, arguments):
    """A map that works from the last task to the first."""
    results = [task(argument) for argument in reversed(list(arguments))]
    return results[::-1]


def runs(workers):
    return [
        integrate_bands(bands, SQUARE, ["f"], [0.5, 1.2], [0.0, 1e-2], rtol=1e-6, workers=workers),
        integrate_bands(bands, SQUARE, ["f"], 0.5, 0.2, rtol=1e-8, workers=workers),
        integrate(wavy, SQUARE, rtol=1e-10, workers=workers),
        integrate(wavy, Plane(2, 3.0), rtol=1e-10, workers=workers),
    ]


@pytest.mark.slow
def test_results_do_not_depend_on_the_workers_by_a_single_bit():
    serial = runs(1)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        others = [runs(2), runs(3), runs(backwards), runs(pool.map)]
    for other in others:
        for a, b in zip(serial, other, strict=True):
            assert a.value.tobytes() == b.value.tobytes()
            assert a.error.tobytes() == b.error.tobytes()
            assert a.evaluations == b.evaluations


class Impatient:
    """An integrand at which the user loses patience after some points."""

    def __init__(self, function, patience):
        self.function, self.left = function, patience

    def __call__(self, k):
        self.left -= len(k)
        if self.left < 0:
            raise KeyboardInterrupt
        return self.function(k)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("method", ["trapezoid", "cubature"])
def test_an_interruption_is_raised_and_holds_what_was_finished(method, workers):
    def peaked(k):
        return (1e-3 + np.sin(k[:, 0] / 2) ** 2 + np.sin(k[:, 1] / 2) ** 2) ** -0.5

    whole = integrate(peaked, SQUARE, rtol=1e-9, method=method, max_evaluations=300_000)
    with pytest.raises(KeyboardInterrupt, match="the attribute result of this exception") as stopped:
        integrate(Impatient(peaked, 20_000), SQUARE, rtol=1e-9, method=method, workers=workers)
    part = stopped.value.result
    assert part.status == "interrupted"
    assert "user" in part.message
    assert abs(part.value - whole.value) <= part.error + whole.error
    assert part.evaluations < whole.evaluations


def test_an_interrupted_metal():
    patient = Impatient(bands, 10**9)
    whole = integrate_bands(patient, SQUARE, ["f"], 0.5, 0.0, rtol=1e-6)
    with pytest.raises(Interrupted) as stopped:
        integrate_bands(Impatient(bands, 10**9 - patient.left - 1000), SQUARE, ["f"], 0.5, 0.0, rtol=1e-6)
    part = stopped.value.result
    assert part.status == "interrupted"
    assert abs(part.value - whole.value) <= part.error + whole.error


@pytest.mark.parametrize("patience", [2, 10])
@pytest.mark.parametrize("method", ["auto", "trapezoid", "patches"])
def test_an_interruption_before_any_result_gives_nan_and_says_so(method, patience):
    with pytest.raises(Interrupted) as stopped:
        integrate_bands(Impatient(bands, patience), SQUARE, ["f"], [0.5, 0.6], 0.0, rtol=1e-6, method=method)
    result = stopped.value.result
    assert result.status == "interrupted"
    assert result.value.shape == (2, 1)
    assert np.isnan(result.value).all()
    assert np.isinf(result.error).all()


def test_a_loop_of_the_user_ends_at_ctrl_c(ctrl_c_after):
    begun = []

    def loop():
        for mu in (0.1, 0.5, 0.9):
            begun.append(mu)
            if len(begun) == 2:
                ctrl_c_after(2000)
            conductivity(models.haldane(), mu, 0.1, rtol=1e-4)

    with pytest.raises(KeyboardInterrupt) as stopped:
        loop()
    assert begun == [0.1, 0.5]
    result = pickle.loads(pickle.dumps(stopped.value)).result
    assert (result.observable, result.status, float(result.mu)) == ("conductivity", "interrupted", 0.5)
    whole = conductivity(models.haldane(), 0.5, 0.1, rtol=1e-6)
    assert (abs(result.value - whole.value) <= result.error + whole.error).all()


def test_progress_is_reported():
    seen = []
    result = integrate(wavy, SQUARE, rtol=1e-10, progress=lambda fraction, text: seen.append((fraction, text)))
    assert seen[-1][0] == 1.0
    assert seen[-1][1].startswith(result.status)
    assert all(fraction is None or 0 <= fraction <= 1 for fraction, _ in seen)
