"""Networks made of cells: NASNet-A, AmoebaNet-D, DARTS, and randomly wired networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zerogap.models.scratchpad.builder import Layers


def _match(n: Layers, x: int, like: int, channels: int) -> int:
    """Bring an earlier cell's output to the resolution and the channels of this cell."""
    stride = n.shape[x][1] // n.shape[like][1]
    return n.conv(x, channels, 1, max(1, stride))


def _sep(n: Layers, x: int, kernel: int, stride: int = 1) -> int:
    """Separable convolution applied twice, as NASNet and DARTS have it."""
    c = n.shape[x][0]
    return n.separable(n.separable(x, c, kernel, stride), c, kernel)


def nasnet(n: Layers) -> None:
    """NASNet-A mobile (4 @ 1056; Zoph et al. 2018), 224 × 224."""
    before = x = n.conv(n.input(3, 224, 224), 32, 3, 2)
    channels = 11
    for factor in (1, 2):
        before, x = x, _nasnet_reduction(n, before, x, channels * factor)
    for stage in range(3):
        width = 44 * 2**stage
        if stage:
            before, x = x, _nasnet_reduction(n, before, x, width)
        for _ in range(4):
            before, x = x, _nasnet_normal(n, before, x, width)
    n.dense(n.gap(x), 1000)


def _nasnet_normal(n: Layers, before: int, x: int, width: int) -> int:
    p, h = _match(n, before, x, width), n.conv(x, width)
    a = n.sum(_sep(n, h, 3), h)
    b = n.sum(_sep(n, p, 3), _sep(n, h, 5))
    c = n.sum(n.pool(h, 1), p)
    d = n.sum(n.pool(p, 1), n.pool(p, 1))
    e = n.sum(_sep(n, p, 5), _sep(n, p, 3))
    return n.concat(p, a, b, c, d, e)


def _nasnet_reduction(n: Layers, before: int, x: int, width: int) -> int:
    p, h = _match(n, before, x, width), n.conv(x, width)
    a = n.sum(_sep(n, h, 5, 2), _sep(n, p, 7, 2))
    pooled = n.pool(h)
    b = n.sum(pooled, _sep(n, p, 7, 2))
    c = n.sum(n.pool(h), _sep(n, p, 5, 2))
    d = n.sum(n.pool(a, 1), b)
    e = n.sum(_sep(n, a, 3), pooled)
    return n.concat(b, c, d, e)


def darts(n: Layers) -> None:
    """DARTS V2 for ImageNet (14 cells, 48 channels; Liu et al. 2019)."""
    width = 48
    before = n.conv(n.conv(n.input(3, 224, 224), width // 2, 3, 2), width, 3, 2)
    x = n.conv(before, width, 3, 2)
    for k in range(14):
        reduce = k in (14 // 3, 2 * 14 // 3)
        width *= 1 + reduce
        before, x = x, (_darts_reduction if reduce else _darts_normal)(n, before, x, width)
    n.dense(n.gap(x), 1000)


def _darts_normal(n: Layers, before: int, x: int, width: int) -> int:
    a, b = _match(n, before, x, width), n.conv(x, width)
    s = n.sum(_sep(n, a, 3), _sep(n, b, 3))
    t = n.sum(_sep(n, a, 3), _sep(n, b, 3))
    u = n.sum(_sep(n, b, 3), a)
    v = n.sum(a, n.separable(s, width, 3))
    return n.concat(s, t, u, v)


def _darts_reduction(n: Layers, before: int, x: int, width: int) -> int:
    a, b = _match(n, before, x, width), n.conv(x, width)
    s = n.sum(n.pool(a), n.pool(b))
    t = n.sum(s, n.pool(b))
    u = n.sum(n.pool(a), s)
    v = n.sum(s, n.pool(b))
    return n.concat(s, t, u, v)


def amoebanet(n: Layers) -> None:
    """AmoebaNet-D (18 cells, 64 filters; Real et al. 2019), 224 × 224."""
    before = x = n.conv(n.input(3, 224, 224), 32, 3, 2)
    width = 16
    for k in range(2):
        width *= 2
        before, x = x, _amoeba_reduction(n, before, x, width // (2 - k))
    for stage in range(3):
        if stage:
            width *= 2
            before, x = x, _amoeba_reduction(n, before, x, width)
        for _ in range(4):
            before, x = x, _amoeba_normal(n, before, x, width)
    n.dense(n.gap(x), 1000)


def _conv17(n: Layers, x: int, stride: int = 1) -> int:
    """Bottleneck of 1 × 1, 1 × 7, 7 × 1 and 1 × 1 convolutions."""
    c, h, w = n.shape[x]
    q = c // 4
    y = n.conv(x, q)
    y = n.add("conv", [y], (q, h, -(-w // stride)), 7 * q * q + q)
    y = n.add("conv", [y], (q, -(-h // stride), -(-w // stride)), 7 * q * q + q)
    return n.conv(y, c)


def _amoeba_normal(n: Layers, before: int, x: int, width: int) -> int:
    h, p = n.conv(x, width), _match(n, before, x, width)
    s2 = n.sum(n.conv(p, width), n.pool(p, 1))
    s3 = n.sum(p, _conv17(n, h))
    s4 = n.sum(n.conv(h, width), _conv17(n, h))
    s5 = n.sum(n.pool(s2, 1), s2)
    s6 = n.sum(n.pool(p, 1), n.conv(s5, width))
    return n.concat(h, s3, s4, s6)


def _amoeba_reduction(n: Layers, before: int, x: int, width: int) -> int:
    h, p = n.conv(x, width), _match(n, before, x, width)
    s2 = n.sum(n.pool(h), n.pool(h))
    s3 = n.sum(s2, n.conv(p, width, 3, 2))
    s4 = n.sum(_conv17(n, s2), n.pool(s2, 1))
    s5 = n.sum(s3, n.pool(p))
    s6 = n.sum(n.pool(s2, 1), n.conv(s3, width))
    return n.concat(s4, s5, s6)


# ---- randomly wired networks (Xie et al. 2019), small regime: 32 nodes a stage ------------------


def randwire_ws(n: Layers, seed: int) -> None:
    """RandWire, Watts-Strogatz graphs with 4 neighbours and rewiring probability 0.75."""
    _randwire(n, [watts_strogatz(32, 4, 0.75, seed=(seed, k)) for k in range(3)])


def randwire_er(n: Layers, seed: int) -> None:
    """RandWire, Erdős-Rényi graphs with edge probability 0.2."""
    _randwire(n, [erdos_renyi(32, 0.2, seed=(seed, k)) for k in range(3)])


def randwire_ba(n: Layers, seed: int) -> None:
    """RandWire, Barabási-Albert graphs with 5 edges a node."""
    _randwire(n, [barabasi_albert(32, 5, seed=(seed, k)) for k in range(3)])


def _randwire(n: Layers, graphs: Sequence[set[tuple[int, int]]]) -> None:
    x = n.conv(n.conv(n.input(3, 224, 224), 39, 3, 2), 78, 3, 2)
    for stage, edges in enumerate(graphs):
        x = _wired(n, x, edges, 78 * 2**stage)
    n.dense(n.gap(n.conv(x, 1280)), 1000)


def _wired(n: Layers, x: int, edges: set[tuple[int, int]], channels: int) -> int:
    """One stage: a node sums its inputs, then convolves separably; the sinks are averaged."""
    nodes = 1 + max(b for _, b in edges)
    c, h, w = n.shape[x]
    half = (-(-h // 2), -(-w // 2))
    made: list[int] = []
    for node in range(nodes):
        inputs = [made[a] for a, b in sorted(edges) if b == node]
        reads, width = (inputs, channels) if inputs else ([x], c)
        weight = 9 * width + width * channels + channels
        made.append(n.add("node", reads, (channels, *half), weight))
    sinks = [made[a] for a in range(nodes) if all(a != e[0] for e in edges)]
    return n.add("mean", sinks, (channels, *half))


def watts_strogatz(nodes: int, neighbours: int, p: float, seed) -> set[tuple[int, int]]:
    """Ring lattice whose edges are rewired with probability `p`; edges from low to high."""
    rng = np.random.default_rng(seed)
    edges = set()
    for offset in range(1, neighbours // 2 + 1):
        for a in range(nodes):
            b = (a + offset) % nodes
            if rng.random() < p:
                free = [c for c in range(nodes) if c != a and _edge(a, c) not in edges]
                b = int(rng.choice(free))
            edges.add(_edge(a, b))
    return edges


def erdos_renyi(nodes: int, p: float, seed) -> set[tuple[int, int]]:
    """Every edge with probability `p`."""
    rng = np.random.default_rng(seed)
    return {(a, b) for a in range(nodes) for b in range(a + 1, nodes) if rng.random() < p}


def barabasi_albert(nodes: int, m: int, seed) -> set[tuple[int, int]]:
    """Nodes that arrive with `m` edges, attached in proportion to degree."""
    rng = np.random.default_rng(seed)
    edges: set[tuple[int, int]] = set()
    ends: list[int] = list(range(m))
    for node in range(m, nodes):
        targets: set[int] = set()
        while len(targets) < m:
            targets.add(ends[int(rng.integers(len(ends)))])
        edges |= {(t, node) for t in targets}
        ends += [*sorted(targets), *[node] * m]
    return edges


def _edge(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)
