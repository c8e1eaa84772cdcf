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


# Ragged tensors
def rows(*lengths):
    return np.cumsum([0, *lengths])


def dense(name, parts, values=(7,), shape=-1, t="float", default=-1, tindex="int64", tshape="int64", rank=None, **more):
    kinds = {"size": "FIRST_DIM_SIZE", "splits": "ROW_SPLITS", "rows": "VALUE_ROWIDS"}
    case(
        "RaggedTensorToTensor", f"raggedtensortotensor_{name}", feed(tshape, shape), data(t, *values), feed(t, default), [feed(tindex, np.array(p, np.int64)) for _, p in parts],
        row_partition_types=[kinds[k] for k, _ in parts], **more,
    )


SPLITS = [("splits", rows(3, 0, 2, 2))]
for t in ["float", "half", "int8", "int64", "string"]:
    dense(t, SPLITS, t=t, default="-" if t == "string" else 9)
dense("int32_indices", SPLITS, tindex="int32", tshape="int32")
dense("shape", SPLITS, shape=[5, 2])
dense("shape_partly", SPLITS, shape=[-1, 4])
dense("shape_short", SPLITS, shape=[2, -1])
dense("shape_empty", SPLITS, shape=[0, 0])
dense("nested", [("splits", rows(2, 0, 1)), ("splits", rows(3, 2, 2))])
dense("nested_shape", [("splits", rows(2, 0, 1)), ("splits", rows(3, 2, 2))], shape=[-1, 1, 2])
dense("rows", [("size", 5), ("rows", [0, 0, 1, 3, 3, 3, 4])])
dense("rows_short", [("size", 5), ("rows", [0, 0, 1, 3, 3, 3, 4])], shape=[3, 2])
dense("nested_rows", [("size", 3), ("rows", [0, 0, 2]), ("rows", [0, 0, 0, 1, 1, 2, 2])])
dense("rows_of_splits", [("size", 3), ("rows", [0, 0, 2]), ("splits", rows(3, 2, 2))])
dense("splits_of_rows", [("splits", rows(2, 0, 1)), ("rows", [0, 0, 0, 1, 1, 2, 2])])
dense("cells", SPLITS, (7, 2, 3))
dense("cells_default", SPLITS, (7, 3, 3), default=[1, 2, 3])
dense("cells_default_first", SPLITS, (7, 2, 3), default=[1, 2, 3], error=True)
dense("cells_default_columns", SPLITS, (7, 2, 3), default=[[1], [2]])
dense("no_rows", [("splits", [0])], (0,))
dense("no_values", [("splits", [0, 0, 0])], (0,))
dense("no_values_rows", [("size", 2), ("rows", [])], (0,))
dense("size_below_values", [("size", 2), ("rows", [0, 1, 2])], (3,), error=True)
dense("negative_shape", SPLITS, shape=[-2, 3], error=True)
dense("rank", SPLITS, shape=[2, 3, 4], error=True)
dense("scalar_shape", SPLITS, shape=3, error=True)
dense("default_rank", SPLITS, default=[1], error=True)
dense("default_shape", SPLITS, (7, 3), default=[1, 2], error=True)
dense("cells_shape", SPLITS, (7, 3), shape=[-1, -1, 2], error=True)
dense("splits_late", [("splits", [1, 7])], error=True)
dense("splits_decrease", [("splits", [0, 4, 3, 7])], error=True)
dense("first_rows", [("rows", [0, 0, 1])], error=True)


def gather(name, splits, values, indices, t="int64", **more):
    n = len(np.shape(indices)) - 1 + len(splits)
    case("RaggedGather", f"raggedgather_{name}", [feed(t, s) for s in splits], values, feed(more.pop("index", "int32"), indices), OUTPUT_RAGGED_RANK=n, **more)


NESTED = [rows(2, 0, 3), rows(1, 2, 0, 3, 1)]
for t in ["float", "int8", "string"]:
    gather(t, [rows(2, 0, 3, 1)], data(t, 6), [3, 0, 0, 1])
gather("nested", NESTED, data("float", 7), [2, 1, 0, 2])
gather("int32", NESTED, data("float", 7), [2, 1, 0, 2], t="int32", index="int64")
gather("matrix", NESTED, data("float", 7), [[2, 1], [0, 2], [1, 1]])
gather("scalar", NESTED, data("float", 7), 2)
gather("scalar_of_one", [rows(2, 0, 3, 1)], data("float", 6), 2)
gather("cells", [rows(2, 0, 3, 1)], data("float", 6, 2, 2), [3, 0])
gather("none", [rows(2, 0, 3, 1)], data("float", 6), np.zeros(0, np.int32))
gather("outside", [rows(2, 0, 3, 1)], data("float", 6), [4], error=True)
gather("negative", [rows(2, 0, 3, 1)], data("float", 6), [-1], error=True)
gather("beyond", [rows(2, 0, 5)], data("float", 6), [0], error=True)
gather("decreasing", [[0, 4, 2, 6]], data("float", 6), [0], error=True)

RAGGED = "RaggedTensorToSparse"
for t in ["float", "int64", "string"]:
    case(RAGGED, f"raggedtensortosparse_{t}", [feed("int64", rows(2, 0, 3, 1))], data(t, 6))
case(RAGGED, "raggedtensortosparse_nested", [feed("int32", s) for s in NESTED], data("float", 7))
case(RAGGED, "raggedtensortosparse_cells", [feed("int64", s) for s in NESTED], data("float", 7, 2, 3))
case(RAGGED, "raggedtensortosparse_none", [feed("int64", [0])], data("float", 0))
for name, splits in [("late", [1, 6]), ("decreasing", [0, 4, 2, 6]), ("short", [0, 5]), ("beyond", [0, 7])]:
    case(RAGGED, f"raggedtensortosparse_{name}", [feed("int64", splits)], data("float", 6), error=True)

for t in ["int32", "int64", "float", "double"]:
    case("RaggedRange", f"raggedrange_{t}", feed(t, [0, 5, 9, 2]), feed(t, [3, 5, -4, 80]), feed(t, [1, 2, -3, 7]))
case("RaggedRange", "raggedrange_steps", feed("float", 0), feed("float", [1, -1, 0.35]), feed("float", 0.1), Tsplits="int32")
case("RaggedRange", "raggedrange_scalars", feed("int32", 2), feed("int32", 9), feed("int32", 3))
case("RaggedRange", "raggedrange_none", feed("int32", []), feed("int32", []), feed("int32", 1))
case("RaggedRange", "raggedrange_zero", feed("int32", 0), feed("int32", [3, 4]), feed("int32", [1, 0]), error=True)
case("RaggedRange", "raggedrange_length", feed("int32", [0, 1]), feed("int32", [3, 4, 5]), feed("int32", 1), error=True)
case("RaggedRange", "raggedrange_matrix", feed("int32", [[0]]), feed("int32", 5), feed("int32", 1), error=True)
case("RaggedRange", "raggedrange_infinite", feed("float", 0), feed("float", float("inf")), feed("float", 1), error=True)

FILL = "RaggedFillEmptyRows"
for name, ids, n, t in [("float", [0, 2, 2], 4, "float"), ("string", [1, 1], 3, "string"), ("unordered", [3, 1, 3], 4, "int32"), ("none", [], 2, "float"), ("full", [0, 1], 2, "float")]:
    case(FILL, f"raggedfillemptyrows_{name}", feed("int64", np.array(ids, np.int64)), data(t, len(ids)), feed("int64", n), feed(t, "-" if t == "string" else 7))
for name, ids, n, values in [("outside", [0, 4], 4, 2), ("negative", [-1, 0], 4, 2), ("length", [0, 1], 4, 3), ("negative_rows", [], -1, 0), ("no_rows", [0], 0, 1)]:
    case(FILL, f"raggedfillemptyrows_{name}", feed("int64", np.array(ids, np.int64)), data("float", values), feed("int64", n), feed("float", 7), error=True)
