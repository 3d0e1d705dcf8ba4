"""The Faraday identity: a transverse field drives ds/dB = dM_orb/dh, not the uniform-field value int f Omega^{li} s."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import sympy as sp
from sums_over_states import lowest_gap, odd_derivative, orbital_magnetization, semiclassics, transverse_semiclassics

from symcur import linear_response
from symcur.band_structures import Model, tight_binding

POSITIONS = {
    "lattice": ((1, 0), (sp.Rational(1, 2), sp.Rational(4, 5))),
    "positions": ((0, 0), (sp.Rational(1, 3), sp.Rational(1, 5)), (sp.Rational(1, 2), -sp.Rational(1, 7))),
}


def four_routes(model, filled):
    """[x, y] of the current, of the static response, of the lattice in a field, dM/dh, and the uniform-field value."""
    mu, gap = lowest_gap(model, filled)
    temperature = gap / 100
    current = linear_response.transverse_field_response(model, mu, temperature)
    static = linear_response.magnetic_response(model, mu, temperature)
    lattice = linear_response.density_per_magnetic_field(model, mu, temperature)
    maxwell = odd_derivative(lambda h: orbital_magnetization(model, mu, h, 64), 0.04)
    uniform = semiclassics(model, mu, temperature, 64).s_weighted_curvature[1, 0]  # int f Omega^{yx} s
    return current, static, lattice, maxwell, uniform


def check_faraday(model, filled):
    current, static, lattice, maxwell, uniform = four_routes(model, filled)
    for tensor, within in ((static, 1e-8), (current, 1e-6)):
        assert tensor.value[0, 1] == pytest.approx(maxwell, rel=within)
        assert tensor.value[1, 0] == pytest.approx(-maxwell, rel=within)
        assert np.abs(np.diag(tensor.value)).max() == 0
    assert abs(lattice.value - maxwell) < lattice.error + 1e-12
    assert lattice.value == pytest.approx(maxwell, rel=2e-4)
    return maxwell, uniform, static.error[0, 1]


def test_chern_insulator_with_nonconserved_s(chern_insulator):
    """Measured: ds/dB = 0.151170, int f Omega^{yx} s = 0.149363; the number of carriers follows Streda, 1/2 pi."""
    model = chern_insulator("0.5")
    ds_dB, uniform, error = check_faraday(model, filled=2)
    assert ds_dB - uniform > 1e-3 > 1e4 * error
    mu, gap = lowest_gap(model, 2)
    carriers = linear_response.magnetic_response(model, mu, gap / 100, operator="density")
    assert carriers.value[0, 1] == pytest.approx(1 / (2 * np.pi), rel=1e-8)


@pytest.mark.slow_for("3-options0", "5-options2")
@pytest.mark.parametrize(
    ("seed", "options"), [(3, {"hopping": 96}), (7, {"hopping": 96}), (5, POSITIONS | {"hopping": 80})]
)
def test_random_insulators_with_nonconserved_s(random_model, seed, options):
    """No Chern number: the two differ by more than half of the larger one, and for seed 7 in sign."""
    ds_dB, uniform, error = check_faraday(random_model(seed, spacing=3, **options), filled=1)
    assert abs(ds_dB - uniform) > max(abs(ds_dB), abs(uniform)) / 2 > 1e4 * error
    assert (ds_dB * uniform < 0) == (seed == 7)


def test_conserved_s_makes_all_values_equal(chern_insulator):
    ds_dB, uniform, _ = check_faraday(chern_insulator("0"), filled=2)
    assert ds_dB == pytest.approx(uniform, rel=1e-10)
    assert ds_dB == pytest.approx(1 / (2 * np.pi), rel=1e-10)


def test_the_difference_is_of_second_order_in_the_commutator(chern_insulator):
    """[s, H] is proportional to the mixing; halving it divides ds/dB - int f Omega^{yx} s by four.

    The filled bands of different s must not cross: at an avoided crossing of filled bands, int f Omega s is not
    analytic in the mixing, and the difference falls off more slowly.
    """
    differences = []
    for mixing in ("0.04", "0.02"):
        model = chern_insulator(mixing)
        mu, gap = lowest_gap(model, 2)
        ds_dB = linear_response.magnetic_response(model, mu, gap / 100).value[0, 1]
        differences.append(ds_dB - semiclassics(model, mu, gap / 100, 64).s_weighted_curvature[1, 0])
    assert differences[0] / differences[1] == pytest.approx(4, rel=0.03)


def test_a_metal_in_a_magnetic_field(random_model):
    """Static response and diagonalised lattice agree at a temperature that smooths the Landau levels."""
    model = random_model(2)
    for operator in ("s", "density"):
        static = linear_response.magnetic_response(model, 1.0, 0.5, operator=operator)
        lattice = linear_response.density_per_magnetic_field(model, 1.0, 0.5, operator=operator)
        assert abs(static.value[0, 1] - lattice.value) < lattice.error + static.error[0, 1]
        assert static.value[0, 1] == pytest.approx(lattice.value, rel=1e-4)


@pytest.mark.parametrize(("seed", "mu", "T"), [(4, 2.5, 0.06), (6, 1.0, 0.12)])
def test_landau_levels_below_the_fields_of_a_metal_are_within_its_error(random_model, seed, mu, T):
    """Extrapolations in B^2 alone state five times less: what fields show varies more slowly than what is below them."""
    model = random_model(seed, spacing=3)
    found = linear_response.density_per_magnetic_field(model, mu, T)
    exact = transverse_semiclassics(model, mu, T, 128).static[0, 1]
    assert abs(found.value - exact) < found.error < 0.3 * abs(exact)


@pytest.mark.slow
def test_three_dimensions_give_a_vector(random_model):
    """[i, l] = eps_{ilk} ds/dB_k, each component from dM_k/dh."""
    model = random_model(7, dimension=3, spacing=5, hopping=128)
    mu, gap = lowest_gap(model, 1)
    tensor = linear_response.magnetic_response(model, mu, gap / 60, rtol=1e-5)
    assert tensor.value == pytest.approx(-tensor.value.T, rel=1e-4)
    for i, l in ((0, 1), (1, 2), (2, 0)):
        magnetization = partial(orbital_magnetization, model, mu, size=16, plane=(i, l))
        assert tensor.value[i, l] == pytest.approx(odd_derivative(magnetization, 0.1), rel=1e-4)


def test_hofstadter_bands_at_flux_one_third():
    """Square lattice, H = 2 cos k_x + 2 cos k_y: E^3 - 6 E = c with |c| <= 4."""
    kx, ky = sp.symbols("k_x k_y", real=True)
    model = Model(sp.Matrix([[2 * sp.cos(kx) + 2 * sp.cos(ky)]]), sp.eye(1), (kx, ky), lattice=sp.eye(2))
    for theta in ((0.3, 0.1), (2.0, 1.5)):
        H = linear_response.magnetic_hamiltonian(tight_binding(model), 3, theta)
        assert np.abs(H - H.conj().T).max() < 1e-14
        E = np.linalg.eigvalsh(H)
        c = E**3 - 6 * E
        assert np.ptp(c) < 1e-12
        assert abs(c[0]) <= 4


def test_hoppings_and_positions_rebuild_the_hamiltonian(random_model):
    model = random_model(5, hopping=80, spacing=3, **POSITIONS)
    bonds, k = tight_binding(model), np.array([0.4, -1.1])
    vectors = np.array(model.lattice.tolist(), dtype=float)
    r = bonds.positions @ vectors
    H = sum(t * np.exp(1j * ((np.array(R) @ vectors + r[None] - r[:, None]) @ k)) for R, t in bonds.hoppings.items())
    assert np.abs(H - model.matrix("H", k)).max() < 1e-13


def test_magnetic_requests_that_have_no_answer_are_refused(random_model):
    model = random_model(2)
    with pytest.raises(ValueError, match="model: expected two or three dimensions"):
        linear_response.magnetic_response(random_model(2, dimension=1), 1.0, 0.3)
    with pytest.raises(ValueError, match=r"operator: expected 's' or 'density'.*got 'torque'"):
        linear_response.magnetic_response(model, 1.0, 0.3, operator="torque")
    with pytest.raises(ValueError, match=r"operator: expected 's' or 'density'.*got 'torque'"):
        linear_response.density_in_magnetic_field(model, 16, 1.0, 0.3, operator="torque")
    with pytest.raises(ValueError, match="cells: expected different integers"):
        linear_response.density_per_magnetic_field(model, 1.0, 0.3, cells=(16, 16))
    with pytest.raises(ValueError, match=r"model: expected two dimensions.* in 3"):
        linear_response.density_in_magnetic_field(random_model(1, dimension=3), 16, 1.0, 0.3)


def test_an_array_of_phases_gives_the_matrix_of_each(random_model):
    bonds, theta = tight_binding(random_model(3)), np.random.default_rng(4).uniform(0, 6, size=(2, 3, 2))
    together = linear_response.magnetic_hamiltonian(bonds, -4, theta)
    assert together.shape == (2, 3, 12, 12)
    for at in np.ndindex(2, 3):
        np.testing.assert_array_equal(together[at], linear_response.magnetic_hamiltonian(bonds, -4, theta[at]))
        np.testing.assert_allclose(together[at], together[at].conj().T, atol=1e-15)
