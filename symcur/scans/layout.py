"""What a scan is, as the labels and attributes of its Dataset: two scans are the same if these are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from symcur.band_structures import BandStructure, Model
from symcur.files import shortened
from symcur.observables import KINDS, Observable, Plan
from symcur.observables.hall import is_charge
from symcur.observables.labelled import attributes, coordinates
from symcur.scans.points import Points
from symcur.version import __version__

if TYPE_CHECKING:
    from xarray import Dataset

MISSING = "missing"
MOST_PROBES = 50  # parameter sets at which the arguments are looked at before the work
SAME = 1e-9  # of the largest element: matrices of a model by numbers that differ by less are the same
IGNORED = ("date", "samples", "charge", "length_unit")  # the last two follow from the model
OF_THE_INTEGRAL = ("rtol", "atol", "max_evaluations", "memory")  # options that no plan depends on
MOST_NUMBERS = 100_000_000  # of a scan, values alone: what memory holds


def template(points: Points, model: BandStructure, observable: Observable, options: Mapping[str, Any]) -> Dataset:
    """The Dataset of a scan before its first point: NaN, "missing"; raises what the observable says of its arguments."""
    from xarray import Dataset

    models, plans = zip(*_possible(points, model, observable, options), strict=True)
    plan = plans[0]
    prepared, choice = plan.model, plan.choice
    dims, labels = coordinates(
        choice.parts, plan.mu, plan.temperature, observable.indices, observable.kind, prepared.dimension
    )
    shape = (*points.shape, *(labels[dim][1].size for dim in dims))
    if prod(shape) > MOST_NUMBERS:
        raise ValueError(
            f"parameters: expected a scan of at most {MOST_NUMBERS} numbers, got one of {' x '.join(map(str, shape))}"
        )
    unit = KINDS[observable.kind].unit
    data: dict[str, Any] = {
        name: ((*points.dims, *dims), np.full(shape, np.nan), {"units": unit}) for name in ("value", "error")
    }
    for name, text in (("message", ""), ("status", MISSING)):
        data[name] = (points.dims, np.full(points.shape, text, dtype=object))
    fixed = {
        str(name): value for name, value in model.arguments()["parameters"].items() if str(name) not in points.values
    }
    plain = {
        "holds": "scan",
        "observable": observable.name,
        "model": model.name,
        "parameters": {name: _number(value) for name, value in fixed.items()},
        "unit": unit,
        "convention": observable.convention,
        "indices": observable.indices,
        "kind": observable.kind,
        "dimension": prepared.dimension,
        "charge": _charge([one.model for one in plans], observable),
        "length_unit": model.length_unit,
        "form": plan.form.text,
        "sums": choice.sums,
        "total": choice.total,
        "version": __version__,
        "date": date.today().isoformat(),
        **{key: _plain(value) for key, value in options.items() if key not in ("mu", "temperature", "form")},
        **model.description,
        "samples": None if isinstance(model, Model) and model.bosons is None else _samples(models),
    }
    return Dataset(data, points.coordinates | labels, attributes(plain))


def _charge(models: Sequence[BandStructure], observable: Observable) -> bool | None:
    """Whether s is the charge, which only counts where s does; None where s changes with the parameters."""
    if KINDS[observable.kind].counts != "s":
        return False
    k = np.random.default_rng(43).uniform(-2, 2, size=(4, models[0].dimension))
    first, *others = (one.matrix("s", k) for one in models)
    same = all(one.shape == first.shape and np.abs(one - first).max() <= SAME * np.abs(first).max() for one in others)
    return is_charge(models[0]) if same else None


def _number(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else float(value)


def _plain(value: Any) -> Any:
    """An option as plain data: an object by its class and what it holds."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, np.generic):
        return value.item()
    return f"{type(value).__name__}({', '.join(f'{key}={what!r}' for key, what in sorted(vars(value).items()))})"


def _possible(
    points: Points, model: BandStructure, observable: Observable, options: Mapping[str, Any]
) -> list[tuple[BandStructure, Plan]]:
    """The model at a few sets for which the observable has a meaning, and what it plans; where there are none, what it says of
    the first raises."""
    known = {str(name) for name in model.arguments()["parameters"]}
    if unknown := set(points.values) - known:
        raise ValueError(
            f"parameters: expected some of {', '.join(sorted(known))} of {model.name}, got {', '.join(sorted(unknown))}"
        )
    asked = {key: value for key, value in options.items() if key not in OF_THE_INTEGRAL}
    found: list[tuple[BandStructure, Plan]] = []
    refused: list[Exception] = []
    first, *others = points.some(MOST_PROBES)
    for values in (first, *reversed(others)):  # two that differ as much as sets do
        try:
            one = model.with_values(values)
            found.append((one, observable.plan(one, **asked, parameters=None)))
        except (ValueError, TypeError) as error:
            refused.append(error)
        if len(found) == 2:
            break
    if not found:
        raise refused[0]
    return found


def _samples(models: Sequence[BandStructure]) -> list[float]:
    """H, s and the metric of bosons at generic momenta, for a few sets: what tells models by numbers apart."""
    k = np.random.default_rng(29).uniform(-2, 2, size=(3, models[0].dimension))
    matrices = [matrix for one in models for matrix in (one.matrix("H", k), one.matrix("s", k), one.metric)]
    flat = np.concatenate([matrix.ravel() for matrix in matrices])
    return [*flat.real.tolist(), *flat.imag.tolist()]


def differences(asked: Dataset, stored: Dataset) -> list[str]:
    """In what a stored scan is not the one that is asked for, in words."""
    found = [
        f"{key} is {shortened(str(stored.attrs.get(key)))} instead of {shortened(str(asked.attrs.get(key)))}"
        for key in dict.fromkeys((*asked.attrs, *stored.attrs))
        if key not in IGNORED and stored.attrs.get(key) != asked.attrs.get(key)
    ]
    for name in dict.fromkeys((*asked.coords, *stored.coords)):
        one, other = (dataset.coords.get(name) for dataset in (asked, stored))
        if one is None or other is None or one.dims != other.dims or not np.array_equal(one.values, other.values):
            texts = ["none" if x is None else shortened(str(x.values.tolist())) for x in (other, one)]
            found.append(f"{name} has the values {texts[0]} instead of {texts[1]}")
    if list(asked["value"].dims) != list(stored["value"].dims) and not found:
        found.append(f"the dimensions are {stored['value'].dims} instead of {asked['value'].dims}")
    if not _are_same(*(dataset.attrs.get("samples") for dataset in (asked, stored))):
        found.append("H, s or the metric have other values at the momenta at which they are compared")
    return found


def _are_same(asked: str, stored: Any) -> bool:
    """Whether samples, as their attribute holds them, are the same but for rounding."""
    if asked == stored:
        return True
    try:
        one, other = (np.array(json.loads(text), dtype=float) for text in (asked, stored))
    except (ValueError, TypeError, RecursionError):  # what no scan has written
        return False
    return one.shape == other.shape != () and bool(np.abs(one - other).max() <= SAME * np.abs(one).max())
