"""A chain with spin-orbit coupling in a magnetic field: in equilibrium a conventional spin current flows, and no conserved one."""

from pathlib import Path

from symcur.models import load

FILE = str(Path(__file__).with_name("spiral.toml"))
SPIRAL = load(FILE)
