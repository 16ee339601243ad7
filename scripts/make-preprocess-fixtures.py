"""Writes tests/fixtures/preprocess of doubleback-data: pictures, and what torchvision makes of them.

Seen with torchvision 0.24.1, torch 2.9.1, Pillow 13.0.0: python scripts/make-preprocess-fixtures.py
"""

from pathlib import Path

import numpy as np
from PIL import Image
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

FOLDER = Path(__file__).parent.parent / "crates/doubleback-data/tests/fixtures/preprocess"
MODES = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}
# What is done to a picture: the size that the shorter side (or height and width) is resized to, what is cut out, and how.
CASES = [
    ("wide", 16, 12, "bilinear"),
    ("wide", 16, 12, "bicubic"),
    ("tall", 16, 11, "bilinear"),
    ("wide", 40, 35, "bicubic"),
    ("tall", (20, 9), None, "bilinear"),
    ("tall", 10, 17, "bilinear"),
    ("wide", None, 16, "bilinear"),
]


def text(size):
    return f"{size[0]}x{size[1]}" if isinstance(size, tuple) else str(size)


def main():
    random = np.random.default_rng(0)
    for name, height, width in [("wide", 29, 41), ("tall", 37, 23)]:
        row, column, channel = np.mgrid[:height, :width, :3]
        smooth = 127 + 90 * np.sin(row / 3 + channel) * np.cos(column / (4 + channel))
        noise = random.normal(0, 40, (height, width, 3))
        picture = Image.fromarray(np.clip(smooth + noise, 0, 255).astype(np.uint8))
        for folder in [FOLDER / name, FOLDER / "expected"]:
            folder.mkdir(parents=True, exist_ok=True)
        picture.save(FOLDER / name / "picture.png", optimize=True)
        for case, resize, crop, mode in CASES:
            if case != name:
                continue
            steps, words = [], []
            if resize:
                steps.append(Resize(resize, MODES[mode]))
                words.append(f"resize={text(resize)}")
            if crop:
                steps.append(CenterCrop(crop))
                words.append(f"crop={text(crop)}")
            words.append(f"interpolation={mode}")
            Compose(steps)(picture).save(FOLDER / "expected" / f"{name},{','.join(words)}.png", optimize=True)


main()
