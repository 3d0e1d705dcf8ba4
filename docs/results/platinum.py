"""Spin Hall conductivity of platinum over a window of chemical potentials: python docs/results/platinum.py writes platinum.json.

The Wannier functions are those of WannierTools, examples/Pt/wannier90_hr.dat, 18 functions with spin-orbit coupling, made symmetric. The
folder Pt that holds this file is looked for in SYMCUR_DATA, by default in shared/data beside the repository.
"""

import json
import os
from pathlib import Path

import numpy as np

import symcur as sc

HERE = Path(__file__).parent
FILE = Path(os.environ.get("SYMCUR_DATA", HERE.parents[2] / "shared/data")) / "Pt/wannier90_hr.dat.gz"
FERMI = 11.3158  # eV, as in the readme of the file
MU = FERMI + np.linspace(-8, 2, 101)


def platinum(file=FILE):
    """s is the spin along z, in hbar."""
    a = 3.9239  # Angstrom
    lattice, centres = a / 2 * (np.ones((3, 3)) - np.eye(3)), np.zeros((18, 3))
    raw = sc.materials.read_functions(file, lattice=lattice, centres=centres)
    functions = sc.materials.symmetrize(
        raw, atoms={"Pt": [[0, 0, 0]]}, orbitals="Pt: s; p; d", spin="block", fermi_energy=FERMI
    )
    return sc.materials.Material(functions, "spin_z", spin="block", name="Pt")


def conductivity(material, points, mu=MU):
    """At k_B T = 50 meV on meshes of points^3, with levels closer than 10 meV as one multiplet."""
    method, hall = sc.brillouin.Mesh(points), "paper, filled_multiplet"
    return sc.conductivity(material, mu, 0.05, method=method, window=0.01, rtol=0.02, hall=hall, workers=2)


def rounded(result, step=1e-6):
    """The result as JSON, its numbers rounded to a step."""

    def short(data):
        if isinstance(data, dict):
            return {name: short(value) for name, value in data.items()}
        return [short(value) for value in data] if isinstance(data, list) else round(round(data / step) * step, 12)

    data = result.to_dict()
    numbers = {name: short(data[name]) for name in ("value", "error", "parts", "checks", "mu")}
    return json.dumps({**data, **numbers}, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    result = conductivity(platinum(), 81)
    HERE.joinpath("platinum.json").write_text(rounded(result))
    print(result.status, result.message)
