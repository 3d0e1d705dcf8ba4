"""Any name for a parameter, formulas or numbers for a model: every public function gives the same."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy as sp

import symcur as sc
from symcur import linear_response, models, observables
from symcur.disorder import gaussian

AWKWARD = (
    "mu", "temperature", "rtol", "atol", "cutoff", "form", "method", "workers", "progress", "domain", "parameters",
    "self", "k", "model", "quantity", "band", "digits", "tolerance", "lambda", "E", "f", "I", "value", "name",
    "sin", "cos", "exp", "conjugate",
)  # fmt: skip
K = np.array([[0.3, 0.7], [1.1, -0.4]])


def named(name: str) -> sc.Model:
    """The Haldane model with its mass called ``name``."""
    model = models.haldane()
    mass = next(symbol for symbol in model.parameters if symbol.name == "M")
    renamed = sp.Symbol(name, real=True)
    parameters = {renamed if symbol is mass else symbol: value for symbol, value in model.parameters.items()}
    return model.replace(H=model.H.subs(mass, renamed), parameters=parameters)


def everything(model: sc.Model, parameters: dict[str, float] | None) -> list[np.ndarray]:
    """Every public function of numbers, on Haldane's model."""
    options = {"rtol": 1e-5, "parameters": parameters}
    kernel = sc.compile(model, ["s_dipole"], backend="numpy")
    results = [
        sc.evaluate(model, "s_dipole", K, parameters=parameters),
        sc.derive(model, "s_dipole")(K, parameters),
        [[[float(x) for x in sc.derive(model, "s_dipole").at(K[0], band=0, digits=12, parameters=parameters)]] * 2] * 2,
        kernel(K, parameters)["s_dipole"],
        sc.conductivity(model, 0.4, 0.3, form="sea", method="trapezoid", **options).value,
        sc.transport(model, gaussian(1.0), 1.0, intrinsic=False, **options).torque.value,
        observables.magnetization.integrand(model, K, 0.4, 0.3, parameters=parameters)["total"],
        [observables.gap(model, 1, parameters=parameters).width],
    ]
    return list(map(np.asarray, results))


@pytest.fixture(scope="module")
def expected():
    return everything(models.haldane(M=0.7), None)


@pytest.mark.slow_but("lambda")
@pytest.mark.parametrize("name", AWKWARD)
def test_a_parameter_may_have_any_name(name, expected):
    model = named(name)
    for found, known in zip(everything(model, {name: 0.7}), expected, strict=True):
        assert np.allclose(found, known, rtol=1e-9, atol=1e-12)
    assert model.with_values({name: 0.7}).values()[name] == model.with_values(**{name: 0.7}).values()[name] == 0.7
    assert model.values()[name] == 0.3  # unchanged


def test_options_are_no_parameters_and_parameters_no_options():
    model = models.haldane()
    with pytest.raises(TypeError, match="unexpected keyword argument 'M'"):
        sc.conductivity(model, 0.1, M=0.2)
    with pytest.raises(ValueError, match=r"parameters: expected some of M, phi, t, t2 of haldane, got rtol"):
        sc.conductivity(model, 0.1, parameters={"rtol": 1e-3})


@pytest.mark.parametrize("name", observables.names())
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("form", "bogus"),
        ("method", "bogus"),
        ("rtol", 0.0),
        ("rtol", "small"),
        ("atol", -1.0),
        ("workers", 0),
        ("cutoff", 1.0),
        ("domain", "all"),
        ("max_evaluations", 0),
        ("parameters", {"bogus": 1}),
        ("parameters", 0.3),
        ("temperature", -0.1),
        ("mu", np.nan),
    ],
)
def test_every_option_of_every_observable_is_checked(name, option, value):
    quasiparticles = name == "thermal_hall" or name.startswith("spin_")
    model = models.chiral_d_superconductor() if quasiparticles else models.haldane()
    arguments = {"temperature": 0.2, option: value}
    with pytest.raises((ValueError, TypeError), match=rf"^{option}: expected .*got "):
        observables.get(name)(model, **arguments)


# -- models given by numbers -------------------------------------------------------------------------------------------
def as_functions(model: sc.Model) -> sc.band_structures.NumericModel:
    return sc.Model.from_functions(
        lambda k, **values: model.with_values(values).matrix("H", k),
        model.matrix("s", np.zeros(model.dimension)),
        lattice=model.cell and model.cell.vectors,
        dimension=model.dimension,
        derivatives=None if model.periodic else lambda k, axes, **v: model.with_values(v).matrix("H", k, axes),
        parameters=model.values(),
        name=model.name,
    )


@pytest.mark.slow_for("rashba-0.5", "kane_mele-0.6")
@pytest.mark.parametrize(("name", "mu"), [("haldane", 0.9), ("kane_mele", 0.6), ("rashba", 0.5)])
def test_numbers_give_what_formulas_give(name, mu):
    model = models.get(name)
    numeric = as_functions(model)
    for calculate in (sc.conductivity, sc.magnetization, sc.thermoelectric, sc.equilibrium_current):
        ours, theirs = (calculate(m, mu, 0.4, rtol=1e-4) for m in (numeric, model))
        assert (ours.status, ours.by_eigenstates > 0) == ("converged", True)
        assert np.abs(ours.value - theirs.value).max() <= ours.error.max() + theirs.error.max() + 1e-12
    quantities = ["s_dipole", "torque_quadrupole", "symmetrized_curvature"]
    points = np.random.default_rng(2).uniform(-1, 1, size=(5, model.dimension))
    ours, theirs = (sc.compile(m, quantities)(points) for m in (numeric, model))
    for quantity in quantities:
        assert np.allclose(ours[quantity], theirs[quantity], rtol=1e-8, atol=1e-10)


def test_numbers_in_a_metal_with_disorder():
    model = models.altermagnet()
    ours, theirs = (sc.transport(m, gaussian(0.8), -1.5, rtol=1e-7) for m in (as_functions(model), model))
    for part in theirs.parts:
        assert ours[part] == pytest.approx(theirs[part], abs=1e-6 * np.abs(theirs[part]).max())


def test_numbers_in_exact_linear_response():
    model = models.rice_mele()
    ours, theirs = (
        linear_response.torque_density_response(m, 0.2, 0.5)["quadrupole"].value for m in (as_functions(model), model)
    )
    assert np.allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_closed_forms_and_claims_need_formulas():
    numeric = as_functions(models.haldane())
    for refused in (lambda: sc.derive(numeric, "s_dipole"), lambda: sc.verify("torque-dipole", numeric)):
        with pytest.raises(TypeError, match=r"^model: expected .*formulas.*got .*haldane"):
            refused()


def test_a_wrong_derivative_is_refused():
    """Of the velocity or of the second derivative, by a factor 1.001 in one element."""
    model = models.rashba()

    def wrong(axes):
        def derivatives(k, asked):
            result = model.matrix("H", k, asked).copy()
            if asked == axes:
                result[:, 0, 0] *= 1.001
            return result

        return derivatives

    for axes in ((0,), (1,), (0, 0), (1, 1)):
        with pytest.raises(ValueError, match=re.escape(f"along axes {axes}")):
            sc.Model.from_functions(
                lambda k: model.matrix("H", k), model.matrix("s", [0, 0]), derivatives=wrong(axes), dimension=2
            )


@pytest.mark.parametrize(("unit", "offset"), [(1, 0), (1, 1e6), (1e-20, 0), (1e12, 0)])
def test_neither_the_unit_nor_the_zero_of_energy_matters(unit, offset):
    """A wrong derivative, a wrong period and a matrix that is not Hermitian are refused, and hoppings are found, in any unit."""
    model = models.bhz()

    def numbers(stretch=1.0, wrong=1.0, skew=0.0, derivatives=True):
        def H(k):
            return unit * (model.matrix("H", stretch * k) + skew * np.eye(4, k=1)) + offset * np.eye(4)

        def slopes(k, axes):
            return wrong * unit * stretch ** len(axes) * model.matrix("H", stretch * k, axes)

        return sc.Model.from_functions(H, 1, lattice=np.eye(2), derivatives=slopes if derivatives else None)

    k = [0.3, 0.7]
    assert np.allclose(numbers(derivatives=False).matrix("H", k, (0,)) / unit, model.matrix("H", k, (0,)), atol=1e-9)
    for fault, message in (
        ({"wrong": 1.0001}, "derivatives: expected the derivative of H along axes"),
        ({"stretch": 0.7}, "lattice: expected H(k + G_1) = H(k)"),
        ({"skew": 0.01}, "H: expected a Hermitian matrix"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            numbers(**fault)


def test_a_function_may_return_the_same_array_at_every_call():
    out = np.zeros((6, 1, 1))

    def H(k):
        out.resize((len(k), 1, 1), refcheck=False)
        out[:, 0] = np.cos(0.7 * k)
        return out

    with pytest.raises(ValueError, match=re.escape("lattice: expected H(k + G_1) = H(k)")):
        sc.Model.from_functions(H, 1, lattice=[[1]], derivatives=lambda k, axes: -0.7 * np.sin(0.7 * k)[:, :, None])


def test_hoppings_that_reach_too_far_are_refused_and_derivatives_then_needed():
    """exp(cos k) has hoppings at all distances, but they decay; |sin k/2| decays like 1/R^2 only."""

    def kink(k):
        return np.abs(np.sin(k[:, 0] / 2))[:, None, None] * np.eye(1)

    def smooth(k):
        return np.exp(np.cos(k[:, 0]))[:, None, None] * np.eye(1)

    with pytest.raises(ValueError, match=r"model: expected hoppings that reach less than"):
        sc.Model.from_functions(kink, 1, lattice=[[1]])
    model = sc.Model.from_functions(smooth, 1, lattice=[[1]])
    assert model.matrix("H", [0.7], (0,))[0, 0] == pytest.approx(-np.sin(0.7) * np.exp(np.cos(0.7)), abs=1e-11)


@pytest.mark.parametrize("axes", [(), (0,), (0, 0)])
def test_a_parameter_in_a_denominator_that_vanishes_is_no_number(axes):
    k, m = sp.Symbol("k", real=True), sp.Symbol("m", real=True)
    model = sc.Model([[k**2 / (2 * m)]], 1, k, parameters={m: 0.0})
    with pytest.raises(
        ValueError, match=r"k: expected momenta where H is finite|k: expected momenta where H, differentiated"
    ):
        model.matrix("H", [[0.3], [0.5]], axes)
