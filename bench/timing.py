"""What the peers' scripts share: options, the clock, the lines they print. Standard library only."""
import argparse
import json
import statistics
import time
from typing import NamedTuple


class Form(NamedTuple):
    """What a network takes and gives, and how many images are usual for it here."""

    image: tuple
    classes: int
    batch: int


ARCHITECTURES = ("paper-cnn", "small-cnn", "vgg-small", "resnet-small")
# Networks of torchvision, which doubleback imports.
IMPORTED = {
    "resnet18-cifar": Form((3, 32, 32), 10, 64),
    "mobilenet_v2-cifar": Form((3, 32, 32), 10, 64),
    "resnet18": Form((3, 224, 224), 1000, 16),
    "mobilenet_v2": Form((3, 224, 224), 1000, 16),
    "resnet50": Form((3, 224, 224), 1000, 16),
    "densenet121": Form((3, 224, 224), 1000, 16),
}
STEPS = ("forward", "input_gradient", "plain", "double")
# Those that can run a network as in use.
IN_USE = ("forward", "input_gradient")
# Libraries that have each attack. The long ones are run by themselves, on a trained network.
ATTACKS = {
    "fgsm": ("torchattacks", "foolbox"),
    "pgd-10": ("torchattacks", "foolbox"),
    "pgd-40": ("torchattacks", "foolbox"),
    "apgd-ce": ("torchattacks", "pyautoattack"),
    "apgd-t": ("torchattacks", "pyautoattack"),
    "fab-t": ("torchattacks", "pyautoattack"),
    "square": ("torchattacks", "pyautoattack"),
    "cw-l2": ("torchattacks", "foolbox"),
    "deepfool": ("torchattacks", "foolbox"),
}
SHORT = ("fgsm", "pgd-10", "pgd-40")
LIBRARIES = ("torchattacks", "foolbox", "pyautoattack")


def parser(description):
    """Options that all scripts have."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--arch", choices=(*ARCHITECTURES, *IMPORTED), default="paper-cnn")
    options.add_argument("--pool", choices=("max", "avg"), default="max")
    options.add_argument("--batch", type=int, default=256)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--runs", type=int, default=12)
    return options


def milliseconds(work, runs, warm_up):
    """Median and least time of `work`, after some runs that do not count."""
    for _ in range(warm_up):
        work()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1e3)
    return {"median_ms": round(statistics.median(times), 2), "min_ms": round(min(times), 2)}


def time_steps(engine, steps, only, runs):
    """One line for each step that there is, or for the only one asked for."""
    for name in STEPS:
        if only in (None, name) and name in steps:
            print(json.dumps({"engine": engine, "step": name, **milliseconds(steps[name], runs, 3)}), flush=True)


def time_attack(engine, name, attack, warm_up, count, runs, shares):
    """A line for an attack on so many images, with shares of the last run's examples. `warm_up` is called before the clock starts."""
    warm_up()
    times = milliseconds(attack, runs, 0)
    speed = count / times["median_ms"] * 1e3
    speed = round(speed, 2) if speed < 100 else round(speed)
    print(json.dumps({"engine": engine, "attack": name, "images_per_second": speed, **times, **shares()}), flush=True)
