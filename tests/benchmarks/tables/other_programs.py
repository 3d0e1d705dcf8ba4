"""The same models in PythTB, where it is installed."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

import symcur as sc
from symcur.band_structures import tight_binding

HAS_PYTHTB = find_spec("pythtb") is not None


def in_pythtb(model: sc.Model) -> object:
    import pythtb

    bonds = tight_binding(model)
    D, N = model.dimension, model.size
    found = pythtb.tb_model(D, D, bonds.cell.vectors.tolist(), bonds.positions.tolist())
    origin = (0,) * D
    found.set_onsite(np.diag(bonds.hoppings[origin]).real.tolist())
    for R, T in bonds.hoppings.items():
        for a in range(N):
            for b in range(N):
                if origin < R or (origin == R and a < b):
                    found.set_hop(complex(T[a, b]), a, b, list(R), allow_conjugate_pair=True)
    return found
