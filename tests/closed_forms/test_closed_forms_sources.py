"""Exported code is run: NumPy and JAX on arrays, Fortran compiled; Julia and Mathematica are parsed as whole functions."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from symcur import models
from symcur.band_structures import Model
from symcur.closed_forms import ClosedForm, derive

k_x, k_y = k = sp.symbols("k_x k_y", real=True)
M = sp.Symbol("M", real=True)
TINY = sp.Rational(1, 10**24)
FUNCTIONS = Model(
    [[sp.Max(k_x, k_y) + sp.asinh(k_y), M * sp.tanh(k_x)], [M * sp.tanh(k_x), sp.Abs(k_y) - sp.Piecewise((k_y, k_y > k_x), (1, True))]],
    [[0, 1], [1, 0]],
    k,
    {M: 0.7},
    name="of many functions",
)  # fmt: skip
NUMBERS = Model([[M * TINY, k_x / 10**24], [k_x / 10**24, -M * TINY]], [[1, 0], [0, -1]], (k_x,), {M: 0.7})
FORMS = [
    derive(models.rashba(), "s_current_dipole"),
    derive(models.kane_mele(), "s_dipole"),
    derive(models.massive_dirac(), "interband_torque_dipole"),
    derive(FUNCTIONS, "velocity"),
]
NAMES = [f"{form.model.name}-{form.name}" for form in FORMS]
POINTS = np.random.default_rng(3).uniform(-1, 1, size=(3, 5, 2))


def arguments(form: ClosedForm) -> tuple[list, np.ndarray]:
    """k and E as arrays of shape (3, 5, bands), parameters as numbers; and what the form itself gives, components last."""
    E = np.linalg.eigvalsh(form.model.matrix("H", POINTS))
    values = form(POINTS).reshape(*E.shape, -1)
    return [*(np.broadcast_to(POINTS[..., i, None], E.shape) for i in (0, 1)), E, *form.model.values().values()], values


def function(form: ClosedForm, language: str):
    namespace: dict = {}
    exec(form.source(language), namespace)
    return namespace[form.name]


@pytest.mark.parametrize("form", FORMS, ids=NAMES)
def test_numpy_source_takes_arrays(form: ClosedForm) -> None:
    given, expected = arguments(form)
    np.testing.assert_allclose(function(form, "numpy")(*given), expected, rtol=1e-9, atol=1e-12)


def test_numpy_source_is_no_number_where_bands_touch_and_only_there() -> None:
    """Of the points of an array each by itself, without a warning, also where the formula is finite: BHZ has Kramers pairs without Delta_BIA."""
    form = derive(models.bhz(), "s_dipole")
    E = np.linalg.eigvalsh(form.model.with_values(Delta_BIA=0).matrix("H", [0.4, 0.3]))[0]
    given = [[value, 0.0] if name == "Delta_BIA" else value for name, value in form.model.values().items()]
    energies = np.linalg.eigvalsh(form.model.matrix("H", [0.4, 0.3]))
    found = function(form, "numpy")(0.4, 0.3, [energies[0], E], *given)
    np.testing.assert_allclose(found[0], form([0.4, 0.3])[0], rtol=1e-9)
    assert np.isnan(found[1]).all()
    assert np.isnan(function(derive(models.rashba(), "s_dipole"), "numpy")(0, 0, 0, 1, 1, 0)).all()


@pytest.fixture(name="jax")
def double_precision():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", False)


@pytest.mark.parametrize("form", FORMS, ids=NAMES)
def test_jax_source_runs_compiled_and_mapped(form: ClosedForm, jax) -> None:
    given, expected = arguments(form)
    np.testing.assert_allclose(jax.jit(function(form, "jax"))(*given), expected, rtol=1e-9, atol=1e-12)
    rows = jax.vmap(function(form, "jax"), in_axes=(0, 0, 0) + (None,) * (len(given) - 3))(*given)
    np.testing.assert_allclose(rows, expected, rtol=1e-9, atol=1e-12)


def test_jax_differentiates_the_source_as_symcur_differentiates_the_form(jax) -> None:
    """With the energy put in, so that it moves with k."""
    form = derive(models.rashba(M=0.3), "s_dipole").explicit(1)
    values = list(form.model.values().values())
    found = jax.jacobian(function(form, "jax"), argnums=(0, 1))(0.4, -0.7, *values)
    for axis in (0, 1):
        np.testing.assert_allclose(found[axis], form.diff(axis)([0.4, -0.7]), rtol=1e-12)


def test_jax_source_refuses_single_precision() -> None:
    pytest.importorskip("jax")
    with pytest.raises(ValueError, match="expected double precision"):
        function(derive(models.rashba(), "s_dipole"), "jax")(0.1, 0.2, 0.0, 1.0, 1.0, 0.0)


@pytest.mark.skipif(shutil.which("gfortran") is None, reason="no gfortran")
@pytest.mark.parametrize("form", FORMS, ids=NAMES)
def test_fortran_source_compiles_without_warnings_and_runs(form: ClosedForm, tmp_path: Path) -> None:
    (tmp_path / "form.f90").write_text(form.source("fortran"))
    flags = ["-O0", "-shared", "-fPIC", "-std=f2008", "-Wall", "-Wno-unused-dummy-argument", "-Werror"]
    subprocess.run(["gfortran", *flags, "form.f90", "-o", "form.so"], check=True, cwd=tmp_path)
    compiled = getattr(ctypes.CDLL(str(tmp_path / "form.so")), f"{form.name}_")
    given, expected = arguments(form)
    result = np.zeros(len(form.outputs), dtype=complex if form.complex else float)
    for place in [(0, 0, 0), (1, 2, 1), (2, 4, 0)]:
        numbers = [ctypes.byref(ctypes.c_double(x[place] if np.ndim(x) else x)) for x in given]
        compiled(*numbers, result.ctypes.data_as(ctypes.c_void_p))
        np.testing.assert_allclose(result, expected[place], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("language", ["python", "numpy", "jax", "c", "fortran", "julia"])
def test_numbers_that_no_integer_type_holds_are_floating_point_numbers(language: str) -> None:
    text = derive(NUMBERS, "velocity").source(language)
    assert re.search(r"\b\d+[ed][+-]\d+", text)
    assert not re.search(r"\d{12}", text)


def test_a_language_without_a_function_of_the_model_is_refused() -> None:
    """Mathematica's printer has no Heaviside function of two arguments, nor Piecewise; it would print names that mean nothing."""
    with pytest.raises(ValueError, match="expected a language that has the functions of the model, got 'mathematica'"):
        FORMS[3].source("mathematica")
    signs = Model([[sp.Abs(k_x), 1], [1, 0]], [[1, 0], [0, 0]], (k_x,))
    assert "Sign[kx]" in derive(signs, "velocity").source("mathematica")


# -- languages that are not run ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["Julia", "Mathematica"])
def test_what_is_not_executed_says_so(language: str) -> None:
    assert f"they do not execute it in {language}." in FORMS[0].source(language.lower())


@pytest.mark.parametrize("form", FORMS, ids=NAMES)
def test_julia_source_is_parsed(form: ClosedForm) -> None:
    """By the grammar of tree-sitter, as one function without errors."""
    julia = pytest.importorskip("tree_sitter_julia")
    tree_sitter = pytest.importorskip("tree_sitter")
    parser = tree_sitter.Parser(tree_sitter.Language(julia.language()))
    root = parser.parse(form.source("julia").encode()).root_node
    assert not root.has_error
    assert [node.type for node in root.children if "comment" not in node.type] == ["function_definition"]
    assert parser.parse(form.source("julia").replace("return [", "return (", 1).encode()).root_node.has_error


def definitions(parser, text: str) -> list:
    """What Mathics, an interpreter of the same language, reads."""
    feeder = parser.MathicsMultiLineFeeder(text, "form")
    found = []
    while not feeder.empty():
        found.append(parser.parser.Parser().parse(feeder))
    return [node for node in found if node is not None]


@pytest.mark.parametrize("form", FORMS[:3], ids=NAMES[:3])
def test_mathematica_source_is_parsed(form: ClosedForm) -> None:
    """As one definition of a function of k, E and the parameters."""
    parser = pytest.importorskip("mathics.core.parser")
    text = form.source("mathematica")
    (node,) = definitions(parser, text)
    assert str(node.head) == "SetDelayed"
    assert len(node.children[0].children) == len(form.arguments)
    with pytest.raises(pytest.importorskip("mathics_scanner.errors").SyntaxError):
        definitions(parser, text.replace("Module[", "Module(", 1))
