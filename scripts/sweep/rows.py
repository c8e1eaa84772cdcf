"""The rows of the sweep: graphs of one op, or of a few that belong together, at a realistic size.

Each is a function that builds a graph of TensorFlow 1 and returns its outputs. Its placeholders are fed with numbers in
(-1, 1), or with integers below 100.
"""

import re

import numpy as np
import tensorflow as tf

R = tf.raw_ops
v1 = tf.compat.v1
random = np.random.RandomState(0)

IMAGE, TOKENS, MATRIX = (4, 56, 56, 64), (8, 128, 256), (512, 512)


def data(shape=IMAGE, kind=tf.float32, name="x"):
    return v1.placeholder(kind, shape, name=name)


def constant(*shape):
    return tf.constant(random.uniform(-1, 1, shape).astype(np.float32))


def one(function, shape=IMAGE, kind=tf.float32):
    return lambda: function(data(shape, kind))


def two(function, shape=IMAGE, kind=tf.float32):
    return lambda: function(data(shape, kind, "x"), data(shape, kind, "y"))


def above(least, function):
    """A function of numbers of at least so much."""
    return lambda x: function(tf.abs(x) + least)


def same(x):
    return x


UNARY = {
    "Abs": same, "Acos": same, "Acosh": 1.0, "Asin": same, "Asinh": same, "Atan": same, "Atanh": same, "Ceil": same,
    "Cos": same, "Cosh": same, "Elu": same, "Erf": same, "Erfc": same, "Exp": same, "Expm1": same, "Floor": same,
    "Log": 0.1, "Log1p": 0.1, "Neg": same, "Reciprocal": 0.1, "Relu": same, "Relu6": same, "Rint": same,
    "Round": same, "Rsqrt": 0.1, "Selu": same, "Sigmoid": same, "Sign": same, "Sin": same, "Sinh": same,
    "Softplus": same, "Softsign": same, "Sqrt": 0.1, "Square": same, "Tan": same, "Tanh": same,
}
BINARY = ("AddV2", "Sub", "Mul", "Maximum", "Minimum", "SquaredDifference", "Atan2", "DivNoNan", "MulNoNan", "Xdivy")
SECOND_ABOVE = ("RealDiv", "FloorDiv", "FloorMod", "TruncateMod", "Xlogy", "Xlog1py")
RELATIONS = ("Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual")
CLASSES = ("IsFinite", "IsInf", "IsNan")
WHOLE = ("BitwiseAnd", "BitwiseOr", "BitwiseXor", "LeftShift", "RightShift", "AddV2", "Mul")


def elementwise():
    rows = {}
    for name, least in UNARY.items():
        rows[name] = one(unary(name) if least is same else above(least, unary(name)))
    for name in BINARY:
        rows[name] = two(lambda x, y, name=name: getattr(R, name)(x=x, y=y))
    for name in SECOND_ABOVE:
        rows[name] = two(lambda x, y, name=name: getattr(R, name)(x=x, y=tf.abs(y) + 1))
    for name in RELATIONS:
        rows[name] = two(lambda x, y, name=name: getattr(R, name)(x=x, y=y))
    for name in CLASSES:
        rows[name] = one(lambda x, name=name: getattr(R, name)(x=x))
    for name in WHOLE:
        rows[name + " i32"] = two(lambda x, y, name=name: getattr(R, name)(x=x, y=y), kind=tf.int32)
    for name, kind in (("f16", tf.float16), ("bf16", tf.bfloat16)):
        rows["Cast " + name] = one(lambda x, kind=kind: tf.cast(tf.cast(x, kind), tf.float32))
    for name, kind in (("i32", tf.int32), ("u8", tf.uint8), ("i8", tf.int8), ("i64", tf.int64)):
        rows["Cast to " + name] = one(lambda x, kind=kind: tf.cast(x * 100, kind))
        rows["Cast of " + name] = one(lambda x: tf.cast(x, tf.float32), kind=kind)
    return rows | {
        "Pow 2": one(lambda x: tf.pow(x, 2.0)),
        "Pow 3": one(lambda x: tf.pow(x, 3.0)),
        "Pow": two(lambda x, y: tf.pow(tf.abs(x), y)),
        "LeakyRelu": one(tf.nn.leaky_relu),
        "ClipByValue": one(lambda x: tf.clip_by_value(x, -0.5, 0.5)),
        "AddN": two(lambda x, y: tf.add_n([x, y, x])),
        "BiasAdd": lambda: tf.nn.bias_add(data(), constant(64)),
        "Mul of rows": lambda: data(TOKENS) * constant(8, 128, 1),
        "Sub of images": lambda: data() - data((4, 1, 1, 64), name="y"),
        "SelectV2": two(lambda x, y: tf.where(x > y, x, y)),
        "LogicalAnd": two(lambda x, y: tf.logical_and(x > 0, y > 0)),
        "Gelu, tanh": one(lambda x: 0.5 * x * (1 + tf.tanh(0.7978845608 * (x + 0.044715 * tf.pow(x, 3.0)))), TOKENS),
        "Gelu, erf": one(lambda x: 0.5 * x * (1 + tf.math.erf(x / 1.41421356)), TOKENS),
        "Swish": one(lambda x: x * tf.sigmoid(x)),
        "HardSwish": one(lambda x: x * tf.nn.relu6(x + 3) * 0.16666667),
        "Bucketize": one(lambda x: R.Bucketize(input=x, boundaries=[-0.5, 0.0, 0.5])),
    }


def unary(name):
    op = getattr(R, name)
    features = name in ("Elu", "Relu", "Relu6", "Selu", "Softplus", "Softsign")
    return lambda x: op(features=x) if features else op(x=x)


def reductions():
    rows = {}
    for name in ("Sum", "Mean", "Max", "Min", "Prod"):
        op = getattr(R, name)
        for where, axes, shape in (("rows", [-1], TOKENS), ("images", [1, 2], IMAGE), ("all", [0, 1, 2, 3], IMAGE)):
            rows[f"{name} of {where}"] = one(lambda x, op=op, axes=axes: op(input=x, axis=axes), shape)
    for name in ("ArgMax", "ArgMin"):
        op = getattr(R, name)
        rows[name] = one(lambda x, op=op: op(input=x, dimension=-1), TOKENS)
        rows[name + " of 4"] = one(lambda x, op=op: op(input=x, dimension=-1), (8, 64, 64, 4))
    return rows | {
        "All": one(lambda x: tf.reduce_all(x > 0, -1), TOKENS),
        "EuclideanNorm": one(lambda x: R.EuclideanNorm(input=x, axis=[-1]), TOKENS),
        "Cumsum": one(lambda x: tf.cumsum(x, -1), TOKENS),
        "Cumprod": one(lambda x: tf.math.cumprod(x, -1), TOKENS),
        "L2 normalize": one(lambda x: tf.math.l2_normalize(x, -1), TOKENS),
        "Softmax": one(tf.nn.softmax, (8, 4, 64, 64)),
        "Softmax of 4": one(tf.nn.softmax, (8, 64, 64, 4)),
        "LogSoftmax": one(tf.nn.log_softmax, (64, 1000)),
        "TopKV2": one(lambda x: tf.math.top_k(x, 5)[0], (8, 1000)),
        "TopKV2 of 100": one(lambda x: tf.math.top_k(x, 100)[0], (8, 2000)),
        "LRN": one(tf.nn.local_response_normalization),
        "FusedBatchNormV3": one(lambda x: R.FusedBatchNormV3(
            x=x, scale=constant(64), offset=constant(64), mean=constant(64), variance=tf.abs(constant(64)) + 1,
            is_training=False)[0]),
        "layer norm": one(layer_norm, TOKENS),
        "instance norm": one(lambda x: (x - tf.reduce_mean(x, [1, 2], True)) * tf.math.rsqrt(
            tf.math.reduce_variance(x, [1, 2], True) + 1e-5)),
    }


def layer_norm(x):
    mean = tf.reduce_mean(x, -1, True)
    return (x - mean) * tf.math.rsqrt(tf.reduce_mean(tf.math.squared_difference(x, mean), -1, True) + 1e-6)


def movement():
    return {
        "Transpose 0213": one(lambda x: tf.transpose(x, [0, 2, 1, 3]), (8, 128, 4, 64)),
        "Transpose to NCHW": one(lambda x: tf.transpose(x, [0, 3, 1, 2])),
        "Transpose": one(tf.transpose, MATRIX),
        "ConcatV2": two(lambda x, y: tf.concat([x, y], -1)),
        "ConcatV2 of rows": two(lambda x, y: tf.concat([x, y], 1)),
        "Split": one(lambda x: [t + 1.0 for t in tf.split(x, 4, -1)]),
        "Slice": one(lambda x: x[:, 4:50, 4:50, :]),
        "StridedSlice": one(lambda x: x[:, ::2, ::2, :]),
        "Pad": one(lambda x: tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])),
        "MirrorPad": one(lambda x: tf.pad(x, [[0, 0], [4, 4], [4, 4], [0, 0]], "REFLECT")),
        "Tile": one(lambda x: tf.tile(x, [1, 2, 2, 1]), (4, 28, 28, 64)),
        "BroadcastTo": one(lambda x: tf.broadcast_to(x, IMAGE), (4, 1, 1, 64)),
        "GatherV2": lambda: tf.gather(constant(10000, 128), data((8, 64), tf.int32)),
        "GatherV2 of axis 1": lambda: tf.gather(data(TOKENS), tf.constant(random.randint(0, 128, 64)), axis=1),
        "GatherNd": lambda: tf.gather_nd(data((8, 100, 64)), tf.constant(
            np.stack([random.randint(0, 8, 500), random.randint(0, 100, 500)], 1))),
        "OneHot": lambda: tf.one_hot(data((8, 64), tf.int32), 100),
        "ReverseV2": one(lambda x: tf.reverse(x, [1])),
        "Roll": one(lambda x: tf.roll(x, 3, 1)),
        "Pack": two(lambda x, y: tf.stack([x, y], 1), TOKENS),
        "Unpack": one(lambda x: [t + 1.0 for t in tf.unstack(x, axis=1)], (8, 4, 256)),
        "SpaceToDepth": one(lambda x: tf.nn.space_to_depth(x, 2)),
        "DepthToSpace": one(lambda x: tf.nn.depth_to_space(x, 2)),
        "SpaceToBatchND": one(lambda x: tf.space_to_batch_nd(x, [2, 2], [[0, 0], [0, 0]])),
        "BatchToSpaceND": one(lambda x: tf.batch_to_space(x, [2, 2], [[0, 0], [0, 0]])),
        "ExtractImagePatches": one(lambda x: tf.image.extract_patches(
            x, [1, 3, 3, 1], [1, 2, 2, 1], [1, 1, 1, 1], "SAME"), (2, 32, 32, 16)),
        "ScatterNd": lambda: tf.scatter_nd(
            tf.constant(random.permutation(1000)[:500, None]), data((500, 64)), [1000, 64]),
        "MatrixBandPart": one(lambda x: tf.linalg.band_part(x, -1, 0), (8, 4, 64, 64)),
    }


def windows():
    def resized(name, size=(112, 112), **kw):
        return one(lambda x: getattr(R, name)(images=x, size=size, **kw), (2, 56, 56, 32))

    def convolved(shape, filters, **kw):
        return one(lambda x: tf.nn.conv2d(x, constant(*filters), padding="SAME", **({"strides": 1} | kw)), shape)

    half = (1, 56, 56, 64)
    return {
        "MaxPool": one(lambda x: tf.nn.max_pool2d(x, 2, 2, "VALID")),
        "MaxPool 3, stride 2": one(lambda x: tf.nn.max_pool2d(x, 3, 2, "SAME")),
        "MaxPool of 12 channels": one(lambda x: tf.nn.max_pool2d(x, 2, 2, "VALID"), (8, 64, 64, 12)),
        "AvgPool": one(lambda x: tf.nn.avg_pool2d(x, 3, 1, "SAME")),
        "MaxPool3D": one(lambda x: tf.nn.max_pool3d(x, 2, 2, "SAME"), (2, 16, 32, 32, 16)),
        "ResizeBilinear": resized("ResizeBilinear"),
        "ResizeBilinear, half pixels": resized("ResizeBilinear", half_pixel_centers=True),
        "ResizeNearestNeighbor": resized("ResizeNearestNeighbor"),
        "ResizeBicubic": resized("ResizeBicubic"),
        "CropAndResize": lambda: tf.image.crop_and_resize(
            data((2, 56, 56, 32)), tf.constant(random.uniform(0, 1, (20, 4)).astype(np.float32)),
            tf.constant(random.randint(0, 2, 20).astype(np.int32)), [14, 14]),
        "Conv2D 3x3": convolved(half, (3, 3, 64, 64)),
        "Conv2D 1x1": convolved(half, (1, 1, 64, 256)),
        "Conv2D 7x7, stride 2": convolved((1, 224, 224, 3), (7, 7, 3, 64), strides=2),
        "Conv2D, dilated": convolved(half, (3, 3, 64, 64), dilations=2),
        "Conv2D, groups": convolved(half, (3, 3, 16, 64)),
        "Conv2D, 2 outputs": convolved(half, (3, 3, 64, 2)),
        "Conv2DBackpropInput": one(lambda x: tf.nn.conv2d_transpose(
            x, constant(3, 3, 32, 64), (1, 56, 56, 32), 2, "SAME"), (1, 28, 28, 64)),
        "DepthwiseConv2dNative": one(lambda x: tf.nn.depthwise_conv2d(
            x, constant(3, 3, 64, 1), [1, 1, 1, 1], "SAME"), half),
        "DepthwiseConv2dNative of 3 channels": one(lambda x: tf.nn.depthwise_conv2d(
            x, constant(7, 7, 3, 1), [1, 1, 1, 1], "SAME"), (1, 224, 224, 3)),
        "Conv3D": one(lambda x: tf.nn.conv3d(x, constant(3, 3, 3, 16, 16), [1] * 5, "SAME"), (1, 16, 28, 28, 16)),
        "MatMul": one(lambda x: x @ constant(512, 512), MATRIX),
        "MatMul of a vector": one(lambda x: x @ constant(2048, 1000), (1, 2048)),
        "MatMul, both computed": two(lambda x, y: x @ y, MATRIX),
        "BatchMatMulV2": two(lambda x, y: tf.matmul(x, y, transpose_b=True), (8, 4, 64, 64)),
        "Einsum": two(lambda x, y: tf.einsum("bqhd,bkhd->bhqk", x, y), (8, 64, 4, 32)),
    }


def quantized():
    def quantize(x, kind, mode, low, high):
        return R.QuantizeV2(input=x, min_range=low, max_range=high, T=kind, mode=mode)[0]

    def least(x):
        return tf.reduce_min(x), tf.reduce_max(x)

    def slices(n):
        size = 1 + random.uniform(0, 1, n).astype(np.float32)
        return {"min_range": -size, "max_range": size, "mode": "SCALED"}

    def bytes_of(name="x", shape=IMAGE):
        return data(shape, tf.quint8, name)

    return {
        "QuantizeV2 u8 MIN_FIRST": one(lambda x: quantize(x, tf.quint8, "MIN_FIRST", 0.0, 1.0)),
        "QuantizeV2 i8 SCALED": one(lambda x: quantize(x, tf.qint8, "SCALED", -1.0, 1.0)),
        "QuantizeV2 u8 MIN_COMBINED": one(lambda x: quantize(x, tf.quint8, "MIN_COMBINED", -1.0, 1.0)),
        "QuantizeV2 i8 SCALED, computed range": one(lambda x: quantize(x, tf.qint8, "SCALED", *least(x))),
        "QuantizeV2 u8 MIN_FIRST, computed range": one(lambda x: quantize(x, tf.quint8, "MIN_FIRST", *least(x))),
        "QuantizeV2 u8 MIN_COMBINED, computed range": one(lambda x: quantize(x, tf.quint8, "MIN_COMBINED", *least(x))),
        "QuantizeV2 i8 MIN_FIRST": one(lambda x: quantize(x, tf.qint8, "MIN_FIRST", -1.0, 1.0)),
        "QuantizeV2 of channels": one(lambda x: R.QuantizeV2(input=x, T=tf.qint8, axis=3, **slices(64))[0]),
        "QuantizeV2 of rows": one(lambda x: R.QuantizeV2(input=x, T=tf.qint8, axis=0, **slices(64))[0], (64, 128, 64)),
        "Dequantize of channels": lambda: R.Dequantize(input=bytes_of(), axis=3, **slices(64)),
        "Dequantize SCALED": lambda: R.Dequantize(input=bytes_of(), min_range=0.0, max_range=6.0, mode="SCALED"),
        "Dequantize MIN_FIRST": lambda: R.Dequantize(input=bytes_of(), min_range=-1.0, max_range=6.0, mode="MIN_FIRST"),
        "FakeQuantWithMinMaxArgs": one(lambda x: tf.quantization.fake_quant_with_min_max_args(x, -1.0, 1.0)),
        "FakeQuantWithMinMaxVars": one(lambda x: tf.quantization.fake_quant_with_min_max_vars(x, -1.0, 1.0)),
        "FakeQuantWithMinMaxVars, computed range": one(
            lambda x: tf.quantization.fake_quant_with_min_max_vars(x, *least(x))),
        "FakeQuantWithMinMaxVarsPerChannel": one(lambda x: tf.quantization.fake_quant_with_min_max_vars_per_channel(
            x, -tf.abs(constant(64)) - 0.1, tf.abs(constant(64)) + 0.1)),
        "QuantizeAndDequantizeV4": one(lambda x: R.QuantizeAndDequantizeV4(
            input=x, input_min=-1.0, input_max=1.0, range_given=True)),
        "QuantizedMaxPool of 12 channels": lambda: R.QuantizedMaxPool(
            input=bytes_of(shape=(8, 64, 64, 12)), min_input=0.0, max_input=1.0, ksize=[1, 2, 2, 1],
            strides=[1, 2, 2, 1], padding="VALID")[0],
        "QuantizedAvgPool": lambda: R.QuantizedAvgPool(
            input=bytes_of(), min_input=0.0, max_input=1.0, ksize=[1, 3, 3, 1], strides=[1, 1, 1, 1],
            padding="SAME")[0],
        "QuantizedConcat": lambda: R.QuantizedConcat(
            concat_dim=3, values=[bytes_of("x"), bytes_of("y")], input_mins=[0.0, 0.0], input_maxes=[1.0, 2.0])[0],
    }


def older():
    """Ops that newer ones have taken the place of, and what few graphs have."""
    volume = (1, 8, 28, 28, 16)

    def normalized(op):
        return one(lambda x: getattr(R, op)(
            x=x, scale=constant(64), offset=constant(64), mean=constant(64), variance=tf.abs(constant(64)) + 1,
            is_training=False)[0])

    def scattered(op):
        return lambda: getattr(R, op)(
            tensor=data((1000, 64)), indices=tf.constant(random.permutation(1000)[:500, None]), updates=data((500, 64), name="y"))

    rows = {op: scattered(op) for op in (
        "TensorScatterAdd", "TensorScatterMax", "TensorScatterMin", "TensorScatterSub", "TensorScatterUpdate")}
    return rows | {
        "AccumulateNV2": two(lambda x, y: R.AccumulateNV2(inputs=[x, y, x], shape=IMAGE)),
        "Add": two(lambda x, y: R.Add(x=x, y=y)),
        "Any": one(lambda x: tf.reduce_any(x > 0.9, -1), TOKENS),
        "AvgPool3D": one(lambda x: tf.nn.avg_pool3d(x, 2, 2, "SAME"), (2, 16, 32, 32, 16)),
        "BatchMatMul": two(lambda x, y: R.BatchMatMul(x=x, y=y), (8, 4, 64, 64)),
        "BatchMatMulV3": two(lambda x, y: R.BatchMatMulV3(x=x, y=y, Tout=tf.float32), (8, 4, 64, 64)),
        "BatchToSpace": one(lambda x: R.BatchToSpace(input=x, crops=[[0, 0], [0, 0]], block_size=2)),
        "SpaceToBatch": one(lambda x: R.SpaceToBatch(input=x, paddings=[[0, 0], [0, 0]], block_size=2)),
        "BiasAddV1": one(lambda x: R.BiasAddV1(value=x, bias=constant(64))),
        "CheckNumerics": one(lambda x: R.CheckNumerics(tensor=x, message="")),
        "ClipByValue, the op": one(lambda x: R.ClipByValue(t=x, clip_value_min=-0.5, clip_value_max=0.5)),
        "Concat": two(lambda x, y: R.Concat(concat_dim=3, values=[x, y])),
        "Conv3DBackpropInputV2": one(lambda x: tf.nn.conv3d_transpose(
            x, constant(2, 2, 2, 16, 16), (1, 16, 56, 56, 16), 2, "SAME"), volume),
        "Div": two(lambda x, y: R.Div(x=x, y=tf.abs(y) + 1)),
        "Fill": lambda: R.Fill(dims=tf.constant(IMAGE), value=data((), name="x")),
        "FusedBatchNorm": normalized("FusedBatchNorm"), "FusedBatchNormV2": normalized("FusedBatchNormV2"),
        "Gather": lambda: R.Gather(params=constant(10000, 128), indices=data((8, 64), tf.int32)),
        "Inv": one(lambda x: R.Inv(x=tf.abs(x) + 0.1)),
        "Invert": one(lambda x: R.Invert(x=x), kind=tf.int32),
        "InvertPermutation": lambda: R.InvertPermutation(x=data((100,), tf.int32) * 0 + tf.range(100)),
        "L2Loss": one(lambda x: R.L2Loss(t=x)),
        "LinSpace": lambda: R.LinSpace(start=data(()), stop=5.0, num=100000),
        "LogicalNot": one(lambda x: tf.logical_not(x > 0)),
        "LogicalOr": two(lambda x, y: tf.logical_or(x > 0, y > 0)),
        "MaxPoolV2": one(lambda x: R.MaxPoolV2(input=x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")),
        "MaxPoolWithArgmax": one(lambda x: R.MaxPoolWithArgmax(
            input=x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")),
        "Mod": two(lambda x, y: R.Mod(x=x, y=tf.abs(y) + 1)),
        "OnesLike": one(lambda x: R.OnesLike(x=x) + x), "ZerosLike": one(lambda x: R.ZerosLike(x=x) + x),
        "PadV2": one(lambda x: tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=1.5)),
        "QuantizeAndDequantizeV2": one(lambda x: R.QuantizeAndDequantizeV2(
            input=x, input_min=-1.0, input_max=1.0, range_given=True)),
        "QuantizeAndDequantizeV2, computed range": one(lambda x: R.QuantizeAndDequantizeV2(
            input=x, input_min=-1.0, input_max=1.0, range_given=False)),
        "QuantizeAndDequantizeV2, computed ranges of channels": one(lambda x: R.QuantizeAndDequantizeV2(
            input=x, input_min=[-1.0] * 64, input_max=[1.0] * 64, range_given=False, axis=3)),
        "Dequantize of channels, computed ranges": lambda: R.Dequantize(
            input=data(IMAGE, tf.qint8), min_range=data((64,), name="least") - 1, max_range=data((64,), name="most") + 1,
            mode="SCALED", axis=3),
        "QuantizeAndDequantizeV3": one(lambda x: R.QuantizeAndDequantizeV3(
            input=x, input_min=-1.0, input_max=1.0, num_bits=8, range_given=True)),
        "Range": lambda: R.Range(start=data((), tf.int32), limit=100000, delta=1),
        "ReverseSequence": one(lambda x: tf.reverse_sequence(
            x, tf.constant(random.randint(1, 128, 8)), seq_axis=1, batch_axis=0), TOKENS),
        "Select": two(lambda x, y: R.Select(condition=x > y, x=x, y=y)),
        "Slice, the op": one(lambda x: R.Slice(input=x, begin=[0, 4, 4, 0], size=[4, 46, 46, 64])),
        "SparseToDense": lambda: R.SparseToDense(
            sparse_indices=tf.constant(np.sort(random.permutation(1000)[:500])), output_shape=tf.constant([1000], tf.int64),
            sparse_values=data((500,)), default_value=0.0),
        "SplitV": one(lambda x: [t + 1.0 for t in tf.split(x, [16, 40, 8], -1)]),
        "TruncateDiv": two(lambda x, y: R.TruncateDiv(x=x, y=tf.abs(y) + 1), kind=tf.int32),
    }


# Ops that compute no numbers: they pass them on, or tell of shapes, control flow, lists and random numbers. What
# TensorFlow makes of a graph itself, or runs in clusters of XLA alone. What tf2ng refuses, as it is for training. And
# what cannot be timed here: TensorFlow 2.21 takes QuantizeAndDequantize from old graphs alone, and has no kernel of
# QuantizedReluX for CPUs.
NO_NUMBERS = re.compile("|".join((
    "Assert|Bitcast|BroadcastArgs|(Stateless)?(Case|If|While)|ConcatOffset|DeepCopy|EmptyTensorList|EnsureShape|Enter|Exit",
    "ExpandDims|GuaranteeConst|HostConst|Identity|IdentityN|LoopCond|Merge|Multinomial|NextIteration|NoOp|Parse.*Example.*",
    "Placeholder.*|PreventGradient|Print|QuantizedReshape|Random.*|Rank|Reshape|Shape|ShapeN|Size|Snapshot|Squeeze|StopGradient|Switch",
    "BatchMatrix.*|Empty|TensorArray.*|TensorList.*|TruncatedNormal|_SwitchN|Xla.*|_Mkl.*|Const|.*Partitioned.*",
    ".*Gradient|QuantizeAndDequantizeV4Grad|QuantizeAndDequantize|QuantizedReluX",
    ".*HashTable(V2)?|LookupTable.*|String.*|AsString|DecodeRaw|Substr|(Static)?Regex.*|Unicode.*|ReduceJoin|UnsortedSegmentJoin|ParallelConcat|SparseCrossV2",
    "DecodeWav|EncodeWav|(De|En)codeBase64|Decode(AndCrop)?(Jpeg|Png|Gif|Bmp|Image)|ExtractJpegShape",
    "BatchNormWithGlobalNormalization|SelfAdjointEig|Batch(Cholesky|SelfAdjointEig.*|Svd)",  # which new graphs may not have
)))


def suppressed(op, **kw):
    return lambda: getattr(R, op)(
        boxes=data((1000, 4)), scores=data((1000,), name="y"), max_output_size=100, iou_threshold=0.5, **kw)


def second_stage():
    """What a detector computes of the boxes that it has chosen; how many there are depends on their scores."""
    boxes = data((100, 4))
    kept = tf.image.non_max_suppression(boxes, data((100,), name="y"), 32, 0.7)
    crops = tf.image.crop_and_resize(
        data((1, 56, 56, 32), name="z"), tf.gather(boxes, kept), tf.zeros_like(kept), [14, 14])
    return tf.reduce_mean(tf.nn.relu(tf.nn.conv2d(crops, constant(3, 3, 32, 64), 1, "SAME")), [1, 2]) @ constant(64, 91)


def searches():
    return {
        "NonMaxSuppression": lambda: R.NonMaxSuppression(
            boxes=data((1000, 4)), scores=data((1000,), name="y"), max_output_size=100),
        "NonMaxSuppressionV2": suppressed("NonMaxSuppressionV2"),
        "NonMaxSuppressionV3": lambda: tf.image.non_max_suppression(data((1000, 4)), data((1000,), name="y"), 100, 0.5),
        "NonMaxSuppressionV4": suppressed("NonMaxSuppressionV4", score_threshold=0.0),
        "NonMaxSuppressionV5": suppressed("NonMaxSuppressionV5", score_threshold=0.0, soft_nms_sigma=0.0),
        "CombinedNonMaxSuppression": lambda: tf.image.combined_non_max_suppression(
            data((1, 500, 1, 4)), data((1, 500, 4), name="y"), 50, 100)[0],
        "Where": one(lambda x: tf.where(x > 0.5), MATRIX),
        "Where of 6 axes": one(lambda x: tf.where(x > 0.5), (2, 3, 100, 127, 2, 3)),
        "Unique": lambda: tf.unique(data((4096,), tf.int32))[0],
        "CropAndResize and Conv2D of chosen boxes": second_stage,
        "MatMul of chosen rows": one(lambda x: tf.boolean_mask(x, x[:, 0] > 0) @ constant(512, 512), MATRIX),
    }


def segments():
    """Rows that are combined. ids are constants, or computed, so that shapes depend on them."""
    def ids(count, each, wide=np.int32):
        return np.repeat(np.arange(count), each).astype(wide)

    def sorted_rows(mode, ids=ids(512, 8), kind=tf.float32, width=64):
        return lambda: getattr(R, f"Segment{mode}")(data=data((len(ids), width), kind), segment_ids=tf.constant(ids))

    def unsorted(mode):
        return lambda: getattr(R, f"UnsortedSegment{mode}")(
            data=data((4096, 64)), segment_ids=data((4096,), tf.int32, name="y"), num_segments=100)

    def sparse(mode, width=64, each=8, computed=False, **kw):
        def rows():
            places = tf.constant(ids(2048 // each, each))
            return getattr(R, f"SparseSegment{mode}")(
                data=constant(10000, width), indices=data((2048,), tf.int32, name="y"),
                segment_ids=data((2048,), tf.int32, name="zero") * 0 + places if computed else places, **kw)
        return rows

    places = np.stack([ids(512, 4, np.int64), np.tile(np.arange(4), 512)], 1)
    rows = {f"Segment{m}": sorted_rows(m) for m in ("Sum", "Mean", "Prod", "Max", "Min")}
    rows |= {f"UnsortedSegment{m}": unsorted(m) for m in ("Sum", "Prod", "Max", "Min")}
    for mode in ("Sum", "Mean", "SqrtN"):
        rows[f"SparseSegment{mode}"] = sparse(mode)
        rows[f"SparseSegment{mode}WithNumSegments"] = sparse(f"{mode}WithNumSegments", num_segments=300)
    shard = random.randint(0, 3, 4096).astype(np.int32)
    order = [np.flatnonzero(shard == i).astype(np.int32) for i in range(3)]

    def joined(kind, op="DynamicStitch", *columns):
        return lambda: getattr(R, op)(indices=order, data=[
            data((i.shape[0], *columns), kind, name=f"x{k}") for k, i in enumerate(order)])

    def splits(rows, each):
        return np.arange(rows + 1, dtype=np.int64) * each

    def features(name="x"):
        return data((2048,), tf.int64, name=name)

    crossed = {"indices": [places, places], "shapes": [[512, 4]] * 2, "dense_inputs": []}
    rows |= {
        "RaggedTensorToTensor": lambda: R.RaggedTensorToTensor(
            shape=tf.constant([-1, 10, 16], tf.int64), values=data((4096, 16)), default_value=0.0,
            row_partition_tensors=[splits(512, 8)], row_partition_types=["ROW_SPLITS"]),
        "RaggedTensorToTensor of ids": lambda: R.RaggedTensorToTensor(
            shape=tf.constant(-1, tf.int64), values=data((4096,), tf.int64), default_value=tf.constant(0, tf.int64),
            row_partition_tensors=[tf.constant(4096, tf.int64), np.arange(4096) // 8],
            row_partition_types=["FIRST_DIM_SIZE", "VALUE_ROWIDS"]),
        "RaggedTensorToSparse": lambda: R.RaggedTensorToSparse(
            rt_nested_splits=[splits(512, 8)], rt_dense_values=data((4096,)))[:2],
        "RaggedGather": lambda: R.RaggedGather(
            params_nested_splits=[splits(512, 8)], params_dense_values=data((4096, 16)),
            indices=data((1000,), tf.int32, name="y"), OUTPUT_RAGGED_RANK=1)[1],
        "RaggedRange": lambda: R.RaggedRange(starts=data((512,), tf.int32), limits=200, deltas=3)[1],
        "RaggedFillEmptyRows": lambda: R.RaggedFillEmptyRows(
            value_rowids=features() * 0 + ids(512, 4, np.int64), values=data((2048,), name="y"), nrows=1000,
            default_value=0.0)[:2],
        "SparseReorder": lambda: R.SparseReorder(
            input_indices=data((2048, 2), tf.int64), input_values=data((2048,), name="y"), input_shape=[100, 100])[:2],
        "SparseReorder of ordered ones": lambda: R.SparseReorder(
            input_indices=data((2048, 2), tf.int64) * 0 + places, input_values=data((2048,), name="y"),
            input_shape=[512, 4])[:2],
        "SparseConcat": lambda: R.SparseConcat(
            indices=[data((2048, 2), tf.int64) * 0 + places, places], values=[data((2048,), name="y")] * 2,
            shapes=[[512, 4]] * 2, concat_dim=1)[:2],
        "SparseSlice": lambda: R.SparseSlice(
            indices=data((2048, 2), tf.int64), values=data((2048,), name="y"), shape=[100, 100], start=[10, 10],
            size=[50, 50])[1],
        "SparseCross": lambda: R.SparseCross(
            values=[features(), features("y")], hashed_output=True, num_buckets=1000, hash_key=5, out_type=tf.int64,
            internal_type=tf.int64, **crossed)[1],
        "SparseCrossHashed": lambda: R.SparseCrossHashed(
            values=[features(), features("y")], num_buckets=1000, strong_hash=False, salt=[1, 2], **crossed)[1],
    }
    for name in ("SparseDenseCwiseAdd", "SparseDenseCwiseMul"):
        rows[name] = lambda name=name: getattr(R, name)(
            sp_indices=places, sp_values=data((2048,)), sp_shape=[512, 4], dense=data((512, 1), name="y"))
    return rows | {
        "DynamicPartition": lambda: R.DynamicPartition(data=data((4096, 64)), partitions=shard, num_partitions=3),
        "DynamicPartition of 8": lambda: R.DynamicPartition(data=data((4096, 8)), partitions=shard, num_partitions=3),
        "DynamicPartition of ids": lambda: R.DynamicPartition(
            data=data((4096,), tf.int64), partitions=shard, num_partitions=3),
        "DynamicPartition, computed": lambda: R.DynamicPartition(
            data=data((4096, 64)), partitions=data((4096,), tf.int32, name="y"), num_partitions=100),
        "DynamicPartition of ids, computed": lambda: R.DynamicPartition(
            data=data((4096,), tf.int64), partitions=data((4096,), tf.int32, name="y"), num_partitions=100),
        "DynamicStitch": joined(tf.float32, "DynamicStitch", 64), "DynamicStitch of 8": joined(tf.float32, "DynamicStitch", 8),
        "DynamicStitch, computed": lambda: R.DynamicStitch(
            indices=[data((4096,), tf.int32, name="y")], data=[data((4096, 64))]),
        "DynamicStitch of ids": joined(tf.int64), "ParallelDynamicStitch": joined(tf.float32, "ParallelDynamicStitch", 64),
        "UnravelIndex": lambda: R.UnravelIndex(indices=data((4096,), tf.int32), dims=[10, 20, 30]),
        "SegmentSum of long segments": sorted_rows("Sum", ids(16, 256)),
        "SegmentSum of int8": sorted_rows("Sum", kind=tf.int8),
        "SegmentMax of 256": sorted_rows("Max", width=256), "SegmentMin of 256": sorted_rows("Min", width=256),
        "SegmentSum of f16": sorted_rows("Sum", kind=tf.float16),
        "SegmentSum of bf16": sorted_rows("Sum", kind=tf.bfloat16),
        "SparseSegmentMean of 16": sparse("Mean", width=16),
        "SparseSegmentMean of 2 rows": sparse("Mean", each=2),
        "SparseSegmentMean of computed ids": sparse("Mean", computed=True),
        "SparseFillEmptyRows": lambda: R.SparseFillEmptyRows(
            indices=data((2048, 2), tf.int64) * 0 + places, values=data((2048,), name="y"), dense_shape=[1000, 9],
            default_value=0.0)[:2],
        "SparseReshape": lambda: R.SparseReshape(
            input_indices=data((2048, 2), tf.int64), input_shape=[512, 100], new_shape=[-1, 10])[0],
        "SparseTensorDenseMatMul": lambda: R.SparseTensorDenseMatMul(
            a_indices=tf.constant(places), a_values=data((2048,)), a_shape=[512, 4], b=data((4, 64), name="y")),
    }


def lstm(op, batch=1, steps=None, inputs=128, state=256, **kw):
    def more():
        return {} if steps is None else {"seq_len_max": tf.constant(steps, tf.int64)}
    return lambda: getattr(R, op)(
        x=data((batch, inputs) if steps is None else (steps, batch, inputs)), cs_prev=data((batch, state), name="cs"),
        h_prev=data((batch, state), name="h"), w=constant(inputs + state, 4 * state), wci=constant(state),
        wcf=constant(state), wco=constant(state), b=constant(4 * state), **more(), **kw).h


def recurrent():
    """Cells of speech, text and characters, and sequences of them."""
    def gru(batch, inputs=128, state=256):
        return lambda: R.GRUBlockCell(
            x=data((batch, inputs)), h_prev=data((batch, state), name="h"), w_ru=constant(inputs + state, 2 * state),
            w_c=constant(inputs + state, state), b_ru=constant(2 * state), b_c=constant(state)).h

    return {
        "LSTMBlockCell": lstm("LSTMBlockCell"), "LSTMBlockCell of 32": lstm("LSTMBlockCell", 32),
        "BlockLSTM": lstm("BlockLSTM", 1, 50), "BlockLSTM of 16": lstm("BlockLSTM", 16, 50),
        "BlockLSTM of small cells": lstm("BlockLSTM", 1, 50, 16, 32),
        "BlockLSTMV2, peepholes": lstm("BlockLSTMV2", 4, 50, use_peephole=True),
        "CTCGreedyDecoder": lambda: R.CTCGreedyDecoder(
            inputs=data((200, 8, 80)), sequence_length=tf.constant([200] * 8))[:4],
        "GRUBlockCell": gru(1), "GRUBlockCell of 32": gru(32),
    }


def preparing():
    """What exported graphs do to images before their first product, and ops on diagonals, counts and orders."""
    photo = (1, 480, 640, 3)
    scaled = one(lambda x: R.ScaleAndTranslate(
        images=x, size=[224, 224], scale=[224 / 480, 224 / 640], translation=[0.0, 0.0], kernel_type="triangle"), photo)
    cubic = one(lambda x: R.ScaleAndTranslate(
        images=x, size=[224, 224], scale=[2.0, 2.0], translation=[0.0, 0.0], kernel_type="keyscubic"), (1, 112, 112, 3))
    rows = {
        "ResizeArea": one(lambda x: R.ResizeArea(images=x, size=[224, 224]), photo),
        "ResizeArea of u8": one(lambda x: R.ResizeArea(images=x, size=[224, 224]), photo, tf.uint8),
        "ResizeArea of 32": one(lambda x: R.ResizeArea(images=x, size=[28, 28]), (2, 56, 56, 32)),
        "ScaleAndTranslate": scaled, "ScaleAndTranslate, cubic": cubic,
        "ScaleAndTranslate of 64 channels": one(lambda x: R.ScaleAndTranslate(
            images=x, size=[64, 13], scale=[64 / 224, 13 / 100], translation=[0.0, 0.0]), (1, 224, 100, 64)),
        "RGBToHSV": one(lambda x: R.RGBToHSV(images=x), photo), "HSVToRGB": one(lambda x: R.HSVToRGB(images=x), photo),
        "RGBToHSV of a small image": one(lambda x: R.RGBToHSV(images=x), (1, 64, 65, 3)),
        "HSVToRGB of a small image": one(lambda x: R.HSVToRGB(images=x), (1, 64, 65, 3)),
        "AdjustContrastv2": one(lambda x: R.AdjustContrastv2(images=x, contrast_factor=1.5), photo),
        "AdjustHue": one(lambda x: R.AdjustHue(images=x, delta=0.2), photo),
        "AdjustSaturation": one(lambda x: R.AdjustSaturation(images=x, scale=1.5), photo),
        "FusedPadConv2D": one(lambda x: R.FusedPadConv2D(
            input=x, paddings=[[0, 0], [1, 1], [1, 1], [0, 0]], filter=constant(3, 3, 64, 64), mode="REFLECT",
            strides=[1, 1, 1, 1], padding="VALID"), (1, 56, 56, 64)),
        "FusedResizeAndPadConv2D": one(lambda x: R.FusedResizeAndPadConv2D(
            input=x, size=[56, 56], paddings=[[0, 0], [1, 1], [1, 1], [0, 0]], filter=constant(3, 3, 64, 64), mode="REFLECT",
            strides=[1, 1, 1, 1], padding="VALID"), (1, 28, 28, 64)),
        "DiagPart": one(lambda x: R.DiagPart(input=x), MATRIX), "Diag": one(lambda x: R.Diag(diagonal=x), (512,)),
        "LowerBound": lambda: R.LowerBound(
            sorted_inputs=tf.sort(constant(8, 1000)), values=data((8, 4096))),
        "UpperBound of i32": lambda: R.UpperBound(
            sorted_inputs=tf.constant(np.arange(1000, dtype=np.int32)[None] // 9), values=data((1, 20000), tf.int32)),
        "UniqueV2": lambda: R.UniqueV2(x=data((4096,), tf.int32), axis=[0])[0],
        "UniqueV2 of rows": lambda: R.UniqueV2(x=data((4096, 2), tf.int32), axis=[0])[0],
        "UniqueWithCounts": lambda: R.UniqueWithCounts(x=data((4096,)))[:3],
        "UniqueWithCountsV2": lambda: R.UniqueWithCountsV2(x=data((4096,), tf.int64), axis=[0])[:3],
        "ListDiff": lambda: R.ListDiff(x=tf.range(4096), y=data((1000,), tf.int32))[0],
        "Bincount": lambda: R.Bincount(arr=data((20000,), tf.int32), size=100, weights=tf.zeros([0])),
        "DenseBincount": lambda: R.DenseBincount(input=data((64, 512), tf.int32), size=100, weights=tf.zeros([0])),
        "InTopK": lambda: R.InTopK(predictions=data((256, 1000)), targets=data((256,), tf.int32, "y"), k=5),
        "InTopKV2": lambda: R.InTopKV2(predictions=data((256, 1000)), targets=data((256,), tf.int32, "y"), k=5),
        "NthElement": one(lambda x: R.NthElement(input=x, n=500), (64, 1000)),
        "NthElement, reverse": one(lambda x: R.NthElement(input=x, n=5, reverse=True), (64, 1000)),
        "Cross": two(lambda x, y: R.Cross(a=x, b=y), (20000, 3)),
        "ApproximateEqual": two(lambda x, y: R.ApproximateEqual(x=x, y=y)),
    }
    for version in ("", "V2", "V3"):
        more = {} if not version else {"k": 1 if version == "V2" else [-1, 1]}
        diagonal = (64, 128) if version != "V3" else (64, 3, 128)
        size = {} if not version else {"num_rows": -1, "num_cols": -1, "padding_value": 0.0}
        put = {} if not version else {"padding_value": 0.0}
        rows[f"MatrixDiag{version}"] = one(
            lambda x, v=version, kw=more | size: getattr(R, f"MatrixDiag{v}")(diagonal=x, **kw), diagonal)
        rows[f"MatrixDiagPart{version}"] = one(
            lambda x, v=version, kw=more | put: getattr(R, f"MatrixDiagPart{v}")(input=x, **kw), (64, 128, 128))
        rows[f"MatrixSetDiag{version}"] = lambda v=version, kw=more, d=diagonal: getattr(R, f"MatrixSetDiag{v}")(
            input=data((64, 128, 128)), diagonal=data(d if v != "V2" else (64, 127), name="y"), **kw)
    return rows


def sound():
    """What sound becomes before the first product."""
    parts = ("Real", "Imag", "ComplexAbs", "Angle")
    wide = lambda function, shape: two(lambda x, y: function(tf.complex(x, y)), shape)
    rows = {
        f"RFFT of {n}": one(lambda x, n=n: tf.abs(R.RFFT(input=x, fft_length=[n])), (96, n)) for n in (256, 400, 512, 1024)
    }
    for name in parts:
        rows[name] = wide(lambda z, name=name: getattr(R, name)(**{"x" if name == "ComplexAbs" else "input": z}), (96, 257))
    return rows | {
        "FFT": wide(lambda z: tf.abs(R.FFT(input=z)), (96, 512)),
        "IFFT": wide(lambda z: tf.abs(R.IFFT(input=z)), (96, 480)),
        "IRFFT": wide(lambda z: R.IRFFT(input=z, fft_length=[512]), (96, 257)),
        "FFT2D": wide(lambda z: tf.abs(R.FFT2D(input=z)), (4, 64, 64)),
        "IFFT2D": wide(lambda z: tf.abs(R.IFFT2D(input=z)), (4, 64, 64)),
        "RFFT2D": one(lambda x: tf.abs(R.RFFT2D(input=x, fft_length=[64, 64])), (4, 64, 64)),
        "IRFFT2D": wide(lambda z: R.IRFFT2D(input=z, fft_length=[64, 64]), (4, 64, 33)),
        "FFT3D": wide(lambda z: tf.abs(R.FFT3D(input=z)), (16, 16, 16)),
        "IFFT3D": wide(lambda z: tf.abs(R.IFFT3D(input=z)), (16, 16, 16)),
        "RFFT3D": one(lambda x: tf.abs(R.RFFT3D(input=x, fft_length=[16, 16, 16])), (16, 16, 16)),
        "IRFFT3D": wide(lambda z: R.IRFFT3D(input=z, fft_length=[16, 16, 16]), (16, 16, 9)),
        "Complex": two(lambda x, y: tf.math.real(tf.complex(x, y)), (96, 257)),
        "Conj": wide(lambda z: tf.math.imag(R.Conj(input=z)), (96, 257)),
        "AudioSpectrogram": one(
            lambda x: R.AudioSpectrogram(input=x, window_size=480, stride=160, magnitude_squared=True), (16000, 1)),
        "Mfcc": one(lambda x: R.Mfcc(spectrogram=x * x, sample_rate=16000), (1, 98, 257)),
        "stft": one(lambda x: tf.abs(tf.signal.stft(x, 400, 160, 512)), (15600,)),
    }


BOUNDED = (elementwise() | reductions() | movement() | windows() | quantized() | older() | searches() | segments()
           | preparing() | recurrent() | sound())
