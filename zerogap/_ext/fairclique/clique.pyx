# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Maximum relative fair cliques: reductions, heuristic, parallel bitset branch and bound.

Graphs come as compressed rows (``first`` int64, ``neighbour`` int32, rows ascending, both
directions) and ``attribute`` uint8; vertices are numbered from 0.
"""

import numpy as np

from libc.math cimport isinf
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now  # no-cython-lint
from zerogap._ext.shared.rng cimport Rng, rng_seed  # no-cython-lint


cdef extern from "fairclique/engine.hpp" namespace "zg::fairclique" nogil:
    cdef struct Rule:
        int attributes, k, delta, target
        int least()

    cdef cppclass Graph:
        int n
        vector[int64_t] first
        vector[int32_t] adj
        vector[uint8_t] attr
        vector[int32_t] origin

    cdef cppclass View:
        View(int, const int64_t*, const int32_t*, const uint8_t*)
        View(const Graph&)

    Graph compress(const View&, const vector[uint8_t]&, const int32_t*)
    Graph compress(const View&, const vector[uint8_t]&, const int32_t*, const vector[uint8_t]*)
    int degeneracy(const View&, vector[int32_t]&, vector[int32_t]&)
    int colour(const View&, const vector[int32_t]&, vector[int32_t]&)
    int64_t attribute_core(const View&, const Rule&, vector[uint8_t]&)
    int64_t colourful_core(const View&, const vector[int32_t]&, int, const Rule&, cbool,
                           vector[uint8_t]&)

    cdef cppclass SupportPeeling:
        SupportPeeling(const View&, const vector[int32_t]&, int, const Rule&, cbool)
        int64_t run()
        vector[uint8_t] arc

    cdef struct Stage:
        const char* name
        int64_t vertices, edges
        int target
        double seconds

    cdef struct Settings:
        int threads
        uint64_t seed
        cbool enhanced, search, heuristic, support
        int bound

    cdef cppclass Shared:
        vector[int32_t] clique
        vector[vector[int32_t]] found
        cbool all
        size_t limit

    cdef cppclass Engine:
        Engine(View, const Rule&, const Settings&) except +
        cbool run(double, long) except +
        int bound()
        cbool exhausted()
        Shared shared
        vector[Stage] funnel
        long nodes, steps
        const Graph& reduced()
        double seconds()

    cbool completes(const Graph&, const Rule&, const int*, int, vector[int32_t]&)


cdef extern from "fairclique/bounds.hpp" namespace "zg::fairclique" nogil:
    cdef enum class Bound:
        size

    cdef cppclass Bounds:
        Bounds(const Graph&, const vector[int32_t]&, int, const Rule&)


cdef extern from *:
    """
    static inline int zg_fair_bound(zg::fairclique::Bounds* b, int which) {
        return (*b)((zg::fairclique::Bound)which);
    }
    static inline int zg_fair_best(zg::fairclique::Engine* e) { return e->shared.best.load(); }
    static inline void zg_fair_set_best(zg::fairclique::Engine* e, int size) { e->shared.best = size; }
    static inline bool zg_fair_full(zg::fairclique::Engine* e) { return e->shared.full.load(); }
    static inline long zg_fair_started(zg::fairclique::Engine* e) { return e->started.load(); }
    static inline long zg_fair_cut(zg::fairclique::Engine* e) { return e->cut.load(); }
    static inline void zg_fair_take(zg::fairclique::Engine* e, std::vector<int32_t> c) {
        e->shared.take(c);
    }
    """
    int zg_fair_bound(Bounds*, int) nogil
    int zg_fair_best(Engine*) nogil
    void zg_fair_set_best(Engine*, int) nogil
    cbool zg_fair_full(Engine*) nogil
    long zg_fair_started(Engine*) nogil
    long zg_fair_cut(Engine*) nogil
    void zg_fair_take(Engine*, vector[int32_t]) nogil


cdef Rule _rule(int attributes, k, delta, int n, target=0) except *:
    cdef Rule rule
    rule.attributes = attributes
    rule.k = int(min(k, n + 1))
    rule.delta = n if isinf(<double>delta) or delta > n else int(delta)
    rule.target = max(int(target), min(attributes * rule.k, 2**30))
    return rule


cdef class CliqueSearch:
    """Search for a maximum relative fair clique.

    Parameters
    ----------
    first, neighbour, attribute : ndarray
        The graph.
    attributes : int
        Number of attribute values, at most 16.
    k, delta : int
        Least count of every value; largest difference of two counts (may be infinite).
    threads, seed : int
        Threads of the branch and bound; seed of the plateau search.
    enhanced : bool
        Whether a colour serves one attribute only in the reductions.
    heuristic, prove, support : bool
        Whether to run the heuristic, the branch and bound, the peeling of edges.
    bound : str
        One of `BOUNDS` that start vertices have to pass besides our own.
    size : int
        If given, list all fair cliques of exactly this size, which must be the maximum.
    limit : int
        At most so many of them.
    """

    cdef Engine* engine
    cdef const int64_t[::1] first
    cdef const int32_t[::1] neighbour
    cdef const uint8_t[::1] attribute
    cdef readonly bint finished

    def __cinit__(self, const int64_t[::1] first, const int32_t[::1] neighbour,
                  const uint8_t[::1] attribute, int attributes, k, delta, int threads=1,
                  seed=0, bint enhanced=True, bint heuristic=True, bint prove=True, bint support=False,
                  str bound="", size=None, size_t limit=1000):
        cdef int n = <int>attribute.shape[0]
        if first.shape[0] != n + 1:
            raise ValueError("first has not one element more than attribute")
        if not 1 <= attributes <= 16:
            raise ValueError("attributes must be 1 ... 16")
        self.first, self.neighbour, self.attribute = first, neighbour, attribute
        cdef Settings settings
        settings.threads = max(1, threads)
        settings.seed = <uint64_t>(int(seed) & 0xFFFFFFFFFFFFFFFF)
        settings.enhanced, settings.heuristic, settings.search = enhanced, heuristic, prove
        settings.support = support
        settings.bound = BOUNDS.index(bound) if bound else -1
        if bound and attributes != 2:
            raise ValueError("the published bounds are for two attribute values")
        cdef const int32_t* adj = &neighbour[0] if neighbour.shape[0] else NULL
        cdef const uint8_t* attr = &attribute[0] if n else NULL
        self.engine = new Engine(View(n, &first[0], adj, attr),
                                 _rule(attributes, k, delta, n), settings)
        if size is not None:
            self.engine.shared.all = True
            self.engine.shared.limit = limit
            zg_fair_set_best(self.engine, int(size))

    def __dealloc__(self):
        del self.engine

    def run(self, double seconds=float("inf"), long iterations=-1):
        """Work for about so long; False when nothing more is to be done."""
        cdef cbool more
        with nogil:
            more = self.engine.run(seconds, iterations)
        self.finished = not more
        return more

    def best(self):
        """Vertices of the best clique, ascending, or None."""
        if zg_fair_best(self.engine) < 0:
            return None
        return np.array(self.engine.shared.clique, dtype=np.int64)

    def inject(self, vertices):
        """Take a fair clique found elsewhere (it is not checked)."""
        cdef vector[int32_t] clique = sorted(int(v) for v in vertices)
        zg_fair_take(self.engine, clique)

    def cliques(self):
        """The cliques listed, each ascending."""
        return [np.array(c, dtype=np.int64) for c in self.engine.shared.found]

    @property
    def objective(self):
        """Size of the best clique, None if there is none."""
        size = zg_fair_best(self.engine)
        return None if size < 0 else size

    @property
    def bound(self):
        """Proven bound on the size of every fair clique; -1: none exists."""
        return self.engine.bound()

    @property
    def exhausted(self):
        """Whether the search is complete: the best clique is maximum, the list is whole."""
        return self.engine.exhausted()

    @property
    def iterations(self):
        """Branch-and-bound nodes and steps of the reduction."""
        return self.engine.nodes + self.engine.steps

    @property
    def nodes(self):
        """Branch-and-bound nodes."""
        return self.engine.nodes

    @property
    def starts(self):
        """Start vertices branched from, and how many of them the published bound cut off."""
        return zg_fair_started(self.engine), zg_fair_cut(self.engine)

    @property
    def seconds(self):
        """Seconds worked."""
        return self.engine.seconds()

    @property
    def funnel(self):
        """Stages as (name, vertices, edges, target size, seconds since the start)."""
        return [(s.name.decode(), s.vertices, s.edges, s.target, s.seconds)
                for s in self.engine.funnel]

    def reduced(self):
        """Original numbers of the vertices that the reductions have left so far."""
        return np.sort(np.array(self.engine.reduced().origin, dtype=np.int64))


RULES = ("attribute-core", "colourful-core", "enhanced-core", "colourful-support",
         "enhanced-support")


def reduce(const int64_t[::1] first, const int32_t[::1] neighbour, const uint8_t[::1] attribute,
           int attributes, k, delta, str rule, target=0):
    """Apply one reduction to its fixpoint under one colouring.

    Parameters
    ----------
    first, neighbour, attribute, attributes, k, delta
        As in `CliqueSearch`.
    rule : str
        One of `RULES`.
    target : int
        Size of the cliques that must survive; smaller ones may be lost.

    Returns
    -------
    first, neighbour, origin : ndarray
        The remaining graph and the numbers that its vertices had.
    """
    if rule not in RULES:
        raise ValueError(f"unknown rule {rule!r} (known: {', '.join(RULES)})")
    cdef int n = <int>attribute.shape[0], palette
    cdef Rule r = _rule(attributes, k, delta, n, target)
    cdef const int32_t* adj = &neighbour[0] if neighbour.shape[0] else NULL
    cdef const uint8_t* attr = &attribute[0] if n else NULL
    cdef View* view = new View(n, &first[0], adj, attr)
    cdef vector[uint8_t] alive = vector[uint8_t](n, <uint8_t>1)
    cdef vector[int32_t] order, core, colours
    cdef SupportPeeling* peeling
    cdef Graph result
    try:
        if rule == "attribute-core":
            attribute_core(view[0], r, alive)
            result = compress(view[0], alive, NULL)
        else:
            degeneracy(view[0], order, core)
            palette = colour(view[0], order, colours)
            if rule.endswith("core"):
                colourful_core(view[0], colours, palette, r, rule.startswith("enhanced"), alive)
                result = compress(view[0], alive, NULL)
            else:
                peeling = new SupportPeeling(view[0], colours, palette, r,
                                             rule.startswith("enhanced"))
                peeling.run()
                result = compress(view[0], alive, NULL, &peeling.arc)
                del peeling
    finally:
        del view
    return (np.array(result.first, dtype=np.int64), np.array(result.adj, dtype=np.int32),
            np.array(result.origin, dtype=np.int64))


def complete(const int64_t[::1] first, const int32_t[::1] neighbour, const uint8_t[::1] attribute,
             int attributes, k, delta, counts, int size):
    """Vertices that complete a chosen clique to a fair one of exactly `size`.

    Parameters
    ----------
    first, neighbour, attribute, attributes, k, delta
        The common neighbourhood of the chosen vertices, as in `CliqueSearch`.
    counts : sequence of int
        Chosen vertices by attribute value.
    size : int
        Size of the whole clique.

    Returns
    -------
    ndarray or None
        Vertices of the neighbourhood, ascending.
    """
    cdef int n = <int>attribute.shape[0]
    cdef Rule r = _rule(attributes, k, delta, n + sum(counts))
    cdef int own[16]
    for i in range(16):
        own[i] = counts[i] if i < len(counts) else 0
    cdef const int32_t* adj = &neighbour[0] if neighbour.shape[0] else NULL
    cdef const uint8_t* attr = &attribute[0] if n else NULL
    cdef View* view = new View(n, &first[0], adj, attr)
    cdef vector[uint8_t] alive = vector[uint8_t](n, <uint8_t>1)
    cdef Graph graph = compress(view[0], alive, NULL)
    del view
    cdef vector[int32_t] added
    cdef cbool found
    with nogil:
        found = completes(graph, r, own, size, added)
    return np.array(added, dtype=np.int64) if found else None


#: The published upper bounds by their names.
BOUNDS = ("ub_s", "ub_a", "ub_c", "ub_ac", "ub_eac", "ub_delta", "ub_h", "ub_cd", "ub_ch", "ub_cp")


def published_bounds(const int64_t[::1] first, const int32_t[::1] neighbour,
                     const uint8_t[::1] attribute, delta):
    """The ten published upper bounds on a fair clique of a graph with two attribute values.

    Parameters
    ----------
    first, neighbour, attribute : ndarray
        The graph, small enough for quadratic time (``ub_cd``).
    delta : int
        Largest difference of the counts.

    Returns
    -------
    dict
        Bound by name; k is not taken into account.
    """
    cdef int n = <int>attribute.shape[0], palette, i
    cdef Rule r = _rule(2, 0, delta, n)
    cdef const int32_t* adj = &neighbour[0] if neighbour.shape[0] else NULL
    cdef const uint8_t* attr = &attribute[0] if n else NULL
    cdef View* view = new View(n, &first[0], adj, attr)
    cdef vector[uint8_t] alive = vector[uint8_t](n, <uint8_t>1)
    cdef vector[int32_t] order, core, colours
    cdef Graph graph = compress(view[0], alive, NULL)
    degeneracy(view[0], order, core)
    palette = colour(view[0], order, colours)
    cdef Bounds* bounds = new Bounds(graph, colours, palette, r)
    try:
        return {name: zg_fair_bound(bounds, i) for i, name in enumerate(BOUNDS)}
    finally:
        del bounds
        del view
