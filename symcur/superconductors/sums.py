"""Sums over the states of a superconductor: the counting of Nambu space is applied here, once, and mu = 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symcur.brillouin import Domain, Integral, LatticeCell, integrate_bands
from symcur.brillouin.occupation import occupation
from symcur.eigenstates import Eigenstates
from symcur.model import Model
from symcur.observables.result import Part, Result
from symcur.superconductors.nambu import Superconductor
from symcur.words import Word

Array = NDArray[np.float64]
Terms = Sequence[tuple[Word, str]]  # a scalar word of a band and its occupation function

_SAMPLES = 400
PLANES = {2: ((0, 1),), 3: ((1, 2), (2, 0), (0, 1))}
"""Axes (a, b) of the components of an axial vector: z in 2D; x, y, z in 3D."""


def planes(model: Model) -> tuple[tuple[int, int], ...]:
    if model.dimension not in PLANES:
        raise ValueError(f"model: {model.name} is one-dimensional; a circulation or a Hall response needs 2D or 3D")
    return PLANES[model.dimension]


def require_superconductor(model: Any) -> Superconductor:
    """The model, if it came from ``bdg``: other models do not say how Nambu space counts."""
    if not isinstance(model, Superconductor):
        raise TypeError(
            f"model: {model!r} came; a superconductor built by symcur.superconductors.bdg is valid (a plain Model does "
            "not know that its components are electrons and holes)"
        )
    return model


def zone(model: Model, domain: Domain | None) -> Domain:
    """The reciprocal cell of a lattice model; a continuum model needs a stated domain."""
    if domain is not None:
        return domain
    if model.lattice is None:
        raise ValueError(
            f"domain: None came, but {model.name} is a continuum model; give a symcur.brillouin.Plane or Ball with the "
            "reason why its cutoff suffices"
        )
    return LatticeCell(np.array(model.lattice.evalf(30).tolist(), dtype=float))


def scalars(states: Eigenstates, words: Sequence[Word]) -> Array:
    """Real values of scalar words for every band, shape (M, N, C); the members of a multiplet share its trace."""
    shape = states.energies.shape
    return np.stack([np.broadcast_to((states.scalar(word) / states.rank).real, shape) for word in words], axis=-1)


def checked_temperature(temperature: ArrayLike, zero_allowed: bool = True) -> Array:
    values = np.asarray(temperature, dtype=float)
    if values.ndim > 1 or not np.isfinite(values).all() or (values < 0).any() or not (zero_allowed or values.all()):
        least = ">= 0" if zero_allowed else "> 0"
        raise ValueError(f"temperature: {temperature!r} came; a number {least} or a 1D array of them is valid")
    return values


def sum_over_states(
    model: Superconductor,
    terms: Terms,
    temperature: Array,
    domain: Domain | None,
    parameters: Mapping[str, Any],
    **options: Any,
) -> Integral:
    """counting x int d^Dk/(2 pi)^D sum_n weight(e_n; mu = 0, T) word_n for every term, shape (*temperature, C)."""
    words, weights = zip(*terms, strict=True)
    model.values(**parameters)

    def bands(k: Array) -> tuple[Array, Array]:
        states = Eigenstates(model, k, **parameters)
        return states.energies, float(model.counting) * scalars(states, words)

    def weighted(k: Array) -> Array:
        energies, values = bands(k)
        T, e = np.maximum(np.atleast_1d(temperature), 1e-3 * float(np.abs(energies).max())), energies[:, None, :]
        f = [occupation(weight, e, 0.0, T[:, None]) for weight in weights]
        return np.stack([(f[c] * values[:, None, :, c]).sum(axis=-1) for c in range(len(weights))], axis=-1)

    cell = zone(model, domain)
    options = tolerances(weighted, cell, options)
    return integrate_bands(bands, cell, weights, 0.0, temperature, **options)


def tolerances(integrand: Callable[[Array], Array], domain: Domain, options: Mapping[str, Any]) -> dict[str, Any]:
    """rtol (default 1e-9) relative to the largest column: parts that vanish identically must not be chased into rounding.

    All columns of an observable have one unit; the last axis of the integrand counts them. The size of the largest is
    the mean of |integrand| over random points of the domain.
    """
    chosen = {"rtol": 1e-9, **options}
    if "atol" not in chosen:
        k, jacobian = domain.map(np.random.default_rng(19).uniform(size=(_SAMPLES, domain.dimension)))
        values = np.abs(integrand(k)).reshape(_SAMPLES, -1)
        chosen["atol"] = chosen["rtol"] * float((values * jacobian[:, None]).mean(axis=0).max())
    return chosen


def grouped(integral: Integral, parts: Mapping[str, Sequence[int]], shape: tuple[int, ...]) -> dict[str, Part]:
    """Parts that add up columns of the integral; ``shape`` is that of a part beyond the temperatures.

    Column numbers of a part are listed component by component: parts[name][c::components] belong to component c.
    """
    result, components = {}, int(np.prod(shape))
    for name, columns in parts.items():
        summed = [
            np.stack([array[..., columns[c::components]].sum(axis=-1) for c in range(components)], axis=-1)
            for array in (integral.value, integral.error)
        ]
        result[name] = Part(*(array.reshape((*array.shape[:-1], *shape)) for array in summed))
    return result


def finished(
    observable: str,
    model: Superconductor,
    integral: Integral,
    parts: Mapping[str, Part],
    total: str,
    temperature: Array,
    parameters: Mapping[str, Any],
    **labels: Any,
) -> Result:
    """The Result of an observable from its parts; ``labels`` are sums, form, convention, unit, indices and kind."""
    return Result(
        observable=observable,
        model=model.name,
        value=parts[total].value,
        error=parts[total].error,
        parts=parts,
        mu=np.asarray(0.0),
        temperature=temperature,
        parameters={symbol.name: float(value) for symbol, value in model.values(**parameters).items()},
        dimension=model.dimension,
        status=integral.status,
        message=integral.message,
        method=f"{integral.method}: {integral.reason}",
        domain=integral.domain,
        evaluations=integral.evaluations,
        **labels,
    )
