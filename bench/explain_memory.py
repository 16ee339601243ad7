#!/usr/bin/env python3
"""What `--internal-batch` N means in memory: peak memory of `doubleback explain` at 224 by 224 pixels, as a line in N.

    cargo build --release
    python3 bench/explain_memory.py
    python3 bench/explain_memory.py --model resnet18.pt --arch resnet18 --dataset folder:images

Each method is asked about 16 images with several N, each time in a process of its own. Peak memory is to be a + b N: a is the program, the model, the data and
what is kept of a batch, b what one more image at once takes. The line is that of least squares, and `off` is by how much a measured peak misses it at most. Without
--model a resnet-small is trained for one step on mnist-mini at that size. Needs Python 3.9 or newer and nothing else.
"""
import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path

MIB = 2**20
BATCHES = (1, 2, 4, 8, 16)
# Each asks about more images than the largest N at once.
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
    parser.add_argument("--dataset", default="mnist-mini")
    parser.add_argument("--count", type=int, default=16)
    parser.add_argument("--only", nargs="*", choices=METHODS, default=list(METHODS))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        size = ["--image-size", "224x224"]
        given.words = ["--dataset", given.dataset, *size]
        if given.model is None:
            given.model = Path(folder) / "resnet-small.safetensors"
            words = ["--quiet", "train", *given.words, "--arch", "resnet-small", "--steps", "1", "--batch", "2", "--out", given.model]
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
