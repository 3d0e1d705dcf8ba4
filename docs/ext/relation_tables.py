"""The tables of linear relations on the page relations.md, found when the documentation is built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from symcur.claims import Equality
from symcur.expressions import Expression
from symcur.identities.exact_rank import counted
from symcur.identities.relation_table import Table, integrals, tables
from symcur.identities.words import Kind, kinds_of
from symcur.quantities import QUANTITIES

LONGEST = 5  # letters of the words behind their first P


def relation_tables() -> Iterator[str]:
    """Every kind of quantity: the relations among quantities, sorted by what the ledger states, and all words."""
    for table in tables(LONGEST):
        yield from _quantities(table)
        yield from _words(table)
    yield "## Up to total derivatives\n"
    yield (
        "Integrals over the zone are equal where integrands differ by a total derivative. For each of three kinds, what is "
        r"listed has been found in addition to the relations above (times $f$ and $g$), among all integrands $f X$ and $g Y$ of the "
        "kind, and for filled bands among all $X$; the primitives are found among words and quantities.\n"
    )
    for table in integrals():
        filled = table.kind.energy == 0
        yield f"### {'Filled bands' if filled else 'f and g'}: {_unit(table.kind)}\n"
        yield from _sorted(table, only_integrals=True)


def _quantities(table: Table) -> Iterator[str]:
    known = table.quantities
    yield f"## {_unit(table.kind)}\n"
    yield f"{counted(len(known.columns), 'expression')} of rank {len(known.independent)}: {_list(known.columns)}.\n"
    yield from _sorted(table)


def _sorted(table: Table, only_integrals: bool = False) -> Iterator[str]:
    """What holds by definition, what the ledger states, and what it does not."""
    stated = table.stated
    claims = {
        equality: ", ".join(f"[{n}](ledger.md#{n})" for n in names) for equality, names in stated.by_claims.items()
    }
    groups: list[tuple[str, dict[Equality, str]]] = [
        ("By definition", dict.fromkeys(stated.by_definition, "")),
        ("In the ledger", claims),
        ("Not in the ledger", dict.fromkeys(stated.new, "")),
    ]
    for title, found in groups:
        lines = [
            f"- ${_equation(equality)}$" + (f" ({names})" if names else "")
            for equality, names in found.items()
            if not only_integrals or (equality.primitive and title != "By definition")
        ]
        if lines:
            yield f"{title}:\n\n" + "\n".join(lines) + "\n"


def _words(table: Table) -> Iterator[str]:
    """The relations that contain words which are no quantities."""
    every, known = table.words, table.quantities
    if every is None or len(every.columns) == len(known.columns):
        return
    old, words = set(known.columns), len(every.columns) - len(known.columns)
    rows = [equality for equality in every.relations if equality.lhs not in old]
    free = [x for x in every.independent if x not in old]
    yield f"<details><summary>{counted(words, 'word')} more, {counted(len(rows), 'relation')} of theirs</summary>\n"
    if free:
        yield f"Not expressed by quantities: {_list(free)}.\n"
    yield "\n".join(f"- ${_equation(equality)}$" for equality in rows)
    yield "\n</details>\n"


def _unit(kind: Kind) -> str:
    """The unit that quantities of this kind have, and the axes."""
    unit = next(q.unit for q in QUANTITIES if not q.operator and kind in kinds_of(q.expression()))
    axes = f" ({', '.join(map(str, kind.axes))})" if kind.axes else ""
    return unit + axes


def _list(expressions: Iterable[Expression]) -> str:
    return ", ".join(f"${x.latex()}$" for x in expressions)


def _equation(equality: Equality) -> str:
    return " = ".join(equality.latex())
