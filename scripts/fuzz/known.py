"""Differences that stay, each with its reason: TensorFlow is wrong, undefined or another one
on each run. What differs and is not in this list makes the fuzzer fail: no row hides what
TensorFlow defines and tf2ng computes otherwise."""

import re
from collections import namedtuple

import numpy as np
from exact import attr, greatest
from saving import read_by

# ops is a regular expression of the op that differs; when tells of a Finding (judging.py) whether the row is meant.
Known = namedtuple("Known", "ops when reason")

CONVOLUTION = r"(_Fused)?Quantized(Depthwise)?Conv2D.*"
PRODUCT = CONVOLUTION + r"|_?QuantizedMatMul.+|_QuantizedMatMul"
LEAST, MOST = np.finfo(np.float32).tiny, np.finfo(np.float32).max


def node(f):
    return f.case.proto().node[-1]


def alone(f):
    return len(f.case.steps) == 1


def has_nan(f):
    return any(np.isnan(np.asarray(i, np.float64)).any() for i in read_by(f.case))


def operand_ranges(f):
    """The ends of the data's and of the weights' range of a product, fused or not."""
    n = node(f)
    first = len(n.attr["Tdevice_inputs"].list.type) if n.op.startswith("_") else 3 if "Bias" in n.op else 2
    return read_by(f.case)[first : first + 4]


def no_unit(f):
    """A product whose unit, scale times scale, is 0 for TensorFlow, or infinite, or that of whose
    data's range is: a float32 below 2^-126 counts as 0."""
    low, high, low_weights, high_weights = operand_ranges(f)
    data, weights = greatest(low, high), greatest(low_weights, high_weights)
    unit = data / 255 * weights / 127
    return bool((unit < LEAST).any() or (unit > MOST).any() or data.max() * 255 > MOST)


def no_result(f):
    """A product whose unit in those of its result, which is requantized, is infinite."""
    if "Requantize" not in steps_of(f):
        return False
    low, high, low_weights, high_weights = operand_ranges(f)
    unit = greatest(low, high) / 255 * greatest(low_weights, high_weights) / 127
    return bool((unit / np.maximum(greatest(*read_by(f.case)[-2:]) / 255, 1e-300) > MOST).any())


def steps_of(f):
    """The fused steps of a product."""
    return {s.decode() for s in attr(node(f), "fused_ops", [])}


def no_level(f):
    """A part of a QuantizedConcat whose level, a float32, is below 2^-126."""
    values = [v for v in read_by(f.case) if v.dtype == np.float32]
    parts = len(values) // 2
    levels = 2.0 ** (8 * np.dtype(f.theirs[f.case.fetches[0]].dtype).itemsize)
    return any((float(high) - float(low)) / levels < LEAST for low, high in zip(values[:parts], values[parts:], strict=True))


def sixes_overflow(f):
    """6 in units of the range is beyond 64 bits."""
    x, low, high = read_by(f.case)
    width = float(high) - float(low)
    return width == 0 or 6 * 2.0 ** (8 * x.dtype.itemsize) / width >= 2.0**63


def scaled_bias_of_channels(f):
    """A qint32 bias beside weights with a range for each channel, where TensorFlow's scales go
    astray: the data's range is no constant, or there are more than 16 columns."""
    n, values = node(f), read_by(f.case)
    if attr(n, "input_quant_mode") != "SCALED" or values[2].dtype != np.int32 or np.size(operand_ranges(f)[2]) == 1:
        return False
    low = n.input[len(n.attr["Tdevice_inputs"].list.type)]
    return values[2].size > 16 or low not in f.case.values


def approximated(f):
    """Numbers that differ by two units of a QuantizedInstanceNorm's factor, or codes by one for that."""
    if f.kind not in ("integers", "range") or not alone(f) or read_by(f.case)[0].shape[-1] < 8:
        return False
    ends = np.abs([float(f.theirs[name]) for name in f.case.fetches[1:]]).max()
    return f.most <= (1 if f.kind == "integers" else 2.0**-22 * ends)


def infinite_factor(f):
    """A range of a QuantizeV2 whose integers for 1 are beyond float32."""
    most = float(np.iinfo(f.theirs[f.case.fetches[0]].dtype).max)
    return bool((most / MOST > greatest(*read_by(f.case)[1:3])).any())


def infinite_sum(f):
    """QuantizedAdd's range, 2^14 times the operands', or one in its units, is beyond float32."""
    ends = np.abs(np.array(read_by(f.case)[2:], np.float64))
    return ends.max() * 2.0**14 > np.finfo(np.float32).max


def far(f):
    """A factor of QuantizedMul whose zero is beyond 32 bits of its own steps."""
    low, high, low2, high2 = (float(v) for v in read_by(f.case)[2:])
    return any(max(abs(a), abs(b)) * 255 / max(b - a, 1e-300) > 2.0**31 for a, b in ((low, high), (low2, high2)))


def disparate(f):
    """A zero of QuantizedAdd's smaller operand that is beyond 32 bits of its own steps, which may be 0 for TensorFlow."""
    values = [float(v) for v in read_by(f.case)[2:]]
    widths = values[1] - values[0], values[3] - values[2]
    if min(widths) / 255 < LEAST:
        return True
    return max(map(abs, values)) * 2.0**14 / max(min(widths), 1e-300) > 2.0**31


KNOWN = [
    Known(".*", lambda f: f.kind == "another each run", "TensorFlow gives another result each run: it reads what it never wrote"),
    Known(
        CONVOLUTION, lambda f: f.exact == "tf2ng",
        "oneDNN's sums are wrong and tf2ng's are those of plain arithmetic: one input channel a group, or windows that lie in padding",
    ),
    Known(
        "QuantizeV2",
        lambda f: alone(f) and attr(node(f), "mode") == "MIN_FIRST" and np.ndim(read_by(f.case)[0]) == 0 and f.exact != "TensorFlow",
        "TensorFlow's MIN_FIRST of a scalar neither rounds nor saturates: what is out of range wraps around",
    ),
    Known(
        "_QuantizedMatMul", lambda f: alone(f) and f.kind in ("integers", "floats", "NaN") and scaled_bias_of_channels(f),
        "TensorFlow takes the first channel's scale for all of the bias where the data's range is computed, which differs from its own result "
        "where it is constant; and no channel's beyond 16 columns",
    ),
    Known(
        "QuantizedInstanceNorm", approximated,
        "from 8 channels on TensorFlow multiplies by the CPU's approximation of 1/sqrt, refined once, which is another one on each make of CPU",
    ),
    Known("QuantizedRelu6", lambda f: alone(f) and sixes_overflow(f), "6 in units of a tiny range is beyond 64 bits: undefined in TensorFlow"),
    Known(
        "QuantizedAdd", lambda f: alone(f) and f.kind == "integers" and (infinite_sum(f) or disparate(f)),
        "integers of TensorFlow's sum overflow where ranges are huge, or one is tiny beside the other",
    ),
    Known(
        "QuantizedMul", lambda f: alone(f) and f.kind == "integers" and far(f),
        "a zero point, of a range far beside 0, is beyond 32 bits: undefined in TensorFlow",
    ),
    Known(
        "QuantizeV2|QuantizeAndDequantize.*", lambda f: alone(f) and has_nan(f),
        "NaN: TensorFlow's integer depends on the vectors' width, and a range that is computed on the order",
    ),
    Known(
        "QuantizeV2", lambda f: alone(f) and f.kind == "integers" and infinite_factor(f),
        "a tiny range, by whose infinite factor TensorFlow multiplies 0: the integer of NaN depends on the CPU",
    ),
    Known(
        "QuantizedInstanceNorm", lambda f: alone(f) and f.kind == "sign of zero" and f.theirs is not None,
        "the least of zeros of both signs is that which TensorFlow's vectors meet first",
    ),
    Known(
        "QuantizeDownAndShrinkRange|RequantizationRange|QuantizedConcat", lambda f: alone(f) and f.kind == "range" and f.most <= LEAST,
        "a range whose ends are below 2^-126 and count as 0: TensorFlow passes the bits of one on, or 0",
    ),
    Known(
        "QuantizedBatchNorm.*", lambda f: f.kind == "integers" and alone(f) and greatest(*read_by(f.case)[1:3]) > 2.0**31,
        "TensorFlow's mean in units of a huge range overflows 32 bits",
    ),
    Known(
        CONVOLUTION, lambda f: "the window spans" in f.kind and "padding_list" in node(f).attr,
        "a window larger than the image with its padding_list: TensorFlow returns memory that it never wrote, in another shape",
    ),
    Known(
        CONVOLUTION, lambda f: "the window spans" in f.kind and f.theirs is None,
        "TensorFlow refuses the step by itself, too: its result is empty only where the graph does not tell its shapes",
    ),
    Known(
        PRODUCT, lambda f: f.kind in ("integers", "NaN") and alone(f) and (no_unit(f) or no_result(f)),
        "a unit of 0, by which TensorFlow divides, or an infinite one: sums of 0 are NaN, whose integer depends on the CPU",
    ),
    Known(
        ".*", lambda f: re.search("cannot divide|want a wider|want one of a finite width, not zero", f.kind),
        "tf2ng refuses a scale of 0; TensorFlow divides by it: 0/0 is NaN, whose integer depends on the CPU",
    ),
    Known(
        "QuantizedConcat.*", lambda f: f.kind == "integers" and alone(f) and no_level(f),
        "TensorFlow divides by a part's level of 0: 0/0 is NaN, whose integer depends on the CPU",
    ),
    Known(".*", lambda f: "want a finite number" in f.kind, "tf2ng refuses an infinite range, in which TensorFlow multiplies 0 by infinity"),
]


def reason(finding):
    """Why a finding is known; empty if it is not."""
    return next((k.reason for k in KNOWN if re.fullmatch(k.ops, finding.op) and k.when(finding)), "")
