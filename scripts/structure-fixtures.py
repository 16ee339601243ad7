#!/usr/bin/env python3
"""Writes PyTorch's values of the layers that move, join, resize and reduce, in float64.

    python scripts/structure-fixtures.py        (needs torch and numpy)

crates/doubleback/tests/fixtures/structure.npz: of each case the output, its gradient by the images at a fixed cotangent, and the gradients
of that gradient's square by the images and by the cotangent. The test repeats the inputs, so that only PyTorch's answers are stored.
"""
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

ROOT = pathlib.Path(__file__).resolve().parent.parent
N = 2


def values(count, seed):
    """The generator of the test."""
    return np.array([((i * 7919 + seed * 104_729) % 1009) / 1009.0 - 0.5 for i in range(count)])


def coarse(x):
    """Many zeros and ties."""
    return np.trunc(x * 4) / 4


def nchw(f):
    """An op of images that are stored channels last."""
    return lambda x: f(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def resize(size, mode, **options):
    return nchw(lambda x: F.interpolate(x, size=size, mode=mode, **options))


def upscale(scale, mode, **options):
    return nchw(lambda x: F.interpolate(x, scale_factor=scale, mode=mode, recompute_scale_factor=False, **options))


def product_of_halves(x):
    b = x.shape[1] // 2
    return x[:, :b] @ x[:, b:].transpose(2, 3)


def pad(before, after, mode, value=0.0):
    """(height, width) and, of constants, channels."""
    sides = [s for axis in (2, 1, 0) for s in (before[axis], after[axis])]
    if mode == "constant":
        return lambda x: F.pad(x, sides, value=value)
    return nchw(lambda x: F.pad(x, [before[1], after[1], before[0], after[0]], mode=mode))


# Name, size [height, width, channels], whether the images are coarse, function of images [n, h, w, c].
CASES = [
    ("permute", [4, 5, 6], False, lambda x: x.reshape(N, 4, 5, 2, 3).permute(0, 4, 2, 3, 1).reshape(N, 3, 10, 4)),
    ("slice", [5, 4, 3], False, lambda x: x[:, 1:4]),
    ("slice-step", [5, 4, 3], False, lambda x: x[:, :, 0:4:3]),
    ("slice-back", [5, 4, 3], False, lambda x: x[:, [4, 2]]),
    ("concat", [3, 4, 2], False, lambda x: torch.cat([x[:, :, 1:3], x * x, x], 2)),
    ("gather", [3, 4, 5], False, lambda x: x[:, :, :, [4, 0, 0, 2]]),
    ("gather-all", [3, 4, 5], False, lambda x: x[:, [2, 0, 1]]),
    ("expand", [1, 3, 1], False, lambda x: (x * x).expand(N, 4, 3, 2)),
    ("pad-constant", [3, 2, 2], False, pad([1, 0, 2], [0, 3, 1], "constant", 0.25)),
    ("pad-reflect", [4, 3, 2], False, pad([2, 1, 0], [3, 2, 0], "reflect")),
    ("pad-edge", [4, 3, 2], False, pad([2, 1, 0], [3, 4, 0], "replicate")),
    ("pad-wrap", [4, 3, 2], False, pad([2, 1, 0], [3, 2, 0], "circular")),
    ("softmax", [3, 4, 5], False, lambda x: F.softmax(8 * x, 3)),
    ("log-softmax", [3, 4, 5], False, lambda x: F.log_softmax(8 * x, 1)),
    ("mat-mul", [4, 3, 5], False, product_of_halves),
    ("mat-mul-one", [3, 3, 3], False, lambda x: x[:, :1] @ x[:, 1:]),
    ("mean", [3, 4, 2], False, lambda x: (x * x).mean((1, 3), keepdim=True)),
    ("sum", [3, 4, 2], False, lambda x: (x * x).sum(2, keepdim=True)),
    ("max", [3, 4, 2], True, lambda x: torch.amax(x * x * x, (1, 2), keepdim=True)),
    ("min", [3, 4, 2], True, lambda x: torch.amin(x * x * x, 3, keepdim=True)),
    ("prod", [3, 5, 2], False, lambda x: (x + 0.75).prod(2, keepdim=True)),
    ("prod-zeros", [3, 5, 2], True, lambda x: x.permute(0, 1, 3, 2).reshape(N, 3, 10).prod(2)[:, :, None, None]),
    ("l1", [3, 4, 2], True, lambda x: x.abs().sum((1, 3), keepdim=True)),
    ("l2", [3, 4, 2], False, lambda x: torch.linalg.vector_norm(x, dim=(1, 3), keepdim=True)),
    ("sum-square", [3, 4, 2], False, lambda x: x.square().sum((1, 3), keepdim=True)),
    ("log-sum", [3, 4, 2], False, lambda x: (x + 0.75).sum((1, 3), keepdim=True).log()),
    ("log-sum-exp", [3, 4, 2], False, lambda x: torch.logsumexp(8 * x, (2, 3), keepdim=True)),
    ("nearest", [4, 5, 2], False, resize((7, 3), "nearest")),
    ("linear", [4, 5, 2], False, resize((7, 3), "bilinear")),
    ("linear-corners", [4, 5, 2], False, resize((7, 3), "bilinear", align_corners=True)),
    ("linear-scale", [4, 5, 2], False, upscale((1.7, 0.7), "bilinear")),
    ("linear-antialias", [9, 8, 2], False, resize((4, 3), "bilinear", antialias=True)),
    ("cubic", [4, 5, 2], False, resize((7, 3), "bicubic")),
    ("cubic-antialias", [9, 8, 2], False, resize((4, 3), "bicubic", antialias=True)),
]


def main():
    store = {}
    for name, (h, w, c), is_coarse, f in CASES:
        x = values(N * c * h * w, 3)
        x = coarse(x) if is_coarse else x
        x = torch.tensor(x.reshape(N, c, h, w), requires_grad=True)
        y = f(x.permute(0, 2, 3, 1))
        weights = torch.tensor(values(y.numel(), 5).reshape(y.shape), requires_grad=True)
        (first,) = torch.autograd.grad((y * weights).sum(), x, create_graph=True)
        second = torch.autograd.grad(first.square().sum(), [x, weights], allow_unused=True)
        answers = [y, first, *(torch.zeros_like(v) if g is None else g for g, v in zip(second, [x, weights]))]
        for what, answer in zip(["out", "first", "second", "of-cotangent"], answers):
            # Without the sum, PyTorch 2.9.1 gives memory that nothing was written to for derivatives that it knows to be zero.
            answer = (answer.detach() + 0).numpy().reshape(-1)
            if not np.isfinite(answer).all():
                print(f"{name} {what}: not finite in PyTorch")
            store[f"{name}.{what}"] = answer
    np.savez_compressed(ROOT / "crates/doubleback/tests/fixtures/structure.npz", **store)


main()
