"""Long waves of phonons: what diverges with the pinning and what does not."""

from __future__ import annotations

import numpy as np
import pytest

import symcur as sc
from symcur import bosons


@pytest.mark.slow
def test_the_conserved_response_does_not_depend_on_the_pinning():
    """One atom, isotropic sound, no Raman coupling: for every factor e in omega_0 the conventional response grows by
    (c_L^2 + c_T^2)/(c_L^2 - c_T^2) ln(c_L/c_T)/2 pi, the band part by 1/2 pi, the dipole part by -1/2 pi.
    """
    k_L, k_T, pinnings = 1.0, 0.2, (1e-3, 1e-4)
    found = [
        sc.thermoelectric(
            bosons.square_phonons(k_L, k_T, (k_L - k_T) / 2, raman=0.0, pinning=p), temperature=0.5, rtol=1e-5
        ).parts
        for p in pinnings
    ]
    growth = {name: (found[1][name].value[0, 1] - found[0][name].value[0, 1]) / (np.log(10) / 2) for name in found[0]}
    c_L2, c_T2 = (3 * k_L - k_T) / 2, (k_L + k_T) / 2
    exact = (c_L2 + c_T2) / (c_L2 - c_T2) * np.log(c_L2 / c_T2) / 2 / (2 * np.pi)
    expected = {"conventional": exact, "band": 0.5 / np.pi, "dipole": -0.5 / np.pi, "intrinsic": 0.0}
    for name, value in expected.items():
        np.testing.assert_allclose(growth[name], value, atol=1e-4, err_msg=name)
    for part in found:
        assert (np.abs(part["intrinsic"].value) <= part["intrinsic"].error).all()
        assert part["intrinsic"].error.max() < 2e-4


def test_sound_velocities_of_the_isotropic_square_lattice():
    """k_D = (k_L - k_T)/2: c_L^2 = (3 k_L - k_T)/2 and c_T^2 = (k_L + k_T)/2 in every direction."""
    model, k = bosons.square_phonons(1.0, 0.2, 0.4, raman=0.0, pinning=1e-3), 1e-2
    for angle in (0.0, 0.4, np.pi / 4):
        omega = model.energies(k * np.array([np.cos(angle), np.sin(angle)]))[2:]
        np.testing.assert_allclose((omega**2 - 1e-3) / k**2, [0.6, 1.4], rtol=1e-4)
