"""Building networks layer by layer: shapes are tracked, every call adds one operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zerogap.models.scratchpad.formats import network
from zerogap.models.scratchpad.instance import Network


class Layers:
    """A network under construction; feature maps are numbers that `shape` explains.

    Parameters
    ----------
    name : str
        Name of the network.
    weights : {"ignore", "resident", "stream"}
        Whether constants are tensors of the instance.
    bytes : int
        Bytes of one element.
    in_place : bool
        Whether elementwise operators may write over their inputs.
    """

    def __init__(
        self, name: str, *, weights: str = "ignore", bytes: int = 1, in_place: bool = False
    ):
        self.name = name
        self.weights = weights
        self.bytes = bytes
        self.in_place = in_place
        self.shape: dict[int, tuple[int, ...]] = {}
        self._tensors: list[tuple[str, int, bool]] = []
        self._operators: list[tuple[str, list[int], list[int], bool]] = []

    def input(self, *shape: int) -> int:
        """A network input."""
        return self._tensor(f"input{len(self._tensors)}", shape)

    def add(
        self,
        kind: str,
        inputs: Sequence[int],
        shape: tuple[int, ...],
        weight: int = 0,
        elementwise: bool = False,
    ) -> int:
        """An operator with one output of `shape` and `weight` constant elements."""
        name = f"{kind}{len(self._operators)}"
        reads = list(inputs)
        if weight and self.weights != "ignore":
            reads.append(self._tensor(f"{name}.weight", (weight,), True))
        out = self._tensor(f"{name}.out", shape)
        self._operators.append((name, reads, [out], elementwise and self.in_place))
        return out

    def conv(self, x: int, channels: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> int:
        """Convolution with folded batch norm and activation, padding "same"."""
        c, h, w = self.shape[x]
        shape = (channels, -(-h // stride), -(-w // stride))
        kind = "dwconv" if groups == c > 1 else "conv"
        return self.add(kind, [x], shape, channels * (c // groups) * kernel**2 + channels)

    def separable(self, x: int, channels: int, kernel: int, stride: int = 1) -> int:
        """Depthwise convolution, then pointwise."""
        c = self.shape[x][0]
        return self.conv(self.conv(x, c, kernel, stride, groups=c), channels)

    def pool(self, x: int, stride: int = 2) -> int:
        """Maximum or average pooling, padding "same"."""
        c, h, w = self.shape[x]
        return self.add("pool", [x], (c, -(-h // stride), -(-w // stride)))

    def gap(self, x: int) -> int:
        """Global average pooling."""
        return self.add("gap", [x], (self.shape[x][0], 1, 1))

    def dense(self, x: int, features: int) -> int:
        """Fully connected layer on all but the leading axes of a sequence, or on a flat map."""
        shape = self.shape[x]
        if len(shape) == 2:
            return self.add("matmul", [x], (shape[0], features), (shape[1] + 1) * features)
        flat = shape[0] * shape[1] * shape[2]
        return self.add("fc", [x], (features, 1, 1), (flat + 1) * features)

    def sum(self, *xs: int) -> int:
        """Elementwise sum."""
        return self.add("add", xs, self.shape[xs[0]], elementwise=True)

    def concat(self, *xs: int) -> int:
        """Concatenation of channels."""
        _, h, w = self.shape[xs[0]]
        return self.add("concat", xs, (sum(self.shape[x][0] for x in xs), h, w))

    def upconv(self, x: int, channels: int) -> int:
        """Transposed 2 × 2 convolution that doubles the resolution."""
        c, h, w = self.shape[x]
        return self.add("upconv", [x], (channels, 2 * h, 2 * w), 4 * c * channels + channels)

    def build(
        self,
        *,
        capacity: int | str | None = None,
        alignment: int | None = None,
        objective: str | None = None,
        write_every_eviction: bool | None = None,
    ) -> Network:
        """The instance."""
        fields: dict[str, Any] = {
            "size": [size for _, size, _ in self._tensors],
            "weight": [constant for *_, constant in self._tensors],
            "tensors": tuple(name for name, *_ in self._tensors),
            "operators": tuple(name for name, *_ in self._operators),
            "inputs": [reads for _, reads, _, _ in self._operators],
            "outputs": [writes for _, _, writes, _ in self._operators],
            "in_place": [flag for *_, flag in self._operators],
        }
        return network(
            fields,
            "1.25x" if capacity is None and objective != "peak" else capacity,
            alignment=alignment or 1,
            objective=objective or "traffic",
            write_every_eviction=bool(write_every_eviction),
            stream_weights=self.weights == "stream",
            name=self.name,
        )

    def _tensor(self, name: str, shape: Sequence[int], constant: bool = False) -> int:
        elements = 1
        for d in shape:
            elements *= d
        self._tensors.append((name, elements * self.bytes, constant))
        self.shape[len(self._tensors) - 1] = tuple(shape)
        return len(self._tensors) - 1
