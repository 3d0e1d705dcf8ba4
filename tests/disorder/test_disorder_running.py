"""Long work on transport: what is refined and when it stops, and what Ctrl-C leaves."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
import sympy as sp
from metals import k_x, k_y, parabolic, warped_sphere

from symcur import models
from symcur.band_structures import Model
from symcur.brillouin import Interrupted
from symcur.disorder import currents as currents_module
from symcur.disorder import (
    energy_average,
    gaussian,
    rates,
    thermal,
    total_current,
    transport,
    white_noise,
)
from symcur.disorder.currents import PARTS, Current, Currents, nothing, share_left
from symcur.disorder.energy_average import Piece
from symcur.disorder.momentum_cell import search_cell
from symcur.models.pauli import sigma_x, sigma_y, sigma_z
from symcur.observables import conductivity


def interrupted(monkeypatch, after, *arguments, **options):
    """What transport leaves if Ctrl-C comes once so many meshes are solved."""
    solve, solved = currents_module.solve, []

    def stopping(scattering):
        if len(solved) == after:
            raise KeyboardInterrupt
        solved.append(scattering)
        return solve(scattering)

    monkeypatch.setattr(currents_module, "solve", stopping)
    with pytest.raises(Interrupted) as stopped:
        transport(*arguments, **options)
    monkeypatch.setattr(currents_module, "solve", solve)
    assert stopped.value.result.status == "interrupted"
    return stopped.value.result


@pytest.mark.slow_for("0.03")
@pytest.mark.parametrize("temperature", [0.0, 0.03])
def test_ctrl_c_keeps_the_last_complete_round(monkeypatch, temperature):
    arguments = models.rashba_dresselhaus(), gaussian(1.0), 1.0, temperature
    complete = transport(*arguments, rtol=1e-8)
    part = interrupted(monkeypatch, 2 if temperature == 0 else 30, *arguments, rtol=1e-8)
    assert part.message.startswith("by the user; last complete round: rtol = 1e-08")
    assert part.parts.keys() == complete.parts.keys()
    for name in ("occupation", "side_jump", "charge"):
        assert (np.abs(part[name] - complete[name]) <= part.parts[name].error + 1e-12).all()
        assert np.isfinite(part[name]).all()
    assert np.isnan(part["intrinsic"]).all()
    assert np.isinf(part.parts["total"].error).all()


@pytest.mark.parametrize("temperature", [0.0, 0.03])
def test_ctrl_c_before_any_round_leaves_nan(monkeypatch, temperature):
    part = interrupted(monkeypatch, 0, models.rashba_dresselhaus(), gaussian(1.0), 1.0, temperature)
    assert part.message == "stopped before any result"
    for one in part.parts.values():
        assert np.isnan(one.value).all()
        assert np.isinf(one.error).all()
    assert part.checks == {}


@pytest.mark.parametrize("begun", [True, False])
def test_ctrl_c_in_the_fermi_sea_keeps_the_fermi_surface(monkeypatch, begun):
    arguments = models.rashba_dresselhaus(), gaussian(1.0), 1.0
    complete = transport(*arguments)

    def stopping(*arguments, **options):
        if not begun:
            raise KeyboardInterrupt
        raise Interrupted(dataclasses.replace(conductivity(*arguments, **options), status="interrupted"), "by the user")

    stopping.forms = conductivity.forms
    monkeypatch.setattr(total_current, "conductivity", stopping)
    with pytest.raises(Interrupted) as stopped:
        transport(*arguments)
    part = stopped.value.result
    assert part.status == "interrupted"
    np.testing.assert_array_equal(part["occupation"], complete["occupation"])
    assert (part.parts["occupation"].error < np.inf).all()
    assert np.isfinite(part["total"]).all() == begun
    assert np.isfinite(part.parts["total"].error).all() == begun


def test_bounded_work_says_that_the_tolerance_is_not_met():
    arguments = models.rashba_dresselhaus(), gaussian(1.0), 1.0, 0.03
    complete = transport(*arguments, intrinsic=False)
    said = []
    short = transport(*arguments, intrinsic=False, rtol=1e-10, max_rates=1, progress=lambda _, text: said.append(text))
    assert complete.status == "converged"
    assert short.status == "tolerance not met"
    assert said[-1] in short.message
    assert int(said[-1].removesuffix(" energies")) == 6  # begun before the first rate was counted
    for name, part in short.parts.items():
        assert (np.abs(part.value - complete[name]) <= part.error + complete.parts[name].error).all()
        assert np.isfinite(part.error).all()
    for wrong in (0, 1.5, "many"):
        with pytest.raises(ValueError, match=f"max_rates: expected a positive integer, got {wrong!r}"):
            transport(*arguments, max_rates=wrong)


@pytest.mark.slow
def test_the_error_covers_the_energies_left_out():
    """At a thousandth of the band width the rule is exact to many digits: what is left are the tails of the weight."""
    arguments = models.rashba(), white_noise(), 0.9, 0.01
    found, fine = (transport(*arguments, rtol=rtol, intrinsic=False) for rtol in (1e-5, 1e-9))
    for name, part in found.parts.items():
        allowed = part.error + fine.parts[name].error + 1e-13 * np.abs(fine["charge"]).max()
        assert (np.abs(part.value - fine[name]) <= allowed).all(), name


def constant(value):
    """Currents that are one number in every part."""
    parts = {
        name: Current(np.full_like(part.value, value), np.zeros_like(part.value), 1.0, 1.0)
        for name, part in nothing(2).parts.items()
    }
    return Currents(parts, 0.0, 0.0, None, nodes=1, converged=True)


def test_what_remains_of_a_change():
    """Changes 1, r, r^2, ... leave r + r^2 + ... = r/(1 - r) of the last one, of the part that shrinks least."""
    first = dict.fromkeys(PARTS, np.array([1.0]))
    second = first | {name: np.array([0.2]) for name in PARTS[:2]} | {name: np.array([0.3]) for name in PARTS[2:]}
    strict, loose = dict.fromkeys(PARTS, 1e-6), dict.fromkeys(PARTS[2:], 10.0)
    assert share_left(second, None, strict) == 1
    assert share_left(second, first, strict) == pytest.approx(0.3 / 0.7)
    assert share_left(second, first, strict | loose) == pytest.approx(0.2 / 0.8)
    assert share_left(first, second, strict) == 1
    assert share_left(dict.fromkeys(PARTS, np.array([1e-3])), first, strict) == 0.1


def test_a_node_that_is_not_resolved_takes_its_neighbour():
    """x^2 between critical ends of which the upper one is not resolved: the doubt covers the difference, and is not asked twice."""
    piece, asked = Piece((-1.0, 2.0, (True, True))), []

    def at(x, weight):
        asked.append(x)
        return constant(x**2) if x < 1.9 else None

    for _ in range(3):
        piece.refine(at)
    x, weight = np.polynomial.legendre.leggauss(200)
    x = 0.5 + 1.5 * x
    exact = (1.5 * weight * x**2 / (4 * np.cosh(x / 2) ** 2)).sum()
    assert piece.missed > 0
    found, error = piece.share.parts["charge"].value[0, 0], piece.error(dict.fromkeys(PARTS, 1e-9))["charge"]
    assert 1e-12 < abs(found - exact) < error.max() < 0.1
    lost = [y for y in asked if y >= 1.9]
    assert all(later < earlier for earlier, later in itertools.pairwise(lost))


@pytest.mark.slow
def test_settled_pieces_are_left_alone(monkeypatch):
    """Of the pieces of rashba one has no states: six and twelve energies show it; the large one takes all the others."""
    counts = {}
    refine = Piece.refine

    def counted(piece, at, hurry):
        refine(piece, at, hurry=hurry)
        counts[piece.interval] = energy_average.COUNTS[piece.rule]

    monkeypatch.setattr(Piece, "refine", counted)
    found = transport(models.rashba(), white_noise(), 0.2, 0.1, rtol=1e-7, intrinsic=False)
    assert found.status == "converged"
    assert counts[min(counts)] <= 12 < max(counts.values())


def test_saddles_beside_narrow_gaps_are_critical():
    """Of the upper band at k = (0, pi): -2 + 0.4 + 0.45."""
    H = (-2 * sp.cos(k_x) - 0.4 * sp.cos(k_y)) * sp.eye(2)
    H += 0.3 * sp.sin(k_y) * sigma_x - (0.3 * sp.sin(k_x) - 0.15 * sp.sin(k_y)) * sigma_y
    H += (0.25 + 0.2 * sp.cos(k_x)) * sigma_z
    model = Model(H, sigma_z / 2, (k_x, k_y), lattice=[[1, 0], [0, 1]])
    found = thermal.critical_energies(model, search_cell(model, 0.0, None))
    assert np.abs(found + 1.15).min() < 1e-8


def test_kinks_along_crossings_of_bands_are_no_critical_energies():
    """Bands of the kagome antiferromagnet cross along lines; a walk along them ends at few energies."""
    model = models.kagome_antiferromagnet()
    found = thermal.critical_energies(model, search_cell(model, 0.0, None))
    assert len(found) < 20


def test_a_relaxation_time_of_smooth_disorder_is_met():
    found = transport(models.altermagnet(), gaussian(12.0, relaxation_time=40.0), -1.5, rtol=1e-4, intrinsic=False)
    assert found.relaxation_time == pytest.approx(40.0, rel=1e-6)


def test_too_many_nodes_name_the_disorder(monkeypatch):
    monkeypatch.setattr(rates, "LARGEST_DENSE", 20)
    for disorder in (gaussian(1.0), gaussian(1.0, relaxation_time=1.0)):
        with pytest.raises(
            ValueError, match=r"^disorder: expected white noise on a Fermi .* needs 32 nodes, got gaussian"
        ):
            transport(parabolic(), disorder, 1.0)


def test_a_surface_that_leaves_the_region_names_the_cutoff_given():
    k = warped_sphere().k
    cylinder = warped_sphere().replace(H=[[(k[0] ** 2 + k[1] ** 2) / 2 + k[2] ** 2 / 1000]], s=[[1]])
    with pytest.raises(ValueError, match=r"^cutoff: expected a momentum that no Fermi .*, got 2\.0$"):
        transport(cylinder, white_noise(), 0.5, cutoff=2.0)
