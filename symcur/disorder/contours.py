"""The Fermi surface of a two-dimensional model: closed curves e_n(k) = energy, parametrised analytically.

Marching triangles on a grid (with the gradient method to put the vertices on the curve) give closed polygons, also those
that wind around the zone. A trigonometric polynomial of low degree through a polygon, projected onto the curve along the
gradient, is an analytic periodic parametrisation k(theta): the trapezoid rule converges faster than any power.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from symcur.arrays import Array, Indices
from symcur.band_structures import BandStructure
from symcur.disorder.momentum_cell import (
    MomentumCell,
    Piece,
    Unresolved,
    UnresolvedFermiSurface,
    energy_and_velocity,
    project,
    search_cell,
)

GRIDS = (64, 128, 256, 512)
_FEWEST = 16  # vertices of a polygon; with fewer a finer grid is laid over the pocket
_DEEPEST = 4  # grids within grids


@dataclass(frozen=True)
class Contour:
    """One closed curve of one band: k(theta) = Fourier series + winding theta/2pi, to be projected onto the curve."""

    band: int
    winding: Array  # the reciprocal vector by which the curve advances in one turn
    coefficients: Array  # (2 degree + 1, 2) for 1, cos, sin, cos 2, ...

    @property
    def degree(self) -> int:
        return len(self.coefficients) // 2

    def repeats(self, other: Contour, cell: MomentumCell) -> bool:
        """Whether both are the same closed curve, up to a reciprocal vector: same centre, same size."""
        if self.band != other.band or self.winding.any() or other.winding.any():
            return False
        step = (self.coefficients[0] - other.coefficients[0]) @ np.linalg.inv(cell.vectors)
        if cell.periodic:
            step = step - np.round(step)
        size, other_size = (float(np.linalg.norm(curve.coefficients[1:3])) for curve in (self, other))
        return bool(np.abs(step @ cell.vectors).max() < 0.05 * size and abs(size - other_size) < 0.05 * size)

    def sample(self, model: BandStructure, energy: float, count: int) -> tuple[Array, Array]:
        """k (count, 2) on the curve and the weights dk/(|v| (2 pi)^2) of the trapezoid rule."""
        turns = np.arange(count)[:, None] / count
        guess = _basis(2 * np.pi * turns[:, 0], self.degree) @ self.coefficients + turns * self.winding
        k = project(model, self.band, energy, guess)
        wave = np.fft.fftfreq(count, 1 / count)
        wave[count // 2] = 0
        periodic = k - turns * self.winding
        tangent = np.fft.ifft(1j * wave[:, None] * np.fft.fft(periodic, axis=0), axis=0).real
        tangent = tangent + self.winding / (2 * np.pi)
        _, v = energy_and_velocity(model, k, self.band)
        turn = tangent[:, 0] * v[:, 1] - tangent[:, 1] * v[:, 0]
        if turn.min() * turn.max() <= 0:
            raise Unresolved("a curve folds over")
        return k, np.linalg.norm(tangent, axis=-1) / np.linalg.norm(v, axis=-1) / (2 * np.pi * count)


@dataclass(frozen=True)
class Contours:
    """All curves at an energy. ``pieces(level)`` doubles the nodes with every level."""

    model: BandStructure
    energy: float
    curves: tuple[Contour, ...]
    found: dict[int, list[Piece]] = field(default_factory=dict, compare=False, repr=False)
    levels = range(5)
    method = "closed curves, trapezoid rule in an analytic parameter"

    def pieces(self, level: int) -> Iterator[Piece]:
        """Band, k (M, 2) and weights (M,) of each curve: sum(weights F) = int d^2k/(2 pi)^2 delta(energy - e) F."""
        if level not in self.found:
            self.found[level] = [
                (curve.band, *curve.sample(self.model, self.energy, max(32, 3 * curve.degree) * 2**level))
                for curve in self.curves
            ]
        yield from self.found[level]

    def sample_first(self) -> None:
        """Raise Unresolved if a curve folds over however many nodes it gets: the projection leads astray."""
        for level in self.levels[:-1]:
            try:
                list(self.pieces(level))
                return
            except Unresolved:
                continue
        raise Unresolved("a curve folds over")


def trace(model: BandStructure, energy: float, cell: MomentumCell) -> Contours:
    """The closed curves of all bands at the energy; grids are refined until nothing is missed."""
    reason = ""
    for n in GRIDS:
        try:
            contours = Contours(model, energy, tuple(_curves(model, energy, cell, n, range(model.size))))
            contours.sample_first()
            return contours
        except Unresolved as unresolved:
            reason = unresolved.reason
    raise UnresolvedFermiSurface(
        f"mu: expected an energy off band edges, crossings of curves and touchings of bands, got {energy:g}, whose Fermi "
        f"lines {GRIDS[-1]}^2 grid points of {model.name} do not resolve ({reason})"
    )


def _curves(
    model: BandStructure, energy: float, cell: MomentumCell, n: int, bands: Iterable[int], depth: int = 0
) -> list[Contour]:
    """The curves found on a grid; pockets that are small on it are searched again on a grid of their own."""
    grid = cell.grid(n)
    energies = _zone_energies(model, n) if cell.periodic else model.energies(cell.to_k(grid))
    spacing = float(np.linalg.norm(cell.vectors, axis=-1).max()) / n
    curves: list[Contour] = []
    for band in bands:
        e = np.asarray(energies[..., band] - energy)
        small = [(grid[i, j], 2 / n, False) for i, j in _hidden_pockets(e, cell)]
        for u, winding in _polygons(e, grid, cell.periodic):
            if np.isnan(winding).any():
                _check_open(cell, u, depth)
            elif len(u) < _FEWEST:
                small.append((u.mean(axis=0), float(np.ptp(u, axis=0).max()) / 2 + 2 / n, True))
            else:
                shift = winding @ cell.vectors
                k = _sifted(_projected(model, band, energy, cell.to_k(u), spacing), shift, spacing)
                if cell.inside(k):
                    k = _refined(model, band, energy, k, shift)
                    curves.append(Contour(band, shift, _fit(k, shift, _turns(model, band, k), spacing)))
        for centre, half, certain in small:
            part = cell.part(centre, half)
            found = _curves(model, energy, part, GRIDS[0], [band], depth + 1) if depth < _DEEPEST else []
            if certain and not found:
                raise Unresolved("a pocket of few grid points")
            curves += [new for new in found if not any(new.repeats(old, cell) for old in curves)]
    return curves


@lru_cache(maxsize=len(GRIDS))
def _zone_energies(model: BandStructure, n: int) -> Array:
    """All bands on the grid of n points per axis over the zone: for a range of Fermi energies they are needed many times."""
    cell = search_cell(model, 0.0, None)
    return model.energies(cell.to_k(cell.grid(n)))


def _check_open(cell: MomentumCell, u: Array, depth: int) -> None:
    """A curve that ends at the edge of the grid: part of a larger one in a search for pockets, else a reason to stop."""
    if depth == 0 and (cell.cutoff is None or cell.inside(cell.to_k(u))):
        raise ValueError(
            f"cutoff: expected a momentum{cell.beyond}, as a Fermi line leaves the region that was searched, got {cell.cutoff}"
        )


def _hidden_pockets(e: Array, cell: MomentumCell) -> Iterator[Indices]:
    """Grid extrema whose parabolas through the neighbours reach zero: a pocket may lie between the grid points."""
    for height in (e, -e):
        dips = sum(_dip(np.roll(height, 1, axis), height, np.roll(height, -1, axis)) for axis in (0, 1))
        yield from np.argwhere(cell.minima(height) & (height > 0) & (height < 2 * dips))


def _dip(left: Array, middle: Array, right: Array) -> Array:
    """How far the parabola through three equidistant values dips below the middle one."""
    bend = left + right - 2 * middle
    return np.asarray((left - right) ** 2 / (8 * np.where(bend > 0, bend, np.inf)))


def _polygons(e: Array, grid: Array, periodic: bool) -> list[tuple[Array, Array]]:
    """Polygons in reduced coordinates, unwrapped, with their winding (nan where one ends at the edge of the grid).

    Every square is cut into two triangles, so that no crossing is ambiguous.
    """
    steps = np.array([(1, 0), (0, 1), (1, 1)])  # the three kinds of edges from a grid point
    ends = np.stack([np.roll(e, -step, (0, 1)) for step in steps])
    crossed = (e > 0) != (ends > 0)
    t = np.divide(e, e - ends, out=np.zeros_like(ends), where=crossed)
    points = grid + t[..., None] * steps[:, None, None] * (grid[1, 1] - grid[0, 0])
    label = np.arange(crossed.size).reshape(crossed.shape)
    inner = np.ones(e.shape, dtype=bool)
    if not periodic:
        inner[-1, :] = inner[:, -1] = False
    neighbours: dict[int, list[int]] = {}
    lower = ((0, (0, 0)), (1, (1, 0)), (2, (0, 0)))  # kind, and where the edge starts
    upper = ((1, (0, 0)), (0, (0, 1)), (2, (0, 0)))
    for triangle in (lower, upper):
        edges, names = (
            np.stack([np.roll(array[kind], np.negative(start), (0, 1)) for kind, start in triangle], axis=-1)
            for array in (crossed, label)
        )
        two = (edges.sum(axis=-1) == 2) & inner
        for a, b in names[two][edges[two]].reshape(-1, 2).tolist():
            neighbours.setdefault(a, []).append(b)
            neighbours.setdefault(b, []).append(a)
    return _chains(points.reshape(-1, 2), neighbours, periodic)


def _chains(points: Array, neighbours: dict[int, list[int]], periodic: bool) -> list[tuple[Array, Array]]:
    """Follow the links: first the chains that have ends, each from an end, then the closed ones."""
    polygons = []
    unseen = set(neighbours)
    for start in sorted(neighbours, key=lambda a: (len(neighbours[a]), a)):
        if start not in unseen:
            continue
        chain, onward = [start], [start]
        while onward:
            at = onward[0]
            unseen.discard(at)
            onward = [b for b in neighbours[at] if b in unseen]
            chain += onward[:1]
        step = np.diff(points[[*chain, start]], axis=0)
        if periodic:
            step -= np.round(step)
        u = points[start] + np.concatenate([np.zeros((1, 2)), np.cumsum(step, axis=0)])
        winding = np.round(u[-1] - u[0]) if periodic else np.zeros(2)
        polygons.append((u[:-1], np.full(2, np.nan) if len(neighbours[start]) == 1 else winding))
    return polygons


def _basis(theta: Array, degree: int) -> Array:
    angles = theta[:, None] * np.arange(1, degree + 1)
    waves = np.stack([np.cos(angles), np.sin(angles)], axis=-1).reshape(len(theta), -1)
    return np.concatenate([np.ones((len(theta), 1)), waves], axis=1)


def _projected(model: BandStructure, band: int, energy: float, k: Array, reach: Array | float) -> Array:
    """Points moved onto the curve, by no more than ``reach``: near a saddle the gradient may lead to another one."""
    moved = project(model, band, energy, k)
    e, _ = energy_and_velocity(model, moved, band)
    if (np.linalg.norm(moved - k, axis=-1) > reach).any() or np.abs(e - energy).max() > 1e-9 * (1 + abs(energy)):
        raise Unresolved("curves close to a saddle")
    return moved


def _sifted(k: Array, winding: Array, spacing: float) -> Array:
    """Without vertices that nearly coincide with the one before: their direction is rounding."""
    chord = np.linalg.norm(np.diff(k, axis=0, prepend=k[-1:] - winding), axis=-1)
    return np.asarray(k[chord > 0.05 * spacing])


def _refined(model: BandStructure, band: int, energy: float, k: Array, winding: Array) -> Array:
    """The polygon with vertices added on the curve wherever its normal turns by more than 0.15 from one to the next."""
    for _ in range(8):
        sharp = np.abs(_turns(model, band, k)) > 0.15
        if not sharp.any():
            break
        half = np.diff(k, axis=0, append=k[:1] + winding)[sharp] / 2
        middle = _projected(model, band, energy, k[sharp] + half, np.linalg.norm(half, axis=-1))
        k = np.insert(k, np.flatnonzero(sharp) + 1, middle, axis=0)
    return k


def _turns(model: BandStructure, band: int, k: Array) -> Array:
    """The angle by which the normal turns from each vertex to the next."""
    _, v = energy_and_velocity(model, k, band)
    angle = np.arctan2(v[:, 1], v[:, 0])
    turn = np.diff(angle, append=angle[:1])
    return np.asarray(turn - 2 * np.pi * np.round(turn / (2 * np.pi)))


def _fit(k: Array, winding: Array, turns: Array, spacing: float) -> Array:
    """The Fourier series of lowest degree that follows the polygon to a small part of the grid spacing.

    The parameter grows with the length ds by (1/s0^2 + curvature^2)^(1/6) ds, 2 pi s0 the length of the curve: analytic,
    uniform where the curve bends little, and the affine length in a sharp bend, in which a hyperbola is a cosh and a sinh.
    """
    chord = np.linalg.norm(np.diff(k, axis=0, append=k[:1] + winding), axis=-1)
    curvature = turns / chord
    length = np.concatenate([[0.0], np.cumsum(chord * ((2 * np.pi / chord.sum()) ** 2 + curvature**2) ** (1 / 6))])
    theta = 2 * np.pi * length[:-1] / length[-1]
    target = k - theta[:, None] / (2 * np.pi) * winding
    allowed = 0.1 * min(spacing, 1 / float(np.abs(curvature).max()))
    for degree in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96):
        if 3 * degree > len(k):
            break
        basis = _basis(theta, degree)
        coefficients = np.linalg.lstsq(basis, target, rcond=None)[0]
        if np.abs(basis @ coefficients - target).max() < allowed:
            return np.asarray(coefficients)
    raise Unresolved("a curve with corners")
