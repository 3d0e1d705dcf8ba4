"""Integrals over k space with known values, by closed forms or by one-dimensional reductions."""

from __future__ import annotations

import mpmath
import numpy as np
from scipy.integrate import quad
from scipy.special import iv

from symcur.brillouin import Ball, LatticeCell, Plane, integrate, integrate_bands


def chain(hopping, spacing):
    """e = -2 t cos(k a), values 1, for three weights."""

    def bands(k):
        return -2 * hopping * np.cos(k * spacing), np.ones((len(k), 1, 3))

    return bands


def chain_at_zero_temperature(hopping, spacing, mu):
    """The integrals of f, g and -df/de of the chain at T = 0."""
    fermi = np.arccos(-mu / (2 * hopping))
    filling = fermi / np.pi
    energy = (-2 * hopping * np.sin(fermi) - mu * fermi) / np.pi
    return np.array([filling, energy, 1 / (2 * np.pi * hopping * np.sin(fermi))]) / spacing


def chain_at_temperature(hopping, spacing, mu, temperature):
    """The integral of f of the chain at T > 0 by adaptive quadrature split at the Fermi point."""
    fermi = np.arccos(-mu / (2 * hopping))
    points = np.clip([fermi + d * temperature / hopping for d in (-20, -5, 0, 5, 20)], 0, np.pi)

    def f(angle):
        x = (-2 * hopping * np.cos(angle) - mu) / temperature
        return np.exp(-np.logaddexp(0, x))

    return quad(f, 0, np.pi, points=points, epsabs=1e-14, epsrel=1e-13, limit=1000)[0] / np.pi / spacing


def parabola(k):
    """e = k^2/2, values 1, for three weights."""
    return (k**2).sum(axis=-1, keepdims=True) / 2, np.ones((len(k), 1, 3))


def parabola_2d(mu, temperature):
    """The integrals of f, g and -df/de of k^2/2 in two dimensions."""
    if temperature == 0:
        return np.array([mu, -(mu**2) / 2, 1]) / (2 * np.pi)
    x = mu / temperature
    dilogarithm = x**2 / 2 + np.pi**2 / 6 + float(mpmath.polylog(2, -mpmath.exp(-x)))
    f = temperature * np.logaddexp(0, x)
    return np.array([f, -(temperature**2) * dilogarithm, 1 / (1 + np.exp(-x))]) / (2 * np.pi)


def parabola_3d(mu):
    """The integrals of f, g and -df/de of k^2/2 in three dimensions at T = 0."""
    filling = (2 * mu) ** 1.5 / (6 * np.pi**2)
    return np.array([filling, -0.4 * mu * filling, 1.5 * filling / mu])


def dirac(mass):
    """Massive Dirac fermion, values 2 pi times half of the Berry curvature's usual modulus, opposite in the bands."""

    def bands(k):
        energy = np.sqrt((k**2).sum(axis=-1) + mass**2)
        curvature = np.pi * mass / energy**3
        return np.stack([-energy, energy], axis=-1), np.stack([curvature, -curvature], axis=-1)[..., None]

    return bands


def dirac_filled(mass, mu, whole):
    """What is left of the flux ``whole`` of the lower band: the states |e| < |mu| cancel or are empty."""
    return whole - (1 - mass / max(abs(mu), mass)) / 2


def dirac_disk(mass, cutoff):
    return (1 - mass / np.hypot(cutoff, mass)) / 2


def dirac_disk_filled(mass, mu, cutoff):
    """``dirac_filled`` of the disk, without the difference of numbers near 1/2."""
    return mass * (1 / max(abs(mu), mass) - 1 / np.hypot(cutoff, mass)) / 2


def dirac_square(mass, half_width):
    return np.arctan(half_width**2 / (mass * np.sqrt(2 * half_width**2 + mass**2))) / np.pi


def chern_insulator(mass):
    """Qi-Wu-Zhang model, values 2 pi times the Berry curvature: the lower band integrates to an integer."""

    def bands(k):
        x, y = k.T
        zero = np.zeros_like(x)
        d = np.stack([np.sin(x), np.sin(y), mass - np.cos(x) - np.cos(y)], axis=-1)
        dx = np.stack([np.cos(x), zero, np.sin(x)], axis=-1)
        dy = np.stack([zero, np.cos(y), np.sin(y)], axis=-1)
        energy = np.linalg.norm(d, axis=-1)
        curvature = np.pi * np.einsum("mi,mi->m", d, np.cross(dx, dy)) / energy**3
        return np.stack([-energy, energy], axis=-1), np.stack([curvature, -curvature], axis=-1)[..., None]

    return bands


def square_lattice(k):
    """e = -2 (cos k_x + cos k_y + ...), values 1, for two weights."""
    return -2 * np.cos(k).sum(axis=-1)[:, None], np.ones((len(k), 1, 2))


def square_lattice_2d(mu):
    """Filling and density of states at T = 0, by the complete elliptic integral K = pi/(2 agm)."""

    def density(energy):
        return 1 / (4 * mpmath.pi * mpmath.agm(1, abs(energy) / 4))

    return np.array([0.5 + float(mpmath.quad(density, [0, mu])), float(density(mu))])


def honeycomb(k):
    """Nearest neighbours on the honeycomb lattice in coordinates u = k/(2 pi) of the cell: two bands that touch."""
    x, y = k.T
    energy = np.sqrt(np.maximum(3 + 2 * np.cos(x) + 2 * np.cos(y) + 2 * np.cos(x - y), 0))
    return np.stack([-energy, energy], axis=-1), np.ones((len(k), 2, 1))


def honeycomb_filling(mu):
    """Electrons per cell at T = 0: e^2 = 1 + c^2 + 2 c cos(y'), c = 2 |cos(x/2)|, solved for y' on each line."""

    def below(x):
        c = 2 * abs(mpmath.cos(x / 2))
        return mpmath.acos(min(max((1 + c**2 - mu**2) / (2 * c), -1), 1)) / mpmath.pi

    edges = [2 * mpmath.acos(c / 2) for c in (1 - abs(mu), 1 + abs(mu), abs(mu) - 1) if 0 < c < 2]
    inside = mpmath.quad(below, sorted([0, *edges, mpmath.pi])) / mpmath.pi
    return 1 + np.sign(mu) * float(inside)


def random_cases(seed, rounds):
    """Pairs (result, known value): gapped, metallic, T = 0 and T > 0, one to three dimensions, rtol 1e-9 to 1e-2."""
    rng = np.random.default_rng(seed)
    for number in range(rounds):
        rtol = 10 ** rng.uniform(-9, -2)
        hopping, spacing = rng.uniform(0.3, 2), rng.uniform(0.5, 3)
        mu = rng.uniform(-1.9, 1.9) * hopping
        cell = LatticeCell(spacing)
        weights = ["f", "g", "-df/de"]
        result = integrate_bands(chain(hopping, spacing), cell, weights, mu, 0.0, rtol=rtol)
        yield "chain", result, chain_at_zero_temperature(hopping, spacing, mu)
        t = 10 ** rng.uniform(-3, 0.5)
        result = integrate_bands(chain(hopping, spacing), cell, weights, mu, t, rtol=rtol)
        known = [chain_at_temperature(hopping, spacing, mu, t), np.nan, np.nan]
        yield "chain, T > 0", result, np.array(known)

        for t in (0.0, 10 ** rng.uniform(-3.5, -0.3)):
            mu = rng.uniform(0.1, 2)
            cutoff = np.sqrt(2 * (mu + 45 * t)) * rng.uniform(1.01, 2)
            for domain in (Ball(2, cutoff), Plane(2, cutoff)):
                result = integrate_bands(parabola, domain, weights, mu, t, rtol=rtol)
                yield f"parabola, T = {t:.1e}", result, parabola_2d(mu, t)
        if number % 4 == 0:
            for domain in (Ball(3, 2 * np.sqrt(2 * mu), center=[0.1, 0, 0]), Plane(3, 1.5 * np.sqrt(2 * mu))):
                result = integrate_bands(parabola, domain, weights, mu, 0.0, rtol=max(rtol, 1e-6))
                yield "parabola in 3D", result, parabola_3d(mu)

        mass = 10 ** rng.uniform(-3, 0)
        mu = rng.choice([-1, 1]) * np.hypot(mass, rng.uniform(0.1, 1))
        for domain, whole in ((Ball(2, 2), dirac_disk(mass, 2)), (Plane(2, 2), dirac_square(mass, 2))):
            result = integrate_bands(dirac(mass), domain, ["f"], mu, 0.0, rtol=rtol)
            yield "Dirac", result, dirac_filled(mass, mu, whole)
        result = integrate(lambda k, m=mass: dirac(m)(k)[1][:, 0], Plane(2, 2), rtol=rtol)
        yield "Dirac, smooth", result, dirac_square(mass, 2)

        gap, side = 10 ** rng.uniform(-4, -0.1), rng.choice([-1, 1])
        result = integrate_bands(
            chern_insulator(2 - side * gap), LatticeCell(np.eye(2)), ["f"], rng.uniform(-0.9, 0.9) * gap, 0.0,
            rtol=rtol, relative_to="integrand",
        )  # fmt: skip
        yield "Chern", result, -1.0 if side > 0 else 0.0

        mu = rng.uniform(-3.5, 3.5)
        result = integrate_bands(square_lattice, LatticeCell(np.eye(2)), ["f", "-df/de"], mu, 0.0, rtol=rtol)
        yield "square lattice", result, square_lattice_2d(mu)
        mu = rng.uniform(-2.5, 2.5)
        result = integrate_bands(honeycomb, LatticeCell(np.eye(2)), ["f"], mu, 0.0, rtol=rtol)
        yield "honeycomb", result, honeycomb_filling(mu)

        b, dimension = 10 ** rng.uniform(-1, 1.3), int(rng.integers(1, 4))
        vectors = rng.normal(size=(dimension, dimension)) + 2 * np.eye(dimension)
        result = integrate(
            lambda k, b=b, a=vectors: np.exp(b * (np.cos(k @ a.T) - 1).sum(axis=-1)),
            LatticeCell(vectors),
            rtol=max(rtol, 1e-6) if dimension == 3 else rtol,
        )
        yield "Bessel", result, (iv(0, b) * np.exp(-b)) ** dimension / abs(np.linalg.det(vectors))
