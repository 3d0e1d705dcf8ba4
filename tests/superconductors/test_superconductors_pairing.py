"""Pairings of singlets and triplets, pairs in motion, several orbitals, and pair potentials that follow from an interaction."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from scipy.optimize import brentq, minimize_scalar

from symcur import models
from symcur.models.pauli import kron, sigma_0, sigma_x, sigma_y, sigma_z
from symcur.superconductors import bdg, singlet, solve_gap_equation, spin_operator, triplet

kx, ky = k = sp.symbols("k_x k_y", real=True)
D, q, strength, B = sp.symbols("D q lambda B", real=True)
SQUARE = ((1, 0), (0, 1))
xi = -2 * (sp.cos(kx) + sp.cos(ky)) + 1
rashba = xi * sigma_0 + strength * (sp.sin(ky) * sigma_x - sp.sin(kx) * sigma_y) + B * sigma_x
K = np.random.default_rng(4).uniform(-3, 3, size=(20, 2))
# two orbitals, A at 0 and B at half of a_1, with hopping along and between them
chain = sp.Matrix([[xi, 2 * sp.cos(kx / 2)], [2 * sp.cos(kx / 2), -xi / 2]])


def energies_of(blocks):
    """Of [[h(k), Delta(k)], [Delta^+, -h(-k)^*]] from arrays."""
    return np.linalg.eigvalsh(np.block(blocks))


# -- pairings ------------------------------------------------------------------------------------------------------------
def test_the_energies_of_a_unitary_triplet_are_those_of_its_d_vector():
    d = [sp.sin(kx), sp.sin(ky), 0]
    model = bdg(xi * sigma_0, triplet([D * component for component in d]), k, {D: 0.7}, SQUARE, form="nambu")
    x = -2 * np.cos(K).sum(axis=1) + 1
    expected = np.hypot(x, 0.7 * np.linalg.norm(np.sin(K), axis=1))
    np.testing.assert_allclose(model.energies(K), expected[:, None] * [-1, -1, 1, 1], atol=1e-12)


def test_a_triplet_that_is_not_unitary_has_two_gaps():
    """d = (1, i, 0) f pairs equal spins of one direction only: the other has no gap."""
    model = bdg(xi * sigma_0, triplet([D * sp.sin(kx), sp.I * D * sp.sin(kx), 0]), k, {D: 0.7}, SQUARE, form="nambu")
    x, gap = -2 * np.cos(K).sum(axis=1) + 1, 1.4 * np.sin(K[:, 0])
    expected = np.sort(np.stack([x, -x, np.hypot(x, gap), -np.hypot(x, gap)], axis=-1), axis=-1)
    np.testing.assert_allclose(model.energies(K), expected, atol=1e-12)


def test_singlets_and_triplets_are_what_the_exchange_of_two_electrons_makes_of_them():
    pairing = singlet(sp.cos(kx) - sp.cos(ky)) + triplet([sp.sin(kx), sp.I * sp.sin(ky), sp.sin(kx + ky)])
    assert (pairing.subs({kx: -kx, ky: -ky}, simultaneous=True).T + pairing).expand().is_zero_matrix
    np.testing.assert_array_equal(np.array(singlet(1)).astype(complex), [[0, 1], [-1, 0]])
    np.testing.assert_array_equal(np.array(triplet([0, 0, 1])).astype(complex), [[0, 1], [1, 0]])
    np.testing.assert_array_equal(
        np.array(spin_operator("y", 2)).astype(complex), np.kron(np.eye(2), [[0, -0.5j], [0.5j, 0]])
    )


def test_orbitals_pair_in_an_even_or_an_odd_way():
    """Two orbitals at different places: one singlet within each, one antisymmetric triplet between them."""
    h = kron(sp.ImmutableDenseMatrix(chain), sigma_0)
    between = sp.Matrix([[0, D * sp.cos(kx / 2)], [-D * sp.cos(kx / 2), 0]])
    model = bdg(h, singlet(sp.diag(D, D / 2)) + triplet([0, 0, between]), k, {D: 0.5}, SQUARE, form="nambu")
    assert model.size == 8
    np.testing.assert_allclose(model.energies(K), -model.energies(-K)[:, ::-1], atol=1e-12)
    with pytest.raises(ValueError, match=r"Delta: .*differs from -Delta\(k\) by .* at \[0, 3\]"):
        bdg(h, triplet([0, 0, between * sp.tan(kx)]), k, {D: 0.5}, form="nambu")


def test_pairs_in_motion_are_made_of_electrons_at_k_and_minus_k_about_half_of_their_momentum():
    values = {strength: 0.4, B: 0.3, q: 0.5}
    model = bdg(rashba, singlet(D), k, {**values, D: 0.6}, SQUARE, form="nambu", pair_momentum=(q, 0))
    normal = sp.lambdify((kx, ky), rashba.subs({strength: 0.4, B: 0.3}), "numpy")
    for x, y in K[:6]:
        h, hole = (np.array(normal(sign * x + 0.25, sign * y), dtype=complex) for sign in (1, -1))
        pair = 0.6 * np.array([[0, 1], [-1, 0]])
        expected = energies_of([[h, pair], [pair.T, -hole.conj()]])
        np.testing.assert_allclose(model.energies([x, y]), expected, atol=1e-12)


def test_pairs_in_motion_are_the_phase_of_the_hopping_in_the_frame_of_the_condensate():
    moving = bdg(-2 * (sp.cos(kx) + sp.cos(ky)) + 1, D, k, {D: 0.4}, SQUARE, pair_momentum=(sp.Rational(1, 5), 0))
    np.testing.assert_allclose(moving.energies(K), models.s_wave_superconductor(phi=0.1).energies(K), atol=1e-12)


# -- what is refused -----------------------------------------------------------------------------------------------------
NAMBU = bdg(rashba, singlet(D), k, {strength: 0.4, B: 0.3, D: 0.6}, SQUARE, form="nambu", spin=spin_operator("z"))


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: singlet("cos"), r"psi: expected a square SymPy matrix or nested list"),
        (lambda: triplet([0, 0]), r"d: expected three components, .* got \[0, 0\]"),
        (lambda: triplet([sp.eye(2), 0, sp.eye(3)]), r"d: expected three components for the same number of orbitals, got \[2, 3, 3\]"),
        (lambda: spin_operator("up"), r"axis: expected 'x', 'y' or 'z', got 'up'"),
        (lambda: spin_operator("x", 0), r"orbitals: expected an integer >= 1, got 0"),
        (lambda: bdg(rashba, singlet(D), k, {D: 1, strength: 1, B: 1}, form="nambu", pair_momentum=(q,)), "pair_momentum: expected 2 components"),
        (lambda: bdg(xi, D, k, {D: 1}, pair_momentum=(sp.I, 0)), "pair_momentum: expected real numbers or parameters, got I"),
        (lambda: bdg(xi, D, k, {D: 1}, pair_momentum=(kx, 0)), "pair_momentum: expected real numbers or parameters, got k_x"),
        (lambda: bdg(rashba, singlet(sp.sin(kx)), k, {strength: 1, B: 1}, form="nambu"), r"Delta: .* at \[0, 1\]"),
        (lambda: bdg(rashba, triplet([1, 0, 0]), k, {strength: 1, B: 1}, form="nambu"), r"Delta: .* at \[0, 0\]"),
        (lambda: NAMBU.replace(H=NAMBU.H + sp.diag(0, 0, 0, 1)), r"H: expected the hole block.* differs by 1\.0e\+00 at \[1, 1\]"),
        (lambda: NAMBU.with_s(sp.eye(4)), r"s: expected an operator of electrons in Nambu space.* s\[0, 0\] = 1 while s\[2, 2\] = 1"),
        (lambda: NAMBU.replace(spin=sp.diag(1, -1, 1, -1) / 2), r"spin: expected an operator of electrons in Nambu space"),
        (lambda: NAMBU.with_spin(sp.Matrix([[0, 1], [0, 0]])), r"spin: expected a Hermitian matrix"),
        (lambda: NAMBU.with_spin(sp.eye(4)), r"spin: expected shape \(2, 2\)"),
        (lambda: models.s_wave_superconductor().with_spin(sigma_z), r"spin: expected a model with form='nambu'"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_pairing_is_named(attempt, message):
    with pytest.raises((ValueError, TypeError), match=message):
        attempt()


# -- the gap equation ----------------------------------------------------------------------------------------------------
T, U = 0.15, 3.0
ON_SITE = {(0, 0): [[0, -U], [-U, 0]]}


def test_an_attraction_on_the_sites_gives_the_gap_of_bcs_in_either_form():
    reduced = bdg(xi, D, k, {D: 0.5}, SQUARE)
    full = bdg(xi * sigma_0, singlet(D), k, {D: 0.5}, SQUARE, form="nambu")
    mesh = reduced.cell.momenta(80, 0.2)
    x = -2 * np.cos(mesh).sum(axis=1) + 1
    gap = brentq(lambda d: 1 - U * np.mean(np.tanh(np.hypot(x, d) / 2 / T) / (2 * np.hypot(x, d))), 0.1, 2, xtol=1e-13)
    one, both = solve_gap_equation(reduced, {(0, 0): [[-U]]}, ["D"], T), solve_gap_equation(full, ON_SITE, ["D"], T)
    for found in (one, both):
        assert found.amplitudes["D"] == pytest.approx(gap, abs=1e-7)
        assert found.residual + found.left_out < 1e-9
        assert found.error < 1e-8
        assert found.model.values()["D"] == found.amplitudes["D"]
        assert not found.normal
    assert one.condensation == pytest.approx(both.condensation, rel=1e-6)
    # the potential of the solution against that of its neighbours, from energies alone
    energies = lambda d: np.hypot(x, d)  # noqa: E731
    potential = lambda d: np.mean(-2 * T * np.log(2 * np.cosh(energies(d) / 2 / T))) + d**2 / U  # noqa: E731
    assert one.condensation == pytest.approx(potential(gap) - potential(0), rel=1e-6)
    assert potential(gap) < min(potential(gap - 0.01), potential(gap + 0.01))


def test_an_attraction_on_the_bonds_pairs_electrons_of_one_spin_at_the_minimum_of_their_potential():
    """Odd pairs: the sign of the bond counts. D^2/4 on each of four bonds, and half of the sums over Nambu space."""
    V = 4.0
    model = bdg(xi, D * (sp.sin(kx) + sp.I * sp.sin(ky)), k, {D: 0.5}, SQUARE, form="spinless")
    found = solve_gap_equation(model, {(1, 0): [[-V]], (0, 1): [[-V]]}, ["D"], T)
    mesh = model.cell.momenta(90, 0.2)
    x, shape = -2 * np.cos(mesh).sum(axis=1) + 1, np.linalg.norm(np.sin(mesh), axis=1)

    def potential(d):
        return np.mean(-T * np.log(2 * np.cosh(np.hypot(x, d * shape) / 2 / T))) + d**2 / V / 2

    least = minimize_scalar(potential, bounds=(0.1, 3.0), method="bounded", options={"xatol": 1e-8}).x
    assert found.amplitudes["D"] == pytest.approx(least, abs=1e-6)
    assert found.condensation == pytest.approx(potential(least) - potential(0.0), rel=1e-6)
    assert found.condensation_error < 1e-6 * abs(found.condensation)
    assert found.left_out < 1e-9


def test_above_the_transition_the_amplitudes_die_out():
    found = solve_gap_equation(bdg(xi, D, k, {D: 0.5}, SQUARE), {(0, 0): [[-U]]}, ["D"], 1.0)
    assert (found.normal, found.amplitudes["D"], found.condensation) == (True, 0.0, 0.0)


def test_bonds_decide_for_d_wave_and_spin_orbit_coupling_adds_triplets_that_an_ansatz_may_leave_out():
    bonds = {(1, 0): -2 * np.ones((2, 2)), (0, 1): -2 * np.ones((2, 2))}
    extended, d_wave = sp.symbols("s d", real=True)
    even = extended * (sp.cos(kx) + sp.cos(ky)) + d_wave * (sp.cos(kx) - sp.cos(ky))
    values = {extended: 0.1, d_wave: 0.3, strength: 0.0, B: 0.0}
    model = bdg(rashba, singlet(even), k, values, SQUARE, form="nambu")
    found = solve_gap_equation(model, bonds, ["s", "d"], T, tolerance=1e-5)
    assert abs(found.amplitudes["s"]) < 1e-4 < 0.1 < found.amplitudes["d"]
    assert found.condensation < 0
    assert found.left_out < 1e-6
    mixed = solve_gap_equation(model.with_values({strength: 0.6}), bonds, ["s", "d"], T, tolerance=1e-5)
    assert mixed.residual < 1e-5
    assert mixed.left_out > 1e-3, "pairs of equal spins on the bonds"


@pytest.mark.parametrize(
    ("interaction", "names", "options", "message"),
    [
        (ON_SITE, ["B"], {}, r"amplitudes: expected parameters .*, got B"),
        (ON_SITE, ["x"], {}, r"amplitudes: expected some of .*, got 'x'"),
        (
            {(1, 0): -np.ones((2, 2))},
            ["D"],
            {},
            r"interaction: expected V\[0, 1\] at R = \(0, 0\), where D pairs, got none",
        ),
        ({(0, 0): [[0, -1], [-2, 0]]}, ["D"], {}, r"interaction: expected V\(-R\) = V\(R\)\^T"),
        ({(0, 0): -1.0}, ["D"], {}, r"interaction: expected finite real matrices of shape \(2, 2\)"),
        ({(0,): np.eye(2)}, ["D"], {}, r"interaction: expected 2 integers for each R, got \(0,\)"),
        (
            {((0,), (0, 1)): np.eye(2)},
            ["D"],
            {},
            r"interaction: expected 2 integers for each R, got \(\(0,\), \(0, 1\)\)",
        ),
        ({}, ["D"], {}, r"interaction: expected a mapping"),
        (ON_SITE, ["D"], {"temperature": -1.0}, r"temperature: expected a finite number >= 0, got -1\.0"),
        (
            ON_SITE,
            ["D"],
            {"max_points": 100},
            r"max_points: expected at least 144 momenta .* about \d+ per axis; raise max_points",
        ),
        (
            ON_SITE,
            ["D"],
            {"max_points": 700},
            r"max_points: expected at least 1296 momenta .* still change by 1\.4e-03",
        ),
    ],
)
def test_gap_equations_without_a_solution_are_refused_by_name(interaction, names, options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        solve_gap_equation(NAMBU, interaction, names, **{"temperature": 0.3, **options})


def test_meshes_that_do_not_resolve_the_occupation_decide_nothing():
    """24 x 24 points are too few at T = 0.03, and on Fermi surfaces at T = 0 no mesh is fine enough."""
    model = models.spin_orbit_superconductor()
    weak = {(0, 0): [[0, -2.381], [-2.381, 0]]}
    with pytest.raises(ValueError, match=r"max_points: .* need about \d+ per axis"):
        solve_gap_equation(model.with_values(B=0.0), weak, ["Delta_0"], 0.03, tolerance=1e-2, max_points=600)
    with pytest.raises(ValueError, match=r"max_points: .*zero energy at temperature = 0 need about"):
        solve_gap_equation(model, weak, ["Delta_0"], 0.0, tolerance=1e-2)


def test_amplitudes_that_begin_at_zero_are_refused():
    with pytest.raises(ValueError, match="amplitudes: expected values to begin with"):
        solve_gap_equation(NAMBU.with_values(D=0.0), ON_SITE, ["D"], 0.3)
    twice = NAMBU.replace(H=NAMBU.H.subs(D, D + q), parameters={**NAMBU.parameters, q: 0.1})
    with pytest.raises(ValueError, match="amplitudes: expected independent pairings, got D, q"):
        solve_gap_equation(twice, ON_SITE, ["D", "q"], 0.3)


@pytest.mark.parametrize("start", [0.03, 1e-3])
def test_small_amplitudes_grow_out_of_a_normal_state_that_is_not_stable(start):
    """Where 1/V < mean tanh(x/2T)/2x the potential falls at D = 0, and the gap is found wherever the search begins."""
    found = [solve_gap_equation(bdg(xi, D, k, {D: d}, SQUARE), {(0, 0): [[-2.0]]}, ["D"], 0.1) for d in (0.5, start)]
    assert not found[1].normal
    assert found[1].condensation < 0
    assert found[1].amplitudes["D"] == pytest.approx(found[0].amplitudes["D"], abs=1e-7)
