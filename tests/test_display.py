"""What is shown: numbers with the digits that their errors leave, tables that are never cut, and pages in which texts stay texts."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy as sp
from pages import Page

import symcur as sc
from symcur import display
from symcur.display import Card, Facts, Formula, Numbers, Row, Sentence, Slices

TABLE = Numbers(
    ("mu", "T", "component"),
    ("conventional", "intrinsic", "band"),
    (
        Row(("-0.2", "0.05", "xy"), ((-0.16346459, 6e-7), (0.142654891, 7e-8), (1.0, 5e-7))),
        Row(("0", "0.05", "yx"), ((0.16346461, 6e-7), (0.0, 7e-8), (0.9, 5e-7)), "not met"),
    ),
)


@pytest.fixture(scope="module", name="sigma")
def _sigma():
    return sc.conductivity("rashba", [-0.2, 0.0, 0.2], 0.05, rtol=1e-2)


@pytest.fixture(scope="module", name="many")
def _many():
    return sc.conductivity("rashba", np.linspace(0.1, 1.3, 13), 0.5, rtol=1e-2)


# -- numbers -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.1634646123, 6e-6, "0.1634646"),
        (-1.4e-18, 4e-9, "0.00000000"),
        (4.8e-10, 1e-13, "4.80000e-10"),  # small, but known not to vanish
        (4.8e-10, 1e-9, "0.00000000"),
        (5e-4, 1e-3, "0.0005"),
        (-2345678.9, 1.0, "-2.345679e+06"),
        (float("nan"), float("inf"), "nan"),
    ],
)
def test_numbers_have_the_digits_that_their_errors_leave(value, error, text):
    assert display.number(value, error) == text


@pytest.mark.parametrize("error", [0.0, 6e-7, 2.1e-3, 9.5e-3, 9.96e-9, 1e300, 1.04, np.inf])
def test_a_printed_error_is_never_less_than_the_error(error):
    card = Card("x", (Numbers(("xy",), ("a",), (Row(("xy",), ((1.0, error),)),)),))
    for shown, most in ((display.text(card).split()[-1], 1.1), (re.search("± (.*?)<", display.html(card))[1], 2.0)):
        assert error <= float(shown) <= most * error
    _, vanishing = display.zeros({"xx": [(0.0, error)]})
    assert np.isinf(error) or error <= float(re.search(r"\((.*)\)", vanishing)[1])


def test_numbers_are_printed_as_they_were_typed():
    assert display.as_typed([-0.2, 0.1 + 0.2 - 0.3, 0.2]) == ["-0.2", "0", "0.2"]
    assert display.as_typed([1e-13, 1.0]) == ["1e-13", "1"], "typed, not left by rounding"
    assert display.as_typed([11.3158, 0.1234567]) == ["11.3158", "0.1234567"]
    assert display.as_typed([1 / 3, 1 / 3 + 1e-8]) == ["0.33333333", "0.33333334"]
    assert display.as_typed([1e-17]) == ["1e-17"]


def test_what_vanishes_stands_on_one_line_and_what_is_small_does_not():
    pairs = {"xx": [(1e-17, 4e-9), (-2e-17, 1e-9)], "xy": [(1.0, 4e-9)], "yx": [(3e-10, 1e-13)], "yy": [(0.0, 2e-9)]}
    assert display.zeros(pairs) == (["xx", "yy"], "xx = yy = 0 (4e-9)")
    assert display.zeros({"xx": [(0.0, np.inf)], "yy": [(np.nan, 0.1)]}) == ([], "")


def test_the_leading_value_of_each_part_is_not_decided_by_rounding():
    assert TABLE.leading == {(0, 0), (0, 1), (0, 2)}
    assert Numbers((), ("a",), (Row((), ((1e-9, 1e-8),)),)).leading == set()


# -- text --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("width", [20, 40, 70, 80, 120])
def test_no_number_is_cut_at_any_width(width):
    text = display.text(Card("sigma", (TABLE,)), width)
    for number in ("-0.16346459", "0.16346461", "0.14265489", "0.00000000", "6.0e-07"):
        assert re.search(rf"(?<!\S){re.escape(number)}(?!\S)", text), number
    assert "…" not in text
    assert ("part" in text) == (width == 70), "stacked where it is too wide"
    if width >= 70:
        assert max(map(len, text.splitlines())) <= width


def test_matrices_and_aligned_equations_are_lines():
    formula = Formula(r"\begin{aligned} H &= \begin{pmatrix}a & 0 \\ 0 & b\end{pmatrix} \\ a &= \frac12 \end{aligned}")
    assert display.text(Card("x", (formula,))).splitlines() == ["x", "    H = (a, 0; 0, b)", "    a = ½"]


def test_facts_hang_below_their_first_line():
    text = display.text(Card("x", (Facts((("unit", "e/2pi"), ("note", "one two three four"), ("none", ""))),)), 24)
    assert text.splitlines() == ["x", "       unit  e/2pi", "       note  one two", "             three four"]


def test_a_terminal_obeys_no_text():
    text = display.text(Card("a\x1b[31mred\x07", (Facts((("note", "b\x9b2J\rc"),)),)))
    assert text == "a\ufffd[31mred\ufffd\n       note  b\ufffd2J\n             c"


# -- LaTeX -------------------------------------------------------------------------------------------------------------
def test_texts_are_escaped_in_latex():
    found = display.latex(Card("50 % of $x_1$ & \\y {z}\n\n#~^<>", ()))
    assert found == r"$$\text{50 \% of \$x\_1\$ \& $\backslash$y \{z\} \#$\sim$$\hat{\ }$$<$$>$}$$"


def test_latex_has_what_vanishes_and_every_slice(many):
    zero = Numbers(("component",), ("a",), tuple(Row((name,), ((0.0, 4e-9),)) for name in ("xx", "yy")))
    assert r"\text{xx = yy = 0 (4e-9)}" in display.latex(Card("x", (display.without_zeros(zero),)))
    found = many._repr_latex_()
    assert (found.count(r"\begin{array}"), found.count(r"\text{mu = ")) == (13, 13)
    assert r"\text{xx = yy = 0 (" in found


# -- HTML --------------------------------------------------------------------------------------------------------------
HOSTILE = '<script>alert("1")</script>&'


def test_texts_of_strangers_stay_texts():
    row = Row((HOSTILE,), ((1.0, 0.1),), HOSTILE)
    blocks = (
        Sentence(HOSTILE),
        Facts(((HOSTILE, HOSTILE),)),
        Numbers((HOSTILE,), (HOSTILE,), (row,)),
        Slices(HOSTILE, ((HOSTILE, (Sentence(HOSTILE),)),)),
        Formula(rf"\text{{{HOSTILE}}}"),
        Formula(r"\href{javascript:alert(1)}{x}"),
        Formula(r'\color{x" onmouseover="alert(1)}y'),
    )
    page = Page(display.html(Card(HOSTILE, blocks, HOSTILE)))
    assert "script" not in {tag for tag, _ in page.elements}
    assert [list(names) for tag, names in page.elements if any(n.startswith("on") for n in names)] == [
        ["type", "min", "max", "value", "aria-label", "oninput"]  # the slider's own
    ]
    assert not any("href" in names for _, names in page.elements)
    assert page.texts.count(HOSTILE) >= 9
    model = sc.Model([[1]], 0, sp.Symbol("k_x", real=True), name=HOSTILE, facts=HOSTILE)
    assert "<script" not in model._repr_html_()


def test_rows_of_aligned_formulas_are_rows():
    found = display.mathml(r"\begin{aligned} a &= 1 \\ b &= \frac12 \end{aligned}", display=True)
    assert found.count("<mtr>") == 2
    assert "&</mi>" not in found
    assert "<mtext>a&lt;b</mtext><mo>&lt;</mo>" in display.mathml(r"\text{a<b}<")
    assert display.mathml(r"\frac{") == r"<code>\frac{</code>"
    assert display.mathml("m% + x") == "<code>m% + x</code>", "nothing is left out as a comment"
    assert "<mi>&#x00025;</mi>" in display.mathml(r"50\%")


def test_models_show_their_matrices_and_parameters():
    page = Page(sc.models.haldane()._repr_html_())
    assert sum(tag == "mtable" for tag, _ in page.elements) >= 2
    text = "".join(page.texts)
    assert "haldane" in text
    assert "F. D. M. Haldane" in text
    assert "(1, 0), (1/2, sqrt(3)/2)" in text


def test_long_entries_of_a_matrix_have_names_that_are_right():
    """H is made again from the letters that the page shows."""
    H = sc.models.kane_mele().H
    shown = sc.band_structures.cards.matrix("H", H).latex
    rows = re.search(r"pmatrix}(.*?)\\end{pmatrix", shown)[1].split(r" \\ ")
    entries = [row.split(" & ") for row in rows]
    for a, b in np.ndindex(4, 4):
        sign, letter, row, column, star = re.fullmatch(r"(-?)(?:(h)_{(\d)(\d)})?(\^\*)?0?", entries[a][b]).groups()
        value = H[int(row) - 1, int(column) - 1] if letter else sp.Integer(0)
        value = sp.conjugate(value) if star else value
        difference = sp.expand((-value if sign else value) - H[a, b], complex=True)
        point = {symbol: sp.Rational(1, n + 2) for n, symbol in enumerate(sorted(H.free_symbols, key=str))}
        assert abs(sp.N(difference.subs(point))) < 1e-12, (a, b)


def test_quantities_and_closed_forms_show_formula_and_definitions():
    page = sc.quantities.get("s_dipole")._repr_html_()
    assert "sum over states" in page
    assert "s x length" in page
    assert sc.quantities.get("s_dipole")._repr_latex_().startswith("$$")
    form = sc.derive("haldane", "berry_curvature")
    page = Page(form._repr_html_())
    assert [tag for tag, _ in page.elements if tag == "details"] == ["details"]
    assert form._repr_latex_().count(r"\varepsilon &=") == 1


def test_results_show_errors_unit_convention_and_one_bold_value_for_each_part(sigma):
    page = Page(sigma._repr_html_())
    bold = [tag for tag, _ in page.elements].count("strong") - 1  # the title
    assert bold == len([name for name, part in sigma.parts.items() if (abs(part.value) > part.error).any()])
    text = "".join(page.texts)
    for told in (sigma.unit, "[i, l] = [flow, field]", "xx = yy = 0 (", "± "):
        assert told in text
    assert repr(sigma).splitlines()[0] == "conductivity of rashba"
    assert "xx = yy = 0 (" in repr(sigma)
    assert r"\begin{array}" in sigma._repr_latex_()


def test_long_scans_are_shown_slice_by_slice(many):
    page = Page(many._repr_html_())
    slices = [names for tag, names in page.elements if "data-value" in names]
    assert [names["data-value"] for names in slices] == [f"{mu / 10:g}" for mu in range(1, 14)]
    assert [("hidden" in names) for names in slices] == [False] + [True] * 12


def test_verdicts_show_statement_evidence_and_counterexample():
    found = sc.verify("intrinsic-geometry", "rashba")
    page = Page(found._repr_html_())
    text = "".join(page.texts)
    assert str(found.counterexample) in text
    assert "misprint: " in text
    assert "3 bands" in "".join(Page(sc.settle("Omega^{li} = Omega^{il}")._repr_html_()).texts)


def test_expansions_and_relations_show_their_formulas():
    form = sc.derive("massive_dirac", "berry_curvature")
    series = form.series(form.model.k[0], 3, 0)
    page = Page(series._repr_html_())
    text = display.text(series.card())
    assert "expansion of berry_curvature of massive_dirac" in text
    shown = [line.partition("=")[0].strip() for line in text.splitlines() if line.strip().startswith("(Ωˣʸ)")]
    assert shown == ["(Ωˣʸ)₀", "(Ωˣʸ)₂"]
    assert sorted(series.coefficients) == [0, 2]

    found = sc.relations(["d^{i tau}", "Omega^{i tau}"], ["J^{is}", "v^i s"])
    page = Page(found._repr_html_())
    assert "math" in {tag for tag, _ in page.elements}
    texts = " ".join(page.texts)
    assert "1 relation" in texts
    assert "proved: equal normal forms" in texts
    assert "no relation is missing, as values of" in texts
