"""Methods of explanation: a class for each of the library's table, with its options and their defaults. ``docs/explain.md`` says what they do.

Written by ``tests/explanation_classes.rs``, not by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ._explain_base import Method, NoisyMethod

__all__ = [
    "ITGSM",
    "LRP",
    "RISE",
    "Deconvnet",
    "ExpectedGradients",
    "GradCAM",
    "GradCAMPlusPlus",
    "Gradient",
    "GuidedBackprop",
    "GuidedGradCAM",
    "InputXGradient",
    "IntegratedGradients",
    "Method",
    "Occlusion",
    "Saliency",
    "Score",
    "SmoothGrad",
    "SmoothGradSquared",
    "VarGrad",
]


@dataclass(frozen=True, kw_only=True)
class Gradient(Method):
    """`gradient`: the signed gradient of the target's logit."""

    name = "gradient"


@dataclass(frozen=True, kw_only=True)
class Saliency(Method):
    """`saliency`: the absolute gradient of the target's logit."""

    name = "saliency"


@dataclass(frozen=True, kw_only=True)
class Score(Method):
    """`score`: the gradient of the sum of all log-probabilities."""

    name = "score"


@dataclass(frozen=True, kw_only=True)
class InputXGradient(Method):
    """`input-x-gradient`: each value times the gradient of the target's logit."""

    name = "input-x-gradient"


@dataclass(frozen=True, kw_only=True)
class IntegratedGradients(Method):
    """`integrated-gradients`. With these defaults: 50 Gauss-Legendre points from baseline zero."""

    steps: int = 50
    """Points of the path, or steps towards the target."""
    rule: Literal["gauss-legendre", "trapezoid", "riemann-left", "riemann-middle", "riemann-right"] = "gauss-legendre"
    """Which points of the path are taken."""
    baseline: Literal["zero", "black", "blur", "mean", "background"] = "zero"
    """What an image without its content is: zeros, the lower bound (black), the image blurred, the mean of the background, or all images of the background, whose attributions are averaged."""
    blur: float = 4.0
    """Standard deviation in pixels by which baseline blur blurs."""
    name = "integrated-gradients"


@dataclass(frozen=True, kw_only=True)
class SmoothGrad(NoisyMethod):
    """`smoothgrad`. With these defaults: the mean of gradient over 50 copies with noise of 0.15 of the range."""

    draws: int = 50
    """Noisy copies, or points of paths, an image."""
    noise: float = 0.15
    """Standard deviation of the noise, as a share of the range of the data."""
    of: str | type[Method] | Method = "gradient"
    """Method that is asked about noisy copies."""
    seed: int = 0
    """Seed of what is drawn."""
    name = "smoothgrad"


@dataclass(frozen=True, kw_only=True)
class SmoothGradSquared(NoisyMethod):
    """`smoothgrad-squared`. With these defaults: the mean square of gradient over 50 copies with noise of 0.15 of the range."""

    draws: int = 50
    """Noisy copies, or points of paths, an image."""
    noise: float = 0.15
    """Standard deviation of the noise, as a share of the range of the data."""
    of: str | type[Method] | Method = "gradient"
    """Method that is asked about noisy copies."""
    seed: int = 0
    """Seed of what is drawn."""
    name = "smoothgrad-squared"


@dataclass(frozen=True, kw_only=True)
class VarGrad(NoisyMethod):
    """`vargrad`. With these defaults: the variance of gradient over 50 copies with noise of 0.15 of the range."""

    draws: int = 50
    """Noisy copies, or points of paths, an image."""
    noise: float = 0.15
    """Standard deviation of the noise, as a share of the range of the data."""
    of: str | type[Method] | Method = "gradient"
    """Method that is asked about noisy copies."""
    seed: int = 0
    """Seed of what is drawn."""
    name = "vargrad"


@dataclass(frozen=True, kw_only=True)
class ExpectedGradients(Method):
    """`expected-gradients`. With these defaults: 200 points of paths from `background`."""

    draws: int = 200
    """Noisy copies, or points of paths, an image."""
    seed: int = 0
    """Seed of what is drawn."""
    name = "expected-gradients"


@dataclass(frozen=True, kw_only=True)
class GuidedBackprop(Method):
    """`guided-backprop`: the gradient of the target's logit through ReLUs that hand back what is positive, where their input was."""

    name = "guided-backprop"


@dataclass(frozen=True, kw_only=True)
class Deconvnet(Method):
    """`deconvnet`: the gradient of the target's logit through ReLUs that hand back what is positive."""

    name = "deconvnet"


@dataclass(frozen=True, kw_only=True)
class GradCAM(Method):
    """`grad-cam`. With these defaults: channels of the last stage with more than one pixel weighted by their mean gradient, cut off below 0."""

    stage: str | None = None
    """Stage whose channels are looked at; None: the last with more than one pixel."""
    signed: bool = False
    """Keep what speaks against the class too."""
    name = "grad-cam"


@dataclass(frozen=True, kw_only=True)
class GradCAMPlusPlus(Method):
    """`grad-cam++`. With these defaults: channels of the last stage with more than one pixel weighted by the positive gradients of their pixels, each by its share, cut off below 0."""

    stage: str | None = None
    """Stage whose channels are looked at; None: the last with more than one pixel."""
    signed: bool = False
    """Keep what speaks against the class too."""
    name = "grad-cam++"


@dataclass(frozen=True, kw_only=True)
class GuidedGradCAM(Method):
    """`guided-grad-cam`. With these defaults: guided backpropagation times Grad-CAM of the last stage with more than one pixel."""

    stage: str | None = None
    """Stage whose channels are looked at; None: the last with more than one pixel."""
    upsampling: Literal["bilinear", "nearest"] = "bilinear"
    """How the map of a stage is brought to the size of the images."""
    name = "guided-grad-cam"


@dataclass(frozen=True, kw_only=True)
class LRP(Method):
    """`lrp`. With these defaults: relevance by zB at the pixels, gamma 0.25 in other convolutions and epsilon 0.000001 in other dense layers."""

    composite: Literal["epsilon", "gamma", "epsilon-plus", "epsilon-gamma-box"] = "epsilon-gamma-box"
    """Rules by layer: epsilon or gamma in all; epsilon-plus: z+ in convolutions, epsilon in dense layers; epsilon-gamma-box: zB at the pixels, gamma in other convolutions, epsilon in other dense layers."""
    epsilon: float = 1e-6
    """What rule epsilon adds to the magnitude of each output."""
    gamma: float = 0.25
    """By how much rule gamma raises positive weights."""
    name = "lrp"


@dataclass(frozen=True, kw_only=True)
class Occlusion(Method):
    """`occlusion`. With these defaults: windows of an eighth of the side, half of the window apart, hidden by baseline zero."""

    baseline: Literal["zero", "black", "blur", "mean", "background"] = "zero"
    """What an image without its content is: zeros, the lower bound (black), the image blurred, the mean of the background, or all images of the background, whose attributions are averaged."""
    blur: float = 4.0
    """Standard deviation in pixels by which baseline blur blurs."""
    window: int | None = None
    """Pixels of the side of the window that is hidden; None: an eighth of the side."""
    stride: int | None = None
    """Pixels from one window to the next; None: half of the window."""
    name = "occlusion"


@dataclass(frozen=True, kw_only=True)
class RISE(Method):
    """`rise`. With these defaults: 4000 masks of 7 by 7 cells, 50 % kept, over baseline zero."""

    baseline: Literal["zero", "black", "blur", "mean", "background"] = "zero"
    """What an image without its content is: zeros, the lower bound (black), the image blurred, the mean of the background, or all images of the background, whose attributions are averaged."""
    blur: float = 4.0
    """Standard deviation in pixels by which baseline blur blurs."""
    masks: int = 4000
    """Masks."""
    cells: int = 7
    """Cells of a mask along each side."""
    keep: float = 0.5
    """Share of the cells that a mask keeps."""
    seed: int = 0
    """Seed of what is drawn."""
    name = "rise"


@dataclass(frozen=True, kw_only=True)
class ITGSM(Method):
    """`itgsm`. With these defaults: 10 steps of length 0.1 towards the target."""

    steps: int = 10
    """Points of the path, or steps towards the target."""
    step_size: float = 0.1
    """Length of a step in each value, in the units of the data."""
    name = "itgsm"
