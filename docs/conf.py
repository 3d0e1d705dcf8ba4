"""Sphinx configuration. Build with ``sphinx-build -W docs docs/_build/html``."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "ext"))
os.environ["SYMCUR_DOCS"] = str(Path(__file__).parent)  # for the notebooks, which run elsewhere
os.environ["SYMCUR_PROGRESS"] = "0"  # pages hold results, not what happened on the way

project = "symcur"
author = "The symcur developers"
extensions = ["myst_nb", "generated_pages", "mathml"]
exclude_patterns = ["_build", "README.md"]
html_theme = "furo"
html_title = "symcur"
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 120
myst_enable_extensions = ["amsmath", "dollarmath", "colon_fence", "deflist"]
html_math_renderer = "mathml"
myst_heading_anchors = 3
