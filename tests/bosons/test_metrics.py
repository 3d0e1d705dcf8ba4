"""Any metric g: other components of Psi for the same bosons, and modes that stand in Psi once."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import sympy as sp
from bosons.formula_bosons import LATTICE, k_x, k_y
from bosons.test_observables import squeezed

import symcur as sc
from symcur import bosons, quantities
from symcur.bosons import Metric
from symcur.linear_response.lattices import random_bosons
from symcur.linear_response.susceptibility import solve

K = np.random.default_rng(7).uniform(-3, 3, size=(4, 2))
NUMBERS = [quantity.name for quantity in quantities.QUANTITIES if not quantity.operator][::3]
EXCHANGE, SIGNS = [[0, 1], [1, 0]], [[1, 0], [0, -1]]


def in_components(model: sc.NumericModel, V: np.ndarray) -> sc.NumericModel:
    """The same bosons by Psi' with Psi = V Psi': V^+ H V, V^+ s V, and the commutators of Psi'."""
    bonds, inverse = model.H.__self__, np.linalg.inv(V)
    g = inverse @ model.metric @ inverse.conj().T
    X = inverse.conj() @ model.bosons.exchange @ V
    hoppings = {R: V.conj().T @ t @ V for R, t in bonds.hoppings.items()}
    s, cell = V.conj().T @ model.s @ V, model.cell.vectors
    return sc.Model.from_hoppings(hoppings, s, cell, positions=bonds.positions, metric=Metric(g, X), name="others")


def close(found: np.ndarray, expected: np.ndarray, tolerance: float = 1e-11) -> None:
    np.testing.assert_allclose(found, expected, atol=tolerance * (1 + np.abs(expected).max()))


@pytest.mark.slow_for("hybrid")
@pytest.mark.parametrize("kinds", [(("bosons", 2),), (("bosons", 1), ("phonons", 1))], ids=["magnons", "hybrid"])
def test_no_number_depends_on_the_components(kinds):
    model, generator = random_bosons(3, kinds), np.random.default_rng(1)
    other = in_components(model, generator.normal(size=(4, 4)) + 1j * generator.normal(size=(4, 4)))
    assert np.abs(other.metric @ other.metric - np.eye(4)).max() > 0.1
    assert (other.bosons.doubled, other.bosons.negative, other.statistics) == (True, 2, model.statistics)
    close(other.energies(K), model.energies(K))
    for name in NUMBERS:
        close(sc.evaluate(other, name, K), sc.evaluate(model, name, K))
    for observable in (sc.thermoelectric, sc.magnetization):
        found, expected = (observable.integrand(x, K, temperature=0.7) for x in (other, model))
        for part in expected:
            close(found[part], expected[part])
    bands = solve(other, K)
    close(bands.inverse @ bands.states, np.broadcast_to(np.eye(4), (4, 4, 4)))


def test_the_norm_holds_the_inverse_of_the_metric():
    model, V = random_bosons(0), np.diag([1.0, 2.0, 0.5, 1.0]) + 0.3j * np.eye(4, k=1)
    other = in_components(model, V)
    E, left, T = other.eigenstates(K)
    g = other.metric
    close(T.conj().mT @ np.linalg.inv(g) @ T, np.sign(E)[..., None] * np.eye(4))
    close(g @ other.matrix("H", K) @ T, T * E[:, None])
    close(left, np.linalg.inv(T) @ g)


def test_momenta_that_do_not_commute_with_each_other():
    """Psi = (u, v), v = p - A u of a Raman coupling: [v_x, v_y] = 2 i h, and H = (1/2) v^2 + (1/2) u D u."""
    for kind, alpha in (("canonical", 0.0), ("kinetic", -0.0035858055)):
        model = bosons.square_phonons(angular_momentum=kind, raman=0.3)
        A = 0.3 * np.array([[0, 1], [-1, 0]])
        other = in_components(model.made, np.block([[np.eye(2), np.zeros((2, 2))], [A, np.eye(2)]]))
        np.testing.assert_allclose(other.metric[2:, 2:], [[0, -0.6j], [0.6j, 0]], atol=1e-15)
        H = other.matrix("H", K)
        np.testing.assert_allclose(H[:, 2:], np.broadcast_to(np.eye(4)[2:], (4, 2, 4)), atol=1e-15)
        assert sc.thermoelectric(other, temperature=0.5).value[0, 1] == pytest.approx(alpha, abs=1e-9)


def test_half_of_the_components_where_a_number_is_conserved():
    """Neel order conserves S_z: (a_k, b^+_-k) of the two sublattices hold every magnon once."""
    whole = bosons.honeycomb_magnons()
    bonds, kept = whole.made.H.__self__, [0, 3]
    place = np.ix_(kept, kept)
    half = sc.Model.from_hoppings(
        {R: t[place] for R, t in bonds.hoppings.items()},
        whole.s[place],
        whole.cell.vectors,
        positions=bonds.positions[kept],
        metric=Metric(SIGNS),
    )
    assert (half.size, half.statistics.factor, whole.statistics.factor) == (2, 1, sp.Rational(1, 2))
    assert sc.thermoelectric(half, temperature=1.0).value[0, 1] == pytest.approx(0.0038175059, abs=1e-10)
    found, expected = (sc.magnetization(x, temperature=0.4).parts for x in (half, whole))
    for name in ("thermal", "zero_point"):
        close(found[name].value, expected[name].value, 1e-9)
    assert abs(expected["zero_point"].value[0, 1]) > 1e-3


def test_annihilators_alone_have_no_zero_point():
    """g = 1: sums with the Bose function over what would be the bands of electrons."""
    H = [[3 - sp.cos(k_x), (sp.sin(k_x) + sp.I * sp.sin(k_y)) / 2], [(sp.sin(k_x) - sp.I * sp.sin(k_y)) / 2, 4]]
    of = lambda **more: sc.Model(H, sp.diag(1, -1), (k_x, k_y), lattice=LATTICE, **more)  # noqa: E731
    magnet, electrons = of(metric=Metric(sp.eye(2))), of()
    assert magnet.bosons.negative == 0
    close(magnet.energies(K), electrons.energies(K))
    for name in ("s_dipole", "s_current_dipole", "dipole_gradient"):
        close(sc.evaluate(magnet, name, K), sc.evaluate(electrons, name, K))
        close(sc.compile(magnet, name)(K)[name], sc.evaluate(electrons, name, K))
    parts = sc.magnetization.integrand(magnet, K, temperature=2.0)
    close(parts["thermal"], parts["total"])
    assert np.abs(parts["thermal"]).max() > 1e-2
    assert np.abs(parts["zero_point"]).max() == 0


def test_one_annihilator_alone():
    model = sc.Model([[2 - sp.cos(k_x)]], 1, (k_x,), lattice=[[1]], metric=Metric([[1]]))
    assert model.energies([0.3]) == pytest.approx(2 - np.cos(0.3))
    with pytest.raises(ValueError, match="expected a positive H"):
        model.replace(H=-model.H).energies([0.3])


@pytest.mark.parametrize(
    "V",
    [sp.Matrix([[1, sp.Rational(1, 2)], [sp.I / 3, sp.sqrt(2)]]), sp.diag(2, sp.Rational(1, 3))],
    ids=["mixed", "scaled"],
)
def test_closed_forms_and_kernels_take_any_metric(V):
    """Of the components of a squeezed boson, mixed with roots and complex numbers, or in other units."""
    model, inverse = squeezed(), V.inv()
    metric = Metric(
        sp.simplify(inverse * sp.Matrix(SIGNS) * inverse.H), sp.simplify(inverse.conjugate() * sp.Matrix(EXCHANGE) * V)
    )
    other = sc.Model((V.H * model.H * V).expand(), V.H * model.s * V, model.k, lattice=LATTICE, metric=metric)
    expected, form = sc.evaluate(model, "s_dipole", K), sc.derive(other, "s_dipole")
    close(form(K), expected)
    close(sc.compile(other, "s_dipole")(K)["s_dipole"], expected)
    close(np.array(form.at(K[0], 1, 20), dtype=float), expected[0, 1])


def test_models_keep_their_metric():
    V = np.eye(4) + 0.2 * np.eye(4, k=2)
    once = sc.Model([[3, k_x], [k_x, 4]], sp.eye(2), (k_x,), {"a": 1}, metric=Metric(SIGNS))
    for model in (in_components(random_bosons(1), V), once, squeezed()):
        for other in (pickle.loads(pickle.dumps(model)), model.replace(name="other"), model.with_s(model.s)):
            assert (other.bosons, other.statistics) == (model.bosons, model.statistics)
    assert squeezed().replace(metric=Metric(SIGNS, EXCHANGE)) == squeezed()
    assert squeezed().replace(metric=Metric(SIGNS)) != squeezed()


# -- what is refused -----------------------------------------------------------------------------------------------------
def of_metric(metric: object) -> sc.Model:
    return sc.Model(3 * sp.eye(2), sp.eye(2), (k_x, k_y), lattice=LATTICE, metric=metric)


WRONG = {
    "a matrix that does not say how often a mode stands": (lambda: np.diag([1, -1]), "metric: expected 'bosons'.*Metric"),
    "not Hermitian": (lambda: Metric([[1, 1], [0, -1]]), "metric: expected a Hermitian matrix"),
    "singular": (lambda: Metric([[1, 1], [1, 1]]), "metric: expected a matrix without a zero eigenvalue"),
    "not square": (lambda: Metric([[1, 0]]), "metric: expected a square matrix of numbers"),
    "symbols": (lambda: Metric([[k_x, 0], [0, -1]]), "metric: expected a square matrix of numbers"),
    "text": (lambda: Metric([["1", 0], [0, -1]]), "metric: expected a square matrix of numbers and SymPy expressions, got text"),
    "another size": (lambda: Metric([[1]]), "metric: expected a matrix of 2 rows, as many as H has, got 1"),
    "X of another size": (lambda: Metric(SIGNS, [[1]]), r"conjugation: expected numbers of shape \(2, 2\)"),
    "X twice is not 1": (lambda: Metric(SIGNS, [[0, 2], [1, 0]]), r"conjugation: expected X X\^\* = 1"),
    "X keeps the norm": (lambda: Metric(SIGNS, np.eye(2)), r"conjugation: expected X g X\^\+ = -g\^\*"),
}  # fmt: skip


@pytest.mark.parametrize(("metric", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_metric_is_named(metric, message):
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        of_metric(metric())


def test_a_metric_that_links_places_is_refused():
    """u at 1/2 and p at 0 by the phases of a Raman coupling: g H(k + G) has other states than g H(k)."""
    link = sp.sin(k_x / 2) / 3
    H = sp.Matrix([[3, link], [link, 1]])
    with pytest.raises(
        ValueError, match=r"^metric: expected components of Psi that commute with those at other positions"
    ):
        sc.Model(H, sp.zeros(2), (k_x,), lattice=[[1]], metric=Metric([[0, sp.I], [-sp.I, 0]]))
    model = sc.Model(H, sp.zeros(2), (k_x,), lattice=[[1]], metric=Metric(SIGNS))
    np.testing.assert_allclose(abs(model.positions[0] - model.positions[1]), 0.5)


# -- files ---------------------------------------------------------------------------------------------------------------
FILE = """
k = ["k_x", "k_y"]
lattice = [[1, 0], [0, 1]]
H = [["a + o", "b"], ["conj(b)", "a - o"]]
s = 1
{metric}
[parameters]
t = 0.4
[definitions]
a = "3.5 - cos(k_x) - cos(k_y)"
o = "t*sin(k_x)"
b = "0.6*(cos(k_x) - cos(k_y)) + 0.8*i*sin(k_x)*sin(k_y)"
"""


def read(tmp_path, metric: str) -> sc.Model:
    path = tmp_path / "boson.toml"
    path.write_text(FILE.format(metric=metric))
    return sc.models.load(path)


@pytest.mark.parametrize(
    "metric",
    ['"bosons"', '[["bosons", 1]]', "{matrix = [[1, 0], [0, -1]], conjugation = [[0, 1], [1, 0]]}"],
)
def test_a_file_has_a_metric(tmp_path, metric):
    model = read(tmp_path, f"metric = {metric}")
    assert model.bosons == squeezed().bosons
    close(model.energies(K), squeezed().energies(K))


def test_a_file_of_hoppings_has_one(tmp_path):
    path = tmp_path / "phonon.toml"
    text = 'lattice = [[1]]\ns = [[0, 0], [0, 0]]\nmetric = "phonons"\n[[hoppings]]\nR = [0]\nt = [[3, 0], [0, 1]]\n'
    path.write_text(
        text + "[[hoppings]]\nR = [1]\nt = [[-1, 0], [0, 0]]\n[[hoppings]]\nR = [-1]\nt = [[-1, 0], [0, 0]]\n"
    )
    close(sc.models.load(path).energies([[0.4]])[0, 1], np.sqrt(3 - 2 * np.cos(0.4)))


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ('"fermions"', "metric: expected 'bosons' or 'phonons', pairs such as"),
        ("7", "metric: expected 'bosons' or 'phonons'"),
        ('[["bosons", true]]', "metric: expected 'bosons' or 'phonons'"),
        ('[["bosons", 1000000000000]]', "metric: expected two components of Psi for every mode"),
        ("{conjugation = [[1]]}", "metric: expected 'bosons' or 'phonons'"),
        ('{matrix = [["t", 0], [0, 1]]}', r"metric\.matrix\[0, 0\]: expected one of the names i, pi"),
        ("{matrix = 3}", r"metric\.matrix: expected rows of entries"),
        ('"phonons"', r"H: expected X H X = H\(-k\)\^\*"),
    ],
)  # fmt: skip
def test_a_wrong_metric_in_a_file_is_named(tmp_path, metric, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        read(tmp_path, f"metric = {metric}")
