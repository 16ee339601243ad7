"""Small pictures for notebooks."""

from __future__ import annotations

import base64
import html
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def png(image: NDArray[Any], bounds: tuple[float, float]) -> bytes:
    """An image ``[channels, height, width]`` of 1 or 3 channels as a PNG file."""
    low, high = bounds
    bytes_ = np.clip(np.rint((np.asarray(image, np.float64) - low) / (high - low) * 255), 0, 255).astype(np.uint8)
    channels, height, width = bytes_.shape
    rows = bytes_.transpose(1, 2, 0).reshape(height, width * channels)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def signed(map_: NDArray[Any]) -> NDArray[Any]:
    """A map ``[channels, height, width]`` of signed values as an image of 3 channels from 0 to 1, as the command draws it: blue below 0, white, red-brown
    above, by its own greatest magnitude; channels are added up."""
    sums = np.asarray(map_, np.float64).sum(0)
    share = sums / max(float(np.abs(sums).max()), np.finfo(np.float64).tiny)
    ends = np.where(share[..., None] < 0, np.array([5.0, 72.0, 145.0]), np.array([166.0, 54.0, 3.0])) / 255
    image: NDArray[Any] = (1 + (ends - 1) * np.abs(share)[..., None]).transpose(2, 0, 1)
    return image


def figure(image: NDArray[Any], bounds: tuple[float, float], caption: str) -> str:
    """The same as HTML, with a line beneath; only the line if the image is no picture."""
    text = html.escape(caption)
    if image.shape[0] not in (1, 3):
        return f"<span>{text}</span>"
    data = base64.b64encode(png(image, bounds)).decode()
    return (
        '<figure style="display:inline-block;margin:4px;text-align:center">'
        f'<img src="data:image/png;base64,{data}" alt="{text}" style="width:84px;image-rendering:pixelated">'
        f'<figcaption style="font-size:smaller">{text}</figcaption></figure>'
    )


def table(rows: Iterable[Sequence[object]], header: Sequence[object] = ()) -> str:
    """Cells as HTML."""
    made = []
    if header:
        made.append("<tr>" + "".join(f"<th>{html.escape(str(cell))}</th>" for cell in header) + "</tr>")
    for row in rows:
        made.append("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>")
    return "<table>" + "".join(made) + "</table>"
