"""The Fermi surface of a two-dimensional model: closed curves e_n(k) = energy, parametrised analytically.

Marching triangles on a grid (with the gradient method to put the vertices on the curve) give closed polygons, also those
that wind around the zone. A trigonometric polynomial of low degree through a polygon, projected onto the curve along the
gradient, is an analytic periodic parametrisation k(theta): the trapezoid rule converges faster than any power.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symcur.arrays import Array, Indices, Mask
from symcur.band_structures import BandStructure
from symcur.disorder.momentum_cell import MomentumCell, Unresolved, UnresolvedFermiSurface, energy_and_velocity, project

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
        theta = 2 * np.pi * np.arange(count) / count
        guess = _basis(theta, self.degree) @ self.coefficients + theta[:, None] / (2 * np.pi) * self.winding
        k = project(model, self.band, energy, guess)
        wave = np.fft.fftfreq(count, 1 / count)
        wave[count // 2] = 0
        periodic = k - theta[:, None] / (2 * np.pi) * self.winding
        tangent = np.fft.ifft(1j * wave[:, None] * np.fft.fft(periodic, axis=0), axis=0).real
        tangent = tangent + self.winding / (2 * np.pi)
        _, v = energy_and_velocity(model, k, self.band)
        turn = tangent[:, 0] * v[:, 1] - tangent[:, 1] * v[:, 0]
        if turn.min() * turn.max() <= 0:
            raise Unresolved("a curve folds over")
        return k, np.linalg.norm(tangent, axis=-1) / np.linalg.norm(v, axis=-1) / (2 * np.pi * count)


@dataclass(frozen=True)
class Contours:
    """All curves at an energy. ``sample(level)`` doubles the nodes with every level."""

    model: BandStructure
    energy: float
    curves: tuple[Contour, ...]
    levels = range(5)
    method = "closed curves, trapezoid rule in an analytic parameter"

    def sample(self, level: int) -> tuple[Array, Indices, Array]:
        """k (M, 2), band index (M,) and weights (M,) with sum(weights F) = int d^2k/(2 pi)^2 delta(energy - e) F."""
        k, band, weight = [np.zeros((0, 2))], [np.zeros(0, dtype=np.intp)], [np.zeros(0)]
        for curve in self.curves:
            count = max(32, 3 * curve.degree) * 2**level
            points, weights = curve.sample(self.model, self.energy, count)
            k.append(points)
            weight.append(weights)
            band.append(np.full(count, curve.band))
        return np.concatenate(k), np.concatenate(band), np.concatenate(weight)

    def sample_first(self) -> None:
        """Raise Unresolved if a curve folds over however many nodes it gets: the projection leads astray."""
        for level in self.levels[:-1]:
            try:
                self.sample(level)
                return
            except Unresolved:
                continue
        raise Unresolved("a curve folds over")


def trace(model: BandStructure, energy: float, cell: MomentumCell) -> Contours:
    """The closed curves of all bands at the energy; grids are refined until nothing is missed."""
    reason = ""
    for n in GRIDS:
        try:
            curves = tuple(_curves(model, energy, cell, n))
            contours = Contours(model, energy, curves)
            contours.sample_first()
            return contours
        except Unresolved as unresolved:
            reason = str(unresolved)
    raise UnresolvedFermiSurface(
        f"mu: expected an energy off band edges, crossings of curves and touchings of bands, got {energy:g}, whose Fermi "
        f"lines {GRIDS[-1]}^2 grid points of {model.name} do not resolve ({reason})"
    )


def _curves(
    model: BandStructure,
    energy: float,
    cell: MomentumCell,
    n: int,
    bands: tuple[int, ...] | None = None,
    depth: int = 0,
) -> list[Contour]:
    """The curves found on a grid; pockets that are small on it are searched again on a grid of their own."""
    grid = cell.grid(n)
    energies = model.energies(cell.to_k(grid))
    spacing = float(np.linalg.norm(cell.vectors, axis=-1).max()) / n
    curves: list[Contour] = []
    for band in range(model.size) if bands is None else bands:
        e = np.asarray(energies[..., band] - energy)
        small = [(grid[i, j], 2 / n, False) for i, j in _hidden_pockets(e, cell.periodic)]
        for u, winding in _polygons(e > 0, e, grid, cell.periodic):
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
            found = []
            if depth < _DEEPEST:
                part = cell.part(centre, half)
                found = _curves(model, energy, part, GRIDS[0], (band,), depth + 1)
            if certain and not found:
                raise Unresolved("a pocket of few grid points")
            curves += [new for new in found if not any(new.repeats(old, cell) for old in curves)]
    return curves


def _check_open(cell: MomentumCell, u: Array, depth: int) -> None:
    """A curve that ends at the edge of the grid: part of a larger one in a search for pockets, else a reason to stop."""
    if depth == 0 and (cell.cutoff is None or cell.inside(cell.to_k(u))):
        raise ValueError(
            "cutoff: expected a momentum, as a Fermi line leaves the region of momentum space that was searched, got None"
        )


def _hidden_pockets(e: Array, periodic: bool) -> list[tuple[int, int]]:
    """Grid extrema whose parabolas through the neighbours reach zero: a pocket may lie between the grid points."""
    shifted = [np.roll(e, (a, b), (0, 1)) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0)]
    found = []
    for sign in (1, -1):
        lowest = np.all([sign * e <= sign * other for other in shifted], axis=0) & (sign * e > 0)
        if not periodic:
            lowest[[0, -1], :] = lowest[:, [0, -1]] = False
        for i, j in np.argwhere(lowest):
            dip = sum(
                _dip(*(sign * np.take(line, (at + step), mode="wrap") for step in (-1, 0, 1)))
                for line, at in ((e[:, j], i), (e[i, :], j))
            )
            if sign * e[i, j] < 2 * dip:
                found.append((int(i), int(j)))
    return found


def _dip(left: float, middle: float, right: float) -> float:
    """How far the parabola through three equidistant values dips below the middle one."""
    bend = left + right - 2 * middle
    return (left - right) ** 2 / (8 * bend) if bend > 0 else 0.0


def _polygons(above: Mask, e: Array, grid: Array, periodic: bool) -> list[tuple[Array, Array]]:
    """Polygons in reduced coordinates, unwrapped, with their winding (nan where one ends at the edge of the grid).

    Every square is cut into two triangles, so that no crossing is ambiguous.
    """
    steps = np.array([(1, 0), (0, 1), (1, 1)])
    points: dict[int, Array] = {}
    neighbours: dict[int, list[int]] = {}
    rows, columns = e.shape

    def shifted(array: Any, di: int, dj: int) -> Any:
        return np.roll(array, (-di, -dj), (0, 1))

    number = np.arange(rows * columns).reshape(rows, columns)
    crossed, label = [], []
    for kind, (di, dj) in enumerate(steps):
        there = above != shifted(above, di, dj)
        crossed.append(there)
        label.append(number + kind * number.size)
        i, j = np.nonzero(there)
        other = shifted(e, di, dj)[i, j]
        t = e[i, j] / (e[i, j] - other)
        at = grid[i, j] + t[:, None] * np.array([di, dj]) * (grid[1, 1] - grid[0, 0])
        points.update(zip(label[kind][i, j].tolist(), at, strict=True))
    inner = np.ones_like(above)
    if not periodic:
        inner[-1, :] = inner[:, -1] = False
    lower = ((0, 0, 0), (1, 1, 0), (2, 0, 0))  # kind, and the shift of the edge
    upper = ((1, 0, 0), (0, 0, 1), (2, 0, 0))
    for triangle in (lower, upper):
        edges = np.stack([shifted(crossed[kind], di, dj) for kind, di, dj in triangle])
        names = np.stack([shifted(label[kind], di, dj) for kind, di, dj in triangle])
        for i, j in np.argwhere((edges.sum(axis=0) == 2) & inner):
            a, b = (int(names[edge, i, j]) for edge in range(3) if edges[edge, i, j])
            neighbours.setdefault(a, []).append(b)
            neighbours.setdefault(b, []).append(a)
    return _chains(points, neighbours, periodic)


def _chains(points: dict[int, Array], neighbours: dict[int, list[int]], periodic: bool) -> list[tuple[Array, Array]]:
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
        u = np.array([points[a] for a in (*chain, start)])
        step = np.diff(u, axis=0)
        if periodic:
            step -= np.round(step)
        u = u[0] + np.concatenate([np.zeros((1, 2)), np.cumsum(step, axis=0)])
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
    chord = np.linalg.norm(np.diff(np.concatenate([k[-1:] - winding, k]), axis=0), axis=-1)
    return np.asarray(k[chord > 0.05 * spacing])


def _refined(model: BandStructure, band: int, energy: float, k: Array, winding: Array) -> Array:
    """The polygon with vertices added on the curve wherever its normal turns by more than 0.15 from one to the next."""
    for _ in range(8):
        following = np.concatenate([k[1:], k[:1] + winding])
        sharp = np.abs(_turns(model, band, k)) > 0.15
        if not sharp.any():
            break
        half = (following[sharp] - k[sharp]) / 2
        middle = _projected(model, band, energy, k[sharp] + half, np.linalg.norm(half, axis=-1))
        k = np.insert(k, np.flatnonzero(sharp) + 1, middle, axis=0)
    return k


def _turns(model: BandStructure, band: int, k: Array) -> Array:
    """The angle by which the normal turns from each vertex to the next."""
    _, v = energy_and_velocity(model, k, band)
    angle = np.arctan2(v[:, 1], v[:, 0])
    turn = np.diff(np.append(angle, angle[0]))
    return np.asarray(turn - 2 * np.pi * np.round(turn / (2 * np.pi)))


def _fit(k: Array, winding: Array, turns: Array, spacing: float) -> Array:
    """The Fourier series of lowest degree that follows the polygon to a small part of the grid spacing.

    The parameter grows with the length ds by (1/s0^2 + curvature^2)^(1/6) ds, 2 pi s0 the length of the curve: analytic,
    uniform where the curve bends little, and the affine length in a sharp bend, in which a hyperbola is a cosh and a sinh.
    """
    chord = np.linalg.norm(np.diff(np.concatenate([k, k[:1] + winding]), axis=0), axis=-1)
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
