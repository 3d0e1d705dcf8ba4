"""A closed form as LaTeX for a paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import sympy as sp
from sympy.core.function import AppliedUndef

from symcur.band_structures import Model

_NAMES = {"h2": "h^{2}", "epsilon": r"\varepsilon"}
_STEPS = 12  # definitions, up to which a form without structure is printed step by step
_PAGE = 6000  # letters
_MATRICES = {
    r"v_{": r"v_i &= \partial_{k_i} H",
    r"J^{": r"J^{is} &= \tfrac{1}{2}(v_i s + s v_i)",
    r"\tau": r"\tau &= -i[s, H]",
}


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
    def latex_names(self) -> Mapping[sp.Symbol, str]: ...
    @property
    def written(self) -> Any: ...
    @property
    def definitions(self) -> tuple[tuple[sp.Symbol, sp.Expr], ...]: ...
    @property
    def compact(self) -> sp.Array: ...


def latex(form: Form) -> str:
    """One aligned environment: the components, then what their symbols mean."""
    if form.formula and form.written is None and len(form.definitions) > _STEPS:
        return _aligned(_in_matrices(form))
    text = _aligned(_components(form) + _where(form))
    return text if len(text) <= _PAGE or not form.formula else _aligned(_in_matrices(form))


def _aligned(lines: Sequence[str]) -> str:
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def _components(form: Form) -> list[str]:
    """Label = formula; equal, opposite and vanishing components by reference."""
    write = _Writer(form)
    known: dict[sp.Expr, str] = {}
    lines, zeros = [], []
    for label, value in zip(form.labels, sp.flatten(form.compact), strict=True):
        if value == 0:
            zeros.append(label)
        elif value in known or -value in known:
            lines.append(f"{label} &= {known[value] if value in known else '-' + known[-value]}")
        else:
            known[value] = label
            lines.append(f"{label} &= {write(value)}")
    return lines + ([f"{' = '.join(zeros)} &= 0"] if zeros else [])


def _where(form: Form) -> list[str]:
    write = _Writer(form)
    shown = [(symbol, value) for symbol, value in form.definitions if symbol not in form.latex_names]
    lines = [f"{write(symbol)} &= {write(value)}" for symbol, value in shown]
    if len(shown) < len(form.definitions):
        lines.append(r"h_{a,i} &= \partial_{k_i} h_a")
    if lines:
        lines[0] = rf"\text{{where }}{lines[0]}"
    return lines


class _Writer:
    """SymPy's LaTeX with the names of the form; undefined functions without their arguments."""

    def __init__(self, form: Form) -> None:
        taken = {symbol.name for symbol in form.model.parameters}
        self.names: dict[sp.Symbol, str] = dict(form.latex_names)
        self.names |= {s: _NAMES[s.name] for s, _ in form.definitions if s.name in _NAMES and s.name not in taken}

    def __call__(self, value: sp.Expr) -> str:
        derivatives = {d for d in value.atoms(sp.Derivative) if isinstance(d.expr, AppliedUndef)}
        functions = value.atoms(AppliedUndef)
        short = {f: sp.Symbol(f"{f.func.__name__}()") for f in functions} | {d: sp.Symbol(str(d)) for d in derivatives}
        names = {short[f]: sp.latex(sp.Symbol(f.func.__name__)) for f in functions}
        names |= {short[d]: _derivative(d) for d in derivatives}
        return str(sp.latex(value.xreplace(short), symbol_names=self.names | names))


def _derivative(derivative: sp.Derivative) -> str:
    along = "".join(rf"\partial_{{{sp.latex(k)}}}" * int(n) for k, n in derivative.variable_count)
    return rf"({along} {sp.latex(sp.Symbol(derivative.expr.func.__name__))})"


# -- matrices ----------------------------------------------------------------------------------------------------------
def _in_matrices(form: Form) -> list[str]:
    """The definition of the quantity, and P and S as polynomials in H' = H - h_0 with q(z) = 0."""
    d, r = len(form.multiplicities), form.multiplicities[0]
    uniform = len(set(form.multiplicities)) == 1
    z = sp.Symbol("z")
    c = [*sp.symbols(f"c_0:{d}"), sp.Integer(1)]
    if uniform:
        c[d - 1] = sp.Integer(0)  # H' is traceless
    q = sum((c[j] * z**j for j in range(d + 1)), sp.Integer(0))
    B = [sum((c[m] * z ** (m - n - 1) for m in range(n + 1, d + 1)), sp.Integer(0)) for n in range(d)]
    S = [b.diff(z) for b in B]
    half = sp.latex(sp.expand(q.diff(z, 2) / 2))
    definition = form.formula if "&=" in form.formula else f"{form.labels[0]} &= {form.formula}"
    lines = [definition] if sum(form.multiplicities) == d else [definition + r"\quad\text{(of the whole multiplet)}"]
    if form.model.bosons is not None:
        lines.append(
            r"H, \partial_{k_i} H, s &\to g H, g\,\partial_{k_i} H, g s\quad\text{for bosons, with } i \dot\Psi = g H \Psi"
        )
    lines += [text for mark, text in _MATRICES.items() if mark in form.formula]
    lines += [
        rf"P &= \frac{{1}}{{q'(z)}}\left[{_polynomial(B)}\right]",
        rf"S &= \frac{{1}}{{q'(z)}}\left[{_polynomial(S)} - \left({half}\right) P\right]",
        rf"H' &= H - h_0,\quad h_0 = \tfrac{{1}}{{{form.model.size}}}\mathrm{{Tr}}\,H,\quad z = {form.energy_symbol} - h_0",
        rf"q(z) &= {sp.latex(q)} = 0",
    ]
    if uniform:
        return lines + [rf"c_{{{j}}} &= {value}" for j, value in enumerate(_newton(d, r)[: d - 1])]
    return [*lines, r"q(z) &= \textstyle\prod_a (z - z_a)\quad\text{over the distinct energies } z_a \text{ of } H'"]


def _polynomial(coefficients: Sequence[sp.Expr]) -> str:
    """sum_n c_n H'^n, highest power first."""
    terms = []
    for n, c in reversed(list(enumerate(coefficients))):
        if c == 0:
            continue
        power = "" if n == 0 else "H'" if n == 1 else f"H'^{{{n}}}"
        number = sp.latex(c)
        if power:
            number = "" if c == 1 else rf"\left({number}\right)" if c.is_Add else number
        terms.append(f"{number}{power}" or "1")
    return " + ".join(terms) or "0"


def _newton(d: int, r: int) -> list[str]:
    """c_0 ... c_(d-1) in the traces Tr H'^j (Newton's identities), as LaTeX."""
    traces = [sp.Integer(0), sp.Integer(0), *(sp.Symbol(f"t_{j}") for j in range(2, d + 1))]
    c = [sp.Integer(1)]
    for j in range(1, d + 1):
        c.append(sp.expand(-sum((traces[i] * c[j - i] for i in range(1, j + 1)), sp.Integer(0)) / (j * r)))
    names: Mapping[sp.Symbol, str] = {t: rf"\mathrm{{Tr}}\,H'^{{{j}}}" for j, t in enumerate(traces) if j > 1}
    return [str(sp.latex(value, symbol_names=names)) for value in reversed(c[1:])]
