"""A ResNet-18 of PyTorch is fine-tuned here, and goes back: to PyTorch, and to ONNX.

    python scripts/check-fine-tuning.py PROGRAM FOLDER [--begin STEPS] [--steps STEPS] [--batch N] [--images N] [--count N]

PyTorch trains a ResNet-18 for 32x32 images plainly on CIFAR-10 for a few steps, `doubleback train --from` trains it on with double backprop, and `doubleback export`
writes the state dict and the ONNX file. The state dict is loaded into the module (strict), and the logits of the module and of onnxruntime on test images are
compared with those of `doubleback predict`; accuracies under PGD are told before and after. Files stay in FOLDER. Needs torch; what needs onnxruntime is
done by the Python that `--onnxruntime PYTHON` names, or by this one. Exit status 1 if predictions differ, or logits by more than 1e-4 of the largest.
"""
import argparse
import gzip
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional

MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
MODEL = ["--arch", "resnet18", "--normalize", "mean=" + ",".join(map(str, MEAN)) + ";std=" + ",".join(map(str, DEVIATION))]


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return functional.relu(y + self.shortcut(x))


class ResNet18(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        sizes = [(64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)]
        for stage, (inputs, outputs, stride) in enumerate(sizes, 1):
            blocks = nn.Sequential(Block(inputs, outputs, stride), Block(outputs, outputs, 1))
            setattr(self, f"layer{stage}", blocks)
        self.linear = nn.Linear(512, classes)

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
        return self.linear(x.mean((2, 3)))


def cifar(name):
    """Images in 0 to 1 and labels of one of the official binary files, packed or not."""
    folder = pathlib.Path(os.environ["DOUBLEBACK_DATA"]) / "cifar10"
    packed = folder / f"{name}.bin.gz"
    data = gzip.open(packed).read() if packed.exists() else (folder / f"{name}.bin").read_bytes()
    rows = np.frombuffer(data, np.uint8).reshape(-1, 3073)
    return rows[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255, rows[:, 0].astype(np.int64)


def normalized(x):
    mean, deviation = (torch.tensor(value).view(1, 3, 1, 1) for value in (MEAN, DEVIATION))
    return (torch.as_tensor(x) - mean) / deviation


def begin(steps, batch):
    torch.manual_seed(0)
    net = ResNet18()
    x, y = cifar("data_batch_1")
    optimizer = torch.optim.SGD(net.parameters(), 0.05, momentum=0.9, weight_decay=5e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=steps)
    order = np.random.default_rng(0).integers(0, len(x), (steps, batch))
    for rows in order:
        loss = functional.cross_entropy(net(normalized(x[rows])), torch.as_tensor(y[rows]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    print(f"PyTorch: {steps} steps of {batch} images, last loss {loss.item():.3f}", flush=True)
    return net.eval()


def run(program, *words):
    done = subprocess.run([program, *map(str, words)], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, words))}: status {done.returncode}")
    return done.stdout


def attacked(program, model, count, options):
    words = ["--dataset", "cifar10", "--attack", "pgd", "--steps", 20, "--eps", "1/255,2/255,4/255", "--count", count, "--json"]
    found = json.loads(run(program, "attack", "--quiet", "--model", model, *options, *words))
    rates = [f"{100 * row['accuracy']:.1f} % at {255 * row['eps']:.0f}/255" for row in found["results"]]
    return f"{100 * found['clean_accuracy']:.1f} % clean, {', '.join(rates)}"


ORT = """
import sys, numpy as np, onnx, onnxruntime
onnx.checker.check_model(sys.argv[1], full_check=True)
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
x = np.load(sys.argv[2])
np.save(sys.argv[3], np.concatenate([session.run(None, {"images": x[i:i + 100]})[0] for i in range(0, len(x), 100)]))
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--begin", type=int, default=300)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--weight", default="1")
    parser.add_argument("--rate", default="1e-4")
    parser.add_argument("--onnxruntime", default=sys.executable)
    args = parser.parse_args()
    folder, program = args.folder, args.program
    folder.mkdir(parents=True, exist_ok=True)
    start, tuned = folder / "start.pt", folder / "tuned.safetensors"
    if not start.exists():
        torch.save(begin(args.begin, args.batch).state_dict(), start)
    print("before:", attacked(program, start, args.count, MODEL), flush=True)
    words = ["--dataset", "cifar10", "--defense", "doubleback", "--lambda", args.weight, "--steps", args.steps]
    words += ["--batch", args.batch, "--learning-rate", args.rate, "--out", tuned]
    run(program, "train", "--quiet", "--from", start, *MODEL, *words)
    print("after: ", attacked(program, tuned, args.count, []), flush=True)

    x, _ = cifar("test_batch")
    x = x[: args.images]
    np.save(folder / "x.npy", x)
    run(program, "export", tuned, "--out", folder / "tuned.pt")
    run(program, "export", tuned, "--out", folder / "tuned.onnx")
    run(program, "predict", "--quiet", "--model", tuned, "--images", folder / "x.npy", "--out", folder / "p.npz", "--gradient", "none")
    expected = np.load(folder / "p.npz")["logits"]
    net = ResNet18()
    net.load_state_dict(torch.load(folder / "tuned.pt", weights_only=True), strict=True)
    net.eval()
    with torch.no_grad():
        ours = torch.cat([net(normalized(x[i : i + 100])) for i in range(0, len(x), 100)]).numpy()
    subprocess.run([args.onnxruntime, "-c", ORT, folder / "tuned.onnx", folder / "x.npy", folder / "o.npy"], check=True)
    worst = 0.0
    for name, found in [("PyTorch", ours), ("onnxruntime", np.load(folder / "o.npy"))]:
        same = int((found.argmax(1) == expected.argmax(1)).sum())
        apart = float(np.abs(found - expected).max() / np.abs(expected).max())
        print(f"{name}: {same} of {len(x)} predictions are the same, logits differ by {apart:.1e} of the largest", flush=True)
        worst = max(worst, apart, float(same < len(x)))
    raise SystemExit(worst > 1e-4)


if __name__ == "__main__":
    main()
