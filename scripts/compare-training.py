"""Trains ResNet-18 on CIFAR-10 for a few epochs by PyTorch and by doubleback, by one recipe, and prints clean accuracies on the 10,000 test images.

    python scripts/compare-training.py PROGRAM DATA FOLDER --epochs 2

The recipe is the usual one of the ResNet-18 for small images (github.com/kuangliu/pytorch-cifar, 95.5 % after 200 epochs): batches of 128, SGD at 0.1 with
momentum 0.9 and weight decay 5e-4, a cosine to 0 over all epochs, crops of images padded by 4, mirrored at random. Here the cosine goes down at each step, not
each epoch. PyTorch's images are divided by the data's means and deviations, as there; doubleback's are not. DATA holds cifar10/ with the official binary
files; FOLDER gets model, curve and the accuracies by epoch. Needs torch and NumPy; an epoch is minutes to an hour on a processor, and PyTorch's part can be
left out (--only doubleback) or run alone (--only pytorch). Both write FOLDER/results.json.
"""

import argparse
import importlib.util
import json
import math
import pathlib
import subprocess
import time

import numpy as np
import torch
from torch.nn import functional

MEANS = torch.tensor([0.4914, 0.4822, 0.4465]).view(3, 1, 1)
DEVIATIONS = torch.tensor([0.2023, 0.1994, 0.2010]).view(3, 1, 1)
BATCH, RATE, MOMENTUM, DECAY = 128, 0.1, 0.9, 5e-4


def resnet18():
    """The network of bench/pytorch_networks.py."""
    path = pathlib.Path(__file__).parents[1] / "bench" / "pytorch_networks.py"
    spec = importlib.util.spec_from_file_location("pytorch_networks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Resnet18Cifar()


def images(folder, names):
    """Images from 0 to 1 and labels."""
    records = np.concatenate([np.fromfile(folder / name, np.uint8).reshape(-1, 3073) for name in names])
    pixels = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255)
    return pixels, torch.from_numpy(records[:, 0].astype(np.int64))


def augmented(batch, generator):
    """Crops of padded images, half of them mirrored."""
    padded = functional.pad(batch, (4, 4, 4, 4))
    places = torch.randint(0, 9, (len(batch), 2), generator=generator).tolist()
    mirrored = (torch.rand(len(batch), generator=generator) < 0.5).tolist()
    cut = [image[:, y : y + 32, x : x + 32] for image, (y, x) in zip(padded, places)]
    return torch.stack([image.flip(2) if flip else image for image, flip in zip(cut, mirrored)])


def accuracy(network, pixels, labels):
    """Share of right answers in evaluation mode."""
    network.eval()
    with torch.no_grad():
        right = sum(
            (network((pixels[start : start + 500] - MEANS) / DEVIATIONS).argmax(1) == labels[start : start + 500]).sum().item()
            for start in range(0, len(labels), 500)
        )
    network.train()
    return right / len(labels)


def by_pytorch(data, epochs, seed):
    """Accuracy after each epoch, and seconds."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    pixels, labels = images(data, [f"data_batch_{n}.bin" for n in range(1, 6)])
    test = images(data, ["test_batch.bin"])
    network = resnet18().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY)
    steps = epochs * math.ceil(len(labels) / BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    found, started = [], time.time()
    for epoch in range(epochs):
        order = torch.randperm(len(labels), generator=generator)
        for step, start in enumerate(range(0, len(labels), BATCH)):
            chosen = order[start : start + BATCH]
            batch = (augmented(pixels[chosen], generator) - MEANS) / DEVIATIONS
            loss = functional.cross_entropy(network(batch.contiguous(memory_format=torch.channels_last)), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            if step % 20 == 0:
                print(f"PyTorch: epoch {epoch + 1}, step {step}, loss {loss.item():.3f}, {time.time() - started:.0f} s", flush=True)
        found.append(accuracy(network, *test))
        print(f"PyTorch: {found[-1]:.4f} after epoch {epoch + 1}", flush=True)
    return {"accuracy": found, "seconds": time.time() - started, "version": torch.__version__}


def by_doubleback(program, data, folder, epochs, seed):
    """Accuracy at the end, and seconds."""
    started = time.time()
    steps = epochs * math.ceil(50_000 / BATCH)
    subprocess.run(
        [program, "train", "--dataset", "cifar10", "--data-dir", data, "--arch", "resnet18", "--defense", "normal", "--optimizer", "sgd"]
        + ["--momentum", str(MOMENTUM), "--weight-decay", str(DECAY), "--learning-rate", str(RATE), "--schedule", "cosine", "--crop", "4", "--flip"]
        + ["--batch", str(BATCH), "--steps", str(steps), "--seed", str(seed), "--out", folder / "resnet18.safetensors", "--json", folder / "training.json"],
        check=True,
    )
    seconds = time.time() - started
    attacked = subprocess.run(
        [program, "predict", "--dataset", "cifar10", "--data-dir", data, "--model", folder / "resnet18.safetensors", "--json"],
        check=True,
        stdout=subprocess.PIPE,
    )
    return {"accuracy": json.loads(attacked.stdout)["accuracy"], "seconds": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=["pytorch", "doubleback"])
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    path = given.folder / "results.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    results["epochs"] = given.epochs
    if given.only != "pytorch":
        results["doubleback"] = by_doubleback(given.program, given.data, given.folder, given.epochs, given.seed)
    if given.only != "doubleback":
        results["pytorch"] = by_pytorch(given.data / "cifar10", given.epochs, given.seed)
    path.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
