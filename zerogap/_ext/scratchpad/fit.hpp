// Placement of boxes with fixed lifetimes under a height limit: depth-first search over placements
// in which no box can be lowered.
//
// Every box then lies at 0 or on a box that it overlaps in time. low(b) is the highest top among the
// placed boxes that b overlaps: b lies at low(b) or higher. The search takes a box c and either
// places it at low(c), so that all boxes that it overlaps come above it, or bars it from there: c
// must then rest on a box not placed yet. The lowest unplaced box rests on placed ones and is thus
// not barred, so all unplaced boxes lie at L = min low(b) over the boxes not barred, or higher.
// Taking a c with low(c) = L is complete, since nothing can come to lie beneath it.
//
// Bounds: bound(b) = low(b), and for a barred b the least max(low(d), L) + size(d) over the boxes d
// that it overlaps. In a section (maximal clique of the interval graph) boxes stack up like jobs with
// release dates: it reaches max over k of bound(k) + the sizes of all b with bound(b) >= bound(k).
// A section's weight counts the failures that it has caused; they decide among equal boxes.
//
// A box may have to lie at multiples of an own alignment (a power of two) and may be away for some
// times. low(b) and L are then rounded up to the box's alignment, which leaves all of the above true:
// a box that is barred at low(b) and rests on an unplaced one lies above L, hence above low(b).
// The stacking bound leaves the rounding out, and counts a box in the sections where it is there.
//
// Unplaced boxes that no longer touch in time form components, solved one after the other; a
// component that fails sends the search back to the decision that made it.
#pragma once
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace zg::scratchpad {

class Fit {
public:
    enum Status { OPEN, FOUND, EXHAUSTED };

    long long nodes = 0;

    // Boxes have sizes > 0 and alignments (powers of two); box owner[p] is there in
    // [begin[p], end[p]), in any integer time. Every box has such a piece, and they are disjoint.
    Fit(const std::vector<int>& owner, const std::vector<int64_t>& begin,
        const std::vector<int64_t>& end, const std::vector<int64_t>& size,
        const std::vector<int64_t>& grain)
        : n_((int)size.size()), size_(size), grain_(grain), offset_(n_), low_(n_), rank_(n_),
          first_(n_, INT32_MAX), last_(n_, -1), placed_(n_), barred_(n_), bound_(n_), there_(n_) {
        sections(owner, begin, end);
        overlaps(owner, begin, end);
        load_ = 0;
        std::vector<int64_t> sum(sections_, 0);
        for (int i = 0; i < n_; ++i)
            for (auto [from, to] : there_[i])
                for (int s = from; s <= to; ++s) load_ = std::max(load_, sum[s] += size_[i]);
        crowd_.assign(n_, 0);
        for (int i = 0; i < n_; ++i) {
            for (auto [from, to] : there_[i])
                crowd_[i] = std::max(crowd_[i], *std::max_element(sum.begin() + from, sum.begin() + to + 1));
            if (there_[i].size() == 1) there_[i].clear();   // the rule: first_ and last_ say it
        }
    }

    int64_t load() const { return load_; }
    int boxes() const { return n_; }
    const std::vector<int64_t>& offsets() const { return offset_; }
    int span(int i) const { return last_[i] - first_[i] + 1; }
    int64_t crowd(int i) const { return crowd_[i]; }    // largest load of a section of box i
    int degree(int i) const { return (int)overlaps_[i].size(); }

    // Begin a search under `capacity`. Among boxes of equal bound the lower rank is taken, or
    // (`learn`) the one in the section of highest weight; weights stay from start to start.
    void start(int64_t capacity, const std::vector<int>& rank, bool learn) {
        capacity_ = capacity;
        learn_ = learn;
        rank_ = rank;
        frames_.clear(); ids_.clear(); trail_.clear(); open_.clear();
        std::fill(low_.begin(), low_.end(), 0);
        std::fill(placed_.begin(), placed_.end(), 0);
        std::fill(barred_.begin(), barred_.end(), 0);
        acc_.assign(sections_, 0);
        if (weight_.empty()) weight_.assign(sections_, 1.0);
        status_ = OPEN;
        agenda_ = -1;
        if (load_ > capacity_) { status_ = EXHAUSTED; return; }
        for (int i = 0; i < n_; ++i) ids_.push_back(i);
        std::sort(ids_.begin(), ids_.end(), [&](int a, int b) {
            return first_[a] != first_[b] ? first_[a] < first_[b] : a < b; });
        split(0, n_, -1, 0, sections_ - 1, 0);
        if (agenda_ < 0) status_ = FOUND;
        else if (!descend()) retreat();
    }

    // Continue for at most `budget` nodes.
    Status run(long long budget) {
        long long stop = nodes + budget;
        while (status_ == OPEN && nodes < stop) {
            Frame& f = frames_.back();
            undo(f);
            if (f.side == 2) { retreat(); continue; }
            ++nodes;
            bool possible = f.side++ == 0 ? place() : bar();
            if (!possible) continue;
            if (agenda_ < 0) { status_ = FOUND; break; }
            if (!descend()) retreat();
        }
        return status_;
    }

private:
    // Boxes ids_[begin, end). Sections [from, to] may have changed since their last bound, which was
    // for `ground`.
    struct Component { int begin, end, creator, below, from, to; int64_t ground; };
    struct Frame {
        int component, agenda;           // agenda: what was left after this component was taken
        int box, side;                   // 0: to be placed, 1: to be barred, 2: both failed
        int ids_mark, trail_mark, open_mark;
    };
    struct Saved { int box; int64_t low; char barred, placed; };

    // Sections are the maximal cliques: time points where a lifetime begins, next to which one ends.
    void sections(const std::vector<int>& owner, const std::vector<int64_t>& begin,
                  const std::vector<int64_t>& end) {
        std::vector<std::pair<int64_t, int>> events;
        for (size_t p = 0; p < owner.size(); ++p) { events.push_back({begin[p], 1}); events.push_back({end[p], 0}); }
        std::sort(events.begin(), events.end());
        std::vector<int64_t> points;
        for (size_t k = 0; k < events.size(); ++k)
            if (events[k].second == 1 && (k + 1 == events.size() || events[k + 1].second == 0))
                points.push_back(events[k].first);
        points.erase(std::unique(points.begin(), points.end()), points.end());
        sections_ = (int)points.size();
        for (size_t p = 0; p < owner.size(); ++p) {
            int i = owner[p];
            int from = int(std::lower_bound(points.begin(), points.end(), begin[p]) - points.begin());
            int to = int(std::lower_bound(points.begin(), points.end(), end[p]) - points.begin()) - 1;
            first_[i] = std::min(first_[i], from);
            last_[i] = std::max(last_[i], to);
            there_[i].push_back({from, to});
        }
    }

    // Pairs of boxes that are there at the same time, by a sweep over the pieces.
    void overlaps(const std::vector<int>& owner, const std::vector<int64_t>& begin,
                  const std::vector<int64_t>& end) {
        overlaps_.resize(n_);
        std::vector<int> order(owner.size()), alive;
        std::iota(order.begin(), order.end(), 0);
        std::sort(order.begin(), order.end(), [&](int a, int b) { return begin[a] < begin[b]; });
        for (int p : order) {
            size_t kept = 0;
            for (int q : alive)
                if (end[q] > begin[p]) {
                    alive[kept++] = q;
                    overlaps_[owner[p]].push_back(owner[q]);
                    overlaps_[owner[q]].push_back(owner[p]);
                }
            alive.resize(kept);
            alive.push_back(p);
        }
        for (auto& list : overlaps_) {
            std::sort(list.begin(), list.end());
            list.erase(std::unique(list.begin(), list.end()), list.end());
        }
    }

    int64_t aligned(int b, int64_t at) const { return (at + grain_[b] - 1) & ~(grain_[b] - 1); }

    // Unplaced boxes ids_[from, to), sorted by beginning, in their connected components, pushed on
    // the agenda. The smallest comes out first: it fails or succeeds cheapest.
    void split(int from, int to, int creator, int low, int high, int64_t ground) {
        if (from == to) return;
        int begin = from, reach = last_[ids_[from]];
        size_t mark = open_.size();
        for (int k = from + 1; k <= to; ++k) {
            if (k < to && first_[ids_[k]] <= reach) { reach = std::max(reach, last_[ids_[k]]); continue; }
            open_.push_back({begin, k, creator, 0, low, high, ground});
            if (k < to) { begin = k; reach = last_[ids_[k]]; }
        }
        if (open_.size() - mark > 1)
            std::sort(open_.begin() + mark, open_.end(), [](const Component& a, const Component& b) {
                int x = a.end - a.begin, y = b.end - b.begin;
                return x != y ? x > y : a.begin > b.begin; });
        for (size_t k = mark; k < open_.size(); ++k) { open_[k].below = agenda_; agenda_ = (int)k; }
    }

    // Take the next component, bound it and choose the box to decide. False if it is refuted.
    bool descend() {
        int c = agenda_;
        Component comp = open_[c];
        agenda_ = comp.below;
        frames_.push_back({c, agenda_, -1, 0, (int)ids_.size(), (int)trail_.size(), (int)open_.size()});
        int64_t ground = INT64_MAX;
        for (int k = comp.begin; k < comp.end; ++k)
            if (!barred_[ids_[k]]) ground = std::min(ground, low_[ids_[k]]);
        if (ground == INT64_MAX) return false;
        bool rising = ground != comp.ground;
        int from = comp.from, to = comp.to;
        for (int k = comp.begin; k < comp.end; ++k) {
            int b = ids_[k];
            if (barred_[b] && (rising || (first_[b] <= comp.to && last_[b] >= comp.from))) {
                from = std::min(from, first_[b]);
                to = std::max(to, last_[b]);
            }
        }
        open_[c].ground = ground;
        order_.clear();
        for (int k = comp.begin; k < comp.end; ++k) {
            int b = ids_[k];
            if (first_[b] > to || last_[b] < from) continue;
            bound_[b] = barred_[b] ? raised(b, ground) : low_[b];
            order_.push_back({bound_[b], b});
        }
        std::sort(order_.begin(), order_.end(), [](const Key& a, const Key& b) { return a.bound > b.bound; });
        int bad = overfull(from, to);
        if (bad >= 0) { weight_[bad] += 1; return false; }
        frames_.back().box = lowest(comp, ground);
        return true;
    }

    // A section of [from, to] that must exceed the capacity, -1 if none.
    int overfull(int from, int to) {
        for (const Key& key : order_) {
            int64_t room = capacity_ - key.bound, size = size_[key.box];
            auto stack = [&](int first, int last) {
                int begin = std::max(from, first), end = std::min(to, last);
                for (int s = begin; s <= end; ++s)
                    if ((acc_[s] += size) > room) return s;
                return -1;
            };
            int bad = -1;
            if (there_[key.box].empty()) bad = stack(first_[key.box], last_[key.box]);
            else
                for (auto [first, last] : there_[key.box])
                    if (bad < 0) bad = stack(first, last);
            if (bad >= 0) {
                std::fill(acc_.begin() + from, acc_.begin() + to + 1, 0);
                return bad;
            }
        }
        std::fill(acc_.begin() + from, acc_.begin() + to + 1, 0);
        return -1;
    }

    // Among the boxes that rest at the ground: the first in rank, or the one where failures happen.
    int lowest(const Component& comp, int64_t ground) const {
        int pick = -1;
        double most = -1;
        for (int k = comp.begin; k < comp.end; ++k) {
            int b = ids_[k];
            if (barred_[b] || low_[b] > ground) continue;
            double weight = 0;
            if (learn_)
                for (int s = first_[b]; s <= last_[b]; ++s) weight = std::max(weight, weight_[s]);
            if (weight > most || (weight == most && rank_[b] < rank_[pick])) { most = weight; pick = b; }
        }
        return pick;
    }

    // A barred box must come to rest on a box not placed yet.
    int64_t raised(int b, int64_t ground) const {
        int64_t best = capacity_ + 1;
        for (int d : overlaps_[b])
            if (!placed_[d]) best = std::min(best, std::max(low_[d], ground) + size_[d]);
        return aligned(b, best);
    }

    // Place the frame's box where it rests; false if a box above no longer fits.
    bool place() {
        const Frame& f = frames_.back();
        const Component comp = open_[f.component];
        int b = f.box;
        save(b);
        placed_[b] = 1;
        offset_[b] = low_[b];
        int64_t top = low_[b] + size_[b];
        bool fits = top <= capacity_;
        int low = first_[b], high = last_[b];
        for (int c : overlaps_[b])
            if (!placed_[c] && low_[c] < top) {
                save(c);
                low_[c] = aligned(c, top);
                barred_[c] = 0;
                low = std::min(low, first_[c]);
                high = std::max(high, last_[c]);
                if (low_[c] + size_[c] > capacity_) fits = false;
            }
        if (!fits) return false;
        int from = (int)ids_.size();
        for (int k = comp.begin; k < comp.end; ++k)
            if (ids_[k] != b) { int id = ids_[k]; ids_.push_back(id); }
        split(from, (int)ids_.size(), (int)frames_.size() - 1, low, high, comp.ground);
        return true;
    }

    // Forbid the frame's box the height at which it rests now.
    bool bar() {
        const Frame& f = frames_.back();
        Component comp = open_[f.component];
        save(f.box);
        barred_[f.box] = 1;
        comp.creator = (int)frames_.size() - 1;
        comp.below = agenda_;
        comp.from = first_[f.box];
        comp.to = last_[f.box];
        open_.push_back(comp);
        agenda_ = (int)open_.size() - 1;
        return true;
    }

    void save(int b) { trail_.push_back({b, low_[b], barred_[b], placed_[b]}); }

    void undo(const Frame& f) {
        while ((int)trail_.size() > f.trail_mark) {
            const Saved& s = trail_.back();
            low_[s.box] = s.low;
            barred_[s.box] = s.barred;
            placed_[s.box] = s.placed;
            trail_.pop_back();
        }
        ids_.resize(f.ids_mark);
        open_.resize(f.open_mark);
        agenda_ = f.agenda;
    }

    // The last frame's component has failed: back to the placement that made it.
    void retreat() {
        int target = open_[frames_.back().component].creator;
        while ((int)frames_.size() - 1 > target) {
            undo(frames_.back());
            frames_.pop_back();
        }
        if (frames_.empty()) status_ = EXHAUSTED;
    }

    int n_, sections_ = 0;
    int64_t capacity_ = 0, load_ = 0;
    std::vector<int64_t> size_, grain_, offset_, low_, crowd_;
    std::vector<int> rank_, first_, last_;
    std::vector<char> placed_, barred_;
    std::vector<double> weight_;
    std::vector<std::vector<int>> overlaps_;
    std::vector<std::vector<std::pair<int, int>>> there_;   // sections of a box that is away at times
    std::vector<Frame> frames_;
    std::vector<Component> open_;
    struct Key { int64_t bound; int box; };
    std::vector<int> ids_;
    std::vector<Key> order_;
    std::vector<Saved> trail_;
    std::vector<int64_t> acc_, bound_;
    int agenda_ = -1;
    bool learn_ = false;
    Status status_ = EXHAUSTED;
};

}  // namespace zg::scratchpad
