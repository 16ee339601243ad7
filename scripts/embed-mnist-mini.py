#!/usr/bin/env python3
"""Makes the embedded data set `mnist-mini` from the four official MNIST files. Standard library only.

    python3 scripts/embed-mnist-mini.py DIR_WITH_THE_OFFICIAL_FILES

Writes crates/doubleback-data/src/sets/embedded/{train,validation,test}-{images,labels}.idx.gz and prints, for mnist_mini.rs,
each file's SHA-256 packed and unpacked. The unpacked bytes are always the same; the packed ones depend on Python's zlib.
"""
import gzip
import hashlib
import pathlib
import struct
import sys

OFFICIAL_MD5 = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
PARTS = {  # part: official file, first image, end
    "train": ("train", 5_000, 15_000),
    "validation": ("train", 0, 1_000),
    "test": ("t10k", 0, 2_000),
}


def official(folder, name):
    packed = (folder / name).read_bytes()
    md5 = hashlib.md5(packed).hexdigest()
    if md5 != OFFICIAL_MD5[name]:
        sys.exit(f"{folder / name}: MD5 {md5}, but the official file has {OFFICIAL_MD5[name]}. Get the official file.")
    return gzip.decompress(packed)


def subset(idx, rank, start, end):
    """Elements start..end of the first dimension, as an IDX file of unsigned bytes of its own."""
    dims = struct.unpack_from(f">{rank}I", idx, 4)
    size = 1
    for dim in dims[1:]:
        size *= dim
    body = idx[4 + 4 * rank:][start * size:end * size]
    return struct.pack(f">BBBB{rank}I", 0, 0, 8, rank, end - start, *dims[1:]) + body


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1])
    target = pathlib.Path(__file__).resolve().parent.parent / "crates/doubleback-data/src/sets/embedded"
    total = 0
    for part, (file, start, end) in PARTS.items():
        for kind, rank in (("images", 3), ("labels", 1)):
            unpacked = subset(official(source, f"{file}-{kind}-idx{rank}-ubyte.gz"), rank, start, end)
            packed = gzip.compress(unpacked, 9, mtime=0)
            (target / f"{part}-{kind}.idx.gz").write_bytes(packed)
            total += len(packed)
            print(f"{part}-{kind}.idx.gz  {len(packed):,} bytes")
            print(f"  packed   {hashlib.sha256(packed).hexdigest()}")
            print(f"  unpacked {hashlib.sha256(unpacked).hexdigest()}")
    print(f"{total:,} bytes")


if __name__ == "__main__":
    main()
