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


@pytest.mark.parametrize("angles", ANGLES.values(), ids=ANGLES)
def test_a_constant_basis_changes_neither_structure_nor_length(angles: list) -> None:
    plain, turned = Model(*CLIFFORD, (k_x, k_y), {a: 0.7, b: -0.3}), rotated(angles)
    k = np.random.default_rng(8).uniform(-3, 3, 2)
    for name in ("s_dipole", "torque_polarizability"):
        form, simple = derive(turned, name), derive(plain, name)
        assert form.structure == simple.structure
        assert size(form) <= 1.4 * size(simple) + 10
        assert largest_difference(form, name, k) < 1e-10


@pytest.mark.parametrize("name", ["velocity", "s_current"])
def test_multiple_angles_are_not_written_as_powers(name: str) -> None:
    """cos(3x) is not 4 cos(x)^3 - 3 cos(x), and cos(x)^2 - 1 is -sin(x)^2."""
    form = derive(models.haldane(), name)
    powers = sp.Tuple(*sp.flatten(form.compact), *(formula for _, formula in form.definitions)).atoms(sp.Pow)
    assert not [power for power in powers if power.base.func in (sp.cos, sp.sin) and power.exp > 2]

    assert r"\left(\cos{\left(\phi \right)} - 1\right)" not in form.latex()
    assert largest_difference(form, name, np.array([0.4, -1.3])) < 1e-11
