"""Observables of bosons against reference values of independent codes, and what must vanish."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symcur as sc
from symcur import bosons
from symcur.observables import current_dipole_density, torque_quadrupole_density
from symcur.superconductors import thermal_hall

k_x, k_y = sp.symbols("k_x k_y", real=True)


def squeezed(odd: float = 0.4) -> sc.Model:
    """One boson per cell, a = 7/2 - cos k_x - cos k_y + odd sin k_x, b = 0.6 (cos k_x - cos k_y) + 0.8 i sin k_x sin k_y."""
    a = lambda x, y: sp.Rational(7, 2) - sp.cos(x) - sp.cos(y) + sp.nsimplify(odd) * sp.sin(x)  # noqa: E731
    b = sp.Rational(3, 5) * (sp.cos(k_x) - sp.cos(k_y)) + sp.Rational(4, 5) * sp.I * sp.sin(k_x) * sp.sin(k_y)
    H = sp.Matrix([[a(k_x, k_y), b], [sp.conjugate(b), a(-k_x, -k_y)]])
    return sc.Model(H, sp.eye(2), (k_x, k_y), lattice=[[1, 0], [0, 1]], metric="bosons", name="squeezed")


def parts(model: sc.Model, temperature: float, component: tuple[int, int] = (0, 1)) -> dict[str, float]:
    result = sc.thermoelectric(model, temperature=temperature, rtol=1e-8)
    assert result.status == "converged"
    return {name: float(part.value[component]) for name, part in result.parts.items()}


def test_cutoffs_of_bosons_in_the_continuum():
    """Two magnons k^2 + 2, k^2 + 3 with pairing: what is thermal ends by itself, the zero point does not."""
    mixed, pair = (k_x + sp.I * k_y) / 2, sp.Rational(1, 2)
    normal = sp.Matrix([[k_x**2 + k_y**2 + 2, mixed], [sp.conjugate(mixed), k_x**2 + k_y**2 + 3]])
    back = normal.subs({k_x: -k_x, k_y: -k_y}, simultaneous=True).conjugate()
    pairing = sp.Matrix([[0, pair], [pair, 0]])
    H = sp.BlockMatrix([[normal, pairing], [pairing, back]]).as_explicit()
    s = sp.diag(*[sp.Matrix([[1, pair], [pair, -1]])] * 2)
    model = sc.Model(H, s, (k_x, k_y), metric="bosons", name="gas")
    with pytest.raises(ValueError, match="cutoff: expected a momentum, because the zero point of gas has no end"):
        sc.thermoelectric(model, temperature=1.0)
    for cutoff in (5.0, 6.0):
        result = sc.thermoelectric(model, temperature=1.0, form="sea", cutoff=cutoff, rtol=1e-6)
        found = [result.parts[name].value[0, 1] for name in ("conventional", "band")]
        assert found == pytest.approx(
            [-0.01224301, -0.01279229], abs=1e-8
        )  # a sum in polar coordinates, code of its own


# -- one boson per cell ------------------------------------------------------------------------------------------------
def test_one_boson_per_cell_at_one_k():
    """Independent sums over states at k = (0.7, 0.4)."""
    model, k = squeezed(), [0.7, 0.4]
    assert model.energies(k)[1] == pytest.approx(2.058209990774, abs=1e-12)
    assert sc.evaluate(model, "s_expectation", k)[1] == pytest.approx(1.007538867, abs=1e-9)
    np.testing.assert_allclose(sc.evaluate(model, "s_dipole", k)[1], [0.0085199558, -0.0140946269], atol=1e-10)
    assert sc.evaluate(model, "berry_curvature", k)[1, 0, 1] == pytest.approx(0.0302777089, abs=1e-10)
    np.testing.assert_allclose(
        sc.evaluate(model, "dipole_gradient", k)[1],
        [[0.0114051465, 0.0254105869], [-0.0356013501, -0.0086999973]],
        atol=1e-10,
    )


def test_one_boson_per_cell_is_a_superconductor_with_rho_above_one():
    """E_0^2 = a_e^2 - |b|^2: s = rho = a_e/E_0, d = (rho^2 - 1) grad(arg b)/2, Omega = -(grad rho x grad arg b)/2, C (8), (9)."""
    model, k, step = squeezed(), np.array([0.7, 0.4]), 1e-5

    def rho_theta(x: float, y: float) -> tuple[float, float]:
        a = 3.5 - np.cos(x) - np.cos(y)
        b = 0.6 * (np.cos(x) - np.cos(y)) + 0.8j * np.sin(x) * np.sin(y)
        return a / np.sqrt(a**2 - abs(b) ** 2), float(np.angle(b))

    slopes = np.array(
        [np.subtract(rho_theta(*(k + d)), rho_theta(*(k - d))) / (2 * step) for d in step * np.eye(2)]
    )  # [axis, (rho, theta)]
    rho = rho_theta(*k)[0]
    assert rho > 1
    assert sc.evaluate(model, "s_expectation", k)[1] == pytest.approx(rho, rel=1e-12)
    np.testing.assert_allclose(sc.evaluate(model, "s_dipole", k)[1], (rho**2 - 1) / 2 * slopes[:, 1], atol=1e-9)
    curl = slopes[0, 0] * slopes[1, 1] - slopes[1, 0] * slopes[0, 1]
    assert sc.evaluate(model, "berry_curvature", k)[1, 0, 1] == pytest.approx(-curl / 2, abs=1e-9)


def test_one_boson_per_cell_at_a_temperature():
    found = parts(squeezed(), 1.0)
    assert found["conventional"] == pytest.approx(-3.18055e-5, abs=1e-10)
    assert found["intrinsic"] == pytest.approx(1.0822e-5, abs=1e-9)
    assert found["band"] == pytest.approx(-0.0020457481, abs=1e-10)


def test_without_an_odd_part_one_boson_per_cell_has_no_hall_response():
    """For even a(k): no magnetization, no conventional alpha, no antisymmetric part of the conserved one."""
    model = squeezed(odd=0)
    found = parts(model, 1.0)
    assert found["band"] == pytest.approx(-0.0020108923, abs=1e-10)
    assert abs(found["conventional"]) < 1e-12
    assert abs(found["intrinsic"]) < 1e-12
    assert abs(sc.magnetization(model, temperature=1.0).value).max() < 1e-12


# -- magnons -----------------------------------------------------------------------------------------------------------
def test_kitaev_magnons():
    model = bosons.kitaev_magnons()
    found = parts(model, 0.5)
    expected = {
        "conventional": -0.0078880632,
        "intrinsic": -0.0115428244,
        "band": -0.0114471824,
        "dipole": -0.000095642,
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-10), name
    M = sc.magnetization(model, temperature=[0.0, 0.5], rtol=1e-9)
    thermal, zero_point = (M.parts[name].value[:, 0, 1] for name in ("thermal", "zero_point"))
    np.testing.assert_allclose(zero_point, 0.000564258, atol=1e-9)
    assert thermal[0] == 0
    assert thermal[1] == pytest.approx(-0.0000804905, abs=1e-10)
    np.testing.assert_allclose(M.value[:, 0, 1], thermal + zero_point, rtol=1e-10)


@pytest.mark.parametrize("form", ["sea", "surface", "regular"])
def test_all_forms_of_a_gapped_magnet_agree(form):
    result = sc.thermoelectric(bosons.kitaev_magnons(), temperature=0.5, form=form)
    assert result.value[0, 1] == pytest.approx(-0.0115428244, abs=1e-9)
    assert "Fermi" not in result.form


def test_kagome_magnons():
    """Spins canted by asin(0.19769); alpha^x_xx = -alpha^x_yy."""
    model = bosons.kagome_magnons()
    np.testing.assert_allclose(model.energies([0, 0])[3:], [1.7669217713, 2.3458044741, 2.8257493661], atol=1e-9)
    result = sc.thermoelectric(model, temperature=1.0, rtol=1e-6)
    for name, value in (("conventional", 0.0105659215), ("intrinsic", 0.0212160332)):
        np.testing.assert_allclose(result.parts[name].value, [[value, 0], [0, -value]], atol=2e-10)


@pytest.mark.parametrize(("temperature", "alpha"), [(0.2, 0.0002305016), (1.0, 0.0038175059)])
def test_where_the_spin_is_conserved_nothing_is_added(temperature, alpha):
    """Neel order: conserved = conventional, no torque."""
    found = parts(bosons.honeycomb_magnons(), temperature)
    assert found["intrinsic"] == pytest.approx(alpha, abs=1e-10)
    assert found["conventional"] == pytest.approx(alpha, abs=1e-10)
    assert abs(found["dipole"]) < 1e-14


def test_equilibrium_has_no_net_flow():
    for model in (bosons.kitaev_magnons(), squeezed(), bosons.square_phonons(angular_momentum="kinetic")):
        parts = sc.equilibrium_current(model, temperature=0.5, rtol=1e-9).parts
        for name in ("total", "thermal", "zero_point"):
            assert abs(parts[name].value).max() < 1e-11


def test_densities_of_equilibrium_have_a_zero_point():
    """By sums over the states of positive norm: n x + G y of a boson, and its half x/2 + omega y/2."""
    model, T = bosons.square_phonons(angular_momentum="kinetic"), 0.5
    k = model.cell.momenta(40, 0.3)
    E = model.energies(k)[:, 2:, None, None]
    for density, moment, curvature in (
        (current_dipole_density, "s_current_dipole", "s_berry_curvature"),
        (torque_quadrupole_density, "torque_quadrupole", "torque_polarizability"),
    ):
        found = density(model, temperature=T, rtol=1e-9).parts
        x, y = (sc.evaluate(model, name, k)[:, 2:] for name in (moment, curvature))
        # y is the same for the state of negative norm at -k, and G(-E) = G(E) + E.
        known = {"thermal": x / np.expm1(E / T) + T * np.log(-np.expm1(-E / T)) * y, "zero_point": x / 2 + E * y / 2}
        for name, value in known.items():
            np.testing.assert_allclose(found[name].value, value.sum(axis=1).mean(axis=0), atol=1e-9)
            assert abs(found[name].value[0, 1]) > 1e-3


def test_what_has_no_zero_point_has_no_such_part():
    assert "zero_point" not in sc.thermoelectric(bosons.kitaev_magnons(), temperature=0.5, rtol=1e-3).parts
    assert "zero_point" not in sc.magnetization(sc.models.haldane(), temperature=0.1, rtol=1e-2).parts


def test_faraday_choices_are_refused_and_the_others_answered():
    model = bosons.kitaev_magnons()
    for hall in ("transverse", "static"):
        with pytest.raises(ValueError, match="derived for electrons"):
            sc.thermoelectric(model, temperature=0.5, hall=hall)
    found = sc.thermoelectric(model, temperature=0.5, hall="symmetric_quadrupole").value[0, 1]
    assert found == pytest.approx(-0.0078880632, abs=1e-9)


# -- phonons -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "conserved", "band"), [("canonical", 0.0, 0.0153804571), ("kinetic", -0.0035858055, 0.0129162779)]
)
def test_phonon_angular_momentum(kind, conserved, band):
    """On a Bravais lattice the Hall part of the canonical angular momentum vanishes, that of the kinetic one does not."""
    found = parts(bosons.square_phonons(angular_momentum=kind), 0.5)
    assert found["conventional"] == pytest.approx(0.0155101552, abs=1e-10)
    assert found["intrinsic"] == pytest.approx(conserved, abs=1e-10)
    assert found["band"] == pytest.approx(band, abs=1e-10)


# -- heat ---------------------------------------------------------------------------------------------------------------
def test_thermal_hall_effect_of_magnons():
    """kappa^{xy} = -T sum int (c_2 - pi^2/3) Omega^{xy} over positive norms: S. Murakami, A. Okamoto, J. Phys. Soc. Jpn. 86, 011010 (2017)."""
    model, T = bosons.kitaev_magnons(), 0.5
    result = thermal_hall(model, temperature=T, rtol=1e-8)
    u = (np.arange(80) + 0.5) / 80
    k = np.stack(np.meshgrid(u, u), axis=-1).reshape(-1, 2) @ (2 * np.pi * np.linalg.inv(model.cell.vectors).T)
    E, Omega = model.energies(k)[:, 2:], sc.evaluate(model, "berry_curvature", k)[:, 2:, 0, 1]
    n = 1 / np.expm1(E / T)
    from scipy.special import spence

    c_2 = (1 + n) * np.log1p(1 / n) ** 2 - np.log(n) ** 2 - 2 * spence(1 + n)
    expected = -T * ((c_2 - np.pi**2 / 3) * Omega).sum() / len(k) / abs(np.linalg.det(model.cell.vectors))
    assert result.parts["total"].value[0, 1] == pytest.approx(expected, rel=1e-7)
