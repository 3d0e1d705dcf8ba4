"""The examples print the numbers that they quote from elsewhere."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(name="printed")
def run(capsys):
    def call(name: str) -> list[list[float]]:
        """The numbers of every line that the example prints."""
        runpy.run_path(str(EXAMPLES / f"{name}.py"))
        lines = capsys.readouterr().out.splitlines()
        return [[float(x) for x in re.findall(r"-?\d+\.\d+(?:e[-+]\d+)?", line)] for line in lines]

    return call


def test_rashba_dipole(printed):
    assert printed("rashba_dipole") == [[pytest.approx(-0.5, rel=1e-12)]] * 3


def test_kane_mele_spin_hall(printed):
    """The reference value is PythTB's."""
    assert printed("kane_mele_spin_hall") == [[pytest.approx(1.027158, abs=1e-6)] * 2]


def test_rashba_spin_hall(printed):
    """Values by hand at M = 0.02, mu = m = 1, alpha = 0.7: 1 - M^2/(M^2 + 2 m alpha^2 mu) for the conventional part."""
    conventional, band, dipole = printed("rashba_spin_hall")
    assert conventional == [pytest.approx(0.98 / 0.9804, abs=1e-6)] * 2
    assert band == [pytest.approx(0.999392, abs=1e-6)] * 2
    assert dipole == [pytest.approx(-0.999392, abs=1e-6)] * 2


def test_no_example_is_forgotten():
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {"rashba_dipole", "kane_mele_spin_hall", "rashba_spin_hall"}
