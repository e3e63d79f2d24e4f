// Annealing over whole tours, for objectives and limits that speak of all tours together: the longest
// or costliest tour, the longest arc, their spread, one objective after the other, limits on the
// number of vehicles, quotas of units, energy that is refilled on the way. Most steps change one or two
// routes, which are evaluated anew, the others ruin and recreate; what is missing (clients, vehicles,
// units) is charged.
#pragma once
#include "routing/tours_rebuild.hpp"

namespace zg::routing {

class Tours : public TourRebuild {
   public:
    Tours(const Problem& problem, const TourFacts& facts, uint64_t seed)
        : TourRebuild(problem, facts, seed) {
        construct();
    }

    // Temperatures fall from `hot` to `cold` mean arcs as `progress` goes from 0 to 1.
    void anneal(int count, double progress) {
        const bool late = F.second != NOTHING && F.first != COST && progress > 0.5;
        if (late != second_phase) enter(late);
        heat = unit * hot * std::pow(cold / hot, std::min(1.0, progress));
        aim(progress);
        rescore();
        for (int k = 0; k < count; ++k) {
            ++iterations;
            if (rng.below(REBUILDS) == 0) rebuild(rng.below(P.n));
            else step();
        }
    }

    bool inject(const int32_t* first, const int32_t* stops, const int32_t* types, int m) {
        if (m > limit) return false;
        second_phase = false;
        cap = UNLIMITED;
        clear();
        for (int r = 0; r < m; ++r) {
            Tour1& tour = now[r];
            tour.type = types[r];
            tour.size = std::min(room, first[r + 1] - first[r]);
            std::copy(stops + first[r], stops + first[r] + tour.size, tour.stops.begin());
            tour.worth = value(tour.stops.data(), tour.size, tour.type);
            if (!tour.worth.ok) {
                clear();
                construct();
                return false;
            }
        }
        routes = m;
        recount();
        note();
        return true;
    }

    // Begin anew from nothing (`fresh`) or from the best.
    void restart(bool fresh) {
        second_phase = false;
        if (fresh || !found) {
            clear();
            construct();
        } else {
            load_best();
        }
    }

    void get_best(std::vector<int32_t>& first, std::vector<int32_t>& stops,
                  std::vector<int32_t>& types) const {
        first.assign(1, 0);
        for (int r = 0; r < best_routes; ++r) {
            stops.insert(stops.end(), best[r].stops.begin(), best[r].stops.begin() + best[r].size);
            first.push_back((int32_t)stops.size());
            types.push_back(best[r].type);
        }
    }

    // Whether everything that is kept agrees with a recomputation.
    bool consistent() {
        const double before = score;
        recount();
        for (int r = 0; r < routes; ++r) {
            const Worth w = value(now[r].stops.data(), now[r].size, now[r].type);
            if (!w.ok || w.dist != now[r].worth.dist || w.cost != now[r].worth.cost) return false;
        }
        return std::abs(before - score) <= 1e-6 * std::max(1.0, std::abs(before));
    }

   private:
    static constexpr int REBUILDS = 5;  // one step in so many is ruin and recreate

    // Clients in a random order, each at its best place in any route; the first ones open routes.
    void construct() {
        cap = UNLIMITED;
        second_phase = false;
        recount();
        for (int c = 0; c < P.n; ++c) order[c] = c;
        for (int c = P.n - 1; c > 0; --c) std::swap(order[c], order[rng.below(c + 1)]);
        heat = 1e-9;
        for (int round = 0; round < 3; ++round)
            for (int c : order)
                if (at[c] < 0) serve(c);
        note();
    }
};

}  // namespace zg::routing
