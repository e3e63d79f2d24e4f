// Placement of boxes with fixed lifetimes under a height limit: depth-first search over canonical
// placements.
//
// A placement is canonical if no box can be lowered. Its boxes, sorted by (offset, rank), are
// placed one by one, each on the highest placed box that it overlaps in time; so every canonical
// placement is reached exactly once. Prunings, at a node with unplaced boxes c resting at low(c):
//  - in every section (maximal clique of the interval graph) the boxes stack up like jobs with
//    release dates low(c): max over k of low(k) + sum of the sizes released at low(k) or later;
//  - a box may not leave room beneath it for an unplaced box that it overlaps (it would not be
//    canonical when that box is added).
// Unplaced boxes that no longer touch in time form components that are solved one after the other;
// a component that fails sends the search back to the placement that made it.
#pragma once
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace zg {

class Fit {
public:
    enum Status { OPEN, FOUND, EXHAUSTED };

    long long nodes = 0;

    // Boxes live in [begin, end), in any integer time; sizes > 0.
    Fit(const std::vector<int64_t>& begin, const std::vector<int64_t>& end,
        const std::vector<int64_t>& size)
        : n_((int)size.size()), size_(size), offset_(n_), low_(n_), rank_(n_), first_(n_),
          last_(n_), placed_(n_) {
        sections(begin, end);
        overlaps_.resize(n_);
        for (int i = 0; i < n_; ++i)
            for (int j = 0; j < n_; ++j)
                if (i != j && begin[i] < end[j] && begin[j] < end[i]) overlaps_[i].push_back(j);
        load_ = 0;
        std::vector<int64_t> sum(sections_, 0);
        for (int i = 0; i < n_; ++i)
            for (int s = first_[i]; s <= last_[i]; ++s) load_ = std::max(load_, sum[s] += size_[i]);
    }

    int64_t load() const { return load_; }
    int boxes() const { return n_; }
    const std::vector<int64_t>& offsets() const { return offset_; }
    int span(int i) const { return last_[i] - first_[i] + 1; }
    int degree(int i) const { return (int)overlaps_[i].size(); }

    // Begin a search under `capacity`; boxes of lower rank go first among equal offsets.
    void start(int64_t capacity, const std::vector<int>& rank) {
        capacity_ = capacity;
        rank_ = rank;
        frames_.clear(); ids_.clear(); trail_.clear(); open_.clear();
        std::fill(low_.begin(), low_.end(), 0);
        std::fill(placed_.begin(), placed_.end(), 0);
        acc_.assign(sections_, 0);
        status_ = OPEN;
        agenda_ = -1;
        std::vector<int> all(n_);
        std::iota(all.begin(), all.end(), 0);
        if (load_ > capacity_) { status_ = EXHAUSTED; return; }
        ids_ = all;
        split(0, n_, 0, -1, -1);
        if (agenda_ < 0) status_ = FOUND;
        else if (!descend()) retreat();
    }

    // Continue for at most `budget` nodes.
    Status run(long long budget) {
        long long stop = nodes + budget;
        while (status_ == OPEN && nodes < stop) {
            Frame& f = frames_.back();
            undo(f);
            if (f.next == f.children_end) { retreat(); continue; }
            int b = ids_[f.next++];
            ++nodes;
            if (!place(b)) continue;
            if (agenda_ < 0) { status_ = FOUND; break; }
            if (!descend()) retreat();
        }
        return status_;
    }

private:
    struct Component { int begin, end; int64_t current; int rank; int creator; int below; };
    struct Frame {
        int component, agenda;           // agenda: what was left after this component was taken
        int next, children_end;          // candidates in ids_
        int ids_mark, trail_mark, open_mark;
        int placed;                      // box placed by the current child, -1 if none
    };
    struct Saved { int box; int64_t low; };

    // Sections are the maximal cliques: time points where a lifetime begins, next to which one ends.
    void sections(const std::vector<int64_t>& begin, const std::vector<int64_t>& end) {
        std::vector<std::pair<int64_t, int>> events;
        for (int i = 0; i < n_; ++i) { events.push_back({begin[i], 1}); events.push_back({end[i], 0}); }
        std::sort(events.begin(), events.end());
        std::vector<int64_t> points;
        for (size_t k = 0; k < events.size(); ++k)
            if (events[k].second == 1 && (k + 1 == events.size() || events[k + 1].second == 0))
                points.push_back(events[k].first);
        points.erase(std::unique(points.begin(), points.end()), points.end());
        sections_ = (int)points.size();
        for (int i = 0; i < n_; ++i) {
            first_[i] = int(std::lower_bound(points.begin(), points.end(), begin[i]) - points.begin());
            last_[i] = int(std::lower_bound(points.begin(), points.end(), end[i]) - points.begin()) - 1;
        }
        begin_ = begin;
    }

    // Unplaced boxes ids_[from, to) in their connected components, pushed on the agenda; the
    // component with the least room to spare comes out first.
    void split(int from, int to, int64_t current, int rank, int creator) {
        if (from == to) return;
        std::sort(ids_.begin() + from, ids_.begin() + to, [&](int a, int b) {
            return first_[a] != first_[b] ? first_[a] < first_[b] : a < b; });
        int begin = from, reach = last_[ids_[from]];
        size_t mark = open_.size();
        for (int k = from + 1; k <= to; ++k) {
            if (k < to && first_[ids_[k]] <= reach) { reach = std::max(reach, last_[ids_[k]]); continue; }
            open_.push_back({begin, k, current, rank, creator, 0});
            if (k < to) { begin = k; reach = last_[ids_[k]]; }
        }
        // Smallest component first: it fails or succeeds cheapest. The agenda is a stack.
        std::sort(open_.begin() + mark, open_.end(), [](const Component& a, const Component& b) {
            int x = a.end - a.begin, y = b.end - b.begin;
            return x != y ? x > y : a.begin > b.begin; });
        for (size_t k = mark; k < open_.size(); ++k) { open_[k].below = agenda_; agenda_ = (int)k; }
    }

    // Take the next component, bound it and list its candidates. False if it is refuted.
    bool descend() {
        int c = agenda_;
        Component comp = open_[c];
        agenda_ = comp.below;
        frames_.push_back({c, agenda_, 0, 0, (int)ids_.size(), (int)trail_.size(), (int)open_.size(), -1});
        order_.assign(ids_.begin() + comp.begin, ids_.begin() + comp.end);
        Frame& f = frames_.back();
        f.next = f.children_end = (int)ids_.size();
        bound_.resize(n_);
        for (int b : order_)
            bound_[b] = later(b, comp) ? low_[b] : std::max(low_[b], raised(b, comp));
        std::sort(order_.begin(), order_.end(), [&](int a, int b) {
            return bound_[a] != bound_[b] ? bound_[a] > bound_[b] : rank_[a] > rank_[b]; });
        bool fits = true;
        for (int b : order_) {
            int64_t top = 0;
            for (int s = first_[b]; s <= last_[b]; ++s) top = std::max(top, acc_[s] += size_[b]);
            if (bound_[b] + top > capacity_) { fits = false; break; }
        }
        for (int b : order_) std::fill(acc_.begin() + first_[b], acc_.begin() + last_[b] + 1, 0);
        if (!fits) return false;
        for (size_t k = order_.size(); k-- > 0;) {
            int b = order_[k];
            if (later(b, comp) && !leaves_room(b)) ids_.push_back(b);
        }
        f.children_end = (int)ids_.size();
        return true;
    }

    // Whether box b, where it rests now, comes after the last placed one in (offset, rank).
    bool later(int b, const Component& c) const {
        return low_[b] > c.current || (low_[b] == c.current && rank_[b] > c.rank);
    }

    // Bound for a box that was passed over: it must come to rest on a box not placed yet.
    int64_t raised(int b, const Component& c) const {
        int64_t best = INT64_MAX;
        for (int d : overlaps_[b])
            if (!placed_[d]) best = std::min(best, std::max(low_[d], c.current) + size_[d]);
        return best == INT64_MAX ? capacity_ + 1 : best;
    }

    bool leaves_room(int b) const {
        for (int c : overlaps_[b])
            if (!placed_[c] && low_[c] + size_[c] <= low_[b]) return true;
        return false;
    }

    // Place b where it rests; false if a box above no longer fits.
    bool place(int b) {
        Frame& f = frames_.back();
        const Component comp = open_[f.component];
        f.placed = b;
        placed_[b] = 1;
        offset_[b] = low_[b];
        int64_t top = low_[b] + size_[b];
        bool fits = top <= capacity_;
        for (int c : overlaps_[b])
            if (!placed_[c] && low_[c] < top) {
                trail_.push_back({c, low_[c]});
                low_[c] = top;
                if (top + size_[c] > capacity_) fits = false;
            }
        if (!fits) return false;
        int from = (int)ids_.size();
        for (int k = comp.begin; k < comp.end; ++k)
            if (ids_[k] != b) { int id = ids_[k]; ids_.push_back(id); }
        split(from, (int)ids_.size(), offset_[b], rank_[b], (int)frames_.size() - 1);
        return true;
    }

    void undo(Frame& f) {
        if (f.placed < 0) return;
        placed_[f.placed] = 0;
        f.placed = -1;
        while ((int)trail_.size() > f.trail_mark) { low_[trail_.back().box] = trail_.back().low; trail_.pop_back(); }
        ids_.resize(f.children_end);
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
    std::vector<int64_t> size_, offset_, low_, begin_;
    std::vector<int> rank_, first_, last_;
    std::vector<char> placed_;
    std::vector<std::vector<int>> overlaps_;
    std::vector<Frame> frames_;
    std::vector<Component> open_;
    std::vector<int> ids_, order_;
    std::vector<Saved> trail_;
    std::vector<int64_t> acc_, bound_;
    int agenda_ = -1;
    Status status_ = EXHAUSTED;
};

}  // namespace zg
