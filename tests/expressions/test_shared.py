"""Equal nodes are one object, and walks visit each of them once."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from symcur.expressions import (
    ONE,
    BandEnergy,
    Gap,
    Im,
    Named,
    Operator,
    P,
    Projector,
    Re,
    Resolvent,
    S,
    Trace,
    fold,
    s,
    substitute,
    tau,
    v,
    walk,
)


def word():
    return 2 * Im(Trace(P * v("i") * Resolvent("n", 2) * tau)) + Gap("m", "n", -1) * BandEnergy("m", ("i",))


def nested(levels: int):
    """An expression of few nodes that would be 2^levels ones if each were written where it occurs."""
    x = Trace(P * s)
    for _ in range(levels):
        x = Re(x) * Im(x)
    return x


def test_equal_nodes_are_one_object():
    assert word() is word()
    assert word() == word()
    assert copy.deepcopy(word()) is word()
    assert pickle.loads(pickle.dumps(word())) is word()
    assert replace(Resolvent("m", 2), power=1) is Resolvent("m")
    assert Projector() is Projector("n")
    assert Projector() is Projector(band="n")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Projector("n"), Projector("m")),
        (Resolvent("n", 1), Resolvent("n", 2)),
        (Re(s), Im(s)),
        (Gap("m", "n"), Gap("n", "m")),
        (Operator("H", (0,)), Operator("H", ("x",))),
        (P * S, S * P),
        (Named("X", s), Named("X", s, hermitian=True)),
        (ONE, Trace(ONE)),
    ],
)
def test_nodes_that_differ_in_a_field_or_in_their_class_are_not(one, other):
    assert one is not other
    assert one != other
    assert len({one, other}) == 2


def test_threads_get_the_same_object():
    def make(j: int):
        return [Trace(P * Operator(f"X{k}") * S) for k in range(200)]

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(make, range(4))
    assert all(a is b for other in others for a, b in zip(first, other, strict=True))


def test_a_pickle_of_another_process_is_the_same_node():
    code = (
        "import pickle, sys; from symcur.expressions import *;"
        "sys.stdout.buffer.write(pickle.dumps(Im(Trace(P * v('i') * S * tau))))"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert pickle.loads(made) is Im(Trace(P * v("i") * S * tau))


def test_walks_visit_every_node_once():
    visited: Counter = Counter()

    def count(node, *depths):
        visited[node] += 1
        return 1 + max(depths, default=0)

    x = nested(60)
    depth = fold(x, {}, count)
    assert depth == 60 * 2 + 3  # a product and a part per level; Trace, Product, P
    assert sum(visited.values()) == len(visited) == 60 * 3 + 4  # with the other part and s
    assert Counter(map(id, walk(x))) == Counter(map(id, visited))
    replaced = substitute(x, lambda node: v("i") if node == s else None)
    kinds = Counter(type(node).__name__ for node in walk(replaced))
    assert kinds == Counter(type(node).__name__ for node in visited)


def test_a_walk_goes_from_the_outside_to_the_inside():
    order = list(walk(word()))
    places = {node: j for j, node in enumerate(order)}
    assert all(places[node] < places[child] for node in order for child in node.children)


def test_what_is_too_long_to_print_is_not_printed():
    assert repr(Re(P * s)) == "Re(operand=Product(factors=(Projector(band='n'), Operator(name='s', axes=()))))"
    assert repr(nested(60)) == "<Product of 184 different nodes>"
    with pytest.raises(ValueError, match="expression: expected at most 1000000 letters and signs to print, got more"):
        nested(60).latex()
