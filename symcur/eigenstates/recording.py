"""What is read in eigenstates as a list of array operations: written down at one momentum, done at many in memory that stays in the cache.

Where no bands are degenerate the operations depend on nothing but the expressions and s. They are done for a few momenta at a time, each
into an array that is used again as soon as nothing needs it any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np

from symcur import expressions as ex
from symcur.arrays import AnyArray, Array
from symcur.band_structures import BandStructure
from symcur.band_structures.arithmetic import product
from symcur.band_structures.levels import Closeness
from symcur.eigenstates.basis import Components
from symcur.eigenstates.states import Eigenstates, is_diagonal

# Numbers of a matrix at the momenta of one round, so that several such matrices fit into the cache, the fewest momenta of a round,
# numbers of a matrix at the momenta that are given together, and the least parts of long calls.
_NUMBERS, _FEWEST, _TOGETHER, _PARTS = 1 << 14, 4, 1 << 17, 2

Key = tuple[str, tuple[int, ...]]  # of what is given: an attribute of eigenstates, or "H" and the axes of a derivative


class Recording:
    """Reads components in eigenstates without multiplets: {name: (M, N, components...)}."""

    def __init__(self, components: Mapping[str, Components]) -> None:
        self._components = components
        self._operations: _Operations | None = None
        self._asked = False

    @cached_property
    def _possible(self) -> bool:
        every = (node for array in self._components.values() for scalar in array.flat for node in ex.walk(scalar))
        return not any(isinstance(node, ex.Filled) for node in every)

    def serves(self, model: BandStructure) -> bool:
        """Not bosons and covariant derivatives, nor sums over filled bands."""
        return self._possible and model.bosons is None and not model.covariant

    def __call__(self, states: Eigenstates, tolerance: Closeness) -> dict[str, AnyArray] | None:
        """None where the operations are others, for multiplets and diagonal velocities, and the first time for a small part of a round."""
        model, found = states.model, self._operations
        again, self._asked = self._asked, True
        if not states.apart or (found is None and not again and len(states.k) < _momenta(model.size) // 4):
            return None
        s = model.matrix("s", np.zeros(model.dimension))
        if found is None or not np.array_equal(s, found.s):
            at = _AtOne(model, states.k[:1], tolerance)
            found = self._operations = _Operations(self._components, at, s)
        return found(states)


def pieces(k: Array, size: int) -> list[Array]:
    """k in blocks of whole rounds that suit a recording, several of many momenta, for threads."""
    momenta = _momenta(size)
    length = max(min(_TOGETHER // size**2, len(k) // _PARTS) // momenta, 1) * momenta
    return [k[start : start + length] for start in range(0, max(len(k), 1), length)]


def is_long(k: Array, size: int) -> bool:
    """Whether there are so many momenta that one pays for a recording."""
    return len(k) >= _PARTS * _momenta(size)


class _Operations:
    """What reads components with this s: arrays that are given, and those that are made, in their order."""

    def __init__(self, components: Mapping[str, Components], at: _AtOne, s: AnyArray) -> None:
        self.s, self.shapes = s, {name: array.shape for name, array in components.items()}
        self.values = {name: [at.scalar(x) for x in array.flat] for name, array in components.items()}
        self.given, self.made = at.given, _in_order(x for values in self.values.values() for x in values)
        self._spare = defaultdict[int, list[_Round]](list)

    def __call__(self, states: Eigenstates) -> dict[str, AnyArray] | None:
        given = {key: _given(states, *key) for key in self.given}
        if any(is_diagonal(X) for (name, _), X in given.items() if name == "H"):
            return None
        M, N = states.levels.shape
        found = {
            name: np.empty((M, N, len(values)), np.result_type(*(getattr(x, "array", x) for x in values)))
            for name, values in self.values.items()
        }
        length = min(_momenta(N), 1 << max(M - 1, 0).bit_length())
        try:
            some = self._spare[length].pop()
        except IndexError:  # none, or each with a thread
            some = _Round(self, length)
        for start in range(0, M, some.length):
            place = slice(start, start + some.length)
            some({key: array[place] for key, array in given.items()})
            for name, values in some.values.items():
                for j, value in enumerate(values):
                    found[name][place, :, j] = value[: M - start]
        self._spare[length].append(some)
        return {name: array.reshape(M, N, *self.shapes[name]) for name, array in found.items()}


class _Round:
    """The operations for so many momenta."""

    def __init__(self, operations: _Operations, length: int) -> None:
        self.length, arrays, self._steps = length, dict[int, AnyArray](), list[tuple[Any, tuple[AnyArray, ...]]]()
        free = defaultdict[Any, list[AnyArray]](list)
        last = {id(_owner(x)): node for node in operations.made for x in node.arguments if isinstance(x, Recorded)}
        kept = {id(_owner(x)) for values in operations.values.values() for x in values if isinstance(x, Recorded)}

        def new(node: Recorded) -> AnyArray:
            kind = node.array.shape[1:], node.array.dtype
            return free[kind].pop() if free[kind] else np.empty((length, *kind[0]), kind[1])

        def array(x: Any) -> Any:
            return arrays[id(x)] if isinstance(x, Recorded) else x

        self._given = {key: new(node) for key, node in operations.given.items()}
        arrays.update({id(node): self._given[key] for key, node in operations.given.items()})
        for node in operations.made:
            arguments = tuple(map(array, node.arguments))
            if node.is_view:
                arrays[id(node)] = node.function(*arguments)
            else:
                arrays[id(node)] = result = new(node)
                self._steps.append((node.function, (*arguments, result)))
            for owner in {id(_owner(x)): _owner(x) for x in node.arguments if isinstance(x, Recorded)}.values():
                if last[id(owner)] is node and id(owner) not in kept:
                    free[owner.array.shape[1:], owner.array.dtype].append(arrays[id(owner)])
        self.values = {name: [np.atleast_2d(array(x)) for x in values] for name, values in operations.values.items()}

    def __call__(self, given: Mapping[Key, AnyArray]) -> None:
        """For at most so many momenta; the rest repeats the first."""
        for key, array in given.items():
            self._given[key][: len(array)], self._given[key][len(array) :] = array, array[:1]
        for function, arguments in self._steps:
            function(*arguments)


class _AtOne(Eigenstates):
    """Eigenstates at one momentum whose arrays are recorded; ``given`` are those that nothing here makes."""

    def __init__(self, model: BandStructure, k: Array, tolerance: Closeness) -> None:
        super().__init__(model, k, tolerance)
        self._numbers, self.given = copy(self), dict[Key, Recorded]()
        self._matrix = self._recorded  # type: ignore[assignment]
        self.energies, self.inverse_gaps, self.vectors = (
            self._recorded(name) for name in ("energies", "inverse_gaps", "vectors")
        )
        self.left, self._powers = self.vectors.conj().mT, {1: self.inverse_gaps}

    def _recorded(self, name: str, axes: tuple[int, ...] = ()) -> Any:
        if (name, axes) not in self.given:
            self.given[name, axes] = Recorded(_given(self._numbers, name, axes))
        return self.given[name, axes]

    def _bras(self, X: Any) -> Any:
        return product(self.left, X) if isinstance(X, Recorded) else super()._bras(X)


def _momenta(size: int) -> int:
    """Of one round."""
    return max(_NUMBERS // size**2, _FEWEST)


def _given(states: Eigenstates, name: str, axes: tuple[int, ...]) -> AnyArray:
    return states.derivative(axes) if name == "H" else getattr(states, name)


class Recorded(np.lib.mixins.NDArrayOperatorsMixin):
    """An array at one momentum, (1, ...), and the function and its arguments that it is made by, none where it is given.

    ``is_view``: the function looks at its argument and makes nothing new.
    """

    def __init__(self, array: AnyArray, function: Any = None, arguments: tuple[Any, ...] = (), is_view: bool = False):
        self.array, self.function, self.arguments, self.is_view = array, function, arguments, is_view

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any) -> Any:
        if method != "__call__":
            return NotImplemented
        arrays = [x.array if isinstance(x, Recorded) else x for x in inputs]
        return Recorded(ufunc(*arrays, order="C"), ufunc, inputs)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: dict[str, Any]) -> Any:
        if function is np.shape:
            return self.shape
        return self._seen(lambda array: function(array, **options)) if function is np.diagonal else NotImplemented

    def _seen(self, function: Callable[[AnyArray], AnyArray]) -> Recorded:
        return Recorded(function(self.array), function, (self,), is_view=True)

    def __getitem__(self, places: Any) -> Recorded:
        return self._seen(lambda array: array[places])

    def view(self, dtype: Any) -> Recorded:
        return self._seen(lambda array: array.view(dtype))

    def conj(self) -> Any:
        return np.conjugate(self)

    def copy(self) -> Any:
        return np.positive(self)

    shape = property(lambda self: self.array.shape)
    flags = property(lambda self: self.array.flags)
    mT = property(lambda self: self._seen(lambda array: array.mT))
    real = property(lambda self: self._seen(lambda array: array.real))
    imag = property(lambda self: self._seen(lambda array: array.imag))


def _owner(node: Recorded) -> Recorded:
    """What holds the memory of a view."""
    return _owner(node.arguments[0]) if node.is_view else node


def _in_order(nodes: Iterable[Any]) -> list[Recorded]:
    """What has to be made for these, each after what it is made of."""
    found: dict[int, Recorded] = {}

    def add(node: Any) -> None:
        if isinstance(node, Recorded) and node.function is not None and id(node) not in found:
            for argument in node.arguments:
                add(argument)
            found[id(node)] = node

    for node in nodes:
        add(node)
    return list(found.values())
