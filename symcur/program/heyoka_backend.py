"""A program compiled by heyoka: vector instructions over many points, just in time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from symcur.arrays import Array
from symcur.program.program import Program, operations

_THREADS = threading.Lock()


class HeyokaBackend:
    """``backend(inputs, outputs)``: inputs (n_inputs, n) to outputs (n_outputs, n), both C-contiguous, n a multiple of
    ``width``, so that every point goes through the same vector instructions wherever it stands."""

    name = "heyoka"
    block = 4096
    streams = True

    def __init__(self, program: Program, inputs: Sequence[str], outputs: Sequence[int]) -> None:
        import heyoka

        symbols = dict(zip(inputs, (heyoka.make_vars(f"x_{j}") for j in range(len(inputs))), strict=True))
        arithmetic = operations(heyoka, symbols.__getitem__, lambda number: heyoka.expression(float(number)))
        arithmetic["select"] = lambda x, a, b: heyoka.select(heyoka.gt(x, 0.0), a, b)
        expressions = program.run(outputs, arithmetic)
        self._function: Any = heyoka.cfunc(expressions, list(symbols.values()), fast_math=True)
        self.width = int(self._function.batch_size)

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
