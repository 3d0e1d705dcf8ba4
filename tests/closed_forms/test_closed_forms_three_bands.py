"""Three bands: formulas in z = E - h0 and the invariants of H', for models, for classes of models and for multiplets."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from agreement import differences, is_printed_in_functions, printed_difference
from lattice_models import MOMENTA, hermitian, random_model

from symcur import models, quantities
from symcur.band_structures import Model
from symcur.closed_forms import ClosedForm, derive
from symcur.closed_forms.circles import circles, in_circles
from symcur.closed_forms.powers import Levels
from symcur.closed_forms.several_levels import SeveralLevels
from symcur.expressions import Im, P, S, Trace, s
from symcur.expressions import v as V

k_x, k_y, _ = MOMENTA
S_X = sp.Matrix([[0, 1, 0], [1, 0, 1], [0, 1, 0]]) / sp.sqrt(2)
S_Y = sp.Matrix([[0, -sp.I, 0], [sp.I, 0, -sp.I], [0, sp.I, 0]]) / sp.sqrt(2)
S_Z = sp.diag(1, 0, -1)
TRACED = [name for name in quantities.names() if not quantities.get(name).operator]
t, phi, v, m = sp.symbols("t phi v m", real=True)


def kagome() -> Model:
    """Hopping -t +- i phi around every triangle of the kagome lattice; s tells two sublattices apart."""
    places = [(0, 0), (sp.Rational(1, 2), 0), (sp.Rational(1, 4), sp.sqrt(3) / 4)]

    def hop(a: int, b: int) -> sp.Expr:
        x, y = (p - q for p, q in zip(places[a], places[b], strict=True))
        turn = 1 if (b - a) % 3 == 1 else -1
        return (-2 * t + 2 * sp.I * phi * turn) * sp.cos(k_x * x + k_y * y) if a != b else sp.Integer(0)

    lattice = [[1, 0], [sp.Rational(1, 2), sp.sqrt(3) / 2]]
    return Model(sp.Matrix(3, 3, hop), sp.diag(1, -1, 0), (k_x, k_y), {t: 1.0, phi: 0.2}, lattice, name="kagome")


def lieb() -> Model:
    """A flat band and two others; the spin-orbit coupling is ``phi``."""
    a, b, c = 2 * t * sp.cos(k_x / 2), 2 * t * sp.cos(k_y / 2), 4 * phi * sp.sin(k_x / 2) * sp.sin(k_y / 2)
    H = sp.Matrix([[m, a, b], [a, -m, sp.I * c], [b, -sp.I * c, 0]])
    return Model(H, sp.diag(1, -1, 0), (k_x, k_y), {t: 1.0, phi: 0.3, m: 0.4}, name="lieb")


def spin_one() -> Model:
    """Massive fermions of spin one, with s = S_z."""
    return Model(v * (k_x * S_X + k_y * S_Y) + m * S_Z, S_Z, (k_x, k_y), {v: 0.9, m: 0.6}, name="spin_one")


def pairs() -> Model:
    """Three energies, twice each: three random bands beside a spin that only s knows of."""
    three = random_model(3, 3, 2)
    H = sp.kronecker_product(three.H, sp.eye(2))
    return Model(H, hermitian(np.random.default_rng(8), 6, 9), three.k, three.parameters, name="pairs")


MODELS = {model.name: model for model in (kagome(), lieb(), spin_one(), pairs())} | {"random": random_model(3, 3, 2)}


@pytest.mark.slow_for("lieb", "kagome", "spin_one", "pairs")
@pytest.mark.parametrize("name", MODELS)
def test_contour_integrals_give_the_same(name: str) -> None:
    """Every fourth quantity, other ones for each model; and what is printed as functions of k has their values."""
    chosen = TRACED[list(MODELS).index(name) % 4 :: 4]
    forms = {quantity: derive(MODELS[name], quantity) for quantity in ("energy", *chosen)}
    for quantity, difference in differences(forms):
        assert difference < 1e-12, quantity
    for quantity, form in forms.items():
        assert not is_printed_in_functions(form) or printed_difference(form) < 1e-10, quantity


def test_four_bands_whose_energies_do_not_lie_symmetrically(monkeypatch) -> None:
    """A chain of four orbitals, written in functions of k even where the steps of the adjugate are shorter."""
    monkeypatch.setattr(SeveralLevels, "not_compared", 10**6)
    H = sp.Matrix([[m, k_x, 0, 0], [k_x, 0, sp.I * k_y, 0], [0, -sp.I * k_y, -m, t], [0, 0, t, 2 * m]])
    model = Model(H, sp.diag(1, -1, 0, 0), (k_x, k_y), {t: 0.7, m: 0.4}, name="chain")
    forms = {name: derive(model, name) for name in ("energy", "torque_berry_curvature", "s_dipole")}
    assert {form.structure[:13] for form in forms.values()} == {"four energies"}
    assert any(symbol.name in ("a_4", "b_4") for symbol, _ in forms["torque_berry_curvature"].definitions)
    for quantity, difference in differences(forms):
        assert difference < 1e-12, quantity


def size(form: ClosedForm) -> int:
    return int(sp.count_ops([*(value for _, value in form.definitions), *sp.flatten(form.compact)]))


@pytest.mark.slow_for("random-torque_quadrupole-1450")
@pytest.mark.parametrize(
    ("name", "quantity", "operations"),
    [
        ("spin_one", "s_dipole", 30),
        ("spin_one", "torque_quadrupole", 40),
        ("spin_one", "torque_polarizability", 85),
        ("kagome", "s_dipole", 90),
        ("kagome", "berry_curvature", 95),
        ("lieb", "s_dipole", 65),
        ("random", "torque_quadrupole", 1450),
    ],
)
def test_forms_are_short(name: str, quantity: str, operations: int) -> None:
    form = derive(MODELS[name], quantity)
    assert 0 < size(form) <= operations
    assert form.structure.startswith("the adjugate" if name == "random" else "three energies: polynomials in H'")


# -- classes of models -----------------------------------------------------------------------------------------------------
def test_any_field_on_a_spin_one() -> None:
    """H = h(k) . S with h undefined, m = E/h: Omega = -m n.(dn x dn), d^{i S_z} = (2 - m^2)/2 (h x d_i h)_z/h^2, n = h/|h|."""
    h = sp.Matrix([sp.Function(f"h_{a}", real=True)(k_x, k_y) for a in "xyz"])
    model = Model(h[0] * S_X + h[1] * S_Y + h[2] * S_Z, S_Z, (k_x, k_y))
    square = h.dot(h)
    curvature, dipole, spin = (derive(model, name) for name in ("berry_curvature", "s_dipole", "s_expectation"))
    E = curvature.energy_symbol
    # At the energies E^3 = h^2 E, and both sides are polynomials in E over powers of h^2 and of 3 E^2 - h^2.
    for E_squared in (0, square):
        level = {E: sp.sqrt(E_squared)}
        m = level[E] / sp.sqrt(square)
        expected = -m * h.dot(h.diff(k_x).cross(h.diff(k_y))) / square ** sp.Rational(3, 2)
        assert sp.simplify(curvature.expressions[0, 1].subs(level) - expected) == 0
        assert sp.simplify(sp.flatten(spin.expressions)[0].subs(level) - m * h[2] / sp.sqrt(square)) == 0
        for i, k in enumerate((k_x, k_y)):
            expected = (2 - m**2) * h.cross(h.diff(k))[2] / (2 * square)
            assert sp.simplify(dipole.expressions[i].subs(level) - expected) == 0


def test_three_bands_of_any_kind_have_one_formula() -> None:
    """Nine undefined functions: the formula is a trace in H', and only its names for the invariants depend on H."""
    f = {name: sp.Function(name, real=True)(k_x, k_y) for name in ("a", "b", "c", "x", "y", "r", "u", "v", "w")}
    H = sp.Matrix(3, 3, lambda i, j: f["abc"[i]] if i == j else 0)
    for (i, j), (x, y) in {(0, 1): "xu", (0, 2): "yv", (1, 2): "rw"}.items():
        H[i, j], H[j, i] = f[x] - sp.I * f[y], f[x] + sp.I * f[y]
    text = derive(Model(H, S_Z, (k_x, k_y)), "s_dipole").latex()
    assert text.split(r" \\")[0].split("&= ")[1] == (
        r"\frac{1}{q'(z)^{2}}\,\mathrm{Im}\,\mathrm{Tr}[\left(H'^{2}\, v_{i}\, H' + 2 z H'^{2}\, v_{i} + "
        r"\left(z^{2} + a_{2}\right) H'\, v_{i}\right)\, s]"
    )
    assert text == derive(random_model(3, 3, 2), "s_dipole").latex()


def gell_mann() -> np.ndarray:
    """The eight matrices lambda_a, Tr[lambda_a lambda_b] = 2 delta_ab."""
    found = []
    for a, b in ((0, 1), (0, 2), (1, 2)):
        for entry in (1, -1j):
            X = np.zeros((3, 3), dtype=complex)
            X[a, b], X[b, a] = entry, np.conj(entry)
            found.append(X)
    return np.array([*found, np.diag([1, -1, 0]), np.diag([1, 1, -2]) / np.sqrt(3)])


def test_the_dipole_of_three_bands_in_the_basis_of_su3() -> None:
    """With star and cross products of eight components (Barnett, Boyd, Galitski): the formula of the documentation."""
    lambdas, model, k = gell_mann(), MODELS["random"], np.array([0.4, -1.1])
    traces = np.einsum("aij,bjk,cki->abc", lambdas, lambdas, lambdas)
    f, d = traces.imag / 2, (traces + traces.transpose(1, 0, 2)).real / 4
    h, s, *slopes = (
        np.einsum("aij,ji->a", lambdas, X).real / 2
        for X in (model.matrix("H", k), model.matrix("s", k), *(model.matrix("H", k, (i,)) for i in range(2)))
    )
    star, cross = (lambda a, b, t=t: np.einsum("abc,a,b->c", t, a, b) for t in (d, f))
    g, square = star(h, h), h @ h
    for energy, found in zip(model.energies(k), derive(model, "s_dipole")(k), strict=True):
        z = energy - np.trace(model.matrix("H", k)).real / 3
        expected = [
            (z**2 + square / 3) * h @ cross(x, s)
            + 2 * z * g @ cross(x, s)
            + star(g, cross(h, s)) @ x
            - star(h, x) @ cross(g, s)
            for x in slopes
        ]
        assert found == pytest.approx(2 / (3 * z**2 - square) ** 2 * np.array(expected), abs=1e-12)


# -- what the forms are made of --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("ranks", [(1, 1, 1, 1), (2, 1, 2)])
@pytest.mark.parametrize("name", TRACED)
def test_an_expression_in_circles_is_equal_at_exact_points(exact_bands, name: str, ranks: tuple[int, ...]) -> None:
    expression = quantities.get(name).expression()
    found = in_circles(expression, ranks[0] > 1)
    bands = exact_bands(*ranks)
    assert bands.vanishes(expression - found)
    assert not bands.vanishes(expression - 2 * found)


def test_products_of_v_and_s_are_a_current_where_they_come_alike(exact_bands) -> None:
    alike = Im(Trace(P * V("l") * S * (V("i") * s + s * V("i"))))
    assert in_circles(alike, False).latex() == r"2\,\mathrm{Im}\,\mathrm{Tr}[P\, v_{l}\, S\, J^{is}]"
    other = Im(Trace(P * V("l") * S * (V("i") * s + 2 * s * V("i"))))
    assert exact_bands(1, 1, 1).vanishes(other - in_circles(other, False))
    assert "J" not in in_circles(other, False).latex()


@pytest.mark.parametrize(("distinct", "rank"), [(2, 1), (3, 1), (4, 1), (3, 2)])
def test_circles_in_powers_of_h(distinct: int, rank: int) -> None:
    """Traces of words at random matrices, with P and S of eigenvectors on the other side."""
    generator = np.random.default_rng(distinct + rank)
    N = distinct * rank
    draw = generator.normal(size=(4, N, N)) + 1j * generator.normal(size=(4, N, N))
    X = {axis: A + A.conj().T for axis, A in zip(("i", "l", "s", "H"), draw, strict=True)}
    u, energies = np.linalg.eigh(X["H"])[1], np.repeat(generator.normal(size=distinct), rank)
    energies -= energies.mean()
    H = u @ np.diag(energies) @ u.conj().T
    J = {axis: (X[axis] @ X["s"] + X["s"] @ X[axis]) / 2 for axis in "il"}
    gaps = [e - energies[0] for e in energies[rank:]]
    P = u[:, :rank] @ u[:, :rank].conj().T
    S = sum(np.outer(u[:, n], u[:, n].conj()) / -gap for n, gap in enumerate(gaps, rank))

    def matrix(letter: tuple) -> np.ndarray:
        match letter:
            case ("O", "H", (axis,)):
                return X[axis]
            case ("O", "H", (one, other)):
                return X[one] @ X[other] + X[other] @ X[one]
            case ("O", "s", ()):
                return X["s"]
            case ("J", axis):
                return J[axis]
            case ("S", power):
                return np.linalg.matrix_power(S, power)
        return P

    def circle(letters: tuple) -> complex:
        if letters and letters[0][0] == "e":
            return np.trace(P @ X[letters[0][1][0]]) / rank
        return np.trace(np.linalg.multi_dot([P, P, *map(matrix, letters)]))

    def word(part: str, pairs: tuple) -> float:
        product = np.eye(N)
        for power, letter in pairs:
            product = product @ np.linalg.matrix_power(H, power) @ matrix(letter)
        value = np.trace(product)
        return value.real if part == "Re" else value.imag

    levels = Levels(distinct, rank)
    distinct_energies = energies[::rank]
    polynomial = np.poly(distinct_energies)
    numbers = [distinct_energies[0], *(-x for x in polynomial[2:])]

    def value(p) -> float:
        return sum(
            float(c.p) / float(c.q) * np.prod([x ** int(n) for x, n in zip(numbers, e, strict=True)])
            for e, c in p.to_dict().items()
        )

    for name in TRACED:
        terms = circles(quantities.get(name).expression(), rank > 1)
        if name == "energy":
            continue
        expanded = levels.expanded(terms)
        found = sum(value(p) * np.prod([word(*trace) for trace in key]) for key, p in expanded.terms.items())
        found /= np.prod(distinct_energies[0] - distinct_energies[1:]) ** expanded.power
        sizes = [
            complex(float(c.x), float(c.y)) * np.prod([circle(letters) for letters in monomial])
            for monomial, c in terms.items()
        ]
        assert found == pytest.approx(sum(sizes).real, rel=1e-8, abs=1e-9 * max(map(abs, sizes))), name


def test_the_torque_is_gone_before_anything_is_multiplied_out() -> None:
    """q^{il tau} needs no second derivatives of P: -(1/2) Im Tr[P v S J] + (1/2) v d^s, symmetrised."""
    shown = in_circles(quantities.get("torque_quadrupole").expression(), False).latex()
    assert shown.count(r"\mathrm{Im}\,\mathrm{Tr}") == 4
    assert r"\partial" not in shown
    assert size(derive(models.kane_mele(), "torque_quadrupole")) < 1600


def test_denominators_have_no_common_factor() -> None:
    """s = lambda_v (E h_zz - h_xx h_yy + h_xy h_yx)/(E^3 - E b_2 - 2 b_3) for Kane and Mele's model with Rashba hopping."""
    form = derive(models.kane_mele(), "s_expectation")
    above, below = sp.flatten(form.compact)[0].as_numer_denom()
    E = form.energy_symbol
    assert sp.Poly(below, E).coeffs()[0] == 1
    names = {symbol.name: symbol for symbol, _ in form.definitions}
    assert below - (E**3 - E * names["b_2"] - 2 * names["b_3"]) == 0
    assert sp.expand(above / sp.Symbol("lambda_v", real=True)).coeff(E) == names["h_zz"]
