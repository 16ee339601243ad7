#!/usr/bin/env python3
"""Says where two runs of the same command differ: of two builds that should compute the same, for instance.

    doubleback reproduce --seed 3 --out before      # one build
    doubleback reproduce --seed 3 --out after       # another
    scripts/compare-runs.py before after

Compares every results.json and every .safetensors file below two folders by path. Times (fields named `seconds`) and `version` may
differ, and the second run may have fields that the first has not: these are listed. Tensors must be equal to the bit. Exit status 1
if anything else differs. Needs Python 3.9 or newer and nothing else.
"""
import json
import struct
import sys
from pathlib import Path

MAY_DIFFER = {"seconds", "version"}


def differences(before, after, where, found, added):
    """Adds what differs to `found`, and fields of `after` alone to `added`."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before:
            if key in MAY_DIFFER:
                continue
            if key not in after:
                found.append(f"{where}.{key} is gone")
            else:
                differences(before[key], after[key], f"{where}.{key}", found, added)
        added.extend(f"{where}.{key}" for key in after if key not in before)
    elif isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            found.append(f"{where} has {len(after)} entries, not {len(before)}")
        for index, (a, b) in enumerate(zip(before, after)):
            differences(a, b, f"{where}[{index}]", found, added)
    elif before != after or type(before) is not type(after):
        found.append(f"{where} is {str(after)[:60]}, not {str(before)[:60]}")


def tensors(path):
    """Name to (type, shape, bytes), and the metadata, of a .safetensors file."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    begin = 8 + length
    values = {
        name: (entry["dtype"], entry["shape"], data[begin + entry["data_offsets"][0] : begin + entry["data_offsets"][1]])
        for name, entry in header.items()
    }
    return values, metadata


def compare(before, after):
    found, added, notes, compared = [], [], [], {"results.json": 0, "tensors": 0}
    files = {p.relative_to(before) for p in before.rglob("*") if p.name == "results.json" or p.suffix == ".safetensors"}
    for file in sorted(files):
        if "work" in file.parts[:-1]:
            continue  # parts of an unfinished run
        if not (after / file).exists():
            found.append(f"{file} is missing in {after}")
        elif file.suffix == ".json":
            compared["results.json"] += 1
            a, b = (json.loads((root / file).read_text()) for root in (before, after))
            differences(a, b, str(file), found, added)
        else:
            (a, facts_a), (b, facts_b) = (tensors(root / file) for root in (before, after))
            for name in sorted(a.keys() | b.keys()):
                compared["tensors"] += 1
                if a.get(name) != b.get(name):
                    found.append(f"{file}: tensor {name} differs")
            changed = sorted(k for k in facts_a.keys() | facts_b.keys() if facts_a.get(k) != facts_b.get(k))
            if changed:
                notes.append(f"{file}: facts that differ: {', '.join(changed)}")
    return found, added, notes, compared


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    before, after = map(Path, sys.argv[1:])
    found, added, notes, compared = compare(before, after)
    for line in found:
        print("DIFFERENT", line)
    for line in sorted(set(added)):
        print("added    ", line)
    for line in notes:
        print("note     ", line)
    counts = ", ".join(f"{count} {what}" for what, count in compared.items())
    print(f"{counts} compared: {len(found)} differences")
    sys.exit(1 if found or not any(compared.values()) else 0)


if __name__ == "__main__":
    main()
