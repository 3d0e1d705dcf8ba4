"""Pair potentials of a lattice model as linear combinations of given ones, and an interaction V_ab(R) on sites and bonds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, ComplexArray
from symcur.band_structures import tight_binding
from symcur.band_structures.exact import lattice_place, number_array
from symcur.superconductors.nambu import Superconductor

Bonds = Mapping[tuple[int, ...], ArrayLike]
Shape = dict[tuple[int, ...], ComplexArray]

_NEGLIGIBLE = 1e-9
_INDEPENDENT = 1e-10


@dataclass(frozen=True)
class PairPotentials:
    """Delta_ab(R) = sum_j x_j B_j,ab(R) with real x_j.

    V, shape (R, a, b), is the interaction on its bonds, ``steps`` (R, a, b, D) are the vectors R + r_b - r_a, and B has the shape
    (J, R, a, b). The first ``len(names)`` are the derivatives of Delta by the parameters of these names, and i times these follow.
    """

    names: tuple[str, ...]
    V: Array
    steps: Array
    B: ComplexArray
    towards: tuple[dict[str, complex], ...]

    @classmethod
    def of(cls, model: Superconductor, interaction: Bonds, names: tuple[str, ...]) -> PairPotentials:
        if not isinstance(model, Superconductor):
            raise TypeError(f"model: expected a superconductor built by symcur.superconductors.bdg, got {model!r}")
        cell, n = model.lattice_cell("pairs on its bonds"), model.size // 2
        bonds = _interaction(interaction, n, model.dimension)
        shapes = [_shape(model, name, names, bonds) for name in names]
        R = sorted(bonds)
        V = np.array([bonds[place] for place in R])
        B = np.array([[shape.get(place, np.zeros((n, n))) for place in R] for shape in shapes])
        if not _independent(B):
            raise ValueError(f"amplitudes: expected independent pairings, got {', '.join(names)}")
        towards: list[dict[str, complex]] = [{name: 1.0} for name in names]
        for name, one in zip(names, 1j * B, strict=True):
            if _independent(np.concatenate([B, one[None]])):
                B, towards = np.concatenate([B, one[None]]), [*towards, {name: 1j}]
        assert model.positions is not None
        x = model.positions[:n]
        steps = (np.array(R)[:, None, None] + x[None, None, :] - x[None, :, None]) @ cell.vectors
        return cls(names, V, steps, B, tuple(towards))

    @property
    def coupling(self) -> Array:
        """M_jl = -sum Re(B_j^* B_l)/V, of which x.M.x is what the interaction costs."""
        inverse = np.where(self.V != 0, -1.0 / np.where(self.V != 0, self.V, 1.0), 0.0)
        return np.asarray(np.einsum("jrab,rab,lrab->jl", self.B.conj(), inverse, self.B).real)

    @property
    def largest(self) -> Array:
        """What no amplitude exceeds, because |<c c>| <= 1/2."""
        size = np.abs(self.B)
        bound = np.where(size > 0, np.abs(self.V) / 2 / np.where(size > 0, size, 1.0), 0.0)
        return np.asarray(bound.max(axis=(1, 2, 3)))

    def turned(self, x: Array) -> Array:
        """The direction in which the phase of all pairs turns."""
        columns = _real(self.B)
        return np.asarray(np.linalg.lstsq(columns.T, _real(1j * np.tensordot(x, self.B, 1)[None])[0], rcond=None)[0])


def _real(B: ComplexArray) -> Array:
    return np.concatenate([B.real.reshape(len(B), -1), B.imag.reshape(len(B), -1)], axis=1)


def _independent(B: ComplexArray) -> bool:
    rows = _real(B)
    sizes = np.linalg.norm(rows, axis=1, keepdims=True)
    return bool((sizes > 0).all() and np.linalg.svd(rows / sizes, compute_uv=False)[-1] > _INDEPENDENT)


def _shape(model: Superconductor, name: str, names: tuple[str, ...], bonds: Mapping[tuple[int, ...], Array]) -> Shape:
    """dDelta/d(amplitude) on every bond."""
    symbols, n = {symbol.name: symbol for symbol in model.parameters}, model.size // 2
    if name not in symbols:
        raise ValueError(f"amplitudes: expected some of {', '.join(symbols)}, got {name!r}")
    slope = model.H.diff(symbols[name])
    others = {symbol: 0 for symbol in model.parameters if symbol.name in names}
    if any(slope.has(symbol) for symbol in others) or not model.H.subs(others)[:n, n:].is_zero_matrix:
        raise ValueError(f"amplitudes: expected parameters in which Delta is linear, got {', '.join(names)}")
    if any(slope[a, b] != 0 for a in range(n) for b in range(n)):
        raise ValueError(f"amplitudes: expected parameters of Delta alone, got {name}, on which h depends")
    # With h, which ties the orbitals to their places.
    alone = tight_binding(model.with_values({**dict.fromkeys(names, 0.0), name: 1.0}))
    places = np.asarray(model.positions)
    if np.abs(alone.positions - places).max() > _NEGLIGIBLE:
        raise ValueError(
            f"model: expected an h that ties all orbitals to their places, got {model.name} whose orbitals may lie at "
            f"{np.round(alone.positions, 6).tolist()} or at {np.round(places, 6).tolist()}"
        )
    whole = {place: t[:n, n:] for place, t in alone.hoppings.items()}
    largest = max(float(np.abs(t).max()) for t in whole.values())
    for place, t in whole.items():
        V = bonds.get(place, np.zeros((n, n)))
        without = (np.abs(t) > _NEGLIGIBLE * largest) & (V == 0)
        if without.any():
            a, b = np.argwhere(without)[0].tolist()
            raise ValueError(
                f"interaction: expected V[{a}, {b}] at R = {place}, where {name} pairs, got none; it has R = {sorted(bonds)}"
            )
    return {place: np.where(np.abs(t) > _NEGLIGIBLE * largest, t, 0.0) for place, t in whole.items()}


def _interaction(interaction: Bonds, n: int, dimension: int) -> dict[tuple[int, ...], Array]:
    """V(R) with V(-R) = V(R)^T filled in."""
    if not isinstance(interaction, Mapping) or not interaction:
        raise TypeError(f"interaction: expected a mapping from integers to N x N matrices, got {interaction!r}")
    found: dict[tuple[int, ...], Array] = {}
    for R, V in interaction.items():
        place, matrix = lattice_place("interaction", R, dimension), number_array("interaction", V)
        if matrix.shape != (n, n) or not np.isfinite(matrix).all() or np.abs(matrix.imag).any():
            raise ValueError(f"interaction: expected finite real matrices of shape {(n, n)}, got {V!r} at R = {place}")
        found[place] = matrix.real
    for place in list(found):
        back = tuple(-component for component in place)
        if np.abs(found.setdefault(back, found[place].T) - found[place].T).max() > 0:
            raise ValueError(
                f"interaction: expected V(-R) = V(R)^T, got {found[place].tolist()} at R = {place} and {found[back].tolist()} at -R"
            )
    return found
