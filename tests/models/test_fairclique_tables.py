"""Graphs as people have them: names, weights, headers, separators, GraphML, GML, METIS, frames."""

from __future__ import annotations

import dataclasses
import json
import random

import networkx as nx
import numpy as np
import pytest

import zerogap as zg
from tests.oracles import fairclique as oracle
from zerogap.models import files
from zerogap.models.base import InstanceError
from zerogap.models.fairclique import from_edges, from_frames, from_scipy
from zerogap.models.fairclique.formats.markup import write_graphml

VALUES = "a red\nb blue\nc red\n"
TRIANGLE = {frozenset("ab"), frozenset("bc"), frozenset("ca")}


@pytest.fixture
def put(tmp_path):
    def write(name: str, content: str):
        path = tmp_path / name
        path.write_text(content)
        return path

    return write


def read(path, **options):
    return zg.read(path, family="fairclique", **options)


def edges_of(graph) -> set:
    return {frozenset((graph.label(u), graph.label(v))) for u, v in graph.edge_list().tolist()}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("g.txt", "a b 0.5\nb c 0.7\nc a 0.1\na a 1\n"),
        ("g.edges", "# SNAP\n# From To\na\tb\nb\tc\nc\ta\na\ta\n"),
        ("g.txt", "% sym weighted\n% 4 3 3\na b 1 1234567\nb c 2 1234568\nc a 1 1\na a 1 1\n"),
        ("g.csv", "source,target,weight\na,b,1\nb,c,2\nc,a,3\na,a,1\n"),
        ("g.csv", "Source;Target;Type;Label;Weight\na;b;U;;1\nb;c;U;;1\nc;a;U;;1\na;a;;;1\n"),
        ("g.tsv", '"from"\tto\na\tb\nb\tc\nc\ta\na\ta\n'),
        ("g.edgelist", "\ufeffa,b\n\nb,c\n# comment\nc,a\na,a\n"),
    ],
)  # fmt: skip
def test_edge_tables_of_other_programs(put, name, content):
    put("v.txt", VALUES)
    graph = zg.read(put(name, content), attributes="v.txt", k=1)
    assert edges_of(graph) == TRIANGLE and graph.dropped == (1, 0)
    assert graph.names == ("a", "b", "c") and graph.values == ("blue", "red")
    solution = zg.solve(graph, threads=1).solution
    assert solution.labels == ["a", "b", "c"]
    assert zg.models.base.family("fairclique").encode(solution) == {"vertices": ["a", "b", "c"]}


def test_names_with_blanks_stand_between_tabs_or_in_quotes(put):
    put("v.csv", 'id,attribute\n"New York","east, coast"\nLos Angeles,west\n')
    for content in ("New York\tLos Angeles\n", '"New York" "Los Angeles" 2.5\n'):
        graph = read(put("g.txt", content), attributes="v.csv", k=1)
        assert edges_of(graph) == {frozenset(("New York", "Los Angeles"))}
        assert graph.values == ("east, coast", "west")


def test_numbers_of_64_bits_are_ids(put):
    top = 2**63 - 1
    put("v.txt", f"{top} 0\n5 1\n{2**40} 0\n")
    graph = read(put("g.txt", f"{top} 5\n5 {2**40}\n{top} {2**40}\n"), attributes="v.txt", k=1)
    assert graph.names is None and graph.ids.tolist() == [5, 2**40, top]
    assert zg.solve(graph, threads=1).solution.vertices.tolist() == [5, 2**40, top]
    many = read(put("h.txt", f"{top} {top + 1}\n"), attributes="none", values="all")
    assert many.names == (str(top), str(top + 1))


def test_node_tables_choose_columns(put):
    put("v.csv", "key,age,team,points\nx,30,red,5\ny,31,blue,7\nz,32,red,9\n")
    path = put("g.csv", "friend1,friend2,since\nx,y,1990\ny,z,1991\nx,z,1992\n")
    graph = read(path, attributes="v.csv", vertex="key", attribute="team", weight="points",
                 source="friend1", target="friend2", k=1, anchor="z")  # fmt: skip
    assert graph.weight.tolist() == [5, 7, 9] and graph.anchor == (2,)
    result = zg.solve(graph, threads=1)
    assert result.objective == 21 and result.solution.labels == ["x", "y", "z"]
    assert zg.solve(dataclasses.replace(graph, delta=0), threads=1).solution.labels == ["y", "z"]
    for options, words in (
        ({}, "which column is the attribute"),
        ({"source": "friend1", "target": "friend2"}, "which column is the attribute"),
        ({"attribute": "team", "source": "friend1", "target": "no"}, "has no column 'no'"),
        ({"attribute": "team"}, "which column is the source"),
        ({"attribute": "size"}, "has no column 'size'"),
        ({"attribute": "team", "weight": "team"}, "'red', expected an integer"),
    ):
        with pytest.raises(InstanceError) as error:
            read(path, attributes="v.csv", header=True, **options)
        assert words in str(error.value) and error.value.line == (2 if "red" in words else 1)


def test_one_value_for_all_and_least_weights(put):
    path = put("g.txt", "a b 0.5\nb c 0.7\nc a 0.1\na d 3\n")
    graph = read(path, attributes="none", k=0, delta="inf")
    assert graph.values == ("all",) and graph.names == ("a", "b", "c", "d")
    assert zg.solve(graph, threads=1).objective == 3
    few = read(path, attributes="none", least=0.2)
    assert edges_of(few) == {frozenset("ab"), frozenset("bc"), frozenset("ad")}


@pytest.mark.parametrize(
    ("content", "options", "words", "line"),
    [
        ("a b\nb\n", {}, "1 fields, expected 2 separated by blanks", 2),
        ("a b x\n", {}, "the weight is 'x'", 1),
        ("a b 1\nb c inf\n", {}, "the weight is 'inf'", 2),
        ("a b 1 now\n", {}, "the time is 'now'", 1),
        ("a,b\nb,c,d\n", {}, "3 fields, expected 2 separated by commas", 2),
        ("a,b\n,c\n", {}, "a vertex is empty", 2),
        ('a,b\n"b,c\n', {}, "not a table", 2),
        ('a b\n"b c\n', {}, "a quote is not closed", 2),
        ("a b\nb d\n", {}, "vertex d has no attribute", 2),
        ("source,target,colour\na,b,1\n", {}, "unknown column 'colour'", 1),
        ("a b\n", {"least": 1.0}, "the edges have no weights", None),
        ("a b\n", {"anchor": "z"}, "'z' is not in the graph", None),
    ],
)
def test_unreadable_lines_are_named(put, content, options, words, line):
    put("v.txt", VALUES)
    with pytest.raises(InstanceError) as error:
        read(put("g.edges", content), attributes="v.txt", **options)
    assert words in str(error.value) and error.value.line == line


def test_a_file_of_edges_is_nobody_elses(put):
    put("v.txt", "1 0\n2 1\n3 0\n")
    graph = zg.read(put("g.edges", "1 2 3\n2 3 4\n1 3 1\n"), attributes="v.txt", k=1)
    assert graph.edges == 3
    with pytest.raises(InstanceError, match="attributes=FILE"):
        zg.read(put("h.edges", "1 2 3\n2 3 4\n"))


# ---- GraphML, GML, METIS -------------------------------------------------------------------------


def test_graphml_of_networkx_comes_in(put, tmp_path):
    made = nx.Graph([("a", "b"), ("b", "c"), ("c", "a")])
    nx.set_node_attributes(made, {"a": "red", "b": "blue & white", "c": "red"}, "colour")
    nx.set_node_attributes(made, {"a": 3, "b": 4, "c": 5}, "points")
    nx.write_graphml(made, tmp_path / "g.graphml")
    graph = zg.read(tmp_path / "g.graphml", attribute="colour", weight="points", k=1)
    assert edges_of(graph) == TRIANGLE and graph.weight.tolist() == [3, 4, 5]
    assert graph.values == ("blue & white", "red")
    # The only usual name among the data of the nodes needs no option.
    assert zg.read(tmp_path / "g.graphml").values == graph.values


def test_everything_survives_graphml_and_json(tmp_path):
    rng = np.random.default_rng(5)
    for seed in range(40):
        graph, _ = oracle.draw(np.random.default_rng(seed))
        for name in ("g.graphml", "g.json"):
            files.write(graph, tmp_path / name)
            back = zg.read(tmp_path / name)
            if name == "g.graphml" and graph.names is None:
                back = dataclasses.replace(back, name=graph.name)
            assert zg.digest(back) == zg.digest(graph), (seed, name)
            solution = oracle.solution(graph, rng, {})
            if solution is not None:
                known = zg.models.base.family("fairclique")
                found = dataclasses.replace(solution, names=graph.names)
                data = json.loads(json.dumps(known.encode(found)))
                assert zg.check(back, known.decode(back, data)) == zg.check(graph, solution)


GRAPHML = """<graphml><key id="d" for="node" attr.name="attribute"><default>red</default></key>
<graph>
<node id="a"/>
<node id="b"><data key="d">blue</data></node>
<edge source="a" target="b"/>
</graph></graphml>
"""


@pytest.mark.parametrize(
    ("old", "new", "words", "line"),
    [
        ('target="b"', 'target="z"', "node 'z' is unknown", 5),
        ('id="b"', 'id="a"', "node 'a' is given twice", 4),
        ('<node id="a"/>', "<node/>", "<node> has no id", 3),
        ('source="a" ', "", "<edge> has no source", 5),
        ('key="d"', 'key="e"', "the key 'e', which no <key> declares", 4),
        ('<node id="a"/>', '<node id="a"><graph/></node>', "several or nested graphs", 3),
        ('<node id="a"/>', "<hyperedge/>", "hyperedges", 3),
        ("</graph>", "", "not XML", 6),
        ("<graphml>", "<!DOCTYPE x><graphml>", "document type", 1),
        ("<default>red</default>", "", "node 'a' has no 'attribute'", 3),
    ],
)
def test_bad_graphml(put, old, new, words, line):
    assert zg.read(put("g.graphml", GRAPHML), k=1).values == ("blue", "red")
    assert old in GRAPHML
    with pytest.raises(InstanceError) as error:
        zg.read(put("g.graphml", GRAPHML.replace(old, new)))
    assert words in str(error.value) and error.value.line == line


GML = """Creator "somebody"
graph [
  k 1
  node [ id 1 label "New York" value "east" graphics [ x 1.5 ] ]
  node [ id 2 label "L&#65;" value west ]
  edge [ source 1 target 2 value 3.5 ]
]
"""


def test_gml_comes_in(put):
    graph = zg.read(put("g.gml", GML))
    assert graph.names == ("New York", "LA") and graph.edges == 1
    assert graph.values == ("east", "west") and graph.k == 1


@pytest.mark.parametrize(
    ("old", "new", "words", "line"),
    [
        ("target 2", "target 3", "node 3 is unknown", 6),
        ("target 2", "", "an edge has no target", 6),
        ("node [ id 2", "node [ id 1", "id 1 is given twice", 5),
        ("node [ id 2", "node [", "a node has no id", 5),
        ("value west", "", "has no 'value'", 5),
        ('value "east"', 'value "east', "a quote is not closed", 5),
        ("]\n]", "]\n", "is not closed", 2),
        ("]\n]", "]\n]\n]", "']' where a value", 8),
        ("k 1", "k 1\n [", "'[' without a key", 4),
    ],
)
def test_bad_gml(put, old, new, words, line):
    assert old in GML
    with pytest.raises(InstanceError) as error:
        zg.read(put("g.gml", GML.replace(old, new)))
    assert words in str(error.value) and error.value.line in (line, line + 1), error.value


def test_metis_comes_in_with_its_weights(put):
    put("v.txt", "1 0\n2 1\n3 0\n")
    plain = read(put("g.graph", "% three\n3 3\n2 3\n1 3\n1 2\n"), attributes="v.txt", k=1)
    assert plain.edges == 3 and plain.ids.tolist() == [1, 2, 3] and plain.dropped == (0, 0)
    heavy = read(put("h.graph", "3 2 011\n7 2 1\n8 1 1 3 1\n9 2 1\n"), attributes="v.txt")
    assert heavy.weight.tolist() == [7, 8, 9] and heavy.edges == 2
    for content, words, line in (
        ("3 3\n2 3\n1 3\n1\n", "5 neighbours, expected 6", None),
        ("3 1\n2\n1\n", "2 lines of vertices", None),
        ("3 1\n4\n1\n\n", "4 is outside 1 … 3", 2),
        ("3 1 7\n2\n1\n\n", "format '7'", 1),
        ("3\n", "expected 'vertices edges", 1),
        ("3 1 1\n2\n1 1\n\n", "do not fit to format 001", 2),
    ):
        with pytest.raises(InstanceError) as error:
            read(put("b.graph", content), attributes="v.txt")
        assert words in str(error.value) and error.value.line == line


# ---- objects -------------------------------------------------------------------------------------


def test_matrices_and_frames_come_in():
    pandas = pytest.importorskip("pandas")
    sparse = pytest.importorskip("scipy.sparse")
    for graph in oracle.random_graphs(20, seed=17, most=12):
        matrix = graph.induced(np.arange(graph.vertices)).astype(int)
        given = [graph.values[a] for a in graph.attribute]
        same = {"k": graph.k, "delta": graph.delta, "values": graph.values}
        plain = dataclasses.replace(graph, ids=None)
        for form in (matrix, sparse.csr_array(matrix), sparse.triu(matrix)):
            assert zg.digest(from_scipy(form, given, **same)) == zg.digest(plain)
        names = [f"v{i}" for i in range(graph.vertices)]
        named = from_scipy(matrix, given, names=names, weight=np.arange(len(names)), **same)
        table = pandas.DataFrame({"id": names, "attribute": given, "w": range(len(names))})
        ends = [(names[u], names[v]) for u, v in graph.edge_list().tolist()]
        edges = pandas.DataFrame(ends, columns=["source", "target"])
        assert zg.digest(from_frames(edges, table, weight="w", **same)) == zg.digest(named)
    frame = pandas.DataFrame({"id": ["a"], "attribute": [None]})
    with pytest.raises(InstanceError, match="vertex a has no value"):
        from_frames({"source": [], "target": []}, frame)
    with pytest.raises(InstanceError, match="no column 'id'"):
        from_frames({"source": [], "target": []}, {})


def test_dimacs_says_what_it_cannot_hold():
    known = zg.models.base.family("fairclique")
    write = next(f.write for f in known.formats if f.name == "dimacs")
    for settings, words in (
        ({"names": ["a", "b"]}, "names"),
        ({"weight": [1, 2]}, "weights and anchors"),
        ({"values": ("new york", "b")}, "value 'new york'"),
    ):
        with pytest.raises(InstanceError, match=words):
            write(from_edges([(0, 1)], [0, 1], **settings))
    with pytest.raises(InstanceError, match="comma"):
        write_graphml(from_edges([(0, 1)], [0, 1], values=("a,b", "c")))


def test_random_bytes_end_in_one_line(put):
    rng = random.Random(3)
    good = [GRAPHML, GML, "3 3\n2 3\n1 3\n1 2\n", "a,b\nb,c\n", "source target w\na b 1\n"]
    endings = ("graphml", "gml", "graph", "csv", "edges")
    put("v.txt", VALUES)
    for _ in range(300):
        at = rng.randrange(5)
        text = list(good[at])
        for _ in range(rng.randint(1, 4)):
            text[rng.randrange(len(text))] = rng.choice('x"[]<>&,;\t\n 1é')
        try:
            read(put(f"g.{endings[at]}", "".join(text)), attributes="v.txt")
        except InstanceError as error:
            assert "\n" not in str(error)
