"""What a band adds to an expression of all bands below it: read by eigenstates and kernels, refused elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

import symcur as sc
from symcur.expressions import BandEnergy, Derivative, Filled, I, Im, P, S, Trace, s, v
from symcur.quantities.field import filled_curvature

MODEL = sc.models.kane_mele()
k = np.random.default_rng(2).uniform(-2, 2, size=(40, 2))


def curvature_of_the_lowest(count):
    """Tr[s i P(d_xP d_yP - d_yP d_xP)P] of the lowest bands, derivatives of P by differences."""

    def projector(points):
        U = np.linalg.eigh(MODEL.matrix("H", points))[1][:, :, :count]
        return U @ U.conj().mT

    step = 1e-3
    slopes = []
    for axis in np.eye(2):
        values = [projector(k + j * step * axis) for j in (-2, -1, 1, 2)]
        slopes.append((values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * step))
    Px, Py = slopes
    P_n, spin = projector(k), MODEL.matrix("s", k[0])
    return np.trace(spin @ P_n @ (1j * (Px @ Py - Py @ Px)) @ P_n, axis1=-2, axis2=-1).real


def test_the_sum_over_the_lowest_bands_is_that_of_their_projector():
    by_band = sc.evaluate(MODEL, filled_curvature, k)[..., 0, 1]
    for count in (1, 2, 3, 4):
        assert np.allclose(by_band[:, :count].sum(axis=1), curvature_of_the_lowest(count), atol=1e-7), count
    kernel = sc.compile(MODEL, {"x": filled_curvature})
    assert kernel.route == "closed form"
    assert np.allclose(kernel(k)["x"][..., 0, 1], by_band, atol=1e-9)


def test_a_multiplet_carries_it_as_a_whole():
    model = sc.models.bhz(Delta_BIA=0.0)  # Kramers pairs throughout
    by_band = sc.evaluate(model, filled_curvature, k)[..., 0, 1]
    assert np.allclose(by_band[:, 0], by_band[:, 1])
    pair = sc.evaluate(model, "s_weighted_curvature", k)[..., 0, 1]
    assert np.allclose(by_band, pair, atol=1e-10)


def test_products_with_projectors_count_states():
    # Tr[P s P s] of all filled bands less that of those below: the pairs in it have both members filled.
    by_band = sc.evaluate(MODEL, Filled(Trace(P * s * P * s)), k).real
    _, U = np.linalg.eigh(MODEL.matrix("H", k))
    elements = np.abs(U.conj().mT @ MODEL.matrix("s", k[0]) @ U) ** 2
    for n in range(4):
        below = elements[:, :n, :n].sum(axis=(1, 2))
        assert np.allclose(by_band[:, n], elements[:, : n + 1, : n + 1].sum(axis=(1, 2)) - below)


@pytest.mark.parametrize(
    ("operand", "message"),
    [
        (Im(Trace(P * v(0) * S * s)), "no resolvents"),
        (Trace(P * BandEnergy()), "no band energies"),
        (Trace(P * Derivative(0, P * s)), "derivatives of P alone"),
    ],
)
def test_letters_of_one_band_have_no_place_in_it(operand, message):
    with pytest.raises(TypeError, match=message):
        sc.evaluate(MODEL, Filled(operand), k)


def test_it_has_no_closed_form_and_no_normal_form():
    with pytest.raises(TypeError, match="got one of all bands below it"):
        sc.derive(MODEL, filled_curvature)
    found = sc.settle(filled_curvature.expression("i", "l"), 0)
    assert found.outcome == "undecided"
    assert "all bands below it" in found.how


def test_it_prints_the_two_projectors():
    text = Filled(Trace(P * s * I)).latex()
    assert text == Filled(Trace(P * s * I)).latex("sum")
    assert r"P_{\leq n}" in text
    assert r"P_{<n}" in text
