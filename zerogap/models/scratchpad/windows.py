"""Between which steps an operator can run."""

from __future__ import annotations

from zerogap.models.scratchpad.instance import Network, topological


def steps(net: Network) -> tuple[list[int], list[int]]:
    """Earliest and latest step of every operator: numbers of its ancestors and descendants."""
    n = len(net.inputs)
    if net.order is not None:
        step = [0] * n
        for k, o in enumerate(net.order.tolist()):
            step[o] = k
        return step, step
    before: list[set[int]] = [set() for _ in range(n)]
    for o in topological(net):
        for t in net.inputs[o]:
            p = int(net.producer[t])
            if p >= 0:
                before[o] |= before[p] | {p}
    after = [0] * n
    for o in range(n):
        for p in before[o]:
            after[p] += 1
    return [len(b) for b in before], [n - 1 - a for a in after]
