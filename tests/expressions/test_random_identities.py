"""A fixed part of the random identities and mutants (random_identities.py runs any number of them)."""

from __future__ import annotations

from collections import Counter

import pytest
from random_identities import PATTERN, sample

from symcur import settle
from symcur.claims.prover import NONDEGENERATE

SEEDS = range(10**6, 10**6 + 10 * len(PATTERN))
found: Counter[str] = Counter()


@pytest.mark.slow_for("1000076", "1000073", "1000045")
@pytest.mark.parametrize("seed", SEEDS)
def test_random_identities_are_proved_and_mutants_are_judged_as_exact_bands_judge_them(seed):
    kind, left, right, truth = sample(seed)
    proof = settle(left, right)
    assert proof.outcome == truth, (kind, proof.how)
    assert (proof.counterexample is None) == (truth == "proved")
    found[truth] += 1


def test_every_verdict_has_occurred():
    """Counts what the test above has done; runs after it."""
    if sum(found.values()) < len(SEEDS):
        pytest.skip("the identities have not been run in this process")
    assert min(found["proved"], found["refuted"], found[NONDEGENERATE]) > 1
