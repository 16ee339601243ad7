"""Exports models with a built `doubleback`, and checks the files with the programs that they are for.

    python scripts/check-export.py PROGRAM MODEL... [--images N] [-- OPTION...]

For each model `doubleback export MODEL --out x.onnx`: onnx.checker (full, with shapes), onnxruntime on random images, whose logits are compared with
those of `doubleback predict`, with optimizations and without; one image and several. Then `--out x.pt` and `x.safetensors`: torch.load with
weights_only=True, safetensors, equal values, and, of models of PyTorch, the names and values of the file. Options after `--` are those of the model,
such as `--arch resnet18 --normalize imagenet`. Needs onnx and onnxruntime; torch and safetensors if they are there. Exit status 1 if anything differs.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime

CLOSE = 1e-4
"""Largest difference of logits, relative to the largest of them."""


def run(program, *words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().split("\n")[-1])
    return done.stdout


def difference(found, expected):
    return float(np.abs(found - expected).max() / max(float(np.abs(expected).max()), 1e-30))


def check_onnx(program, model, options, folder, count):
    """The largest difference of logits."""
    path = folder / "x.onnx"
    run(program, "export", model, "--out", path, *options)
    proto = onnx.load(path)
    onnx.checker.check_model(proto, full_check=True)
    described = json.loads(run(program, "inspect", model, *options, "--json"))
    low, high = described["bounds"]
    rng = np.random.default_rng(0)
    x = rng.uniform(low, high, (count, *described["input"])).astype(np.float32)
    np.save(folder / "x.npy", x)
    words = ["--images", folder / "x.npy", "--out", folder / "p.npz", "--gradient", "none"]
    run(program, "predict", "--model", model, *options, *words)
    expected = np.load(folder / "p.npz")["logits"]
    worst = 0.0
    levels = onnxruntime.GraphOptimizationLevel
    for level in [levels.ORT_ENABLE_ALL, levels.ORT_DISABLE_ALL]:
        choices = onnxruntime.SessionOptions()
        choices.graph_optimization_level = level
        session = onnxruntime.InferenceSession(str(path), choices, providers=["CPUExecutionProvider"])
        (given,), (wanted,) = session.get_inputs(), session.get_outputs()
        assert (given.name, wanted.name) == ("images", "logits"), (given.name, wanted.name)
        assert given.shape == ["batch", *described["input"]] and wanted.shape == ["batch", described["classes"]]
        found = session.run(None, {"images": x})[0]
        one = session.run(None, {"images": x[:1]})[0]
        if level == levels.ORT_ENABLE_ALL and any(node.op_type == "QuantizeLinear" for node in proto.graph.node):
            # It then computes in integers: a value may be one step of the quantization away.
            continue
        worst = max(worst, difference(found, expected), difference(one, expected[:1]))
        if not (found.argmax(1) == expected.argmax(1)).all():
            raise RuntimeError(f"onnxruntime has other predictions, and logits that differ by {worst:.1e}")
    if worst > CLOSE:
        raise RuntimeError(f"onnxruntime's logits differ by {worst:.1e} of the largest")
    return worst, len(proto.graph.node), proto.opset_import[0].version


def check_state_dict(program, model, options, folder):
    """How many tensors there are, and how many of them are those of the file."""
    try:
        import torch
        from safetensors.numpy import load_file
    except ImportError:
        return None
    run(program, "export", model, "--out", folder / "x.pt", *options)
    run(program, "export", model, "--out", folder / "x.safetensors", *options)
    loaded = torch.load(folder / "x.pt", weights_only=True)
    other = load_file(folder / "x.safetensors")
    if set(loaded) != set(other):
        raise RuntimeError("x.pt and x.safetensors have other names")
    for name, tensor in loaded.items():
        if not np.array_equal(tensor.numpy(), other[name]):
            raise RuntimeError(f"x.pt and x.safetensors have other values of `{name}`")
    same = 0
    if pathlib.Path(model).suffix in {".pt", ".pth"}:
        original = torch.load(model, map_location="cpu", weights_only=True)
        if all(isinstance(value, torch.Tensor) for value in original.values()):
            for name, tensor in original.items():
                if name.endswith("num_batches_tracked"):
                    continue
                if not torch.equal(loaded[name], tensor.float()):
                    raise RuntimeError(f"`{name}` has other values than in {model}")
                same += 1
    return len(loaded), same


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--images", type=int, default=8)
    words = sys.argv[1:]
    at = words.index("--") if "--" in words else len(words)
    args, options = parser.parse_args(words[:at]), words[at + 1 :]
    failed = 0
    for model in args.models:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            try:
                worst, nodes, opset = check_onnx(args.program, model, options, folder, args.images)
                told = f"onnx ok, {nodes} nodes, opset {opset}, logits within {worst:.1e}"
                found = check_state_dict(args.program, model, options, folder)
                if found:
                    told += f"; state dict ok, {found[0]} tensors, {found[1]} as in the file"
                print(f"{model}: {told}", flush=True)
            except Exception as problem:
                failed += 1
                print(f"{model}: FAILED: {problem}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
