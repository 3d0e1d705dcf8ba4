"""Exact integrals as formulas: those of the literature, identities in mu, regimes, and what is refused."""

from __future__ import annotations

import isotropic_models as models
import numpy as np
import pytest
import sympy as sp
from isotropic_models import M, alpha, m

import symcur as sc
from symcur.exact_integrals import DoesNotClose, EdgeReached, curve
from symcur.exact_integrals.isotropy import Isotropic


def same(a, b):
    return sp.simplify(sp.together(a - b)) == 0


@pytest.fixture(scope="module")
def rashba():
    return sc.integrate_exactly(sc.models.rashba(), "conductivity", form="sea")


def test_a_subband_of_rashba_electrons(rashba):
    band, dipole = (rashba.fermi_circle(name) for name in ("band", "dipole"))
    k_F = next(symbol for symbol in band[0, 1].free_symbols if symbol.name == "k_F")
    assert same(band[0, 1], alpha**2 * k_F**2 / (16 * sp.pi * (M**2 + alpha**2 * k_F**2)))
    assert same(band[0, 1], -dipole[0, 1])
    assert same(band[1, 0], -band[0, 1])
    assert band[0, 0] == 0


def test_both_subbands_of_rashba_electrons(rashba):
    mu, both = rashba.mu, rashba.intervals[-1]
    assert both.lower == abs(M)
    conventional = rashba.between(both, "conventional")[0, 1]
    assert same(conventional, alpha**2 * m * mu / (4 * sp.pi * (M**2 + 2 * alpha**2 * m * mu)))
    assert rashba(1, M=0.3, part="conventional")[0, 1] == pytest.approx(0.03644202, abs=1e-8)
    assert not any(sp.flatten(rashba.value))


def test_band_edges_are_where_bands_end(rashba):
    edges = [interval.lower for interval in rashba.intervals[1:]]
    assert same(edges[0], -(M**2 + alpha**4 * m**2) / (2 * alpha**2 * m))
    assert edges[1:] == [-abs(M), abs(M)]
    no_ring = sc.integrate_exactly(sc.models.rashba(alpha=0.2, M=0.4), "hall_conductivity", form="sea")
    assert [interval.lower for interval in no_ring.intervals[1:]] == [-abs(M), abs(M)]
    with pytest.raises(EdgeReached, match="band edges"):
        rashba(0.3, M=0.3)


@pytest.mark.parametrize("seed", range(4))
def test_formulas_hold_for_all_parameters(rashba, seed):
    """Of any sign and order of the edges: ``parts`` with numbers put in against the call, which counts Fermi momenta anew."""
    random = np.random.default_rng(seed)
    values = {symbol: sp.Rational(int(random.integers(20, 150)), 100) for symbol in rashba.model.parameters}
    values = {symbol: x if symbol == m else x * int(random.choice([-1, 1])) for symbol, x in values.items()}
    for mu in map(sp.Rational, map(str, random.uniform(-1, 1, size=3).round(2))):
        written = rashba.parts["conventional"].subs({**values, rashba.mu: mu}).applyfunc(sp.N)
        called = rashba(mu, values, part="conventional")
        assert np.allclose(np.array(written.tolist(), dtype=float), called, rtol=1e-12, atol=1e-16)


def test_where_the_levels_touch_formulas_are_not_continued(rashba):
    """The limit M -> 0 differs from M = 0: delta functions are left out there."""
    band = rashba.parts["band"][0, 1]
    assert band.subs({M: 0, alpha: 1, m: 1, rashba.mu: 1}) is sp.nan
    with pytest.raises(ValueError, match=r"Ne\(M, 0\)"):
        rashba(1, M=0)
    assert rashba.subs(M=0)(1, part="band")[0, 1] == 0
    surface = sc.integrate_exactly(sc.models.rashba(), "conductivity", form="surface", parameters={"M": 0})
    assert same(surface.between(surface.intervals[-1])[0, 1], -1 / (8 * sp.pi))


def test_the_slope_of_the_magnetization():
    """dM/dmu at every mu, and sigma in the gap."""
    model = models.bhz_continuum().with_parameters(A=1, B=1, M=sp.Rational(-1, 2), D=sp.Rational(-3, 2))
    M_orb, slope = (sc.integrate_exactly(model, name, form="sea") for name in ("magnetization", "magnetization_slope"))
    assert len(M_orb.intervals) == len(slope.intervals) >= 3
    for one, other in zip(M_orb.intervals, slope.intervals, strict=True):
        derivative = sp.diff(M_orb.between(one)[0, 1], M_orb.mu)
        lower, upper = max(one.lower, -2), min(one.upper, 2)
        at = lower + (upper - lower) / 7
        assert abs(sp.N((derivative - slope.between(other)[0, 1]).subs(M_orb.mu, at), 30)) < 1e-25


def test_a_quantum_of_hall_conductivity():
    """s = 1, a massive Dirac electron in the gap: sigma = sign(Delta)/4pi without a cutoff."""
    K = sp.Symbol("K", positive=True)
    model = sc.models.massive_dirac().with_s(sp.eye(2))
    sigma = sc.integrate_exactly(model, "conductivity", form="sea", cutoff=K, parameters={"v": -2})
    Delta = next(iter(sigma.model.parameters))
    in_gap = sigma.value[0, 1].subs({sigma.mu: 0, Delta: sp.Rational(-1, 3)})
    limit = sp.limit(in_gap.subs(K, 1 / K), K, 0)
    # The lower band has int d^2k/2pi Omega^{xy} = sign(Delta)/2, and sigma^{xy} = -C/2pi.
    assert same(limit, 1 / (4 * sp.pi))
    assert sigma(0, Delta=-sp.Rational(1, 3), K=10**6)[0, 1] == pytest.approx(1 / (4 * np.pi), abs=1e-6)


def test_cubic_rashba_holes_tend_to_nine():
    fixed = {"m": 1, "alpha": 0.2, "M": 1e-5}
    close = sc.integrate_exactly(sc.models.cubic_rashba(), "conductivity", cutoff=1.6, parameters=fixed)
    found = [8 * np.pi * close(0.4, part=part)[0, 1] for part in ("band", "dipole")]
    assert found == pytest.approx([9, -9], abs=1e-6)


def test_the_text_of_a_result(rashba):
    text = rashba.latex("conventional")
    assert text.count(r"\begin{cases}") == 2
    assert r"\left|{M}\right| < \mu" in text
    assert rashba.subs(M=0).latex("band") == "\\begin{aligned}\n\\mathrm{band} &= 0\n\\end{aligned}"
    assert rashba.indices == ("i", "l")
    assert rashba.unit.startswith("e s")
    assert any("bounded below" in line for line in rashba.assumptions)


SQUARES = [
    (2, {0: 4, 1: 3}),
    (2, {0: 2, 1: -1, 2: 3}),
    (2, {0: 3, 1: 4, 2: 1}),
    (3, {0: 4, 1: 3}),
    (3, {1: 5}),
    (2, {2: 5}),
]


@pytest.mark.parametrize(("dimension", "square"), SQUARES, ids=str)
def test_antiderivatives_differentiate_to_their_integrands(dimension, square):
    """rho of degree 0, 1 and 2, of either discriminant, in u and in |k|."""
    fixed = {"m": 1, "alpha": 1, "M": 1, "B": 0} if dimension == 2 else {"v": 1, "M": 1}
    isotropic = Isotropic((models.winding(1) if dimension == 2 else models.dirac()).with_parameters(fixed))
    isotropic.h0, isotropic.r = {1: isotropic.field.one}, {n: isotropic.field.convert(c) for n, c in square.items()}
    plane, x = curve.Curve(isotropic), sp.Symbol("x", positive=True)
    y = sp.sqrt(plane.expression(plane.r, x))
    for even, odd in (
        (1 / plane.r, plane.x),
        (plane.x**2, 1 / plane.r**2),
        (1 / plane.x, 1 / (plane.r * plane.x)),
    ):
        integrand = curve.BandFunction(plane, even, odd)
        for level in (-1, 1):
            found = curve.primitive(integrand).expression(x, level * y, level)
            difference = (sp.diff(found, x) - integrand.expression(x, level * y)).subs(x, sp.Rational(7, 5))
            assert abs(sp.N(difference, 30)) < 1e-25


def test_an_elliptic_integral_is_refused():
    fixed = {"m": 1, "alpha": 0.2, "M": 0.1}
    with pytest.raises(DoesNotClose, match="elliptic"):
        sc.integrate_exactly(sc.models.cubic_rashba(), "current_dipole_density", cutoff=1, parameters=fixed)
    partly = sc.integrate_exactly(sc.models.cubic_rashba(), "conductivity", form="sea", cutoff=1, parameters=fixed)
    with pytest.raises(DoesNotClose, match="elliptic"):
        partly(0.2, part="conventional")


REFUSED = {
    "lattice": (sc.models.kane_mele(), {}, "continuum model"),
    "direction": (sc.models.rashba_dresselhaus(), {}, "direction of k"),
    "warped": (sc.models.luttinger(), {}, "direction of k"),
    "unbounded": (sc.models.massive_dirac(), {}, "cutoff: expected a momentum"),
    "cubic": (sc.models.cubic_rashba(), {"cutoff": 1}, "degree 3"),
    "three energies": (
        sc.Model(sp.diag(models.Z * models.k_x**2, sp.zeros(1)), 1, models.k_x),
        {},
        "two distinct energies",
    ),
    "one energy": (sc.Model(sp.eye(2) * models.k_x**2, models.Z, models.k_x), {}, "two distinct energies"),
    "levels that cross on a ring": (
        sc.Model(models.Z * (1 - models.SQUARE) + models.ONE * models.SQUARE**2, models.X, models.k[:2]),
        {},
        "simple factors",
    ),
    "no polynomial": (
        sc.Model(models.Z * sp.exp(models.k_x**2), models.X, models.k_x),
        {},
        "expected H polynomial in the momenta",
    ),
    "form": (sc.models.rashba(), {"form": "lake"}, "form: expected"),
    "hall": (sc.models.rashba(), {"hall": "mine"}, "hall: expected"),
    "negative cutoff": (sc.models.rashba(), {"cutoff": -1}, "cutoff: expected a positive"),
    "clash": (sc.models.rashba(), {"cutoff": m}, "cutoff: expected symbols that rashba does not have"),
    "cutoff of an ellipse": (models.anisotropic(), {"cutoff": 1}, "cutoff: expected None"),
}


@pytest.mark.parametrize(("model", "options", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_says_why(model, options, reason):
    with pytest.raises(ValueError, match=reason):
        sc.integrate_exactly(model, "conductivity", **options)


def test_wrong_arguments_are_named(rashba):
    with pytest.raises(TypeError, match="model: expected a Model"):
        sc.integrate_exactly(3, "conductivity")
    with pytest.raises(TypeError, match="observable: expected"):
        sc.integrate_exactly(sc.models.rashba(), 3)
    with pytest.raises(ValueError, match="tides"):
        sc.integrate_exactly(sc.models.rashba(), "tides")
    with pytest.raises(TypeError, match="superconductor"):
        sc.integrate_exactly(sc.models.rashba(), "thermal_hall")
    with pytest.raises(ValueError, match="part: expected one of"):
        rashba(1, part="whole")
    with pytest.raises(TypeError, match="mu: expected"):
        rashba("1")
    with pytest.raises(ValueError, match="level: expected"):
        rashba.fermi_circle(level=0)
    occupied = sc.integrate_exactly(sc.models.massive_dirac(), "conductivity", cutoff=1)
    with pytest.raises(ValueError, match="form: expected 'sea'"):
        occupied(0.1)
