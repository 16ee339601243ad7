"""Copies the models that come inside the `onnx` wheel to OUT, each as NAME.onnx with NAME.npz: `input` and `output`.

    python scripts/onnx-wheel-models.py OUT

Behind an output that is not `[n, values]` a Flatten is put, so that it can be taken for logits.
Converted from PyTorch, of single operators, simple, and nine light nets: 149 of onnx 1.23.2. The light nets have weights made of constants;
their inputs are drawn at random and their outputs computed by onnxruntime. Prints those that have another number of inputs or outputs than one,
or none of floats, which are no classifiers of images. Needs onnx, onnxruntime, numpy.
"""
import pathlib
import shutil
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper


def tensor(path):
    return numpy_helper.to_array(onnx.load_tensor(str(path)))


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    data = pathlib.Path(onnx.__file__).parent / "backend/test/data"
    written, others = 0, []
    for group in ["pytorch-converted", "pytorch-operator", "simple"]:
        for folder in sorted((data / group).iterdir()):
            name = folder.name.removeprefix("test_")
            model = onnx.load(folder / "model.onnx")
            constants = {tensor.name for tensor in model.graph.initializer}
            inputs = [i for i in model.graph.input if i.name not in constants]
            files = folder / "test_data_set_0"
            floats = all(i.type.tensor_type.elem_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE) for i in inputs)
            if len(inputs) != 1 or len(model.graph.output) != 1 or not floats:
                others.append(f"{group}/{name}: {len(inputs)} inputs ({'floats' if floats else 'not floats'}), {len(model.graph.output)} outputs")
                continue
            x, y = tensor(files / "input_0.pb"), tensor(files / "output_0.pb")
            if y.ndim != 2 or len(y) != len(x):
                output = model.graph.output[0]
                model.graph.node.append(onnx.helper.make_node("Flatten", [output.name], ["flattened"], axis=min(y.ndim, 1)))
                kind = output.type.tensor_type.elem_type
                del model.graph.output[:]
                model.graph.output.append(onnx.helper.make_tensor_value_info("flattened", kind, None))
            onnx.save(model, out / f"{group}-{name}.onnx")
            np.savez(out / f"{group}-{name}.npz", input=x.astype(np.float32), output=y.reshape(len(y) if y.ndim else 1, -1).astype(np.float32))
            written += 1
    for path in sorted((data / "light").glob("*.onnx")):
        session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
        constants = {i.name for i in session.get_overridable_initializers()}
        port = next(i for i in session.get_inputs() if i.name not in constants)
        x = np.random.default_rng(0).random([d if isinstance(d, int) else 1 for d in port.shape], dtype=np.float32)
        y = session.run(None, {port.name: x})[0]
        shutil.copy(path, out / path.name)
        np.savez(out / f"{path.stem}.npz", input=x, output=y)
        written += 1
    print(f"{written} written; {len(others)} are no functions of one array of floats:")
    print("\n".join(others))


if __name__ == "__main__":
    main()
