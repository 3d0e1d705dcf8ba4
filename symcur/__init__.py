"""The conserved current of nonconserved quantities and the band geometry behind it: proofs, closed forms, numbers.

The public face, listed by hand. Everything is loaded when it is first used, so that ``import symcur`` costs nothing::

    import symcur as sc

    model = sc.models.kane_mele(lambda_R=0.05)
    sc.evaluate(model, "s_dipole", [0.3, 0.2])
    sc.verify("torque-dipole")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symcur import (
        band_structures,
        bosons,
        brillouin,
        claims,
        disorder,
        expressions,
        importers,
        linear_response,
        materials,
        models,
        observables,
        quantities,
        scans,
        superconductors,
    )
    from symcur.band_structures import Model
    from symcur.brillouin import Interrupted
    from symcur.claims import Claim, ClaimResult, Equality, settle, verify, verify_all
    from symcur.closed_forms import derive
    from symcur.disorder import transport
    from symcur.eigenstates import evaluate
    from symcur.exact_integrals import integrate_exactly
    from symcur.identities import relations
    from symcur.importers import import_model
    from symcur.kernels import compile
    from symcur.observables import conductivity, convert, equilibrium_current, magnetization, thermoelectric
    from symcur.running import show_progress
    from symcur.scans import load, scan

_HOME = {
    "__version__": "version",
    "Claim": "claims",
    "ClaimResult": "claims",
    "Equality": "claims",
    "Interrupted": "brillouin",
    "Model": "band_structures",
    "compile": "kernels",
    "conductivity": "observables",
    "convert": "observables",
    "derive": "closed_forms",
    "equilibrium_current": "observables",
    "evaluate": "eigenstates",
    "import_model": "importers",
    "integrate_exactly": "exact_integrals",
    "magnetization": "observables",
    "relations": "identities",
    "load": "scans",
    "scan": "scans",
    "settle": "claims",
    "show_progress": "running",
    "thermoelectric": "observables",
    "transport": "disorder",
    "verify": "claims",
    "verify_all": "claims",
}

__all__ = [
    "Claim",
    "ClaimResult",
    "Equality",
    "Interrupted",
    "Model",
    "band_structures",
    "bosons",
    "brillouin",
    "claims",
    "compile",
    "conductivity",
    "convert",
    "derive",
    "disorder",
    "equilibrium_current",
    "evaluate",
    "expressions",
    "import_model",
    "importers",
    "integrate_exactly",
    "linear_response",
    "load",
    "magnetization",
    "materials",
    "models",
    "observables",
    "quantities",
    "relations",
    "scan",
    "scans",
    "settle",
    "show_progress",
    "superconductors",
    "thermoelectric",
    "transport",
    "verify",
    "verify_all",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f"symcur.{_HOME[name]}"), name)
    elif name in __all__:
        value = import_module(f"symcur.{name}")
    else:
        raise AttributeError(f"module 'symcur' has no attribute {name!r}; it has {', '.join(__all__)}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
