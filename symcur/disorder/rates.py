"""The first Born rates between the nodes of a Fermi surface, and kernels of the same form.

A kernel is k[b, a] = 2 pi sum C_{pp'} (bra_b Gamma_p u_a) (u_b^+ Gamma_p' u_a)^*: with bra_b = u_b^+ its real part is the
rate w. For white noise C is a number, and the kernel is a product L R^T of two thin matrices with N^2 columns; meshes of any
size are then within reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from symcur.disorder.fermi_surface import FermiSurface
from symcur.disorder.potentials import Disorder

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
LARGEST_DENSE = 4096  # nodes whose rates are stored as a matrix
_THIN = 8  # nodes per column from which on a thin product is used


@dataclass(frozen=True)
class Kernel:
    """A real matrix k[b, a] = left @ right.T; a dense one has no ``right``."""

    left: Array
    right: Array | None = None

    def onto(self, x: Array) -> Array:
        """sum_a k[b, a] x_a."""
        return np.asarray(self.left @ x if self.right is None else self.left @ (self.right.T @ x))

    def back(self, x: Array) -> Array:
        """sum_b x_b k[b, a]."""
        return np.asarray(self.left.T @ x if self.right is None else self.right @ (self.left.T @ x))

    @property
    def matrix(self) -> Array:
        return self.left if self.right is None else np.asarray(self.left @ self.right.T)


class Scattering:
    """The rates w[b, a] between nodes (symmetric) for a disorder whose strength is multiplied by ``scale``."""

    def __init__(self, surface: FermiSurface, disorder: Disorder, scale: float = 1.0) -> None:
        self.surface, self.disorder, self.scale = surface, disorder, scale
        nodes, size = len(surface), surface.model.size
        white = all(kind.shape == "white" for kind in disorder.kinds)
        self.thin = white and nodes > _THIN * 2 * size**2
        if not self.thin and nodes > LARGEST_DENSE:
            raise TooLarge(f"{nodes} nodes; a disorder of finite range is treated with up to {LARGEST_DENSE}")
        self.channels = disorder.channels(surface.model, surface.k)

    @cached_property
    def w(self) -> Kernel:
        kernel = self.kernel(self.surface.states.conj(), "real")
        if kernel.right is not None:
            return kernel
        return Kernel((kernel.left + kernel.left.T) / 2)

    def kernel(self, bra: ComplexArray, part: str) -> Kernel:
        """The "real" or "imag" part of the kernel with these bras, (M, N)."""
        u, factor = self.surface.states, 2 * np.pi * self.scale
        if self.thin:
            left = factor * (bra[:, :, None] * u[:, None, :]).reshape(len(u), -1)
            right = sum(
                c * ((u @ first.T)[:, :, None] * (u @ second.T).conj()[:, None, :]).reshape(len(u), -1)
                for first, second, c in self.channels
            )
            halves = (left.real, -left.imag) if part == "real" else (left.imag, left.real)
            return Kernel(np.concatenate(halves, axis=1), np.concatenate([right.real, right.imag], axis=1))
        total: Array = np.zeros((len(u), len(u)))
        for first, second, c in self.channels:
            product = c * (bra @ first @ u.T) * (u.conj() @ second @ u.T).conj()
            total += product.real if part == "real" else product.imag
        return Kernel(factor * total)

    @cached_property
    def rate(self) -> Array:
        """The scattering rate out of each node, sum_b q_b w[b, a] = 1/(lifetime)."""
        return self.w.back(self.surface.weight)

    @cached_property
    def mean_rate(self) -> float:
        """The average of the rate over the Fermi surface."""
        return float(self.surface.weight @ self.rate / self.surface.density_of_states)

    def collision(self, x: Array) -> Array:
        """sum_b q_b w[b, a] (x_a - x_b) for x of shape (M, C): minus the collision integral of x."""
        return np.asarray(self.rate[:, None] * x - self.w.onto(self.surface.weight[:, None] * x))

    def accumulated(self, x: Array) -> Array:
        """sum_b q_b w[b, a] (x_b - x_a): what an electron of node a gains of x per unit time by scattering."""
        return -self.collision(x)


class TooLarge(Exception):
    """More nodes than a matrix of rates can have."""
