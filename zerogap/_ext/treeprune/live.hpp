// Trees that live: one that a search extends and prunes step after step, and many at once.
#pragma once
#include <atomic>
#include <mutex>
#include <thread>
#include "treeprune/solver.hpp"

namespace zg::treeprune {

// A node is a slot; slots of pruned nodes are used again, so that memory follows the live tree.
class Live {
public:
    enum Cost { RAW = 0, UNIT = 1, SHARE = 2 };

    std::vector<int32_t> parent, cluster;
    std::vector<double> tokens, reward;
    std::vector<uint8_t> alive, finished;
    std::vector<int32_t> order;  // live slots, parents first
    Solver solver;
    int mode = RAW;
    bool share_reward = false;

    // Appends nodes; `out` gets their slots. Returns the index of the first bad one, or -1.
    int add(int n, const int32_t* above, const double* cost, const double* worth,
            const int32_t* group, int32_t* out) {
        for (int i = 0; i < n; ++i) {
            const bool good = above[i] >= -1 && above[i] < int(alive.size()) &&
                              (above[i] < 0 || alive[above[i]]) && cost[i] >= 0 && cost[i] <= 1e12 &&
                              std::fabs(worth[i]) <= 1e12 && (!share_reward || worth[i] >= 0);
            if (!good) return i;
        }
        for (int i = 0; i < n; ++i) {
            int s;
            if (free_slots.empty()) {
                s = int(alive.size());
                alive.push_back(0); finished.push_back(0);
                parent.push_back(-1); cluster.push_back(-1);
                tokens.push_back(0); reward.push_back(0);
            } else {
                s = free_slots.back();
                free_slots.pop_back();
            }
            alive[s] = 1;
            finished[s] = 0;
            parent[s] = above[i];
            tokens[s] = cost[i];
            reward[s] = worth[i];
            cluster[s] = group ? group[i] : -1;
            order.push_back(s);
            out[i] = s;
        }
        return -1;
    }

    // Solves the live tree; with `apply` the pruned slots become free.
    Fault prune(const Problem& settings, double seconds, bool apply) {
        compact();
        Problem p = settings;
        p.n = int(order.size());
        p.parent = c_parent.data();
        p.cluster = c_cluster.data();
        p.reward = c_reward.data();
        p.tokens = c_tokens.data();
        p.mandatory = c_must.data();
        p.mandatories = int(c_must.size());
        if (Fault f = solver.start(p)) return f;
        solver.run(seconds, -1);
        if (solver.kept.empty() || !apply) return OK;
        retained.resize(order.size());
        solver.mask(p, retained.data());
        size_t to = 0;
        for (size_t i = 0; i < order.size(); ++i) {
            const int s = order[i];
            if (retained[i]) order[to++] = s;
            else { alive[s] = 0; free_slots.push_back(s); }
        }
        order.resize(to);
        return OK;
    }

    bool is_leaf(int s) const {
        if (s < 0 || s >= int(alive.size()) || !alive[s]) return false;
        for (int u : order) if (parent[u] == s) return false;
        return true;
    }

    size_t bytes() const {
        return alive.capacity() * 2 + (parent.capacity() + cluster.capacity() + order.capacity() +
               free_slots.capacity() + c_parent.capacity() + c_cluster.capacity() +
               place.capacity()) * 4 +
               (tokens.capacity() + reward.capacity() + c_tokens.capacity() +
                c_reward.capacity()) * 8;
    }

private:
    std::vector<int32_t> free_slots, c_parent, c_cluster, c_must, place;
    std::vector<double> c_tokens, c_reward;
    std::vector<uint8_t> retained, inner;

    void compact() {
        const int n = int(order.size());
        place.resize(alive.size());
        c_parent.resize(n); c_cluster.resize(n); c_tokens.resize(n); c_reward.resize(n);
        inner.assign(n, 0);
        c_must.clear();
        double all = 0;
        for (int i = 0; i < n; ++i) {
            const int s = order[i];
            place[s] = i;
            c_parent[i] = parent[s] < 0 ? -1 : place[parent[s]];
            if (parent[s] >= 0) inner[c_parent[i]] = 1;
            c_cluster[i] = cluster[s];
            c_reward[i] = reward[s];
            c_tokens[i] = tokens[s];
            all += tokens[s];
        }
        double worth = 0;
        for (int i = 0; i < n; ++i) {
            if (inner[i]) { finished[order[i]] = 0; continue; }
            worth += c_reward[i];
            if (finished[order[i]]) c_must.push_back(i);
        }
        if (mode == UNIT) for (double& c : c_tokens) c = 1.0 / n;
        if (mode == SHARE && all > 0) for (double& c : c_tokens) c /= all;
        if (share_reward && worth > 0) for (double& r : c_reward) r /= worth;
        // Inner rewards do not count, and a sum of leaf rewards keeps the shares below 1e12.
        if (share_reward) for (int i = 0; i < n; ++i) if (inner[i]) c_reward[i] = 0;
    }
};

// Many trees, each by itself; tree i has the nodes first[i] … first[i+1] of the arrays, with
// parents counted from its own first node. Returns the first tree at fault, or -1.
struct Batch {
    Fault fault = OK;
    int where = -1;
    long long tree = -1;
    bool infeasible = false;

    void run(const Problem& all, long long trees, const int64_t* first, const double* lambda_b,
             const double* lambda_d, const double* budget, int threads, uint8_t* out) {
        std::atomic<long long> next{0};
        std::atomic<bool> failed{false};
        std::mutex lock;
        auto work = [&] {
            Solver solver;
            while (!failed) {
                // A handful at a time: the counter is shared, the trees are microseconds.
                const long long from = next.fetch_add(8);
                if (from >= trees) break;
                for (long long i = from; i < std::min(from + 8, trees); ++i) {
                    Problem p = all;
                    const int64_t base = first[i];
                    p.n = int(first[i + 1] - base);
                    p.parent += base; p.reward += base; p.tokens += base;
                    if (p.cluster) p.cluster += base;
                    p.lambda_b = lambda_b[i];
                    p.lambda_d = lambda_d[i];
                    p.budget = budget[i];
                    const Fault f = solver.start(p);
                    if (!f) solver.run(INF, -1);
                    if (f || solver.kept.empty()) {
                        std::lock_guard<std::mutex> hold(lock);
                        if (!failed || i < tree) {
                            fault = f; where = solver.tree.where; tree = i; infeasible = !f;
                        }
                        failed = true;
                        break;
                    }
                    solver.mask(p, out + base);
                }
            }
        };
        std::vector<std::thread> crew;
        for (int i = 1; i < threads; ++i) crew.emplace_back(work);
        work();
        for (std::thread& t : crew) t.join();
    }
};

// The solver of this thread for one-shot calls; large trees do not leave their memory behind.
inline Solver& workspace() {
    static thread_local Solver solver;
    return solver;
}

}  // namespace zg::treeprune
