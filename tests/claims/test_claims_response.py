"""Densities, response, transport and magnetic fields: how two numbers are compared, and the pieces of the checks."""

from __future__ import annotations

import numpy as np
import pytest

from symcur import evaluate, models, settle
from symcur.claims import (
    CheckResult,
    densities,
)
from symcur.claims.comparison import Pair, agreement
from symcur.expressions import (
    FIELD,
    ONE,
    ZERO,
    Derivative,
    P,
    Trace,
    conserved,
    derivative,
    s,
    substitute,
    tau,
    v_band,
    without_torque,
)
from symcur.linear_response.lattices import random_lattice
from symcur.linear_response.real_space import moment_of_flake
from symcur.quantities import get


# -- the comparison ------------------------------------------------------------------------------------------------------
def test_disagreement_and_large_errors_do_not_hold():
    assert agreement([Pair("equal", 1.0, 1.0, 1e-9)], 1e-6, "").holds
    assert not agreement([Pair("different", 1.1, 1.0)], 1e-6, "").holds
    assert not agreement([Pair("unsure", 1.0, 1.0, 1e-3)], 1e-6, "").holds
    assert not agreement([Pair("equal", 1.0, 1.0)], 1e-6, "", also=False).holds
    assert not agreement([Pair("undefined", np.nan, 1.0)], 1e-6, "").holds
    assert not agreement([Pair("equal", 1.0, 1.0), Pair("undefined", np.nan, 1.0)], 1e-6, "").holds
    assert isinstance(agreement([Pair("equal", 1.0, 1.0)], 1e-6, ""), CheckResult)


# -- the pieces --------------------------------------------------------------------------------------------------------
def test_expressions_without_torque_vanish_exactly_where_every_term_has_it():
    q, chi = get("torque_quadrupole").expression("i", "l"), densities.chi_by_torque("i", "l")
    assert without_torque(q) == ZERO == without_torque(chi)
    assert without_torque(get("torque_dipole").expression()) == ZERO
    assert without_torque(get("s_dipole").expression()) == get("s_dipole").expression()
    assert without_torque(Trace(P * (s + tau))) == Trace(P * s)


def test_a_conserved_s_is_a_number():
    assert conserved(get("s_weighted_curvature").expression()) != ZERO
    for name in ("s_dipole", "torque_dipole", "torque_quadrupole"):
        assert settle(conserved(get(name).expression())).outcome == "proved"


def test_the_derivative_by_the_field_is_that_of_differences():
    """d_h of m and Omega at H - h s: expressions against central differences of eigenstates of two Hamiltonians."""
    model = random_lattice(4, spacing=3)
    k, h = np.array([[0.3, -0.7], [1.1, 0.4]]), 1e-3
    shifted = [model.replace(H=model.H - sign * h * model.s) for sign in (1, -1)]
    for name in ("orbital_moment", "berry_curvature"):
        expression = conserved(get(name).expression(0, 1))
        plus, minus = (evaluate(other, expression, k).real for other in shifted)
        np.testing.assert_allclose(
            evaluate(model, Derivative(FIELD, expression), k).real, (plus - minus) / (2 * h), rtol=1e-4
        )


def test_a_conserved_s_leaves_no_magnetization_at_fixed_occupation():
    """What density-in-field misses vanishes, expression by expression, where [s, H] = 0: s = 1, d_h e_n = -1 in the block of the band."""
    for name in ("orbital_moment", "berry_curvature"):
        lost = derivative(conserved(get(name).expression("i", "l")), FIELD)
        assert settle(substitute(lost, {s: ONE, v_band(FIELD): -ONE}.get)).outcome == "proved"


def test_flakes_see_the_moment_of_a_current_loop():
    """The flake of one cell has no bonds, and phi -> -phi reverses all currents."""
    haldane = models.haldane()
    turned = haldane.with_values(phi=-haldane.values()["phi"])
    assert moment_of_flake(haldane, 1, 0.4, 0.25) == pytest.approx(0, abs=1e-12)
    assert moment_of_flake(turned, 6, 0.4, 0.25) == pytest.approx(-moment_of_flake(haldane, 6, 0.4, 0.25), rel=1e-9)
