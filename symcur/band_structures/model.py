"""A band structure given by formulas: a Bloch Hamiltonian H(k), an operator s, its momenta and its parameters.

Everything else of the theory follows from these: v_i = dH/dk_i, w_il = d^2H/dk_i dk_l, tau = -i[s, H]
and J_i = (v_i s + s v_i)/2, with hbar = e = k_B = 1. H(k) is written in the gauge in which the position operator is
i d/dk: the phases of a tight-binding model contain the atomic positions. s does not depend on k.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import sympy as sp

from symcur.arrays import Array, ComplexArray
from symcur.band_structures.band_structure import BandStructure, Parameters, by_name, ordered_axes
from symcur.band_structures.bending import AtValues, of_bosons
from symcur.band_structures.exact import exact_formula, exact_matrix, square_matrix
from symcur.band_structures.formulas import (
    Formulas,
    checked_formulas,
    default_values,
    generic_values,
    momenta,
    require_admissible,
)
from symcur.band_structures.levels import distinct_energies
from symcur.band_structures.numeric import NumericModel, from_hoppings
from symcur.brillouin import Bending

_SAMPLES = {1: 256, 2: 24, 3: 8}  # along each axis, at which H of bosons is looked at


class Model(BandStructure):
    """A Hermitian matrix H(k) of size N x N in D dimensions and a Hermitian, k-independent operator s.

    Parameters
    ----------
    H, s : SymPy matrices (or nested lists) of the same size N x N. A number stands for a multiple of the identity.
    k : the momenta, one to three real symbols, Cartesian.
    parameters : mapping from symbols (declared real or positive), or from their names, to default values; ``None`` means
        that a value must be given wherever numbers are asked for.
    lattice : D primitive vectors (rows) in real space; H(k + G) must equal H(k) up to a diagonal unitary U_G that
        commutes with s. Without a lattice the model is a continuum (k.p) model.
    name, reference, facts : what the model is called, where it comes from, and what is known exactly about it.
    metric : for bosons, "bosons" for Psi = (b_k, b^+_-k), "phonons" for Psi = (u_k, p_k), a sequence of pairs (kind, number of
        modes) for a direct sum, or any other matrix as ``symcur.bosons.Metric``.

    Raises
    ------
    ValueError or TypeError naming the argument, what was expected and what was given.

    >>> import sympy as sp
    >>> import symcur as sc
    >>> kx, ky = sp.symbols("k_x k_y", real=True)
    >>> M = sp.Symbol("M", real=True)
    >>> model = sc.Model([[M, kx - sp.I * ky], [kx + sp.I * ky, -M]], s=sp.diag(1, -1) / 2, k=[kx, ky], parameters={M: 0.3})
    >>> model.energies([0.0, 0.4])
    array([-0.5,  0.5])
    """

    H: sp.ImmutableDenseMatrix
    s: sp.ImmutableDenseMatrix
    k: tuple[sp.Symbol, ...]
    parameters: Mapping[sp.Symbol, Any]
    lattice: sp.ImmutableDenseMatrix | None
    formulas: Formulas

    def __init__(
        self,
        H: Any,
        s: Any,
        k: Sequence[sp.Symbol] | sp.Symbol,
        parameters: Mapping[sp.Symbol | str, float | None] | Iterable[sp.Symbol | str] = (),
        lattice: Sequence[Sequence[Any]] | None = None,
        name: str = "model",
        reference: str = "",
        facts: str = "",
        metric: Any = None,
    ) -> None:
        symbols = momenta(k)
        H = square_matrix("H", H)
        s = square_matrix("s", s, size=H.rows)
        defaults = default_values(parameters, H, s)
        vectors = None if lattice is None else exact_matrix("lattice", lattice, f"{len(symbols)} primitive vectors")
        formulas = checked_formulas(H, s, symbols, tuple(defaults), vectors)
        vars(self).update(
            H=H, s=s, k=symbols, parameters=MappingProxyType(defaults), lattice=vectors, name=name,
            reference=reference, facts=facts, formulas=formulas, size=int(H.rows), dimension=len(symbols),
            cell=formulas.cell, positions=formulas.positions,
        )  # fmt: skip
        values = [float(value) for value in generic_values(defaults, np.random.default_rng(11)).values()]
        self._become_bosons(metric, lambda name, k: formulas.function(name, ())(k, values))

    from_functions = NumericModel
    from_hoppings = staticmethod(from_hoppings)

    # -- what a band structure has -----------------------------------------------------------------------------------
    def arguments(self) -> dict[str, Any]:
        names = ("H", "s", "k", "lattice", "name", "reference", "facts")
        metric = {} if self.bosons is None else {"metric": self.bosons}
        return {name: getattr(self, name) for name in names} | {"parameters": dict(self.parameters)} | metric

    def values(self) -> dict[str, Any]:
        for symbol, value in self.parameters.items():
            if value is None:
                raise ValueError(f"parameters: expected a value of {symbol.name}, which has no default in {self.name}")
        return {symbol.name: value for symbol, value in self.parameters.items()}

    def with_values(self, parameters: Parameters = None, /, **by_keyword: Any) -> Self:
        """The same with other default values, e.g. ``model.with_values(M=0)`` or ``with_values({M: 0})``."""
        values = by_name(parameters, by_keyword, self)
        if not values:
            return self
        return self.replace(
            parameters={symbol: values.get(symbol.name, value) for symbol, value in self.parameters.items()}
        )

    def with_parameters(self, parameters: Parameters = None, /, **by_keyword: Any) -> Self:
        """The same with parameters replaced by exact numbers or expressions in H and s, so that formulas get shorter.

        New symbols in the expressions become parameters without a default.
        """
        values = by_name(parameters, by_keyword, self)
        fixed = {x: exact_formula(x.name, values[x.name]) for x in self.parameters if x.name in values}
        for symbol, value in fixed.items():
            if value.is_number:
                require_admissible(symbol, value)
        rest = {symbol: value for symbol, value in self.parameters.items() if symbol not in fixed}
        new = set().union(*(value.free_symbols for value in fixed.values())) - set(rest)
        rest |= dict.fromkeys(sorted(new, key=str))
        return self.replace(H=self.H.subs(fixed), s=self.s.subs(fixed), parameters=rest) if fixed else self

    def operator_matrices(self, name: str, k: Array, axes: tuple[int, ...]) -> ComplexArray:
        numbers = [complex(value).real for value in self.values().values()]
        return self.formulas.function(name, axes)(k, numbers)

    @cached_property
    def distinct_energies(self) -> int | None:
        H = self.H if self.bosons is None else self.bosons.g * self.H
        try:
            values = dict(zip(self.parameters, self.values().values(), strict=True))
            return distinct_energies(H, self.k, values, self.energies, self.bosons is None)
        except ValueError:  # a parameter without a value, or no state around which bosons are counted
            return None

    @property
    def description(self) -> dict[str, Any]:
        return super().description | self.formulas.texts

    @property
    def bending(self) -> Bending | None:
        if self.formulas.bending is None:
            return None
        values = [complex(value).real for value in self.values().values()]
        bound = AtValues(self.formulas.bending, values, self.formulas.shown)
        if self.bosons is None or bound.shown:
            return bound
        n, D = _SAMPLES[self.dimension], self.dimension
        k = np.random.default_rng(43).uniform(-2, 2, size=(n**D, D)) if self.cell is None else self.cell.momenta(n, 0.3)
        return of_bosons(bound, self.matrix("H", k), self.metric)

    def derivative(self, axes: Iterable[int] = ()) -> sp.ImmutableDenseMatrix:
        """d^m H/dk_i dk_l ..., symbolic; axes are integers 0 <= i < D, their order is irrelevant."""
        return self.formulas.derivative(ordered_axes(axes, self.dimension))

    @cached_property
    def _content(self) -> tuple[Any, ...]:
        """What makes two models the same; values of different kinds (1 and 1.0) differ."""
        arguments = self.arguments()
        values = tuple((symbol, type(value), value) for symbol, value in arguments.pop("parameters").items())
        return (type(self), values, *arguments.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)
