"""A model named on the command line: one of the library, one in a TOML file, or one in a Python file, which is run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import sympy as sp
import typer

from symcur import materials, models
from symcur.band_structures import BandStructure
from symcur.cli import completion, model_scripts

LACKING = ("lattice: ", "centres: ", "spin: ")  # what options say in the place of files

ModelName = Annotated[
    str,
    typer.Argument(
        help="A library model, FILE.toml, FILE.py[:NAME], which is run, or SEED_hr.dat and its like.",
        autocompletion=completion.models,
    ),
]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter value.")]


def find_model(name: str) -> BandStructure:
    """The library model of this name, or the model in FILE.toml or FILE.py (FILE.py:NAME where there are several).

    A Python file is run, with all that it contains; a TOML file is only read. Files of Wannier functions give a material with s the
    spin along z, with what is needed of their neighbours.
    """
    if name.endswith(".toml"):
        return models.load(name)
    if materials.holds_functions(name):
        if not Path(name).is_file():
            raise ValueError(f"model: expected a file, got {name}, which does not exist")
        try:
            return materials.read(name)
        except ValueError as error:
            if not str(error).startswith(LACKING):
                raise
            raise ValueError(f"{error}; symcur material and symcur plot have options for it") from None
    script = model_scripts.split(name)
    if script is not None:
        return model_scripts.model_in(*script)
    return models.named(name)


def bounded(text: str) -> str:
    """The text of a number; ValueError where its exponent, which an exact number writes out, has more than three digits."""
    if len(text.lower().partition("e")[2].lstrip("+-0")) > 3:
        raise ValueError
    return text


def settings(pairs: Iterable[str] | None) -> dict[str, sp.Rational]:
    """["M=0.1", "alpha=1/3"] as exact numbers by name."""
    values = {}
    for pair in pairs or ():
        name, equals, text = pair.partition("=")
        try:
            values[name.strip()] = sp.Rational(bounded(text.strip()))
        except (TypeError, ValueError, ZeroDivisionError):
            equals = ""
        if not equals:
            raise ValueError(f"--set: expected name=number, for example lambda_R=0.05, got {pair!r}")
    return values


def with_settings(model: BandStructure, pairs: Iterable[str] | None) -> BandStructure:
    """The model with these values of its parameters, words where they are words."""
    words = {str(name) for name, value in model.arguments()["parameters"].items() if isinstance(value, str)}
    texts = {
        name.strip(): text.strip() for name, equals, text in (pair.partition("=") for pair in pairs or ()) if equals
    }
    numbers = settings(pair for pair in pairs or () if pair.partition("=")[0].strip() not in words)
    chosen = {name: texts[name] for name in words & set(texts)}
    return model.with_values({**chosen, **{name: float(value) for name, value in numbers.items()}})
