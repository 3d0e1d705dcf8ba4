"""Sums over the zone for claims that are checked by numbers, and how two numbers are compared.

The sums take the expressions of the claims as they stand, through eigenstates on a uniform grid; what they are compared with
must come from elsewhere (``symcur.linear_response``: finite q, finite differences, real space).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur import quantities
from symcur.arrays import Array
from symcur.band_structures import BandStructure, Gap, gap
from symcur.brillouin import LatticeCell
from symcur.brillouin.occupation import occupation
from symcur.claims.claim import CheckResult
from symcur.eigenstates import Eigenstates
from symcur.eigenstates.basis import Components
from symcur.eigenstates.evaluation import blocks, report_touchings
from symcur.expressions import Expression
from symcur.linear_response import Estimate
from symcur.quantities import Quantity

# -- sums over the zone ----------------------------------------------------------------------------------------------
# Derivatives by mu and the occupation functions of symcur.brillouin.occupation, with a sign.
Summand = str | Quantity | Expression
WEIGHTS = {"df/dmu": ("-df/de", 1.0), "dg/dmu": ("f", -1.0)}


@dataclass(frozen=True)
class Zone:
    """int d^Dk/(2 pi)^D and the sum over bands at one mu and temperature, on size^D points (trapezoid sums)."""

    model: BandStructure
    mu: float
    temperature: float
    size: int = 56
    offset: tuple[float, ...] = (0.27,)

    @property
    def k(self) -> Array:
        return self._cell.momenta(self.size, self.offset)

    @cached_property
    def _states(self) -> list[Eigenstates]:
        """The eigenstates on the grid, block by block, for all that is integrated over it."""
        found = [Eigenstates(self.model, block) for block in blocks(self.model, self.k)]
        report_touchings(self.model, self.k, np.concatenate([states.distinct for states in found]), None)
        return found

    def at(self, mu: float, temperature: float) -> Zone:
        """The same grid, and its eigenstates, at another mu and temperature."""
        other = replace(self, mu=mu, temperature=temperature)
        vars(other)["_states"] = self._states
        return other

    @property
    def _cell(self) -> LatticeCell:
        return self.model.lattice_cell("a sum over its zone")

    def integral(self, quantity: Summand, weight: str, *more: tuple[Summand, str]) -> Any:
        """int weight x quantity, shape (components); further (quantity, weight) pairs are added."""
        pairs = ((quantity, weight), *more)
        components = {name: _components(name, self.model.dimension) for name, _ in pairs}
        total: Any = 0.0
        for states in map(Eigenstates.afresh, self._states):
            values = {name: states.values(array).real for name, array in components.items()}
            for name, kind in pairs:
                known, sign = WEIGHTS.get(kind, (kind, 1.0))
                f = sign * occupation(known, states.energies, self.mu, self.temperature)
                total = total + np.tensordot(f, values[name], axes=2)
        return total * (float(self.model.statistics.factor) / (len(self.k) * self._cell.volume))


@lru_cache(maxsize=64)
def gap_above(model: BandStructure, filled: int) -> Gap:
    """The gap above so many bands: of H alone, and shared by claims."""
    return gap(model, filled)


def _components(summand: Summand, dimension: int) -> Components:
    return quantities.components(summand if isinstance(summand, Expression) else quantities.get(summand), dimension)


def symmetric(tensor: Any) -> Any:
    """(1/2)(T^{il} + T^{li})."""
    return (tensor + tensor.T) * 0.5


def antisymmetric(tensor: Any) -> Any:
    """(1/2)(T^{il} - T^{li})."""
    return (tensor + -tensor.T) * 0.5


# -- comparison ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Pair:
    """Two routes to one tensor; ``error`` is the estimated absolute error, ``scale`` what the difference is relative to."""

    label: str
    found: Any
    expected: Any
    error: ArrayLike = 0.0
    scale: float | None = None

    @classmethod
    def of(cls, label: str, found: Estimate, expected: Any, scale: float | None = None) -> Pair:
        """An estimate, with its own error."""
        return cls(label, found.value, expected, found.error, scale)

    @property
    def unit(self) -> float:
        """What differences are relative to: the scale, the largest component expected, or, where that vanishes, found."""
        return self.scale or float(np.abs(self.expected).max()) or float(np.abs(self.found).max()) or 1.0

    @property
    def difference(self) -> float:
        """The largest difference of a component, relative to the largest component (or to ``scale``)."""
        return float(np.abs(np.asarray(self.found) - self.expected).max()) / self.unit

    @property
    def estimated(self) -> float:
        return float(np.max(self.error)) / self.unit


def agreement(pairs: Iterable[Pair], tolerance: float, text: str, also: bool = True) -> CheckResult:
    """Every pair agrees within the tolerance, which must not be smaller than the estimated error.

    ``also`` is a further condition, e.g. that a counterexample stands out from the error.
    """
    pairs = list(pairs)
    worst = max(pairs, key=lambda pair: pair.difference)
    estimated = max(pair.estimated for pair in pairs)
    within = all(pair.difference <= tolerance and pair.estimated <= tolerance for pair in pairs)  # NaN is not
    details = f"{text} Largest relative difference {worst.difference:.1e} ({worst.label})"
    details += f", estimated error {estimated:.1e}." if estimated else "."
    return CheckResult(bool(also and within), worst.difference, tolerance, details)
