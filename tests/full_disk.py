"""A full disk, as the function of the operating system that notices it tells of it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def full_disk(function: str) -> Iterator[None]:
    """Here ``function``, such as "os.fsync", finds no space left."""

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(function, full)
        yield
