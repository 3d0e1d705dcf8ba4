"""The operators of a model as exact matrices: for bosons every X is read as g X, g the metric of their equation of motion.

With g H, g v_i and g s for the letters the expressions of the theory hold as they stand, for a spectrum of both signs. These
matrices are not Hermitian; (g X)^+ = g^-1 (g X) g, and the trace of a word is the conjugate of that of the reversed one.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symcur.band_structures import Model

Letters = Callable[[str, tuple[int, ...]], sp.Matrix]


def letters(model: Model) -> Letters:
    """(name, axes) -> H differentiated along axes, or s."""
    if model.bosons is None:
        return model.formulas.symbolic
    g: sp.Matrix = model.bosons.g
    return lambda name, axes: g * model.formulas.symbolic(name, axes)
