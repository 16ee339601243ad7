"""Models from files and from functions."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from typing import Any

from . import _doubleback
from ._arrays import FloatArray
from .model import Model

Normalization = str | tuple[Sequence[float], Sequence[float]]
"""A name such as ``imagenet``, or means and deviations."""

_LOG = logging.getLogger("doubleback")


def told(model: Model) -> Model:
    """Says what was assumed or ignored."""
    for note in model.notes:
        _LOG.warning("%s: %s", model.name, note)
    return model


def written(normalize: Normalization | None) -> str | None:
    """As the command line writes it."""
    if normalize is None or isinstance(normalize, str):
        return normalize
    mean, std = (",".join(repr(float(value)) for value in values) for values in normalize)
    return f"mean={mean};std={std}"


def load(
    path: str | os.PathLike[str],
    *,
    arch: str | None = None,
    bounds: tuple[float, float] | None = None,
    normalize: Normalization | None = None,
    output: str | None = None,
    size: tuple[int, int] | None = None,
    check: str | os.PathLike[str] | None = None,
) -> Model:
    """Reads a model: a file of doubleback, ONNX, PyTorch's ``.pt``/``.pth``, or ``.safetensors`` of others. Nothing in it is run.

    ``arch`` is the architecture of a file that holds weights alone, by its name in torchvision, timm or here. ``bounds`` are the least and
    greatest pixel value; without them the model's own, or else 0 and 1, which is said on the log. ``normalize`` is what the model wants done
    to pixels that it does not do itself: a name such as ``imagenet``, or means and deviations; it becomes a layer, so that images and eps stay
    in the data's units. ``output`` is the output of an ONNX graph that gives the logits, ``size`` the rows and columns of an image where the
    file leaves them open, ``check`` an ``.npz`` file of ``inputs`` and ``logits`` of the model's own framework to compare with.
    """
    handle = _doubleback.ModelHandle.load(path, arch, bounds, written(normalize), output, size, check)
    return told(Model(handle, os.fspath(path)))


def from_functions(
    logits: Callable[[FloatArray], Any],
    vjp: Callable[[FloatArray, FloatArray], Any],
    shape: tuple[int, int, int],
    classes: int,
    *,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Model:
    """A model that exists only in Python; all attacks run on it.

    ``logits(x)`` gives ``[n, classes]`` of ``[n, channels, height, width]``, and ``vjp(x, cotangent)`` the gradient of
    ``sum(cotangent * logits(x))`` with respect to ``x``. They are called by the thread that calls the model, and what they raise comes out.

    >>> import numpy as np
    >>> import doubleback as db
    >>> w = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    >>> model = db.from_functions(
    ...     lambda x: x.reshape(-1, 2) @ w, lambda x, c: (c @ w.T).reshape(x.shape), shape=(1, 1, 2), classes=2
    ... )
    >>> x = np.array([[[[0.6, 0.5]]]], np.float32)
    >>> model.attack(x, [0], db.FGSM(eps=0.1)).success
    array([ True])
    """
    handle = _doubleback.ModelHandle.of_functions(logits, vjp, shape, classes, bounds)
    return Model(handle, "functions")
