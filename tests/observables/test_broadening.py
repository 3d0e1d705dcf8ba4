"""The conventional conductivity with 1/((e_n - e_m)^2 + eta^2) for each pair of bands, against plain sums."""

from __future__ import annotations

import numpy as np
import pytest
from random_models import random_solid

from symcur import Model, bosons, conductivity, magnetization, models, thermoelectric
from symcur.brillouin import Mesh
from symcur.observables import hall_conductivity

MU, T = 0.2, 0.4
CUBIC = np.eye(3) * 1.7


def solid():
    hoppings, s = random_solid()
    return Model.from_hoppings(hoppings, s, CUBIC)


def plain(model, k, eta):
    """-2 Im sum_nm f_n <n|v_l|m><m|J_i|n>/((e_n - e_m)^2 + eta^2) at each k, [i, l], by loops over bands."""
    found = np.zeros((len(k), 3, 3))
    for at, point in enumerate(k):
        e, U = np.linalg.eigh(model.matrix("H", point))
        v = [U.conj().T @ model.matrix("H", point, (a,)) @ U for a in range(3)]
        s = U.conj().T @ model.matrix("s", point) @ U
        f = 1 / (1 + np.exp((e - MU) / T))
        for i in range(3):
            J = (v[i] @ s + s @ v[i]) / 2
            for l in range(3):
                for n in range(len(e)):
                    for m in set(range(len(e))) - {n}:
                        found[at, i, l] -= 2 * f[n] * (v[l][n, m] * J[m, n]).imag / ((e[n] - e[m]) ** 2 + eta**2)
    return found


def test_pairs_of_bands_are_broadened_one_by_one():
    model, k = solid(), np.random.default_rng(1).uniform(-2, 2, size=(4, 3))
    found = conductivity.integrand(model, k, MU, T, eta=0.3)
    assert set(found) == {"conventional"}
    np.testing.assert_allclose(found["conventional"], plain(model, k, 0.3), rtol=1e-10, atol=1e-12)
    exact = conductivity.integrand(model, k, MU, T)["conventional"]
    assert np.abs(found["conventional"] - exact).max() > 0.01 * np.abs(exact).max(), "eta is seen"
    np.testing.assert_allclose(
        conductivity.integrand(model, k, MU, T, eta=1e-6)["conventional"], exact, rtol=1e-8, atol=1e-10
    )


def test_the_result_says_what_it_is():
    model = solid()
    result = conductivity(model, MU, T, eta=0.3, method=Mesh(4), rtol=0.5)
    two = [model.cell.momenta(4, offset=shift).reshape(-1, 3) for shift in (0, 0.5)]
    expected = np.mean([plain(model, k, 0.3).mean(axis=0) for k in two], axis=0) / model.cell.volume
    np.testing.assert_allclose(result.value, expected, rtol=1e-9, atol=1e-12)
    assert set(result.parts) == {"conventional"}
    assert result.sums == "the conventional part alone, which is what eta broadens"
    assert "eta = 0.3: a pair of bands counts with 1/((e_n - e_m)^2 + eta^2), levels one by one" in result.notes
    assert result.checks == {}, "nothing of the paper's Hall part"
    assert result.window is None
    assert result.hall == ""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: magnetization(models.haldane(), 0, 0.1, eta=0.1),
            "eta: expected None for magnetization of haldane, got 0.1: only",
        ),
        (lambda: hall_conductivity(models.haldane(), 0, 0.1, eta=0.1), "eta: expected None for hall_conductivity"),
        (lambda: conductivity(models.haldane(), 0, 0.1, eta=0.1, window=0.2), "window: expected None beside eta"),
        (lambda: conductivity(models.haldane(), 0, 0.1, eta=0), "eta: expected an energy > 0 or None, got 0"),
        (lambda: conductivity(models.haldane(), 0, 0.1, eta=np.nan), "eta: expected an energy > 0 or None, got nan"),
        (lambda: conductivity(models.haldane(), 0, 0.1, eta=True), "eta: expected an energy > 0 or None, got True"),
        (lambda: conductivity(models.haldane(), 0, 0.1, eta="wide"), "eta: expected an energy > 0 or None, got 'wide'"),
        (
            lambda: thermoelectric(bosons.kagome_magnons(), 0, 0.1, eta=0.1),
            "eta: expected None for thermoelectric of kagome_magnons",
        ),
    ],
)
def test_what_has_no_pairs_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
