"""Pictures hold the numbers they claim to draw, and are written to files that are not empty."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from symcur import models, observables, plotting
from symcur.eigenstates import evaluate

pytest.importorskip("matplotlib")

CORNERS = [("G", (0.0, 0.0)), ("K", (4.18879, 0.0)), ("M", (3.14159, 1.8138))]


@pytest.fixture(name="scan", scope="module")
def _scan():
    return observables.conductivity(models.haldane(), [-0.5, 0.0, 0.4], [0.3, 0.4], rtol=1e-3)


def lines(figure):
    """{label: (x, y)} of the curves with error bars."""
    drawn = {}
    for container in figure.axes[0].containers:
        line, _, _ = container.lines
        drawn[container.get_label()] = line.get_data()
    return drawn


def test_a_scan_of_mu_shows_every_part_at_every_temperature(scan):
    figure = plotting.draw_scan(scan)
    drawn = lines(figure)
    assert len(drawn) == len(scan.parts) * 2
    x, y = drawn["band, T = 0.4"]
    assert np.array_equal(x, scan.mu)
    assert np.array_equal(y, scan.parts["band"].value[:, 1, 0, 1])
    axes = figure.axes[0]
    assert axes.get_xlabel() == "mu"
    assert axes.get_ylabel() == f"conductivity [xy]\n{scan.unit}"
    assert axes.get_title().endswith("Hall part: paper")


def test_a_scan_of_temperature_and_a_chosen_component():
    result = observables.thermoelectric(models.haldane(), 0.4, [0.2, 0.3], rtol=1e-3)
    figure = plotting.draw_scan(result, (1, 0))
    x, y = lines(figure)["conventional"]
    assert np.array_equal(x, [0.2, 0.3])
    assert np.array_equal(y, result.parts["conventional"].value[:, 1, 0])
    assert figure.axes[0].get_xlabel() == "temperature (k_B = 1)"


def test_a_scan_where_only_parts_differ_from_zero_shows_the_largest_component():
    # The total of this model vanishes; conventional and torque parts do not, in xy.
    result = observables.conductivity(models.rashba(), [0.5, 1.0], rtol=1e-4)
    assert "[xy]" in plotting.draw_scan(result).axes[0].get_ylabel()


def test_a_map_of_the_zone_holds_the_quantity():
    model = models.haldane()
    figure = plotting.draw_zone(model, "berry_curvature", band=1, component=(1, 0), points=21, parameters={"M": 0.1})
    (mesh,) = figure.axes[0].collections
    value = np.asarray(mesh.get_array()).reshape(21, 21)
    outline = figure.axes[0].lines[0].get_xydata()
    K = 4 * np.pi / 3  # the corners of the hexagon
    assert np.linalg.norm(outline, axis=1) == pytest.approx(np.full(7, K), rel=1e-12)
    ends = 1.08 * np.array([K, K * np.sqrt(3) / 2])
    middle = evaluate(model, "berry_curvature", [1e-6, 1e-6], parameters={"M": 0.1})[1, 1, 0]
    corner = evaluate(model, "berry_curvature", 1e-6 - ends, parameters={"M": 0.1})[1, 1, 0]
    assert value[10, 10] == pytest.approx(middle)
    assert np.abs(value - corner).min() < 1e-9 * abs(corner)
    assert [text.get_text() for text in figure.axes[0].texts] == ["Γ", "K", "M"]
    assert "length$^2$" in figure.axes[1].get_ylabel()


def test_pictures_of_a_superlattice_repeat_what_its_plane_waves_give_next_to_the_centre_of_the_zone():
    model = models.twisted_dichalcogenide(theta=4.0, displacement=10.0, reach=1.0)
    b = model.cell.reciprocal
    away, here = (
        plotting.draw_path(model, "berry_curvature", [("A", k), ("B", k + b[1] / 4)], points=3).axes[0].collections[0]
        for k in (b[0] - b[1], 0 * b[0])
    )
    for read in (lambda band: np.array(band.get_segments()), lambda band: np.asarray(band.get_array())):
        np.testing.assert_allclose(read(away), read(here), rtol=1e-9)
    mesh = plotting.draw_zone(model, "berry_curvature", points=5).axes[0].collections[0]
    k = np.asarray(mesh.get_coordinates())[:2, 3:5].mean(axis=(0, 1)) + 1e-6
    folded, raw = (evaluate(model, "berry_curvature", at)[0, 0, 1] for at in (model.cell.near(k), k))
    assert np.asarray(mesh.get_array()).reshape(5, 5)[0, 3] == pytest.approx(folded, rel=1e-3)
    assert abs(raw - folded) > 0.01 * abs(folded)
    panels = [
        plotting.draw_plane(model, 8.0, 4.0, points=3, origin=at, spanning=b / 3).axes[0].collections[0]
        for at in (0 * b[0], b[0])
    ]
    np.testing.assert_allclose(*(np.asarray(panel.get_array()) for panel in panels), rtol=1e-6, atol=1e-9)


@pytest.mark.filterwarnings("ignore::symcur.band_structures.levels.DigitsWarning")
def test_what_a_symmetry_forbids_is_blank_also_where_levels_come_close():
    """Inversion and time reversal forbid the curvature; 40 of these points lie on or beside Kramers pairs."""
    model = models.kane_mele(lambda_v=0)
    zone = plotting.draw_zone(model, "berry_curvature", component=(0, 1), points=41)
    assert not np.asarray(zone.axes[0].collections[0].get_array()).any()
    assert zone.axes[1].get_ylabel().endswith("zero everywhere, to rounding")
    path = plotting.draw_path(model, "s_expectation", CORNERS, points=21)
    assert not any(np.asarray(line.get_array()).any() for line in path.axes[0].collections)


def test_no_small_curvature_is_taken_for_zero():
    """A tiny mass, by which the gap is 1e-5 of the spread: the peak at K is what it is."""
    gap = 3 * np.sqrt(3) * 0.2 * np.sin(1.0)
    figure = plotting.draw_path(
        "haldane",
        "berry_curvature",
        [("a", (-4.1887, 0)), ("b", (-4.1888, 0))],
        (0, 1),
        11,
        parameters={"M": gap + 1e-5},
    )
    k = np.stack([-4.1887 - 1e-4 * (np.linspace(0, 1, 11) + 1e-6), np.zeros(11)], axis=-1)
    expected = evaluate("haldane", "berry_curvature", k, parameters={"M": gap + 1e-5})[:, 0, 0, 1]
    assert np.asarray(figure.axes[0].collections[0].get_array()) == pytest.approx(expected, rel=1e-6)
    assert np.abs(expected).max() > 1e6


def test_fermi_lines_and_dipoles_lie_over_a_map():
    figure = plotting.draw_zone("haldane", "berry_curvature", 0, (0, 1), 31, mu=-1.0, arrows="s_dipole")
    lines, quiver = [c for c in figure.axes[0].collections if not hasattr(c, "get_coordinates")]
    points = np.concatenate([path.vertices for path in lines.get_paths()])
    assert np.abs(models.haldane().energies(points)[:, 0] + 1.0).max() < 0.05
    x, y = quiver.U, quiver.V
    d = evaluate("haldane", "s_dipole", np.asarray(quiver.XY) + 1e-6)[:, 0]
    cosine = (x * d[:, 0] + y * d[:, 1]) / (np.hypot(x, y) * np.linalg.norm(d, axis=1))
    assert cosine[np.hypot(x, y) > 1e-6] == pytest.approx(1.0)


def test_phases_and_slices():
    def width(model):
        return observables.gap(model, 1).width

    figure = plotting.draw_phases(width, "haldane", {"phi": [0.5, 1.0], "M": [0.0, 0.2, 0.4]}, "gap")
    found = np.asarray(figure.axes[0].collections[0].get_array()).reshape(3, 2)
    assert found[2, 1] == pytest.approx(width(models.haldane(phi=1.0, M=0.4)))
    slider = plotting.draw_slices(
        lambda M: plotting.draw_zone("haldane", "energy", points=5, parameters={"M": M}), "M", [0.0, 0.1]
    )
    page = slider._repr_html_()
    assert page.count("data:image/png;base64,") == 2
    assert 'data-value="0.1" hidden' in page


def test_a_path_shows_all_bands():
    model = models.kane_mele()
    figure = plotting.draw_path(model, "s_expectation", CORNERS, points=11)
    assert len(figure.axes[0].collections) == 4
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["G", "K", "M"]
    distance, energy = figure.axes[0].collections[0].get_segments()[0][0]
    assert distance == 0
    assert energy == pytest.approx(np.linalg.eigvalsh(model.matrix("H", [0.0, 0.0]))[0], abs=1e-5)
    value = np.asarray(figure.axes[0].collections[3].get_array())
    assert value[5] == pytest.approx(evaluate(model, "s_expectation", [4.18879 * (1 / 2 + 1e-6), 0])[3])


@pytest.mark.slow_for(".svg", ".pdf")
@pytest.mark.parametrize("ending", plotting.PICTURES)
def test_files_are_written(scan, tmp_path, ending):
    for name, figure in (
        ("scan", plotting.draw_scan(scan)),
        ("zone", plotting.draw_zone(models.rashba(), "s_dipole", points=21)),
        ("path", plotting.draw_path(models.rashba(), "energy", CORNERS[:2], points=21)),
    ):
        path = tmp_path / f"{name}{ending}"
        plotting.save(figure, path)
        assert path.stat().st_size > 3000
        assert figure._repr_png_().startswith(b"\x89PNG")  # which notebooks show, without pyplot
    png = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}[ending]
    assert (tmp_path / f"scan{ending}").read_bytes().startswith(png)


def test_no_name_is_read_as_mathematics(scan, tmp_path):
    name = r"a $\frac{$ %"
    plotting.save(plotting.draw_scan(replace(scan, model=name)), tmp_path / "scan.png")
    model = models.rashba().replace(name=name)
    figure = plotting.draw_path(model, "energy", [(name, (0, 0)), ("A_$", (1, 0)), ("S_0", (1, 1))], points=5)
    plotting.save(figure, tmp_path / "path.png")
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()][1:] == [r"A_\$", "$S_{0}$"]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda: plotting.draw_scan(observables.conductivity(models.rice_mele(), 0.0, 0.5)),
            "result: expected several values",
        ),
        (
            lambda: plotting.draw_zone(models.weyl(), "energy"),
            "model: expected D = 2 for a map of the zone, got weyl with D = 3",
        ),
        (
            lambda: plotting.draw_zone(models.haldane(), "energy", band=-1),
            "band: expected a whole number from 0 to 1, got -1",
        ),
        (
            lambda: plotting.draw_zone(models.haldane(), "s_dipole", component=(0, 1)),
            r"component: expected the indices i of s_dipole, got \(0, 1\)",
        ),
        (
            lambda: plotting.draw_zone(models.haldane(), "s_dipole", component=(2,)),
            r"component: expected axes from 0 to 1, got \(2,\)",
        ),
        (
            lambda: plotting.draw_zone(models.haldane(), "interband_torque_dipole"),
            "quantity: expected a number per band, got .*, an operator between bands",
        ),
        (lambda: plotting.draw_zone("haldane", "energy", points=10**6), "points: expected an integer from 2 to 2001"),
        (
            lambda: plotting.draw_zone("haldane", "energy", arrows="energy"),
            "arrows: expected a quantity with one index",
        ),
        (lambda: plotting.draw_slices(len, "mu", range(100)), "values: expected 1 to 60, got 100"),
        (lambda: plotting.draw_phases(len, "haldane", {"M": [0, 1]}), "parameters: expected two, .*, got 1"),
        (lambda: plotting.draw_path(models.haldane(), "dipole", CORNERS), "quantity: expected one of .*, got 'dipole'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


def test_without_matplotlib_the_way_to_get_it_is_told(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    plotting.canvas._picture.cache_clear()
    with pytest.raises(ImportError, match="plotting needs matplotlib: python -m pip install"):
        plotting.draw_zone(models.haldane(), "energy", points=5)
