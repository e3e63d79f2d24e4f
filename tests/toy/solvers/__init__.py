"""Random greedy packing and CP-SAT (or HiGHS) close in from both sides."""

from __future__ import annotations

import random
import time

from tests.toy.models import Packing, build_cpsat, build_pyomo
from zerogap.solvers.backends import cpsat, highs


class Greedy:
    """A kernel in Python: random insertion orders, the best packing kept."""

    def __init__(self, instance, seed):
        self.instance = instance
        self.random = random.Random(seed)
        self.objective = None
        self.items = ()
        self.iterations = 0
        self.seconds = 0.0

    def run(self, seconds=float("inf"), iterations=-1):
        begun = time.monotonic()
        done = 0
        while time.monotonic() - begun < seconds and done != iterations:
            order = list(range(len(self.instance.value)))
            self.random.shuffle(order)
            room, value, items = self.instance.capacity, 0, []
            for i in order:
                if self.instance.weight[i] <= room:
                    room -= int(self.instance.weight[i])
                    value += int(self.instance.value[i])
                    items.append(i)
            if self.objective is None or value > self.objective:
                self.objective, self.items = value, tuple(sorted(items))
            done += 1
        self.iterations += done
        self.seconds += time.monotonic() - begun
        return self.iterations < 100_000

    def best(self):
        return self.items


def _solution(kernel):
    return Packing(kernel.best())


def kernel(instance, search):
    search.drive(Greedy(instance, search.seed), solution=_solution, source="greedy")


def exact(instance, search):
    cpsat.improve(build_cpsat(instance), search)


def mip(instance, search):
    highs.improve(build_pyomo(instance), search)


def auto(instance, search):
    search.tighten(int(instance.value.sum()), "all items")
    greedy = Greedy(instance, search.seed)
    search.drive(greedy, solution=_solution, source="greedy", seconds=0.02)
    with search.in_background(greedy, solution=_solution, source="greedy"):
        cpsat.improve(build_cpsat(instance), search)


METHODS = {"auto": auto, "kernel": kernel, "exact": exact, "mip": mip}
EXTENDABLE = ("auto", "exact", "mip")
