"""Occupation functions of the band energy e at chemical potential mu and temperature T (k_B = 1).

=========  =========================================  ============================
name       T > 0, x = (e - mu)/T                      T = 0
=========  =========================================  ============================
"f"        1/(1 + exp(x)), the Fermi function         theta(mu - e)
"g"        -T ln(1 + exp(-x)), so that dg/de = f      (e - mu) theta(mu - e)
"-df/de"   f (1 - f)/T                                delta(e - mu)
"entropy"  -dg/dT = ln(1 + exp(-x)) + x f             0
"df/dT"    x f (1 - f)/T, minus d("entropy")/de       0
"one"      1                                          1
=========  =========================================  ============================
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Weights = tuple[str, ...]

NAMES: Weights = ("f", "g", "-df/de", "entropy", "df/dT", "one")

# Beyond |x| = FLAT every function above is constant, linear or zero to better than 1e-15.
FLAT = 40.0


def occupation(name: str, energy: Array, mu: Array | float, temperature: Array | float) -> Array:
    """The named function at T > 0; arguments broadcast. Neither overflow nor underflow is an error."""
    with np.errstate(over="ignore"):
        x = np.clip((energy - mu) / temperature, -700.0, 700.0)
    decay = np.exp(-np.abs(x))
    result: Array = np.ones_like(x)
    if name == "f":
        result = np.where(x > 0, decay, 1.0) / (1 + decay)
    elif name == "g":
        result = -temperature * np.log1p(decay) + np.minimum(energy - mu, 0)
    elif name == "-df/de":
        result = decay / (1 + decay) ** 2 / temperature
    elif name == "df/dT":
        result = x * decay / (1 + decay) ** 2 / temperature
    elif name == "entropy":
        result = np.log1p(decay) + np.abs(x) * decay / (1 + decay)
    return result


def cold_occupation(name: str, energy: Array, mu: Array | float) -> Array:
    """The named function at T = 0 as a pointwise function; "-df/de" has no such value and gives 0."""
    below = energy - mu
    if name == "f":
        return np.where(below < 0, 1.0, 0.0)
    if name == "g":
        return np.minimum(below, 0.0)
    return np.ones_like(below) if name == "one" else np.zeros_like(below)


def columns(weights: Sequence[str]) -> dict[str, NDArray[np.intp]]:
    """For every function in use, the components that carry it, in the order of NAMES."""
    return {
        name: np.array([c for c, w in enumerate(weights) if w == name], dtype=np.intp)
        for name in NAMES
        if name in weights
    }
