#!/usr/bin/env python3
"""Writes small ONNX models, and what PyTorch or onnxruntime's rules give for them, for the tests of the import.

    python scripts/make-onnx-model-fixtures.py        (needs torch, onnx, onnxscript, numpy)

crates/doubleback-import/tests/fixtures/onnx-models/NAME.onnx and NAME.npz: `input`, `logits`, and where there is a `label` the `gradient` of the
sum of the cross-entropies, all in float64 from PyTorch.
- residual-old, residual-new: by both exporters of PyTorch, the network ends in log-softmax.
- binary: one probability, of a sigmoid.
- turned: written by hand; channels last, a fixed batch of 2, bytes that are normalized inside, padding by name, a batch norm in training mode,
  a product along the channels, and an output of labels before that of probabilities.
- linear: written by hand as skl2onnx writes scikit-learn's scaled features and logistic regression, with names of classes.
"""
import pathlib
import warnings

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).resolve().parent.parent / "crates/doubleback-import/tests/fixtures/onnx-models"
warnings.filterwarnings("ignore")


class Residual(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 8, 3, padding=1)
        self.norm1 = torch.nn.BatchNorm2d(8)
        self.block = torch.nn.Sequential(torch.nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=8), torch.nn.Tanh())
        self.pool = torch.nn.MaxPool2d(3, 2, 1)
        self.conv2 = torch.nn.Conv2d(8, 6, 1, stride=(1, 2), bias=False)
        self.average = torch.nn.AvgPool2d(2, 2)
        self.fc = torch.nn.Linear(6 * 3 * 2, 5)

    def forward(self, x):
        x = torch.relu(self.norm1(self.conv1(x)))
        x = self.pool(x + self.block(x))
        x = self.average(torch.nn.functional.leaky_relu(self.conv2(x), 0.1))
        return torch.log_softmax(self.fc(torch.flatten(x, 1)), 1)


class Binary(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 4, 3)
        self.fc = torch.nn.Linear(4, 1)

    def forward(self, x):
        x = torch.nn.functional.softplus(self.conv(x)).mean((2, 3))
        return torch.sigmoid(self.fc(x))


def export(model, image, name, dynamo):
    keywords = {"dynamic_axes": {"input": {0: "batch"}}} if not dynamo else {"dynamic_shapes": {"x": {0: torch.export.Dim("batch")}}}
    torch.onnx.export(
        model, (image,), str(OUT / f"{name}.onnx"), input_names=["input"], output_names=["output"], dynamo=dynamo,
        **({"external_data": False} if dynamo else {}), **keywords,
    )


def expected(model, images, labels=None):
    """Values in float64."""
    images = images.double().requires_grad_(True)
    logits = model.double()(images)
    arrays = {"input": images.detach().numpy(), "logits": logits.detach().numpy()}
    if labels is not None:
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels), reduction="sum")
        arrays |= {"label": np.array(labels), "gradient": torch.autograd.grad(loss, images)[0].numpy()}
    model.float()
    return arrays


def residual():
    torch.manual_seed(1)
    model = Residual()
    model.norm1.running_mean.normal_(0, 0.2)
    model.norm1.running_var.uniform_(0.5, 1.5)
    torch.nn.init.uniform_(model.norm1.weight, 0.5, 1.5)
    model.eval()
    images = torch.rand(2, 3, 12, 16, generator=torch.Generator().manual_seed(2))
    np.savez(OUT / "residual.npz", **expected(model, images, [1, 4]))
    export(model, images, "residual-old", False)
    export(model, images, "residual-new", True)


def binary():
    torch.manual_seed(3)
    model = Binary().eval()
    images = torch.rand(2, 1, 7, 5, generator=torch.Generator().manual_seed(4))
    arrays = expected(model, images)
    probability = arrays.pop("logits")
    logit = np.log(probability) - np.log1p(-probability)
    np.savez(OUT / "binary.npz", logits=np.concatenate([np.zeros_like(logit), logit], 1), **arrays)
    export(model, images, "binary", False)


def turned():
    random = np.random.default_rng(5)
    draw = lambda *shape: random.normal(size=shape).astype(np.float32)
    weights = {
        "mean": np.array([100, 120, 140], np.float32), "std": np.array([50, 60, 70], np.float32),
        "w": draw(6, 3, 3, 3), "scale": 1 + 0.3 * draw(6), "shift": draw(6), "m": draw(6), "v": 1 + 0.2 * np.abs(draw(6)),
        "mix": draw(6, 4), "bias": draw(4), "axes": np.array([1, 2], np.int64),
    }
    make = helper.make_node
    nodes = [
        make("Cast", ["x"], ["x32"], to=TensorProto.FLOAT),
        make("Sub", ["x32", "mean"], ["centered"]),
        make("Div", ["centered", "std"], ["normalized"]),
        make("Transpose", ["normalized"], ["first"], perm=[0, 3, 1, 2]),
        make("Conv", ["first", "w"], ["z"], auto_pad="SAME_UPPER", strides=[2, 2], name="block/conv"),
        make("BatchNormalization", ["z", "scale", "shift", "m", "v"], ["n", "m1", "v1"], training_mode=1, epsilon=1e-3),
        make("Softplus", ["n"], ["a"]),
        make("Transpose", ["a"], ["last"], perm=[0, 2, 3, 1]),
        make("MatMul", ["last", "mix"], ["mixed"]),
        make("Add", ["mixed", "bias"], ["biased"]),
        make("ReduceSum", ["biased", "axes"], ["logits"], keepdims=0),
        make("Softmax", ["logits"], ["probabilities"], axis=-1),
        make("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes, "turned",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, [2, 8, 7, 3])],
        [helper.make_tensor_value_info("label", TensorProto.INT64, [2]), helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [2, 4])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="by hand")
    onnx.save(model, OUT / "turned.onnx")

    images = random.integers(0, 256, size=(2, 3, 8, 7)).astype(np.float64)
    t = {name: torch.tensor(value).double() for name, value in weights.items()}
    x = torch.tensor(images, requires_grad=True)
    y = (x - t["mean"].reshape(-1, 1, 1)) / t["std"].reshape(-1, 1, 1)
    # Of 8 rows and 7 columns, half as many and one more: the odd pixel of padding at the end.
    y = torch.nn.functional.conv2d(torch.nn.functional.pad(y, (1, 1, 0, 1)), t["w"], stride=2)
    y = torch.nn.functional.batch_norm(y, t["m"], t["v"], t["scale"], t["shift"], eps=1e-3)
    y = torch.nn.functional.softplus(y).permute(0, 2, 3, 1) @ t["mix"] + t["bias"]
    logits = y.sum((1, 2))
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor([0, 3]), reduction="sum")
    gradient, = torch.autograd.grad(loss, x)
    np.savez(OUT / "turned.npz", input=images, logits=logits.detach().numpy(), label=np.array([0, 3]), gradient=gradient.numpy())


def linear():
    random = np.random.default_rng(6)
    offset, scale = random.uniform(size=12), random.uniform(1, 3, size=12)
    rows, intercepts = random.normal(size=(3, 12)), random.normal(size=3)
    offset, scale, rows, intercepts = (value.astype(np.float32) for value in (offset, scale, rows, intercepts))
    make = lambda *arguments, **attributes: helper.make_node(*arguments, domain="ai.onnx.ml", **attributes)
    names = ["cat", "dog", "owl"]
    nodes = [
        make("Scaler", ["X"], ["scaled"], offset=offset.tolist(), scale=scale.tolist()),
        make("LinearClassifier", ["scaled"], ["label", "scores"], coefficients=rows.ravel().tolist(), intercepts=intercepts.tolist(),
             post_transform="SOFTMAX", multi_class=1, classlabels_strings=names),
        make("Normalizer", ["scores"], ["probabilities"], norm="L1"),
        make("ZipMap", ["probabilities"], ["output_probability"], classlabels_strings=names),
    ]
    maps = helper.make_sequence_type_proto(helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, [])))
    graph = helper.make_graph(
        nodes, "linear", [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 12])],
        [helper.make_tensor_value_info("label", TensorProto.STRING, [None]), helper.make_value_info("output_probability", maps)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 1)], ir_version=8)
    onnx.save(model, OUT / "linear.onnx")
    x = random.uniform(size=(2, 12))
    logits = (x - offset.astype(float)) * scale.astype(float) @ rows.astype(float).T + intercepts.astype(float)
    # Three channels of 2 x 2 pixels.
    np.savez(OUT / "linear.npz", input=x.reshape(2, 3, 2, 2), logits=logits)


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    residual()
    binary()
    turned()
    linear()
