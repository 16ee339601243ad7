#!/usr/bin/env bash
# quantus 0.6.0: what a metric says of an explanation depends on the other explanations of its batch.
#
# Expected: complexity and sparseness of a map are numbers of that map. Seen: by default all maps of a batch are divided by the greatest value among them
# (`normalise_by_max` without axes). Beside a map that is a million times larger, as gradients of confident and of unsure predictions are, the first map's
# effective complexity falls from 2 features to 0, and its sparseness (Gini index) from 0.90 to 0.43. With normalise=False it stays at 2, but the
# sparseness of the same map, made a million times smaller, falls alike: 1e-7 is added to each value.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet quantus==0.6.0 torch==2.9.1 numpy==2.2.6
cat > "$folder/scores.py" <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

warnings.filterwarnings("ignore")
import numpy as np
import quantus
import torch

print("quantus", version("quantus"), "torch", torch.__version__, "numpy", np.__version__)


class FirstPixels(torch.nn.Module):
    """Metrics of maps alone never ask it."""

    def forward(self, images):
        return images.flatten(1)[:, :2]


small, large = np.zeros((2, 1, 1, 4, 4), np.float32)
small[0, 0, 0, 0], small[0, 0, 1, 1] = 1.0, 0.5
large[0, 0, 0, 0] = 1e6


def score(metric, maps, **options):
    metric = metric(disable_warnings=True, display_progressbar=False, **options)
    images, labels = np.ones_like(maps), np.zeros(len(maps), int)
    return float(metric(model=FirstPixels().eval(), x_batch=images, y_batch=labels, a_batch=maps.copy())[0])


both = np.concatenate([small, large])
seen = {}
for metric in (quantus.EffectiveComplexity, quantus.Sparseness):
    found = {
        "alone": score(metric, small),
        "beside a larger map": score(metric, both),
        "not normalised, beside it": score(metric, both, normalise=False),
        "not normalised, a million times smaller": score(metric, small / 1e6, normalise=False),
    }
    seen[metric.__name__] = found
    for case, value in found.items():
        print(f"{metric.__name__}, {case}: {value:.3f}")
features, sparseness = seen["EffectiveComplexity"], seen["Sparseness"]
same = (
    features["alone"] == features["not normalised, beside it"] == 2
    and features["beside a larger map"] == 0
    and abs(sparseness["alone"] - 0.896) < 1e-3
    and abs(sparseness["not normalised, beside it"] - sparseness["alone"]) < 1e-3
    and abs(sparseness["beside a larger map"] - 0.433) < 1e-3
    and abs(sparseness["not normalised, a million times smaller"] - 0.433) < 1e-3
)
sys.exit(0 if same else "this has changed")
PYTHON
"$folder/venv/bin/python" "$folder/scores.py"
