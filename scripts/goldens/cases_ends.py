"""The ends of what quantized ops compute: int32 outputs that saturate, ranges that are no
wider than a point or lie beside 0, subnormal numbers."""

import numpy as np
from case import case, const, feed, integers, uniform


def f(value):
    return const("float", value)


def weights(*shape):
    """Even numbers up to 64, which need no VNNI."""
    return const("qint8", lambda rng: 2 * rng.integers(-32, 32, shape, endpoint=True))


# oneDNN's upper end of int32 is the largest float below 2^31.
BEYOND = const("float", [-9e9, 9e9, 0.0, 1e5])
CONVOLVED = {"strides": [1, 1, 1, 1], "padding": "VALID", "out_type": "qint32"}
for op, t, channels in [("QuantizedConv2DWithBias", "quint8", 4), ("QuantizedConv2DWithBiasAndRelu", "qint8", 4), ("QuantizedDepthwiseConv2DWithBias", "quint8", 1)]:
    inputs = [feed(t, integers(1, 2, 3, 4, low=0, high=100)), weights(1, 1, 4, channels), BEYOND]
    case(op, f"ends_top_{op}", *inputs, f(0 if t == "quint8" else -2.7), f(2.7), f(-0.8), f(0.5), **CONVOLVED)
product = [feed("quint8", integers(3, 8, low=0, high=100)), weights(8, 4), BEYOND]
case("QuantizedMatMulWithBias", "ends_top_QuantizedMatMulWithBias", *product, f(0), f(2.7), f(-0.8), f(0.5), Toutput="qint32")
case(
    "_QuantizedMatMul", "ends_top_QuantizedMatMul", product, [f(0), f(2.7), f(-0.8), f(0.5)], T1="quint8", T2="qint8", Tbias="float", U="float", Tout="qint32",
    Tdevice_outputs=["qint32"], Thost_outputs=["float", "float"], fused_ops=["BiasAdd"],
)

# Ranges beside 0, constant and fed: what stands for 0 is no uint8.
BESIDE = {"above": (0.5, 2.0), "below": (-3.0, -1.0), "far_above": (40.0, 40.5), "far_below": (-90.5, -90.0)}
for name, ends in BESIDE.items():
    for how in (const, feed):
        low, high = (how("float", v) for v in ends)
        for padding in ["SAME", "VALID"]:
            inputs = [feed("quint8", integers(2, 4, 3, 2, low=0, high=255)), const("quint8", integers(3, 2, 2, 3, low=0, high=255)), low, high, f(-1), f(0.5)]
            case("QuantizedConv2D", f"ends_conv_{name}_{how.__name__}_{padding}", *inputs, strides=[1, 1, 1, 1], padding=padding)
        inputs = [feed("quint8", integers(3, 9, low=0, high=255)), const("quint8", integers(9, 4, low=0, high=255)), low, high]
        case("QuantizedMatMul", f"ends_matmul_{name}_{how.__name__}", *inputs, low, high)

# The range that accumulators use: none, and more than int32 has absolute values for.
MOST = 2**31 - 1
USED = {
    "zeros": [[0, 0], [0, 0]], "lowest": [[-MOST - 1, 5], [0, -7]], "near_lowest": [[-MOST + 60, 5], [3, -7]], "below": [[-MOST + 63, 5], [3, -7]],
    "highest": [[3, 5], [MOST, -7]], "all_lowest": [[-MOST - 1] * 2] * 2,
}
for name, x in USED.items():
    case("RequantizationRangePerChannel", f"ends_used_range_{name}", feed("qint32", [[x]]), f([-1, -2]), f([1, 3]), clip_value_max=1e30)
for t in ["quint8", "qint8"]:
    least = 2.0**-126
    case("RequantizePerChannel", f"ends_requantize_zeros_{t}", feed("qint32", [[[[0, 0], [0, 0]]]]), f([-1, -2]), f([1, 3]), f(-least), f(least), out_type=t)

# A channel whose filter range is [0, 0] has no unit for an int32 bias.
DEAD = np.float32([0.5, 0, 0.25, 0])
host = [f(0), f(2.7), f(-DEAD), f(DEAD), f(-5), f(4.5)]
bias = const("qint32", [3000, -3000, 5000, 7000])
types = {"Tbias": "qint32", "Tdevice_outputs": ["qint8"], "Thost_outputs": ["float", "float"], "fused_ops": ["BiasAdd", "Requantize"]}
case(
    "_FusedQuantizedConv2D", "ends_dead_channel_conv", [feed("quint8", integers(1, 3, 3, 2, low=0, high=100)), weights(2, 2, 2, 4), bias], host, Tinput="quint8",
    Tfilter="qint8", Tsummand="qint8", out_type="qint8", strides=[1, 1, 1, 1], padding="SAME", **types,
)
case(
    "_QuantizedMatMul", "ends_dead_channel_matmul", [feed("quint8", integers(3, 8, low=0, high=100)), weights(8, 4), bias], host, T1="quint8", T2="qint8", U="float",
    Tout="qint8", input_quant_mode="MIN_FIRST", **types,
)
inputs = [feed("quint8", integers(1, 3, 3, 4, low=0, high=100)), weights(2, 2, 4, 1), bias]
for name, ends in [("channel", DEAD), ("filter", 0.0)]:
    case(
        "QuantizedDepthwiseConv2DWithBiasAndReluAndRequantize", f"ends_dead_{name}_depthwise", *inputs, f(0), f(2.7), f(-ends), f(ends), f(0), f(6.3), out_type="quint8",
        strides=[1, 1, 1, 1], padding="SAME",
    )
MATMUL = "QuantizedMatMulWithBias"
for op, ends in [("AndRequantize", [-3, 4]), ("AndReluAndRequantize", [0, 4]), ("AndDequantize", [-3, 4])]:
    for mode in ["MIN_FIRST", "SCALED"]:
        for name, data, filters in [("filter", 2.7, 0.0), ("input", 0.0, 0.5)]:
            inputs = [feed("quint8", integers(3, 8, low=0, high=100)), weights(8, 4), bias, f(0), f(data), f(-filters), f(filters), f(ends[0]), f(ends[1])]
            out = "float" if op == "AndDequantize" else "quint8"
            case(MATMUL + op, f"ends_dead_{name}_{mode}_{op}", *inputs, Toutput=out, input_quant_mode=mode)

# int32 goes through float32 in the Uniform* ops, and with an axis its differences do not wrap.
LIMITS = {"quantization_min_val": -MOST - 1, "quantization_max_val": MOST}
FAR = [[MOST, 2**24 + 1, -MOST - 1], [-5, MOST - 64, -MOST + 62]]
for axis in (-1, 0, 1):
    n = [(), 2, 3][axis + 1]
    near, scales = np.zeros(n) + 7, np.ones(n) * 0.5
    far = np.zeros(n) - 2**30
    limits = {side + k: v for side in ("lhs_", "rhs_", "output_") for k, v in LIMITS.items()}
    case("UniformDequantize", f"ends_uniform_dequantize_{axis}", feed("qint32", FAR), const("float", scales), const("int32", near), Tout="float", quantization_axis=axis, **LIMITS)
    if axis != 0:
        inputs = [v for zeros in (near, far, near) for v in (const("float", scales), const("int32", zeros))]
        axes = {side + "quantization_axis": axis for side in ("lhs_", "rhs_", "output_")}
        case("UniformQuantizedAdd", f"ends_uniform_add_{axis}", feed("qint32", FAR), feed("qint32", FAR), *inputs, **axes, **limits)

# oneDNN dequantizes quint8 with narrow_range by the min too, but not with an axis.
for name, ends, attrs in [("above", (0.5, 2.0), {}), ("axis", (np.float32([0.5, 1.0]), np.float32([2.0, 1.5])), {"axis": 1})]:
    x = feed("quint8", [[0, 1], [127, 128], [254, 255]])
    case("Dequantize", f"ends_dequantize_narrow_{name}", x, f(ends[0]), f(ends[1]), mode="SCALED", narrow_range=True, **attrs)

# Attributes side by side of which TensorFlow heeds one, or both.
for t in ["quint8", "float", "qint32"]:
    x = {"quint8": integers(1, 3, 4, 2, low=0, high=255), "float": uniform(1, 3, 4, 2), "qint32": integers(1, 3, 4, 2, low=-(2**30), high=2**30)}[t]
    case("QuantizedResizeBilinear", f"ends_resize_both_{t}", feed(t, x), const("int32", [5, 3]), f(-1), f(1.5), align_corners=True, half_pixel_centers=True)
for t in ["quint8", "qint8"]:
    x = feed("float", uniform(1, 40, low=-1.2, high=2.2))
    for mode in ["MIN_FIRST", "MIN_COMBINED"]:
        case("QuantizeV2", f"ends_quantize_narrow_{mode}_{t}", x, f(-1), f(2), T=t, mode=mode, narrow_range=True)
    case("QuantizeV2", f"ends_quantize_axis_MIN_FIRST_{t}", x, f([-1]), f([2]), T=t, mode="MIN_FIRST", axis=0)
    case("Dequantize", f"ends_dequantize_axis_MIN_FIRST_{t}", feed(t, integers(1, 9, low=0, high=99)), f([-1]), f([2]), mode="MIN_FIRST", axis=0)
case("FakeQuantWithMinMaxArgs", "ends_fake_quant_args_zero", feed("float", uniform(3)), group="FakeQuant", error=True, min=0.0, max=0.0)

# Subnormal numbers count as 0.
SMALL = np.float32([0, 1e-40])
case("Dequantize", "ends_subnormal_dequantize", feed("quint8", [0, 5, 255]), f(SMALL[0]), f(SMALL[1]), mode="SCALED")
case("FakeQuantWithMinMaxVarsPerChannel", "ends_subnormal_fake_quant", feed("float", uniform(3, 2, low=-1, high=1)), f(-SMALL), f(SMALL), group="FakeQuant")
case("RequantizationRangePerChannel", "ends_subnormal_used_range", feed("qint32", [[[[MOST // 3, 9], [-MOST // 2, 7]]]]), f([-1e-36, 0]), f([1e-36, 1e-40]), clip_value_max=1e30)
case("QuantizedMul", "ends_subnormal_product", feed("quint8", [1, 200]), feed("quint8", [3, 9]), f(-1e-18), f(1e-18), f(-1e-18), f(1e-18))
for t in ["quint8", "qint8"]:
    inputs = [feed("quint8", integers(1, 2, 2, 2, low=0, high=100)), const(t, integers(1, 1, 2, 3, low=0, high=60)), f(0), f(1e-19), f(-1e-19), f(1e-19)]
    case("QuantizedConv2D", f"ends_subnormal_conv_{t}", *inputs, strides=[1, 1, 1, 1], padding="VALID")
TINY = np.float32([0, 1e-40, -1e-40, 1.1e-38, -1.1e-38, 1.2e-38, -1.2e-38, 5e-38, -5e-38, 1e-37, 1, -1, 1e30, -1e30])
for t in ["quint8", "qint8"]:
    for name, ends in [("zero", (0, 0)), ("subnormal", (-1e-39, 1e-39)), ("tiny", (0, 1e-37)), ("small", (-1e-36, 1e-36))]:
        for how in (const, feed):
            for form, rounded, narrow in [("even", "HALF_TO_EVEN", False), ("away", "HALF_AWAY_FROM_ZERO", False), ("narrow", "HALF_TO_EVEN", True)]:
                attrs = {"T": t, "mode": "SCALED", "round_mode": rounded, "narrow_range": narrow, "ensure_minimum_range": 0.0}
                low, high = (how("float", v) for v in ends)
                case("QuantizeV2", f"ends_quantize_{form}_{name}_{how.__name__}_{t}", feed("float", TINY), low, high, **attrs)
case("QuantizeV2", "ends_quantize_combined_small", feed("float", TINY - np.float32(1e-36)), f(-1e-36), f(1e-36), T="quint8", ensure_minimum_range=0.0)
case("QuantizeV2", "ends_quantize_first_zero", feed("float", TINY), f(0), f(0), T="qint8", mode="MIN_FIRST", ensure_minimum_range=0.0)

# Elu rounds the power before it subtracts 1.
product = [feed("quint8", np.zeros((2, 3), np.uint8)), weights(3, 33), const("float", lambda rng: rng.uniform(-6e-6, 2e-6, 33))]
case(
    "_QuantizedMatMul", "ends_elu_tiny", product, [f(0), f(2), f(-1), f(1), f(-2e-6), f(2.4e-6)], T1="quint8", T2="qint8", Tbias="float", U="float", Tout="qint8",
    Tdevice_outputs=["qint8"], Thost_outputs=["float", "float"], fused_ops=["BiasAdd", "Elu", "Requantize"],
)
case("Elu", "ends_elu_tiny_real", feed("float", uniform(50, low=-1e-6, high=1e-7)))

# QuantizedConcatV2 of quint8 gives [0, the greatest max], which may be below 0: that is a range as others are.
for t in ["quint8", "qint8"]:
    for name, rank, lows, highs in [("equal", 1, [0, 0], [-6, -6]), ("equal_images", 4, [0, 0], [-6, -6]), ("mixed", 1, [0, -1], [-6, 2])]:
        parts = [feed(t, integers(*[1] * (rank - 1), 5, low=0, high=100)) for _ in lows]
        case("QuantizedConcatV2", f"ends_concat_backwards_{name}_{t}", parts, const("int32", rank - 1), [feed("float", v) for v in lows], [feed("float", v) for v in highs])

# A scale that is subnormal is 0, and what 0 divides is no zero point.
TOWARDS = [(0, 5.7e-34), (-5.7e-34, 0), (-2e-34, 3e-34), (1e-34, 5.7e-34), (-5e-34, -1e-34), (-1, 1)]
x = feed("float", uniform(4, 6, low=-1, high=1))
ends = [f(np.float32([p[i] for p in TOWARDS])) for i in (0, 1)]
case("FakeQuantWithMinMaxVarsPerChannel", "ends_fake_quant_scale_0_channels", x, *ends, group="FakeQuant", num_bits=16)
for i, p in enumerate(TOWARDS[:-1]):
    case("FakeQuantWithMinMaxVars", f"ends_fake_quant_scale_0_vars_{i}", x, f(p[0]), f(p[1]), group="FakeQuant", num_bits=16)

# Ranges that are fed with their min above their max, which most ops take as they are.
def swapped(high, low):
    return feed("float", high), feed("float", low)


image = feed("quint8", integers(1, 3, 4, 2, low=0, high=100))
wide = feed("qint32", integers(1, 3, 4, 2, low=-(2**30), high=2**30))
for name, ends in {"positive": (2.5, 0.5), "through_0": (1.5, -3.0), "negative": (-0.5, -2.0)}.items():
    r = swapped(*ends)
    case("QuantizedRelu6", f"ends_swapped_{name}_relu6", image, *r)
    for mode in ["MIN_COMBINED", "MIN_FIRST", "SCALED"]:
        case("Dequantize", f"ends_swapped_{name}_dequantize_{mode}", image, *r, mode=mode)
    case("QuantizedBiasAdd", f"ends_swapped_{name}_biasadd", image, feed("quint8", integers(2, low=0, high=255)), *r, f(-1), f(1.5), out_type="qint32")
    case("RequantizationRange", f"ends_swapped_{name}_range", wide, *r)
    case("QuantizeDownAndShrinkRange", f"ends_swapped_{name}_shrink", wide, *r, out_type="quint8")
    case("Requantize", f"ends_swapped_{name}_requantize", wide, *r, f(-1), f(1), out_type="quint8")
    case("RequantizePerChannel", f"ends_swapped_{name}_requantize_channels", wide, *swapped([ends[0]] * 2, [ends[1]] * 2), f(-1), f(1), out_type="qint8")
    case("FakeQuantWithMinMaxVars", f"ends_swapped_{name}_fakequant", feed("float", uniform(3, 7, low=-4, high=4)), *r)
    case("QuantizedResizeBilinear", f"ends_swapped_{name}_resize", image, const("int32", [5, 3]), *r)
    part = feed("quint8", integers(1, 3, 4, 3, low=0, high=255))
    case("QuantizedConcat", f"ends_swapped_{name}_concat", const("int32", 3), [image, part], [r[0], f(0)], [r[1], f(2)])
    filters = const("quint8", integers(2, 2, 2, 3, low=0, high=255))
    case("QuantizedConv2D", f"ends_swapped_{name}_conv", image, filters, *r, f(-1), f(0.5), strides=[1, 1, 1, 1], padding="SAME")
    case("QuantizedConv2DWithBias", f"ends_swapped_{name}_conv_bias", image, weights(2, 2, 2, 4), const("float", [1.0, -2.0, 0.5, 0.0]), *r, f(-0.8), f(0.5), **CONVOLVED)
    rows = feed("quint8", integers(3, 8, low=0, high=100))
    bias = const("float", [1.0, -2.0, 0.5, 0.0])
    case("QuantizedMatMulWithBias", f"ends_swapped_{name}_matmul_bias", rows, weights(8, 4), bias, *r, f(-0.8), f(0.5), Toutput="qint32")
    case("QuantizedMatMul", f"ends_swapped_{name}_matmul", rows, const("quint8", integers(8, 4, low=0, high=255)), *r, f(-1), f(1), error=True)
    case("QuantizeV2", f"ends_swapped_{name}_quantize", feed("float", uniform(3, 7)), *r, T="quint8", error=True)
    case("QuantizeAndDequantizeV3", f"ends_swapped_{name}_quantize_and_dequantize", feed("float", uniform(3, 7)), *r, const("int32", 8), range_given=True, error=True)
