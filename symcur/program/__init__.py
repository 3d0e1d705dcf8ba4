"""Straight-line programs over real scalars: what closed forms and kernels are made of.

``program`` holds the nodes and their arithmetic, ``simplification`` a program that finds symmetries by itself,
``merging`` one without equal, opposite and vanishing steps, the backends run a program on arrays, and ``source`` writes source code.
"""

from symcur.program.merging import MergingProgram
from symcur.program.program import Complex, Program, Scalar, from_sympy, is_real, operations
from symcur.program.simplification import SimplifyingProgram

__all__ = [
    "Complex",
    "MergingProgram",
    "Program",
    "Scalar",
    "SimplifyingProgram",
    "from_sympy",
    "is_real",
    "operations",
]
