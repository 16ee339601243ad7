"""Attributions beside Captum's, on the MNIST network of the TRADES authors: how far values are apart, and how long they take.

    python scripts/compare-explanations.py --program target/release/doubleback --weights trades-mnist-smallcnn.pt --data DIR
    python scripts/compare-explanations.py --program target/release/doubleback --weights trades-mnist-smallcnn.pt --data DIR --count 0 --rounds 5

Both sides have the same images, the first of the test set, the same targets, their true classes, and the same settings: integrated gradients with 50
Gauss-Legendre points from zero, occlusion by windows of 4 pixels, 2 apart, with zero, SmoothGrad by the plain mean of 50 draws with a deviation of 0.15.
Where defaults differ, these are ours; Captum's occlusion has no default window, and its noise tunnel takes the mean of absolute values and a deviation of 1.

Gradient, saliency, input x gradient, integrated gradients and occlusion are to agree within 1e-4: of each image the greatest difference, as a share of the
greatest magnitude of Captum's values. SmoothGrad draws other noise on either side: of each value the difference of the two means is to be within three of its
standard errors, about as often as for normal values (99.73 %), and its mean square is to be near 1 (`z2`).

With `--rounds N`, both are timed N times, in turn, on 256 images: the ratio of the medians, ours by Captum's, and the range of the ratios of single rounds.

Needs torch and captum 0.9. DIR holds mnist/ with the official files.
"""
import argparse
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

STEPS, DRAWS, NOISE, WINDOW, STRIDE = 50, 50, 0.15, 4, 2
EXACT = ["gradient", "saliency", "input-x-gradient", "integrated-gradients", "occlusion"]
TOLERANCE = 1e-4


class Ours:
    """The program, on one file of images."""

    def __init__(self, given, images, labels):
        self.given = given
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.data = self.folder / "images.npz"
        np.savez(self.data, x_test=images.numpy(), y_test=labels.numpy(), classes=[str(digit) for digit in range(10)])

    def explain(self, methods, *options):
        """Attributions by method, and the seconds that each took inside the program."""
        out, results = self.folder / "maps.npz", self.folder / "maps.json"
        subprocess.run(
            [self.given.program, "--threads", str(self.given.threads), "--quiet", "explain", "--model", self.given.weights, "--arch", "small-cnn",
             "--dataset", f"npz:{self.data}", "--method", ",".join(methods), *options, "--out", out, "--json", results],
            check=True, stdout=subprocess.DEVNULL)
        methods = json.loads(results.read_text())["methods"]
        values = {}
        for method in methods:
            with np.load(method["file"]) as arrays:
                values[method["method"]] = arrays["attribution"]
        return values, {method["method"]: method["seconds"] for method in methods}


def captum_methods(network):
    """Captum's methods by our names, as functions of images and labels, and of the noise SmoothGrad's draws one by one."""
    from captum.attr import InputXGradient, IntegratedGradients, NoiseTunnel, Occlusion, Saliency

    saliency, occlusion = Saliency(network), Occlusion(network)

    def integrated(images, labels):
        return IntegratedGradients(network).attribute(images, target=labels, n_steps=STEPS, method="gausslegendre", internal_batch_size=2048)

    def smooth(images, labels):
        tunnel = NoiseTunnel(saliency)
        return tunnel.attribute(images, nt_type="smoothgrad", nt_samples=DRAWS, nt_samples_batch_size=8, stdevs=NOISE, target=labels, abs=False)

    def occluded(images, labels):
        return occlusion.attribute(
            images, sliding_window_shapes=(1, WINDOW, WINDOW), strides=(1, STRIDE, STRIDE), target=labels, baselines=0.0, perturbations_per_eval=8)

    return {
        "gradient": lambda images, labels: saliency.attribute(images, target=labels, abs=False),
        "saliency": lambda images, labels: saliency.attribute(images, target=labels, abs=True),
        "input-x-gradient": lambda images, labels: InputXGradient(network).attribute(images, target=labels),
        "integrated-gradients": integrated,
        "occlusion": occluded,
        "smoothgrad": smooth,
    }


def ties(network, image):
    """Windows of the first max pool in which two values are equal and greatest and not zero, where a gradient may go either way."""
    with torch.no_grad():
        features = network.feature_extractor[:4](image[None])
        windows = features.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)
        top = windows.sort(-1, descending=True).values
        return int(((top[..., 0] == top[..., 1]) & (top[..., 0] > 0)).sum())


def compare(given, network, peers):
    images, labels = shared.first_images(given.data / "mnist", given.count)
    ours = Ours(given, images, labels)
    values, _ = ours.explain(EXACT, "--steps", str(STEPS), "--window", str(WINDOW), "--stride", str(STRIDE))
    missed = False
    print(f"{'method':22} {'median':>9} {'greatest':>9}   images beyond {TOLERANCE}")
    for method in EXACT:
        theirs = peers[method](images, labels).detach().numpy()
        off = np.abs(values[method] - theirs).reshape(given.count, -1).max(1) / np.abs(theirs).reshape(given.count, -1).max(1)
        beyond = np.flatnonzero(off > TOLERANCE)
        print(f"{method:22} {np.median(off):9.1e} {off.max():9.1e}   {len(beyond)} of {given.count}")
        for image in beyond[:10]:
            print(f"    image {image}: {off[image]:.1e}, {ties(network, images[image])} tied windows of the first max pool")
        missed |= len(beyond) > 0

    mean = ours.explain(["smoothgrad"], "--draws", str(DRAWS), "--noise", str(NOISE))[0]["smoothgrad"]
    variance = ours.explain(["vargrad"], "--draws", str(DRAWS), "--noise", str(NOISE), "--seed", "1")[0]["vargrad"]
    torch.manual_seed(0)
    theirs = peers["smoothgrad"](images, labels).detach().numpy()
    # Of the difference of two means of as many draws.
    error = np.sqrt(2 * variance / (DRAWS - 1))
    z = (mean - theirs)[error > 0] / error[error > 0]
    print(f"{'smoothgrad':22} within three standard errors: {np.mean(np.abs(z) <= 3):.2%} of the values (99.73 % of normal ones), z2 {np.mean(z * z):.3f}")
    return missed


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rounds(given, peers):
    images, labels = shared.first_images(given.data / "mnist", 256)
    ours = Ours(given, images, labels)
    options = {
        "integrated-gradients": ["--steps", str(STEPS)],
        "smoothgrad": ["--draws", str(DRAWS), "--noise", str(NOISE)],
        "occlusion": ["--window", str(WINDOW), "--stride", str(STRIDE)],
    }
    for method, settings in options.items():
        own, theirs = [], []
        for _ in range(given.rounds):
            own.append(ours.explain([method], *settings)[1][method])
            theirs.append(seconds(lambda: peers[method](images, labels)))
        each = np.array(own) / np.array(theirs)
        ratio = np.median(own) / np.median(theirs)
        print(f"{method:22} ours {np.median(own):.3f} s, Captum {np.median(theirs):.3f} s: ratio {ratio:.3f} ({each.min():.3f} to {each.max():.3f})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--weights", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=100, help="images to compare values on; 0 for none")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--channels-last", action="store_true", help="Captum's network in this layout, mostly its fastest")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    network = shared.SmallCnn()
    network.load_state_dict(torch.load(given.weights, map_location="cpu"))
    network.eval().requires_grad_(False)
    if given.channels_last:
        network = network.to(memory_format=torch.channels_last)
    warnings.filterwarnings("ignore", message="Input Tensor 0 did not already require gradients")
    peers = captum_methods(network)
    missed = given.count > 0 and compare(given, network, peers)
    if given.rounds:
        rounds(given, peers)
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    shared.with_kept_memory()
    main()
