"""Closed forms printed in matrices, P and S as polynomials in H: read back into matrices they have the values of eigenvectors."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy as sp
from contours import reader
from lattice_models import MOMENTA, hermitian, kramers_model, random_model
from typesetting import lines

from symcur import models
from symcur.band_structures import Model
from symcur.closed_forms import ClosedForm, derivation, derive
from symcur.closed_forms.circles import in_circles
from symcur.closed_forms.printed_names import printed

TOKEN = re.compile(r"\\frac\{-?\d+\}\{\d*q'\(z\)(?:\^\{\d\})?\}|[A-Za-z]'?(?:_\{\w+\})?(?:\^\{\d\})?|\d+|[-+()\[\]]")


def product(text: str, letters: dict[str, np.ndarray]) -> np.ndarray:
    """A printed sum of products with matrices for its letters; numbers are multiples of the unit matrix."""
    one = np.eye(len(letters["H'"]))

    def value(token: str) -> np.ndarray:
        if token.startswith("\\frac"):
            above, below, power = re.match(r"\\frac\{(-?\d+)\}\{(\d*)q'\(z\)(?:\^\{(\d)\})?", token).groups()
            return int(above) / int(below or 1) * np.linalg.matrix_power(letters["q'"], -int(power or 1))
        if token.isdigit():
            return int(token) * one
        letter, _, power = token.partition("^")
        return np.linalg.matrix_power(letters[letter], int(power.strip("{}") or 1))

    code, before = "", ""
    for token in TOKEN.findall(re.sub(r"\\(left|right|bigl|bigr)", "", text)):
        operand = token not in "+-()[]"
        code += "@" * (before not in ("", *"+-([") and token not in ("+", "-", ")", "]"))
        code += f"value({token!r})" if operand else token.replace("[", "(").replace("]", ")")
        before = token
    return eval(code, {"value": value})


def point(model: Model, band: int, rows: dict[str, str]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """What the printed letters stand for at one k: H', z, the invariants, q'(z) = dq/dz, v, s; and the eigenvectors."""
    k, N = np.array([0.4, -1.1]), model.size
    H, one = model.matrix("H", k), np.eye(model.size)
    energies, u = np.linalg.eigh(H)
    letters = {
        "H'": H - np.trace(H) / N * one,
        "z": (energies[band] - np.trace(H) / N) * one,
        "s": model.matrix("s", k),
    }
    letters |= {f"v_{{{name}}}": model.matrix("H", k, (axis,)) for axis, name in enumerate("il")}
    for j in range(2, N + 1):
        text = re.sub(r"\\mathrm\{Tr\}\\,H'\^\{(\d)\}", r"T(\1)", rows[f"a_{{{j}}}"])
        text = re.sub(r"\\frac\{(.+?)\}\{(\d+)\}", r"(\1)/\2", text).replace(r"\left(T(2)\right)^{2}", "T(2)**2")
        trace = {"T": lambda n: np.trace(np.linalg.matrix_power(letters["H'"], n)).real}
        letters[f"a_{{{j}}}"] = eval(text, trace) * one
    q = product(rows["q(z)"].removesuffix(" = 0"), letters)
    assert np.abs(q).max() < 1e-12 * np.linalg.norm(H) ** N
    gaps = np.delete(energies[band] - energies, band)
    letters["q'"] = np.prod(gaps) * one
    return letters, u


def equations(form: ClosedForm) -> dict[str, str]:
    return dict(row.split(" &= ", 1) for row in lines(form) if " &= " in row)


@pytest.mark.parametrize("model", [models.kane_mele(), random_model(3, 3, 2)], ids=["four", "three"])
def test_latex_of_a_model_without_structure_is_its_definition_in_matrices(model: Model) -> None:
    """P and S as polynomials in H, read back into matrices, are those of eigenvectors."""
    rows = equations(derive(model, "torque_berry_curvature"))
    assert rows[r"\Omega^{i\tau}"] == r"2\,\mathrm{Re}\,\mathrm{Tr}[P\, v_{i}\, S\, s]"
    letters, u = point(model, 1, rows)
    energies = np.linalg.eigvalsh(letters["H'"])
    letters["P"] = product(rows["P"], letters)
    assert np.abs(letters["P"] - np.outer(u[:, 1], u[:, 1].conj())).max() < 1e-12
    others = [m for m in range(model.size) if m != 1]
    expected = sum(np.outer(u[:, m], u[:, m].conj()) / (energies[1] - energies[m]) for m in others)
    assert np.abs(product(rows["S"], letters) - expected).max() < 1e-11


@pytest.mark.parametrize("name", ["s_expectation", "s_dipole", "mixed_berry_curvature", "berry_curvature", "velocity"])
def test_latex_of_three_bands_is_one_trace_of_words(name: str) -> None:
    """Im Tr[(H'^2 v H' + ...) s]/q'(z)^2, read back into matrices, has the value of the quantity."""
    model = random_model(3, 3, 2)
    form = derive(model, name)
    label, text = lines(form)[0].split(" &= ", 1)
    letters, _ = point(model, 2, equations(form))
    front, part, inner = re.fullmatch(r"(.*?)(\\mathrm\{Im\}\\,)?\\mathrm\{Tr\}\[(.*)\]", text).groups()
    assert "P" not in inner
    assert "S" not in inner
    value = np.trace(product(front, letters) @ product(inner, letters))
    value = value.imag if part else value.real
    expected = form(np.array([0.4, -1.1]))[2]
    place = {0: (), 1: (0,), 2: (0, 1)}[expected.ndim]
    assert value == pytest.approx(expected[place], rel=1e-11), label


@pytest.mark.slow_for("three")
@pytest.mark.parametrize(
    "model", [models.kane_mele(), random_model(3, 3, 2).with_s(sp.diag(1, 0, -2))], ids=["four", "three"]
)
def test_the_dipole_is_a_sum_over_pairs_of_states_with_different_s(model: Model) -> None:
    """sum_(a<b) (s_a - s_b) Im[B_ab d_i B_ba]/q'(z)^2 with B = adj(z - H'), z and a_j fixed in the derivative."""
    k, N, one = np.array([0.4, -1.1]), model.size, np.eye(model.size)
    H, s = model.matrix("H", k), model.matrix("s", k).diagonal().real
    H = H - np.trace(H) / N * one
    energies = np.linalg.eigvalsh(H)
    q = np.poly(energies)  # highest power first
    form = derive(model, "s_dipole")(k)
    powers = [np.linalg.matrix_power(H, n) for n in range(N)]
    for band, z in enumerate(energies):
        b = [np.polyval(q[: N - n], z) for n in range(N)]  # B = sum_n b_n H'^n
        B, slope = sum(c * X for c, X in zip(b, powers, strict=True)), np.polyval(np.polyder(q), z)
        for axis in range(2):
            v = model.matrix("H", k, (axis,))
            v = v - np.trace(v) / N * one
            dB = sum(b[n] * powers[m] @ v @ powers[n - 1 - m] for n in range(1, N) for m in range(n))
            pairs = np.imag(B * dB.conj()) * (s[:, None] - s)
            assert np.triu(pairs).sum() / slope**2 == pytest.approx(form[band, axis], rel=1e-9, abs=1e-12)


def test_long_sums_are_continued_in_the_next_row() -> None:
    rows = lines(derive(models.kane_mele(), "dipole_gradient"))
    formula = [row for row in rows if row.startswith((r"\partial", r"&\quad"))]
    assert len(formula) > 1
    assert max(map(len, formula)) < 260
    assert " ".join(row.replace("&", "") for row in formula).count(r"\mathrm{Im}") == 7
    assert not any(row.count(r"\partial_{k_{l}} d^{is}") > 1 for row in rows)


@pytest.mark.slow_for("four")
@pytest.mark.parametrize("model", [models.kane_mele(), random_model(3, 3, 2)], ids=["four", "three"])
def test_no_text_is_made_of_steps(model: Model) -> None:
    """Of a form, its derivatives and with values put in: matrices, defined in a few lines."""
    form, (parameter, *_) = derive(model, "s_current_dipole"), model.parameters
    for one in (form, form.diff(0), form.diff(parameter.name), form.subs({parameter: sp.Rational(6, 7)})):
        rows = lines(one)
        assert len(one.definitions) > 40
        assert len(rows) < 25
        assert any(row.startswith("q(z) &= ") for row in rows)
        assert "x_{" not in "".join(rows)
    assert lines(form.subs({parameter: sp.Rational(6, 7)})) == lines(form)
    sign = rf"\partial_{{{printed(parameter)}}}"
    assert lines(form.diff(parameter.name))[0].startswith(rf"{sign} d^{{lis}} &= {sign}\left(")


def test_the_formula_of_a_derivative_is_what_is_printed() -> None:
    """Each component in P, S and v, read by contour integrals, is the derivative of the numbers."""
    model, k = random_model(3, 3, 2), np.array([0.4, -1.1])
    form = derive(model, "s_dipole").diff(1)
    contours = reader(model, k, 1, 1)
    read = [contours.read(part).array[0, 0].real for part in form.parts]
    assert read == pytest.approx(form(k)[1], rel=1e-10)
    for label, part in zip(form.labels, form.parts, strict=True):
        text = in_circles(part, multiplet=False).latex()
        assert (
            "".join(row.replace(r"&\quad", "") for row in lines(form)).replace(" ", "").count(text.replace(" ", ""))
            == 1
        )
        assert label in form.latex()


@pytest.mark.slow
def test_a_formula_in_matrices_says_which_momenta_have_values() -> None:
    """Derivatives of H are taken before; what depends on the momentum that is left is differentiated outside of the formula."""
    form = derive(models.kane_mele(), "s_dipole").subs({"k_y": 0})
    rows = lines(form)
    assert r"&\text{at }k_{y} = 0" in rows
    assert "x_{" not in "".join(rows)
    assert lines(form.diff(0))[0].startswith(
        r"\partial_{k_{x}} d^{ys} &= \mathrm{Im}\,\mathrm{Tr}[P\, v_{x}\, S\, v_{y}"
    )
    along = derive(models.kane_mele(), "s_dipole").subs({"k_y": form.model.k[0]}).diff(0)
    assert (
        lines(along)[0]
        == r"\partial_{k_{x}} d^{is} &= \partial_{k_{x}}\left(\mathrm{Im}\,\mathrm{Tr}[P\, v_{i}\, S\, s]\right)"
    )


@pytest.mark.slow
def test_the_velocity_in_a_formula_of_a_multiplet_is_that_of_its_energy(monkeypatch: pytest.MonkeyPatch) -> None:
    """q^{il tau} of both members of a Kramers pair, with v_n = Tr[P v]/2 as it is printed; with Tr[P v] it is another number."""
    monkeypatch.setattr(derivation, "_LONGEST", 1)  # as if no formula in functions of k were short
    model, k = kramers_model(27), np.array([0.4, -1.1])
    form = derive(model, "torque_quadrupole")
    rows = lines(form)
    assert rows[0].startswith(
        r"q^{il\tau} &= -\tfrac{1}{2}\,\mathrm{Im}\,\mathrm{Tr}[P\, v_{i}\, S\, J^{ls}] + \tfrac{1}{2}\,v_{n}^{l}\, "
    )
    assert r"v_n^i &= \tfrac{1}{2}\mathrm{Tr}[P\, v_i]" in rows
    (P, S), s = projector_and_resolvent(model, k, 3), model.matrix("s", k)
    v = [model.matrix("H", k, (axis,)) for axis in range(2)]
    J = [(x @ s + s @ x) / 2 for x in v]
    mean = [np.trace(P @ x).real / 2 for x in v]
    half = [
        [-np.trace(P @ v[i] @ S @ J[l]).imag + mean[l] * np.trace(P @ v[i] @ S @ s).imag for l in range(2)]
        for i in range(2)
    ]
    assert form(k)[3] == pytest.approx((np.array(half) + np.transpose(half)) / 4, abs=1e-12)


def projector_and_resolvent(model: Model, k: np.ndarray, band: int) -> tuple[np.ndarray, np.ndarray]:
    """From eigenvectors: P and S of the multiplet of a band."""
    energies, u = np.linalg.eigh(model.matrix("H", k))
    own = np.abs(energies - energies[band]) < 1e-9
    P = u[:, own] @ u[:, own].conj().T
    S = (u[:, ~own] / (energies[band] - energies[~own])) @ u[:, ~own].conj().T
    return P, S


@pytest.mark.slow
def test_moments_define_q_where_multiplicities_differ() -> None:
    """Three energies, 2, 2 and 1 times: c_j from the printed equations; q vanishes at the energies of H'."""
    k_x, k_y = MOMENTA[:2]
    square = kramers_model(2)
    s = hermitian(np.random.default_rng(3), 5, 1)
    model = Model(sp.diag(square.H, sp.Matrix([[sp.cos(k_x) * 3]])), s, (k_x, k_y), square.parameters)
    rows = lines(derive(model, "torque_quadrupole"))
    assert (
        r"\textstyle\sum_{j=0}^{2} c_{j}\, \mathrm{Tr}\,H'^{i+j} &= -\mathrm{Tr}\,H'^{i+3},\quad i = 0, \dots, 2"
        in rows
    )
    H = model.matrix("H", np.array([0.4, -1.1]))
    energies = np.linalg.eigvalsh(H - np.trace(H) / 5 * np.eye(5))
    moments = [np.sum(energies**j) for j in range(6)]
    c = np.linalg.solve([[moments[i + j] for j in range(3)] for i in range(3)], [-moments[i + 3] for i in range(3)])
    assert np.abs(np.polyval([1, *c[::-1]], energies)).max() < 1e-11
    letters = {name: value * np.eye(5) for name, value in zip(("c_{0}", "c_{1}", "c_{2}"), c, strict=True)}
    letters |= {"H'": H - np.trace(H) / 5 * np.eye(5), "z": energies[0] * np.eye(5)}
    letters["q'"] = np.polyval(np.polyder([1, *c[::-1]]), energies[0]) * np.eye(5)
    P = product(next(row for row in rows if row.startswith("P &= ")).split(" &= ")[1], letters)
    assert np.abs(P - projector_and_resolvent(model, np.array([0.4, -1.1]), 0)[0]).max() < 1e-11
