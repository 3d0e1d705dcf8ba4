"""Phonons from the force constants of phonopy, A. Togo, I. Tanaka, Scr. Mater. 108, 1 (2015). Needs phonopy, which reads its files.

Energies are in meV, lengths in those of the calculator (angstrom, bohr), and angular momenta in hbar.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array
from symcur.band_structures import NumericModel
from symcur.bosons.lattice_dynamics import phonons

MEV_PER_THZ = 4.135667696  # Planck's constant
MISSING = "phonopy: expected the package, which reads its files: python -m pip install phonopy"
_WHOLE = 1e-3  # how far from integers cells may be, in primitive vectors


def from_phonopy(
    source: Any,
    *,
    layer: bool = False,
    raman: ArrayLike | None = None,
    angular_momentum: str = "canonical",
    pinning: float = 0.0,
    sum_rule: bool = True,
    name: str = "phonons",
) -> NumericModel:
    """The phonons of a crystal, s = their angular momentum about z, in meV.

    Parameters
    ----------
    source : a ``Phonopy`` object with force constants, or the path of a phonopy.yaml that phonopy finds them with.
    layer : a crystal periodic in the plane of its first two primitive vectors, which is the xy plane: D = 2, three directions of
        motion.
    raman : A, a real antisymmetric matrix over all atoms of the primitive cell times three directions, in meV.
    angular_momentum, pinning : as in ``phonons``; pinning in meV^2.
    sum_rule : make the force constants of translations vanish by those of each atom with itself.

    Raises
    ------
    ValueError where force constants are missing, or where phonopy would add the nonanalytic term of polar crystals, which is no sum
    over cells; ImportError without phonopy, where a path is given.
    """
    found = _loaded(source) if isinstance(source, str | Path) else source
    if getattr(found, "force_constants", None) is None:
        raise ValueError(f"source: expected a Phonopy object with force constants, got {type(found).__name__} without")
    if getattr(found, "nac_params", None) is not None:
        raise ValueError(
            "source: expected nac_params = None, got those of a polar crystal, whose nonanalytic term is no sum over cells"
        )
    primitive = found.primitive
    vectors, x = np.asarray(primitive.cell, dtype=float), np.asarray(primitive.scaled_positions, dtype=float)
    constants = _by_cell(np.asarray(found.force_constants, dtype=float), primitive, x)
    if sum_rule:
        _balance(constants, len(x))
    roots = np.repeat(np.sqrt(np.asarray(primitive.masses, dtype=float)), 3)
    unit = (float(found.unit_conversion_factor) * MEV_PER_THZ) ** 2
    dynamical = {R: unit * t / np.outer(roots, roots) for R, t in constants.items()}
    if layer:
        dynamical, vectors, x = _in_the_plane(dynamical, vectors, x)
    return phonons(
        dynamical,
        vectors,
        positions=x,
        raman=raman,
        angular_momentum=angular_momentum,
        pinning=pinning,
        name=name,
        facts="Force constants of phonopy; energies in meV.",
    )


def _loaded(path: str | Path) -> Any:
    if not Path(path).is_file():
        raise ValueError(f"source: expected a file, got {path}, which does not exist")
    try:
        phonopy = import_module("phonopy")
    except ImportError:
        raise ImportError(MISSING) from None
    return phonopy.load(path, log_level=0)


def _by_cell(given: Array, primitive: Any, x: Array) -> dict[tuple[int, ...], Array]:
    """Force constants between the cell at 0 and at R; pairs that are as near in several images are shared by them, as phonopy does."""
    svecs, multiplicities = primitive.get_smallest_vectors()
    index = {int(s): p for p, s in enumerate(primitive.p2s_map)}
    atoms = [index[int(s)] for s in primitive.s2p_map]
    compact = len(given) == len(x)
    size = 3 * len(x)
    constants: dict[tuple[int, ...], Array] = {(0, 0, 0): np.zeros((size, size))}
    for s, b in enumerate(atoms):
        for a in range(len(x)):
            matrix = given[a if compact else int(primitive.p2s_map[a]), s]
            count, first = (int(n) for n in multiplicities[s][a])
            for vector in svecs[first : first + count]:
                R = np.asarray(vector) - x[b] + x[a]
                place = tuple(int(n) for n in np.rint(R))
                if np.abs(R - place).max() > _WHOLE:
                    raise ValueError(f"source: expected atoms that are translations of each other, got {R.tolist()}")
                half = matrix / (2 * count)  # both ways: symmetric under the exchange of the atoms, as the energy is
                back = tuple(-n for n in place)
                for cell, row, column, block in ((place, a, b, half), (back, b, a, half.T)):
                    t = constants.setdefault(cell, np.zeros((size, size)))
                    t[3 * row : 3 * row + 3, 3 * column : 3 * column + 3] += block
    return constants


def _balance(constants: dict[tuple[int, ...], Array], atoms: int) -> None:
    """The acoustic sum rule: forces on an atom when all move alike are taken from its constants with itself."""
    total = np.sum(list(constants.values()), axis=0).reshape(3 * atoms, atoms, 3).sum(axis=1)
    for a in range(atoms):
        place, net = slice(3 * a, 3 * a + 3), total[3 * a : 3 * a + 3]
        constants[0, 0, 0][place, place] -= (net + net.T) / 2


def _in_the_plane(
    dynamical: dict[tuple[int, ...], Array], vectors: Array, x: Array
) -> tuple[dict[tuple[int, ...], Array], Array, Array]:
    if np.abs(vectors[:2, 2]).max() > 1e-6 or np.abs(vectors[2, :2]).max() > 1e-6:
        raise ValueError(
            f"layer: expected two primitive vectors in the xy plane and one along z, got {vectors.tolist()}"
        )
    summed: dict[tuple[int, ...], Array] = {}
    for R, t in dynamical.items():
        summed[R[:2]] = summed.get(R[:2], np.zeros_like(t)) + t
    return summed, vectors[:2, :2], x[:, :2]
