"""From a model and a set of quantities to a kernel."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from symcur import quantities as catalogue
from symcur import words
from symcur.eigenstates import DEGENERACY_TOLERANCE
from symcur.kernels.heyoka_backend import HeyokaBackend
from symcur.kernels.kernel import Backend, Compiled, Components, Kernel
from symcur.kernels.layout import Layout
from symcur.kernels.multiplets import multiplets
from symcur.kernels.numpy_backend import NumPyBackend
from symcur.kernels.program import Complex, Scalar, from_sympy
from symcur.kernels.signed import SignedProgram
from symcur.kernels.spectrum import LARGEST, Spectrum, spectrum
from symcur.kernels.states import Nodes, ProgramStates
from symcur.model import Model
from symcur.quantities import Quantity
from symcur.words import Word

BACKENDS: dict[str, Callable[..., Backend]] = {"heyoka": HeyokaBackend, "numpy": NumPyBackend}
# Beyond so many bands or operations the vectorised eigenstate route is as fast and needs no compilation.
_MOST_BANDS, _LONGEST = 8, 40_000


def compile(
    model: Model,
    quantities: Sequence[str | Quantity] | Mapping[str, str | Quantity | Word],
    backend: str = "auto",
    tolerance: float = DEGENERACY_TOLERANCE,
    threads: int = 1,
) -> Kernel:
    """A kernel for the energies and the quantities of a model, all bands at once.

    Parameters
    ----------
    quantities : names from ``symcur.quantities``, or a mapping from names of one's own to such names or to scalar words
        with integer axes. The energies always come along, as "energy".
    backend : "heyoka", "numpy", or "auto" for heyoka where it can be imported.
    tolerance : bands closer than this times the spread of the energies at k form a multiplet.
    threads : how many threads share the points of a call; the numbers do not depend on it.

    The kernel's numbers are those of ``evaluate`` to 1e-9 of their natural scale: points where the program estimates a
    loss of digits are evaluated through eigenstates, and counted. Models with more than four bands, or with bands
    degenerate everywhere, take energies and eigenvectors from LAPACK; with more than eight bands, or functions in H
    that programs lack, every point goes through eigenstates. ``Kernel.route`` and ``.reason`` say what was chosen.

    Raises ValueError or TypeError naming the argument for invalid input, and for ``interband_torque_dipole``, which is
    an operator and not a number per band.
    """
    chosen = _chosen(model, quantities)
    if backend not in ("auto", *BACKENDS):
        raise ValueError(f"backend: {backend!r} came; valid are auto, {', '.join(BACKENDS)}")
    if not (np.isfinite(tolerance) and tolerance >= 0):
        raise ValueError(f"tolerance: {tolerance!r} came; a finite number >= 0 is valid")
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise ValueError(f"threads: {threads!r} came; an integer >= 1 is valid")
    if backend != "numpy":
        try:
            importlib.import_module("heyoka")
            backend = "heyoka"
        except ImportError as error:
            if backend == "heyoka":
                raise ImportError(f"backend: 'heyoka' came, but {error}; 'numpy' works everywhere") from error
            backend = "numpy"
    # By name where possible: the definitions of quantities are functions, which do not travel to other processes.
    known = {name: catalogue.get(name) for name in catalogue.names()}
    asked = {name: next((n for n, q in known.items() if q is value), value) for name, value in chosen.items()}
    arguments = (model, asked, backend, tolerance, threads)
    components = {name: _components(quantity, model.dimension) for name, quantity in chosen.items()}
    ranks = multiplets(model, tolerance)
    reason = ""
    if model.size > LARGEST:
        reason = f"{model.size} bands, closed forms reach {LARGEST}"
    elif len(ranks) < model.size:
        reason = f"bands are degenerate everywhere, in multiplets of ranks {', '.join(map(str, ranks))}"
    try:
        compiled = _compiled(model, components, ranks, BACKENDS[backend], lapack=bool(reason))
    except _NoProgram as obstacle:
        return Kernel(model, components, ranks, None, str(obstacle), arguments)
    return Kernel(model, components, ranks, compiled, reason, arguments)


class _NoProgram(Exception):
    """Why a model and its quantities are not made into a program."""


# -- what is asked for -------------------------------------------------------------------------------------------------
def _chosen(model: Model, quantities: Any) -> dict[str, Quantity | Word]:
    if isinstance(quantities, (str, Quantity)):
        quantities = [quantities]
    if not isinstance(quantities, Mapping):
        quantities = {quantity.name: quantity for quantity in map(catalogue.get, quantities)}
    chosen: dict[str, Quantity | Word] = {"energy": catalogue.get("energy")}
    for name, quantity in quantities.items():
        value = quantity if isinstance(quantity, Word) else catalogue.get(quantity)
        if name == "energy" and value != chosen["energy"]:
            raise ValueError("quantities: the name 'energy' is that of the band energies, which always come along")
        if isinstance(value, Quantity) and value.operator:
            raise ValueError(
                f"quantities: {value.name} is an operator between bands, not a number per band; evaluate() gives it, "
                "and kernels take the words in which it is traced, such as torque_polarizability"
            )
        if isinstance(value, Word):
            wrong = {a for a in _axes(value) if not isinstance(a, int) or not 0 <= a < model.dimension}
            if wrong:
                raise ValueError(
                    f"quantities: the word {name!r} has the axes {', '.join(map(repr, sorted(wrong, key=str)))}; "
                    f"integers from 0 to {model.dimension - 1} are valid"
                )
        chosen[str(name)] = value
    return chosen


def _axes(word: Word) -> Iterator[words.Axis]:
    if isinstance(word, words.Derivative):
        yield word.axis
    for field in dataclasses.fields(word):
        value = getattr(word, field.name)
        if field.name == "axes":
            yield from value
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Word):
                yield from _axes(part)


def _components(quantity: Quantity | Word, dimension: int) -> Components:
    """The scalar words of a quantity, an array with one axis for each index; a quantity is real, a word may not be."""
    if isinstance(quantity, Word):
        return np.array(quantity, dtype=object)
    shape = (dimension,) * len(quantity.indices)
    result = np.empty(shape, dtype=object)
    for axes in quantity.components(dimension):
        result[axes] = words.Re(quantity.word(*axes))
    return result


# -- the program -------------------------------------------------------------------------------------------------------
def _compiled(
    model: Model,
    components: Mapping[str, Components],
    ranks: tuple[int, ...],
    backend: Callable[..., Backend],
    lapack: bool,
) -> Compiled:
    if model.size > _MOST_BANDS:
        raise _NoProgram(f"{model.size} bands, programs reach {_MOST_BANDS}")
    program = SignedProgram()
    inputs = [symbol.name for symbol in (*model.k, *model.parameters)]
    matrices = _Matrices(model, program)
    if lapack:
        found, more = _given_spectrum(program, model.size)
        inputs += more
    else:
        for name in inputs:
            program.input(name)
        found = spectrum(program, matrices("H", ()))
    states = ProgramStates(model, program, matrices, found, ranks)
    layout = Layout({name: _values(states, array) for name, array in components.items()})
    outputs = [*layout.nodes, found.doubt.node]
    if len(program.live(outputs)) > _LONGEST:
        raise _NoProgram(f"a program of more than {_LONGEST} operations")
    singular = matrices.singular([symbol.name for symbol in model.k])
    return Compiled(program, tuple(inputs), layout, found.doubt, backend(program, inputs, outputs), singular)


class _Matrices:
    """H, its derivatives and s as arrays of nodes, each made once; the upper half, the rest conjugated."""

    def __init__(self, model: Model, program: SignedProgram) -> None:
        self._model, self._program = model, program
        self._made: dict[tuple[str, tuple[Any, ...]], Nodes] = {}
        program.relate_phases([model.H])

    def __call__(self, name: str, axes: tuple[Any, ...]) -> Nodes:
        if (name, axes) not in self._made:
            symbolic = self._model.s if name == "s" else self._model.derivative(axes)
            N = self._model.size
            nodes = np.empty((N, N), dtype=object)
            for a in range(N):
                for b in range(a, N):
                    try:
                        nodes[a, b] = from_sympy(self._program, symbolic[a, b])
                    except ValueError as error:
                        raise _NoProgram(str(error)) from None
                    nodes[b, a] = nodes[a, b].conjugate()
                nodes[a, a] = Complex(nodes[a, a].real)
            self._made[name, axes] = nodes
        return self._made[name, axes]

    def singular(self, momenta: Sequence[str]) -> bool:
        """Whether an element divides by a function of the momenta or takes its root."""
        elements = [x.node for nodes in self._made.values() for z in nodes.flat for x in (z.real, z.imag)]
        depends: set[int] = set()
        for node in self._program.live(elements):
            operation, arguments = self._program.nodes[node]
            if operation == "input":
                found = arguments[0] in momenta
            else:
                found = any(argument in depends for argument in self._program.arguments(node))
            if found:
                depends.add(node)
                if operation == "sqrt" or (operation == "/" and arguments[1] in depends):
                    return True
        return False


def _given_spectrum(program: SignedProgram, N: int) -> tuple[Spectrum, list[str]]:
    """Energies and eigenvectors as arguments: e_n, then Re u_an, then Im u_an."""
    names = [f"energy {n}" for n in range(N)]
    parts = [[f"{part} u[{a}, {n}]" for a in range(N) for n in range(N)] for part in ("Re", "Im")]
    levels: list[Scalar] = [program.input(name) for name in names]
    entries = [Complex(program.input(x), program.input(y)) for x, y in zip(*parts, strict=True)]
    vectors = np.array(entries, dtype=object).reshape(N, N)
    return Spectrum(program.zero, levels, vectors, program.zero), [*names, *parts[0], *parts[1]]


def _values(states: ProgramStates, components: Components) -> Nodes:
    """(band, components...) as nodes; the trace over a multiplet shared among its members."""
    N = states.model.size
    values = [np.broadcast_to(states.scalar(word), N) / states.rank for word in components.flat]
    return np.stack(values, axis=-1).reshape(N, *components.shape)
