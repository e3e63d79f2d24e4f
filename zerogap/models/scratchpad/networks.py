"""Generated networks: the layers of published architectures, and random graphs.

Granularity is that of inference: batch norm and activation are part of the operator before them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zerogap.models.scratchpad import cells
from zerogap.models.scratchpad.builder import Layers
from zerogap.models.scratchpad.formats import network
from zerogap.models.scratchpad.instance import Network


def _stem(n: Layers, channels: int = 64) -> int:
    return n.pool(n.conv(n.input(3, 224, 224), channels, 7, 2))


def _head(n: Layers, x: int, classes: int = 1000) -> None:
    n.dense(n.gap(x), classes)


def resnet18(n: Layers) -> None:
    """ResNet-18 (He et al. 2016), 224 × 224."""
    x = _stem(n)
    for stage, channels in enumerate((64, 128, 256, 512)):
        for block in range(2):
            stride = 2 if stage and not block else 1
            y = n.conv(n.conv(x, channels, 3, stride), channels, 3)
            skip = n.conv(x, channels, 1, stride) if stride == 2 else x
            x = n.sum(y, skip)
    _head(n, x)


def resnet50(n: Layers) -> None:
    """ResNet-50 (He et al. 2016), stride on the 3 × 3 convolution."""
    x = _stem(n)
    for stage, (channels, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            y = n.conv(n.conv(n.conv(x, channels), channels, 3, stride), 4 * channels)
            skip = n.conv(x, 4 * channels, 1, stride) if not block else x
            x = n.sum(y, skip)
    _head(n, x)


def mobilenetv2(n: Layers) -> None:
    """MobileNetV2 1.0 (Sandler et al. 2018)."""
    x = n.conv(n.input(3, 224, 224), 32, 3, 2)
    plan: tuple = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2))
    plan += ((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
    for expand, channels, repeat, first in plan:
        for k in range(repeat):
            stride, c = (first if k == 0 else 1), n.shape[x][0]
            y = n.conv(x, expand * c) if expand > 1 else x
            y = n.conv(n.conv(y, expand * c, 3, stride, groups=expand * c), channels)
            x = n.sum(x, y) if stride == 1 and c == channels else y
    _head(n, n.conv(x, 1280))


def squeezenet(n: Layers) -> None:
    """SqueezeNet 1.1 (Iandola et al. 2016)."""
    x = n.pool(n.conv(n.input(3, 224, 224), 64, 3, 2))
    for k, (squeeze, expand) in enumerate(
        ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))
    ):
        if k in (2, 4):
            x = n.pool(x)
        s = n.conv(x, squeeze)
        x = n.concat(n.conv(s, expand), n.conv(s, expand, 3))
    n.gap(n.conv(x, 1000))


def googlenet(n: Layers) -> None:
    """GoogLeNet (Szegedy et al. 2015)."""
    x = n.pool(n.conv(n.conv(_stem(n), 64), 192, 3))
    table = {
        "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64),
        "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64),
        "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64),
        "4e": (256, 160, 320, 32, 128, 128), "5a": (256, 160, 320, 32, 128, 128),
        "5b": (384, 192, 384, 48, 128, 128),
    }  # fmt: skip
    for name, (a, b, b3, c, c5, d) in table.items():
        if name in ("4a", "5a"):
            x = n.pool(x)
        branches = n.conv(x, a), n.conv(n.conv(x, b), b3, 3), n.conv(n.conv(x, c), c5, 5)
        x = n.concat(*branches, n.conv(n.pool(x, 1), d))
    _head(n, x)


def densenet121(n: Layers) -> None:
    """DenseNet-121 (Huang et al. 2017); concatenation is part of the convolution that reads."""
    features = [_stem(n)]
    for stage, layers in enumerate((6, 12, 24, 16)):
        _, h, w = n.shape[features[0]]
        for _ in range(layers):
            c = sum(n.shape[f][0] for f in features)
            y = n.add("conv", features, (128, h, w), 128 * c + 128)
            features.append(n.conv(y, 32, 3))
        c = sum(n.shape[f][0] for f in features)
        if stage < 3:
            y = n.add("conv", features, (c // 2, h, w), c * c // 2 + c // 2)
            features = [n.pool(y)]
    c = sum(n.shape[f][0] for f in features)
    n.dense(n.add("gap", features, (c, 1, 1)), 1000)


def unet(n: Layers) -> None:
    """U-Net (Ronneberger et al. 2015) with padding, 256 × 256, 32 to 512 channels."""
    x, skips = n.input(3, 256, 256), []
    for channels in (32, 64, 128, 256):
        x = n.conv(n.conv(x, channels, 3), channels, 3)
        skips.append(x)
        x = n.pool(x)
    x = n.conv(n.conv(x, 512, 3), 512, 3)
    for skip in reversed(skips):
        channels = n.shape[skip][0]
        x = n.concat(n.upconv(x, channels), skip)
        x = n.conv(n.conv(x, channels, 3), channels, 3)
    n.conv(x, 2)


def bert(n: Layers) -> None:
    """BERT-base encoder (Devlin et al. 2019), sequence length 128."""
    length, width, heads = 128, 768, 12
    x = n.input(length, width)
    for _ in range(12):
        q, k, v = (n.dense(x, width) for _ in range(3))
        scores = n.add("matmul", [q, k], (heads, length, length))
        scores = n.add("softmax", [scores], (heads, length, length), elementwise=True)
        context = n.add("matmul", [scores, v], (length, width))
        x = n.add("norm", [x, n.dense(context, width)], (length, width), elementwise=True)
        y = n.dense(n.dense(x, 4 * width), width)
        x = n.add("norm", [x, y], (length, width), elementwise=True)


def efficientnetb0(n: Layers) -> None:
    """EfficientNet-B0 (Tan and Le 2019) with squeeze and excitation."""
    x = n.conv(n.input(3, 224, 224), 32, 3, 2)
    plan: tuple = ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3))
    plan += ((6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3))
    for expand, channels, repeat, first, kernel in plan:
        for k in range(repeat):
            stride, c = (first if k == 0 else 1), n.shape[x][0]
            y = n.conv(x, expand * c) if expand > 1 else x
            y = n.conv(y, expand * c, kernel, stride, groups=expand * c)
            gate = n.conv(n.conv(n.gap(y), max(1, c // 4)), expand * c)
            y = n.conv(n.add("scale", [y, gate], n.shape[y], elementwise=True), channels)
            x = n.sum(x, y) if stride == 1 and c == channels else y
    _head(n, n.conv(x, 1280))


_NETWORKS: dict[str, Callable[..., None]] = {
    "resnet18": resnet18,
    "resnet50": resnet50,
    "mobilenetv2": mobilenetv2,
    "squeezenet": squeezenet,
    "googlenet": googlenet,
    "densenet121": densenet121,
    "unet": unet,
    "bert": bert,
    "efficientnetb0": efficientnetb0,
    "nasnet": cells.nasnet,
    "amoebanet": cells.amoebanet,
    "darts": cells.darts,
}
_SEEDED: dict[str, Callable[..., None]] = {
    "randwire-ws": cells.randwire_ws,
    "randwire-er": cells.randwire_er,
    "randwire-ba": cells.randwire_ba,
}


def _generator(name: str, layers: Callable[..., None], seeded: bool) -> Callable[..., Network]:
    def generate(
        seed: int = 0,
        *,
        capacity: int | str | None = None,
        weights: str | None = "ignore",
        bytes: int = 1,
        in_place: bool | None = None,
        alignment: int | None = None,
        objective: str | None = None,
        write_every_eviction: bool | None = None,
    ) -> Network:
        title = f"{name}-{seed}" if seeded else name
        n = Layers(title, weights=weights or "ignore", bytes=bytes, in_place=bool(in_place))
        layers(n, seed) if seeded else layers(n)
        return n.build(
            capacity=capacity,
            alignment=alignment,
            objective=objective,
            write_every_eviction=write_every_eviction,
        )

    generate.__name__ = name
    generate.__doc__ = layers.__doc__
    return generate


def random(
    seed: int = 0,
    *,
    operators: int = 7,
    capacity: int | str | None = None,
    alignment: int | None = None,
    objective: str | None = None,
    write_every_eviction: bool | None = None,
    weights: str | None = "resident",
    in_place: bool | None = None,
    largest: int = 6,
) -> Network:
    """A random graph: every operator reads one to three earlier tensors, sizes 1 to `largest`.

    Operators make one tensor (a fifth of them two), a sixth reads a weight that others may read
    as well, a quarter has a workspace; with `in_place` half of the operators are in place.
    """
    rng = np.random.default_rng(seed)
    size: list[int] = [int(rng.integers(1, largest + 1)) for _ in range(int(rng.integers(1, 3)))]
    weight = [False] * len(size)
    constants: list[int] = []
    inputs, outputs = [], []
    for _ in range(operators):
        pool = [t for t in range(len(size)) if not weight[t]]
        reads = rng.choice(pool, size=min(len(pool), int(rng.integers(1, 4))), replace=False)
        chosen = [int(t) for t in reads]
        if weights != "ignore" and rng.random() < 1 / 6:
            if not constants or rng.random() < 0.5:
                constants.append(len(size))
                size.append(int(rng.integers(1, largest + 1)))
                weight.append(True)
            chosen.append(constants[int(rng.integers(len(constants)))])
        made = list(range(len(size), len(size) + (2 if rng.random() < 0.2 else 1)))
        size += [int(rng.integers(1, largest + 1)) for _ in made]
        weight += [False] * len(made)
        inputs.append(chosen)
        outputs.append(made)
    unread = set(range(len(size))) - {t for reads in inputs for t in reads}
    output = [t in unread or (rng.random() < 0.1 and not weight[t]) for t in range(len(size))]
    work = [int(rng.integers(1, largest)) if rng.random() < 0.25 else 0 for _ in range(operators)]
    fields: dict[str, Any] = {
        "size": size,
        "inputs": inputs,
        "outputs": outputs,
        "weight": weight,
        "output": output,
        "workspace": work,
        "in_place": [bool(in_place) and rng.random() < 0.5 for _ in range(operators)],
    }
    return network(
        fields,
        "1.25x" if capacity is None and objective != "peak" else capacity,
        alignment=alignment or 1,
        objective=objective or "traffic",
        write_every_eviction=bool(write_every_eviction),
        stream_weights=weights == "stream",
        name=f"random-{operators}-{seed}",
    )


#: Generators of the networks by name.
NETWORKS: dict[str, Callable[..., Any]] = {
    **{name: _generator(name, layers, False) for name, layers in _NETWORKS.items()},
    **{name: _generator(name, layers, True) for name, layers in _SEEDED.items()},
}
