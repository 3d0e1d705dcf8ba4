"""From parts to a Result: one sweep over k, the parameters sorted from the options, the total picked out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.model import Model
from symcur.observables.result import Result
from symcur.observables.sums import Parts, band_sums

OPTIONS = ("rtol", "atol", "method", "cutoff", "workers", "progress", "max_evaluations")


def assemble(
    observable: str,
    model: Model,
    parts: Parts,
    total: str,
    mu: ArrayLike,
    temperature: ArrayLike,
    options: dict[str, Any],
    by_parts: bool,
    **labels: Any,
) -> Result:
    """Integrate the parts; ``options`` mixes OPTIONS and parameter values, as the observables take them.

    ``by_parts`` says that the parts have been integrated by parts, which is refused where states are occupied at
    a cutoff. A parameter whose name is also an argument (a model's own "mu", say) is given in ``parameters={name: value}``.
    """
    if not isinstance(model, Model):
        raise TypeError(f"model: {type(model).__name__} came; a Model is valid (library: symcur.models.get(name))")
    settings = {key: options[key] for key in options if key in OPTIONS}
    named = options.get("parameters") or {}
    given = {key: value for key, value in options.items() if key not in (*OPTIONS, "parameters")} | dict(named)
    unknown = set(given) - {symbol.name for symbol in model.parameters}
    if unknown:
        names = ", ".join(sorted(symbol.name for symbol in model.parameters)) or "(none)"
        raise TypeError(
            f"{observable}: unknown keyword {', '.join(sorted(unknown))}; valid are the options {', '.join(OPTIONS)}, "
            f"parameters and the parameters of {model.name}: {names}"
        )
    if labels["kind"] == "conductivity" and model.no_electric_field:
        raise ValueError(f"model: {observable} is a response to an electric field; {model.no_electric_field}")
    found, integral, handed_over = band_sums(model, parts, mu, temperature, given, labels["kind"], by_parts, **settings)
    return Result(
        observable=observable,
        model=model.name,
        value=found[total].value,
        error=found[total].error,
        parts=found,
        mu=np.asarray(mu, dtype=float),
        temperature=np.asarray(temperature, dtype=float),
        parameters={symbol.name: float(value) for symbol, value in model.values(**given).items()},
        dimension=model.dimension,
        status=integral.status,
        message=integral.message,
        method=f"{integral.method}: {integral.reason}",
        domain=integral.domain,
        evaluations=integral.evaluations,
        handed_over=handed_over,
        **labels,
    )
