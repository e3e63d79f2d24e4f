"""The graph of a grid: which moves a disc of a radius may make between blocked cells."""

from __future__ import annotations

import math

import numpy as np

_STRAIGHT = ((0, 1), (1, 0), (0, -1), (-1, 0))
_DIAGONAL = ((1, 1), (1, -1), (-1, -1), (-1, 1))


def _turned(moves: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """The moves with both signs of each part."""
    return tuple((s * i, t * j) for i, j in moves for s in (1, -1) for t in (1, -1))


_EIGHT = _STRAIGHT + _DIAGONAL
_SIXTEEN = _EIGHT + _turned(((1, 2), (2, 1)))
#: Moves (rows, columns) of a grid by its connectedness k: 2^k of them.
MOVES: dict[int, tuple[tuple[int, int], ...]] = {
    2: _STRAIGHT,
    3: _EIGHT,
    4: _SIXTEEN,
    5: _SIXTEEN + _turned(((1, 3), (2, 3), (3, 2), (3, 1))),
}


def distance(move: tuple[int, int], cell: tuple[int, int]) -> float:
    """Distance of the segment (0, 0) … `move` from the closed unit square around `cell`.

    A quadratic program in one variable: the distance of (t · move) from a box is convex in t, and
    its minimum lies at an end, at the projection of a corner, or where the segment meets the box.
    """
    di, dj = move
    ci, cj = cell
    ts = {0.0, 1.0}
    square = di * di + dj * dj
    for i in (ci - 0.5, ci + 0.5):
        for j in (cj - 0.5, cj + 0.5):
            if square:
                ts.add(min(1.0, max(0.0, (i * di + j * dj) / square)))
        if di:
            ts.add(min(1.0, max(0.0, i / di)))
    for j in (cj - 0.5, cj + 0.5):
        if dj:
            ts.add(min(1.0, max(0.0, j / dj)))
    gaps = (
        math.hypot(max(0.0, abs(t * di - ci) - 0.5), max(0.0, abs(t * dj - cj) - 0.5)) for t in ts
    )
    return min(gaps)


def crosses(move: tuple[int, int], cell: tuple[int, int]) -> bool:
    """Whether the segment (0, 0) … `move` runs through the open unit square around `cell`."""
    low, high = 0.0, 1.0
    for d, c in zip(move, cell):
        if d == 0:
            if abs(c) >= 0.5:
                return False
            continue
        a, b = sorted(((c - 0.5) / d, (c + 0.5) / d))
        low, high = max(low, a), min(high, b)
    return high - low > 1e-12


def _room(
    blocked: np.ndarray, move: tuple[int, int], reach: float, disc: bool
) -> tuple[np.ndarray, np.ndarray]:
    """By cell: whether the line of the move is free, and its distance from blocked cells.

    Cells beyond the map are free: only blocked ones stand in the way of a disc.
    """
    rows, columns = blocked.shape
    wide = math.ceil(reach) + 1
    free = np.ones(blocked.shape, dtype=bool)
    room = np.full(blocked.shape, math.inf)
    spans = [range(min(0, d) - wide, max(0, d) + wide + 1) for d in move]
    for i in spans[0]:
        for j in spans[1]:
            gap = distance(move, (i, j))
            through = crosses(move, (i, j)) if move != (0, 0) else (i, j) == (0, 0)
            if not through and (not disc or gap > reach):
                continue
            there = _shifted(blocked, i, j, rows, columns)
            if through:
                free &= ~there
            if disc:
                room[there & (gap < room)] = gap
    return free, room


def _shifted(blocked: np.ndarray, i: int, j: int, rows: int, columns: int) -> np.ndarray:
    """Cell (r, c) of the answer: whether (r + i, c + j) is blocked."""
    out = np.zeros_like(blocked)
    up, down = max(0, -i), min(rows, rows - i)
    left, right = max(0, -j), min(columns, columns - j)
    if up < down and left < right:
        out[up:down, left:right] = blocked[up + i : down + i, left + j : right + j]
    return out


def lattice(
    blocked: np.ndarray, connectedness: int, least: float, most: float, disc: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates, edges, their room and that of the vertices, of a grid.

    Edges without room for a disc of radius `least` are left out; room is looked for up to `most`.
    """
    rows, columns = blocked.shape
    number = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    row, column = np.divmod(number.ravel(), columns)
    xy = np.stack([column, row], axis=1).astype(np.float64)
    free, space = _room(blocked, (0, 0), most, disc)
    space[~free] = 0.0
    edges, rooms = [], []
    for di, dj in MOVES[connectedness]:
        clear, room = _room(blocked, (di, dj), most, disc)
        i0, i1 = max(0, -di), min(rows, rows - di)
        j0, j1 = max(0, -dj), min(columns, columns - dj)
        if i0 >= i1 or j0 >= j1:
            continue
        tails, heads = number[i0:i1, j0:j1], number[i0 + di : i1 + di, j0 + dj : j1 + dj]
        part = clear[i0:i1, j0:j1] & free[i0:i1, j0:j1] & free.ravel()[heads]
        width = room[i0:i1, j0:j1]
        part &= width * (1 + 1e-6) + 1e-12 >= (least if disc else 0.0)
        edges.append(np.stack([tails[part], heads[part]], axis=1))
        rooms.append(width[part])
    joined = np.concatenate(edges) if edges else np.empty((0, 2), dtype=np.int32)
    room = np.concatenate(rooms) if rooms else np.empty(0)
    return xy, joined, room, space.ravel()
