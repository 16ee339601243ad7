#!/usr/bin/env bash
# captum 0.9.0: the gamma rule of LRP has no bound where a layer's output is negative.
#
# Expected: relevance is parted among the inputs, a little more to those that raise the output. Seen: with gamma 0.25 and the products 1 and -1.2, whose sum of
# -0.2 is the relevance, the inputs get -5 and 4.8, both of the wrong sign; with 1 and -1.25 -3.1e8 and 3.1e8, for raised positive products and
# the negative ones cancel in the denominator. Layers that feed a ReLU hand on nothing there; those before a sum, as in every residual network, do: on a
# resnet18 the relevance of a logit of 6 sums up to -1060. The rule that raises what pulls to the output's own side (Andéol et al. 2021) is bounded.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet captum==0.9.0 torch==2.9.1 numpy==2.2.6
cat > "$folder/gamma.py" <<'PYTHON'
import sys
import warnings

warnings.filterwarnings("ignore")
import captum
import torch
from captum.attr import LRP
from captum.attr._utils.lrp_rules import GammaRule
from torch import nn

print("captum", captum.__version__, "torch", torch.__version__)


def relevance(weights):
    network = nn.Sequential(nn.Linear(2, 1, bias=False))
    network[0].weight.data = torch.tensor([weights])
    network[0].rule = GammaRule(0.25)
    return LRP(network).attribute(torch.ones(1, 2), target=0)[0].tolist()


found = {weights: relevance(weights) for weights in [(1.0, 0.5), (1.0, -2.0), (1.0, -1.3), (1.0, -1.2), (1.0, -1.25)]}
for weights, parts in found.items():
    print(f"products {weights[0]:g} and {weights[1]:g}, output {sum(weights):.2f}: {parts[0]:.4g} and {parts[1]:.4g}")
turned = found[1.0, -1.2]
sys.exit(0 if turned[0] < -4 and turned[1] > 4 and abs(found[1.0, -1.25][0]) > 1e6 else "this has changed")
PYTHON
"$folder/venv/bin/python" "$folder/gamma.py"
