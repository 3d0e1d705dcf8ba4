"""A model is a Hermitian H(k) with real momenta and parameters, and a Hermitian s that commutes with position."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest
import sympy as sp

from symcur import Model, evaluate, models
from symcur.band_structures import tight_binding
from symcur.band_structures.energies import bounded_below

k_x, k_y = sp.symbols("k_x k_y", real=True)
a = sp.Symbol("a", real=True)
sigma_x, sigma_y, sigma_z = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.diag(1, -1)


def chain(**changes):
    """A model that is valid before the changes."""
    arguments = {"H": k_x * sigma_x + a * sigma_z, "s": sigma_z / 2, "k": k_x, "parameters": {a: 1.0}}
    return Model(**{**arguments, **changes})


REJECTED = {
    "H not Hermitian": (
        {"H": sp.I * k_x * sigma_x},
        ValueError,
        "H: expected a Hermitian matrix, got H[0, 1] = I*k_x while",
    ),
    "H not Hermitian on the diagonal": (
        {"H": sp.diag(sp.I, 1)},
        ValueError,
        "H: expected a Hermitian matrix, got H[0, 0] = I",
    ),
    "H not Hermitian at negative k": (
        {"H": sp.sqrt(k_x) * sigma_x},
        ValueError,
        "H: expected a Hermitian matrix, got H[0, 1] = sqrt(k_x)",
    ),
    "H not Hermitian in the last digit": (
        {"H": [[0, sp.exp(sp.I * k_x)], [sp.exp(-sp.I * k_x) + sp.Rational(1, 10**9), 0]]},
        ValueError,
        "H: expected a Hermitian matrix, got H[0, 1] = exp(I*k_x)",
    ),
    "s not Hermitian": ({"s": sp.I * sigma_x}, ValueError, "s: expected a Hermitian matrix, got s[0, 1] = I"),
    "s depends on k": (
        {"s": k_x * sigma_z},
        ValueError,
        "s: expected an operator that commutes with position, got one that depends on the momenta k_x",
    ),
    "s of another size": ({"s": sp.eye(3)}, ValueError, "s: expected shape (2, 2), that of H, got (3, 3)"),
    "H not square": ({"H": [[1, 2]]}, ValueError, "H: expected a square matrix, got shape (1, 2)"),
    "H empty": ({"H": sp.zeros(0, 0)}, ValueError, "H: expected a square matrix, got shape (0, 0)"),
    "H a text": (
        {"H": "k_x"},
        TypeError,
        "H: expected a square SymPy matrix or nested list of numbers and SymPy expressions, got text",
    ),
    "H with a text": (
        {"H": [["1", 0], [0, 1]]},
        TypeError,
        "H: expected a square SymPy matrix or nested list of numbers",
    ),
    "s a text": ({"s": "1"}, TypeError, "s: expected a square SymPy matrix or nested list of numbers"),
    "H nothing": (
        {"H": None},
        TypeError,
        "H: expected a square SymPy matrix or nested list of numbers and SymPy expressions, got NoneType",
    ),
    "H with an undeclared symbol": (
        {"parameters": {}},
        ValueError,
        "H: expected the momenta k_x and the parameters (none), got the symbols a; declare them",
    ),
    "H with a namesake of a parameter": (
        {"H": k_x * sigma_x + sp.Symbol("a") * sigma_z},
        ValueError,
        "got the symbols a; declare them in parameters={symbol: default} (symbols of the same name but other assumptions",
    ),
    "H with an undefined function": (
        {"H": sp.Function("f")(k_x) * sigma_x},
        ValueError,
        "H: expected undefined functions declared real (real=True), got f(k_x)",
    ),
    "H with nan": ({"H": [[float("nan"), 0], [0, 1]]}, ValueError, "H: expected finite entries, got nan"),
    "s with infinity": ({"s": [[sp.oo, 0], [0, 1]]}, ValueError, "s: expected finite entries, got oo"),
    "k complex": ({"k": sp.Symbol("k_x")}, TypeError, "k: expected symbols declared real (real=True), got k_x"),
    "k a text": ({"k": "k_x"}, TypeError, "k: expected symbols declared real (real=True), got 'k_x'"),
    "no k": ({"k": ()}, ValueError, "k: expected one to three different symbols, got ()"),
    "k in four dimensions": (
        {"k": sp.symbols("q:4", real=True)},
        ValueError,
        "k: expected one to three different symbols, got (q0,",
    ),
    "k repeated": ({"k": (k_x, k_x)}, ValueError, "k: expected one to three different symbols, got (k_x, k_x)"),
    "parameter not declared real": (
        {"parameters": [sp.Symbol("a")]},
        TypeError,
        "parameters: expected symbols declared real or positive, got a",
    ),
    "parameter a number": (
        {"parameters": [5]},
        TypeError,
        "parameters: expected symbols declared real or positive, got 5",
    ),
    "parameters a text": ({"parameters": "a"}, TypeError, "parameters: expected a mapping from symbols or names to"),
    "parameters a number": ({"parameters": 5}, TypeError, "parameters: expected a mapping from symbols or names to"),
    "two parameters of one name": (
        {"parameters": {a: 1, sp.Symbol("a", positive=True): 1}},
        ValueError,
        "parameters: expected every name once, got a twice",
    ),
    "parameter by symbol and by name": (
        {"parameters": {a: 1, "a": 1}},
        ValueError,
        "parameters: expected every name once, got a twice",
    ),
    "name of two symbols": (
        {"s": sp.Symbol("a", positive=True) * sigma_z, "parameters": {"a": 1}},
        ValueError,
        "parameters: expected one symbol named a in H and s, got several",
    ),
    "parameter with the name of a momentum": (
        {"parameters": {a: 1, sp.Symbol("k_x", positive=True): 1}},
        ValueError,
        "parameters: expected names that no momentum has, got k_x",
    ),
    "default not finite": ({"parameters": {a: float("inf")}}, ValueError, "a: expected a finite real number, got inf"),
    "default complex": ({"parameters": {a: 1j}}, ValueError, "a: expected a finite real number, got 1j"),
    "default a text": ({"parameters": {a: "1"}}, TypeError, "a: expected a finite real number, got '1'"),
    "lattice of another shape": (
        {"lattice": [[1, 0]]},
        ValueError,
        "lattice: expected 1 primitive vectors of 1 components, got shape (1, 2)",
    ),
    "lattice symbolic": ({"lattice": [[a]]}, ValueError, "lattice: expected numbers, got the symbols a"),
    "lattice infinite": (
        {"lattice": [[float("inf")]]},
        ValueError,
        "lattice: expected finite real vectors, got [[oo]]",
    ),
    "lattice complex": ({"lattice": [[1j]]}, ValueError, "lattice: expected finite real vectors, got [[I]]"),
    "lattice a text": (
        {"lattice": "square"},
        TypeError,
        "lattice: expected 1 primitive vectors of numbers and SymPy expressions, got text",
    ),
    "H(k + G) not H(k)": (
        {"lattice": [[1]]},
        ValueError,
        "lattice: expected H(k + G_1) = H(k) up to a diagonal unitary, got a residual of",
    ),
    "lattice constant that does not fit": (
        {"H": sp.cos(k_x) * sigma_x, "lattice": [[sp.Rational(5, 2)]]},
        ValueError,
        "the primitive vectors do not fit the phases of H(k)",
    ),
    "lattice vectors dependent": (
        {"H": sp.cos(k_x) * sigma_x, "k": (k_x, k_y), "lattice": [[1, 0], [2, 0]]},
        ValueError,
        "lattice: expected independent primitive vectors, got [[1, 0], [2, 0]]",
    ),
    "s links orbitals at different positions": (
        {"H": 2 * sp.cos(k_x / 2) * sigma_x, "s": sigma_x, "lattice": [[1]]},
        ValueError,
        "s: expected an operator local at each position, got one that links orbitals at different positions ([s, U_G] != 0)",
    ),
}


@pytest.mark.parametrize("case", REJECTED)
def test_what_is_no_model_is_refused_and_the_argument_named(case):
    changes, error, message = REJECTED[case]
    with pytest.raises(error, match=re.escape(message)):
        chain(**changes)


@pytest.mark.parametrize(
    ("assumption", "value"),
    [("positive", 0), ("positive", -1), ("nonnegative", -1), ("negative", 1), ("nonpositive", 1)],
)
def test_a_value_must_have_the_declared_sign(assumption, value):
    m = sp.Symbol("m", **{assumption: True})
    model = Model(m * sigma_z, 1, k_x, parameters=[m])
    offers = (
        lambda: model.with_values(m=value),
        lambda: model.with_values({m: value}),
        lambda: model.with_parameters(m=value),
        lambda: Model(m * sigma_z, 1, k_x, parameters={m: value}),
    )
    for offer in offers:
        with pytest.raises(
            ValueError, match=f"m: expected a {assumption} number, as the symbol is declared, got {value}"
        ):
            offer()


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({}, ValueError, "parameters: expected a value of a, which has no default in chain"),
        ({"b": 1}, ValueError, "parameters: expected some of a of chain, got b"),
        ({"a": float("nan")}, ValueError, "a: expected a finite real number, got nan"),
        ({"a": 1j}, ValueError, "a: expected a finite real number, got 1j"),
        ({"a": "1"}, TypeError, "a: expected a finite real number, got '1'"),
        ({"a": np.ones(2)}, TypeError, "a: expected a finite real number, got array([1., 1.])"),
        ({"a": sp.Symbol("b")}, TypeError, "a: expected a finite real number, got b"),
        (5, TypeError, "parameters: expected a mapping from names or symbols to numbers, got 5"),
    ],
)
def test_parameter_values_are_finite_real_numbers_by_name(parameters, error, message):
    model = chain(parameters=[a], name="chain")
    with pytest.raises(error, match=re.escape(message)):
        evaluate(model, "energy", [0.3], parameters=parameters)


@pytest.mark.parametrize(
    ("k", "error", "message"),
    [
        ([0.1, 0.2], ValueError, "k: expected an array of shape (..., 1), Cartesian, got (2,)"),
        (0.1, ValueError, "k: expected an array of shape (..., 1), Cartesian, got ()"),
        ([], ValueError, "k: expected an array of shape (..., 1), Cartesian, got (0,)"),
        ([np.nan], ValueError, "k: expected finite numbers, got NaN or infinity"),
        ([np.inf], ValueError, "k: expected finite numbers, got NaN or infinity"),
        ([1j], TypeError, "k: expected real momenta, got complex ones"),
        (["x"], TypeError, "k: expected real numbers of shape (..., 1), got ['x']"),
        ([[1], [1, 2]], TypeError, "k: expected real numbers of shape (..., 1), got [[1], [1, 2]]"),
    ],
)
def test_momenta_are_finite_real_and_cartesian(k, error, message):
    with pytest.raises(error, match=re.escape(message)):
        chain().matrix("H", k)


@pytest.mark.parametrize(("name", "axes"), [("T", ()), ("s", (0,)), ("v", ())])
def test_only_H_and_its_derivatives_and_s_are_matrices_of_a_model(name, axes):
    with pytest.raises(ValueError, match=f"name: expected 'H' with axes, or 's', got '{name}' with axes "):
        chain().matrix(name, [0.1], axes)


@pytest.mark.parametrize("axes", [(1,), (-1,), (0.5,), ("x",)])
def test_axes_are_integers_below_the_dimension(axes):
    for use in (chain().derivative, lambda axes: chain().matrix("H", [0.1], axes)):
        with pytest.raises(ValueError, match=re.escape(f"axes: expected integers from 0 to 0, got {axes}")):
            use(axes)


def test_a_singular_point_of_H_is_an_error_and_not_a_nan():
    model = Model(sigma_x / k_x, sigma_z, k_x)
    with pytest.raises(ValueError, match=re.escape("k: expected momenta where H is finite, got k = [0.0]")):
        model.matrix("H", [[1.0], [0.0]])


def test_replace_changes_what_is_named_and_refuses_the_rest():
    model = chain(name="chain", reference="R", facts="F")
    other = model.replace(s=1)
    assert other.s == sp.eye(2)
    assert (other.H, other.k, other.parameters) == (model.H, model.k, model.parameters)
    assert (other.name, other.reference, other.facts) == ("chain", "R", "F")
    with pytest.raises(TypeError, match=r"replace: expected some of H, facts, .*, got q"):
        model.replace(q=1)


@pytest.mark.parametrize(
    ("given", "exact"),
    [
        (0.1, sp.Rational(1, 10)),
        (1 / 3, sp.Rational(1, 3)),
        (1e-20, sp.Rational(1, 10**20)),
        (2**0.5, sp.Rational("1.4142135623730951")),
        (123456789.12345679, sp.Rational("123456789.12345679")),
    ],
)
def test_floats_become_exact_and_stay_the_same_number(given, exact):
    model = Model([[given * k_x, 0.5j], [-0.5j, 1]], s=given, k=k_x)
    assert model.H[0, 0] == exact * k_x
    assert model.H[0, 1] == sp.I / 2
    assert model.s == exact * sp.eye(2)
    assert float(exact) == given


@pytest.mark.parametrize("s", [0.5, sp.Rational(1, 2), np.float64(0.5), [[0.5, 0], [0, 0.5]], np.eye(2) / 2])
def test_a_number_for_s_is_a_multiple_of_the_identity(s):
    assert chain(s=s).s == sp.eye(2) / 2


def test_a_hermiticity_that_no_expansion_shows_is_accepted():
    root = sp.sqrt(k_x**2 + 2 * k_x + 1)
    assert Model([[0, sp.exp(sp.I * root)], [sp.exp(-sp.I * sp.Abs(k_x + 1)), 0]], 1, k_x).size == 2


@pytest.mark.parametrize(("bands", "dimension"), [(1, 1), (2, 1), (3, 2), (2, 3)])
def test_a_model_pickles_with_the_same_matrices(lattice_model, bands, dimension):
    model = lattice_model(bands, dimension)
    k = np.random.default_rng(1).uniform(-3, 3, size=(4, dimension))
    before = model.matrix("H", k, (0,))
    copy = pickle.loads(pickle.dumps(model))
    assert (copy.H, copy.s, copy.k, copy.lattice) == (model.H, model.s, model.k, model.lattice)
    assert np.array_equal(copy.matrix("H", k, (0,)), before)


@pytest.mark.parametrize(("bands", "dimension"), [(1, 1), (3, 1), (2, 2), (2, 3)])
def test_velocities_are_the_slopes_of_H_and_all_matrices_are_hermitian(lattice_model, bands, dimension):
    model = lattice_model(bands, dimension)
    k = np.random.default_rng(2).uniform(-3, 3, size=(2, 3, dimension))
    step = 1e-3
    for i in range(dimension):
        e = step * np.eye(dimension)[i]
        for axes in ((), (0,), (dimension - 1,)):
            H = [model.matrix("H", k + n * e, axes) for n in (-2, -1, 1, 2)]
            slope = (H[0] - 8 * H[1] + 8 * H[2] - H[3]) / (12 * step)
            exact = model.matrix("H", k, (*axes, i))
            assert exact.shape == (2, 3, bands, bands)
            assert np.allclose(exact, slope, atol=1e-9)
            assert np.array_equal(exact, exact.conj().swapaxes(-1, -2))


def test_second_derivatives_do_not_depend_on_their_order(lattice_model):
    model = lattice_model(2, 2)
    assert model.derivative((0, 1)) == model.derivative((1, 0))
    assert sp.expand(model.derivative((1, 0)) - model.H.diff(model.k[1], model.k[0])) == sp.zeros(2, 2)
    assert model.derivative() == model.H


@pytest.mark.parametrize("name", ["rashba", "kane_mele", "rice_mele", "weyl"])
def test_library_matrices_are_what_sympy_substitutes(name):
    model = models.get(name)
    k = np.random.default_rng(3).uniform(-1, 1, size=model.dimension)
    values = {**dict(zip(model.k, k, strict=True)), **model.parameters}
    expected = np.array(model.H.subs(values).evalf(30).tolist(), dtype=complex)
    assert np.allclose(model.matrix("H", k), expected, rtol=1e-14, atol=1e-14)


def test_periodicity_holds_up_to_the_diagonal_unitary_of_the_positions():
    model = models.kane_mele()
    assert model.periodic
    assert not models.rashba().periodic
    G = model.cell.reciprocal
    assert np.allclose(G @ model.cell.vectors.T, 2 * np.pi * np.eye(2))
    assert np.allclose(model.cell.vectors, np.array(model.lattice.evalf().tolist(), dtype=float))
    k = np.array([0.3, -0.7])
    for shift in (G[0], -2 * G[1]):
        U = np.diag(np.exp(-1j * model.positions @ model.cell.vectors @ shift))
        shifted = model.matrix("H", k + shift)
        assert np.allclose(shifted, U @ model.matrix("H", k) @ U.conj(), atol=1e-12)
        assert np.allclose(model.energies(k + shift), model.energies(k), atol=1e-12)
        assert not np.allclose(shifted, model.matrix("H", k))


def test_orbitals_no_hopping_joins_share_a_position_where_s_joins_them():
    H = sp.diag(sp.cos(k_x), 2 * sp.cos(k_x))
    assert Model(H, sigma_x, k_x, lattice=[[1]]).periodic


@pytest.mark.parametrize(
    ("H", "bounded"),
    [
        (k_x * sigma_x, False),
        (k_x**2 * sp.eye(2) + k_x * sigma_x, True),
        (k_x**2 * sigma_z, False),
        (k_x**2 * sp.eye(2) - sp.Abs(k_x) ** 3 * sigma_z / 100, False),
        (-(k_x**2) * sp.eye(2) + k_x**4 * sp.eye(2) / 10**6, True),
        (sp.eye(2) / (1 + k_x**2), True),
        (sp.zeros(2, 2), True),
        (sp.sqrt(1 + k_x**2) * sigma_z, False),
    ],
)
def test_a_continuum_is_bounded_below_when_its_energies_rise_far_out(H, bounded):
    assert bounded_below(Model(H, sigma_z, k_x)) is bounded


def test_a_lattice_is_always_bounded_and_parameters_can_decide(lattice_model):
    assert bounded_below(lattice_model(2, 2))
    model = Model(a * k_x**2 * sp.eye(2) + k_y**2 * sp.eye(2), 1, (k_x, k_y), parameters=[a])
    assert bounded_below(model.with_values(a=1))
    assert not bounded_below(model.with_values(a=-1))


# -- the values of parameters ------------------------------------------------------------------------------------------
def test_values_go_by_name_or_by_symbol_and_formulas_stay():
    model = chain(name="chain")
    assert model.values() == {"a": 1.0}
    for other in (model.with_values(a=2.5), model.with_values({"a": 2.5}), model.with_values({a: 2.5})):
        assert other.values() == {"a": 2.5}
        assert (other.H, other.s, other.name) == (model.H, model.s, model.name)
        assert other.matrix("H", [0.3])[0, 0] == 2.5
    assert model.values() == {"a": 1.0}
    assert evaluate(model, "energy", [0.0], parameters={a: 2.5}).tolist() == [-2.5, 2.5]
    assert model.with_values() is model


@pytest.mark.parametrize("parameters", [["a"], {"a": None}, {"a": 1.0}])
def test_a_parameter_can_be_declared_by_its_name(parameters):
    model = chain(parameters=parameters)
    assert list(model.parameters) == [a]
    assert model.with_values(a=2).values() == {"a": 2}


def test_a_fixed_parameter_disappears_from_the_formulas():
    model, b = chain(), sp.Symbol("b", positive=True)
    fixed = model.with_parameters(a=0.1)
    assert fixed.H.equals(k_x * sigma_x + sigma_z / 10)
    assert not fixed.parameters
    renamed = model.with_parameters({a: 2 * b**2})
    assert renamed.H.equals(k_x * sigma_x + 2 * b**2 * sigma_z)
    assert renamed.parameters == {b: None}
    assert model.with_parameters() is model


@pytest.mark.parametrize("value", ["1", "b", "f()", None, [1]])
def test_a_parameter_is_fixed_by_a_number_or_a_formula(value):
    with pytest.raises(TypeError, match="a: expected "):
        chain().with_parameters(a=value)


@pytest.mark.parametrize("name", ["k", "axes", "model", "name", "quantity", "self", "parameters", "lambda"])
def test_a_parameter_may_have_the_name_of_an_argument(name):
    symbol = sp.Symbol(name, real=True)
    model = chain(H=k_x * sigma_x + symbol * sigma_z, parameters={symbol: 1.0})
    expected = evaluate(chain(), "s_dipole", [0.3], parameters={"a": 0.5})
    assert np.array_equal(evaluate(model, "s_dipole", [0.3], parameters={name: 0.5}), expected)
    assert np.array_equal(evaluate(model.with_values({symbol: 0.5}), "s_dipole", [0.3]), expected)


def test_a_model_does_not_change():
    for model in (chain(), by_hoppings(models.rice_mele())):
        for name in ("H", "s", "name", "anything"):
            with pytest.raises(AttributeError, match=f"{name}: models do not change"):
                setattr(model, name, 1)
        with pytest.raises(AttributeError, match="H: models do not change"):
            del model.H
        with pytest.raises(TypeError):
            model.parameters["a"] = 2
    H = [[a, k_x], [k_x, -a]]
    model = chain(H=H)
    H[0][0] = 0
    assert model.H[0, 0] == a


def test_equal_models_are_equal_by_content():
    model = chain()
    for same in (chain(), pickle.loads(pickle.dumps(model)), model.with_values(a=2).with_values(a=1.0)):
        assert same == model
        assert hash(same) == hash(model)
    for other in (
        model.with_values(a=2),
        model.with_values(a=1),
        model.with_s(1),
        model.replace(name="other"),
        "chain",
    ):
        assert other != model


# -- band structures given by numbers ----------------------------------------------------------------------------------
def by_hoppings(model):
    """The same band structure from its hoppings."""
    bonds = tight_binding(model)
    s = model.matrix("s", np.zeros(model.dimension))
    return Model.from_hoppings(bonds.hoppings, s, model.cell.vectors, positions=bonds.positions, name="by hoppings")


def by_functions(model, derivatives=True):
    """The same band structure from functions of k, its parameters among their arguments."""
    return Model.from_functions(
        lambda k, **values: model.with_values(values).matrix("H", k),
        model.matrix("s", np.zeros(model.dimension)),
        derivatives=(lambda k, axes, **values: model.with_values(values).matrix("H", k, axes)) if derivatives else None,
        lattice=model.cell and model.cell.vectors,
        dimension=model.dimension,
        parameters=model.values(),
    )


@pytest.mark.parametrize("name", ["kane_mele", "rice_mele", "weyl", "rashba"])
def test_a_band_structure_given_by_numbers_is_the_one_given_by_formulas(name):
    model = models.get(name)
    k = np.random.default_rng(4).uniform(-2, 2, size=(3, model.dimension))
    numeric = [by_functions(model)]
    if model.periodic:
        numeric += [by_functions(model, derivatives=False), by_hoppings(model)]
    for other in numeric:
        assert (other.size, other.dimension, other.periodic) == (model.size, model.dimension, model.periodic)
        for axes in ((), (0,), (0, model.dimension - 1)):
            assert np.allclose(other.matrix("H", k, axes), model.matrix("H", k, axes), atol=1e-12)
        for quantity in ("s_dipole", "torque_quadrupole"):
            assert np.allclose(evaluate(other, quantity, k), evaluate(model, quantity, k), atol=1e-9)
        if model.periodic:
            assert np.allclose(other.positions, model.positions, atol=1e-9)


def test_numbers_depend_on_parameters_too():
    model, k = models.rashba(), [0.3, 0.2]
    numeric = by_functions(model)
    assert numeric.values() == model.values()
    assert np.allclose(
        evaluate(numeric, "s_dipole", k, parameters={"M": 2}), evaluate(model.with_values(M=2), "s_dipole", k)
    )
    assert numeric.with_values(M=2).values()["M"] == 2
    with pytest.raises(ValueError, match=r"parameters: expected some of .*, got b"):
        numeric.with_values(b=1)
    for value, error in ((np.nan, ValueError), (1j, ValueError), ("1", TypeError)):
        with pytest.raises(error, match=f"M: expected a finite real number, got {value!r}"):
            numeric.with_values(M=value)


def test_hoppings_pickle_and_take_another_s():
    model = by_hoppings(models.kane_mele())
    k = np.random.default_rng(1).uniform(-3, 3, size=(4, 2))
    assert np.array_equal(pickle.loads(pickle.dumps(model)).matrix("H", k, (0,)), model.matrix("H", k, (0,)))
    charge = model.with_s(1)
    assert np.array_equal(charge.s, np.eye(4))
    assert np.allclose(evaluate(charge, "s_current", k), evaluate(charge, "velocity", k))


def parabola(k):
    return (k**2)[..., None] * np.eye(2)


def slope_of_parabola(k, axes):
    return (2 * k if len(axes) == 1 else 2 + 0 * k)[..., None] * np.eye(2)


FUNCTIONS = {"H": parabola, "s": np.diag([1, -1]), "derivatives": slope_of_parabola, "dimension": 1}
NO_FUNCTIONS = {
    "H not Hermitian": ({"H": lambda k: 1j * parabola(k)}, ValueError, "H: expected a Hermitian matrix, got one"),
    "H of one point": ({"H": lambda k: parabola(k)[0]}, ValueError, "H: expected an array of shape (1, N, N) for k"),
    "H a matrix": ({"H": np.eye(2)}, TypeError, "H: expected a function"),
    "H no matrix": ({"H": lambda k: 3.0, "s": 1}, ValueError, "H: expected an array of shape"),
    "s not Hermitian": ({"s": [[0, 1], [0, 0]]}, ValueError, "s: expected a Hermitian matrix, got one"),
    "s with nan": ({"s": np.diag([np.nan, 1])}, ValueError, "s: expected "),
    "s of another size": ({"s": np.eye(3)}, ValueError, "s: expected shape (2, 2), that of H, got (3, 3)"),
    "s not square": ({"s": np.ones((2, 3))}, ValueError, "s: expected "),
    "s a vector": ({"s": np.ones(2)}, ValueError, "s: expected "),
    "s a text": ({"s": "a"}, TypeError, "s: expected "),
    "no derivatives in the continuum": (
        {"derivatives": None},
        ValueError,
        "derivatives: expected a function (k, axes)",
    ),
    "derivatives of something else": (
        {"derivatives": lambda k, axes: 1.01 * slope_of_parabola(k, axes)},
        ValueError,
        "derivatives: expected the derivative of H along axes (0,), got a function that differs",
    ),
    "second derivatives of something else": (
        {"derivatives": lambda k, axes: slope_of_parabola(k, axes) * (1 if len(axes) < 2 else 1.01)},
        ValueError,
        "derivatives: expected the derivative of H along axes (0, 0), got a function that differs",
    ),
    "four dimensions": ({"dimension": 4}, ValueError, "dimension: expected 1, 2 or 3 where no lattice is given, got 4"),
    "no dimension": (
        {"dimension": None},
        ValueError,
        "dimension: expected 1, 2 or 3 where no lattice is given, got None",
    ),
    "dimension not of the lattice": (
        {"dimension": 2, "lattice": [[1]]},
        ValueError,
        "dimension: expected that of the lattice, 1, got 2",
    ),
    "lattice of something else": ({"lattice": [[1]]}, ValueError, "lattice: expected H(k + G_1) = H(k) up to"),
    "a lattice in words": ({"lattice": "chain"}, ValueError, "lattice: expected 1 to 3 primitive vectors as rows"),
    "derivatives that are a number": ({"derivatives": 3}, TypeError, "derivatives: expected a function (k, axes)"),
    "parameters without values": ({"parameters": ["t"]}, TypeError, "parameters: expected a mapping from names"),
    "a parameter that H does not take": (
        {"parameters": {"t": 1}},
        TypeError,
        "H: expected a function called as H(k, t=",
    ),
    "a parameter named as the momenta": (
        {"parameters": {"k": 1}},
        TypeError,
        "H: expected a function called as H(k, k=",
    ),
    "hoppings that reach without end": (
        {"H": lambda k: np.abs(np.sin(k / 2))[..., None] * np.eye(2), "derivatives": None, "lattice": [[1]]},
        ValueError,
        "model: expected hoppings that reach less than",
    ),
}


@pytest.mark.parametrize("case", NO_FUNCTIONS)
def test_functions_that_are_no_band_structure_are_refused(case):
    changes, error, message = NO_FUNCTIONS[case]
    with pytest.raises(error, match=re.escape(message)):
        Model.from_functions(**{**FUNCTIONS, **changes})


NO_HOPPINGS = {
    "none": ({}, "hoppings: expected a mapping from integers to matrices, got {}"),
    "of two sizes": (
        {(0,): np.eye(2), (1,): np.eye(3), (-1,): np.eye(3)},
        "hoppings: expected square matrices of one size, got shape (3, 3) at R = (1,)",
    ),
    "not square": ({(0,): np.ones((2, 3))}, "hoppings: expected square matrices of one size, got shape (2, 3)"),
    "of two dimensions": ({(0, 0): np.eye(2)}, "hoppings: expected 1 integers for each R, got (0, 0)"),
    "by half a cell": ({(0.5,): np.eye(2), (-0.5,): np.eye(2)}, "hoppings: expected 1 integers for each R, got (0.5,)"),
    "nested": ({((0,), 1): np.eye(2)}, "hoppings: expected 1 integers for each R, got ((0,), 1)"),
    "there and not back": ({(1,): np.eye(2)}, "hoppings: expected t(-R) = t(R)^+, got [["),
    "twice": ({0: np.eye(2), (0,): np.eye(2)}, "hoppings: expected finite numbers and every R once"),
    "not finite": ({0: np.diag([np.nan, 1])}, "hoppings: expected finite numbers and every R once"),
}


@pytest.mark.parametrize("case", NO_HOPPINGS)
def test_hoppings_that_are_no_band_structure_are_refused(case):
    hoppings, message = NO_HOPPINGS[case]
    with pytest.raises(ValueError, match=re.escape(message)):
        Model.from_hoppings(hoppings, 1, [[1]])


def test_positions_of_orbitals_are_one_for_each():
    with pytest.raises(ValueError, match=re.escape("positions: expected an array of shape (2, 1), got (1, 1)")):
        Model.from_hoppings({(0,): np.eye(2)}, 1, [[1]], positions=[[0.5]])
    with pytest.raises(ValueError, match=re.escape("positions: expected finite numbers, got [[0.0], [nan]]")):
        Model.from_hoppings({(0,): np.eye(2)}, 1, [[1]], positions=[[0], [np.nan]])


@pytest.mark.parametrize("length", [300, 1024, 12_000])
def test_hoppings_may_be_long(length):
    """2 t cos(R k) and its derivative; differences of H do not resolve it."""
    model = Model.from_hoppings({(length,): [[0.5]], (-length,): [[0.5]]}, 1, [[1]])
    k = np.array([[0.3], [1.1]])
    assert np.allclose(model.matrix("H", k)[:, 0, 0], np.cos(length * k[:, 0]))
    assert np.allclose(model.matrix("H", k, [0])[:, 0, 0], -length * np.sin(length * k[:, 0]))


def test_a_model_prints_what_it_is():
    assert repr(chain(name="chain")) == "Model(chain: 2 bands, 1D continuum, parameters {'a': 1.0})"
    numeric = by_hoppings(models.rice_mele())
    assert repr(numeric) == "NumericModel(by hoppings: 2 bands, 1D lattice, parameters {})"
