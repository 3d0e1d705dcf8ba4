"""The s orbital magnetization: against open boundaries, against sums over states, and its slope in mu."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from dense_sums import DenseZone, fermi, grand_potential
from flake import Flake
from random_models import random_lattice_model

from symcur import models
from symcur.observables import (
    conductivity,
    gap,
    hall_conductivity,
    magnetization,
    magnetization_slope,
)


def charge(model):
    return model.with_s(1)


# -- s = 1: the orbital magnetization of charge, from a crystal with boundaries ----------------------------------------
def test_haldane_insulator_against_a_finite_flake_with_its_edges():
    # (1/2A) sum <r x v> over the occupied states of an n x n flake is M + c/n + d/n^2 up to what decays exponentially:
    # bulk, edges and corners. Three sizes give M.
    model = charge(models.haldane(t=0.7, M=1.8))
    mu = gap(model, 1).mu
    sizes = np.array([7, 10, 13])
    values = [Flake(model, n).whole_magnetization(mu) for n in sizes]
    bulk = np.linalg.solve(1.0 / sizes[:, None] ** [0, 1, 2], values)[0]
    result = magnetization(model, mu, rtol=1e-8)
    assert result.value[0, 1] == pytest.approx(bulk, abs=1e-8)
    assert abs(bulk) > 1e-3
    assert result.value[1, 0] == -result.value[0, 1]


@pytest.mark.parametrize("shift", [-0.2, 0.3])
def test_haldane_chern_insulator_against_the_middle_of_a_flake(shift):
    # With edge states the sum over the whole flake depends on the edges; the projected density in the middle does not,
    # and it carries the term C mu/2 pi.
    model = charge(models.haldane(t2=0.3, phi=1.2))
    mu = gap(model, 1).mu + shift
    result = magnetization(model, mu, rtol=1e-8)
    smaller, larger = (Flake(model, n).magnetization(mu) for n in (10, 14))
    assert result.value[0, 1] == pytest.approx(larger, abs=1e-4)
    assert abs(result.value[0, 1] - larger) < abs(result.value[0, 1] - smaller) / 3


def test_haldane_with_particle_hole_symmetry_by_hand():
    # At phi = pi/2 and M = 0 the levels are +-e and m is the same in both: what is left at mu in the gap is
    # the magnetization of the edge channel, M_z = -C mu/2 pi with C the Chern number int Omega^{xy}/2 pi.
    model = charge(models.haldane(phi=np.pi / 2, M=0))
    result = magnetization(model, [-0.3, 0.0, 0.2], rtol=1e-9)
    chern = -1
    assert result.value[:, 0, 1] == pytest.approx(-chern * np.array([-0.3, 0.0, 0.2]) / (2 * np.pi), abs=1e-9)
    assert np.abs(result.parts["moment"].value[:, 0, 1]).min() > 1e-2


@pytest.mark.slow
def test_conserved_spin_is_half_the_difference_of_the_magnetizations_of_up_and_down():
    up, down = (charge(models.haldane(t2=0.3, phi=phi, M=1)) for phi in (np.pi / 2, -np.pi / 2))
    spin = magnetization(models.kane_mele(lambda_R=0), 0.9, 0.15, rtol=1e-8)
    halves = [magnetization(model, 0.9, 0.15, rtol=1e-8).value / 2 for model in (up, down)]
    assert spin.value == pytest.approx(halves[0] - halves[1], abs=1e-8)
    assert abs(spin.value[0, 1]) > 1e-2


# -- against sums over states ------------------------------------------------------------------------------------------
@pytest.mark.slow_for("2-3-40-0.6")
@pytest.mark.parametrize(("bands", "dimension", "points", "T"), [(3, 2, 160, 0.3), (2, 3, 40, 0.6)])
def test_parts_against_sums_over_states(bands, dimension, points, T):
    model, mu = random_lattice_model(bands, dimension), 0.5
    zone = DenseZone(model, points)
    f, g = fermi(zone.e, mu, T), grand_potential(zone.e, mu, T)
    moment = zone.tensor(lambda l, i: f * zone.orbital_moment(l, i))
    berry = zone.tensor(lambda l, i: g * zone.weighted_curvature(l, i))
    slope = fermi(zone.e, mu, T) * (1 - f) / T
    surface = zone.tensor(lambda l, i: slope * zone.orbital_moment(l, i))
    sea = zone.tensor(lambda l, i: -f * zone.weighted_curvature(l, i))
    rtol, allowed = (1e-9, 1e-9) if dimension == 2 else (1e-6, 1e-6)
    M = magnetization(model, mu, T, form="sea", rtol=rtol)
    assert M.parts["moment"].value == pytest.approx(moment, abs=allowed)
    assert M.parts["berry"].value == pytest.approx(berry, abs=allowed)
    assert magnetization(model, mu, T, rtol=rtol).value == pytest.approx(moment + berry, abs=allowed)
    assert magnetization_slope(model, mu, T, rtol=rtol).value == pytest.approx(surface + sea, abs=allowed)
    assert np.abs(moment).max() > 1e-3


def test_one_dimension_has_no_magnetization():
    result = magnetization(models.rice_mele(), 0.2, 0.3)
    assert result.value.shape == (1, 1)
    assert result.value[0, 0] == pytest.approx(0, abs=1e-15)


# -- the two forms -----------------------------------------------------------------------------------------------------
@pytest.mark.slow_for("0.0-observable1-1e-06", "0.2-observable0-1e-07", "0.0-observable0-1e-07")
@pytest.mark.parametrize(("observable", "rtol"), [(magnetization, 1e-7), (magnetization_slope, 1e-6)])
@pytest.mark.parametrize("temperature", [0.0, 0.2])
def test_forms_agree_where_no_bands_touch(observable, rtol, temperature):
    model = random_lattice_model(2, 2)
    regular, sea = (observable(model, [-0.7, 0.4], temperature, form=form, rtol=rtol) for form in ("regular", "sea"))
    error = (regular.error + sea.error).max()
    assert np.abs(regular.value - sea.value).max() <= error
    assert np.abs(regular.parts["berry"].value - sea.parts["berry"].value).max() <= 3 * error
    assert np.abs(regular.value).max() > 1e3 * error


def test_rashba_magnetization_by_hand_and_its_limit():
    # M = 0, both subbands filled, k_1 - k_2 = 2 m alpha, k_1 k_2 = 2 m mu: m^{xy} = -1/4m -+ alpha/8k gives
    # -(2 mu + m alpha^2)/8 pi. Omega s is zero away from the touching and -1/8 pi in all at it, where g = -mu: +mu/8 pi.
    # The regular form has it at M = 0, the sum over the sea loses it there and finds it for every M > 0.
    m, alpha = 1.2, 0.6
    mu = np.array([0.4, 0.9])
    moment, berry = -(2 * mu + m * alpha**2), mu
    for form, M, expected in (
        ("regular", 0, berry),
        ("sea", 0, 0 * mu),
        ("regular", 1e-4, berry),
        ("sea", 0.005, berry),
    ):
        result = magnetization(models.rashba(m=m, alpha=alpha, M=M), mu, form=form, rtol=1e-5)
        allowed = 1e-4 if M < 0.001 else 2e-3
        assert result.status == "converged"
        assert 8 * np.pi * result.value[:, 0, 1] == pytest.approx(moment + expected, abs=allowed)


@pytest.mark.slow
def test_kramers_touchings_the_regular_form_is_the_limit_of_lifting_them():
    # In Kane and Mele's model the two occupied bands touch at the four momenta k = -k + G. A Zeeman field -h s lifts it.
    model, h = models.kane_mele(), sp.Symbol("h", real=True)
    lifted = model.replace(H=model.H - h * model.s, parameters={**model.parameters, h: 0.0})
    mu = gap(model, 2).mu
    for observable, lost in ((magnetization, 0.1), (hall_conductivity, 0.05)):
        regular, sea = (observable(model, mu, form=form, rtol=1e-4).value[0, 1] for form in ("regular", "sea"))
        for form in ("regular", "sea"):
            limit = observable(lifted, mu, form=form, rtol=1e-4, parameters={h: 0.01}).value[0, 1]
            assert limit == pytest.approx(regular, abs=3e-4)
        assert abs(sea - regular) > lost


# -- the slope ---------------------------------------------------------------------------------------------------------
def test_slope_in_a_gap_is_the_hall_conductivity():
    # C (12): e dM/dmu = sigma_H with J = E x sigma_H, that is sigma[i, l] = -eps_{ilk} dM_k/dmu.
    model = models.bhz(M=1.0)
    mu = gap(model, 2).mu
    slope = magnetization_slope(model, mu, rtol=1e-8)
    hall = hall_conductivity(model, mu, rtol=1e-8)
    assert slope.parts["moment"].value == pytest.approx(0, abs=1e-12)
    assert slope.value == pytest.approx(-hall.value.T, abs=1e-8)
    assert conductivity(model, mu, rtol=1e-8).value == pytest.approx(hall.value, abs=1e-8)
    insulator = charge(models.haldane(M=0.1))
    chern = 2 * np.pi * magnetization_slope(insulator, gap(insulator, 1).mu, rtol=1e-8).value[0, 1]
    assert chern == pytest.approx(1, abs=1e-8)


def test_magnetization_is_linear_in_mu_in_a_gap():
    model = models.haldane(M=0.5)  # s: which sublattice, not conserved
    found = gap(model, 1)
    mu = found.mu + found.width * np.array([-0.3, 0.0, 0.3])
    M = magnetization(model, mu, rtol=1e-7)
    slope = np.diff(M.value, axis=0) / np.diff(mu)[:, None, None]
    expected = magnetization_slope(model, found.mu, rtol=1e-7)
    assert np.abs(slope - expected.value).max() < 10 * (M.error.max() / np.diff(mu).min() + expected.error.max())


@pytest.mark.parametrize("temperature", [0.0, 0.1])
def test_slope_in_a_metal_is_the_finite_difference(temperature):
    model, mu, h = random_lattice_model(2, 2), 0.4, 0.02
    M = magnetization(model, mu + h * np.array([-2, -1, 1, 2]), temperature, rtol=1e-6)
    difference = np.tensordot([1, -8, 8, -1], M.value, 1) / (12 * h)
    slope = magnetization_slope(model, mu, temperature, rtol=1e-6)
    assert slope.value == pytest.approx(difference, abs=1e-5)
    assert abs(slope.parts["moment"].value[0, 1]) > 1e-2  # the Fermi surface does contribute


# -- what an integral cannot do silently -------------------------------------------------------------------------------
def test_what_vanishes_identically_converges_to_zero():
    # Two bands, s = sigma_z/2: the symmetrized curvature is zero at every k, up to rounding.
    model = models.haldane()
    result = hall_conductivity(model, gap(model, 1).mu)
    assert result.status == "converged"
    assert np.abs(result.value).max() <= result.error.max() < 1e-12


def test_bands_merged_on_lines_are_told():
    # Without Rashba coupling spin up and down have the same energy on the lines between time-reversal-invariant momenta.
    result = magnetization(models.kane_mele(lambda_R=0), 0.9, 0.2, rtol=1e-5)
    assert "; bands touch at points of the sweep and were merged there; " in result.message


@pytest.mark.parametrize("observable", [conductivity, hall_conductivity, magnetization, magnetization_slope])
def test_integration_by_parts_is_refused_where_states_at_the_cutoff_are_occupied(observable):
    for model, mu, cutoff in ((models.massive_dirac(), 0.0, 5.0), (models.rashba(), 1.0, 0.5)):
        with pytest.raises(
            ValueError,
            match=rf"form: expected 'sea', because {model.name} has occupied states at the cutoff .* "
            r"got 'regular', which is not defined there",
        ):
            observable(model, mu, cutoff=cutoff)
    whole = observable(models.rashba(), 1.0, rtol=1e-5)
    given = observable(models.rashba(), 1.0, cutoff=4.0, rtol=1e-5)
    assert whole.value == pytest.approx(given.value, abs=1e-5)
