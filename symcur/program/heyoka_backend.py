"""A program compiled by heyoka: vector instructions over many points, just in time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from typing import Any

from symcur.arrays import Array
from symcur.program.program import Program, operations

_THREADS = threading.Lock()
_SHORT = 1000  # nodes of programs so short that the registers hold two vectors of every number


class HeyokaBackend:
    """``backend(inputs, outputs)``: inputs (n_inputs, n) to outputs (n_outputs, n), both C-contiguous, n a multiple of
    ``width``, so that every point goes through the same vector instructions wherever it stands. Of the inputs those that are
    no names are nodes that are given."""

    name = "heyoka"
    block = 4096
    streams = True

    def __init__(self, program: Program, inputs: Sequence[str | int], outputs: Sequence[int]) -> None:
        import heyoka

        symbols = dict(zip(inputs, (heyoka.make_vars(f"x_{j}") for j in range(len(inputs))), strict=True))
        arithmetic = operations(heyoka, symbols.__getitem__, lambda number: heyoka.expression(float(number)))
        arithmetic["select"] = lambda x, a, b: heyoka.select(heyoka.gt(x, 0.0), a, b)
        if symbols:  # heyoka makes (1/x)^2 another division; what it selects from it leaves as it is, and costs nothing
            some = next(iter(symbols.values()))
            arithmetic["/"] = lambda a, b: heyoka.select(some, a / b, a / b)
        given = {node: symbols[node] for node in inputs if isinstance(node, int)}
        expressions = program.run(outputs, arithmetic, known=given)
        # Roots and quotients wait for each other: two vectors at once, or a longer one, fill the time.
        several = 2 if len(program.live(outputs)) <= _SHORT or _has_long_vectors() else 1
        self.width = several * int(heyoka.recommended_simd_size())
        self._function: Any = heyoka.cfunc(expressions, list(symbols.values()), fast_math=True, batch_size=self.width)

    def __call__(self, inputs: Array, outputs: Array, threads: int = 1) -> None:
        if threads == 1:
            self._function(inputs, outputs=outputs, batch_parallel=False)
            return
        import heyoka

        with _THREADS:  # heyoka's number of threads belongs to the process
            before = heyoka.get_nthreads()
            heyoka.set_nthreads(threads)
            try:
                self._function(inputs, outputs=outputs, batch_parallel=True)
            finally:
                heyoka.set_nthreads(before)


@cache
def _has_long_vectors() -> bool:
    """Whether this machine has AVX-512, of whose vectors heyoka recommends one half."""
    import heyoka

    x = heyoka.make_vars("x")
    return "+avx512f" in heyoka.cfunc([x + 1.0], [x]).llvm_states[0].ir
