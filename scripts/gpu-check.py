"""The part of gpu-check.sh that runs beside the GPU: measures, within 8 minutes, and writes one JSON.

Every measurement is a process of its own with a limit, so that one that hangs or fails costs no other; what it said is kept as its result.
"""
import argparse
import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Of the whole run, and of one measurement.
LIMIT, LIMIT_OF_ONE = 470, 90
STEPS = ("forward", "input_gradient", "plain", "double")
# Network and batch: on a GPU, and for a dry run.
WORK = (("paper-cnn", 256, 4), ("paper-cnn", 4096, 8), ("resnet18-cifar", 512, 2))
# Name, channels last, TF32, compiled. Our arithmetic is f32; TF32 is what PyTorch's convolutions take by default.
PEERS = (
    ("eager", False, False, False),
    ("eager, channels last", True, False, False),
    ("eager, channels last, TF32", True, True, False),
    ("compiled", False, False, True),
)


def peer(arch, batch, channels_last, tf32, compiled, runs, device):
    """Times PyTorch's steps; prints a line for each. A step that fails says how."""
    import torch
    from torch.nn.functional import cross_entropy

    from pytorch_networks import build

    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = True
    network, images, labels = build(arch, "max", batch, channels_last, device)
    adam = torch.optim.Adam(network.parameters(), lr=2e-4, eps=1e-4, fused=True)
    called = torch.compile(network) if compiled else network

    # What doubleback's steps give to the host, these do.
    def forward():
        with torch.no_grad():
            return called(images).cpu()

    def input_gradient():
        x = images.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(cross_entropy(called(x), labels), x)
        return (images + 0.1 * gradient.sign()).clamp(0, 1).cpu()

    def plain():
        adam.zero_grad()
        cross_entropy(called(images), labels).backward()
        adam.step()

    def double():
        adam.zero_grad()
        x = images.detach().requires_grad_()
        loss = cross_entropy(called(x), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, x, create_graph=True)
        ((loss + 0.1 * gradient.square().sum()) / batch).backward()
        adam.step()

    def wait():
        if device == "cuda":
            torch.cuda.synchronize()

    for name, step in zip(STEPS, (forward, input_gradient, plain, double)):
        try:
            times = []
            for run in range(3 + runs):
                started = time.perf_counter()
                step()
                wait()
                times.append((time.perf_counter() - started) * 1e3)
            times = sorted(times[3:])
            print(json.dumps({"step": name, "median_ms": times[len(times) // 2], "min_ms": times[0]}), flush=True)
        except Exception as problem:  # what a step does instead is the result
            print(json.dumps({"step": name, "failed": f"{type(problem).__name__}: {str(problem).splitlines()[0][:300]}"}), flush=True)


class Measurements:
    """Runs commands one after the other until the time is over."""

    def __init__(self):
        self.end = time.monotonic() + LIMIT

    def run(self, words):
        """The lines of JSON that it printed, and how it ended if not well."""
        left = self.end - time.monotonic()
        if left < 5:
            return {"failed": "no time was left"}
        words = [str(word) for word in words]
        limit = min(LIMIT_OF_ONE, left)
        print(f"{left:4.0f} s left: {' '.join(words)}", file=sys.stderr)
        started = time.monotonic()
        # A session of its own: what it started ends with it, such as the processes of torch.compile.
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
            try:
                code = child.wait(limit)
            except subprocess.TimeoutExpired:
                code = f"over {limit:.0f} s"
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            printed, said = (file.seek(0) or file.read() for file in (out, err))
        # A line that a limit cut off is none.
        lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{") and line.endswith("}")]
        result = {"lines": lines, "seconds": round(time.monotonic() - started, 1)}
        if code != 0:
            result["failed"] = f"{code}: {' / '.join(said.splitlines()[-3:])[:600]}"
            print(f"     {result['failed']}", file=sys.stderr)
        return result


def said_by(words):
    """What a program prints, or nothing."""
    try:
        return subprocess.run(words, capture_output=True, text=True, timeout=20).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def check(dry, out):
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu" and not dry:
        raise SystemExit("error: PyTorch sees no GPU here. Give --dry-run to try without one")
    ours, runs = HERE / "doubleback", 1 if dry else 12
    machine = {
        "gpu": torch.cuda.get_device_name() if device == "cuda" else None,
        "driver": said_by(["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]),
        "vulkan_drivers": os.environ.get("VK_DRIVER_FILES", "as registered"),
        "pytorch": torch.__version__, "cuda": torch.version.cuda, "python": platform.python_version(), "cores": os.cpu_count(),
    }
    measure = Measurements()
    begun = time.monotonic()
    found = {"dry_run": dry, "machine": machine, "gradients": [], "steps": []}
    weights = HERE / "resnet18-cifar.pth"
    from pytorch_networks import imported

    torch.save(imported("resnet18-cifar").state_dict(), weights)
    for arch in ("paper-cnn", "small-cnn", "resnet-small"):
        words = [ours, "bench", "gradients", "--device", "vulkan", "--arch", arch, "--batch", 2 if dry else 64]
        found["gradients"].append({"arch": arch, **measure.run(words)})
    for arch, on_gpu, on_cpu in WORK:
        batch = on_cpu if dry else on_gpu
        network = ["--arch", arch]
        if arch == "resnet18-cifar":
            network = ["--model", weights, "--arch", "resnet18", "--image-size", "32x32"]
        # One process a step: where one does not fit the GPU's memory, the others do.
        for step in STEPS:
            words = [ours, "bench", "step", "--device", "vulkan", *network, "--batch", batch, "--runs", runs, "--only", step, "--quiet"]
            found["steps"].append({"engine": "doubleback", "arch": arch, "batch": batch, **measure.run(words)})
        out.write_text(json.dumps(found, indent=1) + "\n")
    for name, *setting in PEERS:
        for arch, on_gpu, on_cpu in WORK:
            batch = on_cpu if dry else on_gpu
            words = [sys.executable, __file__, "--peer", json.dumps([arch, batch, *setting, runs, device])]
            found["steps"].append({"engine": f"PyTorch {torch.__version__}, {name}", "arch": arch, "batch": batch, **measure.run(words)})
            out.write_text(json.dumps(found, indent=1) + "\n")
    weights.unlink()
    found["seconds"] = round(time.monotonic() - begun)
    out.write_text(json.dumps(found, indent=1) + "\n")
    print(table(found))
    print(f"{found['seconds']} s; written: {out}")


def table(found):
    """Milliseconds, as docs/gpu.md has them."""
    rows = [["network, batch", "engine", *STEPS], ["---"] * 2 + ["---:"] * len(STEPS)]
    cells = {}
    for entry in found["steps"]:
        row = cells.setdefault((f"{entry['arch']}, {entry['batch']}", entry["engine"]), {})
        for line in entry.get("lines", []):
            row[line["step"]] = f"{line['median_ms']:.2f}" if "median_ms" in line else "fails"
    for (work, engine), row in cells.items():
        rows.append([work, engine, *(row.get(step, "none") for step in STEPS)])
    gradients = [
        f"{line['parameter']} of {entry['arch']}: second order {line['second_order']:.1e}, input gradient {line['input_gradient']:.1e} from the CPU's"
        for entry in found["gradients"] for line in entry.get("lines", [])
    ]
    return "\n".join([*gradients, "", *("| " + " | ".join(row) + " |" for row in rows)])


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("out", nargs="?", type=Path, default=Path("gpu.json"))
    a.add_argument("--dry-run", action="store_true", help="tiny batches, on whatever device there is")
    a.add_argument("--peer", help=argparse.SUPPRESS)
    given = a.parse_args()
    if given.peer:
        peer(*json.loads(given.peer))
    else:
        check(given.dry_run, given.out)


if __name__ == "__main__":
    main()
