"""Datasets of results and of scans in other units."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from symcur.observables.labelled import attributes
from symcur.observables.result import SIGNED
from symcur.observables.units import Measured, conversion

if TYPE_CHECKING:
    from xarray import Dataset

HELD = ("observable", "model", "kind", "unit", "convention", "dimension", "charge", "length_unit")


def convert(
    dataset: Dataset,
    unit: str,
    *,
    s_unit: str = "hbar",
    lattice_constant: float | None = None,
    energy_unit: float | None = None,
    sign: str = "paper",
) -> Dataset:
    """The Dataset of a scan or of ``Result.to_xarray`` in another unit, as ``Result.convert`` has it.

    Values, errors and checks are converted; mu, temperature and the parameters stay in the units of the model. The attributes of
    the Dataset say what its numbers are, so that it must still have them. Raises TypeError for anything but a Dataset, ValueError
    where an attribute is lacking and for what does not apply, such as an s that the parameters of the scan change.

    >>> import symcur as sc
    >>> found = sc.scan(sc.models.haldane().with_s(1), "conductivity", {"M": [0.0, 9.0]}, rtol=1e-3)
    >>> converted = sc.convert(found, "e^2/h")
    >>> total = converted["value"].sel(part=converted.attrs["total"], flow="x", field="y")
    >>> [round(abs(float(x)), 3) for x in total], converted.attrs["unit"]
    ([1.0, 0.0], 'e^2/h')
    """
    known, convention = _measured(dataset)
    found = conversion(known, unit, s_unit, lattice_constant, energy_unit, sign)
    size = abs(found.factor)
    factors: dict[str, Any] = {"value": found.factor, "error": size, "check_error": size}
    data = {name: dataset[name] * factor for name, factor in factors.items() if name in dataset}
    if "check_value" in dataset:
        checks = dataset["check_value"]
        data["check_value"] = (checks * size).where(dataset["check"] != SIGNED, checks * found.factor)
    converted = {
        name: (
            dataset[name].dims,
            values.transpose(*dataset[name].dims).values,
            dataset[name].attrs | {"units": found.unit},
        )
        for name, values in data.items()
    }
    told = {"unit": found.unit, "convention": convention + found.convention, "conversion": dict(found.given)}
    return dataset.assign(converted).assign_attrs(attributes(told))


def _measured(dataset: Any) -> tuple[Measured, str]:
    """What the attributes say of the numbers, and their convention."""
    if not hasattr(dataset, "data_vars"):
        raise TypeError(f"dataset: expected an xarray Dataset of symcur, got {type(dataset).__name__}")
    held = dataset.attrs
    lacking = [name for name in HELD if name not in held] + [name for name in ("value", "error") if name not in dataset]
    if lacking:
        raise ValueError(
            f"dataset: expected one with the attributes {', '.join(HELD)}, and value and error, got none of {', '.join(lacking)}"
        )
    known = Measured(
        observable=str(held["observable"]),
        model=str(held["model"]),
        kind=str(held["kind"]),
        unit=str(held["unit"]),
        dimension=int(held["dimension"]),
        charge=json.loads(str(held["charge"])),
        length_unit=json.loads(str(held["length_unit"])),
        conversion=json.loads(str(held.get("conversion", "null"))),
    )
    return known, str(held["convention"])
