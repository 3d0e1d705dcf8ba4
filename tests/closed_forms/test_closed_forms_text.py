"""LaTeX and source code of closed forms."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from lattice_models import random_model
from sympy.parsing.mathematica import parse_mathematica
from typesetting import HAS_PDFLATEX, lines, too_large

from symcur import models
from symcur.band_structures import Model
from symcur.closed_forms import ClosedForm, derive
from symcur.program.source import LANGUAGES

K = np.array([0.37, -0.82, 0.51])
CASES = [
    (models.rashba(), "s_current_dipole"),
    (models.haldane(), "torque_berry_curvature"),
    (models.kane_mele(), "s_dipole"),
    (models.luttinger(), "s_expectation"),
    (random_model(3, 3, 2), "interband_torque_dipole"),
]
NAMES = [f"{model.name}-{name}" for model, name in CASES]


def arguments(form: ClosedForm, band: int) -> list[float]:
    k = K[: form.model.dimension]
    energy = np.linalg.eigvalsh(form.model.matrix("H", k))[band]
    return [*k, energy, *(float(value) for value in form.model.values().values())]


def expected(form: ClosedForm, band: int) -> np.ndarray:
    return form(K[: form.model.dimension])[band].ravel()


@pytest.mark.slow_for("model-interband_torque_dipole")
@pytest.mark.parametrize(("model", "name"), CASES, ids=NAMES)
def test_python_source_runs(model, name: str) -> None:
    form = derive(model, name)
    namespace: dict = {}
    exec(form.source("python"), namespace)
    for band in range(model.size):
        assert namespace[name](*arguments(form, band)) == pytest.approx(expected(form, band), rel=1e-9, abs=1e-12)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")
@pytest.mark.parametrize(("model", "name"), CASES, ids=NAMES)
def test_c_source_compiles_without_warnings_and_runs(model, name: str, tmp_path: Path) -> None:
    form = derive(model, name)
    source, library = tmp_path / "form.c", tmp_path / "form.so"
    source.write_text(form.source("c"))
    flags = ["-O0", "-shared", "-fPIC", "-std=c99", "-Wall", "-Werror"]
    subprocess.run(["gcc", *flags, str(source), "-o", str(library), "-lm"], check=True)
    function = getattr(ctypes.CDLL(str(library)), name)
    result = np.zeros(len(form.outputs), dtype=complex if form.complex else float)
    for band in range(model.size):
        given = [ctypes.c_double(value) for value in arguments(form, band)]
        function(*given, result.ctypes.data_as(ctypes.POINTER(ctypes.c_double)))
        assert result == pytest.approx(expected(form, band), rel=1e-9, abs=1e-12)


# -- where the bands of a form coincide ---------------------------------------------------------------------------------
TOUCHING = [  # a form, and parameter values at which bands coincide at every k
    (derive(models.bhz(), "s_dipole"), {"Delta_BIA": 0}),
    (derive(models.kane_mele(), "s_expectation"), {"lambda_R": 0, "lambda_v": 0}),
    (derive(models.rashba(), "velocity").explicit(1), {"alpha": 0, "M": 0}),
    (derive(models.massive_dirac(), "interband_torque_dipole"), {"v": 0, "Delta": 0}),
]


def values(form: ClosedForm, band: int, given: dict[str, float]) -> list[float]:
    model = form.model.with_values(given)
    k = K[: model.dimension]
    energy = [] if form.band is not None else [np.linalg.eigvalsh(model.matrix("H", k))[band]]
    return [*k, *energy, *(float(value) for value in model.values().values())]


@pytest.mark.parametrize(("form", "special"), TOUCHING, ids=lambda value: getattr(value, "name", ""))
def test_python_source_returns_no_number_where_bands_coincide(form: ClosedForm, special: dict[str, float]) -> None:
    """For special parameter values at every k; a gap of a millionth of the energies is none of them."""
    namespace: dict = {}
    exec(form.source("python"), namespace)
    function = namespace[form.name]
    assert "Condition: the band is separate." in function.__doc__
    bands = range(form.model.size) if form.band is None else [form.band]
    for band in bands:
        assert np.isnan(function(*values(form, band, special))).all()
        near = values(form, band, dict.fromkeys(special, 1e-06))
        assert np.isfinite(function(*near)).all()
    assert np.isfinite(function(*values(form, bands[0], {}))).all()


def test_a_formula_may_be_finite_where_it_does_not_hold() -> None:
    """BHZ without Delta_BIA has Kramers pairs, whose dipole is the mean of both: what the condition of the code is for."""
    form, special = TOUCHING[0]
    arguments_of = dict(zip(form.arguments, values(form, 0, special), strict=True))
    finite = [abs(complex(value.evalf(subs=arguments_of))) for value in sp.flatten(form.expressions)]
    assert all(np.isfinite(finite))
    with pytest.raises(ValueError, match="parameters: expected values for which bhz has 4 distinct energies"):
        form(K[:2], special)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")
@pytest.mark.parametrize(("form", "special"), TOUCHING, ids=lambda value: getattr(value, "name", ""))
def test_c_source_returns_no_number_where_bands_coincide(
    form: ClosedForm, special: dict[str, float], tmp_path: Path
) -> None:
    source, library = tmp_path / "form.c", tmp_path / "form.so"
    source.write_text(form.source("c"))
    subprocess.run(
        ["gcc", "-O0", "-shared", "-fPIC", "-std=c99", "-Wall", "-Werror", str(source), "-o", str(library), "-lm"],
        check=True,
    )
    function = getattr(ctypes.CDLL(str(library)), form.name)
    for given, numbers in ((special, False), ({}, True)):
        result = np.zeros(len(form.outputs), dtype=complex if form.complex else float)
        arguments_of = [ctypes.c_double(value) for value in values(form, 1, given)]
        function(*arguments_of, result.ctypes.data_as(ctypes.POINTER(ctypes.c_double)))
        assert np.isnan(result).all() != numbers
        assert np.isfinite(result).all() == numbers


@pytest.mark.parametrize(
    ("language", "refusal"),
    [
        ("fortran", "values = ieee_value(1.0_dp, ieee_quiet_nan)"),
        ("julia", "return fill(NaN, 2)"),
        ("mathematica", "Return[ConstantArray[Indeterminate, 2], Module]"),
    ],
)
def test_every_language_states_the_condition(language: str, refusal: str) -> None:
    text = TOUCHING[0][0].source(language)
    assert "Condition: the band is separate." in text
    assert refusal in text


def assigned(text: str) -> dict[str, str]:
    """name = value lines, continuation lines joined."""
    text = re.sub(r"&\n\s*", "", text)
    return dict(re.findall(r"^\s*([\w()]+) = (.+)$", text, flags=re.MULTILINE))


@pytest.mark.slow_for("model-interband_torque_dipole")
@pytest.mark.parametrize(("model", "name"), CASES, ids=NAMES)
def test_fortran_source_is_that_arithmetic(model, name: str) -> None:
    """Read as Python, line by line: Fortran's operators are Python's. No line is longer than 132 characters."""
    form = derive(model, name)
    text = form.source("fortran")
    assert max(map(len, text.splitlines())) <= 132
    header = re.sub(r"&\n\s*", "", text).split("pure subroutine", 1)[1]
    names = re.search(r"\((.*?)\)", header).group(1).split(", ")[:-1]
    assert len({n.lower() for n in names}) == len(names)
    space: dict = {"cos": np.cos, "sin": np.sin, "sqrt": np.sqrt, **dict(zip(names, arguments(form, 0), strict=True))}
    results = []
    condition = re.search(
        r"  if \(\.not\. \((.*) > (.*)\)\) then.*?end if\n", re.sub(r"&\n\s*", "", text), flags=re.DOTALL
    )
    body = re.sub(r"&\n\s*", "", text).replace(condition[0], f"  left = {condition[1]}\n  right = {condition[2]}\n")
    for left, right in assigned(body.split("intent(out)", 1)[1]).items():
        value = eval(re.sub(r"(\d)d([+-]?\d)", r"\1e\2", right), space)
        if left.startswith("values("):
            results.append(value)
        else:
            space[left] = value
    assert space["left"] > space["right"] > 0
    if form.complex:
        results = [complex(*pair) for pair in zip(results[::2], results[1::2], strict=True)]
    assert results == pytest.approx(expected(form, 0), rel=1e-9, abs=1e-12)


@pytest.mark.slow_for("model-interband_torque_dipole", "kane_mele-s_dipole")
@pytest.mark.parametrize(("model", "name"), CASES, ids=NAMES)
def test_julia_source_is_that_arithmetic(model, name: str) -> None:
    form = derive(model, name)
    text = form.source("julia")
    names = re.search(r"function \w+\((.*?)\)", text).group(1).split(", ")
    space: dict = {"cos": np.cos, "sin": np.sin, "sqrt": np.sqrt, "complex": complex}
    space |= dict(zip(names, arguments(form, 0), strict=True))
    body, values = text.split("return [")
    python = lambda line: re.sub(r" ?\.?\^ ?", "**", re.sub(r"\.([*/])", r"\1", line.replace("//", "/")))  # noqa: E731
    for left, right in assigned(body).items():
        space[left] = eval(python(right), space)
    assert eval(f"[{python(values.split(']')[0])}]", space) == pytest.approx(expected(form, 0), rel=1e-9, abs=1e-12)


def test_mathematica_source_is_that_arithmetic() -> None:
    form = derive(models.rashba(), "s_current_dipole")
    text = form.source("mathematica")
    names = [name.rstrip("_") for name in re.search(r"\[(.*?)\] := Module", text).group(1).split(", ")]
    assert all(name.isalnum() and name not in "CDEIKNO" for name in names)
    known = dict(zip(map(sp.Symbol, names), arguments(form, 1), strict=True))
    for left, right in re.findall(r"^  (\w+) = (.*);$", text, flags=re.MULTILINE):
        known[sp.Symbol(left)] = parse_mathematica(right).xreplace(known)
    sides = re.search(
        r"If\[TrueQ\[(.*) <= (.*)\], Return\[ConstantArray\[Indeterminate, 4\], Module\]\];", text
    ).groups()
    left, right = (float(parse_mathematica(side).xreplace(known)) for side in sides)
    assert left > right > 0
    components = parse_mathematica(text[text.rindex("  {") :].rsplit("]", 1)[0])
    assert [float(c.xreplace(known)) for c in components] == pytest.approx(expected(form, 1), rel=1e-12)


def test_names_that_a_language_cannot_tell_apart_or_has_taken() -> None:
    """Rashba has m and M, which Fortran confuses; Python has no parameter called lambda."""
    assert "M_2" in derive(models.rashba(), "s_dipole").source("fortran")
    k_x = sp.Symbol("k_x", real=True)
    named = sp.Symbol("lambda", real=True)
    model = Model(sp.Matrix([[named, k_x], [k_x, -named]]), sp.eye(2), (k_x,), {named: 1.0})
    namespace: dict = {}
    exec(derive(model, "velocity").source("python"), namespace)
    assert namespace["velocity"](3.0, 5.0, 4.0) == [pytest.approx(3 / 5)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_names_the_components(language: str) -> None:
    assert "d^{xs}" in derive(models.rashba(), "s_dipole").source(language)


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"language: expected one of python, numpy, jax, c, fortran, .* got 'basic'"):
        derive(models.rashba(), "s_dipole").source("basic")


def test_latex_of_the_rashba_dipole() -> None:
    assert derive(models.rashba().with_parameters(M=0), "s_dipole").latex() == (
        "\\begin{aligned}\n"
        "d^{xs} &= - \\frac{k_{y}}{4 \\left(k_{x}^{2} + k_{y}^{2}\\right)} \\\\\n"
        "d^{ys} &= \\frac{k_{x}}{4 \\left(k_{x}^{2} + k_{y}^{2}\\right)}\n"
        "\\end{aligned}"
    )


def test_latex_says_what_symbols_mean_and_which_components_are_equal() -> None:
    assert lines(derive(models.rashba(), "berry_curvature"))[1:] == [
        r"\Omega^{yx} &= -\Omega^{xy}",
        r"\Omega^{xx} &= \Omega^{yy} = 0",
        r"\text{where }E &: \text{the energy of the band}",
    ]
    assert lines(derive(models.bhz(), "s_dipole")) == [
        r"d^{xs} &= - \frac{h_{0y} h_{0z} h_{zx,x}}{4 \left(E - h_{0}\right) \left(h_{0y}^{2} + h_{zx}^{2}\right)}",
        r"d^{ys} &= \frac{h_{0y,y} h_{0z} h_{zx}}{4 \left(E - h_{0}\right) \left(h_{0y}^{2} + h_{zx}^{2}\right)}",
        r"\text{where }h_{0} &= 2 D \left(\cos{\left(k_{x} \right)} + \cos{\left(k_{y} \right)} - 2\right)",
        r"h_{0y} &= A \sin{\left(k_{y} \right)}",
        r"h_{0z} &= 2 B \left(\cos{\left(k_{x} \right)} + \cos{\left(k_{y} \right)} - 2\right) + M",
        r"h_{zx} &= A \sin{\left(k_{x} \right)}",
        r"h_{a,i} &= \partial_{k_i} h_a",
        r"E &: \text{the energy of the band}",
    ]


def test_the_energy_is_explained_wherever_it_is_printed_and_only_there() -> None:
    """Also where it is that at the point of an expansion; and in what notebooks show."""
    form, dipole = derive(models.rashba(), "s_expectation"), derive(models.rashba(), "s_dipole")
    assert lines(form)[-1] == r"\text{where }E &: \text{the energy of the band}"
    assert lines(form.series("k_x", 1, 1).coefficients[1])[-1].endswith(r"the energy of the band at } k_{x} = 1")
    assert not any("energy" in form.latex() for form in (dipole, form.explicit(0)))
    assert r"&: \text{the energy of the band}" in form._repr_latex_()
    assert "E, the energy of the band" in repr(form)


@pytest.mark.slow
@pytest.mark.skipif(not HAS_PDFLATEX, reason="no pdflatex")
def test_with_the_energy_put_in_text_still_fits_a_page(tmp_path: Path) -> None:
    """What stands under a long root has a symbol, since no row ends within a root."""
    cases = [
        ("bhz", "s_dipole"),
        ("bilayer_graphene", "torque_polarizability"),
        ("haldane", "energy"),
        ("weyl", "velocity"),
    ]
    texts = {name: derive(models.get(name), quantity).explicit(1).latex() for name, quantity in cases}
    assert too_large(texts, tmp_path) == {}
    assert all(r"\sqrt{h^{2}}" in texts[name] for name in ("bhz", "bilayer_graphene", "haldane"))
    assert r"h_{zx,x}}{4 \varepsilon" in texts["bhz"]
