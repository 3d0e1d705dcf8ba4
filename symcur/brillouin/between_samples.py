"""What an integrand may hide between samples: the places where H(k) bends more than samples show.

Samples tell nothing about a dip narrower than their distance; a bound on how far H deviates from linear (``bending`` of a band
structure) does. The zone is bisected until the bound on a box, for steps up to the distance of the samples, is of the size
that is seen at points of the zone, or, in boxes smaller than this distance, in the box itself: these are the narrow places.
Energies vary as H does but next to touchings, which show in samples of H that varies slowly: see ``landmarks``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symcur.arrays import Array

from .cells import Boxes
from .problem import Problem

USUAL = 32  # points at which the usual bending is looked at
AS_SEEN = 8  # times as much is no surprise, and neither is
SMALL = 1e-3  # of the spread of the energies
MOST = 4000  # boxes
TINY = 1e-9  # a kink, which bends at a point


@dataclass(frozen=True)
class Hidden:
    """Boxes of the unit cube in which H is, or may be, narrow: middles and sizes, shape (L, D).

    ``unresolved`` is the volume in which it may be narrower than the boxes, or anything.
    """

    u: Array
    size: Array
    unresolved: float = 0.0


def narrow_places(problem: Problem, spacing: float) -> Hidden:
    """Where H bends as no sample at this distance shows; nothing where no bound is known at all."""
    domain, bending = problem.domain, problem.bending
    D, random = domain.dimension, np.random.default_rng(59)
    none = np.zeros((0, D))
    if bending is None or getattr(bending, "shown", False):
        return Hidden(none, none)

    def bound(u: Array, size: Array, step: Array) -> Array:
        k, _ = domain.map(u)
        return np.asarray(bending(k, domain.hull(u, size), domain.hull(u, np.minimum(step, spacing))))

    def at(u: Array, step: Array) -> Array:
        """At points alone. A kink, where it is infinite, shows nothing that would be usual."""
        bounds = bound(u, np.zeros_like(u), step)
        return np.where(np.isfinite(bounds), bounds, 0.0)

    u = random.uniform(size=(USUAL, D))
    usual = float(np.median(at(u, np.ones_like(u))))
    small = max(AS_SEEN * usual, SMALL * float(np.ptp(problem.profile(u))))
    boxes, looked = Boxes(np.zeros((1, D)), np.ones((1, D))), 0
    found: list[Boxes] = []
    while len(boxes) and looked <= MOST:
        looked += len(boxes)
        middle = boxes.low + boxes.size / 2
        bounds = bound(middle, boxes.size, boxes.size)
        bent = np.flatnonzero(~(bounds <= small))
        some = boxes[bent]
        largest = some.size.max(axis=1, initial=0.0)
        points = np.stack([middle[bent], some.low + some.size * random.uniform(size=some.low.shape)])
        seen = np.max([at(u, some.size) for u in points], axis=0, initial=0.0)
        ends = ((bounds[bent] <= AS_SEEN * seen) & (largest < spacing)) | (largest < TINY)
        found.append(some[ends])
        boxes = some[~ends].bisected() if (~ends).any() else some[:0]
    narrow = Boxes.joined([*found, boxes[boxes.size.max(axis=1, initial=0.0) < spacing]])
    return Hidden(narrow.low + narrow.size / 2, narrow.size, float(boxes.volume().sum()))
