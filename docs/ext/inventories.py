"""Links into the documentation of Python, NumPy, SymPy, xarray and matplotlib, from a list of the names that occur, without a network.

``inventories.txt`` has a line for each project, its name and address, and below it indented its names with the page of each; "#" alone at the end
stands for the anchor with the name. Some names stand without their modules, as in annotations of what is imported for type checkers alone. Intersphinx reads files that are compressed, which are written when the build begins.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

HEAD = (
    "# Sphinx inventory version 2\n# Project: {}\n# Version: \n# The remainder of this file is compressed using zlib.\n"
)


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("sphinx.ext.intersphinx")
    app.connect("config-inited", _configured, priority=1)  # before intersphinx looks at its mapping
    return {"parallel_read_safe": True}


def _configured(app: Sphinx, config: Config) -> None:
    folder = Path(app.doctreedir)
    folder.mkdir(parents=True, exist_ok=True)
    config.intersphinx_mapping = {}
    for project, address, names in projects((Path(app.srcdir) / "ext/inventories.txt").read_text(encoding="utf-8")):
        path = folder / f"{project}.inv"
        path.write_bytes(inventory(project, names))
        config.intersphinx_mapping[project] = (address, str(path))


def projects(text: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(project, address, {name: page}) for each project of the list."""
    for block in text.strip().split("\n\n"):
        (project, address), *names = (line.split() for line in block.splitlines())
        yield project, address, dict(names)


def inventory(project: str, names: dict[str, str]) -> bytes:
    """What intersphinx reads: every name as a class, which annotations ask for."""
    lines = (f"{name} py:class 1 {page}{'$' if page.endswith('#') else ''} -\n" for name, page in names.items())
    return HEAD.format(project).encode() + zlib.compress("".join(lines).encode())
