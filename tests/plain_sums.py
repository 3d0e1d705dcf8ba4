"""Every quantity as the sum over states that the paper prints, in plain NumPy loops: no expressions, no projectors.

One band at one k, nondegenerate; e are the energies and v[i], s, J[i], tau matrices between the eigenstates. Derivatives
by k are four-point differences.
"""

from __future__ import annotations

import numpy as np


class States:
    """Energies and matrix elements at one k, of H - field s."""

    def __init__(self, model, k, field=0.0) -> None:
        H, sigma = model.matrix("H", k), model.matrix("s", k)
        H = H - field * sigma
        self.e, U = np.linalg.eigh(H)
        self.N, self.D = len(self.e), model.dimension

        def between(X):
            return U.conj().T @ X @ U

        velocity = [model.matrix("H", k, (i,)) for i in range(self.D)]
        self.v = [between(X) for X in velocity]
        self.s = between(sigma)
        self.J = [between((X @ sigma + sigma @ X) / 2) for X in velocity]
        self.tau = between(-1j * (sigma @ H - H @ sigma))
        self.slope_of_tau = [between(-1j * (sigma @ X - X @ sigma)) for X in velocity]

    def others(self, n):
        return [m for m in range(self.N) if m != n]

    def omega(self, n, m):
        return self.e[n] - self.e[m]

    def moment(self, n, X, Y, power):
        """sum over m != n of X_nm Y_mn / omega_nm^power."""
        return sum(X[n, m] * Y[m, n] / self.omega(n, m) ** power for m in self.others(n))

    def connection(self, i, a, b):
        """A_ab = -i v_ab / omega_ab between different states."""
        return -1j * self.v[i][a, b] / self.omega(a, b)

    def interband(self, i, m, n):
        """The printed element D^i_mn of the torque dipole, in the covariant form."""
        v, tau = self.v[i], self.tau
        covariant = self.slope_of_tau[i][m, n]
        covariant = covariant + sum(v[m, p] * tau[p, n] / self.omega(m, p) for p in self.others(m))
        covariant = 1j * (covariant + sum(tau[m, p] * v[p, n] / self.omega(n, p) for p in self.others(n)))
        result = covariant / 2
        result += sum(self.connection(i, m, p) * tau[p, n] for p in self.others(m)) / 2
        result += sum(tau[m, p] * self.connection(i, p, n) for p in self.others(n)) / 2
        return result if m == n else result - 1j * tau[m, n] * v[n, n] / self.omega(n, m)


def projector(model, k, n, rank=1):
    """The projector onto the states n, n + 1, ... n + rank - 1 at k."""
    vectors = np.linalg.eigh(model.matrix("H", k))[1][:, n : n + rank]
    return vectors @ vectors.conj().T


def gradient(function, k, axis, step=2e-3):
    e = step * np.eye(len(k))[axis]
    values = [function(k + j * e) for j in (-2, -1, 1, 2)]
    return (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * step)


def quantity(name, model, k, n, axes=()):
    """The quantity of band n at k, at the given axes in the paper's order."""
    at = States(model, k)
    v, s, J, tau = at.v, at.s, at.J, at.tau
    i, l = (*axes, None, None)[:2]

    def d(axis, point=None):
        there = at if point is None else States(model, point)
        return there.moment(n, there.v[axis], there.s, 1).imag

    def d_current(position, flow):
        return at.moment(n, v[position], J[flow], 1).imag

    def m(position, flow):
        """(1/2) Re sum A x J + (1/2) d x v, the component along the normal of (position, flow)."""
        A_J = [
            sum(at.connection(a, n, p) * J[b][p, n] for p in at.others(n)).real
            for a, b in ((position, flow), (flow, position))
        ]
        return (A_J[0] - A_J[1] + d(position) * v[flow][n, n].real - d(flow) * v[position][n, n].real) / 2

    def curl():
        """d_h m^{il} + d_i m^{lh} + d_l m^{hi} + v_h Omega^{il} + v_i Omega^{lh} + v_l Omega^{hi}, all derivatives by differences."""

        def charge_moment(field):
            there = States(model, k, field[0])
            return there.moment(n, there.v[i], there.v[l], 1).imag

        charge = -2 * at.moment(n, v[i], v[l], 2).imag
        mixed = [-2 * at.moment(n, v[a], s, 2).imag for a in (i, l)]  # Omega^{as} = Omega^{ha}, as v_h = -s
        result = gradient(charge_moment, np.zeros(1), 0, 1e-3) - s[n, n].real * charge
        result += gradient(lambda point: d(i, point), k, l, 1e-3) - gradient(lambda point: d(l, point), k, i, 1e-3)
        return result + v[l][n, n].real * mixed[0] - v[i][n, n].real * mixed[1]

    match name:
        case "energy":
            return at.e[n]
        case "velocity":
            return v[i][n, n].real
        case "s_expectation":
            return s[n, n].real
        case "s_current":
            return J[i][n, n].real
        case "drift_current":
            return (v[i][n, n] * s[n, n]).real
        case "berry_curvature":
            return -2 * at.moment(n, v[i], v[l], 2).imag
        case "s_berry_curvature":
            return -2 * at.moment(n, v[i], J[l], 2).imag
        case "mixed_berry_curvature":
            return -2 * at.moment(n, v[i], s, 2).imag
        case "mixed_metric":
            return at.moment(n, v[i], s, 2).real
        case "s_weighted_curvature":
            return -2 * at.moment(n, v[i], v[l], 2).imag * s[n, n].real
        case "symmetrized_curvature":
            pairs = [(p, q) for p in at.others(n) for q in at.others(n)]
            rest = sum(v[i][n, p] * s[p, q] * v[l][q, n] / (at.omega(n, p) * at.omega(n, q)) for p, q in pairs)
            return -at.moment(n, v[i], v[l], 2).imag * s[n, n].real - np.imag(rest)
        case "faraday_curvature":
            return curl()
        case "s_weighted_moment":
            return at.moment(n, v[i], v[l], 1).imag * s[n, n].real
        case "s_dipole":
            return d(i)
        case "s_current_dipole":
            return d_current(i, l)
        case "dipole_gradient":
            return gradient(lambda point: d(i, point), k, l)
        case "orbital_moment":
            return m(i, l)
        case "torque_dipole":
            return at.moment(n, v[i], tau, 1).imag
        case "torque_berry_curvature":
            return -2 * at.moment(n, v[i], tau, 2).imag
        case "torque_metric":
            return at.moment(n, v[i], tau, 2).real
        case "torque_polarizability":
            interband = np.array([[at.interband(i, a, b) if a != b else 0 for b in range(at.N)] for a in range(at.N)])
            return gradient(lambda point: d(l, point), k, i) - 2 * at.moment(n, v[l], interband, 2).imag
        case "torque_quadrupole":
            return -d_current(l, i) + d(i) * v[l][n, n].real + m(l, i)
    raise ValueError(name)
