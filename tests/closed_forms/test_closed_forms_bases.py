"""A model in another constant basis is the same model: its forms have the structure and about the length of those in a simple basis."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import sympy as sp
from contours import largest_difference
from lattice_models import MOMENTA

from symcur import models
from symcur.band_structures import Model
from symcur.closed_forms import ClosedForm, derive
from symcur.closed_forms.calculus import length

k_x, k_y, _ = MOMENTA
a, b = sp.symbols("a b", real=True)
X, Y, Z = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.diag(1, -1)
CLIFFORD = (
    sp.kronecker_product(X, X) * sp.sin(k_x)
    + sp.kronecker_product(X, Y) * a * sp.sin(k_y)
    + sp.kronecker_product(Z, sp.eye(2)) * (b - sp.cos(k_x) - sp.cos(k_y)),
    sp.kronecker_product(sp.eye(2), Z) + sp.kronecker_product(X, sp.eye(2)),
)
ANGLES = {
    "rational": [(sp.Rational(3, 5), sp.Rational(4, 5), 1), (sp.Rational(5, 13), sp.Rational(12, 13), sp.I)],
    "sqrt(2)": [(1 / sp.sqrt(2), 1 / sp.sqrt(2), 1), (sp.Rational(3, 5), sp.Rational(4, 5), (1 + sp.I) / sp.sqrt(2))],
    "sqrt(3)": [(sp.sqrt(3) / 2, sp.Rational(1, 2), (1 + sp.I * sp.sqrt(3)) / 2)],
}


def rotated(angles: list) -> Model:
    """The Clifford model after rotations of all pairs of states."""
    U = sp.eye(4)
    for n, (i, j) in enumerate(combinations(range(4), 2)):
        cosine, sine, phase = angles[n % len(angles)]
        turn = sp.eye(4)
        turn[i, i], turn[j, j], turn[i, j], turn[j, i] = cosine, cosine, -sine * phase, sine * sp.conjugate(phase)
        U = (U * turn).applyfunc(sp.expand)
    H, s = ((U * matrix * U.H).applyfunc(sp.expand) for matrix in CLIFFORD)
    return Model(H, s, (k_x, k_y), {a: 0.7, b: -0.3}, name="rotated")


def size(form: ClosedForm) -> int:
    return length((form.definitions, sp.flatten(form.compact)))


@pytest.mark.slow
@pytest.mark.parametrize("angles", ANGLES.values(), ids=ANGLES)
def test_a_constant_basis_changes_neither_structure_nor_length(angles: list) -> None:
    plain, turned = Model(*CLIFFORD, (k_x, k_y), {a: 0.7, b: -0.3}), rotated(angles)
    k = np.random.default_rng(8).uniform(-3, 3, 2)
    for name in ("s_dipole", "torque_polarizability"):
        form, simple = derive(turned, name), derive(plain, name)
        assert form.structure == simple.structure
        assert size(form) <= 1.4 * size(simple) + 10
        assert largest_difference(form, name, k) < 1e-10


@pytest.mark.slow_for("3")
@pytest.mark.parametrize("bands", [2, 3])
def test_random_models_are_as_short_in_any_basis(bands: int) -> None:
    """In which nothing is written in components of the given basis, and steps are those of a basis in which s is diagonal."""
    generator, U = np.random.default_rng(bands), sp.eye(bands)
    waves = (sp.cos(k_x), sp.sin(k_x), sp.cos(k_y), sp.sin(k_y))
    for n, (i, j) in enumerate(combinations(range(bands), 2)):
        cosine, sine, phase = ANGLES["rational"][n % 2]
        turn = sp.eye(bands)
        turn[i, i], turn[j, j], turn[i, j], turn[j, i] = cosine, cosine, -sine * phase, sine * sp.conjugate(phase)
        U = (U * turn).applyfunc(sp.expand)
    H = sp.diag(*range(bands)) * a
    for i in range(bands - 1):
        x, y = (
            sum(int(c) * wave for c, wave in zip(generator.integers(1, 4, 4), waves, strict=True)) for _ in range(2)
        )
        H[i, i + 1], H[i + 1, i], H[i, i] = x + sp.I * y, x - sp.I * y, H[i, i] + sp.cos(k_x + i * k_y)
    s = sp.diag(*range(1, -bands + 1, -1)).as_mutable()
    plain, turned = (
        Model(*((V * matrix * V.H).applyfunc(sp.expand) for matrix in (H, s)), (k_x, k_y), {a: 0.7}, name="random")
        for V in (sp.eye(bands), U)
    )
    form = derive(turned, "dipole_gradient")
    assert size(form) <= 1.1 * size(derive(plain, "dipole_gradient"))
    assert largest_difference(form, "dipole_gradient", np.array([0.8, -0.3])) < 1e-11


@pytest.mark.slow_for("velocity")
@pytest.mark.parametrize("name", ["velocity", "mixed_metric", "torque_berry_curvature"])
def test_multiple_angles_are_not_written_as_powers(name: str) -> None:
    """cos(3x) is not 4 cos(x)^3 - 3 cos(x), and cos(x)^2 - 1 is -sin(x)^2."""
    form = derive(models.haldane(), name)
    powers = sp.Tuple(*sp.flatten(form.compact), *(formula for _, formula in form.definitions)).atoms(sp.Pow)
    assert not [power for power in powers if power.base.func in (sp.cos, sp.sin) and power.exp > 2]

    assert r"\left(\cos{\left(\phi \right)} - 1\right)" not in form.latex()
    assert largest_difference(form, name, np.array([0.4, -1.3])) < 1e-11
