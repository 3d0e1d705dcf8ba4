"""A real dask.distributed cluster on this machine: a scheduler and workers, each a process that may be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path


class Cluster:
    """``scheduler`` and ``workers`` are processes; ``address`` is for ``distributed.Client``."""

    def __init__(self, folder: Path, workers: int) -> None:
        folder.mkdir()
        file = folder / "scheduler.json"
        self._folder, self._common = folder, ("--scheduler-file", str(file), "--no-dashboard")
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        self.workers = [self._start("worker", "--nthreads", "1", "--no-nanny") for _ in range(workers)]
        deadline = time.monotonic() + 60
        while True:
            with suppress(FileNotFoundError, json.JSONDecodeError):  # it is written in several steps
                self.file, self.address = str(file), json.loads(file.read_text())["address"]
                return
            assert time.monotonic() < deadline, "the scheduler does not start"
            time.sleep(0.05)

    def _start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", kind, *self._common, *options]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "PYTHONWARNINGS": "ignore"}
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=self._folder, env=environment, **silent)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()
