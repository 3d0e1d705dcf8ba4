"""A closed form of each constant block of a model: a band of the model is a band of one of its blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NoReturn

import mpmath
import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from symcur.arrays import AnyArray, Array, Indices, Mask
from symcur.band_structures import Model, Parameters
from symcur.band_structures.band_structure import by_name
from symcur.band_structures.levels import joined
from symcur.closed_forms import calculus, conditioning
from symcur.closed_forms.arbitrary_precision import closest, exact_parameter
from symcur.closed_forms.common_subexpressions import Definitions, unused
from symcur.closed_forms.form import ClosedForm
from symcur.closed_forms.series import Series, limit, series
from symcur.display import Card, Formula, Shown

_ATTEMPTS = 3  # precisions, each twice the one before, at which the order of energies of different blocks is looked for
_GUARD = 20  # digits beyond those asked for, at first
_OF_CLOSED_FORMS = "program outputs hamiltonian projector"


@dataclass(frozen=True, eq=False)
class BlockForm(Shown):
    """A band quantity of a model with constant blocks: an exact function of k, the parameters and the band energy for each block.

    ``blocks`` are the forms, each with the ``model`` of its block, H_b = W^+ H W and s_b = W^+ s W. ``bases`` holds the W,
    N x n matrices of orthonormal columns, ``copies`` how often each block occurs in H, in different bases. Other attributes
    are those of ``ClosedForm``; ``compact`` and ``expressions`` have an axis of blocks in front.

    The bands of the whole model are numbered by ascending energy, so that a band changes its block where the energies of
    two blocks cross. At the crossing itself its value is not a number, unless it is the same for both. After ``explicit``,
    ``blocks`` holds a form for every band of a block, ``owners[j]`` its number, that may be the band asked for.
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
    owners: tuple[int, ...]
    formula: str = ""
    band: int | None = None
    ordered: bool = True  # do the energies of ``model`` tell which band belongs to which block?
    written: None = None

    @property
    def structure(self) -> str:
        """What the form rests on, in words."""
        sizes = " + ".join(f"{n} x {form.model.size}" if n > 1 else str(form.model.size) for n, form in self._counted)
        found = dict.fromkeys(form.structure for form in self.blocks)
        return f"constant blocks, N = {sizes}: {'; '.join(found)}"

    @property
    def _counted(self) -> list[tuple[int, ClosedForm]]:
        """How often each constant block occurs, and a form of it."""
        return [(n, self._forms(block)[0]) for block, n in enumerate(self.copies)]

    def _forms(self, block: int) -> list[ClosedForm]:
        return [form for form, owner in zip(self.blocks, self.owners, strict=True) if owner == block]

    def __getattr__(self, name: str) -> NoReturn:
        where = (
            f"; it has one formula for each of {len(self.blocks)} blocks: form.blocks[0].{name} is that of the first"
        )
        raise AttributeError(
            f"{type(self).__name__} has no attribute {name!r}{where if name in _OF_CLOSED_FORMS.split() else ''}"
        )

    # -- expressions -------------------------------------------------------------------------------------------------
    @property
    def complex(self) -> bool:
        return self.blocks[0].complex

    @property
    def arguments(self) -> tuple[sp.Symbol, ...]:
        """k..., E (unless it is put in), parameters...: the arguments of the functions that ``source`` writes."""
        return self.blocks[0].arguments

    @property
    def energies(self) -> tuple[tuple[sp.Expr, ...] | None, ...]:
        """The explicit distinct energies of each block, ascending, or None where they have no short closed form."""
        return tuple(form.energies for form in self.blocks)

    @property
    def definitions(self) -> Definitions:
        """Intermediate steps (symbol, expression) of all blocks; a name that has another meaning in a block gets its number."""
        return self._steps[0]

    @cached_property
    def compact(self) -> sp.Array:
        """The components of each block in the symbols of ``definitions``, of shape (blocks, *shape)."""
        return self._array(self._steps[1])

    @cached_property
    def expressions(self) -> sp.Array:
        """The components of each block in k, the parameters and the energy, of shape (blocks, *shape)."""
        return self._array([value for form in self.blocks for value in sp.flatten(form.expressions)])

    def _array(self, values: Sequence[sp.Expr]) -> sp.Array:
        return sp.ImmutableDenseNDimArray(list(values), (len(self.blocks), *self.shape))

    @cached_property
    def _steps(self) -> tuple[Definitions, tuple[sp.Expr, ...]]:
        known: dict[sp.Symbol, sp.Expr] = {}
        taken = {symbol.name for symbol in self.arguments} | {s.name for f in self.blocks for s, _ in f.definitions}
        values: list[sp.Expr] = []
        for number, form in enumerate(self.blocks, 1):
            names: dict[sp.Symbol, sp.Symbol] = {}
            for symbol, expression in form.definitions:
                expression = expression.xreplace(names)
                if known.setdefault(symbol, expression) != expression:
                    names[symbol] = sp.Symbol(unused(f"{symbol.name}_{number}", taken), real=True)
                    known[names[symbol]] = expression
                    taken.add(names[symbol].name)
            values += [value.xreplace(names) for value in sp.flatten(form.compact)]
        return tuple(known.items()), tuple(values)

    # -- calculus ----------------------------------------------------------------------------------------------------
    def explicit(self, band: int) -> BlockForm:
        """The form for one band (from 0, by ascending energy of all) with its energy put in.

        Which block has the band depends on k where energies of different blocks cross; so there is a form for every band of
        a block that has room for as few bands below it and above it. Raises ValueError as ``ClosedForm.explicit`` does.
        """
        if self.band is not None:
            raise ValueError(
                f"band: expected a form with the energy {self.energy_symbol}, got that of band {self.band}"
            )
        self.require_band(band)
        found = [(block, own) for block in range(len(self.copies)) for own in self._candidates(block, band)]
        forms = tuple(self.blocks[block].explicit(own) for block, own in found)
        return self.with_blocks(forms, owners=tuple(block for block, _ in found), band=band)

    def _candidates(self, block: int, band: int) -> list[int]:
        """The lowest band of each level of a block that may be this band of all."""
        form, copies = self.blocks[block], self.copies[block]
        starts = np.cumsum([0, *form.multiplicities]).tolist()
        above = [copies * (form.model.size - end) for end in starts[1:]]
        return [
            start for start, rest in zip(starts, above, strict=False) if copies * start <= band < self.model.size - rest
        ]

    def diff(self, variable: int | str | sp.Symbol) -> BlockForm:
        """The total derivative, as ``ClosedForm.diff``."""
        return self.with_blocks([form.diff(variable) for form in self.blocks])

    def subs(self, replacements: Mapping[Any, Any]) -> BlockForm:
        """Momenta and parameters replaced, as ``ClosedForm.subs``."""
        model, _ = calculus.replaced_model(self, replacements)
        return self.with_blocks([form.subs(replacements) for form in self.blocks], model=model)

    def series(self, variable: int | str | sp.Symbol, order: int, point: Any = 0) -> Series:
        """The Laurent series, as ``ClosedForm.series``; its coefficients are forms of blocks.

        Their bands are numbered by the energies at the point; where these are put in, or in no coefficient, numbers are those of
        ``coefficients[n].blocks[j]`` alone.
        """
        return series(self, variable, order, point)

    def limit(self, variable: int | str | sp.Symbol, point: Any) -> BlockForm:
        """The limit, as ``ClosedForm.limit``, with bands numbered as in ``series``."""
        result: BlockForm = limit(self, variable, point)
        return result

    def with_blocks(self, blocks: Sequence[ClosedForm], **changes: Any) -> BlockForm:
        """The same of other forms."""
        first = blocks[0]
        changes |= {"name": first.name, "labels": first.labels, "energy_symbol": first.energy_symbol}
        return replace(self, blocks=tuple(blocks), formula="", **changes)

    # -- text --------------------------------------------------------------------------------------------------------
    def latex(self) -> str:
        """One aligned environment, block by block: the states that it joins, the components, what their symbols mean."""
        rows = []
        for form, heading in zip(self.blocks, self.headings, strict=True):
            rows.append(rf"&{heading}:")
            rows.append(form.latex().removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}"))
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def card(self) -> Card:
        """What notebooks show: block by block the states and the formulas, folded what their symbols mean."""
        blocks = zip(self.headings, self.blocks, strict=True)
        shown = [block for heading, form in blocks for block in (Formula(heading), *form.card().blocks)]
        return Card(f"{self.name} of {self.model.name}", tuple(shown))

    @property
    def headings(self) -> list[str]:
        """What each form is of, in LaTeX: the block, how often it occurs, its states as combinations of the orbitals, the band."""
        result = []
        for form, owner in zip(self.blocks, self.owners, strict=True):
            times = f" ({self.copies[owner]} times)" if self.copies[owner] > 1 else ""
            states = r",\ ".join(_state(self.bases[owner][:, a]) for a in range(self.bases[owner].cols))
            text = rf"\text{{block {owner + 1} of {len(self.copies)}{times}, of the states }} {states}"
            if form.written is None:
                text += r"\text{, with its } H,\ v,\ s"
            if self.band is not None:
                text += rf"\text{{, its band {form.band}, where this is band {self.band} of all}}"
            result.append(text)
        return result

    def source(self, language: str) -> str:
        """A function for each block, as ``ClosedForm.source`` writes it; E is an energy of that block."""
        return "\n".join(
            replace(form, name=name).source(language) for form, name in zip(self.blocks, self._names, strict=True)
        )

    @property
    def _names(self) -> list[str]:
        """Of the functions that ``source`` writes."""
        names = [f"{self.name}_block_{owner + 1}" for owner in self.owners]
        if self.band is None:
            return names
        return [f"{name}_band_{form.band}" for name, form in zip(names, self.blocks, strict=True)]

    # -- numbers -----------------------------------------------------------------------------------------------------
    def at(
        self, k: Any, /, band: int | None = None, digits: int = 50, *, parameters: Parameters = None, **by_keyword: Any
    ) -> Any:
        """The value at one k for one band (from 0, by ascending energy) to ``digits`` digits, as ``ClosedForm.at``.

        Raises ValueError also where the band meets one of another block.
        """
        self._require_order()
        band = self.band if band is None else band
        self.require_band(band)
        given = by_name(parameters, by_keyword, self.model)
        values = self.model.with_values({name: exact_parameter(name, x) for name, x in given.items()}).values()
        numbers = {name: exact_parameter(name, x) for name, x in values.items()}
        block, own = self._located(k, int(band or 0), digits, numbers)
        form = next(form for form in self._forms(block) if own in self._members(form))
        return form.at(k, own, digits, parameters=numbers)

    def _require_order(self) -> None:
        if not self.ordered:
            raise ValueError(
                f"band: expected a form in which energies number the bands, got {self.name}, which holds for bands near a point; "
                "form.blocks[j] gives the numbers of one block"
            )

    def require_band(self, band: Any) -> None:
        size = self.model.size
        if isinstance(band, bool) or not isinstance(band, int) or not 0 <= band < size:
            raise ValueError(f"band: expected an integer from 0 to {size - 1}, by ascending energy, got {band!r}")
        if self.band not in (None, band):
            raise ValueError(f"band: expected {self.band}, whose energy is put in, got {band!r}")

    @staticmethod
    def _members(form: ClosedForm) -> range:
        """The bands of the block that a form holds for."""
        if form.band is None:
            return range(form.model.size)
        starts = np.cumsum([0, *form.multiplicities])
        return range(form.band, int(starts[np.searchsorted(starts, form.band, side="right")]))

    def _located(self, k: Any, band: int, digits: int, numbers: Mapping[str, Any]) -> tuple[int, int]:
        """The block of a band and its number there."""
        forms = [(n, replace(form, model=form.model.with_values(numbers))) for n, form in self._counted]
        for precision in ((digits + _GUARD) * 2**attempt for attempt in range(_ATTEMPTS)):
            found = sorted(
                (energy, block, own) for block, (n, form) in enumerate(forms)
                for own, energy in enumerate(form.levels(k, precision)) for _ in range(n)
            )  # fmt: skip
            energy, block, own = found[band]
            with mpmath.workdps(precision):
                near = mpmath.mpf(closest(precision)) * max(abs(e) for e, _, _ in found)
                if all(j == block or abs(e - energy) > near for e, j, _ in found):
                    return block, own
        raise ValueError(
            f"k: expected a k at which band {band} of {self.model.name} belongs to one block, got one at which bands of two blocks "
            f"are closer than {closest(precision)} of the largest energy; form.blocks[{self.owners.index(block)}].at gives the "
            "value in one of them"
        )

    def __call__(self, k: ArrayLike, /, parameters: Parameters = None, **by_keyword: Any) -> AnyArray:
        """The values for k of shape (..., D), all bands: shape (..., band, components), as ``ClosedForm`` gives them."""
        self._require_order()
        given = by_name(parameters, by_keyword, self.model)
        model = self.model.with_values(given)
        points = model.points(k)
        flat = points.reshape(-1, model.dimension)
        energies = np.concatenate(
            [np.repeat(form.model.with_values(given).energies(flat), n, axis=1) for n, form in self._counted], axis=1
        )
        values = np.concatenate(
            [np.repeat(self._of_block(block, flat, given), n, axis=1) for block, n in enumerate(self.copies)], axis=1
        )
        owners = np.repeat(np.arange(len(self.copies)), [n * form.model.size for n, form in self._counted])
        order = np.argsort(energies, axis=1, kind="stable")
        energies = np.take_along_axis(energies, order, axis=1)
        conditioning.require_levels(self, model, energies)
        result = np.take_along_axis(values, order.reshape(*order.shape, *[1] * len(self.shape)), axis=1)
        for point, band in np.argwhere(
            _undecided(joined(energies, 0.0, model.size_of_terms(flat)), owners[order], result)
        ):
            if self.band in (None, band):
                result[point, band] = self._number(flat[point], int(band), model)
        if self.band is not None:
            return result[:, self.band].reshape((*points.shape[:-1], *self.shape))
        return result.reshape(*points.shape[:-1], model.size, *self.shape)

    def _of_block(self, block: int, k: Array, given: Mapping[str, Any]) -> AnyArray:
        """The values of a block, (M, bands, components); not a number for bands that no form is for."""
        forms = self._forms(block)
        if self.band is None:
            return forms[0](k, given)
        result = np.full((len(k), forms[0].model.size, *self.shape), np.nan, dtype=complex if self.complex else float)
        for form in forms:
            result[:, self._members(form)] = form(k, given)[:, None]
        return result

    def _number(self, k: Array, band: int, model: Model) -> Any:
        """The value where two blocks are hard to tell apart, not a number where they meet."""
        try:
            return np.array(self.at(k, band, 14, parameters=model.values()), dtype=complex if self.complex else float)
        except ValueError:
            return np.nan

    def __repr__(self) -> str:
        which = "" if self.band is None else f", band {self.band}"
        return f"BlockForm({self.name} of {self.model.name}{which}: {len(self.labels)} components in {len(self.copies)} blocks)"


def _undecided(together: Mask, owners: Indices, values: AnyArray) -> Mask:
    """(points, bands) whose energies rounding does not tell from those of a band of another block with other values.

    ``together``: which energies it does not tell from the one below.
    """
    size, close = together.shape[1], together[:, 1:]
    flat = values.reshape(len(values), size, -1)
    size_of = np.nan_to_num(np.abs(flat)).max(axis=(1, 2))[:, None]
    differ = np.abs(np.diff(flat, axis=1)).max(axis=2) > conditioning.PROMISE * size_of
    pairs = close & (np.diff(owners, axis=1) != 0) & differ
    found = np.zeros(together.shape, dtype=bool)
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
