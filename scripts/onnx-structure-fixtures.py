#!/usr/bin/env python3
"""Writes small ONNX models of operators that move, join, resize and reduce, with onnxruntime's answers.

    python scripts/onnx-structure-fixtures.py        (needs onnx, onnxruntime and numpy)

crates/doubleback-import/tests/fixtures/structure.npz: of each case `name.model` (the file's bytes), `name.x` (two images) and `name.y`
(their logits, each computed as a batch of one).
"""
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parent.parent
CASES = {}


def case(name, shape, *nodes, opset=17, **constants):
    """Nodes are (operator, inputs, attributes): each takes its inputs by name, `x` the images and `_` what the node before gives.

    The last one's output is flattened to logits.
    """
    graph, before, outputs = [], "x", {}
    for place, (op, inputs, attributes) in enumerate(nodes):
        attributes = dict(attributes)
        names = attributes.pop("outputs", [f"v{place}"])
        inputs = [before if i == "_" else i for i in inputs.split()]
        inputs = ["" if i == "-" else i for i in inputs]
        graph.append(helper.make_node(op, inputs, names, name=f"{op.lower()}_{place}", **attributes))
        before = names[0]
    graph.append(helper.make_node("Flatten", [before], ["y"], name="flatten", axis=0))
    shape = [1, *shape]
    values = {k: np.asarray(v) for k, v in constants.items()}
    values = {k: v.astype(np.float32) if v.dtype == np.float64 else v for k, v in values.items()}
    made = helper.make_graph(
        graph, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(v, k) for k, v in values.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=8 if opset < 20 else 10)
    CASES[name] = (model, shape)


def node(op, inputs="_", **attributes):
    return (op, inputs, attributes)


def ints(*values):
    return np.array(values, np.int64)


def structure():
    case("shuffle", [6, 3, 4], node("Reshape", "x a"), node("Transpose", perm=[0, 2, 1, 3, 4]), node("Reshape", "_ b"),
         a=ints(1, 2, 3, 3, 4), b=ints(1, 6, 3, 4))
    case("reshape-zero", [6, 3, 4], node("Reshape", "x a"), node("Transpose", perm=[1, 0, 2]), a=ints(0, -1, 4))
    case("reshape-allowzero", [6, 3, 4], node("Reshape", "x a", allowzero=1), opset=18, a=ints(1, 2, -1))
    case("transpose-default", [2, 3, 4], node("Transpose", "x"))
    case("transpose-five", [6, 4, 4], node("Reshape", "x a"), node("Transpose", perm=[3, 0, 4, 5, 1, 2]), a=ints(1, 2, 3, 4, 2, 2))
    case("squeeze-old", [1, 3, 4], node("Squeeze", "x", axes=[1]), node("Transpose", perm=[0, 2, 1]), opset=11)
    case("squeeze-new", [1, 3, 4], node("Squeeze", "x a"), node("Transpose", perm=[0, 2, 1]), a=ints(-3))
    case("squeeze-all", [1, 3, 4], node("Squeeze", "x"), node("Transpose", perm=[1, 0]))
    case("unsqueeze-old", [2, 3, 4], node("Unsqueeze", "x", axes=[1, 5]), node("Transpose", perm=[4, 1, 2, 3, 5, 0]), opset=11)
    case("unsqueeze-new", [2, 3, 4], node("Unsqueeze", "x a"), node("Transpose", perm=[0, 2, 4, 3, 1]), a=ints(-1))
    case("flatten-three", [2, 3, 4], node("Flatten", "x", axis=3), node("Transpose", perm=[1, 0]))
    case("windows", [2, 4, 6], node("Reshape", "x a"), node("Transpose", perm=[0, 2, 4, 3, 5, 1]), node("Reshape", "_ b"),
         node("Softmax", axis=1), node("Reshape", "_ c"), node("Transpose", perm=[0, 5, 1, 3, 2, 4]),
         a=ints(1, 2, 2, 2, 3, 2), b=ints(-1, 4, 2), c=ints(1, 2, 3, 2, 2, 2))


def joins():
    case("concat-channels", [2, 3, 4], node("Relu", "x"), node("Concat", "_ x x", axis=1))
    case("concat-width", [2, 3, 4], node("Relu", "x"), node("Concat", "x _", axis=-1))
    case("concat-batch", [2, 3, 4], node("Relu", "x"), node("Concat", "x _", axis=0), node("Transpose", perm=[1, 0, 2, 3]))
    case("concat-layouts", [2, 3, 4], node("Reshape", "x a"), node("Reshape", "_ b"), node("Softmax", axis=2), node("Concat", "x _", axis=2),
         a=ints(1, 24), b=ints(1, 2, 3, 4))
    case("concat-constant", [2, 3, 4], node("Reshape", "x a"), node("Transpose", perm=[0, 2, 1]), node("Concat", "t _", axis=1),
         node("Transpose", perm=[0, 2, 1]), a=ints(1, 2, 12), t=np.array([[[0.5, -1.5]]]))
    case("split-equal", [6, 3, 2], node("Split", "x", axis=1, outputs=["a", "b", "c"]), node("Concat", "c a b", axis=1))
    case("split-old", [6, 3, 2], node("Split", "x", axis=1, split=[1, 5], outputs=["a", "b"]), node("Concat", "b a", axis=1), opset=11)
    case("split-sizes", [6, 3, 2], node("Split", "x s", axis=-2, outputs=["a", "b"]), node("Concat", "b a", axis=2), s=ints(1, 2))
    case("split-number", [7, 3, 2], node("Split", "x", axis=1, num_outputs=3, outputs=["a", "b", "c"]), node("Concat", "c a b", axis=1), opset=18)


def slices():
    case("slice-old", [5, 4, 6], node("Slice", "x", starts=[1, -3], ends=[4, 2**31], axes=[1, 3]), opset=9)
    case("slice-steps", [5, 4, 6], node("Slice", "x s e a t"), s=ints(4, -1), e=ints(0, -(2**60)), a=ints(1, 3), t=ints(-2, -1))
    case("slice-focus", [3, 4, 6], node("Slice", "x s e a t"), s=ints(0, 1), e=ints(2**60, 2**60), a=ints(2, 3), t=ints(2, 2))
    case("slice-batch", [3, 4, 2], node("Slice", "x s e a"), s=ints(0), e=ints(1), a=ints(0))
    case("slice-five", [6, 4, 2], node("Reshape", "x r"), node("Slice", "_ s e a"), r=ints(1, 3, 2, 4, 2), s=ints(1), e=ints(3), a=ints(1))
    case("roll", [3, 4, 6], node("Transpose", "x", perm=[0, 2, 3, 1]), node("Slice", "_ s1 e1 a", outputs=["p"]),
         node("Slice", "v0 s0 s1 a", outputs=["q"]), node("Concat", "p q", axis=2), s1=ints(2), e1=ints(2**60), s0=ints(0), a=ints(2))
    case("gather-scalar", [5, 4, 6], node("Gather", "x i", axis=2), i=np.array(-2, np.int64))
    case("gather-list", [5, 4, 6], node("Gather", "x i", axis=1), i=ints(4, 0, 0, -2))
    case("gather-table", [5, 4, 6], node("Gather", "x i", axis=3), i=np.array([[0, 3], [5, 1]], np.int64))
    case("gather-token", [5, 4, 6], node("Reshape", "x r"), node("Transpose", perm=[0, 2, 1]), node("Gather", "_ i", axis=1),
         r=ints(1, 5, 24), i=np.array(0, np.int64))
    rng = np.random.default_rng(1)
    case("gather-elements", [3, 4, 5], node("GatherElements", "x i", axis=3), i=rng.integers(-5, 5, (1, 3, 4, 7)))
    case("gather-nd", [3, 4, 5], node("GatherND", "x i"), i=np.array([[0, 1, 3], [0, -1, 0]], np.int64))
    case("gather-nd-batch", [3, 4, 5], node("GatherND", "x i", batch_dims=2), i=np.array([[[1], [3], [0]]], np.int64))
    case("scatter-nd", [3, 4, 5], node("Slice", "x s e a"), node("ScatterND", "x i _"),
         s=ints(0), e=ints(1), a=ints(1), i=np.stack([np.zeros((1, 1)), np.full((1, 1), 2)], -1).astype(np.int64))
    case("scatter-nd-constant", [3, 4, 5], node("ScatterND", "x i u"), i=np.array([[0, 1, 2, 3], [0, 2, 0, 0]], np.int64), u=np.array([7.0, -7.0]))
    case("scatter-elements", [3, 4, 5], node("ScatterElements", "x i u", axis=3), i=np.full((1, 3, 4, 1), 2, np.int64), u=np.ones((1, 3, 4, 1)))


def repeats():
    case("expand", [3, 1, 4], node("Expand", "x s"), s=ints(2, 1, 3, 5, 4))
    case("expand-channels-last", [3, 1, 4], node("Relu", "x"), node("Expand", "_ s"), s=ints(3, 5, 1))
    case("expand-runs", [3, 1, 4], node("Unsqueeze", "x a"), node("Expand", "_ s"), a=ints(2, 5), s=ints(1, 3, 2, 3, 4, 2))
    case("tile", [3, 2, 4], node("Tile", "x s"), s=ints(1, 2, 3, 1))
    case("tile-batch", [3, 2, 4], node("Tile", "x s"), s=ints(2, 1, 1, 2))


def pads():
    case("pad-old", [3, 2, 4], node("Pad", "x", pads=[0, 0, 1, 2, 0, 0, 0, 3], value=0.5), opset=9)
    case("pad-empty-value", [3, 2, 4], node("Pad", "x p -"), p=ints(0, 1, 1, 2, 0, 2, 0, 3))
    case("pad-value", [3, 2, 4], node("Pad", "x p v"), p=ints(0, 1, 1, 2, 0, 2, 0, 3), v=np.array(2.5, np.float32))
    case("pad-negative", [3, 4, 4], node("Pad", "x p v"), p=ints(0, -1, 1, -2, 0, 0, -2, 3), v=np.array(-1.5, np.float32))
    case("pad-reflect", [3, 4, 5], node("Pad", "x p", mode="reflect"), p=ints(0, 1, 2, 3, 0, 2, 1, 4))
    case("pad-edge", [3, 4, 5], node("Pad", "x p", mode="edge"), p=ints(0, 1, 2, 3, 0, 2, 1, 4))
    case("pad-wrap", [3, 4, 5], node("Pad", "x p", mode="wrap"), opset=19, p=ints(0, 1, 2, 3, 0, 2, 1, 4))
    case("pad-axes", [3, 4, 5], node("Pad", "x p - a"), opset=18, p=ints(1, 2, 3, 4), a=ints(-1, 2))
    case("pad-five", [6, 4, 5], node("Reshape", "x r"), node("Pad", "_ p"), r=ints(1, 2, 3, 4, 5), p=ints(0, 1, 0, 1, 0, 0, 0, 2, 0, 0))


def resizes():
    for coordinates in ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"]:
        opset = 19 if coordinates == "half_pixel_symmetric" else 13
        for mode in ["linear", "cubic"]:
            case(f"resize-{mode}-{coordinates}", [2, 4, 5], node("Resize", "x - - s", mode=mode, coordinate_transformation_mode=coordinates),
                 opset=opset, s=ints(1, 2, 7, 3))
        for rounding in ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]:
            if (rounding, coordinates) == ("floor", "half_pixel_symmetric"):
                continue  # onnxruntime 1.32.0 computes 1.9999999 for a place that is 2, and takes pixel 1.
            case(f"resize-{rounding}-{coordinates}", [2, 4, 5],
                 node("Resize", "x - - s", mode="nearest", nearest_mode=rounding, coordinate_transformation_mode=coordinates),
                 opset=opset, s=ints(1, 2, 7, 3))
    case("resize-scales", [2, 4, 5], node("Resize", "x - s", mode="linear"), opset=13, s=np.array([1, 1, 1.7, 0.7]))
    case("resize-symmetric-scales", [2, 4, 5], node("Resize", "x - s", mode="linear", coordinate_transformation_mode="half_pixel_symmetric"),
         opset=19, s=np.array([1, 1, 1.7, 0.7]))
    case("resize-double", [2, 4, 5], node("Resize", "x roi s", mode="nearest", nearest_mode="floor", coordinate_transformation_mode="asymmetric"),
         opset=11, roi=np.zeros(0), s=np.array([1, 1, 2.0, 2.0]))
    case("resize-axes", [2, 4, 5], node("Resize", "x - - s", mode="linear", axes=[2, 3]), opset=18, s=ints(6, 8))
    case("resize-not-larger", [2, 4, 5], node("Resize", "x - - s", mode="linear", axes=[2, 3], keep_aspect_ratio_policy="not_larger"),
         opset=18, s=ints(7, 8))
    case("resize-not-smaller", [2, 4, 5], node("Resize", "x - - s", mode="linear", axes=[2, 3], keep_aspect_ratio_policy="not_smaller"),
         opset=18, s=ints(7, 8))
    case("resize-outside", [2, 4, 5], node("Resize", "x - - s", mode="cubic", exclude_outside=1, cubic_coeff_a=-0.5), opset=13, s=ints(1, 2, 7, 3))
    case("resize-10-up", [2, 4, 5], node("Resize", "x s", mode="nearest"), opset=10, s=np.array([1, 1, 2.0, 1.5]))
    case("resize-10-down", [2, 4, 5], node("Resize", "x s", mode="nearest"), opset=10, s=np.array([1, 1, 0.6, 0.6]))
    case("upsample-7", [2, 4, 5], node("Upsample", "x", mode="nearest", scales=[1.0, 1.0, 2.0, 3.0]), opset=7)
    case("upsample-9", [2, 4, 5], node("Upsample", "x s", mode="linear"), opset=9, s=np.array([1, 1, 2.0, 3.0]))
    for mode in ["linear", "cubic"]:
        for outside in [0, 1]:
            case(f"resize-antialias-{mode}-{outside}", [2, 9, 8], node("Resize", "x - - s", mode=mode, antialias=1, exclude_outside=outside),
                 opset=18, s=ints(1, 2, 4, 3))


def reductions():
    for op in ["Mean", "Sum", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSum", "LogSumExp"]:
        before = [node("Sigmoid", "x")] if op == "LogSum" else [node("Identity", "x")]
        attribute = dict(opset=11) if op != "Sum" else dict(opset=12)
        case(f"reduce-{op}-channels", [3, 4, 5], *before, node(f"Reduce{op}", "_", axes=[1], keepdims=0), **attribute)
        case(f"reduce-{op}-ends", [3, 4, 5], *before, node(f"Reduce{op}", "_ a", keepdims=0), opset=18, a=ints(1, -1))
        # A single logit would be imported as two classes.
        case(f"reduce-{op}-all", [3, 4, 5], *before, node(f"Reduce{op}", "_"), node("Expand", "_ s"), opset=18, s=ints(1, 3, 1, 1))
        case(f"reduce-{op}-none", [3, 4, 5], *before, node(f"Reduce{op}", "_", noop_with_empty_axes=1), opset=18)
    case("reduce-five", [6, 4, 5], node("Reshape", "x r"), node("ReduceMean", "_ a", keepdims=0), opset=18, r=ints(1, 2, 3, 4, 5), a=ints(1, 3))
    case("global-average", [3, 4, 5], node("GlobalAveragePool", "x"))
    case("global-max", [3, 4, 5], node("GlobalMaxPool", "x"))
    case("mean-of-images", [3, 4, 5], node("ReduceMean", "x", axes=[2, 3], keepdims=0))
    case("mean-of-last", [3, 4, 5], node("Transpose", "x", perm=[0, 2, 3, 1]), node("ReduceMean", "_", axes=[1, 2], keepdims=0))


def products():
    # Beside the images: over all values, and as the last layer, it would be undone.
    case("softmax-old", [3, 4, 5], node("Softmax", "x"), node("Concat", "_ x", axis=1), opset=11)
    case("softmax-old-last", [3, 4, 5], node("Softmax", "x", axis=3), node("Transpose", perm=[0, 3, 2, 1]), opset=11)
    case("softmax-channels", [3, 4, 5], node("Softmax", "x", axis=1), node("Transpose", perm=[0, 3, 2, 1]), opset=13)
    case("log-softmax", [3, 4, 5], node("LogSoftmax", "x"), node("Transpose", perm=[0, 3, 2, 1]), opset=13)
    turned = node("Transpose", "x", perm=[0, 1, 3, 2])
    case("matmul", [3, 4, 5], turned, node("MatMul", "x _"))
    case("matmul-broadcast", [3, 4, 5], turned, node("ReduceMean", "_", axes=[1]), node("MatMul", "x _"), opset=13)
    case("matmul-ranks", [6, 4, 5], turned, node("Reshape", "x r", outputs=["a"]), node("Reshape", "v0 s", outputs=["b"]), node("MatMul", "a b"),
         r=ints(2, 3, 4, 5), s=ints(2, 3, 5, 4))
    case("matmul-both-broadcast", [6, 4, 5], turned, node("Reshape", "x r", outputs=["a"]), node("Slice", "v0 z t o", outputs=["b"]),
         node("Reshape", "b s", outputs=["c"]), node("MatMul", "a c"), r=ints(6, 1, 4, 5), s=ints(1, 2, 5, 4), z=ints(0), t=ints(2), o=ints(1))
    case("matmul-vector", [3, 4, 5], node("ReduceMean", "x", axes=[0, 1, 2], keepdims=0), node("MatMul", "x _"), opset=13)
    case("matmul-vector-left", [3, 4, 5], node("ReduceMean", "x", axes=[0, 1, 3], keepdims=0), node("MatMul", "_ x"), opset=13)
    w = np.random.default_rng(2).normal(size=(3, 5, 2))
    case("matmul-constants", [3, 4, 5], node("MatMul", "x w"), w=w)
    case("matmul-constant-right", [3, 4, 5], node("MatMul", "x w"), w=w[0])
    case("matmul-constant-left", [3, 4, 5], node("MatMul", "w x"), w=np.random.default_rng(3).normal(size=(2, 4)))
    case("einsum-attention", [3, 4, 5], node("Einsum", "x x", equation="bhid,bhjd->bhij"))
    case("einsum-mixed", [3, 4, 5], node("Einsum", "x w", equation="nchw,wk->nhck"), w=w[0])
    case("einsum-sum", [3, 4, 5], node("Einsum", "x", equation="nchw->wc"))
    case("einsum-implicit", [3, 4, 5], node("Reshape", "x r"), node("Einsum", "_ w", equation="ij,jk"), r=ints(12, 5), w=w[1])
    case("depth-to-space", [8, 3, 2], node("DepthToSpace", "x", blocksize=2))
    case("depth-to-space-crd", [8, 3, 2], node("DepthToSpace", "x", blocksize=2, mode="CRD"), opset=13)
    case("space-to-depth", [2, 4, 6], node("SpaceToDepth", "x", blocksize=2))


def main():
    for family in [structure, joins, slices, repeats, pads, resizes, reductions, products]:
        family()
    store = {}
    for name, (model, shape) in CASES.items():
        try:
            session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
            x = np.random.default_rng(len(store)).normal(size=[2, *shape[1:]]).astype(np.float32)
            y = np.concatenate([session.run(None, {"x": image[None]})[0] for image in x])
        except Exception as e:
            print(f"{name}: onnxruntime says {str(e)[:200]}")
            continue
        if not np.isfinite(y).all():
            print(f"{name}: not finite")
        store[f"{name}.model"] = np.frombuffer(model.SerializeToString(), np.uint8)
        store[f"{name}.x"] = x
        store[f"{name}.y"] = y
    path = ROOT / "crates/doubleback-import/tests/fixtures"
    path.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path / "structure.npz", **store)


main()
