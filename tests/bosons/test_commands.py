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
        printed = re.search(r" xy ((?:\S+ ){5})", out).group(1).split()[-1]
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
    energies = np.stack([np.asarray(dots.get_offsets())[:, 1] for dots in figure.axes[0].collections])
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
    path = tmp_path / "bands.png"
    assert symcur("plot", "kitaev_magnons", "s_expectation", "--path", "G=0,0 M=0,3.6", "-o", str(path))[0] == 0
    assert path.stat().st_size > 1000
