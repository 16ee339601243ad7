"""Times torchattacks' JSMA on paper-cnn with weights that doubleback trained, on the CPU; prints the line of `doubleback bench attack --only jsma`.

The images are those of an .npz file that `doubleback attack --out` wrote.
"""
import argparse
import json
import struct
import time

import numpy
import torch
import torchattacks

from pytorch_networks import build

THETA, GAMMA = 1.0, 0.25


def tensors(path):
    """The tensors of a .safetensors file."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    header.pop("__metadata__", None)
    found = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise SystemExit(f"{path}: {name} is {entry['dtype']}, not F32")
        first, last = entry["data_offsets"]
        found[name] = torch.from_numpy(numpy.frombuffer(data[first:last], "<f4").reshape(entry["shape"]).copy())
    return found


def load_paper_cnn(network, path):
    """Ours are HWIO and (in, out), and our flatten takes channels last."""
    found = tensors(path)
    conv1, norm1, _, conv2, norm2, _, _, dense, norm3, _, logits = network
    if "dense1.weight" not in found or found["dense1.weight"].shape != (3136, 1024):
        raise SystemExit(f"{path} holds no paper-cnn for 28x28 images. Train one: doubleback train --arch paper-cnn")
    with torch.no_grad():
        for layer, name in ((conv1, "conv1"), (conv2, "conv2")):
            layer.weight.copy_(found[f"{name}.weight"].permute(3, 2, 0, 1))
        rows = found["dense1.weight"].reshape(7, 7, 64, 1024).permute(3, 2, 0, 1)
        dense.weight.copy_(rows.reshape(1024, 3136))
        logits.weight.copy_(found["logits.weight"].T)
        logits.bias.copy_(found["logits.bias"])
        for layer, name in ((norm1, "conv1"), (norm2, "conv2"), (norm3, "dense1")):
            layer.shift.copy_(found[f"{name}.norm.shift"])
            layer.mean.copy_(found[f"{name}.norm.moving_mean"])
            layer.variance.copy_(found[f"{name}.norm.moving_variance"])


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--model", required=True, help="paper-cnn, .safetensors")
    options.add_argument("--images", required=True, help="originals and label, .npz")
    options.add_argument("--pool", choices=("max", "avg"), default="max")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--runs", type=int, default=1)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    arrays = numpy.load(given.images)
    images, labels = torch.from_numpy(arrays["originals"]), torch.from_numpy(arrays["label"])
    network, _, _ = build("paper-cnn", given.pool, len(labels), channels_last=False)
    load_paper_cnn(network, given.model)
    network.eval()
    for parameter in network.parameters():
        # Their gradients are not asked for, so the peer need not compute them.
        parameter.requires_grad_(False)

    attack = torchattacks.JSMA(network, theta=THETA, gamma=GAMMA)
    attack(images[:1], labels[:1])
    times = []
    for _ in range(given.runs):
        started = time.perf_counter()
        examples = attack(images, labels)
        times.append((time.perf_counter() - started) * 1e3)
    with torch.no_grad():
        predicted = network(examples).argmax(1)
    median = sorted(times)[len(times) // 2]
    print(json.dumps({
        "engine": f"torchattacks {torchattacks.__version__}",
        "attack": "jsma",
        "images_per_second": round(len(labels) / median * 1e3, 2),
        "median_ms": round(median, 2),
        "min_ms": round(min(times), 2),
        "success": (predicted == (labels + 1) % 10).float().mean().item(),
        "mean_changed": round((examples != images).flatten(1).sum(1).float().mean().item(), 2),
    }), flush=True)


if __name__ == "__main__":
    main()
