"""What a band carries: energy, velocity, s, and its currents."""

from __future__ import annotations

from symcur.expressions import H, J, P, Trace, s, v
from symcur.quantities.quantity import define

energy = define(
    "energy",
    (),
    lambda: Trace(P * H),
    r"\varepsilon",
    "energy",
    "band energy",
    {"A": "below (2)", "B": "below (1)", "C": "below (1)"},
)
velocity = define(
    "velocity",
    ("i",),
    lambda i: Trace(P * v(i)),
    r"v^{<i>}",
    "energy x length / hbar",
    "band velocity, the gradient of the energy",
    {"A": "(10)", "B": "above (5)", "C": "above (5)"},
)
s_expectation = define(
    "s_expectation",
    (),
    lambda: Trace(P * s),
    r"s",
    "s",
    "expectation value of s",
    {"A": "(10)", "B": "above (5)", "C": "above (5)"},
)
s_current = define(
    "s_current",
    ("i",),
    lambda i: Trace(P * J(i)),
    r"J^{<i>s}",
    "s x velocity",
    "conventional s current (1/2){v_i, s}",
    {"A": "introduction", "B": "above (1)", "C": "above (1)"},
)
drift_current = define(
    "drift_current",
    ("i",),
    lambda i: Trace(P * v(i) * P * s),
    r"v^{<i>}s",
    "s x velocity",
    "s carried along with the band velocity",
    {"A": "(10), (19)", "B": "above (5), (13)", "C": "above (5), (13)"},
)
