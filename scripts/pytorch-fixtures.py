#!/usr/bin/env python3
"""Writes the PyTorch values that the tests are held to, in float64.

    python scripts/pytorch-fixtures.py        (needs torch and numpy)

- crates/doubleback-ops/tests/fixtures/ops.npz: each op's output, first- and second-order gradients.
- crates/doubleback/tests/fixtures/second-order-*.npz: gradients of the double-backprop loss of the whole paper CNN, sampled.
- crates/doubleback/tests/fixtures/penalties.npz: the same of the other penalties, norms and dot products only.
- crates/doubleback/tests/fixtures/class-weights.npz: the same of cross-entropy and double backprop with class weights.
- crates/doubleback/tests/fixtures/trades.npz: the same of TRADES at given perturbed images, without and with class weights.
- crates/doubleback/tests/fixtures/gan-losses.npz: the losses of InterpretGAN and their gradients, for moderate and for extreme logits.

Inputs come from `values`, which the tests repeat, so only PyTorch's answers are stored. Of large gradients every 499th value is stored,
with the norm and the dot products with eight known directions, which together see every value.
"""
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

ROOT = pathlib.Path(__file__).resolve().parent.parent
MASK = (1 << 64) - 1


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


def tensor(shape, seed, grad=True):
    return torch.tensor(values(int(np.prod(shape)), seed).reshape(shape), requires_grad=grad)


def nchw(t):
    return t.permute(0, 3, 1, 2)


def nhwc(t):
    return t.permute(0, 2, 3, 1)


def both_orders(name, out, inputs, store):
    """Stores out, the gradients of sum(weights * out), and those of the sum of squares of these gradients."""
    weights = tensor(out.shape, 50, grad=True)
    first = torch.autograd.grad((out * weights).sum(), inputs, create_graph=True)
    second = torch.autograd.grad(sum((g * g).sum() for g in first), [*inputs, weights], allow_unused=True)
    store[f"{name}.out"] = out.detach().numpy()
    for i, g in enumerate(first):
        store[f"{name}.first{i}"] = g.detach().numpy()
    for i, (g, x) in enumerate(zip(second, [*inputs, weights])):
        store[f"{name}.second{i}"] = (torch.zeros_like(x) if g is None else g).detach().numpy()


def ops():
    store = {}
    for name, x, w, stride, padding in [
        ("conv_same", [2, 6, 7, 3], [3, 3, 3, 4], (1, 1), (1, 1)),
        ("conv_stride", [2, 9, 8, 2], [3, 4, 2, 5], (2, 3), (1, 0)),
        ("conv_one", [3, 7, 7, 1], [5, 5, 1, 6], (1, 1), (2, 2)),
    ]:
        x, w = tensor(x, 1), tensor(w, 2)
        out = nhwc(F.conv2d(nchw(x), w.permute(3, 2, 0, 1), stride=stride, padding=padding))
        both_orders(name, out, [x, w], store)
    # Padding is left, right, top, bottom.
    for name, x, w, stride, sides, dilation, groups in [
        ("conv_groups", [2, 6, 5, 6], [3, 3, 2, 9], (1, 1), (1, 1, 1, 1), (1, 1), 3),
        ("conv_depthwise", [2, 7, 8, 4], [3, 3, 1, 4], (2, 2), (1, 1, 1, 1), (1, 1), 4),
        ("conv_sides", [2, 7, 6, 4], [3, 2, 2, 6], (2, 1), (0, 1, 2, 1), (1, 2), 2),
    ]:
        x, w = tensor(x, 1), tensor(w, 2)
        padded = F.pad(nchw(x), sides)
        out = nhwc(F.conv2d(padded, w.permute(3, 2, 0, 1), stride=stride, dilation=dilation, groups=groups))
        both_orders(name, out, [x, w], store)
    x = tensor([2, 6, 7, 3], 3)
    both_orders("max_pool", nhwc(F.max_pool2d(nchw(x), (2, 3), stride=(2, 2), padding=(1, 1))), [x], store)
    both_orders("avg_pool", nhwc(F.avg_pool2d(nchw(x), (3, 2), stride=(1, 2), padding=(1, 1))), [x], store)
    z, gain, shift = tensor([4, 3, 2, 3], 4), tensor([3], 5), tensor([3], 6)
    for name, relu in [("batch_norm", False), ("batch_norm_relu", True)]:
        out = F.batch_norm(z.reshape(-1, 3), None, None, gain, shift, True, 0.1, 1e-3).reshape(z.shape)
        both_orders(name, F.relu(out) if relu else out, [z, gain, shift], store)
    a, b = tensor([3, 4], 7), tensor([4, 5], 8)
    both_orders("matmul", a @ b, [a, b], store)
    np.savez_compressed(ROOT / "crates/doubleback-ops/tests/fixtures/ops.npz", **store)


# Name, shape in our layout, seed, scale and offset of the values.
PARAMETERS = [
    ("conv1.weight", [5, 5, 1, 32], 0.25, 0.0),
    ("conv1.norm.shift", [32], 0.1, 0.0),
    ("conv1.norm.gain", [32], 0.2, 1.0),
    ("conv2.weight", [5, 5, 32, 64], 0.06, 0.0),
    ("conv2.norm.shift", [64], 0.1, 0.0),
    ("conv2.norm.gain", [64], 0.2, 1.0),
    ("dense1.weight", [3136, 1024], 0.04, 0.0),
    ("dense1.norm.shift", [1024], 0.1, 0.0),
    ("dense1.norm.gain", [1024], 0.2, 1.0),
    ("logits.weight", [1024, 10], 0.07, 0.0),
    ("logits.bias", [10], 0.1, 0.0),
]
IMAGES = 8


def network(p, x, mask, pool, activation=F.relu):
    """x: [n, 1, 28, 28]; parameters in our layout; features flattened in (H, W, C) order."""

    def norm(h, k):
        return activation(F.batch_norm(h, None, None, p[f"{k}.norm.gain"], p[f"{k}.norm.shift"], True, 0.1, 1e-3))

    h = pool(norm(F.conv2d(x, p["conv1.weight"].permute(3, 2, 0, 1), padding=2), "conv1"), 2)
    h = pool(norm(F.conv2d(h, p["conv2.weight"].permute(3, 2, 0, 1), padding=2), "conv2"), 2)
    h = norm(nhwc(h).reshape(IMAGES, -1) @ p["dense1.weight"], "dense1") * mask
    return h @ p["logits.weight"] + p["logits.bias"]


def fixed_values():
    """Parameters, images, labels and dropout mask."""
    p = {}
    for seed, (name, shape, scale, offset) in enumerate(PARAMETERS):
        p[name] = (tensor(shape, 100 + seed, grad=False) * scale + offset).requires_grad_(True)
    x = (tensor([IMAGES, 1, 28, 28], 200, grad=False) + 1) / 2
    y = torch.arange(IMAGES) * 3 % 10
    return p, x, y, (tensor([IMAGES, 1024], 201, grad=False) < 0) * 2.0


# What is penalized, summed over the images: of logits and labels.
PENALIZED = {
    "true-logits": lambda z, y: -z.gather(1, y[:, None]).sum(),
    "uniform-logits": lambda z, y: -z.mean(1).sum(),
    "entropy": lambda z, y: -(F.softmax(z, 1) * F.log_softmax(z, 1)).sum(),
    "entropy-logits": lambda z, y: -(F.softmax(z, 1) * z).sum(),
    "true-l1": lambda z, y: F.cross_entropy(z, y, reduction="sum"),
}


def penalties(directions):
    p, x, y, mask = fixed_values()
    store = {}
    for penalty, penalized in PENALIZED.items():
        images = x.detach().requires_grad_(True)
        logits = network(p, images, mask, F.max_pool2d)
        (g,) = torch.autograd.grad(penalized(logits, y), images, create_graph=True)
        length = g.abs().sum() if penalty.endswith("l1") else (g * g).sum()
        loss = F.cross_entropy(logits, y) + 0.1 * length / IMAGES
        store[f"{penalty}.loss"] = np.array([loss.item()])
        for (name, *_), grad in zip(PARAMETERS, torch.autograd.grad(loss, list(p.values()))):
            grad = grad.numpy().ravel()
            store[f"{penalty}.{name}.norm"] = np.array([np.sqrt((grad * grad).sum())])
            store[f"{penalty}.{name}.dots"] = np.array([(grad * d[: grad.size]).sum() for d in directions])
        print(penalty, loss.item())
    np.savez_compressed(ROOT / "crates/doubleback/tests/fixtures/penalties.npz", **store)


def class_weights(directions):
    """Cross-entropy as PyTorch weighs it; the penalty is the mean, weighted alike, of each image's own."""
    p, x, y, mask = fixed_values()
    weights = 0.25 + 0.5 * torch.arange(10, dtype=torch.float64)
    store = {}
    for name in ["plain", "double"]:
        images = x.detach().requires_grad_(True)
        logits = network(p, images, mask, F.max_pool2d)
        loss = F.cross_entropy(logits, y, weight=weights)
        if name == "double":
            (g,) = torch.autograd.grad(F.cross_entropy(logits, y, reduction="sum"), images, create_graph=True)
            loss = loss + 0.1 * (weights[y] * (g * g).sum((1, 2, 3))).sum() / weights[y].sum()
        store[f"{name}.loss"] = np.array([loss.item()])
        for (parameter, *_), grad in zip(PARAMETERS, torch.autograd.grad(loss, list(p.values()))):
            grad = grad.numpy().ravel()
            store[f"{name}.{parameter}.norm"] = np.array([np.sqrt((grad * grad).sum())])
            store[f"{name}.{parameter}.dots"] = np.array([(grad * d[: grad.size]).sum() for d in directions])
        print("class weights", name, loss.item())
    np.savez_compressed(ROOT / "crates/doubleback/tests/fixtures/class-weights.npz", **store)


def trades(directions):
    """Cross-entropy plus 6 times the divergence, both of whose sides are differentiated; the perturbed images are given."""
    p, x, y, mask = fixed_values()
    perturbed = (x + 0.1 * tensor([IMAGES, 1, 28, 28], 202, grad=False).sign()).clamp(0, 1)
    weights = 0.25 + 0.5 * torch.arange(10, dtype=torch.float64)
    store = {}
    for name, of_image in [("trades", torch.ones(IMAGES, dtype=torch.float64)), ("weighted", weights[y])]:
        logits, others = (network(p, images, mask, F.max_pool2d) for images in (x, perturbed))
        divergence = F.kl_div(F.log_softmax(others, 1), F.softmax(logits, 1), reduction="none").sum(1)
        each = F.cross_entropy(logits, y, reduction="none") + 6 * divergence
        loss = (of_image * each).sum() / of_image.sum()
        store[f"{name}.loss"] = np.array([loss.item()])
        for (parameter, *_), grad in zip(PARAMETERS, torch.autograd.grad(loss, list(p.values()))):
            grad = grad.numpy().ravel()
            store[f"{name}.{parameter}.norm"] = np.array([np.sqrt((grad * grad).sum())])
            store[f"{name}.{parameter}.dots"] = np.array([(grad * d[: grad.size]).sum() for d in directions])
        print("trades", name, loss.item(), divergence.mean().item())
    np.savez_compressed(ROOT / "crates/doubleback/tests/fixtures/trades.npz", **store)


# By their names here.
SMOOTH = {
    "silu": F.silu,
    "gelu": F.gelu,
    "softplus": F.softplus,
    "softplus:10": lambda x: F.softplus(x, beta=10),
    "elu": F.elu,
    "mish": F.mish,
}


def activations(directions):
    """Double backprop of the network with each activation in place of its ReLUs, and each pooling after them."""
    p, x, y, mask = fixed_values()
    store = {}
    for activation, function in SMOOTH.items():
        for pool_name, pool in [("max", F.max_pool2d), ("avg", F.avg_pool2d)]:
            images = x.detach().requires_grad_(True)
            logits = network(p, images, mask, pool, function)
            cross_entropy = F.cross_entropy(logits, y, reduction="sum")
            (g,) = torch.autograd.grad(cross_entropy, images, create_graph=True)
            loss = (cross_entropy + 0.1 * (g * g).sum()) / IMAGES
            key = f"{activation}.{pool_name}"
            store[f"{key}.loss"] = np.array([loss.item()])
            for (name, *_), grad in zip(PARAMETERS, torch.autograd.grad(loss, list(p.values()))):
                grad = grad.numpy().ravel()
                store[f"{key}.{name}.norm"] = np.array([np.sqrt((grad * grad).sum())])
                store[f"{key}.{name}.dots"] = np.array([(grad * d[: grad.size]).sum() for d in directions])
            print(key, loss.item())
    np.savez_compressed(ROOT / "crates/doubleback/tests/fixtures/activations.npz", **store)


def second_order(directions):
    p, x, y, mask = fixed_values()
    for pool_name, pool in [("max", F.max_pool2d), ("avg", F.avg_pool2d)]:
        for penalty in ["true", "uniform"]:
            z = x.detach().requires_grad_(True)
            logits = network(p, z, mask, pool)
            ce = F.cross_entropy(logits, y, reduction="sum")
            penalized = ce if penalty == "true" else -F.log_softmax(logits, 1).mean(1).sum()
            (g,) = torch.autograd.grad(penalized, z, create_graph=True)
            loss = ce / IMAGES + 0.1 * (g * g).sum() / IMAGES
            store = {"loss": np.array([loss.item()]), "input_gradient": g.detach().numpy().ravel()}
            for (name, *_), grad in zip(PARAMETERS, torch.autograd.grad(loss, list(p.values()))):
                grad = grad.numpy().ravel()
                large = grad.size > 20_000
                store[f"{name}.samples"] = grad[::499] if large else grad
                store[f"{name}.norm"] = np.array([np.sqrt((grad * grad).sum())])
                store[f"{name}.dots"] = np.array([(grad * d[: grad.size]).sum() for d in directions])
            np.savez_compressed(ROOT / f"crates/doubleback/tests/fixtures/second-order-{pool_name}-{penalty}.npz", **store)
            print(pool_name, penalty, loss.item())


def gan_losses():
    store = {}
    for name, scale in [("moderate", 3.0), ("extreme", 500.0)]:
        real, generated, latent, other = (tensor([6, 1], 400), tensor([5, 1], 401), tensor([3, 2, 2, 4], 402), tensor([3, 2, 2, 4], 403))
        logits, soft = tensor([5, 4], 404), F.softmax(tensor([5, 4], 405, grad=False), 1)
        losses = {
            "discriminator": (-F.logsigmoid(real * scale).mean() - F.logsigmoid(-generated * scale).mean(), [real, generated]),
            "adversarial": (-F.logsigmoid(generated * scale).mean(), [generated]),
            "class": (F.cross_entropy(logits * scale, soft), [logits]),
            "latent": (F.mse_loss(latent * scale, other * scale), [latent, other]),
        }
        for loss, (value, inputs) in losses.items():
            store[f"{name}.{loss}"] = np.array([value.item()])
            for i, gradient in enumerate(torch.autograd.grad(value, inputs)):
                store[f"{name}.{loss}.gradient{i}"] = gradient.numpy().ravel()
    np.savez_compressed(ROOT / "crates/doubleback/tests/fixtures/gan-losses.npz", **store)


if __name__ == "__main__":
    (ROOT / "crates/doubleback-ops/tests/fixtures").mkdir(parents=True, exist_ok=True)
    (ROOT / "crates/doubleback/tests/fixtures").mkdir(parents=True, exist_ok=True)
    ops()
    directions = [values(3136 * 1024, 300 + i) for i in range(8)]
    second_order(directions)
    activations(directions)
    penalties(directions)
    class_weights(directions)
    trades(directions)
    gan_losses()
