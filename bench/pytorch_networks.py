"""doubleback's architectures in PyTorch, with the same number of parameters."""
import torch
from torch import nn
from torch.nn import functional

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


def build(name, pool, batch, channels_last):
    """A network in training mode, random images in [0, 1), and random labels."""
    make = {"paper-cnn": paper_cnn, "small-cnn": small_cnn, "vgg-small": vgg_small, "resnet-small": resnet_small}[name]
    torch.manual_seed(0)
    network = make(nn.MaxPool2d if pool == "max" else nn.AvgPool2d, batch)
    count = sum(p.numel() for p in network.parameters())
    if count != PARAMETERS[name]:
        raise SystemExit(f"{name} has {count} parameters here and {PARAMETERS[name]} in doubleback")
    images, labels = torch.rand(batch, *IMAGES[name]), torch.randint(CLASSES, (batch,))
    if channels_last:
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    return network, images, labels
