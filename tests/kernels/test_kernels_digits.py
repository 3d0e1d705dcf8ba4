"""A kernel is right to 1e-9 of the natural scale at every k, and knows by itself where its program is not."""

from __future__ import annotations

import warnings

import mpmath
import numpy as np
import pytest
import sympy as sp
from kernel_models import TRACED, crossing_model, exact, fifty_digits, largest_error, natural_scales, random_model
from random_points import against_eigenstates, against_fifty_digits

import symcur.models
from symcur.band_structures import Model
from symcur.eigenstates import DegeneracyWarning, evaluate
from symcur.kernels import compile
from symcur.kernels.kernel import ACCURACY, LARGEST_ESTIMATE
from symcur.kernels.spectrum import _START, TURN, spectrum

NAMES = ("energy", "velocity", "s_expectation", "berry_curvature", "s_dipole", "s_berry_curvature")
CROSSINGS = [(2, 0), (3, 0), (3, 1), (4, 0), (4, 1), (4, 2)]
FOR_BOTH = [("numpy", *crossing) for crossing in CROSSINGS] + [("heyoka", 2, 0), ("heyoka", 3, 1), ("heyoka", 4, 1)]


def ring(radius: float, points: int = 24) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False) + 0.1
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1)


@pytest.mark.filterwarnings("ignore::symcur.closed_forms.DigitsWarning")
@pytest.mark.parametrize(("backend", "N", "lower"), FOR_BOTH)
def test_at_every_distance_from_a_crossing(backend, N, lower):
    if backend == "heyoka":
        pytest.importorskip("heyoka")
    model = crossing_model(N, lower, seed=N + lower)
    kernel = compile(model, NAMES, backend=backend)
    by_eigenstates = []
    for exponent in range(13):
        k = ring(10.0**-exponent)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DegeneracyWarning)
            values, scales = kernel(k), natural_scales(model, k)
            for name in NAMES:
                assert largest_error(values[name], evaluate(model, name, k), scales[name]) < 1e-9, (exponent, name)
        by_eigenstates.append(values.by_eigenstates)
    assert by_eigenstates[:3] == [0, 0, 0]
    assert by_eigenstates[-6:] == [24] * 6


@pytest.mark.filterwarnings("ignore::symcur.closed_forms.DigitsWarning")
@pytest.mark.parametrize(("N", "lower"), [(2, 0), (3, 1), (4, 1)])
def test_few_digits_need_eigenstates_only_closer_to_a_crossing(N, lower):
    """Five digits of the natural scale and ten of the energies, at every distance."""
    model = crossing_model(N, lower, seed=N + lower)
    kernel, saved = compile(model, NAMES, backend="numpy"), 0
    for exponent in range(13):
        k = ring(10.0**-exponent)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DegeneracyWarning)
            values, scales = kernel.roughly(k), natural_scales(model, k)
            for name in NAMES[1:]:
                assert largest_error(values[name], evaluate(model, name, k), scales[name]) < 1e-4, (exponent, name)
            saved += kernel(k).by_eigenstates - values.by_eigenstates
        for energies in (values["energy"], kernel.energies(k)):
            np.testing.assert_allclose(
                energies, model.energies(k), rtol=0, atol=1e-10 * np.abs(model.energies(k)).max()
            )
    assert saved >= 24


@pytest.mark.parametrize(("N", "lower"), [(2, 0), (3, 1), (4, 1)])
def test_against_fifty_digits(N, lower):
    """Independently of evaluate: what double precision of H itself allows is 2^-52 |H|/gap; the kernel is as good."""
    model = crossing_model(N, lower, seed=20 + N)
    kernel = compile(model, ["berry_curvature", "s_dipole"], backend="numpy")
    for exponent in (0, 2, 3, 4, 6):
        k = ring(10.0**-exponent, points=3)
        values, scales = kernel(k), natural_scales(model, k)
        gap = np.diff(values["energy"], axis=-1).min()
        allowed = max(1e-9, 100 * 2.0**-52 / gap)
        for j in range(len(k)):
            truth = fifty_digits(model, k[j])
            assert np.abs(values["energy"][j] - truth["energy"]).max() < 1e-14 * scales["energy"][j].max() * 10
            curvature = np.abs(values["berry_curvature"][j, :, 0, 1] - truth["berry_curvature"])
            dipole = np.abs(values["s_dipole"][j, :, 0] - truth["s_dipole"])
            assert (curvature < allowed * scales["berry_curvature"][j]).all()
            assert (dipole < allowed * scales["s_dipole"][j]).all()


@pytest.mark.parametrize("N", [2, 3, 4])
def test_the_error_estimate_is_honest(N, monkeypatch):
    """With no point left to eigenstates, errors of random near-crossings are below the estimate."""
    monkeypatch.setattr("symcur.kernels.kernel.LARGEST_ESTIMATE", np.inf)
    generator = np.random.default_rng(N)
    for seed in range(3):
        model = crossing_model(N, seed % (N - 1), seed=40 + seed)
        kernel = compile(model, ["velocity", "berry_curvature", "s_dipole"], backend="numpy")
        k = ring(1.0, 200) * 10 ** generator.uniform(-6, 0, (200, 1))
        values, scales = kernel(k), natural_scales(model, k)
        assert values.by_eigenstates == 0
        for name in ("velocity", "berry_curvature", "s_dipole"):
            deviation = np.abs(values[name] - evaluate(model, name, k)).reshape(200, N, -1).max(axis=-1) / scales[name]
            trusted = values.error_estimate < 1e-8
            assert (deviation.max(axis=-1)[trusted] < values.error_estimate[trusted]).all()


@pytest.mark.slow
def test_the_error_estimate_bounds_every_quantity_at_random_points():
    """Of the closed forms against eigenstates; of eigenstates where the gap is smallest against fifty digits."""
    generator = np.random.default_rng(8)
    for model in (symcur.models.bhz(), random_model(2, 2, 22), random_model(3, 3, 33), random_model(4, 2, 42)):
        for values, errors, _ in against_eigenstates(compile(model, TRACED), 3000, generator):
            for name, error in errors.items():
                assert (error <= values.error_estimate).all(), (model.name, name)
    for N in (5, 8):  # LAPACK in the program and eigenstates
        model = crossing_model(N, 2, seed=N)
        k = np.concatenate([ring(10.0**-exponent, points=2) for exponent in (1, 3, 5, 7)])
        assert against_fifty_digits(model, k) < 1
        assert compile(model, "s_dipole")(k).error_estimate.max() < 1e-5


def test_two_close_pairs_of_bands_stay_in_the_program():
    """Levels -1 -+ k and 1 -+ k: the resolvent cubic loses 2^-52/k^4 of the small gaps, a Newton step all but 2^-52/k^2."""
    frame, _ = np.linalg.qr(np.random.default_rng(5).normal(size=(4, 4)))
    k = sp.Symbol("k_x", real=True)
    levels, V = (exact(frame @ np.diag(x) @ frame.T) for x in ([-1, -1, 1, 1], [-1, 1, -1, 1]))
    model = Model(levels + k * V, s=sp.diag(*range(4)), k=k)
    kernel, points = compile(model, NAMES[:3], backend="numpy"), np.array([[1e-2], [1e-3]])
    values = kernel(points)
    assert values.by_eigenstates == 0
    for name in NAMES[:3]:
        expected = evaluate(model, name, points)
        assert largest_error(values[name], expected, natural_scales(model, points)[name]) < 1e-9


def test_the_error_estimate_knows_eigenvectors_almost_orthogonal_to_the_start_vector(monkeypatch):
    """Two pairs of bands, each 0.03 % of the spread apart, with an overlap of 0.1 %: the admixture of the partner is amplified."""
    monkeypatch.setattr("symcur.kernels.kernel.LARGEST_ESTIMATE", np.inf)
    model, k = symcur.models.bhz(), np.array([[3.0982106, 3.09909107], [3.11862608, 3.11898998]])
    values, expected = compile(model, "s_expectation")(k), evaluate(model, "s_expectation", k)
    error = np.abs(values["s_expectation"] - expected).max(axis=-1)
    assert (error > 1e-9).all()
    assert (error < values.error_estimate).all()


@pytest.mark.parametrize(("N", "halves"), [(2, 1), (3, 1), (4, 1), (3, 2), (4, 2)])
def test_states_without_overlap_with_a_start_vector_and_with_both(N, halves):
    """H(k) with an eigenvector orthogonal to the fixed vector r of the closed form at k = 0, its bands far apart: the other vector has it,
    but for states orthogonal to both halves of r, which only eigenstates have."""
    r = np.array([x + 1j * y for x, y in _START[:N]])
    parts = np.array_split(r, [-(-N // 2)] if halves == 2 else [])
    known = np.array(
        [np.pad(part, (start, N - start - len(part))) for part, start in zip(parts, (0, -(-N // 2)), strict=False)]
    )
    frame, _ = np.linalg.qr(np.column_stack([*known, np.eye(N)[:, halves:]]))
    k = sp.symbols("k_x k_y", real=True)
    V = [exact(matrix + matrix.T) for matrix in np.random.default_rng(N).normal(size=(2, N, N))]
    H = exact(frame @ np.diag(np.arange(N) - 1.0) @ frame.conj().T) + k[0] * V[0] + k[1] * V[1]
    model = Model(H, s=sp.diag(*range(N)), k=k)
    kernel = compile(model, NAMES, backend="numpy")
    points = np.concatenate([np.zeros((1, 2)), ring(1e-13), ring(1e-6), ring(1e-3)])
    values, scales = kernel(points), natural_scales(model, points)
    assert values.by_eigenstates == 0 if halves == 1 else 25 <= values.by_eigenstates < len(points)
    assert (values.error_estimate <= ACCURACY).all()
    for name in NAMES:
        assert largest_error(values[name], evaluate(model, name, points), scales[name]) < 1e-9


@pytest.mark.parametrize("scale", [1e-18, 1, 1e12])
@pytest.mark.parametrize("N", [2, 3, 4])
def test_states_without_the_first_orbital(N, scale):
    """The phase of an eigenvector is that of its first component, which all states but one lack at k = 0."""
    k = sp.symbols("k_x k_y", real=True)
    V = [exact(matrix + matrix.T) for matrix in np.random.default_rng(N).normal(size=(2, N, N))]
    H = sp.diag(*range(3, 3 + N)) + k[0] * V[0] + k[1] * V[1]
    model = Model(sp.Rational(scale) * H, s=sp.diag(*range(N)) + sp.ones(N, N), k=k)
    kernel = compile(model, NAMES, backend="numpy")
    points = np.concatenate([np.zeros((1, 2)), ring(1e-160), ring(1e-32), ring(1e-29), ring(1e-15), ring(1e-8)])
    values, scales = kernel(points), natural_scales(model, points)
    assert values.by_eigenstates == 0
    for name in NAMES:
        error = largest_error(values[name], evaluate(model, name, points), scales[name])
        assert error < values.error_estimate.max() < 1e-12


@pytest.mark.parametrize("backend", ["numpy", "heyoka"])
@pytest.mark.parametrize(("N", "lower"), [(2, 0), (3, 0), (4, 1)])
def test_a_touching_is_merged_and_reported(N, lower, backend):
    if backend == "heyoka":
        pytest.importorskip("heyoka")
    model = crossing_model(N, lower, seed=7)
    k = np.concatenate([ring(0.5), np.zeros((1, 2))])
    kernel = compile(model, NAMES, backend=backend)
    with pytest.warns(DegeneracyWarning, match=r"at 1 of 25 points, first at k = \[0.0, 0.0\]"):
        values = kernel(k)
    assert values.by_eigenstates == 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegeneracyWarning)
        expected = {name: evaluate(model, name, k) for name in NAMES}
    for name in NAMES:
        np.testing.assert_allclose(values[name], expected[name], rtol=1e-9, atol=1e-9)


def test_full_degeneracy():
    """All bands meet: cubic and quartic have a triple and a quadruple root."""
    k_x = sp.Symbol("k_x", real=True)
    for N in (2, 3, 4):
        matrix = exact(np.random.default_rng(N).normal(size=(N, N)))
        model = Model(sp.eye(N) / 3 + k_x * matrix, s=sp.diag(*range(N)), k=k_x)
        kernel = compile(model, ["s_expectation", "s_dipole"], backend="numpy")
        with pytest.warns(DegeneracyWarning):
            values = kernel([[0.5], [0.0]])
        assert values.by_eigenstates == 1
        np.testing.assert_allclose(values["s_expectation"][1], np.mean(range(N)), rtol=1e-12)
        np.testing.assert_allclose(values["s_dipole"][0], evaluate(model, "s_dipole", [0.5])[...], atol=1e-11)


@pytest.mark.parametrize("backend", ["numpy", "heyoka"])
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_units_of_energy_do_not_matter(scale, backend):
    if backend == "heyoka":
        pytest.importorskip("heyoka")
    model = symcur.models.kane_mele()
    parameters = {symbol.name: scale * value for symbol, value in model.parameters.items()}
    k = np.random.default_rng(1).uniform(-3, 3, (50, 2))
    kernel = compile(model, ["berry_curvature", "s_dipole", "velocity"], backend=backend)
    values, plain = kernel(k, **parameters), kernel(k)
    assert values.by_eigenstates == plain.by_eigenstates == 0
    np.testing.assert_allclose(values["energy"], scale * plain["energy"], rtol=1e-12)
    np.testing.assert_allclose(values["velocity"], scale * plain["velocity"], rtol=1e-10, atol=1e-12 * scale)
    for name in ("berry_curvature", "s_dipole"):
        np.testing.assert_allclose(values[name], plain[name], rtol=1e-10, atol=1e-12)


def test_energies_far_beyond_any_unit_go_through_eigenstates_and_are_right():
    model = symcur.models.kane_mele()
    k = np.random.default_rng(1).uniform(-3, 3, (5, 2))
    kernel = compile(model, ["s_dipole"], backend="numpy")
    for scale in (1e-90, 1e90):
        parameters = {symbol.name: scale * value for symbol, value in model.parameters.items()}
        values = kernel(k, **parameters)
        assert values.by_eigenstates == 5
        np.testing.assert_allclose(values["s_dipole"], kernel(k)["s_dipole"], rtol=1e-9)


def test_a_large_common_energy_costs_digits_and_the_kernel_knows():
    k = sp.symbols("k_x k_y", real=True)
    offset = sp.Symbol("offset", real=True)
    dirac = sp.Matrix([[sp.Rational(1, 3), k[0] - sp.I * k[1]], [k[0] + sp.I * k[1], -sp.Rational(1, 3)]])
    model = Model(dirac + offset * sp.eye(2), s=sp.diag(1, -1) + sp.Matrix([[0, 1], [1, 0]]), k=k, parameters=[offset])
    kernel = compile(model, ["s_dipole"], backend="numpy")
    assert kernel(ring(0.1), offset=1e3).by_eigenstates == 0
    assert kernel(ring(0.1), offset=1e7).by_eigenstates == 24


@pytest.mark.parametrize("N", [2, 3, 4])
def test_energies_in_exact_arithmetic(N):
    """The closed form is the spectrum: run in fifty digits it gives eigenvalues to the accuracy of its two steps."""
    from symcur.program import Complex, SimplifyingProgram

    matrix = random_model(N, 1, seed=N).matrix("H", [0.3])
    program = SimplifyingProgram()
    H = np.empty((N, N), dtype=object)
    for a in range(N):
        for b in range(a, N):
            imaginary = program.zero if a == b else program.input(f"y{a}{b}")
            H[a, b] = Complex(program.input(f"x{a}{b}"), imaginary)
            H[b, a] = H[a, b].conjugate()
    found = spectrum(program, H)
    with mpmath.workdps(50):
        given = {
            f"{part}{a}{b}": mpmath.mpf(float(value))
            for (a, b), entry in np.ndenumerate(matrix)
            for part, value in (("x", entry.real), ("y", entry.imag))
        } | {TURN: mpmath.mpf(1)}
        operations = {
            "input": given.__getitem__,
            "constant": lambda number: mpmath.mpmathify(sp.N(number, 60)),
            "+": lambda a, b: a + b,
            "-": lambda a, b: a - b,
            "*": lambda a, b: a * b,
            "/": lambda a, b: a / b,
            "sqrt": mpmath.sqrt,
            "select": lambda x, a, b: a if x > 0 else b,
        }
        mean, *levels = program.run([found.mean.node, *(e.node for e in found.levels)], operations)
        truth = mpmath.eighe(mpmath.matrix(matrix.tolist()), eigvals_only=True)
        for energy, true in zip(levels, truth, strict=True):
            assert abs(mean + energy - true) < mpmath.mpf(10) ** -16


def test_the_limit_is_the_stated_accuracy():
    assert np.sqrt(LARGEST_ESTIMATE) * 16 * 2.0**-52 == pytest.approx(ACCURACY)
    assert ACCURACY < 1e-9


@pytest.mark.parametrize("identity", [0, 1])
def test_the_error_estimate_knows_a_hamiltonian_that_cancels(identity):
    """cos k_x = cos k_y = 1/2 at a touching of two bands: H is small there, its rounding errors are not."""
    k, half = sp.symbols("k_x k_y", real=True), sp.Rational(1, 2)
    X, Y = sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]])
    H = (sp.cos(k[0]) - half) * X + (sp.cos(k[1]) - half) * Y + identity * sp.eye(2)
    kernel = compile(Model(H, s=sp.diag(1, -1) / 2 + X / 3, k=k, lattice=np.eye(2).tolist()), "s_expectation")
    for distance in (1e-4, 1e-8, 1e-10):
        point = np.pi / 3 + distance * np.array([1, 0.7])
        values = kernel(point)
        with mpmath.workdps(50):
            a, b = (mpmath.cos(mpmath.mpf(float(x))) - mpmath.mpf(1) / 2 for x in point)
            error = abs(values["s_expectation"][1] - float(a / mpmath.sqrt(a * a + b * b) / 3)) / 0.6
        assert error < values.error_estimate < 1e6 * error
