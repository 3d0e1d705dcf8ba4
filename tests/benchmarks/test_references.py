"""The conventional conductivities by which tables of speed judge two programs: NumPy's sums against Chern numbers and symcur."""

from __future__ import annotations

import numpy as np
import pytest
from tables.references import conventional

import symcur as sc

COARSE = {"mesh": 64}


def corners(model: sc.Model) -> list[np.ndarray]:
    return [np.array(u) / 3 @ model.cell.reciprocal for u in ((1, 2), (2, 1))]


def test_filled_bands_of_an_insulator_have_their_chern_number():
    found = conventional(sc.models.haldane().with_s(1), 0.0, 1, **COARSE)
    np.testing.assert_allclose(found, np.array([[0, 1], [-1, 0]]) / (2 * np.pi), atol=1e-12)


@pytest.mark.parametrize(
    ("model", "mu", "filled", "pockets"),
    [(sc.models.haldane().with_s(1), 0.5, 1, 1), (sc.models.kane_mele(lambda_v=0.3), 1.0, 2, 2)],
    ids=["haldane", "kane_mele"],
)
def test_pockets_of_a_metal(model, mu, filled, pockets):
    found = conventional(model, mu, filled, corners(model)[:pockets], **COARSE)
    expected = sc.conductivity(model, mu, 0.0, rtol=1e-9).parts["conventional"].value
    assert np.abs(expected).max() > 0.05
    np.testing.assert_allclose(found, expected, atol=1e-7)


@pytest.mark.filterwarnings("ignore")  # it leaves files open
@pytest.mark.parametrize(
    ("what", "model", "filled"),
    [("charge", sc.models.haldane().with_s(1), 1), ("spin", sc.models.kane_mele(lambda_v=0.3), 2)],
    ids=["haldane", "kane_mele"],
)
def test_wannierberri_has_the_same_insulators_with_and_without_their_point_groups(what, model, filled):
    pytest.importorskip("wannierberri", reason="WannierBerri is not installed")
    pytest.importorskip("numba", reason="calculators of WannierBerri need numba")
    from tables.two_programs import SYMMETRIES
    from tables.wannier_berri import WannierBerri

    expected = conventional(model, 0.0, filled, **COARSE)
    whole, part = (WannierBerri(model, group).steps(what, 0.0, 40, 10)[0] for group in ((), SYMMETRIES[what]))
    assert whole.points == 40**2 > 2 * part.points
    np.testing.assert_allclose(whole.value, expected, atol=1e-10)
    np.testing.assert_allclose(part.value, whole.value, atol=1e-12)
