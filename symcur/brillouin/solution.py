"""What an integration returns, and the meaning of its tolerance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symcur.arrays import AnyArray, Array, Mask

# Sums of many terms carry rounding errors of this size relative to the integral of |integrand|; the error
# estimate includes it, and a tolerance below twice of it counts as met when the estimate is there.
ROUNDING = 3e-13


@dataclass(frozen=True)
class Tolerance:
    """error <= atol + rtol |value| for every component, or rtol times ``scale`` if relative to the integrand.

    With relative_to="largest" it is the largest ``scale`` among the ``together`` components that belong to one result, but
    at most ``natural`` or ten times the largest of their values, whichever is larger: an integrand that cancels by orders of
    magnitude, or diverges, sets no scale.
    """

    rtol: float
    atol: Array
    relative_to: str
    together: int = 1
    natural: float = np.inf

    def allowed(self, value: AnyArray, scale: Array) -> Array:
        """The largest error estimate that meets the tolerance, per component; never below rounding."""
        size = np.abs(value) if self.relative_to == "value" else np.maximum(scale, np.abs(value))
        if self.relative_to == "largest":
            largest, values = self.worst(size), self.worst(np.abs(value))
            size = np.minimum(largest, np.maximum(10 * values, self.natural))
        allowed: Array = np.maximum(self.atol + self.rtol * size, 2 * ROUNDING * scale)
        return np.maximum(allowed, np.finfo(float).tiny)

    def worst(self, numbers: AnyArray) -> AnyArray:
        """For every component the largest number among the components of the same result."""
        return np.repeat(numbers.reshape(-1, self.together).max(axis=1), self.together)


@dataclass(frozen=True)
class Estimate:
    """The result of a method: flat components, what was done (``method``) and why it was chosen (``reason``).

    ``met`` tells which components met the tolerance.
    """

    value: AnyArray
    error: Array
    scale: Array
    met: Mask
    message: str
    method: str = ""
    reason: str = "asked for"
    interrupted: bool = False

    @property
    def status(self) -> str:
        """ "converged" where every component met its tolerance, else "tolerance not met"; or "interrupted"."""
        if self.interrupted:
            return "interrupted"
        return "converged" if self.met.all() else "tolerance not met"

    def saying(self, message: str) -> Estimate:
        """The same numbers with another message, the one so far behind it."""
        return replace(self, message=f"{message}; {self.message}")

    def stopped(self, what: str) -> Estimate:
        """The same numbers as those of the last complete round, say, before an interruption."""
        return replace(self, interrupted=True, message=f"by the user; last complete {what}: {self.message}")


@dataclass(frozen=True, kw_only=True)
class Integral(Estimate):
    """An integral d^Dk/(2 pi)^D with its error estimate.

    ``value``, ``error`` and ``met`` have the shape of the result; ``error`` is an estimated bound of |value - truth| for each
    component, ``met`` tells whether it is within the tolerance. ``status`` sums this up, ``message`` says it in words.
    ``method`` names the method, ``reason`` says why it was chosen, ``evaluations`` counts the k points.
    ``scale`` is the integral of |integrand| (approximate), the natural size against which a result that
    vanishes by cancellation can be judged. ``tolerance`` is what it was judged by. ``memory``: the
    bytes that its arrays took at most, by their sizes.
    """

    evaluations: int
    domain: str
    tolerance: Tolerance
    memory: int = 0

    @property
    def converged(self) -> bool:
        """Whether every component met its tolerance."""
        return self.status == "converged"

    def __str__(self) -> str:
        return f"{self.value} +- {self.error} ({self.status}: {self.message}; {self.method}, {self.reason})"


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during long work. ``result`` is what was finished by then, of the kind that would have been returned.

    For an ``Integral`` or the ``Result`` of an observable this is the last complete round with its error estimate and the
    status "interrupted", NaN with an infinite error where no round was complete; for ``verify_all`` the verdicts so far.

    >>> from symcur import Interrupted
    >>> issubclass(Interrupted, KeyboardInterrupt)
    True
    """

    def __init__(self, result: Any, message: str) -> None:
        super().__init__(result, message)
        self.result, self.message = result, message

    def __str__(self) -> str:
        return f"{self.message}; the attribute result of this exception holds what was finished"


def nothing(size: int) -> Estimate:
    """The result of work that has none yet: NaN with an infinite error."""
    nan, infinite = np.full(size, np.nan), np.full(size, np.inf)
    none = np.zeros(size, dtype=bool)
    return Estimate(nan, infinite, np.zeros(size), none, "stopped before any result")
