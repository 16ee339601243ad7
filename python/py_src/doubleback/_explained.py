"""What comes of explanations."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from . import _doubleback
from ._arrays import FloatArray, Images, IntArray, Tensor, floats, giving_back
from ._explain_base import Method
from ._pictures import figure, signed, table

__all__ = ["Explained"]


@dataclass(frozen=True, repr=False)
class Explained:
    """What a method says of images; arrays have one entry for each image. Of torch's tensors, ``attribution`` is one too."""

    method: Method
    """The method with its options."""
    attribution: FloatArray
    """What each value of the image contributes, ``[n, channels, height, width]``; of a method that looks at a stage ``[n, 1, height, width]`` there."""
    target: IntArray
    """The class that is explained."""
    logits: FloatArray
    """What the model says of the images, ``[n, classes]``."""
    gap: NDArray[np.float64] | None
    """Of a method that promises completeness, by how much the sum of an image's values misses the difference of the logit."""
    shape: tuple[int, int, int]
    """Channels, height and width of an image."""
    upsampling: Literal["bilinear", "nearest"] | None = None
    """How the maps were brought to another size, if they were."""
    background: Images | Tensor | None = None
    """Images that baselines are drawn from or made of, of a method that wants some."""
    _own: FloatArray | None = field(default=None)
    """The maps at their own size, if they were brought to another one."""

    def resized(
        self, size: tuple[int, int] | None = None, upsampling: Literal["bilinear", "nearest"] = "bilinear"
    ) -> Explained:
        """The method's maps at another height and width; those of the images, if none are given, as metrics want them.

        ``bilinear`` and ``nearest`` are torch's, with ``align_corners=False``. A map that is made larger is smooth, not sharper.
        """
        own = self.attribution if self._own is None else self._own
        height, width = self.shape[1:] if size is None else size
        values = _doubleback.resized(floats(own, "attribution", 4), (height, width), upsampling)
        return replace(self, attribution=giving_back(own)(values), upsampling=upsampling, _own=own)

    def __len__(self) -> int:
        return len(self.target)

    def _facts(self) -> list[tuple[str, str]]:
        maps = np.asarray(self.attribution)
        facts = [
            ("images", f"{len(self):,}"),
            ("attribution", "x".join(str(size) for size in maps.shape[1:])),
            ("mean, greatest magnitude", f"{np.abs(maps).mean():.4g}, {np.abs(maps).max():.4g}"),
        ]
        if self.gap is not None:
            facts.append(("mean, greatest gap", f"{np.abs(self.gap).mean():.4g}, {np.abs(self.gap).max():.4g}"))
        zero = int((maps == 0).all((1, 2, 3)).sum())
        if zero:
            facts.append(("zero everywhere", f"{zero:,}: the method says nothing of them"))
        return facts

    def __repr__(self) -> str:
        return f"<{self.method!r}: " + "; ".join(f"{name} {value}" for name, value in self._facts()) + ">"

    def _repr_html_(self) -> str:
        maps: NDArray[Any] = np.asarray(self.attribution)
        shown = zip(maps[:8], self.target[:8], strict=True)
        pictures = (figure(signed(map_), (0, 1), f"class {target}") for map_, target in shown)
        legend = "<p>Blue speaks against the class, red-brown for it; each map by its own greatest magnitude.</p>"
        return f"<p><code>{self.method!r}</code></p>" + table(self._facts()) + "".join(pictures) + legend
