"""Random boson Hamiltonians on a square lattice, and sums over states that share no code with the project."""

from __future__ import annotations

import numpy as np

import symcur as sc


def random_magnet(seed: int, modes: int = 2, size: float = 0.3) -> sc.Model:
    """H(k) > 0 in the basis (b_k, b^+_-k) with hoppings to neighbours and a random particle-hole symmetric s."""
    generator = np.random.default_rng(seed)

    def matrix() -> np.ndarray:
        return generator.normal(size=(modes, modes)) + 1j * generator.normal(size=(modes, modes))

    onsite, pairing, s_particle, s_pair = matrix(), matrix(), matrix(), matrix()
    hoppings = {}
    for R in ((0, 0), (1, 0), (0, 1)):
        A, B = size * matrix(), size * matrix()
        back = tuple(-r for r in R)
        if R == (0, 0):
            A, B = onsite + onsite.conj().T, (pairing + pairing.T) / 4
            hoppings[R] = np.block([[A, B], [B.conj().T, A.conj()]])
            continue
        C = size * matrix()  # B(k) = B(-k)^T: the hopping back is the transpose
        hoppings[R] = np.block([[A, C], [C.conj(), A.conj()]])
        hoppings[back] = hoppings[R].conj().T
    u = np.linspace(-np.pi, np.pi, 25)
    k = np.stack(np.meshgrid(u, u), axis=-1).reshape(-1, 1, 1, 2)
    H = sum(t * np.exp(1j * k @ np.array(R))[..., :] for R, t in hoppings.items())
    hoppings[0, 0] += (0.4 - np.linalg.eigvalsh(H).min()) * np.eye(2 * modes)
    s = np.block([[s_particle + s_particle.conj().T, s_pair + s_pair.T], [np.zeros((modes, modes))] * 2])
    s[modes:, :modes], s[modes:, modes:] = s[:modes, modes:].conj().T, s[:modes, :modes].conj()
    return sc.Model.from_hoppings(hoppings, s, np.eye(2), name=f"magnet {seed}", metric="bosons")


class States:
    """Eigenvectors of g H by a general solver, with the inverse matrix as left ones; barred letters as matrices."""

    def __init__(self, model: sc.Model, k: np.ndarray) -> None:
        g = model.metric
        bar = lambda name, *axes: g @ model.matrix(name, k, axes)  # noqa: E731
        values, R = np.linalg.eig(bar("H"))
        order = np.argsort(values.real)
        self.E, R = values.real[order], R[:, order]
        L = np.linalg.inv(R)
        self.v = [L @ bar("H", i) @ R for i in range(2)]
        self.w = [[L @ bar("H", i, l) @ R for l in range(2)] for i in range(2)]
        self.s = L @ bar("s") @ R
        self.tau = -1j * (self.s * self.E - self.E[:, None] * self.s)
        self.J = [(v @ self.s + self.s @ v) / 2 for v in self.v]

    def pair(self, X: np.ndarray, Y: np.ndarray, power: int) -> np.ndarray:
        """sum over m of X_nm Y_mn / (E_n - E_m)^power."""
        gap = self.E[:, None] - self.E
        with np.errstate(divide="ignore"):
            inverse = np.where(gap == 0, 0.0, gap ** -float(power))
        return (X * Y.T * inverse).sum(axis=1)
