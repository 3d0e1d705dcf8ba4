"""Constant blocks of bosons: what commutes with H, s and the metric makes modes whose commutators vanish with all others."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from bosons.formula_bosons import LATTICE, h, k_x, k_y, kappa, raman_phonons, twin_magnons

import symcur as sc
from symcur.bosons import Metric
from symcur.closed_forms import BlockForm, ClosedForm
from symcur.closed_forms.blocks import blocks
from symcur.closed_forms.pieces import Piece

K = np.random.default_rng(3).uniform(-3, 3, size=(9, 2))
SHIFT = sp.Matrix([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
ROTATION = sp.Matrix([[3, 4], [-4, 3]]) / 5
ONSITE = 5 - sp.cos(k_x) - sp.cos(k_y) + sp.sin(k_x) / 5


def magnons(A: sp.Matrix, B: sp.Matrix, s: sp.Matrix, name: str, parameters: dict[sp.Symbol, float] | None = None):
    """Hopping A(k) and pairing B(k) = B(-k)^T; s of particles, and its conjugate of holes."""
    holes = A.subs({k_x: -k_x, k_y: -k_y}, simultaneous=True).applyfunc(sp.conjugate)
    H = sp.Matrix(sp.BlockMatrix([[A, B], [B.H, holes]]))
    s = sp.diag(s, s.conjugate())
    return sc.Model(H, s, (k_x, k_y), parameters or {}, lattice=LATTICE, metric="bosons", name=name)


def parity() -> sc.Model:
    """Two sites that may be exchanged."""
    hopping, pairs = sp.Rational(3, 4) + sp.cos(k_x) / 2, (sp.cos(k_x) / 3 + sp.I * sp.cos(k_y) / 4, sp.cos(k_y) / 5)
    A, B = (sp.Matrix([[a, b], [b, a]]) for a, b in ((ONSITE, hopping), pairs))
    return magnons(A, B, sp.Matrix([[2, 1], [1, 2]]) / 2, "parity")


def ring() -> sc.Model:
    """Three sites around an axis: complex states with sqrt(3)."""
    both = SHIFT + SHIFT.T
    A = ONSITE * sp.eye(3) + both * sp.cos(k_x) / 3 + sp.I * (SHIFT - SHIFT.T) * sp.sin(k_y) / 4
    return magnons(A, sp.cos(k_x) / 5 * sp.eye(3) + both * (sp.cos(k_y) + sp.I / 2) / 7, sp.eye(3) + both / 4, "ring")


def crossing() -> sc.Model:
    """Two magnons of energies that cross, in a rotated basis."""
    A, B = (
        sp.diag(ONSITE, ONSITE + kappa * sp.sin(k_x)),
        sp.diag(sp.cos(k_x) / 2 + sp.I * sp.cos(k_y) / 3, sp.cos(k_y) / 2),
    )
    A, B, s = ((ROTATION * X * ROTATION.T).applyfunc(sp.expand) for X in (A, B, sp.diag(1, 2)))
    return magnons(A, B, s, "crossing", {kappa: 0.7})


def number_conserving() -> sc.Model:
    """Without pairing particles and holes are blocks, of positive and of negative norm."""
    f = (1 + sp.exp(sp.I * k_x) + sp.exp(sp.I * k_y)) / 2
    A = sp.Matrix([[ONSITE, f], [sp.conjugate(f), ONSITE + 1]])
    return magnons(A, sp.zeros(2), sp.Matrix([[3, sp.I], [-sp.I, -3]]) / 3, "number")


def springs() -> sc.Model:
    """Two coupled oscillators that may be exchanged: [u, p] = i."""
    across, coupling = sp.cos(k_y) / 3, sp.I * h * sp.sin(k_x)
    D = sp.Matrix([[kappa + 2 - 2 * sp.cos(k_x) / 3, across], [across, kappa + 2 - 2 * sp.cos(k_x) / 3]])
    swap = sp.Matrix([[0, 1], [1, 0]])
    H = sp.Matrix(sp.BlockMatrix([[D, coupling * swap], [-coupling * swap, sp.eye(2)]]))
    s = sp.kronecker_product(swap, 2 * sp.eye(2) + swap) / 2
    metric = Metric(raman_phonons().bosons.g)
    return sc.Model(H, s, (k_x, k_y), {h: 0.2, kappa: 0.5}, lattice=LATTICE, metric=metric, name="springs")


CASES = {model.name: model for model in (parity(), ring(), crossing(), number_conserving(), springs())}
NAMES = ("s_dipole", "s_weighted_moment")


@pytest.mark.slow_for("number", "ring")
@pytest.mark.parametrize("model", CASES.values(), ids=CASES)
def test_the_numbers_of_para_unitary_eigenstates(model: sc.Model) -> None:
    found = [(block.model.size, block.copies) for block in blocks(model)]
    assert found == [(2, 1)] * (3 if model.name == "ring" else 2)
    forms = {name: sc.derive(model, name) for name in NAMES}
    assert any(isinstance(form, BlockForm) for form in forms.values())
    for name, form in forms.items():
        expected = sc.evaluate(model, name, K)
        assert np.abs(form(K) - expected).max() < 1e-12 * max(np.abs(expected).max(), 0.1), name
    band = model.size - 1
    first = next(form for form in forms.values() if isinstance(form, BlockForm)).blocks[0]
    assert [float(x) for x in first.levels(K[0], 30)] == pytest.approx(first.model.energies(K[0]), rel=1e-13)
    digits = np.array(forms["s_dipole"].at(K[0], band, 20), dtype=float)
    assert digits == pytest.approx(sc.evaluate(model, "s_dipole", K[0])[band], abs=1e-13)


def test_blocks_have_metrics_of_their_own() -> None:
    """In the new basis commutators of different blocks vanish, H and s have blocks, and g H of a block has its energies."""
    for model in CASES.values():
        energies = np.sort(np.hstack([block.model.energies(K) for block in blocks(model)]), axis=1)
        assert energies == pytest.approx(model.energies(K), abs=1e-13)
        for block in blocks(model):
            W = np.array(block.basis.evalf(20).tolist(), dtype=complex)
            assert model.metric @ W == pytest.approx(W @ block.model.metric, abs=1e-13)


def test_bands_derivatives_and_expansions() -> None:
    model, step = CASES["crossing"], np.array([1e-5, 0])
    form, point = sc.derive(model, "velocity"), np.array([1 / 3, 0.7])
    assert form.explicit(3)(K) == pytest.approx(form(K)[:, 3], abs=1e-13)
    assert form.diff(0)(K) == pytest.approx((form(K + step) - form(K - step)) / 2e-5, abs=1e-8)
    series = form.series("k_x", 2, sp.Rational(1, 3))
    coefficients = {n: c(point) for n, c in series.coefficients.items()}
    left = [
        np.abs(sum(c * x**n for n, c in coefficients.items()) - form(point + np.array([x, 0]))).max()
        for x in (0.02, 0.01)
    ]
    assert left[0] / left[1] == pytest.approx(8, rel=0.1)


def test_an_unstable_state_is_refused() -> None:
    with pytest.raises(ValueError, match="H: expected a positive H"):
        sc.derive(CASES["crossing"], "s_dipole")(K, kappa=9)


def test_magnons_of_one_energy_stay_together() -> None:
    """With s that tells them apart in a rotated basis: the trace over both, half for each."""
    pairing = sp.cos(k_x) / 2 + sp.I * sp.cos(k_y) / 3
    s = ROTATION * sp.diag(1, 2) * ROTATION.T
    model = magnons(ONSITE * sp.eye(2), pairing * sp.eye(2), s, "same")
    assert [block.model.size for block in blocks(model)] == [4]
    assert blocks(twin_magnons()) == ()
    form, expected = sc.derive(model, "s_weighted_curvature"), sc.evaluate(model, "s_weighted_curvature", K)
    assert isinstance(form, ClosedForm)
    assert form(K) == pytest.approx(expected, abs=1e-13)


def mixed_norms() -> sc.Model:
    """H and s may be exchanged, but not the commutators: modes counted with weights 1 and 2."""
    a, b = 4 - sp.cos(k_x), sp.cos(k_y) + sp.Rational(1, 3)
    H, s = (sp.Matrix([[x, y], [y, x]]) for x, y in ((a, b), (1, sp.Rational(1, 2))))
    return sc.Model(H, s, (k_x, k_y), lattice=LATTICE, metric=Metric(sp.diag(1, 2)), name="weights")


def test_what_does_not_commute_with_the_metric_makes_no_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert blocks(mixed_norms()) == ()
    expected = sc.evaluate(mixed_norms(), "s_expectation", K)
    assert sc.derive(mixed_norms(), "s_expectation")(K) == pytest.approx(expected, abs=1e-13)
    monkeypatch.setattr(Piece, "matrices", property(lambda piece: [piece.H, piece.s]))
    assert blocks(mixed_norms().replace(name="another")) != ()
