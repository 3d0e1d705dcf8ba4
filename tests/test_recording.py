"""What is recorded at one momentum gives at all others what eigenstates give: for every quantity, every s and any number of momenta."""

import tracemalloc

import numpy as np
import pytest
import sympy as sp
from random_models import random_lattice_model

from symcur import Model, compile, evaluate, quantities
from symcur.band_structures import BandStructure, tight_binding
from symcur.eigenstates import DegeneracyWarning, Eigenstates, Recording, values_at
from symcur.observables.engine import BandValues, Term

K = np.random.default_rng(4).uniform(
    -3, 3, size=(1500, 2)
)  # for five bands more than two rounds, and no multiple of them
QUANTITIES = ("velocity", "s_expectation", "s_berry_curvature", "symmetrized_curvature")
x, y, t = sp.symbols("k_x k_y t", real=True)


def components(model: BandStructure, names=QUANTITIES) -> dict[str, np.ndarray]:
    return {name: quantities.components(quantities.get(name), model.dimension) for name in names}


def by_eigenstates(model: BandStructure, asked: dict[str, np.ndarray], k: np.ndarray) -> dict[str, np.ndarray]:
    return {name: Eigenstates(model, k).values(array) for name, array in asked.items()}


def assert_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    for name, values in expected.items():
        assert found[name].shape == values.shape, name
        np.testing.assert_allclose(found[name], values, rtol=0, atol=1e-12 * np.abs(values).max(), err_msg=name)


def numbers(model: Model) -> BandStructure:
    """The same by functions, so that every point goes through eigenstates."""
    H, s = (lambda k, axes=(): model.matrix("H", k, axes)), model.matrix("s", np.zeros(model.dimension))
    return Model.from_functions(H, s, derivatives=H, dimension=model.dimension)


def test_every_quantity_is_what_eigenstates_give():
    model = random_lattice_model(5, 2)
    asked = components(model, [quantity.name for quantity in quantities.QUANTITIES if not quantity.operator])
    assert_same(Recording(asked)(Eigenstates(model, K), None), by_eigenstates(model, asked, K))
    assert len(asked) > 20


def test_any_number_of_momenta():
    model = random_lattice_model(9, 3)
    asked, k = components(model), np.random.default_rng(5).uniform(-3, 3, size=(300, 3))
    recording = Recording(asked)
    assert recording(Eigenstates(model, k[:3]), None) is None  # once, that is read sooner than recorded
    for count in (1, 300, 60, 202, 3):
        assert_same(recording(Eigenstates(model, k[:count]), None), by_eigenstates(model, asked, k[:count]))


def test_what_blocks_find_is_not_held_twice():
    """Beside the result stand one block and two numbers for each momentum."""
    model = numbers(random_lattice_model(2, 2))
    k = np.random.default_rng(8).uniform(-3, 3, size=(600_000, 2))

    def taken(count):
        tracemalloc.start()
        found = evaluate(model, "s_berry_curvature", k[:count])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return np.array([peak, found.nbytes])

    more, result = taken(600_000) - taken(300_000)
    assert more < 1.5 * result


def test_another_s_is_recorded_anew():
    model = random_lattice_model(3, 2)
    asked = components(model)
    recording = Recording(asked)
    for s in (sp.diag(1, 2, 3), sp.Matrix([[0, 1, 0], [1, 0, 2], [0, 2, 0]]), sp.diag(1, 2, 3)):
        other = model.with_s(s)
        assert_same(recording(Eigenstates(other, K), None), by_eigenstates(other, asked, K))


def test_where_bands_touch_they_are_read_as_one():
    """H = k.sigma next to a third level: at k = 0, among other momenta, the two share the trace; nothing is infinite there."""
    model = numbers(Model([[x, -sp.I * y, 0], [sp.I * y, -x, t], [0, t, 9]], sp.diag(1, 2, 5), [x, y], {t: 0}))
    kernel = compile(model, QUANTITIES)
    k = np.concatenate([K, np.zeros((1, 2)), K])
    with pytest.warns(DegeneracyWarning, match="at 1 of 3001 points"):
        found = kernel(k)
    assert_same(
        {name: found[name][[7, 1500]] for name in QUANTITIES}, by_eigenstates(model, components(model), k[[7, 1500]])
    )
    assert found["s_expectation"][1500].tolist() == [1.5, 1.5, 5]


def test_bands_degenerate_everywhere_and_diagonal_velocities_are_left_to_eigenstates():
    pairs = numbers(Model(sp.diag(sp.cos(x), sp.cos(x), y), sp.diag(1, 2, 3), [x, y]))
    layers = numbers(Model([[x**2, t], [t, y]], sp.diag(1, 2), [x, y], {t: 1}))
    for model in (pairs, layers):
        recording = Recording(components(model))
        assert recording(Eigenstates(model, np.tile(K, (2, 1))), None) is None
        assert_same(values_at(model, components(model), K, None)[0], by_eigenstates(model, components(model), K))


@pytest.mark.parametrize("between", [0.0, 0.7])
def test_phases_of_the_orbitals_are_left_out_where_s_commutes_with_their_positions(between):
    """Four orbitals; ``between`` is an element of s from one to the place of another, a cell away."""
    generator = np.random.default_rng(3)
    t = {(0, 0): np.diag([1.0, 2, 3, 4])}
    for R in ((1, 0), (0, 1), (1, 1)):
        t[R] = generator.normal(size=(4, 4)) + 1j * generator.normal(size=(4, 4))
        t[tuple(-n for n in R)] = t[R].conj().T
    s = np.array([[1, 0.5j, 0, 0], [-0.5j, -1, 0, between], [0, 0, 1, 0], [0, between, 0, -1]])
    positions = [[0.1, 0.2], [0.1, 0.2], [0.6, 0.9], [1.1, 0.2]]
    model = Model.from_hoppings(t, s, np.eye(2), positions=positions)
    exact, loose = model.at(K), model.at(K, up_to_phases=True)
    D = np.exp(1j * K @ np.array(positions).T) if between == 0 else np.ones((len(K), 4))
    for axes in ((), (0,), (0, 1)):
        np.testing.assert_allclose(
            loose("H", axes), D[:, :, None] * exact("H", axes) * D.conj()[:, None, :], atol=1e-12
        )
    assert (np.abs(loose("H", ()) - exact("H", ())).max() > 1) == (between == 0)
    assert_same(values_at(model, components(model), K, None)[0], by_eigenstates(model, components(model), K))


def test_threads_are_those_of_the_cores_where_eigenstates_do_the_work(monkeypatch):
    """But a function of one's own may write all its results into one buffer, which several threads must not do at once."""
    model = random_lattice_model(3, 2)
    bonds, s = tight_binding(model), model.matrix("s", np.zeros(2))
    links = Model.from_hoppings(bonds.hoppings, s, bonds.cell.vectors, positions=bonds.positions)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    shared, alone = compile(links, QUANTITIES), compile(links, QUANTITIES, threads=1)
    assert [kernel.threads for kernel in (shared, alone)] == [3, 1]
    assert [compile(one, QUANTITIES).threads for one in (numbers(model), model)] == [1, 1]
    found, expected, evaluated = shared(K), alone(K), evaluate(links, QUANTITIES, K)
    for name in QUANTITIES:
        assert (found[name] == expected[name]).all()
        assert (found[name] == evaluated[name]).all()
    threads = [BandValues(one, {"d": [Term("s_dipole", "f")]}).threads for one in (links, numbers(model), model)]
    assert threads == [-1, 1, 1]
