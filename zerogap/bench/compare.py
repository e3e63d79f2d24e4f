"""Comparing: methods with each other over the same runs, and two result files."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from zerogap.bench.statistics import relative_gap, sign_test
from zerogap.bench.table import Table, sense_of
from zerogap.solvers.result import number

#: A time is a regression when it grows by this factor and by more than a second.
SLOWER = 1.25


def duels(records: Sequence[dict]) -> Table:
    """Win, tie, loss of every pair of methods over (instance, seed), with the exact sign test."""
    by_method: dict[str, dict[tuple, dict]] = {}
    for record in records:
        key = (record["instance"], record["seed"])
        by_method.setdefault(record["method"], {})[key] = record
    rows = []
    for a, b in itertools.combinations(by_method, 2):
        wins = ties = losses = 0
        for key in by_method[a].keys() & by_method[b].keys():
            verdict = _duel(by_method[a][key], by_method[b][key])
            wins, ties, losses = wins + (verdict > 0), ties + (verdict == 0), losses + (verdict < 0)
        rows.append([a, b, str(wins), str(ties), str(losses), f"{sign_test(wins, losses):.4f}"])
    head = ("method", "against", "better", "same", "worse", "p (sign test)")
    return Table("objective, instance by instance and seed by seed", head, rows)


def _duel(a: dict, b: dict) -> int:
    """1 if `a` has the better objective, −1 if `b`, 0 if the same."""
    x, y = a.get("objective"), b.get("objective")
    if x is None or y is None:
        return (y is None) - (x is None) if x != y else 0
    if abs(x - y) <= 1e-9 * max(1.0, abs(x)):
        return 0
    return 1 if (x < y) == (sense_of(a) == "min") else -1


def regressions(old: Sequence[dict], new: Sequence[dict], *, gap: float = 0.001) -> Table:
    """Runs that became worse from one result file to another.

    Parameters
    ----------
    old, new : sequence of dict
        Records; the same run is the same instance data, method, seed, limit and thread count.
    gap : float
        A relative loss of objective above this is a regression.

    Returns
    -------
    Table
        A row a regression: worse objective, lost proof, longer proof time, or failed run.
    """
    before = {_identity(r): r for r in old}
    rows = []
    for record in new:
        was = before.get(_identity(record))
        if was is not None:
            rows += [
                [record["instance"], record["method"], str(record["seed"]), what, then, now]
                for what, then, now in _worse(was, record, gap)
            ]
    head = ("instance", "method", "seed", "what", "before", "now")
    common = sum(_identity(r) in before for r in new)
    return Table(f"{len(rows)} regressions in {common} runs that both files hold", head, rows)


def _identity(record: dict) -> tuple:
    return (
        record.get("sha256") or record["instance"],
        record["method"],
        record["seed"],
        record["time_limit"],
        record["threads"],
    )


def _worse(was: dict, now: dict, gap: float) -> list[tuple[str, str, str]]:
    found = []
    offset = now.get("offset", 0)
    loss = relative_gap(now.get("objective"), was.get("objective"), sense_of(now), offset)
    if was.get("objective") is not None and now.get("objective") is None:
        found.append(("no solution", number(was["objective"]), now["status"]))
    elif loss is not None and loss > gap:
        found.append(("objective", number(was["objective"]), number(now["objective"])))
    if was["status"] == "optimal" and now["status"] != "optimal":
        found.append(("proof lost", was["status"], now["status"]))
    elif was["status"] == now["status"] == "optimal":
        then, time = was["time"], now["time"]
        if time > SLOWER * then and time > then + 1:
            found.append(("proof time", f"{then:.1f} s", f"{time:.1f} s"))
    return found
