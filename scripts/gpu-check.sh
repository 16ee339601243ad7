#!/usr/bin/env bash
# What doubleback does on a GPU, measured by whoever has one for a quarter of an hour. The machine with the GPU needs a Python with PyTorch, and
# neither Rust nor a network.
#
#     scripts/gpu-check.sh pack DIR              # here: builds with the feature `vulkan`, and puts all that is needed into DIR
#     DIR/gpu-check.sh run [OUT.json]            # there, at most 8 minutes: gradients against the CPU's, times beside PyTorch
#     DIR/gpu-check.sh run --dry-run [OUT.json]  # anywhere, such as on Mesa's software driver: the same with tiny batches
#
# Environment: PYTHON (python3), CARGO_TARGET_DIR (target/gpu). docs/gpu.md says where the figures go.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

fail() {
    echo "error: $*" >&2
    exit 2
}

# The Vulkan loader of this machine.
loader() {
    local found
    for found in /usr/lib/*/libvulkan.so.1 /usr/lib/libvulkan.so.1 /usr/lib64/libvulkan.so.1; do
        if [ -e "$found" ]; then echo "$found" && return; fi
    done
    fail "no libvulkan.so.1 here. Install the Vulkan loader (Debian: libvulkan1)"
}

pack() {
    local dir=$1 root=$here/.. found
    found=$(loader)
    export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/gpu}
    # The words of .ci/run-gpu: with others, Cargo would build Burn a second time.
    (cd "$root" && cargo build --release --locked --workspace --features doubleback-cli/wgpu,doubleback-cli/vulkan)
    mkdir -p "$dir/lib"
    strip -o "$dir/doubleback" "$CARGO_TARGET_DIR/release/doubleback"
    cp -L "$found" "$dir/lib/libvulkan.so.1"
    cp "$here/gpu-check.sh" "$here/gpu-check.py" "$root/bench/timing.py" "$root/bench/pytorch_networks.py" "$dir"
    du -sh "$dir"
}

# Vulkan finds NVIDIA's driver by a file that containers often leave out; the library itself is then named here.
drivers() {
    local file
    if [ -n "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ]; then return; fi
    for file in {/usr/share,/etc,/usr/local/nvidia/share}/vulkan/icd.d/*nvidia*.json; do
        if [ -e "$file" ]; then export VK_DRIVER_FILES=$file && return; fi
    done
    if PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -q libGLX_nvidia.so.0; then
        file=$(mktemp -d)/nvidia_icd.json
        echo '{"file_format_version": "1.0.1", "ICD": {"library_path": "libGLX_nvidia.so.0", "api_version": "1.3.0"}}' >"$file"
        export VK_DRIVER_FILES=$file
    fi
}

case ${1:-} in
pack) pack "${2:?usage: gpu-check.sh pack DIR}" ;;
run)
    shift
    [ -x "$here/doubleback" ] || fail "$here/doubleback is not there. Run the copy of this script in the folder that \`pack\` made"
    export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    drivers
    exec "${PYTHON:-python3}" "$here/gpu-check.py" "$@"
    ;;
*) fail "usage: gpu-check.sh pack DIR | run [--dry-run] [OUT.json]" ;;
esac
