// Search over topological orders for dense least-squares scores.
//
// For an order pi let S_pi = L L^T. The squared diagonal of L holds the residual variance of every
// variable given its predecessors, so sum L_kk^2 is the score of the order. One d x d array carries
// both L and K = L^-1:
//     row k, column v:  L[v, k] if v stands at k or later,  K[k, v] if v stands before k,
// columns being variables, not positions. Swapping the neighbours at k, k+1 is one plane rotation of
// rows k and k+1 for L and K alike: 2 d contiguous numbers, nothing to permute.
//
// Moving x from p left to q:  with r_k = sum_{m=k..p} L[x,m]^2 the variance of x at q is r_q, and
// every variable it passes shrinks from L_kk^2 to L_kk^2 r_{k+1} / r_k.
// Moving x from p right to q: with s_k = sum_{m=p..k} K[m,x]^2 the variance of x at q is 1 / s_q, and
// every variable it passes grows from L_kk^2 to L_kk^2 s_k / s_{k-1}.
// So all d targets of one variable cost O(d), the whole insertion neighbourhood O(d^2).
#ifndef ZEROGAP_DAG_ORDER
#define ZEROGAP_DAG_ORDER
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

namespace zg::dag {

// Next free variable of smallest conditional variance, again and again: for equal noise variances
// this is a consistent estimate of the order. O(d^3). `before[i*d+j]` says that i must precede j.
inline bool greedy_order(int d, const double* S, const uint8_t* before, int* order) {
    std::vector<double> M(S, S + (size_t)d * d);
    std::vector<int> wait(d, 0);
    std::vector<uint8_t> placed(d, 0);
    for (int i = 0; i < d; ++i)
        for (int j = 0; j < d; ++j) wait[j] += before[(size_t)i * d + j] != 0;
    for (int k = 0; k < d; ++k) {
        int x = -1;
        for (int j = 0; j < d; ++j)
            if (!placed[j] && !wait[j] &&
                (x < 0 || M[(size_t)j * d + j] < M[(size_t)x * d + x])) x = j;
        if (x < 0) return false;
        const double v = M[(size_t)x * d + x];
        if (!(v > 0)) return false;
        order[k] = x;
        placed[x] = 1;
        const double* row = &M[(size_t)x * d];
        for (int i = 0; i < d; ++i) {
            if (placed[i]) continue;
            const double c = row[i] / v;
            double* m = &M[(size_t)i * d];
            for (int j = 0; j < d; ++j) m[j] -= c * row[j];
            if (before[(size_t)x * d + i]) --wait[i];
        }
    }
    return true;
}

class Factor {
  public:
    int d = 0;
    std::vector<double> S, B, D;   // covariance; L and K interleaved; squared diagonal
    std::vector<int> order, place; // variable at a position; position of a variable
    int64_t rotations = 0;         // since the last factorisation

    void init(int n, const double* s) {
        d = n;
        S.assign(s, s + (size_t)d * d);
        B.assign((size_t)d * d, 0.0);
        D.assign(d, 0.0);
        order.resize(d);
        place.resize(d);
        work.resize((size_t)d * d);
    }

    // Factorise for an order; false if the covariance is not positive definite.
    bool set(const int* pi) {
        for (int k = 0; k < d; ++k) { order[k] = pi[k]; place[pi[k]] = k; }
        double* M = work.data();
        // Right-looking: row k of M becomes L[:, k] (by variable).
        std::memcpy(M, S.data(), sizeof(double) * (size_t)d * d);
        std::fill(B.begin(), B.end(), 0.0);
        for (int k = 0; k < d; ++k) {
            const int x = order[k];
            const double v = M[(size_t)x * d + x];
            if (!(v > 0) || !std::isfinite(v)) return false;
            const double root = std::sqrt(v);
            double* b = &B[(size_t)k * d];
            const double* row = &M[(size_t)x * d];
            for (int m = k; m < d; ++m) b[order[m]] = row[order[m]] / root;
            for (int m = k + 1; m < d; ++m) {
                const int i = order[m];
                const double c = b[i];
                double* w = &M[(size_t)i * d];
                for (int j = 0; j < d; ++j) w[j] -= c * b[j];
            }
            D[k] = v;
        }
        // K row by row: K[k, :] = (e_k - sum_{m<k} L[k, m] K[m, :]) / L_kk, kept apart in M.
        std::fill(M, M + (size_t)d * d, 0.0);
        for (int k = 0; k < d; ++k) {
            const int x = order[k];
            double* row = M + (size_t)k * d;
            for (int m = 0; m < k; ++m) {
                const double l = B[(size_t)m * d + x];
                const double* other = M + (size_t)m * d;
                for (int j = 0; j < d; ++j) row[j] -= l * other[j];
            }
            const double inverse = 1.0 / B[(size_t)k * d + x];
            for (int j = 0; j < d; ++j) row[j] *= inverse;
            row[x] = inverse;
        }
        for (int k = 0; k < d; ++k)
            for (int m = 0; m < k; ++m)
                B[(size_t)k * d + order[m]] = M[(size_t)k * d + order[m]];
        rotations = 0;
        return true;
    }

    double total() const {
        double f = 0;
        for (int k = 0; k < d; ++k) f += D[k];
        return f;
    }

    // Exchange the neighbours at k and k + 1.
    void rotate(int k) {
        double* u = &B[(size_t)k * d];
        double* w = u + d;
        const int x = order[k], y = order[k + 1];
        const double a = u[x], b = u[y], c = w[y];
        const double rho = std::sqrt(b * b + c * c);
        const double cs = b / rho, sn = c / rho;
        for (int j = 0; j < d; ++j) {
            const double s = u[j], t = w[j];
            u[j] = cs * s + sn * t;
            w[j] = sn * s - cs * t;
        }
        const double c1 = a * c / rho;
        u[y] = rho;
        u[x] = a * b / rho;
        w[x] = c1;
        w[y] = -u[x] / (rho * c1);
        D[k] = rho * rho;
        D[k + 1] = c1 * c1;
        order[k] = y; order[k + 1] = x;
        place[y] = k; place[x] = k + 1;
        ++rotations;
    }

    void move(int p, int q) {
        for (; p > q; --p) rotate(p - 1);
        for (; p < q; ++p) rotate(p);
    }

    // Best other place of the variable at p: the change of the total, and where.
    double best_place(int p, const uint8_t* before, int& where) const {
        const int x = order[p];
        const double own = D[p];
        double best = std::numeric_limits<double>::infinity();
        where = p;
        double r = own, change = 0;
        for (int k = p - 1; k >= 0; --k) {
            if (before && before[(size_t)order[k] * d + x]) break;
            const double l = B[(size_t)k * d + x];
            const double l2 = l * l, next = r + l2;
            change -= D[k] * (l2 / next);
            r = next;
            const double delta = change + (r - own);
            if (delta < best) { best = delta; where = k; }
        }
        double s = 1.0 / own;
        change = 0;
        for (int k = p + 1; k < d; ++k) {
            if (before && before[(size_t)x * d + order[k]]) break;
            const double h = B[(size_t)k * d + x];
            const double h2 = h * h;
            change += D[k] * (h2 / s);
            s += h2;
            const double delta = change + (1.0 / s - own);
            if (delta < best) { best = delta; where = k; }
        }
        return best;
    }

    // Change of the total if the variables at p < q exchange places; O(q - p).
    // Walking x to the right, `u` is the loading of y on the residual direction of x.
    double swap_change(int p, int q) const {
        const int x = order[p], y = order[q];
        double r = 0;  // variance of y given everything before the current position
        for (int m = p; m <= q; ++m) {
            const double l = B[(size_t)m * d + y];
            r += l * l;
        }
        double total_new = r;
        double total_old = D[p] + D[q];
        double u = B[(size_t)p * d + y];
        r -= u * u;
        double s = 1.0 / D[p];
        for (int k = p + 1; k < q; ++k) {
            const double* row = &B[(size_t)k * d];
            const double c2 = D[k], h = row[x], l = row[y];
            const double b = -h / std::sqrt(s);        // in units of L_kk
            const double q2 = 1.0 + b * b;
            const double cov = b * u + l;
            total_old += c2;
            total_new += c2 * (q2 - cov * cov / (r + u * u));
            u = (u - b * l) / std::sqrt(q2);
            r -= l * l;
            s += h * h;
        }
        const double h = B[(size_t)q * d + x];
        s += h * h;
        return total_new + 1.0 / s - total_old;
    }

  private:
    std::vector<double> work;
};

}  // namespace zg::dag
#endif
