"""A chain with spin-orbit coupling in a magnetic field: in equilibrium a conventional spin current flows, and no conserved one."""

from pathlib import Path

import symcur as sc

FILE = str(Path(__file__).with_name("spiral.toml"))
SPIRAL = sc.models.load(FILE)


def scan(**arguments):
    """A scan of the current of the chain for two mu."""
    usual = {"model": SPIRAL, "observable": "equilibrium_current", "mu": [0.0, 0.5], "temperature": 0.3, "rtol": 1e-3}
    return sc.scan(**usual | arguments)
