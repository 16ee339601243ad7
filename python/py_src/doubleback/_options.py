"""Options as the library takes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from .errors import InputError


def options(holder: Any, what: str, leaving_out: Sequence[str] = (), **instead: Any) -> str:
    """The fields of a dataclass as JSON, but for some, and with other values ``instead`` of those of some."""
    values: dict[str, Any] = {one.name: getattr(holder, one.name) for one in fields(holder)}
    values = {name: value for name, value in values.items() if name not in leaving_out} | instead

    def plain(value: Any) -> Any:
        """A number of NumPy or torch as one of Python, an array as a list."""
        try:
            return value.tolist()
        except AttributeError:
            raise InputError(f"option of {what}: expected a number or a name, found {value!r}") from None

    return json.dumps(values, default=plain)
