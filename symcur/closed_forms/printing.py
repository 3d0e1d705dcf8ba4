"""Closed forms as LaTeX and source code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.printing.c import C99CodePrinter
from sympy.printing.codeprinter import CodePrinter
from sympy.printing.fortran import FCodePrinter
from sympy.printing.julia import JuliaCodePrinter
from sympy.printing.mathematica import MCodePrinter
from sympy.printing.pycode import PythonCodePrinter

if TYPE_CHECKING:
    from symcur.closed_forms.form import ClosedForm

_LATEX_NAMES = {"h2": r"\left(\boldsymbol{h}^{2}\right)"}


# -- LaTeX ---------------------------------------------------------------------------------------------------------------
def latex(definitions: Iterable[tuple[sp.Symbol, sp.Expr]], components: Iterable[tuple[str, sp.Expr]]) -> str:
    """One aligned environment, a line for each definition and each component."""
    definitions = tuple(definitions)
    names = {s: _LATEX_NAMES[s.name] for s, _ in definitions if s.name in _LATEX_NAMES}
    pairs = [(sp.latex(symbol, symbol_names=names), expression) for symbol, expression in definitions]
    lines = [rf"{label} &= {sp.latex(expression, symbol_names=names)}" for label, expression in [*pairs, *components]]
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


# -- source code -----------------------------------------------------------------------------------------------------------
_RESERVED = {
    "python": "and as assert async await break class continue def del elif else except finally for from global if import in "
    "is lambda nonlocal not or pass raise return try while with yield None True False math complex",
    "c": "auto break case char const continue default do double else enum extern float for goto if inline int long register "
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while I j0 j1 jn y0 y1 "
    "yn result cos sin sqrt pow M_PI",
    "fortran": "result values dp cos sin sqrt real aimag if do end function subroutine program module use call return",
    "julia": "baremodule begin break catch const continue do else elseif end export false finally for function global if "
    "import let local macro module quote return struct true try using while im pi e cos sin sqrt",
    "mathematica": "C D E I K N O Pi",
}
LANGUAGES = tuple(_RESERVED)


def source(form: ClosedForm, language: str) -> str:
    """See ClosedForm.source."""
    if language not in LANGUAGES:
        raise ValueError(f"language: {language!r} came; valid are {', '.join(LANGUAGES)}")
    names = _legal_names(form, language)
    printer, write = _WRITERS[language]
    printer = printer()
    defined = [(names[s], printer.doprint(expression.xreplace(names))) for s, expression in form.definitions]
    results = []
    for component in sp.flatten(form.compact):
        parts = component.as_real_imag() if form.complex else (component,)
        results.append(tuple(printer.doprint(part.xreplace(names)) for part in parts))
    return write(form, [str(names[symbol]) for symbol in form.arguments], defined, results)


def _legal_names(form: ClosedForm, language: str) -> dict[sp.Symbol, sp.Symbol]:
    """Names that the language accepts; Fortran does not tell t from T, Mathematica has no underscores."""
    reserved = set(_RESERVED[language].split())
    fold = str.lower if language == "fortran" else str
    taken = {fold(word) for word in reserved} | {fold(form.name)}
    names: dict[sp.Symbol, sp.Symbol] = {}
    for symbol in (*form.arguments, *(symbol for symbol, _ in form.definitions)):
        name = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in symbol.name)
        name = name if name[:1].isalpha() else f"x{name}"
        if language == "mathematica":
            name = name.replace("_", "")
        base, number = name, 1
        while fold(name) in taken:
            number += 1
            name = f"{base}v{number}" if language == "mathematica" else f"{base}_{number}"
        taken.add(fold(name))
        names[symbol] = sp.Symbol(name, real=True)
    return names


def _heading(form: ClosedForm) -> list[str]:
    lines = [
        f"{form.name} of {form.model.name} for the band of energy {form.energy_symbol}; components in row-major order:"
    ]
    return lines + [f"  {label}" for label in form.labels]


def _python(form: ClosedForm, arguments: list[str], defined: list[Any], results: list[Any]) -> str:
    lines = ["import math", "", "", f"def {form.name}({', '.join(arguments)}):"]
    lines += ['    r"""', *(f"    {line}" for line in _heading(form)), '    """']
    lines += [f"    {name} = {value}" for name, value in defined]
    values = [f"complex({', '.join(parts)})" if form.complex else parts[0] for parts in results]
    return "\n".join([*lines, "    return [", *(f"        {value}," for value in values), "    ]", ""])


def _c(form: ClosedForm, arguments: list[str], defined: list[Any], results: list[Any]) -> str:
    given = ", ".join(f"double {name}" for name in arguments)
    lines = ["#include <math.h>", "", "/*", *_heading(form), "*/", f"void {form.name}({given}, double *result)", "{"]
    lines += [f"    const double {name} = {value};" for name, value in defined]
    parts = [part for pair in results for part in pair]
    return "\n".join([*lines, *(f"    result[{j}] = {part};" for j, part in enumerate(parts)), "}", ""])


def _fortran(form: ClosedForm, arguments: list[str], defined: list[Any], results: list[Any]) -> str:
    parts = [part for pair in results for part in pair]
    lines = [f"! {line}" for line in _heading(form)]
    lines += _folded(f"pure subroutine {form.name}({', '.join([*arguments, 'values'])})")
    lines += ["  implicit none", "  integer, parameter :: dp = kind(1.0d0)"]
    lines += [f"  real(dp), intent(in) :: {name}" for name in arguments]
    lines += [f"  real(dp), intent(out) :: values({len(parts)})"]
    lines += [f"  real(dp) :: {name}" for name, _ in defined]
    for name, value in [*defined, *((f"values({j})", part) for j, part in enumerate(parts, 1))]:
        lines += _folded(f"  {name} = {value}")
    return "\n".join([*lines, f"end subroutine {form.name}", ""])


def _folded(line: str, width: int = 110) -> list[str]:
    """Continuation lines with & where a line is long, broken at spaces."""
    indent = line[: len(line) - len(line.lstrip())]
    lines, current = [], ""
    for word in line.replace("&\n", " ").split():
        if current and len(current) + len(word) > width:
            lines.append(f"{indent}{current} &")
            current = "  "
        current += f" {word}" if current.strip() else word
    return [*lines, indent + current]


def _julia(form: ClosedForm, arguments: list[str], defined: list[Any], results: list[Any]) -> str:
    lines = [f"# {line}" for line in _heading(form)]
    lines += [f"function {form.name}({', '.join(arguments)})", *(f"    {name} = {value}" for name, value in defined)]
    values = [f"complex({', '.join(parts)})" if form.complex else parts[0] for parts in results]
    return "\n".join([*lines, "    return [", *(f"        {value}," for value in values), "    ]", "end", ""])


def _mathematica(form: ClosedForm, arguments: list[str], defined: list[Any], results: list[Any]) -> str:
    head = "".join(part.capitalize() for part in form.name.split("_"))
    head = head[0].lower() + head[1:]
    lines = ["(*", *(line.replace("(*", "( *") for line in _heading(form)), "*)"]
    lines += [f"{head}[{', '.join(f'{name}_' for name in arguments)}] := Module["]
    lines += [f"  {{{', '.join(str(name) for name, _ in defined)}}},"]
    lines += [f"  {name} = {value};" for name, value in defined]
    values = [f"({parts[0]}) + I*({parts[1]})" if form.complex else parts[0] for parts in results]
    return "\n".join([*lines, "  {" + ",\n   ".join(values) + "}", "]", ""])


_Writer = Callable[["ClosedForm", list[str], list[Any], list[Any]], str]
_WRITERS: dict[str, tuple[Callable[[], CodePrinter], _Writer]] = {
    "python": (lambda: PythonCodePrinter({"fully_qualified_modules": True}), _python),
    "c": (C99CodePrinter, _c),
    "fortran": (lambda: FCodePrinter({"source_format": "free", "standard": 2008}), _fortran),
    "julia": (lambda: JuliaCodePrinter({"contract": False}), _julia),
    "mathematica": (MCodePrinter, _mathematica),
}
