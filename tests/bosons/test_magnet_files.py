"""Spin models in TOML files: the magnons of the library again, and what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from symcur import bosons, models
from symcur.bosons import SpinLattice
from symcur.bosons.library import TRIANGULAR

K = np.random.default_rng(9).uniform(-3, 3, size=(4, 2))

KAGOME = """
lattice = [[1, 0], ["1/2", "sqrt(3)/2"]]
s = "S_x"

[parameters]
J1 = 1
J2 = "1/5"
Dz = -0.3
Dp = 0.5

[definitions]
c = "sqrt(3)/2*Dp"

[magnet]
spin = 1
state = "relax"

[[magnet.sites]]
name = "A"
position = [0, 0]
direction = ["sqrt(3)/2", "1/2", -0.1]
[[magnet.sites]]
name = "B"
position = [0.5, 0]
direction = ["-sqrt(3)/2", "1/2", -0.1]
[[magnet.sites]]
name = "C"
position = [0, 0.5]
direction = [0, -1, -0.1]

[[magnet.bonds]]
from = "A"
to = "B"
distance = 0.5
J = "J1"
D = [0, "-Dp", "Dz"]
[[magnet.bonds]]
from = "B"
to = "C"
shell = 1
J = "J1"
D = ["c", "Dp/2", "Dz"]
[[magnet.bonds]]
from = "C"
to = "A"
distance = "1/2"
J = [["J1", "Dz", "-Dp/2"], ["-Dz", "J1", "-c"], ["Dp/2", "c", "J1"]]
[[magnet.bonds]]
shell = 2
J = "J2"
"""

KITAEV = """
lattice = [[1, 0], ["1/2", "sqrt(3)/2"]]
s = "number"
[parameters]
J = -0.2
K = -1
h = 1
[magnet]
spin = "1/2"
field = ["h/sqrt(3)", "h/sqrt(3)", "h/sqrt(3)"]
state = "search"
starts = 6
[[magnet.sites]]
name = "A"
position = [0, 0]
[[magnet.sites]]
name = "B"
position = ["-1/3", "2/3"]
"""
for _cell, _axis in (("[0, 0]", "z"), ("[0, -1]", "x"), ("[1, -1]", "y")):
    KITAEV += f'[[magnet.bonds]]\nfrom = "A"\nto = "B"\ncell = {_cell}\nJ = "J"\nK = "2*K"\naxis = "{_axis}"\n'

HONEYCOMB = """
lattice = [[1, 0], ["1/2", "sqrt(3)/2"]]
s = [0, 0, 1]
[magnet]
spin = 0.5
anisotropy = [[0, 0, 0], [0, 0, 0], [0, 0, -0.05]]
[[magnet.sites]]
name = "A"
position = [0, 0]
direction = [0, 0, 1]
[[magnet.sites]]
name = "B"
position = ["-1/3", "2/3"]
direction = [0, 0, -1]
spin = "1/2"
[[magnet.bonds]]
shell = 1
J = 1
"""
for _site, _D in (("A", 0.1), ("B", -0.1)):
    for _cell in ("[1, 0]", "[-1, 1]", "[0, -1]"):
        HONEYCOMB += f'[[magnet.bonds]]\nfrom = "{_site}"\nto = "{_site}"\ncell = {_cell}\nD = [0, 0, {_D}]\n'


def load(tmp_path: Path, text: str):
    path = tmp_path / "magnet.toml"
    path.write_text(text)
    return models.load(path)


@pytest.mark.parametrize(
    ("text", "library"),
    [
        (KAGOME, bosons.kagome_magnons),
        (KITAEV, bosons.kitaev_magnons),
        (HONEYCOMB, bosons.honeycomb_magnons),
    ],
)
def test_a_file_is_the_model_of_the_library(tmp_path, text, library):
    """Bonds by distance, shell and cell, couplings as numbers, vectors, matrices and Kitaev terms, fields, anisotropies."""
    found, expected = load(tmp_path, text), library()
    np.testing.assert_allclose(found.energies(K), expected.energies(K), atol=1e-9)
    np.testing.assert_allclose(found.matrix("s", K[0]), expected.matrix("s", K[0]), atol=1e-8)
    assert found.bosons == expected.bosons
    assert found.name == "magnet"


def test_values_of_parameters_change_the_ground_state(tmp_path):
    """With J1, J2, Dz doubled everything doubles; with Dp = 0 the spins are in the plane and s_x of a flat spin is -n_x."""
    model = load(tmp_path, KAGOME)
    assert model.values() == {"J1": 1, "J2": 0.2, "Dz": -0.3, "Dp": 0.5}
    doubled = model.with_values({name: 2 * value for name, value in model.values().items()})
    np.testing.assert_allclose(doubled.energies(K), 2 * model.energies(K), rtol=1e-9)
    flat = model.with_values(Dp=0)
    np.testing.assert_allclose(
        np.diag(flat.matrix("s", K[0])).real[:3], [-np.sqrt(3) / 2, np.sqrt(3) / 2, 0], atol=1e-8
    )
    with pytest.raises(ValueError, match="parameters: expected some of Dp, Dz, J1, J2 of magnet, got J3"):
        model.with_values(J3=1)


def test_the_file_says_how_its_state_was_found(tmp_path):
    model = load(tmp_path, KITAEV)
    assert "among 6 relaxations from random directions (seed 0), reached by 6" in model.facts
    assert "local minimum" in load(tmp_path, KAGOME).facts


def test_the_state_of_a_file_is_checked(tmp_path):
    with pytest.raises(ValueError, match="directions: expected spins along the fields"):
        load(tmp_path, KAGOME.replace('state = "relax"\n', ""))


def test_models_of_files_and_of_the_library_travel(tmp_path):
    for model in (load(tmp_path, KITAEV), bosons.kitaev_magnons(), bosons.kagome_magnons(s="S_y")):
        other = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(other.matrix("H", K), model.matrix("H", K))
        assert other.arguments()["parameters"] == model.arguments()["parameters"]


def test_another_operator_stays_when_parameters_change():
    model = bosons.kitaev_magnons().with_s(np.zeros((4, 4))).with_values(field=2.0)
    assert not model.matrix("s", K).any()
    assert model.values()["field"] == 2.0
    with pytest.raises(ValueError, match="s: expected a word as 'S_x', got 1"):
        bosons.kagome_magnons().with_values(s=1)
    for wrong in ({"h": 1}, {"J": 1}):
        with pytest.raises(
            ValueError, match="parameters: expected some of J, K, field, spin, each once, of kitaev_magnons"
        ):
            bosons.kitaev_magnons(0.1, **wrong)
    with pytest.raises(ValueError, match="field: expected a finite real number"):
        model.with_values(field=np.nan)


# -- the search for the ground state ----------------------------------------------------------------------------------
def test_the_lowest_minimum_is_found_among_others():
    """Easy axis along z, two sites coupled ferromagnetically, a field along z: (+, +) and (-, -) are both minima, (+, +) is lower."""
    magnet = SpinLattice.of(
        [[1.0]], [[0.0], [0.5]], 1, [(0, 1, (0,), -0.1)], anisotropy=np.diag([0, 0, -2.0]), field=[0, 0, 0.3]
    )
    found = magnet.ground_state()
    np.testing.assert_allclose(found.directions, [[0, 0, 1], [0, 0, 1]], atol=1e-7)
    assert found.energy == pytest.approx(-4 - 0.1 - 0.6, abs=1e-10)
    assert 0 < found.reached < found.starts  # others ended elsewhere
    np.testing.assert_allclose(magnet.relaxed([[0.1, 0, -1], [0, 0.1, -1]]), [[0, 0, -1], [0, 0, -1]], atol=1e-7)


def test_every_relaxation_ends_at_the_only_minimum():
    """A ferromagnet in a field, far from which BFGS may stop at a saddle or a maximum."""
    bonds = [
        (0, 1, R, bosons.exchange_tensor(-0.2) + bosons.kitaev_tensor(-2, axis=axis))
        for R, axis in zip(((0, 0), (0, -1), (1, -1)), "zxy", strict=True)
    ]
    along = np.ones(3) / np.sqrt(3)
    magnet = SpinLattice.of(TRIANGULAR, [[0, 0], [-1 / 3, 2 / 3]], 0.5, bonds, field=along)
    for start in np.random.default_rng(0).normal(size=(6, 2, 3)):
        np.testing.assert_allclose(magnet.relaxed(start), [along, along], atol=1e-8)


def test_shells():
    square = np.eye(2)
    np.testing.assert_allclose(bosons.shells(square, [[0, 0]], 5), np.sqrt([1, 2, 4, 5, 8]))
    assert len(bosons.neighbours(square, [[0, 0]], np.sqrt(5))) == 4  # each pair once
    kagome = [[0, 0], [0.5, 0], [0, 0.5]]
    np.testing.assert_allclose(bosons.shells([[1, 0], [0.5, np.sqrt(3) / 2]], kagome, 3), [0.5, np.sqrt(3) / 2, 1])


def test_kitaev_and_gamma():
    S, T = np.random.default_rng(1).normal(size=(2, 3))
    found = S @ bosons.kitaev_tensor(0.7, 0.3, "x") @ T
    assert found == pytest.approx(0.7 * S[0] * T[0] + 0.3 * (S[1] * T[2] + S[2] * T[1]))


# -- what is refused -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('s = "S_x"', 's = "S_w"', r"s: expected S_x, S_y, S_z, number or three entries, got 'S_w'"),
        ('s = "S_x"', "", "s: expected S_x"),
        ('s = "S_x"', 's = "S_x"\nH = 1', "model: expected name, .*got 'H'"),
        ("spin = 1\n", "", r"magnet.spin: expected a number or a formula, got 'None'"),
        ("spin = 1\n", "spin = -1\n", "spins: expected positive numbers"),
        ("spin = 1\n", "spin = 1\nspins = 2\n", "magnet: expected spin, field, .*got 'spins'"),
        ("spin = 1\n", 'spin = "i"\n', r"magnet.spin: expected real and finite numbers, got 1j"),
        ("spin = 1\n", "spin = 1\nfield = [0, 1]\n", "magnet.field: expected 3 entries"),
        ("spin = 1\n", "spin = 1\nanisotropy = [[0, 1], [1, 0]]\n", "magnet.anisotropy: expected 3 rows of 3 entries"),
        ('"relax"', '"anneal"', "magnet.state: expected one of given, relax, search, got 'anneal'"),
        ('state = "relax"', 'state = "search"\nstarts = 0', "magnet.starts: expected a whole number from 1 to 200, got '0'"),
        ('name = "B"', 'name = "A"', "magnet.sites: expected a name of every site, each once"),
        ("position = [0.5, 0]", "position = [0.5]", r"magnet.sites\[1\].position: expected 2 entries"),
        ("direction = [0, -1, -0.1]", "", r"magnet.sites\[2\].direction: expected 3 entries"),
        ('to = "B"', 'to = "D"', r"magnet.bonds\[0\]: expected the names of sites, A, B, C, got 'D'"),
        ('to = "B"', "", r"magnet.bonds\[0\]: expected from, to and cell, or"),
        ("distance = 0.5", "cell = [0]", r"magnet.bonds\[0\].cell: expected 2 integers"),
        ("distance = 0.5", "distance = 0.4", r"got none at 0.4; distances are 0.5, 0.866025, 1, 1.32288"),
        ("distance = 0.5", "distance = 1e6", r"magnet.bonds\[0\].distance: expected a positive length of at most 10 cells"),
        ("distance = 0.5", "shell = 11", r"magnet.bonds\[0\].shell: expected a whole number from 1 to 10"),
        ('J = "J2"', "", r"magnet.bonds\[3\]: expected a coupling J, D, K or Gamma, got none"),
        ('J = "J2"', "D = [0, 0, 1]", r"magnet.bonds\[3\]: expected from and to, two sites, for a coupling that tells i from j"),
        ('J = "J2"', "K = 1", r"magnet.bonds\[3\].axis: expected x, y or z beside K or Gamma"),
        ('J = "J2"', 'J = "J3"', r"magnet.bonds\[3\].J: expected one of the names .*, got 'J3'"),
        ('J = "J2"', "J = \"__import__('os')\"", r"magnet.bonds\[3\].J: expected numbers, names"),
        ("J1 = 1\n", "J1 = [1]\n", r"parameters.J1: expected a number or a formula, got '\[1\]'"),
        ("J1 = 1\n", 'J1 = "sigma_x"\n', "parameters.J1: expected a number, got 'Matrix"),
        ("[[1, 0], [\"1/2\", ", "[[1, 0], [\"1\", \"0\"], [0, ", "lattice: expected"),
        ("[[1, 0], [\"1/2\", \"sqrt(3)/2\"]]", "[[1, 0], [2, 0]]", "lattice: expected as many independent primitive vectors"),
        ("position = [0.5, 0]", 'position = [0.5, "J1"]', r"magnet.sites\[1\].position\[0, 1\]: expected one of the names i, pi"),
        ("J1 = 1\n", 'J1 = "1/0"\n', "parameters.J1: expected finite numbers, got a division by zero"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_named(tmp_path, old, new, match):
    assert old in KAGOME
    with pytest.raises(ValueError, match=match):
        load(tmp_path, KAGOME.replace(old, new, 1))
