// Parent sets met on the way of another search, and the best graph over all of them.
#ifndef ZEROGAP_DAG_SEEN
#define ZEROGAP_DAG_SEEN
#include <algorithm>
#include <vector>

#include "dag/local.hpp"
#include "dag/walk.hpp"

namespace zg::dag {

class SeenSets {
  public:
    OrderWalk walk;
    ListScore score;

    void init(int d, const std::vector<uint8_t>& required) {
        problem = Problem();
        problem.d = d;
        problem.most_parents = d;  // the sets are within the limit
        problem.required.assign(d, {});
        for (int i = 0; i < d; ++i)
            for (int j = 0; j < d; ++j)
                if (required[(size_t)i * d + j]) problem.required[j].push_back(i);
        problem.candidates.assign(d, {});
        problem.slot.assign((size_t)d * d, -1);
        score.problem = &problem;
        score.lists.assign(d, {});
        sets.assign(d, {});
        sorted.assign(d, 0);
    }

    // j costs this with `base` and `extra` as its parents, without `less` (-1: none); required
    // parents are among them.
    void add(int j, double cost, const std::vector<int>& base, int extra, int less) {
        sets[j].emplace_back();
        Set& s = sets[j].back();
        s.cost = cost;
        for (int i : base)
            if (i != less && !required(i, j)) s.members.push_back(i);
        if (extra >= 0) s.members.push_back(extra);
        std::sort(s.members.begin(), s.members.end());
    }

    // Begin a search over orders that choose among the sets.
    void begin(const uint8_t* before, const int* order, uint64_t seed) {
        for (int j = 0; j < problem.d; ++j)
            if (sorted[j] < sets[j].size()) renew(j);
        walk = OrderWalk();
        walk.init(problem, score, before, order, seed);
    }

    // Parents of every variable in the best order so far.
    void chosen(std::vector<std::vector<int>>& out) {
        const int d = problem.d;
        place.assign(d, 0);
        for (int k = 0; k < d; ++k) place[walk.best_order[k]] = k;
        out.resize(d);
        for (int j = 0; j < d; ++j) {
            Bits open;
            const auto& candidates = problem.candidates[j];
            for (size_t k = 0; k < candidates.size(); ++k)
                if (place[candidates[k]] < place[j]) open.flip((int)k);
            score.parents(j, open, out[j]);
            std::sort(out[j].begin(), out[j].end());
        }
    }

  private:
    struct Set {
        double cost = 0;
        std::vector<int> members;
        bool operator<(const Set& o) const {
            return cost != o.cost ? cost < o.cost
                 : members.size() != o.members.size() ? members.size() < o.members.size()
                                                      : members < o.members;
        }
        bool operator==(const Set& o) const { return members == o.members; }
    };
    static constexpr size_t MOST = 4000;  // sets of a variable, the best
    Problem problem;
    std::vector<std::vector<Set>> sets;
    std::vector<size_t> sorted;
    std::vector<int> place;

    bool required(int i, int j) const {
        return std::binary_search(problem.required[j].begin(), problem.required[j].end(), i);
    }

    // The list of j anew: sets in order of cost, candidates in that of their first set. The set
    // without candidates fits always, so nothing behind it is ever chosen.
    void renew(int j) {
        auto& all = sets[j];
        std::sort(all.begin(), all.end());
        all.erase(std::unique(all.begin(), all.end()), all.end());
        for (size_t k = 0; k < all.size(); ++k)
            if (all[k].members.empty()) { all.resize(k + 1); break; }
        if (all.size() > MOST) {
            const Set last = all.back();
            all.resize(MOST - 1);
            all.push_back(last);
        }
        sorted[j] = all.size();
        auto& candidates = problem.candidates[j];
        int* slot = &problem.slot[(size_t)j * problem.d];
        for (int i : candidates) slot[i] = -1;
        candidates.clear();
        ListScore::List& list = score.lists[j];
        list.cost.clear();
        list.sets.clear();
        for (const Set& s : all) {
            int fresh = 0;
            for (int i : s.members) fresh += slot[i] < 0;
            if ((int)candidates.size() + fresh > 64 * MOST_WORDS - 1) continue;
            Bits bits;
            for (int i : s.members) {
                if (slot[i] < 0) { slot[i] = (int)candidates.size(); candidates.push_back(i); }
                bits.flip(slot[i]);
            }
            list.cost.push_back(s.cost);
            list.sets.push_back(bits);
        }
        score.words = std::max(score.words, ((int)candidates.size() + 63) / 64);
        score.index(j);
    }
};

}  // namespace zg::dag
#endif
