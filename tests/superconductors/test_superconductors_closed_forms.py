"""The printed forms: the exact algebra against eigenstates, mutants, and what changes for several Bloch bands."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy as sp
from sympy import QQ_I

from symcur import models
from symcur.claims.superconductor_proofs import null_magnetization_statements
from symcur.eigenstates import Eigenstates, evaluate
from symcur.observables import magnetization
from symcur.quantities import get
from symcur.superconductors import PairingAlgebra, bdg, quasiparticle_forms

kx, ky = k = sp.symbols("k_x k_y", real=True)
POINT = (0.7, -0.4)
xi = -2 * sp.cos(kx) - sp.cos(ky) + sp.Rational(1, 3)
Delta = sp.Rational(3, 5) * (sp.cos(kx) - sp.cos(ky)) + sp.I * sp.sin(kx) * sp.sin(ky) / 2 + sp.I / 7
eta = sp.sin(kx) / 5 + sp.sin(kx + ky) / 7
EXPRESSIONS = [
    get(name).expression(*axes)
    for name in (
        "s_dipole",
        "berry_curvature",
        "orbital_moment",
        "torque_polarizability",
        "dipole_gradient",
        "s_current",
    )
    for axes in itertools.product((0, 1), repeat=len(get(name).indices))
]


def _values(algebra):
    """The symbols of the algebra at POINT, from explicit xi, |Delta| and theta."""
    at = dict(zip(k, map(sp.Float, POINT), strict=True))
    modulus, theta = sp.sqrt(sp.re(Delta) ** 2 + sp.im(Delta) ** 2), sp.atan2(sp.im(Delta), sp.re(Delta))
    modulus, theta = (sp.expand(x, complex=True) for x in (modulus, theta))
    functions = {"eta": eta, "xi": xi, "D": modulus, "theta": theta}
    result = {}
    for name in algebra.generator:
        function, _, axes = name.partition("_")
        if function in functions:
            f = functions[function]
            for axis in axes:
                f = sp.diff(f, k["xy".index(axis)])
            result[name] = complex(f.subs(at).evalf())
    z = np.exp(1j * complex(theta.subs(at).evalf()))
    E = np.hypot(abs(result["xi"]), abs(result["D"]))
    return {**result, "z": z, "zi": 1 / z, "Ei": 1 / E}


@pytest.mark.slow
def test_expressions_read_with_undetermined_functions_agree_with_eigenstates():
    algebra = PairingAlgebra(odd=True)
    values = _values(algebra)
    model = bdg(xi + eta, Delta, k)
    states = Eigenstates(model, [POINT])
    for expression in EXPRESSIONS:
        expected = states.scalar(expression).real[0]
        for band, sigma in ((0, -1), (1, 1)):
            read = algebra.read(expression, sigma).as_expr()
            number = complex(read.subs({str(x): values[str(x)] for x in read.free_symbols}))
            assert number == pytest.approx(expected[band], abs=1e-11)


def test_the_algebra_refuses_wrong_signs_factors_and_dropped_terms():
    algebra, statements = null_magnetization_statements()
    (difference,) = statements.values()
    assert algebra.vanishes(difference)
    moment = get("orbital_moment").expression(0, 1)
    curvature = get("berry_curvature").expression(0, 1)
    for extra in (
        algebra.read(moment, 1) * algebra.generator["f_+"],
        algebra.read(curvature, 1) * algebra.rho * algebra.generator["g_+"],
        algebra.jet("eta", 0) * algebra.jet("theta", 1) * algebra.generator["f_-"],
    ):
        assert not algebra.vanishes(difference + extra)
        assert not algebra.vanishes(difference - 2 * extra)
    dipole = algebra.read(get("s_dipole").expression(0), 1)
    factor = algebra.number(QQ_I(1) / 2) * algebra.jet("theta", 0)
    assert algebra.vanishes(dipole - factor * (algebra.rho**2 - 1))
    for wrong in (algebra.rho**2 + 1, 1 - algebra.rho**2, algebra.rho - 1, 2 * (algebra.rho**2 - 1)):
        assert not algebra.vanishes(dipole - factor * wrong)


@pytest.mark.parametrize("model", [models.chiral_d_superconductor(), models.chiral_d_superconductor("triangular")])
def test_printed_forms_against_eigenstates_on_both_lattices(model):
    numbers = {symbol: sp.nsimplify(value) for symbol, value in model.parameters.items()}
    pairing = sp.expand(model.H[0, 1].subs(numbers), complex=True)
    re, im = pairing.as_real_imag()
    forms = quasiparticle_forms(model.H[0, 0].subs(numbers), sp.sqrt(re**2 + im**2), sp.atan2(im, re), model.k)
    points = np.random.default_rng(2).uniform(-3, 3, size=(7, 2))

    def at(expression):
        return sp.lambdify(model.k, expression)(*points.T)

    d, Omega, m = (evaluate(model, name, points) for name in ("s_dipole", "berry_curvature", "orbital_moment"))
    for band, sigma in ((0, -1), (1, 1)):
        np.testing.assert_allclose(evaluate(model, "s_expectation", points)[:, band], sigma * at(forms.rho), atol=1e-11)
        np.testing.assert_allclose(d[:, band], np.transpose(at(forms.dipole())), atol=1e-10)
        np.testing.assert_allclose(Omega[:, band, 0, 1], at(forms.berry_curvature(sigma)), atol=1e-9)
        np.testing.assert_allclose(m[:, band, 0, 1], at(forms.moment(sigma)), atol=1e-10)


def test_the_integrand_of_the_magnetization_is_the_curl_of_a_function_regular_at_the_vortices():
    model, T, h = models.chiral_d_superconductor(), 0.3, 1e-4
    vortex = np.zeros(2)

    def potential(q):
        H = model.matrix("H", q)
        gap, E = H[..., 0, 1], np.sqrt(H[..., 0, 0].real ** 2 + np.abs(H[..., 0, 1]) ** 2)
        slopes = [model.matrix("H", q, axes=(i,))[..., 0, 1] for i in (0, 1)]
        flow = np.stack([(gap.conj() * slope).imag for slope in slopes], axis=-1)
        g_sum = -T * (np.log1p(np.exp(-E / T)) + np.log1p(np.exp(E / T)))
        return (g_sum / E**2 / 4)[..., None] * flow

    for q in (vortex, np.array([0.4, 1.1]), np.array([np.pi, np.pi])):
        dx, dy = np.array([h, 0]), np.array([0, h])
        curl = (potential(q + dx) - potential(q - dx))[1] - (potential(q + dy) - potential(q - dy))[0]
        integrand = magnetization.integrand(model, q, 0, T, form="sea")["total"]
        assert integrand[0, 1] == pytest.approx(curl / (2 * h), abs=1e-6)
    assert np.abs(potential(vortex)).max() == 0


def _projectors(h, energies=(1, -1)):
    modulus = sp.sqrt(sum(component**2 for component in h))
    n = sum((x * c for x, c in zip(_pauli(), h, strict=True)), sp.zeros(2)) / modulus
    return [(sp.eye(2) + sign * n) / 2 for sign in energies]


def _pauli():
    return [sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.diag(1, -1)]


@pytest.mark.slow
def test_for_nontrivial_bloch_bands_the_gradient_of_the_phase_is_covariant():
    """d = (1/2)(rho0^2 - 1)(grad theta - A(k) + A(-k)): printed with grad theta alone, it depends on the Bloch phases."""
    h = (sp.sin(kx), sp.sin(ky), sp.Rational(3, 4) - sp.cos(kx) - sp.cos(ky))
    energy = sp.sqrt(sum(c**2 for c in h))
    minus = {kx: -kx, ky: -ky}
    # A momentum-dependent spectrum that breaks time reversal but keeps e(k) = e(-k), and pairing within each band.
    M = sp.Matrix([[sp.Rational(1, 2), sp.Rational(1, 5)], [sp.Rational(1, 5), sp.Rational(1, 3)]])
    projectors = _projectors(h)
    pairings = [c * P * M * P.subs(minus).conjugate() for c, P in zip((1, sp.Rational(1, 2)), projectors, strict=True)]
    normal = sum((c * x for x, c in zip(_pauli(), h, strict=True)), sp.zeros(2)) + sp.Rational(2, 5) * sp.eye(2)
    model = bdg(normal, pairings[0] + pairings[1], k)
    points = np.random.default_rng(8).uniform(0.3, 1.2, size=(4, 2))
    d, rho, e = (evaluate(model, name, points) for name in ("s_dipole", "s_expectation", "energy"))
    for sign, pairing in zip((1, -1), pairings, strict=True):
        xi_band = sp.lambdify(k, sign * energy + sp.Rational(2, 5))(*points.T)
        for number, q in enumerate(points):
            matrix = np.array(sp.lambdify(k, pairing)(*q), dtype=complex)
            slopes = [np.array(sp.lambdify(k, pairing.diff(x))(*q), dtype=complex) for x in k]
            gap2 = np.trace(matrix.conj().T @ matrix).real
            E = np.sqrt(xi_band[number] ** 2 + gap2)
            gradient = [np.trace(matrix.conj().T @ slope).imag / gap2 for slope in slopes]
            bands = np.flatnonzero(np.isclose(np.abs(e[number]), E))
            assert len(bands) == 2
            for band in bands:
                assert abs(rho[number, band]) == pytest.approx(abs(xi_band[number]) / E)
                np.testing.assert_allclose(d[number, band], -gap2 / E**2 * np.array(gradient) / 2, atol=1e-10)


def test_the_printed_gradient_of_theta_differs_between_two_smooth_bloch_gauges():
    def theta_gradient(component, q, h=1e-5):
        def theta(p):
            states = []
            for sign in (1, -1):
                x, y, z = np.sin(sign * p[0]), np.sin(sign * p[1]), 0.75 - np.cos(p[0]) - np.cos(p[1])
                u = np.linalg.eigh(np.array([[z, x - 1j * y], [x + 1j * y, -z]]))[1][:, 1]
                states.append(u * np.exp(-1j * np.angle(u[component])))
            return np.angle(states[0].conj() @ np.array([[0.5, 0.2], [0.2, 1 / 3]]) @ states[1].conj())

        steps = np.eye(2) * h
        return np.array([(theta(q + s) - theta(q - s)) / (2 * h) for s in steps])

    q = np.array([0.6, 0.9])
    assert np.abs(theta_gradient(0, q) - theta_gradient(1, q)).max() > 0.1
