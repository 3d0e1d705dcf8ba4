"""Two meshes, one moved by half a spacing: what they give, what their errors hold, and what they refuse to judge."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from difficult_integrals import SQUARE, moved
from known_integrals import chain, chain_at_temperature, chern_insulator, square_lattice

from symcur.brillouin import Ball, LatticeCell, Mesh, integrate, integrate_bands
from symcur.brillouin.mesh import _Points
from symcur.brillouin.mesh_symmetry import mesh_symmetry
from symcur.brillouin.problem import BandProblem
from symcur.brillouin.sweep import Sweep

FEW = 90_000  # evaluations: peaks of functions are not looked for
CUBE = LatticeCell(np.eye(3))


def test_the_value_is_the_mean_of_the_two_meshes_and_the_error_at_least_their_difference():
    def function(k):
        return np.exp(np.cos(k[:, 0]) + 2 * np.sin(k[:, 1]))

    u = np.stack(np.meshgrid(np.arange(5), np.arange(5), indexing="ij"), axis=-1).reshape(-1, 2) / 5
    central, shifted = (function(2 * np.pi * (u + shift)).mean() for shift in (0, 0.1))
    result = integrate(function, SQUARE, rtol=1e-12, method=Mesh(5), max_evaluations=FEW)
    assert result.value == pytest.approx((central + shifted) / 2, rel=1e-13)
    assert result.error >= abs(central - shifted)
    assert result.status == "tolerance not met"
    assert result.evaluations == 25 + 25 + 9


@pytest.mark.parametrize("mesh", [Mesh(8), "mesh"])
def test_what_both_meshes_miss_alike_does_not_pass(mesh):
    # The harmonic (m, m) is 1 at every point of both meshes if m is a multiple of n; the integral is 1.
    result = integrate(
        lambda k: 1 + np.cos(32 * (k[:, 0] + k[:, 1])), SQUARE, rtol=1e-3, method=mesh, max_evaluations=FEW
    )
    assert abs(result.value - 1) <= result.error
    assert result.status == ("converged" if mesh == "mesh" else "tolerance not met")


FCC = LatticeCell([[0, 1, 1], [1, 0, 1], [1, 1, 0]])


class OneBand:
    """A band far below mu and a value with the symmetry of the fcc lattice: a star of harmonics, or peaks at k = 0 or at L."""

    ranks = (0,)

    def __init__(self, value):
        self.value = value

    def __call__(self, k):
        return np.zeros((len(k), 1)) - 50.0, self.value(k)[:, None, None]

    def bending(self, k, radius, step):
        return np.zeros(len(k))


def star(R):
    """The mean of exp(i k.R) over the cubic group."""
    every = {tuple(np.array(signs) * p) for p in permutations(R) for signs in product((1, -1), repeat=3)}
    return lambda k: 1 + np.cos(k @ np.array(list(every)).T).mean(axis=1) / 5


@pytest.mark.parametrize("n", [6, 7, 8])
def test_on_an_fcc_lattice_one_mesh_sees_what_another_takes_for_a_constant(n):
    symmetry = mesh_symmetry(BandProblem(OneBand(star((0, 0, 2))), FCC, ["f"], 0.0, 0.1))
    *places, coarse = _Points(symmetry.problem, Sweep(map, 10**6, None), symmetry).places(n)
    assert [place.parity for place in (*places, coarse)] == [None] + 3 * [(1, 1, 1)]
    assert len({place.n for place in places[1:]}) == 2
    m = [np.stack(np.unravel_index(np.arange(place.n**3), (place.n,) * 3), axis=-1) for place in places]
    m[1:] = [every[every.sum(axis=1) % 2 == 1] for every in m[1:]]
    # The shortest harmonics that they take for constants: n (0 1 1), and with the other sign N/2 (0 0 2).
    for R in ((0, n, n), *((0, 0, place.n) for place in places[1:])):
        seen = [star(R)(every / place.n @ FCC.reciprocal).mean() for every, place in zip(m, places, strict=True)]
        assert np.ptp(seen) > 0.15
        result = integrate_bands(OneBand(star(R)), FCC, ["f"], 0.0, 0.1, rtol=1e-3, method=Mesh(n))
        assert result.value[0] * FCC.volume == pytest.approx(np.mean(seen))
        assert "48 symmetries used" in result.message
        assert np.ptp(seen) <= result.error[0] * FCC.volume
        assert result.status == "tolerance not met"


def test_meshes_of_an_fcc_lattice_are_about_as_dense_and_share_no_short_harmonics():
    symmetry = mesh_symmetry(BandProblem(OneBand(star((0, 0, 2))), FCC, ["f"], 0.0, 0.1))
    for n in range(13, 120):
        first, *others, coarse = _Points(symmetry.problem, Sweep(map, 10**6, None), symmetry).places(n)
        assert (first.n, first.parity) == (n, None)
        for place in others:
            assert 0.4 < place.count / n**3 < 1.8
            assert np.lcm(n, place.n // 2) >= 3 * n
        assert coarse.count < 0.35 * n**3


@pytest.mark.parametrize("n", [6, 7, 8, 16])
@pytest.mark.parametrize("points", [[[0, 0, 0]], [[1, 1, 1], [1, 1, -1], [1, -1, 1], [-1, 1, 1]]])
def test_peaks_at_points_of_high_symmetry_narrower_than_the_spacing_belong_to_the_error(n, points):
    neighbours = np.array([R for R in product((-1, 0, 1), repeat=3) if np.abs(R).sum() == 2])
    sharpness, height = 100, 50  # exp(-sharpness sum_R (1 - cos k.R)), near its top exp(-4 sharpness k^2)

    def value(k):
        away = k[:, None] - np.array(points) * np.pi / 2
        return 1 + height * np.exp(-sharpness * (1 - np.cos(away @ neighbours.T)).sum(axis=-1)).sum(axis=-1)

    result = integrate_bands(OneBand(value), FCC, ["f"], 0.0, 0.1, rtol=1e-3, method=Mesh(n))
    known = 1 / FCC.volume + height * len(points) * (np.pi / (4 * sharpness)) ** 1.5 / (2 * np.pi) ** 3
    assert "48 symmetries used" in result.message
    assert abs(result.value[0] - known) <= result.error[0]
    assert result.status == "tolerance not met"


def test_the_difference_of_the_two_is_an_error_though_their_mean_is_right():
    result = integrate(lambda k: 1 + np.cos(8 * k[:, 0]) / 10, SQUARE, rtol=0.01, method=Mesh(8), max_evaluations=FEW)
    assert result.value == pytest.approx(1)
    assert result.error == pytest.approx(0.2)


def test_what_both_miss_alike_belongs_to_the_error_where_work_ends_too():
    def two(k):
        return np.stack([1 + np.cos(16 * k.sum(axis=1)) / 10, np.cos(64 * k[:, 0])], axis=-1)

    result = integrate(two, SQUARE, rtol=1e-6, method="mesh", max_evaluations=1500)  # up to 16 points per axis
    assert abs(result.value[0] - 1) == pytest.approx(0.1)
    assert result.error[0] >= 0.1 - 1e-9


@pytest.mark.parametrize("temperature", [0.02, 0.1, 0.5])
def test_a_chain_at_finite_temperature(temperature):
    known = chain_at_temperature(1.3, 0.7, 0.4, temperature)
    result = integrate_bands(
        chain(1.3, 0.7), LatticeCell(0.7), ["f", "g", "-df/de"], 0.4, temperature, rtol=1e-7, method="mesh"
    )
    assert result.status == "converged"
    assert abs(result.value[0] - known) <= result.error[0] <= 1e-6


@pytest.mark.parametrize("gap", [0.3, 0.02, 1e-3])
def test_errors_hold_what_narrow_gaps_add_between_the_points(gap):
    # The flux of the filled band is -1; what lies above mu at this temperature is below 1e-13.
    bands = moved(chern_insulator(2 - gap), np.array([0.4, -1.1]))
    result = integrate_bands(bands, SQUARE, ["f"], 0.0, gap / 70, rtol=1e-4, method="mesh", max_evaluations=30_000)
    assert abs(result.value[0] + 1) <= result.error[0]
    assert result.converged == (gap == 0.3)


def test_a_fermi_surface_that_falls_between_the_points_is_not_judged():
    result = integrate_bands(square_lattice, SQUARE, ["f", "-df/de"], -1.3, [1e-6, 0.3], rtol=1e-2, method=Mesh(48))
    assert np.isinf(result.error[0]).all()
    assert result.met.tolist() == [[False, False], [True, True]]
    assert "T = 1e-06 needs" in result.message


def test_steps_and_domains_that_do_not_repeat_are_refused():
    with pytest.raises(ValueError, match=r"method: expected one that can integrate a step .* mu = -1.3 .* got 'mesh'"):
        integrate_bands(square_lattice, SQUARE, ["f", "g"], -1.3, [0.0, 0.1], rtol=1e-3, method="mesh")
    with pytest.raises(ValueError, match="got 'mesh'; a mesh needs a periodic domain"):
        integrate_bands(square_lattice, Ball(2, 1.0), ["f"], -1.3, 0.1, rtol=1e-3, method="mesh")
    for wrong in (1, 2.5, True):
        with pytest.raises(ValueError, match="points: expected an integer >= 2"):
            Mesh(wrong)


def many(k):
    """Nine bands in three dimensions."""
    return np.arange(9) + 0.3 * np.cos(k).sum(axis=-1, keepdims=True), np.ones((len(k), 9, 1))


def test_many_bands_in_3d_at_finite_temperature_go_to_the_mesh():
    warm = integrate_bands(many, CUBE, ["f"], 4.2, 0.3, rtol=1e-3)
    assert warm.method.startswith("uniform meshes")
    assert warm.reason.startswith("9 bands in 3D at T > 0")
    assert "shows only where points fall on it" in warm.message
    random = integrate_bands(many, CUBE, ["f"], 4.2, 0.3, rtol=1e-3, method="cubature")
    assert abs(warm.value - random.value) <= warm.error + random.error


def test_neither_threads_nor_the_size_of_blocks_change_the_numbers():
    one, two = (integrate_bands(many, CUBE, ["f"], 4.2, 0.3, rtol=1e-3, method=Mesh(12), workers=n) for n in (1, 2))
    assert one.value == two.value
    assert one.error == two.error


def test_an_interruption_keeps_the_last_pair_of_meshes():
    calls = []

    def bands(k):
        calls.append(len(k))
        if sum(calls) > 20_000:
            raise KeyboardInterrupt
        return square_lattice(k)

    with pytest.raises(KeyboardInterrupt) as stopped:
        integrate_bands(bands, SQUARE, ["f", "-df/de"], -1.3, 0.02, rtol=1e-9, method="mesh")
    part = stopped.value.result
    assert part.status == "interrupted"
    assert "last complete mesh" in part.message
    whole = integrate_bands(square_lattice, SQUARE, ["f", "-df/de"], -1.3, 0.02, rtol=1e-9)
    assert (abs(part.value - whole.value) <= part.error + whole.error).all()


# -- components that agree by chance -------------------------------------------------------------------------------------
class RandomTensor:
    """A band and the nine components of a tensor with random harmonics up to the third in every direction."""

    ranks = (2,)

    def __init__(self, seed):
        generator = np.random.default_rng(seed)
        self.harmonics = np.array(list(product(range(-3, 4), repeat=3)))
        size = np.exp(-0.9 * np.linalg.norm(self.harmonics, axis=1))[:, None]
        self.energy, self.values = (size * generator.normal(size=(len(size), n)) for n in (1, 9))

    def __call__(self, k):
        waves = np.cos(k @ self.harmonics.T + 0.3)
        return waves @ self.energy, (waves @ self.values)[:, None]


def outside(seed):
    """Which of the components lie outside of their errors, where a mesh has met its tolerance."""
    bands = RandomTensor(seed)
    found = integrate_bands(bands, CUBE, ["-df/de"] * 9, 0.2, 0.12, rtol=0.1, method="mesh", max_evaluations=40_000)
    energies, values = bands(CUBE.momenta(48))
    weights = 1 / (4 * 0.12 * np.cosh((energies - 0.2) / 0.24) ** 2)
    exact = (weights[..., None] * values).sum(axis=1).mean(axis=0)
    return (np.abs(found.value - exact) > found.error) & found.met


@pytest.mark.slow
def test_components_that_agree_by_chance_are_not_believed(monkeypatch):
    """Of nine components some are alike on any two meshes; what the others differ by tells how far off they may be."""
    assert not np.any([outside(seed) for seed in range(1, 4)])
    monkeypatch.setattr(_Points, "typical", lambda points, deviation, scale: 0 * deviation)
    assert np.any([outside(seed) for seed in range(1, 3)])
