"""Rows of shapes and types at which kernels tend to fall off: few or odd channels, inner, outer and scattered axes, small
runs of bytes, and other element types than float32."""

import tensorflow as tf

from rows import R, TOKENS, UNARY, above, constant, data, lstm, one, random, same, two, unary

TYPES = {
    "f16": tf.float16, "bf16": tf.bfloat16, "f64": tf.float64, "u8": tf.uint8, "i16": tf.int16, "i32": tf.int32,
    "i64": tf.int64,
}
MORE = TYPES | {
    "i8": tf.int8, "u16": tf.uint16, "u32": tf.uint32, "u64": tf.uint64, "f32": tf.float32, "bool": tf.bool,
}


# Rows that are shown and have no bound.
OPEN = {
    "RFFT of 1009",  # in float64, where TensorFlow transforms several rows at once in float32
    "Mish",  # TensorFlow's remapper makes one function of it, in float32; here it keeps the bits of its three ops
    "BlockLSTM of 64", "BlockLSTMV2 of 64 cells of 100, peepholes",  # each step of a loop copies its states
}


def rows():
    return {name: row for name, row in every().items() if name not in OPEN}


def unbounded():
    return {name: row for name, row in every().items() if name in OPEN}


def every():
    transforms = {"RFFT of 1009": one(lambda x: tf.abs(R.RFFT(input=x, fft_length=[1009])), (96, 1009))}
    return types() | doubles() | reductions() | movement() | products() | windows() | transforms | cells()


def types():
    rows = {}
    for name, kind in TYPES.items():
        rows |= {
            f"AddV2 of {name}": two(lambda x, y: x + y, kind=kind),
            f"Maximum of {name}": two(tf.maximum, kind=kind),
            f"Less of {name}": two(lambda x, y: x < y, kind=kind),
            f"SelectV2 of {name}": two(lambda x, y: tf.where(x > y, x, y), kind=kind),
            f"Sum of rows of {name}": one(lambda x: tf.reduce_sum(x, -1), (64, 128, 256), kind),
            f"ArgMax of {name}": one(lambda x: tf.argmax(x, -1), (64, 128, 256), kind),
        }
        if not kind.is_unsigned:
            rows[f"Abs of {name}"] = one(tf.abs, kind=kind)
    for kind in (tf.float16, tf.bfloat16):
        for op in (tf.exp, tf.sigmoid, tf.math.rsqrt, tf.nn.softmax, tf.nn.elu):
            rows[f"{op.__name__} of {kind.name}"] = one(lambda x, op=op: op(tf.abs(x)), kind=kind)
    pairs = ("f16 i32", "i32 bf16", "i32 i64", "i64 i32", "u8 i32", "i32 u8", "i16 i32", "f64 i64", "i64 f64", "f64 u8",
             "f64 i16", "bf16 i16", "f16 i16")
    for pair in pairs:
        from_, to = pair.split()
        rows[f"Cast of {from_} to {to}"] = one(lambda x, to=to: tf.cast(x, TYPES[to]), kind=TYPES[from_])
    for name in ("f16", "bf16", "u8", "i64", "f64"):
        rows[f"TopKV2 of {name}"] = one(lambda x: tf.math.top_k(x, 5)[0], (8, 1000), TYPES[name])
        rows[f"TopKV2 of 1 of {name}"] = one(lambda x: tf.math.top_k(x, 1)[0], (512, 1000), TYPES[name])
    for name in ("f16", "bf16"):
        rows[f"AvgPool of {name}"] = one(lambda x: tf.nn.avg_pool2d(x, 3, 1, "SAME"), kind=TYPES[name])
    for name in ("i16", "i32", "f64"):
        rows[f"Relu6 of {name}"] = one(tf.nn.relu6, kind=TYPES[name])
    for name in ("u8", "i32", "f16"):
        rows[f"Cumsum of an inner axis of {name}"] = one(lambda x: tf.cumsum(x, 1), (8, 128, 256), TYPES[name])
    return rows | integers() | {
        "Cast of i32 to bool": one(lambda x: tf.cast(x, tf.bool), kind=tf.int32),
        "Cast of bf16 to bool": one(lambda x: tf.cast(x, tf.bool), kind=tf.bfloat16),
        "Sign of f64": one(tf.sign, kind=tf.float64),
        "Round of f64": one(tf.round, kind=tf.float64),
        "FloorDiv of i32 by a number": one(lambda x: x // 7, kind=tf.int32),
        "FloorMod of i64 by a number": one(lambda x: x % 7, kind=tf.int64),
        "Sqrt of f64": one(lambda x: tf.sqrt(tf.abs(x)), kind=tf.float64),
        "Mish": one(lambda x: x * tf.tanh(tf.nn.softplus(x))),
        "ResizeBilinear of bytes": one(
            lambda x: R.ResizeBilinear(images=x, size=(224, 224)), (1, 300, 400, 3), tf.uint8),
    }


def integers():
    """Integers of all sizes, and what float64 has beside arithmetic."""
    rows = {}
    for pair in ("u64 i8", "u64 bool", "u32 u64", "i8 i16", "f32 u16", "f64 i8", "f64 u64", "bf16 u64"):
        from_, to = pair.split()
        rows[f"Cast of {from_} to {to}"] = one(lambda x, to=to: tf.cast(x, MORE[to]), kind=MORE[from_])
    for name in ("i8", "u16"):
        rows[f"Sub of {name}"] = two(lambda x, y: x - y, kind=MORE[name])
    for name in ("u8", "i16", "u16"):
        rows[f"a number for each row of {name}"] = one(lambda x: x + tf.reduce_max(x, -1, True), kind=MORE[name])
    for name in ("i16", "f64"):
        rows[f"clip of {name}"] = one(
            lambda x: tf.clip_by_value(x, tf.cast(1, x.dtype), tf.cast(3, x.dtype)), kind=MORE[name])
    for name in ("i16", "u32"):
        rows[f"RightShift of {name}"] = one(lambda x: tf.bitwise.right_shift(x, tf.cast(2, x.dtype)), kind=MORE[name])
        rows[f"Min of rows of {name}"] = one(lambda x: tf.reduce_min(x, -1), (64, 128, 64), MORE[name])
    for name in ("i16", "i64"):
        rows[f"Pow of {name}"] = one(lambda x: R.Pow(x=x, y=tf.cast(3, x.dtype)), kind=MORE[name])
    return rows | {
        "Invert of u64": one(tf.bitwise.invert, kind=tf.uint64),
        "NotEqual of i8": two(lambda x, y: tf.not_equal(x, y), kind=tf.int8),
        "FloorMod of i8": two(lambda x, y: x % tf.bitwise.bitwise_or(y, tf.constant(1, tf.int8)), kind=tf.int8),
        "Mean of 3 channels, i64": one(lambda x: tf.reduce_mean(x, -1), (4, 112, 112, 3), tf.int64),
        "Prod of rows of i16": one(lambda x: tf.reduce_prod(x, -1), (64, 128, 64), tf.int16),
        "Floor of f64": one(tf.floor, kind=tf.float64),
        "IsFinite of f64": one(tf.math.is_finite, kind=tf.float64),
    }


# Functions of float64.
DOUBLES = (
    "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Cos", "Cosh", "Elu", "Erf", "Erfc", "Exp", "Expm1", "Log", "Log1p",
    "Rsqrt", "Selu", "Sigmoid", "Sin", "Sinh", "Softplus", "Softsign", "Tan", "Tanh",
)


def doubles():
    rows = {}
    for name in DOUBLES:
        least = UNARY[name]
        f = unary(name) if least is same else above(least, unary(name))
        rows[f"{name} of f64"] = one(f, kind=tf.float64)
    return rows | {
        "Atan2 of f64": two(tf.atan2, kind=tf.float64),
        "Xlogy of f64": two(lambda x, y: tf.math.xlogy(x, tf.abs(y) + 1), kind=tf.float64),
        "Xlog1py of f64": two(lambda x, y: tf.math.xlog1py(x, tf.abs(y) + 1), kind=tf.float64),
        "TruncateMod of f64": two(lambda x, y: R.TruncateMod(x=x, y=tf.abs(y) + 1), kind=tf.float64),
        "FloorMod of f64": two(lambda x, y: R.FloorMod(x=x, y=tf.abs(y) + 1), kind=tf.float64),
        "LeakyRelu of f64": one(tf.nn.leaky_relu, kind=tf.float64),
        "Gelu of f64": one(lambda x: 0.5 * x * (1 + tf.math.erf(x / 1.41421356)), TOKENS, tf.float64),
        "Softmax of f64": one(tf.nn.softmax, (8, 4, 64, 64), tf.float64),
        "LogSoftmax of f64": one(tf.nn.log_softmax, (64, 1000), tf.float64),
        "layer norm of f64": one(normalized, TOKENS, tf.float64),
    }


def normalized(x):
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + 1e-5)


def grouped(x):
    variance = tf.math.reduce_variance(x, [1, 2, 4], True)
    return (x - tf.reduce_mean(x, [1, 2, 4], True)) * tf.math.rsqrt(variance + tf.cast(1e-5, x.dtype))


def reductions():
    rows = {}
    shapes = {
        "1 channel": ((64, 64, 64, 1), -1), "2 channels": ((64, 64, 32, 2), -1), "3 channels": ((4, 112, 112, 3), -1),
        "8 channels": ((4, 64, 64, 8), -1), "17 channels": ((64, 64, 17), -1), "the first axis": ((128, 64, 64), 0),
        "images of 3 channels": ((4, 112, 112, 3), [1, 2]), "channels first": ((16, 256, 7, 7), [2, 3]),
        "axes apart": ((4, 64, 56, 56), [0, 2, 3]), "an inner axis": ((1000, 32, 3), 1),
    }
    for where, (shape, axes) in shapes.items():
        for name in ("sum", "mean", "max", "prod"):
            op = getattr(tf, "reduce_" + name)
            rows[f"{name.capitalize()} of {where}"] = one(lambda x, op=op, axes=axes: op(x, axes), shape)
        rows[f"Max of {where}, i32"] = one(lambda x, axes=axes: tf.reduce_max(x, axes), shape, tf.int32)
    for where in ("2 channels", "3 channels", "images of 3 channels", "an inner axis"):
        shape, axes = shapes[where]
        rows[f"Sum of {where}, f64"] = one(lambda x, axes=axes: tf.reduce_sum(x, axes), shape, tf.float64)
        rows[f"Max of {where}, u8"] = one(lambda x, axes=axes: tf.reduce_max(x, axes), shape, tf.uint8)
    rows["Max of rows of u8"] = one(lambda x: tf.reduce_max(x, -1), (64, 128, 64), tf.uint8)
    for where, shape, axis in (("the first axis", (128, 64, 64), 0), ("channels first", (1, 21, 128, 128), 1),
                               ("21 channels", (1, 128, 128, 21), -1)):
        rows["ArgMax of " + where] = one(lambda x, axis=axis: tf.argmax(x, axis), shape)
    for n, shape in ((3, (4, 112, 112, 3)), (21, (1, 128, 128, 21)), (91, (1, 1917, 91))):
        rows[f"LogSoftmax of {n}"] = one(tf.nn.log_softmax, shape)
    for name in ("f32", "f16"):
        rows["group norm" if name == "f32" else f"group norm of {name}"] = one(grouped, (4, 56, 56, 8, 8), MORE[name])
    return rows | {
        "Any of 4": one(lambda x: tf.reduce_any(x > 0.9, -1), (4, 112, 112, 4)),
        "SquaredDifference of rows": lambda: R.SquaredDifference(
            x=data((8, 56, 56, 64)), y=data((1, 56, 56, 1), name="y")),
        "ArgMax of 2": one(lambda x: tf.argmax(x, -1), (100000, 2)),
        "TopKV2 of 1": one(lambda x: tf.math.top_k(x, 1), (4, 1000, 91)),
    }


def movement():
    colours = (4, 224, 224, 3)
    return {
        "Transpose of 4 axes, reversed": one(tf.transpose),
        "Transpose of 6 axes, reversed": one(tf.transpose, (2, 4, 8, 8, 8, 16)),
        "Transpose of 5 axes, reversed": one(tf.transpose, (4, 32, 32, 32, 8)),
        "Transpose of 2 groups of channels": one(lambda x: tf.transpose(x, [0, 2, 1]), (5488, 2, 58)),
        "Transpose of bytes, reversed": one(tf.transpose, kind=tf.uint8),
        "StridedSlice, one colour": one(lambda x: x[..., 0], colours),
        "StridedSlice, colours reversed": one(lambda x: x[..., ::-1], colours),
        "StridedSlice, sides of boxes": one(lambda x: [x[..., i] for i in range(4)], (8, 3000, 4)),
        "StridedSlice of every second channel": one(lambda x: x[..., ::2]),
        "Pad to 4 channels": one(lambda x: tf.pad(x, [[0, 0], [0, 0], [0, 0], [0, 1]]), colours),
        "MirrorPad of a long axis": one(lambda x: tf.pad(x, [[0, 1], [2, 0]], "SYMMETRIC"), (400000, 4), tf.uint8),
        "Pad of 5 axes": one(lambda x: tf.pad(x, [[0, 0], [1, 1], [1, 1], [1, 1], [0, 0]]), (2, 8, 16, 16, 16)),
        "Tile of 1 channel": one(lambda x: tf.tile(x, [1, 1, 1, 64]), (4, 56, 56, 1)),
        "Tile to 3 channels": one(lambda x: tf.tile(x, [1, 1, 1, 3]), (4, 224, 224, 1)),
        "Tile to 17 bytes": one(lambda x: tf.tile(x, [1, 1, 1, 17]), (4, 56, 56, 1), tf.uint8),
        "BroadcastTo of bytes": one(lambda x: tf.broadcast_to(x, (4, 56, 56, 64)), (4, 56, 56, 1), tf.uint8),
        "BroadcastTo along two axes": one(lambda x: tf.broadcast_to(x, (8, 32, 64, 32)), (8, 1, 64, 1)),
        "GatherV2 of colours": one(lambda x: tf.gather(x, [2, 1, 0], axis=-1), colours),
        "GatherV2 of 4 numbers": lambda: tf.gather(data((10000, 4)), tf.constant(random.randint(0, 10000, 4096))),
        "OneHot of an inner axis": lambda: tf.one_hot(data((8, 64, 64), tf.int32), 21, axis=1),
        "OneHot of 2": lambda: tf.one_hot(data((128, 128), tf.int32), 2),
        "ReverseV2 of channels": one(lambda x: tf.reverse(x, [-1])),
        "SpaceToBatchND of colours": one(
            lambda x: tf.space_to_batch_nd(x, [2, 2], [[0, 0], [0, 0]]), (4, 112, 112, 3)),
        "ConcatV2 of 20": lambda: tf.concat([data((1024, 3), name=f"x{i}") for i in range(20)], -1),
        "Split of bytes": one(lambda x: tf.split(x, 3, -1), (4, 112, 112, 3), tf.uint8),
        "Mul of small matrices": two_of((8, 32, 64, 8), (8, 1, 64, 1)),
        "Mul of rows of 4": two_of((10, 3000, 4), (10, 3000, 1)),
        "Mul of an outer product": two_of((8, 256, 1), (8, 1, 256)),
    }


def two_of(a, b):
    return lambda: data(a) * data(b, name="y")


def attention():
    """Many of the probabilities are subnormal numbers."""
    q, k, v = (data((1, 12, 128, 64), name=name) for name in "qkv")
    return tf.matmul(tf.nn.softmax(12 * tf.matmul(q, k, transpose_b=True)), v)


def products():
    def batch(a, b, **kw):
        return lambda: tf.matmul(data(a), data(b, name="y"), **kw)

    rows = {}
    for name in ("f64", "i32", "i64"):
        kind = TYPES[name]
        rows[f"MatMul of {name}"] = lambda kind=kind: tf.matmul(data((128, 256), kind), data((256, 128), kind, "y"))
    rows["Einsum of f64"] = lambda: tf.einsum(
        "bik,bjk->bij", data((4, 64, 64), tf.float64), data((4, 64, 64), tf.float64, "y"))
    return rows | {
        "BatchMatMulV2, both broadcast": batch((8, 1, 64, 64), (1, 4, 64, 64)),
        "BatchMatMulV2, first transposed": batch((8, 64, 128), (8, 64, 128), transpose_a=True),
        "BatchMatMulV2 of one matrix": batch((8, 4, 64, 64), (64, 64)),
        "attention of large logits": attention,
        "BatchMatMulV2 of bf16, first transposed": lambda: tf.matmul(
            data((2, 100, 65), tf.bfloat16), data((2, 100, 512), tf.bfloat16, "y"), transpose_a=True),
        "BatchMatMulV2 of bf16, second transposed": lambda: tf.matmul(
            data((3, 16, 512), tf.bfloat16), data((3, 512, 512), tf.bfloat16, "y"), transpose_b=True),
    }


def windows():
    """Windows, and what is written to chosen rows, of other types than float32."""
    rows = {}
    for name, kind in (TYPES | {"u16": tf.uint16}).items():
        if name not in ("bf16", "u8"):
            rows[f"MaxPool of {name}"] = one(
                lambda x: R.MaxPool(input=x, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding="SAME"), kind=kind)
            rows[f"MaxPoolWithArgmax of {name}"] = one(
                lambda x: R.MaxPoolWithArgmax(input=x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")[:2],
                kind=kind)
        rows[f"ScatterNd of rows of {name}"] = one(
            lambda x: tf.scatter_nd([[3 * i] for i in range(64)], x, (200, 1024)), (64, 1024), kind)
    image, volume, f64 = (1, 28, 28, 64), (1, 8, 28, 28, 16), tf.float64

    def filters(*shape):
        return tf.constant(random.uniform(-1, 1, shape))

    for name in ("f16", "bf16"):
        rows[f"layer norm of {name}"] = one(lambda x: (x - tf.reduce_mean(x, -1, True)) * tf.math.rsqrt(
            tf.math.reduce_variance(x, -1, True) + tf.constant(1e-5, x.dtype)), (64, 128, 64), TYPES[name])
        rows[f"ResizeBilinear of {name}"] = one(
            lambda x: R.ResizeBilinear(images=x, size=(112, 112)), (1, 56, 56, 16), TYPES[name])
    return rows | {
        "MaxPool of 13 by 13": one(
            lambda x: R.MaxPool(input=x, ksize=[1, 13, 13, 1], strides=[1] * 4, padding="SAME"), (1, 20, 20, 512)),
        "ScatterNd into many rows": lambda: tf.scatter_nd([[200 * i] for i in range(128)], data((128, 768)), (30522, 768)),
        "AvgPool of f64": one(lambda x: tf.nn.avg_pool2d(x, 3, 2, "SAME"), kind=f64),
        "Conv2D of f64": one(lambda x: tf.nn.conv2d(x, filters(3, 3, 64, 64), 1, "SAME"), image, f64),
        "Conv2D of computed filters": lambda: tf.nn.conv2d(
            data(image), data((3, 3, 64, 64), name="filters"), 1, "SAME"),
        "Conv2D of an image of one pixel": one(
            lambda x: tf.nn.conv2d(x, constant(3, 3, 1280, 1000), 1, "SAME"), (1, 1, 1, 1280)),
        "Conv2D of computed filters, 4 groups": lambda: R.Conv2D(
            input=data(image), filter=data((3, 3, 16, 64), name="filters"), strides=[1] * 4, padding="SAME"),
        "DepthwiseConv2dNative of 3 channels, stride 2": one(
            lambda x: tf.nn.depthwise_conv2d(x, constant(5, 5, 3, 1), [1, 2, 2, 1], "SAME"), (1, 112, 112, 3)),
        "DepthwiseConv2dNative of computed filters": lambda: R.DepthwiseConv2dNative(
            input=data((1, 31, 31, 256)), filter=data((7, 7, 256, 1), name="filters"), strides=[1] * 4, padding="VALID"),
        "Conv2D of f64, stride 2": one(lambda x: tf.nn.conv2d(x, filters(3, 3, 64, 64), 2, "SAME"), image, f64),
        "Conv2D of f64, dilated": one(
            lambda x: tf.nn.conv2d(x, filters(3, 3, 64, 64), 1, "SAME", dilations=2), image, f64),
        "Conv2D of f64, 3 channels": one(
            lambda x: tf.nn.conv2d(x, filters(7, 7, 3, 64), 2, "SAME"), (1, 112, 112, 3), f64),
        "Conv2DBackpropInput of computed filters": lambda: tf.nn.conv2d_transpose(
            data((1, 31, 34, 64)), data((4, 4, 32, 64), name="filters"), (1, 62, 68, 32), 2),
        "Conv3DBackpropInputV2 of computed filters": lambda: tf.nn.conv3d_transpose(
            data((1, 4, 19, 19, 64)), data((2, 2, 2, 16, 64), name="filters"), (1, 8, 38, 38, 16), 2),
        "DepthwiseConv2dNative, 2 of each channel": one(
            lambda x: tf.nn.depthwise_conv2d(x, constant(3, 3, 64, 2), [1] * 4, "SAME"), (1, 56, 56, 64)),
        "DepthwiseConv2dNative of computed filters, 2 of each channel": lambda: tf.nn.depthwise_conv2d(
            data((1, 56, 56, 64)), data((3, 3, 64, 2), name="filters"), [1] * 4, "SAME"),
        "Conv2DBackpropInput of f64": one(
            lambda x: tf.nn.conv2d_transpose(x, filters(3, 3, 32, 64), (1, 56, 56, 32), 2), image, f64),
        "Conv3D of f64": one(lambda x: tf.nn.conv3d(x, filters(3, 3, 3, 16, 16), [1] * 5, "SAME"), volume, f64),
        "DepthwiseConv2dNative of f64": one(
            lambda x: tf.nn.depthwise_conv2d(x, filters(3, 3, 64, 1), [1] * 4, "SAME"), (1, 56, 56, 64), f64),
    }


def cells():
    """Batches of sequences."""
    return {
        "BlockLSTM of 64": lstm("BlockLSTM", 64, 50, 3, 128),
        "BlockLSTMV2 of 64 cells of 100, peepholes": lstm("BlockLSTMV2", 64, 50, 16, 100, use_peephole=True),
    }
