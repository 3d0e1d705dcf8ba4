"""The variational free energy of pair potentials on a mesh of the zone, and the way down to where it is stationary.

G(x) is the sum of g over the states at amplitudes x of the pair potential, p = dG/dx, Q = -d^2 G/dx^2 >= 0, and x.M.x what the
interaction costs. Among the states of H(x) the expectation value of the whole Hamiltonian, less T S, is F = G - p.x - p.M^-1.p/4, with
dF/dx = Q (x - x'), x' = -M^-1.p/2 the amplitudes that the pairs make. At a solution x = x', and the second derivative is
Q (1 - J), J = M^-1.Q/2: F has a minimum where all eigenvalues of J, the rates at which amplitudes grow, are below 1, also for
interactions of either sign. Steps are those of Newton with |1 - J|, along which F falls everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from symcur.arrays import Array, ComplexArray
from symcur.band_structures.arithmetic import phase_factors
from symcur.brillouin.memory import SIZE, Memory
from symcur.brillouin.occupation import occupation
from symcur.superconductors.nambu import Superconductor
from symcur.superconductors.pair_potentials import PairPotentials

_CHUNK = 1 << 13  # momenta at a time
_MATRICES, _PER_AMPLITUDE = 8, 16  # complex, of electrons and holes, at a time; N x N of an amplitude besides
_STEPS = 80
_SHORTEST = 1e-7  # part of a step
_FLAT = 1e-6  # |1 - J| that counts as 0
_ROUNDING = 1e-13  # of the energies
_CLOSE = 1e-5  # energies, in units of T


@dataclass(frozen=True)
class Sums:
    """At amplitudes x: F, the amplitudes that pairs make, Q and <c_{R b} c_{0 a}>, shape (R, a, b)."""

    x: Array
    free: float
    made: Array
    response: Array
    pairs: ComplexArray

    @property
    def residual(self) -> float:
        return float(np.abs(self.made - self.x).max())


class FreeEnergy:
    """Sums over a mesh with ``size`` points along each axis, at amplitudes of the model's parameters, or of these and their phases."""

    def __init__(
        self,
        model: Superconductor,
        potentials: PairPotentials,
        temperature: float,
        size: int,
        *,
        phases: bool = False,
        shifted: bool = False,
        memory: Memory | None = None,
    ) -> None:
        names = potentials.names
        self.normal = model.with_values(dict.fromkeys(names, 0.0))
        self.n, self.temperature, self.size = model.size // 2, temperature, size
        count = len(potentials.B) if phases else len(names)
        self.potentials, self.B, self.steps = potentials, potentials.B[:count], potentials.steps
        self.M = potentials.coupling[:count, :count]
        self.bound = potentials.largest[:count]
        self.cell = model.lattice_cell("a sum over its zone")
        # k and -k hold the same states where Nambu space counts them twice.
        self.halved = model.statistics.factor != 1 and not shifted
        self.offset, points = 0.0 if shifted else 0.5, size**model.dimension
        self.count = points // 2 if self.halved else points
        self.memory = Memory() if memory is None else memory

    def _blocks(self, offset: Array | float, count: int) -> Iterator[Array]:
        """The first so many momenta of a mesh, as many at a time as fit with matrices, those of each amplitude, and phases of the bonds."""
        n, J, R = self.n, len(self.B), len(self.steps)
        numbers = (4 * _MATRICES + 2 * J + 2 * R + _PER_AMPLITUDE * J) * n**2
        most = self.memory.fit(2 * SIZE * numbers, min(_CHUNK, count), "one momentum")
        for start in range(0, count, most):
            yield self.cell.momenta_between(self.size, offset, start, min(start + most, count))

    def _chunks(self) -> Iterator[tuple[ComplexArray, ComplexArray, ComplexArray]]:
        """Of some momenta: H of the normal state, exp(i k.(R + r_b - r_a)), and the pair potentials (J, k, a, b)."""
        for k in self._blocks(self.offset, self.count):
            phases = phase_factors(np.einsum("kd,rabd->krab", k, self.steps))
            yield self.normal.matrix("H", k), phases, np.einsum("jrab,krab->jkab", self.B, phases)

    def __call__(self, x: Array) -> Sums:
        n, T, J = self.n, self.temperature, len(self.B)
        states, response = 0.0, np.zeros((J, J))
        pairs: ComplexArray = np.zeros(self.steps.shape[:-1], dtype=complex)
        for H, phases, W in self._chunks():
            Delta = np.tensordot(x, W, 1)
            H[:, :n, n:], H[:, n:, :n] = Delta, Delta.conj().swapaxes(-1, -2)
            e, vectors = np.linalg.eigh(H)
            u, v = vectors[:, :n], vectors[:, n:]
            f = occupation("f", e, 0.0, T)
            states += float(occupation("g", e, 0.0, T).sum() - e.sum() / 2)
            anomalous = (u * f[:, None, :]) @ v.conj().swapaxes(-1, -2)
            pairs += np.einsum("kab,krab->rab", anomalous, phases.conj())
            if self.halved:
                pairs -= np.einsum("kba,krab->rab", anomalous, phases)
            w = u.conj().swapaxes(-1, -2) @ W @ v
            w = (w + w.conj().swapaxes(-1, -2)) * np.sqrt(_slopes(e, f, T))
            rows = np.concatenate([w.real.reshape(J, -1), w.imag.reshape(J, -1)], axis=1)
            response += rows @ rows.T
        states, response, pairs = states / self.count, response / self.count, pairs / self.count
        pairs = pairs / 2 if self.halved else pairs
        slope = 2 * np.einsum("jrab,rab->j", self.B.conj(), pairs).real
        made = np.linalg.solve(self.M, -slope / 2)
        return Sums(x, states - float(slope @ x) + float(slope @ made) / 2, made, response, pairs)

    def _turned(self, x: Array) -> Array | None:
        """The direction in which the phase of all pairs turns, which costs nothing; None where the amplitudes do not describe it."""
        missing, J = len(self.potentials.B) - len(x), len(x)
        turned = self.potentials.turned(np.append(x, np.zeros(missing)))
        size = float(np.abs(turned).max())
        return turned[:J] if size > 0 and np.abs(turned[J:]).max(initial=0.0) <= _CLOSE * size else None

    def _rates(self, at: Sums) -> tuple[Array, Array]:
        """The eigenvalues of J, ascending, and its eigenvectors as columns, V.Q.V = 1, but for the phase of all pairs."""
        from scipy.linalg import eigh, null_space

        Q = at.response + np.finfo(float).eps * np.trace(at.response) * np.eye(len(at.response))
        turned = self._turned(at.x)
        basis = np.eye(len(Q)) if turned is None else null_space((Q @ turned)[None])
        product = Q @ np.linalg.solve(self.M, Q) / 2
        if not basis.shape[1]:
            return np.zeros(0), basis
        product, metric = (basis.T @ (X + X.T) @ basis / 2 for X in (product, Q))
        rates, vectors = eigh(product, metric)
        return rates, basis @ vectors

    def fastest(self, at: Sums) -> tuple[float, Array]:
        """The largest rate at which a change of the amplitudes grows, and the change with the largest component 1."""
        rates, vectors = self._rates(at)
        if not len(rates):
            return -np.inf, np.zeros(len(at.x))
        change = vectors[:, -1]
        return float(rates[-1]), change / change[np.abs(change).argmax()]

    def step(self, at: Sums) -> Array:
        """That of Newton, downhill in every direction."""
        rates, V = self._rates(at)
        bent = np.abs(1 - rates)
        return np.asarray(V @ ((V.T @ at.response @ (at.made - at.x)) / np.where(bent > _FLAT, bent, 1.0)))

    def down(self, x: Array, within: float) -> Sums:
        """Where F is stationary, downhill from x. Raises ValueError where steps do not become shorter than ``within``."""
        here = self(x)
        for _ in range(_STEPS):
            step = self.step(here)
            longest = float(np.abs(step).max())
            if longest <= within or here.residual <= _ROUNDING * float(self.bound.max()):
                return here
            step *= min(1.0, float(self.bound.max()) / longest)
            slope = float(step @ here.response @ (here.made - here.x))
            part = 1.0
            while not self._lower(there := self(here.x + part * step), here, part * slope):
                part /= 2
                if part < _SHORTEST:
                    raise ValueError(
                        f"interaction: expected a gap equation that converges, got one whose residual stays at {here.residual:.1e} at the "
                        f"amplitudes {here.x.tolist()} on {self.size} points per axis"
                    )
            here = there
        raise ValueError(
            f"interaction: expected a gap equation that converges, got one whose residual is {here.residual:.1e} after {_STEPS} steps, at "
            f"the amplitudes {here.x.tolist()} on {self.size} points per axis"
        )

    def _lower(self, there: Sums, here: Sums, expected: float) -> bool:
        if expected > _ROUNDING * (1 + abs(here.free)):
            return there.free <= here.free - 1e-4 * expected
        return there.residual < here.residual

    def away(self, at: Sums, change: Array, small: float) -> Array:
        """Amplitudes along a change that grows, twice as far as it does."""
        force = at.response @ change
        while (there := self(at.x + small * change)) and float(force @ (there.made - there.x)) > 0:
            small *= 2  # comes to an end, as pairs are bounded
        return there.x

    def normal_states(self, offsets: Array) -> Array:
        """G of the normal state on meshes with these offsets, (number, D)."""
        found = []
        for offset in offsets:
            total, points = 0.0, self.size**self.cell.dimension
            for k in self._blocks(offset, points):
                H, n = self.normal.matrix("H", k), self.n
                for block in (H[:, :n, :n], H[:, n:, n:]):
                    e = np.asarray(np.linalg.eigvalsh(block), dtype=float)
                    total += float(occupation("g", e, 0.0, self.temperature).sum() - e.sum() / 2)
            found.append(total / points)
        return np.array(found)


def _slopes(e: Array, f: Array, temperature: float) -> Array:
    """-(f_m - f_n)/(e_m - e_n) >= 0, shape (k, states, states)."""
    apart = e[:, :, None] - e[:, None, :]
    close = np.abs(apart) <= _CLOSE * temperature
    ratio = -(f[:, :, None] - f[:, None, :]) / np.where(close, 1.0, apart)
    middle = (e[:, :, None] + e[:, None, :]) / 2
    return np.maximum(np.where(close, occupation("-df/de", middle, 0.0, temperature), ratio), 0.0)
