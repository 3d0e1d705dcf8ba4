"""The gap equation: pair potentials that follow from an interaction, for on-site and bond interactions V_ab(R).

    H_int = (1/2) sum V_ab(R) c^+_{0 a} c^+_{R b} c_{R b} c_{0 a},    Delta_ab(R) = V_ab(R) <c_{R b} c_{0 a}>

with <c_{R b} c_{0 a}> = int [f(H(k))]_{a, hole b} exp(-i k.(R + r_b - r_a)): V < 0 attracts, a and b count orbitals and spins. The
potential per cell, factor x (sum of g over the states - sum |Delta_ab(R)|^2/V_ab(R)), is stationary there. Only pairing is taken from the
interaction; what it does to h is part of h. P. G. de Gennes, Superconductivity of Metals and Alloys (1966), chapter 5.

Stationary is also a saddle, and more than one state may be a minimum: the search goes on downhill, begins from several places, and
tells what it has found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from symcur.arrays import Array
from symcur.brillouin.memory import Memory
from symcur.superconductors.free_energy import FreeEnergy, Sums
from symcur.superconductors.nambu import Superconductor
from symcur.superconductors.pair_potentials import Bonds, PairPotentials

_START = 12  # points per axis
_MOST = 1 << 40  # points per axis where nothing limits the slope of the occupation
_NORMAL = 1e-6  # of the first amplitudes: below this they have died out
_UNSTABLE = 1e-6  # by which the rate of a change that grows exceeds 1
_SAME = 1e-6  # of the energies of two states that are one
_SMALL = 1e-6  # of a change, below which a component is not told
_STEP = 1e-2  # of the tolerance
_ROUNDING = 1e-14  # of the energies
_SEARCH = 1 << 16  # momenta on which the search begins anew where all pairs have died out
_TURNS = 12  # saddles that are left, one after the other
_OFFSETS = np.random.default_rng(5).uniform(size=(6, 3))  # of the meshes for the normal state, in their spacing


@dataclass(frozen=True)
class PairState:
    """A solution of the gap equation: its amplitudes and its potential per cell less that of the normal state, with the error of this."""

    amplitudes: Mapping[str, float]
    condensation: float
    condensation_error: float


@dataclass(frozen=True)
class GapSolution:
    """Amplitudes that solve the gap equation, what kind of solution they are, and how well they are known. Energies are those of the model.

    ``status`` is "minimum" for a minimum of the free energy below all other solutions that were found, the normal state among them;
    "saddle" where it falls along ``falls_along``, a complex change of each amplitude; "metastable" for a minimum that does not lie lowest;
    "undecided" where another solution is as low within the errors of both, or meshes disagree on whether it is a saddle. Minima are those among the amplitudes and their phases; ``curvature`` is
    1 less the largest rate at which a change of them grows from one iteration to the next, positive at a minimum, leaving out the phase of all
    pairs. ``others`` are the other solutions found, whose energies differ.

    ``residual`` is the largest |Delta_ab(R) - V_ab(R) <c c>| on the last mesh after the amplitudes have been found as the best of their
    kind; ``left_out`` that of pairs which the interaction forms and no amplitude describes, in equal units (zero where the ansatz is
    closed). ``error`` is the change of an amplitude from the mesh before and to a shifted one. ``condensation`` is the potential per cell less that of
    the normal state; its error is the change from the mesh before and to a shifted one and by a last step, and twice the largest one of the
    normal state between shifted meshes.
    ``normal``: the amplitudes have died out. ``memory``: the bytes that arrays of the sums over the zone took at most, by their sizes.
    """

    model: Superconductor
    amplitudes: Mapping[str, float]
    status: str
    curvature: float
    falls_along: Mapping[str, complex]
    others: tuple[PairState, ...]
    residual: float
    left_out: float
    error: float
    condensation: float
    condensation_error: float
    normal: bool
    points: int
    memory: int = 0


def solve_gap_equation(
    model: Superconductor,
    interaction: Bonds,
    amplitudes: Sequence[str],
    temperature: float,
    *,
    tolerance: float = 1e-8,
    max_points: int = 1 << 20,
    lowest: bool = True,
    memory: float | None = None,
) -> GapSolution:
    """Self-consistent pair potentials of a lattice model: the lowest solution found, with its status.

    Parameters
    ----------
    interaction : {R: V_ab(R)}, R counting primitive vectors as D integers, V real N x N matrices over the electron's components with
        V(-R) = V(R)^T (one of the two suffices). In the singlet form V acts between up and down.
    amplitudes : names of real parameters in which Delta is linear and on which nothing else depends; the search begins at their values. A
        complex amplitude is two of them: p_x + i p_y with any phase between is (a + I b) sin(k_x) + (c + I d) sin(k_y). Where a
        phase that no amplitude describes would lower the free energy, the result is a "saddle" that falls along 1j of an amplitude.
    temperature : k_B T >= 0; at T = 0 only a full gap lets the sum over the zone converge.
    tolerance : of the amplitudes, in units of the largest one that the model begins with.
    lowest : False for the stationary point downhill from the values of the parameters, be it a saddle; otherwise saddles are left, and the
        search also begins from the largest amplitudes of each kind, so that states beyond a first-order transition are found.
    memory : bytes that arrays may take, 2e9 by default; with less, fewer momenta are summed at a time, and sums differ by rounding.

    Raises
    ------
    ValueError or TypeError naming the argument: amplitudes that do more than pair, bonds that pair without an interaction, equations
    that do not converge.
    """
    search = _Search(model, interaction, tuple(amplitudes), temperature, tolerance, Memory(memory))
    size, change, states = search.first_size(), np.inf, list[Sums]()
    while True:
        _require_points(max_points, size, search, [float(change), *states[0].x] if states else [])
        before, mesh = states, search.mesh(size)
        if not lowest:
            states = [search.settled(mesh, before[0].x if before else search.start)]
        elif not before or (not before[0].x.any() and mesh.count < _SEARCH):
            states = search.begin(mesh)  # what has died out on a coarse mesh may live on a finer one
        else:
            states = search.sorted([search.descend(mesh, state.x) for state in before])
        if before:
            change = max(search.within, float(np.abs(states[0].x - before[0].x).max()))
        needed = search.needed(states[0].x)
        if change <= tolerance * search.scale and size >= needed:
            shifted = search.mesh(size, shifted=True)
            change += float(
                np.abs(shifted.step(shifted(states[0].x))).max()
            )  # twice the first term of the error of either
            if change <= tolerance * search.scale:
                return search.result(mesh, shifted, states, before, change)
        size = search.next_size(needed, size)


def _require_points(max_points: int, size: int, search: _Search, found: list[float]) -> None:
    if size**search.model.dimension <= max_points:
        return
    change, *x = found or [np.inf, *search.start]
    needed = search.needed(np.array(x))
    still = f", and the amplitudes {np.array(x).tolist()} still change by {change:.1e}" if np.isfinite(change) else ""
    raise ValueError(
        f"max_points: expected at least {size**search.model.dimension} momenta for amplitudes within {search.tolerance:g} of {search.scale:g}, "
        f"got {max_points}; states near zero energy at temperature = {search.temperature:g} need about {needed} per axis{still}; raise "
        "max_points, tolerance or the temperature"
    )


class _Search:
    """What does not change from one mesh to the next."""

    def __init__(
        self,
        model: Superconductor,
        interaction: Bonds,
        names: tuple[str, ...],
        temperature: float,
        tolerance: float,
        memory: Memory,
    ) -> None:
        self.memory = memory
        self.potentials = PairPotentials.of(model, interaction, names)
        if not (np.isfinite(temperature) and temperature >= 0):
            raise ValueError(f"temperature: expected a finite number >= 0, got {temperature!r}")
        self.model, self.names, self.temperature, self.tolerance = model, names, float(temperature), tolerance
        self.cell = model.lattice_cell("a sum over its zone")
        self.start = np.array([float(model.values()[name]) for name in names])
        self.scale = float(np.abs(self.start).max(initial=0.0))
        if not self.scale > 0:
            raise ValueError(
                f"amplitudes: expected values to begin with of which one is not 0, got {self.start.tolist()}"
            )
        self.within = _STEP * tolerance * self.scale

    # -- meshes ------------------------------------------------------------------------------------------------------
    def mesh(self, size: int, *, phases: bool = False, shifted: bool = False) -> FreeEnergy:
        return FreeEnergy(
            self.model, self.potentials, self.temperature, size, phases=phases, shifted=shifted, memory=self.memory
        )

    def needed(self, x: Array) -> int:
        """Points per axis: f(H) is analytic within the distance of the poles of f, pi T from real energies, over the largest velocity."""
        k = self.cell.momenta(max(_START, 400 // 4**self.model.dimension), 0.31)
        model = self.at(x)
        speeds = [np.linalg.norm(model.matrix("H", k, (i,)), 2, axis=(-2, -1)).max() for i in range(model.dimension)]
        distance = float(np.hypot(np.pi * self.temperature, np.abs(model.energies(k)).min()))
        shortest = float(np.linalg.norm(self.cell.vectors, axis=1).min())
        points = -np.log(self.tolerance) * max(speeds) / (max(distance, np.finfo(float).tiny) * shortest)
        return int(min(np.ceil(points), _MOST))

    def at(self, x: Array) -> Superconductor:
        return self.model.with_values(dict(zip(self.names, x.tolist(), strict=True)))

    def first_size(self) -> int:
        return _even(max(_START, self.needed(self.start) // 3))

    def next_size(self, needed: int, size: int) -> int:
        most = 2 * size if self.cell.dimension * np.log(2 * size) < np.log(_SEARCH) else _MOST
        return _even(max(-(-3 * size // 2), min(most, -(-2 * needed // 3))))

    # -- states ------------------------------------------------------------------------------------------------------
    def begin(self, mesh: FreeEnergy) -> list[Sums]:
        """The minima that are found from the first values, from the largest amplitudes of each kind, and from small ones that grow."""
        one, *kinds = self.start / self.scale, *np.eye(len(self.names))
        far = [
            direction * mesh.bound[np.abs(direction).argmax()]
            for direction in ([one, *kinds] if len(kinds) > 1 else [one])
        ]
        return self.sorted([self.descend(mesh, x) for x in (self.start, *far, 0 * self.start)])

    def settled(self, mesh: FreeEnergy, x: Array) -> Sums:
        """The stationary point downhill from x; zero where amplitudes below the tolerance die out."""
        found = mesh.down(x, self.within) if x.any() else mesh(x)
        if found.x.any() and np.abs(found.x).max() <= max(_NORMAL, self.tolerance) * self.scale:
            zero = mesh(0 * found.x)
            return zero if mesh.fastest(zero)[0] <= 1 + _UNSTABLE else found
        return found

    def descend(self, mesh: FreeEnergy, x: Array) -> Sums:
        """A minimum downhill from x, away from saddles."""
        found = self.settled(mesh, x)
        for _ in range(_TURNS):
            rate, change = mesh.fastest(found)
            if rate <= 1 + _UNSTABLE:
                return found
            found = self.settled(mesh, mesh.away(found, change, _NORMAL * self.scale))
        raise ValueError(
            f"amplitudes: expected values to begin with from which a minimum is found, got {self.start.tolist()}, from where {_TURNS} "
            "saddles follow one another"
        )

    def sorted(self, states: list[Sums]) -> list[Sums]:
        """By free energy, and one of those that agree in it."""
        zero = max(state.free for state in states)
        kept: list[Sums] = []
        for state in sorted(states, key=lambda state: state.free):
            apart = [abs(state.free - other.free) - _SAME * (zero - other.free) for other in kept]
            close = [np.abs(np.abs(state.x) - np.abs(other.x)).max() for other in kept]
            if all(
                a > 1e-12 * abs(zero) and c > self.tolerance * self.scale for a, c in zip(apart, close, strict=True)
            ):
                kept.append(state)
        return kept

    # -- the result --------------------------------------------------------------------------------------------------
    def result(
        self, mesh: FreeEnergy, shifted: FreeEnergy, states: list[Sums], before: list[Sums], change: float
    ) -> GapSolution:
        normal_states = mesh.normal_states(_OFFSETS[:, : self.model.dimension])
        zero = float(normal_states.mean())
        uncertain = 2 * float(np.abs(normal_states - zero).max()) + _ROUNDING * abs(zero)
        energies = [
            (state.free - zero, self._free_error(state, mesh, shifted, before)) if state.x.any() else (0.0, uncertain)
            for state in states
        ]
        factor, kinds = float(self.model.statistics.factor), [bool(state.x.any()) for state in states]
        pairs = [
            PairState(
                self._named(self._signed(state).x), factor * energy, factor * (error + uncertain) if paired else 0.0
            )
            for state, paired, (energy, error) in zip(states, kinds, energies, strict=True)
        ]
        rivals = energies[1:] + ([(0.0, uncertain)] if all(kinds) else [])
        found, size = self._signed(states[0]), mesh.size
        rate, direction = self._with_phases(found, size)
        rates = rate, self._with_phases(found, size, shifted=True)[0]
        Delta = np.tensordot(found.x, self.potentials.B[: len(found.x)], 1)
        made = np.tensordot(found.made, self.potentials.B[: len(found.x)], 1)
        return GapSolution(
            model=self.at(found.x), amplitudes=pairs[0].amplitudes, status=_status(rates, energies[0], rivals), curvature=1 - rate,
            falls_along=direction, others=tuple(pairs[1:]), residual=float(np.abs(made - Delta).max()),
            left_out=float(np.abs(self.potentials.V * found.pairs - made).max()), error=change, condensation=pairs[0].condensation,
            condensation_error=pairs[0].condensation_error, normal=not kinds[0], points=size**self.model.dimension, memory=self.memory.peak,
        )  # fmt: skip

    def _free_error(self, state: Sums, mesh: FreeEnergy, shifted: FreeEnergy, before: list[Sums]) -> float:
        """What the mesh before, a shifted one, and a last step change of the free energy of a state."""
        nearest = min(before, key=lambda other: float(np.abs(other.x - state.x).max()))
        step = abs(float(mesh.step(state) @ state.response @ (state.made - state.x)))
        return abs(state.free - nearest.free) + abs(state.free - shifted(state.x).free) + step

    def _signed(self, state: Sums) -> Sums:
        """Of x and -x, which are one state, that on the side of the first values."""
        towards = float(state.x @ self.start) or float(state.x[np.abs(state.x).argmax()])
        sign = -1.0 if towards < 0 else 1.0
        return replace(state, x=sign * state.x + 0.0, made=sign * state.made, pairs=sign * state.pairs)

    def _named(self, x: Array) -> dict[str, float]:
        return dict(zip(self.names, x.tolist(), strict=True))

    def _with_phases(self, found: Sums, size: int, *, shifted: bool = False) -> tuple[float, dict[str, complex]]:
        """The largest rate of a change of amplitudes and phases, and the change where it grows."""
        mesh, towards = self.mesh(size, phases=True, shifted=shifted), self.potentials.towards
        at = mesh(np.append(found.x, np.zeros(len(towards) - len(found.x))))
        rate, change = mesh.fastest(at)
        direction: dict[str, complex] = {}
        if rate > 1 + _UNSTABLE:
            for part, unit in zip(np.where(np.abs(change) > _SMALL, change, 0.0).tolist(), towards, strict=True):
                for name, factor in unit.items():
                    direction[name] = direction.get(name, 0) + part * factor
        return rate, direction


def _status(rates: Sequence[float], found: tuple[float, float], rivals: list[tuple[float, float]]) -> str:
    """By the largest rates of changes on two meshes, and by free energies with their errors."""
    if min(rates) > 1 + _UNSTABLE:
        return "saddle"
    above = [(energy - found[0], error + found[1]) for energy, error in rivals]
    if any(difference < -error for difference, error in above):
        return "metastable"
    if max(rates) > 1 + _UNSTABLE or any(difference <= error for difference, error in above):
        return "undecided"
    return "minimum"


def _even(size: int) -> int:
    return size + size % 2
