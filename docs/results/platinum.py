"""Spin Hall conductivity of platinum over a window of chemical potentials: python docs/results/platinum.py writes platinum.json.

The Wannier functions are those of WannierTools (examples/Pt/wannier90_hr.dat), 18 functions, made symmetric. The folder Pt with this file
is looked for in SYMCUR_DATA, and in ../shared/data.
"""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np

import symcur as sc

DATA = Path(os.environ.get("SYMCUR_DATA", "../shared/data"))
FERMI = 11.3158  # eV, as in the readme of the files
MU = FERMI + np.linspace(-8, 2, 101)


def platinum(folder=DATA):
    """s is the spin along z, in hbar."""
    a = 3.9239  # Angstrom
    functions = sc.materials.read_functions(
        folder / "Pt/wannier90_hr.dat.gz", lattice=a / 2 * (np.ones((3, 3)) - np.eye(3)), centres=np.zeros((18, 3))
    )
    symmetric = sc.materials.symmetrize(functions, atoms={"Pt": [[0, 0, 0]]}, orbitals="Pt: s; p; d", spin="block")
    return sc.materials.Material(symmetric, "spin_z", spin="block", name="Pt")


def conductivity(material, points, mu=MU):
    """sigma at 580 K on two meshes of ``points``^3, with the filled multiplet as a part; levels closer than 10 meV are one multiplet."""
    paper, filled = (
        sc.conductivity(
            material, mu, 0.05, method=sc.brillouin.Mesh(points), window=0.01, rtol=0.02, hall=hall, workers=2
        )
        for hall in ("paper", "filled_multiplet")
    )
    return together(paper, filled)


def together(paper, filled):
    parts = {**paper.parts, "filled_multiplet": filled.parts["intrinsic"]}
    return replace(paper, parts=parts, met=paper.met & filled.met)


def text(result, digits=5):
    """As JSON, with so many digits of the largest number."""
    step = 10.0 ** (np.ceil(np.log10(np.abs(result.parts["conventional"].value).max())) - digits)

    def short(data):
        if isinstance(data, dict):
            return {name: short(value) for name, value in data.items()}
        return (
            [short(value) for value in data] if isinstance(data, list) else round(round(data / step) * step, 12) + 0.0
        )

    numbers = ("value", "error", "parts", "checks")
    data = {name: short(value) if name in numbers else value for name, value in result.to_dict().items()}
    return json.dumps({**data, "mu": np.round(result.mu, 6).tolist()}, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    found = conductivity(platinum(), 61)
    Path(__file__).with_name("platinum.json").write_text(text(found))
    print(found.status, found.message)
