"""Buffers with alignments, gaps and fixed offsets; the columns of MiniMalloc."""

from __future__ import annotations

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.scratchpad import Buffers, Placement
from zerogap.solvers.scratchpad.static import LARGEST, Skylines


def read(tmp_path, text, name="case.csv", **options):
    path = tmp_path / name
    path.write_text(text)
    return zg.read(path, **options)


ALIGNED = "id,lower,upper,size,alignment\na,0,4,5,4\nb,0,4,5,4\nc,2,6,2,1\n"
GAPS = "id,lower,upper,size,gaps\na,0,10,4,2-8\nb,2,8,4,\n"


@pytest.mark.parametrize("method", ["auto", "kernel", "exact"])
@pytest.mark.parametrize(
    ("text", "height"),
    [
        (ALIGNED, 13),
        (GAPS, 4),
        ("buffer,begin,end,size\na,0,4,2\nb,4,6,2\n", 4),
        ("size,end,id,start\n2,3,a,0\n2,6,b,4\n", 2),
        # In the gap of a its bytes 0:2 stay, b lies above them.
        ("id,lower,upper,size,gaps\na,0,10,4,2-8@0:2\nb,2,8,4,\n", 6),
        ("id,lower,upper,size,offset\na,0,4,2,3\nb,0,4,4,\n", 9),
        ("id,lower,upper,size,hint\na,0,4,2,3\nb,0,4,4,\n", 6),
    ],
)
def test_right_heights(tmp_path, text, height, method):
    result = zg.solve(read(tmp_path, text), method=method, time_limit=20, threads=1)
    assert result.objective == height
    if method != "kernel" or ("@" not in text and "offset" not in text):
        assert result.status == "optimal"


def test_offsets_are_fixed_or_wished_for(tmp_path):
    text = "id,lower,upper,size,offset\na,0,4,2,3\nb,0,4,4,\n"
    free = read(tmp_path, text, offsets="hint")
    assert free.hint.tolist() == [3, -1] and (free.offset == -1).all()
    assert zg.solve(free, time_limit=20).objective == 6
    clash = Buffers([0, 0], [2, 2], [4, 4], offset=[0, 2])
    assert zg.solve(clash).status == "infeasible"


def test_everything_is_written_back(tmp_path):
    buffers = Buffers(
        [0, 2],
        [9, 5],
        [8, 3],
        alignments=[4, 1],
        gaps=[[(1, 2), (3, 4, 0, 2)], []],
        offset=[-1, 5],
        hint=[4, -1],
    )
    for name in ("b.csv", "b.json"):
        zg.write(buffers, tmp_path / name)
        again = zg.read(tmp_path / name)
        assert again.gaps == buffers.gaps
        for field in ("lower", "upper", "size", "alignments", "offset", "hint"):
            assert (getattr(again, field) == getattr(buffers, field)).all()


def test_many_buffers_are_placed_on_a_skyline():
    buffers = zg.generate("scratchpad", "training", layers=300, seed=2)
    assert len(buffers.size) > LARGEST
    result = zg.solve(buffers, iterations=5, threads=1)
    assert zg.check(buffers, result.solution) == result.objective
    assert buffers.load() == result.bound <= result.objective <= 1.01 * result.bound
    tight = zg.generate(
        "scratchpad", "training", layers=300, seed=2, capacity=result.bound // 2, objective="fit"
    )
    assert zg.solve(tight, time_limit=5).status == "infeasible"


def test_skylines_are_valid_placements():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 40))
        lower = rng.integers(0, 30, n)
        fields = {"alignments": 2 ** rng.integers(0, 4, n), "alignment": 2}
        buffers = Buffers(lower, lower + rng.integers(1, 12, n), rng.integers(0, 20, n), **fields)
        kernel = Skylines(buffers, seed)
        while kernel.run(iterations=1) and kernel.iterations < 8:
            pass
        assert zg.check(buffers, kernel.best()) == kernel.objective >= buffers.load()


def test_checker_finds_the_pair_that_overlaps():
    for seed in range(200):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(2, 7))
        lower = rng.integers(0, 6, n)
        buffers = Buffers(lower, lower + rng.integers(1, 5, n), rng.integers(1, 4, n))
        at = rng.integers(0, 9, n)
        clash = any(
            lower[i] < buffers.upper[j]
            and lower[j] < buffers.upper[i]
            and at[i] < at[j] + buffers.size[j]
            and at[j] < at[i] + buffers.size[i]
            for i in range(n)
            for j in range(i)
        )
        if clash:
            with pytest.raises(InfeasibleSolution) as caught:
                zg.check(buffers, Placement(at))
            assert caught.value.constraint == "overlap"
        else:
            assert zg.check(buffers, Placement(at)) == (at + buffers.size).max()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,lower,upper,size,aligment\na,0,1,1,2\n", "aligment.*alignment"),
        ("id,lower,start,upper,size\na,0,0,1,1\n", "mean the same"),
        ("id,lower,upper,size,gaps\na,0,9,1,2_8\n", "line 2|:2"),
        ("id,lower,upper,size,gaps\na,0,9,1,7-12\n", "not within"),
        ("id,lower,upper,size,alignment\na,0,1,1,3\n", "power of two"),
        ("id,lower,upper,size\na,0,1,1.5\n", "integer"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, message):
    with pytest.raises(InstanceError, match=message):
        read(tmp_path, text)


def test_unknown_key_of_a_buffer_is_refused(tmp_path):
    text = '{"family":"scratchpad","aligment":64,"buffers":[{"lower":0,"upper":2,"size":3}]}'
    with pytest.raises(InstanceError, match=r"aligment.*alignment"):
        read(tmp_path, text, "t.json")
    text = '{"family":"scratchpad","buffers":[{"lower":0,"upper":2,"size":3,"gap":[]}]}'
    with pytest.raises(InstanceError, match=r"'gap'.*gaps"):
        read(tmp_path, text, "t.json")
    text = '{"family":"scratchpad","alignment":64,"buffers":[{"lower":0,"upper":2,"size":3},{"lower":1,"upper":2,"size":3}]}'  # noqa: E501
    assert zg.solve(read(tmp_path, text, "t.json")).objective == 128


@pytest.mark.parametrize(
    ("fields", "offsets", "constraint"),
    [
        ({"alignments": [1, 4]}, [0, 6], "alignment"),
        ({"offset": [-1, 8]}, [0, 6], "offset"),
        ({"gaps": [[(0, 1)], []]}, [0, 0], "overlap"),
        ({"gaps": [[(0, 3, 0, 2)], []]}, [0, 1], "overlap"),
        ({"gaps": [[(0, 3, 0, 2)], []], "capacity": 3}, [0, 2], "capacity"),
    ],
)
def test_checker_refuses(fields, offsets, constraint):
    buffers = Buffers([0, 0], [3, 3], [4, 4], **fields)
    with pytest.raises(InfeasibleSolution) as caught:
        zg.check(buffers, Placement(offsets))
    assert caught.value.constraint == constraint
