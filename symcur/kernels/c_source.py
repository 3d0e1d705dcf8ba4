"""A program as a C function, for use outside Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symcur.kernels.program import Program


def c_source(
    program: Program, inputs: Sequence[str], outputs: Sequence[tuple[str, int]], heading: Sequence[str] = ()
) -> str:
    """``void kernel(size_t n, const double *in, double *out)``: in[j*n + p] is argument j at the point p, so is out.

    ``outputs`` are (label, node) pairs; the labels and ``heading`` go to a comment in front.
    """
    lines: list[str] = []
    names: dict[int, str] = {}

    def keep(node: int, text: Any) -> str:
        operation = program.nodes[node][0]
        if operation == "constant":
            return str(text)
        names[node] = f"t{len(names)}"
        lines.append(f"    const double {names[node]} = {text};")
        return names[node]

    operations: dict[str, Any] = {
        "input": lambda name: f"in[{list(inputs).index(name)}*n + p]",
        "constant": lambda number: f"({float(number)!r})",
        **{sign: (lambda a, b, sign=sign: f"{a} {sign} {b}") for sign in "+-*/"},
        **{name: (lambda a, name=name: f"{name}({a})") for name in ("sqrt", "cos", "sin")},
    }
    results = program.run([node for _, node in outputs], operations, keep)
    comment = [
        *heading,
        "Arguments: " + ", ".join(f"in[{j}] {name}" for j, name in enumerate(inputs)),
        "Results: " + ", ".join(f"out[{j}] {label}" for j, (label, _) in enumerate(outputs)),
    ]
    return "\n".join(
        [
            *(f"// {line}" for line in comment),
            "#include <math.h>",
            "#include <stddef.h>",
            "",
            "void kernel(size_t n, const double *restrict in, double *restrict out)",
            "{",
            "  for (size_t p = 0; p < n; ++p) {",
            *lines,
            *(f"    out[{j}*n + p] = {result};" for j, result in enumerate(results)),
            "  }",
            "}",
            "",
        ]
    )
