"""Band structures: H(k), an operator s, a cell and statistics, by formulas (``Model``) or by numbers (``NumericModel``)."""

from symcur.band_structures.band_structure import FERMI, BandStructure, Parameters, Statistics
from symcur.band_structures.built import BuildingFunction, BuiltModel
from symcur.band_structures.by_name import named
from symcur.band_structures.energies import Gap, gap
from symcur.band_structures.hoppings import TightBinding, tight_binding
from symcur.band_structures.levels import Window
from symcur.band_structures.metric import Metric
from symcur.band_structures.model import Model
from symcur.band_structures.numeric import NumericModel
from symcur.band_structures.plane_waves import PlaneWaveModel
from symcur.band_structures.scales import natural_size

__all__ = [
    "FERMI",
    "BandStructure",
    "BuildingFunction",
    "BuiltModel",
    "Gap",
    "Metric",
    "Model",
    "NumericModel",
    "Parameters",
    "PlaneWaveModel",
    "Statistics",
    "TightBinding",
    "Window",
    "gap",
    "named",
    "natural_size",
    "tight_binding",
]
