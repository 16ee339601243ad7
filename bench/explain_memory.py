#!/usr/bin/env python3
"""What `--internal-batch` N means in memory: peak memory of `doubleback explain` at 224 by 224 pixels, as a line in N.

    cargo build --release
    python3 bench/explain_memory.py
    python3 bench/explain_memory.py --model resnet18.pt --arch resnet18 --dataset folder:images

Each method is asked about 16 images with several N, each time in a process of its own. Peak memory is to be a + b N: a is the program, the model, the data and
what is kept of a batch, b what one more image at once takes. The line is that of least squares, and `off` is by how much a measured peak misses it at most. Without
--model a resnet-small is trained for one step, on noise of 3 x 224 x 224. Needs Python 3.9 or newer and nothing else.
"""
import argparse
import array
import json
import random
import statistics
import struct
import subprocess
import tempfile
import zipfile
from pathlib import Path

MIB = 2**20
BATCHES = (1, 2, 4, 8, 16)
# With options by which each asks about as many images as the largest N, or more.
METHODS = {
    "gradient": [],
    "integrated-gradients": ["--steps", "16"],
    "expected-gradients": ["--draws", "16", "--background-images", "16"],
    "smoothgrad": ["--draws", "16"],
    "occlusion": ["--window", "56", "--stride", "56"],
    "rise": ["--masks", "32"],
    "itgsm": ["--steps", "2"],
    "guided-backprop": [],
    "lrp": [],
}


def peak(given, words):
    """Bytes that the process held at most."""
    run = [given.binary, "--quiet", "--stats", "explain", *given.words, "--count", given.count, "--json", *words]
    done = subprocess.run([str(word) for word in run], check=True, capture_output=True)
    return json.loads(done.stdout)["stats"]["peak_memory_bytes"]


def noise(file, count):
    """A data set of `count` test images as NumPy would write it."""
    def npy(kind, shape, data):
        header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
        header += " " * (-(len(header) + 11) % 64) + "\n"
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data

    draw = random.Random(0)
    with zipfile.ZipFile(file, "w") as written:
        for part, images in {"train": 40, "test": count}.items():
            pixels = array.array("f", (draw.random() for _ in range(images * 3 * 224 * 224)))
            written.writestr(f"x_{part}.npy", npy("<f4", (images, 3, 224, 224), pixels.tobytes()))
            written.writestr(f"y_{part}.npy", npy("<i8", (images,), struct.pack(f"<{images}q", *(place % 10 for place in range(images)))))


def line(xs, ys):
    """Start and slope of the line of least squares, and the largest distance from it."""
    x, y = statistics.fmean(xs), statistics.fmean(ys)
    slope = sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)
    start = y - slope * x
    return start, slope, max(abs(b - start - slope * a) for a, b in zip(xs, ys))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, default=Path(__file__).parents[1] / "target/release/doubleback")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--arch")
    parser.add_argument("--dataset", help="as the command takes it, at --image-size 224x224 if it is folder:PATH")
    parser.add_argument("--count", type=int, default=16)
    parser.add_argument("--only", nargs="*", choices=METHODS, default=list(METHODS))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.dataset is None:
            noise(Path(folder) / "noise.npz", given.count)
            given.dataset = f"npz:{folder}/noise.npz"
        size = ["--image-size", "224x224"] if given.dataset.startswith("folder:") else []
        given.words = ["--dataset", given.dataset, *size]
        if given.model is None:
            given.model = Path(folder) / "resnet-small.safetensors"
            words = ["--quiet", "train", *given.words, "--arch", "resnet-small", "--defense", "normal", "--steps", "1", "--batch", "2", "--out", given.model]
            subprocess.run([str(word) for word in [given.binary, *words]], check=True, stdout=subprocess.DEVNULL)
        given.words += ["--model", given.model, *(["--arch", given.arch] if given.arch else [])]
        print(f"{given.model.name}, {given.count} images; MiB\n")
        print(f"| method | {' | '.join(f'N = {n}' for n in BATCHES)} | a | b | off |")
        print("|---|" + "---:|" * (len(BATCHES) + 3))
        for method in given.only:
            peaks = [peak(given, ["--method", method, *METHODS[method], "--internal-batch", n]) / MIB for n in BATCHES]
            start, slope, off = line(BATCHES, peaks)
            print(f"| `{method}` | {' | '.join(f'{value:.0f}' for value in peaks)} | {start:.0f} | {slope:.1f} | {off:.0f} |", flush=True)


if __name__ == "__main__":
    main()
