"""From a model and a set of quantities to a kernel."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from symcur import expressions as ex
from symcur import quantities as catalogue
from symcur.band_structures import BandStructure, Model, named
from symcur.band_structures.formulas import Formulas
from symcur.band_structures.levels import Closeness, Window
from symcur.band_structures.metric import Metric
from symcur.eigenstates import asked_for
from symcur.expressions import Expression
from symcur.expressions.additive import is_sum_over_blocks
from symcur.kernels.kernel import Backend, Compiled, Kernel, recording_of
from symcur.kernels.layout import Layout
from symcur.kernels.ordering import ascending, error_of_blocks, shared
from symcur.kernels.spectrum import LARGEST, PAIRS, TURN, Spectrum, spectrum, spectrum_of_pairs
from symcur.kernels.states import Nodes, ProgramStates
from symcur.kernels.structure import Structure, in_blocks, whole
from symcur.program import Complex, Scalar, SimplifyingProgram
from symcur.program.heyoka_backend import HeyokaBackend
from symcur.program.matrices import matrix_of_nodes, total
from symcur.program.numpy_backend import NumPyBackend
from symcur.program.of_parameters import made_of_parameters
from symcur.quantities import Quantity

BACKENDS: dict[str, Callable[..., Backend]] = {"heyoka": HeyokaBackend, "numpy": NumPyBackend}
# Beyond so many bands or operations eigenstates are as fast and need no compilation. A program that leaves the eigenvectors to
# LAPACK saves half of the time, in which a second of compilation, several thousand operations, pays for 10^5 points.
_MOST_BANDS, _LONGEST, _LONGEST_AFTER_LAPACK = 8, 40_000, 10_000


def compile(
    model: BandStructure | str,
    quantities: Sequence[str | Quantity] | Mapping[str, str | Quantity | Expression],
    backend: str = "auto",
    tolerance: Closeness = None,
    threads: int | None = None,
) -> Kernel:
    """A kernel for the energies and the quantities of a model, all bands at once.

    Parameters
    ----------
    quantities : names from ``symcur.quantities``, or a mapping from names of one's own to such names or to scalar expressions
        with integer axes. The energies always come along, as "energy".
    backend : "heyoka", "numpy", or "auto" for heyoka where it can be imported.
    tolerance : bands closer than this times the spread of the energies at k, or than a ``Window``, form a multiplet. None stands for 1e-9, or 1e-12
        where the bands are known to be distinct at a generic k for the parameters given.
    threads : how many threads share the points of a call; the numbers do not depend on it. None stands for one for each core where
        every point goes through eigenstates, which threads share well, but not for functions of one's own; and for one elsewhere.

    ``Values.error_estimate`` bounds the rounding errors at each k, in units of the natural scale of each quantity. Where that
    of the closed form exceeds 1e-10, from both of two start vectors, the point is evaluated through eigenstates, and counted; what is left then is the loss of
    digits of H itself, |H|/gap. Orbitals that neither H nor s couples to others are a block, a program of its own beside those of the
    others (of formulas, and with the default ``tolerance``); also where only the values of the model make the blocks, and calls with other
    values go through eigenstates. Blocks of more than four bands, or with bands degenerate everywhere but for two pairs, and bosons take
    energies and eigenvectors from LAPACK; with more than eight bands in a block, programs that take long to compile, or functions in H that
    programs lack, every point goes through eigenstates. ``Kernel.route``, ``.reason`` and ``.blocks`` say what was chosen.

    Raises ValueError or TypeError naming the argument for invalid input, and for ``interband_torque_dipole``, which is
    an operator and not a number per band.

    >>> import symcur as sc
    >>> kernel = sc.compile(sc.models.kane_mele(lambda_R=0.05), ["s_dipole"])
    >>> values = kernel([[0.3, 0.2], [1.0, 2.0]])
    >>> values["energy"].shape, values["s_dipole"].shape
    ((2, 4), (2, 4, 2))
    """
    model = named(model)
    chosen = _chosen(model, quantities)
    if backend not in ("auto", *BACKENDS):
        raise ValueError(f"backend: expected one of auto, {', '.join(BACKENDS)}, got {backend!r}")
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or threads < 1):
        raise ValueError(f"threads: expected an integer >= 1, got {threads!r}")
    if backend != "numpy":
        try:
            importlib.import_module("heyoka")
            backend = "heyoka"
        except ImportError as error:
            if backend == "heyoka":
                raise ImportError(
                    f"backend: expected one that is installed, got 'heyoka' ({error}); 'numpy' works everywhere"
                ) from error
            backend = "numpy"
    # By name where possible: the definitions of quantities are functions, which do not travel to other processes.
    known = {id(quantity): quantity.name for quantity in catalogue.QUANTITIES}
    asked = {name: known.get(id(value), value) for name, value in chosen.items()}
    components = {name: catalogue.components(quantity, model.dimension) for name, quantity in chosen.items()}
    expressions = [x for array in components.values() for x in array.flat]
    separate = tolerance is None and model.bosons is None and not any(map(_mixes_blocks, expressions))
    if isinstance(model, Model) and separate:
        structure = in_blocks(model, additive=all(map(is_sum_over_blocks, expressions)))
    else:
        structure = whole(model, tolerance)
    reason = ""
    if structure.largest > LARGEST:
        reason = f"{structure.largest} bands, closed forms reach {LARGEST}"
    elif not structure.closed_form:
        reason = f"bands are degenerate everywhere, in multiplets of ranks {', '.join(map(str, structure.ranks))}"
    elif isinstance(tolerance, Window):
        reason = f"bands closer than {tolerance.energy:g} are one multiplet"
    elif model.bosons is not None:
        reason = "bosons, whose eigenvectors are not orthogonal"
    compiled: Compiled | None = None
    if isinstance(model, Model):
        content = tuple((name, array.shape, tuple(array.flat)) for name, array in components.items())
        found = _compiled(model.formulas, content, structure, backend, bool(reason), model.bosons)
        compiled, reason = (None, found) if isinstance(found, str) else (found, reason)
    else:
        reason = "a model given by numbers, not by formulas"
    return Kernel(
        model, components, structure.ranks, compiled, reason, compile, (model, asked, backend, tolerance, threads)
    )


class _NoProgram(Exception):
    """Why a model and its quantities are not made into a program."""


# -- what is asked for -------------------------------------------------------------------------------------------------
def _chosen(model: BandStructure, quantities: Any) -> dict[str, Quantity | Expression]:
    if isinstance(quantities, (str, Quantity)):
        quantities = [quantities]
    asked: dict[str, Quantity | Expression] = {"energy": catalogue.get("energy")}
    for name, value in asked_for(model, "quantities", quantities).items():
        if name == "energy" and value != asked["energy"]:
            raise ValueError(
                "quantities: expected names other than 'energy', that of the band energies, got it for another"
            )
        if isinstance(value, Quantity) and value.operator:
            raise ValueError(
                f"quantities: expected numbers per band, got {value.name}, an operator between bands; evaluate() gives it, "
                "and kernels take what traces it, such as torque_polarizability"
            )
        if isinstance(value, Expression):
            axes = map(ex.momentum, ex.axes_of(value)) if model.covariant else ex.axes_of(value)
            wrong = {a for a in axes if not isinstance(a, int) or not 0 <= a < model.dimension}
            if wrong:
                raise ValueError(
                    f"quantities: expected axes from 0 to {model.dimension - 1}, got {name!r} with the axes "
                    f"{', '.join(map(repr, sorted(wrong, key=str)))}"
                )
        asked[name] = value
    return asked


@lru_cache(maxsize=256)
def _mixes_blocks(expression: Expression) -> bool:
    """Whether the filled bands of several blocks of H and s together are more than those of each."""
    filled = (node for node in ex.walk(expression) if isinstance(node, ex.Filled))
    return not all(is_sum_over_blocks(node.operand) for node in filled)


# -- the program -------------------------------------------------------------------------------------------------------
Content = tuple[tuple[str, tuple[int, ...], tuple[Expression, ...]], ...]  # name, shape and components of each quantity


@lru_cache(maxsize=64)
def _compiled(
    formulas: Formulas, content: Content, structure: Structure, backend: str, lapack: bool, bosons: Metric | None
) -> Compiled | str:
    """The program, made once for models that differ in the values of parameters; or why there is none."""
    try:
        return _program(formulas, content, structure, BACKENDS[backend], lapack, bosons)
    except _NoProgram as obstacle:
        return str(obstacle)


def _program(
    formulas: Formulas,
    content: Content,
    structure: Structure,
    backend: Callable[..., Backend],
    lapack: bool,
    bosons: Metric | None,
) -> Compiled:
    if structure.largest > _MOST_BANDS:
        raise _NoProgram(f"{structure.largest} bands, programs reach {_MOST_BANDS}")
    program = SimplifyingProgram()
    inputs, given = [symbol.name for symbol in formulas.symbols], list[str]()
    matrices = _Matrices(formulas, program)
    if not lapack:
        for name in inputs:
            program.input(name)
    components = {name: np.array(flat, dtype=object).reshape(shape) for name, shape, flat in content}
    solved, values = [], []
    for block in structure.blocks:
        spectra, twins = [], []
        for orbitals in block.all:
            own = _within(orbitals, matrices)
            if lapack:
                found, more = _given_spectrum(program, orbitals, block.ranks, bosons)
                given += more
            else:
                found = (spectrum_of_pairs if block.ranks == PAIRS else spectrum)(program, own("H", ()))
            s = formulas.s.extract(orbitals, orbitals)
            states = ProgramStates(s, program, own, found, block.ranks, bosons)
            spectra.append(found)
            twins.append({name: states.values(array) for name, array in components.items()})
        solved.append((spectra, block.ranks))
        values.append(shared(twins))
    layout = Layout(ascending(program, values))
    error_estimate = error_of_blocks(program, solved)
    outputs = [*layout.nodes, error_estimate.node]
    if program.input(TURN).node in program.live(outputs):
        given.append(TURN)
    arguments = (*inputs, *made_of_parameters(program, outputs, {*inputs[: len(formulas.k)], *given}), *given)
    longest = _LONGEST_AFTER_LAPACK if lapack else _LONGEST
    if len(program.live(outputs)) > longest:
        raise _NoProgram(f"a program of more than {longest} operations")
    singular = matrices.singular([symbol.name for symbol in formulas.k])
    runner, recording = backend(program, arguments, outputs), recording_of(components, structure.ranks)
    return Compiled(program, arguments, layout, error_estimate, runner, singular, structure, recording)


class _Matrices:
    """H, its derivatives and s as arrays of nodes, each made once."""

    def __init__(self, formulas: Formulas, program: SimplifyingProgram) -> None:
        self._formulas, self._program = formulas, program
        self._made: dict[tuple[str, tuple[Any, ...]], Nodes] = {}
        program.relate_phases([formulas.H])

    def __call__(self, name: str, axes: tuple[Any, ...]) -> Nodes:
        if (name, axes) not in self._made:
            try:
                self._made[name, axes] = matrix_of_nodes(self._program, self._formulas.symbolic(name, axes))
            except ValueError as error:
                raise _NoProgram(str(error)) from None
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


def _within(orbitals: tuple[int, ...], matrices: Callable[..., Nodes]) -> Callable[[str, tuple[Any, ...]], Nodes]:
    place = np.ix_(orbitals, orbitals)
    return lambda name, axes: matrices(name, axes)[place]


def _given_spectrum(
    program: SimplifyingProgram, orbitals: tuple[int, ...], ranks: tuple[int, ...], bosons: Metric | None
) -> tuple[Spectrum, list[str]]:
    """Energies and eigenvectors of a block as arguments: e_n, then Re u_an, then Im u_an, named by its orbitals."""
    N = len(orbitals)
    names = [f"energy {n}" for n in orbitals]
    parts = [[f"{part} u[{a}, {n}]" for a in orbitals for n in orbitals] for part in ("Re", "Im")]
    levels: list[Scalar] = [program.input(name) for name in names]
    entries = [Complex(program.input(x), program.input(y)) for x, y in zip(*parts, strict=True)]
    vectors = np.array(entries, dtype=object).reshape(N, N)
    inverse_gaps = [1 / (levels[n] - levels[n - 1]) for n in np.cumsum(ranks)[:-1]]
    error_estimate = program.one  # the square of Eigenstates.amplification
    if inverse_gaps:
        error_estimate += total(e * e for e in levels) * total(x * x for x in inverse_gaps)
    if bosons is not None:
        size = total(z.real * z.real + z.imag * z.imag for z in entries) / N
        error_estimate *= size * size
    return Spectrum(program.zero, levels, vectors, error_estimate), [*names, *parts[0], *parts[1]]
