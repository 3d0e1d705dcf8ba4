"""The orbital angular momentum L about the centres of functions of known character, in hbar.

Between functions of one atom, L acts on the directions and keeps the radial part, so that its elements are those of real
harmonics of one l; functions of the same character that come again at a site are another shell. What overlaps of different
atoms add is not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from symcur.arrays import ComplexArray
from symcur.materials.orbitals import HARMONICS, Orbital, amplitudes, rotation_of_harmonics

_ROUNDING = 1e-12


@cache
def of_harmonics() -> ComplexArray:
    """L between the real harmonics s, p, d, f in the order of ``HARMONICS``, (3, 16, 16).

    About z, L turns cos(m phi) into i m sin(m phi) and sin(m phi) into -i m cos(m phi), and these follow each other in each
    shell after the function with m = 0; about x and y it is the rotated one.
    """
    about_z = np.zeros((len(HARMONICS),) * 2, dtype=complex)
    for l in range(4):
        for m in range(1, l + 1):
            cosine = l * l + 2 * m - 1
            about_z[cosine + 1, cosine], about_z[cosine, cosine + 1] = 1j * m, -1j * m
    cyclic = np.roll(np.eye(3), 1, axis=0)  # x to y, y to z, z to x
    turned = [rotation_of_harmonics(O) for O in (cyclic, cyclic @ cyclic)]
    return np.array([*(R @ about_z @ R.T for R in turned), about_z])


def angular_momentum(orbitals: Sequence[Orbital]) -> ComplexArray:
    """L between the functions, (N, N, 3), zero between different positions; raises ValueError where functions are not orthonormal."""
    matrices = np.zeros((len(orbitals), len(orbitals), 3), dtype=complex)
    for position in {orbital.position for orbital in orbitals}:
        here = [n for n, orbital in enumerate(orbitals) if orbital.position == position]
        V = amplitudes([orbitals[n] for n in here])
        spins = 1 if orbitals[here[0]].spin is None else 2
        parts = V.reshape(-1, len(HARMONICS), spins, len(here))
        matrices[np.ix_(here, here)] = np.einsum("cmsa,imn,cnsb->abi", parts.conj(), of_harmonics(), parts)
    matrices[np.abs(matrices) < _ROUNDING] = 0
    return matrices
