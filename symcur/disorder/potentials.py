"""Weak static disorder: randomly placed impurities, described by the correlator of their potential.

One kind of impurity at positions R_j, with density n, is V(r) = sum_j u phi(r - R_j) Gamma: u its strength (integrated over
space), phi its even, normalised shape, Gamma a Hermitian matrix in the internal space. In the lowest Born order only the
correlator

    C(q) = n u^2 |phi(q)|^2,        c(r) = int d^Dq/(2 pi)^D C(q) exp(i q.r)

matters, and the rate is W_{k'k} = 2 pi C(k' - k) |<u'|Gamma|u>|^2 delta(e - e'). Kinds are uncorrelated: their rates add.

=============  ================================  ===============================================
white noise    phi(q) = 1                        c(r) a delta function
Gaussian       phi(q) = exp(-a^2 q^2/2)          c(r) ~ exp(-r^2/4a^2)
Yukawa         phi(q) = 1/(1 + a^2 q^2)          c(r) ~ r K_1(r/a) in 2D, exp(-r/a) in 3D
=============  ================================  ===============================================

On a lattice the potential is felt at the atoms only. With r_p the positions in the cell of area (volume) A,

    C_{pp'}(q) = A sum_R c(R + r_p - r_p') exp(-i q.(R + r_p - r_p')),

which for white noise is n u^2 on the diagonal: impurities that sit on single atoms, uncorrelated. Gamma must then be
local at each position; ``lattice_sums`` does the sum.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symcur.arrays import Array, ComplexArray, Indices
from symcur.band_structures import BandStructure
from symcur.band_structures.exact import square_matrix
from symcur.disorder.impurities import Impurities
from symcur.disorder.lattice_sums import lattice_correlation


@dataclass(frozen=True)
class Disorder:
    """A sum of uncorrelated kinds of impurities; ``a + b`` joins two.

    ``relaxation_time`` asks for an overall factor that makes the mean scattering rate on the Fermi surface,
    int W/int 1, equal to 1/relaxation_time; without it the strengths are as given.
    """

    kinds: tuple[Impurities, ...]
    relaxation_time: float | None = None

    def __add__(self, other: Disorder) -> Disorder:
        if self.relaxation_time is not None or other.relaxation_time is not None:
            raise ValueError(
                "relaxation_time: expected none on the parts of a sum, got one; use (a + b).with_relaxation_time(tau)"
            )
        return Disorder(self.kinds + other.kinds)

    def with_relaxation_time(self, tau: float) -> Disorder:
        """The same disorder, scaled to the mean scattering rate 1/tau at mu."""
        return replace(self, relaxation_time=_positive("relaxation_time", tau))

    def channels(
        self, model: BandStructure, k: Array
    ) -> list[tuple[ComplexArray, ComplexArray, Array | ComplexArray | float]]:
        """Triples (Gamma_p, Gamma_p', C_{pp'}(k_b - k_a)) over all kinds and positions; C is [b, a] or a number.

        The rate is W[b, a] = 2 pi sum C <b|Gamma_p|a> <b|Gamma_p'|a>^*.
        """
        result: list[tuple[ComplexArray, ComplexArray, Any]] = []
        positions, labels = _positions(model)
        for kind in self.kinds:
            parts = _by_position(_structure(kind.structure, model), labels, len(positions))
            held = [p for p, part in enumerate(parts) if part.any()]
            correlations: dict[tuple[float, ...], Any] = {}
            for p, q in itertools.product(held, repeat=2):
                if p == q or kind.shape != "white":
                    offset = positions[p] - positions[q]
                    opposite = correlations.get(tuple(-offset))
                    found = _correlation(kind, model, k, offset) if opposite is None else np.conj(opposite)
                    correlations[tuple(offset)] = found
                    result.append((parts[p], parts[q], found))
        return result

    def require_no_torque(self, model: BandStructure) -> None:
        """Raise ValueError unless every Gamma commutes with s: otherwise the impurities turn s, a torque -i[s, V] of their own."""
        s = model.matrix("s", np.zeros(model.dimension))
        for kind in self.kinds:
            Gamma = _structure(kind.structure, model)
            commutator = float(np.abs(Gamma @ s - s @ Gamma).max())
            if commutator > 1e-12 * float(np.abs(Gamma).max() * np.abs(s).max()):
                raise ValueError(
                    f"disorder: expected impurities that conserve s of {model.name}, got a structure with |[Gamma, s]| = "
                    f"{commutator:.1e}; the torque -i[s, V] that they exert is not part of this theory"
                )

    def __str__(self) -> str:
        kinds = " + ".join(
            f"{kind.shape}{'' if kind.shape == 'white' else f' of range {kind.length:g}'}"
            f"{'' if kind.structure is None else ' with matrix structure'} (n u^2 = {kind.strength:g})"
            for kind in self.kinds
        )
        return kinds if self.relaxation_time is None else f"{kinds}, scaled to tau = {self.relaxation_time:g}"


def white_noise(
    potential: float = 1.0, *, density: float = 1.0, structure: Any = None, relaxation_time: float | None = None
) -> Disorder:
    """Point impurities: strength u = ``potential`` (energy x length^D), ``density`` n, matrix ``structure`` Gamma (1)."""
    return _disorder("white", 0.0, potential, density, structure, relaxation_time)


def gaussian(
    length: float,
    potential: float = 1.0,
    *,
    density: float = 1.0,
    structure: Any = None,
    relaxation_time: float | None = None,
) -> Disorder:
    """Impurities with the potential u exp(-r^2/2a^2)/(2 pi a^2)^(D/2), a = ``length``."""
    return _disorder("gaussian", _positive("length", length), potential, density, structure, relaxation_time)


def yukawa(
    length: float,
    potential: float = 1.0,
    *,
    density: float = 1.0,
    structure: Any = None,
    relaxation_time: float | None = None,
) -> Disorder:
    """Screened impurities, phi(q) = 1/(1 + a^2 q^2) with the screening length a = ``length``."""
    return _disorder("yukawa", _positive("length", length), potential, density, structure, relaxation_time)


def _disorder(
    shape: str, length: float, potential: float, density: float, structure: Any, tau: float | None
) -> Disorder:
    if not is_number(potential) or potential == 0:
        raise ValueError(f"potential: expected a finite number other than 0, got {potential!r}")
    strength = _positive("density", density) * potential**2
    matrix = None
    if structure is not None:
        matrix = np.array(square_matrix("structure", structure).evalf(30).tolist(), dtype=complex)
    if matrix is not None and not np.allclose(matrix, matrix.conj().T, rtol=0, atol=1e-12):
        raise ValueError("structure: expected a Hermitian N x N matrix of numbers, got one that is not Hermitian")
    disorder = Disorder((Impurities(shape, length, strength, matrix),))
    return disorder if tau is None else disorder.with_relaxation_time(tau)


def is_number(value: Any) -> bool:
    """Whether it is one finite real number."""
    return np.ndim(value) == 0 and isinstance(value, int | float | np.number) and bool(np.isfinite(value))


def _positive(label: str, value: Any) -> float:
    if not is_number(value) or value <= 0:
        raise ValueError(f"{label}: expected a positive number, got {value!r}")
    return float(value)


def _structure(structure: Any, model: BandStructure) -> ComplexArray:
    if structure is None:
        return np.eye(model.size, dtype=complex)
    if structure.shape != (model.size, model.size):
        raise ValueError(f"structure: expected shape {(model.size, model.size)}, got {structure.shape}")
    return np.asarray(structure, dtype=complex)


def _positions(model: BandStructure) -> tuple[Array, Indices]:
    """The different positions in the cell, up to lattice vectors, and which of them each orbital has (a continuum: one)."""
    if model.cell is None or model.positions is None:
        return np.zeros((1, model.dimension)), np.zeros(model.size, dtype=np.intp)
    apart = model.positions[:, None] - model.positions
    same = np.abs(apart - np.round(apart)).max(axis=-1) < 1e-6
    first, labels = np.unique(same.argmax(axis=1), return_inverse=True)
    return model.positions[first] @ model.cell.vectors, labels


def _by_position(Gamma: ComplexArray, labels: Indices, count: int) -> list[ComplexArray]:
    masks = [labels == p for p in range(count)]
    parts = [np.where(mask[:, None] & mask, Gamma, 0) for mask in masks]
    if np.abs(Gamma - sum(parts)).max() > 1e-12:
        raise ValueError(
            "structure: expected a matrix local at each position, got one that links different ones; the rate would not be "
            "periodic in k"
        )
    return parts


def _correlation(kind: Impurities, model: BandStructure, k: Array, offset: Array) -> Any:
    if kind.shape == "white":
        return kind.strength
    if model.cell is None:
        gram = k @ k.T
        square = np.diagonal(gram)
        return kind.of_wave_vector(np.maximum(square[:, None] + square - 2 * gram, 0))
    return lattice_correlation(kind, model.cell, k, offset)
