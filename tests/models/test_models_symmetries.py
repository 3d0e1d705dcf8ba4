"""What each Hamiltonian commutes with, exactly: conserved spins, time reversal, quarter turns, half turns."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symcur import models
from symcur.band_structures import Model
from symcur.models.continuum import spin_three_halves
from symcur.models.pauli import k_x, k_y, sigma_0, sigma_x, sigma_y, sigma_z

GENERATOR = np.random.default_rng(104)


def symbol(model: Model, name: str) -> sp.Symbol:
    return next(parameter for parameter in model.parameters if parameter.name == name)


def commute(A: sp.Matrix, B: sp.Matrix) -> bool:
    return (A * B - B * A).applyfunc(sp.expand).is_zero_matrix


def test_a_spin_is_conserved_where_rashba_and_dresselhaus_coupling_are_equal() -> None:
    model = models.rashba_dresselhaus()
    alpha, beta, M = (symbol(model, name) for name in ("alpha", "beta", "M"))
    H = model.H.subs(M, 0)
    assert commute(H.subs(beta, alpha), sigma_x - sigma_y)
    assert commute(H.subs(beta, -alpha), sigma_x + sigma_y)
    assert not commute(H, sigma_x - sigma_y)
    assert not commute(H.subs(beta, alpha), model.s)


def test_cubic_rashba_is_the_printed_hamiltonian() -> None:
    """(i alpha/2)(k_-^3 sigma_+ - k_+^3 sigma_-), sigma_+- = sigma_x +- i sigma_y."""
    model = models.cubic_rashba()
    m, alpha, M = (symbol(model, name) for name in ("m", "alpha", "M"))
    minus, plus = k_x - sp.I * k_y, k_x + sp.I * k_y
    printed = minus**3 * (sigma_x + sp.I * sigma_y) - plus**3 * (sigma_x - sp.I * sigma_y)
    printed = sp.I * alpha / 2 * printed + plus * minus / (2 * m) * sigma_0 + M * sigma_z
    assert (model.H - printed).applyfunc(sp.expand).is_zero_matrix


@pytest.mark.parametrize(("name", "turns"), [("rashba", 1), ("cubic_rashba", 3), ("massive_dirac", 1)])
def test_winding_of_the_pseudospin(name: str, turns: int) -> None:
    angle = np.linspace(0, 2 * np.pi, 41)
    H = models.get(name).matrix("H", np.stack([np.cos(angle), np.sin(angle)], axis=-1))
    direction = np.unwrap(np.angle(H[:, 1, 0]))
    assert (direction[-1] - direction[0]) / (2 * np.pi) == pytest.approx(turns)


def test_bhz_and_kane_mele_conserve_spin_without_the_terms_that_break_it() -> None:
    for model, breaking in ((models.bhz(), "Delta_BIA"), (models.kane_mele(), "lambda_R")):
        assert not commute(model.H, model.s)
        assert commute(model.H.subs(symbol(model, breaking), 0), model.s)


def time_reversed(model: Model, T: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """T H(k)* T^+ and H(-k) at random momenta."""
    k = GENERATOR.uniform(-3, 3, size=(5, model.dimension))
    return T @ model.matrix("H", k).conj() @ T.conj().T, model.matrix("H", -k)


def test_time_reversal() -> None:
    """exp(-i pi S_y) K maps H(k) to H(-k): bhz, kane_mele, the gases at M = 0; not the altermagnet."""
    i_sigma_y = np.array([[0, 1], [-1, 0]])
    outer, inner = np.kron(i_sigma_y, np.eye(2)), np.kron(np.eye(2), i_sigma_y)
    for model, T in ((models.bhz(), outer), (models.kane_mele(), inner)):
        np.testing.assert_allclose(*time_reversed(model, T), atol=1e-12)
    for model in (models.rashba(M=0), models.rashba_dresselhaus(M=0), models.cubic_rashba(M=0)):
        np.testing.assert_allclose(*time_reversed(model, i_sigma_y), atol=1e-12)
    mapped, reverse = time_reversed(models.altermagnet(), i_sigma_y)
    assert np.abs(mapped - reverse).max() > 0.1


def test_spin_up_of_kane_mele_without_rashba_coupling_is_haldane_at_a_quarter_flux() -> None:
    k = GENERATOR.uniform(-4, 4, size=(6, 2))
    H = models.kane_mele(lambda_R=0, lambda_SO=0.17, lambda_v=0.6).matrix("H", k)
    up = models.haldane(t2=0.17, phi=np.pi / 2, M=0.6).matrix("H", k)
    down = models.haldane(t2=0.17, phi=-np.pi / 2, M=0.6).matrix("H", k)
    np.testing.assert_allclose(H[:, ::2, ::2], up, atol=1e-13)
    np.testing.assert_allclose(H[:, 1::2, 1::2], down, atol=1e-13)


def test_luttinger_spin_algebra_and_kramers_pairs() -> None:
    J_x, J_y, J_z = spin_three_halves()
    assert J_x * J_y - J_y * J_x == sp.I * J_z
    assert J_y * J_z - J_z * J_y == sp.I * J_x
    assert J_x**2 + J_y**2 + J_z**2 == sp.Rational(15, 4) * sp.eye(4)
    e = models.luttinger().energies(GENERATOR.uniform(-1, 1, size=(6, 3)))
    np.testing.assert_allclose(e[:, ::2], e[:, 1::2], atol=1e-12)
    assert (e[:, 2] - e[:, 1]).min() > 0.1


def test_luttinger_conserves_helicity_where_it_is_spherical() -> None:
    """gamma2 = gamma3: H = (gamma1 + 5 gamma2/2) k^2/2 - gamma2 (k . J)^2."""
    model = models.luttinger()
    gamma2, gamma3 = symbol(model, "gamma2"), symbol(model, "gamma3")
    helicity = sum((q * J for q, J in zip(model.k, spin_three_halves(), strict=True)), sp.zeros(4))
    assert commute(model.H.subs(gamma3, gamma2), helicity)
    assert not commute(model.H, helicity)


def test_altermagnet_quarter_turn_and_time_reversal() -> None:
    """U = exp(-i pi sigma_z/4) i sigma_y K maps k to -C_4 k; the half turn sigma_z maps k to -k."""
    model = models.altermagnet()
    k = GENERATOR.uniform(-3, 3, size=(6, 2))
    turned = np.stack([-k[:, 1], k[:, 0]], axis=-1)
    U = np.diag(np.exp([-0.25j * np.pi, 0.25j * np.pi])) @ np.array([[0, 1], [-1, 0]])
    H = model.matrix("H", k)
    np.testing.assert_allclose(U @ H.conj() @ U.conj().T, model.matrix("H", -turned), atol=1e-13)
    half_turn = np.diag([1, -1])
    np.testing.assert_allclose(half_turn @ H @ half_turn, model.matrix("H", -k), atol=1e-13)
    diagonal = model.energies([[0.0, 0.0], [np.pi, np.pi], [0.8, 0.8]])
    np.testing.assert_allclose(np.diff(diagonal)[:, 0], [0, 0, 2 * 0.3 * np.sqrt(2) * np.sin(0.8)], atol=1e-12)


def test_kagome_symmetries_forbid_spin_along_z_in_every_band() -> None:
    model = models.kagome_antiferromagnet()
    k = GENERATOR.uniform(-6, 6, size=(8, 2))
    H, flip = model.matrix("H", k), np.kron(np.eye(3), [[0, 1], [1, 0]])
    np.testing.assert_allclose(H, model.matrix("H", -k), atol=1e-13)
    np.testing.assert_allclose(flip @ H.conj() @ flip, H, atol=1e-13)
    e, u = np.linalg.eigh(H)
    assert np.diff(e).min() > 1e-3, "bands are not degenerate at these momenta"
    s_z = np.einsum("kan,ab,kbn->kn", u.conj(), model.matrix("s", k[0]), u)
    s_x = np.einsum("kan,ab,kbn->kn", u.conj(), flip / 2, u)
    np.testing.assert_allclose(s_z, 0, atol=1e-12)
    assert np.abs(s_x).max() > 0.1, "the spin in the plane of the moments does not vanish"


def test_kagome_third_turn_of_lattice_and_spins() -> None:
    """The energies have the threefold symmetry that the single-sublattice moments do not have."""
    model = models.kagome_antiferromagnet()
    k = GENERATOR.uniform(-3, 3, size=(6, 2))
    c, s = np.cos(2 * np.pi / 3), np.sin(2 * np.pi / 3)
    turned = k @ np.array([[c, s], [-s, c]])
    energies = model.energies(k)
    np.testing.assert_allclose(model.energies(turned), energies, atol=1e-12)
    sixth = k @ np.array([[-c, s], [-s, -c]])
    np.testing.assert_allclose(model.energies(sixth), energies, atol=1e-12)
