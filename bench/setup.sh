#!/usr/bin/env bash
# Makes the Python environments that compare.py runs the peers in: setup.sh DIR
# DIR/pytorch has PyTorch with torchvision, torchattacks and foolbox; DIR/tensorflow has TensorFlow. They may need different versions of NumPy.
set -euo pipefail
dir=${1:?usage: setup.sh DIR}
here=$(cd "$(dirname "$0")" && pwd)

environment() {
    local name=$1
    shift
    python3 -m venv "$dir/$name"
    "$dir/$name/bin/python" -m pip --quiet --disable-pip-version-check install "$@"
}

environment pytorch torch torchvision onnx onnxscript torchattacks foolbox
environment tensorflow tensorflow
"$dir/pytorch/bin/python" -c 'import torch, torchattacks, foolbox; print("PyTorch", torch.__version__)'
TF_CPP_MIN_LOG_LEVEL=3 "$dir/tensorflow/bin/python" -c 'import tensorflow; print("TensorFlow", tensorflow.__version__)'
echo "Now: python3 $here/compare.py --environment $dir"
