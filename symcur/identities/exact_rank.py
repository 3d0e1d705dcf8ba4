"""Exact linear algebra over expressions: the relations between their normal forms, and values that prove independence.

The two are independent of each other. Normal forms give the relations with rational coefficients, as the kernel of a matrix
of rational numbers. Values at random exact points modulo a prime give a lower bound for the rank: expressions whose values
have full rank obey no relation, because a minor that is not zero modulo a prime is not zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flint import fmpq, fmpq_mat, nmod_mat

from symcur import expressions as ex
from symcur.claims.prover import multiplets
from symcur.expressions import Expression, is_operator
from symcur.expressions.exact_points import Demand, ExactPoint
from symcur.expressions.power_series import PRIME, Modular

Row = tuple[Any, ...]  # one rational number (fmpq) for every column
_ZERO, _ONE = fmpq(0), fmpq(1)


# -- relations between vectors -----------------------------------------------------------------------------------------
def kernel(vectors: Sequence[Mapping[Any, Any]]) -> list[Row]:
    """A basis of the rational c with sum of c_j vectors_j = 0, for vectors {key: complex rational number}."""
    width = len(vectors)
    pivots = echelon(_equations(vectors), range(width))
    rows = []
    for free in range(width):
        if free not in pivots:
            solution = {lead: -row[free] for lead, row in pivots.items()}
            solution[free] = _ONE
            rows.append(tuple(solution.get(j, _ZERO) for j in range(width)))
    return rows


def _equations(vectors: Sequence[Mapping[Any, Any]]) -> list[Row]:
    """The equations that the coefficients of a relation obey, one for the real and the imaginary part of every key."""
    equations: dict[Any, dict[int, Any]] = defaultdict(dict)
    for j, terms in enumerate(vectors):
        for key, value in terms.items():
            for part, number in (("re", value.x), ("im", value.y)):
                if number:
                    equations[key, part][j] = fmpq(int(number.numerator), int(number.denominator))
    distinct = {tuple((j, x / next(iter(row.values()))) for j, x in row.items()) for row in equations.values()}
    return [tuple(dict(row).get(j, _ZERO) for j in range(len(vectors))) for row in sorted(distinct, key=str)]


def echelon(rows: Iterable[Row], order: Iterable[int]) -> dict[int, Row]:
    """The reduced echelon form with respect to the columns in this order, {leading column: row}."""
    rows, order = list(rows), list(order)
    if not rows:
        return {}
    matrix, rank = fmpq_mat([[row[j] for j in order] for row in rows]).rref()
    place = {j: position for position, j in enumerate(order)}
    reduced = {}
    for row in matrix.tolist()[:rank]:
        lead = next(j for j, value in zip(order, row, strict=True) if value)
        reduced[lead] = tuple(row[place[j]] for j in range(len(order)))
    return reduced


# -- values at random exact points -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Independence:
    """Values of expressions at random exact points modulo PRIME; their rank is at most that of the expressions.

    ``points`` are (ranks of the bands with a name, number of states, seed, whether the adjoints are read).
    """

    expressions: tuple[Expression, ...]
    points: tuple[tuple[tuple[int, ...], int, int, bool], ...]
    rank: int

    def __bool__(self) -> bool:
        """Whether the expressions are proved to be linearly independent."""
        return self.rank == len(self.expressions)

    def rerun(self) -> int:
        """The rank, computed again from the seeds."""
        demand = _demand(self.expressions)
        return _rank([row for point in self.points for row in _values(self.expressions, demand, *point)])

    def __str__(self) -> str:
        ranks = sorted({rank for ranks, *_ in self.points for rank in ranks}) or [1]
        of = f"bands of rank {ranks[0]}" if len(ranks) == 1 else f"bands of ranks {', '.join(map(str, ranks))}"
        return (
            f"values of {counted(len(self.expressions), 'expression')} at {counted(len(self.points), 'random exact point')} "
            f"modulo {PRIME} ({of}) have rank {self.rank}"
        )


def counted(number: int, what: str) -> str:
    """One expression, two expressions."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def agree(expressions: Sequence[Expression], rows: Sequence[Row], nondegenerate: bool = False) -> list[bool]:
    """Whether each of the relations holds at a random point of every pattern of ranks, of as many states as decide."""
    if not rows:
        return []
    demand = _demand(expressions)
    modular = [[int(x.p) * pow(int(x.q), -1, PRIME) for x in row] for row in rows]
    result = [True] * len(rows)
    for seed, ranks in enumerate(_patterns(demand, nondegenerate), start=1):
        for values in _values(expressions, demand, ranks, demand.states(ranks), seed, False):
            for j, row in enumerate(modular):
                total = sum(x * value for x, value in zip(row, values, strict=True) if x)
                result[j] = result[j] and total % PRIME == 0
    return result


def _patterns(demand: Demand, nondegenerate: bool) -> list[tuple[int, ...]]:
    """Ranks of the bands with a name: single bands, and multiplets unless they are excluded."""
    bands = len(demand.bands)
    return [(1,) * bands, *([] if nondegenerate else multiplets(bands))]


def independence(expressions: Sequence[Expression], nondegenerate: bool = False) -> Independence:
    """Read the expressions at points until their values have full rank, or do not gain rank any more.

    Nondegenerate bands first, then ``multiplets`` unless they are excluded, then the adjoints, which tell X from i X.
    """
    expressions = tuple(expressions)
    demand = _demand(expressions)
    rows: list[list[int]] = []
    points: list[tuple[tuple[int, ...], int, int, bool]] = []
    rank = seed = 0
    for adjoint in (False, True):
        for ranks in _patterns(demand, nondegenerate):
            failures = 0
            while rank < len(expressions) and failures < 2:
                seed += 1
                point = (ranks, demand.states(ranks), seed, adjoint)
                more = list(_values(expressions, demand, *point))
                found = _rank([*rows, *more])
                if found > rank:
                    rank, failures = found, 0
                    rows += more
                    points.append(point)
                else:
                    failures += 1
    return Independence(expressions, tuple(points), rank)


def _demand(expressions: Sequence[Expression]) -> Demand:
    return Demand.of(ex.add(*expressions))


def _values(
    expressions: Sequence[Expression], demand: Demand, ranks: tuple[int, ...], states: int, seed: int, adjoint: bool
) -> Iterator[list[int]]:
    """Rows of values, one column for each expression; of operators every matrix element makes a row."""
    point = ExactPoint(demand, states, ranks, Modular(), seed)
    matrices = [point.value(ex.adjoint(x) if adjoint else x) for x in expressions]
    places = states if any(map(is_operator, expressions)) else 1
    for a in range(places):
        for b in range(places):
            yield [int(matrix[a, b]) for matrix in matrices]


def _rank(rows: list[list[int]]) -> int:
    if not rows or not rows[0]:
        return 0
    return int(nmod_mat(len(rows), len(rows[0]), [value for row in rows for value in row], PRIME).rank())
