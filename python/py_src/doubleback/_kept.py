"""The file of an attack, which the same call reads once it is there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from .errors import InputError


def kept_files(out: str | os.PathLike[str]) -> tuple[Path, Path]:
    """An ``.npz`` file, and beside it the folder ``.work`` of finished batches while it is not there."""
    file = Path(out)
    if file.suffix != ".npz":
        raise InputError(f"out: {file}: expected a file that ends in .npz")
    return file, file.with_suffix(".work")


def read(file: Path, identity: str) -> dict[str, Any]:
    """What the file holds, if it is of the call of this ``identity``."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError) as problem:
        raise InputError(f"out: {file}: cannot be read: {problem}. Give another file, or remove it") from problem
    if str(found.pop("identity", np.array([""]))[0]) != identity:
        raise InputError(
            f"out: {file}: holds something else than this attack: of another model, images or options. Give another file, or remove it"
        )
    return found
