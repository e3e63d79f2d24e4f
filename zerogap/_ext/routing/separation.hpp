// Violated cuts of a relaxation over routes: rounded capacities, and rank-1 cuts with multiplier ½.
#ifndef ZEROGAP_ROUTING_SEPARATION
#define ZEROGAP_ROUTING_SEPARATION

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

namespace zg::routing {

// Sets S of clients with x(δ(S)) < 2⌈d(S)/Q⌉: grown from every client and improved client by client.
class CapacityCuts {
  public:
    struct Set { double violation; double need; std::vector<uint8_t> inside; };  // over nodes

    // `least`: violation of a crossing row from which a set is found; below 0 for nearly violated ones.
    CapacityCuts(int n, const double* flow, const int64_t* demand, int64_t capacity, double least)
        : least_(least), n_(n), m_(n + 1), flow_(flow), demand_(demand), capacity_(capacity), degree_(n + 1, 0.0) {
        near_.resize(m_);
        for (int i = 1; i <= n; ++i)
            for (int j = 0; j <= n; ++j) {
                if (i == j) continue;
                degree_[i] += x(i, j);
                if (j && x(i, j) > 1e-6) near_[i].push_back(j);
            }
    }

    std::vector<Set> run(int most) {
        for (int seed = 1; seed <= n_; ++seed)
            for (const bool by_slack : {false, true}) grow(seed, by_slack);
        components();
        const std::vector<Set> grown = found_;
        for (const Set& s : grown) descend(s.inside);
        std::sort(found_.begin(), found_.end(),
                  [](const Set& a, const Set& b) { return a.violation > b.violation; });
        if ((int)found_.size() > most) found_.resize(most);
        return found_;
    }

  private:
    const double least_;
    static constexpr size_t KEPT = 800;
    const int n_, m_;
    const double* flow_;
    const int64_t* demand_;
    const int64_t capacity_;
    std::vector<double> degree_;
    std::vector<std::vector<int>> near_;
    std::vector<Set> found_;
    std::set<std::vector<uint8_t>> seen_;

    double x(int i, int j) const { return flow_[i * m_ + j]; }
    double need(int64_t load) const { return 2.0 * (double)((load + capacity_ - 1) / capacity_); }

    struct State {
        std::vector<uint8_t> inside;
        std::vector<double> link;  // flow between a node and the set
        double cross = 0.0;
        int64_t load = 0;
        int size = 0;
    };
    State empty() const { return {std::vector<uint8_t>(m_, 0), std::vector<double>(m_, 0.0)}; }
    void toggle(State& s, int v) const {
        const bool out = s.inside[v];
        s.cross += out ? 2 * s.link[v] - degree_[v] : degree_[v] - 2 * s.link[v];
        s.load += out ? -demand_[v] : demand_[v];
        s.size += out ? -1 : 1;
        s.inside[v] = !out;
        for (int j : near_[v]) s.link[j] += out ? -x(v, j) : x(v, j);
    }
    double gain(const State& s, int v) const {  // violation after toggling v
        const bool out = s.inside[v];
        const double cross = s.cross + (out ? 2 * s.link[v] - degree_[v] : degree_[v] - 2 * s.link[v]);
        return need(s.load + (out ? -demand_[v] : demand_[v])) - cross;
    }
    void note(const State& s) {
        const double violation = need(s.load) - s.cross;
        if (violation < least_ || found_.size() >= KEPT || !seen_.insert(s.inside).second) return;
        found_.push_back({violation, need(s.load), s.inside});
    }
    void grow(int seed, bool by_slack) {
        State s = empty();
        toggle(s, seed);
        while (s.size < n_) {
            int best = 0;
            double value = -1e300;
            for (int v = 1; v <= n_; ++v) {
                if (s.inside[v] || s.link[v] <= 1e-6) continue;
                const double g = by_slack ? gain(s, v) + 1e-3 * s.link[v] : s.link[v];
                if (g > value) { value = g; best = v; }
            }
            if (!best) return;
            toggle(s, best);
            note(s);
        }
    }
    void components() {
        std::vector<uint8_t> done(m_, 0);
        for (int i = 1; i <= n_; ++i) {
            if (done[i]) continue;
            State s = empty();
            std::vector<int> stack{i};
            done[i] = 1;
            while (!stack.empty()) {
                const int v = stack.back();
                stack.pop_back();
                toggle(s, v);
                for (int j : near_[v]) if (!done[j]) { done[j] = 1; stack.push_back(j); }
            }
            note(s);
        }
    }
    void descend(const std::vector<uint8_t>& inside) {
        State s = empty();
        for (int v = 1; v <= n_; ++v) if (inside[v]) toggle(s, v);
        for (int step = 0; step < 2 * n_; ++step) {
            int best = 0;
            double value = need(s.load) - s.cross + 1e-6;
            for (int v = 1; v <= n_; ++v) {
                if (s.inside[v] ? s.size < 3 : s.link[v] <= 1e-6) continue;
                const double g = gain(s, v);
                if (g > value) { value = g; best = v; }
            }
            if (!best) break;
            toggle(s, best);
        }
        note(s);
    }
};

// Sets S of 3 or 5 clients with Σ ⌊½ visits to S⌋ λ > ⌊½ |S|⌋ over the routes of a relaxation.
class RankOne {
  public:
    struct Set { double violation; std::vector<int> clients; };

    RankOne(int n, const int64_t* start, const int16_t* node, const double* value, int routes)
        : n_(n), routes_(routes), value_(value, value + routes), visits_((size_t)routes * (n + 1), 0),
          start_(start), node_(node) {
        for (int r = 0; r < routes; ++r)
            for (int64_t at = start[r]; at < start[r + 1]; ++at) ++visits_[(size_t)r * (n + 1) + node[at]];
    }

    std::vector<Set> triples(double least) const {
        const int m = n_ + 1;
        std::vector<double> pair((size_t)m * m, 0.0), own(m, 0.0);
        for (int r = 0; r < routes_; ++r) {
            const uint8_t* v = &visits_[(size_t)r * m];
            for (int i = 1; i < m; ++i) {
                if (!v[i]) continue;
                own[i] += value_[r] * (v[i] / 2);
                if (v[i] % 2)
                    for (int j = 1; j < m; ++j)
                        if (j != i && v[j] % 2) pair[i * m + j] += value_[r];
            }
        }
        std::vector<Set> found;
        for (int i = 1; i < m; ++i)
            for (int j = i + 1; j < m; ++j)
                for (int k = j + 1; k < m; ++k) {
                    // ⌊½ (a + b + c)⌋ is at most the halves of each and one a pair of odd ones.
                    const double most = own[i] + own[j] + own[k] + pair[i * m + j] + pair[i * m + k] +
                                        pair[j * m + k];
                    if (most < 1.0 + least) continue;
                    const std::vector<int> set{i, j, k};
                    const double violation = total(set) - 1.0;
                    if (violation >= least) found.push_back({violation, set});
                }
        sort(found);
        return found;
    }

    // Sets of five, grown from triples by the best two clients.
    std::vector<Set> fives(const std::vector<Set>& triples, int most, double least) const {
        std::vector<Set> found;
        std::set<std::vector<int>> seen;
        for (int t = 0; t < (int)triples.size() && t < most; ++t) {
            std::vector<int> set = triples[t].clients;
            std::vector<int> near = together(set);
            double best = -1.0;
            std::vector<int> kept;
            for (size_t a = 0; a < near.size(); ++a)
                for (size_t b = a + 1; b < near.size(); ++b) {
                    std::vector<int> five = set;
                    five.push_back(near[a]);
                    five.push_back(near[b]);
                    const double value = total(five) - 2.0;
                    if (value > best) { best = value; kept = five; }
                }
            if (best < least) continue;
            std::sort(kept.begin(), kept.end());
            if (seen.insert(kept).second) found.push_back({best, kept});
        }
        sort(found);
        return found;
    }

    // Nodes where the cut must remember its odd visits so that today's routes count in full.
    std::vector<uint8_t> memory(const std::vector<int>& set) const {
        std::vector<uint8_t> inside(n_ + 1, 0), keep(n_ + 1, 0);
        for (int c : set) inside[c] = keep[c] = 1;
        std::vector<int> between;
        for (int r = 0; r < routes_; ++r) {
            bool odd = false;
            between.clear();
            for (int64_t at = start_[r]; at < start_[r + 1]; ++at) {
                const int j = node_[at];
                if (!inside[j]) { if (odd) between.push_back(j); continue; }
                if (odd) for (int b : between) keep[b] = 1;
                odd = !odd;
                between.clear();
            }
        }
        return keep;
    }

  private:
    const int n_, routes_;
    const std::vector<double> value_;
    std::vector<uint8_t> visits_;
    const int64_t* start_;
    const int16_t* node_;

    static void sort(std::vector<Set>& found) {
        std::stable_sort(found.begin(), found.end(),
                         [](const Set& a, const Set& b) { return a.violation > b.violation; });
    }
    double total(const std::vector<int>& set) const {
        double sum = 0.0;
        for (int r = 0; r < routes_; ++r) {
            const uint8_t* v = &visits_[(size_t)r * (n_ + 1)];
            int count = 0;
            for (int c : set) count += v[c];
            sum += value_[r] * (count / 2);
        }
        return sum;
    }
    // The clients that most often share a route with those of a set.
    std::vector<int> together(const std::vector<int>& set) const {
        std::vector<std::pair<double, int>> shared;
        for (int j = 1; j <= n_; ++j) {
            if (std::find(set.begin(), set.end(), j) != set.end()) continue;
            double sum = 0.0;
            for (int r = 0; r < routes_; ++r) {
                const uint8_t* v = &visits_[(size_t)r * (n_ + 1)];
                int count = 0;
                for (int c : set) count += v[c];
                if (v[j]) sum += value_[r] * count;
            }
            if (sum > 1e-6) shared.push_back({-sum, j});
        }
        std::sort(shared.begin(), shared.end());
        std::vector<int> out;
        for (size_t k = 0; k < shared.size() && k < 14; ++k) out.push_back(shared[k].second);
        return out;
    }
};

}  // namespace zg::routing
#endif
