"""The gap equation: pair potentials that follow from an interaction, for on-site and bond interactions V_ab(R).

    H_int = (1/2) sum V_ab(R) c^+_{0 a} c^+_{R b} c_{R b} c_{0 a},    Delta_ab(R) = V_ab(R) <c_{R b} c_{0 a}>

with <c_{R b} c_{0 a}> = int [f(H(k))]_{a, hole b} exp(-i k.(R + r_b - r_a)): V < 0 attracts, a and b count orbitals and spins. The
potential per cell, factor x (sum of g over the states - sum |Delta_ab(R)|^2/V_ab(R)), is stationary there. Only pairing is taken from the
interaction; what it does to h is part of h. P. G. de Gennes, Superconductivity of Metals and Alloys (1966), chapter 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, ComplexArray
from symcur.band_structures import tight_binding
from symcur.band_structures.exact import number_array
from symcur.brillouin.occupation import occupation
from symcur.superconductors.nambu import Superconductor

_START = 12  # points per axis
_MOST = 1 << 40  # points per axis where nothing limits the slope of the occupation
_OFFSET = 0.31  # of the meshes, in their spacing
_PLAIN = 12  # iterations before the root finder
_NORMAL = 1e-6  # of the first amplitudes: below this they have died out
_NEGLIGIBLE = 1e-9
_ROUNDING = 1e-8  # of the rate at which amplitudes of _NORMAL grow in one iteration

Bonds = Mapping[tuple[int, ...], ArrayLike]


@dataclass(frozen=True)
class GapSolution:
    """Amplitudes that solve the gap equation, and how well. Energies are those of the model.

    ``residual`` is the largest |Delta_ab(R) - V_ab(R) <c c>| on the last mesh after the amplitudes have been found as the best of their
    kind; ``left_out`` that of pairs which the interaction forms and no amplitude describes, in equal units (zero where the ansatz is
    closed). ``error`` is the change of an amplitude from the mesh before. ``condensation`` is the potential per cell less that
    of the normal state, with its change on a finer mesh: positive for a solution that is not stable. ``normal``: the amplitudes have died out,
    and small ones do not grow.
    """

    model: Superconductor
    amplitudes: Mapping[str, float]
    residual: float
    left_out: float
    error: float
    condensation: float
    condensation_error: float
    normal: bool
    points: int


def solve_gap_equation(
    model: Superconductor,
    interaction: Bonds,
    amplitudes: Sequence[str],
    temperature: float,
    *,
    tolerance: float = 1e-8,
    max_points: int = 1 << 20,
) -> GapSolution:
    """Self-consistent pair potentials of a lattice model, from SciPy's root finder, begun at the values that the parameters have.

    Parameters
    ----------
    interaction : {R: V_ab(R)}, R counting primitive vectors as D integers, V real N x N matrices over the electron's components with
        V(-R) = V(R)^T (one of the two suffices). In the singlet form V acts between up and down.
    amplitudes : names of parameters in which Delta is linear and on which nothing else depends.
    temperature : k_B T >= 0; at T = 0 only a full gap lets the sum over the zone converge.
    tolerance : of the amplitudes, in units of the largest one that the model begins with.

    Raises
    ------
    ValueError or TypeError naming the argument: amplitudes that do more than pair, bonds that pair without an interaction, equations
    that do not converge.
    """
    problem = _Problem(model, interaction, tuple(amplitudes), temperature)
    start = np.array([float(model.values()[name]) for name in amplitudes])
    scale = float(np.abs(start).max(initial=0.0))
    if not scale > 0:
        raise ValueError(f"amplitudes: expected values to begin with of which one is not 0, got {start.tolist()}")
    needed = problem.points_per_axis(start, _START, tolerance)
    size, x, change = max(_START, -(-2 * needed // 3)), start, np.inf
    while size**model.dimension <= max_points:
        # What has died out on a coarse mesh may live on a finer one.
        found = problem.solution(x if x.any() else start, size, scale, tolerance)
        change = float(np.abs(found - x).max()) if x is not start else np.inf
        x, needed = found, problem.points_per_axis(found, size, tolerance)
        if change <= tolerance * scale and size >= needed:
            return problem.result(x, change, size, scale)
        size = max(-(-3 * size // 2), -(-2 * needed // 3))
    raise ValueError(
        f"max_points: expected enough momenta for amplitudes within {tolerance:g} of {scale:g}, got {max_points}; states near zero "
        f"energy at temperature = {temperature:g} need about {needed} per axis, and the amplitudes {x.tolist()} still change by "
        f"{change:.1e}; raise max_points, tolerance or the temperature"
    )


class _Problem:
    """What does not change from one iteration to the next."""

    def __init__(
        self, model: Superconductor, interaction: Bonds, amplitudes: tuple[str, ...], temperature: float
    ) -> None:
        if not isinstance(model, Superconductor):
            raise TypeError(f"model: expected a superconductor built by symcur.superconductors.bdg, got {model!r}")
        if not (np.isfinite(temperature) and temperature >= 0):
            raise ValueError(f"temperature: expected a finite number >= 0, got {temperature!r}")
        self.model, self.names, self.temperature = model, amplitudes, float(temperature)
        self.cell = model.lattice_cell("pairs on its bonds")
        self.n, self.factor = model.size // 2, float(model.statistics.factor)
        self.bonds = _interaction(interaction, self.n, model.dimension)
        shapes = [self._shape(name) for name in amplitudes]
        R = sorted(self.bonds)
        self.V = np.array([self.bonds[place] for place in R])  # (R, a, b)
        self.B = np.array([[shape.get(place, np.zeros((self.n, self.n))) for place in R] for shape in shapes])
        assert model.positions is not None
        x = model.positions[: self.n]
        self.steps = (np.array(R)[:, None, None] + x[None, None, :] - x[None, :, None]) @ self.cell.vectors
        acts = self.V != 0
        inverse = np.where(acts, -1.0 / np.where(acts, self.V, 1.0), 0.0)
        self.inverse = inverse
        self.overlaps = np.einsum("jrab,rab,lrab->jl", self.B.conj(), inverse, self.B).real
        if np.linalg.cond(self.overlaps) > 1e10:
            raise ValueError(f"amplitudes: expected independent pairings, got {', '.join(amplitudes)}")

    def _shape(self, name: str) -> dict[tuple[int, ...], ComplexArray]:
        """dDelta/d(amplitude) on every bond."""
        symbols = {symbol.name: symbol for symbol in self.model.parameters}
        if name not in symbols:
            raise ValueError(f"amplitudes: expected some of {', '.join(symbols)}, got {name!r}")
        slope, n = self.model.H.diff(symbols[name]), self.n
        others = [symbols[other] for other in self.names]
        if any(slope.has(symbol) for symbol in others) or not self._vanishes_with_amplitudes():
            raise ValueError(f"amplitudes: expected parameters in which Delta is linear, got {', '.join(self.names)}")
        if any(slope[a, b] != 0 for a in range(n) for b in range(n)):
            raise ValueError(f"amplitudes: expected parameters of Delta alone, got {name}, on which h depends")
        whole = {place: t[:n, n:] for place, t in tight_binding(self.model.replace(H=slope)).hoppings.items()}
        largest = max(float(np.abs(t).max()) for t in whole.values())
        for place, t in whole.items():
            V = self.bonds.get(place, np.zeros((n, n)))
            without = (np.abs(t) > _NEGLIGIBLE * largest) & (V == 0)
            if without.any():
                a, b = np.argwhere(without)[0].tolist()
                raise ValueError(
                    f"interaction: expected V[{a}, {b}] at R = {place}, where {name} pairs, got none; it has R = {sorted(self.bonds)}"
                )
        return whole

    def _vanishes_with_amplitudes(self) -> bool:
        zero = {symbol: 0 for symbol in self.model.parameters if symbol.name in self.names}
        n = self.n
        return bool(self.model.H.subs(zero)[:n, n:].is_zero_matrix)

    # -- one iteration -----------------------------------------------------------------------------------------------
    def points_per_axis(self, x: Array, size: int, tolerance: float) -> int:
        """f(H) is analytic within the distance of the poles of f, pi T from real energies, over the largest velocity."""
        k = self.cell.momenta(size, _OFFSET)
        model = self.model.with_values(dict(zip(self.names, x.tolist(), strict=True)))
        speeds = [np.linalg.norm(model.matrix("H", k, (i,)), 2, axis=(-2, -1)).max() for i in range(model.dimension)]
        distance = float(np.hypot(np.pi * self.temperature, np.abs(model.energies(k)).min()))
        shortest = float(np.linalg.norm(self.cell.vectors, axis=1).min())
        points = -np.log(tolerance) * max(speeds) / (max(distance, np.finfo(float).tiny) * shortest)
        return int(min(np.ceil(points), _MOST))

    def states(self, x: Array, size: int) -> tuple[Array, Array, ComplexArray]:
        k = self.cell.momenta(size, _OFFSET)
        model = self.model.with_values(dict(zip(self.names, x.tolist(), strict=True)))
        return k, *np.linalg.eigh(model.matrix("H", k))

    def pairs(self, x: Array, size: int) -> ComplexArray:
        """<c_{R b} c_{0 a}> of the states with these amplitudes, (R, a, b)."""
        k, energies, states = self.states(x, size)
        f = occupation("f", energies, 0.0, self.temperature)
        anomalous = np.einsum("kam,km,kbm->kab", states[:, : self.n], f, states[:, self.n :].conj(), optimize=True)
        phases = np.exp(-1j * np.einsum("kd,rabd->krab", k, self.steps))
        return np.asarray(np.einsum("kab,krab->rab", anomalous, phases) / len(k))

    def best(self, pairs: ComplexArray) -> Array:
        """The amplitudes that come closest to V <c c>, stationary points of the potential."""
        # sum_l overlaps_jl x_l = -sum Re B_j^* <c c>
        return np.asarray(np.linalg.solve(self.overlaps, -np.einsum("jrab,rab->j", self.B.conj(), pairs).real))

    def solution(self, x: Array, size: int, scale: float, tolerance: float) -> Array:
        """A root where the iteration leads from x; the normal state only where no small amplitude grows."""
        found = self._root(x, size, scale, tolerance)
        if not found.any() and (growing := self._growing(size, scale)) is not None:
            found = self._root(growing, size, scale, tolerance)
            if not found.any():
                raise ValueError(
                    f"amplitudes: expected values to begin with that lead away from the normal state, in which pairs grow, got {x.tolist()}"
                )
        return found

    def _growing(self, size: int, scale: float) -> Array | None:
        """Amplitudes beyond those at which pairs of the kind that grows fastest out of the normal state cease to grow; None if none grows."""
        small = _NORMAL * scale
        rows = [self.best(self.pairs(small * one, size)) / small for one in np.eye(len(self.names))]
        rates, kinds = np.linalg.eig(np.array(rows).T)
        fastest = int(rates.real.argmax())
        if rates[fastest].real <= 1 + _ROUNDING:
            return None
        x = small * kinds[:, fastest].real / np.abs(kinds[:, fastest].real).max()
        while x @ self.best(self.pairs(x, size)) > x @ x:  # comes to an end, as pairs are bounded
            x = 2 * x
        return np.asarray(x)

    def _root(self, x: Array, size: int, scale: float, tolerance: float) -> Array:
        from scipy.optimize import root

        def difference(x: Array) -> Array:
            return np.asarray(self.best(self.pairs(x, size)) - x)

        for _ in range(_PLAIN):
            x = x + difference(x)
            if np.abs(x).max() < _NORMAL * scale:
                return np.zeros_like(x)
        found = root(difference, x, method="hybr", tol=1e-2 * tolerance)
        left = float(np.abs(difference(found.x)).max())
        if not left <= tolerance * scale:
            raise ValueError(
                f"interaction: expected a gap equation that converges from {dict(zip(self.names, x.tolist(), strict=True))}, got one "
                f"whose residual stays at {left:.1e} on {size} points per axis ({' '.join(found.message.split())})"
            )
        return np.asarray(found.x) if np.abs(found.x).max() > _NORMAL * scale else np.zeros_like(x)

    def condensation(self, x: Array, size: int) -> float:
        """The potential per cell less that of the normal state."""
        g = [occupation("g", self.states(y, size)[1], 0.0, self.temperature).sum(axis=1).mean() for y in (x, 0 * x)]
        return self.factor * float(g[0] - g[1] + x @ self.overlaps @ x)

    def result(self, x: Array, change: float, size: int, scale: float) -> GapSolution:
        pairs = self.pairs(x, size)
        Delta, wanted = np.einsum("jrab,j->rab", self.B, x), self.V * pairs
        described = np.einsum("jrab,j->rab", self.B, self.best(pairs))
        amplitudes = dict(zip(self.names, x.tolist(), strict=True))
        normal = bool(np.abs(x).max() <= _NORMAL * scale)
        coarse, fine = (0.0 if normal else self.condensation(x, points) for points in (size, -(-3 * size // 2)))
        return GapSolution(
            model=self.model.with_values(amplitudes),
            amplitudes=amplitudes,
            residual=float(np.abs(described - Delta).max()),
            left_out=float(np.abs(wanted - described).max()),
            error=change,
            condensation=fine,
            condensation_error=abs(fine - coarse),
            normal=normal,
            points=size**self.model.dimension,
        )


def _interaction(interaction: Bonds, n: int, dimension: int) -> dict[tuple[int, ...], Array]:
    """V(R) with V(-R) = V(R)^T filled in."""
    if not isinstance(interaction, Mapping) or not interaction:
        raise TypeError(f"interaction: expected a mapping from integers to N x N matrices, got {interaction!r}")
    found: dict[tuple[int, ...], Array] = {}
    for R, V in interaction.items():
        place, matrix = tuple(np.atleast_1d(R).tolist()), number_array("interaction", V)
        if len(place) != dimension or not all(type(component) is int for component in place):
            raise ValueError(f"interaction: expected {dimension} integers, got R = {R!r}")
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
