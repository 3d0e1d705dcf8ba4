"""Where to integrate: one reciprocal cell of a lattice, or a stated part of the momentum space of a continuum.

Every domain maps the unit cube, u in [0, 1]^D, to Cartesian wave vectors k, with a Jacobian that includes
1/(2 pi)^D: the integral of F over the domain, d^Dk/(2 pi)^D F(k), is d^Du jacobian(u) F(k(u)).
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array


class Domain(ABC):
    """A piece of k space of dimension 1 to 3, parametrised by the unit cube.

    ``periodic[a]`` says whether integrands repeat along axis a of the cube, ``description`` says in words
    what the domain is. ``extent`` is how long the axes are in units of those of a whole cell, for parts of one.
    """

    extent: ArrayLike = 1.0
    dimension: int
    periodic: tuple[bool, ...]
    description: str

    @abstractmethod
    def map(self, u: Array) -> tuple[Array, Array]:
        """Cartesian k, shape (..., D), and the Jacobian with 1/(2 pi)^D, shape (...), at u of shape (..., D)."""

    def hull(self, u: Array, size: Array) -> Array:
        """Half the edges of a box around k(u) that holds k of all points of the box u +- size/2, shape (..., D)."""
        raise NotImplementedError

    def grid(self, n: int, offset: ArrayLike = 0.0) -> Array:
        """The points (j + offset)/n of the unit cube, n along each axis: shape (n, ..., n, D)."""
        axes = np.broadcast_to(np.asarray(offset, dtype=float), (self.dimension,))
        return np.stack(np.meshgrid(*((np.arange(n) + shift) / n for shift in axes), indexing="ij"), axis=-1)

    def grid_between(self, n: int, offset: ArrayLike, start: int, stop: int) -> Array:
        """Those from ``start`` to ``stop`` of ``grid`` in a row, shape (stop - start, D), without the others."""
        index = np.stack(np.unravel_index(np.arange(start, stop), (n,) * self.dimension), axis=-1)
        return np.asarray((index + np.asarray(offset, dtype=float)) / n)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.description}>"


class LatticeCell(Domain):
    """One reciprocal cell of the lattice with the given real-space primitive vectors.

    ``vectors`` holds one primitive vector a_j per row, shape (D, D) with D = 1, 2 or 3 (a number for D = 1).
    k = sum_j u_j b_j with a_i . b_j = 2 pi delta_ij. The Jacobian is the density of lattice cells, 1/|det a|,
    so the integral of 1 is the number of k points per volume (area, length) of the crystal. ``reciprocal`` holds the b_j
    as rows, ``volume`` is |det a|.
    """

    def __init__(self, vectors: ArrayLike) -> None:
        a = np.atleast_2d(np.asarray(vectors, dtype=float))
        if a.ndim != 2 or a.shape[0] != a.shape[1] or not 1 <= a.shape[0] <= 3:
            raise ValueError(f"vectors: expected shape (D, D) with D = 1, 2 or 3, one vector per row, got {a.shape}")
        if not np.isfinite(a).all():
            raise ValueError("vectors: expected finite numbers, got NaN or infinity")
        volume = abs(np.linalg.det(a))
        if volume <= 1e-12 * np.prod(np.linalg.norm(a, axis=1)):
            raise ValueError(f"vectors: expected linearly independent ones, got {a.tolist()}")
        self.vectors = a
        self.reciprocal: Array = 2 * np.pi * np.linalg.inv(a).T
        self.dimension = a.shape[0]
        self.periodic = (True,) * self.dimension
        self.volume = float(volume)
        digits = 12 - int(np.ceil(np.log10(np.abs(a).max())))
        shown = np.round(a, digits) + 0.0  # without the rounding of a symmetrised lattice
        self.description = f"one reciprocal cell of the {self.dimension}D lattice {shown.tolist()}"

    def momenta(self, n: int, offset: ArrayLike = 0.0) -> Array:
        """Cartesian k of the grid with n points along each axis, shape (n^D, D)."""
        return self.momenta_between(n, offset, 0, n**self.dimension)

    def momenta_between(self, n: int, offset: ArrayLike, start: int, stop: int) -> Array:
        """Those from ``start`` to ``stop`` of ``momenta``, without the others."""
        return self.near(self.grid_between(n, offset, start, stop) @ self.reciprocal)

    def near(self, k: Array) -> Array:
        """The momentum of the cell that stands for k, (..., D): any where H(k) has the period of the lattice."""
        return k

    def map(self, u: Array) -> tuple[Array, Array]:
        return u @ self.reciprocal, np.full(u.shape[:-1], 1 / self.volume)

    def hull(self, u: Array, size: Array) -> Array:
        return np.asarray(size @ np.abs(self.reciprocal) / 2)


class Plane(Domain):
    """Continuum in Cartesian coordinates: the box |k_i - center_i| <= cutoff_i of dimension D = 1, 2 or 3.

    ``cutoff`` is a number or one per axis; the caller states with ``because`` why it suffices, for example
    "every band is empty beyond" (a Fermi cutoff) or "the integrand has decayed to 1e-9". What lies beyond is
    not estimated.
    """

    def __init__(
        self, dimension: int, cutoff: ArrayLike, *, center: ArrayLike = 0.0, because: str = "as given by the caller"
    ) -> None:
        self.dimension = _dimension(dimension)
        self.cutoff = _vector("cutoff", cutoff, self.dimension)
        if not (self.cutoff > 0).all():
            raise ValueError(f"cutoff: expected positive numbers, got {self.cutoff.tolist()}")
        self.center = _vector("center", center, self.dimension)
        self.periodic = (False,) * self.dimension
        self._jacobian = float(np.prod(self.cutoff / np.pi))
        self.description = (
            f"{self.dimension}D continuum, Cartesian box of half widths {self.cutoff.tolist()} "
            f"around {self.center.tolist()}; cutoff: {because}"
        )

    def map(self, u: Array) -> tuple[Array, Array]:
        return self.center + self.cutoff * (2 * u - 1), np.full(u.shape[:-1], self._jacobian)

    def hull(self, u: Array, size: Array) -> Array:
        return np.asarray(size * self.cutoff)


class Ball(Domain):
    """Continuum in polar (D = 2) or spherical (D = 3) coordinates, inner <= |k - center| <= cutoff.

    The cube's axes are |k|; |k| and the azimuth; |k|, the polar angle and the azimuth. For D = 1 the domain is
    the interval |k - center| <= cutoff, and ``inner`` must be 0. ``because`` states why the cutoff suffices;
    what lies beyond is not estimated.
    """

    def __init__(
        self,
        dimension: int,
        cutoff: float,
        *,
        inner: float = 0.0,
        center: ArrayLike = 0.0,
        because: str = "as given by the caller",
    ) -> None:
        self.dimension = _dimension(dimension)
        if not np.isfinite([cutoff, inner]).all() or not 0 <= inner < cutoff:
            raise ValueError(
                f"cutoff: expected 0 <= inner < cutoff < infinity, got inner = {inner!r}, cutoff = {cutoff!r}"
            )
        if self.dimension == 1 and inner != 0:
            raise ValueError(f"inner: expected 0 in one dimension, got {inner!r}")
        self.cutoff, self.inner = float(cutoff), float(inner)
        self.center = _vector("center", center, self.dimension)
        self.periodic = ((False,), (False, True), (False, False, True))[self.dimension - 1]
        coordinates = ("an interval", "polar coordinates", "spherical coordinates")[self.dimension - 1]
        self.description = (
            f"{self.dimension}D continuum in {coordinates}, {self.inner:g} <= |k| <= {self.cutoff:g} "
            f"around {self.center.tolist()}; cutoff: {because}"
        )

    def hull(self, u: Array, size: Array) -> Array:
        """A radial step and turns by the angles, for all components of k alike."""
        if self.dimension == 1:
            return np.asarray(size * self.cutoff)
        step = (self.cutoff - self.inner) * size[..., 0] / 2
        largest = np.minimum(self.inner + (self.cutoff - self.inner) * u[..., 0] + step, self.cutoff)
        turns = size[..., 1:] @ np.array([np.pi / 2, np.pi][3 - self.dimension :])
        return np.repeat(np.minimum(step + largest * turns, 2 * self.cutoff)[..., None], self.dimension, axis=-1)

    def map(self, u: Array) -> tuple[Array, Array]:
        if self.dimension == 1:
            k, jacobian = self.cutoff * (2 * u - 1), np.full(u.shape[:-1], self.cutoff / np.pi)
            return self.center + k, jacobian
        width = self.cutoff - self.inner
        r = self.inner + width * u[..., 0]
        phi = 2 * np.pi * u[..., -1]
        if self.dimension == 2:
            k = np.stack([r * np.cos(phi), r * np.sin(phi)], axis=-1)
            return self.center + k, width * r / (2 * np.pi)
        # The polar angle, not its cosine: k is then analytic in u at the poles too.
        cosine, sine = np.cos(np.pi * u[..., 1]), np.sin(np.pi * u[..., 1])
        k = np.stack([r * sine * np.cos(phi), r * sine * np.sin(phi), r * cosine], axis=-1)
        return self.center + k, width * r**2 * sine / (4 * np.pi)


def _dimension(dimension: int) -> int:
    if dimension not in (1, 2, 3):
        raise ValueError(f"dimension: expected 1, 2 or 3, got {dimension!r}")
    return int(dimension)


def _vector(name: str, value: ArrayLike, dimension: int) -> Array:
    given = np.asarray(value, dtype=float)
    if given.shape not in ((), (dimension,)) or not np.isfinite(given).all():
        raise ValueError(f"{name}: expected a finite number or {dimension} of them, got {value!r}")
    return np.broadcast_to(given, (dimension,)).copy()
