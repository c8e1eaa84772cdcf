"""Ops that compute each element from those at its place: types, broadcasting, ends of types."""

import numpy as np
from case import ARRAY, case, const, feed, integers, normal, uniform

FLOATS = ["float", "double", "half", "bfloat16"]
INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "int64"]
EVERY_FLOAT = [
    0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 1.5, -1.5, 2.5, -2.5, 3.4999998, 0.49999997, 6.0, 6.5, 20.0, -20.0, 88.5, -87.0, 1e-7, -1e-7,
    8388607.5, -4194304.5, 1e10, -1e10, 3e38, -3e38, np.inf, -np.inf, np.nan,
]


def ends(dtype):
    """Numbers of an integer type: its ends, around zero, and some between."""
    i = np.iinfo(ARRAY[dtype])
    return np.array([i.min, i.min + 1, i.max, i.max - 1, 0, 1, 2, 3, 7, i.max // 2, i.min // 2, 5], ARRAY[dtype])


def pairs(dtype, divisor=False):
    """Two equally long lists with every pairing of some numbers of a type."""
    if dtype in FLOATS:
        a = np.array([0.0, 1.0, -1.0, 2.5, -2.5, 7.0, -7.0, 0.3, 1e4, -np.inf, np.inf, np.nan])
        b = a
    else:
        a = b = ends(dtype)
    if divisor:
        b = b[b != 0]
    x, y = np.meshgrid(a, b)
    return x.ravel(), y.ravel()


# Binary arithmetic.
for op in ["AddV2", "Add", "Sub", "Mul", "Maximum", "Minimum", "SquaredDifference", "RealDiv", "Div", "FloorDiv", "FloorMod", "Pow"]:
    types = {
        "SquaredDifference": ["float", "double", "half", "bfloat16", "int32", "int64"],
        "RealDiv": FLOATS, "Pow": ["float", "double", "half", "int32", "int64"], "Add": ["float", "int32"],
    }.get(op, FLOATS + INTEGERS)
    for t in types:
        integer = t in INTEGERS
        x, y = pairs(t, divisor=integer and op in ["Div", "FloorDiv", "FloorMod"])
        if op == "Pow" and integer:
            x, y = (v.ravel() for v in np.meshgrid(ends(t), [0, 1, 2, 3, 5, 31]))
        case(op, f"{op.lower()}_{t}", feed(t, x), feed(t, y))
    for name, a, b in [
        ("rows", (3, 1), (4,)), ("both", (2, 1, 3), (4, 1)), ("scalar_left", (), (2, 3)), ("scalar_right", (2, 3), ()), ("empty", (0, 3), (1, 3)),
        ("rank5", (2, 1, 2, 1, 3), (3, 1, 2, 1)),
    ]:
        case(op, f"{op.lower()}_broadcast_{name}", feed("float", uniform(*a, low=0.5, high=4)), feed("float", uniform(*b, low=-3, high=3)))
    case(op, f"{op.lower()}_constant_right", feed("float", normal(2, 3, 4)), const("float", uniform(4, low=1, high=2)))
    case(op, f"{op.lower()}_shapes_differ", feed("float", normal(2, 3)), feed("float", normal(2, 4)), error=True)

for op in ["Div", "FloorDiv", "FloorMod"]:
    for t in ["int32", "int64", "uint8"]:
        case(op, f"{op.lower()}_{t}_by_zero", feed(t, [1, 0, 3]), feed(t, [1, 0, 2]), error=True)
for op in ["FloorDiv", "SquaredDifference"]:  # whose steps halves round
    for t in ["half", "bfloat16"]:
        case(op, f"{op.lower()}_{t}_steps", feed(t, normal(400, scale=10)), feed(t, uniform(400, low=-1, high=1)))
for t in ["half", "bfloat16"]:
    for op in ["Xlogy", "Xlog1py"]:
        case(op, f"{op.lower()}_{t}_steps", feed(t, normal(400, scale=10)), feed(t, uniform(400, low=0.1, high=9)))
    for op in ["Selu", "Softplus", "Softsign"]:
        case(op, f"{op.lower()}_{t}_steps", feed(t, normal(400, scale=4)))
for t in ["int8", "uint8", "int16"]:
    case("Round", f"round_{t}", feed(t, [1, 2]), error=True)
for t in ["half", "bfloat16", "int32"]:
    case("Rint", f"rint_{t}", feed(t, [1, 2]), error=True)
case("Pow", "pow_int32_negative_exponent", feed("int32", [2, 3]), feed("int32", [1, -1]), error=True)
case("RealDiv", "realdiv_int32", feed("int32", [2, 3]), feed("int32", [1, -1]), error=True)
case("AddV2", "addv2_bool", feed("bool", [True, False]), feed("bool", [True, False]), error=True)

# Comparisons.
for op in ["Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"]:
    for t in ["float", "int32", "int64", "uint8", "int8", "half"] + (["bool"] if "Equal" in op and len(op) < 9 else []):
        x, y = ([True, False, True, False], [True, True, False, False]) if t == "bool" else pairs(t)
        if t == "bool" and op not in ["Equal", "NotEqual"]:
            continue
        case(op, f"{op.lower()}_{t}", feed(t, x), feed(t, y))
    case(op, f"{op.lower()}_broadcast", feed("float", integers(3, 1)), feed("float", integers(2, 1, 4)))
    case(op, f"{op.lower()}_empty", feed("float", normal(0)), feed("float", normal(1)))
case("Equal", "equal_incompatible_false", feed("float", normal(2)), feed("float", normal(3)), incompatible_shape_error=False)
case("Equal", "equal_incompatible", feed("float", normal(2)), feed("float", normal(3)), error=True)

for op in ["LogicalAnd", "LogicalOr"]:
    case(op, op.lower(), feed("bool", [[True, False], [True, False]]), feed("bool", [[True, True], [False, False]]))
    case(op, op.lower() + "_broadcast", feed("bool", [[True], [False]]), feed("bool", [True, False, True]))
case("LogicalNot", "logicalnot", feed("bool", [[True, False]]))

# Unary.
for op in [
    "Abs", "Neg", "Sign", "Square", "Reciprocal", "Inv", "Sqrt", "Rsqrt", "Exp", "Log", "Erf", "Floor", "Ceil", "Round", "Rint",
    "Tanh", "Sigmoid", "Relu", "Relu6", "Elu", "LeakyRelu",
]:
    integer = {"Abs": INTEGERS, "Neg": INTEGERS, "Sign": INTEGERS, "Square": INTEGERS, "Relu": INTEGERS, "Relu6": INTEGERS, "Round": ["int32", "int64"]}.get(op, [])
    floats = ["float", "double"] if op == "Rint" else FLOATS
    for t in floats:
        case(op, f"{op.lower()}_{t}", feed(t, EVERY_FLOAT if t != "half" else [v for v in EVERY_FLOAT if not 6e4 < abs(v) < np.inf]))
    for t in floats:
        case(op, f"{op.lower()}_{t}_random", feed(t, normal(5, 13, scale=4)))
    for t in integer:
        if not (t.startswith("u") and op in ["Abs", "Neg", "Sign"] or op in ["Neg", "Abs", "Square", "Sign"] and t in ["uint16"]):
            case(op, f"{op.lower()}_{t}", feed(t, ends(t)))
    case(op, f"{op.lower()}_scalar", feed("float", 0.75))
    case(op, f"{op.lower()}_empty", feed("float", normal(2, 0)))
    case(op, f"{op.lower()}_bool", feed("bool", [True]), error=True)
for alpha in [0.0, 0.1, 1.0, 1.5, -0.5]:
    case("LeakyRelu", f"leakyrelu_alpha{alpha}", feed("float", EVERY_FLOAT), alpha=alpha)

for t in FLOATS + ["int32"]:
    case("AddN", f"addn_{t}", [feed(t, normal(3, 5, scale=9)), feed(t, normal(3, 5, scale=9)), feed(t, normal(3, 5, scale=9))])
for n in [1, 2, 5, 9, 11]:
    case("AddN", f"addn_{n}", [feed("float", normal(7)) for _ in range(n)])
case("AddN", "addn_shapes_differ", [feed("float", normal(3)), feed("float", normal(1))], error=True)

for t in ["float", "double", "half", "int32", "int64", "uint8", "int8"]:
    case("ClipByValue", f"clipbyvalue_{t}", feed(t, integers(4, 5, low=0, high=99)), feed(t, 20), feed(t, 70))
case("ClipByValue", "clipbyvalue_nan", feed("float", EVERY_FLOAT), feed("float", -2), feed("float", 2.25))
case("ClipByValue", "clipbyvalue_tensors", feed("float", normal(3, 4)), feed("float", uniform(3, 4, low=-1)), feed("float", uniform(3, 4)))
case("ClipByValue", "clipbyvalue_swapped", feed("float", normal(3, 4)), feed("float", 1), feed("float", -1))
case("ClipByValue", "clipbyvalue_rows", feed("float", normal(3, 4)), feed("float", uniform(4, low=-1, high=0)), feed("float", uniform(4)), error=True)

# SelectV2 and its condition's broadcasting.
for t in ["float", "double", "half", "bfloat16", "int32", "int64", "uint8", "int8", "bool"]:
    case("SelectV2", f"selectv2_{t}", feed("bool", [[True, False, True]] * 2), feed(t, integers(2, 3, low=0)), feed(t, integers(2, 3, low=0)))
for name, c, x, y in [
    ("condition_scalar", (), (2, 3), (2, 3)), ("condition_column", (2, 1), (2, 3), (1, 3)), ("all", (3, 1, 1), (1, 2, 1), (1, 1, 4)),
    ("values_scalar", (2, 3), (), ()), ("empty", (0, 3), (1, 3), ()),
]:
    case("SelectV2", f"selectv2_{name}", feed("bool", integers(*c, low=0, high=1)), feed("float", normal(*x)), feed("float", normal(*y)))
case("SelectV2", "selectv2_shapes_differ", feed("bool", [True, False]), feed("float", normal(3)), feed("float", normal(3)), error=True)

# Cast: every pair of types.
CAST = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "half", "bfloat16", "float", "double"]
for a in CAST:
    for b in CAST:
        if a == "bool":
            data = [True, False]
        elif a in ["half", "bfloat16", "float", "double"]:
            data = [0, -0.0, 0.5, 1.5, 2.5, 0.49999997, 1.00390625, 1.01171875, 100.7, 1 / 3, 65504, 1e-5]
            if b not in ["uint8", "uint16", "uint32", "uint64", "bool"]:
                data += [-0.5, -1.5, -100.7]
            if b in ["half", "bfloat16", "float", "double", "bool"]:
                data += [np.inf, -np.inf, np.nan, 1e6, 65519.9, 65520, 1e-7, 6e-8, 3.3961775e38, 1e-4]
            if b in ["int8", "uint8", "int16"]:
                data = [v for v in data if abs(v) < 127]
            if b == "uint16":
                data = [v for v in data if abs(v) < 32767]
            if a == "half":
                data = [v for v in data if not 65504 < abs(v) < np.inf]
        else:
            data = ends(a)
        case("Cast", f"cast_{a}_{b}", feed(a, data), DstT=b)
for b in ["half", "bfloat16", "int8", "uint8", "int32", "bool"]:
    case("Cast", f"cast_float_{b}_truncate", feed("float", [0.1, -0.7, 1.9999, 100.3, 77.77]) if b != "uint8" else feed("float", [0.1, 77.77]), DstT=b, Truncate=True)
case("Cast", "cast_quint8_float", feed("quint8", [1, 2, 255]), DstT="float")
case("Cast", "cast_empty", feed("float", normal(0, 3)), DstT="int32")
case("Cast", "cast_scalar", feed("int64", 7), DstT="float")
