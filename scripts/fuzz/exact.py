"""Which side is exact, by plain arithmetic in float64: neither side's formulas, only what an op means.

A model gives the first output in units of its integers (or its real numbers) before it is
rounded. A side is exact if it is within a step of that everywhere.
"""

import re

import numpy as np
from case import ARRAY
from tensorflow.core.framework import types_pb2

LEVELS = {np.uint8: 255.0, np.int8: 127.0, np.int32: 2.0**31}
STEP = 1.01  # two roundings, as of x and of a range's min, in float32
FLOAT = np.finfo(np.float32)


def verdict(case, inputs, theirs, ours):
    """Judges a case of one step: "tf2ng", "TensorFlow", "both within a step", "neither", "unknown".
    inputs are the values of what the step reads, in its order."""
    node = case.proto().node[-1]
    model = next((m for pattern, m in MODELS if re.fullmatch(pattern, node.op)), None)
    if model is None:
        return "unknown"
    with np.errstate(all="ignore"):
        want = model(node, [np.asarray(i) for i in inputs])
    if want is None or want.shape != theirs.shape or want.shape != ours.shape or not np.isfinite(want).all():
        return "unknown"
    fits = [bool(near(want, side).all()) for side in (theirs, ours)]
    return {(True, True): "both within a step", (True, False): "TensorFlow", (False, True): "tf2ng", (False, False): "neither"}[tuple(fits)]


def near(want, got):
    if got.dtype.kind == "f":
        return np.abs(got - want) <= 1e-5 * np.maximum(np.abs(want).max(initial=0), 1e-30)
    i = np.iinfo(got.dtype)
    return np.abs(got - np.clip(want, i.min, i.max)) <= np.maximum(STEP, np.abs(want) * 2.0**-21)


def attr(node, name, default=None):
    if name not in node.attr:
        return default
    a = node.attr[name]
    which = a.WhichOneof("value")
    value = getattr(a, which)
    if which == "list":
        return next(([*v] for v in (value.i, value.s, value.type) if v), [])
    return value.decode() if which == "s" else value


def array_type(number):
    return ARRAY[types_pb2.DataType.Name(number).removeprefix("DT_").lower()]


def greatest(low, high):
    return np.maximum(np.abs(np.float64(low)), np.abs(np.float64(high)))


def scale(low, high, type):
    return greatest(low, high) / LEVELS[type]


def convolve(node, x, w):
    """The exact sums of products of a convolution without zero points."""
    strides, dilations = attr(node, "strides")[1:3], attr(node, "dilations", [1, 1, 1, 1])[1:3]
    pads = attr(node, "padding_list") or attr(node, "explicit_paddings")
    depthwise = "Depthwise" in node.op
    before, out = [], []
    for i in (0, 1):
        n, reach = x.shape[1 + i], (w.shape[i] - 1) * dilations[i] + 1
        if pads and (any(pads) or attr(node, "padding") == "EXPLICIT"):
            before.append(pads[2 + 2 * i])
            out.append((n + pads[2 + 2 * i] + pads[3 + 2 * i] - reach) // strides[i] + 1)
        elif attr(node, "padding") == "SAME":
            out.append(-(-n // strides[i]))
            before.append(max((out[i] - 1) * strides[i] + reach - n, 0) // 2)
        else:
            before.append(0)
            out.append((n - reach) // strides[i] + 1)
    channels = w.shape[2] * w.shape[3] if depthwise else w.shape[3]
    sums = np.zeros((x.shape[0], *out, channels), np.int64)
    x, w = x.astype(np.int64), w.astype(np.int64)
    for r in range(out[0]):
        for c in range(out[1]):
            for i in range(w.shape[0]):
                for j in range(w.shape[1]):
                    y, z = r * strides[0] - before[0] + i * dilations[0], c * strides[1] - before[1] + j * dilations[1]
                    if 0 <= y < x.shape[1] and 0 <= z < x.shape[2]:
                        pixel = x[:, y, z, :]
                        sums[:, r, c] += (pixel[:, :, None] * w[i, j]).reshape(len(x), -1) if depthwise else pixel @ w[i, j]
    return sums


def convolution(node, inputs):
    """Signed weights, and no zero points."""
    fusions = attr(node, "fused_ops")
    if fusions is None:
        names = re.findall("Bias|Sum|Relu|Requantize", node.op)
    else:
        names = [s.decode().replace("BiasAdd", "Bias") for s in fusions]
    values = list(inputs)
    x, w = values.pop(0), values.pop(0)
    if w.dtype == np.uint8:
        return None
    b = values.pop(0) if "Bias" in names else None
    previous = values.pop(0) if "Sum" in names and fusions is not None else None
    x_range, w_range = (values.pop(0), values.pop(0)), (values.pop(0), values.pop(0))
    if previous is not None and previous.dtype != np.float32:
        s_range = values.pop(0), values.pop(0)
    out_range = (values.pop(0), values.pop(0)) if "Requantize" in names else None
    if "Sum" in names and fusions is None:
        previous = values.pop(0)
        s_range = values if previous.dtype != np.float32 else None
    if scale(*x_range, x.dtype.type) < FLOAT.tiny:
        return None  # which counts as 0
    unit = scale(*x_range, x.dtype.type) * scale(*w_range, np.int8)
    real = convolve(node, x, w) * unit
    if b is not None:
        real = real + (b * unit if b.dtype == np.int32 else b.astype(np.float64))
    out = array_type(attr(node, "out_type"))
    if previous is not None:
        real = real + (previous * scale(*s_range, previous.dtype.type) if previous.dtype != np.float32 else previous)
    if "Relu" in names:
        real = np.maximum(real, 0)
    if np.abs(real).max(initial=0) > FLOAT.max or np.min(unit) < FLOAT.tiny or np.max(unit) * 2.0**31 > FLOAT.max:
        return None  # beyond float32, in which both sides compute
    if out_range is None:
        return real / np.max(unit)
    top = 127 if previous is not None and previous.dtype == np.int8 and out == np.uint8 else np.inf
    return np.minimum(real / scale(*out_range, out), top)


def pool(node, inputs):
    x, k, s = inputs[0].astype(np.float64), attr(node, "ksize")[1:3], attr(node, "strides")[1:3]
    out, before = [], []
    for i in (0, 1):
        n = x.shape[1 + i]
        same = attr(node, "padding") == "SAME"
        out.append(-(-n // s[i]) if same else (n - k[i]) // s[i] + 1)
        before.append(max((out[i] - 1) * s[i] + k[i] - n, 0) // 2 if same else 0)
    y = np.empty((x.shape[0], *out, x.shape[3]))
    for r in range(out[0]):
        for c in range(out[1]):
            top, left = r * s[0] - before[0], c * s[1] - before[1]
            patch = x[:, max(top, 0) : top + k[0], max(left, 0) : left + k[1]]
            y[:, r, c] = patch.max((1, 2)) if "Max" in node.op else patch.mean((1, 2))
    return y


def requantize(node, inputs):
    x, low, high, out_low, out_high = (i.astype(np.float64) for i in inputs)
    out = array_type(attr(node, "out_type"))
    if node.op == "RequantizePerChannel":
        if (greatest(low, high) / 2.0**31 / scale(out_low, out_high, out) > FLOAT.max).any():
            return None  # beyond float32
        return x * greatest(low, high) / 2.0**31 / scale(out_low, out_high, out)
    if (out_high - out_low) / 255 < FLOAT.tiny or (high - low) / 2.0**32 < FLOAT.tiny:
        return None  # a step that counts as 0
    if not high > low or not out_high > out_low or (high - low) / 2.0**32 > (out_high - out_low) / 255 / 4:
        return None  # where an input's step lies, to half of it, is TensorFlow's choice
    real = low + (x + 2.0**31) * (high - low) / (2.0**32 - 1)
    return (real - out_low) * 255 / (out_high - out_low) + np.iinfo(out).min


def matmul(node, inputs):
    a, b, low_a, high_a, low_b, high_b = inputs
    if not high_a > low_a or not high_b > low_b:
        return None
    a, b = a.astype(np.int64), b.astype(np.int64)
    a, b = (a.T if attr(node, "transpose_a") else a), (b.T if attr(node, "transpose_b") else b)
    zeros = [-np.float64(low) * 255 / (np.float64(high) - low) for low, high in ((low_a, high_a), (low_b, high_b))]
    if any(abs(z % 1 - 0.5) < 1e-3 for z in zeros):
        return None  # halves, which float32 tips to either side
    zeros = np.round(zeros)
    return (a - zeros[0]) @ (b - zeros[1])


def quantize(node, inputs):
    """The modes in which a range's ends are the least and the greatest integer, to 8 and 16 bits."""
    x, low, high = (i.astype(np.float64) for i in inputs)
    low, high = np.minimum(low, 0), np.maximum(high, 0)
    if attr(node, "mode") == "SCALED" or low.ndim or attr(node, "T") == types_pb2.DT_QINT32 or "ensure_minimum_range" in node.attr or high - low < 1e-30:
        return None
    i = np.iinfo(array_type(attr(node, "T")))
    return (x - low) * ((float(i.max) - i.min) / (high - low)) + i.min


MODELS = [
    (r"QuantizeV2", quantize),
    (r"(_Fused)?Quantized(Depthwise)?Conv2D.*", convolution),
    (r"Quantized(Max|Avg)Pool", pool),
    (r"Requantize(PerChannel)?", requantize),
    (r"QuantizedMatMul", matmul),
]
