# Slices of a kernel's work, see slices.hpp.
from libc.stdint cimport int64_t
from libcpp cimport bool as cbool

cdef extern from "shared/slices.hpp" namespace "zg" nogil:
    cbool slices[Engine](Engine& engine, double seconds, int64_t iterations, int64_t piece)
