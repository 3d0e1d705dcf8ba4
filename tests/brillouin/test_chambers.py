"""A part of a lattice cell stands for all of it where operations of the integrand take it to the others, and only there."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symcur as sc
from symcur.brillouin import LatticeCell, chambers, integrate_bands
from symcur.brillouin.cells import Landmarks, tensor
from symcur.brillouin.problem import BandProblem

ALL = [(D, number) for D in (2, 3) for number in range(len(chambers._chambers(D)))]


def parts(result):
    found = re.search(r"one of (\d+) parts", result.method)
    return int(found[1]) if found else 1


def whole_cell(monkeypatch):
    """From here on no symmetry is used."""
    monkeypatch.setattr("symcur.brillouin.chambers.symmetries", lambda *at: {})


@pytest.mark.parametrize(("D", "number"), ALL)
def test_images_of_a_part_tile_the_cell(D, number):
    """As many operations as parts, and every momentum has one image in the part; on a wall of it, several at one place."""
    chamber = chambers._chambers(D)[number]
    part = chamber.of(LatticeCell(np.eye(D)))
    group = list(chambers._generated({g: np.eye(1) for g in chamber.generators}))
    assert len(group) == part.parts
    u = np.random.default_rng(3).uniform(size=(200, D))
    images = np.concatenate([g(u) for g in group])
    shifts = np.array(list(np.ndindex(*(2,) * D))) - np.array([0, 1, 0][:D])
    y = (images[:, None] + shifts).reshape(-1, D) @ np.linalg.inv(part.edges).T
    inside = (y > 0).all(axis=1) & ((y[:, :2].sum(axis=1) < 1) if part.triangle else (y[:, :2] < 1).all(axis=1))
    inside &= (y[:, 2:] < 1).all(axis=1)
    assert inside.sum() == len(u)


@pytest.mark.parametrize(("D", "number"), ALL)
def test_map_of_a_part(D, number):
    """Its Jacobian gives polynomials over the part, and points go back to where they come from."""
    part = chambers._chambers(D)[number].of(LatticeCell(np.eye(D)))
    nodes, weights = np.polynomial.legendre.leggauss(4)
    x, w = tensor((nodes + 1) / 2, D), tensor(weights / 2, D).prod(axis=1)
    k, jacobian = part.map(x)
    assert w @ jacobian == pytest.approx(1 / part.parts, rel=1e-14)
    middle = np.sum(part.edges[:, :2] @ (np.eye(2) / 3 if part.triangle else np.eye(2) / 2), axis=1)
    assert (w * jacobian) @ k[:, :2] * part.parts / (2 * np.pi) == pytest.approx(middle[:2], rel=1e-13)
    assert np.abs(part.of_part(part.of_domain(x)) - x).max() < 1e-14


def band(bonds, lattice, breaking=0.0):
    """e = -sum_b t_b cos b.k + breaking sin b_0.k, with 1 and v_i v_j as columns, v the gradient of e."""
    t, b = np.array([bond[0] for bond in bonds]), np.array([bond[1] for bond in bonds], dtype=float)

    def bands(k):
        angles = k @ b.T
        odd = breaking * (np.arange(len(t)) == 0)
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
KNOWN = {
    "square": (band([(1, (1, 0)), (1, (0, 1)), *DIAGONAL], SQUARE), 8),
    "rectangle": (band([(1, (1, 0)), (0.7, (0, 1)), *DIAGONAL], SQUARE), 4),
    "rhombus": (band([(1, (1, 0)), (1, (0, 1)), (0.2, (2, 0)), (0.2, (0, 2)), DIAGONAL[0]], SQUARE), 4),
    "oblique": (band([(1, (1, 0)), (0.6, (0, 1)), *DIAGONAL[:1]], SQUARE), 2),
    "square, nearly": (band([(1, (1, 0)), (1, (0, 1)), *DIAGONAL], SQUARE, 1e-6), 2),
    "120 degrees": (band(TRIANGULAR, [[1, 0], [-0.5, UP]]), 12),
    "60 degrees": (band(TRIANGULAR, [[1, 0], [0.5, UP]]), 12),
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


@pytest.mark.parametrize(("D", "number"), ALL)
def test_landmarks_come_to_the_part(D, number):
    """Each at the image that lies in the part, no longer there than in the cell, with its weight; one at k = 0 once."""
    chamber, random = chambers._chambers(D)[number], np.random.default_rng(5)
    part = chamber.of(LatticeCell(np.eye(D)))
    group = list(chambers._generated({g: np.eye(1) for g in chamber.generators}))
    u = np.concatenate([random.uniform(size=(20, D)), np.zeros((1, D))])
    marks = Landmarks(u, random.uniform(0.001, 0.01, size=u.shape), random.uniform(size=(len(u), 1)))
    images = chambers._images(marks, part, group)
    inside = ((images.u > -1e-9) & (images.u < 1 + 1e-9)).all(axis=1)
    assert images.weight[inside].sum() == pytest.approx(marks.weight.sum())
    for mark in range(len(u)):
        own = np.flatnonzero((images.weight == marks.weight[mark]).all(axis=1) & inside)
        assert len(own) == 1
        back = part.of_domain(images.u[own[0]])
        apart = np.array([np.abs((g(u[mark]) - back + 0.5) % 1 - 0.5).max() for g in group])
        assert apart.min() < 1e-12
        ends = images.u[own] + np.concatenate([np.eye(D), -np.eye(D)]) * images.length[own] / 2
        moved = np.abs(part.of_domain(np.clip(ends, 0, 1)) - back)
        assert (moved <= np.maximum(marks.length[mark], 1e-12)).all()


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
    assert chambers.part_of_cell(problem, 1e-3).domain.edges.tolist() == [[1.0, 0.0], [0.0, 0.5]]
