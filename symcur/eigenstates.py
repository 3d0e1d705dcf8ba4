"""An expression read through the eigenstates of numeric matrices, for all bands and many k at once.

In the eigenbasis at each k, P_n is a mask and S_n^p an entrywise product with (e_n - e_m)^(-p). A trace is cut at its
first projector, Tr[P X] = sum over a in the multiplet of <a|X|a>, and the rows <a|X are built letter by letter; each
row carries the letters of its own band. A multiplet is found by a tolerance; the trace over it is shared equally among
its members, so that sums over bands are right.
"""

from __future__ import annotations

import itertools
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from functools import cache, reduce
from operator import add, matmul, mul
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur import expressions as ex
from symcur import quantities
from symcur.arrays import AnyArray, Array, ComplexArray, ObjectArray
from symcur.band_structures import BandStructure, Parameters
from symcur.band_structures.levels import Closeness, Window, amplification, closer_than_told_apart, follows
from symcur.expressions import Expression, Interpreter, Matrix
from symcur.expressions.splitting import has_field, without_field
from symcur.quantities import Quantity

_BLOCK = 4096  # k points treated at once
_BAND_LETTERS = (ex.Projector, ex.Resolvent, ex.BandEnergy, ex.Trace, ex.Re, ex.Im, ex.Derivative, ex.Filled)
Components = ObjectArray  # of scalar expressions, one for each choice of the Cartesian axes


class DegeneracyWarning(UserWarning):
    """Bands were merged at a k where they touch, although they are not degenerate everywhere."""


# -- expressions in an eigenbasis --------------------------------------------------------------------------------------
class Eigenbasis(ABC):
    """Reads expressions of all bands in an eigenbasis, given its energies and which bands form a multiplet.

    ``energies`` and ``rank`` have the shape (..., N), ``members`` (..., N, N) tells which bands form a multiplet and
    ``inverse_gaps`` is 1/(e_n - e_m) between multiplets, 0 within. Entries are numbers or the nodes of a program.
    """

    def __init__(self, energies: Any, members: Any, rank: Any, inverse_gaps: Any, identity: Any) -> None:
        self.energies, self.members, self.rank, self.inverse_gaps = energies, members, rank, inverse_gaps
        self.identity = identity
        self._apart = bool((rank == 1).all())
        self._powers: dict[int, Any] = {}
        self._operators: dict[Expression, Any] = {}
        self._rows: dict[tuple[Expression, ...], Any] = {(): identity}

    @abstractmethod
    def number(self, value: Any) -> Any:
        """An element of QQ_I."""

    @abstractmethod
    def elements(self, name: str, axes: tuple[ex.Axis, ...]) -> Any:
        """The matrix elements of s or of a derivative of H, (..., N, N)."""

    @abstractmethod
    def part(self, values: Any, which: str) -> Any:
        """The "real" or "imag" part."""

    def operator(self, expression: Expression) -> Any:
        """An operator without band letters (v_i, s, tau, J_i, ...) in the eigenbasis, (..., N, N)."""
        if expression not in self._operators:
            self._operators[expression] = self._operator(expression)
        return self._operators[expression]

    def _operator(self, expression: Expression) -> Any:
        match expression:
            case ex.Operator("H", ()):
                return self.energies[..., None] * self.identity
            case ex.Operator(name, axes):
                return self.elements(name, axes)
            case ex.Named(_, definition):
                return self.operator(definition)
            case ex.Sum(terms):
                return reduce(add, map(self.operator, terms))
            case ex.Product(factors):
                return reduce(matmul, map(self.operator, factors))
            case ex.Number(value):
                return self.number(value) * self.identity
        raise TypeError(f"expression: expected an operator without band letters, got {type(expression).__name__}")

    def scalar(self, expression: Expression) -> Any:
        """A scalar expression for every band, shape (..., N): numbers, band energies, traces, Re, Im, sums and products."""
        match self._without_field(expression):
            case ex.Number(value):
                return np.asarray(self.number(value))
            case ex.BandEnergy(_, ()):
                return self.energies
            case ex.BandEnergy(_, axes):
                return self.part(self.scalar(ex.band_energy_derivative(axes)), "real") / self.rank
            case ex.Sum(terms):
                return reduce(add, map(self.scalar, terms))
            case ex.Product(factors):
                return reduce(mul, map(self.scalar, factors))
            case ex.Re(operand):
                return self.part(self.scalar(operand), "real")
            case ex.Im(operand):
                return self.part(self.scalar(operand), "imag")
            case ex.Named(_, definition):
                return self.scalar(definition)
            case ex.Derivative(axis, operand):
                return self.scalar(ex.derivative(operand, axis))
            case ex.Trace(operand):
                return reduce(add, map(self._trace, distributed(operand)))
            case ex.Filled(operand):
                return (self.members @ self._filled(operand)[..., None])[..., 0]
        raise TypeError(f"expression: expected a scalar that eigenstates can read, got {type(expression).__name__}")

    def _without_field(self, expression: Expression) -> Expression:
        """With the derivatives by h taken that stand in a trace or in front; where there are multiplets, as for those."""
        if not isinstance(expression, ex.Trace | ex.Derivative) or not has_field(expression):
            return expression
        return without_field(expression, bool((self.rank > 1).any()))

    def value(self, expression: Expression) -> Any:
        """A scalar expression with the trace over a multiplet shared among its members, shape (..., N)."""
        return np.broadcast_to(self.scalar(expression) / self.rank, self.rank.shape)

    def values(self, components: Components) -> Any:
        """The same for the components of a quantity, shape (..., N, components...)."""
        values = [self.value(expression) for expression in components.flat]
        return np.stack(values, axis=-1).reshape(*self.rank.shape, *components.shape)

    def _filled(self, operand: Expression) -> Any:
        """The operand for the bands up to n less that for the bands below n, shape (..., N)."""
        N = self.identity.shape[-1]
        below = [FilledBands(self, count).read(operand) for count in range(N + 1)]
        return np.stack(np.broadcast_arrays(*(b - a for a, b in itertools.pairwise(below))), axis=-1)

    def _trace(self, factors: tuple[Expression, ...]) -> Any:
        start = next(j for j, factor in enumerate(factors) if isinstance(factor, ex.Projector))
        diagonal = self._diagonal((*factors[start + 1 :], *factors[:start]))
        return diagonal if self._apart else (self.members @ diagonal[..., None])[..., 0]

    def _diagonal(self, factors: tuple[Expression, ...]) -> Any:
        """<a| f_1 f_2 ... |a>; the last operator closes the circle, and gaps next to it come last."""
        match factors:
            case (*before, ex.Resolvent(_, power), last) if not has_band_letters(last):
                return self._closed(self.rows(tuple(before)), self.operator(last), self._gaps(power))
            case (*before, last) if before and not has_band_letters(last):
                return self._closed(self.rows(tuple(before)), self.operator(last))
        return np.diagonal(self.rows(factors), axis1=-2, axis2=-1)

    def _closed(self, rows: Any, X: Any, *factors: Any) -> Any:
        """sum_b rows_ab X_ba, with entrywise factors."""
        return reduce(mul, factors, rows * X.mT).sum(axis=-1)

    def _gaps(self, power: int) -> Any:
        if power not in self._powers:
            self._powers[power] = self.inverse_gaps**power
        return self._powers[power]

    def rows(self, factors: tuple[Expression, ...]) -> Any:
        """Row a holds <a| f_1 f_2 ... with the letters of the band a, shape (..., N, N)."""
        if factors not in self._rows:
            self._rows[factors] = self._act(self.rows(factors[:-1]), factors[-1])
        return self._rows[factors]

    def _act(self, rows: Any, expression: Expression) -> Any:
        match expression := self._without_field(expression):
            case ex.Projector():
                return rows * self.members
            case ex.Resolvent(_, power):
                return rows * self._gaps(power)
            case ex.Number() | ex.BandEnergy() | ex.Trace() | ex.Re() | ex.Im():
                return rows * self.scalar(expression)[..., None]
            case ex.Derivative(axis, operand):
                return self._act(rows, ex.derivative(operand, axis))
            case _ if not has_band_letters(expression):
                return self.operator(expression) if rows is self.identity else rows @ self.operator(expression)
            case ex.Named(_, definition):
                return self._act(rows, definition)
            case ex.Sum(terms):
                return reduce(add, (self._act(rows, term) for term in terms))
            case ex.Product(factors):
                return reduce(self._act, factors, rows)
        raise TypeError(f"expression: expected an operator that eigenstates can read, got {type(expression).__name__}")


class FilledBands(Interpreter):
    """Reads a trace with P the projector onto the lowest ``count`` bands of an eigenbasis.

    d_iP mixes filled with empty states, v_ab/(e_a - e_b) with a filled and b empty and its adjoint, whatever the gaps between
    filled states.
    """

    def __init__(self, basis: Eigenbasis, count: int) -> None:
        super().__init__()
        self.basis, self.filled_states = basis, np.arange(basis.identity.shape[-1]) < count

    def number(self, value: Any) -> Any:
        return self.basis.number(value)

    def operator(self, name: str, axes: tuple[ex.Axis, ...]) -> Matrix:
        return Matrix(self.basis.operator(ex.Operator(name, axes)))

    def projector(self, band: str) -> Matrix:
        return Matrix(self.basis.identity * self.filled_states.astype(int))

    def derivative(self, axis: ex.Axis, operand: Expression) -> Matrix:
        if operand != ex.P:
            raise TypeError(f"expression: expected derivatives of P alone in sums over filled bands, got d{operand}")
        filled = self.filled_states.astype(int)
        mixing = filled[:, None] - filled  # 1 from filled to empty, -1 back
        return Matrix(self.basis.operator(ex.v(axis)) * self.basis.inverse_gaps * mixing)

    def trace(self, value: Matrix) -> Any:
        return value.trace()

    def resolvent(self, band: str, power: int) -> Any:
        raise TypeError("expression: expected no resolvents in sums over filled bands, which belong to one band")

    def band_energy(self, band: str, axes: tuple[ex.Axis, ...]) -> Any:
        raise TypeError("expression: expected no band energies in sums over filled bands, which belong to one band")

    def real(self, operand: Expression) -> Any:
        return self.basis.part(self.read(operand), "real")

    def imag(self, operand: Expression) -> Any:
        return self.basis.part(self.read(operand), "imag")


@cache
def has_band_letters(expression: Expression) -> bool:
    """Whether anything in an expression belongs to a band."""
    return any(isinstance(node, _BAND_LETTERS) for node in ex.walk(expression))


def distributed(expression: Expression) -> Iterator[tuple[Expression, ...]]:
    """The operand of a trace as products with a projector among their own factors."""
    match expression:
        case ex.Projector():
            yield (expression,)
        case ex.Sum(terms):
            for term in terms:
                yield from distributed(term)
        case ex.Named(_, definition):
            yield from distributed(definition)
        case ex.Derivative(axis, operand):
            yield from distributed(ex.derivative(operand, axis))
        case ex.Product(factors) if any(isinstance(factor, ex.Projector) for factor in factors):
            yield factors
        case ex.Product(factors) if any(map(_closes, factors)):
            place = next(j for j, factor in enumerate(factors) if _closes(factor))
            for inner in distributed(factors[place]):
                yield (*factors[:place], *inner, *factors[place + 1 :])
        case _:
            raise ValueError("Trace: expected a projector in every term, got a term without, which belongs to no band")


def _closes(expression: Expression) -> bool:
    """Whether every term of an operator contains a projector: P + S d_iP does, 1 - P does not."""
    return ex.fold(expression, _CLOSING, lambda node, *parts: False)


_CLOSING: dict[type[Expression], Callable[..., bool]] = {
    ex.Projector: lambda node: True,
    ex.Sum: lambda node, *terms: all(terms),
    ex.Product: lambda node, *factors: any(factors),
    ex.Named: lambda node, definition: definition,
    ex.Derivative: lambda node, operand: _closes(ex.derivative(node.operand, node.axis)),
}


# -- eigenstates of a band structure -----------------------------------------------------------------------------------
class Eigenstates(Eigenbasis):
    """The eigenstates of a band structure at points k, and the values of expressions there.

    ``left`` X ``vectors``, both (..., N, N), are the elements of X, see ``BandStructure.eigenstates``: the eigenvectors are columns,
    by ascending energy, for bosons para-unitary, with H and s read as g H and g s. ``amplification`` (...) is by what rounding errors exceed
    those of H: |H|/gap times the mean square of the vectors, 1 for electrons. ``solved`` is ``model.eigenstates(k)`` where it is known.
    """

    def __init__(self, model: BandStructure, k: ArrayLike, tolerance: Closeness = None, solved: Any = None) -> None:
        self.model, self.k = model, model.points(k)
        found: tuple[Array, ComplexArray, ComplexArray] = solved or model.eigenstates(self.k)
        energies, self.left, self.vectors = found
        joined = follows(model, energies, tolerance)
        size = (np.abs(self.vectors) ** 2).sum(axis=(-1, -2)) / model.size
        self.amplification: Array = amplification(energies, joined) * size
        if model.bosons is not None:
            model.bosons.require_separate_norms(energies, joined, self.k)
        label = np.cumsum(~joined, axis=-1)
        members = (label[..., :, None] == label[..., None, :]).astype(float)
        rank = members.sum(axis=-1)
        means: Array = (members @ energies[..., None])[..., 0] / rank
        gaps = means[..., :, None] - means[..., None, :]
        with np.errstate(divide="ignore"):
            inverse_gaps = np.where(members > 0, 0.0, 1 / gaps)
        super().__init__(means, members, rank, inverse_gaps, np.eye(model.size, dtype=complex))

    def number(self, value: Any) -> complex:
        return complex(value.x, value.y)

    def elements(self, name: str, axes: tuple[ex.Axis, ...]) -> ComplexArray:
        numbers = [axis for axis in axes if isinstance(axis, int)]
        if len(numbers) < len(axes):
            raise ValueError(f"expression: expected integer axes, 0 for x, where numbers are asked for, got {axes}")
        matrix = self.model.matrix(name, self.k, numbers)
        return np.asarray(self.left @ matrix @ self.vectors)

    def part(self, values: Any, which: str) -> Any:
        return np.asarray(getattr(values, which))

    def _closed(self, rows: Any, X: Any, *factors: Any) -> Any:
        return np.einsum(",".join(["...ab", "...ba", *["...ab"] * len(factors)]) + "->...a", rows, X, *factors)

    @property
    def distinct(self) -> Array:
        """The number of distinct energies at each point."""
        return np.asarray((1 / self.rank).sum(axis=-1))


def values_at(
    model: BandStructure, components: Mapping[str, Components], k: Array, tolerance: Closeness
) -> tuple[dict[str, AnyArray], Array, Array]:
    """{name: (M, N, components...)} at k of shape (M, D); the number of distinct energies and the amplification at each point."""
    blocks = [
        ({name: states.values(array) for name, array in components.items()}, states.distinct, states.amplification)
        for states in _in_blocks(model, k, tolerance)
    ]
    values = {name: np.concatenate([block[0][name] for block in blocks]) for name in components}
    distinct, amplified = (np.concatenate([block[j] for block in blocks]) for j in (1, 2))
    return values, distinct, amplified


def _in_blocks(model: BandStructure, k: Array, tolerance: Closeness) -> Iterator[Eigenstates]:
    for start in range(0, max(len(k), 1), _BLOCK):
        yield Eigenstates(model, k[start : start + _BLOCK], tolerance)


def evaluate(
    model: BandStructure,
    quantity: str | Quantity | Expression,
    k: ArrayLike,
    tolerance: Closeness = None,
    *,
    parameters: Parameters = None,
) -> AnyArray:
    """A quantity (or any scalar expression with integer axes) through the eigenstates of H(k).

    k has shape (..., D), Cartesian; the result (..., band, components in the paper's index order), bands by ascending
    energy. Bands closer than ``tolerance`` times the spread of the energies at k, or than a ``Window`` in units of energy,
    form a multiplet; each of its r members carries the trace divided by r. By default (None) that is 1e-9, or 1e-12 where the
    bands are known to be distinct at a generic k for these parameters. Bands that merge only at isolated k are reported by a DegeneracyWarning.
    ``interband_torque_dipole`` gives <m|D^i|n> as (..., i, m, n), in the arbitrary phases of the eigenvectors.
    ``parameters`` maps names or symbols to values other than the model's. Units: hbar = e = k_B = 1. Raises ValueError or
    TypeError naming the argument for invalid input.
    """
    model = model.with_values(parameters)
    points = model.points(k)
    flat = points.reshape(-1, model.dimension)
    if not isinstance(quantity, Expression):
        quantity = quantities.get(quantity)
    if isinstance(quantity, Quantity) and quantity.operator:
        result, distinct = _operator_elements(model, quantity, flat, tolerance)
    else:
        components = quantities.components(quantity, model.dimension)
        values, distinct, _ = values_at(model, {"": components}, flat, tolerance)
        result = values[""] if isinstance(quantity, Expression) else values[""].real
    report_touchings(model, flat, distinct, tolerance)
    return result.reshape(*points.shape[:-1], *result.shape[1:])


def _operator_elements(
    model: BandStructure, quantity: Quantity, k: Array, tolerance: Closeness
) -> tuple[AnyArray, Array]:
    """<m|X^i|n> of an operator that acts on the states of band n, (M, components, m, n)."""
    blocks, distinct = [], []
    for states in _in_blocks(model, k, tolerance):
        rows = [states.rows((ex.adjoint(quantity.expression(*axes)),)) for axes in quantity.components(model.dimension)]
        blocks.append(np.stack([row.conj().mT for row in rows], axis=1))
        distinct.append(states.distinct)
    return np.concatenate(blocks), np.concatenate(distinct)


def report_touchings(model: BandStructure, k: Array, distinct: Array, tolerance: Closeness) -> None:
    """Fewer distinct energies at some k than at others: bands touch there and were merged."""
    # At momenta without symmetry only bands degenerate everywhere coincide.
    generic = np.random.default_rng(17).uniform(0.2, 1.3, size=(2, model.dimension))
    elsewhere = Eigenstates(model, generic, tolerance).distinct.max()
    if tolerance is None and closer_than_told_apart(model.energies(generic)):
        elsewhere = max(elsewhere, model.distinct_energies or 0)
    fewer = np.flatnonzero(distinct < max(distinct.max(initial=0.0), elsewhere) - 0.5)
    if len(fewer) and not isinstance(tolerance, Window):  # which was asked for
        warnings.warn(
            f"bands were merged at {len(fewer)} of {len(k)} points, first at k = {k[fewer[0]].tolist()}, where they "
            "touch or are too close to be told apart; formulas for separate bands do not hold at such a point",
            DegeneracyWarning,
            stacklevel=3,
        )
