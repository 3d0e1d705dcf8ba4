"""BLAS and LAPACK on one core while many small matrices go through them.

They share one matrix between threads of their own, which costs stacks of small ones two to eight times the time, the more the busier the
machine is. What symcur gives several threads are blocks of momenta.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

MANY = 64  # matrices: for fewer it is not worth the 20 microseconds
_OUTERMOST = Lock()  # held by the block that set the libraries, which sets them back


@contextmanager
def one_core() -> Iterator[None]:
    """For the time of a block, in all threads of this process; within another such block, nothing more."""
    if not _OUTERMOST.acquire(blocking=False):
        yield
        return
    try:
        with _libraries().limit(limits=1, user_api="blas"):
            yield
    finally:
        _OUTERMOST.release()


@cache
def _libraries() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
