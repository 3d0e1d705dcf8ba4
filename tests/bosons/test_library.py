"""Library models of bosons, by what is known exactly of them."""

from __future__ import annotations

import numpy as np
import pytest

import symcur as sc
from symcur import bosons

K = np.random.default_rng(21).uniform(-3, 3, size=(4, 2))


@pytest.mark.parametrize("name", bosons.names())
def test_every_model_has_a_reference_and_a_ground_state(name):
    model = bosons.get(name)
    assert model.name.startswith(name)
    assert model.reference
    assert bosons.MODELS.get(name).__doc__
    assert (model.energies(np.concatenate([K, [[1e-3, 0]]]))[:, model.size // 2 :] > 0).all()


def test_jarosite():
    """At Gamma 1.88919, 6.84002, 6.96540 meV."""
    np.testing.assert_allclose(bosons.jarosite_magnons().energies([0, 0])[3:], [1.88919, 6.84002, 6.96540], atol=6e-6)


@pytest.mark.parametrize(("field", "kappa"), [(2.0, 0.1), (-1.0, 0.3), (0.0, 0.1)])
def test_the_field_cants_the_spins(field, kappa):
    """sin eta = h/(S (6 J + 2 sqrt(3) |Dz| + 2 kappa)); S_z of a magnon is -sin eta on every site."""
    model = bosons.canted_kagome_magnons(J=1, Dz=-0.2, kappa=kappa, field=field)
    height = field / (0.5 * (6 + 2 * np.sqrt(3) * 0.2 + 2 * kappa))
    np.testing.assert_allclose(np.diag(model.matrix("s", K[0])), -height, atol=1e-8)


def test_a_saturated_kagome_magnet_is_a_ferromagnet():
    """All spins along the field: the lowest band is flat at h - 6 J S, and the uniform precession has the frequency h."""
    J, S, h = 1.0, 0.5, 4.0
    model = bosons.canted_kagome_magnons(J=J, Dz=0.0, kappa=0.0, field=h, spin=S)
    found = model.energies(K)[:, 3:]
    np.testing.assert_allclose(model.matrix("s", K[0]), -np.eye(6), atol=1e-12)
    np.testing.assert_allclose(found[:, 0], h - 6 * J * S, atol=1e-9)  # localised on hexagons
    np.testing.assert_allclose(model.energies([0, 0])[5], h, atol=1e-9)  # the uniform precession, by Larmor's theorem
    assert abs(sc.evaluate(model, "s_dipole", K)).max() < 1e-10


def test_without_anisotropy_the_mode_at_zero_momentum_costs_nothing():
    free = bosons.canted_kagome_magnons(kappa=0.0)
    with pytest.raises(ValueError, match="zero mode at k"):
        free.energies([0.0, 0.0])
    assert free.energies(K)[:, 3].min() > 0


def test_opposite_fields_have_opposite_curvatures():
    """Time reversal and a half turn of the spins about z: n_z and k change sign, and so does the Berry curvature."""
    up, down = (bosons.canted_kagome_magnons(field=field) for field in (2.0, -2.0))
    np.testing.assert_allclose(up.energies(K), down.energies(-K), atol=1e-7)
    omega = [sc.evaluate(model, "berry_curvature", k)[:, :, 0, 1] for model, k in ((up, K), (down, -K))]
    np.testing.assert_allclose(omega[0], -omega[1], atol=1e-6)
    assert abs(omega[0]).max() > 0.01


def test_the_field_enters_the_kagome_magnet():
    """The uniform part of S_z follows the field: dE/dh = -S sum n_z (Hellmann and Feynman)."""
    spins, step = bosons.library.kagome_spins(), 1e-4
    lowest = [spins.with_field([0, 0, h]) for h in (-step, 0.0, step)]
    n = [magnet.relaxed(bosons.library.umbrella(magnet)) for magnet in lowest]
    slope = (lowest[2].energy(n[2]) - lowest[0].energy(n[0])) / (2 * step)
    assert slope == pytest.approx(-n[1][:, 2].sum(), abs=1e-6)
    s = np.diag(bosons.kagome_magnons(field=0.5, s="S_z").matrix("s", K[0])).real
    assert s[0] == pytest.approx(-spins.with_field([0, 0, 0.5]).relaxed(n[1])[0, 2], abs=1e-7)
