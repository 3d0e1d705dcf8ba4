"""Lattice models for exact response: random ones on any lattice, and a Chern insulator whose s is not conserved."""

from __future__ import annotations

from functools import cache

import pytest
import sympy as sp

from symcur.linear_response import lattices


@cache
def _random_model(seed, lattice=None, positions=None, **options):
    model = lattices.random_lattice(seed, **options)
    if lattice is None:
        return model
    k = sp.Matrix(model.k)
    H = model.H.xreplace(dict(zip(model.k, sp.Matrix(lattice) * k, strict=True)))
    phases = sp.diag(*[sp.exp(sp.I * k.dot(sp.Matrix(r))) for r in positions])
    return model.replace(H=phases.H * H * phases, s=sp.diag(*model.s.diagonal()), lattice=lattice)


@pytest.fixture(scope="session")
def random_model():
    """``random_lattice`` of a seed; given a lattice and positions, the phases hold both and s is diagonal."""
    return _random_model


@pytest.fixture(scope="session")
def chern_insulator():
    return lattices.chern_insulator
