"""The spin Hall response of a Rashba gas with two filled subbands: conventional, band and dipole parts in e/8pi."""

import numpy as np

import symcur as sc

mu, m, alpha, M = 1.0, 1.0, 0.7, 0.02
model = sc.models.rashba(m=m, alpha=alpha, M=M)
# On the Fermi circles half the splitting, E = sqrt(alpha^2 k^2 + M^2), solves k^2/2m -+ E = mu.
root = np.sqrt(m**2 * alpha**4 + 2 * m * alpha**2 * mu + M**2)
E_fermi = [root + m * alpha**2, root - m * alpha**2]  # lower band, upper band


def part(quantity: str, axes: tuple[int, int]) -> float:
    """int d^2k/(2 pi)^2 of a component over both filled discs, in units of 1/8pi.

    The model is isotropic, so an antisymmetric pair of components depends on |k| only; k = (k, 0) stands for all.
    With alpha k = M sinh x the integrand is smooth, and Gauss-Legendre nodes in x suffice.
    """
    total = 0.0
    nodes, weights = np.polynomial.legendre.leggauss(40)
    for band, E in enumerate(E_fermi):
        end = np.arccosh(E / M)
        x = end * (nodes + 1) / 2
        k = M / alpha * np.sinh(x)
        tensor = sc.evaluate(model, quantity, np.stack([k, 0 * k], axis=-1))[:, band]
        component = (tensor[:, axes[0], axes[1]] - tensor[:, axes[1], axes[0]]) / 2
        total += np.sum(weights * end / 2 * M / alpha * np.cosh(x) * k * component) / (2 * np.pi)
    return 8 * np.pi * total


# By hand, with E dE = alpha^2 k dk: the conventional part is 1 - M^2/(E_1 E_2), the band part 1 - (M^2/2)(1/E_1^2 +
# 1/E_2^2), and the dipole part is minus the band part. For M -> 0 they tend to 1, 1 and -1: the universal value e/8pi
# of Sinova et al., Phys. Rev. Lett. 92, 126603 (2004), is cancelled in the conserved current.
conventional = 1 - M**2 / (E_fermi[0] * E_fermi[1])
band = 1 - M**2 / 2 * (E_fermi[0] ** -2 + E_fermi[1] ** -2)
for name, quantity, axes, expected in (
    ("conventional", "s_berry_curvature", (1, 0), conventional),  # indices [l, i]: field along y, flow along x
    ("band", "s_weighted_curvature", (1, 0), band),
    ("dipole", "dipole_gradient", (0, 1), -band),  # indices [i, l]
):
    print(f"{name:12}  {part(quantity, axes):9.6f}   by hand {expected:9.6f}")
