#!/usr/bin/env python3
"""How the cost of doubleback's steps and attacks grows with images, batch, classes, pixels and threads, on this machine.

    cargo build --release
    python3 bench/growth.py
    python3 bench/growth.py --only pixels --rounds 5 --json growth.json

Each size is measured in a process of its own, in several rounds through all sizes, of which the median counts. The exponent is the slope of
the line of least squares through the logarithms of size and time (or peak memory of the process): 1 is in proportion, 0 not at all. What is
paid once, such as starting the process, or a network's weights, flattens the line at small sizes; so the exponent between the two largest
sizes stands beside it. A row is marked if that one is above what the work itself asks for by more than 0.1. JSMA is left out: how many steps
it takes depends on how soon the network yields. Needs Python 3.9 or newer and nothing else; leave the machine alone.
"""
import argparse
import json
import math
import statistics
import sys
from pathlib import Path
from typing import NamedTuple

from compare import HERE, cores, measure

# How far an exponent may be above what the work asks for before its row is marked: the noise of a measurement.
TOLERANCE = 0.1


class Sweep(NamedTuple):
    """One thing that grows."""

    kind: str
    what: str
    # Words of `doubleback bench`, with the size and its square root where `{}` stands.
    words: str
    sizes: tuple
    # Exponent of the work itself, textbook algorithms taken.
    must: float


SIDES = (28, 32, 64, 224)
BATCHES = (1, 4, 16, 64, 256, 1024, 4096)
CLASSES = (10, 100, 1000)
SWEEPS = (
    Sweep("images", "FGSM, small-cnn, batches of 64", "attack --arch small-cnn --only fgsm --batch 64 --count {}", (64, 256, 1024, 4096), 1),
    Sweep("batch", "forward, small-cnn", "step --arch small-cnn --only forward --batch {}", BATCHES, 1),
    Sweep("batch", "input gradient, small-cnn", "step --arch small-cnn --only input_gradient --batch {}", BATCHES, 1),
    Sweep("batch", "double step, small-cnn", "step --arch small-cnn --only double --batch {}", BATCHES, 1),
    Sweep("batch", "double step, paper-cnn", "step --only double --batch {}", BATCHES, 1),
    Sweep("classes", "double step, paper-cnn, batch 64", "step --only double --batch 64 --classes {}", CLASSES, 1),
    Sweep("classes", "PGD-10, small-cnn, batch 64", "attack --arch small-cnn --only pgd-10 --batch 64 --classes {}", CLASSES, 1),
    Sweep("pixels", "input gradient, resnet-small, batch 4",
          "step --arch resnet-small --only input_gradient --batch 4 --image-size {side}x{side}", tuple(s * s for s in SIDES), 1),
    Sweep("pixels", "double step, resnet-small, batch 4",
          "step --arch resnet-small --only double --batch 4 --image-size {side}x{side}", tuple(s * s for s in SIDES), 1),
    Sweep("pixels", "double step, small-cnn, batch 4",
          "step --arch small-cnn --only double --batch 4 --image-size {side}x{side}", tuple(s * s for s in SIDES), 1),
    Sweep("threads", "double step, paper-cnn, batch 256", "step --only double --batch 256 --threads {}", (1, 2, 4, 8, 16), -1),
)


def slope(points):
    """Of the line of least squares through the logarithms."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    center_x, center_y = (statistics.mean(values) for values in zip(*logs))
    return sum((x - center_x) * (y - center_y) for x, y in logs) / sum((x - center_x) ** 2 for x, _ in logs)


def measured(binary, sweep, size, runs):
    """Milliseconds and MiB."""
    side = math.isqrt(size)
    words = sweep.words.format(size, side=side).split()
    threads = [] if sweep.kind == "threads" else ["--threads", cores()]
    lines, memory = measure([binary, "bench", *words, *threads, "--runs", runs], {})
    return lines[0]["median_ms"], memory


def shown(sweep, points):
    times = [(size, time) for size, (time, _) in points.items()]
    memory = [(size, memory) for size, (_, memory) in points.items()]
    last = slope(times[-2:])
    mark = " **faster than it must**" if last > sweep.must + TOLERANCE and sweep.kind != "threads" else ""
    name = (lambda size: f"{math.isqrt(size)}²") if sweep.kind == "pixels" else str
    return [
        sweep.kind,
        sweep.what,
        ", ".join(f"{name(size)}: {time:.4g}" for size, time in times),
        f"{slope(times):.2f}",
        f"{last:.2f}{mark}",
        f"{sweep.must}",
        f"{slope(memory):.2f}, {slope(memory[-2:]):.2f}",
    ]


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    a.add_argument("--doubleback", type=Path, metavar="PATH", default=HERE.parent / "target/release/doubleback")
    a.add_argument("--only", choices=dict.fromkeys(sweep.kind for sweep in SWEEPS), nargs="+", help="what grows")
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--runs", type=int, default=3, help="measured runs in a round")
    a.add_argument("--json", type=Path, metavar="FILE", help="write every measurement")
    given = a.parse_args()
    if given.rounds < 1 or given.runs < 1:
        a.error("--rounds and --runs are at least 1")
    if not given.doubleback.exists():
        a.error(f"{given.doubleback} is not there. Build it with `cargo build --release`, or give --doubleback PATH")
    rows, found = [], []
    for sweep in SWEEPS:
        if given.only and sweep.kind not in given.only:
            continue
        sizes = [size for size in sweep.sizes if sweep.kind != "threads" or size <= cores()]
        if len(sizes) < 2:
            print(f"{sweep.kind}: this machine has one core alone", file=sys.stderr)
            continue
        print(f"{sweep.kind}: {sweep.what}", file=sys.stderr)
        turns = [{size: measured(given.doubleback, sweep, size, given.runs) for size in sizes} for _ in range(given.rounds)]
        points = {size: tuple(statistics.median(turn[size][i] for turn in turns) for i in (0, 1)) for size in sizes}
        found.append({"kind": sweep.kind, "what": sweep.what, "must": sweep.must, "rounds": turns})
        rows.append(shown(sweep, points))
    header = ["grows", "work", "milliseconds", "exponent", "of the last step", "of the work", "of memory"]
    for row in [header, ["---"] * len(header), *rows]:
        print("| " + " | ".join(row) + " |")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
