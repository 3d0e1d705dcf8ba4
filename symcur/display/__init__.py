"""How things are shown: a card says what, and is read as HTML, as LaTeX and as text."""

from symcur.display.as_html import html, mathml
from symcur.display.as_latex import latex
from symcur.display.as_text import text
from symcur.display.blocks import Block, Card, Facts, Folded, Formula, Numbers, Picture, Row, Sentence, Slices
from symcur.display.numbers import as_typed, number, zeros
from symcur.display.one_line import sentence, unicode_math
from symcur.display.shown import Shown

__all__ = [
    "Block",
    "Card",
    "Facts",
    "Folded",
    "Formula",
    "Numbers",
    "Picture",
    "Row",
    "Sentence",
    "Shown",
    "Slices",
    "as_typed",
    "html",
    "latex",
    "mathml",
    "number",
    "sentence",
    "text",
    "unicode_math",
    "zeros",
]
