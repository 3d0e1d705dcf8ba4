"""Cards as HTML for notebooks and pages: mathematics as MathML, colours those of the page, nothing fetched from anywhere.

Every text is escaped here, and nowhere else.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from html import escape
from importlib import resources

from symcur.display.blocks import Block, Card, Facts, Folded, Formula, Numbers, Picture, Sentence, Slices
from symcur.display.numbers import bound, number
from symcur.display.symbols import pieces

_STYLE = """<style>
.symcur { line-height: 1.45; max-width: 100%; }
.symcur .formula, .symcur .numbers { overflow: auto hidden; max-width: 100%; padding: .3rem 0 .3rem 1.5rem; }
.symcur .formula math { display: inline math; math-style: normal; }
.symcur table { border-collapse: collapse; margin: .3rem 0; font-variant-numeric: tabular-nums; }
.symcur th, .symcur td { padding: .1rem .7rem .1rem 0; text-align: right; white-space: nowrap; border: 0; background: none; }
.symcur thead th { border-bottom: 1px solid #8888; }
.symcur .dim { opacity: .65; font-weight: normal; }
.symcur dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 .8rem; margin: .3rem 0; }
.symcur dt { opacity: .65; font-weight: normal; text-align: right; margin: 0; } .symcur dd { margin: 0; overflow: auto hidden; }
.symcur p { margin: .3rem 0; } .symcur img { max-width: 100%; }
</style>"""
_SLIDE = (  # the children of a group of slices are the slider and the slices
    "const g=this.closest('.slices'),s=[...g.children].slice(1);"
    "s.forEach((e,i)=>e.hidden=i!=this.value);g.querySelector('output').value=s[this.value].dataset.value"
)

_BRACKETS = str.maketrans({"<": "\ue000", ">": "\ue001"})  # the converter does not escape texts
_COMMENT = re.compile(r"(?<!\\)%")  # the converter leaves out what follows
_TAG = re.compile(r'</?m[a-z]+(?: (?!on|href|src|style)[a-z]+="[^"<>]*")* ?/?>')


def html(card: Card) -> str:
    """The card as a piece of a page."""
    kind = f' <span class="dim">{escape(card.kind)}</span>' if card.kind else ""
    return f'{_STYLE}<div class="symcur"><strong>{escape(card.title)}</strong>{kind}{_blocks(card.blocks)}</div>'


def mathml(formula: str, display: bool = False) -> str:
    """LaTeX mathematics as MathML; as it is written where it is not understood, or would be more than mathematics."""
    from latex2mathml.converter import convert

    rows = formula.replace("{aligned}", "{split}")  # which the converter takes apart into rows
    try:
        found = str(convert(rows.translate(_BRACKETS), display="block" if display else "inline"))
    except Exception:  # the converter has no errors of its own
        found = "<"
    if "<" in _TAG.sub("", found) or _COMMENT.search(formula):
        return f"<code>{escape(formula)}</code>"
    for mark, bracket in (("\ue000", "&lt;"), ("\ue001", "&gt;")):
        found = found.replace(f"<mi>{mark}</mi>", f"<mo>{bracket}</mo>").replace(mark, bracket)
    found = found.replace("<mo>&#x02202;</mo>", "<mi>&#x02202;</mi>")  # a letter, without the space around an operator
    for side in ("left", "right"):  # browsers read the style
        found = found.replace(f'columnalign="{side}"', f'columnalign="{side}" style="text-align: {side}"')
    return found


def prose(text: str) -> str:
    """A sentence with its mathematics as MathML."""
    return "".join(mathml(piece.latex) if isinstance(piece, Formula) else escape(piece) for piece in pieces(text))


@cache
def font_face() -> str:
    """A style sheet with the font "symcur math" in it: without one for mathematics browsers do not lower subscripts."""
    font = resources.files("symcur.display").joinpath("math_font.woff2").read_bytes()
    source = f"data:font/woff2;base64,{b64encode(font).decode()}"
    return f'@font-face {{ font-family: "symcur math"; src: url({source}) format("woff2"); }}\n'


def _blocks(blocks: Iterable[Block]) -> str:
    return "".join(map(_block, blocks))


def _block(block: Block) -> str:
    match block:
        case Formula():
            return f'<div class="formula">{mathml(block.latex, display=True)}</div>'
        case Sentence(words, strong):
            told = prose(words)
            return f"<p><strong>{told}</strong></p>" if strong else f"<p>{told}</p>" if told else ""
        case Facts():
            return f"<dl>{''.join(_fact(*pair) for pair in block.told)}</dl>"
        case Numbers():
            return _table(block)
        case Picture(png, words):
            return f'<img alt="{escape(words)}" src="data:image/png;base64,{b64encode(png).decode()}">'
        case Folded(summary, inner):
            return f"<details><summary>{escape(summary)}</summary>{_blocks(inner)}</details>"
        case Slices():
            return _slices(block)


def _fact(label: str, value: str | Formula) -> str:
    told = mathml(value.latex) if isinstance(value, Formula) else escape(value).replace("\n", "<br>")
    return f"<dt>{escape(label)}</dt><dd>{told}</dd>"


def _table(numbers: Numbers) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in (*numbers.keys, *numbers.parts))
    leading, rows = numbers.leading, []
    for a, row in enumerate(numbers.rows):
        cells = [f'<th scope="row" class="dim">{escape(key)}</th>' for key in row.keys]
        for b, (value, error) in enumerate(row.values):
            shown = escape(number(value, error))
            shown = f"<strong>{shown}</strong>" if (a, b) in leading else shown
            cells.append(f'<td>{shown} <span class="dim">± {bound(error)}</span></td>')
        if row.mark:
            cells.append(f"<td>{escape(row.mark)}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>" if rows else ""
    vanishing = f"<p>{escape(numbers.vanishing)}</p>" if numbers.vanishing else ""
    return f'<div class="numbers">{table}{vanishing}</div>'


def _slices(block: Slices) -> str:
    (first, _), last = block.slices[0], len(block.slices) - 1
    slider = f'<input type="range" min="0" max="{last}" value="0" aria-label="{escape(block.name)}" oninput="{escape(_SLIDE)}">'
    shown = [f"<div><label>{escape(block.name)} {slider} <output>{escape(first)}</output></label></div>"]
    for j, (value, inner) in enumerate(block.slices):
        shown.append(f'<div data-value="{escape(value)}"{" hidden" if j else ""}>{_blocks(inner)}</div>')
    return f'<div class="slices">{"".join(shown)}</div>'
