"""The same conductivities by WannierBerri, on the same mesh: runs where that package is installed.

A peer that shares no code: its own Fourier sums, eigenvectors and formulas, for H(R), A(R) and the spins that symcur has read or made.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from crystals import platinum
from reference_materials import data
from wannier_files import LATTICE

from symcur import observables
from symcur.materials import Material, WannierFunctions, read_functions

wannierberri = pytest.importorskip("wannierberri", reason="WannierBerri is not installed")
pytest.importorskip("numba", reason="calculators of WannierBerri need numba")

pytestmark = pytest.mark.filterwarnings("ignore")  # it leaves files open
COLD = 1e-7  # eV: occupations are steps, as there
S_PER_CM = observables.units.CONDUCTANCE * 1e8


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """It writes its results into the working directory."""
    monkeypatch.chdir(tmp_path)


def peer(functions, calculators, points, E_F, *, pairs=None, position=False):
    """The tensors that WannierBerri finds on points^3 momenta with one at k = 0, in S/cm; ``pairs`` are those of the spin."""
    from wannierberri.fourier.rvectors import Rvectors
    from wannierberri.system.system_R import System_R

    system = System_R()
    system.real_lattice, system.num_wann = functions.lattice, functions.size
    system.wannier_centers_cart = functions.centres
    system.clear_cached_wcc()
    system.rvec = Rvectors(lattice=functions.lattice, iRvec=functions.cells, shifts_left_red=system.wannier_centers_red)
    system.set_R_mat("Ham", functions.hamiltonian)
    if position:
        A, N = functions.position.copy(), range(functions.size)
        A[functions.home, N, N] = 0.0  # beside the centres
        system.set_R_mat("AA", A)
    if pairs is not None:
        system.set_spin_pairs(pairs)
    system.do_at_end_of_init()
    grid = wannierberri.Grid(system, NKdiv=1, NKFFT=points)
    found = wannierberri.run(
        system,
        grid,
        calculators(np.array([E_F])),
        adpt_num_iter=0,
        use_irred_kpt=False,
        symmetrize=False,
        parallel=False,
    )
    return {name: result.data[0] / 100 for name, result in found.results.items()}


def spin_hall(E_F):
    options = {"spin_current_type": "simple", "external_terms": False}
    return {"spin": wannierberri.calculators.static.SHC(Efermi=E_F, kwargs_formula=options)}


def on_mesh(material, points, E_F, part, window=0.0):
    """A part of the conductivity on the same mesh, in S/cm, [flow, field]."""
    k = material.cell.momenta(points).reshape(-1, 3)
    found = observables.conductivity.integrand(material, k, E_F, COLD, window=window)[part]
    return found.mean(axis=0) / material.cell.volume * S_PER_CM


def random_solid():
    """Six functions, all up and then all down, at three places, and H(R) without any symmetry."""
    rng = np.random.default_rng(11)
    cells = np.array(list(itertools.product((-1, 0, 1), repeat=3)))
    H = rng.normal(size=(27, 6, 6)) + 1j * rng.normal(size=(27, 6, 6))
    H = (H + H[::-1].conj().mT) * np.exp(-np.abs(cells).sum(axis=1))[:, None, None]
    centres = np.tile(rng.uniform(-1, 1, size=(3, 3)), (2, 1))
    return WannierFunctions(LATTICE, cells, H, centres)


def test_all_components_of_a_solid_without_symmetry_have_the_other_sign():
    """27 components: minus the conventional part here, because the field acts on charges -|e| there."""
    functions, E_F = random_solid(), 0.4
    theirs = peer(functions, spin_hall, 6, E_F, pairs=[(0, 3), (1, 4), (2, 5)])["spin"]
    for axis, s in enumerate(("spin_x", "spin_y", "spin_z")):
        ours = on_mesh(Material(functions, s, spin="block"), 6, E_F, "conventional")
        assert np.abs(ours).max() > 50
        np.testing.assert_allclose(-ours, theirs[..., axis], atol=1e-8 * np.abs(theirs).max())


def test_the_conventional_spin_hall_conductivity_of_platinum():
    functions = platinum()
    theirs = peer(functions, spin_hall, 8, 11.3158, pairs=[(n, n + 9) for n in range(9)])["spin"]
    ours = on_mesh(Material(functions, spin="block"), 8, 11.3158, "conventional", window=1e-4)
    np.testing.assert_allclose(-ours, theirs[..., 2], atol=1e-6 * np.abs(theirs).max())


def test_the_anomalous_hall_conductivity_of_iron():
    """With every term of A(R), in the space of all bands: the same sign, as it has e twice."""
    functions = read_functions([data(f"Fe/Fe.{ending}") for ending in ("chk.fmt.bz2", "eig", "spn", "mmn.bz2", "win")])
    functions = WannierFunctions(
        functions.lattice, functions.cells, functions.hamiltonian, functions.centres, functions.position
    )
    ahc = lambda E_F: {"charge": wannierberri.calculators.static.AHC(Efermi=E_F)}  # noqa: E731
    theirs = peer(functions, ahc, 10, 12.6279, position=True)["charge"]
    ours = on_mesh(Material(functions, np.ones(18), level="full"), 10, 12.6279, "intrinsic")
    np.testing.assert_allclose([ours[1, 2], ours[2, 0], ours[0, 1]], theirs, atol=1e-4)
    np.testing.assert_allclose(theirs, [0.0334, 0.0572, 1222.1510], atol=1e-3)
