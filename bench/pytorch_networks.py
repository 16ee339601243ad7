"""The networks of the comparison in PyTorch: doubleback's architectures, with the same number of parameters, and those of torchvision.

    python bench/pytorch_networks.py resnet18-cifar resnet18-cifar.onnx

writes one of torchvision's as an ONNX file for doubleback. Its batch norms stay as they are, not folded into convolutions as ONNX exporters
do by default, so that both sides train the same network. There is no dropout in it.
"""
import sys
import warnings

import torch
from torch import nn
from torch.nn import functional

from timing import IMPORTED

# Channels, height and width of an image, and trained values, as doubleback's documentation gives them.
IMAGES = {"paper-cnn": (1, 28, 28), "small-cnn": (1, 28, 28), "vgg-small": (3, 32, 32), "resnet-small": (3, 32, 32)}
PARAMETERS = {"paper-cnn": 3_274_634, "small-cnn": 312_202, "vgg-small": 307_946, "resnet-small": 175_258}
CLASSES = 10


class PaperNorm(nn.Module):
    """Batch norm without a trained gain, then ReLU: that of the paper's network."""

    def __init__(self, channels):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(channels))
        self.register_buffer("gain", torch.ones(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, x):
        normed = functional.batch_norm(x, self.mean, self.variance, self.gain, self.shift, self.training, 0.1, 1e-3)
        return functional.relu(normed)


class FixedDropout(nn.Module):
    """Half of the units dropped by a mask that is drawn once, so that no engine's random numbers are timed."""

    def __init__(self, units, batch):
        super().__init__()
        self.register_buffer("mask", 2.0 * (torch.rand(batch, units) < 0.5))

    def forward(self, x):
        return x * self.mask if self.training else x


class BasicBlock(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if stride > 1:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = functional.relu(self.norm1(self.conv1(x)))
        return functional.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


def paper_cnn(pool, batch):
    return nn.Sequential(
        nn.Conv2d(1, 32, 5, padding=2, bias=False), PaperNorm(32), pool(2),
        nn.Conv2d(32, 64, 5, padding=2, bias=False), PaperNorm(64), pool(2),
        nn.Flatten(), nn.Linear(3136, 1024, bias=False), PaperNorm(1024), FixedDropout(1024, batch),
        nn.Linear(1024, CLASSES))


def small_cnn(pool, batch):
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 32, 3), nn.ReLU(), pool(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.Conv2d(64, 64, 3), nn.ReLU(), pool(2),
        nn.Flatten(), nn.Linear(1024, 200), nn.ReLU(), FixedDropout(200, batch), nn.Linear(200, 200), nn.ReLU(),
        nn.Linear(200, CLASSES))


def vgg_small(pool, _):
    layers, inputs = [], 3
    for channels in (32, 64, 128):
        for _ in range(2):
            layers += [nn.Conv2d(inputs, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
            inputs = channels
        layers.append(pool(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(2048, CLASSES))


def resnet_small(_pool, _batch):
    layers, inputs = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for channels, stride in ((16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)):
        layers.append(BasicBlock(inputs, channels, stride))
        inputs = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, CLASSES))


class Resnet18Cifar(nn.Module):
    """torchvision's resnet18 in its usual form for small images: a 3x3 convolution at stride 1 in front and no max pooling. The tensors have
    torchvision's names; it is written out since not every machine with a GPU has torchvision."""

    class Block(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(outputs)
            self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(outputs)
            self.downsample = None
            if stride > 1:
                self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

        def forward(self, x):
            y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
            return functional.relu(y + (x if self.downsample is None else self.downsample(x)))

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        widths = (64, 64, 128, 256, 512)
        for stage in range(1, 5):
            inputs, outputs = widths[stage - 1 : stage + 1]
            blocks = self.Block(inputs, outputs, 1 if stage == 1 else 2), self.Block(outputs, outputs, 1)
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.fc = nn.Linear(512, 10)

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


def mobilenet_v2_cifar():
    """torchvision's mobilenet_v2 in its usual form for small images: the first convolution and the second stage at stride 1."""
    network = torchvision_network("mobilenet_v2", 10)
    network.features[0][0].stride = (1, 1)
    network.features[2].conv[1][0].stride = (1, 1)
    return network


def torchvision_network(name, classes):
    """Without dropout."""
    import torchvision

    network = torchvision.models.get_model(name, weights=None, num_classes=classes)
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return network


def imported(name):
    """A network of torchvision in training mode; its moving averages are those of random images, as if it had been trained."""
    torch.manual_seed(0)
    special = {"resnet18-cifar": Resnet18Cifar, "mobilenet_v2-cifar": mobilenet_v2_cifar}
    network = special[name]() if name in special else torchvision_network(name, IMPORTED[name].classes)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None
    with torch.no_grad():
        network(torch.rand(4, *IMPORTED[name].image))
    for norm in norms:
        norm.momentum = 0.1
    return network


def export(name, path):
    """Writes it as ONNX."""
    warnings.filterwarnings("ignore")
    images = torch.rand(2, *IMPORTED[name].image)
    axes = {"images": {0: "n"}, "logits": {0: "n"}}
    torch.onnx.export(imported(name).eval(), (images,), path, dynamo=False, training=torch.onnx.TrainingMode.PRESERVE,
                      do_constant_folding=False, dynamic_axes=axes, input_names=["images"], output_names=["logits"])


def build(name, pool, batch, channels_last, device="cpu"):
    """A network in training mode, random images in [0, 1), and random labels."""
    if name in IMPORTED:
        form = IMPORTED[name]
        return laid_out(imported(name), torch.rand(batch, *form.image), torch.randint(form.classes, (batch,)), channels_last, device)
    make = {"paper-cnn": paper_cnn, "small-cnn": small_cnn, "vgg-small": vgg_small, "resnet-small": resnet_small}[name]
    torch.manual_seed(0)
    network = make(nn.MaxPool2d if pool == "max" else nn.AvgPool2d, batch)
    count = sum(p.numel() for p in network.parameters())
    if count != PARAMETERS[name]:
        raise SystemExit(f"{name} has {count} parameters here and {PARAMETERS[name]} in doubleback")
    return laid_out(network, torch.rand(batch, *IMAGES[name]), torch.randint(CLASSES, (batch,)), channels_last, device)


def laid_out(network, images, labels, channels_last, device):
    """The same on a device and in a memory layout."""
    network, images, labels = network.to(device), images.to(device), labels.to(device)
    if channels_last:
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    return network, images, labels


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in IMPORTED:
        raise SystemExit(f"usage: pytorch_networks.py NAME FILE.onnx, where NAME is one of {', '.join(IMPORTED)}")
    export(*sys.argv[1:])
