"""Exact statements on Bogoliubov quasiparticles, for xi(k), |Delta|(k) and theta(k) left undetermined.

What must vanish is reduced in the ``PairingAlgebra`` to its remainder, which is zero for all functions at once, or not. The
evidence has residual 0 (the number of statements that fail) and tolerance 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sympy import QQ, QQ_I

from symcur.claims.claim import CheckResult
from symcur.claims.notation import Omega_weighted, d, m, s_n
from symcur.expressions import I, J, Occupation, P, Re, S, Trace, tau, v, v_band
from symcur.quantities import get
from symcur.superconductors import PairingAlgebra

HALF, QUARTER, MINUS_HALF_I = QQ_I(QQ(1, 2)), QQ_I(QQ(1, 4)), QQ_I(0, QQ(-1, 2))


def exact(algebra: PairingAlgebra, statements: dict[str, Any]) -> CheckResult:
    """Each element must vanish for all xi, |Delta| and theta."""
    failed = [name for name, element in statements.items() if not algebra.vanishes(element)]
    said = "for all xi(k), |Delta|(k), theta(k): " + "; ".join(statements)
    text = said if not failed else "does not hold: " + "; ".join(failed)
    return CheckResult(not failed, float(len(failed)), 0.0, text)


def both(first: CheckResult, second: CheckResult, also: bool = True) -> CheckResult:
    holds = first.holds and second.holds and also
    return CheckResult(holds, first.residual + second.residual, 0.0, f"{first.text}; {second.text}")


def _cross(a: list[Any], b: list[Any]) -> Any:
    return a[0] * b[1] - a[1] * b[0]


def _gradient(algebra: PairingAlgebra, element: Any) -> list[Any]:
    return [algebra.derivative(element, axis) for axis in (0, 1)]


def _theta(algebra: PairingAlgebra) -> list[Any]:
    return [algebra.jet("theta", axis) for axis in (0, 1)]


def source() -> CheckResult:
    a = PairingAlgebra(odd=True)
    mu, mu_c, nu, nu_c = (a.generator[name] for name in ("mu", "mu_conjugate", "nu", "nu_conjugate"))
    matrix = a.read(tau, 1).array
    expectation = sum(
        left * matrix[row, column] * right
        for row, left in enumerate((mu_c, nu_c))
        for column, right in enumerate((mu, nu))
    )
    D, z, zi = a.jet("D"), a.phase, a.phase_inverse
    printed = 4 * a.number(MINUS_HALF_I) * (D * z * mu_c * nu - D * zi * nu_c * mu)
    return exact(a, {"psi^+ tau psi = 4 Im(Delta mu^* nu)": expectation - printed})


def current_operator() -> CheckResult:
    """J = grad xi for even xi (the paper's hole block); diag(grad xi(k), grad [xi(-k)]) in general."""
    even, odd = PairingAlgebra(), PairingAlgebra(odd=True)
    statements: dict[str, Any] = {}
    general: dict[str, Any] = {}
    for i in (0, 1):
        block = even.read(J(i), 1).array
        statements |= {
            f"J^{'xy'[i]}[{r}, {c}] = (d xi) delta_{{{r}{c}}}": block[r, c] - (even.jet("xi", i) if r == c else 0)
            for r, c in np.ndindex(2, 2)
        }
        block = odd.read(J(i), 1).array
        electron, hole = (odd.jet("xi", i) + sign * odd.jet("eta", i) for sign in (1, -1))
        general |= {
            f"J^{'xy'[i]} of electrons = d(xi + eta), of holes d(xi - eta)": block[0, 0] - electron,
            f"hole {'xy'[i]}": block[1, 1] - hole,
            f"no mixed part {'xy'[i]}": block[0, 1],
        }
    return both(exact(even, statements), exact(odd, general))


def charge() -> CheckResult:
    a = PairingAlgebra()
    return exact(a, {f"rho_{s:+d} = {s:+d} xi/E": a.read(s_n(), s) - s * a.rho for s in (1, -1)})


def dipole() -> CheckResult:
    a = PairingAlgebra(odd=True)
    statements = {
        f"d^{'xy'[i]} of band {s:+d} = (1/2)(rho0^2 - 1) d theta": a.read(d(i), s)
        - a.number(HALF) * (a.rho**2 - 1) * a.jet("theta", i)
        for s in (1, -1)
        for i in (0, 1)
    }
    return exact(a, statements)


def berry() -> CheckResult:
    a = PairingAlgebra(odd=True)
    cross = _cross(_gradient(a, a.rho), _theta(a))
    expression = get("berry_curvature").expression(0, 1)
    statements = {
        f"Omega of band {s:+d} = {-s:+d} (grad rho0 x grad theta)/2": a.read(expression, s) + a.number(HALF) * s * cross
        for s in (1, -1)
    }
    return exact(a, statements)


def moment() -> CheckResult:
    even, odd = PairingAlgebra(), PairingAlgebra(odd=True)
    connection = Re(-I * Trace(P * v(0) * S * J(1))) - Re(-I * Trace(P * v(1) * S * J(0)))
    circuits = connection / 2 + (d(0) * v_band(1) - d(1) * v_band(0)) / 2
    statements, domain = {}, {}
    for s in (1, -1):
        statements[f"m of band {s:+d} = (1/2) Re sum A x J + (1/2) d x v"] = odd.read(m(0, 1) - circuits, s)
        rotation = odd.read(connection / 2, s)
        drag = _cross([odd.read(d(i), s) for i in (0, 1)], _gradient(odd, odd.jet("eta")))
        statements[f"first circuit of band {s:+d} = (1/2) d x grad eta"] = rotation - odd.number(HALF) * drag
        domain[f"first circuit of band {s:+d} = 0 for even xi"] = even.read(connection / 2, s)
    nonzero = all(not odd.vanishes(odd.read(connection, s)) for s in (1, -1))
    return both(exact(odd, statements), exact(even, domain), also=nonzero)


def null_magnetization_statements() -> tuple[PairingAlgebra, dict[str, Any]]:
    """sum over bands of f m + g rho Omega = curl a - (remainder odd in k), a = (1/4)(g_+ + g_-) Im(Delta^* grad Delta)/E^2."""
    a = PairingAlgebra(odd=True)
    expression = Occupation("f") * m(0, 1) + Occupation("g") * Omega_weighted(0, 1)
    integrand = a.read(expression, 1) + a.read(expression, -1)
    Delta, conjugate = a.jet("D") * a.phase, a.jet("D") * a.phase_inverse
    g_sum, f_sum = (a.generator[f"{x}_+"] + a.generator[f"{x}_-"] for x in "gf")
    flow = [
        a.number(MINUS_HALF_I) * (conjugate * a.derivative(Delta, i) - Delta * a.derivative(conjugate, i))
        for i in (0, 1)
    ]
    potential = [a.number(QUARTER) * g_sum * a.inverse_energy**2 * component for component in flow]
    curl = a.derivative(potential[1], 0) - a.derivative(potential[0], 1)
    weight = a.number(QUARTER) * (1 - a.rho**2) * f_sum
    remainder = weight * _cross(_gradient(a, a.jet("eta")), _theta(a))
    return a, {
        "sum of f m + g rho Omega = curl a + (1/4)(1 - rho0^2)(f_+ + f_-) grad eta x grad theta": integrand
        - curl
        - remainder
    }
