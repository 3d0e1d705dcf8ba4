"""A program interpreted by NumPy, one array operation a node, in blocks that stay in the cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from symcur.arrays import Array
from symcur.program.program import FUNCTIONS, Program

_SIGNS = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def _select(x: Any, a: Any, b: Any, result: Array) -> None:
    result[:] = np.where(x > 0, a, b)


_UFUNCS: dict[str, Any] = _SIGNS | {name: getattr(np, name) for name in FUNCTIONS} | {"select": _select}


class NumPyBackend:
    """``backend(inputs, outputs)``: inputs (n_inputs, n) to outputs (n_outputs, n).

    Of the inputs those that are no names are nodes that are given. A value lives in a row of a scratch array until its last use; then the row is used again.
    """

    name = "numpy"
    block = 4096
    width = 1
    streams = False

    def __init__(self, program: Program, inputs: Sequence[str | int], outputs: Sequence[int]) -> None:
        given = {node: j for j, node in enumerate(inputs) if isinstance(node, int)}
        nodes = program.needed(outputs, given)
        last_use = {argument: node for node in nodes for argument in program.arguments(node)}
        kept = set(outputs)
        row = dict(given)  # inputs first, then constants, then registers
        self._constants: list[Array] = []  # which a ufunc takes sooner than Python's numbers
        self._steps: list[tuple[Any, Callable[[list[Any]], tuple[Any, ...]]]] = []
        fixed = len(inputs) + sum(program.nodes[node][0] == "constant" for node in nodes)
        self._registers = 0
        free: list[int] = []
        for node in nodes:
            operation, arguments = program.nodes[node]
            if operation == "input":
                row[node] = inputs.index(arguments[0])
            elif operation == "constant":
                row[node] = len(inputs) + len(self._constants)
                self._constants.append(np.array(float(arguments[0])))
            else:
                read = [row[argument] for argument in arguments]
                for argument in set(arguments):
                    if last_use[argument] == node and argument not in kept and row[argument] >= fixed:
                        free.append(row[argument])
                if not free:
                    free.append(fixed + self._registers)
                    self._registers += 1
                row[node] = free.pop()
                self._steps.append((_UFUNCS[operation], itemgetter(*read, row[node])))
        self._results = [row[node] for node in outputs]

    def __call__(self, inputs: Array, outputs: Array, threads: int = 1) -> None:
        scratch = np.empty((self._registers, inputs.shape[1]))
        rows: list[Any] = [*inputs, *self._constants, *scratch]
        with np.errstate(all="ignore"):
            for ufunc, arguments in self._steps:
                ufunc(*arguments(rows))
        for output, result in zip(outputs, self._results, strict=True):
            output[:] = rows[result]


def function_of_arrays(program: Program, inputs: Sequence[str], outputs: Sequence[int]) -> Callable[..., list[Any]]:
    """The outputs as one Python function of the inputs, numbers or arrays of one shape: the same at one point and at many."""
    names: dict[int, str] = {}
    lines = []
    for node in program.live(outputs):
        operation, arguments = program.nodes[node]
        if operation == "input":
            names[node] = f"x{inputs.index(arguments[0])}"
            continue
        if operation == "constant":
            names[node] = repr(float(arguments[0]))
            continue
        own = [names[argument] for argument in arguments]
        names[node] = f"t{node}"
        lines.append(f"t{node} = {f' {operation} '.join(own) if operation in _SIGNS else f'{operation}({own[0]})'}")
    body = "\n    ".join([*lines, f"return [{', '.join(names[node] for node in outputs)}]"])
    made: dict[str, Any] = {name: getattr(np, name) for name in FUNCTIONS}
    exec(f"def function({', '.join(f'x{j}' for j in range(len(inputs)))}):\n    {body}\n", made)
    return made["function"]  # type: ignore[no-any-return]
