"""Input that wants to run something: text and its disguises in matrices, and names that break out of generated source."""

from __future__ import annotations

import collections
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from sympy.codegen.ast import FunctionCall
from sympy.core.symbol import Str
from sympy.physics.units import Quantity

import symcur as sc
from symcur.program.source import LANGUAGES
from symcur.superconductors import quasiparticle_forms

k, a = sp.symbols("k a", real=True)


@pytest.fixture(name="canary")
def _canary(monkeypatch, tmp_path):
    """A file that any code run by mistake makes; it must not exist at the end."""
    monkeypatch.chdir(tmp_path)
    yield Path("canary")
    assert not Path("canary").exists()


CODE = "__import__('pathlib').Path('canary').touch() or 1"


class Disguised:
    """Text as an array-like object, as data frames are."""

    def __array__(self, dtype=None, copy=None):
        return np.array([[CODE]], dtype=object)


class Rows:
    """A sequence of one's own."""

    def __iter__(self):
        return iter([[CODE]])

    def __len__(self):
        return 1

    def __getitem__(self, at):
        return [[CODE]][at]


TEXTS = {
    "list": [[CODE]],
    "tuples": (((CODE),),),
    "array": np.array([[CODE]]),
    "array of objects": np.array([[CODE]], dtype=object),
    "array of records": np.array([[(CODE,)]], dtype=[("text", "U99")]),
    "nested array": [np.array([CODE])],
    "NumPy text": [[np.str_(CODE)]],
    "bytes": [[CODE.encode()]],
    "deque": collections.deque([[CODE]]),
    "deque inside": [collections.deque([CODE])],
    "set inside": [{CODE}],
    "dictionary inside": [[{CODE: CODE}]],
    "keys": {CODE: 1}.keys(),
    "text of another class": [[collections.UserString(CODE)]],
    "sequence of one's own": Rows(),
    "array-like": Disguised(),
    "text of SymPy": [[Str(CODE)]],
    "call in generated code": [[FunctionCall(CODE, [1])]],
    "call inside a formula": [[1 + sp.cos(FunctionCall(CODE, [1]))]],
    "unit": [[Quantity(CODE)]],
    "matrix of SymPy": sp.ImmutableDenseMatrix([[Quantity(CODE)]]),
    "matrix element": [[sp.MatrixSymbol(CODE, 1, 1)[0, 0]]],
    "truth value": [[True]],
    "nothing": [[None]],
}


@pytest.mark.parametrize("argument", ["H", "s", "lattice"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_in_a_matrix_is_refused_and_not_run(text, argument, canary):
    good = {"H": [[sp.cos(k)]], "s": [[1]], "k": k, "lattice": [[1]]}
    with pytest.raises(TypeError, match=f"^{argument}: expected .* of numbers and SymPy expressions, got "):
        sc.Model(**{**good, argument: text})
    assert sc.Model(**good).matrix(argument if argument != "lattice" else "H", [0.0]) == 1


@pytest.mark.parametrize("text", [CODE, CODE.encode(), FunctionCall(CODE, [1]), [CODE], np.array(CODE), {CODE}])
def test_text_for_a_parameter_is_refused_and_not_run(text, canary):
    model = sc.Model([[a * k]], s=1, k=k, parameters={a: 1})
    for change in (
        lambda: model.with_values(a=text),
        lambda: model.with_values({"a": text}),
        lambda: model.with_parameters(a=text).matrix("H", [0.1]),
        lambda: model.with_parameters({a: text}).matrix("H", [0.1]),
        lambda: model.replace(parameters={a: text}),
        lambda: model.with_s(text),
        lambda: sc.Model([[a * k]], s=1, k=k, parameters={"a": text}),
        lambda: sc.superconductors.bdg(text, 1, k),
        lambda: quasiparticle_forms(text, 1, 1, (k,)),
        lambda: sc.derive(model, "velocity").at([{CODE}], band=0),
    ):
        with pytest.raises(TypeError, match="expected"):
            change()


@pytest.mark.parametrize(
    "text", [{"s": "1"}, {"s": [["1"]]}, {"hoppings": {(0,): [["1"]]}}, {"lattice": [["1"]]}, {"positions": [["0"]]}]
)
def test_text_for_numbers_is_refused(text):
    good = {"hoppings": {(0,): [[1]]}, "s": [[1]], "lattice": [[1]], "positions": [[0]]}
    with pytest.raises((TypeError, ValueError), match=f"^{next(iter(text))}: expected"):
        sc.Model.from_hoppings(**{**good, **text})
    assert sc.Model.from_hoppings(**good).size == 1


# -- names in generated source -----------------------------------------------------------------------------------------
NAME = (
    "x */ int evil = 1; /* \n# x\r\nint evil;\n\u2028import evil\n\"\"\"\nopen('canary', 'w')\n\"\"\" ''' *) Run[evil] (* "
    "\\\n!\nend evil\n=# @evil #= \x00\u202e ??/"
)
SYMBOL = "p; open('canary', 'w') #\n*/ evil"


@pytest.fixture(name="form", scope="module")
def hostile_form():
    p = sp.Symbol(SYMBOL, real=True)
    model = sc.Model([[p, k], [k, -p]], s=[[1, 0], [0, -1]], k=k, parameters={p: 1}, name=NAME)
    return sc.derive(model, "velocity")


def comments_removed(text: str, language: str) -> str:
    docstring = r'r""".*?"""'
    block = {
        "python": docstring,
        "numpy": docstring,
        "jax": docstring,
        "c": r"/\*.*?\*/|//[^\n]*",
        "mathematica": r"\(\*.*?\*\)",
    }
    line = {"fortran": r"!.*", "julia": r"#.*"}
    if language in block:
        return re.sub(block[language], "", text, flags=re.DOTALL)
    return re.sub(line[language], "", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_stay_in_the_comment(form, language):
    text = form.source(language)
    assert "evil" in text
    rest = (
        comments_removed(text, language).replace("p__open__canary____w________evil", "").replace("popencanarywevil", "")
    )
    assert "evil" not in rest
    assert "open" not in rest
    assert all(letter.isprintable() or letter == "\n" for letter in text)


def test_python_with_hostile_names_runs_and_does_no_more(form, canary):
    namespace: dict = {}
    exec(form.source("python"), namespace)
    value = namespace["velocity"](0.3, sc.evaluate(form.model, "energy", [0.3])[0], 1.0)
    assert value == pytest.approx(sc.evaluate(form.model, "velocity", [0.3])[0])


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler")
def test_c_with_hostile_names_compiles(form, tmp_path):
    kernel = sc.compile(form.model, {SYMBOL: "velocity"}, backend="numpy")
    for number, text in enumerate((form.source("c"), kernel.source())):
        assert "evil" not in comments_removed(text, "c").replace("p__open__canary____w________evil", "")
        file = tmp_path / f"{number}.c"
        file.write_text(text)
        flags = ["-std=c99", "-Wall", "-Werror", "-fsyntax-only"]  # c99 has trigraphs
        subprocess.run(["gcc", *flags, str(file)], check=True)


def test_other_roads_take_hostile_names(form, canary):
    model = form.model
    np.testing.assert_allclose(sc.compile(model, ["velocity"])([[0.3]])["velocity"], form([[0.3]]), rtol=1e-9)
    assert model.with_values({SYMBOL: 2}).matrix("H", [0.0])[0, 0] == 2
    assert form.latex()
    assert os.listdir() == []
