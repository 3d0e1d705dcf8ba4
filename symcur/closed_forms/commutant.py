"""Matrices of numbers that commute with given ones, and the projectors among them: linear algebra over Q(i, sqrt(p), ...).

By Schur's lemma a set of matrices, closed under adjoints, has constant blocks exactly where more than multiples of 1 commute
with all of it. The eigenprojectors of a Hermitian matrix that commutes are polynomials in it: with f g its minimal polynomial
over Q, f and g coprime, and a f + b g = 1, b g and a f project onto the kernels of f and g. No eigenvalue is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import combinations
from math import gcd, isqrt, prod
from typing import Any

import numpy as np
import sympy as sp
from flint import fmpq, fmpq_mat, fmpq_poly

from symcur.arrays import ObjectArray
from symcur.closed_forms.ring import Exact, NotExact, Ring, rational

_DRAWN = 4  # combinations of many matrices that are tried in their place
_SMALL = 2, 3, 5, 7  # primes whose roots are adjoined for eigenvalues
_MOST_ROOTS = 3
_LARGEST_SYSTEM = 600  # unknowns
_LONGEST = 10**12  # numerator times denominator of a squared length


class Numbers:
    """Q(i) with square roots of primes. A matrix is an array (units, rows, columns) of rational coordinates.

    The units are i^e sqrt(d), d a product of some of the primes; the first is 1.
    """

    def __init__(self, primes: Iterable[int]) -> None:
        self.primes = tuple(sorted(primes))
        if len(self.primes) > _MOST_ROOTS:
            raise NotExact(f"primes: expected square roots of {_MOST_ROOTS} primes at most, got {self.primes}")
        subsets = (chosen for n in range(len(self.primes) + 1) for chosen in combinations(self.primes, n))
        roots = [prod(chosen) for chosen in subsets]
        self.units = [(e, d) for e in (0, 1) for d in roots]
        self.table = {
            (u, v): (self.units.index((a ^ b, c * d // gcd(c, d) ** 2)), gcd(c, d) * (-1 if a and b else 1))
            for u, (a, c) in enumerate(self.units)
            for v, (b, d) in enumerate(self.units)
        }

    def product(self, A: ObjectArray, B: ObjectArray) -> ObjectArray:
        result = np.full((len(self.units), A.shape[1], B.shape[2]), fmpq(0))
        for (u, v), (w, factor) in self.table.items():
            if A[u].any() and B[v].any():
                result[w] = result[w] + A[u] @ B[v] * factor
        return result

    def adjoint(self, A: ObjectArray) -> ObjectArray:
        signs = np.array([-1 if e else 1 for e, _ in self.units], dtype=object)
        return np.asarray(A.transpose(0, 2, 1) * signs[:, None, None])

    def times_i(self, A: ObjectArray) -> ObjectArray:
        half = len(self.units) // 2
        return np.concatenate([-A[half:], A[:half]])

    def identity(self, size: int) -> ObjectArray:
        result = np.full((len(self.units), size, size), fmpq(0))
        result[0] += np.diag([fmpq(1)] * size)
        return result

    def sympy(self, A: ObjectArray) -> sp.Matrix:
        units = [sp.I**e * sp.sqrt(d) for e, d in self.units]
        rows, columns = A.shape[1:]
        return sp.Matrix(
            rows, columns, lambda a, b: sum(rational(x) * u for x, u in zip(A[:, a, b], units, strict=True))
        )

    # -- what ring elements are made of --------------------------------------------------------------------------------
    def coefficients(self, ring: Ring, matrices: Sequence[ObjectArray]) -> list[ObjectArray]:
        """The constant matrices of each independent function in square matrices over the ring, and their adjoints."""
        size, found = len(matrices[0]), dict[Any, ObjectArray]()
        outer = [j for j in range(ring.size) if j not in ring.squares]
        for number, matrix in enumerate(matrices):
            for (a, b), entry in np.ndenumerate(matrix):
                for exponents, constant in entry.by_powers(outer).items():
                    key = (number, tuple(e - s for e, s in zip(exponents, entry.shift, strict=True)))
                    found.setdefault(key, np.full((len(self.units), size, size), fmpq(0)))[:, a, b] = self._number(
                        constant
                    )
        ordered = (C for _, C in sorted(found.items()))
        return [X for C in ordered for X in (C + self.adjoint(C), self.times_i(C - self.adjoint(C))) if X.any()]

    def _number(self, constant: Exact) -> ObjectArray:
        coordinates = np.full(len(self.units), fmpq(0))
        for e, part in enumerate((constant.real, constant.imag)):
            for exponents, number in part.to_dict().items():
                d = prod(prime for j, prime in constant.ring.squares.items() if exponents[j])
                coordinates[self.units.index((e, d))] = number
        return coordinates

    # -- linear equations ----------------------------------------------------------------------------------------------
    def intertwiners(self, first: Sequence[ObjectArray], second: Sequence[ObjectArray]) -> list[ObjectArray]:
        """A basis over Q of the matrices T with T A = B T for the pairs of two lists."""
        pairs = list(zip(first, second, strict=True))
        if len(pairs) > _DRAWN:
            generator = np.random.default_rng(3)
            weights = generator.integers(1, 20, (_DRAWN, len(pairs))).tolist()
            drawn = [
                tuple(sum(w * X for w, X in zip(row, side, strict=True)) for side in (first, second)) for row in weights
            ]
            found = self._solutions(drawn)
            if all((self.product(T, A) == self.product(B, T)).all() for T in found for A, B in pairs):
                return found
        return self._solutions(pairs)

    def _solutions(self, pairs: Sequence[Any]) -> list[ObjectArray]:
        rows, columns = pairs[0][1].shape[1], pairs[0][0].shape[1]
        count, cells = len(self.units), rows * columns
        if count * cells > _LARGEST_SYSTEM:
            raise NotExact(f"matrices: expected at most {_LARGEST_SYSTEM} unknowns, got {count * cells}")
        system = np.full((len(pairs), count, cells, count, cells), fmpq(0))
        one, other = (
            np.array([[int(a == b) for a in range(n)] for b in range(n)], dtype=object) for n in (rows, columns)
        )
        for equations, (A, B) in zip(system, pairs, strict=True):
            for (u, v), (w, factor) in self.table.items():
                if A[v].any():
                    equations[w, :, u] = equations[w, :, u] + np.kron(one, A[v].T) * factor
                if B[v].any():
                    equations[w, :, u] = equations[w, :, u] - np.kron(B[v], other) * factor
        matrix = fmpq_mat(system.reshape(-1, count * cells).tolist()).numer_denom()[0]
        kernel, dimension = matrix.nullspace()
        kernel = kernel.tolist()
        columns_of = (np.array([fmpq(int(row[j])) for row in kernel], dtype=object) for j in range(dimension))
        return [column.reshape(count, rows, columns) for column in columns_of]

    # -- projectors ----------------------------------------------------------------------------------------------------
    def projectors(self, matrices: Sequence[ObjectArray]) -> list[ObjectArray]:
        """Projectors of sum 1, two or more, that commute with the matrices; empty where none are found.

        Raises ``RootNeeded`` where they need a root that these numbers do not have.
        """
        return self._eigenprojectors(self.intertwiners(matrices, matrices))

    def chiral_projectors(self, matrices: Sequence[ObjectArray]) -> list[ObjectArray]:
        """Two projectors of sum 1 between which the matrices act, (1 + X)/2 and (1 - X)/2 for an X that anticommutes with all;
        otherwise as ``projectors``."""
        found = self._eigenprojectors(self.intertwiners(matrices, [-X for X in matrices]))
        return found if len(found) == 2 else []

    def _eigenprojectors(self, solutions: Sequence[ObjectArray]) -> list[ObjectArray]:
        """Those of the simplest Hermitian one of the solutions, a linear space with adjoints, that has them."""
        both = (X for T in solutions for X in (T + self.adjoint(T), self.times_i(T - self.adjoint(T))))
        candidates = [X for X in both if (X[:, :1, :1] * self.identity(X.shape[1])[0] != X).any()]
        candidates.sort(key=lambda X: (np.count_nonzero(X * (1 - np.eye(X.shape[1], dtype=int))), np.count_nonzero(X)))
        factors = [(X, [f for f, _ in self._minimal_polynomial(X).factor()[1]]) for X in candidates]
        for X, found in factors:
            if len(found) > 1:
                return [self._onto_kernel(f, found, X) for f in found]
        quadratic = [(X, f[0], d) for X, f in factors if f[0].degree() == 2 and (d := self._radicand(f[0]))]
        for X, f, d in quadratic:
            if (0, prod(d)) in self.units:
                return self._halves(f, prod(d), X)
        if quadratic:
            raise RootNeeded(*min((d for _, _, d in quadratic), key=lambda primes: (len(primes), max(primes))))
        return []

    def eigenspaces(self, X: ObjectArray) -> list[ObjectArray]:
        """Projectors onto those of a Hermitian matrix, of eigenvalues that are conjugate over Q together."""
        factors = [f for f, _ in self._minimal_polynomial(X).factor()[1]]
        return [self._onto_kernel(f, factors, X) for f in factors] if len(factors) > 1 else [self.identity(X.shape[1])]

    def _minimal_polynomial(self, X: ObjectArray) -> Any:
        """Over Q, of the matrix as a linear map of rational coordinates."""
        count, n = len(self.units), X.shape[1]
        whole = np.full((count, n, count, n), fmpq(0))
        for (u, v), (w, factor) in self.table.items():
            whole[w, :, v] = whole[w, :, v] + X[u] * factor
        return fmpq_mat(whole.reshape(count * n, -1).tolist()).minpoly()

    def _onto_kernel(self, f: Any, factors: Sequence[Any], X: ObjectArray) -> ObjectArray:
        rest = reduce(lambda a, b: a * b, (g for g in factors if g is not f), fmpq_poly([1]))
        _, inverse, _ = rest.xgcd(f)
        result = 0 * X
        one = self.identity(X.shape[1])
        for coefficient in reversed((inverse * rest).coeffs()):
            result = self.product(result, X) + one * coefficient
        return result

    def _radicand(self, f: Any) -> list[int]:
        """The primes whose product is the discriminant of a quadratic polynomial, up to squares; empty where others are in it."""
        c0, c1, c2 = f.coeffs()
        discriminant = c1 * c1 - 4 * c0 * c2
        rest, found = int(discriminant.p) * int(discriminant.q), []
        for prime in sorted({*self.primes, *_SMALL}):
            power = sp.multiplicity(prime, rest)
            rest //= prime**power
            found += [prime] * (power % 2)
        return found if isqrt(rest) ** 2 == rest else []

    def _halves(self, f: Any, d: int, X: ObjectArray) -> list[ObjectArray]:
        """(1 +- (X - a)/sqrt(b^2 d))/2 for the minimal polynomial f = (x - a)^2 - b^2 d."""
        c0, c1, c2 = f.coeffs()
        a = -c1 / (2 * c2)
        square = (a * a - c0 / c2) / d
        one = self.identity(X.shape[1])
        unit = 0 * one
        unit[self.units.index((0, d))] = one[0] * fmpq(isqrt(int(square.q)), isqrt(int(square.p)) * d)
        Y = self.product(X - one * a, unit)
        return [(one + Y) / fmpq(2), (one - Y) / fmpq(2)]

    def are_equivalent(self, first: Sequence[ObjectArray], second: Sequence[ObjectArray]) -> bool:
        """Is there a unitary matrix U with U A U^+ = B for all pairs? Found where a solution T of T A = B T has T^+ T = c 1."""
        found = self.intertwiners(first, second)
        squares = (self.product(self.adjoint(T), T) for T in found)
        return any((X[:, :1, :1] * self.identity(X.shape[1])[0] == X).all() for X in squares)

    def bases(self, projectors: Sequence[ObjectArray], longest: int = _LONGEST) -> list[sp.Matrix]:
        """Orthonormal columns that span the ranges; empty where their lengths are no square roots of rational numbers."""
        found = [self._orthonormal(projector, longest) for projector in projectors]
        return [basis for basis in found if basis is not None] if None not in found else []

    def _orthonormal(self, projector: ObjectArray, longest: int) -> sp.Matrix | None:
        columns: list[tuple[ObjectArray, fmpq]] = []
        for j in range(projector.shape[2]):
            v = projector[:, :, j : j + 1]
            for w, squared in columns:
                v = v - self.product(w, self.product(self.adjoint(w), v)) / squared
            if not v.any():
                continue
            length = self.product(self.adjoint(v), v).ravel()
            if length[1:].any() or length[0].p * length[0].q > longest:
                return None
            columns.append((v, length[0]))
        return sp.Matrix.hstack(*(self.sympy(v) / sp.sqrt(rational(squared)) for v, squared in columns))


class RootNeeded(ValueError):
    """The square roots of these primes are needed."""
