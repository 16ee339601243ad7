"""Models of torch."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _doubleback
from ._open import Normalization, told, written
from .errors import InputError
from .model import Model

if TYPE_CHECKING:
    import torch

TOLERANCE = 1e-3
"""The largest difference of a logit from torch's, relative to the largest logit, of a model that was taken over rightly."""


@contextmanager
def _evaluating(module: torch.nn.Module) -> Iterator[None]:
    """In evaluation mode; afterwards every module is in the mode that it was in."""
    modes = [(one, one.training) for one in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for one, training in modes:
            one.training = training


def _export(module: torch.nn.Module, example: torch.Tensor) -> bytes:
    """As ONNX, in memory, with batch norms as they are."""
    import torch

    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (example,),
            file,
            dynamo=False,
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
            input_names=["images"],
            output_names=["logits"],
            dynamic_axes={"images": {0: "n"}, "logits": {0: "n"}},
        )
    return file.getvalue()


def from_torch(
    module: torch.nn.Module,
    example: torch.Tensor,
    *,
    bounds: tuple[float, float] | None = None,
    normalize: Normalization | None = None,
) -> Model:
    """Takes over a module of torch that makes logits of images; it is exported in memory, in evaluation mode, and stays as it was.

    ``example`` is an image or several, ``[n, channels, height, width]``, as the module takes them. ``bounds`` and ``normalize`` are as in
    ``load``: with ``normalize``, images come to the model in the data's units, and to the module as it wants them. The logits of the example are
    compared with torch's.
    """
    import torch

    if example.ndim != 4 or len(example) == 0:
        raise InputError(f"example: expected [n, channels, height, width], found {list(example.shape)}")
    name = type(module).__name__
    example = example.detach().to("cpu", torch.float32)
    # With one image alone exporters take 1 for a size of the model.
    several = example if len(example) > 1 else torch.cat([example, example])
    with _evaluating(module), torch.no_grad():
        expected = module(several).detach().numpy()
        try:
            model = _export(module, several)
        except Exception as error:
            first = str(error).strip().split("\n")[0]
            raise InputError(f"{name}: torch cannot export it to ONNX: {first}") from error
    handle = _doubleback.ModelHandle.of_onnx(model, name, bounds, written(normalize))
    if normalize is None:
        found = handle.logits(several.numpy())
        difference = float(np.abs(found - expected).max() / max(float(np.abs(expected).max()), 1e-30))
        if not difference <= TOLERANCE:
            raise InputError(
                f"{name}: its logits of the example differ from torch's by {difference:.1e} of the largest. Export it to ONNX, and look at it "
                "with `doubleback inspect`"
            )
    return told(Model(handle, name))


def filled(handle: _doubleback.ModelHandle, module: Any) -> None:
    """Copies the weights of a model into a module of torch."""
    import torch

    if not isinstance(module, torch.nn.Module):
        raise InputError(f"module: expected a torch.nn.Module, found {type(module).__name__}")
    there = module.state_dict()
    tensors, notes = handle.state_dict("known", [(name, list(tensor.shape)) for name, tensor in there.items()])
    module.load_state_dict({name: torch.from_numpy(values.reshape(shape)) for name, shape, values in tensors})
    for note in notes:
        warnings.warn(note, stacklevel=3)
