"""Random expressions in the letters, numbers and scalars of the formula language."""

from __future__ import annotations

import random

from sympy import QQ_I

from symcur.expressions import (
    BandEnergy,
    Expression,
    Gap,
    H,
    Number,
    Occupation,
    P,
    Projector,
    Resolvent,
    S,
    s,
    v,
    v_band,
    w,
)

LETTERS = (P, S, Resolvent("n", 2), Resolvent("n", 3), H, v("i"), w("i", "l"), s, Projector("m"), Resolvent("m"))
SCALARS = (BandEnergy(), v_band("i"), BandEnergy("m", ("l",)), Occupation("f"), Occupation("g"), Gap("m", "n", -2))


def random_operator(seed: int, depth: int = 3) -> Expression:
    """A random expression in the letters, numbers and scalars of the language."""
    generator = random.Random(seed)

    def build(level: int) -> Expression:
        kind = generator.randrange(4) if level else 0
        if kind == 0:
            return generator.choice(LETTERS)
        if kind == 1:
            return build(level - 1) + generator.randint(-3, 3) * build(level - 1)
        if kind == 2:
            return build(level - 1) * build(level - 1)
        return (
            Number(QQ_I(generator.randint(-3, 3), generator.randint(1, 3)))
            * generator.choice(SCALARS)
            * build(level - 1)
        )

    return build(depth)
