"""Grad-CAM, guided backpropagation, deconvnet and LRP beside Captum, on the MNIST network of the TRADES authors and on a resnet18 of random weights.

    cargo build --workspace --example layer_explanations
    python scripts/compare-layer-explanations.py --driver target/debug/examples/layer_explanations --weights trades-mnist-smallcnn.pt --data DIR

DIR holds mnist/ with the official files. Needs torch, torchvision, onnx and captum 0.9; zennit 0.5.1, if it is installed, for the zB rule, which Captum has not.
Every line is a method on the same images, weights and targets, the largest difference over the largest value, computed in f32 and in f64 on both sides. Fails if
one that should agree does not within 1e-4 in f64, or Grad-CAM in f32.

The resnet18 is written so that Captum takes it: a ReLU module for each use, none in place, sums as modules. It goes to us through ONNX twice: with its batch
norms, which we merge into the convolutions ourselves, and for the rules of single batch norms, and merged by PyTorch, for what Captum makes of merged ones.

What was expected of Captum before it was run, and what was wrong, stands in EXPECTED.
"""
import argparse
import copy
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import torch
from captum.attr import LRP, Deconvolution, GuidedBackprop, GuidedGradCam, LayerGradCam
from captum.attr._utils.custom_modules import Addition_Module
from captum.attr._utils.lrp_rules import Alpha1_Beta0_Rule, EpsilonRule, GammaRule
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

EXPECTED = """
Guesses, before the first run:
 1. LayerGradCam does not cut off below 0 by default (ours does), and a layer is the module: conv4 there is before its ReLU, conv4 here after it (their relu4).
 2. GuidedBackprop and Deconvolution are ours wherever every ReLU is a module of its own.
 3. GuidedGradCam cuts its map off below 0 always, and resizes it by the nearest value by default (ours: bilinear).
 4. LRP by EpsilonRule, sums and pools included, is ours on merged batch norms and, by a rule for batch norms alone, on single ones.
 5. GammaRule raises weights and leaves the bias: with biases it differs from the paper's, ours, by more than 1 %; with the bias raised it is ours.
 6. Alpha1_Beta0_Rule keeps the whole bias: it differs from zennit's ZPlus, ours, which keeps what is positive of it; with that it is ours after ReLUs.
 7. zennit's EpsilonGammaBox, batch norms merged, is ours; with its own stabilizer of 1e-6 instead of our 1e-9 not to 1e-4 (found wrong on the TRADES network: 4e-6).

Found wrong while writing, by Captum and zennit alone: that merging batch norms matters to the epsilon rule (4): it cancels. And ours was the gamma rule of the
paper at first; on the resnet18 Captum's sum of relevance is then -1060 of a logit of 6, because a negative output with raised positive weights comes near 0:
ours is zennit's generalized rule now, and Captum's is compared where every layer with it feeds a ReLU.
"""


class Block(nn.Module):
    """A basic block as Captum takes it."""

    def __init__(self, inputs, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = None
        if stride != 1 or inputs != channels:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))
        self.add = Addition_Module()
        self.relu2 = nn.ReLU()

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.relu2(self.add(self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x))))), shortcut))


class ResNet18(nn.Module):
    """torchvision's resnet18 by the names of its tensors."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = 64
        for number, channels in enumerate((64, 128, 256, 512), 1):
            stride = 1 if number == 1 else 2
            setattr(self, f"layer{number}", nn.Sequential(Block(inputs, channels, stride), Block(channels, channels, 1)))
            inputs = channels
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512, 1000)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def resnet18():
    """Rewritten, and torchvision's own, of the same random weights and statistics."""
    from torchvision.models import resnet18 as original

    torch.manual_seed(0)
    theirs, ours = original().eval(), ResNet18().eval()
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.2)
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
    ours.load_state_dict(theirs.state_dict())
    return theirs, ours


def merged(network):
    """The rewritten network with its batch norms in its convolutions."""
    network = copy.deepcopy(network)
    network.conv1, network.bn1 = fuse_conv_bn_eval(network.conv1, network.bn1), nn.Identity()
    for module in network.modules():
        if isinstance(module, Block):
            module.conv1, module.bn1 = fuse_conv_bn_eval(module.conv1, module.bn1), nn.Identity()
            module.conv2, module.bn2 = fuse_conv_bn_eval(module.conv2, module.bn2), nn.Identity()
            if module.downsample is not None:
                module.downsample = nn.Sequential(fuse_conv_bn_eval(*module.downsample))
    return network.eval()


class ZennitSum(nn.Module):
    """A sum as zennit knows it."""

    def __init__(self):
        super().__init__()
        from zennit.layer import Sum

        self.sum = Sum()

    def forward(self, a, b):
        return self.sum(torch.stack([a, b], dim=-1))


class RaisedBias(GammaRule):
    """The gamma rule of the paper: the bias is a weight."""

    def _manipulate_weights(self, module, inputs, outputs):
        super()._manipulate_weights(module, inputs, outputs)
        if getattr(module, "bias", None) is not None:
            module.bias.data = module.bias.data + self.gamma * module.bias.data.clamp(min=0)


class PositiveBias(Alpha1_Beta0_Rule):
    """zennit's ZPlus for inputs that are not negative: of the bias what is positive."""

    def _manipulate_weights(self, module, inputs, outputs):
        super()._manipulate_weights(module, inputs, outputs)
        if getattr(module, "bias", None) is not None:
            module.bias.data = module.bias.data.clamp(min=0)


def lrp(network, images, targets, convolutions, dense):
    """Captum's LRP by these rules, made anew for each layer: it removes them when it is done."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.rule = convolutions()
        elif isinstance(module, nn.Linear):
            module.rule = dense()
    return LRP(network).attribute(images, target=targets)


def without_identities(module):
    """Captum has no rule for modules that do nothing, but one for a dropout, which does nothing either in evaluation."""
    for name, child in list(module.named_children()):
        if isinstance(child, nn.Identity):
            setattr(module, name, nn.Dropout())
        else:
            without_identities(child)
    return module.eval()


def zennit_is_there():
    found = importlib.util.find_spec("zennit") is not None
    if not found:
        print("no zennit: the zB rule is not compared")
    return found


def by_zennit(network, images, targets, stabilizer=1e-9):
    """Its composite with our stabilizer, where 1e-6 is its default."""
    from zennit.attribution import Gradient
    from zennit.composites import EpsilonGammaBox

    # Its rule for sums is tied to its own module.
    network = copy.deepcopy(network)
    for module in network.modules():
        if isinstance(module, Block):
            module.add = ZennitSum()
    # Pixels are in [0, 1].
    bounds = {"low": torch.zeros_like(images), "high": torch.ones_like(images)}
    composite = EpsilonGammaBox(**bounds, epsilon=1e-6, gamma=0.25, stabilizer=stabilizer)
    with Gradient(model=network, composite=composite) as attributor:
        logits = network(images)
        start = torch.zeros_like(logits)
        rows = torch.arange(len(targets))
        start[rows, targets] = logits[rows, targets]
        return attributor(images, start)[1]


def zennit_rows(at, targets, alike):
    """Its composite, and whether with its own stabilizer it is `alike`."""
    name, method = "LRP epsilon-gamma-box (zennit)", "lrp-epsilon-gamma-box"
    return [
        (name, method, lambda double: by_zennit(*at(double), targets), True, False),
        (f"{name}, its stabilizer of 1e-6", method, lambda double: by_zennit(*at(double), targets, 1e-6), alike, False),
    ]


def ours(options, model, arch, images, targets, methods, double):
    """Our maps of a model file, by method."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = pathlib.Path(folder, "in.npz"), pathlib.Path(folder, "out.npz")
        np.savez(given, images=images.detach().numpy().astype(np.float32), targets=np.array(targets, np.int64))
        environment = {key: value for key, value in os.environ.items() if key != "F64"}
        if double:
            environment["F64"] = "1"
        run = subprocess.run([options.driver, model, arch, given, out, *methods], env=environment, capture_output=True, text=True)
        if run.returncode:
            raise SystemExit(f"{options.driver} {model} {methods}: {run.stderr}")
        found = np.load(out)
        return {method: found[f"m{place}"] for place, method in enumerate(methods)}


def difference(found, expected):
    expected = expected.detach().double().numpy()
    if found.shape != expected.shape:
        raise SystemExit(f"shapes {found.shape} and {expected.shape}")
    return np.abs(found - expected).max() / np.abs(expected).max()


def compared(options, title, model, arch, images, targets, rows, failures):
    """Rows: what it is, our method, their map as a function of (double), whether it must agree in f64, and in f32."""
    print(f"\n{title}: {len(images)} images")
    print(f"{'':58}{'f32':>10}{'f64':>10}")
    methods = sorted({method for _, method, *_ in rows})
    found = {double: ours(options, model, arch, images, targets, methods, double) for double in (False, True)}
    for what, method, theirs, exact, single in rows:
        errors = {double: difference(found[double][method], theirs(double)) for double in (False, True)}
        note = "" if exact else "  (another definition)"
        print(f"{what:58}{errors[False]:10.1e}{errors[True]:10.1e}{note}")
        if exact and not errors[True] <= 1e-4 or single and not errors[False] <= 1e-4:
            failures.append(f"{title}: {what}")
        if not exact and errors[True] <= 1e-4:
            failures.append(f"{title}: {what} agrees, which is not expected")


def trades(options, compare_attacks, failures):
    network = compare_attacks.SmallCnn()
    network.load_state_dict(torch.load(options.weights, map_location="cpu", weights_only=True))
    network.eval()
    images, labels = compare_attacks.first_images(options.data / "mnist", options.count)
    targets = labels.tolist()

    def at(double):
        cast = torch.float64 if double else torch.float32
        return without_identities(copy.deepcopy(network)).to(cast).eval(), images.to(cast)

    def cam(layer, **keywords):
        def of(double):
            model, x = at(double)
            return LayerGradCam(model, model.feature_extractor.get_submodule(layer)).attribute(x, targets, **keywords)
        return of

    def guided(method, **keywords):
        def of(double):
            model, x = at(double)
            return method(model).attribute(x.requires_grad_(), targets, **keywords)
        return of

    def guided_cam(**keywords):
        def of(double):
            model, x = at(double)
            return GuidedGradCam(model, model.feature_extractor.relu4).attribute(x.requires_grad_(), targets, **keywords)
        return of

    def relevance(convolutions, dense):
        return lambda double: lrp(*at(double), targets, convolutions, dense)

    rows = [
        ("Grad-CAM, conv4 (their relu4), not cut off", "grad-cam-raw@conv4", cam("relu4"), True, True),
        ("Grad-CAM, conv4, cut off (relu_attributions=True)", "grad-cam@conv4", cam("relu4", relu_attributions=True), True, True),
        ("Grad-CAM, their module conv4, before the ReLU", "grad-cam-raw@conv4", cam("conv4"), False, False),
        ("guided backpropagation", "guided-backprop", guided(GuidedBackprop), True, True),
        ("deconvnet", "deconvnet", guided(Deconvolution), True, True),
        ("guided Grad-CAM, nearest", "guided-grad-cam-nearest@conv4", guided_cam(), True, True),
        ("guided Grad-CAM, bilinear", "guided-grad-cam@conv4", guided_cam(interpolate_mode="bilinear"), True, True),
        ("LRP epsilon 1e-9", "lrp-epsilon", relevance(EpsilonRule, EpsilonRule), True, False),
        ("LRP epsilon 0.1", "lrp-epsilon-0.1", relevance(lambda: EpsilonRule(0.1), lambda: EpsilonRule(0.1)), True, False),
        ("LRP gamma below, epsilon above, bias raised", "lrp-gamma-epsilon", relevance(RaisedBias, EpsilonRule), True, False),
        ("LRP gamma below, epsilon above, their GammaRule", "lrp-gamma-epsilon", relevance(GammaRule, EpsilonRule), False, False),
        ("LRP z+ below, epsilon above, positive bias", "lrp-epsilon-plus", relevance(PositiveBias, EpsilonRule), True, False),
        ("LRP z+ below, their Alpha1_Beta0_Rule", "lrp-epsilon-plus", relevance(Alpha1_Beta0_Rule, EpsilonRule), False, False),
    ]
    if zennit_is_there():
        rows += zennit_rows(at, targets, True)
    compared(options, "TRADES network", options.weights, "small-cnn", images, targets, rows, failures)


def residual(options, failures):
    original, rewritten = resnet18()
    torch.manual_seed(1)
    images = torch.rand(options.resnet_count, 3, 64, 64)
    with torch.no_grad():
        logits = original(images)
        apart = (rewritten(images) - logits).abs().max() / logits.abs().max()
    print(f"\nresnet18 as rewritten differs from torchvision's by {apart:.1e} of the largest logit")
    targets = logits.argmax(1).tolist()

    def at(model, double):
        cast = torch.float64 if double else torch.float32
        return copy.deepcopy(model).to(cast).eval(), images.to(cast)

    def cam(**keywords):
        def of(double):
            model, x = at(original, double)
            return LayerGradCam(model, model.layer4).attribute(x, targets, **keywords)
        return of

    def guided(method):
        def of(double):
            model, x = at(rewritten, double)
            return method(model).attribute(x.requires_grad_(), targets)
        return of

    joined = without_identities(merged(rewritten))

    def relevance(convolutions, dense, model=joined):
        return lambda double: lrp(*at(model, double), targets, convolutions, dense)

    def export(model, path, keep):
        mode = torch.onnx.TrainingMode.PRESERVE if keep else torch.onnx.TrainingMode.EVAL
        torch.onnx.export(model, images[:1], path, dynamo=False, training=mode, do_constant_folding=not keep,
                          input_names=["images"], dynamic_axes={"images": {0: "n"}})

    last = options.last_stage
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder, "resnet18.onnx")
        export(original.eval(), model, True)
        rows = [
            ("Grad-CAM, layer4, not cut off", f"grad-cam-raw{last}", cam(), True, True),
            ("Grad-CAM, layer4, cut off", f"grad-cam{last}", cam(relu_attributions=True), True, True),
            ("guided backpropagation", "guided-backprop", guided(GuidedBackprop), True, False),
            ("deconvnet", "deconvnet", guided(Deconvolution), True, False),
            ("LRP epsilon 1e-9, batch norms apart", "lrp-epsilon-apart", relevance(EpsilonRule, EpsilonRule, rewritten), True, False),
            ("LRP epsilon 1e-9, batch norms merged by us", "lrp-epsilon", relevance(EpsilonRule, EpsilonRule), True, False),
            ("LRP epsilon 0.1, merged", "lrp-epsilon-0.1", relevance(lambda: EpsilonRule(0.1), lambda: EpsilonRule(0.1)), True, False),
            ("LRP gamma below, epsilon above, their GammaRule", "lrp-gamma-epsilon", relevance(GammaRule, EpsilonRule), False, False),
            ("LRP z+ below, epsilon above, positive bias", "lrp-epsilon-plus", relevance(PositiveBias, EpsilonRule), True, False),
        ]
        if zennit_is_there():
            rows += zennit_rows(lambda double: at(joined, double), targets, False)
        compared(options, "resnet18, batch norms in the file", model, "-", images, targets, rows, failures)
        export(original.eval(), model, False)
        rows = [
            ("Grad-CAM, layer4, not cut off", f"grad-cam-raw{last}", cam(), True, True),
            ("guided backpropagation", "guided-backprop", guided(GuidedBackprop), True, False),
            ("LRP epsilon 1e-9, batch norms merged by PyTorch", "lrp-epsilon", relevance(EpsilonRule, EpsilonRule), True, False),
        ]
        compared(options, "resnet18, batch norms merged in the file", model, "-", images, targets, rows, failures)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver", type=pathlib.Path, required=True)
    parser.add_argument("--weights", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=16, help="MNIST images")
    parser.add_argument("--resnet-count", type=int, default=4)
    parser.add_argument("--last-stage", default="", help="@NAME of the stage of our resnet18 that is layer4; by default the last with pixels")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    path = pathlib.Path(__file__).with_name("compare-attacks.py")
    spec = importlib.util.spec_from_file_location("compare_attacks", path)
    compare_attacks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compare_attacks)
    print(EXPECTED.strip())
    failures = []
    trades(options, compare_attacks, failures)
    residual(options, failures)
    for failure in failures:
        print(f"FAILED {failure}")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
