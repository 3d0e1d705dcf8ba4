"""The adaptive loop: boxes of the unit cube, bisected where the error is, until the sum meets the tolerance.

And the tensor Gauss rule on a box, with the tails of the Legendre series that judge it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from symcur.arrays import AnyArray, Array, Indices, Mask

from .bernstein import basis
from .domains import Domain
from .memory import SIZE, pieces
from .solution import ROUNDING, Estimate, Tolerance, nothing
from .sweep import Sweep

if TYPE_CHECKING:
    from .records import Record

# The part of the tolerance that boxes left alone may use up together.
LEFT_ALONE = 0.3
# Boxes this small are not bisected: rounding of k and e would be all that is left to see. It may show in tiny ones already.
SMALLEST, TINY = 1e-8, 1e-5
# An error above this times the integral of the modulus belongs to an integral that diverges.
DIVERGENT = 1e6
# Numbers kept at once.
LARGEST = 2_000_000
# The part of the evaluations, and of the memory, that the first boxes may take.
FIRST = 0.5
# Bytes that are kept of each component in a box, three numbers and a truth value; how often where a record holds them, and is written.
KEPT, IN_A_RECORD = 3 * SIZE + 1, 4


@dataclass
class Boxes:
    """Boxes low + size [0, 1]^D of the unit cube (u modulo 1 along periodic axes), shape (B, D) each."""

    low: Array
    size: Array

    def __len__(self) -> int:
        return len(self.low)

    def __getitem__(self, which: Any) -> Boxes:
        return Boxes(self.low[which], self.size[which])

    def points(self, nodes: Array) -> Array:
        """Points of the cube for nodes (P, D) in every box: shape (B, P, D)."""
        u: Array = self.low[:, None] + self.size[:, None] * nodes
        return u

    @classmethod
    def joined(cls, parts: Sequence[Boxes]) -> Boxes:
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("low", "size")))

    def volume(self) -> Array:
        """The volume of each box."""
        volume: Array = np.prod(self.size, axis=1)
        return volume

    def bisected(self) -> Boxes:
        """The 2^D halves of every box, kept together."""
        dimension = self.low.shape[1]
        corners = np.array(list(product((0.0, 0.5), repeat=dimension)))
        low = self.points(corners)
        return Boxes(low.reshape(-1, dimension), np.repeat(self.size / 2, len(corners), axis=0))


@dataclass(frozen=True)
class Landmarks:
    """Points of the unit cube near which an integrand is narrow, shape (L, D), and its length there along each axis.

    ``weight``, shape (L, size), is what such a feature may add to each component of the integral. ``unfollowed`` stands for
    features like these at places that are not known.
    """

    u: Array
    length: Array
    weight: Array
    unfollowed: Landmarks | None = None

    def __getitem__(self, which: Mask | Indices | slice) -> Landmarks:
        return Landmarks(self.u[which], self.length[which], self.weight[which])

    @classmethod
    def none(cls, dimension: int, size: int) -> Landmarks:
        return cls(np.zeros((0, dimension)), np.zeros((0, dimension)), np.zeros((0, size)))

    @classmethod
    def joined(cls, marks: Sequence[Landmarks]) -> Landmarks:
        u, length, weight = (np.concatenate([getattr(m, name) for m in marks]) for name in ("u", "length", "weight"))
        return cls(u, length, weight)

    @property
    def nbytes(self) -> int:
        """What the weights take."""
        return self.weight.nbytes + (0 if self.unfollowed is None else self.unfollowed.nbytes)

    @property
    def shortest(self) -> float:
        """The smallest length; infinity where there is no feature."""
        return float(self.length.min(initial=np.inf))

    def unresolved(self, spacing: float) -> Array:
        """What features shorter than the spacing may add to each component together."""
        parts = [self] if self.unfollowed is None else [self, self.unfollowed]
        added: Array = np.sum(
            [marks.weight[marks.length.min(axis=-1) < spacing].sum(axis=0) for marks in parts], axis=0
        )
        return added


def first_boxes(components: int, sweep: Sweep, points: int) -> int:
    """How many boxes of so many points and components there may be before any is bisected."""
    memory = FIRST * (sweep.memory.limit - sweep.memory.kept) / (KEPT * components)
    return int(min(FIRST * sweep.max_evaluations / points, memory))


def initial_boxes(domain: Domain, per_axis: int, marks: Landmarks, most: int) -> tuple[Boxes, Array]:
    """A grid of boxes, finer at landmarks, whose faces avoid symmetric positions, where level sets might lie on them.

    There are at least ``per_axis`` along each axis of a whole cell. Also what landmarks that ``most`` boxes do not resolve may add to each component.
    """
    edges = []
    counts = np.ceil(np.broadcast_to(per_axis * np.asarray(domain.extent), domain.dimension) - 1e-9).astype(int)
    for n, periodic in zip(counts, domain.periodic, strict=True):
        e = np.linspace(0.0, 1.0, n + 1)
        if periodic:
            e += 0.3819660112501051 / n
        else:
            e[1:-1] += 0.0721359549995793 / n
        edges.append(e)
    low = np.stack(np.meshgrid(*(e[:-1] for e in edges), indexing="ij"), axis=-1)
    size = np.stack(np.meshgrid(*(np.diff(e) for e in edges), indexing="ij"), axis=-1)
    boxes = Boxes(low.reshape(-1, domain.dimension), size.reshape(-1, domain.dimension))
    boxes, resolved = graded(boxes, marks, domain.periodic, most)
    unresolved = marks.weight[~resolved].sum(axis=0)
    if marks.unfollowed is not None:
        too_short = 4 * marks.unfollowed.length.min(axis=-1) < boxes.size.max()
        unresolved = unresolved + marks.unfollowed.weight[too_short].sum(axis=0)
    return boxes, unresolved


def graded(boxes: Boxes, marks: Landmarks, periodic: tuple[bool, ...], most: int) -> tuple[Boxes, Mask]:
    """Boxes bisected until those near a landmark are at most four times as long as its feature, along each axis.

    Boxes further away are at most about four times as large as their distance from it. Longer features come first if more than
    ``most`` boxes would be needed; which landmarks are resolved is the second result.
    """
    done: list[Boxes] = []
    while True:
        split, waiting = _too_large(boxes, marks, periodic)
        needed = sum(map(len, done)) + int(2 ** split.sum(axis=1) @ np.ones(len(split)))
        if not split.any() or needed > most:
            return Boxes.joined([*done, boxes]), ~waiting
        coarse = split.any(axis=1)
        done.append(boxes[~coarse])
        boxes = _halved(boxes[coarse], split[coarse])


def _too_large(boxes: Boxes, marks: Landmarks, periodic: tuple[bool, ...]) -> tuple[Mask, Mask]:
    """The axes along which boxes are too large for landmarks, shape (B, D), and which landmarks ask for it."""
    split, waiting = np.zeros(boxes.low.shape, dtype=bool), np.zeros(len(marks.u), dtype=bool)
    block = LARGEST // max(1, len(marks.u)) + 1
    for i in range(0, len(boxes), block):
        some = boxes[i : i + block]
        middle = some.low + some.size / 2
        # Most pairs of a box and a landmark are far apart along the first axis.
        b, l = np.nonzero(_near(marks.u[:, 0] - middle[:, :1], some.size[:, :1], marks.length[:, 0], periodic[0]))
        near = _near(marks.u[l] - middle[b], some.size[b], marks.length[l], periodic).all(axis=1)
        b, l = b[near], l[near]
        asked = some.size[b] > 4 * marks.length[l]
        np.logical_or.at(split, i + b, asked)
        waiting[l[asked.any(axis=1)]] = True
    return split, waiting


def _near(offset: Array, size: Array, length: Array, periodic: bool | tuple[bool, ...]) -> Mask:
    offset = np.abs(np.where(periodic, (offset + 0.5) % 1 - 0.5, offset))
    close: Mask = offset - size / 2 <= np.maximum(2 * length, size / 4)
    return close


def _halved(boxes: Boxes, split: Mask) -> Boxes:
    """Boxes bisected along the marked axes, shape (B, D)."""
    for axis in range(split.shape[1]):
        halved, step = split[:, axis], np.eye(split.shape[1])[axis]
        size = np.where(halved[:, None], boxes.size * (1 - step / 2), boxes.size)
        low = np.concatenate([boxes.low, (boxes.low + size * step)[halved]])
        boxes, split = Boxes(low, np.concatenate([size, size[halved]])), np.concatenate([split, split[halved]])
    return boxes


# For each box and component value, error, scale, and whether to bisect it in any case, shape (B, components) each
Rule = Callable[[Boxes], tuple[AnyArray, Array, Array, Mask]]


@dataclass
class Cover:
    """Boxes that fill the cube, what the rule gives for them, which are not to be bisected, and the parent's error.

    The cover that is bisected is gone afterwards: of its arrays, which may be what an integral takes, each goes with the next.
    """

    boxes: Boxes
    parts: tuple[AnyArray, ...]
    final: Mask
    parent: Array

    def bisected(self, rule: Rule, split: Mask, allowed: Array) -> Cover:
        """The marked boxes bisected; tiny ones whose halves have much larger errors, after errors fell, show rounding and stay."""
        halves = self.boxes[split].bisected()
        new = rule(halves)
        family = len(halves) // int(split.sum())
        each, before = (error / allowed for error in (new[1].reshape(-1, family, len(allowed)), self.parts[1][split]))
        after, before = each.sum(axis=1), before.max(axis=-1)
        noisy = (after.max(axis=-1) > 4 * before) & (before < 0.75 * self.parent[split])
        # Next to a singular point one of the halves has it all.
        noisy &= (after - each.max(axis=1)).max(axis=-1) > before
        noisy &= (self.boxes.size[split].max(axis=1) < TINY) & ~self.parts[3][split].any(axis=1)
        fresh, keep, final = np.repeat(~noisy, family), ~split, self.final.copy()
        keep[np.flatnonzero(split)[noisy]] = final[np.flatnonzero(split)[noisy]] = True
        halves = halves[fresh]
        boxes = Boxes.joined([self.boxes[keep], halves])
        old, fresh_parts, self.parts, parts = [*self.parts], [*new], (), []
        del new
        while old:
            parts.append(np.concatenate([old.pop(0)[keep], fresh_parts.pop(0)[fresh]]))
        final = np.concatenate([final[keep], halves.size.max(axis=1) < SMALLEST])
        return Cover(boxes, tuple(parts), final, np.concatenate([self.parent[keep], np.repeat(before, family)[fresh]]))


def refine(
    rule: Rule,
    points: int,
    boxes: Boxes,
    sweep: Sweep,
    tolerance: Tolerance,
    unseen: Array,
    record: Record | None = None,
) -> Estimate:
    """Bisect until the errors of all boxes add up to the tolerance; ``points`` is what a box costs.

    ``unseen``, shape (components), is the part of the error that boxes do not see.

    Each round bisects every box but those whose errors together take less than a part of the tolerance. A component that met
    it, or belongs to a result whose error bisection no longer reduces, asks for no more. Half of the memory is for the boxes. Interruption
    returns the last complete round. A ``record`` holds the boxes of a complete round, from which the next one goes on.
    """
    best = nothing(len(unseen))
    if not sweep.affords(points * len(boxes)):
        return best.saying(f"max_evaluations does not allow {points * len(boxes)} points")
    memory, copies = sweep.memory, 1 if record is None else IN_A_RECORD
    first = copies * KEPT * len(unseen) * len(boxes)
    memory.keep(first)
    try:
        cover, history, hopeless = _kept(record, sweep) or (
            Cover(boxes, rule(boxes), np.zeros(len(boxes), dtype=bool), np.full(len(boxes), np.inf)),
            [],
            np.zeros(len(unseen), dtype=bool),
        )
        memory.keep(copies * KEPT * len(unseen) * len(cover.final) - first)
        while True:
            _keep(record, sweep, cover, history, hopeless)
            value, error, scale = (part.sum(axis=0) for part in cover.parts[:3])
            allowed = tolerance.allowed(value, scale)
            error = error + ROUNDING * scale + unseen
            excess = error / allowed
            must_bisect = cover.parts[3] & ~cover.final[:, None]
            hidden = must_bisect.any(axis=0)
            met = (excess <= 1) & ~hidden
            text = f"estimate {excess.max(initial=0.0):.1e} of the tolerance with {len(cover.final)} boxes"
            if (unseen > allowed).any():
                text += (
                    ", which leave narrow features unresolved (too many, or too narrow for max_evaluations or memory)"
                )
            best = Estimate(value, error, scale, met, text)
            sweep.report(None, text)
            if met.all():
                return best
            if hidden.any():
                count = must_bisect.any(axis=1).sum()
                best = replace(best, message=f"{text}, {count} of them with bands that touch unresolved at mu")
            history.append((len(cover.final), tolerance.worst(excess)))
            hopeless |= _futile(history, tolerance.worst(error > DIVERGENT * scale)) & ~hidden
            hopeless |= (unseen > allowed) & (error <= 1.1 * unseen)
            asking = ~met & ~hopeless
            if not asking.any():
                return best.saying("bisection no longer reduces the error")
            share = _shares(cover.parts[1], allowed, asking)
            split = ~cover.final & (_large(share) | must_bisect[:, asking].any(axis=1))
            if not split.any():
                return best.saying("the boxes with the largest errors shrank to rounding")
            cost = points * int(split.sum()) * 2 ** boxes.size.shape[1]
            if not sweep.affords(cost):
                return best.saying("max_evaluations reached")
            bytes_of_a_box, new = KEPT * len(unseen), cost // points
            halves, joined = bytes_of_a_box * new, 2 * SIZE * len(unseen) * (len(split) + new)
            if not (memory.allows(2 * halves + memory.kept) and memory.allows(copies * (halves + joined))):
                return best.saying(f"memory of {memory.limit:.3g} bytes reached")
            memory.keep(copies * halves)
            cover = cover.bisected(rule, split, allowed)
            memory.take(copies * joined)
            memory.keep(copies * (bytes_of_a_box * (len(cover.final) - len(split)) - halves))
    except KeyboardInterrupt:
        return best.stopped("round")


History = list[tuple[int, Array]]  # how many boxes there were in each round, and the errors


def _keep(record: Record | None, sweep: Sweep, cover: Cover, history: History, hopeless: Mask) -> None:
    if record is None:
        return
    value, error, scale, must_bisect = cover.parts
    numbers = np.array([sweep.evaluations, *(boxes for boxes, _ in history)])
    arrays = (cover.boxes.low, cover.boxes.size, value, error, scale, must_bisect, cover.final, cover.parent)
    everything = (*arrays, hopeless, numbers, np.array([excess for _, excess in history]))
    record.keep_all(len(history), dict(zip(_KEPT, everything, strict=True)))


_KEPT = ("low", "size", "value", "error", "scale", "must bisect", "final", "parent", "hopeless", "boxes", "excess")


def _kept(record: Record | None, sweep: Sweep) -> tuple[Cover, History, Mask] | None:
    """What a record holds of a round, if anything."""
    found = [] if record is None else record.arrays(*_KEPT)
    if not found:
        return None
    low, size, value, error, scale, must_bisect, final, parent, hopeless, boxes, excess = found
    sweep.evaluations = int(boxes[0])
    cover = Cover(Boxes(low, size), (value, error, scale, must_bisect), final, parent)
    return cover, [(int(count), was) for count, was in zip(boxes[1:], excess, strict=True)], hopeless


def _shares(error: Array, allowed: Array, asking: Mask) -> Array:
    """The largest part of the tolerance that each box takes up among the components that ask for more."""
    blocks = pieces(len(error), error.shape[1])
    return np.concatenate([np.max(error[some][:, asking] / allowed[asking], axis=1) for some in blocks])


def _large(share: Array) -> Mask:
    """All but the smallest shares of the tolerance that together stay below a part of it; at least the largest."""
    order = np.argsort(share, kind="stable")
    large = np.ones(len(share), dtype=bool)
    large[order[np.cumsum(share[order]) <= LEFT_ALONE]] = False
    large[order[-1]] = True
    return large


def _futile(history: list[tuple[int, Array]], divergent: Mask) -> Mask:
    """For which results sixteen times as many boxes, and many, have not brought the error down: it is rounding then.

    A narrow peak is no such case: the boxes that close in on it are few. An error far above the integral of the modulus shows
    a divergence, for which fewer are enough.
    """
    boxes, excess = history[-1]
    stalled = [excess > 0.7 * was for few, was in history if 16 * few <= boxes]
    return (
        np.any(stalled, axis=0) & (boxes >= np.where(divergent, 100, 1000))
        if stalled
        else np.zeros(len(excess), dtype=bool)
    )


def tensor(x: Array, dimension: int) -> Array:
    """The points (P, D) of the D-fold product of a rule with the points x on a line."""
    return np.stack(np.meshgrid(*[x] * dimension, indexing="ij"), axis=-1).reshape(-1, dimension)


def functionals(p: int, dimension: int) -> Array:
    """Rows: the Gauss weights, then the last four Legendre coefficients along each axis: (1 + 4 D, p^D)."""
    b = basis(p)
    rows = [[b.weights] * dimension]
    for axis in range(dimension):
        for tail in b.tails:
            rows.append([tail if a == axis else b.weights for a in range(dimension)])
    return np.array([reduce(np.multiply.outer, factors).ravel() for factors in rows])


def tail_error(tails: Array, size: Array) -> Array:
    """The error from the tails, shape (4 D, ...), and the integral of the modulus.

    On each axis the larger of the last two coefficients lies near the error of interpolation; the error of the Gauss
    rule is close to its square in units of ``size``. A part of this gain is taken, and only if the two coefficients
    before show that the series decays so fast: a weak but narrow feature beside a strong smooth one does not.
    """
    before, last = np.abs(tails).reshape(-1, 2, 2, *tails.shape[1:]).max(axis=2).swapaxes(0, 1)
    decay = np.minimum(2 * last / np.maximum(before, 1e-300), 1.0) ** 3  # a gain is never above one
    gain = np.maximum(4 * np.sqrt(last / np.maximum(size, 1e-300)), decay)
    error: Array = (last * np.minimum(1.0, gain)).sum(axis=0)
    return error
