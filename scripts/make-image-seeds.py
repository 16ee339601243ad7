#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets `mat`, `svhn` and `cifar10`: files of these formats with one or two synthetic images, none of the data sets'."""
import gzip
import pathlib
import pickle
import struct
import zlib

SEEDS = pathlib.Path(__file__).resolve().parent.parent / "fuzz/seeds"
GRADIENT = bytes(at // 32 % 32 * 8 for at in range(3072))
HEADER = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H2s", 0x0100, b"IM")


def element(kind, data):
    """An element of a MAT-file, in its short form where that is possible."""
    if 1 <= len(data) <= 4:
        return struct.pack("<HH4s", kind, len(data), data)
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def array(name, dims, data, packed):
    flags = struct.pack("<II", 9, 0)
    body = element(6, flags) + element(5, struct.pack(f"<{len(dims)}i", *dims)) + element(1, name) + element(2, data)
    matrix = struct.pack("<II", 14, len(body)) + body
    return struct.pack("<II", 15, len(compressed)) + compressed if packed and (compressed := zlib.compress(matrix, 9)) else matrix


def mat(images, labels, packed):
    return HEADER + array(b"X", images[0], images[1], packed) + array(b"y", [len(labels), 1], bytes(labels), packed)


def short_string(text):
    return b"U" + bytes([len(text)]) + text


def pickled(labels):
    """A dictionary as Python 2 and NumPy pickle it."""
    dtype = (b"cnumpy\ndtype\nq\x0a" + short_string(b"u1") + b"K\x00K\x01\x87Rq\x0b(K\x03" + short_string(b"|")
             + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb")
    data = GRADIENT * len(labels)
    return (b"\x80\x02}q\x01(" + short_string(b"labels") + b"q\x02]q\x03(" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
            + short_string(b"data") + b"q\x04cnumpy.core.multiarray\n_reconstruct\nq\x05cnumpy\nndarray\nq\x06K\x00\x85"
            + short_string(b"b") + b"\x87Rq\x07(K\x01M" + struct.pack("<H", len(labels)) + b"M" + struct.pack("<H", 3072) + b"\x86"
            + dtype + b"\x89T" + struct.pack("<I", len(data)) + data + b"tb" + short_string(b"filenames") + b"q\x08]q\x09("
            + short_string(b"a.png") + b"q\x0aeu.")


def write(target, name, content):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


batch = b"".join(bytes([label]) + GRADIENT for label in (3, 9))
for packed in (False, True):
    suffix = "packed" if packed else "plain"
    write("mat", f"{suffix}.mat", mat(([2, 3], bytes(range(6))), [1], packed))
    write("svhn", f"{suffix}.mat", mat(([32, 32, 3, 2], GRADIENT * 2), [10, 1], packed))
    pack = (lambda content: gzip.compress(content, 9, mtime=0)) if packed else (lambda content: content)
    write("cifar10", f"binary-{suffix}", pack(batch))
    write("cifar10", f"python2-{suffix}", pack(pickled([3, 9])))
# Python's own pickler with a newer protocol; no array, for that takes NumPy.
write("cifar10", "python3", pickle.dumps({"labels": [3, 9], "data": GRADIENT, "filenames": ["a.png", "b.png"]}, protocol=4))
