"""Attributions beside Captum's, on the MNIST network of the TRADES authors and on a resnet18: how far values are apart, and how long they take.

    python scripts/compare-explanations.py --program target/release/doubleback --weights trades-mnist-smallcnn.pt --data DIR
    python scripts/compare-explanations.py --program target/release/doubleback --weights trades-mnist-smallcnn.pt --data DIR --count 0 --rounds 5

Both sides have the same images, the first of the test set, the same targets, their true classes, and the same settings: integrated gradients with 50
Gauss-Legendre points from zero, occlusion by windows of 4 pixels, 2 apart, with zero, SmoothGrad by the plain mean of 50 draws with a deviation of 0.15.
Where defaults differ, these are ours; Captum's occlusion has no default window, and its noise tunnel takes the mean of absolute values and a deviation of 1.
The resnet18 is torchvision's with random weights and statistics, read by its state dict; its images are noise of 3 x 64 x 64, its windows 16 pixels, 8 apart.

Gradient, saliency, input x gradient, integrated gradients, occlusion and Grad-CAM are to agree with Captum, in f64 or in f32, within 1e-4: of each image the greatest difference, as a
share of the greatest magnitude of Captum's values. How far Captum is from itself stands beside. SmoothGrad draws other noise on either side: of each value the difference
of the two means is to be within three of its standard errors as often as that of two means of Captum's with different seeds is, and as far on the mean of squares (`z2`). Normal values
would be 99.73 % of the times, with z2 at 1; a gradient that is zero under most noise is not normal.

With `--rounds N`, both are timed N times, in turn, on 256 images: the ratio of the medians, ours by Captum's, and the range of the ratios of single rounds.

Needs torch, torchvision and captum 0.9. DIR holds mnist/ with the official files.
"""
import argparse
import copy
import importlib.util
import json
import pathlib
import subprocess
import tempfile
import time
import warnings

import numpy as np
import torch

SHARED = importlib.util.spec_from_file_location("compare_attacks", pathlib.Path(__file__).with_name("compare-attacks.py"))
shared = importlib.util.module_from_spec(SHARED)
SHARED.loader.exec_module(shared)

STEPS, DRAWS, NOISE = 50, 50, 0.15
EXACT = ["gradient", "saliency", "input-x-gradient", "integrated-gradients", "occlusion", "grad-cam"]
TOLERANCE = 1e-4


class Case:
    """A network on both sides, with images."""

    def __init__(self, name, arch, weights, network, layer, window, images, labels):
        self.name, self.arch, self.weights, self.network = name, arch, weights, network
        # The stage's name here, and the module whose output it is.
        self.stage, self.layer = layer
        self.window, self.stride = window, window // 2
        self.images, self.labels = images, labels

    def options(self):
        return {
            "integrated-gradients": ["--steps", str(STEPS)],
            "occlusion": ["--window", str(self.window), "--stride", str(self.stride)],
            "grad-cam": ["--stage", self.stage],
            "smoothgrad": ["--draws", str(DRAWS), "--noise", str(NOISE)],
        }


def trades(given, count):
    network = shared.SmallCnn()
    network.load_state_dict(torch.load(given.weights, map_location="cpu"))
    network.eval().requires_grad_(False)
    if given.channels_last:
        network = network.to(memory_format=torch.channels_last)
    # A stage here ends after its ReLU; a layer of Captum is a module.
    return Case("the TRADES authors' network", "small-cnn", given.weights, network, ("conv4", "feature_extractor.relu4"), 4,
                *shared.first_images(given.data / "mnist", count))


def resnet18(given, count):
    from torchvision.models import resnet18 as original

    torch.manual_seed(0)
    network = original().eval().requires_grad_(False)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.2)
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
    weights = pathlib.Path(tempfile.mkdtemp()) / "resnet18.pth"
    torch.save(network.state_dict(), weights)
    return Case("a resnet18", "resnet18", weights, network, ("layer3", "layer3"), 16, torch.rand(count, 3, 64, 64), torch.randint(1000, (count,)))


class Ours:
    """The program, on one file of images."""

    def __init__(self, given, case):
        self.given, self.case = given, case
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.data = self.folder / "images.npz"
        classes = [str(number) for number in range(10 if case.arch == "small-cnn" else 1000)]
        np.savez(self.data, x_test=case.images.numpy(), y_test=case.labels.numpy(), classes=classes)

    def explain(self, methods, *options):
        """Attributions by method, and the seconds that each took inside the program."""
        out, results = self.folder / "maps.npz", self.folder / "maps.json"
        given = self.case.options()
        options = [*options, *(word for method in methods for word in given.get(method, []))]
        subprocess.run(
            [self.given.program, "--threads", str(self.given.threads), "--quiet", "explain", "--model", self.case.weights, "--arch", self.case.arch,
             "--dataset", f"npz:{self.data}", "--method", ",".join(methods), *options, "--out", out, "--json", results],
            check=True, stdout=subprocess.DEVNULL)
        methods = json.loads(results.read_text())["methods"]
        values = {}
        for method in methods:
            with np.load(method["file"]) as arrays:
                values[method["method"]] = arrays["attribution"]
        return values, {method["method"]: method["seconds"] for method in methods}


def captum_methods(case, network):
    """Captum's methods by our names, as functions of images and labels."""
    from captum.attr import InputXGradient, IntegratedGradients, LayerGradCam, NoiseTunnel, Occlusion, Saliency

    saliency, occlusion = Saliency(network), Occlusion(network)

    def integrated(images, labels):
        return IntegratedGradients(network).attribute(images, target=labels, n_steps=STEPS, method="gausslegendre", internal_batch_size=2048)

    def smooth(images, labels):
        tunnel = NoiseTunnel(saliency)
        return tunnel.attribute(images, nt_type="smoothgrad", nt_samples=DRAWS, nt_samples_batch_size=8, stdevs=NOISE, target=labels, abs=False)

    def occluded(images, labels):
        channels, window, stride = images.shape[1], case.window, case.stride
        return occlusion.attribute(
            images, sliding_window_shapes=(channels, window, window), strides=(channels, stride, stride), target=labels, baselines=0.0,
            perturbations_per_eval=8)

    def cam(images, labels):
        return LayerGradCam(network, network.get_submodule(case.layer)).attribute(images, target=labels, relu_attributions=True)

    return {
        "gradient": lambda images, labels: saliency.attribute(images, target=labels, abs=False),
        "saliency": lambda images, labels: saliency.attribute(images, target=labels, abs=True),
        "input-x-gradient": lambda images, labels: InputXGradient(network).attribute(images, target=labels),
        "integrated-gradients": integrated,
        "occlusion": occluded,
        "grad-cam": cam,
        "smoothgrad": smooth,
    }


def apart(found, expected):
    """By image, the greatest difference as a share of the greatest magnitude expected."""
    n = len(expected)
    greatest = np.abs(expected).reshape(n, -1).max(1)
    # Grad-CAM's may be zero everywhere: then ours is to be.
    return np.abs(found - expected).reshape(n, -1).max(1) / np.where(greatest > 0, greatest, 1e-30)


def compare(given, case):
    images, labels = case.images, case.labels
    ours = Ours(given, case)
    values, _ = ours.explain(EXACT)
    single, double = captum_methods(case, case.network), captum_methods(case, copy.deepcopy(case.network).double())
    missed = False
    print(f"{case.name}, {len(images)} images\n")
    print("| method | ours from Captum in f64: median, greatest | from Captum in f32: greatest | images beyond 1e-4 of both | Captum in f32 from f64: greatest | beyond 1e-4 |")
    print("|---|---:|---:|---:|---:|---:|")
    for method in EXACT:
        exact = double[method](images.double(), labels).detach().numpy()
        theirs = single[method](images, labels).detach().numpy()
        off, peer, between = apart(values[method], exact), apart(theirs, exact), apart(values[method], theirs)
        beyond = (np.minimum(off, between) > TOLERANCE).sum()
        print(f"| {method} | {np.median(off):.1e}, {off.max():.1e} | {between.max():.1e} | {beyond} | {peer.max():.1e} | {(peer > TOLERANCE).sum()} |", flush=True)
        missed |= beyond > 0

    mean = ours.explain(["smoothgrad"])[0]["smoothgrad"]
    given_noise = ["--draws", str(DRAWS), "--noise", str(NOISE)]
    variance = ours.explain(["vargrad"], *given_noise, "--seed", "1")[0]["vargrad"]
    theirs = []
    for seed in range(2):
        torch.manual_seed(seed)
        theirs.append(single["smoothgrad"](images, labels).detach().numpy())
    # Of the difference of two means of as many draws.
    error = np.sqrt(2 * variance / (DRAWS - 1))
    print()
    for what, (one, other) in {"ours and Captum's": (mean, theirs[0]), "two of Captum's": theirs}.items():
        z = (one - other)[error > 0] / error[error > 0]
        print(f"smoothgrad, {what}: within three standard errors {np.mean(np.abs(z) <= 3):.2%} of the values, z2 {np.mean(z * z):.3f}", flush=True)
    print()
    return missed


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rounds(given, case):
    images, labels = case.images, case.labels
    ours, peers = Ours(given, case), captum_methods(case, case.network)
    for method in ("integrated-gradients", "smoothgrad", "occlusion"):
        own, theirs = [], []
        for _ in range(given.rounds):
            own.append(ours.explain([method])[1][method])
            theirs.append(seconds(lambda: peers[method](images, labels)))
        each = np.array(own) / np.array(theirs)
        ratio = np.median(own) / np.median(theirs)
        print(f"{method:22} ours {np.median(own):.3f} s, Captum {np.median(theirs):.3f} s: ratio {ratio:.3f} ({each.min():.3f} to {each.max():.3f})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--weights", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=100, help="images to compare values on, of the resnet18 a tenth; 0 for none")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--channels-last", action="store_true", help="Captum's network in this layout, mostly its fastest")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.filterwarnings("ignore", message="Input Tensor 0 did not already require gradients")
    missed = False
    if given.count > 0:
        missed |= compare(given, trades(given, given.count))
        missed |= compare(given, resnet18(given, max(1, given.count // 10)))
    if given.rounds:
        rounds(given, trades(given, 256))
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    shared.with_kept_memory()
    main()
