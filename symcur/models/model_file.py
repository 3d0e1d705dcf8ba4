"""Models in TOML files: parameters, momenta, H and s as formulas, or hoppings. Reading such a file runs nothing.

A file of formulas, read as a ``Model``::

    name = "chern"                                       # name, reference and facts may be left out
    k = ["k_x", "k_y"]
    lattice = [[1, 0], [0, 1]]                           # left out in the continuum
    H = "t*(sin(k_x)*sigma_x + sin(k_y)*sigma_y) + m*sigma_z"
    s = [["1/2", 0], [0, "-1/2"]]                        # a matrix formula, as H above, or rows of entries

    [parameters]
    t = 1
    M = -1

    [definitions]                                        # each in the names before it
    m = "M + cos(k_x) + cos(k_y)"

A file of numbers, read as a ``NumericModel``, see ``Model.from_hoppings``::

    lattice = [[1]]
    positions = [[0], [0.5]]                             # 0 where left out
    s = [[1, 0], [0, -1]]

    [[hoppings]]
    R = [0]
    t = [[0, 1], [1, 0]]

Bosons have in both kinds of file the key metric, see ``symcur.band_structures.metric``::

    metric = "bosons"                                    # Psi = (b_k, b^+_-k); or "phonons", Psi = (u_k, p_k)
    metric = [["bosons", 1], ["phonons", 2]]             # kinds and numbers of modes, in the order of the components

    [metric]                                             # or any other
    matrix = [[1, 0], [0, -1]]                           # [Psi_a, Psi_b^+]
    conjugation = [[0, 1], [1, 0]]                       # X in (Psi_-k^+)^T = X Psi_k; left out where every mode stands once

A file with the section [magnet] is a spin model, see ``symcur.models.magnet_file``.

The formulas are those of ``symcur.models.grammar``, within its bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from symcur import files
from symcur.band_structures import BandStructure, Metric, Model
from symcur.band_structures.metric import KINDS
from symcur.files import shortened
from symcur.models.grammar import CONSTANTS
from symcur.models.magnet_file import magnons
from symcur.models.reader import ABOUT, Reader, about, required

_BOTH = (*ABOUT, "lattice", "s", "metric")
_KEYS = (*_BOTH, "k", "parameters", "definitions", "H", "hoppings", "positions")


def load(path: str | Path) -> BandStructure:
    """The model in a TOML file, as ``symcur.models.model_file`` describes it. Nothing in the file is run.

    Raises ValueError or TypeError that names the entry, what was expected and what was given.
    """
    path = Path(path)
    try:
        return _model(files.toml_table("model", path), path.stem)
    except (ArithmeticError, AttributeError, MemoryError, RecursionError) as error:
        raise ValueError(f"model: expected formulas that can be evaluated, got {path} ({error})") from error


def _model(table: Mapping[str, Any], stem: str) -> BandStructure:
    if "magnet" in table:
        return magnons(table, stem)
    kind = ("k", "parameters", "definitions", "H") if "H" in table else ("hoppings", "positions")
    for key in table:
        if key not in (*_BOTH, *kind):
            got = f"{key} {'beside' if 'H' in table else 'without'} H" if key in _KEYS else shortened(key)
            raise ValueError(
                f"{key if key in _KEYS else shortened(key)}: expected H and s with k, parameters, definitions and lattice, or "
                f"hoppings and s with lattice and positions, got {got}"
            )
    reader, texts = Reader(), about(table, stem)
    if "H" in table:
        return _of_formulas(table, reader, texts)
    if "hoppings" not in table:
        raise ValueError("H: expected H, hoppings or a section [magnet] in the file, got none of them")
    return _of_hoppings(table, reader, texts)


def _of_formulas(table: Mapping[str, Any], reader: Reader, texts: dict[str, str]) -> Model:
    names = required(table, "k", list)
    if not 1 <= len(names) <= 3:
        raise ValueError(f"k: expected the names of one to three momenta, got {len(names)}")
    k = tuple(reader.symbol("k", name) for name in names)
    parameters = reader.parameters(table)
    reader.definitions(table)
    return Model(
        reader.matrix("H", table["H"]),
        reader.matrix("s", required(table, "s", str | list | int | float)),
        k,
        parameters,
        None if "lattice" not in table else reader.rows("lattice", table["lattice"], CONSTANTS),
        **texts,
        metric=_metric(table.get("metric"), reader),
    )


def _of_hoppings(table: Mapping[str, Any], reader: Reader, texts: dict[str, str]) -> BandStructure:
    hoppings: dict[tuple[int, ...], list[list[complex]]] = {}
    for number, item in enumerate(required(table, "hoppings", list)):
        label = f"hoppings[{number}]"
        if not isinstance(item, dict) or set(item) != {"R", "t"} or not isinstance(item["R"], list):
            raise ValueError(f"{label}: expected a table of R, a list of integers, and t, a matrix")
        R = tuple(item["R"])
        if not all(type(n) is int and abs(n) < 10**6 for n in R) or R in hoppings:
            raise ValueError(f"{label}.R: expected integers, and every R once, got {shortened(str(item['R']))}")
        hoppings[R] = reader.numbers(f"{label}.t", item["t"])
    positions = reader.numbers("positions", table["positions"]) if "positions" in table else None
    s = reader.numbers("s", required(table, "s", list))
    lattice = reader.numbers("lattice", required(table, "lattice", list))
    for label, rows in (("lattice", lattice), ("positions", positions or [])):
        if any(entry.imag for row in rows for entry in row):
            raise ValueError(f"{label}: expected real numbers, got complex ones")
    real = [[[entry.real for entry in row] for row in rows] for rows in (lattice, positions or [])]
    metric = _metric(table.get("metric"), reader)
    return Model.from_hoppings(hoppings, s, real[0], positions=real[1] if positions else None, **texts, metric=metric)


def _metric(value: Any, reader: Reader) -> Any:
    """What the models take for a metric."""
    match value:
        case None | str() if value is None or value in KINDS:
            return value
        case list() if value and all(isinstance(pair, list) and list(map(type, pair)) == [str, int] for pair in value):
            if all(kind in KINDS for kind, _ in value):
                return value
        case dict() if {"matrix"} <= set(value) <= {"matrix", "conjugation"}:
            keys = ("matrix", "conjugation")
            return Metric(*(reader.rows(f"metric.{key}", value[key], CONSTANTS) for key in keys if key in value))
    raise ValueError(
        f"metric: expected {' or '.join(map(repr, KINDS))}, pairs such as ['bosons', 2], or a section with matrix and, where modes "
        f"stand twice, conjugation; got {shortened(str(value))}"
    )
