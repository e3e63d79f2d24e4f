"""A bound on the time of a trace: prices of bytes, and how early copies have to be over.

Let M be the time of a mapping. Whatever step k: before its compute begins, the copies in of all
runs of uses that begin at k or before are over, one after the other on every channel; then steps
k, k + 1, … follow, each with its time less what it saves. So for every k

    M ≥ copies in for uses up to k + Σ_{s ≥ k} (time_s − saved_s),

with the copies of one channel, or of several, each counted with a share. A mixture of these with
weights w_k (Σ w_k = 1) holds too. The bytes that lie in a memory at a step are at most its
capacity, and a run holds its tensor's bytes at least from its first use to its last: with prices
p ≥ 0 for them the minimum over all mappings falls apart into the tensors, where a run of uses
i … j brings

    Σ saved_u A(step u) − copy (1 − A(step i − 1)) − size Σ p,    A(s) = w_0 + … + w_s,

and the best set of runs is found by dynamic programming. Every w and p give a bound; a few
hundred steps look for good ones.
"""

from __future__ import annotations

import numpy as np

from zerogap.models.scratchpad.memories import Trace
from zerogap.solvers.search import Search


def tighten(trace: Trace, search: Search, start: np.ndarray) -> None:
    """Look for weights and prices, and hand in the bound.

    Parameters
    ----------
    trace : Trace
    search : Search
    start : ndarray, shape (steps,)
        First prices of a byte at every step.
    """
    steps, fast = len(trace.time), len(trace.memories) - 1
    if steps == 0:
        return
    until = search.elapsed + min(3.0, 0.15 * search.remaining)
    tensors = [_Tensor(trace, t) for t in range(len(trace.size)) if trace.used[t]]
    capacity = np.array([m.capacity for m in trace.memories[1:]], dtype=float)[:, None]
    time = trace.time.astype(float)
    price, weight = np.tile(start, (fast, 1)), np.zeros(steps)
    weight[0] = 1.0
    best = (-np.inf, price, weight)
    theta, stale = 1.0, 0
    for _ in range(400):
        share = np.cumsum(weight)
        sums = np.concatenate([np.zeros((fast, 1)), np.cumsum(price, axis=1)], axis=1)
        used, saved, copied = np.zeros_like(price), np.zeros(steps), np.zeros(steps)
        value = float((time * share).sum() - (price * capacity).sum())
        before = 1 - np.concatenate([[0.0], share[:-1]])
        for tensor in tensors:
            value -= tensor.most(share.tolist(), before.tolist(), sums, used, saved, copied)
        stale += 1
        if value > best[0] + 1e-7 * abs(best[0]) or not np.isfinite(best[0]):
            best, stale = (value, price, weight), 0
        if stale >= 8:
            theta, stale = theta / 2, 0
            _, price, weight = best
        if theta < 1e-3 or search.elapsed > until or not search.open:
            break
        # Each k's own value at these runs: weight goes to the larger ones.
        own = np.cumsum((time - saved)[::-1])[::-1] + np.cumsum(copied)
        spread = float(own.max() - own.min())
        if spread > 0:
            grown = (weight + 1e-3 / steps) * np.exp(theta * (own - own.max()) / spread)
            weight = grown / grown.sum()
        slope = used - capacity
        slope[(price <= 0) & (slope < 0)] = 0
        norm = float((slope**2).sum())
        known = trace.slow if search.objective is None else search.objective
        if norm > 0:
            step = theta * max(known - value, 1e-3 * abs(value), 1e-9) / norm
            price = np.maximum(0, price + step * slope)
    if np.isfinite(best[0]):
        # Any weights and prices are a proof; sums of doubles err by far less than this.
        search.tighten(int(np.ceil(best[0] - 1e-6 - 1e-10 * abs(best[0]))), "prices")


class _Tensor:
    """The uses of a tensor, and what runs of them bring."""

    def __init__(self, trace: Trace, t: int):
        rows = list(trace.used[t])
        self.size, self.pin = float(trace.size[t]), int(trace.pin[t])
        self.steps = trace.uses[rows, 0].tolist()
        self.made = int(trace.producer[t]) == self.steps[0]
        fits = [m.capacity >= self.size for m in trace.memories[1:]]
        self.memories = [m for m, fit in enumerate(fits) if fit and self.pin in (-1, m + 1)]
        self.saved = trace.uses[rows, 2:].T.tolist()
        # Every channel counts with an equal share.
        self.copy = [m.copy(int(self.size)) / len(fits) for m in trace.memories[1:]]

    def most(
        self,
        share: list[float],
        before: list[float],
        price: np.ndarray,
        used: np.ndarray,
        saved: np.ndarray,
        copied: np.ndarray,
    ) -> float:
        """The most its runs bring; what they hold, save and copy is added to the arrays."""
        n, steps = len(self.steps), self.steps
        best = [0.0] * (n + 1)
        choice: list[tuple[int, int] | None] = [None] * n
        rows = {m: price[m].tolist() for m in self.memories}
        for i in range(n - 1, -1, -1):
            # A tensor that is pinned to a fast memory skips no use.
            best[i] = best[i + 1] if self.pin < 1 else -np.inf
            loaded = not (self.made and i == 0)
            for m in self.memories:
                sums, mine = rows[m], self.saved[m]
                value = -self.copy[m] * before[steps[i]] if loaded else 0.0
                for j in range(i, n):
                    value += mine[j] * share[steps[j]]
                    total = value - self.size * (sums[steps[j] + 1] - sums[steps[i]])
                    if total + best[j + 1] > best[i]:
                        best[i] = total + best[j + 1]
                        choice[i] = (m, j)
        i = 0
        while i < n:
            run = choice[i]
            if run is None:
                i += 1
                continue
            m, j = run
            used[m, steps[i] : steps[j] + 1] += self.size
            for u in range(i, j + 1):
                saved[steps[u]] += self.saved[m][u]
            if not (self.made and i == 0):
                copied[steps[i]] += self.copy[m]
            i = j + 1
        return best[0]
