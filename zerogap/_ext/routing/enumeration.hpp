// All routes within a gap of reduced cost, and their pricing by looking at each (Baldacci et al. 2008).
#ifndef ZEROGAP_ROUTING_ENUMERATION
#define ZEROGAP_ROUTING_ENUMERATION

#include "routing/labels.hpp"
#include "shared/clock.hpp"

namespace zg::routing {

// Elementary routes, one a set of clients.
class RoutePool {
  public:
    int n = 0;
    std::vector<int64_t> start{0};
    std::vector<int16_t> node;  // clients, from 1
    std::vector<double> worth;  // true cost

    size_t size() const { return worth.size(); }

    // Reduced cost of every route. `member` has `words` words a node: cuts that count ⌊½ visits⌋.
    // `touched` has `sets` words: sets whose reward a route that visits them earns once.
    void price(const double* rc, const uint64_t* member, const double* penalty, int words,
               const uint64_t* touched, const double* reward, int sets, double* out) const {
        const int m = n + 1;
        std::vector<uint64_t> odd(std::max(1, words)), met(std::max(1, sets));
        for (size_t k = 0; k < size(); ++k) {
            double cost = 0.0;
            int last = 0;
            std::fill(odd.begin(), odd.end(), 0);
            std::fill(met.begin(), met.end(), 0);
            for (int64_t at = start[k]; at < start[k + 1]; ++at) {
                const int j = node[at];
                cost += rc[last * m + j];
                last = j;
                for (int w = 0; w < words; ++w) {
                    const uint64_t own = member[(size_t)j * words + w];
                    for (uint64_t b = odd[w] & own; b; b &= b - 1)
                        cost += penalty[64 * w + __builtin_ctzll(b)];
                    odd[w] ^= own;
                }
                for (int w = 0; w < sets; ++w) met[w] |= touched[(size_t)j * sets + w];
            }
            for (int w = 0; w < sets; ++w)
                for (uint64_t b = met[w]; b; b &= b - 1) cost -= reward[64 * w + __builtin_ctzll(b)];
            out[k] = cost + rc[last * m];
        }
    }
    void retain(const uint8_t* wanted) {
        size_t to = 0;
        int64_t end = 0;
        for (size_t k = 0; k < size(); ++k) {
            if (!wanted[k]) continue;
            const int64_t from = start[k], length = start[k + 1] - from;
            std::copy(node.begin() + from, node.begin() + from + length, node.begin() + end);
            worth[to++] = worth[k];
            end += length;
            start[to] = end;  // never beyond what is still to be read
        }
        worth.resize(to);
        start.resize(to + 1);
        node.resize(end);
    }
};

struct Limits {
    size_t routes, paths, labels;
    double seconds;
};

// For every set of clients that an elementary route of reduced cost at most `gap` visits: the route of
// least true cost (by the arcs' `price`) among those within the gap. Orders of one set may cross a
// cut's set, or leave a cut's memory, differently often: reduced costs do not compare like true ones.
template <int W, int C> class Enumeration {
  public:
    Enumeration(const Problem& p, const std::vector<Bits<W>>& ng, const double* rc,
                const double* price, const Cuts<C>& cuts, double gap, const Limits& limits)
        : p_(p), ng_(ng), rc_(rc), price_(price), cuts_(cuts), gap_(gap + EPS), limits_(limits),
          deadline_(now() + limits.seconds) {}

    // False if a limit was met: then nothing is known.
    bool run(RoutePool& out) {
        if (!look_back()) return false;
        const size_t table = 1 << 20;
        head_.assign(table, -1);
        closed_.assign(table, -1);
        for (int j = 1; j <= p_.n; ++j) {
            if (!p_.allowed[j] || p_.demand[j] > p_.capacity || rc_[j] == INF) continue;
            Path l;
            l.load = l.time = l.cost = l.worth = 0;
            l.node = 0;
            l.from = -1;
            l.odd.clear();
            l.set.clear();
            extend(l, -1, j);
        }
        for (size_t k = 0; k < pool_.size(); ++k) {
            if (pool_.size() > limits_.paths) return false;
            if ((k & 127) == 0 && now() > deadline_) return false;
            if (pool_[k].dead) continue;
            close((int)k);
            if (found_.size() > limits_.routes) return false;
            const Path f = pool_[k];
            for (int j = 1; j <= p_.n; ++j)
                if (!f.set.test(j) && p_.allowed[j]) extend(f, (int)k, j);
        }
        write(out);
        return true;
    }

  private:
    struct Path {
        double cost, worth;
        int64_t load, time;
        int node, from, next;  // `next`: in the chain of the hash table
        bool dead = false;
        Bits<C> odd;
        Bits<W> set;
    };
    struct Found { int path, next; double worth; };
    static constexpr int LOOKS = 400;  // completions looked at before one is taken for granted
    static constexpr int SHELVES = 256;
    const Problem& p_;
    const std::vector<Bits<W>>& ng_;
    const double *rc_, *price_;
    const Cuts<C>& cuts_;
    const double gap_;
    const Limits limits_;
    const double deadline_;
    std::vector<Path> pool_;
    std::vector<Found> found_;
    std::vector<int> head_, closed_;
    Completions rest_, rest_back_;
    std::vector<Label<W, C>> back_;
    std::vector<std::vector<typename Direction<W, C>::Entry>> at_;  // by node, by rising cost
    std::vector<double> least_;  // by node and shelf: least cost up to there
    std::vector<std::vector<std::pair<double, int>>> order_;
    int shelves_ = 1;
    int64_t span_ = 1;

    // ng-paths that complete others, with the cuts if these are not too many, else without: penalties
    // only add cost.
    bool look_back() {
        rest_.build(p_, rc_, false);
        if (!p_.symmetric) rest_back_.build(p_, rc_, true);
        const std::vector<uint64_t> zero((size_t)(p_.n + 1) * CUT_WORDS, 0);
        const Cuts<C> none(p_.n, zero.data(), zero.data(), nullptr, 0);
        return backward(cuts_) || backward(none);
    }
    bool backward(const Cuts<C>& cuts) {
        Direction<W, C> d(p_, rc_, ng_, cuts, !(p_.symmetric && !p_.windows), false);
        d.fathom(p_.symmetric ? &rest_ : &rest_back_, gap_);
        d.run(p_.windows ? p_.horizon : p_.capacity, limits_.labels);
        if (d.truncated || now() > deadline_) return false;
        const int m = p_.n + 1;
        span_ = (p_.windows ? p_.horizon : p_.capacity) + 1;
        shelves_ = (int)std::min<int64_t>(span_, SHELVES);
        at_.assign(m, {});
        least_.assign((size_t)m * shelves_, INF);
        for (int j = 1; j <= p_.n; ++j) {
            double* least = &least_[(size_t)j * shelves_];
            for (int s = 0; s < d.shelves(); ++s)
                for (const auto& e : d.shelf(j, s)) {
                    at_[j].push_back(e);
                    double& here = least[shelf(e.primary)];
                    here = std::min(here, e.cost);
                }
            std::sort(at_[j].begin(), at_[j].end());
            for (int s = 1; s < shelves_; ++s) least[s] = std::min(least[s], least[s - 1]);
        }
        // The arcs of every client, that of the cheapest completion first.
        order_.assign(m, {});
        for (int i = 1; i <= p_.n; ++i) {
            for (int j = 1; j <= p_.n; ++j) {
                const double best = rc_[i * m + j] + least_[(size_t)j * shelves_ + shelves_ - 1];
                if (i != j && best < INF) order_[i].push_back({best, j});
            }
            std::sort(order_[i].begin(), order_[i].end());
        }
        back_ = std::move(d.pool);
        return true;
    }
    int shelf(int64_t value) const { return (int)(std::min(value, span_ - 1) * shelves_ / span_); }

    // Whether some completion may lead to a route within the gap. Any elementary route that continues
    // this path has a backward label that dominates its other part, and that one is met here.
    bool hopeful(const Path& l) const {
        const int m = p_.n + 1;
        const double* row = rc_ + l.node * m;
        if (l.cost + row[0] <= gap_) return true;
        int looks = 0;
        for (const auto& [best, j] : order_[l.node]) {
            if (l.cost + best > gap_) return false;
            if (l.set.test(j) || l.load + p_.demand[j] > p_.capacity) continue;
            const int64_t start = l.time + p_.travel[l.node * m + j];
            const int64_t room = p_.windows ? p_.horizon - start : p_.capacity - l.load;
            if (room < 0) continue;
            const double cost = l.cost + row[j];
            if (cost + least_[(size_t)j * shelves_ + shelf(room)] > gap_) continue;
            for (const auto& e : at_[j]) {
                if (cost + e.cost > gap_) break;
                if (++looks > LOOKS) return true;
                if (e.primary > room) continue;
                const Label<W, C>& b = back_[e.index];
                if (b.load + l.load > p_.capacity || b.memory.meets(l.set)) continue;
                if (cost + e.cost + cuts_.both(l.odd, b.odd) <= gap_) return true;
            }
        }
        return false;
    }

    static uint64_t hash(const Bits<W>& s, int end) {
        uint64_t h = 0x9e3779b97f4a7c15ULL * (uint64_t)(end + 1);
        for (int k = 0; k < W; ++k) { h ^= s.w[k]; h *= 0xff51afd7ed558ccdULL; h ^= h >> 32; }
        return h;
    }

    void extend(const Path& f, int index, int j) {
        const int m = p_.n + 1;
        const double arc = rc_[f.node * m + j];
        if (arc == INF || f.load + p_.demand[j] > p_.capacity) return;
        // The cheapest test first: most paths end here.
        const int64_t load = f.load + p_.demand[j];
        if (rest_.usable && f.cost + arc + rest_.after(j, load) > gap_) return;
        Path l = f;
        l.load = load;
        if (p_.windows) {
            const int64_t leave = index < 0 ? p_.ready[0] : f.time;
            l.time = std::max(p_.ready[j], leave + p_.travel[f.node * m + j]);
            if (l.time > p_.due[j]) return;
        }
        l.cost += arc + cuts_.visit(l.odd, j);
        l.worth += price_[f.node * m + j];
        l.node = j;
        l.from = index;
        l.dead = false;
        l.set.set(j);
        // Same clients, same end: a path that is no later and dearer neither in true nor in reduced
        // cost, whatever completes the two, is enough.
        int& head = head_[hash(l.set, j) & (head_.size() - 1)];
        for (int k = head; k >= 0; k = pool_[k].next)
            if (!pool_[k].dead && same(pool_[k], l) && better(pool_[k], l)) return;
        if (!hopeful(l)) return;
        for (int k = head; k >= 0; k = pool_[k].next)
            if (!pool_[k].dead && same(pool_[k], l) && better(l, pool_[k])) pool_[k].dead = true;
        l.next = head;
        head = (int)pool_.size();
        pool_.push_back(l);
    }
    static bool same(const Path& a, const Path& b) { return a.node == b.node && a.set.equals(b.set); }
    bool better(const Path& a, const Path& b) const {
        return a.worth <= b.worth && a.time <= b.time && a.cost <= b.cost + HAIR &&
               cuts_.affordable(a.odd, b.odd, b.cost - a.cost);
    }

    void close(int index) {
        const Path& f = pool_[index];
        const int m = p_.n + 1;
        const double back = rc_[f.node * m];
        if (back == INF || f.cost + back > gap_) return;
        if (p_.windows && f.time + p_.travel[f.node * m] > p_.due[0]) return;
        const double worth = f.worth + price_[f.node * m];
        int& head = closed_[hash(f.set, 0) & (closed_.size() - 1)];
        for (int k = head; k >= 0; k = found_[k].next) {
            if (!pool_[found_[k].path].set.equals(f.set)) continue;
            if (worth < found_[k].worth) { found_[k].worth = worth; found_[k].path = index; }
            return;
        }
        found_.push_back({index, head, worth});
        head = (int)found_.size() - 1;
    }

    void write(RoutePool& out) const {
        out.n = p_.n;
        for (const Found& f : found_) {
            const size_t begin = out.node.size();
            for (int at = f.path; at >= 0; at = pool_[at].from) out.node.push_back((int16_t)pool_[at].node);
            std::reverse(out.node.begin() + begin, out.node.end());
            out.start.push_back((int64_t)out.node.size());
            out.worth.push_back(f.worth);
        }
    }
};

}  // namespace zg::routing
#endif
