"""What comes of attacks, audits and transfers."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import _doubleback
from ._arrays import BoolArray, FloatArray, IntArray
from ._pictures import figure, table
from .attacks import Attack

__all__ = ["Attacked", "Audit", "Transfer"]


@dataclass(frozen=True, repr=False)
class Attacked:
    """What an attack did to images; arrays have one entry for each image. Of torch's tensors, ``examples`` is one too."""

    attack: Attack
    """The attack with its options."""
    examples: FloatArray
    """The examples, ``[n, channels, height, width]``, within the model's bounds."""
    success: BoolArray
    """Whether the model says another class than the label's, or the target."""
    prediction: IntArray
    """The class that the model says of each example."""
    gradients: IntArray
    """Gradients that were computed."""
    forwards: IntArray
    """Forward passes, besides those of the gradients."""
    l2: FloatArray
    """L2 length of each change."""
    linf: FloatArray
    """Largest change of a value."""
    l0: FloatArray
    """Values that changed."""
    zero_gradient: BoolArray
    """Whether every gradient was exactly zero, so that the attack had no direction: its failure says nothing."""
    distance: FloatArray | None
    """How far the nearest example is, of an attack that looks for it; infinite where it found none."""
    bounds: tuple[float, float] = field(default=(0.0, 1.0))
    """Least and greatest pixel value."""

    @property
    def accuracy(self) -> float:
        """Share of the images on which the attack did not succeed."""
        return float(1 - np.mean(self.success))

    def __len__(self) -> int:
        return len(self.success)

    def _facts(self) -> list[tuple[str, str]]:
        facts = [
            ("success", f"{int(self.success.sum()):,} of {len(self):,}"),
            ("mean L2, Linf", f"{self.l2.mean():.4g}, {self.linf.mean():.4g}"),
            ("gradients, forward passes an image", f"{self.gradients.mean():.4g}, {self.forwards.mean():.4g}"),
        ]
        if self.distance is not None:
            facts.append(("median distance", f"{float(np.median(self.distance)):.4g}"))
        if self.zero_gradient.any():
            facts.append(("without a gradient", f"{int(self.zero_gradient.sum()):,}: their failure says nothing"))
        return facts

    def __repr__(self) -> str:
        return f"<{self.attack!r}: " + "; ".join(f"{name} {value}" for name, value in self._facts()) + ">"

    def _repr_html_(self) -> str:
        examples = np.asarray(self.examples)
        chosen = np.flatnonzero(self.success)[:8]
        figures = (figure(examples[place], self.bounds, f"taken for {self.prediction[place]}") for place in chosen)
        return f"<p><code>{self.attack!r}</code></p>" + table(self._facts()) + "".join(figures)


class Audit:
    """An audit's numbers and flags: the object that its report is made of."""

    def __init__(self, handle: _doubleback.AuditHandle) -> None:
        self._handle = handle
        self._results: dict[str, Any] = json.loads(handle.json())

    def to_dict(self) -> dict[str, Any]:
        """All of it, as the JSON of the command ``audit``."""
        results: dict[str, Any] = json.loads(self._handle.json())
        return results

    @property
    def clean_accuracy(self) -> float:
        """Share of the images that are classified rightly."""
        return float(self._results["clean_accuracy"])

    @property
    def robust_accuracy(self) -> float | None:
        """Share that no attack broke; None if the time was over before all attacks were finished, see ``to_dict()["partial"]``."""
        robust = self._results["robust_accuracy"]
        return None if robust is None else float(robust)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % Wilson interval of the robust accuracy."""
        low, high = self._results["low"], self._results["high"]
        return None if low is None or high is None else (float(low), float(high))

    @property
    def attacks(self) -> dict[str, dict[str, Any]]:
        """What each attack did, in order."""
        attacks: dict[str, dict[str, Any]] = self._results["attacks"]
        return attacks

    @property
    def flags(self) -> list[dict[str, Any]]:
        """Reasons to doubt the numbers, each with ``name``, ``detail`` and evidence."""
        flags: list[dict[str, Any]] = self._results["flags"]
        return flags

    @property
    def notes(self) -> list[str]:
        """What is to be known beside."""
        return [str(note) for note in self._results["notes"]]

    def save_report(self, folder: str | os.PathLike[str]) -> Path:
        """Writes ``report.html``, its figures and ``results.json`` into a folder; gives the report's path."""
        self._handle.save_report(folder)
        return Path(folder) / "report.html"

    def _robust(self) -> str:
        robust, interval = self.robust_accuracy, self.interval
        if robust is None or interval is None:
            return f"at most {self._results['partial']['at_most']:.1%} (partial)"
        return f"{robust:.1%} ({interval[0]:.1%} to {interval[1]:.1%})"

    def __repr__(self) -> str:
        results = self._results
        flags = ", ".join(flag["name"] for flag in self.flags) or "none"
        return (
            f"<audit of {results['model']}: {len(results['images']):,} images, eps {results['eps']:g} ({results['norm']}); "
            f"clean {self.clean_accuracy:.1%}, robust {self._robust()}; flags: {flags}>"
        )

    def _repr_html_(self) -> str:
        rows = [
            (name, found["tried"], found["broken"], f"{found['cumulative']:.1%}")
            for name, found in self.attacks.items()
        ]
        facts = [("clean accuracy", f"{self.clean_accuracy:.1%}"), ("robust accuracy", self._robust())]
        facts += [(f"flag {flag['name']}", flag["detail"]) for flag in self.flags]
        return table(facts) + table(rows, ("attack", "tried", "broke", "standing"))


class Transfer:
    """Accuracy of every model on the examples that were made on each."""

    def __init__(self, results: dict[str, Any]) -> None:
        self._results = results
        self.models: list[str] = list(results["models"])
        """Names of the models, in order."""
        self.accuracy: np.ndarray[Any, np.dtype[np.float64]] = np.array(
            [[self._of(made_on, asked) for asked in self.models] for made_on in self.models]
        )
        """``[made on, asked]``, at the one eps."""

    def _of(self, made_on: str, asked: str) -> float:
        wanted = (made_on, asked)
        entries = self._results["transfer"]
        return next(float(one["accuracy"]) for one in entries if (one["crafted_on"], one["evaluated_on"]) == wanted)

    @property
    def clean_accuracy(self) -> dict[str, float]:
        """Of each model, on the images themselves."""
        return {model: float(self._results["clean_accuracy"][model]) for model in self.models}

    def to_dict(self) -> dict[str, Any]:
        """All of it, as the JSON of the command ``transfer``."""
        return dict(self._results)

    def __repr__(self) -> str:
        rows = [
            f"{name}: " + ", ".join(f"{share:.1%}" for share in row)
            for name, row in zip(self.models, self.accuracy, strict=True)
        ]
        return (
            f"<transfer of {self._results['attack']}, {self._results['count']:,} images; made on "
            + "; ".join(rows)
            + ">"
        )

    def _repr_html_(self) -> str:
        rows = [
            (name, *(f"{share:.1%}" for share in row)) for name, row in zip(self.models, self.accuracy, strict=True)
        ]
        return table(rows, ("made on", *self.models))
