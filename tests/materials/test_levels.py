"""Beyond tight binding: position between Wannier functions, s that depends on k, and what is left of the paper's identities."""

from __future__ import annotations

import pickle
import warnings
from dataclasses import replace

import numpy as np
import pytest
from plain_wannier import PlainBands, components
from projected_lattice import large_model, lowest
from reference_materials import data

import symcur as sc
from symcur import plotting
from symcur.brillouin.occupation import occupation
from symcur.eigenstates import LevelWarning
from symcur.materials import Material, WannierFunctions, read_functions, wannier_basis
from symcur.observables import OBSERVABLES
from symcur.observables.levels import net_flow
from symcur.quantities import QUANTITIES
from symcur.quantities.position import (
    external_curvature,
    external_dipole,
    position_curvature,
    projected_curvature,
    slope_of_s,
)

LATTICE = np.array([[2.0, 0.3], [-0.4, 1.7]])
K = np.array([[0.31, -0.42], [0.83, 0.25]])


def hermitian(X):
    return (X + X[::-1].conj().swapaxes(1, 2)) / 2


def random_functions(N=4, position=0.3, spacing=4.0, seed=3) -> WannierFunctions:
    """H, A and s between functions in neighbouring cells without any symmetry; the centres are the diagonal of A(R = 0)."""
    rng = np.random.default_rng(seed)
    cells = np.array(list(np.ndindex(3, 3))) - 1

    def matrices(*shape):
        return hermitian(rng.normal(size=(9, N, N, *shape)) + 1j * rng.normal(size=(9, N, N, *shape)))

    H, A, spin = matrices(), position * matrices(2), 0.1 * matrices(3)
    H[4] += np.diag(np.arange(N) * spacing)
    A[4] += rng.uniform(0, 2, size=(N, 1, 2)) * np.eye(N)[..., None]
    spin[4] += np.diag(np.linspace(-1, 1, N))[..., None]
    centres = np.diagonal(A[4]).real.T
    return WannierFunctions(LATTICE, cells, H, centres, A, spin, "random functions")


FUNCTIONS = random_functions()
MATERIAL = Material(FUNCTIONS, "spin_z", level="projected", name="random")


def plain(functions, component=2, step=0.005):
    return PlainBands(functions, functions.spin[..., component], step)


def iron():
    """As in the input of Wannier90's tests, with the neighbours for A(R)."""
    return read_functions([data(f"Fe/Fe.{ending}") for ending in ("chk.fmt.bz2", "eig", "spn", "mmn.bz2", "win")])


# -- the basis ---------------------------------------------------------------------------------------------------------
def test_covariant_derivatives_are_those_of_parallel_transport():
    """Between projectors, in which no gauge is left: D_i H, D_i s, D_l D_i s and F against transported differences."""
    bands = plain(FUNCTIONS)

    def elements(X, k):
        """Tr[P_m X P_n X]-like numbers without a gauge: Tr[P_n X P_m s]."""
        return [
            np.trace(bands.projector(k, n) @ X @ bands.projector(k, m) @ bands.at(bands.s, k))
            for n in (0, 2)
            for m in (1, 3)
        ]

    k = K[0]
    S = lambda k: bands.at(bands.s, k)  # noqa: E731
    expected = {
        ("H", (0,)): bands.slope(lambda k: bands.at(bands.H, k), k, 0),
        ("s", (1,)): bands.slope(S, k, 1),
        ("s", (0, 1)): bands.slope(lambda k: bands.slope(S, k, 0), k, 1),
        ("s", (1, 0)): bands.slope(lambda k: bands.slope(S, k, 1), k, 0),
        ("curvature", (0, 1)): bands.F(k, 0, 1),
    }
    _, U = np.linalg.eigh(MATERIAL.matrix("H", k))
    P = [np.outer(U[:, n], U[:, n].conj()) for n in range(4)]
    ours = {}
    for (name, axes), X in expected.items():
        found = MATERIAL.covariant_matrix(name, k, axes)
        ours[name, axes] = found
        numbers = [np.trace(P[n] @ found @ P[m] @ MATERIAL.matrix("s", k)) for n in (0, 2) for m in (1, 3)]
        np.testing.assert_allclose(numbers, elements(X, k), atol=3e-6 if len(axes) == 2 and name == "s" else 1e-7)
    F, S0 = ours["curvature", (0, 1)], MATERIAL.matrix("s", k)
    np.testing.assert_allclose(ours["s", (1, 0)] - ours["s", (0, 1)], -1j * (F @ S0 - S0 @ F), atol=1e-12)
    assert np.abs(F @ S0 - S0 @ F).max() > 0.1


def test_higher_derivatives_of_the_curvature_obey_bianchi_and_ricci():
    """[D_i, D_l] F_il = -i [F_il, F_il] = 0 and [D_0, D_1] D_0 H = -i [F_01, D_0 H]: derivatives of any order."""

    def H(*axes):
        return MATERIAL.covariant_matrix("H", K, axes)

    F = MATERIAL.covariant_matrix("curvature", K, (0, 1))
    np.testing.assert_allclose(H(0, 1, 0) - H(0, 0, 1), -1j * (F @ H(0) - H(0) @ F), atol=1e-11)
    twice = [MATERIAL.covariant_matrix("curvature", K, (0, 1, *axes)) for axes in ((0, 1), (1, 0))]
    np.testing.assert_allclose(*twice, atol=1e-11)
    mean = (H(0, 0, 1) + H(0, 1, 0) + H(1, 0, 0)) / 3
    np.testing.assert_allclose(MATERIAL.matrix("H", K, (1, 0, 0)), mean, atol=1e-12)


def test_nothing_depends_on_the_gauge():
    """Other centres in the phases, and functions mixed within the cell: the same numbers."""
    U = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4, 2)) @ [1, 1j])[0]

    def mixed(X):
        return np.einsum("ba,rbc...,cd->rad...", U.conj(), X, U)

    for other in (
        replace(FUNCTIONS, centres=FUNCTIONS.centres + np.random.default_rng(2).normal(size=(4, 2))),
        replace(FUNCTIONS, **{name: mixed(getattr(FUNCTIONS, name)) for name in ("hamiltonian", "position", "spin")}),
    ):
        material = Material(other, "spin_z", level="projected")
        np.testing.assert_allclose(material.energies(K), MATERIAL.energies(K), atol=1e-12)
        for quantity in ("s_dipole", "torque_dipole", "dipole_gradient", projected_curvature, slope_of_s):
            ours, theirs = (sc.evaluate(m, quantity, K) for m in (material, MATERIAL))
            np.testing.assert_allclose(ours, theirs, atol=1e-10)


def test_without_position_between_functions_it_is_tight_binding():
    centred = np.zeros_like(FUNCTIONS.position)
    centred[4] = FUNCTIONS.centres[:, None] * np.eye(4)[..., None]
    s_n = np.array([0.5, -0.3, 0.1, 0.9])
    local = replace(FUNCTIONS, position=centred)
    projected, tight = (Material(local, s_n, level=level) for level in ("projected", "tight_binding"))
    for name in ("s_dipole", "s_berry_curvature", "torque_dipole", "dipole_gradient", "symmetrized_curvature"):
        np.testing.assert_allclose(sc.evaluate(projected, name, K), sc.evaluate(tight, name, K), atol=1e-11)
    for quantity in (position_curvature, slope_of_s):
        np.testing.assert_allclose(sc.evaluate(projected, quantity, K), 0, atol=1e-14)


# -- the identities ------------------------------------------------------------------------------------------------------
def rows(material, bands, k, chosen, pairs):
    """What the identities of a Wannier basis miss by, the first in units of the largest J, and how large the corrections are."""
    value = {
        name: sc.evaluate(material, name, k) for name in ("torque_dipole", "s_current", "velocity", "s_expectation")
    }
    first = value["torque_dipole"] + value["s_current"] - value["velocity"] * value["s_expectation"][:, None]
    first = first / np.abs(value["s_current"]).max()
    lost = sc.evaluate(material, slope_of_s, k)[chosen]
    torque = sc.evaluate(material, "torque_berry_curvature", k)[chosen]
    slopes = np.array(
        [[bands.plain_slope(lambda k, n=n: bands.s_of(k, n), k, i) for i in range(bands.D)] for n in chosen]
    )
    band, correction = (sc.evaluate(material, X, k).swapaxes(-1, -2) for X in (projected_curvature, position_curvature))
    third, size = ([X[n, i, l] for n in chosen for i, l in pairs] for X in (band, correction))
    expected = [bands.band_part(k, n, i, l) for n in chosen for i, l in pairs]
    found = (first, torque - slopes + lost, lost, np.subtract(third, expected), size)
    return [float(np.abs(X).max()) for X in found]


def test_identities_of_a_wannier_basis():
    """d^{i tau} = -J + v s; Omega^{i tau} = d_i s - <D_i s>; Omega^{li}s + (d_l d^{is} - d_i d^{ls})/2 = bar-Omega + X."""
    for k in K:
        first, second, lost, third, correction = rows(MATERIAL, plain(FUNCTIONS), k, range(4), components(2))
        assert first < 1e-13
        assert second < 1e-7
        assert lost > 1
        assert third < 1e-6
        assert correction > 1


def without_commutator(self, i, l, then):
    return self._sum(f"A{l}", (*then, i)) - self._sum(f"A{i}", (*then, l))


FAULTS = {
    "none": None,
    "D_i = d_i + i[A_i, .]": (wannier_basis, "_commutator", lambda a, b: b @ a - a @ b),
    "F without its commutator": (wannier_basis.AtMomenta, "_curvature", without_commutator),
    "A transposed": None,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_mistakes_in_the_connection_are_noticed(fault, monkeypatch):
    """The same check of the third identity as above, for one band and one pair of axes."""
    functions = FUNCTIONS
    if FAULTS[fault]:
        monkeypatch.setattr(*FAULTS[fault])
    if fault == "A transposed":
        functions = replace(functions, position=functions.position.swapaxes(1, 2))
    material = Material(functions, "spin_z", level="projected")
    *_, third, _ = rows(material, plain(FUNCTIONS), K[0], [1], [(0, 1)])
    assert third < 1e-6 if fault == "none" else third > 1e-2


def exaggerated(functions, factor):
    """The spin matrices with what they have beyond pairs of one cell made larger."""
    local = np.zeros_like(functions.spin)
    local[functions.home] = functions.spin[functions.home] * np.kron(np.eye(9), np.ones((2, 2)))[..., None]
    return replace(functions, spin=local + factor * (functions.spin - local))


def test_identities_on_iron_with_exaggerated_spin_matrices():
    """Fe.spn deviates little from a constant; a thousand times as much shows what the corrections are worth."""
    functions = exaggerated(iron(), 1000)
    material, k = Material(functions, "spin_z", level="projected"), np.array([0.21, -0.33, 0.47])
    gaps = np.diff(material.energies(k))
    apart = np.minimum(np.r_[9, gaps], np.r_[gaps, 9])
    X = np.abs(sc.evaluate(material, position_curvature, k)[:, 1, 0])
    chosen = [int(np.argmax(X * (apart > 0.4)))]
    first, second, lost, third, correction = rows(material, plain(functions, step=0.002), k, chosen, [(0, 1)])
    assert first < 1e-13
    assert second < 1e-8
    assert lost > 1e-2
    assert third < 1e-6
    assert correction > 1e-2


def test_the_anomalous_hall_conductivity_and_the_moment_of_iron_are_the_published_ones():
    """testpostw90_fe_ahc: 0.0334, 0.0572, 1222.1510 S/cm on 10^3 points with all of A(R); testpostw90_fe_spin: 3.090787 on 4^3.

    With s = 1 there is no correction, s r = r, and sigma of the level "full" is the charge's.
    """
    functions, fermi = iron(), 12.6279
    material = Material(functions, np.ones(18), level="full")
    k = material.cell.momenta(10)
    occupied = material.energies(k) < fermi
    assert np.abs(sc.evaluate(material, external_dipole, k[:9])).max() < 1e-13
    curvature = sc.evaluate(material, projected_curvature, k) + sc.evaluate(material, external_curvature, k)
    total = np.einsum("kn,knil->il", occupied, curvature) / len(k)
    to_si = -(1.602176634e-19**2) / (1.054571817e-34 * material.cell.volume * 1e-10) / 100  # S/cm
    np.testing.assert_allclose(to_si * total[[1, 2, 0], [2, 0, 1]], [0.0334, 0.0572, 1222.1510], atol=5e-5)
    k, material = material.cell.momenta(4), Material(functions, "spin_z", level="projected")
    s_n = sc.evaluate(material, "s_expectation", k)
    assert f"{-2 * s_n[material.energies(k) < fermi].sum() / len(k):.6f}" == "3.090787"


# -- what is integrated ----------------------------------------------------------------------------------------------------
MU, T = 12.0, 3.0
APART = Material(random_functions(spacing=15.0), "spin_z", level="projected", name="bands apart")


@pytest.mark.parametrize(("name", "weight"), [("conductivity", "f"), ("thermoelectric", "entropy")])
def test_the_regular_form_sums_to_the_printed_one_at_the_projected_level(name, weight):
    """Over the zone, with X and not without it: sum f (Omega^{li} s + d_l d^{is}), the latter with covariant derivatives."""
    k = APART.cell.momenta(32)
    parts = {part: x.mean(axis=0) for part, x in OBSERVABLES.get(name).integrand(APART, k, MU, T).items()}
    curvature, gradient = (sc.evaluate(APART, q, k) for q in ("s_weighted_curvature", "dipole_gradient"))
    weights = occupation(weight, APART.energies(k)[..., None], np.array([MU]), T)[..., 0]
    printed = np.einsum("kn,knil->il", weights, curvature.swapaxes(-1, -2) + gradient) / len(k)
    np.testing.assert_allclose(parts["intrinsic"], printed, atol=1e-7)
    assert np.abs(parts["position"]).max() > 1e-3
    np.testing.assert_allclose(parts["conventional"] + parts["torque"], parts["intrinsic"], atol=1e-12)
    np.testing.assert_allclose(parts["band"] + parts["dipole"], parts["intrinsic"], atol=1e-12)
    hall = OBSERVABLES.get("hall_conductivity").integrand(APART, k, MU, T)["band"].mean(axis=0)
    assert name != "conductivity" or np.abs(hall - parts["band"]).max() < 1e-12


def test_what_is_left_of_the_net_flow():
    """int f (J + d^{i tau}) + g Omega^{i tau} = -int g Tr[P D_i s], by the words of the equilibrium current."""
    k = APART.cell.momenta(32)
    f, g = (occupation(name, APART.energies(k)[..., None], np.array([MU]), T)[..., 0] for name in "fg")
    J, d, Omega = (sc.evaluate(APART, q, k) for q in ("s_current", "torque_dipole", "torque_berry_curvature"))
    flow = (np.einsum("kn,kni->i", f, J + d) + np.einsum("kn,kni->i", g, Omega)) / len(k) / APART.cell.volume
    found = net_flow(APART, APART.cell, np.asarray(MU), np.asarray(T))
    np.testing.assert_allclose(found, flow, rtol=1e-3)
    assert np.abs(flow).max() > 1e-2


def test_results_carry_their_level():
    result = sc.conductivity(APART, [MU, MU + 1], T, rtol=1e-1, max_evaluations=3000)
    assert result.level == result.to_dict()["level"] == "projected"
    assert "level projected" in str(result)
    for figure in (
        plotting.draw_scan(result),
        plotting.draw_path(MATERIAL, "s_dipole", [("a", K[0]), ("b", K[1])], points=3),
    ):
        assert "level projected" in figure.axes[0].get_title()
    said = " ".join(result.notes)
    for words in (
        "level projected: position and s as between",
        "D_i s, which is 0",
        "the net flow of equilibrium",
        "F and D_i s within",
    ):
        assert words in said
    assert "level projected" in MATERIAL.summary()
    assert "D_i s, which is 0" in MATERIAL.summary()
    flat = Material(replace(FUNCTIONS, position=None), np.arange(4.0))
    assert flat.remarks == ("level tight_binding: position is diagonal with the centres of the functions, s constant and at one centre: every identity is exact",)  # fmt: skip
    again = pickle.loads(pickle.dumps(MATERIAL))
    np.testing.assert_array_equal(again.matrix("s", K), MATERIAL.matrix("s", K))


# -- what is refused -------------------------------------------------------------------------------------------------------
LOCAL = ("orbital_moment", "interband_torque_dipole", "torque_polarizability", "torque_quadrupole", "faraday_curvature")


@pytest.mark.parametrize("name", LOCAL)
def test_quantities_that_rest_on_local_s_are_refused_with_the_reason(name):
    for call in (lambda: sc.evaluate(MATERIAL, name, K), lambda: sc.compile(MATERIAL, [name])):
        with pytest.raises(
            ValueError,
            match=rf"expected (the level 'tight_binding' for {name}, because .* got random at the|numbers per band)",
        ):
            call()


def test_all_other_quantities_are_words_without_such_a_claim():
    assert {quantity.name for quantity in QUANTITIES if quantity.local} == set(LOCAL)
    for name in {quantity.name for quantity in QUANTITIES} - set(LOCAL):
        assert np.isfinite(sc.evaluate(MATERIAL, name, K)).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: sc.conductivity(m, form="sea"), "for conductivity, because .* in the regular form are left"),
        (lambda m: sc.thermoelectric(m, form="surface"), "for thermoelectric, because"),
        (lambda m: sc.conductivity(m, hall="static"), "for the Hall part 'static', because"),
        (lambda m: sc.conductivity(m, hall="all"), "for the Hall part 'all', because"),
        (lambda m: sc.equilibrium_current(m), "for equilibrium_current, because .* the vanishing net flow"),
        (lambda m: sc.magnetization(m), "for magnetization, because"),
        (lambda m: sc.transport(m, sc.disorder.white_noise(1.0)), "for (conductivity|scattering), because"),
        (lambda m: sc.linear_response.continuity_residual(m, K[0], K[1]), "for response at finite q, because"),
        (lambda m: sc.linear_response.static_response(m, "s", K[0], 0.0, 1.0), "for response at finite q, because"),
        (lambda m: sc.band_structures.tight_binding(m), "for its hoppings alone, because"),
    ],
)
def test_what_has_no_meaning_beyond_tight_binding_is_refused_with_the_reason(call, message):
    with pytest.raises(ValueError, match=f"model: expected the level 'tight_binding' {message}"):
        call(MATERIAL)


def test_what_files_lack_is_said():
    with pytest.raises(
        ValueError, match=r"level: expected 'tight_binding', or the position between functions, as in _tb\.dat"
    ):
        Material(replace(FUNCTIONS, position=None), "spin_z", level="projected")
    with pytest.raises(ValueError, match="level: expected 'tight_binding' or 'projected' or 'full', got 'exact'"):
        Material(FUNCTIONS, level="exact")
    with pytest.raises(ValueError, match="s_position: expected None but at the level 'full'"):
        MATERIAL.replace(s_position=FUNCTIONS.position)
    with pytest.raises(ValueError, match="level: expected 'full' where <s r> is asked for, got 'projected'"):
        sc.evaluate(MATERIAL, external_dipole, K)


# -- the whole space -----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def window():
    """Eight bands, and their four lowest as a material at the level "full"."""
    model = large_model()
    functions, s_position = lowest(model)
    return model, Material(functions, "spin_z", level="full", s_position=s_position, name="four of eight")


def test_four_of_eight_bands_know_the_dipole_and_the_curvature_of_all_eight(window):
    _, material = window
    assert np.abs(material.functions.hamiltonian[0]).max() < 1e-7  # at the end of the range
    with pytest.warns(LevelWarning, match="external_dipole"):
        sc.evaluate(material, "s_dipole", K)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LevelWarning)
        large, small = (
            {name: sc.evaluate(m, name, K) for name in ("energy", "s_dipole", "s_weighted_curvature")} for m in window
        )
    large = {name: value[:, :4] for name, value in large.items()}
    np.testing.assert_allclose(small["energy"], large["energy"], atol=1e-8)
    outside = sc.evaluate(material, external_dipole, K)
    np.testing.assert_allclose(small["s_dipole"] + outside, large["s_dipole"], atol=1e-7)
    curvature = sc.evaluate(material, external_curvature, K)
    np.testing.assert_allclose(small["s_weighted_curvature"] + curvature, large["s_weighted_curvature"], atol=1e-6)
    assert np.abs(outside).max() > 0.1
    assert np.abs(curvature).max() > 0.01


def test_four_of_eight_bands_know_the_conserved_conductivity_of_all_eight(window):
    """sigma and alpha at the level "full", band and dipole part, are those of the large model; "projected" is another number."""
    k = window[0].cell.momenta(20)
    for name in ("conductivity", "thermoelectric"):
        observable = OBSERVABLES.get(name)
        large, full = (observable.integrand(m, k, -3.0, 0.25) for m in window)
        for part in ("band", "dipole", "intrinsic"):
            np.testing.assert_allclose(full[part].mean(axis=0), large[part].mean(axis=0), atol=2e-6)
        assert {"conventional", "torque"}.isdisjoint(full)  # they need <s H r>
        for part in ("position", "outside_band", "outside_dipole"):
            assert np.abs(full[part].mean(axis=0)).max() > 1e-4


def test_s_and_its_position_are_checked(window):
    _, material = window
    functions, s_position = material.functions, material.arguments()["s_position"]
    for wrong, message in (
        (s_position[::-1], r"s_position: expected <a 0\|s \(r - R\)\|b R> = <b 0\|s r\|a -R>\*, got a difference"),
        (s_position.swapaxes(1, 2), "s_position: expected <a 0"),
        (s_position[..., :1], "s_position: expected shape"),
        (None, "s_position: expected .* at the level 'full', because s r leads out of the space of the functions"),
    ):
        with pytest.raises(ValueError, match=message):
            Material(functions, "spin_z", level="full", s_position=wrong)
    with pytest.raises(ValueError, match=r"s: expected s\(-R\) = s\(R\)\^\+"):
        Material(functions, functions.position[::-1, ..., 0] + 1j, level="projected")
