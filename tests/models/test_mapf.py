"""Agents on graphs: instance, checker, files and generators."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zerogap as zg
from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.mapf import Mapf, Paths, check, grid, roadmap, rooms
from zerogap.models.mapf.formats import FORMATS
from zerogap.models.mapf.grid import MOVES, distance, lattice

MAP = """<?xml version="1.0" ?>
<root><map><width>3</width><height>2</height><grid>
<row>0 0 0</row>
<row>010</row>
</grid></map></root>
"""
TASK = """<?xml version="1.0" ?>
<root>
<agent start_i="0" start_j="0" goal_i="0" goal_j="2"/>
<agent start_i="1" start_j="2" goal_i="1" goal_j="0"/>
</root>
"""


def line(**fields):
    """Five vertices in a row and one above the middle; two agents that swap ends."""
    xy = [[0, 0], [1, 0], [2, 0], [3, 0], [4, 0], [2, 1]]
    pairs = [(0, 1), (1, 2), (2, 3), (3, 4), (2, 5)]
    edges = pairs + [(b, a) for a, b in pairs]
    given = {"xy": xy, "edges": edges, "start": [0, 4], "goal": [4, 0], "radius": 0.3}
    return Mapf(**(given | fields))


#: Agent 1 steps aside at the middle while agent 0 passes below it.
ASIDE = [
    [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)],
    [(0, 4), (1, 3), (1.2, 3)],
]


def test_objective_is_the_sum_or_the_last_of_the_arrivals():
    instance = line(start=[0, 3], goal=[2, 4])
    paths = Paths.of([[(0, 0), (1, 1), (1.5, 1), (2.5, 2)], [(0, 3), (1, 4)]])
    assert check(instance, paths) == 3.5
    assert check(line(start=[0, 3], goal=[2, 4], objective="makespan"), paths) == 2.5
    # A wait at the end is no part of the path; speed shortens moves.
    longer = Paths.of([[(0, 0), (1, 1), (1.5, 1), (2.5, 2), (9, 2)], [(0, 3), (1, 4)]])
    assert check(instance, longer) == 3.5
    fast = line(start=[0, 3], goal=[2, 4], speed=[2.0, 1.0])
    assert check(fast, Paths.of([[(0, 0), (0.5, 1), (1, 2)], [(0, 3), (1, 4)]])) == 2


def test_rounded_times_make_nobody_faster():
    instance = line(start=[0], goal=[2], radius=0.3, speed=[3.0])
    rounded = Paths.of([[(0, 0), (0.3333333, 1), (0.6666666, 2)]])
    assert check(instance, rounded) == 2 / 3


@pytest.mark.parametrize(
    ("paths", "constraint", "words"),
    [
        ([[(0, 0)], [(0, 4)]], "ends", "agent 0 ends at vertex 0, expected 4"),
        ([[(0, 1)], [(0, 4)]], "begins", "agent 0 begins at vertex 1"),
        ([[(0.5, 0)], [(0, 4)]], "ends", "agent 0 ends"),
        ([[(0, 0), (1, 4)], [(0, 4), (1, 0)]], "edge", "0 → 4, which is no edge"),
        ([[(0, 0), (1, 1), (2, 2), (3, 3), (3.5, 4)], [(0, 4), (1, 0)]], "edge", "agent 1"),
        ([[(0, 0)]], "agents", "1 paths for 2 agents"),
    ],
)
def test_paths_that_are_none(paths, constraint, words):
    with pytest.raises(InfeasibleSolution, match=words) as caught:
        check(line(), Paths.of(paths))
    assert caught.value.constraint == constraint


def test_durations_and_times():
    instance = line(start=[0], goal=[1])
    with pytest.raises(InfeasibleSolution, match="length / speed is 1"):
        check(instance, Paths.of([[(0, 0), (0.9, 1)]]))
    with pytest.raises(InfeasibleSolution, match="expected 0"):
        check(instance, Paths.of([[(0.5, 0), (1.5, 1)]]))
    back = Paths.of([[(0, 0), (1, 0), (0.5, 0), (1.5, 1)]])
    with pytest.raises(InfeasibleSolution, match=r"time falls by 0\.5"):
        check(instance, back)


def test_collisions_are_named_with_time_and_distance():
    swap = Paths.of(
        [[(t, v) for t, v in enumerate(range(5))], [(t, 4 - v) for t, v in enumerate(range(5))]]
    )
    with pytest.raises(InfeasibleSolution, match="agents 0 and 1 collide: at time 2") as caught:
        check(line(), swap)
    assert caught.value.constraint == "collision" and caught.value.where == (0, 1)
    # Into the place of an agent that rests at its goal for ever.
    instance = line(start=[0, 3], goal=[4, 2])
    through = Paths.of([[(t, v) for t, v in enumerate(range(5))], [(0, 3), (1, 2)]])
    with pytest.raises(InfeasibleSolution, match="collide"):
        check(instance, through)


def test_contact_is_no_collision():
    # Two discs of radius 1/2 pass on rows at distance 1, and follow each other at distance 1.
    paths = Paths.of([[(0, 0), (1, 1), (2, 2)], [(0, 5), (1, 4), (2, 3)], [(0, 1), (1, 2), (2, 8)]])
    cells = np.zeros((3, 3), dtype=bool)
    made = Mapf.on_grid(
        cells, [0, 5, 1], [2, 3, 5], connectedness=2, radius=0.5
    )  # 2 is the goal of 0
    with pytest.raises(InfeasibleSolution):
        check(made, paths)
    two = Mapf.on_grid(cells, [0, 5], [2, 3], connectedness=2, radius=0.5)
    assert check(two, Paths.of(paths.paths[:2])) == 4
    follow = Mapf.on_grid(cells, [0, 1], [1, 2], connectedness=2, radius=0.5)
    assert check(follow, Paths.of([[(0, 0), (1, 1)], [(0, 1), (1, 2)]])) == 2


def closest(instance, paths, steps=4000):
    """Least distance of any two agents less their radii, by sampling."""
    last = max(path[-1][0] for path in paths.paths)
    times = np.linspace(0, last, steps)
    at = []
    for path in paths.paths:
        t = [e[0] for e in path]
        xy = instance.xy[[e[1] for e in path]]
        at.append(np.stack([np.interp(times, t, xy[:, 0]), np.interp(times, t, xy[:, 1])], 1))
    best = math.inf
    for i in range(len(at)):
        for j in range(i):
            gap = np.hypot(*(at[i] - at[j]).T) - instance.radius[i] - instance.radius[j]
            best = min(best, float(gap.min()))
    return best


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_checker_agrees_with_sampling(seed):
    rng = np.random.default_rng(seed)
    instance = roadmap(seed=seed, vertices=12, agents=4, radius=0.2, spread=0.3)
    paths = []
    for i in range(4):
        v, t, path = int(instance.start[i]), 0.0, [(0.0, int(instance.start[i]))]
        for _ in range(int(rng.integers(0, 6))):
            if rng.random() < 0.4:
                t += float(rng.exponential())
                path.append((t, v))
            e = int(rng.integers(instance.first[v], instance.first[v + 1]))
            t += float(instance.length[e] / instance.speed[i])
            v = int(instance.edges[e, 1])
            path.append((t, v))
        paths.append(path)
    goals = [path[-1][1] for path in paths]
    try:
        instance = Mapf(
            instance.xy, instance.edges, instance.start, goals, instance.radius, instance.speed
        )
    except InstanceError as error:
        assert "overlap" in error.message
        return
    made = Paths.of(paths)
    gap = closest(instance, made)
    try:
        value = check(instance, made)
    except InfeasibleSolution:
        assert gap < 0.02
    else:
        assert gap > -1e-6 and value == pytest.approx(sum(path[-1][0] for path in paths))


def test_grid_moves_need_room_for_the_disc():
    blocked = np.zeros((3, 3), dtype=bool)
    blocked[0, 1] = True
    _, edges, room, space = lattice(blocked, 3, 0.353553, 0.353553, True)
    moves = {tuple(e) for e in edges.tolist()}
    assert (0, 4) not in moves and (4, 2) not in moves and (3, 4) in moves
    assert space[1] == 0 and space[4] == math.inf and room.min() > 0.3
    thin = {tuple(e) for e in lattice(blocked, 3, 0.1, 0.1, False)[1].tolist()}
    assert (0, 4) in thin and (0, 2) not in thin
    assert distance((1, 1), (0, 1)) == 0 and distance((0, 2), (1, 1)) == 0.5
    assert distance((1, 2), (1, 0)) == pytest.approx(math.hypot(0, 0) + 0.5 / math.sqrt(5) * 1.0)
    assert [len(MOVES[k]) for k in (2, 3, 4, 5)] == [4, 8, 16, 32]


def _write(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def test_authors_files(tmp_path):
    ground, task = _write(tmp_path, "map.xml", MAP), _write(tmp_path, "task.xml", TASK)
    instance = zg.read(task, map=ground, connectedness=2, radius=0.4)
    assert instance.start.tolist() == [0, 5] and instance.goal.tolist() == [2, 3]
    assert instance.blocked.tolist() == [[False] * 3, [False, True, False]]
    assert zg.read(task, map=ground, agents=1).agents == 1


@pytest.mark.parametrize("made", [
    grid(seed=1, rows=6, columns=7, agents=4, connectedness=4, radius=0.3),
    rooms(seed=2, size=3, count=2, agents=3, objective="makespan"),
    roadmap(seed=3, vertices=15, agents=3, spread=0.4),
    Mapf([[0, 0], [0, 0], [9, 0]], [[0, 1], [1, 2], [2, 1]], [0], [2], 1, zero_edges=True),
    Mapf.on_grid(np.zeros((2, 2)), [0, 3], [3, 0], radius=[0.2, 0.3], sweep="centre"),
])  # fmt: skip
@pytest.mark.parametrize("suffix", [".json", ".xml"])
def test_round_trip(made, suffix, tmp_path):
    path = tmp_path / f"a{suffix}"
    zg.write(made, path)
    assert zg.digest(zg.read(path)) == zg.digest(made)


def test_movingai(tmp_path):
    ground = _write(tmp_path, "a.map", "type octile\nheight 2\nwidth 3\nmap\n...\n.@.\n")
    rows = "0\ta.map\t3\t2\t0\t0\t2\t0\t2\n0\ta.map\t3\t2\t2\t1\t0\t1\t4\n"
    scene = _write(tmp_path, "a.scen", "version 1\n" + rows)
    instance = zg.read(scene)
    assert instance.start.tolist() == [0, 5] and instance.goal.tolist() == [2, 3]
    assert zg.digest(instance) == zg.digest(zg.read(scene, map=ground))
    other = _write(tmp_path, "b.map", "type octile\nheight 1\nwidth 3\nmap\n...\n")
    with pytest.raises(InstanceError, match=r"a\.scen:2: .*map of 3×2 \(a.map\), b.map has 3×1"):
        zg.read(scene, map=other)


BAD = [
    (MAP, TASK.replace('goal_j="2"', 'goal_j="7"'), r"task.xml:3: goal_j is 7.*another map"),
    (MAP, TASK.replace('start_j="0"', 'start_j="x"'), r"task.xml:3: start_j.*expected an integer"),
    (MAP, TASK.replace("start_i", "sttart_i"), r"task.xml:3: sttart_i of <agent> is unknown"),
    (MAP, TASK.replace('goal_i="1" goal_j="0"', 'goal_i="0" goal_j="2"'), r"goal: agents 0 and 1"),
    (MAP, TASK.replace('start_i="1" start_j="2"', 'start_i="0" start_j="0"'), r"start: agents 0"),
    (MAP, TASK.replace('goal_i="1" goal_j="0"', 'goal_i="1" goal_j="1"'), r"\(1, 1\) is blocked"),
    (MAP.replace("0 0 0", "0 0"), TASK, r"map.xml:3: row 0 has 2 cells, expected width = 3"),
    (MAP.replace("010", "012"), TASK, r"map.xml:4: row 1 holds '2'"),
    (MAP.replace("<height>2", "<height>3"), TASK, r"holds 2 rows, expected height = 3"),
    (MAP, TASK.replace("</root>", ""), r"task.xml:6: not XML"),
    (MAP, TASK.replace("<root>", "<root><agnet/>"), r"unknown element <agnet>.*<agent>"),
    (MAP, "<root>\n</root><agent ", r"not XML"),
    (MAP.replace("<map>", "<mapp>").replace("</map>", "</mapp>"), TASK, r"holds 0 <map>"),
]  # fmt: skip


@pytest.mark.parametrize(("ground", "task", "words"), BAD)
def test_bad_files_get_one_line(ground, task, words, tmp_path):
    ground, task = _write(tmp_path, "map.xml", ground), _write(tmp_path, "task.xml", task)
    with pytest.raises(InstanceError, match=words) as caught:
        zg.read(task, map=ground)
    assert "\n" not in str(caught.value)


def test_options_of_reading(tmp_path):
    ground, task = _write(tmp_path, "map.xml", MAP), _write(tmp_path, "task.xml", TASK)
    for options, words in (
        ({}, "says nothing of its map"),
        ({"map": ground + "x"}, "there is no map"),
        ({"map": ground, "agents": 3}, "holds 2 agents"),
        ({"map": ground, "agents": 0}, "holds 2 agents"),
        ({"map": ground, "connectedness": 6}, "not one of 2, 3, 4, 5"),
        ({"map": ground, "radius": 0.0}, "radius: element 0 is 0"),
        ({"map": ground, "radius": 0.7}, "has room for a radius of 0.5"),
        ({"map": task}, "holds 0 <map>"),
    ):
        with pytest.raises(InstanceError, match=words):
            zg.read(task, **options)
    with pytest.raises(InstanceError, match="declares an entity"):
        zg.read(_write(tmp_path, "e.xml", '<!DOCTYPE a [<!ENTITY b "c">]>' + TASK[22:]))


GRAPH = """<graphml><key id="k" for="node" attr.name="coords"/><graph edgedefault="directed">
<node id="n0"><data key="k">0,0</data></node>
<node id="n1"><data key="k">3,4</data></node>
<edge source="n0" target="n1"/>
</graph></graphml>
"""


def test_roadmaps(tmp_path):
    task = _write(tmp_path, "t.xml", '<root><agent start_id="0" goal_id="1"/></root>')
    instance = zg.read(task, map=_write(tmp_path, "g.xml", GRAPH))
    assert instance.length.tolist() == [5.0] and instance.blocked is None
    for old, new, words in (
        ("3,4", "0,0", r"g.xml:4: edge n0 → n1 has length 0"),
        ("3,4", "3", r"g.xml:3: lacks its coordinates"),
        ("3,4", "3,nan", r"g.xml:3: coords"),
        ('target="n1"', 'target="n2"', r"g.xml:4: target is 'n2', expected n0 … n1"),
        ('<node id="n1"', '<node id="n0"', r"g.xml:3: node n0 is there twice"),
        ("</graph>", '<edge source="n0" target="n1"/></graph>', r"g.xml:5: edge n0 → n1 is there"),
    ):
        with pytest.raises(InstanceError, match=words):
            zg.read(task, map=_write(tmp_path, "g.xml", GRAPH.replace(old, new)))
    still = _write(tmp_path, "g.xml", GRAPH.replace("3,4", "0,0"))
    assert zg.read(task, map=still, zero_edges=True).length.tolist() == [0.0]
    with pytest.raises(InstanceError, match=r"goal_id is 7, the map g.xml has 2 vertices"):
        zg.read(_write(tmp_path, "t.xml", '<root><agent start_id="0" goal_id="7"/></root>'),
                map=still, zero_edges=True)  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"radius": -1.0}, "radius: element 0"),
        ({"radius": [0.3, math.nan]}, "radius"),
        ({"speed": 0.0}, "speed: element 0"),
        ({"speed": [1.0]}, "shape"),
        ({"start": [0, 9]}, "start: element 1 is 9, expected at most 5"),
        ({"start": []}, "no agents"),
        ({"goal": [4]}, "shape"),
        ({"edges": [[0, 0]]}, "is a loop"),
        ({"edges": [[0, 1], [0, 1]]}, "edge 0 → 1 is there twice"),
        ({"edges": [[0, 7]]}, "edges: element 1 is 7"),
        ({"xy": [[0, 0], [0, 0], [2, 0], [3, 0], [4, 0], [2, 1]]}, "length 0, expected more"),
        ({"xy": [[0, math.inf]]}, "xy"),
        ({"objective": "sum"}, "objective: is 'sum'"),
        ({"start": [0, 1], "radius": 0.6}, "start: agents 0 and 1 overlap"),
        ({"goal": [4, 4]}, "goal: agents 0 and 1 overlap"),
        ({"radius": 1e-8}, "wide, more than"),
    ],
)
def test_bad_fields(fields, words):
    with pytest.raises(InstanceError, match=words):
        line(**fields)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"grid": ["..", "."]}, "row 1 has 1 cells"),
        ({"grid": ["..", ".x"]}, "holds 'x'"),
        ({"grid": "no"}, "list of texts"),
        ({"colour": 1}, "unknown key 'colour'"),
        ({"sweep": "none"}, "sweep"),
        ({"start": [0.5]}, "expected an integer"),
    ],
)
def test_bad_json(change, words, tmp_path):
    data = {"family": "mapf", "grid": ["..", ".."], "start": [0], "goal": [3], "radius": 0.3}
    path = tmp_path / "a.json"
    path.write_text(zg.models.base.json_text(data | change))
    with pytest.raises(InstanceError, match=words):
        zg.read(path)


@pytest.mark.parametrize("paths", [1, [1], [[]], [[[0]]], [[[0, 0.5]]], [[["a", 0]]]])
def test_bad_solutions(paths):
    with pytest.raises(InstanceError):
        zg.family("mapf").decode(line(), {"paths": paths})
    with pytest.raises(InstanceError, match="missing"):
        zg.family("mapf").decode(line(), {})


def test_solution_round_trip():
    made = Paths.of(ASIDE)
    again = zg.family("mapf").decode(line(), zg.family("mapf").encode(made))
    assert again.paths == made.paths


def test_generators_are_seeded_and_named():
    for name in zg.family("mapf").generators:
        one, same, other = (zg.generate("mapf", name, seed=s) for s in (1, 1, 2))
        assert zg.digest(one) == zg.digest(same) != zg.digest(other)
    with pytest.raises(InstanceError, match="room for"):
        grid(rows=2, columns=2, agents=9)
    assert {f.name for f in FORMATS} == {"json", "xml", "movingai"}


def test_published_files(data):
    instance = zg.read(data("mapf/grid_task.xml"), map=str(data("mapf/grid_map.xml")))
    solution = zg.load_solution(str(data("mapf/grid_task_log.xml")), instance)
    assert check(instance, solution) == pytest.approx(83.497474683058329, abs=1e-9)
    ground = str(data("mapf/roadmap.xml"))
    task = data("mapf/roadmap_task.xml")
    with pytest.raises(InstanceError, match=r"roadmap\.xml:1800: edge n85 → n120 has length 0"):
        zg.read(task, map=ground)
    instance = zg.read(task, map=ground, zero_edges=True, radius=0.3)
    solution = zg.load_solution(str(data("mapf/roadmap_task_log.xml")), instance)
    assert check(instance, solution) == pytest.approx(1927.0103993017947, abs=1e-9)
    # At the radius of the authors' configuration, discs of their own log overlap.
    instance = zg.read(task, map=ground, zero_edges=True)
    with pytest.raises(InfeasibleSolution, match=r"agents 0 and 3 collide.*0\.641329 apart"):
        check(instance, solution)
