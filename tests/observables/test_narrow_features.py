"""Features narrower than any grid: near touchings, tiny pockets, valleys far from k = 0. The true error is inside the estimate."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy as sp

import symcur as sc
from symcur import models
from symcur.brillouin import LatticeCell, integrate, integrate_bands
from symcur.brillouin.features import Landscape
from symcur.brillouin.landmarks import landmarks
from symcur.brillouin.problem import BandProblem
from symcur.disorder import gaussian
from symcur.models.pauli import sigma_x as X
from symcur.models.pauli import sigma_y as Y
from symcur.models.pauli import sigma_z as Z

k_x, k_y = sp.symbols("k_x k_y", real=True)
SQUARE = [[1, 0], [0, 1]]


def chern_insulator(a, b, m, level=0):
    """sin x X + sin y Y + (m + 2 - cos x - cos y) Z, x = k_x - a, y = k_y - b: |sigma_xy| 2 pi = 1 for m < 0, 0 for m > 0."""
    a, b, m = (sp.Rational(str(number)) for number in (a, b, m))
    x, y = k_x - a, k_y - b
    H = sp.sin(x) * X + sp.sin(y) * Y + (m + 2 - sp.cos(x) - sp.cos(y)) * Z + level * sp.eye(2)
    return sc.Model(H, 1, (k_x, k_y), lattice=SQUARE)


@pytest.mark.parametrize("T", [0.0, 5e-13, 1e-8])
def test_a_gap_that_is_not_told_from_a_touching_has_no_value_where_nothing_smears_it(T):
    """|sigma_xy| 2 pi = 1, which looks like 1/2 in double precision."""
    result = sc.conductivity(chern_insulator(0.7, 2.7, -1e-11), 0.0, T, rtol=1e-3)
    assert result.status == "tolerance not met"
    assert np.isinf(result.error).all()


@pytest.mark.parametrize("m", [-1e-3, -1e-7, 0])
def test_the_place_of_a_least_gap_is_found_in_a_few_steps(m):
    """The gap is 2 sqrt(|k - k_0|^2 + m^2): its square is a parabola there, where halvings would take one step for each bit."""
    model, looks = chern_insulator(0.7, 2.7, m), []

    def bands(k):
        return model.energies(k), np.ones((len(k), 2, 1))

    def energies(k):
        looks.append(len(k))
        return model.energies(k)

    bands.energies = energies
    problem = BandProblem(bands, model.cell, ["f"], 0.0, 0.0)
    ((ends, _),) = Landscape.of(problem).narrow_gaps(problem)
    away = np.abs((ends.u - np.array([0.7, 2.7]) / (2 * np.pi) + 0.5) % 1 - 0.5).max(axis=1)
    shortest = ends.length.min(axis=1)
    assert away[shortest.argmin()] <= max(1e-3 * abs(m), 1e-10)
    assert 0.1 * abs(m) <= 2 * np.pi * shortest.min() <= 4 * abs(m)
    assert len(looks) < 25


def test_few_digits_of_a_smooth_sum_take_no_large_grid():
    """The gap of the occupied bands asks for 192 points per axis."""
    few, many = (
        sc.conductivity("kane_mele", 0.0, 0.02, parameters={"lambda_R": 0.18, "lambda_v": 0.1}, rtol=rtol)
        for rtol in (1e-3, 1e-7)
    )
    assert few.method.startswith("adaptive")
    assert many.method.startswith("periodic trapezoid")
    assert (np.abs(few.value - many.value) <= few.error).all()
    assert few.evaluations < 10_000 < many.evaluations


@pytest.mark.parametrize("rtol", [1e-2, 1e-5])
@pytest.mark.parametrize(
    ("a", "b", "m", "T"), [(0.3, -0.77, -1e-3, 5e-5), (-2.2, 1.9, -1e-4, 5e-6), (0.7, 2.7, -1e-5, 1e-7)]
)
def test_a_quantum_of_curvature_in_a_tiny_gap_is_found(a, b, m, T, rtol):
    result = sc.conductivity(chern_insulator(a, b, m), 0.0, T, rtol=rtol)
    value, error = (2 * np.pi * part[0, 1] for part in (result.value, result.error))
    assert result.status == "converged"
    assert abs(abs(value) - 1) <= error <= 4 * rtol


def test_the_pole_of_the_bose_function_is_a_feature_at_any_temperature():
    """A magnon of the energy 1e-8 at a point and up to 4 elsewhere, T = 1: n doubles where the energy does; f does not change there."""
    x, y = k_x - sp.Rational(1, 3), k_y - sp.Rational(2, 7)
    energy = sp.Rational(1, 10**8) + 2 - sp.cos(x) - sp.cos(y)
    model = sc.Model([[energy]], 1, (k_x, k_y), lattice=SQUARE, metric=sc.bosons.Metric([[1]]))

    def bands(k):
        energies = model.energies(k)
        return energies, np.ones((*energies.shape, 1))

    found = {name: landmarks(BandProblem(bands, model.cell, [name], 0.0, 1.0), 1e-6) for name in ("n", "c_1", "f")}
    for name in ("n", "c_1"):
        u = (found[name].u - np.array([1 / 3, 2 / 7]) / (2 * np.pi) + 0.5) % 1 - 0.5
        assert np.abs(u).max() < 1e-4
        assert 1e-6 < found[name].length.min() < 1e-3
    assert len(found["f"].u) == 0
    t, weight = np.polynomial.legendre.leggauss(600)
    L = np.arcsinh(np.pi / 1e-4)
    t, weight = 1e-4 * np.sinh(L * t), 1e-4 * L * np.cosh(L * t) * weight / (2 * np.pi)
    half = 2 * np.sin(t / 2) ** 2
    known = np.einsum("i,j,ij", weight, weight, 1 / np.expm1(1e-8 + half[:, None] + half))
    result = integrate_bands(bands, model.cell, ["n"], 0.0, 1.0, rtol=1e-5)
    assert result.converged
    assert abs(result.value[0] - known) <= result.error[0] < 1e-4


@pytest.mark.parametrize("rtol", [1e-2, 1e-4])
@pytest.mark.parametrize("m", [1e-3, 1e-5])
def test_two_filled_bands_that_nearly_touch(m, rtol):
    """All bands filled, s = Z/2: the magnetization vanishes by g being linear there; its integrand peaks at k = 0."""
    model = chern_insulator(0, 0, m, level=-5).with_s(Z / 2)
    result = sc.magnetization(model, form="sea", rtol=rtol)
    assert result.status == "converged"
    assert abs(result.value[0, 1]) <= result.error[0, 1] < 0.1 * rtol * 5


@pytest.mark.slow
def test_the_spin_hall_conductivity_beside_a_line_of_near_touchings():
    """Kane-Mele, lambda_v = 0.3: the filled bands nearly touch along lines. At lambda_R = 0.003 independently 0.99306/2pi."""
    for lambda_R, known in ((0.02, None), (0.003, 0.99306)):
        model = models.kane_mele(lambda_v=0.3, lambda_R=lambda_R)
        results = [sc.conductivity(model, 0.0, 0.0, rtol=rtol) for rtol in (1e-3, 1e-4, 1e-6)]
        for result in results:
            assert result.status == "converged"
            assert abs(result.value - results[-1].value)[0, 1] <= (result.error + results[-1].error)[0, 1]
        if known:
            assert 2 * np.pi * results[-1].value[0, 1] == pytest.approx(known, abs=2e-5)


@pytest.mark.slow_for("2.9-20", "0.4-20", "2.9-200")
@pytest.mark.parametrize("radius", [20, 200])
@pytest.mark.parametrize("angle", [0.4, 2.9])
def test_a_valley_may_lie_anywhere_in_the_continuum(radius, angle):
    """A Rashba gas moved to |k| = radius has the conductivity of the one at k = 0."""
    at_rest = models.rashba()
    a, b = (sp.Rational(round(1000 * radius * f(angle)), 1000) for f in (np.cos, np.sin))
    x, y = at_rest.k
    moved = at_rest.replace(H=at_rest.H.subs({x: x - a, y: y - b}, simultaneous=True))
    result = sc.conductivity(moved, 0.5, 0.0, rtol=1e-3).parts["conventional"]
    assert abs(result.value[0, 1] - 0.0389930) <= result.error[0, 1] < 1e-3


def test_transport_in_a_valley_is_that_at_rest():
    at_rest = models.rashba()
    x, y = at_rest.k
    moved = at_rest.replace(H=at_rest.H.subs({x: x - 60, y: y + 25}, simultaneous=True))
    ours, theirs = (sc.transport(m, gaussian(0.5), 0.5, rtol=1e-6, intrinsic=False) for m in (moved, at_rest))
    for part in theirs.parts:
        assert np.allclose(ours[part], theirs[part], rtol=1e-6, atol=1e-8)


def test_at_a_touching_with_a_trace_of_s_nothing_is_defined():
    """sigma_xy jumps by 1/2pi where m changes its sign: with mu in the touching at T = 0 the error is infinite, beside it not."""
    touching = chern_insulator(0.3, 0.2, 0)
    result = sc.conductivity(touching, [-0.1, 0.0, 0.1], [0.0, 0.05], rtol=1e-3)
    assert result.status == "tolerance not met"
    assert "bands touch at mu, T is too low" in result.message
    assert np.isinf(result.error[1, 0]).all()
    assert np.isfinite(np.delete(result.error.reshape(6, -1), 2, axis=0)).all()
    found = sc.conductivity(touching.with_s(Z / 2), [-1e-5, 0.0, 1e-5], 0.0, rtol=1e-3)  # the dipole alone jumps
    assert found.met[[0, 2]].all()
    assert np.isfinite(found.error).all()
    assert not found.met[1].all()
    assert (np.abs(found.value) <= found.error).all()
    dipole = found.parts["dipole"]
    assert (np.abs(dipole.value[:, 0, 1] - np.array([1, 0, -1]) / (16 * np.pi)) <= dipole.error[:, 0, 1]).all()
    assert sc.conductivity(touching.with_s(Z / 2), 0.0, 1e-5, rtol=1e-3).status == "converged"
    assert sc.conductivity(chern_insulator(0.3, 0.2, 1e-3), 0.0, 0.0, rtol=1e-3).status == "converged"


@pytest.mark.slow
def test_a_line_of_states_at_mu_ends_with_an_honest_error_and_spoils_no_scan():
    """k_x = 0 has the energy 1 along all of a line: the density of states diverges, and mu = 1 alone comes back unconverged."""
    H = sp.sin(k_x) * X + sp.sin(k_y) * Y + (-1 + sp.cos(k_x) + sp.cos(k_y)) * Z
    model, mu = sc.Model(H, Z / 2, (k_x, k_y), lattice=SQUARE), np.array([0.9, 1.0, 1.2])
    scan = sc.conductivity(model, mu, 0.0, rtol=1e-3)
    assert scan.status == "tolerance not met"
    assert scan.message.startswith("met at 2 of 3 values of mu and T")
    assert scan.evaluations < 1_000_000
    assert scan.met.tolist() == [True, False, True]
    for j in (0, 2):
        alone = sc.conductivity(model, mu[j], 0.0, rtol=1e-6)
        assert alone.met.shape == ()
        assert (np.abs(scan.value[j] - alone.value) <= scan.error[j]).all()
        assert scan.error[j].max() < 1e-3


def test_no_error_is_zero():
    """Below all bands nothing is occupied on any sample; the error is that of rounding, not none."""
    empty = sc.conductivity(models.haldane(), -20.0, 0.0)
    assert (empty.value == 0).all()
    assert (empty.error > 0).all()
    assert empty.error.max() < 1e-11


@pytest.mark.slow
def test_asking_for_more_never_returns_less():
    """Next to mu = 1.5 in Kane-Mele, which lies in Kramers degeneracies: rounding ends the refinement, not the accuracy."""
    results = [sc.conductivity(models.kane_mele(), 1.500001, 0.0, rtol=rtol) for rtol in (1e-6, 1e-8)]
    assert results[1].error.max() < results[0].error.max()
    assert abs(results[1].value - results[0].value).max() <= results[0].error.max()
    assert re.search(r"relative error of the value at most \d\.\de-0\d", results[0].message)


@pytest.mark.slow
def test_in_a_degeneracy_a_dipole_lies_between_those_of_both_sides_and_its_error_holds_them():
    """That of Kane-Mele jumps at mu = 1.5 from -0.0068 to 0.0423, and the integral of -f' at T = 0 is neither."""
    found = sc.conductivity(models.kane_mele(), [1.499999, 1.5, 1.500001], 0.0, rtol=1e-4)
    dipole = found.parts["dipole"]
    below, value, above = dipole.value[:, 0, 1]
    assert above - below > 0.04
    assert not found.met[1].all()
    assert found.met[[0, 2]].all()
    assert max(above - value, value - below) <= dipole.error[1, 0, 1] < 1


@pytest.mark.slow_for("0.6--1.1-0.01", "2.345-3.1-0.02", "2.345-3.1-0.05", "0.6--1.1-0.02", "0.6--1.1-0.05")
@pytest.mark.parametrize("width", [0.05, 0.02, 0.01])
@pytest.mark.parametrize(("a", "b"), [(0.6, -1.1), (2.345, 3.1)])
def test_electrons_in_a_narrow_dip_are_counted(width, a, b):
    """e = 1 + 0.2 (cos k_x + cos k_y) - 1/(1 + |k - k_0|^2/w^2), nearly: the area of the dip below mu by a sum around k_0."""

    def bands(k):
        x, y = k[:, 0], k[:, 1]
        dip = 1 / (1 + (4 - 2 * np.cos(x - a) - 2 * np.cos(y - b)) / width**2)
        return (1 + 0.2 * (np.cos(x) + np.cos(y)) - dip)[:, None], np.ones((len(k), 1, 1))

    edge, n = 8 * width, 3000
    line = (np.arange(n) + 0.5) / n * 2 * edge - edge
    k = np.stack(np.meshgrid(a + line, b + line, indexing="ij"), axis=-1).reshape(-1, 2)
    mu = float(bands(np.array([[a, b]]))[0][0, 0]) + 0.3
    count = (bands(k)[0] < mu).mean() * (2 * edge) ** 2 / (2 * np.pi) ** 2
    result = integrate_bands(bands, LatticeCell(SQUARE), ["f"], mu, 0.0, rtol=1e-3)
    assert result.converged
    assert count > 0
    assert abs(result.value[0] - count) <= result.error[0] + 2e-3 * count


@pytest.mark.slow_for("48-2", "32-2")
@pytest.mark.parametrize("dimension", [1, 2])
@pytest.mark.parametrize("multiple", [16, 32, 48])
def test_a_harmonic_that_nested_grids_alias_is_seen(dimension, multiple):
    """The mean of 1 + cos(n k) is 1, that of 1/(2 + cos(n k)) is 1/sqrt(3)."""
    cell = LatticeCell(np.eye(dimension))
    for function, mean in ((lambda c: 1 + c, 1), (lambda c: 1 / (2 + c), 3**-0.5)):
        result = integrate(lambda k, f=function: f(np.cos(multiple * k[:, 0])), cell, rtol=1e-3)
        assert abs(result.value - mean) <= result.error


@pytest.mark.slow
def test_a_narrow_pocket_that_alone_breaks_time_reversal_is_no_rounding():
    """Two blocks that time reversal exchanges have no Hall conductivity; a narrow dip in one of them, between all samples, makes one. Its value is by Gauss-Legendre points that are dense in the dip, the block with it less the one without."""
    kx, ky = sp.symbols("k_x k_y", real=True)
    away = 2 - sp.cos(kx - 1.234) - sp.cos(ky + 0.777)
    dip = 0.2 * (0.002**2 / (0.002**2 + away)) ** 4

    def block(sign, more):
        return sp.Matrix([[more - 1 + sp.cos(kx) + sp.cos(ky), sp.sin(kx) - sign * sp.I * sp.sin(ky)],
                          [sp.sin(kx) + sign * sp.I * sp.sin(ky), 1 - more - sp.cos(kx) - sp.cos(ky)]])  # fmt: skip

    model = sc.Model(sp.diag(block(1, 0), block(-1, dip)), 1, (kx, ky), lattice=[[1, 0], [0, 1]])
    result = sc.conductivity(model, mu=-1.2, temperature=0.02, max_evaluations=30_000)
    assert result.parts["conventional"].value[0, 1] == pytest.approx(3.485e-8, abs=0.01e-8)


@pytest.mark.parametrize(("M", "mu", "rtol"), [(0.00814, 0.008141664785888124, 1e-2), (0.00814, 0.008141664785888124, 1e-5), (0.00366, 0.0036613957271130135, 3.3e-4)])  # fmt: skip
def test_a_pocket_smaller_than_what_samples_tell_of_its_band_is_in_the_error(M, mu, rtol):
    """Just above the bottom of the upper subband of Rashba electrons, where no sample of a box need lie inside of it; exact integrals."""
    model = models.rashba(M=M)
    exact = sc.integrate_exactly(model, "conductivity")
    found = sc.conductivity(model, mu, 0.0, rtol=rtol)
    for part in ("band", "dipole"):
        difference = found.parts[part].value - np.array(exact(mu, part=part), dtype=float).reshape(2, 2)
        assert (np.abs(difference) <= found.parts[part].error).all()
    assert found.status == "converged"


def test_a_symmetry_that_a_small_mass_breaks_at_its_node_alone_is_not_used():
    """Graphene with masses 4e-7 at K and 8e-7 at K', mu between: one pocket, int d_x v_y (-df/de) = (1 - m^2/mu^2)/(16 pi) for s = sigma_z/2.

    Elsewhere the masses change energies by their squares, so k -> -k holds to rounding.
    """
    m, M, mu = 4e-7, 8e-7, 6e-7
    z, up = np.diag([1.0, -1.0]), np.array([[0, 1], [0, 0]])
    hoppings = {(0, 0): (m + M) / 2 * z + up + up.T}
    for R, back in (((1, 0), (-1, 0)), ((0, 1), (0, -1)), ((-1, 1), (1, -1))):
        nearest = up if R != (-1, 1) else 0
        second = 1j * (m - M) / (6 * np.sqrt(3)) * z * (1 if R != (0, 1) else -1)
        hoppings[R], hoppings[back] = nearest + second, np.conj(nearest + second).T
    cell = np.array([[1, 0], [0.5, np.sqrt(3) / 2]])
    model = sc.Model.from_hoppings(hoppings, z / 2, cell, positions=[[0, 0], [1 / 3, 1 / 3]])
    dipole = sc.conductivity(model, mu, rtol=1e-4).parts["dipole"]
    exact = (1 - (m / mu) ** 2) / (16 * np.pi)
    assert abs(abs(dipole.value[0, 1]) - exact) <= dipole.error[0, 1] < 1e-4 * exact
