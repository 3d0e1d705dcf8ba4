"""Claims on the s orbital magnetization: what it is for charge, and what its gauge freedom leaves unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import sympy as sp

from symcur import microscope, models
from symcur.claims.claim import Claim, Evidence
from symcur.claims.engine import Equality
from symcur.claims.equilibrium import SECTION
from symcur.claims.lattices import Pair, Zone, agreement, fermi, primitive_vectors
from symcur.model import Model
from symcur.words import Axis, Derivative, Operator, P, Trace, Word, total

FLAKES = (8, 11, 14, 17)  # cells along an edge
MU, TEMPERATURE = 0.4, 0.25


def moment_of_flake(model: Model, cells: int, mu: float, temperature: float) -> float:
    """(1/2) <r x v> of a rhombic flake of cells x cells cells with open boundaries, in real space, e = 1."""
    x, N = microscope.positions(model), model.size
    bonds = np.zeros((cells, cells, N, cells, cells, N), dtype=complex)
    for (R1, R2), t in microscope.hoppings(model).items():
        for c1, c2 in np.ndindex(cells, cells):
            if 0 <= c1 + R1 < cells and 0 <= c2 + R2 < cells:
                bonds[c1, c2, :, c1 + R1, c2 + R2, :] += t
    H = bonds.reshape(cells**2 * N, cells**2 * N)
    corners = np.stack(np.meshgrid(range(cells), range(cells), indexing="ij"), axis=-1)
    X, Y = ((corners[:, :, None, :] + x).reshape(-1, 2) @ primitive_vectors(model)).T
    energies, states = np.linalg.eigh(H)
    occupied = (states * fermi(energies, mu, temperature)) @ states.conj().T

    def turning(a: np.ndarray, b: np.ndarray) -> float:  # <a v_b>, v = i[H, r]
        return float(np.einsum("ab,ba->", occupied, a[:, None] * 1j * (H * b[None, :] - b[:, None] * H)).real)

    return (turning(X, Y) - turning(Y, X)) / 2


@cache
def magnetization_of_flakes(model: Model, mu: float, temperature: float) -> tuple[float, float]:
    """The moment per area of a large flake and its error: the moment is M area + edges + corners + exponentials."""
    moments = [moment_of_flake(model, cells, mu, temperature) for cells in FLAKES]
    area = abs(np.linalg.det(primitive_vectors(model)))

    def bulk(chosen: Sequence[int]) -> float:
        sizes = np.array([FLAKES[j] for j in chosen], dtype=float)
        return float(np.linalg.solve(sizes[:, None] ** [2, 1, 0], [moments[j] for j in chosen])[0] / area)

    return bulk((1, 2, 3)), abs(bulk((1, 2, 3)) - bulk((0, 1, 2)))


def check_orbital_magnetization() -> Evidence:
    """M^s with s = 1 of the Haldane model against (1/2)<r x v> of open flakes."""
    haldane = models.get("haldane")
    charge = haldane.replace(s=sp.eye(2))
    zone = Zone(charge, MU, TEMPERATURE, 48)
    M = zone.integral("orbital_moment", "f", ("s_weighted_curvature", "g"))[0, 1]
    flakes, error = magnetization_of_flakes(haldane, MU, TEMPERATURE)
    text = (
        f"Haldane model, mu = {MU}, T = {TEMPERATURE}: int f m + g Omega = {M:.8f} against the moment per area of rhombic "
        f"flakes of {', '.join(map(str, FLAKES))} cells along an edge, extrapolated."
    )
    return agreement([Pair("M_z", flakes, M, error)], 1e-5, text)


orbital_magnetization = Claim(
    "orbital-magnetization",
    SECTION,
    {"A": "(13)", "B": "(6)", "C": "(6)"},
    "The circulating current has the s orbital magnetization M^s, which for s -> e is the charge orbital magnetization.",
    r"\mathbf M^s = \int (f_n \mathbf m^s_n + g_n \boldsymbol\Omega_n s_n),\qquad s \to e:\ \mathbf M = \frac{1}{V}"
    r"\left\langle \tfrac12 \mathbf r \times e\mathbf v \right\rangle",
    recorded="confirmed",
    assumptions=("that J + J^tau = curl M^s is proved by circulating-current; checked here is the case s = 1",),
    check=check_orbital_magnetization,
)

# -- gauge freedom ---------------------------------------------------------------------------------------------------
_AXES = ("i", "l", "h")  # three perpendicular directions, right-handed
_phi = Trace(P * Operator("phi"))  # any function; derivatives commute, as those in space do


def gradient_part(l: Axis, i: Axis) -> Word:
    """What M_k -> M_k + d_k phi adds to M^{li} = eps_{lik} M_k."""
    sign = {k: int(sp.LeviCivita(*map(_AXES.index, (l, i, k)))) for k in _AXES}
    return total(*(sign[k] * Derivative(k, _phi) for k in _AXES if sign[k]))


magnetization_gauge = Claim(
    "magnetization-gauge",
    SECTION,
    {"A": "[23]", "B": "[34]", "C": "[34]"},
    "M^s is defined up to a gradient, which leaves the current density unchanged. An antisymmetric part of Q, which the torque "
    "does not fix, changes M^s by more than a gradient, and the current by a curl, but neither its divergence nor a net flow.",
    r"\nabla \times (\mathbf M^s + \nabla \phi) = \nabla \times \mathbf M^s;\qquad \partial_i \partial_l A^{il} = 0\ "
    r"(A^{il} = -A^{li})",
    assumptions=(
        "unchanged: the current density, the flow through any section, and in 2D M_z itself up to a constant",
        "phi and A are any functions; the derivatives are any that commute, as those in space do",
    ),
    equalities=(
        Equality(
            total(*(-Derivative(l, gradient_part(l, "i")) for l in ("l", "h"))),
            0 * P,
            "the gradient adds nothing to the current along i, nor by renaming to the others",
        ),
        Equality(
            Derivative("i", Derivative("l", _phi)) + Derivative("l", Derivative("i", -_phi)),
            0 * P,
            "an antisymmetric part of Q, A^{il} = -A^{li} = phi, makes no torque",
        ),
    ),
)

CLAIMS = (orbital_magnetization, magnetization_gauge)
