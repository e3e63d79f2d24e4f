# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""A routing problem as flat arrays, shared by all routing kernels."""

import numpy as np

from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t


cdef const int64_t* _i64(dict arrays, str name) except? NULL:
    array = arrays[name]
    if array is None or array.size == 0:
        array = arrays[name] = np.zeros(4, np.int64)
    arrays[name] = array = np.ascontiguousarray(array, np.int64)
    cdef const int64_t[::1] view = array.reshape(-1)
    return &view[0]


cdef const int32_t* _i32(dict arrays, str name) except? NULL:
    array = arrays[name]
    if array is None or array.size == 0:
        array = np.zeros(4, np.int32)
    arrays[name] = array = np.ascontiguousarray(array, np.int32)
    cdef const int32_t[::1] view = array.reshape(-1)
    return &view[0]


cdef const uint8_t* _u8(dict arrays, str name) except? NULL:
    array = arrays[name]
    if array is None or array.size == 0:
        array = np.zeros(4, np.uint8)
    arrays[name] = array = np.ascontiguousarray(array, np.uint8)
    cdef const uint8_t[::1] view = array.reshape(-1)
    return &view[0]


cdef class Problem:
    """Flat arrays of a routing instance; see ``zerogap.solvers.routing.arrays`` for their meaning.

    Parameters
    ----------
    arrays : dict
        Arrays and scalars by the names of the fields of the C++ structure.
    near : int
        How many nearest clients of every client to find.
    """

    def __init__(self, dict arrays, int near=100):
        cdef CProblem* p = &self.data
        cdef const double[::1] x, y
        cdef const int8_t[::1] ends
        self.arrays = arrays = dict(arrays)
        for name in ("n", "depots", "types", "profiles", "dims", "sums", "groups", "objective"):
            if not isinstance(arrays[name], (int, np.integer)) or arrays[name] < 0:
                raise ValueError(f"{name}: {arrays[name]!r}")
        p.n, p.depots, p.types = arrays["n"], arrays["depots"], arrays["types"]
        p.profiles, p.dims, p.sums = arrays["profiles"], arrays["dims"], arrays["sums"]
        p.groups, p.objective = arrays["groups"], arrays["objective"]
        p.rows = p.n + p.depots + 1
        if p.n < 1:
            raise ValueError("no clients")
        if arrays["dist"] is not None:
            if arrays["dist"].shape != (p.profiles, p.rows, p.rows):
                raise ValueError("dist has the wrong shape")
            p.dist = _i32(arrays, "dist")
            p.dist_back = _i32(arrays, "dist_back")
            if arrays["time"] is not None:
                p.time = _i32(arrays, "time")
        arrays["x"] = np.ascontiguousarray(arrays["x"], np.float64)
        arrays["y"] = np.ascontiguousarray(arrays["y"], np.float64)
        x, y = arrays["x"], arrays["y"]
        if x.shape[0] != p.rows or y.shape[0] != p.rows:
            raise ValueError("x, y have the wrong length")
        p.x, p.y = &x[0], &y[0]
        p.scale, p.offset = arrays["scale"], arrays["offset"]
        p.delivery, p.pickup = _i64(arrays, "delivery"), _i64(arrays, "pickup")
        p.sum, p.service = _i64(arrays, "sum"), _i64(arrays, "service")
        p.release, p.prize = _i64(arrays, "release"), _i64(arrays, "prize")
        p.required = _u8(arrays, "required")
        p.window_first, p.window = _i64(arrays, "window_first"), _i64(arrays, "window")
        p.group, p.group_required = _i32(arrays, "group"), _u8(arrays, "group_required")
        p.partner = _i32(arrays, "partner")
        arrays["end_of"] = np.ascontiguousarray(arrays["end_of"], np.int8)
        ends = arrays["end_of"]
        p.end_of = &ends[0]
        p.shipment_load = _i64(arrays, "shipment_load")
        p.relation_first, p.relation = _i64(arrays, "relation_first"), _i32(arrays, "relation")
        p.vehicles, p.capacity = _i64(arrays, "vehicles"), _i64(arrays, "capacity")
        p.sum_capacity = _i64(arrays, "sum_capacity")
        p.fixed, p.unit_distance = _i64(arrays, "fixed"), _i64(arrays, "unit_distance")
        p.unit_duration = _i64(arrays, "unit_duration")
        p.start_row, p.end_row = _i32(arrays, "start_row"), _i32(arrays, "end_row")
        p.profile, p.shift = _i32(arrays, "profile"), _i64(arrays, "shift")
        p.max_distance = _i64(arrays, "max_distance")
        p.max_duration = _i64(arrays, "max_duration")
        p.max_trips, p.max_stops = _i64(arrays, "max_trips"), _i64(arrays, "max_stops")
        p.reload = _u8(arrays, "reload")
        if arrays["preference"] is not None:
            p.preference = _i64(arrays, "preference")
        if arrays["allowed"] is not None:
            p.allowed = _u8(arrays, "allowed")
        p.depot_window = _i64(arrays, "depot_window")
        p.min_clients, p.min_prize = arrays["min_clients"], arrays["min_prize"]
        p.fairness, p.backhaul_last = arrays["fairness"], arrays["backhaul_last"]
        p.timed, p.full, p.trips = arrays["timed"], arrays["full"], arrays["trips"]
        p.durations, p.profile_loads = arrays["durations"], arrays["profile_loads"]
        p.shipments, p.related = arrays["shipments"], arrays["related"]
        p.multi_window = arrays["multi_window"]
        with nogil:
            p.find_neighbours(near)

    @property
    def near(self):
        """Nearest clients of every client, shape (n, near)."""
        return np.array(self.data.near, np.int32).reshape(self.data.n, self.data.near_count)
