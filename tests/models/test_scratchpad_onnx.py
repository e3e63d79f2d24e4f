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
