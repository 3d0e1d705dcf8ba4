"""The metric g in the equation of motion of bosons, and the para-unitary eigenstates of H(k).

H = (1/2) sum_k Psi^+ H(k) Psi with [Psi_a, Psi_b^+] = g_ab, so that i dPsi/dt = g H Psi. An operator X acts as g X: with g H,
g v_i and g s for the letters every expression of the theory holds as it stands. The eigenstates are g H t_n = E_n t_n with
t_n^+ g^-1 t_n = eta_n = +-1, and E_n = eta_n omega_n has the sign of the norm: all 2N of them are bands, those of negative norm
first, and sums over intermediate states run over both. (1/2) sum over all 2N states of n(E_n) counts every boson once, with its
zero point.

kind        Psi              g                        H(-k)^* = X H(k) X with
"bosons"    (b_k, b^+_-k)    diag(1, -1)              X that exchanges b and b^+
"phonons"   (u_k, p_k)       [[0, i], [-i, 0]]        X = 1

Any other Hermitian g without a zero eigenvalue is equivalent to one of signs: g = V diag(+-1) V^+ for Psi = V Psi', whose
Hamiltonian is V^+ H V. Nothing has to be transformed: where g^2 differs from 1 the norm holds g^-1. A matrix h that is Hermitian
with the metric, h^+ g^-1 = g^-1 h, is g H with H = g^-1 h. What annihilates at -k may stand in Psi, (Psi_-k^+)^T = X Psi_k, or not,
as in (a_k, b^+_-k) of two sublattices with a conserved number of a less that of b: then H = sum_k Psi^+ H(k) Psi, without the half.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import sympy as sp

from symcur.arrays import Array, ComplexArray, Mask
from symcur.band_structures.exact import exact_matrix

_BLOCKS: dict[str, tuple[sp.Matrix, sp.Matrix]] = {
    "bosons": (sp.diag(1, -1), sp.Matrix([[0, 1], [1, 0]])),
    "phonons": (sp.Matrix([[0, sp.I], [-sp.I, 0]]), sp.eye(2)),
}
KINDS = tuple(_BLOCKS)
_ROUNDING = 1e-12  # relative: H(-k)^* against X H(k) X, and what a metric must obey
_POSITIVE = 1e-13  # of the largest eigenvalue of H: a smaller one is no positive number in double precision


@dataclass(frozen=True)
class Metric:
    """g, [Psi_a, Psi_b^+] = g_ab: Hermitian numbers without a zero eigenvalue, shape (N, N), for a Psi of any components.

    ``conjugation`` is X, (N, N), in (Psi_-k^+)^T = X Psi_k, where every mode stands in Psi_k and in Psi_-k, and None where it
    stands once. With it H = (1/2) sum_k Psi^+ H(k) Psi, H(-k)^* = X^T H(k) X^* and s^* = X^T s X^*; without it there is no half, and
    nothing is required.

    Raises ValueError or TypeError naming the argument, what was expected and what was given.
    """

    g: Any
    conjugation: Any = field(default=None)

    def __post_init__(self) -> None:
        g = exact_matrix("metric", self.g, "a square matrix")
        X = self.conjugation if self.conjugation is None else exact_matrix("conjugation", self.conjugation, "a matrix")
        vars(self).update(g=g, conjugation=X)
        if g.free_symbols or g.rows != g.cols or not g.rows:
            raise ValueError(f"metric: expected a square matrix of numbers, got {g.tolist()}")
        largest = float(np.abs(self.matrix).max())
        if not np.abs(self.matrix - self.matrix.conj().T).max() <= _ROUNDING * largest:
            raise ValueError(f"metric: expected a Hermitian matrix, as [Psi_a, Psi_b^+] is, got {g.tolist()}")
        vars(self).update(g=sp.ImmutableDenseMatrix((g + g.H) / 2))
        vars(self).pop("matrix")
        if not np.abs(np.linalg.eigvalsh(self.matrix)).min() > _ROUNDING * largest:
            raise ValueError(
                f"metric: expected a matrix without a zero eigenvalue, got {g.tolist()}, with a component that commutes with all"
            )
        if X is not None:
            self._require_conjugation(X)

    def _require_conjugation(self, X: sp.ImmutableDenseMatrix) -> None:
        if X.free_symbols or X.shape != self.g.shape:
            raise ValueError(f"conjugation: expected numbers of shape {self.g.shape}, got {X.tolist()}")
        X, g = self.exchange, self.matrix
        for what, wrong in (
            ("X X^* = 1", X @ X.conj() - np.eye(len(g))),
            ("X g X^+ = -g^*", X @ g @ X.conj().T + g.conj()),
        ):
            if not np.abs(wrong).max() <= _ROUNDING * (1 + np.abs(g).max()):
                raise ValueError(
                    f"conjugation: expected {what}, as (Psi_-k^+)^T = X Psi_k demands, got a difference of {np.abs(wrong).max():.1e}"
                )

    @classmethod
    def of(cls, metric: Any, size: int) -> Metric:
        """From "bosons", "phonons", a sequence of (kind, number of modes) or a Metric, for a matrix H of this size."""
        if not isinstance(metric, cls):
            return cls._of_blocks(metric, size)
        if metric.g.rows != size:
            raise ValueError(f"metric: expected a matrix of {size} rows, as many as H has, got {metric.g.rows}")
        return metric

    @classmethod
    def _of_blocks(cls, metric: Any, size: int) -> Metric:
        pairs = [(metric, size // 2)] if isinstance(metric, str) else metric
        try:
            blocks = [(str(kind), int(count)) for kind, count in pairs]
        except (TypeError, ValueError):
            blocks = []
        if not blocks or any(kind not in _BLOCKS or count < 1 for kind, count in blocks):
            raise ValueError(
                "metric: expected 'bosons', 'phonons', a sequence of pairs such as ('bosons', 2), or a matrix as "
                f"symcur.bosons.Metric, which says how often a mode stands in Psi, got {metric!r}"
            )
        if sum(2 * count for _, count in blocks) != size:
            raise ValueError(
                f"metric: expected two components of Psi for every mode, got {metric!r} for {size} components"
            )
        return _direct_sum(tuple(blocks))

    @cached_property
    def matrix(self) -> ComplexArray:
        return _numbers(self.g)

    @cached_property
    def exchange(self) -> ComplexArray:
        """X as numbers, where every mode stands at k and at -k."""
        return _numbers(self.conjugation)

    @cached_property
    def negative(self) -> int:
        """How many states have a negative norm, at every k."""
        return int((np.linalg.eigvalsh(self.matrix) < 0).sum())

    @cached_property
    def norms(self) -> Array:
        """eta of the states by ascending energy."""
        return np.repeat([-1.0, 1.0], [self.negative, self.g.rows - self.negative])

    @property
    def doubled(self) -> bool:
        """Whether the states of negative norm are those of positive norm at -k."""
        return self.conjugation is not None

    def require_symmetry(self, label: str, at_k: ComplexArray, reflected: ComplexArray) -> None:
        """X^T at_k X^* = reflected^*, for H at k and at -k or for s twice."""
        if not self.doubled:
            return
        X = self.exchange
        wrong = float(np.abs(X.T @ at_k @ X.conj() - reflected.conj()).max())
        if wrong > _ROUNDING * (1 + float(np.abs(at_k).max())):
            place = "s^*" if label == "s" else "H(-k)^*"
            raise ValueError(
                f"{label}: expected X {label} X = {place} for bosons, where X exchanges what creates with what annihilates, as every mode "
                f"stands at k and at -k, got a difference of {wrong:.1e}"
            )

    def eigenstates(self, H: ComplexArray, k: Array) -> tuple[Array, ComplexArray, ComplexArray]:
        """E ascending (..., 2N), eta T^+ and T, T the para-unitary matrix of the states, so that eta T^+ X T = T^-1 g X T.

        J. H. P. Colpa, Physica A 93, 327 (1978): H = K^+ K, K g K^+ = U E U^+, T = K^-1 U |E|^(1/2) = g K^+ U E^-1 |E|^(1/2).
        """
        K = self._root(H, k)
        turned = self.matrix @ K.conj().mT
        energies, U = np.linalg.eigh(K @ turned)
        signs = np.sign(energies)
        T = turned @ (U * (signs / np.sqrt(np.abs(energies)))[..., None, :])
        return np.asarray(energies, dtype=float), signs[..., :, None] * T.conj().mT, np.asarray(T)

    def energies(self, H: ComplexArray, k: Array) -> Array:
        """E_n = eta_n omega_n, ascending."""
        K = self._root(H, k)
        return np.asarray(np.linalg.eigvalsh(K @ (self.matrix @ K.conj().mT)))

    def require_separate_norms(self, energies: Array, joined: Mask, k: Array) -> None:
        """E and -E of a mode are no multiplet, but a zero mode to the precision of the numbers; ``joined`` marks bands that belong
        to a multiplet with the band below."""
        middle = self.negative
        bad = joined[..., middle] if 0 < middle < energies.shape[-1] else np.zeros(joined.shape[:-1], dtype=bool)
        if bad.any():
            raise ValueError(
                f"k: expected momenta at which every boson costs energy, got one of {energies[bad][0, middle]:.1e} at k = "
                f"{k[bad][0].tolist()}, which is not told from zero where others have {energies[bad][0, -1]:.3g}"
            )

    def _root(self, H: ComplexArray, k: Array) -> ComplexArray:
        """K with H = K^+ K; refused where H is not positive."""
        K: ComplexArray | None = None
        doubtful = np.ones(H.shape[:-2], dtype=bool)
        try:
            K = np.asarray(np.linalg.cholesky(H).conj().mT)
            doubtful = ~_clearly_positive(H, K)
        except np.linalg.LinAlgError:
            pass
        if doubtful.any():
            eigenvalues, places = np.asarray(np.linalg.eigvalsh(H[doubtful]), dtype=float), k[doubtful]
            bad = eigenvalues[:, 0] <= _POSITIVE * eigenvalues[:, -1]
            if K is None:
                bad[np.argmin(eigenvalues[:, 0])] = True
            if bad.any():
                _refuse(eigenvalues[bad], places[bad])
        return np.asarray(K)


def _clearly_positive(H: ComplexArray, K: ComplexArray) -> Mask:
    """Where the smallest eigenvalue of H is at least det H ((N-1)/Tr H)^(N-1) > _POSITIVE Tr H, the others having at most the mean
    Tr H/(N-1) geometrically."""
    N, size = H.shape[-1], np.trace(H, axis1=-2, axis2=-1).real
    if N == 1:
        return np.ones(H.shape[:-2], dtype=bool)
    logarithm = 2 * np.log(np.diagonal(K, axis1=-2, axis2=-1).real).sum(axis=-1)
    return np.asarray(logarithm + (N - 1) * np.log((N - 1) / size) > np.log(_POSITIVE * size))


def _refuse(eigenvalues: Array, k: Array) -> None:
    worst = int(np.argmin(eigenvalues[:, 0]))
    low, high, at = float(eigenvalues[worst, 0]), float(eigenvalues[worst].max()), k[worst].tolist()
    if low < -1e-9 * abs(high):
        raise ValueError(
            f"H: expected a positive H(k) for bosons, got the eigenvalue {low:.3g} at k = {at}: the state around which the bosons "
            "were counted is not the ground state"
        )
    raise ValueError(
        f"k: expected momenta at which every boson costs energy, got a zero mode at k = {at} (eigenvalues of H from {low:.1e} to "
        f"{high:.3g}), where its states have no norm; an integral needs a field that pins the mode"
    )


def _numbers(matrix: sp.Matrix) -> ComplexArray:
    return np.array(matrix.evalf(20).tolist(), dtype=complex)


@lru_cache(maxsize=64)
def _direct_sum(blocks: tuple[tuple[str, int], ...]) -> Metric:
    parts = ([sp.kronecker_product(_BLOCKS[kind][which], sp.eye(count)) for kind, count in blocks] for which in (0, 1))
    return Metric(*(sp.diag(*matrices) for matrices in parts))
