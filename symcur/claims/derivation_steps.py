"""Steps of a derivation: an equation that is settled when it is written, and printed from its expressions."""

from __future__ import annotations

from dataclasses import dataclass

from symcur.claims.prover import ProofResult, settle
from symcur.expressions import Axis, Expression, as_expression


@dataclass(frozen=True)
class Step:
    """lhs = rhs with what the engine found; a notebook shows it as LaTeX in the given form, "trace" or "sum"."""

    proof: ProofResult
    form: str = "trace"
    symbol: str = ""

    @property
    def outcome(self) -> str:
        return self.proof.outcome

    def latex(self) -> str:
        """symbol = lhs = rhs, with the derivatives that an integral over the zone drops written out."""
        sides = self.proof.equality.latex(self.form)
        relation = " = " if self.outcome == "proved" else r" \neq "
        return (f"{self.symbol} = " if self.symbol else "") + relation.join(sides)

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex()}$"

    def __repr__(self) -> str:
        return f"{self.outcome}: {self.latex()}"


def step(
    lhs: Expression | complex,
    rhs: Expression | complex = 0,
    *,
    modulo: dict[Axis, Expression] | None = None,
    form: str = "trace",
    symbol: str = "",
) -> Step:
    """An equation that must hold: proved for any number of bands, or an AssertionError.

    ``modulo={axis: primitive}`` allows the derivative of a primitive, as in integrals over a periodic zone. ``form`` and
    ``symbol`` are for printing.
    """
    proof = settle(lhs, rhs, modulo=modulo)
    if proof.outcome != "proved":
        raise AssertionError(f"step: {proof.outcome}, {proof.how}: {as_expression(lhs)} = {as_expression(rhs)}")
    return Step(proof, form, symbol)


def refuted_step(
    lhs: Expression | complex, rhs: Expression | complex = 0, *, form: str = "trace", symbol: str = ""
) -> Step:
    """An equation that must fail: refuted with a counterexample in exact arithmetic, or an AssertionError."""
    proof = settle(lhs, rhs)
    if proof.outcome != "refuted":
        raise AssertionError(f"refuted_step: {proof.outcome}, {proof.how}")
    return Step(proof, form, symbol)
