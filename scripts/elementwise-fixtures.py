#!/usr/bin/env python3
"""Writes PyTorch's values of functions of every value, of two values and of PReLU, in float64, with both orders of derivatives.

    python scripts/elementwise-fixtures.py        (needs torch and numpy)

crates/doubleback/tests/fixtures/elementwise.npz has of each function `NAME.x`, and of its value and its first and second derivative there
`NAME.0`, `NAME.1`, `NAME.2`. The values of x include kinks and far tails.
crates/doubleback/tests/fixtures/binary.npz has of each function and pair of sizes `NAME.N.a` and `.b`, stored as [n, h, w, c], the cotangent
`.g`, `.y`, the gradients `.ga` and `.gb`, and the gradients of Σ ga³ + Σ gb³ by a, b and g: `.aa`, `.bb`, `.gg`.
"""
import pathlib
import zipfile

import numpy as np
import torch
import torch.nn.functional as F

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "crates/doubleback/tests/fixtures"


def save(name, arrays):
    """As numpy.savez_compressed, but without the time of day: the file is the same whenever it is written."""
    with zipfile.ZipFile(FIXTURES / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, array in arrays.items():
            entry = zipfile.ZipInfo(f"{key}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as file:
                np.lib.format.write_array(file, np.asarray(array), version=(1, 0))


near = np.array([1e-8, 1e-3, 0.1, 0.25, 0.3, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8.5, 10, 13, 17, 19.9, 20, 20.5, 26, 36, 50])
far = np.array([100, 1e3, 1e4])
line = np.concatenate([-far[::-1], -near[::-1], [0], near, far])
bounded = np.concatenate([-near[::-1], [0], near])
positive = np.concatenate([near, far])
unit = np.array([-0.999, -0.9, -0.5, -0.1, -1e-3, -1e-8, 0, 1e-8, 1e-3, 0.1, 0.5, 0.9, 0.999])
small = np.array([x for x in bounded if abs(x) <= 20])

FUNCTIONS = {
    "abs": (torch.abs, line),
    "acos": (torch.acos, unit),
    "acosh": (torch.acosh, positive[positive > 1]),
    "affine": (lambda x: x * 2.5 - 0.5, line),
    "asin": (torch.asin, unit),
    "asinh": (torch.asinh, line),
    "atan": (torch.atan, line),
    "atanh": (torch.atanh, unit),
    "ceil": (torch.ceil, line),
    # PyTorch 2.9.1 rounds alpha to float32, whatever the type of x.
    "celu": (lambda x: F.celu(x, 1.25), line),
    "clip": (lambda x: torch.clamp(x, -1, 2.5), line),
    "clip-min": (lambda x: torch.clamp(x, min=0.5), line),
    "clip-max": (lambda x: torch.clamp(x, max=0.5), line),
    "cos": (torch.cos, line),
    "cosh": (torch.cosh, small),
    "elu": (lambda x: F.elu(x, 0.7), line),
    "erf": (torch.erf, line),
    "exp": (torch.exp, small),
    "floor": (torch.floor, line),
    "gelu": (F.gelu, line),
    "gelu-tanh": (lambda x: F.gelu(x, approximate="tanh"), line),
    # PyTorch has no derivative of the gradient of its own function, and rounds the slope to float32: pieces say the same.
    "hard-sigmoid": (lambda x: torch.where((x > -3) & (x < 3), x / 6 + 0.5, (x >= 3).double()), line),
    "hard-swish": (F.hardswish, line),
    "hard-tanh": (F.relu6, line),
    "leaky": (lambda x: F.leaky_relu(x, 1.5), line),
    "log": (torch.log, positive),
    "max": (lambda x: torch.maximum(x, torch.tensor(0.5, dtype=x.dtype)), line),
    "min": (lambda x: torch.minimum(x, torch.tensor(0.5, dtype=x.dtype)), line),
    # PyTorch's second derivative is not a number where exp(x) overflows.
    "mish": (F.mish, line[line < 300]),
    "neg": (torch.neg, line),
    "pow-0": (lambda x: x**0.0, line),
    "pow-1": (lambda x: x**1.0, line),
    "pow-3": (lambda x: x**3.0, line),
    "pow-1.5": (lambda x: x**1.5, positive),
    "pow--2": (lambda x: x**-2.0, np.delete(line, len(line) // 2)),
    "reciprocal": (torch.reciprocal, np.delete(line, len(line) // 2)),
    "round": (torch.round, line),
    "selu": (F.selu, line),
    "shrink-soft": (lambda x: F.softshrink(x, 0.5), line),
    "shrink-hard": (lambda x: F.hardshrink(x, 0.5), line),
    "sigmoid": (torch.sigmoid, line),
    "sign": (torch.sign, line),
    "silu": (F.silu, line),
    "sin": (torch.sin, line),
    "sinh": (torch.sinh, small),
    "softplus": (F.softplus, line),
    "softplus-2": (lambda x: F.softplus(x, 2.0), line),
    "softsign": (F.softsign, line),
    "sqrt": (torch.sqrt, positive),
    "square": (torch.square, line),
    "swish": (lambda x: x * torch.sigmoid(1.7 * x), line),
    "tan": (torch.tan, bounded),
    "tanh": (torch.tanh, line),
    "thresholded-relu": (lambda x: F.threshold(x, 1.0, 0.0), line),
}


def gradient(y, x):
    """Of the sum of y, on the tape; zeros where it does not depend on x."""
    if not y.requires_grad:
        return torch.zeros_like(x)
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True, allow_unused=True)
    return torch.zeros_like(x) if g is None else g


arrays = {}
for name, (function, at) in FUNCTIONS.items():
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    y = function(x)
    first = gradient(y, x)
    second = gradient(first, x)
    arrays[f"{name}.x"] = at
    for order, value in enumerate([y, first, second]):
        # A derivative that PyTorch knows to be zero has memory of its own only after the sum.
        arrays[f"{name}.{order}"] = (value.detach() + 0).numpy()
save("elementwise.npz", arrays)
x = torch.tensor(line, requires_grad=True)
assert np.allclose(gradient(F.hardsigmoid(x), x).detach().numpy(), arrays["hard-sigmoid.1"], rtol=1e-7, atol=0)

random = np.random.default_rng(0)


def of(size, low, high):
    return random.uniform(low, high, size)


IMAGE, GATE, MAP, COLUMN, ALL, ROW = (2, 3, 2, 4), (2, 1, 1, 4), (2, 3, 2, 1), (2, 3, 1, 1), (2, 1, 1, 1), (2, 1, 2, 4)
SIZES = [(IMAGE, IMAGE), (IMAGE, GATE), (GATE, IMAGE), (MAP, GATE), (COLUMN, ROW), (IMAGE, ALL)]
PAIRS = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "pow": torch.pow,
    "max": torch.maximum,
    "min": torch.minimum,
    "mod": torch.fmod,
    "prelu": lambda x, slope: torch.where(x > 0, x, x * slope),
}
arrays = {}
for name, function in PAIRS.items():
    for number, (of_a, of_b) in enumerate(SIZES):
        if name == "prelu" and of_a != IMAGE or name not in ("mul", "div", "pow", "prelu") and number in (2, 3, 5):
            continue
        low = 0.3 if name == "pow" else -2.0
        a = of(of_a, low, 2.0)
        b = of(of_b, 0.5, 2.0) * (np.where(of(of_b, -1, 1) > 0, 1, -1) if name in ("div", "mod") else 1)
        if name == "pow" and number == 0:
            # Bases of 0 and below, with whole exponents.
            a.flat[:8] = [0, 0, 0, 0, -2, -1.5, -2, -0.5]
            b.flat[:8] = [0, 1, 2, 3, 0, 1, 2, 3]
        if name in ("max", "min"):
            a, b = np.round(2 * a) / 2, np.round(2 * b) / 2
        if name == "prelu":
            b = b[:1]
            a.flat[3] = 0
        a, b = (torch.tensor(t, requires_grad=True) for t in (a, b))
        y = function(a, b)
        g = torch.tensor(of(tuple(y.shape), -1.0, 1.0), requires_grad=True)
        ga, gb = torch.autograd.grad((y * g).sum(), [a, b], create_graph=True)
        # Where the derivative by the exponent is not a number, ours counts as 0.
        ga, gb = (torch.where(t.isnan(), torch.zeros_like(t), t) for t in (ga, gb))
        cubes = (ga**3).sum() + (0 if name == "pow" and number == 0 else (gb**3).sum())
        second = torch.autograd.grad(cubes, [a, b, g], allow_unused=True)
        aa, bb, gg = (torch.zeros_like(t) if s is None else s for s, t in zip(second, [a, b, g]))
        found = {"a": a, "b": b, "g": g, "y": y, "ga": ga, "gb": gb, "aa": aa, "bb": bb, "gg": gg}
        for key, value in found.items():
            arrays[f"{name}.{number}.{key}"] = (value.detach() + 0).numpy()
save("binary.npz", arrays)
