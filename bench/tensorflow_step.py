"""Times the steps of `doubleback bench step` on the paper's network in TensorFlow on the CPU; prints the same lines.

Every step is one graph (`tf.function`). Batch norm is TensorFlow's fused op where it is differentiated once; its second derivative is
no faster than that of plain ops, so the double step is written with those. XLA is left off: it made the double step slower.
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

import timing

CLASSES = 10


class PaperCnn:
    """The network of Ross & Doshi-Velez 2018: 3,274,634 parameters."""

    def __init__(self, pool, batch):
        start = tf.keras.initializers.GlorotUniform(seed=0)
        shapes = [(5, 5, 1, 32), (32,), (5, 5, 32, 64), (64,), (3136, 1024), (1024,), (1024, CLASSES), (CLASSES,)]
        self.parameters = [tf.Variable(start(s) if len(s) > 1 else tf.zeros(s)) for s in shapes]
        self.pool = tf.nn.max_pool2d if pool == "max" else tf.nn.avg_pool2d
        self.mask = 2 * tf.cast(tf.random.uniform([batch, 1024], seed=1) < 0.5, tf.float32)

    def logits(self, images, twice_differentiable):
        conv1, shift1, conv2, shift2, dense1, shift3, dense2, bias = self.parameters

        def block(x, weight, shift):
            x = norm(tf.nn.conv2d(x, weight, strides=1, padding="SAME"), shift, twice_differentiable)
            return self.pool(x, ksize=2, strides=2, padding="VALID")

        x = block(block(images, conv1, shift1), conv2, shift2)
        x = norm(tf.matmul(tf.reshape(x, [x.shape[0], -1]), dense1), shift3, twice_differentiable)
        return tf.matmul(x * self.mask, dense2) + bias


def norm(x, shift, twice_differentiable):
    """Batch norm without gain in training, then ReLU."""
    if len(x.shape) == 4 and not twice_differentiable:
        fused = tf.compat.v1.nn.fused_batch_norm
        return tf.nn.relu(fused(x, tf.ones_like(shift), shift, epsilon=1e-3, is_training=True)[0])
    mean, variance = tf.nn.moments(x, axes=list(range(len(x.shape) - 1)))
    return tf.nn.relu((x - mean) * tf.math.rsqrt(variance + 1e-3) + shift)


class Adam:
    """With the arguments of doubleback's."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.first = [tf.Variable(tf.zeros_like(p)) for p in parameters]
        self.second = [tf.Variable(tf.zeros_like(p)) for p in parameters]

    def step(self, gradients):
        for p, g, first, second in zip(self.parameters, gradients, self.first, self.second):
            first.assign_add(0.1 * (g - first))
            second.assign_add(0.001 * (g * g - second))
            p.assign_sub(2e-4 * first / (tf.sqrt(second) + 1e-4))


def main():
    options = timing.parser(__doc__.splitlines()[0])
    options.add_argument("--only", choices=timing.STEPS)
    given = options.parse_args()
    if given.arch != "paper-cnn":
        raise SystemExit("only paper-cnn is written in TensorFlow")
    tf.config.threading.set_intra_op_parallelism_threads(given.threads)
    tf.config.threading.set_inter_op_parallelism_threads(given.threads)
    network = PaperCnn(given.pool, given.batch)
    adam = Adam(network.parameters)
    images = tf.random.uniform([given.batch, 28, 28, 1], seed=2)
    labels = tf.random.uniform([given.batch], maxval=CLASSES, dtype=tf.int64, seed=3)

    def loss(twice_differentiable=False):
        logits = network.logits(images, twice_differentiable)
        return tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))

    @tf.function
    def forward():
        return network.logits(images, False)

    @tf.function
    def input_gradient():
        with tf.GradientTape() as tape:
            tape.watch(images)
            value = loss()
        return tf.clip_by_value(images + 0.1 * tf.sign(tape.gradient(value, images)), 0, 1)

    @tf.function
    def plain():
        with tf.GradientTape() as tape:
            value = loss() / given.batch
        adam.step(tape.gradient(value, network.parameters))
        return value

    @tf.function
    def double():
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(images)
                value = loss(twice_differentiable=True)
            gradient = inner.gradient(value, images)
            value = (value + 0.1 * tf.reduce_sum(gradient * gradient)) / given.batch
        adam.step(outer.gradient(value, network.parameters))
        return value

    functions = {"forward": forward, "input_gradient": input_gradient, "plain": plain, "double": double}
    # Copying the result out waits for it.
    steps = {name: lambda function=function: function().numpy() for name, function in functions.items()}
    timing.time_steps(f"TensorFlow {tf.__version__}", steps, given.only, given.runs)


if __name__ == "__main__":
    main()
