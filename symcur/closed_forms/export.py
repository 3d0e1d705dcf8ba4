"""A closed form as source code, with the condition under which it holds: the band is separate from the others.

Where it touches another one, at special k or for special parameter values at every k, the formula divides by zero or, worse, is
finite and lacks what the multiplet has. With x = e - E the distances of the others, 1/prod and sums of 1/x follow from q(z):
sum 1/x = -q''/(2 q') and sum 1/x^2 = (q''/(2 q'))^2 - q'''/(3 q'), so that the smallest gap is at most the inverse root of
the latter and at least that over the root of their number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from symcur.band_structures.band_structure import listed
from symcur.closed_forms.adjugate import Resolvent
from symcur.closed_forms.common_subexpressions import Definitions, steps
from symcur.expressions.interpreter import shifted
from symcur.program import Complex, Scalar, from_sympy
from symcur.program.matrices import total
from symcur.program.rewriting import substituted
from symcur.program.source import Function, needed, source

SMALLEST_GAP = sp.Rational(1, 10**12)
"""Of the energies: below it the numbers of an exported form are not a number."""


def exported(form: Any, language: str) -> str:
    """The form as a complete function in one of ``LANGUAGES``."""
    undefined = form.model.H.atoms(AppliedUndef)
    if undefined:
        raise ValueError(f"H: expected explicit functions where code is asked for, got {listed(undefined)}")
    band = f"the band of energy {form.energy_symbol}" if form.band is None else f"band {form.band}, from 0"
    heading = [
        f"{form.name} of {form.model.name} for {band}; components in row-major order:",
        *(f"  {label}" for label in form.labels),
    ]
    definitions, results = form.definitions, sp.flatten(form.compact)
    condition = None
    if form.guarded and len(form.multiplicities) > 1:
        definitions, results, condition = _with_condition(form)
        heading += [
            f"Condition: the band is separate. Where its gap is below about {float(SMALLEST_GAP):.0e} of the energies, at special k or for",
            "special parameter values at every k, the formula does not hold and no component is a number.",
        ]
        heading += [f"{form.energy_symbol} is taken to all digits of double precision."] * (form.band is None)
    function = Function(form.name, heading, form.arguments, definitions, results, form.complex, condition)
    return source(function, language)


def _with_condition(form: Any) -> tuple[Definitions, list[sp.Expr], tuple[Definitions, sp.Expr, sp.Expr]]:
    """Definitions and results of the form, and (definitions, left, right) such that it holds where left > right."""
    left, right = separation(form)
    symbols = {symbol.name: symbol for symbol in form.arguments}
    if form.written is None:
        program, nodes, labels = form.merged([*form.nodes, left.node, right.node])
        definitions, values = steps(program, nodes, symbols, labels)
        first = needed(definitions, values[-2:])
        known = {symbol for symbol, _ in first}
        rest = tuple((symbol, formula) for symbol, formula in definitions if symbol not in known)
        return rest, form.joined(values[:-2]), (first, *values[-2:])
    letters: dict[sp.Symbol, Complex] = {}
    for symbol, formula in form.definitions:
        letters[symbol] = from_sympy(form.program, formula, letters)
    own = [z.real.node for z in letters.values()]
    program, (*nodes, left_node, right_node), _ = form.merged([*own, left.node, right.node])
    names = {node: symbol.name for symbol, node in reversed(list(zip(letters, nodes, strict=True)))}
    guard, values = steps(program, [left_node, right_node], symbols, names)
    first = needed([*form.definitions, *(step for step in guard if step[0] not in letters)], values)
    rest = tuple(definition for definition in form.definitions if definition not in first)
    return rest, sp.flatten(form.compact), (first, *values)


def separation(form: Any) -> tuple[Scalar, Scalar]:
    """Nodes of the program of the form: (left, right) with left > right where the band of energy E is separate."""
    program, N, d = form.program, form.model.size, len(form.multiplicities)
    H = np.array(form.hamiltonian, dtype=object).reshape(N, N)
    energy = program.input(form.energy_symbol.name)
    h0 = total(H[a, a].real for a in range(N)) / N
    z = energy - h0
    if d == 2 and len(set(form.multiplicities)) == 1:
        slope, half_bend, square = 2 * z, program.one, z * z
    else:
        resolvent = Resolvent(program, shifted(H, -h0), z, form.multiplicities, form.model.bosons is None)
        slope, bend, sixth = (resolvent.slopes[j] if j < d else program.zero for j in range(3))
        half_bend = bend * bend - 2 * slope * sixth
        c = resolvent.polynomial
        square = z * z + c[d - 1] * c[d - 1] - 2 * c[d - 2]  # z^2 and the sum of the squares of all z
    right = (energy * energy + square) * half_bend * program.constant(SMALLEST_GAP**2)
    left = slope * slope
    if form.band is None:
        return left, right
    level = int(np.repeat(np.arange(d), form.multiplicities)[form.band])
    given = {form.energy_symbol.name: from_sympy(program, form.energies[level]).real}
    left, right = substituted(program, [left.node, right.node], program, given)[0]
    return left, right
