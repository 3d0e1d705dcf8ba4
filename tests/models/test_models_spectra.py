"""Energies known in closed form, against the numerical spectrum of H(k) at random momenta and parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from symcur import models

Array = NDArray[np.float64]
GENERATOR = np.random.default_rng(2021)


def rashba(k: Array, m: float, alpha: float, M: float) -> list[Array]:
    k2 = (k**2).sum(-1)
    root = np.sqrt(alpha**2 * k2 + M**2)
    return [k2 / (2 * m) - root, k2 / (2 * m) + root]


def rashba_dresselhaus(k: Array, m: float, alpha: float, beta: float, M: float) -> list[Array]:
    k2 = (k**2).sum(-1)
    root = np.sqrt((alpha**2 + beta**2) * k2 + 4 * alpha * beta * k[..., 0] * k[..., 1] + M**2)
    return [k2 / (2 * m) - root, k2 / (2 * m) + root]


def cubic_rashba(k: Array, m: float, alpha: float, M: float) -> list[Array]:
    k2 = (k**2).sum(-1)
    root = np.sqrt(alpha**2 * k2**3 + M**2)
    return [k2 / (2 * m) - root, k2 / (2 * m) + root]


def massive_dirac(k: Array, v: float, Delta: float) -> list[Array]:
    root = np.sqrt(v**2 * (k**2).sum(-1) + Delta**2)
    return [-root, root]


def bhz(k: Array, A: float, B: float, D: float, M: float, Delta_BIA: float) -> list[Array]:
    c = 2 - np.cos(k).sum(-1)
    kappa = A * np.sqrt((np.sin(k) ** 2).sum(-1))
    return [
        -2 * D * c + sign * np.hypot(M - 2 * B * c, kappa + pair * Delta_BIA) for sign in (-1, 1) for pair in (-1, 1)
    ]


def luttinger(k: Array, gamma1: float, gamma2: float, gamma3: float) -> list[Array]:
    k2 = (k**2).sum(-1)
    x, y, z = np.moveaxis(k**2, -1, 0)
    root = np.sqrt(gamma2**2 * k2**2 + 3 * (gamma3**2 - gamma2**2) * (x * y + y * z + z * x))
    return [gamma1 * k2 / 2 + sign * root for sign in (-1, -1, 1, 1)]


def rice_mele(k: Array, t: float, delta: float, Delta: float) -> list[Array]:
    x = k[..., 0] / 2
    root = np.sqrt(4 * t**2 * np.cos(x) ** 2 + 4 * delta**2 * np.sin(x) ** 2 + Delta**2)
    return [-root, root]


def altermagnet(k: Array, t: float, t_am: float, lambda_R: float) -> list[Array]:
    cosine, sine = np.cos(k), np.sin(k)
    root = np.sqrt(t_am**2 * (cosine[..., 0] - cosine[..., 1]) ** 2 + lambda_R**2 * (sine**2).sum(-1))
    return [-2 * t * cosine.sum(-1) - root, -2 * t * cosine.sum(-1) + root]


def bilayer_graphene(k: Array, t: float, gamma_1: float, u: float) -> list[Array]:
    # |f|^2 = 3 + 2 sum of cos(k . a) over the three lattice directions
    x, y = k[..., 0], np.sqrt(3) * k[..., 1]
    e2 = t**2 * (3 + 2 * np.cos(x) + 2 * np.cos((x + y) / 2) + 2 * np.cos((x - y) / 2))
    split = np.sqrt(gamma_1**4 / 4 + e2 * (gamma_1**2 + u**2))
    squares = [gamma_1**2 / 2 + u**2 / 4 + e2 + sign * split for sign in (-1, 1)]
    return [sign * np.sqrt(square) for sign in (-1, 1) for square in squares]


@pytest.mark.parametrize(
    "energies",
    [rashba, rashba_dresselhaus, cubic_rashba, massive_dirac, bhz, luttinger, rice_mele, altermagnet, bilayer_graphene],
    ids=lambda function: function.__name__,
)
def test_energies_in_closed_form(energies: Callable[..., list[Array]]) -> None:
    model = models.get(energies.__name__)
    for _ in range(4):
        values: dict[str, Any] = {symbol.name: GENERATOR.uniform(0.2, 1.5) for symbol in model.parameters}
        k = GENERATOR.uniform(-3, 3, size=(7, model.dimension))
        exact = np.sort(np.stack(energies(k, **values), axis=-1), axis=-1)
        np.testing.assert_allclose(model.with_values(values).energies(k), exact, atol=1e-10, rtol=1e-11)


K_CORNER = [4 * np.pi / 3, 0.0]
"""A corner of the hexagonal zone of the lattice with constant 1."""


@pytest.mark.parametrize("phi", [0.4, 1.0, np.pi / 2])
def test_haldane_gap_at_the_corners_is_the_distance_from_the_phase_boundary(phi: float) -> None:
    critical = 3 * np.sqrt(3) * 0.2 * np.sin(phi)
    for M in (0.1, critical, 1.5):
        corner = [
            np.diff(models.haldane(t2=0.2, phi=phi, M=M).energies([sign * q for q in K_CORNER])) for sign in (1, -1)
        ]
        np.testing.assert_allclose(sorted(np.ravel(corner)), [2 * abs(M - critical), 2 * (M + critical)], atol=1e-12)


def test_kane_mele_gap_closes_where_the_staggered_potential_matches_the_spin_orbit_gap() -> None:
    critical = 3 * np.sqrt(3) * 0.3
    for lambda_v in (1.0, critical, 2.0):
        e = models.kane_mele(lambda_R=0, lambda_v=lambda_v).energies(K_CORNER)
        assert e[2] - e[1] == pytest.approx(2 * abs(lambda_v - critical), abs=1e-12)


def test_kagome_energies_at_the_zone_centre() -> None:
    t, J = 0.8, 1.3
    root = np.sqrt(9 * t**2 + J**2)
    exact = sorted([-t - root, -t - root, -t + root, -t + root, 2 * t - J, 2 * t + J])
    np.testing.assert_allclose(models.kagome_antiferromagnet(t=t, J=J).energies([0, 0]), exact, atol=1e-12)


def test_kagome_bands_touch_at_the_corners_but_not_at_half_filling() -> None:
    e = models.kagome_antiferromagnet().energies(K_CORNER)
    np.testing.assert_allclose([e[2] - e[1], e[5] - e[4]], 0, atol=1e-12)
    assert e[3] - e[2] > 2


def test_kagome_without_exchange_has_a_flat_band_for_each_spin() -> None:
    k = GENERATOR.uniform(-5, 5, size=(9, 2))
    x, y = k[:, 0], np.sqrt(3) * k[:, 1]
    root = np.sqrt(3 + 2 * np.cos(x) + 2 * np.cos((x + y) / 2) + 2 * np.cos((x - y) / 2))
    exact = np.stack([-1 - root, -1 - root, -1 + root, -1 + root, 2 + 0 * x, 2 + 0 * x], axis=-1)
    np.testing.assert_allclose(models.kagome_antiferromagnet(t=1, J=0).energies(k), exact, atol=1e-12)


def test_bilayer_graphene_has_massive_chiral_bands() -> None:
    """Without bias the inner bands touch at the corner and disperse as +-p^2/2m with m = gamma_1/(2 v^2)."""
    model, p = models.bilayer_graphene(t=1.1, gamma_1=0.4, u=0), 1e-3
    v = np.sqrt(3) / 2 * 1.1
    np.testing.assert_allclose(model.energies(K_CORNER), [-0.4, 0, 0, 0.4], atol=1e-12)
    for angle in (0.3, 1.9):
        e = model.energies([K_CORNER[0] + p * np.cos(angle), p * np.sin(angle)])
        assert p**2 / (2 * e[2]) == pytest.approx(0.4 / (2 * v**2), rel=2e-3)
        assert e[1] == pytest.approx(-e[2], rel=1e-6)


def test_weyl_bands_touch_at_the_two_nodes_only() -> None:
    model = models.weyl(k_0=1.2)
    for k_z in (1.2, -1.2):
        np.testing.assert_allclose(model.energies([0, 0, k_z]), [0, 0], atol=1e-14)
    # sin k_x = sin k_y = 0 is necessary; on the other three lines the mass does not vanish
    line = np.linspace(-np.pi, np.pi, 61)
    for k_x, k_y in ((np.pi, 0), (0, np.pi), (np.pi, np.pi)):
        k = np.stack([np.full(61, k_x), np.full(61, k_y), line], axis=-1)
        assert np.diff(model.energies(k), axis=-1).min() > 1


def test_rice_mele_gap() -> None:
    k = np.linspace(-np.pi, np.pi, 401)[:, None]
    gaps = np.diff(models.rice_mele().energies(k), axis=-1)
    assert gaps.min() == pytest.approx(2 * np.sqrt(4 * 0.3**2 + 0.4**2), rel=1e-12)
