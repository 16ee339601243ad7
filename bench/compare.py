#!/usr/bin/env python3
"""Compares doubleback with PyTorch and TensorFlow on this machine: steps, attacks, JSMA, or the training of generators.

    bench/setup.sh peers
    cargo build --release
    python3 bench/compare.py --environment peers
    python3 bench/compare.py --environment peers --arch resnet-small --only double
    python3 bench/compare.py --environment peers --arch resnet18-cifar mobilenet_v2-cifar small-cnn --runs 3
    python3 bench/compare.py --environment peers --arch resnet18 --inference --only input_gradient --runs 3
    python3 bench/compare.py attack --environment peers
    python3 bench/compare.py attack --environment peers --arch small-cnn --only pgd-40 --batch 250 --count 1000 --runs 1
    python3 bench/compare.py attack --environment peers --arch small-cnn --model trades.pt --data DIR --eps 0.3 --only apgd-ce --batch 250 --runs 1
    python3 bench/compare.py gan --environment peers --batch 128
    target/release/doubleback train --dataset mnist-mini --defense normal --out normal.safetensors
    python3 bench/compare.py jsma --environment peers --model normal.safetensors --batch 64 --runs 1 --rounds 3

In each of several rounds every engine runs once, in a process of its own, with the same network, batch and number of threads; the
order turns from round to round, so that what else the machine does hits all alike. Prints a Markdown table for each network, of medians
over the rounds. A ratio is the median over rounds of doubleback's value by the peer's of the same round, with a 95 % bootstrap interval:
below 1, doubleback is faster, or needs less memory. Networks of torchvision (resnet18, …) are made in PyTorch and exported for doubleback.
Attacks that run until the network yields are for trained weights, `--model`, and the first test images of MNIST in `--data DIR`.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from builds import interval
from timing import ARCHITECTURES, ATTACKS, IMPORTED, IN_USE, LIBRARIES, SHORT, STEPS

HERE = Path(__file__).resolve().parent
PRODUCT = "doubleback"
# By default glibc gives large blocks back to the system at once, which costs PyTorch a fifth of its time. A fair comparison has the
# peers at their best.
GLIBC = {
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "268435456",
}


def cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def options():
    a = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    a.add_argument("what", nargs="?", choices=("step", "attack", "jsma", "gan"), default="step")
    a.add_argument("--environment", type=Path, metavar="DIR", help="what setup.sh made")
    a.add_argument("--pytorch-python", type=Path, metavar="PATH", help="a Python with PyTorch, torchattacks and foolbox")
    a.add_argument("--tensorflow-python", type=Path, metavar="PATH", help="a Python with TensorFlow")
    a.add_argument("--doubleback", type=Path, metavar="PATH", default=HERE.parent / "target/release/doubleback")
    a.add_argument("--rounds", type=int, default=5)
    a.add_argument("--runs", type=int, default=12, help="measured runs of each step in a round")
    a.add_argument("--arch", nargs="+", choices=(*ARCHITECTURES, *IMPORTED), default=["paper-cnn"], help="one table each")
    a.add_argument("--pool", choices=("max", "avg"), default="max")
    a.add_argument("--batch", type=int, help="by default 256; 64 or 16 for networks of torchvision")
    a.add_argument("--count", type=int, help="for attack: images in all, batch after batch")
    a.add_argument("--inference", action="store_true", help="for step: run networks as in use, which times what does not train")
    a.add_argument("--threads", type=int, default=cores())
    a.add_argument("--isa", choices=("avx512", "avx2", "portable"), help="instruction set of doubleback's kernels")
    a.add_argument("--only", choices=(*STEPS, *ATTACKS), help="this step or attack alone")
    a.add_argument("--library", choices=("all", *LIBRARIES), default="all", help="for attack")
    a.add_argument("--eps", type=float, default=0.1, help="for attack")
    a.add_argument("--layout", choices=("both", "contiguous", "channels-last"), default="both", help="of PyTorch's images")
    a.add_argument("--model", type=Path, metavar="FILE", help="for jsma: a paper-cnn that doubleback trained on --dataset; for attack: weights of small-cnn in PyTorch's form")
    a.add_argument("--data", type=Path, metavar="DIR", help="for attack with --model: a folder that holds mnist/ with the official files")
    a.add_argument("--dataset", default="mnist-mini", help="for jsma: a sample of its test images is attacked")
    a.add_argument("--json", type=Path, metavar="FILE", help="write every measurement")
    given = a.parse_args()
    for name in ("pytorch", "tensorflow"):
        if getattr(given, f"{name}_python") is None and given.environment:
            setattr(given, f"{name}_python", given.environment / name / "bin/python")
    for count in ("rounds", "runs", "batch", "threads", "count"):
        if getattr(given, count) is not None and getattr(given, count) < 1:
            a.error(f"--{count}: {getattr(given, count)} is not at least 1")
    known = {"step": IN_USE if given.inference else STEPS, "attack": ATTACKS}.get(given.what, ())
    if given.only and given.only not in known:
        a.error(f"--only: {given.what} has {', '.join(known) or 'nothing to choose'} here")
    if given.inference and given.what != "step":
        a.error("--inference is for steps; attacks always run networks as in use")
    if given.count and given.what != "attack":
        a.error("--count is for attack")
    if given.model is None and given.what == "jsma":
        a.error("--model: jsma needs a trained model")
    if given.model and given.what not in ("attack", "jsma"):
        a.error("--model is for attack and jsma")
    if given.what == "attack" and (given.model is None) != (given.data is None):
        a.error("--model and --data go together: weights, and the images that they are for")
    if given.what == "attack" and given.model and given.arch != ["small-cnn"]:
        a.error("--model is for --arch small-cnn")
    if given.what == "attack" and given.only and given.only not in SHORT and not given.model:
        a.error(f"--only {given.only}: of random weights this measures nothing. Give --model and --data")
    if given.what == "jsma" and (given.arch != ["paper-cnn"] or not given.pytorch_python):
        a.error("jsma is compared on paper-cnn with torchattacks, which needs --environment or --pytorch-python")
    if not given.doubleback.exists():
        a.error(f"{given.doubleback} is not there. Build it with `cargo build --release`, or give --doubleback PATH")
    if not given.pytorch_python and not given.tensorflow_python:
        a.error("no peer to compare with. Give --environment DIR (see setup.sh), --pytorch-python or --tensorflow-python")
    for python in (given.pytorch_python, given.tensorflow_python):
        if python and not python.exists():
            a.error(f"{python} is not there. Make it with setup.sh, or give another path")
    if not given.pytorch_python and any(arch in IMPORTED for arch in given.arch):
        a.error("networks of torchvision need --environment or --pytorch-python")
    return given


def batch_of(given, arch):
    return given.batch or (IMPORTED[arch].batch if arch in IMPORTED else 256)


def commands(given, arch, folder):
    """Command line and environment of every engine that can do what was asked for. Networks to import are written to the folder."""
    work = ["--batch", batch_of(given, arch), "--threads", given.threads, "--runs", given.runs]
    work += ["--only", given.only] if given.only else []
    work += ["--count", given.count] if given.count else []
    work += ["--inference"] if given.inference else []
    work += ["--eps", given.eps] if given.what == "attack" else []
    theirs, isa = [], {"DOUBLEBACK_ISA": given.isa} if given.isa else {}
    if given.what == "gan":
        ours = []
    elif arch in IMPORTED:
        model = Path(folder) / f"{arch}.onnx"
        subprocess.run([given.pytorch_python, HERE / "pytorch_networks.py", arch, model], check=True, stdout=subprocess.DEVNULL)
        ours = ["--model", model]
        theirs += ["--arch", arch]
    else:
        ours = ["--arch", arch, "--pool", given.pool]
        theirs += ours
    if given.what == "attack" and given.model:
        ours = ["--model", given.model, "--arch", arch, "--dataset", "mnist"]
        theirs += ["--model", given.model, "--data", given.data]
        isa["DOUBLEBACK_DATA"] = str(given.data)
    peer = {**GLIBC, "OMP_NUM_THREADS": str(given.threads)}
    engines = {PRODUCT: ([given.doubleback, "bench", given.what, *ours, *work], isa)}
    if given.pytorch_python:
        # Neither layout is faster throughout.
        command = [given.pytorch_python, HERE / f"pytorch_{given.what}.py", *theirs, *work]
        by_library = {name: [*command, "--library", name] for name in libraries(given)} if given.what == "attack" else {"PyTorch": command}
        for name, command in by_library.items():
            if given.layout != "channels-last":
                engines[name] = (command, peer)
            if given.layout != "contiguous":
                engines[f"{name}, channels last"] = ([*command, "--channels-last"], peer)
    if given.tensorflow_python and (given.what, arch, given.inference) == ("step", "paper-cnn", False):
        engines["TensorFlow"] = ([given.tensorflow_python, HERE / "tensorflow_step.py", *theirs, *work], peer)
    elif given.tensorflow_python:
        print("TensorFlow is left out: its script has the steps of paper-cnn alone", file=sys.stderr)
    return engines


def libraries(given):
    """Those that have one of the attacks and can be imported, each for a process of its own."""
    wanted = [given.only] if given.only else ["fgsm", "pgd-10"]
    found = []
    for name in LIBRARIES:
        if given.library not in ("all", name) or not any(name in ATTACKS[attack] for attack in wanted):
            continue
        if subprocess.run([given.pytorch_python, "-c", f"import {name}"], stderr=subprocess.DEVNULL).returncode == 0:
            found.append(name)
        elif given.library == name:
            raise SystemExit(f"{given.pytorch_python} cannot import {name}")
        else:
            print(f"{name} is left out: {given.pytorch_python} cannot import it", file=sys.stderr)
    return found


def jsma_commands(given, folder):
    """The same for JSMA: both attack the same images, a sample that a run of doubleback writes first."""
    images, batch = Path(folder) / "images.npz", batch_of(given, "paper-cnn")
    sample = Path(folder) / "sample.npz"
    data = ["--model", given.model, "--dataset", given.dataset]
    write = [given.doubleback, "attack", *data, "--attack", "jsma", "--count", batch, "--out", images, "--quiet"]
    subprocess.run([str(word) for word in write], check=True, stdout=subprocess.DEVNULL)
    # The examples' file as a data set, whose arrays have other names.
    convert = "import numpy, sys; a = numpy.load(sys.argv[1]); numpy.savez(sys.argv[2], x_test=a['originals'], y_test=a['label'])"
    subprocess.run([str(given.pytorch_python), "-c", convert, str(images), str(sample)], check=True)
    data = ["--model", given.model, "--dataset", f"npz:{sample}"]
    work = ["--threads", given.threads, "--runs", given.runs]
    isa = {"DOUBLEBACK_ISA": given.isa} if given.isa else {}
    peer = [given.pytorch_python, HERE / "pytorch_jsma.py", "--model", given.model, "--images", images, "--pool", given.pool]
    return {
        PRODUCT: ([given.doubleback, "bench", "attack", "--only", "jsma", *data, "--batch", batch, *work], isa),
        "torchattacks": ([*peer, *work], {**GLIBC, "OMP_NUM_THREADS": str(given.threads)}),
    }


def measure(command, environment):
    """The lines that a process prints, and its peak memory in MiB."""
    with tempfile.TemporaryFile("w+") as said:
        words = [str(word) for word in command]
        process = subprocess.Popen(words, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=said, text=True)
        printed = process.stdout.read()
        # Only this gives the memory of one child instead of the greatest of all so far.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            raise SystemExit(f"{' '.join(words)} ended with status {process.returncode}:\n{said.read()}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return [json.loads(line) for line in printed.splitlines()], usage.ru_maxrss / unit


def rounds(given, engines):
    """What each engine printed in each round, and the memory of its process."""
    engines = list(engines.items())
    found = []
    for number in range(given.rounds):
        turn = number % len(engines)
        for name, (command, environment) in engines[turn:] + engines[:turn]:
            print(f"round {number + 1}/{given.rounds}: {name}", file=sys.stderr)
            lines, memory = measure(command, environment)
            found.append({"round": number, "process": name, "peak_mib": round(memory), "lines": lines})
    return found


def table(found, what):
    """Rows by step or attack and a last one of memory; columns by engine: median over the rounds, doubleback's ratio to it, its interval."""
    times, memory, processes = {}, {}, {}
    for entry in found:
        for line in entry["lines"]:
            times.setdefault((line[what], line["engine"]), {})[entry["round"]] = line["median_ms"]
            processes[line["engine"]] = entry["process"]
        memory.setdefault(entry["process"], {})[entry["round"]] = entry["peak_mib"]
    ours = next(engine for engine, process in processes.items() if process == PRODUCT)
    engines = [ours] + [engine for engine in processes if engine != ours]
    names = list(dict.fromkeys(name for name, _ in times))

    def cell(values, product, digits):
        text = f"{statistics.median(values.values()):.{digits}f}"
        if values is product:
            return text
        middle, low, high = interval([product[r] / values[r] for r in values])
        return f"{text} ({middle:.2f}, {low:.2f} to {high:.2f})"

    rows = [["ms", *engines], ["---"] + ["---:"] * len(engines)]
    for name in names:
        cells = [cell(times[name, engine], times[name, ours], 1) if (name, engine) in times else "" for engine in engines]
        rows.append([name] + cells)
    for name in names:
        for key, what_it_is in (("success", "success"), ("accuracy", "accuracy"), ("mean_changed", "changed values")):
            values = {line["engine"]: line[key] for entry in found for line in entry["lines"] if line[what] == name and key in line}
            if values:
                rows.append([f"{name}: {what_it_is}"] + [f"{values[engine]:.4g}" if engine in values else "" for engine in engines])
    rows.append(["peak memory, MiB"] + [cell(memory[processes[engine]], memory[PRODUCT], 0) for engine in engines])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def compare(given, arch):
    """Measures one network and prints its table; gives the measurements."""
    with tempfile.TemporaryDirectory() as folder:
        engines = jsma_commands(given, folder) if given.what == "jsma" else commands(given, arch, folder)
        found = rounds(given, engines)
    setting = arch if arch in IMPORTED or arch == "resnet-small" else f"{arch}, {given.pool} pooling"
    setting = "generator of a layer" if given.what == "gan" else setting
    of = f" of {given.count} images" if given.count else ""
    mode = ", as in use" if given.inference else ""
    isa = f", {given.isa}" if given.isa else ""
    print(f"{setting}{mode}, batch {batch_of(given, arch)}{of}, {given.threads} threads{isa}; medians over rounds: {given.rounds}\n")
    print(table(found, "step" if given.what in ("step", "gan") else "attack") + "\n", flush=True)
    return found


def main():
    given = options()
    found = [{"arch": arch, "measurements": compare(given, arch)} for arch in given.arch]
    if given.json:
        settings = {key: str(value) if isinstance(value, Path) else value for key, value in vars(given).items()}
        given.json.write_text(json.dumps({"settings": settings, "networks": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
