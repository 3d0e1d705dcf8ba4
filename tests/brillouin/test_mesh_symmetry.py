"""Symmetries found by looking at the integrand: sums over one point of each orbit are those over all points."""

from __future__ import annotations

import numpy as np
import pytest

from symcur import models
from symcur.brillouin import Mesh, integrate_bands
from symcur.brillouin.mesh_symmetry import mesh_symmetry
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
    every = np.stack([found[1].value.ravel(), found[1].scale.ravel()])
    expected_value = (every if symmetry is None else symmetry.average(every))[0].reshape(found[1].value.shape)
    assert np.abs(found[0].value - expected_value).max() <= 1e-12 * found[1].scale.max()
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
