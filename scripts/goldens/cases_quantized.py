"""Quantized ops whose results need no VNNI: conversions, requantization, pools, sums."""

import numpy as np
from case import ARRAY, case, const, feed, integers, normal, uniform

QUANTIZED = ["quint8", "qint8", "quint16", "qint16", "qint32"]
RANGES = {
    "even": (-1.0, 1.0), "relu6": (0.0, 6.0), "negative": (-6.0, 0.0), "uneven": (-0.3, 2.7), "wide": (-100.0, 3.0), "above": (0.5, 2.0), "below": (-3.0, -1.0),
    "zero": (0.0, 0.0), "point": (1.0, 1.0), "tiny": (-1e-7, 2e-7), "huge": (-1e30, 2e30),
}


def f(value):
    return const("float", value)


def around(low, high):
    """Numbers in and around a range, among them halves of the steps of 8 bits."""
    width = max(high - low, 1e-3)

    def draw(rng):
        even = np.linspace(low - 0.1 * width, high + 0.1 * width, 17)
        halves = (np.arange(-4, 5) + 0.5) * max(abs(low), abs(high)) / 127
        return np.concatenate([even, halves, rng.uniform(low, high, 14), [0.0, low, high]])

    return draw


def all_of(dtype, n=256):
    i = np.iinfo(ARRAY[dtype])
    return np.linspace(i.min, i.max, n).round().clip(i.min, i.max).astype(np.int64)


# QuantizeV2
MODES = [("MIN_COMBINED", "HALF_AWAY_FROM_ZERO"), ("MIN_FIRST", "HALF_AWAY_FROM_ZERO"), ("SCALED", "HALF_AWAY_FROM_ZERO"), ("SCALED", "HALF_TO_EVEN")]
for t in QUANTIZED:
    for mode, rounding in MODES:
        for name, (low, high) in RANGES.items():
            if name in ["wide", "above", "below", "huge"] and t not in ["quint8", "qint8"]:
                continue
            if t == "qint32" and "EVEN" in rounding:
                continue  # oneDNN takes it, and has no kernel
            id = f"quantizev2_{t}_{mode}_{'even' if 'EVEN' in rounding else 'away'}_range_{name}"
            case("QuantizeV2", id, feed("float", around(low, high)), f(low), f(high), T=t, mode=mode, round_mode=rounding)
for t in ["quint8", "qint8", "qint16"]:
    for rounding in ["HALF_AWAY_FROM_ZERO", "HALF_TO_EVEN"]:
        for name in ["even", "uneven", "relu6", "negative", "zero"]:
            low, high = RANGES[name]
            id = f"quantizev2_{t}_narrow_{'even' if 'EVEN' in rounding else 'away'}_{name}"
            case("QuantizeV2", id, feed("float", around(low, high)), f(low), f(high), T=t, mode="SCALED", round_mode=rounding, narrow_range=True)
for t in ["quint8", "qint8"]:
    for mode, rounding in MODES:
        kind = f"{t}_{mode}_{'even' if 'EVEN' in rounding else 'away'}"
        extra = {"T": t, "mode": mode, "round_mode": rounding}
        for epsilon in [0.0, 0.5, 1e-6]:
            case("QuantizeV2", f"quantizev2_{kind}_ensure{epsilon}", feed("float", around(0, 0.1)), f(0), f(0.1), ensure_minimum_range=epsilon, **extra)
        case("QuantizeV2", f"quantizev2_{kind}_fed", feed("float", around(-1, 2)), feed("float", -1), feed("float", 2), **extra)
        case("QuantizeV2", f"quantizev2_{kind}_infinite", feed("float", [np.inf, -np.inf, 3e38, -3e38, 1.0]), f(-1), f(2), **extra)
        case("QuantizeV2", f"quantizev2_{kind}_swapped", feed("float", [0.5]), f(2), f(-1), error=True, **extra)
        case("QuantizeV2", f"quantizev2_{kind}_empty", feed("float", normal(0, 3)), f(-1), f(2), **extra)
        if "EVEN" not in rounding:
            case("QuantizeV2", f"quantizev2_{kind}_scalar", feed("float", 0.3), f(-1), f(2), **extra)
        case("QuantizeV2", f"quantizev2_{kind}_subnormal", feed("float", [1e-40, -1e-40, 1e-38, 0.0]), f(-1), f(2), **extra)
    for axis in [0, 1, 2, 3]:
        shape = (2, 3, 4, 2)
        n = shape[axis]
        for rounding in ["HALF_AWAY_FROM_ZERO", "HALF_TO_EVEN"]:
            for narrow in [False, True]:
                id = f"quantizev2_{t}_axis{axis}_{'even' if 'EVEN' in rounding else 'away'}{'_narrow' if narrow else ''}"
                case("QuantizeV2", id, feed("float", normal(*shape)), const("float", uniform(n, low=-2, high=0)), const("float", uniform(n, low=0.5, high=3)),
                     T=t, mode="SCALED", round_mode=rounding, axis=axis, narrow_range=narrow)
        case("QuantizeV2", f"quantizev2_{t}_axis{axis}_combined", feed("float", normal(*shape)), const("float", uniform(n, low=-2, high=0)), const("float", uniform(n, low=0.5, high=3)),
             T=t, mode="MIN_COMBINED", axis=axis)
    case("QuantizeV2", f"quantizev2_{t}_axis_length", feed("float", normal(2, 3)), const("float", [-1, -1]), const("float", [1, 1]), T=t, mode="SCALED", axis=1, error=True)
    case("QuantizeV2", f"quantizev2_{t}_axis_outside", feed("float", normal(2, 3)), const("float", [-1, -1]), const("float", [1, 1]), T=t, mode="SCALED", axis=2, error=True)
case("QuantizeV2", "quantizev2_range_vector", feed("float", normal(2)), const("float", [-1, -2]), const("float", [1, 2]), T="quint8", error=True)
case("QuantizeV2", "quantizev2_mode_unknown", feed("float", normal(2)), f(-1), f(1), T="quint8", mode="FULL", error=True)
case("QuantizeV2", "quantizev2_int8", feed("float", normal(2)), f(-1), f(1), T="int8", error=True)

# Dequantize
for t in QUANTIZED:
    for mode in ["MIN_COMBINED", "MIN_FIRST", "SCALED"]:
        for name in ["even", "relu6", "uneven", "negative", "zero", "point", "below"] + (["tiny", "huge"] if "8" in t else []):
            low, high = RANGES[name]
            if (t, mode) != ("qint32", "SCALED"):  # oneDNN takes it, and has no kernel
                case("Dequantize", f"dequantize_{t}_{mode}_{name}", feed(t, all_of(t, 37)), f(low), f(high), mode=mode)
        refused = mode == "MIN_FIRST" or mode == "SCALED" and "8" not in t
        case("Dequantize", f"dequantize_{t}_{mode}_bfloat16_uneven", feed(t, all_of(t, 37)), f(-0.3), f(2.7), mode=mode, dtype="bfloat16", error=refused)
for t in ["quint8", "qint8"]:
    case("Dequantize", f"dequantize_{t}_all_scaled", feed(t, all_of(t)), f(-1.7), f(1.3), mode="SCALED")
    case("Dequantize", f"dequantize_{t}_narrow", feed(t, all_of(t, 9)), f(-2), f(1), mode="SCALED", narrow_range=True)
    case("Dequantize", f"dequantize_{t}_empty", feed(t, integers(0, 2, low=0)), f(-2), f(1))
    case("Dequantize", f"dequantize_{t}_fed", feed(t, all_of(t, 9)), feed("float", -2), feed("float", 1), mode="SCALED")
    for axis in [0, 2]:
        for mode in ["MIN_COMBINED", "MIN_FIRST", "SCALED"]:
            n = (2, 3, 4)[axis]
            case("Dequantize", f"dequantize_{t}_{mode}_axis{axis}_rank3", feed(t, integers(2, 3, 4, low=0, high=120)), const("float", uniform(n, low=-2, high=0)),
                 const("float", uniform(n, low=0.5, high=3)), mode=mode, axis=axis, error=mode == "MIN_FIRST")
    case("Dequantize", f"dequantize_{t}_axis_length", feed(t, integers(2, 3, low=0)), const("float", [-1, -1]), const("float", [1, 1]), mode="SCALED", axis=1, error=True)
case("Dequantize", "dequantize_int8", feed("int8", [1]), f(-1), f(1), error=True)

# QuantizeAndDequantize*
for op in ["QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3", "QuantizeAndDequantizeV4"]:
    for bits in [2, 4, 8, 16]:
        for signed in [True, False]:
            for narrow in [False, True]:
                for rounding in ["HALF_TO_EVEN", "HALF_UP"] if op == "QuantizeAndDequantizeV2" else ["HALF_TO_EVEN"]:
                    attrs = {"signed_input": signed, "narrow_range": narrow, "range_given": True}
                    attrs |= {"round_mode": rounding} if rounding == "HALF_UP" else {}
                    low, high = (-1.0, 1.5) if signed else (0.0, 1.5)
                    args = [feed("float", around(low, high)), f(low), f(high)]
                    if op.endswith("V3"):
                        args.append(const("int32", bits))
                    else:
                        attrs["num_bits"] = bits
                    case(op, f"{op.lower()}_{bits}_{'signed' if signed else 'unsigned'}{'_narrow' if narrow else ''}{'_up' if rounding == 'HALF_UP' else ''}", *args, group="QuantizeAndDequantize", **attrs)
    for name, low, high, attrs in [
        ("computed", 0, 0, {"range_given": False}), ("computed_unsigned", 0, 0, {"range_given": False, "signed_input": False}), ("negative", -3, 0, {"range_given": True}),
        ("positive", 0, 3, {"range_given": True}), ("zero", 0, 0, {"range_given": True}), ("above", 1, 2, {"range_given": True}),
    ]:
        args = [feed("float", uniform(3, 7, low=0 if "unsigned" in name else -4, high=3)), f(low), f(high)] + ([const("int32", 8)] if op.endswith("V3") else [])
        case(op, f"{op.lower()}_{name}", *args, group="QuantizeAndDequantize", **attrs)
    args = [feed("double", normal(3, 7)), const("double", -1), const("double", 2)] + ([const("int32", 8)] if op.endswith("V3") else [])
    case(op, f"{op.lower()}_double", *args, group="QuantizeAndDequantize", range_given=True)
    args = [feed("float", normal(3, 7)), f(1), f(-2)] + ([const("int32", 8)] if op.endswith("V3") else [])
    case(op, f"{op.lower()}_swapped", *args, group="QuantizeAndDequantize", range_given=True, error=True)
    for axis in [0, 1]:
        n = (3, 7)[axis]
        args = [feed("float", normal(3, 7)), const("float", uniform(n, low=-2, high=0)), const("float", uniform(n, low=0.5, high=3))] + ([const("int32", 8)] if op.endswith("V3") else [])
        case(op, f"{op.lower()}_axis{axis}", *args, group="QuantizeAndDequantize", range_given=True, axis=axis, error=not op.endswith("V3"))
for bits, signed, given in [(8, True, True), (8, False, True), (4, True, True), (8, True, False)]:  # the op of GraphDefs before version 22
    case("QuantizeAndDequantize", f"quantizeanddequantizev1_{bits}_{'signed' if signed else 'unsigned'}{'' if given else '_computed'}",
         feed("float", around(-1.0 if signed else 0.0, 1.5)), group="QuantizeAndDequantize", num_bits=bits, signed_input=signed, range_given=given,
         input_min=-1.0 if signed else 0.0, input_max=1.5)
case("QuantizeAndDequantizeV2", "quantizeanddequantizev2_bits0", feed("float", normal(3)), f(-1), f(1), group="QuantizeAndDequantize", num_bits=0, range_given=True, error=True)
case("QuantizeAndDequantizeV2", "quantizeanddequantizev2_bits64", feed("float", normal(3)), f(-1), f(1), group="QuantizeAndDequantize", num_bits=64, range_given=True, error=True)
for bits, signed, error in [(1, True, False), (8, True, False), (61, True, False), (62, True, True), (62, False, False), (0, False, True), ([8], True, True)]:
    id = f"quantizeanddequantizev3_bits_computed_{bits if isinstance(bits, int) else 'list'}_{'signed' if signed else 'unsigned'}"
    case("QuantizeAndDequantizeV3", id, feed("float", normal(3, 7)), f(-1), f(2), feed("int32", bits), group="QuantizeAndDequantize",
         range_given=True, signed_input=signed, error=error)
case("QuantizeAndDequantizeV3", "quantizeanddequantizev3_bits_fed", feed("float", normal(3)), f(-1), f(1), const("int32", 99), group="QuantizeAndDequantize", range_given=True, error=True)

# FakeQuant*
for bits in range(2, 17):
    for narrow in [False, True]:
        low, high = [(-1.0, 1.0), (0.0, 6.0), (-0.3, 2.7)][bits % 3]
        case("FakeQuantWithMinMaxVars", f"fakequantvars_{bits}{'_narrow' if narrow else ''}", feed("float", around(low, high)), f(low), f(high), group="FakeQuant", num_bits=bits, narrow_range=narrow)
for name, (low, high) in RANGES.items():
    if name == "point":
        continue  # NaN
    case("FakeQuantWithMinMaxVars", f"fakequantvars_{name}", feed("float", around(low, high)), f(low), f(high), group="FakeQuant")
    if low < high:
        case("FakeQuantWithMinMaxArgs", f"fakequantargs_{name}", feed("float", around(low, high)), group="FakeQuant", min=low, max=high)
case("FakeQuantWithMinMaxArgs", "fakequantargs_default", feed("float", around(-6, 6)), group="FakeQuant")
case("FakeQuantWithMinMaxVars", "fakequantvars_fed", feed("float", around(-6, 6)), feed("float", -3), feed("float", 5), group="FakeQuant")
case("FakeQuantWithMinMaxVars", "fakequantvars_nan", feed("float", [np.nan, np.inf, -np.inf, 1]), f(-3), f(5), group="FakeQuant")
for bits in [2, 4, 8, 16]:
    case("FakeQuantWithMinMaxVarsPerChannel", f"fakequantchannels_{bits}", feed("float", normal(2, 3, 5)), const("float", [-1, 0, -0.3, -6, -1]), const("float", [1, 6, 2.7, 0.1, 0.5]), group="FakeQuant", num_bits=bits)
for shape in [(5,), (2, 5), (2, 2, 2, 5)]:
    case("FakeQuantWithMinMaxVarsPerChannel", f"fakequantchannels_rank{len(shape)}_narrow", feed("float", normal(*shape)), const("float", [-1, 0, -0.3, -6, -1]), const("float", [1, 6, 2.7, 0.1, 0.5]), group="FakeQuant", narrow_range=True)
case("FakeQuantWithMinMaxArgs", "fakequantargs_bits1", feed("float", normal(3)), group="FakeQuant", num_bits=1, error=True)
case("FakeQuantWithMinMaxArgs", "fakequantargs_bits17", feed("float", normal(3)), group="FakeQuant", num_bits=17, error=True)
case("FakeQuantWithMinMaxArgs", "fakequantargs_swapped", feed("float", normal(3)), group="FakeQuant", min=1.0, max=-1.0, error=True)
case("FakeQuantWithMinMaxVarsPerChannel", "fakequantchannels_length", feed("float", normal(2, 3)), const("float", [-1, -1]), const("float", [1, 1]), group="FakeQuant", error=True)

# Requantization of 32 bits
ACCUMULATORS = np.array([0, 1, -1, 7, -7, 1000, -1000, 123456, -654321, 2**24, -(2**24), 2**28, -(2**28), 2**31 - 1, -(2**31), 2**30, 5 * 10**8, -(10**9)])
for name, (low, high, out_low, out_high) in {
    "plain": (-100.0, 100.0, 0.0, 6.0), "even": (-100.0, 100.0, -6.0, 6.0), "wide": (-1e4, 1e4, -1.0, 2.0), "small": (-1.0, 1.0, -3.0, 5.0), "uneven": (-30.0, 90.0, -2.0, 1.0), "negative": (-100.0, 100.0, -5.0, 0.0),
    "above": (-10.0, 10.0, 0.5, 3.0), "steps": (0.0, 2.0, -0.006, 0.006),
}.items():
    for out in ["quint8", "qint8"]:
        case("Requantize", f"requantize_{out}_{name}", feed("qint32", ACCUMULATORS), f(low), f(high), f(out_low), f(out_high), out_type=out, error=out_low > 0)
        case("Requantize", f"requantize_{out}_{name}_random", feed("qint32", integers(5, 9, low=-(2**27), high=2**27)), f(low), f(high), f(out_low), f(out_high), out_type=out, error=out_low > 0)
case("Requantize", "requantize_beyond_2_24", feed("qint32", integers(4000, low=-(2**31), high=2**24 - 2**31)), f(0), f(2), f(-0.006), f(0.006), out_type="quint8", note="2^24 and more are rounded to float32 first")
case("Requantize", "requantize_fed", feed("qint32", ACCUMULATORS), feed("float", -100), feed("float", 100), feed("float", -6), feed("float", 6), out_type="qint8")
case("Requantize", "requantize_swapped", feed("qint32", ACCUMULATORS), f(-100), f(100), f(6), f(-6), out_type="quint8", error=True)
case("Requantize", "requantize_qint32", feed("qint32", ACCUMULATORS), f(-100), f(100), f(-6), f(6), out_type="qint32", error=True)
case("Requantize", "requantize_empty", feed("qint32", integers(0, 2)), f(-100), f(100), f(-6), f(6), out_type="quint8")
for name, data, low, high in [
    ("all", ACCUMULATORS, -100.0, 100.0), ("positive", np.abs(ACCUMULATORS[:12]), -100.0, 100.0), ("negative", -np.abs(ACCUMULATORS[:12]), -100.0, 100.0), ("zeros", [0, 0], -3.0, 3.0), ("small", [3, 90000], -1.0, 1.0),
]:
    case("RequantizationRange", f"requantizationrange_{name}", feed("qint32", data), f(low), f(high))
    case("QuantizeDownAndShrinkRange", f"quantizedown_{name}", feed("qint32", data), f(low), f(high), out_type="quint8")
for n in [1, 3, 4]:
    low, high = const("float", uniform(n, low=-90, high=-10)), const("float", uniform(n, low=10, high=90))
    for out in ["quint8", "qint8"]:
        out_low = 0.0 if out == "quint8" else -4.0
        case("RequantizePerChannel", f"requantizeperchannel_{out}_{n}", feed("qint32", integers(1, 2, 5, n, low=-(2**29), high=2**29)), low, high, f(out_low), f(4.0), out_type=out)
    for clip in [1e30, 6.0, 0.5]:
        case("RequantizationRangePerChannel", f"requantizationrangeperchannel_{n}_{clip:g}", feed("qint32", integers(2, 3, 2, n, low=-(2**29), high=2**29)), low, high, clip_value_max=clip)
    case("RequantizationRangePerChannel", f"requantizationrangeperchannel_{n}_positive", feed("qint32", integers(2, 3, 2, n, low=0, high=2**29)), low, high, clip_value_max=6.0)

# Pools
for op in ["QuantizedMaxPool", "QuantizedAvgPool"]:
    for t in ["quint8", "qint8"]:
        lowest = 0 if t == "quint8" else -128
        for pad in ["SAME", "VALID"]:
            for k, s in [((2, 2), 2), ((3, 3), 2), ((3, 3), 1), ((3, 2), 1), ((7, 7), 1), ((1, 1), 2), ((2, 3), 3)]:
                data = integers(2, 7, 8, 3, low=lowest, high=lowest + 255)
                case(op, f"{op.lower()}_{t}_{pad}_k{k[0]}{k[1]}_s{s}", feed(t, data), f(-1), f(2), ksize=[1, *k, 1], strides=[1, s, s, 1], padding=pad)
        case(op, f"{op.lower()}_{t}_batch_stride", feed(t, integers(2, 4, 4, 1, low=0)), f(-1), f(2), ksize=[1, 2, 2, 1], strides=[2, 2, 2, 1], padding="VALID", error=True)
        case(op, f"{op.lower()}_{t}_large", feed(t, integers(1, 3, 3, 1, low=0)), f(-1), f(2), ksize=[1, 5, 5, 1], strides=[1, 1, 1, 1], padding="VALID", error=True)
        case(op, f"{op.lower()}_{t}_rank3", feed(t, integers(3, 3, 1, low=0)), f(-1), f(2), ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding="VALID", error=True)
    case(op, f"{op.lower()}_qint32", feed("qint32", integers(1, 3, 3, 1, low=0)), f(-1), f(2), ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding="VALID", error=True)

# Concatenation
for op, types in [("QuantizedConcat", ["quint8", "qint32"]), ("QuantizedConcatV2", ["quint8", "qint8"])]:

    def join(id, t, shapes, axis, lows, highs, error=False, op=op):
        lowest, highest = {"quint8": (0, 255), "qint8": (-128, 127), "qint32": (-(2**31), 2**31 - 1)}[t]
        parts = [feed(t, integers(*s, low=lowest, high=highest)) for s in shapes]
        ranges = [[f(v) for v in lows], [f(v) for v in highs]]
        args = [parts, const("int32", axis)] if op == "QuantizedConcatV2" else [const("int32", axis), parts]
        case(op, f"{op.lower()}_{t}_{id}", *args, *ranges, error=error)

    for t in types:
        two = [(2, 3), (2, 4)]
        for rank in range(1, 6):
            parts = [(1,) * (rank - 1) + (n,) for n in (3, 5)]
            join(f"equal_rank{rank}", t, parts, rank - 1, [-1, -1], [2, 2])
            join(f"equal_positive_rank{rank}", t, parts, rank - 1, [0, 0], [2, 2])
        join("mixed", t, two, 1, [-1, -3], [2, 1])
        join("positive", t, two, 1, [0, 0], [2, 6])
        join("above", t, two, 1, [0.5, 1], [2, 6])
        join("negative_axis", t, two, -1, [-1, 0], [2, 2], error=op == "QuantizedConcat")
        join("first_axis", t, [(1, 3), (2, 3), (3, 3)], 0, [-1, -2, 0], [2, 1, 5])
        join("many", t, [(1, 2)] * 9, 1, np.linspace(-3, 0, 9), np.linspace(1, 4, 9))
        join("channels", t, [(1, 3, 3, 2), (1, 3, 3, 5)], 3, [0, -2], [1, 7])
        join("point", t, two, 1, [0, 0], [0, 3])
        join("close", t, two, 1, [0, 0], [3, 3.0000002])
        join("three_of_two_ranges", t, [(2, 2)] * 3, 0, [-1, -2, -1], [1, 2, 1])
        join("other_dims", t, [(2, 3), (3, 3)], 1, [-1, -1], [1, 1], error=True)
        join("axis_outside", t, two, 2, [-1, -1], [1, 1], error=True)

# Sums, products, ReLUs
for name, a, b, ra, rb in [
    ("same", (3, 5), (3, 5), (-1, 2), (-1, 2)), ("ranges", (3, 5), (3, 5), (-1, 2), (-3, 0.5)), ("row", (3, 5), (5,), (0, 6), (-3, 4)), ("scalar", (3, 5), (), (0, 1), (-1, 1)), ("scalar_left", (), (3, 5), (0, 1), (-1, 1)),
    ("row_left", (5,), (3, 5), (-1, 1), (0, 9)), ("long", (2, 4, 37), (37,), (-1, 1.5), (-2, 2)), ("vector", (41,), (41,), (-4, 4), (-0.1, 0.1)),
]:
    for op in ["QuantizedAdd", "QuantizedMul"]:
        case(op, f"{op.lower()}_{name}", feed("quint8", integers(*a, low=0, high=255)), feed("quint8", integers(*b, low=0, high=255)), f(ra[0]), f(ra[1]), f(rb[0]), f(rb[1]), Toutput="qint32")
for op in ["QuantizedAdd", "QuantizedMul"]:
    case(op, f"{op.lower()}_point", feed("quint8", [1, 2]), feed("quint8", [1, 2]), f(1), f(1), f(0), f(2), Toutput="qint32", error=True)
    case(op, f"{op.lower()}_shapes", feed("quint8", [1, 2]), feed("quint8", [1, 2, 3]), f(0), f(1), f(0), f(2), Toutput="qint32", error=True)
for t in ["quint8", "qint8"]:
    lowest = 0 if t == "quint8" else -128
    for name, shape, ra, rb in [("image", (1, 2, 2, 4), (-1, 2), (-0.5, 0.5)), ("rows", (3, 4), (0, 6), (-1, 0)), ("long", (5, 4), (-3, 3), (-30, 30))]:
        case("QuantizedBiasAdd", f"quantizedbiasadd_{t}_{name}", feed(t, integers(*shape, low=lowest, high=lowest + 255)), feed(t, integers(4, low=lowest, high=lowest + 255)), f(ra[0]), f(ra[1]), f(rb[0]), f(rb[1]), out_type="qint32")
    case("QuantizedBiasAdd", f"quantizedbiasadd_{t}_length", feed(t, integers(2, 4, low=0)), feed(t, integers(3, low=0)), f(-1), f(1), f(-1), f(1), out_type="qint32", error=True)
for t in ["quint8", "qint32"]:
    for name, (low, high) in {"even": (-1.0, 1.0), "relu6": (0.0, 6.0), "wide": (-10.0, 30.0), "negative": (-6.0, -0.5), "above": (1.0, 9.0)}.items():
        for op in ["QuantizedRelu", "QuantizedRelu6"]:
            case(op, f"{op.lower()}_{t}_{name}", feed(t, all_of(t, 33)), f(low), f(high), out_type=t)
case("RequantizePerChannel", "requantizeperchannel_rank3", feed("qint32", integers(2, 5, 3)), const("float", [-1, -1, -1]), const("float", [1, 1, 1]), f(-1), f(1), out_type="qint8", error=True)
for t in ["quint8", "qint32"]:
    case("QuantizedReshape", f"quantizedreshape_{t}_inferred", feed(t, integers(2, 6, low=0)), const("int32", [3, -1]), f(-1), f(2))
    case("QuantizedReshape", f"quantizedreshape_{t}_uneven", feed(t, integers(2, 6, low=0)), const("int32", [5, -1]), f(-1), f(2), error=True)
for t in ["quint8", "qint32", "float"]:
    for corners, half in [(False, False), (True, False), (False, True)]:
        for name, shape, size in [("up", (1, 3, 4, 3), [7, 9]), ("down", (2, 7, 9, 2), [3, 4]), ("wide", (1, 4, 4, 16), [8, 8]), ("one", (1, 5, 5, 4), [1, 1]), ("same", (1, 3, 3, 8), [3, 3])]:
            data = normal(*shape, scale=3) if t == "float" else integers(*shape, low=0, high=255) if t == "quint8" else integers(*shape, low=-(2**30), high=2**30)
            case("QuantizedResizeBilinear", f"quantizedresize_{t}_{name}{'_corners' if corners else ''}{'_half' if half else ''}", feed(t, data), const("int32", size), f(-1), f(3), align_corners=corners, half_pixel_centers=half)
case("QuantizedResizeBilinear", "quantizedresize_zero", feed("quint8", integers(1, 2, 2, 1, low=0)), const("int32", [0, 3]), f(-1), f(3), error=True)
for name, shape, attrs in [
    ("plain", (1, 8, 8, 3), {}), ("batch", (3, 4, 5, 2), {}), ("given", (1, 8, 4, 3), {"output_range_given": True, "given_y_min": -2.0, "given_y_max": 2.0}), ("epsilon", (1, 4, 4, 1), {"variance_epsilon": 0.1}),
    ("separation", (1, 4, 4, 2), {"min_separation": 5.0}),
]:
    case("QuantizedInstanceNorm", f"quantizedinstancenorm_{name}", feed("quint8", integers(*shape, low=0, high=255)), f(-1), f(3), **attrs)
for scale in [False, True]:
    for name, shape in [("image", (2, 3, 3, 4)), ("one", (1, 1, 1, 4))]:
        params = []
        for low, high in [(-0.5, 0.5), (0.1, 2.0), (-1.0, 1.0), (0.0, 3.0)]:
            params += [feed("quint8", integers(4, low=1, high=255)), f(low), f(high)]
        case("QuantizedBatchNormWithGlobalNormalization", f"quantizedbatchnorm_{name}{'_scale' if scale else ''}", feed("quint8", integers(*shape, low=0, high=255)), f(-1), f(2), *params,
             group="QuantizedBatchNorm", out_type="qint32", variance_epsilon=0.001, scale_after_normalization=scale)

# Products that need no VNNI
for ta in [False, True]:
    for tb in [False, True]:
        for name, ra, rb in [("even", (-1, 1), (-1, 1)), ("uneven", (-0.3, 2.7), (0, 6)), ("above", (0.5, 2), (-3, -1))]:
            a, b = ((7, 3) if ta else (3, 7)), ((4, 7) if tb else (7, 4))
            case("QuantizedMatMul", f"quantizedmatmul_{int(ta)}{int(tb)}_{name}", feed("quint8", integers(*a, low=0, high=255)), feed("quint8", integers(*b, low=0, high=255)),
                 f(ra[0]), f(ra[1]), f(rb[0]), f(rb[1]), transpose_a=ta, transpose_b=tb, Toutput="qint32", Tactivation="quint8")
case("QuantizedMatMul", "quantizedmatmul_inner", feed("quint8", integers(2, 3, low=0)), feed("quint8", integers(2, 3, low=0)), f(-1), f(1), f(-1), f(1), Toutput="qint32", Tactivation="quint8", error=True)
for pad in ["SAME", "VALID"]:
    for k, s in [((3, 3), 1), ((3, 3), 2), ((1, 1), 1), ((2, 3), 2), ((1, 1), 2)]:
        case("QuantizedConv2D", f"quantizedconv2d_quint8_{pad}_k{k[0]}{k[1]}_s{s}", feed("quint8", integers(1, 6, 5, 3, low=0, high=255)), const("quint8", integers(*k, 3, 4, low=0, high=255)),
             f(-1), f(2), f(-0.5), f(1), strides=[1, s, s, 1], padding=pad, out_type="qint32")

# A single slice
for t in ["quint8", "qint8", "qint16"]:
    for mode, rounding in [MODES[0], *MODES[2:]]:
        case("QuantizeV2", f"quantizev2_{t}_{mode}_{'even' if 'EVEN' in rounding else 'away'}_one_slice", feed("float", normal(7, 1, 3)), const("float", [-1.5]), const("float", [2.5]),
             T=t, mode=mode, round_mode=rounding, axis=1)

# The rarer types of QuantizeV2 and Dequantize
for t in ["quint16", "qint16", "qint32"]:
    for mode, rounding in MODES:
        if t == "qint32" and "EVEN" in rounding:
            continue
        kind = f"{t}_{mode}_{'even' if 'EVEN' in rounding else 'away'}"
        for name in ["wide", "above", "below", "huge"]:
            low, high = RANGES[name]
            case("QuantizeV2", f"quantizev2_{kind}_range_{name}", feed("float", around(low, high)), f(low), f(high), T=t, mode=mode, round_mode=rounding)
        case("QuantizeV2", f"quantizev2_{kind}_fed", feed("float", around(-1, 2)), feed("float", -1), feed("float", 2), T=t, mode=mode, round_mode=rounding)
    for rounding in ["HALF_AWAY_FROM_ZERO", "HALF_TO_EVEN"]:
        if t == "qint32" and "EVEN" in rounding:
            continue
        case("QuantizeV2", f"quantizev2_{t}_axis1_{'even' if 'EVEN' in rounding else 'away'}", feed("float", normal(2, 3, 4)), const("float", [-1, -2, -0.5]), const("float", [1, 0.5, 3]),
             T=t, mode="SCALED", round_mode=rounding, axis=1)
    for mode in ["MIN_COMBINED", "SCALED"]:
        if (t, mode) != ("qint32", "SCALED"):
            case("Dequantize", f"dequantize_{t}_{mode}_axis1", feed(t, integers(2, 3, 4, low=0, high=30000)), const("float", [-1, -2, -0.5]), const("float", [1, 0.5, 3]), mode=mode, axis=1)
for t in ["quint8", "qint8"]:
    for name, (low, high) in {"subnormal": (0.0, 1e-40), "least": (-1e-38, 1e-38), "largest": (-1.6e38, 1.6e38), "thin": (1.0, 1.0000001), "far": (1e6, 1e6 + 1)}.items():
        for mode, rounding in MODES:
            case("QuantizeV2", f"quantizev2_{t}_{mode}_{'even' if 'EVEN' in rounding else 'away'}_range_{name}", feed("float", np.linspace(low, high, 9)), f(low), f(high), T=t, mode=mode, round_mode=rounding)
        for mode in ["MIN_COMBINED", "MIN_FIRST", "SCALED"]:
            case("Dequantize", f"dequantize_{t}_{mode}_{name}", feed(t, all_of(t, 9)), f(low), f(high), mode=mode)
    for mode, rounding in MODES:
        for epsilon in [0.01, 0.0]:
            case("QuantizeV2", f"quantizev2_{t}_{mode}_{'even' if 'EVEN' in rounding else 'away'}_point_ensure{epsilon}", feed("float", [0, 0.5, 1, 2]), f(1), f(1), T=t, mode=mode, round_mode=rounding, ensure_minimum_range=epsilon)

# Where TensorFlow's formulas show: ties of MIN_FIRST, and windows that strides leave apart
for name, (low, high) in {"even": (-1.7, 1.7), "uneven": (-0.382678, 0.8118151), "wide": (-4.707352, 26.13481), "negative": (-0.09253232, 0.0)}.items():
    ties = (np.arange(-20, 280) + 0.5) * (high - low) / 255 + low
    case("QuantizeV2", f"quantizev2_quint8_MIN_FIRST_ties_{name}", feed("float", ties), f(low), f(high), T="quint8", mode="MIN_FIRST")
for pad in ["SAME", "VALID"]:
    for size, k, s in [(9, 1, 3), (10, 1, 4), (11, 1, 5), (11, 2, 5), (12, 2, 6), (13, 3, 5), (8, 1, 2)]:
        case("QuantizedConv2D", f"quantizedconv2d_quint8_{pad}_{size}_k{k}_s{s}", feed("quint8", integers(1, size, size + 1, 2, low=0, high=255)), const("quint8", integers(k, k, 2, 3, low=0, high=255)),
             f(-1), f(2), f(-0.5), f(1), strides=[1, s, s, 1], padding=pad, out_type="qint32")
case("QuantizedConv2D", "quantizedconv2d_quint8_dilated", feed("quint8", integers(1, 6, 6, 2, low=0, high=255)), const("quint8", integers(2, 2, 2, 3, low=0, high=255)),
     f(-1), f(2), f(-0.5), f(1), strides=[1, 1, 1, 1], padding="VALID", dilations=[1, 2, 2, 1], out_type="qint32", error=True)
case("QuantizedConv2D", "quantizedconv2d_quint8_strides_differ", feed("quint8", integers(1, 6, 6, 2, low=0, high=255)), const("quint8", integers(2, 2, 2, 3, low=0, high=255)),
     f(-1), f(2), f(-0.5), f(1), strides=[1, 2, 1, 1], padding="VALID", out_type="qint32", error=True)
