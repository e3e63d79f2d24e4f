# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Bounds of one machine with heads and tails: Jackson's preemptive schedule, Carlier's optimum."""

import numpy as np

from libc.stdint cimport int32_t, int64_t
from libcpp.vector cimport vector


cdef class OneMachine:
    """Operations of one machine, each with head (earliest start), duration and tail.

    The tail is the time that must pass between the end of an operation and the end of the
    schedule.

    Parameters
    ----------
    head, duration, tail : array of int64
    """

    cdef vector[int64_t] head, size, tail
    cdef vector[int32_t] by_head, waiting, done_order
    cdef vector[int64_t] left, start
    cdef int n

    def __init__(self, head, duration, tail):
        self.head = np.asarray(head, dtype=np.int64)
        self.size = np.asarray(duration, dtype=np.int64)
        self.tail = np.asarray(tail, dtype=np.int64)
        self.n = <int>self.head.size()
        if self.size.size() != self.head.size() or self.tail.size() != self.head.size():
            raise ValueError("head, duration and tail differ in length")
        if self.n and (np.min(head) < 0 or np.min(duration) < 0 or np.min(tail) < 0):
            raise ValueError("head, duration and tail must not be negative")
        self.left.resize(self.n)
        self.start.resize(self.n)

    def preemptive(self):
        """Jackson's bound: always run the available operation with the largest tail."""
        if self.n == 0:
            return 0
        return self._preemptive()

    def carlier(self, int64_t limit=100_000):
        """The non-preemptive optimum by Carlier's branch and bound (1982).

        Parameters
        ----------
        limit : int
            Nodes; when they do not suffice, a valid lower bound is returned.
        """
        if self.n == 0:
            return 0
        cdef int64_t upper = (<int64_t>1) << 62
        cdef int64_t nodes = limit
        cdef int64_t lower = self._preemptive()
        cdef int64_t found = self._branch(&upper, lower, &nodes)
        return min(found, upper) if nodes > 0 else lower

    cdef void _sort_heads(self):
        order = np.argsort(np.array(self.head, dtype=np.int64), kind="stable")
        self.by_head = order.astype(np.int32)

    cdef int64_t _preemptive(self):
        cdef int64_t t = 0, bound = 0, step, until
        cdef int k = 0, i, best, at
        self._sort_heads()
        self.waiting.clear()
        for i in range(self.n):
            self.left[i] = self.size[i]
        while k < self.n or self.waiting.size():
            if self.waiting.empty() and self.head[self.by_head[k]] > t:
                t = self.head[self.by_head[k]]
            while k < self.n and self.head[self.by_head[k]] <= t:
                self.waiting.push_back(self.by_head[k])
                k += 1
            at = 0
            for i in range(1, <int>self.waiting.size()):
                if self.tail[self.waiting[i]] > self.tail[self.waiting[at]]:
                    at = i
            best = self.waiting[at]
            step = self.left[best]
            if k < self.n:
                until = self.head[self.by_head[k]] - t
                if until < step:
                    step = until
            t += step
            self.left[best] -= step
            if self.left[best] == 0:
                if t + self.tail[best] > bound:
                    bound = t + self.tail[best]
                self.waiting[at] = self.waiting[self.waiting.size() - 1]
                self.waiting.pop_back()
        return bound

    cdef int64_t _schrage(self):
        """Schrage's schedule into `done_order` and `start`; returns its length."""
        cdef int64_t t = 0, longest = 0
        cdef int k = 0, i, best, at
        self._sort_heads()
        self.waiting.clear()
        self.done_order.clear()
        while k < self.n or self.waiting.size():
            if self.waiting.empty() and self.head[self.by_head[k]] > t:
                t = self.head[self.by_head[k]]
            while k < self.n and self.head[self.by_head[k]] <= t:
                self.waiting.push_back(self.by_head[k])
                k += 1
            at = 0
            for i in range(1, <int>self.waiting.size()):
                if self.tail[self.waiting[i]] > self.tail[self.waiting[at]]:
                    at = i
            best = self.waiting[at]
            self.waiting[at] = self.waiting[self.waiting.size() - 1]
            self.waiting.pop_back()
            self.start[best] = t
            self.done_order.push_back(best)
            t += self.size[best]
            if t + self.tail[best] > longest:
                longest = t + self.tail[best]
        return longest

    cdef int64_t _branch(self, int64_t* upper, int64_t lower, int64_t* nodes):
        """Least value below `upper` in this subtree, or `upper`."""
        cdef int64_t longest, total = 0, least_head, least_tail, old, value, best
        cdef int a, b, c = -1, i, x, p
        cdef vector[int32_t] order
        nodes[0] -= 1
        if nodes[0] <= 0:
            return lower  # and `carlier` returns the bound of the root: no claim on an open tree
        longest = self._schrage()
        if longest < upper[0]:
            upper[0] = longest
        if lower >= upper[0]:
            return upper[0]
        order = self.done_order
        # The critical block a … b: no idle time, ended by the operation that decides the length.
        b = self.n - 1
        while self.start[order[b]] + self.size[order[b]] + self.tail[order[b]] != longest:
            b -= 1
        a = b
        while a > 0 and self.start[order[a - 1]] + self.size[order[a - 1]] == \
                self.start[order[a]]:
            a -= 1
        for i in range(b - 1, a - 1, -1):
            if self.tail[order[i]] < self.tail[order[b]]:
                c = i
                break
        if c < 0:
            return upper[0]  # Schrage's schedule is optimal here
        x = order[c]
        p = order[b]
        least_head = self.head[order[c + 1]]
        least_tail = self.tail[p]
        for i in range(c + 1, b + 1):
            total += self.size[order[i]]
            least_head = min(least_head, self.head[order[i]])
            least_tail = min(least_tail, self.tail[order[i]])
        # x before all of the set behind it, or after all of it: in every schedule shorter than this
        # one, as otherwise head of the set + all its work and x + tail of the set is no shorter
        # (Carlier 1982). Both branches only raise a head or a tail by what the order asks for.
        old = self.tail[x]
        self.tail[x] = max(old, total + least_tail)
        value = max(lower, self._preemptive())
        if value < upper[0]:
            self._branch(upper, value, nodes)
        self.tail[x] = old
        if nodes[0] <= 0:
            return lower
        old = self.head[x]
        self.head[x] = max(old, least_head + total)
        best = max(lower, self._preemptive())
        if best < upper[0]:
            self._branch(upper, best, nodes)
        self.head[x] = old
        return upper[0]
