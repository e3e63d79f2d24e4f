// Violated clusters of a relaxed choice of parent sets, grown greedily and polished.
//
// The left side of a cluster C with its k is the total of the sets of members of C that have fewer
// than k members of C; every graph without cycles makes it at least k. Columns are parent sets with
// their owners and values; a move takes one pass over them.
#ifndef ZEROGAP_DAG_CUTS
#define ZEROGAP_DAG_CUTS
#include <cstdint>
#include <limits>
#include <vector>

namespace zg::dag {

struct FoundCluster {
    double violation;
    std::vector<int> members;
};

class ClusterSearch {
  public:
    std::vector<FoundCluster> found;

    // Columns in compressed form: the set of column c is parents[start[c] .. start[c + 1]).
    void init(int d_, const std::vector<int>& owner_, const std::vector<double>& x_,
              const std::vector<int>& start_, const std::vector<int>& parents_) {
        d = d_;
        owner = owner_;
        x = x_;
        start = start_;
        parents = parents_;
        holding.assign(d, {});
        for (size_t c = 0; c < owner.size(); ++c)
            for (int p = start[c]; p < start[c + 1]; ++p) holding[parents[p]].push_back((int)c);
        joined.resize(d);
        gone.resize(d);
    }

    // From one seed: the first violated cluster on the way up, and the best one, polished.
    void grow(const std::vector<int>& seed, int k, int largest, double tolerance) {
        in.assign(d, 0);
        count.assign(owner.size(), 0);
        size = 0;
        for (int v : seed) flip(v);
        double best = std::numeric_limits<double>::infinity();
        std::vector<char> chosen = in;
        bool reported = false;
        for (int step = 0; step < largest; ++step) {
            const double left = moves(k);
            if (size > k && left < best - 1e-9) {
                best = left;
                chosen = in;
                if (!reported && left < k - tolerance) { report(k - left); reported = true; }
            }
            int v = -1;
            for (int u = 0; u < d; ++u)
                if (!in[u] && (v < 0 || joined[u] < joined[v])) v = u;
            if (v < 0 || (left <= 0 && size > k)) break;
            flip(v);
        }
        for (int v = 0; v < d; ++v) if (in[v] != chosen[v]) flip(v);
        for (int step = 0; step < 3 * largest; ++step) {
            moves(k);
            int v = -1;
            double value = best - 1e-9;
            for (int u = 0; u < d; ++u) {
                if (in[u] && size <= k + 1) continue;
                const double to = in[u] ? gone[u] : joined[u];
                if (to < value) { value = to; v = u; }
            }
            if (v < 0) break;
            best = value;
            flip(v);
        }
        if (best < k - tolerance) report(k - best);
    }

  private:
    int d = 0, size = 0;
    std::vector<int> owner, start, parents, count;
    std::vector<double> x, joined, gone;
    std::vector<char> in;
    std::vector<std::vector<int>> holding;

    void flip(int v) {
        const int step = in[v] ? -1 : 1;
        in[v] ^= 1;
        size += step;
        for (int c : holding[v]) count[c] += step;
    }

    void report(double violation) {
        FoundCluster f;
        f.violation = violation;
        for (int v = 0; v < d; ++v) if (in[v]) f.members.push_back(v);
        found.push_back(f);
    }

    // Left side now, and with each variable joined or gone.
    double moves(int k) {
        double left = 0;
        for (int v = 0; v < d; ++v) joined[v] = gone[v] = 0;
        const int n = (int)owner.size();
        for (int c = 0; c < n; ++c) {
            const int j = owner[c];
            if (count[c] < k) {
                if (in[j]) { left += x[c]; gone[j] -= x[c]; }
                else joined[j] += x[c];
            }
            if (!in[j]) continue;
            if (count[c] == k - 1) {
                for (int p = start[c]; p < start[c + 1]; ++p) joined[parents[p]] -= x[c];
            } else if (count[c] == k) {
                for (int p = start[c]; p < start[c + 1]; ++p) gone[parents[p]] += x[c];
            }
        }
        for (int v = 0; v < d; ++v) { joined[v] += left; gone[v] += left; }
        return left;
    }
};

}  // namespace zg::dag
#endif
