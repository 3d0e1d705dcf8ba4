"""A closed form as LaTeX for a paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import sympy as sp
from sympy.core.function import AppliedUndef

from symcur.band_structures import Model
from symcur.closed_forms.circles import in_circles
from symcur.closed_forms.letters import Section
from symcur.closed_forms.printed_names import given_names, making_room, own_names
from symcur.closed_forms.rows import PAGE, WIDTH, bracketed, height, packed, rows, width
from symcur.closed_forms.words import Z, descending, signed, times
from symcur.expressions import Expression

_NAMES = {"h2": "h^{2}", "w2": "w^{2}", "epsilon": r"\varepsilon"}
_ENTRY = re.compile(r"(Re|Im)(g?[A-Z])(\d*_?\w+)$")
_SLOPE = r"\frac{1}{q'(z)}"
_MATRICES = (  # what stands for itself where one of the marks does
    ((r"v_{n}^",), r"v_n^i &= RANK\mathrm{Tr}[P\, v_i]"),
    ((r"v_{", r"J^{"), r"v_i &= \partial_{k_i} H"),
    ((r"w_{",), r"w_{il} &= \partial_{k_i} \partial_{k_l} H"),
    ((r"J^{",), r"J^{is} &= \tfrac{1}{2}(v_i s + s v_i)"),
    ((r"\tau",), r"\tau &= -i[s, H]"),
)
_OF_THE_MODEL = (("H", "the Hamiltonian"), ("s", "the operator that is transported"), ("g", "the metric"))


class Form(Protocol):
    """What is read of a closed form."""

    @property
    def model(self) -> Model: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def energy_symbol(self) -> sp.Symbol: ...
    @property
    def multiplicities(self) -> tuple[int, ...]: ...
    @property
    def formula(self) -> str: ...
    @property
    def in_words(self) -> str: ...
    @property
    def parts(self) -> tuple[Expression, ...]: ...
    @property
    def energies(self) -> tuple[sp.Expr, ...] | None: ...
    @property
    def band(self) -> int | None: ...
    @property
    def energy_at(self) -> str: ...
    @property
    def outer(self) -> str: ...
    @property
    def whole(self) -> Section | None: ...
    @property
    def latex_names(self) -> Mapping[sp.Symbol, str]: ...
    @property
    def written(self) -> Any: ...
    @property
    def definitions(self) -> tuple[tuple[sp.Symbol, sp.Expr], ...]: ...
    @property
    def compact(self) -> sp.Array: ...


def latex(form: Form) -> str:
    """One aligned environment: the components, then what their symbols mean."""
    if (form.formula or form.parts) and form.written is None and form.definitions:
        return _aligned(_in_matrices(form))
    write = Writer(form)
    implied = {} if form.whole and form.whole.moved else form.latex_names  # derivatives of what is defined
    shown = [(symbol, value) for symbol, value in form.definitions if symbol not in implied]
    labels = [*form.labels, *(rf"\text{{where }}{write(symbol)}" for symbol, _ in shown), r"\text{where }h^2"]
    most = WIDTH - max(map(width, labels))
    lines = _components(form, write, most) + _where(form, shown, write, most)
    too_long = (form.formula or form.parts) and sum(map(height, lines)) > PAGE
    return _aligned(_in_matrices(form) if too_long else lines)


def _aligned(lines: Sequence[str]) -> str:
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def _components(form: Form, write: Writer, most: float) -> list[str]:
    """Label = formula; equal, opposite and vanishing components by reference."""
    known: dict[sp.Expr, str] = {}
    lines, zeros = [], []
    for label, value in zip(form.labels, sp.flatten(form.compact), strict=True):
        if value == 0:
            zeros.append(label)
        elif value in known or -value in known:
            lines.append(f"{label} &= {known[value] if value in known else '-' + known[-value]}")
        else:
            known[value] = label
            lines += rows(label, write.without_long_roots(value, most), write, most)
    return lines + _vanishing(zeros, most)


def _vanishing(labels: Sequence[str], most: float) -> list[str]:
    if not labels:
        return []
    first, *others = [*labels, "0"]
    return packed(f"{first} &= ", [others[0], *(f"= {label}" for label in others[1:])], most)


def _where(form: Form, shown: Sequence[tuple[sp.Symbol, sp.Expr]], write: Writer, most: float) -> list[str]:
    lines = _equations(shown, write, most)
    if len(shown) < len(form.definitions):
        h = next(write(symbol) for symbol, _ in form.definitions if symbol in form.latex_names).partition("_")[0]
        lines.append(rf"{h}_{{a,i}} &= \partial_{{k_i}} {h}_a")
    values = [*sp.flatten(form.compact), *(value for _, value in form.definitions)]
    if any(form.energy_symbol in value.free_symbols for value in values):
        lines.append(energy_row(form, write))
    if lines:
        lines[0] = rf"\text{{where }}{lines[0]}"
    return lines


def _equations(shown: Sequence[tuple[sp.Symbol, sp.Expr]], write: Writer, most: float) -> list[str]:
    """symbol = value, and what stands under roots that have a symbol."""
    lines = [
        row
        for symbol, value in shown
        for row in rows(write(symbol), write.without_long_roots(value, most), write, most)
    ]
    while write.squares:
        symbol, value = write.squares.pop(0)
        lines += rows(write(symbol), write.without_long_roots(value, most), write, most)
    return lines


def energy_row(form: Form, write: Writer, at_point: bool = True) -> str:
    """What the energy symbol stands for, at the point of an expansion unless that is still to be put in."""
    at = rf" at }} {form.energy_at}" if form.energy_at and at_point else "}"
    more = r"\text{, an eigenvalue of } g H" if form.model.bosons is not None else ""
    return rf"{write(form.energy_symbol)} &: \text{{the energy of the band{at}{more}"


class Writer:
    """SymPy's LaTeX with the names of the form; undefined functions without their arguments."""

    def __init__(self, form: Form, in_matrices: bool = False) -> None:
        definitions = () if in_matrices else form.definitions
        shown = list(form.energies or ()) if in_matrices else [*sp.flatten(form.compact), *(f for _, f in definitions)]
        own = dict.fromkeys([form.energy_symbol, *(symbol for symbol, _ in definitions)])
        free = set().union(*(value.free_symbols for value in shown)) - {*own}
        atoms = set().union(*(value.atoms(AppliedUndef) for value in (*shown, form.model.H)))
        functions = {f.func.__name__: _placeholder(f) for f in sorted(atoms, key=str)}
        given = [*form.model.k, *form.model.parameters, *sorted(free, key=str)]
        index = ["i"] if in_matrices else []
        self.names = given_names([*given, *functions.values()], [*index, *_constants(shown)])
        self.given = [*self.names.values()]
        wanted = {symbol: self._wanted(form, symbol) for symbol in own}
        self.names |= own_names(wanted, [*self.names.values(), *form.labels])
        self.squares: list[tuple[sp.Symbol, sp.Expr]] = []  # h^2 and what it is, where it stands under a root
        self._taken = [*self.names.values(), *form.labels]

    @staticmethod
    def _wanted(form: Form, symbol: sp.Symbol) -> str:
        name = symbol.name.rstrip("_")
        entry = _ENTRY.match(name)
        if symbol in form.latex_names:
            return form.latex_names[symbol]
        return (
            _part_of_an_entry(*entry.groups())
            if entry
            else _NAMES.get(name) or str(sp.latex(sp.Symbol(name))).replace(r"\epsilon", r"\varepsilon")
        )

    def __call__(self, value: sp.Expr) -> str:
        derivatives = {d for d in value.atoms(sp.Derivative) if isinstance(d.expr, AppliedUndef)}
        functions = value.atoms(AppliedUndef)
        short = {f: _placeholder(f) for f in functions} | {d: sp.Symbol(str(d)) for d in derivatives}
        names = self.names | {short[d]: self._derivative(d) for d in derivatives}
        return str(sp.latex(value.xreplace(short), symbol_names=names))

    def without_long_roots(self, value: sp.Expr, most: float) -> sp.Expr:
        """A value that is wider than ``most``, with symbols for what stands under its roots, so that rows can end in it."""
        if width(self(value)) <= most:
            return value
        long = {p for p in value.atoms(sp.Pow) if p.exp.is_Rational and p.exp.q == 2 and width(self(p.base)) > most / 3}
        squares = sorted({p.base for p in long if not any(q.base.has(p.base) for q in long - {p})}, key=str)
        found: dict[sp.Expr, sp.Symbol] = {}
        for square in squares:
            symbol = next((s for s, known in self.squares if known == square), None)
            if symbol is None:
                symbol = sp.Dummy(positive=True)
                letter = next((x for x in ("h", "w", "u", "b", "f") if rf"{x}^{{2}}" not in self._taken), "h")
                self.names |= own_names({symbol: rf"{letter}^{{2}}"}, self._taken)
                self._taken.append(self.names[symbol])
                self.squares.append((symbol, square))
            found[square] = symbol
        return value.xreplace(
            {p: found[p.base] ** p.exp for p in value.atoms(sp.Pow) if p.base in found and p.exp.q == 2}
        )

    def _derivative(self, derivative: sp.Derivative) -> str:
        along = "".join(rf"\partial_{{{self(k)}}}" * int(n) for k, n in derivative.variable_count)
        return rf"({along} {self(derivative.expr)})"


def _placeholder(function: AppliedUndef) -> sp.Symbol:
    return sp.Symbol(f"{function.func.__name__}()")


def _constants(values: Sequence[sp.Expr]) -> list[str]:
    """What SymPy prints for numbers and functions that occur."""
    found = [text for atom, text in ((sp.I, "i"), (sp.E, "e"), (sp.pi, r"\pi")) if any(v.has(atom) for v in values)]
    functions = set().union(*(value.atoms(sp.Function) for value in values)) if values else set()
    return [*found, *sorted(f.func.__name__ for f in functions if not isinstance(f, AppliedUndef))]


def _part_of_an_entry(part: str, matrix: str, index: str) -> str:
    """ReP12_kx and the like, the parts of the entries of matrices in steps."""
    return rf"\mathrm{{{part}}}\,{f'({matrix})' if len(matrix) > 1 else matrix}_{{{index.replace('_', chr(92) + '_')}}}"


# -- matrices ----------------------------------------------------------------------------------------------------------
def _in_matrices(form: Form) -> list[str]:
    """The quantity in P and S, or in H' = H - h_0 alone, whichever is shorter, and what these are; of what has no such formula for
    all components at once, such as a derivative, that of each."""
    if not form.formula:
        multiplet, values = max(form.multiplicities) > 1, sp.flatten(form.compact)
        parts = [
            (label, part) for label, part, value in zip(form.labels, form.parts, values, strict=True) if value != 0
        ]
        zeros = [label for label, value in zip(form.labels, values, strict=True) if value == 0]
        lines = _explained(form, [(f"{label} ", in_circles(part, multiplet).latex()) for label, part in parts])
        return lines + _vanishing(zeros, WIDTH)
    label = form.formula.split("&=")[0] if "&=" in form.formula else f"{form.labels[0]} "
    right = form.formula.split("&=")[-1].strip()
    if form.outer and "&=" in form.formula:
        label = f"{form.outer} {label}"
    ways = [_explained(form, [(label, formula)]) for formula in (right, form.in_words) if formula]
    return min(ways, key=lambda lines: sum(map(len, lines)))


def _explained(form: Form, equations: Sequence[tuple[str, str]]) -> list[str]:
    """label = formula, and what stands in it, P and S as polynomials in H' with q(z) = 0."""
    d, r = len(form.multiplicities), form.multiplicities[0]
    uniform = len(set(form.multiplicities)) == 1
    c = [*sp.symbols(f"c_0:{d}"), sp.Integer(1)]
    if uniform:  # H' is traceless
        c[:d] = [*(-a for a in reversed(sp.symbols(f"a_2:{d + 1}"))), sp.Integer(0)]
    q = sum((c[j] * Z**j for j in range(d + 1)), sp.Integer(0))
    write = Writer(form, in_matrices=True)
    energy = write(form.energy_symbol)
    lines: list[str] = []
    for label, formula in equations:
        if label.strip() in re.split(r"\\,|[\s\[\]]", formula):
            label = label.strip() + "_{n} "  # s and J of the band beside the operators
        pieces = bracketed(form.outer, _pieces(formula)) if form.outer else _pieces(formula)
        pieces += [r"\quad\text{(of the whole multiplet)}"] * (sum(form.multiplicities) > d)
        lines += packed(f"{label}&= ", pieces, WIDTH - width(label))
    if form.model.bosons is not None:
        lines.append(
            r"H, \partial_{k_i} H, s &\to g H, g\,\partial_{k_i} H, g s\quad\text{for bosons, with } i \dot\Psi = g H \Psi"
        )
    used = "".join(formula for _, formula in equations)
    rank = ("" if r == 1 else rf"\tfrac{{1}}{{{r}}}") if uniform else r"\tfrac{1}{\mathrm{Tr}\,P}"
    lines += [text.replace("RANK", rank) for marks, text in _MATRICES if any(mark in used for mark in marks)]
    B = [sum((c[m] * Z ** (m - n - 1) for m in range(n + 1, d + 1)), sp.Integer(0)) for n in range(d)]
    if "P" in used:
        lines += packed("P &= ", bracketed(_SLOPE, signed(_polynomial(B))))
    if "S" in used:
        rest = times(sp.expand(-q.diff(Z, 2) / 2), "P")
        lines += packed("S &= ", bracketed(_SLOPE, signed([*_polynomial([b.diff(Z) for b in B]), rest])))
    lines += [
        rf"H' &= H - h_0,\quad h_0 = \tfrac{{1}}{{{form.model.size}}}\mathrm{{Tr}}\,H,\quad z = {energy} - h_0",
        rf"q(z) &= {descending(q)} = 0",
    ]
    if uniform:
        lines += [f"{sp.latex(-c[d - j])} &= {value}" for j, value in enumerate(_newton(d, r), 2)]
    else:
        lines.append(  # the moments of the distinct energies satisfy a recurrence
            rf"\textstyle\sum_{{j=0}}^{{{d - 1}}} c_{{j}}\, \mathrm{{Tr}}\,H'^{{i+j}} &= -\mathrm{{Tr}}\,H'^{{i+{d}}},\quad i = 0, \dots, {d - 1}"
        )
    lines, changed = making_room(lines, write.given)
    if form.whole:
        at = [f"{write(x)} = {write(value)}" for x, value in form.whole.shown.items()]
        lines += packed(r"&\text{at }", [*(f"{text}," + r"\ " for text in at[:-1]), at[-1]])
    lines += [rf"{changed[x]} &: \text{{{meant}}}" for x, meant in _OF_THE_MODEL if x in changed]
    if form.band is None or form.energies is None:
        lines.append(energy_row(form, write, at_point=not (form.whole and form.whole.point)))
    else:
        level = [level for level, rank in enumerate(form.multiplicities) for _ in range(rank)][form.band]
        lines += _equations([(form.energy_symbol, form.energies[level])], write, WIDTH - 2)
    return lines


def _pieces(formula: str) -> list[str]:
    """A sum in pieces that begin at its signs outside of brackets."""
    pieces, depth, start = [], 0, 0
    for j, letter in enumerate(formula):
        depth += (letter in "([{") - (letter in ")]}")
        if j and not depth and letter in "+-" and formula[j - 1] == " ":
            pieces.append(formula[start:j].rstrip())
            start = j
    return [*pieces, formula[start:]]


def _polynomial(coefficients: Sequence[sp.Expr]) -> list[str]:
    """The terms of sum_n c_n H'^n, highest power first."""
    powers = [(c, "" if n == 0 else "H'" if n == 1 else f"H'^{{{n}}}") for n, c in enumerate(coefficients) if c != 0]
    return [times(c, power) for c, power in reversed(powers)] or ["0"]


def _newton(d: int, r: int) -> list[str]:
    """a_2 ... a_d in the traces Tr H'^j (Newton's identities), as LaTeX."""
    traces = [sp.Integer(0), sp.Integer(0), *(sp.Symbol(f"t_{j}") for j in range(2, d + 1))]
    a: list[sp.Expr] = [sp.Integer(-1), sp.Integer(0)]
    for j in range(2, d + 1):
        a.append(sp.expand(-sum((traces[i] * a[j - i] for i in range(2, j + 1)), sp.Integer(0)) / (j * r)))
    names: Mapping[sp.Symbol, str] = {t: rf"\mathrm{{Tr}}\,H'^{{{j}}}" for j, t in enumerate(traces) if j > 1}
    return [str(sp.latex(value, symbol_names=names)) for value in a[2:]]
