"""Writes small networks as exporters other than PyTorch's do, each as NAME.onnx with NAME.npz: `input` and `output`, what onnxruntime computes.

    python scripts/other-exporters.py keras|keras-torch|tf2onnx|jax|skl OUT

Each exporter needs packages of its own: keras and tensorflow and tf2onnx; keras and torch; tensorflow and tf2onnx; jax, flax and jax2onnx;
scikit-learn and skl2onnx. All need onnxruntime and numpy.
"""
import os
import pathlib
import sys

import numpy as np

RNG = np.random.default_rng(0)


def keep(out, name, shape, low=0.0, high=1.0):
    """Stores what onnxruntime computes of two (or the one that the file takes) random inputs."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(out / f"{name}.onnx"), providers=["CPUExecutionProvider"])
    port = session.get_inputs()[0]
    batch = port.shape[0] if isinstance(port.shape[0], int) else 2
    x = RNG.uniform(low, high, (batch, *shape)).astype(np.float32)
    outputs = session.run(None, {port.name: x})
    # What a ZipMap gives: for each input a dictionary of the classes.
    outputs = [np.array([list(row.values()) for row in y], np.float32) if isinstance(y, list) else y for y in outputs]
    arrays = {o.name.replace("/", "_"): y for o, y in zip(session.get_outputs(), outputs) if isinstance(y, np.ndarray)}
    floats = [y for y in arrays.values() if y.dtype == np.float32]
    np.savez(out / f"{name}.npz", input=x, output=floats[0])
    print(f"{name}: input {port.shape}, outputs {[(o.name, o.shape) for o in session.get_outputs()]}", flush=True)


def keras_networks():
    import keras
    from keras import layers as L

    keras.utils.set_random_seed(0)

    def randomized(model):
        for layer in model.layers:
            if isinstance(layer, (L.BatchNormalization,)):
                gamma, beta, mean, variance = layer.get_weights()
                draw = RNG.uniform
                layer.set_weights([draw(0.5, 1.5, gamma.shape), draw(-0.3, 0.3, beta.shape), draw(-0.3, 0.3, mean.shape), draw(0.5, 1.5, variance.shape)])
        return model

    inputs = lambda: L.Input((32, 32, 3))
    simple = keras.Sequential([
        inputs(), L.Rescaling(1 / 127.5, offset=-1), L.Conv2D(8, 3, strides=2, padding="same", activation="relu"), L.MaxPooling2D(),
        L.Conv2D(16, 3, activation="relu"), L.Flatten(), L.Dense(32, activation="relu"), L.Dropout(0.5), L.Dense(10, activation="softmax")])
    x = i = inputs()
    x = L.Conv2D(8, 3, padding="same", use_bias=False)(x)
    x = L.BatchNormalization()(x)
    x = L.ReLU()(x)
    y = L.DepthwiseConv2D(3, strides=2, padding="same")(x)
    y = L.Conv2D(16, 1)(y)
    y = L.BatchNormalization()(y)
    x = L.Add()([y, L.Conv2D(16, 1, strides=2)(x)])
    x = L.Activation("swish")(x)
    x = L.SeparableConv2D(24, 3, padding="same", activation="elu")(x)
    x = L.AveragePooling2D(3, strides=2, padding="same")(x)
    x = L.GlobalAveragePooling2D()(x)
    residual = randomized(keras.Model(i, L.Dense(10)(x)))
    x = i = inputs()
    for width in [8, 16]:
        x = L.Conv2D(width, 3, padding="same", activation="gelu")(x)
        x = L.LayerNormalization()(x)
        x = L.MaxPooling2D()(x)
    x = L.Conv2DTranspose(8, 3, strides=2, padding="same", activation="leaky_relu")(x)
    x = L.UpSampling2D(interpolation="bilinear")(x)
    x = L.ZeroPadding2D(((1, 0), (0, 1)))(x)
    x = L.Concatenate()([L.GlobalMaxPooling2D()(x), L.GlobalAveragePooling2D()(x)])
    varied = keras.Model(i, L.Dense(1, activation="sigmoid")(x))
    mobile = randomized(keras.applications.MobileNetV2((64, 64, 3), weights=None, classes=10, alpha=0.35))
    mobile3 = randomized(keras.applications.MobileNetV3Small((64, 64, 3), weights=None, classes=10, include_preprocessing=True))
    return dict(simple=(simple, 255.0), residual=(residual, 1.0), varied=(varied, 1.0), mobilenet_v2=(mobile, 1.0), mobilenet_v3=(mobile3, 255.0))


def keras_export(out, backend):
    for name, (model, high) in keras_networks().items():
        path = f"keras-{backend}-{name}"
        try:
            model(np.zeros((1, *model.input_shape[1:]), np.float32))  # one that was never called is refused
            model.export(str(out / f"{path}.onnx"), format="onnx", verbose=False)
            keep(out, path, model.input_shape[1:], 0.0, high)
        except Exception as problem:  # whatever an exporter raises is its answer
            print(f"{path}: {type(problem).__name__}: {str(problem).splitlines()[0][:200]}", flush=True)


def tf2onnx_export(out):
    import tensorflow as tf
    import tf2onnx

    class Net(tf.Module):
        def __init__(self):
            super().__init__()
            draw = lambda *shape: tf.Variable(RNG.normal(0, 0.2, shape).astype(np.float32))
            self.k1, self.k2, self.d, self.w, self.b = draw(5, 5, 1, 8), draw(3, 3, 8, 16), draw(3, 3, 16, 2), draw(7 * 7 * 32, 10), draw(10)

        def __call__(self, x):
            x = tf.nn.relu(tf.nn.conv2d(x, self.k1, 1, "SAME"))
            x = tf.nn.max_pool2d(x, 2, 2, "VALID")
            x = tf.nn.relu6(tf.nn.conv2d(x, self.k2, 1, "SAME", dilations=2))
            x = tf.nn.depthwise_conv2d(x, self.d, [1, 2, 2, 1], "SAME")
            x = tf.nn.local_response_normalization(x, 2, 1.0, 1e-3, 0.75)
            return tf.matmul(tf.reshape(x, [-1, 7 * 7 * 32]), self.w) + self.b

    net = Net()
    for opset in [9, 13, 18]:
        name = f"tf2onnx-opset{opset}"
        function = tf.function(net, input_signature=[tf.TensorSpec([None, 28, 28, 1], tf.float32)])
        tf2onnx.convert.from_function(function, input_signature=function.input_signature, opset=opset, output_path=str(out / f"{name}.onnx"))
        keep(out, name, (28, 28, 1))
        name = f"tf2onnx-nchw-opset{opset}"
        tf2onnx.convert.from_function(function, input_signature=function.input_signature, opset=opset, inputs_as_nchw=["x"], output_path=str(out / f"{name}.onnx"))
        keep(out, name, (1, 28, 28))


def jax_export(out):
    import jax
    import jax.numpy as jnp
    from flax import nnx
    from jax2onnx import to_onnx

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.c1 = nnx.Conv(3, 8, (3, 3), rngs=rngs)
            self.n1 = nnx.BatchNorm(8, use_running_average=True, rngs=rngs)
            self.c2 = nnx.Conv(8, 16, (3, 3), strides=2, rngs=rngs)
            self.n2 = nnx.GroupNorm(16, num_groups=4, rngs=rngs)
            self.c3 = nnx.Conv(16, 16, (3, 3), feature_group_count=16, padding="VALID", rngs=rngs)
            self.d = nnx.Linear(16, 10, rngs=rngs)

        def __call__(self, x):
            x = nnx.relu(self.n1(self.c1(x)))
            x = nnx.avg_pool(x, window_shape=(2, 2), strides=(2, 2))
            x = nnx.gelu(self.n2(self.c2(x)))
            x = nnx.silu(self.c3(x))
            return self.d(jnp.mean(x, axis=(1, 2)))

    class Mlp(nnx.Module):
        def __init__(self, rngs):
            self.c = nnx.Conv(1, 4, (5, 5), rngs=rngs)
            self.a, self.b = nnx.Linear(14 * 14 * 4, 32, rngs=rngs), nnx.Linear(32, 10, rngs=rngs)

        def __call__(self, x):
            x = nnx.max_pool(nnx.tanh(self.c(x)), window_shape=(2, 2), strides=(2, 2))
            return nnx.log_softmax(self.b(nnx.softplus(self.a(x.reshape(x.shape[0], -1)))))

    for name, net, shape in [("jax-conv", Net(nnx.Rngs(0)), (32, 32, 3)), ("jax-flat", Mlp(nnx.Rngs(0)), (28, 28, 1))]:
        for batch in ["B", 1]:
            path = f"{name}-{'free' if batch == 'B' else 'one'}"
            try:
                to_onnx(net, [(batch, *shape)], return_mode="file", output_path=str(out / f"{path}.onnx"))
                keep(out, path, shape)
            except Exception as problem:  # whatever an exporter raises is its answer
                print(f"{path}: {type(problem).__name__}: {str(problem).splitlines()[0][:200]}", flush=True)


def skl_export(out):
    from skl2onnx import to_onnx
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    for name, model in {
        "mlp": MLPClassifier((32, 16), max_iter=60, random_state=0),
        "mlp-tanh-scaled": make_pipeline(StandardScaler(), MLPClassifier((16,), activation="tanh", max_iter=40, random_state=0)),
        "mlp-binary": MLPClassifier((16,), activation="logistic", max_iter=60, random_state=0),
        "logistic": LogisticRegression(max_iter=100),
    }.items():
        model.fit(x, y if "binary" not in name else y % 2)
        for suffix, options in [("", None), ("-nozipmap", {"zipmap": False})]:
            last = model if not hasattr(model, "steps") else model.steps[-1][1]
            path = f"skl-{name}{suffix}"
            (out / f"{path}.onnx").write_bytes(to_onnx(model, x[:1], options=options and {id(last): options}).SerializeToString())
            try:
                keep(out, path, x.shape[1:])
            except Exception as problem:  # a ZipMap gives no array
                print(f"{path}: {type(problem).__name__}: {str(problem).splitlines()[0][:200]}", flush=True)


def main():
    which, out = sys.argv[1], pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    if which.startswith("keras"):
        os.environ["KERAS_BACKEND"] = backend = "torch" if which == "keras-torch" else "tensorflow"
        keras_export(out, backend)
    else:
        dict(tf2onnx=tf2onnx_export, jax=jax_export, skl=skl_export)[which](out)


if __name__ == "__main__":
    main()
