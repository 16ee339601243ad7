"""Progress bars, if tqdm is there."""

from __future__ import annotations

from typing import Any


class Bar:
    """Shows each phase of work as a bar of its own."""

    def __init__(self, tqdm: Any, disable: bool | None) -> None:
        self._tqdm, self._disable, self._bar = tqdm, disable, None

    def begin(self, phase: str, steps: int) -> None:
        """A phase begins."""
        self.close()
        self._bar = self._tqdm(total=steps, desc=phase, leave=False, disable=self._disable)

    def resume(self, step: int) -> None:
        """So many of its steps are there from an earlier run."""
        if self._bar is not None:
            self._bar.initial = step
            self._bar.n = step

    def advance(self, step: int, loss: float | None) -> None:
        """So many of its steps are done."""
        if self._bar is not None:
            if loss is not None:
                self._bar.set_postfix(loss=f"{loss:.4g}", refresh=False)
            self._bar.update(step - self._bar.n)

    def close(self) -> None:
        """The work is over."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class NoBar(Bar):
    """Shows nothing."""

    def __init__(self) -> None:
        super().__init__(None, None)

    def begin(self, phase: str, steps: int) -> None:
        """A phase begins."""


def bar(progress: bool | None) -> Bar:
    """A bar on a terminal or in a notebook if tqdm is there (None), always (True), or never (False)."""
    if progress is False:
        return NoBar()
    try:
        from tqdm.auto import tqdm
    except ImportError:
        if progress:
            raise
        return NoBar()
    return Bar(tqdm, None if progress is None else False)
