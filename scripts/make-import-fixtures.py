"""Writes crates/doubleback-cli/tests/fixtures/import: small models as PyTorch exports them, and what PyTorch says of four images.

Seen with torch 2.9.1, onnx 1.23.2, onnxscript: python scripts/make-import-fixtures.py
"""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from torch import nn

FOLDER = Path(__file__).parent.parent / "crates/doubleback-cli/tests/fixtures/import"


def network(last=None):
    torch.manual_seed(0)
    layers = [
        nn.Conv2d(1, 4, 3, stride=2, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Conv2d(4, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 10),
    ]
    model = nn.Sequential(*layers, *([last] if last else []))
    with torch.no_grad():
        model[1].running_mean.uniform_(-0.5, 0.5)
        model[1].running_var.uniform_(0.5, 2)
        model[7].weight.mul_(4)
    return model.eval()


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    images = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    batch = torch.export.Dim("batch")
    # Weights in a file beside it, as is the default.
    torch.onnx.export(network(), (images,), FOLDER / "small.onnx", dynamo=True, dynamic_shapes=({0: batch},), external_data=True)
    # One file.
    torch.onnx.export(network(nn.Softmax(1)), (images,), FOLDER / "softmax.onnx", dynamo=False, dynamic_axes={"x": {0: "n"}}, input_names=["x"], output_names=["p"])
    for name in ["small.onnx", "softmax.onnx"]:
        # Where nodes came from in this script, which is of no use here.
        model = onnx.load(FOLDER / name, load_external_data=False)
        for node in model.graph.node:
            for entry in list(node.metadata_props):
                if entry.key in ("pkg.torch.onnx.stack_trace", "pkg.torch.onnx.fx_node"):
                    node.metadata_props.remove(entry)
        onnx.save(model, FOLDER / name)
    model = network()
    x = images.clone().requires_grad_(True)
    logits = model(x)
    gradient = torch.autograd.grad(nn.functional.cross_entropy(logits, logits.argmax(1), reduction="sum"), x)[0]
    np.savez_compressed(FOLDER / "said.npz", inputs=images.numpy(), logits=logits.detach().numpy(), gradient=gradient.numpy())
    np.save(FOLDER / "images.npy", images.numpy())
    # Two operators that no convolutional network is made of.
    graph = helper.make_graph(
        [
            helper.make_node("Det", ["x"], ["d"], name="first"),
            helper.make_node("Relu", ["d"], ["r"], name="between"),
            helper.make_node("Unique", ["r"], ["y"], name="second"),
        ],
        "unsupported",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 28, 28])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), FOLDER / "unsupported.onnx")


main()
