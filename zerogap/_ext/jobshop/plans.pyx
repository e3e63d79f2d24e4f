# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Flexible shops and plans on their way from Python into the kernels, checked once for all of them."""

import numpy as np

from libc.stdint cimport int32_t, int64_t


cdef int take(FlexibleShop* shop, first, choice, machine, duration, release,
              int machines) except -1:
    """Copy an instance; the arrays are those of a validated `FlexibleJobShop`."""
    cdef const int32_t[::1] f = np.ascontiguousarray(first, dtype=np.int32)
    cdef const int32_t[::1] c = np.ascontiguousarray(choice, dtype=np.int32)
    cdef const int32_t[::1] m = np.ascontiguousarray(machine, dtype=np.int32)
    cdef const int64_t[::1] d = np.ascontiguousarray(duration, dtype=np.int64)
    cdef Py_ssize_t jobs = f.shape[0] - 1
    if release is None:
        release = np.zeros(jobs, dtype=np.int64)
    cdef const int64_t[::1] r = np.ascontiguousarray(release, dtype=np.int64)
    if jobs < 1 or f[jobs] + 1 != c.shape[0] or c[c.shape[0] - 1] != m.shape[0] or \
            d.shape[0] != m.shape[0] or r.shape[0] != jobs:
        raise ValueError("first, choice, machine, duration and release do not fit together")
    if np.min(np.diff(first)) < 1 or np.min(np.diff(choice)) < 1 or np.min(duration) < 0 or \
            np.min(machine) < 0 or np.max(machine) >= machines:
        raise ValueError("an array is out of range")
    shop.assign(<int>jobs, machines, &f[0], &c[0], &m[0], &d[0], &r[0])
    return 0


cdef int read_plan(FlexibleShop* shop, machine, order, Plan* plan) except -1:
    """A plan from the machine of every operation and an order that agrees with the jobs."""
    cdef const int32_t[::1] chosen = np.ascontiguousarray(machine, dtype=np.int32)
    cdef const int32_t[::1] o = np.ascontiguousarray(order, dtype=np.int32)
    cdef int x, i, n = shop.operations
    if chosen.shape[0] != n or not np.array_equal(np.sort(order), np.arange(n)):
        raise ValueError("machine or order does not fit the shop")
    place = np.empty(n, dtype=np.int64)
    place[np.asarray(order)] = np.arange(n)
    for x in range(shop.jobs):
        if np.any(np.diff(place[shop.first[x]:shop.first[x + 1]]) < 0):
            raise ValueError("the order contradicts a job")
    plan.taken.assign(n, -1)
    plan.order.resize(n)
    for x in range(n):
        plan.order[x] = o[x]
        for i in range(shop.choice[x], shop.choice[x + 1]):
            if shop.machine[i] == chosen[x]:
                plan.taken[x] = i
        if plan.taken[x] < 0:
            raise ValueError(f"operation {x} cannot be done on machine {chosen[x]}")
    return 0
