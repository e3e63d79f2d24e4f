"""Schemes as others write them: archives of arrays, columns of numbers, lines of a program.

``npz``
    Archives of factor matrices, as AlphaTensor published them: a key ``"n,m,p"`` holds the three
    matrices, entries × products, as one array or as a pickled array of arrays. Pickles are never
    executed: `_Arrays` rebuilds arrays of integers from them and refuses everything else.
``columns``
    Three blocks of rows between lines ``#`` (the addition-reduction tools): a row an entry, a
    column a product, fractions such as ``-1/2``.
``maple``
    Assignments, as Maple and the pages of the Lille catalogue have them: ``m1 := (a11 + a22)*b11;``
    and ``c11 := m1 - m4;``; sums may be assigned to variables on the way. Indices are ``a11``,
    ``a1_1``, ``a[1,1]`` or ``A_1_1``.
"""

from __future__ import annotations

import io
import math
import pickle
import re
import zipfile
from fractions import Fraction
from typing import Any

import numpy as np

from zerogap.models.base import Format, InstanceError
from zerogap.models.matmul.formats import instance_of, stem
from zerogap.models.matmul.instance import MAX_ENTRIES, MatMul
from zerogap.models.matmul.solution import Scheme

# ---- npz -----------------------------------------------------------------------------------------

_KINDS = re.compile(r"[<>|=]?[iub][1248]|[|]?O8?")
#: Bytes of one array: the largest factor has 256 entries, of at most 65,536 products.
_LARGEST = 1 << 28


class _Array:
    """Stands for ``numpy.ndarray`` in a pickle; it cannot be called."""


def _reconstruct(kind: Any, shape: Any, code: Any) -> np.ndarray:
    if kind is not _Array or tuple(shape) != (0,):
        raise pickle.UnpicklingError("is no plain array")
    return np.ndarray.__new__(np.ndarray, (0,), "b")


def _dtype(code: Any, *rest: Any) -> np.dtype:
    if not isinstance(code, str) or _KINDS.fullmatch(code) is None:
        raise pickle.UnpicklingError(f"has elements of type {code!r}")
    return np.dtype(code, False, True)


def _encode(data: Any, code: Any) -> bytes:
    """What old protocols call to make bytes."""
    if not isinstance(data, str) or code != "latin1":
        raise pickle.UnpicklingError("is no array of integers")
    return data.encode("latin1")


class _Arrays(pickle.Unpickler):
    """Rebuilds numpy arrays of integers; whatever else a pickle names is refused, never called."""

    def find_class(self, module: str, name: str) -> Any:
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return _reconstruct
        if (module, name) == ("numpy", "ndarray"):
            return _Array
        if (module, name) == ("numpy", "dtype"):
            return _dtype
        if (module, name) == ("_codecs", "encode"):
            return _encode
        raise pickle.UnpicklingError(f"names {module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("refers to something outside")


def _array(data: bytes) -> Any:
    """The array of a ``.npy`` member."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)  # type: ignore[no-untyped-call]
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version} of the npy format is unknown")
    header = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, _, dtype = header(stream)  # type: ignore[operator]
    if dtype.hasobject:
        return _Arrays(stream).load()
    if dtype.kind not in "iub":
        raise ValueError(f"has elements of type {dtype}, expected integers")
    if math.prod(shape) * dtype.itemsize > len(data):
        raise ValueError("ends early")
    return np.load(io.BytesIO(data), allow_pickle=False)


def _three(value: Any) -> list[np.ndarray]:
    """Three matrices of integers from an array of them."""
    parts = list(value) if isinstance(value, np.ndarray) and value.ndim else []
    if len(parts) != 3:
        raise ValueError("does not hold three matrices")
    for part in parts:
        if not isinstance(part, np.ndarray) or part.ndim != 2 or part.dtype.kind not in "iub":
            raise ValueError("holds something else than matrices of integers")
    return parts


def _sniff_npz(head: bytes, name: str) -> bool:
    return head[:4] == b"PK\x03\x04" and name.endswith(".npz")


def read_npz(
    data: bytes, *, file: str, ring: str | None = None, objective: str = "rank", rank: int = 0,
    fixed: bool = False, w: str | None = None, scheme: int | None = None, format: str | None = None,
) -> MatMul:  # fmt: skip
    """One scheme of an archive: ``format=4x4x5`` or ``scheme=7`` where there are several."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        names = [n for n in archive.namelist() if re.fullmatch(r"\d+,\d+,\d+\.npy", n)]
    except (zipfile.BadZipFile, ValueError, OSError, EOFError) as error:
        raise InstanceError(f"is no archive of arrays: {error}", file=file) from None
    if not names:
        raise InstanceError("holds no scheme, expected arrays with keys such as '4,4,5'", file=file)
    name = _chosen(names, scheme, format, file)
    key = name.removesuffix(".npy")
    try:
        if archive.getinfo(name).file_size > _LARGEST:
            raise ValueError(f"has more than {_LARGEST} bytes")
        u, v, t = _three(_array(archive.read(name)))
    except (
        ValueError, TypeError, AttributeError, KeyError, IndexError, EOFError, OSError, MemoryError,
        OverflowError, ImportError, SyntaxError, zipfile.BadZipFile, pickle.UnpicklingError,
        RuntimeError, NotImplementedError,
    ) as error:  # fmt: skip
        raise InstanceError(
            f"{error} (expected three matrices of integers, nothing else is read from a pickle)",
            file=file, field=key,
        ) from None  # fmt: skip
    n1, n2, n3 = (int(x) for x in key.split(","))
    given = Scheme(*(_upright(m, e, key) for m, e in zip((u, v, t), (n1 * n2, n2 * n3, n3 * n1))))
    name = f"{stem(file)}-{n1}x{n2}x{n3}"

    def build(ring: str | None) -> MatMul:
        return instance_of(
            (n1, n2, n3), given, ring=ring, objective=objective, rank=rank, fixed=fixed, w=w,
            name=name,
        )  # fmt: skip

    try:
        return build(ring)
    except InstanceError as error:
        if ring is not None or error.field != "brent":
            raise
        return build("Z2")  # half of the published archives hold modulo 2 only


def _upright(matrix: np.ndarray, entries: int, key: str) -> np.ndarray:
    if matrix.shape[0] != entries:
        raise InstanceError(f"has {matrix.shape[0]} rows, expected {entries} entries", field=key)
    return np.ascontiguousarray(matrix.T.astype(np.int64))


def _chosen(names: list[str], scheme: int | None, format: str | None, file: str) -> str:
    if format is not None:
        wanted = format.lower().replace("x", ",") + ".npy"
        if wanted not in names:
            raise InstanceError(f"holds no scheme of {format}", file=file, field="format")
        return wanted
    if scheme is None and len(names) > 1:
        some = ", ".join(n.removesuffix(".npy").replace(",", "x") for n in names[:4])
        raise InstanceError(
            f"holds {len(names)} schemes, say which: format={some.split(', ')[0]} ({some}, …)",
            file=file, field="format",
        )  # fmt: skip
    place = 1 if scheme is None else scheme
    if not 1 <= place <= len(names):
        raise InstanceError(f"is {place}, the file holds {len(names)}", file=file, field="scheme")
    return names[place - 1]


# ---- columns -------------------------------------------------------------------------------------

_FRACTION = re.compile(r"[+-]?\d{1,15}(/\d{1,15})?")


def _sniff_columns(head: str, name: str) -> bool:
    lines = head.split("\n")
    marks = [i for i, line in enumerate(lines) if line.strip() == "#"]
    if not marks or not 0 < marks[0] <= MAX_ENTRIES:
        return False
    first = lines[0].split()
    return bool(first) and all(_FRACTION.fullmatch(t) for t in first)


def read_columns(
    text: str, *, file: str, ring: str | None = None, objective: str = "rank", rank: int = 0,
    fixed: bool = False, w: str | None = None,
) -> MatMul:  # fmt: skip
    """Three blocks of rows between lines ``#``: a row an entry of A, B or C, a column a product."""
    blocks: list[list[list[Fraction]]] = [[]]
    width = None
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if words == ["#"]:
            blocks.append([])
            continue
        if not words:
            continue
        for word in words:
            if _FRACTION.fullmatch(word) is None or re.search(r"/0+$", word):
                raise InstanceError(
                    f"{word[:40]!r} is no number or fraction", file=file, line=number
                )
        width = len(words) if width is None else width
        if len(words) != width:
            raise InstanceError(
                f"has {len(words)} columns, the first row has {width}", file=file, line=number
            )
        blocks[-1].append([Fraction(word) for word in words])
    if len(blocks) != 3:
        raise InstanceError(
            f"has {len(blocks) - 1} lines '#', expected 2 between three blocks", file=file
        )
    for name, block in zip("uvw", blocks):
        if not 0 < len(block) <= MAX_ENTRIES:
            raise InstanceError(
                f"{len(block)} rows, expected 1 to {MAX_ENTRIES}", file=file, field=name
            )
    given = _scheme([list(zip(*block)) for block in blocks])
    return instance_of(
        given.n, given, ring=ring, objective=objective, rank=rank, fixed=fixed, w=w,
        name=stem(file),
    )  # fmt: skip


def _scheme(factors: list[list[Any]]) -> Scheme:
    """Integers and a denominator a product from fractions."""
    out: list[list[list[int]]] = [[], [], []]
    divisors = []
    for rows in zip(*factors):
        divisor = 1
        for side, row in enumerate(rows):
            common = math.lcm(*(Fraction(x).denominator for x in row))
            divisor *= common
            out[side].append([int(x * common) for x in row])
        divisors.append(divisor)
    if max([*divisors, *(abs(x) for side in out for row in side for x in row)]) >= 2**62:
        raise InstanceError("has fractions beyond 62 bits", field="u")
    u, v, w = (np.array(side, object) for side in out)
    return Scheme(u, v, w, np.array(divisors, object))


def write_columns(instance: MatMul) -> str:
    """The given scheme in three blocks; fractions stand with C."""
    scheme = instance.scheme
    weights = [Fraction(1, int(d)) for d in scheme.denominator]
    blocks = []
    for name in "uvw":
        matrix = getattr(scheme, name)
        rows = []
        for column in matrix.T.tolist():
            values = [Fraction(x) * (q if name == "w" else 1) for x, q in zip(column, weights)]
            rows.append(" ".join(map(str, values)) + "\n")
        blocks.append("".join(rows))
    return "#\n".join(blocks)


# ---- assignments ---------------------------------------------------------------------------------

_ASSIGNMENT = re.compile(r"\s*([A-Za-z]\w*(?:\[\d+,\s*\d+\])?)\s*:?=\s*([^:;=]+?)\s*[:;]?\s*")
_TOKEN = re.compile(r"\s*([A-Za-z]\w*(?:\[\d+,\s*\d+\])?|\d+(?:/\d+)?|[()+*-])")
_ENTRY = re.compile(r"([abcABC])_?(?:\[(\d+),\s*(\d+)\]|(\d)(\d)|(\d+)_(\d+))")


def _sniff_maple(head: str, name: str) -> bool:
    lines = [line for line in head.split("\n")[:20] if line.strip() and line.strip()[0] not in "#"]
    if not lines or not name.endswith((".mpl", ".maple", ".txt", ".m")):
        return False
    first = _ASSIGNMENT.fullmatch(lines[0])
    return first is not None and re.search(r"[abAB]_?\[?\d", first.group(2)) is not None


class _Form(dict):
    """A linear form: variable -> coefficient; the empty name is no variable of any form."""

    def add(self, other: dict, factor: Fraction) -> None:
        for key, value in other.items():
            total = self.get(key, Fraction(0)) + factor * value
            if total:
                self[key] = total
            else:
                self.pop(key, None)


class _Lines:
    """The state of a program: forms of A and of B, and of the products, by variable."""

    def __init__(self) -> None:
        self.forms: dict[str, _Form] = {}
        self.products: list[tuple[_Form, _Form]] = []
        self.outputs: dict[tuple[int, int], _Form] = {}

    def assign(self, target: str, text: str) -> None:
        value = self._sum(_tokens(text))
        entry = _ENTRY.fullmatch(target)
        if entry is not None and entry.group(1) in "cC":
            self.outputs[_place(entry)] = value
        elif entry is not None:
            raise ValueError(f"{target} is an input")
        if target in self.forms:
            raise ValueError(f"{target} is assigned twice")
        self.forms[target] = value

    def _sum(self, tokens: list[str]) -> _Form:
        total = _Form()
        tokens = [*tokens, ")"]
        end = self._terms(tokens, 0, total)
        if end != len(tokens):
            raise ValueError("has a parenthesis too many")
        return total

    def _terms(self, tokens: list[str], at: int, total: _Form) -> int:
        """Terms up to the closing parenthesis; returns the place behind it."""
        sign = Fraction(1)
        first = True
        while True:
            if tokens[at] in "+-":
                sign = Fraction(1 if tokens[at] == "+" else -1)
                at += 1
            elif not first:
                raise ValueError(f"expected + or - before {tokens[at]!r}")
            value, at = self._term(tokens, at)
            total.add(value, sign)
            first = False
            if at >= len(tokens):
                raise ValueError("ends within a parenthesis")
            if tokens[at] == ")":
                return at + 1

    def _term(self, tokens: list[str], at: int) -> tuple[_Form, int]:
        number, factors = Fraction(1), []
        while True:
            if at >= len(tokens):
                raise ValueError("ends within a sum")
            token = tokens[at]
            if token == "(":
                form = _Form()
                at = self._terms(tokens, at + 1, form)
                factors.append(form)
            elif token[0].isdigit():
                number *= Fraction(token)
                at += 1
            elif token[0].isalpha():
                factors.append(self._variable(token))
                at += 1
            else:
                raise ValueError(f"expected a variable before {token!r}")
            if at < len(tokens) and tokens[at] == "*":
                at += 1
                continue
            break
        return self._times(number, factors), at

    def _times(self, number: Fraction, factors: list[_Form]) -> _Form:
        result = _Form()
        if len(factors) == 1:
            result.add(factors[0], number)
        elif len(factors) == 2:
            kinds = ["".join(sorted({key[0] for key in f})) for f in factors]
            if sorted(kinds) != ["A", "B"]:
                raise ValueError("multiplies something else than a form of A by one of B")
            first, second = factors if kinds == ["A", "B"] else factors[::-1]
            self.products.append((first, second))
            result["P", len(self.products) - 1, 0] = number
        else:
            raise ValueError(f"has a product of {len(factors)} forms")
        return result

    def _variable(self, name: str) -> _Form:
        if name in self.forms:
            return self.forms[name]
        entry = _ENTRY.fullmatch(name)
        if entry is None or entry.group(1) in "cC":
            raise ValueError(f"{name} is not defined yet")
        return _Form({(entry.group(1).upper(), *_place(entry)): Fraction(1)})


def _place(entry: re.Match) -> tuple[int, int]:
    row, column = (int(x) for x in entry.groups()[1:] if x is not None)
    return row, column


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            if text[at:].strip():
                raise ValueError(f"{text[at:].strip()[:20]!r} is no term")
            break
        found.append(match.group(1))
        at = match.end()
    if not found:
        raise ValueError("is empty")
    return found


def read_maple(
    text: str, *, file: str, ring: str | None = None, objective: str = "rank", rank: int = 0,
    fixed: bool = False,
) -> MatMul:  # fmt: skip
    """Assignments of products of forms and of the entries of C."""
    lines = _Lines()
    for number, line in enumerate(text.split("\n"), 1):
        plain = line.split("#")[0].strip()
        if not plain:
            continue
        match = _ASSIGNMENT.fullmatch(plain)
        if match is None:
            raise InstanceError(f"{plain[:40]!r} is no assignment", file=file, line=number)
        try:
            lines.assign(match.group(1), match.group(2))
        except (ValueError, ZeroDivisionError, IndexError) as error:
            raise InstanceError(str(error), file=file, line=number) from None
    given, n = _program_scheme(lines, file)
    return instance_of(
        n, given, ring=ring, objective=objective, rank=rank, fixed=fixed, w="transposed",
        name=stem(file),
    )  # fmt: skip


def _program_scheme(lines: _Lines, file: str) -> tuple[Scheme, tuple[int, int, int]]:
    if not lines.outputs or not lines.products:
        raise InstanceError("assigns no entry of C from products", file=file)
    rows = max(i for i, _ in lines.outputs)
    columns = max(j for _, j in lines.outputs)
    inner = max(key[2] for first, _ in lines.products for key in first)
    if min(rows, columns, inner) < 1 or max(rows * inner, inner * columns, rows * columns) > 256:
        raise InstanceError(f"indices to {rows}, {inner}, {columns} are no format", file=file)
    missing = [
        (i, j)
        for i in range(1, rows + 1)
        for j in range(1, columns + 1)
        if (i, j) not in lines.outputs
    ]
    if missing:
        raise InstanceError("c{}{} is never assigned".format(*missing[0]), file=file)
    count = len(lines.products)
    u = [[Fraction(0)] * (rows * inner) for _ in range(count)]
    v = [[Fraction(0)] * (inner * columns) for _ in range(count)]
    w = [[Fraction(0)] * (rows * columns) for _ in range(count)]
    for r, (first, second) in enumerate(lines.products):
        for matrix, form, (height, width) in (
            (u, first, (rows, inner)), (v, second, (inner, columns)),
        ):  # fmt: skip
            for (letter, i, j), value in form.items():
                if not (1 <= i <= height and 1 <= j <= width):
                    raise InstanceError(
                        f"{letter.lower()}{i}{j} is outside {height}x{width}", file=file
                    )
                matrix[r][(i - 1) * width + j - 1] = value
    for (i, j), form in lines.outputs.items():
        for (letter, r, _), value in form.items():
            if letter != "P":
                raise InstanceError(f"c{i}{j} has a term that is no product", file=file)
            w[r][(j - 1) * rows + i - 1] = value
    return _scheme([u, v, w]), (rows, inner, columns)


def write_maple(instance: MatMul) -> str:
    """Assignments: one line a product, one an entry of C."""
    n1, n2, n3 = (int(x) for x in instance.n)
    scheme = instance.scheme
    shapes = {"a": (n1, n2), "b": (n2, n3)}

    def name(letter: str, place: int) -> str:
        i, j = divmod(place, shapes[letter][1])
        return f"{letter}[{i + 1},{j + 1}]"

    def total(terms) -> str:
        out = ""
        for value, variable in terms:
            size = abs(value)
            text = variable if size == 1 else f"{size}*{variable}"
            out += ("-" if value < 0 else "+" if out else "") + text
        return out or "0*m1"

    lines = []
    for r in range(scheme.rank):
        a, b = (
            total((Fraction(int(m[r, e])), name(letter, e)) for e in np.flatnonzero(m[r]).tolist())
            for letter, m in (("a", scheme.u), ("b", scheme.v))
        )
        lines.append(f"m{r + 1} := ({a})*({b});")
    for i in range(n1):
        for j in range(n3):
            column = scheme.w[:, j * n1 + i]
            terms = (
                (Fraction(int(column[r]), int(scheme.denominator[r])), f"m{r + 1}")
                for r in np.flatnonzero(column)
            )
            lines.append(f"c[{i + 1},{j + 1}] := {total(terms)};")
    return "\n".join(lines) + "\n"


FORMATS = (
    Format("npz", (".npz",), _sniff_npz, read_npz, None, binary=True),
    Format("columns", (".columns.txt",), _sniff_columns, read_columns, write_columns),
    Format("maple", (".mpl", ".maple"), _sniff_maple, read_maple, write_maple),
)
