"""Texts about robots and cities, written here and solved here: a second way to the 21 types.

``text(kind, robots, rng, cities)`` writes a random problem in the words of the data set and returns
(text, problem); ``best(problem)`` enumerates every way to split the cities among the robots and
every order, from the meaning of the words. Nothing of the package is used.
"""

from __future__ import annotations

import functools
import itertools
import math
from types import SimpleNamespace

KINDS = {
    1: ("A", "B", "C", "D", "E", "F", "G", "H", "I", "J"),
    4: ("A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K"),
}
WORDS = "zero one two three four five six seven eight nine ten".split()  # noqa: SIM905
COLOURS = ("red", "yellow", "green", "blue")


def text(kind, robots, rng, cities=6):
    """A random text of a type for 1 robot or several, and what it means."""
    p = SimpleNamespace(kind=kind, robots=robots, n=cities, start=int(rng.integers(1, cities + 1)))
    p.xy = {k: tuple(rng.integers(0, 10, 2).tolist()) for k in range(1, cities + 1)}
    p.others = [k for k in p.xy if k != p.start]
    p.depots, p.matrix, p.factor, p.groups, p.order = {p.start}, None, 1, None, []
    p.window = p.sells = p.colour = p.energy = p.radius = p.quota = p.capacity = None
    s = str(p.start)
    env, robot, goal, rules = [], [], [], []
    many = robots > 1
    if kind in "HI":
        p.depots |= set(rng.choice(p.others, 2, replace=False).tolist())
    for k, (x, y) in p.xy.items():
        env.append(f"City {k}: ({x}, {y})" + " [Depot]" * (k in p.depots))
    metric = "Euclidean distance"
    if kind == "G":
        far = rng.integers(1, 12, (cities, cities))
        far[range(cities), range(cities)] = 0
        p.matrix, metric = far.tolist(), "distance matrix"
        env = ["The distance between each pair of cities are presented in a distance matrix below:"]
        env += ["[" + ", ".join(map(str, row)) + "]," for row in p.matrix]
    if kind == "C":
        count = int(rng.integers(robots if many else 1, cities))
        mixed = rng.permutation(p.others).tolist()
        p.groups = [mixed[g::count] for g in range(count)]
        env.append(f"There are {WORDS[count]} city groups.")
        env += [
            f"City group {chr(65 + g)}: {', '.join(f'City {k}' for k in group)}"
            for g, group in enumerate(p.groups)
        ]
    if kind == "E":
        p.factor = 10
        p.sells = {k: (5 * int(rng.integers(1, 5)), int(rng.integers(2, 21))) for k in p.others}
        env.append("Each city may sell different products at different prices.")
        for k, (units, price) in p.sells.items():
            env += ["", f"City {k}:", f"    {units} units at ${price} each"]
        p.quota = sum(u for u, _ in p.sells.values()) * 2 // 3
    if kind == "K":
        p.colour = {k: sorted({str(c) for c in rng.choice(COLOURS[:robots], 2)}) for k in p.others}
        p.colour[p.start] = list(COLOURS)
        env += [f"City {k}: {p.colour[k]}" + "  # Depot" * (k == p.start) for k in p.xy]
    if kind in "HI":
        named = ", ".join(f"City {k}" for k in sorted(p.depots))
        env.append(f"There are three depots: {named}." if many else f"{named} are all depots.")
    # -- robots
    if many:
        by = "10 times the Euclidean distance between these two cities" * (kind == "E") or metric
        robot.append(f"{WORDS[robots].capitalize()} robots are available for the task.")
        robot.append(
            f"All robots start their journeys from the depot (City {s}), and the travel cost "
            f"between any two cities is determined by the {by}."
        )
    else:
        robot += ["There is a robot.", f"- The robot starts at city {s}."]
    if kind == "F":
        robot.append(f"{'All robots travel' if many else 'The robot travels'} 1 unit of distance "
                     "with 1 unit of time.")  # fmt: skip
    if kind == "I":
        near = max(min(math.dist(p.xy[k], p.xy[d]) for d in p.depots) for k in p.xy)
        p.energy = max(8, math.ceil(2 * near) + int(rng.integers(0, 4)))
        if many:
            robot.append(
                "All robots have the same amount of energy, which can only allow them to travel at "
                f"most {p.energy} units of distance."
            )
            robot.append(
                "All robots can recharge at any depot, and the energy will be fully recharged to "
                f"{p.energy} units after recharging."
            )
        else:
            robot.append(
                "- The robot has the energy, which allows it to travel at most "
                f"{p.energy} units of distance."
            )
            robot.append(
                "- The robot can recharge at any depot, and the energy will be fully recharged "
                "after recharging."
            )
    if kind == "E" and many:
        p.capacity = [5 * int(v) for v in rng.integers(4, 9, robots)]
        robot.append(
            "Each robot has its own capacity. "
            + ", ".join(
                f"Robot {'ABCD'[r]} can carry up to {c} units" for r, c in enumerate(p.capacity)
            )
            + "."
        )
    if kind == "K":
        robot.append("The colors of the robots are as follows:")
        robot += [f"    Robot {r + 1}: {COLOURS[r]}" for r in range(robots)]
    # -- objective and constraints
    each = "Each" if many else "The"
    home = "one of the depots" if kind in "HI" else f"the depot (City {s})"
    rules.append(f"{each} robot starts its tour from the depot (City {s}) and must return to "
                 f"{home} after completing its tour.")  # fmt: skip
    once = "Each city must be visited exactly once."
    if kind == "B":
        goal.append("Primary objective: minimize the maximum travel cost between any two "
                    "consecutive cities in any robot's tour.")  # fmt: skip
        goal.append("Secondary objective: minimize the discrepancy or balance the tour costs.")
    elif kind == "E":
        goal.append("The goal is to minimize the maximum tour costs (travel cost + purchasing cost)"
                    " among all robots." if many else "The goal is to minimize the tour costs "
                    f"(travel cost + purchasing cost) while satisfying buy {p.quota} units of "
                    "product.")  # fmt: skip
        rules.append(
            f"All robots collaborate to buy {p.quota} units of product in total."
            if many
            else f"The robot needs to buy {p.quota} units of product."
        )
        rules.append("If a city be visited by the robot, the robot must purchase all units of the "
                     "product from the city.")  # fmt: skip
        once = "Each city can be visited at most once."
    else:
        goal.append(
            "The goal is to minimize the maximum tour cost among all robots under the "
            "given constraints."
            if many
            else "The goal is to minimize the tour cost."
        )
    if kind == "C":
        once = "Each city group must be visited exactly once."
    if kind == "D":
        size = int(rng.integers(2, min(5, len(p.others)) + 1))
        p.order = sorted(rng.choice(p.others, size, replace=False).tolist())
        who = "the tours of any robot" if many else "a tour of the robot"
        rules.append(f"There are sequence constraints. Within {who}, if any subset of the cities "
                     f"{', '.join(map(str, p.order))} are visited, they must be visited in the "
                     "sequence dictated by their numbering.")  # fmt: skip
    if kind == "F":
        p.window = {}
        now, at = 0.0, p.start
        for k in rng.permutation(p.others).tolist():  # one tour keeps them all
            now, at = now + math.dist(p.xy[at], p.xy[k]), k
            p.window[k] = (
                int(max(0, now - rng.integers(0, 9))),
                math.ceil(now + rng.integers(0, 9)),
            )
        rules.append("Each city has a service time window [start time, end time].")
        rules += [f"City {k}: Time window [{a}, {b}]" for k, (a, b) in p.window.items()]
    if kind == "G":
        once = "Each city can be visited multiple times."
    if kind == "J":
        p.radius = int(rng.integers(4, 9))
        rules.append(f"Only cities within a {p.radius}-unit distance from the depot (City {s}) are "
                     "selected for visits.")  # fmt: skip
        once = "Each selected city must be visited exactly once."
        p.others = [k for k in p.others if math.dist(p.xy[k], p.xy[p.start]) <= p.radius]
    if kind in "HI":
        rules.append("Depot cities must be visited at least once.")
    if kind == "K":
        rules.append("Each robot can only visit cities that match its color.")
    rules.append(once)
    if many:
        rules.append(f"You must use exactly {WORDS[robots]} robots for the task.")
    rules.append("The travel cost between any two cities is determined by the "
                 + "10 times the Euclidean distance between these two cities." * (kind == "E")
                 + f"{metric}." * (kind != "E"))  # fmt: skip
    body = [
        '"""', "Environment information:", "", f"There are {WORDS[cities]} cities.", "", *env,
        '"""', "", '"""', "Robot information:", "", *robot, '"""', "", "###", "Objective:", *goal,
        "", "Constraints:", *(f"{k}. {rule}" for k, rule in enumerate(rules, 1)), "###", "",
    ]  # fmt: skip
    return "\n".join(body), p


def feasible_count(p):
    """Whether there are cities enough for every robot to have one."""
    return (len(p.groups) if p.groups else len(p.others)) >= p.robots


def best(p):
    """The least objective in thousandths (a matrix: as it is); a pair for type B; None: none."""
    robots = range(p.robots)
    tours = [_tours(p, r) for r in (robots if p.kind in "EK" and p.robots > 1 else [0])]
    tours = tours if len(tours) == p.robots else tours * p.robots
    least = None
    for served in _served(p):
        for parts in _splits(served, p.robots, alike=len({id(t) for t in tours}) == 1):
            values = [tours[r].get(part) for r, part in enumerate(parts)]
            if any(not v for v in values):
                continue
            for value in _values(p, values):
                if least is None or value < least:
                    least = value
    return least


def _values(p, options):
    if p.kind != "B":
        costs = [min(cost for cost, _ in o) for o in options]
        yield sum(costs) if p.robots == 1 else max(costs)
        return
    for chosen in itertools.product(*options):
        costs = [cost for cost, _ in chosen]
        edge = max(arc for _, arc in chosen)
        yield edge, costs[0] if p.robots == 1 else max(costs) - min(costs)


def _served(p):
    """The sets of cities that are visited, as sorted tuples."""
    if p.groups:
        yield from (tuple(sorted(c)) for c in itertools.product(*p.groups))
    elif p.sells:
        for size in range(1, len(p.others) + 1):
            for chosen in itertools.combinations(p.others, size):
                if sum(p.sells[k][0] for k in chosen) >= p.quota:
                    yield chosen
    else:
        yield tuple(p.others)


def _splits(served, robots, alike):
    """All ways to give every robot a nonempty set; robots that are alike only in one order."""
    for owner in itertools.product(range(robots), repeat=len(served)):
        if len(set(owner)) < robots:
            continue
        firsts = [owner.index(r) for r in range(robots)]
        if alike and firsts != sorted(firsts):
            continue
        yield [tuple(k for k, o in zip(served, owner) if o == r) for r in range(robots)]


def _tours(p, robot):
    """By set of cities: the (cost, longest arc) of all tours, of each pair one."""
    found = {}
    most = len(p.others) - p.robots + 1
    for size in range(1, most + 1):
        for chosen in itertools.combinations(p.others, size):
            if p.colour and any(COLOURS[robot] not in p.colour[k] for k in chosen):
                continue
            if p.capacity and sum(p.sells[k][0] for k in chosen) > p.capacity[robot]:
                continue
            extra = sum(u * price * 1000 for u, price in (p.sells[k] for k in chosen)) * bool(
                p.sells) if p.sells else 0  # fmt: skip
            ways = set()
            for order in itertools.permutations(chosen):
                if [k for k in order if k in p.order] != sorted(k for k in order if k in p.order):
                    continue
                way = _tour(p, order)
                if way is not None:
                    ways.add((p.factor * way[0] + extra, way[1]))
            found[chosen] = ways
    return found


def _distances(p):
    """Distances between the cities: thousandths, or the matrix and its shortest ways."""
    if p.matrix is None:
        return {(a, b): math.floor(1000 * math.dist(p.xy[a], p.xy[b]) + 0.5)
                for a in p.xy for b in p.xy}  # fmt: skip
    far = {(a, b): p.matrix[a - 1][b - 1] for a in p.xy for b in p.xy}
    for _ in p.xy:
        far = {(a, b): min(far[a, k] + far[k, b] for k in p.xy) for a, b in far}
    return far


def _tour(p, order):
    """(length, longest arc) of the best tour in an order, None if there is none."""
    if not hasattr(p, "far"):
        p.far = _distances(p)
    ends = sorted(p.depots) if p.kind in "HI" else [p.start]
    if p.energy is not None:
        return _charged(p, order, ends)
    now = total = arc = 0
    at = p.start
    for k in order:
        way = p.far[at, k]
        now, total, arc, at = now + way, total + way, max(arc, way), k
        if p.window:
            first, last = (1000 * v for v in p.window[k])
            if now > last:
                return None
            now = max(now, first)
    way = min(p.far[at, e] for e in ends)
    return total + way, max(arc, way)


def _charged(p, order, ends):
    """The shortest tour with calls at depots, by all pairs of (length, energy used)."""
    full = 1000 * p.energy

    def leg(a, b, used):
        """(length, used) on arrival: straight on, or by depots in any order."""
        for size in range(len(p.depots) + 1):
            for chain in itertools.permutations(sorted(p.depots), size):
                spent, length, at = used, 0, a
                for goal in (*chain, b):
                    spent, length = spent + p.far[at, goal], length + p.far[at, goal]
                    if spent > full:
                        break
                    spent, at = 0 if goal in p.depots else spent, goal
                else:
                    yield length, spent

    @functools.cache
    def rest(k, used):
        a = p.start if k == 0 else order[k - 1]
        if k == len(order):
            return min((x for e in ends for x, _ in leg(a, e, used)), default=None)
        options = [
            length + tail
            for length, spent in leg(a, order[k], used)
            if (tail := rest(k + 1, spent)) is not None
        ]
        return min(options, default=None)

    length = rest(0, 0)
    return None if length is None else (length, 0)
