"""The proof engine: is one expression equal to another, possibly up to a total derivative?

Two independent readings decide. A random exact point (``symcur.expressions.exact_points``) comes first: it refutes in
milliseconds. The normal form (``symcur.expressions.normal_form``) proves, for any number of bands. Four outcomes:

proved     equal normal forms for a nondegenerate band and for multiplets of any rank, and random points of ranks 1, 2 and 3
           with as many bands as decide for any number of them agree;
proved for a nondegenerate band
           equal normal forms and a random point that agrees for a nondegenerate band, but a counterexample with a multiplet, or
           no meaning for one (``symcur.expressions.splitting``);
refuted    unequal, with exact rational matrices at which the two sides differ: anyone can rerun them;
undecided  anything else: equal at random points of ranks 1, 2 and 3, but with different normal forms for multiplets (an
           identity of small matrices, which fails for some larger rank), or an expression that the engine cannot read.

Only the first one is ever counted as proved.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sympy import QQ_I, Matrix

from symcur import expressions as ex
from symcur.claims import cards
from symcur.display import Card, Shown
from symcur.expressions import FIELD, Axis, Expression, as_expression
from symcur.expressions.axes import momentum, nabla
from symcur.expressions.bosons import electronic, has_metric
from symcur.expressions.bounds import TooLarge, bounded_terms, require_moderate
from symcur.expressions.exact_points import Demand, degree, rational_point, vanishes
from symcur.expressions.normal_form import has_normal_form, normal_form
from symcur.expressions.power_series import PRIME
from symcur.expressions.splitting import Split
from symcur.expressions.wannier import has_covariant
from symcur.typed import read_identity

NONDEGENERATE = "proved for a nondegenerate band"


@dataclass(frozen=True)
class Equality:
    """lhs = rhs, or lhs = rhs + sum of d_axis(primitive) when an integral over a periodic zone is meant.

    ``role`` is "claim" for what is asserted, "denied" for an equality that the claim says does not hold, "printed" for a
    form that is in print and suspected wrong, "corrected" for what replaces it. ``note`` says in words what the equality states.

    >>> from symcur import Equality, expressions as ex
    >>> print(*Equality(ex.Trace(ex.P * ex.s), ex.Trace(ex.s * ex.P)).latex(), sep=" = ")
    \\mathrm{Tr}[P\\, s] = \\mathrm{Tr}[s\\, P]
    """

    lhs: Expression
    rhs: Expression
    note: str = ""
    role: str = "claim"
    primitive: tuple[tuple[Axis, Expression], ...] = ()

    def __post_init__(self) -> None:
        if FIELD in dict(self.primitive):
            raise ValueError(f"primitive: expected momenta, along which integrals of derivatives vanish, got {FIELD!r}")
        self.difference  # noqa: B018, made at once, so that what is no axis and no expression is refused here

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
            derivative = rf"{nabla(momentum(axis))} \left[{primitive.latex(form)}\right]"
            right = derivative if right == "0" else f"{right} + {derivative}"
        left = self.lhs.latex(form)
        if has_covariant(self.difference) and r"\nabla" not in left + right and "F_" not in left + right:
            right += r"\quad \text{(covariant derivatives)}"
        if has_metric(self.difference) and r"\eta" not in left + right:
            right += r"\quad \text{(bosons)}"
        return left, right


@dataclass(frozen=True)
class Counterexample:
    """Exact rational energies and Hermitian matrices of ``bands`` states at which lhs and rhs differ.

    ``ranks`` are those of the bands that the equality names, in the order of their labels; the other states are single.
    """

    equality: Equality
    bands: int
    seed: int
    lhs: Any  # complex, or exact as SymPy has it where both sides are the same complex number
    rhs: Any
    ranks: tuple[int, ...] = ()

    def rerun(self) -> tuple[Any, Any]:
        """Compute both sides again from the seed."""
        return _both_sides(self.equality, self.bands, self.ranks, self.seed)

    @property
    def matrices(self) -> dict[Expression, Any]:
        """H, its derivatives and the other operators that the equality contains as SymPy matrices, between the eigenstates;
        where derivatives are covariant, F and those of all operators.

        The states of the bands with a name come first; H is the diagonal matrix of the energies, of bosons times the metric.
        """
        difference = self.equality.difference
        point = rational_point(difference, self.bands, self.ranks, self.seed)
        named = {letter for letter in ex.letters(difference) if isinstance(letter, ex.Operator)}
        letters = dict.fromkeys((*point.operators(letter.name for letter in named), *sorted(named, key=str)))
        return {letter: _matrix(point.entries(letter)) for letter in letters}

    def __str__(self) -> str:
        ranks = "" if max(self.ranks, default=1) == 1 else f", ranks {', '.join(map(str, self.ranks))}"
        return f"{self.bands} bands{ranks}, seed {self.seed}: lhs = {_short(self.lhs)}, rhs = {_short(self.rhs)}"


@dataclass(frozen=True)
class ProofResult(Shown):
    """What the engine found about one equality."""

    equality: Equality
    outcome: str
    how: str
    seconds: float
    counterexample: Counterexample | None = None

    def card(self) -> Card:
        """What notebooks show: both sides, the outcome, the counterexample."""
        return cards.of_proof(self)


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

    >>> import symcur as sc
    >>> sc.settle(r"d^{i\\tau} = -J^{is} + v^i s").outcome
    'proved'
    >>> sc.settle(r"d^{i\\tau} = J^{is} + v^i s").outcome
    'refuted'
    """
    if isinstance(lhs, str):
        if modulo is not None or rhs != 0:
            raise TypeError(f"lhs: expected the whole identity as text, with = and mod d_l(...), got {lhs!r} and more")
        return examine(typed_equality(lhs, note))
    primitive = tuple((axis, as_expression(value)) for axis, value in (modulo or {}).items())
    return examine(Equality(as_expression(lhs), as_expression(rhs), note, "claim", primitive))


def typed_equality(text: str, note: str = "", role: str = "claim") -> Equality:
    """The equality that a text stands for; its note, unless one is given, is what was read. Raises Unreadable, a ValueError."""
    identity = read_identity(text)
    return Equality(identity.lhs, identity.rhs, note or identity.plain(), role, identity.primitive)


def examine(equality: Equality) -> ProofResult:
    """The outcome for one equality, by a random exact point and by the normal forms."""
    start = time.perf_counter()
    try:
        outcome, how, counterexample = _decide(equality)
    except TooLarge as reason:
        outcome, how, counterexample = "undecided", f"too large: {reason}", None
    except RecursionError:
        outcome, how, counterexample = (
            "undecided",
            "too large: expressions within each other fill the stack of Python",
            None,
        )
    except (TypeError, ValueError, KeyError, ArithmeticError) as error:
        outcome, how, counterexample = "undecided", f"the engine cannot read it: {error}", None
    return ProofResult(equality, outcome, how, time.perf_counter() - start, counterexample)


Decision = tuple[str, str, Counterexample | None]


def _decide(equality: Equality) -> Decision:
    difference = equality.difference
    require_moderate(difference)
    for j, axis in enumerate("xyz"):
        if {j, axis} <= set(map(momentum, ex.axes_of(difference))):
            raise ValueError(f"axes: expected {j} or {axis!r} for one direction, which print alike, got both")
    check_abbreviations(difference)
    agree = vanishes(difference)
    if not agree and has_normal_form(difference):
        return _refuted(equality)
    meaningless = ""
    with bounded_terms():
        try:
            multiplet = not normal_form(difference, multiplet=True)
        except Split as reason:
            multiplet, meaningless = False, str(reason)
        single = multiplet or not normal_form(difference)  # the form for multiplets contains that for one band
    if single != agree:
        return "undecided", "the normal form and a random point disagree; this is a fault of the engine", None
    if not single:
        return _refuted(equality)
    if meaningless:
        return NONDEGENERATE, f"equal normal forms for a nondegenerate band; {meaningless}", None
    failing = [ranks for ranks in multiplets(len(ex.bands_of(difference))) if not vanishes(difference, ranks)]
    if multiplet and failing:
        return (
            "undecided",
            "the normal form of multiplets and a random point disagree; this is a fault of the engine",
            None,
        )
    if multiplet:
        how = (
            "equal normal forms, any number of bands and any rank; random points of ranks 1, 2 and 3 agree "
            f"(by chance with probability {3 * degree(difference) / PRIME:.0e})"
        )
        return "proved", how, None
    if not failing:
        how = (
            "proved for a nondegenerate band; normal forms differ for multiplets, random points of ranks 2 and 3 do not"
        )
        return "undecided", how, None
    counterexample = find_counterexample(equality, failing[0])
    how = (
        "equal normal forms for a nondegenerate band; normal forms differ for multiplets, as do the sides at a random point "
        f"of rank {max(failing[0])}"
    )
    return (NONDEGENERATE if counterexample else "undecided"), how, counterexample


def check_abbreviations(expression: Expression) -> None:
    """Raise ValueError unless what is said to be Hermitian is equal to its adjoint."""
    for node in ex.walk(expression):
        if isinstance(node, ex.Named) and node.hermitian and not _is_hermitian(node.definition):
            raise ValueError(
                f"hermitian: expected a definition equal to its adjoint for {node.symbol}, got {node.definition}"
            )


@lru_cache(maxsize=1024)
def _is_hermitian(definition: Expression) -> bool:
    """At random points; the normal form and the point take an abbreviation at its word."""
    definition = electronic(definition)
    difference = definition - ex.adjoint(definition)
    return all(vanishes(difference, ranks) for ranks in (None, *multiplets(len(ex.bands_of(difference)))))


def _refuted(equality: Equality) -> Decision:
    counterexample = find_counterexample(equality)
    if counterexample is None:
        return "undecided", "a random point modulo a prime tells the sides apart, no rational one was found", None
    return "refuted", "counterexample in exact arithmetic", counterexample


def multiplets(labels: int) -> list[tuple[int, ...]]:
    """The ranks of the points at which multiplets are looked at: 2 and 3, of neighbouring labels not the same."""
    return [tuple(rank - j % 2 for j in range(labels)) for rank in (2, 3)] if labels else []


def find_counterexample(
    equality: Equality, ranks: tuple[int, ...] | None = None, attempts: int = 5
) -> Counterexample | None:
    """Random exact matrices that tell the two sides apart, of two bands more than have a name or as many as decide."""
    demand = Demand.of(equality.difference)
    ranks = ranks or (1,) * len(demand.bands)
    decisive = demand.states(ranks)
    for bands in sorted({max(3, sum(ranks)), max(3, decisive)}):
        if vanishes(equality.difference, ranks, bands):
            continue
        for seed in range(1, attempts + 1):
            lhs, rhs = _both_sides(equality, bands, ranks, seed)
            if lhs != rhs:
                return Counterexample(equality, bands, seed, lhs, rhs, ranks)
    return None


def _both_sides(equality: Equality, bands: int, ranks: tuple[int, ...], seed: int) -> tuple[Any, Any]:
    """lhs and rhs (with the derivative of the primitive) at random exact matrices; of operators one entry."""
    point = rational_point(equality.difference, bands, ranks, seed)
    sides = [itertools.chain(*point.entries(side)) for side in equality.sides]
    pairs = list(zip(*sides, strict=True))
    lhs, rhs = next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])
    with contextlib.suppress(OverflowError):
        rounded = _complex(lhs), _complex(rhs)
        if lhs == rhs or rounded[0] != rounded[1]:
            return rounded
    return QQ_I.to_sympy(lhs), QQ_I.to_sympy(rhs)


def _matrix(rows: list[list[Any]]) -> Matrix:
    return Matrix([[QQ_I.to_sympy(value) for value in row] for row in rows])


def _complex(value: Any) -> complex:
    return complex(float(value.x), float(value.y))


def _short(value: Any) -> str:
    if not isinstance(value, complex):
        return str(value)
    return f"{value.real:.6g}" if value.imag == 0 else f"{value:.6g}"
