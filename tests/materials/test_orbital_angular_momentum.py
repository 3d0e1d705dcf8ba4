"""L of functions that look like atomic orbitals, from projections or a list, and where it may not be taken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import wannier_files as files

import symcur as sc
from symcur.materials import Material, Orbital, WannierFunctions, read_functions
from symcur.materials.angular_momentum import angular_momentum, of_harmonics
from symcur.materials.orbitals import harmonics

LATTICE = 4.0 * np.eye(3)
ATOMS = {"A": [[0.0, 0.0, 0.0]], "B": [[0.5, 0.25, 0.5]]}
P = np.array(
    [[[0, 0, 0], [0, 0, -1j], [0, 1j, 0]], [[0, 0, 1j], [0, 0, 0], [-1j, 0, 0]], [[0, -1j, 0], [1j, 0, 0], [0, 0, 0]]]
)
P = P[:, [2, 0, 1]][:, :, [2, 0, 1]]  # (L_i)_jk = -i eps_ijk, in the order z, x, y


def crystal(sites) -> WannierFunctions:
    """Random hoppings between functions at these positions, in Angstrom."""
    rng = np.random.default_rng(3)
    cells = np.array(list(np.ndindex(3, 3, 3))) - 1
    H = rng.normal(size=(27, len(sites), len(sites))) + 1j * rng.normal(size=(27, len(sites), len(sites)))
    return WannierFunctions(
        LATTICE, cells, H + H[::-1].swapaxes(1, 2).conj(), np.array(sites, dtype=float), atoms=ATOMS, source="x"
    )


def test_angular_momentum_obeys_its_algebra():
    """[L_x, L_y] = i L_z and cyclic, L^2 = l (l + 1), and L_i = -i (r x grad)_i on the harmonics."""
    L = of_harmonics()
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        np.testing.assert_allclose(L[i] @ L[j] - L[j] @ L[i], 1j * L[k], atol=1e-13)
    degrees = np.repeat(range(4), [1, 3, 5, 7])
    np.testing.assert_allclose(sum(x @ x for x in L), np.diag(degrees * (degrees + 1)), atol=1e-13)
    r, step = np.random.default_rng(2).normal(size=(7, 3)), 1e-5
    r /= np.linalg.norm(r, axis=1, keepdims=True)
    for i in range(3):
        axis = np.eye(3)[i]
        turned = [
            np.cos(a) * r + np.sin(a) * np.cross(axis, r) + (1 - np.cos(a)) * np.outer(r @ axis, axis)
            for a in (step, -step)
        ]
        slope = (harmonics(turned[0]) - harmonics(turned[1])) / (2 * step)
        np.testing.assert_allclose(-1j * slope, harmonics(r) @ L[i], atol=1e-8)


def test_p_functions_and_their_shells():
    p = [Orbital((0, 0, 0), name) for name in ("p_z", "p_x", "p_y")]
    np.testing.assert_allclose(angular_momentum(p), np.moveaxis(P, 0, -1), atol=1e-14)
    two = angular_momentum([*p, *p])  # another shell: nothing between them
    np.testing.assert_allclose(two, np.kron(np.eye(2), P).transpose(1, 2, 0), atol=1e-14)
    apart = angular_momentum([p[0], p[1], Orbital((0.5, 0, 0), "p_x"), Orbital((0.5, 0, 0), "p_y")])
    assert np.abs(apart[:2, 2:]).max() == 0


def test_local_axes_and_complex_functions():
    """L along the axis of p_x + i p_y is 1, also where this axis is tilted."""
    z, x = np.ones(3) / np.sqrt(3), np.array([1, -1, 0]) / np.sqrt(2)
    axes = np.array([x, np.cross(z, x), z])
    [[L]] = angular_momentum([Orbital((0, 0, 0), {"p_x": 1, "p_y": 1j}, None, axes)])
    np.testing.assert_allclose(L, z, atol=1e-14)


@pytest.mark.parametrize("spin", ["block", "interlaced"])
def test_orbitals_of_text_belong_to_pairs_of_spins(spin):
    one, other = np.array(ATOMS["A"][0]) @ LATTICE, np.array(ATOMS["B"][0]) @ LATTICE
    half = [one] * 3 + [other]
    sites = [*half, *half] if spin == "block" else np.repeat(half, 2, axis=0)
    material = Material(crystal(sites), "orbital_y", orbitals="A: p\nB: s", spin=spin)
    L = np.zeros((4, 4), dtype=complex)
    L[:3, :3] = P[1]
    expected = np.kron(np.eye(2), L) if spin == "block" else np.kron(L, np.eye(2))
    np.testing.assert_allclose(material.s, expected, atol=1e-14)
    assert (
        "orbital_y is that of the real harmonics p_z, p_x, p_y, s; centres are up to 0 Angstrom" in material.summary()
    )
    again = material.replace(name="again")
    np.testing.assert_array_equal(again.s, material.s)
    assert np.isfinite(sc.evaluate(material, "s_dipole", [0.1, 0.2, 0.3])).all()


def test_where_l_may_not_be_taken():
    site = np.array(ATOMS["B"][0]) @ LATTICE
    shell = crystal([[0, 0, 0]] * 3 + [site])
    assert Material(shell, "orbital_z", orbitals="A: p\nB: s").size == 4
    for changes, message in [
        ({}, "expected what the functions look like, .* without projections"),
        ({"orbitals": "A: d"}, "orbitals: expected 4 functions, or half of them for up and down, got 5"),
        ({"orbitals": [Orbital((0, 0, 0), "s")]}, "expected an Orbital for each of 4 functions"),
        (
            {"orbitals": "B: s\nA: p"},
            r"function 0 .*, s, whose centre is 3 Angstrom from it and nearer to that of another",
        ),
        ({"orbitals": "B: p\nA: s"}, r"nearer to that of another"),
    ]:
        with pytest.raises(ValueError, match=message):
            Material(shell, "orbital_z", **changes)
    moved = replace(shell, centres=shell.centres + 0.3 * np.eye(4, 3))
    with pytest.raises(ValueError, match="between functions at one centre"):  # as of hybrids along bonds
        Material(moved, "orbital_z", orbitals="A: p\nB: s")


def test_projections_and_atoms_are_those_of_the_input_of_wannier90(tmp_path):
    """In the order of Wannier90, and their sites stand for the centres where no file holds these."""
    cells, weights, H, _ = files.hoppings(4)
    (tmp_path / "x_hr.dat").write_text(files.hr(cells, weights, H))
    blocks = "begin atoms_cart\nbohr\nAs 0 0 0\nGa 1.5 0.1 0.0\nend atoms_cart\nBEGIN projections\n ga : p ; s ! four\nend projections\n"
    (tmp_path / "x.win").write_text(files.win() + blocks)
    found = read_functions(tmp_path / "x_hr.dat")
    atom = 0.529177210903 * np.array([1.5, 0.1, 0.0])
    np.testing.assert_allclose(np.array(found.atoms["Ga"]) @ found.lattice, [atom], atol=1e-12)
    np.testing.assert_allclose(found.centres, [atom] * 4, atol=1e-12)
    assert "the sites of the projections of" in found.notes[-1]
    material = Material(found, "orbital_x")
    np.testing.assert_allclose(material.s[1:, 1:], P[0], atol=1e-14)  # s first
    assert not material.s[0].any()
    (tmp_path / "x.win").write_text(files.win() + blocks.replace("; s", ""))
    with pytest.raises(ValueError, match=r"x\.win: expected projections for 4 functions, or half of them, got 3"):
        read_functions(tmp_path / "x_hr.dat")
