"""Shared by the tests: random lattice models, and band structures known exactly in modular arithmetic."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from jets import ExactBands
from random_models import random_lattice_model

# For the processes that pytest starts next: several that each spread small products over all cores slow each other down.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def lattice_model():
    return random_lattice_model


@pytest.fixture
def symcur(piped, monkeypatch) -> Callable[..., tuple[int, str, str]]:
    """symcur(arguments) -> exit status, stdout, stderr, as where stdout is a terminal of 100 columns without colours."""
    from symcur.cli import terminal

    monkeypatch.setattr(terminal, "is_plain", bool)
    return piped


@pytest.fixture
def piped(capsys) -> Callable[..., tuple[int, str, str]]:
    """The same where stdout is no terminal."""
    from symcur.cli import main

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        captured = capsys.readouterr()
        return stopped.value.code or 0, captured.out, captured.err

    return call


@pytest.fixture
def press_ctrl_c() -> Iterator[Callable[[], None]]:
    """A function that does what Ctrl-C does, also where the tests run in a background shell, which ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give the marker ``slow`` to the instances that ``slow_for`` and ``slow_but`` speak of; their names must be there."""
    missing: set[tuple[str, str]] = set()
    found: set[tuple[str, str]] = set()
    for item in items:
        for marker in item.iter_markers():
            if marker.name in ("slow_for", "slow_but"):
                function, _, instance = item.nodeid.removesuffix("]").partition("[")
                missing |= {(function, name) for name in marker.args}
                found.add((function, instance))
                if (instance in marker.args) == (marker.name == "slow_for"):
                    item.add_marker("slow")
    if missing - found and not any("::" in path for path in config.args):
        raise pytest.UsageError(f"slow_for, slow_but: expected instances of the test, got {sorted(missing - found)}")


def pytest_collection_finish():
    """What was imported stays: it is not searched for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def ctrl_c_after(monkeypatch, press_ctrl_c) -> Callable[[int], None]:
    """ctrl_c_after(n): the user presses Ctrl-C when an observable has asked for n k points from now on."""
    from symcur.observables.engine import BandValues

    values = BandValues.__call__

    def choose(points: int) -> None:
        left = [points]

        def impatient(bands, k):
            left[0] -= len(k)
            if left[0] < 0:
                left[0] = 10**9
                press_ctrl_c()
            return values(bands, k)

        monkeypatch.setattr(BandValues, "__call__", impatient)

    return choose


@cache
def exact_bands(*ranks: int, degree: int = 3, seed: int = 0, axes: tuple[str, ...] = ("i", "l")) -> ExactBands:
    """Bands n, m, p with the given ranks (and more bands), exact to every order in k."""
    return ExactBands(ranks, ("n", "m", "p"), axes, degree, seed)


@pytest.fixture(scope="session", name="exact_bands")
def _exact_bands():
    return exact_bands
