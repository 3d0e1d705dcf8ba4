"""Parts of the unit cube of a domain as images of a cube: boxes, triangles and prisms on them, tetrahedra.

A map that is linear in each coordinate is given by where it takes the corners of the cube. Of a triangle one of the four lies on an
edge, of a tetrahedron four do; there, and for the tetrahedron along two lines in its faces, the Jacobian vanishes, and not at the
corners of the part or in the middle of its edges, where symmetries put touchings and pockets.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from symcur.arrays import Array

from .domains import Domain

TURNS, OUTSIDE = 60, 0.5  # steps towards the point of a part, and how far beyond a face they go
CLOSE, REGULAR = 1e-13, 1e-14  # steps that are none, and what keeps matrices from being singular
FOLDED = 0.03  # of the mean Jacobian, which less of makes polynomials in u poor ones in x
# Where on their edges the corners of simplices lie that are none: next to the middle, where boxes are small, and off simple fractions.
A, B, C, E = 0.4436, 0.3172, 0.4672, 0.6593
# The corners of simplices by their edges: of those at 0 and at the end of an edge none is a corner that the cube has twice.
CORNERS = {
    1: [[0.0], [1.0]],
    2: [[0.0, 0.0], [0.0, A], [1.0, 0.0], [0.0, 1.0]],
    3: [
        [0.0, 0.0, 0.0],
        [0.0, 0.0, A],
        [0.0, 1.0, 0.0],
        [0.0, 1 - B, B],
        [1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0],
        [C, 1 - C, 0.0],
        [0.0, 1 - E, E],
    ],
}


class Part(Domain):
    """The part of the unit cube of a domain that x in [0, 1]^D is taken to, ``corners`` (2, ..., 2, D) by the corners of x."""

    def __init__(self, domain: Domain, corners: Array) -> None:
        self.domain, self.corners = domain, corners
        D = self.dimension = domain.dimension
        self.description = domain.description
        self._corners = corners.reshape(-1, D)  # in a row
        changes = [np.diff(corners, axis=a).reshape(-1, D) for a in range(D)]
        self.steps: Array = np.stack([np.abs(change).max(axis=0) for change in changes], axis=-1)
        """The most by which u_b changes with x_a, shape (D, D)."""
        self.periodic = tuple(
            bool(p and (change == e).all()) for p, change, e in zip(domain.periodic, changes, np.eye(D), strict=True)
        )
        straight = all((change == change[0]).all() for change in changes)
        self._edges = np.stack([change[0] for change in changes], axis=-1) if straight else None
        nodes = 0.5 + np.array(list(product((-1, 1), repeat=D))) / np.sqrt(12)
        self._volume = abs(float(self._determinant(nodes).mean()))
        self.parts = round(1 / self._volume)
        if all(domain.periodic):
            self.extent = self.steps.max(axis=0)

    @classmethod
    def spanned(cls, domain: Domain, low: Array, edges: Array, simplex: int = 1) -> Part:
        """The part at ``low`` with these edges (D, D), columns; so many of the first of them span a ``simplex``, if not 1."""
        D = len(low)
        first = np.array(CORNERS[simplex]) @ edges[:, :simplex].T
        rest = np.array(list(product((0.0, 1.0), repeat=D - simplex))) @ edges[:, simplex:].T
        return cls(domain, (low + first[:, None] + rest).reshape(*(2,) * D, D))

    def of_domain(self, x: Array) -> Array:
        """Points x of the unit cube of the part as points of that of the domain."""
        if self._edges is not None:
            return np.asarray(self._corners[0] + x @ self._edges.T)
        return np.asarray(self._weights(x) @ self._corners)

    def of_part(self, u: Array) -> Array:
        """The other way for u (M, D), shape (M, D), by Newton's method; beyond the part only near it."""
        if self._edges is not None:
            return np.asarray((u - self._corners[0]) @ np.linalg.inv(self._edges).T)
        x, active = np.full(u.shape, 0.5), np.arange(len(u))
        for _ in range(TURNS):
            if not len(active):
                break
            miss = u[active] - self.of_domain(x[active])
            moved = np.linalg.solve(self._derivatives(x[active]) + REGULAR * np.eye(self.dimension), miss[:, :, None])[
                ..., 0
            ]
            new = np.clip(x[active] + moved, -OUTSIDE, 1 + OUTSIDE)
            far = np.abs(new - x[active]).max(axis=1) > CLOSE
            x[active] = new
            active = active[far]
        return x

    def map(self, u: Array) -> tuple[Array, Array]:
        k, jacobian = self.domain.map(self.of_domain(u))
        return k, jacobian * (self._volume if self._edges is not None else np.abs(self._determinant(u)))

    def hull(self, u: Array, size: Array) -> Array:
        return self.domain.hull(self.of_domain(u), size @ self.steps.T)

    def folded_at(self, x: Array) -> bool:
        """Whether one of the points (M, D) of the part lies where the map nearly has no inverse."""
        if self._edges is not None:
            return False
        inside = x[(np.abs(x - 0.5) <= 0.5 + FOLDED).all(axis=1)]
        return len(inside) > 0 and bool(np.abs(self._determinant(inside)).min() < FOLDED * self._volume)

    def _weights(self, x: Array, along: int | None = None) -> Array:
        """Those of the corners at points x (..., D), shape (..., 2^D), or of the derivative along an axis."""
        weights = np.ones((*x.shape[:-1], 1))
        for a in range(self.dimension):
            one = np.stack([1 - x[..., a], x[..., a]], axis=-1) if a != along else np.array([-1.0, 1.0])
            weights = (weights[..., :, None] * one[..., None, :]).reshape(*x.shape[:-1], -1)
        return weights

    def _derivatives(self, x: Array) -> Array:
        """d u_b / d x_a, shape (..., b, a)."""
        return np.stack([self._weights(x, along=a) @ self._corners for a in range(self.dimension)], axis=-1)

    def _determinant(self, x: Array) -> Array:
        J = self._derivatives(x)
        if self.dimension == 2:
            return np.asarray(J[..., 0, 0] * J[..., 1, 1] - J[..., 0, 1] * J[..., 1, 0])
        a, b, c = np.moveaxis(J, -1, 0)
        return np.asarray((np.cross(a, b) * c).sum(axis=-1))
