"""Small ONNX models that compare, choose and draw, with what onnxruntime 1.32.0 gives for those that do not draw.

    python scripts/choice-models.py crates/doubleback-import/tests/fixtures/choices
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

folder = Path(sys.argv[1])
random = np.random.default_rng(3)


def floats(*shape):
    return (random.standard_normal(shape) * 0.5).astype(np.float32)


def model(name, nodes, constants, opset=17, run=True):
    """`nodes`: text such as `c = Less a b`, with attributes after a semicolon."""
    made = []
    for line in filter(str.strip, nodes.splitlines()):
        call, _, attributes = line.strip().partition(";")
        outputs, _, call = call.partition("=")
        op, *inputs = call.split()
        made.append(helper.make_node(op, inputs, outputs.split(), **eval(f"dict({attributes})")))
    graph = helper.make_graph(
        made,
        name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 6, 5])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])],
        [numpy_helper.from_array(np.asarray(value), key) for key, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), folder / f"{name}.onnx")
    if not run:
        return
    x = random.random((3, 3, 6, 5), np.float32)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
    np.savez_compressed(folder / f"{name}.npz", x=x, y=session.run(None, {"x": x})[0])


folder.mkdir(exist_ok=True)
weights = {"w": floats(6, 3, 3, 3), "fw": floats(6, 4), "half": np.float32(0.2), "row": floats(5), "channel": floats(6, 1, 1)}
head = """
p = GlobalAveragePool z
f = Flatten p
y = MatMul f fw
"""
body = "a = Conv x w; pads=[1, 1, 1, 1]\n"
model("comparisons", body + """
c = Greater a half
d = LessOrEqual a row
e = And c d
g = Or c d
h = Xor e g
k = Not h
l = Where k a channel
z = Where c l half
""" + head, weights)
model("of_two", body + """
b = Transpose a; perm=[0, 1, 2, 3]
n = Neg b
s = Sigmoid a
c = GreaterOrEqual n s
q = Equal a a
v = And c q
o = IsNaN a
u = Or v o
z = Where u n a
""" + head, weights)
# Rows of 2-D values: no images any more.
model("rows", body + """
p = GlobalAveragePool a
f = Flatten p
m = MatMul f fw
c = Less m limit
y = Where c m other
""", weights | {"limit": floats(4), "other": floats(1, 4)})
model("floats_as_truth", body + """
c = Cast a; to=9
d = Cast c; to=1
z = Mul d a
""" + head, weights)
model("noise", body + """
r = RandomNormalLike a; scale=0.5, seed=2.0
u = RandomUniform ; shape=[1, 6, 1, 1], low=-1.0, high=1.0
s = Sigmoid a
t = Bernoulli s
b = Add a r
d = Mul b u
z = Mul d t
""" + head, weights, run=False)
