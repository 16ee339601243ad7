"""Quantized networks of onnxruntime, what it computes with them, and the input gradients of a PyTorch twin that rounds straight through.

    python scripts/quantized-fixtures.py export FOLDER      # needs torch
    python scripts/quantized-fixtures.py quantize FOLDER    # needs onnxruntime 1.32.0
    python scripts/quantized-fixtures.py gradients FOLDER   # needs torch and onnx

Each FOLDER/NAME.onnx has FOLDER/NAME.npz: `x`, the logits `y` of onnxruntime without optimization, a cotangent `g`, and the twin's logits
`twin` and gradient `gx`.
"""

import sys
from pathlib import Path

import numpy as np

KINDS = ["int8", "channels", "uint8", "int16", "int4_weights", "weights_in_graph", "symmetric"]


def export(folder):
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(3, 6, 3, padding=1)
            self.second = nn.Conv2d(6, 6, 3, padding=1, groups=2)
            self.third = nn.Conv2d(6, 6, 3, padding=1)
            self.last = nn.Conv2d(6, 8, 3, stride=2, padding=1)
            self.logits = nn.Linear(8, 4)

        def forward(self, x):
            x = torch.max_pool2d(torch.relu(self.first(x)), 2)
            y = self.third(torch.relu(self.second(x)))
            x = nn.functional.relu6(self.last(torch.relu(x + y)) * 2)
            return self.logits(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))

    torch.manual_seed(3)
    net = Net().eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(1.7)
    torch.onnx.export(
        net, torch.rand(1, 3, 12, 12), str(folder / "float.onnx"), opset_version=17, dynamo=False,
        input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "n"}, "y": {0: "n"}},
    )


def quantize(folder):
    import onnxruntime
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

    random = np.random.default_rng(4)
    images = random.random((64, 3, 12, 12), np.float32)

    class Images(CalibrationDataReader):
        def __init__(self):
            self.batches = iter(np.split(images * 0.9, 8))

        def get_next(self):
            batch = next(self.batches, None)
            return None if batch is None else {"x": batch}

    options = {
        "int8": {},
        "channels": {"per_channel": True},
        "uint8": {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8},
        "int16": {"activation_type": QuantType.QInt16},
        "int4_weights": {"weight_type": QuantType.QInt4},
        "weights_in_graph": {"extra_options": {"AddQDQPairToWeight": True}},
        "symmetric": {"extra_options": {"ActivationSymmetric": True}},
    }
    for kind in KINDS:
        path = str(folder / f"{kind}.onnx")
        quantize_static(str(folder / "float.onnx"), path, Images(), **options[kind])
        session = onnxruntime.SessionOptions()
        session.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(path, session, providers=["CPUExecutionProvider"])
        x = images[:3]
        g = random.standard_normal((3, 4)).astype(np.float32)
        np.savez_compressed(folder / f"{kind}.npz", x=x, g=g, y=session.run(None, {"x": x})[0])


def gradients(folder):
    import onnx
    import torch
    from onnx import numpy_helper
    from torch.nn.functional import conv2d, max_pool2d

    ranges = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767), "int4": (-8, 7), "int32": (-(2**31), 2**31 - 1)}

    def run(path, x):
        graph = onnx.load(path).graph
        values, names = {"x": x}, {}
        for tensor in graph.initializer:
            array = numpy_helper.to_array(tensor)
            names[tensor.name] = array.dtype.name
            values[tensor.name] = torch.from_numpy(array.astype(np.float64 if array.dtype.kind == "f" else np.int64))
        for node in graph.node:
            at = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            given = [values[name] for name in node.input]
            if node.op_type == "Constant":
                out = torch.from_numpy(numpy_helper.to_array(at["value"]).astype(np.float64))
            elif node.op_type in ("QuantizeLinear", "DequantizeLinear"):
                value, scale, zero = given
                if scale.numel() > 1:
                    dims = [1] * value.ndim
                    dims[at["axis"]] = -1
                    scale, zero = scale.reshape(dims), zero.reshape(dims)
                if node.op_type == "DequantizeLinear" and value.dtype == torch.int64:
                    out = (value - zero) * scale
                elif node.op_type == "DequantizeLinear":
                    out = value
                else:
                    # In f32, so that ties fall as in onnxruntime.
                    q = torch.round(value.detach().float() / scale.float()).double() + zero
                    low, high = ranges[names[node.input[2]]]
                    within = ((q >= low) & (q <= high)).double()
                    known = (q.clamp(low, high) - zero) * scale
                    out = value * within + (known - value.detach() * within)
            elif node.op_type == "Conv":
                out = conv2d(*given, stride=at["strides"], padding=at["pads"][:2], groups=at["group"])
            elif node.op_type == "MaxPool":
                out = max_pool2d(given[0], at["kernel_shape"], at["strides"])
            elif node.op_type == "Relu":
                out = torch.relu(given[0])
            elif node.op_type == "Clip":
                # It was a relu6, whose gradient is zero at its bounds, where quantized values often are; that of clamp is one.
                assert (float(given[1]), float(given[2])) == (0, 6)
                out = torch.nn.functional.relu6(given[0])
            elif node.op_type == "Add":
                out = given[0] + given[1]
            elif node.op_type == "Mul":
                out = given[0] * given[1]
            elif node.op_type == "GlobalAveragePool":
                out = given[0].mean((2, 3), keepdim=True)
            elif node.op_type == "Flatten":
                out = given[0].flatten(1)
            elif node.op_type == "Gemm":
                weight = given[1].T if at.get("transB") else given[1]
                out = given[0] @ weight + given[2]
            values[node.output[0]] = out
        return values[graph.output[0].name]

    for kind in KINDS:
        stored = dict(np.load(folder / f"{kind}.npz"))
        x = torch.from_numpy(stored["x"].astype(np.float64)).requires_grad_()
        y = run(str(folder / f"{kind}.onnx"), x)
        (gx,) = torch.autograd.grad((y * torch.from_numpy(stored["g"])).sum(), x)
        stored.update(twin=y.detach().numpy().astype(np.float32), gx=gx.numpy().astype(np.float32))
        np.savez_compressed(folder / f"{kind}.npz", **stored)
        print(kind, "twin to onnxruntime", np.abs(stored["twin"] - stored["y"]).max(), "gradient", np.abs(stored["gx"]).max())


{"export": export, "quantize": quantize, "gradients": gradients}[sys.argv[1]](Path(sys.argv[2]))
