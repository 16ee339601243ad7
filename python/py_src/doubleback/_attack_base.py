"""What all attacks have, and the ensemble of several."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from ._options import options
from .errors import InputError


class Attack:
    """An attack with its options."""

    name: ClassVar[str]
    """What the command line and results call it."""

    def _options(self) -> str:
        """As the library takes them."""
        return options(self, "an attack", leaving_out=("eps",))

    def _settings(self) -> dict[str, Any]:
        """Its name with these."""
        return {"attack": self.name, **json.loads(self._options())}

    def _eps(self) -> float | None:
        """What it is held to, if it is."""
        return None


class BoundedAttack(Attack):
    """An attack that is held to an eps."""

    eps: float

    def _eps(self) -> float | None:
        return _number(self.eps)


class NearestAttack(Attack):
    """An attack that looks for the nearest example."""

    eps: float | None

    def _eps(self) -> float | None:
        return None if self.eps is None else _number(self.eps)


@dataclass(frozen=True, kw_only=True)
class AutoAttack(BoundedAttack):
    """The standard ensemble (Croce & Hein 2020), or its suite ``plus`` or ``rand``: each attack on the images that none before it has beaten. An
    image that none beats, or that is misclassified, stays as it is. ``Model.audit`` runs the same, says what of it is to be trusted, and resumes."""

    eps: float
    """What the attacks are held to, in the units of the data."""
    norm: Literal["linf", "l2"] = "linf"
    """Norm that eps bounds."""
    suite: Literal["standard", "plus", "rand"] = "standard"
    """Which attacks."""
    seed: int = 0
    """Seed of what is drawn."""
    name = "autoattack"


def _number(eps: Any) -> float:
    try:
        return float(eps)
    except (TypeError, ValueError):
        raise InputError(f"eps: expected a number such as 8/255, found {eps!r}") from None
