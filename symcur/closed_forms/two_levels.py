"""Two energies, each r times: H = h0 + H' with H'^2 = h^2, read exactly and simplified to what one would write by hand.

Two bands have H' = h . sigma; matrices that anticommute (a Clifford algebra) do the same for any N = 2r. With
eps = E - h0 = +-h: P = (1 + H'/eps)/2 and S = P_other/(2 eps) = (1 - H'/eps)/(4 eps). Every expression is therefore a
polynomial in 1/eps with coefficients that are exact functions of k. The even powers add up to an explicit rational
function of k, the same for both energies, and the odd ones to another one times 1/eps.

Energies that occur r and r' times, r != r', are themselves exact functions of k: with t_j = Tr H^j of the traceless H, that of
rank r is r' t_3/((r' - r) t_2). Then H' = H - (e + e')/2, h = (e - e')/2, and 1/rank = (1/r + 1/r')/2 + (1/r - 1/r') h/(2 eps).
"""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import sympy as sp
from flint import fmpq

from symcur.arrays import ObjectArray
from symcur.closed_forms.degeneracy import power_sums
from symcur.closed_forms.entries import Entries, basis, component
from symcur.closed_forms.harmonics import written
from symcur.closed_forms.quotients import divided
from symcur.closed_forms.reading import Quotient, Rank, Reading
from symcur.closed_forms.ring import Exact, NotExact, reduced, total
from symcur.expressions import MatrixInterpreter
from symcur.expressions.interpreter import shifted

_COMPONENTS = 5  # of h at most, for which all ways to put squares together are tried
_EXPANDED = 40  # terms, in phases, of squares that are multiplied out


class TwoLevels(Reading):
    """Reads the expressions of a model with two distinct energies, of the ranks given, exactly; one object serves all.

    ``eps`` is a symbol of the ring of the entries. Raises NotExact where H'^2 vanishes or is no multiple of 1.
    """

    def __init__(
        self,
        entries: Entries,
        ranks: tuple[int, ...],
        eps: sp.Symbol,
        energy: sp.Symbol,
        symbols: dict[str, sp.Symbol],
    ) -> None:
        ring, H, N = entries.ring, entries.traceless, entries.model.size
        self._place = ring.place[eps]
        w = ring.monomial({self._place: -1})
        middle = ring.zero
        if len(set(ranks)) == 1:
            self.rank = ranks[0]
            self.structure = (
                "two bands, H' = h . sigma" if N == 2 else f"two energies, {self.rank} times each: H'^2 = h^2"
            )
        else:
            middle, h = levels_of_two(entries, ranks)
            first, second = ranks
            equal, odd = (fmpq(first + sign * second, 2 * first * second) for sign in (1, -1))
            self.rank = Rank(ring.number(equal) - h * w * odd)
            H = reduced(shifted(H, -middle))
            self.structure = f"two energies, {min(ranks)} and {max(ranks)} times: H'^2 = h^2"
        super().__init__(entries, energy, symbols, entries.h0 + middle)
        self._H = H
        self.h_squared = (np.sum(H * H.T) / N).reduced()
        if self.h_squared.is_zero:
            raise NotExact(f"{entries.model.name}: all bands are degenerate everywhere; there is no vector form")
        self._names = {self.h_squared: self._named("h2", sum_of_squares(H, self.h_squared))}
        other = shifted(H * -w, ring.one) / 2
        self.interpreter = MatrixInterpreter(
            entries.operator,
            shifted(H * w, ring.one) / 2,
            lambda power: np.asarray(other * (w / 2) ** power),
            self.rank,
            self.scalar,
            Exact.part,
        )

    def real(self, value: Exact) -> sp.Expr:
        even, odd = self._by_parity(value)
        if self._is_energy(even, odd):
            return self.energy
        result = even.written(self._names).expression
        if not odd.numerator.is_zero:
            power = sum(odd.powers.values())
            result += sp.Mul(*written(odd.numerator).factors, self._eps ** (1 - 2 * power))
        return result

    def _is_energy(self, even: Quotient, odd: Quotient) -> bool:
        if any(even.powers.values()) or any(odd.powers.values()):
            return False
        return (even.numerator - self.middle).is_zero and (odd.numerator - self.ring.one).is_zero

    def _by_parity(self, value: Exact) -> tuple[Quotient, Quotient]:
        """The even part N/h^(2m) and N/h^(2m) of the odd part N eps/h^(2m), both in lowest powers of h^2."""
        place = self._place
        lift = self.ring.monomial({place: value.shift[place]})
        powers = {
            exponents[place] - value.shift[place]: (c * lift).reduced()
            for exponents, c in value.by_powers([place]).items()
        }
        return (
            self._sum({-j // 2: c for j, c in powers.items() if j % 2 == 0}),
            self._sum({(1 - j) // 2: c for j, c in powers.items() if j % 2}),
        )

    def _sum(self, coefficients: dict[int, Exact]) -> Quotient:
        """sum_m c_m h^(-2m)."""
        highest = max([0, *coefficients])
        terms = (c * self.h_squared ** (highest - m) for m, c in coefficients.items())
        return self.quotient(sum(terms, self.ring.zero), {self.h_squared: highest})


def sum_of_squares(H: ObjectArray, h_squared: Exact) -> sp.Expr:
    """h^2 of H'^2 = h^2 with some of the squares of its components multiplied out together, such that it is short."""
    powers_of_two = not len(H) & (len(H) - 1)
    components = [h for h in (component(H, label) for label in basis(len(H))) if not h.is_zero] if powers_of_two else []
    rest = total((h * h for h in components), h_squared.ring) - h_squared
    alone = not rest.is_zero or any(not h.part("imag").is_zero for h in components)  # as for bosons
    if alone or len(components) > _COMPONENTS:
        return written(h_squared).expression
    squares = [_positive(written(h).expression) ** 2 for h in components]
    places, ways = range(len(components)), []
    for together in chain.from_iterable(combinations(places, n) for n in range(len(places) + 1)):
        expanded = total((components[j] * components[j] for j in together), h_squared.ring)
        if len(expanded.real) + len(expanded.imag) <= _EXPANDED:
            ways.append(sp.Add(written(expanded).expression, *(squares[j] for j in places if j not in together)))
    return min(ways, key=sp.count_ops)


def _positive(value: sp.Expr) -> sp.Expr:
    return -value if value.could_extract_minus_sign() else value


def levels_of_two(entries: Entries, ranks: tuple[int, ...]) -> tuple[Exact, Exact]:
    """(e + e')/2 - Tr H/N and (e - e')/2, e of the first rank; NotExact where H has other energies than two of these ranks."""
    r, other = ranks
    H = entries.traceless
    moments = power_sums(H, 3)
    quotient = divided(moments[3], moments[2]) if len(ranks) == 2 and not moments[2].is_zero else None
    if quotient is None:
        raise NotExact(f"{entries.model.name}: the energies are no polynomials in the functions of the model")
    e = quotient * fmpq(other, other - r)
    h = (e * fmpq(r + other, 2 * other)).reduced()  # r e + r' e' = 0
    middle = (e - h).reduced()
    shift = reduced(shifted(H, -middle))
    if not all(entry.is_zero for entry in reduced(shifted(shift @ shift, -(h * h))).flat):
        raise NotExact(f"{entries.model.name}: expected two energies, {r} and {other} times")
    return middle, h
