"""Sums over bands and the zone: every observable is a list of terms, each a quantity times an occupation function."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symcur import quantities
from symcur.brillouin import Ball, Domain, Integral, LatticeCell, integrate_bands
from symcur.eigenstates import DegeneracyWarning
from symcur.model import Model
from symcur.observables.result import Part

Array = NDArray[np.float64]
_TAIL = 40.0  # occupations are below exp(-40) beyond the Fermi cutoff
_RESOLVED = 1e-13  # of the natural size of a result: what cancellation within an integrand leaves in double precision


@dataclass(frozen=True)
class Term:
    """factor x weight x quantity.

    ``times_velocity`` multiplies with the band velocity and puts its index last: [i] becomes [i, l]; ``transpose``
    exchanges the two indices of the result.
    """

    quantity: str
    weight: str
    factor: float = 1.0
    transpose: bool = False
    times_velocity: bool = False

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
        """The term without factor and transposition: what has to be integrated."""
        return replace(self, factor=1.0, transpose=False)


Parts = Mapping[str, Sequence[Term]]


class BandValues:
    """k -> energies (M, N) and columns (M, N, C); the integrand of ``integrate_bands``.

    The columns are the components of the bare terms, each once; the parts are linear combinations of their integrals.
    """

    def __init__(self, model: Model, parts: Parts, parameters: Mapping[str, float]) -> None:
        from symcur.kernels import compile as compile_kernel

        self.model, self.parts, self.parameters = model, parts, dict(parameters)
        self.terms = tuple(dict.fromkeys(term.bare for terms in parts.values() for term in terms))
        names = {term.quantity for term in self.terms} | {"velocity" for term in self.terms if term.times_velocity}
        self.kernel = compile_kernel(model, sorted(names - {"energy"}))
        self.handed_over = 0
        self.counting = float(model.counting)  # 1/2 where Nambu space counts every excitation twice
        self.weights = [term.weight for term in self.terms for _ in range(self._count(term))]

    def _count(self, term: Term) -> int:
        return int(self.model.dimension**term.rank)

    def part(self, name: str, integral: Integral) -> Part:
        """The terms of one part added up, with the component axes restored; error estimates add in absolute value."""
        value: Any = 0.0
        error: Any = 0.0
        ends = np.cumsum([self._count(term) for term in self.terms])
        for term in self.parts[name]:
            end = int(ends[self.terms.index(term.bare)])
            shape = (*integral.value.shape[:-1], *(self.model.dimension,) * term.rank)
            bare = [
                array[..., end - self._count(term) : end].reshape(shape) for array in (integral.value, integral.error)
            ]
            if term.transpose:
                bare = [array.swapaxes(-1, -2) for array in bare]
            value, error = value + term.factor * bare[0], error + abs(term.factor) * bare[1]
        return Part(np.asarray(value), np.asarray(error))

    def __call__(self, k: Array) -> tuple[Array, Array]:
        values = self.kernel(k, **self.parameters)
        self.handed_over += values.handed_over
        columns = [self._column(term, values) for term in self.terms]
        return values["energy"], np.concatenate(columns, axis=-1)

    def _column(self, term: Term, values: Mapping[str, Array]) -> Array:
        value = self.counting * values[term.quantity]
        if term.times_velocity:
            value = value[..., :, None] * values["velocity"][..., None, :]
        return np.asarray(value.reshape(*value.shape[:2], -1))


def domain_of(model: Model, mu: ArrayLike, temperature: ArrayLike, cutoff: float | None, **parameters: Any) -> Domain:
    """One reciprocal cell of a lattice model; for a continuum model a ball that holds every occupied state.

    Without a ``cutoff`` the radius is where the lowest band has risen above mu by 40 T (any amount at T = 0) in all
    directions. A model whose bands are not bounded below needs a stated cutoff.
    """
    if model.periodic:
        if cutoff is not None:
            raise ValueError(f"cutoff: {cutoff!r} came; a lattice model has a periodic zone and needs none")
        assert model.lattice is not None
        return LatticeCell(np.array(model.lattice.evalf(20).tolist(), dtype=float))
    if cutoff is not None:
        return Ball(model.dimension, cutoff, because="as given; bands beyond it are left out")
    if not model.bounded_below(**parameters):
        raise ValueError(
            f"cutoff: {model.name} is not bounded below: its sums over occupied states need a regularisation. Give "
            "cutoff=<momentum>; boundary terms at the cutoff are then part of the result"
        )
    top = float(np.max(mu)) + _TAIL * float(np.max(temperature))
    return Ball(
        model.dimension, _fermi_radius(model, top, **parameters), because=f"every band lies above {top:g} beyond"
    )


def _lowest(model: Model, radii: Array, **parameters: Any) -> Array:
    """The lowest energy at each radius, of many directions."""
    directions = np.random.default_rng(5).normal(size=(64, model.dimension))
    directions = np.concatenate([np.eye(model.dimension), directions])
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    k = radii[:, None, None] * directions
    return np.asarray(np.linalg.eigvalsh(model.matrix("H", k, **parameters))[..., 0].min(axis=1))


def _fermi_radius(model: Model, top: float, **parameters: Any) -> float:
    """A radius beyond which the lowest band is above ``top`` in all of many directions."""
    radii = np.geomspace(1e-6, 1e9, 1501)
    below = np.flatnonzero(_lowest(model, radii, **parameters) <= top)
    if not len(below):
        return float(radii[0])  # an empty system
    if below[-1] + 1 >= len(radii):
        raise ValueError(f"mu: no momentum cutoff found for {model.name}: its lowest band stays below {top:g}")
    return float(radii[below[-1] + 1]) * 1.02


def _require_empty_boundary(model: Model, cutoff: float, mu: Array, temperature: Array, **parameters: Any) -> None:
    """Integration by parts leaves boundary terms where states at the cutoff are occupied."""
    lowest = float(_lowest(model, np.array([cutoff]), **parameters)[0])
    if lowest <= float(mu.max()) + _TAIL * float(temperature.max()):
        raise ValueError(
            f"form: {model.name} has occupied states at the cutoff {cutoff:g} (lowest energy {lowest:g}), where "
            "integration by parts leaves boundary terms; the regular form is not defined there, form='sea' is"
        )


def natural_size(model: Model, domain: Domain, kind: str, **parameters: Any) -> float:
    """The size that an observable of this kind has by its unit: norm of s, spread of the energies, length of a cell.

    A result that vanishes because its integrand does (two bands with a traceless s have no symmetrized curvature) has no
    other scale to be measured against.
    """
    u = np.random.default_rng(23).uniform(size=(16, model.dimension))
    k, jacobian = domain.map(u)
    spread = float(np.ptp(np.linalg.eigvalsh(model.matrix("H", k, **parameters))))
    norm = float(np.linalg.norm(model.matrix("s", k[0], **parameters), 2))
    length = float(np.mean(jacobian)) ** (-1 / model.dimension)  # the cube has the volume 1/length^D in k/(2 pi)
    size = {
        "conductivity": length**2,
        "thermoelectric": length**2,
        "density": spread * length**2,
        "current": spread * length,
    }
    return float(norm * size[kind] / length**model.dimension)


def band_sums(
    model: Model,
    parts: Parts,
    mu: ArrayLike,
    temperature: ArrayLike,
    parameters: Mapping[str, float],
    kind: str,
    by_parts: bool = False,
    *,
    rtol: float = 1e-6,
    atol: float = 0.0,
    method: str = "auto",
    cutoff: float | None = None,
    workers: int | Callable[..., Any] = 1,
    progress: Callable[..., None] | None = None,
    max_evaluations: int = 10_000_000,
) -> tuple[dict[str, Part], Integral, int | None]:
    """All parts for all mu and temperature from one sweep over k; the shape of a part is (*mu, *T, D, ...).

    The tolerance is relative to the integral of the absolute value of the largest integrand at the same mu and
    temperature, so that parts and components that vanish by symmetry converge too, and never below 1e-13 of the size that
    the unit of the ``kind`` of observable gives (``natural_size``). Parts of several terms add values and errors. The last number counts the k points that were
    handed to eigenstates.
    """
    values = {symbol.name: float(value) for symbol, value in model.values(**parameters).items()}
    levels, temperatures = np.asarray(mu, dtype=float), np.asarray(temperature, dtype=float)
    for label, array in (("mu", levels), ("temperature", temperatures)):
        if array.ndim > 1 or array.size == 0 or not np.isfinite(array).all():
            raise ValueError(f"{label}: {array.tolist()} came; a finite number or a 1D array of them is valid")
    if (temperatures < 0).any():
        raise ValueError(
            f"temperature: {temperatures.tolist()} came; numbers >= 0 (k_B = 1, in units of energy) are valid"
        )
    if not (np.isfinite(atol) & (np.asarray(atol) >= 0)).all():
        raise ValueError(f"atol: {atol!r} came; finite numbers >= 0 are valid")
    bands = BandValues(model, parts, values)
    domain = domain_of(model, levels, temperatures, cutoff, **values)
    if by_parts and cutoff is not None:
        _require_empty_boundary(model, cutoff, levels, temperatures, **values)
    with _touchings() as merged:
        integral = integrate_bands(
            bands,
            domain,
            bands.weights,
            levels,
            temperatures,
            rtol=rtol,
            atol=np.asarray(atol) + _RESOLVED * natural_size(model, domain, kind, **values),
            relative_to="largest",
            method=method,
            workers=workers,
            progress=progress,
            max_evaluations=max_evaluations,
        )
    if merged:
        note = "; bands touch at points of the sweep and were merged there"
        integral = replace(integral, message=integral.message + note)
    handed_over = bands.handed_over if isinstance(workers, int) else None
    return {name: bands.part(name, integral) for name in parts}, integral, handed_over


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
