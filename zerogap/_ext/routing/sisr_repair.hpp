// Part of the class Sisr (included in its body): what is put right after clients were inserted.

    // -- clients that do not pay ---------------------------------------------------------------------
    // After an eager insertion: what it put in and what costs more than it brings is left out again,
    // client by client, and a whole route if all of it is new.
    void prune() {
        for (int r : touched) {
            if (route[r].type < 0) continue;
            const int64_t unit = P.unit_distance[route[r].type];
            const int p = P.profile[route[r].type];
            for (;;) {
                int worst = -1;
                int64_t loss = 0, bound = 0;
                bool all = true;
                for (int v = node[start_of(r)].next; v != end_of(r); v = node[v].next) {
                    if (!optional(v) || !in_bank[v]) { all = false; continue; }
                    const Node& x = node[v];
                    const int64_t saving = unit * ((int64_t)x.dp + x.dn - P.d(p, row[x.prev], row[x.next]));
                    const int64_t brings = P.prize[v] + P.reward(route[r].type, v);
                    bound += brings;
                    if (saving - brings > loss) { loss = saving - brings; worst = v; }
                }
                if (all && bound <= route_cost(r) + route[r].reward) {
                    while (node[start_of(r)].next != end_of(r)) unlink(node[start_of(r)].next);
                    break;
                }
                if (worst < 0) break;
                unlink(worst);
            }
            if (P.trips) drop_empty_trips(r);
            refresh(r);
        }
    }

    // -- tails -------------------------------------------------------------------------------------
    // Routes that meet beside an inserted client change their tails where that is shorter (2-opt*,
    // Potvin, Rousseau 1995): what strings of a few clients cannot do to long routes.
    void cross() {
        for (size_t k = 0; k < bank.size(); ++k) {
            const int c = bank[k];
            if (node[c].route < 0) continue;
            const int32_t* near = P.near.data() + (size_t)c * P.near_count;
            const int many = std::min(crossing, P.near_count);
            for (int m = 0; m < many; ++m) {
                const int v = near[m];
                if (node[v].route < 0 || node[v].route == node[c].route) continue;
                if (!exchange(c, v)) exchange(v, c);
            }
        }
    }
    // Let i be followed by j and its tail, and what preceded j by what followed i, if that is shorter.
    bool exchange(int i, int j) {
        const Node &x = node[i], &y = node[j];
        const int r = x.route, q = y.route, type = route[r].type, p = P.profile[type];
        const int w = x.next, u = y.prev;
        if (type != route[q].type) return false;
        const int32_t ij = P.d(p, row[i], row[j]);
        if (ij >= (int64_t)x.dn + y.dp) return false;
        const int32_t uw = P.d(p, row[u], row[w]);
        if ((int64_t)ij + uw >= (int64_t)x.dn + y.dp) return false;
        if (P.timed) {
            const int64_t to_j = P.time ? P.t(p, row[i], row[j]) : ij;
            const int64_t to_w = P.time ? P.t(p, row[u], row[w]) : uw;
            if (leave[i] + to_j > latest[j] || leave[u] + to_w > latest[w]) return false;
        }
        first_tail.clear();
        second_tail.clear();
        for (int v = w; v != end_of(r); v = node[v].next) first_tail.push_back(v);
        for (int v = j; v != end_of(q); v = node[v].next) second_tail.push_back(v);
        const int64_t* cap = &P.sum_capacity[(size_t)type * P.sums];
        for (int k = 0; k < P.sums; ++k) {
            int64_t more = 0;
            for (int v : second_tail) more += P.sum[(size_t)v * P.sums + k];
            for (int v : first_tail) more -= P.sum[(size_t)v * P.sums + k];
            if (load_of(start_of(r))[k] + more > cap[k] || load_of(start_of(q))[k] - more > cap[k]) return false;
        }
        touch(r);
        touch(q);
        for (size_t k = first_tail.size(); k-- > 0;) unlink(first_tail[k]);
        for (size_t k = second_tail.size(); k-- > 0;) unlink(second_tail[k]);
        int at = i;
        for (int v : second_tail) { link(v, at); at = v; }
        at = u;
        for (int v : first_tail) { link(v, at); at = v; }
        refresh(r);
        refresh(q);
        return true;
    }
    std::vector<int32_t> first_tail, second_tail;

    // -- members of groups ----------------------------------------------------------------------------
    // The cheapest member of every group on a route whose order of groups stays (dynamic program over
    // the layers; the cluster optimisation of the generalised travelling salesman, Fischetti,
    // Salazar González, Toth 1997). Only where members of a group weigh the same and nothing is timed.
    void reselect(int r) {
        const int type = route[r].type, p = P.profile[type], s = start_of(r);
        layer_start.assign(1, 0);
        layer.clear();
        for (int v = node[s].next; v != end_of(r); v = node[v].next) {
            const int g = P.group[v];
            if (g < 0) layer.push_back(v);
            for (int k = g < 0 ? 0 : group_first(g); k < (g < 0 ? 0 : group_first(g + 1)); ++k)
                if (P.may(type, group_member[k])) layer.push_back(group_member[k]);
            layer_start.push_back((int32_t)layer.size());
        }
        const int layers = (int)layer_start.size() - 1;
        reach.resize(layer.size());
        came.resize(layer.size());
        const int64_t unit = P.unit_distance[type];
        for (int k = 0; k <= layers; ++k) {
            const bool last = k == layers;
            const int from = last ? 0 : layer_start[k], to = last ? 1 : layer_start[k + 1];
            for (int j = from; j < to; ++j) {
                const int w = last ? row[end_of(r)] : layer[j];
                int64_t least = INT64_MAX;
                int by = -1;
                if (k == 0) least = unit * P.d(p, row[s], w);
                for (int i = k ? layer_start[k - 1] : 0; i < (k ? layer_start[k] : 0); ++i) {
                    const int64_t cost = reach[i] + unit * P.d(p, layer[i], w);
                    if (cost < least) { least = cost; by = i; }
                }
                if (last) { came_end = by; continue; }
                // What the absence of a client costs is in the total: its prize is gained.
                reach[j] = least - P.prize[w] - P.reward(type, w);
                came[j] = by;
            }
        }
        int v = node[end_of(r)].prev;
        for (int j = came_end; j >= 0; j = came[j]) {
            const int before = node[v].prev;
            if (layer[j] != v) { unlink(v); link(layer[j], before); }
            v = before;
        }
    }
    std::vector<int32_t> layer, layer_start, came;
    std::vector<int64_t> reach;
    int came_end = -1;
