"""VROOM files with breaks, skills, windows and shipments: ours against VROOM, one thread each.

``VROOM_PYTHON=… python benchmarks/routing_vroom.py [SEED …] [--seconds S] [--results FILE]``

``VROOM_PYTHON`` is an interpreter that has ``pyvroom``. A line a run: what each leaves out (the sum
of its priorities, tasks) and what its routes cost, VROOM with its highest exploration level (or
``--level``) and the time that it takes, ours after ``max(that time, 1 s)`` or, where they are
given, after ``--seconds``. ``make(seed)`` is the problem, the same on every machine; odd seeds have
fewer vehicles than the day needs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import zerogap as zg
from zerogap.bench import bars
from zerogap.models.routing.formats.vroom import answer

#: Seconds of a working day, and where its breaks may begin.
DAY, NOON = 36_000, ((14_400, 18_000), (16_200, 21_600))
# VROOM's own answer, in the interpreter that has it.
_PEER = """
import json, sys, time, vroom
from pathlib import Path
problem = vroom.Input.from_json(Path(sys.argv[1]))
for name, m in json.load(open(sys.argv[1]))["matrices"].items():
    import numpy
    problem.set_durations_matrix(profile=name, matrix_input=numpy.array(m["durations"], "uint32"))
begun = time.perf_counter()
found = problem.solve(exploration_level=int(sys.argv[2]), nb_threads=1)
spent = time.perf_counter() - begun
told = found.to_dict()
print(json.dumps({"time": spent, "answer": told}))
"""


def make(seed: int, jobs: int = 140, shipments: int = 30) -> dict[str, Any]:
    """A city's day: `jobs` single jobs and `shipments` pairs, so 200 tasks by default.

    Places lie in three quarters and at random; driving takes a time that differs by direction.
    A third of the tasks wants a skill, 40 % a window of one to three hours, a quarter a priority
    of 1 … 10. Vehicles have one or two skills of three, an early or a late shift and a break of
    half an hour.
    """
    rng = np.random.default_rng([seed, jobs, shipments])
    tasks = jobs + 2 * shipments
    centres = rng.uniform(0.2, 0.8, (3, 2))
    near = centres[rng.integers(0, 3, tasks)] + rng.normal(0, 0.08, (tasks, 2))
    places = np.where(rng.random((tasks, 1)) < 0.6, near, rng.uniform(0, 1, (tasks, 2)))
    places = np.vstack([[[0.5, 0.5]], np.clip(places, 0, 1)])
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    detour = 1 + 0.3 * rng.random(apart.shape)
    durations = np.rint(3000 * apart * detour).astype(int)
    durations[np.diag_indices_from(durations)] = 0

    def wishes() -> dict[str, Any]:
        told: dict[str, Any] = {}
        if rng.random() < 0.33:
            told["skills"] = [int(rng.integers(1, 4))]
        if rng.random() < 0.25:
            told["priority"] = int(rng.integers(1, 11))
        return told

    def windows() -> dict[str, Any]:
        if rng.random() < 0.6:
            return {}
        opens, length = int(rng.integers(0, DAY - 10_800)), int(rng.integers(3600, 10_800))
        return {"time_windows": [[opens, opens + length]]}

    def at(place: int) -> dict[str, Any]:
        return {"location_index": place, "service": int(rng.integers(2, 11)) * 60, **windows()}

    made: dict[str, Any] = {"jobs": [], "shipments": [], "vehicles": []}
    for k in range(jobs):
        amount = {"delivery" if rng.random() < 0.7 else "pickup": [int(rng.integers(1, 8))]}
        made["jobs"].append({"id": k + 1, **at(1 + k), **amount, **wishes()})
    for k in range(shipments):
        first = 1 + jobs + 2 * k
        pair = {
            "pickup": {"id": first, **at(first)},
            "delivery": {"id": first + 1, **at(first + 1)},
        }
        if "time_windows" in pair["pickup"] and "time_windows" in pair["delivery"]:
            del pair["delivery"]["time_windows"]  # else many could not be served at all
        made["shipments"].append({"amount": [int(rng.integers(1, 6))], **pair, **wishes()})
    for v in range(16 if seed % 2 == 0 else 5):
        shift = [0, 28_800] if v % 2 else [7200, DAY]
        rest = {"id": v + 1, "service": 1800, "time_windows": [list(NOON[v % 2])]}
        skills = sorted({int(s) for s in rng.integers(1, 4, 2)})
        made["vehicles"].append(
            {"id": v + 1, "start_index": 0, "end_index": 0, "capacity": [60],
             "skills": skills, "time_window": shift, "breaks": [rest]}
        )  # fmt: skip
    made["matrices"] = {"car": {"durations": durations.tolist()}}
    return made


def judged(data: dict[str, Any], told: dict[str, Any]) -> dict[str, int]:
    """What an answer leaves out and costs, from its steps and the matrix alone."""
    weight = {("job", j["id"]): j.get("priority", 0) for j in data["jobs"]}
    for s in data["shipments"]:
        for end in ("pickup", "delivery"):
            weight[end, s[end]["id"]] = s.get("priority", 0)
    place = {("job", j["id"]): j["location_index"] for j in data["jobs"]}
    place |= {(end, s[end]["id"]): s[end]["location_index"]
              for s in data["shipments"] for end in ("pickup", "delivery")}  # fmt: skip
    far, cost, served = data["matrices"]["car"]["durations"], 0, set()
    for route in told["routes"]:
        at = 0
        for step in route["steps"]:
            if (key := (step["type"], step.get("id"))) in place:
                served.add(key)
                cost, at = cost + far[at][place[key]], place[key]
        cost += far[at][0]
    left = [key for key in weight if key not in served]
    return {"priority": sum(weight[k] for k in left), "unassigned": len(left), "cost": cost}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("seeds", nargs="*", type=int, default=[0, 1, 2, 3])
    parser.add_argument("--seconds", type=float, action="append", help="ours")
    parser.add_argument("--level", type=int, default=5, help="VROOM's exploration level")
    parser.add_argument("--results", type=Path, help="append a JSON line a run")
    given = parser.parse_args()
    for seed in given.seeds:
        data = make(seed)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(data, file)
            file.flush()
            call = [os.environ["VROOM_PYTHON"], "-c", _PEER, file.name, str(given.level)]
            done = subprocess.run(call, capture_output=True, text=True, check=True, env={})
            peer = json.loads(done.stdout)
            instance = zg.read(file.name)
        runs = [("vroom", peer["time"], peer["answer"])]
        for seconds in given.seconds or (max(1.0, peer["time"]),):
            begun = time.perf_counter()
            result = zg.solve(instance, threads=1, time_limit=seconds, seed=seed)
            spent = time.perf_counter() - begun
            runs.append(("zerogap", spent, json.loads(answer(instance, result.solution))))
        for name, spent, told in runs:
            line = {"seed": seed, "level": given.level, "method": name, "threads": 1,
                    "time": round(spent, 2), **judged(data, told)}  # fmt: skip
            print(json.dumps(line), flush=True)
            if given.results:
                bars.append(given.results, "vroom-200", **line)


if __name__ == "__main__":
    main()
