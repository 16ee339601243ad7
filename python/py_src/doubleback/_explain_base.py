"""What all methods of explanation have, and those that ask another one about noisy copies."""

from __future__ import annotations

from typing import ClassVar

from ._options import options
from .errors import InputError


class Method:
    """A method of explanation with its options."""

    name: ClassVar[str]
    """What the command line and results call it."""

    def _options(self) -> str:
        """As the library takes them."""
        return options(self, "a method of explanation")


def checked(method: object) -> Method:
    """Refuses what is no method with its options."""
    if isinstance(method, Method):
        return method
    hint = f". Give {method.__name__}()" if isinstance(method, type) and issubclass(method, Method) else ""
    raise InputError(
        f"method: expected one of doubleback.explain, such as IntegratedGradients(), found {method!r}{hint}"
    )


class NoisyMethod(Method):
    """A method that asks another one about noisy copies of an image."""

    of: str | type[Method] | Method

    def _options(self) -> str:
        return options(self, "a method of explanation", of=self._inner())

    def _inner(self) -> str:
        """The other one by its name: it is asked with its default options."""
        of = self.of
        if isinstance(of, str):
            return of
        if isinstance(of, Method) and of == type(of)():
            return of.name
        if isinstance(of, Method):
            raise InputError(
                f"of: {of!r}: a method is asked about noisy copies with its default options. Give {type(of).__name__}, or explain noisy images yourself"
            )
        if isinstance(of, type) and issubclass(of, Method):
            return of.name
        raise InputError(f"of: expected a method of doubleback.explain or its name, found {of!r}")
