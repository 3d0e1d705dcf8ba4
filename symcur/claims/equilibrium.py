"""Claims on equilibrium: no net flow, and a current that only circulates."""

from __future__ import annotations

from symcur.claims.claim import Claim
from symcur.claims.engine import Equality
from symcur.quantities import get
from symcur.words import Occupation

SECTION = "Equilibrium"
f, g = Occupation("f"), Occupation("g")
PERIODIC = "a periodic Brillouin zone, or integrands that decay: total derivatives integrate to zero"

vanishing_net_flow = Claim(
    "vanishing-net-flow",
    SECTION,
    {"A": "below (11)", "B": "(4), (5)", "C": "(4), (5)"},
    "In uniform equilibrium the conserved current vanishes: the integrand is a total derivative.",
    r"f J^{is} + f d^{i\tau} + g\, \Omega^{i\tau} = \partial_{k_i}(g\, s_n) \;\Rightarrow\;"
    r" \mathcal{J}_{\mathrm{un}} = 0",
    assumptions=(PERIODIC,),
    equalities=(
        Equality(
            f * get("s_current").word() + f * get("torque_dipole").word() + g * get("torque_berry_curvature").word(),
            0 * f,
            "zero up to the derivative of g s",
            primitive=(("i", g * get("s_expectation").word()),),
        ),
    ),
)
circulating_current = Claim(
    "circulating-current",
    SECTION,
    {"A": "(12)", "B": "above (6)", "C": "above (6)"},
    "The dipole density of J plus the torque quadrupole density is antisymmetric up to a total derivative: a curl.",
    r"f(d^{lis} + q^{il\tau}) + g(\Omega^{lis} + \chi^{il\tau}) = f m^{lis} + g\, \Omega^{li} s_n +"
    r" \partial_{k_l}(g\, d^{is}) \;\Rightarrow\; \mathbf{J} + \mathbf{J}^\tau = \nabla \times \mathbf{M}^s",
    assumptions=(PERIODIC, "first order in gradients for J, second order for the torque"),
    equalities=(
        Equality(
            f * (get("s_current_dipole").word("l", "i") + get("torque_quadrupole").word("i", "l"))
            + g * (get("s_berry_curvature").word("l", "i") + get("torque_polarizability").word("i", "l")),
            f * get("orbital_moment").word("l", "i") + g * get("s_weighted_curvature").word("l", "i"),
            "M^{li} = int f m^{lis} + g Omega^{li} s",
            primitive=(("l", g * get("s_dipole").word("i")),),
        ),
        Equality(
            f * get("orbital_moment").word("l", "i") + g * get("s_weighted_curvature").word("l", "i"),
            -f * get("orbital_moment").word("i", "l") - g * get("s_weighted_curvature").word("i", "l"),
            "M^{li} is antisymmetric, so that -d_l M^{li} is a curl and its divergence vanishes",
        ),
    ),
)

CLAIMS = (vanishing_net_flow, circulating_current)
