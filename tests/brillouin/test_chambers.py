"""A part of a lattice cell stands for all of it where operations of the integrand take it to the others, and only there."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest

import symcur as sc
from symcur.brillouin import LatticeCell, chambers, integrate_bands
from symcur.brillouin import parts as maps
from symcur.brillouin.cells import Landmarks, tensor
from symcur.brillouin.fundamental_domains import known_chambers
from symcur.brillouin.problem import BandProblem

CUBES = {
    "square": np.eye(2),
    "simple": np.eye(3),
    "simple, other vectors": [[1, 0, 0], [1, 1, 0], [0, 0, 1]],
    "face-centred": [[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]],
    "face-centred, other vectors": [[0.5, 0.5, 0], [0, 0.5, 0.5], [1, 0.5, 0.5]],
    "body-centred": [[-0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.5, 0.5, -0.5]],
    "body-centred, other vectors": [[1, 0, 0], [0, 1, 0], [0.5, 0.5, 0.5]],
}
CELLS = {name: LatticeCell(vectors) for name, vectors in CUBES.items()}
PRISMS = 2 * len(known_chambers(CELLS["square"]))


def parts(result):
    found = re.search(r"one of (\d+) parts", result.method)
    return int(found[1]) if found else 1


def whole_cell(monkeypatch):
    """From here on no symmetry is used."""
    monkeypatch.setattr("symcur.brillouin.chambers.symmetries", lambda *at: {})


@pytest.mark.parametrize("name", CELLS)
def test_images_of_a_part_tile_the_cell(name):
    """As many operations as parts, and every momentum has one image in the part; on a wall of it, several at one place."""
    cell, D = CELLS[name], CELLS[name].dimension
    u = np.random.default_rng(3).uniform(size=(20, D))
    shifts = np.array(list(product(range(-2, 3), repeat=D)))
    for number, chamber in enumerate(known_chambers(cell)):
        group = list(chambers._generated({g: np.eye(1) for g in chamber.generators}))
        assert len(group) == chamber.of(cell).parts == chamber.parts
        assert number < PRISMS or all(g.rotation(cell.reciprocal) is not None for g in group)
        images = np.concatenate([g(u) for g in group])
        assert (chamber.depth((images[:, None] + shifts).reshape(-1, D)) > 0).sum() == len(u)


@pytest.mark.parametrize("name", CELLS)
def test_what_is_said_to_be_mirrors_is(name):
    """Every point of a face is its own image. Landmarks beyond other faces are landmarks of the part."""
    cell, D = CELLS[name], CELLS[name].dimension
    x = np.random.default_rng(7).uniform(size=(5, D))
    for chamber in known_chambers(cell):
        part, group = chamber.of(cell), list(chambers._generated({g: np.eye(1) for g in chamber.generators}))
        mirrors = []
        for axis, end in product(range(D), (0.0, 1.0)):
            u = part.of_domain(np.where(np.arange(D) == axis, end, x))
            same = [np.abs((g(u) - u + 0.5) % 1 - 0.5).max() < 1e-12 for g in group[1:]]
            mirrors.append(any(same) or part.periodic[axis])
        assert all(mirrors) or not chamber.mirrors


def test_cubic_lattices_have_their_tetrahedra():
    for name, cell in CELLS.items():
        parts = [chamber.of(cell).parts for chamber in known_chambers(cell)[PRISMS:]]
        assert parts == ([48, 16, 16, 16, 8] if cell.dimension == 3 else []), name


@pytest.mark.parametrize("name", CELLS)
def test_map_of_a_part(name):
    """Its Jacobian gives polynomials over the part, is positive within, and points go back to where they come from."""
    cell, D = CELLS[name], CELLS[name].dimension
    nodes, weights = np.polynomial.legendre.leggauss(4)
    x, w = tensor((nodes + 1) / 2, D), tensor(weights / 2, D).prod(axis=1)
    for chamber in known_chambers(cell):
        part, n = chamber.of(cell), chamber.simplex
        k, jacobian = part.map(x)
        assert (jacobian > 0).all()
        assert w @ jacobian * cell.volume == pytest.approx(1 / part.parts, rel=1e-14)
        middle = chamber.edges @ [*[1 / (n + 1) if n > 1 else 1 / 2] * n, *[1 / 2] * (D - n)]
        mean = (w * jacobian) @ k * part.parts * cell.volume
        assert mean == pytest.approx(middle @ cell.reciprocal, rel=1e-12, abs=1e-12)
        assert (chamber.depth(part.of_domain(x)) > 0).all()
        assert np.abs(part.of_part(part.of_domain(x)) - x).max() < 1e-13


def band(bonds, lattice, breaking=0.0, broken=1):
    """e = -sum_b t_b cos b.k + breaking sum_b sin b.k over the first ones, with 1 and v_i v_j as columns, v the gradient of e."""
    t, b = np.array([bond[0] for bond in bonds]), np.array([bond[1] for bond in bonds], dtype=float)

    def bands(k):
        angles = k @ b.T
        odd = breaking * (np.arange(len(t)) < broken)
        v = (np.sin(angles) * t + np.cos(angles) * odd) @ b
        squares = (v[:, :, None] * v[:, None]).reshape(len(k), -1)
        energies = -np.cos(angles) @ t + np.sin(angles) @ odd
        return energies[:, None], np.concatenate([np.ones((len(k), 1)), squares], axis=1)[:, None]

    bands.bending = lambda k, radius, step: np.zeros(len(k))
    bands.bending.shown, bands.ranks = True, (0, 2)
    return bands, LatticeCell(lattice)


UP, SQUARE = np.sqrt(3) / 2, [[1, 0], [0, 1]]
TRIANGULAR = [(1, (1, 0)), (1, (-0.5, UP)), (1, (-0.5, -UP))]
DIAGONAL = [(0.3, (1, 1)), (0.3, (1, -1))]
# Images of the bond (5/2, sqrt(3)/2) by threefold turns, and those of their mirror images x -> -x.
MIRRORED = [(0.2, (-2.5, UP)), (0.2, (0.5, -3 * UP)), (0.2, (2, 2 * UP))]
KNIGHT, FAR = [(0.2, (2, 1)), (0.2, (-1, 2))], [(0.2, (2.5, UP)), (0.2, (-2, 2 * UP)), (0.2, (-0.5, -3 * UP))]
KNOWN = {
    "square": (band([(1, (1, 0)), (1, (0, 1)), *DIAGONAL], SQUARE), 8),
    "rectangle": (band([(1, (1, 0)), (0.7, (0, 1)), *DIAGONAL], SQUARE), 4),
    "rhombus": (band([(1, (1, 0)), (1, (0, 1)), (0.2, (2, 0)), (0.2, (0, 2)), DIAGONAL[0]], SQUARE), 4),
    "oblique": (band([(1, (1, 0)), (0.6, (0, 1)), *DIAGONAL[:1]], SQUARE), 2),
    "square, nearly": (band([(1, (1, 0)), (1, (0, 1)), *DIAGONAL], SQUARE, 1e-6), 2),
    "120 degrees": (band(TRIANGULAR, [[1, 0], [-0.5, UP]]), 12),
    "60 degrees": (band(TRIANGULAR, [[1, 0], [0.5, UP]]), 12),
    "fourfold turns": (band([(1, (1, 0)), (1, (0, 1)), *KNIGHT], SQUARE), 4),
    "sixfold turns": (band([*TRIANGULAR, *FAR], [[1, 0], [0.5, UP]]), 6),
    "sixfold turns, 120 degrees": (band([*TRIANGULAR, *FAR], [[1, 0], [-0.5, UP]]), 6),
    "threefold turns": (band([*TRIANGULAR, *FAR], [[1, 0], [0.5, UP]], 0.3, 3), 3),
    "threefold turns and mirrors": (band(TRIANGULAR, [[1, 0], [0.5, UP]], 0.3, 3), 6),
    "threefold turns and other mirrors": (band([*FAR, *MIRRORED, *TRIANGULAR], [[1, 0], [0.5, UP]], 0.3, 6), 6),
    "hexagonal, nearly": (band(TRIANGULAR, [[1, 0], [0.5, UP]], 1e-6), 1),
}


@pytest.mark.parametrize("temperature", [0.0, 0.02])
@pytest.mark.parametrize("name", KNOWN)
def test_a_part_gives_what_the_cell_gives(monkeypatch, name, temperature):
    """In metals; a symmetry broken by a millionth is none."""
    (bands, cell), count = KNOWN[name]

    def integral():
        weights = ["f"] * (1 + cell.dimension**2)
        options = {"rtol": 1e-3, "relative_to": "largest", "method": "patches"}
        return integrate_bands(bands, cell, weights, [-1.1, 0.7], temperature, **options)

    found = integral()
    assert parts(found) == count
    whole_cell(monkeypatch)
    whole = integral()
    assert parts(whole) == 1
    assert (np.abs(found.value - whole.value) <= found.error + whole.error).all()
    assert found.status == whole.status == "converged"
    assert found.evaluations < whole.evaluations or count == 1


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (sc.models.kane_mele(lambda_R=0.2, lambda_v=0), 12),
        (sc.models.kane_mele(lambda_R=0.2, lambda_v=0.3), 12),
        (sc.models.bhz(Delta_BIA=0), 8),
        (sc.models.bhz(), 8),
    ],
)
def test_conserved_conductivity(monkeypatch, model, count):
    """Of metals with C6v and C4v, bands of which touch at Gamma and M."""
    found = sc.conductivity(model, [1.2, 1.6], 0.0, rtol=1e-3)
    assert parts(found) == count
    whole_cell(monkeypatch)
    whole = sc.conductivity(model, [1.2, 1.6], 0.0, rtol=1e-3)
    assert (np.abs(found.value - whole.value) <= found.error + whole.error).all()
    assert np.abs(whole.value).max() > 1e-3


@pytest.mark.parametrize("wrong", [np.abs, lambda S: np.eye(len(S))])
def test_wrong_images_show(monkeypatch, wrong):
    """Tensors without their signs, or that do not turn."""
    (bands, cell), _ = KNOWN["60 degrees"]

    def integral():
        return integrate_bands(bands, cell, ["f"] * 5, 0.7, 0.0, rtol=1e-3, relative_to="largest")

    right, honest = integral(), chambers.symmetries
    monkeypatch.setattr(chambers, "symmetries", lambda *at: {g: wrong(S) for g, S in honest(*at).items()})
    found = integral()
    assert (np.abs(found.value - right.value) > 10 * (found.error + right.error)).any()


def test_a_difference_of_equal_components_sets_no_scale():
    """v_x v_y - v_y v_x, which turns without mirrors allow, where each component is judged by itself."""
    (bands, cell), count = KNOWN["sixfold turns"]
    found = integrate_bands(bands, cell, ["f"] * 5, 0.7, 0.0, rtol=1e-3, relative_to="integrand", method="patches")
    assert found.status == "converged"
    assert parts(found) < count


def cubic(k):
    c = np.cos(k)
    energies = -c.sum(axis=1) + 0.3 * (c[:, 0] * c[:, 1] + c[:, 1] * c[:, 2] + c[:, 2] * c[:, 0])
    return energies[:, None], np.stack([np.ones(len(k)), c[:, 2], np.sin(k[:, 2])], axis=-1)[:, None]


@pytest.mark.parametrize(("temperature", "method"), [(0.0, "patches"), (0.3, "cubature")])
def test_a_cubic_metal(monkeypatch, temperature, method):
    """1, cos k_z and sin k_z over the occupied states: the axis z is left of the cube's."""

    def integral():
        return integrate_bands(
            cubic, LatticeCell(np.eye(3)), ["f"] * 3, -0.7, temperature, rtol=1e-3, relative_to="largest", method=method
        )

    monkeypatch.setattr(cubic, "bending", lambda k, radius, step: np.zeros(len(k)), raising=False)
    cubic.bending.shown = True
    found = integral()
    assert parts(found) == 16
    assert found.value[2] == 0
    whole_cell(monkeypatch)
    whole = integral()
    assert parts(whole) == 1
    assert (np.abs(found.value - whole.value) <= found.error + whole.error).all()
    assert found.evaluations < whole.evaluations / 4


@pytest.mark.parametrize("name", CELLS)
def test_landmarks_come_to_the_part(name):
    """Each at the image that lies in the part, no longer there than in the cell, with its weight; those around may come too."""
    D, random = CELLS[name].dimension, np.random.default_rng(5)
    u = np.concatenate([random.uniform(size=(20, D)), np.zeros((1, D))])
    marks = Landmarks(u, random.uniform(0.001, 0.01, size=u.shape), random.uniform(size=(len(u), 1)))
    for chamber in known_chambers(CELLS[name]):
        part = chamber.of(CELLS[name])
        group = list(chambers._generated({g: np.eye(1) for g in chamber.generators}))
        images = chambers._images(marks, chamber, part, group)
        inside = ((images.u > -1e-9) & (images.u < 1 + 1e-9)).all(axis=1)
        for mark in range(len(u)):
            own = np.flatnonzero((images.weight == marks.weight[mark]).all(axis=1) & inside)
            back = part.of_domain(images.u[own])
            apart = np.array([np.abs((g(u[mark]) - back + 0.5) % 1 - 0.5).max(axis=1) for g in group]).min(axis=0)
            assert not chamber.mirrors or len(own) == 1
            own, back = own[apart < 1e-12], back[apart < 1e-12]
            assert len(own) == 1 or (mark == 20 and len(own))
            ends = images.u[own[0]] + np.concatenate([np.eye(D), -np.eye(D)]) * images.length[own[0]] / 2
            moved = np.abs(part.of_domain(np.clip(ends, 0, 1)) - back[0])
            assert (moved <= np.maximum(marks.length[mark], 1e-12)).all()


NEIGHBOURS = {
    "simple": [(1, 0, 0), (0, 1, 0), (0, 0, 1)],
    "face-centred": [(0.5, 0.5, 0), (0.5, -0.5, 0), (0.5, 0, 0.5), (0.5, 0, -0.5), (0, 0.5, 0.5), (0, 0.5, -0.5)],
    "body-centred": [(0.5, 0.5, 0.5), (0.5, 0.5, -0.5), (0.5, -0.5, 0.5), (-0.5, 0.5, 0.5)],
}
FURTHER = [
    (0.2, (1, 1, 0)),
    (0.2, (1, -1, 0)),
    (0.2, (1, 0, 1)),
    (0.2, (1, 0, -1)),
    (0.2, (0, 1, 1)),
    (0.2, (0, 1, -1)),
]


@pytest.mark.parametrize(("strained", "count"), [(1.0, 48), (1.1, 16)])
@pytest.mark.parametrize("name", CUBES)
def test_cubic_lattices(monkeypatch, name, strained, count):
    """The density and the mean of v_i v_j; further bonds in one plane may be stronger."""
    if name == "square":
        return
    bonds = [(1, bond) for bond in NEIGHBOURS[name.split(",")[0]]]
    bonds += [(t * (strained if bond[1] == 0 else 1), bond) for t, bond in FURTHER]
    bands, cell = band(bonds, CUBES[name])

    def integral(rtol):
        return integrate_bands(bands, cell, ["f"] * 10, 0.8, 0.3, rtol=rtol, relative_to="largest", method="cubature")

    found = integral(1e-4)
    assert parts(found) == count
    whole_cell(monkeypatch)
    whole = integral(1e-3)
    assert parts(whole) == 1
    assert found.status == whole.status == "converged"
    assert (np.abs(found.value - whole.value) <= found.error + whole.error).all()


def test_what_is_left_out_of_a_component_that_cancels_is_nothing():
    (bands, cell), _ = KNOWN["60 degrees"]
    problem = BandProblem(bands, cell, ["f"] * 5, -1.0, 0.0)
    marks = Landmarks(np.zeros((1, 2)), np.full((1, 2), 0.01), np.ones((1, 5)))
    problem.landmarks, problem.left_out = marks, np.ones(5)
    part = chambers.part_of_cell(problem, 1e-3)
    assert part is not problem
    assert part.left_out == pytest.approx([1, 1, 0, 0, 1])  # v_x v_y cancels, v_x^2 becomes half of v^2
    assert part.landmarks.weight[0] == pytest.approx(part.left_out)


def test_a_face_in_which_a_level_set_may_lie_is_no_face():
    """cos k_x + cos k_y (1 + cos k_x)/2 is -1 along k_x = pi, whatever k_y."""

    def bands(k):
        x, y = np.cos(k).T
        return (x + y * (1 + x) / 2)[:, None], np.ones((len(k), 1, 1))

    bands.bending = lambda k, radius, step: np.zeros(len(k))
    bands.bending.shown = True
    problem = BandProblem(bands, LatticeCell(SQUARE), ["f"], -1.0, 0.0)
    assert chambers.part_of_cell(problem, 1e-3).domain.steps.tolist() == [[1.0, 0.0], [0.0, 0.5]]


@pytest.mark.parametrize(("middle", "count"), [(None, 8), (0.5, 4)])
def test_pockets_in_the_middle_of_an_edge_do_not_lie_where_the_map_folds(monkeypatch, middle, count):
    """Where it does, polynomials on both sides agreed on 0.022 +- 0.008. k -> k + (pi/2, 0) takes H to itself with another sign of d^{xy}."""
    if middle is not None:
        monkeypatch.setitem(maps.CORNERS, 2, [[0, 0], [0, middle], [1, 0], [0, 1]])
    X, Y, Z, one = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1]), np.eye(2)
    hoppings = {
        (0, 0): 4e-7 * Z + 0.3 * one,
        (2, 0): -0.5j * X,
        (0, 2): -0.5j * Y,
        (4, 0): -0.075 * one,
        (0, 4): -0.075 * one,
    }
    hoppings |= {(-x, -y): t.conj().T for (x, y), t in hoppings.items()}
    found = sc.conductivity(sc.Model.from_hoppings(hoppings, Z / 2, SQUARE), 6e-7, 0.0, rtol=0.05)
    assert parts(found) == count
    dipole = found.parts["dipole"]
    assert abs(dipole.value[0, 1]) <= dipole.error[0, 1] <= 0.01
