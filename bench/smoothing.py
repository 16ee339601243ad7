#!/usr/bin/env python3
"""Do regularized gradients explain themselves, without smoothing? (Ross & Doshi-Velez 2018, section 4.) Measured.

    cargo build --release
    python3 bench/smoothing.py --data DIR --out smoothing

For each data set (mnist, svhn and cifar10, real files in DIR) and each of three seeds two networks are trained, normal and double backprop, with the same
budget. The gradient of the true class and its SmoothGrad (50 copies, noise of 0.15 of the range) are measured on the same test images, by each metric. What
smoothing gains is the difference of the two on an image, turned so that more is better. Intervals are of 95 %, over seeds and images: a bootstrap that draws
seeds, and of each seed images.

The claim, by metric: on double backprop smoothing gains nothing (its interval does not lie above 0), on normal networks it does, and the plain gradient of
double backprop is at least as good as the smoothed gradient of normal training (the interval of the difference does not lie below 0). It `holds` if all three
are so, holds `in part` if the third is, or the first two are, and else it does `not` hold.

Trainings and measurements that are there already in the folder are not made again. Needs Python 3.9 or newer and nothing else.
"""
import argparse
import json
import random
import statistics
import subprocess
from pathlib import Path

DATA_SETS = ("mnist", "svhn", "cifar10")
DEFENSES = ("normal", "doubleback")
METHODS = ("gradient", "smoothgrad")
METRICS = ("deletion", "insertion", "road", "max-sensitivity", "stability", "smoothness", "sparseness")
DRAWS = 2000


def run(words):
    words = [str(word) for word in words]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def train(given, data, defense, seed):
    """The file of a model."""
    file = given.out / f"{data}-{defense}-{seed}.safetensors"
    if not file.exists():
        words = [given.binary, "--quiet", "train", "--dataset", data, "--data-dir", given.data, "--defense", defense, "--profile", "quick", "--seed", seed]
        words += ["--arch", given.arch, "--steps", given.steps, "--batch", given.batch, "--out", file]
        if defense == "doubleback" and given.weight is not None:
            words += ["--lambda", given.weight]
        run(words)
        file.with_suffix(".state").unlink(missing_ok=True)
    return file


def measured(given, data, seed):
    """By defense and method, of each metric its direction and values by image; and the share of the images that each network knows."""
    models = {defense: train(given, data, defense, seed) for defense in DEFENSES}
    results = given.out / f"{data}-{seed}.json"
    if not results.exists():
        words = [given.binary, "--quiet", "explain", "--dataset", data, "--data-dir", given.data, "--count", given.count]
        for defense, file in models.items():
            words += ["--model", f"{defense}={file}"]
        words += ["--method", ",".join(METHODS), "--metric", ",".join(METRICS), "--json", results]
        run(words)
    found = json.loads(results.read_text())
    values = {}
    for model in found["models"]:
        for method in model["methods"]:
            values[model["model"], method["method"]] = {one["metric"]: (one["direction"], one["values"]) for one in method["metrics"]}
    return values


def known(given, data, defense, seed):
    """Test images that the network is right on, of those that are explained."""
    results = given.out / f"{data}-{defense}-{seed}-known.json"
    if not results.exists():
        words = [given.binary, "--quiet", "predict", "--model", given.out / f"{data}-{defense}-{seed}.safetensors", "--dataset", data, "--data-dir", given.data]
        run([*words, "--count", given.known, "--out", results.with_suffix(".npz"), "--json", results])
    return json.loads(results.read_text())["accuracy"]


def difference(metric, a, b):
    """By how much `a` is better than `b`, image by image where both are defined."""
    direction, ours = a[metric]
    sign = {"higher": 1, "lower": -1}[direction]
    return [sign * (x - y) for x, y in zip(ours, b[metric][1]) if x is not None and y is not None]


def interval(by_seed, draw):
    """Mean and 95 % interval over seeds and images."""
    def mean(seeds):
        return statistics.fmean(statistics.fmean(images) for images in seeds)

    drawn = sorted(mean([draw.choices(images, k=len(images)) for images in draw.choices(by_seed, k=len(by_seed))]) for _ in range(DRAWS))
    return mean(by_seed), drawn[round(0.025 * DRAWS)], drawn[round(0.975 * DRAWS) - 1]


def verdict(normal, regularized, plain):
    """Of the three intervals: what smoothing gains on either network, and the plain gradient of one against the smoothed of the other."""
    unneeded, needed, as_good = regularized[1] <= 0, normal[1] > 0, plain[2] >= 0
    if unneeded and needed and as_good:
        return "holds"
    return "in part" if as_good or (unneeded and needed) else "not"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--binary", type=Path, default=Path(__file__).parents[1] / "target/release/doubleback")
    parser.add_argument("--arch", default="paper-cnn")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--weight", type=float, help="of the penalty; the profile's, if it is not given")
    parser.add_argument("--count", type=int, default=50, help="test images that are explained")
    parser.add_argument("--known", type=int, default=1000, help="test images that accuracy is taken of")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=DATA_SETS, nargs="*", default=DATA_SETS)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    draw = random.Random(0)
    print(f"{given.arch}, {given.steps} steps of {given.batch}; {given.count} test images, {given.seeds} seeds\n")
    for data in given.only:
        seeds = [measured(given, data, seed) for seed in range(given.seeds)]
        right = {defense: [known(given, data, defense, seed) for seed in range(given.seeds)] for defense in DEFENSES}
        told = "; ".join(f"{defense} {', '.join(f'{100 * share:.1f}' for share in shares)} %" for defense, shares in right.items())
        print(f"{data}: right on {told}\n")
        print("| metric | smoothing gains, normal | smoothing gains, double backprop | plain gradient of double backprop over smoothed of normal | the claim |")
        print("|---|---|---|---|---|")
        for metric in METRICS:
            pairs = [
                (("normal", "smoothgrad"), ("normal", "gradient")),
                (("doubleback", "smoothgrad"), ("doubleback", "gradient")),
                (("doubleback", "gradient"), ("normal", "smoothgrad")),
            ]
            found = [interval([difference(metric, seed[a], seed[b]) for seed in seeds], draw) for a, b in pairs]
            cells = [f"{mean:+.3f} ({low:+.3f} to {high:+.3f})" for mean, low, high in found]
            print(f"| {metric} | {' | '.join(cells)} | {verdict(*found)} |", flush=True)
        print()


if __name__ == "__main__":
    main()
