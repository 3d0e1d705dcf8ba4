"""One of each kind added at run time, in the one place that docs/design.md names, and used at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import symcur as sc
from symcur import brillouin, claims, models, observables, quantities
from symcur.brillouin import METHODS, Estimate, Method
from symcur.claims import Equality
from symcur.cli import main
from symcur.expressions import BandEnergy, Im, P, Projector, S, Trace, s, v
from symcur.models import MODELS, library_model
from symcur.observables import Form, Term

K = np.array([[0.3, 0.7], [1.1, -0.4]])


@pytest.fixture
def added():
    """Registries and names to take out again."""
    names: list[tuple[object, str]] = []
    yield names
    for registry, name in names:
        registry.remove(name)


def test_a_quantity(added, capsys):
    quantities.define(
        "energy_dipole",
        ("i",),
        lambda i: BandEnergy() * Im(Trace(P * v(i) * S * s)),
        r"\varepsilon d^{<i>s}",
        "energy x s x length",
        "the s dipole times the energy",
    )
    added.append((quantities, "energy_dipole"))
    model = models.rashba()
    states = sc.evaluate(model, "energy_dipole", K)
    expected = sc.evaluate(model, "energy", K)[..., None] * sc.evaluate(model, "s_dipole", K)
    assert np.allclose(states, expected, rtol=1e-12)
    assert np.allclose(sc.derive(model, "energy_dipole")(K), expected, rtol=1e-12)
    assert np.allclose(sc.compile(model, ["energy_dipole"])(K)["energy_dipole"], expected, rtol=1e-9)
    main_ok(["list", "quantities"])
    assert "energy_dipole" in capsys.readouterr().out


def test_a_claim(added, capsys):
    one, two = Trace(P * v("i") * P * s), Trace(P * s * Projector() * v("i"))
    claims.define("mine", {"A": "nowhere"}, "A trace is cyclic.", equalities=(Equality(one, two),))
    added.append((claims, "mine"))
    assert sc.verify("mine", "rashba").kind == "proved"
    main_ok(["verify", "mine", "--model", "rashba"])
    assert "A trace is cyclic." in capsys.readouterr().out
    false = replace(claims.get("mine"), equalities=(Equality(one, 2 * two),))
    assert sc.verify(false, "rashba").kind == "refuted"


def test_a_model(added, capsys):
    @library_model
    def qwz() -> sc.Model:
        """sin k_x sigma_x + sin k_y sigma_y + (m + cos k_x + cos k_y) sigma_z, s = sigma_z/2."""
        k_x, k_y, m = sp.symbols("k_x k_y m", real=True)
        mass, hop = m + sp.cos(k_x) + sp.cos(k_y), sp.sin(k_x) - sp.I * sp.sin(k_y)
        H = [[mass, hop], [sp.conjugate(hop), -mass]]
        return sc.Model(H, sp.diag(1, -1) / 2, (k_x, k_y), {m: 1.0}, lattice=[[1, 0], [0, 1]])

    added.append((MODELS, "qwz"))
    chern = sc.observables.hall_conductivity(models.get("qwz").with_s(1)).value[1, 0] * 2 * np.pi
    # Half of chirality times sign of the mass, summed over (0, 0), (pi, 0), (0, pi), (pi, pi) with masses 3, 1, 1, -1.
    assert chern == pytest.approx((1 - 1 - 1 - 1) / 2, abs=1e-5)
    assert models.get("qwz", m=3.0).name == "qwz"
    main_ok(["compute", "qwz", "hall_conductivity", "--set", "m=3"])
    assert "hall_conductivity of qwz" in capsys.readouterr().out


def test_an_observable(added, capsys):
    observables.define(
        "s_density",
        "the density of s",
        r"\langle s \rangle",
        r"\int f s_n",
        (),
        "a number",
        "spin",
        {"sea": Form("Fermi sea", {"total": [Term("s_expectation", "f")]})},
    )
    added.append((observables, "s_density"))
    model = models.haldane()
    found = observables.get("s_density")(model, 0.2, 0.1, rtol=1e-9)
    k = model.cell.momenta(96, 0.3)
    f = 1 / (1 + np.exp((sc.evaluate(model, "energy", k) - 0.2) / 0.1))
    expected = (f * sc.evaluate(model, "s_expectation", k)).sum() / len(k) / model.cell.volume
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert abs(found.value - expected) <= found.error + 1e-12
    main_ok(["compute", "haldane", "s_density", "--mu", "0.2", "--temperature", "0.1"])
    assert "s_density of haldane" in capsys.readouterr().out


class Midpoints(Method):
    """A fixed grid, for tests: the difference to the half as fine one is the error."""

    name = "midpoints"
    description = "midpoint rule on a fixed grid"

    def obstacle(self, problem):
        return "a fixed grid does not see the step of T = 0" if problem.has_steps else ""

    def estimate(self, problem, sweep, tolerance):
        sums = []
        for n in (48, 96):
            u = (np.stack(np.meshgrid(*(range(n),) * problem.domain.dimension), axis=-1) + 0.37) / n
            sums.append(problem.sums(u.reshape(-1, problem.domain.dimension)) / n**problem.domain.dimension)
        value, error = sums[1][0], np.abs(sums[1][0] - sums[0][0])
        met = error <= tolerance.allowed(value, sums[1][1])
        return Estimate(value, error, sums[1][1], met, "96 points", self.description)


def test_a_method_of_integration(added):
    METHODS.add(Midpoints())
    added.append((METHODS, "midpoints"))
    model = models.haldane()
    plain = sc.conductivity(model, 0.1, 0.2, method="midpoints")
    chosen = sc.conductivity(model, 0.1, 0.2, rtol=1e-9)
    assert plain.method.startswith("midpoint rule")
    assert np.allclose(plain.value, chosen.value, atol=1e-9)
    with pytest.raises(ValueError, match=r"method: .* does not see the step"):
        sc.conductivity(model, 0.1, 0.0, method="midpoints")
    smooth = brillouin.integrate(lambda k: np.cos(k[:, 0]) ** 2, model.cell, rtol=1e-6, method=Midpoints())
    assert smooth.value * model.cell.volume == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("registry", [quantities, claims, observables, METHODS, MODELS])
def test_a_name_is_given_once_and_an_unknown_one_gets_a_hint(registry):
    taken = registry.names()[0]
    with pytest.raises(ValueError, match=f"expected one of .*{taken}.*got '{taken}x'.*did you mean {taken}"):
        registry.get(taken + "x")
    known = {quantities: quantities.QUANTITIES, claims: claims.CLAIMS, observables: observables.OBSERVABLES}
    every = known.get(registry, registry)
    with pytest.raises(ValueError, match=f"expected a new name, got '{taken}', which is taken"):
        every.add(every.get(taken))


def main_ok(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit_status:
        main(arguments)
    assert not exit_status.value.code
