"""Twisted bilayers: the published numbers, what symmetry says of the layer, and what the registry knows."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import symcur as sc
from symcur.band_structures import PlaneWaveModel
from symcur.brillouin.mesh_symmetry import mesh_symmetry
from symcur.brillouin.problem import BandProblem
from symcur.claims import verify
from symcur.eigenstates import evaluate
from symcur.models.moire import HALF_BY_MASS, twisted_bilayer_graphene, twisted_dichalcogenide
from symcur.observables import conductivity
from symcur.observables.engine import BandValues

LAYER_QUANTITIES = ("s_berry_curvature", "symmetrized_curvature", "s_dipole")


def chern_numbers(model, bands, points) -> np.ndarray:
    """int d^2k/2pi Omega^{xy} of the lowest bands."""
    k = model.cell.momenta(points, 0.31)
    curvature = evaluate(model, "berry_curvature", k)[:, :bands, 0, 1]
    return 2 * np.pi * curvature.mean(axis=0) / model.cell.volume


def test_the_moire_zone_is_that_of_the_twist():
    model = twisted_dichalcogenide(theta=3.0, reach=1.0)
    length = 0.3472 / (2 * np.sin(np.radians(1.5)))
    np.testing.assert_allclose(np.linalg.norm(model.cell.vectors, axis=1), length)
    corner = -model.made.offsets
    np.testing.assert_allclose(np.linalg.norm(corner, axis=1), 4 * np.pi / (3 * length))
    np.testing.assert_allclose(corner[0] - corner[1], [0, -4 * np.pi / (3 * length)], atol=1e-12)


TURN = np.array([[-0.5, -np.sqrt(3) / 2], [np.sqrt(3) / 2, -0.5]])


def strained(model: PlaneWaveModel) -> PlaneWaveModel:
    """Masses and velocities a few percent apart along two directions."""
    stretched = {axes: X * (1.03 if axes in ((0, 0), (0,)) else 1.0) for axes, X in model.kinetic.items()}
    return model.replace(kinetic=stretched)


def uneven(model: PlaneWaveModel) -> PlaneWaveModel:
    """One of three tunnelling vectors a few percent stronger than the others."""
    return model.replace(
        potentials={g: V * (1.03 if sum(g) in (1, -1) and g[0] else 1.0) for g, V in model.potentials.items()}
    )


@pytest.mark.parametrize("build", [twisted_dichalcogenide, twisted_bilayer_graphene])
def test_plane_waves_keep_the_threefold_turns_of_a_bilayer(build):
    """The turns shift the plane waves of each layer by a reciprocal vector: with the same G in both layers they were broken."""
    model, k = build(theta=2.0, displacement=5.0, reach=2.0).made, np.array([[0.2, 0.5], [0.3, -0.1]])
    for one, kept in ((model, True), (strained(model), False), (uneven(model), False)):
        apart = np.linalg.norm((one.waves @ TURN.T)[:, None] - one.waves, axis=-1) < 1e-9
        assert (apart & (one.orbitals[:, None] == one.orbitals)).any(axis=1).all()
        near = slice(one.neutral, one.neutral + 3)
        change = np.abs(one.energies(k @ TURN.T) - one.energies(k))[:, near].max()
        assert change < 1e-10 if kept else change > 1e-3


@pytest.mark.parametrize(
    ("values", "change", "number"),
    [({"displacement": 5.0}, None, 6), ({}, None, 12), ({}, strained, 4), ({"displacement": 5.0}, uneven, None)],
)
def test_one_momentum_stands_for_all_that_symmetries_make_of_it(values, change, number):
    """Threefold turns, a mirror that only the lowest harmonics have, and without displacement the twofold turn; what is not there is not used."""
    made = twisted_dichalcogenide(theta=3.0, reach=3**0.5, **values).made
    model = made if change is None else change(made)
    bands = BandValues(model, {"intrinsic": conductivity.forms["regular"].parts["intrinsic"]}, count=4)
    problem = BandProblem(bands, model.cell, bands.weights, [-1.0, 3.0], 0.6)
    symmetry = mesh_symmetry(problem)
    if number is None:
        assert symmetry is None
        return
    assert len(symmetry.matrices) == number
    u = np.random.default_rng(4).uniform(size=(5, 2))
    one = symmetry.average(symmetry.problem.sums(u))[0]
    every = problem.sums((u @ symmetry.matrices.mT).reshape(-1, 2)) / number
    np.testing.assert_allclose(one, every[0], rtol=0, atol=1e-10 * every[1].max())


@pytest.mark.filterwarnings("ignore::symcur.eigenstates.DegeneracyWarning")
def test_chern_numbers_of_twisted_mote2():
    # Wu et al.: the two highest valence bands have opposite Chern numbers at small twist, of which both have the same beyond 2 degrees.
    small = twisted_dichalcogenide(theta=1.2, reach=3.0)
    np.testing.assert_allclose(chern_numbers(small, 2, 10), [-1, 1], atol=0.03)
    large = twisted_dichalcogenide(theta=3.0, reach=2.0)
    np.testing.assert_allclose(chern_numbers(large, 2, 14), [-1, -1], atol=0.03)
    other = twisted_dichalcogenide(theta=3.0, reach=2.0, valley="K'")
    np.testing.assert_allclose(chern_numbers(other, 2, 14), [1, 1], atol=0.03)


def test_layers_without_tunnelling_are_those_of_one_layer_in_its_potential():
    model = twisted_dichalcogenide(theta=3.0, w=0.0, displacement=7.0, V=0.0, reach=2.0)
    k = np.array([[0.1, 0.2]])
    for layer, shift in enumerate((3.5, -3.5)):
        p = k + model.made.waves[model.made.orbitals == layer]
        free = np.sort(HALF_BY_MASS / 0.62 * (p**2).sum(axis=1) + shift)
        found = model.energies(k)[0]
        assert np.abs(found[:, None] - free).min(axis=0).max() < 1e-9


def test_the_velocity_of_twisted_graphene_is_that_of_bistritzer_and_macdonald():
    # (1 - 3 alpha^2)/(1 + 6 alpha^2) to third order in alpha: what is left falls with its fourth power.
    k_theta, left = 8 * np.pi / (3 * 0.246) * np.sin(np.radians(0.525)), []
    for alpha in (0.06, 0.12):
        w = alpha * 525.3 * k_theta
        model = twisted_bilayer_graphene(mass_1=0.0, w_AA=w, w_AB=w, reach=2.0)
        step = 1e-4 * k_theta
        e = model.energies(-model.made.offsets[0] + np.array([[step, 0], [0, step]]))
        velocity = (e[:, model.size // 2] - e[:, model.size // 2 - 1]) / (2 * step * 525.3)
        assert np.ptp(velocity) < 1e-4
        left.append(velocity.mean() - (1 - 3 * alpha**2) / (1 + 6 * alpha**2))
    assert abs(left[0]) < 5e-4
    assert left[1] / left[0] == pytest.approx(16, rel=0.15)


def test_layers_are_exchanged_by_a_twofold_turn_and_time_reversal():
    # k goes to its mirror image, the layers are exchanged, the displacement is reversed and the curvature stays.
    model, k = twisted_dichalcogenide(theta=3.0, displacement=4.0, reach=2.0), np.array([[0.2, 0.5], [0.3, -0.1]])
    mirrored = twisted_dichalcogenide(theta=3.0, displacement=-4.0, reach=2.0)
    image = k * [1, -1]
    np.testing.assert_allclose(model.energies(k), mirrored.energies(image), atol=1e-9)
    np.testing.assert_allclose(
        evaluate(model, "s_expectation", k)[:, :3], -evaluate(mirrored, "s_expectation", image)[:, :3], atol=1e-9
    )
    np.testing.assert_allclose(
        evaluate(model, "berry_curvature", k)[:, :3, 0, 1],
        evaluate(mirrored, "berry_curvature", image)[:, :3, 0, 1],
        atol=1e-9,
    )


def test_graphene_has_layer_currents_with_a_mass_only():
    k = twisted_bilayer_graphene().cell.momenta(2, 0.3)
    for name in LAYER_QUANTITIES:
        with_mass, without = (
            np.abs(
                evaluate(twisted_bilayer_graphene(mass_1=mass, displacement=10.0, reach=2.0), name, k)[:, 36:40]
            ).max()
            for mass in (15.0, 0.0)
        )
        assert with_mass > 0.03, name
        assert without < 1e-6 * with_mass, name


def test_the_registry_knows_them_and_formulas_are_asked_for_where_needed():
    assert sc.models.NUMERIC.names() == ["twisted_dichalcogenide", "twisted_bilayer_graphene"]
    model = sc.models.get("twisted_dichalcogenide", theta=2.0, reach=1.0)
    assert model.name == "twisted_dichalcogenide"
    assert model.values()["theta"] == 2.0
    assert model.size == 12
    assert pickle.loads(pickle.dumps(model)).energies([0.1, 0.2]).tolist() == model.energies([0.1, 0.2]).tolist()
    assert model.with_values(reach=2.0).remarks == (
        "18 plane waves of each of 2 orbitals: sums over states end with band 36",
    )
    with pytest.raises(
        TypeError, match=r"expected a Model given by formulas, .* got twisted_dichalcogenide, which is given"
    ):
        sc.derive(model, "s_dipole")
    with pytest.raises(TypeError, match=r"model: expected one given by formulas, for its closed forms, got BuiltModel"):
        verify("torque-dipole", "twisted_dichalcogenide")
    with pytest.raises(ValueError, match=r"did you mean twisted_dichalcogenide"):
        sc.models.get("twisted_dichalcogenid")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"theta": 0.0}, r"theta: expected a positive number, got 0.0"),
        ({"valley": "L"}, r"valley: expected \"K\" or \"K'\", got 'L'"),
        ({"valley": 1.0}, r"valley: expected"),
        ({"reach": 30.0}, r"cutoff: expected one with at most 400 bands"),
        ({"twist": 1.0}, r"parameters: expected some of theta, displacement"),
    ],
)
def test_bad_values_are_named(values, message):
    with pytest.raises(ValueError, match=message):
        sc.models.get("twisted_dichalcogenide", **values)
