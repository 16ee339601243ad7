#!/usr/bin/env bash
# torchvision 0.24.1, OpenCV 5.0.0, TensorFlow 2.21.0, Pillow 13.0.0: one picture of red, green and blue has other gray values in each, and torchvision's
# own function gives other ones for a tensor than for a Pillow image.
#
# Expected: all use the same weights (.299, .587, .114), so that they agree but for a level in rare ties. Seen: Pillow and OpenCV's cvtColor round;
# torchvision's rgb_to_grayscale cuts off on tensors, so that half of all colors are a level darker than the same call gives for a Pillow image, and
# with weights that sum to .9999, so that even pictures that are gray already change: white becomes 254. Decoding a PNG "as gray" cuts off too, in
# torchvision, in OpenCV and in TensorFlow, though OpenCV's cvtColor does not. Who trains on one route and evaluates on another shifts the brightness.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.9.1 torchvision==0.24.1 opencv-python-headless==5.0.0.93 tensorflow-cpu==2.21.0 pillow==13.0.0 numpy==2.4.6
cat > "$folder/gray.py" <<'PYTHON'
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
from torchvision.io import ImageReadMode, decode_image

print("torchvision", torchvision.__version__, "OpenCV", cv2.__version__, "TensorFlow", tf.__version__, "Pillow", PIL.__version__)


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def tensor(pixels):
    return torch.from_numpy(pixels).permute(2, 0, 1)


routes = {
    "Pillow convert": lambda p: np.array(Image.fromarray(p).convert("L")),
    "torchvision, Pillow image": lambda p: np.array(F.rgb_to_grayscale(Image.fromarray(p))),
    "torchvision, tensor": lambda p: F.rgb_to_grayscale(tensor(p))[0].numpy(),
    "torchvision, decode as gray": lambda p: decode_image(
        torch.frombuffer(bytearray(png(p)), dtype=torch.uint8), ImageReadMode.GRAY
    )[0].numpy(),
    "OpenCV cvtColor": lambda p: cv2.cvtColor(p, cv2.COLOR_RGB2GRAY),
    "OpenCV, decode as gray": lambda p: cv2.imdecode(np.frombuffer(png(p), np.uint8), cv2.IMREAD_GRAYSCALE),
    "TensorFlow rgb_to_grayscale": lambda p: tf.image.rgb_to_grayscale(p).numpy()[..., 0],
    "TensorFlow, decode as gray": lambda p: tf.io.decode_png(png(p), channels=1).numpy()[..., 0],
}
colors = np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), dtype=np.uint8)
grays = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)
rounded = np.floor(colors @ np.array([0.299, 0.587, 0.114]) + 0.5).astype(int)
darker, changed = {}, {}
for name, route in routes.items():
    darker[name] = float((route(colors).astype(int) < rounded).mean())
    changed[name] = int((route(grays)[0] != np.arange(256)).sum())
    print(f"{name:28} darker than rounded: {100 * darker[name]:5.1f} % of colors; gray levels that change: {changed[name]:3} of 256")
white = int(routes["torchvision, tensor"](grays)[0, 255])
print("white becomes", white, "as a tensor in torchvision")
half = ["torchvision, tensor", "torchvision, decode as gray", "OpenCV, decode as gray", "TensorFlow, decode as gray"]
none = ["Pillow convert", "torchvision, Pillow image", "OpenCV cvtColor"]
same = (
    all(0.45 < darker[name] < 0.55 for name in half)
    and all(darker[name] < 0.01 for name in none)
    and 0.2 < darker["TensorFlow rgb_to_grayscale"] < 0.3
    and changed["torchvision, tensor"] == 255
    and sum(changed.values()) == 255
    and white == 254
)
sys.exit(0 if same else "this has changed")
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/gray.py" 2> >(grep -v -i "onednn\|absl" >&2)
