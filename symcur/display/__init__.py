"""How things are shown: a card says what, and is read as HTML, as LaTeX and as text."""

from symcur.display.as_html import font_face, html, mathml, prose
from symcur.display.as_latex import latex
from symcur.display.as_text import text
from symcur.display.blocks import Block, Card, Facts, Folded, Formula, Numbers, Picture, Row, Sentence, Slices
from symcur.display.numbers import as_typed, number, without_zeros, zeros
from symcur.display.one_line import sentence, unicode_math
from symcur.display.shown import Shown
from symcur.display.symbols import pieces

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
    "font_face",
    "html",
    "latex",
    "mathml",
    "number",
    "pieces",
    "prose",
    "sentence",
    "text",
    "unicode_math",
    "without_zeros",
    "zeros",
]
