#!/usr/bin/env bash
# quantus 0.6.0: infidelity hides one block after the other without giving back the one before.
#
# Expected (Yeh et al. 2019, infidelity with square removal): each perturbation takes one square out of the image; the score is the mean over squares of
# (map · what was taken - change of the output)². Seen: the squares pile up, the first alone, then the first two, and so on to an empty image. For
# f(x) = Σ x² and its gradient 2x, where a block that holds s = Σ x² misses by s, the definition is the mean of the s², and the score the mean of the squares of
# their running sums: 6678 instead of 1428 with four blocks, 4411.5 instead of 93.5 with sixteen. It then depends on the order of the blocks, too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet quantus==0.6.0 torch==2.9.1 numpy==2.2.6
cat > "$folder/infidelity.py" <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

warnings.filterwarnings("ignore")
import numpy as np
import quantus
import torch
from torch import nn

print("quantus", version("quantus"), "torch", torch.__version__)


class SumOfSquares(nn.Module):
    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, images):
        total = images.flatten(1).square().sum(1, keepdim=True)
        return torch.cat([total, -total], 1)


# The squares of the pixels are 1 to 16.
image = np.sqrt(np.arange(1, 17, dtype=np.float32)).reshape(1, 1, 4, 4)
same = True
for size in (4, 2, 1):
    metric = quantus.Infidelity(perturb_baseline=0.0, perturb_patch_sizes=[size], n_perturb_samples=2, abs=False, normalise=False, disable_warnings=True, display_progressbar=False)
    (score,) = metric(model=SumOfSquares().eval(), x_batch=image, y_batch=np.array([0]), a_batch=2 * image, channel_first=True, device="cpu")
    corners = [(row, column) for row in range(0, 4, size) for column in range(0, 4, size)]
    blocks = [float((image[0, 0, r : r + size, c : c + size] ** 2).sum()) for r, c in corners]
    alone, piled = np.mean(np.square(blocks)), np.mean(np.square(np.cumsum(blocks)))
    print(f"{len(blocks)} blocks: quantus {float(score):.1f}, each by itself {alone:.1f}, on top of each other {piled:.1f}")
    same = same and abs(float(score) / piled - 1) < 1e-4
sys.exit(0 if same else "this has changed")
PYTHON
"$folder/venv/bin/python" "$folder/infidelity.py"
