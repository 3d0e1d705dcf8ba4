"""Sphinx configuration. Build with ``sphinx-build -W docs docs/_build/html``."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "ext"))
os.environ["SYMCUR_DOCS"] = str(Path(__file__).parent)  # for the notebooks, which run elsewhere
os.environ["SYMCUR_PROGRESS"] = "0"  # pages hold results, not what happened on the way

project = "symcur"
author = "The symcur developers"
copyright = author
extensions = ["myst_nb", "generated_pages", "api_reference", "mathml", "inventories"]
exclude_patterns = ["_build", "README.md", "ext", "speed_tables.md"]
html_theme = "furo"
html_title = "symcur"
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 120
myst_enable_extensions = ["amsmath", "dollarmath", "colon_fence", "deflist"]
html_math_renderer = "mathml"
html_static_path = ["mathematics.css", "narrow.css", "../symcur/display/math_font.woff2"]
html_css_files = ["mathematics.css", "narrow.css"]
myst_heading_anchors = 3
add_module_names = False
toc_object_entries = False
autodoc_typehints_format = "short"
# Names that say more than what they stand for, on the page of types, or in a room.
_TYPES = "AnyArray Array Closeness ComplexArray Components Indices Mask ObjectArray"
autodoc_type_aliases = {name: name for name in _TYPES.split()} | {
    "ArrayLike": "numpy.typing.ArrayLike",
    "Bending": "symcur.brillouin.Bending",
    "Parameters": "symcur.band_structures.Parameters",
}
# What has no page: what public functions pass between one another, in modules of rooms, and variables of types.
nitpick_ignore_regex = [
    ("py:class", r"symcur\.\w+\.\w+\.\w+|symcur\.registry\.T|Choice"),
    ("py:class", r"numpy\._typing\..*"),
    ("py:class", r"(tuple|collections\.abc\.Mapping)\[.*"),  # pieces of long annotations
]
nitpicky = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100
