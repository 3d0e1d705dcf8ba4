"""Continuum models in plane waves against finite differences, known spectra, and what the cutoff breaks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.differentiate import jacobian
from scipy.special import mathieu_a, mathieu_b

from symcur.band_structures import PlaneWaveModel, tight_binding
from symcur.band_structures.plane_waves import NearCell
from symcur.eigenstates import evaluate

HEXAGONAL = [[1.0, 0.0], [0.5, np.sqrt(3) / 2]]


def hermitian(generator, size=2):
    X = generator.normal(size=(size, size)) + 1j * generator.normal(size=(size, size))
    return X + X.conj().T


def random_model(seed=0, cutoff=8.0, **changes) -> PlaneWaveModel:
    """Two orbitals at one offset with all terms to second order in p, and random potentials on six vectors."""
    generator = np.random.default_rng(seed)
    kinetic = {(0, 0): np.eye(2), (1, 1): np.eye(2)}
    kinetic |= {axes: 0.3 * hermitian(generator) for axes in ((), (0,), (1,), (0, 1))}
    V = {g: generator.normal(size=(2, 2)) + 1j * generator.normal(size=(2, 2)) for g in ((1, 0), (0, 1), (1, -1))}
    V |= {tuple(-m for m in g): X.conj().T for g, X in V.items()}
    arguments = {"s": np.diag([0.5, -0.5]), "lattice": HEXAGONAL, "offsets": [[0.4, -0.9]] * 2, "cutoff": cutoff}
    return PlaneWaveModel(kinetic, V, **arguments | changes)


def mathieu(q=5.0, cutoff=30.0) -> PlaneWaveModel:
    """p^2 + 2 q cos 2x, whose energies at k = 0 are the characteristic values of Mathieu's equation."""
    return PlaneWaveModel({(0, 0): [[1]]}, {(1,): [[q]], (-1,): [[q]]}, 1, lattice=[[np.pi]], cutoff=cutoff)


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 0), (0, 1), (1, 1)])
def test_derivatives_are_those_of_H(axes):
    model, k = random_model(), np.array([0.3, -0.2])
    *inner, last = axes

    def entries(k):
        flat = model.matrix("H", np.moveaxis(k, 0, -1), inner).reshape(*k.shape[1:], -1)
        return np.moveaxis(np.concatenate([flat.real, flat.imag], axis=-1), -1, 0)

    found = jacobian(entries, k).df[:, last]
    given = model.matrix("H", k, axes).ravel()
    np.testing.assert_allclose(np.concatenate([given.real, given.imag]), found, atol=1e-7)
    assert not model.matrix("H", k, (0, 0, 1)).any()


def test_without_a_potential_the_energies_are_those_of_free_electrons():
    model = random_model()
    free, k = model.replace(potentials={(0, 0): np.zeros((2, 2))}), np.array([0.7, 0.1])
    p = k + model.waves[::2]
    np.testing.assert_array_equal(model.orbitals, [0, 1] * len(p))
    h = sum(X * np.prod(p[:, list(axes)], axis=1)[:, None, None] for axes, X in model.kinetic.items())
    np.testing.assert_allclose(free.energies(k), np.sort(np.linalg.eigvalsh(h).ravel()), atol=1e-10)


def test_a_cosine_has_the_characteristic_values_of_mathieu():
    expected = [mathieu_a(0, 5), mathieu_b(2, 5), mathieu_a(2, 5), mathieu_b(4, 5)]
    np.testing.assert_allclose(mathieu().energies([0.0])[:4], expected, atol=1e-10)
    np.testing.assert_allclose(mathieu().energies([1.0])[:2], [mathieu_b(1, 5), mathieu_a(1, 5)], atol=1e-10)


def test_H_is_periodic_up_to_a_shift_of_plane_waves_where_both_are_kept():
    model, k = random_model(cutoff=15.0), np.array([0.2, 0.5])
    for b in model.cell.reciprocal:
        apart = np.linalg.norm((model.waves + b)[:, None] - model.waves, axis=-1)
        rows, others = np.nonzero((apart < 1e-9) & (model.orbitals[:, None] == model.orbitals))
        assert len(rows) > 20
        here, there = model.matrix("H", k + b), model.matrix("H", k)
        np.testing.assert_allclose(here[np.ix_(rows, rows)], there[np.ix_(others, others)], atol=1e-12)


def test_what_is_left_out_is_what_many_more_plane_waves_change():
    every = random_model(cutoff=28.0)
    k = every.cell.momenta(8, 0.37)
    for cutoff in (8.0, 15.0):
        model = random_model(cutoff=cutoff)
        truth = np.abs(model.energies(k) - every.energies(k)[:, : model.size])[:, :2].max()
        assert 0 < model.left_out(2) < truth * (1 + 1e-6) < 1.5 * model.left_out(2) + 1e-9


@pytest.mark.parametrize(
    "lattice", [HEXAGONAL, [[1.0, 0.0], [3.2, 1.1]], [[2.0]], [[1, 0, 0], [0.2, 1, 0], [0.9, 0.3, 2]]]
)
def test_momenta_of_the_cell_are_those_next_to_zero(lattice):
    cell = NearCell(lattice)
    D = cell.dimension
    k, jacobian = cell.map(np.random.default_rng(1).uniform(-2, 3, size=(200, D)))
    counts = np.stack(np.meshgrid(*([*range(-5, 6)],) * D, indexing="ij"), axis=-1).reshape(-1, D)
    distances = np.linalg.norm(k[:, None] - counts @ cell.reciprocal, axis=-1).min(axis=1)
    np.testing.assert_allclose(np.linalg.norm(k, axis=1), distances, atol=1e-9)
    whole = (cell.near(k + counts[7] @ cell.reciprocal) - k) @ cell.vectors.T / (2 * np.pi)
    np.testing.assert_allclose(whole, np.rint(whole), atol=1e-9)
    np.testing.assert_allclose(jacobian, 1 / cell.volume)


def test_the_opposite_valley_is_the_time_reversed_model():
    model = random_model()
    other, k = model.time_reversed(), np.random.default_rng(3).uniform(-0.5, 0.5, size=(3, 2))
    np.testing.assert_allclose(other.energies(-k), model.energies(k), atol=1e-10)
    for name, sign in (("berry_curvature", -1), ("s_berry_curvature", -1), ("s_dipole", 1), ("s_expectation", 1)):
        there, here = (evaluate(x, name, q)[:, :2] for x, q in ((other, -k), (model, k)))
        np.testing.assert_allclose(there, sign * here, atol=1e-9 * np.abs(here).max() + 1e-12)
        assert np.abs(here).max() > 1e-5


def test_s_commutes_with_position_and_shifts():
    model = random_model()
    np.testing.assert_array_equal(model.s, np.kron(np.eye(model.size // 2), np.diag([0.5, -0.5])))
    assert model.with_s(1).s.tolist() == np.eye(model.size).tolist()


def test_the_bound_on_bending_holds_and_is_not_far_off():
    model, generator = random_model(), np.random.default_rng(5)
    k, step = generator.uniform(-1, 1, size=(2, 40, 2))
    H = [model.matrix("H", x) for x in (k + step, k)]
    slope = sum(step[:, i, None, None] * model.matrix("H", k, (i,)) for i in (0, 1))
    actual = np.linalg.norm(H[0] - H[1] - slope, axis=(1, 2))
    bound = model.bending(k, 0 * k, np.abs(step))
    assert (actual <= bound * (1 + 1e-12)).all()
    assert (actual > 0.2 * bound).any()
    assert model.replace(kinetic={(1, 1, 1): np.eye(2)}).bending is None


def test_larger_has_all_plane_waves_that_the_potential_links_to_those_kept():
    model = random_model(cutoff=1.0)
    for _ in range(3):
        larger = model.larger
        shifts = np.array(list(model.potentials)) @ model.cell.reciprocal
        linked = (model.waves[:, None] + shifts).reshape(-1, model.dimension)
        missing = np.linalg.norm(linked[:, None] - larger.waves, axis=-1).min(axis=1)
        assert missing.max() < 1e-9
        assert len(larger.waves) > len(model.waves)
        model = larger
    assert len(model.replace(potentials={}).larger.waves) > len(model.waves)  # free waves: the next ones


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cutoff": -1.0}, r"cutoff: expected a finite number >= 0"),
        ({"cutoff": 1e4}, r"cutoff: expected one with at most 400 bands"),
        ({"cutoff": 0.9}, r"cutoff: expected one .* with plane waves of every orbital, got 0.9 with 0, 0 plane waves"),
        ({"filled": 2}, r"filled: expected an integer from 0 to 1"),
        ({"s": np.eye(3)}, r"s: expected a Hermitian matrix of shape \(2, 2\)"),
        ({"offsets": [[0.0, 0.0]]}, r"offsets: expected finite numbers of shape \(2, 2\)"),
        ({"offsets": [[0.0, 0.0], [1.0, 0.0]]}, r"kinetic: expected matrices that link orbitals of the same offset"),
        ({"potentials": {(1, 0): np.eye(2)}}, r"potentials: expected V_\(-g\) = V_g\^\+"),
        ({"potentials": {(1,): np.eye(2)}}, r"potentials: expected 2 integers"),
        ({"kinetic": {(0,): [[0, 1], [2, 0]]}}, r"kinetic: expected Hermitian matrices"),
        ({"kinetic": {(1, 0): np.eye(2)}}, r"kinetic: expected ascending axes from 0 to 1"),
        ({"kinetic": {}}, r"kinetic: expected a mapping"),
    ],
)
def test_bad_input_is_named(changes, message):
    with pytest.raises((ValueError, TypeError), match=message):
        random_model().replace(**changes)


def test_what_needs_orbitals_at_points_refuses_plane_waves():
    with pytest.raises(ValueError, match=r"expected orbitals at points of the cell, .* in plane waves"):
        tight_binding(random_model())
    with pytest.raises(ValueError, match=r"parameters: expected none to be changed"):
        random_model(parameters={"theta": 1.0}).with_values(theta=2.0)
