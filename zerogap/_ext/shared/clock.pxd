# The clock of the kernels, see clock.hpp.
cdef extern from "shared/clock.hpp" namespace "zg":
    double now() noexcept nogil
