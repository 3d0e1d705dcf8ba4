"""Systematic mutations of a formula: one sign, index, factor, power, term or operator order changed at a time."""

from __future__ import annotations

from collections.abc import Iterator

from symcur import expressions as ex
from symcur.expressions import Expression

OTHER = {"i": "l", "l": "i"}


def mutants(expression: Expression) -> Iterator[tuple[str, Expression]]:
    """All (description, mutant) with exactly one change anywhere in the expression, abbreviations written out."""
    yield from _here(expression)
    match expression:
        case ex.Sum(terms):
            for j, term in enumerate(terms):
                yield "sign", ex.add(*terms[:j], -term, *terms[j + 1 :])
                yield "dropped term", ex.add(*terms[:j], *terms[j + 1 :])
                yield "factor 2", ex.add(*terms[:j], 2 * term, *terms[j + 1 :])
                for what, changed in mutants(term):
                    yield what, ex.add(*terms[:j], changed, *terms[j + 1 :])
        case ex.Product(factors):
            for j, factor in enumerate(factors):
                for what, changed in mutants(factor):
                    yield what, ex.multiply(*factors[:j], changed, *factors[j + 1 :])
        case ex.Trace(operand) | ex.Re(operand) | ex.Im(operand):
            for what, changed in mutants(operand):
                yield what, type(expression)(changed)
        case ex.Derivative(axis, operand):
            for what, changed in mutants(operand):
                yield what, ex.Derivative(axis, changed)
        case ex.Named(_, definition):
            yield from mutants(definition)


def _here(expression: Expression) -> Iterator[tuple[str, Expression]]:
    match expression:
        case ex.Operator("H", axes):
            for j, axis in enumerate(axes):
                if axis in OTHER:
                    yield "index", ex.Operator("H", ex.ordered((*axes[:j], OTHER[axis], *axes[j + 1 :])))
        case ex.BandEnergy(band, (axis,)) if axis in OTHER:
            yield "index", ex.BandEnergy(band, (OTHER[axis],))
        case ex.Derivative(axis, operand) if axis in OTHER:
            yield "index", ex.Derivative(OTHER[axis], operand)
            yield "dropped derivative", operand
        case ex.Resolvent(band, power):
            yield "S^2 for S", ex.Resolvent(band, power + 1)
            if power > 1:
                yield "S for S^2", ex.Resolvent(band, power - 1)
            yield "Q for S", 1 - ex.Projector(band)
        case ex.Trace(operand):
            yield "adjoint", ex.Trace(ex.adjoint(operand))
        case ex.Re(operand):
            yield "Im for Re", ex.Im(operand)
        case ex.Im(operand):
            yield "Re for Im", ex.Re(operand)
        case ex.Occupation("f", band, 0):
            yield "g for f", ex.Occupation("g", band)
        case ex.Occupation("g", band, 0):
            yield "f for g", ex.Occupation("f", band)
        case ex.Gap(m, n, power):
            yield "gap power", ex.Gap(m, n, power - 1)
            yield "gap sign", ex.Gap(n, m, power)
