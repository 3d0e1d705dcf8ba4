"""What a scan costs beside its points: processor time against a loop over the observable, in memory and with a store.

Run with ``pytest tests/benchmarks/test_scan_overhead.py -n 0 --benchmark-enable -s``.
"""

from __future__ import annotations

import time

import numpy as np

import symcur as sc

ARGUMENTS = {"mu": [0.0, 0.1], "temperature": 0.3, "rtol": 1e-3}


def test_a_scan_costs_its_points(benchmark, tmp_path) -> None:
    model, count = sc.models.haldane(), 40 if benchmark.enabled else 2
    masses = np.linspace(0.1, 0.3, count)
    seconds: dict[str, float] = {}

    def timed(way, function):
        start = time.process_time()
        result = function()
        seconds[way] = (time.process_time() - start) / count
        return result

    def loop():
        return np.stack([sc.conductivity(model, **ARGUMENTS, parameters={"M": M}).value for M in masses])

    def scan(**more):
        return sc.scan(model, "conductivity", {"M": masses}, **ARGUMENTS, **more)["value"].sel(part="intrinsic")

    loop(), scan()
    expected = timed("loop", loop)
    ways = {
        "scan": {},
        "store, chunks of 1": {"store": tmp_path / "1", "chunk": 1},
        "of 10": {"store": tmp_path / "10", "chunk": 10},
    }
    for way, more in ways.items():
        assert np.array_equal(timed(way, lambda more=more: scan(**more)), expected)
    benchmark.pedantic(lambda: None)
    print(
        f"\nseconds a point: loop {seconds['loop']:.3f}",
        *(f"{way} {seconds[way] / seconds['loop']:.2f}" for way in ways),
    )
    if benchmark.enabled:
        assert seconds["scan"] < 1.15 * seconds["loop"]
        assert seconds["of 10"] < 1.3 * seconds["loop"]
