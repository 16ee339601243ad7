"""Models: what they say, their gradients, and what attacks make of them."""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from . import _doubleback
from ._arrays import FloatArray, Images, IntArray, Tensor, floats, giving_back, labels
from ._explain_base import Method, checked
from ._explained import Explained
from ._interrupted import interrupted, kept_in, nothing_kept
from ._kept import kept_files, read
from ._progress import bar
from .attacks import Attack
from .errors import InputError
from .results import Attacked, Audit

__all__ = ["Loss", "Model", "Norm", "Suite"]

Loss = Literal["ce", "margin", "probability-margin"]
Norm = Literal["linf", "l2"]
Suite = Literal["standard", "plus", "rand", "custom"]
Module = TypeVar("Module")


class Model:
    """A classifier of images ``[n, channels, height, width]`` within its ``bounds``. It never changes, and threads may share it.

    Where images are taken, NumPy's arrays are, and whatever gives its values by ``__array__`` or ``__dlpack__``; of torch's tensors on the CPU
    come tensors.
    """

    __slots__ = ("__weakref__", "_handle", "name")

    def __init__(self, handle: _doubleback.ModelHandle, name: str = "model") -> None:
        self._handle = handle
        self.name = name
        """What results call it."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return self._handle.shape

    @property
    def classes(self) -> list[str]:
        """Names of the classes, in the order of the logits; their numbers if the model does not say them."""
        return self._handle.class_names

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest pixel value."""
        return self._handle.bounds

    @property
    def notes(self) -> list[str]:
        """What was found, assumed, folded or ignored when it was read."""
        return [_in_python(note) for note in self._handle.notes]

    def summary(self) -> dict[str, Any]:
        """Layers, sizes and parameters; ``card``, what its file says of it; ``import``, where it comes from."""
        described: dict[str, Any] = json.loads(self._handle.describe())
        summary: dict[str, Any] = described.pop("summary")
        return summary | described

    @overload
    def logits(self, x: Images) -> FloatArray: ...
    @overload
    def logits(self, x: Tensor) -> Any: ...
    def logits(self, x: Images | Tensor) -> Any:
        """``[n, classes]``."""
        return giving_back(x)(self._handle.logits(floats(x, "x", 4)))

    @overload
    def predict(self, x: Images) -> IntArray: ...
    @overload
    def predict(self, x: Tensor) -> Any: ...
    def predict(self, x: Images | Tensor) -> Any:
        """The class of each image: that of the largest logit, the first of equals."""
        return giving_back(x)(self._handle.predict(floats(x, "x", 4)))

    @overload
    def vjp(self, x: Images, cotangent: Images) -> tuple[FloatArray, FloatArray]: ...
    @overload
    def vjp(self, x: Tensor, cotangent: Images | Tensor) -> tuple[Any, Any]: ...
    def vjp(self, x: Images | Tensor, cotangent: Images | Tensor) -> tuple[Any, Any]:
        """The logits, and the gradient of ``sum(cotangent * logits)`` with respect to ``x``; ``cotangent`` is ``[n, classes]``."""
        logits, gradient = self._handle.vjp(floats(x, "x", 4), floats(cotangent, "cotangent", 2))
        back = giving_back(x)
        return back(logits), back(gradient)

    @overload
    def input_gradient(self, x: Images, y: object, loss: Loss = "ce") -> FloatArray: ...
    @overload
    def input_gradient(self, x: Tensor, y: object, loss: Loss = "ce") -> Any: ...
    def input_gradient(self, x: Images | Tensor, y: object, loss: Loss = "ce") -> Any:
        """The gradient of each image's loss with respect to the image, not of their mean.

        ``ce`` is the cross-entropy; ``margin`` the largest other logit minus that of the label; ``probability-margin`` the same of
        probabilities.
        """
        return giving_back(x)(self._handle.input_gradient(floats(x, "x", 4), labels(y, "y"), loss))

    def stages(self) -> dict[str, tuple[int, int, int]]:
        """The stages by name, in the order of computation, with height, width and channels of each one's latent."""
        return dict(self._handle.stages())

    @overload
    def latents(self, x: Images, stage: str) -> FloatArray: ...
    @overload
    def latents(self, x: Tensor, stage: str) -> Any: ...
    def latents(self, x: Images | Tensor, stage: str) -> Any:
        """What a stage gives, ``[n, height, width, channels]``."""
        return giving_back(x)(self._handle.latents(floats(x, "x", 4), stage))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes it as a ``.safetensors`` file of doubleback, which ``load`` and all commands read."""
        self._handle.save(path)

    def to_onnx(self, path: str | os.PathLike[str], *, batch: int | None = None) -> None:
        """Writes it as an ONNX file, with its weights inside: from ``images`` ``[batch, channels, height, width]`` in its own bounds to ``logits``.

        Normalization is part of the graph, and batch norms stay batch norms. ``batch`` is how many images it takes at a time; without it any
        number.
        """
        self._handle.to_onnx(path, batch)

    def state_dict(self, *, names: Literal["original", "layers"] | None = None) -> dict[str, NDArray[Any]]:
        """Its tensors in the names and layouts of torch: kernels ``[out, in, height, width]``, matrices ``[out, in]``.

        ``original`` are the names in the file that it came from (of an ONNX file those of its initializers), ``layers`` those of its layers;
        without ``names`` the original ones where the file was torch's. What to know of them is said by warnings.
        """
        tensors, notes = self._handle.state_dict(names or "known", None)
        for note in notes:
            warnings.warn(note, stacklevel=2)
        return {name: values.reshape(shape) for name, shape, values in tensors}

    def to_torch(self, module: Module) -> Module:
        """Copies its weights into a module of torch, by name, and returns the module.

        What does not fit is refused by name, and the module stays as it was. Batch norms of the module that this model has folded into convolutions,
        as ONNX files mostly have, become the identity, which a warning says.
        """
        from ._torch import filled

        filled(self._handle, module)
        return module

    def attack(
        self,
        x: Images | Tensor,
        y: object,
        attack: Attack,
        *,
        targets: object | None = None,
        out: str | os.PathLike[str] | None = None,
        progress: bool | None = None,
    ) -> Attacked:
        """Attacks images of these labels.

        ``targets`` are classes, one for each image, that the examples should be taken for; without them an attack leaves the label's class, or
        follows its own rule. ``out`` is an ``.npz`` file for all that comes of it; interrupted, the same call goes on from the parts that are kept
        beside it, and once it is there the same call reads it. ``progress`` is a bar: if tqdm is there (None), always or never.
        """
        images, wanted = floats(x, "x", 4), labels(y, "y")
        aims = None if targets is None else labels(targets, "targets")
        files = None if out is None else kept_files(out)
        with bar(progress) as shown, nothing_kept() if out is None else interrupted(kept_in(out)):
            found = _doubleback.attack(
                self._handle, images, wanted, attack.name, attack._options(), attack._eps(), aims, files, shown
            )
        if files is not None and "identity" in found:
            found = read(files[0], found["identity"])
        found["examples"] = giving_back(x)(found["examples"])
        return Attacked(attack=attack, bounds=self.bounds, **{"distance": None} | found)

    def explain(
        self,
        x: Images | Tensor,
        y: object,
        method: Method,
        *,
        background: Images | Tensor | None = None,
        internal_batch: int | None = None,
        progress: bool | None = None,
    ) -> Explained:
        """Which values of each image speak for a class, by a method of ``doubleback.explain``.

        ``y`` are the classes, one for each image, or one for all; ``"predicted"`` is that which the model takes the image for. ``background`` are images
        that baselines are drawn from or made of, all of them, for a method that wants some. ``internal_batch`` is how many images the model is asked about
        at once: memory grows with it, results do not change. ``progress`` is as in ``attack``.
        """
        images = floats(x, "x", 4)
        classes = _classes(y, images)
        given = None if background is None else floats(background, "background", 4)
        name, options = checked(method).name, method._options()
        with bar(progress) as shown, nothing_kept():
            found = _doubleback.explain(self._handle, images, classes, name, options, given, internal_batch, shown)
        found["attribution"] = giving_back(x)(found["attribution"])
        return Explained(method=method, shape=self.shape, background=background, **found)

    def audit(
        self,
        x: Images | Tensor,
        y: object,
        *,
        eps: float,
        norm: Norm = "linf",
        suite: Suite = "standard",
        attacks: Sequence[str] = (),
        options: Mapping[str, float | str | bool] | None = None,
        explain: Sequence[Method] = (),
        seed: int = 0,
        out: str | os.PathLike[str] | None = None,
        time_budget: float | None = None,
        progress: bool | None = None,
    ) -> Audit:
        """The standard ensemble of attacks, and what of the robust accuracy is to be trusted: see ``docs/audit.md``.

        ``attacks`` are those of the suite ``custom``, by name, and ``options`` those of them that have such ones, as ``{"steps": 50}``. The methods of
        ``explain`` say in the report what speaks for the true class of the images that it shows, before and after the attack. With
        ``out``, a folder, finished parts are kept there: interrupted, the same call goes on from them, and ends with the same numbers. ``time_budget`` is in seconds.
        """
        kept = "Nothing was kept: give out=FOLDER to go on from there" if out is None else kept_in(out)
        with bar(progress) as shown, interrupted(kept):
            made = _doubleback.audit(
                self._handle,
                floats(x, "x", 4),
                labels(y, "y"),
                eps,
                norm,
                suite,
                list(attacks),
                json.dumps(dict(options or {})),
                [(checked(method).name, method._options()) for method in explain],
                seed,
                self.name,
                out,
                time_budget,
                shown,
            )
        return Audit(made)

    def __reduce__(self) -> tuple[Callable[..., Model], tuple[Any, ...]]:
        return _unpickled, (self._handle.to_bytes(), self.name)

    def __copy__(self) -> Model:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Model:
        return self

    def __repr__(self) -> str:
        shape, (low, high) = "x".join(str(size) for size in self.shape), self.bounds
        images = f"images of {shape} from {low:g} to {high:g}, {self._handle.classes} classes"
        if self._handle.is_functions:
            return f"<{self.name}: two functions; {images}>"
        summary = self.summary()
        return f"<{self.name}: {summary['architecture']}, {summary['parameters']:,} parameters; {images}>"


def _unpickled(data: bytes, name: str) -> Model:
    return Model(_doubleback.ModelHandle.of_bytes(data), name)


def _classes(y: object, images: NDArray[Any]) -> IntArray | None:
    """The classes that are explained; None for those that the model says."""
    if isinstance(y, str):
        if y != "predicted":
            raise InputError(f'y: expected the class of each image, one class for all, or "predicted", found {y!r}')
        return None
    return labels(np.full(len(images), y) if isinstance(y, int | np.integer) else y, "y")


def _in_python(note: str) -> str:
    """Options of the command line as those of a call."""
    return re.sub(r"`--([a-z-]+)`", lambda found: f"`{found[1].replace('-', '_')}=`", note)
