"""Training."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from . import _doubleback
from ._arrays import Images, Tensor, floats, labels
from ._interrupted import interrupted, kept_in
from ._progress import bar
from .defenses import Defense, Normal
from .model import Model

Architecture = Literal["paper-cnn", "small-cnn", "vgg-small", "resnet-small", "resnet18", "wrn-28-2"]


class Trained(Model):
    """A model that was trained here, with its curve."""

    __slots__ = ("curve",)

    def __init__(self, handle: _doubleback.ModelHandle, name: str, curve: list[dict[str, Any]]) -> None:
        super().__init__(handle, name)
        self.curve = curve
        """Loss and accuracies from time to time: a list of ``step``, ``loss``, ``accuracy`` and their like."""

    def __reduce__(self) -> tuple[Callable[..., Trained], tuple[Any, ...]]:
        return _unpickled, (self._handle.to_bytes(), self.name, self.curve)


def _unpickled(data: bytes, name: str, curve: list[dict[str, Any]]) -> Trained:
    return Trained(_doubleback.ModelHandle.of_bytes(data), name, curve)


def train(
    x: Images | Tensor,
    y: object,
    *,
    arch: Architecture = "small-cnn",
    defense: Defense | None = None,
    steps: int = 400,
    batch: int = 256,
    learning_rate: float | None = None,
    seed: int = 0,
    optimizer: Literal["adam", "adamw", "sgd"] = "adam",
    momentum: float | None = None,
    nesterov: bool = False,
    weight_decay: float | None = None,
    schedule: Literal["constant", "cosine", "one-cycle"] = "constant",
    warmup: int = 0,
    accumulate: int = 1,
    clip_norm: float | None = None,
    average: float | None = None,
    crop: int = 0,
    flip: bool = False,
    label_smoothing: float = 0.0,
    classes: Sequence[str] | None = None,
    bounds: tuple[float, float] = (0.0, 1.0),
    validation: tuple[Images | Tensor, object] | None = None,
    class_weights: Sequence[float] | None = None,
    pool: Literal["max", "avg"] = "max",
    activation: str = "relu",
    curve_every: int = 100,
    out: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> Trained:
    """Trains a classifier of images ``x`` within ``bounds`` with the classes ``y``, from nothing.

    ``defense`` is one of ``doubleback.defenses``, such as ``DoubleBackprop(weight=10)``. ``steps`` are those of the optimizer, of ``batch`` images each;
    the images are gone through in their order. ``classes`` are the names of the classes; without them there are as many as the labels need, named
    by number. ``activation`` is what the network has in place of ReLU: "silu", "gelu", "softplus" ("softplus:10" is sharper), "elu" or "mish".
    ``validation`` are images and labels that the curve looks at every ``curve_every`` steps.

    ``optimizer`` is "adam" (TensorFlow's form, as the paper's), or "adamw" or "sgd" as in PyTorch, with ``weight_decay`` of all parameters; "sgd" takes
    ``momentum`` and ``nesterov``. ``learning_rate`` is 1e-3 if none is given, 0.1 with "sgd". It stays, or follows ``schedule``: "cosine" to 0, or
    "one-cycle" (PyTorch's ``OneCycleLR``); ``warmup`` steps rise to it first. A step takes the gradient of ``accumulate`` batches, shortened to the L2 norm
    ``clip_norm``. ``average`` (such as 0.999) evaluates and gives the exponential moving average of the weights. ``crop`` pads training images by so
    many pixels and cuts a piece of their size out at random; ``flip`` mirrors them at random. ``label_smoothing`` is PyTorch's, of the
    cross-entropy: a gradient penalty keeps the true labels.

    With ``out``, a ``.safetensors`` file, the model is written there, and its state beside it: interrupted, the same call goes on from where it
    was, and so does one of more steps; it ends with the same bits as a training that was never interrupted.
    """
    options = {
        "arch": arch,
        "pool": pool,
        "activation": activation,
        "freeze": [],
        "frozen_norms": False,
        "layer_rates": [],
        "new_head": False,
        "steps": steps,
        "batch": batch,
        "learning_rate": learning_rate,
        "optimizer": optimizer,
        "momentum": momentum,
        "nesterov": nesterov,
        "weight_decay": weight_decay,
        "schedule": schedule,
        "warmup": warmup,
        "accumulate": accumulate,
        "clip_norm": clip_norm,
        "average": average,
        "crop": crop,
        "flip": flip,
        "label_smoothing": label_smoothing,
        "seed": seed,
        "curve_every": curve_every,
        "bounds": list(bounds),
        "name": "arrays",
    }
    return _run(x, y, validation, classes, class_weights, defense, options, out, progress, None)


def train_from(
    model: Model,
    x: Images | Tensor,
    y: object,
    *,
    defense: Defense | None = None,
    steps: int = 400,
    batch: int = 256,
    learning_rate: float | None = None,
    seed: int = 0,
    freeze: Sequence[str] = (),
    frozen_norms: bool = False,
    layer_rates: Mapping[str, float] | None = None,
    new_head: bool = False,
    optimizer: Literal["adam", "adamw", "sgd"] = "adam",
    momentum: float | None = None,
    nesterov: bool = False,
    weight_decay: float | None = None,
    schedule: Literal["constant", "cosine", "one-cycle"] = "constant",
    warmup: int = 0,
    accumulate: int = 1,
    clip_norm: float | None = None,
    average: float | None = None,
    crop: int = 0,
    flip: bool = False,
    label_smoothing: float = 0.0,
    classes: Sequence[str] | None = None,
    validation: tuple[Images | Tensor, object] | None = None,
    class_weights: Sequence[float] | None = None,
    curve_every: int = 100,
    out: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> Trained:
    """Trains ``model`` further, with any defense: one of ``load``, ``from_torch`` or ``train``. The model that is given stays as it is.

    ``x`` are images within the model's bounds, ``y`` their classes. Layers that ``freeze`` names stay as they are, the moving averages of their batch
    norms included ("layer1" stands for "layer1.0.conv1" and its like as well); with ``frozen_norms`` all batch norms normalize by their moving averages,
    which stay. ``layer_rates`` multiplies the learning rate of layers, as ``{"layer4": 0.1}``. ``new_head`` gives the model a new last layer for other
    ``classes``, in the order of the labels. All other options are those of ``train``. ``Model.to_torch`` puts the result back into a module of PyTorch.
    """
    if classes is None and not new_head:
        classes = model.classes
    options = {
        "arch": None,
        "pool": None,
        "activation": None,
        "freeze": list(freeze),
        "frozen_norms": frozen_norms,
        "layer_rates": [[name, float(factor)] for name, factor in (layer_rates or {}).items()],
        "new_head": new_head,
        "steps": steps,
        "batch": batch,
        "learning_rate": learning_rate,
        "optimizer": optimizer,
        "momentum": momentum,
        "nesterov": nesterov,
        "weight_decay": weight_decay,
        "schedule": schedule,
        "warmup": warmup,
        "accumulate": accumulate,
        "clip_norm": clip_norm,
        "average": average,
        "crop": crop,
        "flip": flip,
        "label_smoothing": label_smoothing,
        "seed": seed,
        "curve_every": curve_every,
        "bounds": list(model.bounds),
        "name": "arrays",
    }
    return _run(x, y, validation, classes, class_weights, defense, options, out, progress, model)


def _run(
    x: Images | Tensor,
    y: object,
    validation: tuple[Images | Tensor, object] | None,
    classes: Sequence[str] | None,
    class_weights: Sequence[float] | None,
    defense: Defense | None,
    options: dict[str, Any],
    out: str | os.PathLike[str] | None,
    progress: bool | None,
    start: Model | None,
) -> Trained:
    """The training that both ask for; without ``classes`` there are as many as the labels need, named by number."""
    wanted_labels = labels(y, "y")
    held_out = (
        None if validation is None else (floats(validation[0], "validation", 4), labels(validation[1], "validation"))
    )
    if classes is None:
        seen = [
            one for one in (wanted_labels, None if held_out is None else held_out[1]) if one is not None and len(one)
        ]
        classes = [str(label) for label in range(1 + max((int(one.max()) for one in seen), default=0))]
    options = (
        (Normal() if defense is None else defense)._settings()
        | options
        | {
            "classes": list(classes),
            "class_weights": None if class_weights is None else [float(weight) for weight in class_weights],
        }
    )
    kept = "Nothing was kept: give out=FILE to go on from there" if out is None else kept_in(out)
    begin = None if start is None else (start._handle, start.name)
    with bar(progress) as shown, interrupted(kept):
        handle, curve = _doubleback.train(
            floats(x, "x", 4), wanted_labels, held_out, json.dumps(options), out, shown, begin
        )
    return Trained(handle, "model" if out is None else os.fspath(out), json.loads(curve))
