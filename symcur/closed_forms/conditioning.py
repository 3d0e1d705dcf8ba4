"""The digits of closed forms as numbers: an estimate of the rounding error at every k, and more digits where it is too large.

A program is run on pairs of a value and a bound, to first order, on its rounding error: that of every operation and of what
goes in, the energies included. Near touchings the adjugate cancels, and the bound says how much. Points whose bound exceeds the
promise are computed again in the long floating-point numbers of the machine, and what is left then to any number of digits.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import sympy as sp

from symcur import expressions as ex
from symcur.arrays import AnyArray, Array, Indices
from symcur.band_structures import Model
from symcur.band_structures.levels import CLEAR_GAP, DigitsWarning
from symcur.closed_forms.arbitrary_precision import exact_parameter
from symcur.expressions import Axis, Interpreter
from symcur.program import operations
from symcur.program.program import FUNCTIONS, symbols_of

PROMISE = 1e-9
"""Errors of ``ClosedForm.__call__`` relative to the largest component of the band, or to the scale of ``floor``."""
MOST_OPERATIONS = 10**6  # of single numbers with many digits in one call
_MARGIN = 30  # points of less risk than some whose bounds are so much smaller than promised are computed without bounds
FEW = 64  # points whose bounds are computed at least
_BLOCK = 512  # k points treated at once
_LAPACK = 4  # times N: the error of an energy in units of rounding and of the largest


# -- values with bounds ------------------------------------------------------------------------------------------------
class Bounded:
    """An array and a bound on its error, in units of u = half the distance from 1 to the next number."""

    __slots__ = ("error", "size", "value")

    def __init__(self, value: Any, error: Any) -> None:
        self.value, self.error, self.size = value, error, np.abs(value)

    def __add__(self, other: Bounded) -> Bounded:
        value = self.value + other.value
        return _rounded(value, self.error + other.error)

    def __sub__(self, other: Bounded) -> Bounded:
        value = self.value - other.value
        return _rounded(value, self.error + other.error)

    def __mul__(self, other: Bounded) -> Bounded:
        return _rounded(self.value * other.value, self.size * other.error + other.size * self.error)

    def __truediv__(self, other: Bounded) -> Bounded:
        value = self.value / other.value
        return _rounded(value, (self.error + np.abs(value) * other.error) / other.size)


def _rounded(value: Any, error: Any) -> Bounded:
    result = Bounded(value, error)
    result.error = error + result.size
    return result


def _function(name: str) -> Callable[[Bounded], Bounded]:
    function = getattr(np, name)

    def apply(x: Bounded) -> Bounded:
        value = function(x.value)
        return _rounded(value, np.abs(_SLOPES[name](x.value, value)) * x.error + np.abs(value))

    return apply


def _slope(name: str) -> Callable[[Any, Any], Any]:
    function = getattr(np, name)

    def slope(x: Any, value: Any) -> Any:
        step = 1e-5 * (1 + np.abs(x))
        return (function(x + step) - function(x - step)) / (2 * step)

    return slope


_SLOPES: dict[str, Callable[[Any, Any], Any]] = {name: _slope(name) for name in FUNCTIONS} | {
    "sqrt": lambda x, value: 1 / (2 * value),
    "cos": lambda x, value: np.sin(x),
    "sin": lambda x, value: np.cos(x),
}


@lru_cache(maxsize=4096)
def _number(real: Any, number: sp.Expr) -> Bounded:
    value = real(float(number)) if real is np.float64 else real(str(sp.N(number, 30)))
    exact = number.is_Integer and abs(number) < 2**53
    return Bounded(value, real(0) if exact else abs(value))


# -- a form at many k --------------------------------------------------------------------------------------------------
def evaluated(
    form: Any,
    model: Model,
    k: Array,
    digits: Callable[[Array, int], list[Any]],
    known: dict[int, Bounded] | None = None,
) -> AnyArray:
    """A ``ClosedForm`` at k of shape (M, D): (M, bands, components), the only band of an explicit one.

    ``digits(k, band)`` gives the components to any number of digits, ArithmeticError or ValueError where there are none.
    ``known`` are values of nodes of the program at these k, at most FEW, from other forms, and gets those of this one.
    """
    numbers = {name: exact_parameter(name, value) for name, value in model.values().items()}
    bands = range(model.size) if form.band is None else [form.band]
    energies = _energies(form, model, k)
    require_levels(form, model, energies[0])
    result = np.empty((len(k), len(bands), len(form.outputs)), dtype=complex if form.complex else float)
    relative = np.zeros((len(k), len(bands)))
    order, few = _riskiest_first(form, energies[0])
    end = 0
    while end < len(k):
        place = order[end : max(few, 2 * end)]
        end += len(place)
        given = energies[0][place], energies[1][place]
        result[place], error = _run(form, k[place], numbers, np.float64, given, known)
        relative[place] = _relative(form, model, k[place], given[0], result[place], error)
        if relative[place].max() < PROMISE / _MARGIN:
            rest = order[end:]
            result[rest] = _plain(form, k[rest], numbers, energies[0][rest])
            break
    again = np.flatnonzero((relative > PROMISE).any(axis=-1))
    if model.bosons is None and len(again) and np.finfo(np.longdouble).eps < np.finfo(float).eps / 64:
        for place in (again[start : start + _BLOCK] for start in range(0, len(again), _BLOCK)):
            long = _long_energies(form, model, k[place], numbers)
            values, error = _run(form, k[place], numbers, np.longdouble, long)
            result[place] = values
            relative[place] = _relative(form, model, k[place], long[0], values, error)
    left = np.argwhere(relative > PROMISE)
    if len(left) and len(left) * len(form.program.live(form.nodes)) > MOST_OPERATIONS:
        warnings.warn(
            f"{form.name} of {model.name}: rounding errors of up to about {relative.max():.0e} of the value at {len(left)} "
            f"of {relative.size} pairs of momentum and band, first at k = {k[left[0][0]].tolist()}: too many to be computed with "
            "more digits unasked; form.at does one at a time",
            DigitsWarning,
            stacklevel=3,
        )
        return result
    for point, column in left:
        try:
            result[point, column] = [complex(x) if form.complex else float(x) for x in digits(k[point], bands[column])]
        except (ArithmeticError, ValueError):
            result[point, column] = np.nan
    return result


def _riskiest_first(form: Any, energies: Array) -> tuple[Indices, int]:
    """The places of the points by descending |E|/gap, with which rounding grows, a few at random moved to the front; how many
    to begin with."""
    with np.errstate(all="ignore"):
        risk = np.nan_to_num((np.abs(energies) / _gaps(form, energies)).max(axis=-1), nan=np.inf)
    few = max(FEW, len(risk) // 16)
    risk[np.random.default_rng(1).permutation(len(risk))[: few // 4]] = np.inf
    return np.argsort(-risk, kind="stable"), few


def _plain(form: Any, k: Array, numbers: Mapping[str, sp.Expr], energies: Array) -> AnyArray:
    """The components (M, bands, components) without bounds."""
    result = []
    for start in range(0, len(k), _BLOCK):
        block = slice(start, start + _BLOCK)
        given: dict[str, Any] = {s.name: k[block, j] for j, s in enumerate(form.model.k)}
        given |= {name: float(number) for name, number in numbers.items()}
        given[form.energy_symbol.name] = np.ascontiguousarray(energies[block].T)
        with np.errstate(all="ignore"):
            found = form.program.run(form.nodes, operations(np, given.__getitem__, float))
        result.append(_stacked(form, found, len(energies[block])))
    return np.concatenate(result) if result else np.empty((0, 1, 1))


def _stacked(form: Any, found: Sequence[Any], count: int) -> AnyArray:
    """Arrays (bands, M) or (M,) as (M, bands, components)."""
    shape = (form.model.size if form.band is None else 1, count)
    values = np.stack([np.broadcast_to(x, shape) for x in found]).T
    return values[..., ::2] + 1j * values[..., 1::2] if form.complex else values


def _run(
    form: Any,
    k: Array,
    numbers: Mapping[str, sp.Expr],
    real: Any,
    energies: tuple[Any, Any],
    known: dict[int, Bounded] | None = None,
) -> tuple[AnyArray, Array]:
    """The components (M, bands, components) and the largest bound on the errors of a band's, (M, bands)."""
    given = _inputs(form, k, numbers, real)
    given[form.energy_symbol.name] = Bounded(*(np.ascontiguousarray(x.T) for x in energies))
    with np.errstate(all="ignore"):
        found = form.program.run(form.nodes, _arithmetic(given, real), known=known)
        values = _stacked(form, [x.value for x in found], len(k))
        shape = values.shape[1::-1]
        error = np.max([np.broadcast_to(x.error, shape) for x in found], axis=0).T * (np.finfo(real).eps / 2)
    return values, error


def _inputs(form: Any, k: Array, numbers: Mapping[str, sp.Expr], real: Any) -> dict[str, Bounded]:
    given = {s.name: Bounded(k[:, j].astype(real), real(0)) for j, s in enumerate(form.model.k)}
    return given | {name: _number(real, number) for name, number in numbers.items()}


def _arithmetic(given: Mapping[str, Bounded], real: Any) -> dict[str, Callable[..., Any]]:
    functions = SimpleNamespace(**{name: _function(name) for name in FUNCTIONS})
    arithmetic = operations(functions, given.__getitem__, lambda number: _number(real, number))
    return arithmetic | {"atom": _atom}


def _atom(atom: sp.Expr, *given: Bounded) -> Bounded:
    """A real function that is kept as it stands, with the slopes in its symbols, of those that are not exact."""
    function, *slopes = _compiled(atom)
    values = [x.value for x in given]
    value = function(*values)
    pairs = ((slope, x.error) for slope, x in zip(slopes, given, strict=True) if np.any(x.error))
    return _rounded(value, sum((np.abs(slope(*values)) * error for slope, error in pairs), np.abs(value)))


@lru_cache(maxsize=512)
def _compiled(atom: sp.Expr) -> list[Callable[..., Any]]:
    symbols = symbols_of(atom)
    slopes = (atom.diff(x).replace(sp.DiracDelta, lambda *arguments: sp.Integer(0)) for x in symbols)
    return [sp.lambdify(symbols, f, "numpy", dummify=True) for f in (atom, *slopes)]


# -- energies ----------------------------------------------------------------------------------------------------------
def _energies(form: Any, model: Model, k: Array) -> tuple[Array, Array]:
    """Those of LAPACK, averaged over multiplets of equal rank, and their errors in units of rounding."""
    if model.bosons is not None:
        energies, _, T = model.eigenstates(k)
        size = np.trace(model.matrix("H", k), axis1=-2, axis2=-1).real[:, None]
        return _averaged(form, energies), _LAPACK * model.size * size * (np.abs(T) ** 2).sum(axis=-2)
    energies = model.energies(k)
    error = _LAPACK * model.size * np.abs(energies).max(axis=-1, keepdims=True)
    return _averaged(form, energies), np.broadcast_to(error, energies.shape)


def require_levels(form: Any, model: Model, energies: Array) -> None:
    """Raises ValueError where more bands coincide at generic k for these parameter values than for generic ones.

    The formula may be finite there: as a limit it lacks what the multiplet has. No gap is seen at any of the points then.
    """
    clear = _gaps(form, energies).min(axis=-1, initial=np.inf) > CLEAR_GAP * np.ptp(energies, axis=-1)
    if clear.any() or len(form.multiplicities) == 1:
        return
    found = model.distinct_energies
    if found is not None and found < len(form.multiplicities):
        raise ValueError(
            f"parameters: expected values for which {model.name} has {len(form.multiplicities)} distinct energies at generic k, got "
            f"{found}; the closed form of {form.name} for separate bands does not hold there: put the values into H with "
            "model.with_parameters and derive again"
        )


def _averaged(form: Any, energies: Any) -> Any:
    ranks = set(form.multiplicities)
    if len(ranks) > 1:
        return energies
    rank = ranks.pop()
    return np.repeat(energies.reshape(len(energies), len(form.multiplicities), rank).mean(axis=-1), rank, axis=-1)


def _long_energies(form: Any, model: Model, k: Array, numbers: Mapping[str, sp.Expr]) -> tuple[Any, Any]:
    """Rayleigh quotients of LAPACK's vectors with a long H: their error is the squared residual over the gap."""
    real, N = np.longdouble, model.size
    nodes = [part.node for z in form.hamiltonian for part in (z.real, z.imag)]
    found = form.program.run(nodes, _arithmetic(_inputs(form, k, numbers, real), real))
    parts = np.stack([np.broadcast_to(x.value, len(k)) for x in found], axis=-1)
    H = (parts[:, ::2] + 1j * parts[:, 1::2]).reshape(-1, N, N)
    rounding = np.sum([np.broadcast_to(x.error, len(k)) for x in found], axis=0)[:, None]
    u = np.linalg.eigh(H.astype(complex))[1].astype(np.clongdouble)
    Hu = np.einsum("kab,kbn->kan", H, u)
    norms = (np.abs(u) ** 2).sum(axis=1)
    energies = (u.conj() * Hu).sum(axis=1).real / norms
    residuals = (np.abs(Hu - u * energies[:, None, :]) ** 2).sum(axis=1) / norms
    energies, residuals = _averaged(form, energies), _averaged(form, residuals)
    with np.errstate(all="ignore"):
        error = residuals / _gaps(form, energies) / (np.finfo(real).eps / 2)
    return energies, error + rounding + _LAPACK * N * np.abs(energies).max(axis=-1, keepdims=True)


def _gaps(form: Any, energies: Any) -> Any:
    """The distance of each band to the nearest other level; for multiplets of unequal ranks the smallest of all."""
    if len(form.multiplicities) == 1:
        return np.full(energies.shape, np.inf)
    rank = form.multiplicities[0]
    if len(set(form.multiplicities)) > 1:
        steps = np.sort(np.diff(energies, axis=-1), axis=-1)
        return np.repeat(steps[:, -len(form.multiplicities) + 1, None], energies.shape[1], axis=-1)
    steps = np.diff(energies[:, ::rank], axis=-1)
    edge = np.full((len(energies), 1), np.inf)
    return np.repeat(np.minimum(np.hstack([edge, steps]), np.hstack([steps, edge])), rank, axis=-1)


# -- what an error is measured by --------------------------------------------------------------------------------------
def _relative(form: Any, model: Model, k: Array, energies: Any, values: AnyArray, error: Array) -> Array:
    """The bounds relative to the largest component of the band, or to ``floor`` where that is more; (M, bands)."""
    size = np.abs(values).max(axis=-1)
    with np.errstate(all="ignore"):
        doubtful = ~(error * _MARGIN <= PROMISE * size).all(axis=-1)
        if doubtful.any() and form.parts and not form.outer and form.whole is None:
            where = np.flatnonzero(doubtful)
            size[where] = np.maximum(size[where], floor(form, model, k[where], energies[where]))
        elif doubtful.any():
            size = np.maximum(size, size.max(axis=-1, keepdims=True))
        return np.asarray(np.where(error == 0, 0.0, np.nan_to_num(error / size, nan=np.inf)), dtype=float)


def floor(form: Any, model: Model, k: Array, energies: Any) -> Array:
    """What a quantity would be without small gaps and cancellation, (M, 1): norms of H, its derivatives and s for the
    operators, the spread of the energies for gaps. Below it zero is not told from a small number."""
    magnitudes = _Magnitudes(model, k, np.asarray(energies, dtype=float))
    with np.errstate(all="ignore"):
        found = [np.broadcast_to(magnitudes.read(part), (len(k), 1)) for part in form.parts]
    return np.asarray(np.nan_to_num(np.max(found, axis=0), posinf=0.0))


class _Magnitudes(Interpreter):
    """Reads expressions with a norm for every operator, 1 for P and the inverse spread of the energies for S."""

    def __init__(self, model: Model, k: Array, energies: Array) -> None:
        super().__init__()
        self.model, self.k = model, k
        self.spread = np.ptp(energies, axis=-1)[:, None]
        self.largest = np.abs(energies).max(axis=-1)[:, None]

    def number(self, value: Any) -> Any:
        return abs(complex(value.x, value.y))

    def operator(self, name: str, axes: tuple[Axis, ...]) -> Any:
        if name == "H" and not axes:
            return self.spread
        matrices = self.model.matrix(name, self.k, [axis for axis in axes if isinstance(axis, int)])
        return np.linalg.norm(matrices, axis=(-2, -1))[:, None]

    def projector(self, band: str) -> Any:
        return 1.0

    def resolvent(self, band: str, power: int) -> Any:
        return np.where(self.spread > 0, self.spread, np.inf) ** -power

    def band_energy(self, band: str, axes: tuple[Axis, ...]) -> Any:
        return self.read(ex.band_energy_derivative(axes)) if axes else self.largest

    def trace(self, value: Any) -> Any:
        return value

    def real(self, operand: ex.Expression) -> Any:
        return self.read(operand)

    imag = real
