// The way of a solve: reduce, find an incumbent, reduce again with what it demands, then branch
// and bound over the start vertices. Everything in steps, so that a caller can stop in between.
#pragma once

#include <thread>

#include "shared/clock.hpp"

#include "fairclique/bounds.hpp"

namespace zg::fairclique {

struct Stage {
    const char* name;
    int64_t vertices, edges;
    int target;
    double seconds;
};

struct Settings {
    int threads = 1;
    uint64_t seed = 0;
    bool enhanced = true;   // enhanced instead of plain colourful core and support
    bool search = true;     // branch and bound after the heuristic
    bool heuristic = true;
    bool support = false;   // peel edges where that is cheap
    int bound = -1;         // a published bound that start vertices have to pass besides
};

class Engine {
  public:
    Engine(View input, const Rule& rule, const Settings& settings)
        : input_(input), set_(settings), climber_(&shared, settings.seed) {
        shared.rule = rule;
        shared.rule.target = 0;
        if (rule.k == 0) shared.best = 0;  // the empty clique is fair
    }

    // Works about so long; false when nothing more is to be done.
    bool run(double seconds, long iterations) {
        const double until = now() + seconds;
        long left = iterations < 0 ? LONG_MAX : iterations;
        while (phase_ != Phase::done) {
            const double begun = now();
            if (begun >= until || left <= 0) return true;
            if (phase_ == Phase::branch) {
                const long before = nodes;
                branch(until, left);
                left -= std::max(1L, nodes - before);
            } else {
                step();
                --left;
            }
            time_ += now() - begun;
        }
        return false;
    }

    // A proven bound on every fair clique.
    int bound() const {
        if (phase_ == Phase::done && set_.search) return shared.best;
        int b = std::min(upper_, input_.n);
        if (phase_ == Phase::branch) {
            b = next_ < tasks_.size() ? tasks_[next_].first : -1;
            for (const auto& w : workers_)
                if (w->busy) b = std::max(b, w->bound);
            b = std::min(b, upper_);
        }
        return std::max(b, shared.best.load());
    }

    bool exhausted() const { return phase_ == Phase::done && set_.search && !shared.full; }

    Shared shared;
    std::vector<Stage> funnel;
    long nodes = 0, steps = 0;
    std::atomic<long> started{0}, cut{0};  // start vertices; those that the published bound cut
    const Graph& reduced() const { return g_; }
    double seconds() const { return time_; }

  private:
    enum class Phase { first, core, seeds, support, prepare, branch, done };

    struct Worker {
        Builder builder;
        Local local;
        std::vector<std::unique_ptr<Branching>> kinds;  // by words
        Branching* active = nullptr;
        bool busy = false;
        int bound = 0;
        long nodes = 0;
        Worker(const Graph& g, const std::vector<uint8_t>& alive,
               const std::vector<int32_t>& colours, int palette, const Rule& rule)
            : builder(g, alive, colours, palette, rule) {}
    };

    Rule rule() const {
        Rule r = shared.rule;
        r.target = std::max(shared.target(), r.attributes * r.k);
        return r;
    }

    double density() const {
        return g_.n < 2 ? 1 : (double)g_.adj.size() / ((double)g_.n * (g_.n - 1));
    }

    void note(const char* name) {
        funnel.push_back({name, g_.n, g_.edges(), rule().target, now() - begun_});
    }

    void step() {
        ++steps;
        switch (phase_) {
            case Phase::first: first(); break;
            case Phase::core: core(); break;
            case Phase::seeds: seeds(); break;
            case Phase::support: support(); break;
            case Phase::prepare: prepare(); break;
            default: break;
        }
        if (g_.n == 0) {
            upper_ = shared.best;
            phase_ = Phase::done;
        }
    }

    void first() {
        begun_ = now();
        funnel.push_back({"input", input_.n, input_.first[input_.n] / 2, rule().target, 0});
        std::vector<uint8_t> alive(input_.n, 1);
        attribute_core(input_, rule(), alive);
        g_ = compress(input_, alive, nullptr);
        note("attribute core");
        phase_ = Phase::core;
    }

    void colour_again() {
        width_ = degeneracy(g_, order_, core_);
        palette_ = colour(g_, order_, colours_);
        Palette p(palette_, shared.rule.attributes);
        p.clear();
        for (int v = 0; v < g_.n; ++v) p.add(colours_[v], g_.attr[v]);
        int own[MAX_ATTRIBUTES] = {0};
        upper_ = std::min(upper_, std::max(p.bound(rule(), own), shared.best.load()));
    }

    // After few vertices have gone, the order and the colours of the rest serve as well as new
    // ones: the colouring stays proper, and any order is one to find cliques at their first vertex.
    void keep_colours() {
        std::vector<int32_t> label(alive_.size(), -1), order, colours;
        for (size_t v = 0; v < alive_.size(); ++v)
            if (alive_[v]) {
                label[v] = (int32_t)colours.size();
                colours.push_back(colours_[v]);
            }
        for (const int v : order_)
            if (alive_[v]) order.push_back(label[v]);
        order_.swap(order);
        colours_.swap(colours);
    }

    // Peel by the target of the moment until nothing falls or only crumbs do.
    void core() {
        reduced_for_ = rule().target;
        colour_again();
        for (int round = 0; round < 4; ++round) {
            alive_.assign(g_.n, 1);
            const int before = g_.n;
            attribute_core(g_, rule(), alive_);
            colourful_core(g_, colours_, palette_, rule(), set_.enhanced, alive_);
            g_ = compress(g_, alive_, g_.origin.data());
            if (g_.n == before) break;
            if (g_.n > before - before / 10) {
                keep_colours();
                break;
            }
            colour_again();
        }
        note("colourful core");
        alive_.assign(g_.n, 1);
        phase_ = set_.heuristic && !shared.all ? Phase::seeds : Phase::support;
    }

    // Greedy cliques around the vertices of highest core number; a dense graph as a whole gets a
    // plateau search. The work is bounded by the size of the graph, not by the clock, so that the
    // same seed gives the same run.
    void seeds() {
        const int before = shared.best;
        Graph sorted = reorder(g_, order_);
        std::vector<int32_t> colours(g_.n);
        for (int i = 0; i < g_.n; ++i) colours[i] = colours_[order_[i]];
        Builder builder(sorted, alive_, colours, palette_, shared.rule);
        Local local;
        const long budget = 4 * (long)g_.adj.size() + 100000;
        climber_.work = 0;
        for (int v = g_.n - 1; v >= 0 && builder.work + climber_.work < budget; --v) {
            builder.work += 64;
            if (builder.build(v, rule(), false, 1024, local, false)) climber_.greedy(local);
        }
        const int own[MAX_ATTRIBUTES] = {0};
        if (g_.n <= 2048 && density() > 0.3 && builder.whole(rule(), own, local))
            climber_.climb(local, 4000);
        note("heuristic");
        // A better incumbent raises the target: peel again.
        phase_ = shared.best > before ? Phase::core : Phase::support;
    }

    void support() {
        phase_ = Phase::prepare;
        if (reduced_for_ != rule().target) {
            phase_ = Phase::core;
            return;
        }
        // Listing triangles pays where it costs little beside the search that it saves.
        double cost = 0;
        for (int v = 0; v < g_.n; ++v) cost += (double)g_.degree(v) * g_.degree(v);
        if (!set_.support || g_.n < 128 || cost > 3e7 || density() > 0.3) return;
        SupportPeeling peeling(g_, colours_, palette_, rule(), set_.enhanced);
        const int64_t gone = peeling.run();
        if (gone == 0) return;
        alive_.assign(g_.n, 1);
        g_ = compress(g_, alive_, g_.origin.data(), &peeling.arc);
        const int before = g_.n;
        attribute_core(g_, rule(), alive_);
        g_ = compress(g_, alive_, g_.origin.data());
        note("colourful support");
        // Fewer edges give fewer colours, and those a smaller core.
        if (g_.n > 0 && (g_.n < before || gone * 10 > g_.edges())) {
            phase_ = Phase::core;
        } else {
            colour_again();
            alive_.assign(g_.n, 1);
        }
    }

    void prepare() {
        phase_ = Phase::done;
        if (!set_.search) return;
        Graph sorted = reorder(g_, order_);
        std::vector<int32_t> colours(g_.n);
        for (int i = 0; i < g_.n; ++i) colours[i] = colours_[order_[i]];
        g_ = std::move(sorted);
        colours_ = std::move(colours);
        alive_.assign(g_.n, 1);
        tasks_.clear();
        next_ = 0;
        Palette p(palette_, shared.rule.attributes);
        int own[MAX_ATTRIBUTES] = {0};
        const Rule r = rule();
        int top = -1;
        for (int v = 0; v < g_.n; ++v) {
            p.clear();
            for (int64_t e = g_.first[v + 1]; e-- > g_.first[v] && g_.adj[e] > v;)
                p.add(colours_[g_.adj[e]], g_.attr[g_.adj[e]]);
            own[g_.attr[v]] = 1;
            if (p.allowance(r, own, true) >= 0) tasks_.push_back({p.bound(r, own), v});
            own[g_.attr[v]] = 0;
            if (!tasks_.empty()) top = std::max(top, tasks_.back().first);
        }
        std::stable_sort(tasks_.begin(), tasks_.end(),
                         [](const auto& a, const auto& b) { return a.first > b.first; });
        upper_ = std::max(shared.best.load(), std::min(upper_, top));
        note("start vertices");
        phase_ = Phase::branch;
    }

    // Cliques are found at their first vertex in the order, so that start vertices are
    // independent of each other and of the sequence in which they are taken.
    void branch(double until, long budget) {
        if (workers_.empty()) add_worker();
        if (set_.threads == 1) {
            work(*workers_[0], until, budget);
        } else if (!warm_) {
            // Most reduced graphs are done before a thread has started.
            warm_ = true;
            work(*workers_[0], std::min(until, now() + 0.002), budget);
        } else {
            peel_again();
            while ((int)workers_.size() < set_.threads) add_worker();
            std::vector<std::thread> crew;
            for (size_t i = 1; i < workers_.size(); ++i)
                crew.emplace_back([this, i, until, budget] { work(*workers_[i], until, budget); });
            work(*workers_[0], until, budget);
            for (auto& t : crew) t.join();
        }
        nodes = 0;
        bool busy = false;
        for (const auto& w : workers_) {
            nodes += w->nodes;
            busy |= w->busy;
        }
        if (shared.full || (!busy && next_ >= tasks_.size())) phase_ = Phase::done;
    }

    void add_worker() {
        workers_.push_back(
            std::make_unique<Worker>(g_, alive_, colours_, palette_, shared.rule));
    }

    void peel_again() {
        const int target = rule().target;
        if (target <= reduced_for_ || tasks_.size() - std::min<size_t>(next_, tasks_.size()) < 256)
            return;
        reduced_for_ = target;
        colourful_core(g_, colours_, palette_, rule(), set_.enhanced, alive_);
    }

    bool open_task(Worker& w) {
        // One thread peels at once, whatever the slices, so that its runs can be repeated.
        if (set_.threads == 1) peel_again();
        const size_t i = next_.fetch_add(1);
        if (i >= tasks_.size()) return false;
        const Rule r = rule();
        if (tasks_[i].first < r.target) {
            next_ = tasks_.size();  // sorted by bound: none of the rest can be better
            return false;
        }
        const int v = tasks_[i].second;
        if (!alive_[v] || !w.builder.build(v, r, true, INT_MAX, w.local)) return true;
        ++started;
        if (set_.bound >= 0 && local_bound(w.local, (Bound)set_.bound) < r.target) {
            ++cut;
            return true;
        }
        const int words = w.local.words;
        // Up to eight words have a search of their own width; beyond, one for all widths.
        const size_t kind = words <= 8 ? words : 0;
        if (w.kinds.size() <= kind) w.kinds.resize(9);
        if (!w.kinds[kind]) w.kinds[kind] = make_branch(&shared, kind ? (int)kind : 9);
        int counts[MAX_ATTRIBUTES] = {0};
        counts[g_.attr[v]] = 1;
        w.active = w.kinds[kind].get();
        w.bound = tasks_[i].first;
        w.busy = true;
        w.active->start(&w.local, counts, 1);
        return true;
    }

    // A published bound on the cliques of a start vertex and its candidates.
    int local_bound(const Local& l, Bound which) const {
        Graph g;
        g.n = l.n + 1;  // the start vertex is the last one
        for (int v = 0; v < g.n; ++v) {
            g.attr.push_back(v < l.n ? l.attr[v] : l.base_attr[0]);
            for (int u = 0; u < g.n; ++u)
                if (u != v && (u == l.n || v == l.n || l.edge(u, v))) g.adj.push_back(u);
            g.first.push_back((int64_t)g.adj.size());
        }
        std::vector<int32_t> order, core, colours;
        degeneracy(g, order, core);
        const int palette = colour(g, order, colours);
        return Bounds(g, colours, palette, shared.rule)(which);
    }

    void work(Worker& w, double until, long budget) {
        const long last = w.nodes > LONG_MAX - budget ? LONG_MAX : w.nodes + budget;
        int quiet = 0;
        while (!shared.full && w.nodes < last) {
            if (!w.busy) {
                if (!open_task(w)) return;
                if (++quiet % 16 == 0 && now() >= until) return;
                if (!w.busy) continue;
            }
            w.busy = w.active->run(std::min(2048L, last - w.nodes), w.nodes);
            if (now() >= until) return;
        }
    }

    View input_;
    Settings set_;
    Graph g_;
    std::vector<int32_t> order_, core_, colours_;
    std::vector<uint8_t> alive_;
    int width_ = 0, palette_ = 0, upper_ = INT_MAX, reduced_for_ = 0;
    Phase phase_ = Phase::first;
    bool warm_ = false;
    double begun_ = 0, time_ = 0;
    Climber climber_;
    std::vector<std::pair<int, int>> tasks_;
    std::atomic<size_t> next_{0};
    std::vector<std::unique_ptr<Worker>> workers_;
};

// Whether vertices of g complete a clique with counts own[i], adjacent to all of g, to a fair one
// of exactly `size`; they are appended to `added`.
inline bool completes(const Graph& g, const Rule& rule, const int* own, int size,
                      std::vector<int32_t>& added) {
    Shared shared;
    shared.rule = rule;
    shared.rule.target = 0;
    shared.all = true;
    shared.limit = 1;
    shared.best = size;
    Rule r = rule;
    r.target = size;
    const std::vector<uint8_t> alive(g.n, 1);
    const std::vector<int32_t> colours(g.n, 0);
    Builder builder(g, alive, colours, 1, r);
    Local local;
    if (!builder.whole(r, own, local)) return false;
    int chosen = 0;
    for (int i = 0; i < rule.attributes; ++i) chosen += own[i];
    const auto search = make_branch(&shared, local.words <= 8 ? local.words : 9);
    search->start(&local, own, chosen);
    long nodes = 0;
    while (!shared.full && search->run(2048, nodes)) {
    }
    if (shared.found.empty()) return false;
    added = shared.found[0];
    return true;
}

}  // namespace zg::fairclique
