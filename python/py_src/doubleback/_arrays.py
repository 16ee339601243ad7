"""Arrays of any library in; NumPy's, or torch's for torch's, out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import InputError

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class Tensor(Protocol):
    """A tensor of torch, on the CPU."""

    def detach(self) -> Any: ...


class HasArray(Protocol):
    """What NumPy can make an array of."""

    def __array__(self) -> NDArray[Any]: ...


class HasDLPack(Protocol):
    """What gives its memory by DLPack."""

    def __dlpack__(self) -> Any: ...


Images = NDArray[Any] | HasArray | HasDLPack


def is_tensor(x: object) -> bool:
    """Whether it is a tensor of torch; torch is not imported for that."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def _numpy(x: Any, what: str) -> NDArray[Any]:
    if is_tensor(x):
        if x.device.type != "cpu":
            raise InputError(f"{what}: a tensor on {x.device}; tensors on the CPU are read. Give {what}.cpu()")
        return x.detach().numpy()  # type: ignore[no-any-return]
    if hasattr(x, "__array__") or not hasattr(x, "__dlpack__"):
        return np.asarray(x)
    return np.from_dlpack(x)


def floats(x: object, what: str, axes: int) -> NDArray[np.floating[Any]]:
    """The same values as an array of floats with so many axes, not copied where that can be."""
    array = x if type(x) is np.ndarray else _numpy(x, what)
    if array.dtype.kind != "f":
        hint = ""
        if array.dtype == np.uint8:
            hint = f". Give values within the model's bounds, such as {what}.astype('float32') / 255"
        raise InputError(f"{what}: expected floats, found {array.dtype}{hint}")
    if array.ndim != axes:
        hint = f". Give {what}[None] for one image" if array.ndim == axes - 1 and axes == 4 else ""
        sizes = "[n, channels, height, width]" if axes == 4 else "[n, classes]"
        raise InputError(f"{what}: expected {sizes}, found {list(array.shape)}{hint}")
    return array if array.flags.aligned else array.copy()


def labels(y: object, what: str) -> IntArray:
    """Whole numbers, one for each image."""
    array = y if type(y) is np.ndarray else _numpy(y, what)
    if array.dtype.kind not in "iu":
        raise InputError(f"{what}: expected the class of each image, a whole number, found {array.dtype}")
    if array.ndim != 1:
        hint = ". Give their argmax" if array.ndim == 2 else ""
        raise InputError(f"{what}: expected one class for each image, found {list(array.shape)}{hint}")
    return np.ascontiguousarray(array, np.int64)


def floats_of(given: object, name: str) -> FloatArray:
    """What a function of a model returned, in order and of our type."""
    array = given if type(given) is np.ndarray else _numpy(given, f"what the function `{name}` returned")
    if array.dtype.kind not in "fiu":
        raise InputError(f"what the function `{name}` returned: expected floats, found {array.dtype}")
    return np.require(array, np.float32, ["C", "A"])


def giving_back(x: object) -> Callable[[NDArray[Any]], Any]:
    """What makes of an array what the caller works with: a tensor if ``x`` is one."""
    if is_tensor(x):
        return sys.modules["torch"].from_numpy  # type: ignore[no-any-return]
    return lambda array: array
