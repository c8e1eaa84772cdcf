"""What products read beside their data: ranges of weights, biases, summands, requested ranges."""

import numpy as np

EIGHT, BIASES = ("quint8", "qint8"), ("float", "qint32")


def filter_range(g, dtype, channels, per_channel):
    """One range, or one for each channel, a few of them dead."""
    if not per_channel:
        return g.span(dtype, g.scale(-4, 1))
    ends = np.array([g.span(dtype, g.scale(-4, 1)) for _ in range(channels)])
    if g.chance(0.3):
        ends[g.rng.random(channels) < 0.3] = 0
    return ends[:, 0], ends[:, 1]


def product_size(data, span, filters, depthwise):
    """About how large a sum of products is."""
    taps = filters[0] * filters[1] * (1 if depthwise else filters[2])
    return min(data.size * float(np.max(np.abs(span), initial=0)) * taps**0.5 / 2, 1e37)


def bias(g, dtype, n, size):
    if dtype == "qint32":
        return g.const(dtype, g.rng.integers(-20000, 20000, n) if g.chance(0.8) else g.quantized("qint32", (n,)))
    return g.const(dtype, g.rng.uniform(-1, 1, n) * (size if g.chance(0.9) else g.scale(-20, 20)))


def summand(g, dtype, shape, size):
    """A summand that TensorFlow may overwrite, and the tensors of its range. One that it may
    not overwrite ends TensorFlow."""
    shape = tuple(max(n, 1) for n in shape)
    if dtype == "float":
        x = g.feed("float", g.rng.uniform(-1, 1, shape) * size)
        least = g.const("float", -3e38)
        return g.helper("Maximum", x, least, shape=shape, dtype="float", T="float"), []
    v = g.fresh(dtype, shape, g.span(dtype, size))
    x = g.helper(
        "QuantizedMaxPool", v.tensor, v.low, v.high, shape=shape, dtype=dtype, T=dtype, ksize=[1] * 4, strides=[1] * 4, padding="VALID",
    )
    return x, [v.low, v.high]


def freezed(g, dtype, size):
    """The requested range of the output."""
    return g.ends(*g.span(dtype, size * g.pick(0.25, 0.5, 1, 2)))
