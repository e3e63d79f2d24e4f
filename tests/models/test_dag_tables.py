"""Tables and score files as people have them: what is read, what is said, what is refused."""

from __future__ import annotations

import re

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.base import InstanceError
from zerogap.models.dag import Categorical, Dag, LocalScores
from zerogap.models.dag.counts import local_score

CATEGORIES = "A,B,C\nyes,low,1\nno,high,2\nyes,low,1\nno,mid,3\n"
SCORES = "2\nA 2\n-10.0 0\n-8.0 1 B\nB 2\n-12.0 0\n-9.5 1 A\n"


def read(tmp_path, text, name="t.csv", **options):
    path = tmp_path / name
    path.write_text(text)
    return zg.read(path, **options)


def test_text_is_read_as_categories_and_said(tmp_path):
    dag = read(tmp_path, CATEGORIES)
    assert isinstance(dag, Categorical)
    assert dag.levels == (("no", "yes"), ("high", "low", "mid"), ("1", "2", "3"))
    assert dag.data.tolist() == [[1, 1, 0], [0, 0, 1], [1, 1, 0], [0, 2, 2]]
    assert "score bdeu" in dag.reading and (dag.score, dag.ess) == ("bdeu", 1.0)
    assert zg.family("dag").info(dag)["read as"] == dag.reading


def test_score_reads_numbers_as_categories(tmp_path):
    dag = read(tmp_path, "a,b\n0,1\n1,1.0\n1,2\n10,1\n2,2\n", score="bic")
    assert isinstance(dag, Categorical) and dag.score == "bic" and not dag.reading
    assert dag.levels == (("0", "1", "2", "10"), ("1", "2")) or dag.levels[1] == ("1.0", "2")


def test_pandas_header_is_taken_and_said(tmp_path):
    text = "0,1,2\n1.5,2.5,0.5\n0.1,0.4,2\n3,1,0\n-1,2,1\n"
    dag = read(tmp_path, text, family="dag")
    assert dag.names == ("0", "1", "2") and dag.observations == 4
    assert "header=no" in dag.reading
    assert read(tmp_path, text, family="dag", header="no").observations == 5
    binary = "0,1\n" + "0,1\n1,0\n1,1\n0,0\n" * 3
    again = read(tmp_path, binary, score="bdeu")
    assert again.observations == 13 and "header=yes" in again.reading


@pytest.mark.parametrize(
    ("text", "shape", "names"),
    [
        ("a;b\n1,5;2,5\n0,5;1\n2;3\n9,25;2\n", (4, 2), ("a", "b")),
        ('"a","b"\n"1.5","2"\n"2","3.5"\n"0","1"\n', (3, 2), ("a", "b")),
        ('"","a","b"\n"1",1.5,2\n"2",2,3.5\n"3",0,1\n', (3, 2), ("a", "b")),
        ("a\tb\nx\t1.5\t2\ny\t2\t3.5\nz\t0\t1\n", (3, 2), ("a", "b")),
    ],
)
def test_tables_of_spreadsheets_and_r_are_read(tmp_path, text, shape, names):
    dag = read(tmp_path, text, family="dag")
    assert isinstance(dag, Dag) and dag.data.shape == shape and dag.names == names


def test_missing_values_are_named_or_dropped(tmp_path):
    text = "a,b\nx,1\nNA,2\ny,1\nx,\ny,2\nx,2\n"
    with pytest.raises(InstanceError, match=r"t.csv:3: a: is 'NA', a missing value"):
        read(tmp_path, text)
    dag = read(tmp_path, text, missing="drop")
    assert dag.observations == 4 and "2 of 6 rows" in dag.reading
    with pytest.raises(InstanceError, match="every row"):
        read(tmp_path, "a,b\nx,\n,y\n,z\n", missing="drop")
    numbers = read(tmp_path, "a,b\n1,2\n3,NaN\n4,5\n0,7\n", family="dag", missing="drop")
    assert numbers.observations == 3


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a,b\nx,u\nx,v\nx,u\n", {}, r":2: a: has one value \('x'\)"),
        ("a,b\nx,u\ny,v\nz,u\n", {}, r":2: a: has 3 categories in 3 rows, expected fewer"),
        ("a,b\n1,u\n2,v\nx,u\n1,u\n", {}, r":4: a: is 'x', expected a number as in other rows"),
        ("a,b\n1,u\n2,v\nx,u\n1,u\n", {"score": "bdeu"}, r":4: a: is 'x', expected a number"),
        ("a,b\n1.5,u\n2,v\n1,u\n1,u\n", {}, r":2: a: is 1.5, a number in a table with categories"),
        ("a,b\nx,u\ny,v\nx\ny,v\n", {"family": "dag"}, r":4: has 1 cells, expected 2"),
        ("a,b\nx,u\ny,v\nx,u\n", {"loss": "gauss"}, r"option loss: goes with numbers"),
        ("a,b\nx,u\ny,v\nx,u\n", {"score": "bic", "ess": 2}, r"option ess: goes with score=bdeu"),
        ("a,b\nx,u\ny,v\nx,u\n", {"score": "bd"}, r"expected one of|not one of|bdeu"),
        ("a,b\nx,u\ny,v\nx,u\n", {"ess": 0}, r"ess: is 0"),
        ("a,b\n1,2\n2,1\n3,3\n", {"family": "dag", "ess": 1}, r"option ess: goes with score=bdeu"),
    ],
)
def test_what_is_no_table_of_categories_is_one_line(tmp_path, text, options, message):
    with pytest.raises(InstanceError) as error:
        read(tmp_path, text, **options)
    assert re.search(message, str(error.value)) and "\n" not in str(error.value)


def test_ten_thousand_categories_are_refused(tmp_path):
    rows = "".join(f"c{k % 10_000},u{k % 2}\n" for k in range(20_000))
    with pytest.raises(InstanceError, match="a: has 10000 categories in 20000 rows"):
        read(tmp_path, "a,b\n" + rows)


def test_measurements_are_no_categories(tmp_path):
    text = "a,b\n" + "".join(f"{k / 7:.3f},{k % 2}\n" for k in range(200))
    with pytest.raises(InstanceError, match=r":3: a: has 200 different numbers .* loss=gauss"):
        read(tmp_path, text, score="bdeu")
    assert isinstance(read(tmp_path, text, family="dag"), Dag)


def test_an_unknown_score_is_named_with_the_known_ones(tmp_path):
    with pytest.raises(InstanceError, match="'bd' is not one of bdeu, bic"):
        read(tmp_path, CATEGORIES, score="bd")


def test_frames_bring_names_and_orders():
    pd = pytest.importorskip("pandas")
    size = pd.Categorical(["s", "l", "s", "l"], categories=["s", "m", "l"], ordered=True)
    dag = Categorical.from_data(pd.DataFrame({"size": size, "up": [True, False, False, True]}))
    assert dag.names == ("size", "up") and dag.levels[0] == ("s", "m", "l")
    assert dag.data[:, 0].tolist() == [0, 2, 0, 2]
    with pytest.raises(InstanceError, match="row 2, b is missing"):
        Categorical.from_data(pd.DataFrame({"a": ["x", "y", "x"], "b": [1, None, 1]}))


@pytest.mark.parametrize("score", ["bdeu", "bic", "aic", "k2", "fnml", "qnml"])
def test_checker_and_counts_agree(score):
    rng = np.random.default_rng(1)
    dag = Categorical(rng.integers(0, 3, (60, 4)), ["abc"] * 4, score, ess=3.0)
    edges = [(0, 1), (0, 3), (2, 3), (1, 3)]
    parents = [[i for i, k in edges if k == j] for j in range(4)]
    made = zg.dag.Structure(np.array([0, 1, 2, 3]), np.array(edges), np.ones(4))
    expected = sum(local_score(dag, j, p) for j, p in enumerate(parents))
    assert zg.check(dag, made) == pytest.approx(expected, rel=1e-12)


def test_score_files_round_trip(tmp_path):
    table = read(tmp_path, SCORES, "s.jkl")
    assert isinstance(table, LocalScores)
    assert table.sets == (((), (1,)), ((), (0,))) and table.scores[1].tolist() == [-12.0, -9.5]
    for name in ("again.jkl", "again.json"):
        zg.write(table, tmp_path / name)
        assert zg.digest(zg.read(tmp_path / name)) == zg.digest(table)
    pss = "META pss_version = 0.1\nVAR A\nMETA arity=2\n-10.0\n-8.0 B\nVAR B\n-12.0\n-9.5 A\n"
    assert zg.digest(read(tmp_path, pss, "s.pss")) == zg.digest(table)


def test_categories_round_trip(tmp_path):
    dag = read(tmp_path, CATEGORIES, score="fnml")
    zg.write(dag, tmp_path / "a.json")
    assert zg.digest(zg.read(tmp_path / "a.json")) == zg.digest(dag)
    zg.write(dag, tmp_path / "a.csv")
    assert zg.digest(zg.read(tmp_path / "a.csv", score="fnml")) == zg.digest(dag)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("-8.0 1 B", "-8.0 1", 4, "names 0 parents, expected 1"),
        ("-8.0 1 B", "-8.0 1 Q", 4, "parent 'Q' of 'A' is no variable"),
        ("-8.0 1 B", "-8.0 1 A", 4, "expected other variables"),
        ("-8.0 1 B", "-8.0 0", 4, "stand on line 3 already"),
        ("-8.0 1 B", "nan 1 B", 4, "expected a log score"),
        ("B 2", "A 2", 5, "'A' stands twice"),
        ("B 2", "B two", 5, "'two', expected the number of parent sets"),
        ("B 2", "B 3", 7, "ends here, expected parent set 3 of 'B'"),
        ("B 2", "B 1", 7, "stands after the 2 variables"),
        ("A 2", "A 0", 2, "'A' has no parent set"),
    ],
)
def test_bad_score_files_name_the_line(tmp_path, old, new, line, message):
    with pytest.raises(InstanceError) as error:
        read(tmp_path, SCORES.replace(old, new), "s.jkl", family="dag")
    assert re.search(message, str(error.value)) and error.value.line == line


def test_rules_that_contradict_are_refused(tmp_path):
    with pytest.raises(InstanceError, match="cycle"):
        Categorical([[0, 1], [1, 0], [1, 1]], ["ab", "ab"], required=[(0, 1), (1, 0)])
    with pytest.raises(InstanceError, match="required and forbidden"):
        LocalScores(([0.0], [0.0, 1.0]), (((),), ((), (0,))), required=[(0, 1)], forbidden=[(0, 1)])


def test_a_function_is_asked_once_a_set():
    asked = []

    def score(child, parents):
        asked.append((child, parents))
        return -float("inf") if parents == ("b", "c") else -len(parents)

    table = LocalScores.from_function(score, ["a", "b", "c"], max_parents=2)
    assert len(asked) == len(set(asked)) == 12
    assert (1, 2) not in table.sets[0] and (0, 2) in table.sets[1]
    with pytest.raises(InstanceError, match="12 parent sets to ask, allowed are 5"):
        LocalScores.from_function(score, ["a", "b", "c"], max_parents=2, limit=5)
