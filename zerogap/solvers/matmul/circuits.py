"""Circuits of linear maps: annealed, shared greedily, turned round, bounded from below."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from zerogap._ext.matmul.additions import Additions
from zerogap._ext.matmul.greedy import share
from zerogap.models.matmul.solution import Program, ReducedScheme, Scheme


def sides(scheme: Scheme) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The three linear maps of a scheme, outputs × inputs."""
    return scheme.u, scheme.v, np.ascontiguousarray(scheme.w.T)


def minimise(
    matrix, *, seconds: float = math.inf, iterations: int = -1, seed: int = 0, **settings: Any
) -> Program:
    """A straight-line program with few additions for one matrix over −1, 0, 1.

    Parameters
    ----------
    matrix : array_like, shape (outputs, inputs)
    seconds, iterations : number
        Limits; one of them has to be given.
    seed : int
    **settings
        Of the kernel, see `zerogap._ext.matmul.additions.Additions`.

    Examples
    --------
    >>> minimise([[1, 1, 0, 1], [1, 1, 1, 0], [0, 0, 1, -1]], iterations=2000).additions
    4
    """
    kernel = Additions(matrix, seed, **settings)
    kernel.run(seconds, iterations)
    return program(kernel.shape[1], kernel.shape[0], kernel.best())


def greedy(
    matrix, strategy: str = "mixed", *, restarts: int = 20, seed: int = 0, turned: bool = True
) -> Program:
    """Share pairs greedily by a published strategy: the baseline of `minimise`.

    Parameters
    ----------
    matrix : array_like, shape (outputs, inputs)
        Over −1, 0, 1.
    strategy : str
        ``greedy`` (most frequent pair), ``greedy-random`` (ties at random), ``greedy-alternative``
        (now and then the second most frequent), ``weighted-random`` (by what a pair saves),
        ``greedy-potential`` (ties by what the fresh variable's pairs would save),
        ``greedy-intersections`` (ties by how little other pairs lose), ``mixed``.
    restarts : int
    seed : int
    turned : bool
        Try the transposed matrix as well, and turn its program.
    """
    matrix = np.asarray(matrix)
    found = []
    for forms in (matrix, matrix.T) if turned else (matrix,):
        _, graph = share(forms, strategy, seed, restarts)
        circuit = program(forms.shape[1], forms.shape[0], graph)
        found.append(circuit if forms is matrix else transposed(circuit))
    return min(found, key=lambda circuit: circuit.additions)


def program(inputs: int, outputs: int, edges: np.ndarray) -> Program:
    """The straight-line program of a circuit given by edges (from, to, sign).

    Nodes below `inputs` are inputs, the next `outputs` nodes outputs, all others inner nodes. An
    inner node with more than two terms becomes a chain of fresh variables of two terms.
    """
    terms: dict[int, list[tuple[int, int]]] = {}
    for source, target, sign in np.asarray(edges).tolist():
        terms.setdefault(target, []).append((source, sign))
    variable = {i: (i, 1) for i in range(inputs)}
    fresh: list[tuple[tuple[int, int], ...]] = []
    for node in _topological(terms, inputs):
        if node < inputs + outputs:
            continue
        row = [(variable[i][0], c * variable[i][1]) for i, c in terms[node]]
        total = row[0]
        for term in row[1:]:
            fresh.append((total, term))
            total = (inputs + len(fresh) - 1, 1)
        variable[node] = total
    sums = tuple(
        tuple((variable[i][0], c * variable[i][1]) for i, c in terms.get(inputs + r, ()))
        for r in range(outputs)
    )
    return Program(inputs, tuple(fresh), sums)


def _topological(terms: dict[int, list[tuple[int, int]]], inputs: int) -> list[int]:
    """Nodes with terms, every one after those it uses."""
    order: list[int] = []
    done: set[int] = set(range(inputs))
    for root in sorted(terms):
        stack = [root]
        while stack:
            node = stack[-1]
            if node in done:
                stack.pop()
                continue
            missing = [i for i, _ in terms[node] if i not in done]
            if missing:
                stack += missing
            else:
                done.add(node)
                order.append(stack.pop())
    return order


def edges(circuit: Program) -> np.ndarray:
    """The edges (from, to, sign) of a program, numbered as `program` reads them."""
    inputs, shift = circuit.inputs, len(circuit.outputs)
    levels = ((inputs + shift, circuit.fresh), (inputs, circuit.outputs))
    found = [
        (i if i < inputs else i + shift, target, c)
        for first, rows in levels
        for target, row in enumerate(rows, first)
        for i, c in row
    ]
    return np.array(found, np.int32).reshape(-1, 3)


def transposed(circuit: Program) -> Program:
    """The program of the transposed matrix that all edges turned round give.

    With neither zero rows nor unused inputs its additions are those of `circuit`, less its inputs,
    plus its outputs (Tellegen's principle).
    """
    inputs, outputs = circuit.inputs, len(circuit.outputs)
    turned = edges(circuit)[:, [1, 0, 2]]
    number = np.arange(inputs + outputs + len(circuit.fresh))
    number[:inputs] += outputs
    number[inputs : inputs + outputs] -= inputs
    turned[:, :2] = number[turned[:, :2]]
    return program(outputs, inputs, turned)


def lower_bound(matrix: np.ndarray) -> int:
    """Additions that any circuit needs: one for every sum that differs from all others by more
    than the sign, counted on the matrix and on its transpose.

    A circuit of the transpose is one of the matrix with its edges turned (Tellegen's principle),
    whose additions differ by inputs − outputs once zero rows and columns are gone: so both counts
    hold for both, cancellations and repeated terms included.
    """
    matrix = np.asarray(matrix)
    matrix = matrix[np.any(matrix, axis=1)][:, np.any(matrix, axis=0)]
    outputs, inputs = matrix.shape
    return max(0, _sums(matrix), _sums(matrix.T) + inputs - outputs)


def _sums(matrix: np.ndarray) -> int:
    """Distinct rows, up to sign, with at least two terms."""
    rows = {max(r, tuple(-x for x in r)) for r in map(tuple, matrix.tolist())}
    return sum(int(np.count_nonzero(r) > 1) for r in rows)


#: Nonzero entries times restarts of the greedy that circuits begin with (some 50 ms).
GREEDY = 6000


class Circuits:
    """The circuits of the three sides of a scheme, annealed side by side (a kernel for `drive`).

    Parameters
    ----------
    scheme : Scheme
    seed : int
    threads : int
        Every thread anneals its own three circuits; each side's best counts.
    **settings
        Of the kernel, see `zerogap._ext.matmul.additions.Additions`.
    """

    def __init__(self, scheme: Scheme, seed: int = 0, threads: int = 1, **settings: Any):
        matrices = sides(scheme)
        self.iterations = 0
        self.seconds = 0.0
        self.teams = [
            [Additions(m, 3 * (seed + 7919 * t) + k, **settings) for k, m in enumerate(matrices)]
            for t in range(threads)
        ]
        self.floors = [lower_bound(m) for m in matrices]
        if not settings.get("binary"):
            # What a greedy of pairs finds in milliseconds takes the annealer minutes on sides with
            # many short sums: 2×8×8 comes to 420 additions in 12 s instead of 426 in 40 s.
            for matrix, kernel in zip(matrices, self.teams[0]):
                restarts = max(1, min(20, GREEDY // max(1, int(np.count_nonzero(matrix)))))
                kernel.inject(edges(greedy(matrix, restarts=restarts, seed=seed)))
        naive = np.array([max(1, kernel.naive) for kernel in self.teams[0]], float)
        self.share = naive / naive.sum()

    @property
    def objective(self) -> int:
        """Additions of the best circuits together."""
        return sum(min(team[k].objective for team in self.teams) for k in range(3))

    def run(self, seconds: float = math.inf, iterations: int = -1) -> bool:
        """Anneal all circuits, each for its share of the slice; False if none can have fewer."""
        if self.objective == sum(self.floors):
            return False
        self.iterations += max(0, iterations)

        def work(team: list[Additions]) -> bool:
            more = False
            parts = self.share
            if iterations < 0:
                # Time of sides that cannot have fewer goes to the others.
                parts = parts * [k.objective > f for k, f in zip(team, self.floors)]
                parts = parts / max(parts.sum(), 1e-9)
            for part, kernel in zip(parts.tolist(), team):
                limit = -1
                if iterations >= 0:
                    # Shares of the total, not of the slice: the state must not depend on slicing.
                    limit = int(part * self.iterations) - kernel.iterations
                more |= kernel.run(part * seconds, limit)
            return more

        if len(self.teams) == 1:
            more = work(self.teams[0])
        else:
            with ThreadPoolExecutor(len(self.teams)) as pool:
                more = any(list(pool.map(work, self.teams)))
        if iterations < 0:
            self.iterations = sum(kernel.iterations for team in self.teams for kernel in team)
        self.seconds = sum(kernel.seconds for team in self.teams for kernel in team)
        return more

    def best(self) -> tuple[Program, Program, Program]:
        """Straight-line programs of the best circuits."""
        kernels = [min((team[k] for team in self.teams), key=_cost) for k in range(3)]
        u, v, w = (program(k.shape[1], k.shape[0], k.best()) for k in kernels)
        return u, v, w

    def solution(self) -> ReducedScheme:
        """The reduced scheme of the best circuits."""
        return ReducedScheme(*self.best())


def _cost(kernel: Additions) -> int:
    return kernel.objective
