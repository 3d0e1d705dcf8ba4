"""What closed forms stand on: exact functions, and the number of distinct energies."""

from __future__ import annotations

import pytest
import sympy as sp
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from lattice_models import MOMENTA, kramers_model, random_model

from symcur import models
from symcur.band_structures import Model
from symcur.closed_forms import multiplicities
from symcur.closed_forms.degeneracy import _proved
from symcur.closed_forms.harmonics import written
from symcur.closed_forms.quotients import divided
from symcur.closed_forms.ring import NotExact, Ring

k_x, k_y = MOMENTA[:2]
a = sp.Symbol("a", positive=True)
PIECES = [k_x, a, sp.sqrt(3) / a, sp.cos(k_x / 2), sp.sin(k_y), sp.sin(k_x - 3 * k_y / 2), sp.cos(a + k_y), sp.sqrt(6)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 3), st.lists(st.sampled_from(PIECES), max_size=3)), min_size=1, max_size=4))
def test_reading_and_writing_is_the_identity(terms: list[tuple[int, list[sp.Expr]]]) -> None:
    expression = sp.Add(*(number * sp.Mul(*factors) for number, factors in terms))
    ring = Ring(PIECES, (k_x, k_y))
    result = written(ring.convert(expression)).expression
    point = {k_x: sp.Rational(3, 7), k_y: sp.Rational(-5, 3), a: sp.Rational(4, 9)}
    assert abs((result - expression).xreplace(point).evalf(40)) < 1e-30


def test_equal_functions_are_equal_elements() -> None:
    """Trigonometric identities hold by themselves: the generators are independent."""
    expressions = [sp.cos(k_x) ** 2 + sp.sin(k_x) ** 2 - 1, sp.cos(k_x + k_y) - sp.cos(k_x) * sp.cos(k_y)]
    expressions += [sp.sin(k_x) * sp.sin(k_y), sp.exp(sp.I * k_x) * sp.exp(-sp.I * k_x) - 1, sp.sqrt(2) * sp.sqrt(3)]
    ring = Ring([*expressions, sp.sqrt(6)], (k_x, k_y))
    exact = [ring.convert(expression) for expression in expressions]
    assert exact[0].reduced().is_zero
    assert (exact[1] + exact[2]).reduced().is_zero
    assert exact[3].reduced().is_zero
    assert (exact[4] - ring.convert(sp.sqrt(6))).reduced().is_zero


def test_division_is_exact_or_refused() -> None:
    factor, other = sp.sqrt(3) + 2 * sp.sin(k_x), a * sp.cos(k_x - k_y) - k_x
    ring = Ring([factor, other], (k_x, k_y))
    product = (ring.convert(factor) * ring.convert(other)).reduced()
    quotient = divided(product, ring.convert(factor).reduced())
    assert quotient is not None
    assert (quotient - ring.convert(other)).reduced().is_zero
    assert divided(product + ring.number(fmpq(1)), ring.convert(factor).reduced()) is None


def test_a_complex_function_of_unknown_parts_is_refused() -> None:
    with pytest.raises(NotExact, match="real"):
        Ring([sp.Function("f")(k_x)], (k_x,))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (models.kane_mele(), (1, 1, 1, 1)),
        (models.luttinger(), (2, 2)),
        (models.kagome_antiferromagnet(), (1,) * 6),
        (kramers_model(2), (2, 2)),
        (random_model(1, 5, 3), (1,) * 5),
        (Model(sp.cos(k_x) * sp.eye(4), sp.eye(4), (k_x,)), (4,)),
        (Model([[k_x]], 1, (k_x,)), (1,)),
    ],
)
def test_multiplicities(model: Model, expected: tuple[int, ...]) -> None:
    assert multiplicities(model) == expected


def test_multiplicities_belong_to_symbols_not_to_values() -> None:
    """Without bulk inversion asymmetry BHZ is Kramers degenerate; a symbol that may vanish splits the pairs."""
    bhz = models.bhz()
    assert multiplicities(bhz) == multiplicities(bhz.with_values(Delta_BIA=0)) == (1, 1, 1, 1)
    assert multiplicities(bhz.with_parameters(Delta_BIA=0)) == (2, 2)


def test_unequal_multiplicities_of_two_copies_and_a_third_band() -> None:
    pair = sp.Matrix([[sp.cos(k_x), a * k_y], [a * k_y, 2]])
    H = sp.diag(sp.kronecker_product(sp.eye(2), pair), sp.Matrix([[k_x - 5]]))
    assert sorted(multiplicities(Model(H, sp.eye(5), (k_x, k_y), [a]))) == [1, 2, 2]


def test_a_pattern_that_does_not_hold_identically_is_not_proved() -> None:
    assert not _proved(models.bhz(), (2, 2))
    assert not _proved(models.rashba(), (2,))
    assert not _proved(models.kagome_antiferromagnet(), (2, 2, 2))
    assert _proved(models.luttinger(), (2, 2))
