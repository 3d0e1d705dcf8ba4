"""The Fermi surface of a three-dimensional model.

Around k = 0 of a continuum, rays are tried first: where every ray crosses each sheet once, Gauss points in cos(theta) and
equidistant azimuths converge faster than any power. Otherwise marching tetrahedra give flat triangles with vertices on the
surface; each becomes a curved triangle, a polynomial through points projected onto the surface along the gradient. The
projection depends on the point only, so that neighbours share their edges, and signed areas add up to the closed surface.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from symcur.arrays import Array, Mask
from symcur.band_structures import BandStructure
from symcur.brillouin.bernstein import gauss
from symcur.disorder.momentum_cell import MomentumCell, Piece, energy_and_velocity, project

_POLES = (6, 9, 14, 20, 28, 40)  # Gauss points in cos(theta); twice as many azimuths
_GRIDS = (8, 12, 16, 24, 32, 48)  # points of the mesh per axis
_ORDER = 4  # degree of the curved triangles
_RADII = 200


@dataclass(frozen=True)
class Surface:
    """All sheets at an energy; ``pieces(level)`` refines the nodes with every level."""

    model: BandStructure
    energy: float
    cell: MomentumCell
    sheets: tuple[tuple[int, int], ...] | None  # (band, number of the crossing on a ray), or None for a mesh

    levels = range(len(_GRIDS))

    @property
    def method(self) -> str:
        if self.sheets is None:
            return "marching tetrahedra with curved triangles"
        return "rays from k = 0, Gauss points times equidistant azimuths"

    def pieces(self, level: int) -> Iterator[Piece]:
        """Band, k (M, 3) and weights (M,) of each sheet: sum(weights F) = int d^3k/(2 pi)^3 delta(energy - e) F."""
        if self.sheets is None:
            yield from _mesh(self, _GRIDS[level])
            return
        directions, solid_angle = _sphere(_POLES[level])
        radii = _crossings(self.model, self.energy, self.cell, directions)
        for band, sheet in self.sheets:
            k, weight = _on_rays(self, band, radii[band][:, sheet], directions)
            yield band, k, weight * solid_angle


def trace(model: BandStructure, energy: float, cell: MomentumCell) -> Surface:
    """Decide between rays and a mesh."""
    if not cell.periodic:
        radii = _crossings(model, energy, cell, _sphere(_POLES[1])[0])
        if all(found is not None for found in radii):
            sheets = tuple((n, j) for n, found in enumerate(radii) for j in range(found.shape[1]))
            return Surface(model, energy, cell, sheets)
    return Surface(model, energy, cell, None)


# -- rays ----------------------------------------------------------------------------------------------------------
def _sphere(count: int) -> tuple[Array, Array]:
    x, w = np.polynomial.legendre.leggauss(count)
    phi = 2 * np.pi * (np.arange(2 * count) + 0.25) / (2 * count)
    cosine, angle = (part.ravel() for part in np.meshgrid(x, phi, indexing="ij"))
    sine = np.sqrt(1 - cosine**2)
    directions = np.stack([sine * np.cos(angle), sine * np.sin(angle), cosine], axis=-1)
    return directions, np.repeat(w, 2 * count) * np.pi / count


def _crossings(model: BandStructure, energy: float, cell: MomentumCell, directions: Array) -> list[Any]:
    """For every band the radii (rays, crossings) where it crosses the energy, or None if their number differs."""
    reach = cell.cutoff or float(np.linalg.norm(cell.vectors, axis=-1).max() / 2)
    r = np.linspace(1e-9, 1, _RADII) * reach
    e = model.energies(r[None, :, None] * directions[:, None]) - energy
    result: list[Any] = []
    for n in range(model.size):
        changes = (e[:, 1:, n] > 0) != (e[:, :-1, n] > 0)
        counts = changes.sum(axis=1)
        if (counts != counts[0]).any():
            result.append(None)
            continue
        at = np.nonzero(changes)[1].reshape(len(directions), counts[0])
        left, right = (np.take_along_axis(e[..., n], at + step, axis=1) for step in (0, 1))
        result.append(r[at] + (r[1] - r[0]) * left / (left - right))
    return result


def _on_rays(surface: Surface, band: int, r: Array, directions: Array) -> tuple[Array, Array]:
    for _ in range(12):
        e, v = energy_and_velocity(surface.model, r[:, None] * directions, band)
        slope = (v * directions).sum(axis=-1)
        step = (surface.energy - e) / slope
        r = r + step
        if np.abs(step).max() < 1e-14 * np.abs(r).max():
            break
    if slope.min() * slope.max() <= 0 or (r <= 0).any():
        raise ValueError("mu: expected sheets that every ray from k = 0 crosses, got one tangent to a ray; change mu")
    return r[:, None] * directions, r**2 / np.abs(slope) / (2 * np.pi) ** 3


# -- mesh ----------------------------------------------------------------------------------------------------------
_TETRAHEDRA = tuple(
    tuple(np.cumsum([(0, 0, 0), *(np.eye(3, dtype=int)[axis] for axis in order)], axis=0).tolist())
    for order in itertools.permutations(range(3))
)


def _mesh(surface: Surface, n: int) -> Iterator[Piece]:
    cell, model = surface.cell, surface.model
    grid = cell.grid(n)
    energies = model.energies(cell.to_k(grid)) - surface.energy
    for band in range(model.size):
        triangles = _triangles(np.asarray(energies[..., band]), grid, cell)
        if len(triangles):
            k, weight = _curved(surface, band, triangles)
            if cell.inside(k):
                yield band, k, weight


def _triangles(e: Array, grid: Array, cell: MomentumCell) -> Array:
    """Flat triangles (T, 3, 3) with corners on the edges of six tetrahedra per cube, oriented towards higher energy."""
    found = []
    inner = np.ones(e.shape, dtype=bool)
    if not cell.periodic:
        inner[-1] = inner[:, -1] = inner[:, :, -1] = False
        faces = np.concatenate([(np.take(e, side, axis) > 0).ravel() for side in (0, -1) for axis in range(3)])
        if faces.any() and not faces.all():
            raise ValueError(
                f"cutoff: expected a momentum{cell.beyond}, as the Fermi surface leaves the region that was searched, got "
                f"{cell.cutoff}"
            )
    spacing = grid[1, 1, 1] - grid[0, 0, 0]
    for corners in _TETRAHEDRA:
        values = np.stack([np.roll(e, [-c for c in corner], (0, 1, 2)) for corner in corners], axis=-1)[inner]
        places = np.stack([grid + np.array(corner) * spacing for corner in corners], axis=-2)[inner]
        found += _cut(values, cell.to_k(places))
    return np.concatenate(found)


def _cut(values: Array, k: Array) -> list[Array]:
    above = values > 0
    count = above.sum(axis=1)
    order = np.argsort(above, axis=1, kind="stable")  # the corners below come first
    values, k = np.take_along_axis(values, order, 1), np.take_along_axis(k, order[..., None], 1)

    def edge(some: Mask, a: int, b: int) -> Array:
        t = values[some, a] / (values[some, a] - values[some, b])
        return np.asarray(k[some, a] + t[:, None] * (k[some, b] - k[some, a]))

    pieces = []
    for number, triangles in (
        (1, [((0, 3), (1, 3), (2, 3))]),
        (3, [((0, 1), (0, 2), (0, 3))]),
        (2, [((0, 2), (0, 3), (1, 3)), ((0, 2), (1, 3), (1, 2))]),
    ):
        some = count == number
        upward = k[some][:, 4 - number :].mean(axis=1) - k[some][:, : 4 - number].mean(axis=1)
        for ends in triangles:
            corners = np.stack([edge(some, a, b) for a, b in ends], axis=1)
            normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            flip = (normal * upward).sum(axis=-1) < 0
            corners[flip] = corners[flip][:, ::-1]
            pieces.append(corners)
    return pieces


@cache
def _element() -> tuple[Array, Array, Array, Array, Array]:
    """Interpolation points and quadrature on the unit triangle: barycentric points, weights, values, two slopes."""
    i, j = np.array([(i, j) for i in range(_ORDER + 1) for j in range(_ORDER + 1 - i)]).T
    points = np.stack([i, j], axis=-1) / _ORDER
    u, w = gauss(4)
    x, height = (part.reshape(-1, 1) for part in np.meshgrid(u, u, indexing="ij"))
    y, weights = height * (1 - x), np.outer(w * (1 - u), w).ravel()
    inverse = np.linalg.inv(points[:, :1] ** i * points[:, 1:] ** j)
    values = x**i * y**j @ inverse
    slope_x = i * x ** np.maximum(i - 1, 0) * y**j @ inverse
    slope_y = x**i * j * y ** np.maximum(j - 1, 0) @ inverse
    return points, weights, values, slope_x, slope_y


def _curved(surface: Surface, band: int, triangles: Array) -> tuple[Array, Array]:
    """Nodes and weights: curved triangles through projected points, areas by the flux through them."""
    points, weights, values, slope_x, slope_y = _element()

    def onto(k: Array) -> Array:
        return project(surface.model, band, surface.energy, k.reshape(-1, 3)).reshape(k.shape)

    barycentric = np.column_stack([1 - points.sum(axis=1), points])
    nodes = onto(np.einsum("pc,tcx->tpx", barycentric, onto(triangles)))
    k = np.einsum("qp,tpx->tqx", values, nodes)
    normal = np.cross(np.einsum("qp,tpx->tqx", slope_x, nodes), np.einsum("qp,tpx->tqx", slope_y, nodes))
    k = onto(k).reshape(-1, 3)
    _, v = energy_and_velocity(surface.model, k, band)
    flux = (normal.reshape(-1, 3) * v).sum(axis=-1) / (v**2).sum(axis=-1)
    return k, flux * np.tile(weights, len(triangles)) / (2 * np.pi) ** 3
