"""HiGHS: linear programs that grow by rows and columns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.solvers.backends.highs import Rows, fresh_highs, outcome, pass_model


class Lp:
    """A linear program that grows by rows and columns: the master of column generation.

    Parameters
    ----------
    rows : Rows
        Initial constraints over the initial columns.
    cost, low, high : array_like, shape (columns,)
        Initial columns.
    sense : {"min", "max"}

    Attributes
    ----------
    objective : float
    values, reduced_costs : ndarray, shape (columns,)
    duals : ndarray, shape (rows,)
        Of the last solve; columns and rows added since have none yet.
    """

    def __init__(
        self, rows: Rows, cost: Any = (), low: Any = (), high: Any = (), *, sense: str = "min"
    ):
        self.highs = fresh_highs(None)
        pass_model(self.highs, cost, rows, low, high, np.zeros(len(cost), dtype=bool), sense)
        self.objective = math.nan
        self.values = self.duals = self.reduced_costs = np.zeros(0)

    @property
    def columns(self) -> int:
        """Number of columns."""
        return self.highs.getNumCol()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.highs.getNumRow()

    def add_columns(
        self, cost: Any, low: Any, high: Any, start: Any, index: Any, value: Any
    ) -> None:
        """Append columns; ``start`` has one entry a column (and may have a closing one)."""
        cost = np.asarray(cost, dtype=np.float64)
        index = np.asarray(index, dtype=np.int32)
        self.highs.addCols(
            len(cost),
            cost,
            np.asarray(low, dtype=np.float64),
            np.asarray(high, dtype=np.float64),
            len(index),
            np.asarray(start, dtype=np.int32)[: len(cost)],
            index,
            np.asarray(value, dtype=np.float64),
        )

    def add_rows(self, rows: Rows) -> None:
        """Append rows over the present columns."""
        self.highs.addRows(
            len(rows.lower),
            rows.lower,
            rows.upper,
            len(rows.index),
            rows.start[: len(rows.lower)],
            rows.index,
            rows.value,
        )

    def delete_columns(self, columns: Any) -> None:
        """Delete columns; those behind them move up."""
        columns = np.asarray(columns, dtype=np.int32)
        self.highs.deleteCols(len(columns), columns)

    def delete_rows(self, rows: Any) -> None:
        """Delete rows; those behind them move up."""
        rows = np.asarray(rows, dtype=np.int32)
        self.highs.deleteRows(len(rows), rows)

    def set_column_bounds(self, columns: Any, low: Any, high: Any) -> None:
        """Change bounds of columns."""
        columns = np.asarray(columns, dtype=np.int32)
        self.highs.changeColsBounds(
            len(columns),
            columns,
            np.asarray(low, dtype=np.float64),
            np.asarray(high, dtype=np.float64),
        )

    def set_row_bounds(self, row: int, low: float, high: float) -> None:
        """Change the two sides of a row."""
        self.highs.changeRowBounds(row, low, high)

    def solve(self, seconds: float = math.inf) -> str:
        """Solve from the last basis; ``optimal``, ``infeasible``, ``unbounded`` or ``unknown``."""
        if math.isfinite(seconds):
            # The option counts from the first run of this object.
            self.highs.setOptionValue("time_limit", self.highs.getRunTime() + max(0.0, seconds))
        self.highs.run()
        # HiGHS forgets its solution as soon as a column or row is added: it is kept here.
        solution = self.highs.getSolution()
        self.objective = float(self.highs.getInfo().objective_function_value)
        self.values = np.array(solution.col_value)
        self.duals = np.array(solution.row_dual)
        self.reduced_costs = np.array(solution.col_dual)
        return outcome(self.highs).status
