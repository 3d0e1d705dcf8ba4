"""Texts that are no identities: a complaint that points at the place, in bounded time and memory, and nothing is run."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symcur as sc
from symcur import quantities
from symcur.expressions.normal_form import normal_form
from symcur.typed import Identity, Unreadable, read_identity

PIECES = [
    *(quantity.symbol() for quantity in map(quantities.get, quantities.names())),
    *(
        r"\frac",
        r"\tfrac{1}{2}",
        r"\sum_{m \ne n}",
        r"\sum_{m}",
        r"\mathrm{Im}\,",
        "Re ",
        "Tr[",
        "P",
        " S",
        "^2",
        "_m",
        "_{nm}",
    ),
    *(
        "v_i",
        "v^i_{nm}",
        "s_{mn}",
        "w_il",
        "H",
        "tau",
        "J^{is}",
        r"\omega_{nm}",
        "e_n",
        "f_n",
        "g'",
        "D^i",
        "theta",
        "A",
        "Q_{il}",
    ),
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        r"\{",
        r"\left(",
        r"\right)",
        ",",
        "+",
        "-",
        "*",
        "/",
        "=",
        "^",
        "_",
        "'",
        " mod ",
        "d_l",
        "1/2",
    ),
    *(r"\langle n|", r"|m\rangle", r"\bra{n}", r"\ket{m}", "|", "|s_{nm}|^2", r"\frac{\partial ", r"}{\partial k_i}"),
    *(r"\bm{v}", r"\hat{\bm v}", r"\prime", r"\\[2pt]", "%", "\n", r"\[", r"\end{align}", r"{\rm Im}", "E_n", ";", "."),
    *(
        r"\partial_{k_l}",
        "s_dipole[i]",
        "s_dipole[",
        "torque_metric",
        "i",
        "10",
        "0",
        "999999999999999999",
        "^12",
        "^{-3}",
        "!=",
        "\\",
        "∂",
        "é",
    ),
]
FACTORS = [
    "s",
    "v^i",
    "v_l",
    r"\tau",
    "J^{is}",
    "s_n",
    "v^i_n",
    "P",
    "S^2",
    "H",
    "D^i",
    "A",
    "e_n",
    "f_n",
    "i",
    "2",
    "1/3",
    "d^{is}",
]
FACTORS += [
    r"\Omega^{li}",
    r"\Omega^{li} s_n",
    "m^{li}s",
    r"\chi^{xy\tau}",
    "velocity[i]",
    "s_current[l]",
    "s_dipole[x]",
    "s_m",
]
FACTORS += [
    "e_m",
    "omega_nm",
    "(1 + i)",
    "(s - e_n)",
    "Tr[P s]",
    "Im Tr[P v_i S s]",
    "d_i(s)",
    r"\partial_{k_x} P",
    "v^i_{nm} s_{mn}",
]
FACTORS += ["|v^i_{nm}|^2", r"\langle n|v_i|m\rangle\langle m|s|n\rangle", r"\frac{\partial s}{\partial k_i}", "s_n^2"]
FACTORS += ["s_{nn}", "sum_{p != n} s_np v^i_pn/omega_np", "Re", "[s, H]", "1/omega_{nm}^2", "1/(e_n - e_p)", "s^2"]
SIGNS = [" ", " ", " + ", " - ", "*"]
WRONG = {
    # text: (what is expected, the text from the place on)
    "d^{is} = Im Tr[P v_i S tau": (r"\] for the \[ at character 15", ""),
    "d^{is} = Im Tr(P v_i S tau]": (r"\) for the \( at character 15", "]"),
    "d^{is}": ("= and the other side", ""),
    "d^{is} = s = 0": ("the end, or", "= 0"),
    "d^{is} = ": ("a number, a symbol or a bracket", ""),
    "d^{is} = 2 +": ("a number, a symbol or a bracket", ""),
    "d^{is} = x": ("a symbol of the paper; known are P, S", "x"),
    r"d^{i\sigma} = 0": ("a symbol of the paper, such as", r"\sigma} = 0"),
    "d^{il} = 0": (r"known are d\^\{ls\}, d\^\{lis\}, d\^\{l tau\}", "d^{il} = 0"),
    "d^i s = 0": (r"known are d\^\{ls\}", "d^i s = 0"),
    "m^{li} = 0": (r"known are m\^\{lis\}, m\^\{li\}s", "m^{li} = 0"),
    "v_i s = 0": (r"v\^i, the velocity of the band, outside of traces", "v_i s = 0"),
    "v_il = 0": ("a symbol", "v_il = 0"),
    "s_dipole = 0": (r"s_dipole\[i\] with axes", "s_dipole = 0"),
    "s_dipole[i, l] = 0": (r"s_dipole\[i\] with axes", "s_dipole[i, l] = 0"),
    "s_dipole[n] = 0": (r"s_dipole\[i\] with axes", "s_dipole[n] = 0"),
    "Tr[v_i] = 0": ("a P in every term of the trace", "Tr[v_i] = 0"),
    "Tr[P v_i + s] = 0": ("a P in every term of the trace", "Tr["),
    "Tr P s = 0": (r"\[ after Tr", "P s"),
    "S^13 = 0": ("a power from 1 to 12", "S^13"),
    "S^0 = 0": ("a power from 1 to 12", "S^0"),
    "S^{-1} = 0": ("a power", "S^{-1}"),
    "g' = 0": ("f_n for the derivative of g_n", "g'"),
    "s^2 = 0": ("a symbol", "s^2"),
    "d^{is} = 0 mod d_l": ("the primitive, as in mod", ""),
    "d^{is} = 0 mod s": ("the derivative that integrates to zero", "s"),
    r"\partial_i s f = 0": ("brackets that show how far the derivative reaches", "f = 0"),
    r"\partial_{il} s = 0": ("one axis and what is differentiated", r"\partial"),
    r"\frac{s}{d^{is}} = 0": ("below a fraction", "{d^{is}}"[1:]),
    "s/0 = 0": ("below a fraction", "0 = 0"),
    "s/(e_n - e_n) = 0": ("below a fraction", "e_n - e_n)"),
    "v^i_nm = 0": ("a matrix element that leads on from m", "v^i_nm"),
    r"\sum_{m \ne n} v^i_{nm} s_{nm}/\omega_{nm} = 0": ("a matrix element that leads on from m", r"\sum"),
    r"\sum_{m \ne n} v^i_{nn} = 0": ("every summed state between two matrix elements", r"\sum"),
    r"\sum_{m} v^i_{nm} s_{mn}/\omega_{nm} = 0": (r"\\sum_\{m \\ne n\}, since omega_\{nm\} stands below", r"\sum"),
    r"\sum_{m \ne n} v_{nm}^i s_m/\omega_{nm} = 0": ("matrix elements, energies and omegas", "s_m"),
    r"\sum_{m,p \ne n} v^i_{nm} s_{mp} s_{pn}/\omega_{mp} = 0": ("one between two summed states is no trace", r"\sum"),
    r"\sum_{m \ne n} \sum_{m \ne n} v^i_{nm} s_{mn} = 0": ("a label of its own", r"\sum_{m \ne n} v"),
    r"\sum_{i} s = 0": ("labels of states", "s = 0"),
    r"\sum_{m \ne n} \partial_i s_{nm} s_{mn} = 0": ("brackets that show", "s_{mn}"),
    "(s)_{i} = 0": ("two labels of bands below a bracket", "_{i}"),
    r"\omega_{nn} = 0": ("two different bands", r"\omega"),
    "s_{nmp} = 0": ("at most two bands", "s_{nmp}"),
    "d_m^{is} = 0": ("a symbol of the paper", "d_m"),
    "S v_i P = d^{is}": ("an operator as on the left", "d^{is}"),
    "d^{is} = S v_i P": ("a number of the band as on the left", "S v_i P"),
    "d^{is} = Tr[P s] # 1": ("a letter, a number, a bracket or a sign", "# 1"),
    "v_i_j = 0": ("one index below and one above", "_j"),
    "12345678901234567890 = 0": ("numbers of at most 18 digits", "1234"),
    "(((" * 20 + "s" + ")))" * 20 + " = 0": ("at most 40 brackets and operations", "("),
    "s = " + "s + " * 2000 + "s": ("at most 4000 characters", ""),
    "((((((10^12)^12)^12)^12)^12)^12) = 0": ("numerators and denominators up to", "^12"),
    "Tr[P " + "(H + s)" * 20 + "] = 0": ("at most 5000 terms when multiplied out", ""),
    "Tr[P (((s + H)^12)^12)^12] = 0": ("at most", "^12"),
    "sum_{m != n} (s_nm + v^i_nm + v^l_nm)^12 s_mn = 0": ("at most 1000 terms in a sum over states", "^12"),
    "d_i(" * 9 + "Tr[P v_i S^3 s]" + ")" * 9 + " = 0": ("at most", ""),
}


@pytest.mark.parametrize(("text", "complaint"), WRONG.items(), ids=lambda value: str(value)[:30])
def test_an_unreadable_place_is_pointed_at(text, complaint):
    expected, rest = complaint
    with pytest.raises(Unreadable, match=f"^identity: expected .*{expected}") as caught:
        read_identity(text)
    error = caught.value
    assert text[error.position :].startswith(rest)
    first, line, caret = str(error).split("\n")
    assert ", got " in first
    assert re.fullmatch(r" +\^", caret)
    place = len(caret) - 1
    assert (line + " ")[place : place + 5].rstrip() == text[error.position : error.position + 5].rstrip()[
        : len(line) - place
    ]


def test_text_and_more_is_refused():
    with pytest.raises(TypeError, match=r"lhs: expected the whole identity as text"):
        sc.settle("s = s", 1)


@pytest.mark.parametrize(
    "code",
    [
        "__import__('pathlib').Path('canary').touch() = 0",
        "exec(\"open('canary', 'w')\") = 0",
        "\\input{canary} = 0",
        "().__class__ = 0",
        "s = s\x00",
        "s = lambda: s",
    ],
)
def test_code_is_only_text(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Unreadable):
        sc.settle(code)
    assert not Path("canary").exists()


def read_or_refuse(text: str) -> None:
    """Every text is read, and then what is printed of it too, or it is refused with a message; nothing else is raised."""
    found = attempt(text)
    if isinstance(found, Unreadable):
        assert 0 <= found.position <= len(text)
        assert str(found).startswith("identity: expected ")
        assert len(str(found)) < 700
    else:
        again = read_identity(found.plain())
        assert read_identity(again.plain()) == again
        for side, other in ((found.lhs, again.lhs), (found.rhs, again.rhs)):
            assert side == other or not normal_form(side - other, multiplet=True), found.plain()
            assert side.latex()


def attempt(text: str) -> Identity | Unreadable:
    try:
        return read_identity(text)
    except Unreadable as error:
        return error


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PIECES), max_size=14), st.lists(st.sampled_from(PIECES), max_size=6))
def test_any_sequence_of_pieces_is_read_or_refused(left, right):
    read_or_refuse("".join(left) + " = " + "".join(right))


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(FACTORS), min_size=1, max_size=5), st.lists(st.sampled_from(SIGNS), min_size=9, max_size=9)
)
def test_sentences_of_the_grammar_are_read_or_refused(factors, signs):
    text = "".join(factor + sign for factor, sign in zip(factors, signs, strict=False)) + " 1"
    for cover in ("@", "Im(@)", "Tr[P (@)]", "d_l(@)", "sum_{m != n} s_nm (@) v^i_mn/omega_nm", "(@)^2"):
        read_or_refuse(cover.replace("@", text) + " = 0")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text):
    read_or_refuse(text)


@pytest.mark.parametrize(
    "text",
    [
        opening * 1900
        for opening in (
            "(",
            "{",
            "[",
            r"\{",
            "Im ",
            "d_l",
            "^",
            "_",
            "-",
            "/",
            "f'",
            "\\frac",
            "Tr[P",
            "1/",
            "sum_m ",
            "s^",
        )
    ]
    + [
        "Im (" * 900,
        "s_{" * 1000,
        "s" * 3990 + " = 0",
        "s_" + "n" * 3900,
        "1." * 1900,
        r"\hat{" * 700,
        r"\mathrm{" * 400,
    ]
    + [
        "(s)_{nm}" * 480,
        "Im(" * 35 + "s" + ")_{nm}" * 35,
        "sum_m s_nm s_mn " * 35,
        "[s," * 39 + "s" + "]" * 39,
        "v^i s " * 650,
        r"(\Omega^{li})s_n" * 240,
    ],
    ids=lambda text: text[:12],
)
def test_long_and_deep_texts_cost_little(text):
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable):
            read_identity(text + " = 0 +")
        assert tracemalloc.get_traced_memory()[1] < 2**25
    finally:
        tracemalloc.stop()
