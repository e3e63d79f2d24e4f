"""What fleets need, from the definitions: how it is drawn, and what it does to a route."""

from __future__ import annotations


def client(rng, on, fields, kinds):
    """More fields of a drawn client."""
    if on(0.15):
        fields["skills"] = [str(s) for s in rng.choice(["cold", "lift"], int(rng.integers(1, 3)))]
    if on(0.1):
        fields["vehicle"] = int(rng.integers(kinds))
    if on():
        fields["together"] = 0
    if on(0.1):
        fields["not_first"] = True
    if on(0.1):
        fields["not_last"] = True
    if on():
        fields["setup"] = int(rng.integers(1, 6))


def vehicle(rng, on, fields, n):
    """More fields of a drawn vehicle type."""
    if on(0.6):
        fields["skills"] = [s for s in ("cold", "lift") if rng.random() < 0.8]
    if on(0.15) and not fields.keys() & {"energy", "end_depots"}:
        fields["max_travel_time"] = int(rng.integers(15, 80))
    if on(0.15):
        fields["min_stops"] = int(rng.integers(0, n + 1))
    if on(0.15):
        fields["min_load"] = int(rng.integers(0, 8))
    if on():
        fields["speed"] = int(rng.integers(500, 2500))
    if on():
        fields["service"] = rng.integers(0, 8, n).tolist()


def at_speed(i, t, time):
    """A driving time at the speed of a type, rounded up."""
    whole, part = divmod(1000 * time, int(i.speed[t]))
    return whole + (part > 0)


def setup(i, at, c, way, time):
    """Setup of client c when it is reached from location `at`."""
    same = at == i.client_location[c] or (way == 0 and time == 0)
    return 0 if same else int(i.setup[c])


def service(i, t, c):
    """Duration of service of client c by type t."""
    return int(i.service[c] if i.type_service is None else i.type_service[t, c])


def may_serve(i, t, order):
    """Whether type t has the skills of all clients, and none is fixed to another."""
    have = set(i.vehicle_skills[t]) if i.vehicle_skills else set()
    wanted = i.client_skills or [()] * len(i.service)
    return all(set(wanted[c]) <= have and i.fixed_vehicle[c] in (-1, t) for c in order)


def ends_hold(i, t, order):
    """Whether first and last client may be that, and the route serves enough."""
    if i.not_first[order[0]] or i.not_last[order[-1]] or len(order) < i.min_stops[t]:
        return False
    load = sum(i.delivery[c] + i.pickup[c] for c in order)
    return bool((load >= i.min_load[t]).all())


def driven(i, t, trips, reloads, travel):
    """Driving time of a route; `travel(a, b)` is (distance, time at normal speed)."""
    at, total = int(i.depot_location[i.start_depot[t]]), 0
    stops = []
    for k, trip in enumerate(trips):
        stops += [int(i.depot_location[reloads[k - 1]])] if k else []
        stops += [int(i.client_location[c]) for c in trip]
    if i.end_depot[t] >= 0:
        stops.append(int(i.depot_location[i.end_depot[t]]))
    for place in stops:
        total += at_speed(i, t, travel(at, place)[1])
        at = place
    return total


def gathered(i, routes):
    """Whether no same-vehicle group is on two routes (sets of clients)."""
    home = {}
    return all(
        home.setdefault(int(i.together[c]), k) == k
        for k, order in enumerate(routes)
        for c in order
        if i.together[c] >= 0
    )
