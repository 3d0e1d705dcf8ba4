"""The first Born rates between the nodes of a Fermi surface, and kernels of the same form.

A kernel is k[b, a] = 2 pi sum C_{pp'} (bra_b Gamma_p u_a) (u_b^+ Gamma_p' u_a)^*: with bra_b = u_b^+ its real part is the
rate w. For white noise C is a number, and the kernel is a product L R^T of two thin matrices with N^2 columns; meshes of any
size are then within reach.

The shift of the s coordinate upon scattering, in a gauge-invariant form for V = <u'|V|u> between nondegenerate bands, is

    delta_sj r^s = -{ s' Im Tr[P' v' S' V P V^+] + s Im Tr[P' V S v P V^+] } / Tr[P' V P V^+],

which is the printed s' A' - s A - (s' d' + s d) arg V. Weighted with the rate, the correlator of the potential replaces
V V^+. The form factor of a potential that is even about the impurity drops out: its derivative enters with an imaginary
part of zero. The shift is antisymmetric under exchange of the two states.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from symcur.arrays import Array, ComplexArray
from symcur.disorder.fermi_states import FermiSurface
from symcur.disorder.potentials import Disorder
from symcur.expressions import S, v

LARGEST_DENSE = 4096  # nodes whose rates are stored as a matrix
_THIN = 8  # nodes per column from which on a thin product is used


@dataclass(frozen=True)
class ScatteringKernel:
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
    """The rates w[b, a] between nodes (symmetric) for a disorder of the strengths given."""

    def __init__(self, surface: FermiSurface, disorder: Disorder) -> None:
        self.surface, self.disorder = surface, disorder
        nodes, size = len(surface), surface.model.size
        white = all(kind.shape == "white" for kind in disorder.kinds)
        self.thin = white and nodes > _THIN * 2 * size**2
        if not self.thin and nodes > LARGEST_DENSE:
            raise TooLarge(
                f"disorder: expected white noise on a Fermi surface that needs {nodes} nodes, got {disorder}; a disorder of "
                f"finite range is treated with up to {LARGEST_DENSE}"
            )
        self.channels = disorder.channels(surface.model, surface.k)
        self.size = nodes * (2 * size**2 if self.thin else nodes) * len(self.channels)  # of the matrices

    @cached_property
    def w(self) -> ScatteringKernel:
        kernel = self.kernel(self.surface.states.conj(), "real")
        if kernel.right is not None:
            return kernel
        return ScatteringKernel((kernel.left + kernel.left.T) / 2)

    def kernel(self, bra: ComplexArray, part: str) -> ScatteringKernel:
        """The "real" or "imag" part of the kernel with these bras, (M, N)."""
        u = self.surface.states
        if self.thin:
            left = 2 * np.pi * (bra[:, :, None] * u[:, None, :]).reshape(len(u), -1)
            right = sum(
                c * ((u @ first.T)[:, :, None] * (u @ second.T).conj()[:, None, :]).reshape(len(u), -1)
                for first, second, c in self.channels
            )
            halves = (left.real, -left.imag) if part == "real" else (left.imag, left.real)
            return ScatteringKernel(np.concatenate(halves, axis=1), np.concatenate([right.real, right.imag], axis=1))
        total: Array = np.zeros((len(u), len(u)))
        for first, weighted in self.weighted_overlaps:
            product = bra @ first @ u.T
            if part == "real":
                total += product.real * weighted.real - product.imag * weighted.imag
            else:
                total += product.real * weighted.imag + product.imag * weighted.real
        return ScatteringKernel(2 * np.pi * total)

    @cached_property
    def weighted_overlaps(self) -> list[tuple[ComplexArray, ComplexArray]]:
        """Gamma_p and C_{pp'} (u_b^+ Gamma_p' u_a)^* [b, a] of every channel."""
        u = self.surface.states
        return [(first, c * (u @ second.conj() @ u.conj().T)) for first, second, c in self.channels]

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


class TooLarge(ValueError):
    """More nodes than a matrix of rates can have."""


# -- the side jump -----------------------------------------------------------------------------------------------------
def half_shift(scattering: Scattering, axis: int) -> ScatteringKernel:
    """K[b, a] = 2 pi sum C Im Tr[P_b v_b S_b Gamma_p P_a Gamma_p'^+]; with it w delta_sj r^s = s_a K[a, b] - s_b K[b, a]."""
    return scattering.kernel(scattering.surface.bra(v(axis), S), "imag")


def weighted_shift(scattering: Scattering, axis: int, s: Array) -> Array:
    """w[b, a] delta_sj r^s[b, a] for scattering a -> b, along one axis, as a matrix; s are the s_n at the nodes."""
    K = half_shift(scattering, axis).matrix
    return np.asarray(s * K.T - s[:, None] * K)


def shift_rate(scattering: Scattering, s: Array) -> Array:
    """sum_b q_b w delta_sj r^s (M, D): the current that an electron of node a carries by its jumps."""
    q = scattering.surface.weight
    kernels = [half_shift(scattering, i) for i in range(scattering.surface.model.dimension)]
    return np.stack([s * K.onto(q) - K.back(q * s) for K in kernels], axis=-1)
