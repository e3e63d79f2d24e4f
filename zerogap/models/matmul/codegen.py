"""A scheme as source code that multiplies: Python over numpy, and C.

The generated functions take blocks as well as numbers: the entries of A and B are the blocks of a
partition, so that the code applies itself recursively to large matrices.
"""

from __future__ import annotations

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.matmul.instance import MatMul
from zerogap.models.matmul.solution import Program, ReducedScheme, Scheme, unshared


def programs(scheme: Scheme, ring: str) -> ReducedScheme:
    """Programs of a scheme with coefficients −1, 0, 1 that share nothing.

    Raises
    ------
    InstanceError
        If it has other coefficients, which no program of additions has.
    """
    if (
        any(np.abs(m).max(initial=0) > 1 for m in (scheme.u, scheme.v, scheme.w))
        or (scheme.denominator != 1).any()
    ):
        raise InstanceError("coefficients beyond -1, 0, 1 need multiplications", field="ring")
    return unshared(scheme)


def _given(instance: MatMul) -> ReducedScheme:
    if instance.ring == "Z2":
        raise InstanceError(
            "a scheme modulo 2 multiplies no numbers; solve with lift=true first", field="ring"
        )
    if isinstance(instance.given, ReducedScheme):
        return instance.given
    return programs(instance.scheme, instance.ring)


def _expression(terms, names: list[str], zero: str) -> str:
    """``a + b - c`` with a positive term in front if there is one."""
    if not terms:
        return zero
    ordered = sorted(terms, key=lambda t: -t[1])
    text = ("-" if ordered[0][1] < 0 else "") + names[ordered[0][0]]
    return text + "".join(f" {'+' if c > 0 else '-'} {names[i]}" for i, c in ordered[1:])


def _statements(program: Program, inputs: list[str], prefix: str) -> tuple[list[str], list[str]]:
    """Assignments of the shared sums, and the expressions of the outputs."""
    names = list(inputs)
    lines = []
    for k, terms in enumerate(program.fresh):
        lines.append(f"{prefix}{k} = {_expression(terms, names, '0')}")
        names.append(f"{prefix}{k}")
    return lines, [_expression(terms, names, "0") for terms in program.outputs]


_PYTHON = '''"""{n1}x{n2} by {n2}x{n3} matrices: {rank} multiplications, {additions} additions.

Written by zerogap from a scheme that satisfies the Brent equations over {ring}; run this file to
multiply random matrices with it.
"""

import numpy as np

FORMAT = ({n1}, {n2}, {n3})
RANK = {rank}
ADDITIONS = {additions}


def step(a, b, multiply):
    """The entries of C from those of A and B, row by row; entries are numbers or blocks."""
{body}


def multiply(a, b, levels=1):
    """Product of two matrices, the scheme applied `levels` times to blocks.

    Sides that are no multiple of FORMAT ** levels are filled up with zeros.
    """
    if levels <= 0:
        return a @ b
    rows, inner, columns = a.shape[0], a.shape[1], b.shape[1]
    p, q, r = (-(-size // f) for size, f in zip((rows, inner, columns), FORMAT))
    a = np.pad(a, ((0, p * {n1} - rows), (0, q * {n2} - inner)))
    b = np.pad(b, ((0, q * {n2} - inner), (0, r * {n3} - columns)))
    blocks_a = [a[i * p : i * p + p, j * q : j * q + q] for i in range({n1}) for j in range({n2})]
    blocks_b = [b[i * q : i * q + q, j * r : j * r + r] for i in range({n2}) for j in range({n3})]
    blocks = step(blocks_a, blocks_b, lambda x, y: multiply(x, y, levels - 1))
    rows_of_c = [np.hstack(blocks[i * {n3} : i * {n3} + {n3}]) for i in range({n1})]
    return np.vstack(rows_of_c)[:rows, :columns]


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    for levels in (1, 2):
        shape = [f**levels for f in FORMAT]
        x = rng.integers(-99, 100, (shape[0], shape[1]))
        y = rng.integers(-99, 100, (shape[1], shape[2]))
        assert np.array_equal(multiply(x, y, levels), x @ y)
    print(f"{{FORMAT[0]}}x{{FORMAT[1]}}x{{FORMAT[2]}}: correct with {{RANK}} multiplications")
'''


def python(instance: MatMul) -> str:
    """A Python module with ``step`` (one level) and ``multiply`` (recursive on blocks)."""
    given = _given(instance)
    n1, n2, n3 = instance.n.tolist()
    entries_a = [f"a{i + 1}_{j + 1}" for i in range(n1) for j in range(n2)]
    entries_b = [f"b{i + 1}_{j + 1}" for i in range(n2) for j in range(n3)]
    lines = [f"{', '.join(entries_a)}{',' * (len(entries_a) == 1)} = a"]
    lines += [f"{', '.join(entries_b)}{',' * (len(entries_b) == 1)} = b"]
    shared_u, left = _statements(given.u, entries_a, "s")
    shared_v, right = _statements(given.v, entries_b, "t")
    lines += shared_u + shared_v
    products = [f"m{r}" for r in range(given.rank)]
    lines += [f"{m} = multiply({x}, {y})" for m, x, y in zip(products, left, right)]
    shared_w, out = _statements(given.w, products, "z")
    lines += shared_w
    ordered = [out[k * n1 + i] for i in range(n1) for k in range(n3)]
    lines += ["return [", *(f"    {text}," for text in ordered), "]"]
    return _PYTHON.format(
        n1=n1, n2=n2, n3=n3, rank=given.rank, additions=given.additions, ring=instance.ring,
        body="\n".join(f"    {line}" for line in lines),
    )  # fmt: skip


_C = """/* {n1}x{n2} by {n2}x{n3} matrices with {rank} multiplications and {additions} additions.
 *
 * Written by zerogap from a scheme that satisfies the Brent equations over {ring}.
 * Compile with -O3 -march=native; with -DZEROGAP_MAIN for a program that checks it on random
 * matrices. -DREAL=float for single precision.
 */
#include <stddef.h>
#include <stdlib.h>

#ifndef REAL
#define REAL double
#endif
#define TILE 128

/* C = A·B for p·{n1} × q·{n2} by q·{n2} × r·{n3} matrices stored by rows with strides. */
static void {name}_plain(size_t p, size_t q, size_t r, const REAL *a, size_t sa,
                         const REAL *b, size_t sb, REAL *c, size_t sc)
{{
    for (size_t i = 0; i < p; ++i)
        for (size_t k = 0; k < r; ++k) c[i * sc + k] = 0;
    /* Tiles of B stay in the cache; four rows of A by four of B fill the vector units. */
    for (size_t k0 = 0; k0 < r; k0 += TILE) {{
        const size_t width = r - k0 < TILE ? r - k0 : TILE;
        for (size_t j0 = 0; j0 < q; j0 += TILE) {{
            const size_t j1 = q - j0 < TILE ? q : j0 + TILE;
            size_t i = 0;
            for (; i + 4 <= p; i += 4) {{
                REAL *restrict c0 = c + i * sc + k0, *restrict c1 = c0 + sc;
                REAL *restrict c2 = c1 + sc, *restrict c3 = c2 + sc;
                const REAL *a0 = a + i * sa, *a1 = a0 + sa, *a2 = a1 + sa, *a3 = a2 + sa;
                size_t j = j0;
                for (; j + 4 <= j1; j += 4) {{
                    const REAL *restrict b0 = b + j * sb + k0, *restrict b1 = b0 + sb;
                    const REAL *restrict b2 = b1 + sb, *restrict b3 = b2 + sb;
                    const REAL f[4][4] = {{
                        {{a0[j], a0[j + 1], a0[j + 2], a0[j + 3]}},
                        {{a1[j], a1[j + 1], a1[j + 2], a1[j + 3]}},
                        {{a2[j], a2[j + 1], a2[j + 2], a2[j + 3]}},
                        {{a3[j], a3[j + 1], a3[j + 2], a3[j + 3]}},
                    }};
                    for (size_t k = 0; k < width; ++k) {{
                        const REAL w = b0[k], x = b1[k], y = b2[k], z = b3[k];
                        c0[k] += f[0][0] * w + f[0][1] * x + f[0][2] * y + f[0][3] * z;
                        c1[k] += f[1][0] * w + f[1][1] * x + f[1][2] * y + f[1][3] * z;
                        c2[k] += f[2][0] * w + f[2][1] * x + f[2][2] * y + f[2][3] * z;
                        c3[k] += f[3][0] * w + f[3][1] * x + f[3][2] * y + f[3][3] * z;
                    }}
                }}
                for (; j < j1; ++j) {{
                    const REAL *restrict b0 = b + j * sb + k0;
                    for (size_t k = 0; k < width; ++k) {{
                        c0[k] += a0[j] * b0[k];
                        c1[k] += a1[j] * b0[k];
                        c2[k] += a2[j] * b0[k];
                        c3[k] += a3[j] * b0[k];
                    }}
                }}
            }}
            for (; i < p; ++i)
                for (size_t j = j0; j < j1; ++j) {{
                    REAL *restrict c0 = c + i * sc + k0;
                    const REAL *restrict b0 = b + j * sb + k0, x = a[i * sa + j];
                    for (size_t k = 0; k < width; ++k) c0[k] += x * b0[k];
                }}
        }}
    }}
}}

/* Variables are blocks of rows × columns with a stride; out = Σ ± terms, index < inputs names a
 * block of the operand, the others a shared sum. */
struct term {{ int index; int sign; }};
{tables}
static void sum_of(size_t rows, size_t columns, const REAL *const *block, const size_t *stride,
                   const struct term *terms, int count, REAL *out, size_t so)
{{
    for (size_t i = 0; i < rows; ++i) {{
        REAL *restrict y = out + i * so;
        if (count == 0)
            for (size_t j = 0; j < columns; ++j) y[j] = 0;
        for (int t = 0; t < count; ++t) {{
            const REAL *restrict x = block[terms[t].index] + i * stride[terms[t].index];
            if (t == 0 && terms[t].sign > 0)
                for (size_t j = 0; j < columns; ++j) y[j] = x[j];
            else if (t == 0)
                for (size_t j = 0; j < columns; ++j) y[j] = -x[j];
            else if (terms[t].sign > 0)
                for (size_t j = 0; j < columns; ++j) y[j] += x[j];
            else
                for (size_t j = 0; j < columns; ++j) y[j] -= x[j];
        }}
    }}
}}

/* A sum that is one block is that block, with its stride; others are written to `out`. */
static const REAL *form_of(size_t rows, size_t columns, const REAL *const *block,
                           const size_t *stride, const struct term *terms, int count, REAL *out,
                           size_t *so)
{{
    if (count == 1 && terms[0].sign > 0) {{
        *so = stride[terms[0].index];
        return block[terms[0].index];
    }}
    sum_of(rows, columns, block, stride, terms, count, out, columns);
    *so = columns;
    return out;
}}

/* Multiply with `levels` recursive steps; sizes have to be multiples of the format to that power.
 * Returns 0, or -1 if memory is short. */
int {name}(int levels, size_t rows, size_t inner, size_t columns, const REAL *a, size_t sa,
           const REAL *b, size_t sb, REAL *c, size_t sc)
{{
    if (levels <= 0) {{
        {name}_plain(rows, inner, columns, a, sa, b, sb, c, sc);
        return 0;
    }}
    const size_t p = rows / {n1}, q = inner / {n2}, r = columns / {n3};
    const size_t pq = p * q, qr = q * r, pr = p * r;
    REAL *space = malloc(sizeof(REAL) * ({fu} * pq + {fv} * qr + {products} * pr + pq + qr));
    if (space == NULL) return -1;
    const REAL *xa[{nu}], *xb[{nv}], *xm[{nw}];
    size_t ta[{nu}], tb[{nv}], tm[{nw}];
    REAL *next = space;
    int status = 0;
    for (int i = 0; i < {n1} * {n2}; ++i) {{
        xa[i] = a + (i / {n2}) * p * sa + (i % {n2}) * q;
        ta[i] = sa;
    }}
    for (int i = 0; i < {n2} * {n3}; ++i) {{
        xb[i] = b + (i / {n3}) * q * sb + (i % {n3}) * r;
        tb[i] = sb;
    }}
    for (int k = 0; k < {fu}; ++k, next += pq) {{
        sum_of(p, q, xa, ta, u_terms + u_first[k], u_first[k + 1] - u_first[k], next, q);
        xa[{n1} * {n2} + k] = next;
        ta[{n1} * {n2} + k] = q;
    }}
    for (int k = 0; k < {fv}; ++k, next += qr) {{
        sum_of(q, r, xb, tb, v_terms + v_first[k], v_first[k + 1] - v_first[k], next, r);
        xb[{n2} * {n3} + k] = next;
        tb[{n2} * {n3} + k] = r;
    }}
    REAL *left = next, *right = left + pq;
    next = right + qr;
    for (int m = 0; m < {rank} && status == 0; ++m, next += pr) {{
        const int x = {fu} + m, y = {fv} + m;
        size_t sl, sr;
        const REAL *fa = form_of(p, q, xa, ta, u_terms + u_first[x], u_first[x + 1] - u_first[x],
                                 left, &sl);
        const REAL *fb = form_of(q, r, xb, tb, v_terms + v_first[y], v_first[y + 1] - v_first[y],
                                 right, &sr);
        status = {name}(levels - 1, p, q, r, fa, sl, fb, sr, next, r);
        xm[m] = next;
        tm[m] = r;
    }}
    for (int k = 0; k < {fw} && status == 0; ++k, next += pr) {{
        sum_of(p, r, xm, tm, w_terms + w_first[k], w_first[k + 1] - w_first[k], next, r);
        xm[{rank} + k] = next;
        tm[{rank} + k] = r;
    }}
    for (int e = 0; e < {n3} * {n1} && status == 0; ++e) {{ /* entry e of the transpose of C */
        const int k = {fw} + e;
        sum_of(p, r, xm, tm, w_terms + w_first[k], w_first[k + 1] - w_first[k],
               c + (e % {n1}) * p * sc + (e / {n1}) * r, sc);
    }}
    free(space);
    return status;
}}

#ifdef ZEROGAP_MAIN
#include <stdio.h>
int main(void)
{{
    for (int levels = 1, n = {n1}, m = {n2}, k = {n3}; levels <= 2;
         ++levels, n *= {n1}, m *= {n2}, k *= {n3}) {{
        REAL *a = malloc(sizeof(REAL) * n * m), *b = malloc(sizeof(REAL) * m * k);
        REAL *c = malloc(sizeof(REAL) * n * k), *d = malloc(sizeof(REAL) * n * k);
        if (a == NULL || b == NULL || c == NULL || d == NULL) return 2;
        for (int i = 0; i < n * m; ++i) a[i] = (REAL)(rand() % 19 - 9);
        for (int i = 0; i < m * k; ++i) b[i] = (REAL)(rand() % 19 - 9);
        {name}_plain(n, m, k, a, m, b, k, d, k);
        if ({name}(levels, n, m, k, a, m, b, k, c, k) != 0) return 2;
        for (int i = 0; i < n * k; ++i) {{
            if (c[i] == d[i]) continue;
            printf("wrong at level %d, entry %d\\n", levels, i);
            return 1;
        }}
        free(a); free(b); free(c); free(d);
    }}
    printf("{n1}x{n2}x{n3}: correct with {rank} multiplications\\n");
    return 0;
}}
#endif
"""


def _table(name: str, program: Program) -> str:
    """The sums of a program, shared ones first, as two C arrays."""
    sums = [*program.fresh, *program.outputs]
    first = [0]
    for terms in sums:
        first.append(first[-1] + len(terms))
    flat = [f"{{{i},{c}}}" for terms in sums for i, c in terms] or ["{0,1}"]
    return (
        f"static const struct term {name}_terms[] = {{\n{_wrapped(flat)}}};\n"
        f"static const int {name}_first[] = {{\n{_wrapped([str(x) for x in first])}}};\n"
    )


def _wrapped(items: list[str], width: int = 92) -> str:
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) + 2 > width:
            lines.append(line)
            line = "   "
        line += f" {item},"
    return "\n".join([*lines, line]) + "\n"


def c(instance: MatMul) -> str:
    """A C file with a recursive function on strided matrices; ``REAL`` may be redefined."""
    given = _given(instance)
    n1, n2, n3 = instance.n.tolist()
    fu, fv, fw = (len(p.fresh) for p in (given.u, given.v, given.w))
    return _C.format(
        n1=n1, n2=n2, n3=n3, rank=given.rank, additions=given.additions, ring=instance.ring,
        name=f"multiply_{n1}x{n2}x{n3}", fu=fu, fv=fv, fw=fw, products=given.rank + fw,
        nu=n1 * n2 + fu, nv=n2 * n3 + fv, nw=given.rank + fw,
        tables="".join(_table(k, p) for k, p in zip("uvw", (given.u, given.v, given.w))),
    )  # fmt: skip
