"""File formats: plain and reduced schemes as JSON, schemes as numbers in a text, our instances.

The public collections and tools write the factors of a scheme with ``w`` over the transpose of C;
files with the key ``"w_order": "n1xn3"`` (or read with ``w=plain``) hold C row by row.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np

from zerogap.models.base import Format, InstanceError, json_format, json_text, parse_json
from zerogap.models.matmul import codegen
from zerogap.models.matmul.instance import MAX_ENTRIES, MatMul
from zerogap.models.matmul.solution import Program, ReducedScheme, Scheme, transposed, wrong_order

_PLAIN = "n1xn3"
_MAX_RANK = MAX_ENTRIES * MAX_ENTRIES


def encode(solution: Scheme | ReducedScheme) -> dict[str, Any]:
    """JSON form of a solution: ``u``, ``v``, ``w``, and ``*_fresh`` where programs share sums."""
    if isinstance(solution, ReducedScheme):
        data = {}
        for name in "uvw":
            program = getattr(solution, name)
            data[f"{name}_fresh"] = _sums(program.fresh)
            data[name] = _sums(program.outputs)
        return {"n": list(solution.n), **data}
    data = {name: getattr(solution, name).tolist() for name in "uvw"}
    if (solution.denominator != 1).any():
        data["denominator"] = solution.denominator.tolist()
    return data


def decode(instance: MatMul, data: dict) -> Scheme | ReducedScheme:
    """The solution of an `encode`; raises `InstanceError`."""
    n1, n2, n3 = (int(x) for x in instance.n)
    if "u_fresh" in data:
        return _reduced(data, n1 * n2, n2 * n3)
    return _plain_scheme(data)


def _sums(sums) -> list:
    return [[{"index": i, "value": c} for i, c in terms] for terms in sums]


def _rows(data: dict, key: str) -> np.ndarray:
    rows = data[key]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise InstanceError("is no list of rows", field=key)
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise InstanceError(
                f"row {i} has {len(row)} coefficients, row 0 has {len(rows[0])}", field=key
            )
        for j, value in enumerate(row):
            if not isinstance(value, int) or isinstance(value, bool):
                raise InstanceError(f"[{i}][{j}] is {value!r}, expected an integer", field=key)
    return np.array(rows, dtype=object) if rows else np.zeros((0, 0), np.int64)


def _plain_scheme(data: dict) -> Scheme:
    u, v, w = (_rows(data, k) for k in "uvw")
    divisors = data.get("denominator")
    return Scheme(u, v, w) if divisors is None else Scheme(u, v, w, divisors)


def _program(data: dict, key: str, inputs: int) -> Program:
    def sums(name: str):
        if not isinstance(data[name], list):
            raise InstanceError("is no list of sums", field=name)
        for i, terms in enumerate(data[name]):
            if not isinstance(terms, list) or not all(isinstance(t, dict) for t in terms):
                raise InstanceError(f"row {i} is no list of terms", field=name)
            for t in terms:
                if not all(type(t.get(k)) is int for k in ("index", "value")):
                    raise InstanceError(
                        f"row {i}: a term needs integers index and value", field=name
                    )
        return tuple(tuple((t["index"], t["value"]) for t in terms) for terms in data[name])

    try:
        return Program(inputs, sums(f"{key}_fresh"), sums(key))
    except InstanceError as error:
        if error.field in ("fresh", "outputs"):
            error.field = f"{key}_fresh" if error.field == "fresh" else key
        raise


def _reduced(data: dict, entries_u: int, entries_v: int) -> ReducedScheme:
    u, v = _program(data, "u", entries_u), _program(data, "v", entries_v)
    return ReducedScheme(u, v, _program(data, "w", len(u.outputs)))


# ---- from given rows to an instance --------------------------------------------------------------


def instance_of(
    n,
    given,
    *,
    ring: str | None,
    z2: bool = False,
    objective: str,
    rank: int,
    fixed: bool,
    w: str | None,
    name: str,
) -> MatMul:  # fmt: skip
    """The instance around a given scheme, its ring and the order of `w` settled."""
    if isinstance(given, ReducedScheme):
        ring = ring or ("Z2" if z2 else "ZT")
    else:
        ring = ring or ("Z2" if z2 else _ring_of(given))
        if ring == "Z2":
            if (given.denominator != 1).any():
                raise InstanceError("fractions cannot be read modulo 2", field="denominator")
            given = Scheme(given.u % 2, given.v % 2, given.w % 2)
        if w == "plain":
            n1, _, n3 = (int(x) for x in n)
            if given.w.shape[1] != n1 * n3:
                raise InstanceError(
                    f"has rows of {given.w.shape[1]} entries, {n1}x{n3} are expected", field="w"
                )
            given = transposed(given, n1, n3)
    try:
        return MatMul(n, ring, objective, rank, given, fixed, name)
    except InstanceError as error:
        if error.field == "brent" and isinstance(given, Scheme) and wrong_order(n, ring, given):
            other = "transposed" if w == "plain" else "plain"
            order = "n1×n3" if other == "plain" else "n3×n1"
            raise InstanceError(
                f"holds the entries of C in the order {order} (read it with w={other})", field="w"
            ) from None
        raise


def _ring_of(scheme: Scheme) -> str:
    if (scheme.denominator != 1).any():
        return "Q"
    largest = max(int(np.abs(m).max(initial=0)) for m in (scheme.u, scheme.v, scheme.w))
    return "ZT" if largest <= 1 else "Z"


def stem(file: str) -> str:
    """Name of an instance from the name of its file."""
    return re.sub(r"\.(json|txt)$", "", file.rsplit("/", 1)[-1])


def _build(data, n, file, ring, objective, rank, fixed, w, name="") -> MatMul:
    """An instance from the keys of a scheme file or of a solution."""
    a, b, c = n
    z2 = data.get("z2", False)
    if not isinstance(z2, bool):
        raise InstanceError(f"is {z2!r}, expected true or false", field="z2")
    if "u_fresh" in data:
        given: Scheme | ReducedScheme = _reduced(data, a * b, b * c)
    else:
        given = _plain_scheme(data)
    if "m" in data and data["m"] != given.rank:
        raise InstanceError(f"is {data['m']!r}, but u has {given.rank} rows", field="m")
    return instance_of(
        n, given, ring=ring, z2=z2, objective=objective, rank=rank, fixed=fixed,
        w=w or ("plain" if data.get("w_order") == _PLAIN else "transposed"),
        name=name or stem(file),
    )  # fmt: skip


def _dimensions(data: dict) -> tuple[int, int, int]:
    n = data["n"]
    if not isinstance(n, list) or len(n) != 3 or not all(type(x) is int and x > 0 for x in n):
        raise InstanceError(f"is {n!r}, expected three positive integers", field="n")
    return tuple(n)  # type: ignore[return-value]


# ---- JSON of the collections ---------------------------------------------------------------------


def _sniff_scheme(head: str, name: str) -> bool:
    return (
        head.lstrip()[:1] == "{" and '"family"' not in head and '"n"' in head
        and '"m"' in head and ('"u"' in head or '"u_fresh"' in head)
    )  # fmt: skip


def read_scheme(
    text: str, *, file: str, ring: str | None = None, objective: str = "rank", rank: int = 0,
    fixed: bool = False, w: str | None = None,
) -> MatMul:  # fmt: skip
    """A scheme, plain or reduced, as the public collections write it."""
    data = parse_json(text, file=file)
    try:
        ring = ring or data.get("ring")
        return _build(data, _dimensions(data), file, ring, objective, rank, fixed, w)
    except KeyError as error:
        raise InstanceError(f"key {error.args[0]!r} is missing", file=file) from None


def _ring_marks(instance: MatMul) -> dict[str, Any]:
    marks = {"n": instance.n.tolist(), "m": instance.scheme.rank, "z2": instance.ring == "Z2"}
    return marks | ({"ring": instance.ring} if instance.ring in ("Z", "Q") else {})


def write_scheme(instance: MatMul) -> str:
    """The given scheme (the naive one if there is none) with all sums written out."""
    return json_text({**_ring_marks(instance), **encode(instance.scheme)})


def write_plain_order(instance: MatMul) -> str:
    """Like `write_scheme`, with the entries of C in ``w`` row by row."""
    n1, n3 = int(instance.n[0]), int(instance.n[2])
    scheme = instance.scheme
    w = scheme.w.reshape(-1, n3, n1).transpose(0, 2, 1).reshape(scheme.rank, -1)
    data = encode(Scheme(scheme.u, scheme.v, w, scheme.denominator))
    return json_text({**_ring_marks(instance), "w_order": _PLAIN, **data})


def write_reduced(instance: MatMul) -> str:
    """The given scheme with its straight-line programs."""
    given = instance.given if isinstance(instance.given, ReducedScheme) else None
    if given is None:
        given = codegen.programs(instance.scheme, instance.ring)
    cost = {"naive": instance.scheme.additions, "reduced": given.additions}
    return json_text({**_ring_marks(instance), "complexity": cost, **encode(given)})


# ---- results of a solve --------------------------------------------------------------------------


def _sniff_result(head: str, name: str) -> bool:
    return head.lstrip()[:1] == "{" and '"matmul"' in head and '"trace"' in head


def read_result(
    text: str, *, file: str, ring: str | None = None, objective: str = "rank", rank: int = 0,
    fixed: bool = False,
) -> MatMul:  # fmt: skip
    """The solution in a result file, as a given scheme: solved again, converted to code."""
    data = parse_json(text, file=file)
    solution = data.get("solution")
    if not isinstance(solution, dict):
        raise InstanceError("holds no solution", file=file, field="solution")
    try:
        n = _solution_format(solution)
        try:
            return _build(solution, n, file, ring, objective, rank, fixed, None)
        except InstanceError as error:
            if ring is not None or error.field != "brent":
                raise
            return _build(solution, n, file, "Z2", objective, rank, fixed, None)
    except KeyError as error:
        raise InstanceError(f"key {error.args[0]!r} is missing", file=file) from None


def _solution_format(solution: dict) -> tuple[int, int, int]:
    """The format of a solution; one with programs says it, as its inputs are not written."""
    if "n" in solution:
        return _dimensions(solution)
    return Scheme(*(_rows(solution, k) for k in "uvw")).n


# ---- text ----------------------------------------------------------------------------------------

_HEADER = re.compile(r"\s*(?:\d+[ \t]*\r?\n\s*)?((?:\d+[ \t]+){3}\d+)[ \t]*\r?\n([^\n]*)")
_NUMBERS = re.compile(r"[\s\d+-]*")


def _sniff_text(head: str, name: str) -> bool:
    """A line with a plausible format and rank, then at least one row of U in a line."""
    match = _HEADER.match(head)
    if match is None or _NUMBERS.fullmatch(match.group(2)) is None:
        return False
    n1, n2, n3, rank = map(int, match.group(1).split())
    plausible = max(n1 * n2, n2 * n3, n1 * n3) <= rank <= n1 * n2 * n3
    return plausible and len(match.group(2).split()) >= n1 * n2


def read_text(
    text: str, *, file: str, ring: str | None = None, objective: str = "rank", rank: int = 0,
    fixed: bool = False, w: str | None = None, scheme: int = 1,
) -> MatMul:  # fmt: skip
    """``n1 n2 n3 rank`` and the numbers of U, V, W; or a count and that many of these."""
    tokens = [(t, i) for i, line in enumerate(text.split("\n"), 1) for t in line.split()]
    first = next(line for line in text.split("\n") if line.strip()).split()
    place = 0

    def numbers(count: int, field: str) -> list[int]:
        nonlocal place
        piece = tokens[place : place + count]
        if len(piece) < count:
            line = tokens[-1][1] if tokens else 1
            raise InstanceError(
                f"ends after {len(piece)} of {count} numbers", file=file, line=line, field=field
            )
        place += count
        out = []
        for token, line in piece:
            if not re.fullmatch(r"[+-]?\d{1,18}", token):
                raise InstanceError(
                    f"{token[:40]!r} is no integer", file=file, line=line, field=field
                )
            out.append(int(token))
        return out

    count = numbers(1, "count")[0] if len(first) == 1 else 1
    if not 1 <= scheme <= count:
        raise InstanceError(f"is {scheme}, the file holds {count}", file=file, field="scheme")
    chosen = None
    for position in range(1, count + 1):
        n1, n2, n3, m = numbers(4, "header")
        if min(n1, n2, n3) < 1 or max(n1 * n2, n2 * n3, n3 * n1) > MAX_ENTRIES:
            raise InstanceError(
                f"{n1}x{n2}x{n3} is no format with at most {MAX_ENTRIES} entries a factor",
                file=file, line=tokens[place - 1][1], field="n",
            )  # fmt: skip
        if not 0 < m <= _MAX_RANK:
            raise InstanceError(
                f"is {m}, expected 1 to {_MAX_RANK}", file=file, line=tokens[place - 1][1],
                field="rank",
            )  # fmt: skip
        factors = [
            np.array(numbers(m * e, name)).reshape(m, e)
            for name, e in zip("uvw", (n1 * n2, n2 * n3, n3 * n1))
        ]
        if position == scheme:
            chosen = ((n1, n2, n3), Scheme(*factors))
    if place != len(tokens):
        raise InstanceError(
            f"{len(tokens) - place} numbers too many", file=file, line=tokens[place][1]
        )
    assert chosen is not None
    n, given = chosen
    return instance_of(
        n, given, ring=ring, z2=False, objective=objective, rank=rank, fixed=fixed,
        w=w or "transposed", name=stem(file),
    )  # fmt: skip


def write_text(instance: MatMul) -> str:
    """The given scheme as ``n1 n2 n3 rank`` and one line for each of U, V, W."""
    scheme = instance.scheme
    if (scheme.denominator != 1).any():
        raise InstanceError("the text format holds integers only", field="denominator")
    lines = [" ".join(map(str, [*instance.n.tolist(), scheme.rank]))]
    lines += [" ".join(map(str, m.ravel().tolist())) for m in (scheme.u, scheme.v, scheme.w)]
    return "\n".join(lines) + "\n"


# ---- our instances -------------------------------------------------------------------------------


def _encode_instance(instance: MatMul) -> dict[str, Any]:
    data: dict[str, Any] = {
        "n": instance.n.tolist(), "ring": instance.ring, "objective": instance.objective,
    }  # fmt: skip
    data |= {"name": instance.name} if instance.name else {}
    data |= {"rank": instance.rank} if instance.rank else {}
    if instance.given is not None:
        data |= {"fixed": instance.fixed, "given": encode(instance.given)}
    return data


def _decode_instance(
    data: dict, *, file: str, ring: str | None = None, objective: str | None = None,
    rank: int | None = None, fixed: bool | None = None,
) -> MatMul:  # fmt: skip
    n = _dimensions(data)
    ring = ring or data.get("ring", "ZT")
    given = data.get("given")
    if given is not None:
        scheme = _build({**given, "z2": ring == "Z2"}, n, file, ring, "rank", 0, False, None)
    return MatMul(
        np.array(n), ring, objective or data.get("objective", "rank"),
        data.get("rank", 0) if rank is None else rank,
        None if given is None else scheme.given,
        bool(data.get("fixed", False)) if fixed is None else fixed,
        data.get("name", "") or stem(file),
    )  # fmt: skip


INSTANCE = json_format("matmul", _encode_instance, _decode_instance, suffixes=(".json",))


def write_json(instance: MatMul) -> str:
    """Whatever says most: a given scheme as the collections write it, else our instance."""
    if instance.given is None or instance.objective != "rank":
        assert INSTANCE.write is not None
        return INSTANCE.write(instance)
    return (write_reduced if isinstance(instance.given, ReducedScheme) else write_scheme)(instance)


def _never(head: str, name: str) -> bool:
    return False


def _unreadable(text: str, *, file: str) -> MatMul:
    raise InstanceError("generated code is not read back", file=file)


FORMATS = (
    Format("reduced", (".reduced.json", "_reduced.json"), _never, read_scheme, write_reduced),
    Format("plain-order", (".plain.json",), _never, read_scheme, write_plain_order),
    Format("scheme", (".scheme.json",), _sniff_scheme, read_scheme, write_scheme),
    Format("result", (".result.json",), _sniff_result, read_result, None),
    replace(INSTANCE, write=write_json),
    Format("text", (".txt",), _sniff_text, read_text, write_text),
    Format("python", (".py",), _never, _unreadable, codegen.python),
    Format("c", (".c",), _never, _unreadable, codegen.c),
)
