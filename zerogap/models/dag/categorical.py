"""Instances whose objective is a log score: categorical data, and tables of local scores."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError, described
from zerogap.models.dag.rules import Ruled, check_names

SCORES = ("bdeu", "bic", "aic", "k2", "fnml", "qnml")
#: Values that a variable may have.
MOST_VALUES = 1000


def _no_edges() -> np.ndarray:
    return np.empty((0, 2), np.int32)


@dataclass(frozen=True, slots=True)
class Categorical(Ruled):
    """Learn a Bayesian network over d categorical variables by log score, maximised.

    With N_q the rows in which the parents of j have their configuration q, N_qk those in which j
    also has value k, r the number of values of j, s the product of the numbers of values of the
    parents, n the number of rows and LL = Σ_q Σ_k N_qk log(N_qk / N_q), the local scores are

    - ``bdeu``: Σ_q [log Γ(α) − log Γ(α + N_q) + Σ_k (log Γ(α/r + N_qk) − log Γ(α/r))] with
      α = ess / s: a uniform Dirichlet prior of `ess` rows (Heckerman, Geiger, Chickering 1995);
    - ``k2``: the same with one row for every cell, α = r (Cooper, Herskovits 1992);
    - ``bic``: LL − ½ log(n) s (r − 1) (Schwarz 1978); ``aic``: LL − s (r − 1) (Akaike 1974);
    - ``fnml``: LL − Σ_q log C(N_q, r), C being the normaliser of the multinomial's maximum
      likelihood (Silander, Roos, Kontkanen, Myllymäki 2008);
    - ``qnml``: LL − log C(n, s r) + log C(n, s) (Silander, Leppä-aho, Jääsaari, Roos 2018).

    Configurations that no row has count for nothing but s.

    Parameters
    ----------
    data : ndarray of uint16, shape (n, d)
        Rows; the value k of variable j is ``levels[j][k]``.
    levels : tuple of tuple of str
        Values of every variable, two or more, at most `MOST_VALUES` and fewer than rows.
    score : {"bdeu", "bic", "aic", "k2", "fnml", "qnml"}
    ess : float
        Equivalent sample size of bdeu, in rows.
    names : tuple of str
        Names of the variables.
    required, forbidden : ndarray of int32, shape (m, 2)
        Edges that must and must not be in the graph.
    tiers : ndarray of int32, shape (d,), optional
        No edge leads from a higher tier to a lower one; −1: in no tier, edges as to any.
    max_parents : int, optional
        Largest in-degree; None means no limit.
    truth : ndarray of float64, shape (d, d), optional
        True graph, for evaluation; no part of the problem.
    name : str
        Name of the instance.
    reading : str
        How a file was understood where two readings were possible; no part of the problem.

    Raises
    ------
    InstanceError
        If a field is out of range, a variable has one value or as many as rows, or rules
        contradict each other.
    """

    data: np.ndarray
    levels: tuple[tuple[str, ...], ...]
    score: str = "bdeu"
    ess: float = 1.0
    names: tuple[str, ...] = ()
    required: np.ndarray = field(default_factory=_no_edges)
    forbidden: np.ndarray = field(default_factory=_no_edges)
    tiers: np.ndarray | None = None
    max_parents: int | None = None
    truth: np.ndarray | None = field(default=None, compare=False)
    name: str = ""
    reading: str = field(default="", compare=False)

    __repr__ = described

    def __post_init__(self):
        put = object.__setattr__
        data = frozen(self.data, np.uint16, field="data", shape=(None, None))
        n, d = data.shape
        if n == 0 or d == 0:
            raise InstanceError(f"has shape {n}×{d}, expected rows and columns", field="data")
        put(self, "data", data)
        put(self, "names", check_names(self.names, d))
        put(self, "levels", tuple(tuple(map(str, values)) for values in self.levels))
        self._check_levels(n, d)
        if self.score not in SCORES:
            raise InstanceError(f"{self.score!r} is not one of {', '.join(SCORES)}", field="score")
        ess = float(self.ess)
        if not 1e-6 <= ess <= 1e9:
            raise InstanceError(f"is {self.ess}, expected a number from 1e-6 to 1e9", field="ess")
        put(self, "ess", ess)
        self.take_rules(self.truth)

    def _check_levels(self, n: int, d: int) -> None:
        if len(self.levels) != d:
            raise InstanceError(f"are those of {len(self.levels)} variables of {d}", field="levels")
        for j, (name, values) in enumerate(zip(self.names, self.levels)):
            r = len(values)
            if len(set(values)) < r:
                raise InstanceError(f"{name}: a value stands twice", field="levels")
            if r < 2:
                only = f" ({values[0]!r})" if values else ""
                raise InstanceError(
                    f"column {name} has one value{only}, expected two or more", field="levels"
                )
            if r > MOST_VALUES:
                raise InstanceError(
                    f"column {name} has {r} categories, expected at most {MOST_VALUES}: "
                    "numbers or identifiers are no categories",
                    field="levels",
                )
            if r >= n:
                raise InstanceError(
                    f"column {name} has {r} categories in {n} rows, expected fewer than rows",
                    field="levels",
                )
            top = int(self.data[:, j].max())
            if top >= r:
                raise InstanceError(f"{name} has value {top} of {r} (from 0)", field="data")

    @property
    def observations(self) -> int:
        """n, the number of rows."""
        return len(self.data)

    @property
    def arities(self) -> np.ndarray:
        """Number of values of every variable."""
        return np.array([len(values) for values in self.levels])

    @classmethod
    def from_data(
        cls, data: Any, *, names: Sequence[str] | None = None, levels: Any = None, **fields: Any
    ) -> Categorical:
        """An instance from rows of values.

        Parameters
        ----------
        data : array_like, shape (n, d), or pandas.DataFrame
            Values of any kind; a data frame brings its names along, a categorical column the
            order of its values (those without a row count, as they do in the prior).
        names : sequence of str, optional
        levels : sequence of sequences, optional
            Values of every variable in their order; sorted as they are found if None.
        **fields
            Further fields of `Categorical`.

        Raises
        ------
        InstanceError
            For a missing value (None or NaN), with row and column; and as the class does.
        """
        given: list[Any] = []
        if hasattr(data, "columns"):
            names = [str(c) for c in data.columns] if names is None else names
            columns = [data.iloc[:, j] for j in range(data.shape[1])]
            given = [getattr(getattr(c, "cat", None), "categories", None) for c in columns]
            values = [c.tolist() for c in columns]
        else:
            table = np.asarray(data)
            if table.ndim != 2:
                raise InstanceError("expected rows and columns", field="data")
            values = [table[:, j].tolist() for j in range(table.shape[1])]
        known = check_names(tuple(names or ()), len(values))
        codes = np.empty((len(values[0]) if values else 0, len(values)), np.int64)
        found = []
        for j, column in enumerate(values):
            wanted = levels[j] if levels is not None else given[j] if given else None
            codes[:, j], own = encode_column(column, known[j], wanted)
            found.append(own)
        return cls(_narrow(codes, found, known), tuple(found), names=known, **fields)


def _narrow(codes: np.ndarray, levels: Sequence[Any], names: Sequence[str]) -> np.ndarray:
    """Codes as uint16; more values than that cannot be meant."""
    for name, values in zip(names, levels):
        if len(values) > MOST_VALUES:
            raise InstanceError(
                f"column {name} has {len(values)} categories, expected at most {MOST_VALUES}: "
                "numbers or identifiers are no categories",
                field="data",
            )
    return codes.astype(np.uint16)


def _missing(value: Any) -> bool:
    return value is None or value != value  # NaN and its kin are not equal to themselves


def encode_column(values: list, name: str, wanted: Any = None) -> tuple[list[int], tuple[str, ...]]:
    """Codes of a column and its values: the wanted ones, else those found, sorted."""
    for row, value in enumerate(values):
        if type(value) is not str and type(value) is not int and _missing(value):
            raise InstanceError(
                f"row {row + 1}, {name} is missing, expected a category", field="data"
            )
    order = list(wanted) if wanted is not None else sorted(set(values), key=_rank)
    index = {value: k for k, value in enumerate(order)}
    try:
        return [index[value] for value in values], tuple(str(value) for value in order)
    except KeyError as error:
        row = next(k for k, value in enumerate(values) if value not in index)
        known = ", ".join(map(str, order))
        raise InstanceError(
            f"row {row + 1}, {name} is {error.args[0]!r}, expected one of {known}",
            field="data",
        ) from None


def _rank(value: Any) -> tuple[int, float, str]:
    """Numbers by size, before texts by the alphabet."""
    try:
        return 0, float(value), str(value)
    except (TypeError, ValueError):
        return 1, 0.0, str(value)


@dataclass(frozen=True, slots=True)
class LocalScores(Ruled):
    """Learn a graph from a table of local scores, maximised.

    The score of a graph is the sum over its variables of the local score of the variable's parent
    set. A parent set that is not in the table may not be used.

    Parameters
    ----------
    scores : tuple of ndarray of float64
        Log scores of the parent sets of every variable.
    sets : tuple of tuple of tuple of int
        The parent sets, each ascending.
    names : tuple of str
        Names of the variables.
    required, forbidden, tiers, max_parents, truth, name
        As in `Categorical`.

    Raises
    ------
    InstanceError
        If a variable has no parent set, a set stands twice or holds its own variable, a score is
        no number, or rules contradict each other.
    """

    scores: tuple[np.ndarray, ...]
    sets: tuple[tuple[tuple[int, ...], ...], ...]
    names: tuple[str, ...] = ()
    required: np.ndarray = field(default_factory=_no_edges)
    forbidden: np.ndarray = field(default_factory=_no_edges)
    tiers: np.ndarray | None = None
    max_parents: int | None = None
    truth: np.ndarray | None = field(default=None, compare=False)
    name: str = ""

    __repr__ = described

    def __post_init__(self):
        put, d = object.__setattr__, len(self.sets)
        if d == 0 or len(self.scores) != d:
            raise InstanceError(
                f"{len(self.scores)} lists of scores for {d} variables", field="sets"
            )
        put(self, "names", check_names(self.names, d))
        numbers, sets = [], []
        for j, (name, values, mine) in enumerate(zip(self.names, self.scores, self.sets)):
            mine = tuple(tuple(sorted(map(int, s))) for s in mine)
            scores = frozen(values, np.float64, field=f"scores of {name}", shape=(len(mine),))
            if not len(mine):
                raise InstanceError(f"{name} has no parent set", field="sets")
            if not np.isfinite(scores).all():
                raise InstanceError(f"scores of {name} hold infinities", field="scores")
            self._check_sets(j, mine)
            numbers.append(scores)
            sets.append(mine)
        put(self, "scores", tuple(numbers))
        put(self, "sets", tuple(sets))
        self.take_rules(self.truth)

    def _check_sets(self, j: int, mine: tuple[tuple[int, ...], ...]) -> None:
        name = self.names[j]
        seen = set()
        for s in mine:
            named = (
                "{"
                + ", ".join(self.names[i] if 0 <= i < len(self.names) else str(i) for i in s)
                + "}"
            )
            if any(not 0 <= i < self.variables or i == j for i in s) or len(set(s)) < len(s):
                raise InstanceError(
                    f"{name} has the parent set {named}, expected other variables, each once",
                    field="sets",
                )
            if s in seen:
                raise InstanceError(f"{name} has the parent set {named} twice", field="sets")
            seen.add(s)

    @classmethod
    def from_function(
        cls,
        score: Callable[[Any, tuple], float],
        names: Sequence[str],
        *,
        max_parents: int,
        limit: int = 1_000_000,
        **fields: Any,
    ) -> LocalScores:
        """The table of a user's own decomposable score, each parent set asked once.

        Parameters
        ----------
        score : callable
            ``score(child, parents)`` by name, parents in the order of `names`; larger is better.
            Minus infinity forbids the set.
        names : sequence of str
        max_parents : int
            Sets of up to so many parents are asked.
        limit : int
            How many sets may be asked in all.
        **fields
            Rules, as fields of the class; sets they forbid are not asked.

        Raises
        ------
        InstanceError
            If there are more sets than `limit`, or a score is NaN or plus infinity.

        Examples
        --------
        >>> from zerogap.models.dag import LocalScores
        >>> def fewest(child, parents):
        ...     return -len(parents)
        >>> table = LocalScores.from_function(fewest, "AB", max_parents=1)
        >>> table.sets
        (((), (1,)), ((), (0,)))
        """
        known = check_names(names, len(list(names)))
        d = len(known)
        empty = cls((np.zeros(1),) * d, (((),),) * d, known, max_parents=max_parents, **fields)
        allowed = empty.allowed
        total = sum(
            math.comb(int(allowed[:, j].sum()), s) for j in range(d) for s in range(max_parents + 1)
        )
        if total > limit:
            raise InstanceError(
                f"{total} parent sets to ask, allowed are {limit}", field="max_parents"
            )
        scores, sets = [], []
        for j in range(d):
            mine, values = [], []
            free = np.flatnonzero(allowed[:, j]).tolist()
            for size in range(max_parents + 1):
                for s in itertools.combinations(free, size):
                    value = float(score(known[j], tuple(known[i] for i in s)))
                    if value == -math.inf:
                        continue
                    if not math.isfinite(value):
                        raise InstanceError(f"of {known[j]} with {s} is {value}", field="score")
                    mine.append(s)
                    values.append(value)
            scores.append(np.array(values))
            sets.append(tuple(mine))
        return cls(tuple(scores), tuple(sets), known, max_parents=max_parents, **fields)

    def table(self) -> list[Mapping[tuple[int, ...], float]]:
        """Scores of every variable by parent set."""
        return [dict(zip(sets, scores.tolist())) for sets, scores in zip(self.sets, self.scores)]
