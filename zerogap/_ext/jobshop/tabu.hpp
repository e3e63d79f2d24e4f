// Tabu search on the selection graph: neighbourhood N7 (Zhang et al. 2007), moves valued as Balas and Vazacopoulos
// (1998). Forbidden is the return to an order of two operations: with a ban on whole sequences and positions, as in the
// literature, the search was seen to cycle through the many ways of cutting one rearrangement into segments.
#pragma once

#include <limits>

#include "jobshop/graph.hpp"

namespace zg::jobshop {

template <class T>
class Tabu {
public:
    Graph<T> graph;
    T best = 0;                          // best makespan of this search
    std::vector<int32_t> best_sequence;  // and its machine sequences
    int64_t iterations = 0, idle = 0;    // moves in total; moves since `best` improved
    bool stuck = false;                  // the critical path offers no move (one block or one job: an optimum)

    void attach(const Shop& shop, uint64_t seed) {
        random.seed(seed);
        graph.attach(shop);
        const int n = shop.jobs, m = std::max(1, shop.machines);
        shortest = 10 + n / m;
        spread = std::max(1, static_cast<int>(shortest * (n <= 2 * m ? 0.4 : 0.5)));
        best_sequence.resize(shop.operations);
        path.resize(shop.operations), heads.resize(shop.operations);
        lay_out_bans(shop);
    }

    // Starts from machine sequences; false when they hold a cycle.
    bool start(const int32_t* sequence) {
        if (!graph.load(sequence)) return false;
        clear_bans();
        idle = 0, stuck = false;
        keep();
        return true;
    }

    // Up to `count` moves; stops after `patience` moves without improvement or at `target`.
    bool run(int64_t count, int64_t patience, T target) {
        for (int64_t stop = iterations + count; iterations < stop;) {
            if (idle >= patience || stuck || best <= target) return false;
            step();
        }
        return idle < patience && !stuck && best > target;
    }

    // The value of moving u behind v (forward) or v before u; for tests.
    T value(int u, int v, bool forward) {
        cutoff = std::numeric_limits<T>::max();
        return forward ? estimate_after(u, v) : estimate_before(v, u);
    }
    bool allowed(int u, int v, bool forward) const { return forward ? may_follow(u, v) : may_precede(v, u); }

private:
    struct Move {
        int32_t u = -1, v = -1;  // u before v on the machine
        bool forward = true;     // u behind v, or v before u
    };
    Random random;
    int shortest = 10, spread = 4;
    std::vector<int32_t> path;
    std::vector<T> heads;
    std::vector<int32_t> bans;       // one square a machine, or a hash table where these would be too large
    std::vector<int32_t> row, column;
    int hashed = 0;                  // shift of the hash, 0: squares
    int32_t clock = 0;               // moves since the bans were cleared
    T cutoff = 0;
    T chosen_value = 0;
    Move chosen, any;
    uint32_t ties = 0, seen = 0;

    void lay_out_bans(const Shop& shop) {
        row.resize(shop.operations), column.resize(shop.operations);
        std::vector<int32_t> count(shop.machines, 0);
        for (int x = 0; x < shop.operations; ++x) column[x] = count[shop.machine[x]]++;
        std::vector<int64_t> base(shop.machines + 1, 0);
        for (int m = 0; m < shop.machines; ++m) base[m + 1] = base[m] + int64_t(count[m]) * count[m];
        hashed = base.back() > (int64_t(1) << 23) ? 64 - 23 : 0;
        bans.assign(hashed ? size_t(1) << 23 : base.back(), 0);
        if (!hashed)
            for (int x = 0; x < shop.operations; ++x)
                row[x] = static_cast<int32_t>(base[shop.machine[x]] + int64_t(column[x]) * count[shop.machine[x]]);
    }
    void clear_bans() {
        std::fill(bans.begin(), bans.end(), 0);
        clock = 0;
    }

    void keep() {
        best = graph.makespan;
        std::copy(graph.sequence.begin(), graph.sequence.end(), best_sequence.begin());
    }

    // No path leads from js(u) to v if v's tail is at least that of js(u) (Balas, Vazacopoulos, proposition 2.2); of
    // operations without duration the tail must be larger, and v itself must not be js(u) (re-entrant jobs).
    bool may_follow(int u, int v) const {
        const auto& node = graph.node;
        const int js = node[u].js;
        return js != v && (node[v].tail > node[js].tail || (node[v].tail == node[js].tail && node[js].duration > 0));
    }
    bool may_precede(int v, int u) const {
        const auto& node = graph.node;
        const int jp = node[v].jp;
        const T until = graph.end(jp), own = graph.end(u);
        return jp != u && (own > until || (own == until && node[jp].duration > 0));
    }

    // Longest path through the moved segment after u stepped behind v; at least `cutoff` when it is cut short.
    T estimate_after(int u, int v) {
        const Node<T>* const node = graph.node.data();
        T* const head = heads.data();
        T end = graph.end(node[u].mp);
        int k = 0;
        for (int x = node[u].ms;; x = node[x].ms) {
            const Node<T>& n = node[x];
            const T job = node[n.jp].head + node[n.jp].duration;
            head[k] = job > end ? job : end;
            end = head[k++] + n.duration;
            if (x == v) break;
        }
        const Node<T>& nu = node[u];
        T tail = nu.duration + std::max(node[nu.js].tail, node[node[v].ms].tail);
        T longest = std::max(graph.end(nu.jp), end) + tail;
        for (int x = v; k-- && longest <= cutoff; x = node[x].mp) {
            const T job = node[node[x].js].tail;
            tail = node[x].duration + (job > tail ? job : tail);
            longest = std::max(longest, head[k] + tail);
        }
        return longest;
    }

    T estimate_before(int v, int u) {
        const Node<T>* const node = graph.node.data();
        T* const tails = heads.data();
        T tail = node[node[v].ms].tail;
        int k = 0;
        for (int x = node[v].mp;; x = node[x].mp) {
            const Node<T>& n = node[x];
            const T job = node[n.js].tail;
            tail = n.duration + (job > tail ? job : tail);
            tails[k++] = tail;
            if (x == u) break;
        }
        const Node<T>& nv = node[v];
        const T head = std::max(graph.end(nv.jp), graph.end(node[u].mp));
        T end = head + nv.duration;
        T longest = end + std::max(node[nv.js].tail, tail);
        for (int x = u; k-- && longest <= cutoff; x = node[x].ms) {
            const T job = graph.end(node[x].jp);
            const T start = job > end ? job : end;
            longest = std::max(longest, start + tails[k]);
            end = start + node[x].duration;
        }
        return longest;
    }

    // When the order "x before y" stops being forbidden.
    int32_t& ban(int x, int y) {
        if (hashed) return bans[(x * 0x9e3779b97f4a7c15ULL + y * 0xc2b2ae3d27d4eb4fULL) >> hashed];
        return bans[row[x] + column[y]];
    }

    // A move is tabu if it puts its two ends back into an order that a recent move gave up.
    bool tabu(const Move& move) { return ban(move.v, move.u) > clock; }

    void forbid_return(const Move& move, int32_t until) {
        const int32_t* const s = graph.sequence.data();
        const int a = graph.position[move.u], b = graph.position[move.v];
        if (move.forward)
            for (int i = a + 1; i <= b; ++i) ban(move.u, s[i]) = until;
        else
            for (int i = a; i < b; ++i) ban(s[i], move.v) = until;
    }

    void consider(int u, int v, bool forward) {
        if (!(forward ? may_follow(u, v) : may_precede(v, u))) return;
        const Move move{u, v, forward};
        if (random.below(++seen) == 0) any = move;
        cutoff = chosen_value;
        const T value = forward ? estimate_after(u, v) : estimate_before(v, u);
        if (value > chosen_value) return;
        if (value >= best && tabu(move)) return;
        if (value < chosen_value) {
            chosen_value = value, chosen = move, ties = 1;
        } else if (random.below(++ties) == 0) {
            chosen = move;
        }
    }

    // One block of the critical path: sequence positions a … b.
    void neighbours(int a, int b, bool first, bool last) {
        const int32_t* const s = graph.sequence.data();
        const int front = s[a], rear = s[b];
        if (b == a + 1) {
            consider(front, rear, true);
            return;
        }
        if (!last) {
            for (int i = a; i < b; ++i) consider(s[i], rear, true);           // to the rear
            for (int i = a + (first ? 0 : 1); i < b - 1; ++i) consider(s[i], rear, false);  // the rear inwards
        }
        if (!first) {
            for (int i = b; i > a; --i) consider(front, s[i], false);         // to the front
            for (int i = b - (last ? 0 : 1); i > a + 1; --i) consider(front, s[i], true);   // the front inwards
        }
    }

    void step() {
        if (clock > (1 << 30)) clear_bans();
        // A random longest path, from its end.
        const auto& node = graph.node;
        const Shop& shop = *graph.shop;
        int x = -1;
        uint32_t count = 0;
        for (int m = 0; m < shop.machines; ++m)
            if (shop.begin[m] < shop.begin[m + 1]) {
                const int y = graph.sequence[shop.begin[m + 1] - 1];
                if (graph.end(y) == graph.makespan && random.below(++count) == 0) x = y;
            }
        chosen = any = Move{}, ties = seen = 0;
        chosen_value = std::numeric_limits<T>::max();
        // Blocks are valued while the path is walked: [a, b] in sequence positions.
        bool last = true;
        for (int b = graph.position[x], a = b; x < graph.N;) {
            const int jp = node[x].jp, mp = node[x].mp;
            const bool by_machine = mp < graph.N && graph.end(mp) == node[x].head;
            const bool by_job = graph.end(jp) == node[x].head;
            const bool machine = by_machine && (!by_job || (jp < graph.N && (random.next() >> 63)));
            if (machine) {
                x = mp, --a;
                continue;
            }
            // Nothing in a block that begins at time 0 gets earlier by other operations in front; behind a release
            // date it may.
            const bool first = jp >= graph.N && node[x].head == 0;
            if (a < b && !(first && last)) neighbours(a, b, first, last);
            last = false;
            x = jp;
            if (x < graph.N) a = b = graph.position[x];
        }
        if (seen == 0) {
            stuck = true;
            return;
        }
        if (chosen.u < 0) chosen = any;
        forbid_return(chosen, clock + shortest + random.below(spread + 1));
        if (chosen.forward)
            graph.move_after(chosen.u, chosen.v);
        else
            graph.move_before(chosen.v, chosen.u);
#ifdef ZEROGAP_DEBUG
        assert(graph.consistent());
#endif
        ++iterations, ++idle, ++clock;
        if (graph.makespan < best) keep(), idle = 0;
    }
};

}  // namespace zg::jobshop
