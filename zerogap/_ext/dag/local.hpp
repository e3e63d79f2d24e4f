// Local scores: what a variable costs when its parents come from a given set of predecessors.
//
// Every variable has its own candidates, numbered 0 … k-1; sets of them are bit masks of `words`
// 64-bit words. Required parents are members of every parent set and not among the candidates.
#ifndef ZEROGAP_DAG_LOCAL
#define ZEROGAP_DAG_LOCAL
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <unordered_map>
#include <vector>

namespace zg::dag {

constexpr double TWO_PI = 6.283185307179586476925286766559;
constexpr int MOST_WORDS = 4;

struct Bits {
    uint64_t w[MOST_WORDS] = {0, 0, 0, 0};
    bool test(int i) const { return (w[i >> 6] >> (i & 63)) & 1; }
    void flip(int i) { w[i >> 6] ^= 1ULL << (i & 63); }
    bool operator==(const Bits& o) const { return !std::memcmp(w, o.w, sizeof w); }
};

struct BitsHash {
    size_t operator()(const Bits& b) const {
        uint64_t h = 0;
        for (uint64_t x : b.w) {
            h = (h ^ x) * 0x9e3779b97f4a7c15ULL;
            h ^= h >> 29;
        }
        return (size_t)h;
    }
};

enum Loss { LEAST_SQUARES = 0, GAUSS = 1, LOGISTIC = 2 };

// What the data say: covariance, rows (for the logistic loss), kind of score.
struct Problem {
    int d = 0, n = 0;
    Loss loss = LEAST_SQUARES;
    double edge = 0;    // cost of an edge
    double lasso = 0;   // weight of the absolute coefficients
    std::vector<double> S;
    std::vector<double> columns;                // X by columns, logistic loss only
    std::vector<std::vector<int>> candidates;   // by variable
    std::vector<std::vector<int>> required;     // by variable
    std::vector<int> slot;                      // slot[j * d + i]: number of i among j's, or -1
    int most_parents = 0;

    double base(double variance) const {
        if (loss == GAUSS) return 0.5 * n * (std::log(TWO_PI * variance) + 1);
        return 0.5 * variance;
    }
};

// Score of one variable as a function of its possible parents, with the coefficients on demand.
class LocalScore {
  public:
    virtual ~LocalScore() = default;
    virtual double cost(int j, const Bits& available) = 0;
    // The same after candidate `slot` came (`added`) or went; `token` remembers what was chosen.
    virtual double change(int j, const Bits& available, int slot, bool added, double now, int& token) {
        (void)slot, (void)added, (void)now, (void)token;
        return cost(j, available);
    }
    virtual int choice(int j, const Bits& available) { (void)j, (void)available; return -1; }
    // Parents chosen among the available candidates (variables), required ones included.
    virtual void parents(int j, const Bits& available, std::vector<int>& out) = 0;
    int64_t solved = 0;
};

// Best of an explicit list of parent sets, sorted by cost: the first that fits.
class ListScore : public LocalScore {
  public:
    struct List {
        std::vector<double> cost;
        std::vector<Bits> sets;
        std::vector<std::vector<int>> holding;  // by candidate: the sets that hold it, ascending
    };
    std::vector<List> lists;
    const Problem* problem = nullptr;
    int words = 1;

    void index() {
        for (size_t j = 0; j < lists.size(); ++j) index((int)j);
    }
    void index(int j) {
        List& l = lists[j];
        l.holding.assign(problem->candidates[j].size(), {});
        for (size_t k = 0; k < l.sets.size(); ++k)
            for (size_t c = 0; c < l.holding.size(); ++c)
                if (l.sets[k].test((int)c)) l.holding[c].push_back((int)k);
    }

    bool fits(const Bits& set, const Bits& available) const {
        uint64_t outside = 0;
        for (int w = 0; w < words; ++w) outside |= set.w[w] & ~available.w[w];
        return !outside;
    }

    int first(int j, const Bits& available, int from = 0) const {
        const List& l = lists[j];
        const int count = (int)l.cost.size();
        for (int k = from; k < count; ++k)
            if (fits(l.sets[k], available)) return k;
        return -1;
    }

    int choice(int j, const Bits& available) override { return first(j, available); }

    double change(int j, const Bits& available, int slot, bool added, double now,
                  int& token) override {
        ++solved;
        const List& l = lists[j];
        if (token < 0) token = first(j, available);
        else if (added) {
            for (int k : l.holding[slot]) {
                if (k >= token) break;
                if (fits(l.sets[k], available)) { token = k; break; }
            }
        } else if (l.sets[token].test(slot)) {
            token = first(j, available, token + 1);
        } else return now;
        return token < 0 ? std::numeric_limits<double>::infinity() : l.cost[token];
    }

    double cost(int j, const Bits& available) override {
        ++solved;
        const int k = first(j, available);
        return k < 0 ? std::numeric_limits<double>::infinity() : lists[j].cost[k];
    }

    void parents(int j, const Bits& available, std::vector<int>& out) override {
        out = problem->required[j];
        const int k = first(j, available);
        if (k < 0) return;
        for (size_t c = 0; c < problem->candidates[j].size(); ++c)
            if (lists[j].sets[k].test((int)c)) out.push_back(problem->candidates[j][c]);
    }
};

// All available candidates are parents: regressions of every kind, remembered by set.
class FitScore : public LocalScore {
  public:
    const Problem* problem = nullptr;

    explicit FitScore(const Problem& p) : problem(&p), known(p.d) {}

    double cost(int j, const Bits& available) override {
        auto& memory = known[j];
        auto it = memory.find(available);
        if (it != memory.end()) return it->second;
        collect(j, available);
        const double value = fit(j);
        if (memory.size() > 200000) memory.clear();
        memory.emplace(available, value);
        return value;
    }

    void parents(int j, const Bits& available, std::vector<int>& out) override {
        collect(j, available);
        out = chosen;
    }

    // Coefficients of j on the given parents; returns loss plus lasso.
    double coefficients(int j, const std::vector<int>& on, double* w) {
        chosen = on;
        const double value = fit(j);
        std::copy(weights.begin(), weights.end(), w);
        return value - problem->edge * (double)on.size();
    }

  private:
    std::vector<std::unordered_map<Bits, double, BitsHash>> known;
    std::vector<int> chosen;
    std::vector<double> G, c, weights, L, fitted, probability, H, gradient, step, trial, trial_fit;

    void collect(int j, const Bits& available) {
        chosen = problem->required[j];
        for (size_t k = 0; k < problem->candidates[j].size(); ++k)
            if (available.test((int)k)) chosen.push_back(problem->candidates[j][k]);
    }

    double fit(int j) {
        ++solved;
        const int k = (int)chosen.size();
        weights.assign(k, 0.0);
        if (problem->loss == LOGISTIC) return logistic(j) + problem->edge * k;
        const double* S = problem->S.data();
        const size_t d = problem->d;
        G.resize((size_t)k * k);
        c.resize(k);
        for (int a = 0; a < k; ++a) {
            c[a] = S[chosen[a] * d + j];
            for (int b = 0; b < k; ++b) G[(size_t)a * k + b] = S[chosen[a] * d + chosen[b]];
        }
        if (problem->lasso > 0)
            return lasso(G, c, S[j * d + j], problem->lasso, weights) + problem->edge * k;
        std::vector<double> sign(k, 0.0);
        solve(G, c, weights);
        double v = S[j * d + j];
        for (int a = 0; a < k; ++a) v -= weights[a] * c[a];
        return problem->base(std::max(v, 1e-300)) + problem->edge * k;
    }

    // G w = c by Cholesky; G is positive definite.
    void solve(const std::vector<double>& A, const std::vector<double>& b, std::vector<double>& w) {
        const int k = (int)b.size();
        L.assign((size_t)k * k, 0.0);
        w = b;
        for (int i = 0; i < k; ++i) {
            double* row = &L[(size_t)i * k];
            for (int j = 0; j <= i; ++j) {
                const double* other = &L[(size_t)j * k];
                double s = A[(size_t)i * k + j];
                for (int m = 0; m < j; ++m) s -= row[m] * other[m];
                row[j] = i == j ? std::sqrt(std::max(s, 1e-300)) : s / other[j];
            }
            for (int m = 0; m < i; ++m) w[i] -= row[m] * w[m];
            w[i] /= row[i];
        }
        for (int i = k - 1; i >= 0; --i) {
            for (int m = i + 1; m < k; ++m) w[i] -= L[(size_t)m * k + i] * w[m];
            w[i] /= L[(size_t)i * k + i];
        }
    }

    // min 1/2 (s - 2 c.w + w.A w) + lambda |w|_1 by coordinate descent, then exactly on the support.
    double lasso(const std::vector<double>& A, const std::vector<double>& b, double s, double lambda,
                 std::vector<double>& w) {
        const int k = (int)b.size();
        std::vector<double> r(b);  // b - A w
        for (int i = 0; i < k; ++i)
            if (w[i] != 0)
                for (int m = 0; m < k; ++m) r[m] -= A[(size_t)i * k + m] * w[i];
        const double small = 1e-12 * std::sqrt(std::max(s, 1e-300));
        for (int sweep = 0; sweep < 2000; ++sweep) {
            double largest = 0;
            for (int i = 0; i < k; ++i) {
                const double diagonal = A[(size_t)i * k + i];
                const double z = r[i] + diagonal * w[i];
                const double next = z > lambda ? (z - lambda) / diagonal
                                  : z < -lambda ? (z + lambda) / diagonal : 0.0;
                const double change = next - w[i];
                if (change == 0) continue;
                w[i] = next;
                for (int m = 0; m < k; ++m) r[m] -= A[(size_t)i * k + m] * change;
                largest = std::max(largest, std::abs(change) * std::sqrt(diagonal));
            }
            if (largest <= small) break;
            if (sweep % 8 == 7 && polish(A, b, lambda, w, r)) break;
        }
        double value = s;
        for (int i = 0; i < k; ++i) value -= w[i] * (b[i] + r[i]);
        value *= 0.5;
        for (int i = 0; i < k; ++i) value += lambda * std::abs(w[i]);
        return value;
    }

    // Solve on the support with the signs fixed; true if that is optimal.
    bool polish(const std::vector<double>& A, const std::vector<double>& b, double lambda,
                std::vector<double>& w, std::vector<double>& r) {
        const int k = (int)b.size();
        std::vector<int> on;
        for (int i = 0; i < k; ++i) if (w[i] != 0) on.push_back(i);
        const int m = (int)on.size();
        std::vector<double> B((size_t)m * m), e(m), x;
        for (int a = 0; a < m; ++a) {
            e[a] = b[on[a]] - (w[on[a]] > 0 ? lambda : -lambda);
            for (int q = 0; q < m; ++q) B[(size_t)a * m + q] = A[(size_t)on[a] * k + on[q]];
        }
        solve(B, e, x);
        for (int a = 0; a < m; ++a) if (x[a] * w[on[a]] <= 0) return false;
        std::vector<double> residual(b);
        for (int a = 0; a < m; ++a)
            for (int i = 0; i < k; ++i) residual[i] -= A[(size_t)on[a] * k + i] * x[a];
        for (int i = 0; i < k; ++i)
            if (w[i] == 0 && std::abs(residual[i]) > lambda * (1 + 1e-12)) return false;
        for (int a = 0; a < m; ++a) w[on[a]] = x[a];
        r = residual;
        return true;
    }

    double loss_of(const double* y, const std::vector<double>& m) const {
        double sum = 0;
        for (int r = 0; r < problem->n; ++r) {
            const double t = m[r];
            sum += (t > 0 ? t : 0) + std::log1p(std::exp(-std::abs(t))) - y[r] * t;
        }
        return sum / problem->n;
    }

    // Mean logistic loss plus lasso by Newton steps, the quadratic model solved by `lasso`/`solve`.
    double logistic(int j) {
        const int n = problem->n, k = (int)chosen.size();
        const double* X = problem->columns.data();
        const double* y = X + (size_t)j * n;
        fitted.assign(n, 0.0);
        double value = loss_of(y, fitted);
        if (!k) return value;
        probability.resize(n);
        trial_fit.resize(n);
        for (int round = 0; round < 60; ++round) {
            newton_model(y);
            // In terms of the next point u: min -(g - H w).u ... written as 1/2 u.H u - b.u
            std::vector<double> b(k), u(weights);
            for (int a = 0; a < k; ++a) {
                b[a] = -gradient[a];
                for (int m = 0; m < k; ++m) b[a] += H[(size_t)a * k + m] * weights[m];
            }
            if (problem->lasso > 0) lasso(H, b, 1.0, problem->lasso, u);
            else solve(H, b, u);
            const double next = line_search(y, u, value);
            if (!(next < value - 1e-14 * std::max(1.0, value))) break;
            value = next;
        }
        return value;
    }

    void newton_model(const double* y) {
        const int n = problem->n, k = (int)chosen.size();
        const double* X = problem->columns.data();
        H.assign((size_t)k * k, 0.0);
        gradient.assign(k, 0.0);
        std::vector<double> curve(n), product(n);
        for (int r = 0; r < n; ++r) {
            const double p = 1 / (1 + std::exp(-fitted[r]));
            probability[r] = p - y[r];
            curve[r] = p * (1 - p);
        }
        for (int a = 0; a < k; ++a) {
            const double* xa = X + (size_t)chosen[a] * n;
            double g = 0;
            for (int r = 0; r < n; ++r) { g += xa[r] * probability[r]; product[r] = xa[r] * curve[r]; }
            gradient[a] = g / n;
            for (int m = 0; m <= a; ++m) {
                const double* xm = X + (size_t)chosen[m] * n;
                double h = 0;
                for (int r = 0; r < n; ++r) h += product[r] * xm[r];
                H[(size_t)a * k + m] = H[(size_t)m * k + a] = h / n;
            }
        }
        // Where the data separate the classes the curvature vanishes; this keeps the step finite.
        for (int a = 0; a < k; ++a) H[(size_t)a * k + a] += 1e-10;
    }

    double line_search(const double* y, const std::vector<double>& target, double value) {
        const int n = problem->n, k = (int)chosen.size();
        const double* X = problem->columns.data();
        double before = 0;
        for (int a = 0; a < k; ++a) before += problem->lasso * std::abs(weights[a]);
        (void)before;
        trial.resize(k);
        for (double t = 1; t > 1e-6; t *= 0.5) {
            std::fill(trial_fit.begin(), trial_fit.end(), 0.0);
            double norm = 0;
            for (int a = 0; a < k; ++a) {
                trial[a] = weights[a] + t * (target[a] - weights[a]);
                norm += std::abs(trial[a]);
                if (trial[a] == 0) continue;
                const double* xa = X + (size_t)chosen[a] * n;
                for (int r = 0; r < n; ++r) trial_fit[r] += trial[a] * xa[r];
            }
            const double next = loss_of(y, trial_fit) + problem->lasso * norm;
            if (next < value) {
                weights = trial;
                fitted.swap(trial_fit);
                return next;
            }
        }
        return value;
    }
};

}  // namespace zg::dag
#endif
