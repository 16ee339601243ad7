"""Makes crates/doubleback-import/tests/fixtures/onnx-reader/: small ONNX files for tests of reading, made by onnx itself.

types.onnx has a constant of every type that onnx can write, in `raw_data` and in the field for its type; what its values are stands in the
metadata under the constant's name, as JSON. external.onnx has the same, of the types that networks use, in external.onnx.data.

    python scripts/make-onnx-reader-fixtures.py     (with onnx and numpy)
"""

import json
import pathlib

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper, numpy_helper

folder = pathlib.Path(__file__).parent.parent / "crates/doubleback-import/tests/fixtures/onnx-reader"
folder.mkdir(parents=True, exist_ok=True)

VALUES = {
    T.FLOAT: [0.0, -1.5, 3.25, 1e-40, 3e38, float("inf")],
    T.DOUBLE: [0.0, -1.5, 3.25, 1 / 3, 1e-50, -2e30],
    T.FLOAT16: [0.0, -1.5, 3.25, 6e-8, 65504.0, float("-inf")],
    T.BFLOAT16: [0.0, -1.5, 3.25, 1e-38, 3e38, float("inf")],
    T.FLOAT8E4M3FN: [0.0, -1.5, 3.25, 0.002, 448.0, -0.5],
    T.FLOAT8E4M3FNUZ: [0.0, -1.5, 3.25, 0.001, 240.0, -0.5],
    T.FLOAT8E5M2: [0.0, -1.5, 3.0, 2e-5, 57344.0, -0.5],
    T.FLOAT8E5M2FNUZ: [0.0, -1.5, 3.0, 1e-5, 57344.0, -0.5],
    T.INT8: [0, 1, -1, 127, -128, 5],
    T.UINT8: [0, 1, 2, 127, 128, 255],
    T.INT16: [0, 1, -1, 32767, -32768, 5],
    T.UINT16: [0, 1, 2, 32767, 32768, 65535],
    T.INT32: [0, 1, -1, 2**31 - 1, -(2**31), 5],
    T.UINT32: [0, 1, 2, 2**31 - 1, 2**31, 2**32 - 1],
    T.INT64: [0, 1, -1, 2**63 - 1, -(2**63), 5],
    T.UINT64: [0, 1, 2, 2**31 - 1, 2**31, 2**63 - 1],
    T.BOOL: [True, False, False, True, True, False],
    T.INT4: [0, 1, -1, 7, -8, 5],
    T.UINT4: [0, 1, 2, 7, 8, 15],
    T.INT2: [0, 1, -1, -2, 1, 0],
    T.UINT2: [0, 1, 2, 3, 0, 1],
}


def written(array):
    """As JSON, in float32 where they are floats."""
    kind = array.dtype
    if kind == bool:
        return [bool(value) for value in array.flat]
    if np.issubdtype(kind, np.integer) or str(kind) in ("int4", "uint4", "int2", "uint2"):
        return [int(value) for value in array.flat]
    with np.errstate(over="ignore"):
        return [str(value) for value in array.astype(np.float32).flat]


tensors, expected = [], {}
for kind, values in VALUES.items():
    name = T.DataType.Name(kind).lower()
    # An odd number of elements of four bits, too.
    for dims, some in ([2, 3], values), ([5], values[:5]):
        dtype = helper.tensor_dtype_to_np_dtype(kind)
        with np.errstate(over="ignore"):
            array = np.array(some).astype(dtype).reshape(dims)
        raw = numpy_helper.from_array(array, f"{name} raw {len(dims)}")
        assert raw.data_type == kind, (name, raw.data_type)
        typed = helper.make_tensor(f"{name} typed {len(dims)}", kind, dims, array.flatten())
        assert not typed.raw_data
        for tensor in raw, typed:
            tensors.append(tensor)
            expected[tensor.name] = {"shape": dims, "values": written(numpy_helper.to_array(tensor))}

tensors.append(helper.make_tensor("texts", T.STRING, [2], ["a", "b"]))
tensors.append(helper.make_tensor("complex", T.COMPLEX64, [1], [1 + 2j]))

node = helper.make_node("Identity", ["x"], ["y"], name="")
graph = helper.make_graph(
    [node],
    "types",
    [helper.make_tensor_value_info("x", T.FLOAT, ["batch", 3, 2, -1])],
    [helper.make_tensor_value_info("y", T.FLOAT, None)],
    tensors,
)
model = helper.make_model(graph, producer_name="doubleback", producer_version="fixtures", opset_imports=[helper.make_opsetid("ai.onnx", 22)])
model.ir_version = 11
helper.set_model_props(model, {name: json.dumps(value) for name, value in expected.items()})
(folder / "types.onnx").write_bytes(model.SerializeToString())

network = [T.FLOAT, T.FLOAT16, T.INT64, T.UINT8, T.BOOL, T.INT4]
names = [f"{T.DataType.Name(kind).lower()} raw {rank}" for kind in network for rank in (1, 2)]
del graph.initializer[:]
graph.initializer.extend(tensor for tensor in tensors if tensor.name in names)
model = helper.make_model(graph, producer_name="doubleback", opset_imports=[helper.make_opsetid("", 22)])
model.ir_version = 10
helper.set_model_props(model, {name: json.dumps(expected[name]) for name in names})
(folder / "external.onnx.data").unlink(missing_ok=True)
onnx.save(model, folder / "external.onnx", save_as_external_data=True, location="external.onnx.data", size_threshold=0)
print({path.name: path.stat().st_size for path in folder.iterdir()}, ml_dtypes.__version__)
