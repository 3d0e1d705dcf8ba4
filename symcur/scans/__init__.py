"""Scans over parameters of a model: independent points, each one call of an observable for all mu and temperatures.

``scan`` runs them here or on any executor and gives an xarray Dataset; a store, a Zarr group with one chunk per task, keeps what is
finished, so that a scan that was stopped goes on from there.
"""

from symcur.scans.reading import load
from symcur.scans.running import Incomplete, scan

__all__ = ["Incomplete", "load", "scan"]
