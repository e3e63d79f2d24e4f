"""Instances, solutions, files and metrics of the family dag."""

from __future__ import annotations

import json

import numpy as np
import pytest

import zerogap as zg
from zerogap import InfeasibleSolution, InstanceError
from zerogap.models import base, files
from zerogap.models.dag import Dag, Structure, compare, cpdag
from zerogap.models.dag.rulefiles import read_rules, read_truth

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3)) @ np.array([[1, 0.8, 0], [0, 1, -1.5], [0, 0, 1]])


def structure(edges, weights, order=(0, 1, 2)):
    return Structure(np.array(order), np.array(edges), np.array(weights))


def test_the_score_is_the_definition():
    dag = Dag.from_data(X)
    W = np.array([[0, 0.7, 0.1], [0, 0, -1.4], [0, 0, 0]])
    centred = X - X.mean(axis=0)
    residual = centred - centred @ W
    loss = 0.5 * (residual**2).sum() / len(X)
    solution = Structure.from_adjacency(W)
    assert zg.check(dag, solution) == pytest.approx(loss, rel=1e-12)
    fields = {"covariance": dag.covariance, "observations": 40, "names": dag.names}
    lasso = Dag(**fields, penalty="l1", weight=0.3)
    assert zg.check(lasso, solution) == pytest.approx(loss + 0.3 * np.abs(W).sum(), rel=1e-12)
    edges = Dag(**fields, penalty="l0", weight=0.3)
    assert zg.check(edges, solution) == pytest.approx(loss + 0.9, rel=1e-12)
    bic = Dag(**fields, penalty="bic")
    assert zg.check(bic, solution) == pytest.approx(loss + 1.5 * np.log(40) / 40, rel=1e-12)
    gauss = Dag(**fields, loss="gauss", penalty="bic")
    variances = (residual**2).mean(axis=0)
    expected = 20 * (np.log(2 * np.pi * variances) + 1).sum() + 1.5 * np.log(40)
    assert zg.check(gauss, solution) == pytest.approx(expected, rel=1e-12)


def test_the_logistic_score_is_the_definition():
    data = (RNG.random((50, 3)) < 0.4).astype(float)
    W = np.array([[0, 0.7, 0], [0, 0, -1.4], [0, 0, 0]])
    dag = Dag.from_data(data, loss="logistic")
    M = data @ W
    p = 1 / (1 + np.exp(-M))
    expected = -(data * np.log(p) + (1 - data) * np.log(1 - p)).sum() / 50
    assert zg.check(dag, Structure.from_adjacency(W)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("solution", "constraint"),
    [
        (structure([[0, 1]], [1.0], order=(0, 0, 1)), "order"),
        (structure([[1, 0]], [1.0]), "order"),
        (structure([[0, 1], [0, 1]], [1.0, 1.0]), "edges"),
        (structure([[0, 2]], [1.0]), "forbidden"),
        (structure([[1, 2]], [1.0]), "required"),
        (structure([[0, 1], [1, 2], [3, 2]], [1.0] * 3, order=(0, 1, 3, 2)), "max_parents"),
    ],
)
def test_every_violation_is_named(solution, constraint):
    d = len(solution.order)
    required = [[0, 1]] if constraint in ("required", "max_parents") else []
    dag = Dag(np.eye(d), 10, required=required, forbidden=[[0, 2]], max_parents=1)
    with pytest.raises(InfeasibleSolution) as error:
        zg.check(dag, solution)
    assert error.value.constraint == constraint


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dag.from_data([[1, np.nan], [2, 3]]), "NaN"),
        (lambda: Dag.from_data([[1, np.inf], [2, 3], [1, 1]]), "row 1, X2 is inf"),
        (lambda: Dag.from_data([[1, 2], [2, 2], [3, 2]]), "X2 is constant"),
        (lambda: Dag.from_data(np.c_[X, X[:, 0]]), "columns X1 and X4 are equal"),
        (lambda: Dag.from_data(np.c_[X, 2 * X[:, 0]]), "not positive definite"),
        (lambda: Dag.from_data(np.c_[X, X.sum(axis=1)]), "not positive definite"),
        (lambda: Dag.from_data(X[:2]), "2 rows for 3 variables"),
        (lambda: Dag.from_data(X[:3]), "3 rows for 3 variables"),
        (lambda: Dag.from_data(X, loss="logistic"), "expected 0 or 1"),
        (lambda: Dag.from_data(1e200 * X), "overflows"),
        (lambda: Dag.from_data(X, names=["a", "b"]), "2 names for 3"),
        (lambda: Dag.from_data(X, names=["a", "b", "a"]), "'a' stands twice"),
        (lambda: Dag.from_data(X, names=["a", "", "c"]), "variable 2 is missing"),
        (lambda: Dag.from_data(X, loss="l2"), "loss"),
        (lambda: Dag.from_data(X, penalty="l1", weight=-1), "weight"),
        (lambda: Dag.from_data(X, penalty="l1", weight=1, loss="gauss"), "l1 goes with"),
        (lambda: Dag(np.ones((2, 3)), 5), "expected a square"),
        (lambda: Dag(np.array([[1, 0.5], [0.4, 1]]), 5), "not symmetric at X1, X2"),
        (lambda: Dag(np.array([[1.0, 2], [2, 1]]), 5), "not positive definite"),
        (lambda: Dag(np.array([[1.0, 0], [0, -1]]), 5), "variance of X2 is -1.0"),
        (lambda: Dag(np.eye(2), 0), "observations"),
        (lambda: Dag(np.eye(2), 2.5), "observations"),
        (lambda: Dag(np.eye(2), 5, max_parents=-1), "max_parents"),
        (lambda: Dag(np.eye(3), 5, required=[[0, 3]]), "required"),
        (lambda: Dag(np.eye(3), 5, required=[[1, 1]]), "X2 → X2 is a loop"),
        (lambda: Dag(np.eye(3), 5, required=[[0, 1]], forbidden=[[0, 1]]), "required and forb"),
        (
            lambda: Dag(np.eye(3), 5, required=[[0, 1], [1, 2], [2, 0]]),
            "cycle X1 → X2 → X3 → X1",
        ),
        (lambda: Dag(np.eye(2), 5, required=[[0, 1]], tiers=[1, 0]), "tier 1 comes after tier 0"),
        (
            lambda: Dag(np.eye(3), 5, required=[[0, 2], [1, 2]], max_parents=1),
            "X3 has 2 required parents",
        ),
    ],
)
def test_bad_input_is_refused_with_the_place(make, message):
    with pytest.raises(InstanceError, match=message):
        make()


def test_a_ridge_admits_fewer_rows_than_variables():
    dag = Dag.from_data(X[:2], ridge=0.1)
    assert dag.ridge == 0.1
    centred = X[:2] - X[:2].mean(axis=0)
    assert dag.covariance == pytest.approx(centred.T @ centred / 2 + 0.1 * np.eye(3))


def test_standardised_data_have_unit_variances():
    dag = Dag.from_data(X, standardize=True)
    assert np.diag(dag.covariance) == pytest.approx(np.ones(3))


def test_precedences_are_closed():
    dag = Dag(np.eye(4), 9, required=[[0, 1], [1, 2]], tiers=[0, 0, 1, 1])
    assert dag.before[0, 2] and dag.before[0, 3] and not dag.before[2, 3]
    assert not dag.allowed[2, 0] and dag.allowed[0, 1]
    assert dag.dense and not Dag(np.eye(3), 9, forbidden=[[0, 1]]).dense


@pytest.mark.parametrize("ending", ["json", "csv", "npy"])
def test_files_round_trip(tmp_path, ending):
    dag = zg.generate("dag", variables=5, edges=6, observations=30, seed=3)
    path = tmp_path / f"rows.{ending}"
    zg.write(dag, path)
    again = zg.read(path, family="dag")
    assert again.covariance == pytest.approx(dag.covariance, rel=1e-9)
    assert again.observations == 30
    if ending == "json":
        assert base.digest(again) == base.digest(dag)
        assert np.array_equal(again.truth, dag.truth)


def test_a_covariance_file_needs_the_number_of_rows(tmp_path):
    dag = Dag.from_data(X, names=["a", "b", "c"])
    path = tmp_path / "s.csv"
    files.replace(
        path, zg.dag.formats.write_table(Dag(dag.covariance, 40, names=dag.names)).encode()
    )
    again = zg.read(path, family="dag", observations=40)
    assert again.covariance == pytest.approx(dag.covariance)
    assert again.names == ("a", "b", "c") and again.data is None


def test_sachs_is_read_with_its_network(data):
    dag = zg.read(
        data("dag/sachs/sachs.csv"),
        family="dag",
        loss="gauss",
        penalty="bic",
        truth=data("dag/sachs/consensus_adj_mat.csv"),
    )
    assert (dag.variables, dag.observations) == (11, 853)
    assert dag.names[0] == "Akt"
    assert dag.truth[dag.names.index("Erk"), dag.names.index("Akt")] == 1
    assert int(dag.truth.sum()) == 17


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a,b\n1,2\n3,x\n", 3, "'x', expected a number"),
        ("a,b\n1,2\n3,NaN\n", 3, "b: is 'NaN'"),
        ("a,b\n1,2\n3,\n", 3, "b: is ''"),
        ("a,b\n1,2\n3,4,5\n", 3, "3 cells, expected 2"),
        ("a,a\n1,2\n3,4\n2,2\n", None, "stands twice"),
        ("a,b\n1,2\n3,inf\n4,4\n", 3, "'inf'"),
    ],
)
def test_bad_tables_name_the_line(tmp_path, text, line, message):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(InstanceError, match=message) as error:
        zg.read(path, family="dag")
    assert error.value.line == line
    assert error.value.file == str(path)


def test_truncated_and_wrong_npy_are_refused(tmp_path):
    path = tmp_path / "t.npy"
    zg.write(Dag.from_data(X), path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InstanceError, match="npy"):
        zg.read(path, family="dag")
    np.save(path, np.zeros(3))
    with pytest.raises(InstanceError, match="two-dimensional"):
        zg.read(path, family="dag")


def test_rules_are_read_and_checked(tmp_path):
    path = tmp_path / "rules.json"
    names = ("a", "b", "c")
    path.write_text(json.dumps({"required": [["a", "b"]], "order": ["a", "b", "c"]}))
    fields = read_rules(str(path), names)
    assert fields["required"].tolist() == [[0, 1]]
    assert fields["tiers"].tolist() == [0, 1, 2]
    for content, message in [
        ({"required": [["a", "z"]]}, "'z' is no variable"),
        ({"order": ["a", "b"]}, "lacks 'c'"),
        ({"tiers": [["a", "b"], ["c", "a"]]}, "'a' stands twice"),
        ({"require": []}, "unknown key 'require'"),
        ({"forbidden": [["a"]]}, "no pair"),
        ({"tiers": 3}, "malformed"),
    ]:
        path.write_text(json.dumps(content))
        with pytest.raises(InstanceError, match=message) as error:
            read_rules(str(path), names)
        assert error.value.file == str(path)


@pytest.mark.parametrize(
    "text",
    [
        "[a][b|a][c|a:b]",
        "from,to\na,b\na,c\nb,c\n",
        "a,b,1\na,c,1\nb,c,1\n",
        '"",a,b,c\na,0,1,1\nb,0,0,1\nc,0,0,0\n',
        "a,b,c\n0,1,1\n0,0,1\n0,0,0\n",
        "network x {}\nprobability ( a ) {}\nprobability ( b | a ) {}\nprobability ( c | a, b ) {}",
    ],
)
def test_true_graphs_are_read_in_every_way_of_writing(tmp_path, text):
    path = tmp_path / "truth"
    path.write_text(text)
    assert read_truth(str(path), ("a", "b", "c")).tolist() == [[0, 1, 1], [0, 0, 1], [0, 0, 0]]


def test_solutions_round_trip_and_malformed_ones_are_refused():
    dag = Dag.from_data(X)
    solution = structure([[0, 1], [1, 2]], [0.5, -1.0])
    family = base.family("dag")
    again = family.decode(dag, json.loads(json.dumps(family.encode(solution))))
    assert again.adjacency.tolist() == solution.adjacency.tolist()
    for change in (
        {"edges": [[0, 1]]},
        {"edges": [[0, 5, 1.0]]},
        {"edges": [[0, 1, "w"]]},
        {"edges": None},
        {"order": [0, "1", 2]},
        {"names": ["p", "q", "r"]},
        {"edges": [[0, 1, 1.0], [1, 0, 1.0]], "order": None},
    ):
        with pytest.raises(InstanceError):
            family.decode(dag, {**family.encode(solution), **change})


def test_data_frames_come_in_and_networkx_goes_out():
    pandas = pytest.importorskip("pandas")
    dag = Dag.from_data(pandas.DataFrame(X, columns=["p", "q", "r"]))
    assert dag.names == ("p", "q", "r")
    graph = Structure.from_adjacency(np.diag([0.5, -1.0], 1), names=dag.names).graph()
    assert graph["p"]["q"]["weight"] == 0.5
    assert list(graph.nodes) == ["p", "q", "r"]


def test_cycles_are_named():
    with pytest.raises(InstanceError, match="cycle 0 → 1 → 0"):
        Structure.from_adjacency([[0, 1], [1, 0]])


def test_metrics_of_known_graphs():
    truth = np.array([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]])
    estimate = np.array([[0, 0, 1, 1], [1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]])
    found = compare(truth, estimate)  # one reversed, one extra, one missing
    assert found["shd"] == 3 and found["nnz"] == 4
    assert found["tpr"] == 0.5 and found["fdr"] == 0.5 and found["fpr"] == 1.0
    assert compare(truth, truth)["shd_cpdag"] == 0


def test_equivalent_graphs_have_the_same_class():
    chain = np.zeros((3, 3))
    chain[0, 1] = chain[1, 2] = 1
    fork = np.zeros((3, 3))
    fork[1, 0] = fork[1, 2] = 1
    collider = np.zeros((3, 3))
    collider[0, 1] = collider[2, 1] = 1
    assert np.array_equal(cpdag(chain), cpdag(fork))
    assert compare(chain, fork)["shd"] == 1 and compare(chain, fork)["shd_cpdag"] == 0
    assert compare(chain, collider)["shd_cpdag"] == 2


@pytest.mark.parametrize("graph", ["er", "sf"])
@pytest.mark.parametrize("noise", ["gauss", "exp", "gumbel", "uniform", "logistic"])
def test_generators_are_reproducible(graph, noise):
    made = [
        zg.generate("dag", graph, variables=6, observations=50, noise=noise, seed=2) for _ in "ab"
    ]
    assert base.digest(made[0]) == base.digest(made[1])
    assert Structure.from_adjacency(made[0].truth).order.shape == (6,)
    assert made[0].loss == ("logistic" if noise == "logistic" else "ls")


@pytest.mark.parametrize(
    "options",
    [
        {"variables": 1},
        {"edges": 99},
        {"observations": 1},
        {"noise": "pink"},
        {"low": 3},
        {"spread": 0},
    ],
)
def test_generators_refuse_what_is_out_of_range(options):
    with pytest.raises(InstanceError):
        zg.generate("dag", **{"variables": 5, **options})


def test_info_tells_varsortability():
    dag = zg.generate("dag", variables=10, edges=20, observations=500)
    facts = base.family("dag").info(dag)
    assert facts["varsortability"] > 0.8
    assert facts["true edges"] == 20


@pytest.mark.parametrize("variables", [6, 45])
def test_pictures_of_few_and_many_variables(variables):
    pytest.importorskip("matplotlib")
    from zerogap.report.dag import draw

    dag = zg.generate("dag", variables=variables, edges=variables, observations=200)
    figure = draw(dag, Structure.from_adjacency(dag.truth, names=dag.names))
    assert figure.axes and "edges" in figure.axes[0].get_title()


def test_variables_in_no_tier_are_free(tmp_path):
    rules = tmp_path / "rules.json"
    rules.write_text('{"tiers": [["a"], ["c"]]}')
    fields = read_rules(str(rules), ("a", "b", "c"))
    assert fields["tiers"].tolist() == [0, -1, 1]
    dag = zg.generate("dag", variables=3, edges=2)
    loose = Dag(dag.covariance, dag.observations, names=("a", "b", "c"), **fields)
    assert not loose.allowed[2, 0] and loose.allowed[2, 1] and loose.allowed[1, 0]
    assert not loose.before.any() and not loose.dense
    result = zg.solve(loose, time_limit=5, threads=1)
    assert result.status == "optimal" and [2, 0] not in result.solution.edges.tolist()


def test_tetrads_knowledge_and_graphs_are_read(tmp_path):
    knowledge = tmp_path / "k.txt"
    knowledge.write_text(
        "/knowledge\naddtemporal\n\n1 a b\n2 c\n\nforbiddirect\na b\n\nrequiredirect\nb c\n"
    )
    fields = read_rules(str(knowledge), ("a", "b", "c"))
    assert fields["tiers"].tolist() == [0, 0, 1]
    assert fields["forbidden"].tolist() == [[0, 1]] and fields["required"].tolist() == [[1, 2]]
    knowledge.write_text("/knowledge\nforbiddirect\na\n")
    with pytest.raises(InstanceError, match=r"k.txt:3: is 'a', expected a tier, an edge"):
        read_rules(str(knowledge), ("a", "b", "c"))
    graph = tmp_path / "g.txt"
    graph.write_text("Graph Nodes:\na;b;c\n\nGraph Edges:\n1. a --> b\n2. c --> b\n")
    assert np.argwhere(read_truth(str(graph), ("a", "b", "c"))).tolist() == [[0, 1], [2, 1]]
