"""ONNX files: a real network goes from the file to a checked result and a memory map."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import zerogap as zg
from zerogap.models.base import InstanceError

onnx = pytest.importorskip("onnx")
helper, FLOAT = onnx.helper, onnx.TensorProto.FLOAT


def weights(name: str, *shape: int, external: bool = False):
    tensor = onnx.TensorProto(name=name, data_type=FLOAT, dims=list(shape))
    if external:
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="nowhere.bin")
    else:
        count = 1
        for d in shape:
            count *= d
        tensor.raw_data = bytes(4 * count)
    return tensor


def resnet18(path, batch=1, external=False) -> None:
    """ResNet-18 as exporters write it: convolutions, ReLU, additions, pooling, one Gemm."""
    nodes, constants = [], []

    def conv(x, name, c_in, c_out, kernel, stride=1, relu=True):
        constants.append(weights(f"{name}.w", c_out, c_in, kernel, kernel, external=external))
        pad = kernel // 2
        nodes.append(
            helper.make_node("Conv", [x, f"{name}.w"], [name], name=name, pads=[pad] * 4,
                             strides=[stride] * 2, kernel_shape=[kernel] * 2)
        )  # fmt: skip
        if not relu:
            return name
        nodes.append(helper.make_node("Relu", [name], [f"{name}.relu"], name=f"{name}.relu"))
        return f"{name}.relu"

    x = conv("image", "stem", 3, 64, 7, 2)
    nodes.append(helper.make_node("MaxPool", [x], ["pool"], name="pool", kernel_shape=[3, 3],
                                  strides=[2, 2], pads=[1, 1, 1, 1]))  # fmt: skip
    x, width = "pool", 64
    for stage, channels in enumerate((64, 128, 256, 512)):
        for block in range(2):
            name = f"s{stage}b{block}"
            stride = 2 if stage and not block else 1
            y = conv(x, f"{name}.1", width, channels, 3, stride)
            y = conv(y, f"{name}.2", channels, channels, 3, relu=False)
            skip = conv(x, f"{name}.d", width, channels, 1, 2, False) if stride == 2 else x
            nodes.append(helper.make_node("Add", [y, skip], [f"{name}.sum"], name=f"{name}.sum"))
            nodes.append(helper.make_node("Relu", [f"{name}.sum"], [name], name=f"{name}.out"))
            x, width = name, channels
    nodes.append(helper.make_node("GlobalAveragePool", [x], ["gap"], name="gap"))
    nodes.append(helper.make_node("Flatten", ["gap"], ["flat"], name="flatten"))
    constants += [weights("fc.w", 512, 1000), weights("fc.b", 1000)]
    nodes.append(helper.make_node("Gemm", ["flat", "fc.w", "fc.b"], ["scores"], name="fc"))
    graph = helper.make_graph(
        nodes, "resnet18",
        [helper.make_tensor_value_info("image", FLOAT, [batch, 3, 224, 224])],
        [helper.make_tensor_value_info("scores", FLOAT, [batch, 1000])],
        constants,
    )  # fmt: skip
    path.write_bytes(helper.make_model(graph).SerializeToString())


def test_from_file_to_memory_map(tmp_path):
    pytest.importorskip("matplotlib")
    from zerogap.cli import cli

    resnet18(tmp_path / "net.onnx")
    plan, picture = tmp_path / "plan.json", tmp_path / "map.png"
    common = ["--option", "capacity=12MiB", "--option", "alignment=64"]
    arguments = ["solve", str(tmp_path / "net.onnx"), *common, "-t", "20"]
    done = CliRunner().invoke(cli, [*arguments, "-o", str(plan), "--plot", str(picture)])
    assert done.exit_code == 0, done.output
    assert picture.stat().st_size > 1000
    net = zg.read(tmp_path / "net.onnx", capacity="12MiB", alignment=64)
    assert len(net.inputs) == 49
    assert net.size[net.weight].sum() == pytest.approx(4 * 11.68e6, rel=0.01)
    checked = CliRunner().invoke(cli, ["check", str(tmp_path / "net.onnx"), str(plan), *common])
    assert checked.exit_code == 0, checked.output


def test_half_a_mebibyte_is_infeasible_with_operator_and_missing_bytes(tmp_path):
    resnet18(tmp_path / "net.onnx")
    net = zg.read(tmp_path / "net.onnx", capacity="512KiB")
    result = zg.solve(net, time_limit=5)
    assert result.status == "infeasible"
    assert "missing" in " ".join(result.messages)


def test_half_a_mebibyte_is_enough_for_a_small_network(tmp_path):
    nodes = [
        helper.make_node("Relu", ["x"], ["a"], name="relu"),
        helper.make_node("Sigmoid", ["a"], ["b"], name="gate"),
        helper.make_node("Mul", ["a", "b"], ["y"], name="mul"),
    ]
    shape = [1, 16, 32, 32]
    graph = helper.make_graph(nodes, "gated", [helper.make_tensor_value_info("x", FLOAT, shape)],
                              [helper.make_tensor_value_info("y", FLOAT, shape)])  # fmt: skip
    path = tmp_path / "gated.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    result = zg.solve(zg.read(path, capacity="512KiB"), time_limit=10)
    assert result.status == "optimal" and result.objective == 2 * 65536
    inside = zg.read(path, capacity="128KiB", in_place=True)
    assert zg.solve(inside, time_limit=10).objective == 2 * 65536


def test_dynamic_dimensions_are_named_and_batch_sets_them(tmp_path):
    resnet18(tmp_path / "net.onnx", batch="N")
    with pytest.raises(InstanceError, match="dimension 0 'N' is dynamic"):
        zg.read(tmp_path / "net.onnx", capacity="16MiB")
    net = zg.read(tmp_path / "net.onnx", capacity="16MiB", batch=1)
    resnet18(tmp_path / "fixed.onnx")
    fixed = zg.read(tmp_path / "fixed.onnx", capacity="16MiB")
    assert net.size.tolist() == fixed.size.tolist()


def test_missing_external_weights_do_no_harm(tmp_path):
    resnet18(tmp_path / "net.onnx", external=True)
    net = zg.read(tmp_path / "net.onnx", capacity="16MiB")
    assert net.size[net.weight].sum() == pytest.approx(4 * 11.68e6, rel=0.01)


def test_control_flow_is_refused(tmp_path):
    empty = helper.make_graph([], "body", [], [])
    node = helper.make_node("If", ["c"], ["y"], then_branch=empty, else_branch=empty, name="choice")
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info("c", onnx.TensorProto.BOOL, [])],
        [helper.make_tensor_value_info("y", FLOAT, [1])],
    )  # fmt: skip
    path = tmp_path / "if.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    with pytest.raises(InstanceError, match=r"'choice'.*control flow"):
        zg.read(path, capacity="1MiB")


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "net.onnx"
    resnet18(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InstanceError):
        zg.read(path, capacity="1MiB")
    path.write_bytes(b"\x08" * 50)
    with pytest.raises(InstanceError):
        zg.read(path, capacity="1MiB")
    resnet18(path)
    with pytest.raises(InstanceError, match="capacity"):
        zg.read(path)


@pytest.mark.parametrize(
    "kind, bits",
    [("FLOAT16", 16), ("BFLOAT16", 16), ("INT8", 8), ("UINT4", 4), ("INT64", 64), ("BOOL", 8),
     ("DOUBLE", 64), ("FLOAT8E4M3FN", 8), ("UINT16", 16)],
)  # fmt: skip
def test_element_sizes(kind, bits):
    from zerogap.models.scratchpad.onnx import _bits

    assert _bits(getattr(onnx.TensorProto, kind), "t", "f") == bits


def small(path, nodes, inputs, outputs):
    """A network from rows (operator, inputs, output, attributes) and typed shapes."""
    made = [helper.make_node(kind, reads, [write], **more) for kind, reads, write, more in nodes]
    value = lambda v: helper.make_tensor_value_info(*v)  # noqa: E731
    graph = helper.make_graph(
        made, "small", [value(v) for v in inputs], [value(v) for v in outputs]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


INT8, INT32 = onnx.TensorProto.INT8, onnx.TensorProto.INT32


def test_a_widening_cast_takes_no_place(tmp_path):
    nodes = [("Relu", ["x"], "a", {}), ("Cast", ["a"], "b", {"to": INT32}), ("Neg", ["b"], "c", {})]
    file = small(tmp_path / "c.onnx", nodes, [("x", INT8, [32])], [("c", INT32, [32])])
    assert zg.solve(zg.read(file, objective="peak", in_place=True)).objective == 160
    nodes[1] = ("Cast", ["a"], "b", {"to": INT8})
    nodes[0] = ("Relu", ["x"], "a", {})
    file = small(tmp_path / "n.onnx", nodes, [("x", INT32, [32])], [("c", INT8, [32])])
    assert zg.solve(zg.read(file, objective="peak", in_place=True)).objective == 128


def test_views_are_their_inputs(tmp_path):
    nodes = [
        ("Relu", ["x"], "a", {}),
        ("Flatten", ["a"], "b", {}),
        ("Identity", ["b"], "c", {}),
        ("Neg", ["c"], "d", {}),
    ]
    ends = [("x", FLOAT, [1, 4, 4])], [("d", FLOAT, [1, 16])]
    file = small(tmp_path / "v.onnx", nodes, *ends)
    assert zg.solve(zg.read(file, objective="peak", in_place=True)).objective == 64
    assert zg.solve(zg.read(file, objective="peak")).objective == 128
    # A result that is a view of a network input needs bytes of its own in host memory.
    file = small(tmp_path / "i.onnx", [("Identity", ["x"], "y", {})], [("x", FLOAT, [4])],
                 [("y", FLOAT, [4])])  # fmt: skip
    net = zg.read(file, capacity=64, in_place=True)
    assert net.compulsory == 32


def test_two_names_are_two_dimensions(tmp_path):
    nodes = [("Relu", ["x"], "z", {}), ("Relu", ["y"], "w", {})]
    ends = [("x", FLOAT, ["n", 8]), ("y", FLOAT, ["m", 8])], [("z", FLOAT, ["n", 8]), ("w", FLOAT, ["m", 8])]  # noqa: E501 # fmt: skip
    file = small(tmp_path / "d.onnx", nodes, *ends)
    with pytest.raises(InstanceError, match=r"'m' is dynamic.*dims=m"):
        zg.read(file, objective="peak", batch=2)
    net = zg.read(file, objective="peak", dims="n=2,m=3")
    assert dict(zip(net.tensors, net.size.tolist())) == {"x": 64, "z": 64, "y": 96, "w": 96}
    assert zg.read(file, objective="peak", batch=2, dims="m=3").size.tolist() == net.size.tolist()
    for wrong, message in (("q=1", "no dimension is called 'q'"), ("n", "as seq=128"), ("", "seq")):
        with pytest.raises(InstanceError, match=message):
            zg.read(file, objective="peak", dims=wrong)


_ARITHMETIC = {
    "Relu": lambda x: max(x, 0),
    "Neg": lambda x: -x,
    "Add": lambda x, y: x + y,
    "Mul": lambda x, y: x * y,
}


def replayed(net, plan, kinds, feed):
    """Run a plan position by position on one memory of bytes; results as they are stored."""
    import numpy as np

    memory, host = np.zeros(10_000, dtype=np.uint8), dict(feed)
    cells = lambda t, at: memory[at : at + net.size[t]].view(np.int32)  # noqa: E731
    for k, o in enumerate(plan.schedule.tolist()):
        at = {}
        for t, first, last, address in plan.residencies.tolist():
            if first <= k <= last:
                at[t] = address
                if first == k and t not in net.outputs[o]:
                    cells(t, address)[:] = host[t]
        (out,) = net.outputs[o]
        if net.tensors[out] not in kinds:
            raise AssertionError(net.tensors[out])
        kind, operands = kinds[net.tensors[out]]
        reads = [net.tensors.index(name) for name in operands]
        for i in range(net.size[out] // 4):
            values = [int(cells(t, at[t])[i]) for t in reads]
            cells(out, at[out])[i] = _ARITHMETIC[kind](*values)
        host[out] = cells(out, at[out]).copy()
    return {net.tensors[t]: host[t] for t in range(len(net.size)) if net.output[t]}


def test_a_plan_in_place_computes_the_same_bytes(tmp_path):
    import numpy as np

    for seed in range(25):
        rng = np.random.default_rng(seed)
        names, rows = ["x", "y"], []
        for i in range(int(rng.integers(2, 7))):
            kind = str(rng.choice(list(_ARITHMETIC)))
            count = 2 if kind in ("Add", "Mul") else 1
            reads = [str(rng.choice(names)) for _ in range(count)]
            rows.append((kind, reads, f"t{i}", {}))
            names.append(f"t{i}")
        read = {name for _, reads, _, _ in rows for name in reads}
        made = [row[2] for row in rows]
        results = [name for name in made if name not in read or rng.random() < 0.2]
        file = small(tmp_path / f"{seed}.onnx", rows, [(s, INT32, [3]) for s in "xy"],
                     [(name, INT32, [3]) for name in results])  # fmt: skip
        inside = zg.read(file, objective="peak", in_place=True)
        apart = zg.read(file, objective="peak")
        result = zg.solve(inside, time_limit=20, threads=1)
        assert result.status == "optimal"
        assert result.objective <= zg.solve(apart, time_limit=20, threads=1).objective
        feed = {s: rng.integers(-9, 9, 3).astype(np.int32) for s in "xy"}
        expected = dict(feed)
        for kind, reads, name, _ in rows:
            columns = zip(*(expected[r].tolist() for r in reads))
            expected[name] = np.array([_ARITHMETIC[kind](*c) for c in columns], dtype=np.int32)
        kinds = {row[2]: (row[0], row[1]) for row in rows}
        sources = {inside.tensors.index(s): v for s, v in feed.items() if s in inside.tensors}
        for name, values in replayed(inside, result.solution, kinds, sources).items():
            assert (values == expected[name]).all()
