"""Occupation functions of the band energy e at chemical potential mu and temperature T (k_B = 1).

=========  =========================================  ============================
name       T > 0, x = (e - mu)/T                      T = 0
=========  =========================================  ============================
"f"        1/(1 + exp(x)), the Fermi function         theta(mu - e)
"g"        -T ln(1 + exp(-x)), so that dg/de = f      (e - mu) theta(mu - e)
"-df/de"   f (1 - f)/T                                delta(e - mu)
"entropy"  -dg/dT = ln(1 + exp(-x)) + x f             0
"df/dT"    x f (1 - f)/T, minus d("entropy")/de       0
"heat"     (3/pi^2) int_x^inf y^2 (-df/dy) dy         theta(mu - e)
"one"      1                                          1
=========  =========================================  ============================

and those of bosons, where e = mu must not occur:

=========  =========================================  ============================
"n"        1/(exp(x) - 1), the Bose function          -theta(-e)
"G"        T ln|1 - exp(-x)|, so that dG/de = n       -e theta(-e)
"-dn/de"   n (1 + n)/T                                0
"c_1"      -dG/dT = (1 + n) ln(1 + n) - n ln n        0
"dn/dT"    x n (1 + n)/T, minus d("c_1")/de           0
"c_2"      (3/pi^2) int_x^inf y^2 (-dn/dy) dy         2 theta(-e)
=========  =========================================  ============================

"n" and "G" are sums of "n_thermal" and "G_thermal", which vanish at T = 0, and of "n_zero_point" and "G_zero_point", which are
their values at T = 0 at every T.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from symcur.arrays import Array, Indices
from symcur.registry import Registry

from .memory import pieces

Weights = tuple[str, ...]

# Beyond |x| = FLAT every function above is constant, linear or zero to better than 1e-15.
FLAT = 40.0
_LARGEST = 746.0  # |x|; exp(-|x|) is zero in double precision


@dataclass(frozen=True)
class Occupation:
    """One function of the table.

    ``warm(x, decay, T)`` is it at T > 0, with decay = exp(-|x|), and ``cold(e - mu)`` at T = 0, apart from a delta function
    where ``delta`` says so. Far below mu it is filled[0] + filled[1] (e - mu), far above 0; one that is ``constant`` is 1
    everywhere. Its unit is energy^``energy``. It is singular at e = mu +- i ``pole`` T, and no closer to mu. The integral over all
    energies of the modulus of one that lives at mu alone, at T > 0, is ``area`` T^(1 + energy).
    """

    name: str
    warm: Callable[[Array, Array, Array], Array]
    cold: Callable[[Array], Array]
    filled: tuple[float, float] = (0.0, 0.0)
    delta: bool = False
    constant: bool = False
    energy: int = 0
    pole: float = np.pi
    area: float = 0.0


_SERIES = [*(1 / n**2 for n in range(8, 0, -1)), 0.0]  # of Li_2, the highest power first


def _dilogarithm(z: Array) -> Array:
    """Li_2(z) for -1 <= z < 1, by its series where 1 - z would lose digits."""
    from scipy.special import spence

    return np.where(np.abs(z) < 1e-2, np.polyval(_SERIES, z), spence(1 - z))


def _heat(x: Array, decay: Array, temperature: Array) -> Array:
    above = x**2 * decay / (1 + decay) + 2 * np.abs(x) * np.log1p(decay) - 2 * _dilogarithm(-decay)
    return np.asarray(np.where(x >= 0, above * 3 / np.pi**2, 1 - above * 3 / np.pi**2))


def _depletion(x: Array) -> Array:
    """1 - exp(-|x|)."""
    return np.asarray(-np.expm1(-np.abs(x)))


def _log_depletion(x: Array, decay: Array) -> Array:
    return np.where(decay < 0.5, np.log1p(-np.minimum(decay, 0.5)), np.log(_depletion(x)))


def _bose_heat(x: Array, decay: Array, temperature: Array) -> Array:
    # int_y^inf z^2 n (1 + n) dz = y^2 n - 2 y ln(1 - exp(-y)) + 2 Li_2(exp(-y))
    y = np.abs(x)
    above = y**2 * decay / _depletion(x) - 2 * y * _log_depletion(x, decay) + 2 * _dilogarithm(decay)
    above *= 3 / np.pi**2
    return np.asarray(np.where(x >= 0, above, 2 - above))


def _step(energy: Array) -> Array:
    return np.where(energy < 0, 1.0, 0.0)


OCCUPATIONS: Registry[Occupation] = Registry(
    "weights",
    [
        Occupation("f", lambda x, decay, T: np.where(x > 0, decay, 1.0) / (1 + decay), _step, (1.0, 0.0)),
        Occupation(
            "g",
            lambda x, decay, T: T * (np.minimum(x, 0) - np.log1p(decay)),
            lambda energy: np.minimum(energy, 0.0),
            (0.0, 1.0),
            energy=1,
        ),
        Occupation(
            "-df/de", lambda x, decay, T: decay / (1 + decay) ** 2 / T, np.zeros_like, delta=True, energy=-1, area=1.0
        ),
        Occupation(
            "entropy",
            lambda x, decay, T: np.log1p(decay) + np.abs(x) * decay / (1 + decay),
            np.zeros_like,
            area=np.pi**2 / 3,
        ),
        Occupation(
            "df/dT",
            lambda x, decay, T: x * decay / (1 + decay) ** 2 / T,
            np.zeros_like,
            energy=-1,
            area=2 * np.log(2),
        ),
        Occupation("heat", _heat, _step, (1.0, 0.0)),
        Occupation(
            "n",
            lambda x, decay, T: np.where(x > 0, decay, -1.0) / _depletion(x),
            lambda energy: -_step(energy),
            (-1.0, 0.0),
            pole=0.0,
        ),
        Occupation(
            "G",
            lambda x, decay, T: T * (_log_depletion(x, decay) - np.minimum(x, 0)),
            lambda energy: np.maximum(-energy, 0.0),
            (0.0, -1.0),
            energy=1,
            pole=0.0,
        ),
        Occupation("n_thermal", lambda x, decay, T: np.copysign(decay / _depletion(x), x), np.zeros_like, pole=0.0),
        Occupation("n_zero_point", lambda x, decay, T: -_step(x), lambda energy: -_step(energy), (-1.0, 0.0), pole=0.0),
        Occupation("G_thermal", lambda x, decay, T: T * _log_depletion(x, decay), np.zeros_like, energy=1, pole=0.0),
        Occupation(
            "G_zero_point",
            lambda x, decay, T: T * np.maximum(-x, 0.0),
            lambda energy: np.maximum(-energy, 0.0),
            (0.0, -1.0),
            energy=1,
            pole=0.0,
        ),
        Occupation("-dn/de", lambda x, decay, T: decay / _depletion(x) ** 2 / T, np.zeros_like, energy=-1, pole=0.0),
        Occupation(
            "c_1",
            lambda x, decay, T: np.abs(x) * decay / _depletion(x) - _log_depletion(x, decay),
            np.zeros_like,
            pole=0.0,
        ),
        Occupation("dn/dT", lambda x, decay, T: x * decay / _depletion(x) ** 2 / T, np.zeros_like, energy=-1, pole=0.0),
        Occupation("c_2", _bose_heat, lambda energy: 2 * _step(energy), (2.0, 0.0)),
        Occupation("one", lambda x, decay, T: np.ones_like(x), np.ones_like, (1.0, 0.0), constant=True),
    ],
)


def occupation(name: str, energy: Array, mu: Array | float, temperature: Array | float) -> Array:
    """The named function; arguments broadcast. Neither overflow nor underflow is an error.

    All temperatures are positive, or the temperature is the number 0; a delta function is then left out.
    """
    weight = OCCUPATIONS.get(name)
    below = np.asarray(energy - mu)
    if np.ndim(temperature) == 0 and temperature == 0:
        return weight.cold(below)
    with np.errstate(over="ignore"):
        x = below / temperature
    size = np.minimum(np.abs(x), _LARGEST)
    result = weight.warm(np.copysign(size, x), np.exp(-size), np.asarray(temperature))
    # Far below mu, where x is cut off.
    return result if weight.filled[1] == 0 else np.where(x < -_LARGEST, weight.filled[1] * below, result)


def columns(weights: Sequence[str]) -> dict[str, Indices]:
    """For every function in use, the components that carry it, in the order of the table."""
    return {
        name: np.array([c for c, w in enumerate(weights) if w == name], dtype=np.intp)
        for name in OCCUPATIONS.names()
        if name in weights
    }


def sum_over_bands(weights: Sequence[str], energies: Array, values: Array, mu: Array, temperature: Array) -> Array:
    """sum_n weight_c(e_n; mu, T) values_nc for energies (M, N) and values (M, N, C): shape (M, mu, T, C)."""
    total = np.zeros((len(energies), len(mu), len(temperature), len(weights)))
    together = columns(weights)
    for name, which in together.items():
        own = slice(None) if len(together) == 1 else which  # which numpy assigns faster
        mine = np.ascontiguousarray(values[..., own])
        for some in pieces(len(energies), energies.shape[1] * len(mu)):
            for t, T in enumerate(temperature):
                weight = occupation(name, energies[some, None, :], mu[:, None], T)
                total[some, :, t, own] = weight @ mine[some]
    return total
