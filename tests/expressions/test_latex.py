"""LaTeX of expressions: what is printed is the expression, as a trace and as the paper's sum over states."""

from __future__ import annotations

import re
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_expressions import random_operator

from symcur import claims, quantities
from symcur.expressions import (
    ZERO,
    BandEnergy,
    Derivative,
    Expression,
    Gap,
    I,
    Im,
    J,
    Occupation,
    Operator,
    P,
    Projector,
    Re,
    Resolvent,
    S,
    Trace,
    s,
    tau,
    v,
    v_band,
    w,
)

COMMANDS = {"mathrm", "mathcal", "mathbf", "bar", "left", "right", "partial", "sum", "frac", "tfrac", "omega", "Omega"}
COMMANDS |= {"varepsilon", "tau", "theta", "chi", "neq", "epsilon", "langle", "rangle", "quad", "qquad", "Rightarrow"}
COMMANDS |= {"times", "nabla", "tilde", "int", "mu", "sigma", "alpha", "Delta", "hbar", "cdot", "ne", "delta", "approx"}
f, g, S2 = Occupation("f"), Occupation("g"), Resolvent("n", 2)


def check(text: str) -> None:
    """Balanced braces and brackets, and parsed by a TeX engine (Matplotlib's mathtext, which lacks \\tfrac)."""
    from matplotlib.mathtext import MathTextParser

    assert text.strip()
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert text.count(r"\left") == text.count(r"\right")
    for opening, closing in ("()", "[]"):
        assert text.count(opening) == text.count(closing)
    assert "+ -" not in text
    assert "--" not in text
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fonts are not the point
        MathTextParser("agg").parse("$" + text.replace(r"\tfrac", r"\frac") + "$")


@pytest.mark.slow_for("faraday_curvature-sum", "torque_quadrupole-sum")
@pytest.mark.parametrize("form", ["trace", "sum"])
@pytest.mark.parametrize("name", quantities.names())
def test_every_quantity_prints_in_both_forms(name, form):
    quantity = quantities.get(name)
    for axes in (quantity.indices, (0, 1)[: len(quantity.indices)]):
        text = quantity.expression(*axes).latex(form)
        check(text)
        check(f"{quantity.symbol(*axes)} = {text}")
        assert set(re.findall(r"\\([A-Za-z]+)", text + quantity.symbol(*axes))) <= COMMANDS
    if form == "sum" and not quantity.operator:
        assert r"\mathrm{Tr}" not in text


@pytest.mark.slow_for(
    "current-not-circulating",
    "magnetization-subtraction",
    "polarizability-as-connection",
    "torque-quadrupole",
    "circulating-current",
    "torque-polarizability",
    "hall-part-freedom",
    "continuity-under-splitting",
)
@pytest.mark.parametrize("claim", [*claims.CLAIMS], ids=lambda claim: claim.name)
def test_every_equality_of_the_ledger_prints(claim):
    for equality in claim.equalities:
        for side in (equality.lhs, equality.rhs, *(expression for _, expression in equality.primitive)):
            check(side.latex("trace"))
            check(side.latex("sum"))


@pytest.mark.slow
@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_random_expressions_print(seed):
    X = random_operator(seed, 2)
    for expression in (
        X,
        Derivative("i", X),
        Im(Trace(P * X)),
        f * Re(Trace(X * P)) * Trace(P * s),
        Trace(P * X * (1 - P)),
    ):
        for form in ("trace", "sum"):
            check(expression.latex(form))


TRACES = {
    r"\mathrm{Im}\,\mathrm{Tr}[P\, v_{i}\, S\, s]": Im(Trace(P * v("i") * S * s)),
    r"-2\,\mathrm{Im}\,\mathrm{Tr}[P\, v_{x}\, S^{2}\, J^{ys}]": -2 * Im(Trace(P * v(0) * S2 * J(1))),
    r"\mathrm{Tr}[P\, \tau\, S\, w_{il}]": Trace(P * tau * S * w("i", "l")),
    r"\tfrac{1}{2} i\,P": I / 2 * P,
    r"\left(1 + i\right)\, P": (1 + I) * P,
    r"\left(P - S\right)\, s": (P - S) * s,
    r"P - 2\,S + i\,S_{m}^{3}": P - 2 * S + I * Resolvent("m", 3),
    r"\partial_{k_{i}} \left(P\, s\right)": Derivative("i", P * s),
    r"P\, \left(\partial_{k_{i}} P\right)\, \tau": P * Derivative("i", P) * tau,
    r"\partial_{k_{l}} \partial_{k_{i}} P": Derivative("l", Derivative("i", P)),
    r"\left(\mathrm{Im}\,\mathrm{Tr}[P\, s]\right)\, v_{n}^{i}": Im(Trace(P * s)) * v_band("i"),
    r"v_{n}^{i}\, \mathrm{Im}\,\mathrm{Tr}[P\, s]": v_band("i") * Im(Trace(P * s)),
    r"\mathrm{Re}\,\left(P + S\right)": Re(P + S),
    r"\mathrm{Im}\,\left(\left(1 + i\right)\, P\, s\right)": Im((1 + I) * P * s),
    r"\left(\partial_{k_{i}} \partial_{k_{l}} \varepsilon_{n}\right)\, s": BandEnergy("n", ("i", "l")) * s,
    r"\omega_{mn}^{-2}\, P_{m}": Gap("m", "n", -2) * Projector("m"),
    r"f_{n}'\, \partial_{k_{i}} \partial_{k_{l}} \varepsilon_{n}": Occupation("f", "n", 1)
    * BandEnergy("n", ("i", "l")),
    r"\theta + Q_{il} + H_{ijl}": Operator("theta") + Operator("Q_il") + Operator("H", ("i", "j", "l")),
}
SUMS = {
    r"\mathrm{Im}\,\sum_{n_1 \neq n} \frac{v^{i}_{n n_1} s_{n_1 n}}{\omega_{n n_1}}": Im(Trace(P * v("i") * S * s)),
    r"s_{n n} s_{n n}": Trace(P * s * P * s),
    r"\sum_{n_1} s_{n n_1} v^{i}_{n_1 n}": Trace(P * s * v("i")),
    r"0": Trace(P * S),
    r"1": Trace(P),
    r"f_{n}\, \left(-s_{n n}\right)": f * Trace(-P * s),
    r"s_{n n} - v^{i}_{n n}": Trace(P * (s - v("i"))),
    r"g_{n}\, \left(s_{n n} - \sum_{n_1 \neq n} \frac{s_{n n_1} s_{n_1 n}}{\omega_{n n_1}^{2}}\right)": g
    * Trace(P * (s - s * S2 * s)),
    r"\left(\sum_{n_1 \neq n} \frac{s_{n n_1} s_{n_1 n}}{\omega_{n n_1}}\right)\, s_{n n}": Trace(P * s * S * s)
    * Trace(P * s),
    r"\sum_{n_1 \neq n} \sum_{n_2 \neq n} \frac{v^{i}_{n n_1} s_{n_1 n_2} v^{l}_{n_2 n}}{\omega_{n n_1} \omega_{n n_2}^{2}}": Trace(
        P * v("i") * S * s * S2 * v("l")
    ),
    r"\sum_{n_1 \neq n} \frac{v^{i}_{n n_1} s_{n_1 n}}{\omega_{n n_1}^{3}}": Trace(P * v("i") * S * S2 * s),
    r"\left(Q_{il}\right)_{n n} + \left(\partial_{i} \theta\right)_{n n}": Trace(P * Operator("Q_il"))
    + Trace(P * Operator("theta", ("i",))),
}


@pytest.mark.parametrize(("text", "expression"), TRACES.items())
def test_an_expression_as_a_trace(text, expression):
    assert expression.latex() == str(expression) == text
    assert expression._repr_latex_() == f"${text}$"


@pytest.mark.parametrize(("text", "expression"), SUMS.items())
def test_an_expression_as_a_sum_over_states(text, expression):
    assert expression.latex("sum") == text


def test_the_form_is_one_of_two_and_zero_is_zero():
    assert ZERO.latex() == ZERO.latex("sum") == "0"
    with pytest.raises(ValueError, match="form: expected 'trace' or 'sum', got 'tex'"):
        P.latex("tex")
    with pytest.raises(TypeError, match="expression: expected a node of the language, got Expression"):
        Expression().latex()
