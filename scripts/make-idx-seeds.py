#!/usr/bin/env python3
"""Makes the seeds of the fuzz target `idx` from the embedded data: the first digits and labels, raw and gzipped."""
import gzip
import pathlib
import struct

ROOT = pathlib.Path(__file__).resolve().parent.parent
COUNT = 2

for kind, rank in (("images", 3), ("labels", 1)):
    whole = gzip.decompress((ROOT / f"crates/doubleback-data/src/sets/embedded/test-{kind}.idx.gz").read_bytes())
    start = 4 + 4 * rank
    dims = struct.unpack(f">{rank}I", whole[4:start])
    size = 1
    for dim in dims[1:]:
        size *= dim
    raw = whole[:4] + struct.pack(f">{rank}I", COUNT, *dims[1:]) + whole[start:start + COUNT * size]
    seeds = ROOT / "fuzz/seeds/idx"
    seeds.mkdir(parents=True, exist_ok=True)
    (seeds / f"{kind}.idx").write_bytes(raw)
    (seeds / f"{kind}.idx.gz").write_bytes(gzip.compress(raw, 9, mtime=0))
