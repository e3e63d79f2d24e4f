"""Routing with up to 4 clients: every route of every vehicle, every way to combine them.

From the definitions in the docstring of the instance: subsets, permutations, splits into trips,
depots of reloading and to end at, chains of stations between stops, and all whole departures where
the duration of a route counts.
"""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np

from tests.oracles import routing_fleet as fleet
from tests.oracles import routing_hours as hours
from zerogap.models.routing import Builder, Route, Routes
from zerogap.models.routing.fields import FIELDS

FAMILY = "routing"
METHODS = ("auto", "kernel", "exact", "columns")
EXACT = ("columns",)
REFUSALS = ("column generation", "no kernel knows", "too many for the circuit model", "times up to")
NEVER = 1 << 60
BARRED = 1 << 40


def draw(rng):
    """A mixed instance: most often one that has a plan, or so many features would leave few."""
    for _ in range(12):
        instance = _mixed(rng)
        if rng.random() < 0.1 or next(_plans(instance), None) is not None:
            break
    return instance, {}


def _mixed(rng):
    """Every feature of the instance on with probability 1/4, at most 4 clients."""
    on = lambda p=0.25: bool(rng.random() < p)  # noqa: E731
    n, depots = int(rng.integers(1, 5)), 1 + on()
    energy, timing = on(0.2), on(0.3)
    energy = energy and not timing
    n = min(n, 3) if energy else n
    kinds = 1 + on()
    b = Builder(rounding="round")
    for _ in range(depots):
        window = (int(rng.integers(0, 9)), int(rng.integers(20, 80))) if on(0.1) else (0, NEVER)
        b.add_depot(*rng.integers(0, 20, 2).tolist(), window=window)
    groups = [b.add_group(required=on(0.5)) for _ in range(on())]
    dims = 1 + on(0.1)
    pickups, windows, prizes, releases = on(), on(), on(), on()
    last = on() and pickups
    pairs = on(0.2) and n >= 2
    purchases, units, setups = on(0.2), on(0.2), False
    for c in range(n):
        fields: dict = {}
        if on(0.7):
            fields["delivery"] = rng.integers(0, 6, dims).tolist()
        if pickups and on(0.6):
            fields["pickup"] = rng.integers(0, 6, dims).tolist()
        if on():
            fields["service"] = int(rng.integers(0, 8))
        if windows and on(0.7):
            opens = np.sort(rng.integers(0, 60, 2 + 2 * on())).tolist()
            spans = [tuple(opens[i : i + 2]) for i in range(0, len(opens), 2)]
            if len(spans) == 1 or spans[0][1] < spans[1][0]:
                fields["window"] = spans
        if releases and on(0.5):
            fields["release"] = int(rng.integers(0, 25))
        if prizes and on(0.6):
            fields["prize"] = int(rng.integers(0, 40))
            fields["required"] = on()
        if purchases and on(0.7):
            fields["purchase"] = int(rng.integers(0, 30))
        if units and on(0.9):
            fields["units"] = int(rng.integers(0, 6))
        if energy and on():
            fields["refill"] = True
        if pairs and c < 2:
            fields["required"] = True
        elif groups and on(0.5):
            fields["group"] = groups[0]
        fleet.client(rng, on, fields, kinds)
        if timing:
            hours.client(rng, on, fields)
        setups = setups or "setup" in fields
        b.add_client(*rng.integers(0, 20, 2).tolist(), **fields)
    road = timing and on(0.5)  # breaks may interrupt drives
    trips = on() and not energy
    limited = on()
    repeat, several = on(0.4) and not (energy or setups), on() and depots > 1
    repeat, several = repeat and not timing, several and not timing
    for _ in range(kinds):
        fields = {"capacity": rng.integers(4, 14, dims).tolist()} if on(0.7) else {}
        fields["start_depot"] = int(rng.integers(depots))
        fields["end_depot"] = None if on() and not trips else int(rng.integers(depots))
        if several and fields["end_depot"] is not None and on(0.7):
            fields["end_depots"] = [d for d in range(depots) if on(0.6)]
        if energy and on(0.8):
            fields["energy"] = int(rng.integers(15, 60))
            fields["stations"] = [d for d in range(depots) if on(0.7)]
        if on():
            fields["fixed_cost"] = int(rng.integers(0, 20))
        if on():
            fields["distance_cost"] = int(rng.integers(0, 3))
        if limited and on():
            fields["duration_cost"] = int(rng.integers(1, 3))
        if on(0.15):
            fields["shift"] = (int(rng.integers(0, 9)), int(rng.integers(30, 120)))
        if on(0.15):
            fields["max_distance"] = int(rng.integers(20, 70))
        if limited and on():
            fields["max_duration"] = int(rng.integers(20, 80))
        if on():
            fields["max_stops"] = int(rng.integers(0, n + 1))
        if trips:
            fields["max_trips"] = int(rng.integers(1, 4))
            fields["reload_depots"] = (
                [int(d) for d in range(depots) if rng.random() < 0.7]
                if fields["max_trips"] > 1
                else []
            )
        if on():
            fields["preference"] = rng.integers(0, 15, n).tolist()
        if on():
            fields["allowed"] = (rng.random(n) < 0.8).tolist()
        if timing:
            hours.vehicle(rng, on, fields, road)
        if on(0.15) and "capacity" in fields:
            fields["on_board"] = [int(rng.integers(0, c + 1)) for c in fields["capacity"]]
        fleet.vehicle(rng, on, fields, n)
        b.add_vehicle_type(int(rng.integers(1, 3)), **fields)
    if pairs:
        b.add_shipment(0, 1, rng.integers(0, 5, dims).tolist())
    if n >= 2:
        for add in (b.add_conflict, b.add_precedence):
            if on(0.15):
                add(*(int(v) for v in rng.choice(n, 2, replace=False)))
    places = depots + n
    if on() or timing:  # a road network: not metric, not symmetric, with one-way streets
        far = rng.integers(1, 40, (places, places))
        far[np.eye(places, dtype=bool)] = 0
        far[(rng.random(far.shape) < 0.1) & (far > 0)] = BARRED
        slow = np.where(far < BARRED, rng.integers(1, 40, far.shape), BARRED)
        both = on(0.5) and not (energy or repeat)
        b.set_matrices(far, np.where(np.eye(places, dtype=bool), 0, slow) if both else None)
        if timing and not road and on(0.5):
            level = np.where(np.eye(places, dtype=bool), 0, slow)
            if on(0.5):
                b.set_traffic(*hours.tables(rng, level), by="departure")
            else:
                b.set_traffic(*hours.traffic(rng, level))
    whole: dict = {}
    if last:
        whole["backhaul"] = "last"
    if on(0.1):
        whole["min_clients"] = int(rng.integers(0, n + 1))
    if on(0.1):
        whole["min_prize"] = int(rng.integers(0, 40))
    if on(0.1):
        whole["gap_offset"] = int(rng.integers(0, 50))
    if on(0.15):
        whole["min_vehicles"] = int(rng.integers(0, 3))
    if on(0.15):
        whole["max_vehicles"] = whole.get("min_vehicles", 0) + int(rng.integers(0, 3))
    if units and on(0.6):
        whole["min_units"] = int(rng.integers(0, 6))
    if units and on(0.3):
        whole["max_units"] = whole.get("min_units", 0) + int(rng.integers(2, 12))
    objective = str(rng.choice(["cost", "cost", "cost", "longest", "bottleneck", "costliest"]))
    objective = "cost" if timing and objective == "costliest" else objective
    if repeat and objective != "bottleneck":
        whole["visits"] = "repeat"
    if on(0.2) and not (limited or timing):
        second = str(rng.choice(["cost", "longest", "spread"]))
        if second != objective and not (energy and second == "spread"):
            whole["then"] = second
    if objective == "cost" and on(0.1) and not energy:
        whole["fairness"] = int(rng.integers(1, 4))
    b.set_objective(objective, **whole)
    return b.build()


@functools.lru_cache(maxsize=4)
def _closed(i, profile):
    """All shortest ways, by relaxing until nothing changes."""
    places = range(len(i.x))
    best = {(a, b): _arc(i, a, b, profile)[0] for a in places for b in places}
    changed = True
    while changed:
        changed = False
        for a, b, k in itertools.product(places, repeat=3):
            if best[a, k] + best[k, b] < best[a, b]:
                best[a, b], changed = best[a, k] + best[k, b], True
    return best


def _travel(i, a, b, profile):
    if i.visits == "repeat":
        return (_closed(i, profile)[a, b],) * 2
    return _arc(i, a, b, profile)


def _arc(i, a, b, profile):
    if i.distance is None:
        way = math.floor(i.scale * math.hypot(i.x[a] - i.x[b], i.y[a] - i.y[b]) + i.offset)
        return way, way if i.duration is None else int(i.duration[profile, a, b])
    way = int(i.distance[profile, a, b])
    return way, way if i.duration is None else int(i.duration[profile, a, b])


def _loads_hold(i, t, trip, first):
    signs = {}
    for s, (p, d) in enumerate(i.shipments.tolist()):
        signs[p], signs[d] = i.shipment_load[s], -i.shipment_load[s]
    load = sum((i.delivery[c] for c in trip), i.on_board[t] if first else 0 * i.on_board[t])
    if (load > i.capacity[t]).any():
        return False
    taken = False
    for c in trip:
        load = load - i.delivery[c] + i.pickup[c] + signs.get(c, 0)
        if (load > i.capacity[t]).any():
            return False
        if i.backhaul == "last":
            if taken and i.delivery[c].any():
                return False
            taken = taken or bool(i.pickup[c].any())
    return not (i.backhaul == "last" and taken and not any(i.delivery[c].any() for c in trip))


def _chains(i, t, legs):
    """Stations called at on every leg of a route: every choice that the energy allows or not."""
    if i.energy[t] >= NEVER:
        return [((),) * legs]
    stations = np.flatnonzero(i.stations[t]).tolist()
    chains = [c for k in range(len(stations) + 1) for c in itertools.permutations(stations, k)]
    return list(itertools.product(chains, repeat=legs))


def _powered(i, t, order, end, chains):
    """Whether the energy lasts from every refill to the next."""
    profile, used = int(i.profile[t]), 0
    at = int(i.depot_location[i.start_depot[t]])
    stops = [(int(i.client_location[c]), bool(i.refill[c])) for c in order]
    if end >= 0:
        stops.append((int(i.depot_location[end]), True))
    for (place, full), chain in zip(stops, chains):
        for goal, refills in [*((int(i.depot_location[d]), True) for d in chain), (place, full)]:
            used += _travel(i, at, goal, profile)[0]
            if used > i.energy[t]:
                return False
            used, at = 0 if refills else used, goal
    return True


def _drive(i, t, trips, reloads, begin, end, chains):
    """(end, distance, longest arc) of a departure at `begin`, None where it cannot be driven."""
    calls = iter(chains if chains and any(chains) else ((),) * 99)
    depot, profile = int(i.start_depot[t]), int(i.profile[t])
    opens, closes = i.depot_window[depot].tolist()
    if not max(opens, int(i.shift[t, 0])) <= begin <= closes:
        return None
    if begin < max(int(i.release[c]) for c in trips[0]):
        return None
    now, at, total, longest = begin, int(i.depot_location[depot]), 0, 0
    for k, trip in enumerate(trips):
        if k:
            place = int(i.depot_location[reloads[k - 1]])
            way, time = _travel(i, at, place, profile)
            if max(way, time) >= BARRED:
                return None
            time = fleet.at_speed(i, t, time)
            now, at, total, longest = now + time, place, total + way, max(longest, way)
            opens, closes = i.depot_window[reloads[k - 1]].tolist()
            now = max(now, opens, max(int(i.release[c]) for c in trip))
            if now > closes:
                return None
        for c in trip:
            place = int(i.client_location[c])
            calls_at = [int(i.depot_location[d]) for d in next(calls)]
            before = at
            for goal in [*calls_at, place]:
                way, time = _travel(i, at, goal, profile)
                if max(way, time) >= BARRED:
                    return None
                time = fleet.at_speed(i, t, time)
                now, at, total, longest = now + time, goal, total + way, max(longest, way)
            now += fleet.setup(i, before, c, *_travel(i, before, place, profile))
            for opens, closes in i.window[i.window_first[c] : i.window_first[c + 1]].tolist():
                if now <= closes:
                    now = max(now, opens) + fleet.service(i, t, c)
                    break
            else:
                return None
    if end >= 0:
        place = int(i.depot_location[end])
        for goal in [*(int(i.depot_location[d]) for d in next(calls)), place]:
            way, time = _travel(i, at, goal, profile)
            if max(way, time) >= BARRED:
                return None
            time = fleet.at_speed(i, t, time)
            now, at, total, longest = now + time, goal, total + way, max(longest, way)
        if now > i.depot_window[end, 1]:
            return None
    return None if now > i.shift[t, 1] else (now, total, longest)


def _price(i, t, trips, reloads, end, chains):
    """(cost, distance, longest arc) of a route, None where it is not feasible."""
    order = [c for trip in trips for c in trip]
    if i.allowed is not None and not i.allowed[t][order].all():
        return None
    if not all(_loads_hold(i, t, trip, k == 0) for k, trip in enumerate(trips)):
        return None
    place = {c: k for k, c in enumerate(order)}
    trip_of = {c: k for k, trip in enumerate(trips) for c in trip}
    for p, d in i.shipments.tolist():
        if (p in place) != (d in place):
            return None
        if p in place and (place[p] > place[d] or trip_of[p] != trip_of[d]):
            return None
    if any(a in place and b in place for a, b in i.conflicts.tolist()):
        return None
    if len(order) > i.max_stops[t] or not fleet.may_serve(i, t, order):
        return None
    if not fleet.ends_hold(i, t, order):
        return None
    travel = lambda a, b: _travel(i, a, b, int(i.profile[t]))  # noqa: E731
    if fleet.driven(i, t, trips, reloads, travel) > i.max_travel_time[t]:
        return None
    if any(a in place and b in place and place[a] > place[b] for a, b in i.precedences.tolist()):
        return None
    if i.energy[t] < NEVER and not _powered(i, t, order, end, chains):
        return None
    if i.decides_times():
        return _decided(i, t, trips, reloads)
    lengths = i.duration_cost[t] or i.max_duration[t] < NEVER
    first = max(
        int(i.shift[t, 0]),
        int(i.depot_window[i.start_depot[t], 0]),
        max(int(i.release[c]) for c in trips[0]),
    )
    best = None
    # A later departure saves waiting at most until the last time of the data.
    for begin in range(first, first + 130 if lengths else first + 1):
        driven = _drive(i, t, trips, reloads, begin, end, chains)
        if driven is None:
            break  # later is never earlier: what is late now stays late
        if best is None or driven[0] - begin < best[0]:
            best = (driven[0] - begin, driven[1], driven[2])
    if best is None or best[0] > i.max_duration[t] or best[1] > i.max_distance[t]:
        return None
    cost = int(i.fixed_cost[t] + i.distance_cost[t] * best[1] + i.duration_cost[t] * best[0])
    cost += int(i.purchase[order].sum())
    if i.preference is not None:
        cost -= int(i.preference[t][order].sum())
    return cost, best[1], best[2]


def _decided(i, t, trips, reloads):
    """As `_price`, for a route whose times are decisions."""
    at, total, longest = int(i.depot_location[i.start_depot[t]]), 0, 0
    places = []
    for k, trip in enumerate(trips):
        places += [int(i.depot_location[reloads[k - 1]])] if k else []
        places += [int(i.client_location[c]) for c in trip]
    if i.end_depot[t] >= 0:
        places.append(int(i.depot_location[i.end_depot[t]]))
    for place in places:
        way, time = _arc(i, at, place, int(i.profile[t]))
        if max(way, time) >= BARRED:
            return None
        at, total, longest = place, total + way, max(longest, way)
    if total > i.max_distance[t]:
        return None

    def setup(i, t, a, c):
        way, time = _arc(i, a, int(i.client_location[c]), int(i.profile[t]))
        return fleet.setup(i, a, c, way, time)

    spent = hours.price(i, t, trips, reloads, hours.arrival, fleet.service, setup)
    if spent is None:
        return None
    order = [c for trip in trips for c in trip]
    cost = int(i.fixed_cost[t] + i.distance_cost[t] * total) + spent + int(i.purchase[order].sum())
    if i.preference is not None:
        cost -= int(i.preference[t][order].sum())
    return cost, total, longest


def _splits(order, most):
    for cuts in range(1 << (len(order) - 1)):
        trips, now = [], [order[0]]
        for k, c in enumerate(order[1:]):
            if cuts >> k & 1:
                trips.append(tuple(now))
                now = []
            now.append(c)
        trips.append(tuple(now))
        if len(trips) <= most:
            yield tuple(trips)


@functools.lru_cache(maxsize=2)
def _routes(i, each):
    """By type and set of clients: the different (cost, distance, longest arc) with a route.

    With `each` every route stands for itself, since a user's constraint may tell them apart.
    """
    n = len(i.client_location)
    found = {}
    for t in range(len(i.vehicles)):
        depots = np.flatnonzero(i.reload[t]).tolist()
        ends = {int(i.end_depot[t]), *np.flatnonzero(i.end_depots[t]).tolist()}
        for size in range(1, n + 1):
            for chosen in itertools.combinations(range(n), size):
                ways = {}
                for order in itertools.permutations(chosen):
                    for trips in _splits(order, int(i.max_trips[t])):
                        legs = size + (int(i.end_depot[t]) >= 0)
                        for reloads, end, chains in itertools.product(
                            itertools.product(depots, repeat=len(trips) - 1),
                            sorted(ends),
                            _chains(i, t, legs),
                        ):
                            price = _price(i, t, trips, reloads, end, chains)
                            if price is not None:
                                route = _route(i, t, trips, reloads, end, chains)
                                ways.setdefault((price, route if each else None), route)
                found[t, frozenset(chosen)] = [(p, r) for (p, _), r in ways.items()]
    return found


def _route(i, t, trips, reloads, end, chains):
    via = tuple(tuple(-1 - d for d in chain) for chain in chains)
    other = None if end == int(i.end_depot[t]) else end
    return Route(t, trips, tuple(reloads), other, via if any(via) else ())


def _plans(i, each=False):
    """(objective, routes) of every feasible solution, one a price of its routes."""
    n = len(i.client_location)
    ways = _routes(i, each)

    def serve(left, used, taken):
        """Split the clients in `left` among routes; each route holds the least of them."""
        if not left:
            yield list(taken)
            return
        least, rest = left[0], left[1:]
        for size in range(len(rest) + 1):
            for others in itertools.combinations(rest, size):
                chosen = frozenset((least, *others))
                remaining = [c for c in rest if c not in chosen]
                for t in range(len(i.vehicles)):
                    if used.get(t, 0) >= i.vehicles[t]:
                        continue
                    for price, route in ways[t, chosen]:
                        taken.append((price, route))
                        yield from serve(remaining, used | {t: used.get(t, 0) + 1}, taken)
                        taken.pop()

    for mask in range(1 << n):
        served = [c for c in range(n) if mask >> c & 1]
        if _service_holds(i, served):
            for plan in serve(served, {}, []):
                if not i.min_vehicles <= len(plan) <= i.max_vehicles:
                    continue
                if not fleet.gathered(i, [tuple(r) for _, r in plan]):
                    continue
                yield _value(i, served, plan), Routes(tuple(r for _, r in plan))


def _service_holds(i, served):
    inside = set(served)
    if any(i.required[c] and c not in inside for c in range(len(i.required))):
        return False
    for g, wanted in enumerate(i.group_required.tolist()):
        count = sum(1 for c in served if i.group[c] == g)
        if count > 1 or (wanted and count == 0):
            return False
    if any((p in inside) != (d in inside) for p, d in i.shipments.tolist()):
        return False
    prize = sum(int(i.prize[c]) for c in served)
    if not i.min_units <= sum(int(i.units[c]) for c in served) <= i.max_units:
        return False
    return len(served) >= i.min_clients and prize >= i.min_prize


def _value(i, served, plan):
    value = _one(i, i.objective, served, plan)
    return (value, _one(i, i.then, served, plan)) if i.then else (value,)


def _number(i, value):
    """Two objectives as one number, as the instance says."""
    return value[0] * i.weight + value[1] if i.then else value[0]


def _one(i, objective, served, plan):
    prices = [price for price, _ in plan]
    if objective == "longest":
        return max((p[1] for p in prices), default=0)
    if objective == "spread":
        return max((p[1] for p in prices), default=0) - min((p[1] for p in prices), default=0)
    if objective == "costliest":
        return max((p[0] for p in prices), default=0)
    if objective == "bottleneck":
        return max((p[2] for p in prices), default=0)
    total = sum(p[0] for p in prices)
    total += sum(int(i.prize[c]) for c in range(len(i.prize)) if c not in set(served))
    if i.fairness and prices:
        total += i.fairness * (max(p[1] for p in prices) - min(p[1] for p in prices))
    return total


def optimum(instance, options, allowed=None):
    """The best plan."""
    best, chosen = None, None
    for value, plan in _plans(instance, allowed is not None):
        if (best is None or value < best) and (allowed is None or allowed(plan)):
            best, chosen = value, plan
    return (None if best is None else _number(instance, best)), chosen


def solution(instance, rng, options):
    """Any feasible plan of the first few thousand."""
    plans = [p for _, p in itertools.islice(_plans(instance), 3000)]
    return plans[int(rng.integers(len(plans)))] if plans else None


def extension(instance, rng, options):
    """A client kept from a type of vehicles, two clients that may not follow each other."""
    n = len(instance.client_location)
    if rng.random() < 0.5:
        t, c = int(rng.integers(len(instance.vehicles))), int(rng.integers(n))

        def extend(model):
            copies = [
                int(k)
                for k in range(len(instance.vehicles))
                for _ in range(min(int(instance.vehicles[k]), n))
            ]
            for v, kind in enumerate(copies):
                if kind == t:
                    model.model.add(model.variables["serve", v, c] == 0)

        def allowed(plan):
            return not any(r.vehicle == t and c in tuple(r) for r in plan)

        return extend, allowed, ("auto", "exact")
    if n < 2:
        return None
    a, b = (int(c) for c in rng.choice(n, 2, replace=False))

    def apart(model):
        for key, arc in model.variables.items():
            if key[0] == "arc" and key[2:] == (a + 1, b + 1):
                model.model.add(arc == 0)

    def holds(plan):
        return not any(
            (a, b) == pair for r in plan for trip in r.trips for pair in itertools.pairwise(trip)
        )

    return apart, holds, ("auto", "exact")


def variants(instance, rng, options):
    """Clients renumbered; types of vehicles in another order."""
    n = len(instance.client_location)
    new = rng.permutation(n)
    old = np.argsort(new)
    counts = np.diff(instance.window_first)
    fields = _renumbered(instance, "n", old)
    fields["window_first"] = np.concatenate([[0], np.cumsum(counts[old])]).astype(np.int64)
    fields["window"] = np.concatenate(
        [instance.window[instance.window_first[c] : instance.window_first[c + 1]] for c in old]
    )
    for key in ("shipments", "conflicts", "precedences"):
        fields[key] = new[getattr(instance, key)].astype(np.int32).reshape(-1, 2)
    yield instance.replace(**fields), lambda value: value
    turned = rng.permutation(len(instance.vehicles))
    fields = _renumbered(instance, "T", turned)
    yield instance.replace(**fields), lambda value: value


def _renumbered(instance, size, order):
    """Every array of clients ("n") or vehicle types ("T") in another order, on whatever axis."""
    fields = {}
    for row in FIELDS:
        array = getattr(instance, row.name)
        if array is not None and size in row.shape:
            fields[row.name] = np.take(array, order, axis=row.shape.index(size))
        elif array is not None and row.kind == "skills" and size == "nT"[row.room == "vehicle"]:
            fields[row.name] = tuple(array[k] for k in order)
    if size == "T":
        turned = np.append(np.argsort(order), -1)  # −1 stays
        fields["fixed_vehicle"] = turned[instance.fixed_vehicle].astype(np.int32)
        rests = instance.breaks.copy()
        rests[:, 0] = turned[rests[:, 0]]
        fields["breaks"] = rests[np.argsort(rests[:, 0], kind="stable")]
    return fields
