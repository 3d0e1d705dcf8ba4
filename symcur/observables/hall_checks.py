"""When the paper's Hall part should not be taken at face value: two numbers beside it.

"filled_lattice" is the answer of the completely filled lattice, which no electron can give. "splitting" is by how much the value
changes when filled bands closer than WINDOW times the spread of all are taken as one multiplet; where such bands split by
chance (noise, a small coupling) it is the size of the jump. Both are means over two meshes, in two dimensions
MESH[2]^2 points and a half more along each axis, and the error is their difference.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symcur import quantities
from symcur.arrays import Array
from symcur.band_structures import BandStructure
from symcur.brillouin import Domain
from symcur.brillouin.occupation import occupation
from symcur.eigenstates import DEGENERACY_TOLERANCE, Eigenstates
from symcur.observables.engine import Term
from symcur.observables.result import Part

WINDOW = 0.05  # of the spread of the energies
MESH = {2: 20, 3: 6}


def checks(model: BandStructure, domain: Domain, term: Term, mu: Array, temperature: Array) -> dict[str, Part]:
    """The checks of a term that holds the paper's Hall part, each of the shape (*mu, *T, D, D).

    There are none for two bands, where the Hall part is even in the pair, and in one dimension.
    """
    if model.size < 3 or model.dimension == 1:
        return {}

    def splitting(k: Array) -> Array:
        return _splitting(model, term, k, mu, temperature)

    found = {"splitting": _mean(domain, splitting)}
    if model.periodic and term.weight == "f":
        full = _mean(domain, lambda k: term.factor * _curvature(Eigenstates(model, k)).sum(axis=1))
        shape = (*mu.shape, *temperature.shape, *full.value.shape)
        found["filled_lattice"] = Part(np.broadcast_to(full.value, shape), np.broadcast_to(full.error, shape))
    return {name: _oriented(part, term, model) for name, part in found.items()}


def _splitting(model: BandStructure, term: Term, k: Array, mu: Array, temperature: Array) -> Array:
    """At each k the sum over groups of close bands of weight(highest) (trace over the group - sum over its bands)."""
    apart, together = Eigenstates(model, k, DEGENERACY_TOLERANCE), Eigenstates(model, k, WINDOW)
    change = _curvature(together) - _curvature(apart)
    highest = np.where(together.members > 0, apart.energies[:, None, :], -np.inf).max(axis=-1)
    levels, temperatures = np.atleast_1d(mu), np.atleast_1d(temperature)
    weights = np.stack([occupation(term.weight, highest[..., None], levels, float(t)) for t in temperatures], axis=-1)
    total = term.factor * np.einsum("knmt,knil->kmtil", weights, change)
    return np.asarray(total.reshape(len(k), *mu.shape, *temperature.shape, *change.shape[2:]))


def _curvature(states: Eigenstates) -> Array:
    """bar-Omega^{lis} of every band, shape (k, band, D, D)."""
    components = quantities.components(quantities.get("symmetrized_curvature"), states.model.dimension)
    return np.asarray(states.values(components).real)


def _mean(domain: Domain, function: Callable[[Array], Array]) -> Part:
    """int d^Dk/(2 pi)^D of a function of k by two meshes."""
    size, means = MESH[domain.dimension], []
    for count in (size, size + size // 2):
        k, jacobian = domain.map(domain.grid(count, 0.3819660112501051).reshape(-1, domain.dimension))
        means.append(np.tensordot(jacobian, function(k), axes=1) / len(k))
    return Part(means[1], np.abs(means[1] - means[0]))


def _oriented(part: Part, term: Term, model: BandStructure) -> Part:
    """With the indices of the observable, and the factor of the statistics."""
    factor = float(model.statistics.factor)
    value, error = (factor * (a.swapaxes(-1, -2) if term.transpose else a) for a in (part.value, part.error))
    return Part(value, error)
