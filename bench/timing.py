"""What the peers' scripts share: options, the clock, the lines they print. Standard library only."""
import argparse
import json
import statistics
import time

ARCHITECTURES = ("paper-cnn", "small-cnn", "vgg-small", "resnet-small")
STEPS = ("forward", "input_gradient", "plain", "double")


def parser(description):
    """Options that all scripts have."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--arch", choices=ARCHITECTURES, default="paper-cnn")
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
    """One line for each step, or for the only one asked for."""
    for name in STEPS:
        if only in (None, name):
            print(json.dumps({"engine": engine, "step": name, **milliseconds(steps[name], runs, 3)}), flush=True)


def time_attacks(engine, attacks, batch, runs):
    """One line for each attack."""
    for name, attack in attacks.items():
        times = milliseconds(attack, runs, 2)
        speed = round(batch / times["median_ms"] * 1e3)
        print(json.dumps({"engine": engine, "attack": name, "images_per_second": speed, **times}), flush=True)
