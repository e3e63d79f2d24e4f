"""Files of others: archives of arrays that are never unpickled, columns, assignments."""

from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np
import pytest

import zerogap as zg
from zerogap.models import files
from zerogap.models.base import InstanceError
from zerogap.models.matmul import Scheme, catalogue, check_scheme
from zerogap.models.matmul.generate import sandwiched, strassen

STRASSEN = strassen().scheme


def _object(*parts):
    out = np.empty(len(parts), object)
    for k, part in enumerate(parts):
        out[k] = part
    return out


def _published(scheme):
    """Entries × products, as AlphaTensor's archives have them."""
    return [np.ascontiguousarray(m.T) for m in (scheme.u, scheme.v, scheme.w)]


@pytest.fixture
def archive(tmp_path):
    """Two formats as the published archives hold them: one array, and a pickled array of arrays."""
    path = tmp_path / "factorizations_r.npz"
    other = catalogue.default().scheme((2, 3, 4))
    np.savez(
        path, allow_pickle=True, **{"2,2,2": np.array(_published(STRASSEN), np.int32),
                                    "2,3,4": _object(*_published(other))},
    )  # fmt: skip
    return path


def test_archives_of_arrays_are_read(archive):
    first = zg.read(archive, format="2x2x2")
    assert (first.scheme.rank, first.ring) == (7, "ZT")
    second = zg.read(archive, format="2x3x4")
    assert (second.scheme.rank, second.format) == (20, "2x3x4")
    assert zg.read(archive, scheme=2).format == second.format
    with pytest.raises(InstanceError, match="holds 2 schemes, say which: format=2x2x2"):
        zg.read(archive)
    with pytest.raises(InstanceError, match="holds no scheme of 3x3x3"):
        zg.read(archive, format="3x3x3")
    with pytest.raises(InstanceError, match="is 3, the file holds 2"):
        zg.read(archive, scheme=3)


def test_a_scheme_that_holds_modulo_2_only_is_read_so(tmp_path):
    path = tmp_path / "f2.npz"
    binary = Scheme(*(m & 1 for m in (STRASSEN.u, STRASSEN.v, STRASSEN.w)))
    np.savez(path, **{"2,2,2": np.array(_published(binary))})
    assert zg.read(path).ring == "Z2"
    with pytest.raises(InstanceError, match="Brent equation"):
        zg.read(path, ring="ZT")


@pytest.mark.parametrize("protocol", range(5))
def test_pickles_of_every_protocol_are_rebuilt(tmp_path, protocol):
    value = _object(*(m.astype(np.int64) for m in _published(STRASSEN)))
    path = _archive(tmp_path, _member(pickle.dumps(value, protocol)))
    assert zg.read(path).scheme.rank == 7


def _member(body: bytes, descr: str = "|O", shape: str = "(3,)") -> bytes:
    """A ``.npy`` file of objects around a pickle."""
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    head += " " * (-(len(head) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode("latin1") + body


def _archive(folder, member: bytes, key="2,2,2"):
    path = folder / "f.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{key}.npy", member)
    return path


class Evil:
    """Runs when it is unpickled by `pickle.load`."""

    ran = False

    def __reduce__(self):
        return (exec, ("import tests.models.test_matmul_exchange as t; t.Evil.ran = True",))


class Import:
    def __reduce__(self):
        return (__import__, ("os",))


class Huge:
    def __reduce__(self):
        return (np.ndarray, ((10**12,), np.dtype("i8")))


# Numbered, since an address in an id would differ between the processes that share the tests.
@pytest.mark.parametrize(
    "value",
    [
        Evil(), [Evil()], _object(Evil(), 1, 2), Import(), Huge(), {"a": 1}, "text", 7, None,
        [1, 2, 3], _object(1, 2, 3), _object(*_published(STRASSEN)[:2]), _object(*["a"] * 3),
        _object(*(m.astype(float) for m in _published(STRASSEN))),
        _object(*(m.astype(object) for m in _published(STRASSEN))),
        _object(*(m.astype("M8[s]") for m in _published(STRASSEN))),
        np.array(["x", "y", "z"]), np.datetime64("2020-01-01"), np.sum,
    ],
    ids=[str(k) for k in range(19)],
)  # fmt: skip
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_pickles_of_anything_else_are_refused_and_never_run(tmp_path, value, protocol):
    Evil.ran = False
    path = _archive(tmp_path, _member(pickle.dumps(value, protocol)))
    with pytest.raises(InstanceError) as error:
        zg.read(path)
    assert not Evil.ran
    assert "2,2,2" in str(error.value) and "\n" not in str(error.value)


def test_damaged_archives_are_one_line(archive, tmp_path):
    body = archive.read_bytes()
    rng = np.random.default_rng(4)
    path = tmp_path / "x.npz"
    for _ in range(150):
        data = bytearray(body)
        if rng.random() < 0.4:
            data = data[: int(rng.integers(4, len(data)))]
        else:
            for _ in range(int(rng.integers(1, 4))):
                data[int(rng.integers(4, len(data)))] = int(rng.integers(256))
        path.write_bytes(bytes(data))
        try:
            instance = zg.read(path, format="2x3x4")
        except InstanceError as error:
            assert "\n" not in str(error)
        else:
            check_scheme(instance.n, instance.ring, instance.scheme)
    for body in (b"PK\x03\x04", _zip({}), _zip({"a.npy": b""}), _zip({"2,2,2.npy": b"\x93NUMPY"})):
        path.write_bytes(body)
        with pytest.raises(InstanceError):
            zg.read(path)


def _zip(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    return stream.getvalue()


def _rational():
    scheme = strassen().scheme
    return zg.matmul.MatMul(
        np.array([2, 2, 2]), "Q",
        given=Scheme(3 * scheme.u, scheme.v, scheme.w, np.full(7, 3)),
    )  # fmt: skip


@pytest.mark.parametrize("ending", [".columns.txt", ".mpl"])
@pytest.mark.parametrize(
    "instance",
    [
        strassen(), sandwiched(3, "2x3x2"), _rational(),
        zg.generate("matmul", format="3x2x4", best=True),
    ],
    ids=["strassen", "Z", "Q", "catalogue"],
)  # fmt: skip
def test_round_trips(tmp_path, ending, instance):
    path = tmp_path / f"x{ending}"
    files.write(instance, path)
    again = zg.read(path)
    assert again.format == instance.format
    assert zg.check(again, again.scheme) == instance.scheme.rank
    assert (again.scheme.v == instance.scheme.v).all()


COLUMNS = """1 0 1 -1 1 0 0
1 0 0 0 0 0 1
0 1 0 -1 0 0 0
0 1 -1 0 0 -1 1
#
0 1 -1 -1 0 -1 0
0 0 0 -1 1 0 0
0 0 0 0 0 1 -1
-1 0 -1 0 -1 0 -1
#
1 0 -1 0 0 1 -1
-1 0 0 0 1 0 0
0 1 0 0 0 -1 0
0 -1 1 1 -1 0 0
"""


def test_columns_of_the_addition_tools_are_read(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(COLUMNS)
    try:
        assert zg.read(path).scheme.rank == 7
    except InstanceError as error:  # the order of C is named, and the remedy works
        assert "w=plain" in str(error)
        assert zg.read(path, w="plain").scheme.rank == 7


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("1 0 1 -1 1 0 0", "1 0 1 -1 1 0", ":2: has 7 columns, the first row has 6"),
        ("0 1 0 -1 0 0 0", "0 1 0 x 0 0 0", ":3: 'x' is no number or fraction"),
        ("0 1 0 -1 0 0 0", "0 1 0 1/0 0 0 0", ":3: '1/0' is no number"),
        ("#\n1 0 -1", "1 0 -1", "has 1 lines '#', expected 2"),
        ("0 -1 1 1 -1 0 0\n", "", "belong to no format"),
        ("0 1 0 -1 0 0 0", "0 1 0 1 0 0 0", "Brent equation"),
    ],
)
def test_bad_columns_are_named(tmp_path, old, new, what):
    path = tmp_path / "a.columns.txt"
    assert old in COLUMNS
    path.write_text(COLUMNS.replace(old, new, 1))
    with pytest.raises(InstanceError, match=what):
        zg.read(path, w="plain")


WINOGRAD = """s1 := a21 + a22;
s2 := s1 - a11;
s3 := a11 - a21;
s4 := a12 - s2;
t1 := b12 - b11;
t2 := b22 - t1;
t3 := b22 - b12;
t4 := t2 - b21;
p1 := a11*b11;
p2 := a12*b21;
p3 := s4*b22;
p4 := a22*t4;
p5 := s1*t1;
p6 := s2*t2;
p7 := s3*t3;
u2 := p1 + p6;
u3 := u2 + p7;
u4 := u2 + p5;
c11 := p1 + p2;
c12 := u4 + p3;
c21 := u3 - p4;
c22 := u3 + p5;
"""


def test_programs_are_read(tmp_path):
    path = tmp_path / "winograd.mpl"
    path.write_text(WINOGRAD)
    assert zg.read(path).scheme.rank == 7
    path.write_text(WINOGRAD.replace("a11", "A[1,1]").replace("b21", "B_2_1").replace(":=", "="))
    assert zg.read(path).scheme.rank == 7
    path.write_text("c11 := 1/2*(2*a11)*b11 + (a12)*(b21);\n")
    assert zg.read(path, family="matmul").format == "1x2x1"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("c22 := u3 + p5;\n", "", "c22 is never assigned"),
        ("p3 := s4*b22;", "p3 := s4*a22;", ":11: multiplies something else"),
        ("p3 := s4*b22;", "p3 := s4*b22*b11;", ":11: has a product of 3 forms"),
        ("p3 := s4*b22;", "p3 := s9*b22;", ":11: s9 is not defined yet"),
        ("p3 := s4*b22;", "p3 := s4*b22)", ":11: .*"),
        ("p3 := s4*b22;", "p3 := (s4*b22;", ":11: .*"),
        ("p3 := s4*b22;", "p3 := s4*b22 $;", ":11: .* is no term"),
        ("p3 := s4*b22;", "p3 := ;", ":11: is empty"),
        ("p3 := s4*b22;", "p3 := s4*1/0*b22;", ":11: .*"),
        ("p3 := s4*b22;", "p2 := s4*b22;", ":11: p2 is assigned twice"),
        ("p3 := s4*b22;", "a11 := s4*b22;", ":11: a11 is an input"),
        ("c11 := p1 + p2;", "c11 := p1 + a11;", "c11 has a term that is no product"),
        ("c11 := p1 + p2;", "c11 := p1 - p2;", "Brent equation"),
        ("t4 := t2 - b21;", "t4 := t2 - b31;", "b31 is outside 2x2"),
    ],
)
def test_bad_programs_are_named(tmp_path, old, new, what):
    path = tmp_path / "winograd.mpl"
    assert old in WINOGRAD
    path.write_text(WINOGRAD.replace(old, new, 1))
    with pytest.raises(InstanceError, match=what) as error:
        zg.read(path, family="matmul")
    assert "\n" not in str(error.value)


def test_schemes_over_unknown_rings_are_refused(tmp_path):
    path = tmp_path / "winograd.mpl"
    path.write_text(WINOGRAD)
    with pytest.raises(InstanceError, match="ring"):
        zg.read(path, ring="R")
