"""One small network as it was written, as float16, and as three optimizers leave it, with what onnxruntime gives for the first.

    pip install onnx==1.23.2 onnxruntime==1.32.0 onnxconverter-common==1.16.0 onnxoptimizer==0.4.2 onnxsim==0.8.1 onnxslim==0.1.98
    python scripts/optimized-models.py crates/doubleback-import/tests/fixtures/optimized
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxoptimizer
import onnxruntime
import onnxsim
import onnxslim
from onnx import TensorProto, helper, numpy_helper
from onnxconverter_common import float16

folder = Path(sys.argv[1])
folder.mkdir(exist_ok=True)
random = np.random.default_rng(0)


def floats(*shape):
    return (random.standard_normal(shape) * 0.4).astype(np.float32)


constants = {
    "w1": floats(8, 3, 3, 3), "w2": floats(8, 1, 3, 3), "fw": floats(8, 4), "fb": floats(4),
    "gain": np.abs(floats(8)) + 0.5, "shift": floats(8), "mean": floats(8), "variance": np.abs(floats(8)) + 0.5,
    "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]), "axes": np.array([2, 3]), "half": np.array([0.5], np.float32),
}
make = helper.make_node
nodes = [
    make("Conv", ["x", "w1"], ["a"], pads=[1] * 4),
    make("BatchNormalization", ["a", "gain", "shift", "mean", "variance"], ["b"]),
    make("Relu", ["b"], ["c"]),
    make("Pad", ["c", "pads"], ["d"]),
    make("MaxPool", ["d"], ["e"], kernel_shape=[3, 3], strides=[2, 2]),
    make("Conv", ["e", "w2"], ["f"], group=8, pads=[1] * 4),
    make("Mul", ["f", "half"], ["g"]),
    make("Add", ["g", "e"], ["h"]),
    make("Sigmoid", ["h"], ["i"]),
    make("Mul", ["h", "i"], ["j"]),
    make("ReduceMean", ["j", "axes"], ["k"], keepdims=0),
    make("MatMul", ["k", "fw"], ["l"]),
    make("Add", ["l", "fb"], ["m"]),
    make("Dropout", ["m"], ["y"]),
]
x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in [("x", ["n", 3, 16, 16]), ("y", ["n", 4])])
initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
graph = helper.make_graph(nodes, "network", [x], [y], initializers)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
onnx.checker.check_model(model, full_check=True)


def fresh():
    return onnx.ModelProto.FromString(model.SerializeToString())


models = {
    "plain": fresh(),
    "float16": float16.convert_float_to_float16(fresh()),
    "float16_inside": float16.convert_float_to_float16(fresh(), keep_io_types=True),
    "onnxoptimizer": onnxoptimizer.optimize(fresh()),
    "onnxsim": onnxsim.simplify(fresh())[0],
    "onnxslim": onnxslim.slim(fresh()),
}
images = random.random((2, 3, 16, 16), np.float32)
for name, one in models.items():
    onnx.save(one, folder / f"{name}.onnx")
    print(name, " ".join(node.op_type for node in one.graph.node))
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
np.savez_compressed(folder / "plain.npz", x=images, y=session.run(None, {"x": images})[0])
