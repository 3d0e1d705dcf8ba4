"""The closed forms of every library model: contour integrals give the same, and the LaTeX has their values, compiles and fits a page.

Each model takes every third quantity, the next model in the list the next ones; SHARE = 1 takes all, in three times the time.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from math import ceil
from pathlib import Path

import numpy as np
import pytest
from agreement import differences, is_printed_in_functions, printed_difference
from latex2mathml.converter import convert
from sympy import Rational
from typesetting import HAS_PDFLATEX, sizes, too_large

from symcur import models, quantities
from symcur.closed_forms import derive

QUANTITIES = [name for name in quantities.names() if not quantities.get(name).operator]
SHARE = 3
LINE, PAGE = 80, 40  # signs in a line (numerator and denominator one after the other), lines of a page
MOST_BANDS = 4  # of models whose formulas must fit a page
DRAWN = 5  # forms in steps, whose text is the definition of the quantity in matrices whatever the model is


def printed_lines(text: str) -> int:
    """How many lines of a page LaTeX takes; every row becomes well-formed MathML, in which no command is left over."""
    count = 0
    for row in text.removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}").split(" \\\\\n"):
        assert row.count("&") == 1, row
        assert row.count("{") == row.count("}"), row
        signs = "".join(ET.fromstring(convert(row.replace("&", ""))).itertext())
        assert "\\" not in signs, row
        count += ceil(len(signs.replace(" ", "")) / LINE)
    return count


@pytest.mark.slow_but("massive_dirac", "rashba")
@pytest.mark.parametrize("name", models.names())
def test_the_forms_of_the_library(name: str, tmp_path: Path) -> None:
    model, start = models.get(name), models.names().index(name) % SHARE
    forms = {quantity: derive(model, quantity) for quantity in ("energy", *QUANTITIES[start::SHARE])}
    for quantity, difference in differences(forms):
        assert difference < 1e-12, quantity
    for quantity, form in forms.items():
        if is_printed_in_functions(form):
            assert printed_difference(form) < 1e-10, quantity
    if model.size > MOST_BANDS:
        return
    in_steps = [quantity for quantity, form in forms.items() if form.written is None]
    left_out = set(np.random.default_rng(len(name)).permutation(in_steps)[DRAWN:])
    for quantity in forms.keys() - left_out:
        assert printed_lines(forms[quantity].latex()) <= PAGE, quantity
    if HAS_PDFLATEX:
        assert too_large({quantity: form.latex() for quantity, form in forms.items()}, tmp_path) == {}


@pytest.mark.parametrize("name", ["rashba", "bhz", "kane_mele"])
def test_a_wrong_form_is_noticed(name: str) -> None:
    """The form of one quantity under the name of another, and one whose numbers are wrong by 1e-9 of themselves."""
    form, energy = (derive(models.get(name), quantity) for quantity in ("s_dipole", "energy"))
    factor = form.program.constant(1 + Rational(1, 10**9))
    off = replace(form, outputs=tuple(value * factor for value in form.outputs))
    for wrong in ({"velocity": form}, {"s_dipole": off}):
        found = dict(differences({"energy": energy, **wrong}))
        assert found.pop("energy") < 1e-12
        assert min(found.values()) > 1e-12


def test_a_wrong_text_is_noticed() -> None:
    """A factor in one definition and in one component that the numbers do not have."""
    form = derive(models.bhz(), "s_dipole")
    definitions, results = form.written
    (symbol, formula), *rest = definitions
    assert printed_difference(form) < 1e-10
    for written in ((((symbol, 2 * formula), *rest), results), (definitions, (results[0], 3 * results[1]))):
        assert printed_difference(replace(form, written=written)) > 1e-3


@pytest.mark.skipif(not HAS_PDFLATEX, reason="no pdflatex")
def test_text_that_does_not_fit_a_page_or_does_not_compile_is_noticed(tmp_path: Path) -> None:
    row = "d &= " + " + ".join("x" * 25)
    texts = {"fits": row, "wide": row + " + x" * 3, "high": r" \\ ".join([row] * 60)}
    texts = {name: rf"\begin{{aligned}}{text}\end{{aligned}}" for name, text in texts.items()}
    assert set(too_large(texts, tmp_path)) == {"wide", "high"}
    with pytest.raises(AssertionError, match="nosuchcommand"):
        sizes({"wrong": r"\nosuchcommand"}, tmp_path)


@pytest.mark.parametrize("row", [r"d &= \nosuchcommand{x}", r"d &= \frac{x", r"d &= x & y"])
def test_text_that_is_no_latex_is_noticed(row: str) -> None:
    with pytest.raises((AssertionError, ET.ParseError)):
        printed_lines(row)
    assert printed_lines(r"d &= \frac{x}{y}") == 1
    assert printed_lines("d &= " + " + ".join("x" * 100)) == 3
