"""Pictures of solids: named paths, integrands band by band and on planes, panels of a scan, and what is zero by symmetry."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import symcur as sc
from symcur import models, observables, plotting
from symcur.band_structures import natural_size
from symcur.cli import main
from symcur.eigenstates import evaluate
from symcur.materials import Material, WannierFunctions
from symcur.plotting.canvas import colouring
from symcur.plotting.maps import SHIFT

pytest.importorskip("matplotlib")

FCC = np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]) / 2
HEXAGONAL = np.array([[1, 0], [1 / 2, np.sqrt(3) / 2]])


def solid(lattice, s=(1.0,)):
    """Functions at one site, with hoppings along the primitive vectors; energies 1 apart."""
    D, N = len(lattice), len(s)
    cells = np.concatenate([np.zeros((1, D)), np.eye(D), -np.eye(D)]).astype(int)
    H = np.concatenate([np.diag(np.arange(N))[None], np.tile(0.1 * np.eye(N), (2 * D, 1, 1))]).astype(complex)
    return Material(WannierFunctions(np.asarray(lattice, dtype=float), cells, H, np.zeros((N, D))), np.array(s))


def kramers_pairs():
    """Two orbitals with a spin-orbit coupling that conserves nothing, time reversal and inversion: s_x, s_z vanish in every pair."""
    x, y, z = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    odd = [np.kron(np.array([[0, 1], [1, 0]]), sigma) / 4 for sigma in (x, y, z)]  # between even and odd orbitals
    H = [np.kron(np.diag([1.0, -1.0]), np.eye(2))]
    for t in odd:
        H += [-1j * t + 0.2 * H[0], 1j * t + 0.2 * H[0]]
    cells = [np.zeros(3, dtype=int), *(sign * row for row in np.eye(3, dtype=int) for sign in (1, -1))]
    functions = WannierFunctions(np.eye(3), np.array(cells), np.array(H), np.zeros((4, 3)))
    return Material(functions, s=np.kron(np.eye(2), z) / 2)


def shown(figure, panel=0):
    return np.asarray(figure.axes[panel].collections[0].get_array())


# -- paths -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("turned", [[[1, 0], [0, 1]], [[1, 0], [-1, 1]]], ids=["60 degrees", "120 degrees"])
def test_the_bands_of_graphene_touch_at_k(turned):
    vectors = np.array(turned) @ HEXAGONAL
    t, U = np.zeros((2, 2)), np.linalg.inv(turned).round().astype(int)
    t[0, 1] = 1.0
    bonds = {(0, 0): t + t.T, **{tuple(R @ U): t.T for R in np.eye(2, dtype=int)}}
    bonds |= {tuple(-np.array(R)): X.T for R, X in bonds.items() if any(R)}
    positions = np.array([[0, 0], [1 / 3, 1 / 3]]) @ U
    graphene = sc.Model.from_hoppings(bonds, s=np.eye(2), lattice=vectors, positions=positions)
    points, path = plotting.special_points(graphene)
    assert path == "Γ K M Γ"
    assert np.abs(graphene.energies(points["K"])).max() < 1e-12
    np.testing.assert_allclose(np.abs(graphene.energies(points["M"])), 1.0, atol=1e-12)


def test_points_of_square_and_rectangular_lattices_are_half_reciprocal_vectors():
    for lattice, path in ((np.eye(2), "Γ X M Γ"), (np.diag([1.0, 2.0]), "Γ X S Y Γ")):
        points, usual = plotting.special_points(solid(lattice))
        assert usual == path
        np.testing.assert_allclose(points["X"], [np.pi, 0], atol=1e-12)
    np.testing.assert_allclose(points["S"], [np.pi, np.pi / 2], atol=1e-12)
    with pytest.raises(ValueError, match=r"path: expected corners .* ratio 0\.9806 at 101\.3 degrees"):
        plotting.special_points(solid([[1.0, 0.0], [0.2, 1.0]]))


def test_the_points_of_a_face_centred_cubic_lattice():
    pytest.importorskip("seekpath")
    points, path = plotting.special_points(solid(2.0 * FCC + 1e-6 * np.eye(3)))
    assert path.startswith("Γ X U|K Γ L W X")
    np.testing.assert_allclose(np.sort(np.abs(points["X"])), [0, 0, np.pi], atol=1e-5)
    np.testing.assert_allclose(np.abs(points["L"]), np.full(3, np.pi / 2), atol=1e-5)
    np.testing.assert_allclose(np.sort(np.abs(points["W"])), [0, np.pi / 2, np.pi], atol=1e-5)
    figure = plotting.draw_path(solid(2.0 * FCC), "energy", "G X U|K G", points=5)
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["Γ", "X", "U|K", "Γ"]
    ticks = figure.axes[0].get_xticks()
    np.testing.assert_allclose(ticks[1], np.pi, atol=1e-12)  # the break has no length
    np.testing.assert_allclose(ticks[3] - ticks[2], np.linalg.norm(points["K"]), atol=1e-5)


def test_bands_are_coloured_by_what_they_add_to_the_conserved_conductivity():
    """Omega^{li} s + d_l d^{is} = Omega^{lis} + chi^{il}: the colours, through the other side of the identity."""
    model, k = models.kane_mele(), np.array([[0.4, 0.3], [1.1, -0.2]])
    corners = [("a", k[0]), ("b", k[1])]
    k = k + SHIFT * (k[1] - k[0])
    conventional = evaluate(model, "s_berry_curvature", k)[..., 1, 0]
    torque = evaluate(model, "torque_polarizability", k)[..., 0, 1]
    for name, expected in (("conventional", conventional), ("conserved", conventional + torque)):
        figure = plotting.draw_path(model, name, corners, (0, 1), points=2)
        for band in range(4):
            np.testing.assert_allclose(
                np.asarray(figure.axes[0].collections[band].get_array()), expected[:, band], rtol=1e-9
            )


def test_a_range_of_energies_is_drawn_from_mu_and_colours_are_those_of_what_is_seen():
    model = solid(np.eye(3), s=(1.0, 2.0, 400.0))
    figure = plotting.draw_path(
        model, "s_expectation", [("a", (0.1, 0, 0)), ("b", (1, 0, 0))], mu=-0.5, energies=(-2, 2.5)
    )
    levels = model.energies(np.linspace((0.1, 0, 0), (1, 0, 0), 201)) + 0.5
    drawn = [np.array(line.get_segments())[:, 1, 1] for line in figure.axes[0].collections]
    assert len(drawn) == 2
    np.testing.assert_allclose(np.transpose(drawn), levels[:, :2], atol=1e-5)
    assert figure.axes[0].collections[0].norm.vmax == pytest.approx(2.0)
    with pytest.raises(ValueError, match=r"energies: expected a range that holds bands, from .*, got \(50, 60\)"):
        plotting.draw_path(model, "energy", [("a", (0.1, 0, 0)), ("b", (1, 0, 0))], energies=(50, 60))


def test_levels_closer_than_a_window_share_their_colour():
    """Also in the continuum; "auto" means the spacing of a mesh, which only a lattice has."""
    corners = [("a", (0.5, 0.2)), ("b", (0.6, 0.1))]
    figure = plotting.draw_path(models.rashba(), "s_expectation", corners, points=3, window=1.3)
    values = [np.asarray(line.get_array()) for line in figure.axes[0].collections]
    np.testing.assert_array_equal(values[0], values[1])
    assert np.abs(evaluate(models.rashba(), "s_expectation", [0.5, 0.2])).max() > 0.01
    with pytest.raises(ValueError, match="window: expected an energy or None where the zone is not that of a lattice"):
        plotting.draw_path(models.rashba(), "energy", corners, window="auto")


# -- planes ------------------------------------------------------------------------------------------------------------
def test_the_mean_of_a_map_over_the_cell_is_the_conductivity():
    model = models.kane_mele(lambda_v=2.5)
    parts = ("conventional", "intrinsic", "torque")
    figure = plotting.draw_plane(model, 0.0, 0.02, parts, points=48)
    known = observables.conductivity(model, 0.0, 0.02, rtol=1e-7)
    for panel, part in enumerate(parts):
        mean = shown(figure, panel).mean() / model.cell.volume
        assert mean == pytest.approx(known.parts[part].value[0, 1], abs=2e-6), part
    assert [axes.get_title() for axes in figure.axes[:3]] == ["conventional", "conserved", "conserved - conventional"]
    assert figure.axes[3].get_ylabel().startswith("integrand, sign of the paper\n[e s length$^2$ / hbar]")


def test_a_plane_of_a_zone_in_three_dimensions():
    model = models.weyl()
    origin, span = np.array([0.1, -0.3, 0.7]), np.array([[1.0, 0.5, 0.0], [0.0, 0.4, 2.0]])
    figure = plotting.draw_plane(model, 0.3, 0.1, ("intrinsic",), (1, 0), origin=origin, spanning=span, points=4)
    value = shown(figure).reshape(4, 4)
    k = origin + 0.625 * span[0] + 0.125 * span[1]
    known = observables.conductivity.integrand(model, k + SHIFT, 0.3, 0.1)["intrinsic"][1, 0]
    assert value[2, 0] == pytest.approx(known, rel=1e-9)
    x = figure.axes[0].collections[0].get_coordinates()[..., 0]
    np.testing.assert_allclose(x[-1, 0], (origin + span[0]) @ [1, 0.5, 0] / np.hypot(1, 0.5))
    assert figure.axes[0].get_xlabel() == "k along (0.894, 0.447, 0)"
    fractions = [np.array(x) @ np.linalg.inv(model.cell.reciprocal) for x in (origin, span)]
    same = plotting.draw_plane(
        model, 0.3, 0.1, ("intrinsic",), (1, 0), origin=fractions[0], spanning=fractions[1], reduced=True, points=4
    )
    np.testing.assert_allclose(shown(same).ravel(), value.ravel(), rtol=1e-6)


# -- colours -----------------------------------------------------------------------------------------------------------
def test_what_is_zero_by_symmetry_is_drawn_as_zero():
    """s of a Kramers pair is rounding; with a field that splits the pairs it is not, however small s is counted."""
    model = kramers_pairs()
    corners = [("a", (0.1, 0.2, 0.3)), ("b", (1.0, 0.4, 0.2))]
    values = evaluate(model, "s_expectation", np.linspace((0.1, 0.2, 0.3), (1.0, 0.4, 0.2), 9))
    assert 0 < np.abs(values).max() < 1e-12
    figure = plotting.draw_path(model, "s_expectation", corners, points=9)
    assert all((np.asarray(line.get_array()) == 0).all() for line in figure.axes[0].collections)
    assert "zero everywhere, to rounding" in figure.axes[1].get_ylabel()
    H = model.functions.hamiltonian.copy()
    H[model.functions.home] += np.kron(np.eye(2), np.diag([0.1, -0.1]))
    split = Material(replace(model.functions, hamiltonian=H), s=1e-12 * model.s)
    figure = plotting.draw_path(split, "s_expectation", corners, points=9)
    assert np.abs(np.asarray(figure.axes[0].collections[0].get_array())).min() > 1e-14
    assert "zero" not in figure.axes[1].get_ylabel()


def test_one_large_number_does_not_hide_the_others():
    values = np.append(np.linspace(-1, 1, 999), 1e9)
    linear = colouring(values, 1.0, "linear")
    assert 0.9 < linear.style["norm"].vmax <= 1
    assert linear.style["norm"].vmin == -linear.style["norm"].vmax
    assert linear.label("x") == "x\nup to 1e+09"
    decades = np.append(np.geomspace(1e-3, 1e3, 1001), -1e9)
    logarithmic = colouring(decades, 1.0)
    assert logarithmic.style["norm"].vmax == pytest.approx(1e3, rel=0.1)
    assert "logarithmic beyond" in logarithmic.note
    assert float(logarithmic.style["norm"](0.0)) == 0.5
    assert colouring(values[:-1], 1.0).note == ""
    with pytest.raises(ValueError, match="scale: expected one of auto, linear, symlog, got 'log'"):
        colouring(values, 1.0, "log")


def test_the_size_of_a_number_follows_from_its_unit():
    model = solid(2.0 * np.eye(3), s=(3.0, 3.0))
    spread = natural_size(model, "energy")
    assert natural_size(model, "s x length^2 / energy") == pytest.approx(3 * 4 / spread)
    assert natural_size(model, "energy x length / hbar") == pytest.approx(2 * spread)


# -- panels, and results from files --------------------------------------------------------------------------------------
@pytest.fixture(name="scan", scope="module")
def _scan():
    return observables.conductivity(models.kane_mele(), [-2.0, -1.6, 0.0], 0.1, rtol=1e-3)


def test_panels_show_the_parts_and_what_is_not_known(scan):
    error = scan.parts["dipole"].error.copy()
    error[1] = np.inf
    doubtful = replace(
        scan,
        met=np.array([True, False, True]),
        parts={**scan.parts, "dipole": sc.observables.Part(scan.parts["dipole"].value, error)},
        error=np.where(np.arange(3)[:, None, None] == 1, np.inf, scan.error),
    )
    figure = plotting.draw_panels(doubtful, component=(1, 0), mark=-1.6)
    panels = {axes.get_title(): axes for axes in figure.axes if axes.get_title()}
    assert list(panels) == [
        "conventional",
        "conserved",
        "conserved - conventional",
        "conserved, band part",
        "conserved, dipole part",
    ]
    for part, axes in zip(("conventional", "intrinsic", "torque", "band", "dipole"), panels.values(), strict=True):
        curve, hollow, crossed, *_ = axes.get_lines()
        np.testing.assert_array_equal(curve.get_ydata(), scan.parts[part].value[:, 1, 0])
        np.testing.assert_array_equal(hollow.get_xdata(), [-1.6])
        assert list(crossed.get_xdata()) == ([-1.6] if part == "dipole" else [])
    assert figure.get_suptitle().endswith("hollow: tolerance not met; crossed: nothing known")
    with pytest.raises(ValueError, match="results: expected the same mu and temperature"):
        plotting.draw_panels(scan, replace(scan, mu=scan.mu + 1))
    with pytest.raises(ValueError, match="results: expected one model and unit"):
        plotting.draw_panels(scan, scan.convert("e/2pi"))
    for component in ((0,), (0, 2)):
        with pytest.raises(ValueError, match="component: expected 2 axes from 0 to 1 for conductivity, got"):
            plotting.draw_panels(scan, component=component)


def test_a_result_is_read_back_as_it_was(scan, tmp_path):
    error = scan.error.copy()
    error[0, 0, 0] = np.inf
    written = replace(scan, error=error, remarks=("a remark",))
    observables.write(written, tmp_path / "scan.json")
    read = observables.load(tmp_path / "scan.json")
    assert read.to_dict() == written.to_dict()
    assert str(read) == str(written)
    assert read.notes == written.notes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: "[1, 2", "expected a result in JSON"),
        (lambda data: [1], "expected a result, as written by symcur compute -o FILE.json, got list"),
        (lambda data: {k: v for k, v in data.items() if k != "met"}, "expected a result, .*, got one without met"),
        (lambda data: {**data, "more": 1}, "expected the fields of a result, got also more"),
        (lambda data: {**data, "value": data["value"][0]}, "expected numbers and shapes of a result"),
        (lambda data: {**data, "parts": {"a": 1}}, "expected numbers and shapes of a result"),
        (lambda data: {**data, "mu": "high"}, "expected numbers and shapes of a result"),
    ],
)
def test_what_is_no_result_is_refused_by_name(scan, tmp_path, change, message):
    path = tmp_path / "scan.json"
    changed = change(scan.to_dict())
    path.write_text(changed if isinstance(changed, str) else json.dumps(changed))
    with pytest.raises(ValueError, match=f"scan.json: {message}"):
        observables.load(path)


# -- the command -------------------------------------------------------------------------------------------------------
def command(*arguments):
    with pytest.raises(SystemExit) as stop:
        main(["plot", *arguments])
    return stop.value.code or 0


def test_symcur_plot_draws_results_planes_and_paths(scan, tmp_path, capsys):
    observables.write(scan, tmp_path / "scan.json")
    picture = str(tmp_path / "a.png")
    for arguments in (
        (str(tmp_path / "scan.json"), "--component", "xy"),
        (
            "kane_mele",
            "conserved",
            "--path",
            "G K",
            "--points",
            "5",
            "--mu",
            "0.2",
            "--energies",
            "-3:3",
            "--scale",
            "symlog",
        ),
        ("kane_mele", "energy", "--path", "auto", "--points", "3"),
        (
            "weyl",
            "conductivity",
            "--plane",
            "0,0,0.1 1,0,0 0,1,0",
            "--reduced",
            "--points",
            "3",
            "--temperature",
            "0.1",
        ),
    ):
        assert command(*arguments, "-o", picture) == 0, capsys.readouterr().err
        assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
        (tmp_path / "a.png").unlink()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no.json",), "No such file"),
        (("none_hr.dat", "energy"), "model: expected a file, got none_hr.dat, which does not exist"),
        (("kane_mele",), "quantity: expected one, such as s_dipole, got none"),
        (
            ("kane_mele", "energy", "--path", "G Q"),
            "path: expected names of the points Γ, K, M of this lattice, got 'Q'",
        ),
        (("kane_mele", "energy", "--path", "G"), "path: expected at least two corners, got 'G'"),
        (("kane_mele", "energy", "--path", "G K", "--energies", "2:1"), "--energies: expected LOWEST:HIGHEST"),
        (
            ("kane_mele", "energy", "--path", "G K", "--points", "1"),
            "points: expected an integer from 2 to 100000, got 1",
        ),
        (
            ("kane_mele", "energy", "--path", "G K", "--plane", "0,0 1,0 0,1"),
            "--path: expected it or --plane, got both",
        ),
        (("kane_mele", "conductivity", "--plane", "0,0 1,0"), "--plane: expected 3 vectors of 2 numbers"),
        (("kane_mele", "conductivity", "--plane", "0,0 1,0 2,0"), "spanning: expected two independent vectors"),
        (("kane_mele", "energy", "--plane", "0,0 1,0 0,1"), "observable: expected one of"),
        (
            ("kane_mele", "conductivity", "--plane", "0,0 1,0 0,1", "--temperature", "0"),
            "temperature: expected a number > 0",
        ),
        (("rashba", "energy", "--path", "G K"), "model: expected a lattice model"),
    ],
)
def test_what_symcur_plot_cannot_draw_is_one_line(arguments, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command(*arguments, "-o", "a.png") == 2
    error = capsys.readouterr().err
    assert message in " ".join(error.split())
    assert "Traceback" not in error
    assert not (tmp_path / "a.png").exists()


def test_what_vanishes_on_a_path_by_symmetry_is_zero_there():
    """On k along x the mirror that turns y keeps every k: with s = s_y, odd in it, d^x has nothing to point along."""
    model = kramers_pairs().with_s(np.kron(np.eye(2), np.array([[0, -1j], [1j, 0]])) / 2)
    on, off = np.array([[0.7, 0.0, 0.0]]), np.array([[0.7, 0.1, 0.2]])
    assert np.abs(evaluate(model, "s_dipole", off)[..., 0]).max() > 1e-4
    assert np.abs(evaluate(model, "s_dipole", on)[..., 0]).max() < 1e-14
    figure = plotting.draw_path(model, "s_dipole", [("G", (0, 0, 0)), ("X", (np.pi, 0, 0))], (0,), points=11)
    assert all(not np.any(lines.get_array()) for lines in figure.axes[0].collections)
