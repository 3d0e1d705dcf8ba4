"""Sums over states as traces: sum_{m != n} A_{nm} B_{mn}/omega_{nm}^p is Tr[P A S^p B], and so on for longer chains."""

from __future__ import annotations

from dataclasses import dataclass, replace

from symcur import expressions as ex
from symcur.expressions import Expression


@dataclass(frozen=True)
class Monomial:
    """A product: scalars and operators, matrix elements (X, a, b), gaps (a, b, power), energies of summed states.

    ``dummies`` are the summed states, each with the one from which it differs (""); ``parts`` are Re or Im of sums of
    monomials that contain summed states.
    """

    factors: tuple[Expression, ...] = ()
    elements: tuple[tuple[Expression, str, str], ...] = ()
    gaps: tuple[tuple[str, str, int], ...] = ()
    energies: tuple[str, ...] = ()
    dummies: tuple[tuple[str, str], ...] = ()
    parts: tuple[tuple[str, tuple[Monomial, ...]], ...] = ()

    def joined(self, other: Monomial) -> Monomial:
        """The product."""
        return Monomial(
            self.factors + other.factors,
            self.elements + other.elements,
            self.gaps + other.gaps,
            self.energies + other.energies,
            self.dummies + other.dummies,
            self.parts + other.parts,
        )

    def times(self, sign: int) -> Monomial:
        return self if sign == 1 else replace(self, factors=(ex.as_expression(sign), *self.factors))


def of_states(monomial: Monomial) -> Expression:
    """The expression with traces in place of the matrix elements; ValueError says what was expected."""
    dummies = dict(monomial.dummies)
    if monomial.parts:
        return _of_part(monomial)
    between, scalars = _between(monomial, dummies)
    traces, met = [], []
    elements = list(monomial.elements)
    while elements:
        chain = _chain(elements, dummies)
        band = chain[0][1]
        letters: list[Expression] = [ex.Projector(band)]
        for operator, _, right in chain[:-1]:
            letters += [operator, *(between[right] if right in dummies else [ex.Projector(right)])]
            met += [right] * (right in dummies)
        traces.append(ex.Trace(ex.multiply(*letters, chain[-1][0])))
    if sorted(met) != sorted(dummies):
        raise ValueError("every summed state between two matrix elements, as m in A_{nm} B_{mn}")
    return ex.multiply(*monomial.factors, *scalars, *traces)


def _of_part(monomial: Monomial) -> Expression:
    """sum_m Re(X_m)/omega_{nm} = Re sum_m X_m/omega_{nm}: energies are real."""
    if monomial.elements or len(monomial.parts) > 1:
        raise ValueError("all matrix elements of a summed state in one Re or Im")
    ((kind, inner),) = monomial.parts
    rest = replace(monomial, factors=(), parts=())
    return ex.multiply(
        *monomial.factors, {"Re": ex.Re, "Im": ex.Im}[kind](ex.add(*(of_states(m.joined(rest)) for m in inner)))
    )


def _chain(elements: list[tuple[Expression, str, str]], dummies: dict[str, str]) -> list[tuple[Expression, str, str]]:
    """Elements that lead from a band back to it, taken out of the list: A_{nm} B_{mp} C_{pn}."""
    start = next((element for element in elements if element[1] not in dummies), None)
    if start is None:
        raise ValueError("matrix elements that lead from a band back to it, as in A_{nm} B_{mn}")
    elements.remove(start)
    chain = [start]
    while True:
        left, here = start[1], chain[-1][2]
        following = [element for element in elements if element[1] == here]
        if here in dummies and len(following) > 1:
            raise ValueError(f"the state {here} in two matrix elements, as in A_{{nm}} B_{{mn}}")
        if not following:
            if here != left:
                raise ValueError(f"a matrix element that leads on from {here}, as B does in A_{{nm}} B_{{mn}}")
            return chain
        elements.remove(following[0])
        chain.append(following[0])


def _between(monomial: Monomial, dummies: dict[str, str]) -> tuple[dict[str, list[Expression]], list[Expression]]:
    """What stands between two operators for each summed state, and the gaps of bands that are not summed over."""
    powers: dict[tuple[str, str], int] = {}
    scalars: list[Expression] = []
    signs = 1
    for a, b, power in monomial.gaps:
        if a in dummies and b in dummies:
            raise ValueError("omega between a band and a summed state; one between two summed states is no trace")
        if a not in dummies and b not in dummies:
            scalars.append(ex.Gap(a, b, power))
            continue
        if a in dummies:  # omega_{mn} = -omega_{nm}
            a, b, signs = b, a, signs * (-1) ** (power % 2)
        powers[b, a] = powers.get((b, a), 0) + power
    between: dict[str, list[Expression]] = {}
    for label, excluded in dummies.items():
        if excluded in dummies:
            raise ValueError(
                "summed states that differ from a band, as in \\sum_{m \\ne n}; m \\ne p of two summed ones is no trace"
            )
        found = {band: power for (other, band), power in powers.items() if other == label}
        letters = [factor for band, power in found.items() for factor in _factors(label, band, power, excluded)]
        letters += [ex.H] * monomial.energies.count(label)
        if excluded and not found.get(excluded):
            letters.insert(0, 1 - ex.Projector(excluded))
        between[label] = letters
    if signs < 0:
        scalars.insert(0, -ex.ONE)
    return between, scalars


def _factors(label: str, band: str, power: int, excluded: str) -> list[Expression]:
    """omega_{band label}^power as operators."""
    if power >= 0:
        return [ex.BandEnergy(band) - ex.H] * power
    if excluded != band:
        raise ValueError(f"\\sum_{{{label} \\ne {band}}}, since omega_{{{band}{label}}} stands below")
    return [ex.Resolvent(band, -power)]
