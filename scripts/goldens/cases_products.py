"""Quantized convolutions and matrix products of every kernel, with weights so small that
they are exact without VNNI: every type, fusion, kind of range, and a window that turns
with the case."""

from itertools import cycle, product

import numpy as np
from case import case, const, feed, integers, through, uniform
from tensorflow.python.framework import op_def_registry


def weights(*shape):
    """Even numbers up to 64."""
    return lambda rng: 2 * rng.integers(-32, 32, shape, endpoint=True)


def data(dtype, *shape):
    return feed(dtype, integers(*shape, low=0, high=255) if dtype == "quint8" else integers(*shape, low=-128, high=127))


def f(value):
    return const("float", value)


def bias(dtype, n):
    return const(dtype, uniform(n, low=-2, high=2) if dtype != "qint32" else integers(n, low=-20000, high=20000))


def span(dtype):
    """The range of data, a summand or an output."""
    return [f(0.0), f(2.7)] if dtype == "quint8" else [f(-3.1), f(2.9)]


def filter_span(n, per_channel):
    """The range of weights: one, or one for each of n channels."""
    if not per_channel:
        return [f(-0.8), f(0.5)]
    ends = np.linspace(0.11, 0.97, n)[np.argsort(np.sin(np.arange(n) * 5.0))]
    return [f(-ends), f(ends * 0.9)]


def summand(dtype, shape):
    """A summand that TensorFlow may overwrite."""
    if dtype == "float":
        return through("Maximum", feed("float", uniform(*shape, low=-3, high=3)), f(-100.0), dtype="float", T="float")
    return through(
        "QuantizedMaxPool", data(dtype, *shape), *span(dtype), dtype=dtype, T=dtype, ksize=[1] * 4, strides=[1] * 4, padding="VALID",
    )


# Windows: data, filter, stride, dilation, padding, paddings before and after.
PAD = [0, 0, 1, 2, 0, 1, 0, 0]
DENSE = [
    ((1, 5, 4, 5), (3, 2, 5, 9), 1, 1, "SAME", None), ((2, 5, 6, 3), (3, 3, 3, 7), 2, 1, "SAME", None),
    ((2, 6, 5, 8), (3, 3, 8, 17), 1, 2, "SAME", None), ((1, 7, 6, 4), (3, 3, 4, 8), 1, 2, "VALID", None),
    ((1, 4, 5, 8), (3, 3, 8, 5), 2, 1, "VALID", PAD), ((2, 3, 3, 33), (1, 1, 33, 31), 1, 1, "VALID", None), ((1, 5, 6, 3), (5, 5, 3, 4), 3, 1, "SAME", None),
]
DEPTHWISE = [
    ((1, 5, 4, 5), (3, 2, 5, 1), 1, 1, "SAME", None), ((2, 5, 6, 16), (3, 3, 16, 1), 2, 1, "SAME", None), ((2, 4, 5, 3), (3, 3, 3, 2), 1, 1, "SAME", None),
    ((1, 6, 6, 8), (3, 3, 8, 1), 1, 2, "VALID", None), ((1, 4, 5, 8), (3, 3, 8, 1), 2, 1, "VALID", PAD), ((1, 4, 4, 33), (3, 3, 33, 1), 1, 1, "VALID", None),
]
WINDOWS = {False: cycle(DENSE), True: cycle(DEPTHWISE)}


def output_shape(x, w, stride, dilation, padding, pads, depthwise):
    out, pads = [x[0]], pads if any(pads or []) else None
    for i in (0, 1):
        size = x[1 + i] + (pads[2 + 2 * i] + pads[3 + 2 * i] if pads else 0)
        out.append(-(-size // stride) if padding == "SAME" and not pads else (size - (w[i] - 1) * dilation - 1) // stride + 1)
    return (*out, w[3] * (w[2] if depthwise else 1))


def convolution(op, input="quint8", output="qint32", Tbias="", Tsummand="", per_channel=False, depthwise=False, window=None, note="", **attrs):
    x, w, stride, dilation, padding, pads = window or next(WINDOWS[depthwise])
    if not window and "padding_list" not in [a.name for a in op_def_registry.get(op).attr]:
        pads = None
    channels = w[3] * (w[2] if depthwise else 1)
    inputs = [data(input, *x), const("qint8", weights(*w))]
    if Tbias:
        inputs.append(bias(Tbias, channels))
    inputs += span(input) + filter_span(channels, per_channel)
    if output != "qint32":
        inputs += [f(0.0), f(6.3)] if output == "quint8" else [f(-5.0), f(4.5)]
    if Tsummand:
        inputs.append(summand(Tsummand, output_shape(x, w, stride, dilation, padding, pads, depthwise)))
        inputs += [] if Tsummand == "float" else span(Tsummand)
    attrs |= {"strides": [1, stride, stride, 1], "padding": padding, "out_type": output}
    if dilation > 1:
        attrs["dilations"] = [1, dilation, dilation, 1]
    if pads:
        attrs["padding_list"] = pads
    id = "_".join(filter(None, [op.replace("Quantized", ""), input, Tbias, Tsummand, "channels" if per_channel else "scalar", note]))
    case(op, f"small_{id}", *inputs, **attrs)


EIGHT = ["quint8", "qint8"]
BIASES = ["float", "qint32"]
C = "QuantizedConv2D"
for per_channel in (False, True):
    kinds = {"per_channel": per_channel}
    if not per_channel:
        convolution(C, window=DENSE[0])
        convolution(C + "AndRequantize", output="qint8", **kinds)
    convolution(C + "PerChannel", window=DENSE[1], **kinds)
    convolution(C + "AndRelu", **kinds)
    convolution(C + "AndReluAndRequantize", output="quint8", **kinds)
    convolution(C + "WithBiasSumAndRelu", Tbias="float", Tsummand="float", **kinds)
    for t in EIGHT:
        convolution(C + "WithBias", t, Tbias="float", **kinds)
        convolution(C + "WithBiasAndRelu", t, Tbias="float", **kinds)
    for b in BIASES:
        for t in EIGHT:
            convolution(C + "WithBiasAndRequantize", t, "qint8", b, **kinds)
            convolution(C + "WithBiasAndReluAndRequantize", t, "quint8", b, **kinds)
        convolution(C + "WithBiasSumAndReluAndRequantize", "quint8", "quint8", b, "quint8", **kinds)
        convolution(C + "WithBiasSignedSumAndReluAndRequantize", "quint8", "quint8", b, "qint8", **kinds)
    D = "QuantizedDepthwiseConv2D"
    convolution(D, depthwise=True, window=DEPTHWISE[2 * per_channel], **kinds)
    convolution(D + "WithBias", Tbias="float", depthwise=True, **kinds)
    convolution(D + "WithBiasAndRelu", Tbias="float", depthwise=True, **kinds)
    for b in BIASES:
        convolution(D + "WithBiasAndReluAndRequantize", output="quint8", Tbias=b, depthwise=True, **kinds)
# padding_list counts beside any padding.
BESIDE = ((1, 5, 4, 5), (3, 2, 5, 9), 1, 1, "SAME", [0, 0, 2, 1, 1, 2, 0, 0])
convolution(C + "WithBiasAndRequantize", output="qint8", Tbias="float", window=BESIDE, note="padding_list_beside_same")
convolution(C + "WithBiasSumAndRelu", Tbias="float", Tsummand="float", window=BESIDE, note="padding_list_beside_same")
# Eight zeros do not: the padding does.
ZEROS = ((1, 4, 3, 2), (3, 3, 2, 3), 2, 1, "SAME", [0] * 8)
for op in ["AndRelu", "WithBias", "WithBiasAndRelu", "WithBiasSumAndRelu"]:
    bias_type, sum_type = "float" if "Bias" in op else "", "float" if "Sum" in op else ""
    convolution(C + op, Tbias=bias_type, Tsummand=sum_type, window=ZEROS, note="padding_list_zeros")
for op, sum_type in [("", ""), ("WithBias", ""), ("WithBiasSum", "quint8"), ("WithBiasSignedSum", "qint8")]:
    bias_type = "float" if op else ""
    convolution(C + op + "AndReluAndRequantize", output="quint8", Tbias=bias_type, Tsummand=sum_type, window=ZEROS, note="padding_list_zeros")
convolution(C + "AndRequantize", output="qint8", window=ZEROS, note="padding_list_zeros")
convolution(C + "WithBiasAndRequantize", output="qint8", Tbias="float", window=ZEROS, note="padding_list_zeros")
ZEROS = ((1, 4, 3, 4), (3, 3, 4, 1), 2, 1, "SAME", [0] * 8)
for op, output in [("WithBiasAndRelu", "qint32"), ("WithBiasAndReluAndRequantize", "quint8")]:
    convolution("QuantizedDepthwiseConv2D" + op, output=output, Tbias="float", depthwise=True, window=ZEROS, note="padding_list_zeros")


def fused(steps, input, output, Tbias="float", Tsummand="", per_channel=False, depthwise=False, error=False):
    op = "_FusedQuantizedDepthwiseConv2D" if depthwise else "_FusedQuantizedConv2D"
    x, w, stride, dilation, padding, pads = next(WINDOWS[depthwise])
    channels = w[3] * (w[2] if depthwise else 1)
    device, host = [data(input, *x), const("qint8", weights(*w))], span(input) + filter_span(channels, per_channel)
    if "BiasAdd" in steps:
        device.append(bias(Tbias, channels))
    if "Sum" in steps:
        device.append(summand(Tsummand, output_shape(x, w, stride, dilation, padding, pads, depthwise)))
        host += [] if Tsummand == "float" else span(Tsummand)
    if "Requantize" in steps:
        host += [f(0.0), f(6.3)] if output == "quint8" else [f(-5.0), f(4.5)]
    attrs = {"strides": [1, stride, stride, 1], "padding": "EXPLICIT" if pads else padding, "fused_ops": steps}
    if dilation > 1:
        attrs["dilations"] = [1, dilation, dilation, 1]
    if pads:
        attrs["explicit_paddings"] = pads
    names = [op.removeprefix("_Fused"), *steps, input, Tbias if "BiasAdd" in steps else "", Tsummand, output, "channels" if per_channel else "scalar"]
    case(
        op, "small_fused_" + "_".join(filter(None, names)), device, host, error=error, Tinput=input, Tfilter="qint8", Tbias=Tbias,
        Tsummand=Tsummand or output, out_type=output, Tdevice_outputs=[output], Thost_outputs=["float", "float"], **attrs,
    )


turn = cycle([False, True, True, False, True])
for depthwise, t in product((False, True), EIGHT):
    kinds = {"depthwise": depthwise}
    fused([], t, "qint32", per_channel=next(turn), **kinds)
    fused(["Relu"], t, "qint32", per_channel=next(turn), **kinds)
    for out in EIGHT:
        fused(["Requantize"], t, out, per_channel=next(turn), **kinds)
        fused(["Relu", "Requantize"], t, out, per_channel=next(turn), **kinds)
    for b in BIASES:
        fused(["BiasAdd"], t, "qint32", b, per_channel=next(turn), **kinds)
        fused(["BiasAdd", "Relu"], t, "qint32", b, per_channel=next(turn), **kinds)
        fused(["BiasAdd", "Sum", "Relu"], t, "qint32", b, "float", per_channel=next(turn), **kinds)
        for out in EIGHT:
            fused(["BiasAdd", "Requantize"], t, out, b, per_channel=next(turn), **kinds)
            fused(["BiasAdd", "Relu", "Requantize"], t, out, b, per_channel=next(turn), **kinds)
        for s in EIGHT:
            fused(["BiasAdd", "Sum", "Relu", "Requantize"], t, "quint8", b, s, per_channel=next(turn), **kinds)
fused(["BiasAdd", "Relu6", "Requantize"], "quint8", "quint8", error=True)
fused(["Requantize", "Relu"], "quint8", "quint8", error=True)

# Matrix products.
M = "QuantizedMatMulWithBias"
SIZES = cycle([(3, 20, 7), (1, 64, 33), (5, 3, 1)])


def legacy(op, output, Tbias, mode, low, high, note=""):
    m, k, n = next(SIZES)
    inputs = [data("quint8", m, k), const("qint8", weights(k, n)), bias(Tbias, n), f(low), f(high), *filter_span(n, False)]
    if "equantize" in op:
        inputs += [f(0.0), f(6.3)]
    case(op, f"small_{op.removeprefix('Quantized')}_{Tbias}_{mode}_{note}", *inputs, Toutput=output, input_quant_mode=mode)


for mode, (note, low, high) in product(["MIN_FIRST", "SCALED"], [("from0", 0.0, 2.7), ("below0", -1.3, 2.2), ("above0", 0.5, 2.0)]):
    legacy(M + "AndRelu", "qint32", "float", mode, low, high, note)
    for b in BIASES:
        for op, output in [("", "qint32"), ("AndRequantize", "quint8"), ("AndReluAndRequantize", "quint8"), ("AndDequantize", "float")]:
            legacy(M + op, output, b, mode, low, high, note)


def fused_matmul(steps, input, output, Tbias="float", mode="SCALED", output_mode="SCALED", per_channel=False, low=None, error=False, note="", **attrs):
    m, k, n = (3, 20, 7) if per_channel else next(SIZES)
    device, host = [data(input, m, k), const("qint8", weights(*((n, k) if attrs.get("transpose_b") else (k, n))))], span(input) + filter_span(n, per_channel)
    if low is not None:
        host[:2] = [f(low), f(2.2)]
    if "BiasAdd" in steps:
        values = integers(n, low=-3, high=3) if Tbias == "qint32" and mode == "SCALED" and output in EIGHT else None
        device.append(const(Tbias, values) if values else bias(Tbias, n))
    if "Add" in steps:
        device.append(feed(output, uniform(m, n, low=-3, high=3)))
    if "Requantize" in steps:
        host += [f(-2.0), f(5.0)] if output_mode == "MIN_FIRST" else [f(0.0), f(6.3)] if output == "quint8" else [f(-5.0), f(4.5)]
    names = [*steps, input, Tbias if "BiasAdd" in steps else "", output, mode, output_mode if output in EIGHT else "", "channels" if per_channel else "", note]
    case(
        "_QuantizedMatMul", "small_qmm_" + "_".join(filter(None, names)), device, host, error=error, T1=input, T2="qint8", Tbias=Tbias,
        U=output if "Add" in steps else "float", Tout=output, Tdevice_outputs=[output], Thost_outputs=[] if output in ["float", "bfloat16"] else ["float"] * 2,
        fused_ops=steps, input_quant_mode=mode, output_quant_mode=output_mode, **attrs,
    )


ACTIVATIONS = ["Relu", "Relu6", "LeakyRelu", "GeluApproximate", "GeluExact", "Tanh", "Sigmoid", "Elu"]
acts, outs, outmodes = cycle(ACTIVATIONS), cycle(EIGHT), cycle(["SCALED", "SCALED", "MIN_FIRST", "MIN_FIRST"])
for t, b, (mode, low) in product(EIGHT, [*BIASES, "bfloat16"], [("SCALED", None), ("MIN_FIRST", None), ("MIN_FIRST", -1.3)]):
    if b == "bfloat16" and mode == "SCALED":
        continue  # oneDNN has no kernel for it on a CPU without AVX-512
    kinds = {"Tbias": b, "mode": mode, "low": low, "note": "below0" if low else ""}
    fused_matmul(["BiasAdd"], t, "qint32", **kinds)
    fused_matmul(["BiasAdd", "Relu"], t, "qint32", **kinds)
    fused_matmul(["BiasAdd", "Dequantize"], t, "float", **kinds)
    fused_matmul(["BiasAdd", "Add", "Dequantize"], t, "float", **kinds)
    fused_matmul(["BiasAdd", next(acts), "Dequantize"], t, "float", **kinds)
    for out, output_mode in product(EIGHT, ["SCALED", "MIN_FIRST"]):
        fused_matmul(["BiasAdd", "Requantize"], t, out, output_mode=output_mode, **kinds)
    fused_matmul(["BiasAdd", next(acts), "Requantize"], t, next(outs), output_mode=next(outmodes), **kinds)
for act in ACTIVATIONS:
    fused_matmul(["BiasAdd", act, "Dequantize"], "quint8", "float", note="each")
    fused_matmul(["BiasAdd", act, "Requantize"], "qint8", "qint8", note="each")
for t, b in product(EIGHT, BIASES):
    for note, attrs in [("", {}), ("transposed", {"transpose_b": True})]:
        fused_matmul(["BiasAdd", "Dequantize"], t, "float", b, per_channel=True, note=note, **attrs)
        fused_matmul(["BiasAdd", "Relu", "Requantize"], t, "quint8", b, per_channel=True, note=note, **attrs)
        fused_matmul(["BiasAdd"], t, "qint32", b, per_channel=True, note=note, **attrs)
        fused_matmul(["BiasAdd", "Requantize"], t, "quint8", b, "MIN_FIRST", per_channel=True, low=-1.3 if t == "quint8" else None, note=note, **attrs)

# Attributes that these kernels do not heed: TensorFlow fails unless the matrices are square.
for attr, x, w in [("transpose_a", (7, 3), (7, 4)), ("transpose_b", (3, 7), (4, 7))]:
    inputs = [data("quint8", *x), const("qint8", weights(*w)), bias("float", 4), *span("quint8"), *filter_span(4, False)]
    case(M, f"small_MatMulWithBias_{attr}", *inputs, error=True, Toutput="qint32", **{attr: True})
case(
    "_QuantizedMatMul", "small_qmm_transpose_a", [data("quint8", 7, 3), const("qint8", weights(7, 4)), bias("float", 4)], span("quint8") + filter_span(4, False), error=True,
    T1="quint8", T2="qint8", Tbias="float", U="float", Tout="float", Tdevice_outputs=["float"], Thost_outputs=[], fused_ops=["BiasAdd", "Dequantize"], transpose_a=True,
)
for u, out in [("bfloat16", "quint8"), ("bfloat16", "float")]:
    steps = ["BiasAdd", "Requantize" if out == "quint8" else "Dequantize"]
    host = span("quint8") + filter_span(7, False) + ([f(0.0), f(6.3)] if out == "quint8" else [])
    case(
        "_QuantizedMatMul", f"small_qmm_unused_U_{out}", [data("quint8", 3, 20), const("qint8", weights(20, 7)), bias("float", 7)], host, T1="quint8", T2="qint8",
        Tbias="float", U=u, Tout=out, Tdevice_outputs=[out], Thost_outputs=["float"] * 2 if out == "quint8" else [], fused_ops=steps,
    )
