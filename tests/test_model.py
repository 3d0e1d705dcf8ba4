"""A model is a Hermitian H(k) with real momenta and parameters, and a Hermitian s that commutes with position."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest
import sympy as sp

from symcur import Model, models

k_x, k_y = sp.symbols("k_x k_y", real=True)
a = sp.Symbol("a", real=True)
sigma_x, sigma_y, sigma_z = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.diag(1, -1)


def chain(**changes):
    """A model that is valid before the changes."""
    arguments = {"H": k_x * sigma_x + a * sigma_z, "s": sigma_z / 2, "k": k_x, "parameters": {a: 1.0}}
    return Model(**{**arguments, **changes})


REJECTED = {
    "H not Hermitian": ({"H": sp.I * k_x * sigma_x}, ValueError, r"H: not Hermitian; H[0, 1] = I*k_x but"),
    "H not Hermitian on the diagonal": ({"H": sp.diag(sp.I, 1)}, ValueError, "H: not Hermitian; H[0, 0]"),
    "H not Hermitian at negative k": (
        {"H": sp.sqrt(k_x) * sigma_x},
        ValueError,
        "H: not Hermitian; H[0, 1] = sqrt(k_x)",
    ),
    "H not Hermitian in the last digit": (
        {"H": [[0, sp.exp(sp.I * k_x)], [sp.exp(-sp.I * k_x) + sp.Rational(1, 10**9), 0]]},
        ValueError,
        "H: not Hermitian",
    ),
    "s not Hermitian": ({"s": sp.I * sigma_x}, ValueError, "s: not Hermitian; s[0, 1]"),
    "s depends on k": ({"s": k_x * sigma_z}, ValueError, "s: depends on the momenta k_x; s must commute with"),
    "s of another size": ({"s": sp.eye(3)}, ValueError, "s: a matrix of shape (3, 3) came; H has shape (2, 2)"),
    "H not square": ({"H": [[1, 2]]}, ValueError, "H: a matrix of shape (1, 2) came; it must be square"),
    "H empty": ({"H": sp.zeros(0, 0)}, ValueError, "H: a matrix of shape (0, 0) came"),
    "H a text": ({"H": "k_x"}, TypeError, "H: str came; a square SymPy matrix or nested list is valid"),
    "H nothing": ({"H": None}, TypeError, "H: NoneType came"),
    "H with an undeclared symbol": (
        {"parameters": {}},
        ValueError,
        "H: the symbols a are neither momenta k_x nor parameters (none); declare them",
    ),
    "H with a namesake of a parameter": (
        {"H": k_x * sigma_x + sp.Symbol("a") * sigma_z},
        ValueError,
        "symbols of the same name but other assumptions are different symbols",
    ),
    "H with an undefined function": (
        {"H": sp.Function("f", real=True)(k_x) * sigma_x},
        ValueError,
        "H: the undefined functions f(k_x) came",
    ),
    "H with nan": ({"H": [[float("nan"), 0], [0, 1]]}, ValueError, "H: the entry nan is not finite"),
    "s with infinity": ({"s": [[sp.oo, 0], [0, 1]]}, ValueError, "s: the entry oo is not finite"),
    "k complex": ({"k": sp.Symbol("k_x")}, TypeError, "k: k_x came; momenta must be symbols declared real"),
    "k a text": ({"k": "k_x"}, TypeError, "k: 'k_x' came; momenta must be symbols declared real"),
    "no k": ({"k": ()}, ValueError, "k: () came; one to three different symbols are valid"),
    "k in four dimensions": ({"k": sp.symbols("q:4", real=True)}, ValueError, "one to three different symbols"),
    "k repeated": ({"k": (k_x, k_x)}, ValueError, "k: (k_x, k_x) came; one to three different"),
    "parameter not declared real": ({"parameters": [sp.Symbol("a")]}, TypeError, "parameters: a came; parameters must"),
    "parameter a text": ({"parameters": {"a": 1}}, TypeError, "parameters: 'a' came; parameters must be symbols"),
    "parameters a number": ({"parameters": 5}, TypeError, "parameters: 5 came; a mapping"),
    "two parameters of one name": (
        {"parameters": {a: 1, sp.Symbol("a", positive=True): 1}},
        ValueError,
        "parameters: two symbols share a name in a, a",
    ),
    "parameter with the name of a momentum": (
        {"parameters": {a: 1, sp.Symbol("k_x", positive=True): 1}},
        ValueError,
        "parameters: the name k_x came; it is taken",
    ),
    "parameter with the name of an argument": (
        {"parameters": {a: 1, sp.Symbol("k", real=True): 1}},
        ValueError,
        "parameters: the name k came; it is taken",
    ),
    "default not finite": ({"parameters": {a: float("inf")}}, ValueError, "a: inf came; a finite real number is valid"),
    "default complex": ({"parameters": {a: 1j}}, ValueError, "a: 1j came; a finite real number is valid"),
    "default a text": ({"parameters": {a: "1"}}, TypeError, "a: '1' came; a finite real number is valid"),
    "lattice of another shape": (
        {"lattice": [[1, 0]]},
        ValueError,
        "lattice: shape (1, 2) came; 1 primitive vectors of 1 components are valid",
    ),
    "lattice symbolic": ({"lattice": [[a]]}, ValueError, "lattice: the symbols a came; vectors must be numbers"),
    "lattice infinite": ({"lattice": [[float("inf")]]}, ValueError, "the vectors must be finite and real"),
    "lattice complex": ({"lattice": [[1j]]}, ValueError, "the vectors must be finite and real"),
    "lattice a text": ({"lattice": "square"}, TypeError, "lattice: 'square' came; 1 primitive vectors"),
    "H(k + G) not H(k)": ({"lattice": [[1]]}, ValueError, "lattice: H(k + G_1) is not H(k) up to a diagonal unitary"),
    "lattice constant that does not fit": (
        {"H": sp.cos(k_x) * sigma_x, "lattice": [[sp.Rational(5, 2)]]},
        ValueError,
        "the primitive vectors do not fit the phases of H(k)",
    ),
    "lattice vectors dependent": (
        {"H": sp.cos(k_x) * sigma_x, "k": (k_x, k_y), "lattice": [[1, 0], [2, 0]]},
        ValueError,
        "lattice: the primitive vectors are linearly dependent",
    ),
    "s links orbitals at different positions": (
        {"H": 2 * sp.cos(k_x / 2) * sigma_x, "s": sigma_x, "lattice": [[1]]},
        ValueError,
        "s: links orbitals at different positions ([s, U_G] != 0)",
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
    for offer in (lambda: model.values(m=value), lambda: Model(m * sigma_z, 1, k_x, parameters={m: value})):
        with pytest.raises(ValueError, match=f"m: {value} came, but the symbol is declared {assumption}"):
            offer()


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({}, ValueError, "chain: the parameter a has no default; give a=<number>"),
        ({"b": 1}, ValueError, "chain: unknown parameter b; valid are a"),
        ({"a": float("nan")}, ValueError, "a: nan came; a finite real number is valid"),
        ({"a": 1j}, ValueError, "a: 1j came; a finite real number is valid"),
        ({"a": "1"}, TypeError, "a: '1' came"),
        ({"a": np.ones(2)}, TypeError, "a: array([1., 1.]) came"),
        ({"a": sp.Symbol("b")}, TypeError, "a: b came"),
    ],
)
def test_parameter_values_are_finite_real_numbers_by_name(parameters, error, message):
    model = chain(parameters=[a], name="chain")
    with pytest.raises(error, match=re.escape(message)):
        model.matrix("H", [0.3], **parameters)


@pytest.mark.parametrize(
    ("k", "error", "message"),
    [
        ([0.1, 0.2], ValueError, "k: an array of shape (2,) came; the shape must be (..., 1), Cartesian"),
        (0.1, ValueError, "k: an array of shape () came"),
        ([], ValueError, "k: an array of shape (0,) came"),
        ([np.nan], ValueError, "k: a non-finite number came"),
        ([np.inf], ValueError, "k: a non-finite number came"),
        ([1j], TypeError, "k: complex momenta came; they must be real"),
        (["x"], TypeError, "k: ['x'] came; real numbers"),
        ([[1], [1, 2]], TypeError, "k: [[1], [1, 2]] came; real numbers"),
    ],
)
def test_momenta_are_finite_real_and_cartesian(k, error, message):
    with pytest.raises(error, match=re.escape(message)):
        chain().matrix("H", k)


@pytest.mark.parametrize(("operator", "axes"), [("T", ()), ("s", (0,)), ("v", ())])
def test_only_H_and_its_derivatives_and_s_are_matrices_of_a_model(operator, axes):
    with pytest.raises(ValueError, match=r"operator: .* came; valid are 'H' with axes, and 's'"):
        chain().matrix(operator, [0.1], axes)


@pytest.mark.parametrize("axes", [(1,), (-1,), (0.5,), ("x",)])
def test_axes_are_integers_below_the_dimension(axes):
    with pytest.raises(ValueError, match=r"axes: .* came; each must be an integer from 0 to 0"):
        chain().derivative(axes)


def test_a_singular_point_of_H_is_an_error_and_not_a_nan():
    model = Model(sigma_x / k_x, sigma_z, k_x)
    with pytest.raises(ValueError, match=re.escape("k: the matrix is not finite at k = [0.0]")):
        model.matrix("H", [[1.0], [0.0]])


def test_replace_changes_what_is_named_and_refuses_the_rest():
    model = chain(name="chain", reference="R", facts="F")
    other = model.replace(s=1)
    assert other.s == sp.eye(2)
    assert (other.H, other.k, other.parameters) == (model.H, model.k, model.parameters)
    assert (other.name, other.reference, other.facts) == ("chain", "R", "F")
    with pytest.raises(TypeError, match="replace: unknown argument q; valid are H, "):
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
    values = {**dict(zip(model.k, k, strict=True)), **model.values()}
    expected = np.array(model.H.subs(values).evalf(30).tolist(), dtype=complex)
    assert np.allclose(model.matrix("H", k), expected, rtol=1e-14, atol=1e-14)


def test_periodicity_holds_up_to_the_diagonal_unitary_of_the_positions():
    model = models.kane_mele()
    assert model.periodic
    assert not models.rashba().periodic
    direct = np.array(model.lattice.evalf().tolist(), dtype=float)
    G = 2 * np.pi * np.linalg.inv(direct).T
    k = np.array([0.3, -0.7])
    energies = [np.linalg.eigvalsh(model.matrix("H", point)) for point in (k, k + G[0], k - 2 * G[1])]
    assert np.allclose(energies[0], energies[1:], atol=1e-12)
    assert not np.allclose(model.matrix("H", k), model.matrix("H", k + G[0]))


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
    assert Model(H, sigma_z, k_x).bounded_below() is bounded


def test_a_lattice_is_always_bounded_and_parameters_can_decide(lattice_model):
    assert lattice_model(2, 2).bounded_below()
    model = Model(a * k_x**2 * sp.eye(2) + k_y**2 * sp.eye(2), 1, (k_x, k_y), parameters=[a])
    assert model.bounded_below(a=1)
    assert not model.bounded_below(a=-1)


def test_a_model_prints_what_it_is():
    assert repr(chain(name="chain")) == "Model(chain: 2 bands, 1D continuum, parameters {'a': 1.0})"
