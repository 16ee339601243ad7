"""Robust accuracy of the standard ensemble's attacks beside torchattacks and pyautoattack, on the MNIST network of the TRADES authors or on a vgg-small
that doubleback trained on CIFAR-10.

    python scripts/compare-attacks.py --binary target/release/doubleback --weights trades-mnist-smallcnn.pt --data DIR --count 100
    python scripts/compare-attacks.py --binary target/release/doubleback --weights trades-mnist-smallcnn.pt --data DIR --count 1000 --attacks autoattack
    python scripts/compare-attacks.py --binary target/release/doubleback --weights pgd.safetensors --data DIR --count 200 --eps 8/255 --attacks autoattack

`autoattack` is the whole standard ensemble with its published settings, ours by `doubleback audit`, theirs by pyautoattack.

Every attack has the same settings on all sides; the images are the first of the test set, which no attack of the peers leaves out. Needs torch,
torchattacks 3.5.1 and, if it is installed, pyautoattack 0.2.0. DIR holds mnist/ or cifar10/ with the
official files.
"""
import argparse
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
from torch import nn


CIFAR10 = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


class SmallCnn(nn.Module):
    """The network that the weights are of, by the names in their file."""

    def __init__(self):
        super().__init__()
        relu = nn.ReLU
        self.feature_extractor = nn.Sequential()
        for name, module in [
            ("conv1", nn.Conv2d(1, 32, 3)), ("relu1", relu()), ("conv2", nn.Conv2d(32, 32, 3)), ("relu2", relu()),
            ("maxpool1", nn.MaxPool2d(2, 2)), ("conv3", nn.Conv2d(32, 64, 3)), ("relu3", relu()),
            ("conv4", nn.Conv2d(64, 64, 3)), ("relu4", relu()), ("maxpool2", nn.MaxPool2d(2, 2)),
        ]:
            self.feature_extractor.add_module(name, module)
        self.classifier = nn.Sequential()
        for name, module in [
            ("fc1", nn.Linear(1024, 200)), ("relu1", relu()), ("drop", nn.Dropout(0.5)), ("fc2", nn.Linear(200, 200)),
            ("relu2", relu()), ("fc3", nn.Linear(200, 10)),
        ]:
            self.classifier.add_module(name, module)

    def forward(self, x):
        return self.classifier(self.feature_extractor(x).flatten(1))


class VggSmall(nn.Module):
    """doubleback's network of this name, from its own file: convolutions there are [height, width, in, out], and pixels are flattened before channels."""

    def __init__(self, path):
        super().__init__()
        layers, inputs = [], 3
        for channels in (32, 64, 128):
            for _ in range(2):
                layers += [nn.Conv2d(inputs, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
                inputs = channels
            layers.append(nn.MaxPool2d(2))
        self.features, self.logits = nn.Sequential(*layers), nn.Linear(2048, 10)
        values = {name: torch.tensor(value) for name, value in tensors(path).items()}
        convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
        norms = [layer for layer in layers if isinstance(layer, nn.BatchNorm2d)]
        for number, (convolution, norm) in enumerate(zip(convolutions, norms), 1):
            convolution.weight.data = values[f"conv{number}.weight"].permute(3, 2, 0, 1).contiguous()
            for tensor, role in [(norm.weight.data, "gain"), (norm.bias.data, "shift"), (norm.running_mean, "moving_mean"),
                                 (norm.running_var, "moving_variance")]:
                tensor.copy_(values[f"conv{number}.norm.{role}"])
        self.logits.weight.data = values["logits.weight"].T.contiguous()
        self.logits.bias.data = values["logits.bias"]

    def forward(self, x):
        return self.logits(self.features(x).permute(0, 2, 3, 1).flatten(1))


def tensors(path):
    """The arrays of a safetensors file of f32."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    at = {name: [start + offset for offset in tensor["data_offsets"]] for name, tensor in header.items()}
    return {name: np.frombuffer(data[first:last], "<f4").reshape(header[name]["shape"]).copy() for name, (first, last) in at.items()}


def number(text):
    """As in 0.3 or 8/255."""
    above, _, below = text.partition("/")
    return float(above) / float(below or 1)


def first_photos(folder, count):
    with gzip.open(folder / "test_batch.bin.gz", "rb") as file:
        records = np.frombuffer(file.read(3073 * count), np.uint8).reshape(-1, 3073)
    return torch.tensor(records[:, 1:].reshape(-1, 3, 32, 32) / 255.0, dtype=torch.float32), torch.tensor(records[:, 0].astype(np.int64))


def first_images(folder, count):
    def read(name, offset):
        for path, opener in [(folder / f"{name}.gz", gzip.open), (folder / name, open)]:
            if path.exists():
                with opener(path, "rb") as file:
                    return np.frombuffer(file.read(), np.uint8, offset=offset)
        raise SystemExit(f"{folder}: no {name}")

    images = read("t10k-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)[:count]
    labels = read("t10k-labels-idx1-ubyte", 8)[:count]
    return torch.tensor(images / 255.0, dtype=torch.float32), torch.tensor(labels.astype(np.int64))


def peers(network, eps, norm, steps, queries):
    """Each peer's attacks by our names, as functions of images and labels that give examples."""
    import torchattacks

    name = {"linf": "Linf", "l2": "L2"}[norm]
    of = {
        "apgd-ce": torchattacks.APGD(network, norm=name, eps=eps, steps=steps, n_restarts=1, loss="ce"),
        "apgd-dlr": torchattacks.APGD(network, norm=name, eps=eps, steps=steps, n_restarts=1, loss="dlr"),
        "apgd-t": torchattacks.APGDT(network, norm=name, eps=eps, steps=steps, n_restarts=1),
        "fab-t": torchattacks.FAB(network, norm=name, eps=eps, steps=steps, n_restarts=1, multi_targeted=True, n_classes=10),
        "square": torchattacks.Square(network, norm=name, eps=eps, n_queries=queries, n_restarts=1),
    }
    yield f"torchattacks {torchattacks.__version__}", of
    try:
        from pyautoattack import AutoAttack
    except ImportError:
        return
    standard = AutoAttack(network, norm=name, eps=eps, version="standard", device="cpu", seed=0)
    standard.verbose = False

    def whole(images, labels):
        return standard.run_standard_evaluation(images, labels, batch_size=250)[0]

    ensemble = AutoAttack(network, norm=name, eps=eps, version="custom", attacks=[], device="cpu", seed=0)
    ensemble.verbose = False
    ensemble.apgd.n_iter = ensemble.apgd_targeted.n_iter = ensemble.fab.n_iter = steps
    ensemble.apgd.n_restarts = ensemble.apgd_targeted.n_restarts = ensemble.fab.n_restarts = 1
    ensemble.square.n_queries = queries
    ensemble.fab.n_target_classes = ensemble.apgd_targeted.n_target_classes = 9

    def run(attack):
        def examples(images, labels):
            ensemble.attacks_to_run = [attack]
            return ensemble.run_standard_evaluation(images, labels, batch_size=len(images))[0]

        return examples

    yield "pyautoattack", {name: run(name) for name in of} | {"autoattack": whole}


def with_kept_memory():
    """Starts this program again with glibc told to keep its memory, as bench/compare.py runs the peers: it is worth a tenth to them."""
    kept = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "17179869184", "MALLOC_TOP_PAD_": "268435456"}
    if any(name not in os.environ for name in kept):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | kept)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--weights", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--eps", type=number, default=0.3)
    parser.add_argument("--norm", choices=("linf", "l2"), default="linf")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--attacks", default="apgd-ce,apgd-dlr,apgd-t,fab-t,square")
    parser.add_argument("--channels-last", action="store_true", help="the peers' network in this layout, mostly their fastest")
    parser.add_argument("--ours-only", action="store_true", help="without the peers")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    if given.weights.suffix == ".safetensors":
        network, ours = VggSmall(given.weights), [given.weights]
        images, labels = first_photos(given.data / "cifar10", given.count)
    else:
        network, ours = SmallCnn(), [given.weights, "--arch", "small-cnn"]
        network.load_state_dict(torch.load(given.weights, map_location="cpu"))
        images, labels = first_images(given.data / "mnist", given.count)
    network.eval()
    if given.channels_last:
        network = network.to(memory_format=torch.channels_last)
    # Few images may have none of a class.
    names = CIFAR10 if given.weights.suffix == ".safetensors" else [str(digit) for digit in range(10)]
    np.savez(data := pathlib.Path(tempfile.mkdtemp()) / "first.npz", x_test=images.numpy(), y_test=labels.numpy(), classes=names)
    wanted = given.attacks.split(",")

    def report(engine, attack, fooled, seconds):
        accuracy = 1.0 - float(np.mean(fooled))
        print(json.dumps({"engine": engine, "attack": attack, "accuracy": round(accuracy, 4), "seconds": round(seconds, 2)}), flush=True)

    with torch.no_grad():
        report("torch", "none", (network(images).argmax(1) != labels).numpy(), 0.0)

    def fooled_by(examples):
        with torch.no_grad():
            distance = (examples - images).flatten(1)
            length = distance.abs().amax(1) if given.norm == "linf" else distance.norm(dim=1)
            return ((network(examples).argmax(1) != labels) & (length <= given.eps * 1.0001)).numpy()

    def audit():
        out = pathlib.Path(tempfile.mkdtemp()) / "audit"
        start = time.perf_counter()
        subprocess.run(
            [given.binary, "--threads", str(given.threads), "--quiet", "audit", *ours, "--dataset", f"npz:{data}",
             "--eps", str(given.eps), "--norm", given.norm, "--out", out],
            check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - start
        with open(out / "results.json") as file:
            images = json.load(file)["images"]
        broken = [image["clean"] != image["label"] or "broken_by" in image for image in images]
        report("doubleback", "autoattack", broken, seconds)

    for attack in wanted:
        if attack == "autoattack":
            audit()
            for engine, attacks in () if given.ours_only else peers(network, given.eps, given.norm, given.steps, given.queries):
                if attack in attacks:
                    start = time.perf_counter()
                    examples = attacks[attack](images, labels)
                    report(engine, attack, fooled_by(examples.detach()), time.perf_counter() - start)
            continue
        out = data.with_name(attack + ".npz")
        options = ["--queries", str(given.queries)] if attack == "square" else ["--steps", str(given.steps)]
        start = time.perf_counter()
        subprocess.run(
            [given.binary, "--threads", str(given.threads), "--quiet", "attack", "--model", *ours,
             "--dataset", f"npz:{data}", "--attack", attack, "--eps", str(given.eps), "--norm", given.norm, "--out", out, *options],
            check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - start
        with np.load(next(data.parent.glob(f"{attack}-eps*.npz"))) as arrays:
            order = np.argsort(arrays["index"])
            examples = torch.tensor(arrays["examples"][order])
        report("doubleback", attack, fooled_by(examples), seconds)
        if given.ours_only:
            continue
        for engine, attacks in peers(network, given.eps, given.norm, given.steps, given.queries):
            start = time.perf_counter()
            examples = attacks[attack](images, labels)
            report(engine, attack, fooled_by(examples.detach()), time.perf_counter() - start)


if __name__ == "__main__":
    with_kept_memory()
    main()
