"""Four energies h0 +- eps, h0 +- eps', each r times, as chiral, particle-hole and many other symmetries give them.

With H' = H - h0, a = Tr H'^2/N and Q = H'^2 - a, Q^2 = D: the square of eps is a + w with w^2 = D, and that of eps' is
a - w. Then P = (1 + H'/eps)(1 + Q/w)/4, and with Pi = (1 - Q/w)/2 onto the levels +-eps'

    S^p = P_(-eps)/(2 eps)^p + Pi [(eps + H')/(2 w)]^p.

Every expression is therefore a polynomial in 1/eps, 1/w, eps and w, and eps^2 = a + w, 1/eps^2 = (a - w)/c with c = a^2 - D
reduce it to (alpha + beta w) + (alpha' + beta' w)/eps with explicit functions of k.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import sympy as sp

from symcur.arrays import ObjectArray
from symcur.closed_forms.brackets import Written
from symcur.closed_forms.entries import Entries
from symcur.closed_forms.harmonics import written
from symcur.closed_forms.reading import Quotient, Reading
from symcur.closed_forms.ring import Exact, NotExact, reduced
from symcur.expressions import MatrixInterpreter
from symcur.expressions.interpreter import shifted

_SHIFTS = (0, -1, 1, 2)  # powers of eps^2 that are tried as a factor in front
_TERMS = 10  # of D at most: with more of them forms get long
_LONG = 140  # terms of a component: with more of them the steps of the adjugate are shorter
_WRITTEN = 2  # of the ways to write a value, those with fewest terms
_Way = list[tuple[int, tuple[Quotient, Quotient]]]  # sum_i eps^i (alpha_i + beta_i w)


class FourLevels(Reading):
    """Reads the expressions of a model with four distinct energies that lie symmetrically, exactly; one object serves all.

    ``eps`` and ``w`` are symbols of the ring of the entries. Raises NotExact where the energies do not lie symmetrically.
    """

    structure = "four energies that lie symmetrically: (H'^2 - a)^2 = w^2"

    def __init__(
        self, entries: Entries, eps: sp.Symbol, w: sp.Symbol, energy: sp.Symbol, symbols: dict[str, sp.Symbol]
    ) -> None:
        super().__init__(entries, energy, symbols)
        ring, H, N = self.ring, entries.traceless, entries.model.size
        self.rank = N // 4
        self._places = (ring.place[eps], ring.place[w])
        e, e1, w1 = ring.convert(eps), self._power(-1, 0), self._power(0, -1)
        square = reduced(H @ H)
        self.a = (np.trace(square) / N).reduced()
        Q = reduced(shifted(square, -self.a))
        self.D = (np.sum(Q * Q.T) / N).reduced()
        if not all(entry.is_zero for entry in reduced(shifted(Q @ Q, -self.D)).flat):
            raise NotExact(f"{entries.model.name}: the energies do not lie symmetrically in pairs")
        self.c = (self.a * self.a - self.D).reduced()
        if len(self.D.real) + len(self.D.imag) > _TERMS:
            raise NotExact(f"{entries.model.name}: (H'^2 - a)^2 has too many terms for short forms")
        if self.D.is_zero or self.c.is_zero:
            raise NotExact(f"{entries.model.name}: the four energies are not distinct")
        self._name_invariants()
        half = reduced(shifted(Q * w1, ring.one) / 2)
        Pi = shifted(-half, ring.one)
        own, opposite = (reduced(half @ shifted(H * sign, ring.one)) / 2 for sign in (e1, -e1))
        PiH = reduced(Pi @ H)

        def resolvent(power: int) -> ObjectArray:
            x, y = ring.one, ring.zero  # x + y H' = (eps + H')^power on Pi, where H'^2 = a - w
            for _ in range(power):
                x, y = x * e + y * (self.a - self._power(0, 1)), x + y * e
            factor = (w1 / 2) ** power
            return reduced(opposite * (e1 / 2) ** power + Pi * self._low(x * factor) + PiH * self._low(y * factor))

        self.interpreter = MatrixInterpreter(
            entries.operator, own, cache(resolvent), self.rank, self.scalar, Exact.part
        )

    def _power(self, i: int, j: int) -> Exact:
        return self.ring.monomial(dict(zip(self._places, (i, j), strict=True)))

    def _name_invariants(self) -> None:
        a = self._named("a", written(self.a).expression)
        self._w = self._named("w", self._eps**2 - a)
        D = self._named("D", written(self.D).expression)
        product, factored = a**2 - D, written(self.c).expression
        self._c = self._named("c", min(product, factored, key=sp.count_ops))
        self._names = {self.c: self._c, self.D: D}

    # -- reduction ---------------------------------------------------------------------------------------------------
    def _terms(self, value: Exact) -> dict[tuple[int, int], Exact]:
        """The coefficients of eps^i w^j."""
        i, j = self._places
        lift = self._power(value.shift[i], value.shift[j])
        return {
            (exponents[i] - value.shift[i], exponents[j] - value.shift[j]): (c * lift).reduced()
            for exponents, c in value.by_powers([i, j]).items()
        }

    def _low(self, value: Exact) -> Exact:
        """Positive powers eps^2 and w^2 replaced."""
        total = self.ring.zero
        for (i, j), c in self._terms(value).items():
            term = c * self._power(i % 2 if i > 0 else i, 0)
            if i > 1:
                term = term * (self.a + self._power(0, 1)) ** (i // 2)
            total = total + term * self._power(0, j)
        result = self.ring.zero
        for (i, j), c in self._terms(total).items():
            whole = j // 2 if j > 1 else 0
            result = result + c * self.D**whole * self._power(i, j - 2 * whole)
        return result.reduced()

    def _pair(self, terms: dict[tuple[int, int], Exact], shift: int) -> tuple[Quotient, Quotient]:
        """(alpha, beta) with sum c_ij eps^i w^j = alpha + beta w, where all i + shift are even."""
        zero = self.ring.zero
        lowest_c = max([0, *(-(i + shift) // 2 for i, _ in terms)])
        lowest_D = max([0, *((1 - j) // 2 for _, j in terms)])
        alpha, beta = zero, zero
        for (i, j), c in terms.items():
            n = (i + shift) // 2
            x, y = c * self.c ** (lowest_c + min(n, 0)), zero
            for _ in range(abs(n)):  # times a + w or a - w
                sign = 1 if n > 0 else -1
                x, y = x * self.a + y * self.D * sign, y * self.a + x * sign
            whole, odd = divmod(j, 2)
            scale = self.D ** (whole + lowest_D)
            x, y = (y * self.D, x) if odd else (x, y)
            alpha, beta = alpha + x * scale, beta + y * scale
        factors = {self.c: lowest_c, self.D: lowest_D}
        return self.quotient(alpha, factors), self.quotient(beta, factors)

    # -- writing -----------------------------------------------------------------------------------------------------
    def real(self, value: Exact) -> sp.Expr:
        result = sp.Integer(0)
        terms = self._terms(value.reduced())
        for parity in (0, 1):
            result += self._shortest({ij: c for ij, c in terms.items() if ij[0] % 2 == parity}, parity)
        return self.energy if result == self._middle_written + self._eps else result

    def _shortest(self, terms: dict[tuple[int, int], Exact], parity: int) -> sp.Expr:
        """The shortest of several ways to write sum c_ij eps^i w^j with i of one parity; 0 where it vanishes."""
        reduced = {shift: self._pair(terms, 2 * shift + parity) for shift in _SHIFTS}
        if all(quotient.numerator.is_zero for quotient in reduced[0]):
            return sp.Integer(0)
        ways = [[(-2 * shift - parity, pair)] for shift, pair in reduced.items()]
        powers = sorted({i for i, _ in terms})
        ways.append([(i, self._pair({(0, j): c for (n, j), c in terms.items() if n == i}, 0)) for i in powers])
        ways = sorted(ways, key=_terms_in)[:_WRITTEN]
        if _terms_in(ways[0]) > _LONG:
            raise NotExact("expression: expected short forms, got one with many terms")
        written = [self._way(way) for way in ways]
        return min(written, key=lambda pair: pair[1])[0]

    def _way(self, way: _Way) -> tuple[sp.Expr, float]:
        """sum_i eps^i (alpha_i + beta_i w) and its length."""
        total, length = sp.Integer(0), 0.0
        for power, (alpha, beta) in way:
            first = alpha.written(self._names)
            second = self._times_w(beta)
            if not (alpha.numerator.is_zero and beta.numerator.is_zero):
                total += sp.Mul(first.expression + second.expression, self._eps**power)
                length += first.length + second.length + 2 * (power != 0) + 2
        return total, length

    def _times_w(self, beta: Quotient) -> Written:
        """beta w, where w/D is 1/w."""
        if beta.numerator.is_zero:
            return Written((sp.Integer(0),), 0)
        inverse = bool(beta.powers.get(self.D))
        if inverse:
            beta.powers[self.D] -= 1
        result = beta.written(self._names)
        return Written((*result.factors, self._w ** (-1 if inverse else 1)), result.length + 1)


def _terms_in(way: _Way) -> int:
    return sum(len(q.numerator.real) + len(q.numerator.imag) for _, pair in way for q in pair)
