"""Nambu space: forms, symmetries, counting, and the errors that keep inconsistent pairings out."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import sympy as sp

from symcur import models
from symcur.eigenstates import evaluate
from symcur.superconductors import (
    SPIN_QUANTUM,
    Superconductor,
    bdg,
    orbital_magnetization,
    spin_hall,
    thermal_hall,
    thermoelectric_current,
)

kx, ky = k = sp.symbols("k_x k_y", real=True)
SQUARE = ((1, 0), (0, 1))
xi = -2 * sp.cos(kx) - 2 * sp.cos(ky) + 1
d_wave = (sp.cos(kx) - sp.cos(ky)) * sp.Rational(3, 5) + sp.I * sp.sin(kx) * sp.sin(ky) * sp.Rational(4, 5)
p_wave = (sp.sin(kx) + sp.I * sp.sin(ky)) / 2
i_sigma_y = sp.Matrix([[0, 1], [-1, 0]])
sigma_z = sp.diag(1, -1)
SUPERCONDUCTORS = [name for name in models.names() if "superconductor" in name]
K = np.random.default_rng(3).uniform(-3, 3, size=(20, 2))


def test_the_library_has_the_five_superconductors_and_two_lattices_for_chiral_d():
    assert SUPERCONDUCTORS == [
        "chiral_d_superconductor",
        "chiral_p_superconductor",
        "haldane_superconductor",
        "s_wave_superconductor",
        "spin_orbit_superconductor",
    ]
    assert models.chiral_d_superconductor(lattice="triangular").lattice != models.chiral_d_superconductor().lattice
    with pytest.raises(ValueError, match=r"lattice: 'cubic' came; valid are 'square' and 'triangular'"):
        models.chiral_d_superconductor(lattice="cubic")


@pytest.mark.parametrize("name", SUPERCONDUCTORS)
def test_energies_at_k_and_minus_k_are_opposite(name):
    model = models.get(name)
    assert isinstance(model, Superconductor)
    energies, reflected = evaluate(model, "energy", K), evaluate(model, "energy", -K)
    np.testing.assert_allclose(energies, -reflected[:, ::-1], atol=1e-12)


def test_the_hole_block_of_a_complex_normal_state_is_minus_h_of_minus_k_conjugate():
    model = models.haldane_superconductor()
    H, reflected = model.matrix("H", K), model.matrix("H", -K)
    np.testing.assert_allclose(H[:, 2:, 2:], -reflected[:, :2, :2].conj(), atol=1e-14)
    assert np.abs(H[:, 2:, 2:] + H[:, :2, :2].conj()).max() > 0.1, "h(-k) differs from h(k): no time reversal"


def test_form_and_counting_survive_replacement_and_pickling():
    model = models.chiral_p_superconductor(E_F=-0.5)
    for copy in (model, model.replace(s=sp.eye(2)), pickle.loads(pickle.dumps(model))):
        assert isinstance(copy, Superconductor)
        assert (copy.counting, copy.form) == (sp.Rational(1, 2), "spinless")
    assert models.chiral_d_superconductor().counting == 1
    assert models.haldane().counting == 1


def test_a_response_to_an_electric_field_is_marked_as_meaningless_with_its_reason():
    assert "condensate" in models.s_wave_superconductor().no_electric_field
    assert models.haldane().no_electric_field == ""


def test_a_singlet_superconductor_is_the_same_in_the_reduced_and_in_the_full_nambu_form():
    T = [0.1, 0.3]
    reduced = bdg(xi, d_wave, k, lattice=SQUARE)
    full = bdg(xi * sp.eye(2), d_wave * i_sigma_y, k, lattice=SQUARE, form="nambu", spin=sigma_z / 2)
    assert full.counting == sp.Rational(1, 2)
    for observable in (orbital_magnetization, thermal_hall, thermoelectric_current, spin_hall):
        options = {"rtol": 1e-6, "method": "trapezoid"}
        one, other = observable(reduced, T, **options), observable(full, T, **options)
        for name, part in one.parts.items():
            np.testing.assert_allclose(part.value, other.parts[name].value, atol=1e-11)
    assert abs(spin_hall(full, 0.02, rtol=1e-6, method="trapezoid").value / SPIN_QUANTUM - 2) < 1e-6


def test_two_equal_spins_in_a_chiral_p_wave_carry_twice_the_heat_of_one():
    spinless = bdg(xi, p_wave, k, lattice=SQUARE, form="spinless")
    both = bdg(xi * sp.eye(2), p_wave * sp.eye(2), k, lattice=SQUARE, form="nambu")
    one, two = (thermal_hall(model, 0.05, rtol=1e-7).value for model in (spinless, both))
    assert two == pytest.approx(2 * one, rel=1e-9)


@pytest.mark.parametrize(
    ("h", "Delta", "form", "message"),
    [
        (xi, p_wave, "singlet", r"Delta: Delta\(-k\)\^T differs from \+Delta\(k\).*\(form='singlet'\)"),
        (xi, d_wave, "spinless", r"Delta: Delta\(-k\)\^T differs from -Delta\(k\).*\(form='spinless'\)"),
        (xi * sp.eye(2), d_wave * sp.eye(2), "nambu", r"Delta: .*i sigma_y for singlet pairing"),
        (xi * sp.eye(2), d_wave, "singlet", r"Delta: a matrix of shape \(1, 1\) came; h has shape \(2, 2\)"),
        (xi + sp.I, d_wave, "singlet", r"h: not Hermitian"),
        (xi, d_wave, "triplet", r"form: 'triplet' came; valid are 'singlet', 'spinless', 'nambu'"),
        (xi, d_wave * sp.Symbol("x", real=True), "singlet", r"the symbols x are neither momenta"),
    ],
)
def test_errors_name_the_argument_and_what_is_valid(h, Delta, form, message):
    with pytest.raises(ValueError, match=message):
        bdg(h, Delta, k, form=form)


def test_the_hole_block_minus_xi_k_is_refused_for_an_odd_part():
    odd = xi + sp.sin(kx)
    with pytest.raises(ValueError, match=r"H: no particle-hole symmetry.*-h\(-k\)\^\*"):
        Superconductor([[odd, d_wave], [sp.conjugate(d_wave), -odd]], sigma_z, k)
    with pytest.raises(ValueError, match=r"spin: given for form='singlet'"):
        bdg(xi, d_wave, k, spin=sp.eye(1))


def test_bogoliubov_fermi_surfaces_open_when_the_field_exceeds_the_gap():
    q = (np.stack(np.meshgrid(*[np.arange(80)] * 2), axis=-1).reshape(-1, 2) + np.array([0.3, 0.2])) * np.pi / 40
    assert np.abs(evaluate(models.spin_orbit_superconductor(B=0.0), "energy", q)).min() > 0.19
    positive = evaluate(models.spin_orbit_superconductor(), "energy", q)[:, 2]
    assert (positive < 0).any(), "a curve of zero energy separates states of either sign"
    assert (positive > 0).any()
