"""What onnxruntime gives for single operators on constants, at every opset that changed them: the fixture of the folding of constants.

    python -m venv venv && venv/bin/pip install onnx==1.23.2 onnxruntime==1.32.0
    venv/bin/python scripts/onnx-folding-fixture.py crates/doubleback-import/tests/fixtures/folding.json
"""

import json
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

NEWEST = 28
VERSIONS = {}
for schema in onnx.defs.get_all_schemas_with_history():
    if schema.domain == "":
        VERSIONS.setdefault(schema.name, set()).add(schema.since_version)

random = np.random.default_rng(7)
cases = []


def f(*shape):
    """Floats around zero, few digits."""
    return (random.integers(-64, 64, shape) / 16).astype(np.float32)


def pos(*shape):
    return (random.integers(1, 64, shape) / 16).astype(np.float32)


def i(values):
    return np.array(values, np.int64)


def floats(*values):
    return np.array(values, np.float32)


def opsets(op, low, high):
    known = sorted(VERSIONS[op])
    at = {max(7, v) for v in known}
    if min(known) <= 7:
        at.add(7)
    at.add(NEWEST)
    return [v for v in sorted(at) if v >= min(known) and low <= v <= high]


def run(op, opset, inputs, outputs, attributes):
    names = ["" if value is None else f"x{k}" for k, value in enumerate(inputs)]
    given = [(name, value) for name, value in zip(names, inputs) if value is not None]
    ports = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in given
    ]
    results = [f"y{k}" for k in range(outputs)]
    node = helper.make_node(op, names, results, **attributes)
    graph = helper.make_graph([node], "g", ports, [onnx.ValueInfoProto(name=name) for name in results])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, dict(given))


def number(value):
    if isinstance(value, (float, np.floating)):
        value = float(value)
        if not np.isfinite(value):
            return str(value)
        return float(np.format_float_positional(np.float32(value), trim="0")) if value == np.float32(value) else value
    return bool(value) if isinstance(value, np.bool_) else int(value)


def tensor(value):
    if value is None:
        return None
    value = np.asarray(value)
    return {
        "type": helper.tensor_dtype_to_string(helper.np_dtype_to_tensor_dtype(value.dtype)).split(".")[1].lower(),
        "shape": list(value.shape),
        "values": [number(v) for v in value.reshape(-1)],
    }


def attribute(value):
    if isinstance(value, onnx.TensorProto):
        return {"tensor": tensor(numpy_helper.to_array(value))}
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, float):
        return {"float": value}
    if isinstance(value, int):
        return {"int": value}
    if value and isinstance(value[0], float):
        return {"floats": value}
    return {"ints": list(value)}


def case(op, *inputs, low=7, high=NEWEST, outputs=1, **attributes):
    inputs = [None if value is None else np.asarray(value) for value in inputs]
    by_result = {}
    refused = None
    for opset in opsets(op, low, high):
        try:
            found = [tensor(value) for value in run(op, opset, inputs, outputs, attributes)]
        except Exception as error:
            text = str(error).replace("\n", " ")
            if "NOT_IMPLEMENTED" in text or "is till opset" in text or "is invalid for" in text:
                print(f"not in onnxruntime: {op} {opset} {attributes}: {text[:120]}")
                continue
            found = None
            refused = f"refused: {op} {opset} {[None if v is None else (v.dtype.name, v.shape) for v in inputs]} {attributes}: {text[-130:]}"
        by_result.setdefault(json.dumps(found), []).append(opset)
    if refused:
        print(refused)
    for found, at in by_result.items():
        cases.append(
            {
                "op": op,
                "opsets": at,
                "attributes": {name: attribute(value) for name, value in attributes.items()},
                "inputs": [tensor(value) for value in inputs],
                "outputs": json.loads(found),
            }
        )


def make():
    x = f(2, 3, 4)
    case("Shape", x)
    for bounds in [dict(start=1), dict(end=-1), dict(start=-2, end=9), dict(start=2, end=1), dict(start=-9)]:
        case("Shape", x, low=15, **bounds)
    case("Shape", np.float32(3))
    case("Size", x)
    case("Size", np.float32(3))
    case("ConstantOfShape", i([2, 3]), low=9)
    case("ConstantOfShape", i([]), low=9)
    case("ConstantOfShape", i([2, 0]), low=9)
    for value in [np.array([7], np.int64), np.array([True]), np.array([0.5], np.float32)]:
        case("ConstantOfShape", i([2]), low=9, value=numpy_helper.from_array(value))
    case("EyeLike", f(2, 3), low=9)
    case("EyeLike", f(3, 3), low=9, k=1, dtype=int(TensorProto.INT64))
    case("EyeLike", f(3, 2), low=9, k=-1)
    case("EyeLike", f(3, 2), low=9, k=5)
    case("Range", np.int64(2), np.int64(9), np.int64(3), low=11)
    case("Range", np.int64(9), np.int64(2), np.int64(-3), low=11)
    case("Range", np.int64(9), np.int64(2), np.int64(3), low=11)
    case("Range", np.int64(8), np.int64(2), np.int64(-3), low=11)
    case("Range", np.float32(0), np.float32(1), np.float32(0.1), low=11)
    case("Range", np.float32(1), np.float32(-1), np.float32(-0.3), low=11)

    wild = floats(-2.7, -0.5, 0.0, 0.5, 1.5, 2.5, 127.6, 128.2, 255.9, 300.0, -1.0, -129.0, -300.7)
    types = "UINT8 INT8 UINT16 INT16 INT32 INT64 BOOL UINT32 FLOAT FLOAT16 DOUBLE".split()
    for kind in types:
        case("Cast", wild, to=int(getattr(TensorProto, kind)))
    beyond = floats(3e9, -3e9, 1e19, -1e19, np.inf, -np.inf, np.nan, 70000.0)
    for kind in "UINT8 INT8 INT16 INT32 INT64 BOOL FLOAT16".split():
        case("Cast", beyond, to=int(getattr(TensorProto, kind)))
    whole = i([-129, -1, 0, 1, 127, 128, 255, 256, 300, 2**31, -(2**31) - 1])
    for kind in "UINT8 INT8 UINT16 INT16 INT32 BOOL FLOAT".split():
        case("Cast", whole, to=int(getattr(TensorProto, kind)))
    case("Cast", np.array([True, False]), to=int(TensorProto.FLOAT))
    case("Cast", np.array([True, False]), to=int(TensorProto.INT64))
    case("Cast", floats(1 + 2.0**-11, 1 + 2.0**-8, 65519.0, 65520.0, 1e-8, 1e-7), to=int(TensorProto.FLOAT16))
    case("CastLike", floats(-1.5, 2.5), i([1]), low=15)
    case("CastLike", i([0, 2]), np.array([True]), low=15)
    case("CastLike", floats(-1.5, 2.5), np.array([1], np.uint8), low=15)
    case("Identity", x)
    case("Dropout", x, low=7, high=11)
    case("Dropout", x, low=12)
    case("Dropout", x, low=12, outputs=2)

    case("Reshape", x, i([4, 6]))
    case("Reshape", x, i([0, -1]))
    case("Reshape", x, i([0, 0, -1]))
    case("Reshape", x, i([-1, 0, 2]))
    case("Reshape", x, i([5, -1]))
    case("Reshape", x, i([0, 0, 0, 0]))
    case("Reshape", f(0, 3), i([3, 0]), low=14, allowzero=1)
    case("Reshape", f(0, 3), i([0, 3]))
    case("Reshape", f(1), i([]))
    case("Squeeze", f(1, 3, 1, 2), low=7)
    case("Squeeze", f(1, 3, 1, 2), high=12, axes=[0])
    case("Squeeze", f(1, 3, 1, 2), low=11, high=12, axes=[-2])
    case("Squeeze", f(1, 3, 1, 2), i([0, -2]), low=13)
    case("Squeeze", f(1, 3, 1, 2), i([1]), low=13)
    case("Unsqueeze", f(3, 2), high=12, axes=[0, 3])
    case("Unsqueeze", f(3, 2), low=11, high=12, axes=[-1])
    case("Unsqueeze", f(3, 2), i([-1, 1]), low=13)
    case("Unsqueeze", np.int64(5), i([0]), low=13)
    case("Flatten", x)
    case("Flatten", x, axis=0)
    case("Flatten", x, axis=3)
    case("Flatten", x, axis=-1, low=11)
    case("Transpose", x)
    case("Transpose", x, perm=[1, 2, 0])
    case("Concat", f(2, 1), f(2, 3), axis=1)
    case("Concat", i([1]), i([]), i([2, 3]), axis=0)
    case("Concat", f(2, 1), f(2, 3), axis=-1)
    case("Concat", f(2, 1), f(3, 1), axis=1)
    case("Split", f(4, 2), outputs=2, high=12)
    case("Split", f(5, 2), outputs=2, high=12, split=[2, 3])
    case("Split", f(2, 6), outputs=3, high=12, axis=-1, low=11)
    case("Split", f(4, 2), outputs=2, low=13, high=13)
    case("Split", f(5, 2), i([2, 3]), outputs=2, low=13)
    case("Split", f(5, 2), i([2, 0, 3]), outputs=3, low=13)
    case("Split", f(5, 2), i([2, 2]), outputs=2, low=13)
    case("Split", f(7, 2), outputs=3, low=18, num_outputs=3)
    case("Split", f(2, 7), outputs=2, low=18, num_outputs=2, axis=-1)
    case("Split", f(5, 2), outputs=2, high=12)

    s = np.arange(20, dtype=np.float32).reshape(4, 5)
    case("Slice", s, high=9, starts=[1, -3], ends=[3, 9])
    case("Slice", s, high=9, starts=[1], ends=[-1], axes=[1])
    big, least = 2**63 - 1, -(2**63)
    for starts, ends, axes, steps in [
        ([1, 0], [3, 4], None, None),
        ([1], [4], [1], [2]),
        ([-1], [-6], [1], [-1]),
        ([-1], [least], [1], [-1]),
        ([-1], [-(2**31)], [1], [-2]),
        ([9], [0], [1], [-3]),
        ([-1], [big], [1], [-1]),
        ([-1], [2**31 - 1], [1], [-1]),
        ([-1], [100], [1], [-1]),
        ([0], [big], [0], [3]),
        ([3], [1], [0], [1]),
        ([-9], [2], [0], [1]),
        ([2], [-9], [0], [-1]),
        ([1], [3], [-1], [1]),
        ([least], [big], [0], [1]),
        ([0], [4], [0], [0]),
        ([5], [9], [0], [1]),
    ]:
        more = [None if v is None else i(v) for v in (axes, steps)]
        while more and more[-1] is None:
            more.pop()
        case("Slice", s, i(starts), i(ends), *more, low=10)
    case("Slice", f(0, 2), i([-1]), i([least]), i([0]), i([-1]), low=10)
    case("Slice", s, np.array([1], np.int32), np.array([3], np.int32), np.array([1], np.int32), low=10)

    case("Gather", x, i([[0, 1], [1, 0]]))
    case("Gather", x, i([2, 0]), axis=1)
    case("Gather", x, np.int64(1), axis=2)
    case("Gather", x, i([-1]), low=11)
    case("Gather", x, i([3]), axis=1)
    case("Gather", x, i([1]), axis=-1)
    case("GatherElements", s, i([[0, 3], [2, 1]]), low=11)
    case("GatherElements", s, i([[0, -1], [2, 1]]), low=11, axis=1)
    case("GatherElements", s, i([[0, 5], [2, 1]]), low=11, axis=1)
    case("GatherND", x, i([[0, 1], [1, -1]]), low=11)
    case("GatherND", x, i([[[0, 1, 2]], [[1, 0, 3]]]), low=11)
    case("GatherND", x, i([[1], [2]]), low=12, batch_dims=1)
    case("GatherND", x, i([[2]]), low=11)
    case("ScatterND", f(4, 2), i([[1], [3]]), f(2, 2), low=11)
    case("ScatterND", f(4, 2), i([[1, 0], [-1, 1]]), f(2), low=11)
    for reduction in ["none", "add", "mul"]:
        case("ScatterND", f(4), i([[1], [1]]), f(2), low=16, reduction=reduction)
        case("ScatterElements", f(4), i([1, 1]), f(2), low=16, reduction=reduction)
    for reduction in ["min", "max"]:
        case("ScatterND", f(4), i([[1], [1]]), f(2), low=18, reduction=reduction)
        case("ScatterElements", f(4), i([1, 1]), f(2), low=18, reduction=reduction)
    case("Scatter", f(3, 3), i([[1, 0, 2], [0, 2, 1]]), f(2, 3), low=9, high=10)
    case("Scatter", f(3, 3), i([[1, 2]]), f(1, 2), low=9, high=10, axis=1)
    case("ScatterElements", f(3, 3), i([[1, -1]]), f(1, 2), low=11, axis=1)
    case("ScatterElements", f(3, 3), i([[1, 3]]), f(1, 2), low=11, axis=1)
    case("Expand", f(3, 1), i([2, 1, 4]), low=8)
    case("Expand", f(3, 4), i([1]), low=8)
    case("Expand", f(3, 4), i([2, 4]), low=8)
    case("Expand", np.float32(2), i([2, 3]), low=8)
    case("Tile", f(2, 3), i([2, 2]))
    case("Tile", f(2, 3), i([1, 0]))
    case("Where", np.array([[True], [False]]), f(2, 3), f(3), low=9)
    case("Where", np.array([True, False]), i([1, 2]), np.int64(9), low=9)
    case("NonZero", np.array([[1, 0, 2], [0, 0, 3]], np.float32), low=9)
    case("NonZero", np.array([True, False, True]), low=9)
    case("NonZero", np.int64(3), low=9)
    case("NonZero", np.int64(0), low=9)
    case("OneHot", i([0, 2, -1, 5]), np.int64(3), floats(2, 5), low=9)
    case("OneHot", i([[0, 2], [1, 1]]), i([3]), i([0, 1]), low=9, axis=1)
    case("OneHot", floats(1.0, 0.0), np.float32(2), i([0, 1]), low=9, axis=0)
    case("Compress", s, np.array([True, False, True]), low=9, axis=1)
    case("Compress", s, np.array([False, True, True]), low=9)

    whole = i([-7, -6, 7, 6, 5]), i([2, -4, -3, 3, 5])
    for op in ["Add", "Sub", "Mul", "Div"]:
        case(op, f(2, 3), pos(3))
        case(op, f(2, 1), pos(1, 3))
        case(op, *whole)
    case("Div", floats(1, -1, 0), floats(0, 0, 0))
    case("Add", f(2, 3), f(2))
    case("Mul", f(0, 3), f(3))
    case("Mod", *whole, low=10)
    case("Mod", *whole, low=10, fmod=1)
    case("Mod", floats(-7.5, 7.5, 6), floats(2, -2, 4), low=10, fmod=1)
    case("Mod", floats(-7.5, 7.5, 6, -6), floats(2, -2, 4, 4), low=10)
    case("Pow", pos(2, 3), f(3))
    case("Pow", floats(-2, -2, -2, 0, 2), floats(2, 3, 0.5, 0, -1))
    case("Pow", floats(-2, 3), i([3, 2]), low=12)
    case("Pow", i([2, -2, 3, 2]), i([3, 3, 0, -1]), low=12)
    case("Pow", i([2, 4]), floats(0.5, 0.5), low=12)
    case("Pow", i([3]), i([40]), low=12)
    for op in ["Neg", "Abs", "Sign"]:
        case(op, floats(-1.5, 0, -0.0, 2, np.nan))
        case(op, i([-3, 0, 4]), low=9)
    edge = floats(-2.5, -1.5, -0.5, -0.0, 0.5, 1.5, 2.5, 0.49999997, 8388609.0)
    for op in ["Floor", "Ceil", "Round"]:
        case(op, edge, low=max(7, min(VERSIONS[op])))
    grid = floats(-100, -20, -8, -3.5, -1.0, -0.5, -1e-3, -1e-8, 0, 1e-8, 1e-3, 0.25, 1, 2, 6.5, 20, 100, np.nan)
    for op in "Exp Erf Sigmoid Tanh Relu Softplus Softsign Elu Selu Celu HardSigmoid HardSwish LeakyRelu ThresholdedRelu Mish Sin Cos Sinh Cosh Atan Asinh IsNaN Shrink Gelu".split():
        case(op, grid)
    case("Gelu", grid, approximate="tanh", low=20)
    for op in ["Sqrt", "Log", "Reciprocal"]:
        case(op, floats(0.25, 1, 2, 1e-30, 3e30, 0, -1))
    for op in ["Asin", "Acos", "Atanh"]:
        case(op, floats(-1, -0.5, 0, 1e-4, 0.25, 1, 2))
    case("Acosh", floats(1, 1.5, 100, 0))
    case("Tan", f(6))
    case("IsInf", floats(np.inf, -np.inf, 1, np.nan), low=10)
    case("IsInf", floats(np.inf, -np.inf, 1, np.nan), low=10, detect_negative=0)
    case("Elu", grid, alpha=0.5)
    case("Celu", grid, alpha=0.5, low=12)
    case("LeakyRelu", grid, alpha=0.2)
    case("HardSigmoid", grid, alpha=0.3, beta=0.4)
    case("Selu", grid, alpha=1.5, gamma=0.5)
    case("ThresholdedRelu", grid, alpha=0.5, low=10)
    case("Shrink", grid, lambd=0.75, bias=0.25, low=9)
    case("Clip", f(2, 3), high=10, min=-1.0, max=1.5)
    case("Clip", f(2, 3), high=10, min=0.0)
    case("Clip", f(2, 3), high=10)
    case("Clip", f(2, 3), np.float32(-1), np.float32(1.5), low=11)
    case("Clip", f(2, 3), None, np.float32(1.5), low=11)
    case("Clip", f(2, 3), np.float32(1), np.float32(-1), low=11)
    case("Clip", i([-5, 0, 5]), np.int64(-1), np.int64(2), low=12)
    case("Clip", floats(np.nan, 5), np.float32(0), np.float32(1), low=11)
    for op in ["Max", "Min", "Sum", "Mean"]:
        case(op, f(2, 3), f(2, 3), f(2, 3))
        case(op, f(2, 3), f(3), f(2, 1), low=8)
        case(op, f(4))
    for op in ["Max", "Min"]:
        case(op, i([1, 5]), i([3, 2]), low=12)
        case(op, floats(1, np.nan), floats(np.nan, 2))
    for op in ["Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"]:
        case(op, floats(1, 2, 3, np.nan), floats(2, 2, 2, np.nan), low=11)
        case(op, i([[1], [3]]), i([2, 3]), low=9)
    case("Equal", np.array([True, False]), np.array([True, True]))
    for op in ["And", "Or", "Xor"]:
        case(op, np.array([[True], [False]]), np.array([True, False]))
    case("Not", np.array([True, False]))

    r = f(2, 3, 4)
    for op in "Sum Mean Max Min Prod L1 L2 SumSquare LogSum LogSumExp".split():
        v = np.abs(r) + 0.5 if op == "LogSum" else r
        op, last = "Reduce" + op, 12 if op == "Sum" else 17
        case(op, v)
        case(op, v, high=last, axes=[1])
        case(op, v, high=last, axes=[0, 2], keepdims=0)
        case(op, v, i([1]), low=last + 1)
        case(op, v, i([-1, 0]), low=last + 1, keepdims=0)
        case(op, v, i([]), low=last + 1)
        case(op, v, None, low=last + 1, noop_with_empty_axes=1)
        case(op, v, i([]), low=last + 1, noop_with_empty_axes=1)
        case(op, np.float32(2))
    for op in ["ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceMean"]:
        case(op, np.array([[3, -4], [2, 6]], np.int32))
        case(op, np.array([3, -4, 2, 6], np.int32), keepdims=0)
    case("ReduceMean", np.array([-3, -4], np.int32))
    case("ReduceSum", f(0, 3), i([0]), low=13)
    case("ReduceMax", f(0, 3), low=18)
    ties = np.array([[1, 3, 3], [2, 2, 0]], np.float32)
    for op in ["ArgMax", "ArgMin"]:
        case(op, ties)
        case(op, ties, axis=1, keepdims=0)
        case(op, ties, axis=-1, low=11)
        case(op, ties, axis=1, select_last_index=1, low=12)
    for options in [{}, {"exclusive": 1}, {"reverse": 1}, {"exclusive": 1, "reverse": 1}]:
        case("CumSum", f(2, 3), np.int64(1), low=11, **options)
    case("CumSum", i([1, 2, 3]), np.int64(-1), low=11)
    case("MatMul", f(2, 3), f(3, 4))
    case("MatMul", f(3), f(3))
    case("MatMul", f(2, 1, 2, 3), f(4, 3, 2))
    case("MatMul", f(3), f(2, 3, 2))
    case("MatMul", f(2, 2, 3), f(3))
    case("MatMul", np.array([[1, 2]], np.int32), np.array([[3], [4]], np.int32), low=9)
    case("MatMul", f(2, 0), f(0, 3))
    case("Gemm", f(2, 3), f(3, 4), f(4))
    case("Gemm", f(3, 2), f(4, 3), f(2, 1), transA=1, transB=1, alpha=0.5, beta=2.0)
    case("Gemm", f(2, 3), f(3, 4), low=11)
    for op in ["Softmax", "LogSoftmax"]:
        case(op, r)
        case(op, r, axis=0)
        case(op, r, axis=2)
        case(op, r, axis=-2, low=11)
    p = f(2, 3)
    case("Pad", p, high=10, pads=[0, 1, 2, 0], value=1.5)
    case("Pad", p, high=10, pads=[0, 1, 0, 2], mode="reflect")
    case("Pad", p, i([0, 1, 2, 0]), low=11)
    case("Pad", p, i([0, 1, 2, 0]), np.float32(7), low=11)
    case("Pad", p, i([1, 2, 1, 0]), low=11, mode="edge")
    case("Pad", p, i([1, 2, 0, 1]), low=11, mode="reflect")
    case("Pad", p, i([0, -1, 1, 0]), np.float32(7), low=11)
    case("Pad", p, i([2, 1]), None, i([-1]), low=18)
    case("Pad", p, i([1, 2, 3, 4]), None, low=19, mode="wrap")
    case("Pad", i([1, 2]), i([1, 1]), np.int64(9), low=11)
    case("Pad", f(2, 2), i([0, 3, 0, 0]), low=11, mode="reflect")
    for options in [{}, {"upper": 0}]:
        case("Trilu", f(3, 4), low=14, **options)
        case("Trilu", f(2, 3, 3), np.int64(-1), low=14, **options)
        case("Trilu", f(3, 4), np.int64(2), low=14, **options)
        case("Trilu", i([[1, 2], [3, 4]]), np.int64(9), low=14, **options)
    t = np.array([[3, 1, 3, 2], [0, 5, 4, 5]], np.float32)
    case("TopK", t, high=9, outputs=2, k=2)
    case("TopK", t, i([3]), low=10, outputs=2)
    case("TopK", t, i([3]), low=11, outputs=2, largest=0)
    case("TopK", t, i([1]), low=11, outputs=2, axis=0)
    case("TopK", t, i([0]), low=11, outputs=2)
    case("TopK", t, i([5]), low=10, outputs=2)
    case("DepthToSpace", f(1, 8, 1, 2), blocksize=2)
    case("DepthToSpace", f(1, 8, 1, 2), blocksize=2, mode="CRD", low=11)
    case("SpaceToDepth", f(1, 1, 2, 4), blocksize=2)

    q = floats(-3, -0.25, 0, 0.25, 0.75, 1.25, 63.9, 200, -200)
    case("QuantizeLinear", q, np.float32(0.5), low=10)
    for zero in [np.uint8(3), np.int8(-128), np.int8(5)]:
        case("QuantizeLinear", q, np.float32(0.5), zero, low=10)
    for zero in [np.uint16(100), np.int16(-7)]:
        case("QuantizeLinear", q, np.float32(0.5), zero, low=21)
    case("QuantizeLinear", q, np.float32(0.5), low=21, output_dtype=int(TensorProto.INT8))
    case("QuantizeLinear", f(2, 3), floats(0.5, 0.25), np.array([0, 3], np.int8), low=13, axis=0)
    case("QuantizeLinear", f(2, 3), floats(0.5, 0.25, 1), np.array([0, 3, 1], np.uint8), low=13)
    for zero in [None, np.uint8(3), np.int8(-128)]:
        whole = np.array([0, 1, 127, 255 if zero is None or zero > 0 else -128], np.uint8 if zero is None or zero > 0 else np.int8)
        case("DequantizeLinear", whole, np.float32(0.1), *([] if zero is None else [zero]), low=10)
    case("DequantizeLinear", np.array([[1, -2, 3], [4, 5, -6]], np.int8), floats(0.5, 0.1), np.array([0, 3], np.int8), low=13, axis=0)
    case("DequantizeLinear", np.array([7, -70000], np.int32), np.float32(0.1), low=10)
    case("DequantizeLinear", np.array([7, -7000], np.int16), np.float32(0.1), np.int16(3), low=21)


make()
with open(sys.argv[1], "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in cases) + "\n]\n")
print(len(cases), "cases")
