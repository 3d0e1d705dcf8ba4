"""Sites in a cell and hoppings between their orbitals, as the models of other packages hold them, and what becomes of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import AnyArray, Array, ComplexArray
from symcur.band_structures import Model, NumericModel
from symcur.band_structures.exact import number_array

_PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
SPINS = ("spin_x", "spin_y", "spin_z")


@dataclass(frozen=True)
class Site:
    """A place with one or more orbitals; ``position`` (D,) is Cartesian, ``origin`` what the package calls the site."""

    name: str
    position: Array
    orbitals: int = 1
    origin: Any = None


@dataclass
class Crystal:
    """H_ab(k) = sum_R t_ab(R) exp(i k.(R + r_b - r_a)), site by site.

    ``lattice``: D primitive vectors as rows, (D, D). ``spinful``: the orbitals of each site are spin up and spin down.
    ``hoppings[R]`` = t(R), (N, N), the orbitals in the order of the sites.
    """

    package: str
    lattice: Array
    sites: list[Site]
    spinful: bool = False
    hoppings: dict[tuple[int, ...], ComplexArray] = field(init=False)

    def __post_init__(self) -> None:
        D = len(self.lattice)
        if self.lattice.shape != (D, D) or not 1 <= D <= 3:
            raise ValueError(
                f"source: expected a crystal in as many directions as its space has, 1 to 3, got {D} periods in "
                f"{np.shape(self.lattice)[-1]} dimensions of {self.package}"
            )
        if not self.sites:
            raise ValueError(f"source: expected orbitals, got a model of {self.package} without any")
        self._starts = np.cumsum([0, *(site.orbitals for site in self.sites)])
        self.hoppings = {(0,) * D: np.zeros((self.size, self.size), dtype=complex)}

    @property
    def size(self) -> int:
        """The number N of orbitals."""
        return int(self._starts[-1])

    @property
    def centres(self) -> Array:
        """Of the orbitals, (N, D), Cartesian."""
        return np.repeat([site.position for site in self.sites], [site.orbitals for site in self.sites], axis=0)

    # -- what readers say ----------------------------------------------------------------------------------------------
    def add_onsite(self, a: int, energy: Any) -> None:
        """The energy of site a, a number or a matrix."""
        self._add((0,) * len(self.lattice), a, a, self._block(a, a, energy))

    def add_hopping(self, a: int, b: int, R: Any, t: Any) -> None:
        """t = <a 0|H|b R> and its adjoint, R in units of the primitive vectors."""
        cell, block = tuple(int(n) for n in R), self._block(a, b, t)
        self._add(cell, a, b, block)
        self._add(tuple(-n for n in cell), b, a, block.conj().T)

    def _add(self, R: tuple[int, ...], a: int, b: int, block: ComplexArray) -> None:
        matrix = self.hoppings.setdefault(R, np.zeros((self.size, self.size), dtype=complex))
        matrix[self._starts[a] : self._starts[a + 1], self._starts[b] : self._starts[b + 1]] += block

    def _block(self, a: int, b: int, value: Any) -> ComplexArray:
        shape = (self.sites[a].orbitals, self.sites[b].orbitals)
        block = number_array("source", value)
        if block.size == 1 and shape == (1, 1):
            block = block.reshape(shape)
        if block.shape != shape or not np.isfinite(block).all():
            raise ValueError(
                f"source: expected finite numbers of shape {shape} between {self.sites[a].name} and {self.sites[b].name}, got {value!r}"
            )
        return block

    # -- what becomes of it --------------------------------------------------------------------------------------------
    def model(self, s: Any, name: str) -> NumericModel:
        """The band structure with the operator s, see ``operator``."""
        positions = self.centres @ np.linalg.inv(self.lattice)
        names = ", ".join(f"{site.name} ({site.orbitals})" if site.orbitals > 1 else site.name for site in self.sites)
        facts = f"From {self.package}; its states are those of the sites {names}, in this order."
        name = name or f"model of {self.package}"
        return Model.from_hoppings(
            self.hoppings, self.operator(s), self.lattice, positions=positions, name=name, facts=facts
        )

    def operator(self, s: Any) -> ComplexArray:
        """s as an N x N matrix.

        It may be that; a number; N numbers; "spin_x", "spin_y", "spin_z" (sigma/2) where the package tells spins; a matrix for
        every site; a mapping from names of sites, or a function of what the package calls a site, to matrices or numbers.
        """
        if s is None or isinstance(s, str):
            return self._spin(s)
        if isinstance(s, Mapping):
            return self._by_site(self._named(s))
        if callable(s):
            return self._by_site(lambda site: s(site.origin))
        matrix, N = number_array("s", s), self.size
        if matrix.shape in ((), (N,)):
            return np.asarray(np.diag(np.broadcast_to(matrix, N)), dtype=complex)
        if matrix.shape != (N, N) and all(matrix.shape == (site.orbitals,) * 2 for site in self.sites):
            return self._by_site(lambda site: matrix)
        if matrix.shape != (N, N):
            raise ValueError(f"s: expected shape {(N, N)}, or that of one site, got {matrix.shape}")
        return matrix

    def _spin(self, s: str | None) -> ComplexArray:
        if not self.spinful:
            raise ValueError(
                f"s: expected a matrix of shape {(self.size, self.size)} or one for each site, since {self.package} does not tell "
                f"which orbitals of this model are spin up and down, got {s!r}"
            )
        if s not in (None, *SPINS):
            raise ValueError(f"s: expected a matrix or {', '.join(map(repr, SPINS))}, got {s!r}")
        return self._by_site(lambda site: _PAULI[SPINS.index(s or "spin_z")] / 2)

    def _named(self, s: Mapping[Any, Any]) -> Callable[[Site], Any]:
        names = sorted({site.name for site in self.sites})
        if set(s) != set(names):
            raise ValueError(
                f"s: expected a matrix for each of {', '.join(names)}, got {', '.join(sorted(map(str, s)))}"
            )
        return lambda site: s[site.name]

    def _by_site(self, of: Callable[[Site], Any]) -> ComplexArray:
        matrix = np.zeros((self.size, self.size), dtype=complex)
        for a, site in enumerate(self.sites):
            block: AnyArray = number_array("s", of(site))
            if block.ndim == 0:
                block = block * np.eye(site.orbitals)
            if block.shape != (site.orbitals,) * 2:
                raise ValueError(f"s: expected shape {(site.orbitals,) * 2} at {site.name}, got {block.shape}")
            matrix[self._starts[a] : self._starts[a + 1], self._starts[a] : self._starts[a + 1]] = block
        return matrix


def as_array(label: str, value: ArrayLike) -> Array:
    """Real numbers of another package as an array."""
    return np.asarray(number_array(label, value, float))
