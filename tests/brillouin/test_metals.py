"""Sums over bands: metals at zero and low temperature, scans in one sweep, degenerate and crossing bands."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from known_integrals import (
    chain,
    chain_at_zero_temperature,
    chern_insulator,
    honeycomb,
    honeycomb_filling,
    parabola,
    parabola_2d,
    parabola_3d,
    square_lattice,
    square_lattice_2d,
)

import symcur.brillouin
from symcur.brillouin import Ball, LatticeCell, Plane, integrate_bands, level_sets, patches
from symcur.brillouin.bernstein import basis, transform
from symcur.brillouin.cells import Boxes, tensor
from symcur.brillouin.level_sets import Pieces, level_set_integrals
from symcur.brillouin.problem import BandProblem

SQUARE = LatticeCell(np.eye(2))


def test_ten_digits_for_a_chain_at_zero_temperature():
    result = integrate_bands(chain(0.7, 1.3), LatticeCell(1.3), ["f", "g", "-df/de"], 0.4, 0.0, rtol=1e-10)
    np.testing.assert_allclose(result.value, chain_at_zero_temperature(0.7, 1.3, 0.4), rtol=1e-10)
    assert "metal at T = 0" in result.reason
    assert result.evaluations < 1000


@pytest.mark.parametrize("mu", [-3.1, -0.4, 0.013, 2.6])
def test_a_square_lattice_at_zero_temperature_costs_thousands_not_millions(mu):
    result = integrate_bands(square_lattice, SQUARE, ["f", "-df/de"], mu, 0.0, rtol=1e-8)
    np.testing.assert_allclose(result.value, square_lattice_2d(mu), rtol=1e-8)
    assert result.evaluations < 30_000


@pytest.mark.slow_for("-1.0")
@pytest.mark.parametrize("mu", [-1.0, 0.3, 2.0])
def test_touching_bands_at_zero_temperature(mu):
    result = integrate_bands(honeycomb, SQUARE, ["f"], mu, 0.0, rtol=1e-9)
    assert result.value[0] == pytest.approx(honeycomb_filling(mu), rel=1e-9)


@pytest.mark.parametrize("domain", [Ball(3, 2.0), Plane(3, 1.9, center=[0.1, 0, 0])])
def test_a_fermi_sphere(domain):
    result = integrate_bands(parabola, domain, ["f", "g", "-df/de"], 1.2, 0.0, rtol=1e-7)
    np.testing.assert_allclose(result.value, parabola_3d(1.2), rtol=1e-7)
    assert result.evaluations < 100_000


@pytest.mark.parametrize("temperature", [1e-5, 1e-3, 0.03])
def test_low_temperature_in_three_dimensions(temperature):
    """n(mu, T) = n(mu) (1 + (pi^2/8) (T/mu)^2 + (7 pi^4/640) (T/mu)^4 + ...), Sommerfeld's expansion."""
    result = integrate_bands(parabola, Ball(3, 3.0), ["f", "one", "one"], 1.2, temperature, rtol=1e-6)
    x = (np.pi * temperature / 1.2) ** 2
    assert result.value[0] == pytest.approx(parabola_3d(1.2)[0] * (1 + x / 8 + 7 * x**2 / 640), rel=1e-6)


def test_a_scan_costs_one_sweep():
    """Sixteen chemical potentials and three temperatures, each to its tolerance, far cheaper than 48 integrals."""
    mu, temperature = np.linspace(0.2, 1.7, 16), np.array([0.0, 1e-3, 0.03])
    domain = Plane(2, 3.0)
    scan = integrate_bands(parabola, domain, ["f", "g", "-df/de"], mu, temperature, rtol=1e-7)
    assert scan.converged
    assert scan.value.shape == (16, 3, 3)
    for m in range(len(mu)):
        for t in range(len(temperature)):
            np.testing.assert_allclose(scan.value[m, t], parabola_2d(mu[m], temperature[t]), rtol=2e-7)
    one = integrate_bands(parabola, domain, ["f", "g", "-df/de"], mu[3], temperature[1], rtol=1e-7)
    assert one.value.shape == (3,)
    np.testing.assert_allclose(one.value, scan.value[3, 1], rtol=2e-7)
    assert scan.evaluations <= 48 * one.evaluations / 4


def test_entropy_is_minus_the_derivative_of_g():
    h = 1e-4
    t = np.array([0.02 - h, 0.02, 0.02 + h])
    result = integrate_bands(square_lattice, SQUARE, ["g", "entropy"], -0.7, t, rtol=1e-11)
    slope = -(result.value[2, 0] - result.value[0, 0]) / (2 * h)
    assert slope == pytest.approx(result.value[1, 1], rel=1e-4)
    cold = integrate_bands(square_lattice, SQUARE, ["one", "entropy"], -0.7, 0.0, rtol=1e-6)
    np.testing.assert_allclose(cold.value, [1, 0], atol=1e-12)


def test_crossing_bands_ordered_by_energy_give_the_same_sums():
    """Two decoupled bands, once as they are (smooth), once sorted (kinks and swapped values)."""

    def decoupled(k):
        x, y = k.T
        e = np.stack([-2 * np.cos(x) - 2 * np.cos(y), 2 * np.cos(x) - 2 * np.cos(y) + 0.3], axis=-1)
        return e, np.stack([np.ones_like(x), 2 + np.cos(x)], axis=-1)[..., None]

    def ordered(k):
        e, v = decoupled(k)
        order = np.argsort(e, axis=1)
        return np.take_along_axis(e, order, axis=1), np.take_along_axis(v, order[..., None], axis=1)

    mu = [-1.0, 0.5]
    smooth = integrate_bands(decoupled, SQUARE, ["f"], mu, 0.0, rtol=1e-10)
    kinked = integrate_bands(ordered, SQUARE, ["f"], mu, 0.0, rtol=1e-6)
    assert kinked.converged
    assert (np.abs(kinked.value - smooth.value) <= kinked.error + smooth.error).all()
    np.testing.assert_allclose(kinked.value, smooth.value, rtol=1e-6)


def test_a_degenerate_pair_counts_twice():
    pair = lambda k: tuple(np.repeat(part, 2, axis=1) for part in square_lattice(k))  # noqa: E731
    one = integrate_bands(square_lattice, SQUARE, ["f", "-df/de"], -0.7, 0.0, rtol=1e-7)
    two = integrate_bands(pair, SQUARE, ["f", "-df/de"], -0.7, 0.0, rtol=1e-7)
    np.testing.assert_allclose(two.value, 2 * one.value, rtol=1e-7)
    assert two.evaluations == one.evaluations


def test_the_level_sets_of_a_degenerate_pair_are_integrated_once():
    """Rounding splits a pair at some points; a third band at mu keeps its own values."""
    split = 1 + 1e-16 * np.array([0.0, 5.0])

    def bands(k):
        (e, v), (f, w) = square_lattice(k), square_lattice(k + 1.0)
        return np.concatenate([e * split, f + 4.0], axis=1), np.concatenate([v, 2 * v, w], axis=1)

    weights = ["f", "-df/de"]
    problem = BandProblem(bands, SQUARE, weights, -0.7, 0.0)
    whole = Boxes(np.zeros((1, 2)), np.ones((1, 2)))
    sampled = patches._sample(problem, 10, whole)
    assert len(sampled.e) == 2
    one, _ = BandProblem(square_lattice, SQUARE, weights, -0.7, 0.0).sample(whole.points(tensor(basis(10).nodes, 2))[0])
    np.testing.assert_allclose(sampled.v[0], 3.0)
    np.testing.assert_allclose(sampled.e[0], one[:, 0])


def test_pieces_do_not_share_the_parts_into_which_they_may_fall(monkeypatch):
    """A bent level set beside many others is resolved as well as alone: how pieces are grouped changes no number."""
    b = basis(6)
    u = np.stack(np.meshgrid(b.nodes, b.nodes, indexing="ij"), axis=-1)
    e = transform(b.fine, ((u - 0.45) ** 2).sum(axis=-1)[None], 2)
    monkeypatch.setattr(level_sets, "MOST_PARTS", 36 * 20)
    ones = lambda count: np.ones((count, 1, 6, 6))  # noqa: E731
    found = [
        level_set_integrals(
            Pieces(np.repeat(e, n, axis=0), ones(n), np.full(n, 0.04), np.zeros(n), np.ones(n), np.arange(n)),
            ("f",),
            8,
            n,
        )
        for n in (1, 40)
    ]
    for name in ("value", "size", "error_bound"):
        alone, beside = (getattr(one, name) for one in found)
        np.testing.assert_allclose(beside, np.repeat(alone, 40, axis=0), rtol=1e-12)
    assert found[0].error_bound.max() > 0


def test_auto_takes_the_trapezoid_rule_where_it_is_better():
    insulator = integrate_bands(chern_insulator(1.2), SQUARE, ["f"], 0.0, 0.0, rtol=1e-10)
    assert insulator.method.startswith("periodic trapezoid")
    assert "insulator" in insulator.reason
    assert insulator.value[0] == pytest.approx(-1, rel=1e-10)
    metal = integrate_bands(chern_insulator(1.2), SQUARE, ["f"], 1.0, [0.0, 0.3], rtol=1e-6)
    assert metal.method.startswith("adaptive")
    hot = integrate_bands(chern_insulator(1.2), SQUARE, ["f"], 1.0, 0.3, rtol=1e-6)
    assert hot.method.startswith("periodic trapezoid")
    np.testing.assert_allclose(hot.value, metal.value[1], rtol=1e-6)


@pytest.mark.slow_for("3-0.0003", "3-1e-05")
@pytest.mark.parametrize("temperature", [0.0, 1e-5, 3e-4])
@pytest.mark.parametrize("dimension", [2, 3])
def test_level_sets_of_a_quadratic_polynomial(dimension, temperature):
    """An ellipsoid inside the cube, every axis bent: volume and surface in closed form, with Sommerfeld's terms."""
    b, center, axes = basis(6), np.array([0.41, 0.52, 0.47])[:dimension], np.array([1.0, 1.7, 0.6])[:dimension]
    u = np.stack(np.meshgrid(*[b.nodes] * dimension, indexing="ij"), axis=-1)
    e = transform(b.fine, (axes * (u - center) ** 2).sum(axis=-1)[None], dimension)
    v, mu = np.ones((1, 2, *e.shape[1:])), 0.04
    pieces = Pieces(e, v, np.array([mu]), np.array([temperature]), np.ones(1), np.zeros(1, int))
    value = level_set_integrals(pieces, ("f", "-df/de"), 12, 1).value[0]
    x = (np.pi * temperature / mu) ** 2
    if dimension == 2:
        volume = np.pi * mu / np.sqrt(np.prod(axes))
        known = [volume, volume / mu]
    else:
        volume = 4 * np.pi / 3 * mu**1.5 / np.sqrt(np.prod(axes))
        known = [volume * (1 + x / 8 + 7 * x**2 / 640), 1.5 * volume / mu * (1 - x / 24 - 7 * x**2 / 384)]
    np.testing.assert_allclose(value, known, rtol=2e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"temperature": -0.1}, "temperature: expected"),
        ({"temperature": np.nan}, "temperature: expected"),
        ({"mu": [[0.1]]}, "mu: expected"),
        ({"mu": []}, "mu: expected"),
        ({"weights": ["f"]}, r"bands: expected values of shape \(\d+, 1, 1\)"),
        ({"weights": ["f", "F"]}, "weights: expected one of f, g, .* got 'F'"),
        ({"weights": "f"}, "weights: expected a sequence of names"),
        ({"weights": []}, "weights: expected one name for each component"),
        ({"method": "cubature"}, "method: expected .* cannot integrate the step of T = 0"),
        ({"method": "trapezoid"}, r"method: expected one that can integrate a step \(metal at T = 0"),
        ({"bands": lambda k: (np.ones(len(k)), np.ones((len(k), 1, 2)))}, "bands: expected energies of shape"),
        (
            {"bands": lambda k: (np.full((len(k), 1), np.nan), np.ones((len(k), 1, 2)))},
            r"\(energies\): .*, got \[nan\]",
        ),
        ({"bands": lambda k: (np.ones((len(k), 1)), np.full((len(k), 1, 2), np.inf))}, r"\(values\): .*, got \[\[inf"),
        ({"bands": lambda k: (np.ones((len(k), 1)), 1j * np.ones((len(k), 1, 2)))}, "bands: expected real"),
    ],
)
def test_errors_name_the_argument(change, message):
    arguments = {"bands": square_lattice, "weights": ["f", "f"], "mu": 0.1, "temperature": 0.0} | change
    positional = [arguments.pop(key) for key in ("bands", "weights", "mu", "temperature")]
    with pytest.raises(ValueError, match=message):
        integrate_bands(positional[0], SQUARE, *positional[1:], rtol=1e-4, **arguments)


def test_the_package_knows_only_callables_and_domains():
    allowed = {"numpy", "scipy", "__future__", "abc", "collections", "contextlib", "concurrent", "copy", "dataclasses"}
    allowed |= {
        "fractions",
        "functools",
        "hashlib",
        "io",
        "itertools",
        "json",
        "math",
        "os",
        "pathlib",
        "time",
        "typing",
        "symcur.arrays",
        "symcur.cores",
        "symcur.files",
        "symcur.registry",
        "symcur.version",
    }
    for path in Path(symcur.brillouin.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                names = {f"symcur.{name.name}" for name in node.names} if node.module == "symcur" else {node.module}
                known = names <= allowed or node.module.split(".")[0] in allowed
                assert node.level == 1 or known, f"{path.name}: {node.module}"
            if isinstance(node, ast.Import):
                assert all(name.name.split(".")[0] in allowed for name in node.names), path.name


@pytest.mark.slow
def test_the_error_at_single_fermi_points_is_no_accident():
    """sum over +-k_F of v/(2 pi |de/dk|): where the last Legendre polynomial of v vanishes at k_F the error must not look small."""
    generator = np.random.default_rng(2)
    for _ in range(100):
        origin, other, fermi, c = *generator.uniform(0, 2 * np.pi, 2), *generator.uniform([0.3, 1.1], [2.8, 2])

        def value(x, other=other, c=c):
            return 1 / (c + np.cos(x - other))

        def bands(k, origin=origin, value=value):
            return -np.cos(k - origin), value(k - origin)[..., None]

        known = (value(fermi) + value(-fermi)) / np.sin(fermi) / (2 * np.pi)
        for rtol in (1e-2, 1e-4):
            result = integrate_bands(bands, LatticeCell(1.0), ["-df/de"], -np.cos(fermi), 0.0, rtol=rtol)
            assert result.converged
            assert abs(result.value[0] - known) <= result.error[0]


@pytest.mark.parametrize("temperature", [0.0, 0.02])
@pytest.mark.parametrize("idle", [0, 2])
def test_an_axis_along_which_nothing_varies_costs_nothing(temperature, idle):
    """Layers that do not couple, with tiny pockets: the sum over one of them, over the distance of the layers."""
    weights, mu = ["f", "-df/de"], 1e-3 - 4
    layers = lambda k: square_lattice(np.delete(k, idle, axis=1))  # noqa: E731
    cell = LatticeCell(np.diag(np.where(np.arange(3) == idle, 2.0, 1.0)))
    one = integrate_bands(square_lattice, SQUARE, weights, mu, temperature, rtol=1e-6)
    many = integrate_bands(layers, cell, weights, mu, temperature, rtol=1e-6)
    assert many.converged
    np.testing.assert_allclose(many.value, one.value / 2, rtol=1e-10)
    assert many.evaluations == one.evaluations
    assert f"nothing varies along axis {idle + 1}" in many.reason


def test_layers_that_hardly_couple_are_not_taken_for_one():
    """Hopping of 1e-9 between layers at mu, one of which is just above the bottom."""
    bands = lambda k: ((-2 * np.cos(k[:, :2]).sum(axis=-1) - 1e-9 * np.cos(k[:, 2]))[:, None], np.ones((len(k), 1, 1)))  # noqa: E731
    result = integrate_bands(bands, LatticeCell(np.eye(3)), ["f"], -4.0, 1e-9, rtol=1e-2, max_evaluations=2_000_000)
    assert "nothing varies" not in result.reason


@pytest.mark.parametrize("temperature", [0.0, 1e-6])
def test_a_pocket_between_the_points_of_an_unresolved_part_is_in_its_error(monkeypatch, temperature):
    """A sphere of radius r in the unit cube, in which bisection has come to its limit: int f = 4 pi r^3/3, int |g| = 4 pi r^5/15."""
    monkeypatch.setattr(level_sets, "MOST_PARTS", 0)
    radius, b = 0.02, basis(4)
    x = np.stack(np.meshgrid(*[b.nodes] * 3, indexing="ij"), axis=-1) - [0.31, 0.43, 0.57]
    e = transform(b.fine, (x**2).sum(axis=-1) - radius**2, 3)[None]
    v = np.ones((1, 2, 4, 4, 4))
    pieces = Pieces(e, v, np.zeros(1), np.full(1, temperature), np.ones(1), np.arange(1))
    found = level_set_integrals(pieces, ("f", "g"), 7, 1)
    value, error = found.value[0], found.error_bound[0]
    exact = 4 * np.pi * radius ** np.array([3, 5]) / np.array([3, 15])
    assert (np.abs(np.abs(value) - exact) <= error).all()
    assert (error <= 2).all()
