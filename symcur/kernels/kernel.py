"""A compiled kernel: any set of quantities of a model, all bands, at many k."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import AnyArray, Array, Indices, Mask
from symcur.band_structures import BandStructure, Model, Parameters
from symcur.band_structures.levels import follows
from symcur.eigenstates import Components, Recording, report_touchings, values_at
from symcur.expressions import axis_name
from symcur.kernels.buffers import ArgumentPool, BufferPool
from symcur.kernels.layout import Layout
from symcur.kernels.ordering import MEETING
from symcur.kernels.spectrum import TURN, TURNED
from symcur.kernels.structure import Structure
from symcur.program import Program, Scalar
from symcur.program.of_parameters import at_values
from symcur.program.source import loop_in_c

_PAGE = 512  # numbers
_NOWHERE = np.array([], dtype=np.intp)
ACCURACY = 1e-10
"""Points at which the estimated error of closed-form eigenvectors is larger are evaluated through eigenstates."""
_ROUNDING = (
    16 * 2.0**-52
)  # the unit of Spectrum.error_estimate, whose multiples of 2^-52 are exceeded by up to four times
LARGEST_ESTIMATE = (ACCURACY / _ROUNDING) ** 2
ROUGHLY = 1e-5
"""The same where few digits are wanted."""
_ROUGH = (ROUGHLY / _ROUNDING) ** 2


class Backend(Protocol):
    """Runs a program on arrays (arguments, points) -> (results, points), the number of points a multiple of ``width``.

    ``block`` points fit into the cache; ``streams`` says that any number of points goes at full speed,
    and with several threads.
    """

    name: str
    block: int
    width: int
    streams: bool

    def __call__(self, inputs: Array, outputs: Array, threads: int = 1) -> None: ...


@dataclass(frozen=True)
class Compiled:
    """A program with its arguments (names, and nodes that are made of parameters beforehand), the layout of its results, the estimate of its error and what runs it.

    ``singular`` says that matrix elements divide by functions of k or take their roots, so that results may be infinite
    where the energies are not. ``structure``: the multiplets and the blocks. ``recording``: the same through eigenstates.
    """

    program: Program
    inputs: tuple[str | int, ...]
    layout: Layout
    error_estimate: Scalar
    backend: Backend
    singular: bool
    structure: Structure
    recording: Recording | None

    @property
    def turns(self) -> bool:
        """Whether the program has two start vectors, by its last argument."""
        return TURN in self.inputs


class Values(dict[str, AnyArray]):
    """{quantity: array (..., band, components)}; ``by_eigenstates`` counts the points evaluated through eigenstates.

    ``error_estimate``, shape (...), bounds the rounding errors of all quantities at each k in units of their natural scale: the
    sum over states with the norms |v|, |w|, |s| in place of matrix elements and the gap to the closest level in place of all.
    """

    def __init__(
        self, arrays: Mapping[str, AnyArray], by_eigenstates: int, squares: Array, model: BandStructure, reach: float
    ) -> None:
        """``squares``: the squared estimates in the units of Spectrum.error_estimate; ``reach``: the largest component of k where H
        grows with it, which says with the model how large H is where nothing cancels."""
        super().__init__(arrays)
        self.by_eigenstates, self._squares, self._model, self._reach = by_eigenstates, squares, model, reach

    @cached_property
    def error_estimate(self) -> Array:
        largest = np.abs(self["energy"]).max(axis=-1)
        size = float(self._model.size_of_terms(np.full(self._model.dimension, self._reach)))
        lost = np.maximum(1, size / np.maximum(largest, np.finfo(float).tiny))
        return np.asarray(_ROUNDING * np.sqrt(self._squares) * lost)


class Kernel:
    """Made by ``compile``; ``kernel(k, **parameters)`` gives the energies and the quantities at k.

    ``argument_order`` names the arguments: momenta, then parameters. ``shapes`` are the shapes at one k. ``route`` says
    how: "closed form" (energies and eigenvectors inside the program), "LAPACK" (they come from ``model.eigenstates``, the
    expressions are read by the program) or "eigenstates" (no program); ``reason`` says why not the first. ``multiplets`` are the
    ranks of the bands that are degenerate everywhere, by ascending energy; ``blocks`` the orbitals of each block that neither H nor s
    couples to others, all as one where that is not made use of. ``backend`` is "heyoka" or "numpy".
    """

    def __init__(
        self,
        model: BandStructure,
        components: Mapping[str, Components],
        multiplets: tuple[int, ...],
        compiled: Compiled | None,
        reason: str,
        compile: Callable[..., Kernel],
        arguments: tuple[Any, ...],
    ) -> None:
        self.model, self.multiplets, self.reason = model, multiplets, reason
        self._components, self._compiled, self._made_by = components, compiled, (compile, arguments)
        self._buffers, self._arguments = BufferPool(), ArgumentPool()
        self._recording = recording_of(components, multiplets) if compiled is None else compiled.recording
        self.tolerance, threads = arguments[-2:]
        momenta = (
            [symbol.name for symbol in model.k]
            if isinstance(model, Model)
            else [f"k_{axis_name(i)}" for i in range(model.dimension)]
        )
        self.argument_order = (*momenta, *map(str, model.arguments()["parameters"]))
        self.quantities = tuple(components)
        self.shapes = {name: (model.size, *array.shape) for name, array in components.items()}
        self.backend = "numpy" if compiled is None else compiled.backend.name
        everything = tuple(range(model.size))
        self.blocks = (
            (everything,) if compiled is None else tuple(x for block in compiled.structure.blocks for x in block.all)
        )
        self.route = "eigenstates" if compiled is None else "LAPACK" if reason else "closed form"
        self.threads = threads or ((os.cpu_count() or 1) if compiled is None and model.suits_threads else 1)

    def __call__(self, k: ArrayLike, /, parameters: Parameters = None, **by_keyword: Any) -> Values:
        """The energies and quantities at k of shape (..., D), Cartesian, as arrays (..., band, components...).

        Parameters, by keyword or in a mapping by name or symbol, override the model's values. Bands by ascending energy;
        a multiplet's trace is shared equally among its members. A DegeneracyWarning reports bands merged at isolated
        points. Raises ValueError or TypeError naming the argument for invalid input.
        """
        return self._values(k, self.model.with_values(parameters, **by_keyword), LARGEST_ESTIMATE)

    def roughly(self, k: ArrayLike) -> Values:
        """The same to about five digits, with fewer points through eigenstates."""
        return self._values(k, self.model, _ROUGH)

    def energies(self, k: ArrayLike) -> Array:
        """The energies (..., band) to about ten digits, by the program, or by LAPACK where it does not tell five of the vectors."""
        points = self.model.points(k)
        if self._compiled is None:
            return self.model.energies(points)
        flat = points.reshape(-1, self.model.dimension)
        arrays, _, where = self._run(self._compiled, self.model, flat, _ROUGH)
        if len(where):
            arrays["energy"][where] = self.model.energies(flat[where])
        return np.asarray(arrays["energy"].reshape(*points.shape[:-1], self.model.size))

    def _values(self, k: ArrayLike, model: BandStructure, limit: float) -> Values:
        points = model.points(k)
        flat = points.reshape(-1, model.dimension)
        if self._compiled is None or any(model.values()[name] for name in self._compiled.structure.zeros):
            where = np.arange(len(flat))
            arrays, distinct, amplified = values_at(
                model, self._components, flat, self.tolerance, self.threads, self._recording
            )
            squares = np.empty(len(flat))
        else:
            arrays, squares, where = self._run(self._compiled, model, flat, limit)
            if len(where):
                values, distinct, amplified = values_at(
                    model, self._components, flat[where], self.tolerance, self.threads, self._recording
                )
                for name, value in values.items():
                    arrays[name][where] = value if np.iscomplexobj(arrays[name]) else value.real
        if len(where):
            squares[where] = amplified**2
            if distinct.min() < len(self.multiplets) - 0.5:
                levels = np.full(len(flat), float(len(self.multiplets)))
                levels[where] = distinct
                report_touchings(model, flat, levels, self.tolerance)
        shape = points.shape[:-1]
        if len(shape) != 1:
            arrays = {name: array.reshape(*shape, *self.shapes[name]) for name, array in arrays.items()}
        reach = 0.0 if model.periodic else float(np.abs(flat).max(initial=0.0))
        return Values(arrays, len(where), squares.reshape(shape), model, reach)

    def _numbers(self, compiled: Compiled, model: BandStructure) -> tuple[float, ...]:
        """What stands in every row of arguments after the momenta: the parameters, what is made of them, and which start vector to take."""
        return self._own_numbers if model is self.model else _numbers_of(compiled, model)

    @cached_property
    def _own_numbers(self) -> tuple[float, ...]:
        return () if self._compiled is None else _numbers_of(self._compiled, self.model)

    # -- the program, block by block ---------------------------------------------------------------------------------
    def _run(
        self, compiled: Compiled, model: BandStructure, flat: Array, limit: float
    ) -> tuple[dict[str, AnyArray], Array, Indices]:
        """All quantities as the program has them, the squares of the estimated errors, the places that it leaves undecided."""
        n, block, numbers = len(flat), compiled.backend.block, self._numbers(compiled, model)
        if n <= block or (compiled.backend.streams and self.route == "closed form"):
            threads = self.threads if n > block else 1
            rows, undecided = self._block(compiled, model, flat, numbers, limit, threads)
        else:
            rows, undecided = self._in_blocks(compiled, model, flat, numbers, limit)
        if compiled.turns and undecided is not None:
            undecided = self._turned(compiled, model, flat, numbers, rows, undecided, limit)
        arrays = compiled.layout.arrays(rows, n)
        if self.tolerance is not None and self.route == "closed form":
            others = self._others(model, self.multiplets, arrays["energy"], flat)
            undecided = others if undecided is None else undecided | others
        return arrays, rows[-1, :n], _NOWHERE if undecided is None else np.flatnonzero(undecided)

    def _in_blocks(
        self, compiled: Compiled, model: BandStructure, flat: Array, numbers: tuple[float, ...], limit: float
    ) -> tuple[Array, Mask | None]:
        """As ``_block``, for any number of points."""
        n, block = len(flat), compiled.backend.block
        rows, undecided = self._buffers.empty((len(compiled.layout.nodes) + 1, n)), np.zeros(n, dtype=bool)

        def work(start: int) -> None:
            place = slice(start, min(start + block, n))
            some, left = self._block(compiled, model, flat[place], numbers, limit)
            rows[:, place] = some[:, : place.stop - start]
            if left is not None:
                undecided[place] = left

        if self.threads == 1:
            for start in range(0, n, block):
                work(start)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(work, range(0, n, block)))
        return rows, undecided if undecided.any() else None

    def _turned(
        self,
        compiled: Compiled,
        model: BandStructure,
        flat: Array,
        numbers: tuple[float, ...],
        rows: Array,
        undecided: Mask,
        limit: float,
    ) -> Mask | None:
        """What is undecided a second time, from the other start vector: a state may be all but orthogonal to one of the two."""
        where = np.flatnonzero(undecided)
        again, still = self._block(compiled, model, flat[where], (*numbers[:-1], TURNED), limit)
        if still is None:
            rows[:, where] = again[:, : len(where)]
            return None
        rows[:, where[~still]] = again[:, : len(where)][:, ~still]
        undecided[where] = still
        return undecided

    def _block(
        self,
        compiled: Compiled,
        model: BandStructure,
        points: Array,
        numbers: tuple[float, ...],
        limit: float,
        threads: int = 1,
    ) -> tuple[Array, Mask | None]:
        """The rows at some points, the last that of the error estimate, and what the program leaves undecided: above ``limit``; None where
        it decides all.

        The points are padded to a multiple of the backend's width with copies of the last one, and by one width more where all rows would
        lie whole pages apart, in the same places of the cache.
        """
        D, P, n, width = model.dimension, len(numbers), len(points), compiled.backend.width
        padded = -(-n // width) * width
        if n and padded % _PAGE == 0:
            padded += width
        inputs = self._arguments.take((len(compiled.inputs), padded), D, numbers)
        outputs = self._buffers.empty((len(compiled.layout.nodes) + 1, padded))
        inputs[:D, :n] = points.T
        undecided: Any = None
        if self.route == "LAPACK":
            # Eigenstates would not know better what LAPACK's energies and vectors leave undecided.
            inputs[D + P :, :n], undecided = self._lapack(compiled.structure, model, points)
            limit = MEETING / 2
        if n < padded:
            inputs[:, n:] = inputs[:, n - 1 : n]
        compiled.backend(inputs, outputs, threads)
        self._arguments.give_back(numbers, inputs)
        estimates = outputs[-1, :n]
        if not np.maximum.reduce(estimates, initial=0.0) <= limit:  # also for what is no number
            above = ~(estimates <= limit)
            undecided = above if undecided is None else undecided | above
        if compiled.singular:
            infinite = ~np.isfinite(outputs[:, :n]).all(axis=0)
            undecided = infinite if undecided is None else undecided | infinite
        return outputs, undecided if undecided is not None and undecided.any() else None

    def _lapack(self, structure: Structure, model: BandStructure, points: Array) -> tuple[Array, Mask]:
        """Energies, then the real and imaginary parts of the vectors, as rows, for each block; and where there are other multiplets."""
        H, rows, undecided = model.matrix("H", points), [], np.zeros(len(points), dtype=bool)
        for orbitals, ranks in [(orbitals, block.ranks) for block in structure.blocks for orbitals in block.all]:
            part = H if len(orbitals) == model.size else H[:, np.array(orbitals)[:, None], orbitals]
            energies, _, U = model.diagonalized(part, points)
            undecided |= self._others(model, ranks, energies, points)
            flat = np.moveaxis(U, 0, -1).reshape(len(orbitals) ** 2, len(points))
            rows += [energies.T, flat.real, flat.imag]
        return np.concatenate(rows), undecided

    def _others(self, model: BandStructure, ranks: Sequence[int], energies: Array, points: Array) -> Mask:
        """Where bands form other multiplets than those of these ranks."""
        expected = np.ones(sum(ranks), dtype=bool)
        expected[np.cumsum((0, *ranks[:-1]))] = False
        return np.asarray((follows(model, energies, points, self.tolerance) != expected).any(axis=-1))

    # -- what the kernel is ------------------------------------------------------------------------------------------
    def source(self, language: str = "c") -> str:
        """The program as source. ``language``: "c", a function ``kernel(n, in, out)`` over n points.

        Its last result is the estimated error that decides, against the limit in its comment, whether a point needs
        the eigenstate route.
        """
        if language != "c":
            raise ValueError(f"language: expected 'c', got {language!r}")
        compiled = self._compiled
        if compiled is None:
            raise ValueError(f"source: expected a kernel with a program, got one without ({self.reason})")
        heading = [
            f"{self.model.name}: {', '.join(self.quantities)}; bands by ascending energy, labels [band, components]",
            f"A point is decided where the last result, the error estimate, is at most {LARGEST_ESTIMATE!r}.",
        ]
        outputs = list(zip(compiled.layout.labels, compiled.layout.nodes, strict=True))
        outputs.append(("error_estimate", compiled.error_estimate.node))
        inputs = [name for name in compiled.inputs if isinstance(name, str) and name != TURN]
        return loop_in_c(compiled.program, inputs, outputs, heading, {TURN: 1.0})

    def __repr__(self) -> str:
        return (
            f"Kernel({self.model.name}: {', '.join(self.quantities)}; arguments {', '.join(self.argument_order)}; "
            f"{self.route}, {self.backend})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Kernels travel to worker processes as what they were made from and are compiled there."""
        return self._made_by


def recording_of(components: Mapping[str, Components], multiplets: tuple[int, ...]) -> Recording | None:
    """Where bands are distinct."""
    return Recording(components) if len(multiplets) == sum(multiplets) else None


def _numbers_of(compiled: Compiled, model: BandStructure) -> tuple[float, ...]:
    values = {name: complex(value).real for name, value in model.values().items()}
    made = at_values(compiled.program, [x for x in compiled.inputs if isinstance(x, int)], values.__getitem__)
    return (*values.values(), *made, *[1.0] * compiled.turns)
