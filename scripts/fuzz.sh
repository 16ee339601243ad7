#!/usr/bin/env bash
# Fuzzes one reader of files for so many seconds, from its seeds and whatever earlier runs found.
#
#     scripts/fuzz.sh TARGET SECONDS
#
# TARGET is a target of fuzz/Cargo.toml, such as idx. Needs cargo-fuzz. Sanitizers are features of nightly compilers: with one
# installed it is used, otherwise the stable one is told to allow them.
set -euo pipefail
cd "$(dirname "$0")/.."
usage="usage: fuzz.sh TARGET SECONDS; targets: $(cd fuzz/fuzz_targets && ls *.rs | sed 's/\.rs//' | paste -sd' ')"
target=${1:?$usage}
seconds=${2:?$usage}
[ -f "fuzz/fuzz_targets/$target.rs" ] || { echo "unknown target $target. $usage" >&2; exit 2; }
if [ ! -d "fuzz/corpus/$target" ]; then
    mkdir -p "fuzz/corpus/$target"
    # What earlier runs found, without what adds nothing.
    [ ! -f "fuzz/corpora/$target.tar.gz" ] || tar -xzf "fuzz/corpora/$target.tar.gz" -C "fuzz/corpus/$target"
fi
# The limits make a failure of what takes much memory or time for a small file.
if rustup toolchain list 2>/dev/null | grep -q ^nightly; then toolchain=+nightly; else export RUSTC_BOOTSTRAP=1 toolchain=; fi
case $target in
model | onnx | plan | results | safetensors | torch_legacy | torch_zip) features=(--features networks) ;;
*) features=() ;;
esac
inputs=("fuzz/corpus/$target")
[ ! -d "fuzz/seeds/$target" ] || inputs+=("fuzz/seeds/$target")
exec cargo $toolchain fuzz run --fuzz-dir fuzz "${features[@]}" "$target" "${inputs[@]}" -- \
    -max_total_time="$seconds" -rss_limit_mb=1024 -malloc_limit_mb=512 -timeout=10 -max_len=65536 -print_final_stats=1
