"""Parameters and functions of any name: what is printed tells all symbols apart, and source code in every language runs."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from typesetting import HAS_PDFLATEX, sizes

import symcur as sc
from symcur import models
from symcur.closed_forms.printed_names import given_names, own_names
from symcur.closed_forms.text import Writer
from symcur.program.source import Function, source

K = k_x, k_y = sp.symbols("k_x k_y", real=True)
PAULI = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.diag(1, -1)
NAMES = (  # of forms and of their printing
    "E E_ w h_x h_0 S P epsilon varepsilon d Omega n z a_2 h2 h H Hprime chi a D c q s i e pi lambda lamda hx a2 x_1 tau v_x g "
    "h_x_k_x h__2 sin Epsilon x^2 a%b_1 k_x_ ReP12"
)
VOCABULARY = NAMES.split()
TRIPLES = [(*VOCABULARY[j : j + 2], VOCABULARY[j - 1]) for j in range(0, len(VOCABULARY) - 1, 2)]
AT = (0.37, -0.82)


def two_bands(names: list[str]) -> sc.Model:
    """h_x = sin k_y + p_1 cos k_x + 4 p_4 cos k_x + ..., all parameters in it."""
    p = [sp.Symbol(name, real=True) for name in names]
    h = [
        sp.sin((a + 1) * k_y) + sum(((1 + 3 * j) * c for j, c in enumerate(p[a::3])), sp.Integer(0)) * sp.cos(k_x)
        for a in range(3)
    ]
    values = {symbol: sp.Rational(3 + j % 5, 10) for j, symbol in enumerate(p)}
    H = sum((x * sigma for x, sigma in zip(h, PAULI, strict=True)), p[0] * sp.cos(k_y) * sp.eye(2))
    return sc.Model(H, PAULI[2] / 2, K, values)


# -- LaTeX ---------------------------------------------------------------------------------------------------------------
def seen(name: str) -> str:
    """A printed symbol as a reader tells it from others: without spaces, empty indices and braces."""
    name = re.sub(r"\s", "", name)
    for _ in range(3):
        name = re.sub(r"[_^]\{\}", "", name)
    return re.sub(r"\\mathrm|[{}]", "", name)


def printed_symbols(form: sc.ClosedForm) -> dict[str, str]:
    """Name -> how a form prints it, of every symbol."""
    write = Writer(form)
    return {symbol.name: write(symbol) for symbol in (*form.arguments, *(s for s, _ in form.definitions))}


def require_told_apart(form: sc.ClosedForm) -> None:
    printed = printed_symbols(form)
    assert len(set(map(seen, printed.values()))) == len(printed), printed
    text = form.latex()
    used = set().union(*(value.free_symbols for value in sp.flatten(form.compact)))
    assert r"\mathrm{Tr}" in text or all(
        printed[symbol.name] in text for symbol in used if symbol not in form.latex_names
    )


@pytest.mark.parametrize(
    "model", [models.rashba(), models.bhz(), models.haldane(), models.luttinger(), models.rice_mele()]
)
def test_symbols_of_library_models_print_differently_and_as_they_are_called(model: sc.Model) -> None:
    form = sc.derive(model, "drift_current")
    require_told_apart(form)
    printed = printed_symbols(form)
    assert printed["E"] == "E"
    assert all(printed[symbol.name] == sp.latex(symbol) for symbol in model.parameters)


@cache
def form_with(names: tuple[str, ...]) -> sc.ClosedForm:
    return sc.derive(two_bands([*names]), "drift_current")


@pytest.mark.slow_but("i e s")
@pytest.mark.parametrize("names", TRIPLES, ids=" ".join)
def test_parameters_with_names_of_the_form_print_like_no_other_symbol(names: tuple[str, ...]) -> None:
    require_told_apart(form_with(names))


def test_all_names_of_forms_at_once_print_differently() -> None:
    names = given_names(map(sp.Symbol, VOCABULARY), [])
    own = {sp.Symbol(f"{x}__"): sp.latex(sp.Symbol(x.rstrip("_"))) for x in ("E", "h_x", "h_0", "a_2", "z", "D", "w")}
    own |= {sp.Symbol("h2__"): "h^{2}", sp.Symbol("epsilon__"): r"\varepsilon"}
    printed = [*names.values(), *own_names(own, names.values()).values()]
    assert len(set(map(seen, printed))) == len(printed)
    assert names[sp.Symbol("E")] == "E"
    assert names[sp.Symbol("lamda")] == r"\texttt{lamda}"  # beside lambda


def test_free_letters_stand_for_those_of_the_form() -> None:
    """The energy beside a parameter E is a calligraphic E, the components beside an h_x all have a tilde."""
    text = sc.derive(two_bands(["E", "h_x", "w"]), "drift_current").latex()
    assert r"\mathcal{E} - \tilde{h}_{0}" in text
    assert r"\tilde{h}_{x} &= E \cos{\left(k_{x} \right)} + \sin{\left(k_{y} \right)}" in text
    assert r"\tilde{h}_{y} &= h_{x} \cos" in text
    assert r"\tilde{h}_{a,i} &= \partial_{k_i} \tilde{h}_a" in text
    assert "E_{}" not in text


def test_functions_and_parameters_of_one_name_differ() -> None:
    f, e = sp.Function("E", real=True)(k_x, k_y), sp.Symbol("epsilon", real=True)
    model = sc.Model(f * PAULI[0] + e * sp.sin(k_x) * PAULI[1] + sp.exp(e * k_x) * sp.eye(2), PAULI[2], K, {e: 1})
    text = sc.derive(model, "velocity").latex()
    assert r"\mathcal{E} - e^{\epsilon k_{x}}" in text
    assert r"(\partial_{k_{x}} E) E" in text


def test_the_imaginary_unit_and_a_parameter_i_differ() -> None:
    i = sp.Symbol("i", real=True)
    model = sc.Model(i * sp.cos(k_x) * PAULI[0] + sp.sin(k_x) * PAULI[1], PAULI[0], K, {i: 1})
    text = sc.derive(model, "interband_torque_dipole").latex()
    assert text.count(r"i \texttt{i}") == 4


def test_letters_of_a_formula_in_matrices_make_room_for_parameters() -> None:
    """Beside parameters a_2, P and H, which do not occur in the formula, its own a_j have a tilde, P and H are calligraphic."""
    a, p, h = sp.symbols("a_2 P H", real=True)
    upper = sp.Matrix([[a, sp.cos(k_x) + sp.I * p * sp.sin(k_y), h * sp.cos(k_y)], [0, 1, sp.sin(k_x)], [0, 0, -1]])
    H = upper + sp.Matrix(3, 3, lambda i, j: sp.conjugate(upper[j, i]) if i > j else 0)
    rows = sc.derive(sc.Model(H, sp.diag(1, 0, -1), K, {a: 1, p: 1, h: 1}), "torque_quadrupole").latex().split("\\\\\n")
    labels = {row.split("&")[0].strip(): row for row in rows}
    assert {r"\mathcal{P}", r"\mathcal{H}'", r"\tilde{a}_{2}", r"\mathcal{H}", "S", "q(z)"} <= set(labels)
    assert labels["v_i"] == r"v_i &= \partial_{k_i} \mathcal{H} "
    assert not re.search(r"(?<![{\w\\])(?:P|H|a)(?!\w)", "".join(rows).replace(r"\text{the Hamiltonian}", ""))


@pytest.mark.slow
@pytest.mark.skipif(not HAS_PDFLATEX, reason="no pdflatex")
def test_forms_with_all_these_names_are_set(tmp_path: Path) -> None:
    assert all(width > 0 for width, _ in sizes({"".join(n): form_with(n).latex() for n in TRIPLES}, tmp_path).values())


# -- source code -----------------------------------------------------------------------------------------------------------
WORDS = (
    "M_PI M_PI_2 M_SQRT2 I complex NAN INFINITY double E y0 j1 gamma errno result exp sin fabs E_ linux a A lambda None np sqrt "
    "math end real values dp True x_1 HUGE_VAL fmaxf print int Pi C cos pow j signgam if call kind restrict do _x s_dipole numpy jax"
)


@pytest.fixture(name="form", scope="module")
def form_of_words() -> sc.ClosedForm:
    """With constants that some languages call M_PI, E, ... and a number that no int holds."""
    model = two_bands(WORDS.split())
    q = sp.Symbol("q", real=True)
    more = sp.pi * sp.cos(k_y) + sp.sqrt(2) + sp.E * sp.sin(k_x) + 10**20 * q * sp.sin(k_x)
    return sc.derive(
        sc.Model(model.H + more * PAULI[2], model.s, K, {**model.parameters, q: sp.Rational(3, 10**21)}), "s_dipole"
    )


def arguments(form: sc.ClosedForm) -> list[float]:
    return [*AT, form.model.energies(np.array(AT))[0], *(float(x) for x in form.model.values().values())]


@pytest.mark.slow
def test_python_takes_parameters_of_all_names(form: sc.ClosedForm) -> None:
    namespace: dict = {}
    exec(form.source("python"), namespace)
    function = namespace["s_dipole"]
    assert "The argument lambda_2 is lambda." in function.__doc__
    assert function(*arguments(form)) == pytest.approx(form(AT)[0], rel=1e-12)


def test_numpy_takes_parameters_of_all_names(form: sc.ClosedForm) -> None:
    namespace: dict = {}
    exec(form.source("numpy"), namespace)
    assert namespace["s_dipole"](*arguments(form)) == pytest.approx(form(AT)[0], rel=1e-12)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")
@pytest.mark.parametrize("standard", ["c99", "c11", "gnu17"])
def test_c_takes_parameters_of_all_names(form: sc.ClosedForm, standard: str, tmp_path: Path) -> None:
    (tmp_path / "form.c").write_text(form.source("c"))
    flags = [f"-std={standard}", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O0", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, "form.c", "-o", "form.so", "-lm"], cwd=tmp_path, check=True)
    result = np.zeros(2)
    given = map(ctypes.c_double, arguments(form))
    ctypes.CDLL(str(tmp_path / "form.so")).s_dipole(*given, result.ctypes.data_as(ctypes.POINTER(ctypes.c_double)))
    assert result == pytest.approx(form(AT)[0], rel=1e-12)


@pytest.mark.skipif(shutil.which("gfortran") is None, reason="no gfortran")
def test_fortran_takes_parameters_of_all_names(form: sc.ClosedForm, tmp_path: Path) -> None:
    (tmp_path / "form.f90").write_text(form.source("fortran"))
    flags = ["-std=f2008", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O0", "-shared", "-fPIC"]
    subprocess.run(["gfortran", *flags, "form.f90", "-o", "form.so"], cwd=tmp_path, check=True)
    result = np.zeros(2)
    given = [ctypes.byref(ctypes.c_double(x)) for x in arguments(form)]
    ctypes.CDLL(str(tmp_path / "form.so")).s_dipole_(*given, result.ctypes.data_as(ctypes.POINTER(ctypes.c_double)))
    assert result == pytest.approx(form(AT)[0], rel=1e-12)


@pytest.mark.parametrize(
    ("language", "used"), [("julia", {"sin", "pi", "im", "e"}), ("mathematica", {"Sin", "Pi", "E", "I"})]
)
def test_other_languages_have_arguments_with_names_of_their_own(language: str, used: set[str]) -> None:
    """Other than one another, than what the results use and than what languages define."""
    symbols = sp.symbols("sin Sin pi Pi e E im I E_ a_b ab a b M end Module")
    text = source(Function("values", [], symbols, [], [sp.sin(sp.pi * x) for x in symbols]), language)
    inside = re.search(r"function values\((.*?)\)|values\[(.*?)\] := Module", text)
    names = [
        name.removesuffix("_") if language == "mathematica" else name for name in (inside[1] or inside[2]).split(", ")
    ]
    assert len(set(names)) == len(symbols)
    assert not {*names} & (used | {"end" if language == "julia" else "Module"})
    assert {"a", "b", "ab"} <= {*names}
