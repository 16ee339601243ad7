#!/usr/bin/env python3
"""Writes the PyTorch values that trainings are held to, in float64: crates/doubleback/tests/fixtures/optimizers.npz.

    python scripts/make-optimizer-fixtures.py        (needs torch and numpy)

A small network of two dense layers is trained for eight steps on twelve images, with one option after another; stored are its parameters at the end,
one after the other. `schedule.*` are the learning rates that PyTorch's schedulers give. Images and first weights come from `pattern`, which the
test repeats.
"""
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, OneCycleLR, SequentialLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

ROOT = pathlib.Path(__file__).resolve().parent.parent
STEPS, CLASSES = 8, 3
LABELS = [0, 2, 1, 1, 0, 2, 2, 1, 0, 0, 1, 2]
BETAS = (0.9, 0.999)


def pattern(count, factor, modulus):
    """Values in [0, 1) in single precision, as the test has them."""
    numbers = np.arange(count) * factor % modulus
    return (numbers.astype(np.float32) / np.float32(modulus)).astype(np.float64)


def centred(shape, factor, modulus):
    values = pattern(int(np.prod(shape)), factor, modulus) - 0.5
    return torch.nn.Parameter(torch.tensor(values.reshape(shape)))


class Network(torch.nn.Module):
    """16 values, 5 hidden units with ReLU, 3 logits; weights are [in, out]."""

    def __init__(self):
        super().__init__()
        self.hidden_weight = centred((16, 5), 29, 53)
        self.hidden_bias = centred((5,), 7, 11)
        self.logits_weight = centred((5, CLASSES), 17, 43)
        self.logits_bias = centred((CLASSES,), 5, 13)

    def forward(self, x):
        hidden = torch.relu(x @ self.hidden_weight + self.hidden_bias)
        return hidden @ self.logits_weight + self.logits_bias


IMAGES = torch.tensor(pattern(12 * 16, 37, 61).reshape(12, 16))
TARGETS = torch.tensor(LABELS)


def batches(size):
    """Batch after batch, from the first image to the last, again and again."""
    while True:
        for start in range(0, len(LABELS), size):
            yield slice(start, min(start + size, len(LABELS)))


def sgd(rate=0.1, **options):
    return lambda model: torch.optim.SGD(model.parameters(), lr=rate, **options)


def train(make, *, batch=4, accumulate=1, smoothing=0.0, weights=None, clip=None, schedule=None, average=None, tensorflow_epsilon=None):
    model = Network()
    optimizer = make(model)
    scheduler = schedule and schedule(optimizer)
    averaged = average and AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(average))
    rounds = batches(batch)
    for step in range(1, STEPS + 1):
        places = [next(rounds) for _ in range(accumulate)]
        places = torch.cat([torch.arange(len(LABELS))[one] for one in places])
        loss = F.cross_entropy(model(IMAGES[places]), TARGETS[places], label_smoothing=smoothing, weight=weights)
        optimizer.zero_grad()
        loss.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        if tensorflow_epsilon is not None:
            # TensorFlow adds epsilon to the root of the uncorrected moment.
            for group in optimizer.param_groups:
                group["eps"] = tensorflow_epsilon / (1 - BETAS[1] ** step) ** 0.5
        optimizer.step()
        if scheduler:
            scheduler.step()
        if averaged:
            averaged.update_parameters(model)
    final = averaged.module if averaged else model
    return torch.cat([p.detach().reshape(-1) for p in final.parameters()]).numpy()


def warm(optimizer, warmup, steps, then):
    first = LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)
    return SequentialLR(optimizer, [first, then(optimizer, steps - warmup)], milestones=[warmup])


def cosine(optimizer, steps):
    return CosineAnnealingLR(optimizer, T_max=steps)


def one_cycle(optimizer, steps):
    return OneCycleLR(optimizer, max_lr=0.1, total_steps=steps, cycle_momentum=False)


def rates(make, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = make(optimizer)
    found = []
    for step in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step + 1 < steps:
            scheduler.step()
    return np.array(found)


def main():
    def adamw(model):
        return torch.optim.AdamW(model.parameters(), lr=0.01, betas=BETAS, weight_decay=0.3)

    cases = {
        "adam": train(
            lambda model: torch.optim.Adam(model.parameters(), lr=0.01, betas=BETAS), tensorflow_epsilon=1e-4
        ),
        "adamw": train(adamw),
        "sgd": train(sgd()),
        "sgd.momentum": train(sgd(momentum=0.9, weight_decay=0.05)),
        "sgd.nesterov": train(sgd(momentum=0.8, nesterov=True, weight_decay=0.01)),
        "smoothing": train(sgd(), smoothing=0.2),
        "clip": train(sgd(), clip=0.1),
        "cosine": train(sgd(momentum=0.9), schedule=lambda o: warm(o, 2, STEPS, cosine)),
        "one-cycle": train(sgd(), schedule=lambda o: one_cycle(o, STEPS)),
        "average": train(sgd(0.3), average=0.8),
        # 5 + 5, 2 + 5, 5 + 2 images a step.
        "accumulate": train(sgd(), batch=5, accumulate=2),
        "accumulate.weighted": train(sgd(), batch=5, accumulate=2, weights=torch.tensor([0.5, 3.0, 1.25], dtype=torch.float64)),
        "all": train(
            sgd(momentum=0.9, nesterov=True, weight_decay=0.02), batch=5, accumulate=2, smoothing=0.1, clip=0.4, average=0.7,
            schedule=lambda o: warm(o, 2, STEPS, cosine),
        ),
        "schedule.cosine": rates(lambda o: cosine(o, 20), 20),
        "schedule.cosine.warm": rates(lambda o: warm(o, 5, 20, cosine), 20),
        "schedule.warm": rates(lambda o: LinearLR(o, start_factor=1 / 5, total_iters=4), 20),
        "schedule.one-cycle": rates(lambda o: one_cycle(o, 20), 20),
        "schedule.one-cycle.short": rates(lambda o: one_cycle(o, 7), 7),
    }
    np.savez(ROOT / "crates/doubleback/tests/fixtures/optimizers.npz", **cases)
    for name, values in cases.items():
        print(f"{name}: {len(values)} values, {values[:3]}")


main()
