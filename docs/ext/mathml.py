"""Mathematics as MathML, so that the pages need neither scripts nor a network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes

from symcur.display import mathml

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

_DELIMITERS = re.compile(r"^\s*(\\\[|\$\$|\\displaystyle)\s*|\s*(\\\]|\$\$)\s*$")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _inline(writer: HTML5Translator, node: nodes.math) -> None:
    writer.body.append(mathml(_bare(node.astext())))
    raise nodes.SkipNode


def _block(writer: HTML5Translator, node: nodes.math_block) -> None:
    number = f'<span class="eqno">({node["number"]})</span>' if node.get("number") else ""
    writer.body.append(f'<div class="math notranslate" style="overflow: auto hidden; padding: .4rem 0">{number}')
    writer.body.append(mathml(_bare(node.astext()), display=True) + "</div>\n")
    raise nodes.SkipNode


def _bare(text: str) -> str:
    """The formula without delimiters, which the outputs of notebooks bring along."""
    return _DELIMITERS.sub("", _DELIMITERS.sub("", text))
