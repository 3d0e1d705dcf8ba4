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
from symcur.observables.units import conversion

if TYPE_CHECKING:
    from xarray import Dataset

CHECKS = {
    "filled_lattice": "with the paper's Hall part the completely filled lattice, in which nothing can flow, answers with {}",
    "splitting": "the paper's Hall part jumps where close occupied bands split: those nearer than about 3 % of the spread of the "
    "energies leave open a part of the order of {}",
    "window": "half and twice the window within which levels are one multiplet change the value by {}, part of its error",
}
NOTHING = 1e-6  # of an error: what the window changes is part of the error, and not worth a word where it is less of it
ROWS = 24  # of a scan, in its repr
SIGNED = "filled_lattice"  # the check that is an answer; the others are sizes


@dataclass(frozen=True)
class Part:
    """One part of an observable: value and error estimate, of the same shape."""

    value: Array
    error: Array

    def times(self, factor: float) -> Part:
        """The value times a number, and the error times its size."""
        return Part(self.value * factor, self.error * abs(factor))


@dataclass(frozen=True, eq=False)
class Result(Shown):
    """An observable as a function of mu and temperature.

    ``value`` and ``error`` have the shape (*mu.shape, *temperature.shape, components); ``parts`` names what adds up to
    what (``sums`` says it in words), ``total`` which of them is the value. ``form`` tells Fermi sea from Fermi surface, ``hall`` how
    the part that the torque leaves free was chosen (empty where nothing is free), ``convention`` the indices and signs, ``unit`` the unit of the numbers.
    ``checks`` hold numbers that say whether the paper's Hall part is meaningful; ``notes`` says so in words, after the ``remarks``
    on what was asked. ``level`` says what a material knows of position; ``length_unit`` is its unit of length in Angstrom, None for
    other models; ``charge`` tells that s is the charge. Levels closer than ``window``, an energy, count as one
    multiplet (None: only degenerate ones). ``met``, shape (*mu.shape, *temperature.shape), tells where the errors are within the
    tolerance; ``status`` is "converged" if they are everywhere, "tolerance not met" or "interrupted". ``by_eigenstates``
    counts the k points that a kernel could not resolve and eigenstates did (None where other processes counted). ``source`` tells
    where the numbers come from: version, date, the tolerance rtol and atol, the reference of the model, its lattice, and for
    formulas momenta, H and s as texts. ``memory`` is the number of bytes that arrays of the integral took at most, by their sizes (0: not
    known). Two results are equal if all of this is, date and memory aside, numbers bit by bit.
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
    memory: int = 0

    def __post_init__(self) -> None:
        if self.total not in self.parts:  # in files of before
            same = (name for name, part in self.parts.items() if _same(part, Part(self.value, self.error)))
            object.__setattr__(self, "total", next(same, ""))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Result):
            return NotImplemented
        names = [name for name in vars(self) if name != "memory"]  # which more threads take more of
        return all(_same(_undated(getattr(self, name)), _undated(getattr(other, name))) for name in names)

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
        self,
        unit: str,
        *,
        s_unit: str = "hbar",
        lattice_constant: float | None = None,
        energy_unit: float | None = None,
        sign: str = "paper",
    ) -> Result:
        """The same result, errors and parts with it, in another unit; mu and temperature stay in the energy of the model.

        Parameters
        ----------
        unit : "1" (hbar = e = k_B = 1), "SI", or for conductivities "e/2pi" or "e/8pi" in 2D and "(hbar/e) S/cm" in 3D. Where s is
            the charge, "e^2/h", "e^2/4h" and "S/cm" are the same numbers, and either name may be given.
        s_unit : "hbar" or "hbar/2", what s is counted in; numbers in hbar/2 are twice those in hbar.
        lattice_constant : the length in Angstrom that is 1 in the model, where the unit holds a length; materials know it.
        energy_unit : the energy in eV that is 1 in the model, where the unit holds an energy, as in SI that of a magnetization does;
            materials know it.
        sign : "paper", for carriers of charge 1 on which eE acts, or "literature", for electrons: -|e|E acts on them and -|e| is
            what they carry. Components that hold the charge once change sign, as the conductivity of a spin and the magnetization
            of the charge do; the conductivity of the charge and the Nernst response of a spin do not.

        ``unit`` and ``convention`` of what is returned say all of it. Raises ValueError for what does not apply.

        >>> import symcur as sc
        >>> sigma = sc.conductivity(sc.models.haldane().with_s(1), mu=0.0, rtol=1e-3)
        >>> round(float(sigma.convert("e^2/h").value[0, 1]), 3)
        1.0
        >>> converted = sigma.convert("SI")
        >>> float(f"{converted.value[0, 1]:.4g}"), converted.unit
        (3.874e-05, 'S')
        """
        found = conversion(self, unit, s_unit, lattice_constant, energy_unit, sign)
        factor, size = found.factor, abs(found.factor)
        checks = {name: part.times(factor if name == SIGNED else size) for name, part in self.checks.items()}
        return replace(
            self,
            value=self.value * factor,
            error=self.error * size,
            parts={name: part.times(factor) for name, part in self.parts.items()},
            checks=checks,
            convention=self.convention + found.convention,
            unit=found.unit,
            conversion=found.given,
        )

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
