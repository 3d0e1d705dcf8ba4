"""Linear relations: the identities of the paper are found, and what cannot be expressed is proved to be independent."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from random_models import random_k, random_lattice_model
from sympy.combinatorics import Permutation

import symcur as sc
from symcur import expressions as ex
from symcur import quantities
from symcur.expressions import BandEnergy, Filled, Gap, I, Named, Operator, P, Re, Resolvent, S, Trace, s, v
from symcur.expressions.energies import cleared
from symcur.expressions.normal_form import normal_form
from symcur.identities.exact_rank import agree, echelon, independence, kernel
from symcur.identities.linear_relations import Relations
from symcur.identities.words import Kind, kinds_of, words

TORQUE_DIPOLE = (r"d^{i\tau}", [r"J^{is}", "v^i s"])
PAPER = {  # target, basis, modulo, times: what is found
    "d^{i tau} = -J^{is} + v^{i}s": (*TORQUE_DIPOLE, (), ()),
    "Omega^{i tau} = d_i(s)": (r"\Omega^{i\tau}", ["d_i s", "d^{is}", r"\mathcal{G}^{i\tau}"], (), ()),
    "G^{i tau} = d^{is}": (r"\mathcal{G}^{i\tau}", ["d^{is}", r"\Omega^{i\tau}"], (), ()),
    "chi^{il tau} = -Omega^{lis} + Omega^{li}s + d_l(d^{is})": (
        r"\chi^{il\tau}",
        [r"\Omega^{lis}", r"\Omega^{ils}", r"\Omega^{li} s", r"\Omega^{ls}", "d_l d^{is}", "d_i s"],
        (),
        ("v^i", "v^l"),
    ),
    "q^{il tau} = -d^{lis} + m^{lis} + v^l_n d^{is}": (
        r"q^{il\tau}",
        ["d^{lis}", "m^{lis}", "d^{is}", "d^{ls}"],
        (),
        ("v^l", "v^i"),
    ),
    "f_n J^{is} = -f_n d^{i tau} - g_n Omega^{i tau} mod d_i(g_n s)": (
        "f J^{is}",
        [r"d^{i\tau}", r"\Omega^{i\tau}"],
        "i",
        ("f", "g"),
    ),
    "f_n m^{lis} = f_n d^{lis} + f_n q^{il tau} + g_n Omega^{lis} + g_n chi^{il tau} - g_n Omega^{li}s mod d_l(-g_n d^{is})": (
        "f m^{lis}",
        ["f d^{lis}", r"f q^{il\tau}", r"g \Omega^{lis}", r"g \chi^{il\tau}", r"g \Omega^{li} s"],
        "l",
        (),
    ),
    r"chi^{il tau} = -Omega^{lis} + Omega^{li}s mod d_l(d^{is})": (
        r"\chi^{il\tau}",
        [r"\Omega^{lis}", r"\Omega^{li} s"],
        ("i", "l"),
        (),
    ),
}


@pytest.mark.parametrize("found", PAPER)
def test_the_identities_of_the_paper_are_found(found):
    target, basis, modulo, times = PAPER[found]
    relations = sc.relations(target, basis, modulo, times=times)
    answer = relations.expressed()
    assert answer.equality.note == found
    assert answer.how == "proved"
    assert relations.certificate
    assert sc.settle(found).outcome == "proved"  # what is printed can be typed


@pytest.mark.parametrize("place", range(2))
def test_a_perturbed_basis_expresses_nothing(place):
    target, basis = TORQUE_DIPOLE
    other = [f"{text} + Im Tr[P v_i s]" if j == place else text for j, text in enumerate(basis)]
    relations = sc.relations(target, other)
    assert relations.relations == ()
    assert relations.certificate.rank == 3 == relations.certificate.rerun()


def test_all_of_it_is_one_relation_whichever_stands_first():
    names = [TORQUE_DIPOLE[0], *TORQUE_DIPOLE[1]]
    for order in itertools.permutations(names):
        relations = sc.relations([], order)
        assert len(relations.relations) == 1
        assert relations.relations[0].lhs == relations.basis[-1]


def test_random_linear_combinations_are_recovered():
    basis = sc.relations([], words(Kind(("i", "l"), ("s",), 0), 4)).independent
    generator = random.Random(1)
    expected, targets = [], []
    for _ in range(5):
        numbers = {x: generator.choice((-3, -2, -1, 1, 2, 3)) for x in generator.sample(basis, 4)}
        expected.append(numbers)
        targets.append(ex.add(*(c * x / 7 for x, c in numbers.items())))
    relations = sc.relations(targets, basis)
    assert len(relations.relations) == len(targets)
    for target, numbers in zip(targets, expected, strict=True):
        (row,) = (row for row in relations.coefficients if row[targets.index(target)])
        found = {relations.columns[j]: -c for j, c in enumerate(row) if c and j >= len(targets)}
        assert {x: 7 * c for x, c in found.items()} == numbers
        assert relations.expressed(target)


def test_the_echelon_form_is_with_respect_to_the_targets():
    relations = sc.relations([r"d^{i\tau}", "J^{is}"], ["v^i s", "v^i s + Im Tr[P v_i s]", "Im Tr[P v_i s]"])
    assert [equality.note for equality in relations.relations] == [
        "d^{i tau} = -J^{is} + v^{i}s",
        "Im Tr[P v_i s] = -v^{i}s + v^{i}s + Im Tr[P v_i s]",
    ]
    assert not relations.expressed("J^{is}")
    assert not relations.expressed(r"d^{i\tau}"), "J is a target, not in the basis"
    with pytest.raises(ValueError, match=r"target: expected one of d\^\{i tau\}, J\^\{is\}, got 's'"):
        relations.expressed("s")


def test_a_target_that_is_in_the_basis_is_expressed():
    assert sc.relations("s", ["s", "d^{is}"]).expressed().equality.note == "s = s"
    assert sc.relations("Tr[P tau]", []).expressed().equality.rhs == ex.ZERO


# -- what cannot be expressed --------------------------------------------------------------------------------------
def test_what_cannot_be_expressed_is_independent_as_numbers_too():
    """The same conclusion from eigenvectors of a random lattice in floating-point numbers."""
    names = ("torque_dipole", "s_current", "mixed_berry_curvature")
    named = [quantities.get(name).named(0) for name in names]
    relations = sc.relations(named[0], named[1:])
    answer = relations.expressed()
    assert not answer
    assert "no relation is missing, as values of 3 expressions at 3 random exact points" in str(answer)
    model = random_lattice_model(4, 2)
    k = random_k(3, 2, count=12)
    values = np.array([sc.evaluate(model, name, k)[..., 0].ravel() for name in names])
    assert np.linalg.matrix_rank(values, tol=1e-6) == 3
    dependent = np.array([sc.evaluate(model, name, k)[..., 0].ravel() for name in (*names[:2], "drift_current")])
    assert np.linalg.matrix_rank(dependent, tol=1e-6) == 2


def test_the_values_notice_what_is_dependent():
    d, J = quantities.get("torque_dipole").named("i"), quantities.get("s_current").named("i")
    assert independence([d, J])
    assert not independence([d, J, quantities.get("drift_current").named("i")])
    assert not independence([d, 2 * d])
    assert not independence([ex.ZERO])
    X = Trace(P * v("i") * S * s)
    assert independence([X, I * X])  # with rational coefficients
    assert independence([S * v("i") * P, P * v("i") * S])
    assert not independence([S * v("i") * P, ex.adjoint(P * v("i") * S)])


def test_the_points_reject_a_wrong_relation():
    relations = sc.relations(*TORQUE_DIPOLE)
    (row,) = relations.coefficients
    assert agree(relations.expressions, [row]) == [True]
    for j in range(3):
        wrong = tuple(x + (place == j) for place, x in enumerate(row))
        assert agree(relations.expressions, [wrong]) == [False]


def test_a_relation_that_the_points_reject_is_not_returned(monkeypatch):
    monkeypatch.setattr("symcur.identities.linear_relations.kernel", lambda vectors: [(*kernel(vectors)[0][:2], 2)])
    with pytest.raises(ArithmeticError, match="to hold at random exact points"):
        sc.relations(*TORQUE_DIPOLE)


def test_matrices_of_small_rank_obey_more_and_the_answer_says_so():
    """The sum over the permutations of four matrices of sign times traces of cycles vanishes for ranks up to 3."""
    blocks = [P * Operator(name) for name in "ABCQ"]
    columns = []
    for order in itertools.permutations(range(4)):
        cycles = Permutation(order).full_cyclic_form
        columns.append(ex.multiply(*(Trace(ex.multiply(*(blocks[j] for j in cycle))) for cycle in cycles)))
    relations = sc.relations(columns[0], columns[1:])
    assert relations.relations == ()
    assert relations.certificate.rank == 23
    assert "the normal forms of 24 expressions are independent" in relations.expressed().how


def test_a_nondegenerate_band_obeys_more():
    word, basis = "Re Tr[P s P v_i S s]", r"\Omega^{i\tau}"
    assert not sc.relations(word, basis, times="s_n").expressed()
    found = sc.relations(word, basis, times="s_n", nondegenerate=True)
    assert found.expressed().equality.note == "Re Tr[P s P v_i S s] = 1/2 s Omega^{i tau}"
    assert found.proofs[0].outcome == "proved for a nondegenerate band"


# -- gaps ----------------------------------------------------------------------------------------------------------
def test_partial_fractions_of_gaps():
    a, b, c = Gap("n", "m", -1), Gap("m", "p", -1), Gap("p", "n", -1)
    relations = sc.relations(a * b, [b * c, c * a])
    assert relations.coefficients == ((1, 1, 1),)
    assert not sc.relations(a * b, [b * c, c * b * a]).expressed()
    energies = sc.relations(a * BandEnergy("n"), [a * BandEnergy("m"), ex.ONE])
    assert energies.expressed().equality.rhs == a * BandEnergy("m") + ex.ONE


def test_resolvents_of_two_bands():
    """S_n S_m by partial fractions, as operators."""
    S_m, P_m, w = Resolvent("m"), ex.Projector("m"), Gap("n", "m", -1)
    basis = [w * S_m, w * S, w * w * P, w * w * P_m]
    found = sc.relations(S * S_m, basis)
    assert found.expressed()
    assert not sc.relations(S * S_m, basis[:3]).expressed()


def test_keys_are_independent_only_over_one_denominator():
    """Each fraction alone is reduced, and so are the keys; their relation shows once the denominators are the same."""
    a, b, c = Gap("n", "m", -1), Gap("m", "p", -1), Gap("p", "n", -1)
    forms = [normal_form(x).terms for x in (a * b, b * c, c * a)]
    assert kernel(forms) == []
    assert len(kernel(cleared(forms))) == 1
    assert not any(letter[0] == "gap" for terms in cleared(forms) for atoms, _ in terms for letter, _ in atoms)


# -- total derivatives ---------------------------------------------------------------------------------------------
def test_primitives_that_are_given():
    flow = ("f J^{is}", ["f d^{i tau}", "g Omega^{i tau}"])
    assert sc.relations(*flow, {"i": ["g s", "f s"]}).expressed().equality.primitive[0][0] == "i"
    assert not sc.relations(*flow, {"i": "f s"}).expressed()
    assert not sc.relations(*flow, {"l": "g s"}).expressed()
    assert not sc.relations(*flow).expressed()
    assert "nor with derivatives of 1 primitive;" in sc.relations(*flow, {"i": "f s"}).expressed().how


def test_what_holds_exactly_needs_no_primitive():
    found = sc.relations(r"\Omega^{i\tau}", ["d_i s"], "i")
    assert found.expressed().equality.primitive == ()
    assert [equality.note for equality in found.relations] == ["Omega^{i tau} = d_i(s)", "d_i(s) = 0 mod d_i(s)"]


def test_a_derivative_keeps_the_kind_but_for_its_axis():
    for text, axis in (("d^{is}", "i"), (r"\chi^{il\tau}", "l"), ("f m^{lis}", "i")):
        expression = sc.relations(text).targets[0]
        (kind,) = kinds_of(expression)
        assert {k.without("u") for k in kinds_of(ex.Derivative("u", expression))} == {kind}
        assert axis in kind.axes


def test_words_have_the_kind_that_they_are_asked_for():
    for kind in (Kind(("i",), ("s",), 1), Kind(("i", "l"), ("s",), 0), Kind(("i", "l"), (), 1)):
        found = words(kind, 4)
        assert found
        assert all(kinds_of(word) <= {kind} for word in found)  # none where a word vanishes
        assert len(set(found)) == len(found)


# -- what is taken and given ---------------------------------------------------------------------------------------
def test_operators_and_permuted_axes():
    found = sc.relations("d_i P", ["S v_i P", "P v_i S"])
    assert found.expressed().equality.note == "d_i(P) = S v_i P + P v_i S"
    swapped = sc.relations(r"\bar\Omega^{lis}", [r"\bar\Omega^{lis} + s", r"\Omega^{lis}"], permute="il")
    assert [x.latex() for x in swapped.basis[2:]] == [r"\Omega^{lis}", r"\Omega^{ils}"]
    antisymmetric = sc.relations(r"\Omega^{il}", [r"2 \Omega^{il}"], permute=("i", "l"))
    assert antisymmetric.expressed()
    assert quantities.get("s_berry_curvature").named("i", "l") in swapped.basis


def test_complex_coefficients_are_given_like_others():
    pair = ["Re Tr[P v_i S s]", "Im Tr[P v_i S s]"]
    assert not sc.relations("Tr[P v_i S s]", pair).expressed()
    assert sc.relations("Tr[P v_i S s]", pair, times="i").expressed()


def test_results_print_themselves():
    found = sc.relations(*TORQUE_DIPOLE)
    assert str(found) == "1 relation among 3 expressions\n  d^{i tau} = -J^{is} + v^{i}s"
    assert r"d^{i\tau} &= -J^{is} + v^{i}s" in found._repr_latex_()
    assert found.expressed()._repr_latex_() == r"$d^{i\tau} = -J^{is} + v^{i}s$"
    assert str(found.expressed()) == "d^{i tau} = -J^{is} + v^{i}s\nproved"
    assert "0 relations" in sc.relations("s")._repr_latex_()
    assert isinstance(found, Relations)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3,), "targets: expected expressions or text, got 3"),
        ((["s"], 1.5), "basis: expected expressions or text, got 1.5"),
        (([1.5],), "expression: expected an exact complex rational"),
        (
            (["d^{is}", "P v_i"],),
            r"all operators or all numbers of the band, got the operator P v_i and the number d\^\{is\}",
        ),
        ((Trace(v("i") * s),), r"expected what has a normal form, got .* a projector in every term"),
        ((Filled(Trace(P * s)),), "expected what has a normal form, got .* expected a quantity of one band"),
        ((Re(Trace(P * Named("x", I * s, hermitian=True))),), "expected a definition equal to its adjoint for x"),
        (("d^{is",), "expected"),
        (("P v_i", [], "i"), "modulo: expected numbers of the band n where primitives shall be found"),
        (("s", [], [None]), "modulo: expected an axis such as 'i', got None"),
        (
            ("Tr[P H_{abcdijkl} s]", [], "i"),
            "modulo: expected at most 5 axes and operators .* got a, b, c, d, j, k, l, s",
        ),
        (("s", [], {"i": 1}), "modulo: expected expressions or text, got 1"),
    ],
)
def test_what_is_outside_is_refused_by_name(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        sc.relations(*arguments)


def test_permutations_are_bounded():
    with pytest.raises(ValueError, match="permute: expected at most 4 axes, got 5"):
        sc.relations("s", permute="hijlo")


def test_the_echelon_form_of_rows():
    assert echelon([], range(3)) == {}
    assert echelon([(2, 4, 0), (1, 2, 1)], (2, 0, 1)) == {2: (0, 0, 1), 0: (1, 2, 0)}
