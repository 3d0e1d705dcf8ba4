"""High-symmetry points of the zone by name, and paths between them."""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array
from symcur.band_structures import BandStructure

Corner = tuple[str, ArrayLike]
Path = str | Sequence[Corner] | None
Segment = tuple[tuple[str, Array], tuple[str, Array]]

_GAMMA = ("G", "GAMMA", "Gamma", "Γ")
_SAME = 1e-4  # relative: how alike lengths and angles of a lattice are
_PLANAR = {
    "square": ({"X": (1 / 2, 0), "M": (1 / 2, 1 / 2)}, "Γ X M Γ"),
    "hexagonal": ({"K": (1 / 3, 1 / 3), "M": (1 / 2, 0)}, "Γ K M Γ"),  # reciprocal vectors at 60 degrees
    "hexagonal, 120 degrees": ({"K": (2 / 3, 1 / 3), "M": (1 / 2, 0)}, "Γ K M Γ"),
    "rectangular": ({"X": (1 / 2, 0), "S": (1 / 2, 1 / 2), "Y": (0, 1 / 2)}, "Γ X S Y Γ"),
}
MISSING = (
    "path: expected corners [(name, k), ...] (names of points of a lattice in 3D need seekpath: "
    "python -m pip install 'symcur[materials]')"
)


def special_points(model: BandStructure) -> tuple[dict[str, Array], str]:
    """The high-symmetry points of the zone of a lattice, {name: k}, Cartesian, and a path through them such as "Γ X U|K Γ".

    They belong to the Bravais lattice, whatever is at its points. In 3D names and path are those of Y. Hinuma et al., Comput. Mater.
    Sci. 128, 140 (2017), by seekpath. Raises ValueError for oblique and centred lattices in 2D, which have no names here.
    """
    cell = model.lattice_cell("its zone has points with names")
    if model.dimension == 3:
        fractions, path = _spatial(cell.vectors)
    else:
        fractions, path = _planar(cell.reciprocal) if model.dimension == 2 else ({"X": np.array([0.5])}, "Γ X")
    points = {"Γ": np.zeros(model.dimension), **fractions}
    return {name: np.asarray(u) @ cell.reciprocal for name, u in points.items()}, path


def _spatial(primitive: Array) -> tuple[dict[str, Array], str]:
    try:
        import seekpath
    except ImportError:
        raise ImportError(MISSING) from None
    near = _SAME * float(np.linalg.norm(primitive, axis=1).min())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # between seekpath and spglib
        found = seekpath.get_path_orig_cell((primitive.tolist(), [[0.0, 0.0, 0.0]], [1]), symprec=near)
    points = {name: np.array(u, dtype=float) for name, u in found["point_coords"].items() if name != "GAMMA"}
    path, last = "", None
    for start, end in (tuple("Γ" if name == "GAMMA" else name for name in pair) for pair in found["path"]):
        path += f" {end}" if start == last else f"{'|' if path else ''}{start} {end}"
        last = end
    return points, path


def _planar(reciprocal: Array) -> tuple[dict[str, Array], str]:
    a, b = reciprocal / np.linalg.norm(reciprocal[0])
    lengths, cosine = np.linalg.norm([a, b], axis=1), float(a @ b / np.linalg.norm(b))
    same = abs(lengths[1] - lengths[0]) < _SAME
    for name, fits in (
        ("square", same and abs(cosine) < _SAME),
        ("hexagonal", same and abs(cosine - 0.5) < _SAME),
        ("hexagonal, 120 degrees", same and abs(cosine + 0.5) < _SAME),
        ("rectangular", abs(cosine) < _SAME),
    ):
        if fits:
            points, path = _PLANAR[name]
            return {label: np.array(u) for label, u in points.items()}, path
    raise ValueError(
        "path: expected corners [(name, k), ...] for this lattice, got none; points have names here for square, rectangular (primitive) and "
        f"hexagonal lattices, this one has reciprocal vectors of the ratio {lengths[1]:.4g} at {np.degrees(np.arccos(cosine)):.4g} degrees"
    )


def segments(model: BandStructure, path: Path, reduced: bool) -> list[Segment]:
    """Pairs of corners, each a name and k, Cartesian; from names of points, "Γ X U|K Γ", from corners, or the path of the lattice."""
    if path is None or isinstance(path, str):
        points, usual = special_points(model)
        runs = [
            [_named(points, name) for name in re.split(r"[\s,-]+", run.strip())] for run in (path or usual).split("|")
        ]
    else:
        to_k = model.lattice_cell("corners are in its reciprocal vectors").reciprocal if reduced else None
        runs = [[(str(name), _at(model, k, to_k)) for name, k in path]]
    if any(len(run) < 2 for run in runs):
        raise ValueError(f"path: expected at least two corners, got {path!r}")
    return [pair for run in runs for pair in itertools.pairwise(run)]


def _named(points: dict[str, Array], name: str) -> tuple[str, Array]:
    name = "Γ" if name in _GAMMA else name
    if name not in points:
        raise ValueError(f"path: expected names of the points {', '.join(points)} of this lattice, got {name!r}")
    return name, points[name]


def _at(model: BandStructure, k: ArrayLike, to_k: Array | None) -> Array:
    point = model.points(k)
    return point if to_k is None else point @ to_k
