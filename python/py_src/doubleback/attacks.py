"""Attacks: a class for each of the library's table, with its options and their defaults. ``docs/attacks.md`` says what they do.

Written by ``tests/attack_classes.rs``, not by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ._attack_base import Attack, AutoAttack, BoundedAttack, NearestAttack

__all__ = [
    "APGDCE",
    "APGDDLR",
    "APGDT",
    "BIM",
    "CWL2",
    "DDN",
    "FAB",
    "FABT",
    "FGSM",
    "FMN",
    "IFGSM",
    "ITGSM",
    "JSMA",
    "MIFGSM",
    "PGD",
    "TGSM",
    "Attack",
    "AutoAttack",
    "BoundedAttack",
    "DeepFool",
    "NearestAttack",
    "Square",
]


@dataclass(frozen=True, kw_only=True)
class FGSM(BoundedAttack):
    """`fgsm`. With these defaults: one step of length eps (L∞), cross-entropy."""

    eps: float
    """What the attack is held to, in the units of the data."""
    loss: Literal["ce", "margin", "probability-margin"] = "ce"
    """What the attack climbs: cross-entropy (ce), the margin of the best other class, whose gradient never underflows, or the margin of the probabilities."""
    name = "fgsm"


@dataclass(frozen=True, kw_only=True)
class TGSM(BoundedAttack):
    """`tgsm`. With these defaults: one step of length eps (L∞) towards the next class, cross-entropy."""

    eps: float
    """What the attack is held to, in the units of the data."""
    target: int | str = "next"
    """Class to be taken for, by name or label; next is the one after the true class."""
    name = "tgsm"


@dataclass(frozen=True, kw_only=True)
class IFGSM(BoundedAttack):
    """`ifgsm`. With these defaults: 10 steps of length eps each, cross-entropy."""

    eps: float
    """What the attack is held to, in the units of the data."""
    steps: int = 10
    """Gradients to follow."""
    loss: Literal["ce", "margin", "probability-margin"] = "ce"
    """What the attack climbs: cross-entropy (ce), the margin of the best other class, whose gradient never underflows, or the margin of the probabilities."""
    name = "ifgsm"


@dataclass(frozen=True, kw_only=True)
class ITGSM(BoundedAttack):
    """`itgsm`. With these defaults: 10 steps of length eps each towards the next class, cross-entropy."""

    eps: float
    """What the attack is held to, in the units of the data."""
    steps: int = 10
    """Gradients to follow."""
    target: int | str = "next"
    """Class to be taken for, by name or label; next is the one after the true class."""
    name = "itgsm"


@dataclass(frozen=True, kw_only=True)
class MIFGSM(BoundedAttack):
    """`mi-fgsm`. With these defaults: 10 steps of length eps / 10 within eps (L∞), cross-entropy, momentum times 1 at each step."""

    eps: float
    """What the attack is held to, in the units of the data."""
    steps: int = 10
    """Gradients to follow."""
    loss: Literal["ce", "margin", "probability-margin"] = "ce"
    """What the attack climbs: cross-entropy (ce), the margin of the best other class, whose gradient never underflows, or the margin of the probabilities."""
    step_size: float | None = None
    """Length of a step in the norm, of cw-l2 the one that Adam is given, of fmn that of the first in L2, in the units of the data; None: eps / steps."""
    decay: float = 1.0
    """Share of the momentum that is left at the next step."""
    name = "mi-fgsm"


@dataclass(frozen=True, kw_only=True)
class PGD(BoundedAttack):
    """`pgd`. With these defaults: 40 steps of length eps / 16 within eps (L∞), cross-entropy, from a random start."""

    eps: float
    """What the attack is held to, in the units of the data."""
    steps: int = 40
    """Gradients to follow."""
    loss: Literal["ce", "margin", "probability-margin"] = "ce"
    """What the attack climbs: cross-entropy (ce), the margin of the best other class, whose gradient never underflows, or the margin of the probabilities."""
    norm: Literal["linf", "l2"] = "linf"
    """Norm that eps bounds, or in which examples are to be near; l1 is for fmn alone."""
    restarts: int = 1
    """Starts to try on images that were not fooled yet, random but for the first of fab and fab-t."""
    step_size: float | None = None
    """Length of a step in the norm, of cw-l2 the one that Adam is given, of fmn that of the first in L2, in the units of the data; None: 2.5 x eps / steps."""
    seed: int = 0
    """Seed of what is drawn."""
    no_random_start: bool = False
    """Start at the image itself."""
    name = "pgd"


@dataclass(frozen=True, kw_only=True)
class BIM(BoundedAttack):
    """`bim`. With these defaults: 10 steps of length eps / 4 within eps (L∞), cross-entropy, from the image itself."""

    eps: float
    """What the attack is held to, in the units of the data."""
    steps: int = 10
    """Gradients to follow."""
    loss: Literal["ce", "margin", "probability-margin"] = "ce"
    """What the attack climbs: cross-entropy (ce), the margin of the best other class, whose gradient never underflows, or the margin of the probabilities."""
    norm: Literal["linf", "l2"] = "linf"
    """Norm that eps bounds, or in which examples are to be near; l1 is for fmn alone."""
    step_size: float | None = None
    """Length of a step in the norm, of cw-l2 the one that Adam is given, of fmn that of the first in L2, in the units of the data; None: 2.5 x eps / steps."""
    name = "bim"


@dataclass(frozen=True, kw_only=True)
class APGDCE(BoundedAttack):
    """`apgd-ce`. With these defaults: 100 steps of chosen length within eps (L∞), cross-entropy, from a random start."""

    eps: float
    """What the attack is held to, in the units of the data."""
    steps: int = 100
    """Gradients to follow."""
    norm: Literal["linf", "l2"] = "linf"
    """Norm that eps bounds, or in which examples are to be near; l1 is for fmn alone."""
    restarts: int = 1
    """Starts to try on images that were not fooled yet, random but for the first of fab and fab-t."""
    seed: int = 0
    """Seed of what is drawn."""
    name = "apgd-ce"


@dataclass(frozen=True, kw_only=True)
class APGDDLR(BoundedAttack):
    """`apgd-dlr`. With these defaults: 100 steps of chosen length within eps (L∞), difference of logits ratio, from a random start."""

    eps: float
    """What the attack is held to, in the units of the data."""
    steps: int = 100
    """Gradients to follow."""
    norm: Literal["linf", "l2"] = "linf"
    """Norm that eps bounds, or in which examples are to be near; l1 is for fmn alone."""
    restarts: int = 1
    """Starts to try on images that were not fooled yet, random but for the first of fab and fab-t."""
    seed: int = 0
    """Seed of what is drawn."""
    name = "apgd-dlr"


@dataclass(frozen=True, kw_only=True)
class APGDT(BoundedAttack):
    """`apgd-t`. With these defaults: 100 steps of chosen length within eps (L∞), difference of logits ratio towards the 9 most likely other classes (of fewer, all), from a random start."""

    eps: float
    """What the attack is held to, in the units of the data."""
    steps: int = 100
    """Gradients to follow."""
    norm: Literal["linf", "l2"] = "linf"
    """Norm that eps bounds, or in which examples are to be near; l1 is for fmn alone."""
    targets: int = 9
    """Most likely other classes to aim at, one after the other; all of a model that has fewer."""
    restarts: int = 1
    """Starts to try on images that were not fooled yet, random but for the first of fab and fab-t."""
    seed: int = 0
    """Seed of what is drawn."""
    name = "apgd-t"


@dataclass(frozen=True, kw_only=True)
class Square(BoundedAttack):
    """`square`. With these defaults: 5000 queries within eps (L∞), squares of 80 % of the values at first, from a random start."""

    eps: float
    """What the attack is held to, in the units of the data."""
    norm: Literal["linf", "l2"] = "linf"
    """Norm that eps bounds, or in which examples are to be near; l1 is for fmn alone."""
    queries: int = 5000
    """Forward passes to spend on an image."""
    initial_share: float = 0.8
    """Share of the values that the first squares change."""
    restarts: int = 1
    """Starts to try on images that were not fooled yet, random but for the first of fab and fab-t."""
    seed: int = 0
    """Seed of what is drawn."""
    name = "square"


@dataclass(frozen=True, kw_only=True)
class FAB(BoundedAttack):
    """`fab`. With these defaults: 100 steps to the nearest boundary within eps (L∞), from the image itself."""

    eps: float
    """What the attack is held to, in the units of the data."""
    steps: int = 100
    """Gradients to follow."""
    norm: Literal["linf", "l2"] = "linf"
    """Norm that eps bounds, or in which examples are to be near; l1 is for fmn alone."""
    restarts: int = 1
    """Starts to try on images that were not fooled yet, random but for the first of fab and fab-t."""
    seed: int = 0
    """Seed of what is drawn."""
    name = "fab"


@dataclass(frozen=True, kw_only=True)
class FABT(BoundedAttack):
    """`fab-t`. With these defaults: 100 steps to the boundary of each of the 9 most likely other classes (of fewer, all) within eps (L∞), from the image itself."""

    eps: float
    """What the attack is held to, in the units of the data."""
    steps: int = 100
    """Gradients to follow."""
    norm: Literal["linf", "l2"] = "linf"
    """Norm that eps bounds, or in which examples are to be near; l1 is for fmn alone."""
    targets: int = 9
    """Most likely other classes to aim at, one after the other; all of a model that has fewer."""
    restarts: int = 1
    """Starts to try on images that were not fooled yet, random but for the first of fab and fab-t."""
    seed: int = 0
    """Seed of what is drawn."""
    name = "fab-t"


@dataclass(frozen=True, kw_only=True)
class CWL2(NearestAttack):
    """`cw-l2`. With these defaults: 9 searches (L2) of at most 1000 steps of Adam of 0.01, ahead by 0."""

    eps: float | None = None
    """Within what the nearest example must be, in the units of the data; None: wherever it is."""
    steps: int = 1000
    """Gradients to follow."""
    step_size: float = 0.01
    """Length of a step in the norm, of cw-l2 the one that Adam is given, of fmn that of the first in L2, in the units of the data."""
    confidence: float = 0.0
    """How far the logit of another class is to be ahead."""
    searches: int = 9
    """Searches, each with another weight of the classes beside the distance."""
    initial_weight: float = 0.001
    """Weight of the classes beside the distance in the first search."""
    name = "cw-l2"


@dataclass(frozen=True, kw_only=True)
class DeepFool(NearestAttack):
    """`deepfool`. With these defaults: at most 50 steps to the nearest boundary (L2), lengthened by 0.02."""

    eps: float | None = None
    """Within what the nearest example must be, in the units of the data; None: wherever it is."""
    steps: int = 50
    """Gradients to follow."""
    overshoot: float = 0.02
    """Share by which the way to the boundary is lengthened."""
    norm: Literal["linf", "l2"] = "l2"
    """Norm that eps bounds, or in which examples are to be near; l1 is for fmn alone."""
    name = "deepfool"


@dataclass(frozen=True, kw_only=True)
class DDN(NearestAttack):
    """`ddn`. With these defaults: 100 steps at a length (L2) that each changes by a share of 0.05."""

    eps: float | None = None
    """Within what the nearest example must be, in the units of the data; None: wherever it is."""
    steps: int = 100
    """Gradients to follow."""
    gamma: float = 0.05
    """Share of the values that may be changed, of ddn and fmn share by which a step changes the length."""
    name = "ddn"


@dataclass(frozen=True, kw_only=True)
class FMN(NearestAttack):
    """`fmn`. With these defaults: 1000 steps within a radius (L2) that the first, of length 1 (L2), changes by a share of 0.05 and later ones by less."""

    eps: float | None = None
    """Within what the nearest example must be, in the units of the data; None: wherever it is."""
    steps: int = 1000
    """Gradients to follow."""
    gamma: float = 0.05
    """Share of the values that may be changed, of ddn and fmn share by which a step changes the length."""
    norm: Literal["linf", "l2", "l1"] = "l2"
    """Norm that eps bounds, or in which examples are to be near; l1 is for fmn alone."""
    step_size: float = 1.0
    """Length of a step in the norm, of cw-l2 the one that Adam is given, of fmn that of the first in L2, in the units of the data."""
    name = "fmn"


@dataclass(frozen=True, kw_only=True)
class JSMA(Attack):
    """`jsma`. With these defaults: pairs of values changed by theta (here eps), a quarter of all at most, towards the next class."""

    target: int | str = "next"
    """Class to be taken for, by name or label; next is the one after the true class."""
    theta: float = 1.0
    """What is added to a value, in the units of the data."""
    gamma: float = 0.25
    """Share of the values that may be changed, of ddn and fmn share by which a step changes the length."""
    single_pixels: bool = False
    """Change single values instead of pairs."""
    name = "jsma"
