"""The currents at T > 0: an average over energy, refined only on the pieces between critical energies that still matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from symcur.band_structures import BandStructure
from symcur.disorder import thermal
from symcur.disorder.currents import (
    PARTS,
    SEARCH,
    Change,
    Currents,
    Work,
    average,
    converged_currents,
    difference,
    share_left,
)
from symcur.disorder.fermi_states import fermi_surface
from symcur.disorder.momentum_cell import UnresolvedFermiSurface, search_cell
from symcur.disorder.potentials import Disorder

COUNTS = (3, 6, 12, 24, 48)  # energies per piece
_LIGHT = 0.01  # pieces with less weight begin with three energies, the others with six
_FAIR = 0.3  # pieces whose error is below this part of an equal share are left alone
_SHARE = 0.01  # nodes of less weight may have larger errors, as 0.01 over their weight
At = Callable[
    [float, float], "Currents | None"
]  # the currents at x with this weight; None without resolved Fermi surface


@dataclass
class Piece:
    """An interval of x = (e - mu)/T and its share of the average, with the rule that was used last."""

    interval: thermal.Interval
    rule: int = -1
    share: Currents | None = None
    change: Change | None = None  # by the last refinement
    before: Change | None = None  # by the one before it
    guessed: Change = field(default_factory=dict)  # what nodes that were not resolved may contribute
    missed: float = 0.0  # the weight of these nodes
    blocked: list[float] = field(default_factory=list)

    @property
    def weight(self) -> float:
        """The part of the thermal weight in this interval."""
        left, right, _ = self.interval
        return float(np.tanh(right / 2) - np.tanh(left / 2)) / 2

    def refine(self, at: At, *, hurry: bool = False) -> None:
        """Go to the next rule. A node that is not resolved takes the currents of the nearest one that is.

        In a ``hurry`` the first rule is that of three energies for every piece.
        """
        rule = self.rule + 1 if self.rule >= 0 or self.weight < _LIGHT or hurry else 1
        left, right, critical = self.interval
        nodes, weights = thermal.gauss_rule(left, right, COUNTS[rule], critical)
        found = [None if self._is_blocked(x) else at(float(x), float(w)) for x, w in zip(nodes, weights, strict=True)]
        resolved = [(float(x), c) for x, c in zip(nodes, found, strict=True) if c is not None]
        lost = [(float(x), float(w)) for x, w, c in zip(nodes, weights, found, strict=True) if c is None]
        samples = [(float(w), c) for w, c in zip(weights, found, strict=True) if c is not None]
        guessed = {name: np.zeros(()) for name in PARTS}
        for x, weight in lost if resolved else ():
            near, *others = (c for _, c in sorted(resolved, key=lambda pair: abs(pair[0] - x)))
            samples.append((weight, near))
            doubt = difference(near, others[0]) if others else {name: abs(p.value) for name, p in near.parts.items()}
            guessed = {name: guessed[name] + 2 * weight * doubt[name] for name in PARTS}
        share = average(samples) if samples else None
        self.before = self.change
        self.change = difference(share, self.share) if share and self.share else None
        self.rule, self.share, self.guessed, self.missed = rule, share, guessed, sum(w for _, w in lost)
        self.blocked += [x for x, _ in lost]

    def _is_blocked(self, x: float) -> bool:
        """Whether a node closer to the middle than x, towards the same end, could not be resolved."""
        left, right, _ = self.interval
        middle = (left + right) / 2
        return any((b - middle) * (x - middle) > 0 and abs(x - middle) >= abs(b - middle) for b in self.blocked)

    def error(self, allowed: dict[str, float]) -> Change:
        """The estimated error of the share by the choice of energies: all that it could be, as long as there is one rule."""
        if self.change is None:
            return {name: np.asarray(0.0 if self.share is None else self.share.parts[name].scale) for name in PARTS}
        factor = share_left(self.change, self.before, allowed)
        return {name: factor * self.change[name] + self.guessed[name] for name in PARTS}


def thermal_currents(
    model: BandStructure,
    disorder: Disorder,
    mu: float,
    temperature: float,
    rtol: float,
    cutoff: float | None,
    work: Work,
) -> tuple[Currents, str]:
    """The average over energy, refined piece by piece until it settles; also what is to be said about the energies.

    Ctrl-C returns the average of the rules that were finished, marked as interrupted, if every piece has one.
    """
    count = 0

    def at(x: float, weight: float) -> Currents | None:
        nonlocal count
        work.done += SEARCH
        try:
            shape = fermi_surface(model, mu + temperature * x, cutoff=cutoff)
            looser = min(rtol * max(1.0, _SHARE / weight), 1e-2)
            found, _ = converged_currents(shape, disorder, max(rtol, looser), work)
        except UnresolvedFermiSurface:
            return None
        count += 1
        work.report(f"{count} energies")
        return found

    pieces = [Piece(interval) for interval in _intervals(model, mu, temperature, rtol, cutoff)]
    chosen, interrupted = pieces, False
    try:
        while chosen:
            for piece in chosen:
                piece.refine(at, hurry=work.exhausted)
            chosen = _unsettled(pieces, rtol, work)
    except KeyboardInterrupt:
        if any(piece.rule < 0 for piece in pieces):
            raise
        interrupted = True
    if not any(piece.share for piece in pieces):
        raise ValueError(f"mu: expected an energy whose Fermi surfaces can be resolved, got {mu:g} in {model.name}")
    missed = sum(piece.missed for piece in pieces)
    left_out = f"; a weight of {missed:.1e} next to critical energies was extrapolated" if missed else ""
    found = _total(pieces, rtol)
    if interrupted:
        found = replace(found, converged=False, interrupted=True)
    return found, f"{count} energies{left_out}"


def _intervals(
    model: BandStructure, mu: float, temperature: float, rtol: float, cutoff: float | None
) -> list[thermal.Interval]:
    reach = thermal.window(temperature, rtol)
    levels = (mu,) if model.periodic else (mu - reach, mu, mu + reach)
    edges = np.concatenate([thermal.critical_energies(model, search_cell(model, e, cutoff)) for e in levels])
    return thermal.intervals(np.unique(np.round(edges, 9)), mu, temperature, rtol)


def _total(pieces: Sequence[Piece], rtol: float) -> Currents:
    """The sum of the shares; what has none gives its weight to the others, and as much of the sum may be wrong."""
    lost = sum(piece.weight for piece in pieces if piece.share is None)
    found = average([(1 / (1 - lost), piece.share) for piece in pieces if piece.share is not None])
    allowed = found.allowed(rtol)
    tails = thermal.left_out(rtol)
    errors = {name: lost * np.abs(part.value) + tails * part.scale for name, part in found.parts.items()}
    for piece in pieces:
        errors = {name: errors[name] + error for name, error in piece.error(allowed).items()}
    settled = all(part.error.max() <= allowed[name] for name, part in found.parts.items())
    chosen = found.with_errors(errors, rtol)
    both = {name: replace(part, error=part.error + errors[name]) for name, part in found.parts.items()}
    return replace(found, parts=both, converged=settled and chosen.converged)


def _unsettled(pieces: Sequence[Piece], rtol: float, work: Work) -> list[Piece]:
    """The pieces to be refined: those whose errors are more than their part of what is allowed."""
    if not any(piece.share for piece in pieces):
        return [piece for piece in pieces if piece.rule + 1 < len(COUNTS)]
    if work.exhausted:
        return []
    allowed = _total(pieces, rtol).allowed(rtol)
    fair = {name: _FAIR * most / len(pieces) for name, most in allowed.items()}
    return [
        piece
        for piece in pieces
        if piece.rule + 1 < len(COUNTS)
        and any(error.max() > fair[name] for name, error in piece.error(allowed).items())
    ]
