"""Job-shop instances, files, schedules and their checker."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zerogap as zg
from zerogap.models import base, files
from zerogap.models.jobshop import FAMILY, FlexibleJobShop, JobShop, Schedule

FORMATS = {f.name: f for f in FAMILY.formats}
SHOP = JobShop([0, 1, 1, 0], [3, 2, 2, 4], [0, 2, 4], machines=2)


def parse(text: str, name: str = "shop.txt", **options):
    _, fmt = files.recognise(text.encode(), name, "jobshop")
    return fmt.read(text, file=name, **options), fmt


def test_standard_text_is_read():
    shop, fmt = parse("# two jobs\n2 2\n0 3  1 2 \n\n1 2 0 4\n")
    assert fmt.name == "standard"
    assert base.digest(shop) == base.digest(SHOP)


def test_header_may_hold_a_third_number():
    shop, fmt = parse("2 2 1\n0 3 1 2\n1 2 0 4\n")
    assert fmt.name == "standard" and shop.operations == 4


def test_jobs_of_different_length_and_early_ends():
    shop, _ = parse("3 2\n0 5\n0 1 1 2 0 3 -1 -1\n1 7 -1 -1\n")
    assert shop.first.tolist() == [0, 1, 4, 5]
    assert FAMILY.info(shop)["re-entrant"]


def test_taillard_text_is_read_with_and_without_words():
    for words in (("Times", "Machines"), ("", "")):
        shop, fmt = parse(f"2 2\n{words[0]}\n3 2\n2 4\n{words[1]}\n1 2\n2 1\n")
        assert fmt.name == "taillard"
        assert base.digest(shop) == base.digest(SHOP)


def test_flexible_text_is_read():
    shop, fmt = parse("2 3 1.5\n2 2 1 3 2 4 1 3 2\n1 1 2 5\n", "x.fjs")
    assert fmt.name == "flexible"
    assert shop.choice.tolist() == [0, 2, 3, 4]
    assert shop.machine.tolist() == [0, 1, 2, 1]
    assert shop.duration.tolist() == [3, 4, 2, 5]


@pytest.mark.parametrize("generator", ["taillard", "reentrant", "flexible", "tardiness"])
@pytest.mark.parametrize("format", [f for f in FAMILY.formats if f.write], ids=lambda f: f.name)
def test_every_format_that_can_hold_a_shop_gives_it_back(generator, format):
    shop = zg.generate("jobshop", generator, seed=3)
    try:
        text = format.write(shop)
    except zg.InstanceError:
        assert format.name != "json"
        return
    back = format.read(text, file="x")
    if format.name == "flexible" and isinstance(shop, JobShop):
        assert back.machine.tolist() == shop.machine.tolist()
    else:
        assert base.digest(back) == base.digest(shop)
    _, recognised = files.recognise(text.encode(), "x" + format.suffixes[0], "jobshop")
    assert recognised.name == format.name


@pytest.mark.parametrize(
    "text, line, word",
    [
        ("2 2\n0 3 1 2\n", None, "1 of 2"),
        ("2 2\n0 3 1 2\n1 2 0\n", 3, "pairs"),
        ("2 2\n0 3 1 2\n1 2 0 x\n", 3, "'x'"),
        ("2 2\n0 3 1 2\n1 2 0 -4\n", 3, "duration"),
        ("2 2\n0 3 1 2\n1 2 2 4\n", 3, "machine"),
        ("2 2\n0 3 1 2\n1 2 0 4\n0 1 1 1\n", 4, "more lines"),
        ("2 2\n0 3 1 2\n1 2 0 99999999999999999999\n", 3, "64 bits"),
        ("0 2\n0 1\n", 1, "jobs"),
        ("1 1\n0.5 1\n", 2, "0.5"),
        ("1 1\n0 0.0000000001\n", None, "10**9"),
        ("1 1\n0 nan\n", 2, "nan"),
        ("1 1\n0 4611686018427387904\n", None, "2**60"),
        ("1 1\n-1 -1\n", 2, "pairs"),
    ],
)
def test_bad_standard_text_names_file_and_line(text, line, word):
    with pytest.raises(zg.InstanceError) as caught:
        files.parse(text.encode(), "bad.txt", FORMATS["standard"], {})
    assert caught.value.line == line
    assert str(caught.value).startswith("bad.txt")
    assert word in str(caught.value)


@pytest.mark.parametrize(
    "text, line, word",
    [
        ("1 2\n2 1 1 3\n", 2, "ends within"),
        ("1 2\n1 0\n", 2, "0 alternatives"),
        ("1 2\n1 2 1 3 1 4\n", 2, "twice"),
        ("1 2\n1 1 3 3\n", 2, "expected 1 … 2"),
        ("1 2\n0\n", 2, "operations"),
        ("1 2\n1 1 1 3 7\n", 2, "after the last"),
        ("1 2\n1 1 1 -3\n", 2, "duration"),
        ("2 2\n1 1 1 3\n", None, "1 of 2"),
    ],
)
def test_bad_flexible_text_names_file_and_line(text, line, word):
    with pytest.raises(zg.InstanceError) as caught:
        files.parse(text.encode(), "bad.fjs", FORMATS["flexible"], {})
    assert caught.value.line == line
    assert word in str(caught.value)


@pytest.mark.parametrize(
    "change, field",
    [
        ({"machine": [0, 1, 1]}, "machine"),
        ({"machine": [0, 1, 1, 2]}, "machine"),
        ({"duration": [3, 2, 2, -1]}, "duration"),
        ({"duration": [3, 2, 2, float("nan")]}, "duration"),
        ({"duration": [3, 2, 2, 2**62]}, "duration"),
        ({"first": [0, 2, 2, 4]}, "first"),
        ({"first": [1, 2, 4]}, "first"),
        ({"first": [0]}, "first"),
        ({"machines": 0}, "machines"),
        ({"machines": "two"}, "machines"),
        ({"release": [0, -1]}, "release"),
        ({"due": [4, 2**62]}, "due"),
        ({"weight": [2**60, 2**60]}, "weight"),
        ({"job_names": ["a"]}, "job_names"),
        ({"machine_names": ["a", "b\x1b]0;c\x07"]}, "machine_names"),
        ({"weight": [1]}, "weight"),
        ({"objective": "cost"}, "objective"),
        ({"objective": "tardiness"}, "due"),
        ({"objective": "tardy"}, "due"),
        ({"objective": "lateness"}, "due"),
    ],
)
def test_fields_out_of_range_are_refused(change, field):
    data = {"machine": [0, 1, 1, 0], "duration": [3, 2, 2, 4], "first": [0, 2, 4], "machines": 2}
    with pytest.raises(zg.InstanceError) as caught:
        JobShop(**{**data, **change})
    assert caught.value.field == field


def test_a_machine_twice_among_alternatives_is_refused():
    with pytest.raises(zg.InstanceError, match="twice"):
        FlexibleJobShop([0, 0], [1, 2], [0, 2], [0, 1], machines=1)


@pytest.mark.parametrize(
    "start, constraint",
    [
        ([0, 2, 5, 7], "job order"),
        ([0, 3, 4, 7], "machine capacity"),
        ([-1, 3, 5, 7], "range"),
        ([0, 3, 5], "length"),
    ],
)
def test_checker_names_the_violated_constraint(start, constraint):
    with pytest.raises(zg.InfeasibleSolution) as caught:
        zg.check(SHOP, Schedule(start))
    assert caught.value.constraint == constraint


def test_checker_recomputes_the_makespan():
    assert zg.check(SHOP, Schedule([0, 3, 0, 3])) == 7


def test_an_operation_without_duration_needs_a_free_moment():
    shop = JobShop([0, 0], [4, 0], [0, 1, 2], machines=1)
    assert zg.check(shop, Schedule([0, 0])) == 4
    assert zg.check(shop, Schedule([0, 4])) == 4
    with pytest.raises(zg.InfeasibleSolution):
        zg.check(shop, Schedule([0, 2]))


def test_release_dates_and_tardiness_are_checked():
    shop = JobShop([0, 0], [2, 3], [0, 1, 2], 1, [0, 2], [2, 4], [1, 5], objective="tardiness")
    assert zg.check(shop, Schedule([0, 2])) == 5
    assert zg.check(shop, Schedule([5, 2])) == 1 * 5 + 5 * 1
    with pytest.raises(zg.InfeasibleSolution, match="released"):
        zg.check(shop, Schedule([3, 0]))


def test_every_objective_is_checked_by_its_definition():
    data = {"machine": [0, 0], "duration": [2, 3], "first": [0, 1, 2], "machines": 1}
    dates = {"release": [0, 2], "due": [-1, 4], "weight": [2, 5]}
    for objective, value in (
        ("makespan", 5),
        ("tardiness", 2 * 3 + 5 * 1),
        ("flow", 2 * 2 + 5 * 3),
        ("tardy", 2 + 5),
        ("lateness", 3),
    ):
        shop = JobShop(**data, **dates, objective=objective)
        assert zg.check(shop, Schedule([0, 2])) == value
    relaxed = JobShop(**data, due=[9, 9], objective="lateness")
    assert zg.check(relaxed, Schedule([0, 2])) == -4


def test_messages_call_jobs_and_machines_by_name():
    shop = JobShop([0, 0], [4, 5], [0, 1, 2], 1, job_names=["door", "lid"], machine_names=["saw"])
    with pytest.raises(zg.InfeasibleSolution, match=r"machine saw: job lid .* while job door"):
        zg.check(shop, Schedule([0, 2]))


def test_identity_is_that_of_the_data():
    shop = FlexibleJobShop([0, 1, 1], [3, 4, 2], [0, 2, 3], [0, 2], machines=2)
    other = FlexibleJobShop(
        [1, 0, 1], [4, 3, 2], [0, 2, 3], [0, 2], machines=2, machine_names=["a", "b"]
    )
    assert zg.digest(shop) == zg.digest(other)
    plain = JobShop([0, 1], [3, 2], [0, 2], machines=2)
    assert zg.digest(FlexibleJobShop([0, 1], [3, 2], [0, 1, 2], [0, 2], 2)) == zg.digest(plain)


def test_a_machine_must_be_an_alternative():
    shop = FlexibleJobShop([0, 1], [1, 2], [0, 2], [0, 1], machines=3)
    assert zg.check(shop, Schedule([4], [1])) == 6
    for machine in ([2], None):
        with pytest.raises(zg.InfeasibleSolution):
            zg.check(shop, Schedule([0], machine))


def test_schedules_survive_json():
    for generator in ("reentrant", "flexible"):
        shop = zg.generate("jobshop", generator, seed=1)
        schedule = zg.solve(shop, method="dispatch").solution
        encoded = FAMILY.encode(schedule)
        assert [len(job) for job in encoded["start"]] == np.diff(shop.first).tolist()
        assert FAMILY.decode(shop, encoded) == schedule


@pytest.mark.parametrize(
    "data",
    [{}, {"start": 3}, {"start": [[0, 1]]}, {"start": [[0], [1, 2, 3]]}, {"start": ["a"] * 4}],
)
def test_malformed_schedules_are_refused(data):
    with pytest.raises(zg.InstanceError):
        FAMILY.decode(SHOP, data)


def test_taillards_seeds_give_taillards_shops(instances):
    made = zg.generate("jobshop", jobs=15, machines=15, time_seed=840612802, machine_seed=398197754)
    assert base.digest(made) == base.digest(zg.read(instances / "jobshop" / "ta01.txt"))


def test_every_public_file_is_recognised(data):
    for name, kind in (
        ("jsp/ta80.txt", JobShop),
        ("jsp/bel00.txt", JobShop),
        ("jsp/dct-short-100-10000-1.zip", JobShop),
        ("fjsp/Brandimarte1993/mk01.txt", FlexibleJobShop),
        ("fjsp/HurinkJurischThole1994/edata/la01.txt", FlexibleJobShop),
        ("fjsp/DauzerePeresPaulli1994/01a.txt", FlexibleJobShop),
        ("fjsp/KacemHammadiBorne2002/kacem1.txt", FlexibleJobShop),
    ):
        assert type(zg.read(data(f"jobshop/{name}"), family="jobshop")) is kind


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_readers_refuse_noise_with_instance_errors(raw):
    for fmt in FAMILY.formats:
        with contextlib.suppress(zg.InstanceError):
            assert isinstance(files.parse(raw, "noise", fmt, {}), FAMILY.instances)


@given(st.lists(st.integers(-3, 12), max_size=40), st.integers(1, 5))
@settings(max_examples=300, deadline=None)
def test_readers_refuse_random_numbers_or_give_valid_shops(numbers, width):
    rows = [numbers[i : i + width] for i in range(0, len(numbers), width)]
    text = "\n".join(" ".join(map(str, row)) for row in rows)
    for fmt in FAMILY.formats:
        try:
            shop = files.parse(text.encode(), "numbers", fmt, {})
        except zg.InstanceError:
            continue
        assert zg.check(shop, zg.solve(shop, method="dispatch").solution) >= 0
