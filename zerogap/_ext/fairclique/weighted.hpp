// Branch and bound for the heaviest fair clique, some of whose vertices may be chosen already.
//
// The given graph is the common neighbourhood of the chosen vertices (all of it, if there are
// none). Cliques are enumerated at their first vertex in degeneracy order, every path once; a path
// whose counts, the chosen ones included, are fair is a solution. A path is left only where no
// fair clique below it can reach the target:
//   counts     an attribute cannot get k vertices any more, or has more than the least of the
//              others may become plus delta;
//   sides      of attribute i at most cap - r_i vertices come, one of an independent set of its
//              candidates each: the largest of the sets' heaviest weights, summed;
//   joint      independent sets of all candidates, one vertex of each: those that together stay
//              below the target need not be branched on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "fairclique/dense.hpp"
#include "shared/clock.hpp"

namespace zg::fairclique {

class Weighted {
  public:
    Weighted(const View& view, const int64_t* weight, const Rule& rule, const int* own,
             int64_t base, bool prove)
        : rule_(rule), base_(base), prove_(prove) {
        std::copy(own, own + rule.attributes, own_);
        const std::vector<uint8_t> alive(view.n, 1);
        Graph g = compress(view, alive, nullptr);
        std::vector<int32_t> order, core, colours;
        degeneracy(g, order, core);
        palette_ = colour(g, order, colours);
        g_ = reorder(g, order);
        weight_.resize(g_.n);
        colour_.resize(g_.n);
        for (int i = 0; i < g_.n; ++i) {
            weight_[i] = weight[order[i]];
            colour_[i] = colours[order[i]];
        }
        place_.assign(g_.n, -1);
        prepare();
    }

    // Lists every clique of exactly this weight, which must be the best, at most `limit`.
    void list(int64_t weight, size_t limit) {
        all = true;
        best = weight;
        limit_ = limit;
    }

    // Works about so long; false when nothing more is to be done.
    bool run(double seconds, long iterations) {
        const double begun = now(), until = begun + seconds;
        long left = iterations < 0 ? LONG_MAX : iterations;
        while (!done_) {
            if (left <= 0 || now() >= until) break;
            left -= busy_ ? branch(std::min(left, 2048L)) : (open(), 1);
        }
        time_ += now() - begun;
        return !done_;
    }

    // A proven bound on the weight of every fair clique with the chosen vertices; -1: none exists.
    int64_t bound() const {
        if (done_ && prove_) return best;
        int64_t b = best;
        if (busy_) b = std::max(b, now_bound_);
        if (next_ < tasks_.size()) b = std::max(b, tasks_[next_].first);
        if (!opened_) b = std::max(b, base_);
        return done_ ? std::max(b, first_bound_) : b;
    }

    bool exhausted() const { return done_ && prove_ && !full_; }
    double seconds() const { return time_; }

    int64_t best = -1;
    bool all = false;
    std::vector<int32_t> clique;  // of the given graph, ascending
    std::vector<std::vector<int32_t>> found;
    long nodes = 0, steps = 0;

  private:
    int64_t target() const { return all ? best : best + 1; }

    bool fair() const {
        int low = r_[0], high = r_[0];
        for (int i = 1; i < rule_.attributes; ++i) {
            low = std::min(low, r_[i]);
            high = std::max(high, r_[i]);
        }
        return low >= rule_.k && high - low <= rule_.delta;
    }

    // One vertex of every colour at most: the heaviest of each, summed, is a bound.
    void prepare() {
        std::vector<int64_t> heaviest(palette_ + 1, 0);
        std::vector<int32_t> seen;
        for (int v = 0; v < g_.n; ++v) {
            int64_t sum = base_ + weight_[v];
            seen.clear();
            for (int64_t e = g_.first[v + 1]; e-- > g_.first[v] && g_.adj[e] > v;) {
                const int u = g_.adj[e], c = colour_[u];
                if (weight_[u] > heaviest[c]) {
                    sum += weight_[u] - heaviest[c];
                    heaviest[c] = weight_[u];
                    seen.push_back(c);
                }
            }
            for (const int c : seen) heaviest[c] = 0;
            tasks_.push_back({sum, v});
        }
        std::stable_sort(tasks_.begin(), tasks_.end(),
                         [](const auto& a, const auto& b) { return a.first > b.first; });
        first_bound_ = std::max(base_, tasks_.empty() ? base_ : tasks_[0].first);
    }

    // The next start vertex; the first call takes the path without any, and the greedy cliques.
    void open() {
        ++steps;
        if (!opened_) {
            opened_ = true;
            std::copy(own_, own_ + rule_.attributes, r_);
            path_.clear();
            weigh_ = base_;
            report();
            if (!all)
                for (size_t i = 0; i < std::min<size_t>(tasks_.size(), 64); ++i) greedy(i);
            if (!prove_) done_ = true;
            return;
        }
        // Sorted by their bounds: none of the rest can reach the target.
        if (full_ || next_ >= tasks_.size() || tasks_[next_].first < target()) {
            next_ = tasks_.size();
            done_ = true;
            return;
        }
        now_bound_ = tasks_[next_].first;
        start(tasks_[next_++].second);
        report();
        depth_ = 0;
        busy_ = n_ > 0 && expand(cand(0), branching(0));
    }

    // The later neighbours of v as a dense graph, heaviest first.
    void start(int v) {
        std::copy(own_, own_ + rule_.attributes, r_);
        path_.assign(1, v);
        ++r_[g_.attr[v]];
        weigh_ = base_ + weight_[v];
        vertex_.clear();
        for (int64_t e = g_.first[v + 1]; e-- > g_.first[v] && g_.adj[e] > v;)
            vertex_.push_back(g_.adj[e]);
        std::stable_sort(vertex_.begin(), vertex_.end(),
                         [&](int a, int b) { return weight_[a] > weight_[b]; });
        n_ = (int)vertex_.size();
        words_ = std::max(1, (n_ + 63) >> 6);
        rows_.assign((size_t)n_ * words_, 0);
        masks_.assign((size_t)rule_.attributes * words_, 0);
        for (int i = 0; i < n_; ++i) place_[vertex_[i]] = i;
        for (int i = 0; i < n_; ++i) {
            const int u = vertex_[i];
            masks_[(size_t)g_.attr[u] * words_ + (i >> 6)] |= 1ULL << (i & 63);
            for (int64_t e = g_.first[u + 1]; e-- > g_.first[u] && g_.adj[e] > u;) {
                const int j = place_[g_.adj[e]];
                if (j < 0) continue;
                rows_[(size_t)i * words_ + (j >> 6)] |= 1ULL << (j & 63);
                rows_[(size_t)j * words_ + (i >> 6)] |= 1ULL << (i & 63);
            }
        }
        for (const int u : vertex_) place_[u] = -1;
        // A clique of the candidates has one vertex of a colour at most.
        const size_t need = (size_t)(std::min(n_, palette_) + 2) * 2 * words_;
        if (frames_.size() < need) frames_.resize(need);
        if (scratch_.size() < (size_t)3 * words_) scratch_.resize((size_t)3 * words_);
        Word* P = cand(0);
        std::fill(P, P + words_, 0);
        for (int i = 0; i < n_; ++i) P[i >> 6] |= 1ULL << (i & 63);
    }

    Word* cand(int d) { return &frames_[(size_t)d * 2 * words_]; }
    Word* branching(int d) { return &frames_[((size_t)d * 2 + 1) * words_]; }
    const Word* row(int i) const { return &rows_[(size_t)i * words_]; }

    long branch(long budget) {
        long used = 0;
        while (busy_ && used < budget) {
            ++used;
            Word* B = branching(depth_);
            int v = -1;
            for (int k = 0; k < words_; ++k)
                if (B[k]) {
                    v = (k << 6) + __builtin_ctzll(B[k]);
                    B[k] &= B[k] - 1;
                    break;
                }
            if (v < 0) {
                if (--depth_ < 0)
                    busy_ = false;
                else
                    leave();
                continue;
            }
            ++nodes;
            Word* P = cand(depth_);
            P[v >> 6] &= ~(1ULL << (v & 63));
            Word* C = cand(depth_ + 1);
            Word any = 0;
            for (int k = 0; k < words_; ++k) any |= C[k] = P[k] & row(v)[k];
            path_.push_back(vertex_[v]);
            weigh_ += weight_[vertex_[v]];
            ++r_[g_.attr[vertex_[v]]];
            report();
            if (full_) busy_ = false;
            if (any && expand(C, branching(depth_ + 1)))
                ++depth_;
            else
                leave();
        }
        return used;
    }

    void leave() {
        const int v = path_.back();
        path_.pop_back();
        weigh_ -= weight_[v];
        --r_[g_.attr[v]];
    }

    void report() {
        if (all ? weigh_ != best : weigh_ <= best) return;
        if (!fair()) return;
        std::vector<int32_t> result;
        for (const int v : path_) result.push_back(g_.origin[v]);
        std::sort(result.begin(), result.end());
        if (all) {
            if (found.size() < limit_) found.push_back(result);
            full_ = found.size() >= limit_;
        } else {
            clique.swap(result);
            best = weigh_;
        }
    }

    // Takes one independent set out of U; returns its heaviest weight (the first: they are sorted).
    int64_t take(Word* U, Word* C) {
        Word* Q = &scratch_[2 * (size_t)words_];
        std::copy(U, U + words_, Q);
        std::fill(C, C + words_, 0);
        int64_t heaviest = -1;
        for (int k = 0; k < words_; ++k)
            while (Q[k]) {
                const int i = (k << 6) + __builtin_ctzll(Q[k]);
                if (heaviest < 0) heaviest = weight_[vertex_[i]];
                C[k] |= 1ULL << (i & 63);
                Q[k] &= Q[k] - 1;
                for (int j = k; j < words_; ++j) Q[j] &= ~row(i)[j];
            }
        for (int k = 0; k < words_; ++k) U[k] &= ~C[k];
        return heaviest;
    }

    // False if nothing that reaches the target is below; else B gets the branching set.
    bool expand(Word* P, Word* B) {
        const int A = rule_.attributes;
        Word *U = &scratch_[0], *C = &scratch_[words_];
        int64_t side[MAX_ATTRIBUTES];
        int most = INT_MAX, classes[MAX_ATTRIBUTES];
        for (int i = 0; i < A; ++i) {
            classes[i] = 0;
            int have = 0;
            for (int k = 0; k < words_; ++k)
                have += __builtin_popcountll(P[k] & masks_[(size_t)i * words_ + k]);
            if (r_[i] + have < rule_.k) return false;
            most = std::min(most, r_[i] + have);
        }
        long cap = (long)most + rule_.delta;
        int least = INT_MAX;
        int64_t sum = weigh_;
        for (int i = 0; i < A; ++i) {
            if (r_[i] > cap) return false;
            Word any = 0;
            for (int k = 0; k < words_; ++k) {
                if (r_[i] == cap) P[k] &= ~masks_[(size_t)i * words_ + k];
                any |= U[k] = P[k] & masks_[(size_t)i * words_ + k];
            }
            side[i] = 0;
            while (any) {
                const int64_t heaviest = take(U, C);
                if (r_[i] + classes[i] < cap) side[i] += heaviest;
                ++classes[i];
                any = 0;
                for (int k = 0; k < words_; ++k) any |= U[k];
            }
            if (r_[i] + classes[i] < rule_.k) return false;
            least = std::min(least, r_[i] + classes[i]);
            sum += side[i];
        }
        if (sum < target()) return false;
        for (int i = 0; i < A; ++i)
            if (r_[i] > (long)least + rule_.delta) return false;
        std::copy(P, P + words_, B);
        int64_t covered = weigh_;
        for (;;) {
            Word any = 0;
            for (int k = 0; k < words_; ++k) any |= B[k];
            if (!any) return false;
            std::copy(B, B + words_, U);
            covered += take(U, C);
            if (covered >= target()) return true;
            std::copy(U, U + words_, B);
        }
    }

    // Always the heaviest candidate of the attribute that lags behind.
    void greedy(size_t task) {
        start(tasks_[task].second);
        report();
        Word* P = cand(0);
        for (;;) {
            int pick = -1, low = INT_MAX;
            for (int i = 0; i < rule_.attributes; ++i) {
                if (r_[i] >= low) continue;
                for (int k = 0; k < words_; ++k) {
                    const Word x = P[k] & masks_[(size_t)i * words_ + k];
                    if (!x) continue;
                    pick = (k << 6) + __builtin_ctzll(x);
                    low = r_[i];
                    break;
                }
            }
            if (pick < 0) return;
            for (int k = 0; k < words_; ++k) P[k] &= row(pick)[k];
            path_.push_back(vertex_[pick]);
            weigh_ += weight_[vertex_[pick]];
            ++r_[g_.attr[vertex_[pick]]];
            report();
        }
    }

    Rule rule_;
    int own_[MAX_ATTRIBUTES] = {0}, r_[MAX_ATTRIBUTES] = {0};
    int64_t base_, weigh_ = 0, now_bound_ = -1, first_bound_ = -1;
    bool prove_, opened_ = false, busy_ = false, done_ = false, full_ = false;
    Graph g_;
    std::vector<int64_t> weight_;
    std::vector<int32_t> colour_, place_, vertex_, path_;
    std::vector<std::pair<int64_t, int>> tasks_;
    size_t next_ = 0, limit_ = 0;
    int palette_ = 0, n_ = 0, words_ = 1, depth_ = 0;
    std::vector<Word> frames_, rows_, masks_, scratch_;
    double time_ = 0;
};

}  // namespace zg::fairclique
