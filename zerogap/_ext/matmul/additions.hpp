// Local search over linear circuits: the graph on which additions are minimised.
//
// A circuit that computes M x is a directed acyclic graph: inputs without predecessors, outputs
// without successors, inner nodes between; an edge carries +1 or -1, and the signed number of paths
// from input i to output o is M[o, i]. A node with k predecessors costs k - 1 additions, so
//     additions = edges - inner nodes - outputs.
// Turning all edges round gives a circuit of the transposed matrix with the same inner nodes: the
// search treats predecessors (direction 0) and successors (direction 1) alike, so every step that
// shares a common sum of two rows has its twin that shares a common use of two columns.
#ifndef ZEROGAP_MATMUL_ADDITIONS_HPP
#define ZEROGAP_MATMUL_ADDITIONS_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "shared/rng.hpp"

namespace zg::matmul {

typedef uint32_t Edge;  // node << 1 | (1 where the sign is negative)
inline int node_of(Edge e) { return (int)(e >> 1); }
inline int sign_of(Edge e) { return (int)(e & 1); }
inline Edge edge(int node, int sign) { return (Edge)node << 1 | (Edge)sign; }

struct Change { int8_t kind; int8_t sign; int32_t from, to; };
enum { ADD, DEL, NEW, FREE };

struct Candidate { int direction, a, b, sign, gain; };

class Circuit {
 public:
  int inputs = 0, outputs = 0;
  int additions = 0;          // of the present circuit
  bool cancel = true;         // whether a sum may cancel terms
  bool binary = false;        // modulo 2: no signs, a term met twice vanishes
  double noise = 1.0;         // of the choice among shared sums, in additions
  ZgRng rng;

  // Rows of `matrix` are the outputs; zero rows are allowed and cost nothing.
  void start(const int8_t* matrix, int rows, int columns, uint64_t seed) {
    inputs = columns; outputs = rows;
    zg_rng_seed(&rng, seed);
    for (int d = 0; d < 2; ++d) adj_[d].assign(rows + columns, {});
    inner_.clear(); place_.assign(rows + columns, -1); free_.clear();
    mark_[0].assign(rows + columns, 0); mark_[1].assign(rows + columns, 0);
    count_.assign(2 * (rows + columns), 0); seen_.assign(rows + columns, 0);
    dirty_.clear(); thin_.clear(); journal_.clear();
    edges_ = 0; filled_ = 0; failed_ = false; stamp_ = 0;
    for (int r = 0; r < rows; ++r) {
      bool any = false;
      for (int c = 0; c < columns; ++c) {
        int value = matrix[(size_t)r * columns + c];
        if (!value) continue;
        any = true;
        insert(c, columns + r, value < 0 && !binary);
      }
      filled_ += any;
    }
    count();
  }

  int nodes() const { return (int)adj_[0].size(); }
  const std::vector<Edge>& before(int v) const { return adj_[0][v]; }
  const std::vector<int>& inner() const { return inner_; }

  // Share sums until no two rows have two terms in common.
  void descend() {
    for (int v = 0; v < nodes(); ++v) { touch(0, v); touch(1, v); }
    repair();
    journal_.clear();
  }

  // One trial: open the circuit at a random place, share again, keep by Metropolis' rule.
  // Returns whether the circuit changed.
  bool step(double temperature) {
    int before = additions;
    journal_.clear(); failed_ = false;
    open();
    if (!failed_) repair();
    if (failed_) { revert(); return false; }
    int delta = additions - before;
    if (delta > 0 && (temperature <= 0 ||
                      zg_rng_double(&rng) >= std::exp(-delta / temperature))) {
      revert();
      return false;
    }
    journal_.clear();
    return true;
  }

  // Open `number` random inner nodes at once and share again; always kept.
  void shake(int number) {
    journal_.clear(); failed_ = false;
    for (int k = 0; k < number && !inner_.empty() && !failed_; ++k) eliminate(random_inner());
    if (!failed_) repair();
    if (failed_) revert();
    journal_.clear();
  }

  // Another matrix: terminal a on level d gets `sign` times terminal b added. Opens a trial that
  // `commit` or `revert` ends; returns the change of additions, or FAILED.
  enum { FAILED = 1 << 20 };
  int combine(int d, int a, int b, int sign) {
    int before = additions;
    journal_.clear(); failed_ = false;
    if (degree(d, a) > 0 && zg_rng_below(&rng, 2)) {
      Edge e = adj_[d][a][zg_rng_below(&rng, (uint32_t)degree(d, a))];
      if (is_inner(node_of(e))) bypass(node_of(e), 1 - d, a);
    }
    if (!failed_) {
      if (degree(d, b) == 1 || zg_rng_below(&rng, 2)) {
        std::vector<Edge> terms = adj_[d][b];
        for (Edge e : terms) if (!failed_) add(d, a, node_of(e), sign_of(e) ^ sign);
      } else {
        add(d, a, own(d, b), sign);
      }
    }
    if (!failed_) repair();
    return failed_ ? (int)FAILED : additions - before;
  }

  void commit() { journal_.clear(); }
  void revert() {
    for (int i = (int)journal_.size() - 1; i >= 0; --i) {
      const Change c = journal_[i];
      switch (c.kind) {
        case ADD: erase(c.from, c.to); break;
        case DEL: insert(c.from, c.to, c.sign); break;
        case NEW: forget(c.from); break;
        case FREE:
          free_.pop_back();
          place_[c.from] = (int)inner_.size(); inner_.push_back(c.from);
      }
    }
    journal_.clear();
    for (int k : dirty_) mark_[k & 1][k >> 1] = 0;
    dirty_.clear(); thin_.clear();
    failed_ = false;
    count();
  }

  // The circuit as (from, to, sign) triples, inner nodes numbered as here.
  void save(std::vector<int32_t>& out) const {
    out.clear();
    for (int v = inputs; v < nodes(); ++v)
      for (Edge e : adj_[0][v]) {
        out.push_back(node_of(e)); out.push_back(v); out.push_back(sign_of(e) ? -1 : 1);
      }
  }

  // Replace the circuit by saved triples of the same matrix.
  void load(const std::vector<int32_t>& saved) {
    for (int d = 0; d < 2; ++d) for (auto& list : adj_[d]) list.clear();
    inner_.clear(); free_.clear(); std::fill(place_.begin(), place_.end(), -1);
    edges_ = 0;
    int top = inputs + outputs;
    for (size_t i = 0; i < saved.size(); i += 3) top = std::max({top, saved[i] + 1, saved[i + 1] + 1});
    while (nodes() < top) grow();
    for (size_t i = 0; i < saved.size(); i += 3) insert(saved[i], saved[i + 1], saved[i + 2] < 0);
    for (int v = nodes() - 1; v >= inputs + outputs; --v) {
      if (adj_[0][v].empty()) free_.push_back(v);
      else { place_[v] = (int)inner_.size(); inner_.push_back(v); }
    }
    dirty_.clear(); thin_.clear(); journal_.clear();
    std::fill(mark_[0].begin(), mark_[0].end(), 0);
    std::fill(mark_[1].begin(), mark_[1].end(), 0);
    count();
  }

 private:
  std::vector<std::vector<Edge>> adj_[2];   // predecessors, successors
  std::vector<int> inner_, place_, free_;   // inner nodes, place in inner_, unused numbers
  std::vector<int> dirty_;                  // 2 * node + direction: gained an edge, to be scanned
  std::vector<char> mark_[2];
  std::vector<int> thin_;                   // lost an edge, perhaps superfluous now
  std::vector<int> count_, touched_, seen_, stack_;
  std::vector<Change> journal_;
  std::vector<Edge> common_, ins_, outs_;
  int edges_ = 0, filled_ = 0, stamp_ = 0;
  bool failed_ = false;

  void count() { additions = edges_ - (int)inner_.size() - filled_; }
  bool is_inner(int v) const { return v >= inputs + outputs; }
  int degree(int d, int v) const { return (int)adj_[d][v].size(); }
  int random_inner() { return inner_[zg_rng_below(&rng, (uint32_t)inner_.size())]; }

  void grow() {
    adj_[0].emplace_back(); adj_[1].emplace_back();
    place_.push_back(-1); mark_[0].push_back(0); mark_[1].push_back(0);
    count_.push_back(0); count_.push_back(0); seen_.push_back(0);
  }

  void touch(int d, int v) {
    if (!mark_[d][v]) { mark_[d][v] = 1; dirty_.push_back(2 * v + d); }
  }

  // Raw changes of the graph --------------------------------------------------------------------
  void insert(int from, int to, int sign) {
    adj_[1][from].push_back(edge(to, sign));
    adj_[0][to].push_back(edge(from, sign));
    ++edges_;
  }

  int position(int d, int v, int other) const {
    const auto& list = adj_[d][v];
    for (int i = 0; i < (int)list.size(); ++i) if (node_of(list[i]) == other) return i;
    return -1;
  }

  static void drop(std::vector<Edge>& list, int i) { list[i] = list.back(); list.pop_back(); }

  int erase(int from, int to) {
    int i = position(0, to, from);
    int sign = sign_of(adj_[0][to][i]);
    drop(adj_[0][to], i);
    drop(adj_[1][from], position(1, from, to));
    --edges_;
    return sign;
  }

  // Journalled changes --------------------------------------------------------------------------
  // Add `sign` times node `from` to node `to`; opposite terms cancel, doubled terms fail the trial.
  void add(int from, int to, int sign) {
    const auto& a = adj_[0][to];
    int i = -1;
    if (a.size() <= adj_[1][from].size()) i = position(0, to, from);
    else { int j = position(1, from, to); if (j >= 0) i = position(0, to, from); }
    if (i >= 0) {
      if (!cancel || (sign_of(a[i]) == sign && !binary)) { failed_ = true; return; }
      remove(from, to);
      return;
    }
    insert(from, to, sign);
    journal_.push_back({ADD, (int8_t)sign, from, to});
    touch(0, to); touch(1, from);
  }

  int remove(int from, int to) {
    int sign = erase(from, to);
    journal_.push_back({DEL, (int8_t)sign, from, to});
    if (is_inner(from)) thin_.push_back(from);
    if (is_inner(to)) thin_.push_back(to);
    return sign;
  }

  void add(int d, int v, int other, int sign) {
    if (d == 0) add(other, v, sign); else add(v, other, sign);
  }
  int remove(int d, int v, int other) { return d == 0 ? remove(other, v) : remove(v, other); }

  int fresh() {
    if (free_.empty()) { free_.push_back(nodes()); grow(); }
    int v = free_.back();
    free_.pop_back();
    place_[v] = (int)inner_.size();
    inner_.push_back(v);
    journal_.push_back({NEW, 0, v, v});
    return v;
  }

  void forget(int v) {
    int last = inner_.back();
    inner_[place_[v]] = last; place_[last] = place_[v];
    inner_.pop_back(); place_[v] = -1;
    free_.push_back(v);
  }

  void release(int v) {
    forget(v);
    journal_.push_back({FREE, 0, v, v});
  }

  // Opening -------------------------------------------------------------------------------------
  // Write an inner node's terms wherever it is used, and forget it.
  void eliminate(int v) {
    ins_ = adj_[0][v]; outs_ = adj_[1][v];
    for (Edge e : ins_) remove(node_of(e), v);
    for (Edge e : outs_) remove(v, node_of(e));
    release(v);
    for (Edge a : ins_)
      for (Edge b : outs_) {
        add(node_of(a), node_of(b), sign_of(a) ^ sign_of(b));
        if (failed_) return;
      }
  }

  // Bypass v at one neighbour on side d: that neighbour is joined to v's other side directly.
  void bypass(int v, int d, int other) {
    int sign = remove(d, v, other);
    outs_ = adj_[1 - d][v];
    for (Edge e : outs_) {
      int x = node_of(e);
      add(d, x, other, sign ^ sign_of(e));
      if (failed_) return;
    }
  }

  // Rewrite v on side d as ± w plus the difference, w not being contained in v: terms cancel.
  void substitute(int d, int v) {
    if (degree(d, v) < 2) return;
    tally(d, v);
    Candidate best = {0, -1, -1, 0, 0};
    int number = 0;
    for (int key : touched_) {
      int w = key >> 1, gain = 2 * count_[key] - degree(d, w) - 1;
      count_[key] = 0;
      if (w == v || gain < -1 || degree(d, w) < 2) continue;
      if (zg_rng_below(&rng, ++number) == 0) best = {d, v, w, key & 1, gain};
    }
    touched_.clear();
    if (best.a < 0) return;
    int w = best.b;
    if (reaches(d, w, v)) { failed_ = true; return; }
    w = own(d, w);
    outs_ = adj_[d][w];
    for (Edge e : outs_) {
      add(d, v, node_of(e), binary ? 0 : sign_of(e) ^ best.sign ^ 1);
      if (failed_) return;
    }
    add(d, v, w, best.sign);
  }

  // Whether v is met on the way from w along direction d.
  bool reaches(int d, int w, int v) {
    ++stamp_;
    stack_.clear(); stack_.push_back(w); seen_[w] = stamp_;
    while (!stack_.empty()) {
      int x = stack_.back();
      stack_.pop_back();
      if (x == v) return true;
      for (Edge e : adj_[d][x]) {
        int y = node_of(e);
        if (seen_[y] != stamp_) { seen_[y] = stamp_; stack_.push_back(y); }
      }
    }
    return false;
  }

  void open() {
    uint32_t dice = inner_.empty() ? 15 : zg_rng_below(&rng, 16);
    if (dice == 15 && !cancel) return;
    int v = inner_.empty() ? -1 : random_inner();
    if (dice < 5) { eliminate(v); return; }
    if (dice < 13) {
      int d = (int)(dice & 1);
      Edge e = adj_[d][v][zg_rng_below(&rng, (uint32_t)degree(d, v))];
      bypass(v, d, node_of(e));
      return;
    }
    if (dice < 14) {
      // Two nodes that touch each other, or the same side's neighbours.
      int d = (int)zg_rng_below(&rng, 2);
      Edge e = adj_[d][v][zg_rng_below(&rng, (uint32_t)degree(d, v))];
      eliminate(v);
      if (!failed_ && is_inner(node_of(e)) && place_[node_of(e)] >= 0) eliminate(node_of(e));
      return;
    }
    int d = (int)zg_rng_below(&rng, 2);
    uint32_t k = zg_rng_below(&rng, (uint32_t)(inner_.size() + (d ? inputs : outputs)));
    int x = k < inner_.size() ? inner_[k] : (int)(k - inner_.size()) + (d ? 0 : inputs);
    substitute(d, x);
  }

  // Sharing -------------------------------------------------------------------------------------
  // Count for every node on the same level how many terms it has in common with v, by sign.
  void tally(int d, int v) {
    for (Edge e : adj_[d][v])
      for (Edge f : adj_[1 - d][node_of(e)]) {
        int key = (int)(f ^ (e & 1));
        if (!count_[key]++) touched_.push_back(key);
      }
  }

  // A node that stands for the side d of v alone: v itself, or a new one where v is a terminal.
  int own(int d, int v) {
    if (is_inner(v)) return v;
    int f = fresh();
    outs_ = adj_[d][v];
    for (Edge e : outs_) { remove(d, v, node_of(e)); add(d, f, node_of(e), sign_of(e)); }
    add(d, v, f, 0);
    return f;
  }

  // Write the terms that a and b have in common (up to `sign`) once.
  void share(const Candidate& c) {
    int d = c.direction, a = c.a, b = c.b;
    common_.clear();
    for (Edge e : adj_[d][a]) {
      int i = position(d, b, node_of(e));
      if (i >= 0 && (sign_of(adj_[d][b][i]) ^ sign_of(e)) == c.sign) common_.push_back(e);
    }
    bool all_a = (int)common_.size() == degree(d, a), all_b = (int)common_.size() == degree(d, b);
    if (all_b && (!all_a || (is_inner(b) && !is_inner(a)))) {
      std::swap(a, b); std::swap(all_a, all_b);
      if (c.sign) for (Edge& e : common_) e ^= 1;
    }
    if (all_a) {
      std::vector<Edge> terms;
      terms.swap(common_);
      int f = own(d, a);
      for (Edge e : terms) remove(d, b, node_of(e));
      add(d, b, f, c.sign);
      terms.swap(common_);
      return;
    }
    int f = fresh();
    for (Edge e : common_) {
      remove(d, a, node_of(e)); remove(d, b, node_of(e));
      add(d, f, node_of(e), sign_of(e));
    }
    add(d, a, f, 0);
    if (!failed_) add(d, b, f, c.sign);
  }

  // Inner nodes with fewer than two neighbours on a side are superfluous.
  void prune() {
    while (!thin_.empty() && !failed_) {
      int v = thin_.back();
      thin_.pop_back();
      if (place_[v] < 0 || (degree(0, v) >= 2 && degree(1, v) >= 2)) continue;
      eliminate(v);
    }
  }

  void repair() {
    for (;;) {
      prune();
      if (failed_) return;
      Candidate best = {0, -1, -1, 0, 0};
      double top = 0;
      size_t kept = 0;
      for (size_t i = 0; i < dirty_.size(); ++i) {
        int d = dirty_[i] & 1, v = dirty_[i] >> 1;
        bool any = false;
        if (degree(d, v) >= 2 && (!is_inner(v) || place_[v] >= 0)) {
          tally(d, v);
          for (int key : touched_) {
            int number = count_[key], w = key >> 1;
            count_[key] = 0;
            if (number < 2 || w == v) continue;
            any = true;
            double score = number - 1 + noise * zg_rng_double(&rng);
            if (score > top) { top = score; best = {d, v, w, key & 1, number - 1}; }
          }
          touched_.clear();
        }
        if (any) dirty_[kept++] = dirty_[i]; else mark_[d][v] = 0;
      }
      dirty_.resize(kept);
      if (best.a < 0) break;
      share(best);
      if (failed_) return;
    }
    count();
  }
};

// Simulated annealing of one circuit in rounds: every round cools from `hot` to `cold`, rounds grow.
class Annealer {
 public:
  Circuit circuit;
  double hot = 1.0, cold = 0.25;
  int best = 0;                 // additions of the best circuit met
  int naive = 0;                // additions without any sharing
  int64_t steps = 0;

  void start(const int8_t* matrix, int rows, int columns, uint64_t seed) {
    circuit.start(matrix, rows, columns, seed);
    naive = circuit.additions;
    circuit.descend();
    keep();
    begin(FIRST);
  }

  int64_t made() const { return steps; }
  bool run(int64_t number) {
    for (int64_t k = 0; k < number; ++k, ++steps) {
      if (at_ == length_) next();
      if ((at_++ & 63) == 0) temperature_ = hot * std::pow(cold / hot, (double)at_ / length_);
      if (circuit.step(temperature_) && circuit.additions < best) keep();
    }
    return true;
  }

  const std::vector<int32_t>& saved() const { return saved_; }

  // Continue from another circuit of the same matrix.
  void adopt(const std::vector<int32_t>& triples) {
    circuit.load(triples);
    circuit.descend();
    if (circuit.additions < best) keep();
    begin(length_);
  }

 private:
  static const int64_t FIRST = 1 << 17, LONGEST = 1 << 24;
  std::vector<int32_t> saved_;
  int64_t at_ = 0, length_ = FIRST;
  double temperature_ = 0;

  void keep() { best = circuit.additions; circuit.save(saved_); }

  void begin(int64_t length) { length_ = length; at_ = 0; }

  void next() {
    if (circuit.additions > best) circuit.load(saved_);
    begin(std::min(2 * length_, LONGEST));
  }
};

}  // namespace zg::matmul

#endif
