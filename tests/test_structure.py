"""The house: who imports whom is what docs/design.md says, without circles, and every room keeps its doors."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "symcur").rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text()) for name, path in FILES.items()}
LONGEST_FILE = 400
# Keywords that are names of parameters or of arguments given again, not options.
FREE_KEYWORDS = {"by_keyword", "by_name", "values", "changes"}


def imports(name: str, tree: ast.Module) -> list[tuple[str, str]]:
    """(module, name taken from it) for every import in the file, inside functions and for type checkers too."""
    package = name if FILES.get(name, Path()).name == "__init__.py" else name.rpartition(".")[0]
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            parent = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (parent, node.module)))
            found += [(module, alias.name) for alias in node.names]
    return [(module, taken) for module, taken in found if module.partition(".")[0] == "symcur"]


def arrows(trees: dict[str, ast.Module]) -> dict[str, set[str]]:
    """{module: the modules that it imports}; a name taken from a package counts for the module of that name."""
    return {
        name: {f"{m}.{taken}" if f"{m}.{taken}" in trees else m for m, taken in imports(name, tree)} - {name}
        for name, tree in trees.items()
    }


def circle(graph: dict[str, set[str]]) -> list[str]:
    """A circle of imports, or nothing."""
    done: set[str] = set()

    def follow(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        found = next(filter(None, (follow(other, [*path, name]) for other in sorted(graph.get(name, ())))), [])
        done.add(name)
        return found

    return next(filter(None, (follow(name, []) for name in graph)), [])


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def said_by_the_design() -> dict[str, set[str]]:
    """The table of docs/design.md: a room, and the rooms that it imports."""
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", (ROOT / "docs/design.md").read_text(), re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", uses)) for name, uses in rows}


def test_no_circular_imports():
    assert circle(arrows(TREES)) == []


@pytest.mark.parametrize("line", ["import symcur.a", "from symcur import a", "def f():\n    from symcur.a import x"])
def test_a_circle_is_found_wherever_the_import_stands(line):
    trees = {"symcur": ast.parse(""), "symcur.a": ast.parse("from symcur.b import y"), "symcur.b": ast.parse(line)}
    assert circle(arrows(trees)) == ["symcur.a", "symcur.b", "symcur.a"]


def test_the_design_tells_who_imports_whom():
    found: dict[str, set[str]] = {}
    for name, others in arrows(TREES).items():
        if name != "symcur":
            found.setdefault(room(name), set()).update(map(room, others))
    assert said_by_the_design() == {name: others - {name} for name, others in found.items()}


def test_private_names_stay_at_home():
    """Neither imported from another module nor reached through one."""
    wrong = []
    for name, tree in TREES.items():
        modules = {taken or m.rpartition(".")[2] for m, taken in imports(name, tree) if f"{m}.{taken}" in TREES}
        wrong += [f"{name}: {m}.{taken}" for m, taken in imports(name, tree) if re.match(r"_[^_]", taken)]
        wrong += [
            f"{name}: {ast.unparse(node)}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and re.match(r"_[^_]", node.attr)
            if isinstance(node.value, ast.Name) and node.value.id in modules
        ]
    assert wrong == []


def test_objects_are_built_by_their_constructors():
    assert [name for name, path in FILES.items() if "object.__new__" in path.read_text()] == []


def test_no_module_is_hidden_by_a_function_of_its_name():
    for name in FILES:
        parent, _, child = name.rpartition(".")
        if parent and child != "__main__":
            importlib.import_module(name)
            assert inspect.ismodule(getattr(importlib.import_module(parent), child)), name


def test_options_stand_in_the_signature():
    """No public function takes keywords of any kind, except the names of parameters."""
    wrong = [
        f"{name}: {node.name}(**{node.args.kwarg.arg})"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and not re.match(r"_[^_]", node.name)
        if node.args.kwarg and node.args.kwarg.arg not in FREE_KEYWORDS
        if not isinstance(node.args.kwarg.annotation, ast.Attribute)  # those of another signature, P.kwargs
    ]
    assert wrong == []


def test_files_are_short():
    assert [name for name, path in FILES.items() if len(path.read_text().splitlines()) > LONGEST_FILE] == []
