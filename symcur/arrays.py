"""Types of arrays by what they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
AnyArray = NDArray[Any]  # real or complex
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]
ObjectArray = np.ndarray[Any, np.dtype[Any]]  # polynomials, expressions, nodes of a program, ...
