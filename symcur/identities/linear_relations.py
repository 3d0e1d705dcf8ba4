"""All linear relations among given expressions: identities found, and proofs that there are none.

The normal form of an expression is a vector over linearly independent keys, once the gaps of all expressions are brought to a
common denominator (``symcur.expressions.energies``). Linear relations with rational coefficients are therefore the kernel of a
matrix of rational numbers. Random exact points, which know nothing of the rules, check both sides of that
(``symcur.identities.exact_rank``): every relation holds there, and the values of what is left have full rank, so that none is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from symcur import expressions as ex
from symcur.claims.prover import Equality, ProofResult, check_abbreviations, examine
from symcur.display import Block, Card, Formula, Sentence, Shown
from symcur.expressions import Axis, Expression, as_expression, is_operator
from symcur.expressions.energies import cleared
from symcur.expressions.normal_form import NormalForm, normal_form
from symcur.identities.exact_rank import Independence, Row, agree, counted, echelon, independence, kernel
from symcur.identities.words import permuted, primitives
from symcur.running import watched
from symcur.typed import Identity, axis_of, plain, read, speaks_of_operators

Typed = Expression | str
MOST_PERMUTED = 4  # axes
Modulo = Mapping[Axis, Typed | Sequence[Typed]] | Sequence[Axis] | Axis


@dataclass(frozen=True)
class Answer:
    """Whether a target is a linear combination of the basis: the equality that expresses it, or why there is none."""

    target: Expression
    equality: Equality | None
    how: str

    def __bool__(self) -> bool:
        return self.equality is not None

    def __str__(self) -> str:
        return f"{self.equality.note}\n{self.how}" if self.equality else f"{plain(self.target)}: {self.how}"

    def _repr_latex_(self) -> str:
        if self.equality:
            return f"${' = '.join(self.equality.latex())}$"
        return rf"${self.target.latex()}$ \text{{: {self.how}}}"


class Relations(Shown):
    """The linear relations among ``targets`` and ``basis``, up to derivatives of ``primitives``, in echelon form.

    ``relations`` are equalities, each with the first target that occurs in it, or else the last member of the basis, alone on
    its left; those without a primitive come first. Every relation is a linear combination of them (and, where there are
    primitives, of total derivatives that vanish).
    """

    def __init__(
        self,
        targets: Sequence[Expression],
        basis: Sequence[Expression],
        primitives: Sequence[tuple[Axis, Expression]],
        nondegenerate: bool,
    ) -> None:
        self.targets, self.basis, self.primitives = tuple(targets), tuple(basis), tuple(primitives)
        self.nondegenerate = nondegenerate
        self.columns = (*self.targets, *self.basis)
        forms = [_form(x, nondegenerate) for x in self.expressions]
        self._rows = echelon(kernel(cleared([form.terms for form in forms])), self._order)
        self.coefficients = self._sorted()
        self.relations = tuple(self.equality(row) for row in self.coefficients)
        for equality, agrees in zip(
            self.relations, agree(self.expressions, self.coefficients, nondegenerate), strict=True
        ):
            if not agrees:
                raise ArithmeticError(
                    f"relations: expected {equality.note} to hold at random exact points, got a difference"
                )

    @cached_property
    def proofs(self) -> tuple[ProofResult, ...]:
        """What ``settle`` says of each relation."""
        return tuple(map(examine, self.relations))

    def card(self) -> Card:
        """What notebooks show: every relation with its verdict, and of targets that are in none why there is none."""
        blocks: list[Block] = []
        for proof in self.proofs:
            blocks += [Formula(" = ".join(proof.equality.latex())), Sentence(f"{proof.outcome}: {proof.how}")]
        for answer in filter(lambda answer: not answer, map(self.expressed, self.targets)):
            blocks += [Formula(answer.target.latex()), Sentence(answer.how)]
        return Card(counted(len(self.relations), "relation"), tuple(blocks))

    @property
    def among_primitives(self) -> tuple[Row, ...]:
        """The total derivatives that vanish: coefficients of the relations without targets and basis."""
        return tuple(row for lead, row in self._rows.items() if lead >= len(self.columns))

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Targets, basis and the derivatives of the primitives: those that ``coefficients`` belong to."""
        return (*self.columns, *(ex.Derivative(axis, primitive) for axis, primitive in self.primitives))

    @property
    def _order(self) -> list[int]:
        """Columns from that which should stand alone on the left to that which should not."""
        total, basis, first = len(self.expressions), len(self.columns), len(self.targets)
        return [*range(first), *range(basis - 1, first - 1, -1), *range(total - 1, basis - 1, -1)]

    def _sorted(self) -> tuple[Row, ...]:
        """Relations without primitives, then those that are new with them; neither follows from the others."""
        width = len(self.columns)
        order = [*range(width, len(self.expressions)), *self._order[:width]]  # primitives are eliminated
        exact = [row for lead, row in echelon(self._rows.values(), order).items() if lead < width]
        leads = echelon(exact, self._order)
        others = [_reduced(row, leads) for row in self._rows.values()]
        new = [row for lead, row in echelon(others, self._order).items() if lead < width]
        return (*leads.values(), *new)

    def equality(self, row: Row) -> Equality:
        """The relation with these coefficients, one for each of ``expressions``, solved for one of them."""
        lead = next(j for j in self._order if row[j])
        terms = {j: -value / row[lead] for j, value in enumerate(row) if value and j != lead}
        width = len(self.columns)
        right = ex.add(*(_times(c, self.columns[j]) for j, c in terms.items() if j < width))
        flux = tuple(
            (axis, _times(terms[j], primitive))
            for j, (axis, primitive) in enumerate(self.primitives, width)
            if j in terms
        )
        left = self.columns[lead]
        operators = any(map(is_operator, (left, right)))
        return Equality(left, right, Identity(left, right, flux, operators).plain(), "claim", flux)

    def holds(self, row: Row) -> bool:
        """Whether these coefficients, one for each of ``expressions``, make a relation."""
        return not any(_reduced(row, self._rows))

    @property
    def independent(self) -> tuple[Expression, ...]:
        """The columns, and derivatives of primitives, in terms of which the relations express the others."""
        return tuple(x for j, x in enumerate(self.expressions) if j not in self._rows)

    @cached_property
    def certificate(self) -> Independence:
        """Values that prove the ``independent`` expressions to be so, apart from the normal forms: no relation is missing."""
        return independence(self.independent, self.nondegenerate)

    def expressed(self, target: Typed | None = None) -> Answer:
        """The target (by default the only one) by the basis alone, exactly if possible and else up to the primitives."""
        place = self._place(target)
        others = set(range(len(self.targets))) - {place}
        for rows in (self._exact(), self._rows):
            row = rows.get(place)
            if row is not None and not any(row[j] for j in others):
                equality = self.equality(row)
                return Answer(self.targets[place], equality, examine(equality).outcome)
        return Answer(self.targets[place], None, self._why_not())

    def _exact(self) -> dict[int, Row]:
        width = len(self.columns)
        return echelon((row for row in self.coefficients if not any(row[width:])), self._order)

    def _place(self, target: Typed | None) -> int:
        names = ", ".join(map(plain, self.targets))
        if target is None and len(self.targets) == 1:
            return 0
        for place, known in enumerate(self.targets):
            if target == known or (isinstance(target, str) and _read([target], [known])[0] == known):
                return place
        raise ValueError(f"target: expected one of {names}, got {target if target is None else str(target)!r}")

    def _why_not(self) -> str:
        flux = f", nor with derivatives of {counted(len(self.primitives), 'primitive')}" if self.primitives else ""
        text = (
            f"no linear combination with rational coefficients of the basis ({counted(len(self.basis), 'expression')}){flux}; "
            "no relation is missing, as "
        )
        if self.certificate:
            return text + str(self.certificate)
        forms = f"the normal forms of {counted(len(self.independent), 'expression')} are independent"
        return f"{text}{forms} (at points: {self.certificate})"

    def __str__(self) -> str:
        found = [equality.note for equality in self.relations]
        count = f"{counted(len(found), 'relation')} among {counted(len(self.columns), 'expression')}"
        return "\n".join([count, *(f"  {text}" for text in found)])

    def _repr_latex_(self) -> str:
        if not self.relations:
            return rf"$\text{{{self}}}$"
        rows = (r" &= ".join(equality.latex()) for equality in self.relations)
        return "$$\n\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}\n$$"


@watched("relations")
def relations(
    targets: Typed | Iterable[Typed],
    basis: Typed | Iterable[Typed] = (),
    modulo: Modulo = (),
    *,
    times: Typed | Iterable[Typed] = (),
    permute: Sequence[Axis] = (),
    nondegenerate: bool = False,
) -> Relations:
    """All linear relations with rational coefficients among expressions (or text, see ``symcur.typed``).

    ``basis``: what ``targets`` shall be expressed by. ``times``: numbers such as "v^i", "f", "g" that each member of the basis is
    multiplied with as well. ``permute``: axes that are put in all orders in the basis. ``modulo``: {axis: primitives} to allow total
    derivatives of these, or axes alone: primitives are then made from words (``symcur.identities.words``). Relations hold for
    multiplets of any rank; with ``nondegenerate=True`` those that hold for single bands are found as well.

    Raises Unreadable for a text that cannot be read, TypeError and ValueError for what is outside of the fragment in which normal
    forms decide, by name.

    >>> import symcur as sc
    >>> print(sc.relations(r"d^{i\\tau}", ["J^{is}", "v^i s"]))
    1 relation among 3 expressions
      d^{i tau} = -J^{is} + v^{i}s
    """
    given = [*_listed("targets", targets)], [*_listed("basis", basis)]
    operators = any(map(_speaks_of_operators, (*given[0], *given[1])))
    goals, members = ([_expression(x, operators) for x in part] for part in given)
    orders = tuple(_axis("permute", axis) for axis in permute)
    if len(orders) > MOST_PERMUTED:
        raise ValueError(f"permute: expected at most {MOST_PERMUTED} axes, got {len(orders)}")
    members = [moved for member in members for moved in permuted(member, orders)]
    factors = [ex.ONE, *(_expression(x, False) for x in _listed("times", times))]
    members = [ex.multiply(factor, member) for factor in factors for member in members]
    goals, members = list(dict.fromkeys(goals)), list(dict.fromkeys(members))
    _check_kind([*goals, *members])
    flux = _primitives(modulo, [*goals, *members], operators)
    return Relations(goals, members, flux, nondegenerate)


def _reduced(row: Row, leads: Mapping[int, Row]) -> Row:
    """The row without its part along the rows of an echelon form."""
    for lead, known in leads.items():
        row = tuple(x - row[lead] * y for x, y in zip(row, known, strict=True))
    return row


def _listed(name: str, given: Any) -> list[Any]:
    if isinstance(given, str | Expression):
        return [given]
    if not isinstance(given, Iterable):
        raise TypeError(f"{name}: expected expressions or text, got {given!r}")
    return list(given)


def _read(texts: Sequence[Typed], others: Sequence[Expression]) -> list[Expression]:
    operators = any(map(_speaks_of_operators, (*texts, *others)))
    return [_expression(text, operators) for text in texts]


def _speaks_of_operators(given: Any) -> bool:
    if isinstance(given, str):
        return speaks_of_operators(given)
    return isinstance(given, Expression) and is_operator(given)


def _expression(given: Any, operators: bool) -> Expression:
    return read(given, operators) if isinstance(given, str) else as_expression(given)


def _check_kind(expressions: Sequence[Expression]) -> None:
    """All numbers of the band, or all operators; and nothing that is not what its abbreviation says."""
    for expression in expressions:
        check_abbreviations(expression)
    kinds = {is_operator(x): x for x in expressions if not isinstance(x, ex.Number)}
    if len(kinds) == 2:
        raise ValueError(
            f"expressions: expected all operators or all numbers of the band, got the operator {plain(kinds[True])} and the "
            f"number {plain(kinds[False])}"
        )


def _form(expression: Expression, nondegenerate: bool) -> NormalForm:
    try:
        return normal_form(expression, multiplet=not nondegenerate)
    except (TypeError, ValueError) as reason:
        raise ValueError(
            f"expressions: expected what has a normal form, got {expression.latex()}, which has none: {reason}"
        ) from None


def _primitives(modulo: Any, expressions: Sequence[Expression], operators: bool) -> list[tuple[Axis, Expression]]:
    if isinstance(modulo, Mapping):
        pairs = [
            (_axis("modulo", a), _expression(x, operators))
            for a, given in modulo.items()
            for x in _listed("modulo", given)
        ]
        _check_kind([*expressions, *(primitive for _, primitive in pairs)])
        return list(dict.fromkeys(pairs))
    axes = [_axis("modulo", axis) for axis in ([modulo] if isinstance(modulo, str | int) else modulo)]
    if not axes:
        return []
    if any(map(is_operator, expressions)) or any(set(ex.bands_of(x)) - {"n"} for x in expressions):
        raise ValueError(
            "modulo: expected numbers of the band n where primitives shall be found; give them, as in "
            f"modulo={{{axes[0]!r}: [...]}}, got other expressions"
        )
    return primitives([_form(x, False).terms for x in expressions], axes)


def _axis(name: str, given: Any) -> Axis:
    if isinstance(given, bool) or not isinstance(given, str | int) or given == "":
        raise TypeError(f"{name}: expected an axis such as 'i', got {given!r}")
    return axis_of(given) if isinstance(given, str) else given


def _times(coefficient: Any, expression: Expression) -> Expression:
    return int(coefficient.p) * expression / int(coefficient.q)
