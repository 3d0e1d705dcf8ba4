"""The linearised Boltzmann equation on the Fermi surface.

With df_n(k) = (-f'(e)) E_l lambda_l, elastic scattering and e = 1, e E_l d_{k_l} f = int W (df' - df) becomes

    v_l(a) = sum_b q_b w[b, a] (lambda_l(a) - lambda_l(b)),

energy by energy. w is symmetric, so the same quadrature for the rate out, sum_b q_b w[b, a], and for the rate in conserves
particles exactly, node by node. lambda is fixed by sum_a q_a lambda_l(a) = 0 in every part of the Fermi surface that
scattering connects: the field moves electrons, it makes none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack
from scipy.sparse.csgraph import connected_components

from symcur.arrays import Array, Mask
from symcur.disorder.rates import Scattering

_NULL = 1e-11  # eigenvalues below this part of the largest belong to conserved numbers of particles
_SLOW = 1e-9  # rates below this part of the largest are told from conserved numbers by eigenvectors
_ROUNDING = 1e-13  # of the largest rate: below it there is no scattering


@dataclass(frozen=True)
class Distribution:
    """lambda (M, D) with df = (-f') E_l lambda_l; the residual of the equation relative to the velocity.

    ``drift`` is the largest particle number that scattering would create, relative to what it moves; ``conserved`` counts
    the parts of the Fermi surface that scattering does not connect.
    """

    values: Array
    residual: float
    drift: float
    conserved: int


def solve(scattering: Scattering) -> Distribution:
    """The solution of the linearised Boltzmann equation, with no particles added to any part that is conserved.

    Where there is none, because the field accelerates the electrons of a part that nothing scatters out of, the residual tells.
    By Cholesky's division of the symmetric collision operator, with the numbers of particles of the connected parts made
    harmless, and through its eigenvectors where that leaves very slow rates; through a small system of equations where the
    rates are a thin product; by least squares where quadrature weights are negative.
    """
    q = scattering.surface.weight
    if scattering.thin:
        values, conserved = _solve_thin(scattering)
    elif (q > 0).all():
        values, conserved = _solve_symmetric(scattering)
    else:
        values, conserved = _solve_signed(scattering)
    v = scattering.surface.velocity
    change = scattering.collision(values)
    residual = float(np.abs(change - v).max() / np.abs(v).max())
    moved = np.abs(q) @ (np.abs(scattering.rate)[:, None] * np.abs(values))
    return Distribution(values, residual, float(np.abs(q @ change).max() / moved.max()), conserved)


def _solve_symmetric(scattering: Scattering) -> tuple[Array, int]:
    root = np.sqrt(scattering.surface.weight)
    operator = np.diag(scattering.rate) - root[:, None] * scattering.w.matrix * root
    force = root[:, None] * scattering.surface.velocity
    for parts in (_everything, _connected_parts):
        conserved = np.where(parts(scattering.w.matrix), root, 0)
        x = _solve_lifted(operator, force, conserved / np.linalg.norm(conserved, axis=1, keepdims=True), scattering)
        if x is not None:
            return x / root[:, None], len(conserved)
    eigenvalues, vectors = np.linalg.eigh(operator)
    kept = eigenvalues > _NULL * eigenvalues[-1]
    inverse = np.where(kept, 1 / np.where(kept, eigenvalues, 1), 0)
    return (vectors @ (inverse[:, None] * (vectors.T @ force))) / root[:, None], int((~kept).sum())


def _solve_lifted(operator: Array, force: Array, conserved: Array, scattering: Scattering) -> Array | None:
    """The solution without the ``conserved`` vectors (P, M), made harmless by a rate; None where that leaves slow ones."""
    lifted = operator + scattering.mean_rate * conserved.T @ conserved
    norm = float(np.abs(lifted).sum(axis=0).max())
    factor, indefinite = lapack.dpotrf(lifted)
    if indefinite or lapack.dpocon(factor, norm)[0] < _SLOW:
        return None
    x = lapack.dpotrs(factor, force)[0]
    return np.asarray(x - conserved.T @ (conserved @ x))


def _everything(w: Array) -> Mask:
    return np.ones((1, len(w)), dtype=bool)


def _connected_parts(w: Array) -> Mask:
    """Which nodes (P, M) belong to each part that is joined by more than rounding."""
    count, label = connected_components(w > _ROUNDING * w.max(), directed=False)
    return np.asarray(label == np.arange(count)[:, None])


def _solve_thin(scattering: Scattering) -> tuple[Array, int]:
    """lambda = (v + L c)/rate with c = R^T q lambda; conserved numbers are the null vectors of the equation for c."""
    q, v, tau = scattering.surface.weight, scattering.surface.velocity, 1 / scattering.rate
    left, right = scattering.w.left, scattering.w.right
    assert right is not None
    weighted = (right * (q * tau)[:, None]).T
    outer, size, inner = np.linalg.svd(np.eye(left.shape[1]) - weighted @ left)
    kept = size > 1e-9 * size[0]
    c = inner[kept].T @ ((outer[:, kept].T @ (weighted @ v)) / size[kept, None])
    values = tau[:, None] * (v + left @ c)
    null = tau[:, None] * (left @ inner[~kept].T)
    return values - null @ np.linalg.solve(null.T @ (q[:, None] * null), null.T @ (q[:, None] * values)), null.shape[1]


def _solve_signed(scattering: Scattering) -> tuple[Array, int]:
    q = scattering.surface.weight
    operator = np.diag(scattering.rate) - scattering.w.matrix * q
    values, _, rank, _ = np.linalg.lstsq(operator, scattering.surface.velocity, rcond=_NULL)
    return values - (q @ values) / q.sum(), len(q) - int(rank)


def relaxation_time_approximation(scattering: Scattering) -> Array:
    """lambda = v/rate (M, D): exact if what is scattered in carries no current, as for white noise and s = 1 bands."""
    return np.asarray(scattering.surface.velocity / scattering.rate[:, None])
