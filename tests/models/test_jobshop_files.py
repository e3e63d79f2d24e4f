"""The files that shops come in: every layout, its names, its faults, and what must be asked."""

from __future__ import annotations

import io

import numpy as np
import pytest

import zerogap as zg
from zerogap.models import base, files
from zerogap.models.jobshop import FAMILY, FlexibleJobShop, JobShop

#: Three jobs on three machines; the optimum is 11.
MACHINES = [[0, 1, 2], [0, 2, 1], [1, 2, 0]]
TIMES = [[3, 2, 2], [2, 1, 4], [4, 3, 1]]
THREE = JobShop(np.ravel(MACHINES), np.ravel(TIMES), [0, 3, 6, 9], 3)
PAIRS = "0 3 1 2 2 2\n0 2 2 1 1 4\n1 4 2 3 0 1\n"
BLOCKS = "3 2 2\n2 1 4\n4 3 1\n", "1 2 3\n1 3 2\n2 3 1\n"


def array(*matrices) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array(matrices))
    return stream.getvalue()


RESOURCES = """{"jobs":[{"weight":1,"release_date":0,"due_date":null,"deadline":9223372036854775807,
"tasks":[0,1],"name":"J1"}],"resources":[{"type":"machine","breaks":[],"no_idle":false,"name":"M1"},
{"type":"machine","breaks":[],"no_idle":false,"name":"M2"}],"tasks":[{"job":0,"earliest_start":0,
"name":"cut"},{"job":0,"earliest_start":0,"name":""}],"modes":[
{"task":0,"resources":[0],"duration":3},
{"task":1,"resources":[1],"duration":2}],"constraints":{"end_before_start":[[0,1]]},
"objective":{"weight_makespan":1}}"""
#: The same three jobs in every layout.
LAYOUTS = {
    "standard.txt": f"3 3\n{PAIRS}",
    "commas.txt": "3,3\n" + PAIRS.replace(" ", ","),
    "bounds.txt": f"3 3 11 9\n{PAIRS}",
    "padded.txt": f"3 3\n{PAIRS}".replace("2 2\n0", "2 2 -1 -1 -1 -1\n0"),
    "from one.jsp": "3 3\n1 3 2 2 3 2\n1 2 3 1 2 4\n2 4 3 3 1 1\n",
    "orlib.txt": "+++++\n instance abz5\n \n +++++\n Adams, Balas 3x3 instance (Table 1)\n 3 3\n"
    f"{PAIRS} +++++\n",
    "captions.txt": "Nb of jobs, Nb of Machines, Time seed, Machine seed, Upper bound, "
    "Lower bound\n"
    f"  3  3  840612802  398197754  1231  1005\nTimes\n{BLOCKS[0]}Machines\n{BLOCKS[1]}",
    "blocks.ta": f"3 3\nTimes\n{BLOCKS[0]}Machines\n{BLOCKS[1]}",
    "plain blocks.txt": f"3 3\n{BLOCKS[0]}{BLOCKS[1]}",
    "printed.txt": "#Num of jobs: 3 \n#Num of machines: 3 \n   task 0   task 1   task 2\n"
    "  job id    machine    dur    machine    dur    machine    dur\n"
    "-----  ---  --- --- --- --- ---\n"
    "  0  0 3  1 2  2 2\n  1  0 2  2 1  1 4\n  2  1 4  2 3  0 1\n",
    "table.csv": "job,op,machine,time\n"
    + "".join(f"{j},{k},{MACHINES[j][k]},{TIMES[j][k]}\n" for j in (0, 1, 2) for k in (2, 0, 1)),
    "list.json": str([[[m, d] for m, d in zip(*pair)] for pair in zip(MACHINES, TIMES)]),
    "matrices.json": f'{{"name": "ft03", "duration_matrix": {TIMES}, "machines_matrix": {MACHINES},'
    ' "metadata": {"optimum": 11}}',
    "objects.json": str(
        {
            "machines": 3,
            "jobs": [
                [[{"machine": m, "processing": d}] for m, d in zip(*pair)]
                for pair in zip(MACHINES, TIMES)
            ],
        }
    ).replace("'", '"'),
    "operations.json": str(
        {
            "n_machines": 3,
            "n_jobs": 3,
            "bks": 11,
            "jobs": [
                {"operations": [{"machine": m, "duration": d} for m, d in zip(*pair)]}
                for pair in zip(MACHINES, TIMES)
            ],
        }
    ).replace("'", '"'),
    "no family.json": str(
        {"machines": 3, "jobs": [[[m, d] for m, d in zip(*p)] for p in zip(MACHINES, TIMES)]}
    ).replace("'", '"'),
    "by name.json": '{"a": [["m0", 3], ["m1", 2], ["m2", 2]], '
    '"b": [["m0", 2], ["m2", 1], ["m1", 4]], "c": [["m1", 4], ["m2", 3], ["m0", 1]]}',
    "machines.npy": array(MACHINES, TIMES),
    "times.npy": array(TIMES, np.array(MACHINES) + 1),
}
OTHERS = {
    "flexible.txt": "3 6\n3 1 2 4 1 3 5 1 1 2\n3 1 1 4 2 3 5 4 3 1 5 2\n3 1 5 4 1 6 5 1 1 2\n",
    "zero.txt": "2 3\n2 2 0 4 2 3 1 1 5\n3 1 2 2 2 0 6 1 4 1 0 3\n",
    "average.fjs": "2 3 1.5\n2 2 1 3 2 4 1 3 2\n1 1 2 5\n",
    "names.csv": "job,operation,machine,duration\nA,1,saw,3\nA,2,mill,2\nB,1,mill,2\nB,2,saw,4\n",
    "tardy.csv": "Job;Machine;Duration;Due date;Weight\n"
    "A;saw;2,5;-3;1\nA;mill;1;;\nB;mill;4;7;0,5\n",
    "resources.json": RESOURCES,
    "decimals.txt": "1 2\n0 2.5 1 1.25\n",
    "own.json": '{"family": "jobshop", "name": "x", "machines": 2, '
    '"jobs": [[[0, 3], [[0, 2], [1, 1]]]], "due": [2], "objective": "tardiness", '
    '"machine_names": ["saw", "mill"], "job_names": ["A"]}',
}
FILES = {k: v if isinstance(v, bytes) else v.encode() for k, v in (LAYOUTS | OTHERS).items()}


def read(tmp_path, name: str, content: str | bytes, **options):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return zg.read(path, **options)


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_gives_the_same_shop(name, tmp_path):
    shop = read(tmp_path, name, LAYOUTS[name])
    assert base.digest(shop) == base.digest(THREE)
    # Where the family is named, the same.
    assert base.digest(zg.read(tmp_path / name, family="jobshop")) == base.digest(THREE)


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_anywhere_is_read_or_refused_in_one_line(name):
    raw = FILES[name]
    for end in range(len(raw)):
        try:
            _, fmt = files.recognise(raw[:end], name, "jobshop")
            shop = files.parse(raw[:end], name, fmt, {})
        except zg.InstanceError as error:
            assert str(error).startswith(name) and "\n" not in str(error), (end, str(error))
        else:
            assert isinstance(shop, FAMILY.instances)


@pytest.mark.parametrize("name", FILES)
def test_bytes_that_changed_are_read_or_refused_in_one_line(name):
    rng = np.random.default_rng(1)
    raw = FILES[name]
    for _ in range(150):
        bent = bytearray(raw)
        for at in rng.integers(0, len(raw), int(rng.integers(1, 4))):
            bent[at] = int(rng.choice(list(b'0-1 9.,;"[]{}ab\n\xff\0')))
        try:
            _, fmt = files.recognise(bytes(bent), name, "jobshop")
            shop = files.parse(bytes(bent), name, fmt, {})
        except zg.InstanceError as error:
            assert "\n" not in str(error)
        else:
            assert isinstance(shop, FAMILY.instances)


@pytest.mark.parametrize("name, value", [("flexible.txt", 13), ("zero.txt", 11)])
def test_flexible_rows_are_read_as_such(name, value, tmp_path):
    shop = read(tmp_path, name, OTHERS[name])
    assert isinstance(shop, FlexibleJobShop)
    assert zg.solve(shop, time_limit=10, threads=1).objective == value


def test_what_can_be_read_in_two_ways_is_asked(tmp_path):
    two_layouts = "2 3\n1 1 0 4\n1 1 2 5\n"
    with pytest.raises(zg.InstanceError, match="layout=standard or layout=flexible"):
        read(tmp_path, "a.txt", two_layouts)
    assert read(tmp_path, "a.txt", two_layouts, layout="standard").operations == 4
    assert isinstance(read(tmp_path, "a.txt", two_layouts, layout="flexible"), FlexibleJobShop)
    two_numberings = "1 4\n2 2 1 4 2 3 1 3 5\n"
    with pytest.raises(zg.InstanceError, match="numbering=0 or numbering=1"):
        read(tmp_path, "b.txt", two_numberings)
    for low in (0, 1):
        shop = read(tmp_path, "b.txt", two_numberings, numbering=low)
        assert shop.machine.tolist() == [1 - low, 2 - low, 3 - low]
    with pytest.raises(zg.InstanceError, match="counted from 0 there are 0 … 2, counted from 1"):
        read(tmp_path, "c.txt", "1 3\n2 2 0 4 3 3 1 2 5\n")


def test_one_of_several_instances_is_chosen(tmp_path):
    frames = LAYOUTS["orlib.txt"] + LAYOUTS["orlib.txt"].replace("abz5", "abz6").replace(
        "4 2 3 0 1", "4 2 3 0 9"
    )
    with pytest.raises(zg.InstanceError, match=r"holds 2 instances.*index=0 … 1 or a name"):
        read(tmp_path, "two.txt", frames)
    assert read(tmp_path, "two.txt", frames, index="abz6").duration[-1] == 9
    assert read(tmp_path, "two.txt", frames, index="0").name == "abz5"
    with pytest.raises(zg.InstanceError, match="is '2', expected 0 … 1"):
        read(tmp_path, "two.txt", frames, index="2")
    batch = array([TIMES, np.array(MACHINES) + 1], [np.array(TIMES) + 9, np.array(MACHINES) + 1])
    with pytest.raises(zg.InstanceError, match="holds 2 instances"):
        read(tmp_path, "b.npy", batch)
    assert read(tmp_path, "b.npy", batch, index="1").duration[0] == 12
    same = array(MACHINES, MACHINES)
    with pytest.raises(zg.InstanceError, match="both of the two matrices"):
        read(tmp_path, "c.npy", same)
    assert read(tmp_path, "c.npy", same, layout="times-first").operations == 9


def test_names_go_through(tmp_path):
    shop = read(tmp_path, "n.csv", OTHERS["names.csv"])
    assert shop.job_names == ("A", "B") and shop.machine_names == ("saw", "mill")
    zg.write(shop, tmp_path / "n.json")
    back = zg.read(tmp_path / "n.json")
    assert back.machine_names == shop.machine_names and base.digest(back) == base.digest(shop)
    shop = read(tmp_path, "r.json", RESOURCES)
    assert shop.machine_names == ("M1", "M2") and shop.operation_names == ("cut", "")
    shop = read(tmp_path, "by name.json", LAYOUTS["by name.json"])
    assert shop.job_names == ("a", "b", "c") and shop.machine_names == ("m0", "m1", "m2")


def test_decimals_are_scaled_and_said(tmp_path):
    shop = read(tmp_path, "t.csv", OTHERS["tardy.csv"], objective="tardiness")
    assert shop.duration.tolist() == [5, 2, 8] and shop.due.tolist() == [-6, 14]
    assert shop.weight.tolist() == [2, 1]
    facts = FAMILY.info(shop)
    assert facts["times"] == facts["weights"] == "multiplied by 2, so that they are integers"
    zg.write(shop, tmp_path / "t.json")
    assert zg.read(tmp_path / "t.json").time_scale == 2
    assert read(tmp_path, "d.txt", OTHERS["decimals.txt"]).duration.tolist() == [10, 5]


def test_jobs_without_a_due_date_cost_nothing(tmp_path):
    table = "job,machine,duration,due\nA,0,3,1\nB,0,5,\n"
    shop = read(tmp_path, "t.csv", table, objective="tardiness")
    assert zg.solve(shop, time_limit=5, threads=1).objective == 2
    with pytest.raises(zg.InstanceError, match="needs one of every job"):
        read(tmp_path, "t.csv", table, objective="lateness")


def test_rows_of_one_operation_are_alternatives(tmp_path):
    table = "job,operation,machine,duration\nA,cut,saw,3\nA,cut,mill,2\nA,bore,mill,2\n"
    shop = read(tmp_path, "t.csv", table)
    assert isinstance(shop, FlexibleJobShop)
    assert shop.choice.tolist() == [0, 2, 3] and shop.operation_names == ("cut", "bore")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
def test_byte_order_marks(encoding, tmp_path):
    raw = LAYOUTS["table.csv"].encode(encoding)
    raw = b"\xfe\xff" + raw if encoding == "utf-16-be" else raw
    assert base.digest(read(tmp_path, "t.csv", raw)) == base.digest(THREE)


@pytest.mark.parametrize(
    "name, text, line, word",
    [
        ("a.csv", "job,op,machine,time\nA,1,saw,3\nB,1,,3\n", 3, "machine: is empty"),
        ("a.csv", "job,op,machine,time\nA,1,saw,3\nB,1,Saw,3\n", 3, "differ by case only"),
        ("a.csv", "job,op,machine,time\nA,1,saw,3\na,1,saw,3\n", 3, "differ by case only"),
        ("a.csv", "job,op,machine,time\nA,1,saw,x\n", 2, "duration: is 'x'"),
        ("a.csv", "job,op,machine,time\nA,1,saw,-2\n", 2, "at least 0"),
        ("a.csv", "job,op,machine,time\nA,1,saw\n", 2, "3 cells, the header has 4"),
        ("a.csv", "job,op,machine,czas\nA,1,saw,3\n", 1, "unknown column 'czas'"),
        ("a.csv", "job,op,machine\nA,1,saw\n", 1, "no column duration"),
        ("a.csv", "job,op,machine,time,dur\nA,1,saw,3,3\n", 1, "both mean the duration"),
        ("a.csv", "job,op,machine,time\nA,1,saw,3\nA,1,saw,4\n", 3, "twice"),
        ("a.csv", "job,op,machine,time\nA,x,saw,3\nA,y,saw,4\nA,x,mill,4\n", 4, "line 2"),
        ("a.csv", "job,op,machine,time,due\nA,1,saw,3,4\nA,2,saw,4,5\n", 3, "earlier row"),
        ("a.csv", "job,op,machine,time\n", None, "no rows"),
        ("a.txt", "3 3\n0 3 1 2 2 2\n3 2 2 1 1 4\n1 4 2 3 0 1\n", 3, "numbering=1"),
        (
            "a.txt",
            "2 2 1\n2 1 1 43 2 1 64 2 71\n1 1 2 3\n\n10 5 1\n5 7 1\n1 8 1\n",
            5,
            "scheduling",
        ),
        ("a.txt", "3 2 2\n0 1\n1 2\n2 0 92 1 28\n2 0 61 1 4\n1 0 3\n", 5, "scheduling"),
        ("a.json", '{"jobs": [[[0, 3]], [[0, "x"]]]}', None, "jobs[1][0]: is 'x'"),
        ("a.json", '{"jobs": [[[0, 3]], [[-1, 2]]]}', None, "jobs[1][0]: machine is -1"),
        ("a.json", '{"jobs": [[[0, 3]], []]}', None, "jobs[1]: expected a list of at least one"),
        ("a.json", '{"machines": 2, "jobs": [[[2, 3]]]}', None, "jobs[0][0]: machine is 2"),
        ("a.json", '{"jobs": [[[0, 3], ["saw", 2]]]}', None, "by number and by name"),
        ("a.json", '{"jobs": [[["saw", 3], ["Saw", 2]]]}', None, "differ by case only"),
        ("a.json", '{"jobs": [[[0, 3]]], "release_dat": [2]}', None, "'release_dat'"),
        ("a.json", '{"jobs": [[[0, 3]]], "deadlines": [2]}', None, "'deadlines'"),
        ("a.json", '{"jobs": [[[[0, 3], [0, 2]]]]}', None, "twice"),
        ("a.json", '{"duration_matrix": [[3]], "machines_matrix": [[0, 1]]}', None, "2 machines"),
        ("a.json", RESOURCES.replace('"no_idle":false', '"no_idle":true', 1), None, "scheduling"),
        ("a.json", RESOURCES.replace("[0,1]]", "[0,1,2]]"), None, "a delay of 2"),
        ("a.json", RESOURCES.replace("9223372036854775807", "9"), None, "deadline 9"),
        ("a.json", RESOURCES.replace('"resources":[0]', '"resources":[0,1]'), None, "one machine"),
        ("a.json", RESOURCES.replace("[[0,1]]}", "[]}"), None, "without a predecessor"),
        ("a.json", RESOURCES.replace('start":0', 'start":4', 1), None, "scheduling"),
        ("a.json", RESOURCES.replace('"weight_makespan"', '"weight_x"'), None, "'weight_x'"),
        ("a.txt", "Nb of jobs, Nb of Machines, x\n2 2\nTimes\n1 2\n", None, "1 of 2 rows of times"),
    ],
)
def test_faults_name_the_place_and_what_was_expected(name, text, line, word, tmp_path):
    with pytest.raises(zg.InstanceError) as caught:
        read(tmp_path, name, text)
    assert caught.value.line == line
    assert word in str(caught.value) and name in str(caught.value)


def test_spreadsheets_are_read_or_say_what_is_missing(tmp_path):
    """Where openpyxl is not installed a file that begins like one is refused in one line."""
    import importlib.util

    path = tmp_path / "t.xlsx"
    if importlib.util.find_spec("openpyxl") and importlib.util.find_spec("pandas"):
        import pandas

        columns = {"job": ["A", "A"], "op": [1, 2], "machine": ["saw", "mill"], "time": [3, 2.5]}
        pandas.DataFrame(columns).to_excel(path, index=False)
        assert zg.read(path).duration.tolist() == [6, 5]
        path.write_bytes(path.read_bytes()[:500])
    else:
        path.write_bytes(b"PK\x03\x04 [Content_Types].xml")
    with pytest.raises(zg.InstanceError, match="spreadsheet") as caught:
        zg.read(path, family="jobshop")
    assert "\n" not in str(caught.value)


def test_headers_with_a_meaning_are_no_other_familys(tmp_path):
    table = "job,op,machine,time\n0,0,0,3\n0,1,1,2\n1,0,1,2\n1,1,0,4\n2,0,0,1\n2,1,1,3\n"
    shop = read(tmp_path, "numbers.csv", table)
    assert (shop.jobs, shop.machines) == (3, 2)


def test_many_operations_in_a_table(tmp_path):
    rows = [f"{j},{k},{(j + k) % 50},{1 + (j * k) % 97}" for j in range(4_000) for k in range(50)]
    shop = read(tmp_path, "m.csv", "job,op,machine,time\n" + "\n".join(rows) + "\n")
    assert (shop.operations, shop.machines) == (200_000, 50)
