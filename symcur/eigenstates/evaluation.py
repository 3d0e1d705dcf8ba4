"""Quantities through eigenstates at many k, block by block."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur import expressions as ex
from symcur import quantities, running
from symcur.arrays import AnyArray, Array
from symcur.band_structures import BandStructure, Parameters, named
from symcur.band_structures.levels import Closeness, DigitsWarning, Window, closer_than_told_apart
from symcur.cores import MANY, one_core
from symcur.eigenstates.basis import Components
from symcur.eigenstates.recording import Recording, is_long, pieces
from symcur.eigenstates.states import Eigenstates
from symcur.expressions import Expression, Resolvent
from symcur.quantities import Quantity

# Rounding errors of eigenvectors, in units of their size: up to four times their amplification in units of 2^-52. Half of the digits.
_ROUNDING, _LOST = 4 * 2.0**-52, 1e-8
# A matrix at every k of a block takes half a megabyte; in blocks shorter than the shortest the calls cost more than they work.
_NUMBERS, _SHORTEST, _LONGEST = 1 << 15, 64, 4096
# glibc gives freed memory back to the system beyond twice the largest piece that was ever freed (mallopt(3), M_TRIM_THRESHOLD), and
# getting it again for every block costs as much as the work. This one is never written to.
np.empty(3 << 20)


class LevelWarning(UserWarning):
    """Quantities of a material at the level "full", which lack what lies outside of the space of its functions."""


class DegeneracyWarning(UserWarning):
    """Bands were merged at a k where they touch, although they are not degenerate everywhere."""


def values_at(
    model: BandStructure,
    components: Mapping[str, Components],
    k: Array,
    tolerance: Closeness,
    threads: int = 1,
    recording: Recording | None = None,
) -> tuple[dict[str, AnyArray], Array, Array]:
    """{name: (M, N, components...)} at k of shape (M, D); the number of distinct energies and the amplification at each point.

    The numbers do not depend on ``threads``, which share the blocks. ``recording`` is that of the same components.
    """
    recording = recording or _recording(model, components, k, tolerance)
    return _read_at(model, _scalars(components), k, tolerance, threads, recording)


Reader = Callable[[Eigenstates], AnyArray]
Found = tuple[dict[str, AnyArray], Array, Array]


def _read_at(
    model: BandStructure,
    readers: Mapping[str, Reader],
    k: Array,
    tolerance: Closeness,
    threads: int = 1,
    recording: Recording | None = None,
) -> Found:
    """What readers make of the eigenstates, block by block, or what was recorded of the same; the others as of ``values_at``."""
    recorded = recording if recording is not None and recording.serves(model) else None

    def one(block: Array) -> Found:
        states = Eigenstates(model, block, tolerance, up_to_phases=recorded is not None)
        values = recorded(states, tolerance) if recorded is not None else None
        if values is None:
            values = {name: read(states) for name, read in readers.items()}
        return values, states.distinct, states.amplification

    parts = blocks(model, k) if recorded is None else pieces(k, model.size)
    with one_core() if len(k) >= MANY else nullcontext():
        if threads == 1 or len(parts) == 1:
            return _joined(map(one, parts), len(k))
        with ThreadPoolExecutor(threads) as pool:
            return _joined(pool.map(one, parts), len(k))


def _joined(found: Iterable[Found], count: int) -> Found:
    """What blocks of so many momenta in all have found, each gone as soon as it is in its place."""
    start, whole = 0, dict[str, AnyArray]()
    distinct, amplified = np.empty(count), np.empty(count)
    for values, levels, factors in found:
        place = slice(start, start := start + len(levels))
        distinct[place], amplified[place] = levels, factors
        for name, value in values.items():
            kept = whole.get(name)
            dtype = value.dtype if kept is None else np.result_type(kept, value)
            if kept is None:
                whole[name] = np.empty((count, *value.shape[1:]), dtype)
            elif kept.dtype != dtype:
                whole[name] = kept.astype(dtype)
            whole[name][place] = value
    return whole, distinct, amplified


def _scalars(components: Mapping[str, Components]) -> dict[str, Reader]:
    """(M, N, components...) each."""
    return {name: partial(_values_of, array) for name, array in components.items()}


def _values_of(components: Components, states: Eigenstates) -> AnyArray:
    return np.asarray(states.values(components))


def _recording(
    model: BandStructure, components: Mapping[str, Components], k: Array, tolerance: Closeness
) -> Recording | None:
    """Of many momenta, the first of which has no multiplets."""
    if not is_long(k, model.size) or not Eigenstates(model, k[:1], tolerance).apart:
        return None
    return Recording(components)


def _operators(quantity: Quantity, dimension: int) -> Reader:
    """<m|X^i|n> of an operator that acts on the states of band n, (M, components, m, n)."""
    operators = [ex.adjoint(quantity.expression(*axes)) for axes in quantity.components(dimension)]
    return lambda states: np.stack([states.adjoint(states.rows((X,))) for X in operators], axis=1)


def blocks(model: BandStructure, k: Array, longer: int = 1) -> list[Array]:
    """k in pieces whose matrices fit into the cache, or so many times longer ones."""
    length = min(max(_NUMBERS * longer // model.size**2, _SHORTEST), _LONGEST)
    return [k[start : start + length] for start in range(0, max(len(k), 1), length)]


def evaluate(
    model: BandStructure | str,
    quantity: str | Quantity | Expression | Sequence[str | Quantity] | Mapping[str, str | Quantity | Expression],
    k: ArrayLike,
    tolerance: Closeness = None,
    *,
    parameters: Parameters = None,
) -> Any:
    """A quantity (or any scalar expression with integer axes) through the eigenstates of H(k); of several a dictionary by name.

    k has shape (..., D), Cartesian; the result (..., band, components in the paper's index order), bands by ascending
    energy. Bands closer than ``tolerance`` times the spread of the energies at k, or than a ``Window`` in units of energy,
    form a multiplet; each of its r members carries the trace divided by r. By default (None) that is 1e-9, or 1e-12 where the
    bands are known to be distinct at a generic k for these parameters. Bands that merge only at isolated k are reported by a DegeneracyWarning,
    and small gaps at which half of the digits are lost by a DigitsWarning.
    ``quantity`` may also be a list of names or a mapping from names of one's own, as in ``compile``; eigenstates are computed once.
    ``interband_torque_dipole`` gives <m|D^i|n> as (..., i, m, n), in the arbitrary phases of the eigenvectors.
    ``parameters`` maps names or symbols to values other than the model's. Units: hbar = e = k_B = 1. Raises ValueError or
    TypeError naming the argument for invalid input, and for what has no meaning for the model.

    >>> import symcur as sc
    >>> sc.evaluate(sc.models.rashba(M=0.3), "s_dipole", [0.3, 0.2]).round(6)  # [band, i]
    array([[-0.159401,  0.239102],
           [-0.159401,  0.239102]])
    """
    model = named(model).with_values(parameters)
    points = model.points(k)
    flat = points.reshape(-1, model.dimension)
    single = isinstance(quantity, str | Quantity | Expression)
    given = {"expression": quantity} if isinstance(quantity, Expression) else [quantity] if single else quantity
    asked = asked_for(model, "quantity", given)
    with running.progress(f"{', '.join(asked)} of {model.name}"):
        found, distinct, amplified = _values(model, asked, flat, tolerance)
    report_touchings(model, flat, distinct, tolerance)
    report_digits(model, [name for name, x in asked.items() if x != quantities.get("energy")], flat, amplified)
    shaped = {name: value.reshape(*points.shape[:-1], *value.shape[1:]) for name, value in found.items()}
    return next(iter(shaped.values())) if single else shaped


def asked_for(model: BandStructure, label: str, given: Any) -> dict[str, Quantity | Expression]:
    """Names and quantities of a list by name, or a mapping from names of one's own, all of which have a meaning for the model."""
    try:
        found: dict[str, Quantity | Expression] = (
            {str(name): x if isinstance(x, Expression) else quantities.get(x) for name, x in given.items()}
            if isinstance(given, Mapping)
            else {x.name: x for x in map(quantities.get, given)}
        )
    except (TypeError, AttributeError):
        raise TypeError(
            f"{label}: expected a name, a Quantity, a scalar expression, a list of the first two or a mapping from names to any, "
            f"got {given!r}"
        ) from None
    for x in found.values():
        if isinstance(x, Quantity):
            model.require_local(x.name, x.local)
    return found


def _values(
    model: BandStructure, asked: Mapping[str, Quantity | Expression], k: Array, tolerance: Closeness
) -> tuple[dict[str, AnyArray], Array, Array]:
    """The values at k of shape (M, D), the others as of ``values_at``; eigenstates are computed once."""
    operators = {name: x for name, x in asked.items() if isinstance(x, Quantity) and x.operator}
    scalars = {name: quantities.components(x, model.dimension) for name, x in asked.items() if name not in operators}
    every = _scalars(scalars) | {name: _operators(x, model.dimension) for name, x in operators.items()}
    readers = {name: every[name] for name in asked}
    recording = None if operators else _recording(model, scalars, k, tolerance)
    found, distinct, amplified = _read_at(model, readers, k, tolerance, recording=recording)
    for name, x in asked.items():
        if isinstance(x, Quantity):
            found[name] = found[name] if x.operator else found[name].real
            if x.name in quantities.names():
                report_level(model, x)
    return found, distinct, amplified


def report_digits(model: BandStructure, names: Sequence[str], k: Array, amplified: Array) -> None:
    """Gaps so small that eigenvectors, and all that is made of them, have lost half of their digits by rounding."""
    lost = np.flatnonzero(_ROUNDING * amplified > _LOST)
    if len(lost) and names:
        worst = lost[amplified[lost].argmax()]
        warnings.warn(
            f"{', '.join(names)} of {model.name}: rounding errors of up to about "
            f"{_ROUNDING * amplified[worst]:.0e} of its size next to such a gap at {len(lost)} of {len(k)} points, the largest at "
            f"k = {k[worst].tolist()}; a closed form (derive) has more digits",
            DigitsWarning,
            stacklevel=3,
        )


def report_level(model: BandStructure, quantity: Quantity) -> None:
    """At the level "full" sums over states know nothing of those outside of the space of the functions."""
    if model.level == "full" and any(isinstance(node, Resolvent) for node in ex.walk(quantity.expression())):
        warnings.warn(
            f"{model.name}: {quantity.name} is that within the space of the functions, as at the level 'projected'; what lies outside "
            "is added by observables, and as quantities external_dipole and external_curvature of symcur.quantities.position",
            LevelWarning,
            stacklevel=4,
        )


def report_touchings(model: BandStructure, k: Array, distinct: Array, tolerance: Closeness) -> None:
    """Fewer distinct energies at some k than at others: bands touch there and were merged."""
    # At momenta without symmetry only bands degenerate everywhere coincide.
    generic = np.random.default_rng(17).uniform(0.2, 1.3, size=(2, model.dimension))
    elsewhere = Eigenstates(model, generic, tolerance).distinct.max()
    if tolerance is None and closer_than_told_apart(model, generic):
        elsewhere = max(elsewhere, model.distinct_energies or 0)
    fewer = np.flatnonzero(distinct < max(distinct.max(initial=0.0), elsewhere) - 0.5)
    if len(fewer) and not isinstance(tolerance, Window):  # which was asked for
        warnings.warn(
            f"bands were merged at {len(fewer)} of {len(k)} points, first at k = {k[fewer[0]].tolist()}, where they "
            "touch or are too close to be told apart; formulas for separate bands do not hold at such a point",
            DegeneracyWarning,
            stacklevel=3,
        )
