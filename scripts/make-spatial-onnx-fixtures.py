#!/usr/bin/env python3
"""Writes small ONNX files of pooling, normalizing and transposed convolution, with what onnxruntime makes of them:
crates/doubleback-import/tests/fixtures/spatial/.

    python scripts/make-spatial-onnx-fixtures.py            (needs onnx, onnxruntime, numpy)
    python scripts/make-spatial-onnx-fixtures.py --torch    (needs torch, onnx, onnxscript: networks with group norm)

Each `opset-N.onnx` has one output for each operator and its options, all of the same images; `values.npz` holds the images and the outputs
as `opset-N.output`. onnx's ReferenceEvaluator is no oracle for these (LRN, pooling with ceil_mode);
onnxruntime 1.32.0 refuses LRN of an even size, and output padding of a transposed convolution
that is less than the dilation but not than the stride, which therefore are not here.
"""
import pathlib
import sys

import numpy as np

OUT = pathlib.Path(__file__).resolve().parent.parent / "crates/doubleback-import/tests/fixtures/spatial"
C, H, W = 4, 7, 6
RNG = np.random.default_rng(17)


def constants(*shape):
    return RNG.uniform(0.5, 1.5, shape).astype(np.float32)


POOLS = dict(kernel_shape=[3, 2], strides=[2, 2])
TRANSPOSED = dict(kernel_shape=[3, 2], strides=[2, 3])
GROUPS = [constants(2), constants(2)]
# By opset: the name of the output, the operator, its constants, its attributes.
CASES = {
    13: [
        ("lp_pool", "LpPool", [], dict(POOLS, pads=[1, 0, 1, 0], p=3)),
        ("lp_pool_same", "LpPool", [], dict(POOLS, auto_pad="SAME_UPPER")),
        ("global_lp_pool", "GlobalLpPool", [], dict(p=1)),
        ("instance", "InstanceNormalization", [constants(C), constants(C)], dict(epsilon=1e-3)),
        ("lrn", "LRN", [], dict(size=3, alpha=0.5, beta=0.6, bias=1.5)),
        ("lrn_defaults", "LRN", [], dict(size=5)),
        ("lp_normalization", "LpNormalization", [], dict(axis=1, p=1)),
        ("lp_normalization_last", "LpNormalization", [], {}),
        ("mean_variance_planes", "MeanVarianceNormalization", [], dict(axes=[2, 3])),
        ("max_ceil", "MaxPool", [], dict(POOLS, pads=[1, 0, 0, 1], ceil_mode=1)),
        ("max_ceil_dropped", "MaxPool", [], dict(kernel_shape=[2, 2], strides=[3, 3], pads=[1, 1, 1, 1], ceil_mode=1)),
        ("max_dilated", "MaxPool", [], dict(POOLS, dilations=[2, 3], pads=[1, 1, 1, 1])),
        ("max_wide_padding", "MaxPool", [], dict(kernel_shape=[3, 3], strides=[2, 2], pads=[2, 2, 2, 2])),
        ("average_ceil", "AveragePool", [], dict(POOLS, pads=[1, 0, 0, 1], ceil_mode=1)),
        ("average_ceil_padding", "AveragePool", [], dict(POOLS, pads=[1, 0, 0, 1], ceil_mode=1, count_include_pad=1)),
        ("average_same", "AveragePool", [], dict(POOLS, auto_pad="SAME_LOWER")),
        ("transpose", "ConvTranspose", [constants(C, 3, 3, 2), constants(6)], dict(TRANSPOSED, group=2, dilations=[1, 2], pads=[1, 2, 2, 0], output_padding=[1, 2])),
        ("transpose_same_upper", "ConvTranspose", [constants(C, 2, 3, 2)], dict(TRANSPOSED, auto_pad="SAME_UPPER")),
        ("transpose_same_lower", "ConvTranspose", [constants(C, 2, 3, 2)], dict(TRANSPOSED, auto_pad="SAME_LOWER")),
        ("transpose_shape", "ConvTranspose", [constants(C, 2, 3, 2)], dict(TRANSPOSED, output_shape=[14, 15])),
        ("transpose_shape_upper", "ConvTranspose", [constants(C, 2, 3, 2)], dict(TRANSPOSED, output_shape=[14, 16], auto_pad="SAME_UPPER")),
        ("transpose_shape_larger", "ConvTranspose", [constants(C, 2, 2, 2)], dict(strides=[2, 2], output_shape=[15, 13], output_padding=[1, 1])),
    ],
    18: [
        ("group", "GroupNormalization", GROUPS, dict(num_groups=2, epsilon=1e-3)),
        ("lp_pool_ceil", "LpPool", [], dict(POOLS, ceil_mode=1, dilations=[1, 2], pads=[1, 0, 1, 0])),
        ("layer", "LayerNormalization", [constants(W), constants(W)], {}),
        ("layer_image", "LayerNormalization", [constants(C, H, W), constants(C, H, W)], dict(axis=1)),
        ("layer_planes", "LayerNormalization", [constants(1, W), constants(H, W)], dict(axis=2, epsilon=1e-3)),
        ("layer_without_bias", "LayerNormalization", [constants(H, W)], dict(axis=-2)),
    ],
    21: [
        ("group", "GroupNormalization", [constants(C), constants(C)], dict(num_groups=2)),
        ("average_dilated", "AveragePool", [], dict(POOLS, dilations=[2, 3], pads=[1, 1, 1, 1], count_include_pad=1)),
    ],
    23: [("rms", "RMSNormalization", [constants(W)], {}), ("rms_image", "RMSNormalization", [constants(H, W)], dict(axis=2, epsilon=1e-3))],
}


def operators():
    import onnx
    import onnxruntime
    from onnx import helper, numpy_helper

    OUT.mkdir(parents=True, exist_ok=True)
    x = RNG.uniform(-1, 1, (2, C, H, W)).astype(np.float32)
    values = {"images": x}
    for opset, cases in CASES.items():
        nodes, tensors = [], []
        for name, op, inputs, attributes in cases:
            names = [f"{name}.{i}" for i in range(len(inputs))]
            tensors += [numpy_helper.from_array(value, tensor) for value, tensor in zip(inputs, names)]
            nodes.append(helper.make_node(op, ["x", *names], [f"{name}.y"], name=name, **attributes))
            nodes.append(helper.make_node("Flatten", [f"{name}.y"], [name], name=f"{name}.flat"))
        port = lambda name, shape: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        outputs = [port(name, ["n", None]) for name, *_ in cases]
        graph = helper.make_graph(nodes, "g", [port("x", ["n", C, H, W])], outputs, tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
        onnx.save(model, OUT / f"opset-{opset}.onnx")
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        # One image at a time: MeanVarianceNormalization is the only one that could tell.
        for (name, *_), y in zip(cases, zip(*[session.run(None, {"x": x[i : i + 1]}) for i in range(2)])):
            values[f"opset-{opset}.{name}"] = np.concatenate(y)
            print(opset, name, values[f"opset-{opset}.{name}"].shape)
    np.savez_compressed(OUT / "values.npz", **values)


def networks():
    import torch
    from torch import nn

    torch.manual_seed(3)
    model = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.GroupNorm(3, 6), nn.ReLU(), nn.Conv2d(6, 4, 3), nn.InstanceNorm2d(4, affine=True), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 3)).eval()
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn_like(p) * 0.3)
    x = torch.rand(2, 3, 8, 8, requires_grad=True)
    logits = model(x)
    (gradient,) = torch.autograd.grad(nn.functional.cross_entropy(logits, torch.tensor([0, 2]), reduction="sum"), x)
    np.savez_compressed(OUT / "group-norm.npz", images=x.detach().numpy(), logits=logits.detach().numpy(), gradient=gradient.numpy())
    torch.onnx.export(model, (x.detach(),), OUT / "group-norm-new.onnx", external_data=False, dynamic_shapes=({0: torch.export.Dim("n")},))
    torch.onnx.export(model, (x.detach(),), OUT / "group-norm-old.onnx", dynamo=False, dynamic_axes={"x": {0: "n"}}, input_names=["x"])


if __name__ == "__main__":
    networks() if "--torch" in sys.argv else operators()
