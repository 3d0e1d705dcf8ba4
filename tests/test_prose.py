"""Mathematics in plain letters is told from the words around it."""

from __future__ import annotations

import pytest

from symcur.display import Formula, pieces, prose


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("d^{lis}", "d^{lis}"),
        ("Omega^{i tau}", r"\Omega^{i \tau}"),
        ("d_mu", r"\partial_{\mu}"),
        ("d_{k_i}", r"\partial_{k_i}"),
        ("J_sj^xy", r"J_{\mathrm{sj}}^{xy}"),
        ("d^(is)", "d^{is}"),
        ("rho_+1", r"\rho_{+1}"),
        ("mu", r"\mu"),
        ("lambda_R", r"\lambda_{R}"),
        ("X^#", r"X^{\#}"),
    ],
)
def test_a_symbol_in_a_sentence_is_mathematics(text, latex):
    assert pieces(f"half of {text}, not all") == ["half of ", Formula(latex), ", not all"]


def test_powers_of_brackets_are_raised():
    assert pieces("(a + b)^2 and H(-k)^*") == ["(a + b)", Formula("{}^{2}"), " and H(-k)", Formula("{}^{*}")]


@pytest.mark.parametrize(
    "text",
    ["a model", "haldane_superconductor", "side_jump", "a point of 2 bands", "print it", "eigenstates", "mu-metal"],
)
def test_words_and_names_stay(text):
    assert pieces(text) == [text]


def test_an_integral_needs_something_to_integrate():
    assert pieces("int f J_n") == [Formula(r"\int"), " f ", Formula("J_{n}")]
    assert pieces("an int.") == ["an int."]


def test_what_is_no_mathematics_is_escaped():
    assert prose("<b> & mu") == "&lt;b&gt; &amp; " + prose("mu")
    assert "<b>" not in prose("d^{<b>}")
