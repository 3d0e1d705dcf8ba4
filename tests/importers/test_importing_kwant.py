"""Bulk builders of kwant: H(k) and spectra as kwant itself gives them after wraparound, and the Chern number of its own plaquettes."""

from __future__ import annotations

import numpy as np
import pytest
from bloch import MOMENTA, PAULI, plaquette_flux, with_positions

import symcur as sc

pytestmark = pytest.mark.filterwarnings("ignore:MUMPS is not available")
VALUES = {"m": 0.3, "t": 1.0, "rashba": 0.2}


@pytest.fixture(name="kwant", scope="module")
def package():
    return pytest.importorskip("kwant")


@pytest.fixture(name="lattice", scope="module")
def honeycomb(kwant):
    return kwant.lattice.honeycomb(1.0, name=["A", "B"], norbs=2)


@pytest.fixture(name="builder")
def kane_mele_like(kwant, lattice):
    """Values as numbers, matrices and functions of sites and parameters, hoppings in both directions."""
    builder = kwant.Builder(kwant.TranslationalSymmetry(lattice.vec((1, 0)), lattice.vec((0, 1))))
    builder[lattice.a(0, 0)] = builder[lattice.b(0, 0)] = onsite
    builder[lattice.neighbors()] = nearest
    builder[kwant.HoppingKind((1, 0), lattice.a, lattice.a)] = 0.1j * PAULI[2]
    builder[kwant.HoppingKind((-2, 1), lattice.b, lattice.b)] = np.array([[0.2, 0.05j], [0.3, -0.1]])
    builder[lattice.b(1, 1), lattice.a(0, 0)] = 0.05 * PAULI[0] + 0.02j * PAULI[1]
    return builder


def onsite(site, m):
    return m * (1 if site.family.name == "A" else -1) * np.eye(2)


def nearest(to, start, t, rashba):
    d = to.pos - start.pos
    return t * np.eye(2) + 1j * rashba * (PAULI[0] * d[1] - PAULI[1] * d[0])


def wrapped(kwant, builder):
    """kwant's H(k), k Cartesian, with the positions of its sites put into the phases."""
    system = kwant.wraparound.wraparound(builder).finalized()
    periods = np.array(builder.symmetry.periods)
    centres = [site.pos for site in system.sites for _ in range(site.family.norbs)]

    def H(k, **params):
        phases = dict(zip(("k_x", "k_y", "k_z"), periods @ k, strict=False))
        return with_positions(system.hamiltonian_submatrix(params={**params, **phases}), k, centres)

    return H


def test_kwant_itself_agrees(kwant, builder, lattice) -> None:
    """Also after the builder has changed."""
    model, H = sc.import_model(builder, PAULI[2] / 2, parameters=VALUES), wrapped(kwant, builder)
    for values in (VALUES, {"m": -0.7, "t": 0.4, "rashba": 1.1}):
        for k in MOMENTA:
            np.testing.assert_allclose(model.with_values(values).matrix("H", k), H(k, **values), atol=1e-14)
            np.testing.assert_allclose(
                model.with_values(values).energies(k), np.linalg.eigvalsh(H(k, **values)), atol=1e-13
            )
    assert model.values() == VALUES
    builder[lattice.a(0, 0)] = np.zeros((2, 2))
    np.testing.assert_allclose(model.with_values(VALUES).energies(k), np.linalg.eigvalsh(H(k, **VALUES)), atol=1e-13)
    assert "A (2), B (2)" in model.facts


def test_position_is_in_the_phases(kwant, builder, lattice) -> None:
    """Derivatives are velocities: those of H with the positions of the sites, by differences."""
    model, H = sc.import_model(builder, PAULI[2] / 2, parameters=VALUES), wrapped(kwant, builder)
    h = 1e-5
    for axis in (0, 1):
        step = h * np.eye(2)[axis]
        difference = (H(MOMENTA[0] + step, **VALUES) - H(MOMENTA[0] - step, **VALUES)) / (2 * h)
        np.testing.assert_allclose(model.matrix("H", MOMENTA[0], (axis,)), difference, atol=1e-9)


def test_operators_by_family_and_by_site(builder, lattice) -> None:
    """A sublattice operator, and the spin of one sublattice."""
    sublattice = sc.import_model(builder, lambda site: 1 if site.family == lattice.a else -1, parameters=VALUES)
    np.testing.assert_array_equal(sublattice.s, np.diag([1, 1, -1, -1]))
    spin = sc.import_model(builder, {"A": PAULI[2] / 2, "B": 0}, parameters=VALUES)
    np.testing.assert_array_equal(spin.s, np.diag([0.5, -0.5, 0, 0]))
    with pytest.raises(ValueError, match="s: expected a matrix for each of A, B, got A"):
        sc.import_model(builder, {"A": PAULI[2]}, parameters=VALUES)
    with pytest.raises(ValueError, match="kwant does not tell which orbitals"):
        sc.import_model(builder, "spin_z", parameters=VALUES)


def test_a_chern_insulator_of_three_orbitals_per_cell(kwant) -> None:
    """A supercell with a site of two orbitals and one of one; the flux of plaquettes is that of the curvature."""
    large = kwant.lattice.square(2.0, name="large", norbs=2)
    small = kwant.lattice.Monatomic([[2.0, 0], [0, 2.0]], [0.7, 0.4], name="small", norbs=1)
    builder = kwant.Builder(kwant.TranslationalSymmetry((2, 0), (0, 2)))
    builder[large(0, 0)] = 0.6 * PAULI[2]
    builder[small(0, 0)] = 5.0
    builder[kwant.HoppingKind((1, 0), large)] = -0.5 * PAULI[2] - 0.5j * PAULI[0]
    builder[kwant.HoppingKind((0, 1), large)] = -0.5 * PAULI[2] - 0.5j * PAULI[1]
    builder[large(0, 0), small(0, 0)] = np.array([[0.3], [0.1j]])
    model, H = sc.import_model(builder, np.diag([1, 1, 0])), wrapped(kwant, builder)
    for k in MOMENTA:
        np.testing.assert_allclose(model.matrix("H", k), H(k), atol=1e-14)
    mesh = (model.cell.grid(40) @ model.cell.reciprocal).reshape(-1, 2)
    chern = 2 * np.pi * sc.evaluate(model, "berry_curvature", mesh)[:, 0, 0, 1].mean() / 4
    assert abs(chern) == pytest.approx(1, abs=1e-6)
    assert plaquette_flux(model) == pytest.approx(chern, abs=1e-6)


def test_what_is_no_crystal_is_refused(kwant, builder, lattice) -> None:
    finite = kwant.Builder()
    finite[lattice.a(0, 0)] = finite[lattice.b(0, 0)] = np.eye(2)
    lead = kwant.Builder(kwant.TranslationalSymmetry(lattice.vec((1, 0))))
    lead[lattice.a(0, 0)] = lead[lattice.b(0, 0)] = np.eye(2)
    lead[lattice.a(0, 0), lattice.b(0, 0)] = lead[lattice.a(1, 0), lattice.a(0, 0)] = np.eye(2)
    for source, message in (
        (finite, "got a finite sample"),
        (lead, "got 1 in 2 dimensions: a lead, a ribbon or a slab"),
        (kwant.wraparound.wraparound(builder), "as it was before wraparound"),
        (finite.finalized(), "got the FiniteSystem, which is finalized or a lead"),
        (lead.finalized(), "got the InfiniteSystem, which is finalized or a lead"),
    ):
        with pytest.raises(ValueError, match=message):
            sc.import_model(source, 1)
    finite[lattice.a(0, 1)] = finite[lattice.b(0, 1)] = np.eye(2)
    with pytest.raises(ValueError, match="parameters: expected values of m, rashba, t, got none"):
        sc.import_model(builder, 1)
    with pytest.raises(ValueError, match="parameters: expected some of m, rashba, t, got M"):
        sc.import_model(builder, 1, parameters=VALUES | {"M": 1})


def test_values_that_differ_from_cell_to_cell_are_refused(kwant) -> None:
    """Peierls phases, disorder, and what kwant would evaluate in one cell alone."""
    square = kwant.lattice.square(1.0, norbs=1)

    def chain(energy, hopping):
        builder = kwant.Builder(kwant.TranslationalSymmetry((1, 0), (0, 1)))
        builder[square(0, 0)], builder[square.neighbors()] = energy, hopping
        return builder

    def peierls(a, b, B):
        return -np.exp(-0.5j * B * (a.pos[0] - b.pos[0]) * (a.pos[1] + b.pos[1]))

    for source in (
        chain(1.0, peierls),
        chain(lambda site, B: B * kwant.digest.gauss(repr(site)), -1.0),
        chain(lambda site, B: B * (site.tag[0] % 2), -1.0),
    ):
        with pytest.raises(ValueError, match=r"same in every cell, .* as with disorder or a magnetic field"):
            sc.import_model(source, 1, parameters={"B": 0.3})
    with pytest.raises(ValueError, match="expected functions with named parameters"):
        sc.import_model(chain(lambda site, *args: 1.0, -1.0), 1)


def test_parameters_that_are_no_numbers_stay_as_they_are(kwant) -> None:
    square = kwant.lattice.square(1.0, norbs=2)
    builder = kwant.Builder(kwant.TranslationalSymmetry((1, 0), (0, 1)))
    builder[square(0, 0)] = lambda site, matrix, m: m * matrix
    builder[square.neighbors()] = np.eye(2)
    model = sc.import_model(builder, PAULI[0], parameters={"matrix": PAULI[2], "m": 2})
    assert list(model.values()) == ["m"]
    np.testing.assert_allclose(model.with_values(m=3).matrix("H", [0.0, 0.0]), 3 * PAULI[2] + 4 * np.eye(2), atol=1e-14)
