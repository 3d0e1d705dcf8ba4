"""Models of other packages, read by their public attributes without importing these packages."""

from symcur.importers.crystal import Crystal, Site
from symcur.importers.recognition import import_model

__all__ = ["Crystal", "Site", "import_model"]
