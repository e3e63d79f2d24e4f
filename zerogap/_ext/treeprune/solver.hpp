// One tree from the arrays to the proven optimum: reductions, branch and bound over the
// independent parts of what is left, and over the whole tree where a side condition binds.
#pragma once
#include "treeprune/cover.hpp"
#include "treeprune/side.hpp"

namespace zg::treeprune {

class Solver {
public:
    Tree tree;
    double best = -INF, bound = INF;
    std::vector<uint8_t> kept;  // merged leaves of the incumbent, empty without one
    bool finished = false;
    int remaining = 0;          // nodes that the reductions left

    Fault start(const Problem& given) {
        problem = given;
        best = -INF;
        bound = INF;
        kept.clear();
        finished = false;
        spent_nodes = spent_passes = 0;
        stage = RELAXED;
        probe = -1;
        blocked = false;
        count = at = remaining = 0;
        if (Fault f = tree.build(problem)) return f;
        const bool single = !problem.coverage || problem.weights == 1;
        if (!single) { open_whole(); return OK; }
        reduce();
        remaining = cover.n - 1;
        return OK;
    }

    // Works until the deadline or so many nodes; false when nothing more is to be done.
    bool run(double seconds, long long limit) {
        const double deadline = seconds < 1e9 ? now() + seconds : INF;
        while (!finished) {
            const double left = deadline == INF ? INF : deadline - now();
            if (stage != WHOLE && at == count) {
                if (stage == RELAXED) conclude();
                else next_probe();
                if (probe % 64 == 0 && deadline < INF && now() >= deadline) break;
                continue;
            }
            if (left <= 0 || limit == 0) break;
            Side& side = stage == WHOLE ? whole : parts[at]->side;
            const long long before = side.nodes;
            const bool more = side.run(left, limit);
            if (limit > 0) limit = std::max(0LL, limit - std::max(1LL, side.nodes - before));
            if (more) continue;
            if (stage != WHOLE) { ++at; continue; }
            finished = true;
        }
        if (stage == WHOLE) collect_whole();
        else if (!finished && stage == RELAXED) collect_parts();
        return !finished;
    }

    void inject(const std::vector<int>& leaves) {
        state.reset(tree, problem);
        for (int i : leaves) state.add(i);
        if (state.feasible()) take();
        if (stage == WHOLE) whole.inject(leaves);
    }

    long long nodes() const { return tally(&Side::nodes) + spent_nodes; }
    long long passes() const { return tally(&Side::passes) + spent_passes; }

    // Marks the caller's nodes that are retained.
    void mask(const Problem& p, uint8_t* out) const {
        for (int v = 0; v < p.n; ++v) out[v] = kept_at(v);
    }

private:
    // RELAXED: side conditions left out. PROBE: the best set with one given leaf, leaf by leaf.
    // WHOLE: everything in one branch and bound.
    enum Stage { RELAXED, PROBE, WHOLE };

    struct Part {
        Tree tree;
        Problem problem;
        Side side;
        std::vector<int> ids;  // of the merged nodes in `cover`
    };

    Problem problem;
    Cover cover;
    Side whole;
    State state;
    std::vector<std::unique_ptr<Part>> parts;
    std::vector<uint8_t> chosen, marks;
    std::vector<int> root_of, member, wanted, slot;
    Stage stage = RELAXED;
    int count = 0, at = 0, probe = -1;
    long long spent_nodes = 0, spent_passes = 0;
    double reduced_bound = INF;

    long long tally(long long Side::*what) const {
        long long total = stage == WHOLE ? whole.*what : 0;
        for (int i = 0; i < count; ++i) total += parts[i]->side.*what;
        return total;
    }

    bool kept_at(int v) const { return retained[tree.node_of(v)]; }

    void open_whole() {
        stage = WHOLE;
        whole.start(tree, problem);
        if (!kept.empty()) {
            wanted.clear();
            for (int i = 0; i < tree.m; ++i)
                if (tree.leaf[i] >= 0 && kept[i]) wanted.push_back(i);
            whole.inject(wanted);
        }
        reduced_bound = bound;
    }

    int find(int k) {
        while (member[k] != k) k = member[k] = member[member[k]];
        return k;
    }

    void reduce() {
        cover.reduce(tree, problem.coverage ? problem.coverage[0] : 1.0);
        count = at = 0;
        if (cover.n > 1) split();
    }

    // Subtrees below the root that share no cluster are independent of each other.
    void split() {
        const int K = tree.clusters, n = cover.n;
        member.resize(K);
        for (int k = 0; k < K; ++k) member[k] = k;
        for (int r = 1; r < n; r = cover.end[r]) {
            const int from = cover.first[r], stop = cover.first[cover.end[r]];
            for (int j = from; j < stop; ++j) {
                const int a = find(cover.cover[from]), b = find(cover.cover[j]);
                if (a != b) member[std::max(a, b)] = std::min(a, b);
            }
        }
        root_of.assign(K, -1);
        count = 0;
        for (int r = 1; r < n; r = cover.end[r]) {
            const int k = find(cover.cover[cover.first[r]]);
            if (root_of[k] < 0) {
                root_of[k] = count++;
                if (int(parts.size()) < count) parts.emplace_back(new Part);
                Tree& t = parts[count - 1]->tree;
                parts[count - 1]->ids.assign(1, 0);
                for (auto* a : {&t.par, &t.end, &t.leaf, &t.cluster}) a->assign(1, -1);
                for (auto* a : {&t.tokens, &t.cost, &t.reward}) a->assign(1, 0.0);
                t.bonus.clear();
                t.leaves = 0;
                t.scale = 0;
            }
        }
        slot.assign(K, -1);
        for (int r = 1; r < n; r = cover.end[r])
            graft(*parts[root_of[find(cover.cover[cover.first[r]])]], r);
        for (int i = 0; i < count; ++i) {
            Part& part = *parts[i];
            Tree& t = part.tree;
            t.m = int(t.par.size());
            for (int v = 0; v < t.m; ++v) t.end[v] = v + 1;
            for (int v = t.m; --v > 0;) t.end[t.par[v]] = std::max(t.end[t.par[v]], t.end[v]);
            t.forced.assign(t.m, 0);
            t.clusters = int(t.bonus.size());
            t.cap.assign(t.clusters, std::numeric_limits<int>::max());
            for (double b : t.bonus) t.scale += b;
            t.scale = std::max(t.scale, tree.scale * 1e-3);
            part.problem = Problem();
            part.problem.low = 0;
            part.side.start(t, part.problem);
        }
    }

    // Appends a subtree of what is left; a node's clusters become leaves of it that cost nothing.
    void graft(Part& part, int root) {
        Tree& t = part.tree;
        slot_node.resize(cover.n);
        for (int v = root; v < cover.end[root]; ++v) {
            const int above = v == root ? 0 : slot_node[cover.par[v]];
            slot_node[v] = append(part, above, -1, -1, -cover.weight[v], v);
            t.scale += std::fabs(cover.weight[v]);
            for (int j = cover.first[v]; j < cover.first[v + 1]; ++j) {
                const int k = cover.cover[j];
                if (slot[k] < 0) {
                    slot[k] = int(t.bonus.size());
                    t.bonus.push_back(cover.bonus[k]);
                }
                append(part, slot_node[v], v, slot[k], 0.0, v);
                ++t.leaves;
            }
        }
    }
    std::vector<int> slot_node;
    std::vector<uint8_t> retained;

    int append(Part& part, int above, int leaf, int cluster, double cost, int from) {
        Tree& t = part.tree;
        t.par.push_back(above);
        t.end.push_back(0);
        t.leaf.push_back(leaf);
        t.cluster.push_back(cluster);
        t.tokens.push_back(0);
        t.cost.push_back(cost);
        t.reward.push_back(0);
        part.ids.push_back(from);
        return int(t.par.size()) - 1;
    }

    // The set that the parts' incumbents make together, in the whole tree.
    void compose() {
        chosen.assign(std::max(1, cover.n), 0);
        chosen[0] = 1;
        for (int i = 0; i < count; ++i) {
            const Part& part = *parts[i];
            for (int v = 1; v < part.tree.m && !part.side.kept.empty(); ++v)
                if (part.side.kept[v])
                    for (int u = v; u > 0; u = part.tree.par[u]) chosen[part.ids[u]] = 1;
        }
        cover.expand(chosen, marks);
        state.reset(tree, problem);
        for (int i = 0; i < tree.m; ++i)
            if (marks[i]) state.add(i);
    }

    void take() {
        const double value = state.objective();
        if (!(value > best)) return;
        best = value;
        kept.assign(tree.m, 0);
        retained.resize(tree.m);
        for (int i = 0; i < tree.m; ++i) {
            retained[i] = state.below[i] > 0;
            kept[i] = tree.leaf[i] >= 0 && retained[i];
        }
    }

    // All parts are solved: done, unless a side condition binds.
    void conclude() {
        compose();
        const double value = state.objective();
        bound = std::min(bound, value);
        const bool root_is_in = problem.low >= 1 || tree.forced[0];
        if (!root_is_in && value < 0) {
            state.reset(tree, problem);
            bound = 0;
        }
        if (state.feasible()) {
            take();
            bound = best;
            finished = true;
            return;
        }
        const bool state_was_empty = state.kept == 0;
        repaired();
        // Nothing pays, yet a leaf has to stay: the best set is the best of those with a given leaf.
        if (state_was_empty && problem.low == 1 && tree.leaves <= PROBES) {
            stage = PROBE;
            at = count = 0;
            return;
        }
        open_whole();
    }

    static constexpr int PROBES = 20000;

    void next_probe() {
        if (probe >= 0) {
            compose();
            if (state.feasible()) take();
            else blocked = true;
            for (int v : raised) tree.forced[v] = 0;
        }
        do ++probe; while (probe < tree.m && tree.leaf[probe] < 0);
        if (probe >= tree.m) {
            // A side condition stood in the way of a probe: its optimum was none of ours.
            if (blocked) { open_whole(); return; }
            bound = best;
            finished = true;
            return;
        }
        raised.clear();
        for (int v = probe; v >= 0; v = tree.par[v])
            if (!tree.forced[v]) { tree.forced[v] = 1; raised.push_back(v); }
        spent_nodes += tally(&Side::nodes);
        spent_passes += tally(&Side::passes);
        reduce();
    }
    std::vector<int> raised;
    bool blocked = false;

    // The composed set, made feasible greedily.
    void repaired() {
        wanted.clear();
        for (int i = 0; i < tree.m; ++i)
            if (tree.leaf[i] >= 0 && marks[i]) wanted.push_back(i);
        state.reset(tree, problem);
        if (state.build(wanted)) take();
    }

    void collect_parts() {
        compose();
        if (state.feasible()) take();
        else repaired();
        double total = cover.settled;
        for (int i = 0; i < count; ++i) total += std::max(0.0, parts[i]->side.bound);
        if (problem.low < 1 && !tree.forced[0]) total = std::max(total, 0.0);
        bound = std::max(best, std::min(bound, total));
    }

    void collect_whole() {
        if (whole.best > best && !whole.kept.empty()) {
            state.reset(tree, problem);
            for (int i = 0; i < tree.m; ++i)
                if (whole.kept[i]) state.add(i);
            take();
        }
        bound = finished ? best : std::max(best, std::min(reduced_bound, whole.bound));
    }
};

}  // namespace zg::treeprune
