"""Where the gap is: band edges known exactly, and refusals."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from dense_sums import DenseZone
from random_models import random_lattice_model

from symcur import models
from symcur.observables import gap


@pytest.mark.parametrize("M", [0.3, 1.4, 2.0])
def test_haldane_at_the_corners_of_the_zone(M):
    # phi = pi/2: the levels at K and K' are +-(M -+ 3 sqrt(3) t2), and the smaller of them is the edge.
    found = gap(models.haldane(phi=np.pi / 2, M=M), 1)
    edge = abs(M - 3 * np.sqrt(3) * 0.2)
    assert (found.top, found.bottom) == pytest.approx((-edge, edge), abs=1e-9)
    assert found.mu == pytest.approx(0, abs=1e-9)
    assert found.width == pytest.approx(2 * edge, abs=1e-9)


@pytest.mark.parametrize("lambda_v", [0.9, 1.2, 1.9])
def test_kane_mele_without_rashba_coupling(lambda_v):
    found = gap(models.kane_mele(lambda_R=0, lambda_v=lambda_v), 2)
    edge = min(abs(lambda_v - 3 * np.sqrt(3) * 0.3), abs(lambda_v + 3 * np.sqrt(3) * 0.3))
    assert found.width == pytest.approx(2 * edge, abs=1e-8)


def test_parameters_override_the_defaults():
    model = models.rice_mele()
    for delta, Delta in ((0.3, 0.4), (0.1, 0.05)):
        found = gap(model, 1, parameters={"delta": delta, "Delta": Delta})
        assert found.width == pytest.approx(2 * np.sqrt(4 * delta**2 + Delta**2), abs=1e-9)


@pytest.mark.slow_for("3-2-300", "2-3-60")
@pytest.mark.parametrize(("bands", "dimension", "points"), [(3, 1, 4000), (3, 2, 300), (2, 3, 60)])
def test_edges_bound_every_energy_of_a_dense_grid(bands, dimension, points):
    model = random_lattice_model(bands, dimension, seed=3)
    separated = model.replace(H=model.H + 4 * sp.diag(*range(bands)))
    found = gap(separated, 1)
    e = DenseZone(separated, points).e
    resolution = 30 / points**2
    assert e[:, 0].max() - 1e-9 <= found.top <= e[:, 0].max() + resolution
    assert e[:, 1].min() - resolution <= found.bottom <= e[:, 1].min() + 1e-9


def test_a_metal_is_refused_with_its_band_edges():
    with pytest.raises(
        ValueError,
        match=r"occupied: expected a gap above 1 bands of weyl, got filled ones up to .* and empty ones down to .*"
        r"; give mu instead",
    ):
        gap(models.weyl(), 1)
    # The gap of Haldane's model closes where M = 3 sqrt(3) t2.
    with pytest.raises(ValueError, match="occupied: expected a gap above 1 bands of haldane"):
        gap(models.haldane(phi=np.pi / 2, M=3 * np.sqrt(3) * 0.2), 1)


@pytest.mark.parametrize(
    ("model", "occupied", "message"),
    [
        (
            models.rashba(),
            1,
            r"model: expected a lattice model \(a filling counts electrons per cell\), got the continuum model rashba",
        ),
        (models.haldane(), 0, "occupied: expected a whole number from 1 to 1, got 0"),
        (models.haldane(), 2, "occupied: expected a whole number from 1 to 1, got 2"),
        (models.haldane(), 1.0, r"occupied: expected a whole number from 1 to 1, got 1\.0"),
    ],
)
def test_what_cannot_have_a_gap_is_refused(model, occupied, message):
    with pytest.raises(ValueError, match=message):
        gap(model, occupied)


def test_unknown_parameters_are_refused():
    with pytest.raises(ValueError, match="parameters: expected some of M, phi, t, t2 of haldane, got mass"):
        gap(models.haldane(), 1, parameters={"mass": 1.0})
