"""The table of docs/closed_forms.md: ``python docs/ext/closed_form_sizes.py [MODEL ...]`` prints its rows.

A size is the number of operations (SymPy's count_ops) of the definitions and the components of a closed form together.
"""

from __future__ import annotations

import sys

import sympy as sp

from symcur import derive, models, quantities


def names() -> list[str]:
    """The quantities that are numbers and not operators."""
    return [name for name in quantities.names() if not quantities.get(name).operator]


def size(model: str, quantity: str) -> int:
    form = derive(models.get(model), quantity)
    return int(sp.count_ops([*(value for _, value in form.definitions), *sp.flatten(form.compact)]))


def row(model: str) -> str:
    return f"| {model} | " + " | ".join(str(size(model, name)) for name in names()) + " |"


if __name__ == "__main__":
    for model in sys.argv[1:] or models.names():
        print(row(model), flush=True)
