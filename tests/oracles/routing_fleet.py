"""What fleets need, from the definitions: how it is drawn, and what it does to a route."""

from __future__ import annotations


def client(rng, on, fields):
    """More fields of a drawn client."""
    if on():
        fields["setup"] = int(rng.integers(1, 6))


def vehicle(rng, on, fields, n):
    """More fields of a drawn vehicle type."""
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
