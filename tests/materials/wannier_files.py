"""Writers of files as their specifications say, for formats of which no real file is at hand, and a made-up calculation to write.

Wannier90: the user guide, chapters "Files" and "Post-processing", and ``w90chk2chk``; TBmodels: what ``tbmodels.io.save`` writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

LATTICE = np.array([[3.0, 0.2, 0.0], [-0.4, 2.7, 0.1], [0.3, 0.0, 3.4]])


@dataclass
class Calculation:
    """Bloch states on a mesh: B bands, N functions from those in a window that changes with k, 6 neighbours or more of each k."""

    mesh: np.ndarray
    k: np.ndarray  # (K, 3)
    energies: np.ndarray  # (K, B)
    window: np.ndarray  # (K, B)
    packed: np.ndarray  # U_opt, (K, B, N), rows from the lowest band in the window
    U: np.ndarray  # (K, N, N)
    sigma: np.ndarray  # (K, B, B, 3)
    neighbours: np.ndarray  # (K, b, 4): the point and G
    M: np.ndarray  # (K, b, N, N)
    centres: np.ndarray

    @property
    def states(self) -> np.ndarray:
        V = np.zeros((len(self.k), self.energies.shape[1], self.U.shape[1]), dtype=complex)
        for k, inside in enumerate(self.window):
            V[k, inside] = self.packed[k, : inside.sum()] @ self.U[k]
        return V


def calculation(mesh=(2, 3, 2), B=5, N=4, seed=3) -> Calculation:
    rng = np.random.default_rng(seed)

    def normal(*shape):
        return rng.normal(size=shape) + 1j * rng.normal(size=shape)

    mesh = np.array(mesh)
    k = np.array(list(product(*map(range, mesh)))) / mesh
    K = len(k)
    window = np.ones((K, B), dtype=bool)
    window[::2, 0] = B == N  # the lowest band is out at every second k
    packed = np.zeros((K, B, N), dtype=complex)
    for n, inside in enumerate(window.sum(axis=1)):
        packed[n, :inside] = np.linalg.qr(normal(inside, inside))[0][:, :N]
    sigma = normal(K, B, B, 3)
    steps = np.concatenate([np.eye(3, dtype=int), -np.eye(3, dtype=int)])
    steps = np.concatenate(
        [steps, *(np.array([a + b, -a - b]) for a, b in ((steps[i], steps[j]) for i, j in ((0, 1), (0, 2), (1, 2))))]
    )
    steps = steps[rng.permutation(len(steps))]
    target = (k * mesh).round().astype(int)[:, None] + steps
    G = target // mesh
    points = np.ravel_multi_index(tuple(np.moveaxis(target % mesh, -1, 0)), mesh)
    centres = rng.uniform(-1, 1, size=(N, 3))
    b = (steps / mesh) @ (2 * np.pi * np.linalg.inv(LATTICE).T)
    M = 0.05 * normal(K, len(steps), N, N)
    M[:, :, range(N), range(N)] = 0.9 * np.exp(-1j * b @ centres.T)
    return Calculation(
        mesh,
        k,
        np.sort(rng.normal(size=(K, B)), axis=1),
        window,
        packed,
        np.linalg.qr(normal(K, N, N))[0],
        sigma + sigma.conj().swapaxes(1, 2),
        np.concatenate([points[..., None], G], axis=-1),
        M,
        centres,
    )


def numbers(rows, form="%25.17G") -> str:
    return "".join("".join(form % x for x in np.ravel(row)) + "\n" for row in rows)


def complex_numbers(values) -> str:
    return numbers(np.stack([np.real(values), np.imag(values)], axis=-1).reshape(-1, 2))


def record(*arrays) -> bytes:
    """A record of an unformatted Fortran file."""
    raw = b"".join(a if isinstance(a, bytes) else np.asarray(a).tobytes() for a in arrays)
    return len(raw).to_bytes(4, "little") + raw + len(raw).to_bytes(4, "little")


def checkpoint(made: Calculation, *, binary: bool) -> bytes:
    """``.chk`` or ``.chk.fmt``; M_ab(b, k) and the others stand with their first index running fastest."""
    K, B = made.energies.shape
    N, nn = made.U.shape[1], made.M.shape[1]
    reciprocal = 2 * np.pi * np.linalg.inv(LATTICE).T
    opt, U, M = (np.ascontiguousarray(np.swapaxes(x, -1, -2)) for x in (made.packed, made.U, made.M))
    if binary:
        i4 = lambda *x: np.array(x, dtype="i4")  # noqa: E731
        return b"".join(
            [
                record(b"written by a test".ljust(33)), record(i4(B)), record(i4(0)), record(b""),
                record(LATTICE.T.copy()), record(reciprocal.T.copy()), record(i4(K)), record(i4(*made.mesh)), record(made.k),
                record(i4(nn)), record(i4(N)), record(b"postwann".ljust(20)), record(i4(1)), record(np.array(1.5)),
                record(made.window.astype("i4")), record(made.window.sum(axis=1).astype("i4")),
                record(opt), record(U), record(M), record(made.centres), record(np.ones(N)),
            ]
        )  # fmt: skip
    text = f"written by a test\n{B}\n0\n" + numbers([LATTICE.T]) + numbers([reciprocal.T])
    text += f"{K}\n{made.mesh[0]} {made.mesh[1]} {made.mesh[2]}\n" + numbers(made.k) + f"{nn}\n{N}\npostwann\n1\n"
    text += numbers([[1.5]]) + "".join(f"{int(x)}\n" for x in made.window.ravel())
    text += "".join(f"{x}\n" for x in made.window.sum(axis=1))
    text += (
        complex_numbers(opt)
        + complex_numbers(U)
        + complex_numbers(M)
        + numbers(made.centres)
        + numbers(np.ones((N, 1)))
    )
    return text.encode()


def eig(made: Calculation) -> str:
    return "".join(
        f"{n + 1:5d}{k + 1:5d}{e:25.17f}\n" for k, row in enumerate(made.energies) for n, e in enumerate(row)
    )


def spn(made: Calculation, *, binary: bool) -> bytes:
    """The elements (n, m), n <= m, of sigma_x, sigma_y, sigma_z together, m outermost."""
    K, B = made.energies.shape
    elements = np.array([[made.sigma[k, n, m] for m in range(B) for n in range(m + 1)] for k in range(K)])
    if binary:
        rows = [record(b"a comment".ljust(60)), record(np.array([B, K], dtype="i4"))]
        return b"".join([*rows, *map(record, elements)])
    return (f"a comment\n{B} {K}\n" + complex_numbers(elements)).encode()


def nnkp(made: Calculation) -> str:
    rows = "".join(f"{k + 1} {p + 1} {a} {b} {c}\n" for k, row in enumerate(made.neighbours) for p, a, b, c in row)
    return f"File written by a test\ncalc_only_A  :  F\n\nbegin nnkpts\n  {made.M.shape[1]}\n{rows}end nnkpts\n"


def mmn(made: Calculation) -> str:
    """Overlaps of bands, made up: only the heads of the blocks are read."""
    K, B = made.energies.shape
    block = "1.0 0.0\n" * B**2
    heads = (f"{k + 1} {p + 1} {a} {b} {c}\n" for k, row in enumerate(made.neighbours) for p, a, b, c in row)
    return f"a comment\n{B} {K} {made.M.shape[1]}\n" + "".join(head + block for head in heads)


# -- text files of H(R) ------------------------------------------------------------------------------------------------
def hoppings(N=4, seed=5):
    """R, their degeneracies, H(R) and A(R) as printed: Hermitian, and times the degeneracy; with few digits."""
    rng = np.random.default_rng(seed)
    cells = np.array([R for R in product((-1, 0, 1), repeat=3) if abs(sum(R)) < 2])
    weights = 1 + np.abs(cells).sum(axis=1)

    def hermitian(*more):
        X = rng.normal(size=(len(cells), N, N, *more)) + 1j * rng.normal(size=(len(cells), N, N, *more))
        return X + X[::-1].swapaxes(1, 2).conj()

    return cells, weights, hermitian(), hermitian(3)


def flowing(weights) -> str:
    return "".join("".join(f"{w:5d}" for w in weights[n : n + 15]) + "\n" for n in range(0, len(weights), 15))


def hr(cells, weights, H) -> str:
    N = H.shape[1]
    lines = (
        f"{R[0]:5d}{R[1]:5d}{R[2]:5d}{a + 1:5d}{b + 1:5d}{t[a, b].real:12.6f}{t[a, b].imag:12.6f}\n"
        for R, t in zip(cells, H, strict=True)
        for b in range(N)
        for a in range(N)
    )
    return f" written by a test\n{N:12d}\n{len(cells):12d}\n{flowing(weights)}" + "".join(lines)


def tb(cells, weights, H, A) -> str:
    N = H.shape[1]
    text = " written by a test\n" + numbers(LATTICE, "%20.12f") + f"{N:12d}\n{len(cells):12d}\n{flowing(weights)}"
    for X in (H[..., None], A):
        for R, t in zip(cells, X, strict=True):
            text += f"\n{R[0]:5d}{R[1]:5d}{R[2]:5d}\n"
            for b in range(N):
                for a in range(N):
                    text += f"{a + 1:5d}{b + 1:5d}" + "".join(f"{x.real:16.8E}{x.imag:16.8E}" for x in t[a, b]) + "\n"
    return text


def wsvec(cells, shifts) -> str:
    """``shifts[R, a, b]``: a list of vectors T."""
    text = "## written on 1Jan2020 at 00:00:00  with use_ws_distance=.true.\n"
    for (n, a, b), vectors in np.ndenumerate(shifts):
        text += "{:5d}{:5d}{:5d}{:5d}{:5d}\n".format(*cells[n], a + 1, b + 1) + f"{len(vectors):5d}\n"
        text += "".join("{:5d}{:5d}{:5d}\n".format(*T) for T in vectors)
    return text


def wout(centres, unit="Ang") -> str:
    scale = 1.0 if unit == "Ang" else 1 / 0.529177210903
    vectors = "".join(
        f"                    a_{n + 1} {x:11.6f}{y:11.6f}{z:11.6f}\n" for n, (x, y, z) in enumerate(scale * LATTICE)
    )
    rows = "".join(
        f"  WF centre and spread{n + 1:5d}  ( {x:9.6f}, {y:9.6f}, {z:9.6f} ) {1.0:14.8f}\n"
        for n, (x, y, z) in enumerate(scale * np.asarray(centres))
    )
    wrong = rows.replace("( ", "( 9")
    return f"            Lattice Vectors ({unit})\n{vectors}\n Initial State\n{wrong}\n Final State\n{rows}  Sum of centres\n"


def xyz(centres) -> str:
    rows = "".join("X {:14.8f} {:14.8f} {:14.8f}\n".format(*r) for r in centres)
    return f"{len(centres) + 1:6d}\n Wannier centres\n{rows}Pt     0.0   0.0   0.0\n"


def win(more="") -> str:
    rows = "".join("{} {} {}\n".format(*row) for row in LATTICE / 0.529177210903)
    return f"num_wann = 4  ! functions\n{more}\nbegin unit_cell_cart\nbohr\n{rows}end unit_cell_cart\nmp_grid : 2 3 2\n"
