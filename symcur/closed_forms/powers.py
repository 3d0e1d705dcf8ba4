"""P and S^p of d levels as polynomials in H, and with them circles as sums of traces of words in H, its derivatives and s.

With H' = H - h0 and z = E - h0, q(z) = z^d - a_2 z^(d-2) - ... - a_d = 0 at the d distinct energies: a_2 = Tr H'^2/(2 r), and
a_3 = Tr H'^3/(3 r) is the determinant of three bands. The resolvent
is (z + x - H')^(-1) = B(z + x)/q(z + x) with B(z) = (q(z) - q(H'))/(z - H'), and its expansion P/x + S - S^2 x + ... gives

    P = B(z)/q'(z),   S = [B'(z) - q''(z) P/2]/q'(z),   ...

A circle Tr[P X S Y ...] becomes a sum of traces Tr[H'^a X H'^b Y ...], a, b < d, with polynomials in z and a_j over a power of
q'(z), which is as low as can be: what divides by q'(z) as a function at the d energies is divided. For three bands this is the
expansion in su(3) (R. Barnett, G. R. Boyd, V. Galitski, Phys. Rev. Lett. 109, 235308 (2012); A. Graf, F. Piechon, Phys. Rev. B
104, 085114 (2021)) without a basis of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import permutations, product
from math import comb, prod
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from symcur.closed_forms.circles import Circle, Letter, Monomial, Terms, energy_axes
from symcur.closed_forms.ring import NotExact
from symcur.expressions.calculus import collected

Word = tuple[tuple[int, Letter], ...]  # Tr[H'^a X H'^b Y ...] as ((a, X), (b, Y), ...)
Traces = tuple[tuple[str, Word], ...]  # a product of "Re" or "Im" of traces
Polynomial = Any  # in z, a_2, ..., a_d


@dataclass(frozen=True)
class Expanded:
    """sum of polynomials times products of traces, over q'(z)^power."""

    power: int
    terms: Mapping[Traces, Polynomial]


class Levels:
    """The polynomials that belong to d distinct energies, each ``rank`` times."""

    def __init__(self, distinct: int, rank: int) -> None:
        self.distinct, self.rank = distinct, rank
        names = ["z", *(f"a{j}" for j in range(2, distinct + 1))]
        self.context = fmpq_mpoly_ctx.get(names, Ordering.lex)
        self.z, *a = self.context.gens()
        self.zero, self.one = self.context.constant(0), self.context.constant(1)
        self.q = [*(-x for x in reversed(a)), self.zero, self.one]  # q(z), the coefficient of 1 first
        self.series, self.terms = cache(self._series), cache(self._terms)

    # -- polynomials at the energies -----------------------------------------------------------------------------------
    def low(self, polynomial: Polynomial) -> Polynomial:
        """The same at the energies, with z^j for j < d only."""
        while polynomial.degrees()[0] >= self.distinct:
            top = polynomial.degrees()[0]
            terms = polynomial.to_dict().items()
            lead = self.context.from_dict({(0, *e[1:]): c for e, c in terms if e[0] == top})
            rest = self.context.from_dict({e: c for e, c in terms if e[0] < top})
            tail = sum((self.q[j] * self.z**j for j in range(self.distinct)), self.zero)
            polynomial = rest - lead * tail * self.z ** (top - self.distinct)
        return polynomial

    def _taylor(self, coefficients: Iterable[Polynomial], order: int) -> Polynomial:
        """The derivative of sum_j c_j z^j over order!."""
        terms = (c * comb(j, order) * self.z ** (j - order) for j, c in enumerate(coefficients) if j >= order)
        return sum(terms, self.zero)

    @cached_property
    def slope(self) -> Polynomial:
        """q'(z)."""
        return self._taylor(self.q, 1)

    @cached_property
    def inverse_slope(self) -> tuple[Polynomial, Polynomial]:
        """(a, D) with q'(z) a = D at the energies, D free of z: D is the discriminant up to its sign."""
        d = self.distinct
        columns = [self.coefficients(self.low(self.slope * self.z**j)) for j in range(d)]
        rows = [[columns[j][i] for j in range(d)] for i in range(d)]
        solution = [self._determinant([[*r[:j], *r[j + 1 :]] for r in rows[1:]]) * (-1) ** j for j in range(d)]
        return sum((s * self.z**j for j, s in enumerate(solution)), self.zero), self._determinant(rows)

    def coefficients(self, polynomial: Polynomial) -> list[Polynomial]:
        """Those of 1, z, ..., z^(d-1)."""
        groups: list[dict[Any, Any]] = [{} for _ in range(self.distinct)]
        for exponents, value in polynomial.to_dict().items():
            groups[int(exponents[0])][(0, *exponents[1:])] = value
        return [self.context.from_dict(group) for group in groups]

    def _determinant(self, rows: list[list[Polynomial]]) -> Polynomial:
        total = self.zero
        for order in permutations(range(len(rows))):
            sign = prod((-1 for i, a in enumerate(order) for b in order[i + 1 :] if a > b), start=1)
            total = total + prod((rows[i][j] for i, j in enumerate(order)), start=self.one) * sign
        return total

    def divided(self, polynomials: list[Polynomial]) -> list[Polynomial] | None:
        """All of them over q'(z) at the energies, where that leaves polynomials."""
        inverse, below = self.inverse_slope
        result = []
        for polynomial in polynomials:
            quotient, remainder = divmod(self.low(polynomial * inverse), below)
            if not remainder.is_zero():
                return None
            result.append(quotient)
        return result

    # -- P and S -------------------------------------------------------------------------------------------------------
    @cached_property
    def _resolvent(self) -> list[list[Polynomial]]:
        """The coefficients of 1, H', ..., H'^(d-1) in the orders of B(z + x), x^0, ..., x^(d-1)."""
        d = self.distinct
        B = [[self.q[m] for m in range(n + 1, d + 1)] for n in range(d)]  # in powers of z
        return [[self._taylor(B[n], order) for n in range(d)] for order in range(d)]

    def _series(self, order: int) -> list[Polynomial]:
        """Those of the coefficient of x^(order - 1) in the resolvent, times q'(z)^(order + 1)."""
        d = self.distinct
        B = self._resolvent[order] if order < d else [self.zero] * d
        result = [b * self.slope**order for b in B]
        for j in range(1, min(order, d - 1) + 1):
            factor = self._taylor(self.q, j + 1) * self.slope ** (j - 1)
            result = [a - b * factor for a, b in zip(result, self.series(order - j), strict=True)]
        return [self.low(a) for a in result]

    # -- circles -------------------------------------------------------------------------------------------------------
    def _terms(self, circle: Circle) -> Expanded:
        """A circle as a sum of traces of words, their real and imaginary parts."""
        if not circle:
            return Expanded(0, {(): self.context.constant(self.rank)})
        slots: list[tuple[int, list[Polynomial]]] = [(1, self.series(0))]
        letters: list[Letter] = []
        for letter in circle:
            if letter[0] == "S":
                sign = 1 if letter[1] % 2 else -1
                slots[-1] = letter[1] + 1, [a * sign for a in self.series(letter[1])]
            elif letter[0] == "P":
                slots[-1] = 1, self.series(0)
            else:
                letters.append(letter)
                slots.append((0, [self.one]))
        power = sum(p for p, _ in slots[:-1])
        terms = []
        for chosen in product(*(range(len(a)) for _, a in slots[:-1])):
            factor = prod((a[n] for (_, a), n in zip(slots, chosen, strict=False)), start=self.one)
            word, sign = canonical(tuple(zip(chosen, letters, strict=True)))
            terms += [((("Re", word),), factor), *([((("Im", word),), factor * sign)] if sign else [])]
        found = {key: self.low(value) for key, value in collected(terms).items()}
        return Expanded(power, {key: value for key, value in found.items() if not value.is_zero()})

    def expanded(self, terms: Terms) -> Expanded:
        """A real sum of products of circles."""
        parts = [part for monomial, value in terms.items() for part in self._real_part(monomial, value)]
        power = max((p for p, _, _ in parts), default=0)
        total = collected((key, value * self.slope ** (power - p)) for p, key, value in parts)
        found = {key: self.low(value) for key, value in total.items()}
        found = {key: value for key, value in found.items() if not value.is_zero()}
        while power and (less := self.divided(list(found.values()))) is not None:
            power, found = power - 1, dict(zip(found, less, strict=True))
        return Expanded(power, found)

    def _real_part(self, monomial: Monomial, coefficient: Any) -> Iterator[tuple[int, Traces, Polynomial]]:
        number = (_rational(coefficient.x), _rational(coefficient.y))
        power = 0
        value: dict[tuple[Traces, int], Polynomial] = {
            ((), j): self.context.constant(part) for j, part in enumerate(number) if part
        }
        for circle in monomial:
            axes, weight = energy_axes(circle), fmpq(1)
            if axes is not None:  # d_i e = Tr[P v_i]/r
                if len(axes) != 1:
                    raise NotExact("expression: expected no energies but first derivatives of them")
                circle, weight = (("O", "H", axes),), fmpq(1, self.rank)
            own = self.terms(circle)
            power += own.power
            value = collected(
                ((tuple(sorted((*key, *more))), (i + j) % 2), a * b * (weight if i + j < 2 else -weight))
                for (key, i), a in value.items()
                for more, b in own.terms.items()
                for j in [int(more[:1] != () and more[0][0] == "Im")]
            )
        yield from ((power, key, polynomial) for (key, imaginary), polynomial in value.items() if not imaginary)


levels_of = cache(Levels)


def canonical(word: Word) -> tuple[Word, int]:
    """One way to write a cyclic word and its adjoint, and the sign that Im takes: 0 where both are the same."""
    turned, reverse = _first(word), _first(_reversed(word))
    return (turned, 0) if turned == reverse else (turned, 1) if _key(turned) < _key(reverse) else (reverse, -1)


def _reversed(word: Word) -> Word:
    """Tr[H^a X H^b Y H^c Z]* = Tr[H^a Z H^c Y H^b X]."""
    powers, letters = [a for a, _ in word], [x for _, x in word]
    return tuple(zip([powers[0], *powers[:0:-1]], letters[::-1], strict=True))


def _first(word: Word) -> Word:
    """Turned such that s, a current or the last derivative stands at its end."""
    return min((word[j:] + word[:j] for j in range(len(word))), key=_key)


def _key(word: Word) -> Any:
    name = word[-1][1]
    return (name[:2] != ("O", "s"), name[0] != "J"), [-a for a, _ in word], str(word)


def _rational(number: Any) -> fmpq:
    return fmpq(int(number.numerator), int(number.denominator))
