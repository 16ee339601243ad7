"""Input gradients of a network with max pooling beside PyTorch's, on images with flat backgrounds: what of the differences is rounding, and what is a choice
between equals.

Where several values of a pooling window are the greatest, the network has no single gradient: each of them may be given it. PyTorch and doubleback take the
first. On a flat background the convolution before the pooling gives the same value everywhere, but for rounding: an algorithm that rounds by place, such as
Winograd's, makes some other value the greatest by its last bit. So do some algorithms of PyTorch.

    python bench/python.py --model trades-mnist-smallcnn.pt --data DIR torch

has this table, of the first 1,000 test images: how far gradients are from PyTorch's in f64, by image.
"""
import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional

# Values that are nearer to each other than that are taken for equals.
EQUAL = 1e-6
# In which order the values of a 2x2 window are preferred: the first, the last, and others.
ORDERS = ([4, 3, 2, 1], [1, 2, 3, 4], [4, 2, 3, 1], [3, 4, 2, 1], [2, 3, 4, 1])


class Choosing(nn.Module):
    """Max pooling of 2x2 windows that takes of equals the one that an order prefers."""

    def __init__(self, order, equal):
        super().__init__()
        self.order, self.equal = torch.tensor(order), equal

    def forward(self, x):
        n, channels, height, width = x.shape
        windows = x.reshape(n, channels, height // 2, 2, width // 2, 2).permute(0, 1, 2, 4, 3, 5).flatten(4)
        equals = windows >= windows.amax(-1, keepdim=True) - self.equal
        chosen = (equals * self.order).argmax(-1, keepdim=True)
        return windows.gather(-1, chosen).squeeze(-1)


def gradient(module, x, y, batch=100):
    """Of each image's cross-entropy, in the module's own precision."""
    found = []
    for images, labels in zip(torch.from_numpy(x).split(batch), torch.from_numpy(y).split(batch)):
        images = images.to(next(module.parameters()).dtype).requires_grad_()
        functional.cross_entropy(module(images), labels, reduction="sum").backward()
        found.append(images.grad.numpy())
    return np.concatenate(found)


def choosing(module, order, equal):
    """The same with other choices between equals."""
    other = copy.deepcopy(module)
    for parent in other.modules():
        for name, child in parent.named_children():
            if isinstance(child, nn.MaxPool2d):
                setattr(parent, name, Choosing(order, equal))
    return other


def by_image(difference):
    return np.abs(difference).reshape(len(difference), -1).max(1)


def compared(module, x, y, ours):
    """Prints how far gradients of several kinds are from those in f64, `ours` by name among them.

    Gives, a value for each image: the differences of ours by name; how far the gradient in f64 goes by choices between equals.
    """
    double = copy.deepcopy(module).double()
    exact = gradient(double, x, y)
    last = gradient(choosing(double, ORDERS[1], 0.0), x, y)
    least, most = np.minimum(exact, last), np.maximum(exact, last)
    for order in ORDERS:
        other = gradient(choosing(double, order, EQUAL), x, y)
        least, most = np.minimum(least, other), np.maximum(most, other)
    with torch.backends.mkldnn.flags(enabled=False):
        plain = gradient(module, x, y)
    rows = {
        "PyTorch in f64, the last of equals": last,
        "PyTorch in f32": gradient(module, x, y),
        "PyTorch in f32 without oneDNN": plain,
        **ours,
    }
    print("       | from PyTorch in f64, by image | median | largest | over 1e-5 |\n       |---|---:|---:|---:|")
    for name, values in rows.items():
        far = by_image(values - exact)
        print(f"       | {name} | {np.median(far):.1e} | {far.max():.1e} | {int((far > 1e-5).sum())} of {len(far):,} |", flush=True)
    far = {name: by_image(values - exact) for name, values in ours.items()}
    return far, by_image(most - least)
