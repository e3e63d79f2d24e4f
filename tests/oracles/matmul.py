"""Tiny formats: ranks and additions from theorems, user's constraints and circuits by enumeration.

Where a side of the format is 1, products and matrix entries correspond one to one: the rank is
n1·n2·n3, and since the sums of C have to join that many products at least, n1·n3·(n2 − 1)
additions are needed. For 2×2×2 the rank is 7 (Winograd 1971), with 15 additions (Probert 1976),
or 4 where an eighth product is allowed: eight products into four entries of C.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator

import numpy as np

from zerogap.models.matmul import MatMul, ReducedScheme, Scheme, naive, unshared

FAMILY = "matmul"
METHODS = ("auto", "kernel", "exact")
REFUSALS = ("the Brent model is for Z2 and ZT",)

FLAT = [n for n in itertools.product((1, 2, 3), repeat=3) if 1 in n and math.prod(n) <= 6]
#: Formats in which schemes can be enumerated.
LEAST = [(1, 1, 2), (1, 2, 1), (2, 1, 1)]
#: Largest number of multisets of products that are enumerated for a user's constraint.
MOST = 300_000


def draw(rng):
    """A tiny format; ring, objective, a given scheme, its programs and limits mixed."""
    on = lambda: rng.random() < 0.25  # noqa: E731
    some = [(2, 2, 2)] if on() else LEAST if on() else FLAT
    n = some[int(rng.integers(len(some)))]
    additions = on() or on()
    ring = str(rng.choice(["Z2", "ZT"] if additions else ["Z2", "ZT", "Z", "Q"]))
    fields: dict = {"objective": "additions" if additions else "rank"}
    given = None
    fixed = additions and on()
    if fixed or on() or on():
        given = _some(n, ring, rng)
        if fixed or (ring in ("Z2", "ZT") and on()):
            given = given if on() else unshared(given)
        fields |= {"given": given, "fixed": fixed}
    if additions and (on() or n == (2, 2, 2)):
        least = 7 if n == (2, 2, 2) else math.prod(n)
        most = given.rank if given is not None else least - 1
        fields["rank"] = int(rng.integers(most, max(most, least) + 2))
    options: dict = {}
    if on():
        options["plus"] = int(rng.choice([50, 1000]))
    if on():
        options["band"] = int(rng.integers(0, 5))
    if on():
        options["pool"] = int(rng.integers(1, 4))
    if on():
        options["lift"] = False
    if on() or on():
        options["catalogue"] = False
    if on():
        options["target"] = int(rng.integers(0, math.prod(n) + 2))
    return MatMul(np.array(n), ring, **fields), options


def _strassen():
    u = [[1, 0, 0, 1], [0, 0, 1, 1], [1, 0, 0, 0], [0, 0, 0, 1], [1, 1, 0, 0], [-1, 0, 1, 0]]
    v = [[1, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, -1], [-1, 0, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0]]
    w = [[1, 0, 0, 1], [0, 1, 0, -1], [0, 0, 1, 1], [1, 1, 0, 0], [-1, 0, 1, 0], [0, 0, 0, 1]]
    return [*u, [0, 1, 0, -1]], [*v, [0, 0, 1, 1]], [*w, [1, 0, 0, 0]]


def _some(n, ring, rng):
    """A correct scheme: a known one in another basis, a product split, in any order and sign."""
    factors = [np.array(m) for m in (naive(n).u, naive(n).v, naive(n).w)]
    if n == (2, 2, 2) and rng.random() < 0.6:
        factors = [np.array(m) for m in _strassen()]
    for _ in range(int(rng.integers(0, 3))):
        factors = _fit(_based(n, factors, rng), factors, ring)
    if rng.random() < 0.3:
        factors = _fit(_split(factors, rng), factors, ring)
    order = rng.permutation(len(factors[0]))
    factors = [m[order] for m in factors]
    if ring != "Z2":
        for r in range(len(order)):
            signs = rng.choice([-1, 1], 2)
            for m, sign in zip(factors, (*signs, signs.prod())):
                m[r] *= sign
    if ring == "Z":
        factors[0][0] *= -1
        factors[2][0] *= -1
    if ring == "Z2":
        factors = [m % 2 for m in factors]
    divisors = None
    if ring == "Q":
        divisors = rng.integers(1, 4, len(order))
        factors[1] = factors[1] * divisors[:, None]
    return Scheme(*factors) if divisors is None else Scheme(*factors, divisors)


def _fit(changed, factors, ring):
    """The changed factors in the ring, or the old ones where they do not fit."""
    if ring == "Z2":
        return [m % 2 for m in changed]
    worst = max(int(np.abs(m).max()) for m in changed)
    return changed if worst <= 1 or ring in ("Z", "Q") else factors


def _based(n, factors, rng):
    """Row i of index space `side` added to row j: A → X A, with the inverse beside it."""
    side = int(rng.integers(3))
    if n[side] < 2:
        return factors
    i, j = rng.choice(n[side], 2, replace=False)
    out = [m.reshape(-1, n[k], n[(k + 1) % 3]).copy() for k, m in enumerate(factors)]
    out[side][:, j] += out[side][:, i]
    last = (side - 1) % 3
    out[last][:, :, i] -= out[last][:, :, j]
    return [m.reshape(len(m), -1) for m in out]


def _split(factors, rng):
    """u⊗v⊗w = e⊗v⊗w + (u − e)⊗v⊗w, with a product more."""
    r, side = int(rng.integers(len(factors[0]))), int(rng.integers(3))
    row = factors[side][r]
    hits = np.flatnonzero(row)
    part = np.zeros_like(row)
    part[hits[0]] = row[hits[0]]
    if len(hits) < 2:
        return factors
    out = []
    for k, m in enumerate(factors):
        m = np.vstack([m, m[r]])
        if k == side:
            m[-1], m[r] = part, row - part
        out.append(m)
    return out


def _rank(n):
    return 7 if n == (2, 2, 2) else math.prod(n)


def optimum(instance, options, allowed=None):
    """Rank or additions by theorem; by enumeration under a constraint or of fixed products."""
    n = tuple(instance.n.tolist())
    if allowed is not None:
        return next(
            ((s.rank, s) for s in _enumerated(n, instance.ring, _products(instance)) if allowed(s)),
            (None, None),
        )
    if instance.objective == "rank":
        return _rank(n), solution(instance, np.random.default_rng(0), options)
    if instance.fixed:
        binary = instance.ring == "Z2"
        sides = (instance.scheme.u, instance.scheme.v, instance.scheme.w.T)
        return sum(_shortest(m, binary) for m in sides), unshared(instance.scheme)
    if instance.rank and instance.rank < _rank(n):
        return None, None
    first = solution(instance, np.random.default_rng(0), options)
    if n == (2, 2, 2):
        return (15 if instance.rank == 7 else 4), first
    return n[0] * n[2] * (n[1] - 1), first


# ---- constraints of the user's: all multisets of products -------------------------------------


def _products(instance):
    """Products up to which schemes are enumerated: one more than the exact model has."""
    return instance.scheme.rank + 1


@functools.cache
def _rank_one(n, ring):
    """All products u⊗v⊗w with their flat tensors; signs stand in w."""
    values = (0, 1) if ring == "Z2" else (-1, 0, 1)
    sides = []
    for width, free in zip((n[0] * n[1], n[1] * n[2], n[2] * n[0]), (False, False, True)):
        rows = [r for r in itertools.product(values, repeat=width) if any(r)]
        if not free:
            rows = [r for r in rows if next(x for x in r if x) > 0]
        sides.append(rows)
    return [
        (u, v, w, np.einsum("a,b,c->abc", u, v, w).ravel()) for u, v, w in itertools.product(*sides)
    ]


def _number(n, ring, products):
    base = 2 if ring == "Z2" else 3
    count = math.prod((base**e - 1) // (base - 1) for e in (n[0] * n[1], n[1] * n[2], n[2] * n[0]))
    count *= base - 1
    return math.comb(count + products, products)


@functools.cache
def _enumerated(n, ring, products):
    """All schemes of at most so many products, fewest first."""
    target = np.einsum("ra,rb,rc->abc", *(getattr(naive(n), k) for k in "uvw")).ravel()
    every = _rank_one(n, ring)
    binary = ring == "Z2"

    def code(tensor):  # one number a tensor, such that sums are sums (modulo 2: exclusive ors)
        return sum(int(x) << (i if binary else 6 * i) for i, x in enumerate(tensor))

    codes, wanted = [code(t) for *_, t in every], code(target)
    found = []
    for r in range(1, products + 1):
        for chosen in itertools.combinations_with_replacement(range(len(every)), r):
            parts = [codes[c] for c in chosen]
            if (functools.reduce(operator.xor, parts) if binary else sum(parts)) == wanted:
                found.append(Scheme(*(np.array([every[c][k] for c in chosen]) for k in range(3))))
    return found


def extension(instance, rng, options):
    """An entry in at least or at most so many products, or two entries never in one form."""
    n = tuple(instance.n.tolist())
    if instance.objective != "rank" or instance.ring not in ("Z2", "ZT"):
        return None
    if _number(n, instance.ring, _products(instance)) > MOST:
        return None
    side = "uvw"[int(rng.integers(3))]
    width = getattr(instance.scheme, side).shape[1]
    e, f = int(rng.integers(width)), int(rng.integers(width))
    kind, many = str(rng.choice(["least", "most", "apart"])), int(rng.integers(1, 4))
    signed = instance.ring == "ZT"

    def there(cell):
        return sum(cell) if signed else cell

    def extend(model):
        cells = model.variables[side]
        column = [there(row[e]) for row in cells]
        if kind == "least":
            model.model.add(sum(column) >= many)
        elif kind == "most":
            model.model.add(sum(column) <= many)
        else:
            for row in cells:
                model.model.add(there(row[e]) + there(row[f]) <= 1)

    def allowed(scheme):
        m = getattr(scheme, side) != 0
        if kind == "least":
            return int(m[:, e].sum()) >= many
        if kind == "most":
            return int(m[:, e].sum()) <= many
        # With e = f the model says 2·x <= 1: the entry occurs nowhere.
        return not (m[:, e] & m[:, f]).any()

    return extend, allowed, ("auto", "exact")


# ---- fixed products: the shortest circuit by deepening ------------------------------------------


def _shortest(matrix, binary):
    """Fewest additions of a program for all rows, signs of rows free."""
    matrix = np.asarray(matrix)
    matrix = matrix[np.any(matrix, axis=1)][:, np.any(matrix, axis=0)]
    if min(matrix.shape) == 0:
        return 0
    outputs, inputs = matrix.shape
    if inputs > outputs:  # fewer inputs are fewer choices; Tellegen's principle turns the circuit
        return _shortest(matrix.T, binary) + inputs - outputs
    sign = (lambda f: f) if binary else _positive
    wanted = frozenset(sign(tuple(r)) for r in matrix.tolist() if np.count_nonzero(r) > 1)
    units = tuple(tuple(int(i == k) for i in range(inputs)) for k in range(inputs))
    for depth in itertools.count(len(wanted)):
        if _reach(units, wanted, depth, binary, sign, 0):
            return depth
    raise AssertionError


def _positive(form):
    return max(form, tuple(-x for x in form))


def _reach(known, wanted, depth, binary, sign, after):
    """Whether `depth` more sums reach all wanted forms.

    Sums that are not wanted are taken in the order of their operands, as their order is free.
    """
    if not wanted:
        return True
    if depth < len(wanted):
        return False
    here = set(known)
    for b in range(len(known)):
        for a in range(b):
            for s in (1,) if binary else (1, -1):
                form = tuple(x + s * y for x, y in zip(known[a], known[b]))
                form = tuple(x % 2 for x in form) if binary else form
                if not any(form):
                    continue
                form = sign(form)
                if form in here:
                    continue
                if form in wanted:
                    # A wanted form that is one sum away costs one sum in any case: take it now.
                    return _reach((*known, form), wanted - {form}, depth - 1, binary, sign, after)
    if depth == len(wanted):
        return False
    place = 0
    for b in range(len(known)):
        for a in range(b):
            for s in (1,) if binary else (1, -1):
                place = (b * len(known) + a) * 2 + (s < 0)
                form = tuple(x + s * y for x, y in zip(known[a], known[b]))
                form = tuple(x % 2 for x in form) if binary else form
                if not any(form) or sign(form) in here:
                    continue
                if _reach((*known, sign(form)), wanted, depth - 1, binary, sign, place):
                    return True
    return False


# ---- other solutions, other instances ---------------------------------------------------------


def solution(instance, rng, options):
    """A scheme that is allowed, with programs that share nothing where additions are counted."""
    n = tuple(instance.n.tolist())
    if instance.objective == "rank":
        return _some(n, instance.ring, rng)
    if instance.fixed:
        return unshared(instance.scheme)
    if instance.rank and instance.rank < _rank(n):
        return None
    for _ in range(20):
        scheme = _some(n, instance.ring, rng)
        if not instance.rank or scheme.rank <= instance.rank:
            return unshared(scheme)
    return None if instance.given is None else unshared(instance.scheme)


def variants(instance, rng, options):
    """C' = B'A', and (for ranks) the cyclic turn of the trace of ABC."""
    n = instance.n.tolist()
    plain = None if instance.given is None else instance.scheme

    def flip(m, rows, columns):
        return m.reshape(-1, rows, columns).transpose(0, 2, 1).reshape(len(m), -1)

    fields = {"ring": instance.ring, "objective": instance.objective, "rank": instance.rank}
    turned = None
    if plain is not None:
        turned = Scheme(
            flip(plain.v, n[1], n[2]), flip(plain.u, n[0], n[1]), flip(plain.w, n[2], n[0]),
            plain.denominator,
        )  # fmt: skip
        if isinstance(instance.given, ReducedScheme):
            turned = unshared(turned)
    yield (
        MatMul(np.array(n[::-1]), given=turned, fixed=instance.fixed, **fields),
        lambda value: value,
    )
    if instance.objective == "rank":
        if plain is not None:
            plain = Scheme(plain.v, plain.w, plain.u, plain.denominator)
        yield MatMul(np.array([n[1], n[2], n[0]]), given=plain, **fields), lambda value: value
