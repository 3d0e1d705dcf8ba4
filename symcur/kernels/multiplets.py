"""Which bands of a model are degenerate everywhere."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from symcur.eigenstates import joined
from symcur.model import Model

_POINTS = 5


def multiplets(model: Model, tolerance: float) -> tuple[int, ...]:
    """The ranks of the multiplets by ascending energy, as most of a few random momenta and parameter values show them.

    Elsewhere another pattern may occur (bands of different rank cross; a parameter value raises the symmetry): a kernel
    notices and hands such points over.
    """
    generator = np.random.default_rng(5)
    seen: Counter[tuple[int, ...]] = Counter()
    for _ in range(_POINTS):
        parameters: dict[str, Any] = {symbol.name: float(generator.uniform(0.3, 1.7)) for symbol in model.parameters}
        k = generator.uniform(-2.0, 2.0, size=(1, model.dimension))
        try:
            H = model.matrix("H", k, **parameters)
        except ValueError:  # not finite there
            continue
        follows = joined(np.asarray(np.linalg.eigvalsh(H), dtype=float), tolerance)[0]
        starts = np.flatnonzero(~follows)
        seen[tuple(int(r) for r in np.diff([*starts, model.size]))] += 1
    return seen.most_common(1)[0][0] if seen else (1,) * model.size
