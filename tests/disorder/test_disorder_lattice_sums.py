"""Sums over a lattice by Ewald's division against the plain sums over its vectors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from symcur.brillouin import LatticeCell
from symcur.disorder import gaussian, lattice_sums, yukawa
from symcur.disorder.lattice_sums import lattice_correlation

OBLIQUE = LatticeCell(np.array([[1.0, 0.0], [0.3, 0.8]]))
TRIGONAL = LatticeCell(np.array([[1.0, 0.0, 0.0], [0.5, 0.9, 0.0], [0.0, 0.2, 1.1]]))


def momenta(dimension):
    return np.random.default_rng(3).uniform(-9, 9, (7, dimension))


@pytest.mark.slow_for("0.37-disorder4-cell1", "0.0-disorder4-cell1")
@pytest.mark.parametrize("cell", [OBLIQUE, TRIGONAL])
@pytest.mark.parametrize("disorder", [gaussian(0.2), gaussian(0.9), yukawa(0.05), yukawa(0.2), yukawa(0.5)])
@pytest.mark.parametrize("offset", [0.0, 0.37])
def test_it_is_the_sum_over_the_lattice(cell, disorder, offset):
    kind, k = disorder.kinds[0], momenta(len(cell.vectors))
    shift = offset * cell.vectors[0] + offset**2 * cell.vectors[1]
    count = int(2 + 1.5 * kind.reach)
    R = np.array(list(itertools.product(range(-count, count + 1), repeat=len(cell.vectors)))) @ cell.vectors + shift
    c = cell.volume * kind.of_distance(np.linalg.norm(R, axis=1), len(cell.vectors))
    plain = np.array([[(c * np.exp(-1j * R @ (b - a))).sum() for a in k] for b in k])
    np.testing.assert_allclose(lattice_correlation(kind, cell, k, shift), plain, atol=1e-13 * np.abs(plain).max())


@pytest.mark.parametrize("disorder", [gaussian(8.0), gaussian(0.4), yukawa(5.0), yukawa(0.2)])
def test_where_it_is_divided_does_not_matter(disorder, monkeypatch):
    k, shift = momenta(2), np.array([0.2, 0.3])
    found = lattice_correlation(disorder.kinds[0], OBLIQUE, k, shift)
    for division in (0.1, 1.0):
        monkeypatch.setattr(lattice_sums, "_DIVISION", division)
        other = lattice_correlation(disorder.kinds[0], OBLIQUE, k, shift)
        np.testing.assert_allclose(other, found, rtol=0, atol=1e-13 * np.abs(found).max())


@pytest.mark.parametrize("shape", [gaussian, yukawa])
def test_a_long_range_costs_no_more_vectors_than_a_short_one(shape, monkeypatch):
    counts = []

    def counted(*arguments, plain=lattice_sums._vectors_within):
        counts.append(len(plain(*arguments)))
        return plain(*arguments)

    monkeypatch.setattr(lattice_sums, "_vectors_within", counted)
    for length in (0.5, 5.0, 50.0):
        lattice_correlation(shape(length).kinds[0], OBLIQUE, momenta(2), np.zeros(2))
    assert max(counts) < 200


def test_blocks_of_pairs_join_without_a_seam(monkeypatch):
    kind, k = gaussian(1.0).kinds[0], momenta(2)
    whole = lattice_correlation(kind, OBLIQUE, k, np.array([0.1, 0.2]))
    monkeypatch.setattr(lattice_sums, "_BLOCK", 15)
    np.testing.assert_array_equal(lattice_correlation(kind, OBLIQUE, k, np.array([0.1, 0.2])), whole)
    np.testing.assert_array_equal(whole, whole.conj().T)
