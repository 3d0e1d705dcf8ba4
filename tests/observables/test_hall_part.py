"""The Hall part in five conventions, against finite differences in the field h and values from independent codes.

The referee below knows eigenvectors, velocities and the Fermi function: d_h is a difference of sums at H - h s and H + h s.
"""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symcur import evaluate, models
from symcur.band_structures import Model
from symcur.brillouin.occupation import occupation
from symcur.linear_response.lattices import random_lattice
from symcur.observables import (
    conductivity,
    equilibrium_current,
    gap,
    hall_checks,
    magnetization,
    magnetization_slope,
    spin_hall,
    thermoelectric,
)
from symcur.quantities.field import filled_curvature

CHOICES = ("paper", "symmetric_quadrupole", "transverse", "static", "filled_multiplet")
MU, T = 1.0, 0.3


# -- the referee: sums over states on a grid ------------------------------------------------------------------------------
class Sums:
    """Bands of H - h s on a grid of n^2 points, with matrix elements of v_x, v_y and s."""

    def __init__(self, model, h=0.0, n=64, merged=1e-7):
        k = model.cell.momenta(n, 0.29)
        s = model.matrix("s", k[0])
        self.e, U = np.linalg.eigh(model.matrix("H", k) - h * s)
        self.v = [U.conj().mT @ model.matrix("H", k, (i,)) @ U for i in (0, 1)]
        self.s = U.conj().mT @ s @ U
        gaps = self.e[:, :, None] - self.e[:, None, :]
        close = np.abs(gaps) < merged
        self.inverse = np.where(close, 0.0, 1 / np.where(close, 1.0, gaps))
        self.measure = len(k) * model.cell.volume

    def pairs(self, a, b, power):
        """Im sum_m a_nm b_mn/(e_n - e_m)^power."""
        return np.einsum("knm,kmn,knm->kn", a, b, self.inverse**power).imag

    def integral(self, values, weight, mu=MU, temperature=T):
        return float((occupation(weight, self.e, mu, temperature) * values).sum() / self.measure)

    @property
    def moment(self):
        """m^{xy} of the charge."""
        return self.pairs(self.v[0], self.v[1], 1)

    @property
    def curvature(self):
        return -2 * self.pairs(self.v[0], self.v[1], 2)

    @property
    def s_n(self):
        return np.diagonal(self.s, axis1=-2, axis2=-1).real

    def charge_magnetization(self, mu=MU, temperature=T):
        """M^{xy} = int f m + g Omega."""
        return self.integral(self.moment, "f", mu, temperature) + self.integral(self.curvature, "g", mu, temperature)

    def dipole_curl(self, mu=MU, temperature=T):
        """int f (d_y d^{xs} - d_x d^{ys})/2 on the Fermi surface."""
        d = [self.pairs(v, self.s, 1) for v in self.v]
        speed = [np.diagonal(v, axis1=-2, axis2=-1).real for v in self.v]
        return self.integral((speed[1] * d[0] - speed[0] * d[1]) / 2, "-df/de", mu, temperature)


def by_field(model, function, step=2e-3, **options):
    """d/dh of function(Sums) at h = 0, to fourth order."""
    f = {j: function(Sums(model, j * step, **options)) for j in (-2, -1, 1, 2)}
    return (8 * (f[1] - f[-1]) - (f[2] - f[-2])) / (12 * step)


def side_by_side(model, mu, temperature=0.0, rtol=1e-8, observable=conductivity):
    result = observable(model, mu, temperature, rtol=rtol, hall="all")
    assert result.status == "converged"
    return {name: part.value for name, part in result.parts.items()}


# -- numbers ----------------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_kane_mele_in_the_gap_in_five_conventions():
    # Values of two independent codes, e/2pi, [x, y].
    model = models.kane_mele()
    result = conductivity(model, gap(model, 2).mu, rtol=1e-7, hall="all").convert("e/2pi")
    expected = dict(zip(CHOICES, (0.896403, 1.027158, 0.920651, 0.920651, 0.969825), strict=True))
    for name, value in expected.items():
        assert result.parts[name].value[0, 1] == pytest.approx(value, abs=1.5e-6), name
    for name in CHOICES[1:]:
        single = conductivity(model, gap(model, 2).mu, rtol=1e-5, hall=name).convert("e/2pi")
        assert np.abs(single.value - result.parts[name].value).max() <= 2 * (single.error + result.error).max(), name
        parts = {part: found.value for part, found in single.parts.items()}
        assert np.abs(parts["symmetric"] + parts["hall"] - single.value).max() < 1e-12
        assert np.abs(parts["conventional"] + parts["torque"] - single.value).max() < 1e-12
        assert single.hall.startswith(name)
        assert single.hall in str(single)
    assert result.value[0, 1] == result.parts["paper"].value[0, 1]


@pytest.mark.slow
def test_without_sublattice_potential_only_the_papers_value_jumps_where_kramers_pairs_split():
    coupling = 0.02
    model = models.kane_mele(lambda_v=0, lambda_R=coupling)
    result = conductivity(model, gap(model, 2).mu, rtol=1e-6, hall="all").convert("e/2pi")
    found = {name: part.value[0, 1] for name, part in result.parts.items()}
    assert found["paper"] == pytest.approx(0.5, abs=2 * coupling**2)
    assert found["transverse"] == pytest.approx(1 - 2.89 * coupling**2, abs=1e-2 * coupling**2 + 1e-6)
    assert found["static"] == pytest.approx(found["transverse"], abs=1e-6)
    assert found["filled_multiplet"] == pytest.approx(1 - 0.575 * coupling**2, abs=1e-2 * coupling**2 + 1e-6)
    unsplit = conductivity(model.with_values(lambda_R=0), gap(model, 2).mu, rtol=1e-6, hall="all").convert("e/2pi")
    assert all(unsplit.parts[name].value[0, 1] == pytest.approx(1, abs=1e-6) for name in CHOICES)
    assert 0.35 < result.checks["splitting"].value[0, 1] < 0.55  # the size of the jump
    assert any("jumps where close occupied bands split" in note for note in result.notes)


def test_the_size_of_the_jump_is_told_for_exact_pairs_too_and_not_where_nothing_can_jump():
    model, mu = degenerate_metal(), -30.0  # below all bands nothing is filled
    assert not conductivity(model, mu, T, rtol=1e-3).notes
    pairs = conductivity(model, 0.0, 0.05, rtol=1e-3)
    assert any("close occupied bands" in note for note in pairs.notes)
    assert not conductivity(model.with_s(1), 0.0, 0.05, rtol=1e-3).notes
    conserved = random_lattice(3, spacing=3, conserved=True)
    assert not conductivity(conserved, MU, T, rtol=1e-3).notes


def test_a_filled_lattice_answers_in_the_papers_convention_alone():
    model = models.kane_mele()
    result = conductivity(model, gap(model, 2).mu, rtol=1e-5).convert("e/2pi")
    check = result.checks["filled_lattice"]
    assert abs(check.value[0, 1] - 0.106465) <= check.error[0, 1] + 1e-6
    assert check.error[0, 1] < 1e-3
    assert any("filled lattice" in note and "[xy] 0.107" in note for note in result.notes)
    full = conductivity(model, 100.0, rtol=1e-6, hall="all").convert("e/2pi")
    assert full.parts["paper"].value[0, 1] == pytest.approx(0.106465, abs=2e-6)
    for name in CHOICES[1:]:
        assert np.abs(full.parts[name].value).max() < 1e-6, name
    k = model.cell.momenta(7, 0.3)
    for quantity in ("faraday_curvature", filled_curvature):
        assert (
            np.abs(evaluate(model, quantity, k).sum(axis=1)).max() < 1e-10
        )  # pointwise: no pair is both filled and empty


# -- finite differences in h -------------------------------------------------------------------------------------------------
def test_for_two_bands_with_a_traceless_s_the_faraday_curvature_is_minus_twice_the_hall_part_of_the_s_berry_curvature():
    # Band by band; the paper's Hall part vanishes. So does the response of Rashba electrons: +1, and -1 with the torque.
    model = models.rashba_dresselhaus(M=0.3)
    k = np.random.default_rng(1).uniform(-1, 1, size=(20, 2))
    s_berry = evaluate(model, "s_berry_curvature", k)
    hall = (s_berry[..., 1, 0] - s_berry[..., 0, 1]) / 2
    assert np.allclose(evaluate(model, "faraday_curvature", k)[..., 0, 1], -2 * hall, rtol=1e-10)
    assert np.abs(evaluate(model, "symmetrized_curvature", k)[..., 1, 0]).max() < 1e-12
    rashba = conductivity(models.rashba(M=0.0), 1.0, rtol=1e-6, hall="all").convert("e/8pi").parts
    expected = dict(zip(CHOICES, (0, 1, -1, 0, 0), strict=True))
    assert all(rashba[name].value[0, 1] == pytest.approx(value, abs=1e-5) for name, value in expected.items())


@pytest.mark.slow_for("4", "2")
@pytest.mark.parametrize("seed", [0, 2, 4])
def test_static_and_transverse_values_of_metals_are_derivatives_of_the_charge_magnetization(seed):
    model = random_lattice(seed, spacing=3)
    found = side_by_side(model, MU, T)
    static = by_field(model, Sums.charge_magnetization)
    plain = Sums(model)
    transverse = static - plain.integral(plain.s_n * plain.moment, "-df/de") + plain.dipole_curl()
    scale = np.abs(found["conventional"]).max()
    for name, value in (("static", static), ("transverse", transverse)):
        hall = (found[name] - found[name].T) / 2
        assert hall[0, 1] == pytest.approx(value, abs=2e-8 * max(scale, 1e-2)), name
    symmetric = [found[name] + found[name].T for name in CHOICES]
    assert max(np.abs(other - symmetric[0]).max() for other in symmetric) < 1e-9
    assert len({round(float(found[name][0, 1]), 6) for name in CHOICES}) == 5  # in a metal no two agree


def degenerate_metal():
    """Two degenerate pairs, H = h_0 + sum of f_a Gamma_a, with an s that splits them."""
    k_x, k_y = k = sp.symbols("k_x k_y", real=True)
    X, Y, Z, one = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.diag(1, -1), sp.eye(2)
    kron = sp.kronecker_product
    Gamma = [kron(X, one), kron(Y, one), kron(Z, X), kron(Z, Y)]
    f = [sp.Rational(3, 2) + sp.cos(k_x) / 2, sp.sin(k_x) / 2 + sp.cos(k_y) / 3, sp.sin(k_y) / 2, sp.cos(k_x + k_y) / 3]
    H = (sp.cos(k_x) + sp.cos(k_y) / 2) * sp.eye(4) / 2
    for a, G in zip(f, Gamma, strict=True):
        H += a * G
    s = kron(one, Z) / 2 + kron(Z, X) / 3 + kron(X, Y) / 5
    return Model(H, s, k, lattice=[[1, 0], [0, 1]], name="two degenerate pairs")


def test_in_multiplets_that_s_splits_the_elements_of_s_stay_inside_the_traces():
    model, mu = degenerate_metal(), -1.3
    found = side_by_side(model, mu, T)["static"]
    expected = by_field(model, lambda sums: sums.charge_magnetization(mu))
    assert (found[0, 1] - found[1, 0]) / 2 == pytest.approx(expected, abs=1e-8)
    # With -s_n of the pair for d_h e_n the term of the Fermi surface is another.
    k = model.cell.momenta(48, 0.3)
    weight = occupation("-df/de", model.energies(k), mu, T)
    inside = evaluate(model, "s_weighted_moment", k)[..., 0, 1]
    mean = evaluate(model, "s_expectation", k) * evaluate(model.with_s(1), "orbital_moment", k)[..., 0, 1]
    assert abs((weight * (inside - mean)).sum() / len(k)) > 1e-4


def test_conserved_s_all_agree_but_the_static_one_in_a_metal():
    model = random_lattice(3, spacing=3, conserved=True)
    found = side_by_side(model, MU, T)
    for name in CHOICES[1:3] + CHOICES[4:]:
        assert np.abs(found[name] - found["paper"]).max() < 1e-9, name
    plain = Sums(model)
    expected = plain.integral(plain.s_n * plain.moment, "-df/de")
    assert any("[s, H] = 0" in note for note in conductivity(model, MU, T, rtol=1e-3, hall="static").notes)
    assert not conductivity(model, MU, T, rtol=1e-3).notes
    assert (found["static"] - found["paper"])[0, 1] == pytest.approx(expected, abs=1e-9)
    assert abs(expected) > 1e-4
    insulator = random_lattice(7, hopping=96, spacing=3, conserved=True)
    filled = side_by_side(insulator, gap(insulator, 1).mu)
    assert np.abs(filled["static"] - filled["paper"]).max() < 1e-8


# -- M, alpha ----------------------------------------------------------------------------------------------------------------
@pytest.mark.slow_for("paper", "static", "filled_multiplet")
@pytest.mark.parametrize("choice", ["paper", "symmetric_quadrupole", "static", "filled_multiplet"])
def test_in_a_gap_the_hall_conductivity_is_the_slope_of_the_magnetization(choice):
    model = random_lattice(7, hopping=96, spacing=3)
    between = gap(model, 1)
    half = between.width / 8
    M = magnetization(model, between.mu + half * np.array([-1.0, 1.0]), rtol=1e-9, hall=choice).value
    slope = (M[1] - M[0]) / (2 * half)
    sigma = conductivity(model, between.mu, rtol=1e-8, hall=choice).value
    assert sigma[0, 1] == pytest.approx(slope[0, 1], abs=1e-8 + 1e-6 * abs(sigma[0, 1]))
    assert np.abs(sigma - slope).max() < 1e-7
    analytic = magnetization_slope(model, between.mu, rtol=1e-8, hall=choice).value
    assert np.abs(analytic - slope).max() < 1e-7


def test_in_a_metal_the_static_one_alone_is_the_slope_of_its_magnetization():
    model, step = random_lattice(2, spacing=3), 0.02
    levels = MU + step * np.array([-2, -1, 1, 2])
    slopes = {}
    M = magnetization(model, levels, T, rtol=1e-9, hall="all").parts
    for name, part in M.items():
        slopes[name] = np.tensordot([1, -8, 8, -1], part.value, axes=1) / (12 * step)
    found = side_by_side(model, MU, T)
    antisymmetric = {name: (found[name] - found[name].T) / 2 for name in slopes}
    assert np.abs(antisymmetric["static"] - slopes["static"]).max() < 1e-7
    for name in ("paper", "symmetric_quadrupole", "filled_multiplet"):
        assert np.abs(antisymmetric[name] - slopes[name]).max() > 1e-4, name


@pytest.mark.slow_for("static", "transverse", "filled_multiplet", "symmetric_quadrupole")
@pytest.mark.parametrize("choice", CHOICES)
def test_the_nernst_response_belongs_to_the_conductivity_of_the_same_choice(choice):
    # d alpha/d mu = d sigma/dT, since the entropy -dg/dT of a state has d_mu(-d_T g) = d_T f.
    model, step = random_lattice(4, spacing=3), 0.005
    stencil, weights = step * np.array([-2, -1, 1, 2]), np.array([1, -8, 8, -1]) / (12 * step)
    alpha = thermoelectric(model, MU + stencil, T, rtol=1e-9, hall=choice).value
    sigma = conductivity(model, MU, T + stencil, rtol=1e-9, hall=choice).value
    left, right = (np.tensordot(weights, values, axes=1) for values in (alpha, sigma))
    assert np.abs(left - right).max() < 2e-6 * np.abs(right).max() + 1e-9
    assert np.abs(left).max() > 1e-3


# -- what is refused ----------------------------------------------------------------------------------------------------------
def test_a_choice_without_meaning_is_refused_with_the_reason():
    kane_mele = models.kane_mele()
    with pytest.raises(ValueError, match=r"hall: expected one of paper, .* got 'kubo'"):
        conductivity(kane_mele, hall="kubo")
    with pytest.raises(ValueError, match="no slope of a magnetization"):
        magnetization(kane_mele, hall="transverse")
    with pytest.raises(ValueError, match="no other choice of a Hall part"):
        equilibrium_current(kane_mele, hall="static")
    k = sp.Symbol("k", real=True)
    chain = Model(sp.cos(k) * sp.diag(1, -1) + sp.Matrix([[0, 1], [1, 0]]), sp.diag(1, -1), (k,), lattice=[[1]])
    with pytest.raises(ValueError, match="one dimension"):
        conductivity(chain, hall="static")


@pytest.mark.slow
def test_choices_stand_beside_the_parts_of_the_first():
    model, mu = models.kane_mele(), gap(models.kane_mele(), 2).mu
    together = conductivity(model, mu, rtol=1e-4, hall="paper, filled_multiplet")
    paper, filled = (conductivity(model, mu, rtol=1e-4, hall=name) for name in ("paper", "filled_multiplet"))
    assert list(together.parts) == [*paper.parts, "filled_multiplet"]
    for name, part in paper.parts.items():
        assert np.abs(together.parts[name].value - part.value).max() <= part.error.max() + 1e-12
    assert np.abs(together.parts["filled_multiplet"].value - filled.value).max() <= filled.error.max() + 1e-12
    assert np.abs(filled.value - paper.value).max() > 0.01
    assert np.array_equal(together.value, together.parts["intrinsic"].value)
    assert together.hall.startswith("paper: that of the moments")
    assert "; filled_multiplet: the filled bands as one multiplet" in together.hall
    assert set(together.checks) == set(paper.checks)
    for hall in ("paper, kubo", "paper, all", "paper,", ["paper"]):
        with pytest.raises(ValueError, match="hall: expected"):
            conductivity(model, mu, hall=hall)


@pytest.mark.slow
def test_superconductors_have_the_choices_that_are_derived_for_them():
    model = models.get("spin_orbit_superconductor")
    for name in ("transverse", "static"):
        with pytest.raises(ValueError, match="derived for electrons"):
            thermoelectric(model, temperature=0.2, hall=name)
    found = thermoelectric(model, temperature=0.2, rtol=1e-4, hall="all")
    assert set(found.parts) == {"conventional", "paper", "symmetric_quadrupole", "filled_multiplet"}
    with pytest.raises(ValueError, match="not derived for a Zeeman gradient"):
        spin_hall(models.get("chiral_d_superconductor"), hall="static")


def test_choices_that_integrate_by_parts_need_an_empty_cutoff():
    with pytest.raises(ValueError, match=r"hall: expected another choice.*occupied states at the cutoff"):
        conductivity(models.get("massive_dirac"), cutoff=20, form="sea", hall="static")
    found = conductivity(models.get("massive_dirac"), cutoff=20, form="sea", hall="all", rtol=1e-4)
    assert set(found.parts) == {"conventional", "paper", "symmetric_quadrupole", "filled_multiplet"}


def pairs_of_states(split=None, seed=5):
    """Three Kramers pairs at every k, H = S(k) 1 + sum_j i A_j(k) sigma_j with S symmetric, A_j antisymmetric, real; and a splitting."""
    random, sigma = (
        np.random.default_rng(seed),
        [np.array(X) for X in ([[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]])],
    )

    def pairs():
        S, *A = random.normal(size=(4, 3, 3))
        return np.kron(S + S.T, np.eye(2)) + sum(np.kron(1j * (X - X.T), s) for X, s in zip(A, sigma, strict=True))

    hoppings = {(0, 0): np.kron(np.diag([-8.0, -5.0, 10.0]), np.eye(2)) + (0 if split is None else split)}
    for R in ((1, 0), (0, 1), (1, 1)):
        cosine, sine = 0.35 * pairs(), 0.35 * pairs()
        hoppings[R] = (cosine - 1j * sine) / 2
        hoppings[tuple(-x for x in R)] = hoppings[R].conj().T
    return Model.from_hoppings(hoppings, np.kron(np.eye(3), sigma[2] / 2), np.eye(2))


def test_what_a_splitting_leaves_open_is_of_the_order_of_the_jumps_that_splittings_make():
    """Of two filled pairs, between which transitions cancel mostly: all of them together would be ten times too large."""
    model, jumps, filled = pairs_of_states(), [], 4
    k = model.cell.momenta(24, 0.3)
    term = conductivity.hall_term
    check = hall_checks.checks(model, model.cell, term, np.asarray(2.0), np.asarray(1e-3))
    together = evaluate(model, "symmetrized_curvature", k)[:, :filled, 0, 1].sum(axis=1).mean()
    for seed in range(4):
        W = np.random.default_rng(seed).normal(size=(2, 6, 6))
        W = 1e-5 * (W[0] + 1j * W[1] + (W[0] - 1j * W[1]).T)
        apart = (
            evaluate(pairs_of_states(W), "symmetrized_curvature", k, tolerance=0.0)[:, :filled, 0, 1].sum(axis=1).mean()
        )
        jumps.append(abs(apart - together))
    assert 0.2 < max(jumps) / check["splitting"].value[0, 1] < 5
