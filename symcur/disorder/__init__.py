"""Transport of s in disordered metals: impurities, the Boltzmann equation on the Fermi surface, and the currents."""

from __future__ import annotations

from symcur.disorder.boltzmann import Distribution, relaxation_time_approximation, solve
from symcur.disorder.fermi_states import FermiSurface, fermi_surface, sampled
from symcur.disorder.impurities import Impurities
from symcur.disorder.potentials import Disorder, gaussian, white_noise, yukawa
from symcur.disorder.rates import Scattering, ScatteringKernel
from symcur.disorder.total_current import MEANING, VALIDITY, Transport, transport

__all__ = [
    "MEANING",
    "VALIDITY",
    "Disorder",
    "Distribution",
    "FermiSurface",
    "Impurities",
    "Scattering",
    "ScatteringKernel",
    "Transport",
    "fermi_surface",
    "gaussian",
    "relaxation_time_approximation",
    "sampled",
    "solve",
    "transport",
    "white_noise",
    "yukawa",
]
