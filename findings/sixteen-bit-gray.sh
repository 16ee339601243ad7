#!/usr/bin/env bash
# Pillow 13.0.0, OpenCV 5.0.0, TensorFlow 2.21.0, torchvision 0.24.1: a gray PNG of 16 bits (X-rays, microscopes) becomes four things.
#
# Expected: a conversion to 8 bits takes the upper byte, and ToTensor gives floats in [0, 1] as for every other picture. Seen: OpenCV and TensorFlow
# take the upper byte; Pillow's convert("L") and convert("RGB") saturate, so that every value of 256 and more is white: 99.6 % of the range; and
# torchvision's to_tensor neither scales nor converts: it gives signed integers of 16 bits, negative for the brighter half of the range.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.9.1 torchvision==0.24.1 opencv-python-headless==5.0.0.93 tensorflow-cpu==2.21.0 pillow==13.0.0 numpy==2.4.6
cat > "$folder/sixteen.py" <<'PYTHON'
import io
import sys

import cv2
import numpy as np
import PIL
import tensorflow as tf
import torch
import torchvision
import torchvision.transforms.functional as F
from PIL import Image

print("Pillow", PIL.__version__, "OpenCV", cv2.__version__, "TensorFlow", tf.__version__, "torchvision", torchvision.__version__)
levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
file = io.BytesIO()
Image.fromarray(levels).save(file, "PNG")
png = file.getvalue()
image = Image.open(io.BytesIO(png))
upper = (levels >> 8).astype(int)
ways = {
    "Pillow convert L": np.array(image.convert("L")),
    "Pillow convert RGB": np.array(image.convert("RGB"))[..., 0],
    "OpenCV IMREAD_COLOR": cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)[..., 0],
    "TensorFlow decode_png": tf.io.decode_png(png).numpy()[..., 0],
}
white = {}
for name, values in ways.items():
    white[name] = float((values == 255).mean())
    print(f"{name:22} white: {100 * white[name]:5.1f} % of the range; upper byte: {bool((values == upper).all())}")
tensor = F.to_tensor(image)
print(f"{'torchvision to_tensor':22} {tensor.dtype}, from {tensor.min().item()} to {tensor.max().item()}")
same = (
    all(white[name] > 0.99 for name in ("Pillow convert L", "Pillow convert RGB"))
    and all((ways[name] == upper).all() for name in ("OpenCV IMREAD_COLOR", "TensorFlow decode_png"))
    and (tensor.dtype, tensor.min().item(), tensor.max().item()) == (torch.int16, -32768, 32767)
)
sys.exit(0 if same else "this has changed")
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/sixteen.py" 2> >(grep -v -i "onednn\|absl" >&2)
