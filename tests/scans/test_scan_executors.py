"""Whatever has ``submit`` runs a scan: the numbers are those of one process, bit by bit, and nothing that was finished is lost."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial

import pytest
import spiral
from dask_cluster import Cluster

import symcur as sc

scan = partial(spiral.scan, parameters={"a": [0.1, 0.2], "B": [0.2, 0.4, 0.6, 0.8, 1.0]})


@pytest.fixture(name="serial", scope="module")
def _serial():
    return scan()


class Backwards:
    """An executor that does the last first, and loses some tasks; ``broken``: it takes no more after so many."""

    def __init__(self, lost=(), broken=10**9):
        self.lost, self.broken, self.futures = set(lost), broken, []

    def submit(self, task, sets):
        if len(self.futures) == self.broken:
            raise BrokenProcessPool("a process died")
        future = Future()
        if len(self.futures) in self.lost:
            future.set_exception(ConnectionError("the worker is gone"))
        else:
            future.set_result(task(sets))
        self.futures.insert(0, future)
        return future


def test_threads_and_any_order(serial):
    assert scan(executor=Backwards(), chunk=2).identical(serial)
    with ThreadPoolExecutor(2) as pool:
        assert scan(executor=pool).identical(serial)


def test_what_an_executor_loses_is_missing_and_done_the_next_time(serial, tmp_path):
    with pytest.raises(
        sc.scans.Incomplete,
        match=r"8 of 10 points are finished; .* 2 times, first with ConnectionError: the worker is gone",
    ) as stopped:
        scan(executor=Backwards(lost=[0, 7]), store=tmp_path / "scan.zarr")
    missing = stopped.value.result["status"] == "missing"
    assert missing.sum() == 2
    assert stopped.value.result.where(~missing).equals(serial.where(~missing))
    again = Backwards()
    assert scan(executor=again, store=tmp_path / "scan.zarr").identical(serial)
    assert len(again.futures) == 2


def test_an_executor_that_takes_no_more_loses_nothing(serial, tmp_path):
    with pytest.raises(
        sc.scans.Incomplete, match=r"4 of 10 points are finished; .* 1 times, first with BrokenProcessPool"
    ):
        scan(executor=Backwards(broken=4), store=tmp_path / "scan.zarr")
    assert scan(store=tmp_path / "scan.zarr").identical(serial)


@pytest.mark.slow
def test_a_dask_cluster_with_a_killed_worker_and_a_killed_scheduler(serial, tmp_path, symcur):
    """Real processes: the tasks of a dead worker are done by another, and what a dead scheduler has given is in the store."""
    from distributed import Client

    store = tmp_path / "scan.zarr"
    with Cluster(tmp_path / "first", workers=2) as cluster, Client(scheduler_file=cluster.file, timeout=60) as client:
        client.wait_for_workers(2)

        def kill(process, at):
            return lambda fraction, message: process.kill() if fraction >= at else None

        assert scan(executor=client, progress=kill(cluster.workers[0], 0.3)).identical(serial)
        assert cluster.workers[0].wait() == -9
        with pytest.raises(
            sc.scans.Incomplete, match=r"first with (Future)?(CancelledError|CommClosedError)"
        ) as stopped:
            scan(executor=client, store=store, progress=kill(cluster.scheduler, 0.3))
        assert cluster.scheduler.wait() == -9
    kept = int((sc.load(store)["status"] == "converged").sum())
    assert 3 <= kept < 10
    assert sc.load(store).identical(stopped.value.result)
    said = []
    with Cluster(tmp_path / "second", workers=1) as cluster, Client(scheduler_file=cluster.file, timeout=60) as client:
        assert scan(executor=client, store=store, progress=lambda _, message: said.append(message)).identical(serial)
        over = ("--over", "a=0.1,0.2", "--over", "B=0.2,0.4,0.6,0.8,1", "--dask", cluster.address)
        more = ("--mu", "0,0.5", "--temperature", "0.3", "--rtol", "1e-3", "-o", str(tmp_path / "file.nc"))
        assert symcur("scan", spiral.FILE, "equilibrium_current", *over, *more)[0] == 0
    assert sc.load(tmp_path / "file.nc")["value"].equals(serial["value"])
    assert said == [f"{n} of 10 points" for n in range(kept + 1, 11)]
