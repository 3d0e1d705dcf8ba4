"""Models of other packages, read by their public attributes without importing these packages."""

from symcur.importers.pythtb import parameters as pythtb_parameters
from symcur.importers.pythtb import read as crystal_of_pythtb
from symcur.importers.pythtb import recognised as is_pythtb
from symcur.importers.recognition import import_model

__all__ = ["crystal_of_pythtb", "import_model", "is_pythtb", "pythtb_parameters"]
