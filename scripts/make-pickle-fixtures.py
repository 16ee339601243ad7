#!/usr/bin/env python3
"""Makes crates/doubleback-data/tests/fixtures/pickles: two synthetic images as Python 3 and this version of NumPy pickle batches of CIFAR-10.

Run it with NumPy 1 and with NumPy 2; the files' names begin with numpy1 or numpy2. Tests read them without Python.
"""
import gzip
import pathlib
import pickle

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "crates/doubleback-data/tests/fixtures/pickles"
MAJOR = np.__version__.split(".")[0]
IMAGES = (np.arange(2 * 3072) // 32 % 251).astype(np.uint8).reshape(2, 3072)
LABELS = [3, 9]


def write(name, entries, protocol):
    FOLDER.mkdir(parents=True, exist_ok=True)
    content = gzip.compress(pickle.dumps(entries, protocol=protocol), 9, mtime=0)
    (FOLDER / f"numpy{MAJOR}-{name}.gz").write_bytes(content)


for protocol in (2, 3, 4, 5):
    write(f"protocol{protocol}", {"labels": LABELS, "data": IMAGES}, protocol)
if MAJOR == "2":
    read_only = IMAGES.copy()
    read_only.flags.writeable = False
    write("read-only", {"labels": LABELS, "data": read_only}, 5)
    write("in-pieces", {"labels": LABELS, "data": np.repeat(IMAGES, 2, axis=1)[:, ::2]}, 5)
    write("planes", {"labels": LABELS, "data": IMAGES.reshape(2, 3, 32, 32)}, 5)
    for protocol in (2, 4, 5):
        write(f"by-column{protocol}", {"labels": LABELS, "data": np.asfortranarray(IMAGES)}, protocol)
        # As they are after loading with `encoding="bytes"`.
        write(f"bytes{protocol}", {b"labels": LABELS, b"data": IMAGES, b"filenames": [b"a.png", b"b.png"]}, protocol)
        write(f"scalars{protocol}", {"labels": [np.int64(3), np.uint8(9)], "data": IMAGES}, protocol)
    for kind in ("u1", "<i2", ">i4", "<i8", ">u8"):
        name = kind.replace("<", "little-").replace(">", "big-")
        write(f"labels-{name}", {"labels": np.array(LABELS, kind), "data": IMAGES}, 5)
    write("refused-channels-last", {"labels": LABELS, "data": IMAGES.reshape(2, 3, 32, 32).transpose(0, 2, 3, 1)}, 4)
    write("refused-int64", {"labels": LABELS, "data": IMAGES.astype(np.int64)}, 5)
    write("refused-list", {"labels": LABELS, "data": IMAGES.tolist()}, 5)
    write("refused-text-labels", {"labels": ["cat", "truck"], "data": IMAGES}, 5)
    write("refused-negative", {"labels": [3, -1], "data": IMAGES}, 5)
    write("refused-256", {"labels": [3, 256], "data": IMAGES}, 5)
    write("refused-lengths", {"labels": [3, 9, 1], "data": IMAGES}, 5)
    write("refused-empty", {"labels": [], "data": IMAGES[:0]}, 5)
    write("refused-fine-labels", {"fine_labels": LABELS, "data": IMAGES}, 5)
    write("refused-array", IMAGES, 5)
