"""One benchmark run in a process of its own: a run as JSON on standard input, a line out."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import resource
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

#: Solutions up to this size are kept in the result line, so that a report can draw them.
SOLUTION_BYTES = 20_000


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def perform(order: dict) -> dict:
    """Do one run.

    Parameters
    ----------
    order : dict
        ``Run.to_dict()`` with the paths ``file`` and ``root`` (project folder).

    Returns
    -------
    dict
        Status, objective, bound, trace, times and peak memory; the objective is the checker's
        wherever the run yields a solution.
    """
    import zerogap as zg
    from zerogap.models.base import family

    instance = _instance(zg, order)
    begun, cpu = time.monotonic(), time.process_time()
    outcome = _peer(zg, instance, order) if order["peer"] else _ours(zg, instance, order)
    outcome["wall"] = round(time.monotonic() - begun, 4)
    outcome["cpu"] = round(time.process_time() - cpu, 4)
    outcome["peak_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    outcome["sha256"] = zg.digest(instance)
    offset = family(order["family"]).offset(instance)
    if offset:
        outcome["offset"] = offset
    outcome["versions"] = zg.versions() | outcome.pop("versions", {})
    return outcome


def _instance(zg: Any, order: dict) -> Any:
    if order["generate"]:
        call = dict(order["generate"])
        return zg.generate(order["family"], call.pop("generator", None), **call)
    return zg.read(order["file"], family=order["family"], **order["instance_options"])


def _ours(zg: Any, instance: Any, order: dict) -> dict:
    settings = order["options"]
    result = zg.solve(
        instance,
        method=order["ours"],
        time_limit=order["time_limit"],
        threads=order["threads"],
        seed=order["seed"],
        **settings,
    )
    found = result.to_dict()
    keys = ("status", "objective", "bound", "gap", "time", "trace", "messages")
    outcome = {key: found[key] for key in keys}
    if len(json.dumps(found["solution"], default=_plain)) <= SOLUTION_BYTES:
        outcome["solution"] = found["solution"]
    return outcome


def _peer(zg: Any, instance: Any, order: dict) -> dict:
    path = Path(order.get("peer_file") or Path(order["root"]) / order["peer"])
    if not path.is_file():
        raise FileNotFoundError(f"no adapter {order['peer']} beside the suite or in the project")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, "solve"):
        raise TypeError(
            f"{path.name} has no function solve(instance, *, time_limit, threads, seed)"
        )
    begun = time.monotonic()
    answer = module.solve(
        instance,
        time_limit=order["time_limit"],
        threads=order["threads"],
        seed=order["seed"],
        **order["options"],
    )
    elapsed = time.monotonic() - begun
    found = _answered(zg, answer, instance, path.name)
    found["versions"] = _packages(module) | found.get("versions", {})
    solution = found.pop("solution", None)
    if solution is not None:
        checked = zg.check(instance, solution)
        claimed = found.get("objective")
        if claimed is not None and not math.isclose(claimed, checked, rel_tol=1e-6, abs_tol=1e-6):
            found["messages"] = [f"peer claims {claimed}, the checker says {checked}"]
        found["objective"] = checked
    found.setdefault("status", "unknown" if found.get("objective") is None else "feasible")
    found.setdefault("bound", None)
    found.setdefault("time", round(elapsed, 4))
    found.setdefault(
        "trace",
        [{"time": found["time"], "objective": found.get("objective"), "bound": found["bound"],
          "source": order["method"]}],
    )  # fmt: skip
    return found


def _packages(module: Any) -> dict[str, str]:
    """Versions of the packages that a peer's adapter names in ``PACKAGES``."""
    found = {}
    for package in getattr(module, "PACKAGES", ()):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def _answered(zg: Any, answer: Any, instance: Any, name: str) -> dict:
    """What a peer's `solve` may return, as a dict: that, a solution, or a solution's JSON."""
    family = zg.family_of(instance)
    if isinstance(answer, family.solution):
        return {"solution": answer}
    if answer is None:
        return {"status": "unknown"}
    if not isinstance(answer, dict):
        raise TypeError(
            f"{name}: solve returned an object of type {type(answer).__name__}, expected a dict "
            "with solution (the family's, or its JSON as a dict), and as far as it knows "
            "objective, bound, status, time, trace"
        )
    known = {"solution", "objective", "bound", "status", "time", "trace", "gap", "messages",
             "versions"}  # fmt: skip
    if not known & set(answer):  # the solution's JSON alone
        answer = {"solution": answer}
    found = dict(answer)
    if isinstance(found.get("solution"), dict):
        found["solution"] = family.decode(instance, found["solution"])
    return found


def main() -> None:
    """Read the order, do it, print one JSON line; a failure is a line too."""
    order = json.load(sys.stdin)
    try:
        outcome = perform(order)
    except ModuleNotFoundError as error:
        own = (error.name or "").startswith("zerogap")
        status = "missing" if order["peer"] and not own else "error"
        outcome = {"status": status, "messages": [f"not installed: {error.name}"]}
    except Exception as error:
        outcome = {"status": "error", "messages": [f"{type(error).__name__}: {error}"]}
    print("\n" + json.dumps(outcome, default=_plain), flush=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # a thread of a backend that hangs must not hold the run


if __name__ == "__main__":
    main()
