"""Ops that count, index, scatter, and move between space, depth and batch."""

import numpy as np
from case import case, const, feed, integers, normal

TYPES = ["float", "double", "half", "bfloat16", "int8", "uint8", "int32", "int64", "bool"]


def counted(*shape):
    return lambda rng: np.arange(int(np.prod(shape))).reshape(shape) % 100


for t, start, limit, delta in [("int32", 0, 7, 2), ("int32", 10, -3, -4), ("int64", -5, 5, 3), ("float", 0, 1, 0.1), ("float", 1, 0, -0.3), ("double", 0, 1, 0.1), ("int32", 3, 3, 1), ("float", 0, 100, 7.7)]:
    case("Range", f"range_{t}_{start}_{limit}", const(t, start), const(t, limit), const(t, delta))
case("Range", "range_fed", feed("int32", 1), feed("int32", 9), feed("int32", 3))
case("Range", "range_zero_step", const("int32", 0), const("int32", 3), const("int32", 0), error=True)
case("Range", "range_wrong_way", const("int32", 3), const("int32", 0), const("int32", 1), error=True)
case("Range", "range_vector", const("int32", [0]), const("int32", [3]), const("int32", [1]), error=True)
case("Range", "range_two", const("int32", [0, 1]), const("int32", 3), const("int32", 1), error=True)
for t in ["float", "double"]:
    for n in [1, 2, 7]:
        case("LinSpace", f"linspace_{t}_{n}", const(t, -1.5), const(t, 4), const("int32", n))
case("LinSpace", "linspace_none", const("float", 0), const("float", 1), const("int32", 0), error=True)
for op in ["ZerosLike", "OnesLike"]:
    for t in TYPES:
        case(op, f"{op.lower()}_{t}", feed(t, counted(2, 3)))
    case(op, f"{op.lower()}_scalar", feed("float", 3))
    case(op, f"{op.lower()}_empty", feed("float", counted(0, 3)))
for shape in [(), (3,), (2, 0), (2, 3, 4)]:
    n = "x".join(map(str, shape)) or "scalar"
    case("Size", f"size_{n}", feed("float", counted(*shape)))
    case("Rank", f"rank_{n}", feed("float", counted(*shape)))
case("Size", "size_int64", feed("uint8", counted(2, 3)), out_type="int64")
case("ShapeN", "shapen_two", [feed("float", counted(2, 3)), feed("float", counted(4))])
case("ShapeN", "shapen_int64", [feed("int32", counted(2, 3)), feed("int32", 1)], out_type="int64")
for t in TYPES:
    case("ReverseV2", f"reversev2_{t}", feed(t, counted(2, 3)), const("int32", [1]))
for name, axes in [("none", []), ("all", [0, 1, 2]), ("negative", [-2]), ("first", [0])]:
    case("ReverseV2", f"reversev2_{name}", feed("float", counted(2, 3, 4)), const("int32", np.array(axes, np.int32)))
case("ReverseV2", "reversev2_twice", feed("float", counted(2, 3)), const("int32", [0, 0]), error=True)
case("ReverseV2", "reversev2_outside", feed("float", counted(2, 3)), const("int32", [2]), error=True)

# Gathers and scatters
for t in TYPES:
    case("GatherNd", f"gathernd_{t}", feed(t, counted(3, 4)), feed("int32", [[0, 1], [2, 3]]))
for name, shape, indices in [("rows", (3, 4), [[2], [0], [2]]), ("deep", (2, 3, 4), [[[0, 1], [1, 2]]]), ("whole", (2, 3), [[]]), ("one", (4,), [3]), ("none", (3, 2), np.zeros((0, 2))), ("inner", (2, 3, 4, 5), [[1, 2, 3]])]:
    case("GatherNd", f"gathernd_{name}", feed("float", counted(*shape)), const("int64", np.array(indices, np.int64)))
case("GatherNd", "gathernd_outside", feed("float", counted(3, 4)), const("int32", [[0, 4]]), error=True)
case("GatherNd", "gathernd_negative", feed("float", counted(3, 4)), const("int32", [[0, -1]]), error=True)
case("GatherNd", "gathernd_too_deep", feed("float", counted(3)), const("int32", [[0, 1]]), error=True)
for t in ["float", "double", "int32", "int64", "uint8"]:
    case("ScatterNd", f"scatternd_{t}", const("int32", [[1], [3], [1]]), feed(t, counted(3)), const("int32", [5]))
case("ScatterNd", "scatternd_rows", feed("int32", [[0], [2]]), feed("float", normal(2, 4)), const("int32", [3, 4]))
case("ScatterNd", "scatternd_pairs", feed("int64", [[0, 1], [2, 3]]), feed("float", normal(2)), const("int64", [3, 4]))
case("ScatterNd", "scatternd_none", const("int32", np.zeros((0, 1))), feed("float", normal(0)), const("int32", [3]))
case("ScatterNd", "scatternd_outside", const("int32", [[3]]), feed("float", [1]), const("int32", [3]), error=True)
case("ScatterNd", "scatternd_updates", const("int32", [[0]]), feed("float", [1, 2]), const("int32", [3]), error=True)
for mode in ["Update", "Add", "Sub", "Min", "Max"]:
    for t in ["float", "int32"]:
        case(f"TensorScatter{mode}", f"tensorscatter{mode.lower()}_{t}", feed(t, integers(4, 3)), feed("int32", [[1], [3]]), feed(t, integers(2, 3)))
for t in ["int32", "int64"]:
    case("InvertPermutation", f"invertpermutation_{t}", feed(t, [2, 0, 3, 1]))
case("InvertPermutation", "invertpermutation_twice", feed("int32", [0, 0]), error=True)
case("InvertPermutation", "invertpermutation_outside", feed("int32", [0, 2]), error=True)
for name, a, b in [("same", [2, 3], [2, 3]), ("ones", [2, 1], [1, 3]), ("longer", [4, 2, 3], [3]), ("empty", np.array([], np.int32), [2])]:
    case("BroadcastArgs", f"broadcastargs_{name}", feed("int32", a), feed("int32", b))
case("BroadcastArgs", "broadcastargs_refused", feed("int32", [2]), feed("int32", [3]), error=True)
case("ConcatOffset", "concatoffset_three", const("int32", 1), [feed("int32", [2, 3, 4]), feed("int32", [2, 5, 4]), feed("int32", [2, 1, 4])])
case("ConcatOffset", "concatoffset_negative", const("int32", -1), [feed("int32", [2, 3]), feed("int32", [2, 5])])

# Blocks
for op, shape in [("DepthToSpace", (2, 2, 3, 12)), ("SpaceToDepth", (2, 4, 6, 3))]:
    for t in ["float", "int32", "uint8", "half"]:
        case(op, f"{op.lower()}_{t}", feed(t, counted(*shape)), block_size=2)
    case(op, f"{op.lower()}_block3", feed("float", counted(1, 3, 6, 18)), block_size=3)
    case(op, f"{op.lower()}_uneven", feed("float", counted(1, 3, 5, 7)), block_size=2, error=True)
    case(op, f"{op.lower()}_block1", feed("float", counted(1, 2, 2, 4)), block_size=1, error=True)
    case(op, f"{op.lower()}_rank3", feed("float", counted(2, 2, 4)), block_size=2, error=True)
for name, shape, block, pads in [
    ("plain", (2, 4, 6, 3), [2, 3], [[0, 0], [0, 0]]), ("padded", (1, 3, 5, 2), [2, 2], [[0, 1], [1, 0]]), ("one_dimension", (2, 6, 3), [3], [[0, 0]]), ("wide", (1, 2, 2, 1), [3, 2], [[2, 2], [3, 1]]),
    ("three", (1, 4, 2, 2, 2), [2, 1, 2], [[0, 0], [0, 0], [0, 0]]), ("dilated", (1, 9, 9, 2), [4, 4], [[4, 7], [4, 7]]), ("no_rest", (2, 4), [2], [[1, 1]]),
]:
    case("SpaceToBatchND", f"spacetobatchnd_{name}", feed("float", normal(*shape)), const("int32", block), const("int32", pads))
for name, shape, block, crops in [
    ("plain", (12, 2, 3, 3), [2, 3], [[0, 0], [0, 0]]), ("cropped", (4, 2, 3, 2), [2, 2], [[0, 1], [1, 0]]), ("one_dimension", (6, 2, 3), [3], [[1, 2]]), ("all", (4, 1, 1, 1), [2, 2], [[1, 1], [0, 0]]),
    ("three", (4, 2, 2, 1, 2), [2, 1, 2], [[0, 0], [0, 1], [0, 0]]), ("dilated", (16, 5, 5, 2), [4, 4], [[4, 7], [4, 7]]), ("wide", (6, 2, 2, 1), [3, 2], [[4, 1], [3, 0]]),
]:
    case("BatchToSpaceND", f"batchtospacend_{name}", feed("float", normal(*shape)), const("int32", block), const("int32", crops))
for t in ["int32", "uint8", "half"]:
    case("SpaceToBatchND", f"spacetobatchnd_{t}", feed(t, counted(1, 4, 4, 2)), const("int64", [2, 2]), const("int64", [[1, 1], [0, 0]]))
    case("BatchToSpaceND", f"batchtospacend_{t}", feed(t, counted(4, 2, 2, 2)), const("int64", [2, 2]), const("int64", [[1, 0], [0, 0]]))
case("SpaceToBatchND", "spacetobatchnd_uneven", feed("float", normal(1, 3, 4, 1)), const("int32", [2, 2]), const("int32", [[0, 0], [0, 0]]), error=True)
case("SpaceToBatchND", "spacetobatchnd_zero_block", feed("float", normal(1, 4, 4, 1)), const("int32", [0, 2]), const("int32", [[0, 0], [0, 0]]), error=True)
case("SpaceToBatchND", "spacetobatchnd_negative", feed("float", normal(1, 4, 4, 1)), const("int32", [2, 2]), const("int32", [[-1, 1], [0, 0]]), error=True)
case("BatchToSpaceND", "batchtospacend_uneven", feed("float", normal(3, 2, 2, 1)), const("int32", [2, 2]), const("int32", [[0, 0], [0, 0]]), error=True)
case("BatchToSpaceND", "batchtospacend_crops", feed("float", normal(4, 1, 1, 1)), const("int32", [2, 2]), const("int32", [[2, 1], [0, 0]]), error=True)
case("SpaceToBatch", "spacetobatch_padded", feed("float", normal(1, 3, 4, 2)), const("int32", [[1, 0], [0, 0]]), block_size=2)
case("BatchToSpace", "batchtospace_cropped", feed("float", normal(8, 2, 2, 3)), const("int32", [[1, 0], [0, 1]]), block_size=2)
case("SpaceToBatch", "spacetobatch_block1", feed("float", normal(1, 2, 2, 2)), const("int32", [[0, 0], [0, 0]]), block_size=1, error=True)

# Paddings and slices that are computed
for name, pads in [("some", [[1, 0], [0, 2]]), ("none", [[0, 0], [0, 0]])]:
    case("Pad", f"pad_fed_{name}", feed("float", normal(2, 3)), feed("int32", pads))
    case("PadV2", f"padv2_fed_{name}", feed("float", normal(2, 3)), feed("int32", pads), const("float", 7))
    case("MirrorPad", f"mirrorpad_fed_{name}", feed("float", normal(2, 3)), feed("int64", pads), mode="REFLECT")
case("Pad", "pad_fed_negative", feed("float", normal(2, 3)), feed("int32", [[-1, 0], [0, 0]]), error=True)
case("MirrorPad", "mirrorpad_fed_wide", feed("float", normal(2, 3)), feed("int32", [[2, 0], [0, 0]]), mode="REFLECT", error=True)
case("StridedSlice", "stridedslice_fed_end", feed("float", normal(3, 4, 5)), const("int32", [0, 1]), feed("int32", [2, 3]), const("int32", [1, 1]))
case("StridedSlice", "stridedslice_fed_all", feed("float", normal(3, 4, 5)), feed("int32", [0, 3, 2]), feed("int32", [2, 0, 0]), feed("int32", [1, -1, 1]), shrink_axis_mask=4)
case("StridedSlice", "stridedslice_fed_ellipsis", feed("float", normal(3, 4, 5)), feed("int32", [0, 0, 1]), feed("int32", [0, 0, 3]), const("int32", [1, 1, 1]), ellipsis_mask=1, new_axis_mask=2)

for t in ["float", "int32", "uint8", "bool", "half"]:
    case("Roll", f"roll_{t}", feed(t, counted(3, 4)), const("int32", 1), const("int32", 1))
for name, shape, shift, axis in [("two", (3, 4), [1, -2], [0, 1]), ("twice", (5,), [1, 2], [0, 0]), ("far", (5,), 13, 0), ("negative", (2, 3, 4), -1, -2), ("middle", (2, 3, 4), 1, 1), ("empty", (0, 3), 1, 1)]:
    case("Roll", f"roll_{name}", feed("float", counted(*shape)), const("int32", shift), const("int64", axis))
case("Roll", "roll_outside", feed("float", counted(3)), const("int32", 1), const("int32", 1), error=True)
case("Roll", "roll_lengths", feed("float", counted(3)), const("int32", [1, 1]), const("int32", 0), error=True)
case("Roll", "roll_scalar", feed("float", 1), const("int32", 1), const("int32", 0), error=True)
case("SparseToDense", "sparsetodense_matrix", feed("int32", [[0, 1], [2, 0]]), const("int32", [3, 2]), feed("float", [5, 6]), const("float", -1))
case("SparseToDense", "sparsetodense_vector", feed("int64", [1, 3]), const("int64", [5]), feed("int32", [5, 6]), const("int32", 0))
case("SparseToDense", "sparsetodense_one_value", feed("int32", [[0, 1], [2, 0]]), const("int32", [3, 2]), feed("float", 7), const("float", 0))
case("SparseToDense", "sparsetodense_outside", feed("int32", [[0, 2]]), const("int32", [3, 2]), feed("float", [7]), const("float", 0), error=True)
case("AccumulateNV2", "accumulatenv2", [feed("float", normal(2, 3)) for _ in range(3)], shape=[2, 3])
