"""The conventional response with a broadening of pairs of bands, as codes for solids have it: 1/((e_n - e_m)^2 + eta^2).

It belongs to the conventional part alone, which is a sum over pairs of bands with 1/(e_n - e_m)^2. The conserved current is made of
the geometry of multiplets: its dipoles are derivatives of states by k, its identities hold between sums with one, two and three
denominators, and a factor in one of them breaks them. What close levels do there is the business of ``observables.windows``.
"""

from __future__ import annotations

import numpy as np

from symcur import expressions as ex
from symcur import quantities
from symcur.arrays import Array, ComplexArray
from symcur.band_structures import BandStructure
from symcur.band_structures.levels import Window
from symcur.brillouin import Integral
from symcur.eigenstates import Eigenstates, blocks
from symcur.observables.engine import BandValues, Parts
from symcur.observables.hall import Choice

PAIRS = "s_berry_curvature"  # -2 Im sum_m <n|v_l|m><m|J_i|n>/(e_n - e_m)^2
REMARK = "eta = {:g}: a pair of bands counts with 1/((e_n - e_m)^2 + eta^2), levels one by one"


class BroadenedValues(BandValues):
    """The columns of Omega^{lis} with every pair of bands broadened by ``eta``, an energy."""

    def __init__(self, model: BandStructure, parts: Parts, eta: float, count: int | None = None) -> None:
        self.eta = eta
        super().__init__(model, parts, count)
        self.decided_by = f"eta {eta!r}"

    def of(self, model: BandStructure) -> BandValues:
        return BroadenedValues(model, self.parts, self.eta, self.count)

    def _prepare(self, needed: list[quantities.Quantity]) -> None:
        assert {one.name for one in needed} == {PAIRS}

    def __call__(self, k: Array) -> tuple[Array, Array]:
        return self.probe(k)

    def judged(self, integral: Integral) -> Integral:
        self.by_eigenstates = integral.evaluations
        return integral

    def probe(self, k: Array) -> tuple[Array, Array]:
        found = [self._block(block) for block in blocks(self.model, k)]
        energies, values = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return energies[:, : self.count], values[:, : self.count]

    roughly = probe

    def _block(self, k: Array) -> tuple[Array, Array]:
        states, axes = Eigenstates(self.model, k, Window(0.0)), range(self.model.dimension)

        def operator(X: ex.Expression) -> ComplexArray:
            return np.asarray(states.operator(ex.covariant(X) if self.model.covariant else X))

        v, J = [operator(ex.v(l)) for l in axes], [operator(ex.J(i)) for i in axes]
        pairs = 1 / ((states.levels[..., :, None] - states.levels[..., None, :]) ** 2 + self.eta**2)
        pairs *= 1 - np.eye(self.model.size)  # a band with itself is real but for rounding
        values = np.stack([[-2 * np.vecdot(J[i], v[l] * pairs).imag for i in axes] for l in axes])
        return states.levels, self._columns({PAIRS: np.moveaxis(values, (0, 1), (-2, -1))})


def broadened(choice: Choice, eta: float, name: str, model: BandStructure) -> Choice:
    """The conventional part alone; refused, with the reason, where there is none and for what has no meaning."""
    if isinstance(eta, bool) or not isinstance(eta, int | float | np.number) or not 0 < eta < np.inf:
        raise ValueError(f"eta: expected an energy > 0 or None, got {eta!r}")
    terms = choice.parts.get("conventional", ())
    if not terms or {term.quantity for term in terms} != {PAIRS} or model.bosons is not None:
        raise ValueError(
            f"eta: expected None for {name} of {model.name}, got {eta:g}: only the conventional response of electrons is a sum over pairs "
            "of bands with 1/(e_n - e_m)^2"
        )
    return Choice({"conventional": terms}, "conventional", "the conventional part alone, which is what eta broadens")
