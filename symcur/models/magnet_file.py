"""Spin models in TOML files, read as the magnons around their ground state. Reading such a file runs nothing.

::

    name = "kagome"
    lattice = [[1, 0], ["1/2", "sqrt(3)/2"]]
    s = "S_x"                                  # S_x, S_y, S_z, a vector in spin space, or number

    [parameters]                               # symcur compute FILE.toml ... --set J1=2
    J1 = 1
    Dz = -0.3

    [magnet]
    spin = 1                                   # of all sites, or spin = ... of each
    field = [0, 0, 0]                          # h in -h.S; 0 where left out
    anisotropy = [[0, 0, 0], [0, 0, 0], [0, 0, 0]]   # K in S^T K S, likewise, or of each site
    state = "relax"                            # given: the directions of the sites; relax: the minimum next to them;
                                               # search: the lowest of ``starts`` minima from random directions (``seed``)

    [[magnet.sites]]
    name = "A"
    position = [0, 0]                          # fractions of the primitive vectors
    direction = [1, 0, 0]                      # left out for search

    [[magnet.bonds]]                           # one bond, from A at 0 to B in the cell at [0, -1]
    from = "A"
    to = "B"
    cell = [0, -1]
    J = "J1"                                   # J S_i.S_j; or rows of a 3 x 3 matrix, S_i^T J S_j
    D = [0, 0, "Dz"]                           # D.(S_i x S_j)
    K = 1                                      # K S_i^g S_j^g + Gamma (S_i^a S_j^b + S_i^b S_j^a), g the axis, a and b the others
    Gamma = 0.1
    axis = "z"

    [[magnet.bonds]]                           # all bonds of this length, or of the shell (1 for nearest neighbours);
    distance = "1/2"                           # with from and to those between these sites, which D needs: i is from, j is to
    J = "J1"

What stands for a number may be a formula of ``symcur.models.grammar``; parameters and definitions may stand in spins, fields,
anisotropies, directions and couplings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symcur.arrays import Array
from symcur.band_structures import BuiltModel, NumericModel
from symcur.bosons import Bond, SpinLattice, exchange_tensor, kitaev_tensor, neighbours, shells
from symcur.files import shortened
from symcur.models.grammar import CONSTANTS, Term
from symcur.models.reader import ABOUT, Reader, about, optional, required

MOST_SITES = 32
MOST_BONDS = 2000
FARTHEST = 10  # primitive vectors that a bond given by its length may reach
MOST_STARTS = 200
_SKEWED = 1e6  # condition number
_KEYS = (*ABOUT, "lattice", "s", "parameters", "definitions", "magnet")
_MAGNET = ("spin", "field", "anisotropy", "state", "starts", "seed", "sites", "bonds")
_SITE = ("name", "position", "spin", "direction", "anisotropy")
_WHERE = ("from", "to", "cell", "distance", "shell")
_COUPLING = ("J", "D", "K", "Gamma", "axis")
_OPERATORS = ("S_x", "S_y", "S_z", "number")
_STATES = ("given", "relax", "search")


@dataclass(frozen=True)
class Entry:
    """Formulas in nested lists, and where they stand in the file."""

    label: str
    formulas: Any

    def at(self, values: Mapping[sp.Symbol, float]) -> Array:
        def number(entry: Any) -> Any:
            if isinstance(entry, list):
                return [number(inner) for inner in entry]
            try:
                found = complex(sp.sympify(entry).xreplace(dict(values)))
            except TypeError:
                raise ValueError(f"{self.label}: expected a number, got {shortened(str(entry))}") from None
            if found.imag or not np.isfinite(found.real):
                raise ValueError(f"{self.label}: expected real and finite numbers, got {found}")
            return found.real

        return np.asarray(number(self.formulas), dtype=float)


@dataclass(frozen=True)
class Coupling:
    """Bonds that have the same coupling; ``oriented`` where i and j are told apart."""

    label: str
    pairs: tuple[tuple[int, int, tuple[int, ...]], ...]
    oriented: bool
    terms: Mapping[str, Entry]
    axis: str

    def bonds(self, values: Mapping[sp.Symbol, float]) -> Iterator[Bond]:
        found = {key: entry.at(values) for key, entry in self.terms.items()}
        J = found.get("J", np.array(0.0))
        matrix = (J * np.eye(3) if J.ndim == 0 else J) + exchange_tensor(D=found.get("D", np.zeros(3)))
        matrix = matrix + kitaev_tensor(float(found.get("K", 0.0)), float(found.get("Gamma", 0.0)), self.axis)
        if not (self.oriented or np.array_equal(matrix, matrix.T)):
            raise ValueError(
                f"{self.label}: expected from and to, two sites, for a coupling that tells i from j, got a matrix that is not symmetric"
            )
        return (Bond(i, j, R, matrix) for i, j, R in self.pairs)


@dataclass(frozen=True)
class Magnet:
    """A spin model as its file says it."""

    lattice: Array
    positions: Array
    spins: tuple[Entry, ...]
    anisotropies: tuple[Entry, ...]
    field: Entry
    couplings: tuple[Coupling, ...]
    directions: tuple[Entry, ...]
    state: str
    starts: int
    seed: int
    s: str | Entry
    about: Mapping[str, str]

    def spin_lattice(self, values: Mapping[sp.Symbol, float]) -> SpinLattice:
        return SpinLattice.of(
            self.lattice,
            self.positions,
            [float(entry.at(values)) for entry in self.spins],
            [bond for coupling in self.couplings for bond in coupling.bonds(values)],
            anisotropy=[entry.at(values) for entry in self.anisotropies],
            field=self.field.at(values),
        )

    def build(self, **by_name: float) -> NumericModel:
        """The magnons at these values of the parameters."""
        values = {sp.Symbol(name, real=True): float(value) for name, value in by_name.items()}
        magnet = self.spin_lattice(values)
        if self.state == "search":
            ground = magnet.ground_state(self.starts, self.seed)
            n, found = ground.directions, f"Around {ground}."
        else:
            n = np.array([entry.at(values) for entry in self.directions])
            found = "Around the state of the file, in which no spin feels a torque."
            if self.state == "relax":
                n, found = magnet.relaxed(n), "Around the local minimum of the energy next to the state of the file."
        s = self.s if isinstance(self.s, str) else self.s.at(values)
        facts = " ".join(filter(None, (self.about.get("facts", ""), found)))
        return magnet.magnons(n, s).replace(**{**self.about, "facts": facts})


def magnons(table: Mapping[str, Any], stem: str) -> BuiltModel:
    """The magnons of the spin model in a table that has the section [magnet]."""
    _only("", table, _KEYS)
    reader = Reader()
    parameters = {}
    for symbol, value in reader.parameters(table).items():
        entry = Entry(f"parameters.{symbol.name}", value)
        if isinstance(value, list | dict):
            raise ValueError(f"{entry.label}: expected a number or a formula, got {shortened(str(value))}")
        parameters[symbol.name] = float(entry.at({}))
    reader.definitions(table)
    return BuiltModel(_magnet(table, reader, about(table, stem)), parameters)


def _magnet(table: Mapping[str, Any], reader: Reader, words: Mapping[str, str]) -> Magnet:
    magnet, file = required(table, "magnet", dict), _File(reader)
    _only("magnet", magnet, _MAGNET)
    lattice = file.fixed("lattice", required(table, "lattice", list))
    if lattice.shape[0] != lattice.shape[1] or np.linalg.cond(lattice) > _SKEWED:
        raise ValueError(
            f"lattice: expected as many independent primitive vectors as components, got {lattice.tolist()}"
        )
    dimension = len(lattice)
    sites = optional(magnet, "sites", list)
    if not 1 <= len(sites) <= MOST_SITES or not all(isinstance(site, dict) for site in sites):
        raise ValueError(f"magnet.sites: expected 1 to {MOST_SITES} tables [[magnet.sites]], got {len(sites)}")
    for a, site in enumerate(sites):
        _only(f"magnet.sites[{a}]", site, _SITE)
    positions = [
        file.vector(f"magnet.sites[{a}].position", site.get("position"), dimension, CONSTANTS).at({})
        for a, site in enumerate(sites)
    ]
    state = magnet.get("state", "given" if all("direction" in site for site in sites) else "search")
    if state not in _STATES:
        raise ValueError(f"magnet.state: expected one of {', '.join(_STATES)}, got {shortened(str(state))}")
    return Magnet(
        lattice=lattice,
        positions=np.array(positions),
        spins=tuple(file.number(*_of_site(magnet, a, "spin")) for a in range(len(sites))),
        anisotropies=tuple(file.matrix(*_of_site(magnet, a, "anisotropy", [[0] * 3] * 3)) for a in range(len(sites))),
        field=file.vector("magnet.field", magnet.get("field", [0, 0, 0])),
        couplings=tuple(_couplings(magnet, file, lattice, np.array(positions), _names(sites))),
        directions=()
        if state == "search"
        else tuple(file.vector(f"magnet.sites[{a}].direction", site.get("direction")) for a, site in enumerate(sites)),
        state=state,
        starts=_whole("magnet.starts", magnet.get("starts", 24), 1, MOST_STARTS),
        seed=_whole("magnet.seed", magnet.get("seed", 0), 0, 10**9),
        s=_operator(table.get("s"), file),
        about=words,
    )


def _couplings(
    magnet: Mapping[str, Any], file: _File, lattice: Array, positions: Array, names: list[str]
) -> Iterator[Coupling]:
    bonds = optional(magnet, "bonds", list)
    if not bonds and not any("anisotropy" in table for table in (magnet, *magnet["sites"])) and "field" not in magnet:
        raise ValueError("magnet.bonds: expected tables [[magnet.bonds]], an anisotropy or a field, got none")
    total = 0
    for number, bond in enumerate(bonds):
        label = f"magnet.bonds[{number}]"
        if not isinstance(bond, dict):
            raise ValueError(f"{label}: expected a table, got {shortened(str(bond))}")
        _only(label, bond, (*_WHERE, *_COUPLING))
        pairs, oriented = _pairs(label, bond, file, lattice, positions, names)
        total += len(pairs)
        if total > MOST_BONDS:
            raise ValueError(f"{label}: expected at most {MOST_BONDS} bonds in the cell, got more")
        if not set(bond) & {"J", "D", "K", "Gamma"}:
            raise ValueError(f"{label}: expected a coupling J, D, K or Gamma, got none")
        if ("axis" in bond) != bool(set(bond) & {"K", "Gamma"}) or bond.get("axis", "z") not in ("x", "y", "z"):
            raise ValueError(
                f"{label}.axis: expected x, y or z beside K or Gamma, got {shortened(str(bond.get('axis')))}"
            )
        terms = {key: file.number(f"{label}.{key}", bond[key]) for key in ("K", "Gamma") if key in bond}
        if "J" in bond:
            read = file.matrix if isinstance(bond["J"], list) else file.number
            terms["J"] = read(f"{label}.J", bond["J"])
        if "D" in bond:
            terms["D"] = file.vector(f"{label}.D", bond["D"])
        yield Coupling(label, tuple(pairs), oriented, terms, bond.get("axis", "z"))


def _pairs(
    label: str, bond: Mapping[str, Any], file: _File, lattice: Array, positions: Array, names: list[str]
) -> tuple[list[tuple[int, int, tuple[int, ...]]], bool]:
    """The bonds that an entry stands for, and whether i is told from j."""
    ends = [bond[end] for end in ("from", "to") if end in bond]
    how = [key for key in ("cell", "distance", "shell") if key in bond]
    if len(ends) == 1 or len(how) != 1 or (how == ["cell"] and not ends):
        raise ValueError(
            f"{label}: expected from, to and cell, or distance or shell, with from and to or without, got {', '.join(bond)}"
        )
    for end in ends:
        if end not in names:
            raise ValueError(f"{label}: expected the names of sites, {', '.join(names)}, got {shortened(str(end))}")
    i, j = (names.index(end) for end in ends) if ends else (-1, -1)
    if how == ["cell"]:
        cell = bond["cell"]
        if (
            not isinstance(cell, list)
            or len(cell) != len(lattice)
            or not all(type(n) is int and abs(n) < 10**6 for n in cell)
        ):
            raise ValueError(f"{label}.cell: expected {len(lattice)} integers, got {shortened(str(cell))}")
        return [(i, j, tuple(cell))], True
    if how == ["shell"]:
        distance = shells(lattice, positions, _whole(f"{label}.shell", bond["shell"], 1, 10))[-1]
    else:
        distance = float(file.number(f"{label}.distance", bond["distance"], fixed=True).at({}))
        if not 0 < distance <= FARTHEST * float(np.linalg.svd(lattice, compute_uv=False).min()):
            raise ValueError(
                f"{label}.distance: expected a positive length of at most {FARTHEST} cells, got {distance:g}"
            )
    pairs = neighbours(lattice, positions, distance)
    if ends:
        turned = [(b, a, tuple(-r for r in R)) for a, b, R in pairs if a != b]
        pairs = [pair for pair in (*pairs, *turned) if pair[:2] == (i, j)]
    if not pairs:
        near = ", ".join(f"{length:.6g}" for length in shells(lattice, positions, 4))
        raise ValueError(
            f"{label}: expected sites at this distance, got none at {distance:.6g}; distances are {near}, ..."
        )
    return pairs, bool(ends) and i != j


class _File:
    """Entries of the file, of given shapes."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def number(self, label: str, value: Any, fixed: bool = False) -> Entry:
        if not isinstance(value, str | int | float):
            raise ValueError(f"{label}: expected a number or a formula, got {shortened(str(value))}")
        term = self.reader.read(label, value, CONSTANTS if fixed else self.reader.names)
        if term.rows:
            raise ValueError(f"{label}: expected a number, got a matrix")
        return Entry(label, term.value)

    def vector(self, label: str, value: Any, length: int = 3, names: Mapping[str, Term] | None = None) -> Entry:
        if not isinstance(value, list) or len(value) != length:
            raise ValueError(f"{label}: expected {length} entries, got {shortened(str(value))}")
        return Entry(label, self.reader.rows(label, [value], names or self.reader.names)[0])

    def matrix(self, label: str, value: Any) -> Entry:
        rows = self.reader.rows(label, value, self.reader.names)
        if len(rows) != 3 or len(rows[0]) != 3:
            raise ValueError(f"{label}: expected 3 rows of 3 entries, got {shortened(str(value))}")
        return Entry(label, rows)

    def fixed(self, label: str, value: Any) -> Array:
        """Rows in which no parameter stands."""
        return Entry(label, self.reader.rows(label, value, CONSTANTS)).at({})


def _of_site(magnet: Mapping[str, Any], a: int, key: str, default: Any = None) -> tuple[str, Any]:
    """An entry of a site, or else that of all sites, with its place."""
    site = magnet["sites"][a]
    return (f"magnet.sites[{a}].{key}", site[key]) if key in site else (f"magnet.{key}", magnet.get(key, default))


def _names(sites: list[dict[str, Any]]) -> list[str]:
    names = [site.get("name") for site in sites]
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) != len(names):
        raise ValueError(f"magnet.sites: expected a name of every site, each once, got {shortened(str(names))}")
    return [str(name) for name in names]


def _operator(value: Any, file: _File) -> str | Entry:
    if isinstance(value, list) and len(value) == 3:
        return file.vector("s", value)
    if not isinstance(value, str) or value not in _OPERATORS:
        raise ValueError(f"s: expected {', '.join(_OPERATORS)} or three entries, got {shortened(str(value))}")
    return value


def _whole(label: str, value: Any, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{label}: expected a whole number from {least} to {most}, got {shortened(str(value))}")
    return value


def _only(label: str, table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in table:
        if key not in keys:
            raise ValueError(f"{label or 'model'}: expected {', '.join(keys)}, got {shortened(key)}")
