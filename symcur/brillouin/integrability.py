"""Whether a sum over bands is absolutely integrable where bands touch; where it is not, its sum over images may cancel by angle.

Around a touching k_0 at which the gap closes alike in all directions, like r^m, an integrand is r^(-p) (A_0 + A_1 r + ...), p an integer,
with A smooth functions of the direction: what gaps have in denominators is homogeneous to lowest order, and bounded from below on the
sphere. It is absolutely integrable where r^D times the integrand goes to zero. Lines of touchings, and points at which the gap closes
in some directions faster, may be worse than most directions show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from symcur.arrays import Array, Indices, Mask

from .features import TOUCHING, Landscape
from .memory import pieces
from .occupation import sum_over_bands
from .problem import BandProblem

TOUCHINGS = 64  # more are taken for lines
APART = 1e-4  # of the zone: closer ones are one
DIRECTIONS = {2: 12, 3: 24}
STEPS = 2.0 ** -np.arange(5, 21)  # distances, of the zone
RADII = np.array([1.0, 2.0, 4.0, 8.0])  # from which the limit is extrapolated
# Gaps at the smallest of them, of the spread of the energies. Rounding grows like the inverse.
CLOSEST = (1e-5, 1e-6, 1e-7)
CONE, ZOOMS = 0.02, 6  # the least of a gap in units of its largest around a point; how often its direction is improved
CLOSES = 4  # times a gap, which is half of what a cone gains over the radii: there is a touching in the middle
NOTHING = 2e-3  # of the tolerance: coefficients of r^-D that count as zero


def integrable(problem: BandProblem, rtol: float, operations: Iterable[Callable[[Array], Array]] = ()) -> bool:
    """Whether it is known that every component is absolutely integrable at all touchings that are found, to a part of the tolerance.

    Where ``operations`` take the integrand to itself one of their images is looked at.
    """
    found = _touchings(problem, [lambda u: u, *operations])
    if found is None:
        return False
    points, bands = found
    if not len(points):
        return True
    random, D = np.random.default_rng(73), problem.domain.dimension
    n = random.normal(size=(DIRECTIONS[D], D))
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    gaps = _gaps(problem, points[:, None, None] + STEPS[:, None, None] * n[::3], bands)
    spread = float(np.ptp(Landscape.of(problem).energies))
    allowed = NOTHING * rtol * _usual(problem)
    passed: Mask = np.zeros((len(points), len(allowed), problem.together), dtype=bool)
    for closest in CLOSEST:
        last = np.where(gaps.min(axis=2) >= closest * spread, np.arange(len(STEPS)), -1).max(axis=1)
        some = last >= len(RADII) - 1
        if not some.any():
            continue
        radii = STEPS[last[some], None] * RADII
        if not _alike(problem, points[some], bands[some], radii[:, [0, -1]], random):
            return False
        passed[some] |= _coefficients(problem, points[some], radii, n, allowed)
        if passed.all():
            return True
    return False


def _touchings(problem: BandProblem, operations: Iterable[Callable[[Array], Array]]) -> tuple[Array, Indices] | None:
    """Points (L, D) and the band below each touching, one of all images; None where they are too many."""
    landscape = Landscape.of(problem)
    points: list[Array] = []
    bands: list[int] = []
    for band, (ends, cells) in zip(landscape.gaps.bands, landscape.narrow_gaps(problem), strict=True):
        left = ends.u[ends.length.min(axis=-1) <= TOUCHING]
        if len(left) and len(cells.left):
            return None
        while len(left):
            points.append(left[0])
            bands.append(int(band))
            for g in operations:
                left = left[np.abs((left - g(points[-1][None]) + 0.5) % 1 - 0.5).max(axis=1) > APART]
            if len(points) > TOUCHINGS:
                return None
    return np.array(points), np.array(bands, dtype=np.intp)


def _usual(problem: BandProblem) -> Array:
    """The mean modulus of the largest component, or of each where it is judged alone, shape (mu T, C) or (mu T, 1)."""
    u = np.random.default_rng(79).uniform(size=(512, problem.domain.dimension))
    size = sum(problem.strength_and_usual(u[block])[1].sum(axis=0) for block in pieces(len(u), problem.size)) / len(u)
    return np.asarray(size if problem.alone else size.max(axis=-1, keepdims=True))


def _gaps(problem: BandProblem, u: Array, bands: Indices) -> Array:
    """The gap above the band of each touching at points u (L, ..., D)."""
    e = problem.energies(u.reshape(-1, u.shape[-1]))
    two = np.take_along_axis(e.reshape(len(bands), -1, problem.count), bands[:, None, None] + np.array([0, 1]), axis=-1)
    return np.asarray((two[..., 1] - two[..., 0]).reshape(u.shape[:-1]))


def _alike(problem: BandProblem, points: Array, bands: Indices, radii: Array, random: np.random.Generator) -> bool:
    """Whether gaps close, from the larger to the smaller of two ``radii`` (L, 2), and in no direction much faster than in others."""
    best = random.normal(size=(*radii.shape, 1, points.shape[1]))
    high = low = np.zeros(radii.shape)
    for wide in (np.inf, *3.0 ** -np.arange(ZOOMS)):
        around = random.normal(size=(*radii.shape, DIRECTIONS[points.shape[1]], points.shape[1]))
        around = np.concatenate([best, around if np.isinf(wide) else best + wide * around], axis=2)
        around /= np.linalg.norm(around, axis=-1, keepdims=True)
        gaps = _gaps(problem, points[:, None, None] + radii[..., None, None] * around, bands)
        best = np.take_along_axis(around, gaps.argmin(axis=-1)[..., None, None], axis=2)
        low, high = gaps.min(axis=-1), np.maximum(high, gaps.max(axis=-1))
    return bool(((low >= CONE * high) & (CLOSES * high[:, :1] <= high[:, 1:])).all())


def _coefficients(problem: BandProblem, points: Array, radii: Array, n: Array, allowed: Array) -> Mask:
    """Whether what r^-D is multiplied with is ``allowed`` in all directions, shape (L, mu T, C).

    It is the limit of r^D times the integrand, extrapolated from ``radii`` (L, R), and known to what one fewer of them changes.
    """
    weights = np.array([_to_zero(RADII), np.append(_to_zero(RADII[:-1]), 0.0)])
    small = np.ones((len(points), len(allowed), problem.together), dtype=bool)
    each = len(RADII) * len(n) * problem.count * problem.together
    for some in pieces(len(points), each):
        u = points[some, None, None] + radii[some, :, None, None] * n
        energies, values = problem.sample(u.reshape(-1, n.shape[1]), problem.probe)
        energies, values = (part.reshape(*u.shape[:-1], *part.shape[1:]) for part in (energies, values))
        for fits, e, v, r in zip(small[some], energies, values, radii[some], strict=True):
            span = np.abs(e - e[:1].mean(axis=1, keepdims=True)).max(axis=1, keepdims=True)
            for along in pieces(len(n), len(RADII) * problem.size):
                total = _sums(problem, e[:, along], v[:, along], span)
                full, shorter = np.einsum("or,rnlc->onlc", weights * r ** n.shape[1], total)
                fits &= (np.abs(full) + np.abs(full - shorter) <= allowed).all(axis=0)
    return small


def _to_zero(x: Array) -> Array:
    """Weights of values at x whose sum is what the polynomial through them is at zero."""
    return np.array([np.prod([b / (b - a) for b in x if b != a]) for a in x])


def _sums(problem: BandProblem, energies: Array, values: Array, span: Array) -> Array:
    """The sums over bands (R, n, mu T, C); delta functions are boxes twice as wide as the ``span`` (R, 1, N) of each band on both sides.

    What is on the Fermi surfaces of several bands does not meet at one momentum: moduli add up.
    """
    flat = energies.reshape(-1, problem.count), values.reshape(-1, problem.count, problem.together)
    total = sum_over_bands(problem.weights, *flat, problem.mu, problem.temperature)
    total = total.reshape(*energies.shape[:2], *total.shape[1:])
    cold, peaked = problem.delta_functions()
    if cold.any() and peaked.any():
        near = np.abs(energies[:, :, None] - problem.mu[:, None]) <= 2 * span[:, :, None]
        means = (near / np.maximum(4 * span, np.finfo(float).tiny)[:, :, None]) @ np.abs(values[..., peaked])
        T, which = np.ix_(cold, peaked)
        total[..., T, which] = means[..., None, :]
    return total.reshape(*energies.shape[:2], -1, problem.together)
