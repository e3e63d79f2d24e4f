"""Path finding by enumeration: bounded walks, and an order for every pair of uses that collides.

For fixed walks a schedule is free of collisions exactly if of every two uses (a move, or being at a
vertex from one move to the next) of different agents one is over soon enough before the other
begins: the offsets at which two uses collide form an interval, found here by bisection on the
closest approach. Orders are branched on where the earliest schedule collides; with orders fixed the
earliest times follow. Walks are bounded by the cost that is to be beaten.
"""

from __future__ import annotations

import heapq
import itertools
import math

import numpy as np

import zerogap as zg
from zerogap.models.base import InstanceError
from zerogap.models.mapf import Mapf, Paths

FAMILY = "mapf"
METHODS = ("auto", "kernel", "exact")
EXACT: tuple[str, ...] = ()
#: Combinations of walks looked at before an instance is drawn anew, and time above the bound.
MOST, ABOVE = 4000, 3.0
_SAME = 1e-9


def draw(rng):
    """Two or three agents on at most nine vertices, every feature on with probability 1/4."""
    while True:
        instance = _draw(rng)
        if instance is None:
            continue
        if rng.random() < 0.01:
            cut = _unreachable(instance, rng)
            if cut is not None:
                return cut, {}
        answer = _solve(instance)
        # Where nobody is in the way there is little to be wrong about.
        if answer is not None and (answer[0] > _floor(instance) + _SAME or rng.random() < 0.1):
            return instance, {"backend": str(rng.choice(["cbs", "cp-sat"]))}


def _draw(rng):
    on = lambda: rng.random() < 0.25  # noqa: E731
    k = 3 if on() else 2
    fields = {"objective": "makespan" if on() else "flowtime"}
    fields["radius"] = float(rng.choice([0.2, 0.353553, 0.45, 0.5]))
    if on():
        fields["radius"] = rng.choice([0.2, 0.3, 0.45, 0.6], k).tolist()
    if on():
        fields["speed"] = rng.choice([0.5, 1.0, 1.5, 2.0], k).tolist()
    try:
        if on() or on():
            return _roadmap(rng, k, fields)
        rows, columns = int(rng.integers(1, 4)), int(rng.integers(2, 4))
        blocked = rng.random((rows, columns)) < (0.25 if on() else 0.05)
        free = np.flatnonzero(~blocked.ravel())
        if len(free) < k:
            return None
        start, goal = (rng.choice(free, k, replace=False) for _ in range(2))
        if on():
            fields["sweep"] = "centre"
        connectedness = int(rng.integers(4, 6)) if on() else int(rng.integers(2, 4))
        return Mapf.on_grid(blocked, start, goal, connectedness=connectedness, **fields)
    except InstanceError:
        return None  # starts or goals overlap


def _roadmap(rng, k, fields):
    n = int(rng.integers(k + 1, 8))
    xy = rng.uniform(0, 2.5, (n, 2)) if rng.random() < 0.5 else rng.integers(0, 3, (n, 2))
    pairs = [p for p in itertools.permutations(range(n), 2) if rng.random() < 0.3]
    pairs = sorted(set(pairs) | {(b, a) for a, b in pairs if rng.random() < 0.9})
    zero = bool(rng.random() < 0.25)
    start, goal = (rng.choice(n, k, replace=False) for _ in range(2))
    return Mapf(xy, np.array(pairs).reshape(-1, 2), start, goal, zero_edges=zero, **fields)


def _unreachable(instance, rng):
    """The instance without the edges into one goal that is no start."""
    goals = [g for i, g in enumerate(instance.goal) if instance.start[i] != g]
    if not goals:
        return None
    keep = instance.edges[:, 1] != rng.choice(goals)
    return _with(instance, edges=instance.edges[keep], room=instance.room[keep])


def _with(instance, **changed):
    """The same as a roadmap, with changes."""
    names = ("xy", "edges", "start", "goal", "radius", "speed", "objective", "room", "space")
    fields = {name: getattr(instance, name) for name in names} | changed
    return Mapf(**fields, zero_edges=instance.zero_edges)


# ---- closest approach and offsets --------------------------------------------------------------


class _Uses:
    """When two uses collide, by definition: sampled nowhere, bisected on the offset."""

    def __init__(self, instance):
        self.instance = instance
        self.xy = instance.xy.tolist()
        self.known = {}

    def duration(self, i, edge):
        (x0, y0), (x1, y1) = self.xy[edge[0]], self.xy[edge[1]]
        return math.hypot(x1 - x0, y1 - y0) / float(self.instance.speed[i])

    def gap(self, i, e, j, f, offset):
        """Least distance of i on e (from time `offset`) and j on f (from time 0) while both are."""
        de, df = self.duration(i, e), self.duration(j, f)
        begin, end = max(offset, 0.0), min(offset + de, df)
        if begin > end:
            return math.inf
        (ax, ay), (bx, by) = self._at(e, de, begin - offset), self._at(f, df, begin)
        (cx, cy), (dx, dy) = self._at(e, de, end - offset), self._at(f, df, end)
        px, py = ax - bx, ay - by  # apart at the beginning, and how that changes
        qx, qy = (cx - dx) - px, (cy - dy) - py
        square = qx * qx + qy * qy
        s = 0.0 if square == 0 else min(1.0, max(0.0, -(px * qx + py * qy) / square))
        return math.hypot(px + s * qx, py + s * qy)

    def _at(self, e, d, t):
        (x0, y0), (x1, y1) = self.xy[e[0]], self.xy[e[1]]
        s = 0.0 if d == 0 else t / d
        return x0 + s * (x1 - x0), y0 + s * (y1 - y0)

    def offsets(self, i, e, j, f):
        """The open interval of offsets (begin of i's e less begin of j's f) that collide, or None.

        Being at a vertex is an edge from it to itself, which takes no time.
        """
        key = (i, e, j, f)
        if key not in self.known:
            self.known[key] = self._offsets(i, e, j, f)
        return self.known[key]

    def _offsets(self, i, e, j, f):
        radius = self.instance.radius
        # A little more than the checker asks for: schedules lie on the very limit.
        need = float(radius[i] + radius[j]) * (1 - 1e-6 + 5e-8)
        low, high = -self.duration(i, e), self.duration(j, f)
        if low == high:
            return (0.0, 0.0) if self.gap(i, e, j, f, 0.0) < need else None
        inside = self._inside(i, e, j, f, low, high, need)
        if inside is None:
            return None
        ends = []
        for outside in (low - 1e-3, high + 1e-3):
            a, b = inside, outside
            for _ in range(60):
                middle = 0.5 * (a + b)
                if self.gap(i, e, j, f, middle) < need:
                    a = middle
                else:
                    b = middle
            ends.append(0.5 * (a + b))
        return tuple(ends)

    def _inside(self, i, e, j, f, low, high, need):
        """An offset that collides: the gap is a convex function of it where both are under way."""
        a, b = low, high
        for _ in range(80):  # ternary search
            p, q = a + (b - a) / 3, b - (b - a) / 3
            if self.gap(i, e, j, f, p) < self.gap(i, e, j, f, q):
                b = q
            else:
                a = p
        middle = 0.5 * (a + b)
        return middle if self.gap(i, e, j, f, middle) < need - 1e-9 else None


# ---- walks and orders --------------------------------------------------------------------------


def _travel(instance, i):
    """Times from every vertex to agent i's goal."""
    uses = _Uses(instance)
    into = {}
    for e, (a, b) in enumerate(instance.edges.tolist()):
        if instance.usable(i)[e]:
            into.setdefault(b, []).append((a, uses.duration(i, (a, b))))
    best, heap = {}, [(0.0, int(instance.goal[i]))]
    while heap:
        d, v = heapq.heappop(heap)
        if v in best:
            continue
        best[v] = d
        for a, w in into.get(v, []):
            heapq.heappush(heap, (d + w, a))
    return best


def _walks(instance, i, limit):
    """All walks of agent i that need at most `limit`, as lists of vertices, with their times."""
    uses, left = _Uses(instance), _travel(instance, i)
    usable = instance.usable(i)
    out = {}
    for e, (a, b) in enumerate(instance.edges.tolist()):
        if usable[e] and b in left:
            out.setdefault(a, []).append((b, uses.duration(i, (a, b))))
    goal, found = int(instance.goal[i]), []
    stack = [([int(instance.start[i])], 0.0)]
    while stack:
        walk, t = stack.pop()
        if walk[-1] == goal:
            found.append((t, walk))
            if len(found) > MOST:
                return None
        for b, d in out.get(walk[-1], []):
            # Edges of length 0 lead round in no time: a walk goes there once between two others.
            if t + d + left[b] <= limit + _SAME and (d > 0 or walk[-2:-1] != [b]):
                stack.append(([*walk, b], t + d))
    return sorted(found)


def _schedule(instance, uses, walks, best):
    """Cost and times of the best schedule of fixed walks that costs less than `best`, or None."""
    k = len(walks)
    durations = [[uses.duration(i, e) for e in zip(w, w[1:])] for i, w in enumerate(walks)]
    found = [best, None]

    def earliest(orders):
        times = [[0.0] * len(d) for d in durations]
        for _ in range(200):
            changed = False
            for i in range(k):
                for m in range(1, len(times[i])):
                    t = times[i][m - 1] + durations[i][m - 1]
                    if t > times[i][m] + 1e-12:
                        times[i][m] = t
                        changed = True
            for (i, m), (j, n), c in orders:
                t = times[j][n] + c
                if t > times[i][m] + 1e-12:
                    times[i][m] = t
                    changed = True
            if not changed:
                return times
        return None

    def cost(times):
        ends = [t[-1] + d[-1] if t else 0.0 for t, d in zip(times, durations)]
        return max(ends) if instance.objective == "makespan" else math.fsum(ends)

    def pieces(i, times):
        """(kind, index, edge, begin, end): presences and moves of agent i."""
        walk, t = walks[i], 0.0
        for m in range(len(walk)):
            leave = times[i][m] if m < len(walk) - 1 else math.inf
            yield "stay", m, (walk[m], walk[m]), t, leave
            if m < len(walk) - 1:
                yield "move", m, (walk[m], walk[m + 1]), leave, leave
                t = leave + durations[i][m]

    def collision(times):
        for i in range(k):
            for j in range(i):
                for p in pieces(i, times):
                    for q in pieces(j, times):
                        window = uses.offsets(i, p[2], j, q[2])
                        if window is None:
                            continue
                        lo, hi = window
                        if p[3] - q[4] < hi - _SAME and p[4] - q[3] > lo + _SAME:
                            return (i, p), (j, q), window
        return None

    def after(x, y, c):
        """Order: the use x begins c after the use y ends; None if that cannot be."""
        (i, p), (j, q) = x, y
        if q[0] == "stay" and q[1] >= len(walks[j]) - 1:
            return None
        if p[0] == "stay":
            if p[1] == 0:
                return None
            return (i, p[1] - 1), (j, q[1]), c - durations[i][p[1] - 1]
        return (i, p[1]), (j, q[1]), c

    def search(orders):
        times = earliest(orders)
        if times is None:
            return
        value = cost(times)
        if value >= found[0] - _SAME:
            return
        hit = collision(times)
        if hit is None:
            found[0], found[1] = value, times
            return
        x, y, (lo, hi) = hit
        for order in (after(x, y, hi), after(y, x, -lo)):
            if order is not None:
                search([*orders, order])

    search([])
    return None if found[1] is None else (found[0], found[1], durations)


def _paths(walks, times, durations):
    made = []
    for walk, begin, d in zip(walks, times, durations):
        path, t = [(0.0, walk[0])], 0.0
        for m, v in enumerate(walk[1:]):
            if begin[m] > t:
                path.append((begin[m], walk[m]))
            t = max(t, begin[m]) + d[m]
            path.append((t, v))
        made.append(path)
    return Paths.of(made)


_CACHE: dict = {}


def _solve(instance, permitted=None):
    """(cost, Paths, others) of the best solution; None if that takes too long.

    `permitted(i, walk)` says which walks are allowed.
    """
    key = (zg.digest(instance), None if permitted is None else permitted.key)
    if key not in _CACHE:
        if len(_CACHE) > 50:
            _CACHE.clear()
        _CACHE[key] = _solve_anew(instance, permitted)
    return _CACHE[key]


def _floor(instance):
    alone = [_travel(instance, i)[int(instance.start[i])] for i in range(instance.agents)]
    return max(alone) if instance.objective == "makespan" else sum(alone)


def _solve_anew(instance, permitted):
    k, uses = instance.agents, _Uses(instance)
    alone = [_travel(instance, i).get(int(instance.start[i])) for i in range(k)]
    if None in alone:
        return None
    makespan = instance.objective == "makespan"
    floor = max(alone) if makespan else sum(alone)
    unit = float(instance.length.mean() / instance.speed.max()) if len(instance.length) else 1.0
    for above in (0.05, 0.6, 1.2, 2.0, ABOVE):
        budget = floor + above * unit
        lists = []
        for i in range(k):
            limit = budget if makespan else budget - (sum(alone) - alone[i])
            walks = _walks(instance, i, limit)
            if walks is None:
                return None
            lists.append([w for w in walks if permitted is None or permitted(i, w[1])])
        combine = max if makespan else sum
        combos = [
            (combine(w[0] for w in combo), combo)
            for combo in itertools.islice(itertools.product(*lists), 50 * MOST)
        ]
        if math.prod(len(x) for x in lists) > 50 * MOST:
            return None
        combos = sorted((c for c in combos if c[0] <= budget), key=lambda c: c[0])
        if len(combos) > MOST:
            return None
        best, solution, others = budget + 2 * _SAME, None, []
        for least, combo in combos:
            if least >= best - _SAME:
                break
            walks = [w[1] for w in combo]
            answer = _schedule(instance, uses, walks, best)
            if answer is not None:
                best, solution = answer[0], _paths(walks, *answer[1:])
                others.append(solution)
        if solution is not None:
            return best, solution, others
    return None


def optimum(instance, options, allowed=None):
    """(value, solution) of the best solution; (None, None) where a goal cannot be reached."""
    answer = _solve(instance, getattr(allowed, "permitted", None))
    return (None, None) if answer is None else answer[:2]


def solution(instance, rng, options):
    """A feasible solution that the enumeration came across."""
    answer = _solve(instance)
    return None if answer is None else answer[2][int(rng.integers(len(answer[2])))]


def extension(instance, rng, options):
    """One agent may not visit a vertex that it would visit."""
    answer = _solve(instance)
    if answer is None:
        return None
    a = int(rng.integers(instance.agents))
    ends = {int(instance.start[a]), int(instance.goal[a])}
    passed = sorted({v for _, v in answer[1].paths[a]} - ends)
    if not passed:
        return None
    v = int(passed[int(rng.integers(len(passed)))])

    def permitted(i, walk):
        return i != a or v not in walk

    def allowed(paths):
        return v not in {u for _, u in paths.paths[a]}

    def extend(model):
        for (b, _, u), there in model.variables["at"].items():
            if (b, u) == (a, v):
                model.model.add(there == 0)

    permitted.key = (a, v)
    allowed.permitted = permitted
    if _solve(instance, permitted) is None:  # too long to enumerate
        return None
    return extend, allowed, ("auto", "exact")


def variants(instance, rng, options):
    """Vertices relabelled (a grid becomes a roadmap); everybody twice as fast; mirrored."""
    n = instance.vertices
    p = rng.permutation(n)
    place = np.argsort(p)
    moved = {
        "xy": instance.xy[p],
        "space": instance.space[p],
        "edges": place[instance.edges],
        "start": place[instance.start],
        "goal": place[instance.goal],
    }
    yield _with(instance, **moved), lambda value: value
    yield _with(instance, speed=2 * instance.speed), lambda value: value / 2
    turned = instance.xy[:, ::-1] * [1.0, -1.0] + 3.0
    yield _with(instance, xy=turned), lambda value: value
