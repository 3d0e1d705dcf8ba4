"""LaTeX as pdfTeX sets it: that it compiles, and how wide and high it is."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from symcur.closed_forms import ClosedForm

HAS_PDFLATEX = shutil.which("pdflatex") is not None
PAGE = 6.5 * 72.27, 9 * 72.27  # points: letter paper with margins of an inch
_DOCUMENT = r"""\documentclass[10pt]{article}
\usepackage{amsmath}
\newsavebox\form
\newcommand\measured[2]{\setbox\form\hbox{$\displaystyle #2$}
\typeout{SIZE #1 \the\wd\form\space\the\ht\form\space\the\dp\form}}
\begin{document}
%s
\end{document}
"""


def sizes(texts: Mapping[str, str], directory: Path) -> dict[str, tuple[float, float]]:
    """Width and height of displayed formulas in points, by name; AssertionError with the end of the log where one does not compile."""
    names = list(texts)
    formulas = "\n".join(rf"\measured{{{j}}}{{{texts[name]}}}" for j, name in enumerate(names))
    (directory / "forms.tex").write_text(_DOCUMENT % formulas)
    command = ["pdflatex", "-draftmode", "-halt-on-error", "-interaction=nonstopmode", "forms.tex"]
    run = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-600:]
    found = re.findall(r"SIZE (\d+) ([\d.]+)pt ([\d.]+)pt ([\d.]+)pt", run.stdout.replace("\n", ""))
    assert len(found) == len(names)
    return {names[int(j)]: (float(w), float(h) + float(d)) for j, w, h, d in found}


def too_large(texts: Mapping[str, str], directory: Path) -> dict[str, tuple[float, float]]:
    """The formulas that do not fit a page."""
    return {name: size for name, size in sizes(texts, directory).items() if size[0] > PAGE[0] or size[1] > PAGE[1]}


def lines(form: ClosedForm) -> list[str]:
    """The rows of the text of a form, each with one sign of alignment."""
    rows = form.latex().removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}").split(" \\\\\n")
    for row in rows:
        assert row.count("{") == row.count("}")
        assert row.count("&") == 1
    return rows
