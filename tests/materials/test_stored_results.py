"""The numbers that tutorials on real materials show are what the code gives. Skipped where the reference data is not there."""

from __future__ import annotations

import importlib

import numpy as np
from reference_materials import ROOT, data

from symcur import observables

RESULTS = ROOT / "docs/results"


def test_platinum_on_a_coarse_mesh(monkeypatch):
    """sigma is known on 81^3 points; on 20^3 it is within the error of these, and no zero."""
    monkeypatch.syspath_prepend(RESULTS)
    platinum = importlib.import_module("platinum")
    stored = observables.load(RESULTS / "platinum.json")
    j = int(np.argmin(np.abs(stored.mu - platinum.FERMI)))
    coarse = platinum.conductivity(platinum.platinum(data("Pt/wannier90_hr.dat.gz")), 20, [platinum.FERMI])
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
        assert error[0, 1] < abs(value[0, 1])
    np.testing.assert_allclose(np.delete(stored.value.reshape(-1, 9), [1, 3], axis=1), 0, atol=1e-5)
