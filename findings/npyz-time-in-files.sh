#!/usr/bin/env bash
# npyz 0.9.1 (Rust), with its feature `npz`: equal arrays written a few seconds apart are different `.npz` files.
#
# Expected: equal contents give equal bytes, as NumPy's savez does, so that a checksum names a file of arrays. Seen: the archive holds the time of
# day at which each array was written, so that checksums of equal results differ. (doubleback sets a fixed time.)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/write/src"
cat > "$folder/write/Cargo.toml" <<'TOML'
[package]
name = "write"
version = "0.0.0"
edition = "2021"

[dependencies]
npyz = { version = "=0.9.1", features = ["npz"] }

[workspace]
TOML
cat > "$folder/write/src/main.rs" <<'RUST'
use npyz::WriterBuilder;

fn main() {
    let path = std::env::args().nth(1).expect("a file");
    let mut file = npyz::npz::NpzWriter::create(path).expect("a file that can be written");
    let array = file.array("x", Default::default()).expect("an array");
    let mut array = array.default_dtype().shape(&[3]).begin_nd().expect("a header");
    array.extend([1.0f32, 2.0, 3.0]).expect("values");
    array.finish().expect("an end");
}
RUST
cargo build --quiet --manifest-path "$folder/write/Cargo.toml"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.2.6
numpy() { "$folder/venv/bin/python" -c 'import sys, numpy; numpy.savez(sys.argv[1], x=numpy.float32([1, 2, 3]))' "$1"; }
for n in 1 2; do
    "$folder/write/target/debug/write" "$folder/npyz-$n.npz"
    numpy "$folder/numpy-$n.npz"
    sleep 4
done
same() { if cmp --silent "$folder/$1-1.npz" "$folder/$1-2.npz"; then echo equal; else echo different; fi; }
echo "npyz 0.9.1: two files of equal arrays are $(same npyz); NumPy 2.2.6: $(same numpy)"
[ "$(same npyz)" = different ] && [ "$(same numpy)" = equal ] || { echo "this has changed"; exit 1; }
