"""Times the step of `doubleback bench gan` in PyTorch on the CPU; prints the same line.

One generator of 28 x 28 images from latents of 7 x 7 x 64 against its discriminator: generate, discriminator's step, generator's step.
"""
import argparse
import json

import torch
from torch import nn
from torch.nn.functional import log_softmax, softplus

import timing


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.standard = nn.BatchNorm2d(64, affine=False, eps=0.0).eval()
        self.embedding = nn.Sequential(nn.Conv2d(64, 64, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(True))
        self.noise = nn.Linear(32, 64 * 49, bias=False)
        self.noise_norm = nn.Sequential(nn.BatchNorm2d(64), nn.ReLU(True))
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(True),
            nn.ConvTranspose2d(64, 1, 4, 2, 1),
            nn.Sigmoid(),
        )

    def forward(self, latents, z):
        noise = self.noise_norm(self.noise(z).reshape(-1, 64, 7, 7))
        return self.decoder(torch.cat([self.embedding(self.standard(latents)), noise], 1))


class Discriminator(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, 64, 4, 2, 1),
            nn.LeakyReLU(0.2, True),
            nn.Conv2d(64, 128, 4, 2, 1),
            nn.LeakyReLU(0.2, True),
            nn.Flatten(),
            nn.Linear(128 * 49, 1024),
            nn.LeakyReLU(0.2, True),
        )
        self.real, self.classes = nn.Linear(1024, 1), nn.Linear(1024, classes)

    def forward(self, images):
        features = self.trunk(images * 2 - 1)
        return self.real(features), self.classes(features)


def cross_entropy(logits, targets):
    return -(log_softmax(logits, 1) * targets).sum() / len(logits)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--batch", type=int, default=128)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--runs", type=int, default=12)
    options.add_argument("--channels-last", action="store_true", help="NHWC instead of NCHW")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    n, layout = given.batch, torch.channels_last if given.channels_last else torch.contiguous_format
    generator, discriminator = Generator().to(memory_format=layout), Discriminator(10).to(memory_format=layout)
    images, latents = (t.to(memory_format=layout) for t in (torch.rand(n, 1, 28, 28), torch.randn(n, 64, 7, 7)))
    z, predicted = torch.randn(n, 32), torch.randn(n, 10).softmax(1)
    labels = torch.eye(10)[torch.randint(10, (n,))]
    adam = {"betas": (0.5, 0.999), "fused": True}
    generator_adam = torch.optim.Adam(generator.parameters(), lr=1e-3, **adam)
    discriminator_adam = torch.optim.Adam(discriminator.parameters(), lr=5e-4, **adam)

    def step():
        generated = generator(latents, z)

        discriminator.requires_grad_(False)
        copies = images.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(cross_entropy(discriminator(copies)[1], labels), copies)
        perturbed = (images + 0.2 * gradient.sign()).clamp(0, 1)

        discriminator.requires_grad_(True)
        discriminator_adam.zero_grad()
        real, classes = discriminator(torch.cat([images, generated.detach(), perturbed]))
        game = softplus(-real[:n]).mean() + softplus(real[n : 2 * n]).mean()
        anchor = cross_entropy(torch.cat([classes[:n], classes[2 * n :]]), labels.repeat(2, 1))
        (game + anchor).backward()
        discriminator_adam.step()

        discriminator.requires_grad_(False)
        generator_adam.zero_grad()
        real, classes = discriminator(generated)
        loss = softplus(-real).mean() + 2 * cross_entropy(classes, predicted)
        loss.backward()
        generator_adam.step()
        return game.item(), loss.item()

    name = f"PyTorch {torch.__version__}" + (", channels last" if given.channels_last else "")
    print(json.dumps({"engine": name, "step": "generator", **timing.milliseconds(step, given.runs, 3)}), flush=True)


if __name__ == "__main__":
    main()
