"""Islands on processes and on a real Dask cluster, one worker of which is killed."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

import zerogap as zg
from zerogap.models.base import InstanceError
from zerogap.solvers.islands import islands
from zerogap.solvers.result import SolverError


@pytest.fixture(scope="module")
def shop():
    return zg.generate("jobshop", jobs=6, machines=5, seed=4)


def test_islands_on_processes_prove_what_one_process_proves(shop):
    alone = zg.solve(shop, threads=1, time_limit=20)
    together = islands(shop, count=2, method="auto", time_limit=30, slice=5)
    assert together.status == alone.status == "optimal"
    assert together.objective == alone.objective == zg.check(shop, together.solution)


def test_wrong_settings_are_not_taken_for_lost_islands(shop):
    with pytest.raises(InstanceError, match="no method"):
        islands(shop, count=1, method="magic", time_limit=5)
    with pytest.raises(ValueError, match="islands"):
        islands(shop, count=0)
    with pytest.raises(SolverError, match=r"no Dask cluster|extra"):
        islands(shop, count=1, cluster="tcp://127.0.0.1:9", time_limit=5)


def test_a_killed_worker_costs_only_its_slice():
    distributed = pytest.importorskip("distributed", reason="extra [cluster] is not installed")
    big = zg.generate("jobshop", jobs=20, machines=15, seed=1)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        with distributed.Client(cluster) as client:
            victim = next(iter(client.run(os.getpid).values()))
        killed = []

        def kill():
            time.sleep(2.0)
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)

        thread = threading.Thread(target=kill)
        thread.start()
        result = islands(
            big, count=2, cluster=cluster.scheduler_address, time_limit=8, slice=1.5, seed=3
        )
        thread.join()
    assert killed == [victim]
    assert result.solution is not None
    assert zg.check(big, result.solution) == result.objective
    values = [p.objective for p in result.trace if p.objective is not None]
    assert values[-1] == result.objective == min(values)
