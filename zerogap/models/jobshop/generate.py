"""Generators of random shops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.jobshop.instance import FlexibleJobShop, JobShop, Shop

_MODULUS = 2**31 - 1
_MULTIPLIER = 16807


def _size(**sizes: object) -> list[int]:
    checked = []
    for field, value in sizes.items():
        try:
            number = int(value)  # type: ignore[call-overload]
        except (TypeError, ValueError):
            raise InstanceError(f"is {value!r}, expected an integer", field=field) from None
        if number < 1:
            raise InstanceError(f"is {number}, expected 1 or more", field=field)
        checked.append(number)
    return checked


def _uniform(seed: int, count: int) -> np.ndarray:
    """The next `count` fractions of Taillard's generator x ← 16807 x mod 2³¹ − 1.

    The sequence is made by doubling, x_{k+i} = x_i · 16807^k, so that a million cost milliseconds.
    """
    states = np.array([seed * _MULTIPLIER % _MODULUS], dtype=np.uint64)
    power = _MULTIPLIER
    while len(states) < count:
        states = np.concatenate((states, states * np.uint64(power) % np.uint64(_MODULUS)))
        power = power * power % _MODULUS
    return states[:count] / _MODULUS


def taillard(
    seed: int = 0,
    jobs: int = 15,
    machines: int = 15,
    time_seed: int | None = None,
    machine_seed: int | None = None,
    low: int = 1,
    high: int = 99,
) -> JobShop:
    """Taillard's generator (1993): durations uniform, machine orders shuffled, two seeds.

    Parameters
    ----------
    seed : int
        Gives both seeds unless they are given.
    jobs, machines : int
        Every job visits every machine once.
    time_seed, machine_seed : int, optional
        Seeds of durations and of machine orders, 1 … 2**31 − 2; those printed in the paper give
        ta01 … ta80.
    low, high : int
        Range of durations, ends included.
    """
    jobs, machines = _size(jobs=jobs, machines=machines)
    low, high = int(low), int(high)
    if not 0 <= low <= high:
        raise InstanceError(f"durations {low} … {high} are no range", field="low")
    drawn = np.random.SeedSequence(seed).generate_state(2) % (_MODULUS - 1) + 1
    seeds = [
        int(drawn[i]) if given is None else int(given)
        for i, given in enumerate((time_seed, machine_seed))
    ]
    for field, value in zip(("time_seed", "machine_seed"), seeds):
        if not 1 <= value < _MODULUS:
            raise InstanceError(f"is {value}, expected 1 … {_MODULUS - 1}", field=field)
    n = jobs * machines
    duration = low + np.floor(_uniform(seeds[0], n) * (high - low + 1)).astype(np.int64)
    fraction = _uniform(seeds[1], n).reshape(jobs, machines)
    machine = np.tile(np.arange(machines, dtype=np.int32), (jobs, 1))
    every = np.arange(jobs)
    for k in range(machines):
        other = k + np.floor(fraction[:, k] * (machines - k)).astype(np.int64)
        machine[every, k], machine[every, other] = machine[every, other], machine[every, k]
    name = f"taillard-{jobs}x{machines}-{seed}"
    first = np.arange(jobs + 1) * machines
    return JobShop(machine.reshape(-1), duration, first, machines, name=name)


def reentrant(
    seed: int = 0, jobs: int = 10, machines: int = 5, shortest: int = 1, longest: int = 10
) -> JobShop:
    """Jobs of different length on machines drawn with repetition; one duration in ten is zero.

    Lengths are uniform in `shortest` … `longest`, durations uniform in 1 … 99 else.
    """
    jobs, machines, shortest, longest = _size(
        jobs=jobs, machines=machines, shortest=shortest, longest=longest
    )
    if longest < shortest:
        raise InstanceError(f"is {longest}, expected at least {shortest}", field="longest")
    rng = np.random.default_rng(seed)
    first = np.concatenate(([0], np.cumsum(rng.integers(shortest, longest + 1, jobs))))
    n = int(first[-1])
    duration = rng.integers(1, 100, n) * (rng.random(n) >= 0.1)
    machine = rng.integers(0, machines, n)
    return JobShop(machine, duration, first, machines, name=f"reentrant-{jobs}x{machines}-{seed}")


def tardiness(seed: int = 0, jobs: int = 15, machines: int = 10, tightness: float = 1.3) -> JobShop:
    """Taillard's shop with release dates, weights and due dates; the objective is tardiness.

    Due dates are release + `tightness` × total duration of the job; releases uniform in 0 … half
    the mean machine load; weights 4 for a fifth of the jobs, 2 for three fifths, 1 for a fifth.
    """
    plain = taillard(seed, jobs, machines)
    tightness = float(tightness)
    if not tightness >= 0:
        raise InstanceError(f"is {tightness}, expected 0 or more", field="tightness")
    rng = np.random.default_rng(seed)
    work = np.add.reduceat(plain.duration, plain.first[:-1])
    release = rng.integers(0, max(1, int(work.sum()) // (2 * plain.machines)), plain.jobs)
    due = release + np.floor(tightness * work).astype(np.int64)
    weight = rng.choice([4, 2, 2, 2, 1], plain.jobs)
    return JobShop(
        plain.machine,
        plain.duration,
        plain.first,
        plain.machines,
        release,
        due,
        weight,
        objective="tardiness",
        name=f"tardiness-{plain.jobs}x{plain.machines}-{seed}",
    )


def flexible(
    seed: int = 0,
    jobs: int = 10,
    machines: int = 6,
    length: int = 6,
    alternatives: float = 2.0,
) -> FlexibleJobShop:
    """A flexible shop: `length` operations a job, on average `alternatives` machines for each.

    Numbers of alternatives are 1 + binomial, durations uniform in 1 … 99, each alternative within
    ± 20 % of the operation's.
    """
    jobs, machines, length = _size(jobs=jobs, machines=machines, length=length)
    alternatives = float(alternatives)
    if not 1 <= alternatives <= machines:
        raise InstanceError(f"is {alternatives}, expected 1 … {machines}", field="alternatives")
    rng = np.random.default_rng(seed)
    n = jobs * length
    share = (alternatives - 1) / max(1, machines - 1)
    count = 1 + rng.binomial(machines - 1, share, n)
    choice = np.concatenate(([0], np.cumsum(count)))
    machine = np.concatenate([rng.permutation(machines)[:c] for c in count])
    base = np.repeat(rng.integers(1, 100, n), count)
    duration = np.maximum(1, np.rint(base * rng.uniform(0.8, 1.2, len(base)))).astype(np.int64)
    first = np.arange(jobs + 1) * length
    name = f"flexible-{jobs}x{machines}-{seed}"
    return FlexibleJobShop(machine, duration, choice, first, machines, name=name)


GENERATORS: dict[str, Callable[..., Shop]] = {
    "taillard": taillard,
    "reentrant": reentrant,
    "tardiness": tardiness,
    "flexible": flexible,
}
