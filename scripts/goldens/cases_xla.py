"""XlaConvV2 and XlaDotV2 of int8, as tf.quantization's quantize_model writes them. TensorFlow runs them through XLA."""

from case import case, const, feed, integers
from tensorflow.compiler.xla import xla_data_pb2

BYTES = {"low": -128, "high": 127}


def numbers(rank, lhs=None, kernel=None, out=None):
    """Dimension numbers; each order lists batch (output channels), channels, space. Without, NHWC and HWIO."""
    last = [0, rank - 1, *range(1, rank - 1)]
    lhs, out = lhs or last, out or last
    kernel = kernel or [rank - 1, rank - 2, *range(rank - 2)]
    return xla_data_pb2.ConvolutionDimensionNumbers(
        input_batch_dimension=lhs[0], input_feature_dimension=lhs[1], input_spatial_dimensions=lhs[2:],
        kernel_output_feature_dimension=kernel[0], kernel_input_feature_dimension=kernel[1], kernel_spatial_dimensions=kernel[2:],
        output_batch_dimension=out[0], output_feature_dimension=out[1], output_spatial_dimensions=out[2:],
    ).SerializeToString(deterministic=True).decode()


PRECISION = {"precision_config": xla_data_pb2.PrecisionConfig(operand_precision=[0, 0]).SerializeToString(deterministic=True).decode(), "preferred_element_type": "int32"}

for name, data, kernel, strides, padding, lhs_dilation, rhs_dilation, groups, orders in [
    ("plain", (2, 6, 7, 3), (3, 2, 3, 5), [1, 1], [[0, 0], [0, 0]], [1, 1], [1, 1], 1, {}),
    ("strides", (1, 7, 8, 4), (3, 3, 4, 6), [2, 3], [[1, 1], [0, 2]], [1, 1], [1, 1], 1, {}),
    ("dilations", (1, 7, 8, 2), (2, 3, 2, 4), [1, 2], [[2, 1], [1, 3]], [1, 1], [3, 2], 1, {}),
    ("data_dilations", (1, 4, 5, 2), (3, 2, 2, 3), [1, 1], [[2, 1], [0, 1]], [2, 3], [1, 1], 1, {}),
    ("groups", (1, 5, 5, 6), (3, 3, 2, 9), [1, 1], [[1, 1], [1, 1]], [1, 1], [1, 1], 3, {}),
    ("depthwise", (2, 6, 6, 8), (3, 3, 1, 8), [1, 1], [[1, 1], [1, 1]], [1, 1], [1, 1], 8, {}),
    ("orders", (1, 3, 6, 5), (4, 3, 2, 3), [1, 1], [[0, 1], [1, 0]], [1, 1], [1, 1], 1,
     {"lhs": [0, 1, 2, 3], "kernel": [0, 1, 2, 3], "out": [0, 1, 2, 3]}),
    ("line", (2, 9, 3), (4, 3, 5), [2], [[1, 2]], [1], [1], 1, {}),
    ("volume", (1, 4, 5, 4, 2), (2, 3, 2, 2, 3), [1, 2, 1], [[1, 0], [0, 1], [1, 1]], [1, 1, 1], [1, 1, 1], 1, {}),
]:
    case(
        "XlaConvV2", f"xlaconv_{name}", feed("int8", integers(*data, **BYTES)), const("int8", integers(*kernel, **BYTES)),
        const("int32", strides), const("int32", padding), const("int32", lhs_dilation), const("int32", rhs_dilation), const("int32", groups),
        batch_group_count=1, dimension_numbers=numbers(len(data), **orders), **PRECISION,
    )

for name, lhs, rhs, contracted in [
    ("matrices", (5, 33), (33, 7), ([1], [0])), ("transposed", (33, 5), (7, 33), ([0], [1])),
    ("images", (2, 3, 4, 5), (5, 6), ([3], [0])), ("two_axes", (2, 3, 4), (4, 3, 5), ([1, 2], [1, 0])), ("vectors", (9,), (9,), ([0], [0])),
]:
    axes = xla_data_pb2.DotDimensionNumbers(lhs_contracting_dimensions=contracted[0], rhs_contracting_dimensions=contracted[1])
    case(
        "XlaDotV2", f"xladot_{name}", feed("int8", integers(*lhs, **BYTES)), const("int8", integers(*rhs, **BYTES)),
        dimension_numbers=axes.SerializeToString(deterministic=True).decode(), **PRECISION,
    )
