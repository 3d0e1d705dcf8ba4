"""Bogoliubov-de Gennes models: an ordinary Model in Nambu space, from a normal state h(k) and a pairing Delta(k).

    H(k) = [[h(k), Delta(k)], [Delta(k)^+, -h(-k)^*]],    s = e sigma_z  (e = 1)

Energies are measured from the chemical potential: it stands in h (the library calls the parameter E_F, since mu is an
argument of observables), and the occupation functions take mu = 0.

form        basis                             Delta(-k)^T   spin         factor
"singlet"   (c_{k up}, c^+_{-k down})         +Delta(k)     1/2          1
"spinless"  (c_k, c^+_{-k})                   -Delta(k)     none         1/2
"nambu"     (c_{k a}, c^+_{-k a}), a: spin    -Delta(k)     as given     1/2
            and orbital

Every form has the particle-hole symmetry that maps E(k) to -E(-k). In the last two, and only there, an excitation
and its partner are the same quantum, so every sum over states counts each of them twice: that is the factor
``factor`` of the statistics. An operator of electrons a then stands in Nambu space as diag(a, -a^*), and one without this
symmetry is refused. The singlet form holds a spin up at k and a spin down at -k; nothing is counted twice.

Pairs with the momentum q consist of electrons at k + q/2 and -k + q/2: h(k + q/2) takes the place of h(k) in both blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np
import sympy as sp

from symcur.arrays import Array
from symcur.band_structures import Model, Statistics
from symcur.band_structures.exact import exact_formula, square_matrix
from symcur.band_structures.formulas import generic_values, momenta, require_hermitian

_TOLERANCE = 1e-12  # relative: H(k) against H(-k) in floating point
CONDENSATE = (
    "a uniform electric field accelerates the condensate, which carries charge without quasiparticles, and is not "
    "a force on quasiparticles, which carry no definite charge; gradients of temperature and of a Zeeman field are "
    "(PRB 104, L241411, above Eq. (10))"
)


@dataclass(frozen=True)
class NambuForm:
    """Delta(-k)^T = ``exchange`` Delta(k), in words ``demand``; every sum over states is multiplied with ``factor``."""

    exchange: int
    factor: Fraction
    demand: str

    @property
    def statistics(self) -> Statistics:
        return Statistics("Bogoliubov", self.factor, fixed_mu=True, no_electric_field=CONDENSATE)


FORMS = {
    "singlet": NambuForm(
        +1,
        Fraction(1),
        "Delta(-k)^T = +Delta(k) of the orbital part of spin-singlet pairing (form='singlet')",
    ),
    "spinless": NambuForm(
        -1,
        Fraction(1, 2),
        "Delta(-k)^T = -Delta(k) without spin (form='spinless'): one orbital pairs in an odd channel",
    ),
    "nambu": NambuForm(
        -1,
        Fraction(1, 2),
        "Delta(-k)^T = -Delta(k) of the full matrix in spin and orbital (form='nambu'): i sigma_y for singlet pairing, "
        "(d.sigma) i sigma_y with d(-k) = -d(k) for triplet pairing",
    ),
}


class Superconductor(Model):
    """A Model in Nambu space whose particle-hole symmetry has been checked; see ``bdg``.

    ``form`` is "singlet", "spinless" or "nambu"; its ``statistics`` have the factor 1 or 1/2. ``spin`` is the component of
    the spin that may be conserved, a 2N x 2N matrix, or None.
    """

    form: str
    spin: sp.ImmutableDenseMatrix | None

    def __init__(
        self,
        H: Any,
        s: Any,
        k: Sequence[sp.Symbol] | sp.Symbol,
        parameters: Mapping[sp.Symbol | str, float | None] | Iterable[sp.Symbol | str] = (),
        lattice: Sequence[Sequence[Any]] | None = None,
        name: str = "superconductor",
        reference: str = "",
        facts: str = "",
        form: str = "singlet",
        spin: Any = None,
    ) -> None:
        require_form(form)
        super().__init__(H, s, k, parameters, lattice, name, reference, facts)
        if self.size % 2:
            raise ValueError(f"H: expected an even number of components in Nambu space, got shape {self.H.shape}")
        spin = None if spin is None else square_matrix("spin", spin, size=self.size)
        if spin is not None:
            require_hermitian("spin", spin)
        vars(self).update(form=form, spin=spin, statistics=FORMS[form].statistics)
        self._require_particle_hole_symmetry()
        if FORMS[form].exchange < 0:
            for label, operator in (("s", self.s), ("spin", spin)):
                if operator is not None:
                    _require_nambu_operator(label, operator)

    def arguments(self) -> dict[str, Any]:
        return super().arguments() | {"form": self.form, "spin": self.spin}

    def with_spin(self, spin: Any) -> Self:
        """The same with another spin operator of the normal state, an N x N matrix in units of hbar (form="nambu")."""
        if self.form != "nambu":
            raise ValueError(f"spin: expected a model with form='nambu', got {self.name} with form={self.form!r}")
        return self.replace(spin=nambu_operator("spin", spin, self.size // 2))

    def _require_particle_hole_symmetry(self) -> None:
        """The hole block is -h(-k)^*, and Delta(-k)^T = +Delta(k) (singlet) or -Delta(k), at random k and parameters."""
        generator = np.random.default_rng(13)
        values = [float(value) for value in generic_values(self.parameters, generator).values()]
        k = generator.uniform(-2.0, 2.0, size=(4, self.dimension))
        H, reflected = (self.formulas.function("H", ())(points, values) for points in (k, -k))
        n, scale = self.size // 2, 1 + float(np.abs(H).max())
        hole = np.abs(H[:, n:, n:] + reflected[:, :n, :n].conj()).max(axis=0)
        if hole.max() > _TOLERANCE * scale:
            raise ValueError(
                f"H: expected the hole block -h(-k)^*, got one that differs by {hole.max():.1e} at {_place(hole)}; an h(k) with an "
                "odd part has -h(-k)^* and not -h(k) there"
            )
        sign, demand = FORMS[self.form].exchange, FORMS[self.form].demand
        exchange = np.abs(reflected[:, :n, n:].swapaxes(-1, -2) - sign * H[:, :n, n:]).max(axis=0)
        if exchange.max() > _TOLERANCE * scale:
            raise ValueError(
                f"Delta: expected {demand}, as the exchange of two fermions demands, got a Delta(-k)^T that "
                f"differs from {'+' if sign > 0 else '-'}Delta(k) by {exchange.max():.1e} at {_place(exchange)}"
            )


def _place(difference: Array) -> str:
    """Where a difference is largest, as [row, column] of the block."""
    row, column = np.unravel_index(int(difference.argmax()), difference.shape)
    return f"[{row}, {column}]"


def _require_nambu_operator(label: str, operator: sp.ImmutableDenseMatrix) -> None:
    """The electron block a comes with the hole block -a^*, and the block between them is antisymmetric."""
    n = operator.rows // 2
    values = generic_values(sorted(operator.free_symbols, key=str), np.random.default_rng(13))
    matrix = np.array(operator.subs(values).evalf(30).tolist(), dtype=complex)
    swapped = np.roll(matrix, (n, n), axis=(0, 1)).conj()
    difference = np.abs(matrix + swapped)
    if difference.max() > _TOLERANCE * (1 + np.abs(matrix).max()):
        row, column = np.unravel_index(int(difference.argmax()), difference.shape)
        raise ValueError(
            f"{label}: expected an operator of electrons in Nambu space, diag(a, -a^*) with a the matrix in the normal state, got "
            f"{label}[{row}, {column}] = {operator[row, column]} while {label}[{(row + n) % (2 * n)}, {(column + n) % (2 * n)}] = "
            f"{operator[(row + n) % (2 * n), (column + n) % (2 * n)]}: particle-hole symmetry exchanges the two with minus the conjugate"
        )


def nambu_operator(label: str, operator: Any, size: int) -> sp.ImmutableDenseMatrix:
    """diag(a, -a^*) of an operator a of the normal state, a Hermitian size x size matrix independent of k."""
    matrix = square_matrix(label, operator, size=size)
    require_hermitian(label, matrix)
    return sp.ImmutableDenseMatrix(sp.diag(matrix, -matrix.conjugate()))


def bdg(
    h: Any,
    Delta: Any,
    k: Sequence[sp.Symbol] | sp.Symbol,
    parameters: Mapping[sp.Symbol | str, float | None] | Iterable[sp.Symbol | str] = (),
    lattice: Sequence[Sequence[Any]] | None = None,
    *,
    form: str = "singlet",
    spin: Any = None,
    pair_momentum: Sequence[Any] | None = None,
    name: str = "superconductor",
    reference: str = "",
    facts: str = "",
) -> Superconductor:
    """The Bogoliubov-de Gennes model of a normal state h(k), energies from the chemical potential, and a pairing Delta(k); s = sigma_z.

    Parameters
    ----------
    h, Delta : N x N SymPy matrices or nested lists (expressions for N = 1), in the gauge in which position is i d/dk.
    k, parameters, lattice, name, reference, facts : as for Model.
    form : "singlet" (spin-singlet pairing without spin-orbit coupling; h and Delta of the orbitals alone), "spinless", or
        "nambu" (h and Delta in spin and orbital space).
    spin : for form="nambu" the N x N spin operator of the normal state whose transport may be asked for (in units of
        hbar, so sigma_z/2). The singlet form has spin 1/2 in every component, the spinless form none.
    pair_momentum : q of pairs of electrons at k + q/2 and -k + q/2, D Cartesian numbers, symbols or expressions; h(k) is then that of
        electrons at k, Delta(k) a function of their relative momentum. The phase exp(i q.r) of the pair potential is taken out, so
        that numbers refer to the frame in which it is uniform.

    Raises
    ------
    ValueError or TypeError naming the argument: h not Hermitian, shapes, unknown symbols, and Delta without the
    exchange symmetry of the form.
    """
    require_form(form)
    if form != "nambu" and spin is not None:
        raise ValueError(f"spin: expected one for form='nambu' only, got one for form={form!r}")
    h, Delta = _matrix("h", h), _matrix("Delta", Delta)
    if Delta.shape != h.shape:
        raise ValueError(f"Delta: expected shape {h.shape}, that of h, got {Delta.shape}")
    require_hermitian("h", h)
    symbols, n = momenta(k), h.rows
    if pair_momentum is not None:
        h = h.xreplace(_moved(symbols, pair_momentum))
    hole = -h.xreplace({symbol: -symbol for symbol in symbols}).conjugate()
    if form == "singlet":
        spin = sp.eye(2 * n) / 2
    elif spin is not None:
        spin = nambu_operator("spin", spin, n)
    return Superconductor(
        sp.Matrix(sp.BlockMatrix([[h, Delta], [Delta.H, hole]])),
        sp.diag(sp.eye(n), -sp.eye(n)),
        k,
        parameters,
        lattice,
        name,
        reference,
        facts,
        form,
        spin,
    )


def _moved(k: Sequence[sp.Symbol], pair_momentum: Sequence[Any]) -> dict[sp.Symbol, sp.Expr]:
    """k -> k + q/2."""
    q = [exact_formula("pair_momentum", component) for component in pair_momentum]
    if len(q) != len(k):
        raise ValueError(f"pair_momentum: expected {len(k)} components, one for each momentum, got {len(q)}")
    for component in q:
        if component.free_symbols & set(k) or not component.is_extended_real:
            raise ValueError(f"pair_momentum: expected real numbers or parameters, got {component}")
    return {symbol: symbol + component / 2 for symbol, component in zip(k, q, strict=True)}


def _matrix(label: str, value: Any) -> sp.ImmutableDenseMatrix:
    if isinstance(value, (int, float, complex, sp.Expr)):
        value = [[value]]
    return square_matrix(label, value)


def require_form(form: str) -> None:
    if form not in FORMS:
        raise ValueError(f"form: expected one of {', '.join(map(repr, FORMS))}, got {form!r}")
