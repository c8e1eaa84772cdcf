"""The Uniform* family: scales and zero points for the whole or for slices."""

import numpy as np
from case import ARRAY
from draws import SPECIAL
from table import Row
from tensorflow.core.util.quantization.uniform_quant_ops_attr_pb2 import UniformQuantizedConvolutionDimensionNumbersAttr as Numbers


def limits(g, prefix, dtype, exact=False):
    """The least and the greatest integer: of the type, or fewer."""
    i = np.iinfo(ARRAY[dtype])
    low, high = (int(i.min), int(i.max)) if exact or g.chance(0.7) else (int(i.min) + g.whole(0, 60), int(i.max) - g.whole(0, 60))
    return {f"{prefix}quantization_min_val": low, f"{prefix}quantization_max_val": high}


def parameters(g, shape, axis, factor=1.0, zeros=20):
    """Scales and zero points, one each or one for each slice along axis."""
    n = (shape[axis],) if axis >= 0 else ()
    scales = g.rng.uniform(0.01, 0.3, n) * factor * g.pick(1.0, 1.0, g.scale(-12, 4))
    return g.const("float", scales), g.const("int32", g.rng.integers(-zeros, zeros, n, endpoint=True))


def axis_of(g, shape):
    return g.whole(0, len(shape) - 1) if shape and g.chance(0.4) else -1


def data(g, dtype, shape):
    """Integers and no range; 32 bits are kept below 2^22 mostly."""
    x = g.quantized(dtype, shape)
    return g.feed(dtype, x >> 9 if dtype == "qint32" and g.chance(0.8) else x)


def quantize(g, op):
    dtype = g.pick("qint8", "quint8", "qint32")
    x = g.real(-30.0, 30.0, [*SPECIAL, np.nan])
    axis = axis_of(g, x.shape)
    g.add(op, x, *parameters(g, x.shape, axis), shape=x.shape, Tout=dtype, quantization_axis=axis, **limits(g, "", dtype))


def dequantize(g, op):
    dtype, shape = g.pick("qint8", "quint8", "qint32"), g.shape(g.whole(0, 4))
    axis = axis_of(g, shape)
    out = g.add(op, data(g, dtype, shape), *parameters(g, shape, axis), shape=shape, Tout="float", quantization_axis=axis, **limits(g, "", dtype))
    g.keep_real(out[0])


def requantize(g, op):
    dtype, shape = g.pick("qint8", "qint32"), g.shape(g.whole(1, 4))
    before, after = axis_of(g, shape), axis_of(g, shape)
    inputs = [data(g, dtype, shape), *parameters(g, shape, before, 1.0 if dtype == "qint8" else 1e-5), *parameters(g, shape, after)]
    attrs = {"input_quantization_axis": before, "output_quantization_axis": after} | limits(g, "input_", dtype) | limits(g, "output_", "qint8")
    g.add(op, *inputs, shape=shape, Tout="qint8", **attrs)


def add(g, op):
    shape = g.shape(g.whole(1, 3))
    axis = axis_of(g, shape)
    left, right = data(g, "qint32", shape), data(g, "qint32", shape)
    attrs = {f"{side}quantization_axis": axis for side in ("lhs_", "rhs_", "output_")}
    for side in ("lhs_", "rhs_", "output_"):
        attrs |= limits(g, side, "qint32", exact=side != "output_")
    inputs = [left, right, *(p for _ in range(3) for p in parameters(g, shape, axis))]
    g.add(op, *inputs, shape=shape, **attrs)


def clip(g, op):
    shape = g.shape(g.whole(1, 4))
    axis = axis_of(g, shape)
    n = (shape[axis],) if axis >= 0 else ()
    low, high = g.const("qint32", g.rng.integers(-1000, 0, n, endpoint=True)), g.const("qint32", g.rng.integers(0, 900, n, endpoint=True))
    g.add(op, data(g, "qint32", shape), low, high, *parameters(g, shape, axis), shape=shape, quantization_axis=axis, **limits(g, "", "qint32"))


def dot(g, op):
    rows, inner, columns = g.whole(1, 5), g.pick(1, 3, 20, 64), g.pick(1, 3, 7, 33)
    right = g.pick(-1, 1)
    shapes = (rows, inner), (inner, columns), (rows, columns)
    b = g.const("qint8", g.quantized("qint8", shapes[1]))
    attrs = {"rhs_quantization_axis": right, **limits(g, "rhs_", "qint8", exact=True)}
    if op.endswith("Hybrid"):
        x = g.feed("float", g.real_data(shapes[0], -3.0, 3.0))
        return g.keep_real(g.add(op, x, b, *parameters(g, shapes[1], right), shape=shapes[2], Tout="float", **attrs)[0])
    out = right if g.chance(0.5) else -1
    attrs |= limits(g, "lhs_", "qint8", exact=True) | limits(g, "output_", "qint32")
    inputs = [data(g, "qint8", shapes[0]), b, *parameters(g, shapes[0], -1), *parameters(g, shapes[1], right), *parameters(g, shapes[2], out)]
    return g.add(op, *inputs, shape=shapes[2], Tout="qint32", output_quantization_axis=out, **attrs)


NHWC = Numbers(
    input_batch_dimension=0, input_feature_dimension=3, input_spatial_dimensions=[1, 2], kernel_output_feature_dimension=3,
    kernel_input_feature_dimension=2, kernel_spatial_dimensions=[0, 1], output_batch_dimension=0, output_feature_dimension=3,
    output_spatial_dimensions=[1, 2],
).SerializeToString().decode("ascii")


def convolution(g, op):
    groups = g.pick(1, 1, 2, 3)
    inner, outer = g.whole(1, 4), g.whole(1, 4) * groups
    image, filters = (g.whole(1, 2), g.whole(3, 7), g.whole(3, 7), inner * groups), (g.whole(1, 3), g.whole(1, 3), inner, outer)
    attrs = {
        "dimension_numbers": NHWC, "padding": g.pick("SAME", "VALID", "EXPLICIT"), "window_strides": [g.whole(1, 2), g.whole(1, 2)],
        "rhs_dilation": g.pick([1, 1], [2, 1]), "feature_group_count": groups, **limits(g, "rhs_", "qint8", exact=True),
    }
    if attrs["padding"] == "EXPLICIT":
        attrs["explicit_padding"] = [g.whole(0, 2) for _ in range(4)]
    right = attrs["rhs_quantization_axis"] = g.pick(-1, 3)
    w = g.const("qint8", g.quantized("qint8", filters))
    if op.endswith("Hybrid"):
        x = g.feed("float", g.real_data(image, -3.0, 3.0))
        return g.add(op, x, w, *parameters(g, filters, right), shape=None, Tout="float", **attrs)
    out = right if g.chance(0.5) else -1
    attrs |= {"output_quantization_axis": out, **limits(g, "lhs_", "qint8", exact=True), **limits(g, "output_", "qint32")}
    channels = (0, 0, 0, outer)
    inputs = [data(g, "qint8", image), w, *parameters(g, image, -1), *parameters(g, filters, right), *parameters(g, channels, out)]
    return g.add(op, *inputs, shape=None, Tout="qint32", **attrs)


ROWS = [
    Row("UniformQuantize", quantize),
    Row("UniformDequantize", dequantize),
    Row("UniformRequantize", requantize),
    Row("UniformQuantizedAdd", add),
    Row("UniformQuantizedClipByValue", clip),
    Row("UniformQuantizedDot", dot),
    Row("UniformQuantizedDotHybrid", dot),
    Row("UniformQuantizedConvolution", convolution),
    Row("UniformQuantizedConvolutionHybrid", convolution),
]
