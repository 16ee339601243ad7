#!/usr/bin/env python3
"""Compares two builds of doubleback on this machine: whether a change made training steps slower or their memory larger.

    cp target/release/doubleback /tmp/before        # the build before
    cargo build --release                           # the build after
    python3 bench/builds.py /tmp/before target/release/doubleback

In each round each build runs `doubleback bench step` once, in a process of its own, and the first build once more, so that its ratio
to itself shows what the machine's noise is; the order turns from round to round. Prints, for each step, the median over rounds of
the ratio after/before of the same round with a 95 % bootstrap interval, then the peak memory of the whole processes. Needs Python
3.9 or newer and nothing else; leave the machine alone.
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path

AGAIN = "before again"


def measure(binary, arguments):
    """Step to median milliseconds, and the peak resident MiB of the process."""
    process = subprocess.Popen([binary, "bench", "step", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{binary} bench step {' '.join(arguments)} ended with status {process.returncode}")
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return {line["step"]: line["median_ms"] for line in lines}, usage.ru_maxrss / 1024


def interval(ratios, draws=10_000):
    """Median and 95 % percentile bootstrap interval of it."""
    dice = random.Random(0)
    medians = sorted(statistics.median(dice.choices(ratios, k=len(ratios))) for _ in range(draws))
    return statistics.median(ratios), medians[int(0.025 * draws)], medians[int(0.975 * draws)]


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    a.add_argument("before", type=Path)
    a.add_argument("after", type=Path)
    a.add_argument("--rounds", type=int, default=21)
    a.epilog = "What follows -- is for `bench step`: -- --arch resnet-small --batch 64"
    # argparse gives what follows `--` to no list of arguments that comes after an option.
    own = sys.argv[1:]
    end = own.index("--") if "--" in own else len(own)
    options = a.parse_args(own[:end])
    options.arguments = own[end + 1 :]
    builds = {"before": options.before.resolve(), "after": options.after.resolve(), AGAIN: options.before.resolve()}
    times = {name: [] for name in builds}
    memory = {name: [] for name in builds}
    for round_ in range(options.rounds):
        names = list(builds)
        names = names[round_ % 3 :] + names[: round_ % 3]
        for name in names:
            steps, peak = measure(builds[name], options.arguments)
            times[name].append(steps)
            memory[name].append(peak)
    print("| step | before, ms | after, ms | after / before | before again / before |")
    print("|---|---|---|---|---|")
    for step in times["before"][0]:
        of = {name: [steps[step] for steps in runs] for name, runs in times.items()}

        def ratio(name):
            middle, low, high = interval([x / y for x, y in zip(of[name], of["before"])])
            return f"{middle:.3f} ({low:.3f} to {high:.3f})"

        medians = [statistics.median(of[name]) for name in ("before", "after")]
        print(f"| {step} | {medians[0]:.1f} | {medians[1]:.1f} | {ratio('after')} | {ratio(AGAIN)} |")
    peaks = {name: statistics.median(values) for name, values in memory.items()}
    print(f"\nPeak memory, MiB: before {peaks['before']:.0f}, after {peaks['after']:.0f}, before again {peaks[AGAIN]:.0f}")


if __name__ == "__main__":
    main()
