"""What H may hide between samples: bounds hold and are tight, narrow places are found, and what stays unknown is said."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import sympy as sp

import symcur as sc
from symcur import bosons, models
from symcur.bosons import Metric
from symcur.brillouin import Ball, LatticeCell, Plane, between_samples, integrate_bands
from symcur.brillouin.between_samples import narrow_places
from symcur.brillouin.problem import BandProblem
from symcur.observables import hall_conductivity

k_x, k_y = K = sp.symbols("k_x k_y", real=True)
Z = sp.diag(1, -1)
X = sp.Matrix([[0, 1], [1, 0]])
Y = sp.Matrix([[0, -sp.I], [sp.I, 0]])


def square(width, a, b):
    """|k - (a, b)|^2/width^2, nearly."""
    return (4 - 2 * sp.cos(k_x - a) - 2 * sp.cos(k_y - b)) / width**2


def dip(width):
    """Two bands with a dip of depth 1 at (0.6, -1.1), 0.1 apart."""
    e = 1 + (sp.cos(k_x) + sp.cos(k_y)) / 5 - 1 / (1 + square(width, sp.Rational(3, 5), -sp.Rational(11, 10)))
    return sc.Model(e * sp.eye(2) + Z / 20, Z / 2, K, lattice=[[1, 0], [0, 1]])


class Bands:
    """Energies with the value 1/2 in each band."""

    def __init__(self, model, known=True):
        self.energies, self.bending = model.energies, model.bending if known else None

    def __call__(self, k):
        energies = self.energies(k)
        return energies, np.full((*energies.shape, 1), 0.5)


def hopping_model(model):
    bonds = sc.band_structures.tight_binding(model)
    vectors, s = model.cell.vectors, np.eye(model.size)
    return sc.Model.from_hoppings(bonds.hoppings, s, vectors, positions=bonds.positions)


@pytest.mark.parametrize("name", ["haldane", "kagome_antiferromagnet", "weyl", "luttinger"])
def test_the_bound_holds_and_is_of_the_size_of_what_is_bounded(name):
    model = models.get(name)
    random, D = np.random.default_rng(3), model.dimension
    middle, radius, step = random.uniform(-2, 2, size=(20, D)), np.full((20, D), 0.2), np.full((20, D), 0.05)
    bounds = model.bending(middle, radius, step)
    largest = np.zeros(20)
    for _ in range(200):
        k = middle + radius * random.uniform(-1, 1, size=(20, D))
        d = step * random.choice([-1, 1], size=(20, D))
        linear = sum(d[:, i, None, None] * model.matrix("H", k, (i,)) for i in range(D))
        change = model.matrix("H", k + d) - model.matrix("H", k) - linear
        largest = np.maximum(largest, np.linalg.norm(change, axis=(1, 2)))
    # The bound holds for second derivatives in the box; k + d may lie outside by a quarter of it.
    assert (largest < 1.1 * bounds).all()
    assert (bounds < 6 * largest).all()


@pytest.mark.parametrize("domain", [LatticeCell([[1, 0], [0.3, 1]]), Plane(2, [1, 2]), Ball(2, 3, inner=1), Ball(3, 2)])
def test_the_hull_of_a_box_holds_it(domain):
    random, D = np.random.default_rng(5), domain.dimension
    u, size = random.uniform(0.2, 0.8, size=(50, D)), random.uniform(0, 0.4, size=(50, D))
    hull, middle = domain.hull(u, size), domain.map(u)[0]
    for _ in range(50):
        k = domain.map(u + size * random.uniform(-0.5, 0.5, size=size.shape))[0]
        assert (np.abs(k - middle) <= hull * (1 + 1e-12)).all()


def test_hoppings_show_on_the_grid_unless_they_reach_far():
    """cos(24 k) is on 96 points per axis at least cos(pi/4) somewhere; cos(25 k) is not known to be, but a tiny one does not count."""
    for reach, t, known in ((1, 1.0, True), (24, 1.0, True), (25, 1.0, False), (25, 1e-4, True)):
        hoppings = {(1, 0): 1.0, (-1, 0): 1.0, (0, reach): t, (0, -reach): t}
        model = sc.Model.from_hoppings({R: [[number]] for R, number in hoppings.items()}, 1.0, [[1, 0], [0, 1]])
        assert (model.bending is not None) == known


def test_bounds_travel_to_other_processes():
    for model in (models.haldane(), hopping_model(models.haldane())):
        k = np.array([[0.3, 0.4]])
        again = pickle.loads(pickle.dumps(model.bending))
        assert again(k, 0.1 + 0 * k, 0.05 + 0 * k) == model.bending(k, 0.1 + 0 * k, 0.05 + 0 * k)


def test_models_of_the_library_hide_nothing_and_one_box_tells():
    for name in ("haldane", "kane_mele", "bhz", "weyl", "rashba", "chiral_p_superconductor"):
        model = models.get(name)
        domain = model.cell or Ball(model.dimension, 3.0)
        hidden = narrow_places(BandProblem(Bands(model), domain, ["f"], 0.0, 0.0), 1 / 24)
        assert len(hidden.u) == 0
        assert hidden.unresolved == 0


@pytest.mark.slow_for("0.001", "1e-05")
@pytest.mark.parametrize("width", [1e-2, 1e-3, 1e-5])
def test_electrons_in_a_dip_that_no_grid_sees_are_counted(width):
    """The area of the dip below mu: |k - k_0|^2 < w^2 (1/x - 1) where the dip has fallen by x, the background constant."""
    model, known = dip(sp.Rational(str(width))), 0.0
    mu = float(model.energies([0.6, -1.1])[0]) + 0.3
    for level in (mu - 0.05, mu + 0.05):
        fallen = 1 + (np.cos(0.6) + np.cos(1.1)) / 5 - level
        known += 0.5 * width**2 * (1 / fallen - 1) / (4 * np.pi)
    result = integrate_bands(Bands(model), model.cell, ["f"], mu, 0.0, rtol=1e-4)
    assert result.converged
    assert abs(result.value[0] - known) < (20 * width**2 + 1e-4 + width) * known
    if width < 1e-4:  # without a bound it is not seen; the tails of wider ones show
        blind = integrate_bands(Bands(model, known=False), model.cell, ["f"], mu, 0.0, rtol=1e-4)
        assert abs(blind.value[0] - known) > 0.9 * known


def test_curvature_where_no_band_comes_close_to_another_is_found():
    """An inversion within 0.003 of a point, Chern number 1, gap of order 1 throughout."""
    w, a, b = sp.Rational(3, 1000), sp.Rational(7, 5), -sp.Rational(2, 5)
    p = 1 / (1 + square(w, a, b)) / w
    H = sp.sin(k_x - a) * p * X + sp.sin(k_y - b) * p * Y + (1 + sp.cos(k_x) / 5 - 3 * w * p) * Z
    result = hall_conductivity(sc.Model(H, 1, K, lattice=[[1, 0], [0, 1]]), 0.0, 0.0, rtol=1e-3)
    assert result.status == "converged"
    assert abs(abs(2 * np.pi * result.value[0, 1]) - 1) <= 2 * np.pi * result.error[0, 1] < 1e-2


def test_a_kink_in_the_middle_of_the_zone_excuses_nothing_elsewhere():
    """|k| bends by any amount where the first box has its middle; the dip is found beside it."""
    cone, q = sp.sqrt(k_x**2 + k_y**2), (k_x - 1) ** 2 + (k_y + 2) ** 2
    model = sc.Model((cone - 1 / (1 + 10**6 * q)) * sp.eye(2) + Z, Z, K)
    hidden = narrow_places(BandProblem(Bands(model), Plane(2, 3), ["f"], 0.0, 0.0), 1 / 96)
    assert np.abs(hidden.u - np.array([4 / 6, 1 / 6])).max(axis=1).min() < 1e-4
    assert hidden.unresolved < 1e-12


def test_what_is_not_resolved_belongs_to_the_error_and_the_status(monkeypatch):
    monkeypatch.setattr(between_samples, "MOST", 100)
    model = dip(sp.Rational(1, 1000))
    mu = float(model.energies([0.6, -1.1])[0]) + 0.3
    result = integrate_bands(Bands(model), model.cell, ["f"], mu, 0.0, rtol=1e-2)
    assert not result.converged
    assert result.message.startswith("H may be narrow between samples in ")
    assert result.error[0] > 1e-8


def test_a_soft_boson_in_a_dip_that_no_grid_sees_is_counted(monkeypatch):
    """H falls by 9e-4 within 5e-5 of a point, far less than energies spread, but close to its least eigenvalue."""
    width, T, at = 5e-5, 0.006, 0.6
    fall = sp.Rational(9, 10000) / (1 + (2 - 2 * sp.cos(k_x - sp.Rational(3, 5))) / sp.Rational(1, 20000) ** 2)
    soft = 1 + (1 - sp.cos(k_x)) / 2000 - fall
    H = sp.diag(soft, soft, 30) + sp.Rational(999, 1000) * sp.Matrix([[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    model = sc.Model(H, 1, (k_x,), lattice=[[1]], metric=Metric(sp.diag(1, -1, 1)))

    class Odd(Bands):
        """n at E and at -E add up."""

        def __call__(self, k):
            energies, values = super().__call__(k)
            return energies, np.sign(energies)[..., None] * values

    def counted():
        return integrate_bands(Odd(model), model.cell, ["n_thermal"], 0.0, T, rtol=1e-6)

    x, w = np.polynomial.legendre.leggauss(1000)
    L = np.arcsinh(np.pi / width)
    k, weight = at + width * np.sinh(L * x), width * L * np.cosh(L * x) * w / (2 * np.pi)
    known = float(weight @ (1 / np.expm1(model.energies(k[:, None])[:, 1] / T)))
    result = counted()
    assert result.converged
    assert abs(result.value[0] - known) <= result.error[0] < 1e-5 * known
    monkeypatch.setattr("symcur.band_structures.model.of_bosons", lambda bound, H, g: bound)
    blind = counted()
    assert abs(blind.value[0] - known) > 100 * blind.error[0]


def test_where_nothing_is_known_the_message_says_so():
    model = models.haldane()
    numbers = sc.Model.from_functions(lambda k: model.matrix("H", k), 1.0, lattice=model.cell.vectors)
    gaussian = sc.Model(sp.exp(-(k_x**2)) * X + (1 + k_x**2 + k_y**2) * sp.eye(2) + Z, Z, K)
    text = "nothing is known of H between samples"
    assert text in sc.conductivity(numbers, 0.0, 0.0, rtol=1e-2).message
    assert text in sc.conductivity(gaussian, 2.5, 0.0, rtol=1e-2).message
    for known in (model, hopping_model(model)):
        assert text not in sc.conductivity(known, 0.0, 0.0, rtol=1e-2).message
    magnet = bosons.kitaev_magnons()
    for known in (magnet, magnet.made):
        assert text not in sc.thermoelectric(known, temperature=1.0, rtol=1e-2).message
    blind = magnet.made.replace(H=lambda k: magnet.matrix("H", k), derivatives=None)
    assert text in sc.thermoelectric(blind, temperature=1.0, rtol=1e-2).message
