#!/usr/bin/env bash
# The Python package as a user meets it: a fresh clone of the last commit, a fresh environment, `pip install ./python` (a release build), and then
# every block of docs/python.md in one interpreter, in an empty folder. Fails with the block that fails.
#
#     scripts/python-page.sh
#
# Needs Rust, git and a Python from 3.10 on, and a network for pip: PyTorch comes with `./python[torch]`, as the page says. DOUBLEBACK_TORCH_PYTHON,
# an interpreter that has PyTorch and ONNX already, takes its place: then the package alone is installed, beside it. CARGO_TARGET_DIR as always:
# without it all is built in the clone.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${DOUBLEBACK_TORCH_PYTHON:-python3}
install='./python[torch]'
[ -z "${DOUBLEBACK_TORCH_PYTHON:-}" ] || install=./python
page=docs/python.md
grep -q "^pip install './python\[torch\]'" "$page" || { echo "error: $page: says no longer how to install the package"; exit 1; }

git diff --quiet HEAD || echo "what is not committed is left out"
git clone --quiet --no-local . "$folder/doubleback"
cd "$folder/doubleback"
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --disable-pip-version-check --quiet "$install"
site=$("$folder/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
[ -n "${DOUBLEBACK_TORCH_PYTHON:-}" ] || python=$folder/venv/bin/python
echo "installed: $("$folder/venv/bin/doubleback" --version), $("$folder/venv/bin/python" --version)"

mkdir "$folder/empty"
cd "$folder/empty"
PATH=$folder/venv/bin:$PATH PYTHONPATH=$site "$python" - "$folder/doubleback/$page" <<'PYTHON'
"""Runs the blocks of a page, and the command that it names."""
import pathlib
import re
import subprocess
import sys
import time

page = pathlib.Path(sys.argv[1])
text = page.read_text()
blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
if len(blocks) < 10:
    sys.exit(f"error: {page.name}: {len(blocks)} blocks, expected 10 or more")
names = {"__name__": "page"}
begun = time.perf_counter()
for place, block in enumerate(blocks, 1):
    print(f"--- block {place} of {len(blocks)}: {block.splitlines()[0]}", flush=True)
    try:
        exec(compile(block, f"{page.name}, block {place}", "exec"), names)
    except BaseException as problem:
        print(f"error: {page.name}, block {place}: {type(problem).__name__}: {problem}", file=sys.stderr)
        raise
# "`robust.safetensors` is read by every command": the one that the page names, on few images.
(command,) = re.findall(r"`(doubleback audit\s[^`]*)`", text)
print(f"--- {' '.join(command.split())}", flush=True)
subprocess.run([*command.split(), "--count", "20"], check=True)
print(f"the page ran in {time.perf_counter() - begun:.0f} s")
PYTHON
