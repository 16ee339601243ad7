"""All models on the examples of all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from . import _doubleback
from ._arrays import Images, Tensor, floats, labels
from ._interrupted import nothing_kept
from ._progress import bar
from .attacks import Attack, AutoAttack
from .errors import InputError
from .model import Model
from .results import Transfer


def transfer(
    models: Mapping[str, Model] | Sequence[Model],
    x: Images | Tensor,
    y: object,
    attack: Attack,
    *,
    progress: bool | None = None,
) -> Transfer:
    """Accuracy of every model on the examples that ``attack`` makes on each of them. ``models`` are named, or have names of their own."""
    if isinstance(models, Mapping):
        named = [(str(name), model._handle) for name, model in models.items()]
    else:
        named = [(model.name, model._handle) for model in models]
    names = [name for name, _ in named]
    if len(set(names)) < len(names):
        raise InputError(f"models: two have the same name, of {', '.join(names)}. Give a dict of names and models")
    if isinstance(attack, AutoAttack):
        raise InputError(
            "attack: an ensemble leaves images unattacked that one model misclassifies. Give one of its attacks, such as APGDCE"
        )
    eps = attack._eps()
    with bar(progress) as shown, nothing_kept():
        sizes = [] if eps is None else [eps]
        made = _doubleback.transfer(
            named, floats(x, "x", 4), labels(y, "y"), attack.name, attack._options(), sizes, shown
        )
    results: dict[str, Any] = json.loads(made)
    results["models"] = names
    return Transfer(results)
