"""Transport, exact integrals and labelled arrays in other units: as the results of observables have them."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from scipy import constants

import symcur as sc
from symcur.brillouin import Mesh

QUANTUM = constants.e**2 / constants.h
X, Y, Z, ONE = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]]), sp.diag(1, -1), sp.eye(2)
LITERATURE = {"sign": "literature", "s_unit": "hbar/2"}


def metal(energy, length, dimension, s=X / 4 + Z / 2):
    k = sp.symbols("k_x k_y k_z", real=True)[:dimension]
    q = [length * x for x in k]
    H = energy * (sum(x**2 for x in q) / 2 * ONE + (q[0] * X + q[-1] * Y) / 3 + Z / 5)
    return sc.Model(H, s, k)


def solved(energy, length, dimension, **options):
    impurities = sc.disorder.white_noise(relaxation_time=10 / energy)
    return sc.transport(metal(energy, length, dimension, **options), impurities, energy, rtol=1e-2, intrinsic=False)


def test_a_metal_has_one_transport_in_si_whatever_its_hamiltonian_counts_in():
    """In eV and Angstrom, and in units of 2 eV and 3 Angstrom; the scattering torque is per length of the model."""
    plain, other = (solved(*model, 3).convert("SI", lattice_constant=a) for *model, a in ((2, 3, 1.0), (1, 1, 3.0)))
    for found in (plain, other):
        assert (found.unit, found.charge_unit) == ("(hbar/e) S/m, s in hbar", "S/m")
    pairs = [(plain.torque.times(3.0), other.torque)] + [
        (part, other.parts[name]) for name, part in plain.parts.items()
    ]
    for one, same in pairs:
        assert np.abs(one.value).max() > 0
        assert np.abs(one.value - same.value).max() < 1e-5 * np.abs(one.value).max()


def test_a_parabolic_band_conducts_mu_tau_quanta_of_charge_in_either_sign():
    """Drude: n e^2 tau/m with n = m mu/(2 pi hbar^2) is (e^2/h) mu tau/hbar; what flows with s = 3 is three times as much."""
    k = sp.symbols("k_x k_y", real=True)
    band = sc.Model([[(k[0] ** 2 + k[1] ** 2) / 2]], [[3]], k)
    found = sc.transport(band, sc.disorder.white_noise(relaxation_time=7.0), 2.0, rtol=1e-8, intrinsic=False)
    for sign, flow in (("paper", 3), ("literature", -3)):
        converted = found.convert("SI", sign=sign)
        assert converted["charge"][0, 0] == pytest.approx(14 * QUANTUM, rel=1e-7)
        assert converted["occupation"][0, 0] == pytest.approx(14 * flow * QUANTUM, rel=1e-7)
        for name, part in converted.parts.items():
            assert part.error == pytest.approx(2 * np.pi * QUANTUM * found.parts[name].error, rel=1e-12, abs=0)
    named = found.convert("e/2pi", **LITERATURE)
    assert (named.charge_unit, named["charge"][0, 0]) == ("e^2/h", pytest.approx(14))
    assert named["occupation"][0, 0] == pytest.approx(-84)
    assert named.relaxation_time == found.relaxation_time
    alone = sc.transport(band.with_s(1), sc.disorder.white_noise(), 2.0, rtol=1e-2, intrinsic=False)
    converted = alone.convert("e^2/h", sign="literature")
    assert converted.unit == converted.charge_unit == "e^2/h"
    assert converted["occupation"][0, 0] > 0
    for one, options, message in (
        (found, {"unit": "e^2/h"}, "unit: expected 'e/2pi' where s is not the charge"),
        (found, {"unit": "S"}, "unit: expected '1', 'SI'"),
        (alone, {"unit": "SI", "s_unit": "hbar/2"}, "s_unit: expected 'hbar', which is not used for the charge"),
        (named, {"unit": "SI"}, "unit: expected a result in its original unit, got one in e/2pi"),
    ):
        with pytest.raises(ValueError, match=message):
            one.convert(**options)


@pytest.mark.parametrize(("unit", "options"), [("SI", {}), ("e/8pi", LITERATURE)])
def test_an_exact_integral_has_the_numbers_and_the_unit_of_the_observable(unit, options):
    model = metal(1, 1, 2, Z / 2)
    exact = sc.integrate_exactly(model, "conductivity").convert(unit, **options)
    found = sc.conductivity(model, 0.4, rtol=1e-3).convert(unit, **options)
    for name, part in found.parts.items():
        assert (np.abs(exact(0.4, part=name) - part.value) <= part.error + 1e-12 * np.abs(found.value).max()).all()
    assert (exact.unit, exact.convention) == (found.unit, found.convention)
    with pytest.raises(ValueError, match="unit: expected a result in its original unit"):
        exact.convert("1")


def test_an_exact_formula_stays_exact_and_keeps_its_unit_when_parameters_get_values():
    rashba = sc.integrate_exactly(sc.models.rashba(), "conductivity")
    converted = rashba.convert("e/2pi", sign="literature")
    last = rashba.intervals[-1]
    ratio = converted.between(last, "conventional")[0, 1] / rashba.between(last, "conventional")[0, 1]
    assert sp.simplify(ratio) == -2 * sp.pi
    fixed = converted.subs(M=sp.Rational(1, 3))
    assert fixed.unit == converted.unit == "e/2pi in the sign of the literature, s in hbar"
    assert fixed(1.0) == pytest.approx(converted(1.0, M=sp.Rational(1, 3)), rel=1e-12)
    a, model = sp.Symbol("a", real=True), metal(1, 1, 2)
    counted = sc.Model(model.H, a * ONE, sp.symbols("k_x k_y", real=True), {a: 1})
    with pytest.raises(ValueError, match=r"unit: expected an s of .* that is the charge for all values"):
        sc.integrate_exactly(counted, "conductivity").convert("SI")
    whole = sc.integrate_exactly(counted, "conductivity", parameters={a: 1}).convert("e^2/h", sign="literature")
    assert whole.unit == "e^2/h"


def test_labelled_arrays_are_converted_as_results_are():
    solid = sc.models.kane_mele()
    result = sc.conductivity(solid, [0.0, 0.3], 0.2, hall="all", method=Mesh(8), rtol=0.9)
    assert {"filled_lattice", "splitting"} <= set(result.checks)
    for unit, options in (("SI", LITERATURE), ("e/8pi", {})):
        converted = sc.convert(result.to_xarray(), unit, **options)
        assert converted.identical(result.convert(unit, **options).to_xarray())
    with pytest.raises(ValueError, match="unit: expected a result in its original unit"):
        sc.convert(converted, "1")


def test_a_scan_is_converted_as_its_points_are(tmp_path):
    options = {"mu": [0.0, 0.1], "temperature": 0.3, "rtol": 1e-2}
    model = sc.models.haldane().with_s(1)
    ask = {"observable": "magnetization", "parameters": {"M": [0.1, 0.4]}, "store": tmp_path / "scan.zarr", **options}
    found = sc.scan(model, **ask)
    units = {"energy_unit": 2.0, "sign": "literature"}
    converted = sc.convert(found, "SI", **units)
    one = sc.magnetization(model, parameters={"M": 0.4}, **options).convert("SI", **units).to_xarray()
    for name in ("value", "error"):
        at = converted[name].sel(M=0.4)
        assert np.array_equal(at.transpose(*one[name].dims), one[name])
        assert at.attrs == one[name].attrs
    assert [converted.attrs[name] == one.attrs[name] for name in ("unit", "convention", "conversion")] == [True] * 3
    assert found.attrs["unit"] != converted.attrs["unit"] == "A in the sign of the literature"
    assert sc.convert(sc.load(tmp_path / "scan.zarr"), "SI", **units).identical(converted)
    converted.to_zarr(tmp_path / "scan.zarr", mode="w", zarr_format=3, consolidated=False)
    with pytest.raises(ValueError, match="store: expected that of this scan"):
        sc.scan(model, **ask)


def test_arrays_that_do_not_say_what_they_are_are_refused():
    k, a = sp.symbols("k a", real=True)
    chain = sc.Model([[-sp.cos(k)]], [[a]], k, {a: 2}, lattice=[[1]])
    found = sc.scan(chain, "equilibrium_current", {a: [0.5, 1.5]}, mu=0.3, temperature=0.3, rtol=1e-2)
    with pytest.raises(ValueError, match=r"unit: expected an s of .* that is the charge for all values"):
        sc.convert(found, "1", sign="literature")
    with pytest.raises(ValueError, match=r"dataset: expected one with the attributes .* got none of observable, model"):
        sc.convert(found.drop_attrs(), "1")
    with pytest.raises(TypeError, match="dataset: expected an xarray Dataset of symcur, got DataArray"):
        sc.convert(found["value"], "1")


def test_the_unit_of_what_is_divided_by_the_temperature_says_so():
    """Of the exact thermoelectric response, before it is converted and after, once."""
    exact = sc.integrate_exactly("rashba", "thermoelectric")
    assert exact.unit == f"{sc.observables.KINDS['thermoelectric'].unit}, per temperature of the model"
    assert exact.convert("1").unit.count("per temperature") == 1
    assert "per temperature" not in sc.integrate_exactly("rashba", "conductivity").unit
