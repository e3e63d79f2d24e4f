// Which tensors lie when in which fast memory: a simulator of the copies, and annealing over
// residencies with it.
#pragma once

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdint>
#include <vector>

#include "shared/clock.hpp"
#include "shared/rng.hpp"

namespace zg::scratchpad {

struct Program {
    int steps = 0, tensors = 0, memories = 0;  // fast memories
    const int64_t *time, *size, *capacity, *alignment;
    const int64_t* copy;    // tensor × memory
    const int64_t* uses;    // rows (step, tensor, saved in every memory), by step
    int rows = 0;
    const int32_t *producer, *pin;
    const uint8_t* output;
    std::vector<int> first_row, first_use, use_rows;  // uses by step; by tensor

    int64_t use(int row, int column) const { return uses[(int64_t)row * (2 + memories) + column]; }

    void index() {
        first_row.assign(steps + 1, 0);
        first_use.assign(tensors + 1, 0);
        for (int r = 0; r < rows; ++r) {
            ++first_row[use(r, 0) + 1];
            ++first_use[use(r, 1) + 1];
        }
        for (int k = 0; k < steps; ++k) first_row[k + 1] += first_row[k];
        for (int t = 0; t < tensors; ++t) first_use[t + 1] += first_use[t];
        use_rows.resize(rows);
        std::vector<int> at(first_use.begin(), first_use.end() - 1);
        for (int r = 0; r < rows; ++r) use_rows[at[use(r, 1)]++] = r;
    }
    int many(int t) const { return first_use[t + 1] - first_use[t]; }
    int step_of(int t, int i) const { return (int)use(use_rows[first_use[t] + i], 0); }
};

struct Residency {
    int tensor, memory, first, last;
    int from, to;  // uses of the tensor within
    int64_t address;
};

class Mapper {
  public:
    Program p;

    void start(uint64_t seed) {
        p.index();
        rng_.seed(seed);
        for (auto* a : {&in_, &out_, &release_}) a->assign(p.steps + 1, -1);
        valid_.resize(p.tensors);
        free_.resize(p.memories);
        cover_.resize(p.rows);
        now_.clear();
        bool placed = true;
        for (int t = 0; t < p.tensors; ++t) {
            if (p.pin[t] <= 0 || p.many(t) == 0) continue;
            Residency r = span(t, p.pin[t] - 1, 0, p.many(t) - 1, 0, 0);
            placed &= place(r, now_);
            if (placed) now_.push_back(r);
        }
        objective = -1;
        if (!placed) return;  // pinned tensors do not go in first fit: nothing to begin with
        current_ = simulate(now_);
        take();
        for (int t = 0; t < p.tensors; ++t)
            if (p.pin[t] != 0 && p.many(t)) movable_.push_back(t);
        double sum = 0;
        for (int r = 0; r < p.rows; ++r) {
            int64_t most = 0;
            for (int m = 0; m < p.memories; ++m) most = std::max(most, p.use(r, 2 + m));
            sum += (double)most;
        }
        // Changes are worth about what a use saves; slower where there are more of them.
        scale_ = std::max(1.0, sum / std::max(1, p.rows));
        cooling_ = 1 - 1.0 / (100 + 20.0 * p.rows);
        heat_ = 0.5 * scale_;
    }

    bool run(double seconds, long limit) {
        const double begun = zg::now(), until = begun + seconds;
        long left = limit < 0 ? LONG_MAX : limit;
        while (objective >= 0 && !movable_.empty() && stalled_ < PATIENCE && left > 0) {
            move();
            ++iterations;
            --left;
            if (iterations % 32 == 0 && zg::now() >= until) break;
        }
        this->seconds += zg::now() - begun;
        return objective >= 0 && !movable_.empty() && stalled_ < PATIENCE;
    }

    void inject(const std::vector<Residency>& rows) {
        now_ = rows;
        current_ = simulate(now_);
        heat_ = std::min(heat_, 0.1 * scale_);
        if (objective < 0 || current_ < objective) take();
    }

    // Uses of a tensor within two steps, as a residency of that memory without an address.
    Residency cut(int t, int m, int first, int last) const {
        Residency r{t, m, first, last, 0, -1, 0};
        r.from = p.many(t);
        for (int i = 0; i < p.many(t); ++i) {
            const int k = p.step_of(t, i);
            if (k >= first && k <= last) {
                r.from = std::min(r.from, i);
                r.to = i;
            }
        }
        return r;
    }

    int64_t simulate(const std::vector<Residency>& rows) {
        std::fill(in_.begin(), in_.end(), -1);
        std::fill(out_.begin(), out_.end(), -1);
        std::fill(release_.begin(), release_.end(), -1);
        std::fill(valid_.begin(), valid_.end(), 0);
        std::fill(free_.begin(), free_.end(), 0);
        std::fill(cover_.begin(), cover_.end(), -1);
        const int n = (int)rows.size();
        for (auto* a : {&next_in_, &next_out_, &next_release_}) a->assign(n, -1);
        ready_.assign(n, 0);
        for (int i = 0; i < n; ++i) {
            const Residency& r = rows[i];
            for (int u = r.from; u <= r.to; ++u) cover_[p.use_rows[p.first_use[r.tensor] + u]] = i;
            if (loaded(r)) {
                int* at = &in_[r.first];  // by first use, then tensor
                while (*at >= 0 && before_in(rows[*at], r)) at = &next_in_[*at];
                next_in_[i] = *at;
                *at = i;
            } else if (stored(r)) {
                int* at = &out_[p.step_of(r.tensor, r.to) + 1];
                while (*at >= 0 && rows[*at].tensor < r.tensor) at = &next_out_[*at];
                next_out_[i] = *at;
                *at = i;
                next_release_[i] = release_[r.last + 1];
                release_[r.last + 1] = i;
            }
        }
        int64_t now = 0, end = 0;
        for (int k = 0; k <= p.steps; ++k) {
            for (int i = out_[k]; i >= 0; i = next_out_[i]) {
                ready_[i] = valid_[rows[i].tensor] = copied(rows[i], now);
                end = std::max(end, ready_[i]);
            }
            if (k == p.steps) break;
            for (int i = release_[k]; i >= 0; i = next_release_[i]) now = std::max(now, ready_[i]);
            for (int i = in_[k]; i >= 0; i = next_in_[i])
                ready_[i] = copied(rows[i], std::max(now, valid_[rows[i].tensor]));
            int64_t takes = p.time[k], begin = now;
            for (int r = p.first_row[k]; r < p.first_row[k + 1]; ++r) {
                const int t = (int)p.use(r, 1), i = cover_[r];
                if (i >= 0) {
                    takes -= p.use(r, 2 + rows[i].memory);
                    if (loaded(rows[i])) begin = std::max(begin, ready_[i]);
                } else if (p.producer[t] != k) {
                    begin = std::max(begin, valid_[t]);
                }
            }
            now = begin + takes;
            for (int r = p.first_row[k]; r < p.first_row[k + 1]; ++r) {
                const int t = (int)p.use(r, 1);
                if (p.producer[t] == k && cover_[r] < 0) valid_[t] = now;
            }
        }
        return std::max(now, end);
    }

    // The lowest address in a memory that is free from the first step to the last; false if none.
    bool place(Residency& r, const std::vector<Residency>& rows) {
        busy_.clear();
        for (const Residency& o : rows)
            if (o.memory == r.memory && o.first <= r.last && r.first <= o.last)
                busy_.emplace_back(o.address, o.address + p.size[o.tensor]);
        std::sort(busy_.begin(), busy_.end());
        const int64_t unit = p.alignment[r.memory], size = p.size[r.tensor];
        int64_t at = 0;
        for (const auto& [low, high] : busy_) {
            if (low >= at + size) break;
            at = std::max(at, (high + unit - 1) / unit * unit);
        }
        r.address = at;
        return at + size <= p.capacity[r.memory];
    }

    // A tensor's uses from … to in a memory: asked for `early` steps before the first of them,
    // leaving `late` steps after the last one for the copy out.
    Residency span(int t, int m, int from, int to, int early, int late) const {
        Residency r{t, m, p.step_of(t, from), p.step_of(t, to), from, to, 0};
        const int before = from ? p.step_of(t, from - 1) + 1 : 0;
        const int after = to + 1 < p.many(t) ? p.step_of(t, to + 1) - 1 : p.steps - 1;
        if (p.producer[t] != r.first) r.first = std::max(before, r.first - early);
        if (stored(r)) r.last = std::min(after, r.last + late);
        return r;
    }

    int64_t objective = -1;
    std::vector<Residency> best;
    long iterations = 0;
    double seconds = 0;

  private:
    bool loaded(const Residency& r) const { return p.producer[r.tensor] != r.first; }
    bool stored(const Residency& r) const {
        return !loaded(r) && (r.to + 1 < p.many(r.tensor) || p.output[r.tensor]);
    }
    bool before_in(const Residency& a, const Residency& b) const {
        const int u = p.step_of(a.tensor, a.from), v = p.step_of(b.tensor, b.from);
        return u != v ? u < v : a.tensor < b.tensor;
    }
    int64_t copied(const Residency& r, int64_t from) {
        const int64_t done = std::max(from, free_[r.memory]) +
                             p.copy[(int64_t)r.tensor * p.memories + r.memory];
        free_[r.memory] = done;
        return done;
    }

    void take() {
        stalled_ = 0;
        objective = current_;
        best = now_;
    }

    int short_number() {
        int n = 0;
        while (n < p.steps && rng_.below(3u)) ++n;
        return n;
    }

    bool overlaps(const Residency& a, const Residency& b) const {
        return a.memory == b.memory && a.first <= b.last && b.first <= a.last &&
               a.address < b.address + p.size[b.tensor] && b.address < a.address + p.size[a.tensor];
    }

    // One change, undone unless annealing takes it.
    void move() {
        trial_ = now_;
        const unsigned kind = rng_.below(8u);
        if (kind == 0 && !trial_.empty()) {
            const size_t i = rng_.below((unsigned)trial_.size());
            if (p.pin[trial_[i].tensor] > 0) return;
            trial_.erase(trial_.begin() + i);
        } else if (kind <= 3 && !trial_.empty()) {
            const size_t i = rng_.below((unsigned)trial_.size());
            Residency r = trial_[i];
            trial_.erase(trial_.begin() + i);
            const bool pinned = p.pin[r.tensor] > 0;
            int from = r.from, to = r.to;
            if (!pinned && rng_.below(3u) == 0) {
                if (rng_.below(2u)) to = std::min(p.many(r.tensor) - 1, to + 1 + short_number());
                else from = std::max(0, from - 1 - short_number());
            }
            int m = r.memory;
            if (!pinned && rng_.below(8u) == 0) m = (int)rng_.below((unsigned)p.memories);
            if (!enter(span(r.tensor, m, from, to, short_number(), short_number()))) return;
        } else {
            const int t = movable_[rng_.below((unsigned)movable_.size())];
            const bool pinned = p.pin[t] > 0;
            const int n = p.many(t);
            const int from = pinned ? 0 : (int)rng_.below((unsigned)n);
            const int to = pinned ? n - 1 : std::min(n - 1, from + short_number());
            const int m = pinned ? p.pin[t] - 1 : (int)rng_.below((unsigned)p.memories);
            if (!enter(span(t, m, from, to, short_number(), short_number()))) return;
        }
        const int64_t value = simulate(trial_);
        const double u = std::max(rng_.real(), 1e-18);
        if (value <= current_ - heat_ * std::log(u)) {
            now_.swap(trial_);
            current_ = value;
            if (current_ < objective) take();
        }
        heat_ *= cooling_;
        if (heat_ < 0.005 * scale_) {  // again from the best, as warm as chance will have it
            heat_ = 0.5 * scale_ * rng_.real();
            ++stalled_;
            now_ = best;
            current_ = objective;
        }
    }

    // Into trial_, whatever lies in the way going; false if a pinned tensor does.
    bool enter(Residency r) {
        if (p.size[r.tensor] > p.capacity[r.memory]) return false;
        const auto mine = [&](const Residency& o) {
            return o.tensor == r.tensor &&
                   ((o.first <= r.last && r.first <= o.last) || (o.from <= r.to && r.from <= o.to));
        };
        trial_.erase(std::remove_if(trial_.begin(), trial_.end(), mine), trial_.end());
        if (!place(r, trial_)) {
            const int64_t unit = p.alignment[r.memory];
            const int64_t room = (p.capacity[r.memory] - p.size[r.tensor]) / unit;
            r.address = 0;
            if (!busy_.empty() && rng_.below(4u)) {
                // At the end of something that stays, or where something that goes began.
                const auto& [low, high] = busy_[rng_.below((unsigned)busy_.size())];
                const int64_t at = rng_.below(2u) ? low : high;
                r.address = std::min(room, (at + unit - 1) / unit) * unit;
            }
            for (const Residency& o : trial_)
                if (overlaps(o, r) && p.pin[o.tensor] > 0) return false;
            const auto hit = [&](const Residency& o) { return overlaps(o, r); };
            trial_.erase(std::remove_if(trial_.begin(), trial_.end(), hit), trial_.end());
        }
        trial_.push_back(r);
        return true;
    }

    Random rng_;
    // So many coolings without anything better, and annealing ends.
    static constexpr int PATIENCE = 100;

    double heat_ = 1, scale_ = 1, cooling_ = 1;
    int stalled_ = 0;
    int64_t current_ = 0;
    std::vector<Residency> now_, trial_;
    std::vector<int> movable_, in_, out_, release_, next_in_, next_out_, next_release_, cover_;
    std::vector<int64_t> valid_, free_, ready_;
    std::vector<std::pair<int64_t, int64_t>> busy_;
};

}  // namespace zg::scratchpad
