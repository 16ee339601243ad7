#!/usr/bin/env bash
# Runs the tests of the native kernels, in their portable form, under Miri, which finds reads of memory that was never written, steps beyond a
# buffer, and data races. Needs a nightly compiler with Miri: rustup component add miri rust-src --toolchain nightly
#
#     scripts/miri.sh [TEST]
set -euo pipefail
cd "$(dirname "$0")/.."
# Two threads, which is what it takes for a race. Rayon's threads never end, and its queues take their pointers from integers.
export MIRIFLAGS="-Zmiri-disable-isolation -Zmiri-ignore-leaks -Zmiri-tree-borrows -Zmiri-permissive-provenance"
export DOUBLEBACK_ISA=portable RAYON_NUM_THREADS=2
exec cargo +nightly miri test --target-dir target/miri -p doubleback-ops --lib "kernels::${1:-}"
