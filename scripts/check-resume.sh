#!/usr/bin/env bash
# Kills `doubleback reproduce` (SIGKILL) at random instants, runs it again, and compares results.json with that of an uninterrupted run.
#
#     scripts/check-resume.sh UNINTERRUPTED_DIR [KILLS] [SEED]
#
# UNINTERRUPTED_DIR is the output folder of a finished `doubleback reproduce`. Needs target/release/doubleback and python3.
set -euo pipefail
cd "$(dirname "$0")/.."
whole=${1:?usage: check-resume.sh UNINTERRUPTED_DIR [KILLS] [SEED]}
kills=${2:-3}
RANDOM=${3:-1}
program=${DOUBLEBACK:-target/release/doubleback}
total=$(python3 -c 'import json, sys; print(int(json.load(open(sys.argv[1]))["seconds"]["total"]))' "$whole/results.json")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for _ in $(seq "$kills"); do
    wait=$((RANDOM % (total / (kills + 1)) + total / (2 * (kills + 1))))
    "$program" --quiet reproduce --out "$folder" &
    child=$!
    sleep "$wait"
    if kill -KILL "$child" 2>/dev/null; then echo "killed after $wait s"; else echo "had finished after $wait s"; fi
    wait "$child" 2>/dev/null || true
done
"$program" --quiet reproduce --out "$folder" >/dev/null
python3 - "$whole/results.json" "$folder/results.json" <<'PY'
import json, sys
whole, resumed = (json.load(open(path)) for path in sys.argv[1:])
for results in (whole, resumed):
    results.pop("seconds")
if whole != resumed:
    sys.exit("results differ in " + ", ".join(k for k in whole if whole[k] != resumed.get(k)))
print("equal, timings aside")
PY
for model in "$whole"/models/*.safetensors; do
    cmp "$model" "$folder/models/$(basename "$model")"
done
echo "models equal to the byte"
