"""Rows that numbers tell apart, ragged tensors and sparse tensors."""

import numpy as np

from case import case, const, feed, integers, normal

REALS = ["float", "double", "half", "bfloat16"]


def data(t, *shape):
    if t == "string":
        n = int(np.prod(shape))
        return feed(t, np.array([f"word {i * i}"[: 3 + i % 5] for i in range(n)], object).reshape(shape))
    if t == "bool":
        return feed(t, integers(*shape, low=0, high=1))
    return feed(t, normal(*shape) if t in REALS else integers(*shape, low=0, high=100))


# Rows divided and joined
for t in ["float", "double", "half", "int8", "int64", "bool", "string"]:
    case("DynamicPartition", f"dynamicpartition_{t}", data(t, 5, 2), feed("int32", [2, 0, 2, 1, 0]), num_partitions=4)
    case("DynamicPartition", f"dynamicpartition_{t}_elements", data(t, 2, 3), feed("int32", [[1, 0, 1], [1, 1, 0]]), num_partitions=2)
for name, shape, part, n in [
    ("scalar", (), 1, 3), ("scalar_of_rows", (2, 3), 0, 1), ("none", (0, 3), [], 2), ("no_columns", (2, 0), [1, 1], 2), ("cube", (2, 2, 2, 3), [[0, 1], [1, 1]], 2),
]:
    case("DynamicPartition", f"dynamicpartition_{name}", data("float", *shape), feed("int32", np.array(part, np.int32)), num_partitions=n)
case("DynamicPartition", "dynamicpartition_constant", data("float", 4, 2), const("int32", [2, 0, 1, 0]), num_partitions=3)
for name, shape, part in [("outside", (2,), [0, 2]), ("negative", (2,), [0, -1]), ("length", (3, 2), [0, 1]), ("rank", (2,), [[0, 1]])]:
    case("DynamicPartition", f"dynamicpartition_{name}", data("float", *shape), feed("int32", part), num_partitions=2, error=True)

for t in ["float", "double", "half", "int8", "int64", "bool", "string"]:
    case("DynamicStitch", f"dynamicstitch_{t}", [feed("int32", [4, 0]), feed("int32", [[2, 1], [3, 0]])], [data(t, 2, 2), data(t, 2, 2, 2)])
    case("DynamicStitch", f"dynamicstitch_{t}_elements", [feed("int32", [4, 0, 3]), feed("int32", [[2, 1], [3, 0]])], [data(t, 3), data(t, 2, 2)])
for op in ["DynamicStitch", "ParallelDynamicStitch"]:
    name = op.lower()
    case(op, f"{name}_three", [feed("int32", [1, 4]), feed("int32", []), feed("int32", [0, 3, 2])], [data("float", 2, 7), data("float", 0, 7), data("float", 3, 7)])
    case(op, f"{name}_scalar", [feed("int32", 1), feed("int32", 0)], [data("float", 3), data("float", 3)])
    case(op, f"{name}_constant", [const("int32", [1, 3]), const("int32", [0, 2])], [data("float", 2, 3), data("float", 2, 3)])
    case(op, f"{name}_none", [feed("int32", [])], [data("float", 0, 3)])
    case(op, f"{name}_no_columns", [feed("int32", [1, 0])], [data("float", 2, 0)])
    case(op, f"{name}_all_negative", [feed("int32", [-1, -7])], [data("float", 2, 3)], error=True)
    case(op, f"{name}_negative", [feed("int32", [1, -7, 0])], [data("float", 3, 3)], error=True)
    case(op, f"{name}_length", [feed("int32", [1, 0, 2])], [data("float", 2, 3)], error=True)
    case(op, f"{name}_rows", [feed("int32", [0]), feed("int32", [1])], [data("float", 1, 3), data("float", 1, 2)], error=True)
    case(op, f"{name}_ranks", [feed("int32", [0]), feed("int32", [1])], [data("float", 1, 3), data("float", 1)], error=True)
case("DynamicStitch", "dynamicstitch_twice", [feed("int32", [0, 1, 1]), feed("int32", [0])], [data("float", 3, 2), data("float", 1, 2)])

case("ParallelConcat", "parallelconcat_rows", [data("float", 1, 3), data("float", 1, 3)], shape=[2, 3])
case("ParallelConcat", "parallelconcat_one", [data("int32", 1)], shape=[1])
case("ParallelConcat", "parallelconcat_two_rows", [data("float", 2, 3), data("float", 2, 3)], shape=[4, 3], error=True)
case("ParallelConcat", "parallelconcat_shape", [data("float", 1, 3), data("float", 1, 3)], shape=[2, 4], error=True)

for t in ["int32", "int64"]:
    case("UnravelIndex", f"unravelindex_{t}", feed(t, [0, 22, 5, 59]), feed(t, [3, 4, 5]))
    case("UnravelIndex", f"unravelindex_{t}_scalar", feed(t, 17), feed(t, [7, 6]))
    case("UnravelIndex", f"unravelindex_{t}_overflow", feed(t, [0]), feed(t, [1 << 20, 1 << 20, 1 << 30] if t == "int64" else [1 << 16, 1 << 15]), error=True)
case("UnravelIndex", "unravelindex_negative", feed("int32", [-1, -7, -61]), feed("int32", [3, 4, 5]))
case("UnravelIndex", "unravelindex_constant", const("int32", [1, 2]), const("int32", [3, 2]))
case("UnravelIndex", "unravelindex_outside", feed("int32", [60]), feed("int32", [3, 4, 5]), error=True)
case("UnravelIndex", "unravelindex_none", feed("int32", []), feed("int32", [3, 4, 5]), error=True)
case("UnravelIndex", "unravelindex_zero", feed("int32", [0]), feed("int32", [3, 0]), error=True)
case("UnravelIndex", "unravelindex_negative_shape", feed("int32", [0]), feed("int32", [-3, -2]), error=True)
case("UnravelIndex", "unravelindex_matrix", feed("int32", [[0]]), feed("int32", [3, 2]), error=True)
