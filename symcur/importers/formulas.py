"""A symbolic H(k) of another package, and the ``Model`` that it becomes: exact, so that closed forms can be derived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symcur.band_structures import Model


@dataclass(frozen=True)
class Formula:
    """``H``: a SymPy matrix; ``k``: the momenta as the package lists them, empty where it has none.

    ``waves``: sines and cosines of momenta are those of a lattice.
    """

    package: str
    H: Any
    k: tuple[sp.Symbol, ...]
    waves: bool = False

    def model(self, s: Any, k: Sequence[Any] | None, values: Mapping[str, Any], lattice: Any, name: str) -> Model:
        """With the operator s; ``k`` are momenta by name or symbol, ``values`` of parameters by name."""
        if s is None:
            raise ValueError(f"s: expected a matrix or a number, since {self.package} names no operator, got None")
        dimension = None if lattice is None else len(lattice)
        momenta = self._momenta(k, dimension)
        real = {x: sp.Symbol(x.name, real=True) for x in self._symbols(self.H, s) if not x.is_real}
        H, s = (x.xreplace(real) if isinstance(x, (sp.Basic, sp.MatrixBase)) else x for x in (self.H, s))
        momenta = tuple(real.get(x, x) for x in momenta)
        if lattice is None and self.waves and any(wave.free_symbols & set(momenta) for wave in H.atoms(sp.cos, sp.sin)):
            raise ValueError(
                f"lattice: expected primitive vectors for a periodic H(k), which {self.package} does not hold, got None"
            )
        found = sorted(self._symbols(H, s) - set(momenta), key=str)
        unknown = set(values) - {x.name for x in found}
        if unknown:
            raise ValueError(
                f"parameters: expected some of {', '.join(map(str, found)) or '(none)'}, got {', '.join(sorted(unknown))}"
            )
        return Model(
            H, s, momenta, {x: values.get(x.name) for x in found}, lattice, name=name or f"model of {self.package}",
            facts=f"From {self.package}.",
        )  # fmt: skip

    @staticmethod
    def _symbols(*matrices: Any) -> set[sp.Symbol]:
        return set().union(*(getattr(matrix, "free_symbols", set()) for matrix in matrices))

    def _momenta(self, k: Sequence[Any] | None, dimension: int | None) -> tuple[sp.Symbol, ...]:
        """Those that are asked for, or the first D of the package, or of these up to the last that H holds."""
        symbols = {x.name: x for x in self._symbols(self.H)}
        if k is not None:
            return tuple(symbols.get(str(q), sp.Symbol(str(q), real=True)) for q in k)
        if not self.k:
            raise ValueError("k: expected the momenta, names or symbols, got None")
        held = [number for number, q in enumerate(self.k, 1) if q in self._symbols(self.H)]
        if dimension is None:
            dimension = max(held, default=0)
        if not 1 <= dimension <= len(self.k) or max(held, default=0) > dimension:
            raise ValueError(
                f"k: expected the momenta that H holds, at least one and as many as there are primitive vectors, got "
                f"{', '.join(map(str, self.k))} with {dimension}"
            )
        return self.k[:dimension]
