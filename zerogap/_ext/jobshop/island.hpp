// A population of tabu-searched schedules joined by path relinking (Peng, Lü and Cheng 2015).
#pragma once

#include <cmath>
#include <memory>
#include <numeric>

#include "jobshop/tabu.hpp"

namespace zg::jobshop {

// Shops beyond so many operations are searched from the record alone, with patience in proportion to their size.
constexpr int kLarge = 3000;

struct Settings {
    int members = 30;
    int64_t patience = 12500;  // moves without improvement that end a tabu search
    double nearest = 0.3;      // share of the way from one parent to the other, at least
    double farthest = 0.7;     // and at most
};

// What a kernel needs of an island, whatever the type of its times.
class Island {
public:
    virtual ~Island() = default;
    virtual bool run(int64_t moves) = 0;
    virtual void inject(const int32_t* sequence) = 0;
    virtual int64_t makespan() const = 0;
    virtual const std::vector<int32_t>& best() const = 0;
    virtual int64_t iterations() const = 0;
    int64_t made() const { return iterations(); }
    virtual int64_t searches() const = 0;
};

template <class T>
class Population final : public Island {
public:
    Population(const Shop& s, const Settings& given, uint64_t seed, int64_t target_, const int32_t* start)
        : shop(s), settings(given), target(static_cast<T>(target_)) {
        random.seed(seed);
        if (shop.operations > kLarge) settings.patience = std::max<int64_t>(settings.patience, 50LL * shop.operations);
        search.attach(shop, random.next());
        scratch.attach(shop);
        record.assign(start, start + shop.operations);
        child.resize(shop.operations), key.resize(shop.operations), rank.resize(shop.operations);
        warp.resize(2 * (shop.operations + 1));
        waiting.push_back(record);
        scratch.load(start);
        record_makespan = scratch.makespan;
    }

    // Up to `moves` moves; false when nothing is left to do.
    bool run(int64_t moves) override {
        const int64_t stop = search.iterations + moves;
        while (search.iterations < stop) {
            if (record_makespan <= target) return false;
            if (!busy) begin();
            const bool more = search.run(stop - search.iterations, settings.patience, target);
            if (search.best < record_makespan) {
                record_makespan = search.best;
                record = search.best_sequence;
            }
            if (!more) finish();
        }
        return record_makespan > target;
    }

    void inject(const int32_t* sequence) override {
        if (waiting.size() < 4) waiting.emplace_back(sequence, sequence + shop.operations);
    }
    int64_t makespan() const override { return record_makespan; }
    const std::vector<int32_t>& best() const override { return record; }
    int64_t iterations() const override { return search.iterations; }
    int64_t searches() const override { return count; }

private:
    struct Member {
        T makespan;
        std::vector<int32_t> sequence;
    };
    const Shop& shop;
    Settings settings;
    T target;
    Random random;
    Tabu<T> search;
    Graph<T> scratch;  // for loading sequences that are not searched
    std::vector<Member> members;
    std::vector<std::vector<int32_t>> waiting;  // to be searched before anything else
    std::vector<int32_t> record, child, rank;
    T record_makespan = 0;
    std::vector<double> key, warp;
    bool busy = false;
    int64_t count = 0, since_progress = 0;
    int twins = 0;

    void begin() {
        if (!waiting.empty()) {
            child = waiting.back();
            waiting.pop_back();
        } else if (shop.operations > kLarge) {
            child = record;  // random members would take longer to become good than there is time
        } else if (static_cast<int>(members.size()) < settings.members) {
            scatter();
        } else {
            const int a = random.below(members.size());
            int b = random.below(members.size() - 1);
            b += b >= a;
            relink(members[a], members[b]);
        }
        if (!search.start(child.data())) {  // an injected cycle
            scatter();
            search.start(child.data());
        }
        busy = true;
    }

    void finish() {
        busy = false, ++count, ++since_progress;
        ++search.iterations;  // a search without a move counts, or a shop without any could spin for ever
        if (static_cast<int>(members.size()) < settings.members) {
            // Shops with fewer schedules than members take twins.
            if (!known() || ++twins > 3 * settings.members) members.push_back({search.best, search.best_sequence});
            return;
        }
        auto worst = std::max_element(members.begin(), members.end(),
                                      [](const Member& a, const Member& b) { return a.makespan < b.makespan; });
        if (search.best <= worst->makespan && !known()) {
            if (search.best < worst->makespan) since_progress = 0;
            *worst = {search.best, search.best_sequence};
        }
        // Converged: keep the record alone and begin anew.
        if (since_progress > 3 * settings.members) {
            members.assign(1, {record_makespan, record});
            since_progress = 0, twins = 0;
        }
    }

    bool known() const {
        for (const Member& m : members)
            if (m.makespan == search.best && m.sequence == search.best_sequence) return true;
        return false;
    }

    // A random schedule: jobs drawn operation by operation.
    void scatter() {
        std::vector<int32_t>& next = rank;
        std::vector<int32_t> at(shop.begin.begin(), shop.begin.end() - 1), jobs;
        for (int j = 0; j < shop.jobs; ++j) next[j] = shop.first[j], jobs.push_back(j);
        while (!jobs.empty()) {
            const int i = random.below(jobs.size()), j = jobs[i], x = next[j]++;
            child[at[shop.machine[x]]++] = x;
            if (next[j] == shop.first[j + 1]) jobs[i] = jobs.back(), jobs.pop_back();
        }
    }

    // A schedule between two: every operation is placed by a mean of its places in the two topological orders. A pair in
    // the same order in both keeps it, hence jobs stay in order and no cycle arises. Randomly warped places make the
    // share of either parent vary along the schedule.
    void relink(const Member& from, const Member& to) {
        const int N = shop.operations;
        const double share = settings.nearest + (settings.farthest - settings.nearest) * random.real();
        scratch.load(from.sequence.data());
        for (int x = 0; x < N; ++x) key[x] = (1 - share) * bend(0, N)[scratch.node[x].place];
        scratch.load(to.sequence.data());
        for (int x = 0; x < N; ++x) key[x] += share * bend(1, N)[scratch.node[x].place];
        bent[0] = bent[1] = false;
        child = from.sequence;
        for (int m = 0; m < shop.machines; ++m)
            std::stable_sort(child.begin() + shop.begin[m], child.begin() + shop.begin[m + 1],
                             [this](int a, int b) { return key[a] < key[b]; });
    }
    bool bent[2] = {false, false};

    // A random increasing function of the place.
    const double* bend(int which, int N) {
        double* const f = warp.data() + which * (N + 1);
        if (!bent[which]) {
            double level = 0, step = 1;
            for (int p = 0; p <= N; ++p) {
                if (p % 16 == 0) step = 0.25 - std::log(1 - random.real());
                f[p] = level += step;
            }
            for (int p = 0; p <= N; ++p) f[p] *= N / level;
            bent[which] = true;
        }
        return f;
    }
};

inline std::unique_ptr<Island> make_island(const Shop& shop, const Settings& settings, uint64_t seed, int64_t target,
                                           const int32_t* start) {
    int64_t total = 0;
    for (int64_t d : shop.duration) total += d;
    for (int64_t r : shop.release) total = std::max(total, total + r);
    if (total < (int64_t(1) << 29)) return std::make_unique<Population<int32_t>>(shop, settings, seed, target, start);
    return std::make_unique<Population<int64_t>>(shop, settings, seed, target, start);
}

}  // namespace zg::jobshop
