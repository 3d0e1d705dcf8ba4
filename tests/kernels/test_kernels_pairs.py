"""Two pairs of bands, each degenerate everywhere, as inversion and time reversal have it, have their own closed form."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from kernel_models import hermitian, largest_error, natural_scales

import symcur.models
from symcur.band_structures import Model
from symcur.eigenstates import evaluate
from symcur.kernels import compile

NAMES = ("energy", "velocity", "s_expectation", "berry_curvature", "s_dipole", "s_berry_curvature")
SPLITTING, M = sp.symbols("splitting M", real=True)
X, Y = sp.symbols("k_x k_y", real=True)


def pairs(seed: int) -> Model:
    """d_0 + d Gamma with all five Dirac matrices in a rotated basis, d = 0 at k = 0 and M = 0; ``splitting`` breaks the pairs up."""
    generator = np.random.default_rng(seed)
    one, x, y, z = sp.eye(2), *(sp.Matrix(m) for m in ([[0, 1], [1, 0]], [[0, -sp.I], [sp.I, 0]], [[1, 0], [0, -1]]))
    gammas = [sp.kronecker_product(*both) for both in ((x, one), (z, one), (y, x), (y, y), (y, z))]
    linear = [sum(sp.Rational(int(n), 5) * k for n, k in zip(generator.integers(1, 9, 2), (X, Y), strict=True)) for _ in range(5)]  # fmt: skip
    A = sp.Matrix(4, 4, lambda a, b: sp.Rational(a + 2 * b, 7) if a < b else -sp.Rational(b + 2 * a, 7) if b < a else 0)
    rotation = (sp.eye(4) - A) * (sp.eye(4) + A).inv()  # orthogonal, rational
    H = sum((d * gamma for d, gamma in zip(linear, gammas, strict=True)), (1 + X - 2 * Y) / 4 * sp.eye(4))
    H = rotation * (H + M * gammas[1]) * rotation.T + SPLITTING * hermitian(generator, 4)
    return Model(H.expand(), s=hermitian(generator, 4), k=(X, Y), parameters={M: 0.0, SPLITTING: 0.0})


def ring(radius: float, points: int = 24) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False) + 0.1
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1)


@pytest.fixture(scope="module")
def model() -> Model:
    return pairs(1)


@pytest.fixture(scope="module")
def kernel(model: Model):
    return compile(model, NAMES, backend="numpy")


def test_values_of_parameters_decide_on_pairs(kernel) -> None:
    assert kernel.multiplets == (2, 2)
    assert (kernel.route, kernel.reason) == ("closed form", "")
    assert compile(pairs(1).with_values(splitting=0.1), NAMES, backend="numpy").multiplets == (1, 1, 1, 1)
    graphene = compile(symcur.models.kane_mele(lambda_R=0.0, lambda_v=0.0), NAMES, backend="numpy")
    k = np.random.default_rng(1).uniform(-3, 3, (50, 2))
    assert graphene(k).by_eigenstates == 0
    assert graphene(k, lambda_R=0.1).by_eigenstates == 50


@pytest.mark.filterwarnings("ignore::symcur.closed_forms.DigitsWarning")
@pytest.mark.parametrize("gap", [0.0, 1e-6])
def test_at_every_distance_from_where_pairs_meet(model: Model, kernel, gap: float) -> None:
    model = model.with_values(M=gap)
    for exponent in range(0, 10, 3):
        k = ring(10.0**-exponent)
        values, scales = kernel(k, M=gap), natural_scales(model, k)
        for name in NAMES:
            error = np.abs(values[name] - evaluate(model, name, k)).reshape(*scales[name].shape, -1).max(axis=-1)
            assert (error / scales[name] < np.maximum(values.error_estimate, 1e-12)[:, None]).all(), (exponent, name)
        assert values.by_eigenstates == (0 if exponent <= 3 else len(k))


@pytest.mark.filterwarnings("ignore::symcur.closed_forms.DigitsWarning")
@pytest.mark.parametrize("splitting", [2e-12, 1e-6, 0.1])
def test_pairs_that_are_split_go_through_eigenstates(model: Model, kernel, splitting: float) -> None:
    k, split = ring(0.5), model.with_values(splitting=splitting)
    values = kernel(k, splitting=splitting)
    assert values.by_eigenstates == len(k)
    for name in NAMES:
        assert largest_error(values[name], evaluate(split, name, k), natural_scales(split, k)[name]) < 1e-12


def test_vectors_that_nearly_agree_within_a_pair_are_known(model: Model, monkeypatch) -> None:
    """The two fixed vectors projected onto a pair are almost parallel: what is lost then is in the estimate."""
    monkeypatch.setattr("symcur.kernels.kernel.LARGEST_ESTIMATE", np.inf)
    first = ((32, sp.Rational(1, 10**5)), (-13, 29), (-27, -17), (11, 30))
    monkeypatch.setattr("symcur.kernels.spectrum._SECOND", first)
    fresh, k = model.with_parameters(M=sp.Rational(1, 3)), ring(0.5)
    values, scales = compile(fresh, NAMES[3:4], backend="numpy")(k), natural_scales(fresh, k)
    error = largest_error(values["berry_curvature"], evaluate(fresh, "berry_curvature", k), scales["berry_curvature"])
    assert 1e-12 < error < values.error_estimate.max() < 1e-5
