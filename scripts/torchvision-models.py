"""Writes torchvision's networks as ONNX files, with what PyTorch computes of them, for the import to be compared with.

    python scripts/torchvision-models.py OUT [--models resnet18,…] [--exporter old,new] [--size 224] [--batch dynamic|one] [--smooth]

Of each network OUT gets NAME-new.onnx (with NAME-new.onnx.data), NAME-old.onnx, NAME.pt (its state dict) and NAME.npz: `input` [2, 3, size,
size] in [0, 1], `logits`, `label`, `gradient` (of the sum over images of the cross-entropy), in float32, and `logits64`, `gradient64` in float64.
Weights are random; batch norms have random gains, shifts and statistics of what reaches them, so that logits are of order 1. Where a ReLU or the
maximum of a window turns on the last bit of a sum, float32 gradients differ by more than rounding, PyTorch's own from its float64 ones too: of
several pairs of images the one is taken on which these agree best, and how well they do is printed. With --smooth the networks have SiLU instead
of ReLU, and average instead of maximum pooling.
Needs torch, torchvision, onnx, onnxscript.
"""
import argparse
import copy
import pathlib
import warnings

import numpy as np
import torch
import torchvision

NAMED = [
    "resnet18", "resnet50", "vgg11_bn", "mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "densenet121", "shufflenet_v2_x1_0",
    "squeezenet1_1", "regnet_y_400mf",
]
CLASSES = 1000


def smoothed(model):
    """The same network without kinks."""
    # Some of torchvision's networks call this function themselves.
    torch.nn.functional.relu = lambda x, inplace=False: torch.nn.functional.silu(x)
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, (torch.nn.ReLU, torch.nn.ReLU6)):
                setattr(module, name, torch.nn.SiLU())
            elif isinstance(child, torch.nn.MaxPool2d):
                setattr(module, name, torch.nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode))
    return model


def network(name, size, seed=0, smooth=False):
    """The network with random weights, batch norms that fit them, and logits of order 1."""
    torch.manual_seed(seed)
    keywords = {"num_classes": CLASSES}
    if name == "inception_v3":
        keywords |= {"aux_logits": True, "init_weights": True}
    if name == "googlenet":
        keywords |= {"aux_logits": False, "init_weights": True}
    model = torchvision.models.get_model(name, weights=None, **keywords)
    if smooth:
        model = smoothed(model)
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
        torch.nn.init.normal_(norm.bias, 0.0, 0.2)
        norm.momentum = None
    with torch.no_grad():
        model.train()
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout) or type(module).__name__ == "StochasticDepth":
                module.eval()
        if norms:
            model(torch.rand(4, 3, size, size))
        for norm in norms:
            norm.running_mean += 0.1 * torch.randn_like(norm.running_mean) * norm.running_var.sqrt()
            norm.running_var *= torch.empty_like(norm.running_var).uniform_(0.7, 1.4)
        model.eval()
        last = [m for m in model.modules() if isinstance(m, (torch.nn.Linear, torch.nn.Conv2d)) and CLASSES in m.weight.shape[:1]][-1]
        logits = model(torch.rand(4, 3, size, size))
        last.weight /= logits.std()
        if last.bias is not None:
            last.bias.normal_(0.0, 0.5)
    return model.eval()


def computed(model, images, labels):
    """Logits and the input gradient of the sum of cross-entropies."""
    images = images.clone().requires_grad_(True)
    logits = model(images)
    loss = torch.nn.functional.cross_entropy(logits, labels, reduction="sum")
    gradient, = torch.autograd.grad(loss, images)
    return logits.detach().numpy(), gradient.numpy()


def chosen(model, size, tries=12):
    """The pair of images on which PyTorch's float32 and float64 gradients agree best, with what is computed of it."""
    double, labels = copy.deepcopy(model).double(), torch.tensor([3, 7])
    best = None
    for seed in range(1, tries + 1):
        images = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(seed))
        single, exact = computed(model, images, labels), computed(double, images.double(), labels)
        error = np.abs(single[1] - exact[1]).max() / np.abs(exact[1]).max()
        if best is None or error < best[0]:
            best = error, images, single, exact
        if error < 1e-5:
            break
    return labels, *best


def export(model, size, path, exporter, batch):
    images = torch.rand(2 if batch == "dynamic" else 1, 3, size, size)
    names = dict(input_names=["images"], output_names=["logits"])
    if exporter == "old":
        axes = {"images": {0: "n"}, "logits": {0: "n"}} if batch == "dynamic" else None
        torch.onnx.export(model, (images,), path, dynamo=False, dynamic_axes=axes, **names)
    else:
        shapes = ({0: torch.export.Dim("n")},) if batch == "dynamic" else None
        torch.onnx.export(model, (images,), path, dynamo=True, dynamic_shapes=shapes, verbose=False, **names)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--models", default=",".join(NAMED))
    parser.add_argument("--exporter", default="old,new")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", choices=["dynamic", "one"], default="dynamic")
    parser.add_argument("--smooth", action="store_true")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.models.split(","):
        model = network(name, options.size, smooth=options.smooth)
        torch.save(model.state_dict(), options.out / f"{name}.pt")
        labels, error, images, (logits, gradient), (logits64, gradient64) = chosen(model, options.size)
        np.savez(options.out / f"{name}.npz", input=images.numpy(), label=labels.numpy(), logits=logits, gradient=gradient,
                 logits64=logits64, gradient64=gradient64)
        scale = np.abs(logits64).max()
        print(f"{name}: largest logit {scale:.3g}, gradient {np.abs(gradient64).max():.3g}; PyTorch's float32 differs from its float64 by "
              f"{np.abs(logits - logits64).max() / scale:.1e} and {error:.1e}", flush=True)
        for exporter in options.exporter.split(","):
            for batch in [options.batch, "one"]:
                try:
                    export(model, options.size, options.out / f"{name}-{exporter}.onnx", exporter, batch)
                    break
                except Exception as problem:  # whatever an exporter raises is its answer
                    first = next((line for line in str(problem).splitlines() if line), "")[:100]
                    print(f"{name}: the {exporter} exporter, batch {batch}: {type(problem).__name__}: {first}", flush=True)


if __name__ == "__main__":
    main()
