"""The examples print the numbers that they quote from elsewhere."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from plain_solid import on_mesh

from symcur.cli import main
from symcur.observables.units import CONDUCTANCE

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


def test_wannier_files(capsys, tmp_path):
    """Plain sums over the same meshes; and what the example is about, which number is believed."""
    run = runpy.run_path(str(EXAMPLES / "wannier_files.py"))
    raw, symmetrised = run["scans"].values()
    assert (raw.status, symmetrised.status) == ("tolerance not met", "converged")
    assert raw.checks["window"].value.max() > 50
    assert symmetrised.checks["window"].value.max() < 1e-6
    functions, mu = run["symmetric"], symmetrised.mu[4]
    hoppings = dict(zip(map(tuple, functions.cells.tolist()), functions.hamiltonian, strict=True))
    s = np.kron(np.diag([0.5, -0.5]), np.eye(4))
    coarse = run["sigma"](run["material"], 16)
    meshes = [on_mesh(hoppings, s, functions.lattice, 16, shift, None, mu, 0.1, 0.002) for shift in (0, 0.5)]
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith(f"{mu:7.2f}")]
    printed = re.findall(r"-?\d+\.\d+", rows[-1])
    for part, number in (("conventional", printed[1]), ("intrinsic", printed[3])):
        plain = -CONDUCTANCE * 1e8 * np.mean([mesh[part] for mesh in meshes])
        assert coarse.parts[part].value[4, 0, 1] == pytest.approx(plain, rel=1e-6)
        assert float(number) == pytest.approx(symmetrised.parts[part].value[4, 0, 1], abs=0.06)
    assert [axes.get_title() for axes in run["figure"].axes[:2]] == ["conventional", "conserved"]
    # The files are drawn from the command line as well.
    file, picture = run["write"](tmp_path, run["hoppings"]()), tmp_path / "bands.png"
    with pytest.raises(SystemExit) as stop:
        main(["plot", str(file), "s_dipole", "--path", "G=0,0,0 X=0.9,0,0", "--points", "5", "-o", str(picture)])
    assert stop.value.code in (0, None), capsys.readouterr().err
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_no_example_is_forgotten():
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {
        "rashba_dipole",
        "kane_mele_spin_hall",
        "rashba_spin_hall",
        "wannier_files",
    }
