"""The operators of a model as exact matrices: for bosons every X is read as g X, g the metric of their equation of motion.

With g H, g v_i and g s for the letters the expressions of the theory hold as they stand, for a spectrum of both signs. These
matrices are not Hermitian; (g X)^+ = g^-1 (g X) g, and the trace of a word is the conjugate of that of the reversed one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import SimpleNamespace

import sympy as sp

from symcur.band_structures import Model

Letters = Callable[[str, tuple[int, ...]], sp.Matrix]


class Section(Model):
    """A model with values for momenta or parameters: H and s there, and the derivatives that the whole model has there.

    Of a model with k_x = 0 these are the ones along k_x, too. It serves for reading expressions, not for numbers: ``dimension`` counts
    the axes of the whole, ``k`` the momenta that are left. ``moved`` where derivatives differ from those of H; ``point`` are values that
    are printed in any case.
    """

    whole: Model
    there: Model
    given: Mapping[sp.Expr, sp.Expr]
    moved: bool
    point: Mapping[sp.Expr, sp.Expr]

    def __init__(
        self,
        whole: Model,
        there: Model,
        values: Mapping[sp.Expr, sp.Expr],
        point: Mapping[sp.Expr, sp.Expr] | None = None,
    ) -> None:
        @cache
        def symbolic(name: str, axes: tuple[int, ...]) -> sp.Matrix:
            return whole.formulas.symbolic(name, axes).xreplace(dict(values))

        momenta = {*whole.k, *there.k}
        moved = any(symbol in momenta or value.free_symbols & momenta for symbol, value in values.items())
        vars(self).update(
            vars(there), whole=whole, there=there, given=values, moved=moved, point=point or {}, dimension=whole.dimension,
            formulas=SimpleNamespace(symbolic=symbolic),
        )  # fmt: skip

    @property
    def shown(self) -> dict[sp.Expr, sp.Expr]:
        """The values that a reader has to know: of momenta, what depends on them, and the point."""
        known = {*self.parameters, *self.whole.parameters} - {*self.point}
        return {x: value for x, value in self.given.items() if x not in known or value.free_symbols - known}


def axes_of(model: Model) -> tuple[sp.Symbol, ...]:
    """The momenta along which there are derivatives."""
    return model.whole.k if isinstance(model, Section) else model.k


def letters(model: Model) -> Letters:
    """(name, axes) -> H differentiated along axes, or s."""
    if model.bosons is None:
        return model.formulas.symbolic
    g: sp.Matrix = model.bosons.g
    return lambda name, axes: g * model.formulas.symbolic(name, axes)
