"""Ops that TensorFlow's remapper writes: products with the steps behind them."""

import numpy as np
from case import case, const, feed, normal, uniform

ACTIVATIONS = ["Relu", "Relu6", "Elu", "LeakyRelu"]


def args(steps, channels, shape, dtype):
    out = []
    for s in steps:
        if s == "BiasAdd":
            out.append(const(dtype, normal(channels)))
        if s == "FusedBatchNorm":
            out += [const("float", uniform(channels, low=0.5, high=2)), const("float", normal(channels)), const("float", normal(channels)), const("float", uniform(channels, low=0.1, high=3))]
        if s == "Add":
            out.append(feed(dtype, normal(*shape)))
    return out


def conv(op, id, steps, dtype="float", image=(1, 5, 6, 3), filters=(3, 3, 3, 4), out=(1, 5, 6, 4), channels=4, **attrs):
    a = args(steps, channels, out, dtype)
    attrs = {"strides": [1] * len(image), "padding": "SAME", "fused_ops": steps, "num_args": len(a)} | attrs
    inputs = [feed(dtype, normal(*image)), const(dtype, normal(*filters, scale=0.4)), a]
    if op == "_FusedConv2D":
        inputs.append([])
    case(op, id, *inputs, **attrs)


LISTS = [["BiasAdd"], *[["BiasAdd", a] for a in ACTIVATIONS], ["BiasAdd", "Add"], ["BiasAdd", "Add", "Relu"], ["BiasAdd", "Add", "Relu6"], ["BiasAdd", "Add", "Elu"], ["BiasAdd", "Add", "LeakyRelu"], ["FusedBatchNorm"], ["FusedBatchNorm", "Relu"], ["FusedBatchNorm", "Relu6"], ["FusedBatchNorm", "Elu"], ["FusedBatchNorm", "LeakyRelu"]]
for steps in LISTS:
    conv("_FusedConv2D", "fusedconv2d_" + "_".join(steps).lower(), steps, leakyrelu_alpha=0.3, epsilon=0.01)
for pad in ["SAME", "VALID"]:
    conv("_FusedConv2D", f"fusedconv2d_strided_{pad}", ["BiasAdd", "Relu"], padding=pad, strides=[1, 2, 2, 1])
conv("_FusedConv2D", "fusedconv2d_explicit", ["BiasAdd"], padding="EXPLICIT", explicit_paddings=[0, 0, 1, 2, 0, 1, 0, 0])
conv("_FusedConv2D", "fusedconv2d_dilated", ["BiasAdd", "Relu"], image=(1, 9, 9, 3), dilations=[1, 2, 2, 1])
for steps in [["BiasAdd"], ["BiasAdd", "Relu"], ["BiasAdd", "Relu6"], ["BiasAdd", "Elu"], ["BiasAdd", "LeakyRelu"]]:
    if "LeakyRelu" not in steps:  # TensorFlow fails
        conv("_FusedDepthwiseConv2dNative", "fuseddepthwise_" + "_".join(steps).lower(), steps, filters=(3, 3, 3, 2), channels=6)
    conv("_FusedConv3D", "fusedconv3d_" + "_".join(steps).lower(), steps, image=(1, 3, 4, 5, 2), filters=(2, 2, 2, 2, 4))
for steps in [["BiasAdd"], *[["BiasAdd", a] for a in [*ACTIVATIONS, "Tanh", "Sigmoid", "GeluApproximate", "GeluExact"]], ["BiasAdd", "Add"]]:
    a = args(steps, 4, (2, 4), "float")
    case("_FusedMatMul", "fusedmatmul_" + "_".join(steps).lower(), feed("float", normal(2, 5)), const("float", normal(5, 4)), a, fused_ops=steps, num_args=len(a), leakyrelu_alpha=0.3)
case("_FusedMatMul", "fusedmatmul_transposed", feed("float", normal(5, 2)), const("float", normal(4, 5)), [const("float", normal(4))], fused_ops=["BiasAdd"], num_args=1, transpose_a=True, transpose_b=True)
# Products of two numbers are exact: what differs is the activation.
POWERS = [sign * 2.0**n for n in range(-12, 4) for sign in (1, -1)]
for step in ["Elu", "Tanh", "Sigmoid", "GeluApproximate", "GeluExact"]:
    case("_FusedMatMul", "fusedmatmul_activation_" + step.lower(), feed("float", uniform(24, 1, low=1, high=2)), const("float", [POWERS]), [const("float", [0.0] * 32)], fused_ops=["BiasAdd", step], num_args=1)
# Sums of bfloat16 are rounded at each step.
for rows, inner, columns in [(1, 12, 21), (1, 130, 19), (2, 9, 8), (5, 30, 29), (8, 64, 16), (7, 300, 24), (9, 7, 1)]:
    steps = ["BiasAdd", *{8: ["Elu"], 16: ["LeakyRelu"], 24: ["Relu6"], 1: ["Tanh"], 19: ["Sigmoid"]}.get(columns, [])]
    case("_FusedMatMul", f"fusedmatmul_bfloat16_{rows}x{inner}x{columns}", feed("bfloat16", normal(inner, rows)), const("bfloat16", normal(columns, inner) if rows == 5 else normal(inner, columns)), [const("bfloat16", normal(columns))], fused_ops=steps, num_args=1, transpose_a=True, transpose_b=rows == 5)
case("_FusedMatMul", "fusedmatmul_unknown", feed("float", normal(2, 5)), const("float", normal(5, 4)), [const("float", normal(4))], fused_ops=["BiasAdd", "Nothing"], num_args=1, error=True)
norm = [const("float", uniform(4, low=0.5, high=2)) for _ in range(4)]
case("_FusedBatchNormEx", "fusedbatchnormex_relu", feed("float", normal(2, 3, 2, 4)), *norm, [], is_training=False, activation_mode="Relu", num_side_inputs=0, outputs=[0])
for shape in [(2, 5, 8), (3, 16), (1, 2, 3, 7)]:
    case("_MklLayerNorm", f"mkllayernorm_rank{len(shape)}", feed("float", normal(*shape, mean=2)), const("float", normal(shape[-1])), const("float", normal(shape[-1])), epsilon=0.001, error=len(shape) == 4)
for steps in [[], ["Relu"], ["LeakyRelu"]]:
    name = "_".join(steps).lower() or "plain"
    case("_MklFusedInstanceNorm", f"mklfusedinstancenorm_nhwc_{name}", feed("float", normal(2, 4, 5, 3, mean=1)), const("float", normal(3)), const("float", normal(3)), fused_ops=steps, reduction_axes=[1, 2], epsilon=0.001)
    case("_MklFusedInstanceNorm", f"mklfusedinstancenorm_nchw_{name}", feed("float", normal(2, 3, 4, 5, mean=1)), const("float", normal(3)), const("float", normal(3)), fused_ops=steps, reduction_axes=[2, 3], epsilon=0.001)
