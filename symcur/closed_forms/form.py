"""The closed form of one quantity of one model: what ``derive`` returns."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

from symcur.closed_forms import digits as high_precision
from symcur.closed_forms import printing
from symcur.closed_forms.steps import Definitions, operations, steps
from symcur.kernels.program import Complex, Program
from symcur.model import Model

_BLOCK = 2048  # k points treated at once
_EXPANDED_OPERATIONS = 20_000  # longer expressions are built unevaluated, with shared parts


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """A band quantity as an exact function of k, the parameters and the band energy E (``energy_symbol``).

    ``energies`` are explicit distinct energies, ascending, or None where they have no short closed form;
    ``multiplicities`` says how often each distinct energy occurs. ``shape`` is that of the components, in the paper's
    index order. A member of a multiplet of r bands carries the trace divided by r. For ``interband_torque_dipole``
    the components are [i, a, b]: the matrix of D^i P_n between the orbitals a and b, which does not depend on the
    phases of eigenvectors (complex; not divided by r).

    At band touchings, and at parameter values where more bands coincide than for generic ones, the formulas divide by
    zero.
    """

    model: Model
    name: str
    labels: tuple[str, ...]
    shape: tuple[int, ...]
    complex: bool
    energy_symbol: sp.Symbol
    energies: tuple[sp.Expr, ...] | None
    multiplicities: tuple[int, ...]
    program: Program
    hamiltonian: tuple[Complex, ...]
    outputs: tuple[Complex, ...]
    node_labels: Mapping[int, str]
    written: tuple[Definitions, tuple[sp.Expr, ...]] | None = None

    # -- expressions -------------------------------------------------------------------------------------------------
    @property
    def definitions(self) -> Definitions:
        """Intermediate steps (symbol, expression), each in k, parameters, E and earlier symbols; may be empty."""
        return self._steps[0]

    @cached_property
    def compact(self) -> sp.Array:
        """The components in the symbols of ``definitions``."""
        return _array(self._steps[1], self.shape)

    @cached_property
    def expressions(self) -> sp.Array:
        """The components in k, the parameters and E alone.

        For more than two bands they can be very long: parts are then shared in memory and left as they were built,
        and ``definitions`` with ``compact`` are the better way to work with them.
        """
        if self.written is not None:
            definitions, results = self.written
            known: dict[sp.Symbol, sp.Expr] = {}
            for symbol, expression in definitions:
                known[symbol] = expression.xreplace(known)
            return _array([expression.xreplace(known) for expression in results], self.shape)
        size = self._tree_size()
        arithmetic = operations(self._symbols, evaluate=size < _EXPANDED_OPERATIONS)
        return _array(self._joined(self.program.run(self._nodes, arithmetic)), self.shape)

    @cached_property
    def _steps(self) -> tuple[Definitions, tuple[sp.Expr, ...]]:
        if self.written is not None:
            return self.written
        definitions, values = steps(self.program, self._nodes, self._symbols, self.node_labels)
        return definitions, tuple(self._joined(values))

    @property
    def _nodes(self) -> list[int]:
        parts = ((z.real.node, z.imag.node) if self.complex else (z.real.node,) for z in self.outputs)
        return list(itertools.chain.from_iterable(parts))

    def _joined(self, values: Sequence[Any]) -> list[Any]:
        """Real and imaginary parts, which alternate in ``_nodes``, put together."""
        if not self.complex:
            return list(values)
        return [re + sp.I * im for re, im in zip(values[::2], values[1::2], strict=True)]

    @property
    def _symbols(self) -> dict[str, sp.Symbol]:
        return {symbol.name: symbol for symbol in self.arguments}

    @property
    def arguments(self) -> tuple[sp.Symbol, ...]:
        """k..., E, parameters...: the arguments of the functions that ``source`` writes."""
        return (*self.model.k, self.energy_symbol, *self.model.parameters)

    def _tree_size(self) -> int:
        size: dict[int, int] = {}
        for node in self.program.live(self._nodes):
            size[node] = 1 + sum(size[a] for a in self.program.arguments(node))
        return max((size[node] for node in self._nodes), default=0)

    # -- text --------------------------------------------------------------------------------------------------------
    def latex(self) -> str:
        """The definitions and the components as one aligned environment, to be pasted into display mathematics."""
        return printing.latex(self.definitions, zip(self.labels, sp.flatten(self.compact), strict=True))

    def source(self, language: str) -> str:
        """A complete function of k..., E, parameters... in "python", "c", "fortran", "julia" or "mathematica".

        It returns (C and Fortran: fills) the components in row-major order; complex components are complex numbers,
        in C and Fortran alternating real and imaginary parts.
        """
        return printing.source(self, language)

    # -- numbers -----------------------------------------------------------------------------------------------------
    def at(self, k: Any, band: int, digits: int = 50, **parameters: Any) -> Any:
        """The value at one k for one band (from 0, by ascending energy) to the given number of digits.

        k and the parameters may be int, float (its exact binary value is taken), str, Fraction, mpmath or SymPy
        numbers. The result is an mpmath number, or nested lists of them in the shape of the components. The working
        precision is doubled until two results agree to ``digits``; a component that keeps vanishing is returned as 0.
        Raises ValueError where the band touches another one.
        """
        return high_precision.evaluate(self, k, band, digits, parameters)

    def __call__(self, k: ArrayLike, **parameters: Any) -> NDArray[Any]:
        """The values for k of shape (..., D), all bands: shape (..., band, components), double precision.

        Energies are those of numpy.linalg.eigvalsh; not finite at band touchings.
        """
        points = self.model.points(k)
        flat = points.reshape(-1, self.model.dimension)
        dtype = np.complex128 if self.complex else np.float64
        result = np.empty((len(flat), self.model.size, len(self.outputs)), dtype=dtype)
        values = {symbol.name: float(value) for symbol, value in self.model.values(**parameters).items()}
        for start in range(0, len(flat), _BLOCK):
            block = slice(start, start + _BLOCK)
            result[block] = self._block(flat[block], values, parameters)
        return result.reshape(*points.shape[:-1], self.model.size, *self.shape)

    def _block(self, k: NDArray[np.float64], values: dict[str, float], parameters: dict[str, Any]) -> NDArray[Any]:
        energies = np.linalg.eigvalsh(self.model.matrix("H", k, **parameters))
        if len(set(self.multiplicities)) == 1:
            multiplets = energies.reshape(len(k), -1, self.multiplicities[0])
            energies = np.repeat(multiplets.mean(axis=-1), self.multiplicities[0], axis=-1)
        given: dict[str, Any] = {symbol.name: k[:, j, None] for j, symbol in enumerate(self.model.k)}
        given |= {self.energy_symbol.name: energies, **values}
        with np.errstate(all="ignore"):
            computed = self.program.run(self._nodes, _numpy_operations(given))
        parts = np.stack([np.broadcast_to(value, energies.shape) for value in computed], axis=-1)
        return parts[..., ::2] + 1j * parts[..., 1::2] if self.complex else parts

    def __repr__(self) -> str:
        return f"ClosedForm({self.name} of {self.model.name}: {len(self.outputs)} components)"


def _numpy_operations(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "input": given.__getitem__,
        "constant": float,
        "+": np.add,
        "-": np.subtract,
        "*": np.multiply,
        "/": np.divide,
        "sqrt": np.sqrt,
        "cos": np.cos,
        "sin": np.sin,
    }


def _array(entries: Sequence[sp.Expr], shape: tuple[int, ...]) -> sp.Array:
    return sp.ImmutableDenseNDimArray(list(entries), shape)


def nested(entries: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """A flat row-major list as nested lists; a single value where the shape is ()."""
    if not shape:
        return entries[0]
    stride = len(entries) // shape[0]
    return [nested(entries[j * stride : (j + 1) * stride], shape[1:]) for j in range(shape[0])]


def real_number(name: str, value: Any) -> sp.Expr:
    """An exact SymPy number from anything that stands for a finite real number; floats by their binary value."""
    if isinstance(value, np.generic):
        value = value.item()
    try:
        number = sp.Rational(value) if isinstance(value, str) else sp.sympify(value)
    except (TypeError, ValueError, AttributeError):
        number = None
    if not isinstance(number, sp.Expr) or not number.is_number:
        raise TypeError(f"{name}: {value!r} came; a real number is valid")
    if not (number.is_real and number.is_finite):
        raise ValueError(f"{name}: {value!r} came; a finite real number is valid")
    if isinstance(value, (float, mpmath.mpf)):
        sign, mantissa, exponent, _ = mpmath.mpf(value)._mpf_
        return (-1) ** int(sign) * sp.Integer(mantissa) * sp.Integer(2) ** int(exponent)
    return sp.Rational(number) if number.is_Float else number
