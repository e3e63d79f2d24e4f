// The selection graph of a job-shop: machine sequences, heads, tails and a topological order, all kept up to date
// move by move: the order is spliced locally, heads and tails are recomputed behind and before the moved segment only.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <vector>

#include "shared/rng.hpp"

namespace zg::jobshop {

// The arrays of an instance; operations of one job are consecutive.
struct Shop {
    int operations = 0, jobs = 0, machines = 0;
    std::vector<int32_t> machine, job, first;  // first: jobs + 1
    std::vector<int64_t> duration, release;    // release: jobs
    std::vector<int32_t> begin;                // machines + 1, range of every machine in a sequence array

    void assign(int n_jobs, int n_machines, const int32_t* first_, const int32_t* machine_, const int64_t* duration_,
                const int64_t* release_) {
        jobs = n_jobs, machines = n_machines, operations = first_[n_jobs];
        first.assign(first_, first_ + jobs + 1);
        machine.assign(machine_, machine_ + operations);
        duration.assign(duration_, duration_ + operations);
        release.assign(release_, release_ + jobs);
        job.resize(operations);
        begin.assign(machines + 1, 0);
        for (int j = 0; j < jobs; ++j)
            for (int x = first[j]; x < first[j + 1]; ++x) job[x] = j, ++begin[machine[x] + 1];
        for (int m = 0; m < machines; ++m) begin[m + 1] += begin[m];
    }
};

template <class T>
struct Node {
    T head, tail, duration;      // tail includes the duration: head + tail is the longest path through the node
    int32_t jp, js, mp, ms;      // predecessor and successor in the job and on the machine
    int32_t place;               // in the topological order, from 1
};

// Nodes 0 … N-1 are operations, N the source of the machines, N+1 the sink, N+2+j the source of job j at its release.
template <class T>
class Graph {
public:
    const Shop* shop = nullptr;
    int N = 0;
    T makespan = 0;
    std::vector<Node<T>> node;
    std::vector<int32_t> sequence, position;  // operations machine by machine; index of an operation in `sequence`
    std::vector<int32_t> order;               // topological order, places 1 … N

    void attach(const Shop& s) {
        shop = &s, N = s.operations;
        node.assign(N + 2 + s.jobs, Node<T>{0, 0, 0, N, N + 1, N, N + 1, 0});
        node[N + 1].place = N + 1;
        sequence.assign(N, 0), position.assign(N, 0), order.assign(N + 2, N + 1);
        order[0] = N;
        stamp.assign(N + 2 + s.jobs, 0), moved.resize(N + 1), degree.resize(N);
        for (int j = 0; j < s.jobs; ++j) {
            node[N + 2 + j].head = static_cast<T>(s.release[j]);
            for (int x = s.first[j]; x < s.first[j + 1]; ++x) {
                node[x].duration = static_cast<T>(s.duration[x]);
                node[x].jp = x > s.first[j] ? x - 1 : N + 2 + j;
                node[x].js = x + 1 < s.first[j + 1] ? x + 1 : N + 1;
            }
        }
    }

    T end(int x) const { return node[x].head + node[x].duration; }

    // Takes machine sequences; false when they contradict the jobs (a cycle). O(N log N).
    bool load(const int32_t* machine_sequence) {
        std::copy(machine_sequence, machine_sequence + N, sequence.begin());
        for (int m = 0; m < shop->machines; ++m)
            for (int i = shop->begin[m]; i < shop->begin[m + 1]; ++i) {
                const int x = sequence[i];
                position[x] = i;
                node[x].mp = i > shop->begin[m] ? sequence[i - 1] : N;
                node[x].ms = i + 1 < shop->begin[m + 1] ? sequence[i + 1] : N + 1;
            }
        int tail = 1;
        for (int x = 0; x < N; ++x) {
            degree[x] = (node[x].jp < N) + (node[x].mp < N);
            if (!degree[x]) order[tail++] = x;
        }
        for (int front = 1; front < tail; ++front) {
            Node<T>& n = node[order[front]];
            n.head = std::max(end(n.jp), end(n.mp));
            if (n.js < N && !--degree[n.js]) order[tail++] = n.js;
            if (n.ms < N && !--degree[n.ms]) order[tail++] = n.ms;
        }
        if (tail != N + 1) return false;
        // Ordered by head, the operations between two of a block are few, which keeps `reorder` short.
        std::stable_sort(order.begin() + 1, order.begin() + N + 1,
                         [this](int a, int b) { return node[a].head < node[b].head; });
        for (int p = N; p >= 1; --p) {
            Node<T>& n = node[order[p]];
            n.place = p;
            n.tail = n.duration + std::max(node[n.js].tail, node[n.ms].tail);
        }
        measure();
        return true;
    }

    // u … v on one machine becomes … v u. The caller has made sure that no path leads from js(u) to v.
    void move_after(int u, int v) {
        const int before = node[u].mp, second = node[u].ms, after = node[v].ms;
        const int a = position[u], b = position[v];
        for (int i = a; i < b; ++i) position[sequence[i] = sequence[i + 1]] = i;
        position[sequence[b] = u] = b;
        node[before].ms = second, node[second].mp = before;
        node[v].ms = u, node[u].mp = v, node[u].ms = after, node[after].mp = u;

        // In the order, u and whatever follows from it step behind v.
        int w = node[u].place, k = 0;
        const int to = node[v].place;
        const int now = ++epoch;
        stamp[u] = now, moved[k++] = u;
        for (int p = w + 1; p <= to; ++p) {
            const int x = order[p];
            if (stamp[node[x].jp] == now || stamp[node[x].mp] == now)
                stamp[x] = now, moved[k++] = x;
            else
                order[w] = x, node[x].place = w++;
        }
        assert(stamp[v] != now);
        for (int i = 0; i < k; ++i, ++w) order[w] = moved[i], node[moved[i]].place = w;
        update(node[second].place, node[u].place);
    }

    // u … v on one machine becomes v u …. The caller has made sure that no path leads from u to jp(v).
    void move_before(int v, int u) {
        const int before = node[u].mp, last = node[v].mp, after = node[v].ms;
        const int a = position[u], b = position[v];
        for (int i = b; i > a; --i) position[sequence[i] = sequence[i - 1]] = i;
        position[sequence[a] = v] = a;
        node[before].ms = v, node[v].mp = before, node[v].ms = u, node[u].mp = v;
        node[last].ms = after, node[after].mp = last;

        int w = node[v].place, k = 0;
        const int to = node[u].place;
        const int now = ++epoch;
        stamp[v] = now, moved[k++] = v;
        for (int p = w - 1; p >= to; --p) {
            const int x = order[p];
            if (stamp[node[x].js] == now || stamp[node[x].ms] == now)
                stamp[x] = now, moved[k++] = x;
            else
                order[w] = x, node[x].place = w--;
        }
        assert(stamp[u] != now);
        for (int i = 0; i < k; ++i, --w) order[w] = moved[i], node[moved[i]].place = w;
        update(node[v].place, node[last].place);
    }

    // Whether heads, tails and order are what a recomputation gives; for tests and the debug build.
    bool consistent() const {
        T longest = 0;
        for (int p = 1; p <= N; ++p) {
            const Node<T>& n = node[order[p]];
            if (n.place != p || node[n.jp].place >= p || node[n.mp].place >= p) return false;
            if (node[n.js].place <= p || node[n.ms].place <= p) return false;
            if (n.head != std::max(end(n.jp), end(n.mp))) return false;
            if (n.tail != n.duration + std::max(node[n.js].tail, node[n.ms].tail)) return false;
            longest = std::max(longest, n.head + n.tail);
        }
        return longest == makespan;
    }

private:
    std::vector<int32_t> stamp, moved, degree;
    int32_t epoch = 0;

    void measure() {
        // The last operation of a longest path is the last of its machine.
        makespan = 0;
        for (int m = 0; m < shop->machines; ++m)
            if (shop->begin[m] < shop->begin[m + 1])
                makespan = std::max(makespan, end(sequence[shop->begin[m + 1] - 1]));
    }

    // Heads from the place `from` on, tails from the place `to` back. After most moves nearly everything behind the
    // segment shifts, and a plain pass in topological order (no branch to mispredict, 2-3 ns an operation) beats
    // propagation of changes through a priority queue four times.
    void update(int from, int to) {
        Node<T>* const nodes = node.data();
        const int32_t* const at = order.data();
        for (int p = from; p <= N; ++p) {
            Node<T>& n = nodes[at[p]];
            const T job = nodes[n.jp].head + nodes[n.jp].duration, machine = nodes[n.mp].head + nodes[n.mp].duration;
            n.head = job > machine ? job : machine;
        }
        for (int p = to; p >= 1; --p) {
            Node<T>& n = nodes[at[p]];
            const T job = nodes[n.js].tail, machine = nodes[n.ms].tail;
            n.tail = n.duration + (job > machine ? job : machine);
        }
        measure();
    }
};

}  // namespace zg::jobshop
