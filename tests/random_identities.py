"""Random identities and mutants for the prover: random words, rewritten by rules that are known to be true, then spoilt.

    python tests/random_identities.py 2000 [first seed]

prints the verdicts, the wrong ones among them. One to three bands with gaps, energies, occupations,
derivatives to third order. What a mutant is worth is decided apart from the prover, by exact band structures modulo a prime
(tests/jets.py).
"""

from __future__ import annotations

import itertools
import random
import sys
from collections import Counter
from functools import cache

from jets import ExactBands
from mutants import mutants

from symcur import expressions as ex
from symcur import settle
from symcur.claims.prover import NONDEGENERATE
from symcur.expressions import (
    BandEnergy,
    Derivative,
    Expression,
    Gap,
    H,
    I,
    Im,
    J,
    Occupation,
    Operator,
    Product,
    Projector,
    Re,
    Resolvent,
    Trace,
    adjoint,
    derivative,
    s,
    tau,
    v,
    v_band,
    w,
)

AXES, BANDS = ("i", "j", "l"), ("n", "m", "p")


# -- random words ------------------------------------------------------------------------------------------------------
def random_expression(generator: random.Random) -> tuple[Expression, list[str]]:
    """A sum of scalars times traces, perhaps differentiated or a real part, and the bands that may occur in it."""
    bands = list(BANDS[: generator.choice((1, 1, 2, 2, 3))])
    order = generator.choice((0, 0, 0, 1, 1, 2, 3))
    longest = 3 if order > 1 else 5
    terms = [_term(generator, bands, longest, 3 - order) for _ in range(generator.choice((1, 1, 2)))]
    expression = ex.add(*terms)
    if generator.random() < 0.4:
        expression = generator.choice((Re, Im))(expression)
    for _ in range(order):
        expression = Derivative(generator.choice(AXES), expression)
    return expression, bands


def _term(generator: random.Random, bands: list[str], longest: int, order: int) -> Expression:
    scalars = [_scalar(generator, bands, order) for _ in range(generator.choice((0, 0, 1, 1, 2)))]
    word = _word(generator, bands, longest, order)
    return ex.multiply(_coefficient(generator), *scalars, Trace(Projector(generator.choice(bands)) * word))


def _coefficient(generator: random.Random) -> Expression:
    return generator.choice((1, -1, 2, I, 1 - I, I / 3)) * ex.ONE


def _word(generator: random.Random, bands: list[str], longest: int, order: int) -> Expression:
    """Up to ``longest`` letters, H differentiated at most ``order`` times, or once."""
    return ex.multiply(*(_letter(generator, bands, order) for _ in range(generator.randint(1, longest))))


def _letter(generator: random.Random, bands: list[str], order: int) -> Expression:
    i, j, band = generator.choice(AXES), generator.choice(AXES), generator.choice(bands)
    letters = [v(i), v(j), v(i), v(j), s, s, tau, J(i), H, Projector(band), Resolvent(band), Resolvent(band)]
    letters += [Resolvent(band, 2), Resolvent(band, 3)]
    letters += [w(i, j)] * (order > 1) + [Operator("H", ex.ordered((i, j, "l")))] * (order > 2)
    return generator.choice(letters)


def _scalar(generator: random.Random, bands: list[str], order: int) -> Expression:
    i, a = generator.choice(AXES), generator.choice(bands)
    scalars: list[Expression] = [BandEnergy(a), v_band(i, a), Occupation("f", a)]
    scalars += [Occupation("g", a), Occupation("f", a, 1)] + [BandEnergy(a, ex.ordered((i, "l")))] * (order > 0)
    if len(bands) > 1:
        a, b = generator.sample(bands, 2)
        scalars += [Gap(a, b, power) for power in (-2, -1, 1, 2)]
    return generator.choice(scalars)


# -- rules that are true for multiplets of any rank --------------------------------------------------------------------
def rules(node: Expression, generator: random.Random, bands: list[str]) -> list[Expression]:
    """Other ways to write a node."""
    a = generator.choice(bands)
    others = [b for b in bands if b != getattr(node, "band", None)]
    b = generator.choice(others) if others else a
    match node:
        case Projector(n):
            e, S = BandEnergy(n), Resolvent(n)
            found = [node * node, node * (1 - (e - H) * S), (1 - S * (e - H)) * node]
            if others:
                found += [Gap(b, n) * node * Resolvent(b), Gap(n, b, -1) * (H - BandEnergy(b)) * node]
                found += [node * (1 - Projector(b)), (1 - Projector(b)) * node]
            return found
        case Resolvent(n, power):
            e, once = BandEnergy(n), Resolvent(n)
            found = [(e - H) * Resolvent(n, power + 1), node * (1 - Projector(n))]
            found.append((1 - Projector(n)) * node)
            if power > 1:
                found.append(once * Resolvent(n, power - 1))
            if others:  # S_n = S_n [P_b + (e_b - H) S_b]
                found.append(node * (Projector(b) + (BandEnergy(b) - H) * Resolvent(b)))
            return found
        case Gap(m, n, power):
            found = [
                (-1 if power % 2 else 1) * Gap(n, m, power),
                Gap(m, n, power - 1) * (BandEnergy(m) - BandEnergy(n)),
            ]
            third = [c for c in bands if c not in (m, n)]
            found += [Gap(m, n, power - 1) * (Gap(m, c) + Gap(c, n)) for c in third]
            # 1/(xy) = (1/y - 1/x)/(x - y) with x = e_m - e_n, y = e_c - e_n
            found += [Gap(m, n, power + 1) * Gap(c, n) * Gap(m, c, -1) * (Gap(c, n, -1) - Gap(m, n, -1)) for c in third]
            return found
        case Operator():
            return [(Projector(a) + (BandEnergy(a) - H) * Resolvent(a)) * node, node + s * H - s * H]
        case ex.Named() if node == tau:
            return [I * (H * s - s * H), -I * (s * (H - BandEnergy(a)) - (H - BandEnergy(a)) * s)]
        case ex.Named():
            return [node.definition]
        case Trace(Product(factors)):
            cut = generator.randrange(len(factors))
            return [Trace(ex.multiply(*factors[cut:], *factors[:cut]))] * 2
        case Product(factors):
            return _products(factors)
        case Derivative():
            return _derivatives(node)
        case Re(operand):
            return [(operand + adjoint(operand)) / 2]
        case Im(operand):
            return [-I / 2 * (operand - adjoint(operand)), Re(-I * operand)]
    return []


def _products(factors: tuple[Expression, ...]) -> list[Expression]:
    found: list[Expression] = []
    for place, pair in enumerate(itertools.pairwise(factors)):
        match pair:
            case (Resolvent(m, 1), Resolvent(n, 1)) if m != n:
                fractions = Gap(m, n, -1) * (Resolvent(n) - Resolvent(m)) + Gap(m, n, -2) * (
                    Projector(m) + Projector(n)
                )
                swapped = [fractions, Resolvent(n) * Resolvent(m)]
            case (Projector() | Resolvent() | Operator("H", ()), Projector() | Resolvent() | Operator("H", ())):
                swapped = [pair[1] * pair[0]]
            case (Projector(n), Operator("H", (axis,))):  # P v P = (d e) P
                P, S, e = pair[0], Resolvent(n), BandEnergy(n)
                swapped = [v_band(axis, n) * P + P * pair[1] * (e - H) * S]
            case _:
                continue
        found += [ex.multiply(*factors[:place], other, *factors[place + 2 :]) for other in swapped]
    return found


def _derivatives(node: Derivative) -> list[Expression]:
    axis, operand = node.axis, node.operand
    found: list[Expression] = [derivative(operand, axis)]
    match operand:
        case Derivative(other, inner):
            found = [Derivative(other, Derivative(axis, inner))]
        case ex.Sum(terms):
            found.append(ex.add(*(Derivative(axis, term) for term in terms)))
        case Product(factors):
            each = [j for j, factor in enumerate(factors) if not isinstance(factor, ex.Number)]
            found += [
                ex.add(*(ex.multiply(*factors[:j], Derivative(axis, factors[j]), *factors[j + 1 :]) for j in each))
            ] * 2
        case ex.Trace() | ex.Re() | ex.Im():
            found.append(type(operand)(Derivative(axis, operand.operand)))
    return found


def rewritten(node: Expression, generator: random.Random, bands: list[str]) -> Expression:
    """One rule applied somewhere in the node, or the node itself where none was found on the way."""
    here = rules(node, generator, bands)
    children = list(node.children) if not isinstance(node, ex.Named) else []
    if here and (not children or generator.random() < 0.3):
        return generator.choice(here)
    if not children:
        return node
    j = generator.randrange(len(children))
    children[j] = rewritten(children[j], generator, bands)
    return node.rebuild(*children)


def random_identity(seed: int) -> tuple[Expression, Expression]:
    """Two ways to write one expression, which does not vanish."""
    generator = random.Random(seed)
    expression, bands = random_expression(generator)
    while _vanishes(expression, SINGLE):
        expression, bands = random_expression(generator)
    other = expression
    for _ in range(generator.randint(1, 6)):
        other = rewritten(other, generator, bands)
    return expression, other


def random_mutant(seed: int) -> tuple[Expression, Expression]:
    """An identity with one sign, index, power, term or order changed on its right-hand side."""
    left, right = random_identity(seed)
    changed = [mutant for _, mutant in mutants(right)] + _exchanged(right)
    return left, random.Random(f"mutant {seed}").choice(changed)


def identity_of_one_band(seed: int) -> tuple[Expression, Expression]:
    """Tr[P X P Y] = Tr[P X] Tr[P Y], which holds for a nondegenerate band."""
    generator = random.Random(seed)
    X, Y = (_word(generator, ["n", "m"], 3, 2) for _ in range(2))
    P = Projector("n")
    left, right = Trace(P * X * P * Y), Trace(P * X) * Trace(P * Y)
    for _ in range(generator.randint(0, 1)):
        axis = generator.choice(AXES)
        left, right = Derivative(axis, left), Derivative(axis, right)
    return left, right


def _exchanged(expression: Expression) -> list[Expression]:
    """Neighbouring letters in one product exchanged."""
    found = []
    for node in ex.walk(expression):
        if isinstance(node, Product):
            for j in range(len(node.factors) - 1):
                f = node.factors
                swapped = ex.multiply(*f[:j], f[j + 1], f[j], *f[j + 2 :])
                found.append(
                    ex.substitute(expression, lambda x, node=node, swapped=swapped: swapped if x == node else None)
                )
    return found


# -- verdicts ----------------------------------------------------------------------------------------------------------
SINGLE, MULTIPLETS = (1,) * 6, ((2, 1, 2, 1), (3, 2, 1, 1))


@cache
def _exact(ranks: tuple[int, ...]) -> ExactBands:
    return ExactBands(ranks, BANDS, AXES, degree=4)


def _vanishes(expression: Expression, ranks: tuple[int, ...]) -> bool:
    bands = _exact(ranks)
    bands.memory.clear()
    return bands.vanishes(expression)


def expected(left: Expression, right: Expression) -> str:
    """What the prover has to find, by exact bands that know no rule."""
    if not _vanishes(left - right, SINGLE):
        return "refuted"
    return "proved" if all(_vanishes(left - right, ranks) for ranks in MULTIPLETS) else NONDEGENERATE


KINDS = {
    "identity": random_identity,
    "mutant": random_mutant,
    "identity of one band": identity_of_one_band,
}
PATTERN = ("identity", "mutant", "identity", "mutant", "identity", "mutant", "identity of one band", "mutant")


def sample(seed: int) -> tuple[str, Expression, Expression, str]:
    """(kind, left, right, what the prover has to find)."""
    kind = PATTERN[seed % len(PATTERN)]
    left, right = KINDS[kind](seed)
    return kind, left, right, "proved" if kind == "identity" else expected(left, right)


def main(count: int, first: int = 0) -> None:
    outcomes: Counter[tuple[str, str, str]] = Counter()
    for seed in range(first, first + count):
        kind, left, right, truth = sample(seed)
        proof = settle(left, right)
        outcomes[kind, truth, proof.outcome] += 1
        if proof.outcome != truth:
            print(f"WRONG seed {seed}, {kind}: {proof.outcome} ({proof.how}), expected {truth}", flush=True)
    for (kind, truth, outcome), number in sorted(outcomes.items()):
        print(f"{number:6d}  {kind}, expected {truth}, found {outcome}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
