"""Work that takes long says so where somebody looks, once, and nowhere else; the log hears of all."""

from __future__ import annotations

import io
import logging
import sys
import threading

import pytest

import symcur as sc
from symcur import running


class Terminal(io.StringIO):
    """A terminal that says when something was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.begun.set()
        return super().write(text)


@pytest.fixture
def attached(monkeypatch):
    """A function that puts a terminal in the place of stderr, for the test itself (pytest has its own before)."""

    def attach() -> Terminal:
        monkeypatch.setattr(sys, "stderr", screen := Terminal())
        monkeypatch.delenv("SYMCUR_PROGRESS", raising=False)
        return screen

    return attach


def test_the_line_appears_only_when_work_takes_long_and_goes_when_it_ends(attached):
    terminal = attached()
    with running.progress("short", delay=60) as report:
        report(0.5, "now")
    assert terminal.getvalue() == ""
    with running.progress("claims", total=4, delay=0) as report:
        report(1, "torque-dipole")
        terminal.begun.clear()
        assert terminal.begun.wait(20)
    first, *_, cleared, end = terminal.getvalue().split("\r")[1:]
    assert "claims" in first
    assert "[#####...............] 1/4" in terminal.getvalue()
    assert "torque-dipole" in terminal.getvalue()
    assert (cleared.strip(), end) == ("", "")


def test_only_the_outermost_work_is_shown(attached):
    terminal = attached()
    with running.progress("outer", delay=0), running.progress("inner", delay=0):
        assert terminal.begun.wait(20)
    assert "outer" in terminal.getvalue()
    assert "inner" not in terminal.getvalue()


def test_one_switch_and_no_line_in_pipes(attached, monkeypatch):
    attached()
    assert running.is_watched()
    monkeypatch.setenv("SYMCUR_PROGRESS", "1")  # undone after the test, whatever the switch does
    sc.show_progress(False)
    assert not running.is_watched()
    sc.show_progress(True)
    assert running.is_watched()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert not running.is_watched()


def test_the_log_tells_what_is_done_and_how_long_it_took(caplog):
    with caplog.at_level(logging.DEBUG, logger="symcur"):
        sc.evaluate("rashba", "s_dipole", [0.1, 0.2])
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert told[0] == ("INFO", "s_dipole of rashba: begins")
    assert told[-1][1].startswith("s_dipole of rashba: ended after ")
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("symcur").handlers)


def test_a_caller_who_looks_himself_gets_the_reports(attached, monkeypatch):
    terminal = attached()
    monkeypatch.setattr(running, "DELAY", 0.0)
    heard = []
    sc.conductivity("rashba", 0.3, 0.2, rtol=1e-2, progress=lambda done, message: heard.append(message))
    assert heard
    assert terminal.getvalue() == ""
