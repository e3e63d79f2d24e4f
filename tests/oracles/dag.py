"""DAGs over up to 4 variables: all orders × all parent sets.

Losses are fitted by numpy and scipy, log scores counted in dictionaries; the normaliser of a
multinomial is a coefficient of a power series. Tables of local scores are drawn at random.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np

from zerogap.models.dag import Categorical, Dag, LocalScores, Structure

FAMILY = "dag"
METHODS = ("auto", "kernel", "exact", "cpsat", "topo")
EXACT = ("exact", "cpsat", "auto")
REFUSALS = ("models take the losses",)


def draw(rng):
    """Numbers, categories or a table of local scores."""
    kind = rng.random()
    return _numbers(rng) if kind < 0.5 else _categories(rng) if kind < 0.8 else _table(rng)


def _categories(rng):
    d, n = int(rng.integers(1, 5)), int(rng.integers(8, 50))
    arities = rng.integers(2, 4, d)
    data = np.zeros((n, d), dtype=int)
    for j in range(d):
        mixed = data[:, int(rng.integers(j))] if j else rng.integers(0, 3, n)
        noise = rng.integers(0, 3, n)
        data[:, j] = np.where(rng.random(n) < rng.uniform(0.2, 0.9), mixed, noise) % arities[j]
    data = data[:, (shuffled := rng.permutation(d))]
    levels = [tuple("abc"[: arities[j]]) for j in shuffled]
    score = str(rng.choice(["bdeu", "bdeu", "bic", "aic", "k2", "fnml", "qnml"]))
    ess = float(rng.choice([0.01, 1.0, 10.0, 200.0]))
    return Categorical(data, levels, score, ess, **_rules(rng, d)), {}


def _table(rng):
    d = int(rng.integers(1, 5))
    scores, sets = [], []
    for j in range(d):
        others = [i for i in range(d) if i != j]
        every = [s for k in range(d) for s in itertools.combinations(others, k)]
        kept = [s for s in every if rng.random() < 0.7] or [every[int(rng.integers(len(every)))]]
        sets.append(tuple(kept))
        scores.append(np.round(rng.normal(-20, 5, len(kept)), int(rng.integers(0, 3))))
    return LocalScores(tuple(scores), tuple(sets), **_rules(rng, d)), {}


def _numbers(rng):
    """Loss, penalty and every kind of rule, each on with probability 1/4."""
    on = lambda p=0.25: bool(rng.random() < p)  # noqa: E731
    d, n = int(rng.integers(1, 5)), int(rng.integers(12, 60))
    loss = str(rng.choice(["ls", "ls", "gauss", "logistic"]))
    penalty = str(rng.choice(["none", "l1", "l0", "bic"]))
    if loss == "gauss" and penalty == "l1":
        penalty = "bic"
    mixing = np.triu(rng.normal(0, 1, (d, d)) * (rng.random((d, d)) < 0.6), 1)
    rows = rng.normal(0, rng.uniform(0.5, 2, d), (n, d)) @ np.linalg.inv(np.eye(d) - mixing)
    rows = rows[:, rng.permutation(d)]
    if loss == "logistic":
        rows = (rows + rng.logistic(0, 1, rows.shape) > 0).astype(float)
        flip = rng.random(rows.shape) < 0.15  # no column is separated by others
        rows = np.where(flip, 1 - rows, rows)
        if (rows.std(axis=0) == 0).any():
            return _numbers(rng)
    fields: dict = {"loss": loss, "penalty": penalty}
    if penalty in ("l1", "l0"):
        fields["weight"] = float(rng.choice([0.0, 0.02, 0.2, 1.0]))
    fields |= _rules(rng, d)
    if loss == "logistic":
        return Dag.from_data(rows, center=False, **fields), {}
    if on():
        fields["standardize"] = True
    if on():
        fields["ridge"] = 0.1
    return Dag.from_data(rows, **fields), {}


def _rules(rng, d):
    """Every kind of rule with probability 1/4, none against another."""
    on = lambda p=0.25: bool(rng.random() < p)  # noqa: E731
    fields: dict = {}
    order = rng.permutation(d)
    pairs = [(int(order[i]), int(order[j])) for i in range(d) for j in range(i + 1, d)]
    if on() and pairs:
        fields["tiers"] = np.sort(rng.integers(0, 3, d))[np.argsort(order)]
        if on(0.4):
            fields["tiers"][rng.random(d) < 0.4] = -1  # in no tier
    if on() and pairs:
        fields["required"] = [pairs[int(rng.integers(len(pairs)))]]
    if on() and pairs:
        taken = set(fields.get("required", ()))
        both = [p for a, b in pairs for p in ((a, b), (b, a)) if p not in taken]
        chosen = rng.permutation(len(both))[: int(rng.integers(1, 4))]
        fields["forbidden"] = [both[int(k)] for k in chosen]
    if on():
        fields["max_parents"] = int(rng.integers(1, 3))
    return fields


def _log_score(dag, j, parents):
    """Log score of one variable from the definition; None if a table has none."""
    if isinstance(dag, LocalScores):
        return dict(zip(dag.sets[j], dag.scores[j].tolist())).get(tuple(sorted(parents)))
    rows = dag.data.tolist()
    n, r = len(rows), len(dag.levels[j])
    states = math.prod(len(dag.levels[i]) for i in parents)
    groups = Counter(tuple(row[i] for i in parents) for row in rows)
    cells = Counter((tuple(row[i] for i in parents), row[j]) for row in rows)
    if dag.score in ("bdeu", "k2"):
        cell = 1.0 if dag.score == "k2" else dag.ess / (states * r)
        total = 0.0
        for g, size in groups.items():  # one row after the other, by the predictive probability
            seen: Counter = Counter()
            for value in range(r):
                for _ in range(cells[g, value]):
                    total += math.log((cell + seen[value]) / (cell * r + seen.total()))
                    seen[value] += 1
            assert seen.total() == size
        return total
    fit = sum(c * math.log(c / groups[g]) for (g, _), c in cells.items())
    if dag.score == "bic":
        return fit - 0.5 * math.log(n) * states * (r - 1)
    if dag.score == "aic":
        return fit - states * (r - 1)
    if dag.score == "fnml":
        return fit - sum(math.log(_normaliser(c, r)) for c in groups.values())
    return fit - math.log(_normaliser(n, states * r)) + math.log(_normaliser(n, states))


def _normaliser(n, values):
    """C(n, L) = n!/n^n [x^n] (sum of h^h/h! x^h)^L, scaled so that nothing overflows."""
    h = np.arange(n + 1)
    one = np.array([(k / n) ** k / math.factorial(k) if k else 1.0 for k in h.tolist()])
    power, out, left = one, np.eye(1, n + 1)[0], values
    while left:
        if left & 1:
            out = np.convolve(out, power)[: n + 1]
        power, left = np.convolve(power, power)[: n + 1], left >> 1
    return math.factorial(n) * out[n]


def local(dag, j, parents):
    """(score, weights) of one variable given its parents, penalty included; None: not allowed."""
    parents = list(parents)
    if not isinstance(dag, Dag):
        score = _log_score(dag, j, parents)
        return None if score is None else (-score, np.ones(len(parents)))
    S, n = dag.covariance, dag.observations
    if dag.loss == "logistic":
        score, w = _logistic(dag, j, parents)
    elif dag.penalty == "l1" and dag.weight > 0:
        w = _lasso(S[np.ix_(parents, parents)], S[parents, j], dag.weight)
        score = 0.5 * _residual(S, j, parents, w) + dag.weight * np.abs(w).sum()
    else:
        w = np.linalg.solve(S[np.ix_(parents, parents)], S[parents, j]) if parents else np.zeros(0)
        left = _residual(S, j, parents, w)
        score = 0.5 * left if dag.loss == "ls" else 0.5 * n * (math.log(2 * math.pi * left) + 1)
    if dag.penalty in ("l0", "bic"):
        score += dag.weight * len(parents)
    return float(score), w


def _residual(S, j, parents, w):
    return float(S[j, j] - 2 * w @ S[parents, j] + w @ S[np.ix_(parents, parents)] @ w)


def _lasso(A, b, weight):
    """min ½ wᵀAw − bᵀw + weight |w|₁ by all sign patterns."""
    best, chosen = 0.0, np.zeros(len(b))
    for signs in itertools.product((-1, 0, 1), repeat=len(b)):
        s = np.array(signs)
        use = np.flatnonzero(s)
        if not len(use):
            continue
        w = np.zeros(len(b))
        w[use] = np.linalg.solve(A[np.ix_(use, use)], b[use] - weight * s[use])
        value = 0.5 * w @ A @ w - b @ w + weight * np.abs(w).sum()
        if value < best:
            best, chosen = value, w
    return chosen


def _logistic(dag, j, parents):
    from scipy.optimize import minimize

    X, y, n, k = dag.data[:, parents], dag.data[:, j], dag.observations, len(parents)
    if not k:
        return math.log(2), np.zeros(0)
    weight = dag.weight if dag.penalty == "l1" else 0.0

    def value(v):
        m = X @ (v[:k] - v[k:])
        loss = float((np.logaddexp(0, m) - y * m).sum()) / n
        g = X.T @ (1 / (1 + np.exp(-m)) - y) / n
        return loss + weight * v.sum(), np.concatenate([g + weight, -g + weight])

    found = minimize(value, np.zeros(2 * k), jac=True, method="L-BFGS-B",
                     bounds=[(0, 60)] * (2 * k),
                     options={"maxiter": 5000, "ftol": 1e-16, "gtol": 1e-10})  # fmt: skip
    w = found.x[:k] - found.x[k:]
    return value(np.concatenate([np.maximum(w, 0), np.maximum(-w, 0)]))[0], w


def _parents(dag, j):
    """All parent sets of a variable that the rules allow."""
    d = len(dag.names)
    barred = {tuple(e) for e in dag.forbidden.tolist()}
    needed = {a for a, b in dag.required.tolist() if b == j}
    may = [
        i for i in range(d)
        if i != j and (i, j) not in barred
        and (dag.tiers is None or dag.tiers[i] <= dag.tiers[j] or dag.tiers[j] < 0)
    ]  # fmt: skip
    most = len(may) if dag.max_parents is None else min(dag.max_parents, len(may))
    for size in range(most + 1):
        for chosen in itertools.combinations(may, size):
            if needed <= set(chosen):
                yield chosen


def _graphs(dag):
    """(score, parents of every variable) of every acyclic graph that the rules allow."""
    d = len(dag.names)
    lists = [
        [(*found, p) for p in _parents(dag, j) if (found := local(dag, j, p)) is not None]
        for j in range(d)
    ]
    seen = set()
    for order in itertools.permutations(range(d)):
        place = {v: k for k, v in enumerate(order)}
        choices = [[c for c in lists[j] if all(place[i] < place[j] for i in c[2])] for j in order]
        for picked in itertools.product(*choices):
            key = tuple(sorted(zip(order, (c[2] for c in picked))))
            if key not in seen:
                seen.add(key)
                yield sum(c[0] for c in picked), order, picked


def _structure(dag, order, picked):
    edges = [(i, j) for j, (_, _, parents) in zip(order, picked) for i in parents]
    weights = [float(x) for _, w, _ in picked for x in w]
    return Structure(np.array(order), np.array(edges or np.empty((0, 2))), np.array(weights),
                     dag.names)  # fmt: skip


def optimum(instance, options, allowed=None):
    """The best of all graphs."""
    best, chosen = None, None  # costs
    for score, order, picked in _graphs(instance):
        if best is not None and score >= best:
            continue
        made = _structure(instance, order, picked)
        if allowed is None or allowed(made):
            best, chosen = score, made
    if best is not None and not isinstance(instance, Dag):
        best = -best  # log scores are maximised
    return best, chosen


def solution(instance, rng, options):
    """Any graph, fitted."""
    graphs = list(itertools.islice(_graphs(instance), 500))
    if not graphs:
        return None
    _, order, picked = graphs[int(rng.integers(len(graphs)))]
    return _structure(instance, order, picked)


def extension(instance, rng, options):
    """An edge that must be there, or must not, or only beside another."""
    d = len(instance.names)
    if d < 2 or (
        isinstance(instance, Dag) and (instance.loss == "logistic" or instance.penalty == "l1")
    ):
        return None
    a, b = (int(v) for v in rng.choice(d, 2, replace=False))
    able = [p for p in _parents(instance, b) if local(instance, b, p) is not None]
    if a not in {i for p in able for i in p}:
        return None
    wanted = bool(rng.random() < 0.5)
    method = str(rng.choice(["auto", "exact", "cpsat"]))

    def extend(model):
        edge = model.variables["edge"][a, b]
        if method == "cpsat":
            model.model.add(edge == int(wanted))
        else:
            import pyomo.environ as pyo

            model.model.users = pyo.Constraint(expr=edge == int(wanted))

    def allowed(structure):
        return ((a, b) in set(map(tuple, structure.edges.tolist()))) == wanted

    return extend, allowed, (method,)


def variants(instance, rng, options):
    """Variables in another order."""
    d = len(instance.names)
    new = rng.permutation(d)
    old = np.argsort(new)
    rules = {
        "required": new[instance.required],
        "forbidden": new[instance.forbidden],
        "tiers": None if instance.tiers is None else instance.tiers[old],
        "max_parents": instance.max_parents,
    }
    if isinstance(instance, Categorical):
        levels = [instance.levels[j] for j in old]
        data = instance.data[:, old]
        other = Categorical(data, levels, instance.score, instance.ess, **rules)
    elif isinstance(instance, LocalScores):
        sets = [tuple(tuple(int(new[i]) for i in s) for s in instance.sets[j]) for j in old]
        other = LocalScores(tuple(instance.scores[j] for j in old), tuple(sets), **rules)
    else:
        other = Dag(
            covariance=instance.covariance[np.ix_(old, old)],
            observations=instance.observations,
            loss=instance.loss,
            penalty=instance.penalty,
            weight=instance.weight,
            data=None if instance.data is None else instance.data[:, old],
            **rules,
        )
    yield other, lambda value: value
