"""Beyond tight binding: position between Wannier functions, s that depends on k, and what is left of the paper's identities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plain_wannier import PlainBands, components
from reference_materials import data

import symcur as sc
from symcur.expressions import Covariant, Derivative, P, Re, Trace, s, tau, v
from symcur.materials import Material, WannierFunctions, read_functions
from symcur.quantities import get
from symcur.quantities.position import external_curvature, external_dipole, position_curvature, projected_curvature, slope_of_s

LATTICE = np.array([[2.0, 0.3], [-0.4, 1.7]])
K = np.array([[0.31, -0.42], [0.83, 0.25]])


def hermitian(X):
    return (X + X[::-1].conj().swapaxes(1, 2)) / 2


def random_functions(N=4, position=0.3, seed=3) -> WannierFunctions:
    """H, A and s between functions in neighbouring cells without any symmetry; the centres are the diagonal of A(R = 0)."""
    rng = np.random.default_rng(seed)
    cells = np.array(list(np.ndindex(3, 3))) - 1

    def matrices(*shape):
        return hermitian(rng.normal(size=(9, N, N, *shape)) + 1j * rng.normal(size=(9, N, N, *shape)))

    H, A, spin = matrices(), position * matrices(2), 0.1 * matrices(3)
    H[4] += np.diag(np.arange(N) * 4.0)
    A[4] += rng.uniform(0, 2, size=(N, 1, 2)) * np.eye(N)[..., None]
    spin[4] += np.diag(np.linspace(-1, 1, N))[..., None]
    centres = np.diagonal(A[4]).real.T
    return WannierFunctions(LATTICE, cells, H, centres, A, spin, "random functions")


FUNCTIONS = random_functions()
MATERIAL = Material(FUNCTIONS, "spin_z", level="projected", name="random")


def plain(functions, component=2, step=0.005):
    return PlainBands(functions, functions.spin[..., component], step)


# -- the basis ---------------------------------------------------------------------------------------------------------
def test_covariant_derivatives_are_those_of_parallel_transport():
    """Between projectors, in which no gauge is left: D_i H, D_i s, D_l D_i s and F against transported differences."""
    bands = plain(FUNCTIONS)

    def elements(X, k):
        """Tr[P_m X P_n X]-like numbers without a gauge: Tr[P_n X P_m s]."""
        return [np.trace(bands.projector(k, n) @ X @ bands.projector(k, m) @ bands.at(bands.s, k)) for n in (0, 2) for m in (1, 3)]

    k = K[0]
    S = lambda k: bands.at(bands.s, k)  # noqa: E731
    expected = {
        ("H", (0,)): bands.slope(lambda k: bands.at(bands.H, k), k, 0),
        ("s", (1,)): bands.slope(S, k, 1),
        ("s", (0, 1)): bands.slope(lambda k: bands.slope(S, k, 0), k, 1),
        ("s", (1, 0)): bands.slope(lambda k: bands.slope(S, k, 1), k, 0),
        ("curvature", (0, 1)): bands.F(k, 0, 1),
    }
    e, U = np.linalg.eigh(MATERIAL.matrix("H", k))
    P = [np.outer(U[:, n], U[:, n].conj()) for n in range(4)]
    ours = {}
    for (name, axes), X in expected.items():
        found = MATERIAL.covariant_matrix(name, k, axes)
        ours[name, axes] = found
        numbers = [np.trace(P[n] @ found @ P[m] @ MATERIAL.matrix("s", k)) for n in (0, 2) for m in (1, 3)]
        np.testing.assert_allclose(numbers, elements(X, k), atol=3e-6 if len(axes) == 2 and name == "s" else 1e-7)
    F, S0 = ours["curvature", (0, 1)], MATERIAL.matrix("s", k)
    np.testing.assert_allclose(ours["s", (1, 0)] - ours["s", (0, 1)], -1j * (F @ S0 - S0 @ F), atol=1e-12)
    assert np.abs(F @ S0 - S0 @ F).max() > 0.1


def test_higher_derivatives_of_the_curvature_obey_bianchi_and_ricci():
    """[D_i, D_l] F_il = -i [F_il, F_il] = 0 and [D_0, D_1] D_0 H = -i [F_01, D_0 H]: derivatives of any order."""

    def H(*axes):
        return MATERIAL.covariant_matrix("H", K, axes)

    F = MATERIAL.covariant_matrix("curvature", K, (0, 1))
    np.testing.assert_allclose(H(0, 1, 0) - H(0, 0, 1), -1j * (F @ H(0) - H(0) @ F), atol=1e-11)
    twice = [MATERIAL.covariant_matrix("curvature", K, (0, 1, *axes)) for axes in ((0, 1), (1, 0))]
    np.testing.assert_allclose(*twice, atol=1e-11)
    mean = (H(0, 0, 1) + H(0, 1, 0) + H(1, 0, 0)) / 3
    np.testing.assert_allclose(MATERIAL.matrix("H", K, (1, 0, 0)), mean, atol=1e-12)


def test_nothing_depends_on_the_gauge():
    """Other centres in the phases, and functions mixed within the cell: the same numbers."""
    U = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4, 2)) @ [1, 1j])[0]

    def mixed(X):
        return np.einsum("ba,rbc...,cd->rad...", U.conj(), X, U)

    for other in (
        replace(FUNCTIONS, centres=FUNCTIONS.centres + np.random.default_rng(2).normal(size=(4, 2))),
        replace(FUNCTIONS, **{name: mixed(getattr(FUNCTIONS, name)) for name in ("hamiltonian", "position", "spin")}),
    ):
        material = Material(other, "spin_z", level="projected")
        np.testing.assert_allclose(material.energies(K), MATERIAL.energies(K), atol=1e-12)
        for quantity in ("s_dipole", "torque_dipole", "dipole_gradient", projected_curvature, slope_of_s):
            ours, theirs = (sc.evaluate(m, quantity, K) for m in (material, MATERIAL))
            np.testing.assert_allclose(ours, theirs, atol=1e-10)


def test_without_position_between_functions_it_is_tight_binding():
    centred = np.zeros_like(FUNCTIONS.position)
    centred[4] = FUNCTIONS.centres[:, None] * np.eye(4)[..., None]
    s_n = np.array([0.5, -0.3, 0.1, 0.9])
    local = replace(FUNCTIONS, position=centred)
    projected, tight = (Material(local, s_n, level=level) for level in ("projected", "tight_binding"))
    for name in ("s_dipole", "s_berry_curvature", "torque_dipole", "dipole_gradient", "symmetrized_curvature"):
        np.testing.assert_allclose(sc.evaluate(projected, name, K), sc.evaluate(tight, name, K), atol=1e-11)
    for quantity in (position_curvature, slope_of_s):
        np.testing.assert_allclose(sc.evaluate(projected, quantity, K), 0, atol=1e-14)


# -- the identities ------------------------------------------------------------------------------------------------------
def rows(material, bands, k, chosen, pairs):
    """What the three identities of a Wannier basis miss by for these bands and axes, and how much of that is the correction."""
    value = {name: sc.evaluate(material, name, k) for name in ("torque_dipole", "s_current", "velocity", "s_expectation")}
    first = value["torque_dipole"] + value["s_current"] - value["velocity"] * value["s_expectation"][:, None]
    lost = sc.evaluate(material, slope_of_s, k)[chosen]
    torque = sc.evaluate(material, "torque_berry_curvature", k)[chosen]
    slopes = np.array([[bands.plain_slope(lambda k, n=n: bands.s_of(k, n), k, i) for i in range(bands.D)] for n in chosen])
    gradient = sc.evaluate(material, "dipole_gradient", k)
    regular = sc.evaluate(material, projected_curvature, k).swapaxes(-1, -2) + (gradient + gradient.swapaxes(-1, -2)) / 2
    correction = sc.evaluate(material, position_curvature, k).swapaxes(-1, -2)
    third, size = ([X[n, i, l] for n in chosen for i, l in pairs] for X in (regular, correction))
    printed = [bands.printed(k, n, i, l) for n in chosen for i, l in pairs]
    found = (first, torque - slopes + lost, lost, np.subtract(third, printed), size)
    return [float(np.abs(X).max()) for X in found]


def test_identities_of_a_wannier_basis():
    """d^{i tau} = -J + v s; Omega^{i tau} = d_i s - <D_i s>; Omega^{li}s + d_l d^{is} = regular + X, on random functions."""
    for k in K:
        first, second, lost, third, correction = rows(MATERIAL, plain(FUNCTIONS), k, range(4), components(2))
        assert first < 1e-13
        assert second < 1e-7
        assert lost > 1
        assert third < 1e-6
        assert correction > 1


def exaggerated(functions, factor):
    """The spin matrices with what they have beyond pairs of one cell made larger."""
    local = np.zeros_like(functions.spin)
    local[functions.home] = functions.spin[functions.home] * np.kron(np.eye(9), np.ones((2, 2)))[..., None]
    return replace(functions, spin=local + factor * (functions.spin - local))


def test_identities_on_iron_with_exaggerated_spin_matrices():
    """Fe.spn deviates little from a constant; a thousand times as much shows what the corrections are worth."""
    functions = exaggerated(read_functions(data("Fe/Fe.chk.fmt.bz2")), 1000)
    material, k = Material(functions, "spin_z", level="projected"), np.array([0.21, -0.33, 0.47])
    gaps = np.diff(material.energies(k))
    apart = np.minimum(np.r_[9, gaps], np.r_[gaps, 9])
    X = np.abs(sc.evaluate(material, position_curvature, k)[:, 1, 0])
    chosen = [int(np.argmax(X * (apart > 0.4)))]
    first, second, lost, third, correction = rows(material, plain(functions, step=0.002), k, chosen, [(0, 1)])
    print(first, second, lost, third, correction)
    assert first < 1e-13
    assert second < 1e-7
    assert lost > 1e-2
    assert third < 1e-6
    assert correction > 1e-2


def test_the_anomalous_hall_conductivity_and_the_moment_of_iron_are_the_published_ones():
    """testpostw90_fe_ahc: 0.0334, 0.0572, 1222.1510 S/cm on 10^3 points with all of A(R); testpostw90_fe_spin: 3.090787 on 4^3.

    With s = 1 there is no correction, s r = r, and sigma of the level "full" is the charge's.
    """
    functions, fermi = read_functions(data("Fe/Fe.chk.fmt.bz2")), 12.6279
    material = Material(functions, np.ones(18), level="full")
    k = material.cell.momenta(10)
    occupied = material.energies(k) < fermi
    assert np.abs(sc.evaluate(material, external_dipole, k[:9])).max() < 1e-13
    curvature = sc.evaluate(material, projected_curvature, k) + sc.evaluate(material, external_curvature, k)
    total = np.einsum("kn,knil->il", occupied, curvature) / len(k)
    to_si = -(1.602176634e-19**2) / (1.054571817e-34 * material.cell.volume * 1e-10) / 100  # S/cm
    np.testing.assert_allclose(to_si * total[[1, 2, 0], [2, 0, 1]], [0.0334, 0.0572, 1222.1510], atol=5e-5)
    k, material = material.cell.momenta(4), Material(functions, "spin_z", level="projected")
    s_n = sc.evaluate(material, "s_expectation", k)
    assert f"{-2 * s_n[material.energies(k) < fermi].sum() / len(k):.6f}" == "3.090787"
