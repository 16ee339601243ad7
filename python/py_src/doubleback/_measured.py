"""What comes of metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ._pictures import table

if TYPE_CHECKING:
    from ._metric_base import Metric

__all__ = ["Measured"]


@dataclass(frozen=True, repr=False)
class Measured:
    """What a metric says of explanations."""

    metric: Metric
    """The metric with its options."""
    values: NDArray[np.float64]
    """One of each image, NaN where it is undefined."""
    mean: float | None
    """The mean of those that are defined; None if there is none."""
    interval: tuple[float, float] | None
    """Its 95 % interval, as if the images' values were normally distributed; None of fewer than two."""
    direction: str
    """``lower is better``, ``higher is better``, or ``neither is better``."""
    units: str
    """What the values are in."""
    question: str
    """What the metric asks."""
    undefined: dict[str, int]
    """Why values are undefined, and of how many images."""

    def __len__(self) -> int:
        return len(self.values)

    def _mean(self) -> str:
        if self.mean is None:
            return "undefined"
        return f"{self.mean:.4g}" + ("" if self.interval is None else " ({:.4g} to {:.4g})".format(*self.interval))

    def _undefined(self) -> list[str]:
        return [f"{count:,} of {len(self):,} images are undefined: {why}" for why, count in self.undefined.items()]

    def __repr__(self) -> str:
        return (
            f"<{self.metric!r}: "
            + "; ".join([f"{self._mean()} {self.units}", self.direction, *self._undefined()])
            + ">"
        )

    def _repr_html_(self) -> str:
        facts = [
            (self.question, self.direction),
            ("mean (95 % interval)", self._mean()),
            ("units", self.units),
            ("images", f"{len(self):,}"),
            *(("undefined", words) for words in self._undefined()),
        ]
        return f"<p><code>{self.metric!r}</code></p>" + table(facts)
