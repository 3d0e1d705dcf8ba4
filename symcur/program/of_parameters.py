"""What a program makes of parameters alone: the same at every point, and made once beforehand."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any

import numpy as np

from symcur.program.program import FUNCTIONS, Program, operations

_COSTLY = (*FUNCTIONS, "/")  # what costs more than another argument of the program


def made_of_parameters(program: Program, outputs: Iterable[int], varying: Container[str]) -> list[int]:
    """The nodes without a ``varying`` input, with a function or a quotient in them, that others need, or that are outputs."""
    outputs = list(outputs)
    vary: set[int] = set()
    costly: set[int] = set()
    found = set(outputs)
    for node in program.live(outputs):
        operation, given = program.nodes[node]
        arguments = program.arguments(node)
        if (operation == "input" and given[0] in varying) or not vary.isdisjoint(arguments):
            vary.add(node)
            found.update(arguments)
        elif operation in _COSTLY or not costly.isdisjoint(arguments):
            costly.add(node)
    return sorted(found & costly)


def at_values(program: Program, nodes: Sequence[int], value: Callable[[str], float]) -> list[float]:
    """The nodes where inputs have these values, infinite or no number where they have none."""
    arithmetic: dict[str, Any] = operations(
        np, lambda name: np.float64(value(name)), lambda number: np.float64(float(number))
    )
    with np.errstate(all="ignore"):
        return [float(x) for x in program.run(nodes, arithmetic | {"select": lambda x, a, b: a if x > 0 else b})]
