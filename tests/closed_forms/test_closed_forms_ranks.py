"""Energies of unequal multiplicity, as those of flat bands and of projectors: exact functions of k, and short forms with them."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from contours import largest_difference
from lattice_models import MOMENTA

from symcur.band_structures import Model
from symcur.closed_forms import degeneracy, derivation, derive, reading, three_levels
from symcur.closed_forms.degeneracy import multiplicities

k_x, k_y, _ = MOMENTA
M = sp.Symbol("M", positive=True)
U = sp.Matrix([k_x + sp.I * k_y, M, k_x**2, 1])


def spin(size: int) -> sp.Matrix:
    """The first state against the last one, with an element between them and one beside them."""
    s = sp.diag(1, *[0] * (size - 2), -1) / 2 if size > 1 else sp.eye(1)
    if size > 2:
        s[0, size - 1], s[size - 1, 0], s[1, 2], s[2, 1] = sp.I, -sp.I, 1, 1
    return s


def model(H: sp.Matrix, name: str) -> Model:
    return Model(sp.Matrix(H).applyfunc(sp.expand), spin(H.rows), (k_x, k_y), {M: 1.2}, name=name)


def one_state(size: int) -> Model:
    """One state rises from a level of all others, which disperses."""
    u = U[:size, :]
    return model(k_x / 3 * sp.eye(size) + M * u * u.H, "one state")


def sublattices(rows: int, columns: int, onsite: sp.Expr) -> Model:
    """Hops between sublattices with ``rows`` and ``columns`` states: as many flat bands as these differ by."""
    off = (
        (U * sp.Matrix([[1, k_y]]) + sp.Matrix(4, 2, lambda a, b: a - b))[:columns, :rows].H
        if rows > 1
        else U[:columns, :].H
    )
    H = sp.BlockMatrix([[onsite * sp.eye(rows), off], [off.H, sp.zeros(columns)]]).as_explicit()
    return model(H + k_y / 2 * sp.eye(rows + columns), "sublattices")


TWO = "two energies, 1 and {} times: H'^2 = h^2"
THREE = "three energies, {}, 1 and 1 times: H'(H'^2 - t H' + d) = 0"
CASES = {  # model, multiplicities, structure
    "one of three": (one_state(3), (1, 2), TWO.format(2)),
    "one of four": (one_state(4), (1, 3), TWO.format(3)),
    "two flat bands": (sublattices(1, 3, sp.Integer(0)), (1, 1, 2), THREE.format(2)),
    "beside another level": (sublattices(1, 3, k_x / 2 + 1), (1, 1, 2), THREE.format(2)),
    "three flat bands": (sublattices(1, 4, sp.Integer(0)), (1, 1, 3), THREE.format(3)),
}


@pytest.mark.parametrize(("model", "ranks", "structure"), CASES.values(), ids=CASES)
def test_the_numbers_of_contour_integrals(model: Model, ranks: tuple[int, ...], structure: str) -> None:
    assert tuple(sorted(multiplicities(model))) == ranks
    k = np.array([0.6, -0.9])
    for name in ("velocity", "s_dipole", "berry_curvature"):
        form = derive(model, name)
        assert name == "s_dipole" or form.structure == structure
        assert largest_difference(form, name, k) < 1e-12, name
    assert sp.flatten(derive(model, "energy").compact) == [form.energy_symbol]


def test_a_wrong_rank_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all energies occurred equally often, in both readings."""
    monkeypatch.setattr(reading.Rank, "__rtruediv__", lambda self, value: value / 2)
    monkeypatch.setattr(three_levels.Both, "__truediv__", lambda self, other: three_levels.Both(self.third, self.pair))
    for size in (3, 4):
        other = one_state(size).with_s(sp.eye(size))
        assert largest_difference(derive(other, "s_expectation"), "s_expectation", np.array([0.6, -0.9])) > 0.1
    other = sublattices(1, 3, sp.Integer(0)).with_s(sp.eye(4))
    assert largest_difference(derive(other, "s_expectation"), "s_expectation", np.array([0.6, -0.9])) > 0.1


@pytest.mark.parametrize(
    ("model", "name", "operations"),
    [
        (one_state(4), "velocity", 59),
        (one_state(4), "berry_curvature", 92),
        (sublattices(1, 3, sp.Integer(0)), "velocity", 28),
        (sublattices(1, 3, sp.Integer(0)), "berry_curvature", 75),
    ],
)
def test_forms_are_short(model: Model, name: str, operations: int) -> None:
    form = derive(model, name)
    assert 0 < sp.count_ops([*(value for _, value in form.definitions), *sp.flatten(form.compact)]) <= operations


def test_a_flat_band_does_not_move() -> None:
    """Its energy and what follows from it are exact, between and below the other two, and at E = 0."""
    flat = sublattices(1, 3, sp.Integer(0))
    flat = flat.replace(H=flat.H - k_y / 2 * sp.eye(4))
    form = derive(flat, "velocity")
    k = np.array([[0.6, -0.9], [0.2, 0.7]])
    assert form(k)[:, 1:3] == pytest.approx(np.zeros((2, 2, 2)), abs=1e-14)
    assert np.abs(form(k)[:, [0, 3]]).min() > 1e-3
    assert np.isfinite(derive(flat, "s_dipole")(k)).all()


def test_the_middle_of_the_two_may_be_the_third_energy() -> None:
    """At k_x = -2 the level beside the flat bands meets them: t = 0 there, and eps = 0 on the flat bands."""
    beside = sublattices(1, 3, k_x / 2 + 1)
    k = np.array([-2.0, 0.4])
    form = derive(beside, "berry_curvature")
    assert form.structure == CASES["beside another level"][2]
    assert largest_difference(form, "berry_curvature", k) < 1e-11


def test_a_degeneracy_that_is_only_seen_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if two of three bands in two blocks coincided at random k: it does not follow from H."""
    blocks = Model(sp.diag(sp.cos(k_x), sp.sin(k_y), sp.cos(k_x) + 1), sp.eye(3), (k_x, k_y), name="three levels")
    assert multiplicities(blocks) == (1, 1, 1)
    monkeypatch.setattr(degeneracy, "CLEAR_GAP", 10.0)
    monkeypatch.setattr(degeneracy, "observed", lambda H, point: (1, 2))
    with pytest.raises(
        ValueError, match="expected degeneracies that follow exactly from the entries of H, got three levels"
    ):
        multiplicities(blocks.replace(name="three levels again"))


def test_one_energy() -> None:
    """H = e(k): P = 1, S = 0, for one band and for several."""
    e = sp.cos(k_x) * sp.sin(k_y)
    for size in (1, 3):
        all_alike = Model(e * sp.eye(size), spin(size), (k_x, k_y), name="one energy")
        form = derive(all_alike, "velocity")
        assert form.structure == "one energy: P = 1, S = 0"
        assert [sp.expand(v - e.diff(k)) for v, k in zip(form.compact, (k_x, k_y), strict=True)] == [0, 0]
        assert derive(all_alike, "s_expectation").compact[()] == spin(size).trace() / size
        assert not any(sp.flatten(derive(all_alike, "s_dipole").compact))


def test_other_multiplicities_go_through_the_adjugate() -> None:
    """Four distinct energies and two flat bands; and energies that are no polynomials."""
    chiral = sublattices(2, 4, sp.Integer(0))
    assert tuple(sorted(multiplicities(chiral))) == (1, 1, 1, 1, 2)
    form = derive(chiral, "berry_curvature")
    assert form.structure.startswith("the adjugate")
    assert largest_difference(form, "berry_curvature", np.array([0.6, -0.9])) < 1e-10


def test_where_products_are_too_long_steps_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a bound that every product exceeds: the same numbers, through the adjugate."""
    model, _, structure = CASES["one of three"]
    assert derive(model, "s_dipole").structure == structure
    monkeypatch.setattr(derivation, "_LONGEST", 1)
    form = derive(model.replace(name="another"), "s_dipole")
    assert form.structure.startswith("the adjugate")
    assert largest_difference(form, "s_dipole", np.array([0.4, -0.7])) < 1e-11


@pytest.mark.parametrize("name", ["one of three", "two flat bands", "three flat bands"])
def test_explicit_energies_of_unequal_multiplicity(name: str) -> None:
    """Each band has the energy and the value that it has in the form with E."""
    found = CASES[name][0]
    k = np.random.default_rng(3).uniform(-2, 2, (4, 2))
    for quantity in ("energy", "s_expectation", "s_dipole"):
        form = derive(found, quantity)
        for band in range(found.size):
            explicit = form.explicit(band)
            assert form.energy_symbol not in sp.Tuple(*sp.flatten(explicit.expressions)).free_symbols
            values = sp.lambdify((*found.k, *found.parameters), sp.flatten(explicit.expressions))
            expected = form(k)[:, band].reshape(4, -1)
            written = np.array([np.broadcast_to(values(*point, 1.2), expected.shape[1]) for point in k])
            np.testing.assert_allclose(written, expected, atol=1e-10 * max(1, np.abs(expected).max()))
            np.testing.assert_allclose(
                explicit(k).reshape(4, -1), expected, atol=1e-10 * max(1, np.abs(expected).max())
            )


def test_a_flat_band_below_two_others_comes_first() -> None:
    """Two energies of one block and the flat ones of another, below them at every k."""
    n = sp.Matrix([sp.cos(k_x), sp.sin(k_x)])
    H = sp.diag(3 * sp.eye(2) + n * n.T + sp.sin(k_y) * sp.eye(2) / 2, sp.zeros(2))
    form = derive(model(H, "above"), "energy")
    assert form.energies == (0, sp.sin(k_y) / 2 + 3, sp.sin(k_y) / 2 + 4)


def test_energies_whose_order_depends_on_k_are_not_put_in() -> None:
    u = sp.Matrix([sp.cos(k_x), sp.sin(k_x), 0])
    form = derive(model(k_y * u * u.T, "crossing"), "energy")
    with pytest.raises(ValueError, match="in the same order at every k"):
        form.explicit(1)


def test_what_needs_no_energy_is_explicit_and_blocks_have_theirs() -> None:
    H = sp.diag(sp.sin(k_x), sp.Matrix([[1, k_x - sp.I * k_y], [k_x + sp.I * k_y, -1]]) / 3)
    same = Model(H, 2 * sp.eye(3), (k_x, k_y))
    assert derive(same, "s_expectation").explicit(1).expressions == sp.Array(2)
    k = np.random.default_rng(3).uniform(-1, 1, (5, 2))
    for band in range(3):
        np.testing.assert_allclose(derive(same, "energy").explicit(band)(k), same.energies(k)[:, band], atol=1e-13)


def test_explicit_bands_of_a_block_with_flat_bands() -> None:
    """The flat level of the block holds two bands, the others one."""
    flat = sublattices(1, 3, sp.Integer(0))
    whole = Model(sp.diag(flat.H, k_x / 3), sp.diag(flat.s, 1), (k_x, k_y), {M: 1.2})
    form, k = derive(whole, "s_expectation"), np.random.default_rng(3).uniform(-2, 2, (6, 2))
    expected = form(k)
    for band in range(5):
        np.testing.assert_allclose(form.explicit(band)(k), expected[:, band], atol=1e-10)
    assert form.explicit(2)(k[0]).shape == ()
