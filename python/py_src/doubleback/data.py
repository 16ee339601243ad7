"""Data sets by name, as arrays."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from . import _doubleback
from ._arrays import FloatArray, IntArray

__all__ = ["Data", "load"]


@dataclass(frozen=True)
class Data:
    """Images ``[n, channels, height, width]`` within ``bounds`` and their labels, in three parts."""

    name: str
    classes: list[str]
    bounds: tuple[float, float]
    x_train: FloatArray
    y_train: IntArray
    x_validation: FloatArray
    y_validation: IntArray
    x_test: FloatArray
    y_test: IntArray
    notes: list[str]

    def __repr__(self) -> str:
        shape = "x".join(str(size) for size in self.x_test.shape[1:])
        sizes = [len(y) for y in (self.y_train, self.y_validation, self.y_test)]
        low, high = self.bounds
        return (
            f"<{self.name}: images of {shape} from {low:g} to {high:g}, {len(self.classes)} classes; "
            f"{sizes[0]:,} train, {sizes[1]:,} validation, {sizes[2]:,} test>"
        )


def load(
    name: str,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    only: Literal["train", "validation", "test"] | None = None,
) -> Data:
    """A data set by the name that the command line knows it by: ``mnist-mini``, which comes with the package, ``mnist``, ``cifar10``,
    ``folder:PATH``, ``npz:FILE``, ``parquet:PATH``, … (``doubleback data list`` names them, and ``doubleback data fetch`` gets their files).

    ``data_dir`` is the folder that holds ``mnist/`` and its like; without it ``DOUBLEBACK_DATA``, or else the user's data folder. ``only`` is
    the one part that is needed, where the others have files of their own: they are empty then.

    >>> from doubleback import data
    >>> data.load("mnist-mini")
    <mnist-mini: images of 1x28x28 from 0 to 1, 10 classes; 10,000 train, 1,000 validation, 2,000 test>
    """
    folder = data_dir if data_dir is not None else os.environ.get("DOUBLEBACK_DATA") or None
    found = _doubleback.load_data(name, folder, only)
    parts = {part: found[part] for part in ("train", "validation", "test")}
    return Data(
        name=found["name"],
        classes=found["classes"],
        bounds=found["bounds"],
        x_train=parts["train"][0],
        y_train=parts["train"][1],
        x_validation=parts["validation"][0],
        y_validation=parts["validation"][1],
        x_test=parts["test"][0],
        y_test=parts["test"][1],
        notes=found["notes"],
    )
