"""Fair clique files: round trips and everything that can be wrong with them."""

from __future__ import annotations

import gzip
import json
import math

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import fairclique as oracle
from zerogap.models.base import InstanceError
from zerogap.models.fairclique.formats import text

EDGES = "# a comment\n10 20\n20 10\n\n10\t30\r\n30 30\n% another\n20 30\n"
VALUES = "10 0\n20 1\n30 0\n99 1\n"


@pytest.fixture
def put(tmp_path):
    def write(name: str, content: str | bytes):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read(path, **options):
    return zg.read(path, family="fairclique", **options)


def test_edge_list_with_gaps_loops_duplicates_and_isolated_vertices(put):
    put("a.txt", VALUES)
    graph = read(put("g.txt", EDGES), attributes="a.txt", k=1, delta="inf")
    assert graph.ids.tolist() == [10, 20, 30, 99]
    assert graph.edges == 3 and graph.dropped == (1, 1)
    assert graph.delta == math.inf and graph.values == ("0", "1") and graph.name == "g"
    assert zg.solve(graph, threads=1).solution.vertices.tolist() == [10, 20, 30]


def test_the_family_is_recognised_from_edges_with_comments(put):
    put("a.txt", VALUES)
    path = put("g.edges", EDGES)
    assert read(path, attributes="a.txt").vertices == 4


def test_ids_up_to_the_limit_and_attribute_words(put):
    top = 2**31 - 1
    put("a.txt", f"{top} blue\n0 red\n7 blue\n")
    graph = read(put("g.txt.gz", gzip.compress(f"0 {top}\n7 0\n".encode())), attributes="a.txt")
    assert graph.ids.tolist() == [0, 7, top] and graph.values == ("blue", "red")
    assert graph.attribute.tolist() == [1, 0, 0]
    assert graph.index([top]).tolist() == [2]
    order = read(put("h.txt", "0 7\n"), attributes="a.txt", values="red,blue,green")
    assert order.values == ("red", "blue", "green") and order.attribute.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("edges", "values", "options", "words", "line"),
    [
        ("0 1\n1 x\n", "0 0\n1 1\n", {}, "'x' is no integer", 2),
        ("0 1\n1 2.5\n", "0 0\n1 1\n", {}, "'2.5' is no integer", 2),
        ("0 1\n-1 0\n", "0 0\n1 1\n", {}, "'-1' is no integer", 2),
        ("0 1\n1\n", "0 0\n1 1\n", {}, "1 words", 2),
        ("0 1 2 3 4\n", "0 0\n1 1\n", {}, "5 fields", 1),
        ("0 1 2\n0 1 x\n", "0 0\n1 1\n", {}, "'x' is no integer", 2),
        ("0 1 2.5\n0 1 x\n", "0 0\n1 1\n", {}, "the weight is 'x'", 2),
        ("0 1 2.5\n0 1\n", "0 0\n1 1\n", {}, "2 fields, expected 3", 2),
        ("0 1\n1\n0\n", "0 0\n1 1\n", {}, "1 words", 2),
        ("0 2147483648\n", "0 0\n1 1\n", {}, "too large", 1),
        ("0 99999999999999999999\n", "0 0\n1 1\n", {}, "too large", 1),
        ("0 1\n1 2\n", "0 0\n1 1\n", {}, "vertex 2 has no attribute", None),
        ("0 1\n", "0 0\n1 1\n1 0\n", {}, "vertex 1 is given twice", None),
        ("0 1\n", "0 0\n1 7\n", {"values": "0,1"}, "vertex 1 has value '7'", None),
        ("0 1\n", "0 0\n1\n", {}, "1 fields", 2),
        ("0 1\n", "0 0\nb 1\n", {}, "vertex 1 has no attribute", 1),
        ("0 1\n", "# nothing\n", {}, "no vertices", None),
        ("0 1\n", "0 0\n1 1\n", {"k": -1}, "is -1", None),
        ("0 1\n", "0 0\n1 1\n", {"delta": "-3"}, "is -3", None),
        ("0 1\n", "0 0\n1 1\n", {"delta": "nan"}, "is 'nan'", None),
        ("0 1\n", "0 0\n1 1\n", {"k": "two"}, "'two'", None),
    ],
)
def test_bad_edge_lists_say_where_and_what(put, edges, values, options, words, line):
    put("a.txt", values)
    with pytest.raises(InstanceError) as error:
        read(put("g.edges", edges), attributes="a.txt", **options)
    assert words in str(error.value)
    assert line is None or error.value.line == line


def test_comments_do_not_shift_line_numbers(put):
    put("a.txt", "0 0\n1 1\n")
    with pytest.raises(InstanceError) as error:
        read(put("g.edges", "# one\n% two\n0 1\n# three\n0 x\n"), attributes="a.txt")
    assert error.value.line == 5


def test_attributes_are_needed(put):
    with pytest.raises(InstanceError, match="attributes=FILE"):
        read(put("g.edges", "0 1\n"))
    with pytest.raises(InstanceError, match="cannot be read"):
        read(put("g.edges", "0 1\n"), attributes="nowhere.txt")


def test_truncated_gz_is_refused(put):
    packed = gzip.compress(b"".join(b"%d %d\n" % (i, i + 1) for i in range(5000)))
    put("a.txt", VALUES)
    with pytest.raises(InstanceError, match="truncated"):
        read(put("g.txt.gz", packed[:-200]), attributes="a.txt")
    put("b.txt.gz", gzip.compress(VALUES.encode())[:-3])
    with pytest.raises(InstanceError, match="truncated"):
        read(put("g.edges", EDGES), attributes="b.txt.gz")


def test_a_graph_beyond_memory_is_refused_with_an_estimate(put, monkeypatch):
    put("a.txt", VALUES)
    monkeypatch.setattr(text, "available_memory", lambda: 200)
    with pytest.raises(InstanceError, match="GiB are needed for 9 edges"):
        read(put("g.edges", EDGES), attributes="a.txt")


def test_long_files_are_read_in_pieces(monkeypatch):
    pairs = np.random.default_rng(1).integers(0, 2**31, (3000, 2))
    raw = "".join(f"{u} {v}\n" for u, v in pairs).encode()
    monkeypatch.setattr(text, "_CHUNK", 1000)
    assert (text.integers(raw, 2, file="") == pairs).all()
    with pytest.raises(InstanceError) as error:
        text.integers(raw + b"1 y\n", 2, file="")
    assert error.value.line == 3001


@pytest.mark.parametrize("suffix", [".json", ".clq"])
def test_round_trip(tmp_path, suffix):
    for i, graph in enumerate(oracle.random_graphs(25, seed=21)):
        path = tmp_path / f"{i}{suffix}"
        zg.write(graph, path)
        back = zg.read(path)
        assert (back.first == graph.first).all() and (back.neighbour == graph.neighbour).all()
        assert (back.attribute == graph.attribute).all() and back.values == graph.values
        assert (back.k, back.delta) == (graph.k, graph.delta)
        if suffix == ".json":
            assert zg.digest(back) == zg.digest(graph)


def test_options_win_over_the_file(tmp_path):
    graph = next(iter(oracle.random_graphs(1, seed=22)))
    for suffix in (".json", ".clq"):
        zg.write(graph, tmp_path / f"g{suffix}")
        back = zg.read(tmp_path / f"g{suffix}", k=7, delta=3)
        assert (back.k, back.delta) == (7, 3)


def test_matrix_market_with_and_without_values(put):
    put("a.txt", "1 0\n2 1\n3 0\n")
    for header, value in (("pattern", ""), ("real", " 0.5"), ("integer", " -2")):
        body = f"%%MatrixMarket matrix coordinate {header} symmetric\n% c\n3 3 2\n"
        path = put("g.mtx", body + f"2 1{value}\n3 2{value}\n")
        graph = zg.read(path, attributes="a.txt")
        assert graph.ids.tolist() == [1, 2, 3] and graph.edges == 2


@pytest.mark.parametrize(
    "content",
    [
        "%%MatrixMarket matrix coordinate complex general\n1 1 0\n",
        "%%MatrixMarket matrix coordinate pattern general\n3 4 1\n1 1\n",
        "%%MatrixMarket matrix coordinate pattern general\n3 3 2\n1 2\n",
        "%%MatrixMarket matrix coordinate pattern general\n3 3 1\n1 4\n",
        "%%MatrixMarket matrix coordinate pattern general\n3 3\n",
        "%%MatrixMarket matrix coordinate pattern general\n3 3 x\n",
    ],
)
def test_bad_matrix_market(put, content):
    put("a.txt", "1 0\n2 1\n3 0\n")
    with pytest.raises(InstanceError):
        zg.read(put("g.mtx", content), attributes="a.txt")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("p edge 2 1\ne 1 2\n", "attributes=FILE"),
        ("p edge 2 1\nn 1 0\ne 1 2\n", "vertex 2 has no attribute"),
        ("p edge 2 2\nn 1 0\nn 2 0\ne 1 2\n", "1 edges"),
        ("p edge 2 1\nn 1 0\nn 2 0\ne 1 3\n", "outside"),
        ("p edge 2 1\nn 1 0\nn 1 0\ne 1 2\n", "twice"),
        ("p edge 2 1\nq 1 0\n", "unknown line"),
        ("p edge 2\n", "expected one line"),
        ("p edge 0 0\nc nothing\n", "no vertices"),
    ],
)
def test_bad_dimacs(put, content, words):
    put("empty.txt", "# nothing\n")
    options = {"attributes": "empty.txt"} if "nothing" in content else {}
    with pytest.raises(InstanceError, match=words):
        read(put("g.clq", content), **options)


@pytest.mark.parametrize(
    "change",
    [
        {"edges": [[0, 9]]},
        {"edges": [[0, "1"]]},
        {"edges": [[0, 1.0]]},
        {"edges": [[0, 1, 2]]},
        {"edges": [[0, 2**40]]},
        {"attribute": ["0", "2", "0"]},
        {"attribute": ["0"]},
        {"attribute": None},
        {"ids": [0, 0, 1]},
        {"ids": [0, True, 2]},
        {"k": -1},
        {"k": "x"},
        {"delta": -1},
        {"values": ["0"]},
    ],
)
def test_bad_json(put, change):
    good = {
        "family": "fairclique",
        "k": 1,
        "delta": 1,
        "values": ["0", "1"],
        "ids": [0, 1, 2],
        "attribute": ["0", "1", "0"],
        "edges": [[0, 1], [1, 2]],
    }
    assert zg.read(put("good.json", json.dumps(good))).edges == 2
    with pytest.raises(InstanceError):
        zg.read(put("bad.json", json.dumps(good | change)))


def test_public_files(data):
    nba = data("fairclique/NBA/NBA_bi.txt.gz")
    graph = read(nba, attributes="NBA_attr.txt.gz", k=3, delta=2)
    assert (graph.vertices, graph.edges) == (403, 10621)


def test_options_tell_a_graph_from_a_shop(put):
    put("a.txt", VALUES)
    graph = zg.read(put("g.txt", "10 20\n20 30\n"), attributes="a.txt", k=1)
    assert graph.edges == 2


def test_plain_lines_are_read_by_the_same_rules(monkeypatch):
    rng = np.random.default_rng(4)
    texts = [b"", b"1 2\n3 4\n", b"1\t2\n3\t4\n", b"1 2\r\n3 4\r\n", b"1 2\n3 4", b"1 2\n3\t4\n",
             b"1 2\n3\n4 5 6\n", b" 1\n2 3\n", b"1 \n2 3\n", b"1 2\n\n3 4\n", b"1 2\n3  4\n",
             b"\n", b" \n", b"1 2147483647\n", b"1 2147483648\n", b"1 99999999999999999999999\n",
             b"1 2\n3 -4\n", b"1 2\n3 4 # why\n"]  # fmt: skip
    for _ in range(300):
        parts = rng.choice([b"1", b"23", b" ", b"\t", b"\n", b"\r\n", b"x"], int(rng.integers(12)),
                           p=[0.3, 0.2, 0.2, 0.05, 0.15, 0.05, 0.05])  # fmt: skip
        texts.append(b"".join(parts.tolist()))

    def outcome(raw, columns):
        try:
            return text.integers(raw, columns, file="g").tolist()
        except InstanceError as error:
            return str(error)

    quick = [outcome(raw, columns) for raw in texts for columns in (1, 2, 3)]
    monkeypatch.setattr(text, "_regular", lambda chunk, columns: None)
    assert quick == [outcome(raw, columns) for raw in texts for columns in (1, 2, 3)]
    assert [1, 2] in quick[4] and [[1, 2], [3, 4]] in quick
