"""What the program finds by itself: antisymmetry, shared angles, elements shared between v_i and J_i."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest
import sympy as sp
from kernel_models import random_model

import symcur.models
from symcur.expressions import Im, P, Resolvent, Trace, v
from symcur.kernels import compile
from symcur.program import SimplifyingProgram, from_sympy
from symcur.program.simplification import angles, related

FLOATS = {
    "constant": float,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "sqrt": math.sqrt,
    "cos": math.cos,
    "sin": math.sin,
}


def count(kernel, *operations: str) -> int:
    compiled = kernel._compiled
    live = compiled.program.live(compiled.layout.nodes)
    return sum(compiled.program.nodes[node][0] in operations for node in live)


def test_a_sign_is_pulled_out_of_sums_products_and_quotients():
    program = SimplifyingProgram()
    x, y, z = map(program.input, "xyz")
    assert (x - y).node == (-(y - x)).node
    assert ((x - y) * z).node == (-(z * (y - x))).node
    assert ((x - y) / z).node == ((y - x) / -z).node
    assert (x * -y + y * x).is_zero
    assert (-3 * x + x * 3).is_zero
    assert (0 - (-x)).node == x.node
    assert program.function("sin", -x).node == (-program.function("sin", x)).node
    assert program.function("cos", y - x).node == program.function("cos", x - y).node


def test_a_power_of_two_is_pulled_out_of_sums_products_and_quotients():
    program = SimplifyingProgram()
    x, y = map(program.input, "xy")
    assert (x / 2 - y / 2).node == ((x - y) / 2).node
    assert (y / 4 - x / 4).node == (-((x - y) / 4)).node
    assert (2 * (x / 2 + y / 2)).node == (x + y).node
    assert ((x / 2) * (-8 * y)).node == (-4 * (x * y)).node
    assert ((x / 2) / (4 * y)).node == ((x / y) / 8).node
    assert (3 * (x / 2)).node == (x * sp.Rational(3, 2)).node
    assert (x / 2 + y / 4).node != ((x + y) / 2).node
    assert (x / 3 - y / 3).node != ((x - y) / 3).node  # would be rounded otherwise


@pytest.mark.parametrize("seed", range(5))
def test_signs_do_not_change_values(seed):
    """Random expressions: SimplifyingProgram against floats."""
    generator = np.random.default_rng(seed)
    program = SimplifyingProgram()
    given = {name: float(generator.normal()) for name in "abc"}
    pool = [(program.input(name), value) for name, value in given.items()] + [
        (program.constant(x), float(x)) for x in (-2, sp.Rational(1, 4))
    ]
    for _ in range(60):
        (x, p), (y, q) = (pool[int(j)] for j in generator.integers(len(pool), size=2))
        combine = (operator.add, operator.sub, operator.mul, operator.truediv)[int(generator.integers(4))]
        if combine is operator.truediv and abs(q) < 1e-3:
            continue
        made = combine(x, y), combine(p, q)
        if abs(made[1]) < 1e6:
            pool.append(made)
    results = program.run([x.node for x, _ in pool], {**FLOATS, "input": given.__getitem__})
    np.testing.assert_allclose(results, [value for _, value in pool], rtol=1e-9, atol=1e-9)


def test_angles_of_the_honeycomb_come_from_two():
    model = symcur.models.kane_mele()
    relations = related(angles([model.H]))
    assert len(relations) == 6
    assert sum(summands is None for _, summands in relations) == 2
    for angle, summands in relations:
        assert summands is None or sp.expand(angle - sum(summands)) == 0
    assert count(compile(model, ["velocity"], backend="numpy"), "cos", "sin") == 4


def test_related_phases_have_the_right_values():
    k_x, k_y = sp.symbols("k_x k_y", real=True)
    expression = sp.cos(k_x - k_y) * sp.sin(2 * k_x) + sp.sin(k_y - 3 * k_x) + sp.cos(k_x) * sp.sin(k_y) + sp.cos(3)
    program = SimplifyingProgram()
    program.relate_phases([sp.Matrix([[expression]])])
    value = from_sympy(program, expression).real
    place = {"k_x": 0.7, "k_y": -1.9}
    (result,) = program.run([value.node], {**FLOATS, "input": place.__getitem__})
    assert result == pytest.approx(float(expression.subs({k_x: 0.7, k_y: -1.9})), rel=1e-13)
    used = {program.nodes[node] for node in program.live([value.node]) if program.nodes[node][0] in ("cos", "sin")}
    assert len(used) == 4  # cos and sin of k_x and of k_y


def test_components_related_by_symmetry_cost_nothing():
    model = random_model(4, 3, seed=2, diagonal_s=True)
    operations = ("+", "-", "*", "/", "sqrt")
    tensor = count(compile(model, ["berry_curvature"], backend="numpy"), *operations)
    upper = {f"{i}{l}": -2 * Im(Trace(P * v(i) * Resolvent("n", 2) * v(l))) for i, l in ((0, 1), (0, 2), (1, 2))}
    assert tensor <= count(compile(model, upper, backend="numpy"), *operations) + 12  # the signs of three components


def test_the_s_current_costs_little_beside_the_velocity():
    model = symcur.models.kane_mele()
    operations = ("+", "-", "*")
    velocity, current, both = (
        count(compile(model, names, backend="numpy"), *operations)
        for names in (["velocity"], ["s_current"], ["velocity", "s_current"])
    )
    assert both - velocity < (current - count(compile(model, [], backend="numpy"), *operations)) / 4
