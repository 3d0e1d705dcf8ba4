"""Luttinger's field on electrons and bosons: against supercells, differences in T, and the observables of semiclassical theory."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from symcur import bosons, linear_response
from symcur.arrays import Array
from symcur.band_structures import Model, TightBinding, tight_binding
from symcur.linear_response.expansion import half_chebyshev, in_powers, ray_directions
from symcur.linear_response.lattices import random_bosons, random_lattice
from symcur.linear_response.luttinger import equilibrium_kernel, luttinger_kernels
from symcur.linear_response.susceptibility import Bands, mean, occupation_difference, operators, ray_sums, static_kernel
from symcur.linear_response.zone_sums import zone_integral
from symcur.observables import (
    current_dipole_density,
    equilibrium_current,
    thermoelectric,
    torque_quadrupole_density,
)

HYBRID = (("bosons", 1), ("phonons", 1))
CELLS, OFFSET = 6, 0.31  # of the grids of zone_integral


# -- weights of a pair of states ---------------------------------------------------------------------------------------
def pair(a: float, b: float, bose: bool) -> tuple[Bands, Bands]:
    one = np.ones((1, 1, 1))
    return tuple(Bands(np.array([[e]]), one, one, bose) for e in (a, b))


def weights(kernel, a: float, b: float, bose: bool) -> float:
    return float(kernel(*pair(a, b, bose), 0.0, 0.3)[0, 0, 0])


def fixed(*at) -> Array:
    return luttinger_kernels(*at)[0]


def moved(*at) -> Array:
    return luttinger_kernels(*at)[1]


@pytest.mark.parametrize("bose", [False, True])
@pytest.mark.parametrize(("a", "b"), [(0.7, 0.2), (0.7, -0.4), (-0.3, -0.9), (3.0, 2.0), (0.02, -0.03)])
def test_pair_weights_of_distant_energies(a, b, bose):
    T, sign = 0.3, -1 if bose else 1
    f = [1 / (np.exp(e / T) + sign) for e in (a, b)]
    g = [-sign * T * np.log(abs(1 + sign * np.exp(-e / T))) for e in (a, b)]
    close = partial(pytest.approx, rel=1e-11)
    assert float(occupation_difference(*pair(a, b, bose), 0.0, T)[0, 0, 0]) == close(f[0] - f[1])
    assert weights(static_kernel, a, b, bose) == close((f[0] - f[1]) / (a - b))
    assert weights(moved, a, b, bose) == close((a * f[0] - b * f[1]) / (a - b))
    assert weights(fixed, a, b, bose) == close((a + b) / 2 * (f[0] - f[1]) / (a - b))
    assert weights(equilibrium_kernel, a, b, bose) == close((g[0] - g[1]) / (a - b))


@pytest.mark.parametrize("bose", [False, True])
@pytest.mark.parametrize("e", [0.4, -1.1])
@pytest.mark.parametrize("distance", [0.0, 1e-13, 1e-7, 1e-4])
def test_pair_weights_of_close_energies(e, distance, bose):
    """Derivatives of e f and g at the middle, up to the square of the distance."""
    T, sign = 0.3, -1 if bose else 1
    f = 1 / (np.exp(e / T) + sign)
    slope = -f * (1 - sign * f) / T
    a, b = e + distance / 2, e - distance / 2
    beyond = 10 * distance**2 * abs(f) / T**2
    assert weights(moved, a, b, bose) == pytest.approx(f + e * slope, rel=1e-12, abs=beyond)
    assert weights(equilibrium_kernel, a, b, bose) == pytest.approx(f, rel=1e-12, abs=beyond)


@pytest.mark.parametrize("bose", [False, True])
@pytest.mark.parametrize(("a", "b"), [(0.7, 0.2), (0.7, -0.4), (-0.3, -0.9), (0.5, 0.5 + 1e-6)])
def test_the_weight_of_densities_integrates_that_of_the_response_over_temperature(a, b, bose):
    """x - T dx/dT, by differences."""
    T, step = 0.3, 2e-3
    x = [float(equilibrium_kernel(*pair(a, b, bose), 0.0, T + j * step)[0, 0, 0]) for j in (-2, -1, 0, 1, 2)]
    slope = (8 * (x[3] - x[1]) - (x[4] - x[0])) / (12 * step)
    assert x[2] - T * slope == pytest.approx(weights(moved, a, b, bose), rel=1e-7)


# -- a supercell -------------------------------------------------------------------------------------------------------
def spread(bonds: TightBinding, k_x: float, k_y: float, direction: bool = False) -> np.ndarray:
    """CELLS cells along x, closed with the phase k_x per cell: H, or v_x = i [H, x]."""
    N = len(bonds.positions)
    blocks = np.zeros((CELLS, N, CELLS, N), dtype=complex)
    for (R1, R2), t in bonds.hoppings.items():
        for c in range(CELLS):
            blocks[c, :, (c + R1) % CELLS] += t * np.exp(1j * (k_x * R1 + k_y * R2)) * (1j * R1 if direction else 1)
    return blocks.reshape(CELLS * N, CELLS * N)


def thermal(H: np.ndarray, T: float) -> np.ndarray:
    """The Bose function of a matrix with real eigenvalues, by a general solver."""
    E, R = np.linalg.eig(H)
    return (R / np.expm1(E / T)) @ np.linalg.inv(R)


def supercell_response(model, T: float, amplitude: float) -> dict[str, complex]:
    """s, J^x and tau at q = 2 pi/CELLS in H + (1/2){H, psi}, psi = 2 amplitude cos(q x), per amplitude."""
    bonds, size, N = tight_binding(model), CELLS, model.size
    q = 2 * np.pi / size
    position = np.repeat(np.arange(size), N)
    bar = np.kron(np.eye(size), model.metric)
    s = bar @ np.kron(np.eye(size), model.matrix("s", np.zeros(2)))
    psi, wave = np.diag(2 * amplitude * np.cos(q * position)), np.diag(np.exp(-1j * q * position))
    half = lambda a, b: (a @ b + b @ a) / 2  # noqa: E731
    total = {"s": 0j, "current": 0j, "torque": 0j}
    for n in range(size):
        # The shortest vector of the small zone, and all k_y of the grid.
        k_x, k_y = q * OFFSET, q * (n + OFFSET)
        H, v = (bar @ spread(bonds, k_x, k_y, direction) for direction in (False, True))
        H, v = H + half(H, psi), v + half(v, psi)
        rho = thermal(H, T)
        for name, operator in (("s", s), ("current", half(v, s)), ("torque", -1j * (s @ H - H @ s))):
            total[name] += np.trace(half(operator, wave) @ rho) / (2 * size**2)
    return {name: value / amplitude for name, value in total.items()}


@pytest.mark.parametrize("metric", [(("bosons", 2),), HYBRID])
def test_response_at_finite_q_is_that_of_a_supercell(metric):
    """One finite q, no expansion: the first order of exact thermal states of the modulated Hamiltonian."""
    model, T = random_bosons(1, metric), 0.6
    a = 5e-4
    found = {
        name: sum(
            c * supercell_response(model, T, x * a)[name]
            for x, c in ((1, 4 / 6), (-1, 4 / 6), (2, -1 / 6), (-2, -1 / 6))
        )
        for name in ("s", "current", "torque")
    }
    flows = mean(partial(operators, model, ["s", "current", "torque"]))

    def kernels(left: Bands, right: Bands) -> Array:
        return np.stack(luttinger_kernels(left, right, 0.0, T))

    summed = ray_sums(model, [(np.array([2 * np.pi / CELLS, 0.0]), flows, None)], [1.0], kernels)
    fixed, moved = zone_integral(model, CELLS, summed)[0, :, :, 0]
    for name, expected in (("s", fixed[0]), ("current", moved[1]), ("torque", moved[-1])):
        assert found[name] == pytest.approx(expected, rel=1e-9, abs=1e-11), name


# -- expansions --------------------------------------------------------------------------------------------------------
def test_electrons_in_a_gradient_of_temperature():
    """D, Q and alpha of the observables, from Luttinger's field."""
    model, mu, T = random_lattice(4, hopping=192, spacing=3), 1.0, 0.5
    found = linear_response.luttinger_response(model, T, mu, rtol=1e-8)
    of = {"rtol": 1e-9, "method": "trapezoid"}
    D = current_dipole_density(model, mu, T, **of).value
    Q = torque_quadrupole_density(model, mu, T, **of).value
    np.testing.assert_allclose(found["D"].value, D, atol=1e-8 * abs(D).max())
    np.testing.assert_allclose(found["Q"].value, (Q + Q.T) / 2, atol=1e-8 * abs(Q).max())
    alpha = thermoelectric(model, mu, T, form="sea", **of)
    slow = linear_response.nernst_response(model, T, mu, rtol=1e-7)
    conventional = alpha.parts["conventional"].value
    np.testing.assert_allclose(slow["current"].value, conventional, atol=1e-7 * abs(conventional).max())
    total = (alpha.value + alpha.value.T) / 2
    np.testing.assert_allclose(slow["total"].value, total, atol=1e-6 * abs(total).max())


def test_magnons_of_the_neel_honeycomb_in_a_gradient_of_temperature():
    """The spin is conserved: the reference value of the conventional current, and nothing besides."""
    found = linear_response.nernst_response(bosons.honeycomb_magnons(), 1.0, rtol=1e-4)
    np.testing.assert_allclose(found["current"].value, 0.0038175059 * np.array([[0, 1], [-1, 0]]), atol=1e-9)
    assert abs(found["torque"].value).max() < 1e-11


def test_a_field_on_s_moves_the_current_otherwise_than_the_dipole_density():
    """H - h(r) s at q = 0 and at order q: int f J follows h, D^{lis} does not; D belongs to a varying temperature."""
    model, T, h = random_bosons(2), 0.8, 1e-3
    bonds, s = tight_binding(model), model.matrix("s", np.zeros(2))

    def at_rest(h: float) -> tuple[np.ndarray, np.ndarray]:
        hoppings = {R: t - h * s * (R == (0, 0)) for R, t in bonds.hoppings.items()}
        uniform = Model.from_hoppings(hoppings, s, np.eye(2), metric=[("bosons", 2)])
        flow = equilibrium_current(uniform, temperature=T, method="trapezoid", rtol=1e-10).parts["conventional"].value
        return flow, current_dipole_density(uniform, temperature=T, method="trapezoid", rtol=1e-10).value

    flow, D = ((ahead - behind) / (2 * h) for ahead, behind in zip(at_rest(h), at_rest(-h), strict=True))
    directions, nodes = ray_directions(2), half_chebyshev(0.3, 8)
    flows, vertex = (mean(partial(operators, model, [name])) for name in ("current", "s"))
    kernel = partial(static_kernel, mu=0.0, temperature=T)
    summed = ray_sums(model, [(n, flows, lambda k, q: -vertex(k, q)[0]) for n in directions], nodes, kernel)
    found = in_powers(directions, nodes, zone_integral(model, 24, summed)[:, 0])
    np.testing.assert_allclose(found["uniform"][0], flow, atol=1e-5 * abs(flow).max())
    assert abs(found["gradient"][0] + D).max() > 0.1 * abs(D).max()


# -- what holds exactly, and what is refused ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    "model", [random_bosons(0), random_bosons(2, HYBRID), bosons.kagome_magnons()], ids=lambda m: m.name
)
def test_bosons_obey_the_continuity_equation_at_any_q(model):
    k, q = np.random.default_rng(3).uniform(-3, 3, size=(2, 6, 2))
    assert linear_response.continuity_residual(model, k, q) < 1e-12


def test_no_potential_couples_to_bosons():
    model = random_bosons(0)
    for ask in (
        partial(linear_response.static_response, model, "s", [0.1, 0.0], 0.0, 0.5),
        partial(linear_response.uniform_field_response, model, 0.0, 0.5),
        partial(linear_response.magnetic_response, model, 0.0, 0.5),
        partial(linear_response.transverse_field_response, model, 0.0, 0.5),
    ):
        with pytest.raises(ValueError, match=r"model: expected electrons, got random bosons.*bosons carry no charge"):
            ask()


def test_bosons_have_no_chemical_potential():
    for ask in (linear_response.luttinger_response, linear_response.nernst_response):
        with pytest.raises(ValueError, match=r"mu: expected 0, from which the energies of random bosons.*got 0\.1"):
            ask(random_bosons(0), 0.5, 0.1)
        with pytest.raises(ValueError, match="temperature: expected a finite positive number, got 0"):
            ask(random_bosons(0), 0)
