"""Bands in a basis that was cut off: what more plane waves change belongs to the error, and fillings give mu."""

from __future__ import annotations

import numpy as np
import pytest

import symcur as sc
from symcur.band_structures import PlaneWaveModel
from symcur.brillouin import Mesh
from symcur.brillouin.mesh import MESH
from symcur.brillouin.problem import BandProblem
from symcur.models import twisted_dichalcogenide
from symcur.observables import chemical_potential, conductivity, engine, gap


def two_layers(cutoff: float, potential: float = 1.5) -> PlaneWaveModel:
    """One momentum, two layers with shifted cosines and a tunnelling that winds."""
    T = np.array([[0, 1], [0, 0]])
    V = {(1,): potential * np.diag(np.exp([0.6j, -1.1j])) + 0.5 * T, (0,): 0.7j * (T - T.T)}
    V[(-1,)] = V[(1,)].conj().T
    return PlaneWaveModel(
        {(0, 0): 0.2 * np.eye(2), (): np.diag([0.3, -0.3])}, V, np.diag([0.5, -0.5]), lattice=[[2.0]], cutoff=cutoff
    )


@pytest.fixture(scope="module")
def truth():
    return conductivity(two_layers(40.0), -0.5, 0.2, rtol=1e-7)


@pytest.mark.parametrize("cutoff", [4.0, 7.0, 10.0])
def test_the_error_holds_what_plane_waves_are_missing(truth, cutoff):
    found = conductivity(two_layers(cutoff), -0.5, 0.2, rtol=1e-7)
    left = np.abs(found.value - truth.value).item()
    assert left < found.error.item() + truth.error.item()
    assert abs(truth.value.item()) > 10 * truth.error.item()
    assert truth.status == "converged"
    if cutoff == 4.0:
        assert left > 1e-5
        assert found.status == "tolerance not met"
        assert "10 bands instead of 6 change it by" in found.message


def test_without_the_larger_basis_the_error_would_be_too_small(truth, monkeypatch):
    monkeypatch.setattr(PlaneWaveModel, "larger", None)
    found = conductivity(two_layers(4.0), -0.5, 0.2, rtol=1e-7)
    assert np.abs(found.value - truth.value).item() > 100 * found.error.item()
    assert found.status == "converged"


@pytest.mark.slow
def test_far_too_few_plane_waves_are_told_without_much_work():
    # 19 plane waves give -0.0141, 37 the same within a percent.
    found = conductivity(twisted_dichalcogenide(theta=3.0, displacement=5.0, reach=1.0), 0.66, 0.0)
    assert found.status == "tolerance not met"
    assert "36 bands instead of 12 change it by" in found.message
    assert found.evaluations <= 20_000
    assert abs(found.value[0, 1] + 0.0141) < found.error[0, 1] < 0.02


def test_a_scan_over_a_metal_takes_one_momentum_of_each_orbit():
    """Holes of twisted MoTe2 against a plain sum over all momenta with 36 plane waves in each layer; a narrow window joins nothing."""
    model, levels, T = twisted_dichalcogenide(theta=3.0, displacement=5.0, reach=3**0.5), [-3.0, -1.0], 1.5
    large = model.with_values(reach=3.0)
    k = large.cell.momenta(12, [0.3, 0.1])
    truth = [conductivity.integrand(large, k, mu, T)["intrinsic"].mean(axis=0) / large.cell.volume for mu in levels]
    found = conductivity(model, levels, T, rtol=0.05, window=1e-3, method=Mesh(16))
    assert "6 symmetries used" in found.message
    assert found.evaluations < 32**2 / 4
    assert (np.abs(found.value - truth) < found.error).all()
    assert np.abs(truth).max() > 3 * found.error.max()


def test_meshes_are_the_choice_where_symmetries_save_points_of_large_matrices():
    small, model = sc.models.haldane(), twisted_dichalcogenide(theta=3.0, displacement=5.0, reach=3**0.5)

    def standing(one, temperature):
        bands = engine.BandValues(one, {"part": conductivity.forms["regular"].parts["conventional"]}, 2)
        return MESH.stands_for(BandProblem(bands, one.cell, bands.weights, 0.0, temperature))

    assert (standing(model, 0.5), standing(model, 0.0), standing(small, 0.5)) == (6, 1, 1)


def test_empty_bands_are_left_out_of_the_sums():
    model = two_layers(10.0)
    count = engine.occupied_bands(model, model.cell, np.array(-0.5), np.array(0.2))
    assert 2 <= count < model.size
    highest = model.energies(model.cell.momenta(64))[:, count - 1 :].min()
    assert highest > -0.5 + 15 * 0.2
    assert engine.occupied_bands(sc.models.haldane(), sc.models.haldane().cell, np.array(0.0), np.array(0.1)) is None


def test_a_gap_that_a_larger_basis_may_close_is_refused():
    model = two_layers(7.0)
    assert gap(model, 1).width > 0.1
    with pytest.raises(
        ValueError, match=r"model: expected a basis that tells a gap of .* with 2 bands: with 10 filled ones end at"
    ):
        gap(two_layers(0.0), 1)


def test_mu_of_a_filling_holds_so_many_states():
    model = two_layers(15.0)
    mu, error = chemical_potential(model, [0.3, 1.4], 0.1)
    k = model.cell.momenta(2000, 0.1)
    filled = 1 / (1 + np.exp((model.energies(k)[..., None] - mu) / 0.1))
    np.testing.assert_allclose(filled.sum(axis=1).mean(axis=0), [0.3, 1.4], atol=1e-9)
    assert (error < 1e-6).all()


def test_mu_of_a_filling_at_zero_temperature():
    model = two_layers(7.0)
    mu, error = chemical_potential(model, [0.3, 1.0])
    assert mu[1] == pytest.approx(gap(model, 1).mu)
    assert abs(mu[1] - gap(two_layers(40.0), 1).mu) <= error[1]
    energies = model.energies(model.cell.momenta(20_000, 0.1))
    assert abs((energies < mu[0]).sum(axis=1).mean() - 0.3) < 1e-3
    slope = 1 / ((energies < mu[0] + 0.01).sum(axis=1).mean() - (energies < mu[0]).sum(axis=1).mean()) * 0.01
    exact = np.sort(energies, axis=None)[round(0.3 * 20_000)]
    assert abs(mu[0] - exact) < error[0] + 1e-3 * slope


@pytest.mark.parametrize("temperature", [0.0, 0.1])
@pytest.mark.parametrize("cutoff", [2.5, 4.0, 7.0])
def test_the_error_of_mu_holds_what_plane_waves_are_missing(cutoff, temperature):
    fillings = [0.3, 1.4]
    mu, error = chemical_potential(two_layers(cutoff), fillings, temperature)
    truth, left = chemical_potential(two_layers(40.0), fillings, temperature)
    assert (np.abs(mu - truth) <= error + left).all()
    assert cutoff > 2.5 or error.max() > 1e-3


def cosines(lattice, cutoff, potentials) -> PlaneWaveModel:
    """One particle of mass 1/2 in a sum of cosines."""
    V = {g: [[v]] for g, v in potentials.items()} | {tuple(-m for m in g): [[v]] for g, v in potentials.items()}
    kinetic = {(axis, axis): [[1.0]] for axis in range(len(lattice))}
    return PlaneWaveModel(kinetic, V, [[1.0]], lattice=lattice, cutoff=cutoff)


@pytest.mark.slow_for("lattice0-potentials0-cutoffs0")
@pytest.mark.parametrize(
    ("lattice", "potentials", "cutoffs"),
    [
        ([[4.3, 0.0], [0.0, 1.0]], {(0, 1): 6.0, (1, 0): 0.3}, (3.0, 7.0)),  # the next waves lie along one axis only
        ([[1.0]], {(1,): 5.0, (7,): 40.0}, (13.0, 57.0)),  # and here within the seventh harmonic
    ],
)
def test_the_error_of_mu_holds_waves_that_are_not_the_next_ones(lattice, potentials, cutoffs):
    truth = chemical_potential(cosines(lattice, 4 * cutoffs[0] + cutoffs[1], potentials), 0.7, 0.5)[0]
    for cutoff in cutoffs:
        mu, error = chemical_potential(cosines(lattice, cutoff, potentials), 0.7, 0.5)
        assert 1e-5 < abs(mu - truth) < error


def test_the_middle_of_a_gap_is_that_of_kane_and_mele():
    model = sc.models.kane_mele()
    assert chemical_potential(model, 2.0)[0] == pytest.approx(gap(model, 2).mu, abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({}, 20.0), r"filling: expected numbers above 0 and below 12, that of the bands, got 20.0"),
        (({}, [0.5, np.nan]), r"filling: expected numbers"),
        (({}, 0.5, -1.0), r"temperature: expected a number >= 0"),
    ],
)
def test_bad_fillings_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        chemical_potential(twisted_dichalcogenide(reach=1.0), *arguments[1:])


def test_a_continuum_has_no_filling():
    with pytest.raises(ValueError, match=r"expected a lattice model \(a filling counts electrons per cell\)"):
        chemical_potential(sc.models.rashba(), 0.5)


def test_fillings_of_dirac_electrons_count_from_neutrality():
    """Half of the bands of any number: with 7 plane waves mu is off by a few meV, although the bottom of the bands lies 1 eV lower."""
    small, wide = (sc.models.twisted_bilayer_graphene(theta=1.3, reach=reach) for reach in (1.0, 3**0.5))
    assert (small.neutral, wide.neutral, twisted_dichalcogenide(reach=1.0).neutral) == (12, 24, 0)
    T, fillings = 20.0, np.array([-1.0, 0.5])
    mu, error = chemical_potential(small, fillings, T)
    energies = wide.energies(wide.cell.momenta(8, 0.2))[..., None]
    filled = [
        (1 / (1 + np.exp(np.clip((energies - x) / T, -500, 500)))).sum(axis=1).mean(axis=0) - 24
        for x in (mu - error, mu, mu + error)
    ]
    assert (filled[0] < fillings).all()
    assert (fillings < filled[2]).all()
    assert (error < 20).all()
    assert np.abs(filled[1] - fillings).max() < 0.3
    with pytest.raises(
        ValueError, match=r"filling: expected numbers above -12 and below 12, those of the bands from neutrality"
    ):
        chemical_potential(small, 12.0)
    with pytest.raises(ValueError, match=r"occupied: expected a whole number from -11 to 11"):
        gap(small, 12)


@pytest.mark.parametrize(("cutoff", "potential", "occupied"), [(6.5, 4.0, 3), (6.5, 6.0, 2), (7.0, 1.5, 1)])
def test_a_gap_that_plane_waves_move_is_there_if_larger_bases_tell_it(cutoff, potential, occupied):
    """In the first case the next plane waves move its edges by more than half of it."""
    small, truth = (gap(two_layers(reach, potential), occupied) for reach in (cutoff, 40.0))
    assert truth.top < small.mu < truth.bottom


@pytest.mark.parametrize(("potential", "occupied"), [(6.0, 2), (3.0, 3), (1.5, 3)])
def test_a_gap_whose_middle_plane_waves_move_out_of_it_is_refused(potential, occupied):
    """Six bands: the middle of their gap lies in a band of a large basis."""
    with pytest.raises(ValueError, match=r"model: expected a basis that tells a gap of .* with 6 bands"):
        gap(two_layers(3.2, potential), occupied)
