#!/usr/bin/env python3
"""Writes the PyTorch values that single layers are held to, in float64: crates/doubleback/tests/fixtures/spatial-layers.npz.

    python scripts/make-layer-fixtures.py        (needs torch and numpy)

Each case is a layer, then a dense layer of logits. Stored are the logits, the gradient of the cross-entropy by the images, and the gradients
of cross-entropy plus the square of that gradient, by the images and by each parameter. Inputs come from `values`, which the test repeats.
"""
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

ROOT = pathlib.Path(__file__).resolve().parent.parent
MASK = (1 << 64) - 1
N, C, H, W, CLASSES = 3, 4, 7, 6, 3


def values(count, seed):
    """The generator of the tests: xorshift64, uniform in [-1, 1)."""
    state = ((seed * 0x9E3779B97F4A7C15) & MASK) ^ 0x123456789ABCDEF1
    out = np.empty(count)
    for i in range(count):
        state ^= (state << 13) & MASK
        state ^= state >> 7
        state ^= (state << 17) & MASK
        out[i] = (state >> 11) / float(1 << 52) - 1.0
    return out


def tensor(shape, seed, scale=1.0, offset=0.0):
    return torch.tensor(values(int(np.prod(shape)), seed).reshape(shape) * scale + offset, requires_grad=True)


def padded(x, sides, value=0.0):
    """`sides` are top, left, bottom, right."""
    top, left, bottom, right = sides
    return F.pad(x, (left, right, top, bottom), value=value)


def mean_of_image(x, sides, kernel, stride):
    """The mean over the pixels of the image alone."""
    ones = padded(torch.ones_like(x), sides)
    return F.avg_pool2d(padded(x, sides), kernel, stride) / F.avg_pool2d(ones, kernel, stride)


def lp_pool(x, p, kernel, stride, sides, dilation=1):
    weight = torch.ones(C, 1, *kernel, dtype=x.dtype)
    return F.conv2d(padded(x.abs() ** p, sides), weight, stride=stride, dilation=dilation, groups=C) ** (1 / p)


def lrn(x, size, alpha, beta, bias):
    before = (size - 1) // 2
    square = F.pad(x * x, (0, 0, 0, 0, before, size - 1 - before))
    total = sum(square[:, i : i + C] for i in range(size))
    return x / (bias + alpha / size * total) ** beta


def conv(w, **options):
    """Weights are [height, width, in, out]."""
    return lambda x: F.conv2d(x, w.permute(3, 2, 0, 1), **options)


# Name, parameters as (name, shape, scale, offset), and the layer on images [n, channels, height, width].
CASES = [
    ("max_ceil", [], lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True)),
    ("max_dilated", [], lambda x: F.max_pool2d(x, (3, 2), (2, 1), 1, dilation=(2, 3), ceil_mode=True)),
    ("max_sides", [], lambda x: F.max_pool2d(padded(x, (0, 1, 2, 0), -1e300), 3, 2)),
    ("avg_ceil", [], lambda x: F.avg_pool2d(x, (3, 2), 2, (1, 0), ceil_mode=True)),
    ("avg_ceil_alone", [], lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False)),
    ("avg_sides_alone", [], lambda x: mean_of_image(x, (0, 1, 2, 0), 3, 2)),
    ("avg_dilated", [], lambda x: F.conv2d(x, torch.ones(C, 1, 3, 2, dtype=x.dtype) / 6, stride=(2, 1), dilation=(2, 3), groups=C)),
    ("lp1", [], lambda x: lp_pool(x, 1, (2, 2), (1, 2), (1, 0, 0, 1))),
    ("lp2", [], lambda x: lp_pool(x, 2, (3, 2), (2, 2), (1, 0, 1, 0))),
    ("lp3", [], lambda x: lp_pool(x, 3, (2, 2), (2, 1), (0, 0, 0, 0))),
    ("lp2_dilated", [], lambda x: lp_pool(x, 2, (2, 2), (1, 1), (1, 1, 1, 1), (2, 3))),
    (
        "transpose_groups",
        [("weight", [3, 2, 3, C], 0.4, 0.0), ("bias", [6], 0.2, 0.0)],
        lambda x, w, b: F.conv_transpose2d(
            x, w.permute(3, 2, 0, 1), b, stride=(2, 3), dilation=(1, 2), output_padding=(1, 2), groups=2
        )[:, :, 1:-2, 2:],
    ),
    (
        "transpose_more_than_the_stride",
        [("weight", [2, 2, 2, C], 0.4, 0.0)],
        lambda x, w: F.conv_transpose2d(x, w.permute(3, 2, 0, 1), padding=(0, 1), dilation=(3, 2), output_padding=(2, 1)),
    ),
    ("conv_depthwise", [("weight", [3, 3, 1, C], 0.4, 0.0)], lambda x, w: conv(w, stride=2, padding=1, groups=C)(x)),
    ("conv_two_each", [("weight", [3, 2, 1, 8], 0.4, 0.0)], lambda x, w: conv(w, dilation=(2, 1), groups=C)(padded(x, (1, 0, 2, 1)))),
    ("conv_groups", [("weight", [3, 3, 2, 6], 0.4, 0.0)], lambda x, w: conv(w, padding=1, groups=2)(x)),
    ("group_norm", [("gain", [C], 0.3, 1.0), ("shift", [C], 0.3, 0.0)], lambda x, g, b: F.group_norm(x, 2, g, b, 1e-3)),
    ("instance_norm", [], lambda x: F.instance_norm(x, eps=1e-5)),
    (
        "layer_norm_pixel",
        [("gain", [C], 0.3, 1.0), ("shift", [C], 0.3, 0.0)],
        lambda x, g, b: F.layer_norm(x.permute(0, 2, 3, 1), [C], g, b, 1e-3).permute(0, 3, 1, 2),
    ),
    (
        "layer_norm_image",
        [("gain", [H, W, C], 0.3, 1.0), ("shift", [H, W, C], 0.3, 0.0)],
        lambda x, g, b: F.layer_norm(x.permute(0, 2, 3, 1), [H, W, C], g, b, 1e-5).permute(0, 3, 1, 2),
    ),
    ("layer_norm_plane", [("shift", [H, W], 0.3, 0.0)], lambda x, b: F.layer_norm(x, [H, W], None, b, 1e-5)),
    ("rms_norm", [("gain", [W, C], 0.3, 1.0)], lambda x, g: F.rms_norm(x.permute(0, 2, 3, 1), [W, C], g, 1e-3).permute(0, 3, 1, 2)),
    ("lrn", [], lambda x: lrn(x, 3, 0.5, 0.75, 1.0)),
    ("lrn_even", [], lambda x: lrn(x, 4, 2.0, 1.5, 0.7)),
    ("normalize1", [], lambda x: x / x.abs().sum(1, keepdim=True)),
    ("normalize2", [], lambda x: F.normalize(x, dim=2, eps=0.0)),
]


def main():
    store = {}
    for name, parameters, layer in CASES:
        x = tensor([N, C, H, W], 1)
        own = [tensor(shape, 10 + i, scale, offset) for i, (_, shape, scale, offset) in enumerate(parameters)]
        flat = layer(x, *own).permute(0, 2, 3, 1).flatten(1)
        dense = tensor([flat.shape[1], CLASSES], 20, 0.5)
        logits = flat @ dense
        loss = F.cross_entropy(logits, torch.arange(N) % CLASSES, reduction="sum")
        (g,) = torch.autograd.grad(loss, x, create_graph=True)
        gradients = torch.autograd.grad(loss + (g * g).sum(), [x, *own])
        store[f"{name}.logits"] = logits.detach().numpy()
        store[f"{name}.first"] = g.detach().numpy()
        for key, gradient in zip(["images", *(p[0] for p in parameters)], gradients):
            store[f"{name}.{key}"] = gradient.numpy()
        print(name, list(flat.shape), loss.item())
    np.savez_compressed(ROOT / "crates/doubleback/tests/fixtures/spatial-layers.npz", **store)


if __name__ == "__main__":
    main()
