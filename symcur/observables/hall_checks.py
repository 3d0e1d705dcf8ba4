"""When the paper's Hall part should not be taken at face value: two numbers beside it.

"filled_lattice" is the answer of the completely filled lattice, which no electron can give. "splitting" is by how much the value
changes when filled bands closer than WINDOW times the spread of all are taken as one multiplet; where such bands split by
chance (noise, a small coupling) it is the size of the jump. Both are means over two meshes, in two dimensions
MESH[2]^2 points and a half more along each axis, and the error is their difference.
"""

from __future__ import annotations

import numpy as np

from symcur import quantities
from symcur.arrays import Array
from symcur.band_structures import BandStructure
from symcur.brillouin import Domain
from symcur.brillouin.occupation import occupation
from symcur.eigenstates import DEGENERACY_TOLERANCE, Eigenstates, joined
from symcur.observables.engine import Term
from symcur.observables.result import Part

WINDOW = 0.05  # of the spread of the energies
MESH = {2: 20, 3: 6}
OFFSET = 0.3819660112501051


def checks(model: BandStructure, domain: Domain, term: Term, mu: Array, temperature: Array) -> dict[str, Part]:
    """The checks of a term that holds the paper's Hall part, each of the shape (*mu, *T, D, D).

    There are none for two bands, where the Hall part is even in the pair, and in one dimension.
    """
    if model.size < 3 or model.dimension == 1:
        return {}
    size = MESH[domain.dimension]
    coarse, fine = (_means(model, domain, count, term, mu, temperature) for count in (size, size + size // 2))
    factor = float(model.statistics.factor) * term.factor
    found = {}
    for name, value in fine.items():
        pair = (factor * value, np.abs(factor * (value - coarse[name])))
        found[name] = Part(*(array.swapaxes(-1, -2) if term.transpose else array for array in pair))
    return found


def _means(
    model: BandStructure, domain: Domain, count: int, term: Term, mu: Array, temperature: Array
) -> dict[str, Array]:
    """int d^Dk/(2 pi)^D by a mesh of count^D points, each check of the shape (*mu, *T, D, D)."""
    k, jacobian = domain.map(domain.grid(count, OFFSET).reshape(-1, domain.dimension))
    states = Eigenstates(model, k, DEGENERACY_TOLERANCE)
    curvature = _curvature(states)
    shape = (*mu.shape, *temperature.shape, *curvature.shape[2:])
    close = joined(states.energies, WINDOW).any(axis=-1)
    # At these k the sum over groups of close bands of weight(highest) (trace over the group - sum over its bands).
    together = Eigenstates(model, k[close], WINDOW)
    highest = np.where(together.members > 0, states.energies[close][:, None, :], -np.inf).max(axis=-1)
    weights = [occupation(term.weight, highest[..., None], np.atleast_1d(mu), float(t)) for t in temperature.flat]
    change = _curvature(together) - curvature[close]
    splitting = np.einsum("k,tknm,knil->mtil", jacobian[close], np.stack(weights), change) / len(k)
    found = {"splitting": splitting.reshape(shape)}
    if model.periodic and term.weight == "f":
        found["filled_lattice"] = np.broadcast_to(np.einsum("k,knil->il", jacobian, curvature) / len(k), shape)
    return found


def _curvature(states: Eigenstates) -> Array:
    """bar-Omega^{lis} of every band, shape (k, band, D, D)."""
    components = quantities.components(quantities.get("symmetrized_curvature"), states.model.dimension)
    return np.asarray(states.values(components).real)
