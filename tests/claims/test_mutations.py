"""The prover rejects: systematic mutations of every proved statement are refuted, each with a counterexample.

A mutation can leave a statement true (a symmetric quantity with its indices exchanged). Which ones do is decided apart
from the prover, by exact band structures modulo a prime (tests/jets.py), and the prover must prove exactly those.
"""

from __future__ import annotations

import dataclasses
import random
from collections import Counter

import pytest
from jets import axes_for
from mutants import mutants

from symcur.claims import CLAIMS, Equality, examine
from symcur.claims.prover import NONDEGENERATE

PER_STATEMENT = 4
STATEMENTS = {
    f"{claim.name}, {number}": equality
    for claim in CLAIMS
    for number, equality in enumerate(claim.equalities)
    if equality.role in ("claim", "corrected")
}


def mutated(equality: Equality) -> list[tuple[str, Equality]]:
    """All mutations of both sides, as equalities between a mutated and an unchanged side."""
    right = [(what, dataclasses.replace(equality, rhs=expression)) for what, expression in mutants(equality.rhs)]
    left = [(what, dataclasses.replace(equality, lhs=expression)) for what, expression in mutants(equality.lhs)]
    return right + left


def chosen(name: str) -> list[tuple[str, Equality]]:
    """A reproducible choice, with every kind of mutation that the statement allows before any kind comes twice."""
    every = mutated(STATEMENTS[name])
    random.Random(name).shuffle(every)
    seen: Counter[str] = Counter()
    rank = []
    for what, equality in every:
        rank.append((seen[what], len(rank), what, equality))
        seen[what] += 1
    return [(what, equality) for _, _, what, equality in sorted(rank, key=lambda entry: entry[:2])[:PER_STATEMENT]]


outcomes: Counter[str] = Counter()
kinds: Counter[str] = Counter()


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_mutation_of_a_proved_statement_is_refuted(exact_bands, name):
    for what, equality in chosen(name):
        axes = axes_for(equality.difference)
        true = {r: exact_bands(*r, axes=axes).vanishes(equality.difference) for r in ((1, 1, 1, 1), (2, 1, 2))}
        proof = examine(equality)
        if not true[1, 1, 1, 1]:
            assert proof.outcome == "refuted", (what, proof.how)
            assert proof.counterexample is not None
            lhs, rhs = proof.counterexample.rerun()
            assert (lhs, rhs) == (proof.counterexample.lhs, proof.counterexample.rhs)
            assert lhs != rhs
            kinds[what] += 1
        else:
            assert proof.outcome == ("proved" if true[2, 1, 2] else NONDEGENERATE), (what, proof.how)
        outcomes[proof.outcome] += 1


def test_at_least_a_hundred_mutations_of_all_kinds_were_refuted():
    """Counts what the test above has done; runs after it."""
    if sum(outcomes.values()) < len(STATEMENTS):
        pytest.skip("the mutations have not been run in this process")
    assert outcomes["refuted"] >= 100
    assert outcomes["refuted"] > 10 * (outcomes["proved"] + outcomes[NONDEGENERATE])
    assert {"sign", "index", "factor 2", "dropped term", "S^2 for S", "S for S^2", "adjoint"} <= kinds.keys()


def test_a_generator_of_mutants_changes_one_thing_at_a_time():
    from symcur.expressions import Im, P, S, Trace, s, v

    expression = Im(Trace(P * v("i") * S * s))
    produced = dict(mutants(expression))
    assert produced["index"] == Im(Trace(P * v("l") * S * s))
    assert produced["S^2 for S"] == Im(Trace(P * v("i") * S.__class__("n", 2) * s))
    assert produced["adjoint"] == Im(Trace(s * S * v("i") * P))
    assert expression not in produced.values()
