"""Bayesian networks with their tables: reading, writing and sampling BIF files, random networks."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.dag.categorical import Categorical
from zerogap.models.dag.counts import observed
from zerogap.models.dag.rules import check_names, cycle
from zerogap.models.dag.solution import Structure, topological


@dataclass(frozen=True)
class Network:
    """A Bayesian network over categorical variables.

    Parameters
    ----------
    names : tuple of str
    levels : tuple of tuple of str
        Values of every variable.
    parents : tuple of tuple of int
        Parents of every variable, in the order of its table's axes.
    tables : tuple of ndarray
        Probabilities of every variable, axes: its parents in order, then its own values.

    Raises
    ------
    InstanceError
        If shapes do not fit, probabilities are negative or do not add up to 1 (within 1e-3, which
        published files need; rows are then divided by their sums), or edges close a cycle.
    """

    names: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    parents: tuple[tuple[int, ...], ...]
    tables: tuple[np.ndarray, ...]

    def __post_init__(self):
        d = len(self.names)
        check_names(self.names, d)
        loop = cycle([(i, j) for j in range(d) for i in self.parents[j]], d)
        if loop:
            path = " → ".join(self.names[v] for v in loop)
            raise InstanceError(f"the edges close the cycle {path}", field="parents")
        tables = []
        for j, (name, table) in enumerate(zip(self.names, self.tables)):
            shape = tuple(len(self.levels[i]) for i in (*self.parents[j], j))
            table = np.array(table, dtype=np.float64)
            if table.shape != shape:
                raise InstanceError(f"table of {name} has shape {table.shape}, expected {shape}")
            sums = table.sum(axis=-1, keepdims=True)
            if not (table >= 0).all() or not np.allclose(sums, 1, atol=1e-3):
                raise InstanceError(f"the probabilities of {name} do not add up to 1")
            tables.append(table / sums)
        object.__setattr__(self, "tables", tuple(tables))

    @property
    def adjacency(self) -> np.ndarray:
        """Float64 (d, d), 1 where i → j."""
        d = len(self.names)
        matrix = np.zeros((d, d))
        for j, parents in enumerate(self.parents):
            matrix[list(parents), j] = 1
        return matrix

    def sample(self, rows: int, *, seed: int = 0, **fields: Any) -> Categorical:
        """Rows drawn from the network, with its graph as the truth.

        Parameters
        ----------
        rows : int
        seed : int
            Of numpy's default generator; the variables are drawn along the edges, smallest number
            first.
        **fields
            Further fields of `Categorical`.
        """
        if rows < 1:
            raise InstanceError(f"is {rows}, expected 1 or more", field="observations")
        rng = np.random.default_rng(seed)
        data = np.zeros((rows, len(self.names)), dtype=np.int64)
        for j in topological(self.adjacency != 0).tolist():
            limits = np.cumsum(self.tables[j], axis=-1)[tuple(data[:, i] for i in self.parents[j])]
            if not self.parents[j]:
                limits = np.broadcast_to(limits, (rows, len(self.levels[j])))
            above = (rng.random(rows)[:, None] >= limits).sum(axis=1)
            data[:, j] = np.minimum(above, len(self.levels[j]) - 1)
        return Categorical(data, self.levels, names=self.names, truth=self.adjacency, **fields)

    def bif(self) -> str:
        """The network as a BIF file."""
        word = _Words(self)
        lines = ["network unknown {", "}"]
        for name, values in zip(word.names, word.levels):
            listed = ", ".join(values)
            lines += [
                f"variable {name} {{",
                f"  type discrete [ {len(values)} ] {{ {listed} }};",
                "}",
            ]
        for j, parents in enumerate(self.parents):
            given = f" | {', '.join(word.names[i] for i in parents)}" if parents else ""
            lines.append(f"probability ( {word.names[j]}{given} ) {{")
            for key in np.ndindex(self.tables[j].shape[:-1]):
                row = ", ".join(repr(p) for p in self.tables[j][key].tolist())
                states = ", ".join(word.levels[i][k] for i, k in zip(parents, key))
                lines.append(f"  ({states}) {row};" if parents else f"  table {row};")
            lines.append("}")
        return "\n".join(lines) + "\n"


class _Words:
    """Names and values as BIF files can hold them: no blanks, brackets or commas, each once."""

    def __init__(self, network: Network):
        self.names = _unique([re.sub(r"[^\w.+-]", "_", n) for n in network.names])
        self.levels = [
            _unique([re.sub(r"[^\w.<>=+-]", "_", v) for v in vs]) for vs in network.levels
        ]


def _unique(words: Sequence[str]) -> list[str]:
    taken: set[str] = set()
    out = []
    for word in words:
        name, k = word, 2
        while name in taken:
            name, k = f"{word}_{k}", k + 1
        taken.add(name)
        out.append(name)
    return out


def fitted(instance: Categorical, structure: Structure, *, prior: float | None = None) -> Network:
    """The network of a graph with parameters from the data.

    Parameters
    ----------
    instance : Categorical
    structure : Structure
    prior : float, optional
        Rows of prior weight for the whole table of a variable, spread evenly over its cells
        (posterior means); `ess` for bdeu and 1 otherwise if None. With 0 the relative frequencies,
        uniform where the data have no such configuration.
    """
    if prior is None:
        prior = instance.ess if instance.score == "bdeu" else 1.0
    parents, tables = [], []
    for j in range(instance.variables):
        mine = sorted(structure.edges[structure.edges[:, 1] == j, 0].tolist())
        shape = tuple(len(instance.levels[i]) for i in (*mine, j))
        cells = int(np.prod(shape))
        if cells > 10_000_000:
            raise InstanceError(f"the table of {instance.names[j]} would have {cells} cells")
        table = np.full(shape, prior / cells)
        configurations, counts = observed(instance, j, mine)
        table[tuple(configurations.T)] += counts if mine else counts[0]
        sums = table.sum(axis=-1, keepdims=True)
        table = np.where(sums > 0, table / np.where(sums > 0, sums, 1), 1 / shape[-1])
        parents.append(tuple(mine))
        tables.append(table)
    return Network(instance.names, instance.levels, tuple(parents), tuple(tables))


# ---- BIF files ---------------------------------------------------------------------------

_VARIABLE = re.compile(
    r"variable\s+(\S+)\s*\{[^}]*?type\s+discrete\s*\[\s*(\d+)\s*\]\s*\{([^}]*)\}"
)
_PROBABILITY = re.compile(r"probability\s*\(\s*([^|)]+?)\s*(?:\|([^)]*))?\)\s*\{([^}]*)\}")
_ROW = re.compile(r"(?:\(([^)]*)\)|(table|default))\s*([^;]*);")


def read_bif(path: str) -> Network:
    """The network of a BIF file (packed with gz or not).

    Raises
    ------
    InstanceError
        With the line of the variable or table that does not fit.
    """
    from zerogap.models import files

    raw, file = files.load(path)
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    return parse_bif(files.text_of(raw, file), file=file)


def parse_bif(text: str, *, file: str) -> Network:
    """The network in the text of a BIF file."""

    def line(match: re.Match) -> int:
        return text.count("\n", 0, match.start()) + 1

    names: list[str] = []
    levels: list[tuple[str, ...]] = []
    for match in _VARIABLE.finditer(text):
        values = tuple(v.strip() for v in match[3].split(","))
        if len(values) != int(match[2]) or len(set(values)) < len(values):
            raise InstanceError(
                f"{match[1]} names {len(set(values))} values, expected {match[2]} different ones",
                file=file, line=line(match),
            )  # fmt: skip
        names.append(match[1])
        levels.append(values)
    if not names:
        raise InstanceError("holds no variable", file=file)
    index = {name: j for j, name in enumerate(names)}
    parents: dict[int, tuple[int, ...]] = {}
    tables: dict[int, np.ndarray] = {}
    for match in _PROBABILITY.finditer(text):
        words = [match[1], *(p.strip() for p in (match[2] or "").split(",") if p.strip())]
        for word in words:
            if word not in index:
                raise InstanceError(f"{word!r} is no variable", file=file, line=line(match))
        j, *mine = (index[word] for word in words)
        try:
            tables[j] = _table(match[3], levels, mine, j)
        except ValueError as error:
            raise InstanceError(f"{words[0]}: {error}", file=file, line=line(match)) from None
        parents[j] = tuple(mine)
    for j, name in enumerate(names):
        if j not in tables:
            raise InstanceError(f"{name!r} has no probabilities", file=file)
    d = range(len(names))
    try:
        return Network(tuple(names), tuple(levels), tuple(parents[j] for j in d),
                       tuple(tables[j] for j in d))  # fmt: skip
    except InstanceError as error:
        error.file = file
        raise


def _table(body: str, levels: list[tuple[str, ...]], parents: list[int], j: int) -> np.ndarray:
    table = np.full([len(levels[i]) for i in (*parents, j)], np.nan)
    for states, word, numbers in _ROW.findall(body):
        values = [float(v) for v in numbers.replace(",", " ").split()]
        if word == "default":
            table[np.isnan(table).any(axis=-1)] = values
        elif word == "table":
            if len(values) != table.size:
                raise ValueError(f"holds {len(values)} probabilities, expected {table.size}")
            # The child's own value runs slowest in a flat table.
            flat = np.array(values).reshape(len(levels[j]), *table.shape[:-1])
            table = np.moveaxis(flat, 0, -1)
        else:
            key = tuple(s.strip() for s in states.split(","))
            if len(key) != len(parents) or len(values) != len(levels[j]):
                raise ValueError(f"row ({states}) does not fit the variables")
            table[tuple(levels[i].index(s) for i, s in zip(parents, key))] = values
    if np.isnan(table).any():
        raise ValueError("a row of the table is missing")
    return table


# ---- generators --------------------------------------------------------------------------


def sampled(seed: int = 0, **options: Any) -> Categorical:
    """Rows drawn from the network of a BIF file.

    Parameters
    ----------
    seed : int
    file : str
        The BIF file.
    observations : int
        Rows, 1000 if not given.
    score, ess, max_parents
        As in `Categorical`.
    """
    file = options.pop("file", None)
    if file is None:
        raise InstanceError("is missing, expected the path of a BIF file", field="file")
    rows, fields = _fields(options, f"{str(file).rsplit('/', 1)[-1].split('.')[0]}-s{seed}")
    return read_bif(str(file)).sample(rows, seed=seed, **fields)


def random_network(seed: int = 0, **options: Any) -> Categorical:
    """Rows drawn from a random network: an Erdős–Rényi graph, tables from Dirichlet(½).

    Parameters
    ----------
    seed : int
    variables, edges : int
        Size, 10 variables and 3/2 edges a variable if not given; at most 4 parents a variable.
    values : int
        Largest number of values of a variable (uniform from 2), 3 if not given.
    observations, score, ess, max_parents
        As in `sampled`.
    """
    d = int(options.pop("variables", 10))
    m = int(options.pop("edges", 3 * d // 2))
    values = int(options.pop("values", 3))
    rows, fields = _fields(options, f"bn-d{d}-m{m}-s{seed}")
    if d < 2 or not 0 <= m <= d * (d - 1) // 2 or not 2 <= values <= 20:
        raise InstanceError(
            f"{d} variables, {m} edges, {values} values: expected 2 or more, up to all pairs, "
            "2 to 20",
            field="variables",
        )
    rng = np.random.default_rng(seed)
    order = rng.permutation(d)
    pairs = [(int(order[i]), int(order[j])) for i in range(d) for j in range(i + 1, d)]
    parents: list[list[int]] = [[] for _ in range(d)]
    for k in rng.permutation(len(pairs)).tolist():
        i, j = pairs[k]
        if m > 0 and len(parents[j]) < 4:
            parents[j].append(i)
            m -= 1
    arities = rng.integers(2, values + 1, d)
    tables = tuple(
        rng.dirichlet([0.5] * int(arities[j]), size=[int(arities[i]) for i in parents[j]])
        for j in range(d)
    )
    levels = tuple(tuple(f"v{k}" for k in range(r)) for r in arities.tolist())
    names = tuple(f"X{j + 1}" for j in range(d))
    network = Network(names, levels, tuple(map(tuple, parents)), tables)
    return network.sample(rows, seed=seed + 1, **fields)


def _fields(options: dict[str, Any], name: str) -> tuple[int, dict[str, Any]]:
    rows = int(options.pop("observations", 1000))
    fields: dict[str, Any] = {
        "score": str(options.pop("score", "bdeu")),
        "ess": float(options.pop("ess", 1.0)),
        "name": f"{name}-n{rows}",
    }
    limit = options.pop("max_parents", None)
    fields["max_parents"] = None if limit is None else int(limit)
    for key in options:
        raise InstanceError("says nothing to this generator", field=f"option {key}")
    return rows, fields
