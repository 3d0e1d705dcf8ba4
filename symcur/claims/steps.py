"""Steps of a derivation: an equation that is settled when it is written, and printed from its words."""

from __future__ import annotations

from dataclasses import dataclass

from symcur.claims.engine import Equality, Finding, examine, settle
from symcur.latex import latex
from symcur.words import Axis, Word, as_word, axis_name


@dataclass(frozen=True)
class Step:
    """lhs = rhs with what the engine found; a notebook shows it as LaTeX in the given form, "trace" or "sum"."""

    finding: Finding
    form: str = "trace"
    symbol: str = ""

    @property
    def outcome(self) -> str:
        return self.finding.outcome

    def latex(self) -> str:
        """symbol = lhs = rhs, with the derivatives that an integral over the zone drops written out."""
        equality = self.finding.equality
        sides = [latex(equality.lhs, self.form), latex(equality.rhs, self.form)]
        for axis, primitive in equality.primitive:
            derivative = rf"\partial_{{k_{{{axis_name(axis)}}}}} \left[{latex(primitive, self.form)}\right]"
            sides[1] = derivative if sides[1] == "0" else f"{sides[1]} + {derivative}"
        relation = " = " if self.outcome == "proved" else r" \neq "
        return (f"{self.symbol} = " if self.symbol else "") + relation.join(sides)

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex()}$"

    def __repr__(self) -> str:
        return f"{self.outcome}: {self.latex()}"


def step(
    lhs: Word | complex,
    rhs: Word | complex = 0,
    *,
    modulo: dict[Axis, Word] | None = None,
    form: str = "trace",
    symbol: str = "",
) -> Step:
    """An equation that must hold: proved for any number of bands, or an AssertionError.

    ``modulo={axis: primitive}`` allows the derivative of a primitive, as in integrals over a periodic zone. ``form`` and
    ``symbol`` are for printing.
    """
    finding = settle(lhs, rhs, modulo=modulo)
    if finding.outcome != "proved":
        raise AssertionError(f"step: {finding.outcome}, {finding.how}: {latex(as_word(lhs))} = {latex(as_word(rhs))}")
    return Step(finding, form, symbol)


def misstep(lhs: Word | complex, rhs: Word | complex = 0, *, form: str = "trace", symbol: str = "") -> Step:
    """An equation that must fail: refuted with a counterexample in exact arithmetic, or an AssertionError."""
    finding = examine(Equality(as_word(lhs), as_word(rhs)))
    if finding.outcome != "refuted":
        raise AssertionError(f"misstep: {finding.outcome}, {finding.how}")
    return Step(finding, form, symbol)
