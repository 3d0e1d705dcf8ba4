"""Sums over bands and the zone: every observable is made of terms, each a quantity times an occupation function."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur import quantities
from symcur.arrays import Array, Mask
from symcur.band_structures import BandStructure, natural_size
from symcur.band_structures.energies import bounded_below, occupied_ball
from symcur.brillouin import Ball, Domain, Integral, Interrupted
from symcur.brillouin.landmarks import CLOSED, touchings
from symcur.brillouin.occupation import sum_over_bands
from symcur.brillouin.problem import BandProblem
from symcur.brillouin.trapezoid import OFFSET
from symcur.eigenstates import DegeneracyWarning, Eigenstates, blocks
from symcur.observables.result import Part
from symcur.observables.units import KINDS
from symcur.quantities import Quantity

_TAIL = 40.0  # occupations are below exp(-40) beyond the Fermi cutoff
_NONE = 18.0  # likewise below 2e-8, where bands above are left out of sums
COARSE = 12  # points per axis at which a larger basis is compared
_COARSE_POINTS = 20_000  # in all, where it changes too much
_COUNTING = Lock()  # of points by threads
RESOLVED = 1e-13  # of the natural size of a result: what cancellation within an integrand leaves in double precision


@dataclass(frozen=True)
class Term:
    """factor x T^power x weight x quantity.

    ``weight`` is an occupation function of ``symcur.brillouin.occupation``. ``times_velocity`` multiplies with the band
    velocity and puts its index last: [i] becomes [i, l]; ``transpose`` exchanges the two indices of the result.
    """

    quantity: str | Quantity
    weight: str
    factor: float = 1.0
    transpose: bool = False
    times_velocity: bool = False
    power: int = 0

    def __mul__(self, factor: float) -> Term:
        return replace(self, factor=self.factor * factor)

    @property
    def T(self) -> Term:
        """The same with its two indices exchanged."""
        return replace(self, transpose=not self.transpose)

    @property
    def rank(self) -> int:
        return len(quantities.get(self.quantity).indices) + int(self.times_velocity)

    @property
    def bare(self) -> Term:
        """The term without factors and transposition: what has to be integrated."""
        return replace(self, factor=1.0, transpose=False, power=0)


Parts = Mapping[str, Sequence[Term]]
KERNELS = ContextVar("KERNELS", default="auto")  # the backend; NumPy compiles nothing, for what integrates once


class BandValues:
    """k -> energies (M, N) and columns (M, N, C); the integrand of ``integrate_bands``.

    The columns are the components of the bare terms, each once; the parts are linear combinations of their integrals.
    ``variants`` counts how often all columns come, each time computed in another way. ``threads``: how many suit it, -1 for the cores.
    ``count`` is the number of bands that are passed on, the lowest of ``states``, None for all.
    """

    variants = threads = 1
    kernel: Any = None

    def __init__(self, model: BandStructure, parts: Parts, count: int | None = None) -> None:
        self.model, self.parts, self.count, self.bending = model, parts, count, model.bending
        self.states = model.size
        self.terms = tuple(dict.fromkeys(term.bare for terms in parts.values() for term in terms))
        needed = [quantities.get(term.quantity) for term in self.terms]
        if any(term.times_velocity for term in self.terms):
            needed.append(quantities.get("velocity"))
        self._prepare(needed)
        self.by_eigenstates = 0
        self.factor = float(model.statistics.factor)
        occupied = model.statistics.occupation
        self.weights = [occupied(term.weight) for term in self.terms for _ in range(self._count(term))]

    @property
    def spectrum(self) -> Hashable:
        """Equal where the energies are the same functions of k."""
        return self.model, self.count

    @property
    def ranks(self) -> tuple[int, ...]:
        """The ranks of the tensors whose components the columns are, in their order."""
        return tuple(term.rank for term in self.terms) * self.variants

    def of(self, model: BandStructure) -> BandValues:
        """The same columns for another model."""
        return BandValues(model, self.parts, self.count)

    def energies(self, k: Array) -> Array:
        return self.model.energies(k)[..., : self.count]

    def generic_energies(self, k: Array) -> Array:
        """The same to ten digits, by the kernel where that is faster than LAPACK."""
        if self.kernel is None or self.kernel.route != "closed form":
            return self.energies(k)
        return np.asarray(self.kernel.energies(k)[..., : self.count])

    def _prepare(self, needed: list[Quantity]) -> None:
        from symcur.kernels import compile as compile_kernel

        self.kernel = compile_kernel(self.model, {q.name: q for q in needed}, backend=KERNELS.get(), threads=1)
        # Those of the sweep, which shares its points between them.
        self.threads = -1 if self.kernel.route == "eigenstates" and self.model.suits_threads else 1

    def _count(self, term: Term) -> int:
        return int(self.model.dimension**term.rank)

    def part(self, name: str, value: Array, error: Array, temperature: Array) -> Part:
        """The terms of one part added up, with the component axes restored; error estimates add in absolute value."""
        total: Any = 0.0
        bound: Any = 0.0
        ends = np.cumsum([self._count(term) for term in self.terms])
        for term in self.parts[name]:
            end = int(ends[self.terms.index(term.bare)])
            axes = (self.model.dimension,) * term.rank
            factor = term.factor * temperature.reshape((*temperature.shape, *(1,) * term.rank)) ** term.power
            bare = [a[..., end - self._count(term) : end].reshape((*a.shape[:-1], *axes)) for a in (value, error)]
            if term.transpose:
                bare = [array.swapaxes(-1, -2) for array in bare]
            total, bound = total + factor * bare[0], bound + np.abs(factor) * bare[1]
        return Part(np.asarray(total), np.asarray(bound))

    def __call__(self, k: Array) -> tuple[Array, Array]:
        values = self.kernel(k)
        with _COUNTING:
            self.by_eigenstates += values.by_eigenstates
        return self._first(values)

    def probe(self, k: Array) -> tuple[Array, Array]:
        """The same where points are not counted: before the integration."""
        return self._first(self.kernel(k))

    def roughly(self, k: Array) -> tuple[Array, Array]:
        """The same to a few digits, which cost less next to touchings."""
        return self._first(self.kernel.roughly(k))

    def _first(self, values: Mapping[str, Array]) -> tuple[Array, Array]:
        return values["energy"][:, : self.count], self._columns(values)[:, : self.count]

    def judged(self, integral: Integral) -> Integral:
        """The integral of the columns that parts are made of, judged by its tolerance."""
        return integral

    def checks(self, name: str, temperature: Array) -> dict[str, Part]:
        """What is to be told beside the part of this name, of its shape."""
        return {}

    def _columns(self, values: Mapping[str, Array]) -> Array:
        return np.concatenate([self._column(term, values).T for term in self.terms]).T  # in the order that kernels have

    def _column(self, term: Term, values: Mapping[str, Array]) -> Array:
        value = self.factor * values[quantities.get(term.quantity).name]
        if term.times_velocity:
            value = value[..., :, None] * values["velocity"][..., None, :]
        return np.asarray(value.reshape(*value.shape[:2], -1))


def integrand(bands: BandValues, k: ArrayLike, mu: float, temperature: float) -> dict[str, Array]:
    """The integrand of every part at k of shape (..., D), summed over bands: (..., components). T > 0."""
    if not temperature > 0:
        raise ValueError(f"temperature: expected a number > 0 where the integrand is asked for, got {temperature!r}")
    points = bands.model.points(k)
    energies, values = bands(points.reshape(-1, bands.model.dimension))
    T = np.asarray(temperature)
    total = sum_over_bands(bands.weights, energies, values, np.array([mu]), np.array([temperature]))[:, 0, 0]
    found = {name: bands.part(name, total, total, T).value for name in bands.parts}
    return {name: value.reshape((*points.shape[:-1], *value.shape[1:])) for name, value in found.items()}


def integrate_parts(
    bands: BandValues,
    domain: Domain,
    mu: Array,
    temperature: Array,
    integrate: Callable[..., Integral],
    rtol: float,
    max_evaluations: int,
) -> tuple[dict[str, Part], Integral]:
    """All parts for all mu and temperature from one sweep over k; the shape of a part is (*mu, *T, D, ...).

    ``integrate`` is ``integrate_bands`` with its tolerance and method; it gets rtol and max_evaluations, half of rtol where the rest is
    for what a finite basis lacks, or less accuracy and fewer points where that is worth no more. Parts of several terms add values and errors. After Ctrl-C the integral has the status "interrupted" and the parts are those of its last complete round.
    """
    with _touchings() as merged:
        accuracy, larger = {"rtol": rtol, "max_evaluations": max_evaluations}, bands.model.larger
        if larger is not None:
            missing = _missing(bands, larger, domain, mu, temperature)
            least = float(missing.max(axis=-1).min()) / 2
            if isinstance(rtol, float):  # what is no number is refused by ``integrate``
                accuracy["rtol"] = rtol / 2
                if least > rtol:
                    accuracy = {"rtol": min(least, 0.5), "max_evaluations": min(max_evaluations, _COARSE_POINTS)}
        try:
            integral = integrate(bands, domain, bands.weights, mu, temperature, **accuracy)
        except Interrupted as stopped:
            integral = stopped.result
    integral = bands.judged(integral)
    if larger is not None:
        change = missing.reshape(integral.value.shape) * integral.scale
        asked = replace(integral, tolerance=replace(integral.tolerance, rtol=rtol))
        integral = with_change(asked, change, f"{larger.size} bands instead of {bands.model.size}")
    note = "; bands touch at points of the sweep and were merged there" if merged else ""
    if bands.bending is None:
        note += "; nothing is known of H between samples"
    integral = replace(integral, message=integral.message + note)
    return {name: bands.part(name, integral.value, integral.error, temperature) for name in bands.parts}, integral


def occupied_bands(model: BandStructure, domain: Domain, mu: Array, temperature: Array) -> int | None:
    """How many bands may be occupied, and one more, of a model that has infinitely many; None where all of them are there."""
    if model.larger is None:
        return None
    grid = domain.grid(COARSE, OFFSET[0])
    energies = model.energies(domain.map(grid)[0])
    lowest = energies.reshape(-1, model.size).min(axis=0) - 2 * _steps(energies)
    return min(int((lowest <= mu.max() + _NONE * temperature.max()).sum()) + 1, model.size)


def _steps(energies: Array) -> Array:
    """The mean change of each band from one point of a mesh to the next along its first axis."""
    return np.asarray(np.abs(np.diff(energies, axis=0)).reshape(-1, energies.shape[-1]).mean(axis=0))


def with_change(integral: Integral, change: Array, what: str) -> Integral:
    """The integral with what something changes in its error, judged by its tolerance; ``what`` says in words what does."""
    error = integral.error + change
    allowed = integral.tolerance.allowed(integral.value.ravel(), integral.scale.ravel()).reshape(error.shape)
    text = f"{what} change it by {float((change / allowed).max()):.1e} of the tolerance"
    return replace(integral, error=error, met=integral.met & (error <= allowed), message=f"{text}; {integral.message}")


def _missing(bands: BandValues, larger: BandStructure, domain: Domain, mu: Array, temperature: Array) -> Array:
    """What a larger basis changes, (mu, T, columns), for band structures that cut one off: the relative error of integrals of the modulus.

    On a coarse mesh the integrand is compared with that of the larger basis, at a temperature that the mesh resolves: twice the
    mean modulus of the change, relative to that of the integrand.
    """
    grid = domain.grid(COARSE, OFFSET[0])
    k, jacobian = domain.map(grid.reshape(-1, domain.dimension))
    (energies, values), (others, changed) = (found.probe(k) for found in (bands, bands.of(larger)))
    columns = len(bands.weights) // bands.variants
    steps = _steps(energies.reshape(*grid.shape[:-1], -1))
    relative = np.empty((mu.size, temperature.size, columns))
    for a, b in np.ndindex(relative.shape[:2]):
        level, band = mu.flat[a], np.abs(energies.mean(axis=0) - mu.flat[a]).argmin()
        T = np.array([max(temperature.flat[b], steps[band] / 2)])
        one, other = (
            sum_over_bands(bands.weights[:columns], e, x[..., :columns], np.array([level]), T)[:, 0, 0]
            * jacobian[:, None]
            for e, x in ((energies, values), (others, changed))
        )
        size = np.maximum(np.abs(one).sum(axis=0), np.finfo(float).tiny)
        relative[a, b] = 2 * np.abs(other - one).sum(axis=0) / size
    return np.minimum(relative, 1 / RESOLVED)


def domain_of(
    model: BandStructure,
    mu: ArrayLike,
    temperature: ArrayLike,
    cutoff: float | None = None,
    domain: Domain | None = None,
) -> Domain:
    """One reciprocal cell of a lattice model; for a continuum model a ball that holds every occupied state.

    Without a cutoff it is the ball beyond which the lowest band has risen above mu by 40 T (any amount at T = 0). A model
    whose bands are not bounded below needs a stated cutoff.
    """
    if domain is not None:
        if not isinstance(domain, Domain):
            raise TypeError(f"domain: expected a LatticeCell, Plane or Ball, got {domain!r}")
        return domain
    if not (cutoff is None or (isinstance(cutoff, int | float | np.number) and np.isreal(cutoff))):
        raise TypeError(f"cutoff: expected a positive number or None, got {cutoff!r}")
    if model.cell is not None:
        if cutoff is not None:
            raise ValueError(f"cutoff: expected None, as a lattice model has a periodic zone, got {cutoff!r}")
        return model.cell
    if cutoff is not None:
        return Ball(model.dimension, cutoff, because="as given; bands beyond it are left out")
    if not bounded_below(model):
        electrons = (
            f"{model.name} is not bounded below and its sums over occupied states need a regularisation",
            "boundary terms at the cutoff are then part of the result",
        )
        bosons = (
            f"the zero point of {model.name} has no end in the continuum",
            "where the modes at the cutoff are far above the temperature, forms 'sea' and 'surface' of a thermal response do not "
            "depend on it",
        )
        why, then = electrons if model.bosons is None else bosons
        raise ValueError(f"cutoff: expected a momentum, because {why}, got None; {then}")
    top = float(np.max(mu)) + _TAIL * float(np.max(temperature))
    centre, radius = occupied_ball(model, top)
    return Ball(model.dimension, radius, center=centre, because=f"every band lies above {top:g} beyond")


def undefined(bands: BandValues, domain: Domain, mu: Array, temperature: Array) -> Mask:
    """At which mu and T, shape (*mu, *T), bands of a 2D model touch, the s of the two adds up, and T does not smear the touching.

    How it is lifted, by less than is told from a touching, decides on which side half a quantum of curvature times that sum lies.
    """
    k, _ = domain.map(domain.grid(4, 0.3))
    spread = float(np.ptp(bands.model.energies(k)))
    found, cold = np.zeros(np.size(mu), dtype=bool), temperature <= CLOSED * spread
    if cold.any():
        with _touchings():
            problem = BandProblem(bands, domain, bands.weights, mu, 0.0)
        for u, at in touchings(problem):
            k, _ = domain.map(u)
            energies, states = np.linalg.eigh(bands.model.matrix("H", k))
            closed = np.abs(energies - problem.mu[at][0]) < 1e-6 * spread
            s = states[:, closed].conj().T @ bands.model.matrix("s", k) @ states[:, closed]
            if abs(np.trace(s)) > 1e-9 * np.abs(s).max():
                found |= at
    return np.logical_and.outer(found.reshape(np.shape(mu)), cold)


def occupied_boundary(model: BandStructure, domain: Domain, mu: Array, temperature: Array) -> str:
    """That states at the edge of the domain are occupied, where integration by parts leaves boundary terms; empty if none is."""
    u = np.random.default_rng(5).uniform(size=(2, domain.dimension, 64, domain.dimension))
    for axis, periodic in enumerate(domain.periodic):
        u[0, axis, :, axis], u[1, axis, :, axis] = (u[0, axis, :, axis],) * 2 if periodic else (0.0, 1.0)
    k, jacobian = domain.map(u[:, [not periodic for periodic in domain.periodic]].reshape(-1, domain.dimension))
    if not (jacobian > 0).any():
        return ""
    lowest = float(model.energies(k[jacobian > 0])[..., 0].min())
    if lowest > float(mu.max()) + _TAIL * float(temperature.max()):
        return ""
    return (
        f"{model.name} has occupied states at the cutoff (lowest energy {lowest:g}), where integration by parts leaves "
        "boundary terms"
    )


def states_on_meshes(
    model: BandStructure, domain: Domain, points: Sequence[int]
) -> Iterator[tuple[Eigenstates, Array]]:
    """The eigenstates on all meshes, so many ``points`` along every axis each, block by block, and weights (meshes, k).

    The weights are those of the momenta in int d^Dk/(2 pi)^D by each of the meshes, of whose momenta the others have none.
    """
    grids = [domain.grid(count, OFFSET[0]).reshape(-1, domain.dimension) for count in points]
    k, jacobian = domain.map(np.concatenate(grids))
    mesh = np.repeat(np.arange(len(grids)), [len(grid) for grid in grids])
    weights = np.array([jacobian * (mesh == number) / len(grid) for number, grid in enumerate(grids)])
    start = 0
    for block in blocks(model, k):
        yield Eigenstates(model, block), weights[:, start : start + len(block)]
        start += len(block)


def size_of_kind(model: BandStructure, domain: Domain, kind: str) -> float:
    """The size that an observable of this kind has by its unit: norm of s, spread of the energies, length of a cell.

    A result that vanishes because its integrand does (two bands with a traceless s have no symmetrized curvature) has no
    other scale to be measured against.
    """
    unit = KINDS[kind].unit
    carried = "" if re.search(r"\bs\b", unit) else "s x "  # the spin, say, whose unit is that of the number
    return float(model.statistics.factor) * natural_size(model, carried + unit, domain)


@contextmanager
def _touchings() -> Iterator[list[str]]:
    """Collects what would be a warning for every call of the kernel; other warnings are passed on."""
    merged: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DegeneracyWarning)
        yield merged
    for warning in caught:
        if issubclass(warning.category, DegeneracyWarning):
            merged.append(str(warning.message))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
