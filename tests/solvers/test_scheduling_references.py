"""Reference schedules of pipelines and of DAGs on processors."""

from __future__ import annotations

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import scheduling as oracle
from zerogap.models.scheduling import Workshop
from zerogap.solvers.scheduling import pipelines, processors


def cost(line, name):
    return zg.check(line, pipelines.schedule(line, pipelines.pipeline(line), name))


@pytest.mark.parametrize(("stages", "batches"), [(2, 4), (4, 8), (8, 24)])
def test_reference_pipelines_have_the_published_bubbles(stages, batches):
    """Passes of equal length: p - 1 for ZB-H1, nothing for ZB-H2 with nearly twice the memory."""
    narrow = zg.generate("scheduling", "pipeline", stages=stages, batches=batches)
    wide = zg.generate(
        "scheduling", "pipeline", stages=stages, batches=batches, memory=2 * stages - 1
    )
    assert cost(narrow, "zb-h1") == 3 * batches + stages - 1
    assert cost(wide, "zb-h2") == 3 * batches
    assert cost(narrow, "1f1b") >= cost(narrow, "zb-h1")


def test_pipelines_of_uneven_passes_keep_their_memory():
    for seed in range(30):
        rng = np.random.default_rng(seed)
        numbers = rng.integers(0, 4, 4).tolist()
        line = zg.generate(
            "scheduling", "pipeline", stages=int(rng.integers(1, 5)),
            batches=int(rng.integers(1, 6)), memory=int(rng.integers(1, 6)),
            **dict(zip(("forward", "backward", "weight", "transfer"), numbers)),
        )  # fmt: skip
        for name in pipelines.SCHEDULES:
            assert cost(line, name) >= line.tasks // 3 * sum(numbers[:3]) // len(
                pipelines.pipeline(line).memory
            )


def test_with_twice_the_memory_zero_bubble_is_proven():
    line = zg.generate("scheduling", "pipeline", stages=8, batches=24, memory=16)
    result = zg.solve(line, threads=1, time_limit=60)
    assert (result.status, result.objective) == ("optimal", 72)


@pytest.mark.parametrize(("stages", "batches"), [(8, 24), (16, 64)])
def test_with_the_memory_of_1f1b_the_bubble_of_zb_h1_is_proven(stages, batches):
    line = zg.generate("scheduling", "pipeline", stages=stages, batches=batches)
    result = zg.solve(line, threads=1, time_limit=60)
    assert (result.status, result.objective) == ("optimal", 3 * batches + stages - 1)


def test_the_least_span_is_none_too_large():
    """Against enumeration where it is small, against the schedules by name elsewhere."""
    rng = np.random.default_rng(5)
    tight = 0
    for trial in range(40):
        stages, batches = [(1, 1), (1, 2), (2, 1), (4, 7)][trial % 4]
        forward, backward, weight, transfer = rng.integers(1, 3, 4).tolist()
        line = zg.generate(
            "scheduling", "pipeline", stages=stages, batches=batches, forward=forward,
            backward=backward, weight=weight, transfer=transfer - 1,
            memory=int(rng.integers(1, 5)),
        )  # fmt: skip
        least = pipelines.least_span(line, pipelines.pipeline(line))
        plans = min(cost(line, name) for name in pipelines.SCHEDULES)
        assert least <= plans
        if stages * batches <= 2:
            best, _ = oracle.optimum(line, {})
            assert least <= best <= plans
        tight += least == plans
    assert tight >= 20


def test_the_least_span_counts_every_batch_by_its_own_durations():
    columns = zg.generate("scheduling", "pipeline", stages=3, batches=5, memory=2).columns()
    rng = np.random.default_rng(2)
    for _ in range(20):
        columns["mode_duration"] = rng.integers(0, 6, len(columns["mode_duration"]))
        line = Workshop(**columns)
        least = pipelines.least_span(line, pipelines.pipeline(line))
        assert least <= min(cost(line, name) for name in pipelines.SCHEDULES)
        assert least <= zg.solve(line, method="kernel", iterations=200, threads=1).objective


def test_other_instances_are_no_pipelines():
    line = zg.generate("scheduling", "pipeline", stages=2, batches=2)
    assert pipelines.pipeline(line) is not None
    columns = line.columns()
    for change in (
        {"task_release": np.full(line.tasks, 1)},
        {"precedence_lag": np.full(len(line.precedence_lag), -1)},
        {"objective": {"makespan": 1}},
        {"demand_at": np.where(line.demand_at == 1, 2, line.demand_at)},
    ):
        assert pipelines.pipeline(Workshop(**(columns | change))) is None
    assert pipelines.pipeline(zg.generate("scheduling", jobs=4)) is None


def plain_heft(dag):
    """Upward ranks and earliest finishes from the definition, recursively."""
    mean = dag.times.mean(axis=1)

    def rank(t):
        return mean[t] + max((c + rank(b) for b, _, c in dag.after[t]), default=0)

    end, on, busy = {}, {}, [[] for _ in dag.times[0]]
    for t in sorted(range(len(mean)), key=rank, reverse=True):
        found = []
        for k in range(len(busy)):
            ready = max((end[a] + c * (on[a] != k) for a, _, c in dag.before[t]), default=0)
            d = int(dag.times[t, k])
            starts = [ready] + [e for _, e in busy[k] if e > ready]
            s = min(s for s in starts if all(s + d <= a or s >= b for a, b in busy[k]))
            found.append((s + d, k, s))
        end[t], on[t], s = min(found)
        busy[on[t]].append((s, end[t]))
    return max(end.values())


@pytest.mark.parametrize("seed", range(8))
def test_heft_is_that_of_its_definition(seed):
    shop = zg.generate("scheduling", "soc", seed=seed, tasks=15, processors=3)
    dag = processors.graph(shop)
    assert zg.check(shop, processors.schedule(shop, dag, "heft")) == plain_heft(dag)
    assert zg.check(shop, processors.schedule(shop, dag, "cpop")) >= 0


def test_rules_by_name():
    shop = zg.generate("scheduling", "soc", seed=1, tasks=10)
    heft = zg.solve(shop, method="dispatch", rule="heft")
    assert zg.solve(shop, threads=1, iterations=20).objective <= heft.objective
    with pytest.raises(zg.InstanceError, match="zb-h1 is for pipelines only"):
        zg.solve(shop, method="dispatch", rule="zb-h1")
    with pytest.raises(zg.InstanceError, match="expected one of 1f1b"):
        zg.solve(shop, method="dispatch")
    line = zg.generate("scheduling", "pipeline", stages=3, batches=5)
    assert zg.solve(line, method="dispatch", rule="1f1b").solution is not None
    with pytest.raises(zg.InstanceError, match="heft is for DAGs on processors only"):
        zg.solve(line, method="dispatch", rule="heft")
