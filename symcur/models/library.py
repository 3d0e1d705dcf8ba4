"""The table of library models, and what makes a function one of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from inspect import signature
from typing import Any, Generic, TypeVar

from symcur.band_structures import Model
from symcur.registry import Registry

M_co = TypeVar("M_co", bound=Model, covariant=True)


class LibraryModel(Generic[M_co]):
    """A library model, called with values of its parameters by keyword: ``kane_mele(lambda_R=0.05)``."""

    def __init__(self, build: Callable[..., M_co]) -> None:
        update_wrapper(self, build)
        self.build, self.name = build, build.__name__

    def __call__(self, *choices: Any, **values: Any) -> M_co:
        """``choices`` (also by keyword) are the arguments of the function itself, such as a kind of lattice."""
        chosen = {name: values.pop(name) for name in signature(self.build).parameters if name in values}
        return self.build(*choices, **chosen).replace(name=self.name).with_values(values)


MODELS: Registry[LibraryModel[Model]] = Registry("model")


def library_model(build: Callable[..., M_co]) -> LibraryModel[M_co]:
    """Decorates a function that returns a model with its default values: from here on it is known by its name."""
    entry = LibraryModel(build)
    MODELS.add(entry)
    return entry
