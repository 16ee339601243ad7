#!/usr/bin/env bash
# onnxruntime 1.32.0: a Slice with a negative step that ends at the greatest integer takes the whole axis.
#
# Expected: ends are cut off at the size of the axis, so that from the last place on towards the beginning nothing lies before an end beyond the
# last one, whatever its value: an empty result, as the standard has it and its own evaluator in onnx 1.23.2 gives it. Seen: onnxruntime does so for an end
# of 100, but for 2^31 - 1 and 2^63 - 1 it takes all places, down to the first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cat > "$folder/slice.py" <<'PYTHON'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

print("onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__)
names = ["x", "starts", "ends", "axes", "steps"]
types = [TensorProto.FLOAT] + [TensorProto.INT64] * 4
ports = [helper.make_tensor_value_info(name, kind, [None]) for name, kind in zip(names, types)]
output = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None])
graph = helper.make_graph([helper.make_node("Slice", names, ["y"])], "slice", ports, [output])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
lengths = {}
for end in (100, 2**31 - 1, 2**63 - 1):
    values = [np.arange(4, dtype=np.float32)] + [np.array([value], np.int64) for value in (-1, end, 0, -1)]
    feed = dict(zip(names, values))
    results = [runner.run(None, feed)[0].tolist() for runner in (session, ReferenceEvaluator(model))]
    print(f"from -1 to {end} by -1: onnxruntime {results[0]}, onnx {results[1]}")
    lengths[end] = [len(result) for result in results]
expected = {100: [0, 0], 2**31 - 1: [4, 0], 2**63 - 1: [4, 0]}
sys.exit(0 if lengths == expected else "this has changed")
PYTHON
"$folder/venv/bin/python" "$folder/slice.py"
