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
for t in ["float", "string"]:
    case("DynamicPartition", f"dynamicpartition_{t}", data(t, 5, 2), feed("int32", [2, 0, 2, 1, 0]), num_partitions=4)
for t in ["half", "bool"]:
    case("DynamicPartition", f"dynamicpartition_{t}_elements", data(t, 2, 3), feed("int32", [[1, 0, 1], [1, 1, 0]]), num_partitions=2)
for name, shape, part, n in [("scalar", (), 1, 3), ("none", (0, 3), [], 2)]:
    case("DynamicPartition", f"dynamicpartition_{name}", data("float", *shape), feed("int32", np.array(part, np.int32)), num_partitions=n)
for name, shape, part in [("outside", (2,), [0, 2]), ("negative", (2,), [0, -1]), ("length", (3, 2), [0, 1])]:
    case("DynamicPartition", f"dynamicpartition_{name}", data("float", *shape), feed("int32", part), num_partitions=2, error=True)

for t in ["float", "string"]:
    case("DynamicStitch", f"dynamicstitch_{t}", [feed("int32", [4, 0]), feed("int32", [[2, 1], [3, 0]])], [data(t, 2, 2), data(t, 2, 2, 2)])
for t in ["half", "bool"]:
    case("DynamicStitch", f"dynamicstitch_{t}_elements", [feed("int32", [4, 0, 3]), feed("int32", [[2, 1], [3, 0]])], [data(t, 3), data(t, 2, 2)])
for op in ["DynamicStitch", "ParallelDynamicStitch"]:
    name = op.lower()
    case(op, f"{name}_three", [feed("int32", [1, 4]), feed("int32", []), feed("int32", [0, 3, 2])], [data("float", 2, 7), data("float", 0, 7), data("float", 3, 7)])
    case(op, f"{name}_scalar", [feed("int32", 1), feed("int32", 0)], [data("float", 3), data("float", 3)])
    case(op, f"{name}_negative", [feed("int32", [1, -7, 0])], [data("float", 3, 3)], error=True)
case("DynamicStitch", "dynamicstitch_none", [feed("int32", [])], [data("float", 0, 3)])
case("DynamicStitch", "dynamicstitch_length", [feed("int32", [1, 0, 2])], [data("float", 2, 3)], error=True)
case("DynamicStitch", "dynamicstitch_rows", [feed("int32", [0]), feed("int32", [1])], [data("float", 1, 3), data("float", 1, 2)], error=True)
case("DynamicStitch", "dynamicstitch_twice", [feed("int32", [0, 1, 1]), feed("int32", [0])], [data("float", 3, 2), data("float", 1, 2)])

case("ParallelConcat", "parallelconcat_rows", [data("float", 1, 3), data("float", 1, 3)], shape=[2, 3])
case("ParallelConcat", "parallelconcat_two_rows", [data("float", 2, 3), data("float", 2, 3)], shape=[4, 3], error=True)

for t in ["int32", "int64"]:
    case("UnravelIndex", f"unravelindex_{t}", feed(t, [0, 22, 5, 59]), feed(t, [3, 4, 5]))
    case("UnravelIndex", f"unravelindex_{t}_overflow", feed(t, [0]), feed(t, [1 << 20, 1 << 20, 1 << 30] if t == "int64" else [1 << 16, 1 << 15]), error=True)
case("UnravelIndex", "unravelindex_negative", feed("int32", [-1, -7, -61]), feed("int32", [3, 4, 5]))
case("UnravelIndex", "unravelindex_outside", feed("int32", [60]), feed("int32", [3, 4, 5]), error=True)
case("UnravelIndex", "unravelindex_zero", feed("int32", [0]), feed("int32", [3, 0]), error=True)


# Ragged tensors
def rows(*lengths):
    return np.cumsum([0, *lengths])


def dense(name, parts, values=(7,), shape=-1, t="float", default=-1, **more):
    kinds = {"size": "FIRST_DIM_SIZE", "splits": "ROW_SPLITS", "rows": "VALUE_ROWIDS"}
    case(
        "RaggedTensorToTensor", f"raggedtensortotensor_{name}", feed("int64", shape), data(t, *values), feed(t, default), [feed("int64", np.array(p, np.int64)) for _, p in parts],
        row_partition_types=[kinds[k] for k, _ in parts], **more,
    )


SPLITS = [("splits", rows(3, 0, 2, 2))]
for t in ["float", "string"]:
    dense(t, SPLITS, t=t, default="-" if t == "string" else 9)
dense("shape_partly", SPLITS, shape=[-1, 4])
dense("nested_shape", [("splits", rows(2, 0, 1)), ("splits", rows(3, 2, 2))], shape=[-1, 1, 2])
dense("nested_rows", [("size", 3), ("rows", [0, 0, 2]), ("rows", [0, 0, 0, 1, 1, 2, 2])])
dense("rows_of_splits", [("size", 3), ("rows", [0, 0, 2]), ("splits", rows(3, 2, 2))])
dense("cells_default", SPLITS, (7, 3, 3), default=[1, 2, 3])
dense("cells_default_columns", SPLITS, (7, 2, 3), default=[[1], [2]])
dense("no_values", [("splits", [0, 0, 0])], (0,))
dense("size_below_values", [("size", 2), ("rows", [0, 1, 2])], (3,), error=True)
dense("splits_decrease", [("splits", [0, 4, 3, 7])], error=True)


def gather(name, splits, values, indices, t="int64", **more):
    n = len(np.shape(indices)) - 1 + len(splits)
    case("RaggedGather", f"raggedgather_{name}", [feed(t, s) for s in splits], values, feed(more.pop("index", "int32"), indices), OUTPUT_RAGGED_RANK=n, **more)


NESTED = [rows(2, 0, 3), rows(1, 2, 0, 3, 1)]
gather("string", [rows(2, 0, 3, 1)], data("string", 6), [3, 0, 0, 1])
gather("int32", NESTED, data("float", 7), [2, 1, 0, 2], t="int32", index="int64")
gather("matrix", NESTED, data("float", 7), [[2, 1], [0, 2], [1, 1]])
gather("outside", [rows(2, 0, 3, 1)], data("float", 6), [4], error=True)
gather("negative", [rows(2, 0, 3, 1)], data("float", 6), [-1], error=True)
gather("decreasing", [[0, 4, 2, 6]], data("float", 6), [0], error=True)

RAGGED = "RaggedTensorToSparse"
case(RAGGED, "raggedtensortosparse_float", [feed("int64", rows(2, 0, 3, 1))], data("float", 6))
case(RAGGED, "raggedtensortosparse_nested", [feed("int32", s) for s in NESTED], data("float", 7))
for name, splits in [("decreasing", [0, 4, 2, 6]), ("beyond", [0, 7])]:
    case(RAGGED, f"raggedtensortosparse_{name}", [feed("int64", splits)], data("float", 6), error=True)

for t in ["int32", "float"]:
    case("RaggedRange", f"raggedrange_{t}", feed(t, [0, 5, 9, 2]), feed(t, [3, 5, -4, 80]), feed(t, [1, 2, -3, 7]))
case("RaggedRange", "raggedrange_steps", feed("float", 0), feed("float", [1, -1, 0.35]), feed("float", 0.1), Tsplits="int32")
case("RaggedRange", "raggedrange_none", feed("int32", []), feed("int32", []), feed("int32", 1))
case("RaggedRange", "raggedrange_zero", feed("int32", 0), feed("int32", [3, 4]), feed("int32", [1, 0]), error=True)
case("RaggedRange", "raggedrange_length", feed("int32", [0, 1]), feed("int32", [3, 4, 5]), feed("int32", 1), error=True)
case("RaggedRange", "raggedrange_infinite", feed("float", 0), feed("float", float("inf")), feed("float", 1), error=True)

FILL = "RaggedFillEmptyRows"
case(FILL, "raggedfillemptyrows_unordered", feed("int64", [3, 1, 3]), data("int32", 3), feed("int64", 4), feed("int32", 7))
for name, ids, n, values in [("outside", [0, 4], 4, 2), ("negative_rows", [], -1, 0)]:
    case(FILL, f"raggedfillemptyrows_{name}", feed("int64", np.array(ids, np.int64)), data("float", values), feed("int64", n), feed("float", 7), error=True)


# Sparse tensors
PLACES = [[0, 1], [1, 0], [1, 2]]


def at(places):
    return feed("int64", np.array(places, np.int64).reshape(len(places), -1 if len(places) else 2))


for t in ["float", "string"]:
    case("SparseReorder", f"sparsereorder_{t}", at([[1, 0], [0, 1], [0, 1], [0, 0]]), data(t, 4), feed("int64", [2, 2]))
case("SparseReorder", "sparsereorder_none", at([]), data("float", 0), feed("int64", [2, 3]))
case("SparseReorder", "sparsereorder_outside", at([[5, 0], [0, 1]]), data("float", 2), feed("int64", [2, 2]))
case("SparseReorder", "sparsereorder_values", at(PLACES), data("float", 2), feed("int64", [2, 3]), error=True)

for name, axis, shapes in [("rows", 0, ([2, 3], [4, 3])), ("last", -1, ([2, 3], [2, 5]))]:
    case("SparseConcat", f"sparseconcat_{name}_string", [at(PLACES), at([[1, 1], [0, 0]])], [data("string", 3), data("string", 2)], [feed("int64", s) for s in shapes], concat_dim=axis)
case("SparseConcat", "sparseconcat_none", [at([]), at(PLACES)], [data("float", 0), data("float", 3)], [feed("int64", [2, 3])] * 2, concat_dim=1)
case("SparseConcat", "sparseconcat_rows_differ", [at(PLACES)] * 2, [data("float", 3)] * 2, [feed("int64", [2, 3]), feed("int64", [3, 3])], concat_dim=1, error=True)

for name, start, size in [("part", [0, 1], [2, 2]), ("beyond", [1, 0], [5, 5])]:
    case("SparseSlice", f"sparseslice_{name}", at(PLACES), data("float", 3), feed("int64", [2, 3]), feed("int64", start), feed("int64", size))
case("SparseSlice", "sparseslice_unordered", at([[1, 2], [0, 1], [5, 5]]), data("string", 3), feed("int64", [2, 3]), const("int64", [0, 1]), const("int64", [2, 2]))
case("SparseSlice", "sparseslice_negative", at(PLACES), data("float", 3), feed("int64", [2, 3]), feed("int64", [0, 0]), feed("int64", [-1, 2]), error=True)

for op in ["SparseDenseCwiseAdd", "SparseDenseCwiseMul"]:
    name = op.lower()
    for t in ["float", "bfloat16", "int8"] if op.endswith("Add") else ["float"]:
        case(op, f"{name}_{t}", at(PLACES), data(t, 3), feed("int64", [2, 3]), data(t, 2, 3))
    for kind, shape in [("row", (3,)), ("column", (2, 1))] if op.endswith("Add") else [("scalar", ())]:
        case(op, f"{name}_{kind}", at(PLACES), data("float", 3), feed("int64", [2, 3]), data("float", *shape))
    case(op, f"{name}_shape", at(PLACES), data("float", 3), feed("int64", [2, 3]), data("float", 2), error=True)
    case(op, f"{name}_outside", at([[0, 1], [1, 0], [1, 3]]), data("float", 3), feed("int64", [2, 3]), data("float", 3), error=True)

# Crosses
CROSS = [at([[0, 0], [0, 1], [2, 0]]), at([[0, 0], [1, 0], [2, 0], [2, 1]])], [feed("int64", [3, 2]), feed("int64", [3, 2])]
WORDS = [feed("string", ["a", "b", ""]), feed("string", ["x", "y", "z", "long words of more than sixteen bytes"])]
NUMBERS = [feed("int64", [3, -1, 1 << 40]), WORDS[1]]
COLUMN, COUNTS = feed("string", [["p", "q"]] * 3), feed("int64", [[7], [8], [-9]])
HASHED = {"hashed_output": True, "num_buckets": 0, "hash_key": 0xDECAFCAFFE, "out_type": "int64", "internal_type": "int64"}
TEXT = {"hashed_output": False, "num_buckets": 0, "hash_key": 0, "out_type": "string", "internal_type": "string"}
for name, values, buckets, strong in [("words_1", WORDS, 0, True), ("numbers_0", NUMBERS, 0, False), ("1000", WORDS, 1000, False)]:  # strong hashes of columns end TensorFlow
    key = [1, 2] if buckets else [137, -5]
    case("SparseCrossHashed", f"sparsecrosshashed_{name}", *CROSS[:1], values, CROSS[1], [], const("int64", buckets), const("bool", strong), const("int64", key))
case("SparseCross", "sparsecross_columns", *CROSS[:1], WORDS, CROSS[1], [COLUMN, COUNTS], **HASHED)
case("SparseCrossV2", "sparsecrossv2_columns", *CROSS[:1], WORDS, CROSS[1], [COLUMN, COUNTS], const("string", ", "))
case("SparseCross", "sparsecross_text", *CROSS[:1], WORDS, CROSS[1], [COLUMN], **TEXT)
case("SparseCross", "sparsecross_text_of_numbers", *CROSS[:1], NUMBERS, CROSS[1], [], error=True, **TEXT)
