# The C++ problem of the routing kernels, and the Cython class that owns its arrays.
from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector


cdef extern from "routing/problem.hpp" namespace "zg::routing" nogil:
    cdef cppclass CProblem "zg::routing::Problem":
        int n, depots, types, profiles, dims, sums, rows, groups, objective, near_count
        const int32_t *dist
        const int32_t *dist_back
        const int32_t *time
        const double *x
        const double *y
        double scale, offset
        const int64_t *delivery
        const int64_t *pickup
        const int64_t *sum
        const int64_t *service
        const int64_t *release
        const int64_t *prize
        const uint8_t *required
        const int64_t *window_first
        const int64_t *window
        const int32_t *group
        const uint8_t *group_required
        const int32_t *partner
        const int8_t *end_of
        const int64_t *shipment_load
        const int64_t *relation_first
        const int32_t *relation
        const int64_t *vehicles
        const int64_t *capacity
        const int64_t *sum_capacity
        const int64_t *fixed
        const int64_t *unit_distance
        const int64_t *unit_duration
        const int32_t *start_row
        const int32_t *end_row
        const int32_t *profile
        const int64_t *shift
        const int64_t *max_distance
        const int64_t *max_duration
        const int64_t *max_trips
        const int64_t *max_stops
        const uint8_t *reload
        const int64_t *preference
        const uint8_t *allowed
        const int64_t *depot_window
        cbool symmetric, backhaul_last, timed, full, trips, durations, profile_loads
        cbool shipments, related, multi_window
        int64_t min_clients, min_prize, fairness
        vector[int32_t] near
        void find_neighbours(int count)


cdef class Problem:
    cdef CProblem data
    cdef object arrays
