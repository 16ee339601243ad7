#!/usr/bin/env bash
# PyTorch 2.9.1: activation functions whose second derivative is missing, not a number, or rounded to float32 in float64.
#
# Expected: the gradient of `hardsigmoid` (in MobileNetV3) can be differentiated, and gives zero; the second derivative of `mish` far to the right is
# zero; in float64 gradients have the precision of float64. Seen: "derivative for aten::hardsigmoid_backward is not implemented"; the second derivative
# of `mish` is not a number where exp(x) overflows, in float32 from 89 on; gradients of `hardsigmoid` and `celu` in float64 are those of the slope
# rounded to float32, wrong in the eighth digit, where the values themselves are right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.9.1 numpy==2.4.6
cat > "$folder/second.py" <<'PYTHON'
import sys

import torch
import torch.nn.functional as F

print("torch", torch.__version__)


def derivatives(function, at, dtype):
    x = torch.tensor([at], dtype=dtype, requires_grad=True)
    (first,) = torch.autograd.grad(function(x).sum(), x, create_graph=True)
    try:
        (second,) = torch.autograd.grad(first.sum(), x)
    except RuntimeError as error:
        return first.item(), str(error)
    return first.item(), second.item()


slope, missing = derivatives(F.hardsigmoid, 1.0, torch.float64)
print("hardsigmoid at 1:", slope, "expected", 1 / 6, "| second:", missing)
_, mish = derivatives(F.mish, 100.0, torch.float32)
print("mish at 100, float32: second", mish, "expected 0")
celu, _ = derivatives(lambda x: F.celu(x, 1.3), 0.0, torch.float64)
print("celu with alpha 1.3 at 0:", celu, "expected 1")
seen = "not implemented" in str(missing) and mish != mish and abs(slope * 6 - 1) > 1e-9 and abs(celu - 1) > 1e-9
sys.exit(0 if seen else "this has changed")
PYTHON
"$folder/venv/bin/python" "$folder/second.py"
