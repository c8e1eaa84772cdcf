"""Products of matrices of integers: QuantizedMatMul*, _QuantizedMatMul."""

import numpy as np
from families.operands import BIASES, EIGHT, bias, filter_range, freezed, product_size
from table import Row

ACTIVATIONS = ["Relu", "Relu6", "LeakyRelu", "GeluApproximate", "GeluExact", "Tanh", "Sigmoid", "Elu"]
COLUMNS = [1, 2, 3, 5, 8, 16, 17, 33]


def plain(g, op):
    a, ta, tb = g.value("quint8", rank=2), g.chance(0.3), g.chance(0.3)
    rows, inner = a.tensor.shape[::-1] if ta else a.tensor.shape
    columns = g.pick(*COLUMNS)
    b = g.fresh("quint8", (columns, inner) if tb else (inner, columns))
    inputs = [a.tensor, b.tensor, a.low, a.high, b.low, b.high]
    out = g.add(op, *inputs, shape=(rows, columns), transpose_a=ta, transpose_b=tb, Toutput="qint32", Tactivation="quint8")
    g.keep(out, a.size * b.size)


def legacy(g, op, out="qint32", Tbias=BIASES):
    a = g.factor("quint8", rank=2)
    (rows, inner), columns = a.tensor.shape, g.pick(*COLUMNS)
    span = filter_range(g, "qint8", columns, False)
    size = product_size(a, span, (1, 1, inner), False)
    inputs = [a.tensor, g.const("qint8", g.quantized("qint8", (inner, columns))), bias(g, g.pick(*Tbias), columns, size)]
    inputs += [a.low, a.high, g.const("float", span[0]), g.const("float", span[1])]
    if "equantize" in op:
        inputs += freezed(g, "quint8", size)
    outputs = g.add(op, *inputs, shape=(rows, columns), Toutput=out, input_quant_mode=g.pick("MIN_FIRST", "SCALED"))
    if out == "float":
        g.keep_real(outputs[0])
    else:
        g.keep(outputs, size)


def fused(g, op):
    a = g.factor(*EIGHT, rank=2)
    (rows, inner), columns = a.tensor.shape, g.pick(*COLUMNS)
    mode, Tbias, transposed, per_channel = g.pick("SCALED", "MIN_FIRST"), g.pick(*BIASES), g.chance(0.3), g.chance(0.4)
    out = g.pick("qint32", "float", "float", *EIGHT, *EIGHT)
    steps = ["BiasAdd"]
    if out == "float" and g.chance(0.3):
        steps.append("Add")
    elif out == "qint32":
        steps += g.pick([], ["Relu"])
    elif g.chance(0.6):
        steps.append(g.pick(*ACTIVATIONS))
    steps += {"qint32": [], "float": ["Dequantize"]}.get(out, ["Requantize"])
    span = filter_range(g, "qint8", columns, per_channel)
    size = product_size(a, span, (1, 1, inner), False)
    device = [a.tensor, g.const("qint8", g.quantized("qint8", (columns, inner) if transposed else (inner, columns)))]
    raw = Tbias == "qint32" and out in EIGHT  # then it is taken for real numbers
    device.append(g.const(Tbias, g.rng.integers(-3, 3, columns)) if raw else bias(g, Tbias, columns, size))
    if "Add" in steps:
        device.append(g.feed("float", g.rng.uniform(-1, 1, (rows, columns)) * size))
    host = [a.low, a.high, g.const("float", span[0]), g.const("float", span[1])]
    output_mode = g.pick("SCALED", "MIN_FIRST")
    if out in EIGHT:
        host += freezed(g, out, size)
    outputs = g.add(
        op, device, host, shape=(rows, columns), T1=a.tensor.dtype, T2="qint8", Tbias=Tbias, U="float", Tout=out,
        Tdevice_outputs=[out], Thost_outputs=[] if out == "float" else ["float"] * 2, fused_ops=steps, input_quant_mode=mode,
        output_quant_mode=output_mode, transpose_b=transposed, leakyrelu_alpha=g.pick(0.2, 0.3),
    )
    if out == "float":
        g.keep_real(outputs[0])
    else:
        g.keep(outputs, size, vector=np.shape(span[0]) if out == "qint32" and per_channel else None)


M = "QuantizedMatMulWithBias"
ROWS = [
    *[Row("QuantizedMatMul", plain)] * 2,
    Row(M, legacy),
    Row(M + "AndRelu", legacy, {"Tbias": ("float",)}),
    Row(M + "AndRequantize", legacy, {"out": "quint8"}),
    Row(M + "AndReluAndRequantize", legacy, {"out": "quint8"}),
    Row(M + "AndDequantize", legacy, {"out": "float"}),
    *[Row("_QuantizedMatMul", fused)] * 5,
]
