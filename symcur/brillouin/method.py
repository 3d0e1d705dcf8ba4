"""What a method of integration is, and the table of all methods."""

from __future__ import annotations

from abc import ABC, abstractmethod

from symcur.registry import Registry

from .problem import Problem
from .solution import Estimate, Tolerance
from .sweep import Sweep


class Method(ABC):
    """One way to integrate; ``METHODS.add`` makes it available by its name.

    ``description`` says in results what was done. Docstrings say when to use which.
    """

    name: str
    description: str

    @abstractmethod
    def obstacle(self, problem: Problem) -> str:
        """Why the method cannot take the problem; empty if it can."""

    @abstractmethod
    def estimate(self, problem: Problem, sweep: Sweep, tolerance: Tolerance) -> Estimate:
        """The integral, flattened, with error estimates; a tolerance that is not met is said in its status."""


METHODS: Registry[Method] = Registry("method")
