"""The notebooks of the documentation, and which claims of the ledger each of them settles: nobody else needs to do so again."""

from __future__ import annotations

import re
from pathlib import Path

from symcur import claims

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted(
    path
    for folder in ("docs", "docs/tutorials", "docs/how_to", "derivations")
    for path in ROOT.glob(f"{folder}/*.md")
    if "```{code-cell}" in path.read_text(encoding="utf-8")
)
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?P<options>---\n.*?^---\n|(?::[^\n]*\n)*)(?P<code>.*?)^```$", re.M | re.S)


def settled_in(path: Path) -> set[str]:
    """The claims named in cells that call ``verify``, but for files of claims; that these settle them as recorded is what test_notebooks_run checks."""
    cells = (cell["code"] for cell in CELL.finditer(path.read_text(encoding="utf-8")))
    quoted = {
        name for code in cells if "verify(" in code and "load(" not in code for name in re.findall(r'"([\w-]+)"', code)
    }
    return quoted & set(claims.names())


SETTLED = frozenset().union(*map(settled_in, NOTEBOOKS))
