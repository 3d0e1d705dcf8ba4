"""Disordered transport of a two-dimensional metal from energies and states alone, on Fermi lines in polar coordinates.

Each line is k_F(phi) around one centre, found between radii, and integrals along it are trapezoid sums over phi. Velocities
are differences of energies, the connections and the dipole of s differences of states with random phases. The shift upon
scattering is the printed one, delta r^s = s' A' - s A - (s' d' + s d) arg V, and the Boltzmann equation a dense system.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize.elementwise import find_root

from symcur.arrays import AnyArray, Array
from symcur.band_structures import BandStructure
from symcur.band_structures.hermitian import eigenvectors
from symcur.linear_response.expansion import Estimate
from symcur.linear_response.finite_differences import SIXTH_ORDER, curvature_by_projectors

Channel = tuple[AnyArray, Callable[[Array], Array | float]]
"""Uncorrelated impurities: a matrix Gamma and n u^2 |phi|^2 as a function of the momentum transfer squared."""

STEP = 2e-3


@dataclass(frozen=True)
class Nodes:
    """Points k (M, 2) on the Fermi lines, the band at each, and weights: sum q F = int d^2k/(2 pi)^2 delta(mu - e) F."""

    k: Array
    band: AnyArray
    weight: Array


def difference(function: Callable[[Array], Any], shift: Array) -> Any:
    """The derivative along ``shift`` of a function of the displacement, at 0."""
    return sum(c * (function(j * shift) - function(-j * shift)) for j, c in SIXTH_ORDER) / np.linalg.norm(shift)


def polar_lines(model: BandStructure, mu: float, reach: float, angles: int) -> Nodes:
    """Fermi lines that every ray from k = 0 crosses at most once for each band, with |k| < ``reach``.

    Raises ValueError where a band is crossed more than once or by some rays only, or no band is.
    """
    phi = 2 * np.pi * (np.arange(angles) + 0.37) / angles
    ray = np.stack([np.cos(phi), np.sin(phi)], axis=-1)
    radii = np.linspace(1e-6, reach, 161)
    above = model.energies(radii[:, None, None] * ray) > mu
    k, bands, weights = [], [], []
    for band in range(model.size):
        changes = np.diff(above[:, :, band].astype(int), axis=0) != 0
        count = changes.sum(axis=0)
        if not count.any():
            continue
        if not (count == 1).all():
            raise ValueError(
                f"model: expected closed Fermi lines around k = 0, got others at mu = {mu:g} in {model.name}"
            )

        def energy(r: Array, x: Array, y: Array, band: int = band) -> Array:
            return np.asarray(model.energies(r[..., None] * np.stack([x, y], axis=-1))[..., band] - mu)

        place = changes.argmax(axis=0)
        radius = find_root(energy, (radii[place], radii[place + 1]), args=(ray[:, 0], ray[:, 1])).x
        outward = partial(lambda energy, radius, step: energy(radius + step[0], *ray.T), energy, radius)
        slope = np.abs(difference(outward, np.array([STEP])))
        k.append(radius[:, None] * ray)
        bands.append(np.full(angles, band))
        weights.append(radius / slope / (2 * np.pi * angles))
    if not k:
        raise ValueError(f"mu: expected an energy with Fermi lines within {reach:g}, got {mu:g} in {model.name}")
    return Nodes(np.concatenate(k), np.concatenate(bands), np.concatenate(weights))


@dataclass(frozen=True)
class Packets:
    """What the nodes carry: states u (M, N) and their differences du along x and y in a random gauge, velocities (M, 2), the
    connections A (M, 2), s (M,) and its dipole (M, 2)."""

    u: AnyArray
    du: tuple[AnyArray, AnyArray]
    v: Array
    A: Array
    s: Array
    dipole: Array


def _packets(model: BandStructure, nodes: Nodes) -> Packets:
    rows = np.arange(len(nodes.k))
    spin = model.matrix("s", nodes.k[0])

    def states(shift: Array) -> AnyArray:
        return np.asarray(eigenvectors(model.matrix("H", nodes.k + shift))[1][rows, :, nodes.band])

    u = states(np.zeros(2))
    twist = np.random.default_rng(29).normal(size=(len(rows), 2))

    def in_a_gauge(shift: Array) -> AnyArray:
        moved = states(shift)
        overlap = (u.conj() * moved).sum(axis=-1)
        return np.asarray(moved * (overlap.conj() / np.abs(overlap) * np.exp(1j * twist @ shift))[:, None])

    def energies(shift: Array) -> Array:
        return np.asarray(model.energies(nodes.k + shift)[rows, nodes.band])

    axes = STEP * np.eye(2)
    du = (difference(in_a_gauge, axes[0]), difference(in_a_gauge, axes[1]))
    v = np.stack([difference(energies, axis) for axis in axes], axis=-1)
    s = np.einsum("ma,ab,mb->m", u.conj(), spin, u).real
    A = np.stack([(1j * (u.conj() * d).sum(axis=-1)).real for d in du], axis=-1)
    dipole = np.stack([np.einsum("ma,ab,mb->m", d.conj(), spin, u).imag for d in du], axis=-1) - A * s[:, None]
    return Packets(u, du, v, A, s, dipole)


def carried_by_nodes(
    model: BandStructure, nodes: Nodes, channels: Sequence[Channel]
) -> tuple[Array, Array, dict[str, Array]]:
    """The rates w[b, a], the velocities, and what an electron at each node carries, (M, components)."""
    packets, spin = _packets(model, nodes), model.matrix("s", nodes.k[0])
    u, du, v, A, s, dipole = (packets.u, packets.du, packets.v, packets.A, packets.s, packets.dipole)
    currents = [(x @ spin + spin @ x) / 2 for x in (model.matrix("H", nodes.k, (i,)) for i in (0, 1))]
    J = np.stack([np.einsum("ma,mab,mb->m", u.conj(), x, u).real for x in currents], axis=-1)

    square = ((nodes.k[:, None] - nodes.k) ** 2).sum(axis=-1)
    w: Any = 0.0
    jumps: list[Any] = [0.0, 0.0]
    for Gamma, correlator in channels:
        strength = 2 * np.pi * correlator(square)
        V = u.conj() @ Gamma @ u.T  # [b, a]
        w = w + strength * np.abs(V) ** 2
        for i in (0, 1):
            turned = s[:, None] * (du[i].conj() @ Gamma @ u.T) + s * (u.conj() @ Gamma @ du[i].T)
            connection = (s * A[:, i])[:, None] - s * A[:, i]
            jumps[i] = jumps[i] + strength * (np.abs(V) ** 2 * connection - (V.conj() * turned).imag)
    q = nodes.weight
    carried = {
        "charge": v,
        "occupation": v * s[:, None],
        "conventional": J,
        "dipole_shift": w.T @ (q[:, None] * dipole) - (q @ w)[:, None] * dipole,
        "side_jump": np.stack([q @ jump for jump in jumps], axis=-1),
        "scattering_torque": (w.T @ (q * s) - (q @ w) * s)[:, None],
    }
    return np.asarray(w), v, carried


def sea_response(
    model: BandStructure, mu: float, *, reach: float, angles: int = 48, radii: int = 24
) -> tuple[Array, Array]:
    """int f Omega^{li} s and int f d_l d^{is}, [i, l], at T = 0 for bands that rise from k = 0, from projectors and states.

    The first by a sum over the sea in polar coordinates, the second on the Fermi lines. Source: C (11).
    """
    nodes = polar_lines(model, mu, reach, angles)
    packets = _packets(model, nodes)
    dipole = packets.dipole.T @ (nodes.weight[:, None] * packets.v)
    x, weights = (np.polynomial.legendre.leggauss(radii)[j] / 2 + (1 - j) / 2 for j in (0, 1))
    k = x[:, None, None] * nodes.k
    of_bands = curvature_by_projectors(model, k.reshape(-1, 2)).reshape(radii, len(nodes.k), -1)
    curvature = of_bands[:, np.arange(len(nodes.k)), nodes.band]
    area = x[:, None] * weights[:, None] * (nodes.k**2).sum(axis=-1) / (2 * np.pi * angles)
    hall = float((area * curvature).sum())
    return np.array([[0.0, -hall], [hall, 0.0]]), dipole


def born_transport(
    model: BandStructure, mu: float, channels: Sequence[Channel], *, reach: float, angles: int = 72
) -> dict[str, Estimate]:
    """The currents [i, l] that the occupation of the Fermi lines carries, first Born order, T = 0, e = hbar = 1.

    ``charge``, ``occupation`` (int df v s), ``conventional`` (int df J_n), ``dipole_shift``, ``side_jump`` and the
    ``scattering_torque`` [0, l]. The error is the change from two thirds of the angles. Source: C (13), (14).
    """
    coarse, fine = (_currents(model, mu, channels, reach, count) for count in (2 * angles // 3, angles))
    return {name: Estimate(fine[name], np.abs(fine[name] - coarse[name]), angles) for name in fine}


def _currents(
    model: BandStructure, mu: float, channels: Sequence[Channel], reach: float, angles: int
) -> dict[str, Array]:
    nodes = polar_lines(model, mu, reach, angles)
    w, v, carried = carried_by_nodes(model, nodes, channels)
    weighted = nodes.weight[:, None] * mean_free_paths(nodes, w, v)
    return {name: x.T @ weighted for name, x in carried.items()}


def mean_free_paths(nodes: Nodes, w: Array, v: Array) -> Array:
    """lambda_l with v_l(a) = sum_b q_b w_ba [lambda_l(a) - lambda_l(b)], shape (M, 2)."""
    q = nodes.weight
    rate = q @ w
    # The last term makes the number of particles zero; on the solution it vanishes.
    operator = np.diag(rate) - w.T * q + rate.mean() / q.sum() * q
    return np.asarray(np.linalg.solve(operator, v))
