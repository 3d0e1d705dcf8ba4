"""The paper's symbols for the quantities of a band, as functions of their axes, and an assumption that many claims share."""

from __future__ import annotations

from symcur.expressions import Occupation
from symcur.quantities import get

PERIODIC = "a periodic Brillouin zone, or integrands that decay: total derivatives integrate to zero"

f, g = Occupation("f"), Occupation("g")
df = Occupation("f", order=1)

s_n, J_n, drift = (get(name).expression for name in ("s_expectation", "s_current", "drift_current"))
d, Omega_ls = (get(name).expression for name in ("s_dipole", "mixed_berry_curvature"))  # d^{is}, Omega^{ls}
d_lis, Omega_lis = (get(name).expression for name in ("s_current_dipole", "s_berry_curvature"))
# m^{lis}, Omega^{li} s_n
m, Omega_weighted = (get(name).expression for name in ("orbital_moment", "s_weighted_curvature"))
grad_d = get("dipole_gradient").expression  # [i, l]: d_{k_l} d^{is}
d_tau, Omega_tau, G_tau = (get(f"torque_{name}").expression for name in ("dipole", "berry_curvature", "metric"))
q, chi = (get(f"torque_{name}").expression for name in ("quadrupole", "polarizability"))  # [i, l]

# [i, l]: what drives the intrinsic conserved current, from its definition and as the paper's result
driven = Omega_lis("l", "i") + chi("i", "l")
geometric = Omega_weighted("l", "i") + grad_d("i", "l")
