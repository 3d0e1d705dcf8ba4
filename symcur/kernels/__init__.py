"""Kernels: any set of quantities of a model as one straight-line program, run at many k.

``compile(model, quantities)`` gives a ``Kernel``; ``kernel(k, **parameters)`` gives ``Values``.
"""

from symcur.kernels.compilation import compile
from symcur.kernels.kernel import Kernel, Values

__all__ = ["Kernel", "Values", "compile"]
