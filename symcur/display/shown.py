"""What has a card shows itself in notebooks."""

from __future__ import annotations

from symcur.display.as_html import html
from symcur.display.as_latex import latex
from symcur.display.blocks import Card


class Shown:
    """Gives notebooks the ``card`` of an object as HTML and as LaTeX."""

    def card(self) -> Card:
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return html(self.card())

    def _repr_latex_(self) -> str:
        return latex(self.card())
