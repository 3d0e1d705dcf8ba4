"""Formulas in the languages of ``source``: SymPy's printers, and what these would print that a language does not take."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import sympy as sp
from sympy.printing.c import C99CodePrinter
from sympy.printing.codeprinter import PrintMethodNotImplementedError
from sympy.printing.fortran import FCodePrinter
from sympy.printing.julia import JuliaCodePrinter
from sympy.printing.mathematica import MCodePrinter
from sympy.printing.numpy import JaxPrinter, NumPyPrinter
from sympy.printing.pycode import PythonCodePrinter

_LARGEST_INTEGER = 2**31 - 1
_QUALIFIED = {"fully_qualified_modules": True}
_FREE_FORM = {"source_format": "free", "standard": 2008, "name_mangling": False}
# The printer and its settings, how a real number is written where its digits alone are something else, and how powers of ten are.
_PRINTERS: dict[str, tuple[Any, dict[str, Any], str, str]] = {
    "python": (PythonCodePrinter, _QUALIFIED, "", "e"),
    "numpy": (NumPyPrinter, _QUALIFIED, "", "e"),
    "jax": (JaxPrinter, _QUALIFIED, "", "e"),
    "c": (C99CodePrinter, {"math_macros": {}}, "{}", "e"),
    "fortran": (
        FCodePrinter,
        _FREE_FORM | {"user_functions": {name: name for name in ("asinh", "acosh", "atanh")}},
        "{}d0",
        "d",
    ),
    "julia": (JuliaCodePrinter, {"contract": False}, "", "e"),
    "mathematica": (MCodePrinter, {"user_functions": {"sign": "Sign", "floor": "Floor", "Abs": "Abs"}}, "", ""),
}


def printer_of(language: str) -> Callable[[sp.Expr], str]:
    """What writes formulas in legal names; it raises ValueError for functions that the language, or SymPy's printer of it, lacks."""
    kind, settings, real, exponent = _PRINTERS[language]
    printer = kind(dict(settings))  # from which SymPy takes some out
    if exponent:
        _with_plain_numbers(printer, real, exponent)
    if language == "fortran":
        _with_real_arguments(printer)
    if language in ("numpy", "jax"):
        _with_pairwise_extrema(printer, "numpy" if language == "numpy" else "jax.numpy")

    def text(formula: sp.Expr) -> str:
        try:
            lacking = language == "mathematica" and [
                f
                for f in formula.atoms(sp.Function)
                if f.func.__name__ not in printer.known_functions or f.is_Piecewise
            ]
            if lacking:
                raise PrintMethodNotImplementedError(lacking[0].func.__name__)
            return str(printer.doprint(formula))
        except (PrintMethodNotImplementedError, TypeError) as error:
            reason = str(error).split("\n")[0]
            raise ValueError(
                f"language: expected a language that has the functions of the model, got {language!r} ({reason})"
            ) from None

    return text


def _with_plain_numbers(printer: Any, real: str, exponent: str) -> None:
    """Numbers that no int holds as floating-point ones; in C and Fortran constants too: M_PI is no part of ISO C."""
    printer.reserved_words = set()
    quotient = printer._print_Rational

    def number(q: Any) -> str:
        text = repr(float(q))
        return text.replace("e", exponent) if "e" in text else real.format(text) if real else text

    def is_small(q: Any) -> bool:
        return bool(max(abs(q.p), q.q) <= _LARGEST_INTEGER)

    printer._print_Integer = lambda n, **_: str(n) if is_small(n) else number(n)
    printer._print_Rational = lambda q, **more: quotient(q, **more) if is_small(q) else number(q)
    if real:
        printer._print_NumberSymbol = lambda constant, **_: real.format(constant.evalf(20))


def _with_pairwise_extrema(printer: Any, module: str) -> None:
    """Of arrays that broadcast."""

    def nested(name: str) -> Callable[[Any], str]:
        return lambda node: reduce(lambda a, b: f"{module}.{name}({a}, {b})", map(printer._print, node.args))

    printer._print_Max, printer._print_Min = nested("maximum"), nested("minimum")


def _with_real_arguments(printer: Any) -> None:
    """Fortran's max, min, sign and merge take arguments of one type: integers among them are written as real numbers."""

    def argument(x: sp.Expr) -> str:
        return f"{x}d0" if x.is_Integer else str(printer._print(x))

    def listed(name: str) -> Callable[[Any], str]:
        return lambda node: f"{name}({', '.join(map(argument, node.args))})"

    def piecewise(node: Any) -> str:
        *rest, (last, condition) = node.args
        if condition != sp.true:
            raise PrintMethodNotImplementedError("Piecewise without a value elsewhere")
        text = argument(last)
        for value, where in reversed(rest):
            text = f"merge({argument(value)}, {text}, {printer._print(where)})"
        return text

    def sign(node: Any) -> str:
        x = argument(node.args[0])
        return f"merge(0d0, sign(1d0, {x}), {x} == 0d0)"

    printer._print_Max, printer._print_Min = listed("max"), listed("min")
    printer._print_Piecewise, printer._print_sign = piecewise, sign
