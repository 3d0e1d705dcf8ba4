"""Spin currents of superconductors whose spin is not conserved: conventional and conserved, in equilibrium and driven."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy as sp

from symcur import models
from symcur.band_structures import Model
from symcur.models.pauli import sigma_0, sigma_x, sigma_y, sigma_z
from symcur.observables import (
    SPIN_QUANTUM,
    equilibrium_current,
    magnetization,
    spin_current,
    spin_hall,
    spin_magnetization,
    spin_nernst,
    thermoelectric,
)
from symcur.superconductors import bdg, singlet, spin_operator, triplet

kx, ky = k = sp.symbols("k_x k_y", real=True)
strength = sp.Symbol("lambda", real=True)
SQUARE = ((1, 0), (0, 1))
DERIVED = "symmetric_quadrupole"
Q = np.random.default_rng(8).uniform(-3, 3, size=(40, 2))


@pytest.fixture(name="mixed", scope="module")
def _mixed():
    """Singlet and triplet pairs, Rashba coupling and a field, no symmetry but that of Nambu space; no bands touch."""
    h = (-2 * (sp.cos(kx) + sp.cos(ky)) + 1) * sigma_0 + sigma_z / 4 + sigma_x / 5
    h += strength * (sp.sin(ky) * sigma_x - sp.sin(kx) * sigma_y)
    d = [2 * sp.sin(kx) / 5, 2 * sp.sin(ky) / 5 + 2 * sp.sin(kx) / 15, sp.I * sp.sin(kx + ky) / 5]
    spin = spin_operator("z") + 2 * spin_operator("x") / 5
    pairing = singlet(sp.Rational(9, 10)) + triplet(d)
    return bdg(h, pairing, k, {strength: 0.5}, SQUARE, form="nambu", spin=spin, name="mixed")


# -- the observables of the spin -----------------------------------------------------------------------------------------
def test_the_spin_nernst_effect_with_bogoliubov_fermi_surfaces():
    alpha = spin_nernst(models.spin_orbit_superconductor(), temperature=0.1, rtol=1e-4)
    assert alpha.status == "converged"
    np.testing.assert_allclose(alpha.value, [[0, 0.004280], [0.004718, 0]], atol=2e-6 + alpha.error.max())
    conventional = alpha.parts["conventional"].value
    np.testing.assert_allclose(conventional, [[0, 0.0343], [0.0344, 0]], atol=5e-5)


@pytest.mark.slow_for("of_spin2-of_s2", "of_spin1-of_s1")
@pytest.mark.parametrize(
    ("of_spin", "of_s"),
    [(spin_current, equilibrium_current), (spin_magnetization, magnetization), (spin_nernst, thermoelectric)],
)
def test_an_observable_of_the_spin_is_that_of_a_model_whose_s_is_the_spin(mixed, of_spin, of_s):
    one, other, charge = (
        observable.integrand(model, Q, temperature=0.3)
        for observable, model in ((of_spin, mixed), (of_s, mixed.with_s(mixed.spin)), (of_s, mixed))
    )
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])
    assert max(np.abs(one[name] - charge[name]).max() for name in one) > 1e-2


def test_labels_say_spin_and_not_charge(mixed):
    for observable in (spin_current, spin_magnetization, spin_nernst):
        result = observable(mixed, temperature=0.5, rtol=0.1, method="trapezoid")
        assert (result.observable, "spin in hbar" in result.unit) == (observable.name, True)
        assert "of the spin (in hbar)" in result.convention
        assert not re.search(r"\bs\b|charge", f"{result.unit} {observable.meaning}")


def test_the_spins_of_rashba_electrons_flow_at_rest_and_the_conserved_current_does_not(mixed):
    flow = spin_current(mixed.with_spin(spin_operator("y")), temperature=0.3, rtol=1e-6, method="trapezoid")
    assert flow.status == "converged"
    assert np.abs(flow.value).max() <= flow.error.max() < 1e-7
    assert np.abs(flow.parts["conventional"].value).max() > 1e-3


def test_without_pairing_quasiparticles_carry_what_the_electrons_of_the_normal_state_carry():
    """Which checks the factor 1/2: k and -k stand in one spinor, so that only the sums over the zone agree."""
    h = (-2 * (sp.cos(kx) + sp.cos(ky)) + 1) * sigma_0 + sigma_z / 4 + sigma_x / 5
    h += (sp.sin(ky) * sigma_x - sp.sin(kx) * sigma_y) / 2 + sp.sin(kx) * sigma_z / 3
    pairs = bdg(h, sp.zeros(2), k, lattice=SQUARE, form="nambu", spin=spin_operator("z"))
    electrons = Model(h, spin_operator("z"), k, lattice=SQUARE)
    even = electrons.cell.momenta(40, 0.5)  # holds -k with every k
    for of_spin, of_s in ((spin_magnetization, magnetization), (spin_nernst, thermoelectric)):
        one, other = of_spin.integrand(pairs, even, temperature=0.3), of_s.integrand(electrons, even, temperature=0.3)
        for name, value in other.items():
            np.testing.assert_allclose(one[name].mean(axis=0), value.mean(axis=0), atol=1e-10)
        assert np.abs(other["conventional" if "conventional" in other else "total"].mean(axis=0)).max() > 1e-3


# -- a Zeeman energy with a gradient -------------------------------------------------------------------------------------
def test_the_response_of_a_conserved_spin_is_omega_s_squared_with_either_name_of_the_hall_part():
    chiral = models.chiral_d_superconductor()
    d_wave = chiral.with_parameters(chiral.values()).H[0, 1]
    xi = -2 * (sp.cos(kx) + sp.cos(ky)) + 1
    full = bdg(xi * sigma_0 + sigma_z / 9, singlet(d_wave), k, lattice=SQUARE, form="nambu", spin=spin_operator("z"))
    force, general = (spin_hall.integrand(full, Q, temperature=0.1, hall=hall) for hall in ("paper", DERIVED))
    np.testing.assert_allclose(general["total"], force["total"], atol=1e-11)
    assert np.abs(force["total"]).max() > SPIN_QUANTUM
    assert np.abs(general["torque"]).max() < 1e-11


def test_the_conserved_response_of_a_spin_that_is_not_conserved_is_a_hall_response(mixed):
    found = spin_hall(mixed, temperature=0.3, hall=DERIVED, rtol=1e-5, method="trapezoid")
    conventional, torque = (found.parts[name].value for name in ("conventional", "torque"))
    assert found.status == "converged"
    assert found.hall.startswith(DERIVED)
    np.testing.assert_allclose(conventional + torque, found.value, atol=1e-15)
    np.testing.assert_allclose(found.value, -found.value.T, atol=1e-15)
    assert np.abs(torque).max() > 0.3 * np.abs(conventional).max() > 100 * found.error.max()


def test_the_hall_part_of_a_zeeman_gradient_is_refused_where_it_is_not_derived(mixed):
    with pytest.raises(
        ValueError, match=rf"hall: expected '{DERIVED}'.*mixed, whose spin is not conserved.*got 'paper'"
    ):
        spin_hall(mixed, temperature=0.1)
    for hall in ("static", "transverse", "filled_multiplet", "all"):
        with pytest.raises(ValueError, match=rf"hall: expected another choice for spin_hall, got '{hall}'"):
            spin_hall(mixed, temperature=0.1, hall=hall)
    for hall in ("static", "transverse"):
        with pytest.raises(ValueError, match=f"hall: expected another choice for mixed, got '{hall}': .*electrons"):
            spin_nernst(mixed, temperature=0.1, hall=hall)


@pytest.mark.parametrize("observable", [spin_current, spin_hall, spin_magnetization, spin_nernst])
def test_a_superconductor_without_a_spin_is_refused(observable):
    for model in (models.chiral_p_superconductor(), models.spin_orbit_superconductor().replace(spin=None)):
        with pytest.raises(
            ValueError, match=rf"model: expected a superconductor .* got {model.name}, which has no spin"
        ):
            observable(model, temperature=0.1)


# -- symmetry ------------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_conjugation_that_turns_the_spin_forbids_what_it_should():
    """tau_z sigma_x K at fixed k turns S_z: no state carries any, and S_z has no Zeeman response; spins in the plane have no alpha."""
    model, T = models.spin_orbit_superconductor(), 0.1
    up, in_plane = (
        spin_nernst.integrand(model.with_spin(spin_operator(axis)), Q, temperature=T, form="sea") for axis in "zx"
    )
    assert np.abs(up["band"]).max() < 1e-11
    assert np.abs(up["conventional"]).max() > 1e-2
    assert np.abs(in_plane["intrinsic"]).max() < 1e-11
    tilted = model.with_spin(spin_operator("z") + spin_operator("x"))
    forbidden, allowed = (spin_hall.integrand(m, Q, temperature=T, hall=DERIVED)["total"] for m in (model, tilted))
    assert np.abs(forbidden).max() < 1e-10
    assert np.abs(allowed).max() > 1e-3
