// Hybrid genetic search for the CVRP (Vidal et al. 2012, Vidal 2022): order crossover, split,
// penalised local search, survivors by cost and diversity.
#pragma once
#include <list>
#include <memory>

#include "routing/local.hpp"

namespace zg::routing {

template <class Rng, uint64_t (*draw)(Rng*)>
class Hgs {
   public:
    const Problem& P;
    Rng rng;
    int64_t iterations = 0;
    bool found = false;
    int64_t best_cost = INT64_MAX / 4;
    std::vector<std::vector<int>> best;
    std::vector<std::vector<int>> pool;  // routes of improving and of surviving feasible solutions

    Hgs(const Problem& problem, Rng seed)
        : P(problem), rng(seed), search(problem, 20), n(problem.n), capacity(problem.sum_capacity[0]) {
        int64_t far = 1, heavy = 1;
        for (int c = 0; c < n; ++c) {
            far = std::max<int64_t>(far, P.d(0, P.n, c));
            heavy = std::max(heavy, P.sum[c]);
        }
        penalty = std::max(0.1, std::min(1000.0, (double)far / (double)heavy));
        recent.assign(100, 1);
    }
    void anneal(int count) {
        for (int i = 0; i < count; ++i) step();
    }
    void inject(const std::vector<std::vector<int>>& routes) {
        auto s = std::make_unique<Individual>();
        s->routes = routes;
        measure(*s);
        survive(std::move(s));
    }

   private:
    static constexpr int SMALLEST = 25, MORE = 40, ELITE = 4, CLOSE = 5, PATIENCE = 8000;
    struct Individual {
        std::vector<std::vector<int>> routes;
        std::vector<int32_t> before, after;  // neighbours in the route, n for the depot
        int64_t cost = 0, excess = 0;
        double penalised = 0, fitness = 0;
        std::vector<std::pair<double, const Individual*>> close;  // the others of its group by distance
        // Mean distance to the nearest few; 1 where there are no others.
        double seclusion() const {
            const size_t k = std::min<size_t>(CLOSE, close.size());
            double sum = 0;
            for (size_t i = 0; i < k; ++i) sum += close[i].first;
            return k ? sum / (double)k : 1.0;
        }
    };
    using Group = std::vector<std::unique_ptr<Individual>>;  // by penalised cost
    LocalSearch search;
    int n;
    int64_t capacity;
    double penalty;
    Group feasible, infeasible;
    std::vector<uint8_t> recent;
    std::vector<std::pair<double, int>> ranking;
    int64_t since_best = 0;
    int started = 0;

    uint32_t below(uint32_t k) { return (uint32_t)(((draw(&rng) >> 32) * (uint64_t)k) >> 32); }

    void measure(Individual& s) {
        s.cost = s.excess = 0;
        s.before.assign(n, n); s.after.assign(n, n);
        for (auto& route : s.routes) {
            int64_t load = 0;
            int at = n;
            for (int c : route) {
                s.cost += P.d(0, at, c);
                load += P.sum[c];
                s.before[c] = at;
                if (at < n) s.after[at] = c;
                at = c;
            }
            if (!route.empty()) s.cost += P.d(0, at, n);
            s.excess += std::max<int64_t>(0, load - capacity);
        }
        s.penalised = (double)s.cost + penalty * (double)s.excess;
    }
    void step() {
        ++iterations;
        auto child = std::make_unique<Individual>();
        std::vector<int> tour;
        if (started < 4 * SMALLEST) {
            ++started;
            tour.resize(n);
            for (int i = 0; i < n; ++i) tour[i] = i;
            for (int i = n - 1; i > 0; --i) std::swap(tour[i], tour[below((uint32_t)i + 1)]);
        } else {
            rate(feasible);
            rate(infeasible);
            const Individual& mother = choose();
            tour = cross(mother, choose());
        }
        split(tour, child->routes);
        improve(*child, penalty);
        const bool fits = child->excess == 0;
        recent[iterations % 100] = fits;
        if (!fits && (draw(&rng) & 1)) {
            auto repaired = std::make_unique<Individual>(*child);
            improve(*repaired, 10 * penalty);
            survive(std::move(child));
            if (repaired->excess == 0) survive(std::move(repaired));
        } else {
            survive(std::move(child));
        }
        if (iterations % 100 == 0) adapt();
        if (++since_best > PATIENCE) restart();
    }
    void improve(Individual& s, double weight) {
        search.run(s.routes, weight, [this] { return (uint32_t)(draw(&rng) >> 33); });
        measure(s);
    }
    void adapt() {
        int good = 0;
        for (uint8_t f : recent) good += f;
        if (good < 15) penalty = std::min(penalty * 1.2, 100000.0);
        else if (good > 25) penalty = std::max(penalty * 0.85, 0.1);
        for (auto& s : infeasible) s->penalised = (double)s->cost + penalty * (double)s->excess;
        std::sort(infeasible.begin(), infeasible.end(), cheaper);
    }
    static bool cheaper(const std::unique_ptr<Individual>& a, const std::unique_ptr<Individual>& b) {
        return a->penalised < b->penalised;
    }
    void restart() {
        feasible.clear(); infeasible.clear();
        started = 0; since_best = 0;
    }
    double distance(const Individual& a, const Individual& b) const {
        int differ = 0;
        for (int c = 0; c < n; ++c) {
            if (a.after[c] != b.after[c] && a.after[c] != b.before[c]) ++differ;
            if (a.before[c] == n && b.before[c] != n && b.after[c] != n) ++differ;
        }
        return (double)differ / n;
    }
    // Rank by penalised cost and by seclusion; small is good.
    void rate(Group& group) {
        const int m = (int)group.size();
        std::vector<std::pair<double, int>>& far = ranking;
        far.clear();
        for (int i = 0; i < m; ++i) far.push_back({-group[i]->seclusion(), i});
        std::sort(far.begin(), far.end());
        const double share = m > ELITE ? 1.0 - (double)ELITE / m : 0.0;
        for (int r = 0; r < m; ++r) {
            const int i = far[r].second;
            group[i]->fitness = m < 2 ? 0 : (double)i / (m - 1) + share * (double)r / (m - 1);
        }
    }
    void add(Group& group, std::unique_ptr<Individual> s) {
        for (auto& other : group) {
            const double far = distance(*s, *other);
            for (auto [of, to] : {std::pair{s.get(), other.get()}, std::pair{other.get(), s.get()}}) {
                const std::pair<double, const Individual*> entry{far, to};
                of->close.insert(std::upper_bound(of->close.begin(), of->close.end(), entry), entry);
            }
        }
        group.insert(std::upper_bound(group.begin(), group.end(), s, cheaper), std::move(s));
    }
    void drop(Group& group, int k) {
        const Individual* gone = group[k].get();
        for (auto& other : group)
            if (other.get() != gone)
                other->close.erase(std::find_if(other->close.begin(), other->close.end(),
                                                [gone](const auto& e) { return e.second == gone; }));
        group.erase(group.begin() + k);
    }
    void survive(std::unique_ptr<Individual> s) {
        const bool fits = s->excess == 0;
        if (fits && s->cost < best_cost) {
            best_cost = s->cost;
            best = s->routes;
            found = true;
            since_best = 0;
            if (pool.size() < 100000) for (auto& r : s->routes) pool.push_back(r);
        } else if (fits && (double)s->cost < 1.01 * (double)best_cost && pool.size() < 100000 && below(4) == 0) {
            for (auto& r : s->routes) pool.push_back(r);
        }
        Group& group = fits ? feasible : infeasible;
        add(group, std::move(s));
        if ((int)group.size() <= SMALLEST + MORE) return;
        while ((int)group.size() > SMALLEST) {
            // Clones go first, then the worst rated; never the cheapest.
            rate(group);
            int worst = -1;
            double bad = -1;
            for (int i = 1; i < (int)group.size(); ++i) {
                const double value = group[i]->fitness + (group[i]->close[0].first < 1e-9 ? 100.0 : 0.0);
                if (value > bad) { bad = value; worst = i; }
            }
            drop(group, worst);
        }
    }
    const Individual& choose() {
        const int m = (int)(feasible.size() + infeasible.size());
        auto pick = [&](int k) -> Individual& {
            return k < (int)feasible.size() ? *feasible[k] : *infeasible[k - feasible.size()];
        };
        Individual& a = pick((int)below((uint32_t)m));
        Individual& b = pick((int)below((uint32_t)m));
        return a.fitness <= b.fitness ? a : b;
    }
    static void giant(const Individual& s, std::vector<int>& tour, const Problem& P) {
        // Routes by the angle of their barycentre, so that neighbours stand together in the tour.
        std::vector<std::pair<double, int>> by;
        const double x0 = P.x[P.n], y0 = P.y[P.n];
        for (int r = 0; r < (int)s.routes.size(); ++r) {
            double sx = 0, sy = 0;
            for (int c : s.routes[r]) { sx += P.x[c]; sy += P.y[c]; }
            const double k = std::max<double>(1, (double)s.routes[r].size());
            by.push_back({std::atan2(sy / k - y0, sx / k - x0), r});
        }
        std::sort(by.begin(), by.end());
        tour.clear();
        for (auto& p : by) for (int c : s.routes[p.second]) tour.push_back(c);
    }
    std::vector<int> cross(const Individual& a, const Individual& b) {
        std::vector<int> first, second, child(n);
        giant(a, first, P);
        giant(b, second, P);
        std::vector<uint8_t> taken(n, 0);
        const int i = (int)below((uint32_t)n);
        int j = (int)below((uint32_t)n);
        while (j == i && n > 1) j = (int)below((uint32_t)n);
        int k = i;
        for (;; k = (k + 1) % n) {
            child[k] = first[k];
            taken[first[k]] = 1;
            if (k == j) break;
        }
        int at = (k + 1) % n;
        for (int q = 1; q <= n; ++q) {
            const int c = second[(k + q) % n];
            if (taken[c]) continue;
            child[at] = c;
            at = (at + 1) % n;
        }
        return child;
    }
    // Shortest path over the positions of the giant tour; loads up to 1.5 capacities, penalised.
    void split(const std::vector<int>& tour, std::vector<std::vector<int>>& routes) {
        std::vector<double> cost(n + 1, 1e300);
        std::vector<int> from(n + 1, -1);
        cost[0] = 0;
        for (int i = 0; i < n; ++i) {
            int64_t load = 0;
            double length = 0;
            for (int j = i + 1; j <= n; ++j) {
                const int c = tour[j - 1];
                load += P.sum[c];
                if (j > i + 1 && (double)load > 1.5 * (double)capacity) break;
                length += j == i + 1 ? P.d(0, n, c) : P.d(0, tour[j - 2], c);
                const double value = cost[i] + length + P.d(0, c, n) + penalty * (double)std::max<int64_t>(0, load - capacity);
                if (value < cost[j]) { cost[j] = value; from[j] = i; }
            }
        }
        routes.clear();
        for (int j = n; j > 0; j = from[j]) routes.emplace_back(tour.begin() + from[j], tour.begin() + j);
        // A bounded fleet: what is too much joins the last route and is left to the penalties.
        while ((int)routes.size() > search.fleet) {
            auto last = routes.back();
            routes.pop_back();
            routes.back().insert(routes.back().end(), last.begin(), last.end());
        }
    }
};

}  // namespace zg::routing
