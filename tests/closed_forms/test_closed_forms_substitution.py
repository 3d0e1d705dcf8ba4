"""Momenta and undefined functions put into closed forms: the derivatives of H are those before, the structure is that after."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from sympy.physics.matrices import msigma

import symcur as sc
from symcur import models
from symcur.closed_forms import ClosedForm
from symcur.closed_forms.letters import Section

k_x, k_y = K = sp.symbols("k_x k_y", real=True)
M, alpha, m = sp.symbols("M alpha m", real=True)
X, Y, Z = map(msigma, (1, 2, 3))


def operations(form: ClosedForm) -> int:
    return int(sp.count_ops([f for _, f in form.definitions]) + sp.count_ops(sp.flatten(form.compact)))


# -- momenta -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "quantity", "axis"),
    [
        ("bhz", "s_current_dipole", 0),
        ("rashba_dresselhaus", "torque_quadrupole", 0),
        ("luttinger", "s_dipole", 2),
    ],
)
def test_on_a_line_derivatives_across_it_are_those_of_the_whole_model(name: str, quantity: str, axis: int) -> None:
    """At k_i = 0 many components of H vanish whose derivatives do not; eigenstates of the whole model know them."""
    model = models.get(name)
    form = sc.derive(model, quantity).subs({model.k[axis]: 0})
    k = np.insert([0.7, -0.4][: model.dimension - 1], axis, 0.0)
    expected = sc.evaluate(model, quantity, k)
    assert form(np.delete(k, axis)) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert form.written is not None
    assert np.abs(expected).max() > 1e-3


@pytest.fixture(name="mirror", scope="module")
def kane_mele_on_the_mirror_line() -> ClosedForm:
    return sc.derive(models.kane_mele(), "s_dipole").subs({"k_x": 0})


@pytest.mark.slow
def test_kane_mele_on_the_mirror_line_is_one_formula(mirror: ClosedForm) -> None:
    """46 steps become four energies in pairs: d^{xs} with one 1/E, d^{ys} = 0."""
    form = mirror
    assert "symmetrically" in form.structure
    assert form.definitions == ()
    assert operations(form) <= 62
    assert form.compact[1] == 0
    expected = sc.evaluate(models.kane_mele(), "s_dipole", [0, 0.7])
    assert form([0.7]) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_line_without_what_lies_across_it_is_noticed(mirror: ClosedForm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read from H on the line alone, with no derivative across, the dipole of Kane and Mele is another number."""
    whole = Section.__init__

    def alone(self: Section, model: sc.Model, there: sc.Model, values: dict) -> None:
        H = model.H.subs(values)
        whole(self, sc.Model(H, model.s, model.k, dict(model.parameters)), there, values)

    monkeypatch.setattr(Section, "__init__", alone)
    wrong = sc.derive(models.kane_mele(), "s_dipole").subs({"k_x": 0})
    assert np.abs(wrong([0.7]) - mirror([0.7])).max() > 0.01


def test_what_is_put_in_later_stands_in_what_was_put_in_before() -> None:
    """Polar coordinates, then a direction."""
    q, phi = sp.symbols("q phi", real=True)
    form = sc.derive(models.rashba(), "berry_curvature")
    polar = form.subs({"k_x": q * sp.cos(phi), "k_y": q * sp.sin(phi)})
    along = polar.subs({"phi": sp.pi / 6, "M": sp.Rational(1, 3)})
    k = 0.8 * np.array([np.cos(np.pi / 6), 0.5])
    assert along.model.k == (q,)
    assert along([0.8]) == pytest.approx(
        sc.evaluate(form.model, "berry_curvature", k, parameters={"M": 1 / 3}), rel=1e-12
    )
    assert operations(along) <= operations(form)


@pytest.mark.slow
def test_a_parameter_that_becomes_a_function_of_k_does_not_add_to_the_velocity() -> None:
    form = sc.derive(models.kane_mele(), "s_dipole").subs({"lambda_v": sp.cos(k_x)})
    k = [0.4, 0.9]
    assert form(k) == pytest.approx(
        sc.evaluate(models.kane_mele(), "s_dipole", k, parameters={"lambda_v": np.cos(0.4)}), rel=1e-9
    )
    assert r"\text{at }\lambda_{v} = \cos{\left(k_{x} \right)}" in form.latex()


# -- functions ---------------------------------------------------------------------------------------------------------
h_0, h_x, h_y, h_z = h = tuple(sp.Function(f"h_{a}", real=True)(*K) for a in "0xyz")
CLASS = sc.Model(h_0 * sp.eye(2) + h_x * X + h_y * Y + h_z * Z, Z / 2, K)
RASHBA = {"h_0": (k_x**2 + k_y**2) / (2 * m), "h_x": alpha * k_y, h_y: -alpha * k_x, "h_z": M}


@pytest.mark.slow_for("berry_curvature", "torque_quadrupole")
@pytest.mark.parametrize("quantity", ["s_dipole", "berry_curvature", "torque_quadrupole"])
def test_the_formula_of_a_class_of_models_becomes_that_of_a_member(quantity: str) -> None:
    """With the functions of Rashba electrons, in one step or two, also after a derivative and on a line."""
    rashba, form = sc.derive(models.rashba(), quantity), sc.derive(CLASS, quantity)
    given, k = {"M": 0.3, "alpha": 0.7, "m": 1.2}, [0.3, -0.8]
    rest = {key: value for key, value in RASHBA.items() if key != "h_z"}
    for found in (form.subs(RASHBA), form.subs({h_z: M}).subs(rest)):
        assert found(k, given) == pytest.approx(rashba(k, given), rel=1e-12)
        assert operations(found) <= operations(rashba)
    assert form.diff(0).subs(RASHBA)(k, given) == pytest.approx(rashba.diff(0)(k, given), rel=1e-9, abs=1e-12)
    line = form.subs({**RASHBA, "k_x": 0})
    assert line([-0.8], given) == pytest.approx(rashba([0, -0.8], given), rel=1e-12, abs=1e-14)


def test_functions_of_blocks_are_put_into_each() -> None:
    """A conserved spin: h . sigma for spin up, the same with another mass for spin down."""
    f = sp.Function("f", real=True)(*K)
    up, down = h_x * X + sp.sin(k_y) * Y + h_z * Z, h_x * X - sp.sin(k_y) * Y + f * Z
    form = sc.derive(sc.Model(sp.diag(up, down), sp.diag(1, 1, -1, -1) / 2, K), "s_berry_curvature")
    explicit = {"h_x": sp.sin(k_x), "h_z": 1 + sp.cos(k_x), "f": M}
    model = sc.Model(
        *(x.subs({h_x: explicit["h_x"], h_z: explicit["h_z"], f: M}) for x in (form.model.H, form.model.s)), K, [M]
    )
    found = form.subs(explicit)
    assert found([0.4, 0.9], M=0.7) == pytest.approx(
        sc.evaluate(model, "s_berry_curvature", [0.4, 0.9], parameters={"M": 0.7}), rel=1e-9, abs=1e-12
    )


def test_functions_that_cannot_be_put_in_are_refused() -> None:
    form = sc.derive(CLASS, "s_dipole")
    with pytest.raises(ValueError, match="expected values of functions before those of momenta"):
        form.subs({"k_x": 0}).subs({"h_z": M})
    with pytest.raises(ValueError, match="H: expected a Hermitian matrix"):
        form.subs({"h_z": sp.I * k_x})
    with pytest.raises(ValueError, match=r"replacements: expected some of .*, got g\(k_x\)"):
        form.subs({sp.Function("g", real=True)(k_x): 1})
    with pytest.raises(ValueError, match="expected values at which bands stay distinct"):
        form.subs({"h_x": 0, "h_y": 0, "h_z": 0})
    with pytest.raises(ValueError, match="expected new symbols with names of their own, got E"):
        form.subs({"h_z": sp.Symbol("E", real=True)})
    f = sp.Function("f", real=True)
    two = sc.Model(f(k_x) * X + f(k_y) * Y + Z, Z, K)
    with pytest.raises(ValueError, match=r"expected one of f\(k_x\), f\(k_y\), which H has, got f"):
        sc.derive(two, "s_dipole").subs({"f": 1})


def test_functions_of_blocks_come_before_momenta() -> None:
    up, down = h_x * X + sp.sin(k_y) * Y + h_z * Z, h_0 * Z + h_x * Y
    form = sc.derive(sc.Model(sp.diag(up, down), sp.diag(1, 1, -1, -1) / 2, K), "s_berry_curvature")
    with pytest.raises(ValueError, match="expected values of functions before those of momenta"):
        form.subs({"k_x": 0}).subs({"h_z": M})


def test_an_operator_of_one_band_is_read_where_a_momentum_has_a_value() -> None:
    """D^i P of a band alone is 0."""
    form = sc.derive(sc.Model([[k_x**2 * k_y]], 1, K), "interband_torque_dipole").subs({"k_x": 0})
    assert form([0.7]).shape == (1, 2, 1, 1)
    assert not form([0.7]).any()
