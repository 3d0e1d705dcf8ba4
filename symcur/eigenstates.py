"""A word read through the eigenstates of numeric matrices, for all bands and many k at once.

In the eigenbasis at each k, P_n is a mask and S_n^p an entrywise product with (e_n - e_m)^(-p). A trace is cut at its
first projector, Tr[P X] = sum over a in the multiplet of <a|X|a>, and the rows <a|X are built letter by letter; each
row carries the letters of its own band. A multiplet is found by a tolerance; the trace over it is shared equally among
its members, so that sums over bands are right.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symcur import quantities, words
from symcur.model import Model
from symcur.quantities import Quantity
from symcur.words import Word

DEGENERACY_TOLERANCE = 1e-9  # of the spread of the energies at k
_BLOCK = 4096  # k points treated at once
_BAND_LETTERS = (words.Projector, words.Resolvent, words.BandEnergy, words.Trace, words.Re, words.Im, words.Derivative)


def joined(energies: NDArray[np.float64], tolerance: float) -> NDArray[np.bool_]:
    """Whether each band belongs to one multiplet with the band below: closer than ``tolerance`` times the spread.

    energies (..., N) ascending. Below the rounding of the eigenvalues (a large constant in H) two cannot be told apart.
    """
    rounding = 8 * energies.shape[-1] * np.finfo(float).eps * np.abs(energies).max(axis=-1, keepdims=True)
    closest = np.maximum(tolerance * (energies[..., -1:] - energies[..., :1]), rounding)
    result = np.diff(energies, axis=-1, prepend=energies[..., :1]) <= closest
    result[..., 0] = False
    return np.asarray(result)


class DegeneracyWarning(UserWarning):
    """Bands were merged at a k where they touch, although they are not degenerate everywhere."""


class Eigenstates:
    """The eigenstates of a model at points k, and the values of words there.

    ``energies`` has shape (..., N), ascending; ``members`` (..., N, N) tells which bands form a multiplet.
    """

    def __init__(self, model: Model, k: ArrayLike, tolerance: float = DEGENERACY_TOLERANCE, **parameters: Any) -> None:
        if not (np.isfinite(tolerance) and tolerance >= 0):
            raise ValueError(f"tolerance: {tolerance!r} came; a finite number >= 0 is valid")
        self.model, self.parameters = model, parameters
        self.k = model.points(k)
        energies, self.vectors = np.linalg.eigh(model.matrix("H", self.k, **parameters))
        label = np.cumsum(~joined(energies, tolerance), axis=-1)
        self.members = (label[..., :, None] == label[..., None, :]).astype(float)
        self.rank = self.members.sum(axis=-1)
        self.energies: NDArray[np.float64] = (self.members @ energies[..., None])[..., 0] / self.rank
        gaps = self.energies[..., :, None] - self.energies[..., None, :]
        with np.errstate(divide="ignore"):
            self._inverse_gaps = np.where(self.members > 0, 0.0, 1 / gaps)
        self._matrices: dict[Word, NDArray[Any]] = {}
        self._rows: dict[tuple[Word, ...], NDArray[Any]] = {}

    # -- letters -----------------------------------------------------------------------------------------------------
    def operator(self, word: Word) -> NDArray[Any]:
        """An operator without band letters (v_i, s, tau, J_i, ...) in the eigenbasis, (..., N, N)."""
        if word not in self._matrices:
            match word:
                case words.Operator("H", ()):
                    value: NDArray[Any] = self.energies[..., None] * np.eye(self.model.size)
                case words.Operator(name, axes):
                    matrix = self.model.matrix(name, self.k, _integers(axes), **self.parameters)
                    value = self.vectors.conj().swapaxes(-1, -2) @ matrix @ self.vectors
                case words.Named(_, definition):
                    value = self.operator(definition)
                case words.Sum(terms):
                    value = sum((self.operator(term) for term in terms[1:]), self.operator(terms[0]))
                case words.Product(factors):
                    value = self.operator(factors[0])
                    for factor in factors[1:]:
                        value = value @ self.operator(factor)
                case words.Number(number):
                    value = complex(number.x, number.y) * np.eye(self.model.size)
                case _:
                    raise TypeError(f"operator: {type(word).__name__} came; a word without band letters is valid")
            self._matrices[word] = value
        return self._matrices[word]

    def scalar(self, word: Word) -> NDArray[Any]:
        """A scalar word for every band, shape (..., N): numbers, band energies, traces, Re, Im, sums and products."""
        match word:
            case words.Number(number):
                return np.asarray(complex(number.x, number.y))
            case words.BandEnergy(_, ()):
                return self.energies
            case words.BandEnergy(_, axes):
                first = words.Trace(words.P * words.v(axes[0]))
                for axis in axes[1:]:
                    first = words.derivative(first, axis)  # type: ignore[assignment]
                return np.asarray(self.scalar(first).real / self.rank)
            case words.Sum(terms):
                return np.asarray(sum(self.scalar(term) for term in terms))
            case words.Product(factors):
                return np.asarray(np.prod(np.broadcast_arrays(*(self.scalar(f) for f in factors)), axis=0))
            case words.Re(operand):
                return np.asarray(self.scalar(operand).real)
            case words.Im(operand):
                return np.asarray(self.scalar(operand).imag)
            case words.Named(_, definition):
                return self.scalar(definition)
            case words.Derivative(axis, operand):
                return self.scalar(words.derivative(operand, axis))
            case words.Trace(operand):
                return self._trace(operand)
        raise TypeError(f"word: {type(word).__name__} is not a scalar that eigenstates can read")

    # -- rows --------------------------------------------------------------------------------------------------------
    def _trace(self, operand: Word) -> NDArray[Any]:
        total: Any = 0.0
        for factors in distributed(operand):
            start = next(j for j, factor in enumerate(factors) if isinstance(factor, words.Projector))
            rest = (*factors[start + 1 :], *factors[:start])
            diagonal = np.diagonal(self.rows(rest), axis1=-2, axis2=-1)
            total = total + (self.members @ diagonal[..., None])[..., 0]
        return np.asarray(total)

    def rows(self, factors: tuple[Word, ...]) -> NDArray[Any]:
        """Row a holds <a| f_1 f_2 ... with the letters of the band a, shape (..., N, N)."""
        if factors not in self._rows:
            if not factors:
                identity = np.eye(self.model.size, dtype=complex)
                self._rows[factors] = np.broadcast_to(identity, (*self.k.shape[:-1], *identity.shape))
            else:
                self._rows[factors] = self._act(self.rows(factors[:-1]), factors[-1])
        return self._rows[factors]

    def _act(self, rows: NDArray[Any], word: Word) -> NDArray[Any]:
        match word:
            case words.Projector():
                return np.asarray(rows * self.members)
            case words.Resolvent(_, power):
                return np.asarray(rows * self._inverse_gaps**power)
            case words.Number() | words.BandEnergy() | words.Trace() | words.Re() | words.Im():
                return np.asarray(rows * self.scalar(word)[..., None])
            case words.Derivative(axis, operand):
                return self._act(rows, words.derivative(operand, axis))
            case _ if not has_band_letters(word):
                return np.asarray(rows @ self.operator(word))
            case words.Named(_, definition):
                return self._act(rows, definition)
            case words.Sum(terms):
                return np.asarray(sum(self._act(rows, term) for term in terms))
            case words.Product(factors):
                for factor in factors:
                    rows = self._act(rows, factor)
                return rows
        raise TypeError(f"word: {type(word).__name__} is not an operator that eigenstates can read")


def _integers(axes: tuple[words.Axis, ...]) -> tuple[int, ...]:
    if not all(isinstance(axis, int) for axis in axes):
        raise ValueError(f"word: the free axes {axes} came; numbers need integer axes, 0 for x")
    return tuple(int(axis) for axis in axes)


def has_band_letters(word: Word) -> bool:
    match word:
        case words.Sum(parts) | words.Product(parts):
            return any(map(has_band_letters, parts))
        case words.Named(_, definition):
            return has_band_letters(definition)
    return isinstance(word, _BAND_LETTERS)


def distributed(word: Word) -> Iterator[tuple[Word, ...]]:
    """The operand of a trace as products with a projector among their own factors."""
    match word:
        case words.Projector():
            yield (word,)
        case words.Sum(terms):
            for term in terms:
                yield from distributed(term)
        case words.Named(_, definition):
            yield from distributed(definition)
        case words.Derivative(axis, operand):
            yield from distributed(words.derivative(operand, axis))
        case words.Product(factors) if any(isinstance(factor, words.Projector) for factor in factors):
            yield factors
        case words.Product(factors):
            place = next((j for j, factor in enumerate(factors) if _closes(factor)), None)
            if place is None:
                raise ValueError("Trace: without a projector it belongs to no band")
            for inner in distributed(factors[place]):
                yield (*factors[:place], *inner, *factors[place + 1 :])
        case _:
            raise ValueError("Trace: without a projector it belongs to no band")


def _closes(word: Word) -> bool:
    """Whether every term of an operator contains a projector: P + S d_iP does, 1 - P does not."""
    match word:
        case words.Projector():
            return True
        case words.Sum(terms):
            return all(map(_closes, terms))
        case words.Product(factors):
            return any(map(_closes, factors))
        case words.Named(_, definition):
            return _closes(definition)
        case words.Derivative(axis, operand):
            return _closes(words.derivative(operand, axis))
    return False


def evaluate(
    model: Model,
    quantity: str | Quantity | Word,
    k: ArrayLike,
    tolerance: float = DEGENERACY_TOLERANCE,
    **parameters: Any,
) -> NDArray[Any]:
    """A quantity (or any scalar word with integer axes) through the eigenstates of H(k).

    k has shape (..., D), Cartesian; the result (..., band, components in the paper's index order), bands by ascending
    energy. Bands closer than ``tolerance`` times the spread of the energies at k form a multiplet; each of its r
    members carries the trace divided by r. Bands that merge only at isolated k are reported by a DegeneracyWarning.
    ``interband_torque_dipole`` gives <m|D^i|n> as (..., i, m, n), in the arbitrary phases of the eigenvectors.
    Units: hbar = e = k_B = 1. Raises ValueError or TypeError naming the argument for invalid input.
    """
    points = model.points(k)
    flat = points.reshape(-1, model.dimension)
    results, distinct = [], []
    for start in range(0, max(len(flat), 1), _BLOCK):
        states = Eigenstates(model, flat[start : start + _BLOCK], tolerance, **parameters)
        results.append(_components(states, quantity))
        distinct.append((1 / states.rank).sum(axis=-1))
    result = np.concatenate(results)
    elsewhere = Eigenstates(model, generic_momenta(model), tolerance, **parameters)
    report_touchings(flat, np.concatenate(distinct), float((1 / elsewhere.rank).sum(axis=-1).max()))
    return result.reshape(*points.shape[:-1], *result.shape[1:])


def _components(states: Eigenstates, quantity: str | Quantity | Word) -> NDArray[Any]:
    N, D = states.model.size, states.model.dimension
    shape = (len(states.k), N)
    if isinstance(quantity, Word):
        return np.array(np.broadcast_to(states.scalar(quantity) / states.rank, shape))
    quantity = quantities.get(quantity)
    components = [quantity.word(*axes) for axes in quantity.components(D)]
    if quantity.operator:
        rows = [states.rows((words.adjoint(component),)) for component in components]
        return np.stack([row.conj().swapaxes(-1, -2) for row in rows], axis=1)
    values = [np.broadcast_to((states.scalar(c) / states.rank).real, shape) for c in components]
    return np.stack(values, axis=-1).reshape(*shape, *(D,) * len(quantity.indices))


def generic_momenta(model: Model) -> NDArray[np.float64]:
    """Two momenta without symmetry, where only bands that are degenerate everywhere coincide."""
    return np.random.default_rng(17).uniform(0.2, 1.3, size=(2, model.dimension))


def report_touchings(k: NDArray[np.float64], distinct: NDArray[np.float64], elsewhere: float) -> None:
    """Fewer distinct energies at some k than at others: bands touch there and were merged."""
    fewer = np.flatnonzero(distinct < max(distinct.max(initial=0.0), elsewhere) - 0.5)
    if len(fewer):
        warnings.warn(
            f"bands were merged at {len(fewer)} of {len(k)} points, first at k = {k[fewer[0]].tolist()}, where they "
            "touch; formulas for separate bands do not hold at such a point",
            DegeneracyWarning,
            stacklevel=3,
        )
