"""Source code: a formula as a function of scalars in several languages, and a whole program as a loop over points in C."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, count
from types import MappingProxyType
from typing import Any

import sympy as sp

from symcur.program.printers import printer_of
from symcur.program.program import FUNCTIONS, Program
from symcur.program.reserved_names import LONGEST_NAME, RESERVED

LANGUAGES = tuple(RESERVED)
Definitions = Sequence[tuple[sp.Symbol, sp.Expr]]


@dataclass(frozen=True)
class Function:
    """What is to be written: a name, lines for the comment in front, arguments, intermediate steps and results.

    Names and lines may hold anything: what the language would not take in that place is replaced.

    ``definitions`` are (symbol, formula) pairs, each in the arguments and earlier symbols; ``complex`` results are written
    with their real and imaginary parts. A ``condition`` (definitions, left, right) comes first: unless left > right, no number is
    returned.
    """

    name: str
    heading: Sequence[str]
    arguments: Sequence[sp.Symbol]
    definitions: Definitions
    results: Sequence[sp.Expr]
    complex: bool = False
    condition: tuple[Definitions, sp.Expr, sp.Expr] | None = None

    @property
    def symbols(self) -> list[sp.Symbol]:
        """Those that are defined, in order."""
        first = self.condition[0] if self.condition else ()
        return [symbol for symbol, _ in (*first, *self.definitions)]


def source(function: Function, language: str) -> str:
    """A complete function of scalars, in NumPy and JAX of arrays, in one of LANGUAGES; C and Fortran fill an array with the results,
    the others return it."""
    if language not in LANGUAGES:
        raise ValueError(f"language: expected one of {', '.join(LANGUAGES)}, got {language!r}")
    function = replace(function, name=_free_name(function.name, language, set()))
    names = _legal_names(function, language)
    renamed_arguments = [(str(names[x]), x.name) for x in function.arguments if str(names[x]) != x.name]
    heading = [*function.heading, *(f"The argument {name} is {given}." for name, given in renamed_arguments)]
    function = replace(function, heading=[commented(line, language) for line in heading])
    number, write = _WRITERS[language]
    printer = printer_of(language)

    def printed(definitions: Definitions) -> Steps:
        return [(str(symbol), printer(formula)) for symbol, formula in definitions]

    def renamed(definitions: Definitions) -> Definitions:
        return [(names[symbol], formula.xreplace(names)) for symbol, formula in definitions]

    parts = [part for x in function.results for part in (x.as_real_imag() if function.complex else (x,))]
    parts = [part.xreplace(names) for part in parts]
    definitions, check = needed(renamed(function.definitions), parts), None
    if function.condition:
        sides = [side.xreplace(names) for side in function.condition[1:]]
        first = needed(renamed(function.condition[0]), [*sides, *parts, *(formula for _, formula in definitions)])
        check = Check(printed(first), *map(printer, sides))
    results = [printer(part) for part in parts]
    if number and function.complex:
        results = [number.format(*pair) for pair in zip(results[::2], results[1::2], strict=True)]
    arguments = [str(names[symbol]) for symbol in function.arguments]
    return write(function, arguments, check, printed(definitions), results)


def needed(
    definitions: Iterable[tuple[sp.Symbol, sp.Expr]], results: Iterable[sp.Expr]
) -> tuple[tuple[sp.Symbol, sp.Expr], ...]:
    """Those of the definitions, each in earlier ones, that the results rest on."""
    symbols, kept = set().union(*(result.free_symbols for result in results)), []
    for symbol, formula in reversed([*definitions]):
        if symbol in symbols:
            kept.append((symbol, formula))
            symbols |= formula.free_symbols
    return tuple(reversed(kept))


def identifier(name: str) -> str:
    """The name in letters, digits and underscores that every language takes."""
    name = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in name)
    return name if name[:1].isalpha() else f"x{name}"


# What would end a comment, or begin one inside it, and what stands there instead.
_COMMENT_MARKS = {
    **{language: [('"""', "'''")] for language in ("python", "numpy", "jax")},
    "c": [("*/", "* /"), ("/*", "/ *")],
    "mathematica": [("*)", "* )"), ("(*", "( *")],
}


def commented(line: str, language: str) -> str:
    """One line that may stand in a comment: no line breaks or control characters, nothing that ends it or continues it."""
    line = "".join(letter if letter.isprintable() else " " for letter in line)
    for mark, harmless in _COMMENT_MARKS.get(language, ()):
        while mark in line:
            line = line.replace(mark, harmless)
    return f"{line} ." if line.rstrip().endswith(("\\", "??/")) else line  # C joins such a line with the next one


def _legal_names(function: Function, language: str) -> dict[sp.Symbol, sp.Symbol]:
    """Names that the language accepts, all different in it."""
    taken = {_seen_as(function.name, language)}
    names: dict[sp.Symbol, sp.Symbol] = {}
    for symbol in (*function.arguments, *function.symbols):
        if symbol not in names:
            name = _free_name(symbol.name, language, taken)
            taken.add(_seen_as(name, language))
            names[symbol] = sp.Symbol(name, real=True)
    return names


def _free_name(name: str, language: str, taken: Container[str]) -> str:
    """The name, or it with the first number from 2 with which the language has no meaning for it and it is not ``taken``."""
    name = identifier(name)
    if language == "mathematica":  # has no underscores
        name = name.replace("_", "")
    base, between = name[:LONGEST_NAME], "v" if language == "mathematica" else "_"
    names = chain([base], (f"{base}{between}{number}" for number in count(2)))
    reserved = RESERVED[language]
    return next(name for name in names if (seen := _seen_as(name, language)) not in taken and seen not in reserved)


def _seen_as(name: str, language: str) -> str:
    """Fortran does not tell t from T."""
    return name.lower() if language == "fortran" else name


Steps = list[tuple[str, str]]


@dataclass(frozen=True)
class Check:
    """The function goes on where left > right."""

    defined: Steps
    left: str
    right: str


def _python(function: Function, arguments: list[str], check: Check | None, defined: Steps, results: list[str]) -> str:
    lines = ["import math", "", "", f"def {function.name}({', '.join(arguments)}):"]
    lines += ['    r"""', *(f"    {line}" for line in function.heading), '    """']
    if check:
        nan = "complex(math.nan, math.nan)" if function.complex else "math.nan"
        lines += [f"    {name} = {value}" for name, value in check.defined]
        lines += [f"    if not {check.left} > {check.right}:", f"        return [{nan}] * {len(results)}"]
    lines += [f"    {name} = {value}" for name, value in defined]
    return "\n".join([*lines, "    return [", *(f"        {value}," for value in results), "    ]", ""])


def _of_arrays(
    module: str, function: Function, arguments: list[str], check: Check | None, defined: Steps, results: list[str]
) -> str:
    lines = [f"def {function.name}({', '.join(arguments)}):"]
    lines += ['    r"""', *(f"    {line}" for line in (*function.heading, _ON_ARRAYS)), '    """']
    if module == "jax.numpy":
        lines += ["    if not jax.config.jax_enable_x64:"]
        lines += ["        raise ValueError(\"expected double precision: jax.config.update('jax_enable_x64', True)\")"]
    lines += [f"    {name} = {module}.asarray({name}, dtype=float)" for name in arguments]
    steps = [f"{name} = {value}" for name, value in (*(check.defined if check else ()), *defined)]
    values = [f"{module}.stack({module}.broadcast_arrays(", f"    {', '.join(arguments)},"]
    values += [*(f"    {value}," for value in results), f")[{len(arguments)}:], axis=-1)"]
    if check:
        condition = f"{module}.asarray({check.left} > {check.right})[..., None]"
        values[-1] += ","
        values = [f"{module}.where(", *(f"    {line}" for line in (f"{condition},", *values, f"{module}.nan,")), ")"]
    steps += [f"return {values[0]}", *values[1:]]
    inside = "        "
    if module == "numpy":
        lines.append('    with numpy.errstate(all="ignore"):')
    else:
        inside = "    "
    lines += [f"{inside}{line}" for line in steps]
    text = "\n".join([*lines, ""])
    return "\n".join([f"import {module.partition('.')[0]}", "", "", text])


def _c(function: Function, arguments: list[str], check: Check | None, defined: Steps, results: list[str]) -> str:
    given = ", ".join(f"double {name}" for name in arguments)
    lines = [
        "#include <math.h>",
        "",
        "/*",
        *function.heading,
        "*/",
        f"void {function.name}({given}, double *result)",
        "{",
    ]
    if check:
        lines += [f"    const double {name} = {value};" for name, value in check.defined]
        lines += [
            f"    if (!({check.left} > {check.right})) {{",
            f"        for (int j = 0; j < {len(results)}; ++j) result[j] = NAN;",
        ]
        lines += ["        return;", "    }"]
    lines += [f"    const double {name} = {value};" for name, value in defined]
    return "\n".join([*lines, *(f"    result[{j}] = {value};" for j, value in enumerate(results)), "}", ""])


def _fortran(function: Function, arguments: list[str], check: Check | None, defined: Steps, results: list[str]) -> str:
    lines = [f"! {line}" for line in function.heading]
    lines += _folded(f"pure subroutine {function.name}({', '.join([*arguments, 'values'])})")
    if check:
        lines.append("  use, intrinsic :: ieee_arithmetic, only: ieee_value, ieee_quiet_nan")
    lines += ["  implicit none", "  integer, parameter :: dp = kind(1.0d0)"]
    lines += [f"  real(dp), intent(in) :: {name}" for name in arguments]
    lines += [f"  real(dp), intent(out) :: values({len(results)})"]
    lines += [f"  real(dp) :: {name}" for name, _ in (*(check.defined if check else ()), *defined)]
    if check:
        lines += [line for name, value in check.defined for line in _folded(f"  {name} = {value}")]
        lines += _folded(f"  if (.not. ({check.left} > {check.right})) then")
        lines += ["    values = ieee_value(1.0_dp, ieee_quiet_nan)", "    return", "  end if"]
    for name, value in [*defined, *((f"values({j})", result) for j, result in enumerate(results, 1))]:
        lines += _folded(f"  {name} = {value}")
    return "\n".join([*lines, f"end subroutine {function.name}", ""])


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


def _julia(function: Function, arguments: list[str], check: Check | None, defined: Steps, results: list[str]) -> str:
    lines = [f"# {line}" for line in (*function.heading, _NOT_RUN.format("Julia"))]
    lines.append(f"function {function.name}({', '.join(arguments)})")
    if check:
        nan = "complex(NaN, NaN)" if function.complex else "NaN"
        lines += [f"    {name} = {value}" for name, value in check.defined]
        lines += [f"    if !({check.left} > {check.right})", f"        return fill({nan}, {len(results)})", "    end"]
    lines += [f"    {name} = {value}" for name, value in defined]
    return "\n".join([*lines, "    return [", *(f"        {value}," for value in results), "    ]", "end", ""])


def _mathematica(
    function: Function, arguments: list[str], check: Check | None, defined: Steps, results: list[str]
) -> str:
    head = "".join(part.capitalize() for part in function.name.split("_"))
    head = head[0].lower() + head[1:]
    lines = ["(*", *function.heading, _NOT_RUN.format("Mathematica"), "*)"]
    lines += [f"{head}[{', '.join(f'{name}_' for name in arguments)}] := Module["]
    lines += [f"  {{{', '.join(name for name, _ in (*(check.defined if check else ()), *defined))}}},"]
    if check:
        lines += [f"  {name} = {value};" for name, value in check.defined]
        refusal = f"Return[ConstantArray[Indeterminate, {len(results)}], Module]"
        lines.append(f"  If[TrueQ[{check.left} <= {check.right}], {refusal}];")
    lines += [f"  {name} = {value};" for name, value in defined]
    return "\n".join([*lines, "  {" + ",\n   ".join(results) + "}", "]", ""])


_ON_ARRAYS = "Arguments are numbers or arrays that broadcast; components stand along the last axis of the result."
_NOT_RUN = "The tests of symcur parse this source; they do not execute it in {}."

# A complex number of two real ones (where there is none, both are results), and the writer.
_WRITERS: dict[str, tuple[str, Callable[[Function, list[str], Check | None, Steps, list[str]], str]]] = {
    "python": ("complex({}, {})", _python),
    "numpy": ("({}) + 1j*({})", partial(_of_arrays, "numpy")),
    "jax": ("({}) + 1j*({})", partial(_of_arrays, "jax.numpy")),
    "c": ("", _c),
    "fortran": ("", _fortran),
    "julia": ("complex({}, {})", _julia),
    "mathematica": ("({}) + I*({})", _mathematica),
}


# -- a whole program ---------------------------------------------------------------------------------------------------
def loop_in_c(
    program: Program,
    inputs: Sequence[str],
    outputs: Sequence[tuple[str, int]],
    heading: Sequence[str] = (),
    fixed: Mapping[str, float] = MappingProxyType({}),
) -> str:
    """``void kernel(size_t n, const double *in, double *out)``: in[j*n + p] is argument j at the point p, so is out.

    ``outputs`` are (label, node) pairs; the labels and ``heading`` go to a comment in front. ``fixed`` are numbers for other inputs.
    """
    lines: list[str] = []
    names: dict[int, str] = {}

    def keep(node: int, text: Any) -> str:
        operation = program.nodes[node][0]
        if operation == "constant":
            return str(text)
        names[node] = f"t{len(names)}"
        lines.append(f"    const double {names[node]} = {text};")
        return names[node]

    operations: dict[str, Any] = {
        "input": lambda name: f"{fixed[name]!r}" if name in fixed else f"in[{list(inputs).index(name)}*n + p]",
        "constant": lambda number: f"({float(number)!r})",
        **{sign: (lambda a, b, sign=sign: f"{a} {sign} {b}") for sign in "+-*/"},
        **{name: (lambda a, name=name: f"{name}({a})") for name in FUNCTIONS},
        "select": lambda x, a, b: f"{x} > 0 ? {a} : {b}",
    }
    results = program.run([node for _, node in outputs], operations, keep)
    comment = [
        *heading,
        "Arguments: " + ", ".join(f"in[{j}] {name}" for j, name in enumerate(inputs)),
        "Results: " + ", ".join(f"out[{j}] {label}" for j, (label, _) in enumerate(outputs)),
    ]
    head = "void kernel(size_t n, const double *restrict in, double *restrict out)"
    return "\n".join(
        [
            *(f"// {commented(line, 'c')}" for line in comment),
            *("#include <math.h>", "#include <stddef.h>", "", head, "{", "  for (size_t p = 0; p < n; ++p) {"),
            *lines,
            *(f"    out[{j}*n + p] = {result};" for j, result in enumerate(results)),
            *("  }", "}", ""),
        ]
    )
