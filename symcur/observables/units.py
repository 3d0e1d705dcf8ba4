"""Units of results: those of the model, the conductance quantum, and SI; and the sign of the paper or of the literature.

Inside hbar = e = k_B = 1. In SI lengths are multiples of a lattice constant, energies of an energy unit, and what s counts is hbar, or
the charge. The number of a conductivity e s/(hbar length^(D-2)) is then that of (hbar/e) e^2/hbar, in siemens, per length^(D-2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

# Exact in the SI of 2019, J s, C and J/K.
HBAR, CHARGE, BOLTZMANN = 6.62607015e-34 / (2 * np.pi), 1.602176634e-19, 1.380649e-23

SOLID = "(hbar/e) S/cm"
OF_CHARGE = {"e/2pi": "e^2/h", "e/8pi": "e^2/4h", SOLID: "S/cm"}  # the same numbers where s is the charge
ELECTRONS = "codes that compute spin Hall conductivities from Wannier functions, positive sigma^z_xy of Pt, give minus the [x, y] here"
LITERATURE = "minus the paper's components: the field acts on carriers of charge -|e|, as in codes that find sigma^z_xy > 0 for Pt"
TWICE = "s = 1 is the charge of the carriers, which enters twice, so that signs are those of the literature"
ONCE = "minus the paper's components: what flows is the charge -|e| of the carriers, which enters once"
NO_CHARGE = "the sign of the literature is that of the paper: the charge of the carriers does not enter"

MEANING = {"lattice_constant": "length in Angstrom", "energy_unit": "energy in eV"}

CONDUCTANCE = CHARGE**2 / HBAR  # e^2/hbar in siemens, and e E/hbar in ampere for E = 1 eV
_PER_KELVIN = CHARGE * BOLTZMANN / HBAR  # e k_B/hbar in A/K, and k_B E/hbar in W/K for E = 1 eV


@dataclass(frozen=True)
class Kind:
    """What numbers of one kind have in common: their unit, as text in hbar = e = k_B = 1 and in SI.

    The number 1 is ``size`` x (energy unit in eV)^``energy`` / (length unit in m)^(D - ``flat``) in units ``si`` per m^(D - ``flat``), times
    hbar/e where s counts hbar. ``counts`` is "s" where s enters once, "spin" where that of the model does, "spin^2" where it enters
    twice, "" where nothing is counted. Without ``si`` the kind has no unit but its own.
    """

    unit: str
    si: str = ""
    size: float = 1.0
    energy: int = 0
    flat: int = 2
    counts: str = "s"


KINDS = {
    "conductivity": Kind("e s / (hbar length^(D-2))", "S", CONDUCTANCE),
    "thermoelectric": Kind("k_B s / (hbar length^(D-2))", "A/K", _PER_KELVIN),
    "density": Kind("s energy / (hbar length^(D-2))", "A", CONDUCTANCE, energy=1),
    "current": Kind("s energy / (hbar length^(D-1))", "A", CONDUCTANCE, energy=1, flat=1),
    "thermal": Kind("k_B^2 x temperature / (hbar length^(D-2))", "W/K", _PER_KELVIN, energy=1, counts=""),
    "spin": Kind("hbar / length^(D-2)", "J s", HBAR, counts="spin^2"),
    "spin_current": Kind("energy / length^(D-1), spin in hbar", "A", CONDUCTANCE, energy=1, flat=1, counts="spin"),
    "spin_magnetization": Kind("energy / length^(D-2), spin in hbar", "A", CONDUCTANCE, energy=1, counts="spin"),
    "spin_nernst": Kind("k_B / length^(D-2), spin in hbar", "A/K", _PER_KELVIN, counts="spin"),
}


@dataclass(frozen=True)
class Measured:
    """What is to be known of numbers before they come into another unit; a ``Result`` holds all of it.

    ``charge`` is None where s may be the charge for some of the numbers and not for others.
    """

    observable: str
    model: str
    kind: str
    unit: str
    dimension: int
    charge: bool | None
    length_unit: float | None = None
    conversion: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Conversion:
    """What multiplies values, the name of the unit, what is added to the convention, and what was asked for."""

    factor: float
    unit: str
    convention: str
    given: Mapping[str, Any]


def conversion(
    result: Any, unit: str, s_unit: str, lattice_constant: float | None, energy_unit: float | None, sign: str
) -> Conversion:
    """How a result, or ``Measured`` numbers, come into another unit; see ``Result.convert``."""
    if result.conversion:
        raise ValueError(
            f"unit: expected a result in its original unit, got one in {result.unit}; convert the original"
        )
    if result.charge is None:
        raise ValueError(
            f"unit: expected an s of {result.model} that is the charge for all values of the parameters or for none, got one that "
            "depends on them; convert what has fixed values"
        )
    for label, size in (("lattice_constant", lattice_constant), ("energy_unit", energy_unit)):
        if size is not None:  # also where the unit does not hold it
            _known(result, label, size, None)
    kind, name = KINDS.get(result.kind, Kind(result.unit)), _named(result, unit)
    if name == "SI":
        factor, label = _si(result, kind, lattice_constant, energy_unit)
    else:
        factor, label = _factor(result, name, lattice_constant), _label(result, name)
    factor *= _counting(result, kind, s_unit)
    flips, reason = _sign(result, sign)
    if flips:
        factor, label = -factor, f"{label} in the sign of the literature"
    if not result.charge and kind.counts in ("s", "spin"):
        label += f", {kind.counts} in {s_unit}"
    reason = reason or (ELECTRONS if name == SOLID and not result.charge else "")
    given = {"unit": unit, "s_unit": s_unit, "lattice_constant": lattice_constant, "sign": sign}
    given |= {} if energy_unit is None else {"energy_unit": energy_unit}
    return Conversion(factor, label, f"; {reason}" if reason else "", given)


def exact_factor(factor: float) -> sp.Expr:
    """A factor as an exact number: a multiple of 2 pi where it is one, else the digits of the float."""
    turns = factor / (2 * np.pi)
    return 2 * sp.pi * int(turns) if turns.is_integer() else sp.Rational(repr(float(factor)))


def _named(result: Any, unit: str) -> str:
    """The name for any s of a unit of the charge."""
    for name, of_charge in OF_CHARGE.items():
        if unit == of_charge:
            if not result.charge:
                raise ValueError(f"unit: expected {name!r} where s is not the charge, got {unit!r}")
            return name
    return unit


def _label(result: Any, unit: str) -> str:
    if unit == "1":
        return str(result.unit.removesuffix(", spin in hbar"))
    return OF_CHARGE[unit] if result.charge else unit


def _factor(result: Any, unit: str, lattice_constant: float | None) -> float:
    if unit == "1":
        return 1.0
    if unit not in OF_CHARGE:
        raise ValueError(f"unit: expected '1', 'SI', 'e/2pi', 'e/8pi' (2D) or '(hbar/e) S/cm' (3D), got {unit!r}")
    if result.kind != "conductivity":
        raise ValueError(f"unit: expected '1' or 'SI' for {result.observable}, got {unit!r}, a unit of conductivity")
    dimension = 3 if unit == SOLID else 2
    if result.dimension != dimension:
        raise ValueError(f"unit: expected one for D = {result.dimension}, got {unit!r}, a unit in {dimension}D")
    if unit == SOLID:
        return CONDUCTANCE / (_length(result, lattice_constant) * 100)
    return 2 * np.pi if unit == "e/2pi" else 8 * np.pi


# -- SI ------------------------------------------------------------------------------------------------------------------
def _si(result: Any, kind: Kind, lattice_constant: float | None, energy_unit: float | None) -> tuple[float, str]:
    """The number of SI units that 1 is, and their name."""
    if not kind.si:
        raise ValueError(f"unit: expected '1' for {result.observable}, whose kind has no unit in SI, got 'SI'")
    factor, power = kind.size, result.dimension - kind.flat
    if kind.energy:
        factor *= _energy(result, energy_unit) ** kind.energy
    if power:
        factor /= _length(result, lattice_constant) ** power
    return (
        factor,
        f"{'' if result.charge or kind.counts in ('', 'spin^2') else '(hbar/e) '}{_per_metre(kind.si, power)}",
    )


def _per_metre(unit: str, power: int) -> str:
    """ "A/K" per metre as "A/(m K)", per inverse metre as "A m/K"."""
    above, _, below = unit.partition("/")
    metres = "m" if abs(power) == 1 else f"m^{abs(power)}"
    above += f" {metres}" if power < 0 else ""
    under = " ".join(filter(None, (metres if power > 0 else "", below)))
    return f"{above}/({under})" if " " in under else f"{above}/{under}" if under else above


def _length(result: Any, lattice_constant: float | None) -> float:
    """The unit of length in metres."""
    return _known(result, "lattice_constant", lattice_constant, result.length_unit) * 1e-10


def _energy(result: Any, energy_unit: float | None) -> float:
    """The unit of energy in eV, which is that of all models that know their unit of length."""
    return _known(result, "energy_unit", energy_unit, None if result.length_unit is None else 1.0)


def _known(result: Any, label: str, given: float | None, known: float | None) -> float:
    value, meaning = known if given is None else given, MEANING[label]
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < value < np.inf:
        raise ValueError(f"{label}: expected a positive {meaning}, got {given!r}")
    if known not in (None, value):
        what, _, unit = meaning.partition(" ")
        raise ValueError(
            f"{label}: expected {known:g}, the unit of {what} of {result.model} {unit}, or None, got {given!r}"
        )
    return float(value)


# -- s and its sign ------------------------------------------------------------------------------------------------------
def _counting(result: Any, kind: Kind, s_unit: str) -> float:
    factors = {"hbar": 1.0, "hbar/2": 2.0}
    if s_unit not in factors:
        raise ValueError(f"s_unit: expected 'hbar' or 'hbar/2', got {s_unit!r}")
    unused = "which is not used for the charge" if result.charge else ""
    if not kind.counts:
        unused = f"which is not used for {result.observable}, where nothing but energy is counted"
    elif kind.counts == "spin^2":
        unused = f"as the spin enters {result.observable} twice"
    if unused and s_unit != "hbar":
        raise ValueError(f"s_unit: expected 'hbar', {unused}, got {s_unit!r}")
    return factors[s_unit]


def _sign(result: Any, sign: str) -> tuple[bool, str]:
    """Whether components change sign, and why: those do that hold the charge of the carriers an odd number of times."""
    if sign not in ("paper", "literature"):
        raise ValueError(f"sign: expected 'paper' or 'literature', got {sign!r}")
    in_a_field = result.kind == "conductivity"
    if in_a_field and result.charge:
        return False, TWICE
    if sign == "paper":
        return False, ""
    if in_a_field:
        return True, LITERATURE
    return (True, ONCE) if result.charge else (False, NO_CHARGE)
