"""Metrics of explanations beside Quantus 0.6, on the MNIST network of the TRADES authors: same images, same maps (gradients), parameters made equal.

    python scripts/compare-metrics.py --binary target/release/examples/measure_explanations --weights trades-mnist-smallcnn.pt --data DIR --count 20
    python scripts/compare-metrics.py --weights trades-mnist-smallcnn.pt --data DIR --time 256

The binary is `cargo build --release -p doubleback-import --example measure_explanations`. What is not random is to agree within 1e-3, what is random within
three standard errors over seeds; where Quantus does something else, a small case shows it. With --time, the
Python package is timed. Needs torch and quantus 0.6 with numpy before 2.4 (it calls
`np.trapz`). DIR holds mnist/ with the official files. Exits with 1 if something does not agree.
"""
import argparse
import importlib.util
import json
import pathlib
import subprocess
import tempfile
import time
import warnings

import numpy as np
import torch
from torch import nn

warnings.filterwarnings("ignore")
import quantus  # noqa: E402

QUIET = {"disable_warnings": True, "display_progressbar": False}
RADIUS, SAMPLES = 0.2, 10
failures = []


def beside(name):
    """Another script of this folder."""
    path = pathlib.Path(__file__).with_name(name)
    spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def gradient(model, inputs, targets, **_):
    """The gradient of the target's logit, which Quantus asks for again and again."""
    x = torch.tensor(inputs, dtype=torch.float32, requires_grad=True)
    logits = model(x)[torch.arange(len(x)), torch.as_tensor(targets)]
    return torch.autograd.grad(logits.sum(), x)[0].numpy()


def test_images(folder, count):
    """The first images of the test set from 0 to 1, and their labels."""
    images, labels = read_idx(folder)
    return images[:count, None].astype(np.float32) / np.float32(255), labels[:count].astype(np.int64)


def read_idx(folder):
    import gzip

    pixels = np.frombuffer(gzip.open(folder / "t10k-images-idx3-ubyte.gz").read(), np.uint8, offset=16)
    labels = np.frombuffer(gzip.open(folder / "t10k-labels-idx1-ubyte.gz").read(), np.uint8, offset=8)
    return pixels.reshape(-1, 28, 28), labels


class Ours:
    """The example program, for some images and maps."""

    def __init__(self, given, x, y, maps):
        self.given = given
        self.folder = tempfile.TemporaryDirectory()
        self.arrays = pathlib.Path(self.folder.name) / "arrays.npz"
        np.savez(self.arrays, images=x.astype(np.float32), maps=maps.astype(np.float32), targets=y.astype(np.float32))

    def __call__(self, *metrics, details=False):
        request = json.dumps({"arch": "small-cnn", "metrics": list(metrics), "details": details})
        out = subprocess.run([self.given.binary, self.given.weights, self.arrays, request], check=True, capture_output=True, text=True,
                             env={"RAYON_NUM_THREADS": str(self.given.threads)})
        return [json.loads(line) for line in out.stdout.splitlines()]


def agree(name, ours, theirs, bar=1e-3):
    """Within the bar, relative where values are above 1."""
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    error = np.max(np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1))
    print(f"{name}: largest difference {error:.2g} (bar {bar:g}) {'agrees' if error <= bar else 'DIFFERS'}", flush=True)
    if not error <= bar:
        failures.append(name)


def agree_in_mean(name, ours, theirs):
    """Two samples of seeds, first axis, agree in their mean within three standard errors: of each number beside them."""
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    error = np.sqrt(ours.var(0, ddof=1) / len(ours) + theirs.var(0, ddof=1) / len(theirs))
    off = np.abs(ours.mean(0) - theirs.mean(0)) / np.maximum(error, 1e-12)
    worst = float(np.max(off))
    print(f"{name}: ours {np.round(ours.mean(0), 4)}, Quantus {np.round(theirs.mean(0), 4)}, {worst:.2f} standard errors (bar 3)", flush=True)
    if not worst <= 3:
        failures.append(name)


def deterministic(net, x, y, maps, ours):
    call = {"model": net, "x_batch": x, "y_batch": y, "a_batch": maps, "channel_first": True, "device": "cpu"}
    # A copy each time: Quantus changes the maps it is given.
    fresh = lambda: {**call, "a_batch": maps.copy()}  # noqa: E731

    for step in (28, 7):
        flips = quantus.PixelFlipping(features_in_step=step, perturb_baseline=0.0, normalise=False, abs=False, **QUIET)
        theirs = np.array(flips(**fresh()))
        [found] = ours({"metric": "deletion", "step": step}, details=True)
        agree(f"pixel flipping to black, {step} pixels a step: curves", np.array(found["details"]["answers"])[:, 1:], theirs)
        area = quantus.PixelFlipping(features_in_step=step, perturb_baseline=0.0, normalise=False, abs=False, return_auc_per_sample=True, **QUIET)
        theirs = np.array(area(**fresh()))
        answers = np.array(found["details"]["answers"])
        # Their area leaves the clean answer out, and has a step for unit; with both made up for it is ours.
        made_equal = (theirs + (answers[:, 0] + answers[:, 1]) / 2) * step / 784
        agree(f"the same: areas, clean answer added, over the share (Quantus' own number: {theirs[0]:.3f}, ours {found['values'][0]:.3f})", found["values"], made_equal)

    [found] = ours({"metric": "sparseness"})
    agree("sparseness", found["values"], quantus.Sparseness(abs=True, normalise=False, **QUIET)(**fresh()))
    [found] = ours({"metric": "complexity"})
    agree("complexity", found["values"], quantus.Complexity(abs=True, normalise=False, **QUIET)(**fresh()))

    shares = list(range(10, 100, 10))
    road = quantus.ROAD(percentages=shares, noise=0.0, abs=False, normalise=False, **QUIET)
    theirs = road(**fresh())
    [found] = ours({"metric": "road", "shares": [share / 100 for share in shares], "noise": 0.0}, details=True)
    agree("ROAD without noise: accuracies by share", np.mean(found["details"]["answers"], 0), [theirs[share] for share in shares])

    # One block that is the whole image: nothing is kept from an earlier one.
    whole = quantus.Infidelity(perturb_patch_sizes=[28], n_perturb_samples=1, perturb_baseline=0.0, abs=False, normalise=False, **QUIET)
    square = lambda side, stride: {"squares": {"side": side, "stride": stride, "fill": "black"}}  # noqa: E731
    [found] = ours({"metric": "infidelity", "perturbation": square(28, 1)})
    agree("infidelity, the whole image black", found["values"], whole(**fresh()))
    # Blocks side by side: each of the image itself, by the paper's definition; by Quantus on top of the earlier ones.
    blocks = quantus.Infidelity(perturb_patch_sizes=[7], n_perturb_samples=1, perturb_baseline=0.0, abs=False, normalise=False, **QUIET)
    theirs = np.array(blocks(**fresh()))
    [found] = ours({"metric": "infidelity", "perturbation": square(7, 7)})
    by_definition, on_top = infidelity_of_blocks(net, x, y, maps, 7)
    agree("infidelity, blocks of 7 by 7 by the definition (PyTorch)", found["values"], by_definition)
    agree("what Quantus computes: every block on top of the earlier ones (PyTorch)", on_top, theirs)
    print(f"  image 0: by the definition {by_definition[0]:.4f}, Quantus {theirs[0]:.4f}")

    complete = quantus.Completeness(abs=False, normalise=False, perturb_baseline=0.0, **QUIET)
    product = maps * x
    theirs = complete(**{**fresh(), "a_batch": product.copy()})
    with torch.no_grad():
        of = lambda images: net(torch.tensor(images))[torch.arange(len(y)), torch.tensor(y)].double().numpy()  # noqa: E731
        gap = np.abs(product.reshape(len(y), -1).astype(np.float64).sum(1) - (of(x) - of(np.zeros_like(x))))
    [found] = Ours(ours.given, x, y, product)({"metric": "completeness", "baseline": "black"})
    agree("completeness gap of input x gradient (PyTorch)", found["values"], gap)
    print(f"  Quantus answers {sorted(set(map(bool, np.ravel(theirs))))}: whether two floats are equal")


def infidelity_of_blocks(net, x, y, maps, side):
    """Infidelity of black blocks: of the image itself, and each on top of the earlier ones."""
    index = torch.arange(len(y)), torch.tensor(y)
    with torch.no_grad():
        of = lambda images: net(torch.tensor(images))[index].double().numpy()  # noqa: E731
        clean, kept, alone, on_top = of(x), x.copy(), [], []
        for top in range(0, 28, side):
            for left in range(0, 28, side):
                for images, errors in ((x.copy(), alone), (kept, on_top)):
                    images[:, :, top:top + side, left:left + side] = 0
                    said = (maps.astype(np.float64) * (x - images)).reshape(len(y), -1).sum(1)
                    errors.append((said - (clean - of(images))) ** 2)
    return np.mean(alone, 0), np.mean(on_top, 0)


def random_ones(net, x, y, maps, ours, seeds):
    call = {"x_batch": x, "y_batch": y, "channel_first": True, "device": "cpu", "explain_func": gradient}
    theirs = []
    for seed in range(seeds):
        np.random.seed(seed)
        metric = quantus.MaxSensitivity(nr_samples=SAMPLES, lower_bound=RADIUS, abs=False, normalise=False, **QUIET)
        theirs.append(metric(model=net, a_batch=maps.copy(), **call))
    asked = [{"metric": "max-sensitivity", "radius": RADIUS, "samples": SAMPLES, "seed": seed} for seed in range(seeds)]
    found = [one["values"] for one in ours(*asked)]
    mean = lambda values: np.mean(values, 1, keepdims=True)  # noqa: E731
    agree_in_mean(f"max-sensitivity, {SAMPLES} samples, {seeds} seeds: mean of the images", mean(found), mean(theirs))

    # Starting values as ours: Quantus asks each layer to start anew.
    for module in net.modules():
        if type(module) in STARTS:
            module.__class__ = STARTS[type(module)]
    few = max(seeds // 5, 3)
    theirs = []
    for seed in range(few):
        torch.manual_seed(seed)
        metric = quantus.MPRT(similarity_func=quantus.similarity_func.correlation_spearman, layer_order="top_down", seed=seed, abs=True, normalise=False,
                              return_average_correlation=False, **QUIET)
        scores = metric(model=net, a_batch=maps.copy(), **call)
        theirs.append([np.mean(values) for layer, values in scores.items() if layer != "original"])
    asked = [{"metric": "randomization", "seed": seed} for seed in range(few)]
    found = [[np.mean(values) for values in one["details"].values()] for one in ours(*asked, details=True)]
    print(f"  layers: Quantus {[layer for layer in scores if layer != 'original']}")
    agree_in_mean(f"randomization from the logits down, {few} seeds: mean of the images by layer", in_cascade(found, ours), theirs)


def in_cascade(found, ours):
    """JSON objects are sorted by name; the cascade goes from the logits down."""
    names = sorted(["logits", "dense2", "dense1", "conv4", "conv3", "conv2", "conv1"])
    order = [names.index(name) for name in ["logits", "dense2", "dense1", "conv4", "conv3", "conv2", "conv1"]]
    return np.array(found)[:, order]


class GlorotConv(nn.Conv2d):
    def reset_parameters(self):
        nn.init.xavier_uniform_(self.weight)
        nn.init.zeros_(self.bias)


class GlorotLinear(nn.Linear):
    reset_parameters = GlorotConv.reset_parameters


STARTS = {nn.Conv2d: GlorotConv, nn.Linear: GlorotLinear}


def small_cases():
    """Where Quantus does something else, without a network."""
    model, x, y = nn.Flatten(), np.ones((1, 1, 2, 2), np.float32), np.array([0])
    maps = np.array([[[[1e-7, 0.0], [0.0, 0.0]]]], np.float32)
    theirs = quantus.Sparseness(abs=True, normalise=False, **QUIET)(model=model, x_batch=x, y_batch=y, a_batch=maps.copy(), channel_first=True)
    print(f"sparseness of (1e-7, 0, 0, 0): 3/4 by the definition, Quantus {theirs[0]:.4f}: it adds 1e-7 to each value")
    two = np.concatenate([np.array([[[[1.0, 0.5], [0.0, 0.0]]]], np.float32), np.array([[[[4.0, 2.0], [0.0, 0.0]]]], np.float32)])
    both = {"model": model, "x_batch": np.ones((2, 1, 2, 2), np.float32), "y_batch": np.array([0, 0]), "channel_first": True}
    metric = lambda: quantus.EffectiveComplexity(eps=0.3, abs=True, normalise=True, **QUIET)  # noqa: E731
    together = metric()(a_batch=two.copy(), **both)
    alone = metric()(model=model, x_batch=x, y_batch=y, a_batch=two[:1].copy(), channel_first=True)
    print(f"a map alone and beside a larger one, normalised by default: {alone[0]} and {together[0]} values above 0.3")


def by_package(given, x, y, maps):
    """The seconds that a metric of the Python package takes, which is a release build as pip makes it."""
    import doubleback as db

    db.num_threads(given.threads)
    model = db.load(given.weights, arch="small-cnn")
    metrics = {"deletion": db.metrics.Deletion, "insertion": db.metrics.Insertion, "max-sensitivity": db.metrics.MaxSensitivity}

    def seconds(asked):
        options = {name: value for name, value in asked.items() if name != "metric"}
        again = {"method": db.explain.Gradient()} if asked["metric"] == "max-sensitivity" else {}
        started = time.perf_counter()
        metrics[asked["metric"]](**options)(model, x, y, maps, **again)
        return time.perf_counter() - started

    return seconds


def timing(net, x, y, maps, ours, rounds):
    call = {"model": net, "x_batch": x, "y_batch": y, "channel_first": True, "device": "cpu", "batch_size": len(x)}
    cases = {
        "deletion, 28 pixels a step": (
            {"metric": "deletion", "step": 28},
            lambda: quantus.PixelFlipping(features_in_step=28, perturb_baseline=0.0, normalise=False, return_auc_per_sample=True, **QUIET)(a_batch=maps.copy(), **call)),
        "insertion, 28 pixels a step, beside deletion there": (
            {"metric": "insertion", "step": 28},
            lambda: quantus.PixelFlipping(features_in_step=28, perturb_baseline=0.0, normalise=False, return_auc_per_sample=True, **QUIET)(a_batch=maps.copy(), **call)),
        f"max-sensitivity, {SAMPLES} samples": (
            {"metric": "max-sensitivity", "radius": RADIUS, "samples": SAMPLES},
            lambda: quantus.MaxSensitivity(nr_samples=SAMPLES, lower_bound=RADIUS, normalise=False, **QUIET)(a_batch=maps.copy(), explain_func=gradient, **call)),
    }
    for name, (asked, theirs) in cases.items():
        ratios, seconds = [], []
        for _ in range(rounds):
            own = ours(asked)
            started = time.perf_counter()
            theirs()
            other = time.perf_counter() - started
            ratios.append(own / other)
            seconds.append((own, other))
        print(f"{name}, {len(x)} images: {np.median(ratios):.3f} of Quantus' time (bar 0.1; {[tuple(round(s, 2) for s in pair) for pair in seconds]} s)", flush=True)


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("--binary", help="examples/measure_explanations; with --time the Python package is asked unless it is given")
    a.add_argument("--weights", required=True)
    a.add_argument("--data", required=True, type=pathlib.Path)
    a.add_argument("--count", default=20, type=int)
    a.add_argument("--seeds", default=100, type=int)
    a.add_argument("--time", default=0, type=int, help="only measure the time for so many images")
    a.add_argument("--rounds", default=3, type=int)
    a.add_argument("--threads", default=2, type=int)
    given = a.parse_args()
    torch.set_num_threads(given.threads)
    net = beside("compare-attacks.py").SmallCnn()
    net.load_state_dict(torch.load(given.weights, map_location="cpu"))
    net.eval()
    x, y = test_images(given.data / "mnist", given.time or given.count)
    maps = gradient(net, x, y)
    if given.time:
        own = Ours(given, x, y, maps) if given.binary else None
        ours = (lambda asked: own(asked)[0]["seconds"]) if own else by_package(given, x, y, maps)
        return timing(net, x, y, maps, ours, given.rounds)
    if not given.binary:
        a.error("--binary is needed but for --time")
    ours = Ours(given, x, y, maps)
    deterministic(net, x, y, maps, ours)
    small_cases()
    random_ones(net, x, y, maps, ours, given.seeds)
    if failures:
        raise SystemExit(f"{len(failures)} do not agree: {'; '.join(failures)}")


if __name__ == "__main__":
    main()
