"""Closed forms of bosons: against eigenstates, contour integrals, differences and what is known for one boson per cell."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from bosons.formula_bosons import LATTICE, k_x, k_y, magnon_phonon, raman_phonons, twin_magnons, two_magnons
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


# -- multiplets --------------------------------------------------------------------------------------------------------
def alike_and_another() -> sc.Model:
    """Two magnons of one energy and one of another; s mixes all."""
    a, b = 3 - sp.cos(k_x) - sp.cos(k_y), (sp.sin(k_x) / 2 + sp.I * sp.sin(k_y)) ** 2
    A, B = sp.diag(a, a, 4 - sp.cos(k_x) / 2), sp.diag(b, b, sp.cos(k_y) / 3)
    half = sp.Matrix([[1, sp.Rational(1, 2), sp.Rational(1, 3)], [0, 2, sp.I / 2], [0, 0, -1]])
    s = half + half.H - sp.diag(1, 2, -1)
    H = sp.Matrix(sp.BlockMatrix([[A, B], [B.H, A]]))
    return sc.Model(H, sp.diag(s, s.conjugate()), (k_x, k_y), lattice=LATTICE, metric="bosons", name="three magnons")


def pairs_of_magnons() -> sc.Model:
    """Each of two magnons twice, with an s that tells the copies apart."""
    single = two_magnons()
    H, s = sp.kronecker_product(single.H, sp.eye(2)), sp.kronecker_product(single.s, sp.eye(2))
    s = s + sp.kronecker_product(sp.eye(4), sp.diag(0, 3))
    return sc.Model(H, s, single.k, lattice=LATTICE, metric="bosons", name="pairs")


@pytest.mark.parametrize("name", NUMBERS[1::2])
def test_a_pair_of_equal_bosons(name):
    """A member carries the trace over the pair divided by 2, as of electrons."""
    form = sc.derive(twin_magnons(), name)
    assert form.structure.startswith("two energies, 2 times each")
    assert distance(form(K), sc.evaluate(twin_magnons(), name, K)) < 1e-13


@pytest.mark.slow_for("equal")
@pytest.mark.parametrize(
    ("build", "ranks"), [(alike_and_another, (1, 2, 2, 1)), (pairs_of_magnons, (2, 2, 2, 2))], ids=["unequal", "equal"]
)
def test_multiplets_of_bosons(build, ranks):
    model, step = build(), np.array([1e-5, 0])
    for name in ("s_dipole", "s_weighted_curvature", "torque_polarizability")[: 2 if ranks[0] == 2 else 3]:
        form, expected = sc.derive(model, name), sc.evaluate(model, name, K)
        assert form.multiplicities == ranks
        assert distance(form(K), expected) < 1e-12
        digits = np.array(form.at(K[0], model.size - 1, 20), dtype=float)
        assert distance(digits, expected[0, -1]) < 1e-12
    form = sc.derive(model, "s_dipole")
    assert distance(form.diff(0)(K), (form(K + step) - form(K - step)) / 2e-5) < 1e-8


def test_a_coincidence_that_exact_arithmetic_does_not_know_is_refused():
    model, one = twin_magnons(), sp.cos(1) ** 2 + sp.sin(1) ** 2
    H = sp.diag(one, 1, 1, 1) * model.H * sp.diag(one, 1, 1, 1)
    with pytest.raises(
        ValueError, match=r"follow exactly from the entries of H, got twins, .* \(multiplicities \(2, 2\)\)"
    ):
        sc.derive(model.replace(H=H), "s_dipole")


def test_where_bosons_coincide_for_these_values_the_form_of_separate_ones_is_refused():
    model, one = twin_magnons(), sp.Symbol("one", real=True)
    H = model.H + sp.diag(one, 0, one, 0)
    apart = sc.Model(H, model.s, model.k, {one: 0}, lattice=LATTICE, metric="bosons", name="apart")
    form = sc.derive(apart, "s_dipole")
    assert form.multiplicities == (1, 1, 1, 1)
    assert distance(form(K, one=0.3), sc.evaluate(apart.with_values(one=0.3), "s_dipole", K)) < 1e-12
    with pytest.raises(ValueError, match="expected values for which apart has 4 distinct energies at generic k, got 2"):
        form(K)
    with pytest.raises(
        ValueError, match=r"expected values at which bands stay distinct, got one = 0, where .* \(2, 2\)"
    ):
        form.subs({"one": 0})
    together = sc.derive(apart.with_parameters(one=0), "s_dipole")
    assert distance(together(K), sc.evaluate(model, "s_dipole", K)) < 1e-13


# -- expansions --------------------------------------------------------------------------------------------------------
@pytest.mark.slow_for("raman_phonons", "squeezed", "magnon_phonon")
@pytest.mark.parametrize("build", [squeezed, raman_phonons, twin_magnons, magnon_phonon])
def test_a_series_is_that_of_the_numbers(build):
    """What is left after the power 2 falls by 8 when the distance is halved; at k_x = 1/3, where H(k) and H(-k) differ."""
    form = sc.derive(build(), "s_dipole")
    series, k = form.series("k_x", 2, sp.Rational(1, 3)), np.array([1 / 3, 0.7])
    coefficients = {n: c(k) for n, c in series.coefficients.items()}
    left = [
        np.abs(sum(c * x**n for n, c in coefficients.items()) - form(k + np.array([x, 0]))).max() for x in (0.02, 0.01)
    ]
    assert left[0] < 1e-4
    assert left[0] / left[1] == pytest.approx(8, rel=0.05)


def test_long_waves_of_a_squeezed_boson():
    """b = 0.3 (k_y^2 - k_x^2) + 0.8 i k_x k_y near k = 0, where a_e = 3/2: (rho^2 - 1)/2 = |b|^2/(2 a_e^2) to leading order."""
    found = sc.derive(squeezed(), "s_dipole").series("k", 3)
    assert sorted(found.coefficients) == [3]
    form, k = found.explicit(1).coefficients[3], np.array([0.3, -0.4])
    b = np.array([0.3 * (k[1] ** 2 - k[0] ** 2), 0.8 * k[0] * k[1]])
    slopes = np.array([[-0.6 * k[0], 0.8 * k[1]], [0.6 * k[1], 0.8 * k[0]]])
    expected = [(b[0] * x[1] - b[1] * x[0]) / (2 * 1.5**2) for x in slopes]
    np.testing.assert_allclose(form(k), expected, rtol=1e-12)


def test_limits_and_momenta_put_in():
    model, k = raman_phonons(), np.array([0.5, 0.3])
    form = sc.derive(model, "s_dipole")
    assert distance(form.limit("h", 0)(k), sc.evaluate(model.with_values(h=0), "s_dipole", k)) < 1e-12
    along = form.subs({"k_x": sp.Rational(1, 3)})
    assert along.model.dimension == 1
    assert distance(along([0.3]), form([1 / 3, 0.3])) < 1e-13


def test_no_series_at_a_zero_mode():
    pairing = sp.cos(k_x) + sp.cos(k_y)
    magnet = sc.Model([[2, pairing], [pairing, 2]], sp.eye(2), (k_x, k_y), lattice=LATTICE, metric="bosons")
    with pytest.raises(ValueError, match="point: expected one at which no bands touch, got k_x = 0, k_y = 0"):
        sc.derive(magnet, "s_expectation").series("k", 2)


def test_what_is_refused():
    form = sc.derive(raman_phonons(), "s_dipole")
    with pytest.raises(ValueError, match="quantity: expected numbers per band"):
        sc.derive(two_magnons(), "interband_torque_dipole")
    with pytest.raises(ValueError, match="expected a positive H"):
        form.at([0.3, 0.2], 3, kappa=-3)


def test_the_text_says_that_operators_are_read_with_the_metric():
    assert r"\to g H" in sc.derive(two_magnons(), "s_dipole").latex()
    assert "gH11" in sc.derive(two_magnons(), "s_dipole").source("python")
    assert letters.letters(squeezed())("H", ()).row(1) == -squeezed().H.row(1)
