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
        brillouin,
        claims,
        disorder,
        microscope,
        models,
        observables,
        quantities,
        superconductors,
        words,
    )
    from symcur.claims import Claim, Equality, Verdict, settle
    from symcur.claims.verify import verify, verify_all
    from symcur.closed_forms import derive
    from symcur.disorder.transport import transport
    from symcur.eigenstates import evaluate
    from symcur.kernels import compile
    from symcur.model import Model
    from symcur.observables.equilibrium import equilibrium_current, magnetization
    from symcur.observables.transport import conductivity, thermoelectric

__all__ = [
    "Claim",
    "Equality",
    "Model",
    "Verdict",
    "brillouin",
    "claims",
    "compile",
    "conductivity",
    "derive",
    "disorder",
    "equilibrium_current",
    "evaluate",
    "magnetization",
    "microscope",
    "models",
    "observables",
    "quantities",
    "settle",
    "superconductors",
    "thermoelectric",
    "transport",
    "verify",
    "verify_all",
    "words",
]

_HOME = {
    "Claim": "symcur.claims",
    "Equality": "symcur.claims",
    "Model": "symcur.model",
    "Verdict": "symcur.claims",
    "compile": "symcur.kernels",
    "conductivity": "symcur.observables",
    "derive": "symcur.closed_forms",
    "equilibrium_current": "symcur.observables",
    "evaluate": "symcur.eigenstates",
    "magnetization": "symcur.observables",
    "settle": "symcur.claims",
    "thermoelectric": "symcur.observables",
    "transport": "symcur.disorder",
    "verify": "symcur.claims",
    "verify_all": "symcur.claims",
}
_MODULES = {
    "brillouin",
    "claims",
    "disorder",
    "microscope",
    "models",
    "observables",
    "quantities",
    "superconductors",
    "words",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    elif name in _MODULES:
        value = import_module(f"symcur.{name}")
    elif name == "__version__":
        value = _version()
    else:
        raise AttributeError(f"module 'symcur' has no attribute {name!r}; it has {', '.join(__all__)}")
    globals()[name] = value
    return value


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("symcur")
    except PackageNotFoundError:  # a checkout that is not installed
        return "not installed"


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
