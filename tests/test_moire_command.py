"""Twisted bilayers and fillings on the command line."""

from __future__ import annotations

from symcur import models
from symcur.observables import chemical_potential


def test_a_twisted_bilayer_is_listed_and_refused_where_formulas_are_needed(symcur):
    status, out, _ = symcur("list", "models")
    assert status == 0
    assert "twisted_dichalcogenide" in out
    assert "superlattice" in out
    status, _, err = symcur("derive", "twisted_dichalcogenide", "s_dipole")
    assert status != 0
    assert "given by formulas" in err


def test_fillings_give_mu(symcur):
    arguments = (
        "compute",
        "haldane",
        "equilibrium_current",
        "--filling",
        "0.5,1.5",
        "--temperature",
        "0.1",
        "--rtol",
        "1e-2",
    )
    status, out, err = symcur(*arguments)
    assert "mu of the filling is known to within" in err
    levels = chemical_potential(models.haldane(), [0.5, 1.5], 0.1)[0]
    assert all(f"{level:g}" in out for level in levels)
    status, _, err = symcur("compute", "haldane", "conductivity", "--filling", "0.5", "--temperature", "0.1,0.2")
    assert status != 0
    assert "--temperature: expected one where a filling" in err
