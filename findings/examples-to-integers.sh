#!/usr/bin/env bash
# torchattacks 3.5.1: adversarial examples turned into integers leave the ball of eps, for dark pixels.
#
# Expected: images of 256 levels moved by eps = 8/255 are 8 levels away when they are saved as integers. Seen: `to_type(…, "int")`, which
# `save(…, save_type="int")` uses, cuts off instead of rounding; in 32-bit floats k/255 - 8/255 comes out just below its level for some k, and such pixels
# end 9 levels away: 15 of the 256 levels at eps 8/255 (9 to 15 and 24 to 31), 31 at 16/255. torchvision 0.24.1's to_pil_image does the same; its
# save_image rounds.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.9.1 torchvision==0.24.1 torchattacks==3.5.1 pillow==13.0.0 numpy==2.4.6
cat > "$folder/integers.py" <<'PYTHON'
import io
import sys
from importlib.metadata import version

import numpy as np
import torch
import torchattacks
import torchvision
from PIL import Image
from torchvision.transforms.functional import to_pil_image

print("torchattacks", version("torchattacks"), "torchvision", torchvision.__version__, "torch", torch.__version__)
levels = torch.arange(256).reshape(1, 1, 16, 16)
images = levels.float() / 255


# Two classes; the loss of class 0 rises as the image becomes darker.
model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(256, 2)).eval()
with torch.no_grad():
    model[1].weight.copy_(torch.tensor([[0.01], [-0.01]]).expand(2, 256))


def saved(examples):
    file = io.BytesIO()
    torchvision.utils.save_image(examples, file, format="png")
    file.seek(0)
    return torch.from_numpy(np.array(Image.open(file))[..., 0]).reshape(1, 1, 16, 16)


seen = {}
for step in (8, 16):
    attack = torchattacks.FGSM(model, eps=step / 255)
    examples = attack(images, torch.zeros(1, dtype=torch.long))
    ways = {
        "torchattacks to_type int": attack.to_type(examples, "int"),
        "torchvision to_pil_image": torch.from_numpy(np.array(to_pil_image(examples[0]))).reshape(1, 1, 16, 16),
        "torchvision save_image": saved(examples),
    }
    for name, integers in ways.items():
        beyond = levels[(levels - integers.int()).abs() > step].tolist()
        seen[name, step] = beyond
        print(f"eps {step}/255, {name}: {len(beyond)} of 256 levels end more than {step} levels away {beyond}")
wanted = [*range(9, 16), *range(24, 32)]
same = (
    seen["torchattacks to_type int", 8] == seen["torchvision to_pil_image", 8] == wanted
    and len(seen["torchattacks to_type int", 16]) == len(seen["torchvision to_pil_image", 16]) == 31
    and seen["torchvision save_image", 8] == seen["torchvision save_image", 16] == []
)
sys.exit(0 if same else "this has changed")
PYTHON
"$folder/venv/bin/python" "$folder/integers.py"
