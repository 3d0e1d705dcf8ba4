"""A compiled kernel: any set of quantities of a model, all bands, at many k."""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sympy import QQ, QQ_I

from symcur.eigenstates import joined, report_touchings
from symcur.kernels.c_source import c_source
from symcur.kernels.handover import distinct_elsewhere, through_eigenstates
from symcur.kernels.layout import Layout
from symcur.kernels.memory import Memory
from symcur.kernels.program import Scalar
from symcur.kernels.signed import SignedProgram
from symcur.model import Model

Components = np.ndarray[Any, np.dtype[Any]]  # of scalar words, one for each choice of the Cartesian axes

ACCURACY = 1e-11
"""Points whose estimated relative error is larger are evaluated through eigenstates."""
LARGEST_DOUBT = (ACCURACY * 2**52) ** 2  # the same in the units of Spectrum.doubt


def _gaussian(a: int, b: int, c: int, d: int) -> Any:
    """a/b + i c/d, an element of QQ_I."""
    return QQ_I(QQ(a, b), QQ(c, d))


def _parts(number: Any) -> tuple[Any, tuple[int, ...]]:
    return _gaussian, tuple(int(part(x)) for x in (number.x, number.y) for part in (QQ.numer, QQ.denom))


copyreg.pickle(type(QQ_I(0)), _parts)  # the numbers in words; SymPy's own pickling of them fails


class Backend(Protocol):
    """Runs a program on arrays (arguments, points) -> (results, points), the number of points a multiple of ``width``.

    ``block`` points fit into the cache; ``streams`` says that any number of points goes at full speed,
    and with several threads.
    """

    name: str
    block: int
    width: int
    streams: bool

    def __call__(self, inputs: NDArray[np.float64], outputs: NDArray[np.float64], threads: int = 1) -> None: ...


@dataclass(frozen=True)
class Compiled:
    """A program with its arguments, the layout of its results, the estimate of its error and what runs it.

    ``singular`` says that matrix elements divide by functions of k or take their roots, so that results may be infinite
    where the energies are not.
    """

    program: SignedProgram
    inputs: tuple[str, ...]
    layout: Layout
    doubt: Scalar
    backend: Backend
    singular: bool


class Values(dict[str, NDArray[Any]]):
    """{quantity: array (..., band, components)}; ``handed_over`` counts the points evaluated through eigenstates."""

    handed_over: int = 0


class Kernel:
    """Made by ``compile``; ``kernel(k, **parameters)`` gives the energies and the quantities at k.

    ``argument_order`` names the arguments: momenta, then parameters. ``shapes`` are the shapes at one k. ``route`` says
    how: "closed form" (energies and eigenvectors inside the program), "LAPACK" (they come from NumPy's eigh, the words
    are read by the program) or "eigenstates" (no program); ``reason`` says why not the first. ``multiplets`` are the
    ranks of the bands that are degenerate everywhere, by ascending energy. ``backend`` is "heyoka" or "numpy".
    """

    def __init__(
        self,
        model: Model,
        components: Mapping[str, Components],
        multiplets: tuple[int, ...],
        compiled: Compiled | None,
        reason: str,
        arguments: tuple[Any, ...],
    ) -> None:
        self.model, self.multiplets, self.reason = model, multiplets, reason
        self._components, self._compiled, self._arguments = components, compiled, arguments
        self._memory = Memory()
        self.tolerance, self.threads = arguments[-2:]
        self.argument_order = tuple(symbol.name for symbol in (*model.k, *model.parameters))
        self.quantities = tuple(components)
        self.shapes = {name: (model.size, *array.shape) for name, array in components.items()}
        self.backend = "numpy" if compiled is None else compiled.backend.name
        self.route = "eigenstates" if compiled is None else "LAPACK" if reason else "closed form"

    def __call__(self, k: ArrayLike, /, **parameters: Any) -> Values:
        """The energies and quantities at k of shape (..., D), Cartesian, as arrays (..., band, components...).

        Parameters by name override the model's defaults. Bands by ascending energy; a multiplet's trace is shared
        equally among its members. A DegeneracyWarning reports bands merged at isolated points. Raises ValueError or
        TypeError naming the argument for invalid input.
        """
        points = self.model.points(k)
        flat = points.reshape(-1, self.model.dimension)
        numbers = [complex(value).real for value in self.model.values(**parameters).values()]
        if self._compiled is None:
            where = np.arange(len(flat))
            arrays, distinct = self._through_eigenstates(flat, parameters)
        else:
            arrays, where = self._run(self._compiled, flat, numbers, parameters)
            if len(where):
                values, distinct = self._through_eigenstates(flat[where], parameters)
                for name, value in values.items():
                    arrays[name][where] = value if np.iscomplexobj(arrays[name]) else value.real
        if len(where):
            levels = np.full(len(flat), float(len(self.multiplets)))
            levels[where] = distinct
            if levels.min() < len(self.multiplets) - 0.5:
                report_touchings(flat, levels, distinct_elsewhere(self.model, self.tolerance, parameters))
        shape = points.shape[:-1]
        result = Values({name: array.reshape(*shape, *self.shapes[name]) for name, array in arrays.items()})
        result.handed_over = len(where)
        return result

    def _through_eigenstates(
        self, flat: NDArray[np.float64], parameters: Mapping[str, Any]
    ) -> tuple[dict[str, NDArray[Any]], NDArray[np.float64]]:
        return through_eigenstates(self.model, self._components, flat, self.tolerance, parameters)

    # -- the program, block by block ---------------------------------------------------------------------------------
    def _run(
        self, compiled: Compiled, flat: NDArray[np.float64], numbers: list[float], parameters: Mapping[str, Any]
    ) -> tuple[dict[str, NDArray[Any]], NDArray[np.intp]]:
        """All quantities as the program has them, and the places of the points that it leaves undecided."""
        n, block = len(flat), compiled.backend.block
        undecided = np.zeros(n, dtype=bool)
        if n <= block:
            rows = self._block(compiled, flat, numbers, parameters, undecided)
        elif compiled.backend.streams and self.route == "closed form":
            rows = self._block(compiled, flat, numbers, parameters, undecided, self.threads)
        else:
            rows = self._memory.empty((len(compiled.layout.nodes), n))

            def work(start: int) -> None:
                place = slice(start, start + block)
                rows[:, place] = self._block(compiled, flat[place], numbers, parameters, undecided[place])

            if self.threads == 1:
                for start in range(0, n, block):
                    work(start)
            else:
                with ThreadPoolExecutor(self.threads) as pool:
                    list(pool.map(work, range(0, n, block)))
        return {name: compiled.layout.view(name, rows) for name in self.quantities}, np.flatnonzero(undecided)

    def _block(
        self,
        compiled: Compiled,
        points: NDArray[np.float64],
        numbers: list[float],
        parameters: Mapping[str, Any],
        undecided: NDArray[np.bool_],
        threads: int = 1,
    ) -> NDArray[np.float64]:
        """The rows at some points; marks those that the program leaves undecided.

        The points are padded to a multiple of the backend's width with copies of the last one.
        """
        D, P, n, width = self.model.dimension, len(numbers), len(points), compiled.backend.width
        padded = -(-n // width) * width
        inputs = np.empty((len(compiled.inputs), padded))
        outputs = self._memory.empty((len(compiled.layout.nodes) + 1, padded))
        inputs[:D, :n], inputs[D : D + P] = points.T, np.array(numbers)[:, None]
        if self.route == "LAPACK":
            inputs[D + P :, :n] = self._lapack(points, parameters, undecided)
        inputs[:, n:] = inputs[:, n - 1 : n]
        compiled.backend(inputs, outputs, threads)
        undecided |= ~(outputs[-1, :n] <= LARGEST_DOUBT)
        if compiled.singular:
            undecided |= ~np.isfinite(outputs[:, :n]).all(axis=0)
        return outputs[:-1, :n]

    def _lapack(
        self, points: NDArray[np.float64], parameters: Mapping[str, Any], undecided: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Energies, then the real and imaginary parts of the vectors, as rows; other multiplets are undecided."""
        energies, U = np.linalg.eigh(self.model.matrix("H", points, **parameters))
        expected = np.ones(self.model.size, dtype=bool)
        expected[np.cumsum((0, *self.multiplets[:-1]))] = False
        undecided |= (joined(energies, self.tolerance) != expected).any(axis=-1)
        flat = np.moveaxis(U, 0, -1).reshape(self.model.size**2, len(points))
        return np.concatenate([energies.T, flat.real, flat.imag])

    # -- what the kernel is ------------------------------------------------------------------------------------------
    def source(self, language: str = "c") -> str:
        """The program as source. ``language``: "c", a function ``kernel(n, in, out)`` over n points.

        Its last result is the estimated error that decides, against the limit in its comment, whether a point needs
        the eigenstate route.
        """
        if language != "c":
            raise ValueError(f"language: {language!r} came; valid is 'c'")
        compiled = self._compiled
        if compiled is None:
            raise ValueError(f"source: this kernel has no program ({self.reason})")
        heading = [
            f"{self.model.name}: {', '.join(self.quantities)}; bands by ascending energy, labels [band, components]",
            f"A point is decided where the last result, the doubt, is at most {LARGEST_DOUBT!r}.",
        ]
        outputs = list(zip(compiled.layout.labels, compiled.layout.nodes, strict=True))
        return c_source(compiled.program, compiled.inputs, [*outputs, ("doubt", compiled.doubt.node)], heading)

    def __repr__(self) -> str:
        return (
            f"Kernel({self.model.name}: {', '.join(self.quantities)}; arguments {', '.join(self.argument_order)}; "
            f"{self.route}, {self.backend})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Kernels travel to worker processes as what they were made from and are compiled there."""
        from symcur.kernels.compilation import compile

        return compile, self._arguments
