"""The shift of the s coordinate upon scattering, and its accumulation.

In a gauge-invariant form, for a matrix element V = <u'|V|u> between states of two nondegenerate bands,

    delta_sj r^s = -{ s' Im Tr[P' v' S' V P V^+] + s Im Tr[P' V S v P V^+] } / Tr[P' V P V^+],

which is the printed s' A' - s A - (s' d' + s d) arg V. Weighted with the rate, the correlator of the potential replaces
V V^+. The form factor of a potential that is even about the impurity drops out: its derivative enters with an imaginary
part of zero. The shift is antisymmetric under exchange of the two states.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from symcur import words
from symcur.disorder.rates import Kernel, Scattering

Array = NDArray[np.float64]


def half_shift(scattering: Scattering, axis: int) -> Kernel:
    """K[b, a] = 2 pi sum C Im Tr[P_b v_b S_b Gamma_p P_a Gamma_p'^+]; with it w delta_sj r^s = s_a K[a, b] - s_b K[b, a]."""
    return scattering.kernel(scattering.surface.bra(words.v(axis), words.S), "imag")


def weighted_shift(scattering: Scattering, axis: int, s: Array) -> Array:
    """w[b, a] delta_sj r^s[b, a] for scattering a -> b, along one axis, as a matrix; s are the s_n at the nodes."""
    K = half_shift(scattering, axis).matrix
    return np.asarray(s * K.T - s[:, None] * K)


def shift_rate(scattering: Scattering, s: Array) -> Array:
    """sum_b q_b w delta_sj r^s (M, D): the current that an electron of node a carries by its jumps."""
    q = scattering.surface.weight
    kernels = [half_shift(scattering, i) for i in range(scattering.surface.model.dimension)]
    return np.stack([s * K.onto(q) - K.back(q * s) for K in kernels], axis=-1)
