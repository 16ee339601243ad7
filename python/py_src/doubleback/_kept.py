"""Finished parts of an attack in a folder beside its output, for the same call to go on from."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .errors import InputError

Found = dict[str, Any]

PART = 256
"""Images of a part."""


def checksum(*values: object) -> str:
    """SHA-256 of arrays, bytes and what is written as text."""
    digest = hashlib.sha256()
    for value in values:
        if isinstance(value, np.ndarray):
            digest.update(f"{value.dtype.str}{value.shape}".encode())
            for start in range(0, len(value), PART):
                digest.update(np.ascontiguousarray(value[start : start + PART]).tobytes())
        else:
            digest.update(value if isinstance(value, bytes) else repr(value).encode())
    return digest.hexdigest()


def parts(count: int) -> Iterator[slice]:
    """Places of the images of each part."""
    for start in range(0, count, PART):
        yield slice(start, min(start + PART, count))


class Kept:
    """An ``.npz`` file, and beside it, while it is not finished, a folder ``.work`` with the finished parts."""

    def __init__(self, out: str | os.PathLike[str], identity: dict[str, str]) -> None:
        self.file = Path(out)
        if self.file.suffix != ".npz":
            raise InputError(f"out: {self.file}: expected a file that ends in .npz")
        self.folder = self.file.with_suffix(".work")
        self._identity = json.dumps(identity)

    def whole(self) -> Found | None:
        """What the file holds, if it is that of this attack."""
        if not self.file.exists():
            return None
        found = self._read(self.file)
        if found is None:
            raise InputError(
                f"out: {self.file}: holds something else than this attack: of another model, images or options. Give another file, or remove it"
            )
        return found

    def part(self, places: slice, make: Callable[[], Found]) -> Found:
        """A part that is there, or that is made."""
        path = self.folder / f"part-{places.start:07}.npz"
        found = self._read(path) if path.exists() else None
        if found is None:
            found = make()
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write(path, found)
        return found

    def finish(self, found: Found) -> None:
        """Writes the file, and removes the parts."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self._write(self.file, found)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self, path: Path) -> Found | None:
        try:
            with np.load(path, allow_pickle=False) as file:
                found = {name: file[name] for name in file.files}
        except (OSError, ValueError):
            return None
        return found if str(found.pop("identity", "")) == self._identity else None

    def _write(self, path: Path, found: Found) -> None:
        """Whole or not at all."""
        whole = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            with whole.open("wb") as file:
                np.savez(file, identity=np.array(self._identity), **found)
            os.replace(whole, path)
        finally:
            whole.unlink(missing_ok=True)


def joined(found: list[Found]) -> Found:
    """Parts one after the other."""
    return {name: np.concatenate([one[name] for one in found]) for name in found[0]}
