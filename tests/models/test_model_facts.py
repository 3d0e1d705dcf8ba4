"""What the models of the library say is known of them, sentence by sentence: each has a check here, and a sentence without one fails.

Where a test elsewhere states the same, the table names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import test_models_spectra as spectra
import test_models_spin_hall as values
import test_models_symmetries as symmetries
import test_models_topology as topology
import test_moire_models as moire

import symcur as sc
from symcur import models
from symcur.brillouin import Mesh

COARSE = {"method": Mesh(12), "rtol": 0.9}
GRID = np.stack(np.meshgrid(*[np.linspace(-np.pi, np.pi, 25)] * 2), axis=-1).reshape(-1, 2) + 0.01
K = np.array([[0.3, 0.2], [-1.1, 2.4], [2.0, -0.7]])


def gap(model, k, below=None):
    """The distance of two neighbouring bands, those in the middle."""
    below = model.size // 2 - 1 if below is None else below
    e = model.energies(np.atleast_2d(k))
    return e[:, below + 1] - e[:, below]


def chern(model):
    """int d^2k/2pi Omega^{xy} of the lowest band."""
    return round(topology.flux(topology.zone(model)), 6)


def in_turn(*checks: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        for check in checks:
            check()

    return run


def energies(name):
    return partial(spectra.test_energies_in_closed_form, getattr(spectra, name))


# -- metals and insulators -----------------------------------------------------------------------------------------------
def altermagnet_touches_at_two_points():
    model, free = models.altermagnet(), models.altermagnet(lambda_R=0)
    assert abs(gap(model, [[0, 0], [np.pi, np.pi]])).max() < 1e-12
    others = GRID[(abs(GRID) > 0.2).any(axis=1) & (abs(abs(GRID) - np.pi) > 0.2).any(axis=1)]
    assert gap(model, others).min() > 0.05
    diagonal = np.linspace(-3, 3, 7)[:, None]
    assert abs(gap(free, np.concatenate([diagonal * [1, 1], diagonal * [1, -1]]))).max() < 1e-12
    assert gap(free, [[0.3, 0.9]])[0] > 0.1


def bhz_gap_closes_where_chern_numbers_change():
    for M, k in ((0, [0, 0]), (4, [0, np.pi]), (4, [np.pi, 0]), (8, [np.pi, np.pi])):
        assert abs(gap(models.bhz(Delta_BIA=0, M=M), k)).max() < 1e-12
    for M, expected in ((-0.4, 0), (0.4, 1), (4.4, -1), (8.4, 0)):
        topology.test_bhz_spins_carry_opposite_chern_numbers_between_the_inversion_points(M, expected)
    symmetries.test_bhz_and_kane_mele_conserve_spin_without_the_terms_that_break_it()


def cubic_rashba_turns_over():
    energies("cubic_rashba")()
    model = models.cubic_rashba(M=0)
    m, alpha = (float(model.values()[name]) for name in ("m", "alpha"))
    k, step = 1 / (3 * m * abs(alpha)), 1e-4
    lower = model.energies([[k - step, 0], [k, 0], [k + step, 0], [10 * k, 0], [20 * k, 0]])[:, 0]
    assert max(lower[0], lower[2]) < lower[1]
    assert lower[4] < 7 * lower[3] < 0


def kane_mele_is_two_haldane_models():
    symmetries.test_bhz_and_kane_mele_conserve_spin_without_the_terms_that_break_it()
    symmetries.test_spin_up_of_kane_mele_without_rashba_coupling_is_haldane_at_a_quarter_flux()
    spectra.test_kane_mele_gap_closes_where_the_staggered_potential_matches_the_spin_orbit_gap()


def luttinger_is_bounded_by_its_masses():
    energies("luttinger")()
    directions = np.random.default_rng(3).normal(size=(400, 3))
    directions = np.concatenate([directions, np.eye(3), np.ones((1, 3))])  # the extremes lie on axes and diagonals
    for gamma2, gamma3 in ((0.6, 0.9), (-0.9, 0.4), (0.2, -0.7)):
        edge = 2 * max(abs(gamma2), abs(gamma3))
        for gamma1, bounded in ((1.05 * edge, True), (0.95 * edge, False)):
            model = models.luttinger(gamma1=gamma1, gamma2=gamma2, gamma3=gamma3)
            assert (model.energies(directions).min() > 0) == bounded


def luttinger_bands_meet():
    assert np.ptp(models.luttinger().energies([0, 0, 0])) < 1e-14
    assert np.ptp(models.luttinger().energies([0.1, 0, 0])) > 1e-3


def rashba_dipole_and_curvature():
    values.test_rashba_dipole_without_a_mass()
    model = models.rashba(M=0)
    assert abs(sc.evaluate(model, "berry_curvature", K)).max() < 1e-12
    expected = np.stack([-K[:, 1], K[:, 0]], axis=-1) / (4 * (K**2).sum(axis=1))[:, None]
    assert abs(sc.evaluate(model, "s_dipole", K) - expected[:, None]).max() < 1e-12


def rice_mele_has_the_gap_of_its_parameters():
    energies("rice_mele")()
    spectra.test_rice_mele_gap()


# -- superconductors -----------------------------------------------------------------------------------------------------
def pairing(model, k):
    n = model.size // 2
    return model.matrix("H", k)[..., 0, n]


def d_wave_has_double_vortices():
    angle = np.linspace(0, 2 * np.pi, 201)
    circle = 0.1 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    for centre in ([0, 0], [np.pi, np.pi]):
        phase = np.unwrap(np.angle(pairing(models.chiral_d_superconductor(), circle + centre)))
        assert abs(abs(phase[-1] - phase[0]) / (2 * np.pi) - 2) < 1e-6


def d_wave_chern_number():
    for t, Delta_1, Delta_2, E_F in ((1, 0.6, 0.8, -1), (1, -0.6, 0.8, 2), (-1, 0.6, 0.8, 3.5)):
        model = models.chiral_d_superconductor(t=t, Delta_1=Delta_1, Delta_2=Delta_2, E_F=E_F)
        assert chern(model) == -2 * np.sign(t * Delta_1 * Delta_2)
    assert [chern(models.chiral_d_superconductor(E_F=E_F)) for E_F in (4.5, -4.5)] == [0, 0]


def d_wave_responses_are_quantised():
    model, T = models.chiral_d_superconductor(), 0.01
    heat = sc.observables.thermal_hall(model, 0.0, T, rtol=1e-4).value[0, 1] / (T * sc.observables.THERMAL_QUANTUM)
    spin = sc.observables.spin_hall(model, 0.0, T, rtol=1e-4).value[0, 1] / sc.observables.SPIN_QUANTUM
    assert abs(heat) == pytest.approx(2, rel=1e-3)
    assert abs(spin) == pytest.approx(2, rel=1e-3)


def vanishing_magnetization(name, reference):
    """The whole vanishes at rounding of its parts, and that of the reference does not."""
    found = sc.magnetization(models.get(name), 0.0, 0.1, **COARSE)
    other = sc.magnetization(reference, 0.0, 0.1, **COARSE)
    assert abs(found.value).max() < 1e-12
    assert abs(other.value).max() > 1e-4


def p_wave_chern_number_and_gap():
    for E_F in (-1, 2, -3.9, 3.9):
        assert chern(models.chiral_p_superconductor(E_F=E_F)) == -np.sign(E_F)
    for E_F in (-4.1, 4.1):
        assert chern(models.chiral_p_superconductor(E_F=E_F)) == 0
    for E_F, k in ((0, [0, np.pi]), (4, [np.pi, np.pi]), (-4, [0, 0])):
        assert abs(gap(models.chiral_p_superconductor(E_F=E_F), k)).max() < 1e-12


def p_wave_heat_is_half_a_quantum():
    T = 0.02
    kappa = sc.observables.thermal_hall(models.chiral_p_superconductor(), 0.0, T, rtol=1e-4).value[0, 1]
    assert abs(kappa) / (T * sc.observables.THERMAL_QUANTUM) == pytest.approx(0.5, rel=1e-3)


def haldane_pairs_carry_the_magnetization_of_their_electrons():
    normal = sc.magnetization(models.haldane().with_s(1), 1.0, 0.1, method=Mesh(24), rtol=0.9).value[0, 1]
    weak = models.haldane_superconductor(Delta_0=1e-3)
    paired = sc.magnetization(weak, 0.0, 0.1, method=Mesh(24), rtol=0.9).value[0, 1]
    assert abs(normal) > 1e-3
    assert paired == pytest.approx(2 * normal, rel=5e-3)  # what the mesh leaves of the resonances at the Fermi line


def haldane_pairs_have_curvature():
    assert abs(sc.evaluate(models.haldane_superconductor(), "berry_curvature", K)).max() > 1e-2
    assert abs(sc.magnetization(models.haldane_superconductor(), 0.0, 0.1, **COARSE).value[0, 1]) > 1e-3


def constant_phase_has_no_geometry():
    model = models.s_wave_superconductor()
    for quantity in ("s_dipole", "berry_curvature"):
        assert abs(sc.evaluate(model, quantity, K)).max() < 1e-12
    vanishing_magnetization("s_wave_superconductor", models.haldane_superconductor())


def charge_changes_at_the_rate_of_the_source_term():
    model = models.s_wave_superconductor()
    H, s = model.matrix("H", K[0]), model.matrix("s", K[0])
    generator = np.random.default_rng(1)
    for mu, nu in generator.normal(size=(3, 2)) + 1j * generator.normal(size=(3, 2)):
        state = np.array([mu, nu])
        rate = (state.conj() @ (-1j * (s @ H - H @ s)) @ state).real
        assert rate == pytest.approx(4 * (0.4 * np.conj(mu) * nu).imag, abs=1e-12)


def a_moving_condensate_carries_a_current():
    for phi, moves in ((0.0, False), (0.3, True)):
        found = sc.equilibrium_current(models.s_wave_superconductor(phi=phi), 0.0, 0.1, **COARSE)
        assert (abs(found.parts["conventional"].value[0]) > 1e-3) == moves


def field_makes_bogoliubov_fermi_surfaces():
    def lowest(B):
        model = models.spin_orbit_superconductor(B=B, Delta_0=0.05, lambda_R=1.0)
        middle = np.stack(np.meshgrid(*[np.linspace(-np.pi, np.pi, 161)] * 2), axis=-1).reshape(-1, 2)
        return model.energies(middle)[:, 2].min()

    assert lowest(0.03) > 0.01  # well below the gap
    assert lowest(0.08) < -0.01  # crosses zero: closed curves around where it is negative
    model = models.spin_orbit_superconductor()
    assert np.abs(model.energies(K) - model.energies(-K)).max() > 1e-2
    assert np.allclose(model.energies(K), -model.energies(-K)[:, ::-1])


def spin_orbit_coupling_breaks_the_spin():
    for lambda_R, conserved in ((0.5, False), (0.0, True)):
        model = models.spin_orbit_superconductor(lambda_R=lambda_R, B=0.0)
        H, spin = model.matrix("H", K[0]), np.array(model.spin.tolist(), dtype=complex)
        assert (np.abs(spin @ H - H @ spin).max() < 1e-12) == conserved


def without_a_field_time_reversal_holds():
    model = models.spin_orbit_superconductor(B=0.0)
    T = np.kron(np.eye(2), [[0, 1], [-1, 0]])
    assert np.abs(T @ model.matrix("H", K).conj() @ T.T - model.matrix("H", -K)).max() < 1e-12
    assert model.energies(GRID)[:, 2].min() > 0.1


# -- twisted bilayers ----------------------------------------------------------------------------------------------------
def layers_without_tunnelling_are_conserved():
    for w, conserved in ((0.0, True), (-8.5, False)):
        model = models.twisted_dichalcogenide(w=w, reach=1.5)
        H, s = model.matrix("H", [0.1, 0.2]), model.matrix("s", [0.1, 0.2])
        assert (np.abs(s @ H - H @ s).max() < 1e-12) == conserved


def layer_hall_is_odd_in_the_displacement():
    """At momenta that C_2y T maps onto one another the integrands of the layer cancel, those of the charge agree."""
    k = np.array([[0.2, 0.5], [0.3, -0.1]])
    tilted = [models.twisted_dichalcogenide(theta=3.0, displacement=D, reach=1.5) for D in (4.0, -4.0)]
    for sign, pair in ((-1, tilted), (1, [model.with_s(1) for model in tilted])):
        one, image = (
            sc.conductivity.integrand(model, points, 25.0, 5.0)["intrinsic"][..., 0, 1]
            for model, points in zip(pair, (k, k * [1, -1]), strict=True)
        )
        assert np.abs(one).max() > 1e-6
        np.testing.assert_allclose(one, sign * image, rtol=1e-6, atol=1e-9 * np.abs(one).max())


def dichalcogenide_is_bounded_below():
    far = models.twisted_dichalcogenide(reach=3.0).energies([0.0, 0.0])
    near = models.twisted_dichalcogenide(reach=2.0).energies([0.0, 0.0])
    assert far[-1] > 1.5 * near[-1] > 0  # more waves add higher energies, and leave the lowest where it is
    assert far[0] == pytest.approx(near[0], rel=0.05)


def graphene_is_neutral_when_half_is_filled():
    model = models.twisted_bilayer_graphene(reach=2.0)
    assert model.neutral == model.size // 2
    e = model.energies([0.0, 0.0])
    assert e[0] < 0 < e[-1]
    assert abs(e[0] + e[-1]) < 0.2 * e[-1]


def untunnelled_graphene_has_two_cones():
    model = models.twisted_bilayer_graphene(mass_1=0.0, w_AA=0.0, w_AB=0.0, reach=2.0)
    for offset in model.made.offsets:
        e = model.energies(-offset + np.array([[1e-4, 0.0], [0.0, 1e-4]]))[:, model.neutral - 1 : model.neutral + 1]
        assert np.allclose(e, [-525.3e-4, 525.3e-4], rtol=1e-3)
    moire.test_the_velocity_of_twisted_graphene_is_that_of_bistritzer_and_macdonald()


FACTS: dict[str, list[Callable[[], object]]] = {
    "altermagnet": [
        in_turn(
            symmetries.test_altermagnet_quarter_turn_and_time_reversal,
            topology.test_altermagnet_berry_curvature_is_odd_under_a_quarter_turn,
        ),
        altermagnet_touches_at_two_points,
    ],
    "bhz": [energies("bhz"), bhz_gap_closes_where_chern_numbers_change],
    "bilayer_graphene": [energies("bilayer_graphene"), spectra.test_bilayer_graphene_has_massive_chiral_bands],
    "chiral_d_superconductor": [
        d_wave_has_double_vortices,
        d_wave_chern_number,
        d_wave_responses_are_quantised,
        lambda: vanishing_magnetization("chiral_d_superconductor", models.haldane_superconductor()),
    ],
    "chiral_p_superconductor": [
        p_wave_chern_number_and_gap,
        p_wave_heat_is_half_a_quantum,
        lambda: vanishing_magnetization("chiral_p_superconductor", models.haldane_superconductor()),
    ],
    "cubic_rashba": [
        cubic_rashba_turns_over,
        partial(symmetries.test_winding_of_the_pseudospin, "cubic_rashba", 3),
    ],
    "haldane": [
        in_turn(
            partial(topology.test_haldane_chern_number_changes_at_the_phase_boundary, 1.0),
            partial(topology.test_haldane_chern_number_changes_at_the_phase_boundary, -1.0),
            partial(spectra.test_haldane_gap_at_the_corners_is_the_distance_from_the_phase_boundary, 1.0),
        )
    ],
    "haldane_superconductor": [haldane_pairs_have_curvature, haldane_pairs_carry_the_magnetization_of_their_electrons],
    "kagome_antiferromagnet": [
        in_turn(
            symmetries.test_kagome_symmetries_forbid_spin_along_z_in_every_band,
            values.test_kagome_spin_hall_effect_without_spin_orbit_coupling,
        ),
        spectra.test_kagome_energies_at_the_zone_centre,
        spectra.test_kagome_bands_touch_at_the_corners_but_not_at_half_filling,
        spectra.test_kagome_without_exchange_has_a_flat_band_for_each_spin,
    ],
    "kane_mele": [kane_mele_is_two_haldane_models, values.test_kane_mele_spin_hall_value],
    "luttinger": [luttinger_is_bounded_by_its_masses, luttinger_bands_meet],
    "massive_dirac": [
        energies("massive_dirac"),
        in_turn(
            values.test_massive_dirac_berry_curvature,
            topology.test_massive_dirac_lower_band_carries_half_a_flux_quantum,
        ),
    ],
    "rashba": [energies("rashba"), rashba_dipole_and_curvature],
    "rashba_dresselhaus": [
        energies("rashba_dresselhaus"),
        symmetries.test_a_spin_is_conserved_where_rashba_and_dresselhaus_coupling_are_equal,
    ],
    "rice_mele": [
        rice_mele_has_the_gap_of_its_parameters,
        in_turn(
            topology.test_rice_mele_wannier_centre_sits_on_the_strong_bond,
            topology.test_rice_mele_pumps_one_charge_around_the_gapless_point,
        ),
    ],
    "s_wave_superconductor": [
        constant_phase_has_no_geometry,
        charge_changes_at_the_rate_of_the_source_term,
        a_moving_condensate_carries_a_current,
    ],
    "spin_orbit_superconductor": [
        field_makes_bogoliubov_fermi_surfaces,
        spin_orbit_coupling_breaks_the_spin,
        without_a_field_time_reversal_holds,
    ],
    "weyl": [
        in_turn(
            spectra.test_weyl_bands_touch_at_the_two_nodes_only,
            topology.test_weyl_nodes_are_monopoles_of_opposite_charge,
            *(
                partial(topology.test_weyl_planes_beyond_the_nodes_are_chern_insulators, k_z, expected)
                for k_z, expected in ((0.0, 0), (1.1, -1), (-1.1, -1))
            ),
        )
    ],
    "twisted_dichalcogenide": [
        dichalcogenide_is_bounded_below,
        layer_hall_is_odd_in_the_displacement,
        layers_without_tunnelling_are_conserved,
    ],
    "twisted_bilayer_graphene": [graphene_is_neutral_when_half_is_filled, untunnelled_graphene_has_two_cones],
}


def sentences(name: str) -> list[str]:
    return re.split(r"(?<=\.) (?=[A-Za-z])", models.get(name).facts)


@pytest.mark.parametrize("name", [*models.names(), *models.NUMERIC.names()])
def test_every_sentence_has_a_check(name):
    assert len(sentences(name)) == len(FACTS[name]), sentences(name)


@pytest.mark.filterwarnings("ignore::symcur.eigenstates.DegeneracyWarning")
@pytest.mark.parametrize(
    ("name", "place"), [(name, place) for name, checks in FACTS.items() for place in range(len(checks))]
)
def test_what_a_model_says_of_itself_is_true(name, place):
    FACTS[name][place]()
