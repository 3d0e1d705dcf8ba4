"""The intrinsic conserved conductivity: its parts, its forms, its limits and values known from elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from symcur import models, observables
from symcur.observables import Part, conductivity, gap, hall_conductivity, magnetization


def close(a, b, error):
    return np.abs(a - b).max() <= error


@pytest.mark.parametrize(("name", "mu", "temperature"), [("haldane", 0.4, 0.2), ("rashba", 0.3, 0.05)])
def test_parts_add_up_in_the_sea_form_where_each_has_its_own_integrand(name, mu, temperature):
    # The torque part is int f chi with chi from its definition, not the rest of a subtraction.
    result = conductivity(models.get(name), mu, temperature, form="sea", rtol=1e-7)
    parts = result.parts
    assert result.status == "converged"
    total = parts["conventional"].value + parts["torque"].value
    assert close(total, parts["intrinsic"].value, 10 * parts["torque"].error.max() + 1e-9)
    assert close(parts["band"].value + parts["dipole"].value, result.value, 1e-12)


@pytest.mark.slow_for("0.0")
@pytest.mark.parametrize("temperature", [0.0, 0.05])
def test_three_forms_agree_where_no_bands_touch(temperature):
    model = models.haldane(M=0.5)
    results = [conductivity(model, 1.1, temperature, form=form, rtol=1e-7) for form in ("regular", "sea", "surface")]
    for other in results[1:]:
        for part in ("conventional", "torque", "band", "dipole", "intrinsic"):
            tolerance = 3 * (results[0].parts[part].error + other.parts[part].error).max()
            assert close(results[0].parts[part].value, other.parts[part].value, tolerance), part
    assert np.abs(results[0].parts["dipole"].value).max() > 1e-3  # the forms have something to disagree about


def test_conventional_spin_hall_value_of_the_kane_mele_model_in_the_order_of_other_codes():
    # Omega_xy = -2 Im sum J^x_nm v^y_mn / omega^2 exchanges v and J: it is minus Omega^{lis} at l = y, i = x, so that
    # int d^2k/2pi Omega_xy = -2 pi sigma_conventional[x, y].
    model = models.kane_mele()
    result = conductivity(model, gap(model, 2).mu, rtol=1e-8)
    conventional = result.parts["conventional"]
    assert -2 * np.pi * conventional.value[0, 1] == pytest.approx(-1.027158, abs=1e-6)
    assert result.status == "converged"


def test_charge_conductivity_of_a_chern_insulator_is_quantised():
    model = models.haldane(M=0.1).with_s(1)  # s = 1: the anomalous Hall effect
    result = conductivity(model, gap(model, 1).mu, rtol=1e-8)
    chern = -2 * np.pi * result.value[0, 1]
    assert abs(chern) == pytest.approx(1, abs=1e-7)
    assert np.abs(result.parts["torque"].value).max() < 1e-12  # charge is conserved


@pytest.mark.slow
def test_an_insulator_has_a_pure_hall_response_and_the_conventional_one_is_not_of_that_type():
    model = models.bhz(M=1.0)
    result = conductivity(model, gap(model, 2).mu, rtol=1e-5)
    assert close(result.value, -result.value.T, 2 * result.error.max())
    assert np.abs(result.parts["dipole"].value).max() < 1e-12
    kagome = models.kagome_antiferromagnet()
    assert np.abs(conductivity(kagome, gap(kagome, 3).mu, rtol=1e-3).parts["dipole"].value).max() < 1e-12


@pytest.mark.parametrize("form", ["regular", "sea"])
def test_rashba_parts_tend_to_one_one_minus_one(form):
    # Both subbands filled, [x, y] in e/8pi, M -> 0.
    result = conductivity(models.rashba(M=0.001, alpha=0.7, m=1), 1.0, form=form, rtol=1e-6).convert("e/8pi")
    for part, limit in {"conventional": 1, "band": 1, "dipole": -1, "intrinsic": 0}.items():
        assert result.parts[part].value[0, 1] == pytest.approx(limit, abs=2e-4), part


def test_rashba_without_a_gap_the_regular_form_is_the_limit_and_the_sea_drops_the_delta_functions():
    model = models.rashba(M=0, alpha=0.7, m=1)
    regular, sea, surface = (
        conductivity(model, 1.0, form=f, rtol=1e-5).convert("e/8pi") for f in ("regular", "sea", "surface")
    )
    value = {
        f: {n: p.value[0, 1] for n, p in r.parts.items()} for f, r in zip("rts", (regular, sea, surface), strict=True)
    }
    assert value["r"] == pytest.approx(
        {"conventional": 1, "torque": -1, "band": 1, "dipole": -1, "intrinsic": 0}, abs=1e-4
    )
    assert value["t"]["band"] == pytest.approx(0, abs=1e-6)  # the delta functions at k = 0 are left out
    assert value["t"]["dipole"] == pytest.approx(0, abs=1e-4)
    # The surface form of the dipole part alone is what the linear response theory of this model gives for the total.
    assert value["s"]["intrinsic"] == pytest.approx(-1, abs=1e-4)


def test_a_scan_equals_single_points_and_costs_one_sweep():
    model = models.haldane(M=0.5)
    mu, temperature = np.array([-1.0, 0.3, 1.1]), np.array([0.1, 0.2])
    scan = conductivity(model, mu, temperature, rtol=1e-7)
    assert scan.value.shape == (3, 2, 2, 2)
    single = conductivity(model, 1.1, 0.2, rtol=1e-7)
    assert close(scan.value[2, 1], single.value, scan.error[2, 1].max() + single.error.max())
    assert scan.evaluations < 2 * conductivity(model, 1.1, 0.1, rtol=1e-7).evaluations


def test_results_do_not_depend_on_the_number_of_workers():
    model = models.haldane(M=0.5)
    one, two = (conductivity(model, 1.1, 0.0, workers=workers, rtol=1e-5) for workers in (1, 2))
    assert np.array_equal(one.value, two.value)
    assert np.array_equal(one.error, two.error)


def test_one_and_three_dimensions():
    line = conductivity(models.rice_mele(), 0.0, 0.3, rtol=1e-7)
    assert line.value.shape == (1, 1)
    assert line.parts["band"].value[0, 0] == pytest.approx(0, abs=1e-12)  # no curvature in 1D
    volume = conductivity(models.weyl(), 0.2, 0.5, rtol=1e-3)
    assert volume.value.shape == (3, 3)
    assert volume.status == "converged"


def test_an_empty_system_carries_nothing_and_a_filled_lattice_too():
    model = models.haldane()
    assert np.abs(conductivity(model, -50.0, 0.1).value).max() < 1e-12
    assert np.abs(conductivity(model, 50.0, 0.1).value).max() < 1e-10
    assert np.abs(conductivity(models.rashba(), -5.0, 0.0).value).max() == 0


def test_a_completely_filled_lattice_of_more_than_two_bands_keeps_a_band_part():
    # The sum over all bands of Omega^{li}_n s_n does not vanish for N >= 3: the printed formula gives a lattice without
    # empty states a response, of purely torque origin. Checked by the sum over states at each k, in plain NumPy, of a
    # model whose bands do not touch (a Zeeman term lifts the Kramers degeneracies).
    base = models.kane_mele()
    model = base.replace(H=base.H + base.s)
    result = conductivity(model, 50.0, rtol=1e-7)
    k = model.cell.momenta(240, 0.37)
    energies, states = np.linalg.eigh(model.matrix("H", k))
    vx, vy, s = (
        states.conj().swapaxes(1, 2) @ model.matrix(*x) @ states for x in (("H", k, (0,)), ("H", k, (1,)), ("s", k))
    )
    gaps = energies[:, :, None] - energies[:, None, :] + np.eye(4)
    curvature = -2 * (vy * vx.swapaxes(1, 2) / gaps**2 * (1 - np.eye(4))).imag.sum(axis=2)  # Omega^{yx}
    expected = (curvature * np.diagonal(s, axis1=1, axis2=2).real).sum(axis=1).mean() / model.cell.volume
    assert np.abs(result.parts["conventional"].value).max() < 1e-10
    assert result.value[0, 1] == pytest.approx(expected, rel=1e-3)
    assert abs(expected) > 1e-3


def test_s_proportional_to_the_identity_gives_that_multiple_of_the_charge_response():
    model = models.haldane(M=0.1)
    charge, triple = (conductivity(model.with_s(s), 0.2, 0.1, rtol=1e-8) for s in (1, 3))
    assert close(3 * charge.value, triple.value, 1e-9)


def test_units_are_stated_and_converted():
    result = hall_conductivity(models.haldane().with_s(np.diag([1, 0])), 0.0, 0.1)
    assert close(result.convert("e/2pi").value, 2 * np.pi * result.value, 1e-14)
    assert close(result.convert("e/2pi", s_unit="hbar/2").value, 4 * np.pi * result.value, 1e-14)
    assert result.convert("e/8pi").unit == "e/8pi, s in hbar"
    volume = conductivity(models.weyl(), 0.2, 0.5, rtol=1e-2).convert("(hbar/e) S/cm", lattice_constant=5.0)
    assert volume.unit == "(hbar/e) S/cm, s in hbar"
    quantum = 7.748091729e-5 * np.pi  # e^2/hbar = 2 pi e^2/h, from the conductance quantum 2e^2/h
    factor = quantum / 5.0e-8
    assert volume.value == pytest.approx(factor * conductivity(models.weyl(), 0.2, 0.5, rtol=1e-2).value)


def test_the_conductivity_of_the_charge_has_its_own_units_and_one_sign():
    """One quantum e^2/h of a Chern insulator, whatever the sign of the carriers; the spin keeps its units."""
    charge = conductivity(models.haldane().with_s(1), 0.0, 0.01, rtol=1e-3)
    assert charge.charge
    for unit in ("e/2pi", "e^2/h"):
        for sign in ("paper", "literature"):
            found = charge.convert(unit, sign=sign)
            assert found.unit == "e^2/h"
            assert abs(abs(found.value[0, 1]) - 1) < 1e-3
            assert found.value[0, 1] == 2 * np.pi * charge.value[0, 1]
            assert "signs are those of the literature" in found.convention
    with pytest.raises(ValueError, match="s_unit: expected 'hbar', which is not used for the charge, got 'hbar/2'"):
        charge.convert("e^2/h", s_unit="hbar/2")
    spin = conductivity(models.haldane(), 0.0, 0.01, rtol=1e-1)
    twice, minus = (conductivity(models.haldane().with_s(s), 0.0, 0.01, rtol=1e-1) for s in (2, -1))
    assert [found.charge for found in (spin, twice, minus)] == [False] * 3
    assert twice.convert("e/2pi").unit == "e/2pi, s in hbar"
    with pytest.raises(ValueError, match=r"unit: expected 'e/2pi' where s is not the charge, got 'e\^2/h'"):
        spin.convert("e^2/h")


def test_the_sign_of_the_literature_is_that_of_carriers_of_the_other_charge():
    result = conductivity(models.haldane(), -0.3, 0.1, rtol=1e-3)
    paper, other = (result.convert("e/2pi", sign=sign) for sign in ("paper", "literature"))
    for part, flipped in zip(paper.parts.values(), other.parts.values(), strict=True):
        assert np.array_equal(flipped.value, -part.value)
        assert np.array_equal(flipped.error, part.error)
    assert np.array_equal(other.value, -paper.value)
    assert (other.error >= 0).all()
    assert other.unit == "e/2pi in the sign of the literature, s in hbar"
    assert "the field acts on carriers of charge -|e|" in other.convention
    assert other.to_dict()["conversion"]["sign"] == "literature"
    assert "literature" not in paper.unit + paper.convention
    with pytest.raises(ValueError, match="sign: expected 'paper' or 'literature', got 'minus'"):
        result.convert("e/2pi", sign="minus")
    M = magnetization(models.haldane(), -0.3, 0.1, rtol=1e-2)
    assert np.array_equal(M.convert("1", sign="literature").value, M.value)  # of the spin, no charge


def test_checks_that_are_answers_change_sign_and_sizes_do_not():
    result = conductivity(models.kane_mele(), -0.1, 0.3, rtol=1e-2)
    converted = result.convert("1", sign="literature")
    for name, sign in (("filled_lattice", -1), ("splitting", 1)):
        assert np.array_equal(converted.checks[name].value, sign * result.checks[name].value), name
        assert result.checks[name].value.any(), name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"temperature": -0.1}, r"temperature: expected numbers >= 0 .* got -0\.1"),
        ({"mu": float("nan")}, r"mu: expected a finite number .* got nan"),
        ({"mu": "half"}, r"mu: expected a number .* got 'half'"),
        ({"form": "surfaces"}, r"form: expected 'regular' or 'sea' or 'surface' for conductivity, got 'surfaces'"),
        ({"mass": 1.0}, r"unexpected keyword argument 'mass'"),
        ({"parameters": {"mass": 1.0}}, r"parameters: expected some of M, phi, t, t2 of haldane, got mass"),
        ({"parameters": {"t": None}}, r"parameters: expected a value of t"),
        ({"rtol": 0}, r"rtol: expected a number between 0 and 1, got 0"),
        ({"atol": -1.0}, r"atol: expected a finite number >= 0, got -1\.0"),
        ({"atol": "x"}, r"atol: expected a finite number >= 0, got 'x'"),
        ({"atol": [1e-3]}, r"atol: expected a finite number >= 0, got \[0\.001\]"),
        ({"mu": np.array([1 + 2j])}, r"mu: expected a number or a 1D array of numbers"),
        ({"temperature": True}, r"temperature: expected a number or a 1D array of numbers, got True"),
        ({"method": 3}, r"method: expected one of .*trapezoid.* or a Method, got 3"),
        ({"max_evaluations": 1.5}, r"max_evaluations: expected a positive integer, got 1\.5"),
        ({"max_evaluations": "a"}, r"max_evaluations: expected a positive integer, got 'a'"),
        ({"progress": 3}, r"progress: expected a function .* or None, got 3"),
        ({"cutoff": "a"}, r"cutoff: expected a positive number or None, got 'a'"),
        ({"cutoff": 1j}, r"cutoff: expected a positive number or None, got 1j"),
        ({"cutoff": 3.0}, r"cutoff: expected None, as a lattice model has a periodic zone, got 3\.0"),
    ],
)
def test_invalid_input_is_named(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        conductivity(models.haldane(), **arguments)


def test_a_model_unbounded_below_needs_a_cutoff():
    with pytest.raises(ValueError, match="cutoff: expected a momentum, because massive_dirac is not bounded below"):
        conductivity(models.massive_dirac())
    # With it: int Omega^{yx} s = 1/2 and int d_y d^x = -1/2 in e/8pi as the cutoff grows, so that sigma vanishes.
    result = conductivity(models.massive_dirac(), 0.0, form="sea", cutoff=400.0).convert("e/8pi")
    assert result.parts["band"].value[0, 1] == pytest.approx(0.5, abs=2e-3)
    assert result.parts["dipole"].value[0, 1] == pytest.approx(-0.5, abs=2e-3)
    assert result.value[0, 1] == pytest.approx(0, abs=1e-6)


def test_names_lead_to_functions_and_unknown_ones_are_refused():
    assert observables.get("conductivity") is conductivity
    with pytest.raises(ValueError, match=r"observable: expected one of .*did you mean conductivity"):
        observables.get("conductivty")


def test_what_the_window_changes_by_rounding_is_not_worth_a_word():
    """The change is part of the error and is named where it is as much as a millionth of it."""
    result = conductivity(models.haldane(), -0.3, 0.1, rtol=1e-3)

    def notes(size):
        change = Part(np.full_like(result.value, size) * result.error, np.zeros_like(result.value))
        return [note for note in replace(result, checks={"window": change}).notes if "window" in note]

    assert notes(1e-50) == notes(0.0) == []
    assert len(notes(1e-3)) == 1
