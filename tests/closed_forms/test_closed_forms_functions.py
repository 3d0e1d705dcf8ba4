"""Closed forms of models with other functions than polynomials and cosines, defined and undefined."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from lattice_models import MOMENTA

from symcur import models, quantities
from symcur.band_structures import Model
from symcur.closed_forms import derive, multiplicities
from symcur.closed_forms.ring import Ring
from symcur.eigenstates import evaluate
from symcur.kernels import compile
from symcur.models.pauli import kron, sigma_0, sigma_x, sigma_y, sigma_z

k_x, k_y = MOMENTA[:2]
M, w = sp.symbols("M w", positive=True)
n, r = sp.Symbol("n", integer=True, positive=True), sp.Symbol("r", real=True)
h_0, h_x, h_y, h_z = (sp.Function(f"h_{a}", real=True)(k_x, k_y) for a in "0xyz")
ANY = Model(h_0 * sigma_0 + h_x * sigma_x + h_y * sigma_y + h_z * sigma_z, sigma_z / 2, (k_x, k_y), name="any")

FUNCTIONS = {
    "tanh": M * sp.tanh(k_x / w),
    "exp": M * sp.exp(-(k_x**2) - k_y**2),
    "Abs": M * sp.Abs(k_x) ** 3,
    "Piecewise": M + sp.Piecewise((k_x**2, k_x > 0), (0, True)),
    "power": M * (k_x**2 + k_y**2) ** n,
    "real power": M * (k_x**2 + k_y**2) ** r,
    "odd function": M * k_x**n,
    "root": sp.sqrt(M**2 + k_x**2 + k_y**2),
    "inverse": M / (1 + k_x**2 + k_y**2),
    "log": M * sp.log(1 + k_x**2),
    "atan2": M * sp.atan2(k_y, k_x),
    "inverse cosine": M / (2 + sp.cos(k_x)),
    "acos": M * sp.acos(k_x / 3),
    "size of a complex number": sp.Abs(2 + sp.exp(sp.I * k_x)),
}
POINTS = np.array([[0.4, -0.7], [-0.3, 0.9], [1.7, 0.2]])


@pytest.mark.slow_but("2-tanh", "2-odd function", "2-exp", "2-root", "3-inverse", "3-atan2")
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("size", [2, 3])
def test_any_function_that_has_numbers_has_a_closed_form(name: str, size: int) -> None:
    H = sp.diag(k_x * sigma_x + k_y * sigma_y + FUNCTIONS[name] * sigma_z, *([[k_x]] if size == 3 else []))
    s = sp.diag(sigma_z / 2, *([[1]] if size == 3 else [])).as_mutable()
    if size == 3:
        H = H + sp.Matrix([[0, 0, k_y], [0, 0, sp.I], [k_y, -sp.I, 0]])
        s[0, 2], s[2, 0] = sp.I, -sp.I
    values = {M: 0.7, w: 1.3, n: 2, r: -0.4}
    model = Model(H, s, (k_x, k_y), {symbol: values[symbol] for symbol in H.free_symbols & set(values)})
    for quantity in ("s_dipole", "s_weighted_curvature", "torque_polarizability"):
        if name == "Abs" and quantity == "torque_polarizability":  # a delta function in the second derivative
            if size == 3:
                with pytest.raises(ValueError, match=r"got DiracDelta\(k_x\)"):
                    derive(model, quantity)
            continue
        form = derive(model, quantity)
        assert form.written is not None or size == 3
        expected = evaluate(model, quantity, POINTS)
        assert np.abs(form(POINTS) - expected).max() <= 1e-12 * max(1, np.abs(expected).max())
        exact = np.array(form.at(["0.4", "-0.7"], 0, digits=20))
        assert np.abs(exact.astype(float) - expected[0, 0]).max() <= 1e-12 * max(1, np.abs(expected).max())


def test_relations_of_roots_and_inverses_are_known() -> None:
    root, inverse = sp.sqrt(M**2 + k_x**2), 1 / (1 + k_x**2)
    ring = Ring([root, inverse], (k_x,))
    assert ring.opaque
    assert (ring.convert(root) * ring.convert(root) - ring.convert(M**2 + k_x**2)).reduced().is_zero
    assert (ring.convert(inverse) * ring.convert(1 + k_x**2) - ring.one).reduced().is_zero
    assert not (ring.convert(root) - ring.convert(M + k_x)).reduced().is_zero


def test_a_root_that_makes_the_bands_flat_gives_zero() -> None:
    """H = sqrt(1 - f^2) sigma_x + f sigma_z has energies -+1 for all f: the band velocity is written as 0."""
    f = k_x / sp.sqrt(1 + k_x**2)
    model = Model(sigma_x / sp.sqrt(1 + k_x**2) + f * sigma_z, sigma_z, (k_x,))
    assert list(derive(model, "velocity").expressions) == [0]


# -- undefined functions ------------------------------------------------------------------------------------------------
def cross(a: sp.Expr, b: sp.Expr, k: sp.Symbol) -> sp.Expr:
    return a * sp.diff(b, k) - b * sp.diff(a, k)


def test_the_dipole_of_all_two_band_models() -> None:
    """d^{is} = (h_x d_i h_y - h_y d_i h_x)/(4 h^2) for s = sigma_z/2."""
    d = derive(ANY, "s_dipole").expressions
    for i, k in enumerate((k_x, k_y)):
        assert sp.cancel(d[i] - cross(h_x, h_y, k) / (4 * (h_x**2 + h_y**2 + h_z**2))) == 0


def test_the_curvatures_of_all_two_band_models() -> None:
    """Omega^{xy} = -h . (d_x h x d_y h)/(2 eps^3), and weighted with s = h_z/(2 eps) the product of both."""
    h = sp.Matrix([h_x, h_y, h_z])
    triple = h.dot(h.diff(k_x).cross(h.diff(k_y)))
    eps, square = derive(ANY, "energy").energy_symbol - h_0, h.dot(h)
    assert sp.cancel(derive(ANY, "berry_curvature").expressions[0, 1] + triple / (2 * eps**3)) == 0
    assert sp.cancel(derive(ANY, "s_weighted_curvature").expressions[0, 1] + h_z * triple / (4 * square**2)) == 0


@pytest.mark.parametrize("name", [name for name in quantities.names() if not quantities.get(name).operator])
def test_a_generic_formula_holds_for_each_model_of_the_class(name: str) -> None:
    form = derive(ANY, name)
    explicit = {
        h_0: k_x**2 / 3 - k_y,
        h_x: sp.sin(k_x) + k_y / 5,
        h_y: sp.cos(k_x) * k_y,
        h_z: 1 + sp.exp(-(k_y**2)) * k_x,
    }
    model = ANY.replace(H=ANY.H.xreplace(explicit), name="one")
    values = evaluate(model, name, POINTS)
    energies = np.linalg.eigvalsh(model.matrix("H", POINTS))
    expressions = [value.subs(explicit).doit() for value in sp.flatten(form.expressions)]
    numbers = sp.lambdify((k_x, k_y, form.energy_symbol), expressions)
    got = np.array([[numbers(*k, E) for E in energies[p]] for p, k in enumerate(POINTS)]).reshape(values.shape)
    assert np.abs(got - values).max() <= 1e-12 * max(1, np.abs(values).max())


def test_clifford_models_with_undefined_functions() -> None:
    """Five anticommuting matrices: two energies, twice each, no curvature of the pair; d from [Gamma_a, Gamma_b]."""
    gammas = [kron(sigma_x, sigma_0), *(kron(sigma_y, sigma) for sigma in (sigma_x, sigma_y, sigma_z))]
    h = [sp.Function(f"h_{a}", real=True)(k_x, k_y) for a in range(1, 5)]
    H = h_0 * sp.eye(4) + sum((a * gamma for a, gamma in zip(h, gammas, strict=True)), sp.zeros(4))
    model = Model(H, kron(sigma_0, sigma_z) / 2, (k_x, k_y))
    assert multiplicities(model) == (2, 2)
    assert all(value == 0 for value in sp.flatten(derive(model, "berry_curvature").expressions))
    d = derive(model, "s_dipole").expressions
    for i, k in enumerate((k_x, k_y)):
        assert sp.cancel(d[i] - cross(h[1], h[2], k) / (4 * sum(a**2 for a in h))) == 0


def test_numbers_and_code_of_undefined_functions_are_refused() -> None:
    form = derive(ANY, "s_dipole")
    for refused in (lambda: form([0.1, 0.2]), lambda: evaluate(ANY, "s_dipole", [0.1, 0.2])):
        with pytest.raises(ValueError, match=r"H: expected explicit functions where numbers are asked for, got h_"):
            refused()
    with pytest.raises(
        ValueError, match=r"H: expected explicit functions where code is asked for, got h_0\(k_x, k_y\)"
    ):
        form.source("c")
    with pytest.raises(ValueError, match=r"H: expected undefined functions declared real .* got f\(k_x\)"):
        Model([[sp.Function("f")(k_x)]], 1, (k_x,))


def test_kernels_of_such_models_take_eigenstates() -> None:
    model = models.rashba().replace(H=models.rashba().H + sp.tanh(k_x) * sigma_z)
    values = compile(model, ["s_dipole"])(POINTS)["s_dipole"]
    assert np.abs(values - evaluate(model, "s_dipole", POINTS)).max() < 1e-12
