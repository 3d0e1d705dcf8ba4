"""Every public name says what it is, the names of ``symcur`` itself with an example that runs, and the reference has them all."""

from __future__ import annotations

import doctest
import inspect
import sys
from importlib import import_module
from pathlib import Path

import pytest

import symcur as sc

sys.path.append(str(Path(__file__).parent.parent / "docs/ext"))
reference = pytest.importorskip("api_reference", reason="the docs extra is not installed")

# What says how each name is called: of the observables, their class.
EXPLAINED = {
    value if inspect.isclass(value) or inspect.isroutine(value) else type(value).__call__: name
    for name, value in reference.public(sc).items()
}


@pytest.mark.slow_for("integrate_exactly", "thermoelectric")
@pytest.mark.parametrize("function", EXPLAINED, ids=EXPLAINED.values())
def test_examples_of_public_names_run(function, monkeypatch):
    monkeypatch.setenv("SYMCUR_PROGRESS", "0")
    example = doctest.DocTestParser().get_doctest(inspect.getdoc(function), {}, function.__name__, None, 0)
    assert example.examples, "no example"
    assert doctest.DocTestRunner().run(example).failed == 0


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
