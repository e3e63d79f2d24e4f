"""ONNX files: every node an operator, constants are weights, shapes by shape inference."""

from __future__ import annotations

import os
from typing import Any

from zerogap.models.base import InstanceError, nearest
from zerogap.models.scratchpad.formats import network
from zerogap.models.scratchpad.instance import Network

#: Operators that read a position of an input for the last time before they write it (option
#: ``in_place``). Those that look along an axis first, such as Softmax, are none of them.
ELEMENTWISE = frozenset(
    """Abs Add BatchNormalization Cast Ceil Clip Div Dropout Elu Erf Exp Floor Gelu HardSigmoid
    HardSwish Identity LeakyRelu Log Mul Neg PRelu Pow Reciprocal Relu Selu Sigmoid Softplus Sqrt
    Sub Sum Tanh Reshape Flatten Squeeze Unsqueeze""".split()  # noqa: SIM905
)
#: Operators whose output is the same bytes under another shape.
VIEWS = frozenset(("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity"))


def sniff(head: bytes, name: str) -> bool:
    """An ONNX file begins with the version of its format, a protobuf number in field 1."""
    if name.lower().endswith(".onnx"):
        return True
    return head[:1] == b"\x08" and (b"onnx" in head or b"pytorch" in head)


def read(
    raw: bytes,
    *,
    file: str,
    capacity: int | str | None = None,
    alignment: int = 1,
    objective: str | None = None,
    weights: str | None = None,
    write_every_eviction: bool | None = None,
    batch: int | None = None,
    dims: str | None = None,
    in_place: bool | None = None,
) -> Network:
    """Read an ONNX model.

    Parameters
    ----------
    batch : int, optional
        Value of the dynamic first dimension of the first network input that has one, and of the
        dimensions of the same name.
    dims : str, optional
        Values of dimensions by name, as ``batch=1,seq=128``.
    in_place : bool, optional
        Whether the output of an elementwise operator may take the place of an input with as many
        elements, no smaller ones, that is not read afterwards; views (Reshape, Flatten, Squeeze,
        Unsqueeze, Identity) then are their inputs.

    Raises
    ------
    InstanceError
        If the file is damaged, a dimension is unknown, or the model has control flow.
    """
    model = _inferred(_load(raw, file), batch, _dims(dims, file), file)
    graph = model.graph
    for node in graph.node:
        if any(a.HasField("g") or a.graphs for a in node.attribute):
            label = node.name or node.op_type
            message = f"{node.op_type} has a subgraph; control flow is not supported"
            raise InstanceError(message, file=file, field=f"operator {label!r}")
    constants = _constants(graph, file)
    types = {v.name: v for v in (*graph.input, *graph.value_info, *graph.output)}
    goal = objective or "traffic"
    if capacity is None and goal == "traffic":
        raise InstanceError("is missing (--option capacity=512KiB)", file=file, field="capacity")
    fields = _fields(graph, constants, types, weights or "resident", bool(in_place), file)
    return network(
        fields,
        capacity,
        alignment=alignment,
        objective=goal,
        write_every_eviction=bool(write_every_eviction),
        stream_weights=weights == "stream",
        name=graph.name or os.path.basename(file).removesuffix(".onnx"),
    )


def _load(raw: bytes, file: str) -> Any:
    try:
        import onnx
    except ImportError:
        message = "reading ONNX needs the package onnx (pip install 'zerogap[onnx]')"
        raise InstanceError(message, file=file) from None
    try:
        model = onnx.load_model_from_string(raw)
    except Exception as error:  # protobuf has several classes of decoding errors
        raise InstanceError(f"is no ONNX model: {error}", file=file) from None
    if not model.graph.node:
        raise InstanceError("the model has no node", file=file, field="graph")
    return model


def _dims(text: str | None, file: str) -> dict[str, int]:
    """Dimensions by name from ``n=2,m=3``."""
    values: dict[str, int] = {}
    for part in (text or "").split(","):
        name, _, number = part.partition("=")
        if not part.strip() and not values and text is None:
            continue
        if not name.strip() or not number.strip().isdecimal() or int(number) < 1:
            message = f"{part!r} is no dimension as seq=128"
            raise InstanceError(message, file=file, field="dims")
        if name.strip() in values:
            raise InstanceError(f"{name.strip()!r} is given twice", file=file, field="dims")
        values[name.strip()] = int(number)
    return values


def _inferred(model: Any, batch: int | None, given: dict[str, int], file: str) -> Any:
    """Set the dimensions that are given and infer the shapes."""
    from onnx import shape_inference

    shapes = [v.type.tensor_type.shape.dim for v in (*model.graph.input, *model.graph.output)]
    known = {d.dim_param for dims in shapes for d in dims if d.dim_param}
    for name in given:
        if name not in known:
            message = f"no dimension is called {name!r}{nearest(name, known)}"
            raise InstanceError(message, file=file, field="dims")
    if batch is not None:
        if batch < 1:
            raise InstanceError(f"is {batch}, expected at least 1", file=file, field="batch")
        firsts = [v.type.tensor_type.shape.dim[:1] for v in model.graph.input]
        dynamic = [d[0] for d in firsts if len(d) and not d[0].HasField("dim_value")]
        if dynamic and dynamic[0].dim_param:
            given = {dynamic[0].dim_param: batch} | given
        elif dynamic:
            for dim in dynamic:
                if not dim.dim_param:
                    dim.dim_value = batch
    if batch is not None or given:
        del model.graph.value_info[:]
        for dims in shapes:
            for dim in dims:
                if dim.dim_param in given and not dim.HasField("dim_value"):
                    dim.dim_value = given[dim.dim_param]
        for value in model.graph.output:
            dims = value.type.tensor_type.shape.dim
            if any(not d.HasField("dim_value") for d in dims):
                value.type.tensor_type.ClearField("shape")
    try:
        return shape_inference.infer_shapes(model, data_prop=True)
    except Exception as error:
        raise InstanceError(f"shape inference failed: {error}", file=file) from None


def _bits(kind: int, name: str, file: str) -> int:
    from onnx import TensorProto

    word = TensorProto.DataType.Name(kind)
    table = {"BOOL": 8, "DOUBLE": 64, "FLOAT": 32, "COMPLEX64": 64, "COMPLEX128": 128}
    if word in table:
        return table[word]
    if word in ("STRING", "UNDEFINED"):
        message = f"has type {word}, whose size is unknown"
        raise InstanceError(message, file=file, field=f"tensor {name!r}")
    if word.startswith("FLOAT8"):
        return 8
    digits = "".join(c for c in word.removeprefix("B").removeprefix("FLOAT") if c.isdigit())
    return int(digits[:2] if digits[:2] in ("16", "32", "64") else digits[:1])


def _bytes(shape: list[int], bits: int) -> int:
    elements = 1
    for d in shape:
        elements *= d
    return -(-elements * bits // 8)


def _constants(graph: Any, file: str) -> dict[str, int]:
    """Bytes of every initializer and constant; external data are not needed for that."""
    sizes = {}
    for t in graph.initializer:
        sizes[t.name] = _bytes(list(t.dims), _bits(t.data_type, t.name, file))
    for s in graph.sparse_initializer:
        sizes[s.values.name] = _bytes(list(s.dims), _bits(s.values.data_type, s.values.name, file))
    for node in graph.node:
        if node.op_type != "Constant" or not node.attribute:
            continue
        value = node.attribute[0]
        if value.HasField("t"):
            t = value.t
            sizes[node.output[0]] = _bytes(list(t.dims), _bits(t.data_type, node.output[0], file))
        else:
            count = len(value.floats) + len(value.ints)
            wide = 4 if value.name in ("value_float", "value_floats") else 8
            sizes[node.output[0]] = wide * max(1, count)
    return sizes


def _size(name: str, value: Any, file: str) -> int:
    """Bytes of an activation, or an error that names the dimension that is not known."""
    where = f"tensor {name!r}"
    if value is None or not value.type.HasField("tensor_type"):
        message = "has no known shape" if value is None else "is no tensor"
        raise InstanceError(message, file=file, field=where)
    kind = value.type.tensor_type
    if not kind.HasField("shape"):
        raise InstanceError("has no known shape", file=file, field=where)
    shape = []
    for axis, dim in enumerate(kind.shape.dim):
        if not dim.HasField("dim_value"):
            label = f"{dim.dim_param!r} " if dim.dim_param else ""
            message = f"dimension {axis} {label}is dynamic"
            if dim.dim_param:
                message += f" (--option dims={dim.dim_param}=1 sets it)"
            elif axis == 0:
                message += " (--option batch=1 sets it)"
            else:
                message += "; export it with a fixed value"
            raise InstanceError(message, file=file, field=where)
        shape.append(dim.dim_value)
    return _bytes(shape, _bits(kind.elem_type, name, file))


def _fields(
    graph: Any,
    constants: dict[str, int],
    types: dict[str, Any],
    weights: str,
    in_place: bool,
    file: str,
) -> dict[str, Any]:
    """Arguments of `Network`: tensors in order of appearance, nodes in file order."""
    number: dict[str, int] = {}
    size: list[int] = []

    def tensor(name: str, bytes: int) -> int:
        if name not in number:
            number[name] = len(size)
            size.append(bytes)
        return number[name]

    nodes = [n for n in graph.node if n.op_type != "Constant"]
    if not nodes:
        raise InstanceError("the model has constants only", file=file, field="graph")
    known = {v.name for v in graph.input} | {name for n in nodes for name in n.output}
    results = {v.name for v in graph.output}
    same = _views(nodes, graph, constants, types, file) if in_place else {}
    nodes = [n for n in nodes if n.output[0] not in same]
    fields: dict[str, Any] = {"inputs": [], "outputs": [], "operators": [], "over": []}
    for i, node in enumerate(nodes):
        label = node.name or f"{node.op_type}{i}"
        if label in fields["operators"]:
            label = f"{label}#{i}"
        reads = []
        for name in filter(None, node.input):
            if name in constants:
                if weights != "ignore":
                    reads.append(tensor(name, constants[name]))
            elif name in known:
                reads.append(tensor(same.get(name, name), _size(name, types.get(name), file)))
            else:
                message = f"reads {name!r}, which nothing makes"
                raise InstanceError(message, file=file, field=f"operator {label!r}")
        writes = [tensor(x, _size(x, types.get(x), file)) for x in filter(None, node.output)]
        fields["inputs"].append(reads)
        fields["outputs"].append(writes)
        fields["operators"].append(label)
        over = _replaced(node, types, constants, file) if in_place else None
        fields["over"].append(-1 if over is None else number[same.get(over, over)])
    results = {same.get(name, name) for name in results}
    fields["size"] = size
    fields["tensors"] = tuple(number)
    fields["operators"] = tuple(fields["operators"])
    fields["weight"] = [name in constants for name in number]
    fields["output"] = [name in results and name not in constants for name in number]
    return fields


def _views(
    nodes: list[Any], graph: Any, constants: dict[str, int], types: dict[str, Any], file: str
) -> dict[str, str]:
    """Outputs of views, each with the tensor whose bytes it is.

    A result of the network needs bytes of its own in host memory: a view of a network input or of
    another result stays an operator. So does the last operator of a network of views.
    """
    results, sources = {v.name for v in graph.output}, {v.name for v in graph.input}
    same: dict[str, str] = {}
    for node in nodes:
        if node.op_type not in VIEWS or len(node.output) != 1 or node.input[0] in constants:
            continue
        made, root = node.output[0], same.get(node.input[0], node.input[0])
        if _size(made, types.get(made), file) != _size(root, types.get(root), file):
            continue
        if made in results:
            if root in sources or root in results:
                continue
            results = (results - {made}) | {root}
        same[made] = root
    if len(same) == len(nodes):
        del same[nodes[-1].output[0]]
    return same


def _replaced(node: Any, types: dict[str, Any], constants: dict[str, int], file: str) -> str | None:
    """The first operand whose place the output of an elementwise operator may take.

    It has as many elements in the same order (the same shape; no broadcasting), and none smaller
    than the output's: position i is then written after it was read.
    """
    outputs = [name for name in node.output if name]
    if node.op_type not in ELEMENTWISE or len(outputs) != 1:
        return None
    made = outputs[0]
    view = node.op_type in VIEWS
    for name in node.input[:1] if view or node.op_type == "BatchNormalization" else node.input:
        if not name or name in constants or name not in types:
            continue
        if not view and _shape(types[name]) != _shape(types[made]):
            continue
        kinds = [types[x].type.tensor_type.elem_type for x in (name, made)]
        wide, narrow = (_bits(kind, name, file) for kind in kinds)
        small = _size(made, types[made], file) <= _size(name, types[name], file)
        if narrow <= wide and small:
            return name
    return None


def _shape(value: Any) -> list[int]:
    return [dim.dim_value for dim in value.type.tensor_type.shape.dim]
