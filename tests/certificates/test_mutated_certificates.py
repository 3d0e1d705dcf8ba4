"""Every leaf of certificates and of the table of rules is changed: what the checker still accepts must be true."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from test_certificates import IDENTITIES, expression

import symcur as sc
from symcur import claims
from symcur.certificates import certificate, writer
from symcur.certificates.checker import Checker
from symcur.claims import examine
from symcur.expressions import Derivative, Im, Projector, Re, Resolvent, S, Trace, band_energy_derivative, s, tau, v, w

RULES = json.loads(writer.rules())
CHECKER = Checker(RULES)
P = Projector()
LABELS = ("claim", "number", "role", "note", "latex")  # said by the writer; no part of what is proved


def of_the_ledger(name: str, number: int = 1) -> dict:
    return certificate(examine(claims.get(name).equalities[number - 1]), name, number)


def of_ones_own(left, right) -> dict:
    return certificate(sc.settle(left, right), "own")


SMALL = {
    "a metric": lambda: of_the_ledger("torque-metric"),
    "gaps": lambda: of_ones_own(*IDENTITIES["two resolvents"]),
    "f and g": lambda: of_the_ledger("vanishing-net-flow"),
    "a second derivative": lambda: of_ones_own(
        Trace(P * w("i", "l")), band_energy_derivative(("i", "l")) - 2 * Re(Trace(P * v("i") * S * v("l")))
    ),
    "a counterexample": lambda: of_ones_own(Re(Trace(P * v("i") * S * tau)), Im(Trace(P * v("i") * S * s))),
    "energies in a counterexample": lambda: of_ones_own(
        Trace(P * w("i", "l")), sc.expressions.BandEnergy("n", ("i", "l"))
    ),
}


def sealed(data: dict) -> dict:
    return {**data, "seal": writer.seal(data)}


def accepted(data: dict, checker: Checker = CHECKER) -> bool:
    try:
        checker.check(data)
    except Exception:  # whatever a malformed file leads to is a rejection
        return False
    return True


# -- mutants -----------------------------------------------------------------------------------------------------------
def places(data, path: tuple = ()) -> Iterator[tuple]:
    """The paths to all entries, leaves and nodes."""
    if path:
        yield path
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        yield from places(value, (*path, key))


def at(data, path: tuple):
    for key in path:
        data = data[key]
    return data


def changed(data, path: tuple, names: list[str]):
    """Copies of data with the entry changed, left out, doubled or exchanged with the next."""
    value, parent, text = at(data, path), at(data, path[:-1]), json.dumps(data)

    def copied(change):
        new = json.loads(text)
        change(at(new, path[:-1]), path[-1])
        return new

    if isinstance(value, str):
        other = names[(names.index(value) + 1) % len(names)] if value in names else "5/7"
        yield copied(lambda entries, key: entries.__setitem__(key, other))
    elif isinstance(value, int):
        yield copied(lambda entries, key: entries.__setitem__(key, value + 1))
    yield copied(lambda entries, key: entries.__delitem__(key))
    if isinstance(parent, list):
        yield copied(lambda entries, key: entries.insert(key, value))
        if path[-1] + 1 < len(parent) and parent[path[-1] + 1] != value:
            yield copied(lambda entries, key: entries.insert(key + 1, entries.pop(key)))


def mutants(data) -> list:
    """One mutant of every entry, the kinds of changes taking turns, and all of the steps of a proof."""
    texts = {value for path in places(data) if isinstance(value := at(data, path), str)}
    names = sorted(text for text in texts if text.isalpha())
    found = []
    for number, path in enumerate(places(data)):
        choices = list(changed(data, path, names))
        leaf = isinstance(at(data, path), str | int)
        found += choices if path[:1] == ("steps",) else choices[:1] if leaf else [choices[number % len(choices)]]
    return found


def true(data: dict) -> bool:
    """Whether the statement holds, or fails, as the certificate says: by the prover."""
    return sc.settle(expression(data["left"]), expression(data["right"])).outcome == data["outcome"]


@pytest.mark.slow_for("a metric", "a second derivative", "f and g")
@pytest.mark.parametrize("name", SMALL)
def test_mutants_are_rejected_or_true(name):
    """What is left is an order that does not matter, a projector written twice, a matrix element that no value depends on."""
    data = SMALL[name]()
    body = {key: value for key, value in data.items() if key not in LABELS and key != "seal"}
    labels = {key: data[key] for key in LABELS}
    assert accepted({**labels, **json.loads(json.dumps(body)), "seal": data["seal"]})
    survivors, tried = [], mutants(body)
    for mutant in tried:
        whole = {**labels, **mutant, "seal": data["seal"]}
        assert not accepted(whole), "the seal is broken"
        if accepted(sealed(whole)):
            survivors.append(sealed(whole))
    for mutant in survivors:
        assert mutant["seal"] != data["seal"]
        assert true(mutant), mutant
    assert len(tried) > 100
    assert len(survivors) < len(tried) / 8


def test_labels_are_sealed():
    """Of the labels nothing depends on; the seal tells when one of them is changed, and differs with another."""
    data = SMALL["a metric"]()
    for key in LABELS:
        without = {other: value for other, value in data.items() if other != key}
        for mutant in ({**data, key: "other"}, without):
            assert not accepted(mutant)
            assert sealed(mutant)["seal"] != data["seal"]


def test_another_true_statement_has_another_seal():
    """The same proof with other names proves something else, and says so in its sides and its seal."""
    data = SMALL["a metric"]()
    text = json.dumps({key: value for key, value in data.items() if key != "latex"})
    other = {**json.loads(text.replace('"i"', '"j"').replace('"n"', '"m"')), "latex": data["latex"]}
    assert not accepted(other)
    assert accepted(sealed(other))
    assert true(other)
    assert (other["left"], other["right"], other["seal"]) != (data["left"], data["right"], data["seal"])


# -- rules -------------------------------------------------------------------------------------------------------------
def holds(table: dict) -> bool:
    try:
        Checker(table).check_rules()
    except Exception:  # a malformed rule is refused however that happens
        return False
    return True


def proved_by_the_prover(name: str, rule: list) -> bool:
    letter = {"D P": Projector("a"), "D S": Resolvent("a")}.get(name)
    left = expression(rule[0]) if letter is None else Derivative("x", letter)
    return sc.settle(left, expression(rule[1])).outcome == "proved"


@pytest.mark.slow_for("D P", "D S")
@pytest.mark.parametrize("name", RULES)
def test_a_changed_rule_is_noticed_or_true(name):
    """Every entry of every rule, one at a time; to write a projector twice or to exchange two numbers changes nothing."""
    assert holds({name: RULES[name]})
    assert proved_by_the_prover(name, RULES[name])
    changed_rules = [mutant for mutant in mutants(RULES[name]) if mutant != RULES[name]]
    survivors = [mutant for mutant in changed_rules if holds({name: mutant})]
    assert all(proved_by_the_prover(name, mutant) for mutant in survivors)
    assert len(survivors) < len(changed_rules) / 3


FALSE_RULES = {
    "P S = P": {"P S": [["*", ["P", "a"], ["S", "a"]], ["P", "a"]]},
    "the sign of P_x": {"D P": ["D P", ["*", "-1", RULES["D P"][1]]]},
    "the sign of S_x": {"D S": ["D S", ["*", "-1", RULES["D S"][1]]]},
    "S_x of a flat band": {"D S": ["D S", ["+", *RULES["D S"][1][1:2], *RULES["D S"][1][3:]]]},
    "P_x that is none": {"D P": [["P", "a"], ["P", "a"]]},
    "true for one rank": {"rank": [["*", ["P", "a"], ["P", "a"]], ["*", ["Tr", ["P", "a"]], ["P", "a"]]]},
    "not linear in H_x": {
        "two": [["*", ["O", "H", "x"], ["O", "H", "x"]], ["*", ["O", "H", "x"], ["O", "H", "x"]], "0"]
    },
    "another operator": {"s": [["*", ["P", "a"], ["O", "s"], ["P", "a"]], "0"]},
}


@pytest.mark.parametrize("name", FALSE_RULES)
def test_a_false_rule_is_noticed(name):
    assert not holds({**RULES, **FALSE_RULES[name]})


def test_a_proof_by_a_false_rule_fails(tmp_path):
    """A certificate that agrees with a false table: the table is refused."""
    table = {**RULES, **FALSE_RULES["P S = P"]}
    data = sealed({**dict.fromkeys(LABELS, ""), "outcome": "proved", "steps": [["P S", {"a": "n"}]],
                   "left": ["Tr", ["*", ["P", "n"], ["S", "n"], ["O", "s"]]], "right": ["Tr", ["*", ["P", "n"], ["O", "s"]]],
                   "normal_form": [["1", [["Tr", [["O", "s"], ["P", "n"]]]]]]})  # fmt: skip
    assert accepted(data, Checker(table))
    assert not holds(table)
    assert not accepted(data)


# -- forged ------------------------------------------------------------------------------------------------------------
_P, _s = ["P", "n"], ["O", "s"]
FORGED = {
    "words outside of traces": {
        "left": ["*", _P, _s, _P], "right": ["*", _P, _P, _s], "outcome": "proved", "steps": [], "normal_form": [],
    },
    "an operator by the name of a rule": {
        "left": ["Tr", ["*", _s, ["O", "D P"]]], "right": "0", "outcome": "proved",
        "steps": [["D P", {"a": "n", "x": "i"}]], "normal_form": [],
    },
    "a value for a projector": {
        "left": ["Tr", ["*", ["P", "m"], _s]], "right": "1", "outcome": "refuted", "energies": ["0", "1"],
        "bands": {"n": 0}, "letters": [[["P", "m"], "1"], [_s, [["1", "0"], ["0", "1"]]]], "values": ["0", "1"],
    },
    "two bands in one state": {
        "left": ["Tr", ["*", ["P", "m"], _P]], "right": "0", "outcome": "refuted", "energies": ["0", "1"],
        "bands": {"n": 1, "m": -1}, "letters": [], "values": ["1", "0"],
    },
    "degenerate states": {
        "left": ["Tr", _P], "right": "1", "outcome": "refuted", "energies": ["1", "1"], "bands": {"n": 0},
        "letters": [], "values": ["2", "1"],
    },
    "a matrix that is not Hermitian": {
        "left": ["Im", ["Tr", ["*", _P, _s]]], "right": "0", "outcome": "refuted", "energies": ["0", "1"],
        "bands": {"n": 0}, "letters": [[_s, [["I", "0"], ["0", "1"]]]], "values": ["1", "0"],
    },
    "another derivative of the energy": {
        "left": ["e", "n", "i"], "right": ["Tr", ["*", _P, ["O", "H", "i"]]], "outcome": "refuted",
        "energies": ["0", "1"], "bands": {"n": 0},
        "letters": [[["O", "H", "i"], [["3", "0"], ["0", "1"]]], [["e", "n", "i"], "2"]], "values": ["2", "3"],
    },
    "S^0": {"left": ["Tr", ["S", "n", 0]], "right": "0", "outcome": "proved", "steps": [], "normal_form": []},
    "a derivative of s": {
        "left": ["Tr", ["*", _P, ["O", "s", "i"]]], "right": "0", "outcome": "proved", "steps": [], "normal_form": [],
    },
    "a gap of one band": {"left": ["1/gap", "n", "n"], "right": "0", "outcome": "proved", "steps": [], "normal_form": []},
}  # fmt: skip


REASONS = {
    "words outside of traces": "expected operators in traces",
    "an operator by the name of a rule": "changes nothing",
    "a value for a projector": "expected a letter that is free",
    "two bands in one state": r"Fraction\(1, 0\)",
    "degenerate states": "expected different energies",
    "a matrix that is not Hermitian": "expected a Hermitian",
    "another derivative of the energy": "the energy of n has another derivative",
    "S^0": "malformed letter",
    "a derivative of s": "malformed letter",
    "a gap of one band": "malformed letter",
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_certificates_are_rejected(name):
    with pytest.raises((ValueError, ZeroDivisionError), match=REASONS[name]):
        CHECKER.check(sealed({**dict.fromkeys(LABELS, ""), **FORGED[name]}))
