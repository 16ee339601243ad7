"""Ways to train, each with its settings: see ``docs/defenses.md``.

A weight is that of the penalty per example, independent of the batch's size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

__all__ = [
    "AdversarialTraining",
    "Both",
    "CertaintySensitivity",
    "Defense",
    "Distillation",
    "DistilledLabel",
    "DoubleBackprop",
    "Entropy",
    "Normal",
    "PGDTraining",
    "Trades",
]

PenaltyNorm = Literal["squared-l2", "l1"]
PenaltyOutput = Literal["log-probabilities", "logits"]


class Defense:
    """A way to train."""

    name: ClassVar[str]

    def _settings(self) -> dict[str, Any]:
        """As the training takes them."""
        return {"defense": self.name}


@dataclass(frozen=True)
class Normal(Defense):
    """None: cross-entropy alone."""

    name = "normal"


class _Penalty(Defense):
    weight: float
    norm: PenaltyNorm
    output: PenaltyOutput

    def _settings(self) -> dict[str, Any]:
        return {
            "defense": self.name,
            "weight": self.weight,
            "penalty_norm": self.norm,
            "penalty_output": self.output,
        }


@dataclass(frozen=True)
class DoubleBackprop(_Penalty):
    """Double backprop (Ross & Doshi-Velez 2018): a penalty on the input gradient of the loss."""

    weight: float
    norm: PenaltyNorm = "squared-l2"
    output: PenaltyOutput = "log-probabilities"
    name = "doubleback"


@dataclass(frozen=True)
class CertaintySensitivity(_Penalty):
    """Certainty sensitivity: the same, of the cross-entropy with the uniform distribution."""

    weight: float
    norm: PenaltyNorm = "squared-l2"
    output: PenaltyOutput = "log-probabilities"
    name = "insensitive"


@dataclass(frozen=True)
class Entropy(_Penalty):
    """A penalty on the input gradient of the predictions' entropy."""

    weight: float
    norm: PenaltyNorm = "squared-l2"
    output: PenaltyOutput = "log-probabilities"
    name = "entropy"


@dataclass(frozen=True)
class DistilledLabel(_Penalty):
    """Double backprop towards the labels of a teacher of this temperature, which is trained first."""

    weight: float
    temperature: float = 50.0
    norm: PenaltyNorm = "squared-l2"
    output: PenaltyOutput = "log-probabilities"
    name = "distilled-label"

    def _settings(self) -> dict[str, Any]:
        return super()._settings() | {"temperature": self.temperature}


@dataclass(frozen=True)
class Distillation(Defense):
    """Defensive distillation (Papernot et al. 2016): a teacher of this temperature is trained first."""

    temperature: float = 50.0
    name = "distilled"

    def _settings(self) -> dict[str, Any]:
        return {"defense": self.name, "temperature": self.temperature}


@dataclass(frozen=True)
class AdversarialTraining(Defense):
    """Adversarial training with FGSM: half the loss is that of perturbed images."""

    eps: float
    name = "advtrain"

    def _settings(self) -> dict[str, Any]:
        return {"defense": self.name, "eps": self.eps}


@dataclass(frozen=True)
class PGDTraining(Defense):
    """Adversarial training with PGD (Madry et al. 2018)."""

    eps: float
    steps: int = 10
    norm: Literal["linf", "l2"] = "linf"
    name = "pgd"

    def _settings(self) -> dict[str, Any]:
        return {"defense": self.name, "eps": self.eps, "pgd_steps": self.steps, "adversarial_norm": self.norm}


@dataclass(frozen=True)
class Trades(Defense):
    """TRADES (Zhang et al. 2019): cross-entropy plus ``beta`` times the divergence of the predictions of an image and of its perturbed version."""

    eps: float
    beta: float = 6.0
    steps: int = 10
    norm: Literal["linf", "l2"] = "linf"
    name = "trades"

    def _settings(self) -> dict[str, Any]:
        return {
            "defense": self.name,
            "eps": self.eps,
            "trades_beta": self.beta,
            "pgd_steps": self.steps,
            "adversarial_norm": self.norm,
        }


@dataclass(frozen=True)
class Both(_Penalty):
    """Double backprop and adversarial training with FGSM."""

    weight: float
    eps: float
    norm: PenaltyNorm = "squared-l2"
    output: PenaltyOutput = "log-probabilities"
    name = "both"

    def _settings(self) -> dict[str, Any]:
        return super()._settings() | {"eps": self.eps}
