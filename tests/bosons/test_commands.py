"""Bosons on the command line and in pictures."""

from __future__ import annotations

import re

import numpy as np
import pytest
from bosons.test_magnet_files import KITAEV

import symcur as sc
from symcur import bosons, plotting


@pytest.fixture(name="symcur")
def in_one_line(symcur):
    """The command, with what it prints in one line."""

    def call(*arguments: str) -> tuple[int, str, str]:
        status, out, err = symcur(*arguments)
        return status, " ".join(out.split()), " ".join(err.split())

    return call


def test_list_shows_every_library_model(symcur):
    status, out, _ = symcur("list", "models")
    assert status == 0
    assert all(name in out for name in [*sc.models.names(), *bosons.names()])
    assert re.search(r"kitaev_magnons\s+2 bosons, 2D lattice", out)
    assert not set(sc.models.names()) & set(bosons.names())


def test_compute_takes_the_library_and_files_with_values_of_parameters(symcur, tmp_path):
    """Field 1.2 on the Kitaev magnet, from the library and from a file: the same response."""
    path = tmp_path / "kitaev.toml"
    path.write_text(KITAEV)
    value = sc.thermoelectric(bosons.kitaev_magnons(field=1.2), temperature=0.5, rtol=1e-5).value[0, 1]
    for model, setting in (("kitaev_magnons", "field=1.2"), (str(path), "h=1.2")):
        status, out, _ = symcur(
            "compute", model, "thermoelectric", "--temperature", "0.5", "--set", setting, "--rtol", "1e-5"
        )
        assert status == 0
        printed = re.search(r" xy .*?intrinsic +(\S+)", out, re.DOTALL).group(1)
        assert float(printed) == pytest.approx(value, abs=1e-6)
        assert f"{setting.replace('=', ' = ')}" in out


def test_words_are_set_as_words(symcur, tmp_path):
    from symcur.cli.named_models import find_model, with_settings

    model = with_settings(find_model("kagome_magnons"), ["s=S_z", "J1=2"])
    assert model.name == "kagome_magnons, s = S_z"
    assert model.values()["J1"] == 2
    assert symcur("compute", "kagome_magnons", "thermoelectric", "--set", "s=S_w")[2].startswith(
        "symcur: s: expected 'S_x', 'S_y', 'S_z', 'number'"
    )
    assert "expected some of J" in symcur("compute", "kitaev_magnons", "thermoelectric", "--set", "h=1")[2]


def test_closed_forms_of_bosons_given_by_numbers_are_refused(symcur):
    assert "expected a Model given by formulas" in symcur("derive", "kitaev_magnons", "s_dipole")[2]


def test_pictures_show_positive_norms(symcur, tmp_path):
    pytest.importorskip("matplotlib")
    model, corners = bosons.kitaev_magnons(), [("G", (0.0, 0.0)), ("M", (0.0, 3.6))]
    figure = plotting.draw_path(model, "s_expectation", corners, points=5)
    energies = np.stack([np.array(line.get_segments())[:, 1, 1] for line in figure.axes[0].collections])
    assert len(energies) == 2
    assert energies.min() > 0
    assert len(plotting.draw_path(model, "s_expectation", corners, points=5, both_norms=True).axes[0].collections) == 4
    first = np.asarray(plotting.draw_zone(model, "berry_curvature", points=5).axes[0].collections[0].get_array())
    third = np.asarray(
        plotting.draw_zone(model, "berry_curvature", 2, points=5, both_norms=True).axes[0].collections[0].get_array()
    )
    np.testing.assert_array_equal(first, third)
    with pytest.raises(ValueError, match="band: expected a whole number from 0 to 1, got 2"):
        plotting.draw_zone(model, "berry_curvature", 2)
    each_once = sc.Model.from_hoppings(
        {(0, 0): np.diag([1.0, 2.0])}, 1, np.eye(2), metric=bosons.Metric([[1, 0], [0, -1]])
    )
    assert len(plotting.draw_path(each_once, "energy", corners, points=5).axes[0].collections) == 2
    path = tmp_path / "bands.png"
    assert symcur("plot", "kitaev_magnons", "s_expectation", "--path", "G=0,0 M=0,3.6", "-o", str(path))[0] == 0
    assert path.stat().st_size > 1000


BOSON = """
k = ["k_x", "k_y"]
lattice = [[1, 0], [0, 1]]
H = [["{a}", "{b}"], ["conj({b})", "{a}"]]
s = {s}
metric = {metric}
"""
MAGNET = """
lattice = [[1, 0], [0, 1]]
s = "S_z"
[magnet]
spin = 1
field = [0, 0, {field}]
[[magnet.sites]]
name = "A"
position = [0, 0]
direction = [{tilt}, 0, 1]
[[magnet.bonds]]
shell = 1
J = {J}
"""


def boson(a: str = "3 - cos(k_x)", b: str = "cos(k_y)/2", s: str = "1", metric: str = '"bosons"') -> str:
    return BOSON.format(a=a, b=b, s=s, metric=metric)


BAD = {
    "spins that are unstable": (MAGNET.format(field=0, tilt=0, J=1), "H: expected a positive H(k) for bosons, got"),
    "spins that turn": (MAGNET.format(field=1, tilt=1, J=-1), "directions: expected spins along the fields on them"),
    "a pairing that is unstable": (boson(b="5/2"), "H: expected a positive H(k) for bosons, got the eigenvalue"),
    "a mode without a gap": (
        boson(b="1 + cos(k_y) + i*sin(k_x)*sin(k_y)/3"),
        "k: expected momenta at which every boson costs energy",
    ),
    "a metric of nothing": (boson(metric='"fermions"'), "metric: expected 'bosons' or 'phonons'"),
    "a metric of other modes": (
        boson(metric='[["bosons", 2]]'),
        "metric: expected two components of Psi for every mode",
    ),
    "s of particles less holes": (boson(s="[[1, 0], [0, -1]]"), "s: expected X s X = s^* for bosons"),
    "H of k alone": (boson(a="3 - sin(k_x)"), "H: expected X H X = H(-k)^* for bosons"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_bad_bosons_are_one_clear_error(symcur, tmp_path, text, message):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    status, out, err = symcur("compute", str(path), "thermoelectric", "--temperature", "1", "--rtol", "1e-2")
    assert (status, out) == (2, "")
    assert err.startswith(f"symcur: {message}")
    with pytest.raises(ValueError, match=re.escape(message)):
        sc.thermoelectric(sc.models.load(path), temperature=1.0, rtol=1e-2)
