"""Both orders of layers that round, compare and choose, by PyTorch in f64: the fixture of crates/doubleback/tests/library/choices.rs.

    python scripts/choice-fixtures.py crates/doubleback/tests/fixtures/choices.npz
"""

import sys

import numpy as np
import torch

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)
arrays = {}


def fake_quantize(x, scale, zero, low, high):
    """The rounding counts as the identity, saturation as a constant."""
    q = torch.round(x.detach() / scale) + zero
    within = ((q >= low) & (q <= high)).to(x.dtype)
    value = (q.clamp(low, high) - zero) * scale
    return x * within + (value - x.detach() * within)


def both_orders(name, function, inputs):
    """The value of a function of squares, the input gradient of the sum of its cubes, and the gradient of that gradient's square."""
    inputs = [x.requires_grad_() for x in inputs]
    y = function(*[x * x for x in inputs])
    first = torch.autograd.grad((y**3).sum(), inputs, create_graph=True)
    second = torch.autograd.grad(sum((g**2).sum() for g in first), inputs)
    arrays[f"{name}.y"] = y.detach().numpy()
    for k, (x, g, h) in enumerate(zip(inputs, first, second)):
        arrays[f"{name}.x{k}"] = x.detach().numpy()
        arrays[f"{name}.first{k}"] = g.detach().numpy()
        arrays[f"{name}.second{k}"] = h.detach().numpy()


def drawn(*shape):
    return torch.rand(shape) * 2.4 - 1.2


# Height, width and channels last, as layers have them.
shape = (2, 3, 4, 5)
scale = torch.tensor([0.03, 0.05, 0.01, 0.2, 0.07])
zero = torch.tensor([-128.0, 0.0, 12.0, -100.0, 127.0])
for name, s, z, low, high in [
    ("tensor", torch.tensor([0.01]), torch.tensor([-40.0]), -128, 127),
    ("unsigned", torch.tensor([0.004]), torch.tensor([0.0]), 0, 255),
    ("relu", torch.tensor([0.05]), torch.tensor([-128.0]), -128, 127),
    ("channels", scale, zero, -128, 127),
]:
    arrays[f"{name}.scale"], arrays[f"{name}.zero"] = s.numpy(), z.numpy()
    # What is below zero is only seen by a quantization that keeps it.
    both_orders(name, lambda x: fake_quantize(x - 0.4, s, z, low, high), [drawn(*shape)])
both_orders("where", lambda a, b: torch.where(a < b, a, 2 * b), [drawn(*shape), drawn(*shape)])
both_orders("where_repeated", lambda a, b: torch.where(a < b, a, 2 * b), [drawn(2, 3, 4, 1), drawn(2, 1, 1, 5)])
np.savez_compressed(sys.argv[1], **arrays)
