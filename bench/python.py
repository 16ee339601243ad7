#!/usr/bin/env python3
"""What the package for Python is held to, measured: one verdict a line, and status 1 if one is missed.

    pip install ./python && cargo build --release
    python bench/python.py --model trades-mnist-smallcnn.pt --data DIR
    python bench/python.py --model trades-mnist-smallcnn.pt --data DIR pgd single

DIR holds mnist/, and FILE is the MNIST network of the TRADES authors. The Python is one that has the package, a release build of it; `torch` needs PyTorch,
ONNX and torchattacks too, and is skipped where they are not. Times are ratios of what takes turns in this run; leave the machine alone meanwhile.

| name | what is measured | bar |
|---|---|---|
| torch | the network through from_torch: logits and input gradients beside torch's; predictions of torch for FGSM's and PGD's examples, ours and torchattacks' | 1e-5; 1 in 1,000 |
| pgd | PGD-40 on 1,000 images, a process of Python beside the command: the median of the rounds' ratios; the same bits | 1.03 |
| single | logits of one image, 10,000 times, beside the library's in Rust: the difference of medians | 50 µs |
| memory | what logits of 50,000 images, and an attack on them, take beside input and output | 64 MiB |
| interrupt | from Ctrl-C to the exception, 20 times in each of a training, attacks and an audit: the longest | 200 ms |
"""
import argparse
import importlib.util
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

import doubleback as db

EPS = 0.3
# As TRADES is evaluated.
PGD = {"eps": EPS, "steps": 40, "step_size": 0.01}
ROOT = Path(__file__).parents[1]


def verdict(name, found, bar, unit="", more=""):
    """Prints a line; whether the bar is kept."""
    kept = found <= bar
    print(f"{'ok    ' if kept else 'MISSED'} {name}: {found:.4g}{unit}, bar {bar:g}{unit}{'; ' + more if more else ''}", flush=True)
    return kept


def network(path):
    return db.load(path, arch="small-cnn")


def images(given):
    data = db.data.load("mnist", data_dir=given.data, only="test")
    return np.ascontiguousarray(data.x_test[: given.count]), data.y_test[: given.count]


def beside_torch(given):
    """The network through from_torch."""
    missing = [name for name in ("torch", "onnx", "torchattacks") if importlib.util.find_spec(name) is None]
    if missing:
        print(f"skipped: torch, without {', '.join(missing)}")
        return True
    import torch
    import torchattacks
    from pytorch_attack import load
    from pytorch_gradients import compared
    from pytorch_networks import build

    torch.set_num_threads(given.threads)
    db.num_threads(given.threads)
    module, _, _ = build("small-cnn", "max", 1, channels_last=False)
    load(module, given.model)
    module.eval()
    x, y = images(given)
    model = db.from_torch(module, torch.from_numpy(x[:1]), bounds=(0, 1))
    with torch.no_grad():
        theirs = module(torch.from_numpy(x)).numpy()
    kept = [verdict("torch: logits, largest difference", np.abs(model.logits(x) - theirs).max(), 1e-5)]
    far, open_choice = compared(module, x, y, {"ours": model.input_gradient(x, y)})
    beyond = far["ours"] > 1e-5
    choices = int((beyond & (open_choice > 1e-5)).sum())
    more = f"{int(beyond.sum())} of {len(x):,} images over it, at {choices} of which a choice between equal values of a pooling window changes the gradient in f64 too"
    kept.append(verdict("torch: input gradients, largest difference from f64", far["ours"].max(), 1e-5, more=more))
    tensors, labels = torch.from_numpy(x), torch.from_numpy(y)

    def predicted(examples):
        with torch.no_grad():
            return module(torch.as_tensor(examples)).argmax(1).numpy()

    def examples_of(peer, seed=0):
        torch.manual_seed(seed)
        return np.concatenate([peer(a, b).numpy() for a, b in zip(tensors.split(250), labels.split(250))])

    options = {"eps": EPS, "alpha": PGD["step_size"], "steps": PGD["steps"]}
    pairs = {
        "FGSM": (db.FGSM(eps=EPS), torchattacks.FGSM(module, eps=EPS)),
        # Random starts are each library's own: without them both begin at the image.
        "PGD-40 from the image": (db.BIM(**PGD), torchattacks.PGD(module, **options, random_start=False)),
    }
    for name, (attack, peer) in pairs.items():
        mine, other = predicted(model.attack(x, y, attack, progress=False).examples), predicted(examples_of(peer))
        more = f"robust accuracy {np.mean(mine == y):.4f}, theirs {np.mean(other == y):.4f}"
        kept.append(verdict(f"torch: {name}, predictions that differ of {len(x):,}", int((mine != other).sum()), len(x) / 1000, more=more))
    peer = torchattacks.PGD(module, **options, random_start=True)
    mine = predicted(model.attack(x, y, db.PGD(**PGD), progress=False).examples)
    first, second = (predicted(examples_of(peer, seed)) for seed in (0, 1))
    print(f"       PGD-40 from random starts: {int((mine != first).sum())} predictions differ, {int((first != second).sum())} of theirs with another seed; "
          f"robust accuracy {np.mean(mine == y):.4f}, theirs {np.mean(first == y):.4f} and {np.mean(second == y):.4f}")
    return all(kept)


PGD_PROCESS = """
import json, sys
import numpy as np
import doubleback as db
model_file, data, index, out, threads, options = sys.argv[1:]
options = json.loads(options)
db.num_threads(int(threads))
digits = db.data.load("mnist", data_dir=data, only="test")
places = np.load(index)
model = db.load(model_file, arch="small-cnn")
model.attack(digits.x_test[places], digits.y_test[places], db.PGD(**options), out=out, progress=False)
"""


def pgd(given):
    """PGD-40 beside the command."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)

        def command():
            words = [given.binary, "--quiet", "attack", "--model", given.model, "--arch", "small-cnn", "--dataset", "mnist", "--data-dir", given.data]
            words += ["--attack", "pgd", "--eps", str(EPS), "--steps", str(PGD["steps"]), "--step-size", str(PGD["step_size"])]
            words += ["--count", str(given.count), "--out", folder / "command.npz", "--threads", str(given.threads)]
            return [str(word) for word in words]

        def python():
            out = folder / "python.npz"
            out.unlink(missing_ok=True)
            words = [sys.executable, "-c", PGD_PROCESS, given.model, given.data, folder / "index.npy", out, given.threads, json.dumps(PGD)]
            return [str(word) for word in words]

        def seconds(words):
            begun = time.perf_counter()
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
            return time.perf_counter() - begun

        # Both once before the clock counts; the command draws the images.
        seconds(command())
        written = folder / f"command-eps{EPS}.npz"
        np.save(folder / "index.npy", np.load(written)["index"])
        seconds(python())
        same = np.array_equal(np.load(written)["examples"], np.load(folder / "python.npz")["examples"])
        rounds = []
        for number in range(given.rounds):
            words = [("command", command()), ("python", python())]
            took = {name: seconds(line) for name, line in (words if number % 2 == 0 else words[::-1])}
            rounds.append(took["python"] / took["command"])
            print(f"       pgd, round {number + 1}: command {took['command']:.2f} s, Python {took['python']:.2f} s", flush=True)
    more = f"{min(rounds):.3f} to {max(rounds):.3f} by round; {given.binary}"
    kept = verdict("pgd: Python as a share of the command's time", statistics.median(rounds), 1.03, more=more)
    return verdict("pgd: examples that are not the same bits", 0 if same else 1, 0) and kept


def single(given):
    """One image at a time."""
    db.num_threads(given.threads)
    model = network(given.model)
    x, _ = images(given)
    runs = 10_000 // given.rounds

    def ours():
        took = []
        for place in range(runs):
            one = x[place % len(x)][None]
            begun = time.perf_counter()
            model.logits(one)
            took.append(time.perf_counter() - begun)
        return statistics.median(took) * 1e6

    def rust():
        words = [given.binary, "bench", "step", "--model", given.model, "--arch", "small-cnn", "--inference", "--only", "forward"]
        words += ["--batch", "1", "--runs", str(runs), "--threads", str(given.threads)]
        said = subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout
        return json.loads(said.splitlines()[-1])["median_ms"] * 1e3

    ours()
    differences = []
    for number in range(given.rounds):
        took = {work.__name__: work() for work in ((ours, rust) if number % 2 == 0 else (rust, ours))}
        differences.append(took["ours"] - took["rust"])
        print(f"       single, round {number + 1}: Python {took['ours']:.0f} µs, Rust {took['rust']:.0f} µs", flush=True)
    return verdict("single: above Rust's", statistics.median(differences), 50, " µs", f"{10_000:,} images")


MEMORY_PROCESS = """
import re, resource, sys
import numpy as np
import doubleback as db
def peak():
    # What getrusage says is at least what the parent held when it began this process.
    if sys.platform == "linux":
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
db.num_threads(int(sys.argv[4]))
model = db.load(sys.argv[1], arch="small-cnn")
x = np.random.default_rng(0).random((int(sys.argv[2]), 1, 28, 28), np.float32)
before = peak()
if sys.argv[3] == "logits":
    model.logits(x)
else:
    model.attack(x, np.zeros(len(x), int), db.FGSM(eps=0.1), progress=False)
print(peak() - before)
"""


def memory(given):
    """Beside input and output."""

    def beside(work, count, value_bytes):
        words = [sys.executable, "-c", MEMORY_PROCESS, given.model, count, work, given.threads]
        taken = int(subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout)
        return (taken - value_bytes * count) / 2**20

    count = 50_000
    logits = statistics.median(beside("logits", count, 40) for _ in range(3))
    kept = [verdict("memory: logits, beside input and output", logits, 64, " MiB", f"input {784 * 4 * count / 2**20:.0f} MiB; median of 3")]
    few, all_of_them = (statistics.median(beside("attack", n, 784 * 4) for _ in range(3)) for n in (2000, count))
    more = f"{few:.0f} MiB of it for 2,000 images already; median of 3"
    kept.append(verdict(f"memory: attack on {count:,} images, beside input and output", all_of_them, 64, " MiB", more))
    return all(kept)


def interrupt(given):
    """Ctrl-C."""
    db.num_threads(given.threads)
    model = network(given.model)
    x, y = images(given)
    long = 10**6
    works = {
        "training": lambda: db.train(x, y, defense=db.DoubleBackprop(weight=1), steps=long, progress=False),
        "training of paper-cnn": lambda: db.train(x, y, arch="paper-cnn", steps=long, progress=False),
        "PGD": lambda: model.attack(x, y, db.PGD(eps=EPS, steps=long), progress=False),
        "CW": lambda: model.attack(x, y, db.CWL2(steps=long), progress=False),
        "Square": lambda: model.attack(x, y, db.Square(eps=0.01, queries=long), progress=False),
        "JSMA": lambda: model.attack(x, y, db.JSMA(), progress=False),
        "audit": lambda: model.audit(x, y, eps=EPS, progress=False),
    }
    draw, kept = random.Random(0), []
    for name, work in works.items():
        latencies = []
        for _ in range(given.presses):
            pressed = []

            after = draw.uniform(0.1, 1.0)

            def press(after=after, pressed=pressed):
                time.sleep(after)
                pressed.append(time.perf_counter())
                os.kill(os.getpid(), signal.SIGINT)

            thread = threading.Thread(target=press)
            thread.start()
            try:
                work()
                thread.join()
            except KeyboardInterrupt:
                latencies.append(time.perf_counter() - pressed[0])
            thread.join()
        more = f"median {statistics.median(latencies) * 1e3:.0f} ms of {len(latencies)}"
        kept.append(verdict(f"interrupt: {name}, longest", max(latencies) * 1e3, 200, " ms", more))
    return all(kept)


MEASURES = {"torch": beside_torch, "pgd": pgd, "single": single, "memory": memory, "interrupt": interrupt}


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0], formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", nargs="*", choices=[*MEASURES, []], help="by default all of them")
    options.add_argument("--model", type=Path, required=True, help="the TRADES authors' MNIST network")
    options.add_argument("--data", type=Path, required=True, help="a folder with mnist/")
    options.add_argument("--binary", type=Path, default=ROOT / "target/release/doubleback", help="or else the package's own script")
    options.add_argument("--threads", type=int, default=os.cpu_count())
    options.add_argument("--count", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--presses", type=int, default=20)
    given = options.parse_args()
    if not given.binary.exists():
        script = Path(sys.executable).with_name("doubleback")
        found = script if script.exists() else shutil.which("doubleback")
        if found is None:
            sys.exit(f"error: {given.binary}: it is not there. Build it, or give another with --binary")
        given.binary = Path(found)
    print(f"doubleback {db.__version__} on {given.threads} threads; the command is {given.binary}")
    kept = [MEASURES[name](given) for name in (given.what or MEASURES)]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
