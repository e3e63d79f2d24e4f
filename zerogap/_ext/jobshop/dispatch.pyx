# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Dispatching of job-shops by a priority that is linear, or a small network, in features of the state."""

import numpy as np

from libc.math cimport log, tanh
from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp.vector cimport vector

from zerogap._ext.shared.rng cimport Rng, rng_double, rng_seed

cdef enum:
    FEATURES = 16

#: Names of the features, in the order of the weights.
NAMES = (
    "duration",  # of the operation / mean duration
    "work",  # of the job after it / mean work of a job
    "idle",  # start - earliest start of the machine's candidates / mean duration
    "wait",  # start - moment at which it was ready / mean duration
    "operations",  # of the job after it / mean operations of a job
    "next",  # duration of the job's next operation / mean duration
    "load",  # work left on the next operation's machine / mean work left on a machine
    "queue",  # work waiting at the next operation's machine / mean duration
    "slack",  # due date - start - work of the job left / mean duration
    "weight",  # of the job / mean weight
    "late",  # start + work of the job left / lower bound of the makespan
    "progress",  # share of the operations that are scheduled; the same for all candidates
    "here",  # work left on the machine / mean work left on a machine; the same for all candidates
    "route",  # work of the job after it, weighted by its machines' relative load / mean work of a job
    "peak",  # the same with the fourth power of the relative load
    "hunger",  # when the next machine runs out of work - own end / mean duration, within -5 … 5
)


cdef struct Entry:
    double key
    int32_t machine


cdef class Dispatcher:
    """Builds schedules operation by operation.

    Of all operations whose job predecessor is scheduled, the one that could end first decides the
    machine; its candidates are the operations of that machine which could start up to a share
    `delay` of the time until that end (0: no-delay schedules, 1: all active schedules, Giffler and
    Thompson 1960; between: Storer, Wu and Vaccari 1992). The candidate with the highest priority
    is scheduled, of equal ones the first in the instance. A step costs O(candidates + log
    machines): in all O(N (n/m + log m)).

    Parameters
    ----------
    first, machine, duration, release, machines
        Arrays of a `JobShop`; `release` may be None.
    due, weight : array of int64, optional
        Of the jobs.
    """

    cdef int N, n, m
    cdef vector[int32_t] first, machine, job
    cdef vector[int64_t] duration, release, due, after
    cdef vector[double] weight, route, peak
    cdef int64_t bound
    cdef double mean_duration, mean_work, mean_operations
    # State of one construction.
    cdef vector[int64_t] ready, free_at, left, waiting, start
    cdef vector[vector[int32_t]] queue
    cdef vector[Entry] heap
    cdef vector[int32_t] slot

    def __init__(self, first, machine, duration, release, int machines, due=None, weight=None):
        cdef int j, x
        first = np.asarray(first, dtype=np.int32)
        self.n, self.m, self.N = len(first) - 1, machines, int(first.max())
        if len(machine) != self.N or len(duration) != self.N or self.N < 1:
            raise ValueError("first, machine and duration do not fit together")
        if np.min(machine) < 0 or np.max(machine) >= machines or np.min(np.diff(first)) < 1:
            raise ValueError("machine or first is out of range")
        jobs = np.zeros(self.n, dtype=np.int64)
        self.first = np.asarray(first, dtype=np.int32)
        self.machine = np.asarray(machine, dtype=np.int32)
        self.duration = np.asarray(duration, dtype=np.int64)
        self.release = np.asarray(jobs if release is None else release, dtype=np.int64)
        self.due = np.asarray(jobs if due is None else due, dtype=np.int64)
        weights = np.ones(self.n) if weight is None else np.asarray(weight, dtype=np.float64)
        self.weight = weights / max(1e-9, float(np.mean(weights)))
        if self.release.size() != <size_t>self.n or self.due.size() != <size_t>self.n or \
                self.weight.size() != <size_t>self.n:
            raise ValueError("release, due or weight does not fit the jobs")
        self.job.resize(self.N)
        self.after.resize(self.N)
        for j in range(self.n):
            self.after[self.first[j + 1] - 1] = 0
            for x in range(self.first[j + 1] - 1, self.first[j] - 1, -1):
                self.job[x] = j
                if x + 1 < self.first[j + 1]:
                    self.after[x] = self.after[x + 1] + self.duration[x + 1]
        work = np.add.reduceat(np.asarray(duration, dtype=np.int64), first[: self.n])
        load = np.bincount(np.asarray(machine), np.asarray(duration, dtype=np.float64),
                           minlength=machines)
        self.bound = max(1, int(max(np.max(work), np.max(load))))
        self._measure_routes(load / max(1e-9, float(np.mean(load))))
        self.mean_duration = max(1e-9, float(np.mean(duration)))
        self.mean_work = max(1e-9, float(np.mean(work)))
        self.mean_operations = self.N / <double>self.n
        self.queue.resize(self.m)
        self.left.resize(self.m)

    cdef _measure_routes(self, relative):
        cdef const double[::1] load = relative
        cdef int j, x
        cdef double share
        self.route.assign(self.N, 0.0)
        self.peak.assign(self.N, 0.0)
        for j in range(self.n):
            for x in range(self.first[j + 1] - 2, self.first[j] - 1, -1):
                share = load[self.machine[x + 1]]
                self.route[x] = self.route[x + 1] + self.duration[x + 1] * share
                self.peak[x] = self.peak[x + 1] + self.duration[x + 1] * share ** 4

    def run(self, linear, hidden=None, *, double delay=0.0, double noise=0.0, uint64_t seed=0):
        """Build one schedule.

        Parameters
        ----------
        linear : array of float64, shape (features,)
            Weights of the features in the priority.
        hidden : array of float64, shape (units, features + 2), optional
            A hidden layer: each row holds output weight, offset, input weights.
        delay : float
            0 … 1, see the class.
        noise : float
            Scale of Gumbel noise added to priorities, for randomised restarts.
        seed : int

        Returns
        -------
        makespan : int
        start : ndarray of int64
        """
        cdef const double[::1] a = np.ascontiguousarray(linear, dtype=np.float64)
        if hidden is None:
            hidden = np.empty((0, FEATURES + 2))
        cdef const double[:, ::1] h = np.ascontiguousarray(hidden, dtype=np.float64)
        if a.shape[0] != FEATURES or h.shape[1] != FEATURES + 2:
            raise ValueError(f"expected {FEATURES} weights and rows of {FEATURES + 2}")
        if not 0.0 <= delay <= 1.0 or noise < 0:
            raise ValueError("delay must be in 0 … 1 and noise not negative")
        cdef Rng rng
        rng_seed(&rng, seed)
        cdef const double* layer = &h[0, 0] if h.shape[0] else NULL
        cdef int64_t makespan
        with nogil:
            makespan = self._build(&a[0], layer, <int>h.shape[0], delay, noise, &rng)
        out = np.empty(self.N, dtype=np.int64)
        cdef int64_t[::1] view = out
        cdef int x
        for x in range(self.N):
            view[x] = self.start[x]
        return makespan, out

    cdef int64_t _build(self, const double* a, const double* layer, int units, double delay,
                        double noise, Rng* rng) noexcept nogil:
        cdef int j, x, m, y, i, best, done = 0
        cdef int64_t est, low, ect, limit, end, makespan = 0
        cdef double priority, highest, total = 0
        cdef vector[int32_t]* q
        self.free_at.assign(self.m, 0)
        self.left.assign(self.m, 0)
        self.waiting.assign(self.m, 0)
        self.start.assign(self.N, 0)
        self.ready.assign(self.N, 0)
        self.heap.clear()
        self.slot.assign(self.m, -1)
        for m in range(self.m):
            self.queue[m].clear()
        for x in range(self.N):
            self.left[self.machine[x]] += self.duration[x]
            total += self.duration[x]
        for j in range(self.n):
            x = self.first[j]
            self.ready[x] = self.release[j]
            self._arrive(x)
        for m in range(self.m):
            if self.queue[m].size():
                self._key(m)
        while self.heap.size():
            m = self.heap[0].machine
            q = &self.queue[m]
            ect = <int64_t>self.heap[0].key
            low = self.ready[q[0][0]]
            for i in range(1, <int>q.size()):
                if self.ready[q[0][i]] < low:
                    low = self.ready[q[0][i]]
            if low < self.free_at[m]:
                low = self.free_at[m]
            limit = low + <int64_t>(delay * (ect - low - 1)) if ect > low else low
            best = -1
            highest = 0
            for i in range(<int>q.size()):
                x = q[0][i]
                est = max(self.free_at[m], self.ready[x])
                if est > limit:
                    continue
                if q.size() == 1:
                    best = i
                    break
                priority = self._priority(x, est, low, done, total, a, layer, units)
                if noise > 0:
                    priority -= noise * log(-log(rng_double(rng) + 1e-300) + 1e-300)
                if best < 0 or priority > highest or (priority == highest and x < q[0][best]):
                    best, highest = i, priority
            x = q[0][best]
            q[0][best] = q.back()
            q.pop_back()
            est = max(self.free_at[m], self.ready[x])
            end = est + self.duration[x]
            self.start[x] = est
            self.free_at[m] = end
            self.left[m] -= self.duration[x]
            self.waiting[m] -= self.duration[x]
            total -= self.duration[x]
            makespan = max(makespan, end)
            done += 1
            self._key(m)
            if x + 1 < self.first[self.job[x] + 1]:
                y = x + 1
                self.ready[y] = end
                self._arrive(y)
                self._key(self.machine[y])
        return makespan

    cdef void _arrive(self, int x) noexcept nogil:
        self.queue[self.machine[x]].push_back(x)
        self.waiting[self.machine[x]] += self.duration[x]

    cdef double _priority(self, int x, int64_t est, int64_t low, int done, double total,
                          const double* a, const double* layer, int units) noexcept nogil:
        cdef double f[FEATURES]
        cdef double value = 0, inner
        cdef const double* row
        cdef int i, k, j = self.job[x]
        cdef bint more = x + 1 < self.first[j + 1]
        cdef double scale = 1.0 / self.mean_duration
        cdef int64_t rest = self.duration[x] + self.after[x]
        f[0] = self.duration[x] * scale
        f[1] = self.after[x] / self.mean_work
        f[2] = (est - low) * scale
        f[3] = (est - self.ready[x]) * scale
        f[4] = (self.first[j + 1] - x - 1) / self.mean_operations
        f[5] = self.duration[x + 1] * scale if more else 0
        f[6] = self.left[self.machine[x + 1]] * self.m / (total + 1) if more else 0
        f[7] = self.waiting[self.machine[x + 1]] * scale if more else 0
        f[8] = (self.due[j] - est - rest) * scale
        f[9] = self.weight[j]
        f[10] = (est + rest) / <double>self.bound
        f[11] = done / <double>self.N
        f[12] = self.left[self.machine[x]] * self.m / (total + 1)
        f[13] = self.route[x] / self.mean_work
        f[14] = self.peak[x] / self.mean_work
        f[15] = 0
        if more:
            inner = (self.free_at[self.machine[x + 1]] + self.waiting[self.machine[x + 1]]
                     - est - self.duration[x]) * scale
            f[15] = min(5.0, max(-5.0, inner))
        for i in range(FEATURES):
            value += a[i] * f[i]
        for k in range(units):
            row = layer + k * (FEATURES + 2)
            inner = row[1]
            for i in range(FEATURES):
                inner += row[2 + i] * f[i]
            value += row[0] * tanh(inner)
        return value

    # The heap holds machines with candidates by the earliest end of one of these.

    cdef void _key(self, int m) noexcept nogil:
        cdef int i, x
        cdef double key = 0, end
        cdef vector[int32_t]* q = &self.queue[m]
        for i in range(<int>q.size()):
            x = q[0][i]
            end = <double>(max(self.free_at[m], self.ready[x]) + self.duration[x])
            if i == 0 or end < key:
                key = end
        if q.size() == 0:
            if self.slot[m] >= 0:
                i = self.slot[m]
                self.slot[m] = -1
                self.heap[i] = self.heap.back()
                self.heap.pop_back()
                if i < <int>self.heap.size():
                    self.slot[self.heap[i].machine] = i
                    self._sift(i)
            return
        if self.slot[m] < 0:
            self.slot[m] = <int>self.heap.size()
            self.heap.push_back(Entry(key, m))
        else:
            self.heap[self.slot[m]].key = key
        self._sift(self.slot[m])

    cdef bint _less(self, Entry a, Entry b) noexcept nogil:
        return a.key < b.key or (a.key == b.key and a.machine < b.machine)

    cdef void _sift(self, int i) noexcept nogil:
        cdef Entry entry = self.heap[i]
        cdef int child, size = <int>self.heap.size()
        while i > 0 and self._less(entry, self.heap[(i - 1) // 2]):
            self.heap[i] = self.heap[(i - 1) // 2]
            self.slot[self.heap[i].machine] = i
            i = (i - 1) // 2
        while True:
            child = 2 * i + 1
            if child >= size:
                break
            if child + 1 < size and self._less(self.heap[child + 1], self.heap[child]):
                child += 1
            if not self._less(self.heap[child], entry):
                break
            self.heap[i] = self.heap[child]
            self.slot[self.heap[i].machine] = i
            i = child
        self.heap[i] = entry
        self.slot[entry.machine] = i
