"""The chemical potential of a filling against exact counts of states, also where meshes have many equal levels."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

import symcur as sc
from symcur.observables import chemical_potential, counting, filling


def lattice(D, cells=1, hopping=-1.0):
    """Nearest neighbours, so many cells apart: e = -2 sum cos(cells k_i), the states of which ``cells`` does not change."""
    steps = [tuple(cells * sign * row) for row in np.eye(D, dtype=int) for sign in (1, -1)]
    return sc.Model.from_hoppings({R: [[hopping]] for R in steps}, [[1.0]], np.eye(D))


def filled(mu):
    """The part of the square lattice's states below mu: int dk_x arccos(-mu/2 - cos k_x)/pi^2."""
    ends = [0, *sorted(np.arccos(x) for x in (-mu / 2 - 1, -mu / 2 + 1) if -1 < x < 1), np.pi]
    return sum(
        quad(lambda k: np.arccos(np.clip(-mu / 2 - np.cos(k), -1, 1)), a, b, epsabs=1e-14, epsrel=1e-13, limit=400)[0]
        for a, b in pairwise(ends)
    ) / (np.pi**2)


def test_the_square_lattice_next_to_its_van_hove_energy():
    """Of a mesh, as many levels as points on a line lie at e = 0: between its points nothing tells where the others are."""
    numbers = [1e-6, 0.1, 0.49, 0.498, 0.4999, 0.50001, 0.503, 0.9, 0.99999]
    mu, error = chemical_potential(lattice(2), numbers)
    truth = np.array([brentq(lambda x, n=n: filled(x) - n, -4, 4, xtol=1e-14) for n in numbers])
    assert (np.abs(mu - truth) <= error + 1e-12).all()
    assert (error <= 1e-5).all()
    assert abs(chemical_potential(lattice(2), 0.5)[0]) <= 1e-6


@pytest.mark.parametrize("cells", [1, 7])
def test_the_chain(cells):
    numbers = np.array([1e-4, 0.1234, 0.5, 0.77])
    mu, error = chemical_potential(lattice(1, cells), numbers)
    assert (np.abs(mu + 2 * np.cos(np.pi * numbers)) <= error + 1e-12).all()
    assert (error <= 1e-5).all()


@pytest.mark.parametrize("temperature", [0.03, 0.3])
def test_a_mesh_that_the_temperature_smears_counts_as_many(temperature):
    """Electrons of Haldane's model, holes, and the few of both about its gap, of which the numbers are equal: each to its own digits."""
    model, numbers = sc.models.haldane(), np.array([0.02, 0.9, 1.0, 1.3, 1.97])
    mu, error = chemical_potential(model, numbers, temperature)
    e = model.energies(model.cell.momenta(600, 0.3))[..., None]
    counts = [(1 / (1 + np.exp((e - x) / temperature))).sum(axis=1).mean(axis=0) for x in (mu - error, mu + error)]
    assert (counts[0] <= numbers + 1e-13).all()
    assert (numbers <= counts[1] + 1e-13).all()
    assert (error <= 1e-4).all()


def test_cubic_lattices_at_zero_temperature():
    """The exact moments of e about its middle: int theta(mu - e) by the product of three chains' densities, summed on a fine grid of two."""
    mu, error = chemical_potential(lattice(3), [0.1, 0.3])
    x = -2 * np.cos(np.pi * (np.arange(4000) + 0.5) / 4000)
    two = (x[:, None] + x).ravel()
    for level, number, off in zip(mu, [0.1, 0.3], error, strict=True):
        shares = [
            np.arccos(np.clip(-(at - two) / 2, -1, 1)).mean() / np.pi for at in (level - off - 1e-5, level + off + 1e-5)
        ]
        assert shares[0] < number < shares[1]
    assert (error <= 1e-4).all()


@pytest.mark.parametrize("side", [1, -1])
def test_counts_that_are_off_by_their_errors_move_mu_by_less_than_its_own(monkeypatch, side):
    exact = chemical_potential(lattice(2), 0.3, rtol=1e-9)[0]
    honest = counting.integrate_bands

    def off(*given, **how):
        found = honest(*given, **how)
        error = np.full_like(found.error, 1e-3)
        return replace(found, value=found.value + side * error / (2 * np.pi) ** 2, error=error / (2 * np.pi) ** 2)

    monkeypatch.setattr(counting, "integrate_bands", off)
    mu, error = chemical_potential(lattice(2), 0.3)
    assert 1e-4 < abs(mu - exact) <= error < 0.1


def test_a_pocket_that_meshes_miss_is_no_gap(monkeypatch):
    """Where the search for edges sees a gap that a narrow valley closes, the carriers at its middle tell."""
    model = sc.models.haldane()
    wrong = replace(filling.gap(model, 1), top=-2.0, bottom=-1.9)
    monkeypatch.setattr(filling, "gap", lambda *given, **how: wrong)
    mu, error = chemical_potential(model, 1)
    assert model.energies(model.cell.momenta(200, 0.3))[:, 0].max() - error < mu


@pytest.mark.parametrize("rtol", [-1, 0, 2])
def test_a_tolerance_without_a_meaning_is_named(rtol):
    with pytest.raises(ValueError, match=f"rtol: expected a number between 0 and 1, got {rtol}"):
        chemical_potential("haldane", 0.3, rtol=rtol)
