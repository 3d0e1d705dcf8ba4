"""Shared by the tests: random lattice models, and band structures known exactly in modular arithmetic."""

from __future__ import annotations

from functools import cache

import pytest
from jets import ExactBands
from random_models import random_lattice_model


@pytest.fixture(scope="session")
def lattice_model():
    return random_lattice_model


@cache
def exact_bands(*ranks: int, degree: int = 3, seed: int = 0, axes: tuple[str, ...] = ("i", "l")) -> ExactBands:
    """Bands n, m, p with the given ranks (and more bands), exact to every order in k."""
    return ExactBands(ranks, ("n", "m", "p"), axes, degree, seed)


@pytest.fixture(scope="session", name="exact_bands")
def _exact_bands():
    return exact_bands
