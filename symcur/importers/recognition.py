"""What a model of another package is, told by its public attributes, and the band structure that it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from numbers import Real
from types import ModuleType
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from symcur.band_structures import BandStructure, BuiltModel, NumericModel
from symcur.band_structures.band_structure import listed
from symcur.importers import functions_of_k, kwant, pybinding, pythtb, qsymm
from symcur.importers.crystal import Crystal
from symcur.importers.formulas import Formula
from symcur.importers.functions_of_k import FunctionOfMomentum

_CRYSTALS: tuple[ModuleType, ...] = (pythtb, kwant, pybinding)
_SYMPY = (sp.Expr, sp.MatrixBase, sp.MatrixExpr, sp.NDimArray)
_KINDS = (
    "a model of PythTB, a kwant Builder, a pybinding Lattice, a qsymm Model or family, a SymPy matrix, or a function of k that "
    "returns a NumPy matrix"
)


def import_model(
    source: Any,
    s: Any = None,
    *,
    parameters: Mapping[Any, Any] | None = None,
    k: Sequence[Any] | None = None,
    lattice: ArrayLike | Sequence[Sequence[Any]] | None = None,
    positions: ArrayLike | None = None,
    name: str = "",
) -> BandStructure:
    """The band structure of a model that another package holds, with position diagonal in its orbitals.

    Parameters
    ----------
    source : a model of PythTB 1 or 2, a Builder of kwant or a Lattice of pybinding, periodic along all directions of space: their sites,
        hoppings and primitive vectors are taken. A Model, BlochModel or family of qsymm, or a SymPy matrix, also in Pauli matrices of
        ``sympy.physics``: a ``Model``, from which closed forms follow. A function of k, (D,) or D numbers, Cartesian, that returns an N x N
        array, or an object array of functions of k: taken apart into hoppings.
    s : an N x N matrix, N numbers, a number; "spin_x", "spin_y" or "spin_z" (sigma/2) for PythTB with spin, by default the last; a
        matrix for every site, a mapping from names of sites (families, sublattices) to matrices, or a function of sites.
    parameters : values by name of what the source leaves open. Numbers become parameters of the result.
    k : for formulas, the names or symbols of the momenta; for qsymm by default its own.
    lattice : for formulas and functions, D primitive vectors as rows; formulas without one are models of the continuum.
    positions : for functions that are periodic, H(k + G) = H(k): fractions of the primitive vectors, (N, D), that are put into the phases.
    name : what the model is called.

    Returns
    -------
    BandStructure
        A ``Model`` for formulas, else a ``NumericModel`` of hoppings, or a ``BuiltModel`` of these where there are parameters.

    Raises
    ------
    TypeError where the source is none of these. ValueError for finite samples, ribbons and leads, for values that differ from cell to
    cell (disorder, magnetic fields), and naming the argument that is missing or has no place.

    >>> import sympy as sp
    >>> from sympy.physics.paulialgebra import Pauli
    >>> import symcur as sc
    >>> k_x, k_y, M = sp.symbols("k_x k_y M", real=True)
    >>> model = sc.import_model(k_x * Pauli(1) + k_y * Pauli(2) + M * Pauli(3), Pauli(3) / 2, k=[k_x, k_y], parameters={M: 0.3})
    >>> model.energies([0.0, 0.4])
    array([-0.5,  0.5])
    """
    values = {str(key): value for key, value in (parameters or {}).items()}
    given = {"k": k, "lattice": lattice, "positions": positions}
    if isinstance(source, _SYMPY) or qsymm.recognised(source):
        _require_unused(given, "positions")
        formula = Formula("SymPy", _matrix(source), ()) if isinstance(source, _SYMPY) else qsymm.read(source)
        return formula.model(_diagonal(_matrix(s)), k, values, lattice, name)
    for package in _CRYSTALS:
        if package.recognised(source):
            _require_unused(given, "k", "lattice", "positions")
            return _built(CrystalOf(package.read, source, s, name), package.parameters(source), values)
    if functions_of_k.recognised(source):
        _require_unused(given, "k")
        if lattice is None:
            raise ValueError(
                "lattice: expected primitive vectors for a function of k; for the continuum see Model.from_functions, which takes "
                "derivatives"
            )
        if s is None:
            raise ValueError("s: expected a matrix or a number for a function of k, got None")
        recipe = FunctionOfMomentum(source, _diagonal(s), lattice, positions, name)
        return _built(recipe, functions_of_k.parameters(source, values), values)
    hint = (
        "; for files see models.load and materials.read"
        if isinstance(source, str) or hasattr(source, "__fspath__")
        else ""
    )
    raise TypeError(f"source: expected {_KINDS}, got {type(source).__name__}{hint}")


def _matrix(value: Any) -> Any:
    """With operators of SymPy as matrices; its modules of physics are loaded for expressions alone."""
    if not isinstance(value, sp.Expr | sp.MatrixExpr):
        return value
    from symcur.importers.operators import matrix_of

    return matrix_of(value)


def _diagonal(s: Any) -> Any:
    """N numbers as the matrix that has them on its diagonal; anything else as it is."""
    row = isinstance(s, (list, tuple)) or (isinstance(s, np.ndarray) and s.ndim == 1)
    if row and len(s) and all(np.ndim(x) == 0 for x in s):
        return [[x if a == b else 0 for b in range(len(s))] for a, x in enumerate(s)]
    return s


@dataclass(frozen=True, eq=False)
class CrystalOf:
    """Reads a source anew for other values of its parameters; ``fixed`` are those that are no real numbers."""

    read: Callable[[Any, Mapping[str, Any]], Crystal]
    source: Any
    s: Any
    name: str
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def build(self, **values: Any) -> NumericModel:
        return self.read(self.source, {**self.fixed, **values}).model(self.s, self.name)


def _built(
    recipe: CrystalOf | FunctionOfMomentum, known: Mapping[str, Any], given: Mapping[str, Any]
) -> NumericModel | BuiltModel:
    """What the recipe makes, with parameters that can be changed where there are some."""
    if unknown := set(given) - set(known):
        raise ValueError(f"parameters: expected some of {listed(known)}, got {listed(unknown)}")
    values = {**known, **given}
    if missing := [key for key, value in values.items() if value is None]:
        raise ValueError(f"parameters: expected values of {listed(missing)}, got none")
    numbers = {key: float(x) for key, x in values.items() if isinstance(x, Real) and not isinstance(x, bool)}
    recipe = replace(recipe, fixed={key: value for key, value in values.items() if key not in numbers})
    if not numbers:
        return recipe.build()
    if isinstance(recipe, CrystalOf):  # which others may change
        recipe = replace(recipe, source=deepcopy(recipe.source))
    return BuiltModel(recipe, numbers)


def _require_unused(given: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if given[name] is not None:
            raise ValueError(f"{name}: expected none for this source, which holds it or has none, got {given[name]!r}")
