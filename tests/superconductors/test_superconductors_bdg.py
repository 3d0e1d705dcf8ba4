"""Nambu space: forms, symmetries, counting, and the errors that keep inconsistent pairings out."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symcur import models
from symcur.band_structures import FERMI, Model
from symcur.eigenstates import evaluate
from symcur.observables import (
    OBSERVABLES,
    SPIN_QUANTUM,
    conductivity,
    equilibrium_current,
    hall_conductivity,
    magnetization,
    magnetization_slope,
    spin_hall,
    thermal_hall,
    thermoelectric,
)
from symcur.superconductors import Superconductor, bdg

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
    with pytest.raises(ValueError, match="lattice: expected 'square' or 'triangular', got 'cubic'"):
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


def test_form_and_statistics_survive_replacement_and_pickling():
    model = models.chiral_p_superconductor(E_F=-0.5)
    for copy in (model, model.with_s(2 * sigma_z), model.with_values(E_F=1.0), pickle.loads(pickle.dumps(model))):
        assert isinstance(copy, Superconductor)
        assert (copy.statistics.factor, copy.statistics.fixed_mu, copy.form) == (Fraction(1, 2), True, "spinless")
    assert models.chiral_d_superconductor().statistics.factor == 1
    assert models.haldane().statistics == FERMI


def test_a_response_to_an_electric_field_is_marked_as_meaningless_with_its_reason():
    assert "condensate" in models.s_wave_superconductor().statistics.no_electric_field
    assert models.haldane().statistics.no_electric_field == ""
    for response in (conductivity, hall_conductivity, magnetization_slope):
        with pytest.raises(ValueError, match=rf"model: {response.name} is a response to an electric field.*condensate"):
            response(models.s_wave_superconductor(), 0.0, 0.1)


@pytest.mark.slow
def test_a_singlet_superconductor_is_the_same_in_the_reduced_and_in_the_full_nambu_form():
    T, options = [0.1, 0.3], {"rtol": 1e-6, "method": "trapezoid"}
    reduced = bdg(xi, d_wave, k, lattice=SQUARE)
    full = bdg(xi * sp.eye(2), d_wave * i_sigma_y, k, lattice=SQUARE, form="nambu", spin=sigma_z / 2)
    assert full.statistics.factor == Fraction(1, 2)
    for observable in (equilibrium_current, magnetization, thermal_hall, thermoelectric, spin_hall):
        for form in observable.forms:
            one, other = (observable(model, 0, T, form=form, **options) for model in (reduced, full))
            for name, part in one.parts.items():
                np.testing.assert_allclose(part.value, other.parts[name].value, atol=1e-11)
    assert abs(spin_hall(full, 0, 0.02, **options).value[0, 1] / SPIN_QUANTUM - 2) < 1e-6


@pytest.mark.slow_but(
    "equilibrium_current-chiral_p_superconductor",
    "current_dipole_density-chiral_p_superconductor",
    "magnetization-chiral_p_superconductor",
)
@pytest.mark.parametrize(
    "model", [models.haldane_superconductor(), models.chiral_p_superconductor()], ids=lambda x: x.name
)
@pytest.mark.parametrize(
    "observable",
    [x for x in OBSERVABLES if x.kind not in ("conductivity", "thermal") and not x.name.startswith("spin_")],
    ids=lambda x: x.name,
)
def test_an_observable_of_quasiparticles_is_that_of_the_bands_times_the_factor_of_nambu_space(model, observable):
    """A plain Model of the same H and s, at mu = 0, has the same parts, each state counted once."""
    T, factor = [0.05, 0.2], float(model.statistics.factor)
    plain = Model(model.H, model.s, model.k, model.parameters, model.lattice)
    assert plain.statistics.factor == 1
    for form in observable.forms:
        one, other = (observable(x, 0, T, form=form, rtol=1e-2) for x in (model, plain))
        for name in ("form", "unit", "convention", "sums", "evaluations"):
            assert getattr(one, name) == getattr(other, name)
        assert one.parts.keys() == other.parts.keys()
        for name, part in one.parts.items():
            np.testing.assert_allclose(part.value, factor * other.parts[name].value, rtol=1e-12, atol=1e-15)
            np.testing.assert_allclose(part.error, factor * other.parts[name].error, rtol=1e-9, atol=1e-15)
        k = model.cell.momenta(5, 0.2)
        integrands = [observable.integrand(x, k, 0, 0.2, form=form) for x in (model, plain)]
        for name, values in integrands[0].items():
            np.testing.assert_allclose(values, factor * integrands[1][name], rtol=1e-12, atol=1e-14)


def test_two_equal_spins_in_a_chiral_p_wave_carry_twice_the_heat_of_one():
    spinless = bdg(xi, p_wave, k, lattice=SQUARE, form="spinless")
    both = bdg(xi * sp.eye(2), p_wave * sp.eye(2), k, lattice=SQUARE, form="nambu")
    one, two = (thermal_hall(model, 0, 0.05, rtol=1e-7).value[0, 1] for model in (spinless, both))
    assert two == pytest.approx(2 * one, rel=1e-9)


@pytest.mark.parametrize(
    ("h", "Delta", "form", "message"),
    [
        (
            xi,
            p_wave,
            "singlet",
            r"Delta: expected Delta\(-k\)\^T = \+Delta\(k\).*\(form='singlet'\).* got .* differs from \+Delta\(k\)",
        ),
        (
            xi,
            d_wave,
            "spinless",
            r"Delta: expected Delta\(-k\)\^T = -Delta\(k\).*\(form='spinless'\).* got .* differs from -Delta\(k\)",
        ),
        (xi * sp.eye(2), d_wave * sp.eye(2), "nambu", r"Delta: .*i sigma_y for singlet pairing"),
        (xi * sp.eye(2), d_wave, "singlet", r"Delta: expected shape \(2, 2\), that of h, got \(1, 1\)"),
        (xi + sp.I, d_wave, "singlet", r"h: expected a Hermitian matrix"),
        (xi, d_wave, "triplet", r"form: expected one of 'singlet', 'spinless', 'nambu', got 'triplet'"),
        (
            xi,
            d_wave * sp.Symbol("x", real=True),
            "singlet",
            r"H: expected the momenta k_x, k_y and the parameters .*, got the symbols x",
        ),
    ],
)
def test_errors_name_the_argument_and_what_is_valid(h, Delta, form, message):
    with pytest.raises(ValueError, match=message):
        bdg(h, Delta, k, form=form)


def test_the_hole_block_minus_xi_k_is_refused_for_an_odd_part():
    odd = xi + sp.sin(kx)
    with pytest.raises(
        ValueError, match=r"H: expected the hole block -h\(-k\)\^\*, got one that differs by .* not -h\(k\)"
    ):
        Superconductor([[odd, d_wave], [sp.conjugate(d_wave), -odd]], sigma_z, k)
    with pytest.raises(ValueError, match="spin: expected one for form='nambu' only, got one for form='singlet'"):
        bdg(xi, d_wave, k, spin=sp.eye(1))


def test_bogoliubov_fermi_surfaces_open_when_the_field_exceeds_the_gap():
    q = (np.stack(np.meshgrid(*[np.arange(80)] * 2), axis=-1).reshape(-1, 2) + np.array([0.3, 0.2])) * np.pi / 40
    assert np.abs(evaluate(models.spin_orbit_superconductor(B=0.0), "energy", q)).min() > 0.19
    positive = evaluate(models.spin_orbit_superconductor(), "energy", q)[:, 2]
    assert (positive < 0).any(), "a curve of zero energy separates states of either sign"
    assert (positive > 0).any()
