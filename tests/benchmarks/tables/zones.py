"""Symmetric zones: how many momenta an integral takes, and how many it would take without the point group."""

from __future__ import annotations

import re
from unittest.mock import patch

import sympy as sp

import symcur as sc

from .clock import once, table

KX, KY, KZ = sp.symbols("k_x k_y k_z", real=True)


def triangular_rashba() -> sc.Model:
    """Rashba electrons on a triangular lattice: C6v, and time reversal."""
    half, up = sp.Rational(1, 2), sp.sqrt(3) / 2
    bonds = [(sp.Integer(1), sp.Integer(0)), (-half, up), (-half, -up)]
    angles = [KX * x + KY * y for x, y in bonds]
    energy = -2 * sum(map(sp.cos, angles))
    x, y = (sp.Rational(3, 10) * sum(sp.sin(a) * d[j] for a, d in zip(angles, bonds, strict=True)) for j in (0, 1))
    H = sp.Matrix([[energy, y + sp.I * x], [y - sp.I * x, energy]])
    return sc.Model(H, sp.diag(half, -half), k=(KX, KY), lattice=[[1, 0], [-half, up]], name="Rashba, triangular")


def cubic_luttinger() -> sc.Model:
    """Luttinger's holes on a simple cubic lattice: 48 operations."""
    half, side = sp.Rational(1, 2), sp.sqrt(3) / 2
    up = sp.Matrix([[0, 2 * side, 0, 0], [0, 0, 2, 0], [0, 0, 0, 2 * side], [0, 0, 0, 0]])
    J = [(up + up.T) / 2, (up - up.T) / (2 * sp.I), sp.diag(3 * half, half, -half, -3 * half)]
    k, g_1, g_2, g_3 = (KX, KY, KZ), sp.Integer(2), half, sp.Rational(7, 10)
    squares = [2 - 2 * sp.cos(q) for q in k]
    H = (g_1 + 5 * half * g_2) / 2 * sum(squares) * sp.eye(4)
    for i in range(3):
        H -= g_2 * squares[i] * J[i] ** 2
        for j in range(i):
            H -= g_3 * sp.sin(k[i]) * sp.sin(k[j]) * (J[i] * J[j] + J[j] * J[i])
    return sc.Model(H.expand(), J[2], k=k, lattice=[[1, 0, 0], [0, 1, 0], [0, 0, 1]], name="Luttinger, cubic")


def symmetric(quick: bool) -> str:
    graphene = sc.models.kane_mele(lambda_R=0.0, lambda_v=0.0)
    cases = [
        ("graphene with spin-orbit coupling, C6v and inversion", graphene, 0.0, 0.05, 24 if quick else 192),
        ("with Rashba coupling, C6v", sc.models.kane_mele(lambda_R=0.2, lambda_v=0.0), 1.2, 0.1, 24 if quick else 192),
        ("Rashba electrons, triangular lattice, C6v", triangular_rashba(), -1.0, 0.1, 24 if quick else 192),
        ("Luttinger holes, cubic lattice, Oh", cubic_luttinger(), 2.0, 0.3, 8 if quick else 32),
    ]
    rows = []
    for name, model, mu, T, n in cases:
        ways = {f"mesh, {n} points per axis": (T, {"method": sc.brillouin.Mesh(n), "rtol": 1e-3})}
        if model.dimension == 2:
            ways |= {f"auto, T = {T}": (T, {"rtol": 1e-3}), "auto, T = 0": (0.0, {"rtol": 1e-4})}
        elif not quick:
            ways |= {"auto, T = 0": (0.0, {"rtol": 1e-2})}
        for way, (temperature, options) in ways.items():
            call = lambda: once(lambda: sc.conductivity(model, mu, temperature, **options))  # noqa: B023, E731
            call()
            found, taken = call()
            with (
                patch("symcur.brillouin.mesh.symmetry_of", lambda problem: None),
                patch("symcur.brillouin.chambers.symmetries", lambda *at: {}),
            ):
                whole, without = call()
            factor, used = whole.evaluations / found.evaluations, re.search(r"(\d+) symmetries used", found.message)
            part = re.search(r"one of (\d+) parts", found.method)
            counts = used[1] if used else part[1] if part else "", found.evaluations, whole.evaluations
            rows.append([name, way, *counts, f"{factor:.1f}", f"{without / taken:.1f}"])
    head = ("", "", "operations used", "k points", "without symmetries", "ratio", "ratio of the times")
    return table("Symmetric zones, conserved conductivity", head, rows)
