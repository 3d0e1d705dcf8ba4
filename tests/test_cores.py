"""BLAS keeps to one core while many small matrices go through it, and has its own again afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

import symcur as sc
from symcur.band_structures.hermitian import eigenvalues, eigenvectors
from symcur.cores import MANY, one_core


def cores() -> set[int]:
    """How many threads the BLAS libraries of this process have."""
    return {library.num_threads for library in ThreadpoolController().select(user_api="blas").lib_controllers}


@pytest.fixture
def two_cores():
    with threadpool_limits(2, user_api="blas"):
        if cores() != {2}:
            pytest.skip("a BLAS whose threads cannot be set")
        yield


def test_as_before_afterwards_whatever_happens_inside(two_cores) -> None:
    def inside() -> None:
        with one_core():
            with one_core():
                assert cores() == {1}
            assert cores() == {1}
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        inside()
    assert cores() == {2}


def test_the_outermost_block_counts_in_all_threads(two_cores) -> None:
    def inside() -> set[int]:
        with one_core():
            return cores()

    with ThreadPoolExecutor(1) as pool, one_core():
        assert pool.submit(inside).result() == {1}
        assert cores() == {1}
    assert cores() == {2}


SEEN: list[set[int]] = []


def watched_bands(k: np.ndarray) -> np.ndarray:
    """Three bands, cos k + 3 b apart; tells of the cores where there are many k."""
    if len(k) >= MANY:
        SEEN.append(cores())
    hopping = np.diag([1.0, 1.0], 1) + np.diag([1.0, 1.0], -1)
    return np.cos(k)[..., None] * np.eye(3) + np.diag([0.0, 3.0, 6.0]) + 0.1 * hopping


@pytest.mark.parametrize(
    "ask",
    [
        lambda model: sc.evaluate(model, "s_current", np.linspace(0, 1, MANY)[:, None]),
        lambda model: sc.conductivity(model, mu=0.3, temperature=0.1, rtol=1e-2, workers=2),
    ],
    ids=["quantities", "integrals"],
)
def test_many_momenta(two_cores, ask) -> None:
    SEEN.clear()
    ask(sc.Model.from_functions(watched_bands, s=np.diag([1.0, 0.0, -1.0]), lattice=[[1]]))
    assert SEEN
    assert all(found == {1} for found in SEEN)
    assert cores() == {2}


def test_stacks_of_matrices(two_cores, monkeypatch) -> None:
    """LAPACK sees one core; a single matrix has all of them."""
    seen = []

    def watched(function, H):
        seen.append(cores())
        return function(H)

    for name in ("eigh", "eigvalsh"):
        monkeypatch.setattr(np.linalg, name, partial(watched, getattr(np.linalg, name)))
    for H in (np.broadcast_to(np.eye(3), (MANY, 3, 3)), np.eye(3)):
        eigenvalues(H)
        eigenvectors(H)
    assert seen == [{1}, {1}, {2}, {2}]
