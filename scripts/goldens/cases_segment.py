"""Segments of rows, and sparse tensors: what embeddings are made of."""

import numpy as np

from case import case, const, feed, integers, normal

NUMBERS = ["float", "double", "half", "bfloat16", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
REALS = ["float", "double", "half", "bfloat16"]
NAN, INF = float("nan"), float("inf")


def data(t, *shape):
    if t in REALS:
        return feed(t, normal(*shape))
    return feed(t, integers(*shape, low=0 if t[0] == "u" else -100, high=100))


def counts(*lengths):
    """Sorted ids of segments with these lengths."""
    return np.repeat(np.arange(len(lengths)), lengths)


# Sorted segments. Vectors of 16 rows or more have four accumulators.
MODES = ["Sum", "Mean", "Prod", "Max", "Min"]
for mode in MODES:
    op = f"Segment{mode}"
    for t in NUMBERS:
        case(op, f"segment{mode.lower()}_{t}", data(t, 22, 11), feed("int32", counts(1, 0, 4, 17)), group=op)
    for name, shape, ids in [
        ("long", (90, 35), counts(2, 15, 16, 0, 19, 38)), ("vector", (40,), counts(17, 0, 3, 20)), ("cube", (6, 2, 5), [1, 1, 2, 2, 2, 4]),
        ("none", (0, 3), []), ("no_columns", (3, 0), [0, 1, 3]), ("one", (1, 3), [0]), ("gaps", (3, 2), [2, 2, 5]),
    ]:
        case(op, f"segment{mode.lower()}_{name}", data("float", *shape), feed("int64", np.array(ids, np.int64)))
    case(op, f"segment{mode.lower()}_constant_ids", data("float", 5, 3), const("int32", [0, 0, 2, 2, 2]))
    for name, ids in [("decreasing", [0, 2, 1, 3]), ("negative", [-1, 0, 0, 1]), ("all_negative", [-1, -1, -1, -1]), ("length", [0, 0, 1]), ("matrix", [[0, 0, 1, 1]])]:
        case(op, f"segment{mode.lower()}_{name}", data("float", 4, 3), feed("int32", ids), error=True)
    case(op, f"segment{mode.lower()}_scalar", feed("float", 1), feed("int32", [0]), error=True)
case("SegmentSum", "segmentsum_huge", data("float", 2, 3), feed("int64", [0, 1 << 40]), error=True)
special = np.zeros((5, 11), np.float32)
special[0], special[1], special[2], special[3], special[4] = NAN, 0.0, -0.0, 1, NAN
for mode in ["Sum", "Max", "Min"]:
    for name, ids in [("special", [0, 0, 0, 0, 0]), ("zeros", [0, 1, 1, 2, 3]), ("nan", [0, 0, 1, 1, 1])]:
        case(f"Segment{mode}", f"segment{mode.lower()}_{name}", feed("float", special), feed("int32", ids))
    case(f"UnsortedSegment{mode}", f"unsortedsegment{mode.lower()}_special", feed("float", special), feed("int32", [0, 1, 1, 2, 2]), const("int32", 3))
for mode in ["Max", "Min"]:
    case(f"Segment{mode}", f"segment{mode.lower()}_only_nan", feed("float", np.full((3, 9), NAN)), feed("int32", [0, 0, 0]))

# Segments in any order
for mode in ["Sum", "Prod", "Max", "Min"]:
    op = f"UnsortedSegment{mode}"
    name = op.lower()
    for t in NUMBERS:
        case(op, f"{name}_{t}", data(t, 9, 5), feed("int32", [3, 0, -1, 3, 3, 5, 0, -7, 3]), const("int32", 7))
    case(op, f"{name}_long", data("float", 200, 19), feed("int64", integers(200, low=-1, high=5)), const("int64", 6))
    case(op, f"{name}_half_long", data("half", 200, 19), feed("int64", integers(200, low=-1, high=5)), const("int64", 6))
    case(op, f"{name}_matrix_ids", data("float", 2, 3, 4), feed("int32", [[0, 1, 0], [2, 2, -1]]), const("int32", 4))
    case(op, f"{name}_scalar_id", data("float", 2, 3), feed("int32", 1), const("int32", 2))
    case(op, f"{name}_computed_count", data("float", 3, 2), feed("int32", [1, 1, 0]), feed("int32", 4))
    case(op, f"{name}_none", data("float", 0, 3), feed("int32", np.zeros(0)), const("int32", 2))
    case(op, f"{name}_no_columns", data("float", 2, 0), feed("int32", [7, 7]), const("int32", 2))
    case(op, f"{name}_no_segments", data("float", 2, 3), feed("int32", [-1, -1]), const("int32", 0))
    case(op, f"{name}_outside", data("float", 2, 3), feed("int32", [0, 2]), const("int32", 2), error=True)
    case(op, f"{name}_negative_count", data("float", 2, 3), feed("int32", [0, 0]), const("int32", -2), error=True)
    case(op, f"{name}_length", data("float", 2, 3), feed("int32", [0, 0, 0]), const("int32", 2), error=True)
    case(op, f"{name}_count_vector", data("float", 2, 3), feed("int32", [0, 0]), const("int32", [2]), error=True)
case("UnsortedSegmentSum", "unsortedsegmentsum_int16_ids", data("float", 3, 2), feed("int16", [1, 1, 0]), const("int32", 2))

# Rows of a table. 2 to 9 rows are added at first, then 8 at a time; from 10 on Mean and SqrtN divide.
for mode in ["Sum", "Mean", "SqrtN"]:
    op = f"SparseSegment{mode}"
    name = op.lower()
    for t in NUMBERS if mode == "Sum" else REALS:
        case(op, f"{name}_{t}", data(t, 30, 11), feed("int32", integers(60, low=0, high=29)), feed("int32", counts(1, 0, 3, 8, 9, 10, 0, 29)))
    for i in range(2, 20):
        case(op, f"{name}_rows{i}", data("float", 30, 3), feed("int32", integers(i, low=0, high=29)), feed("int64", np.zeros(i)))
    case(op, f"{name}_wide", data("float", 50, 64), feed("int64", integers(90, low=0, high=49)), feed("int64", counts(*[2, 0, 17, 1, 33, 0, 0, 25, 12])))
    case(op, f"{name}_vector", data("float", 9), feed("int32", [8, 0, 3, 3]), feed("int32", [0, 0, 0, 2]))
    case(op, f"{name}_cube", data("half", 4, 2, 3), feed("int32", [3, 0, 0, 1]), feed("int32", [0, 0, 2, 2]))
    case(op, f"{name}_none", data("float", 4, 3), feed("int32", np.zeros(0)), feed("int32", np.zeros(0)))
    case(op, f"{name}_no_columns", data("float", 4, 0), feed("int32", [1]), feed("int32", [2]))
    case(op, f"{name}_constant", data("float", 4, 3), const("int32", [3, 0, 0]), const("int32", [0, 2, 2]))
    for what, indices, ids in [
        ("outside", [3, 0, 4], [0, 2, 2]), ("negative", [3, 0, -1], [0, 2, 2]), ("decreasing", [3, 0, 1], [0, 2, 1]), ("negative_id", [3, 0, 1], [-1, 0, 1]),
        ("lengths", [3, 0, 1], [0, 1]), ("matrix", [[3, 0, 1]], [0, 1, 2]),
    ]:
        case(op, f"{name}_{what}", data("float", 4, 3), feed("int32", indices), feed("int32", ids), error=True)
    case(op, f"{name}_scalar", feed("float", 1), feed("int32", [0]), feed("int32", [0]), error=True)
    op += "WithNumSegments"
    name = op.lower()
    ids = counts(1, 0, 3, 8)
    for count in [4, 7]:
        case(op, f"{name}_{count}", data("float", 9, 5), feed("int32", integers(12, low=0, high=8)), feed("int32", ids), const("int32", count))
    case(op, f"{name}_bfloat16", data("bfloat16", 9, 5), feed("int64", integers(12, low=0, high=8)), feed("int64", ids), const("int64", 5))
    case(op, f"{name}_computed", data("float", 9, 5), feed("int32", integers(12, low=0, high=8)), feed("int32", ids), feed("int32", 5))
    case(op, f"{name}_none", data("float", 4, 3), feed("int32", np.zeros(0)), feed("int32", np.zeros(0)), const("int32", 2))
    case(op, f"{name}_few", data("float", 9, 5), feed("int32", integers(12, low=0, high=8)), feed("int32", ids), const("int32", 3), error=True)
    case(op, f"{name}_negative", data("float", 4, 3), feed("int32", np.zeros(0)), feed("int32", np.zeros(0)), const("int32", -2), error=True)
    case(op, f"{name}_vector", data("float", 4, 3), feed("int32", [0]), feed("int32", [0]), const("int32", [2]), error=True)
case("SparseSegmentSumWithNumSegments", "sparsesegmentsumwithnumsegments_int32", data("int32", 9, 5), feed("int32", integers(12, low=0, high=8)), feed("int32", counts(1, 0, 3, 8)), const("int32", 6))


def fill(name, indices, shape, t="float", default=-1, rank=2, **more):
    n = len(indices)
    case(
        "SparseFillEmptyRows", f"sparsefillemptyrows_{name}", feed("int64", np.array(indices, np.int64).reshape(n, rank)), feed(t, np.arange(1, n + 1)), feed("int64", shape),
        feed(t, default), **more,
    )


for t in ["float", "half", "int8", "int64", "bool"]:
    fill(t, [[0, 1], [2, 0], [2, 3]], [4, 5], t, default=1)
fill("full", [[0, 1], [1, 0]], [2, 5])
fill("unordered", [[1, 1], [0, 0], [1, 0], [4, 4]], [6, 5])
fill("unordered_full", [[1, 1], [0, 0]], [2, 5])
fill("none", [], [3, 5])
fill("no_rows", [], [0, 5])
fill("rank1", [[1]], [3], rank=1)
fill("rank3", [[1, 2, 3], [1, 0, 9]], [3, 4, 4], rank=3)
fill("rows_of_none", [[0, 0]], [0, 5], error=True)
fill("negative_rows", [], [-2, 5], error=True)
fill("outside", [[4, 0]], [4, 5], error=True)
fill("negative", [[-1, 0]], [4, 5], error=True)
fill("ranks", [[1, 0]], [3], error=True)
fill("default_vector", [[1, 0]], [3, 2], default=[1], error=True)
fill("huge", [[1, 0]], [1 << 50, 2], error=True)


def reshape(name, indices, shape, to, **more):
    case(
        "SparseReshape", f"sparsereshape_{name}", feed("int64", np.array(indices, np.int64).reshape(len(indices), -1 if len(indices) else len(shape))), feed("int64", shape),
        feed("int64", to), **more,
    )


reshape("plain", [[0, 1], [1, 2]], [2, 3], [3, 2])
reshape("open", [[0, 1], [1, 2]], [2, 3], [-1])
reshape("open_middle", [[0, 1, 2], [1, 2, 3]], [2, 3, 4], [2, -1, 2])
reshape("same", [[0, 9], [7, 2]], [2, 3], [2, 3])
reshape("outside", [[0, 9], [7, 2]], [2, 3], [3, 2])
reshape("negative", [[0, -9], [-7, 2]], [2, 3], [3, 2])
reshape("none", [], [0, 3], [3, 0])
reshape("none_open", [], [0, 3], [3, -1])
reshape("empty_same", [[0, 0]], [0, 3], [0, 3])
reshape("scalar", [[0, 0]], [1, 1], np.zeros(0))
reshape("two_open", [[0, 1]], [2, 3], [-1, -1], error=True)
reshape("less_than_open", [[0, 1]], [2, 3], [-2, -3], error=True)
reshape("elements", [[0, 1]], [2, 3], [4, 2], error=True)
reshape("multiple", [[0, 1]], [2, 3], [4, -1], error=True)
reshape("empty", [[0, 0]], [0, 3], [3, 0], error=True)
reshape("open_of_none", [], [0, 3], [0, -1], error=True)
reshape("negative_shape", [[0, 0]], [-1, -6], [2, 3], error=True)
reshape("overflow", [], [1 << 40, 1 << 40], [1 << 40, 1 << 40], error=True)
reshape("ranks", [[1, 2, 3]], [2, 3], [6], error=True)


def product(name, a=(6, 20), n=5, indices=None, count=70, t="float", adjoint_a=False, adjoint_b=False, shape=None, b=None, give=const, **more):
    def drawn(rng):
        at = np.stack([rng.integers(0, a[0], count), rng.integers(0, a[1], count)], 1)
        return at[:, ::-1] if adjoint_a else at

    sides = (a[1], a[0]) if adjoint_a else a
    values = count if indices is None else len(indices)
    case(
        "SparseTensorDenseMatMul", f"sparsetensordensematmul_{name}", feed(more.pop("index", "int64"), drawn if indices is None else indices), data(t, values),
        give("int64", shape or sides), data(t, *(b or ((n, a[1]) if adjoint_b else (a[1], n)))), adjoint_a=adjoint_a, adjoint_b=adjoint_b, **more,
    )


for t in [*REALS, "int32"]:
    for n in [5, 40]:
        product(f"{t}_{n}", n=n, t=t)
for adjoint in [(True, False), (False, True), (True, True)]:
    product(f"adjoint_{int(adjoint[0])}{int(adjoint[1])}", adjoint_a=adjoint[0], adjoint_b=adjoint[1])
    product(f"adjoint_wide_{int(adjoint[0])}{int(adjoint[1])}", n=33, adjoint_a=adjoint[0], adjoint_b=adjoint[1], index="int32")
product("none", indices=np.zeros((0, 2)))
product("no_columns", n=0)
product("computed_shape", give=feed)
product("outside_rows", indices=[[0, 1], [6, 1]], error=True)
product("outside_columns", indices=[[0, 1], [1, 20]], error=True)
product("negative", indices=[[0, 1], [-1, 1]], error=True)
product("inner", b=(19, 5), error=True)
product("rank", shape=[6, 20, 1], error=True)
product("b_rank", b=(20,), error=True)
