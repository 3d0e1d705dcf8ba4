"""Sums over bands and the zone: every observable is a list of terms, each a quantity times an occupation function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symcur import quantities
from symcur.brillouin import Ball, Domain, Integral, LatticeCell, integrate_bands
from symcur.model import Model
from symcur.observables.result import Part

Array = NDArray[np.float64]
_TAIL = 40.0  # occupations are below exp(-40) beyond the Fermi cutoff


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


Parts = Mapping[str, Sequence[Term]]


class BandValues:
    """k -> energies (M, N) and the columns (M, N, C) of all parts; the integrand of ``integrate_bands``."""

    def __init__(self, model: Model, parts: Parts, parameters: Mapping[str, float]) -> None:
        from symcur.kernels import compile as compile_kernel

        self.model, self.parts, self.parameters = model, parts, dict(parameters)
        names = {term.quantity for terms in parts.values() for term in terms}
        if any(term.times_velocity for terms in parts.values() for term in terms):
            names.add("velocity")
        self.kernel = compile_kernel(model, sorted(names - {"energy"}))
        self.handed_over = 0
        self.counting = float(model.counting)  # 1/2 where Nambu space counts every excitation twice
        self.weights = [term.weight for terms in parts.values() for term in terms for _ in range(self._count(term))]

    def _count(self, term: Term) -> int:
        return self.model.dimension**term.rank

    def part(self, name: str, integral: Integral) -> Part:
        """The terms of one part added up, with the component axes restored."""
        start = 0
        value: Any = 0.0
        error: Any = 0.0
        for label, terms in self.parts.items():
            for term in terms:
                columns = slice(start, start + self._count(term))
                start = columns.stop
                if label == name:
                    shape = (*integral.value.shape[:-1], *(self.model.dimension,) * term.rank)
                    value = value + integral.value[..., columns].reshape(shape)
                    error = error + integral.error[..., columns].reshape(shape)
        return Part(np.asarray(value), np.asarray(error))

    def __call__(self, k: Array) -> tuple[Array, Array]:
        values = self.kernel(k, **self.parameters)
        self.handed_over += values.handed_over
        columns = [self._column(term, values) for terms in self.parts.values() for term in terms]
        return values["energy"], np.concatenate(columns, axis=-1)

    def _column(self, term: Term, values: Mapping[str, Array]) -> Array:
        value = term.factor * self.counting * values[term.quantity]
        if term.times_velocity:
            value = value[..., :, None] * values["velocity"][..., None, :]
        if term.transpose:
            value = value.swapaxes(-1, -2)
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


def _fermi_radius(model: Model, top: float, **parameters: Any) -> float:
    """A radius beyond which the lowest band is above ``top`` in all of many directions."""
    directions = np.random.default_rng(5).normal(size=(64, model.dimension))
    directions = np.concatenate([np.eye(model.dimension), directions])
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    radii = np.geomspace(1e-6, 1e9, 1501)
    lowest = np.linalg.eigvalsh(model.matrix("H", radii[:, None, None] * directions, **parameters))[..., 0].min(axis=1)
    below = np.flatnonzero(lowest <= top)
    if not len(below):
        return float(radii[0])  # an empty system
    if below[-1] + 1 >= len(radii):
        raise ValueError(f"mu: no momentum cutoff found for {model.name}: its lowest band stays below {top:g}")
    return float(radii[below[-1] + 1]) * 1.02


def band_sums(
    model: Model,
    parts: Parts,
    mu: ArrayLike,
    temperature: ArrayLike,
    parameters: Mapping[str, float],
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
    temperature, so that parts and components that vanish by symmetry converge too. Parts of several terms add values and errors. The last number counts the k points that were
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
    bands = BandValues(model, parts, values)
    integral = integrate_bands(
        bands,
        domain_of(model, levels, temperatures, cutoff, **values),
        bands.weights,
        levels,
        temperatures,
        rtol=rtol,
        atol=atol,
        relative_to="largest",
        method=method,
        workers=workers,
        progress=progress,
        max_evaluations=max_evaluations,
    )
    handed_over = bands.handed_over if isinstance(workers, int) else None
    return {name: bands.part(name, integral) for name in parts}, integral, handed_over
