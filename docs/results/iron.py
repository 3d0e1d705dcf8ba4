"""Numbers of iron: python docs/results/iron.py writes iron.json and iron_scan.json.

The files are those of Wannier90's tests, test-suite/tests/testpostw90_fe_ahc: 18 functions from a mesh of 2^3 points. The folder Fe that
holds them is looked for in SYMCUR_DATA, by default in shared/data beside the repository.
"""

import json
import os
from pathlib import Path

import numpy as np
from platinum import rounded

import symcur as sc

HERE = Path(__file__).parent
FOLDER = Path(os.environ.get("SYMCUR_DATA", HERE.parents[2] / "shared/data")) / "Fe"
ENDINGS = ("chk.fmt.bz2", "eig", "spn", "mmn.bz2", "win")
FERMI = 12.6279  # eV, as in the tests
MU = FERMI + np.linspace(-3, 2, 26)
S_PER_CM = sc.observables.units.CONDUCTANCE * 1e8  # e^2/hbar over Angstrom


def iron(s="spin_z", level="tight_binding", folder=FOLDER):
    functions = sc.materials.read_functions([folder / f"Fe.{ending}" for ending in ENDINGS])
    return sc.materials.Material(functions, s, level=level, name="Fe")


def moment(points=4, folder=FOLDER):
    """That of the spin in Bohr magnetons, - 2 <s_z>, with the spin matrices S(R) of the files."""
    material = iron(level="projected", folder=folder)
    k = material.cell.momenta(points)
    s = sc.evaluate(material, "s_expectation", k)
    return -2 * s[material.energies(k) < FERMI].sum() / points**3


def anomalous_hall(points=10, folder=FOLDER):
    """sigma_yz, sigma_zx, sigma_xy in S/cm: the flow of s = 1, the charge, in the whole space, on one mesh and at T = 0."""
    material = iron(s=np.ones(18), level="full", folder=folder)
    k = material.cell.momenta(points).reshape(-1, 3)
    parts = sc.observables.conductivity.integrand(material, k, FERMI, 1e-7, window=0.0)
    sigma = parts["intrinsic"].mean(axis=0) / material.cell.volume * S_PER_CM
    return [sigma[1, 2], sigma[2, 0], sigma[0, 1]]


def scan(material, points, mu=MU):
    """The conductivity of s_z at k_B T = 100 meV on meshes of points^3."""
    return sc.conductivity(material, mu, 0.1, method=sc.brillouin.Mesh(points), window=0.01, rtol=0.02, workers=2)


if __name__ == "__main__":
    stored = {"moment": round(moment(), 7), "anomalous_hall": np.round(anomalous_hall(), 5).tolist()}
    HERE.joinpath("iron.json").write_text(json.dumps(stored) + "\n")
    result = scan(iron(), 32)
    HERE.joinpath("iron_scan.json").write_text(rounded(result))
    print(stored, result.status, result.message)
