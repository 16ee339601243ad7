"""Makes fuzz/seeds/onnx/: small ONNX files of harmless content for the fuzz target `onnx` and for tests of damaged files.

Weights of `beside.onnx` are in a file named `weights`, which is the model itself where it is fuzzed.

    python scripts/make-onnx-seeds.py     (with onnx and numpy)
"""

import pathlib

import numpy as np
from onnx import TensorProto as T
from onnx import checker, helper, numpy_helper

folder = pathlib.Path(__file__).parent.parent / "fuzz/seeds/onnx"
folder.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(14)


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), **attributes)


def weight(name, *shape):
    return numpy_helper.from_array((random.standard_normal(shape) / 2).astype(np.float32), name)


def ints(name, *values):
    return numpy_helper.from_array(np.array(values, np.int64), name)


def save(name, nodes, initializers, x, y, opset=17, functions=(), change=None, imports=()):
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info("x", T.FLOAT, x)], [helper.make_tensor_value_info("y", T.FLOAT, y)], initializers
    )
    imports = [helper.make_opsetid("", opset), *imports]
    model = helper.make_model(graph, opset_imports=imports, functions=list(functions), ir_version=10, producer_name="seeds")
    checker.check_model(model)
    if change:
        change(model)
    path = folder / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    print(path.name, path.stat().st_size)


def positive(name, *shape):
    return numpy_helper.from_array(random.uniform(0.5, 1.5, shape).astype(np.float32), name)


save(
    "residual",
    [
        node("Conv", "x w b", "c", pads=[1, 1, 1, 1], strides=[2, 2]),
        node("BatchNormalization", "c s o m v", "n"),
        node("Relu", "n", "r"),
        node("Conv", "r g", "d", kernel_shape=[3, 3], group=4, auto_pad="SAME_UPPER"),
        node("Add", "d r", "a"),
        node("MaxPool", "a", "p", kernel_shape=[2, 2], strides=[2, 2]),
        node("GlobalAveragePool", "p", "q"),
        node("Flatten", "q", "f"),
        node("Gemm", "f u k", "z", transB=1),
        node("Softmax", "z", "y", axis=-1),
    ],
    [weight("w", 4, 3, 3, 3), weight("b", 4), weight("s", 4), weight("o", 4), weight("m", 4), positive("v", 4), weight("g", 4, 1, 3, 3),
     weight("u", 5, 4), weight("k", 5)],
    ["batch", 3, 8, 8],
    ["batch", 5],
)
save(
    "shapes",
    [
        node("Shape", "x", "shape"),
        node("Gather", "shape zero", "n"),
        node("Unsqueeze", "n axis", "n1"),
        node("Concat", "n1 rest", "to", axis=0),
        node("Transpose", "x", "t", perm=[0, 3, 1, 2]),
        node("Pad", "t pads", "p"),
        node("Conv", "p w", "c"),
        node("Sigmoid", "c", "s"),
        node("Mul", "c s", "silu"),
        node("Slice", "silu starts ends axes", "cut"),
        node("ReduceMean", "cut", "mean", axes=[2, 3], keepdims=0),
        node("Reshape", "mean to", "flat"),
        node("MatMul", "flat u", "y"),
    ],
    [ints("rest", -1), numpy_helper.from_array(np.array(0, np.int64), "zero"), ints("axis", 0), ints("pads", 0, 0, 1, 0, 0, 0, 1, 2),
     weight("w", 4, 1, 2, 2), ints("starts", 1), ints("ends", 100), ints("axes", 2), weight("u", 4, 3)],
    ["batch", 6, 6, 1],
    ["batch", 3],
    opset=13,
)


def beside(model):
    offset = 0
    for tensor in model.graph.initializer:
        length = len(tensor.raw_data)
        tensor.ClearField("raw_data")
        tensor.data_location = T.EXTERNAL
        for key, value in (("location", "weights"), ("offset", str(offset)), ("length", str(length))):
            tensor.external_data.add(key=key, value=value)
        offset += 4


save(
    "beside",
    [node("Flatten", "x", "f"), node("Gemm", "f w b", "y")],
    [weight("w", 16, 3), weight("b", 3)],
    [1, 1, 4, 4],
    [1, 3],
    change=beside,
)

attribute = helper.make_node("LeakyRelu", ["t"], ["y"])
reference = attribute.attribute.add(name="alpha", type=1)
reference.ref_attr_name = "slope"
block = helper.make_function(
    "own", "Block", ["x", "w"], ["y"], [node("Conv", "x w", "t", pads=[1, 1, 1, 1]), attribute], [helper.make_opsetid("", 17)], ["slope"]
)
branch = [helper.make_graph([node(op, "b", op)], op, [], [helper.make_tensor_value_info(op, T.FLOAT, None)]) for op in ("Tanh", "Elu")]
save(
    "functions",
    [
        helper.make_node("Block", ["x", "w"], ["a"], domain="own", slope=0.1),
        helper.make_node("Block", ["a", "w"], ["b"], domain="own", slope=0.2),
        node("Constant", "", "yes", value=numpy_helper.from_array(np.array(True), "")),
        helper.make_node("If", ["yes"], ["i"], then_branch=branch[0], else_branch=branch[1]),
        node("Flatten", "i", "f"),
        node("MatMul", "f u", "y"),
    ],
    [weight("w", 2, 2, 3, 3), weight("u", 32, 2)],
    ["batch", 2, 4, 4],
    ["batch", 2],
    functions=[block],
    imports=[helper.make_opsetid("own", 1)],
)

def typed(model):
    """Values of every kind of field."""
    tensors = model.graph.initializer
    for tensor in tensors:
        if tensor.name == "w":
            array = numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(helper.make_tensor("w", T.FLOAT16, array.shape, array.flatten()))
        elif tensor.data_type == T.FLOAT:
            array = numpy_helper.to_array(tensor)
            tensor.CopyFrom(helper.make_tensor(tensor.name, T.FLOAT, array.shape, array.flatten()))


save(
    "quantized",
    [
        node("QuantizeLinear", "x sx zx", "q"),
        node("DequantizeLinear", "q sx zx", "d"),
        node("Clip", "d low high", "c"),
        node("AveragePool", "c", "p", kernel_shape=[2, 2], count_include_pad=1, pads=[1, 1, 0, 0], ceil_mode=1),
        node("PRelu", "p slope", "r"),
        node("Flatten", "r", "f"),
        node("Gemm", "f w", "z", alpha=0.5),
        node("Div", "z deviation", "y"),
    ],
    [positive("sx"), numpy_helper.from_array(np.array(-3, np.int8), "zx"), weight("low"), positive("high"), weight("slope", 2, 1, 1),
     weight("w", 32, 3), positive("deviation", 3)],
    ["batch", 2, 4, 4],
    ["batch", 3],
    change=typed,
)

# A condition that is computed of shapes, and a branch that takes values from around it.
inner = helper.make_graph(
    [node("Constant", "", "two", value_float=2.0), node("Mul", "a two", "m"), node("Add", "m b", "then")],
    "then",
    [],
    [helper.make_tensor_value_info("then", T.FLOAT, None)],
)
other = helper.make_graph([node("Einsum", "a b", "else", equation="ab,cd->ad")], "else", [], [helper.make_tensor_value_info("else", T.FLOAT, None)])
save(
    "branches",
    [
        node("Flatten", "x", "f"),
        node("MatMul", "f u", "a"),
        node("Neg", "a", "b"),
        node("Shape", "x", "shape"),
        node("Gather", "shape one", "channels"),
        node("Equal", "channels one", "single"),
        helper.make_node("If", ["single"], ["y"], then_branch=inner, else_branch=other),
    ],
    [ints("one", 1), weight("u", 16, 2)],
    ["batch", 1, 4, 4],
    ["batch", 2],
)
