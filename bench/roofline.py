#!/usr/bin/env python3
"""A double-backprop step layer by layer, against what the processor could do at best.

    python3 bench/roofline.py [--program target/release/doubleback] [--arch small-cnn|vgg-small] [--batch 256] [--runs 15] [--threads 2]

Every use of a convolution or a dense layer's kernel in a step of double backprop, as `bench kernels` times it by itself, beside the least time that
it could take: the larger of its arithmetic at the measured peak of products, and its bytes, each read or written once, at the measured peak of
copying. Arithmetic is counted twice: as textbooks do it, and with the fewest products that an algorithm here makes of it (3x3 kernels at stride 1:
a quarter, by F(4x4,3x3); on a tape 1 / 2.25, by F(2x2,3x3), since gradients are to be taken through it; its transforms are not counted).
The last lines are the whole step as `bench step` times it, and what of it no kernel of a layer accounts for.
"""
import argparse, json, subprocess

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--program", default="target/release/doubleback")
# Their convolutions are all 3x3 at stride 1, of which the fewest products are known here.
parser.add_argument("--arch", choices=("small-cnn", "vgg-small"), default="small-cnn")
parser.add_argument("--batch", type=int, default=256)
parser.add_argument("--runs", type=int, default=15)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()


def lines(command, *more):
    call = [args.program, "bench", command, "--arch", args.arch, "--batch", str(args.batch), "--runs", str(args.runs)]
    call += ["--threads", str(args.threads), *more]
    output = subprocess.run(call, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


step = lines("step", "--only", "double")[0]["median_ms"]
peaks, *kernels = lines("kernels")
peak, memory = peaks["gflops"], peaks["gigabytes"]
print(f"{args.arch}, batch {args.batch}, {args.threads} threads; peaks: {peak:.0f} gflops, {memory:.1f} GB/s\n")
print("| layer | kernel | uses | GFLOP | fewest GFLOP | MB | least ms, textbook | least ms | measured ms | of the least |")
print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
first = kernels[0]["layer"]
times = {(kernel["layer"], kernel["kernel"]): kernel for kernel in kernels}
total = {"textbook": 0.0, "least": 0.0, "measured": 0.0}
for (layer, name), kernel in times.items():
    convolution = (layer, "forward_on_tape") in times
    # Forward and input gradient are each called again for the gradient of the penalty; nothing needs that of the images a second time.
    uses = {"forward_on_tape": 1, "forward": 1 if convolution else 2, "weight_grad": 2}.get(name, 1 if layer == first else 2)
    flops, bytes_ = kernel["flops"], kernel["bytes"]
    saved = {"forward_on_tape": 2.25}.get(name, 4.0) if convolution and layer != first else 1.0
    moved = bytes_ / memory / 1e6
    textbook = max(flops / peak / 1e6, moved)
    least = max(flops / saved / peak / 1e6, moved)
    measured = kernel["median_ms"]
    for key, value in (("textbook", textbook), ("least", least), ("measured", measured)):
        total[key] += uses * value
    print(
        f"| {layer} | {name} | {uses} | {flops / 1e9:.2f} | {flops / saved / 1e9:.2f} | {bytes_ / 1e6:.1f} | {textbook:.2f} | {least:.2f} "
        f"| {measured:.2f} | {measured / least:.2f} |"
    )
print(
    f"| all | | | | | | {total['textbook']:.1f} | {total['least']:.1f} | {total['measured']:.1f} | {total['measured'] / total['least']:.2f} |"
)
print(f"\nwhole step {step:.1f} ms; beside the kernels of layers {step - total['measured']:.1f} ms (pooling, ReLU, biases, Adam, the tape)")
