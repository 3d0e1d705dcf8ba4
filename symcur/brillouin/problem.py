"""The two kinds of integrand, made uniform for the methods: samples on the unit cube, and weighted sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .domains import Domain
from .occupation import NAMES, Weights, cold_occupation, columns, occupation
from .sweep import check_finite

Array = NDArray[np.float64]
Function = Callable[[Array], NDArray[Any]]
Bands = Callable[[Array], tuple[NDArray[Any], NDArray[Any]]]


@dataclass
class SmoothProblem:
    """The integral of function(k), k of shape (M, D), result of shape (M, *shape), real or complex."""

    function: Function
    domain: Domain
    shape: tuple[int, ...] = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        k, _ = self.domain.map(np.full((2, self.domain.dimension), 0.3819660112501051))
        first = np.asarray(self.function(k))
        if first.ndim < 1 or first.shape[0] != 2:
            raise ValueError(
                f"function returned shape {first.shape} for k of shape {k.shape}; valid is (M, ...), M = 2 here"
            )
        self.shape = first.shape[1:]
        self.size = int(np.prod(self.shape))

    def sample(self, u: Array) -> NDArray[Any]:
        """jacobian(u) function(k(u)), shape (M, size)."""
        k, jacobian = self.domain.map(u)
        values = np.asarray(self.function(k))
        if values.shape != (len(k), *self.shape):
            raise ValueError(f"function returned shape {values.shape}; valid is {(len(k), *self.shape)}")
        check_finite("function", values, k)
        product: NDArray[Any] = values.reshape(len(k), -1) * jacobian[:, None]
        return product

    def sums(self, u: Array) -> NDArray[Any]:
        """The sum over the points of the integrand and of its modulus, shape (2, size)."""
        values = self.sample(u)
        return np.stack([values.sum(axis=0), np.abs(values).sum(axis=0)])


@dataclass
class BandProblem:
    """The sum over bands of weight_c(e_n; mu, T) values_{nc}; mu and temperature are 1D arrays here."""

    bands: Bands
    domain: Domain
    weights: Weights
    mu: Array
    temperature: Array
    count: int = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        for name in self.weights:
            if name not in NAMES:
                raise ValueError(f"weights holds {name!r}; valid are {', '.join(NAMES)}")
        if not self.weights:
            raise ValueError("weights is empty; one name per component of values is needed")
        k, _ = self.domain.map(np.full((2, self.domain.dimension), 0.3819660112501051))
        energies = np.asarray(self.bands(k)[0])
        if energies.ndim != 2 or energies.shape[0] != 2:
            raise ValueError(f"bands returned energies of shape {energies.shape}; valid is (M, N), M = 2 here")
        self.count = energies.shape[1]
        self.size = len(self.mu) * len(self.temperature) * len(self.weights)

    def sample(self, u: Array) -> tuple[Array, Array]:
        """Energies (M, N) and jacobian(u) values (M, N, C)."""
        k, jacobian = self.domain.map(u)
        energies, values = (np.asarray(part) for part in self.bands(k))
        if energies.shape != (len(k), self.count):
            raise ValueError(f"bands returned energies of shape {energies.shape}; valid is {(len(k), self.count)}")
        if values.shape != (*energies.shape, len(self.weights)):
            raise ValueError(
                f"bands returned values of shape {values.shape}; valid is {(*energies.shape, len(self.weights))}, "
                "one component for each of weights"
            )
        if np.iscomplexobj(energies) or np.iscomplexobj(values):
            raise ValueError("bands returned complex numbers; energies and values must be real")
        check_finite("bands (energies)", energies, k)
        check_finite("bands (values)", values, k)
        return energies.astype(float), values * jacobian[:, None, None]

    def sums(self, u: Array) -> Array:
        """The sum over points and bands of the weighted values and of their moduli, shape (2, size)."""
        energies, values = self.sample(u)
        flat = energies.ravel()
        values = values.reshape(len(flat), -1)
        total = np.zeros((2, len(self.mu), len(self.temperature), len(self.weights)))
        for name, which in columns(self.weights).items():
            some, modulus = values[:, which], np.abs(values[:, which])
            for t, temperature in enumerate(self.temperature):
                if temperature > 0:
                    weight = occupation(name, flat, self.mu[:, None], temperature)
                else:
                    weight = cold_occupation(name, flat, self.mu[:, None])
                total[0][:, t, which] = weight @ some
                total[1][:, t, which] = np.abs(weight) @ modulus
        return total.reshape(2, -1)

    def weighted(self) -> SmoothProblem:
        """The sum over bands as one smooth integrand, shape (M, mu * T * C); every temperature must be positive."""

        def function(k: Array) -> Array:
            energies, values = (np.asarray(part) for part in self.bands(k))
            total = np.zeros((len(k), len(self.mu), len(self.temperature), len(self.weights)))
            e = energies[:, None, None, :]
            for name, which in columns(self.weights).items():
                weight = occupation(name, e, self.mu[:, None, None], self.temperature[:, None])
                total[..., which] = np.einsum("pmtn,pnc->pmtc", weight, values[..., which])
            return total.reshape(len(k), -1)

        return SmoothProblem(function, self.domain)


Problem = SmoothProblem | BandProblem


def band_problem(bands: Bands, domain: Domain, weights: Sequence[str], mu: Array, temperature: Array) -> BandProblem:
    """Check mu and temperature and build the problem."""
    for name, value in (("mu", mu), ("temperature", temperature)):
        if value.ndim > 1 or value.size == 0 or not np.isfinite(value).all():
            raise ValueError(f"{name} is {value!r}; valid is a finite number or a 1D array of them")
    if (temperature < 0).any():
        raise ValueError(f"temperature is {temperature!r}; valid are numbers >= 0")
    if isinstance(weights, str):
        raise ValueError(f"weights is the string {weights!r}; valid is a sequence of names, one per component")
    return BandProblem(bands, domain, tuple(weights), np.atleast_1d(mu), np.atleast_1d(temperature))
