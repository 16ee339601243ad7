"""What is said after Ctrl-C."""

from __future__ import annotations

import os

from .errors import Interrupted


class interrupted:
    """Says what is left after Ctrl-C."""

    def __init__(self, kept: str) -> None:
        self._kept = kept

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            raise Interrupted(f"interrupted. {self._kept}") from None


def nothing_kept() -> interrupted:
    return interrupted("Nothing was kept: call it again to start over")


def kept_in(out: str | os.PathLike[str]) -> str:
    return f"What was done is kept beside or in {os.fspath(out)}: make the same call again to go on"
