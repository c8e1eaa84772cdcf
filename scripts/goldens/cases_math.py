"""Further functions of one and two numbers, reductions of other kinds, order."""

import numpy as np
from case import case, const, feed, integers, normal, uniform

REALS = ["float", "double", "half", "bfloat16"]
INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "int64"]
SPECIAL = [0.0, -0.0, 1, -1, 0.5, -0.5, 2, -3, 88, -88, 1e-30, -1e-6, np.inf, -np.inf, np.nan]


def one(op, lo=-4.0, hi=4.0, types=("float", "double", "half"), special=None):
    for t in types:
        case(op, f"{op.lower().strip('_')}_{t}", feed(t, uniform(3, 5, low=lo, high=hi)))
    case(op, f"{op.lower().strip('_')}_special", feed("float", SPECIAL if special is None else special))


for op in ["Softplus", "Softsign", "Expm1", "Erfc", "Atan", "Sinh", "Cosh", "Asinh"]:
    one(op)
one("Selu", special=[0.0, 1, -1, 0.5, -0.5, 2, -3, 88, -88, np.inf, -np.inf, np.nan])
one("Log1p", -0.9, 5)
one("Sin", -20, 20, special=[0.0, -0.0, 1e-30, 100, -1000, 31415.9, 3.1415927, 1.5707964, np.nan])
one("Cos", -20, 20, special=[0.0, -0.0, 1e-30, 100, -1000, 31415.9, 3.1415927, 1.5707964, np.nan])
one("Tan", -1.5, 1.5, special=[0.0, -0.0, 1e-30, 1, -1, np.nan])
one("Asin", -1, 1, special=[0.0, -0.0, 1, -1, 0.5, np.nan, 2])
one("Acos", -1, 1, special=[0.0, -0.0, 1, -1, 0.5, np.nan, 2])
one("Acosh", 1, 9, special=[1, 2, 100, 1e10, np.nan])
one("Atanh", -0.99, 0.99, special=[0.0, 0.5, -0.5, 1, -1, np.nan])
case("Erfc", "erfc_tail", feed("float", [2, 3, 4, 5, 6, 8, 9, 9.5, -2, -5]))
case("Erfc", "erfc_tail_double", feed("double", [2, 3, 4, 5, 6, 8, 20, 26, -2, -5]))
case("Log1p", "log1p_small", feed("double", [1e-300, 1e-20, 1e-9, -1e-9, 1e-3]))
case("Expm1", "expm1_small", feed("double", [1e-300, 1e-20, 1e-9, -1e-9, 1e-3, 0.49, 0.51, 30]))
case("Log1p", "log1p_negative", feed("float", [-1, -2]))
# float64 up to its largest numbers, where a formula's steps leave its range or cancel.
WIDE = [0, 1e-300, 1e-20, 1e-9, 1e-3, 0.25, 0.5, 0.75, 1 - 1e-9, 1, 1 + 1e-9, 1.5, 2, 5, 20, 26.5, 50, 300, 700, 709.5, 710, 710.4, 745, 1e10, 1e100, 1e300, 1.7e308, np.inf, np.nan]
for op in [
    "Exp", "Expm1", "Log", "Log1p", "Sinh", "Cosh", "Tanh", "Asinh", "Acosh", "Atanh", "Asin", "Acos", "Atan", "Erfc", "Sigmoid", "Softplus", "Softsign", "Elu", "Sqrt", "Rsqrt",
]:
    case(op, f"{op.lower()}_double_wide", feed("double", WIDE + [-v for v in WIDE]))
case("Erf", "erf_double_wide", feed("double", [v for v in WIDE if v < 1e3] + [-v for v in WIDE if v < 1e3]))  # TensorFlow gives NaN for larger ones
case("Selu", "selu_double_wide", feed("double", WIDE + [-v for v in WIDE if not 0 < v < 1e-6]))  # and fewer digits for these
for op in ["Softmax", "LogSoftmax"]:
    for scale in [1, 300]:
        case(op, f"{op.lower()}_double_{scale}", feed("double", normal(3, 37, scale=scale)))
for t in ["int8", "uint8", "int16", "uint16", "int32", "int64"]:
    case("Invert", f"invert_{t}", feed(t, integers(2, 5, low=0, high=100)))
for op in ["IsNan", "IsInf", "IsFinite"]:
    for t in REALS:
        case(op, f"{op.lower()}_{t}", feed(t, SPECIAL))
    case(op, f"{op.lower()}_int32", feed("int32", [1]), error=True)
for shape in [(3,), (2, 5), (2, 3, 4), (2, 17)]:
    case("LogSoftmax", f"logsoftmax_rank{len(shape)}_{shape[-1]}", feed("float", normal(*shape, scale=3)))
case("LogSoftmax", "logsoftmax_double", feed("double", normal(2, 5)))
case("LogSoftmax", "logsoftmax_half", feed("half", normal(2, 5)))
case("LogSoftmax", "logsoftmax_large", feed("float", [[1000, 0, -1000], [5, 5, 5]]))
case("LogSoftmax", "logsoftmax_scalar", feed("float", 1.0), error=True)

# Two numbers
for op in ["TruncateDiv", "TruncateMod", "Mod"]:
    for t in ["int32", "int64"] + (["uint8", "int8", "int16"] if op == "TruncateDiv" else ["float", "double"]):
        case(op, f"{op.lower()}_{t}", feed(t, integers(3, 4, low=0 if t == "uint8" else -20, high=20)), feed(t, integers(4, low=1, high=7)))
    case(op, f"{op.lower()}_negative", feed("int32", [7, -7, 7, -7]), feed("int32", [2, 2, -2, -2]))
    case(op, f"{op.lower()}_zero", feed("int32", [7, 1]), feed("int32", [2, 0]), error=True)
for op in ["DivNoNan", "MulNoNan", "Xdivy", "Xlogy", "Xlog1py"]:
    for t in ["float", "double", "half"]:
        case(op, f"{op.lower()}_{t}", feed(t, normal(3, 4)), feed(t, uniform(4, low=0.1, high=3)))
    case(op, f"{op.lower()}_special", feed("float", [0, 0, 0, 1, np.inf, np.nan, 2, -1]), feed("float", [0, 1, np.nan, 0, 0, 0, np.inf, 2]))
for t in ["float", "double"]:
    case("Atan2", f"atan2_{t}", feed(t, normal(3, 4)), feed(t, normal(4)))
case("Atan2", "atan2_special", feed("float", [0, 0, 0, 0, 1, -1, 1, np.inf, np.nan]), feed("float", [0, 1, -1, -0.0, 0, 0, -np.inf, np.inf, 1]))
for op in ["BitwiseAnd", "BitwiseOr", "BitwiseXor", "LeftShift", "RightShift"]:
    for t in INTEGERS:
        case(op, f"{op.lower()}_{t}", feed(t, integers(3, 4, low=0 if t[0] == "u" else -50, high=50)), feed(t, integers(4, low=0, high=5)))
    case(op, f"{op.lower()}_float", feed("float", [1.0]), feed("float", [1.0]), error=True)
case("LeftShift", "leftshift_far", feed("int32", [1, 1, 1]), feed("int32", [31, 32, -1]))
for name, condition, shape in [("same", (2, 3), (2, 3)), ("scalar", (), (2, 3)), ("rows", (2,), (2, 3)), ("rows_rank4", (2,), (2, 3, 1, 2)), ("vector", (3,), (3,)), ("one_row", (1,), (1, 3))]:
    case("Select", f"select_{name}", feed("bool", integers(*condition, low=0, high=1)), feed("float", normal(*shape)), feed("float", normal(*shape)))
case("Select", "select_int32", feed("bool", [True, False]), feed("int32", [1, 2]), feed("int32", [3, 4]))
case("Select", "select_columns", feed("bool", [True, False, True]), feed("float", normal(2, 3)), feed("float", normal(2, 3)), error=True)
case("Select", "select_shapes", feed("bool", True), feed("float", normal(2, 3)), feed("float", normal(1, 3)), error=True)

# Reductions, order
for op in ["Any", "All"]:
    for name, shape, axes, keep in [("all", (2, 3), [0, 1], False), ("rows", (4, 3), [1], False), ("keep", (4, 3), [0], True), ("none", (2, 3), [], False), ("negative", (2, 3, 2), [-1], False), ("empty", (0, 3), [0], False)]:
        case(op, f"{op.lower()}_{name}", feed("bool", lambda rng, s=shape: rng.random(s) < 0.6), const("int32", np.array(axes, np.int32)), keep_dims=keep)
    case(op, f"{op.lower()}_outside", feed("bool", [True]), const("int32", [1]), error=True)
for t in ["float", "double"]:
    case("EuclideanNorm", f"euclideannorm_{t}", feed(t, normal(3, 20)), const("int32", [1]), keep_dims=True)
for t in ["float", "half", "bfloat16", "double", "int32", "uint8", "int64"]:
    case("ArgMin", f"argmin_{t}", feed(t, integers(4, 5, low=0)), const("int32", 1))
case("ArgMin", "argmin_axis0_int32", feed("float", normal(4, 5)), const("int32", 0), output_type="int32")
case("ArgMin", "argmin_ties", feed("float", [[3, 1, 1], [2, 2, 2]]), const("int32", -1))
case("ArgMin", "argmin_empty", feed("float", normal(2, 0)), const("int32", 1), error=True)
for t in ["float", "half", "bfloat16", "double", "int32", "uint8", "int8", "int64"]:
    case("TopKV2", f"topkv2_{t}", feed(t, integers(3, 8, low=0, high=99)), const("int32", 3))
for name, shape, k in [("all", (2, 5), 5), ("none", (2, 5), 0), ("one", (2, 5), 1), ("vector", (7,), 4), ("rank3", (2, 2, 6), 2), ("long", (1, 300), 50)]:
    case("TopKV2", f"topkv2_{name}", feed("float", normal(*shape)), const("int32", k))
case("TopKV2", "topkv2_ties", feed("float", [[1, 3, 3, 2, 3, 1]]), const("int32", 5))
case("TopKV2", "topkv2_k_fed", feed("float", normal(2, 5)), feed("int32", 2))
case("TopKV2", "topkv2_int64_indices", feed("float", normal(2, 5)), const("int64", 2), index_type="int64")
case("TopKV2", "topkv2_too_many", feed("float", normal(2, 3)), const("int32", 4), error=True)
case("TopKV2", "topkv2_negative", feed("float", normal(2, 3)), const("int32", -1), error=True)
case("TopKV2", "topkv2_scalar", feed("float", 1.0), const("int32", 0), error=True)
for op in ["Cumsum", "Cumprod"]:
    for t in ["float", "double", "int32", "int64", "half"]:
        case(op, f"{op.lower()}_{t}", feed(t, integers(3, 5, low=1, high=4)), const("int32", 1))
    for exclusive in [False, True]:
        for reverse in [False, True]:
            case(op, f"{op.lower()}_{int(exclusive)}{int(reverse)}", feed("float", normal(3, 4, 2)), const("int32", -2), exclusive=exclusive, reverse=reverse)
    case(op, f"{op.lower()}_empty", feed("float", normal(2, 0)), const("int32", 1))
    case(op, f"{op.lower()}_outside", feed("float", normal(2, 2)), const("int32", 2), error=True)
for t in ["float", "double"]:
    case("L2Loss", f"l2loss_{t}", feed(t, normal(3, 4)))
case("L2Loss", "l2loss_empty", feed("float", normal(0)))
for t in ["float", "double", "int32", "int64"]:
    case("Bucketize", f"bucketize_{t}", feed(t, [[-5, 0, 1, 2], [3, 10, 11, 99]]), boundaries=[0.0, 3.0, 10.0])
case("Bucketize", "bucketize_none", feed("float", [1.0, 2.0]), boundaries=[])
case("Bucketize", "bucketize_falling", feed("float", [1.0]), boundaries=[3.0, 1.0], error=True)
case("_MklSwish", "mklswish", feed("float", normal(3, 4)))
case("_MklFusedMish", "mklfusedmish", feed("float", normal(3, 4)))
