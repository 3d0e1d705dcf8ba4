"""The metric eta of bosons: words of forms, and the electronic words that they stand for.

The fields of a bosonic Bogoliubov Hamiltonian (1/2) Psi^+ H Psi obey [Psi_a, Psi_b^+] = eta_ab with eta^+ = eta, eta^2 = 1. H, its
derivatives and s are Hermitian forms; what acts on states is eta X. P and S are the projectors and resolvents of eta H, whose
eigenstates are para-unitary: t^+ eta t = +-1. A word is well formed if forms and metrics alternate in this sense: P and S take
states to states, a form takes states to the dual space, and the metric goes from either to the other.

In a well-formed word every form is followed, on its left, by a metric, and the other metrics come in pairs eta eta = 1. With
the bars Xbar = eta X left out it is therefore a word of electrons, and well-formed identities of bosons are those of electrons:
the rules for words (P^2 = P, P S = 0, eta H P = e P, cyclic traces, the rules for derivatives) hold for the barred letters, the
adjoint X -> eta X^+ eta leaves barred letters, P and S as they are, as the Hermitian one does without metric, and an identity of
words that holds for all Hermitian matrices is polynomial in their entries and holds for all complex ones. For the same reason
what is refuted for the ones is refuted for the others.
"""

from __future__ import annotations

from functools import cache, reduce

from symcur.expressions.calculus import adjoint, is_operator
from symcur.expressions.expression import (
    METRIC,
    ONE,
    Derivative,
    Expression,
    Im,
    Named,
    Number,
    Operator,
    Product,
    Projector,
    Re,
    Resolvent,
    Sum,
    Trace,
    add,
    multiply,
    substitute,
    walk,
)
from symcur.expressions.wannier import is_curved

# From where to where an operator acts, (left, right), 0 for states and 1 for their dual; None for a number.
Kinds = frozenset[tuple[int, int]]
_STATES, _FORM, _METRIC = frozenset({(0, 0)}), frozenset({(1, 0)}), frozenset({(0, 1), (1, 0)})
_IDENTITY = frozenset({(0, 0), (1, 1)})


@cache
def has_metric(expression: Expression) -> bool:
    return any(node == METRIC for node in walk(expression))


def bosonic(expression: Expression) -> Expression:
    """The bosonic expression for a word of electrons: eta X in the place of X, and tau and J the forms of that name."""

    def barred(node: Expression) -> Expression | None:
        match node:
            case Operator():
                return METRIC * node
            case Named(symbol, definition, hermitian) if is_operator(definition):
                return METRIC * Named(symbol, form(bosonic(definition)), hermitian)
            case Named(symbol, definition, hermitian):
                return Named(symbol, bosonic(definition), hermitian)
        return None

    if has_metric(expression):
        raise ValueError(f"expression: expected one of electrons, got the metric in {expression}")
    return substitute(expression, barred)


def form(operator: Expression) -> Expression:
    """The form X of an operator eta X."""
    match operator:
        case Sum(terms):
            return add(*map(form, terms))
        case Product((Number() as number, *factors)):
            return number * form(multiply(*factors))
        case Product((first, *factors)) if first == METRIC:
            return multiply(*factors)
    return METRIC * operator


@cache
def electronic(expression: Expression) -> Expression:
    """The expression of electrons that a well-formed one of bosons stands for.

    Raises a ValueError that points at a form in the place of an operator.
    """
    if not has_metric(expression):
        return expression
    if is_curved(expression):
        raise ValueError(f"expression: expected ordinary derivatives beside the metric, got {expression}")
    _kinds(expression)
    return _without_metric(expression)


def _without_metric(expression: Expression) -> Expression:
    match expression:
        case Operator() if expression == METRIC:
            return ONE
        case Named(_, definition, _) if has_metric(definition):
            return _without_metric(definition)
    return expression.rebuild(*map(_without_metric, expression.children))


@cache
def sharp(expression: Expression) -> Expression:
    """The adjoint: of an operator A on states eta A^+ eta, of a form X its Hermitian adjoint; of numbers the complex conjugate."""
    left, right = min(_kinds(expression) or _STATES)
    result = bosonic(adjoint(_without_metric(expression)))
    if left:
        result = form(result)
    return result * METRIC if right else result


def _kinds(expression: Expression) -> Kinds | None:
    """Between which spaces an expression acts; raises where there are none."""
    match expression:
        case Operator():
            return _METRIC if expression == METRIC else _FORM
        case Projector() | Resolvent():
            return _STATES
        case Trace(operand):
            kinds = _kinds(operand)
            if kinds is not None and not kinds & _IDENTITY:
                raise ValueError(f"expression: expected the metric in front of the form in a trace, got {expression}")
            return None
        case Sum(terms):
            several = [_kinds(term) for term in terms]
            if all(kinds is None for kinds in several):
                return None
            common = reduce(Kinds.intersection, (_IDENTITY if kinds is None else kinds for kinds in several))
            if not common:
                raise ValueError(f"expression: expected operators or forms alone in a sum, got {expression}")
            return common
        case Product(factors):
            return _kinds_of_product(expression, factors)
        case Re(operand) | Im(operand) | Derivative(_, operand) | Named(_, operand):
            return _kinds(operand)
    return None


def _kinds_of_product(expression: Expression, factors: tuple[Expression, ...]) -> Kinds | None:
    found: Kinds | None = None
    before: Expression = ONE
    for factor in factors:
        kinds = _kinds(factor)
        if kinds is None:
            continue
        joined = kinds if found is None else frozenset((a, c) for a, b in found for start, c in kinds if b == start)
        if not joined:
            raise ValueError(
                f"expression: expected forms and the metric in turn, as in {METRIC} s {METRIC} H, got {before} next to {factor} in "
                f"{expression}"
            )
        found, before = joined, factor
    return found
