"""Closed forms made explicit, differentiated, substituted and expanded, against differences of numbers with many digits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy as sp
from lattice_models import MOMENTA, kramers_model, random_model
from sympy.physics.matrices import msigma
from sympy.polys import factortools
from typesetting import lines

from symcur import models
from symcur.band_structures import Model
from symcur.closed_forms import derive
from symcur.closed_forms.form import ClosedForm
from symcur.eigenstates import evaluate

k_x, k_y = MOMENTA[:2]
POINT = tuple(map(sp.Rational, ("31/100", "-17/100", "23/100")))
THREE = random_model(3, 3, 2)


def column() -> Model:
    """V V^+ of one column: the energy |V|^2 once and 0 twice."""
    a = sp.Symbol("a", real=True)
    V = sp.Matrix([1 + a, sp.exp(sp.I * k_x), a * sp.cos(k_y) + 2])
    return Model(V * V.H, sp.Matrix([[1, sp.I, 0], [-sp.I, 0, 2], [0, 2, -1]]), (k_x, k_y), {a: 0.3})


def numbers(value: object) -> np.ndarray:
    return np.array(value, dtype=object).ravel()


def difference(form: ClosedForm, symbol: sp.Symbol, band: int) -> np.ndarray:
    """The derivative of ``form.at`` by a central difference: sixty digits, of which the step leaves thirty."""
    step = sp.Rational(1, 10**15)
    values = []
    for sign in (1, -1):
        k = [x + sign * step * int(symbol == s) for x, s in zip(POINT, form.model.k, strict=False)]
        given = {symbol.name: sp.nsimplify(form.model.parameters.get(symbol, 0), rational=True) + sign * step}
        values.append(numbers(form.at(k, band, 60, **(given if symbol in form.model.parameters else {}))))
    with mpmath.workdps(60):
        return (values[0] - values[1]) * 10**15 / 2


def distance(a: np.ndarray, b: np.ndarray) -> float:
    with mpmath.workdps(60):
        return float(max(abs(x - y) for x, y in zip(a, b, strict=True)) / max(1, *map(abs, b)))


CASES = [
    (THREE, "s_expectation", "k_x"),
    (THREE, "s_dipole", "level"),
    (models.rashba(), "s_expectation", "M"),
    (models.rashba(), "velocity", "k_y"),
    (models.kane_mele(), "s_dipole", "lambda_R"),
    (models.haldane(), "orbital_moment", "k_x"),
    (kramers_model(2), "s_expectation", "k_y"),
    (column(), "s_expectation", "a"),
    (column(), "s_dipole", "k_x"),
]


@pytest.mark.slow_for(
    "kane_mele-s_dipole-lambda_R", "model-s_expectation-k_x", "haldane-orbital_moment-k_x", "model-s_expectation-k_y"
)
@pytest.mark.parametrize(("model", "name", "variable"), CASES, ids=lambda value: getattr(value, "name", value))
def test_derivatives_are_total(model: Model, name: str, variable: str) -> None:
    form = derive(model, name)
    found = form.diff(variable)
    symbol = next(s for s in (*model.k, *model.parameters) if s.name == variable)
    for band in (0, model.size - 1):
        expected = difference(form, symbol, band)
        assert distance(numbers(found.at(POINT[: model.dimension], band, 40)), expected) < 1e-25
    k = np.array([POINT[: model.dimension]], dtype=float)
    assert float(found(k)[0, 0].ravel()[0]) == pytest.approx(
        float(numbers(found.at(k[0], 0, 20))[0]), rel=1e-9, abs=1e-12
    )


def test_a_derivative_without_that_of_the_energy_is_noticed() -> None:
    form = derive(models.rashba(), "s_expectation")
    partial = form.expressions[()].diff(k_x)
    assert partial != form.diff("k_x").expressions[()]
    point = dict(zip(form.model.k, POINT, strict=False)) | {
        s: sp.nsimplify(x) for s, x in form.model.parameters.items()
    }
    energy = form.energies[0].xreplace(point)
    dropped = partial.xreplace(point | {form.energy_symbol: energy}).evalf(30)
    assert distance(numbers([mpmath.mpf(dropped)]), difference(form, k_x, 0)) > 1e-3


@pytest.mark.parametrize("model", [models.rashba(), THREE, models.kane_mele()], ids=lambda model: model.name)
def test_the_gradient_of_the_dipole_is_that_of_the_catalogue(model: Model) -> None:
    """d_{k_l} d^{is} by the rules for P and S in the language of expressions, and by the chain rule on the program."""
    gradient, form = derive(model, "dipole_gradient"), derive(model, "s_dipole")
    by_axis = [form.diff(axis) for axis in range(2)]
    k = POINT[: model.dimension]
    for band in range(model.size):
        expected = np.array(gradient.at(k, band, 30), dtype=object)
        found = np.array([rate.at(k, band, 30) for rate in by_axis], dtype=object).T
        assert distance(found.ravel(), expected.ravel()) < 1e-27


def test_the_derivative_of_the_energy_is_the_velocity() -> None:
    for model in (models.haldane(), THREE):
        form, velocity = derive(model, "energy"), derive(model, "velocity")
        for axis in range(2):
            assert (
                distance(numbers(form.diff(axis).at(POINT[:2], 1, 30)), numbers(velocity.at(POINT[:2], 1, 30)[axis]))
                < 1e-27
            )


# -- explicit energies -------------------------------------------------------------------------------------------------
@pytest.mark.slow_for("luttinger", "bhz")
@pytest.mark.parametrize("name", ["bhz", "rashba", "luttinger"])
def test_explicit_forms_have_no_energy_and_the_same_values(name: str) -> None:
    model = models.get(name)
    form = derive(model, "s_current_dipole")
    k = POINT[: model.dimension]
    for band in (0, model.size - 1):
        explicit = form.explicit(band)
        assert form.energy_symbol not in explicit.arguments
        defined = {symbol for symbol, _ in explicit.definitions}
        formulas = [formula for _, formula in explicit.definitions] + sp.flatten(explicit.compact)
        assert set().union(*(e.free_symbols for e in formulas)) <= {*model.k, *model.parameters, *defined}
        assert distance(numbers(explicit.at(k, digits=30)), numbers(form.at(k, band, 30))) < 1e-28
        assert explicit(np.array([k], dtype=float)).shape == (1, *form.shape)
        assert explicit(np.array(k, dtype=float)) == pytest.approx(
            form(np.array(k, dtype=float))[band], rel=1e-9, abs=1e-12
        )


def test_no_chance_decides_whether_a_form_is_made_explicit(monkeypatch: pytest.MonkeyPatch) -> None:
    """SymPy's factorisation of the torque polarizability of this pair of doublets does not end for some of its random numbers."""
    i, (t, u) = sp.I, sp.symbols("t u", real=True)
    one, (x, y, z) = sp.eye(2), map(msigma, (1, 2, 3))
    product = sp.kronecker_product
    H = (
        u * sp.sin(MOMENTA[2]) * sp.eye(4)
        + (t + sp.cos(k_y)) * product(z, one)
        + sp.sin(k_y) * product(x, one)
        + sp.cos(k_x) * (product(y, x) + u * product(y, z))
    )
    rows = [[0, 6 - 6 * i, -18 + 2 * i, 0], [0, 6, 9 + 2 * i, 9 + 6 * i], [0, 0, -12, -10 - 5 * i], [0, 0, 0, 0]]
    upper = sp.Matrix(rows) / 12
    form = derive(Model(H, upper + upper.H, MOMENTA, {t: 0.7, u: 1.3}), "torque_polarizability")

    def by_chance(*_: object) -> None:
        raise AssertionError("SymPy factors polynomials of several variables at random values of these")

    monkeypatch.setattr(factortools, "dmp_zz_wang", by_chance)
    assert distance(numbers(form.explicit(0).at(POINT, digits=30)), numbers(form.at(POINT, 0, 30))) < 1e-28


def test_what_is_explicit_stays_short() -> None:
    """As one expression the dipole of BHZ has 270451 operations, and its derivative takes minutes."""
    form = derive(models.bhz(), "s_dipole").explicit(1)
    for found, most in ((form, 1000), (form.diff(0), 4000)):
        assert sp.count_ops([e for _, e in found.definitions]) + sp.count_ops(list(found.compact)) < most
    symbol = form.model.k[0]
    assert distance(numbers(form.diff(0).at(POINT[:2], digits=40)), difference(form, symbol, 1)) < 1e-25


def test_derivatives_of_components_are_named_like_those_in_the_form() -> None:
    """h_{0z,x} = d_x h_{0z} is said once for all; the derivative of the energy is written out."""
    rows = lines(derive(models.bhz(), "s_dipole").explicit(1).diff(0))
    assert "h_{0z,x}" in rows[0]
    assert not any(row.startswith("h_{0z,x}") for row in rows)
    assert any(row.startswith(r"\varepsilon_{k x} &= ") for row in rows)
    assert rows[-1] == r"h_{a,i} &= \partial_{k_i} h_a"


def test_the_spin_of_rashba_electrons() -> None:
    """-+ M/(2 sqrt(M^2 + alpha^2 k^2))."""
    M, alpha = sp.symbols("M alpha", real=True)
    form = derive(models.rashba(), "s_expectation")
    size = sp.sqrt(M**2 + alpha**2 * (k_x**2 + k_y**2))
    assert form.explicit(0).expressions[()] == -M / (2 * size)
    assert form.explicit(1).expressions[()] == M / (2 * size)


def test_energies_without_a_short_form_are_refused() -> None:
    with pytest.raises(
        ValueError, match="band: expected a model whose energies have a short closed form, got model with 3"
    ):
        derive(THREE, "s_dipole").explicit(0)
    explicit = derive(models.rashba(), "s_dipole").explicit(0)
    with pytest.raises(ValueError, match="band: expected a form with the energy E, got that of band 0"):
        explicit.explicit(1)


# -- substitution ------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_substitution_keeps_definitions_and_values() -> None:
    form = derive(models.kane_mele(), "s_berry_curvature")
    found = form.subs({"lambda_R": sp.Rational(1, 7), "k_y": k_x / 2})
    assert isinstance(found, ClosedForm)
    assert found.model.k == (k_x,)
    assert {s.name for s, _ in found.definitions} & {s.name for s, _ in form.definitions}
    x = sp.Rational(3, 5)
    for band in range(4):
        expected = form.at((x, x / 2), band, 30, lambda_R=sp.Rational(1, 7))
        assert distance(numbers(found.at(x, band, 30)), numbers(expected)) < 1e-28
        # The chain rule: along the line both components of k change.
        rates = [numbers(form.diff(axis).at((x, x / 2), band, 30, lambda_R="1/7")) for axis in range(2)]
        with mpmath.workdps(40):
            along = rates[0] + rates[1] / 2
        assert distance(numbers(found.diff(0).at(x, band, 30)), along) < 1e-27


def test_polar_coordinates() -> None:
    q, phi = sp.symbols("q phi", real=True)
    form = derive(models.rashba(), "s_dipole")
    found = form.subs({"k_x": q * sp.cos(phi), "k_y": q * sp.sin(phi)})
    assert found.model.k == (phi, q)
    x, y = 0.3, 0.8
    expected = form([y * np.cos(x), y * np.sin(x)])
    assert found([x, y]) == pytest.approx(expected, rel=1e-12)


def test_substitutions_that_do_not_hold_are_refused() -> None:
    with pytest.raises(ValueError, match=r"Delta_BIA = 0, where the bands have the multiplicities \(2, 2\)"):
        derive(models.bhz(), "s_dipole").subs({"Delta_BIA": 0})
    massless = derive(models.rashba().with_parameters(M=0), "s_dipole")
    with pytest.raises(ValueError, match=r"multiplicities|is finite"):
        massless.subs({"alpha": 0})
    with pytest.raises(ValueError, match="one to three momenta to remain, got 0"):
        massless.subs({"k_x": 0, "k_y": 1})
    with pytest.raises(ValueError, match=r"replacements: expected some of k_x, k_y, .* got nu"):
        massless.subs({"nu": 0})
    with pytest.raises(ValueError, match="replacements: expected new symbols with names of their own, got E,"):
        massless.subs({"m": sp.Symbol("E", positive=True)})
    with pytest.raises(TypeError, match="replacements: expected a mapping"):
        massless.subs(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="k_x: expected a number or a formula"):
        massless.subs({"k_x": "k_y"})


# -- series ------------------------------------------------------------------------------------------------------------
def remainder(form: ClosedForm, coefficients: dict, order: int, band: int, at: object, t: sp.Expr) -> float:
    """|f - sum c_n t^n| at t; ``at(t)`` gives k and parameters, the coefficients take those at t = 0."""
    k, given = at(t)
    k_0, given_0 = at(None)
    exact = numbers(form.at(k, band, 60, **given))
    with mpmath.workdps(60):
        total = exact * 0
        for n, c in coefficients.items():
            values = {name: x for name, x in given_0.items() if name in {p.name for p in c.model.parameters}}
            total = total + numbers(c.at(k_0, band, 60, **values)) * mpmath.mpf(t.p) ** n / mpmath.mpf(t.q) ** n
        return float(max(abs(x) for x in exact - total))


def decay(form: ClosedForm, coefficients: dict, order: int, band: int, at: object) -> float:
    """The power of t with which the remainder falls."""
    near, far = (remainder(form, coefficients, order, band, at, sp.Rational(n, 10**6)) for n in (1, 2))
    return float(np.log2(far / near))


SCALED = {
    "three bands": (THREE, "s_dipole", (sp.Rational(1, 3), sp.Rational(2, 5))),
    "kane_mele": (models.kane_mele(), "s_expectation", (sp.Rational(1, 2), 1)),
    "bhz": (models.bhz().with_parameters(Delta_BIA=0), "s_current_dipole", (0, 0)),
    "unequal": (column(), "s_expectation", (sp.Rational(1, 2), 1)),
    "rashba": (models.rashba(), "velocity", (0, 0)),
}


@pytest.mark.slow_for("bhz", "kane_mele", "three bands")
@pytest.mark.parametrize("case", SCALED)
def test_the_remainder_of_an_expansion_in_k_falls_by_the_next_power(case: str) -> None:
    model, name, centre = SCALED[case]
    form = derive(model, name)
    found = form.series("k", 2, centre)

    def at(t: sp.Expr | None) -> tuple:
        return tuple(
            (0 if t is None else c) + (1 if t is None else t) * x for c, x in zip(centre, POINT, strict=False)
        ), {}

    for band in (0, model.size - 1):
        assert decay(form, dict(found.coefficients), 2, band, at) > 2.9
        wrong = {n: c for n, c in found.coefficients.items() if n < max(found.coefficients)}
        assert decay(form, wrong, 2, band, at) < 2.1


@pytest.mark.slow_for("model0-s_dipole-lambda_R")
@pytest.mark.parametrize(
    ("model", "name", "parameter"), [(models.kane_mele(), "s_dipole", "lambda_R"), (THREE, "energy", "level")]
)
def test_expansions_in_a_parameter(model: Model, name: str, parameter: str) -> None:
    form, k = derive(model, name), POINT[:2]
    symbol = next(s for s in model.parameters if s.name == parameter)
    found = form.series(symbol, 1, sp.Rational(1, 5))
    at = lambda t: (k, {} if t is None else {parameter: sp.Rational(1, 5) + t})  # noqa: E731
    for band in (0, model.size - 1):
        assert 1.9 < decay(form, dict(found.coefficients), 1, band, at) < 2.1


def test_rashba_at_small_coupling() -> None:
    M, alpha = sp.symbols("M alpha", real=True)
    k2 = k_x**2 + k_y**2
    expected = -k_y * (alpha**2 / (4 * M**2) - alpha**4 * k2 / (4 * M**4))
    found = derive(models.rashba(), "s_dipole").series("alpha", 4)
    assert sp.expand(found.expressions[0] - expected) == 0
    spin = derive(models.rashba(), "s_expectation").series("alpha", 3).explicit(0).expressions[()]
    assert sp.expand((spin - (-sp.Abs(M) / (2 * M) * (1 - alpha**2 * k2 / (2 * M**2)))).subs(sp.Abs(M), M)) == 0


def test_the_curvature_of_a_massive_cone_at_small_k() -> None:
    """Omega^{xy} = +- v^2 Delta/(2 (Delta^2 + v^2 k^2)^(3/2)), plus in the lower band; Delta > 0 here."""
    v, Delta, x = sp.Symbol("v", real=True), sp.Symbol("Delta", real=True), sp.Symbol("x", positive=True)
    found = derive(models.massive_dirac(), "berry_curvature").series("k", 4).explicit(0).expressions[0, 1]
    known = sp.series(v**2 * x / (2 * (x**2 + v**2 * k_x**2) ** sp.Rational(3, 2)), k_x, 0, 5).removeO()
    assert sp.expand((found.subs(k_y, 0).subs(Delta, x) - known).doit()) == 0


def test_bhz_at_small_k() -> None:
    """The dipole of J at k = 0 is that of two massive cones: A^2/(4 M) from both."""
    A, M = sp.symbols("A M", real=True)
    form = derive(models.bhz().with_parameters(Delta_BIA=0), "s_current_dipole")
    found = form.series("k", 1).explicit(0).expressions
    assert found == sp.Array([[0, A**2 / (4 * M)], [-(A**2) / (4 * M), 0]])


def test_heavy_electrons() -> None:
    """In powers of 1/m: v = -+ alpha^2 k/|h| + k/m."""
    form = derive(models.rashba(), "velocity").series("m", 1, sp.oo)
    m = sp.Symbol("m", positive=True)
    assert form.t == 1 / m
    assert form.coefficients[1].explicit(0).expressions == sp.Array([k_x, k_y])
    with pytest.raises(ValueError, match="point: expected one at which H is finite, got M = oo"):
        derive(models.rashba(), "s_expectation").series("M", 1, sp.oo)
    assert derive(models.rashba(), "s_expectation").explicit(1).limit("M", sp.oo).expressions[()] == sp.Rational(1, 2)


def test_touchings_are_refused_as_points_of_expansion() -> None:
    with pytest.raises(
        ValueError, match=r"point: expected one at which no bands touch, got k_x = 0, k_y = 0, where the bands"
    ):
        derive(models.bhz(), "s_dipole").series("k", 2)
    massless = models.rashba().with_parameters(M=0)
    with pytest.raises(ValueError, match="no bands touch"):
        derive(massless, "velocity").series("k", 1)
    with pytest.raises(ValueError, match="a root of what vanishes there like its square has none on both sides"):
        derive(models.rashba(), "velocity").subs({"M": sp.Symbol("alpha", real=True)}).explicit(0).series("alpha", 1)
    # Without an energy in it the dipole expands there: it scales like 1/k.
    assert set(derive(massless, "s_dipole").series("k", 1).coefficients) == {-1}


KRAMERS = [  # quantities at k = 0, where pairs of bands touch
    (models.bhz(), "s_dipole", 2, 1),
    (models.bhz(), "velocity", 1, 2),
    (models.rashba().with_parameters(M=0), "velocity", 0, 1),
    (models.altermagnet(), "torque_quadrupole", 1, 1),
]


@pytest.mark.parametrize(("model", "name", "band", "order"), KRAMERS, ids=lambda value: getattr(value, "name", value))
def test_at_a_kramers_point_bands_expand_along_rays(model: Model, name: str, band: int, order: int) -> None:
    """With t > 0 the energies of both members are analytic in t; what remains falls by the next power, and no step is left."""
    found = derive(model, name).explicit(band).series("k", order)
    direction, remainders = np.array([0.3, -0.8]), []
    for t in (0.02, 0.01):
        total = sum(t**n * c(direction) for n, c in found.coefficients.items())
        remainders.append(np.abs(evaluate(model, name, t * direction)[band] - total).max())
    assert remainders[1] < max(remainders[0] / 2 ** (order + 0.9), 1e-12)
    assert all(c.definitions == () for c in found.coefficients.values())


@pytest.mark.slow
def test_where_kramers_pairs_belong_to_different_blocks_each_block_expands() -> None:
    """Both spins of Kane and Mele at k_x = 0: one formula for all bands divides by the difference of their energies, blocks do not."""
    model = models.kane_mele().with_parameters(lambda_R=0)
    form = derive(model, "orbital_moment")
    assert isinstance(form, ClosedForm)
    found, remainders = form.series("k_x", 2), []
    for t in (0.02, 0.01):
        values = [sum(t**n * c.blocks[j]([0, 0.7]) for n, c in found.coefficients.items()) for j in range(2)]
        total = np.concatenate(values)[:, 0, 1]
        remainders.append(np.abs(np.sort(evaluate(model, "orbital_moment", [t, 0.7])[:, 0, 1]) - np.sort(total)).max())
    assert remainders[1] < remainders[0] / 7 < 1e-6


def test_coefficients_without_a_short_formula_are_derivatives_of_the_formula_in_matrices() -> None:
    found = derive(models.kane_mele(), "s_dipole").series("k", 1, (0, 1))
    rows = lines(found.coefficients[1])
    assert rows[0].startswith(
        r"\left(d^{xs}\right)_{1} &= \partial_{r}\left(\mathrm{Im}\,\mathrm{Tr}[P\, v_{x}\, S\, s]\right)"
    )
    assert r"&\text{at }k_{x} = k_{x} r,\  k_{y} = k_{y} r + 1,\  r = 0" in rows
    assert "x_{1}" not in "".join(rows)


def test_limits() -> None:
    form = derive(models.rashba(), "s_dipole")
    massless = derive(models.rashba().with_parameters(M=0), "s_dipole")
    assert form.limit("M", 0).expressions == massless.expressions
    assert form.limit("M", sp.oo).expressions == sp.Array([0, 0])
    with pytest.raises(ValueError, match=r"has a limit, got k -> 0, where a component grows like t"):
        massless.limit("k", 0)
    k = sp.symbols("k_x", real=True)
    H = sp.Matrix([[1, (1 - sp.cos(k)) / k**2], [(1 - sp.cos(k)) / k**2, -1]])
    ratio = derive(Model(H, sp.diag(1, 0), k), "energy").explicit(1).limit("k_x", 0)
    assert ratio.expressions[()] == sp.sqrt(5) / 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda f: f.diff("q"),
            ValueError,
            "variable: expected an axis from 0 to 1 or one of k_x, k_y, .* of rashba, got 'q'",
        ),
        (lambda f: f.diff(2), ValueError, "variable: expected an axis from 0 to 1 .* got 2"),
        (lambda f: f.diff(True), ValueError, "variable: .* got True"),
        (lambda f: f.series("alpha", 1.5), ValueError, "order: expected an integer, the highest power, got 1.5"),
        (lambda f: f.series("k", 1, (0, 0, 0)), ValueError, r"point: expected 0 or 2 numbers.* got \(0, 0, 0\)"),
        (
            lambda f: f.series("M", 1, sp.Symbol("M", real=True)),
            ValueError,
            r"point: expected numbers, or formulas of alpha, m, got M",
        ),
        (lambda f: f.explicit(2), ValueError, "band: expected an integer from 0 to 1, .* got 2"),
    ],
)
def test_wrong_arguments(call: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(derive(models.rashba(), "s_dipole"))
