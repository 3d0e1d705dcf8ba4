"""Numbers in SI: quanta of conduction, one solid described in two units of energy and length, and signs that depend on the charge."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy as sp
from scipy import constants

import symcur as sc
from symcur import observables
from symcur.brillouin import Mesh
from symcur.observables import KINDS, OBSERVABLES

MESH = {"method": Mesh(8), "rtol": 0.9}  # sums over a few momenta, which units do not depend on
QUANTUM = constants.e**2 / constants.h
X, Y, Z = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.diag(1, -1)


def electrons(t, a, dimension, s=X / 4 + Z / 2):
    k = sp.symbols("k_x k_y k_z", real=True)[:dimension]
    x, y = a * k[0], a * k[-1]
    H = t * (sp.sin(x) * X + sp.sin(y) * Y + (sp.Rational(3, 2) + sum(sp.cos(a * q) for q in k) + sp.sin(x) / 3) * Z)
    return sc.Model(H + t * sp.cos(x - y) / 5 * sp.eye(2), s, k, lattice=a * np.eye(dimension, dtype=int))


def superconductor(t, a):
    k = sp.symbols("k_x k_y", real=True)
    x, y = (a * q for q in k)
    h = t * (-sp.cos(x) - sp.cos(y) - sp.Rational(1, 2) + sp.sin(x) / 3)
    Delta = t * (sp.cos(x) - sp.cos(y) + sp.I * sp.sin(x) * sp.sin(y))
    return sc.superconductors.bdg(h, Delta, k, lattice=a * np.eye(2, dtype=int))


@pytest.mark.parametrize(
    ("name", "dimension", "solid"),
    [
        ("conductivity", 3, electrons),
        ("conductivity", 2, electrons),
        ("thermoelectric", 2, electrons),
        ("magnetization", 3, electrons),
        ("equilibrium_current", 2, electrons),
        ("thermal_hall", 2, superconductor),
        ("spin_hall", 2, superconductor),
    ],
)
def test_a_solid_has_one_number_in_si_whatever_its_hamiltonian_counts_in(name, dimension, solid):
    """In eV and Angstrom, and in units of 2 eV and 3 Angstrom; the error and all parts too."""
    shape = (dimension,) if solid is electrons else ()
    plain, other = (
        OBSERVABLES.get(name)(solid(t, a, *shape), 0.3 * t if shape else 0.0, 0.2 * t, **MESH).convert("SI", **units)
        for t, a, units in (
            (2, 3, {"lattice_constant": 1.0, "energy_unit": 1.0}),
            (1, 1, {"lattice_constant": 3.0, "energy_unit": 2.0}),
        )
    )
    assert plain.unit == other.unit
    largest = max(np.abs(part.value).max() for part in plain.parts.values())
    assert largest > 0
    for one, same in zip(plain.parts.values(), other.parts.values(), strict=True):
        assert np.abs(one.value - same.value).max() < 1e-9 * largest
    assert plain.error == pytest.approx(other.error, rel=1e-3, abs=1e-6 * largest)


def test_filled_bands_conduct_in_quanta():
    """One quantum e^2/h of charge, dM/dmu of as much, pi^2 k_B^2 T/3h of heat and hbar/8 pi of spin for each chiral mode."""
    charge = electrons(1, 1, 2, sp.eye(2))
    gap = observables.gap(charge, 1)
    sigma = sc.conductivity(charge, gap.mu, rtol=1e-5).convert("SI")
    chern = round(sigma.value[0, 1] / QUANTUM)
    assert abs(chern) == 1
    assert sigma.value[0, 1] == pytest.approx(chern * QUANTUM, rel=1e-8)
    assert sigma.unit == "S"
    M = sc.magnetization(charge, [gap.mu, gap.mu + 0.1], rtol=1e-6).convert("SI", energy_unit=2.0)
    assert M.unit == "A"
    assert np.diff(M.value[:, 0, 1]) == pytest.approx(chern * QUANTUM * 0.1 * 2.0, rel=1e-3)

    paired, T = superconductor(1, 1), 0.01
    kappa = observables.thermal_hall(paired, 0.0, T, rtol=1e-5).convert("SI", energy_unit=0.5)
    assert kappa.unit == "W/K"
    kelvin = T * 0.5 * constants.e / constants.k
    modes = kappa.value[0, 1] / (np.pi**2 * constants.k**2 * kelvin / (3 * constants.h))
    assert abs(modes) == pytest.approx(2, rel=1e-3)
    spin = observables.spin_hall(paired, 0.0, T, rtol=1e-5).convert("SI")
    assert spin.unit == "J s"
    assert spin.value[0, 1] / constants.hbar * 8 * np.pi == pytest.approx(modes, rel=1e-3)


def test_the_nernst_response_is_in_ampere_per_kelvin():
    result = sc.thermoelectric(electrons(1, 1, 3), 0.3, 0.2, **MESH)
    converted = result.convert("SI", lattice_constant=4.0, s_unit="hbar/2")
    assert converted.unit == "(hbar/e) A/(m K), s in hbar/2"
    factor = 2 * constants.e * constants.k / constants.hbar / 4e-10
    assert converted.value == pytest.approx(factor * result.value)
    assert converted.error == pytest.approx(factor * result.error)


@pytest.mark.parametrize(
    ("observable", "of_spin", "of_charge"),
    [("conductivity", -1, 1), ("magnetization_slope", -1, 1), ("thermoelectric", 1, -1), ("magnetization", 1, -1)],
)
def test_what_holds_the_charge_once_changes_sign_for_electrons(observable, of_spin, of_charge):
    for s, sign in ((Z / 2, of_spin), (sp.eye(2), of_charge)):
        result = OBSERVABLES.get(observable)(electrons(1, 1, 2, s), 0.3, 0.2, **MESH)
        paper, literature = (result.convert("SI", energy_unit=1.0, sign=name) for name in ("paper", "literature"))
        assert np.array_equal(literature.value, sign * paper.value)
        assert np.array_equal(literature.error, paper.error)
        assert ("in the sign of the literature" in literature.unit) == (sign < 0)
        assert literature.convention != result.convention
        assert ("hbar" in paper.unit) == (s == Z / 2)


@pytest.mark.parametrize("s", [Z / 2, sp.eye(2)], ids=["spin", "charge"])
def test_relations_between_responses_hold_in_either_sign(s):
    """sigma_H = e dM/dmu, and Mott's alpha = (pi^2/3) (k_B^2 T/e) dsigma/dmu: both ratios hold one e, which is 1 or -1."""
    model = electrons(1, 1, 2, s)
    sigma, M, alpha = (
        OBSERVABLES.get(name)(model, 0.3, 0.2, **MESH)
        for name in ("magnetization_slope", "magnetization", "thermoelectric")
    )
    for other in (M, alpha):
        paper, literature = (
            sigma.convert("1", sign=sign).value[0, 1] / other.convert("1", sign=sign).value[0, 1]
            for sign in ("paper", "literature")
        )
        assert literature == -paper != 0


def test_the_charge_of_quasiparticles_is_that_of_electrons_and_holes():
    paired = superconductor(1, 1)
    assert (
        sc.equilibrium_current(paired, 0.0, 0.2, **MESH).convert("SI", lattice_constant=1, energy_unit=1).unit == "A/m"
    )
    assert not sc.thermoelectric(paired.with_s(sp.eye(2)), 0.0, 0.2, **MESH).charge
    assert not observables.spin_current(paired, 0.0, 0.2, **MESH).charge
    assert not sc.thermoelectric(sc.bosons.kagome_magnons().with_s(1), 0.0, 0.2, **MESH).charge


def test_what_does_not_apply_is_refused():
    M = sc.magnetization(electrons(1, 1, 3), 0.3, 0.2, **MESH)
    kappa, spin = (
        OBSERVABLES.get(name)(superconductor(1, 1), 0.0, 0.2, **MESH) for name in ("thermal_hall", "spin_hall")
    )
    for result, options, message in (
        (M, {"lattice_constant": 3.0}, "energy_unit: expected a positive energy in eV, got None"),
        (M, {"energy_unit": 3.0}, "lattice_constant: expected a positive length in Angstrom, got None"),
        (M, {"energy_unit": -3.0}, r"energy_unit: expected a positive energy in eV, got -3\.0"),
        (M, {"energy_unit": "eV"}, "energy_unit: expected a positive energy in eV, got 'eV'"),
        (
            kappa,
            {"energy_unit": 1, "lattice_constant": -2},
            "lattice_constant: expected a positive length in Angstrom, got -2",
        ),
        (kappa, {"energy_unit": 1, "s_unit": "hbar/2"}, "s_unit: expected 'hbar', which is not used for thermal_hall"),
        (spin, {"s_unit": "hbar/2"}, "s_unit: expected 'hbar', as the spin enters spin_hall twice, got 'hbar/2'"),
    ):
        with pytest.raises(ValueError, match=message):
            result.convert("SI", **options)


def test_every_observable_has_a_unit_in_si_of_the_dimension_of_its_own():
    assert {observable.kind for observable in OBSERVABLES} <= set(KINDS)
    for name, kind in KINDS.items():
        assert kind.flat == int(re.search(r"length\^\(D-(\d)\)", kind.unit)[1]), name
        assert kind.energy == len(re.findall("energy|temperature", kind.unit)), name
        assert ("K" in kind.si) == ("k_B" in kind.unit), name
        assert kind.counts == (
            "spin" if "spin in" in kind.unit else "s" if re.search(r"\bs\b", kind.unit) else kind.counts
        )
