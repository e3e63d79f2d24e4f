// Dispatching of flexible shops: of all next operations, the one that can end first on any of its machines decides the machine;
// among those whose best machine that is and which could start in time, a priority chooses.
#pragma once

#include <cmath>
#include <limits>

#include "jobshop/flexible.hpp"

namespace zg::jobshop {

inline constexpr int kFeatures = 16;

// A priority: linear in the features, plus a hidden layer (output weight, offset, input weights a row); or, with `urgency`,
// the apparent tardiness cost w / p exp(-slack / (urgency * mean duration)) of Vepsalainen and Morton (1987).
struct Priority {
    std::vector<double> linear, hidden;
    int units = 0;
    double delay = 0, noise = 0, urgency = 0;
};

class Assigner {
public:
    std::vector<int64_t> start;
    std::vector<int32_t> chosen;  // alternative of every operation

    void attach(const FlexibleShop& s, const int64_t* due_, const double* weight_) {
        shop = &s;
        const int N = s.operations;
        due.assign(due_, due_ + s.jobs), weight.assign(weight_, weight_ + s.jobs);
        shortest.resize(N), after.assign(N, 0), spread.assign(s.machines, 0.0);
        double work = 0;
        for (int x = 0; x < N; ++x) {
            shortest[x] = std::numeric_limits<int64_t>::max();
            for (int i = s.choice[x]; i < s.choice[x + 1]; ++i) shortest[x] = std::min(shortest[x], s.duration[i]);
            work += static_cast<double>(shortest[x]);
            const double share = static_cast<double>(shortest[x]) / (s.choice[x + 1] - s.choice[x]);
            for (int i = s.choice[x]; i < s.choice[x + 1]; ++i) spread[s.machine[i]] += share;
        }
        all = work, mean_duration = std::max(1e-9, work / N), mean_work = std::max(1e-9, work / s.jobs);
        mean_operations = static_cast<double>(N) / s.jobs;
        const double mean_load = std::max(1e-9, work / s.machines);
        double most = mean_load;
        route.assign(N, 0.0), peak.assign(N, 0.0);
        for (int j = 0; j < s.jobs; ++j) {
            for (int x = s.first[j + 1] - 2; x >= s.first[j]; --x) {
                after[x] = after[x + 1] + shortest[x + 1];
                double load = 0;
                const int from = s.choice[x + 1], to = s.choice[x + 2];
                for (int i = from; i < to; ++i) load += spread[s.machine[i]] / mean_load / (to - from);
                route[x] = route[x + 1] + static_cast<double>(shortest[x + 1]) * load;
                peak[x] = peak[x + 1] + static_cast<double>(shortest[x + 1]) * load * load * load * load;
            }
            most = std::max(most, static_cast<double>(after[s.first[j]] + shortest[s.first[j]]));
        }
        bound = std::max(1.0, most);
        start.assign(N, 0), chosen.assign(N, 0);
    }

    void run(const Priority& rule, uint64_t seed) {
        const FlexibleShop& s = *shop;
        random.seed(seed);
        free_at.assign(s.machines, 0), ready.assign(s.release.begin(), s.release.end());
        left = spread, waiting.assign(s.machines, 0.0), total = all, done = 0;
        next.assign(s.first.begin(), s.first.end() - 1);
        open.resize(s.jobs);
        for (int j = 0; j < s.jobs; ++j) open[j] = j, arrive(next[j], 1);
        best.assign(s.jobs, 0), end.assign(s.jobs, 0), fresh.assign(s.jobs, 1);
        while (!open.empty()) schedule(rule);
    }

private:
    const FlexibleShop* shop = nullptr;
    Random random;
    std::vector<int64_t> due, shortest, after, free_at, ready, end;
    std::vector<int32_t> next, open, best;
    std::vector<uint8_t> fresh;
    std::vector<double> weight, spread, route, peak, left, waiting;
    double all = 0, total = 0, mean_duration = 1, mean_work = 1, mean_operations = 1, bound = 1;
    int done = 0;

    // The work of an operation that waits, spread over its machines.
    void arrive(int x, int sign) {
        const int from = shop->choice[x], to = shop->choice[x + 1];
        for (int i = from; i < to; ++i)
            waiting[shop->machine[i]] += sign * static_cast<double>(shortest[x]) / (to - from);
    }

    // The alternative with which job j's next operation ends first.
    void value(int j) {
        const int x = next[j];
        int64_t soonest = std::numeric_limits<int64_t>::max();
        for (int i = shop->choice[x]; i < shop->choice[x + 1]; ++i) {
            const int64_t e = std::max(ready[j], free_at[shop->machine[i]]) + shop->duration[i];
            if (e < soonest) soonest = e, best[j] = i;
        }
        end[j] = soonest, fresh[j] = 0;
    }

    void schedule(const Priority& rule) {
        int first = -1;
        for (int j : open) {
            // Machines are only ever taken: a job's best choice changes only where that machine was.
            if (fresh[j] || std::max(ready[j], free_at[shop->machine[best[j]]]) + shop->duration[best[j]] != end[j]) value(j);
            if (first < 0 || end[j] < end[first]) first = j;
        }
        const int m = shop->machine[best[first]];
        const int64_t first_end = end[first];
        int64_t soonest = std::numeric_limits<int64_t>::max();
        for (int j : open)
            if (shop->machine[best[j]] == m) soonest = std::min(soonest, std::max(ready[j], free_at[m]));
        const double latest = static_cast<double>(soonest) + rule.delay * static_cast<double>(first_end - soonest);
        int pick = -1, place = -1;
        double most = 0;
        for (int k = 0; k < static_cast<int>(open.size()); ++k) {
            const int j = open[k];
            const int64_t est = std::max(ready[j], free_at[m]);
            if (shop->machine[best[j]] != m || (static_cast<double>(est) > latest && j != first)) continue;
            double p = priority(rule, j, est, soonest);
            if (rule.noise > 0) p += rule.noise * (random.real() - 0.5) * (rule.urgency > 0 ? p : 1);
            if (pick < 0 || p > most) most = p, pick = j, place = k;
        }
        const int x = next[pick], i = best[pick];
        chosen[x] = i, start[x] = std::max(ready[pick], free_at[m]);
        ready[pick] = free_at[m] = start[x] + shop->duration[i];
        arrive(x, -1);
        const int from = shop->choice[x], to = shop->choice[x + 1];
        for (int a = from; a < to; ++a) left[shop->machine[a]] -= static_cast<double>(shortest[x]) / (to - from);
        total -= static_cast<double>(shortest[x]), ++done;
        fresh[pick] = 1;
        if (++next[pick] == shop->first[pick + 1]) {
            open[place] = open.back();
            open.pop_back();
        } else {
            arrive(next[pick], 1);
        }
    }

    double priority(const Priority& rule, int j, int64_t est, int64_t low) const {
        const int x = next[j], i = best[j];
        const double scale = 1 / mean_duration, duration = static_cast<double>(shop->duration[i]);
        const double rest = duration + static_cast<double>(after[x]);
        const double slack = static_cast<double>(due[j] - est) - rest;
        if (rule.urgency > 0) {
            const double wait = std::max(0.0, slack) / (rule.urgency * mean_duration) +
                                static_cast<double>(est - low) / (0.2 * mean_duration);
            return weight[j] / std::max(1.0, duration) * std::exp(-wait);
        }
        double f[kFeatures] = {};
        const bool more = x + 1 < shop->first[j + 1];
        f[0] = duration * scale;
        f[1] = static_cast<double>(after[x]) / mean_work;
        f[2] = static_cast<double>(est - low) * scale;
        f[3] = static_cast<double>(est - ready[j]) * scale;
        f[4] = (shop->first[j + 1] - x - 1) / mean_operations;
        f[8] = slack * scale;
        f[9] = weight[j];
        f[10] = (static_cast<double>(est) + rest) / bound;
        f[11] = done / static_cast<double>(shop->operations);
        f[12] = left[shop->machine[i]] * shop->machines / (total + 1);
        f[13] = route[x] / mean_work;
        f[14] = peak[x] / mean_work;
        if (more) {
            const int from = shop->choice[x + 1], to = shop->choice[x + 2];
            double hunger = std::numeric_limits<double>::infinity();
            for (int a = from; a < to; ++a) {
                const int n = shop->machine[a];
                f[6] += left[n] * shop->machines / (total + 1) / (to - from);
                f[7] += waiting[n] * scale / (to - from);
                hunger = std::min(hunger, static_cast<double>(free_at[n]) + waiting[n]);
            }
            f[5] = static_cast<double>(shortest[x + 1]) * scale;
            f[15] = std::clamp((hunger - static_cast<double>(est) - duration) * scale, -5.0, 5.0);
        }
        double sum = 0;
        for (int k = 0; k < kFeatures; ++k) sum += rule.linear[k] * f[k];
        for (int u = 0; u < rule.units; ++u) {
            const double* row = rule.hidden.data() + u * (kFeatures + 2);
            double inner = row[1];
            for (int k = 0; k < kFeatures; ++k) inner += row[2 + k] * f[k];
            sum += row[0] * std::tanh(inner);
        }
        return sum;
    }
};

}  // namespace zg::jobshop
