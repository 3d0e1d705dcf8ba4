"""The functions of a Wannier basis by what they look like: where they sit, their angular character, their spin.

Real harmonics follow wannier90 in name and order: s; p_z, p_x, p_y; d_z2, d_xz, d_yz, d_x2-y2, d_xy; f_z3, f_xz2, f_yz2,
f_z(x2-y2), f_xyz, f_x(x2-3y2), f_y(3x2-y2); and the hybrids sp, sp2, sp3, sp3d, sp3d2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from symcur.arrays import Array, ComplexArray

SHELLS = {
    "s": ("s",),
    "p": ("p_z", "p_x", "p_y"),
    "d": ("d_z2", "d_xz", "d_yz", "d_x2-y2", "d_xy"),
    "f": ("f_z3", "f_xz2", "f_yz2", "f_z(x2-y2)", "f_xyz", "f_x(x2-3y2)", "f_y(3x2-y2)"),
    "sp": ("sp-1", "sp-2"),
    "sp2": ("sp2-1", "sp2-2", "sp2-3"),
    "sp3": ("sp3-1", "sp3-2", "sp3-3", "sp3-4"),
    "sp3d": ("sp3d-1", "sp3d-2", "sp3d-3", "sp3d-4", "sp3d-5"),
    "sp3d2": ("sp3d2-1", "sp3d2-2", "sp3d2-3", "sp3d2-4", "sp3d2-5", "sp3d2-6"),
}
_BY_L = {0: "s", 1: "p", 2: "d", 3: "f", -1: "sp", -2: "sp2", -3: "sp3", -4: "sp3d", -5: "sp3d2"}
_ORDER = [name for l in range(-5, 4) for name in SHELLS[_BY_L[l]]]  # in which wannier90 takes the functions of a line
HARMONICS = tuple(name for shell in "spdf" for name in SHELLS[shell])

_2, _3, _6, _12 = np.sqrt([0.5, 1 / 3, 1 / 6, 1 / 12])
HYBRIDS: dict[str, dict[str, float]] = {
    "sp-1": {"s": _2, "p_x": _2},
    "sp-2": {"s": _2, "p_x": -_2},
    "sp2-1": {"s": _3, "p_x": -_6, "p_y": _2},
    "sp2-2": {"s": _3, "p_x": -_6, "p_y": -_2},
    "sp2-3": {"s": _3, "p_x": 2 * _6},
    "sp3-1": {"s": 0.5, "p_x": 0.5, "p_y": 0.5, "p_z": 0.5},
    "sp3-2": {"s": 0.5, "p_x": 0.5, "p_y": -0.5, "p_z": -0.5},
    "sp3-3": {"s": 0.5, "p_x": -0.5, "p_y": 0.5, "p_z": -0.5},
    "sp3-4": {"s": 0.5, "p_x": -0.5, "p_y": -0.5, "p_z": 0.5},
    "sp3d-1": {"s": _3, "p_x": -_6, "p_y": _2},
    "sp3d-2": {"s": _3, "p_x": -_6, "p_y": -_2},
    "sp3d-3": {"s": _3, "p_x": 2 * _6},
    "sp3d-4": {"p_z": _2, "d_z2": _2},
    "sp3d-5": {"p_z": -_2, "d_z2": _2},
    "sp3d2-1": {"s": _6, "p_x": -_2, "d_z2": -_12, "d_x2-y2": 0.5},
    "sp3d2-2": {"s": _6, "p_x": _2, "d_z2": -_12, "d_x2-y2": 0.5},
    "sp3d2-3": {"s": _6, "p_y": -_2, "d_z2": -_12, "d_x2-y2": -0.5},
    "sp3d2-4": {"s": _6, "p_y": _2, "d_z2": -_12, "d_x2-y2": -0.5},
    "sp3d2-5": {"s": _6, "p_z": -_2, "d_z2": _3},
    "sp3d2-6": {"s": _6, "p_z": _2, "d_z2": _3},
}
_NAMES = {re.sub("[_ ]", "", name): name for name in (*HARMONICS, *HYBRIDS)}
_SPINS = ("up", "down")
_EXACT = 1e-9  # axes and functions are orthonormal to this: representations inherit the error
PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
"""sigma_x, sigma_y, sigma_z."""


@dataclass(frozen=True)
class Orbital:
    """One function of the basis.

    ``position``: that of its atom, fractions of the primitive vectors. ``character``: the name of a real harmonic or hybrid, or amplitudes
    {name of a harmonic: number}, as in {"p_x": 1, "p_y": 1j} (normalised here). ``spin``: "up" or "down" along z, None
    without spin. ``axes``: the local x, y, z as rows, orthonormal, in which the character is meant.
    """

    position: tuple[float, float, float]
    character: str | Mapping[str, complex]
    spin: str | None = None
    axes: Any = field(default_factory=lambda: np.eye(3))

    def __post_init__(self) -> None:
        axes = np.asarray(self.axes, dtype=float)
        if axes.shape != (3, 3) or np.abs(axes @ axes.T - np.eye(3)).max() > _EXACT:
            raise ValueError(f"axes: expected orthonormal rows x, y, z, got {self.axes!r}")
        if self.spin not in (*_SPINS, None):
            raise ValueError(f"spin: expected 'up', 'down' or None, got {self.spin!r}")
        if np.shape(self.position) != (3,) or not np.isfinite(self.position).all():
            raise ValueError(f"position: expected three fractions of the primitive vectors, got {self.position!r}")
        if isinstance(self.character, str):
            object.__setattr__(self, "character", harmonic_name(self.character))

    @property
    def name(self) -> str:
        return self.character if isinstance(self.character, str) else str(dict(self.character))

    def amplitudes(self) -> ComplexArray:
        """In the real harmonics of the Cartesian axes, shape (16,), normalised."""
        parts = self.character
        if isinstance(parts, str):
            parts = HYBRIDS.get(parts, {parts: 1.0})
        local = np.zeros(len(HARMONICS), dtype=complex)
        for name, amplitude in parts.items():
            if name not in HARMONICS:
                raise ValueError(f"character: expected amplitudes of {', '.join(HARMONICS)}, got {name!r}")
            local[HARMONICS.index(name)] = amplitude
        if not (np.isfinite(local).all() and local.any()):
            raise ValueError(f"character: expected finite amplitudes that do not all vanish, got {self.character!r}")
        rotated = rotation_of_harmonics(np.asarray(self.axes, dtype=float).T) @ local
        return np.asarray(rotated / np.linalg.norm(rotated), dtype=complex)


def harmonic_name(text: str) -> str:
    """The name as in ``SHELLS``; "pz", "dx2-y2" and "p_z" are read alike."""
    name = _NAMES.get(re.sub("[_ ]", "", text))
    if name is None:
        raise ValueError(f"character: expected one of {', '.join(_NAMES.values())}, got {text!r}")
    return name


# -- projections -------------------------------------------------------------------------------------------------------
def projections(
    atoms: Mapping[str, Sequence[Any]], text: str, spin: str | None = None, *, by_number: bool = False
) -> tuple[Orbital, ...]:
    """The functions that projections in wannier90's form stand for, in the order in which they are written.

    ``atoms`` maps species to positions, fractions of the primitive vectors, shape (n, 3). ``text`` has a line per site, "Pt: s; p; d" or
    "f=0.25,0.25,0.25: l=-3", with shells, single functions, or l and mr ("l=2,mr=1,4"), and local axes after another colon
    ("Pt: d: z=1,1,1: x=1,-1,0"). ``by_number``: those of a line by l, from -5 (sp3d2) to 3, and by mr, however they are written, as
    wannier90 takes the lines of its input. ``spin``: "block" for all up, then all down; "interlaced" for up and down of each; None without spin. For other orders, make
    ``Orbital`` objects.
    """
    if spin not in ("block", "interlaced", None):
        raise ValueError(f"spin: expected 'block', 'interlaced' or None, got {spin!r}")
    found = [
        (position, name, axes)
        for line in filter(None, map(str.strip, text.splitlines()))
        for position, names, axes in _line(atoms, line)
        for name in (sorted(set(names), key=_ORDER.index) if by_number else names)
    ]
    if not found:
        raise ValueError(f"orbitals: expected lines like 'Pt: s; p; d', got {text!r}")
    if spin is None:
        return tuple(Orbital(position, name, axes=axes) for position, name, axes in found)
    if spin == "block":
        return tuple(Orbital(position, name, s, axes) for s in _SPINS for position, name, axes in found)
    return tuple(Orbital(position, name, s, axes) for position, name, axes in found for s in _SPINS)


def _line(atoms: Mapping[str, Sequence[Any]], line: str) -> Iterator[tuple[Any, list[str], Array]]:
    site, *parts = re.sub(r"\s", "", line).split(":")
    if not parts or re.search(r"[\[\]]|\([ud,]+\)", line):
        raise ValueError(f"orbitals: expected 'site: characters' for both spins, got {line!r}")
    species = {name.lower(): name for name in atoms}.get(site.lower())  # wannier90 does not tell cases apart
    if site.startswith("f="):
        positions = [_numbers(site[2:], line)]
    elif species is not None:
        positions = [tuple(map(float, position)) for position in atoms[species]]
    else:
        known = f"one of the species {', '.join(atoms)} or 'f=x,y,z'" if atoms else "'f=x,y,z' where no atoms are given"
        raise ValueError(f"orbitals: expected {known}, got {line!r}")
    names = [name for item in parts[0].split(";") for name in _characters(item)]
    axes = _axes(parts[1:], line)
    for position in positions:
        yield position, names, axes


def _characters(item: str) -> Sequence[str]:
    degree = re.fullmatch(r"l=(-?\d)(?:,mr=([\d,]+))?", item)
    if not degree:
        return [name for part in item.split(",") for name in SHELLS.get(part, ()) or [harmonic_name(part)]]
    shell = SHELLS.get(_BY_L.get(int(degree[1]), ""), ())
    chosen = [int(m) for m in degree[2].split(",") if m] if degree[2] else range(1, len(shell) + 1)
    if not shell or not all(1 <= m <= len(shell) for m in chosen):
        raise ValueError(
            f"orbitals: expected l from -5 to 3 and mr from 1 to the number of its functions, got {item!r}"
        )
    return [shell[m - 1] for m in chosen]


def _axes(options: Sequence[str], line: str) -> Array:
    """Rows x, y, z from "z=..." and "x=..."; "zona" and "r", of the radial functions, do not matter."""
    given = dict(option.partition("=")[::2] for option in options)
    if set(given) - {"z", "x", "zona", "r"}:
        raise ValueError(f"orbitals: expected z=, x=, zona= or r= after the characters, got {line!r}")
    z, x = (np.array(_numbers(given.get(axis, default), line)) for axis, default in (("z", "0,0,1"), ("x", "1,0,0")))
    if not (z.any() and x.any()) or abs(z @ x) > 1e-6 * np.linalg.norm(z) * np.linalg.norm(x):
        raise ValueError(
            f"orbitals: expected axes z and x at right angles (x is 1,0,0 where it is not given), got {line!r}"
        )
    z = z / np.linalg.norm(z)
    x = x - (x @ z) * z
    x = x / np.linalg.norm(x)
    return np.array([x, np.cross(z, x), z])


def _numbers(text: str, line: str) -> tuple[float, ...]:
    try:
        x, y, z = map(float, text.split(","))
    except ValueError:
        raise ValueError(f"orbitals: expected three numbers after '=', got {line!r}") from None
    return x, y, z


# -- rotations ---------------------------------------------------------------------------------------------------------
def harmonics(r: Array) -> Array:
    """The real harmonics at unit vectors r (P, 3), shape (P, 16), with the mean square 1 over the sphere."""
    x, y, z = r.T
    columns = [
        1 + 0 * x,
        *np.sqrt(3) * np.array([z, x, y]),
        np.sqrt(5) / 2 * (3 * z**2 - 1),
        *np.sqrt(15) * np.array([x * z, y * z, (x**2 - y**2) / 2, x * y]),
        np.sqrt(7) / 2 * z * (5 * z**2 - 3),
        *np.sqrt(21 / 8) * (5 * z**2 - 1) * np.array([x, y]),
        *np.sqrt(105) * z * np.array([(x**2 - y**2) / 2, x * y]),
        *np.sqrt(35 / 8) * np.array([x * (x**2 - 3 * y**2), y * (3 * x**2 - y**2)]),
    ]
    return np.stack(columns, axis=-1)


@cache
def _sphere() -> tuple[Array, Array]:
    """Directions and weights of a rule that is exact for products of two harmonics."""
    z, weights = np.polynomial.legendre.leggauss(4)
    angle = 2 * np.pi * np.arange(8) / 8
    radius = np.sqrt(1 - z**2)[:, None]
    r = np.stack(np.broadcast_arrays(radius * np.cos(angle), radius * np.sin(angle), z[:, None]), axis=-1)
    return r.reshape(-1, 3), np.repeat(weights / 16, 8)


def rotation_of_harmonics(O: Array) -> Array:
    """R (16, 16) with f_m(O^-1 r) = sum_m' f_m'(r) R_m'm, for an orthogonal O, proper or not."""
    r, weights = _sphere()
    return np.asarray((weights[:, None] * harmonics(r)).T @ harmonics(r @ O))


def rotation_of_spin(O: Array) -> ComplexArray:
    """U in SU(2) with U sigma_j U^+ = sum_i R_ij sigma_i, R = det(O) O; spin is an axial vector."""
    from scipy.spatial.transform import Rotation

    x, y, z, w = Rotation.from_matrix(np.linalg.det(O) * O).as_quat()
    return np.asarray(w * np.eye(2) - 1j * np.tensordot([x, y, z], PAULI, axes=1))


def amplitudes(orbitals: Sequence[Orbital]) -> ComplexArray:
    """The functions of one site as columns, in harmonics times spin: shape (copies x 16 x 2, n), or (copies x 16, n) without spin.

    A character that comes again at the site stands for another shell of it. Raises ValueError unless they are orthonormal.
    """
    spins = 1 if orbitals[0].spin is None else 2
    keys = [(o.name, o.spin, tuple(np.ravel(o.axes))) for o in orbitals]
    copy = [keys[:j].count(key) for j, key in enumerate(keys)]
    columns = np.zeros((len(orbitals), max(copy) + 1, len(HARMONICS), spins), dtype=complex)
    for j, orbital in enumerate(orbitals):
        columns[j, copy[j], :, 0 if orbital.spin in (None, "up") else 1] = orbital.amplitudes()
    V = columns.reshape(len(orbitals), -1).T
    if np.abs(V.conj().T @ V - np.eye(len(orbitals))).max() > _EXACT:
        names = ", ".join(orbital.name for orbital in orbitals)
        raise ValueError(f"orbitals: expected orthonormal functions at one site, got {names}")
    return V
