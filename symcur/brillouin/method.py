"""What a method of integration is, and the table of all methods."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from copy import copy
from pathlib import Path
from typing import Self

import numpy as np

from symcur.arrays import AnyArray
from symcur.registry import Registry
from symcur.version import __version__

from .problem import Problem, SmoothProblem
from .records import Record
from .solution import Estimate, Tolerance
from .sweep import Sweep


class Method(ABC):
    """One way to integrate; ``METHODS.add`` makes it available by its name.

    ``description`` says in results what was done. Docstrings say when to use which. ``record`` holds the file of what is finished, if
    any.
    """

    name: str
    description: str
    record: Record | None = None

    def recorded(self, record: str | Path | Record | None) -> Self:
        """The same method that keeps what is finished in a file, and goes on from it where it exists, to bitwise the same numbers.

        It is left to whoever named the file to remove it; where it cannot be written, ``message`` says so.
        """
        other = copy(self)
        other.record = Record(record) if isinstance(record, str | Path) else record
        return other

    def open_record(self, problem: Problem, sweep: Sweep, tolerance: Tolerance) -> None:
        """Begin the record of this integral, or go on with it."""
        if self.record is not None:
            how = (
                tolerance.rtol,
                tolerance.atol.tolist(),
                tolerance.relative_to,
                sweep.max_evaluations,
                sweep.memory.limit,
            )
            self.record.open(key_of(problem, *how))

    @abstractmethod
    def obstacle(self, problem: Problem) -> str:
        """Why the method cannot take the problem; empty if it can."""

    @abstractmethod
    def estimate(self, problem: Problem, sweep: Sweep, tolerance: Tolerance) -> Estimate:
        """The integral, flattened, with error estimates; a tolerance that is not met is said in its status."""


METHODS: Registry[Method] = Registry("method")

PLACES = 4  # at which an integrand is looked at, to tell it from others


def key_of(problem: Problem, *how: object) -> str:
    """A digest of an integral: the integrand at a few momenta, bit by bit, its occupations, and ``how`` it is done."""
    digest = hashlib.sha256(repr((__version__, problem.shape, *how)).encode())
    u = np.random.default_rng(97).uniform(size=(PLACES, problem.domain.dimension))
    arrays: list[AnyArray] = [*problem.domain.map(u)]
    if isinstance(problem, SmoothProblem):
        arrays.append(problem.sample(u))
    else:
        digest.update(repr((problem.weights, getattr(problem.bands, "decided_by", ""))).encode())
        arrays += [problem.mu, problem.temperature, *problem.sample(u, problem.probe)]
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
