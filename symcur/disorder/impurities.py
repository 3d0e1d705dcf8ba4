"""One kind of impurity: the Fourier pair C(q) and c(r) of the correlator of its potential, see ``potentials``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symcur.arrays import Array

_SMALL = 1e-15  # correlations at distances where c(r) has decayed to this are left out


@dataclass(frozen=True)
class Impurities:
    """One kind of impurity: shape "white", "gaussian" or "yukawa", range a, n u^2, and the matrix Gamma (None: 1)."""

    shape: str
    length: float
    strength: float
    structure: Any = None

    def of_wave_vector(self, q_squared: Array) -> Array:
        """C(q) of a continuum."""
        x = self.length**2 * q_squared
        if self.shape == "gaussian":
            return np.asarray(self.strength * np.exp(-x))
        return np.asarray(self.strength / (1 + x) ** 2)

    def of_distance(self, r: Array, dimension: int) -> Array:
        """c(r), the Fourier transform of C(q) in D = 2 or 3 dimensions; not for white noise."""
        a = self.length
        if self.shape == "gaussian":
            return np.asarray(self.strength * (4 * np.pi * a**2) ** (-dimension / 2) * np.exp(-(r**2) / (4 * a**2)))
        if dimension == 3:
            return np.asarray(self.strength * np.exp(-r / a) / (8 * np.pi * a**3))
        from scipy.special import k1

        x = np.maximum(r / a, 1e-12)  # x K_1(x) -> 1
        return np.asarray(self.strength * x * k1(x) / (4 * np.pi * a**2))

    @property
    def reach(self) -> float:
        """The distance beyond which c(r)/c(0) is below 1e-15."""
        decades = -np.log(_SMALL)
        return self.length * float(2 * np.sqrt(decades) if self.shape == "gaussian" else decades + np.log(decades))
