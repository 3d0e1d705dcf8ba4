"""How long the prover takes on random identities and mutants, beside the exact bands that decide what it has to find.

Run with ``pytest tests/benchmarks/test_prover_speed.py -n 0 --benchmark-enable -s``.
"""

from __future__ import annotations

import time

from random_identities import PATTERN, expected, sample

from symcur import settle

FEW, MANY = len(PATTERN), 2000


def test_random_identities(benchmark) -> None:
    """Processor time of every proof, and of all proofs in units of that of exact bands, which see the same identities."""
    samples = [sample(seed) for seed in range(MANY if benchmark.enabled else FEW)]
    seconds: list[float] = []

    def timed(function, *arguments):
        start = time.process_time()
        result = function(*arguments)
        return result, time.process_time() - start

    def prove() -> list[str]:
        proofs = [timed(settle, left, right) for _, left, right, _ in samples]
        seconds[:] = [spent for _, spent in proofs]
        return [proof.outcome for proof, _ in proofs]

    verdicts = benchmark.pedantic(prove, rounds=1)
    exact = [timed(expected, left, right) for _, left, right, _ in samples]
    assert verdicts == [truth for *_, truth in samples] == [truth for truth, _ in exact]
    benchmark.extra_info.update(
        median_ms=round(1e3 * sorted(seconds)[len(seconds) // 2], 1),
        slowest_s=round(max(seconds), 2),
        ratio_to_exact_bands=round(sum(seconds) / sum(spent for _, spent in exact), 3),
    )
    print(benchmark.extra_info)
