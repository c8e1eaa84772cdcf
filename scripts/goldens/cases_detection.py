"""Ops whose outputs' shapes depend on data, and others of detection and of transformers."""

import numpy as np
from case import case, const, feed, integers, normal

for t in ["bool", "float", "double", "int32", "uint8", "int64", "int8"]:
    case("Where", f"where_{t}", feed(t, integers(3, 4, low=0, high=1)))
for name, array in [("none", np.zeros((2, 3))), ("all", np.ones((2, 3))), ("vector", [0, 1, 0, 1]), ("empty", np.zeros((0, 2))), ("rank3", np.arange(12).reshape(2, 3, 2) % 3 == 0)]:
    case("Where", f"where_{name}", feed("bool", array))
case("Where", "where_scalar", feed("bool", True), error=True)
case("Where", "where_nan", feed("float", [0.0, -0.0, np.nan, 1]))
for t in ["int32", "int64", "float", "uint8", "bool"]:
    case("Unique", f"unique_{t}", feed(t, [1, 0, 1, 1, 0]) if t == "bool" else feed(t, [5, 3, 5, 7, 3, 3]))
case("Unique", "unique_int64_index", feed("int32", [5, 3, 5]), out_idx="int64")
case("Unique", "unique_empty", feed("int32", np.zeros(0)))
case("Unique", "unique_matrix", feed("int32", [[1]]), error=True)


def boxes(n):
    """Boxes around few centers, so that they overlap; some with corners exchanged."""

    def draw(rng):
        center, size = rng.integers(0, 4, (n, 2)) / 4 + rng.random((n, 2)) * 0.15, 0.1 + rng.random((n, 2)) * 0.3
        b = np.concatenate([center - size / 2, center + size / 2], 1)
        flip = rng.random(n) < 0.2
        b[flip] = b[flip][:, [2, 3, 0, 1]]
        return b

    return draw


def scores(*shape):
    return lambda rng: rng.permutation(int(np.prod(shape))).reshape(shape) / np.prod(shape)


for n, most, iou in [(30, 10, 0.5), (30, 100, 0.3), (1, 1, 0.5), (30, 5, 0.0), (30, 10, 1.0), (20, 0, 0.5)]:
    case("NonMaxSuppression", f"nonmaxsuppression_{n}_{most}_{iou}", feed("float", boxes(n)), feed("float", scores(n)), const("int32", most), iou_threshold=iou)
    case("NonMaxSuppressionV2", f"nonmaxsuppressionv2_{n}_{most}_{iou}", feed("float", boxes(n)), feed("float", scores(n)), const("int32", most), const("float", iou))
    for score in [0.0, 0.4]:
        args = [feed("float", boxes(n)), feed("float", scores(n)), const("int32", most), const("float", iou), const("float", score)]
        case("NonMaxSuppressionV3", f"nonmaxsuppressionv3_{n}_{most}_{iou}_{score}", *args)
        for pad in [False, True]:
            case("NonMaxSuppressionV4", f"nonmaxsuppressionv4_{n}_{most}_{iou}_{score}_{int(pad)}", *args, pad_to_max_output_size=pad)
            for sigma in [0.0, 0.5]:
                case("NonMaxSuppressionV5", f"nonmaxsuppressionv5_{n}_{most}_{iou}_{score}_{sigma}_{int(pad)}", *args, const("float", sigma), pad_to_max_output_size=pad)
case("NonMaxSuppressionV3", "nonmaxsuppressionv3_ties", feed("float", boxes(12)), feed("float", np.repeat([0.5, 0.9, 0.5], 4)), const("int32", 12), const("float", 0.3), const("float", 0.1))
case("NonMaxSuppressionV3", "nonmaxsuppressionv3_none", feed("float", np.zeros((0, 4))), feed("float", np.zeros(0)), const("int32", 3), const("float", 0.5), const("float", 0))
case("NonMaxSuppressionV3", "nonmaxsuppressionv3_flat", feed("float", [[0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 1, 1]]), feed("float", [3, 2, 1]), const("int32", 3), const("float", 0.5), const("float", 0))
case("NonMaxSuppressionV3", "nonmaxsuppressionv3_half", feed("half", boxes(20)), feed("half", scores(20)), const("int32", 8), const("half", 0.5), const("half", 0.1))
case("NonMaxSuppressionV3", "nonmaxsuppressionv3_threshold", feed("float", boxes(3)), feed("float", scores(3)), const("int32", 3), const("float", 1.5), const("float", 0), error=True)
case("NonMaxSuppressionV3", "nonmaxsuppressionv3_lengths", feed("float", boxes(3)), feed("float", scores(4)), const("int32", 3), const("float", 0.5), const("float", 0), error=True)
case("NonMaxSuppressionV3", "nonmaxsuppressionv3_negative", feed("float", boxes(3)), feed("float", scores(3)), const("int32", -1), const("float", 0.5), const("float", 0), error=True)
for q in [1, 3]:
    for clip in [False, True]:
        for pad in [False, True]:
            def many(rng, q=q):
                return np.stack([np.stack([boxes(20)(rng) for _ in range(q)], 1) for _ in range(2)])

            case("CombinedNonMaxSuppression", f"combinednonmaxsuppression_{q}_{int(clip)}_{int(pad)}", feed("float", many), feed("float", scores(2, 20, 3)), const("int32", 4), const("int32", 25), const("float", 0.4), const("float", 0.2), clip_boxes=clip, pad_per_class=pad)
# Few scores, as of INT8 models: the order of equals is that of TensorFlow's heap and sort.
for name, n, classes, levels, lowest, most, total in [("heap", 12, 1, 1, 0, 12, 12), ("sort", 40, 3, 2, 0, 40, 100), ("unfilled", 40, 3, 3, 0, 30, 50), ("below", 30, 2, 3, -3, 30, 60)]:
    def levelled(rng, n=n, classes=classes, levels=levels, lowest=lowest):
        return (rng.integers(1, levels + 1, (1, n, classes)) / levels + lowest).astype(np.float32)

    def separate(rng, n=n):
        return boxes(n)(rng).reshape(1, n, 1, 4)

    case("CombinedNonMaxSuppression", f"combinednonmaxsuppression_ties_{name}", feed("float", separate), feed("float", levelled), const("int32", most), const("int32", total), const("float", 0.7), const("float", 0.2 + lowest), clip_boxes=False)
case("CombinedNonMaxSuppression", "combinednonmaxsuppression_few", feed("float", lambda rng: boxes(20)(rng).reshape(1, 20, 1, 4)), feed("float", scores(1, 20, 2)), const("int32", 4), const("int32", 5), const("float", 0.4), const("float", 0.2))
case("CombinedNonMaxSuppression", "combinednonmaxsuppression_classes", feed("float", lambda rng: boxes(20)(rng).reshape(1, 20, 1, 4)), feed("float", scores(1, 10, 2)), const("int32", 4), const("int32", 5), const("float", 0.4), const("float", 0.2), error=True)

for name, shape in [("same", [2, 3]), ("unknown", [-1, 3])]:
    case("EnsureShape", f"ensureshape_{name}", feed("float", normal(2, 3)), shape=shape)
case("EnsureShape", "ensureshape_differs", feed("float", normal(2, 3)), shape=[2, 4], error=True)
for name, t, to, data in [("float_int32", "float", "int32", normal(2, 3)), ("int32_uint8", "int32", "uint8", integers(2, 3)), ("uint8_int32", "uint8", "int32", integers(2, 4, low=0)), ("uint8_qint8", "uint8", "qint8", integers(5, low=0)), ("int64_float", "int64", "float", integers(2)), ("half_uint16", "half", "uint16", normal(4))]:
    case("Bitcast", f"bitcast_{name}", feed(t, data), type=to)
case("Bitcast", "bitcast_short", feed("uint8", integers(2, 3, low=0)), type="int32", error=True)
for lower, upper in [(-1, 0), (0, -1), (0, 0), (1, 2), (-1, -1), (2, 1)]:
    case("MatrixBandPart", f"matrixbandpart_{lower}_{upper}", feed("float", normal(2, 4, 5)), const("int64", lower), const("int64", upper))
case("MatrixBandPart", "matrixbandpart_int32", feed("int32", integers(3, 3)), const("int32", -1), const("int32", 1))
case("MatrixBandPart", "matrixbandpart_too_many", feed("float", normal(2, 3)), const("int64", 3), const("int64", 0), error=True)

for name, equation, *shapes in [
    ("matmul", "ij,jk->ik", (2, 3), (3, 4)), ("bert_scores", "BTNH,BFNH->BNFT", (2, 5, 3, 4), (2, 6, 3, 4)), ("bert_context", "BNFT,BTNH->BFNH", (2, 3, 6, 5), (2, 5, 3, 4)),
    ("dense3", "abc,cde->abde", (2, 3, 4), (4, 3, 2)), ("project", "abcd,cde->abe", (2, 3, 4, 2), (4, 2, 5)), ("swap", "ab->ba", (2, 3)), ("sum", "abc->b", (2, 3, 4)), ("total", "ab->", (2, 3)),
    ("dot", "a,a->", (5,), (5,)), ("outer", "a,b->ab", (3,), (4,)), ("elementwise", "ab,ab->ab", (2, 3), (2, 3)), ("rows", "ab,a->ab", (2, 3), (2,)), ("batch", "bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
    ("left_sum", "abx,bc->ac", (2, 3, 4), (3, 5)), ("both_sum", "ax,yb->ab", (2, 3), (4, 5)), ("ellipsis", "...ij,...jk->...ik", (2, 3, 4), (2, 4, 5)), ("ellipsis_broadcast", "...ij,...jk->...ik", (2, 1, 3, 4), (3, 4, 5)),
    ("ellipsis_one", "...a,ab->...b", (2, 3, 4), (4, 5)), ("ellipsis_swap", "...ab->...ba", (2, 3, 4)), ("out_order", "ij,jk->ki", (2, 3), (3, 4)), ("heads", "abc,adc->abd", (2, 3, 4), (2, 5, 4)),
]:
    case("Einsum", f"einsum_{name}", [feed("float", normal(*s)) for s in shapes], equation=equation)
for t in ["double", "half", "int32", "bfloat16"]:
    case("Einsum", f"einsum_{t}", [feed(t, integers(2, 3)), feed(t, integers(3, 4))], equation="ij,jk->ik")
case("Einsum", "einsum_differs", [feed("float", normal(2, 3)), feed("float", normal(4, 5))], equation="ij,jk->ik", error=True)
case("Einsum", "einsum_rank", [feed("float", normal(2, 3, 1)), feed("float", normal(3, 5))], equation="ij,jk->ik", error=True)
case("Einsum", "einsum_unknown_output", [feed("float", normal(2, 3))], equation="ij->ik", error=True)
case("Einsum", "einsum_spaces", [feed("float", normal(2, 3)), feed("float", normal(3, 4))], equation="i j, j k -> i k", error=True)
case("Einsum", "einsum_no_output", [feed("float", normal(2, 3))], equation="ij", error=True)
for t in ["float", "double", "int32"]:
    case("BatchMatMulV3", f"batchmatmulv3_{t}", feed(t, integers(2, 3, 4)), feed(t, integers(2, 4, 5)), Tout=t)
case("BatchMatMulV3", "batchmatmulv3_adjoint", feed("float", normal(2, 4, 3)), feed("float", normal(5, 4)), Tout="float", adj_x=True, adj_y=True)
case("BatchMatMulV3", "batchmatmulv3_int8", feed("int8", integers(2, 3, 4)), feed("int8", integers(2, 4, 5)), Tout="int32")
