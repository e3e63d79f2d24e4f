// Greedy sharing of pairs: the published way, kept as a baseline and as a source of starts.
//
// A pair is two columns with a relative sign; its count is the number of rows that contain it. A
// fresh column stands for a pair and saves count - 1 additions. Counts live in a hash table; after a
// choice only the rows that contained the pair are counted anew.
#ifndef ZEROGAP_MATMUL_ADDITIONS_GREEDY_HPP
#define ZEROGAP_MATMUL_ADDITIONS_GREEDY_HPP

#include <algorithm>
#include <cstdint>
#include <vector>

#include "shared/rng.hpp"

namespace zg::matmul {

enum Strategy { GREEDY, RANDOM, ALTERNATIVE, WEIGHTED, POTENTIAL, INTERSECTIONS, MIXED };

class Counts {
 public:
  struct Slot { uint64_t key; int32_t count; };  // key 0: empty
  std::vector<Slot> slots;

  void clear() { slots.assign(1024, {0, 0}); used_ = 0; }

  int& at(uint64_t key) {
    if (2 * used_ >= slots.size()) grow();
    size_t i = find(key);
    if (!slots[i].key) { slots[i].key = key; ++used_; }
    return slots[i].count;
  }

  int look(uint64_t key) const { return slots[find(key)].count; }

 private:
  size_t used_ = 0;
  size_t find(uint64_t key) const {
    size_t mask = slots.size() - 1, i = (key * 0x9e3779b97f4a7c15ULL >> 20) & mask;
    while (slots[i].key && slots[i].key != key) i = (i + 1) & mask;
    return i;
  }
  void grow() {
    std::vector<Slot> old(2 * slots.size(), Slot{0, 0});
    old.swap(slots);
    for (const Slot& s : old) if (s.key) slots[find(s.key)] = s;
  }
};

class Greedy {
 public:
  std::vector<std::vector<uint32_t>> rows;   // ascending column << 1 | sign
  std::vector<uint64_t> pairs;               // chosen, in order; fresh column k is columns + k
  int columns = 0, additions = 0;

  void run(const int8_t* matrix, int outputs, int inputs, int strategy, uint64_t seed) {
    zg_rng_seed(&rng_, seed);
    columns = inputs;
    rows.assign(outputs, {});
    pairs.clear();
    counts_.clear();
    for (int r = 0; r < outputs; ++r)
      for (int c = 0; c < inputs; ++c) {
        int value = matrix[(size_t)r * inputs + c];
        if (value) rows[r].push_back((uint32_t)c << 1 | (uint32_t)(value < 0));
      }
    for (auto& row : rows) tally(row, 1);
    strategy_ = strategy == MIXED ? (int)zg_rng_below(&rng_, MIXED) : strategy;
    while (uint64_t key = choose()) replace(key);
    additions = (int)pairs.size();
    for (auto& row : rows) additions += row.empty() ? 0 : (int)row.size() - 1;
  }

  static int low(uint64_t key) { return (int)(key >> 33) - 1; }
  static int high(uint64_t key) { return (int)(key >> 1 & 0xffffffff); }
  static int sign(uint64_t key) { return (int)(key & 1); }

 private:
  ZgRng rng_;
  Counts counts_;
  int strategy_ = GREEDY;
  std::vector<uint64_t> ties_;

  // Terms a before b of one row.
  static uint64_t key_of(uint32_t a, uint32_t b) {
    return (uint64_t)((a >> 1) + 1) << 33 | (uint64_t)(b >> 1) << 1 | ((a ^ b) & 1);
  }

  void tally(const std::vector<uint32_t>& row, int step) {
    for (size_t i = 0; i < row.size(); ++i)
      for (size_t j = i + 1; j < row.size(); ++j) counts_.at(key_of(row[i], row[j])) += step;
  }

  static int find(const std::vector<uint32_t>& row, int column) {
    auto it = std::lower_bound(row.begin(), row.end(), (uint32_t)column << 1);
    return it != row.end() && (int)(*it >> 1) == column ? (int)(it - row.begin()) : -1;
  }

  static bool contains(const std::vector<uint32_t>& row, uint64_t key, int& i, int& j) {
    i = find(row, low(key));
    if (i < 0) return false;
    j = find(row, high(key));
    return j >= 0 && (int)((row[i] ^ row[j]) & 1) == sign(key);
  }

  void replace(uint64_t key) {
    uint32_t fresh = (uint32_t)(columns + (int)pairs.size());
    int i, j;
    for (auto& row : rows) {
      if (!contains(row, key, i, j)) continue;
      tally(row, -1);
      uint32_t s = row[i] & 1;
      row.erase(row.begin() + j);
      row.erase(row.begin() + i);
      row.push_back(fresh << 1 | s);   // the newest column is the highest
      tally(row, 1);
    }
    pairs.push_back(key);
  }

  uint64_t choose() {
    int most = 1, second = 1;
    for (const auto& s : counts_.slots) {
      if (s.count > most) { second = most; most = s.count; }
      else if (s.count < most && s.count > second) second = s.count;
    }
    if (most < 2) return 0;
    if (strategy_ == WEIGHTED) return weighted();
    if (strategy_ == ALTERNATIVE && second >= 2 && zg_rng_below(&rng_, 4) == 0) most = second;
    ties_.clear();
    for (const auto& s : counts_.slots) if (s.count == most) ties_.push_back(s.key);
    if (strategy_ == GREEDY) return *std::min_element(ties_.begin(), ties_.end());
    if (strategy_ == POTENTIAL || strategy_ == INTERSECTIONS) return best_tie();
    return ties_[zg_rng_below(&rng_, (uint32_t)ties_.size())];
  }

  // Proportional to the square of what a pair saves.
  uint64_t weighted() {
    int64_t total = 0;
    for (const auto& s : counts_.slots)
      if (s.count > 1) total += (int64_t)(s.count - 1) * (s.count - 1);
    int64_t mark = (int64_t)(zg_rng_double(&rng_) * (double)total);
    for (const auto& s : counts_.slots) {
      if (s.count < 2) continue;
      mark -= (int64_t)(s.count - 1) * (s.count - 1);
      if (mark < 0) return s.key;
    }
    return 0;
  }

  // Potential: what pairs with the fresh column would save. Intersections: how much of other pairs'
  // savings the choice destroys.
  uint64_t best_tie() {
    double top = -1e300;
    uint64_t best = 0;
    Counts later;
    for (uint64_t key : ties_) {
      double score = 0;
      int i, j;
      later.clear();
      for (auto& row : rows) {
        if (!contains(row, key, i, j)) continue;
        for (int k = 0; k < (int)row.size(); ++k) {
          if (k == i || k == j) continue;
          if (strategy_ == POTENTIAL) {
            int& n = later.at((((uint64_t)row[k] << 1) ^ ((uint64_t)(row[i] & 1) << 1)) | 1);
            if (++n > 1) score += 1;
          } else {
            for (int m : {i, j}) {
              int n = counts_.look(key_of(row[std::min(k, m)], row[std::max(k, m)]));
              if (n > 1) score -= (double)(n - 1) / n;
            }
          }
        }
      }
      score += 0.5 * zg_rng_double(&rng_);
      if (score > top) { top = score; best = key; }
    }
    return best;
  }
};

}  // namespace zg::matmul

#endif
