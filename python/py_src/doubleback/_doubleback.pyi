import os
from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from ._arrays import FloatArray, IntArray

__all__ = [
    "AuditHandle",
    "ModelHandle",
    "__version__",
    "attack",
    "attacks",
    "audit",
    "command",
    "explain",
    "load_data",
    "measure",
    "methods",
    "metrics",
    "num_threads",
    "resized",
    "train",
    "transfer",
]

__version__: str

_Path = str | os.PathLike[str]

@final
class ModelHandle:
    @staticmethod
    def load(
        path: _Path,
        arch: str | None,
        bounds: tuple[float, float] | None,
        normalize: str | None,
        output: str | None,
        size: tuple[int, int] | None,
        check: _Path | None,
    ) -> ModelHandle: ...
    @staticmethod
    def of_onnx(model: bytes, name: str, bounds: tuple[float, float] | None, normalize: str | None) -> ModelHandle: ...
    @staticmethod
    def of_functions(
        logits: Callable[[FloatArray], Any],
        vjp: Callable[[FloatArray, FloatArray], Any],
        shape: tuple[int, int, int],
        classes: int,
        bounds: tuple[float, float],
    ) -> ModelHandle: ...
    @staticmethod
    def of_bytes(bytes: bytes) -> ModelHandle: ...
    def to_bytes(self) -> bytes: ...
    def save(self, path: _Path) -> None: ...
    def to_onnx(self, path: _Path, batch: int | None) -> None: ...
    def state_dict(
        self, names: str, shapes: Sequence[tuple[str, Sequence[int]]] | None
    ) -> tuple[list[tuple[str, list[int], NDArray[Any]]], list[str]]: ...
    @property
    def classes(self) -> int: ...
    @property
    def class_names(self) -> list[str]: ...
    @property
    def shape(self) -> tuple[int, int, int]: ...
    @property
    def bounds(self) -> tuple[float, float]: ...
    @property
    def is_functions(self) -> bool: ...
    @property
    def notes(self) -> list[str]: ...
    def describe(self) -> str: ...
    def stages(self) -> list[tuple[str, tuple[int, int, int]]]: ...
    def logits(self, x: NDArray[Any]) -> FloatArray: ...
    def predict(self, x: NDArray[Any]) -> IntArray: ...
    def vjp(self, x: NDArray[Any], cotangent: NDArray[Any]) -> tuple[FloatArray, FloatArray]: ...
    def input_gradient(self, x: NDArray[Any], y: IntArray, loss: str) -> FloatArray: ...
    def latents(self, x: NDArray[Any], stage: str) -> FloatArray: ...

@final
class AuditHandle:
    def json(self) -> str: ...
    def html(self) -> str: ...
    def save_report(self, folder: _Path) -> list[str]: ...
    @property
    def was_there(self) -> bool: ...

def attacks() -> str: ...
def attack(
    model: ModelHandle,
    x: NDArray[Any],
    y: IntArray,
    name: str,
    options: str,
    eps: float | None,
    targets: IntArray | None,
    files: tuple[_Path, _Path] | None,
    bar: object | None,
) -> dict[str, Any]: ...
def audit(
    model: ModelHandle,
    x: NDArray[Any],
    y: IntArray,
    eps: float,
    norm: str,
    suite: str,
    attacks: Sequence[str],
    options: str,
    explain: Sequence[tuple[str, str]],
    seed: int,
    name: str,
    out: _Path | None,
    budget: float | None,
    bar: object | None,
) -> AuditHandle: ...
def command(words: Sequence[str], program: _Path | None) -> int: ...
def explain(
    model: ModelHandle,
    x: NDArray[Any],
    targets: IntArray | None,
    name: str,
    options: str,
    background: NDArray[Any] | None,
    internal_batch: int | None,
    bar: object | None,
) -> dict[str, Any]: ...
def load_data(name: str, data_dir: _Path | None, only: str | None) -> dict[str, Any]: ...
def measure(
    model: ModelHandle,
    x: NDArray[Any],
    targets: IntArray,
    maps: NDArray[Any],
    gap: NDArray[np.float64] | None,
    name: str,
    options: str,
    method: tuple[str, str, NDArray[Any] | None, str | None] | None,
    others: Sequence[NDArray[Any]],
    internal_batch: int | None,
    bar: object | None,
) -> dict[str, Any]: ...
def methods() -> str: ...
def metrics() -> str: ...
def num_threads(threads: int | None = None) -> int:
    """The number of worker threads; with an argument it is set first, for work that begins later."""

def resized(maps: NDArray[Any], size: tuple[int, int], upsampling: str) -> FloatArray: ...
def train(
    x: NDArray[Any],
    y: IntArray,
    validation: tuple[NDArray[Any], IntArray] | None,
    wanted: str,
    out: _Path | None,
    bar: object | None,
    start: tuple[ModelHandle, str] | None,
) -> tuple[ModelHandle, str]: ...
def transfer(
    models: Sequence[tuple[str, ModelHandle]],
    x: NDArray[Any],
    y: IntArray,
    name: str,
    options: str,
    eps: Sequence[float],
    bar: object | None,
) -> str: ...
