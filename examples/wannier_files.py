"""From Wannier90 files to the conserved spin Hall conductivity of a small solid, which the example writes itself.

s and p functions on a simple cubic lattice with spin-orbit coupling, 8 functions, and noise of a few meV in H(R) that breaks every
symmetry, as that of wannierisation does. It splits the Kramers pairs, and the conserved conductivity depends on how: the raw file is not
believed, the symmetrised one is.
"""

import tempfile
from itertools import product
from pathlib import Path

import numpy as np

import symcur as sc
from symcur import plotting

A = 3.35  # Angstrom
ONSITE = np.diag([-6.0, 0.0, 0.0, 0.0])  # eV; s, p_z, p_x, p_y, the order of Wannier90
SS, SP, PP_SIGMA, PP_PI, COUPLING = -0.7, 1.1, 1.6, -0.4, 0.6
AXES = {"z": 1, "x": 2, "y": 3}


def hoppings():
    """{R: H(R)} up to nearest neighbours, (8, 8): all up, then all down."""
    L = np.zeros((3, 4, 4), dtype=complex)  # <p_b|L_a|p_c> = -i eps_abc
    for a, b, c in ("xyz", "yzx", "zxy"):
        L["xyz".index(a), AXES[b], AXES[c]], L["xyz".index(a), AXES[c], AXES[b]] = -1j, 1j
    sigma = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    found = {(0, 0, 0): np.kron(np.eye(2), ONSITE) + COUPLING / 2 * sum(map(np.kron, sigma, L))}
    for axis, sign in product("xyz", (1, -1)):
        p, t = AXES[axis], np.diag([SS, PP_PI, PP_PI, PP_PI])
        t[p, p], t[0, p], t[p, 0] = PP_SIGMA, sign * SP, -sign * SP
        found[tuple(sign * (np.array(list("xyz")) == axis).astype(int))] = np.kron(np.eye(2), t)
    return found


def noisy(hopping, size=2e-3):
    """With Hermitian noise; H(-R) stays the adjoint of H(R)."""
    rng = np.random.default_rng(7)
    noise = {R: rng.normal(0, size, (8, 8)) + 1j * rng.normal(0, size, (8, 8)) for R in hopping}
    return {R: t + (noise[R] + noise[tuple(-x for x in R)].conj().T) / 2 for R, t in hopping.items()}


def write(folder, hopping):
    """cubic_hr.dat and cubic.win as Wannier90 has them."""
    rows = [
        "".join(f"{n:5d}" for n in (*R, a + 1, b + 1)) + f"{t[a, b].real:12.6f}{t[a, b].imag:12.6f}"
        for R, t in hopping.items()
        for b, a in product(range(8), repeat=2)
    ]
    weights = "".join(f"{1:5d}" for _ in hopping)
    (folder / "cubic_hr.dat").write_text("\n".join([" a small solid", "8", str(len(hopping)), weights, *rows]) + "\n")
    cell = "\n".join(" ".join(f"{x:.6f}" for x in row) for row in A * np.eye(3))
    (folder / "cubic.win").write_text(
        f"num_wann = 8\nspinors = true\nbegin unit_cell_cart\n{cell}\nend unit_cell_cart\n"
        "begin atoms_frac\nPo 0 0 0\nend atoms_frac\nbegin projections\nPo: s; p\nend projections\n"
    )
    return folder / "cubic_hr.dat"


def sigma(material, points):
    """Conventional and conserved, on meshes of ``points``^3, levels closer than 2 meV as one multiplet."""
    method, mu = sc.brillouin.Mesh(points), np.linspace(-1.0, 3.0, 9)  # eV
    result = sc.conductivity(material, mu, 0.1, method=method, window=0.002, rtol=0.05)
    return result.convert("(hbar/e) S/cm", sign="literature")


with tempfile.TemporaryDirectory() as folder:
    functions = sc.materials.read_functions(write(Path(folder), noisy(hoppings())))
raw = sc.materials.Material(functions, s="spin_z", name="raw")
symmetric = sc.materials.symmetrize(functions, atoms=functions.atoms, orbitals=functions.projections, spin="block")
material = sc.materials.Material(symmetric, s="spin_z", spin="block", name="symmetrised")
print(*functions.notes, *symmetric.notes[len(functions.notes) :], sep="\n")

scans = {"raw": sigma(raw, 12), "symmetrised": sigma(material, 40)}
for name, scan in scans.items():
    print(f"\n{name}: {scan.status}; sigma^z_xy, {scan.unit}")
    print("  mu/eV    conventional          conserved     half, twice the window")
    change = scan.checks["window"].value[:, 0, 1]
    for j, mu in enumerate(scan.mu):
        pairs = [
            (scan.parts[part].value[j, 0, 1], scan.parts[part].error[j, 0, 1]) for part in ("conventional", "intrinsic")
        ]
        numbers = "".join(f"{value:10.1f} +-{error:6.1f}" for value, error in pairs)
        print(f"{mu:7.2f}{numbers}{change[j]:12.1f}")

figure = plotting.draw_plane(
    material, 1.0, 0.1, origin=(-0.5, -0.5, 0), spanning=[(1, 0, 0), (0, 1, 0)], reduced=True, points=60, window=0.002
)
if __name__ == "__main__":
    plotting.save(figure, "wannier_files.png")
