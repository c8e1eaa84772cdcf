"""Builds INT8 graphs of other families, as TensorFlow's quantizers write them, with random weights.

    python families.py DIRECTORY

Each is DIRECTORY/families/NAME/int8.pb with an unknown batch: convolutions and matrix products as TensorFlow's fused quantized ops, what a family
has between them in floats. Ranges are fixed. What is there is not made again.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import parents  # noqa: E402

R = tf.raw_ops
v1 = tf.compat.v1
HIGH = 6.0
random = np.random.default_rng(3)


def constant(*shape):
    return tf.constant(random.uniform(-1, 1, shape).astype(np.float32))


def weights(*shape):
    """int8 weights, and the magnitude that makes sums of their products about 1."""
    top = np.float32(1 / np.sqrt(np.prod(shape[:-1])))
    return tf.bitcast(tf.constant(random.integers(-127, 128, shape).astype(np.int8)), tf.qint8), top


class Quantized:
    """A quantized tensor; its range is fixed: [0, HIGH] of quint8, [-HIGH, HIGH] of qint8."""

    def __init__(self, t):
        self.t, self.low = t, 0.0 if t.dtype == tf.quint8 else -HIGH

    @property
    def channels(self):
        return self.t.shape[-1]

    def real(self):
        return R.Dequantize(input=self.t, min_range=self.low, max_range=HIGH, mode="SCALED")


def quantize(x, positive=False):
    if isinstance(x, Quantized):
        return x
    kind = tf.quint8 if positive else tf.qint8
    low = 0.0 if positive else -HIGH
    mode = {"mode": "SCALED", "round_mode": "HALF_TO_EVEN"}
    return Quantized(R.QuantizeV2(input=x, min_range=low, max_range=HIGH, T=kind, **mode).output)


def real(x):
    return x.real() if isinstance(x, Quantized) else x


def conv(x, outputs, size, stride=1, relu=True, padding="SAME", depthwise=False):
    """A convolution of one scale for each channel; size may be (height, width)."""
    x = quantize(x)
    height, width = (size, size) if isinstance(size, int) else size
    shape = (height, width, x.channels, 1) if depthwise else (height, width, x.channels, outputs)
    w, top = weights(*shape)
    if depthwise:
        top = np.float32(1 / np.sqrt(height * width))
    channels = np.full(outputs, top)
    strides = [1, stride, stride, 1] if isinstance(stride, int) else [1, *stride, 1]
    given = dict(input=x.t, filter=w, bias=constant(outputs), min_input=x.low, max_input=HIGH, min_filter=-channels, max_filter=channels,
                 min_freezed_output=0.0 if relu else -HIGH, max_freezed_output=HIGH, strides=strides, padding=padding)
    if depthwise:
        assert relu
        return Quantized(R.QuantizedDepthwiseConv2DWithBiasAndReluAndRequantize(out_type=tf.quint8, **given).output)
    if relu:
        return Quantized(R.QuantizedConv2DWithBiasAndReluAndRequantize(out_type=tf.quint8, **given).output)
    return Quantized(R.QuantizedConv2DWithBiasAndRequantize(out_type=tf.qint8, **given).output)


def separable(x, outputs, stride=1):
    x = quantize(x)
    return conv(conv(x, x.channels, 3, stride, depthwise=True), outputs, 1)


def dense(x, outputs):
    """A matrix product of reals [rows, inputs], quantized inside."""
    if isinstance(x, Quantized):
        t, low, high = x.t, x.low, HIGH
    else:
        t, low, high = R.QuantizeV2(input=x, min_range=-HIGH, max_range=HIGH, T=tf.quint8, mode="MIN_FIRST")[0], -HIGH, HIGH
    w, top = weights(t.shape[-1], outputs)
    return R.QuantizedMatMulWithBiasAndDequantize(
        a=t, b=w, bias=constant(outputs), min_a=low, max_a=high, min_b=-top, max_b=top, min_freezed_output=-HIGH, max_freezed_output=HIGH,
        Toutput=tf.float32, input_quant_mode="MIN_FIRST")


def layer_norm(x):
    mean = tf.reduce_mean(x, -1, True)
    variance = tf.reduce_mean(tf.math.squared_difference(x, mean), -1, True)
    return (x - mean) * tf.math.rsqrt(variance + 1e-6) * constant(x.shape[-1]) + constant(x.shape[-1])


def gelu_erf(x):
    return 0.5 * x * (1 + tf.math.erf(x / 1.41421356))


def gelu_tanh(x):
    return 0.5 * x * (1 + tf.tanh(0.7978845608 * (x + 0.044715 * tf.pow(x, 3.0))))


def transformer(layers, hidden, heads, length, gelu):
    ids = v1.placeholder(tf.int32, [None, length], name="ids")
    x = layer_norm(tf.gather(constant(3000, hidden), ids) + constant(length, hidden))
    x = tf.reshape(x, [-1, hidden])

    def split(t):
        return tf.transpose(tf.reshape(t, [-1, length, heads, hidden // heads]), [0, 2, 1, 3])

    for _ in range(layers):
        q, k, v = (split(dense(x, hidden)) for _ in range(3))
        scores = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / np.float32(np.sqrt(hidden // heads)))
        mixed = tf.reshape(tf.transpose(tf.matmul(scores, v), [0, 2, 1, 3]), [-1, hidden])
        x = layer_norm(x + dense(mixed, hidden))
        x = layer_norm(x + dense(gelu(dense(x, 4 * hidden)), hidden))
    return tf.tanh(dense(tf.reshape(x, [-1, length, hidden])[:, 0], hidden))


def image(side, channels=3):
    return v1.placeholder(tf.float32, [None, side, side, channels], name="image")


def style_transfer():
    def instance(x):
        mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + 1e-5) * constant(x.shape[-1]) + constant(x.shape[-1])

    def layer(x, outputs, size, stride=1, relu=True):
        pad = size // 2
        x = tf.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]], "REFLECT")
        y = instance(conv(x, outputs, size, stride, relu=False, padding="VALID").real())
        return tf.nn.relu(y) if relu else y

    def larger(x):
        side = 2 * x.shape[1]
        return v1.image.resize_nearest_neighbor(x, [side, side])

    x = layer(layer(layer(image(128), 32, 9), 64, 3, 2), 128, 3, 2)
    for _ in range(5):
        x = x + layer(layer(x, 128, 3), 128, 3, relu=False)
    x = layer(larger(layer(larger(x), 64, 3)), 32, 3)
    return tf.tanh(layer(x, 3, 9, relu=False)) * 150 + 127.5


def conv3d():
    x = tf.cast(v1.placeholder(tf.float32, [None, 8, 56, 56, 3], name="clip"), tf.bfloat16)
    for outputs in (16, 32, 64):
        w = tf.cast(constant(3, 3, 3, x.shape[-1], outputs), tf.bfloat16)
        x = tf.nn.relu(tf.nn.conv3d(x, w, [1] * 5, "SAME"))
        x = tf.nn.max_pool3d(x, [1, 1, 2, 2, 1], [1, 1, 2, 2, 1], "SAME")
    return tf.nn.softmax(dense(tf.reduce_mean(tf.cast(x, tf.float32), [1, 2, 3]), 101))


def unet():
    x, skips = image(128), []
    for channels in (16, 32, 64, 128):
        x = conv(conv(x, channels, 3), channels, 3)
        skips.append(x)
        x = Quantized(R.QuantizedMaxPool(input=x.t, min_input=0.0, max_input=HIGH, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID").output)
    x = conv(conv(x, 256, 3), 256, 3)
    for skip in reversed(skips):
        side, channels = 2 * x.t.shape[1], skip.channels
        up = tf.nn.conv2d_transpose(x.real(), 0.05 * constant(2, 2, channels, x.channels), tf.stack([tf.shape(x.t)[0], side, side, channels]), 2)
        x = tf.concat([skip.real(), tf.reshape(up, [-1, side, side, channels])], -1)
        x = conv(conv(quantize(x), channels, 3), channels, 3)
    return tf.sigmoid(conv(x, 1, 1, relu=False).real())


def mobilenet_v3():
    def swish(x):
        return x * tf.nn.relu6(x + 3) * 0.16666667

    x = swish(conv(image(224), 16, 3, 2, relu=False).real())
    rows = ((16, 16, 1, 0), (64, 24, 2, 0), (72, 24, 1, 0), (72, 40, 2, 1), (120, 40, 1, 1), (240, 80, 2, 0), (200, 80, 1, 0), (480, 112, 1, 1),
            (672, 112, 1, 1), (672, 160, 2, 1), (960, 160, 1, 1))
    for wider, outputs, stride, squeeze in rows:
        before = x
        y = quantize(swish(conv(x, wider, 1, relu=False).real()), positive=True)
        y = conv(y, wider, 3, stride, depthwise=True)
        if squeeze:
            y = y.real()
            s = conv(conv(tf.reduce_mean(y, [1, 2], True), wider // 4, 1), wider, 1, relu=False).real()
            y = quantize(y * tf.nn.relu6(s + 3) * 0.16666667, positive=True)
        x = conv(y, outputs, 1, relu=False).real()
        if stride == 1 and before.shape[-1] == outputs:
            x = x + before
    x = tf.reduce_mean(swish(conv(x, 960, 1, relu=False).real()), [1, 2])
    return tf.nn.softmax(dense(swish(dense(x, 1280)), 1000))


def ssd():
    x, maps = conv(image(192), 32, 3, 2), []
    for outputs, stride in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        x = separable(x, outputs, stride)
        if outputs >= 256 and stride == 1:
            maps.append(x)
    boxes, scores = [], []
    for m in maps:
        boxes.append(tf.reshape(conv(m, 3 * 4, 3, relu=False).real(), [-1, m.t.shape[1] * m.t.shape[2] * 3, 4]))
        scores.append(tf.reshape(conv(m, 3 * 21, 3, relu=False).real(), [-1, m.t.shape[1] * m.t.shape[2] * 3, 21]))
    boxes, scores = tf.concat(boxes, 1), tf.nn.softmax(tf.concat(scores, 1))[:, :, 1:]
    center, size = tf.sigmoid(boxes[:, :, :2]), tf.exp(boxes[:, :, 2:] * 0.2) * 0.1
    boxes = tf.concat([center - size / 2, center + size / 2], -1)
    found = tf.image.combined_non_max_suppression(tf.expand_dims(boxes, 2), scores, 20, 50, score_threshold=0.1)
    return found[0], found[1]


def yolo():
    def layer(x, outputs, size):
        return tf.nn.leaky_relu(conv(x, outputs, size, relu=False).real(), 0.1)

    x = image(208)
    for outputs in (16, 32, 64, 128, 256):
        x = tf.nn.max_pool2d(layer(x, outputs, 3), 2, 2, "SAME")
    x = layer(layer(layer(x, 512, 3), 256, 1), 512, 3)
    grid = tf.reshape(conv(x, 3 * 85, 1, relu=False).real(), [-1, 7 * 7 * 3, 85])
    return tf.concat([tf.sigmoid(grid[:, :, :2]), tf.exp(tf.minimum(grid[:, :, 2:4], 4.0)), tf.sigmoid(grid[:, :, 4:])], -1)


def conv1d():
    x = tf.expand_dims(v1.placeholder(tf.float32, [None, 4096, 2], name="signal"), 1)
    for outputs, size, stride in ((16, 64, 4), (16, 32, 2), (32, 16, 2), (64, 8, 2), (64, 4, 1)):
        x = conv(x, outputs, (1, size), (1, stride))
    return tf.nn.softmax(dense(tf.reduce_mean(x.real(), [1, 2]), 10))


def mlp(x, sizes):
    for size in sizes:
        x = tf.nn.relu(dense(x, size))
    return x


def dlrm():
    numbers, ids = v1.placeholder(tf.float32, [None, 13], name="numbers"), v1.placeholder(tf.int32, [None, 26], name="ids")
    bottom = mlp(numbers, (512, 256, 64))
    parts = tf.concat([tf.expand_dims(bottom, 1), tf.gather(constant(10000, 64), ids)], 1)
    products = tf.reshape(tf.matmul(parts, parts, transpose_b=True), [-1, 27 * 27])
    return tf.sigmoid(dense(mlp(tf.concat([bottom, products], 1), (512, 256)), 1))


def wide_deep():
    wide, ids = v1.placeholder(tf.float32, [None, 256], name="wide"), v1.placeholder(tf.int32, [None, 20], name="ids")
    deep = mlp(tf.reshape(tf.gather(constant(10000, 32), ids), [-1, 640]), (1024, 512, 256))
    return tf.sigmoid(dense(deep, 1) + wide @ constant(256, 1))


FAMILIES = {
    "bert_erf": lambda: transformer(4, 512, 8, 128, gelu_erf), "bert_tanh": lambda: transformer(4, 512, 8, 128, gelu_tanh),
    "minilm": lambda: transformer(6, 384, 12, 64, gelu_erf), "style_transfer": style_transfer, "conv3d": conv3d, "unet": unet,
    "mobilenet_v3": mobilenet_v3, "ssd": ssd, "yolo": yolo, "conv1d": conv1d, "dlrm": dlrm, "wide_deep": wide_deep,
}


def write(build, path):
    with tf.Graph().as_default() as graph:
        for i, t in enumerate(tf.nest.flatten(build())):
            tf.identity(t, name=f"result{i}")
        definition = graph.as_graph_def()
    with open(path, "wb") as f:
        f.write(definition.SerializeToString())


def main(directory):
    for name, build in FAMILIES.items():
        os.makedirs(f"{directory}/families/{name}", exist_ok=True)
        parents.once(f"{directory}/families/{name}/int8.pb", lambda path: write(build, path))


if __name__ == "__main__":
    main(*sys.argv[1:])
