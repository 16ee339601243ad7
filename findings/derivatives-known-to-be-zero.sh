#!/usr/bin/env bash
# PyTorch 2.9.1: a derivative that it knows to be zero becomes memory that nothing was written to when NumPy takes it.
#
# Expected: the second derivative of Σ|x| is zero, also as an array. Seen: it is zero as a tensor, but one without memory of its own
# (`_is_zerotensor()`); `.numpy()`, also with `force=True`, gives an array of whatever stood there, often old values of the same size. Printing it, or
# adding 0 before, is right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.9.1 numpy==2.4.6
cat > "$folder/zero.py" <<'PYTHON'
import sys

import numpy as np
import torch

print("torch", torch.__version__)
seen = False
for _ in range(20):
    x = torch.rand(64, dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad(x.abs().sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.square().sum(), x)
    # Memory of this size that was used and given back.
    used = [np.random.rand(64) for _ in range(4)]
    del used
    arrays = {"as a tensor": bool((second == 0).all()), "numpy()": not second.numpy().any(), "after + 0": not (second + 0).numpy().any()}
    seen = seen or not arrays["numpy()"]
print("zero:", arrays, "known to be zero:", second._is_zerotensor())
sys.exit(0 if seen and arrays["as a tensor"] and arrays["after + 0"] else "this has changed")
PYTHON
"$folder/venv/bin/python" "$folder/zero.py"
