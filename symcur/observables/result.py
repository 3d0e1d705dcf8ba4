"""What an observable returns: a value with its error, its parts side by side, and the convention behind the number."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from symcur.arrays import Array, Mask
from symcur.display import Card, Shown, text
from symcur.expressions import axis_name
from symcur.observables import cards
from symcur.observables.labelled import to_dataset

if TYPE_CHECKING:
    from xarray import Dataset

CHECKS = {
    "filled_lattice": "with the paper's Hall part the completely filled lattice, in which nothing can flow, answers with {}",
    "splitting": "the paper's Hall part jumps where close occupied bands split: those nearer than about 3 % of the spread of the "
    "energies leave open a part of the order of {}",
    "window": "half and twice the window within which levels are one multiplet change the value by {}, part of its error",
}
ELECTRONS = "codes that compute spin Hall conductivities from Wannier functions, positive sigma^z_xy of Pt, give minus the [x, y] here"
LITERATURE = "minus the paper's components: the field acts on carriers of charge -|e|, as in codes that find sigma^z_xy > 0 for Pt"
NOTHING = 1e-6  # of an error: what the window changes is part of the error, and not worth a word where it is less of it
ROWS = 24  # of a scan, in its repr
SIGNED = "filled_lattice"  # the check that is an answer; the others are sizes
CONDUCTANCE = 2.434134806e-4  # e^2/hbar in siemens (exact e and hbar of the 2019 SI)
SOLID = "(hbar/e) S/cm"
OF_CHARGE = {"e/2pi": "e^2/h", "e/8pi": "e^2/4h", SOLID: "S/cm"}  # the same numbers where s is the charge
CHARGE = "s = 1 is the charge of the carriers, which enters twice, so that signs are those of the literature"


@dataclass(frozen=True)
class Part:
    """One part of an observable: value and error estimate, of the same shape."""

    value: Array
    error: Array


@dataclass(frozen=True, eq=False)
class Result(Shown):
    """An observable as a function of mu and temperature.

    ``value`` and ``error`` have the shape (*mu.shape, *temperature.shape, components); ``parts`` names what adds up to
    what (``sums`` says it in words), ``total`` which of them is the value. ``form`` tells Fermi sea from Fermi surface, ``hall`` how
    the part that the torque leaves free was chosen (empty where nothing is free), ``convention`` the indices and signs, ``unit`` the unit of the numbers.
    ``checks`` hold numbers that say whether the paper's Hall part is meaningful; ``notes`` says so in words, after the ``remarks``
    on what was asked. ``level`` says what a material knows of position; ``length_unit`` is its unit of length in Angstrom, None for
    other models; ``charge`` tells a conductivity of s = 1, the charge. Levels closer than ``window``, an energy, count as one
    multiplet (None: only degenerate ones). ``met``, shape (*mu.shape, *temperature.shape), tells where the errors are within the
    tolerance; ``status`` is "converged" if they are everywhere, "tolerance not met" or "interrupted". ``by_eigenstates``
    counts the k points that a kernel could not resolve and eigenstates did (None where other processes counted). ``source`` tells
    where the numbers come from: version, date, the tolerance rtol and atol, the reference of the model, its lattice, and for
    formulas momenta, H and s as texts. Two results are equal if all of this is, the date aside, numbers bit by bit.
    """

    observable: str
    model: str
    value: Array
    error: Array
    parts: Mapping[str, Part]
    sums: str
    mu: Array
    temperature: Array
    parameters: Mapping[str, float]
    form: str
    hall: str
    convention: str
    unit: str
    indices: tuple[str, ...]
    dimension: int
    kind: str
    met: Mask
    status: str
    message: str
    method: str
    domain: str
    evaluations: int
    by_eigenstates: int | None = 0
    conversion: Mapping[str, Any] = field(default_factory=dict)
    checks: Mapping[str, Part] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    window: float | None = None
    level: str = ""
    length_unit: float | None = None
    charge: bool = False
    source: Mapping[str, Any] = field(default_factory=dict)
    total: str = ""

    def __post_init__(self) -> None:
        if self.total not in self.parts:  # in files of before
            same = (name for name, part in self.parts.items() if _same(part, Part(self.value, self.error)))
            object.__setattr__(self, "total", next(same, ""))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Result):
            return NotImplemented
        return all(_same(_undated(getattr(self, name)), _undated(getattr(other, name))) for name in vars(self))

    @property
    def notes(self) -> list[str]:
        """The remarks, and what the checks say about the paper's Hall part where it exceeds the error: a sentence for each."""
        found = list(self.remarks)
        for name, sentence in CHECKS.items():
            if name in self.checks:
                check = self.checks[name]
                told = self.error * NOTHING if name == "window" else np.maximum(self.error, check.error)
                excess = np.abs(check.value) - told
                if (excess > 0).any():
                    first = int((excess >= (1 - 1e-6) * excess.max()).argmax())  # not decided by rounding
                    place = np.unravel_index(first, excess.shape)
                    axes = "".join(axis_name(int(axis)) for axis in place[len(place) - len(self.indices) :])
                    found.append(sentence.format(f"[{axes}] {check.value[place]:.3g}"))
        return found

    @property
    def scan(self) -> tuple[Array, Array, dict[str, tuple[Array, Array]]]:
        """mu and T as 1D arrays, and {part: (value, error)} of shape (mu, T, components)."""
        mu, temperature = np.atleast_1d(self.mu), np.atleast_1d(self.temperature)
        shape = (len(mu), len(temperature), *(self.dimension,) * len(self.indices))
        parts = {name: (part.value.reshape(shape), part.error.reshape(shape)) for name, part in self.parts.items()}
        return mu, temperature, parts

    def rows(self) -> Iterator[tuple[float, float, str, dict[str, tuple[float, float]], bool]]:
        """(mu, T, component such as "xy", {part: (value, error)}, whether the tolerance was met), for each of them."""
        mu, temperature, parts = self.scan
        met = self.met.reshape(len(mu), len(temperature))
        for a, b in itertools.product(range(len(mu)), range(len(temperature))):
            for axes in itertools.product(range(self.dimension), repeat=len(self.indices)):
                at = (a, b, *axes)
                numbers = {name: (float(value[at]), float(error[at])) for name, (value, error) in parts.items()}
                yield float(mu[a]), float(temperature[b]), "".join(map(axis_name, axes)), numbers, bool(met[a, b])

    def convert(
        self, unit: str, *, s_unit: str = "hbar", lattice_constant: float | None = None, sign: str = "paper"
    ) -> Result:
        """The same result in another unit.

        ``unit`` is "1" (internal, hbar = e = k_B = 1), "e/2pi" or "e/8pi" for conductivities in 2D, or "(hbar/e) S/cm"
        in 3D, which needs the ``lattice_constant``: the length in Angstrom that is 1 in the model; materials know it.
        ``s_unit`` is "hbar" or "hbar/2": the unit in which s is then counted (numbers in hbar/2 are twice those in hbar).
        ``sign`` is "paper", for carriers on which eE acts, or "literature", for conductivities: -|e|E acts on electrons, all
        components change sign, and those of Pt are as codes for solids have them. ``unit`` and ``convention`` say which. Where s is
        the charge itself, units are "e^2/h", "e^2/4h" and "S/cm", for the same numbers and whichever of the two names is given, and
        sign = "literature" changes nothing.
        """
        if self.conversion:
            raise ValueError(
                f"unit: expected a result in its original unit, got one in {self.unit}; convert the original"
            )
        given, unit = unit, self._named(unit)
        factor = self._factor(unit, lattice_constant) * _spin_factor(s_unit)
        label = self.unit if unit == "1" else OF_CHARGE[unit] if self.charge else unit
        convention = f"; {ELECTRONS}" if unit == SOLID else ""
        literature = self._is_literature(sign)
        if self.charge:
            if s_unit != "hbar":
                raise ValueError(f"s_unit: expected 'hbar', which is not used for the charge, got {s_unit!r}")
            convention = f"; {CHARGE}"
        elif literature:
            factor, label, convention = -factor, f"{label} in the sign of the literature", f"; {LITERATURE}"
        parts = {name: _times(part, factor) for name, part in self.parts.items()}
        checks = {name: _times(part, factor if name == SIGNED else abs(factor)) for name, part in self.checks.items()}
        return replace(
            self,
            value=self.value * factor,
            error=self.error * abs(factor),
            parts=parts,
            checks=checks,
            convention=self.convention + convention,
            unit=label if self.charge else f"{label}, s in {s_unit}",
            conversion={"unit": given, "s_unit": s_unit, "lattice_constant": lattice_constant, "sign": sign},
        )

    def _named(self, unit: str) -> str:
        """The name for any s of a unit of the charge."""
        for name, of_charge in OF_CHARGE.items():
            if unit == of_charge:
                if not self.charge:
                    raise ValueError(f"unit: expected {name!r} where s is not the charge, got {unit!r}")
                return name
        return unit

    def _is_literature(self, sign: str) -> bool:
        if sign not in ("paper", "literature"):
            raise ValueError(f"sign: expected 'paper' or 'literature', got {sign!r}")
        if sign == "literature" and self.kind != "conductivity":
            raise ValueError(
                f"sign: expected 'paper' for {self.observable}, got 'literature', which is the charge of the carriers in a field"
            )
        return sign == "literature"

    def _factor(self, unit: str, lattice_constant: float | None) -> float:
        if unit == "1":
            return 1.0
        if self.kind != "conductivity":
            raise ValueError(f"unit: expected '1' for {self.observable}, got {unit!r}, a unit of conductivity")
        if unit in ("e/2pi", "e/8pi"):
            if self.dimension != 2:
                raise ValueError(f"unit: expected one for D = {self.dimension}, got {unit!r}, a unit in 2D")
            return 2 * np.pi if unit == "e/2pi" else 8 * np.pi
        if unit == SOLID:
            if self.dimension != 3:
                raise ValueError(f"unit: expected one for D = {self.dimension}, got {unit!r}, a unit in 3D")
            length = self.length_unit if lattice_constant is None else lattice_constant
            if length is None or not length > 0:
                raise ValueError(f"lattice_constant: expected a positive length in Angstrom, got {lattice_constant!r}")
            if self.length_unit not in (None, length):
                raise ValueError(
                    f"lattice_constant: expected {self.length_unit:g}, the unit of length of {self.model} in Angstrom, or None, "
                    f"got {lattice_constant!r}"
                )
            return CONDUCTANCE / (length * 1e-8)
        raise ValueError(f"unit: expected '1', 'e/2pi', 'e/8pi' (2D) or '(hbar/e) S/cm' (3D), got {unit!r}")

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        plain: dict[str, Any] = _plain(self)
        source: dict[str, Any] = plain.pop("source")
        return source | plain

    def to_xarray(self) -> Dataset:
        """An xarray Dataset: dimensions part, mu, temperature and flow, field (other observables: the letters of their indices).

        Variables value, error, met, and check_value, check_error; attributes the rest, among them unit, convention, version, date,
        parameters, rtol, atol, and the model's H, s and lattice. ImportError where the extra symcur[data] is not installed.
        """
        return to_dataset(self)

    def card(self) -> Card:
        """What notebooks show: the parts with their errors, a long scan slice by slice, and what the numbers mean."""
        return cards.sliced(self)

    def __repr__(self) -> str:
        return text(cards.card(self, most=ROWS))

    def __str__(self) -> str:
        return (
            f"{self.observable} of {self.model}: {self.value} +- {self.error} [{self.unit}; {self.form}; {self.convention}; "
            f"{f'Hall part {self.hall}; ' if self.hall else ''}{f'level {self.level}; ' if self.level else ''}{self.status}, {self.evaluations} points]"
        )


def _times(part: Part, factor: float) -> Part:
    return Part(part.value * factor, part.error * abs(factor))


def _spin_factor(s_unit: str) -> float:
    factors = {"hbar": 1.0, "hbar/2": 2.0}
    if s_unit not in factors:
        raise ValueError(f"s_unit: expected 'hbar' or 'hbar/2', got {s_unit!r}")
    return factors[s_unit]


def _undated(data: Any) -> Any:
    return {name: value for name, value in data.items() if name != "date"} if isinstance(data, Mapping) else data


def _same(one: Any, other: Any) -> bool:
    """Whether fields hold the same numbers and texts, NaN being NaN."""
    if isinstance(one, Part):
        return isinstance(other, Part) and _same(one.value, other.value) and _same(one.error, other.error)
    if isinstance(one, Mapping):
        return (
            isinstance(other, Mapping)
            and list(one) == list(other)
            and all(_same(one[name], other[name]) for name in one)
        )
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(np.asarray(one, dtype=float), np.asarray(other, dtype=float), equal_nan=True)
    return bool(one == other)


def _plain(data: Any) -> Any:
    if is_dataclass(data):
        return {field.name: _plain(getattr(data, field.name)) for field in fields(data)}
    if isinstance(data, Mapping):
        return {name: _plain(value) for name, value in data.items()}
    return data.tolist() if isinstance(data, np.ndarray) else data
