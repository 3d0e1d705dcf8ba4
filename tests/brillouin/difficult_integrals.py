"""Integrals with known values whose features fall between the points of any grid, and the table of how all of them end.

python tests/brillouin/difficult_integrals.py 40       # rounds; prints the kinds, counts, and errors in units of the estimates
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict

import numpy as np
from known_integrals import (
    chern_insulator,
    dirac,
    dirac_disk_filled,
    random_cases,
    square_lattice,
    square_lattice_2d,
)
from scipy.special import ellipkm1

from symcur.brillouin import Ball, LatticeCell, integrate, integrate_bands

SQUARE = LatticeCell(np.eye(2))


def moved(bands, place, level=0.0):
    """The same bands with k = 0 moved to ``place`` and energies shifted by ``level``."""

    def displaced(k):
        energies, values = bands(k - place)
        return energies + level, values

    return displaced


def dip(width):
    """e = -1/(1 + (4 - 2 cos k_x - 2 cos k_y)/w^2): the states below mu are those of the square lattice below another energy."""

    def bands(k):
        return -1 / (1 + (4 - 2 * np.cos(k).sum(axis=-1, keepdims=True)) / width**2), np.ones((len(k), 1, 1))

    return bands


def dip_filling(width, mu):
    return square_lattice_2d(width**2 * (-1 / mu - 1) - 4)[0]


def layers(gap):
    """Chern insulators whose gap depends on k_z: -1 for every k_z where it has one sign."""

    def bands(k):
        energies, values = np.empty((len(k), 2)), np.empty((len(k), 2, 1))
        for mass in np.unique(k[:, 2]):
            some = k[:, 2] == mass
            energies[some], values[some] = chern_insulator(2 - gap * (1.5 + np.cos(mass)))(k[some, :2])
        return energies, values

    return bands


def peaked(width, height, rest, place):
    """A peak of a function on a background that is not constant: height/(1 + |k - place|^2/width^2), nearly."""

    def function(k):
        square = (2 - 2 * np.cos(k - place)).sum(axis=-1)
        return height / (1 + square / width**2) + rest[0] + rest[1] * np.cos(k[:, 0])

    return function


def peaked_integral(width, height, rest, dimension):
    """The Green function of the chain, 1/sqrt(E^2 - 4), or of the square lattice, 2 K(16/E^2)/(pi E), E = 2 D + width^2."""
    E = 2 * dimension + width**2
    green = 1 / np.sqrt(E**2 - 4) if dimension == 1 else 2 * ellipkm1(1 - 16 / E**2) / (np.pi * E)
    return height * width**2 * green + rest[0]


def difficult_cases(seed, rounds):
    """Triples (kind, result, known value), NaN where nothing is known."""
    rng = np.random.default_rng(seed)
    for number in range(rounds):
        rtol, place = 10 ** rng.uniform(-8, -2), rng.uniform(-np.pi, np.pi, size=2)
        options = {"rtol": rtol, "relative_to": "integrand"}

        gap, side = 10 ** rng.uniform(-5, -1), rng.choice([-1, 1])
        insulator, known = chern_insulator(2 - side * gap), -1.0 if side > 0 else 0.0
        for t in (0.0, gap / 60):
            result = integrate_bands(moved(insulator, place), SQUARE, ["f"], 0.1 * gap, t, **options)
            yield f"tiny gap, {'T = 0' if t == 0 else 'T << gap'}", result, known
        result = integrate_bands(
            moved(insulator, place), SQUARE, ["f"], np.linspace(-0.8, 0.8, 5) * gap, 0.0, **options
        )
        yield "tiny gap, scan of mu", result, known
        for t in (0.0, 0.1):
            result = integrate_bands(moved(insulator, place, -20.0), SQUARE, ["f"], 0.0, t, **options)
            yield "two filled bands that nearly touch", result, 0.0

        mass, mus = 10 ** rng.uniform(-5, -1), rng.choice([-1, 1], size=3) * rng.uniform(0.2, 1, size=3)
        result = integrate_bands(dirac(mass), Ball(2, 2), ["f"], mus, 0.0, **options)
        yield "Dirac at the centre, scan", result, [[dirac_disk_filled(mass, mu, 2)] for mu in mus]

        depth = 10 ** rng.uniform(-5, -1)
        result = integrate_bands(moved(square_lattice, place), SQUARE, ["f", "-df/de"], depth - 4, 0.0, rtol=rtol)
        yield "pocket", result, square_lattice_2d(depth - 4)
        near = rng.choice([-1, 1]) * 10 ** rng.uniform(-6, -2)
        result = integrate_bands(square_lattice, SQUARE, ["f", "-df/de"], near, 0.0, rtol=max(rtol, 1e-6))
        yield "next to a van Hove energy", result, square_lattice_2d(near)
        result = integrate_bands(square_lattice, SQUARE, ["f", "-df/de"], 0.0, 0.0, rtol=max(rtol, 1e-6))
        yield "at a van Hove energy", result, [0.5, np.nan]

        width, mu = 10 ** rng.uniform(-2, -1), -rng.uniform(0.3, 0.9)
        result = integrate_bands(moved(dip(width), place), SQUARE, ["f"], mu, 0.0, rtol=max(rtol, 1e-6))
        yield "dip", result, dip_filling(width, mu)

        n, dimension = 8 * int(rng.integers(1, 9)), int(rng.integers(1, 3))
        result = integrate(lambda k, n=n: 1 / (2 + np.cos(n * k[:, 0])), LatticeCell(np.eye(dimension)), rtol=rtol)
        yield "high harmonics", result, 3**-0.5

        width, height, rest = 10 ** rng.uniform(-3, -1), 10 ** rng.uniform(-1, 2), rng.normal(size=2)
        for dimension in (1, 2):
            peak = peaked(width, height, rest, place[:dimension])
            result = integrate(peak, LatticeCell(np.eye(dimension)), rtol=rtol, relative_to="integrand")
            yield f"peak of a function, {dimension}D", result, peaked_integral(width, height, rest, dimension)
        if number % 4 == 0:
            slab = layers(10 ** rng.uniform(-2, -0.5))
            result = integrate_bands(
                moved(slab, [*place, 1.0]), LatticeCell(np.eye(3)), ["f"], 0.0, 0.0, rtol=1e-2, relative_to="integrand"
            )
            yield "3D, tiny gap", result, -1.0


def measure(seed, rounds):
    """{kind: [(status, largest error in units of its estimate, points)]}."""
    table = defaultdict(list)
    for cases in (random_cases, difficult_cases):
        for kind, result, known in cases(seed, rounds):
            known = np.broadcast_to(known, result.value.shape)
            has = ~np.isnan(known)
            ratio = float(np.max(np.abs(result.value - known)[has] / result.error[has]))
            kind = re.sub(r", T = \d\.\de.*", "", kind)  # its temperature is random
            table[kind].append((result.status, ratio, result.evaluations))
    return table


def main():
    table = measure(int(sys.argv[2]) if len(sys.argv) > 2 else 11, int(sys.argv[1]) if len(sys.argv) > 1 else 20)
    print(f"{'kind':36s} integrals  converged  inside  worst  most points")
    rows = [*table.items(), ("all", [case for cases in table.values() for case in cases])]
    for kind, cases in rows:
        status, ratios, points = zip(*cases, strict=True)
        converged, inside = (sum(x) for x in ([s == "converged" for s in status], [r <= 1 for r in ratios]))
        print(f"{kind:36s} {len(cases):9d}  {converged:9d}  {inside:6d}  {max(ratios):5.2f}  {max(points):11d}")


if __name__ == "__main__":
    main()
