"""From a model and a set of quantities to a kernel."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from symcur import expressions as ex
from symcur import quantities as catalogue
from symcur.band_structures import BandStructure, Model, named
from symcur.band_structures.formulas import Formulas, generic_values
from symcur.band_structures.levels import Closeness, Window, follows
from symcur.band_structures.metric import Metric
from symcur.eigenstates import asked_for
from symcur.expressions import Expression
from symcur.kernels.kernel import Backend, Compiled, Kernel, Layout
from symcur.kernels.spectrum import LARGEST, PAIRS, Spectrum, spectrum, spectrum_of_pairs
from symcur.kernels.states import Nodes, ProgramStates
from symcur.program import Complex, Scalar, SimplifyingProgram
from symcur.program.heyoka_backend import HeyokaBackend
from symcur.program.matrices import matrix_of_nodes, total
from symcur.program.numpy_backend import NumPyBackend
from symcur.quantities import Quantity

BACKENDS: dict[str, Callable[..., Backend]] = {"heyoka": HeyokaBackend, "numpy": NumPyBackend}
# Beyond so many bands or operations eigenstates are as fast and need no compilation. A program that leaves the eigenvectors to
# LAPACK saves half of the time, in which a second of compilation, several thousand operations, pays for 10^5 points.
_MOST_BANDS, _LONGEST, _LONGEST_AFTER_LAPACK = 8, 40_000, 10_000
_POINTS = 5  # momenta at which the pattern of multiplets is looked at


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
    of the closed form exceeds 1e-10 the point is evaluated through eigenstates, and counted; what is left then is the loss of
    digits of H itself, |H|/gap. Models with more than four bands, or with bands degenerate everywhere but for two pairs, and bosons take energies
    and eigenvectors from LAPACK; with more than eight bands, programs that take long to compile, or functions in H that programs
    lack, every point goes through eigenstates. ``Kernel.route`` and ``.reason`` say what was chosen.

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
    ranks = multiplets(model, tolerance)
    reason = ""
    if model.size > LARGEST:
        reason = f"{model.size} bands, closed forms reach {LARGEST}"
    elif len(ranks) < model.size and ranks != PAIRS:
        reason = f"bands are degenerate everywhere, in multiplets of ranks {', '.join(map(str, ranks))}"
    elif isinstance(tolerance, Window):
        reason = f"bands closer than {tolerance.energy:g} are one multiplet"
    elif model.bosons is not None:
        reason = "bosons, whose eigenvectors are not orthogonal"
    compiled: Compiled | None = None
    if isinstance(model, Model):
        content = tuple((name, array.shape, tuple(array.flat)) for name, array in components.items())
        found = _compiled(model.formulas, content, ranks, backend, bool(reason), model.bosons)
        compiled, reason = (None, found) if isinstance(found, str) else (found, reason)
    else:
        reason = "a model given by numbers, not by formulas"
    return Kernel(model, components, ranks, compiled, reason, compile, (model, asked, backend, tolerance, threads))


class _NoProgram(Exception):
    """Why a model and its quantities are not made into a program."""


def multiplets(model: BandStructure, tolerance: Closeness) -> tuple[int, ...]:
    """The ranks of the multiplets by ascending energy, as most of a few random momenta and parameter values show them, or two pairs where
    the values of the model's parameters make them of four bands.

    Elsewhere another pattern may occur (bands of different rank cross; a parameter value raises the symmetry): a kernel
    notices such points.
    """
    if isinstance(model, Model) and model.bosons is None:  # bosons are stable for some values of parameters only
        some = generic_values(model.parameters, np.random.default_rng(3))
        generic = _of_generic_values(model.with_values(some), tolerance)
        return PAIRS if generic == (1,) * 4 and _in_pairs(model, tolerance) else generic
    return _ranks(model, tolerance, lambda generator: model)


def _in_pairs(model: Model, tolerance: Closeness) -> bool:
    """Whether four bands are two pairs at a few random momenta for the values of the model's parameters."""
    k = np.random.default_rng(5).uniform(-2.0, 2.0, size=(_POINTS, model.dimension))
    try:
        return bool((follows(model, model.energies(k), k, tolerance) == [False, True, False, True]).all())
    except ValueError:  # a parameter without a value, or not finite there
        return False


@lru_cache(maxsize=64)
def _of_generic_values(model: Model, tolerance: Closeness) -> tuple[int, ...]:
    """Once for models that differ in the values of parameters."""
    return _ranks(model, tolerance, lambda generator: model.with_values(generic_values(model.parameters, generator)))


def _ranks(
    model: BandStructure, tolerance: Closeness, drawn: Callable[[np.random.Generator], BandStructure]
) -> tuple[int, ...]:
    generator = np.random.default_rng(5)
    seen: Counter[tuple[int, ...]] = Counter()
    for _ in range(_POINTS):
        model = drawn(generator)
        try:
            k = generator.uniform(-2.0, 2.0, size=(1, model.dimension))
            energies = model.energies(k)
        except ValueError:  # not finite there
            continue
        starts = np.flatnonzero(~follows(model, energies, k, tolerance)[0])
        seen[tuple(int(r) for r in np.diff([*starts, model.size]))] += 1
    return seen.most_common(1)[0][0] if seen else (1,) * model.size


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


# -- the program -------------------------------------------------------------------------------------------------------
Content = tuple[tuple[str, tuple[int, ...], tuple[Expression, ...]], ...]  # name, shape and components of each quantity


@lru_cache(maxsize=64)
def _compiled(
    formulas: Formulas, content: Content, ranks: tuple[int, ...], backend: str, lapack: bool, bosons: Metric | None
) -> Compiled | str:
    """The program, made once for models that differ in the values of parameters; or why there is none."""
    try:
        return _program(formulas, content, ranks, BACKENDS[backend], lapack, bosons)
    except _NoProgram as obstacle:
        return str(obstacle)


def _program(
    formulas: Formulas,
    content: Content,
    ranks: tuple[int, ...],
    backend: Callable[..., Backend],
    lapack: bool,
    bosons: Metric | None,
) -> Compiled:
    if formulas.H.rows > _MOST_BANDS:
        raise _NoProgram(f"{formulas.H.rows} bands, programs reach {_MOST_BANDS}")
    program = SimplifyingProgram()
    inputs = [symbol.name for symbol in formulas.symbols]
    matrices = _Matrices(formulas, program)
    if lapack:
        found, more = _given_spectrum(program, ranks, bosons)
        inputs += more
    else:
        for name in inputs:
            program.input(name)
        found = (spectrum_of_pairs if ranks == PAIRS else spectrum)(program, matrices("H", ()))
    states = ProgramStates(formulas, program, matrices, found, ranks, bosons)
    components = {name: np.array(flat, dtype=object).reshape(shape) for name, shape, flat in content}
    layout = Layout({name: states.values(array) for name, array in components.items()})
    outputs = [*layout.nodes, found.error_estimate.node]
    longest = _LONGEST_AFTER_LAPACK if lapack else _LONGEST
    if len(program.live(outputs)) > longest:
        raise _NoProgram(f"a program of more than {longest} operations")
    singular = matrices.singular([symbol.name for symbol in formulas.k])
    return Compiled(program, tuple(inputs), layout, found.error_estimate, backend(program, inputs, outputs), singular)


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


def _given_spectrum(
    program: SimplifyingProgram, ranks: tuple[int, ...], bosons: Metric | None
) -> tuple[Spectrum, list[str]]:
    """Energies and eigenvectors as arguments: e_n, then Re u_an, then Im u_an."""
    N = sum(ranks)
    names = [f"energy {n}" for n in range(N)]
    parts = [[f"{part} u[{a}, {n}]" for a in range(N) for n in range(N)] for part in ("Re", "Im")]
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
