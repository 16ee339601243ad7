#!/usr/bin/env python3
"""Writes small ONNX models of functions of every value and of arithmetic, with what onnxruntime computes of two images.

    python scripts/elementwise-onnx-fixtures.py        (needs onnx 1.23 or later, onnxruntime and numpy)

crates/doubleback-import/tests/fixtures/onnx-elementwise.npz has the images `x` and of each model its file `NAME.onnx` and its outputs `NAME.y`.
"""
import pathlib
import zipfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

PATH = pathlib.Path(__file__).resolve().parent.parent / "crates/doubleback-import/tests/fixtures/onnx-elementwise.npz"
C, H, W = 4, 3, 5
random = np.random.default_rng(0)
IMAGES = random.uniform(0, 1, (2, C, H, W)).astype(np.float32)
models = {}


def tensor(shape, low=0.5, high=1.5):
    return random.uniform(low, high, shape).astype(np.float32)


def model(name, nodes, constants, opset):
    """From images `x` to `y`, flattened."""
    nodes = [*nodes, helper.make_node("Flatten", ["y"], ["out"])]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", C, H, W])]
    outputs = [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", None])]
    initializers = [numpy_helper.from_array(np.asarray(value), key) for key, value in constants.items()]
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializers)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8 if opset < 20 else 11)
    onnx.checker.check_model(made)
    models[name] = made.SerializeToString()


def unary(op, low, high, opset=18, constants=(), name=None, **attributes):
    """Of values between low and high; then each channel times a number, so that it is not the last function."""
    extra = {f"c{i}": value for i, value in enumerate(constants) if value is not None}
    inputs = ["z", *(f"c{i}" if value is not None else "" for i, value in enumerate(constants))]
    nodes = [
        helper.make_node("Mul", ["x", "range"], ["s"]),
        helper.make_node("Add", ["s", "low"], ["z"]),
        helper.make_node(op, inputs, ["f"], **attributes),
        helper.make_node("Mul", ["f", "gain"], ["y"]),
    ]
    f32 = np.float32
    model(name or op, nodes, {"range": f32(high - low), "low": f32(low), "gain": tensor((C, 1, 1)), **extra}, opset)


for op in ["Abs", "Atan", "Asinh", "Ceil", "Cos", "Cosh", "Erf", "Exp", "Floor", "HardSwish", "Mish", "Neg", "Round", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Tanh"]:
    unary(op, -4, 4)
for op, low, high in [("Acos", -0.95, 0.95), ("Asin", -0.95, 0.95), ("Atanh", -0.95, 0.95), ("Acosh", 1.05, 4), ("Log", 0.1, 4), ("Sqrt", 0.1, 4), ("Reciprocal", 0.2, 4), ("Tan", -1.3, 1.3)]:
    unary(op, low, high)
for op, attributes in [("Celu", {"alpha": 1.3}), ("Elu", {"alpha": 0.7}), ("HardSigmoid", {"alpha": 0.3, "beta": 0.4}), ("LeakyRelu", {"alpha": 0.2}), ("Selu", {"alpha": 1.5, "gamma": 1.2}), ("Shrink", {"lambd": 0.6, "bias": 0.4}), ("ThresholdedRelu", {"alpha": 0.9})]:
    unary(op, -4, 4)
    unary(op, -4, 4, name=f"{op}-attributes", **attributes)
unary("LeakyRelu", -4, 4, name="LeakyRelu-steep", alpha=1.5)
unary("Gelu", -4, 4, opset=20)
unary("Gelu", -4, 4, opset=20, name="Gelu-tanh", approximate="tanh")
unary("Clip", -4, 4, opset=10, name="Clip-10", min=-1.0, max=2.0)
unary("Clip", -4, 4, opset=10, name="Clip-10-one", min=0.5)
unary("Clip", -4, 4, opset=7, name="Clip-7-none")
unary("Clip", -4, 4, constants=[np.float32(0), np.float32(6)], name="Clip-relu6")
unary("Clip", -4, 4, constants=[np.float32(-1), None], name="Clip-min")
unary("Clip", -4, 4, constants=[None, np.float32(1.5)], name="Clip-max")
unary("Swish", -4, 4, opset=24)
unary("Swish", -4, 4, opset=24, name="Swish-alpha", alpha=1.7)

def pair(op, constant, left=False, name=None, **attributes):
    names = ["c", "x"] if left else ["x", "c"]
    side = "left" if left else "right"
    where = "x".join(map(str, np.shape(constant))) or "number"
    model(f"{op}-{where}-{side}" if name is None else name, [helper.make_node(op, names, ["y"], **attributes)], {"c": constant}, 18)


for op in ["Add", "Sub", "Mul", "Div", "Pow", "Max", "Min"]:
    shapes = [(), (C, 1, 1)] if op in ["Add", "Div", "Min"] else [(), (C, 1, 1), (1, C, 1, 1), (W,), (H, W), (1, C, H, W)]
    for shape in shapes:
        for left in [False, True]:
            pair(op, tensor(shape) if shape else np.float32(0.7), left)
pair("Mod", tensor((C, 1, 1)), fmod=1)
for exponent in [2, 3, 0.5, -1, 1.5, 0]:
    pair("Pow", np.float32(exponent), name=f"Pow-{exponent}")
pair("Pow", np.int64(2), name="Pow-integer")
for shape in [(C, 1, 1), (1,), (W,), (C, H, W)]:
    nodes = [helper.make_node("Sub", ["x", "half"], ["z"]), helper.make_node("PRelu", ["z", "slope"], ["y"])]
    where = "x".join(map(str, shape))
    model(f"PRelu-{where}", nodes, {"half": np.float32(0.5), "slope": tensor(shape)}, 18)
for op in ["Add", "Sub", "Mul", "Div", "Pow", "Max", "Min"]:
    for left in [False, True]:
        names = ["m", "x"] if left else ["x", "m"]
        nodes = [helper.make_node("GlobalAveragePool", ["x"], ["m"]), helper.make_node(op, names, ["y"])]
        model(f"{op}-means-{'left' if left else 'right'}", nodes, {}, 18)
for op in ["Sum", "Mean", "Max", "Min"]:
    nodes = [helper.make_node("GlobalAveragePool", ["x"], ["m"]), helper.make_node(op, ["c", "x", "m", "x"], ["y"])]
    model(f"{op}-several", nodes, {"c": tensor((C, 1, 1))}, 18)
nodes = [
    helper.make_node("GlobalAveragePool", ["x"], ["m"]),
    helper.make_node("Flatten", ["m"], ["v"]),
    helper.make_node("Add", ["v", "c"], ["w"]),
    helper.make_node("Sigmoid", ["w"], ["s"]),
    helper.make_node("Mul", ["s", "v"], ["y"]),
]
model("vectors", nodes, {"c": tensor((C,))}, 18)
nodes = [helper.make_node("Add", ["x", "zero"], ["a"]), helper.make_node("Mul", ["a", "one"], ["b"]), helper.make_node("Abs", ["b"], ["y"])]
model("nothing", nodes, {"zero": np.zeros((C, 1, 1), np.float32), "one": np.float32(1)}, 18)

arrays = {"x": IMAGES}
for name, content in models.items():
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        arrays[f"{name}.y"] = session.run(None, {"x": IMAGES})[0]
    except Exception as error:
        raise SystemExit(f"{name}: {error}")
    arrays[f"{name}.onnx"] = np.frombuffer(content, np.uint8)
PATH.parent.mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(PATH, "w", zipfile.ZIP_DEFLATED) as archive:
    for key, array in arrays.items():
        entry = zipfile.ZipInfo(f"{key}.npy")
        entry.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(entry, "w") as file:
            np.lib.format.write_array(file, array, version=(1, 0))
print(len(models), "models,", PATH.stat().st_size, "bytes")
