"""The Brent equations as a CP-SAT model over Z2 and ZT.

Every coefficient is one Boolean over Z2 and two (positive, negative) over ZT. Products of two and
of three coefficients are Booleans too, so an equation is an exclusive or (Z2) or a linear equation
(ZT) over the products r. The model is for small formats: it has rank·n1·n2·n2·n3·n3·n1 Booleans,
twice that over ZT.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, Model
from zerogap.models.matmul.instance import MatMul
from zerogap.models.matmul.solution import Scheme

#: Most Booleans of three coefficients that a model may have.
MAX_TERMS = 400_000


def tensor(n) -> np.ndarray:
    """The multiplication tensor, shape (n1·n2, n2·n3, n3·n1)."""
    n1, n2, n3 = (int(x) for x in n)
    target = np.zeros((n1 * n2, n2 * n3, n3 * n1), np.int64)
    i, j, k = (x.ravel() for x in np.indices((n1, n2, n3)))
    target[i * n2 + j, j * n3 + k, k * n1 + i] = 1
    return target


def build(instance: MatMul, rank: int, *, fixed: Scheme | None = None, sides: str = "") -> Model:
    """All schemes of at most `rank` products; the objective is the number of those used.

    Parameters
    ----------
    instance : MatMul
        Ring Z2 or ZT.
    rank : int
        Products of the model.
    fixed : Scheme, optional
        Its factors on `sides` (for example ``"u"``) are held fixed: a neighbourhood.
    sides : str
        Subset of ``"uvw"``.

    Returns
    -------
    Model
        Variables ``u``, ``v``, ``w``: arrays (rank, entries) of Booleans, or of pairs (positive,
        negative) in the last axis over ZT; ``used``: one Boolean a product.
    """
    if instance.ring not in ("Z2", "ZT"):
        raise InstanceError(f"the Brent model is for Z2 and ZT, not {instance.ring}", field="ring")
    model = decompose(tensor(instance.n), rank, instance.ring, ordered=not sides)
    if fixed is not None and sides:
        order = np.arange(fixed.rank)
        for name in sides:
            for r, row in enumerate(getattr(fixed, name)[order]):
                for e, value in enumerate(row):
                    _fix(model, name, r, e, int(value), instance.ring)
    return model


def _fix(model: Model, name: str, r: int, e: int, value: int, ring: str) -> None:
    cell = model.variables[name][r, e]
    for bit, wanted in _bits(cell, value, ring):
        model.model.add(bit == wanted)


def _bits(cell: Any, value: int, ring: str) -> Iterable[tuple[Any, int]]:
    if ring == "Z2":
        yield cell, value & 1
    else:
        yield cell[0], int(value > 0)
        yield cell[1], int(value < 0)


def decompose(target: np.ndarray, rank: int, ring: str, *, ordered: bool = True) -> Model:
    """A tensor as a sum of at most `rank` products; minimises how many.

    Parameters
    ----------
    target : ndarray of int, three axes
    rank : int
    ring : {"Z2", "ZT"}
    ordered : bool
        Break the symmetry of the products' order by their non-zeros in ``u``.

    Returns
    -------
    Model
        As of `build`.
    """
    from ortools.sat.python import cp_model

    terms = rank * target.size * (1 if ring == "Z2" else 2)
    if terms > MAX_TERMS:
        raise InstanceError(
            f"the Brent equations need {terms} Booleans, the limit is {MAX_TERMS}", field="n"
        )
    cp = cp_model.CpModel()
    used = [cp.new_bool_var(f"used{r}") for r in range(rank)]
    signed = ring == "ZT"
    cells = {
        name: _cells(cp, name, rank, width, signed) for name, width in zip("uvw", target.shape)
    }
    pairs = _products(cp, cells["u"], cells["v"], signed)
    triples = _products(cp, pairs, cells["w"], signed)
    for index in np.ndindex(target.shape):
        literals = [triples[(r, *index)] for r in range(rank)]
        wanted = int(target[index])
        if signed:
            cp.add(sum(p - m for p, m in literals) == wanted)
        else:
            # An exclusive or is true for an odd number: one literal negated makes it even.
            cp.add_bool_xor([literals[0] if wanted & 1 else ~literals[0], *literals[1:]])
    for r in range(rank):
        for name in "uvw":
            bits = [b for cell in cells[name][r] for b in (cell if signed else (cell,))]
            cp.add_max_equality(used[r], bits)
    # What cuts solutions off cuts no scheme off: the order of the products is free, and so are the
    # signs of two factors, the third taking them; unused products have u = 0 and come last.
    for r in range(rank - 1):
        cp.add_implication(used[r + 1], used[r])
    if signed:
        _first_positive(cp, cells["u"])
        _first_positive(cp, cells["v"])
    if ordered:
        _descending(cp, cells["u"], signed)
    cp.minimize(sum(used))
    return Model(
        cp,
        {**cells, "used": used},
        read=lambda value: _read(value, cells, used, ring),
        hint=lambda scheme: _hint(scheme, cells, used, pairs, triples, rank, ring),
    )


def _cells(cp, name: str, rank: int, width: int, signed: bool) -> np.ndarray:
    shape = (rank, width, 2) if signed else (rank, width)
    cells = np.empty(shape, object)
    for index in np.ndindex(shape):
        cells[index] = cp.new_bool_var(f"{name}{'_'.join(map(str, index))}")
    if signed:
        for r in range(rank):
            for e in range(width):
                cp.add_at_most_one(cells[r, e])
    return cells


def _products(cp, left: np.ndarray, right: np.ndarray, signed: bool) -> np.ndarray:
    """Booleans for the products of all cells of a product r: shape left + right's entries."""
    inner = left.shape[1:-1] if signed else left.shape[1:]
    shape = (left.shape[0], *inner, right.shape[1])
    out = np.empty((*shape, 2) if signed else shape, object)
    for index in np.ndindex(shape):
        x, y = left[index[:-1]], right[index[0], index[-1]]
        if not signed:
            z = out[index] = cp.new_bool_var("")
            cp.add_bool_or([~x, ~y, z])
            cp.add_implication(z, x)
            cp.add_implication(z, y)
            continue
        plus, minus = (cp.new_bool_var("") for _ in range(2))
        out[index] = (plus, minus)
        for a in (0, 1):
            for b in (0, 1):
                right_one, wrong_one = (plus, minus) if a == b else (minus, plus)
                cp.add_bool_or([~x[a], ~y[b], right_one])
                cp.add_bool_or([~x[a], ~y[b], ~wrong_one])
        for z in (plus, minus):
            cp.add_bool_or([~z, x[0], x[1]])
            cp.add_bool_or([~z, y[0], y[1]])
    return out


def _first_positive(cp, cells: np.ndarray) -> None:
    """The first non-zero coefficient of a form is positive: signs move into w."""
    for row in cells:
        for e, (_, minus) in enumerate(row):
            cp.add_bool_or([~minus, *(row[d][0] for d in range(e))])


def _descending(cp, cells: np.ndarray, signed: bool) -> None:
    """Products in descending order of the non-zeros of u, read as a binary number."""
    width = cells.shape[1]
    if width > 40:
        return
    numbers = [
        sum((1 << (width - 1 - e)) * (sum(row[e]) if signed else row[e]) for e in range(width))
        for row in cells
    ]
    for first, second in zip(numbers, numbers[1:]):
        cp.add(first >= second)


def _read(value: Callable[[Any], float], cells, used, ring: str) -> Scheme:
    rows = [r for r, variable in enumerate(used) if value(variable) > 0.5]
    sides = []
    for name in "uvw":
        block = cells[name]
        out = np.zeros((len(rows), block.shape[1]), np.int64)
        for k, r in enumerate(rows):
            for e in range(block.shape[1]):
                cell = block[r, e]
                if ring == "Z2":
                    out[k, e] = round(value(cell))
                else:
                    out[k, e] = round(value(cell[0])) - round(value(cell[1]))
        sides.append(out)
    return Scheme(*sides)


def canonical(scheme: Scheme, ring: str) -> Scheme:
    """The scheme as the model orders it: signs in w, products descending in u."""
    u, v, w = (m.astype(np.int64).copy() for m in (scheme.u, scheme.v, scheme.w))
    if ring == "ZT":
        for side in (u, v):
            for r, row in enumerate(side):
                hits = np.flatnonzero(row)
                if hits.size and row[hits[0]] < 0:
                    side[r] *= -1
                    w[r] *= -1
    else:
        u, v, w = u & 1, v & 1, w & 1
    keys = [tuple(row) for row in (u != 0).astype(int).tolist()]
    order = sorted(range(len(u)), key=lambda r: keys[r], reverse=True)
    return Scheme(u[order], v[order], w[order])


def _hint(scheme: Scheme, cells, used, pairs, triples, rank: int, ring: str):
    if scheme.rank > rank:
        return
    ordered = canonical(scheme, ring)
    values = {}
    for name in "uvw":
        side = np.zeros((rank, cells[name].shape[1]), np.int64)
        side[: ordered.rank] = getattr(ordered, name)
        values[name] = side
    two = values["u"][:, :, None] * values["v"][:, None, :]
    three = two[:, :, :, None] * values["w"][:, None, None, :]
    for block, numbers in (*((cells[k], values[k]) for k in "uvw"), (pairs, two), (triples, three)):
        for index in np.ndindex(numbers.shape):
            yield from _bits(block[index], int(numbers[index]), ring)
    for r, variable in enumerate(used):
        yield variable, int(r < ordered.rank)
