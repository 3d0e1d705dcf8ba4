"""The same formula in the LaTeX styles of theorists: read as it is meant, or refused where it is not clear."""

from __future__ import annotations

import pytest

import symcur as sc
from symcur.expressions import (
    BandEnergy,
    Derivative,
    Gap,
    I,
    Im,
    J,
    Occupation,
    P,
    Projector,
    Re,
    Resolvent,
    S,
    Trace,
    s,
    v,
    v_band,
    w,
)
from symcur.expressions.normal_form import normal_form
from symcur.typed import Unreadable, read, read_identity

DIPOLE = Im(Trace(P * v("i") * S * s))
CURVATURE = -2 * Im(Trace(P * v("l") * Resolvent("n", 2) * v("i")))
SLOPE = Derivative("i", Trace(P * s))
STYLES = {
    DIPOLE: [
        rf"{part} {trace}"
        for part in (
            r"\Im",
            r"\operatorname{Im}\,",
            r"\operatorname*{Im}",
            r"\textrm{Im}",
            r"{\rm Im}\;",
            r"\text{Im}\quad",
        )
        for trace in (
            r"\mathrm{tr}(P v_i S s)",
            r"\tr\left[P\,\hat{\bm{v}}_i S \hat s\right]",
            r"{\rm Tr}\bigl\{P v_i S s\bigr\}",
        )
    ]
    + [
        r"\mathrm{Im}\sum_{m\neq n}\frac{\langle n|\hat v_i|m\rangle\langle m|\hat s|n\rangle}{\varepsilon_n-\varepsilon_m}",
        r"\Im\sum_{m(\neq n)}\frac{\bra{u_n}\hat{v}_i\ket{u_m}\bra{u_{m}}\hat{s}\ket{u_{n}}}{E_n-E_m}",
        r"\Im\sum_{m\not=n}\braket{n|v_i|m}\braket{m|s|n}/(\epsilon_n - \epsilon_m)",
        r"\Im\sum_{m\ne n}\left\langle n\left|v_i\right|m\right\rangle\left\langle m\middle|s\middle|n\right\rangle/\omega_{nm}",
        r"\Re\sum\nolimits_{m \ne n} \mathcal A^{i}_{nm} s_{mn}",
        r"\begin{equation} d_{n}^{{i}{s}} \label{eq:dipole} \end{equation}",
        r"\[ d_n^{is} \,. \]",
        r"$d_n^{is}$,",
    ],
    CURVATURE: [
        r"-2\,\mathrm{Im}\left\{\sum_{m\ne n}\frac{v^l_{nm}v^i_{mn}}{(\varepsilon_m-\varepsilon_n)^{2}}\right\}",
        r"\mathrm{i}\sum_{m\ne n}\left[\frac{v^l_{nm}v^i_{mn}-v^i_{nm}v^l_{mn}}{\omega_{nm}^2}\right]",
        r"-\Im\sum_{m\ne n}\dfrac{2 \mathbf{v}^l_{nm} \vec{v}^i_{mn}}{\omega_{nm}\omega_{nm}}",
        "&-2\\,\\Im\\sum_{m\\ne n} v^l_{nm} % the velocity\n \\nonumber \\\\[2pt] &\\quad v^i_{mn}\\omega_{nm}^{-2};",
        r"\bm{\Omega}_{li}",
    ],
    SLOPE: [
        r"\partial_{\bm{k}_i} s_n",
        r"\frac{\partial s_n}{\partial k_i}",
        r"\frac{\partial}{\partial k_i} s_n",
        r"\dfrac{\partial (s_n)}{\partial k_{i}}",
    ],
    Trace(P * s * Projector("m") * s): [r"|s_{nm}|^2", r"\left|s_{mn}\right|^{2}", r"\lvert s_{nm}\rvert^2"],
    Re(Trace(P * v("i") * S * v("i"))): [
        r"\sum_{m \ne n} |v^i_{nm}|^2/\omega_{nm}",
        r"\sum_{m \ne n} \frac{|v^i_{mn}|^2}{\omega_{nm}}",
    ],
    Trace(P * J("i")): [
        r"\langle n|\tfrac12\{\hat v_i,\hat s\}|n\rangle",
        r"\frac{1}{2} \left\{v_i, s\right\}_{n}",
        r"(J^{is})_n",
    ],
    Trace(P * v("i") * s * Projector("m") * w("i", "l")): [r"\langle n|v_i s|m\rangle \langle m|w_{il}|n\rangle"],
    Occupation("f", "n", 1) * v_band("i"): [r"f_n^{\prime} v^i_n", r"f'_n v^i_n", r"f_n^\prime v_n^i"],
    Occupation("f", "n", 2): [r"f_n^{\prime\prime}", "f_n''"],
    Trace(P * s) * Trace(P * s) * BandEnergy() * BandEnergy(): [r"s_n^2 \varepsilon_n^2", r"(s_n)^2 E_n^{2}"],
    -I * Trace(P * s) / 2: [r"s_n/(2i)", r"\frac{s_n}{2i}", r"-i s_n/2"],
    Trace(P * v("i") * v("i") * s): [r"\mathrm{Tr}[P v_i^2 s]"],
    (Gap("n", "m", -1)) * Gap("n", "p", -1): [r"1/(\omega_{nm} \omega_{np})"],
}
REFUSED = {
    "s'_n": ("no prime but that of f_n'", "s'_n"),
    r"\Omega'^{li} s_n": ("no prime but that of f_n'", r"\Omega'"),
    "e s_n": ("an energy with its band, as in e_n", "e s_n"),
    "E s_n": ("an energy with its band, as in e_n", "E s_n"),
    r"f(\varepsilon_n)": (r"f_n, or f_n \\varepsilon_n for the product", "f("),
    r"g(\varepsilon_n - \varepsilon_m) s_n": (r"g_n, or g_n \\varepsilon_n for the product", "g("),
    "s_n/2i": (r"brackets, as in 1/\(2i\)", "i"),
    r"s_{nm} s_{mn}/\omega_{nm}\omega_{nm}": ("brackets around all that stands below", r"\omega_{nm}"),
    r"\bm{s}_n": ("one component", r"\bm"),
    r"\mathbf{A}^i_{nm} s_{mn}": ("one component", r"\mathbf"),
    r"|s_{nm}|": ("the square of one matrix element", "|s"),
    r"|\omega_{nm}|^2": ("the square of one matrix element of a Hermitian operator", r"|\omega"),
    r"|d^{i\tau}_{nm}|^2": ("the square of one matrix element of a Hermitian operator", "|d"),
    r"\langle s\rangle_n": ("the label of a state", r"s\rangle"),
    r"\langle n|s": (r"\|", ""),
    r"\braket{n|m}": (r"\|", "}"),
    r"\frac{\partial f_n}{\partial\varepsilon_n}": ("f_n' is the derivative of f_n by the energy", r"\varepsilon_n}"),
    r"\frac{\partial}{\partial k_i} s f": ("how far the derivative reaches", "f"),
    r"\hbar s_n": ("units in which .hbar is 1", r"\hbar"),
    r"\int f_n s_n": ("the integrands", r"\int"),
    r"\mathrm{c.c.}": ("Im, Re, Tr, mod or i in upright letters", r"\mathrm"),
    "s_" + "{" * 50 + "n": ("at most 40 brackets", "{"),
}


@pytest.mark.parametrize(("text", "expected"), [(text, value) for value, texts in STYLES.items() for text in texts])
def test_styles_are_read_as_they_are_meant(text, expected):
    assert not normal_form(read(text) - expected)
    assert normal_form(read(text) + expected)


@pytest.mark.parametrize(("text", "complaint"), REFUSED.items(), ids=lambda value: str(value)[:30])
def test_what_can_be_misread_is_refused(text, complaint):
    expected, rest = complaint
    with pytest.raises(Unreadable, match=f"^identity: expected .*{expected}") as caught:
        read_identity(f"{text} = 0" if rest else text)
    assert text[caught.value.position :].startswith(rest)


def test_a_typed_identity_of_states_and_moduli():
    text = r"\frac{\partial s_n}{\partial k_i} = 2\,\Re\sum_{m\neq n}\frac{\langle n|\hat v_i|m\rangle\langle m|\hat s|n\rangle}{E_n-E_m}\,."
    assert sc.settle(text).outcome == "proved"
    assert sc.settle(text.replace(r"\Re", r"\Im")).outcome == "refuted"
