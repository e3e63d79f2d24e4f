"""The optimum of small random networks equals an exhaustive search over what can physically happen.

The oracle walks through (executed operators, tensor -> address, copies in host memory), trying at
every step every operator and every address of what comes; what it covers leaves.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.scratchpad import Network, replay, topological


class Oracle:
    """Whether a plan exists that moves fewer than `limit` bytes within `room` units."""

    def __init__(self, net: Network, room: int, limit: int):
        self.net, self.room, self.limit = net, room, limit
        self.units = net.units.tolist()
        self.work = (-(-net.workspace // net.alignment)).tolist()
        self.n = len(net.inputs)
        self.seen: dict = {}

    def exists(self) -> bool:
        """Compulsory bytes are counted at the start, so that hopeless branches end early."""
        return self._walk(0, frozenset(), frozenset(), self.net.compulsory)

    def _walk(self, done, lying, host, cost) -> bool:
        if cost >= self.limit:
            return False
        if done == (1 << self.n) - 1:
            return True
        key = (done, lying, host)
        if self.seen.get(key, self.limit) <= cost:
            return False
        self.seen[key] = cost
        for o in self._ready(done):
            for state in self._steps(o, done, dict(lying), host, cost):
                if self._walk(*state):
                    return True
        return False

    def _ready(self, done):
        net = self.net
        if net.order is not None:
            return [int(net.order[bin(done).count("1")])]
        return [
            o
            for o in range(self.n)
            if not done >> o & 1
            and all(net.producer[t] < 0 or done >> int(net.producer[t]) & 1 for t in net.inputs[o])
        ]

    def _steps(self, o, done, lying, host, cost):
        """What comes may lie anywhere but on operands; what it lies on leaves (not before)."""
        net = self.net
        work = [(-self.work[o], self.work[o])] if self.work[o] else []
        made = [(t, self.units[t]) for t in net.outputs[o]]
        there = [t for t in net.inputs[o] if t in lying]
        for count in range(len(there) + 1):
            for moved in itertools.combinations(there, count):  # loaded again, elsewhere
                paid, copies = self._leave(moved, host, cost)
                pinned = {t: lying[t] for t in there if t not in moved}
                others = {t: a for t, a in lying.items() if t not in there}
                missing = [t for t in net.inputs[o] if t not in pinned]
                paid += sum(int(net.size[t]) for t in missing if self._again(t, done))
                if paid >= self.limit:
                    continue
                coming = [(t, self.units[t]) for t in missing] + work
                coming += [] if net.in_place[o] else made
                for place in self._places(pinned, coming):
                    gone = self._covered(others, place)
                    after, hosted = self._leave(gone, copies, paid)
                    if after >= self.limit:
                        continue
                    stay = {t: a for t, a in others.items() if t not in gone} | pinned | place
                    if net.in_place[o]:
                        yield from self._write(o, done | 1 << o, stay, made, hosted, after)
                    else:
                        yield self._after(done | 1 << o, stay, hosted, after)

    def _write(self, o, done, lying, made, host, cost):
        """Outputs of an operator in place may lie on its inputs, too."""
        bench = {t: lying.pop(t) for t in list(lying) if t < 0}
        alive = {t: a for t, a in lying.items() if not self._dead(t, done)}
        for place in self._places(bench, made):
            gone = self._covered(alive, place)
            paid, copies = self._leave(gone, host, cost)
            if paid < self.limit:
                stay = {t: a for t, a in alive.items() if t not in gone}
                yield self._after(done, {**stay, **place}, copies, paid)

    def _covered(self, lying, place):
        mask = self._mask(place)
        return [t for t, a in lying.items() if self._mask({t: a}) & mask]

    def _mask(self, lying):
        mask = 0
        for t, a in lying.items():
            mask |= ((1 << (self.units[t] if t >= 0 else -t)) - 1) << a
        return mask

    def _again(self, t, done):
        """Whether a load of t is more than the compulsory first one of a source."""
        return self.net.producer[t] >= 0 or any(done >> c & 1 for c in self.net.consumers[t])

    def _leave(self, gone, host, cost):
        """Leaving tensors are still needed (dead ones are gone already): they need a copy."""
        net = self.net
        for t in gone:
            if net.producer[t] < 0:
                continue
            if net.write_every_eviction or (t not in host and not net.output[t]):
                cost += int(net.size[t])
            host = host | {t}
        return cost, host

    def _dead(self, t, done):
        return all(done >> c & 1 for c in self.net.consumers[t])

    def _after(self, done, lying, host, cost):
        net = self.net
        rest = {
            t: a
            for t, a in lying.items()
            if t >= 0 and not self._dead(t, done) and not (net.stream_weights and net.weight[t])
        }
        return done, frozenset(rest.items()), host, cost

    def _places(self, lying, coming):
        """All disjoint addresses of `coming` beside what lies there; a workspace is -units."""
        yield from self._fill(self._mask(lying), coming, {})

    def _fill(self, mask, coming, chosen):
        if not coming:
            yield dict(chosen)
            return
        (t, units), rest = coming[0], coming[1:]
        shape = (1 << units) - 1
        for a in range(self.room - units + 1 if units else 1):
            if not mask & shape << a:
                yield from self._fill(mask | shape << a, rest, {**chosen, t: a})


def instance(seed: int, operators: int, objective: str = "traffic") -> Network:
    """A random network with random options; sizes small, so that addresses can be enumerated."""
    rng = np.random.default_rng([seed, 17])
    every = bool(rng.random() < 0.25) and objective == "traffic"
    net = zg.generate(
        "scratchpad",
        "random",
        seed=seed,
        operators=operators,
        largest=int(rng.integers(2, 5)) if operators < 6 else 2,
        capacity=None if objective == "peak" else ("1.0x", "1.1x", "1.25x")[seed % 3],
        alignment=2 if rng.random() < 0.2 else 1,
        in_place=bool(rng.random() < 0.4),
        weights=("resident", "stream", "ignore")[int(rng.integers(3))],
        write_every_eviction=every,
        objective=objective,
    )
    if rng.random() < 0.2:
        return changed(net, order=topological(net))
    if rng.random() < 0.2:
        size = net.size.copy()
        size[rng.random(len(size)) < 0.2] = 0
        return changed(net, size=size)
    return net


def changed(net: Network, **fields) -> Network:
    names = ("size", "inputs", "outputs", "capacity", "weight", "output", "workspace", "in_place")
    names += ("alignment", "objective", "write_every_eviction", "stream_weights", "order")
    return Network(**{name: getattr(net, name) for name in names} | fields)


def agrees(net: Network, method: str = "auto") -> None:
    result = zg.solve(net, method=method, time_limit=60, threads=1, seed=1)
    assert result.status == "optimal"
    assert result.bound == result.objective
    traffic = replay(net, result.solution)
    if net.objective == "peak":
        room = result.objective // net.alignment - 1
        assert not Oracle(net, room, traffic.total + 1).exists()
    else:
        if traffic.avoidable:
            assert not Oracle(net, net.capacity_units, traffic.total).exists()
        if len(net.inputs) <= 5:  # that the oracle finds such a plan itself takes long
            assert Oracle(net, net.capacity_units, traffic.total + 1).exists()


@pytest.mark.parametrize("seed", range(60))
def test_optimum_is_that_of_exhaustive_search(seed):
    agrees(instance(seed, 2 + seed % 4))


@pytest.mark.parametrize("seed", range(100, 110))
def test_least_peak_is_that_of_exhaustive_search(seed):
    agrees(instance(seed, 2 + seed % 4, objective="peak"))


@pytest.mark.parametrize("seed", range(200, 208))
def test_exact_model_alone_agrees(seed):
    agrees(instance(seed, 3 + seed % 3), method="exact")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1500))
def test_five_hundred_networks(seed):
    agrees(instance(seed, 3 + seed % 5, objective="peak" if seed % 7 == 0 else "traffic"))
