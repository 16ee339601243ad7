"""Metrics of explanations: a class for each of the library's table, with its options and their defaults.

A metric is called with a model, images, the classes that were explained, and what was said of them: ``Deletion(step=28)(model, x, y, explained)``.

Written by ``tests/explanation_classes.rs``, not by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ._metric_base import AttackingMetric, ComparingMetric, Metric, Noise, PerturbingMetric, RepeatingMetric, Squares
from .attacks import PGD, Attack

__all__ = [
    "ROAD",
    "ComparingMetric",
    "Completeness",
    "Complexity",
    "Deletion",
    "Infidelity",
    "Insertion",
    "MaxSensitivity",
    "Metric",
    "Noise",
    "PixelFlipping",
    "Randomization",
    "RankAgreement",
    "RepeatingMetric",
    "Smoothness",
    "Sparseness",
    "Squares",
    "Stability",
    "TopAgreement",
]


@dataclass(frozen=True, kw_only=True)
class Deletion(Metric):
    """`deletion`: the area under the model's answer while the most important pixels give way to a filling (Petsiuk et al. 2018). Does the model miss what the map calls important?"""

    step: int = 1
    """Pixels that change from one point of the curve to the next."""
    fill: Literal["black", "mean", "blur"] = "black"
    """What stands where there is nothing of the image: the lower bound of the data, the mean of each channel of the image, or the image blurred."""
    blur: float = 5.0
    """Standard deviation in pixels by which blur blurs."""
    order: Literal["most-first", "least-first", "near-zero-first"] = "most-first"
    """Which pixels come first: those that speak most for the class, least for it, or are nearest to zero."""
    answer: Literal["probability", "logit", "predicted"] = "probability"
    """What is read off the model for the class: its probability, its logit, or 1 if it is predicted and else 0."""
    name = "deletion"


@dataclass(frozen=True, kw_only=True)
class Insertion(Metric):
    """`insertion`: the area under the model's answer while the most important pixels take the place of a filling (Petsiuk et al. 2018). Does the model miss what the map calls important?"""

    step: int = 1
    """Pixels that change from one point of the curve to the next."""
    fill: Literal["black", "mean", "blur"] = "blur"
    """What stands where there is nothing of the image: the lower bound of the data, the mean of each channel of the image, or the image blurred."""
    blur: float = 5.0
    """Standard deviation in pixels by which blur blurs."""
    order: Literal["most-first", "least-first", "near-zero-first"] = "most-first"
    """Which pixels come first: those that speak most for the class, least for it, or are nearest to zero."""
    answer: Literal["probability", "logit", "predicted"] = "probability"
    """What is read off the model for the class: its probability, its logit, or 1 if it is predicted and else 0."""
    name = "insertion"


@dataclass(frozen=True, kw_only=True)
class PixelFlipping(Metric):
    """`pixel-flipping`: the area under the model's answer while the most important pixels are turned to their opposite (Bach et al. 2015). Does the model miss what the map calls important?"""

    step: int = 1
    """Pixels that change from one point of the curve to the next."""
    order: Literal["most-first", "least-first", "near-zero-first"] = "most-first"
    """Which pixels come first: those that speak most for the class, least for it, or are nearest to zero."""
    answer: Literal["probability", "logit", "predicted"] = "probability"
    """What is read off the model for the class: its probability, its logit, or 1 if it is predicted and else 0."""
    name = "pixel-flipping"


@dataclass(frozen=True, kw_only=True)
class ROAD(Metric):
    """`road`: whether the class is predicted while the most important pixels are made up from their neighbors (Rong et al. 2022). Does the model miss what the map calls important?"""

    shares: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    """Shares of the pixels that are removed, ascending."""
    noise: float = 0.01
    """Standard deviation of the noise on removed pixels, as a share of the range of the data."""
    order: Literal["most-first", "least-first", "near-zero-first"] = "most-first"
    """Which pixels come first: those that speak most for the class, least for it, or are nearest to zero."""
    answer: Literal["probability", "logit", "predicted"] = "predicted"
    """What is read off the model for the class: its probability, its logit, or 1 if it is predicted and else 0."""
    seed: int = 0
    """Seed of what is drawn."""
    name = "road"


@dataclass(frozen=True, kw_only=True)
class Infidelity(PerturbingMetric):
    """`infidelity`: the mean squared error of what the map says of a perturbation (Yeh et al. 2019). Does the map say by how much the answer changes?"""

    perturbation: Squares | Noise = Squares()
    """What is changed."""
    scaled: bool = False
    """Multiply the map by the number that makes the infidelity least, so that maps that differ in scale alone are equal."""
    answer: Literal["probability", "logit", "predicted"] = "logit"
    """What is read off the model for the class: its probability, its logit, or 1 if it is predicted and else 0."""
    name = "infidelity"


@dataclass(frozen=True, kw_only=True)
class Completeness(Metric):
    """`completeness`: by how much the sum of the map misses the change of the logit from a baseline. Does the map say by how much the answer changes?"""

    baseline: Literal["black", "mean", "blur"] | None = None
    """From where the logit changes to that of the image, as a filling; None: the gap that the method counted against its own baseline."""
    blur: float = 5.0
    """Standard deviation in pixels by which blur blurs."""
    name = "completeness"


@dataclass(frozen=True, kw_only=True)
class MaxSensitivity(RepeatingMetric):
    """`max-sensitivity`: the greatest change of the map when the image hardly changes (Yeh et al. 2019). Does the map stay where the image hardly changes?"""

    radius: float = 0.02
    """Greatest change of a value, in the units of the data."""
    samples: int = 50
    """Images nearby."""
    relative: bool = True
    """Divide by the length of the map."""
    seed: int = 0
    """Seed of what is drawn."""
    name = "max-sensitivity"


@dataclass(frozen=True, kw_only=True)
class Stability(AttackingMetric):
    """`stability`: rank correlation of the map with that of the adversarial example. Does the map stay where the image hardly changes?"""

    attack: Attack = PGD(eps=0.1)
    """What moves the image away from the class."""
    absolute: bool = False
    """Take the sizes of the map's values instead of these."""
    name = "stability"


@dataclass(frozen=True, kw_only=True)
class Sparseness(Metric):
    """`sparseness`: the Gini index of the sizes of the map's values (Chalasani et al. 2020). Can a person read the map?"""

    name = "sparseness"


@dataclass(frozen=True, kw_only=True)
class Complexity(Metric):
    """`complexity`: the entropy of the shares of the map's values (Bhatt et al. 2020). Can a person read the map?"""

    name = "complexity"


@dataclass(frozen=True, kw_only=True)
class Smoothness(Metric):
    """`smoothness`: the total variation of the map over its size. Can a person read the map?"""

    name = "smoothness"


@dataclass(frozen=True, kw_only=True)
class Randomization(RepeatingMetric):
    """`randomization`: rank correlation of the map with those of networks with new weights (Adebayo et al. 2018). Does the map depend on what was learned?"""

    reach: Literal["cascade", "alone", "all"] = "cascade"
    """Which layers are drawn anew, from the logits down: each with all above it, each alone, or all at once."""
    absolute: bool = True
    """Take the sizes of the map's values instead of these."""
    seed: int = 0
    """Seed of what is drawn."""
    name = "randomization"


@dataclass(frozen=True, kw_only=True)
class RankAgreement(ComparingMetric):
    """`rank-agreement`: rank correlation of the map with those of other methods. Do methods agree?"""

    absolute: bool = False
    """Take the sizes of the map's values instead of these."""
    name = "rank-agreement"


@dataclass(frozen=True, kw_only=True)
class TopAgreement(ComparingMetric):
    """`top-agreement`: the share of the most important pixels that the map has in common with those of other methods (Krishna et al. 2022). Do methods agree?"""

    share: float = 0.1
    """Share of the pixels that count as the most important."""
    absolute: bool = False
    """Take the sizes of the map's values instead of these."""
    name = "top-agreement"
