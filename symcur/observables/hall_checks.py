"""When the paper's Hall part should not be taken at face value: two numbers beside it.

"filled_lattice" is the answer of the completely filled lattice, which no electron can give. "splitting" is the size of what the
value leaves open where filled bands are close: in a pair with the curvature F and s, 2 x 2 matrices, the sum of s_n F_n over
the two states depends on which states these are, Tr[s]Tr[F]/2 + 2 (s.n)(F.n) with s, F the vectors of their traceless parts
and n a unit vector. It varies by |s||F| up and down; pairs count with exp(-(gap/WINDOW spread)^2). F counts transitions to
less occupied bands, by the difference of the occupations: those between filled bands cancel but for a part of the same order. Where s is
conserved, n is fixed, and nothing is open. Both numbers are means over two meshes; their errors are three times the difference.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from symcur import expressions as ex
from symcur import quantities
from symcur.arrays import Array, ComplexArray
from symcur.band_structures import BandStructure
from symcur.brillouin import Domain
from symcur.brillouin.memory import pieces
from symcur.brillouin.occupation import occupation
from symcur.eigenstates import Eigenstates
from symcur.observables.engine import Term, states_on_meshes
from symcur.observables.hall import is_conserved
from symcur.observables.result import Part

WINDOW = 0.03  # of the spread of the energies
EMPTY = 1e-18  # occupations of bands from which no transition counts
MESH = {2: 20, 3: 6}


def checks(model: BandStructure, domain: Domain, term: Term, mu: Array, temperature: Array) -> dict[str, Part]:
    """The checks of a term that holds the paper's Hall part, each of the shape (*mu, *T, D, D).

    There are none for two bands, where the Hall part is even in the pair, and in one dimension.
    """
    if model.size < 3 or model.dimension == 1:
        return {}
    size = MESH[domain.dimension]
    factor = float(model.statistics.factor) * term.factor
    found = {}
    for name, (coarse, fine) in _means(model, domain, (size, size + size // 2), term, mu, temperature).items():
        pair = (factor * fine, 3 * np.abs(factor * (fine - coarse)))
        found[name] = Part(*(array.swapaxes(-1, -2) if term.transpose else array for array in pair))
    if "splitting" in found:
        found["splitting"] = Part(np.abs(found["splitting"].value), found["splitting"].error)
    return found


def _means(
    model: BandStructure, domain: Domain, counts: tuple[int, int], term: Term, mu: Array, temperature: Array
) -> dict[str, Array]:
    """int d^Dk/(2 pi)^D by two meshes of count^D points, each check of the shape (2, *mu, *T, D, D)."""
    shape = (2, *mu.shape, *temperature.shape, model.dimension, model.dimension)
    weight, levels = model.statistics.occupation(term.weight), np.atleast_1d(mu)[:, None, None]
    open_, whole = not is_conserved(model), not model.covariant and model.larger is None
    filled = model.periodic and term.weight == "f" and whole
    components = quantities.components(quantities.get("symmetrized_curvature"), model.dimension)
    splitting, full = np.zeros((2, len(levels), temperature.size, *shape[-2:])), np.zeros((2, *shape[-2:]))
    for states, weights in states_on_meshes(model, domain, counts):
        if open_:
            e = states.energies
            for some in pieces(len(levels), e.size):
                total = [
                    _open(states, occupation(weight, e, levels[some], float(t)), weights) for t in temperature.flat
                ]
                splitting[:, some] += np.stack(total, axis=2)
        if filled:
            full += np.einsum("pk,knil->pil", weights, states.values(components).real)
    found = {"splitting": splitting.reshape(shape)} if open_ else {}
    full = np.expand_dims(full, tuple(range(1, len(shape) - 2)))
    return found | ({"filled_lattice": np.broadcast_to(full, shape)} if filled else {})


def _open(states: Eigenstates, filled: Array, weights: Array) -> Array:
    """The integrals of |s||F^{il}| of every two neighbouring bands, weighted with how close they are, shape (meshes, mu, D, D).

    ``filled`` (mu, k, N) are the occupations, ``weights`` (meshes, k).
    """
    e, D = states.energies, states.model.dimension
    s, v = states.operator(ex.s), [states.operator(ex.v(axis)) for axis in range(D)]
    window = WINDOW * np.maximum(e[:, -1:] - e[:, :1], np.finfo(float).tiny)
    result = np.zeros((len(weights), len(filled), D, D))
    for n in np.flatnonzero(np.abs(filled[:, :, 1:]).max(axis=(0, 1)) > EMPTY).tolist():
        pair, others = slice(n, n + 2), [m for m in range(e.shape[1]) if m not in (n, n + 1)]
        gaps = e[:, others] - e[:, pair].mean(axis=1, keepdims=True)
        near = weights * np.exp(-(((e[:, n + 1] - e[:, n]) / window[:, 0]) ** 2))
        near *= np.linalg.norm(_traceless(s[:, pair, pair]), axis=-1)
        below, above = filled[:, :, n + 1, None], filled[:, :, others]
        transfer = np.where(np.abs(below) > np.abs(above), below - above, 0.0) / (gaps**2 + (1e-3 * window) ** 2)
        to, back = [x[:, pair, others].mT[..., :, None] for x in v], [x[:, others, pair][..., None, :] for x in v]
        for i, l in combinations(range(D), 2):
            F = 1j * (to[i] * back[l] - to[l] * back[i])  # (k, m, 2, 2)
            vector = np.einsum("tkm,kmc->tkc", transfer, _traceless(F))
            result[..., i, l] += near @ np.linalg.norm(vector, axis=-1).T
    return result + result.swapaxes(-1, -2)


def _traceless(X: ComplexArray) -> Array:
    """The vectors of the traceless parts of Hermitian 2 x 2 matrices, shape (..., 3)."""
    a, b = (X[..., 0, 0] - X[..., 1, 1]).real / 2, X[..., 0, 1]
    return np.stack([a, b.real, b.imag], axis=-1)
