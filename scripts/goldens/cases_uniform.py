"""The Uniform* family: scales and zero points for the whole or for slices, in fixed point."""

import numpy as np
from case import case, const, feed, integers, normal, through, uniform
from tensorflow.core.util.quantization.uniform_quant_ops_attr_pb2 import UniformQuantizedConvolutionDimensionNumbersAttr as Numbers

LIMITS = {"qint8": (-128, 127), "quint8": (0, 255), "qint32": (-(2**31), 2**31 - 1)}


def limits(prefix, dtype, low=None, high=None):
    ends = LIMITS[dtype]
    return {f"{prefix}quantization_min_val": ends[0] if low is None else low, f"{prefix}quantization_max_val": ends[1] if high is None else high}


def scales(shape, axis, kind=const, factor=1.0):
    """Scales that are constant, or computed and above 0."""
    n = [shape[axis]] if axis >= 0 else []
    values = kind("float", lambda rng: rng.uniform(0.01, 0.3, n) * factor)
    return values if kind is const else through("Maximum", values, const("float", 1e-9), dtype="float", T="float")


def zeros(shape, axis, kind=const, factor=1):
    n = [shape[axis]] if axis >= 0 else []
    return kind("int32", lambda rng: rng.integers(-20, 20, n) * factor)


def both(shape, axis, kind=const, factor=1.0):
    return scales(shape, axis, kind, factor), zeros(shape, axis, kind)


SHAPE = (2, 3, 4, 5)
REALS = [0.0, -0.0, 1e20, -1e20, np.nan, np.inf, -np.inf]


def reals(rng):
    x = rng.uniform(-30, 30, SHAPE)
    x.flat[: len(REALS)] = REALS
    return x


for t in LIMITS:
    for axis in (-1, 0, 3):
        for name, low, high in [("all", None, None), ("some", 5, 90)]:
            case(
                "UniformQuantize", f"uniformquantize_{t}_{axis}_{name}", feed("float", reals), *both(SHAPE, axis, const if low else feed),
                Tout=t, quantization_axis=axis, **limits("", t, low, high),
            )
    for axis in (-1, 0, 2):
        for kind in (const, feed):
            ends = LIMITS[t]
            case(
                "UniformDequantize", f"uniformdequantize_{t}_{axis}_{kind.__name__}", feed(t, integers(*SHAPE, low=ends[0], high=ends[1])),
                scales(SHAPE, axis, kind), zeros(SHAPE, axis, kind, 13), Tout="float", quantization_axis=axis, **limits("", t),
            )
case("UniformQuantize", "uniformquantize_large", feed("float", uniform(40, low=-30, high=30)), *both((40,), -1, factor=1e-6), Tout="qint32", **limits("", "qint32"))
case("UniformDequantize", "uniformdequantize_wraps", feed("qint32", [2**31 - 1, -(2**31), 5]), const("float", 0.5), const("int32", -9), Tout="float", **limits("", "qint32"))

for t in ("qint8", "qint32"):
    for before, after in [(-1, -1), (1, -1), (-1, 3), (3, 3)]:
        for name, factor, low in [("all", 1.0 if t == "qint8" else 1e-7, None), ("some", 0.3, -100)]:
            ends = LIMITS[t] if low is None else (-100, 100)
            case(
                "UniformRequantize", f"uniformrequantize_{t}_{before}_{after}_{name}", feed(t, integers(*SHAPE, low=ends[0], high=ends[1])),
                *both(SHAPE, before, feed if low else const, factor), *both(SHAPE, after),
                Tout="qint8", input_quantization_axis=before, output_quantization_axis=after, **limits("input_", t), **limits("output_", "qint8", low),
            )
# qint32 goes through float here: these are odd multiples of a half, and a little.
case(
    "UniformRequantize", "uniformrequantize_halves", feed("qint32", lambda rng: (rng.integers(-64, 64, 60) * 2 + 1) * 2**23 + rng.integers(-3, 4, 60)),
    const("float", 2.0**-24), const("int32", 0), const("float", 1.0), const("int32", 3), Tout="qint8", **limits("input_", "qint32"), **limits("output_", "qint8"),
)

for left, right, axes in [
    ((2, 3, 4), (2, 3, 4), (-1, -1, -1)), ((2, 3, 4), (4,), (-1, -1, -1)), ((4,), (2, 3, 4), (-1, -1, -1)), ((2, 1, 4), (3, 1), (-1, -1, -1)),
    ((2, 3, 4), (2, 3, 4), (1, 1, 1)), ((2, 3, 4), (4,), (2, 0, 2)), ((2, 3, 4), (2, 3, 4), (2, -1, 2)), ((2, 3, 4), (2, 3, 4), (2, 1, -1)), ((), (2, 3), (-1, -1, -1)),
]:
    out = np.broadcast_shapes(left, right)
    for name, most, low in [("large", 2**31 - 1, None), ("some", 3000, -5000)]:
        id = f"uniformadd_{'x'.join(map(str, left))}_{'x'.join(map(str, right))}_{'_'.join(map(str, axes))}_{name}"
        case(
            "UniformQuantizedAdd", id, feed("qint32", integers(*left, low=-most, high=most)), feed("qint32", integers(*right, low=-most, high=most)),
            *both(left, axes[0]), *both(right, axes[1]), *both(out, axes[2]), lhs_quantization_axis=axes[0], rhs_quantization_axis=axes[1],
            output_quantization_axis=axes[2], **limits("lhs_", "qint32"), **limits("rhs_", "qint32"), **limits("output_", "qint32", low),
        )
for axis in (-1, 0, 2):
    shape = (2, 3, 4)
    n = [shape[axis]] if axis >= 0 else []
    case(
        "UniformQuantizedClipByValue", f"uniformclip_{axis}", feed("qint32", integers(*shape, low=-3000, high=3000)), const("qint32", integers(*n, low=-1000, high=0)),
        const("qint32", integers(*n, low=-10, high=900)), *both(shape, axis), quantization_axis=axis, **limits("", "qint32"),
    )


def byte(*shape, kind=feed):
    return kind("qint8", integers(*shape, low=-128, high=127))


for right, out in [(-1, -1), (1, -1), (1, 1)]:
    for m, k, n, factor in [(3, 20, 7, 1.0), (1, 64, 33, 1e-5), (5, 3, 1, 0.1)]:
        id = f"uniformdot_{m}x{k}x{n}_{right}_{out}"
        attrs = {"rhs_quantization_axis": right, **limits("rhs_", "qint8")}
        case(
            "UniformQuantizedDot", id, byte(m, k), byte(k, n, kind=feed if m == 3 else const), *both((m, k), -1, feed if m == 1 else const), *both((k, n), right),
            *both((m, n), out, factor=factor), Tout="qint32", output_quantization_axis=out, **limits("lhs_", "qint8"), **limits("output_", "qint32", -700 if m == 5 else None), **attrs,
        )
        if out < 0:
            rows = normal(m, k, scale=2)
            case(
                "UniformQuantizedDotHybrid", id.replace("dot", "dothybrid"), feed("float", lambda rng, rows=rows: np.where(np.arange(len(r := rows(rng)))[:, None] == 2, 0, r)),
                byte(k, n, kind=const), *both((k, n), right), Tout="float", **attrs,
            )


def numbers(data, kernel, out):
    """Batch (output channels), channels, space of each."""
    n = Numbers(
        input_batch_dimension=data[0], input_feature_dimension=data[1], input_spatial_dimensions=data[2:],
        kernel_output_feature_dimension=kernel[0], kernel_input_feature_dimension=kernel[1], kernel_spatial_dimensions=kernel[2:],
        output_batch_dimension=out[0], output_feature_dimension=out[1], output_spatial_dimensions=out[2:],
    )
    return n.SerializeToString().decode("ascii")


NHWC = {"dimension_numbers": numbers((0, 3, 1, 2), (3, 2, 0, 1), (0, 3, 1, 2))}
MIXED = {"dimension_numbers": numbers((1, 0, 3, 2), (2, 3, 1, 0), (3, 1, 0, 2))}
for name, data, kernel, attrs in [
    ("valid", (2, 3, 7, 6), (5, 3, 3, 2), {"padding": "VALID"}), ("strides", (2, 3, 7, 6), (5, 3, 3, 2), {"padding": "SAME", "window_strides": [2, 1]}),
    ("nhwc", (1, 7, 6, 4), (3, 3, 4, 8), {"padding": "SAME", **NHWC}),
    ("groups", (2, 8, 9, 6), (3, 3, 2, 9), {"padding": "EXPLICIT", "explicit_padding": [1, 2, 0, 1], "feature_group_count": 3, "rhs_dilation": [2, 1], **NHWC}),
    ("mixed", (3, 2, 6, 7), (2, 2, 5, 3), {"padding": "VALID", "lhs_dilation": [2, 1], **MIXED}), ("line", (2, 3, 9), (4, 3, 3), {"padding": "SAME"}),
    ("volume", (1, 2, 4, 5, 6), (3, 2, 2, 2, 2), {"padding": "SAME", "window_strides": [1, 2, 1]}),
    ("dilated", (2, 3, 5, 6), (5, 3, 3, 2), {"padding": "SAME", "lhs_dilation": [2, 3], "window_strides": [2, 1]}),
    ("empty", (1, 2, 4, 6), (3, 2, 5, 3), {"padding": "VALID"}), ("empty_padded", (2, 3, 4, 6), (4, 3, 9, 9), {"padding": "EXPLICIT", "explicit_padding": [1, 0, 0, 0], "window_strides": [3, 3]}),
]:
    order = (3, 3) if attrs.get("dimension_numbers") == NHWC["dimension_numbers"] else (2, 1) if "dimension_numbers" in attrs else (0, 1)
    channels = kernel[order[0]]
    for right, out in [(False, False), (True, False), (True, True)]:
        k, o = order[0] if right else -1, order[1] if out else -1
        shape = [channels] * len(data)
        rhs = {"rhs_quantization_axis": k, **limits("rhs_", "qint8")}
        id = f"uniformconvolution_{name}_{'channels' if right else 'scalar'}_{'channels' if out else 'scalar'}"
        case(
            "UniformQuantizedConvolution", id, byte(*data), byte(*kernel, kind=const), *both(data, -1), *both(shape, k), *both(shape, o, factor=1e-5 if out else 1.0),
            Tout="qint32", output_quantization_axis=o, **limits("lhs_", "qint8"), **limits("output_", "qint32"), **rhs, **attrs,
        )
        if not out and name != "dilated":
            case(
                "UniformQuantizedConvolutionHybrid", id.replace("convolution", "convolutionhybrid"), feed("float", normal(*data, mean=0.5, scale=2)),
                byte(*kernel, kind=const), *both(shape, k), Tout="float", **rhs, **attrs,
            )
