"""The size that a number has by its unit: what is small beside it came from rounding, or from a symmetry."""

from __future__ import annotations

import re

import numpy as np

from symcur.band_structures.band_structure import BandStructure
from symcur.brillouin import Ball, Domain

_REACH = 2.0  # of momenta in the continuum, where no domain is given


def natural_size(model: BandStructure, unit: str, domain: Domain | None = None) -> float:
    """The size of numbers in a unit such as "s x length^2 / energy" or "e s / (hbar length^(D-2))".

    s stands for the norm of the operator, energy for the spread of the energies over the domain, length for the edge of a cell, (2 pi)
    over the edge of the domain; everything else is 1. Measured at a few momenta of the domain, by default the cell, or a ball.
    """
    domain = domain or model.cell or Ball(model.dimension, _REACH)
    k, jacobian = domain.map(np.random.default_rng(23).uniform(size=(16, model.dimension)))
    length = float(np.mean(jacobian)) ** (-1 / model.dimension)  # the cube has the volume 1/length^D in k/(2 pi)
    spread = float(np.ptp(model.energies(k)))
    sizes = {
        "s": float(np.linalg.norm(model.matrix("s", k[0]), 2)),
        "energy": spread,
        "length": length,
        "velocity": spread * length,
    }
    over, _, under = unit.partition(",")[0].partition("/")
    total = 1.0
    for factors, sign in ((over, 1), (under, -1)):
        for name, power in re.findall(r"([A-Za-z_]+)(?:\^(\(D-\d\)|\d+))?", factors):
            size = sizes.get(name, 1.0) or (0.0 if sign > 0 else 1.0)
            total *= size ** (sign * _exponent(power, model.dimension))
    return total


def _exponent(text: str, dimension: int) -> int:
    return dimension - int(text[3:-1]) if text.startswith("(") else int(text or 1)
