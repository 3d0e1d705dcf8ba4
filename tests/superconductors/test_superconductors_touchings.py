"""Bogoliubov bands that touch: half of the magnetization of S_z in spin_orbit_superconductor comes from the touchings.

tau_z sigma_x K maps every H(k) to itself and S_z to -S_z: no band has a Berry curvature or a spin along z, and bands
can touch at isolated k. These are Dirac points, where Omega s is a delta function that a sum over the sea does not see.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy as sp
from scipy.optimize import brentq

from symcur import models
from symcur.brillouin.occupation import occupation
from symcur.brillouin.problem import BandProblem
from symcur.brillouin.solution import Tolerance
from symcur.brillouin.vanishing import only_rounding
from symcur.eigenstates import evaluate
from symcur.models.pauli import sigma_0, sigma_x, sigma_y, sigma_z
from symcur.observables import engine, magnetization, spin_hall
from symcur.superconductors import bdg, singlet, spin_operator

T = 0.1


@pytest.fixture(name="model", scope="module")
def _model():
    model = models.spin_orbit_superconductor()
    return model.with_s(model.spin)


@pytest.fixture(name="both", scope="module")
def _both(model):
    """The magnetization in the sea and in the regular form."""
    return [magnetization(model, 0, T, form=form, rtol=1e-5) for form in ("sea", "regular")]


def touchings(model):
    """k and the lower of two bands that touch: on k_x = 0 and pi sigma_x is conserved, and opposite spins meet."""
    t, E_F, strength, B, gap = model.values().values()
    found = []
    for k_x, a, b in itertools.product((0.0, np.pi), (1, -1), (1, -1)):

        def splitting(k_y, k_x=k_x, a=a, b=b):
            xi, shift = -2 * t * (np.cos(k_x) + np.cos(k_y)) - E_F, strength * np.sin(k_y)
            return (B + a * np.hypot(xi + shift, gap)) - (-B + b * np.hypot(xi - shift, gap))

        k_y = np.linspace(-np.pi, np.pi, 1000)
        for j in np.flatnonzero(np.diff(np.sign(splitting(k_y)))):
            k = np.array([k_x, brentq(splitting, k_y[j], k_y[j + 1], xtol=1e-15)])
            found.append((k, int(np.diff(model.energies(k)).argmin())))
    return found


def circulation(model, k, radius=1e-4, points=64):
    """The line integral of the s dipole of every band around a small circle."""
    angle = 2 * np.pi * np.arange(points) / points
    outward = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    along = np.stack([-np.sin(angle), np.cos(angle)], axis=-1)
    dipole = evaluate(model, "s_dipole", k + radius * outward)
    return 2 * np.pi * radius * np.einsum("pni,pi->n", dipole, along) / points


@pytest.mark.slow
def test_the_sum_over_the_sea_has_no_circuit_of_the_packets_and_the_regular_form_has_one(model, both):
    sea, regular = both
    k, U = model.cell.momenta(40, 0.3), np.kron([[1, 0], [0, -1]], [[0, 1], [1, 0]])
    H, S_z = model.matrix("H", k), model.matrix("s", k[0])
    np.testing.assert_allclose(U @ H.conj() @ U, H, atol=1e-14)
    np.testing.assert_allclose(U @ S_z.conj() @ U, -S_z, atol=1e-14)
    assert np.abs(magnetization.integrand(model, k, 0, T, form="sea")["berry"]).max() < 1e-12
    assert sea.value[0, 1] == pytest.approx(-0.127522, abs=1e-5)
    assert regular.value[0, 1] == pytest.approx(-0.064029, abs=1e-5)
    assert sea.parts["moment"].value == pytest.approx(regular.parts["moment"].value, abs=1e-5)
    assert sea.status == regular.status == "converged"
    assert magnetization(model, 0, T, rtol=0.1).form == regular.form, "the default"


@pytest.mark.slow
def test_what_the_sea_leaves_out_is_the_circulation_of_the_spin_dipole_around_the_touchings(model, both):
    """By parts, int g (d_l d^{is} - d_i d^{ls})/2 leaves -g/2 times the circulation around a point where d diverges."""
    lost, points = 0.0, touchings(model)
    for k, band in points:
        energies, around = model.energies(k), circulation(model, k)[[band, band + 1]]
        assert energies[band + 1] - energies[band] < 1e-12
        assert np.abs(around).min() > 0.5
        lost -= occupation("g", energies[band], 0, T) * around.sum() / 2
    lost *= float(model.statistics.factor) / (2 * np.pi) ** 2
    sea, regular = both
    assert len(points) == 12
    assert abs(lost) > 0.06
    assert (regular.value - sea.value)[0, 1] == pytest.approx(lost, abs=(regular.error + sea.error)[0, 1])


@pytest.mark.slow
def test_the_regular_form_is_the_limit_of_a_zeeman_field_that_lifts_the_touchings(model, both):
    h = sp.Symbol("h", real=True)
    lifted = model.replace(H=model.H - h * model.s, parameters={**model.parameters, h: 0.0})

    def in_field(field, form):
        return magnetization(lifted, 0, T, form=form, rtol=1e-4, parameters={h: field}).value[0, 1]

    sea, regular = (result.value[0, 1] for result in both)
    up = [in_field(field, "sea") for field in (0.1, 0.05, 0.02)]
    distances = np.abs(np.array(up) - regular)
    assert distances[0] > 2.5 * distances[1] > 6 * distances[2]
    assert distances[2] < 3e-4 < 0.06 < abs(up[2] - sea)
    assert in_field(-0.05, "sea") == pytest.approx(up[1], abs=1e-5)
    assert in_field(0.05, "regular") == pytest.approx(up[1], abs=1e-5)


def test_a_direct_sum_over_the_eigenstates_near_the_limit(model, both):
    strong = model.replace(H=model.H - sp.Rational(1, 10) * model.s)
    k = strong.cell.momenta(400, (0.318, 0.271))
    e, m, curvature = (evaluate(strong, name, k) for name in ("energy", "orbital_moment", "s_weighted_curvature"))
    terms = occupation("f", e, 0, T) * m[..., 0, 1] + occupation("g", e, 0, T) * curvature[..., 0, 1]
    direct = float(strong.statistics.factor) * terms.sum(axis=1).mean() / strong.cell.volume
    sea, regular = (result.value[0, 1] for result in both)
    assert magnetization(strong, 0, T, rtol=1e-4).value[0, 1] == pytest.approx(direct, abs=5e-5)
    assert abs(direct - regular) < 3e-3 < 0.06 < abs(direct - sea)


@pytest.mark.slow_for("0.7-auto", "1.0-patches")
@pytest.mark.parametrize(("E_F", "method"), [(0.7, "auto"), (1.0, "auto"), (1.0, "patches")])
def test_electrons_and_holes_that_cross_without_pairing_are_no_feature(E_F, method):
    """Sorted by energy they have kinks where they cross, but the sum over both is smooth at a temperature."""
    normal = models.haldane_superconductor(Delta_0=0.0).with_values(E_F=E_F)
    result = magnetization(normal, temperature=0.1, rtol=1e-7, method=method)
    assert result.status == "converged"
    assert result.evaluations < 200_000


def test_what_time_reversal_forbids_in_every_state_is_not_integrated():
    """Bands touch along the Fermi line of the normal state, where rounding grows like the inverse square of the gap."""
    still = models.spin_orbit_superconductor().with_values(B=0.0)
    result = spin_hall(still, temperature=T, hall="symmetric_quadrupole", rtol=1e-3)
    assert result.status == "converged"
    assert "vanishes identically" in result.method
    assert np.abs(result.value).max() <= result.error.max() < 1e-11


@pytest.mark.parametrize(("coupling", "vanishes"), [(1e-8, False), (0.0, True)])
def test_a_coupling_of_a_hundred_millionth_is_no_rounding(coupling, vanishes):
    """Spins that cross along lines, at which the coupling opens gaps; without it the spin is conserved and nothing responds."""
    kx, ky = sp.symbols("k_x k_y", real=True)
    h = (-2 * (sp.cos(kx) + sp.cos(ky)) + 1.3) * sigma_0 + (sp.cos(kx) - sp.cos(ky) + sp.sin(kx) / 10) * sigma_z / 5
    h += coupling * (sp.sin(ky) * sigma_x - sp.sin(kx) * sigma_y)
    crossing = bdg(h, singlet(0.3), (kx, ky), {}, ((1, 0), (0, 1)), form="nambu", spin=spin_operator("z"))
    model = crossing.with_s(crossing.spin)
    bands = engine.BandValues(model, spin_hall.forms["sea"].choices["symmetric_quadrupole"].parts)
    problem = BandProblem(bands, model.cell, bands.weights, 0.0, T)
    natural = engine.size_of_kind(model, model.cell, spin_hall.kind)
    found = only_rounding(problem, Tolerance(1e-3, np.array(0.0), "largest", len(bands.weights), natural))
    assert (found is not None) == vanishes
    assert problem.filled().max() < 1e-11 * natural
