"""Every public name says what it is and stands in an example that runs, its own or that of its room, and the reference has them all."""

from __future__ import annotations

import doctest
import inspect
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "docs/ext"))
reference = pytest.importorskip("api_reference", reason="the docs extra is not installed")

NAMES = {room: reference.public(import_module(room)) for room in reference.ROOMS}
OWN = {
    value if inspect.isclass(value) or inspect.isroutine(value) else type(value).__call__: f"{room}.{name}"
    for room, names in NAMES.items()
    for name, value in names.items()
    if inspect.isclass(value) or inspect.isroutine(value) or callable(value)
}
OWN = {value: name for value, name in OWN.items() if ">>>" in (inspect.getdoc(value) or "")}


def run(text: str, name: str) -> None:
    found = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    assert found.examples
    assert doctest.DocTestRunner().run(found).failed == 0


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setenv("SYMCUR_PROGRESS", "0")


@pytest.mark.slow_for("symcur.exact_integrals.integrate_exactly", "symcur.superconductors.thermal_hall")
@pytest.mark.parametrize("value", OWN, ids=OWN.values())
def test_examples_of_public_names_run(value):
    run(inspect.getdoc(value), OWN[value])


@pytest.mark.parametrize("room", reference.ROOMS)
def test_examples_of_rooms_run(room):
    run(reference.tour(room), room)


def test_every_public_name_stands_in_an_example():
    """In code that is run: its own, or that of a room that has it; but for names of types."""
    shown, lacking = set(), {}
    for room, names in NAMES.items():
        examples = doctest.DocTestParser().get_examples(reference.tour(room))
        words = set(re.findall(r"\w+", "".join(example.source for example in examples)))
        for name, value in names.items():
            if name in words or reference.is_type(value) or ">>>" in (inspect.getdoc(value) or ""):
                shown.add(id(value))
            else:
                lacking[f"{room}.{name}"] = id(value)
    assert [name for name, value in lacking.items() if value not in shown] == []


@pytest.mark.parametrize("room", reference.ROOMS)
def test_every_public_name_says_what_it_is(room):
    for name, value in reference.public(import_module(room)).items():
        assert len(reference.sentence(value)) > 10, f"{room}.{name}"


def test_prose_is_escaped_and_code_is_not():
    lines = [
        "|H| of *mu and ``a_ | b``, k_",
        "",
        "    x_ = 1",
        "",
        "as in::",
        "",
        "    y_ * 2",
        "",
        "Raises",
        "------",
        "T_ : a_",
    ]
    reference.as_text(lines)
    assert lines[:5] == [r"\|H\| of \*mu and ``a_ | b``, k\_", "", r"    x\_ = 1", "", "as in::"]
    assert lines[6] == "    y_ * 2"
    assert lines[-4:] == ["**Raises**", "", r"``T_``", r"    a\_"]
