"""Models of PythTB, 1 and 2: what the package itself gives for H(k), spectra, Berry curvature and Chern numbers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from bloch import BONDS, FRACTIONS, LATTICE, MOMENTA, ONSITE, PAULI, by_hand

import symcur as sc

T2, PHASE = 0.15, np.exp(0.8j)


def first_version(**changes):
    """A stand-in: what a tb_model of PythTB 1.8 keeps."""
    kept = {"_site_energies": ONSITE, "_hoppings": [list(b) for b in BONDS], "_per": [0, 1]} | changes
    return SimpleNamespace(get_lat=lambda: LATTICE, get_orb=lambda: FRACTIONS, **kept)


def second_version(**changes):
    """A stand-in: what a TBModel of PythTB 2.0 shows."""
    keys = ("amplitude", "from_orbital", "to_orbital", "lattice_vector")
    bonds = [dict(zip(keys, bond if any(bond[3]) else bond[:3], strict=False)) for bond in BONDS]
    shown = {"lat_vecs": LATTICE, "orb_vecs": FRACTIONS, "onsite": ONSITE, "hoppings": bonds, "periodic_dirs": [0, 1]}
    return SimpleNamespace(**(shown | {"parameters": []} | changes))


@pytest.mark.parametrize("stand_in", [first_version, second_version])
def test_models_of_pythtb_by_their_attributes(stand_in) -> None:
    model = sc.import_model(stand_in(), "spin_y")
    for k in MOMENTA:
        np.testing.assert_allclose(model.matrix("H", k), by_hand(k), atol=1e-14)
    np.testing.assert_array_equal(model.s, np.kron(np.eye(2), PAULI[1] / 2))
    np.testing.assert_allclose((model.positions[2] - model.positions[0]) % 1, FRACTIONS[1] - FRACTIONS[0], atol=1e-12)


@pytest.mark.parametrize("stand_in", [first_version, second_version])
def test_the_same_as_a_material(stand_in) -> None:
    """In eV and Angstrom, with the spin as of a file."""
    material, model = sc.materials.read(stand_in(), s="spin_x"), sc.import_model(stand_in(), "spin_x")
    np.testing.assert_allclose(material.matrix("H", MOMENTA), model.matrix("H", MOMENTA), atol=1e-14)
    np.testing.assert_allclose(material.s, model.s, atol=1e-14)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (first_version(_per=[0]), "periodic along all 2 directions, got one along \\[0\\]"),
        (second_version(periodic_dirs=[1]), "periodic along all 2 directions"),
        (second_version(periodic_dirs=[]), "periodic along all 2 directions"),
        (second_version(parameters=[{"names": ["t"]}]), "parameters: expected values of t"),
    ],
)
def test_what_cannot_be_taken_is_refused(model, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sc.import_model(model)


def test_spins_and_shapes_are_asked_for_where_they_are_not_known() -> None:
    spinless = first_version(_site_energies=np.array([1.0, 2.0]), _hoppings=[[0.5, 0, 1, [1, 0]]])
    with pytest.raises(ValueError, match="PythTB does not tell which orbitals of this model are spin up"):
        sc.import_model(spinless)
    with pytest.raises(ValueError, match="s: expected a matrix or 'spin_x'"):
        sc.import_model(first_version(), "spin")
    with pytest.raises(ValueError, match=r"s: expected shape \(2, 2\), or that of one site, got \(3, 3\)"):
        sc.import_model(spinless, np.eye(3))
    with pytest.raises(ValueError, match="lattice: expected none for this source"):
        sc.import_model(spinless, 1, lattice=[[1, 0], [0, 1]])
    np.testing.assert_array_equal(sc.import_model(spinless, [1, -1]).s, [[1, 0], [0, -1]])
    np.testing.assert_array_equal(sc.import_model(first_version(), PAULI[2]).s, np.kron(np.eye(2), PAULI[2]))


# -- the package itself ------------------------------------------------------------------------------------------------
@pytest.fixture(name="pythtb", scope="module")
def package():
    return pytest.importorskip("pythtb")


def made(pythtb, lattice, orbitals, spinful: bool):
    if hasattr(pythtb, "Lattice"):
        return pythtb.TBModel(pythtb.Lattice(lattice, orbitals, periodic_dirs=[0, 1]), spinful=spinful)
    return pythtb.tb_model(2, 2, lattice, orbitals, nspin=1 + spinful)


def haldane(pythtb):
    model = made(pythtb, [[1, 0], [0.5, np.sqrt(3) / 2]], [[1 / 3, 1 / 3], [2 / 3, 2 / 3]], False)
    model.set_onsite([-0.2, 0.2])
    for R in ([0, 0], [-1, 0], [0, -1]):
        model.set_hop(-1.0, 0, 1, R)
    for a, cells in ((0, ([1, 0], [-1, 1], [0, -1])), (1, ([-1, 0], [1, -1], [0, 1]))):
        for R in cells:
            model.set_hop(T2 * PHASE, a, a, R)
    return model


def fractions(model, k):
    return k @ model.cell.vectors.T / (2 * np.pi)


def test_pythtb_itself_with_spin(pythtb) -> None:
    source = made(pythtb, LATTICE.tolist(), FRACTIONS.tolist(), True)
    source.set_onsite(list(ONSITE))
    for t, a, b, R in BONDS:
        source.set_hop(t, a, b, R)
    model = sc.import_model(source, "spin_x")
    for k in MOMENTA:
        np.testing.assert_allclose(model.matrix("H", k), by_hand(k), atol=1e-14)
    u = fractions(model, MOMENTA)
    spectrum = source.solve_ham(u) if hasattr(source, "solve_ham") else source.solve_all(u).T
    np.testing.assert_allclose(model.energies(MOMENTA), spectrum, atol=1e-13)


def test_the_chern_number_and_the_curvature_are_those_of_pythtb(pythtb) -> None:
    source = haldane(pythtb)
    model = sc.import_model(source, 1)
    mesh = model.cell.grid(40) @ model.cell.reciprocal
    curvature = sc.evaluate(model, "berry_curvature", mesh.reshape(-1, 2))[:, 0, 0, 1]
    chern = 2 * np.pi * curvature.mean() / abs(np.linalg.det(model.cell.vectors))
    if hasattr(source, "berry_curvature"):
        theirs = source.berry_curvature(fractions(model, MOMENTA), occ_idxs=[0], plane=(0, 1), cartesian=True)
        ours = sc.evaluate(model, "berry_curvature", MOMENTA)[:, 0, 0, 1]
        np.testing.assert_allclose(ours, np.real(theirs), rtol=1e-9)
        flux = pythtb_two_flux(pythtb, source)
    else:
        states = pythtb.wf_array(source, [31, 31])
        states.solve_on_grid([0, 0])
        flux = states.berry_flux([0])
    assert abs(chern) == pytest.approx(1, abs=1e-6)
    assert flux / (2 * np.pi) == pytest.approx(chern, abs=1e-6)


def pythtb_two_flux(pythtb, source) -> float:
    mesh = pythtb.Mesh(["k", "k"])
    mesh.build_grid(shape=(31, 31))
    states = pythtb.WFArray(source.lattice, mesh)
    states.solve_model(source)
    return float(np.sum(states.berry_flux(state_idx=[0], plane=(0, 1))))


def test_parameters_of_pythtb_two_stay_parameters(pythtb) -> None:
    if not hasattr(pythtb, "Lattice"):
        pytest.skip("PythTB 1 has numbers alone")
    source = made(pythtb, LATTICE.tolist(), FRACTIONS.tolist(), False)
    source.set_onsite(["m", lambda m: -m])
    source.set_hop(lambda t: t * (1 + 0.3j), 0, 1, [0, 0])
    source.set_hop("t", 1, 1, [0, 1])
    model = sc.import_model(source, [1, -1], parameters={"m": 0.4, "t": 1})
    for values in ({"m": 0.4, "t": 1.0}, {"m": -0.3, "t": 0.7}):
        H = source.hamiltonian(fractions(model, MOMENTA), **values)
        np.testing.assert_allclose(model.with_values(values).matrix("H", MOMENTA), np.squeeze(H), atol=1e-14)


def test_ribbons_of_pythtb_are_refused(pythtb) -> None:
    ribbon = haldane(pythtb).cut_piece(4, 0)
    with pytest.raises(ValueError, match=r"periodic along all 2 directions, got one along \[1\]"):
        sc.import_model(ribbon, 1)
