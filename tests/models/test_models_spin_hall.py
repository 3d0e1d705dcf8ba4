"""Numbers of the literature and of other codes, by plain sums over states."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from symcur import models
from symcur.band_structures import Model

Array = NDArray[np.float64]


def interband(model: Model, k: Array, l: int, i: int, power: int, current: bool) -> NDArray[np.complex128]:
    """Per band, sum_m v^l_{nm} theta_{mn}/omega_{nm}^power with theta = J^i or s, shape (..., N)."""
    H = model.matrix("H", k)
    s = np.broadcast_to(model.matrix("s", k[..., :1, :]), H.shape)
    v = [model.matrix("H", k, axes=(axis,)) for axis in (l, i)]
    e, u = np.linalg.eigh(H)
    theta = (v[1] @ s + s @ v[1]) / 2 if current else s
    bra = u.conj().swapaxes(-1, -2)
    omega = e[..., :, None] - e[..., None, :] + np.where(np.eye(model.size), np.inf, 0)
    return ((bra @ v[0] @ u) * (bra @ theta @ u).swapaxes(-1, -2) / omega**power).sum(-1)


def test_kane_mele_spin_hall_value() -> None:
    """The value that PythTB's Kane-Mele model has: int d^2k/2pi of -2 Im sum J^x_{nm} v^y_{mn}/omega^2 = -1.027158."""
    model = models.kane_mele(t=1, lambda_SO=0.3, lambda_R=0.25, lambda_v=1)
    # Im of J^x_{nm} v^y_{mn} is minus Im of v^y_{nm} J^x_{mn}
    curvature = 2 * interband(model, model.cell.momenta(100, 0.5), 1, 0, 2, current=True)[:, :2].sum(-1).imag
    assert 2 * np.pi * curvature.mean() / model.cell.volume == pytest.approx(-1.027158, abs=1e-6)


def test_kane_mele_from_its_hoppings() -> None:
    """The sites in real space: neighbours by distance, nu = +1 where the electron turns left on its way from j to i."""
    t, lambda_SO, lambda_R, lambda_v = 0.9, 0.3, 0.25, 0.7
    unit, s_x, s_y, s_z = np.eye(2), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])
    a = np.array([[1, 0], [0.5, np.sqrt(3) / 2]])
    home = np.array([(a[0] + a[1]) / 3, 2 * (a[0] + a[1]) / 3])
    sites = [
        (j, home[j] + n @ a) for j in (0, 1) for n in np.stack(np.meshgrid(*[[-2, -1, 0, 1, 2]] * 2), -1).reshape(-1, 2)
    ]
    k = np.array([0.83, -1.37])
    H = np.zeros((2, 2, 2, 2), dtype=complex)  # sublattice, spin, sublattice, spin
    for i in (0, 1):
        H[i, :, i] += (1 - 2 * i) * lambda_v * unit
        for j, place in sites:
            r = place - home[i]
            phase, distance = np.exp(1j * k @ r), np.linalg.norm(r)
            if np.isclose(distance, 1 / np.sqrt(3)):
                d = (r if i == 0 else -r) * np.sqrt(3)  # from A to B; the bond operator is Hermitian as a whole
                H[i, :, j] += phase * (t * unit + (1 if i == 0 else -1) * 1j * lambda_R * (s_x * d[1] - s_y * d[0]))
            elif np.isclose(distance, 1):
                between = [
                    q
                    for b, q in sites
                    if b != i and np.allclose([np.linalg.norm(q - home[i]), np.linalg.norm(q - place)], 1 / np.sqrt(3))
                ]
                (first,), (second,) = [q - place for q in between], [home[i] - q for q in between]
                H[i, :, j] += phase * 1j * lambda_SO * np.sign(first[0] * second[1] - first[1] * second[0]) * s_z
    model = models.kane_mele(t=t, lambda_SO=lambda_SO, lambda_R=lambda_R, lambda_v=lambda_v)
    np.testing.assert_allclose(model.matrix("H", k), H.reshape(4, 4), atol=1e-13)


def test_rashba_dipole_without_a_mass() -> None:
    """d^s = Im sum v_{nm} s_{mn}/omega_{nm} = (-k_y, k_x)/(4 k^2) in both bands."""
    k = np.random.default_rng(4).uniform(-2, 2, size=(6, 2))
    k2 = (k**2).sum(-1)
    for axis, exact in ((0, -k[:, 1] / (4 * k2)), (1, k[:, 0] / (4 * k2))):
        dipole = interband(models.rashba(M=0), k, axis, axis, 1, current=False).imag
        np.testing.assert_allclose(dipole, np.stack([exact, exact], axis=-1), rtol=1e-11)


def test_massive_dirac_berry_curvature() -> None:
    """Omega^{xy} = -+ v^2 Delta/(2 e^3) in the upper and lower band."""
    k = np.random.default_rng(5).uniform(-2, 2, size=(6, 2))
    dirac = models.massive_dirac(v=1.2, Delta=0.4).replace(s=np.eye(2).tolist())
    curvature = -2 * interband(dirac, k, 0, 1, 2, current=True).imag
    exact = 1.2**2 * 0.4 / (2 * (1.2**2 * (k**2).sum(-1) + 0.4**2) ** 1.5)
    np.testing.assert_allclose(curvature, np.stack([exact, -exact], axis=-1), rtol=1e-11)


def test_kagome_spin_hall_effect_without_spin_orbit_coupling() -> None:
    """At half filling, a gap: no Berry curvature, but an antisymmetric spin Hall response of s_z."""
    model = models.kagome_antiferromagnet()
    k = model.cell.momenta(24, 0.5)
    e = model.energies(k)
    assert e[..., 3].min() > e[..., 2].max() + 0.3
    charge = interband(model.replace(s=np.eye(6, dtype=int).tolist()), k, 0, 1, 2, current=True).imag
    np.testing.assert_allclose(charge, 0, atol=1e-9)
    response = np.array(
        [[interband(model, k, l, i, 2, current=True)[..., :3].sum(-1).imag.mean() for i in (0, 1)] for l in (0, 1)]
    )
    np.testing.assert_allclose(response, -response.T, atol=1e-10)
    assert abs(2 * np.pi * response[0, 1] / model.cell.volume) > 0.1
