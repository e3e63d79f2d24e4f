"""Route maps, and routes as GeoJSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.routing import Route, Routes, Routing, check, check_route
from zerogap.models.routing.formats.vroom import answer
from zerogap.models.routing.solution import place_of, stops_of, timetable
from zerogap.report.palette import colours
from zerogap.report.scene import Scene

#: Beyond this many clients no numbers are written.
_NUMBERED = 60


def path(instance: Routing, route: Route) -> np.ndarray:
    """Coordinates of a route's stops and what it passes, depots included, shape (stops, 2)."""
    places = []
    for k, (place, _) in enumerate(stops_of(instance, route)):
        if 0 < k <= len(route.via):
            places += [place_of(instance, code) for code in route.via[k - 1]]
        places.append(place)
    return np.column_stack([instance.x[places], instance.y[places]])


def draw(instance: Routing, solution: Routes, axes: Any = None) -> Any:
    """A route map: a colour a route, a line style a vehicle type, depots as squares.

    Parameters
    ----------
    instance : Routing
    solution : Routes
    axes : matplotlib Axes, optional
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    if axes is None:
        axes = Figure(figsize=(8, 8), layout="constrained").add_subplot()
    styles = ("-", "--", "-.", ":")
    few = instance.clients <= _NUMBERED
    palette = colours(np.arange(len(solution)))
    for r, route in enumerate(solution):
        points = path(instance, route)
        style = styles[route.vehicle % len(styles)]
        axes.plot(
            points[:, 0],
            points[:, 1],
            style,
            color=palette[r],
            linewidth=1.4 if few else 0.7,
            marker="o" if few else None,
            markersize=3,
            zorder=2,
        )
    served = {c for route in solution for c in route}
    missed = [c for c in range(instance.clients) if c not in served]
    at = instance.client_location
    axes.scatter(
        instance.x[at[missed]], instance.y[at[missed]], s=14, marker="x", color="0.6", zorder=1
    )
    if not few:  # small, but there: a stop is seen even where lines cross
        rows = [r for r, route in enumerate(solution) for _ in route]
        stops = at[[c for route in solution for c in route]]
        axes.scatter(instance.x[stops], instance.y[stops], s=max(2.0, 9 - instance.clients / 200),
                     color=palette[rows] if rows else None, linewidths=0, zorder=2)  # fmt: skip
    _named_types(instance, solution, axes, styles)
    home = instance.depot_location
    axes.scatter(instance.x[home], instance.y[home], s=70, marker="s", color="black", zorder=3)
    if few:
        # Stop numbers along each route; who is left out is a cross and has none.
        number = {c: k for route in solution for k, c in enumerate(route, 1)}
        for c in range(instance.clients):
            axes.annotate(
                f"{number[c]}: {instance.called('client', c)}"
                if c in number
                else f"{instance.called('client', c)} (not served)",
                (instance.x[at[c]], instance.y[at[c]]),
                fontsize=7,
                xytext=(3, 3),
                textcoords="offset points",
            )
    cost = check(instance, solution) / instance.unit
    axes.set_title(f"{instance.name or 'routing'}: {len(solution)} routes, cost {cost:,.10g}")
    axes.set_aspect("equal", "datalim")
    axes.set_xticks([])
    axes.set_yticks([])
    return axes.figure


def _named_types(instance: Routing, solution: Routes, axes: Any, styles: Any) -> None:
    """Which line is which type of vehicle, beside the map."""
    used = sorted({route.vehicle for route in solution})
    if instance.types < 2 or len(used) > 12:
        return
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle=styles[t % len(styles)], color="0.3",
               label=instance.called("vehicle", t))
        for t in used
    ]  # fmt: skip
    axes.legend(handles=handles, title="vehicles", loc="upper left", bbox_to_anchor=(1.005, 1),
                fontsize=8, frameon=False)  # fmt: skip


def geojson(instance: Routing, solution: Routes) -> dict[str, Any]:
    """Routes and clients as a GeoJSON FeatureCollection, in the coordinates of the instance."""
    features: list[dict[str, Any]] = []
    for r, route in enumerate(solution):
        cost = check_route(instance, route, r)
        points = path(instance, route)
        facts = {
            "route": r + 1,
            "vehicle": route.vehicle,
            "clients": [c + 1 for c in route],
            "distance": cost.distance,
            "duration": cost.duration,
            "cost": cost.cost,
        }
        features.append(_feature("LineString", points.tolist(), facts))
    route_of = {c: r for r, route in enumerate(solution) for c in route}
    for c, place in enumerate(instance.client_location):
        point = [float(instance.x[place]), float(instance.y[place])]
        number = route_of.get(c)
        facts = {"client": c + 1, "route": None if number is None else number + 1}
        features.append(_feature("Point", point, facts))
    for i, place in enumerate(instance.depot_location):
        point = [float(instance.x[place]), float(instance.y[place])]
        features.append(_feature("Point", point, {"depot": i}))
    return {"type": "FeatureCollection", "features": features}


def _feature(kind: str, coordinates: Any, facts: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": facts}


def scene(instance: Routing, solution: Routes) -> Scene:
    """Routes with stop numbers and times; clients left out are crosses."""
    cost = check(instance, solution) / instance.unit
    made = Scene(
        f"{instance.name or 'routing'}: {len(solution)} routes, cost {cost:,.10g}", equal=True
    )
    at = instance.client_location
    for r, route in enumerate(solution):
        vehicle = instance.called("vehicle", route.vehicle)
        made.groups.append(f"route {r + 1}, vehicle type {vehicle}")
        facts = check_route(instance, route, r)
        load = instance.delivery[list(route)].sum(axis=0)
        made.line(
            path(instance, route), r,
            f"route {r + 1}, vehicle type {vehicle}\n{len(route)} stops, load "
            f"{' '.join(map(str, load))}\ndistance {facts.distance / instance.unit:,.10g}",
            "dash" if route.vehicle % 2 else "",
        )  # fmt: skip
        for number, (c, arrival, begin, leave) in enumerate(timetable(instance, route), 1):
            if c < 0:
                continue
            wait = f", waits {begin - arrival}" if begin > arrival else ""
            made.dot(
                instance.x[at[c]], instance.y[at[c]], r, instance.called("client", c),
                f"{instance.client(c)}: stop {number} of route {r + 1}\narrives {arrival}{wait}, "
                f"leaves {leave}",
            )  # fmt: skip
    served = {c for route in solution for c in route}
    for c in sorted(set(range(instance.clients)) - served):
        made.dot(instance.x[at[c]], instance.y[at[c]], -1, instance.called("client", c),
                 f"{instance.client(c)} is not served", "x")  # fmt: skip
    for d, place in enumerate(instance.depot_location):
        made.dot(instance.x[place], instance.y[place], -1, "", f"depot {d}", "s")
    return made


def rows(instance: Routing, solution: Routes) -> list[dict[str, Any]]:
    """A row a stop: route, vehicle type, client (from 1), times, load; clients left out last."""
    table = []
    for r, route in enumerate(solution, 1):
        for number, (c, arrival, begin, leave) in enumerate(timetable(instance, route), 1):
            table.append({
                "route": r, "vehicle": instance.called("vehicle", route.vehicle), "stop": number,
                "client": _client(instance, c) if c >= 0 else None,
                "depot": None if c >= 0 else -1 - c,
                "arrival": arrival, "service": begin, "departure": leave,
                "delivery": int(instance.delivery[c].sum()) if c >= 0 else 0,
                "pickup": int(instance.pickup[c].sum()) if c >= 0 else 0,
            })  # fmt: skip
    served = {c for route in solution for c in route}
    left = (c for c in range(instance.clients) if c not in served)
    return table + [{"route": None, "client": _client(instance, c)} for c in left]


def _client(instance: Routing, c: int) -> int | str:
    return c + 1 if instance.client_names is None else instance.called("client", c)


#: Plans for other programs: ``zerogap plot FILE RESULT plan.vroom``.
EXPORTS = {".vroom": answer}
