"""Convolutions of integers: QuantizedConv2D*, QuantizedDepthwiseConv2D*, _FusedQuantized*Conv2D."""

from collections import namedtuple

import numpy as np
from families.operands import BIASES, EIGHT, bias, filter_range, freezed, product_size, summand
from table import Row
from tensorflow.python.framework import op_def_registry

Window = namedtuple("Window", "filters attrs out channels")


def window(g, shape, depthwise, dilates, pads):
    """A filter's shape, the attributes of how it moves, and the output's shape. A window
    that is larger than the image is mostly drawn again."""
    w = draw_window(g, shape, depthwise, dilates, pads)
    while min(w.out) < 1 and g.chance(0.95):
        w = draw_window(g, shape, depthwise, dilates, pads)
    return w


def draw_window(g, shape, depthwise, dilates, pads):
    _, height, width, channels = shape
    size = [g.pick(1, 1, 2, 3, 3, 5), g.pick(1, 1, 2, 3, 3, 5)]
    stride = g.pick(1, 1, 1, 2, 3)
    dilation = [g.pick(1, 2, 3), g.pick(1, 2)] if dilates and stride == 1 and g.chance(0.25) else [1, 1]
    attrs = {"strides": [1, stride, stride, 1], "padding": g.pick("SAME", "VALID")}
    if dilation != [1, 1]:
        attrs["dilations"] = [1, *dilation, 1]
    padding = None
    if pads and g.chance(0.3):
        padding = [0, 0] + ([0] * 4 if g.chance(0.15) else [g.whole(0, 2) for _ in range(4)]) + [0, 0]
        attrs[pads] = padding
        if pads == "explicit_paddings":
            attrs["padding"] = "EXPLICIT"
    out = [shape[0]]
    for i, n in enumerate((height, width)):
        reach = (size[i] - 1) * dilation[i] + 1
        if padding and (any(padding) or pads == "explicit_paddings"):
            out.append((n + padding[2 + 2 * i] + padding[3 + 2 * i] - reach) // stride + 1)
        else:
            out.append(-(-n // stride) if attrs["padding"] == "SAME" else (n - reach) // stride + 1)
    filters = (*size, channels, g.pick(1, 1, 2) if depthwise else g.pick(1, 2, 3, 4, 7, 8, 16, 17, 33))
    n = filters[3] * (channels if depthwise else 1)
    return Window(filters, attrs, (*out, n), n)


def legacy(g, op, input=("quint8",), filters=("qint8",), Tbias=(), Tsummand="", out="qint32", per_channel=True):
    depthwise = "Depthwise" in op
    data = g.factor(*input, rank=4)
    weights = g.pick(*filters)
    wide = weights == "quint8"  # the kernel of quint8 weights: one range, no dilations
    pads = any(a.name == "padding_list" for a in op_def_registry.get(op).attr)
    w = window(g, data.tensor.shape, depthwise, not wide, "padding_list" if pads else "")
    span = filter_range(g, weights, w.channels, per_channel and not wide and g.chance(0.5))
    size = product_size(data, span, w.filters, depthwise)
    inputs = [data.tensor, g.const(weights, g.quantized(weights, w.filters))]
    attrs = dict(w.attrs, out_type=out)
    if Tbias:
        inputs.append(bias(g, g.pick(*Tbias), w.channels, size))
    inputs += [data.low, data.high, g.const("float", span[0]), g.const("float", span[1])]
    if out != "qint32":
        inputs += freezed(g, out, size)
    if Tsummand:
        tensor, ends = summand(g, Tsummand, w.out, size)
        inputs += [tensor, *ends]
    outputs = g.add(op, *inputs, shape=w.out, **attrs)
    vector = np.shape(span[0])
    g.keep(outputs, size, vector=vector if out == "qint32" and vector else None)


FUSIONS = [
    [], ["Relu"], ["Requantize"], ["Relu", "Requantize"], ["BiasAdd"], ["BiasAdd", "Relu"], ["BiasAdd", "Requantize"], ["BiasAdd", "Relu", "Requantize"],
    ["BiasAdd", "Sum", "Relu"], ["BiasAdd", "Sum", "Relu", "Requantize"],
]


def fused(g, op):
    depthwise = "Depthwise" in op
    steps = g.pick(*FUSIONS)
    data = g.factor("quint8", "qint8", rank=4)
    w = window(g, data.tensor.shape, depthwise, True, "explicit_paddings")
    span = filter_range(g, "qint8", w.channels, g.chance(0.5))
    size = product_size(data, span, w.filters, depthwise)
    device = [data.tensor, g.const("qint8", g.quantized("qint8", w.filters))]
    host = [data.low, data.high, g.const("float", span[0]), g.const("float", span[1])]
    out, Tbias, Tsummand = "qint32", g.pick("float", "qint32"), ""
    if "Requantize" in steps:
        out = "quint8" if "Sum" in steps else g.pick("quint8", "qint8")
    if "BiasAdd" in steps:
        device.append(bias(g, Tbias, w.channels, size))
    if "Sum" in steps:
        Tsummand = g.pick("quint8", "qint8") if "Requantize" in steps else "float"
        tensor, ends = summand(g, Tsummand, w.out, size)
        device.append(tensor)
        host += ends
    if "Requantize" in steps:
        host += freezed(g, out, size)
    outputs = g.add(
        op, device, host, shape=w.out, Tinput=data.tensor.dtype, Tfilter="qint8", Tbias=Tbias, Tsummand=Tsummand or out, out_type=out,
        Tdevice_outputs=[out], Thost_outputs=["float", "float"], fused_ops=steps, **w.attrs,
    )
    vector = np.shape(span[0])
    g.keep(outputs, size, vector=vector if out == "qint32" and vector else None)


C, D = "QuantizedConv2D", "QuantizedDepthwiseConv2D"
ROWS = [
    Row(C, legacy, {"filters": EIGHT, "per_channel": False}),
    Row(C + "PerChannel", legacy),
    Row(C + "AndRelu", legacy),
    Row(C + "AndRequantize", legacy, {"out": "qint8", "per_channel": False}),
    Row(C + "AndReluAndRequantize", legacy, {"out": "quint8"}),
    Row(C + "WithBias", legacy, {"input": EIGHT, "Tbias": ("float",)}),
    Row(C + "WithBiasAndRelu", legacy, {"input": EIGHT, "Tbias": ("float",)}),
    Row(C + "WithBiasSumAndRelu", legacy, {"Tbias": ("float",), "Tsummand": "float"}),
    Row(C + "WithBiasAndRequantize", legacy, {"input": EIGHT, "Tbias": BIASES, "out": "qint8"}),
    Row(C + "WithBiasAndReluAndRequantize", legacy, {"input": EIGHT, "Tbias": BIASES, "out": "quint8"}),
    Row(C + "WithBiasSumAndReluAndRequantize", legacy, {"Tbias": BIASES, "Tsummand": "quint8", "out": "quint8"}),
    Row(C + "WithBiasSignedSumAndReluAndRequantize", legacy, {"Tbias": BIASES, "Tsummand": "qint8", "out": "quint8"}),
    Row(D, legacy),
    Row(D + "WithBias", legacy, {"Tbias": ("float",)}),
    Row(D + "WithBiasAndRelu", legacy, {"Tbias": ("float",)}),
    Row(D + "WithBiasAndReluAndRequantize", legacy, {"Tbias": BIASES, "out": "quint8"}),
    *[Row("_FusedQuantizedConv2D", fused)] * 4,
    *[Row("_FusedQuantizedDepthwiseConv2D", fused)] * 3,
]
