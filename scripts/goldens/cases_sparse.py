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


# Sparse tensors
PLACES = [[0, 1], [1, 0], [1, 2]]


def at(places):
    return feed("int64", np.array(places, np.int64).reshape(len(places), -1 if len(places) else 2))


for t in ["float", "int8", "string"]:
    case("SparseReorder", f"sparsereorder_{t}", at([[1, 0], [0, 1], [0, 1], [0, 0]]), data(t, 4), feed("int64", [2, 2]))
case("SparseReorder", "sparsereorder_cube", at([[1, 0, 2], [0, 1, 1], [1, 0, 0], [0, 1, 0]]), data("float", 4), feed("int64", [2, 2, 3]))
case("SparseReorder", "sparsereorder_vector", at([[3], [1], [2]]), data("float", 3), feed("int64", [4]))
case("SparseReorder", "sparsereorder_ordered", at(PLACES), data("float", 3), feed("int64", [2, 3]))
case("SparseReorder", "sparsereorder_none", at([]), data("float", 0), feed("int64", [2, 3]))
case("SparseReorder", "sparsereorder_outside", at([[5, 0], [0, 1]]), data("float", 2), feed("int64", [2, 2]))
case("SparseReorder", "sparsereorder_values", at(PLACES), data("float", 2), feed("int64", [2, 3]), error=True)
case("SparseReorder", "sparsereorder_shape", at(PLACES), data("float", 3), feed("int64", [2, 3, 4]), error=True)

for name, axis, shapes in [("rows", 0, ([2, 3], [4, 3])), ("columns", 1, ([2, 3], [2, 5])), ("last", -1, ([2, 3], [2, 5]))]:
    for t in ["float", "string"]:
        case(
            "SparseConcat", f"sparseconcat_{name}_{t}", [at(PLACES), at([[1, 1], [0, 0]])], [data(t, 3), data(t, 2)], [feed("int64", s) for s in shapes], concat_dim=axis,
        )
case("SparseConcat", "sparseconcat_none", [at([]), at(PLACES)], [data("float", 0), data("float", 3)], [feed("int64", [2, 3])] * 2, concat_dim=1)
for name, axis, shapes in [("rows_differ", 1, ([2, 3], [3, 3])), ("columns_differ", 0, ([2, 3], [2, 5])), ("axis", 2, ([2, 3], [2, 3])), ("negative_axis", -3, ([2, 3], [2, 3]))]:
    case("SparseConcat", f"sparseconcat_{name}", [at(PLACES)] * 2, [data("float", 3)] * 2, [feed("int64", s) for s in shapes], concat_dim=axis, error=True)

for name, start, size in [("part", [0, 1], [2, 2]), ("beyond", [1, 0], [5, 5]), ("before", [-1, 0], [2, 2]), ("behind", [3, 0], [2, 2]), ("nothing", [0, 0], [0, 2])]:
    case("SparseSlice", f"sparseslice_{name}", at(PLACES), data("float", 3), feed("int64", [2, 3]), feed("int64", start), feed("int64", size))
case("SparseSlice", "sparseslice_unordered", at([[1, 2], [0, 1], [5, 5]]), data("string", 3), feed("int64", [2, 3]), const("int64", [0, 1]), const("int64", [2, 2]))
case("SparseSlice", "sparseslice_negative", at(PLACES), data("float", 3), feed("int64", [2, 3]), feed("int64", [0, 0]), feed("int64", [-1, 2]), error=True)
case("SparseSlice", "sparseslice_length", at(PLACES), data("float", 3), feed("int64", [2, 3]), feed("int64", [0]), feed("int64", [1]), error=True)

for op in ["SparseDenseCwiseAdd", "SparseDenseCwiseMul"]:
    name = op.lower()
    for t in ["float", "half", "bfloat16", "double", "int8", "int64"]:
        case(op, f"{name}_{t}", at(PLACES), data(t, 3), feed("int64", [2, 3]), data(t, 2, 3))
    for kind, shape in [("row", (3,)), ("column", (2, 1)), ("scalar", ()), ("one", (1, 1))]:
        case(op, f"{name}_{kind}", at(PLACES), data("float", 3), feed("int64", [2, 3]), data("float", *shape))
    for kind, shape in [("shape", (2,)), ("rank", (1, 1, 1))]:
        case(op, f"{name}_{kind}", at(PLACES), data("float", 3), feed("int64", [2, 3]), data("float", *shape), error=True)
    case(op, f"{name}_outside", at([[0, 1], [1, 0], [1, 3]]), data("float", 3), feed("int64", [2, 3]), data("float", 3), error=True)
    case(op, f"{name}_negative", at([[0, 1], [1, 0], [1, -1]]), data("float", 3), feed("int64", [2, 3]), data("float", 3), error=True)

# Crosses
CROSS = [at([[0, 0], [0, 1], [2, 0]]), at([[0, 0], [1, 0], [2, 0], [2, 1]])], [feed("int64", [3, 2]), feed("int64", [3, 2])]
WORDS = [feed("string", ["a", "b", ""]), feed("string", ["x", "y", "z", "long words of more than sixteen bytes"])]
NUMBERS = [feed("int64", [3, -1, 1 << 40]), WORDS[1]]
COLUMN, COUNTS = feed("string", [["p", "q"]] * 3), feed("int64", [[7], [8], [-9]])
HASHED = {"hashed_output": True, "num_buckets": 0, "hash_key": 0xDECAFCAFFE, "out_type": "int64", "internal_type": "int64"}
TEXT = {"hashed_output": False, "num_buckets": 0, "hash_key": 0, "out_type": "string", "internal_type": "string"}
for name, values, dense in [("words", WORDS, []), ("numbers", NUMBERS, []), ("columns", WORDS, [COLUMN, COUNTS]), ("only_columns", [], [COLUMN, COUNTS])]:
    indices, shapes = CROSS if values else ([], [])
    case("SparseCross", f"sparsecross_{name}", indices, values, shapes, dense, **HASHED)
    case("SparseCross", f"sparsecross_{name}_100", indices, values, shapes, dense, **HASHED | {"num_buckets": 100})
    case("SparseCrossV2", f"sparsecrossv2_{name}", indices, values, shapes, dense, const("string", ", "))
    for strong in [False] if dense else [False, True]:  # strong hashes of columns end TensorFlow
        case(
            "SparseCrossHashed", f"sparsecrosshashed_{name}_{int(strong)}", indices, values, shapes, dense, const("int64", 0), const("bool", strong), const("int64", [137, -5]),
        )
case("SparseCross", "sparsecross_text", *CROSS[:1], WORDS, CROSS[1], [COLUMN], **TEXT)
case("SparseCrossHashed", "sparsecrosshashed_1000", *CROSS[:1], WORDS, CROSS[1], [], const("int64", 1000), const("bool", False), const("int64", [1, 2]))
case("SparseCross", "sparsecross_text_of_numbers", *CROSS[:1], NUMBERS, CROSS[1], [], error=True, **TEXT)
case("SparseCross", "sparsecross_rows", *CROSS[:1], WORDS, [feed("int64", [3, 2]), feed("int64", [4, 2])], [], error=True, **HASHED)
case("SparseCross", "sparsecross_dense_rows", *CROSS[:1], WORDS, CROSS[1], [feed("string", [["p"]])], error=True, **HASHED)
