# Flexible shops and plans between Python and the kernels, see plans.pyx.
from libc.stdint cimport int32_t, int64_t
from libcpp.vector cimport vector

cdef extern from "jobshop/flexible.hpp" namespace "zg::jobshop" nogil:
    cdef cppclass FlexibleShop:
        int operations, jobs, machines
        vector[int32_t] first, choice, machine
        void assign(int jobs, int machines, const int32_t* first, const int32_t* choice,
                    const int32_t* machine, const int64_t* duration,
                    const int64_t* release) except +

    cdef cppclass Plan:
        int64_t makespan
        vector[int32_t] taken, order

cdef int take(FlexibleShop* shop, first, choice, machine, duration, release,
              int machines) except -1
cdef int read_plan(FlexibleShop* shop, machine, order, Plan* plan) except -1
