"""A material is a band structure with position diagonal in its functions; its spin is found where time reversal shows it."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
import wannier_files as files

import symcur as sc
from symcur.materials import Material, WannierFunctions, read
from symcur.materials.spin_order import pairs_of

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
LATTICE = np.array([[3.0, 0.2, 0.0], [-0.4, 2.7, 0.1], [0.3, 0.0, 3.4]])


def crystal(pairs=3, exchange=0.0, seed=2) -> WannierFunctions:
    """Orbitals at random places with spin-orbit hoppings that keep time reversal, in the order up, down; a Zeeman term breaks it."""
    rng = np.random.default_rng(seed)
    cells = np.array(list(np.ndindex(3, 3, 3))) - 1
    H = np.zeros((len(cells), pairs, 2, pairs, 2), dtype=complex)
    for part, sign in ((np.eye(2), 1), *((0.3j * sigma, -1) for sigma in PAULI)):  # T keeps real times 1 and i sigma
        real = rng.normal(size=(len(cells), pairs, pairs))
        H += np.einsum("rab,st->rasbt", real + sign * real[::-1].swapaxes(1, 2), part)
    H[len(cells) // 2] += exchange * np.einsum("ab,st->asbt", np.eye(pairs), PAULI[2])
    centres = np.repeat(rng.uniform(0, 2, size=(pairs, 3)), 2, axis=0)
    return WannierFunctions(
        LATTICE, cells, H.reshape(len(cells), 2 * pairs, 2 * pairs), centres, source="a made-up crystal"
    )


def reordered(functions: WannierFunctions, order) -> WannierFunctions:
    return replace(
        functions, hamiltonian=functions.hamiltonian[:, order][:, :, order], centres=functions.centres[order]
    )


BLOCK = [0, 2, 4, 1, 3, 5]  # of the functions up, down, up, down, up, down


def test_the_order_of_the_spin_is_the_one_that_keeps_time_reversal():
    interlaced, block = crystal(), reordered(crystal(), BLOCK)
    for functions, name in ((interlaced, "interlaced"), (block, "block")):
        material = Material(functions)
        assert f"Spin order '{name}'" in " ".join(material.notes)
        up, down = material.spin_pairs.T
        np.testing.assert_array_equal(material.s[up, up], np.full(3, 0.5))
        np.testing.assert_array_equal(material.s[down, down], np.full(3, -0.5))
    k = np.random.default_rng(1).uniform(-1, 1, size=(4, 3))
    for name in ("s_dipole", "s_current_dipole"):
        first, second = (sc.evaluate(Material(functions, "spin_x"), name, k) for functions in (interlaced, block))
        np.testing.assert_allclose(first, second, atol=1e-12)


def test_other_pairs_are_given():
    order = [3, 0, 5, 2, 1, 4]  # the partners stand at 1 and 4, 3 and 0, 5 and 2
    material = Material(reordered(crystal(), order), spin=[(1, 4), (3, 0), (5, 2)])
    assert "as given, the first of each pair up; |T H(R)* T^-1 - H(R)| is at most 0 eV" in " ".join(material.notes)
    np.testing.assert_array_equal(material.s.diagonal().real, [-0.5, 0.5, -0.5, 0.5, -0.5, 0.5])


@pytest.mark.parametrize("wrong", ["block", [(0, 2), (1, 3), (4, 5)]])
def test_an_order_that_time_reversal_contradicts_is_refused(wrong):
    with pytest.raises(
        ValueError, match=r"spin: expected the order that time reversal shows in .*, 'interlaced', .* got"
    ):
        Material(replace(crystal(), centres=np.zeros((6, 3))), spin=wrong)


def test_the_order_in_a_magnet_is_asked_for():
    magnet = crystal(exchange=1.5)
    with pytest.raises(ValueError, match=r"'interlaced' breaks it by 3 eV"):
        Material(magnet)
    assert "at most 3 eV" in " ".join(Material(magnet, spin="interlaced").notes)


def test_a_hamiltonian_without_spin_has_no_order_to_be_found():
    """Spinless H for up and for down in both orders: neither is told from the other, or both are one pair."""
    H = np.array([[[1.0, 0.0], [0.0, 1.0]]])
    pair = WannierFunctions(LATTICE, np.zeros((1, 3), dtype=int), H, np.zeros((2, 3)))
    assert Material(pair).size == 2
    four = WannierFunctions(LATTICE, np.zeros((1, 3), dtype=int), np.eye(4)[None], np.zeros((4, 3)))
    with pytest.raises(ValueError, match="does not show"):
        Material(four)
    nearly = np.array(
        [2 * np.eye(4), np.diag([0, 0.06, 0.02, 0.06]), 2 * np.eye(4)]
    )  # "block" fits better, but not clearly
    with pytest.raises(ValueError, match=r"'block' breaks it by 0.02 eV .*, 'interlaced' breaks it by 0.06 eV"):
        Material(WannierFunctions(LATTICE, np.array([[-1, 0, 0], [0, 0, 0], [1, 0, 0]]), nearly, np.zeros((4, 3))))
    with pytest.raises(ValueError, match="even number"):
        Material(WannierFunctions(LATTICE, np.zeros((1, 3), dtype=int), np.eye(3)[None], np.zeros((3, 3))))


@pytest.mark.parametrize(
    "spin", ["up", [(0, 1)], [(0, 1), (2, 3), (4, 4)], [(0.0, 1.0), (2.0, 3.0), (4.0, 5.0)], 3, [[0, 1], [2]], [(0, 1), (2, 3), (4, 6)]]
)  # fmt: skip
def test_what_is_no_order_is_refused(spin):
    with pytest.raises(ValueError, match="spin: expected 'block'"):
        Material(crystal(), spin=spin)


def test_position_is_diagonal_with_the_centres():
    """H(k) and its derivatives are those of the same hoppings in a model; s does not depend on k."""
    functions = crystal()
    fractions = functions.centres @ np.linalg.inv(LATTICE)
    hoppings = {tuple(R): t for R, t in zip(functions.cells.tolist(), functions.hamiltonian, strict=True)}
    material = Material(functions)
    model = sc.Model.from_hoppings(hoppings, material.s, LATTICE, positions=fractions)
    np.testing.assert_allclose(material.positions, fractions % 1, atol=1e-14)
    k = np.random.default_rng(5).uniform(-1, 1, size=(6, 3))
    for axes in ((), (0,), (1, 2), (2, 2, 0)):
        np.testing.assert_allclose(material.matrix("H", k, axes), model.matrix("H", k, axes), atol=1e-11)
    for name in ("s_dipole", "torque_dipole", "orbital_moment", "s_weighted_curvature"):
        np.testing.assert_allclose(sc.evaluate(material, name, k), sc.evaluate(model, name, k), atol=1e-9)


def test_partners_are_put_at_their_mean_and_must_be_near():
    functions = crystal()
    step = np.array([0.03, 0.0, 0.0])
    apart = replace(functions, centres=functions.centres + np.array([step, 0 * step] * 3))
    for s in ("spin_x", "spin_z"):  # the same H(k) for every component
        material = Material(apart, s)
        np.testing.assert_allclose(material.centres, functions.centres + step / 2, atol=1e-15)
    assert "moves them by up to 0.015 Angstrom" in " ".join(material.notes)
    with pytest.raises(
        ValueError, match=r"links functions 2 and 3 .*, 0\.03 Angstrom apart, where at_one_centre = 0\.01"
    ):
        Material(apart, at_one_centre=0.01)
    with pytest.raises(ValueError, match=r"3\.41 Angstrom apart"):  # a partner in the next cell
        Material(replace(functions, centres=functions.centres + np.array([LATTICE[2], *np.zeros((5, 3))])))


def test_s_is_given_by_numbers_or_by_a_matrix():
    functions = crystal()
    layer = functions.centres[:, 2] > np.median(functions.centres[:, 2])
    np.testing.assert_array_equal(Material(functions, layer).s, np.diag(layer.astype(complex)))
    matrix = np.kron(np.diag([1.0, 2.0, 3.0]), PAULI[1])
    np.testing.assert_array_equal(Material(functions, matrix).s, matrix)
    between = np.kron(np.ones((3, 3)), PAULI[2])
    with pytest.raises(ValueError, match="between functions at one centre"):
        Material(functions, between)
    assert Material(replace(functions, centres=np.zeros((6, 3))), between).size == 6
    for wrong, message in [
        (np.triu(np.ones((6, 6))), "Hermitian"),
        (np.ones(5), "6 real numbers"),
        (1j * np.ones(6), "6 real numbers"),
        ("spin", "s: expected one of spin_x"),
        (object(), "s: expected a name"),
        (["a"] * 6, "s: expected a name"),
        (np.full(6, np.nan), "finite"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            Material(functions, wrong)


def test_spin_matrices_of_files_give_their_part_at_one_centre():
    functions = crystal()
    rng = np.random.default_rng(4)
    spin = np.zeros((27, 6, 6, 3), dtype=complex)
    spin[13] = 0.98 * np.kron(np.eye(3), PAULI / 2).transpose(1, 2, 0)
    off = 0.01 * rng.normal(size=spin.shape)
    spin += off + off[::-1].swapaxes(1, 2)
    given = replace(functions, spin=spin)
    material = Material(given, "spin_y")
    near = np.kron(np.eye(3), np.ones((2, 2)))
    np.testing.assert_allclose(material.s, spin[13, ..., 1] * near, atol=1e-15)
    left = np.abs(np.concatenate([np.delete(spin[..., 1], 13, axis=0), spin[13:14, ..., 1] * (1 - near)])).max()
    assert f"left out is {left:.2g}" in " ".join(material.notes)
    rotated = np.diag([1, 1j] * 3)
    turned = replace(given, spin=np.einsum("ab,rbci,cd->radi", rotated.conj(), spin, rotated))
    assert Material(turned, "spin_z", spin="interlaced").size == 6
    with pytest.raises(ValueError, match="leave spin out to use those matrices"):
        Material(turned, "spin_y", spin="interlaced")
    with pytest.raises(ValueError, match=r"expected spin matrices of a \.spn file"):
        Material(functions, spin="files")


def test_a_material_is_rebuilt_from_its_arguments():
    material = Material(crystal(), "spin_y", name="mine")
    again = pickle.loads(pickle.dumps(material))
    k = np.array([[0.3, 0.1, -0.2]])
    for other in (again, material.replace(name="other"), material.with_s("spin_y"), material.with_values()):
        np.testing.assert_array_equal(other.s, material.s)
        np.testing.assert_array_equal(other.matrix("H", k), material.matrix("H", k))
    np.testing.assert_array_equal(material.with_s("spin_x").s, Material(crystal(), "spin_x").s)
    assert repr(material) == "Material(mine: 6 Wannier functions, 27 R vectors, 3D, level tight_binding)"
    assert "Levels 2n and 2n - 1 are" in material.summary()


def test_what_needs_formulas_refuses_a_material():
    material = Material(crystal(), name="mine")
    for call in (
        lambda: sc.derive(material, "s_dipole"),
        material.derivative,
        lambda: sc.integrate_exactly(material, "conductivity"),
    ):
        with pytest.raises(
            TypeError, match=r"model: expected a Model given by formulas, .* got mine, which is given by numbers"
        ):
            call()


def test_a_material_flows_through_observables():
    """A layer of Kane and Mele as a material has the numbers of the model of the library, whose route is another."""
    model = sc.models.kane_mele(lambda_R=0.1)
    bonds = sc.band_structures.tight_binding(model)
    cells, H = np.array(list(bonds.hoppings)), np.array(list(bonds.hoppings.values()))
    functions = WannierFunctions(bonds.cell.vectors, cells, H, bonds.positions @ bonds.cell.vectors)
    material = Material(functions)
    merged, ours, theirs = (
        sc.conductivity(m, mu=0.1, temperature=1.0, atol=1e-5, window=window)
        for m, window in ((material, None), (material, 0.0), (model, None))
    )
    assert (np.abs(ours.value - theirs.value) <= ours.error + theirs.error).all()
    assert ours.error.max() <= 2e-5
    assert np.abs(ours.value).max() > 0.05
    k = np.random.default_rng(2).uniform(-3, 3, (20, 2))
    integrands = [sc.conductivity.integrand(m, k, mu=0.1, temperature=1.0)["intrinsic"] for m in (material, model)]
    np.testing.assert_allclose(*integrands, atol=1e-9)
    assert merged.window > 0
    assert (np.abs(merged.value - ours.value) <= merged.error).all()


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], BLOCK])
def test_sites_of_projections_go_to_both_partners(tmp_path, order):
    """Centres from .win alone: the order of the spin that time reversal shows is that of the projections."""
    functions = crystal()
    fractions = functions.centres[::2] @ np.linalg.inv(LATTICE)
    placed = reordered(functions, order)
    (tmp_path / "x_hr.dat").write_text(files.hr(placed.cells, np.ones(27, dtype=int), placed.hamiltonian))
    lines = "\n".join("f={:.12f},{:.12f},{:.12f}: s".format(*x) for x in fractions)
    text = files.win().replace("= 4", "= 6") + f"begin projections\n{lines}\nend projections\n"
    (tmp_path / "x.win").write_text(text)
    material = read(tmp_path / "x_hr.dat")
    np.testing.assert_allclose(material.centres, placed.centres, atol=1e-10)
    k = np.array([[0.2, -0.4, 0.3]])
    np.testing.assert_allclose(material.matrix("H", k), Material(placed).matrix("H", k), atol=1e-4)


def test_pairs_of_both_orders():
    np.testing.assert_array_equal(pairs_of("block", 6), [[0, 3], [1, 4], [2, 5]])
    np.testing.assert_array_equal(pairs_of("interlaced", 6), [[0, 1], [2, 3], [4, 5]])
