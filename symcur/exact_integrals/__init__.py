"""Exact integrals: observables of isotropic continuum models as functions of mu at T = 0, with the Sommerfeld term."""

from symcur.exact_integrals.fermi_momenta import EdgeReached, FermiRoot
from symcur.exact_integrals.integration import integrate_exactly
from symcur.exact_integrals.isotropy import DoesNotClose
from symcur.exact_integrals.result import ExactIntegral

__all__ = ["DoesNotClose", "EdgeReached", "ExactIntegral", "FermiRoot", "integrate_exactly"]
