"""The instance: what is known of the data, the score, and the edges that must or must not be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError, described
from zerogap.models.dag.rules import Ruled, check_edges, check_limit, check_names

LOSSES = ("ls", "gauss", "logistic")
PENALTIES = ("none", "l1", "l0", "bic")


@dataclass(frozen=True, slots=True)
class Dag(Ruled):
    """Learn a directed acyclic graph over d variables by score.

    The least-squares and Gaussian scores need the covariance alone; `from_data` computes it.

    Parameters
    ----------
    covariance : ndarray of float64, shape (d, d)
        XᵀX / n of the centred (or, if so wished, raw) data; positive definite.
    observations : int
        n, the number of rows behind the covariance.
    loss : {"ls", "gauss", "logistic"}
        ``ls``: ½/n ‖X − XW‖²; ``gauss``: negative log-likelihood with a variance of its own for
        every variable, n/2 Σ (log 2πσ̂² + 1); ``logistic``: mean negative log-likelihood of binary
        data, without intercept.
    penalty : {"none", "l1", "l0", "bic"}
        ``l1``: `weight` Σ|w|; ``l0``: `weight` an edge; ``bic``: ½ log n an edge on the scale of
        the log-likelihood, that is ½ log(n)/n an edge for the losses that are means over rows.
    weight : float
        Weight of the penalty; computed for ``bic``.
    names : tuple of str
        Names of the variables.
    data : ndarray of float64, shape (n, d), optional
        The rows, as used (centred, standardised); needed by the logistic loss and the bootstrap.
    required, forbidden : ndarray of int32, shape (m, 2)
        Edges that must and must not be in the graph.
    tiers : ndarray of int32, shape (d,), optional
        No edge leads from a higher tier to a lower one; −1: in no tier, edges as to any.
    max_parents : int, optional
        Largest in-degree; None means no limit.
    ridge : float
        What has been added to the diagonal of the covariance (recorded, not added again).
    truth : ndarray of float64, shape (d, d), optional
        Weighted adjacency of the true graph, for evaluation; no part of the problem.
    name : str
        Name of the instance.
    reading : str
        How a file was understood where two readings were possible; no part of the problem.

    Raises
    ------
    InstanceError
        If a field is out of range, the covariance is not positive definite, or the required edges
        and tiers contradict each other.
    """

    covariance: np.ndarray
    observations: int
    loss: str = "ls"
    penalty: str = "none"
    weight: float = 0.0
    names: tuple[str, ...] = ()
    data: np.ndarray | None = None
    required: np.ndarray = field(default_factory=lambda: np.empty((0, 2), np.int32))
    forbidden: np.ndarray = field(default_factory=lambda: np.empty((0, 2), np.int32))
    tiers: np.ndarray | None = None
    max_parents: int | None = None
    ridge: float = 0.0
    truth: np.ndarray | None = field(default=None, compare=False)
    name: str = ""
    reading: str = field(default="", compare=False)

    __repr__ = described

    def __post_init__(self):
        put = object.__setattr__
        covariance = frozen(self.covariance, np.float64, field="covariance", shape=(None, None))
        d = len(covariance)
        put(self, "covariance", covariance)
        put(self, "names", check_names(self.names, d))
        self._check_numbers()
        check_covariance(covariance, self.names)
        self._check_data(d)
        for name in ("required", "forbidden"):
            put(self, name, check_edges(getattr(self, name), d, name, self.names))
        if self.tiers is not None:
            put(self, "tiers", frozen(self.tiers, np.int32, field="tiers", shape=(d,), low=-1))
        if self.truth is not None:
            put(self, "truth", frozen(self.truth, np.float64, field="truth", shape=(d, d)))
        self.check_rules()

    def _check_numbers(self) -> None:
        put = object.__setattr__
        n = self.observations
        if isinstance(n, bool) or int(n) != n or n < 1:
            raise InstanceError(f"is {n!r}, expected an integer of 1 or more", field="observations")
        put(self, "observations", int(n))
        if self.loss not in LOSSES:
            raise InstanceError(f"{self.loss!r} is not one of {', '.join(LOSSES)}", field="loss")
        if self.penalty not in PENALTIES:
            raise InstanceError(
                f"{self.penalty!r} is not one of {', '.join(PENALTIES)}", field="penalty"
            )
        if self.loss == "gauss" and self.penalty == "l1":
            raise InstanceError("l1 goes with the losses ls and logistic", field="penalty")
        if self.penalty == "bic":
            scale = 1.0 if self.loss == "gauss" else 1.0 / n
            put(self, "weight", 0.5 * math.log(n) * scale)
        elif self.penalty == "none":
            put(self, "weight", 0.0)
        for name in ("weight", "ridge"):
            value = float(getattr(self, name))
            if not (math.isfinite(value) and value >= 0):
                raise InstanceError(f"is {value}, expected a number of 0 or more", field=name)
            put(self, name, value)
        put(self, "max_parents", check_limit(self.max_parents))

    def _check_data(self, d: int) -> None:
        if self.data is not None:
            data = frozen(self.data, np.float64, field="data", shape=(self.observations, d))
            if not np.isfinite(data).all():
                raise InstanceError("holds infinities, expected numbers", field="data")
            object.__setattr__(self, "data", data)
        if self.loss == "logistic":
            if self.data is None:
                raise InstanceError("the logistic loss needs the rows", field="data")
            bad = np.argwhere((self.data != 0) & (self.data != 1))
            if len(bad):
                i, j = map(int, bad[0])
                raise InstanceError(
                    f"row {i + 1}, {self.names[j]} is {self.data[i, j]}, expected 0 or 1 "
                    "for the logistic loss",
                    field="data",
                )

    # ---- what follows from the fields ------------------------------------------------------------

    @property
    def dense(self) -> bool:
        """Whether an order alone decides: every variable takes all its predecessors as parents."""
        free = self.max_parents is None or self.max_parents >= self.variables - 1
        if self.loss == "logistic" or self.weight > 0 or not free or self.loose:
            return False
        if not len(self.forbidden):
            return True
        if self.tiers is None:
            return False
        i, j = self.forbidden.T
        return bool((self.tiers[i] > self.tiers[j]).all())

    # ---- ways to make one ----------------------------------------------------------------

    @classmethod
    def from_data(
        cls,
        data: Any,
        *,
        names: Sequence[str] | None = None,
        loss: str = "ls",
        center: bool = True,
        standardize: bool = False,
        ridge: float = 0.0,
        **fields: Any,
    ) -> Dag:
        """An instance from rows of observations.

        Parameters
        ----------
        data : array_like, shape (n, d), or pandas.DataFrame
            A data frame brings its names along.
        names : sequence of str, optional
            Names of the variables.
        loss : str
            As above; data of the logistic loss are never centred.
        center, standardize : bool
            Subtract the means; divide by the standard deviations. Least squares finds an order
            easily where variances grow along the edges; standardising takes that away.
        ridge : float
            Added to the diagonal of the covariance; the way to work with n < d.
        **fields
            Further fields of `Dag`.

        Raises
        ------
        InstanceError
            For NaN, infinities, constant or duplicate columns, and n < d without a ridge.
        """
        if names is None and hasattr(data, "columns"):
            names = [str(c) for c in data.columns]
        rows = frozen(np.asarray(data), np.float64, field="data", shape=(None, None))
        n, d = rows.shape
        if n == 0 or d == 0:
            raise InstanceError(f"has shape {n}×{d}, expected rows and columns", field="data")
        known = check_names(tuple(names or ()), d)
        bad = np.argwhere(~np.isfinite(rows))
        if len(bad):
            i, j = map(int, bad[0])
            raise InstanceError(
                f"row {i + 1}, {known[j]} is {rows[i, j]}, expected a number", field="data"
            )
        constant = np.flatnonzero(np.ptp(rows, axis=0) == 0)
        if len(constant):
            raise InstanceError(f"column {known[constant[0]]} is constant", field="data")
        rows = _prepared(rows, known, center and loss != "logistic", standardize, loss)
        with np.errstate(over="ignore", invalid="ignore"):
            covariance = rows.T @ rows / n
        if not np.isfinite(covariance).all():
            raise InstanceError("the covariance overflows", field="data")
        if ridge <= 0 and loss != "logistic":
            _check_rank(rows, known, n, d, center)
        covariance[np.diag_indices(d)] += _ridge(ridge, loss, covariance)
        return cls(covariance, n, loss=loss, names=known, data=rows, ridge=ridge, **fields)

    @classmethod
    def from_covariance(
        cls, covariance: Any, observations: int, *, ridge: float = 0.0, **fields: Any
    ) -> Dag:
        """An instance from a covariance matrix and the number of rows behind it."""
        matrix = np.array(covariance, dtype=np.float64)
        if ridge > 0 and matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]:
            matrix[np.diag_indices(len(matrix))] += ridge
        return cls(matrix, observations, ridge=ridge, **fields)


def _prepared(rows, names, center: bool, standardize: bool, loss: str) -> np.ndarray:
    if standardize and loss == "logistic":
        raise InstanceError("binary data cannot be standardised", field="standardize")
    if not center and not standardize:
        return rows
    with np.errstate(over="ignore", invalid="ignore"):
        rows = rows - rows.mean(axis=0) if center else rows.copy()
        if standardize:
            deviation = rows.std(axis=0)
            if not (np.isfinite(deviation).all() and (deviation > 0).all()):
                j = int(np.flatnonzero(~(np.isfinite(deviation) & (deviation > 0)))[0])
                raise InstanceError(f"column {names[j]} has no usable variance", field="data")
            rows /= deviation
    return rows


def _check_rank(rows, names, n: int, d: int, center: bool) -> None:
    """Say which of the usual reasons makes the covariance singular."""
    if n - bool(center) < d:
        raise InstanceError(
            f"{n} rows for {d} variables make the covariance singular; give ridge=… "
            "(it is added to the diagonal)",
            field="data",
        )
    _, first, inverse = np.unique(rows.T, axis=0, return_index=True, return_inverse=True)
    for j, group in enumerate(np.asarray(inverse).reshape(-1)):
        if first[group] != j:
            raise InstanceError(
                f"columns {names[first[group]]} and {names[j]} are equal", field="data"
            )


def _ridge(ridge: float, loss: str, covariance: np.ndarray) -> float:
    if not (math.isfinite(ridge) and ridge >= 0):
        raise InstanceError(f"is {ridge}, expected a number of 0 or more", field="ridge")
    if loss == "logistic" and ridge == 0:
        # The logistic score does not use the covariance; it only has to be a valid field.
        return 1e-8 * max(1.0, float(np.trace(covariance)) / len(covariance))
    return ridge


def check_covariance(covariance: np.ndarray, names: Sequence[str]) -> None:
    """Square, finite, symmetric, positive definite; otherwise an error that says where."""
    d = len(covariance)
    if d == 0 or covariance.shape != (d, d):
        shape = "×".join(map(str, covariance.shape))
        raise InstanceError(f"has shape {shape}, expected a square", field="covariance")
    if not np.isfinite(covariance).all():
        raise InstanceError("holds infinities, expected numbers", field="covariance")
    scale = np.sqrt(np.abs(np.diag(covariance)))
    for j in np.flatnonzero(np.diag(covariance) <= 0).tolist():
        raise InstanceError(
            f"the variance of {names[j]} is {covariance[j, j]}, expected more than 0",
            field="covariance",
        )
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        correlation = covariance / scale[:, None] / scale[None, :]
    skew = np.abs(correlation - correlation.T)
    if skew.max() > 1e-8:
        a, b = divmod(int(skew.argmax()), d)
        raise InstanceError(
            f"is not symmetric at {names[a]}, {names[b]}: {covariance[a, b]} and "
            f"{covariance[b, a]}",
            field="covariance",
        )
    try:
        smallest = float(np.diag(np.linalg.cholesky(correlation)).min()) ** 2
    except np.linalg.LinAlgError:
        smallest = 0.0
    # Below this, residual variances have no correct digit left.
    if smallest < 1e-13 * d:
        close = np.abs(correlation - np.eye(d))
        a, b = divmod(int(close.argmax()), d)
        reason = (
            f"{names[min(a, b)]} and {names[max(a, b)]} determine each other"
            if close[a, b] > 1 - 1e-12
            else "some variable is a combination of others"
        )
        raise InstanceError(
            f"is not positive definite ({reason}); drop columns or give ridge=…",
            field="covariance",
        )
