"""The reference of the public names, written from their docstrings: a page for ``symcur``, one for each room, and one of types, in api/.

A page has the docstring of the room, a table of its names with a sentence each, examples (from tours/, which the tests run), and each name with
its signature and docstring. A name that
several rooms have stands on the first page. What is neither function nor class, as an observable, is shown by its meaning, and how such things are
called by their class.
"""

from __future__ import annotations

import inspect
import re
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType, UnionType
from typing import TYPE_CHECKING, Any, get_origin

from sphinx.util.inspect import TypeAliasForwardRef

import symcur

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOMS = ["symcur", *(f"symcur.{name}" for name in symcur.__all__ if inspect.ismodule(getattr(symcur, name)))]
ROOMS += [
    f"symcur.{name}"
    for name in ("closed_forms", "kernels", "exact_integrals", "identities", "certificates", "plotting")
]
TYPES = {
    "Array": "A NumPy array of real numbers.",
    "ComplexArray": "A NumPy array of complex numbers.",
    "AnyArray": "A NumPy array of real or complex numbers.",
    "Indices": "A NumPy array of whole numbers that count elements.",
    "Mask": "A NumPy array of truth values.",
    "ObjectArray": "A NumPy array of objects, such as expressions or texts.",
    "Components": "An array of scalar expressions, one for each choice of the Cartesian axes.",
    "Closeness": "How close levels are one multiplet: a part of the spread of the energies at k, a ``Window``, or None for what is known of H.",
}
LITERAL = re.compile(r"(``.*?``)", re.S)
TypeAliasForwardRef.__repr__ = lambda alias: alias.name  # in unions too, where Sphinx prints the object
SPECIAL = re.compile(r"[*|`\\]|(?<=\w)_(?!\w)")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", lambda app, config: write_pages(Path(app.srcdir) / "api"))
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", lambda app, *about: as_text(about[-1]))
    return {"parallel_read_safe": True}


def write_pages(target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    places: dict[int, str] = {}
    for room in ROOMS:
        (target / f"{room}.rst").write_text("\n".join(page(room, places)) + "\n", encoding="utf-8")
    types = (line for name, text in TYPES.items() for line in (f".. py:type:: {name}", "", f"   {text}", ""))
    (target / "types.rst").write_text(
        "\n".join([*title("Types", "="), *types, ".. autoclass:: symcur.registry.Registry", "   :members:", ""]),
        encoding="utf-8",
    )
    lines = [*title("Reference", "="), "The public names, room by room.", "", ".. toctree::", "   :maxdepth: 1", ""]
    pages = (f"   {name}" for name in (*ROOMS, "types"))
    (target / "index.rst").write_text("\n".join([*lines, *pages, ""]), encoding="utf-8")


def page(room: str, places: dict[int, str]) -> Iterator[str]:
    """The lines of a page; ``places`` holds where each object stands, and gets those of this page."""
    module = import_module(room)
    members = public(module)
    own = [
        name for name, value in members.items() if places.setdefault(id(value), f"{room}.{name}") == f"{room}.{name}"
    ]
    yield from title(room, "=")
    yield from (f".. py:module:: {room}", "")
    yield from (*paragraphs(module), "", ".. list-table::", "   :widths: 30 70", "")
    for name, value in members.items():
        yield f"   * - :py:obj:`{name} <{places[id(value)]}>`"
        yield f"     - {sentence(value)}"
    yield from ("", *title("Examples", "-"), tour(room), "")
    for name in own:
        yield from title(name, "-")
        yield from (*entry(f"{room}.{name}", members[name]), "")


def tour(room: str) -> str:
    """Examples of the names of a room."""
    return (Path(__file__).parent / "tours" / f"{room}.rst").read_text(encoding="utf-8")


def public(room: ModuleType) -> dict[str, Any]:
    """The names of a room that are not rooms themselves."""
    members = {name: getattr(room, name) for name in room.__all__}
    return {name: value for name, value in members.items() if not inspect.ismodule(value)}


def title(text: str, underline: str) -> list[str]:
    return [text, underline * len(text), ""]


def entry(path: str, value: Any) -> list[str]:
    if inspect.isclass(value):
        return [f".. autoclass:: {path}", "   :members:", "   :special-members: __call__"]
    if inspect.isroutine(value):
        return [f".. autofunction:: {path}"]
    if is_type(value):
        return [f".. py:type:: {path.rpartition('.')[2]}", "", "   A type, for annotations."]
    kind = type(value)
    called = f", called as :py:obj:`{kind.__name__} <{kind.__module__.rpartition('.')[0]}.{kind.__name__}>` says"
    return [
        f".. py:data:: {path.rpartition('.')[2]}",
        f"   :type: {kind.__name__}",
        "",
        f"   {sentence(value)}{called * callable(value)}",
    ]


def is_type(value: Any) -> bool:
    return get_origin(value) is not None or isinstance(value, UnionType)


def sentence(value: Any) -> str:
    """The first paragraph of what a name says of itself."""
    if is_type(value):
        return "A type, for annotations."
    if type(value).__module__ == "builtins" and not callable(value):
        told = value if isinstance(value, str) else ", ".join(map(str, value)) if hasattr(value, "__iter__") else value
        return f"A constant: {escaped(str(told))}"
    text = getattr(value, "meaning", "") or inspect.getdoc(value) or ""
    return escaped(" ".join(text.split("\n\n")[0].split()))


def paragraphs(module: Any) -> list[str]:
    lines = (inspect.getdoc(module) or "").splitlines()
    as_text(lines)
    return lines


def as_text(lines: list[str]) -> None:
    """Docstrings are prose with ``code`` and mathematics in plain letters: what reStructuredText would take for markup is escaped.

    Of sections with underlined titles, "names : text" becomes a definition and other text stays as it is.
    """
    written = list(lines)
    prose = [j for j, code in enumerate(in_code(lines)) if not code]
    text = escaped("\n".join(lines[j] for j in prose))  # at once, as code may go on in the next line
    for j, line in zip(prose, text.split("\n") if prose else (), strict=True):
        lines[j] = line
    sections = [j for j, line in enumerate(lines) if re.fullmatch("---+", line)]
    starts = range(sections[0], len(lines)) if sections else ()
    for j in reversed(starts):
        if j in sections:
            lines[j - 1 : j + 1] = ["", f"**{lines[j - 1]}**", ""]
        elif re.match(r"\S[^:]* : ", lines[j]):
            names = written[j].partition(" : ")[0]
            lines[j : j + 1] = [f"``{names}``", f"    {lines[j].partition(' : ')[2]}"]


def in_code(lines: list[str]) -> Iterator[bool]:
    """Whether each line belongs to an example or to a block after a double colon."""
    block = None  # the indentation of the line that announced it
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if block is not None and line.strip() and indent <= block:
            block = None
        yield block is not None or line.lstrip().startswith(">>>")
        if block is None and line.endswith("::"):
            block = indent


def escaped(text: str) -> str:
    parts = LITERAL.split(text)
    return "".join(part if LITERAL.fullmatch(part) else SPECIAL.sub(r"\\\g<0>", part) for part in parts)
