"""Models in TOML files: they are what the formulas say, nothing in them is run, and their size is bounded."""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import symcur as sc
from symcur.cli import main
from symcur.models import load
from symcur.models.grammar import CONSTANTS, NotInGrammar, Term, formula

NAMES = ("x", "y", "a", "lambda")
KNOWN = {**CONSTANTS, **{name: Term(sp.Symbol(name, real=True), degree=1) for name in NAMES}}
FUZZ = settings(deadline=None, suppress_health_check=list(HealthCheck))

# -- a watch over what Python does -------------------------------------------------------------------------------------
FORBIDDEN = ("exec", "import", "open", "os.", "subprocess.", "socket.", "ctypes.", "shutil.", "pty.")
_watching: list[list[str]] = []


def _hook(event: str, arguments: tuple) -> None:
    if _watching and event.startswith(FORBIDDEN):
        _watching[-1].append(event)


sys.addaudithook(_hook)


def _watched(action: Callable[[], Any]) -> tuple[Any, list[str]]:
    """What the action returns (an error that it raises in the right way, too), and what Python was asked to do."""

    def hangs(number, frame):
        raise AssertionError("no end after a minute")

    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(60)
    _watching.append([])
    try:
        result = action()
    except (ValueError, TypeError) as error:
        result = error
    finally:
        events = _watching.pop()
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return result, events


def quietly(action: Callable[[], Any]) -> Any:
    """What the action returns or raises; fails if it executes, imports, opens or starts anything, or does not end.

    It has two attempts, as SymPy imports parts of itself when it first needs them.
    """
    result, events = _watched(action)
    if events:
        result, events = _watched(action)
    assert events == []
    return result


CODE = "__import__('os').getcwd()"


@pytest.mark.parametrize("mistake", [lambda: eval("1 + 1"), lambda: sp.sympify(CODE), lambda: open(__file__).close()])
def test_the_watch_notices(mistake):
    with pytest.raises(AssertionError, match=r"exec|open"):
        quietly(mistake)


# -- hostile formulas --------------------------------------------------------------------------------------------------
HOSTILE = [
    CODE,
    "x.__class__.__mro__[1].__subclasses__()",
    "[].__class__",
    "(lambda: 1)()",
    "eval('1')",
    "exec(x)",
    "open(x)",
    "f'{x}'",
    "x := 1",
    "x if a else y",
    "[x for x in a]",
    "9**9**9**9",
    "(9**16)**16",
    "1e999",
    "9" * 1900,
    "exp(exp(exp(x)))",
    "sqrt(" * 30 + "x" + ")" * 30,
    "(" * 900 + "x" + ")" * 900,
    "-" * 1900 + "x",
    "x*" * 900 + "x",
    "1*" * 900 + "1",
    "(x+y+a+i+1)**16",
    "(sin(x)+exp(y))**7",
    "x**17",
    "(x**16)**4",
    "x**16*y**16*a**16*x",
    "kron(" * 5 + "sigma_x" + ",sigma_x)" * 5,
    "1/0",
    "x/0",
    "0**-1",
    "0*(1/0)",
    "x**y",
    "x**0.5",
    "2**x",
    "True",
    "None",
    "1j",
    "0x10",
    "1_000",
    "1if x else 2",
    "xª",
    "ⅰ",
    "sin(*x)",
    "sin(**x)",
    "sin(x, y)",
    "sin()",
    "x, y",
    "x\\",
    "x #",
    "x;y",
    "",
    "()",
    "x" * 2001,
    "sigma_x + 1",
    "sigma_x**2",
    "1/sigma_x",
    "sin(sigma_x)",
    "sigma_x*kron(sigma_x, sigma_x)",
    "conj(sigma_x)",
    "adj(x)",
    "nobody",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:24])
def test_what_is_not_in_the_grammar_is_refused(text):
    assert isinstance(quietly(lambda: formula(text, KNOWN)), NotInGrammar)


PIECES = [
    *NAMES,
    *CONSTANTS,
    "sin(",
    "kron(",
    "exp(",
    "(",
    ")",
    ",",
    "+",
    "-",
    "*",
    "**",
    "/",
    "0",
    "9",
    "1e9",
    ".5",
    " ",
]
PIECES += [
    "__",
    "'",
    '"',
    "[",
    "]",
    "{",
    "}",
    ":",
    ";",
    "\\",
    "\n",
    "\0",
    "if ",
    "lambda ",
    "import ",
    "=",
    "@",
    "é",
    "ª",
]
TEXTS = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))


@FUZZ
@given(TEXTS)
def test_any_text_is_a_formula_or_refused(text):
    found = quietly(lambda: formula(text, KNOWN))
    if isinstance(found, Term):
        assert found.value.free_symbols <= {sp.Symbol(name, real=True) for name in NAMES}
    else:
        assert isinstance(found, NotInGrammar)
        assert str(found).isprintable()
        assert len(str(found)) < 400


def numbers(inner):
    """Formulas for numbers, with what is too large among them."""
    call = st.tuples(st.sampled_from(["sin", "cos", "exp", "sqrt", "conj"]), inner).map(lambda x: f"{x[0]}({x[1]})")
    sign = st.sampled_from(["+", "-", "*", "/"])
    return st.one_of(
        st.tuples(inner, sign, inner).map(lambda x: f"({x[0]}) {x[1]} ({x[2]})"),
        st.tuples(inner, st.integers(-18, 18)).map(lambda x: f"({x[0]})**{x[1]}"),
        inner.map(lambda x: f"-({x})"),
        call,
    )


LEAVES = st.sampled_from([*NAMES, "i", "pi", "0", "1", "2", "0.5", "1.25", "7", "1e17"])
FORMULAS = st.recursive(LEAVES, numbers, max_leaves=14)
POINT = {name: sp.Rational(p, 16) for name, p in zip(NAMES, (5, -23, 11, 19), strict=True)}


class OnTheCut(Exception):
    """A root of a negative number: rounding decides its sign."""


def reference(text: str):
    """The value by mpmath: Python's own reading of the text, which is harmless as we wrote it."""

    def root(z):
        z = mpmath.mpc(z)
        if z.real <= 0 and abs(z.imag) <= 1e-15 * (1 + abs(z.real)):
            raise OnTheCut
        return mpmath.sqrt(z)

    functions = {"sin": mpmath.sin, "cos": mpmath.cos, "exp": mpmath.exp, "sqrt": root, "conj": mpmath.conj}
    values = {name: mpmath.mpf(int(x.p)) / int(x.q) for name, x in POINT.items()} | {"i": mpmath.j, "pi": mpmath.pi}
    code = re.sub(r"\d[\d.]*(e\d+)?", lambda number: f"mpf('{number[0]}')", text)
    code = re.sub(rf"\b({'|'.join(values)})\b", lambda name: f"values['{name[0]}']", code)
    return eval(code, {"values": values, "mpf": mpmath.mpf, **functions})


@FUZZ
@given(FORMULAS)
def test_a_formula_has_the_value_that_it_says(text):
    term = quietly(lambda: formula(text, KNOWN))
    assume(isinstance(term, Term))
    with mpmath.workdps(60):
        try:
            expected = mpmath.mpc(reference(text))
        except (OnTheCut, ZeroDivisionError):
            assume(False)
        assume(abs(expected) < 1e200)
        value = mpmath.mpc(*(mpmath.mpf(str(part)) for part in value_at(term)))
        assert abs(value - expected) <= 1e-25 * (1 + abs(expected))


def value_at(term: Term):
    return term.value.xreplace({sp.Symbol(name, real=True): x for name, x in POINT.items()}).evalf(50).as_real_imag()


MATRICES = st.one_of(
    st.lists(st.lists(st.one_of(FORMULAS, TEXTS), min_size=1, max_size=2), min_size=1, max_size=2),
    FORMULAS.map(lambda f: [[0, f], [f"conj({f})", 0]]),
    FORMULAS.map(lambda f: [[f"({f}) + conj({f})"]]),
    FORMULAS.map(lambda f: f"({f})*sigma_x + ({f})*sigma_y"),
    TEXTS,
)


KINDS = st.one_of(st.sampled_from(["bosons", "phonons"]), TEXTS)
METRICS = st.one_of(
    st.none(),
    KINDS.map(json.dumps),
    st.lists(st.tuples(KINDS, st.integers(-1, 10**12)), max_size=3).map(json.dumps),
    st.tuples(MATRICES, MATRICES).map(lambda x: f"{{matrix = {json.dumps(x[0])}, conjugation = {json.dumps(x[1])}}}"),
    MATRICES.map(lambda x: f"{{matrix = {json.dumps(x)}}}"),
)


@settings(FUZZ, max_examples=50)
@given(H=MATRICES, periodic=st.booleans(), metric=METRICS)
def test_any_file_is_a_model_or_refused(H, periodic, metric, tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz") / "model.toml"
    lattice = "lattice = [[1, 0], [0, 1]]\n" if periodic else ""
    kind = "" if metric is None else f"metric = {metric}\n"
    path.write_text(f'k = ["x", "y"]\nH = {json.dumps(H)}\ns = 1\n{lattice}{kind}[parameters]\na = 1\nlambda = 0.5\n')
    found, events = _watched(lambda: load(path))  # SymPy makes functions of what is known to be formulas: exec
    assert not [
        event for event in events if event.startswith(("os.system", "os.exec", "os.posix", "subprocess.", "socket."))
    ]
    if isinstance(found, Exception):
        assert len(str(found)) < 5000
    else:
        assert found.size in (1, 2)


# -- models that are known ---------------------------------------------------------------------------------------------
KANE_MELE = '''
name = "kane_mele"
k = ["k_x", "k_y"]
lattice = [[1, 0], ["1/2", "sqrt(3)/2"]]
H = """lambda_v*kron(sigma_z, sigma_0) - lambda_SO*circulating*kron(sigma_z, sigma_z)
       + kron(up, hop) + adj(kron(up, hop))"""
s = "kron(sigma_0, sigma_z)/2"

[parameters]
t = 1
lambda_SO = 0.3
lambda_R = "1/4"
lambda_v = 1.0

[definitions]
up = "(sigma_x + i*sigma_y)/2"
a = "exp(i*(k_x/2 + sqrt(3)*k_y/6))"
b = "exp(-i*sqrt(3)*k_y/3)"
c = "exp(i*(-k_x/2 + sqrt(3)*k_y/6))"
circulating = "2*(sin(k_x) + sin(-k_x/2 + sqrt(3)*k_y/2) + sin(-k_x/2 - sqrt(3)*k_y/2))"
hop = """t*(a + b + c)*sigma_0
  + i*lambda_R*(a*(sigma_x/2 - sqrt(3)*sigma_y/2) - b*sigma_x + c*(sigma_x/2 + sqrt(3)*sigma_y/2))"""
'''
RASHBA = """
k = ["k_x", "k_y"]
H = [["(k_x**2 + k_y**2)/(2*m) + M", "alpha*(k_y + i*k_x)"], ["alpha*(k_y - i*k_x)", "(k_x**2 + k_y**2)/(2*m) - M"]]
s = [["1/2", 0], [0, -0.5]]
[parameters]
m = 1
alpha = 0.7
M = 0.1
"""
K = np.random.default_rng(5).uniform(-3, 3, (20, 2))


@pytest.fixture(name="read")
def _read(tmp_path):
    """read(text) -> the model in a file with this text."""

    def call(text: str, name: str = "mine"):
        path = tmp_path / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return call


@pytest.mark.slow_for("text0-kane_mele")
@pytest.mark.parametrize(("text", "name"), [(KANE_MELE, "kane_mele"), (RASHBA, "rashba")])
def test_library_models_as_files(read, text, name):
    model, known = read(text, name), sc.models.get(name)
    assert model.name == known.name
    assert {key: float(value) for key, value in model.values().items()} == known.values()
    assert (model.cell is None) == (known.cell is None)
    for operator in ("H", "s"):
        np.testing.assert_allclose(model.matrix(operator, K), known.matrix(operator, K), rtol=0, atol=1e-14)
    np.testing.assert_allclose(
        sc.evaluate(model, "s_dipole", K), sc.evaluate(known, "s_dipole", K), rtol=1e-9, atol=1e-12
    )
    assert sc.derive(model, "s_dipole").shape == (2,)


def test_hoppings_in_a_file(read):
    text = "lattice = [[2]]\npositions = [[0], [0.25]]\ns = [[1, 0], [0, -1]]\n"
    text += '[[hoppings]]\nR = [0]\nt = [[0.5, "(1 + i)/2"], ["(1 - i)/2", "-1/2"]]\n'
    text += "[[hoppings]]\nR = [1]\nt = [[0, 0], [0.25, 0]]\n[[hoppings]]\nR = [-1]\nt = [[0, 0.25], [0, 0]]\n"
    hoppings = {(0,): [[0.5, 0.5 + 0.5j], [0.5 - 0.5j, -0.5]], (1,): [[0, 0], [0.25, 0]], (-1,): [[0, 0.25], [0, 0]]}
    known = sc.Model.from_hoppings(hoppings, np.diag([1, -1]), [[2]], positions=[[0], [0.25]])
    model = read(text)
    np.testing.assert_array_equal(model.matrix("H", K[:, :1]), known.matrix("H", K[:, :1]))
    np.testing.assert_array_equal(model.matrix("H", K[:, :1], (0,)), known.matrix("H", K[:, :1], (0,)))


def test_the_commands_take_it(read, tmp_path, capsys):
    read(RASHBA, "gas")
    file = str(tmp_path / "gas.toml")
    for command in (
        ("derive", file, "s_dipole", "--set", "M=0"),
        ("compute", file, "conductivity", "--mu", "1", "--set", "M=0", "--unit", "e/8pi", "--rtol", "1e-4"),
        ("verify", "torque-dipole", "--model", file),
        ("plot", file, "energy", "-o", str(tmp_path / "gas.png")),
    ):
        with pytest.raises(SystemExit) as stopped:
            main(command)
        assert not stopped.value.code
    out = capsys.readouterr().out
    assert "conductivity of gas" in out
    assert "proved" in out


# -- files that are refused --------------------------------------------------------------------------------------------
GOOD = {"k": '["x"]', "H": '[["x*a"]]', "s": "1"}


def file(**changes: str | None) -> str:
    entries = {**GOOD, **changes}
    return (
        "".join(f"{key} = {value}\n" for key, value in entries.items() if value is not None) + "[parameters]\na = 1\n"
    )


REFUSED = {
    "a parameter that is a truth value": (
        file().replace("a = 1", "a = true"),
        r"parameters\.a: expected a number or a formula, got true",
    ),
    "H, no list": (file(H="2020-01-01"), r"H: expected a number, got "),
    "an entry that is no number": (file(H="[[[1]]]"), r"H\[0, 0\]: expected a number, got \[1\]"),
    "a truth value": (file(H="[[true]]"), r"H\[0, 0\]: expected a number, got True"),
    "infinity": (file(H="[[inf]]"), r"H\[0, 0\]: expected numbers up to 1e\+18, got 'inf'"),
    "not a number": (file(H="[[nan]]"), r"H\[0, 0\]: expected numbers up to 1e\+18, got 'nan'"),
    "code": (file(H=f'[["{CODE}"]]'), r"H\[0, 0\]: expected numbers, names and .*, got .__import__"),
    "rows of several lengths": (file(H="[[1, 0], [0]]"), "H: expected up to 32 rows of one length"),
    "a matrix in a matrix": (file(H='[["sigma_x"]]'), r"H\[0, 0\]: expected a number, got a matrix"),
    "not Hermitian": (file(H='[["i*x"]]'), "H: expected a Hermitian matrix"),
    "s with momenta": (file(s='[["x"]]'), "s: expected an operator that commutes with position"),
    "no s": (file(s=None), "s: expected an entry of this name in the file, got 'None'"),
    "no H": (file(H=None), "k: expected H and s with .*, or hoppings and s with .*, got k without H"),
    "an unknown key": (file(import_="'os'"), "'import_': expected H and s with .*, got 'import_'"),
    "hoppings beside H": (file(hoppings="[]"), "hoppings: expected H and s .*, got hoppings beside H"),
    "four momenta": (file(k='["x", "y", "z", "w"]'), "k: expected the names of one to three momenta, got 4"),
    "a momentum twice": (file(k='["x", "x"]'), "k: expected every name once"),
    "a momentum of the name of a constant": (file(k='["i"]'), "k: expected every name once, at most 100 and not i, "),
    "a momentum of the name of a function": (file(k='["sin"]'), "k: expected names such as k_x or lambda_R, got 'sin'"),
    "a name that is code": (file(k='["x; import os"]'), "k: expected names such as k_x or lambda_R"),
    "a momentum that is a number": (file(k="[1]"), "k: expected names such as k_x or lambda_R, got '1'"),
    "a parameter of the name of a momentum": (file(k='["a"]'), "parameters: expected every name once"),
    "a parameter that is no number": (file() + "b = 'a'\n", r"parameters\.b: expected one of the names i, pi, "),
    "a parameter that is complex": (file() + "b = 'i'\n", "b: expected a finite real number, got I"),
    "a definition before its names": (file() + "[definitions]\nc = 'd'\nd = '1'\n", r"definitions\.c: expected one of"),
    "a lattice of symbols": (file(lattice='[["a"]]'), r"lattice\[0, 0\]: expected one of the names i, pi, "),
    "a lattice that does not fit": (file(lattice="[[1]]"), r"lattice: expected H\(k \+ G_1\) = H\(k\)"),
    "a name of several lines": (file(name='"a\\u0000b"'), "name: expected up to 1000 printable characters"),
    "overflow everywhere": (
        file(H='[["exp(cos(x)**2*1e9)"]]', lattice="[[1]]").replace("cos(x)**2", "a"),
        "H: expected finite numbers at generic k",
    ),
    "no TOML": ("H = [[", r"model: expected a TOML file, got .*mine\.toml \("),
    "brackets without end": ("H = " + "[\n" * 15_000, r"model: expected a TOML file, got "),
    "a key of many parts": ("a" + ".a" * 20_000 + " = 1", r"model: expected a TOML file, got .* \('more than "),
    "a large file": ("# " + "x" * 100 + "\n") * 10_000
    and (
        ("# " + "x" * 100 + "\n") * 10_000,
        r"model: expected a TOML file, got .* \('more than 300000 bytes",
    ),
    "much text": (
        file(H="[[" + ",\n".join(['"' + "+".join(["x"] * 900) + '"'] * 32) + "]]"),
        r"H\[0, 27\]: expected at most 50000 characters in all formulas together",
    ),
    "nothing": ("", r"H: expected H, hoppings or a section \[magnet\] in the file, got none of them"),
    "hoppings that are no tables": (
        "hoppings = [1]\ns = [[1]]\nlattice = [[1]]",
        r"hoppings\[0\]: expected a table of R",
    ),
    "hoppings of no integers": (
        "s = [[1]]\nlattice = [[1]]\n[[hoppings]]\nR = [0.5]\nt = [[1]]",
        r"hoppings\[0\]\.R: expected integers",
    ),
    "hoppings that are not Hermitian": (
        's = [[1]]\nlattice = [[1]]\n[[hoppings]]\nR = [0]\nt = [["i"]]',
        r"hoppings: expected t\(-R\) = t\(R\)\^\+",
    ),
    "a complex lattice": (
        's = [[1]]\nlattice = [["i"]]\n[[hoppings]]\nR = [0]\nt = [[1]]',
        "lattice: expected real numbers",
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_model_is_refused_and_the_entry_named(read, text, message):
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        read(text)


def test_what_is_no_text_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="model: expected a TOML file, got"):
        load(path)
    with pytest.raises(ValueError, match=r"model: expected a file, got .*nowhere\.toml, which does not exist"):
        load(tmp_path / "nowhere.toml")
