#!/usr/bin/env bash
# quantus 0.6.0: ROAD is the accuracy of the first batch of images, whatever the others are.
#
# Expected: the score at each percentage is the share of all images that are still classified as their labels say. Seen: it is that of the first
# `batch_size` images (64 by default). Of six images in batches of two, wrong labels for the other four change nothing; wrong labels for the first two do.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet quantus==0.6.0 torch==2.9.1 numpy==2.2.6
cat > "$folder/road.py" <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

warnings.filterwarnings("ignore")
import numpy as np
import quantus
import torch
from torch import nn

print("quantus", version("quantus"), "torch", torch.__version__)
torch.manual_seed(0)
draw = np.random.default_rng(0)
network = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 3)).eval()
images = draw.random((6, 1, 8, 8)).astype(np.float32)
maps = draw.normal(size=images.shape).astype(np.float32)
labels = network(torch.tensor(images)).argmax(1).numpy()
wrong = (labels + 1) % 3


def road(labels, batch):
    metric = quantus.ROAD(percentages=[20, 50, 80], noise=0.0, abs=False, normalise=False, disable_warnings=True, display_progressbar=False)
    scores = metric(model=network, x_batch=images, y_batch=labels, a_batch=maps.copy(), channel_first=True, device="cpu", batch_size=batch)
    return {int(percentage): round(float(score), 4) for percentage, score in scores.items()}


whole = road(labels, 6)
print("six images in one batch:", whole)
same = True
for batch in (1, 2, 3):
    right = road(labels, batch)
    others = road(np.where(np.arange(6) < batch, labels, wrong), batch)
    first = road(np.where(np.arange(6) < batch, wrong, labels), batch)
    print(f"in batches of {batch}: {right}; wrong labels for all but the first batch: {others}; for the first: {first}")
    same = same and right == others and right != first
sys.exit(0 if same else "this has changed")
PYTHON
"$folder/venv/bin/python" "$folder/road.py"
