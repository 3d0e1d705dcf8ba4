"""Where bands touch a part of the cell is taken only if the integrand is absolutely integrable there."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy as sp

import symcur as sc
from symcur.brillouin import LatticeCell, chambers, integrability
from symcur.brillouin.problem import BandProblem

RTOL = 1e-4
X, Y, Z = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.diag(1, -1)


def cone(k):
    """The gap is the distance from k = 0."""
    return 2 * np.sqrt((np.sin(k / 2) ** 2).sum(axis=1))


def parabola(k):
    return cone(k) ** 2


def both_ways(k):
    """Linear along x, quadratic along y."""
    return np.hypot(np.sin(k[:, 0] / 2), 1 - np.cos(k[:, 1]))


def line(k):
    return np.abs(np.sin(k[:, 0] / 2))


def problem(values, gap=cone, D=2, weight="one", mu=0.0, temperature=0.0):
    """Bands +-gap/2, of which the upper one has these values, functions of k, as columns."""

    def bands(k):
        upper = np.stack([np.broadcast_to(value(k), len(k)) for value in values], axis=-1)
        return np.stack([-gap(k), gap(k)], axis=-1) / 2, np.stack([0 * upper, upper], axis=1)

    return BandProblem(bands, LatticeCell(np.eye(D)), [weight] * len(values), mu, temperature)


def power(p, factor=1.0):
    return lambda k: factor * np.cos(2 * np.arctan2(k[:, 1], k[:, 0])) * cone(k) ** -p


@pytest.mark.parametrize("gap", [cone, parabola])
@pytest.mark.parametrize(("D", "least"), [(2, 2), (3, 3)])
def test_powers_of_the_distance(D, least, gap):
    """Below r^-D all is well; one component that is not spoils the others."""
    assert integrability.integrable(problem([power(p) for p in range(least)], gap, D), RTOL)
    for p in (least, least + 1):
        assert not integrability.integrable(problem([power(0), power(p)], gap, D), RTOL)


@pytest.mark.parametrize(("factor", "harmless"), [(1e-2, False), (1e-5, False), (1e-11, True)])
def test_a_weak_divergence_behind_a_strong_singularity(factor, harmless):
    """As far as it matters to the tolerance."""

    def sum_of_both(k):
        return power(1)(k) + power(2, factor)(k)

    assert integrability.integrable(problem([sum_of_both]), RTOL) is harmless


@pytest.mark.parametrize("guard", ["CONE", "CLOSES"])
def test_directions_that_are_worse_than_most(monkeypatch, guard):
    """q_x q_y^5/(q_x^2 + q_y^4)^2 is bounded along every straight line, and not integrable; the touching may be found, or missed nearby."""

    def between(k):
        x, y = np.sin(k[:, 0] / 2), 1 - np.cos(k[:, 1])
        return x * y**2 * np.sin(k[:, 1]) / (x**2 + y**2) ** 2

    one = problem([between], both_ways)
    if guard == "CONE":
        monkeypatch.setattr(integrability, "_touchings", lambda *at: (np.full((1, 2), 1e-9), np.array([0])))
    assert not integrability.integrable(one, RTOL)
    monkeypatch.setattr(integrability, guard, 0.0)
    assert integrability.integrable(one, RTOL)


def test_lines_of_touchings_are_not_judged():
    assert not integrability.integrable(problem([power(0)], line), RTOL)


@pytest.mark.parametrize(("mu", "temperature", "fine"), [(0.0, 0.0, False), (0.1, 0.0, True), (0.0, 0.1, True)])
def test_fermi_surfaces_that_shrink_to_a_touching(mu, temperature, fine):
    """1/r on circles of the radius mu adds as much for every mu, and nothing at mu = 0 in the limit of T."""
    one = problem([power(1)], weight="-df/de", mu=mu, temperature=temperature)
    assert integrability.integrable(one, RTOL) is fine


@pytest.mark.parametrize("mu", [0.0, 0.2])
def test_equal_occupations_cancel(mu):
    """+-1/r^2 of two bands that are both full next to the touching, or of which one is."""

    def bands(k):
        value = power(2)(k)[:, None, None] * np.array([[1.0], [-1.0]])
        return np.stack([-cone(k), cone(k)], axis=-1) / 2, value

    one = BandProblem(bands, LatticeCell(np.eye(2)), ["f"], mu, 0.0)
    assert integrability.integrable(one, RTOL) is (mu != 0)


def parts(result):
    found = re.search(r"one of (\d+) parts", result.method)
    return int(found[1]) if found else 1


k_x, k_y = sp.symbols("k_x k_y", real=True)
CRITICAL = sc.Model(
    sp.sin(k_x) * X + sp.sin(k_y) * Y + (sp.cos(k_x) + sp.cos(k_y) - 2) * Z,
    s=Z / 2,
    k=(k_x, k_y),
    lattice=[[1, 0], [0, 1]],
)
ODD = sc.Model(sp.sin(k_x) * X + (2 - sp.cos(k_x) - sp.cos(k_y)) * Y, s=Z / 2, k=(k_x, k_y), lattice=[[1, 0], [0, 1]])
DIVERGENT = {
    "Chern insulator at its transition": (CRITICAL, 8),
    "graphene": (sc.models.haldane(t2=0, M=0), 12),
    "Kane-Mele": (sc.models.kane_mele(), 12),
}


@pytest.mark.parametrize("name", DIVERGENT)
def test_what_diverges_does_not_cancel_by_its_angle(monkeypatch, name):
    """The sea form has no limit there. In the part that mirrors bound it would converge."""
    model, count = DIVERGENT[name]

    def sea():
        return sc.conductivity(model, 0.3, 0.0, form="sea", rtol=1e-3, max_evaluations=100_000)

    honest = sea()
    assert honest.status == "tolerance not met"
    assert parts(honest) <= 2
    assert parts(sc.conductivity(model, 0.3, 0.0, rtol=1e-3, method="patches")) == count
    monkeypatch.setattr(chambers, "integrable", lambda *at: True)
    wrong = sea()
    assert wrong.status == "converged"
    assert parts(wrong) == count


def test_what_diverges_and_is_odd_is_not_zero(monkeypatch):
    """Neither do k and -k cancel."""

    def sea():
        return sc.conductivity(ODD, -0.4, 0.1, form="sea", rtol=1e-3, method="patches", max_evaluations=100_000)

    assert sea().status == "tolerance not met"
    monkeypatch.setattr(chambers, "integrable", lambda *at: True)
    assert sea().status == "converged"
