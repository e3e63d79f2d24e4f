// Joint annealing of a scheme and of its circuits at constant rank.
//
// Two products whose factors on one side are equal up to sign may be flipped,
//     a⊗b⊗c + σ a⊗b'⊗c'  =  a⊗(b + t b')⊗c + σ a⊗b'⊗(c' - σ t c),
// which changes one row on each of the two other sides. In the circuits that is one more addition
// at most on each: the sum is rewritten locally and the flip judged by the additions it saves.
#ifndef ZEROGAP_MATMUL_ADDITIONS_SCHEME_HPP
#define ZEROGAP_MATMUL_ADDITIONS_SCHEME_HPP

#include "matmul/additions.hpp"

namespace zg::matmul {

class SchemeAnnealer {
 public:
  Circuit side[3];              // forms of A, forms of B; entries of C from the products
  double hot = 0.6, cold = 0.25;
  double flips = 0.3;           // share of the trials that flip products
  bool binary = false;          // modulo 2
  int64_t first = 1 << 17, longest = 1 << 24;  // trials of the first, of the longest round
  int best = 0;
  int naive = 0;                // additions of the given scheme without sharing
  int64_t steps = 0, flipped = 0;
  int rank = 0, width[3] = {0, 0, 0};

  // Factors row by row, rank × width[f].
  void start(const int8_t* u, const int8_t* v, const int8_t* w, int r, const int* widths,
             uint64_t seed) {
    rank = r;
    zg_rng_seed(&rng_, seed);
    const int8_t* given[3] = {u, v, w};
    for (int f = 0; f < 3; ++f) {
      width[f] = widths[f];
      rows_[f].assign(given[f], given[f] + (size_t)r * widths[f]);
    }
    rebuild();
    naive = additions();
    for (int f = 0; f < 3; ++f) side[f].descend();
    keep();
    begin(first);
  }

  int additions() const { return side[0].additions + side[1].additions + side[2].additions; }

  int64_t made() const { return steps; }
  bool run(int64_t number) {
    for (int64_t k = 0; k < number; ++k, ++steps) {
      if (at_ == length_) next();
      if ((at_++ & 63) == 0) temperature_ = hot * std::pow(cold / hot, (double)at_ / length_);
      bool changed;
      if (zg_rng_double(&rng_) < flips) changed = flip();
      else changed = side[(at_ + zg_rng_below(&rng_, 2)) % 3].step(temperature_);
      if (changed && additions() < best) keep();
    }
    return true;
  }

  const std::vector<int32_t>& saved(int f) const { return saved_[f]; }
  const std::vector<int8_t>& saved_rows(int f) const { return saved_rows_[f]; }

 private:
  struct Pair { int32_t i, j; int8_t factor, sign; };
  std::vector<int8_t> rows_[3], saved_rows_[3];
  std::vector<int32_t> saved_[3];
  std::vector<Pair> pairs_;
  ZgRng rng_;
  int64_t at_ = 0, length_ = 1;
  double temperature_ = 0;

  int8_t* row(int f, int i) { return rows_[f].data() + (size_t)i * width[f]; }

  // Circuits and pairs of the present factors.
  void rebuild() {
    std::vector<int8_t> turned((size_t)rank * width[2]);
    for (int i = 0; i < rank; ++i)
      for (int k = 0; k < width[2]; ++k) turned[(size_t)k * rank + i] = row(2, i)[k];
    for (int f = 0; f < 3; ++f) side[f].binary = binary;
    for (int f = 0; f < 2; ++f)
      side[f].start(rows_[f].data(), rank, width[f], zg_rng_next(&rng_));
    side[2].start(turned.data(), width[2], rank, zg_rng_next(&rng_));
    pairs_.clear();
    for (int f = 0; f < 3; ++f)
      for (int i = 0; i < rank; ++i) pair_up(f, i, i);
  }

  // Pairs of product i with products below `end` that have the same factor f.
  void pair_up(int f, int i, int end) {
    const int8_t* a = row(f, i);
    for (int j = 0; j < end; ++j) {
      if (j == i) continue;
      const int8_t* b = row(f, j);
      int k = 0;
      while (k < width[f] && !a[k] && !b[k]) ++k;
      if (k == width[f] || !a[k] || !b[k]) continue;
      int sign = a[k] != b[k];
      for (; k < width[f]; ++k) if (a[k] != (sign ? -b[k] : b[k])) break;
      if (k == width[f]) pairs_.push_back({i, j, (int8_t)f, (int8_t)sign});
    }
  }

  void unpair(int f, int i) {
    for (size_t k = 0; k < pairs_.size();)
      if (pairs_[k].factor == f && (pairs_[k].i == i || pairs_[k].j == i)) {
        pairs_[k] = pairs_.back();
        pairs_.pop_back();
      } else ++k;
  }

  // Whether row i plus ± row j stays ternary and is not zero.
  bool fits(int f, int i, int j, int sign) {
    const int8_t *a = row(f, i), *b = row(f, j);
    bool any = false;
    for (int k = 0; k < width[f]; ++k) {
      int value = binary ? a[k] ^ b[k] : a[k] + (sign ? -b[k] : b[k]);
      if (value > 1 || value < -1) return false;
      any |= value != 0;
    }
    return any;
  }

  void apply(int f, int i, int j, int sign) {
    int8_t* a = row(f, i);
    const int8_t* b = row(f, j);
    for (int k = 0; k < width[f]; ++k) {
      int value = binary ? a[k] ^ b[k] : a[k] + (sign ? -b[k] : b[k]);
      a[k] = (int8_t)value;
    }
    unpair(f, i);
    pair_up(f, i, rank);
  }

  int combine(int f, int i, int j, int sign) {
    return f < 2 ? side[f].combine(0, width[f] + i, width[f] + j, sign)
                 : side[f].combine(1, i, j, sign);
  }

  bool flip() {
    if (pairs_.empty()) return false;
    const Pair p = pairs_[zg_rng_below(&rng_, (uint32_t)pairs_.size())];
    uint32_t dice = zg_rng_below(&rng_, 8);
    int i = dice & 1 ? p.j : p.i, j = dice & 1 ? p.i : p.j, t = binary ? 0 : dice >> 1 & 1;
    int f = (p.factor + 1 + (int)(dice >> 2)) % 3, g = 3 - p.factor - f;
    int back = binary ? 0 : t ^ p.sign ^ 1;
    if (!fits(f, i, j, t) || !fits(g, j, i, back)) return false;
    int delta = combine(f, i, j, t);
    if (delta == Circuit::FAILED) { side[f].revert(); return false; }
    int other = combine(g, j, i, back);
    delta += other;
    if (other == Circuit::FAILED ||
        (delta > 0 && zg_rng_double(&rng_) >= std::exp(-delta / temperature_))) {
      side[f].revert();
      side[g].revert();
      return false;
    }
    side[f].commit();
    side[g].commit();
    apply(f, i, j, t);
    apply(g, j, i, back);
    ++flipped;
    return true;
  }

  void keep() {
    best = additions();
    for (int f = 0; f < 3; ++f) { side[f].save(saved_[f]); saved_rows_[f] = rows_[f]; }
  }

  void begin(int64_t length) { length_ = length; at_ = 0; }

  void next() {
    if (additions() > best + 3) {
      for (int f = 0; f < 3; ++f) rows_[f] = saved_rows_[f];
      rebuild();
      for (int f = 0; f < 3; ++f) side[f].load(saved_[f]);
    }
    begin(std::min(2 * length_, longest));
  }
};

}  // namespace zg::matmul

#endif
