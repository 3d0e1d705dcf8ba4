"""Identities as they are typed: what they mean, and that wrong ones are refuted."""

from __future__ import annotations

import pytest

import symcur as sc
from symcur.expressions import (
    BandEnergy,
    Derivative,
    Gap,
    H,
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
from symcur.expressions.normal_form import normal_form
from symcur.quantities import get
from symcur.typed import plain, read, read_identity

S2 = Resolvent("n", 2)
d = Im(Trace(P * v("i") * S * s))
MEANINGS = {
    # letters
    "Im Tr[P v_i S tau]": Im(Trace(P * v("i") * S * tau)),
    "-2 Im Tr[P v_i S^2 v_l]": -2 * Im(Trace(P * v("i") * S2 * v("l"))),
    r"-2\,\mathrm{Im}\,\mathrm{Tr}\left[P \hat v_i S^{2} \hat{v}_l\right]": -2 * Im(Trace(P * v("i") * S2 * v("l"))),
    "Tr[Pv_iSs]": Trace(P * v("i") * S * s),
    "Tr[P w_il S_m^3 w_{xy} P_m]": Trace(P * w("i", "l") * Resolvent("m", 3) * w(0, 1) * Projector("m")),
    "Tr[P v^i J^{ls} J^ls]": Trace(P * v("i") * J("l") * J("l")),
    "Tr[P (1 - P) s^2]": Trace(P * (1 - P) * s * s),
    "Tr[P H_{ijl} θ Q_{il}]": Trace(P * Operator("H", ("i", "j", "l")) * Operator("theta") * Operator("Q_il")),
    "Tr[P [s, H]]": Trace(P * (s * H - H * s)),
    r"Tr[P \{v_i, s\}]/2": Trace(P * (v("i") * s + s * v("i"))) / 2,
    # i is an index where an index stands and the imaginary unit elsewhere
    "i Tr[P v_i s]": I * Trace(P * v("i") * s),
    "-(1/2 - 3 i/4) Tr[i P s]": (3 * I / 4 - sc.expressions.ONE / 2) * Trace(I * P * s),
    r"\tfrac{1}{2} s + \frac12 s + 0.5 s + s/2": 2 * Trace(P * s),
    # outside of traces letters are numbers of the band
    "s": Trace(P * s),
    "s_n v^i_n": Trace(P * s) * v_band("i"),
    "J^{is} - J_n^{is}": Trace(P * J("i")) - Trace(P * J("i")),
    r"w^{il}_n + \theta_m": Trace(P * w("i", "l")) + Trace(Projector("m") * Operator("theta")),
    r"\partial_{k_i} \partial_l \varepsilon_n": BandEnergy("n", ("i", "l")),
    "f_n e_n + g + f' + f_n''": Occupation("f") * BandEnergy()
    + Occupation("g")
    + Occupation("f", "n", 1)
    + Occupation("f", "n", 2),
    # derivatives
    "d_i(f s)": Derivative("i", Occupation("f") * Trace(P * s)),
    r"\partial_{k_{x}} s_n": Derivative(0, Trace(P * s)),
    r"Tr[P (\partial_i P) s]": Trace(P * Derivative("i", P) * s),
    "d_i(P) s": Derivative("i", P) * s,
    # quantities
    "s_dipole[i]": d,
    "d^is + d^{is} + d_n^{is}": 3 * d,
    r"\mathcal{G}^{i\tau}": d,
    "torque_metric[x] s_expectation": Im(Trace(P * v(0) * S * s)) * Trace(P * s),
    r"\Omega^{li} s_n": get("s_weighted_curvature").expression("l", "i"),
    r"berry_curvature[l, i] (\Omega^{li}) s_n s": get("s_weighted_curvature").expression("l", "i")
    * get("s_weighted_curvature").expression("l", "i"),
    r"s_n f_n \Omega_n^{li}": Occupation("f") * get("s_weighted_curvature").expression("l", "i"),
    r"\bar{\Omega}^{lis} - \bar\Omega^{lis}": 0 * P,
    "m^{li}s_n - m^{lis}": get("s_weighted_moment").expression("l", "i") - get("orbital_moment").expression("l", "i"),
}
SUMS = {
    r"\mathrm{Im} \sum_{m \ne n} \frac{v^i_{nm} s_{mn}}{\omega_{nm}}": d,
    "sum_{m != n} Im[v^i_nm s_mn]/(e_n - e_m)": d,
    r"-\sum_{m \neq n} \mathrm{Im} (s_{mn} v^i_{nm})/(\varepsilon_m - \varepsilon_n)": d,
    "Re sum_{m != n} \\mathcal{A}^i_{nm} s_{mn}": d,
    "Re ∑_{m≠n} v^i_nm s_mn / ω_{nm}^2": Re(Trace(P * v("i") * S2 * s)),
    "sum_{m != n} v^i_nm s_mn (e_n - e_m)^{-1}": None,
    "sum_{m, p != n} v^i_nm s_mp v^l_pn/(omega_nm omega_np^2)": Trace(P * v("i") * S * s * S2 * v("l")),
    "sum_{m != n} sum_p v^i_nm s_mp v^l_pn/omega_mn": -Trace(P * v("i") * S * s * v("l")),
    "sum_m v^i_nm s_mn": Trace(P * v("i") * s),
    "sum_{m != n} v^i_nm s_mn": Trace(P * v("i") * (1 - P) * s),
    "sum_{m != n} v^i_nm e_m s_mn": Trace(P * v("i") * (1 - P) * H * s),
    "sum_{m != n} v^i_nm s_mn omega_nm": Trace(P * v("i") * (BandEnergy() - H) * s),
    "sum_{m != n} (v^i_nm s_mn + s_nm v^i_mn)/omega_nm": Trace(P * (v("i") * S * s + s * S * v("i"))),
    "sum_{m != n} (v^i_nm s_mn)/omega_nm^2 2": 2 * Trace(P * v("i") * S2 * s),
    "s_{nn} v^i_nn": Trace(P * s * P * v("i")),
    "s_nm s_mn/omega_mn^2": Gap("m", "n", -2) * Trace(P * s * Projector("m") * s),
    "sum_{p != n} (v^i s)_{np} D^l_pn/omega_np": Trace(
        P * (v("i") * s) * S * get("interband_torque_dipole").expression("l")
    ),
    r"\sum_{n_1 \neq n} v_{nn_1}^l d_{n_1 n}^{i\tau}/\omega_{nn_1}^2": Trace(
        P * v("l") * S2 * get("interband_torque_dipole").expression("i")
    ),
}
# As printed in the Letter, C.
PROVED = [
    r"d_n^{i\tau} = -J_n^{is} + v_n^i s_n",
    r"\Omega_n^{i\tau} = \partial_{k_i} s_n",
    r"\Omega_n^{lis} = -2\,\text{Im} \sum_{n_1 \neq n} v_{nn_1}^l J_{n_1 n}^{is} / \omega_{nn_1}^2",
    r"\mathcal{G}^{i\tau} = d^{is}",
    r"\chi^{il\tau} = -\Omega^{lis} + \Omega^{li} s_n + \partial_{k_l} d^{is}",
    r"\chi_n^{il\tau} = \partial_{k_i} d_n^{ls} - 2 \text{Im} \sum_{n_1 \neq n} v_{nn_1}^l d_{n_1 n}^{i\tau} / \omega_{nn_1}^2",
    r"q^{il\tau} = -\mathrm{Im} \sum_{m \ne n} \frac{v^l_{nm} J^{is}_{mn}}{\omega_{nm}} + d^{is} v^l_n + m^{lis}",
    r"\Omega_n^{lis} + \chi_n^{il\tau} = \partial_{k_l} d_n^{is} + \Omega_n^{li} s_n",  # the index of B
    r"f_n J^{is}_n + f_n d_n^{i\tau} + g_n \Omega_n^{i\tau} = 0 mod \partial_{k_i}(g_n s_n)",
    r"f (d^{lis} + q^{il\tau}) + g (\Omega^{lis} + \chi^{il\tau}) = f m^{lis} + g \Omega^{li} s \bmod \partial_{k_l}(g d^{is})",
    r"S v_i P + P v_i S = \partial_{k_i} P",
    r"\tau = -i [s, H]",
]
REFUTED = [
    r"d_n^{i\tau} = J_n^{is} + v_n^i s_n",
    r"\Omega_n^{i\tau} = -\partial_{k_i} s_n",
    r"\Omega_n^{lis} = -2\,\text{Re} \sum_{n_1 \neq n} v_{nn_1}^l J_{n_1 n}^{is} / \omega_{nn_1}^2",
    r"\Omega_n^{lis} = -2\,\text{Im} \sum_{n_1 \neq n} v_{nn_1}^i J_{n_1 n}^{ls} / \omega_{nn_1}^2",
    r"\chi^{il\tau} = -\Omega^{lis} + \Omega^{il} s_n + \partial_{k_l} d^{is}",
    r"\Omega_n^{lis} + \chi_n^{il\tau} = \partial_{k_i} d_n^{is} + \Omega_n^{li} s_n",  # as printed
    r"f_n J^{is}_n + f_n d_n^{i\tau} + g_n \Omega_n^{i\tau} = 0",
    r"f_n J^{is}_n + f_n d_n^{i\tau} + g_n \Omega_n^{i\tau} = 0 mod -\partial_{k_i}(g_n s_n)",
    r"S v_i P - P v_i S = \partial_{k_i} P",
    r"\tau = i [s, H]",
]


@pytest.mark.parametrize(("text", "expected"), [*MEANINGS.items(), *((t, e) for t, e in SUMS.items() if e is not None)])
def test_what_a_text_means(text, expected):
    difference = read(text) - expected
    assert not normal_form(difference)
    assert not normal_form(difference, multiplet=True)


@pytest.mark.parametrize("text", PROVED)
def test_identities_as_the_paper_prints_them(text):
    assert sc.settle(text).outcome == "proved"


@pytest.mark.parametrize("text", REFUTED)
def test_wrong_ones_are_refuted(text):
    result = sc.settle(text)
    assert result.outcome == "refuted"
    left, right = result.counterexample.rerun()
    assert left != right


@pytest.mark.parametrize("text", PROVED + REFUTED)
def test_what_was_read_can_be_typed_again(text):
    first = read_identity(text)
    again = read_identity(first.plain())
    assert again.plain() == first.plain()
    for a, b in zip((first.lhs, first.rhs), (again.lhs, again.rhs), strict=True):
        assert not normal_form(a - b)
        assert not normal_form(a - b, multiplet=True)


def test_the_note_of_a_typed_identity_is_what_was_read():
    assert sc.settle(r"d^{i\tau} = -J^{is} + v^i s").equality.note == "d^{i tau} = -J^{is} + v^{i}s"
    assert sc.settle("s = s", note="trivial").equality.note == "trivial"


def test_what_is_printed_in_plain_letters():
    assert plain(-2 * Im(Trace(P * v("i") * S2 * v(0)))) == "-2 Im Tr[P v_i S^2 v_x]"
    assert plain(Im(Trace(P * s)) * v_band("i") - (1 + I) * Gap("m", "n", -2)) == (
        "(Im Tr[P s]) v^i_n - (1 + i) omega_{mn}^{-2}"
    )
    assert plain(get("s_berry_curvature").named("l", "i")) == "Omega^{lis}"


def test_a_quantity_of_ones_own_is_known_by_its_symbol_and_its_name():
    sc.quantities.define("tilt", ("i",), lambda i: Re(Trace(P * v(i) * S * s)), r"W^{<i>\tau}", "", "a test")
    try:
        assert sc.settle(r"W^{l\tau} = Re Tr[P v_l S s]").outcome == "proved"
        assert sc.settle("tilt[x] = Im Tr[P v_x S s]").outcome == "refuted"
    finally:
        sc.quantities.remove("tilt")
    with pytest.raises(ValueError, match=r"expected a symbol of the paper; known are W\^\{lis\}, got 'W\^\{l tau\}'"):
        read(r"W^{l\tau}")
