"""A second opinion: claims confirmed, refuted or left undecided by who did not make them."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import pytest

import zerogap as zg
from zerogap.solvers.result import Claim

CLAIMS = {
    "jobshop": {"jobs": 3, "machines": 3},
    "fairclique": {},
    "treeprune": {},
    "dag": {"variables": 5},
    "routing": {"clients": 6},
}


def _cli(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "zerogap", *map(str, arguments)], capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def tree():
    return zg.generate("treeprune", "random", seed=5, leaves=12)


def test_a_proof_is_confirmed_by_another(tree):
    result = zg.solve(tree, method="kernel", threads=1)
    verdict = zg.audit(result, time_limit=20, threads=1)
    assert verdict.verdict == "confirmed" and verdict.source == "cp-sat"
    assert "is optimal" in str(verdict) and verdict.to_dict()["better"] is None


def test_the_method_that_claimed_it_does_not_confirm_it(tree):
    result = zg.solve(tree, method="exact", backend="cp-sat", threads=1)
    assert {c.source for c in result.claims} == {"cp-sat"}
    assert zg.audit(result, time_limit=20, threads=1).source == "kernel"


def _poor(tree):
    """A checked solution that is not optimal, called optimal."""
    best = zg.solve(tree, method="kernel", threads=1)
    for drop in range(len(best.solution.keep)):
        keep = [k for i, k in enumerate(best.solution.keep.tolist()) if i != drop]
        poor = zg.treeprune.Kept(keep)
        value = zg.check(tree, poor)
        if value < best.objective - 1e-6:
            return dataclasses.replace(
                best,
                solution=poor,
                objective=value,
                bound=value,
                claims=(Claim("bound", value, "liar", value),),
            )
    raise AssertionError("no poor solution")


def test_a_false_proof_is_refuted(tree, tmp_path):
    false = _poor(tree)
    verdict = zg.audit(false, time_limit=20, threads=1)
    assert verdict.verdict == "refuted"
    assert zg.check(tree, verdict.better.solution) > false.objective
    zg.write(tree, tmp_path / "tree.json")
    false.save(tmp_path / "false.json")
    code, out, _ = _cli("check", tmp_path / "tree.json", tmp_path / "false.json", "--prove", 20,
                        "-o", tmp_path / "better.json", "--json")  # fmt: skip
    assert code == 6 and json.loads(out)["verdict"] == "refuted"
    code, out, _ = _cli("check", tmp_path / "tree.json", tmp_path / "better.json", "--prove", 20)
    assert code == 0 and out.startswith("confirmed")


def test_false_infeasibility_is_refuted_and_true_confirmed(tree):
    none = zg.solve(tree, method="kernel", threads=1)
    false = dataclasses.replace(
        none, status=zg.Status.INFEASIBLE, solution=None, objective=None, bound=None,
        claims=(Claim("infeasible", None, "liar", None),),
    )  # fmt: skip
    assert zg.audit(false, time_limit=20, threads=1).verdict == "refuted"
    crowded = dataclasses.replace(tree, budget=1.0, min_leaves=10)
    result = zg.solve(crowded, method="exact", threads=1)
    assert result.status == "infeasible" and result.claims
    assert zg.audit(result, time_limit=20, threads=1).verdict == "confirmed"


def test_what_is_not_decided_in_time_is_said(tree):
    result = zg.solve(zg.generate("jobshop", jobs=20, machines=10, seed=2), method="kernel",
                      iterations=50, threads=1)  # fmt: skip
    doubtful = dataclasses.replace(result, bound=result.objective - 1, claims=())
    assert zg.audit(doubtful, time_limit=0.2, threads=1).verdict in ("undecided", "refuted")


def test_nobody_confirms_a_claim_that_rests_on_nothing_known(tree):
    """Its maker could be among those who are asked; it can still be refuted."""
    result = zg.solve(tree, method="kernel", threads=1)
    verdict = zg.audit(dataclasses.replace(result, claims=()), time_limit=20, threads=1)
    assert verdict.verdict == "undecided" and "rests on" in verdict.reason
    false = dataclasses.replace(_poor(tree), claims=())
    assert zg.audit(false, time_limit=20, threads=1).verdict == "refuted"


def test_results_without_claim_or_of_another_problem_are_named(tree):
    result = zg.solve(tree, method="kernel", threads=1)
    nothing = dataclasses.replace(result, status=zg.Status.FEASIBLE, bound=None, claims=())
    with pytest.raises(zg.InstanceError, match="claims neither"):
        zg.audit(nothing)
    with pytest.raises(zg.InstanceError, match="extend"):
        zg.audit(dataclasses.replace(result, extended=True))


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("objective", 99.0, "objective: is 99, the solution's is"),
        ("bound", -99.0, "bound: is -99, beyond the solution's"),
        ("bound", 99.0, "status: is optimal"),
        ("status", "infeasible", "status: is infeasible"),
        ("status", "feasible", "status: is feasible"),
        ("status", "splendid", "status: is 'splendid', expected one of optimal"),
        ("gap", 0.25, "gap: is 0.25, that of objective and bound is 0.0"),
        ("claims", [{"claim": "bound"}], "claims: key 'value' is missing"),
        ("claims", [{"claim": "bound", "value": 9, "source": "x"}], "the deciding one is 9"),
        ("instance", {"sha256": "0"}, "another instance"),
        ("family", "dag", "family 'dag'"),
    ],
)
def test_a_tampered_result_is_named(tree, tmp_path, key, value, why):
    zg.write(tree, tmp_path / "tree.json")
    zg.solve(tree, method="kernel", threads=1).save(tmp_path / "r.json")
    data = json.loads((tmp_path / "r.json").read_text()) | {key: value}
    (tmp_path / "r.json").write_text(json.dumps(data))
    for prove in ((), ("--prove", "5")):
        code, out, err = _cli("check", tmp_path / "tree.json", tmp_path / "r.json", *prove)
        assert (code, out) == (3, "") and why in err and "r.json" in err


def test_no_time_is_wrong_usage(tree, tmp_path):
    zg.write(tree, tmp_path / "tree.json")
    zg.solve(tree, method="kernel", threads=1).save(tmp_path / "r.json")
    assert _cli("check", tmp_path / "tree.json", tmp_path / "r.json", "--prove", 0)[0] == 2


@pytest.mark.parametrize("name", CLAIMS)
def test_every_family_has_a_second_opinion(name):
    instance = zg.generate(name, seed=2, **CLAIMS[name])
    result = zg.solve(instance, threads=1, time_limit=20)
    assert result.status == "optimal"
    assert zg.audit(result, time_limit=40, threads=1).verdict == "confirmed"


def test_the_makers_word_does_not_end_the_second_opinion():
    """A bound found at once by its maker must not close the solves that are to confirm it."""
    net = zg.generate("scratchpad", "random", operators=6, seed=3)
    result = zg.solve(net, time_limit=5)
    makers = {claim.source for claim in result.claims}
    again = zg.solve(net, method="exact", time_limit=20, without=makers)
    assert again.status == "optimal" and makers.isdisjoint(c.source for c in again.claims)
    verdict = zg.audit(result, time_limit=30)
    assert verdict.verdict == "confirmed" and verdict.source not in makers
