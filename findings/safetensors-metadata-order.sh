#!/usr/bin/env bash
# safetensors 0.8.0 for Python: the same tensors saved with the same metadata are another file in almost every process.
#
# Expected: equal contents give equal bytes, so that a checksum names a model file. Seen: with several metadata entries their order
# in the header changes from process to process, and with it the SHA-256; without metadata, or with one entry, the bytes are the same.
# Who compares models by the checksum of the file sees differences where there are none: compare the tensors.
# (doubleback writes its metadata sorted.)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet safetensors==0.8.0 numpy==2.2.6
cat > "$folder/save.py" <<'EOF'
import hashlib
import sys

import numpy
import safetensors.numpy

tensors = {"weight": numpy.zeros((2, 3), numpy.float32), "bias": numpy.ones(2, numpy.float32)}
facts = {"architecture": "cnn", "dataset": "mnist", "epsilon": "0.1", "seed": "3"}
entries = dict(list(facts.items())[: int(sys.argv[1])]) or None
print(hashlib.sha256(safetensors.numpy.save(tensors, metadata=entries)).hexdigest()[:16])
EOF
"$folder/venv/bin/python" -c 'import safetensors; print("safetensors", safetensors.__version__)'
different() {
    for _ in 1 2 3 4 5 6 7 8; do "$folder/venv/bin/python" "$folder/save.py" "$1"; done | sort -u | wc -l
}
none=$(different 0)
one=$(different 1)
four=$(different 4)
echo "different files out of 8 processes: without metadata $none, with one entry $one, with four entries $four"
[ "$none" = 1 ] && [ "$one" = 1 ] && [ "$four" -gt 1 ] || { echo "this has changed"; exit 1; }
