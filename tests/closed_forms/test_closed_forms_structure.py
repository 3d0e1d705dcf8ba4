"""Models whose matrices have a structure: formulas as short as by hand, zeros as 0, and the numbers of eigenstates."""

from __future__ import annotations

import ast
import runpy
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from lattice_models import MOMENTA, kramers_model

from symcur import models, quantities
from symcur.band_structures import Model
from symcur.closed_forms import ClosedForm, derive
from symcur.eigenstates import evaluate
from symcur.models.pauli import kron, sigma_0, sigma_x, sigma_y, sigma_z

k_x, k_y, k_z = MOMENTA
LUTTINGER, BHZ = models.luttinger(), models.bhz()
gamma2, gamma3 = sp.symbols("gamma2 gamma3", real=True)
TRACED = [name for name in quantities.names() if not quantities.get(name).operator]


def dirac(dimension: int = 3) -> Model:
    """H = v k . alpha + m beta with s = Sigma_z/2."""
    v, m = sp.symbols("v m", real=True)
    H = m * kron(sigma_z, sigma_0)
    for k, sigma in zip(MOMENTA[:dimension], (sigma_x, sigma_y, sigma_z), strict=False):
        H += v * k * kron(sigma_x, sigma)
    return Model(H, kron(sigma_0, sigma_z) / 2, MOMENTA[:dimension], {v: 0.9, m: 0.6}, name="dirac")


def size(form: ClosedForm) -> int:
    return int(sp.count_ops([*(value for _, value in form.definitions), *sp.flatten(form.compact)]))


def is_zero(form: ClosedForm) -> bool:
    return form.definitions == () and all(value == 0 for value in sp.flatten(form.compact))


@pytest.mark.slow_for("haldane-s_dipole-81", "luttinger-s_weighted_curvature-481")
@pytest.mark.parametrize(
    ("model", "name", "operations"),
    [
        (LUTTINGER, "s_dipole", 61),
        (LUTTINGER, "s_weighted_curvature", 481),
        (LUTTINGER, "torque_polarizability", 567),
        (BHZ, "s_dipole", 49),
        (dirac(), "s_dipole", 27),
        (models.bilayer_graphene(), "s_dipole", 220),
        (models.haldane(), "s_dipole", 81),
        (models.haldane(), "mixed_metric", 130),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_forms_are_short(model: Model, name: str, operations: int) -> None:
    assert 0 < size(derive(model, name)) <= operations


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (LUTTINGER, "berry_curvature"),
        (LUTTINGER, "s_expectation"),
        (LUTTINGER, "torque_dipole"),
        (BHZ, "berry_curvature"),
        (BHZ, "s_weighted_curvature"),
        (BHZ, "s_expectation"),
        (dirac(), "berry_curvature"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_zero_is_written_as_zero(model: Model, name: str) -> None:
    assert is_zero(derive(model, name))


def test_zero_is_written_as_zero_in_a_block_without_energy() -> None:
    """-v s + Tr[P s] v of one state at energy 0: not the energy, which happens to be 0 as well."""
    model = Model(sp.diag(sp.cos(k_x), 0), sp.diag(1, -1), (k_x,))
    assert not any(sp.flatten(derive(model, "torque_dipole").compact))


def test_a_curvature_that_does_not_vanish_is_not_written_as_zero() -> None:
    """With a magnetization the Kramers pairs of BHZ carry curvature."""
    M = sp.Symbol("magnetization", real=True)
    model = BHZ.replace(H=BHZ.H + M * BHZ.s, parameters={**BHZ.parameters, M: 0.2})
    assert not is_zero(derive(model, "berry_curvature"))
    assert not is_zero(derive(model, "s_expectation"))


def test_the_dipole_of_the_luttinger_model() -> None:
    """d^{xs} = -3 gamma_3 k_y (gamma_2 k_x^2 + gamma_2 k_y^2 + gamma_3 k_z^2)/(4 h^2), h half the gap, and d^{zs} = 0."""
    form = derive(LUTTINGER, "s_dipole")
    assert form.structure == "two energies, 2 times each: H'^2 = h^2"
    h_squared = sp.expand((form.energies[1] - form.energies[0]) ** 2 / 4)
    factor = 3 * gamma3 * (gamma2 * k_x**2 + gamma2 * k_y**2 + gamma3 * k_z**2) / (4 * h_squared)
    d = form.expressions
    assert sp.cancel(d[0] + k_y * factor) == 0
    assert sp.cancel(d[1] - k_x * factor) == 0
    assert d[2] == 0


def test_the_dipole_of_bhz() -> None:
    """d^{is} = (m/4 eps) d_i arg(sin k_x + i sin k_y) with m = M - 2 B c, for each of the four bands."""
    form = derive(BHZ, "s_dipole")
    M, B, D = sp.symbols("M B D", real=True)
    c = 2 - sp.cos(k_x) - sp.cos(k_y)
    eps = form.energy_symbol + 2 * D * c
    for i, k in enumerate((k_x, k_y)):
        expected = (M - 2 * B * c) / (4 * eps) * sp.diff(sp.atan2(sp.sin(k_y), sp.sin(k_x)), k)
        ratio = form.expressions[i] / expected
        assert sp.cancel(ratio.rewrite(sp.exp).subs({sp.exp(sp.I * k_x): 3, sp.exp(sp.I * k_y): 7})) == 1
    assert is_zero(derive(BHZ.with_parameters(Delta_BIA=0), "torque_dipole"))


def test_the_dipole_of_dirac_electrons() -> None:
    """Both members of a pair: d^{is} = -(v^2/4 eps^2) eps_{ijz} k_j, from (1/2) Tr over the pair."""
    v = sp.Symbol("v", real=True)
    form = derive(dirac(), "s_dipole")
    square = ((form.energies[1] - form.energies[0]) / 2) ** 2
    expected = [-(v**2) * k_y / (4 * square), v**2 * k_x / (4 * square), 0]
    assert [sp.cancel(a - b) for a, b in zip(form.expressions, expected, strict=True)] == [0, 0, 0]


@pytest.mark.parametrize(("model", "name"), [("haldane", "drift_current"), ("spin_orbit_superconductor", "velocity")])
def test_code_defines_nothing_twice_and_nothing_in_vain(model: str, name: str) -> None:
    code = derive(models.get(model), name).source("python")
    lines = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Assign)]
    assert len(lines) > 5
    assert len({ast.dump(line.value) for line in lines}) == len(lines)
    used = {
        node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    assert {line.targets[0].id for line in lines} <= used


# -- numbers ------------------------------------------------------------------------------------------------------------
def four_levels() -> Model:
    """Chiral symmetry: H' maps two sites onto the two others; s is no Pauli string."""
    t, g = sp.symbols("t g", positive=True)
    off = sp.Matrix([[t + sp.cos(k_x), g], [g * sp.I, sp.sin(k_y)]])
    H = sp.BlockMatrix([[sp.zeros(2), off], [off.H, sp.zeros(2)]]).as_explicit() + sp.cos(k_x) / 3 * sp.eye(4)
    s = sp.Matrix([[1, sp.I, 0, 1], [-sp.I, 2, 1, 0], [0, 1, 0, 1], [1, 0, 1, -1]]) / 2
    return Model(H, s, (k_x, k_y), {t: 2.2, g: 0.7}, name="chiral")


def separated(model: Model, k: np.ndarray, rank: int) -> np.ndarray:
    energies = np.linalg.eigvalsh(model.matrix("H", k))[:, ::rank]
    gaps = np.diff(energies, axis=-1, prepend=-np.inf, append=np.inf)
    clear = np.minimum(gaps[:, :-1], gaps[:, 1:]) > 0.1 * (energies[:, -1:] - energies[:, :1])
    return np.repeat(clear, rank, axis=-1)


CASES = [
    (LUTTINGER, {"gamma1": 5.1, "gamma2": -1.3, "gamma3": 2.4}),
    (BHZ, {"A": -0.8, "B": 1.3, "D": 0.4, "M": -0.7, "Delta_BIA": 0.9}),
    (models.bilayer_graphene(), {"t": 1.2, "gamma_1": -0.9, "u": 0.8}),
    (dirac(2), {"v": 1.4, "m": -0.5}),
    (four_levels(), {}),
    (kramers_model(3), {}),
]


@pytest.mark.slow_for("chiral", "bhz", "model")
@pytest.mark.parametrize(("model", "values"), CASES, ids=[model.name for model, _ in CASES])
def test_the_numbers_of_eigenstates(model: Model, values: dict[str, float]) -> None:
    """Each form at random k and other parameter values; drawn are three quantities of each model."""
    generator = np.random.default_rng(len(model.name))
    k = generator.uniform(-2.9, 2.9, (12, model.dimension))
    at_values, structures = model.with_values(values), set()
    for name in generator.choice(TRACED, 3, replace=False):
        form = derive(model, name)
        structures.add(form.structure.split(",")[0])
        clear = separated(at_values, k, form.multiplicities[0])
        assert clear.any()
        expected = evaluate(at_values, name, k)[clear]
        assert np.abs(form(k, **values)[clear] - expected).max() <= 1e-11 * max(np.abs(expected).max(), 0.1), name
    assert structures & {"two energies", "four energies that lie symmetrically: (H'^2 - a)^2 = w^2"}


def test_what_a_form_is_written_in() -> None:
    """Components of H are symbols where that is shorter, with what they are; names of the model are not taken."""
    h, a = sp.symbols("h_0y a", real=True)
    model = BHZ.replace(H=BHZ.H.subs(sp.Symbol("M", real=True), h) * a, parameters={**BHZ.parameters, h: 1.0, a: 1.0})
    form = derive(model, "velocity")
    symbols = [symbol for symbol, _ in form.definitions]
    assert symbols
    assert not {symbol.name for symbol in symbols} & {symbol.name for symbol in (*model.k, *model.parameters)}
    k = np.array([[0.4, 0.9]])
    assert form(k) == pytest.approx(evaluate(model, "velocity", k), rel=1e-11)


@pytest.mark.parametrize("model", ["massive_dirac", "rashba", "rice_mele"])
def test_the_table_of_sizes_is_that_of_the_code(model: str) -> None:
    docs = Path(__file__).parents[2] / "docs"
    script = runpy.run_path(str(docs / "ext/closed_form_sizes.py"))
    assert script["row"](model) in (docs / "closed_forms.md").read_text(encoding="utf-8").splitlines()
