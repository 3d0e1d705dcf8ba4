"""Programs without repeated steps: what is equal is made once, and what is not stays apart."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from lattice_models import random_model

from symcur import models
from symcur.closed_forms import ClosedForm, derive
from symcur.program import MergingProgram, from_sympy

x, y = sp.symbols("x y", real=True)


def node(program: MergingProgram, expression: sp.Expr) -> int:
    return from_sympy(program, expression).real.node


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (sp.Mul(x + y, x - y, evaluate=False), x**2 - y**2),
        (1 - sp.sin(x) ** 2, sp.cos(x) ** 2),
        (sp.cos(x + y), sp.cos(x) * sp.cos(y) - sp.sin(x) * sp.sin(y)),
        (1 / (x + y), (x - y) / (x**2 - y**2)),
        (sp.sqrt(2) * x / 2, x / sp.sqrt(2)),
    ],
)
def test_equal_functions_are_one_node(a: sp.Expr, b: sp.Expr) -> None:
    program = MergingProgram()
    assert node(program, a) == node(program, b)
    assert node(program, sp.Add(a, -b, evaluate=False)) == program.zero.node
    minus = program.nodes[node(program, -b)]
    assert minus == ("-", (program.zero.node, node(program, a)))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (x * y, x * y + sp.Rational(1, 10**20)),
        (sp.sqrt(x**2 + y**2), x + y),
        (sp.sqrt((x + y) ** 2), x + y),  # not for negative x + y
        (sp.Function("f", real=True)(x), x),
        (sp.Abs(x), x),
        (sp.tanh(x), sp.tanh(y)),
        (sp.cos(x), sp.cos(y)),
    ],
)
def test_different_functions_are_two_nodes(a: sp.Expr, b: sp.Expr) -> None:
    program = MergingProgram()
    assert node(program, a) != node(program, b)
    assert node(program, a - b) != program.zero.node


def steps_at(form: ClosedForm, seed: int) -> dict[sp.Symbol, float]:
    """The values of all steps at a random k, in the second band, at random parameters."""
    generator = np.random.default_rng(seed)
    k = generator.uniform(-1.4, 1.4, form.model.dimension)
    values = {symbol.name: float(generator.uniform(0.3, 1.6)) for symbol in form.model.parameters}
    energy = np.linalg.eigvalsh(form.model.with_values(values).matrix("H", k))[1]
    known = dict(zip((*form.model.k, *form.model.parameters), [*k, *values.values()], strict=True))
    known[form.energy_symbol] = energy
    steps = {}
    for symbol, expression in form.definitions:
        arguments = sorted(expression.free_symbols, key=str)
        steps[symbol] = known[symbol] = sp.lambdify(arguments, expression, "math")(*(known[z] for z in arguments))
    return steps


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (models.kane_mele(), "torque_dipole"),
        (models.kagome_antiferromagnet(), "s_dipole"),
        (random_model(3, 3, 2), "s_dipole"),
    ],
    ids=["kane_mele", "kagome", "random"],
)
def test_no_step_repeats_another_vanishes_or_is_unused(model, name: str) -> None:
    form = derive(model, name)
    first, second = steps_at(form, 1), steps_at(form, 2)
    assert all(max(abs(first[s]), abs(second[s])) > 1e-9 for s in first)
    seen = [(round(abs(first[s]), 10), round(abs(second[s]), 10)) for s in first]
    assert len(set(seen)) == len(seen)
    used = set().union(*(e.free_symbols for _, e in form.definitions), *(c.free_symbols for c in form.compact))
    assert set(first) <= used


def test_zeros_of_a_symmetry_are_written_as_zero() -> None:
    """The kagome antiferromagnet has no Berry curvature and no spin along z."""
    for name in ("berry_curvature", "s_expectation"):
        form = derive(models.kagome_antiferromagnet(), name)
        assert form.definitions == ()
        assert all(value == 0 for value in sp.flatten(form.compact))
