"""Trees from tables and graphs: as CSV, frames, networkx; what is wrong has its place."""

from __future__ import annotations

import networkx as nx
import pandas as pd
import pytest

import zerogap as zg
from zerogap.models.base import InstanceError

TABLE = """\
Node ID,Parent,Score,Tokens,Cluster,finished
question,,,0,,
left,question,,3,,
right,question,,2,,
"left, first",left,2.5,1,0,
left second,left,1.5,4,1,yes
right first,right,0.25,1,1,
"""


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "tree.csv"
    made.write_text(TABLE)
    return made


def test_a_table_is_read(path):
    tree = zg.read(path, lambda_b=0.1, lambda_d=1.0)
    assert tree.names == ("question", "left", "right", "left, first", "left second", "right first")
    assert tree.parent.tolist() == [-1, 0, 0, 1, 1, 2]
    assert tree.tokens.tolist() == [0, 3, 2, 1, 4, 1]
    assert tree.reward[tree.leaves].tolist() == [2.5, 1.5, 0.25]
    assert tree.cluster[tree.leaves].tolist() == [0, 1, 1]
    assert tree.mandatory.tolist() == [4] and (tree.lambda_b, tree.lambda_d) == (0.1, 1.0)


def test_names_come_out_again(path):
    result = zg.solve(zg.read(path, lambda_b=0.1), time_limit=5)
    assert result.status == "optimal" and "left second" in list(result.to_frame()["leaf"])
    from zerogap import report

    assert "node left, first" in report.interactive(result.instance, result.solution)


def test_rows_are_numbered_where_there_is_no_id():
    tree = zg.treeprune.from_pandas(
        {"parent": [-1, 0, 0, None, 3], "reward": [0, 1, 2, 0, 4], "tokens": [1, 1, 1, 1, 1]}
    )
    assert tree.names is None and tree.forest and tree.parent.tolist() == [-1, 0, 0, -1, 3]


def test_frame_and_file_and_json_are_the_same_tree(path, tmp_path):
    frame = pd.read_csv(path)
    tree, again = zg.read(path), zg.treeprune.from_pandas(frame, name="tree")
    zg.write(tree, tmp_path / "tree.json")
    assert zg.digest(tree) == zg.digest(again) == zg.digest(zg.read(tmp_path / "tree.json"))


@pytest.mark.parametrize(
    ("line", "old", "new", "words"),
    [
        (1, "Score", "Scroe", "unknown column 'Scroe' (did you mean 'score'?)"),
        (1, "Cluster", "cost", "two columns mean the same: 'Tokens', 'cost'"),
        (2, "question,,,0,,", "question,,,0,", "has 5 values, expected 6"),
        (3, "left,question", "left,qestion", "parent: is 'qestion', expected an id of this table"),
        (3, "left,question", "question,question", "'question' is used twice (first in line 2)"),
        (5, "2.5", "much", "reward: is 'much', expected a number"),
        (5, "2.5", "nan", "reward: is 'nan', expected a number"),
        (6, "1.5,4,1", "1.5,4,one", "cluster: is 'one', expected a number, or nothing"),
        (6, "yes", "perhaps", "mandatory: is 'perhaps', expected yes or no"),
        (7, "right first,right", ",right", "id: is empty, expected a name"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(path, line, old, new, words):
    assert old in TABLE
    path.write_text(TABLE.replace(old, new, 1))
    with pytest.raises(InstanceError) as caught:
        zg.read(path, family="treeprune")
    text = str(caught.value)
    assert words in text and f"tree.csv:{line}" in text


def test_empty_tables_and_circles_are_refused(path):
    path.write_text("id,parent,reward,tokens\n")
    with pytest.raises(InstanceError, match="there is no node"):
        zg.read(path)
    path.write_text("id,parent,reward,tokens\na,b,1,1\nb,a,1,1\n")
    with pytest.raises(InstanceError, match="cycle"):
        zg.read(path)


def test_a_graph_is_a_tree():
    graph = nx.DiGraph([("q", "a"), ("q", "b")], name="talk")
    nx.set_node_attributes(graph, {"a": {"reward": 1.0, "tokens": 2}, "b": {"reward": 2.0}})
    tree = zg.treeprune.from_networkx(graph, lambda_b=0.5)
    assert tree.names == ("q", "a", "b") and tree.tokens.tolist() == [1, 2, 1]
    assert tree.name == "talk" and tree.lambda_b == 0.5
    with pytest.raises(InstanceError, match="undirected"):
        zg.treeprune.from_networkx(nx.path_graph(3))
    with pytest.raises(InstanceError, match="leaf b has no 'worth'"):
        graph.nodes["a"]["worth"] = 1.0
        zg.treeprune.from_networkx(graph, reward="worth")
    graph.add_edge("a", "b")
    with pytest.raises(InstanceError, match="node b has 2 parents"):
        zg.treeprune.from_networkx(graph)
    with pytest.raises(InstanceError, match="capacity"):
        zg.treeprune.from_networkx(nx.DiGraph(), capacity=3)
