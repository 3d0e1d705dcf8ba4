"""A closed form of each constant block of a model: a band of the model is a band of one of its blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import mpmath
import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from symcur.arrays import AnyArray, Array, Indices, Mask
from symcur.band_structures import Model, Parameters
from symcur.band_structures.band_structure import by_name
from symcur.closed_forms import calculus, conditioning
from symcur.closed_forms.arbitrary_precision import closest, exact_parameter
from symcur.closed_forms.form import ClosedForm

_ATTEMPTS = 3  # precisions, each twice the one before, at which the order of energies of different blocks is looked for
_GUARD = 20  # digits beyond those asked for, at first
_OF_CLOSED_FORMS = (
    "compact definitions expressions energies explicit series limit program outputs hamiltonian projector"
)


@dataclass(frozen=True, eq=False)
class BlockForm:
    """A band quantity of a model with constant blocks: an exact function of k, the parameters and the band energy for each block.

    ``blocks`` are the forms, each with the ``model`` of its block, H_b = W^+ H W and s_b = W^+ s W. ``bases`` holds the W,
    N x n matrices of orthonormal columns, ``copies`` how often each block occurs in H, in different bases. Other attributes
    are those of ``ClosedForm``. What a form does with one formula (``compact``, ``explicit``, ``series``, ...) is done by
    ``blocks[j]``.

    The bands of the whole model are numbered by ascending energy, so that a band changes its block where the energies of
    two blocks cross. At the crossing itself its value is not a number, unless it is the same for both.
    """

    model: Model
    name: str
    labels: tuple[str, ...]
    shape: tuple[int, ...]
    energy_symbol: sp.Symbol
    multiplicities: tuple[int, ...]
    blocks: tuple[ClosedForm, ...]
    bases: tuple[sp.ImmutableDenseMatrix, ...]
    copies: tuple[int, ...]
    formula: str = ""
    band: None = None
    written: None = None

    @property
    def structure(self) -> str:
        """What the form rests on, in words."""
        sizes = " + ".join(f"{n} x {form.model.size}" if n > 1 else str(form.model.size) for n, form in self._counted)
        found = dict.fromkeys(form.structure for form in self.blocks)
        return f"constant blocks, N = {sizes}: {'; '.join(found)}"

    @property
    def _counted(self) -> list[tuple[int, ClosedForm]]:
        return list(zip(self.copies, self.blocks, strict=True))

    def __getattr__(self, name: str) -> NoReturn:
        where = (
            f"; it has one formula for each of {len(self.blocks)} blocks: form.blocks[0].{name} is that of the first"
        )
        raise AttributeError(
            f"{type(self).__name__} has no attribute {name!r}{where if name in _OF_CLOSED_FORMS.split() else ''}"
        )

    # -- calculus ----------------------------------------------------------------------------------------------------
    def diff(self, variable: int | str | sp.Symbol) -> BlockForm:
        """The total derivative, as ``ClosedForm.diff``."""
        return self._with([form.diff(variable) for form in self.blocks])

    def subs(self, replacements: Mapping[Any, Any]) -> BlockForm:
        """Momenta and parameters replaced, as ``ClosedForm.subs``."""
        model, _ = calculus.replaced_model(self, replacements)
        return self._with([form.subs(replacements) for form in self.blocks], model=model)

    def _with(self, blocks: Sequence[ClosedForm], **changes: Any) -> BlockForm:
        return replace(self, blocks=tuple(blocks), name=blocks[0].name, labels=blocks[0].labels, formula="", **changes)

    # -- text --------------------------------------------------------------------------------------------------------
    def latex(self) -> str:
        """One aligned environment, block by block: the states that it joins, the components, what their symbols mean."""
        rows = []
        for form, heading in zip(self.blocks, self.headings, strict=True):
            rows.append(rf"&{heading}:")
            rows.append(form.latex().removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}"))
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    @property
    def headings(self) -> list[str]:
        """What each block is, in LaTeX: its number, how often it occurs, and its states as combinations of the orbitals."""
        result = []
        for j, (copies, basis) in enumerate(zip(self.copies, self.bases, strict=True), 1):
            times = f" ({copies} times)" if copies > 1 else ""
            states = r",\ ".join(_state(basis[:, a]) for a in range(basis.cols))
            result.append(rf"\text{{block {j} of {len(self.blocks)}{times}, of the states }} {states}")
        return result

    def source(self, language: str) -> str:
        """A function for each block, as ``ClosedForm.source`` writes it; E is an energy of that block."""
        named = (replace(form, name=f"{self.name}_block_{j}") for j, form in enumerate(self.blocks, 1))
        return "\n".join(form.source(language) for form in named)

    # -- numbers -----------------------------------------------------------------------------------------------------
    def at(
        self, k: Any, /, band: int | None = None, digits: int = 50, *, parameters: Parameters = None, **by_keyword: Any
    ) -> Any:
        """The value at one k for one band (from 0, by ascending energy) to ``digits`` digits, as ``ClosedForm.at``.

        Raises ValueError also where the band meets one of another block.
        """
        self.require_band(band)
        given = by_name(parameters, by_keyword, self.model)
        values = self.model.with_values({name: exact_parameter(name, x) for name, x in given.items()}).values()
        numbers = {name: exact_parameter(name, x) for name, x in values.items()}
        j, own = self._located(k, int(band or 0), digits, numbers)
        return self.blocks[j].at(k, own, digits, parameters=numbers)

    def require_band(self, band: Any) -> None:
        size = self.model.size
        if isinstance(band, bool) or not isinstance(band, int) or not 0 <= band < size:
            raise ValueError(f"band: expected an integer from 0 to {size - 1}, by ascending energy, got {band!r}")

    def _located(self, k: Any, band: int, digits: int, numbers: Mapping[str, Any]) -> tuple[int, int]:
        """The block of a band and its number there."""
        forms = [replace(form, model=form.model.with_values(numbers)) for form in self.blocks]
        for precision in ((digits + _GUARD) * 2**attempt for attempt in range(_ATTEMPTS)):
            levels = [form.levels(k, precision) for form in forms]
            found = sorted(
                (energy, j, own) for j, own_levels in enumerate(levels) for own, energy in enumerate(own_levels)
                for _ in range(self.copies[j])
            )  # fmt: skip
            energy, block, own = found[band]
            with mpmath.workdps(precision):
                near = mpmath.mpf(closest(precision)) * max(abs(e) for e, _, _ in found)
                if all(j == block or abs(e - energy) > near for e, j, _ in found):
                    return block, own
        raise ValueError(
            f"k: expected a k at which band {band} of {self.model.name} belongs to one block, got one at which bands of two blocks "
            f"are closer than {closest(precision)} of the largest energy; form.blocks[{block}].at gives the value in one of them"
        )

    def __call__(self, k: ArrayLike, /, parameters: Parameters = None, **by_keyword: Any) -> AnyArray:
        """The values for k of shape (..., D), all bands: shape (..., band, components), as ``ClosedForm`` gives them."""
        given = by_name(parameters, by_keyword, self.model)
        model = self.model.with_values(given)
        points = model.points(k)
        flat = points.reshape(-1, model.dimension)
        energies = np.concatenate(
            [self._repeated(form.model.with_values(given).energies(flat), n) for n, form in self._counted], axis=1
        )
        values = np.concatenate([self._repeated(form(flat, given), n) for n, form in self._counted], axis=1)
        owners = np.repeat(np.arange(len(self.blocks)), [n * form.model.size for n, form in self._counted])
        order = np.argsort(energies, axis=1, kind="stable")
        energies = np.take_along_axis(energies, order, axis=1)
        conditioning.require_levels(self, model, energies)
        result = np.take_along_axis(values, order.reshape(*order.shape, *[1] * len(self.shape)), axis=1)
        for point, band in np.argwhere(_undecided(energies, owners[order], result)):
            try:
                result[point, band] = np.array(
                    self.at(flat[point], int(band), 14, parameters=model.values()), dtype=result.dtype
                )
            except ValueError:
                result[point, band] = np.nan
        return result.reshape(*points.shape[:-1], model.size, *self.shape)

    @staticmethod
    def _repeated(values: AnyArray, copies: int) -> AnyArray:
        return np.repeat(values, copies, axis=1)

    def __repr__(self) -> str:
        return (
            f"BlockForm({self.name} of {self.model.name}: {len(self.labels)} components in {len(self.blocks)} blocks)"
        )


def _undecided(energies: Array, owners: Indices, values: AnyArray) -> Mask:
    """(points, bands) whose energies rounding does not tell from those of a band of another block with other values."""
    size = energies.shape[1]
    rounding = 8 * size * np.finfo(float).eps * np.abs(energies).max(axis=1, keepdims=True)
    close = np.diff(energies, axis=1) <= rounding
    flat = values.reshape(len(values), size, -1)
    differ = np.abs(np.diff(flat, axis=1)).max(axis=2) > conditioning.PROMISE * np.abs(flat).max(axis=(1, 2))[:, None]
    pairs = close & (np.diff(owners, axis=1) != 0) & differ
    found = np.zeros(energies.shape, dtype=bool)
    found[:, 1:] |= pairs
    found[:, :-1] |= pairs
    for _ in range(size):  # through bands as close to them
        found[:, 1:] |= found[:, :-1] & close
        found[:, :-1] |= found[:, 1:] & close
    return found


def _state(column: sp.Matrix) -> str:
    """A combination of the orbitals |1>, |2>, ... as LaTeX."""
    terms = []
    for a, c in enumerate(column, 1):
        if c == 0:
            continue
        factor = "" if c == 1 else "-" if c == -1 else sp.latex(c)
        terms.append((rf"\left({factor}\right)" if c.is_Add else factor) + rf"|{a}\rangle")
    return " + ".join(terms).replace("+ -", "- ")
