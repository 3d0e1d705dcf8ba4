"""Transport on Fermi lines in polar coordinates against closed forms, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symcur import Model, conductivity, models
from symcur.linear_response.fermi_lines import born_transport, polar_lines, sea_response
from symcur.linear_response.interband import interband_transport
from symcur.models.pauli import sigma_x, sigma_y

k_x, k_y = sp.symbols("k_x k_y", real=True)
WHITE = [(np.eye(2), lambda q2: 1.0)]


def test_a_parabolic_band_has_the_drude_conductivity():
    """n u^2 = 1: the density of states is m/2 pi, the rate m, and sigma = (m mu/2 pi) tau/m."""
    gas = Model([[(k_x**2 + k_y**2) / 2]], [[1]], (k_x, k_y))
    found = born_transport(gas, 0.8, [(np.eye(1), lambda q2: 1.0)], reach=3.0)
    np.testing.assert_allclose(found["charge"].value, 0.8 / (2 * np.pi) * np.eye(2), rtol=1e-10, atol=1e-12)
    assert found["charge"].error.max() < 1e-10
    np.testing.assert_allclose(found["side_jump"].value, 0, atol=1e-12)


def test_the_side_jump_of_a_massive_dirac_electron_is_the_known_one():
    model, k_F, D, v = models.massive_dirac(v=1.3, Delta=0.4).with_s(1), 0.7, 0.4, 1.3
    x = (v * k_F) ** 2
    intrinsic = -D / (4 * np.pi * np.sqrt(x + D**2))
    found = born_transport(model, float(np.sqrt(x + D**2)), WHITE, reach=3.0)
    expected = intrinsic * 2 * x / (4 * D**2 + x) * np.array([[0, 1], [-1, 0]])
    np.testing.assert_allclose(found["side_jump"].value, expected, rtol=1e-9, atol=1e-12)


def test_the_strength_of_the_disorder_enters_once():
    model = models.rashba_dresselhaus()
    weak, strong = (born_transport(model, 1.0, [(np.eye(2), lambda q2, n=n: n)], reach=4.0) for n in (1.0, 2.0))
    for name in ("charge", "occupation", "conventional"):
        np.testing.assert_allclose(weak[name].value, 2 * strong[name].value, rtol=1e-9, atol=1e-13)
    for name in ("dipole_shift", "side_jump"):
        np.testing.assert_allclose(weak[name].value, strong[name].value, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize(("axis", "expected"), [(0, 0.09462), (1, 0.16389)])
def test_the_kagome_antiferromagnet_carries_what_an_independent_solution_of_the_boltzmann_equation_gave(axis, expected):
    spin = sp.kronecker_product(sp.eye(3), (sigma_x, sigma_y)[axis]) / 2
    sites = [(np.kron(np.diag(np.eye(3)[a]), np.eye(2)), lambda q2: 1.0) for a in range(3)]
    found = born_transport(models.kagome_antiferromagnet().with_s(spin), -2.2, sites, reach=3.6)
    ratio = found["occupation"].value / np.abs(found["charge"].value).max()
    assert abs(ratio[0, 1]) == pytest.approx(expected, abs=6e-6)


def test_the_sea_is_summed():
    model = models.rashba_dresselhaus(M=1.2)
    curvature, dipole = sea_response(model, 2.0, reach=6.0)
    parts = conductivity(model, 2.0, form="sea", rtol=1e-8).parts
    np.testing.assert_allclose(curvature, parts["band"].value, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(dipole, parts["dipole"].value, rtol=1e-9, atol=1e-12)


def test_lines_that_a_ray_crosses_twice_are_refused():
    with pytest.raises(
        ValueError, match=r"model: expected closed Fermi lines around k = 0, got others at mu = -0\.2 in rashba"
    ):
        polar_lines(models.rashba(M=0), -0.2, 4.0, 24)
    with pytest.raises(ValueError, match="mu: expected an energy with Fermi lines within 4, got -3"):
        polar_lines(models.rashba(M=0), -3.0, 4.0, 24)


def test_for_a_conserved_s_the_interband_current_is_the_known_side_jump():
    model, k_F, D = models.massive_dirac(v=1.3, Delta=0.4).with_s(1), 0.7, 0.4
    x = (1.3 * k_F) ** 2
    found = interband_transport(model, float(np.sqrt(x + D**2)), WHITE, reach=3.0)
    expected = -D / (4 * np.pi * np.sqrt(x + D**2)) * 2 * x / (4 * D**2 + x) * np.array([[0, 1], [-1, 0]])
    for name in ("interband", "at_packets"):  # s' = s: the origin of the torque does not matter
        np.testing.assert_allclose(found[name].value, expected, rtol=1e-9, atol=1e-12)


def test_impurities_that_turn_s_have_no_interband_current_of_this_form():
    with pytest.raises(ValueError, match="channels: expected matrices that commute with s of rashba_dresselhaus"):
        interband_transport(models.rashba_dresselhaus(), 1.0, [(np.array([[0, 1], [1, 0]]), WHITE[0][1])], reach=4.0)
