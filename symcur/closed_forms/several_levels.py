"""Three or four energies, each r times, without further structure: functions of k times 1, z, ..., z^(d-1) over a power of q'(z).

z = E - h0 solves q(z) = z^d - a_2 z^(d-2) - ... - a_d = 0. What stands in front are the traces of words in H', its
derivatives and s of ``powers``, written out as functions of k; a_j that are long keep their names. Where a_3 = 0 for three
levels (energies h0, h0 +- sqrt(a_2)) the powers of q'(z) are turned into powers of a_2 where that is shorter.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from math import prod
from typing import Any

import numpy as np
import sympy as sp

from symcur.arrays import ObjectArray
from symcur.closed_forms.brackets import Written
from symcur.closed_forms.circles import Letter, Monomial, circles
from symcur.closed_forms.degeneracy import power_sums
from symcur.closed_forms.entries import Entries
from symcur.closed_forms.harmonics import written
from symcur.closed_forms.powers import Expanded, Levels, Word, levels_of
from symcur.closed_forms.reading import Reading
from symcur.closed_forms.ring import Exact, NotExact, reduced, total
from symcur.expressions import Expression
from symcur.expressions.atoms import ONE
from symcur.expressions.interpreter import shifted

_SHORT = 3  # operations: longer invariants are given a symbol
_MULTIPLIED_OUT = 8  # operations of an invariant at most, up to which it is put in, so that factors can cancel
_TERMS = 160  # of the numerator of a component: with more of them the steps of the adjugate are shorter
_MOST = 400  # terms of a trace, and of a component before it is simplified
_WORDS = 400  # products of traces in an expression at most


class SeveralLevels(Reading):
    """Reads the expressions of a model with three or four distinct energies, equally often; one object serves all.

    ``unknown``, for z and q'(z), and the symbols a_j and b_j are symbols of the ring of the entries.
    """

    not_compared = 0
    rank: int

    def __init__(
        self,
        entries: Entries,
        distinct: int,
        unknown: tuple[sp.Symbol, sp.Symbol],
        energy: sp.Symbol,
        symbols: dict[str, sp.Symbol],
    ) -> None:
        super().__init__(entries, energy, symbols)
        self.rank = entries.model.size // distinct
        times = "" if self.rank == 1 else f", {self.rank} times each"
        self.structure = f"{('three', 'four')[distinct - 3]} energies{times}: polynomials in H' = H - h0 and z = E - h0"
        self.levels = levels_of(distinct, self.rank)
        self._places = tuple(self.ring.place[symbol] for symbol in unknown)
        self._z = self._named("z", energy - self._middle_written)
        self._name_invariants()
        self._powers = [shifted(np.full_like(entries.traceless, self.ring.zero), self.ring.one), entries.traceless]
        for _ in range(distinct - 2):
            self._powers.append(reduced(self._powers[-1] @ entries.traceless))
        self._product = cache(self._make_product)
        self._trace = cache(self._make_trace)
        self._part = cache(lambda part, word: self._trace(word).part("real" if part == "Re" else "imag"))
        self.interpreter = self

    def _name_invariants(self) -> None:
        """a_j by Newton's identities: as a symbol where it is long, or a number times the symbol b_j, else as it stands."""
        d, ring = self.levels.distinct, self.ring
        p = [moment / self.rank for moment in power_sums(self.entries.traceless, d)]
        a: list[Exact] = []
        for j in range(2, d + 1):
            terms = [p[i] * a[j - i - 2] * -1 for i in range(2, j - 1)]
            a.append((total([p[j], *terms], ring) / j).reduced())
        found = [written(value).expression for value in a]
        self._a_written = []
        for j, formula in enumerate(found, 2):
            number, rest = formula.as_content_primitive()
            self._a_written.append(number * self._named(f"{'a' if number == 1 else 'b'}_{j}", rest, _SHORT))
        self._a = [
            value if sp.count_ops(formula) <= _MULTIPLIED_OUT else ring.convert(named)
            for value, formula, named in zip(a, found, self._a_written, strict=True)
        ]
        # q'(z) with the invariants as they are written
        slope = self.levels.slope.to_dict().items()
        self._content, self._slope = sp.Add(
            *(
                sp.Rational(int(c.p), int(c.q))
                * self._z ** int(e[0])
                * sp.Mul(*(self._a_written[j] ** int(n) for j, n in enumerate(e[1:]) if n))
                for e, c in slope
            )
        ).as_content_primitive()

    def _exact(self, polynomial: Any) -> Exact:
        """A polynomial in z and a_j; z is a symbol of the ring."""
        z = self.ring.monomial({self._places[0]: 1})
        terms = (
            prod((x**n for x, n in zip((z, *self._a), exponents, strict=True) if n), start=self.ring.one) * value
            for exponents, value in polynomial.to_dict().items()
        )
        return total(terms, self.ring)

    # -- traces ----------------------------------------------------------------------------------------------------------
    def read(self, expression: Expression) -> Exact:
        """The value of a real scalar expression."""
        terms = circles(expression, self.rank > 1)
        if terms is None:
            raise NotExact("expression: expected one that is a real sum of circles")
        if terms == {_energy(self.rank): ONE}:
            return (self.entries.h0 + self.ring.monomial({self._places[0]: 1})) * self.rank
        found = _expanded(self.levels, expression)
        below = self.ring.monomial({self._places[1]: -found.power})
        value = self.ring.zero
        for traces, polynomial in found.terms.items():
            value = _not_long(value + prod((self._part(*trace) for trace in traces), start=self._exact(polynomial)))
        return value.reduced() * below

    def _make_trace(self, word: Word) -> Exact:
        """Tr[H'^a X H'^b Y ...]."""
        *first, (power, letter) = word
        left = self._product(tuple(first)) if first else self._powers[0]
        right = self._operator(letter) if not power else self._product(((power, letter),))
        terms = (a * b for a, b in zip(left.flat, right.T.flat, strict=True) if not (a.is_zero or b.is_zero))
        return _not_long(total(terms, self.ring))

    def _make_product(self, word: Word) -> ObjectArray:
        *first, (power, letter) = word
        own = self._operator(letter) if not power else reduced(self._powers[power] @ self._operator(letter))
        return reduced(self._product(tuple(first)) @ own) if first else own

    def _operator(self, letter: Letter) -> ObjectArray:
        if letter[0] == "J":
            v, s = self.entries.operator("H", (letter[1],)), self.entries.operator("s", ())
            return reduced((v @ s + s @ v) / 2)
        return self.entries.operator(letter[1], letter[2])

    # -- writing ---------------------------------------------------------------------------------------------------------
    def real(self, value: Exact) -> sp.Expr:
        power, parts = self._by_powers(value.reduced())
        parts = [self.quotient(part, {}).numerator for part in parts]
        if sum(len(part.real) + len(part.imag) for part in parts) > _TERMS:
            raise NotExact("expression: expected a short form, got one with many terms")
        if not power and (parts[0] - self.entries.h0).is_zero and (parts[1] - self.ring.one).is_zero:
            return self.energy
        ways = [self._over_slope(parts, power)]
        if power and self.levels.distinct == 3 and self._a[1].is_zero:
            ways += self._over_square(parts, power)
        return min(ways, key=lambda way: way.length).expression

    def _by_powers(self, value: Exact) -> tuple[int, list[Exact]]:
        """The power of q'(z) and the coefficients of z^j above it."""
        place, below = self._places
        power = value.shift[below]
        lifted = (value * self.ring.monomial({below: power})).reduced()
        parts = [self.ring.zero] * self.levels.distinct
        for exponents, coefficient in lifted.by_powers([place]).items():
            parts[exponents[place]] = coefficient.reduced()
        return power, parts

    def _sum(self, parts: Iterable[Exact]) -> Written:
        """sum_j parts_j z^j, by powers of z or multiplied out, whichever is shorter."""
        parts = list(parts)
        each = [written(part) for part in parts]
        length = sum(
            w.length + 2 * (j > 0) for w, part, j in zip(each, parts, range(9), strict=False) if not part.is_zero
        )
        terms = [w.expression * self._z**j for j, w in enumerate(each)]
        ways = [Written(sp.Add(*terms).as_content_primitive(), length)]
        place = self._places[0]
        joined = written(total((part * self.ring.monomial({place: j}) for j, part in enumerate(parts)), self.ring))
        put_in = {self.ring.generators[place]: self._z}
        ways.append(Written(tuple(factor.xreplace(put_in) for factor in joined.factors), joined.length))
        return min(ways, key=lambda way: way.length)

    def _over_slope(self, parts: list[Exact], power: int) -> Written:
        above = self._sum(parts)
        return Written((*above.factors, self._content**-power, self._slope**-power), above.length + 4 * (power > 0))

    def _over_square(self, parts: list[Exact], power: int) -> list[Written]:
        """With z^3 = a z, a = a_2: 1/q'(z) = (3 z^2 - 2 a)/(2 a^2)."""
        a = self._a[0]
        for _ in range(power):
            low, middle, high = parts
            parts = [low * a * -2, middle * a, low * 3 + high * a]
        quotients = [self.quotient(part / 2**power, {a: 2 * power}) for part in parts]
        each = [quotient.written({a: self._a_written[0]}) for quotient in quotients]
        length = sum(
            w.length + 2 for w, quotient in zip(each, quotients, strict=True) if not quotient.numerator.is_zero
        )
        highest = max([0, *(q.powers[a] for q in quotients if q.powers)])
        letter = self.ring.convert(self._a_written[0]) if self._a_written[0].free_symbols & {*self.definitions} else a
        joined = self._sum(q.numerator * letter ** (highest - q.powers.get(a, highest)) for q in quotients)
        return [
            Written((sp.Add(*(w.expression * self._z**j for j, w in enumerate(each))),), length),
            Written((*joined.factors, self._a_written[0] ** -highest), joined.length + 2),
        ]


def _energy(rank: int) -> Monomial:
    """Tr[P H], which is the energy as often as it occurs."""
    energy: Monomial = ((("e", ()),),)
    return energy if rank == 1 else ((), *energy)


def _not_long(value: Exact) -> Exact:
    if len(value.real) + len(value.imag) > _MOST:
        raise NotExact("expression: expected a short form, got one with many terms")
    return value


@cache
def _expanded(levels: Levels, expression: Expression) -> Expanded:
    terms = circles(expression, levels.rank > 1)
    found = levels.expanded(terms or {})
    if len(found.terms) > _WORDS:
        raise NotExact("expression: expected a short form, got one with many traces")
    return found
