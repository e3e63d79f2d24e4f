"""The CP-SAT formulation: walks of a bounded number of moves, times in integers, orders."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from zerogap.models.base import InstanceError, Model
from zerogap.models.mapf.exact.offsets import MARGIN, Offsets
from zerogap.models.mapf.instance import Mapf
from zerogap.models.mapf.solution import Paths

#: More pairs of uses that might collide than this are not modelled.
MOST = 400_000
#: Integer units that a mean move lasts.
_UNITS = 2.0**27


class Use(NamedTuple):
    """Agent `agent` at its step `step`: a move, or the stay before it."""

    agent: int
    step: int
    kind: str


def build(instance: Mapf, moves: int | None = None) -> Model:
    """CP-SAT model of all walks of at most `moves` moves an agent.

    Variables: ``move`` (by (agent, step, edge): the agent's move at that step is along the edge;
    edge −1: it has stopped for good), ``at`` (by (agent, step, vertex)), ``start`` (by (agent,
    step): when the move begins), ``arrival`` (by agent), ``order`` (by pairs of uses) and
    ``objective``. Times are integers in units of 1 / ``scale`` (the number under that key).

    Rounding: durations and offsets are rounded so that every true schedule, its times rounded
    down, satisfies the model; its optimum is a lower bound, and solutions get true times along
    their routes and orders. Objectives of more than ``reach`` may need more moves.

    Parameters
    ----------
    instance : Mapf
    moves : int, optional
        By default two more than the fewest moves of the agent that needs most.

    Raises
    ------
    InstanceError
        If the model would be too large.
    """
    return _Builder(instance, moves).model()


class _Builder:
    def __init__(self, instance: Mapf, moves: int | None):
        self.instance = instance
        self.agents = range(instance.agents)
        self.low = Offsets(instance, -MARGIN)
        self.high = Offsets(instance, MARGIN)
        self.left = [travel(instance, a) for a in self.agents]
        fewest = max(_fewest(instance, a) for a in self.agents)
        self.moves = fewest + 2 if moves is None else moves
        mean = (
            float(np.mean(instance.length / float(instance.speed.max())))
            if len(instance.length)
            else 1.0
        )
        self.scale = _UNITS / max(mean, 1e-9)
        self.steps = range(self.moves)
        #: Edges that an agent may use at a step: reached in so many moves, with the goal in reach.
        self.open = [self._layers(a) for a in self.agents]

    def _layers(self, a: int) -> tuple[list[set[int]], list[set[int]]]:
        """Vertices and edges by step, for walks of agent a."""
        edges, goal = self.instance.edges, int(self.instance.goal[a])
        usable = np.flatnonzero(self.instance.usable(a)).tolist()
        back = [{goal}]
        for _ in self.steps:
            back.append(back[-1] | {int(edges[e, 0]) for e in usable if edges[e, 1] in back[-1]})
        vertices, used = [{int(self.instance.start[a])}], []
        for p in self.steps:
            left = self.moves - p - 1
            some = {e for e in usable if edges[e, 0] in vertices[p] and edges[e, 1] in back[left]}
            used.append(some)
            there = {int(edges[e, 1]) for e in some}
            vertices.append(there | ({goal} & vertices[p]))
        return vertices, used

    def model(self) -> Model:
        from ortools.sat.python import cp_model

        self.cp = cp_model.CpModel()
        self._count()
        self._walks()
        self._orders()
        names = {
            "move": self.move,
            "at": self.at,
            "start": self.start,
            "arrival": self.arrival,
            "order": self.order,
            "objective": self.objective,
            "scale": self.scale,
        }
        return Model(
            self.cp, names, self.read, self.hint, scale=1.0 / self.scale, reach=self._reach()
        )

    def _count(self) -> None:
        size = 0
        for a in self.agents:
            for b in range(a):
                for p in self.steps:
                    for q in self.steps:
                        size += (len(self.open[a][1][p]) + len(self.open[a][0][p])) * (
                            len(self.open[b][1][q]) + len(self.open[b][0][q])
                        )
        if size > MOST:
            raise InstanceError(
                f"the CP-SAT model would look at {size} pairs of uses, more than {MOST}: it is "
                "meant for small instances",
                field="method",
            )

    def _walks(self) -> None:
        instance, cp = self.instance, self.cp
        horizon = 2**44  # 131,072 mean moves
        self.move: dict[tuple[int, int, int], Any] = {}
        self.at: dict[tuple[int, int, int], Any] = {}
        self.start: dict[tuple[int, int], Any] = {}
        self.reached: dict[tuple[int, int], Any] = {}
        self.arrival: list[Any] = []
        for a in self.agents:
            goal = int(instance.goal[a])
            vertices, used = self.open[a]
            for p in range(self.moves + 1):
                self.reached[a, p] = cp.new_int_var(0, horizon if p else 0, f"reached{a}_{p}")
                for v in vertices[p]:
                    self.at[a, p, v] = cp.new_bool_var(f"at{a}_{p}_{v}")
                cp.add_exactly_one(self.at[a, p, v] for v in vertices[p])
            if goal not in vertices[self.moves]:
                cp.add_bool_or([])
            else:
                cp.add(self.at[a, self.moves, goal] == 1)
            for p in self.steps:
                self.start[a, p] = cp.new_int_var(0, horizon, f"start{a}_{p}")
                cp.add(self.start[a, p] >= self.reached[a, p])
                stop = self.move[a, p, -1] = cp.new_bool_var(f"stop{a}_{p}")
                for e in used[p]:
                    y = self.move[a, p, e] = cp.new_bool_var(f"move{a}_{p}_{e}")
                    tail, head = instance.edges[e].tolist()
                    cp.add_implication(y, self.at[a, p, tail])
                    cp.add_implication(y, self.at[a, p + 1, head])
                if goal in vertices[p]:
                    cp.add_implication(stop, self.at[a, p, goal])
                    cp.add_implication(stop, self.at[a, p + 1, goal])
                else:
                    cp.add(stop == 0)
                if p:
                    cp.add_implication(self.move[a, p - 1, -1], stop)
                cp.add_exactly_one([stop, *(self.move[a, p, e] for e in used[p])])
                lasts = sum(self._whole(a, e) * self.move[a, p, e] for e in used[p])
                cp.add(self.reached[a, p + 1] == self.start[a, p] + lasts)
                # Once stopped, the start is the arrival: no idle times count.
                cp.add(self.start[a, p] == self.reached[a, p]).only_enforce_if(stop)
            self.arrival.append(self.reached[a, self.moves])
        self.objective = cp.new_int_var(0, horizon, "objective")
        if instance.objective == "makespan":
            cp.add_max_equality(self.objective, self.arrival)
        else:
            cp.add(self.objective == sum(self.arrival))
        cp.minimize(self.objective)

    def _whole(self, a: int, e: int) -> int:
        return math.floor(self.low.duration(a, e) * self.scale)

    def _uses(self, a: int) -> Iterator[tuple[Use, list[tuple[tuple[str, int], Any]]]]:
        """The uses of an agent, each with its possible elements and their literals."""
        vertices, used = self.open[a]
        for p in range(self.moves + 1):
            stays = [(("stay", v), self.at[a, p, v]) for v in sorted(vertices[p])]
            yield Use(a, p, "stay"), stays
            if p < self.moves:
                moves = [(("move", e), self.move[a, p, e]) for e in sorted(used[p])]
                yield Use(a, p, "move"), moves

    def _orders(self) -> None:
        """Of every two uses that may collide one is over before the other begins."""
        self.order: dict[tuple[Use, Use], Any] = {}
        listed = [list(self._uses(a)) for a in self.agents]
        for a in self.agents:
            for b in range(a):
                for x, xs in listed[a]:
                    for y, ys in listed[b]:
                        self._part(x, xs, y, ys)

    def _part(self, x: Use, xs: list, y: Use, ys: list) -> None:
        literal = None
        for e, has_e in xs:
            for f, has_f in ys:
                window = self.low.between(x.agent, e, y.agent, f)
                if window is None:
                    continue
                if literal is None:
                    literal = self.order[x, y] = self.cp.new_bool_var(f"order{x}{y}")
                self._after(x, y, window[1], [has_e, has_f, literal])
                self._after(y, x, -window[0], [has_e, has_f, literal.negated()])

    def _after(self, x: Use, y: Use, gap: float, when: list) -> None:
        """Use x begins `gap` after y ends.

        For true times s − t ≥ gap the integers floor(s) − floor(t) ≥ floor(gap); a stay begins with
        an arrival, which the model may have up to one unit too early.
        """
        early = 1 if x.kind == "stay" else 0
        least = math.floor(gap * self.scale) - early
        begin = self._begin(x)
        if y.kind == "stay":
            if y.step == self.moves:  # never over
                self.cp.add_bool_or([w.negated() for w in when])
                return
            self.cp.add_bool_or(
                [w.negated() for w in when] + [self.move[y.agent, y.step, -1].negated()]
            )
        self.cp.add(begin - self.start[y.agent, y.step] >= least).only_enforce_if(when)

    def _begin(self, x: Use) -> Any:
        return self.start[x.agent, x.step] if x.kind == "move" else self.reached[x.agent, x.step]

    def _reach(self) -> float:
        """What solutions with a longer walk cost at least: one agent's, and the others alone."""
        alone = [self.left[a][int(self.instance.start[a])] for a in self.agents]
        least = math.inf
        for a in self.agents:
            long = _longer(self.instance, a, self.moves + 1, self.left[a])
            others = sum(alone) - alone[a]
            least = min(least, long if self.instance.objective == "makespan" else long + others)
        return least * (1 - 1e-9)

    # ---- solutions -----------------------------------------------------------------------------

    def read(self, value: Callable[[Any], float]) -> Paths:
        """Routes and orders of the model with the least true times that they allow."""
        walks = []
        for a in self.agents:
            walk = []
            for p in self.steps:
                used = [e for e in self.open[a][1][p] if value(self.move[a, p, e]) > 0.5]
                walk += used
            walks.append(walk)
        first = {pair: value(var) > 0.5 for pair, var in self.order.items()}
        times = self._times(walks, first, self.high, None)
        made = []
        for a, walk in enumerate(walks):
            path, t = [(0.0, int(self.instance.start[a]))], 0.0
            for p, e in enumerate(walk):
                if times[a][p] > t:
                    t = times[a][p]
                    path.append((t, path[-1][1]))
                t += self.high.duration(a, e)
                path.append((t, int(self.instance.edges[e, 1])))
            made.append(path)
        return Paths.of(made)

    def _times(self, walks: list, first: dict, offsets: Offsets, scale: float | None) -> list:
        """Least starts of the moves with the orders given; integers of the model with a scale."""
        whole = scale is not None

        def lasts(a: int, e: int) -> float:
            return self._whole(a, e) if whole else offsets.duration(a, e)

        times = [[0.0 if not whole else 0] * len(walk) for walk in walks]
        demands = []
        for (x, y), after in first.items():
            e, f = self._element(walks, x), self._element(walks, y)
            if e is None or f is None:
                continue
            window = offsets.between(x.agent, e, y.agent, f)
            if window is None:
                continue
            late, soon, gap = (x, y, window[1]) if after else (y, x, -window[0])
            if soon.step >= len(walks[soon.agent]):
                raise ValueError("an order waits for an agent that has stopped")
            c: float = gap
            if scale is not None:
                c = math.floor(gap * scale) - (1 if late.kind == "stay" else 0)
            at = late.step
            if late.kind == "stay":
                if at == 0:
                    # There from the beginning: what comes before it would have to end before 0.
                    raise ValueError("an order asks to be before the start")
                at -= 1
                c -= lasts(late.agent, walks[late.agent][at])
            demands.append((late.agent, at, soon.agent, soon.step, c))
        for _ in range(10 * (sum(map(len, walks)) + 2)):
            changed = False
            for a, walk in enumerate(walks):
                for p in range(1, len(walk)):
                    t = times[a][p - 1] + lasts(a, walk[p - 1])
                    if t > times[a][p]:
                        times[a][p], changed = t, True
            for a, p, b, q, c in demands:
                if times[b][q] + c > times[a][p] + (0 if whole else 1e-13):
                    times[a][p], changed = times[b][q] + c, True
            if not changed:
                return times
        raise ValueError("the orders go round in a circle")

    def _element(self, walks: list, use: Use) -> tuple[str, int] | None:
        """What a use is in given walks; None if the agent has stopped before."""
        walk = walks[use.agent]
        if use.kind == "move":
            return ("move", walk[use.step]) if use.step < len(walk) else None
        if use.step > len(walk):
            return None
        if use.step == 0:
            return "stay", int(self.instance.start[use.agent])
        return "stay", int(self.instance.edges[walk[use.step - 1], 1])

    def hint(self, solution: Paths) -> Iterator[tuple[Any, int]]:
        """A complete assignment, if the walks fit into the model's steps."""
        instance = self.instance
        keys = instance.edges[:, 0].astype(np.int64) * instance.vertices + instance.edges[:, 1]
        walks, starts = [], []
        for path in solution.paths:
            pairs = [(p, q) for p, q in zip(path, path[1:]) if p[1] != q[1]]
            wanted = [p[1] * instance.vertices + q[1] for p, q in pairs]
            walks.append(np.searchsorted(keys, wanted).tolist() if wanted else [])
            starts.append([p[0] for p, _ in pairs])
        if any(len(walk) > self.moves for walk in walks):
            return
        if any(e not in self.open[a][1][p] for a, w in enumerate(walks) for p, e in enumerate(w)):
            return
        first = {pair: self._later(walks, starts, *pair) for pair in self.order}
        try:
            times = self._times(walks, first, self.low, self.scale)
        except ValueError:
            return
        yield from self._assignment(walks, times, first)

    def _later(self, walks: list, starts: list, x: Use, y: Use) -> bool:
        """Whether x begins after y ends, rather than the other way round."""
        e, f = self._element(walks, x), self._element(walks, y)
        if e is None or f is None:
            # The agent is at its goal for good: whatever ends comes first.
            return e is None
        window = self.low.between(x.agent, e, y.agent, f) or (0.0, 0.0)
        begin = {}
        for use in (x, y):
            walk, at = walks[use.agent], starts[use.agent]
            leave = at[use.step] if use.step < len(walk) else math.inf
            come = 0.0
            if use.step:
                come = at[use.step - 1] + self.low.duration(use.agent, walk[use.step - 1])
            begin[use] = (leave, leave) if use.kind == "move" else (come, leave)
        after = begin[x][0] - begin[y][1] - window[1]
        return after >= begin[y][0] - begin[x][1] + window[0]

    def _assignment(self, walks: list, times: list, first: dict) -> Iterator[tuple[Any, int]]:
        ends = []
        for a, walk in enumerate(walks):
            t, v = 0, int(self.instance.start[a])
            for p in range(self.moves + 1):
                yield self.reached[a, p], t
                for u in self.open[a][0][p]:
                    yield self.at[a, p, u], int(u == v)
                if p == self.moves:
                    break
                chosen = walk[p] if p < len(walk) else -1
                for e in [-1, *self.open[a][1][p]]:
                    yield self.move[a, p, e], int(e == chosen)
                if chosen >= 0:
                    t, v = times[a][p], int(self.instance.edges[chosen, 1])
                yield self.start[a, p], t
                if chosen >= 0:
                    t += self._whole(a, chosen)
            ends.append(t)
        yield self.objective, max(ends) if self.instance.objective == "makespan" else sum(ends)
        for pair, var in self.order.items():
            yield var, int(first[pair])


def travel(instance: Mapf, agent: int) -> list[float]:
    """Times from every vertex to an agent's goal, alone; infinite where there is no way."""
    import heapq

    edges, usable = instance.edges.tolist(), instance.usable(agent)
    into: dict[int, list[tuple[int, float]]] = {}
    for e, (tail, head) in enumerate(edges):
        if usable[e]:
            lasts = float(instance.length[e] / instance.speed[agent])
            into.setdefault(head, []).append((tail, lasts))
    best = [math.inf] * instance.vertices
    heap = [(0.0, int(instance.goal[agent]))]
    best[heap[0][1]] = 0.0
    while heap:
        d, v = heapq.heappop(heap)
        if d > best[v]:
            continue
        for u, lasts in into.get(v, ()):
            if d + lasts < best[u]:
                best[u] = d + lasts
                heapq.heappush(heap, (d + lasts, u))
    return best


def _fewest(instance: Mapf, agent: int) -> int:
    """Least number of moves of an agent's walk; 0 where there is none."""
    usable = instance.edges[instance.usable(agent)]
    there = np.zeros(instance.vertices, dtype=bool)
    there[instance.start[agent]] = True
    for count in range(instance.vertices + 1):
        if there[instance.goal[agent]]:
            return count
        there[usable[there[usable[:, 0]], 1]] = True
    return 0


def _longer(instance: Mapf, agent: int, moves: int, left: list[float]) -> float:
    """Least time of a walk of at least `moves` moves: exactly so many, then the quickest way on."""
    usable = instance.usable(agent)
    tails, heads = instance.edges[usable].T if usable.any() else (np.empty(0, int),) * 2
    lasts = instance.length[usable] / instance.speed[agent]
    best = np.full(instance.vertices, math.inf)
    best[instance.start[agent]] = 0.0
    for _ in range(moves):
        after = np.full(instance.vertices, math.inf)
        np.minimum.at(after, heads, best[tails] + lasts)
        best = after
    return float((best + np.array(left)).min())
