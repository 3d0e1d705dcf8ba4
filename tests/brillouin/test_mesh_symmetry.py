"""Symmetries found by looking at the integrand: sums over one point of each orbit are those over all points."""

from __future__ import annotations

import numpy as np
import pytest

from symcur import models
from symcur.brillouin import LatticeCell, Mesh, integrate_bands
from symcur.brillouin.mesh_symmetry import _group, mesh_symmetry
from symcur.brillouin.problem import BandProblem
from symcur.linear_response.lattices import random_lattice
from symcur.observables import conductivity, get
from symcur.observables.engine import BandValues


class Unranked:
    """The same integrand, of which nobody says that its components are those of tensors."""

    def __init__(self, bands):
        self.probe, self.energies, self.bending = bands.probe, bands.energies, bands.bending

    def __call__(self, k):
        return self.probe(k)


def integrand(model, observable=conductivity):
    return BandValues(model, next(iter(observable.forms.values())).parts)


@pytest.mark.slow_for(
    "equilibrium_current-model2-None",
    "conductivity-model2-None",
    "magnetization-model2-None",
    "equilibrium_current-model0-12",
    "magnetization-model0-12",
    "conductivity-model0-12",
)
@pytest.mark.filterwarnings("ignore:bands were merged")
@pytest.mark.parametrize(
    ("model", "expected"),
    [
        # C_3v and time reversal, which acts on k as a rotation by pi.
        (models.kane_mele(), 12),
        # The next-nearest neighbours turn in one sense: mirrors that exchange it fail, and with time reversal hold again.
        (models.haldane(), 6),
        (random_lattice(3), None),
    ],
)
@pytest.mark.parametrize("name", ["conductivity", "magnetization", "equilibrium_current"])
def test_sums_over_orbits_are_those_over_all_points(model, expected, name):
    bands = integrand(model, get(name))
    problem = BandProblem(bands, model.cell, bands.weights, [0.1, 0.7], 0.5)
    symmetry = mesh_symmetry(problem)
    assert symmetry is None if expected is None else len(symmetry.matrices) == expected
    found = [
        integrate_bands(one, model.cell, bands.weights, [0.1, 0.7], 0.5, rtol=0.5, method=Mesh(6))
        for one in (bands, Unranked(bands))
    ]
    # Threefold turns make of a mesh between the points of another one all that lie there.
    every = found[1].value if symmetry is None else problem.sums(model.cell.grid(12).reshape(-1, 2))[0] / 144
    assert np.abs(found[0].value - every.reshape(found[1].value.shape)).max() <= 1e-12 * found[1].scale.max()
    assert (found[0].evaluations < found[1].evaluations) == (expected is not None)


def test_a_wrong_sign_of_a_tensor_is_no_symmetry():
    """The integrand must turn as its tensors do, energies alone do not decide."""
    model = models.kane_mele()
    bands = integrand(model)
    uneven = Unranked(bands)
    uneven.ranks = bands.ranks
    uneven.probe = lambda k: (bands.probe(k)[0], bands.probe(k)[1] * (1 + 1e-5 * np.sin(k[:, 0])[:, None, None]))
    problem = BandProblem(uneven, model.cell, bands.weights, 0.1, 0.2)
    assert len(mesh_symmetry(problem).matrices) == 2  # the mirror of the other axis is left
    uneven.bending = None
    assert mesh_symmetry(BandProblem(uneven, model.cell, bands.weights, 0.1, 0.2)) is None


def test_operations_that_are_no_group_are_left_out():
    """Each is judged by itself, and one that rounding lets pass may have products that do not."""
    turn, mirror, one = np.array([[0, -1], [1, 0]]), np.diag([1, -1]), np.eye(2, dtype=int)
    every = np.array([one, turn, -one, -turn, mirror, turn @ mirror, -mirror, -turn @ mirror])

    def left(*which):
        return sorted(_group({j: (0, np.eye(1), 0.0) for j in which}, every))

    assert left(*range(8)) == list(range(8))
    assert left(0, 2, 4, 6) == [0, 2, 4, 6]
    assert left(0, 1) == left(0, 2, 4) == left(0, 1, 2, 3, 4) == [0]
    assert left(0, 1, 2, 3) == [0, 1, 2, 3]


class AlmostSymmetric:
    """A vector on the square lattice that the mirror of y keeps to 1e-11: without that its second component vanishes."""

    ranks = (1,)

    def __call__(self, k):
        x, y = k.T
        values = np.stack([1 + np.cos(x) + np.cos(y) / 2, 1e-11 * (2 + np.cos(x))], axis=-1)
        return np.cos(x)[:, None] + np.cos(y)[:, None] / 2, values[:, None]

    def bending(self, k, radius, step):
        return np.zeros(len(k))


def test_components_that_a_symmetry_forbids_have_the_error_of_breaking_it():
    cell = LatticeCell(np.eye(2))
    problem = BandProblem(AlmostSymmetric(), cell, ["f"] * 2, 0.2, 0.5)
    found = integrate_bands(AlmostSymmetric(), cell, ["f"] * 2, 0.2, 0.5, rtol=1e-3, method=Mesh(32))
    exact = integrate_bands(AlmostSymmetric(), cell, ["f"] * 2, 0.2, 0.5, rtol=1e-9, atol=1e-15, method="trapezoid")
    assert mesh_symmetry(problem) is not None
    assert exact.value[1] > 1e-12
    assert (np.abs(found.value - exact.value) <= found.error).all()


@pytest.mark.filterwarnings("ignore:bands were merged")
def test_points_that_symmetry_saves_do_not_count_for_the_limit():
    """A mesh is affordable where one point of each orbit is."""
    model = models.kane_mele()
    bands = integrand(model)
    asked = {"rtol": 0.5, "method": Mesh(30), "max_evaluations": 410}
    found = integrate_bands(bands, model.cell, bands.weights, 0.1, 0.5, **asked)
    alone = integrate_bands(Unranked(bands), model.cell, bands.weights, 0.1, 0.5, **asked)
    assert np.isfinite(found.error).all()
    assert 350 < found.evaluations <= 410  # of 30^2 points twice and 16^2, with 12 operations at k = 0
    assert np.isinf(alone.error).all()
    assert alone.evaluations == 0
