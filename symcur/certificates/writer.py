"""Write what the prover found as certificates, which ``checker.py`` checks without the prover.

A proof is found here once more, by the rules of rules.json alone: the first rule that applies to a side of the equality is used,
until none applies. A certificate is returned only after the checker has accepted it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.resources import files as resources
from itertools import count, permutations, product
from pathlib import Path
from typing import Any

from sympy import QQ_I

from symcur import expressions as ex
from symcur import files
from symcur.certificates.checker import OPERATORS, Checker, Sum
from symcur.claims import Counterexample, ProofResult
from symcur.expressions import Expression
from symcur.expressions.bosons import has_metric
from symcur.expressions.exact_points import ExactPoint, rational_point
from symcur.expressions.splitting import has_field
from symcur.expressions.wannier import has_covariant

MOST_STEPS = 2000
_UNKNOWN: dict[str, Callable[[Expression], bool]] = {  # letters that the checker would take for others
    "derivatives by the field h": has_field,
    "covariant derivatives": has_covariant,
    "the metric of bosons": has_metric,
}
Letter = tuple[Any, ...]
Rows = list[list[Any]]  # of elements of QQ_I


class NoCertificate(ValueError):
    """There is no certificate of this; the message says why."""


@cache
def rules() -> str:
    """The table of rules, as it is written beside the certificates."""
    return resources(__package__).joinpath("rules.json").read_text(encoding="utf-8")


@cache
def _checker() -> Checker:
    own = Checker(json.loads(rules()))
    own.check_rules()
    return own


def certificate(proof: ProofResult, claim: str, number: int = 1) -> dict[str, Any]:
    """The certificate of a proved or refuted equality, the ``number``-th of a claim. Raises NoCertificate.

    The name of the claim becomes the name of a file: letters, digits and _ . - are allowed.
    """
    equality = proof.equality
    if not re.fullmatch(r"[\w.-]+", claim, re.ASCII):
        raise NoCertificate(f"claim: expected a name of letters, digits and _ . -, got {claim!r}")
    if proof.outcome not in ("proved", "refuted"):
        raise NoCertificate(f"{proof.outcome}: {proof.how}")
    for name, occurs in _UNKNOWN.items():
        if occurs(equality.difference):
            raise NoCertificate(f"expected letters that the checker knows, got {name}")
    data: dict[str, Any] = {
        "claim": claim,
        "number": number,
        "role": equality.role,
        "note": equality.note,
        "latex": " = ".join(equality.latex()),
        "outcome": proof.outcome,
    }
    try:
        nodes = [node(side) for side in equality.sides]
        sides = [_checker().read(side) for side in nodes]
        probe = any(one[0] in OPERATORS for side in sides for x in side for one in x)
        if probe:
            X = _unused({letter.name for letter in ex.letters(equality.difference) if isinstance(letter, ex.Operator)})
            nodes = [["Tr", ["*", ["O", X], side]] for side in nodes]
            sides = [_checker().read(side) for side in nodes]
        data |= {"left": nodes[0], "right": nodes[1]}
        data |= _refutation(proof.counterexample, sides, X if probe else "") if proof.counterexample else _proof(sides)
        plain: dict[str, Any] = json.loads(_json({**data, "seal": seal(data)}))
        _checker().check(plain)
    except NoCertificate:
        raise
    except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError) as error:
        raise NoCertificate(f"the checker does not accept it: {error!r}") from error
    return plain


def prepare(directory: str | Path) -> Path:
    """Make the directory, with the table of rules and the checker in it. Raises OSError or ValueError."""
    folder = Path(directory)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"certificates: expected a directory, got the file {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    files.write(folder / "rules.json", rules())
    files.write(folder / "checker.py", resources(__package__).joinpath("checker.py").read_text(encoding="utf-8"))
    return folder


def write(directory: str | Path, certificates: Sequence[dict[str, Any]]) -> list[Path]:
    """Write certificates, the table of rules and the checker to a directory; returns the paths of the certificates.

    A certificate of an equality that had one before replaces it; other files stay.
    """
    folder = prepare(directory)
    paths = [folder / f"{data['claim']}.{data['number']}.json" for data in certificates]
    for path, data in zip(paths, certificates, strict=True):
        files.write(path, as_text(data))
    return paths


def seal(data: dict[str, Any]) -> str:
    """SHA-256 of everything else in the certificate."""
    content = json.dumps({key: value for key, value in data.items() if key != "seal"}, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def as_text(data: dict[str, Any]) -> str:
    """JSON, steps and matrices one to a line."""
    lines = []
    for key, value in data.items():
        rows = ",".join(f"\n    {_json(row)}" for row in value) if key in ("steps", "normal_form", "letters") else ""
        lines.append(f"  {_json(key)}: " + (f"[{rows}\n  ]" if rows else _json(value)))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _unused(names: set[str]) -> str:
    return next(name for name in ("X" + "'" * j for j in count()) if name not in names)


# -- expressions as data -----------------------------------------------------------------------------------------------
def node(expression: Expression) -> Any:
    """The expression as nested lists, see docs/certificates.md."""
    match expression:
        case ex.Number(value):
            return _number(value)
        case ex.Operator(name, axes):
            return ["O", name, *map(_axis, axes)]
        case ex.Projector(band):
            return ["P", band]
        case ex.Resolvent(band, power):
            return _power(["S", band], power)
        case ex.BandEnergy(band, axes):
            return ["e", band, *map(_axis, axes)]
        case ex.Occupation(kind, band, order):
            return ["f", band, order] if kind == "f" else ["g", band]
        case ex.Gap(m, n, power):
            return _power(["+", ["e", m], ["*", "-1", ["e", n]]] if power > 0 else ["1/gap", m, n], abs(power))
        case ex.Derivative(axis, operand):
            return ["D", _axis(axis), node(operand)]
        case ex.Named(symbol, definition):
            return ["name", symbol, node(definition)]
    kinds: dict[type[Expression], str] = {ex.Sum: "+", ex.Product: "*", ex.Trace: "Tr", ex.Re: "Re", ex.Im: "Im"}
    if type(expression) not in kinds:
        raise NoCertificate(f"expected an expression of one band or several, got {type(expression).__name__}")
    return [kinds[type(expression)], *map(node, expression.children)]


def _power(letter: Any, power: int) -> Any:
    return "1" if not power else letter if power == 1 else ["*", *[letter] * power]


def _axis(axis: ex.Axis) -> str:
    return ex.axis_name(axis) if axis in range(3) else str(axis)


def _number(value: Any) -> Any:
    imaginary = "I" if value.y == 1 else ["*", str(value.y), "I"]
    return str(value.x) if not value.y else imaginary if not value.x else ["+", str(value.x), imaginary]


# -- proofs ------------------------------------------------------------------------------------------------------------
def _proof(sides: list[Sum]) -> dict[str, Any]:
    """The rules used one after the other until none applies, and what both sides have become."""
    steps: list[list[Any]] = []
    while step := next(_possible(sides), None):
        left, value = _checker().instance(*step)
        sides = [side.replaced(next(iter(left)), value) for side in sides]
        steps.append(step)
        if len(steps) > MOST_STEPS:
            raise NoCertificate(f"more than {MOST_STEPS} steps")
    if sides[0] != sides[1]:
        raise NoCertificate("the rules do not bring both sides to the same form")
    return {"steps": steps, "normal_form": [[str(value), x] for x, value in sorted(sides[0].items())]}


def _possible(sides: list[Sum]) -> Iterator[list[Any]]:
    """The rules that apply to one of the sides, in the order of the table."""
    terms = {x for side in sides for x in side}
    words = sorted({one[1] for x in terms for one in x if one[0] == "Tr"})
    scalars = sorted({tuple(one for one in x if one[0] in ("e", "1/gap")) for x in terms})
    for name, (left, _) in json.loads(rules()).items():
        if isinstance(left, str):
            continue  # a derivative
        pattern = left[1:]
        if pattern[0][0] in OPERATORS:
            long = (word for word in words if len(pattern) <= len(word) + (len(pattern) > 2))
            texts = ((word * 2)[k : k + len(pattern)] for word in long for k in range(len(word)))
        else:
            texts = (pair for x in scalars for pair in permutations(x, len(pattern)))
        yield from ([name, values] for text in texts if (values := _values(pattern, text)))


def _values(pattern: list[list[str]], text: tuple[Letter, ...]) -> dict[str, Any]:
    """The bands and the axis of the pattern if the text is an instance of it, otherwise nothing."""
    values: dict[str, Any] = {}
    for (kind, *names), (other, *actual) in zip(pattern, text, strict=True):
        if names[-1] == "x" and len(actual) > len(names):  # a higher derivative
            actual = [*actual[: len(names) - 1], actual[len(names) - 1 :]]
        if kind != other or len(names) != len(actual):
            return {}
        for name, value in zip(names, actual, strict=True):
            if (values.setdefault(name, value) if name in ("a", "b", "c", "x") else name) != value:
                return {}
    bands = [value for name, value in values.items() if name != "x"]
    return values if len(set(bands)) == len(bands) else {}


# -- counterexamples ---------------------------------------------------------------------------------------------------
def _refutation(found: Counterexample, sides: list[Sum], X: str) -> dict[str, Any]:
    """The energies and the values of the other letters that the sides contain. X, if any, tells two operators apart."""
    difference = found.equality.difference
    if max(found.ranks, default=1) > 1:
        raise NoCertificate("the counterexample is a multiplet")
    point = rational_point(difference, found.bands, found.ranks, found.seed)
    left, right = (point.entries(side) for side in found.equality.sides)
    probe, values = _probe(left, right) if X else ([], [left[0][0], right[0][0]])
    axes = {_axis(axis): axis for axis in ex.axes_of(difference)}
    letters = [[one, _matrix(probe) if one == ("O", X) else _value(point, one, axes)] for one in sorted(_needed(sides))]
    return {
        "energies": [str(row[state].x) for state, row in enumerate(point.entries(ex.H))],
        "bands": {label: state for state, label in enumerate(ex.bands_of(difference))},
        "letters": letters,
        "values": [_number(value) for value in values],
    }


def _needed(sides: list[Sum]) -> set[Letter]:
    """The letters whose values do not follow from the energies, also those that check derivatives of energies."""
    found: set[Letter] = set()
    waiting = list(sides)
    while waiting:
        letters = {one for x in waiting.pop() for one in x}
        letters |= {inner for one in letters if one[0] == "Tr" for inner in one[1]}
        new = {one for one in letters - found if one[0] in ("f", "g") or (one[0] in ("O", "e") and one != ("O", "H"))}
        new = {one for one in new if one[0] != "e" or one[2:]}
        found |= new
        for _, band, *along in (one for one in new if one[0] == "e"):
            values = {"a": band, "x": along if len(along) > 1 else along[0]}
            waiting += [side.trace() for side in _checker().instance("P H P", values)]
    return found


def _value(point: ExactPoint, one: Letter, axes: dict[str, ex.Axis]) -> Any:
    kind, name, *rest = one
    if kind in ("f", "g"):
        return _number(point.entries(ex.Occupation(kind, name, *rest))[0][0])
    along = ex.ordered(tuple(axes[axis] for axis in rest))
    if kind == "e":
        return _number(point.entries(ex.BandEnergy(name, along))[0][0])
    return _matrix(point.entries(ex.Operator(name, along)))


def _probe(left: Rows, right: Rows) -> tuple[Rows, list[Any]]:
    """A Hermitian X for which Tr[X A] and Tr[X B] differ, with both values."""
    states = range(len(left))
    for a, b in product(states, states):
        for unit in (QQ_I(1), QQ_I(0, a != b)):
            X = [[QQ_I(0) for _ in states] for _ in states]
            X[a][b], X[b][a] = unit, QQ_I(unit.x, -unit.y)
            values = [sum((X[c][d] * M[d][c] for c in states for d in states), QQ_I(0)) for M in (left, right)]
            if values[0] != values[1]:
                return X, values
    raise NoCertificate("the sides agree at the counterexample")


def _matrix(rows: Rows) -> Any:
    return [[_number(value) for value in row] for row in rows]
