"""The numbers that tutorials on real materials show are what the code gives. Skipped where the reference data is not there."""

from __future__ import annotations

import importlib
import json
import sys

import numpy as np
import pytest
from reference_materials import ROOT, data

from symcur import observables

RESULTS = ROOT / "docs/results"


@pytest.fixture(name="script")
def _script(monkeypatch):
    def load(name):
        monkeypatch.syspath_prepend(RESULTS)
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return load


def test_platinum_on_a_coarse_mesh(script):
    """sigma is known on 61^3 points; on 12^3 it is within the error of these, and no zero."""
    platinum = script("platinum")
    stored = observables.load(RESULTS / "platinum.json")
    j = int(np.argmin(np.abs(stored.mu - platinum.FERMI)))
    coarse = platinum.conductivity(platinum.platinum(data("Pt/wannier90_hr.dat.gz")), 12, [platinum.FERMI])
    assert set(coarse.parts) == set(stored.parts)
    assert (coarse.unit, coarse.convention, coarse.level, coarse.window) == (
        stored.unit,
        stored.convention,
        stored.level,
        stored.window,
    )
    for name in ("conventional", "intrinsic", "filled_multiplet"):
        value, error = coarse.parts[name].value[0], coarse.parts[name].error[0]
        assert (np.abs(value - stored.parts[name].value[j]) <= error + stored.parts[name].error[j]).all()
        assert error[0, 1] < 0.5 * abs(value[0, 1])
    np.testing.assert_allclose(np.delete(stored.value.reshape(-1, 9), [1, 3], axis=1), 0, atol=1e-5)


def test_the_published_numbers_of_iron(script):
    iron = script("iron")
    folder = data("Fe/Fe.eig").parent
    stored = json.loads((RESULTS / "iron.json").read_text())
    assert iron.moment(folder=folder) == pytest.approx(stored["moment"], abs=1e-6)
    np.testing.assert_allclose(iron.anomalous_hall(folder=folder), stored["anomalous_hall"], atol=1e-4)
