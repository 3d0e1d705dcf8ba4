"""Where neither H nor s couples some orbitals to others, the bands are those of the blocks, put in order at every k."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
import sympy as sp
from kernel_models import TRACED, hermitian, largest_error, natural_scales, random_model

from symcur.band_structures import Model
from symcur.eigenstates import DegeneracyWarning, evaluate
from symcur.expressions import Filled, P, S, Trace, v
from symcur.kernels import compile
from symcur.kernels.ordering import ascending
from symcur.kernels.spectrum import _START
from symcur.program import Complex, SimplifyingProgram
from symcur.program.numpy_backend import NumPyBackend
from symcur.quantities.field import filled_curvature

NAMES = ("energy", "velocity", "s_expectation", "berry_curvature", "s_dipole", "s_berry_curvature")
COUPLING, OFFSET = sp.symbols("coupling offset", real=True)


def in_blocks(sizes, D=2, seed=1, coupling=0, s_coupling=0, order=None) -> Model:
    """Random blocks, the last one raised by the parameter ``offset``, with the orbitals in another order."""
    parts = [random_model(N, D, seed=seed + 7 * j) for j, N in enumerate(sizes)]
    N = sum(sizes)
    raised = sp.diag(*[0] * (N - sizes[-1]), *[OFFSET] * sizes[-1])
    H, s = (sp.diag(*(getattr(part, name) for part in parts)) for name in ("H", "s"))
    corner = sp.zeros(N, N)
    corner[0, N - 1] = corner[N - 1, 0] = 1
    order = list(np.random.default_rng(seed).permutation(N)) if order is None else order
    H, s = (matrix.extract(order, order) for matrix in (H + raised + coupling * corner, s + s_coupling * corner))
    return Model(H, s=s, k=parts[0].k, parameters=dict(parts[0].parameters) | {OFFSET: 0.0, COUPLING: 0.0})


def momenta(model: Model, count: int = 60) -> np.ndarray:
    return np.random.default_rng(count).uniform(-3, 3, (count, model.dimension))


def assert_agrees(model: Model, values, names, k, digits=1e-9) -> None:
    scales = natural_scales(model, k)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegeneracyWarning)
        for name in names:
            expected = evaluate(model, name, k)
            largest = np.abs(expected).reshape(len(k), -1).max(axis=-1)[:, None] + np.zeros(model.size)
            assert largest_error(values[name], expected, scales.get(name, largest)) < digits, name


def test_every_quantity_is_that_of_the_whole() -> None:
    model = in_blocks((2, 3), D=1)
    k = momenta(model)
    kernel = compile(model, TRACED, backend="numpy")
    assert kernel.route == "closed form"
    assert sorted(map(len, kernel.blocks)) == [2, 3]
    values = kernel(k)
    assert values.by_eigenstates == 0
    assert_agrees(model, values, TRACED, k)


@pytest.mark.parametrize("backend", ["numpy", "heyoka"])
def test_four_bands_in_the_backends(backend: str) -> None:
    if backend == "heyoka":
        pytest.importorskip("heyoka")
    model = in_blocks((2, 1, 1))
    kernel, k = compile(model, NAMES, backend=backend), momenta(model)
    assert kernel.route == "closed form"
    assert sorted(map(len, kernel.blocks)) == [1, 1, 2]
    values = kernel(k)
    assert values.by_eigenstates == 0
    assert_agrees(model, values, NAMES, k)


def test_blocks_beyond_four_bands_have_their_states_from_lapack() -> None:
    model = in_blocks((5, 1))
    kernel, k = compile(model, NAMES, backend="numpy"), momenta(model)
    assert (kernel.route, kernel.reason) == ("LAPACK", "5 bands, closed forms reach 4")
    values = kernel(k)
    assert values.by_eigenstates == 0
    assert_agrees(model, values, NAMES, k)


def test_the_order_of_the_orbitals_does_not_matter() -> None:
    plain, shuffled = in_blocks((2, 3), order=range(5)), in_blocks((2, 3))
    assert compile(plain, "s_dipole", backend="numpy").blocks == ((0, 1), (2, 3, 4))
    k = momenta(plain)
    one, other = (compile(model, NAMES, backend="numpy")(k) for model in (plain, shuffled))
    for name in NAMES:
        assert largest_error(one[name], other[name], natural_scales(plain, k)[name]) < 1e-9


# -- where levels of different blocks meet -----------------------------------------------------------------------------
def meeting(sizes=(2, 3)) -> tuple[Model, list[Model]]:
    """Two blocks whose second levels are both 1 at k = 0 and have different velocities there, and the blocks."""
    generator, k = np.random.default_rng(3), sp.symbols("k_x k_y", real=True)
    parts = []
    for levels, N in zip(((-1, 1), (-2, 1, 3, 5, 7)), sizes, strict=True):
        H = sp.diag(*levels[:N]) + k[0] * hermitian(generator, N) + k[1] * hermitian(generator, N)
        parts.append(Model(H, s=hermitian(generator, N), k=k))
    return Model(sp.diag(*(part.H for part in parts)), s=sp.diag(*(part.s for part in parts)), k=k), parts


def ring(radius: float, points: int = 12) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False) + 0.1
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1)


@pytest.mark.filterwarnings("ignore::symcur.closed_forms.DigitsWarning")
@pytest.mark.parametrize(("backend", "sizes"), [("numpy", (2, 3)), ("heyoka", (2, 2)), ("numpy", (2, 5))])
def test_at_every_distance_from_where_blocks_meet(backend: str, sizes) -> None:
    """As eigenstates have it, one multiplet where the levels are not told apart; farther away the program goes on."""
    if backend == "heyoka":
        pytest.importorskip("heyoka")
    model, _ = meeting(sizes)
    kernel = compile(model, NAMES, backend=backend)
    assert len(kernel.blocks) == 2
    with pytest.warns(DegeneracyWarning, match="at 1 of 2 points"):
        values = kernel([[0.0, 0.0], [0.5, 0.1]])
    assert_agrees(model, values, NAMES, np.array([[0.0, 0.0], [0.5, 0.1]]))
    handed = []
    for exponent in range(1, 14, 2):
        k = ring(10.0**-exponent)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DegeneracyWarning)
            values = kernel(k)
        handed.append(values.by_eigenstates)
        assert_agrees(model, values, NAMES, k)
    assert handed[:4] == [0, 0, 0, 0]
    assert handed[-2:] == [12, 12]


def test_where_blocks_meet_no_digit_is_lost() -> None:
    """No matrix element leads from one to the other, however close their levels are."""
    model, parts = meeting()
    kernel, k = compile(model, NAMES, backend="numpy"), ring(1e-7)
    values = kernel(k)
    assert values.by_eigenstates == 0
    assert values.error_estimate.max() < 1e-12
    alone = [{name: evaluate(part, name, k) for name in NAMES} for part in parts]
    order = np.argsort(np.concatenate([own["energy"] for own in alone], axis=1), axis=1)
    assert not (order[:, 1:] > order[:, :-1]).all()  # the blocks are mixed
    for name in NAMES:
        together = np.concatenate([own[name] for own in alone], axis=1)
        expected = np.take_along_axis(together, order.reshape(order.shape + (1,) * (together.ndim - 2)), axis=1)
        np.testing.assert_allclose(values[name], expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


def test_the_error_estimate_knows_the_blocks(monkeypatch) -> None:
    monkeypatch.setattr("symcur.kernels.kernel.LARGEST_ESTIMATE", 1e30)
    generator = np.random.default_rng(2)
    k_x, k_y = sp.symbols("k_x k_y", real=True)
    dirac = (
        sp.eye(2) / 7 + k_x * hermitian(generator, 2) + k_y * hermitian(generator, 2)
    )  # a touching in the first block
    H = sp.diag(dirac, 2 * sp.eye(2) + hermitian(generator, 2) / 9 + k_x * hermitian(generator, 2))
    model = Model(H, s=sp.diag(hermitian(generator, 2), hermitian(generator, 2)), k=(k_x, k_y))
    kernel, k = compile(model, NAMES, backend="numpy"), ring(1.0, 100) * 10 ** generator.uniform(-6, 0, (100, 1))
    assert len(kernel.blocks) == 2
    values, scales = kernel(k), natural_scales(model, k)
    assert values.by_eigenstates == 0
    for name in NAMES[1:]:
        error = np.abs(values[name] - evaluate(model, name, k)).reshape(100, 4, -1).max(axis=-1) / scales[name]
        assert (error.max(axis=-1) < values.error_estimate).all(), name
    assert 1e-9 < values.error_estimate.max() < 1e-6


def test_a_state_without_overlap_with_the_start_vector_of_its_block() -> None:
    """At k = 0 the closed form of the first block has lost all digits, from both start vectors, which no gap tells."""
    a, b = (x + sp.I * y for x, y in _START[:2])
    k_x, state = sp.Symbol("k_x", real=True), sp.Matrix([-sp.conjugate(b), sp.conjugate(a), 0])
    block = (
        sp.expand(state * state.H) / (state.H * state)[0]
        + sp.diag(0, 0, 2)
        + k_x * hermitian(np.random.default_rng(1), 3)
    )
    model = Model(sp.diag(block, 4), s=sp.diag(hermitian(np.random.default_rng(2), 3), 1), k=k_x)
    kernel, k = compile(model, NAMES[:3], backend="numpy"), np.array([[0.0], [1e-12], [1e-2]])
    values = kernel(k)
    assert (len(kernel.blocks), values.by_eigenstates) == (2, 2)
    assert_agrees(model, values, NAMES[:3], k)


def test_what_is_not_finite_is_refused() -> None:
    k = sp.Symbol("k_x", real=True)
    kernel = compile(Model(sp.diag(k**400 / 10**200, 1), s=sp.diag(1, 2), k=k), "velocity", backend="numpy")
    assert kernel([[0.5]]).by_eigenstates == 0
    with pytest.raises(ValueError, match=r"k: expected momenta where .* finite"):
        kernel([[0.5], [30.0]])


# -- what is a block ---------------------------------------------------------------------------------------------------
def test_s_may_couple_what_H_does_not() -> None:
    model = in_blocks((2, 3), s_coupling=1)
    kernel, k = compile(model, NAMES, backend="numpy"), momenta(model)
    assert len(kernel.blocks) == 1
    assert_agrees(model, kernel(k), NAMES, k)


def test_values_of_parameters_decouple() -> None:
    model = in_blocks((2, 3), coupling=COUPLING)
    kernel, k = compile(model, NAMES, backend="numpy"), momenta(model)
    assert sorted(map(len, kernel.blocks)) == [2, 3]
    values = kernel(k, offset=0.3)  # which is zero too, and couples nothing
    assert values.by_eigenstates == 0
    assert_agrees(model.with_values(offset=0.3), values, NAMES, k)
    values, coupled = kernel(k, coupling=0.3), model.with_values(coupling=0.3)
    assert values.by_eigenstates == len(k)
    assert_agrees(coupled, values, NAMES, k)
    assert len(compile(coupled, NAMES, backend="numpy").blocks) == 1


def twins(lifted=0) -> Model:
    """A block of two bands, another that is its complex conjugate with another s, and a third of one band."""
    part, third = random_model(2, 2, seed=4), random_model(1, 2, seed=5)
    other = part.H.T + lifted * sp.eye(2)
    s = sp.diag(part.s, hermitian(np.random.default_rng(4), 2), third.s)
    return Model(sp.diag(part.H, other, third.H), s=s, k=part.k, parameters=dict(part.parameters))


def test_multiplets_of_blocks_with_equal_energies_share_what_these_add_up_to() -> None:
    model = twins()
    kernel, k = compile(model, NAMES, backend="numpy"), momenta(model)
    assert kernel.route == "closed form"
    assert sorted(kernel.multiplets) == [1, 2, 2]
    assert kernel.blocks == ((0, 1), (2, 3), (4,))
    values = kernel(k)
    assert values.by_eigenstates == 0
    assert_agrees(model, values, NAMES, k)


def test_what_is_no_sum_over_the_states_of_a_multiplet_keeps_them_together() -> None:
    model, product = twins(), Trace(P * v(0)) * Trace(P * v(1))
    kernel, k = compile(model, {"product": product}, backend="numpy"), momenta(model)
    assert len(kernel.blocks) == 1
    np.testing.assert_allclose(kernel(k)["product"], evaluate(model, product, k), rtol=1e-9, atol=1e-9)


@pytest.mark.filterwarnings("ignore::symcur.closed_forms.DigitsWarning")
def test_energies_that_are_equal_at_most_momenta_only() -> None:
    k_x = sp.Symbol("k_x", real=True)
    model = twins(lifted=(k_x / 10) ** 40 / 1000)
    kernel = compile(model, NAMES, backend="numpy")
    assert len(kernel.blocks) == 3
    k = np.column_stack([np.linspace(0.5, 9, 35), np.full(35, 0.7)])
    values = kernel(k)
    assert 10 < values.by_eigenstates < 25
    assert_agrees(model, values, NAMES, k)


def test_one_level_of_two_blocks() -> None:
    k = sp.Symbol("k_x", real=True)
    kernel = compile(
        Model((2 + sp.cos(k)) * sp.eye(2), s=sp.diag(1, 3), k=k), ["velocity", "s_current"], backend="numpy"
    )
    values = kernel([[0.5]])
    assert values.by_eigenstates == 0
    np.testing.assert_allclose(values["s_current"][..., 0], -2 * np.sin([[0.5, 0.5]]), rtol=1e-15)


def test_all_filled_bands_are_those_of_each_block_in_a_trace_and_not_in_a_square() -> None:
    model = in_blocks((2, 1))
    trace = filled_curvature.expression(0, 1).operand
    for asked, blocks in ((Filled(trace), 2), (Filled(trace * trace), 1)):
        kernel, k = compile(model, {"asked": asked}, backend="numpy"), momenta(model)
        assert len(kernel.blocks) == blocks
        np.testing.assert_allclose(kernel(k)["asked"], evaluate(model, asked, k), rtol=1e-9, atol=1e-9)


def test_products_of_traces_are_those_of_one_band() -> None:
    model = in_blocks((2, 2))
    own = Trace(P * v(0)) * Trace(P * v(0) * S * v(1))
    kernel, k = compile(model, {"own": own}, backend="numpy"), momenta(model)
    assert len(kernel.blocks) == 2
    values = kernel(k)["own"]
    assert np.iscomplexobj(values)
    np.testing.assert_allclose(values, evaluate(model, own, k), rtol=1e-9, atol=1e-9)


# -- putting bands in order --------------------------------------------------------------------------------------------
def test_any_number_of_ascending_lists_becomes_one() -> None:
    generator = np.random.default_rng(6)
    for sizes in (*itertools.product(range(1, 6), repeat=2), (3, 1, 4, 2), (1,) * 6):
        program, names = SimplifyingProgram(), [f"x{n}" for n in range(sum(sizes))]
        nodes = np.array([Complex(program.input(name)) for name in names], dtype=object)
        blocks = [{"energy": x, "name": -x} for x in np.split(nodes, np.cumsum(sizes)[:-1])]
        found = ascending(program, blocks)
        outputs = [z.real.node for name in ("energy", "name") for z in found[name]]
        given = np.vstack([np.sort(generator.integers(0, 4, (N, 200)), axis=0) for N in sizes]).astype(float)
        result = np.empty((len(outputs), 200))
        NumPyBackend(program, names, outputs)(given, result)
        np.testing.assert_array_equal(result[: len(given)], np.sort(given, axis=0))
        np.testing.assert_array_equal(result[len(given) :], -result[: len(given)])
