"""Haldane's honeycomb bands with on-site spin-singlet pairing: a superconductor of geometrically nontrivial bands."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symcur.model import Model
from symcur.models.haldane import haldane
from symcur.models.overrides import with_values
from symcur.models.pauli import k_x, k_y, sigma_0
from symcur.superconductors.nambu import bdg


def haldane_superconductor(**overrides: Any) -> Model:
    """The Haldane model for both spins, minus E_F, and Delta = Delta_0 on both sublattices; s = sigma_z (charge).

    4 x 4 singlet form, basis (A up, B up, A^+ down, B^+ down). Lattice constant 1. Parameters t = 1, t2 = 0.2, phi = 1,
    M = 0.3 of the Haldane model, E_F = 1, Delta_0 = 0.4.
    """
    normal = haldane()
    E_F, Delta_0 = sp.symbols("E_F Delta_0", real=True)
    model = bdg(
        normal.H - E_F * sigma_0,
        Delta_0 * sigma_0,
        (k_x, k_y),
        parameters={**normal.parameters, E_F: 1.0, Delta_0: 0.4},
        lattice=normal.lattice,
        name="haldane_superconductor",
        reference="F. D. M. Haldane, Phys. Rev. Lett. 61, 2015 (1988) for the bands; paired states of such bands in J. Robbins, "
        "J. F. Annett, M. Gradhand, Phys. Rev. B 101, 134505 (2020)",
        facts="The Bloch bands carry Berry curvature, and the orbital magnetization does not vanish. For Delta_0 -> 0 it is "
        "twice (two spins) the charge orbital magnetization of the Haldane model at the chemical potential E_F.",
    )
    return with_values(model, overrides)
