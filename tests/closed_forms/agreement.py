"""A model at random parameter values, and its closed forms beside contour integrals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from contours import reader
from latex_values import printed_values

from symcur import quantities
from symcur.band_structures import Model
from symcur.closed_forms import ClosedForm, conditioning

SMALL = 0.03  # of the natural size of a quantity


def at_random(model: Model, rank: int) -> tuple[Model, np.ndarray]:
    """Parameter values around those of the model, and of some random k the one with the largest gap."""
    generator = np.random.default_rng(len(model.name))
    values = {
        symbol.name: value * generator.uniform(0.7, 1.4) if value else generator.uniform(0.2, 0.6)
        for symbol, value in model.parameters.items()
    }
    at_values = model.with_values(values)
    k = generator.uniform(-2.5, 2.5, (20, model.dimension))
    energies = at_values.energies(k)[:, ::rank]
    return at_values, k[np.argmax(np.diff(energies).min(axis=-1) / np.ptp(energies, axis=-1))]


def differences(forms: Mapping[str, ClosedForm]) -> Iterator[tuple[str, float]]:
    """The largest one between a form and contour integrals at one k for one band, in units of the largest component, or of
    what the quantity would be without cancellation where it is much more."""
    model, ranks = forms["energy"].model, forms["energy"].multiplicities
    assert set(ranks) == {ranks[0]}
    at_values, k = at_random(model, ranks[0])
    band = int(np.random.default_rng(7).integers(model.size))
    contours = reader(at_values, k, band, ranks[0])
    for name, form in forms.items():
        quantity = quantities.get(name)
        components = [quantity.expression(*axes) for axes in quantity.components(model.dimension)]
        expected = np.array([contours.read(component).array[0, 0] for component in components]) / ranks[0]
        size = conditioning.floor(form, at_values, k[None], at_values.energies(k[None])).max()
        difference = np.abs(form(k, at_values.values())[band].ravel() - expected).max()
        largest = np.abs(expected).max()
        yield name, difference / (largest if largest > SMALL * size else size)


def is_printed_in_functions(form: ClosedForm) -> bool:
    """Is the LaTeX the components as functions of k, and not a formula in matrices?"""
    return r"\mathrm{Tr}" not in form.latex()


def printed_difference(form: ClosedForm) -> float:
    """The largest one between the components of a form and those read from its LaTeX, in units of the largest."""
    at_values, k = at_random(form.model, form.multiplicities[0])
    energies, band = at_values.energies(k), form.model.size // 2
    read = printed_values(form, k, energies[band], {name: float(x) for name, x in at_values.values().items()})
    expected = form(k, at_values.values())[band].ravel()
    scale = max(np.abs(expected).max(), SMALL * conditioning.floor(form, at_values, k[None], energies[None]).max())
    return float(np.abs(read - expected).max() / scale) if np.any(read != expected) else 0.0
