#!/usr/bin/env bash
# Runs the tests of the native kernels under Valgrind's memcheck, which finds what depends on memory that was never written and steps beyond a buffer.
# Valgrind knows no AVX-512: the kernels run in their portable form and with AVX2.
#
#     scripts/memcheck.sh [TEST]
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$(cargo test --workspace --lib --no-run --message-format=json | python3 -c '
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("executable") and message["target"]["name"] == "doubleback_ops":
        print(message["executable"])')
for isa in portable avx2; do
    DOUBLEBACK_ISA=$isa RAYON_NUM_THREADS=2 valgrind --quiet --error-exitcode=9 "$binary" "kernels::${1:-}"
done
