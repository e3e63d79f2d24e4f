"""The straight-line program with the fewest additions of one small matrix, as a CP-SAT model.

Step t adds or subtracts two earlier variables (inputs or steps); every wanted form is an input or a
step up to sign. A form's sign is free, so the first operand of a step is taken positive.

Every program over the integers is one modulo 2 with as many additions: what the binary model proves
impossible is impossible over −1, 0, 1 as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from zerogap.models.base import Model
from zerogap.models.matmul.solution import Program

#: A variable of the model with its sign: (index, 1 or −1).
Signed = tuple[int, int]


def build(matrix, steps: int, *, binary: bool = False, limit: int = 1) -> Model:
    """A program of at most `steps` additions that computes ``matrix @ x``; fewest are sought.

    Parameters
    ----------
    matrix : array_like, shape (outputs, inputs)
        Over −1, 0, 1; 0, 1 if `binary`.
    steps : int
        Additions allowed.
    binary : bool
        Compute modulo 2.
    limit : int
        Largest absolute coefficient of an intermediate form (modulo 2 there is no such limit).

    Returns
    -------
    Model
        ``variables``: ``first`` and ``second`` (step, variable) say what a step adds, ``minus``
        (step) whether it subtracts, ``used`` (step), ``coefficient`` (variable, input), ``output``
        (form, variable); ``objective``. Solutions are `Program`.
    """
    from ortools.sat.python import cp_model

    matrix = np.asarray(matrix, dtype=np.int64)
    inputs = matrix.shape[1]
    model = cp_model.CpModel()
    variables: dict[str, Any] = {
        "first": {},
        "second": {},
        "minus": {},
        "sign": {},
        "output": {},
        "used": {t: model.new_bool_var(f"used{t}") for t in range(steps)},
        "coefficient": {(s, i): int(s == i) for s in range(inputs) for i in range(inputs)},
    }
    for t in range(steps):
        _step(model, variables, t, inputs, 1 if binary else limit, binary)
    wanted = _distinct(matrix)
    for o, form in enumerate(wanted):
        _output(model, variables, o, form, steps, binary)
    variables["objective"] = sum(variables["used"].values()) if steps else 0
    model.minimize(variables["objective"])

    def read(value) -> Program:
        return _read(value, variables, matrix, wanted, steps)

    def hint(program: Program) -> Iterator[tuple[Any, float]]:
        return _hint(variables, program, matrix, wanted, steps, binary)

    return Model(model, variables, read, hint)


def _step(model, variables, t: int, inputs: int, limit: int, binary: bool) -> None:
    """Variable ``inputs + t`` is the sum or difference of two earlier ones."""
    place = inputs + t
    coefficient, used = variables["coefficient"], variables["used"]
    low = 0 if binary else -limit
    operands = []
    for word in ("first", "second"):
        choice = variables[word]
        for s in range(place):
            choice[t, s] = model.new_bool_var(f"{word}{t},{s}")
            if s >= inputs:
                model.add_implication(choice[t, s], used[s - inputs])
        model.add_exactly_one(choice[t, s] for s in range(place))
        form = [model.new_int_var(low, limit, f"{word}{t}:{i}") for i in range(inputs)]
        for s in range(place):
            for i in range(inputs):
                model.add(form[i] == coefficient[s, i]).only_enforce_if(choice[t, s])
        operands.append(form)
    first, second = (
        sum(s * variables[word][t, s] for s in range(place)) for word in ("first", "second")
    )
    model.add(first + 1 <= second)
    if t:
        model.add_implication(used[t], used[t - 1])
    minus = variables["minus"][t] = 0 if binary else model.new_bool_var(f"minus{t}")
    for i, (a, b) in enumerate(zip(*operands)):
        coefficient[place, i] = total = model.new_int_var(low, limit, f"step{t}:{i}")
        if binary:
            model.add(a + b == total + 2 * model.new_bool_var(f"carry{t}:{i}"))
        else:
            model.add(total == a + b).only_enforce_if(~minus)
            model.add(total == a - b).only_enforce_if(minus)


def _output(model, variables, o: int, form, steps: int, binary: bool) -> None:
    """The wanted form is one of the steps, up to sign."""
    coefficient, output = variables["coefficient"], variables["output"]
    inputs = len(form)
    sign = variables["sign"][o] = 0 if binary else model.new_bool_var(f"sign{o}")
    for t in range(steps):
        output[o, inputs + t] = chosen = model.new_bool_var(f"output{o},{t}")
        model.add_implication(chosen, variables["used"][t])
        for i, value in enumerate(form):
            here = coefficient[inputs + t, i]
            if binary:
                model.add(here == value).only_enforce_if(chosen)
            else:
                model.add(here == value).only_enforce_if(chosen, ~sign)
                model.add(here == -value).only_enforce_if(chosen, sign)
    model.add_bool_or(output[o, inputs + t] for t in range(steps))


def _canonical(row: Iterable[int]) -> tuple[int, ...]:
    values = tuple(int(x) for x in row)
    return max(values, tuple(-x for x in values))


def _distinct(matrix: np.ndarray) -> list[tuple[int, ...]]:
    """The forms with at least two terms, up to sign, each once."""
    return sorted({_canonical(row) for row in matrix if np.count_nonzero(row) > 1})


def _read(value, variables, matrix, wanted, steps: int) -> Program:
    inputs = matrix.shape[1]
    fresh = []
    for t in range(steps):
        if not value(variables["used"][t]):
            break
        a, b = (
            next(s for s in range(inputs + t) if value(variables[word][t, s]))
            for word in ("first", "second")
        )
        subtract = variables["minus"][t]
        fresh.append(((a, 1), (b, -1 if _truth(value, subtract) else 1)))
    place: dict[tuple[int, ...], Signed] = {}
    for o, form in enumerate(wanted):
        s = next(inputs + t for t in range(steps) if value(variables["output"][o, inputs + t]))
        place[form] = (s, -1 if _truth(value, variables["sign"][o]) else 1)
    rows = []
    for row in matrix:
        support = np.flatnonzero(row)
        if len(support) < 2:
            rows.append(tuple((int(i), int(row[i])) for i in support))
            continue
        s, sign = place[_canonical(row)]
        same = tuple(row.tolist()) == _canonical(row)
        rows.append(((s, sign if same else -sign),))
    return Program(inputs, tuple(fresh), tuple(rows))


def _truth(value, variable) -> bool:
    return not isinstance(variable, int) and bool(value(variable))


def steps_of(program: Program) -> tuple[list[tuple[int, int, bool]], list[Signed | None]]:
    """A program as steps (a, b, subtract) with a < b, and where each output stands.

    Equal sums are computed once, so that there may be fewer steps than additions.
    """
    inputs = program.inputs
    steps: list[tuple[int, int, bool]] = []
    known: dict[tuple[int, int, bool], int] = {}

    def join(x: Signed, y: Signed) -> Signed:
        (i, a), (j, b) = sorted((x, y))
        step = (i, j, a != b)
        if step not in known:
            known[step] = inputs + len(steps)
            steps.append(step)
        return known[step], a

    variable: list[Signed] = [(i, 1) for i in range(inputs)]

    def total(terms) -> Signed | None:
        result: Signed | None = None
        for i, c in terms:
            s, sign = variable[i]
            term = (s, sign * c)
            result = term if result is None else join(result, term)
        return result

    for terms in program.fresh:
        found = total(terms)
        assert found is not None
        variable.append(found)
    return steps, [total(terms) for terms in program.outputs]


def _hint(variables, program: Program, matrix, wanted, steps: int, binary: bool):
    """Values of all choices; the coefficients follow from them."""
    inputs = matrix.shape[1]
    known, places = steps_of(program)
    if len(known) > steps:
        return
    for t in range(steps):
        a, b, subtract = known[t] if t < len(known) else (0, 1, False)
        yield variables["used"][t], int(t < len(known))
        if not binary:
            yield variables["minus"][t], int(subtract)
        for s in range(inputs + t):
            yield variables["first"][t, s], int(s == a)
            yield variables["second"][t, s], int(s == b)
    rows = {_canonical(row): k for k, row in enumerate(matrix)}
    for o, form in enumerate(wanted):
        row = rows[form]
        place = places[row]
        assert place is not None
        s, sign = place
        if tuple(matrix[row].tolist()) != form:
            sign = -sign
        if not binary:
            yield variables["sign"][o], int(sign < 0)
        for t in range(steps):
            yield variables["output"][o, inputs + t], int(inputs + t == s)
