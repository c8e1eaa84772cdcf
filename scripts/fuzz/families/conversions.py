"""Between float numbers and integers: QuantizeV2, Dequantize, QuantizeAndDequantize*, FakeQuant*."""

import numpy as np
from draws import SPECIAL
from table import Row

QUANTIZED = ["quint8", "quint8", "qint8", "qint8", "quint16", "qint16", "qint32"]
MODES = ["MIN_COMBINED", "MIN_FIRST", "SCALED", "SCALED"]
BITS = [8, 8, 8, 2, 4, 7, 16]


def slices(g, dtype, shape, axis):
    """The two ends of a range for each slice along an axis, or of one."""
    if axis < 0:
        return g.ends(*g.span(dtype))
    pairs = [g.span(dtype) for _ in range(shape[axis])]
    return g.ends([p[0] for p in pairs], [p[1] for p in pairs])


def quantize(g, op):
    dtype, mode = g.pick(*QUANTIZED), g.pick(*MODES)
    span = g.span(dtype)
    x = g.real(*span, SPECIAL)
    axis = g.whole(0, len(x.shape) - 1) if x.shape and g.chance(0.2) else -1
    ends = slices(g, dtype, x.shape, axis) if axis >= 0 else g.ends(*span)
    attrs = {"mode": mode, "T": dtype}
    if axis >= 0:
        attrs["axis"] = axis
    if mode == "SCALED":
        attrs["round_mode"] = g.pick("HALF_AWAY_FROM_ZERO", "HALF_TO_EVEN")
    if g.chance(0.2):
        attrs["narrow_range"] = True
    if g.chance(0.2):
        attrs["ensure_minimum_range"] = g.pick(0.0, 1e-6, 0.5)
    out = g.add(op, x, *ends, shape=x.shape, **attrs)
    g.keep(out, max(map(abs, span)), vector=(x.shape[axis],) if axis >= 0 else None)


def dequantize(g, op):
    v = g.value(*QUANTIZED, least=0)
    shape, attrs = v.tensor.shape, {"mode": g.pick(*MODES)}
    ends = (v.low, v.high)
    if shape and g.chance(0.2):
        attrs["axis"] = g.whole(0, len(shape) - 1)
        ends = slices(g, v.tensor.dtype, shape, attrs["axis"])
    if g.chance(0.2):
        attrs["narrow_range"] = True
    if g.chance(0.1):
        attrs["dtype"] = "bfloat16"
    out = g.add(op, v.tensor, *ends, shape=shape, **attrs)
    if out[0].dtype == "float":
        g.keep_real(out[0])


def there_and_back(g, op):
    signed, given = g.chance(0.6), g.chance(0.7)
    span = g.span("qint8" if signed else "quint8")
    x = g.real(*span, SPECIAL[:4])
    attrs = {"signed_input": signed, "range_given": given}
    bits = g.pick(*BITS)
    if op == "QuantizeAndDequantize":
        attrs |= {"num_bits": bits, "input_min": span[0], "input_max": span[1]}
        return g.keep_real(g.add(op, x, shape=x.shape, **attrs)[0])
    axis = g.whole(0, len(x.shape) - 1) if x.shape and g.chance(0.2) else -1
    inputs = [x, *(slices(g, "qint8" if signed else "quint8", x.shape, axis) if axis >= 0 else g.ends(*span))]
    if axis >= 0:
        attrs["axis"] = axis
    if g.chance(0.3):
        attrs["narrow_range"] = True
    if op == "QuantizeAndDequantizeV3":
        inputs.append(g.input("int32", bits, not g.chance(0.05)))
    else:
        attrs |= {"num_bits": bits, "round_mode": g.pick("HALF_TO_EVEN", "HALF_UP")}
    return g.keep_real(g.add(op, *inputs, shape=x.shape, **attrs)[0])


def fake(g, op):
    span = g.span("qint8")
    x = g.real(*span, [*SPECIAL, np.nan], rank=g.whole(1, 4) if op.endswith("Channel") else None)
    attrs = {"num_bits": g.pick(*BITS), "narrow_range": g.chance(0.3)}
    inputs = [x]
    if op.endswith("Args"):
        attrs |= {"min": span[0], "max": span[1]}
    elif op.endswith("Channel"):
        inputs += slices(g, "qint8", x.shape, len(x.shape) - 1)
    else:
        inputs += g.ends(*span)
    g.keep_real(g.add(op, *inputs, shape=x.shape, **attrs)[0])


ROWS = [
    Row("QuantizeV2", quantize),
    Row("QuantizeV2", quantize),  # twice as often: it has the most forms
    Row("Dequantize", dequantize),
    Row("QuantizeAndDequantize", there_and_back),
    Row("QuantizeAndDequantizeV2", there_and_back),
    Row("QuantizeAndDequantizeV3", there_and_back),
    Row("QuantizeAndDequantizeV4", there_and_back),
    Row("FakeQuantWithMinMaxArgs", fake),
    Row("FakeQuantWithMinMaxVars", fake),
    Row("FakeQuantWithMinMaxVarsPerChannel", fake),
]
