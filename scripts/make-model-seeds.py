#!/usr/bin/env python3
"""Makes the seeds of the fuzz target `model`: files of small networks with every kind of layer, in both formats and in half precision."""
import json
import math
import pathlib
import struct

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEEDS = ROOT / "fuzz/seeds/model"


def numbers(count, low=-0.5, high=0.5):
    """The same at each call, spread evenly."""
    return [low + (high - low) * ((7 * i + 3) % 11) / 10 for i in range(count)]


def model(name, image, classes, layers, tensors, layout="doubleback-2", kind="F32", facts=None):
    architecture = {"name": name, "input": image, "bounds": [0.0, 1.0], "classes": classes, "layers": layers}
    header = {"__metadata__": {"architecture": json.dumps(architecture), "format": layout, **(facts or {})}}
    body = b""
    for tensor, shape in sorted(tensors.items()):
        positive = tensor.endswith("variance")
        values = numbers(math.prod(shape), 0.5 if positive else -0.5, 1.5 if positive else 0.5)
        data = struct.pack(f"<{len(values)}{'e' if kind == 'F16' else 'f'}", *values)
        header[tensor] = {"dtype": kind, "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    SEEDS.mkdir(parents=True, exist_ok=True)
    (SEEDS / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + body)


def conv(name, channels, kernel, stride=1, padding=0, bias=False, **more):
    return {"name": name, "type": "conv2d", "channels": channels, "kernel": [kernel] * 2, "stride": [stride] * 2,
            "padding": [padding] * 2, "bias": bias, **more}


def norm(name, gain=True, **more):
    return {"name": name, "type": "batch-norm", "gain": gain, "epsilon": 1e-3, "decay": 0.9, **more}


def norm_tensors(name, channels, gain=True):
    roles = ["shift", "moving_mean", "moving_variance"] + (["gain"] if gain else [])
    return {f"{name}.{role}": [channels] for role in roles}


CHAIN = [
    {"name": "contrast", "type": "local-contrast", "floor": "batch"},
    {"name": "standardize", "type": "standardize"},
    conv("conv", 2, 3, padding=1),
    norm("norm", gain=False),
    {"name": "relu", "type": "relu"},
    {"name": "max", "type": "max-pool", "kernel": [2, 2], "stride": [2, 2]},
    conv("wide", 4, 2, bias=True, padding=1, dilation=[2, 2], groups=2),
    {"name": "leaky", "type": "leaky-relu", "slope": 0.1},
    {"name": "avg", "type": "avg-pool", "kernel": [3, 3], "stride": [1, 1], "padding": [1, 1]},
    {"name": "flatten", "type": "flatten"},
    {"name": "drop", "type": "dropout", "rate": 0.5},
    {"name": "logits", "type": "dense", "units": 3, "bias": True},
]
CHAIN_TENSORS = {"standardize.mean": [1], "standardize.variance": [1], "conv.weight": [3, 3, 1, 2], **norm_tensors("norm", 2, False),
                 "wide.weight": [2, 2, 1, 4], "wide.bias": [4], "logits.weight": [36, 3], "logits.bias": [3]}
RESIDUAL = [
    conv("stem", 2, 1),
    conv("block", 2, 3, padding=1),
    norm("block.norm"),
    {"name": "sum", "type": "add", "inputs": ["block.norm", "stem"]},
    {"name": "swish", "type": "hard-swish"},
    {"name": "up", "type": "conv-transpose2d", "channels": 1, "kernel": [4, 4], "stride": [2, 2], "padding": [1, 1],
     "output_padding": [0, 0], "bias": True},
    {"name": "vector", "type": "flatten"},
    {"name": "image", "type": "unflatten", "size": [4, 4, 4]},
    {"name": "mean", "type": "global-avg-pool"},
    {"name": "logits", "type": "dense", "units": 2, "bias": False},
]
RESIDUAL_TENSORS = {"stem.weight": [1, 1, 3, 2], "block.weight": [3, 3, 2, 2], **norm_tensors("block.norm", 2), "up.weight": [4, 4, 1, 2],
                    "up.bias": [1], "logits.weight": [4, 2]}
OLD = [
    conv("conv", 2, 1),
    norm("norm", relu=True),
    conv("other", 2, 1),
    {"name": "sum", "type": "add", "with": "norm"},
    {"name": "pool", "type": "max-pool", "size": 2},
    {"name": "flatten", "type": "flatten"},
    {"name": "logits", "type": "dense", "units": 2, "bias": True},
]
OLD_TENSORS = {"conv.weight": [1, 1, 1, 2], **norm_tensors("norm", 2), "other.weight": [1, 1, 2, 2], "logits.weight": [8, 2], "logits.bias": [2]}

model("chain", [1, 6, 6], 3, CHAIN, CHAIN_TENSORS, facts={"classes": '["a","b","c"]', "dataset": "folder:own"})
model("half", [1, 6, 6], 3, CHAIN, CHAIN_TENSORS, kind="F16")
model("residual", [3, 4, 4], 2, RESIDUAL, RESIDUAL_TENSORS)
model("old", [1, 4, 4], 2, OLD, OLD_TENSORS, layout="doubleback-1")
