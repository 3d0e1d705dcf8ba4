"""A program compiled by heyoka: vector instructions over many points, just in time."""

from __future__ import annotations

import operator
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symcur.kernels.program import Program

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
        expressions = program.run(
            outputs,
            {
                "input": symbols.__getitem__,
                "constant": lambda number: heyoka.expression(float(number)),
                "+": operator.add,
                "-": operator.sub,
                "*": operator.mul,
                "/": operator.truediv,
                "sqrt": heyoka.sqrt,
                "cos": heyoka.cos,
                "sin": heyoka.sin,
            },
        )
        self._function: Any = heyoka.cfunc(expressions, list(symbols.values()), fast_math=True)
        self.width = int(self._function.batch_size)

    def __call__(self, inputs: NDArray[np.float64], outputs: NDArray[np.float64], threads: int = 1) -> None:
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
