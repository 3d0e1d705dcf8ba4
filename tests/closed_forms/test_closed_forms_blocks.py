"""Constant blocks: found in any constant basis, each with a form of its own, and what belongs to one multiplet kept together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from contours import largest_difference, reader_of_multiplet
from lattice_models import MOMENTA, hermitian, random_model

from symcur import models
from symcur.band_structures import Model
from symcur.closed_forms import BlockForm, ClosedForm, derive
from symcur.closed_forms.blocks import blocks
from symcur.eigenstates import DegeneracyWarning, evaluate
from symcur.expressions import BandEnergy, Derivative, P, S, Trace, s, v
from symcur.expressions.additive import is_sum_over_blocks
from symcur.models.pauli import kron, sigma_0, sigma_x, sigma_y, sigma_z

k_x, k_y, _ = MOMENTA
HADAMARD = sp.Matrix([[1, 1], [1, -1]]) / sp.sqrt(2)
SIXTH = sp.Matrix([[1, -sp.sqrt(3)], [sp.sqrt(3), 1]]) / 2  # a rotation by 60 degrees
PYTHAGORAS = sp.Matrix([[3, 4 * sp.I], [4 * sp.I, 3]]) / 5
THIRDS = sp.Matrix([[2, -2, 1], [1, 2, 2], [2, 1, -2]]) / 3
THREE = random_model(5, 3, 2)
X_THIRDS = sp.Matrix(sp.kronecker_product(THIRDS, sp.eye(2)))
KANE_MELE = models.kane_mele().with_parameters(lambda_R=0)


def two_bands(mass: sp.Expr, energy: sp.Expr, s: sp.Matrix) -> Model:
    """A short two-band model around an energy."""
    H = energy * sigma_0 + sp.cos(k_x) * sigma_x + sp.sin(k_y) * sigma_y + mass * sigma_z
    return Model(H, s, (k_x, k_y), {level: 1.0} if H.has(level) else (), name="two bands")


level = sp.Symbol("level", positive=True)
PAIR = two_bands(sp.cos(k_y) / 2, sp.Integer(0), (sigma_x + sigma_z) / 2)
PARTNER = PAIR.replace(H=PAIR.H.conjugate(), s=(sigma_y - sigma_z) / 2)
HIGHER = two_bands(sp.sin(k_x) + 1, level * sp.Rational(9, 2), (sigma_y - sigma_z) / 2)


def direct_sum(*parts: Model, U: sp.Matrix | None = None) -> Model:
    """The direct sum in the basis in which it is U (H + H' + ...) U^+."""
    H, s = (sp.diag(*(getattr(part, name) for part in parts)) for name in ("H", "s"))
    U = sp.eye(H.rows) if U is None else U
    H, s = ((U * X * U.H).applyfunc(sp.expand) for X in (H, s))
    parameters = {symbol: value for part in parts for symbol, value in part.parameters.items()}
    return Model(H, s, parts[0].k, parameters, name="sum")


def moved(model: Model, energy: sp.Expr) -> Model:
    return model.replace(H=model.H + energy * sp.eye(model.size))


def superconductor() -> Model:
    """(c_up, c_down, c^+_up, c^+_down) with singlet pairing and a Zeeman field along z: spin along z is conserved."""
    t, gap, field = sp.symbols("t gap field", real=True)
    xi, Delta = t * (sp.cos(k_x) + sp.cos(k_y)) + sp.Rational(1, 3), gap * (sp.cos(k_x) - sp.I * sp.sin(k_y))
    normal = xi * sigma_0 + field * sigma_z
    pairing = Delta * sp.I * sigma_y
    H = sp.BlockMatrix([[normal, pairing], [pairing.H, -normal]]).as_explicit()
    return Model(H, kron(sigma_z, sigma_0) / 2, (k_x, k_y), {t: 1.0, gap: 0.4, field: 0.3}, name="superconductor")


def mirror() -> Model:
    """Mirror symmetric in the plane: sigma_x tau_z commutes with H and s."""
    M = sp.Symbol("M", real=True)
    terms = [
        (sp.sin(k_x), kron(sigma_y, sigma_x), kron(sigma_z, sigma_y)),
        (M + sp.cos(k_y), kron(sigma_x, sigma_0), kron(sigma_0, sigma_z)),
        (sp.sin(k_y), kron(sigma_z, sigma_x), kron(sigma_y, sigma_y)),
    ]
    H = sum((f * (A + B / 2) for f, A, B in terms), sp.zeros(4))
    return Model(H, kron(sigma_z, sigma_x) + kron(sigma_x, sigma_0) / 3, (k_x, k_y), {M: 0.4}, name="mirror")


def ring() -> Model:
    """Three sites with a threefold axis: momenta exp(2 pi i n/3) around it."""
    shift = sp.Matrix([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    H = (shift + shift.T) * sp.cos(k_x) + sp.I * (shift - shift.T) * sp.sin(k_y)
    return Model(H, sp.eye(3) + (shift + shift.T) / 4, (k_x, k_y), name="ring")


CASES = {  # model, {(bands of a block, copies)}
    "Kane-Mele": (KANE_MELE, [(2, 1), (2, 1)]),
    "superconductor": (superconductor(), [(2, 1), (2, 1)]),
    "mirror": (mirror(), [(2, 1), (2, 1)]),
    "ring": (ring(), [(1, 1), (1, 1), (1, 1)]),
    "2 + 3": (direct_sum(PAIR, THREE), [(2, 1), (3, 1)]),
    "Hadamard": (direct_sum(PAIR, HIGHER, U=kron(HADAMARD, sigma_0)), [(2, 1), (2, 1)]),
    "60 degrees": (direct_sum(PAIR, HIGHER, U=kron(SIXTH, PYTHAGORAS)), [(2, 1), (2, 1)]),
    "copies": (direct_sum(PAIR, PAIR, HIGHER, U=X_THIRDS), [(2, 1), (2, 2)]),
}


@pytest.mark.parametrize(("model", "expected"), CASES.values(), ids=CASES)
def test_blocks_are_found_in_any_constant_basis(model: Model, expected: list[tuple[int, int]]) -> None:
    """H and s between the states of a block are those of its model, and nothing leads out of it."""
    found = blocks(model)
    assert sorted((block.model.size, block.copies) for block in found) == expected
    k = np.array([[0.3, -1.1], [2.0, 0.7]])
    for block in found:
        W = np.array(block.basis.evalf(20).tolist(), dtype=complex)
        assert pytest.approx(np.eye(block.model.size)) == W.conj().T @ W
        for name in ("H", "s"):
            whole, own = model.matrix(name, k), block.model.matrix(name, k)
            assert whole @ W == pytest.approx(W @ own, abs=1e-13)


@pytest.mark.slow_for("random", "BHZ", "superconductor")
@pytest.mark.parametrize(
    "model",
    [
        models.kane_mele(),
        models.haldane_superconductor(),
        random_model(3, 3, 2),
        KANE_MELE.with_s(kron(sigma_0, sigma_z + sigma_x)),  # blocks of H alone
        models.bhz().with_parameters(Delta_BIA=0),  # blocks of equal energies, in the basis of the model
    ],
    ids=["Kane-Mele", "superconductor", "random", "s joins them", "BHZ"],
)
def test_no_blocks_are_made_up(model: Model) -> None:
    assert blocks(model) == ()
    assert isinstance(derive(model, "s_expectation"), ClosedForm)


# -- numbers ------------------------------------------------------------------------------------------------------------
def worst(form: BlockForm | ClosedForm, name: str) -> float:
    return largest_difference(form, name, np.random.default_rng(0).uniform(-2, 2, 2))


NESTED = (
    sp.Matrix([[sp.sqrt(2 + sp.sqrt(2)), -sp.sqrt(2 - sp.sqrt(2))], [sp.sqrt(2 - sp.sqrt(2)), sp.sqrt(2 + sp.sqrt(2))]])
    / 2
)
ELEVENTH = sp.Matrix([[3, 1 + sp.I], [1 - sp.I, -3]])  # of eigenvalues +-sqrt(11)


@pytest.mark.slow_for("nested")
@pytest.mark.parametrize("case", ["nested", "sqrt(11)"])
def test_bases_of_other_roots_are_not_looked_for(case: str) -> None:
    """A rotation by 45/2 degrees, and eigenvectors of numbers that H does not have: one formula for all bands, which holds."""
    if case == "nested":
        model = direct_sum(PAIR, HIGHER.with_parameters(level=2), U=kron(NESTED, sigma_0))
    else:
        first = sp.cos(k_x) * sigma_x + sp.sin(k_y) * sigma_y
        H = kron(sigma_0, first) + kron(ELEVENTH, sp.cos(k_y) / 3 * sigma_z + sp.sin(k_x) * sigma_0)
        model = Model(H, kron(ELEVENTH, sigma_z) + kron(sigma_0, sigma_x), (k_x, k_y), name="eleven")
    assert blocks(model) == ()
    for name in ("velocity", "s_dipole"):
        assert worst(derive(model, name), name) < 1e-12


@pytest.mark.slow_but("ring", "Hadamard")
@pytest.mark.parametrize("case", CASES)
def test_a_band_is_one_of_its_block(case: str) -> None:
    """Contour integrals in the whole space give the same."""
    model, expected = CASES[case]
    names = {"Kane-Mele": ("s_expectation", "berry_curvature"), "ring": ("velocity",)}
    forms = {
        name: derive(model, name) for name in names.get(case, ("velocity", "s_expectation", "s_weighted_curvature"))
    }
    in_blocks = [form for form in forms.values() if isinstance(form, BlockForm)]
    assert in_blocks
    for form in in_blocks:
        assert sorted(zip((block.model.size for block in form.blocks), form.copies, strict=True)) == expected
    for name, form in forms.items():
        assert worst(form, name) < 1e-11, name


def test_what_belongs_to_another_block_is_noticed() -> None:
    """The formula of one block for the other, and one block in the place of both copies of another."""
    model = CASES["Hadamard"][0]
    form = derive(model, "s_dipole")
    a, b = form.blocks
    exchanged = [replace(x, program=y.program, outputs=y.outputs, written=y.written) for x, y in ((a, b), (b, a))]
    assert worst(form, "s_dipole") < 1e-11
    assert worst(replace(form, blocks=tuple(exchanged)), "s_dipole") > 1e-3
    copied, _ = CASES["copies"]
    form = derive(copied, "s_dipole")
    assert worst(form, "s_dipole") < 1e-11
    assert worst(replace(form, copies=form.copies[::-1]), "s_dipole") > 1e-3


@pytest.mark.slow_for("parts2-expected2-ranks2", "parts0-expected0-ranks0")
@pytest.mark.parametrize(
    ("parts", "expected", "ranks"),
    [
        ([PAIR, PARTNER, HIGHER], [(2, 1), (4, 1)], (2, 2, 1, 1)),
        ([PAIR, PAIR, PARTNER, HIGHER], [(2, 1), (6, 1)], (3, 3, 1, 1)),
        ([PAIR, PARTNER, PAIR, PARTNER], [(4, 2)], (4, 4)),
    ],
)
def test_blocks_of_equal_energies_are_one_multiplet(
    parts: list[Model], expected: list[tuple[int, int]], ranks: tuple[int, ...]
) -> None:
    """Time-reversed partners: the trace over both, not that of one of them, and each as often as it occurs."""
    model = direct_sum(*parts, U=X_THIRDS if len(parts) == 3 else None)
    assert sorted((block.model.size, block.copies) for block in blocks(model)) == expected
    form = derive(model, "s_dipole")
    assert form.multiplicities == ranks
    assert worst(form, "s_dipole") < 1e-11


def test_blocks_with_one_energy_in_common_stay_together() -> None:
    """|u><u| has the energies 0 and u^2; a level at 0 beside it belongs to the same multiplet."""
    u = sp.Matrix([sp.cos(k_x) + sp.I * sp.sin(k_y), 2 + sp.cos(k_y)])
    flat = Model(sp.zeros(1), sp.eye(1) * 3, (k_x, k_y))
    model = direct_sum(Model((u * u.H).applyfunc(sp.expand), sigma_x / 2, (k_x, k_y)), flat, moved(PAIR, 19))
    assert sorted(block.model.size for block in blocks(model)) == [2, 3]
    assert worst(derive(model, "s_expectation"), "s_expectation") < 1e-11


def test_products_of_traces_are_not_sums_over_blocks() -> None:
    """Over a pair Tr[P s] Tr[P v] is four times that of one copy, and is divided by two."""
    model = CASES["copies"][0]
    product = Trace(P * s) * Trace(P * v(0))
    assert not is_sum_over_blocks(product)
    form = derive(model, product)
    assert isinstance(form, ClosedForm)
    k = np.array([0.3, 0.4])
    for band in range(model.size):
        contours = reader_of_multiplet(model, k, band)
        assert form(k)[band] == pytest.approx(contours.read(product).array[0, 0] / contours.rank, rel=1e-10)


def test_which_expressions_are_sums_over_blocks() -> None:
    inside = Trace(P * v(0) * S * s)
    for expression in (inside, Derivative(0, inside), BandEnergy("n", (1,)) * inside, inside - Trace(P * s)):
        assert is_sum_over_blocks(expression)
    for expression in (
        P * s,
        BandEnergy("n"),
        inside + 1,
        inside * inside,
        Derivative("h", inside),
        Trace((P + S) * s),
    ):
        assert not is_sum_over_blocks(expression)


@pytest.mark.slow
def test_conserved_spin_has_no_dipole() -> None:
    """Spin is conserved: the dipole and the torques vanish, in one formula for all bands."""
    for name in ("s_dipole", "torque_dipole", "dipole_gradient"):
        form = derive(KANE_MELE, name)
        assert form.definitions == ()
        assert not any(sp.flatten(form.compact))
    assert {value for block in derive(KANE_MELE, "s_expectation").blocks for value in block.compact} == {
        sp.Rational(1, 2),
        -sp.Rational(1, 2),
    }


def test_many_blocks_are_short() -> None:
    """Three pairs of bands in a six-band model: operations in all three forms together."""
    model = direct_sum(PAIR, HIGHER, moved(two_bands(sp.cos(k_x + k_y), sp.Integer(0), sigma_z), -9), U=X_THIRDS)
    for name, most in (("s_dipole", 72), ("berry_curvature", 59)):
        forms = derive(model, name).blocks
        assert (
            sum(sp.count_ops([*(f for _, f in form.definitions), *sp.flatten(form.compact)]) for form in forms) <= most
        )


# -- the form -----------------------------------------------------------------------------------------------------------
def test_where_blocks_cross() -> None:
    """A band changes its block at a crossing; at it there is a value only where both blocks have the same."""
    A = sp.Symbol("A", real=True)
    first = sp.cos(k_x) * sigma_z + A * sp.sin(k_y) * sigma_x
    second = sp.cos(k_y) * sigma_z - A * sp.sin(k_x) * sigma_y
    joined = sp.Matrix(sp.kronecker_product(sp.eye(2), sp.ones(2)))
    model = Model(sp.Matrix(sp.diag(first, second)), joined, (k_x, k_y), {A: 0.6}, name="crossing")
    form = derive(model, "drift_current")
    on, off = form([[0.3, 0.3], [0.3, 0.31]])
    assert np.isnan(on).all()
    with pytest.warns(DegeneracyWarning):
        assert off == pytest.approx(evaluate(model, "drift_current", [[0.3, 0.31], [0.3, 0.3]])[0], rel=1e-10)
    with pytest.raises(
        ValueError, match=r"expected a k at which band 1 of crossing belongs to one block, .* form.blocks"
    ):
        form.at([0.3, 0.3], band=1)
    near = form.at(["0.3", "0.3000000000000000000001"], band=1, digits=20)
    assert [float(x) for x in near] == pytest.approx(form([0.3, 0.3 + 1e-9])[1], rel=1e-7)


def test_more_digits_derivatives_values_and_text() -> None:
    model = CASES["Hadamard"][0]
    form, k = derive(model, "s_dipole"), np.array([0.3, 0.4])
    assert form.structure == "constant blocks, N = 2 + 2: two bands, H' = h . sigma"
    for band in range(4):
        assert [float(x) for x in form.at(k, band, 25)] == pytest.approx(form(k)[band], rel=1e-12)
    step = np.array([1e-5, 0])
    slope = (form(k + step) - form(k - step)) / 2e-5
    assert form.diff("k_x")(k) == pytest.approx(slope, abs=1e-8)
    assert form.subs({"level": 2})(k) == pytest.approx(form(k, level=2), rel=1e-12)
    assert r"\text{block 2 of 2, of the states } \frac{\sqrt{2}}{2}|1\rangle" in form.latex()
    scope: dict[str, object] = {}
    exec(form.source("python"), scope)
    for j, block in enumerate(form.blocks, 1):
        energies = block.model.energies(k)
        values = [scope[f"s_dipole_block_{j}"](*k, energy, 1.0) for energy in energies]  # type: ignore
        assert np.array(values) == pytest.approx(block(k), rel=1e-12)


def test_what_a_form_of_blocks_refuses() -> None:
    form = derive(CASES["Hadamard"][0], "s_dipole")
    with pytest.raises(
        AttributeError, match=r"no attribute 'program'; .* form.blocks\[0\].program is that of the first"
    ):
        _ = form.program
    with pytest.raises(ValueError, match="band: expected an integer from 0 to 3"):
        form.at([0.3, 0.4], band=4)
    with pytest.raises(ValueError, match="replacements: expected some of k_x, k_y, level"):
        form.subs({"M": 1})
    with pytest.raises(ValueError, match="bands have the multiplicities"):
        derive(KANE_MELE, "s_expectation").subs({"lambda_v": 0})
    with pytest.raises(ValueError, match="parameters: expected values for which kane_mele has 4 distinct energies"):
        derive(KANE_MELE, "s_expectation")([0.3, 0.4], lambda_v=0)


@pytest.mark.slow
def test_chiral_symmetry_in_another_basis() -> None:
    """H anticommutes with a constant matrix: with it diagonal, the steps of six bands are fewer and the numbers the same."""
    generator = np.random.default_rng(8)
    off = sp.zeros(3)
    for wave in (1, sp.cos(k_x), sp.sin(k_y)):
        real, imag = generator.integers(-9, 10, (2, 3, 3))
        off += wave * (sp.Matrix(real.tolist()) + sp.I * sp.Matrix(imag.tolist())) / 10
    H = sp.BlockMatrix([[sp.zeros(3), off], [off.H, sp.zeros(3)]]).as_explicit()
    plain = Model(H, hermitian(generator, 6, 9), (k_x, k_y), name="chiral")
    rotated = direct_sum(plain, U=sp.Matrix(sp.kronecker_product(HADAMARD, sp.eye(3))))
    assert blocks(plain) == ()
    form = derive(rotated, "berry_curvature")
    assert form.structure.endswith("in a basis of its blocks")
    assert len(form.program.live(form.nodes)) < 1.1 * len(
        (plain_form := derive(plain, "berry_curvature")).program.live(plain_form.nodes)
    )
    assert worst(form, "berry_curvature") < 1e-11
