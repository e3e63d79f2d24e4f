// Partial paths for the pricing of routes, and one direction of the labelling.
//
// A label is a partial path from the depot: its end, load, time, reduced cost, ng memory (Baldacci,
// Mingozzi, Roberti 2011) and, for every rank-1 cut with multiplier ½ (Jepsen et al. 2008), whether it
// carries an odd visit. A cut forgets outside of its own memory (Pecin, Pessoa, Poggi, Uchoa 2017).
#ifndef ZEROGAP_ROUTING_LABELS
#define ZEROGAP_ROUTING_LABELS

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace zg::routing {

constexpr double INF = std::numeric_limits<double>::infinity();
constexpr double EPS = 1e-7;
constexpr double HAIR = 1e-12;  // costs that differ by less are equal
constexpr int CUT_WORDS = 4, MAX_CUTS = 64 * CUT_WORDS;

// Data of one pricing problem; node 0 is the depot, clients are 1 … n.
struct Problem {
    int n = 0;
    int64_t capacity = 0, horizon = 0;
    bool windows = false, symmetric = false;
    std::vector<int64_t> demand, travel, ready, due;  // travel includes the service at its tail
    std::vector<uint8_t> allowed;                     // clients this vehicle may serve
};

template <int W> struct Bits {
    uint64_t w[W];
    void clear() { for (int k = 0; k < W; ++k) w[k] = 0; }
    bool test(int i) const { return (w[i >> 6] >> (i & 63)) & 1; }
    void set(int i) { w[i >> 6] |= 1ULL << (i & 63); }
    bool within(const Bits& o) const {
        for (int k = 0; k < W; ++k) if (w[k] & ~o.w[k]) return false;
        return true;
    }
    bool meets(const Bits& o) const {
        for (int k = 0; k < W; ++k) if (w[k] & o.w[k]) return true;
        return false;
    }
    bool equals(const Bits& o) const {
        for (int k = 0; k < W; ++k) if (w[k] != o.w[k]) return false;
        return true;
    }
};

// The rank-1 cuts of one pricing, in falling order of their penalties.
template <int C> struct Cuts {
    std::vector<Bits<C>> member, keep;  // by node: the cuts it belongs to, and those that remember here
    std::vector<double> penalty;        // of every second visit

    Cuts(int n, const uint64_t* m, const uint64_t* k, const double* p, int count)
        : member(n + 1), keep(n + 1), penalty(p, p + count) {
        penalty.resize(64 * C, 0.0);
        for (int i = 0; i <= n; ++i)
            for (int w = 0; w < C; ++w) {
                member[i].w[w] = m[i * CUT_WORDS + w];
                keep[i].w[w] = k[i * CUT_WORDS + w];
            }
    }
    // Carry the odd visits on to client j; returns what that costs.
    double visit(Bits<C>& odd, int j) const {
        double cost = 0.0;
        for (int w = 0; w < C; ++w) {
            const uint64_t held = odd.w[w] & keep[j].w[w], own = member[j].w[w];
            for (uint64_t b = held & own; b; b &= b - 1) cost += penalty[64 * w + __builtin_ctzll(b)];
            odd.w[w] = held ^ own;
        }
        return cost;
    }
    // Penalties of the cuts in which both paths carry an odd visit: what joining them costs.
    double both(const Bits<C>& a, const Bits<C>& b) const {
        double cost = 0.0;
        for (int w = 0; w < C; ++w)
            for (uint64_t s = a.w[w] & b.w[w]; s; s &= s - 1) cost += penalty[64 * w + __builtin_ctzll(s)];
        return cost;
    }
    // Whether `a` may pay for every odd visit that `b` does not carry and stay within `room`.
    bool affordable(const Bits<C>& a, const Bits<C>& b, double room) const {
        for (int w = 0; w < C; ++w)
            for (uint64_t s = a.w[w] & ~b.w[w]; s; s &= s - 1) {
                room -= penalty[64 * w + __builtin_ctzll(s)];
                if (room < -HAIR) return false;
            }
        return true;
    }
};

template <int W, int C> struct Label {
    double cost;
    int64_t load, time;
    int node, from;  // `from`: index of the label it grew from, -1 at the depot
    Bits<C> odd;
    Bits<W> memory;
    bool dead;
};

// Cheapest completions without cuts and without cycles of two, by the room that is left.
//
// Loads are counted in units of capacity / steps, rounded down: whatever fits truly fits in units,
// so that the minimum is over more paths and stays a bound. Penalties of cuts only add cost.
class Completions {
  public:
    bool usable = false;

    // `reverse` walks every arc against its direction: completions of backward paths.
    void build(const Problem& p, const double* rc, bool reverse) {
        int64_t least = p.capacity;
        for (int j = 1; j <= p.n; ++j) if (p.allowed[j]) least = std::min(least, p.demand[j]);
        usable = least > 0 && p.capacity / least < MOST;
        if (!usable) return;
        capacity_ = p.capacity;
        // No client may weigh nothing in units: paths would be endless.
        steps_ = (int)std::min<int64_t>(p.capacity, std::max<int64_t>(FEW, p.capacity / least + 1));
        const int n = p.n, m = n + 1;
        std::vector<int> weight(m, 0);
        for (int j = 1; j <= n; ++j) weight[j] = units(p.demand[j]);
        struct Best { double first, second; int next; };
        std::vector<Best> table((size_t)(steps_ + 1) * m);
        best_.assign((size_t)(steps_ + 1) * m, INF);
        auto arc = [&](int i, int j) { return reverse ? rc[j * m + i] : rc[i * m + j]; };
        std::vector<std::vector<std::pair<int, double>>> out(m);
        for (int i = 1; i <= n; ++i)
            for (int j = 1; j <= n; ++j)
                if (i != j && p.allowed[j] && arc(i, j) < INF) out[i].push_back({j, arc(i, j)});
        for (int r = 0; r <= steps_; ++r) {
            for (int i = 1; i <= n; ++i) {
                Best b{arc(i, 0), INF, 0};
                for (const auto& [j, cost] : out[i]) {
                    if (weight[j] > r) continue;
                    const Best& rest = table[(size_t)(r - weight[j]) * m + j];
                    const double value = cost + (rest.next == i ? rest.second : rest.first);
                    if (value < b.first) { b.second = b.first; b.first = value; b.next = j; }
                    else b.second = std::min(b.second, value);
                }
                table[(size_t)r * m + i] = b;
                best_[(size_t)i * (steps_ + 1) + r] = b.first;
            }
        }
    }
    double after(int node, int64_t load) const {
        return best_[(size_t)node * (steps_ + 1) + units(capacity_ - load)];
    }

  private:
    static constexpr int FEW = 120, MOST = 2000;
    int64_t capacity_ = 0;
    int steps_ = 0;
    std::vector<double> best_;
    int units(int64_t load) const { return (int)(load * steps_ / capacity_); }
};

// One direction of the labelling. `reverse` walks every arc against its direction.
template <int W, int C> class Direction {
  public:
    std::vector<Label<W, C>> pool;
    bool truncated = false;

    Direction(const Problem& p, const double* rc, const std::vector<Bits<W>>& ng, const Cuts<C>& cuts,
              bool reverse, bool heuristic)
        : p_(p), ng_(ng), cuts_(cuts), reverse_(reverse), heuristic_(heuristic) {
        const int m = p.n + 1;
        span_ = (p.windows ? p.horizon : p.capacity) + 1;
        count_ = (int)std::min<int64_t>(span_, BUCKETS);
        shelf_.resize((size_t)m * count_);
        least_.assign((size_t)m * count_, INF);
        out_.resize(m);
        for (int i = 0; i <= p.n; ++i)
            for (int j = 1; j <= p.n; ++j) {
                const double cost = reverse ? rc[j * m + i] : rc[i * m + j];
                if (i != j && p.allowed[j] && p.demand[j] <= p.capacity && cost < INF)
                    out_[i].push_back({j, cost});
            }
    }

    // Labels that cannot be completed to less than `cutoff` are dropped.
    void fathom(const Completions* completions, double cutoff) {
        completions_ = completions && completions->usable ? completions : nullptr;
        cutoff_ = cutoff;
    }

    // Grow all labels whose primary resource is at most `half`.
    void run(int64_t half, size_t limit) {
        const int count = (int)std::min<int64_t>(span_, 4096);
        std::vector<std::vector<int>> queue(count);
        auto place = [&](const Label<W, C>& l) { return (int)(primary(l) * count / span_); };
        for (const Arc& a : out_[0]) {
            Label<W, C> l;
            l.load = p_.demand[a.to];
            l.time = 0;
            if (p_.windows) {
                l.time = std::max(ready(a.to), ready(0) + travel(0, a.to));
                if (l.time > due(a.to)) continue;
            }
            l.cost = a.cost;
            l.node = a.to;
            l.from = -1;
            l.dead = false;
            l.memory.clear();
            l.memory.set(a.to);
            l.odd.clear();
            l.cost += cuts_.visit(l.odd, a.to);
            if (insert(l)) queue[place(l)].push_back((int)pool.size() - 1);
        }
        // Within one place of the queue the order does not matter for correctness.
        for (int b = 0; b < count; ++b) {
            for (size_t k = 0; k < queue[b].size(); ++k) {
                const int index = queue[b][k];
                if (pool[index].dead || primary(pool[index]) > half) continue;
                for (const Arc& a : out_[pool[index].node]) {
                    Label<W, C> l;
                    if (!grow(index, a, l) || !insert(l)) continue;
                    queue[std::max(b, place(l))].push_back((int)pool.size() - 1);
                }
                if (pool.size() > limit) { truncated = true; return; }
            }
        }
    }

    void path(int index, std::vector<int>& out) const {
        for (; index >= 0; index = pool[index].from) out.push_back(pool[index].node);
    }

    // Labels at a node by shelf of the primary resource, each in rising order of cost.
    int shelves() const { return count_; }
    struct Entry {
        double cost;
        int64_t primary;
        int index;
        Bits<W> memory;  // of the label, so that most comparisons end here
        bool operator<(const Entry& o) const { return cost < o.cost; }
    };
    const std::vector<Entry>& shelf(int node, int k) const {
        return shelf_[(size_t)node * count_ + k];
    }
    // The shelf of a value of the primary resource.
    int shelf_of(int64_t value) const { return (int)(std::min(value, span_ - 1) * count_ / span_); }
    int64_t primary(const Label<W, C>& l) const { return p_.windows ? l.time : l.load; }

  private:
    struct Arc { int to; double cost; };
    static constexpr int BUCKETS = 6;
    const Problem& p_;
    const std::vector<Bits<W>>& ng_;
    const Cuts<C>& cuts_;
    const bool reverse_, heuristic_;
    int64_t span_ = 1;
    int count_ = 1;
    std::vector<std::vector<Arc>> out_;
    std::vector<std::vector<Entry>> shelf_;
    std::vector<double> least_;  // cost on every shelf
    const Completions* completions_ = nullptr;
    double cutoff_ = INF;

    int64_t travel(int i, int j) const {
        return reverse_ ? p_.travel[j * (p_.n + 1) + i] : p_.travel[i * (p_.n + 1) + j];
    }
    int64_t ready(int i) const { return reverse_ ? p_.horizon - p_.due[i] : p_.ready[i]; }
    int64_t due(int i) const { return reverse_ ? p_.horizon - p_.ready[i] : p_.due[i]; }

    bool grow(int index, const Arc& a, Label<W, C>& l) const {
        const Label<W, C>& f = pool[index];
        const int j = a.to;
        if (f.memory.test(j)) return false;
        l.load = f.load + p_.demand[j];
        if (l.load > p_.capacity) return false;
        l.time = 0;
        if (p_.windows) {
            l.time = std::max(ready(j), f.time + travel(f.node, j));
            if (l.time > due(j)) return false;
        }
        l.cost = f.cost + a.cost;
        l.odd = f.odd;
        l.cost += cuts_.visit(l.odd, j);
        if (completions_ && l.cost + completions_->after(j, l.load) >= cutoff_) return false;
        l.node = j;
        l.from = index;
        l.dead = false;
        for (int k = 0; k < W; ++k) l.memory.w[k] = f.memory.w[k] & ng_[j].w[k];
        l.memory.set(j);
        return true;
    }

    // Whatever completes b completes a as well, to a route that is no dearer; a remembers no client
    // that b does not.
    bool dominates(const Label<W, C>& a, const Label<W, C>& b) const {
        if (a.load > b.load || a.time > b.time) return false;
        if (heuristic_) return true;
        return cuts_.affordable(a.odd, b.odd, b.cost - a.cost);
    }

    bool insert(const Label<W, C>& l) {
        const int64_t resource = primary(l);
        const int own = shelf_of(resource);
        std::vector<Entry>* shelves = &shelf_[(size_t)l.node * count_];
        // Least costs stay when labels are dropped: they only say where to look.
        double* least = &least_[(size_t)l.node * count_];
        for (int s = own; s >= 0; --s) {
            if (least[s] > l.cost + HAIR) continue;
            for (const Entry& e : shelves[s]) {
                if (e.cost > l.cost + HAIR) break;
                if (e.primary > resource || !(heuristic_ || e.memory.within(l.memory))) continue;
                if (dominates(pool[e.index], l)) return false;
            }
        }
        least[own] = std::min(least[own], l.cost);
        const Entry entry{l.cost, resource, (int)pool.size(), l.memory};
        for (int s = own; s < count_; ++s) {
            auto& list = shelves[s];
            auto to = std::lower_bound(list.begin(), list.end(), entry);
            for (auto at = to; at != list.end(); ++at) {
                if (at->primary >= resource && (heuristic_ || l.memory.within(at->memory)) &&
                    dominates(l, pool[at->index]))
                    pool[at->index].dead = true;
                else *to++ = *at;
            }
            list.erase(to, list.end());
        }
        pool.push_back(l);
        auto& list = shelves[own];
        list.insert(std::upper_bound(list.begin(), list.end(), entry), entry);
        return true;
    }
};

}  // namespace zg::routing
#endif
