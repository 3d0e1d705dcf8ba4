"""H(k) as a function that returns a NumPy matrix, or as an array of functions of k, taken apart into hoppings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array, ComplexArray
from symcur.band_structures import Model, NumericModel, tight_binding
from symcur.importers.crystal import as_array

_SAME = 1e-9  # relative, of H(k + G) and H(k)


def recognised(source: Any) -> bool:
    """Whether it is a function, or an array that holds functions."""
    return (callable(source) and not isinstance(source, type)) or _is_array(source)


def _is_array(source: Any) -> bool:
    return isinstance(source, np.ndarray) and source.dtype == object and any(map(callable, source.ravel()))


def parameters(source: Any, named: Iterable[str]) -> dict[str, Any]:
    """What the function takes by keyword, has a default for or is ``named``, with its default or None."""
    taken = inspect.signature(source).parameters.values() if callable(source) else ()
    found = [p for p in taken if p.kind is p.KEYWORD_ONLY or p.default is not p.empty or p.name in named]
    return {p.name: None if p.default is p.empty else p.default for p in found}


@dataclass(frozen=True, eq=False)
class FunctionOfMomentum:
    """H(k) with k Cartesian, one vector or D numbers, and parameters by keyword; what ``BuiltModel`` builds from.

    ``positions``: fractions of the primitive vectors, (N, D), for an H that is periodic because positions are not in its phases; they
    are put in. Without them H is taken to hold them.
    """

    function: Any
    s: Any
    lattice: Any
    positions: ArrayLike | None
    name: str
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def build(self, **values: Any) -> NumericModel:
        """Raises ValueError where H(k) is no sum of hoppings on this lattice."""
        vectors = as_array("lattice", self.lattice)
        single = _single(self.function, vectors, {**self.fixed, **values})

        def H(k: Array) -> ComplexArray:
            return np.array([single(q) for q in k])

        model = NumericModel(H, 0, lattice=vectors)
        positions = model.positions
        if self.positions is not None:
            positions = as_array("positions", self.positions)
            self._require_periodic(H, model)
            if positions.shape != (model.size, len(vectors)):
                raise ValueError(f"positions: expected shape {(model.size, len(vectors))}, got {positions.shape}")
        bonds = tight_binding(model)
        name = self.name or getattr(self.function, "__name__", "model").strip("<>")
        return Model.from_hoppings(bonds.hoppings, self.s, vectors, positions=positions, name=name)

    @staticmethod
    def _require_periodic(H: Callable[[Array], ComplexArray], model: NumericModel) -> None:
        k = np.random.default_rng(5).uniform(-2, 2, size=(3, model.dimension))
        here = H(k)
        for G in model.lattice_cell("a check of positions").reciprocal:
            if np.abs(H(k + G) - here).max() > _SAME * np.abs(here).max():
                raise ValueError(
                    "positions: expected them for an H with H(k + G) = H(k) alone, got one whose phases hold positions already"
                )


def _single(source: Any, vectors: Array, values: Mapping[str, Any]) -> Callable[[Array], ComplexArray]:
    """H at one k as a complex matrix."""
    D = len(vectors)
    if _is_array(source):
        return lambda k: _called(lambda q: [[f(q) if callable(f) else f for f in row] for row in source], (k,), {})
    places = [
        p for p in inspect.signature(source).parameters.values()
        if p.name not in values and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]  # fmt: skip
    if len(places) not in (1, D):
        raise ValueError(
            f"source: expected a function of k, or of its {D} components, got one of {len(places)} arguments"
        )
    if len(places) == D > 1:
        return lambda k: _called(source, tuple(k), values)
    if D > 1:
        return lambda k: _called(source, (k,), values)
    try:
        _called(source, (0.3,), values)
    except (TypeError, IndexError):
        return lambda k: _called(source, (k,), values)
    return lambda k: _called(source, (float(k[0]),), values)


def _called(source: Callable[..., Any], arguments: tuple[Any, ...], values: Mapping[str, Any]) -> ComplexArray:
    raw = source(*arguments, **values)
    if np.asarray(raw).dtype in (np.float32, np.complex64):
        raise ValueError("source: expected H in double precision, got single (JAX has jax_enable_x64)")
    matrix = np.array(raw, dtype=complex)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"source: expected a square matrix for one k, got shape {matrix.shape}")
    return matrix
