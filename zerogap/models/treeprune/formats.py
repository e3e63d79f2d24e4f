"""JSON files: one tree, or the trace of a whole search."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import (
    Format,
    InstanceError,
    Told,
    json_format,
    json_text,
    newer,
    parse_json,
    wanted,
)
from zerogap.models.treeprune.draft import Draft, instance_of_json, instance_to_json
from zerogap.models.treeprune.instance import TreePrune

_NAME = "treeprune"
_COLUMNS = ("parent", "reward", "tokens", "cluster")
_SETTINGS = (
    "lambda_b",
    "lambda_d",
    "budget",
    "min_leaves",
    "max_leaves",
    "caps",
    "coverage",
    "forest",
    "every_tree",
    "page",
)


def encode(tree: TreePrune | Draft) -> dict[str, Any]:
    """A tree or a draft as a JSON-able dict; settings at their defaults are left out."""
    if isinstance(tree, Draft):
        return instance_to_json(tree)
    data: dict[str, Any] = {"name": tree.name} if tree.name else {}
    data |= {"lambda_b": tree.lambda_b, "lambda_d": tree.lambda_d}
    for key in ("budget", "max_leaves"):
        if getattr(tree, key) is not None:
            data[key] = getattr(tree, key)
    if tree.min_leaves != 1:
        data["min_leaves"] = tree.min_leaves
    if len(tree.mandatory):
        data["mandatory"] = tree.mandatory.tolist()
    if tree.caps is not None:
        data["caps"] = tree.caps.tolist()
    if tree.coverage.tolist() != [1.0]:
        data["coverage"] = tree.coverage.tolist()
    for key in ("forest", "every_tree"):
        if getattr(tree, key):
            data[key] = True
    if tree.page:
        data["page"] = tree.page
    if len(tree.held):
        data["held"] = tree.held.tolist()
    if tree.names is not None:
        data["names"] = list(tree.names)
    return data | {key: getattr(tree, key).tolist() for key in _COLUMNS}


def decode(
    data: dict,
    *,
    file: str,
    lambda_b: float | None = None,
    lambda_d: float | None = None,
    budget: float | None = None,
    min_leaves: int | None = None,
    max_leaves: int | None = None,
    page: int | None = None,
) -> TreePrune | Draft:
    """A tree from columns, or from ``"nodes"``: a list of objects with the columns as keys.

    Nodes may have an ``"id"``, a text, which then stands for them in ``"parent"`` (null: a root),
    ``"mandatory"`` and ``"held"``, and in results. With the key ``"draft"`` it is a `Draft`.
    """
    given = {
        "lambda_b": lambda_b,
        "lambda_d": lambda_d,
        "budget": budget,
        "min_leaves": min_leaves,
        "max_leaves": max_leaves,
        "page": page,
    }
    if "draft" in data:
        for key, value in given.items():
            if value is not None:
                raise InstanceError("says nothing to a draft tree", field=f"option {key}")
        return instance_of_json(data)
    columns: dict[str, Any]
    names = data.get("names")
    if "nodes" in data:
        nodes = data["nodes"]
        columns = {
            "parent": [node["parent"] for node in nodes],
            "reward": [node.get("reward", 0.0) for node in nodes],
            "tokens": [node["tokens"] for node in nodes],
            "cluster": [node.get("cluster", -1) for node in nodes],
        }
        ids = [node.get("id") for node in nodes]
        if any(i is not None for i in ids):
            names = ids
            columns["parent"] = _numbered(columns["parent"], ids, "parent")
    else:
        columns = {key: data[key] for key in ("parent", "reward", "tokens")}
        columns["cluster"] = data.get("cluster")
    settings: dict[str, Any] = {key: data[key] for key in _SETTINGS if data.get(key) is not None}
    if isinstance(settings.get("caps"), dict):
        settings["caps"] = {int(k): v for k, v in settings["caps"].items()}
    for key in ("mandatory", "held"):
        if data.get(key) is not None:
            settings[key] = _numbered(data[key], names, key)
    settings |= {key: value for key, value in given.items() if value is not None}
    return TreePrune(**columns, **settings, names=names, name=data.get("name", ""))


def _numbered(nodes: list, names: list | None, field: str) -> list:
    """Nodes by number, where names stand for them."""
    if names is None:
        return nodes
    place = {name: i for i, name in enumerate(names)}
    found = []
    for i, node in enumerate(nodes):
        if isinstance(node, str):
            if node not in place:
                raise InstanceError(f"element {i} is {node!r}, no node of the tree", field=field)
            found.append(place[node])
        else:
            found.append(-1 if node is None else node)
    return found


def read_trace(text: str, *, file: str, step: int | None = None, **options: Any) -> Any:
    """The tree that step number `step` of a recorded search has to prune (the last if None).

    A trace is ``{"family": "treeprune", "trace": 1, "lambda_b": …, "steps": [{"parent": […],
    "reward": […], "tokens": […], "cluster": […], "keep": […]}, …]}``. Every step appends nodes,
    numbered on over the whole trace, and says which of the leaves then alive were kept; nodes
    without a kept leaf below them are gone from the next step on.
    """
    data = Told(parse_json(text, file=file))
    try:
        newer(data, file)
        steps = data["steps"]
        last = len(steps) - 1 if step is None else step
        if not 0 <= last < len(steps):
            raise InstanceError(f"step {last}, the trace has 0 … {len(steps) - 1}", file=file)
        columns, alive = _replay(steps, last, file)
        number = np.cumsum(alive) - 1
        parent = columns["parent"][alive]
        columns = {key: values[alive] for key, values in columns.items()}
        columns["parent"] = np.where(parent >= 0, number[np.maximum(parent, 0)], -1)
        fields = {key: data[key] for key in ("name", *_SETTINGS) if key in data}
        made = decode(
            fields | {key: values.tolist() for key, values in columns.items()},
            file=file,
            **wanted(decode, options, "trace"),
        )
        for entry in steps:
            entry.get("keep")  # of the last step it is known, and not used
        for entry in steps[last + 1 :]:
            entry.asked.update(_COLUMNS)
        data.refuse_unknown({"family", "trace"}, file=file)
        return made
    except InstanceError as error:
        error.file = error.file or file
        raise
    except KeyError as error:
        raise InstanceError(f"key {error.args[0]!r} is missing", file=file) from None
    except (TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
        raise InstanceError(data.malformed(error), file=file) from None


def _replay(steps: list, last: int, file: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Columns of all nodes up to step `last` and which of them are alive when it prunes."""
    dtypes = {"parent": np.int64, "reward": float, "tokens": float, "cluster": np.int64}
    parts: dict[str, list] = {key: [] for key in _COLUMNS}
    alive: list[bool] = []
    for t in range(last + 1):
        entry = steps[t]
        count = len(entry["parent"])
        for key in _COLUMNS:
            values = entry.get(key, [-1] * count) if key == "cluster" else entry[key]
            if len(values) != count:
                raise InstanceError(
                    f"step {t} has {len(values)} elements, expected {count}", field=key
                )
            parts[key] += values
        for i, above in enumerate(entry["parent"], start=len(alive)):
            if not -1 <= above < i or (above >= 0 and not alive[above]):
                raise InstanceError(
                    f"node {i} of step {t} hangs below {above}, no node alive before it",
                    field="parent",
                )
            alive.append(True)
        if t < last:
            _prune(parts["parent"], alive, entry["keep"], t)
    return {key: np.array(parts[key], dtype=dtypes[key]) for key in _COLUMNS}, np.array(alive)


def _prune(parent: list[int], alive: list[bool], keep: list[int], t: int) -> None:
    marked = [False] * len(alive)
    for leaf in keep:
        if not 0 <= leaf < len(alive) or not alive[leaf]:
            raise InstanceError(f"step {t} keeps {leaf}, no node alive", field="keep")
        node = leaf
        while node >= 0 and not marked[node]:
            marked[node] = True
            node = parent[node]
    alive[:] = marked


def write_trace(settings: dict[str, Any], steps: list[dict[str, Any]]) -> str:
    """The text of a trace file; `steps` as `read_trace` describes them."""
    return json_text({"family": _NAME, "trace": 1, **settings, "steps": steps})


def _is_trace(head: str, name: str) -> bool:
    named = head.lstrip()[:1] == "{" and f'"{_NAME}"' in head
    return named and '"trace"' in head and '"solution"' not in head


FORMATS = (
    Format("trace", (".trace.json",), _is_trace, read_trace),
    json_format(_NAME, encode, decode),
)
