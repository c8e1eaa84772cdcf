"""Quantized convolutions and matrix products that TensorFlow refuses, and their neighbours that it takes.

The data is small enough to need no VNNI. Left out is what ends TensorFlow's process (ranges
of two lengths, vectors for one range) or reads beyond a range's end.
"""

from case import case, const, feed, integers, normal


def f(value):
    return const("float", value)


def convolution(op, out, name, error=True, data=(1, 5, 5, 4), filters=None, bias=4, filter_range=(-0.5, 0.5), data_range=(0.0, 2.0), output_range=None, **attrs):
    depthwise, requantizes = "Depthwise" in op, op.endswith("equantize")
    filters = filters or ((3, 3, 4, 1) if depthwise else (3, 3, 4, 4))
    args = [feed("quint8", integers(*data, low=0, high=120)), const("qint8", integers(*filters, low=-127, high=127))]
    if "Bias" in op:
        args.append(const("float", normal(*(bias if isinstance(bias, tuple) else (bias,)))))
        if requantizes:
            attrs["Tbias"] = "float"
    args += [f(v) for v in (*data_range, *filter_range)]
    if requantizes:
        args += [f(v) for v in output_range or (0.0 if out == "quint8" else -3.0, 3.0)]
    attrs = {"strides": [1, 1, 1, 1], "padding": "SAME", "out_type": out} | attrs
    case(op, f"refused_{op}_{name}" if error else f"edge_{op}_{name}", *args, error=error, **attrs)


CONVOLUTIONS = {
    "QuantizedConv2D": "qint32", "QuantizedConv2DAndRelu": "qint32", "QuantizedConv2DAndRequantize": "qint8", "QuantizedConv2DAndReluAndRequantize": "quint8",
    "QuantizedConv2DPerChannel": "qint32", "QuantizedConv2DWithBias": "qint32", "QuantizedConv2DWithBiasAndRelu": "qint32",
    "QuantizedConv2DWithBiasAndRequantize": "qint8", "QuantizedConv2DWithBiasAndReluAndRequantize": "quint8",
    "QuantizedDepthwiseConv2D": "qint32", "QuantizedDepthwiseConv2DWithBias": "qint32", "QuantizedDepthwiseConv2DWithBiasAndRelu": "qint32",
    "QuantizedDepthwiseConv2DWithBiasAndReluAndRequantize": "quint8",
}
for op, out in CONVOLUTIONS.items():
    depthwise, scalar = "Depthwise" in op, op in ["QuantizedConv2D", "QuantizedConv2DAndRequantize"]
    convolution(op, out, "channels", filter_range=([-1, -1, -0.5, -1], [1, 1, 0.5, 1]), error=scalar)
    if not scalar:
        convolution(op, out, "one_in_a_vector", filter_range=([-1], [1]), error=False)
    convolution(op, out, "filter_channels", filters=(3, 3, 3, 1) if depthwise else (3, 3, 3, 4))
    convolution(op, out, "rank3", data=(5, 5, 4))
    convolution(op, out, "filter_rank3", filters=(3, 3, 4))
    convolution(op, out, "batch_stride", strides=[2, 1, 1, 1])
    convolution(op, out, "channel_stride", strides=[1, 1, 1, 2])
    convolution(op, out, "three_strides", strides=[1, 1, 1])
    convolution(op, out, "zero_stride", strides=[1, 0, 0, 1])
    convolution(op, out, "batch_dilation", dilations=[2, 1, 1, 1])
    convolution(op, out, "zero_dilation", dilations=[1, 0, 0, 1])
    convolution(op, out, "window", data=(1, 2, 2, 4), padding="VALID")
    convolution(op, out, "explicit", padding="EXPLICIT")
    convolution(op, out, "strides_differ", strides=[1, 1, 2, 1], error=False)
    convolution(op, out, "empty", data=(0, 5, 5, 4), error=False)
    if "Bias" in op:
        convolution(op, out, "bias_length", bias=3)
    if not depthwise:
        convolution(op, out, "data_range", data_range=([-1.0, 0.0], [1.0, 1.0]))
        if "Bias" in op:
            convolution(op, out, "bias_matrix", bias=(1, 4))
        if op.endswith("equantize"):
            convolution(op, out, "output_range", output_range=([0, 0], [3, 3]))


def product(op, out, name, error=True, a=(2, 5), b=(5, 3), bias=(3,), a_range=(0.0, 2.0), b_range=(-1, 1), **attrs):
    args = [feed("quint8", integers(*a, low=0, high=120)), const("qint8", integers(*b, low=-127, high=127)), const("float", normal(*bias))]
    args += [f(v) for v in (*a_range, *b_range)]
    if op.endswith("equantize"):
        args += [f(0), f(9)]
    if op != "QuantizedMatMulWithBiasAndRelu":
        attrs["Tbias"] = "float"
    case(op, f"refused_{op}_{name}" if error else f"edge_{op}_{name}", *args, error=error, Toutput=out, **attrs)


PRODUCTS = {
    "QuantizedMatMulWithBias": "qint32", "QuantizedMatMulWithBiasAndRelu": "qint32", "QuantizedMatMulWithBiasAndRequantize": "quint8",
    "QuantizedMatMulWithBiasAndReluAndRequantize": "quint8",
}
for op, out in PRODUCTS.items():
    product(op, out, "inner", b=(4, 3))
    product(op, out, "rank3", a=(1, 2, 5))
    product(op, out, "b_rank3", b=(1, 5, 3))
    product(op, out, "bias_length", bias=(2,))
    product(op, out, "bias_matrix", bias=(1, 3))
    product(op, out, "transpose_a", a=(5, 2), transpose_a=True)
    product(op, out, "transpose_b", b=(3, 5), transpose_b=True)
    product(op, out, "mode", input_quant_mode="MIN_COMBINED")
    product(op, out, "channels", b_range=([-1, -1, -1], [1, 1, 1]))
    product(op, out, "a_range", a_range=([0.0, 0.0], [1.0, 1.0]))
    product(op, out, "empty", a=(0, 5), error=False)
