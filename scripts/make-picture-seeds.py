#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets `picture` and `archive`: tiny images and archives of them. Needs Pillow for the JPEGs."""
import gzip
import io
import pathlib
import struct
import tarfile
import zlib

SEEDS = pathlib.Path(__file__).resolve().parent.parent / "fuzz/seeds"


def png(kind, depth, channels, width=3, height=2, extra=b""):
    """A PNG of the color type `kind` whose bytes count up."""
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    row = (width * channels * depth + 7) // 8
    rows = b"".join(b"\0" + bytes((line * 40 + at * 9) % 256 for at in range(row)) for line in range(height))
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def palette():
    content = bytes(range(12))
    return struct.pack(">I", 12) + b"PLTE" + content + struct.pack(">I", zlib.crc32(b"PLTE" + content))


pictures = {
    "gray.png": png(0, 8, 1),
    "bits.png": png(0, 1, 1),
    "deep.png": png(0, 16, 1),
    "color.png": png(2, 8, 3),
    "alpha.png": png(6, 8, 4),
    "palette.png": png(3, 2, 1, extra=palette()),
}
try:
    from PIL import Image
    for mode in ("L", "RGB"):
        file = io.BytesIO()
        Image.new(mode, (9, 7), 77 if mode == "L" else (200, 50, 10)).save(file, "JPEG")
        pictures[f"{mode}.jpg"] = file.getvalue()
except ImportError:
    print("no Pillow: the JPEG seeds stay as they are")

archives = {}
for name, form in (("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT), ("ustar", tarfile.USTAR_FORMAT)):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        long = "set/A/" + ("n" * 120 if form != tarfile.USTAR_FORMAT else "n" * 60) + ".png"
        for path in ("set/A/1.png", long):
            info = tarfile.TarInfo(path)
            info.size = len(pictures["gray.png"])
            archive.addfile(info, io.BytesIO(pictures["gray.png"]))
        link = tarfile.TarInfo("set/link")
        link.type, link.linkname = tarfile.SYMTYPE, "../.."
        archive.addfile(link)
    content = file.getvalue().rstrip(b"\0")
    archives[f"{name}.tar"] = content + bytes(-len(content) % 512 + 1024)
archives["gnu.tar.gz"] = gzip.compress(archives["gnu.tar"], 9, mtime=0)

for folder, files in (("picture", pictures), ("archive", archives)):
    (SEEDS / folder).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (SEEDS / folder / name).write_bytes(content)
