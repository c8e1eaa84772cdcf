"""Cases of the diagonals of matrices, and of what counts, finds and lists numbers."""

import numpy as np
from case import case, const, feed, integers, normal, uniform

MOST = ["float", "double", "half", "bfloat16", "int8", "uint8", "int16", "uint16", "int32", "int64", "uint32", "uint64"]
FEW = [t for t in MOST if t not in ("int16", "uint16", "uint32")]
ALIGN = ["RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT"]


def counted(*shape):
    return np.arange(1, 1 + int(np.prod(shape))).reshape(shape)


for t in [*MOST, "bool"]:
    case("MatrixDiag", f"matrixdiag_{t}", feed(t, counted(2, 3) % 5))
    case("MatrixDiagPart", f"matrixdiagpart_{t}", feed(t, counted(2, 3, 4) % 5))
    case("MatrixSetDiag", f"matrixsetdiag_{t}", feed(t, counted(2, 3, 4) % 5), feed(t, counted(2, 3) % 7))
case("MatrixDiag", "matrixdiag_scalar", feed("float", 1), error=True)
case("MatrixDiagPart", "matrixdiagpart_vector", feed("float", normal(3)), error=True)
case("MatrixSetDiag", "matrixsetdiag_short", feed("float", normal(3, 4)), feed("float", normal(4)), error=True)
for a in ALIGN:
    n = a.lower()
    case("MatrixDiagV3", f"matrixdiagv3_{n}", feed("float", counted(2, 4, 3)), const("int32", [-2, 1]), const("int32", -1), const("int32", -1), const("float", 9), align=a)
    case("MatrixDiagPartV3", f"matrixdiagpartv3_{n}", feed("float", counted(2, 3, 4)), const("int32", [-2, 3]), const("float", 9), align=a)
    case("MatrixSetDiagV3", f"matrixsetdiagv3_{n}", feed("float", -counted(2, 3, 4)), feed("float", counted(2, 6, 3)), const("int32", [-2, 3]), align=a)
for name, diagonal, k, rows, columns in [("upper", (2, 3), 1, -1, -1), ("lower", (3,), -2, -1, -1), ("rows", (2, 3), 0, 5, 3), ("columns", (2, 3), 0, 3, 7), ("unknown_rows", (3,), 1, -1, 6), ("unknown_columns", (3,), -1, 6, -1), ("band", (2, 2, 3), [0, 1], 3, 4), ("one", (3,), [1], -1, -1)]:
    case("MatrixDiagV2", f"matrixdiagv2_{name}", feed("int32", counted(*diagonal)), const("int32", k), const("int32", rows), const("int32", columns), const("int32", -1))
case("MatrixDiagV2", "matrixdiagv2_fed", feed("float", counted(2, 3)), feed("int32", 1), feed("int32", 5), feed("int32", -1), feed("float", 2))
case("MatrixDiagV2", "matrixdiagv2_few_rows", feed("float", counted(2, 3)), const("int32", 0), const("int32", 2), const("int32", -1), const("float", 2), error=True)
case("MatrixDiagV2", "matrixdiagv2_both", feed("float", counted(2, 3)), const("int32", 0), const("int32", 5), const("int32", 6), const("float", 2), error=True)
case("MatrixDiagV2", "matrixdiagv2_falling", feed("float", counted(2, 3)), const("int32", [1, 0]), const("int32", -1), const("int32", -1), const("float", 2), error=True)
for name, shape, k in [("upper", (2, 3, 4), 2), ("lower", (4, 3), -1), ("wide", (2, 3, 4), [1, 3]), ("tall", (5, 2), [-4, -2])]:
    case("MatrixDiagPartV2", f"matrixdiagpartv2_{name}", feed("int32", counted(*shape)), const("int32", k), const("int32", -1))
case("MatrixDiagPartV2", "matrixdiagpartv2_fed", feed("float", counted(3, 4)), feed("int32", [0, 1]), feed("float", 7))
case("MatrixDiagPartV2", "matrixdiagpartv2_outside", feed("float", counted(3, 4)), const("int32", 4), const("float", 7), error=True)
for name, shape, diagonal, k in [("upper", (2, 3, 4), (2, 2), 2), ("lower", (4, 3), (3,), -1), ("band", (4, 3), (2, 3), [-1, 0])]:
    case("MatrixSetDiagV2", f"matrixsetdiagv2_{name}", feed("int32", -counted(*shape)), feed("int32", counted(*diagonal)), const("int32", k))
for t in ["float", "double", "half", "int32", "int64"]:
    case("Diag", f"diag_{t}", feed(t, counted(2, 3)))
    case("DiagPart", f"diagpart_{t}", feed(t, counted(2, 3, 2, 3)))
case("Diag", "diag_scalar", const("float", 1), error=True)
case("DiagPart", "diagpart_odd", feed("float", counted(2, 3, 2)), error=True)
case("DiagPart", "diagpart_uneven", feed("float", counted(2, 3)), error=True)

# Places in sorted rows
for op in ["LowerBound", "UpperBound"]:
    for t in FEW:
        case(op, f"{op.lower()}_{t}", const(t, [[1, 3, 3, 5, 9], [0, 2, 2, 2, 4]]), feed(t, integers(2, 7, low=0, high=10)))
    case(op, f"{op.lower()}_int64_out", feed("float", np.sort(np.random.default_rng(1).normal(size=(1, 9)))), feed("float", normal(1, 5)), out_type="int64")
    case(op, f"{op.lower()}_nan", feed("float", [[1, 2, np.nan]]), feed("float", [[np.nan, 0, 3]]))
    case(op, f"{op.lower()}_none", feed("float", np.zeros((2, 0))), feed("float", normal(2, 3)))
    case(op, f"{op.lower()}_rows", feed("float", normal(2, 3)), feed("float", normal(3, 3)), error=True)

# Distinct numbers
SIGNED = [0, -0.0, np.nan, 1, -0.0, np.nan, 1, 0]
for t in ["float", "double", "half", "bfloat16"]:
    case("UniqueV2", f"uniquev2_signed_{t}", feed(t, SIGNED), const("int64", np.array([], np.int64)))
    case("ListDiff", f"listdiff_signed_{t}", feed(t, SIGNED), feed(t, [np.nan, -0.0]))
for t in ["float", "int32", "uint8", "bool", "int64"]:
    case("UniqueWithCounts", f"uniquewithcounts_{t}", feed(t, integers(12, low=0, high=4)))
    case("UniqueWithCountsV2", f"uniquewithcountsv2_{t}", feed(t, integers(6, 2, low=0, high=1)), const("int32", [0]), out_idx="int64")
case("UniqueV2", "uniquev2_columns", feed("float", integers(2, 9, low=0, high=1)), const("int64", [-1]))
case("UniqueV2", "uniquev2_middle", feed("half", integers(2, 5, 2, low=0, high=1)), const("int64", [1]))
case("UniqueV2", "uniquev2_signed_rows", feed("float", [[np.nan, 1], [0, 1], [-0.0, 1], [np.nan, 1], [0, 1]]), const("int64", [0]))
case("UniqueV2", "uniquev2_empty_rows", feed("float", np.zeros((3, 0))), const("int64", [0]))
case("UniqueWithCountsV2", "uniquewithcountsv2_columns", feed("int32", integers(2, 9, low=0, high=1)), const("int64", [1]))
case("UniqueV2", "uniquev2_outside", feed("float", normal(2, 3)), const("int64", [2]), error=True)
case("UniqueV2", "uniquev2_matrix", feed("float", normal(2, 3)), const("int64", np.array([], np.int64)), error=True)
for t in FEW:
    case("ListDiff", f"listdiff_{t}", feed(t, integers(12, low=0, high=9)), feed(t, integers(4, low=0, high=9)), out_idx="int64" if t == "float" else "int32")
case("ListDiff", "listdiff_matrix", feed("float", normal(2, 3)), feed("float", normal(3)), error=True)

# Counts, orders and products
for t in ["float", "double", "int32", "int64"]:
    case("Bincount", f"bincount_{t}", feed("int32", integers(2, 9, low=0, high=6)), const("int32", 6), feed(t, integers(2, 9)))
    case("Bincount", f"bincount_ones_{t}", feed("int32", integers(9, low=0, high=6)), const("int32", 7), const(t, np.zeros(0)))
    case("DenseBincount", f"densebincount_{t}", feed("int64", integers(3, 9, low=0, high=6)), const("int64", 6), feed(t, integers(3, 9)))
    case("DenseBincount", f"densebincount_binary_{t}", feed("int32", integers(3, 9, low=0, high=9)), const("int32", 6), const(t, np.zeros(0)), binary_output=True)
case("Bincount", "bincount_steps", feed("int32", integers(200, low=0, high=6)), const("int32", 6), feed("float", normal(200)))
case("DenseBincount", "densebincount_vector", feed("int32", integers(9, low=0, high=6)), feed("int32", 5), const("float", np.zeros(0)))
case("DenseBincount", "densebincount_scalar", const("int32", 5), const("int32", 7), const("float", np.zeros(0)))
case("Bincount", "bincount_negative", feed("int32", [1, -1]), const("int32", 7), const("float", np.zeros(0)), error=True)
case("Bincount", "bincount_negative_size", feed("int32", [1, 1]), const("int32", -7), const("float", np.zeros(0)), error=True)
case("DenseBincount", "densebincount_negative", feed("int32", [1, -1]), const("int32", 7), const("float", np.zeros(0)), error=True)
PREDICTIONS = [[1, 2, 3, 0], [1, np.nan, 2, 5], [2, 2, 1, 0], [1, 2, 3, 4], [1, np.inf, 0, 2], [4, 3, 2, 1]]
for k in [0, 1, 2, 4, 9]:
    case("InTopK", f"intopk_{k}", feed("float", PREDICTIONS), feed("int32", [1, 0, 1, 4, 0, -1]), k=k)
    case("InTopKV2", f"intopkv2_{k}", feed("float", normal(6, 4)), feed("int64", integers(6, low=0, high=3)), const("int64", k))
case("InTopK", "intopk_targets", feed("float", normal(3, 4)), feed("int32", [1, 0]), k=1, error=True)
for t in MOST:
    case("NthElement", f"nthelement_{t}", feed(t, integers(3, 7, low=0, high=40)), const("int32", 2))
for t in MOST[:-1]:
    case("Cross", f"cross_{t}{'_steps' * (t in ('float', 'double'))}", feed(t, uniform(2, 4, 3, high=90)), feed(t, uniform(2, 4, 3, high=90)))
case("NthElement", "nthelement_long", feed("float", normal(2, 300)), feed("int32", 117))
case("NthElement", "nthelement_equal", feed("int32", integers(2, 300, low=0, high=3)), feed("int32", 150))
case("NthElement", "nthelement_reverse", feed("float", normal(2, 3, 7)), feed("int32", 2), reverse=True)
case("NthElement", "nthelement_outside", feed("float", normal(7)), const("int32", 7), error=True)
case("NthElement", "nthelement_negative", feed("float", normal(7)), const("int32", -1), error=True)
case("Cross", "cross_shapes", feed("float", normal(2, 3)), feed("float", normal(1, 3)), error=True)
case("Cross", "cross_four", feed("float", normal(2, 4)), feed("float", normal(2, 4)), error=True)
for t in ["float", "double"]:
    case("ApproximateEqual", f"approximateequal_{t}", feed(t, [1, 1, 1, np.inf, np.nan, 0]), feed(t, [1.00001, 1.1, 1.0000099, np.inf, np.nan, 1e-5]))
case("ApproximateEqual", "approximateequal_wide", feed("float", normal(3, 4)), feed("float", normal(3, 4)), tolerance=0.7)
case("ApproximateEqual", "approximateequal_shapes", feed("float", normal(3, 4)), feed("float", normal(4)), error=True)
for t in ["float", "int32", "bool"]:
    case("Empty", f"empty_{t}", const("int32", [2, 3]), dtype=t, init=True)
