"""Tasks: the authors' XML, MovingAI scenarios; and the logs of the authors' program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.mapf.formats.maps import Map, from_root, read_map
from zerogap.models.mapf.formats.xml import Node, convert, number, parse
from zerogap.models.mapf.instance import Mapf
from zerogap.models.mapf.solution import Paths

#: Radius of the authors' files, a little below √2 / 4.
RADIUS = 0.353553
_GRID = ("start_i", "start_j", "goal_i", "goal_j")
_ROADMAP = ("start_id", "goal_id")
_EXTRA = ("id", "number", "radius", "speed")
_SETTINGS = ("connectedness", "agent_size", "sweep", "objective", "zero_edges")
#: Settings of the authors' program that say how it searches, not what the problem is.
_SEARCHING = ("use_cardinal", "use_disjoint_splitting", "hlh_type", "focal_weight", "timelimit")


def read_xml(
    text: str,
    *,
    file: str,
    map: str | None = None,
    agents: int | None = None,
    connectedness: int | None = None,
    radius: float | None = None,
    speed: float | None = None,
    sweep: str | None = None,
    objective: str | None = None,
    zero_edges: bool | None = None,
) -> Mapf:
    """The first `agents` of a task file on its map, which is in the file itself or in `map`."""
    root = parse(text, file)
    if root.tag != "root":
        raise InstanceError(f"begins with <{root.tag}>, expected <root>", file=file, line=root.line)
    root.only(("agent", "map", "graphml", "algorithm", "log", "options"), file)
    given = root.all("agent")
    if not given:
        raise InstanceError("holds no <agent>: is it a map?", file=file, line=root.line)
    settings = _algorithm(root, file)
    zero = settings.get("zero_edges", False) if zero_edges is None else zero_edges
    inside = root.all("map") + root.all("graphml")
    if map is not None:
        ground = read_map(map, file, zero)
    elif inside:
        ground = from_root(root, file, zero)
    else:
        raise InstanceError("says nothing of its map: --option map=FILE", file=file)
    chosen = _first(given, agents, file)
    start, goal = _places(chosen, ground, file)
    told: dict[str, Any] = {
        "connectedness": connectedness or settings.get("connectedness", 3),
        "sweep": sweep or settings.get("sweep", "disc"),
        "objective": objective or settings.get("objective", "flowtime"),
        "radius": radius if radius is not None else _each(chosen, "radius", settings, file),
        "speed": speed if speed is not None else _each(chosen, "speed", settings, file),
    }
    return _made(ground, start, goal, told, Path(file).stem, file, zero)


def _algorithm(root: Node, file: str) -> dict[str, Any]:
    """Settings in ``<algorithm>``, as in the authors' configuration files."""
    settings: dict[str, Any] = {}
    for block in root.all("algorithm"):
        block.only(_SETTINGS + _SEARCHING + ("precision",), file)
        for part in block.children:
            if part.tag == "connectedness":
                settings[part.tag] = convert(part.text, part.tag, int, file, part.line)
            elif part.tag == "agent_size":
                settings["radius"] = convert(part.text, part.tag, float, file, part.line)
            elif part.tag == "zero_edges":
                settings[part.tag] = convert(part.text, part.tag, int, file, part.line) != 0
            elif part.tag in _SETTINGS:
                settings[part.tag] = part.text.strip()
    return settings


def _first(given: list[Node], agents: int | None, file: str) -> list[Node]:
    if agents is None:
        return given
    if not 1 <= agents <= len(given):
        raise InstanceError(
            f"is {agents}, the file holds {len(given)} agents", file=file, field="option agents"
        )
    return given[:agents]


def _each(chosen: list[Node], key: str, settings: dict[str, Any], file: str) -> Any:
    """A number an agent, from its attribute or for all."""
    default = settings.get(key, RADIUS if key == "radius" else 1.0)
    if not any(key in node.attributes for node in chosen):
        return default
    return [
        number(node, key, file, float) if key in node.attributes else default for node in chosen
    ]


def _places(chosen: list[Node], ground: Map, file: str) -> tuple[np.ndarray, np.ndarray]:
    """Starts and goals as vertices."""
    keys = _GRID if ground.blocked is not None else _ROADMAP
    start, goal = [], []
    for node in chosen:
        for key in node.attributes:
            if key not in keys + _EXTRA:
                raise InstanceError(
                    f"{key} of <agent> is unknown, a map that is a "
                    f"{'grid' if keys is _GRID else 'roadmap'} has {', '.join(keys)}",
                    file=file,
                    line=node.line,
                )
        values = [number(node, key, file) for key in keys]
        _inside(values, keys, ground, file, node.line)
        if ground.blocked is not None:
            width = ground.blocked.shape[1]
            start.append(values[0] * width + values[1])
            goal.append(values[2] * width + values[3])
        else:
            start.append(values[0])
            goal.append(values[1])
    return np.array(start), np.array(goal)


def _inside(values: list[int], keys: tuple[str, ...], ground: Map, file: str, line: int) -> None:
    """Refuse places beyond the map: most often the task is another map's."""
    for value, key in zip(values, keys):
        if ground.blocked is None:
            assert ground.xy is not None
            limit, what = len(ground.xy), "vertices"
        else:
            limit = ground.blocked.shape[0 if key.endswith("_i") else 1]
            what = "rows" if key.endswith("_i") else "columns"
        if not 0 <= value < limit:
            raise InstanceError(
                f"{key} is {value}, the map {Path(ground.file).name} has {limit} {what}: "
                "a task for another map?",
                file=file,
                line=line,
            )


def _made(
    ground: Map, start: Any, goal: Any, told: dict[str, Any], name: str, file: str, zero: bool
) -> Mapf:
    try:
        if ground.blocked is not None:
            return Mapf.on_grid(ground.blocked, start, goal, name=name, **told)
        told.pop("connectedness")
        told.pop("sweep")
        told["zero_edges"] = zero
        return Mapf(ground.xy, ground.edges, start, goal, name=name, **told)  # type: ignore[arg-type]
    except InstanceError as error:
        error.file = error.file or file
        raise


def read_scenario(
    text: str,
    *,
    file: str,
    map: str | None = None,
    agents: int | None = None,
    connectedness: int | None = None,
    radius: float | None = None,
    speed: float | None = None,
    sweep: str | None = None,
    objective: str | None = None,
) -> Mapf:
    """A MovingAI scenario: bucket, map, width, height, start x, y, goal x, y, optimum."""
    lines = text.splitlines()
    rows = [(k, line.split()) for k, line in enumerate(lines[1:], start=2) if line.strip()]
    if not rows:
        raise InstanceError("holds no agents", file=file, line=1)
    if agents is not None:
        if not 1 <= agents <= len(rows):
            raise InstanceError(
                f"is {agents}, the file holds {len(rows)} agents", file=file, field="option agents"
            )
        rows = rows[:agents]
    for k, row in rows:
        if len(row) != 9:
            raise InstanceError(f"has {len(row)} columns, expected 9", file=file, line=k)
    path = map or str(Path(file).parent / rows[0][1][1])
    ground = read_map(path, file)
    if ground.blocked is None:
        raise InstanceError("a scenario needs a grid, the map is a roadmap", file=file)
    height, width = ground.blocked.shape
    start, goal = [], []
    for k, row in rows:
        said = [convert(row[c], word, int, file, k) for c, word in ((2, "width"), (3, "height"))]
        if said != [width, height]:
            raise InstanceError(
                f"is for a map of {said[0]}×{said[1]} ({row[1]}), {Path(path).name} has "
                f"{width}×{height}",
                file=file,
                line=k,
            )
        words = ("start x", "start y", "goal x", "goal y")
        x0, y0, x1, y1 = (convert(row[4 + c], word, int, file, k) for c, word in enumerate(words))
        for value, limit, word in zip((x0, y0, x1, y1), (width, height) * 2, words):
            if not 0 <= value < limit:
                raise InstanceError(
                    f"{word} is {value}, expected 0 … {limit - 1}", file=file, line=k
                )
        start.append(y0 * width + x0)
        goal.append(y1 * width + x1)
    told = {
        "connectedness": connectedness or 3,
        "sweep": sweep or "disc",
        "objective": objective or "flowtime",
        "radius": RADIUS if radius is None else radius,
        "speed": 1.0 if speed is None else speed,
    }
    return _made(ground, start, goal, told, Path(file).stem, file, False)


def read_log(text: str, instance: Mapf, *, file: str) -> Paths:
    """The solution in a log of the authors' program.

    Its sections name places: cells (row, column) on a grid, coordinates on a roadmap; a section
    with equal ends is a wait.
    """
    root = parse(text, file)
    logs = root.all("log")
    if len(logs) != 1:
        raise InstanceError("holds no <log>", file=file, line=root.line)
    agents = logs[0].all("agent")
    if len(agents) != instance.agents:
        raise InstanceError(
            f"holds {len(agents)} paths, expected {instance.agents}", file=file, line=logs[0].line
        )
    paths = []
    for i, agent in enumerate(agents):
        entries = [(0.0, int(instance.start[i]))]
        for section in agent.one("path", file).all("section"):
            tail, head = (_vertex(instance, section, end, file) for end in ("start", "goal"))
            if tail != entries[-1][1]:
                raise InstanceError(
                    f"agent {i} moves on from vertex {tail}, it is at {entries[-1][1]}",
                    file=file,
                    line=section.line,
                )
            duration = number(section, "duration", file, float)
            entries.append((entries[-1][0] + duration, head))
        paths.append(entries)
    return Paths.of(paths)


def _vertex(instance: Mapf, section: Node, end: str, file: str) -> int:
    i, j = (number(section, f"{end}_{axis}", file, float) for axis in "ij")
    wanted = (j, i) if instance.blocked is not None else (i, j)
    gap = np.hypot(*(instance.xy - np.array(wanted)).T)
    best = int(gap.argmin())
    if gap[best] > 1e-6 * max(1.0, abs(i), abs(j)):
        raise InstanceError(f"no vertex lies at ({i:g}, {j:g})", file=file, line=section.line)
    return best


def write_xml(instance: Mapf) -> str:
    """Map, settings and agents in one file, the authors' elements."""
    lines = ['<?xml version="1.0" ?>', "<root>", "  <algorithm>"]
    if instance.blocked is not None:
        lines.append(f"    <connectedness>{instance.connectedness}</connectedness>")
    same = bool((instance.radius == instance.radius[0]).all())
    if same:
        lines.append(f"    <agent_size>{float(instance.radius[0])!r}</agent_size>")
    if instance.sweep != "disc":
        lines.append(f"    <sweep>{instance.sweep}</sweep>")
    if instance.objective != "flowtime":
        lines.append(f"    <objective>{instance.objective}</objective>")
    if instance.zero_edges:
        lines.append("    <zero_edges>1</zero_edges>")
    lines.append("  </algorithm>")
    lines += _grid_lines(instance) if instance.blocked is not None else _graph_lines(instance)
    for k in range(instance.agents):
        a, b = int(instance.start[k]), int(instance.goal[k])
        if instance.blocked is not None:
            width = instance.blocked.shape[1]
            values = dict(zip(_GRID, (*divmod(a, width), *divmod(b, width))))
        else:
            values = dict(zip(_ROADMAP, (a, b)))
        words = [f'{key}="{value}"' for key, value in values.items()]
        if not same:
            words.append(f'radius="{float(instance.radius[k])!r}"')
        if instance.speed[k] != 1.0:
            words.append(f'speed="{float(instance.speed[k])!r}"')
        lines.append(f"  <agent {' '.join(words)}/>")
    return "\n".join([*lines, "</root>", ""])


def _grid_lines(instance: Mapf) -> list[str]:
    assert instance.blocked is not None
    height, width = instance.blocked.shape
    head = [
        "  <map>",
        f"    <width>{width}</width>",
        f"    <height>{height}</height>",
        "    <grid>",
    ]
    rows = [
        "      <row>" + " ".join("1" if cell else "0" for cell in row) + "</row>"
        for row in instance.blocked.tolist()
    ]
    return [*head, *rows, "    </grid>", "  </map>"]


def _graph_lines(instance: Mapf) -> list[str]:
    lines = ["  <graphml>", '    <key id="key0" for="node" attr.name="coords" attr.type="string"/>']
    lines.append('    <graph edgedefault="directed">')
    for i, (x, y) in enumerate(instance.xy.tolist()):
        lines.append(f'      <node id="n{i}"><data key="key0">{x!r},{y!r}</data></node>')
    for a, b in instance.edges.tolist():
        lines.append(f'      <edge source="n{a}" target="n{b}"/>')
    return [*lines, "    </graph>", "  </graphml>"]
