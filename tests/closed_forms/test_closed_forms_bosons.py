"""Closed forms of bosons: against eigenstates, contour integrals, differences and what is known for one boson per cell."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from bosons.formula_bosons import k_x, k_y, magnon_phonon, raman_phonons, twin_magnons, two_magnons
from bosons.test_observables import squeezed

import symcur as sc
from symcur import quantities
from symcur.closed_forms import letters

K = np.random.default_rng(3).uniform(-3, 3, size=(9, 2))
NUMBERS = [quantity.name for quantity in quantities.QUANTITIES if not quantity.operator]


def distance(found, expected) -> float:
    return float(np.abs(found - expected).max() / (1 + np.abs(expected).max()))


@pytest.mark.parametrize("model", [two_magnons(), raman_phonons()], ids=["magnons", "phonons"])
@pytest.mark.parametrize("name", NUMBERS)
def test_every_quantity_is_that_of_the_eigenstates(model, name):
    assert distance(sc.derive(model, name)(K), sc.evaluate(model, name, K)) < 1e-12


@pytest.mark.parametrize("name", ["s_dipole", "s_berry_curvature", "torque_polarizability"])
def test_hybrids(name):
    assert distance(sc.derive(magnon_phonon(), name)(K), sc.evaluate(magnon_phonon(), name, K)) < 1e-12


@pytest.mark.parametrize("name", ["s_dipole", "torque_polarizability", "s_weighted_curvature"])
def test_parameters_other_than_the_default(name):
    form, model = sc.derive(raman_phonons(), name), raman_phonons().with_values(h=-0.7, kappa=1.1)
    assert distance(form(K, h=-0.7, kappa=1.1), sc.evaluate(model, name, K)) < 1e-12


def by_contour(model, k, band: int, radius: float, points: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """P and S of g H from its resolvent on a circle around the energy: no eigenvectors, no adjugate."""
    gH = model.metric @ model.matrix("H", k)
    energy = np.sort(np.linalg.eigvals(gH).real)[band]
    z = radius * np.exp(2j * np.pi * (np.arange(points) + 0.5) / points)
    R = np.linalg.inv((energy + z)[:, None, None] * np.eye(model.size) - gH)
    return np.einsum("z,zab->ab", z, R) / points, R.mean(axis=0)


@pytest.mark.parametrize("model", [two_magnons(), raman_phonons()], ids=["magnons", "phonons"])
def test_contour_integrals(model):
    for k in K[:3]:
        energies = model.energies(k)
        for band in range(4):
            radius = np.abs(np.delete(energies, band) - energies[band]).min() / 3
            P, S = by_contour(model, k, band, radius)
            v = [model.metric @ model.matrix("H", k, (i,)) for i in range(2)]
            s = model.metric @ model.matrix("s", k)
            J = [(x @ s + s @ x) / 2 for x in v]
            expected = {
                "s_expectation": np.trace(P @ s).real,
                "s_dipole": np.array([np.trace(P @ x @ S @ s).imag for x in v]),
                "s_berry_curvature": np.array([[-2 * np.trace(P @ x @ S @ S @ j).imag for j in J] for x in v]),
            }
            for name, value in expected.items():
                assert distance(sc.derive(model, name)(k)[band], value) < 1e-11, (name, band)


def test_one_boson_per_cell():
    """s = rho = a_e/E_0, d = (1/2)(rho^2 - 1) grad theta, Omega = -(grad rho x grad theta)/2, of the positive norm."""
    a = sp.Rational(7, 2) - sp.cos(k_x) - sp.cos(k_y)
    b = sp.Rational(3, 5) * (sp.cos(k_x) - sp.cos(k_y)), sp.Rational(4, 5) * sp.sin(k_x) * sp.sin(k_y)
    rho = a / sp.sqrt(a**2 - b[0] ** 2 - b[1] ** 2)
    theta = [(b[0] * b[1].diff(x) - b[1] * b[0].diff(x)) / (b[0] ** 2 + b[1] ** 2) for x in (k_x, k_y)]
    known = {
        "s_expectation": [rho],
        "s_dipole": [(rho**2 - 1) / 2 * slope for slope in theta],
        "berry_curvature": [-(rho.diff(k_x) * theta[1] - rho.diff(k_y) * theta[0]) / 2],
    }
    for name, formulas in known.items():
        form = sc.derive(squeezed(), name)
        assert form.structure.startswith("two bands")
        found = form.explicit(1).compact
        found = [found[0, 1]] if name == "berry_curvature" else sp.flatten(found)
        definitions = dict(form.explicit(1).definitions)
        for value, formula in zip(found, formulas, strict=True):
            for k in K[:4]:
                at = {k_x: sp.Float(float(k[0]), 30), k_y: sp.Float(float(k[1]), 30)}
                put_in = value.xreplace({x: y.xreplace(at) for x, y in definitions.items()}).xreplace(at)
                assert abs(sp.N(put_in - formula.xreplace(at), 25)) < 1e-20


def test_without_the_metric_the_numbers_are_others(monkeypatch):
    model = two_magnons()
    expected = sc.evaluate(model, "s_dipole", K)
    monkeypatch.setattr("symcur.closed_forms.adjugate.letters", lambda model: model.formulas.symbolic)
    assert distance(sc.derive(model.replace(name="another"), "s_dipole")(K), expected) > 1e-3


def test_derivatives_are_those_of_differences():
    form, step = sc.derive(raman_phonons(), "s_dipole"), 1e-5
    ahead, behind = (form(K + x * np.array([0, step])) for x in (1, -1))
    np.testing.assert_allclose(form.diff(1)(K), (ahead - behind) / (2 * step), atol=1e-7)
    ahead, behind = (form(K, kappa=0.5 + x * step) for x in (1, -1))
    np.testing.assert_allclose(form.diff("kappa")(K), (ahead - behind) / (2 * step), atol=1e-7)
    single = sc.derive(squeezed(), "s_dipole")
    ahead, behind = (single(K + x * np.array([step, 0])) for x in (1, -1))
    np.testing.assert_allclose(single.diff(0)(K), (ahead - behind) / (2 * step), atol=1e-7)
    np.testing.assert_allclose(single.explicit(1)(K), single(K)[:, 1], atol=1e-14)


def test_parameters_put_in():
    form = sc.derive(raman_phonons(), "torque_dipole").subs({"h": sp.Rational(1, 5)})
    assert distance(form(K), sc.evaluate(raman_phonons().with_values(h=0.2), "torque_dipole", K)) < 1e-12


def test_digits_where_a_mode_is_soft():
    """The numbers at many k keep their promise where the energy is small and the states are large."""
    form = sc.derive(raman_phonons().with_values(kappa=1e-8, h=0), "s_dipole")
    k = np.array([[1e-4, 2e-5], [3e-3, -1e-3]])
    for point, found in zip(k, form(k), strict=True):
        for band in (0, 3):
            exact = np.array([float(x) for x in form.at(point, band, 20)])
            assert np.abs(found[band] - exact).max() < 1e-8 * np.abs(exact).max()


def test_what_is_refused():
    form = sc.derive(raman_phonons(), "s_dipole")
    with pytest.raises(ValueError, match="form: expected that of electrons where it is expanded"):
        form.series("k_x", 1)
    with pytest.raises(ValueError, match="replacements: expected parameters for bosons"):
        form.subs({"k_x": 0})
    with pytest.raises(ValueError, match="bands are separate at random k, got twins"):
        sc.derive(twin_magnons(), "s_dipole")
    with pytest.raises(ValueError, match="quantity: expected numbers per band"):
        sc.derive(two_magnons(), "interband_torque_dipole")
    with pytest.raises(ValueError, match="expected a positive H"):
        form.at([0.3, 0.2], 3, kappa=-3)


def test_the_text_says_that_operators_are_read_with_the_metric():
    assert r"\to g H" in sc.derive(two_magnons(), "s_dipole").latex()
    assert "gH11" in sc.derive(two_magnons(), "s_dipole").source("python")
    assert letters.letters(squeezed())("H", ()).row(1) == -squeezed().H.row(1)
