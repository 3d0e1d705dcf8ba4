"""Traces of words, Re and Im Tr[P X S^a Y ...], of one kind: the primitives among which total derivatives are looked for.

Two expressions of different kinds obey no relation. The kind counts what a change of units multiplies: the axes, the operators,
and the power of energy. A derivative adds an axis and leaves the rest as it is.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from symcur import expressions as ex
from symcur.expressions import Axis, Expression, Im, Named, Operator, P, Re, Resolvent, Trace, axis_name, with_axes
from symcur.expressions.normal_form import normal_form
from symcur.quantities import QUANTITIES
from symcur.typed.symbols import symbols

LONGEST = 5  # letters of a word behind its first P, at most, in the primitives that are tried


# -- kinds -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Kind:
    """How an expression scales: its axes and operators, each as often as it occurs, and the power of energy."""

    axes: tuple[Axis, ...] = ()
    operators: tuple[str, ...] = ()
    energy: int = 0

    def without(self, axis: Axis) -> Kind:
        """One axis less."""
        place = self.axes.index(axis)
        return replace(self, axes=self.axes[:place] + self.axes[place + 1 :])

    def lower(self, energy: int = 1) -> Kind:
        """So many powers of energy less."""
        return replace(self, energy=self.energy - energy)


def kinds(terms: Iterable[Any]) -> set[Kind]:
    """The kinds that occur among the keys of a normal form."""
    return {_kind(_letters(key)) for key in terms}


def occupations(terms: Iterable[Any]) -> set[tuple[str, int]]:
    """(f or g, order) for all occupation functions among the keys of a normal form; ("", 0) for a term without one."""
    found = set()
    for atoms, _ in terms:
        found |= {(letter[0], letter[2]) for letter, _ in atoms if letter[0] in "fg"} or {("", 0)}
    return found


def _letters(key: Any) -> Iterator[tuple[Any, int]]:
    """All letters with their powers, those inside of traces and matrix elements as well."""
    atoms, string = key
    for atom, power in (*atoms, *((letter, 1) for letter in string)):
        if atom[0] in ("Tr", "<>"):
            word = atom[1] if atom[0] == "Tr" else atom[2]
            yield from ((letter, power) for letter in word)
        else:
            yield atom, power


def _kind(letters: Iterable[tuple[Any, int]]) -> Kind:
    axes: list[Axis] = []
    operators: list[str] = []
    energy = 0
    for letter, power in letters:
        match letter:
            case ("O", "H", along):
                axes, energy = axes + [*along] * power, energy + power
            case ("O", name, along):
                axes, operators = axes + [*along] * power, operators + [name] * power
            case ("e", _, along):
                axes, energy = axes + [*along] * power, energy + power
            case ("G", _, k):
                energy += k * power
            case ("gap", *_):
                energy += power
            case ("f" | "g" as occupation, _, order):
                energy += power * (1 if occupation == "g" else -order)
    return Kind(ex.ordered(tuple(axes)), tuple(sorted(operators)), energy)


def quantities_of(kind: Kind) -> list[Expression]:
    """All quantities of this kind, their axes in all orders, by their symbols where these can be typed."""
    readable = {quantity.name for quantity in symbols().values()}
    return [
        quantity.named(*axes) if quantity.name in readable else quantity.expression(*axes)
        for quantity in QUANTITIES
        if not quantity.operator and len(quantity.indices) == len(kind.axes)
        for axes in dict.fromkeys(itertools.permutations(kind.axes))
        if kinds_of(quantity.expression(*axes)) == {kind}
    ]


@cache
def kinds_of(expression: Expression) -> set[Kind]:
    """The kinds of what an expression is a sum of."""
    return kinds(normal_form(expression, multiplet=True).terms)


# -- words -------------------------------------------------------------------------------------------------------------
def words(kind: Kind, longest: int = LONGEST) -> list[Expression]:
    """Re and Im of all Tr[P w] of this kind, w a word of H_i, H_il, ..., s, tau, other operators, P, S, S^2 and S^3.

    ``longest`` bounds the letters of w. A word and its reverse have the same Re, and Im up to the sign: one of them is taken.
    What is a quantity has its symbol. Raises ValueError where axes and operators are more than ``longest``.
    """
    if len(kind.axes) + len(kind.operators) > longest:
        got = [*map(axis_name, kind.axes), *kind.operators]
        raise ValueError(
            f"modulo: expected at most {longest} axes and operators where primitives shall be found (else give them), "
            f"got {', '.join(got)}"
        )
    known = {named.definition: named for named in quantities_of(kind) if isinstance(named, Named)}
    known |= {Re(x): named for x, named in known.items() if isinstance(x, Trace)}  # quantities are real
    found: list[tuple[Expression, ...]] = []
    for blocks in _partitions(kind.axes):
        derivatives = [ex.Operator("H", block) for block in blocks]
        for operators in itertools.product(*(_forms_of(name) for name in kind.operators)):
            energy = kind.energy - len(blocks) - sum(letter == ex.tau for letter in operators)
            for letters in dict.fromkeys(itertools.permutations((*derivatives, *operators))):
                found += _spaced(letters, -energy, longest - len(letters))
    found.sort(key=lambda word: (ex.tau in word, len(word)))  # the simplest first
    return [known.get(part, part) for word in found for part in _parts(word)]


def _partitions(axes: tuple[Axis, ...]) -> list[tuple[tuple[Axis, ...], ...]]:
    """The ways to share axes among derivatives of H."""
    if not axes:
        return [()]
    first, *rest = axes
    found = []
    for smaller in _partitions(tuple(rest)):
        found.append(((first,), *smaller))
        found += [(*smaller[:j], ex.ordered((first, *block)), *smaller[j + 1 :]) for j, block in enumerate(smaller)]
    return list(dict.fromkeys(tuple(sorted(blocks, key=str)) for blocks in found))


def _forms_of(name: str) -> tuple[Expression, ...]:
    return (ex.s, ex.tau) if name == "s" else (Operator(name),)


_SPACES: tuple[tuple[int, tuple[Expression, ...]], ...] = (
    (0, ()),
    (0, (P,)),
    *((power, (Resolvent("n", power),)) for power in (1, 2, 3)),
)


def _spaced(letters: tuple[Expression, ...], powers: int, room: int) -> Iterator[tuple[Expression, ...]]:
    """The letters with nothing, P, S, S^2 or S^3 in each place between them, at most ``room`` of these, ``powers`` of S in all."""
    if len(letters) <= 1:
        if powers == 0 and letters:
            yield letters
        return
    for power, space in _SPACES:
        if power <= powers and len(space) <= room:
            for rest in _spaced(letters[1:], powers - power, room - len(space)):
                yield (letters[0], *space, *rest)


def _parts(word: tuple[Expression, ...]) -> Iterator[Expression]:
    """Tr[P w] if it is real, else Re and Im of it, once for w and its reverse: derivatives of H stand first."""
    backwards = word[::-1]
    if _place(word) > _place(backwards):
        return
    trace = Trace(ex.multiply(P, *word))
    if word == backwards:
        yield trace
    else:
        yield Re(trace)
        yield Im(trace)


def _place(word: tuple[Expression, ...]) -> list[tuple[bool, str]]:
    return [(not (isinstance(letter, Operator) and letter.name == "H"), str(letter)) for letter in word]


# -- primitives --------------------------------------------------------------------------------------------------------
def primitives(
    forms: Sequence[Iterable[Any]], axes: Sequence[Axis], longest: int = LONGEST
) -> list[tuple[Axis, Expression]]:
    """What may be differentiated along ``axes`` to give a part of expressions with these normal forms.

    Quantities and words of the kinds that fit, alone and times one velocity; times g and f^(k), k below the highest derivative
    of f that occurs, where the expressions carry occupation functions.
    """
    found: dict[tuple[Axis, Expression], None] = {}
    every = {kind for form in forms for kind in kinds(form)}
    weights = list(_weights({pair for form in forms for pair in occupations(form)}))
    for kind, axis, (energy, weight) in itertools.product(sorted(every, key=repr), axes, weights):
        if axis not in kind.axes:
            continue
        wanted = kind.without(axis).lower(energy)
        found.update({(axis, weight * word): None for word in _numbers(wanted, longest)})
        for other in dict.fromkeys(wanted.axes):
            smaller = _numbers(wanted.without(other).lower(), longest)
            found.update({(axis, weight * ex.v_band(other) * word): None for word in smaller})
    return list(found)


def _numbers(kind: Kind, longest: int) -> list[Expression]:
    return [ex.ONE] if kind == Kind() else list(dict.fromkeys([*quantities_of(kind), *words(kind, longest)]))


def _weights(found: set[tuple[str, int]]) -> Iterator[tuple[int, Expression]]:
    """(power of energy, factor) of what may stand in front of a primitive."""
    if ("", 0) in found:
        yield 0, ex.ONE
    if found - {("", 0)}:
        yield 1, ex.Occupation("g")
        highest = max((order for name, order in found if name == "f"), default=0)
        yield from ((-order, ex.Occupation("f", "n", order)) for order in range(highest))


# -- permuted axes -----------------------------------------------------------------------------------------------------
def permuted(expression: Expression, axes: Sequence[Axis]) -> list[Expression]:
    """The expression with these axes in all orders; quantities keep their symbols, with the new axes."""
    orders = itertools.permutations(axes)
    return list(dict.fromkeys(_moved(expression, dict(zip(axes, order, strict=True))) for order in orders))


def _moved(expression: Expression, choice: Mapping[Axis, Axis]) -> Expression:
    def rule(node: Expression) -> Expression | None:
        match node:
            case Named(symbol, definition, hermitian):
                return Named(_relabelled(symbol, choice), _moved(definition, choice), hermitian)
            case ex.Derivative(axis, operand):
                return ex.Derivative(choice.get(axis, axis), _moved(operand, choice))
        return None if node.children else with_axes(node, choice)

    return ex.substitute(expression, rule)


def _relabelled(symbol: str, choice: Mapping[Axis, Axis]) -> str:
    """A printed symbol with axes replaced where indices stand; commands such as \\tau are left alone."""
    names = {axis_name(old): axis_name(new) for old, new in choice.items()}
    depth, result = 0, []
    for piece in re.findall(r"\\[A-Za-z]+|.", symbol):
        depth += {"{": 1, "}": -1}.get(piece, 0)
        result.append(names.get(piece, piece) if depth else piece)
    return "".join(result)
