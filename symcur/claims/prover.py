"""The proof engine: is one expression equal to another, possibly up to a total derivative?

Two independent readings decide. The normal form proves for any number of bands; the explicit sum over states with free
symbols (``symcur.expressions.sum_over_states``) is its independent check, up to five bands. Three outcomes:

proved     equal normal forms for a nondegenerate band and for multiplets of any rank, and the independent check agrees;
refuted    unequal, with exact rational matrices at which the two sides differ: anyone can rerun them;
undecided  anything else: equal for a nondegenerate band but with different normal forms for multiplets (for a small
           fixed rank a trace identity may still hold), or an expression that the engine cannot read. Never counted as proved.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from symcur import expressions as ex
from symcur.expressions import Axis, Expression, Matrix, as_expression, axis_name
from symcur.expressions.normal_form import normal_form
from symcur.expressions.sum_over_states import field_for, random_point, sum_over_states, vanishes
from symcur.typed import read_identity

LARGEST_CHECKED = 5  # bands; the sum over states of more takes minutes to expand


@dataclass(frozen=True)
class Equality:
    """lhs = rhs, or lhs = rhs + sum of d_axis(primitive) when an integral over a periodic zone is meant.

    ``role`` is "claim" for what is asserted, "denied" for an equality that the claim says does not hold, "printed" for a
    form that is in print and suspected wrong, "corrected" for what replaces it. ``note`` says in words what the equality states.
    """

    lhs: Expression
    rhs: Expression
    note: str = ""
    role: str = "claim"
    primitive: tuple[tuple[Axis, Expression], ...] = ()

    @property
    def sides(self) -> tuple[Expression, Expression]:
        """lhs and rhs + sum of d_axis(primitive)."""
        derivatives = (ex.Derivative(axis, expression) for axis, expression in self.primitive)
        return self.lhs, ex.add(self.rhs, *derivatives)

    @property
    def difference(self) -> Expression:
        """lhs - rhs - sum of d_axis(primitive): the expression that must vanish."""
        left, right = self.sides
        return left - right

    def latex(self, form: str = "trace") -> tuple[str, str]:
        """Both sides, with the derivatives that an integral over the zone drops written out on the right."""
        right = self.rhs.latex(form)
        for axis, primitive in self.primitive:
            derivative = rf"\partial_{{k_{{{axis_name(axis)}}}}} \left[{primitive.latex(form)}\right]"
            right = derivative if right == "0" else f"{right} + {derivative}"
        return self.lhs.latex(form), right


@dataclass(frozen=True)
class Counterexample:
    """Exact rational energies and Hermitian matrices of ``bands`` states at which lhs and rhs differ."""

    equality: Equality
    bands: int
    seed: int
    lhs: complex
    rhs: complex

    def rerun(self) -> tuple[complex, complex]:
        """Compute both sides again from the seed."""
        lhs, rhs = _both_sides(self.equality, self.bands, self.seed)
        return _complex(lhs), _complex(rhs)

    def __str__(self) -> str:
        return f"{self.bands} bands, seed {self.seed}: lhs = {_short(self.lhs)}, rhs = {_short(self.rhs)}"


@dataclass(frozen=True)
class ProofResult:
    """What the engine found about one equality."""

    equality: Equality
    outcome: str
    how: str
    seconds: float
    counterexample: Counterexample | None = None


def settle(
    lhs: Expression | complex | str,
    rhs: Expression | complex = 0,
    *,
    note: str = "",
    modulo: dict[Axis, Expression] | None = None,
) -> ProofResult:
    """Settle lhs = rhs for expressions (or exact numbers); ``modulo={axis: primitive}`` allows the derivative of a primitive.

    The expressions must be scalars (traces, Re, Im) or operators on both sides. Floats are refused: write exact numbers.
    An identity may also be typed, as in ``settle(r"d^{i\\tau} = -J^{is} + v^i s")``, see ``symcur.typed``.
    """
    if isinstance(lhs, str):
        if modulo is not None or rhs != 0:
            raise TypeError(f"lhs: expected the whole identity as text, with = and mod d_l(...), got {lhs!r} and more")
        return examine(typed_equality(lhs, note))
    return examine(Equality(as_expression(lhs), as_expression(rhs), note, "claim", tuple((modulo or {}).items())))


def typed_equality(text: str, note: str = "", role: str = "claim") -> Equality:
    """The equality that a text stands for; its note, unless one is given, is what was read. Raises Unreadable, a ValueError."""
    identity = read_identity(text)
    return Equality(identity.lhs, identity.rhs, note or identity.plain(), role, identity.primitive)


def examine(equality: Equality) -> ProofResult:
    """The outcome for one equality, by the normal form and by the independent check."""
    start = time.perf_counter()
    difference = equality.difference
    try:
        single, multiplet = not normal_form(difference), not normal_form(difference, multiplet=True)
        needed = field_for(difference).bands
        checked = vanishes(difference) if needed <= LARGEST_CHECKED else None
    except (TypeError, ValueError, KeyError) as error:
        return ProofResult(equality, "undecided", f"the engine cannot read it: {error}", time.perf_counter() - start)
    counterexample = None
    if checked is not None and single != checked:
        outcome, how = "undecided", "normal form and sum over states disagree; this is a fault of the engine"
    elif single and multiplet:
        outcome = "proved"
        how = "equal normal forms, any number of bands and any rank; " + (
            "sum over states agrees" if checked else f"sum over states not expanded, it would need {needed} bands"
        )
    elif single:
        outcome = "undecided"
        how = "proved for a nondegenerate band; normal forms differ for multiplets of unspecified rank"
    else:
        counterexample = find_counterexample(equality)
        outcome = "refuted" if counterexample else "undecided"
        how = "counterexample in exact arithmetic" if counterexample else "normal forms differ, no counterexample found"
    return ProofResult(equality, outcome, how, time.perf_counter() - start, counterexample)


def find_counterexample(equality: Equality, attempts: int = 5) -> Counterexample | None:
    """Random exact matrices that tell the two sides apart: of three bands, or of as many as decide the equality."""
    for bands in sorted({3, max(field_for(equality.difference).bands, 3)}):
        for seed in range(1, attempts + 1):
            lhs, rhs = _both_sides(equality, bands, seed)
            if lhs != rhs:
                return Counterexample(equality, bands, seed, _complex(lhs), _complex(rhs))
    return None


def _both_sides(equality: Equality, bands: int, seed: int) -> tuple[Any, Any]:
    """lhs and rhs (with the derivative of the primitive) at random exact matrices; of operators one entry."""
    field = field_for(equality.difference, bands)
    point = random_point(field, seed)
    sides = [sum_over_states(side, field) for side in equality.sides]
    if any(isinstance(side, Matrix) for side in sides):
        zero = Matrix(np.full((bands, bands), field.zero, dtype=object))
        entries = list(zip(*((zero + side).array.flat for side in sides), strict=True))
    else:
        entries = [tuple(sides)]
    values = [(lhs.value(point), rhs.value(point)) for lhs, rhs in entries]
    return next((pair for pair in values if pair[0] != pair[1]), values[0])


def _complex(value: Any) -> complex:
    return complex(float(value.x), float(value.y))


def _short(value: complex) -> str:
    return f"{value.real:.6g}" if value.imag == 0 else f"{value:.6g}"
