"""The metric g in the equation of motion of bosons, and the para-unitary eigenstates of H(k).

H = (1/2) sum_k Psi^+ H(k) Psi with [Psi_a, Psi_b^+] = g_ab, so that i dPsi/dt = g H Psi. An operator X acts as g X: with g H,
g v_i and g s for the letters every expression of the theory holds as it stands. The eigenstates are g H t_n = E_n t_n with
t_n^+ g t_n = eta_n = +-1, and E_n = eta_n omega_n has the sign of the norm: all 2N of them are bands, those of negative norm
first, and sums over intermediate states run over both. (1/2) sum over all 2N states of n(E_n) counts every boson once, with its
zero point.

kind        Psi              g                        H(-k)^* = X H(k) X with
"bosons"    (b_k, b^+_-k)    diag(1, -1)              X that exchanges b and b^+
"phonons"   (u_k, p_k)       [[0, i], [-i, 0]]        X = 1
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from symcur.arrays import Array, ComplexArray, Mask

_BLOCKS: dict[str, tuple[list[list[complex]], list[list[float]]]] = {
    "bosons": ([[1, 0], [0, -1]], [[0, 1], [1, 0]]),
    "phonons": ([[0, 1j], [-1j, 0]], [[1, 0], [0, 1]]),
}
_ROUNDING = 1e-12  # relative: H(-k)^* against X H(k) X
_POSITIVE = 1e-13  # of the largest eigenvalue of H: a smaller one is no positive number in double precision


@dataclass(frozen=True)
class Metric:
    """g as a direct sum: ``blocks`` lists kinds with the number of modes of each, in the order of the components of Psi."""

    blocks: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, metric: Any, size: int) -> Metric:
        """From "bosons", "phonons" or a sequence of (kind, number of modes) for a matrix H of this size."""
        pairs = [(metric, size // 2)] if isinstance(metric, str) else metric
        try:
            blocks = tuple((str(kind), int(count)) for kind, count in pairs)
        except (TypeError, ValueError):
            blocks = ()
        if not blocks or any(kind not in _BLOCKS or count < 1 for kind, count in blocks):
            raise ValueError(
                f"metric: expected 'bosons', 'phonons' or a sequence of pairs such as ('bosons', 2), got {metric!r}"
            )
        if sum(2 * count for _, count in blocks) != size:
            raise ValueError(
                f"metric: expected two components of Psi for every mode, got {metric!r} for {size} components"
            )
        return cls(blocks)

    @cached_property
    def matrix(self) -> ComplexArray:
        return self._direct_sum(0)

    @cached_property
    def conjugation(self) -> ComplexArray:
        """X, for which H(-k)^* = X H(k) X and s = X s^* X: what is counted at k is counted again at -k."""
        return self._direct_sum(1)

    def _direct_sum(self, which: int) -> ComplexArray:
        from scipy.linalg import block_diag

        return np.asarray(
            block_diag(*(np.kron(_BLOCKS[kind][which], np.eye(count)) for kind, count in self.blocks)), dtype=complex
        )

    def require_symmetry(self, label: str, at_k: ComplexArray, reflected: ComplexArray) -> None:
        """X at_k X = reflected^*, for H at k and at -k or for s twice."""
        X = self.conjugation
        wrong = float(np.abs(X @ at_k @ X - reflected.conj()).max())
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
        middle = energies.shape[-1] // 2
        bad = joined[..., middle]
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
