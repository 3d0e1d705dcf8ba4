"""A model named on the command line: one of the library, or one in a Python file of the user's."""

from __future__ import annotations

import runpy
from collections.abc import Iterable
from pathlib import Path

import sympy as sp

from symcur import models
from symcur.model import Model


def find_model(name: str) -> Model:
    """The library model of this name, or the Model in FILE.py (FILE.py:NAME where there are several)."""
    path, _, variable = name.partition(":")
    return _from_file(Path(path), variable) if path.endswith(".py") else models.get(name)


def _from_file(path: Path, variable: str) -> Model:
    if not path.is_file():
        raise ValueError(f"model: the file {path} does not exist")
    found = {key: value for key, value in runpy.run_path(str(path)).items() if isinstance(value, Model)}
    if variable or len(found) != 1:
        if variable not in found:
            raise ValueError(
                f"model: {path} defines {', '.join(found) or 'no Model'}; name one of them as {path}:<name>"
            )
        return found[variable]
    return next(iter(found.values()))


def settings(pairs: Iterable[str]) -> dict[str, sp.Rational]:
    """["M=0.1", "alpha=1/3"] as exact numbers by name."""
    values = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        try:
            values[name.strip()] = sp.Rational(text.strip())
        except (TypeError, ValueError, ZeroDivisionError):
            equals = ""
        if not equals:
            raise ValueError(f"--set: {pair!r} came; name=number is valid, for example lambda_R=0.05")
    return values


def with_numbers(model: Model, values: dict[str, sp.Rational]) -> Model:
    """The model with these parameters replaced by exact numbers, so that closed forms simplify accordingly."""
    model.values(**values)  # refuses unknown names and inadmissible values
    fixed = {symbol: values[symbol.name] for symbol in model.parameters if symbol.name in values}
    rest = {symbol: value for symbol, value in model.parameters.items() if symbol not in fixed}
    return model.replace(H=model.H.subs(fixed), s=model.s.subs(fixed), parameters=rest) if fixed else model
