"""Division of exact functions: by a factor where it divides, and by the greatest common factor."""

from __future__ import annotations

from typing import Any

from symcur.closed_forms.ring import Exact


def divided(numerator: Exact, denominator: Exact) -> Exact | None:
    """numerator/denominator where it is a polynomial again, else None.

    The denominator is first made rational: multiplied by its conjugates under i -> -i and sqrt(p) -> -sqrt(p).
    """
    if numerator.is_zero:
        return numerator
    ring = numerator.ring
    for place in (None, *ring.roots):
        conjugate = _galois(denominator, place)
        if conjugate is not None:
            numerator, denominator = (numerator * conjugate).reduced(), (denominator * conjugate).reduced()
    below = denominator.real
    monomial = tuple(map(min, zip(*below.monoms(), strict=True)))
    unit = tuple(e if j in ring.phases else 0 for j, e in enumerate(monomial))
    below = below / ring.context.from_dict({unit: 1})
    parts = []
    for above in (numerator.real, numerator.imag):
        quotient, remainder = divmod(above, below)
        if not remainder.is_zero():
            return None
        parts.append(quotient)
    shift = tuple(n - d + u for n, d, u in zip(numerator.shift, denominator.shift, unit, strict=True))
    positive = tuple(max(s, 0) for s in shift)
    real, imag = Exact(ring, parts[0], parts[1], shift).lifted(positive)
    return Exact(ring, real, imag, positive).reduced()


def _galois(value: Exact, place: int | None) -> Exact | None:
    """The conjugate under i -> -i (place None) or sqrt(p) -> -sqrt(p); None where it is the same."""
    if place is None:
        return None if value.imag.is_zero() else Exact(value.ring, value.real, -value.imag, value.shift)
    if value.real.degrees()[place] < 1 and value.imag.degrees()[place] < 1:
        return None

    def flipped(polynomial: Any) -> Any:
        terms = {e: -c if e[place] % 2 else c for e, c in polynomial.to_dict().items()}
        return value.ring.context.from_dict(terms)

    return Exact(value.ring, flipped(value.real), flipped(value.imag), value.shift)


def without_common_factor(numerator: Exact, denominator: Exact) -> tuple[Exact, Exact]:
    """Both divided by their greatest common factor that is free of phases (so that both stay real functions)."""
    ring = numerator.ring
    common = denominator.real.gcd(denominator.imag).gcd(numerator.real).gcd(numerator.imag)
    keep = ring.context.constant(1)
    for factor, power in common.factor()[1]:
        if all(factor.degrees()[j] < 1 for j in ring.phases):
            keep = keep * factor ** int(power)
    if keep.is_constant():
        return numerator, denominator
    return tuple(Exact(ring, x.real / keep, x.imag / keep, x.shift) for x in (numerator, denominator))  # type: ignore
