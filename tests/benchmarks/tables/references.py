"""Conventional conductivities at T = 0 by NumPy alone: meshes for filled bands, polar coordinates for pockets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from test_many_bands import hopping_sums, plain

import symcur as sc

CHUNK = 1 << 12


def conventional(
    model: sc.Model,
    mu: float,
    filled: int,
    pockets: Sequence[np.ndarray] = (),
    *,
    mesh: int = 192,
    rays: int = 192,
    nodes: int = 40,
) -> np.ndarray:
    """[flow, field] of ``filled`` bands and of the pockets of the next one about these momenta, whose boundaries each ray meets once.

    All three sums converge exponentially: the equidistant ones in k and in the angle, and Gauss's along each ray, where
    the integrand ends at the Fermi energy.
    """
    matrices, s, k = hopping_sums(model), model.matrix("s", np.zeros(2)), model.cell.momenta(mesh, 0.3)
    some = (k[i : i + CHUNK] for i in range(0, len(k), CHUNK))
    total = sum(plain(matrices, s, q)["s_berry_curvature"][:, :filled].sum(axis=(0, 1)) for q in some)
    total = np.asarray(total) / len(k) / model.cell.volume
    x, w = np.polynomial.legendre.leggauss(nodes)
    x, w = (1 + x) / 2, w / 2
    angles = 2 * np.pi * np.arange(rays) / rays
    along = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    for centre in pockets:
        edge = _edge(lambda k: np.linalg.eigvalsh(matrices(k)[0])[..., filled], mu, centre, along)
        r = x[:, None] * edge
        inside = plain(matrices, s, (centre + r[..., None] * along).reshape(-1, 2))["s_berry_curvature"][:, filled]
        total += np.einsum("i,ij,ijc->c", w, r * edge, inside.reshape(nodes, rays, -1)) / rays / (2 * np.pi)
    return total.reshape(2, 2).T


def _edge(energy, mu: float, centre: np.ndarray, along: np.ndarray, reach: float = 2.0) -> np.ndarray:
    """How far it is to the first momentum of energy mu along each ray."""
    r = np.linspace(0, reach, 200)
    above = energy((centre + r[:, None, None] * along).reshape(-1, 2)).reshape(len(r), -1) > mu
    first = above.argmax(axis=0)
    assert first.min() > 0, "no pocket"
    low, high = r[first - 1], r[first]
    for _ in range(50):
        middle = (low + high) / 2
        up = energy(centre + middle[:, None] * along) > mu
        low, high = np.where(up, low, middle), np.where(up, middle, high)
    return high
