#!/usr/bin/env python3
"""Writes what PyTorch computes for the architectures that files of weights may be of (crates/doubleback-import/tests/fixtures/torch).

    python scripts/make-torch-fixtures.py [--full FOLDER]      (needs torch 2.9, torchvision 0.24, timm 1.0 and numpy)

Weights and images come from `values`, which the tests repeat, rounded to float32, so that only names, shapes and PyTorch's answers are stored:
- NAME.json: logits of two images in float64, and the input gradient of their sum.
- second-order-NAME.json: gradients of cross-entropy plus 0.1 times the squared norm of its input gradient, in float64 by create_graph, as dot
  products with known directions and norms; and how far PyTorch's own float32 is from float64, for several pairs of images.
- files/: small files as torch.save and others write them, in every way that was thought of.

With --full the second-order values of the whole resnet18, mobilenet_v2 and densenet121 go to a folder, for the test that is ignored otherwise.
"""
import argparse
import json
import pathlib
import warnings

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

warnings.filterwarnings("ignore")
ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "crates/doubleback-import/tests/fixtures/torch"
IMAGES, IMAGE_SEED, DIRECTION_SEED, DIRECTIONS, WEIGHT = 2, 1 << 20, 1 << 21, 4, 0.1
# Rounding is compared over so many pairs of images: of one pair alone it is a matter of luck.
PAIRS = 9


def values(count, seed):
    """The generator of the tests: splitmix64 of seed and index, uniform in [-1, 1)."""
    with np.errstate(over="ignore"):
        z = (np.uint64(seed) << np.uint64(32)) + np.arange(count, dtype=np.uint64)
        z = (z + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) / float(1 << 52) - 1.0


def value(name, shape, seed):
    """Weights whose activations stay of order 1, rounded to float32."""
    u = values(int(np.prod(shape)), seed).reshape(shape)
    if len(shape) >= 2:
        out = u * np.sqrt(6.0 / float(np.prod(shape[1:])))
    elif name.endswith("running_var") or name.endswith("weight") or name.endswith("std"):
        out = 1.0 + 0.5 * u
    else:
        out = 0.2 * u
    return out.astype(np.float32)


def fill(net):
    """Sets all tensors by the formula; gives their names and shapes in the order of seeds."""
    tensors = [(n, tuple(t.shape)) for n, t in sorted(net.state_dict().items()) if t.is_floating_point()]
    state = {n: torch.from_numpy(value(n, s, seed)).double() for seed, (n, s) in enumerate(tensors)}
    net.double().load_state_dict(state, strict=False)
    return tensors


def calibrate(net, tensors, x):
    """Sets moving averages near to what the layers see, and the last layer so that logits are of order 1: activations far from zero make smooth
    functions sharp, and a saturated softmax has gradients of nothing but rounding. Gives the values of these tensors, of float32."""
    seeds = {n: seed for seed, (n, _) in enumerate(tensors)}
    known, hooks = {}, []

    def set_to(name, tensor, values):
        known[name] = values.float().flatten().tolist()
        tensor.copy_(values.float().double())

    for name, module in net.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            def hook(module, inputs, name=name):
                mean, variance = inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3), correction=0)
                u = [torch.from_numpy(values(len(mean), seeds[f"{name}.running_{what}"])) for what in ["mean", "var"]]
                module.known = (mean + 0.2 * u[0] * variance.sqrt(), variance * (1.0 + 0.5 * u[1]))
            hooks.append(module.register_forward_pre_hook(hook))
    net.train()
    head, last = [(n, m) for n, m in net.named_modules() if isinstance(m, nn.Linear)][-1]
    with torch.no_grad():
        largest = net(x).abs().max().item()
        for hook in hooks:
            hook.remove()
        for name, module in net.named_modules():
            if isinstance(module, nn.BatchNorm2d):
                set_to(f"{name}.running_mean", module.running_mean, module.known[0])
                set_to(f"{name}.running_var", module.running_var, module.known[1])
        for name, parameter in last.named_parameters():
            set_to(f"{head}.{name}", parameter, parameter / largest)
    return known


def images(shape, pair=0):
    u = values(IMAGES * int(np.prod(shape)), IMAGE_SEED + pair).reshape((IMAGES, *shape))
    return torch.from_numpy(((u + 1) / 2).astype(np.float32)).double()


def first_order(name, arch, net, shape):
    tensors = fill(net.eval())
    x = images(shape).requires_grad_()
    logits = net(x)
    g, = torch.autograd.grad(logits.sum(), x)
    direction = values(g.numel(), DIRECTION_SEED)
    write(name, {
        "arch": arch, "image": shape, "tensors": tensors, "logits": logits.detach().flatten().tolist(),
        "gradient": [float(g.norm()), float(g.flatten().numpy() @ direction)],
    })


def write(name, facts, folder=OUT):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(facts, separators=(",", ":")) + "\n")
    print(name, flush=True)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.shortcut = nn.Sequential()
        if stride > 1:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(out)) + self.shortcut(x))


class PreactBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, activated):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.activated = activated
        if stride > 1:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False))

    def forward(self, x):
        out = F.relu(self.bn1(x))
        shortcut = self.shortcut(out if self.activated else x) if hasattr(self, "shortcut") else x
        return self.conv2(F.relu(self.bn2(self.conv1(out)))) + shortcut


class SmallImages(nn.Module):
    """The residual networks for CIFAR whose names RobustBench uses."""

    def __init__(self, width, block, counts=(2, 2, 2, 2), preact=False, last=False, classes=5):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.preact = preact
        if not preact:
            self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        inputs = width
        for stage, count in enumerate(counts):
            outputs = width << stage
            blocks = [block(inputs if i == 0 else outputs, outputs, 2 if stage and not i else 1) for i in range(count)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
            inputs = outputs if count else inputs
        if last:
            self.bn = nn.BatchNorm2d(inputs)
        self.linear = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.conv1(x)
        if not self.preact:
            x = self.relu(self.bn1(x))
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
        if hasattr(self, "bn"):
            x = F.relu(self.bn(x))
        return self.linear(x.mean((2, 3)))


class WideBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        if inputs != outputs:
            self.convShortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        out = F.relu(self.bn1(x))
        shortcut = self.convShortcut(out) if hasattr(self, "convShortcut") else x
        return shortcut + self.conv2(F.relu(self.bn2(self.conv1(out))))


class Stage(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.layer = nn.Sequential(*blocks)

    def forward(self, x):
        return self.layer(x)


class Wide(nn.Module):
    def __init__(self, first, width, count, classes=5):
        super().__init__()
        self.conv1 = nn.Conv2d(3, first, 3, 1, 1, bias=False)
        inputs = first
        for stage in range(3):
            outputs = first * width << stage
            blocks = [WideBlock(inputs if i == 0 else outputs, outputs, 2 if stage and not i else 1) for i in range(count)]
            setattr(self, f"block{stage + 1}", Stage(blocks))
            inputs = outputs
        self.bn1 = nn.BatchNorm2d(inputs)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.block3(self.block2(self.block1(self.conv1(x))))
        return self.fc(F.avg_pool2d(F.relu(self.bn1(x)), 8).flatten(1))


def small_cnn():
    """By the names of TRADES."""
    features, head = nn.Sequential(), nn.Sequential()
    for i, (a, b) in enumerate([(1, 32), (32, 32), (32, 64), (64, 64)], 1):
        features.add_module(f"conv{i}", nn.Conv2d(a, b, 3))
        features.add_module(f"relu{i}", nn.ReLU())
        if i % 2 == 0:
            features.add_module(f"maxpool{i // 2}", nn.MaxPool2d(2))
    for i, (a, b) in enumerate([(1024, 200), (200, 200), (200, 10)], 1):
        head.add_module(f"fc{i}", nn.Linear(a, b))
        if i < 3:
            head.add_module(f"relu{i}", nn.ReLU())
    return Trades(features, head)


class Trades(nn.Module):
    def __init__(self, features, head):
        super().__init__()
        self.feature_extractor, self.classifier = features, head

    def forward(self, x):
        return self.classifier(self.feature_extractor(x).flatten(1))


class Normalize(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(3))
        self.register_buffer("std", torch.ones(3))

    def forward(self, x):
        return (x - self.mean[:, None, None]) / self.std[:, None, None]


def vgg(normed):
    c = torchvision.models.vgg
    net = c.VGG(c.make_layers([8, "M", 12, "M", 16, 16, "M", 16, 16, "M", 20, 20, "M"], normed), num_classes=5)
    net.classifier[0], net.classifier[3] = nn.Linear(20 * 49, 32), nn.Linear(32, 24)
    net.classifier[6] = nn.Linear(24, 5)
    return net


def first_orders():
    m = torchvision.models
    resnet = m.resnet.ResNet
    first_order("resnet18", "resnet18", m.resnet18(num_classes=5), (3, 64, 64))
    deep = resnet(m.resnet.Bottleneck, [1, 2, 1, 1], num_classes=5, groups=2, width_per_group=8)
    first_order("bottleneck", "resnet", deep, (3, 40, 48))
    first_order("resnet18-cifar", "ResNet-18", SmallImages(8, Block), (3, 32, 32))
    first_order("resnet34-cifar", None, SmallImages(4, Block, (3, 4, 6, 3)), (3, 32, 32))
    plain = lambda a, b, s: PreactBlock(a, b, s, False)
    activated = lambda a, b, s: PreactBlock(a, b, s, True)
    first_order("preact-resnet18", "preact-resnet18", SmallImages(8, plain, preact=True), (3, 32, 32))
    first_order("preact-resnet18-v2", "preact_resnet18-v2", SmallImages(8, activated, preact=True, last=True), (3, 32, 32))
    first_order("wide-resnet-16-2", "WRN-16-2", Wide(4, 2, 2), (3, 32, 32))
    # Those that the library builds itself, in their own widths.
    for name, net in [("built-in-resnet18", SmallImages(64, Block, classes=10)), ("built-in-wrn-28-2", Wide(16, 2, 4, classes=10))]:
        print(name, sum(p.numel() for p in net.parameters()), "parameters")
        first_order(name, name.removeprefix("built-in-"), net, (3, 32, 32))
    first_order("vgg11", "vgg11", vgg(False), (3, 64, 80))
    first_order("vgg11_bn", None, vgg(True), (3, 32, 32))
    first_order("small-cnn", None, small_cnn(), (1, 28, 28))
    first_order("normalized", None, nn.Sequential(Normalize(), SmallImages(4, Block)), (3, 32, 32))
    first_order("mobilenet_v2", "mobilenet_v2", m.mobilenet_v2(num_classes=5, width_mult=0.25), (3, 64, 64))
    dense = m.DenseNet(growth_rate=4, block_config=(6, 12, 24, 16), num_init_features=8, num_classes=5)
    first_order("densenet121", "densenet121", dense, (3, 64, 64))
    try:
        import timm
        first_order("timm-mobilenetv2", "mobilenetv2_035", timm.create_model("mobilenetv2_035", num_classes=5), (3, 64, 64))
        narrow = timm.models.vgg.VGG([8, "M", 8, "M", 12, "M", 12, "M", 16, "M"], num_classes=5)
        narrow.pre_logits, narrow.head.fc = timm.models.vgg.ConvMlp(16, 24), nn.Linear(24, 5)
        first_order("timm-vgg", "vgg", narrow, (3, 64, 64))
    except ImportError:
        print("timm is not installed: its fixtures stay as they are")


def small():
    """The least network of a known kind: one block."""
    net = SmallImages(2, Block, (1, 0, 0, 0))
    fill(net.eval())
    return net.float()


class Files:
    """Writes small files, and what they hold: logits, or why they are refused."""

    def __init__(self):
        self.facts, self.folder = {}, OUT / "files"
        self.folder.mkdir(parents=True, exist_ok=True)

    def save(self, name, contents, net=None, note="by its tensors", refused=None, **options):
        torch.save(contents, self.folder / name, **options)
        self.told(name, net, note, refused)

    def told(self, name, net=None, note="by its tensors", refused=None):
        if refused:
            self.facts[name] = {"refused": refused}
        else:
            with torch.no_grad():
                logits = net.float().eval()(images((3, 8, 8)).float())
            self.facts[name] = {"note": note, "logits": logits.flatten().double().tolist()}


def changed(apply, **options):
    """The network with each convolution and the classifier reparametrized, and then other values than at first."""
    net = small().train()
    for module in list(net.modules()):
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            apply(module, "weight", **options)
    net(images((3, 8, 8)).float())
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if parameter.ndim >= 2:
                parameter.add_(torch.from_numpy(0.3 * values(parameter.numel(), len(name))).float().reshape(parameter.shape))
    return net.eval()


def files():
    from torch.nn.utils import parametrizations, prune

    f, net = Files(), small()
    state = net.state_dict()
    legacy = {"_use_new_zipfile_serialization": False}
    for protocol in range(2, 6):
        f.save(f"zip-{protocol}.pt", state, net, pickle_protocol=protocol)
        f.save(f"legacy-{protocol}.pt", state, net, pickle_protocol=protocol, **legacy)
    f.save("module.pt", net, net)
    f.save("module-legacy.pt", net, refused="is a whole module in the format of before PyTorch 1.6", **legacy)
    optimizer = torch.optim.Adam(net.parameters())
    net(images((3, 8, 8)).float()).sum().backward()
    optimizer.step()
    net = small()
    state = net.state_dict()
    ema = {k: v * 2 for k, v in state.items()}
    facts = {"epoch": 3, "best": np.float64(0.5), "args": argparse.Namespace(lr=1), "optimizer": optimizer.state_dict()}
    f.save("nested.pt", {**facts, "rng": torch.get_rng_state()[:8], "state_dict": state}, net, "`state_dict` was taken")
    f.save("model-and-ema.pt", {**facts, "ema": ema, "model": state}, net, "`model` was taken")
    f.save("ema-beside.pt", {"state_dict": state, "state_dict_ema": ema}, net, "`state_dict` was taken")
    f.save("model-object.pt", {"model": net, "epoch": 1}, net, "`model.`")
    lightning = {"state_dict": {"model." + k: v for k, v in state.items()}, "hyper_parameters": {"lr": 1}, "loops": {}}
    f.save("lightning.ckpt.pt", lightning, net, "the prefix `model.`")
    f.save("parallel.pt", nn.DataParallel(net).state_dict(), net, "the prefix `module.`")
    f.save("compiled.pt", nn.DataParallel(torch.compile(net)).state_dict(), net, "the prefix `_orig_mod.`")
    averaged = torch.optim.swa_utils.AveragedModel(net)
    averaged.update_parameters(net)
    f.save("averaged.pt", averaged.state_dict(), net, "average of several")
    one = {k: v.detach().clone() for k, v in state.items()}
    one["conv1.weight"] = one["conv1.weight"].to(memory_format=torch.channels_last)
    f.save("channels-last.pt", one, net)
    one["linear.weight"] = one["linear.weight"].t().contiguous().t()
    flat = torch.cat([torch.ones(3), one["layer1.0.conv1.weight"].flatten()])
    one["layer1.0.conv1.weight"] = flat[3:].view(2, 2, 3, 3)
    f.save("strided.pt", one, net)
    f.save("strided-legacy.pt", one, net, **legacy)
    other = small()
    with torch.no_grad():
        other.bn1.weight.fill_(0.75)
    one = {**other.state_dict(), "bn1.weight": torch.tensor(0.75).expand(2)}
    f.save("expanded.pt", one, other)
    for name, dtype in [("f16", torch.float16), ("bf16", torch.bfloat16), ("f64", torch.float64)]:
        other = small().to(dtype)
        f.save(f"{name}.pt", other.state_dict(), other, "were converted to float32")
    torch.serialization.set_crc32_options(False)
    f.save("no-checksums.pt", state, net)
    torch.serialization.set_crc32_options(True)
    wn = "weight normalization"
    for name, options in [("weight-norm", {}), ("weight-norm-all", {"dim": None}), ("weight-norm-in", {"dim": 1})]:
        other = changed(parametrizations.weight_norm, **options)
        f.save(f"{name}.pt", other.state_dict(), other, wn)
    other = changed(torch.nn.utils.weight_norm)
    f.save("weight-norm-old.pt", other.state_dict(), other, wn)
    f.save("weight-norm-old-module.pt", other, other, wn)
    for name, apply in [("spectral-norm", parametrizations.spectral_norm), ("spectral-norm-old", torch.nn.utils.spectral_norm)]:
        other = changed(apply)
        f.save(f"{name}.pt", other.state_dict(), other, "spectral normalization")
    other = changed(lambda m, n: prune.l1_unstructured(m, n, amount=0.3))
    f.save("pruned.pt", other.state_dict(), other, "pruning")
    other = changed(parametrizations.orthogonal)
    f.save("orthogonal.pt", other.state_dict(), refused="another parametrization")
    f.save("sparse.pt", {"conv1.weight": torch.eye(3).to_sparse()}, refused="_rebuild_sparse_tensor")
    f.save("complex.pt", {"conv1.weight": torch.zeros(2, dtype=torch.complex64)}, refused="ComplexFloatStorage")
    f.save("list.pt", [torch.ones(2)], refused="found list")
    f.save("tensor.pt", torch.ones(2), refused="found torch.Tensor")
    f.save("meta.pt", {k: v.to("meta") for k, v in state.items()}, refused="holds no tensors that have values")
    f.save("not-finite.pt", {**state, "linear.bias": torch.full((5,), float("nan"))}, refused="`linear.bias` holds NaN")
    f.save("negative.pt", {**state, "bn1.running_var": -torch.ones(2)}, refused="no variance is below 0")
    f.save("quantized.pt", torch.ao.quantization.quantize_dynamic(small(), {nn.Linear}).state_dict(), refused="quantized")
    torch.jit.save(torch.jit.trace(net, images((3, 8, 8)).float()), f.folder / "script.pt")
    f.told("script.pt", refused="is TorchScript")
    exported = torch.export.export(net, (images((3, 8, 8)).float(),))
    torch.export.save(exported, f.folder / "exported.pt2")
    f.told("exported.pt2", net, "exported program")
    try:
        import safetensors.torch
        safetensors.torch.save_file(state, f.folder / "plain.safetensors")
        f.told("plain.safetensors", net)
        safetensors.torch.save_file({k: v.bfloat16() for k, v in state.items()}, f.folder / "bf16.safetensors")
        f.told("bf16.safetensors", small().bfloat16(), "were converted to float32")
        tied = small()
        tied.layer1[0].conv2.weight = tied.layer1[0].conv1.weight
        safetensors.torch.save_model(tied, f.folder / "tied.safetensors")
        f.told("tied.safetensors", tied, "as the file's metadata says")
    except ImportError:
        print("safetensors is not installed: its fixtures stay as they are")
    write("files", f.facts)


def objective(net, x, labels):
    logits = net(x)
    g, = torch.autograd.grad(F.cross_entropy(logits, labels, reduction="sum"), x, create_graph=True)
    return F.cross_entropy(logits, labels) + WEIGHT * g.square().sum() / len(x)


def second_order(name, arch, net, shape, training, folder):
    tensors = fill(net)
    net.train(training)
    for module in net.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    known = calibrate(net, tensors, images(shape))
    net.train(training)
    seeds = {n: seed for seed, (n, _) in enumerate(tensors)}
    labels = torch.tensor([i * 3 % 5 for i in range(IMAGES)])
    state = {n: t.clone() for n, t in net.state_dict().items()}

    def gradients(dtype, pair=0):
        net.load_state_dict(state)
        net.to(dtype)
        parameters = dict(net.named_parameters())
        x = images(shape, pair).to(dtype).requires_grad_()
        found = torch.autograd.grad(objective(net, x, labels), list(parameters.values()))
        return {n: g.double().flatten().numpy() for n, g in zip(parameters, found)}

    def rounding(pair):
        double, single = gradients(torch.float64, pair), gradients(torch.float32, pair)
        squares = lambda of: sum(float(np.square(of(n)).sum()) for n in double)
        return (squares(lambda n: single[n] - double[n]) / squares(lambda n: double[n])) ** 0.5

    dots = {}
    for n, g in gradients(torch.float64).items():
        directions = [values(g.size, DIRECTION_SEED + DIRECTIONS * seeds[n] + i) for i in range(DIRECTIONS)]
        directions = [d.astype(np.float32).astype(np.float64) for d in directions]
        dots[n] = [float(np.linalg.norm(g))] + [float(g @ d) for d in directions]
    errors = [rounding(pair) for pair in range(PAIRS)]
    write(f"second-order-{name}", {
        "arch": arch, "image": shape, "tensors": tensors, "training": training, "known": known,
        "gradients": dots, "f32": errors,
    }, folder)
    print(f"  PyTorch's float32: {np.median(errors):.1e} ({min(errors):.1e} to {max(errors):.1e})", flush=True)


def smooth(net):
    """The same network with SiLU and average pooling."""
    for module in net.modules():
        for child, old in list(module.named_children()):
            if isinstance(old, (nn.ReLU, nn.ReLU6)):
                setattr(module, child, nn.SiLU())
            elif isinstance(old, nn.MaxPool2d):
                setattr(module, child, nn.AvgPool2d(old.kernel_size, old.stride, old.padding))
    return net


def second_orders(full):
    m = torchvision.models
    if full:
        networks = {
            "resnet18": ("resnet18", lambda: SmallImages(64, Block), (3, 32, 32)),
            "mobilenet_v2": ("mobilenet_v2", lambda: m.mobilenet_v2(num_classes=5), (3, 96, 96)),
            "densenet121": ("densenet121", lambda: m.densenet121(num_classes=5), (3, 96, 96)),
        }
    else:
        narrow = lambda: m.DenseNet(growth_rate=4, block_config=(2, 3, 2, 2), num_init_features=8, num_classes=5)
        networks = {
            "resnet18": ("resnet18", lambda: SmallImages(4, Block), (3, 32, 32)),
            "mobilenet_v2": ("mobilenet_v2", lambda: m.mobilenet_v2(num_classes=5, width_mult=0.1), (3, 96, 96)),
            "densenet": ("densenet", narrow, (3, 96, 96)),
        }
    relu = F.relu
    for name, (arch, net, shape) in networks.items():
        for mode, training in [("inference", False), ("training", True)]:
            second_order(f"{name}-{mode}", arch, net(), shape, training, full or OUT)
            # torchvision's densenet calls this one function itself.
            F.relu = lambda x, inplace=False: F.silu(x)
            second_order(f"{name}-smooth-{mode}", arch, smooth(net()), shape, training, full or OUT)
            F.relu = relu


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", type=pathlib.Path)
    full = parser.parse_args().full
    if not full:
        files()
        first_orders()
    second_orders(full)


if __name__ == "__main__":
    main()
