"""What is printed can be typed again: every quantity, every equality of the ledger, random words, in LaTeX and in plain letters."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symcur import claims, quantities
from symcur.expressions import (
    BandEnergy,
    Derivative,
    Expression,
    Gap,
    H,
    I,
    Im,
    J,
    Named,
    Occupation,
    Operator,
    P,
    Projector,
    Re,
    Resolvent,
    S,
    Sum,
    Trace,
    axis_name,
    s,
    tau,
    v,
    v_band,
    w,
    walk,
)
from symcur.expressions.normal_form import normal_form
from symcur.typed import Unreadable, plain, read, read_identity

LONGEST_PRINTED = 4000
LETTERS = (P, S, Resolvent("n", 2), Resolvent("n", 3), H, v("i"), v(0), w("i", "l"), s, tau, J("l"), Projector("m"))
LETTERS += (Resolvent("m"), Operator("H", ("i", "j", "l")), Operator("theta"), Operator("Q_il"), Derivative("l", P))
SCALARS = (BandEnergy(), v_band("i"), BandEnergy("m", ("l",)), Occupation("f"), Occupation("g"), Gap("m", "n", -2))
SCALARS += (Occupation("f", "n", 2), BandEnergy("n", ("i", "l")), Trace(P * s), Im(Trace(P * v("i") * S * s)))
BETWEEN = (v("i"), v("l"), w("i", "l"), s, tau, H, J("i"), Operator("theta"))


def same(a: Expression, b: Expression) -> bool:
    """Equal for bands and multiplets of any rank."""
    return not normal_form(a - b) and not normal_form(a - b, multiplet=True)


def random_word(seed: int) -> Expression:
    """A random sum of products of letters and scalars."""
    generator = random.Random(seed)

    def build(level: int) -> Expression:
        kind = generator.randrange(5) if level else 0
        if kind == 0:
            return generator.choice(LETTERS)
        if kind == 1:
            return build(level - 1) + generator.randint(-3, 3) * build(level - 1)
        if kind == 2:
            return build(level - 1) * build(level - 1)
        if kind == 3:
            return generator.choice((Re, Im, lambda X: Derivative("i", X)))(build(level - 1))
        return (generator.randint(-3, 3) + I / generator.randint(1, 3)) * generator.choice(SCALARS) * build(level - 1)

    return build(3)


def random_chain(seed: int) -> Expression:
    """A random trace that prints as a sum over states: P and S^p, and now and then nothing, between operators."""
    generator = random.Random(seed)
    between = (P, S, Resolvent("n", 2), 1 + 0 * P, Projector("m"), Resolvent("m"))
    word: Expression = P * generator.choice(BETWEEN)
    for _ in range(generator.randint(0, 2)):
        word = word * generator.choice(between) * generator.choice(BETWEEN)
    return generator.choice((Re, Im))(Trace(word)) * generator.choice(SCALARS) / 2 - Trace(word)


@pytest.mark.parametrize("name", quantities.names())
def test_every_quantity_is_read_as_it_is_printed(name):
    quantity = quantities.get(name)
    for axes in (quantity.indices, (0, 2)[: len(quantity.indices)]):
        expression = quantity.expression(*axes)
        by_name = name + (f"[{', '.join(map(axis_name, axes))}]" if axes else "")
        for text in (expression.latex(), expression.latex("sum"), plain(expression), by_name):
            assert same(read(text, operators=quantity.operator or None), expression), text
        for text in (quantity.symbol(*axes), plain(quantity.named(*axes))):
            found = read(text) - expression
            # e_n and v^i_n are numbers of the band, for a multiplet not the traces Tr[P H] and Tr[P v_i].
            assert not normal_form(found, multiplet=name not in ("energy", "velocity")), text


@pytest.mark.parametrize("claim", [*claims.CLAIMS], ids=lambda claim: claim.name)
def test_the_equalities_of_the_ledger_are_read_as_they_are_printed(claim):
    for equality in claim.equalities:
        for side in equality.sides:
            if any(isinstance(node, Named) and "dot" in node.symbol for node in walk(side)):
                continue  # an abbreviation of its own
            for text in (side.latex(), side.latex("sum"), plain(side)):
                if len(text) <= LONGEST_PRINTED:
                    assert same(read(text), side), text


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_random_words_are_read_as_they_are_printed(seed):
    word = random_word(seed)
    for text in (word.latex(), plain(word)):
        assert same(read(text, operators=True), word), text
    traced = Trace(P * word)
    assert read(plain(traced)) == read(traced.latex())
    again = read(plain(traced))
    assert read(plain(again)) == read(again.latex()) == again  # once read, it is printed and read without a change


@pytest.mark.slow
@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_random_sums_over_states_are_read_as_they_are_printed(seed):
    chain = random_chain(seed)
    assert same(read(chain.latex("sum")), chain), chain.latex("sum")


@pytest.mark.parametrize(
    "text",
    [
        "v^i_n = velocity[i]",
        "energy = e_n",
        "Tr[P s_n v_i S s] = s_n v^i",
        "Tr[P s_current[l] v_i] + Tr[P J^{ls}_n s] = 0",
        "Tr[P drift_current[i] H] = 0",
        r"Tr[P \Omega^{li} s_n s] = 0",
        "Tr[P s_weighted_moment[x, y] s] = s_expectation",
    ],
)
def test_what_looks_alike_is_not_confused_when_it_is_printed(text):
    first = read_identity(text)
    for again in (read_identity(first.plain()), read_identity(" = ".join((first.lhs.latex(), first.rhs.latex())))):
        assert same(again.lhs, first.lhs)
        assert same(again.rhs, first.rhs)


def test_the_comparison_tells_words_apart():
    assert not same(read("Tr[P v_i S s]"), Trace(P * v("i") * Resolvent("n", 2) * s))
    assert not same(read(r"\sum_{m \ne n} v^i_{nm} s_{mn}/\omega_{mn}"), Trace(P * v("i") * S * s))
    assert isinstance(read("s + tau"), Sum)


def test_what_has_no_text_is_refused():
    from symcur.quantities.field import filled_curvature

    with pytest.raises(TypeError, match="expected one that can be typed, got Filled"):
        plain(filled_curvature.expression("i", "l"))
    with pytest.raises(Unreadable):
        read(filled_curvature.symbol())
