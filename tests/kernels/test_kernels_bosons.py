"""Kernels of bosons: para-unitary eigenstates as arguments of a program."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from bosons.formula_bosons import magnon_phonon, raman_phonons, twin_magnons, two_magnons
from bosons.test_observables import squeezed

import symcur as sc
from symcur.kernels.states import ProgramStates

K = np.random.default_rng(4).uniform(-3, 3, size=(40, 2))
NAMES = ["s_dipole", "s_berry_curvature", "torque_polarizability", "s_weighted_curvature", "torque_quadrupole"]


def distance(model, values) -> float:
    found = [(values[name], sc.evaluate(model, name, K)) for name in NAMES]
    return max(float(np.abs(a - b).max() / (1 + np.abs(b).max())) for a, b in found)


@pytest.mark.parametrize("build", [squeezed, two_magnons, raman_phonons, magnon_phonon, twin_magnons])
def test_kernels_are_the_eigenstates(build):
    model = build()
    kernel = sc.compile(model, NAMES, backend="numpy")
    values = kernel(K)
    assert kernel.route == "LAPACK"
    assert values.by_eigenstates == 0
    assert distance(model, values) < 1e-12
    assert kernel.multiplets == ((2, 2) if build is twin_magnons else (1,) * model.size)


def test_heyoka_and_other_parameters():
    pytest.importorskip("heyoka")
    model = raman_phonons()
    values = sc.compile(model, NAMES[:2], backend="heyoka")(K, h=-0.4)
    for name in NAMES[:2]:
        expected = sc.evaluate(model, name, K, parameters={"h": -0.4})
        np.testing.assert_allclose(values[name], expected, atol=1e-12 * np.abs(expected).max())


def test_norms_matter(monkeypatch):
    """With the norms of electrons the numbers are others."""
    made = ProgramStates.__init__

    def forgetful(self, formulas, program, matrices, found, multiplets, bosons=None):
        made(self, formulas, program, matrices, found, multiplets, None)

    monkeypatch.setattr(ProgramStates, "__init__", forgetful)
    model = two_magnons().with_s(2 * np.diag([1, -1, 1, -1]))
    assert distance(model, sc.compile(model, NAMES, backend="numpy")(K)) > 1e-3


@pytest.mark.parametrize("kappa", [0.5, 1e-4, 1e-8])
def test_the_error_estimate_knows_soft_modes(kappa):
    """Against forty digits; units are the norms of the states, of the derivatives of H and the smallest gap."""
    model, k = raman_phonons().with_values(kappa=kappa, h=0.2), np.array([1e-3, 2e-3])
    values = sc.compile(model, ["s_expectation", "s_dipole"], backend="numpy")(k)
    g, matrix = model.metric, lambda *axes: model.metric @ model.matrix("H", k, axes)
    with mpmath.workdps(40):
        energies, R = mpmath.eig(mpmath.matrix(matrix().tolist()))
        L = mpmath.inverse(R)
        s, v = (L * mpmath.matrix(X.tolist()) * R for X in (g @ model.matrix("s", k), matrix(0)))
        order = sorted(range(4), key=lambda n: energies[n].real)
        exact_s = np.array([float(s[n, n].real) for n in order])
        gap = lambda n, m: energies[n] - energies[m]  # noqa: E731
        dipole = [sum((v[n, m] * s[m, n] / gap(n, m)).imag for m in order if m != n) for n in order]
    size = float((np.abs(model.eigenstates(k)[2]) ** 2).sum())
    unit = size**2 * np.linalg.norm(model.matrix("H", k, (0,))) / np.diff(values["energy"]).min()
    assert np.abs(values["s_expectation"] - exact_s).max() < values.error_estimate * size
    assert np.abs(values["s_dipole"][:, 0] - np.array(dipole, dtype=float)).max() < values.error_estimate * unit
    assert values.error_estimate < 1e-5


def test_zero_modes_are_refused():
    kernel = sc.compile(raman_phonons(), "s_dipole", backend="numpy")
    with pytest.raises(ValueError, match="zero mode"):
        kernel([0.0, 0.0], kappa=0.0, h=0.0)
    with pytest.raises(ValueError, match="which is not told from zero"):  # E and -E would pass for a multiplet
        kernel([0.0, 1e-5], kappa=1e-11, h=0.2)
