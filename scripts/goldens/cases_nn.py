"""Float ops of neural networks: convolutions, products, pools, normalization, reductions."""

import numpy as np
from case import case, const, feed, integers, normal, uniform

IMAGE = (2, 7, 6, 3)


def conv(id, image=IMAGE, filters=(3, 3, 3, 4), op="Conv2D", dtype="float", error=False, note="", fed=False, **attrs):
    weights = (feed if fed else const)(dtype, normal(*filters, scale=0.4))
    attrs = {"strides": [1] * len(image), "padding": "SAME"} | attrs
    case(op, id, feed(dtype, normal(*image)), weights, error=error, note=note, **attrs)


# Conv2D
for pad in ["SAME", "VALID"]:
    for k in [(1, 1), (2, 2), (3, 3), (3, 2), (5, 1)]:
        for s in [1, 2, 3]:
            conv(f"conv2d_{pad}_k{k[0]}{k[1]}_s{s}", filters=(*k, 3, 4), padding=pad, strides=[1, s, s, 1])
    conv(f"conv2d_{pad}_strides_differ", padding=pad, strides=[1, 2, 1, 1])
    conv(f"conv2d_{pad}_dilated2", padding=pad, dilations=[1, 2, 2, 1])
    conv(f"conv2d_{pad}_dilated13", image=(1, 9, 9, 3), padding=pad, dilations=[1, 1, 3, 1])
    conv(f"conv2d_{pad}_dilated_strided", image=(1, 9, 9, 3), padding=pad, dilations=[1, 2, 2, 1], strides=[1, 2, 2, 1])
    conv(f"conv2d_{pad}_groups", image=(1, 5, 5, 6), filters=(3, 3, 2, 6), padding=pad)
    conv(f"conv2d_{pad}_filters_fed", padding=pad, fed=True)
for name, p in {"even": [1, 1, 1, 1], "uneven": [0, 2, 1, 0], "wide": [3, 3, 4, 4]}.items():
    conv(f"conv2d_explicit_{name}", padding="EXPLICIT", explicit_paddings=[0, 0, *p, 0, 0])
    conv(f"conv2d_explicit_{name}_strided", padding="EXPLICIT", explicit_paddings=[0, 0, *p, 0, 0], strides=[1, 2, 2, 1])
conv("conv2d_explicit_dilated", padding="EXPLICIT", explicit_paddings=[0, 0, 2, 1, 1, 2, 0, 0], dilations=[1, 2, 2, 1])
conv("conv2d_double", dtype="double")
conv("conv2d_half", dtype="half")
conv("conv2d_bfloat16", dtype="bfloat16")
conv("conv2d_filter_larger_same", image=(1, 2, 2, 3), filters=(5, 5, 3, 2))
conv("conv2d_one_pixel", image=(1, 1, 1, 3), filters=(1, 1, 3, 8))
conv("conv2d_stride_over_image", image=(1, 3, 3, 3), filters=(1, 1, 3, 2), strides=[1, 5, 5, 1])
conv("conv2d_filter_larger_valid", image=(1, 2, 2, 3), filters=(5, 5, 3, 2), padding="VALID", error=True)
conv("conv2d_channels_differ", filters=(3, 3, 2, 4), error=True)
conv("conv2d_groups_uneven", image=(1, 5, 5, 6), filters=(3, 3, 2, 4), error=True)
conv("conv2d_batch_stride", strides=[2, 1, 1, 1], error=True)
conv("conv2d_channel_stride", strides=[1, 1, 1, 2], error=True)
conv("conv2d_zero_stride", strides=[1, 0, 1, 1], error=True)
conv("conv2d_zero_dilation", dilations=[1, 0, 1, 1], error=True)
conv("conv2d_channel_dilation", dilations=[1, 1, 1, 2], error=True)
conv("conv2d_three_strides", strides=[1, 1, 1], error=True)
conv("conv2d_no_explicit_paddings", padding="EXPLICIT", error=True)
conv("conv2d_explicit_batch", padding="EXPLICIT", explicit_paddings=[1, 0, 1, 1, 1, 1, 0, 0], error=True)
conv("conv2d_explicit_negative", padding="EXPLICIT", explicit_paddings=[0, 0, -1, 1, 1, 1, 0, 0], error=True)
conv("conv2d_paddings_beside_same", explicit_paddings=[0, 0, 1, 1, 1, 1, 0, 0], error=True)
conv("conv2d_unknown_padding", padding="FULL", error=True)
conv("conv2d_unknown_format", data_format="NWHC", error=True)
conv("conv2d_rank3", image=(7, 6, 3), strides=[1, 1, 1, 1], error=True)
conv("conv2d_filter_rank3", filters=(3, 3, 3), error=True)
conv("conv2d_int8", dtype="int8", error=True)
for pad in ["SAME", "VALID"]:
    conv(f"conv2d_nchw_{pad}", image=(1, 3, 7, 6), data_format="NCHW", padding=pad, strides=[1, 1, 2, 2])
conv("conv2d_nchw_explicit", image=(1, 3, 7, 6), data_format="NCHW", padding="EXPLICIT", explicit_paddings=[0, 0, 0, 0, 1, 2, 0, 1])

# DepthwiseConv2dNative
D = "DepthwiseConv2dNative"
for pad in ["SAME", "VALID"]:
    for s in [1, 2]:
        for m in [1, 2, 3]:
            conv(f"depthwise_{pad}_s{s}_m{m}", op=D, filters=(3, 3, 3, m), padding=pad, strides=[1, s, s, 1])
    conv(f"depthwise_{pad}_k5", op=D, image=(1, 9, 9, 8), filters=(5, 5, 8, 1), padding=pad)
    conv(f"depthwise_{pad}_k23", op=D, image=(1, 9, 9, 5), filters=(2, 3, 5, 1), padding=pad)
    conv(f"depthwise_{pad}_dilated", op=D, image=(1, 9, 9, 4), filters=(3, 3, 4, 1), padding=pad, dilations=[1, 2, 2, 1])
conv("depthwise_explicit", op=D, filters=(3, 3, 3, 1), padding="EXPLICIT", explicit_paddings=[0, 0, 0, 1, 1, 0, 0, 0], strides=[1, 2, 2, 1])
conv("depthwise_strides_differ", op=D, filters=(3, 3, 3, 1), strides=[1, 1, 2, 1])
conv("depthwise_channels_differ", op=D, filters=(3, 3, 4, 1), error=True)
conv("depthwise_bfloat16", op=D, filters=(3, 3, 3, 1), dtype="bfloat16")
conv("depthwise_double", op=D, filters=(3, 3, 3, 1), dtype="double")

# Conv3D
for pad in ["SAME", "VALID"]:
    conv(f"conv3d_{pad}", op="Conv3D", image=(1, 4, 5, 6, 2), filters=(2, 3, 3, 2, 3), padding=pad)
    conv(f"conv3d_{pad}_strided", op="Conv3D", image=(2, 5, 5, 6, 2), filters=(3, 3, 1, 2, 3), padding=pad, strides=[1, 2, 2, 2, 1])
conv("conv3d_dilated", op="Conv3D", image=(1, 6, 6, 6, 2), filters=(2, 2, 2, 2, 3), padding="VALID", dilations=[1, 2, 2, 2, 1])
conv("conv3d_batch_stride", op="Conv3D", image=(2, 4, 4, 4, 2), filters=(1, 1, 1, 2, 3), strides=[2, 1, 1, 1, 1], error=True)

# Products
for ta in [False, True]:
    for tb in [False, True]:
        a, b = ((5, 3) if ta else (3, 5)), ((4, 5) if tb else (5, 4))
        for t in ["float", "double", "int32", "int64", "half", "bfloat16"]:
            case("MatMul", f"matmul_{t}_{int(ta)}{int(tb)}", feed(t, normal(*a, scale=3)), feed(t, normal(*b, scale=3)), transpose_a=ta, transpose_b=tb)
        for op in ["BatchMatMul", "BatchMatMulV2"]:
            for t in ["float", "int32"]:
                case(op, f"{op.lower()}_{t}_{int(ta)}{int(tb)}", feed(t, normal(2, 2, *a, scale=3)), feed(t, normal(2, 2, *b, scale=3)), adj_x=ta, adj_y=tb)
case("MatMul", "matmul_weights", feed("float", normal(2, 33)), const("float", normal(33, 17)))
case("MatMul", "matmul_long", feed("float", normal(1, 301)), const("float", normal(301, 3)))
case("MatMul", "matmul_inner_empty", feed("float", normal(2, 0)), feed("float", normal(0, 3)))
case("MatMul", "matmul_outer_empty", feed("float", normal(0, 2)), feed("float", normal(2, 3)))
case("MatMul", "matmul_inner_differs", feed("float", normal(2, 3)), feed("float", normal(4, 2)), error=True)
case("MatMul", "matmul_rank3", feed("float", normal(1, 2, 3)), feed("float", normal(1, 3, 2)), error=True)
case("MatMul", "matmul_vector", feed("float", normal(3)), feed("float", normal(3, 2)), error=True)
case("MatMul", "matmul_uint8", feed("uint8", integers(2, 3, low=0)), feed("uint8", integers(3, 2, low=0)), error=True)
case("MatMul", "matmul_infinite", feed("float", [[np.inf, 1], [np.nan, 0]]), feed("float", [[1, 0], [2, -1]]))

# A subnormal factor is 0, whatever the other one.
TINY, HUGE = [1e-40, -1.5e-39, 1e30, 1.0], [1e30, 2e29, 1e-40, 0.0]
case("MatMul", "matmul_subnormal", feed("float", [TINY, HUGE]), feed("float", np.transpose([HUGE, TINY, [1, 2, 3, 4]])))
case("MatMul", "matmul_subnormal_weights", feed("float", [TINY, HUGE]), const("float", np.transpose([HUGE, TINY, [1, 2, 3, 4]] * 9)))
case("BatchMatMulV2", "batchmatmulv2_subnormal", feed("float", [[TINY], [HUGE]]), feed("float", np.reshape([HUGE, TINY], (2, 4, 1))))
case("Conv2D", "conv2d_subnormal", feed("float", np.reshape([TINY, HUGE], (1, 1, 2, 4))), const("float", np.reshape(HUGE + TINY, (1, 2, 4, 1))), strides=[1, 1, 1, 1], padding="SAME")
case("DepthwiseConv2dNative", "depthwiseconv2dnative_subnormal", feed("float", np.reshape(TINY + HUGE, (1, 1, 1, 8))), const("float", np.reshape(HUGE + TINY, (1, 1, 8, 1))), strides=[1, 1, 1, 1], padding="VALID")
case("Conv2DBackpropInput", "conv2dbackpropinput_subnormal", const("int32", [1, 1, 2, 2]), const("float", np.reshape(HUGE + TINY, (1, 1, 2, 4))), feed("float", np.reshape(TINY + HUGE, (1, 1, 2, 4))), strides=[1, 1, 1, 1], padding="SAME")
for name, a, b in [("left", (2, 3), (4, 3, 2)), ("right", (4, 2, 3), (3, 2)), ("both", (2, 1, 2, 3), (1, 3, 3, 2)), ("matrices", (2, 3), (3, 4)), ("empty", (0, 2, 3), (0, 3, 2))]:
    case("BatchMatMulV2", f"batchmatmulv2_{name}", feed("float", normal(*a)), feed("float", normal(*b)))
case("BatchMatMulV2", "batchmatmulv2_batch_differs", feed("float", normal(2, 2, 3)), feed("float", normal(3, 3, 2)), error=True)
case("BatchMatMul", "batchmatmul_broadcast", feed("float", normal(1, 2, 3)), feed("float", normal(2, 3, 2)), error=True)
case("BatchMatMulV2", "batchmatmulv2_vector", feed("float", normal(3)), feed("float", normal(3, 2)), error=True)

# BiasAdd
for t in ["float", "double", "half", "bfloat16", "int32", "int8", "uint8", "int64"]:
    case("BiasAdd", f"biasadd_{t}", feed(t, integers(2, 3, 4, low=0)), feed(t, integers(4, low=0)))
for shape in [(3, 4), (2, 3, 2, 4), (1, 2, 2, 2, 4), (0, 4)]:
    case("BiasAdd", f"biasadd_rank{len(shape)}_{shape[0]}", feed("float", normal(*shape)), const("float", normal(4)))
for shape in [(2, 4, 3), (2, 4, 2, 3), (1, 4, 2, 2, 2)]:
    case("BiasAdd", f"biasadd_nchw_rank{len(shape)}", feed("float", normal(*shape)), const("float", normal(4)), data_format="NCHW")
case("BiasAddV1", "biasaddv1", feed("float", normal(2, 3, 4)), const("float", normal(4)))
case("BiasAdd", "biasadd_length", feed("float", normal(2, 4)), const("float", normal(3)), error=True)
case("BiasAdd", "biasadd_one", feed("float", normal(2, 4)), const("float", normal(1)), error=True)
case("BiasAdd", "biasadd_nchw_matrix", feed("float", normal(2, 4)), const("float", normal(4)), data_format="NCHW", error=True)
case("BiasAdd", "biasadd_matrix", feed("float", normal(2, 4)), const("float", normal(1, 4)), error=True)
case("BiasAdd", "biasadd_vector", feed("float", normal(4)), const("float", normal(4)), error=True)

# FusedBatchNorm*
for op in ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"]:
    for name, shape, attrs in [
        ("nhwc", (2, 3, 4, 5), {}), ("epsilon", (1, 2, 2, 5), {"epsilon": 0.01}), ("one", (1, 1, 1, 5), {"epsilon": 0.001}), ("empty", (0, 2, 2, 5), {}),
    ]:
        c = 5
        args = [feed("float", normal(*shape)), const("float", normal(c)), const("float", normal(c)), const("float", normal(c)), const("float", uniform(c, low=0.01, high=3))]
        case(op, f"{op.lower()}_{name}", *args, is_training=False, outputs=[0], **attrs)
    case(op, f"{op.lower()}_nchw", feed("float", normal(1, 3, 2, 4)), *[const("float", uniform(3, low=0.5, high=2)) for _ in range(4)], is_training=False, data_format="NCHW", outputs=[0])
    case(op, f"{op.lower()}_channels", feed("float", normal(1, 2, 2, 4)), *[const("float", uniform(3, low=0.5, high=2)) for _ in range(4)], is_training=False, outputs=[0], error=True)
    case(op, f"{op.lower()}_rank3", feed("float", normal(2, 2, 3)), *[const("float", uniform(3, low=0.5, high=2)) for _ in range(4)], is_training=False, outputs=[0], error=True)
for t in ["half", "bfloat16"]:
    case("FusedBatchNormV3", f"fusedbatchnormv3_{t}", feed(t, normal(1, 2, 2, 3)), *[const("float", uniform(3, low=0.5, high=2)) for _ in range(4)], is_training=False, outputs=[0])
case("FusedBatchNormV3", "fusedbatchnormv3_ndhwc", feed("float", normal(1, 2, 2, 2, 3)), *[const("float", uniform(3, low=0.5, high=2)) for _ in range(4)], is_training=False, data_format="NDHWC", outputs=[0])
# oneDNN has two orders of the steps, by the layout and the number of channels.
for channels in [1, 3, 4, 6, 8, 12, 20, 32, 33, 64]:
    values = [const("float", uniform(channels, low=0.1, high=3)) for _ in range(4)]
    case("FusedBatchNormV3", f"fusedbatchnormv3_{channels}_steps", feed("float", normal(2, 3, 5, channels, scale=3)), *values, is_training=False, outputs=[0])
    if channels in [3, 8]:
        case("FusedBatchNormV3", f"fusedbatchnormv3_nchw_{channels}_steps", feed("float", normal(2, channels, 3, 5, scale=3)), *values, is_training=False, data_format="NCHW", outputs=[0])
    if channels == 8:
        case("_FusedBatchNormEx", f"fusedbatchnormex_{channels}_steps", feed("float", normal(2, 3, 5, channels, scale=3)), *values, [], is_training=False, activation_mode="Relu", num_side_inputs=0, outputs=[0])
case("FusedBatchNormV3", "fusedbatchnormv3_zero_variance", feed("float", normal(1, 2, 2, 3)), *[const("float", [1, 2, 3])] * 3, const("float", [0, 0, 1e-9]), is_training=False, outputs=[0])

for name, shape, attrs in [("nhwc", (2, 3, 4, 5), {}), ("nchw", (1, 5, 8, 1), {"data_format": "NCHW", "epsilon": 0.001})]:
    case("FusedBatchNormV3", f"fusedbatchnormv3_training_{name}", feed("float", normal(*shape, mean=1)), const("float", uniform(5, low=0.5, high=1)), const("float", [4, -4, 5, 6, 7]), const("float", []), const("float", []), is_training=True, outputs=[0], **attrs)

# Pools
for op in ["MaxPool", "AvgPool"]:
    for pad in ["SAME", "VALID"]:
        for k in [(1, 1), (2, 2), (3, 3), (3, 2), (7, 1)]:
            for s in [1, 2, 3]:
                case(op, f"{op.lower()}_{pad}_k{k[0]}{k[1]}_s{s}", feed("float", normal(2, 7, 6, 3)), ksize=[1, *k, 1], strides=[1, s, s, 1], padding=pad)
        for t in ["half", "bfloat16", "double"] + (["int32", "int64", "uint8", "int8", "int16", "uint16"] if op == "MaxPool" else []):
            case(op, f"{op.lower()}_{pad}_{t}", feed(t, integers(1, 5, 5, 4, low=0)), ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding=pad)
    image = feed("float", normal(1, 5, 5, 4))
    square = {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID"}
    case(op, f"{op.lower()}_nan", feed("float", np.where(np.arange(25) % 7 == 3, np.nan, np.arange(25)).reshape(1, 5, 5, 1)), **square)
    case(op, f"{op.lower()}_infinite", feed("float", np.where(np.arange(25) % 4 == 3, -np.inf, np.arange(25)).reshape(1, 5, 5, 1)), **square)
    case(op, f"{op.lower()}_negative_same", feed("float", uniform(1, 5, 5, 2, low=-9, high=-1)), **square | {"padding": "SAME"})
    case(op, f"{op.lower()}_empty_batch", feed("float", normal(0, 4, 4, 1)), **square)
    case(op, f"{op.lower()}_strides_differ", image, **square | {"strides": [1, 1, 2, 1]})
    case(op, f"{op.lower()}_window_larger_same", feed("float", normal(1, 2, 2, 1)), ksize=[1, 5, 5, 1], strides=[1, 1, 1, 1], padding="SAME")
    case(op, f"{op.lower()}_window_larger", feed("float", normal(1, 2, 2, 1)), ksize=[1, 5, 5, 1], strides=[1, 1, 1, 1], padding="VALID", error=True)
    case(op, f"{op.lower()}_zero_window", image, **square | {"ksize": [1, 0, 2, 1]}, error=True)
    case(op, f"{op.lower()}_zero_stride", image, **square | {"strides": [1, 2, 0, 1]}, error=True)
    case(op, f"{op.lower()}_batch_window", image, **square | {"ksize": [2, 2, 2, 1]}, error=True)
    case(op, f"{op.lower()}_rank3", feed("float", normal(5, 5, 4)), **square, error=True)
    case(op, f"{op.lower()}_nchw", feed("float", normal(1, 3, 4, 4)), ksize=[1, 1, 2, 2], strides=[1, 1, 2, 2], padding="VALID", data_format="NCHW")
for op in ["MaxPool3D", "AvgPool3D"]:
    for pad in ["SAME", "VALID"]:
        for s in [1, 2]:
            case(op, f"{op.lower()}_{pad}_s{s}", feed("float", normal(1, 4, 5, 5, 2)), ksize=[1, 2, 3, 2, 1], strides=[1, s, s, s, 1], padding=pad)
    case(op, f"{op.lower()}_bfloat16", feed("bfloat16", normal(1, 4, 4, 4, 2)), ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 2, 1], padding="VALID")
    case(op, f"{op.lower()}_rank4", feed("float", normal(4, 4, 4, 2)), ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 2, 1], padding="VALID", error=True)
case("MaxPool", "maxpool_explicit", feed("float", normal(1, 5, 5, 2)), ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding="EXPLICIT", explicit_paddings=[0, 0, 1, 0, 1, 1, 0, 0])

# Softmax
for shape in [(1, 1), (3, 7), (2, 3, 33), (1, 1000), (2, 1, 1, 10), (5,), (0, 4)]:
    case("Softmax", f"softmax_{'x'.join(map(str, shape))}", feed("float", normal(*shape, scale=5)))
for t in ["double", "half", "bfloat16"]:
    case("Softmax", f"softmax_{t}", feed(t, normal(3, 9, scale=3)))
case("Softmax", "softmax_huge", feed("float", [[1e30, -1e30, 1e30], [88, 90, 1000], [-200, -300, -100]]))
case("Softmax", "softmax_infinite", feed("float", [[np.inf, 0, 1], [-np.inf, 0, 1], [-np.inf, -np.inf, -np.inf], [np.nan, 0, 1]]))
case("Softmax", "softmax_equal", feed("float", np.full((2, 10), 3.3)))
case("Softmax", "softmax_scalar_input", feed("float", 1.0), error=True)
case("Softmax", "softmax_int32", feed("int32", [[1, 2]]), error=True)

# Reductions
for op in ["Mean", "Sum", "Max", "Min", "Prod"]:
    for name, shape, axes in [
        ("all", (2, 3, 4), [0, 1, 2]), ("last", (2, 3, 4), [2]), ("first", (2, 3, 4), [0]), ("middle", (2, 3, 4), [1]), ("outer", (2, 3, 4), [0, 2]),
        ("negative", (2, 3, 4), [-1, -3]), ("none", (2, 3), []), ("image", (2, 7, 7, 5), [1, 2]), ("unordered", (2, 3, 4), [2, 0]), ("long", (1, 500), [1]),
        ("vector", (7,), [0]), ("ones", (1, 1, 4), [0, 1]),
    ]:
        for keep in [False, True]:
            case(op, f"{op.lower()}_{name}{'_keep' if keep else ''}", feed("float", normal(*shape, scale=1.5)), const("int32", np.array(axes, np.int32)), keep_dims=keep)
    case(op, f"{op.lower()}_scalar_axis", feed("float", normal(2, 3)), const("int32", 1))
    case(op, f"{op.lower()}_int64_axis", feed("float", normal(2, 3)), const("int64", [1]))
    case(op, f"{op.lower()}_scalar", feed("float", 2.5), const("int32", np.array([], np.int32)))
    case(op, f"{op.lower()}_empty", feed("float", normal(0, 3)), const("int32", [0]))
    case(op, f"{op.lower()}_empty_kept", feed("float", normal(3, 0)), const("int32", [0]))
    case(op, f"{op.lower()}_nan", feed("float", [[1, np.nan], [np.inf, 2], [-np.inf, np.inf]]), const("int32", [1]))
    for t in ["double", "half", "bfloat16", "int32", "int64", "uint8", "int8", "int16", "uint16"]:
        case(op, f"{op.lower()}_{t}", feed(t, integers(5, 7, low=0, high=99)), const("int32", [1]))
    case(op, f"{op.lower()}_int32_negative", feed("int32", integers(5, 7, low=-99, high=9)), const("int32", [1]))
    case(op, f"{op.lower()}_axis_outside", feed("float", normal(2, 3)), const("int32", [2]), error=True)
    case(op, f"{op.lower()}_axis_twice", feed("float", normal(2, 3)), const("int32", [1, 1]), error=True)
    case(op, f"{op.lower()}_axis_twice_negative", feed("float", normal(2, 3)), const("int32", [1, -1]), error=True)
    case(op, f"{op.lower()}_bool", feed("bool", [[True]]), const("int32", [1]), error=True)

# ArgMax
for t in ["float", "double", "half", "bfloat16", "int32", "int64", "uint8", "int8"]:
    for out in ["int32", "int64"]:
        case("ArgMax", f"argmax_{t}_{out}", feed(t, integers(4, 9, low=0, high=5)), const("int32", 1), output_type=out)
for name, shape, axis in [("first", (3, 4, 2), 0), ("middle", (3, 4, 2), 1), ("negative", (3, 4, 2), -1), ("vector", (5,), 0)]:
    case("ArgMax", f"argmax_{name}", feed("float", normal(*shape)), const("int32", axis))
case("ArgMax", "argmax_ties", feed("float", [[1, 1, 1], [0, 2, 2], [-1, -1, -3], [0.0, -0.0, 0.0]]), const("int32", 1))
case("ArgMax", "argmax_nan", feed("float", [[1, np.nan, 3], [np.nan, 1, 2], [np.nan, np.nan, np.nan], [-np.inf, -np.inf, -np.inf]]), const("int32", 1))
case("ArgMax", "argmax_axis_outside", feed("float", normal(2, 3)), const("int32", 2), error=True)
case("ArgMax", "argmax_empty_axis", feed("float", normal(2, 0)), const("int32", 1), error=True)
case("ArgMax", "argmax_empty", feed("float", normal(0, 3)), const("int32", 1))
for op in ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"]:
    case(op, f"{op.lower()}_statistics", feed("float", normal(1, 2, 2, 3)), *[const("float", uniform(3, low=0.5, high=2)) for _ in range(4)], is_training=False, outputs=[0, 1, 2, 3, 4])
