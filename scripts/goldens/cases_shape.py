"""Ops that move data: shapes, slices, joins, gathers."""

import numpy as np
from case import case, const, feed, integers, normal

TYPES = ["float", "double", "half", "bfloat16", "int8", "uint8", "int16", "uint16", "int32", "int64", "bool"]


def i32(*v):
    return const("int32", np.array(v, np.int32))


def counted(*shape):
    return lambda rng: np.arange(int(np.prod(shape))).reshape(shape) % 100


# Reshape, ExpandDims, Squeeze
for t in TYPES:
    case("Reshape", f"reshape_{t}", feed(t, counted(2, 3)), i32(3, 2))
for name, shape, to in [
    ("inferred", (2, 3, 4), (-1, 6)), ("inferred_last", (2, 3, 4), (2, 2, -1)), ("flat", (2, 3), (-1,)), ("scalar", (1, 1), ()), ("from_scalar", (), (1, 1)),
    ("empty", (0, 3), (3, 0)), ("empty_inferred", (0, 3), (-1, 3)), ("inferred_of_empty", (0, 3), (-1, 0)), ("longer", (4,), (1, 2, 1, 2, 1)),
]:
    case("Reshape", f"reshape_{name}", feed("float", counted(*shape)), i32(*to))
case("Reshape", "reshape_int64_shape", feed("float", counted(2, 3)), const("int64", [3, -1]))
case("Reshape", "reshape_shape_fed", feed("float", counted(2, 3)), feed("int32", [3, -1]))
for name, shape, to in [
    ("two_inferred", (2, 3), (-1, -1)), ("count", (2, 3), (4, 2)), ("negative", (2, 3), (-2, 3)), ("uneven", (2, 3), (4, -1)),
]:
    case("Reshape", f"reshape_{name}", feed("float", counted(*shape)), i32(*to), error=True)
case("Reshape", "reshape_matrix_shape", feed("float", counted(2, 3)), const("int32", [[3, 2]]), error=True)
for axis in [0, 1, 2, -1, -3]:
    case("ExpandDims", f"expanddims_{axis}", feed("float", counted(2, 3)), i32(axis) if axis == 1 else const("int32", axis))
case("ExpandDims", "expanddims_int64", feed("uint8", counted(2, 3)), const("int64", 1))
for axis in [3, -4]:
    case("ExpandDims", f"expanddims_outside_{axis}", feed("float", counted(2, 3)), const("int32", axis), error=True)
for name, shape, dims in [("all", (1, 2, 1, 3), []), ("one", (1, 2, 1, 3), [2]), ("negative", (1, 2, 1, 3), [-2]), ("several", (1, 2, 1, 3), [0, 2]), ("none_left", (1, 1), []), ("twice", (1, 2, 1), [0, 0])]:
    case("Squeeze", f"squeeze_{name}", feed("float", counted(*shape)), squeeze_dims=dims)
case("Squeeze", "squeeze_not_one", feed("float", counted(1, 2)), squeeze_dims=[1], error=True)
case("Squeeze", "squeeze_outside", feed("float", counted(1, 2)), squeeze_dims=[2], error=True)

# Transpose
for t in TYPES:
    case("Transpose", f"transpose_{t}", feed(t, counted(2, 3, 4)), i32(2, 0, 1))
for name, shape, perm in [("nchw", (2, 3, 4, 5), (0, 3, 1, 2)), ("nhwc", (2, 3, 4, 5), (0, 2, 3, 1)), ("same", (2, 3), (0, 1)), ("rank5", (2, 1, 3, 2, 2), (4, 2, 0, 1, 3)), ("scalar", (), ()), ("empty", (0, 3), (1, 0)), ("vector", (3,), (0,))]:
    case("Transpose", f"transpose_{name}", feed("float", counted(*shape)), i32(*perm))
case("Transpose", "transpose_negative", feed("float", counted(2, 3)), i32(-1, 0))
case("Transpose", "transpose_int64_perm", feed("float", counted(2, 3)), const("int64", [1, 0]))
case("Transpose", "transpose_twice", feed("float", counted(2, 3)), i32(0, 0), error=True)
case("Transpose", "transpose_short", feed("float", counted(2, 3)), i32(0), error=True)
case("Transpose", "transpose_outside", feed("float", counted(2, 3)), i32(0, 2), error=True)

# Concat, Pack, Unpack, Split
for op in ["ConcatV2", "Concat"]:

    def join(id, parts, axis, t="float", op=op, **more):
        parts = [feed(t, counted(*p)) for p in parts]
        axis = axis if not isinstance(axis, int) else const("int32", axis)
        case(op, f"{op.lower()}_{id}", *([parts, axis] if op == "ConcatV2" else [axis, parts]), **more)

    for t in TYPES:
        join(t, [(2, 3), (2, 1)], 1, t)
    for name, parts, axis in [
        ("first", [(1, 2), (3, 2)], 0), ("middle", [(2, 1, 3), (2, 2, 3), (2, 4, 3)], 1), ("negative", [(2, 3), (2, 2)], -1), ("empty_part", [(2, 0), (2, 3)], 1),
        ("all_empty", [(0, 2), (0, 2)], 0), ("many", [(1, 2)] * 17, 0), ("vectors", [(2,), (3,)], 0), ("channels", [(1, 3, 3, 2), (1, 3, 3, 5)], 3),
    ]:
        join(name, parts, axis)
    join("axis_outside", [(2, 3), (2, 3)], 2, error=True)
    join("axis_outside_negative", [(2, 3), (2, 3)], -3, error=True)
    join("other_dims", [(2, 3), (3, 3)], 1, error=True)
    join("ranks", [(2, 3), (2,)], 0, error=True)
    join("scalars", [(), ()], 0, error=True)
    join("one", [(2, 3)], 0, error=True)
case("ConcatV2", "concatv2_int64_axis", [feed("float", counted(2)), feed("float", counted(2))], const("int64", 0))
for t in ["float", "int32", "uint8", "bool", "int64"]:
    case("Pack", f"pack_{t}", [feed(t, counted(2, 3)), feed(t, counted(2, 3))])
for axis in [0, 1, 2, -1, -3]:
    case("Pack", f"pack_axis{axis}", [feed("float", normal(2, 3)) for _ in range(3)], axis=axis)
case("Pack", "pack_scalars", [feed("float", 1), feed("float", 2)])
case("Pack", "pack_one", [feed("float", counted(2))])
case("Pack", "pack_empty", [feed("float", counted(0)), feed("float", counted(0))])
case("Pack", "pack_axis_outside", [feed("float", counted(2)), feed("float", counted(2))], axis=2, error=True)
case("Pack", "pack_shapes_differ", [feed("float", counted(2)), feed("float", counted(3))], error=True)
for axis in [0, 1, -1]:
    case("Unpack", f"unpack_axis{axis}", feed("float", counted(3, 3, 3)), num=3, axis=axis)
case("Unpack", "unpack_uint8", feed("uint8", counted(2, 3)), num=2)
case("Unpack", "unpack_vector", feed("float", counted(2)), num=2)
case("Unpack", "unpack_count", feed("float", counted(3)), num=2, error=True)
case("Unpack", "unpack_scalar", feed("float", 1), num=1, error=True)
case("Unpack", "unpack_axis_outside", feed("float", counted(3)), num=3, axis=1, error=True)
for t in ["float", "uint8", "int32", "bool"]:
    case("Split", f"split_{t}", const("int32", 1), feed(t, counted(2, 6)), num_split=3)
for name, shape, axis, n in [("first", (4, 2), 0, 2), ("negative", (2, 3, 4), -1, 4), ("one", (2, 3), 0, 1), ("channels", (1, 3, 3, 6), 3, 2), ("empty", (0, 4), 1, 2)]:
    case("Split", f"split_{name}", const("int32", axis), feed("float", counted(*shape)), num_split=n)
case("Split", "split_uneven", const("int32", 0), feed("float", counted(3)), num_split=2, error=True)
case("Split", "split_axis_outside", const("int32", 1), feed("float", counted(4)), num_split=2, error=True)
case("Split", "split_scalar", const("int32", 0), feed("float", 1), num_split=1, error=True)
for name, shape, sizes, axis in [("sizes", (6, 2), (1, 2, 3), 0), ("inferred", (2, 7), (3, -1, 2), 1), ("zero", (3,), (0, 3), 0), ("negative_axis", (2, 5), (4, 1), -1), ("one", (2, 5), (5,), 1)]:
    case("SplitV", f"splitv_{name}", feed("float", counted(*shape)), i32(*sizes), const("int32", axis), num_split=len(sizes))
case("SplitV", "splitv_int64", feed("int32", counted(5)), const("int64", [2, 3]), const("int32", 0), num_split=2)
case("SplitV", "splitv_sum", feed("float", counted(5)), i32(2, 2), const("int32", 0), num_split=2, error=True)
case("SplitV", "splitv_two_inferred", feed("float", counted(5)), i32(-1, -1), const("int32", 0), num_split=2, error=True)
case("SplitV", "splitv_negative", feed("float", counted(5)), i32(-2, 7), const("int32", 0), num_split=2, error=True)
case("SplitV", "splitv_count", feed("float", counted(5)), i32(2, 3), const("int32", 0), num_split=3, error=True)

# Pad
for op in ["Pad", "PadV2", "MirrorPad"]:

    def pad(id, shape, paddings, t="float", op=op, mode="REFLECT", value=7, index="int32", **more):
        inputs = [feed(t, counted(*shape)), const(index, np.array(paddings).reshape(-1, 2))]
        if op == "PadV2":
            inputs.append(const(t, value))
        if op == "MirrorPad":
            more["mode"] = mode
        case(op, f"{op.lower()}_{id}", *inputs, **more)

    for t in TYPES:
        if not (op == "MirrorPad" and t in ["half", "bfloat16", "int16", "uint16", "int8", "uint8", "bool"]):
            pad(t, (2, 3), [[1, 0], [0, 2]], t)
    pad("image", (1, 3, 4, 2), [[0, 0], [1, 2], [2, 1], [0, 0]])
    pad("none", (2, 3), [[0, 0], [0, 0]])
    pad("vector", (5,), [[2, 3]])
    pad("int64_paddings", (2, 3), [[1, 1], [0, 2]], index="int64")
    pad("scalar", (), [])
    pad("negative", (3,), [[-1, 1]], error=True)
    pad("rows", (2, 3), [[1, 1]], error=True)
    if op != "MirrorPad":
        pad("empty", (0, 2), [[1, 2], [0, 1]])
        pad("wide", (1, 1), [[3, 4], [5, 0]])
        pad("rank5", (1, 2, 1, 2, 1), [[0, 1]] * 5)
case("PadV2", "padv2_value_shape", feed("float", counted(2)), const("int32", [[1, 1]]), const("float", [1, 2]), error=True)
for t in ["float", "int32", "int64", "double"]:
    case("MirrorPad", f"mirrorpad_symmetric_{t}", feed(t, counted(2, 3)), const("int32", [[2, 1], [0, 3]]), mode="SYMMETRIC")
case("MirrorPad", "mirrorpad_reflect_all", feed("float", counted(3, 4)), const("int32", [[2, 2], [3, 3]]), mode="REFLECT")
case("MirrorPad", "mirrorpad_reflect_too_wide", feed("float", counted(3)), const("int32", [[3, 0]]), mode="REFLECT", error=True)
case("MirrorPad", "mirrorpad_symmetric_too_wide", feed("float", counted(3)), const("int32", [[4, 0]]), mode="SYMMETRIC", error=True)
case("MirrorPad", "mirrorpad_mode", feed("float", counted(3)), const("int32", [[1, 0]]), mode="EDGE", error=True)

# StridedSlice, Slice
def slice_(id, shape, begin, end, strides, t="float", index="int32", **more):
    case("StridedSlice", f"stridedslice_{id}", feed(t, counted(*shape)), *[const(index, np.array(v)) for v in (begin, end, strides)], **more)


for t in TYPES:
    slice_(t, (4, 5), (1, 0), (3, 5), (1, 2), t)
slice_("int64_index", (4, 5), (1, 0), (3, 5), (1, 2), index="int64")
slice_("negative", (4, 5), (-3, -1), (-1, -4), (1, -1))
slice_("reverse", (4, 5), (0, 0), (0, 0), (-1, -2), begin_mask=3, end_mask=3)
slice_("beyond", (4, 5), (-9, 2), (99, 99), (1, 1))
slice_("empty", (4, 5), (3, 0), (1, 5), (1, 1))
slice_("begin_mask", (4, 5), (2, 2), (4, 4), (1, 1), begin_mask=1)
slice_("end_mask", (4, 5), (1, 2), (2, 3), (1, 1), end_mask=2)
slice_("shrink", (4, 5), (2, 1), (3, 4), (1, 1), shrink_axis_mask=1)
slice_("shrink_negative", (4, 5), (-1, 1), (0, 4), (1, 1), shrink_axis_mask=1)
slice_("shrink_all", (4, 5), (2, 1), (3, 2), (1, 1), shrink_axis_mask=3)
slice_("new_axis", (4, 5), (0, 1), (0, 3), (1, 1), new_axis_mask=1)
slice_("new_axis_last", (4, 5), (1, 0), (3, 0), (1, 1), new_axis_mask=2)
slice_("ellipsis", (2, 3, 4), (0, 1), (0, 3), (1, 1), ellipsis_mask=1)
slice_("ellipsis_middle", (2, 3, 4, 5), (1, 0, 2), (2, 0, 4), (1, 1, 1), ellipsis_mask=2)
slice_("ellipsis_shrink_new", (2, 3, 4), (0, 0, 1), (0, 0, 2), (1, 1, 1), ellipsis_mask=1, new_axis_mask=2, shrink_axis_mask=4)
slice_("fewer", (4, 5, 2), (1,), (3,), (1,))
slice_("shape_to_batch", (4,), (0,), (1,), (1,), t="int32", shrink_axis_mask=1)
slice_("nothing", (2, 3), np.zeros(0, int), np.zeros(0, int), np.zeros(0, int))
slice_("stride_over", (7,), (0,), (7,), (3,))
slice_("stride_zero", (4, 5), (0, 0), (1, 1), (1, 0), error=True)
slice_("shrink_outside", (4, 5), (4, 0), (5, 1), (1, 1), shrink_axis_mask=1, error=True)
slice_("shrink_outside_negative", (4, 5), (-5, 0), (-4, 1), (1, 1), shrink_axis_mask=1, error=True)
slice_("shrink_negative_stride", (4, 5), (2, 0), (1, 1), (-1, 1), shrink_axis_mask=1, error=True)
slice_("too_many", (4,), (0, 0), (1, 1), (1, 1), error=True)
slice_("two_ellipses", (4, 5, 6), (0, 0), (1, 1), (1, 1), ellipsis_mask=3, error=True)
case("StridedSlice", "stridedslice_fed", feed("float", counted(4, 5)), feed("int32", [1, 0]), feed("int32", [3, 4]), const("int32", [1, 1]))
for t in ["float", "uint8", "int32", "bool", "bfloat16"]:
    case("Slice", f"slice_{t}", feed(t, counted(4, 5)), i32(1, 2), i32(2, 3))
for name, begin, size in [("rest", (1, 0), (-1, -1)), ("empty", (1, 2), (0, 2)), ("whole", (0, 0), (4, 5)), ("at_end", (4, 0), (0, 5))]:
    case("Slice", f"slice_{name}", feed("float", counted(4, 5)), i32(*begin), i32(*size))
case("Slice", "slice_fed", feed("float", counted(4, 5)), feed("int32", [1, 0]), feed("int32", [2, -1]))
case("Slice", "slice_int64", feed("float", counted(4, 5)), const("int64", [1, 0]), const("int64", [2, 2]))
for name, begin, size in [("beyond", (3, 0), (2, 5)), ("negative_begin", (-1, 0), (1, 1)), ("size", (0, 0), (-2, 1)), ("begin_outside", (5, 0), (-1, 5)), ("rank", (0,), (1,))]:
    case("Slice", f"slice_{name}", feed("float", counted(4, 5)), i32(*begin), i32(*size), error=True)

# Gather
for t in TYPES:
    case("GatherV2", f"gatherv2_{t}", feed(t, counted(4, 3)), feed("int32", [2, 0, 2]), const("int32", 0))
for name, shape, indices, axis in [
    ("axis1", (2, 5, 3), (3,), 1), ("axis_negative", (2, 5, 3), (2, 2), -1), ("scalar", (5, 3), (), 0), ("matrix", (5,), (2, 3), 0), ("empty", (5, 2), (0,), 0),
]:
    case("GatherV2", f"gatherv2_{name}", feed("float", counted(*shape)), feed("int32", integers(*indices, low=0, high=2)), const("int32", axis))
case("GatherV2", "gatherv2_int64_indices", feed("float", counted(4, 3)), feed("int64", [3, 1]), const("int64", 1 - 1))
for b, axis in [(1, 1), (1, 2), (2, 2), (-1, 1)]:
    indices = (2, 4) if b in (1, -1) else (2, 3, 2)
    case("GatherV2", f"gatherv2_batch{b}_axis{axis}", feed("float", counted(2, 3, 4)), feed("int32", integers(*indices, low=0, high=2)), const("int32", axis), batch_dims=b)
case("GatherV2", "gatherv2_outside", feed("float", counted(4)), feed("int32", [4]), const("int32", 0), error=True)
case("GatherV2", "gatherv2_negative_index", feed("float", counted(4)), feed("int32", [-1]), const("int32", 0), error=True)
case("GatherV2", "gatherv2_axis_outside", feed("float", counted(4)), feed("int32", [1]), const("int32", 1), error=True)
case("GatherV2", "gatherv2_scalar_params", feed("float", 4), feed("int32", [0]), const("int32", 0), error=True)
case("GatherV2", "gatherv2_float_indices", feed("float", counted(4)), feed("float", [1]), const("int32", 0), error=True)
case("Gather", "gather_int32", feed("float", counted(4, 3)), feed("int32", [[2, 0], [1, 1]]))
case("Gather", "gather_int64", feed("uint8", counted(4)), feed("int64", [2, 0, 3]))
case("Gather", "gather_outside", feed("float", counted(4)), feed("int32", [4]), error=True)

# Tile, BroadcastTo, Fill, OneHot, Shape
for t in TYPES:
    case("Tile", f"tile_{t}", feed(t, counted(2, 3)), i32(2, 2), error=t == "uint16")
    case("BroadcastTo", f"broadcastto_{t}", feed(t, counted(2, 1)), i32(3, 2, 3))
    case("Fill", f"fill_{t}", i32(2, 3), feed(t, 1))
for name, shape, m in [("ones", (2, 3), (1, 1)), ("zero", (2, 3), (2, 0)), ("rank4", (1, 2, 1, 2), (2, 1, 3, 1)), ("scalar", (), ()), ("empty", (0, 2), (2, 2))]:
    case("Tile", f"tile_{name}", feed("float", counted(*shape)), i32(*m))
case("Tile", "tile_int64_multiples", feed("float", counted(2)), const("int64", [3]))
case("Tile", "tile_negative", feed("float", counted(2)), i32(-1), error=True)
case("Tile", "tile_length", feed("float", counted(2)), i32(1, 2), error=True)
for name, shape, to in [("scalar", (), (2, 2)), ("same", (2, 3), (2, 3)), ("rank", (3,), (2, 3)), ("empty", (1, 3), (0, 3)), ("to_scalar", (), ())]:
    case("BroadcastTo", f"broadcastto_{name}", feed("float", counted(*shape)), i32(*to))
case("BroadcastTo", "broadcastto_int64_shape", feed("float", counted(1)), const("int64", [3]))
case("BroadcastTo", "broadcastto_differs", feed("float", counted(2)), i32(3), error=True)
case("BroadcastTo", "broadcastto_smaller", feed("float", counted(2, 3)), i32(3), error=True)
case("BroadcastTo", "broadcastto_negative", feed("float", counted(1)), i32(-1), error=True)
case("Fill", "fill_scalar", i32(), feed("float", 2))
case("Fill", "fill_empty", i32(0, 2), feed("float", 2))
case("Fill", "fill_int64_dims", const("int64", [2]), feed("float", 2))
case("Fill", "fill_dims_fed", feed("int32", [2, 1]), feed("float", 2))
case("Fill", "fill_negative", i32(-1), feed("float", 2), error=True)
case("Fill", "fill_value_vector", i32(2), feed("float", [2]), error=True)
for t in ["float", "int32", "uint8", "int8", "bool", "int64", "bfloat16"]:
    case("OneHot", f"onehot_{t}", feed("int32", [1, 0, 3, -1, 4]), const("int32", 4), const(t, 1), const(t, 0))
for ti in ["int32", "int64", "uint8", "int8"]:
    case("OneHot", f"onehot_indices_{ti}", feed(ti, [[1, 0], [2, 2]]), const("int32", 3), const("float", 0.9), const("float", 0.1))
for axis in [0, 1, 2, -1]:
    case("OneHot", f"onehot_axis{axis}", feed("int32", [[1, 0], [2, 2]]), const("int32", 3), const("float", 5), const("float", -5), axis=axis)
case("OneHot", "onehot_scalar", feed("int32", 1), const("int32", 3), const("float", 1), const("float", 0))
case("OneHot", "onehot_depth_zero", feed("int32", [1]), const("int32", 0), const("float", 1), const("float", 0))
case("OneHot", "onehot_axis_outside", feed("int32", [1]), const("int32", 3), const("float", 1), const("float", 0), axis=2, error=True)
case("OneHot", "onehot_depth_negative", feed("int32", [1]), const("int32", -3), const("float", 1), const("float", 0), error=True)
case("OneHot", "onehot_depth_vector", feed("int32", [1]), const("int32", [3]), const("float", 1), const("float", 0), error=True)
for t in ["float", "uint8", "bool"]:
    case("Shape", f"shape_{t}", feed(t, counted(2, 3)))
case("Shape", "shape_int64", feed("float", counted(2, 0, 3)), out_type="int64")
case("Shape", "shape_scalar", feed("float", 1))

# Values that pass
for op in ["Identity", "Snapshot", "StopGradient", "PreventGradient"]:
    for t in ["float", "uint8", "bool", "bfloat16"]:
        case(op, f"{op.lower()}_{t}", feed(t, counted(2, 3)))
case("IdentityN", "identityn", [feed("float", counted(2)), feed("int32", counted(3))])
case("CheckNumerics", "checknumerics", feed("float", counted(2)), message="bad")
case("CheckNumerics", "checknumerics_nan", feed("float", [1, np.nan]), message="bad", error=True)
case("CheckNumerics", "checknumerics_infinite", feed("float", [1, np.inf]), message="bad", error=True)
