"""``symcur derive``: the closed form of a band quantity of a model."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import sympy as sp
import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape

from symcur import quantities, running
from symcur.band_structures import Model
from symcur.cli import completion, terminal
from symcur.cli.named_models import ModelName, Settings, find_model, settings
from symcur.display import unicode_math
from symcur.quantities import Quantity

if TYPE_CHECKING:
    from symcur.closed_forms import BlockForm, ClosedForm

SHORT = 12  # equations; more than these are printed a line each


class Language(StrEnum):
    latex = "latex"
    python = "python"
    numpy = "numpy"
    jax = "jax"
    c = "c"
    fortran = "fortran"
    julia = "julia"
    mathematica = "mathematica"


def derive(
    model: ModelName,
    quantity: Annotated[
        str,
        typer.Argument(
            help="A band quantity; symcur list quantities shows them.", autocompletion=completion.quantities
        ),
    ],
    to: Annotated[Language | None, typer.Option(help="Print source code instead of readable formulas.")] = None,
    set_: Settings = None,
) -> None:
    """The closed form of a band quantity, in k, the parameters and the band energy."""
    from symcur.closed_forms import derive as closed_form

    subject = find_model(model)
    if isinstance(subject, Model):  # others are refused with the reason by the derivation
        subject = subject.with_parameters(settings(set_))
    wanted = quantities.get(quantity)
    with running.progress(f"{subject.name} {wanted.name}"):
        form = closed_form(subject, wanted.name)
        if to is not None:
            text = form.latex() if to is Language.latex else form.source(to.value)
    if to is not None:
        print(text)
    else:
        print_form(wanted, form, terminal.console())


def print_form(quantity: Quantity, form: ClosedForm | BlockForm, screen: Console) -> None:
    """The definition, then the formulas, block by block where there are blocks."""
    screen.print(f"{escape(quantity.meaning)}  [dim]{escape(quantity.unit)}[/]")
    screen.print(escape(f"{unicode_math(quantity.symbol())} = {unicode_math(quantity.expression().latex())}\n"))
    blocks: Any = getattr(form, "blocks", (form,))
    for heading, block in zip(getattr(form, "headings", ("",)), blocks, strict=True):
        if heading:
            screen.print(escape(f"\n{unicode_math(heading)}"))
        _print_formulas(block, screen)


def _print_formulas(form: ClosedForm, screen: Console) -> None:
    """The steps and components, and the energies where they are short."""
    components = zip(form.labels, sp.flatten(form.compact), strict=True)
    steps = [*form.definitions, *((sp.Symbol(unicode_math(label)), value) for label, value in components)]
    symbols = {*form.arguments, *(symbol for symbol, _ in form.definitions)}
    alike = len({sp.pretty(symbol, use_unicode=True) for symbol in symbols}) < len(symbols)  # E and E_, say
    long = alike or len(steps) > SHORT
    for symbol, expression in steps:
        _print_equation(symbol, expression, screen, long)
    if form.energies:
        screen.print(f"\nband energies {form.energy_symbol}, ascending", style="dim")
        for energy in form.energies:
            _print_equation(form.energy_symbol, energy, screen, long)
    else:
        screen.print(f"\n{form.energy_symbol} is the band energy, an eigenvalue of H", style="dim")


def _print_equation(symbol: sp.Symbol, expression: sp.Expr, screen: Console, long: bool) -> None:
    """In two dimensions where it fits, on a line otherwise."""
    picture = (
        ""
        if long
        else sp.pretty(sp.Eq(symbol, expression, evaluate=False), wrap_line=False, use_unicode=terminal.has_unicode())
    )
    fits = picture and all(cell_len(line) <= screen.width for line in picture.splitlines())
    screen.print(escape(picture if fits else f"{symbol} = {expression}"))
