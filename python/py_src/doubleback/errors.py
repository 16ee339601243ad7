"""What goes wrong, one class for each kind. A message is one line that says what was expected, what was found, and what to do."""

__all__ = ["DeviceError", "InputError", "InternalError", "Interrupted", "MissingError"]


class InputError(ValueError):
    """Wrong use, or bad input."""


class MissingError(FileNotFoundError):
    """A file that is not there."""


class DeviceError(RuntimeError):
    """A device that failed."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C. What a call with ``out=`` had finished is kept there, and the same call goes on from it."""


class InternalError(RuntimeError):
    """A bug of doubleback."""
