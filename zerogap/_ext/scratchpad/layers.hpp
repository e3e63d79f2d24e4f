// Schedule and replacement without addresses: a search over (executed operators, residents).
//
// Layer k holds states in which k operators have run. A state is the set D of executed operators,
// the set R of live tensors that are resident and the set H of residents with a copy in host
// memory. Tensors that nobody needs any more leave for nothing. An eviction is charged at once with
// the store (if there is no copy) and with the load that must follow, and happens only at the step
// that needs the room, by an inclusion-minimal set: postponing an eviction never costs more.
//
// A layer keeps its `width` best states. The cheapest state that was ever dropped for width bounds
// the optimum from below together with the best complete state; if none was dropped, the best is
// optimal. Three exact reductions: equal states; domination between states of equal D (one can be
// turned into the other by paid evictions); safe operators (see `safe`).
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <vector>
#include "shared/rng.hpp"

namespace zg::scratchpad {

using Words = std::vector<uint64_t>;
inline bool has(const uint64_t* w, int i) { return w[i >> 6] >> (i & 63) & 1; }
inline void put(uint64_t* w, int i) { w[i >> 6] |= 1ULL << (i & 63); }
inline void drop(uint64_t* w, int i) { w[i >> 6] &= ~(1ULL << (i & 63)); }

struct Graph {
    int operators = 0, tensors = 0;
    std::vector<std::vector<int>> inputs, outputs;     // tensors whose residence is decided
    std::vector<int64_t> read, write;                  // units of transient tensors and workspace
    std::vector<int> in_place;
    std::vector<int> over;                             // tensor whose place the output takes, -1: none
    std::vector<int64_t> saved;                        // units that this saves when the tensor dies
    std::vector<int64_t> units, bytes;                 // of tensors
    std::vector<int> producer;
    std::vector<int> stored;                           // its store is compulsory (a result)
    std::vector<int> window;                           // window of each operator, -1: none
    std::vector<int64_t> window_bound;                 // bytes that the window's tensors cost
    std::vector<int> order;                            // fixed schedule, or empty
    int64_t capacity = 0;
    bool every = false;                                // every eviction of a produced tensor stores
    bool peak = false;                                 // objective: largest memory, no evictions
    int64_t floor = 0;                                 // peak: a known lower bound
};

class Layers {
public:
    static constexpr int64_t NONE = INT64_MAX / 4;
    int64_t best = NONE;                 // cost of the best complete schedule
    int64_t limit = NONE;                // only schedules of lower cost are looked for
    int64_t dropped = NONE;              // cheapest bound of a state dropped in this pass
    int64_t bound = 0;                   // proven lower bound
    long long expanded = 0;
    bool truncated = false;
    int width;
    std::vector<int> schedule;                   // of the best
    std::vector<std::vector<int>> evictions;     // at each of its steps

    Layers(const Graph& graph, int width_, uint64_t seed) : width(width_), g(graph), random_(seed) {
        nw_ = (g.operators + 63) / 64;
        mw_ = (g.tensors + 63) / 64;
        stride_ = 2 * nw_ + 2 * mw_;
        consumers_.resize(g.tensors);
        readers_.assign((size_t)g.tensors * nw_, 0);
        before_.assign((size_t)g.operators * nw_, 0);
        for (int o = 0; o < g.operators; ++o)
            for (int t : g.inputs[o]) {
                consumers_[t].push_back(o);
                put(&readers_[(size_t)t * nw_], o);
                if (g.producer[t] >= 0) put(&before_[(size_t)o * nw_], g.producer[t]);
            }
        windows_.assign(g.window_bound.size() * nw_, 0);
        for (int o = 0; o < g.operators; ++o)
            if (g.window[o] >= 0) put(&windows_[(size_t)g.window[o] * nw_], o);
        scratch_.resize(stride_);
        restart();
    }

    // A new pass from the empty schedule.
    void restart() {
        layer_ = 0;
        truncated = false;
        dropped = NONE;
        history_.assign(1, {});
        current_.clear();
        next_.clear();
        table_.assign(1 << 10, -1);
        std::fill(scratch_.begin(), scratch_.end(), 0);
        for (int o = 0; o < g.operators; ++o) {
            const uint64_t* need = &before_[(size_t)o * nw_];
            if (std::all_of(need, need + nw_, [](uint64_t w) { return !w; })) put(&scratch_[nw_], o);
        }
        int64_t rest = 0;
        for (int64_t b : g.window_bound) rest += b;
        current_.push(scratch_.data(), stride_, {g.peak ? g.floor : 0, rest, 0, -1, -1, -1, 0});
        position_ = 0;
    }

    // Expand at most `budget` states; true when the pass is complete.
    bool run(long long budget) {
        while (budget-- > 0) {
            if (layer_ == g.operators) return true;
            if (position_ < current_.size()) { ++expanded; expand(position_++); continue; }
            if (!advance()) return true;
        }
        return layer_ == g.operators;
    }

private:
    struct State { int64_t cost, rest, units; int parent, op, evicted; uint64_t tie; };
    struct Step { int parent, op; std::vector<int> evicted; };
    struct Layer {
        std::vector<uint64_t> words;
        std::vector<State> states;
        std::vector<std::vector<int>> evicted;
        int size() const { return (int)states.size(); }
        void clear() { words.clear(); states.clear(); evicted.clear(); }
        void push(const uint64_t* w, int stride, const State& s) {
            words.insert(words.end(), w, w + stride);
            states.push_back(s);
        }
    };

    int64_t value(const State& s) const { return g.peak ? std::max(s.cost, s.rest) : s.cost + s.rest; }

    // Cost of evicting a live tensor: the store if there is no copy, and the load to come.
    int64_t eviction(int t, bool copy) const {
        if (g.producer[t] < 0) return g.bytes[t];
        if (g.every) return 2 * g.bytes[t];
        return g.bytes[t] * (copy || g.stored[t] ? 1 : 2);
    }

    const uint64_t* words(const Layer& l, int i) const { return &l.words[(size_t)i * stride_]; }

    // What running o does to a state: needs at reading and writing, tensors freed and made.
    struct Effect {
        int64_t read, write, after;
        bool hit;                        // all inputs that were used before are resident
    };

    bool dies(int t, int o, const uint64_t* D) const {
        const uint64_t* r = &readers_[(size_t)t * nw_];
        for (int k = 0; k < nw_; ++k) {
            uint64_t left = r[k] & ~D[k];
            if (k == o >> 6) left &= ~(1ULL << (o & 63));
            if (left) return false;
        }
        return true;
    }

    Effect effect(const uint64_t* s, int64_t units, int o) {
        const uint64_t *D = s, *R = s + 2 * nw_;
        int64_t fetched = 0, freed = 0, made = 0;
        dead_.clear();
        bool hit = true;
        for (int t : g.inputs[o]) {
            if (!has(R, t)) { fetched += g.units[t]; hit &= false; }
            if (dies(t, o, D)) { dead_.push_back(t); freed += g.units[t]; }
        }
        for (int t : g.outputs[o]) made += g.units[t];
        Effect e;
        e.hit = hit;
        e.after = units + fetched - freed + made;
        if (g.in_place[o]) {
            e.read = units + fetched + g.read[o];
            e.write = e.after + g.write[o];
        } else {
            e.read = units + fetched + made + std::max(g.read[o], g.write[o]);
            if (g.over[o] >= 0 && dies(g.over[o], o, D)) e.read -= g.saved[o];
            e.write = e.after;
        }
        return e;
    }

    // Running o now costs nothing and can only help: nothing has to leave, and either nothing
    // live is made, or one tensor that takes the place of a freed one which is as large and as dear
    // to evict. (Any schedule that runs o later may hold the new tensor whenever it held the other.)
    bool safe(const uint64_t* s, const Effect& e, int o, int64_t cost) const {
        if (!e.hit) return false;
        if (g.peak) return std::max(e.read, e.write) <= cost && made_units(o) <= freed_units();
        if (e.read > g.capacity || e.write > g.capacity) return false;
        if (g.outputs[o].empty()) return true;
        if (g.outputs[o].size() > 1) return false;
        int u = g.outputs[o][0];
        const uint64_t* H = s + 2 * nw_ + mw_;
        for (int t : dead_)
            if (g.units[t] >= g.units[u] && eviction(t, has(H, t)) >= eviction(u, false) &&
                eviction(t, true) >= eviction(u, true))
                return true;
        return false;
    }

    int64_t made_units(int o) const {
        int64_t sum = 0;
        for (int t : g.outputs[o]) sum += g.units[t];
        return sum;
    }

    int64_t freed_units() const {
        int64_t sum = 0;
        for (int t : dead_) sum += g.units[t];
        return sum;
    }

    void expand(int i) {
        const State state = current_.states[i];
        parent_.assign(words(current_, i), words(current_, i) + stride_);
        const uint64_t* s = parent_.data();
        ready_.clear();
        if (!g.order.empty()) {
            ready_.push_back(g.order[layer_]);
        } else {
            for (int k = 0; k < nw_; ++k)
                for (uint64_t w = s[nw_ + k]; w; w &= w - 1) ready_.push_back(k * 64 + __builtin_ctzll(w));
            for (int o : ready_) {
                Effect e = effect(s, state.units, o);
                if (safe(s, e, o, state.cost)) { ready_.assign(1, o); break; }
            }
        }
        for (int o : ready_) execute(i, state, s, o);
    }

    void execute(int i, const State& state, const uint64_t* s, int o) {
        Effect e = effect(s, state.units, o);
        State child = state;
        child.parent = i;
        child.op = o;
        child.rest = rest_after(state.rest, s, o);
        chosen_.clear();
        if (g.peak) {
            child.cost = std::max({state.cost, e.read, e.write});
            emit(child, s, o, e);
            return;
        }
        int64_t over_read = e.read - g.capacity, over_write = e.write - g.capacity;
        if (over_read <= 0 && over_write <= 0) { emit(child, s, o, e); return; }
        // Candidates: residents that o does not read; where o is in place also inputs that stay
        // live, which may leave between reading and writing.
        const uint64_t *R = s + 2 * nw_, *H = R + mw_;
        candidates_.clear();
        for (int k = 0; k < mw_; ++k)
            for (uint64_t w = R[k]; w; w &= w - 1) {
                int t = k * 64 + __builtin_ctzll(w);
                if (g.units[t] && !reads(o, t)) candidates_.push_back({t, g.units[t], g.units[t], eviction(t, has(H, t))});
            }
        if (g.in_place[o])
            for (int t : g.inputs[o])
                if (g.units[t] && std::find(dead_.begin(), dead_.end(), t) == dead_.end())
                    candidates_.push_back({t, 0, g.units[t], eviction(t, !has(R, t) ? g.producer[t] >= 0 : has(H, t))});
        std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
            return a.write != b.write ? a.write > b.write : a.tensor < b.tensor; });
        sets_ = 0;
        choose(0, over_read, over_write, child, s, o, e);
    }

    struct Candidate { int tensor; int64_t read, write, cost; };

    bool reads(int o, int t) const {
        return std::find(g.inputs[o].begin(), g.inputs[o].end(), t) != g.inputs[o].end();
    }

    // All inclusion-minimal sets of candidates that make room at reading and at writing.
    void choose(size_t k, int64_t over_read, int64_t over_write, State& child, const uint64_t* s, int o, const Effect& e) {
        if (over_read <= 0 && over_write <= 0) {
            for (int c : chosen_) {
                const Candidate& x = candidates_[c];
                if (over_read + x.read <= 0 && over_write + x.write <= 0) return;   // not minimal
            }
            State copy = child;
            emit(copy, s, o, e);
            ++sets_;
            return;
        }
        if (k == candidates_.size()) return;
        int64_t can_read = 0, can_write = 0;
        for (size_t j = k; j < candidates_.size(); ++j) { can_read += candidates_[j].read; can_write += candidates_[j].write; }
        if (can_read < over_read || can_write < over_write) return;
        const Candidate& c = candidates_[k];
        if (sets_ >= MOST_SETS) {
            truncated = true;
            dropped = std::min(dropped, std::max(bound, value(child)));
            return;
        }
        child.cost += c.cost;
        if (value(child) < limit) {
            chosen_.push_back((int)k);
            choose(k + 1, over_read - c.read, over_write - c.write, child, s, o, e);
            chosen_.pop_back();
        }
        child.cost -= c.cost;
        choose(k + 1, over_read, over_write, child, s, o, e);
    }

    // Bound of the windows that o leaves untouched.
    int64_t rest_after(int64_t rest, const uint64_t* s, int o) const {
        int w = g.window[o];
        if (w < 0) return rest;
        const uint64_t* mask = &windows_[(size_t)w * nw_];
        for (int k = 0; k < nw_; ++k)
            if (mask[k] & s[k]) return rest;
        return rest - g.window_bound[w];
    }

    void emit(State& child, const uint64_t* s, int o, const Effect& e) {
        if (value(child) >= limit) return;
        std::memcpy(scratch_.data(), s, stride_ * sizeof(uint64_t));
        uint64_t *D = scratch_.data(), *ready = D + nw_, *R = ready + nw_, *H = R + mw_;
        put(D, o);
        drop(ready, o);
        for (int t : g.inputs[o]) {
            if (!has(R, t)) { put(R, t); if (g.producer[t] >= 0 && !g.every) put(H, t); }
        }
        for (int t : g.outputs[o]) {
            put(R, t);
            for (int c : consumers_[t]) {
                const uint64_t* need = &before_[(size_t)c * nw_];
                bool all = true;
                for (int k = 0; k < nw_ && all; ++k) all = !(need[k] & ~D[k]);
                if (all) put(ready, c);
            }
        }
        for (int t : dead_) { drop(R, t); drop(H, t); }
        child.units = e.after;
        for (int c : chosen_) {
            int t = candidates_[c].tensor;
            drop(R, t); drop(H, t);
            child.units -= g.units[t];
        }
        insert(child);
    }

    uint64_t hash(const uint64_t* w) const {
        uint64_t h = 0x9e3779b97f4a7c15ULL;
        for (int k = 0; k < stride_; ++k) {
            if (k >= nw_ && k < 2 * nw_) continue;
            h = (h ^ w[k]) * 0xff51afd7ed558ccdULL;
            h ^= h >> 32;
        }
        return h;
    }

    void insert(State& child) {
        child.tie = random_.next();
        uint64_t mask = table_.size() - 1;
        uint64_t at = hash(scratch_.data()) & mask;
        for (; table_[at] >= 0; at = (at + 1) & mask) {
            int j = table_[at];
            const uint64_t* w = words(next_, j);
            if (std::memcmp(w, scratch_.data(), nw_ * 8) ||
                std::memcmp(w + 2 * nw_, scratch_.data() + 2 * nw_, 2 * mw_ * 8)) continue;
            if (next_.states[j].cost <= child.cost) return;
            next_.states[j] = child;
            next_.evicted[j] = tensors();
            return;
        }
        table_[at] = next_.size();
        next_.push(scratch_.data(), stride_, child);
        next_.evicted.push_back(tensors());
        if ((size_t)next_.size() * 2 > table_.size()) rehash();
    }

    std::vector<int> tensors() const {
        std::vector<int> list;
        for (int c : chosen_) list.push_back(candidates_[c].tensor);
        return list;
    }

    void rehash() {
        table_.assign(table_.size() * 2, -1);
        uint64_t mask = table_.size() - 1;
        for (int j = 0; j < next_.size(); ++j) {
            uint64_t at = hash(words(next_, j)) & mask;
            while (table_[at] >= 0) at = (at + 1) & mask;
            table_[at] = j;
        }
    }

    // Filter the new layer by domination and width, remember how it was reached, and go there.
    bool advance() {
        ++layer_;
        std::vector<int> keep = undominated();
        auto better = [&](int a, int b) {
            const State &x = next_.states[a], &y = next_.states[b];
            int64_t vx = value(x), vy = value(y);
            if (vx != vy) return vx < vy;
            return x.units != y.units ? x.units < y.units : x.tie < y.tie;
        };
        if ((int)keep.size() > width) {
            std::nth_element(keep.begin(), keep.begin() + width, keep.end(), better);
            truncated = true;
            for (size_t k = width; k < keep.size(); ++k)
                dropped = std::min(dropped, value(next_.states[keep[k]]));
            keep.resize(width);
        }
        std::sort(keep.begin(), keep.end(), better);
        current_.clear();
        std::vector<Step> steps;
        steps.reserve(keep.size());
        for (int j : keep) {
            current_.push(words(next_, j), stride_, next_.states[j]);
            steps.push_back({next_.states[j].parent, next_.states[j].op, std::move(next_.evicted[j])});
        }
        history_.push_back(std::move(steps));
        next_.clear();
        table_.assign(1 << 10, -1);
        position_ = 0;
        if (current_.size() == 0) { layer_ = g.operators; conclude(); return false; }
        if (layer_ == g.operators) { record(); conclude(); return false; }
        return true;
    }

    // Indices of states not dominated by another one with the same executed operators.
    std::vector<int> undominated() {
        std::unordered_map<uint64_t, std::vector<int>> groups;
        for (int j = 0; j < next_.size(); ++j) {
            const uint64_t* w = words(next_, j);
            uint64_t h = 1469598103934665603ULL;
            for (int k = 0; k < nw_; ++k) { h = (h ^ w[k]) * 0xff51afd7ed558ccdULL; h ^= h >> 29; }
            groups[h].push_back(j);
        }
        std::vector<int> keep;
        keep.reserve(next_.size());
        for (auto& entry : groups) {
            std::vector<int>& all = entry.second;
            std::sort(all.begin(), all.end(), [&](int a, int b) {
                const State &x = next_.states[a], &y = next_.states[b];
                return x.cost != y.cost ? x.cost < y.cost : a < b; });
            size_t from = keep.size();
            for (int j : all) {
                bool beaten = false;
                size_t upto = std::min(keep.size(), from + MOST_COMPARED);
                for (size_t k = from; k < upto && !beaten; ++k) beaten = dominates(keep[k], j);
                if (!beaten) keep.push_back(j);
            }
        }
        std::sort(keep.begin(), keep.end());
        return keep;
    }

    bool dominates(int a, int b) const {
        const uint64_t *x = words(next_, a), *y = words(next_, b);
        if (std::memcmp(x, y, nw_ * 8)) return false;
        int64_t cost = next_.states[a].cost, most = next_.states[b].cost;
        if (g.peak) return cost <= most;
        const uint64_t *Rx = x + 2 * nw_, *Ry = y + 2 * nw_, *Hx = Rx + mw_, *Hy = Ry + mw_;
        for (int k = 0; k < mw_; ++k) {
            for (uint64_t w = Rx[k] & ~Ry[k]; w; w &= w - 1) {
                int t = k * 64 + __builtin_ctzll(w);
                if ((cost += eviction(t, has(Hx, t))) > most) return false;
            }
            for (uint64_t w = Rx[k] & Ry[k] & Hy[k] & ~Hx[k]; w; w &= w - 1) {
                int t = k * 64 + __builtin_ctzll(w);
                if (!g.stored[t] && (cost += g.bytes[t]) > most) return false;
            }
        }
        return cost <= most;
    }

    void record() {
        const State& s = current_.states[0];
        if (s.cost >= best) return;
        best = s.cost;
        schedule.assign(g.operators, 0);
        evictions.assign(g.operators, {});
        int at = 0;
        for (int k = g.operators; k > 0; --k) {
            const Step& step = history_[k][at];
            schedule[k - 1] = step.op;
            evictions[k - 1] = step.evicted;
            at = step.parent;
        }
    }

    // Everything cheaper than `limit` that was not dropped has been seen.
    void conclude() {
        int64_t proven = std::min({best, limit, dropped});
        bound = std::max(bound, proven == NONE ? 0 : proven);
        history_.clear();
    }

    static constexpr int MOST_SETS = 256, MOST_COMPARED = 48;

    Graph g;
    Random random_;
    int nw_, mw_, stride_, layer_ = 0, position_ = 0, sets_ = 0;
    std::vector<std::vector<int>> consumers_;
    Words readers_, before_, windows_, scratch_, parent_;
    std::vector<int> ready_, dead_, chosen_;
    std::vector<Candidate> candidates_;
    std::vector<int> table_;
    Layer current_, next_;
    std::vector<std::vector<Step>> history_;
};

}  // namespace zg::scratchpad
