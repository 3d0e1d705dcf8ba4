"""Band structures that a function makes from values of its parameters: other values make them anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import update_wrapper
from inspect import signature
from types import MappingProxyType
from typing import Any, Protocol, Self

import sympy as sp

from symcur.arrays import Array, ComplexArray
from symcur.band_structures.band_structure import BandStructure, Parameters, by_name
from symcur.band_structures.formulas import require_admissible
from symcur.band_structures.numeric import NumericModel
from symcur.band_structures.plane_waves import PlaneWaveModel
from symcur.brillouin import Bending

_TAKEN_OVER = (
    "name",
    "reference",
    "facts",
    "size",
    "dimension",
    "cell",
    "positions",
    "statistics",
    "bosons",
    "s",
    "H",
    "remarks",
    "neutral",
)


class Recipe(Protocol):
    """What makes a band structure: ``build`` takes numbers and words by keyword."""

    @property
    def build(self) -> Callable[..., NumericModel | PlaneWaveModel]: ...


class BuiltModel(BandStructure):
    """What ``recipe.build(**parameters)`` returns, a band structure by numbers, and with other values on request.

    Parameters
    ----------
    recipe : for example a spin model whose ground state is looked for.
    parameters : a value for each; ``with_values`` takes others of the same kind.
    s, name, reference, facts : in place of those of what is built.
    """

    s: ComplexArray
    made: NumericModel | PlaneWaveModel
    recipe: Recipe
    parameters: Mapping[str, float | str]
    changes: Mapping[str, Any]

    def __init__(
        self,
        recipe: Recipe,
        parameters: Mapping[str, float | str],
        *,
        s: Any = None,
        name: str | None = None,
        reference: str | None = None,
        facts: str | None = None,
    ) -> None:
        for key, value in parameters.items():
            if not isinstance(value, str):
                require_admissible(sp.Symbol(key, real=True), value)
        changes = {"s": s, "name": name, "reference": reference, "facts": facts}
        changes = {key: value for key, value in changes.items() if value is not None}
        made = recipe.build(**parameters)
        made = made.replace(**changes) if changes else made
        vars(self).update(
            {key: getattr(made, key) for key in _TAKEN_OVER if hasattr(made, key)},
            recipe=recipe,
            parameters=MappingProxyType(dict(parameters)),
            changes=changes,
            made=made,
        )

    def arguments(self) -> dict[str, Any]:
        more = {key: self.changes.get(key) for key in ("s", "name", "reference", "facts")}
        return {"recipe": self.recipe, "parameters": dict(self.parameters), **more}

    def values(self) -> dict[str, Any]:
        """The values of those that are numbers; ``arguments()["parameters"]`` has the words as well."""
        return {key: value for key, value in self.parameters.items() if not isinstance(value, str)}

    def with_values(self, parameters: Parameters = None, /, **by_keyword: Any) -> Self:
        values, known = by_name(parameters, by_keyword, self), self.parameters
        for key, value in values.items():
            if isinstance(value, str) != isinstance(known[key], str):
                expected = "a word" if isinstance(known[key], str) else "a number"
                raise ValueError(f"{key}: expected {expected} as {known[key]!r}, got {value!r}")
        return self.replace(parameters={**known, **values}) if values else self

    @property
    def bending(self) -> Bending | None:
        return self.made.bending

    @property
    def suits_threads(self) -> bool:
        return self.made.suits_threads

    @property
    def larger(self) -> BandStructure | None:
        return self.made.larger

    def operator_matrices(self, name: str, k: Array, axes: tuple[int, ...]) -> ComplexArray:
        return self.made.operator_matrices(name, k, axes)

    def operators_at(self, k: Array) -> Callable[[str, tuple[int, ...]], ComplexArray]:
        return self.made.operators_at(k)

    def operators_up_to_phases(self, k: Array) -> Callable[[str, tuple[int, ...]], ComplexArray]:
        return self.made.operators_up_to_phases(k)


class BuildingFunction:
    """A library function known by its name; called with values of its parameters it gives a ``BuiltModel``."""

    def __init__(self, build: Callable[..., NumericModel | PlaneWaveModel]) -> None:
        update_wrapper(self, build)
        self.build, self.name = build, build.__name__
        self.defaults = {key: parameter.default for key, parameter in signature(build).parameters.items()}

    def __call__(self, *choices: Any, **values: Any) -> BuiltModel:
        """``choices`` are values in the order of the parameters, the others by keyword; the rest are defaults."""
        try:
            given = signature(self.build).bind(*choices, **values).arguments
        except TypeError as error:
            raise ValueError(
                f"parameters: expected some of {', '.join(self.defaults)}, each once, of {self.name}, got others ({error})"
            ) from None
        return BuiltModel(self, {**self.defaults, **given})

    def __reduce__(self) -> str:
        return self.name
