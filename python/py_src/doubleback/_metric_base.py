"""What all metrics of explanations have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from . import _doubleback
from ._arrays import Images, IntArray, Tensor, floats, labels
from ._attack_base import Attack, AutoAttack
from ._explain_base import Method, checked
from ._explained import Explained
from ._interrupted import nothing_kept
from ._measured import Measured
from ._options import options
from ._progress import bar
from .errors import InputError

if TYPE_CHECKING:
    from .model import Model

Maps = Explained | Images | Tensor
"""What ``Model.explain`` gives, or an array of what any program makes of images: ``[n, channels, height, width]``, or ``[n, 1, height, width]``."""


class Metric:
    """A metric of explanations with its options, which is called with a model, images and what was said of them."""

    name: ClassVar[str]
    """What the command line and results call it."""

    def __call__(
        self,
        model: Model,
        x: Images | Tensor,
        y: object,
        explained: Maps,
        *,
        internal_batch: int | None = None,
        progress: bool | None = None,
    ) -> Measured:
        """A number for each image, and their mean.

        ``y`` are the classes that were explained; None for those of ``explained``, if it says so. ``internal_batch`` is how many images the model is
        asked about at once: memory grows with it, results do not change.
        """
        return self._measure(model, x, y, explained, None, (), internal_batch, progress)

    def _measure(
        self,
        model: Model,
        x: Images | Tensor,
        y: object,
        explained: Maps,
        method: tuple[str, str, Any, str | None] | None,
        others: Sequence[Maps],
        internal_batch: int | None,
        progress: bool | None,
    ) -> Measured:
        gap = explained.gap if isinstance(explained, Explained) else None
        with bar(progress) as shown, nothing_kept():
            found = _doubleback.measure(
                model._handle,
                floats(x, "x", 4),
                _classes(y, explained),
                _maps(explained, "explained"),
                gap,
                self.name,
                self._options(),
                method,
                [_maps(other, "others") for other in others],
                internal_batch,
                shown,
            )
        return Measured(metric=self, **found)

    def _options(self) -> str:
        """As the library takes them."""
        return options(self, "a metric")


class RepeatingMetric(Metric):
    """A metric that asks the method again."""

    def __call__(
        self,
        model: Model,
        x: Images | Tensor,
        y: object,
        explained: Maps,
        *,
        method: Method | None = None,
        background: Images | Tensor | None = None,
        internal_batch: int | None = None,
        progress: bool | None = None,
    ) -> Measured:
        """A number for each image, and their mean. This metric asks the method again.

        What ``Model.explain`` gave says by which method it was made, and with which ``background``; of an array, ``method`` says so. ``y`` are the
        classes that were explained; None for those of ``explained``, if it says so. ``internal_batch`` is how many images the model is asked about at
        once: memory grows with it, results do not change.
        """
        if isinstance(explained, Explained):
            if method is not None or background is not None:
                raise InputError(
                    "method, background: `explained` says by which it was made. Leave them out, or give its `attribution`"
                )
            method, background, upsampling = explained.method, explained.background, explained.upsampling
        elif method is None:
            raise InputError(
                f"method: {self.name} asks the method again, and an array does not say which. Give what `Model.explain` gave, or `method=` one of doubleback.explain"
            )
        else:
            upsampling = None
        given = None if background is None else floats(background, "background", 4)
        again = (checked(method).name, method._options(), given, upsampling)
        return self._measure(model, x, y, explained, again, (), internal_batch, progress)


class ComparingMetric(Metric):
    """A metric that compares with what other methods say of the same images."""

    def __call__(
        self,
        model: Model,
        x: Images | Tensor,
        y: object,
        explained: Maps,
        *,
        others: Sequence[Maps] = (),
        internal_batch: int | None = None,
        progress: bool | None = None,
    ) -> Measured:
        """A number for each image, and their mean.

        ``others`` are what other methods say of the images, at least one. ``y`` are the classes that were explained; None for those of ``explained``,
        if it says so.
        """
        if len(others) == 0:
            raise InputError(
                f"others: {self.name} compares with what other methods say of the images. Give at least one: others=[…]"
            )
        classes = _classes(y, explained)
        for other in others:
            _classes(classes, other)
        return self._measure(model, x, classes, explained, None, others, internal_batch, progress)


@dataclass(frozen=True, kw_only=True)
class Squares:
    """Perturbations: squares of the image that give way, one after the other."""

    side: int = 4
    """Rows and columns of a square."""
    stride: int = 1
    """Rows or columns from one square to the next."""
    fill: Literal["black", "mean", "blur"] = "black"
    """What stands in its place: the lower bound of the data, the mean of each channel of the image, or the image blurred."""


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Perturbations: normal noise on all values."""

    deviation: float
    """Standard deviation, in the units of the data."""
    samples: int
    """Perturbations of each image."""
    seed: int = 0
    """Seed of what is drawn."""


class PerturbingMetric(Metric):
    """A metric that perturbs images by squares or noise."""

    perturbation: Squares | Noise

    def _options(self) -> str:
        if not isinstance(self.perturbation, Squares | Noise):
            raise InputError(f"perturbation: expected Squares(…) or Noise(…), found {self.perturbation!r}")
        kind = type(self.perturbation).__name__.lower()
        return options(self, "a metric", perturbation={kind: asdict(self.perturbation)})


class AttackingMetric(RepeatingMetric):
    """A metric that attacks the model."""

    attack: Attack

    def _options(self) -> str:
        attack = self.attack
        if isinstance(attack, AutoAttack):
            raise InputError(
                "attack: an ensemble leaves images unattacked that are misclassified. Give one attack, such as PGD"
            )
        return options(self, "a metric", attack=attack._settings(), eps=attack._eps())


def _maps(given: Maps, what: str) -> Any:
    return floats(given.attribution if isinstance(given, Explained) else given, what, 4)


def _classes(y: object, explained: Maps) -> IntArray:
    """The classes that were explained."""
    if y is None:
        if isinstance(explained, Explained):
            return explained.target
        raise InputError("y: an array does not say which classes were explained. Give them, one for each image")
    classes = labels(y, "y")
    if isinstance(explained, Explained) and not np.array_equal(classes, explained.target):
        other = len(classes) != len(explained.target)
        found = (
            f"{len(classes)} classes"
            if other
            else f"image {int(np.flatnonzero(classes != explained.target)[0])} has another class"
        )
        raise InputError(f"y: {found}, but the maps explain those of `explained.target`. Give these, or None for them")
    return classes
